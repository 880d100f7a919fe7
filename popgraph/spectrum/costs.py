"""What each solver would take, in seconds, on a factor of given shape: a model, so that the choice never hangs on a stopwatch.

A measured product would make the choice, and with it the bits of the answer, depend on what else the machine does. All numbers were
measured on one core (AMD EPYC, 32 MiB of cache); only their ratios matter.
"""

import numpy as np

from popgraph.basics.arrays import Sparse

DENSE_SECONDS = 9e-11  # of all eigenpairs of a matrix, times the cube of its side
DENSE_SHARE = 0.3  # of nonzero entries; an M with more is faster as a dense array, and not much larger
# Of a product with MᵀM: for each stored entry of a sparse M (which is read twice), for each entry of a dense array (4,000 x 4,000:
# 8.5 ms), and in any case
ENTRY_SECONDS, DENSE_ENTRY_SECONDS, CALL_SECONDS = 2e-9, 5.5e-10, 3e-5
# Of a Krylov search: products for any number of pairs, and for each pair. What these are on trees, bands and grids of 2,000 to
# 4,000 views, at the least: 700 to 2,500 were counted for 2 to 100 pairs, and 50,000 on a random tree of 50,000.
KRYLOV_PRODUCTS, KRYLOV_PRODUCTS_PER_PAIR = 1000, 15
# Of shift-invert: vectors solved for, for each of them the entries of L and the side's part in orthogonalising, and in any case.
# Random trees, chains and bands with sides of 2,000 to 10,000, k from 2 to 100: within 1.5 of the time measured.
INVERSE_VECTORS, INVERSE_VECTORS_PER_PAIR = 40, 3
FACTOR_ENTRY_SECONDS, ORTHOGONAL_SECONDS, INVERSE_SECONDS = 6e-9, 6e-10, 5e-3


def dense_seconds(side: int) -> float:
    """Return what all eigenpairs on a side take."""
    return DENSE_SECONDS * float(side) ** 3


def product_seconds(M: Sparse) -> float:
    """Return what a product with MᵀM and a vector takes."""
    n, n_views = M.shape
    if M.nnz > DENSE_SHARE * n * n_views:
        return DENSE_ENTRY_SECONDS * n * n_views + CALL_SECONDS
    return ENTRY_SECONDS * M.nnz + CALL_SECONDS


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
