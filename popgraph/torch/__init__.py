"""Torch modules on population graphs: sampled positive pairs, a training loop, and how much of F* a network holds.

Needs `pip install "popgraph[torch]"`. A GPU is used where there is one.
"""

from popgraph.errors import require

require("torch", "torch")

from popgraph.torch.fitting import Fit, fit  # noqa: E402 - the extra is named first where it is missing
from popgraph.torch.pairs import PositivePairs  # noqa: E402
from popgraph.torch.report import Report, verify  # noqa: E402

__all__ = ["Fit", "PositivePairs", "Report", "fit", "verify"]
