"""What each solver would take, in seconds, on a factor of given shape: a model, so that the choice never hangs on a stopwatch.

A measured product would make the choice, and with it the bits of the answer, depend on what else the machine does. All numbers were
measured on one core (AMD EPYC, 32 MiB of cache); only their ratios matter.
"""

import numpy as np

from popgraph.basics.arrays import Sparse
from popgraph.spectrum.solvers import iterative
from popgraph.spectrum.solvers.gram import product_seconds

# Of a Krylov search: products for any number of pairs, and for each pair. What these are on trees, bands and grids of 2,000 to
# 4,000 views, at the least: 700 to 2,500 were counted for 2 to 100 pairs, and 50,000 on a random tree of 50,000.
KRYLOV_PRODUCTS, KRYLOV_PRODUCTS_PER_PAIR = 1000, 15
# Of shift-invert: vectors solved for, for each of them the entries of L and the side's part in orthogonalising, and in any case.
# Random trees, chains and bands with sides of 2,000 to 10,000, k from 2 to 100: within 1.5 of the time measured.
INVERSE_VECTORS, INVERSE_VECTORS_PER_PAIR = 40, 3
FACTOR_ENTRY_SECONDS, ORTHOGONAL_SECONDS, INVERSE_SECONDS = 6e-9, 6e-10, 5e-3


def dense_seconds(side: int) -> float:
    """Return what all eigenpairs on a side take."""
    return iterative.DENSE_SECONDS * float(side) ** 3


def krylov_seconds(M: Sparse, k: int) -> float:
    """Return what a search for k pairs takes at the least where eigenvalues crowd at 1, as where factoring is cheap."""
    return (KRYLOV_PRODUCTS + KRYLOV_PRODUCTS_PER_PAIR * k) * product_seconds(M)


def shift_invert_seconds(side: int, factor_entries: float, k: int) -> float:
    """Return what k pairs by shift-invert take, with so many entries in L."""
    vectors = INVERSE_VECTORS + INVERSE_VECTORS_PER_PAIR * k
    return float(
        INVERSE_SECONDS
        + vectors * factor_entries * FACTOR_ENTRY_SECONDS
        + ORTHOGONAL_SECONDS * side * np.square(vectors)
    )
