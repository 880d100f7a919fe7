"""Build populations too big for one machine: the kernel A in row blocks on disk, and a Dask cluster that multiplies by them.

`build` enumerates a declaration on the workers; `from_blocks` and `from_files` take a kernel that is there already. Each
returns a `BlockGraph`: what has a row for each view is in this process, what has an entry for each pair of natural and view is
not. Runs on the current ``dask.distributed.Client``, on any that is passed, or on a ``LocalCluster`` of its own. Needs `pip install
"dask[array]>=2026.8" "distributed>=2026.8"`.

>>> import popgraph as pg
>>> from distributed import Client
>>> with Client(processes=False, n_workers=1, threads_per_worker=1, dashboard_address=":0") as client:
...     halves = pg.dask.build([0, 1], lambda bit: {bit: "3/4", 1 - bit: "1/4"}, client=client)
...     halves.spectrum(2).gamma
array([1.  , 0.25])
"""

from typing import TYPE_CHECKING

from popgraph.basics.extras import require
from popgraph.basics.namespaces import missing, only

require("dask.array")
require("distributed")

from popgraph.dask.building import build, from_blocks, from_files  # noqa: E402 - the extra is named first where it is missing
from popgraph.dask.graph import BlockGraph  # noqa: E402

__all__ = ["BlockGraph", "build", "from_blocks", "from_files"]
__dir__ = only(__all__)
if not TYPE_CHECKING:  # or a name that there is not would be no error to a type checker
    __getattr__ = missing(
        __name__,
        __all__,
        {
            "train": "pg.train(graph, k) takes graphs in blocks",
            "verify": "pg.verify(graph, f) takes graphs in blocks",
        },
    )
