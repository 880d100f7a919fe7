"""What views too rare to be drawn can hide: how long f may be on them, and how much wider that makes an interval.

The statistics whose intervals are widened are made in `moments.py`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from popgraph.basics.arrays import Floats, Immutable
from popgraph.basics.subspace import tolerance
from popgraph.errors import InvalidArgument

STATED_LENGTH_ROUNDING = 1e-6  # of a stated longest |f|: a network normalises in float32


@dataclass(frozen=True, eq=False)
class Lengths(Immutable):
    """How long the vectors f(x) are: on all views if that is known, or else on those drawn."""

    longest: float  # the largest |f|
    columns: Floats  # (d,) the largest |f_i| of each column
    known: bool  # whether these hold for all views, and not only for those drawn
    drawn: Floats  # (m, d) the longest f drawn, measured in coordinates in which E f fᵀ is the identity
    table: Floats | None = None  # (N, d) f on all views, if they are listed
    w_x: Floats | None = None  # (N,) the probabilities of these views
    rank: int | None = None  # the number of independent columns of f on all views, if it is known

    def leverage(self, W: Floats) -> float:
        """Return the largest |f W|², W (d, r), where W makes the second moment of f W the identity on the views drawn."""
        # Where all views are listed the second moment is made the identity on all of them, and the maximum is over all. Where the
        # longest |f| is stated, |f W| is at most that times the norm of W.
        if W.shape[1] == 0:
            return 0.0
        if self.table is not None and self.w_x is not None:
            rows = np.sqrt(self.w_x)[:, np.newaxis] * (self.table @ W)
            size = np.linalg.norm(rows, axis=0)
            Q = np.linalg.qr(rows / np.where(size > 0, size, 1.0))[0]
            return float(np.max(np.sum((Q / np.sqrt(self.w_x)[:, np.newaxis]) ** 2, axis=1)))
        if self.known:
            return float((self.longest * np.linalg.norm(W, 2)) ** 2)
        return float(np.max(np.sum((self.drawn @ W) ** 2, axis=1)))


def lengths_on_all_views(table: Floats, w_x: Floats, drawn: Floats) -> Lengths:
    """Return the lengths of an f whose values on all views are listed."""
    positive = w_x > 0
    table, w_x = table[positive], w_x[positive]
    size = np.abs(table).max(axis=0)
    scaled = table / np.where(size > 0, size, 1.0)
    # The larger rank of f and of √w_x f counts: rounding must not make a collapse of a direction that is rare, or short
    ranks = []
    for rows in (scaled, np.sqrt(w_x)[:, np.newaxis] * scaled):
        norm = np.linalg.norm(rows, axis=0)
        sigma = np.linalg.svd(rows / np.where(norm > 0, norm, 1.0), compute_uv=False)
        ranks.append(int(np.sum(sigma > tolerance(rows.shape[1]) * sigma[0])))
    longest = float(np.linalg.norm(table, axis=1).max())
    return Lengths(longest, size, True, drawn, table, w_x, max(ranks))


def lengths_as_stated(longest: float | None, lengths: Lengths) -> Lengths:
    """Return `lengths`, with the stated `longest` if there is one; raises InvalidArgument if an f drawn or listed is longer."""
    if longest is not None and lengths.longest > longest * (1 + STATED_LENGTH_ROUNDING):
        raise InvalidArgument(
            f"longest is {longest:.6g}, but f is {lengths.longest:.6g} long at a view; give the largest |f(x)| over all views"
        )
    if longest is None or lengths.known:
        return lengths
    longest = max(longest, lengths.longest)
    return Lengths(longest, np.full(len(lengths.columns), longest), True, lengths.drawn)


def missed(jump: Any, pairs: int, failure: float) -> Any:
    """Return what pairs that were all missed can add to a mean, if each of them differs from it by `jump` at most."""
    # Pairs of total probability q are all missed with probability (1 - q)^pairs, which is below `failure` where q is above
    # -log(failure)/pairs: the "rule of three", 3/pairs at 95 %.
    return -float(np.log(failure)) * jump / pairs


def widened(standard_error: Any, jump: Any, pairs: int, t: float, failure: float) -> Any:
    """Return the half-width of an interval for a mean that rare pairs may change: t s + log(1/failure) J/pairs."""
    # Of values that differ from their mean by J at most, the variance σ² exceeds the one measured, n s², by at most J e where the
    # mean is off by e: what is missing has a square of at most J times its size. With e <= t σ/√n that is e² <= t² (s² + J e/n),
    # so e <= t s + t² J/n. Nearest to it comes a group on which the value is J and which is drawn a Poisson number N of times: s
    # is √N J/n, and where log(1/failure) replaces t², |N - EN| <= t √N + log(1/failure) fails less often, for every EN, than t
    # and `failure` together allow (a test computes it). Without rare values the second term is of order 1/n, and t s is all.
    # Maurer and Pontil, Empirical Bernstein bounds and sample variance penalization, COLT 2009, have a width of the same two
    # terms with constants that no law exceeds, and half as long again everywhere.
    return t * standard_error + missed(jump, pairs, failure)


def squared(standard_error: float, jump: float, pairs: int, t: float, failure: float) -> float:
    """Return what rare pairs add to the square of a mean's error, e² - t² s² for e of `widened`."""
    rare = missed(jump, pairs, failure)
    return float(rare * (2 * t * standard_error + rare))
