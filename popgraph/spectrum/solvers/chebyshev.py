"""A Chebyshev filter: a polynomial of Ā with the same eigenvectors, and leading eigenvalues that are further apart.

A Krylov solver spends most of its time keeping its vectors orthogonal, and restarts for want of room. With T_d(2Ā/c - 1) in place
of Ā each of its steps takes d products, and there are far fewer: T_d, Chebyshev's polynomial, sends eigenvalues below c to [-1, 1]
and those above it to cosh(d arccosh(2γ/c - 1)).

Planted clusters, 100,000 x 100,000, k = 64: half the time; a ring of 5,000: a fifth.

References
----------
Saad, Chebyshev acceleration techniques for solving nonsymmetric eigenvalue problems, Math. Comp. 42 (1984); Zhou and Saad,
A Chebyshev-Davidson algorithm for large symmetric eigenproblems, SIAM J. Matrix Anal. Appl. 29 (2007).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from popgraph.basics.arrays import Floats

FILTERED_EXTENT = 3e3  # the largest eigenvalue of the filtered product: rounding in the small ones is eps times this
HIGHEST_DEGREE = 120
# Products that a filter of the highest degree takes beyond those without any, as a share of them, for the logarithm of the degree,
# in a Krylov space that is hardly restarted. The shares counted were 0.1 and 0.5 on random clusters (degree 3), 0.7 on a mixture
# (4), 1.1 and 1.5 under heavy tails (29 and 55). A lower degree takes less of it, in proportion.
MORE_PRODUCTS = 0.35
EQUAL_SHARE = 1e-10  # Ritz values closer than this share of their size count as equal
MOST_DRIFT = 1e8  # factor by which rounding along known eigenvectors may grow before it is removed again


@dataclass(frozen=True)
class Filter:
    """Send Ā to T_degree(2Ā/edge - 1); the degree 1 stands for Ā itself."""

    edge: float
    degree: int
    clean_every: int

    def __call__(self, product: Callable[[Any], Any], remove: Callable[[Any], Any], x: Any) -> Any:
        """Return the filtered product with a vector, on the complement of what `remove` removes; lazily, if x is lazy."""
        if self.degree == 1:
            return product(x)
        # With Y = 2Ā/edge - 1: T_0 x = x, T_1 x = Yx, T_{d+1} x = 2Y T_d x - T_{d-1} x
        previous, current = x, product(x) * (2 / self.edge) - x
        for degree in range(2, self.degree + 1):
            following = product(current)
            following *= 4 / self.edge
            following -= 2 * current
            following -= previous
            previous, current = current, following
            if degree % self.clean_every == 0:
                previous, current = remove(previous), remove(current)
        return current

    def inverse(self, value: float) -> float:
        """Return the largest eigenvalue of Ā that the filter can send to at most this value."""
        if self.degree == 1:
            return value
        # T_d(x) = cosh(d arccosh x) rises for x >= 1, and is at most 1 on the eigenvalues from 0 to the edge
        return float(self.edge * (1 + np.cosh(np.arccosh(max(value, 1.0)) / self.degree)) / 2)


PLAIN = Filter(0.0, 1, 1)


def highest_degree(limit: float, x: float) -> int:
    """Return the highest d with T_d(x) <= limit, both at least 1; an x that rounding has brought to 1 or below counts as more."""
    return int(np.arccosh(limit) / np.arccosh(max(x, 1 + 1e-12)))


def choose_filter(theta: Floats, counts: Floats, ask: int, extent: float = FILTERED_EXTENT) -> Filter:
    """Choose a filter for the `ask` leading eigenvalues, from Ritz values (m,) and the number of eigenvalues near each, (m,)."""
    # The edge goes below the Ritz values that stand for two or three times as many eigenvalues as are asked for; the degree is
    # the largest that spreads the eigenvalues above it over no more than three decades. If the edge turns out to be too high, a
    # search is wasted, but no result is wrong: values found below the edge are not used.
    enough = int(np.searchsorted(np.cumsum(counts), 2 * ask + 10))
    # An edge among equal eigenvalues would tell none of them from the others: it goes below them, where there are smaller ones
    apart = np.flatnonzero(theta[enough + 1 :] < theta[enough : len(theta) - 1] * (1 - EQUAL_SHARE))
    enough += int(apart[0]) if apart.size else 0
    if enough + 1 >= len(theta):
        return PLAIN
    edge = float(theta[enough] + theta[enough + 1]) / 2
    if edge <= 1e-6 * theta[0]:
        return PLAIN
    degree = highest_degree(extent, 2 * float(theta[0]) / edge - 1)
    if degree < 2:
        return PLAIN
    # Known eigenvectors have eigenvalues up to 1, which the filter magnifies most: rounding along them is removed in time
    clean_every = max(1, highest_degree(MOST_DRIFT, 2 / edge - 1))
    return Filter(edge, min(degree, HIGHEST_DEGREE), clean_every)


def of_least_cost(highest: Filter, product: float, step: float) -> Filter:
    """Return the filter of the degree at which a Krylov search takes least time, at most that of the `highest` one.

    `product` is what a product with a vector costs in seconds, and `step` what a step of the search costs beside its products. A
    price of 0 is one that is not known: then the degree stays as it is.
    """
    # A step of degree d searches a space d times as large for d products. The space without a filter is the best that so many
    # products can span, and the filtered one a part of it, so there are more products the higher the degree is, and fewer steps.
    if not product > 0 or highest.degree == 1:
        return highest
    degrees = np.arange(1, highest.degree + 1)
    products = 1 + MORE_PRODUCTS * np.log(highest.degree) * (degrees - 1) / (highest.degree - 1)
    degree = int(degrees[np.argmin(products * (product + step / degrees))])
    return PLAIN if degree == 1 else replace(highest, degree=degree)
