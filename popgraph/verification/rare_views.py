"""What views too rare to be drawn can hide: how long f may be on them, and how much wider that makes an interval.

The statistics whose intervals are widened are made in `moments.py`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from popgraph.basics.arrays import Floats, Immutable
from popgraph.basics.memory import reserve
from popgraph.basics.rows import TallQR, block_sum, tall_blocks, with_same_singular_values
from popgraph.basics.subspace import svd, tolerance
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
            (N, _), r, root = self.table.shape, W.shape[1], np.sqrt(self.w_x)
            reserve(f"the longest of {N:,} vectors", 8.0 * N * r, "use a narrower f")
            X = np.empty((N, r))
            for rows in tall_blocks(N, r):
                X[rows] = root[rows, np.newaxis] * (self.table[rows] @ W)
            size = np.sqrt(block_sum(lambda rows: np.add.reduce(X[rows] ** 2, axis=0), N, r))
            X /= np.where(size > 0, size, 1.0)
            Q = TallQR(X).times(np.eye(r))
            return float(
                max(np.max(np.sum((Q[rows] / root[rows, np.newaxis]) ** 2, axis=1)) for rows in tall_blocks(N, r))
            )
        if self.known:
            return float((self.longest * np.linalg.norm(W, 2)) ** 2)
        return float(np.max(np.sum((self.drawn @ W) ** 2, axis=1)))


def lengths_on_all_views(table: Floats, w_x: Floats, drawn: Floats) -> Lengths:
    """Return the lengths of an f whose values on all views are listed."""
    positive = w_x > 0
    if not positive.all():
        table, w_x = table[positive], w_x[positive]
    N, d = table.shape
    blocks = tall_blocks(N, d)
    size = np.max([np.abs(table[rows]).max(axis=0) for rows in blocks], axis=0)
    # The larger rank of f and of √w_x f counts: rounding must not make a collapse of a direction that is rare, or short
    rank = max(_rank(table, size, scale) for scale in (np.ones(N), np.sqrt(w_x)))
    longest = float(max(np.linalg.norm(table[rows], axis=1).max() for rows in blocks))
    return Lengths(longest, size, True, drawn, table, w_x, rank)


def _rank(table: Floats, size: Floats, scale: Floats) -> int:
    """Return the number of independent columns of a table (N, d) whose rows are scaled (N,); `size` (d,) is that of its entries."""
    N, d = table.shape

    def part(rows: slice) -> Floats:
        return np.asarray(scale[rows, np.newaxis] * (table[rows] / np.where(size > 0, size, 1.0)))

    norm = np.sqrt(block_sum(lambda rows: np.add.reduce(part(rows) ** 2, axis=0), N, d))
    sigma = svd(with_same_singular_values(lambda rows: part(rows) / np.where(norm > 0, norm, 1.0), N, d))[1]
    return int(np.sum(sigma > tolerance(d) * sigma[0]))


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
