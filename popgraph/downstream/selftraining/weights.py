"""The student at every weight: its objective is piecewise linear in the weight t, so a few cuts find all students there are.

A labelling g costs d + tφ, d = Pr[g ≠ pseudo-label], φ = Pr[g(x) ≠ g(x⁺)]: a line in t. The objective of the student is the
lower envelope of these lines, concave, with finitely many breakpoints, and between two of them one line is the least.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp

from popgraph.basics.arrays import Floats, Immutable, Ints
from popgraph.downstream.selftraining.cuts import Cut, cost_of, minimum_cut
from popgraph.downstream.selftraining.student import minimise_costs
from popgraph.errors import TooLarge

MAX_BREAKPOINTS = 500
EQUAL_COST_SHARE = 1e-12  # costs count as equal within this share of what giving all views one class costs
# A grid for more than two classes, where no exact curve is known: all that costs between 0 and 1 is decided on this range of t.
GRID = 2.0 ** (np.arange(-8, 13) / 2)


@dataclass(frozen=True, eq=False)
class Costs(Immutable):
    """What labellings cost: pairs told apart, (N, N) above the diagonal, at weight 1; classes of views, (N, r); and errors avoided.

    `correct` (N, r) is how much less the error is if a view has a class: the error of class numbers g is 1 - Σ_x correct[x, g(x)].
    """

    pairs: sp.coo_array
    unary: Floats
    correct: Floats

    def error(self, codes: Ints) -> float:
        """Return the error of class numbers (N,)."""
        return max(0.0, 1.0 - float(self.correct[np.arange(len(codes)), codes].sum()))

    def line(self, codes: Ints) -> "Line":
        """Return d and φ of class numbers (N,)."""
        x, y = self.pairs.coords
        told_apart = float(self.pairs.data[codes[x] != codes[y]].sum())
        return Line(float(self.unary[np.arange(len(codes)), codes].sum()), told_apart)

    def at(self, weight: float) -> sp.coo_array:
        """Return what pairs cost at a weight."""
        return sp.coo_array((weight * self.pairs.data, self.pairs.coords), shape=self.pairs.shape)


class Line(NamedTuple):
    """The objective of one labelling as a function of the weight."""

    disagreement: float
    inconsistency: float

    def at(self, weight: float) -> float:
        """Return d + tφ."""
        return self.disagreement + weight * self.inconsistency


class Stretch(NamedTuple):
    """Hold weights with one family of students, low < t < high or t = low = high, and what these students have in common.

    `best` and `worst` are class numbers (N,) of the students of least and of greatest error; `weight` is one inside.
    """

    low: float
    high: float
    weight: float
    best: Ints
    worst: Ints
    exact: bool


def students_at(costs: Costs, weights: list[float]) -> list[Stretch]:
    """Return the students at given weights."""
    return [Stretch(t, t, t, *_family(costs, t)) for t in weights]


def students_at_all_weights(costs: Costs) -> list[Stretch]:
    """Return the students at all weights t > 0, stretch by stretch; with more than two classes those on a grid.

    At a breakpoint itself the students of both sides tie, with others perhaps: such single weights are left out.
    """
    r = costs.unary.shape[1]
    if r > 2:
        return students_at(costs, GRID.tolist())
    breaks = breakpoints(costs) if r == 2 else []
    ends = [0.0, *breaks, np.inf]
    inside = [(low + high) / 2 if np.isfinite(high) else 2 * low or 1.0 for low, high in pairwise(ends)]
    return [Stretch(low, high, t, *_family(costs, t)) for (low, high), t in zip(pairwise(ends), inside, strict=True)]


def breakpoints(costs: Costs) -> list[float]:
    """Return the weights at which the least line changes, for two classes, in increasing order."""
    # Below t = min w_x, over views with a pseudo-label, one disagreement costs more than all pairs, so the least line there begins
    # the envelope. At large t the student is constant on each component and follows its majority; that line ends it. Between two
    # lines of the envelope: where they meet, either nothing is cheaper and that is a breakpoint, or a cheaper line parts them.
    taught = costs.unary.max(axis=1)
    scale = EQUAL_COST_SHARE * float(costs.unary.sum(axis=0).min())
    first = costs.line(_labels(costs, _cut(costs, 0.5 * float(taught[taught > 0].min()))))
    parts = sp.csgraph.connected_components(costs.pairs, directed=False)[1]
    majorities = [np.bincount(parts, costs.unary[:, c]) for c in (0, 1)]
    last = Line(float(np.minimum(*majorities).sum()), 0.0)
    found, open_pairs = [], [(first, last)]
    while open_pairs:
        left, right = open_pairs.pop()
        gained, paid = left.inconsistency - right.inconsistency, right.disagreement - left.disagreement
        if paid <= scale or gained <= 0:
            continue  # one line, up to rounding
        t = paid / gained
        middle = costs.line(_labels(costs, _cut(costs, t)))
        if middle.at(t) >= left.at(t) - scale:
            found.append(t)
        else:
            open_pairs += [(left, middle), (middle, right)]
        if len(found) + len(open_pairs) > MAX_BREAKPOINTS:
            raise TooLarge(
                f"the student changes at more than {MAX_BREAKPOINTS} weights; give the weights to compare it at, weight=[...]"
            )
    return sorted(found)


def _cut(costs: Costs, weight: float) -> Cut:
    """Return the minimum cuts at a weight: the source's side is the first class."""
    return minimum_cut(costs.at(weight), costs.unary[:, 1], costs.unary[:, 0])


def _labels(costs: Costs, cut: Cut) -> Ints:
    """Return the class numbers of the largest cut, which are those of `self_train`."""
    return np.where(cut.largest, 0, 1).astype(np.intp)


def _family(costs: Costs, weight: float) -> tuple[Ints, Ints, bool]:
    """Return the minimisers of least and of greatest error, and whether they are minimisers for certain."""
    if costs.unary.shape[1] != 2:
        codes, _, exact, _ = minimise_costs(costs.at(weight), costs.unary)
        return codes, codes, exact
    cut = _cut(costs, weight)
    if cut.unique:
        codes = _labels(costs, cut)
        return codes, codes, True
    price = costs.correct[:, 1] - costs.correct[:, 0]  # what it adds to the error that a view is of the first class
    return _extreme(costs, weight, cut, price), _extreme(costs, weight, cut, -price), True


def _extreme(costs: Costs, weight: float, cut: Cut, price: Any) -> Ints:
    """Return the minimiser of least price; capacities that only rounding leaves unused count as used, if that costs no more."""
    pairs = costs.at(weight)
    most = cost_of(pairs, costs.unary, _labels(costs, cut)) + EQUAL_COST_SHARE * float(costs.unary.sum(axis=0).min())
    codes = np.where(cut.of_least(price), 0, 1).astype(np.intp)
    if cost_of(pairs, costs.unary, codes) > most:  # many capacities within rounding add up to more than rounding
        codes = np.where(cut.of_least(price, 0), 0, 1).astype(np.intp)
    return codes
