"""Chebyshev-filtered subspace iteration: many columns at once, which hold every copy of a repeated eigenvalue.

A block of b columns holds b copies, so repeated eigenvalues are no danger to it. Only the products differ between a machine and
a cluster, and who searches brings them.

References
----------
Zhou, Saad, Tiago and Chelikowsky, Self-consistent-field calculations using Chebyshev-filtered subspace iteration, J. Comput.
Phys. 219 (2006).
"""

from typing import Protocol

import numpy as np

from popgraph.basics.arrays import Floats
from popgraph.errors import NotConverged
from popgraph.spectrum.solvers.chebyshev import DEGREE, DRIFT, PLAIN, Filter, highest_degree
from popgraph.spectrum.solvers.symmetric import eigenpairs

GUARD = 8  # columns beyond those sought, at least; as many as a quarter of them where that is more
FILTERS = 120  # before a search is given up
STALLED = 0.9  # share of the residual that a filter leaves where it achieves nothing
# Such filters before a search is given up: none tells a crowd wider than the block from what is 1e-10 above it
STALLS = 3
# By how much the filter's edge gives way, tenfold each time that the columns no longer improve: where an eigenvalue is repeated
# beyond the block, an edge at it would tell none of its copies from what lies below
SLACK, MOST_SLACK = 1e-2, 0.3


class Columns(Protocol):
    """Multiply columns by a symmetric positive semidefinite matrix of norm 1, on the complement of what is found."""

    def room(self) -> int:
        """Return the dimension of that complement."""

    def start(self, width: int) -> Floats:
        """Return random columns."""

    def filtered(self, X: Floats, polynomial: Filter) -> Floats:
        """Return the filtered product with columns."""

    def deflated(self, X: Floats) -> Floats:
        """Remove the known eigenvectors from columns."""

    def projected(self, X: Floats) -> tuple[Floats, Floats]:
        """Return orthonormal columns Q that span X, and the product with them."""


def search(
    columns: Columns, ask: int, done: float, enough: float, edge: float = np.inf
) -> tuple[Floats, Floats, Floats]:
    """Return the `ask` leading pairs, largest first, and their residuals: (ask,), (side, ask) and (ask,) arrays.

    Parameters
    ----------
    columns : Columns
        The matrix, of this side.
    ask : int
        How many; fewer are returned where there is no room for them.
    done : float
        Residual of a pair that is found; products round at about 1e-15.
    enough : float
        Residual that will do where it falls no further: an eigenvalue may be off by as much, and equal ones are to be told from
        others.
    edge : float
        A value that no more eigenvalues than that are above, where one is known, or that divides repeated ones from the rest.

    Raises
    ------
    NotConverged
        If they do not converge.
    """
    width = min(ask + max(GUARD, ask // 4), columns.room())
    ask = min(ask, width)
    X, polynomial, slack, before, stalls = columns.start(width), PLAIN, 0.0, np.inf, 0
    for step in range(FILTERS):
        X = columns.deflated(columns.filtered(X, polynomial) if step else X)
        theta, X, residuals = _ritz(columns, X)
        worst = float(residuals[:ask].max())
        stuck = worst > 0.5 * before
        if worst <= done or (stuck and worst <= enough):
            return theta[:ask], X[:, :ask], residuals[:ask]
        stalls += slack == MOST_SLACK and worst > STALLED * before
        if stalls == STALLS:
            break
        if stuck and step > 2:
            slack = min(MOST_SLACK, max(SLACK, 10 * slack))
        before, polynomial = worst, _filter(min(edge, float(theta[-1])) * (1 - slack), float(theta[0]))
    raise NotConverged(
        f"{int(np.sum(residuals[:ask] <= enough))} of {ask} pairs converged in {step + 1} filtered steps (the worst residual is "
        f"{worst:.1e}): the eigenvalues near {theta[ask - 1]:.6g} lie too close; take a k at a clean cut"
    )


def _ritz(columns: Columns, X: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the Ritz values of span X, largest first, their vectors, and the residuals' lengths."""
    length = np.linalg.norm(X, axis=0)
    Q, image = columns.projected(X / np.where(length > 0, length, 1.0))
    H = Q.T @ image
    ascending, S = eigenpairs((H + H.T) / 2)
    theta, S = ascending[::-1], S[:, ::-1]
    X = Q @ S
    return theta, X, np.linalg.norm(image @ S - X * theta, axis=0)


def _filter(edge: float, top: float) -> Filter:
    """Choose the highest degree at which what rounding makes of the removed vectors (γ up to 1) can be removed afterwards."""
    if edge <= 1e-6 * top:
        return PLAIN
    degree = highest_degree(DRIFT, 2 / edge - 1)
    return Filter(edge, min(degree, DEGREE), DEGREE + 1) if degree > 1 else PLAIN
