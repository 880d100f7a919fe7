"""All eigenpairs of small symmetric matrices, checked before they are used: by numpy's LAPACK, or by scipy's where that fails.

Every solver solves small dense problems on its way. A LAPACK that raises or returns wrong pairs there (builds have done both) would
lose the whole solve although its other algorithm answers; and wrong Ritz values would turn into wrong bounds.
"""

import numpy as np
import scipy.linalg

from popgraph.basics.arrays import Floats
from popgraph.basics.subspace import EPS
from popgraph.errors import NotConverged

ROUNDINGS_PER_ROW = 64  # by which LAPACK's answers may be off


def eigenpairs(S: Floats) -> tuple[Floats, Floats]:
    """Return the eigenvalues (..., n), ascending, and eigenvectors (..., n, n) of symmetric matrices; raises NotConverged."""
    for solve in (np.linalg.eigh, _one_by_one):
        try:
            values, U = solve(S)
        except (np.linalg.LinAlgError, ValueError):  # which scipy raises of NaN
            continue
        if are_eigenpairs(S, values, U):
            return values, U
    raise NotConverged(
        f"LAPACK returns no eigenpairs of a symmetric matrix of side {S.shape[-1]:,}, by two algorithms; numpy's or scipy's "
        "build of it is at fault (numpy.show_config() names it)"
    )


def tridiagonal_eigenpairs(alpha: Floats, beta: Floats) -> tuple[Floats, Floats]:
    """Return the eigenvalues, ascending, and eigenvectors of a tridiagonal matrix, from its diagonals; raises NotConverged."""
    T = np.diag(alpha) + np.diag(beta, 1) + np.diag(beta, -1)
    try:
        theta, S = scipy.linalg.eigh_tridiagonal(alpha, beta)
    except (np.linalg.LinAlgError, ValueError):
        return eigenpairs(T)
    return (theta, S) if are_eigenpairs(T, theta, S) else eigenpairs(T)


def are_eigenpairs(S: Floats, values: Floats, U: Floats) -> bool:
    """Whether the values ascend, U is orthogonal and S = U diag(values) Uᵀ, to rounding."""
    # On one random vector (Freivalds): matrices that differ by E differ on it by about ||E||_F, and a product with it costs n²
    # instead of n³
    n = S.shape[-1]
    z = np.random.default_rng(0).standard_normal((n, 1))
    allowed = ROUNDINGS_PER_ROW * n * EPS * np.linalg.norm(z)
    coordinates = np.swapaxes(U, -1, -2) @ z
    from_identity = np.linalg.norm(U @ coordinates - z, axis=(-2, -1))
    from_S = np.linalg.norm(U @ (values[..., np.newaxis] * coordinates) - S @ z, axis=(-2, -1))
    size = np.linalg.norm(S, axis=(-2, -1))
    ascending = (values[..., 1:] >= values[..., :-1]).all()
    # "<=" and not a negated ">", because NaN fails every comparison
    return bool((from_identity <= allowed).all() and (from_S <= allowed * size).all() and ascending)


def _one_by_one(S: Floats) -> tuple[Floats, Floats]:
    """Solve each matrix by the QR algorithm: slower than divide and conquer, and another code."""
    n = S.shape[-1]
    solved = [scipy.linalg.eigh(matrix, driver="ev") for matrix in S.reshape(-1, n, n)]
    values, vectors = (np.stack(part) for part in zip(*solved, strict=True))
    return values.reshape(S.shape[:-1]), vectors.reshape(S.shape)
