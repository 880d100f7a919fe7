"""All eigenvalues of small blocks, by LAPACK's symmetric solver on the smaller side: naturals (MMᵀ) or views (MᵀM)."""

from collections.abc import Callable

import numpy as np

from popgraph.basics.arrays import Floats
from popgraph.basics.subspace import tolerance
from popgraph.spectrum.basis import end_of_run
from popgraph.spectrum.components import Stack
from popgraph.spectrum.pairs import Pairs
from popgraph.spectrum.solvers.symmetric import eigenpairs

SPARSE_SHARE = 0.1  # a factor emptier than this is multiplied by itself as it is


def solve(stack: Stack, k: int, alone: bool = True) -> Pairs:
    """Return every eigenvalue of each block, and the eigenvectors of the k leading ones; raises NotConverged if LAPACK fails.

    If the k-th eigenvalue is repeated, the eigenvectors of all its copies are returned.
    """
    count, n, n_views = stack.shape
    side = min(n, n_views)
    gram, unit, to_views = _gram(stack)
    # γ = 1 of the unit eigenvector is moved to 0, so that a second eigenvalue within rounding of 1 cannot mix with it
    ascending, U = eigenpairs(gram - unit @ unit.transpose(0, 2, 1))
    del gram
    below = np.minimum(
        ascending[:, :0:-1], 1.0
    )  # largest first, without the smallest: the unit eigenvector's 0 is among these
    below[below <= tolerance(side)] = 0.0
    gamma = np.concatenate([np.ones((count, 1)), below], axis=1)
    wanted = max(end_of_run(row, k, side) for row in gamma) - 1
    # Mᵀu = √γ v. For small γ the errors of u along larger pairs are magnified by 1/√γ; QR, largest first, removes them. It
    # treats columns of all lengths alike.
    V = to_views(U[:, :, ::-1][:, :, :wanted])
    basis = np.linalg.qr(np.concatenate([stack.top[:, :, np.newaxis], V], axis=2))[0]
    return Pairs(gamma, basis, np.zeros(count), np.zeros(count), "every eigenvalue computed")


def _gram(stack: Stack) -> tuple[Floats, Floats, Callable[[Floats], Floats]]:
    """Return MMᵀ or MᵀM of each block, whichever is smaller, the unit eigenvectors on that side, and X -> MᵀX or X."""
    count, n, n_views = stack.shape
    v = stack.top[:, :, np.newaxis]
    if count == 1 and stack.blocks.nnz < SPARSE_SHARE * n * n_views:
        # One large sparse block stays sparse: of 500 naturals and 200,000 views, MMᵀ takes 2 MB and M as a dense array 800
        M = stack.blocks
        if n < n_views:
            return (M @ M.T).toarray()[np.newaxis], (M @ v[0])[np.newaxis], lambda X: (M.T @ X[0])[np.newaxis]
        return (M.T @ M).toarray()[np.newaxis], v, lambda X: X
    full = stack.dense()
    transposed = full.transpose(0, 2, 1)
    if n < n_views:
        return full @ transposed, full @ v, lambda X: transposed @ X
    return transposed @ full, v, lambda X: X
