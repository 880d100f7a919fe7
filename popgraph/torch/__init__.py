"""Train networks: torch modules on population graphs, and how much of F* is in the span of a network's output.

`PositivePairs` is a torch data set of sampled positive pairs, for a training loop of your own. `fit` is such a loop: it keeps the
state of the network for which the exact population loss is least. `verify` judges the features and the output of a network,
without the directions of tiny singular values. Two kinds of views, such as images and texts, are embedded by two networks: a
`PairFit`. Needs ``pip install "torch>=2.4"``. A GPU is used where there is one.

>>> import popgraph as pg, torch
>>> cloud = pg.zoo.lightning_cloud()
>>> constant = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(81, 2))
>>> for weights in constant.parameters():
...     _ = torch.nn.init.zeros_(weights)
>>> pg.torch.verify(cloud, constant).output.status.name
'COLLAPSED'
"""

from typing import TYPE_CHECKING

from popgraph.basics.extras import require
from popgraph.basics.namespaces import missing, only

require("torch")

from popgraph.torch.fitting import Fit, fit  # noqa: E402 - the extra is named first where it is missing
from popgraph.torch.pairs import PositivePairs  # noqa: E402
from popgraph.torch.report import Report, verify  # noqa: E402
from popgraph.torch.two_encoders import PairFit  # noqa: E402

__all__ = ["Fit", "PairFit", "PositivePairs", "Report", "fit", "verify"]
__dir__ = only(__all__)
if not TYPE_CHECKING:  # or a name that there is not would be no error to a type checker
    __getattr__ = missing(__name__, __all__)
