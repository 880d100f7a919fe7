"""All eigenpairs of small symmetric matrices, checked before anybody uses them: by numpy's LAPACK, or by scipy's where that fails.

No solver lives here; every solver that needs a small one asks this room.
"""

import numpy as np
import scipy.linalg

from popgraph.basics.arrays import Floats
from popgraph.errors import NotConverged

EPS = float(np.finfo(np.float64).eps)


def eigenpairs(S: Floats) -> tuple[Floats, Floats]:
    """Return the eigenvalues (..., n), ascending, and eigenvectors (..., n, n) of symmetric matrices (..., n, n).

    Raises
    ------
    NotConverged
        If neither divide and conquer nor the QR algorithm returns eigenpairs.

    Examples
    --------
    >>> eigenpairs(np.array([[0.5, 0.5], [0.5, 0.5]]))[0]
    array([0., 1.])
    """
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
    """Return the eigenvalues (m,), ascending, and eigenvectors (m, m) of the matrix of this diagonal and these entries beside it.

    Raises
    ------
    NotConverged
        If LAPACK returns none.
    """
    T = np.diag(alpha) + np.diag(beta, 1) + np.diag(beta, -1)
    try:
        theta, S = scipy.linalg.eigh_tridiagonal(alpha, beta)
    except (np.linalg.LinAlgError, ValueError):
        return eigenpairs(T)
    return (theta, S) if are_eigenpairs(T, theta, S) else eigenpairs(T)


def are_eigenpairs(S: Floats, values: Floats, U: Floats) -> bool:
    """Whether the values ascend, U is orthogonal and S = U diag(values) Uᵀ, to rounding.

    Checked on one random vector (Freivalds): matrices that differ by E differ on it by about ||E||_F, and with products of n²
    instead of n³.
    """
    n = S.shape[-1]
    z = np.random.default_rng(0).standard_normal((n, 1))
    length = 64 * n * EPS * np.linalg.norm(z)
    coordinates = np.swapaxes(U, -1, -2) @ z
    off = np.linalg.norm(U @ coordinates - z, axis=(-2, -1))
    wrong = np.linalg.norm(U @ (values[..., np.newaxis] * coordinates) - S @ z, axis=(-2, -1))
    size = np.linalg.norm(S, axis=(-2, -1))
    # <=, and no negated >: what is no number fails
    sound = (off <= length).all() and (wrong <= length * size).all() and (values[..., 1:] >= values[..., :-1]).all()
    return bool(sound)


def _one_by_one(S: Floats) -> tuple[Floats, Floats]:
    """Solve each matrix by the QR algorithm: slower than divide and conquer, and another code."""
    n = S.shape[-1]
    solved = [scipy.linalg.eigh(matrix, driver="ev") for matrix in S.reshape(-1, n, n)]
    values, vectors = (np.stack(part) for part in zip(*solved, strict=True))
    return values.reshape(S.shape[:-1]), vectors.reshape(S.shape)
