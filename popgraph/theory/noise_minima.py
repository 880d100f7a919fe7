"""The known minima of the losses whose negatives are drawn from a noise law q in place of w_x [THEORY 14.4].

Over critics the optimum of NT-logistic is s = log(w_xx' / (w_x q_x')) - log m, that of InfoNCE the same up to m and c(x), also with
a law q(x'|x) for each first view. The spectral loss has the eigenvalues of D_q^-1/2 w D_q^-1/2: `graph.with_noise(q)`.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from popgraph.basics.arguments.populations import read_population
from popgraph.basics.arrays import Floats
from popgraph.basics.protocols import ViewedPopulation
from popgraph.basics.words import shorten
from popgraph.errors import InvalidArgument
from popgraph.losses import InfoNCE, NTLogistic, SpectralLoss, bound_to
from popgraph.populations import with_noise


def draws_from_noise(loss: Any) -> bool:
    """Whether the negatives of a loss come from a noise law."""
    return isinstance(loss, SpectralLoss | InfoNCE | NTLogistic) and loss.noise is not None


def on_noise(loss: Any, graph: Any) -> tuple[Any, Any]:
    """Return the spectral loss without noise, and the population on which it is the one with noise."""
    if not isinstance(loss, SpectralLoss):
        raise InvalidArgument(
            f"no closed form is known for the minimum of {shorten(loss)} over embeddings; theory.critic_minimum gives its minimum "
            "over critics"
        )
    graph = read_population("minimum(loss, graph, k) with a noise law", graph, ViewedPopulation, "second")
    return replace(loss, noise=None), with_noise(graph, bound_to(loss, graph).noise)


def critic_minimum_with_noise(loss: Any, w: Floats, graph: Any, first: Floats, second: Floats) -> float:
    """Return the least value over all critics, with `first` and `second` the laws of the first and of the second views.

    -∞ where a positive pair is never drawn as a negative and InfoNCE has infinitely many.
    """
    law = np.asarray(bound_to(loss, graph).noise.of(second))
    rows = np.broadcast_to(law if law.ndim == 2 else law[np.newaxis], w.shape)
    with np.errstate(divide="ignore", invalid="ignore"):
        # One after the other, as the product of two rare views underflows; 0/0, of pairs that never occur, plays no part
        K = np.where(w > 0, w / first[:, np.newaxis] / rows, 0.0)
    is_pair = w > 0
    if isinstance(loss, NTLogistic):
        m = loss.negatives
        attraction = float(np.sum(w[is_pair] * np.log1p(m / K[is_pair])))
        drawn = is_pair & (rows > 0)
        return attraction + m * float(np.sum((first[:, np.newaxis] * rows)[drawn] * np.log1p(K[drawn] / m)))
    if not loss.symmetric and loss.negatives is None:
        return -float(np.sum(w[is_pair] * np.log(K[is_pair])))
    if loss.symmetric:
        raise InvalidArgument(
            "no closed form is known for the minimum of the symmetric InfoNCE with a noise law: its two halves have two optima"
        )
    if not np.isfinite(K).all():
        raise InvalidArgument(
            "noise is 0 on a view of a positive pair, and InfoNCE with m negatives then has no least critic"
        )
    with np.errstate(divide="ignore"):
        s = np.log(K)
    lowest = s[np.isfinite(s)].min() - 800.0  # as in `critic_minimum`
    return float(bound_to(loss, graph).critic_value(w, second, np.maximum(s, lowest)))
