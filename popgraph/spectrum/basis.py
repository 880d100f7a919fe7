"""Which eigenvectors to return where the spectrum leaves a choice: signs, bases of degenerate spaces, and null vectors.

The choice depends on the subspace alone, so every solver that finds the same eigenspace returns the same vectors.
"""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from scipy.linalg.blas import dsyrk, dtrsm
from scipy.linalg.lapack import dpotrf

from popgraph.basics.arrays import Floats
from popgraph.basics.subspace import tolerance

TIE = 1e-6  # entries closer than this share are taken as equal, so that rounding does not decide between them


def signed(V: Floats) -> Floats:
    """Flip each column so that its entry of largest size, the first one of a tie, is positive."""
    size = np.abs(V)
    first = np.argmax(size >= size.max(axis=0) * (1 - TIE), axis=0)
    return V * np.where(V[first, np.arange(V.shape[1])] < 0, -1.0, 1.0)


def orthonormal(X: Floats) -> Floats:
    """Return orthonormal columns, of which the first j span what the first j columns of X do.

    Cholesky's factor of XᵀX, twice, which is as good as Householder's QR for columns that are not nearly dependent, and ten
    times as fast for tall X; Householder's for others. An F-ordered X may be overwritten, so that no second array is needed.
    """
    Q = np.asfortranarray(X)
    for _ in range(2):
        R, failed = dpotrf(dsyrk(1.0, Q, trans=1))
        if failed or R.diagonal().min() < 1e-4 * R.diagonal().max():
            return np.asfortranarray(np.linalg.qr(Q)[0])
        Q = dtrsm(1.0, R, Q, side=1, overwrite_b=1)
    return Q


def reproducible_basis(U: Floats, count: int | None = None) -> Floats:
    """Return the basis of span U, or its first vectors, made of the projections of as few views as it takes, greedily.

    The view that the space holds most of comes first. On a hypercube this picks vectors that are mostly zero, where a
    solver returns an arbitrary rotation of the parities.

    Parameters
    ----------
    U : (N, m) array
        Orthonormal columns.
    count : int, optional
        How many vectors, at most m; all of them by default.

    Returns
    -------
    (N, count) array
        Orthonormal columns in the same span.
    """
    return _greedy(np.sum(U**2, axis=1), lambda i: U @ U[i], U.shape[1] if count is None else count)


def null_vectors(V: Floats, count: int) -> Floats:
    """Return `count` orthonormal vectors orthogonal to the orthonormal columns of V.

    Parameters
    ----------
    V : (N, r) array
    count : int
        At most N - r.
    """

    def residual(i: int) -> Floats:
        e = -V @ V[i]
        e[i] += 1.0
        return np.asarray(e - V @ (V.T @ e))

    return _greedy(1.0 - np.sum(V**2, axis=1), residual, count)


def _greedy(leverage: Floats, project: Callable[[int], Floats], count: int) -> Floats:
    """Orthonormalise the projections of unit vectors, always of the one that the rest of the space holds most of."""
    basis = np.zeros((len(leverage), count), order="F")
    for j in range(count):
        i = int(np.argmax(leverage >= leverage.max() * (1 - TIE)))
        vector = project(i)
        for _ in range(2):  # twice is enough (Kahan): one pass of Gram-Schmidt can lose half the digits
            vector = vector - basis[:, :j] @ (basis[:, :j].T @ vector)
        basis[:, j] = vector / np.linalg.norm(vector)
        leverage = leverage - basis[:, j] ** 2
    return basis


def groups(gamma: Floats, size: int) -> list[slice]:
    """Cut a descending list of eigenvalues into runs of equal ones, to the rounding of a matrix of this size."""
    apart = np.flatnonzero(-np.diff(gamma) > tolerance(size)) + 1
    edges = [0, *apart.tolist(), len(gamma)]
    return [slice(start, stop) for start, stop in pairwise(edges) if stop > start]
