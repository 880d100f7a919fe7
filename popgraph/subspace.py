"""Subspaces spanned by columns: rank, principal angles, the best linear map between them, and every tolerance.

Knows arrays, and no graph. All angles are in radians.
"""

from dataclasses import dataclass
from typing import cast

import numpy as np

from popgraph.arrays import Floats

EPS = float(np.finfo(np.float64).eps)


def tolerance(size: int, gap: float = 1.0) -> float:
    """Return how far rounding can move a unit-scale eigenvalue (gap = 1), or an eigenvector across a gap.

    8 N eps / gap: a backward-stable solver moves the eigenvalues of an N x N matrix of norm 1 by a small multiple of
    N eps, and an eigenspace by that over its gap (Davis-Kahan). Sizes below 16 count as 16.

    Parameters
    ----------
    size : int
        The side N of the matrix.
    gap : float
        The distance to the rest of the spectrum.

    Examples
    --------
    >>> tolerance(1000) < 2e-12
    True
    """
    return 8 * max(size, 16) * EPS / gap if gap > 0 else np.inf


@dataclass(frozen=True, eq=False)
class ColumnSpace:
    """Hold an orthonormal basis (N, rank) of the span of some columns, and how well they determine it.

    `uncertainty` bounds the angle, in radians, by which rounding the columns to float64 may have turned their span.
    """

    basis: Floats
    uncertainty: float

    @property
    def rank(self) -> int:
        """The number of linearly independent columns."""
        return int(self.basis.shape[1])


def column_space(F: Floats) -> ColumnSpace:
    """Return the span of the columns of F.

    Columns are first scaled to length 1: that changes no span, and lets F* diag(1, 1e-20) count as two columns. The rank is
    the number of singular values above N eps.

    Parameters
    ----------
    F : (N, d) array
        Finite.

    Examples
    --------
    >>> column_space(np.array([[1.0, 2.0], [1.0, 2.0]])).rank
    1
    """
    largest = np.abs(F).max(axis=0, initial=0.0)
    nonzero = largest > 0
    scaled = F[:, nonzero] / largest[nonzero]  # first to entries of at most 1, so that no square under- or overflows
    scaled = scaled / np.linalg.norm(scaled, axis=0)
    if scaled.shape[1] == 0:
        return ColumnSpace(np.zeros((F.shape[0], 0)), 0.0)
    U, sigma, _ = np.linalg.svd(scaled, full_matrices=False)
    cut = tolerance(max(F.shape)) * sigma[0]
    rank = int(np.sum(sigma > cut))
    # Stored, multiplied by √w_x and scaled, d unit columns are within 1.5 eps sqrt(d) of what was meant; the rest is the SVD's.
    return ColumnSpace(U[:, :rank], float(4 * EPS * np.sqrt(scaled.shape[1]) / sigma[rank - 1]))


def principal_angles(U: Floats, V: Floats) -> Floats:
    """Return the principal angles between two subspaces, smallest first.

    Small angles are read off their sines and large ones off their cosines, so that both are accurate to eps.

    Parameters
    ----------
    U : (N, a) array
        Orthonormal columns.
    V : (N, b) array
        Orthonormal columns.

    Returns
    -------
    (min(a, b),) array
        Angles in [0, pi/2].

    References
    ----------
    Knyazev and Argentati, Principal angles between subspaces in an A-based scalar product, SIAM J. Sci. Comput. 23 (2002).

    Examples
    --------
    >>> principal_angles(np.array([[1.0], [0.0]]), np.array([[1.0], [1e-9]]))
    array([1.e-09])
    """
    if V.shape[1] > U.shape[1]:
        U, V = V, U
    cross = U.T @ V
    cosines = np.linalg.svd(cross, compute_uv=False)  # largest first: smallest angle first
    sines = np.linalg.svd(V - U @ cross, compute_uv=False)[::-1]  # smallest first
    cosines, sines = np.clip(cosines, 0.0, 1.0), np.clip(sines, 0.0, 1.0)
    return cast(Floats, np.where(cosines**2 < 0.5, np.arccos(cosines), np.arcsin(sines)))


def containment_angles(inner: Floats, outer: Floats) -> Floats:
    """Return by what angles an inner subspace leaves an outer one; all are 0 if it lies inside.

    Parameters
    ----------
    inner : (N, a) array
        Orthonormal columns.
    outer : (N, b) array
        Orthonormal columns. Where b < a, at least a - b directions cannot be contained: they count as pi/2.

    Returns
    -------
    (a,) array
        Angles in [0, pi/2], smallest first.
    """
    angles = principal_angles(inner, outer)
    missing = inner.shape[1] - len(angles)
    return np.concatenate([angles, np.full(missing, np.pi / 2)])


def captured(v: Floats, space: Floats) -> Floats:
    """Return, for each unit column of v, the share of its squared length that lies in a subspace: cos² of its angle.

    Parameters
    ----------
    v : (N, m) array
        Orthonormal columns.
    space : (N, r) array
        Orthonormal columns.

    Returns
    -------
    (m,) array
        In [0, 1].
    """
    return np.asarray(np.clip(np.sum((space.T @ v) ** 2, axis=0), 0.0, 1.0))


def linear_map(F: Floats, V: Floats) -> tuple[Floats, float, float]:
    """Find the Q with F ≈ V Q by least squares, its condition number, and the relative residual ||F - VQ|| / ||F||.

    Parameters
    ----------
    F : (N, d) array
    V : (N, k) array
        Orthonormal columns.

    Returns
    -------
    Q : (k, d) array
    condition : float
        Largest over smallest of the min(k, d) singular values of Q; inf if Q is singular.
    residual : float
        In [0, 1]; 0 for F = 0.
    """
    largest = float(np.abs(F).max())
    if largest == 0:
        return V.T @ F, np.inf, 0.0
    scaled = F / largest  # so that no square overflows
    Q = V.T @ scaled
    sigma = np.linalg.svd(Q, compute_uv=False)
    condition = float(sigma[0] / sigma[-1]) if sigma[-1] > EPS * sigma[0] else np.inf
    residual = float(np.linalg.norm(scaled - V @ Q) / np.linalg.norm(scaled))
    return Q * largest, condition, residual
