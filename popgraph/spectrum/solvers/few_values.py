"""Leading eigenspaces where Ā has few distinct eigenvalues: a block of columns times a polynomial that is zero at the others.

On a hypercube or another highly symmetric graph Lanczos' method ends after as many steps as there are distinct eigenvalues, and
then knows all of them. The product over all but the leading ones of Ā - θ leaves of random columns their projections on the leading
eigenspaces, every copy of a repeated eigenvalue included; a Chebyshev filter needs several times as many products.
"""

from typing import Protocol

import numpy as np

from popgraph.basics.arrays import Floats
from popgraph.basics.subspace import EPS, tolerance
from popgraph.spectrum.solvers.block import Columns, ritz_pairs
from popgraph.spectrum.solvers.chebyshev import MOST_DRIFT
from popgraph.spectrum.solvers.lanczos import Lanczos
from popgraph.spectrum.solvers.look import PAIR_RESIDUAL

LEAST_SPARE_COLUMNS = (
    8  # beyond those sought, and at least a quarter of them: how often a value is repeated is an estimate
)
MOST_SWEEPS = 3  # the first is exact up to rounding, which a second one removes
LEFT_SHARE = EPS / 4  # that a round leaves of unwanted eigenvectors, for what it leaves of the least wanted


class MultipliedColumns(Columns, Protocol):
    """Multiply columns by the matrix itself, too."""

    def product(self, X: Floats) -> Floats:
        """Return the product with columns."""


def leading_eigenspaces(columns: MultipliedColumns, run: Lanczos, ask: int) -> tuple[Floats, Floats] | None:
    """Return at most `ask` leading pairs, values (m,) largest first, if a `run` knows all eigenvalues; None if it does not serve.

    Pairs are missing where an eigenvalue is repeated more often than there is room in the block: whole eigenspaces come first.
    """
    if (distinct := run.distinct()) is None:
        return None
    theta, copies = distinct
    width = min(ask + max(LEAST_SPARE_COLUMNS, ask // 4), columns.room())
    wanted = max(1, int(np.searchsorted(np.cumsum(copies), width)))
    if wanted >= len(theta) or theta[wanted - 1] <= tolerance(run.side):
        return None
    lowest, middle = float(theta[wanted - 1]), float(theta[wanted - 1] + theta[wanted]) / 2
    X, worst_before = columns.deflated(columns.start(width)), np.inf
    for _ in range(MOST_SWEEPS):
        X = _without(columns, X, theta[wanted:], lowest, LEFT_SHARE * max(1.0, 1.0 / worst_before))
        gamma, X, residuals = ritz_pairs(columns, X)
        count = min(ask, int(np.sum(gamma > middle)))
        if count == 0:
            return None
        worst = float(residuals[:count].max())
        stuck = worst > 0.5 * worst_before
        if worst <= PAIR_RESIDUAL or (stuck and worst <= tolerance(run.side) / 4):
            return gamma[:count], X[:, :count]
        worst_before = worst
    return None


def _without(columns: MultipliedColumns, X: Floats, others: Floats, lowest: float, share: float) -> Floats:
    """Multiply columns by Ā - θ for other eigenvalues θ, until of them at most this share is left, for the `lowest` wanted."""
    # Leja's order: the next root is where the polynomial is largest so far, for what it is at the lowest wanted eigenvalue
    left, drift = np.ones(len(others)), 1.0
    while left.max() > share:
        worst = int(np.argmax(left))
        root = float(others[worst])
        X = (columns.product(X) - root * X) / (lowest - root)
        left *= np.abs(others - root) / (lowest - root)
        left[worst] = 0.0
        drift *= (1.0 - root) / (lowest - root)  # of rounding along known eigenvectors
        if drift > MOST_DRIFT:
            X, drift = columns.deflated(X), 1.0
    return X
