"""Subspaces spanned by columns: rank, principal angles, the best linear map between them, and every tolerance.

Knows arrays, and no graph. All angles are in radians.
"""

from dataclasses import dataclass
from typing import cast

import numpy as np
import scipy.linalg

from popgraph.basics.arrays import Floats
from popgraph.errors import NotConverged

EPS = float(np.finfo(np.float64).eps)
REFINE_ABOVE = 1e-9  # radians: a basis that is less certain is computed again in extended precision
ROWS_AT_A_TIME = 2**16  # in extended precision


def tolerance(size: int, gap: float = 1.0) -> float:
    """Return 8 N eps / gap: how far rounding can move an eigenvalue of norm-1 Ā (gap = 1), or an eigenvector across a gap."""
    # N is the side of the matrix, at least 16. A backward-stable solver computes the exact eigenvalues of Ā + E with ||E|| of a few
    # N eps ||Ā||. By Weyl's theorem no eigenvalue is then off by more than ||E||, and by that of Davis and Kahan no eigenspace is
    # turned by more than ||E|| / gap.
    return 8 * max(size, 16) * EPS / gap if gap > 0 else np.inf


def svd(X: Floats) -> tuple[Floats, Floats, Floats]:
    """Return U, σ and Vᵀ of X = U diag(σ) Vᵀ, by divide and conquer, or by the QR algorithm; `NotConverged` if both fail."""
    try:
        return np.linalg.svd(X, full_matrices=False)
    except np.linalg.LinAlgError:
        pass
    try:
        return cast(tuple[Floats, Floats, Floats], scipy.linalg.svd(X, full_matrices=False, lapack_driver="gesvd"))
    except (np.linalg.LinAlgError, ValueError):
        rows, columns = X.shape
        raise NotConverged(
            f"LAPACK returns no singular values of a matrix of {rows:,} x {columns:,}, by two algorithms; numpy's or scipy's build "
            "of it is at fault (numpy.show_config() names it)"
        ) from None


@dataclass(frozen=True, eq=False)
class ColumnSpace:
    """The span of some columns, and how well they determine it."""

    basis: Floats  # (N, rank) orthonormal
    uncertainty: (
        float  # bound, in radians, on the angle by which rounding, also of the columns, may have turned the span
    )
    possible: (
        Floats  # (N, possible_rank) a larger span, with columns that may be independent by rounding only; not accurate
    )

    @property
    def possible_rank(self) -> int:
        """The number of columns of `possible`, at least the rank."""
        return int(self.possible.shape[1])

    @property
    def rank(self) -> int:
        """The number of linearly independent columns."""
        return int(self.basis.shape[1])


def column_space(F: Floats, scale: Floats | None = None) -> ColumnSpace:
    """Return the span of the columns of F (N, d), each row multiplied by its positive `scale` first.

    The rank is the number of singular values above 8 max(d, 16) eps, after the columns are scaled to length 1.
    """
    # Scaling a column does not change the span, and makes F* diag(1, 1e-20) count as two columns. The limit is what the rounding of
    # the d entries of a row leaves, for any number of rows. Columns that are nearly dependent are made orthogonal in extended
    # precision, if the machine has one.
    nonzero = np.abs(F).max(axis=0, initial=0.0) > 0
    F = F[:, nonzero]
    if F.shape[1] == 0:
        return ColumnSpace(np.zeros((F.shape[0], 0)), 0.0, np.zeros((F.shape[0], 0)))
    largest = np.abs(F).max(axis=0)  # first to entries of at most 1, so that no square under- or overflows
    X = F / largest if scale is None else F / largest * scale[:, np.newaxis]
    peak = np.abs(X).max(axis=0)
    length = peak * np.linalg.norm(X / peak, axis=0)
    X = X / length
    d = X.shape[1]
    Q, R = np.linalg.qr(X)
    turn, sigma, Vt = svd(R)
    rank = int(np.sum(sigma > tolerance(d) * sigma[0]))
    written = float(4 * EPS * np.sqrt(d))
    possible = np.asarray(Q @ turn[:, : max(rank, int(np.sum(sigma > written * sigma[0])))])
    basis = possible[:, :rank]
    # With X = B C + E for any C, a unit x = X y of the span, |y| <= 1/σ, is |E y| <= ||E||/σ away from span B. E is measured;
    # doing so rounds by (d + 2) eps |B||C|, of norm at most d for unit columns.
    residual_norm = float(np.linalg.norm(X - basis @ (basis.T @ X))) + (d + 2) * d * EPS
    computed = residual_norm / float(sigma[rank - 1])
    if computed > REFINE_ABOVE:
        refined = _refined(F, largest, scale, length, Vt[:rank].T / sigma[:rank])
        basis, computed = min((basis, computed), refined, key=lambda each: each[1])
    # Stored, multiplied by √w_x and scaled, d unit columns are within 1.5 eps sqrt(d) of what was meant
    return ColumnSpace(basis, computed + written / float(sigma[rank - 1]), possible)


def _refined(F: Floats, largest: Floats, scale: Floats | None, length: Floats, W: Floats) -> tuple[Floats, float]:
    """Return an orthonormal basis of span X W and a bound on its angle, for the scaled X and a W (d, r) that conditions it well.

    G = X W is formed in extended precision, where each entry is off by at most (d + 3) u (|X| |W|): for a W near X's inverse that
    is u times the condition number of X. G itself is nearly orthonormal, and float64's QR is as good as for any such matrix.
    """
    unit, size, d = float(np.finfo(np.longdouble).eps), 0.0, F.shape[1]
    wide = W.astype(np.longdouble)
    for _ in range(3):
        G, size = np.empty((len(F), W.shape[1])), 0.0
        for start in range(0, len(F), ROWS_AT_A_TIME):
            rows = slice(start, start + ROWS_AT_A_TIME)
            X = F[rows].astype(np.longdouble) / largest
            X = (X if scale is None else X * scale[rows, np.newaxis]) / length
            G[rows] = X @ wide
            size += float(np.sum((np.abs(X) @ np.abs(wide)) ** 2))
        Q, R = np.linalg.qr(G)
        sigma = svd(R)[1]
        if not sigma[-1] > 0:
            return Q, np.inf
        if sigma[-1] > 0.5 * sigma[0]:
            break
        wide = wide @ np.linalg.inv(R)
    r = W.shape[1]
    residual_norm = float(np.linalg.norm(G - Q @ R)) + ((r + 2) * r + 1) * EPS * float(np.linalg.norm(sigma))
    return Q, ((d + 3) * unit * float(np.sqrt(size)) + residual_norm) / float(sigma[-1])


def principal_angles(U: Floats, V: Floats) -> Floats:
    """Return the min(a, b) angles in [0, pi/2] between the spans of orthonormal U (N, a) and V (N, b), smallest first."""
    # Small angles are computed from their sines and large ones from their cosines, so that both are accurate to eps: Knyazev and
    # Argentati, Principal angles between subspaces in an A-based scalar product, SIAM J. Sci. Comput. 23 (2002)
    if V.shape[1] > U.shape[1]:
        U, V = V, U
    cross = U.T @ V
    cosines = svd(cross)[1]  # largest first: smallest angle first
    sines = svd(V - U @ cross)[1][::-1]  # smallest first
    cosines, sines = np.clip(cosines, 0.0, 1.0), np.clip(sines, 0.0, 1.0)
    return cast(Floats, np.where(cosines**2 < 0.5, np.arccos(cosines), np.arcsin(sines)))


def containment_angles(inner: Floats, outer: Floats) -> Floats:
    """Return the a angles by which the span of `inner` (N, a) leaves that of `outer` (N, b), smallest first.

    They are 0 where it lies inside. Where b < a, at least a - b directions cannot be contained: they count as pi/2.
    """
    angles = principal_angles(inner, outer)
    missing = inner.shape[1] - len(angles)
    return np.concatenate([angles, np.full(missing, np.pi / 2)])


def captured(v: Floats, space: Floats) -> Floats:
    """Return, for each of the m unit columns of v, cos² of its angle with the span of the orthonormal columns of `space`."""
    return np.asarray(np.clip(np.sum((space.T @ v) ** 2, axis=0), 0.0, 1.0))


def linear_map(F: Floats, V: Floats) -> tuple[Floats, float, float]:
    """Find the Q (k, d) with F ≈ V Q by least squares, for F (N, d) and orthonormal V (N, k).

    Returns Q, its condition number (the largest over the smallest of its min(k, d) singular values; inf if it is singular), and
    ||F - VQ|| / ||F||, which is 0 for F = 0.
    """
    largest = float(np.abs(F).max())
    if largest == 0:
        return V.T @ F, np.inf, 0.0
    scaled = F / largest  # so that no square overflows
    Q = V.T @ scaled
    sigma = svd(Q)[1]
    condition = float(sigma[0] / sigma[-1]) if sigma[-1] > EPS * sigma[0] else np.inf
    residual = float(np.linalg.norm(scaled - V @ Q) / np.linalg.norm(scaled))
    return Q * largest, condition, residual
