"""`pair_draws`, `data_view_law`: what the pairs of a population are drawn by, and its data; labels in the graph part the two."""

from typing import Any, NamedTuple

import numpy as np

from popgraph.basics.arrays import Floats
from popgraph.declare import EnumeratedPopulation
from popgraph.populations.pairs.graph import PairGraph


class PairDraws(NamedTuple):
    """Hold p (m,) and A (m, N) by which positive pairs are drawn: two independent views of one of m naturals."""

    p: Floats
    A: Any


def pair_draws(population: Any) -> PairDraws | None:
    """Return the law and kernel whose double draws are the pairs: of a population without labels in the graph its p and A.

    w = Aᵀ diag(p) A of these. Classes, votes and probes are of `population.p` and `population.kernel`, the data. None of pairs that
    are given directly, by `weight_matrix`: no draws are known, and there may be none.
    """
    if isinstance(population, PairGraph):
        return None
    drawn: EnumeratedPopulation | None = getattr(population, "pair_population", None)
    if drawn is None:
        return PairDraws(population.p, population.kernel)
    return PairDraws(drawn.distribution.probabilities, drawn.kernel)


def data_view_law(population: Any) -> Floats:
    """Return the law Aᵀp of a view of the data, (N,): w_x, unless labels in the graph make the views of pairs another."""
    if getattr(population, "pair_population", None) is None:
        return population.w_x  # type: ignore[no-any-return]
    return np.asarray(population.kernel.T @ population.p)
