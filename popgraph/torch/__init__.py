"""Torch modules on population graphs: sampled positive pairs, a training loop, and how much of F* a network holds.

Needs `pip install "torch>=2.4"`. A GPU is used where there is one.
"""

from typing import TYPE_CHECKING

from popgraph.basics.namespaces import missing, only
from popgraph.errors import require

require("torch")

from popgraph.torch.fitting import Fit, fit  # noqa: E402 - the extra is named first where it is missing
from popgraph.torch.pairs import PositivePairs  # noqa: E402
from popgraph.torch.report import Report, verify  # noqa: E402

__all__ = ["Fit", "PositivePairs", "Report", "fit", "verify"]
__dir__ = only(__all__)
if not TYPE_CHECKING:  # or a name that there is not would be no error to a type checker
    __getattr__ = missing(__name__, __all__)
