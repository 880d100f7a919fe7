"""Which eigenvectors to return where the spectrum leaves a choice: signs, bases of degenerate spaces, and null vectors.

The choice depends on the subspace alone, so every solver that finds the same eigenspace returns the same vectors.
"""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from scipy.linalg.blas import dsyrk, dtrsm
from scipy.linalg.lapack import dpotrf

from popgraph.basics.arrays import Floats
from popgraph.basics.rows import of_blocks, tall_blocks
from popgraph.basics.subspace import tolerance

# Entries that differ by less than this share of the larger one count as equal, so that rounding does not choose between them.
EQUAL_SHARE_OF_ENTRIES = 1e-6
# Columns are too nearly dependent if the least diagonal entry of their Cholesky factor is below this share of the largest one.
DEPENDENT_SHARE = 1e-4
NEARLY_ORTHONORMAL = 1e-8  # inner products of columns closer than this to those of orthonormal ones


def sign(V: Floats) -> None:
    """Flip each column of V (N, m), in place, so that its largest entry in size, the first one of equal ones, is positive."""
    if V.size == 0:
        return
    sizes = list(of_blocks(lambda rows: np.abs(V[rows]).max(axis=0), *V.shape))
    nearly_largest = np.max(sizes, axis=0) * (1 - EQUAL_SHARE_OF_ENTRIES)
    blocks = tall_blocks(*V.shape)
    for column, block in enumerate(np.argmax(sizes >= nearly_largest, axis=0)):  # the first one that has such an entry
        entries = V[blocks[block], column]
        if entries[np.argmax(np.abs(entries) >= nearly_largest[column])] < 0:
            V[:, column] *= -1.0  # numpy 2.4's `negative` in place flips but one of the entries that lie 64 bytes apart


def orthonormal(X: Floats) -> Floats:
    """Make the columns of X (N, k) orthonormal: for every j, the first j span what they did. An F-ordered X may be overwritten."""
    # With the Cholesky factor R of XᵀX, the columns of X R^-1 are orthonormal up to cond(X)² eps. Done twice this is as
    # accurate as Householder's QR if cond(X) is well below 1e8, and ten times as fast for tall X. All other X get Householder's.
    # Columns that are nearly orthonormal as they are have the condition number 1: for them once is enough.
    Q = np.asfortranarray(X)
    for _ in range(2):
        inner = dsyrk(1.0, Q, trans=1)
        nearly = np.abs(np.triu(inner) - np.eye(len(inner))).max(initial=0.0) <= NEARLY_ORTHONORMAL
        R, failed = dpotrf(inner)
        if failed or R.diagonal().min() < DEPENDENT_SHARE * R.diagonal().max():
            return np.asfortranarray(np.linalg.qr(Q)[0])
        Q = dtrsm(1.0, R, Q, side=1, overwrite_b=1)
        if nearly:
            break
    return Q


def reproducible_basis(U: Floats, count: int | None = None) -> Floats:
    """Return the first `count` vectors, (N, count), of a basis of span U that depends on the span alone; all m by default.

    The m columns of U (N, m) are orthonormal.
    """
    # The first vector is the projection of the unit vector that is nearest to the space, the second is that of the unit vector
    # nearest to the part of the space orthogonal to the first, and so on. On a hypercube these vectors are mostly zero, where a
    # solver returns an arbitrary rotation of the parities.
    return _greedy(np.sum(U**2, axis=1), lambda i: U @ U[i], U.shape[1] if count is None else count)


def null_vectors(V: Floats, count: int) -> Floats:
    """Return `count` <= N - r orthonormal vectors orthogonal to the orthonormal columns of V (N, r)."""

    def projection(i: int) -> Floats:
        e = -V @ V[i]
        e[i] += 1.0
        return np.asarray(e - V @ (V.T @ e))

    return _greedy(1.0 - np.sum(V**2, axis=1), projection, count)


def _greedy(leverage: Floats, project: Callable[[int], Floats], count: int) -> Floats:
    """Orthonormalise projections of unit vectors on a space, at each step the longest after those chosen before are taken out.

    `project(i)` is the projection of unit vector i, and `leverage` (N,) are the squared lengths of all projections.
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
    """Return how many eigenvalues are at least γ_k, where those that differ from it by rounding count as equal."""
    return next((run.stop for run in groups(gamma, size) if run.stop >= k), len(gamma))


def groups(gamma: Floats, size: int) -> list[slice]:
    """Cut a descending list of eigenvalues into runs of equal ones, up to rounding for a matrix with this many rows."""
    apart = np.flatnonzero(-np.diff(gamma) > tolerance(size)) + 1
    edges = [0, *apart.tolist(), len(gamma)]
    return [slice(start, stop) for start, stop in pairwise(edges) if stop > start]
