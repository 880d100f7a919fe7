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
# Of shift-invert: vectors solved for; in any case, for each unknown and for each entry of L (planning, two factors and a count);
# for each entry and vector, and for each unknown and square of the number of vectors, which are kept orthogonal. Random trees,
# chains, rings and bands of 11 and 33 with sides of 400 to 10,000, k from 2 to 100: 0.7 to 1.2 of the time measured in eight of ten
# cases, 0.3 to 1.6 in all.
INVERSE_VECTORS, INVERSE_VECTORS_PER_PAIR = 25, 3
INVERSE_SECONDS, UNKNOWN_SECONDS, FACTOR_ENTRY_SECONDS = 3e-3, 2.4e-7, 2.1e-7
SOLVED_ENTRY_SECONDS, ORTHOGONAL_SECONDS = 2.1e-9, 2.3e-10


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
        + UNKNOWN_SECONDS * side
        + (FACTOR_ENTRY_SECONDS + SOLVED_ENTRY_SECONDS * vectors) * factor_entries
        + ORTHOGONAL_SECONDS * side * np.square(vectors)
    )
