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

EQUAL_SHARE_OF_ENTRIES = (
    1e-6  # entries closer than this share count as equal, so that rounding does not decide between them
)
DEPENDENT_SHARE = (
    1e-4  # least diagonal entry of Cholesky's factor, for the largest, at which columns are too nearly dependent
)


def signed(V: Floats) -> Floats:
    """Flip each column so that its entry of largest size, the first one of a tie, is positive."""
    size = np.abs(V)
    first = np.argmax(size >= size.max(axis=0) * (1 - EQUAL_SHARE_OF_ENTRIES), axis=0)
    return V * np.where(V[first, np.arange(V.shape[1])] < 0, -1.0, 1.0)


def orthonormal(X: Floats) -> Floats:
    """Return orthonormal columns, of which the first j span what the first j columns of X do; an F-ordered X may be overwritten."""
    # With the Cholesky factor R of XᵀX, X R^-1 has orthonormal columns but for cond(X)² eps; done twice it is as good as
    # Householder's QR while cond(X) is well below 1e8, and ten times as fast for tall X. Householder's serves the others.
    Q = np.asfortranarray(X)
    for _ in range(2):
        R, failed = dpotrf(dsyrk(1.0, Q, trans=1))
        if failed or R.diagonal().min() < DEPENDENT_SHARE * R.diagonal().max():
            return np.asfortranarray(np.linalg.qr(Q)[0])
        Q = dtrsm(1.0, R, Q, side=1, overwrite_b=1)
    return Q


def reproducible_basis(U: Floats, count: int | None = None) -> Floats:
    """Return the first `count` vectors (N, count), by default all, of a basis of span U that depends on the span only.

    They are projections of unit vectors, chosen greedily: that of the view whose unit vector is nearest to the space, then of the
    one nearest to the rest of it, and so on. U (N, m) is orthonormal. On a hypercube the chosen vectors are mostly zero.
    """
    return _greedy(np.sum(U**2, axis=1), lambda i: U @ U[i], U.shape[1] if count is None else count)


def null_vectors(V: Floats, count: int) -> Floats:
    """Return `count` <= N - r orthonormal vectors orthogonal to the orthonormal columns of V (N, r)."""

    def projection(i: int) -> Floats:
        e = -V @ V[i]
        e[i] += 1.0
        return np.asarray(e - V @ (V.T @ e))

    return _greedy(1.0 - np.sum(V**2, axis=1), projection, count)


def _greedy(leverage: Floats, project: Callable[[int], Floats], count: int) -> Floats:
    """Orthonormalise projections of unit vectors on a space, always of the one that has the longest in what is left of it.

    `leverage` (N,) are the squared lengths of all projections.
    """
    basis = np.zeros((len(leverage), count), order="F")
    for j in range(count):
        i = int(np.argmax(leverage >= leverage.max() * (1 - EQUAL_SHARE_OF_ENTRIES)))
        vector = project(i)
        for _ in range(2):  # twice is enough (Kahan): one pass of Gram-Schmidt can lose half the digits
            vector = vector - basis[:, :j] @ (basis[:, :j].T @ vector)
        basis[:, j] = vector / np.linalg.norm(vector)
        leverage = leverage - basis[:, j] ** 2
    return basis


def end_of_run(gamma: Floats, k: int, size: int) -> int:
    """Return the number of eigenvalues up to the end of the run of equal ones that holds the k-th."""
    return next((run.stop for run in groups(gamma, size) if run.stop >= k), len(gamma))


def groups(gamma: Floats, size: int) -> list[slice]:
    """Cut a descending list of eigenvalues into runs of equal ones, to the rounding of a matrix of this size."""
    apart = np.flatnonzero(-np.diff(gamma) > tolerance(size)) + 1
    edges = [0, *apart.tolist(), len(gamma)]
    return [slice(start, stop) for start, stop in pairwise(edges) if stop > start]
