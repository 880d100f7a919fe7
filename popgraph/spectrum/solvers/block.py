"""Chebyshev-filtered subspace iteration: many columns at once, which hold every copy of a repeated eigenvalue.

A block of b columns converges to b copies of a repeated eigenvalue, where a single vector meets one. The products come from
whoever searches, on this machine or on a cluster (`Columns`).

References
----------
Zhou, Saad, Tiago and Chelikowsky, Self-consistent-field calculations using Chebyshev-filtered subspace iteration, J. Comput.
Phys. 219 (2006).
"""

from typing import Protocol

import numpy as np

from popgraph.basics.arrays import Floats
from popgraph.errors import NotConverged
from popgraph.spectrum.solvers.chebyshev import HIGHEST_DEGREE, MOST_DRIFT, PLAIN, Filter, highest_degree
from popgraph.spectrum.solvers.symmetric import eigenpairs

LEAST_GUARD_COLUMNS = 8  # beyond those sought, and at least a quarter of them; they need not converge
MOST_FILTERS = 120  # before a search is given up
STALLED_SHARE = 0.9  # of the residual that a filter left: above it the filter achieved nothing
# So many such filters, and the search is given up: no filter tells a crowd wider than the block from what is 1e-10 above it
MOST_STALLED_FILTERS = 3
# By what share the filter's edge is lowered, tenfold each time that the columns no longer improve: where an eigenvalue is repeated
# beyond the block, an edge at it would tell none of its copies from what lies below
LEAST_LOWERING, MOST_LOWERING = 1e-2, 0.3


class Columns(Protocol):
    """Multiply columns by a positive semidefinite matrix of norm 1, on the complement of known eigenvectors."""

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
    columns: Columns, ask: int, found_residual: float, accepted_residual: float, edge: float = np.inf
) -> tuple[Floats, Floats, Floats]:
    """Return the `ask` leading pairs, descending, and their residuals: (ask,), (side, ask), (ask,); fewer if there is no room.

    A pair is accepted when its residual is below `found_residual`, or no longer falls and is below `accepted_residual`. `edge` lies
    below the sought eigenvalues and above all others, if such a value is known. Raises NotConverged.
    """
    # One filtered step multiplies a column's part along eigenvectors of γ by T_d(2γ/edge - 1): at most 1 in size below the edge,
    # and growing like cosh(d arccosh(2γ/edge - 1)) above it. The edge is the least Ritz value of the block: the guard columns
    # converge to the eigenvalues next to those sought, and those sought are well above the edge.
    width = min(ask + max(LEAST_GUARD_COLUMNS, ask // 4), columns.room())
    ask = min(ask, width)
    X, polynomial, lowering, worst_before, stalled = columns.start(width), PLAIN, 0.0, np.inf, 0
    for step in range(MOST_FILTERS):
        X = columns.deflated(columns.filtered(X, polynomial) if step else X)
        theta, X, residuals = ritz_pairs(columns, X)
        worst = float(residuals[:ask].max())
        stuck = worst > 0.5 * worst_before
        if worst <= found_residual or (stuck and worst <= accepted_residual):
            return theta[:ask], X[:, :ask], residuals[:ask]
        stalled += lowering == MOST_LOWERING and worst > STALLED_SHARE * worst_before
        if stalled == MOST_STALLED_FILTERS:
            break
        if stuck and step > 2:
            lowering = min(MOST_LOWERING, max(LEAST_LOWERING, 10 * lowering))
        worst_before, polynomial = worst, _filter(min(edge, float(theta[-1])) * (1 - lowering), float(theta[0]))
    converged = int(np.sum(residuals[:ask] <= accepted_residual))
    raise NotConverged(
        f"{converged} of {ask} pairs converged in {step + 1} filtered steps (the worst residual is {worst:.1e}): the eigenvalues "
        f"near {theta[ask - 1]:.6g} lie too close; take a k at a clean cut"
    )


def ritz_pairs(columns: Columns, X: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the Ritz values of span X, largest first, their vectors, and the residuals' lengths."""
    length = np.linalg.norm(X, axis=0)
    Q, image = columns.projected(X / np.where(length > 0, length, 1.0))
    H = Q.T @ image
    ascending, S = eigenpairs((H + H.T) / 2)
    theta, S = ascending[::-1], S[:, ::-1]
    X = Q @ S
    return theta, X, np.linalg.norm(image @ S - X * theta, axis=0)


def _filter(edge: float, top: float) -> Filter:
    """Choose the highest degree at which rounding along the known eigenvectors, of γ up to 1, can be removed afterwards."""
    if edge <= 1e-6 * top:
        return PLAIN
    degree = highest_degree(MOST_DRIFT, 2 / edge - 1)
    return Filter(edge, min(degree, HIGHEST_DEGREE), HIGHEST_DEGREE + 1) if degree > 1 else PLAIN
