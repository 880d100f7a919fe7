"""Population graphs too big for one machine: the kernel A in row blocks on disk, and a Dask cluster that multiplies by them.

Needs `pip install "dask[array]>=2026.8" "distributed>=2026.8"`. Runs on the current `dask.distributed.Client`, on any that is
passed, or on a `LocalCluster` of its own.
"""

from typing import TYPE_CHECKING

from popgraph.basics.namespaces import missing, only
from popgraph.errors import require

require("dask.array")
require("distributed")

from popgraph.dask.building import build, from_blocks, from_files  # noqa: E402 - the extra is named first where it is missing
from popgraph.dask.graph import BlockGraph  # noqa: E402
from popgraph.dask.training import train  # noqa: E402

__all__ = ["BlockGraph", "build", "from_blocks", "from_files", "train"]
__dir__ = only(__all__)
if not TYPE_CHECKING:  # or a name that there is not would be no error to a type checker
    __getattr__ = missing(__name__, __all__)
