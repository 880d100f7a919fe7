"""Verify: does f span the k leading eigenvectors F*, up to an invertible linear map?

`verify` compares an f on all views with F*, and returns a `Match`: true or false in a condition, with its status, the reason in
one sentence, principal angles, and what f has of each eigenvector; with weight decay its `Decay` says which of them are on.
`verify_sampled` judges from positive pairs alone, with confidence intervals. `compare` says how far the F* of one population is
from that of another. Nothing here imports training.

>>> import popgraph as pg
>>> from popgraph.verification import verify
>>> cloud = pg.zoo.lightning_cloud()
>>> bool(verify(cloud, cloud.spectrum(2).embedding @ [[1, 2], [0, 1]]))
True
>>> print(verify(cloud, [[1.0, 0.0]] * 4).status.value)
f has collapsed: its columns span fewer dimensions than k
"""

from typing import TYPE_CHECKING

from popgraph.basics.namespaces import missing, only
from popgraph.verification.comparison import Comparison, compare
from popgraph.verification.decay import Decay
from popgraph.verification.match import Match, share_in_words
from popgraph.verification.pair_match import PairMatch
from popgraph.verification.sampled import SampledMatch, verify_sampled
from popgraph.verification.slips import order_between
from popgraph.verification.spans import F_EXPONENT, MAX_SIDE_SLIPS, SMALL_F_EXPONENT, AskedSpan, Slip, decimals_of
from popgraph.verification.verifying import verify

__all__ = [
    "F_EXPONENT",
    "MAX_SIDE_SLIPS",
    "SMALL_F_EXPONENT",
    "AskedSpan",
    "Comparison",
    "Decay",
    "Match",
    "PairMatch",
    "SampledMatch",
    "Slip",
    "compare",
    "decimals_of",
    "order_between",
    "share_in_words",
    "verify",
    "verify_sampled",
]
__dir__ = only(__all__)
if not TYPE_CHECKING:  # or a name that there is not would be no error to a type checker
    __getattr__ = missing(__name__, __all__)
