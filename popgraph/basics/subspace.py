"""Subspaces spanned by columns: rank, principal angles, the best linear map between them, and every tolerance.

Knows arrays, and no graph. All angles are in radians.
"""

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import scipy.linalg

from popgraph.basics.arrays import Floats
from popgraph.basics.memory import reserve
from popgraph.basics.rows import ScaledRows, TallQR, block_sum, frobenius_norm, tall_blocks, with_same_singular_values
from popgraph.errors import NotConverged

EPS = float(np.finfo(np.float64).eps)
REFINE_ABOVE = 1e-9  # radians: a basis that is less certain is computed again in extended precision


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
    N, d = F.shape
    peaks = [np.abs(F[rows]).max(axis=0, initial=0.0) for rows in tall_blocks(N, d)]
    largest = np.max(peaks, axis=0)  # first to entries of at most 1, so that no square under- or overflows
    if not largest.all():
        F, largest = F[:, largest > 0], largest[largest > 0]
    d = F.shape[1]
    if d == 0:
        return ColumnSpace(np.zeros((N, 0)), 0.0, np.zeros((N, 0)))
    scaled = _Scaled(F, largest, scale, np.ones(d))
    peak = np.max([np.abs(scaled[rows]).max(axis=0) for rows in tall_blocks(N, d)], axis=0)
    squares = block_sum(lambda rows: np.add.reduce((scaled[rows] / peak) ** 2, axis=0), N, d)
    scaled = _Scaled(F, largest, scale, peak * np.sqrt(squares))
    X = np.empty((N, d))
    for rows in tall_blocks(N, d):
        X[rows] = scaled[rows]
    QR = TallQR(X)
    turn, sigma, Vt = svd(QR.R)
    rank = int(np.sum(sigma > tolerance(d) * sigma[0]))
    written = float(4 * EPS * np.sqrt(d))
    possible = QR.times(turn[:, : max(rank, int(np.sum(sigma > written * sigma[0])))])
    basis = possible[:, :rank]
    # With X = B C + E for any C, a unit x = X y of the span, |y| <= 1/σ, is |E y| <= ||E||/σ away from span B. E is measured;
    # doing so rounds by (d + 2) eps |B||C|, of norm at most d for unit columns.
    C = block_sum(lambda rows: basis[rows].T @ scaled[rows], N, d)
    residual_norm = frobenius_norm(lambda rows: scaled[rows] - basis[rows] @ C, N, d) + (d + 2) * d * EPS
    computed = residual_norm / float(sigma[rank - 1])
    if computed > REFINE_ABOVE:
        refined = _refined(scaled, Vt[:rank].T / sigma[:rank])
        basis, computed = min((basis, computed), refined, key=lambda each: each[1])
    # Stored, multiplied by √w_x and scaled, d unit columns are within 1.5 eps sqrt(d) of what was meant
    return ColumnSpace(basis, computed + written / float(sigma[rank - 1]), possible)


@dataclass(frozen=True, eq=False)
class _Scaled:
    """The rows of F (N, d), divided column by column by the largest entry, times their scale (N,), divided by the length."""

    F: Floats
    largest: Floats  # (d,)
    scale: Floats | None
    length: Floats  # (d,)

    def __getitem__(self, rows: slice) -> Floats:
        return np.asarray(self.rows(rows, np.float64))

    def rows(self, rows: slice, precision: type) -> Any:
        """Return some rows in this precision."""
        X = self.F[rows].astype(precision, copy=False) / self.largest
        X = X if self.scale is None else X * self.scale[rows, np.newaxis]
        return X / self.length


def _refined(scaled: _Scaled, W: Floats) -> tuple[Floats, float]:
    """Return an orthonormal basis of span X W and a bound on its angle, for the scaled X and a W (d, r) that conditions it well.

    G = X W is formed in extended precision, where each entry is off by at most (d + 3) u (|X| |W|): for a W near X's inverse that
    is u times the condition number of X. G itself is nearly orthonormal, and float64's QR is as good as for any such matrix.
    """
    unit, size, (N, d), r = float(np.finfo(np.longdouble).eps), 0.0, scaled.F.shape, W.shape[1]
    reserve(f"an orthonormal basis of {N:,} x {r:,} in extended precision", 16.0 * N * r, "use fewer columns")
    wide = W.astype(np.longdouble)
    for _ in range(3):
        G, size = np.empty((N, r)), 0.0
        for rows in tall_blocks(N, d):
            X = scaled.rows(rows, np.longdouble)
            G[rows] = X @ wide
            size += float(np.sum((np.abs(X) @ np.abs(wide)) ** 2))
        QR = TallQR(G.copy())
        sigma = svd(QR.R)[1]
        if not sigma[-1] > 0:
            return G, np.inf
        if sigma[-1] > 0.5 * sigma[0]:
            break
        wide = wide @ np.linalg.inv(QR.R)
    Q = QR.times(np.eye(r))
    residual = frobenius_norm(lambda rows: G[rows] - Q[rows] @ QR.R, N, r)
    residual_norm = residual + ((r + 2) * r + 1) * EPS * float(np.linalg.norm(sigma))
    return Q, ((d + 3) * unit * float(np.sqrt(size)) + residual_norm) / float(sigma[-1])


def principal_angles(U: Floats, V: Floats) -> Floats:
    """Return the min(a, b) angles in [0, pi/2] between the spans of orthonormal U (N, a) and V (N, b), smallest first."""
    # Small angles are computed from their sines and large ones from their cosines, so that both are accurate to eps: Knyazev and
    # Argentati, Principal angles between subspaces in an A-based scalar product, SIAM J. Sci. Comput. 23 (2002)
    if V.shape[1] > U.shape[1]:
        U, V = V, U
    cross = inner_products(U, V)
    cosines = svd(cross)[1]  # largest first: smallest angle first
    sines = svd(with_same_singular_values(lambda rows: V[rows] - U[rows] @ cross, *V.shape))[1][::-1]  # smallest first
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
    return np.asarray(np.clip(np.sum(inner_products(space, v) ** 2, axis=0), 0.0, 1.0))


def inner_products(U: Floats, V: Floats) -> Floats:
    """Return UᵀV of tall U (N, a) and V (N, b), block by block of rows.

    One long sum rounds more: of 10^7 views it made 1 - 4e-12 of the length of a unit vector, and an angle of 4e-12 of none.
    """
    return np.asarray(block_sum(lambda rows: U[rows].T @ V[rows], len(U), max(U.shape[1], V.shape[1])))


def linear_map(F: Floats | ScaledRows, V: Floats) -> tuple[Floats, float, float]:
    """Find the Q (k, d) with F ≈ V Q by least squares, for F (N, d) and orthonormal V (N, k).

    Returns Q, its condition number (the largest over the smallest of its min(k, d) singular values; inf if it is singular), and
    ||F - VQ|| / ||F||, which is 0 for F = 0.
    """
    F = F if isinstance(F, ScaledRows) else ScaledRows(F)
    largest = F.largest()
    if largest == 0:
        return np.zeros((V.shape[1], F.shape[1])), np.inf, 0.0
    Q = block_sum(lambda rows: V[rows].T @ (F[rows] / largest), *F.shape)  # scaled, so that no square overflows
    sigma = svd(Q)[1]
    condition = float(sigma[0] / sigma[-1]) if sigma[-1] > EPS * sigma[0] else np.inf
    off = frobenius_norm(lambda rows: F[rows] / largest - V[rows] @ Q, *F.shape)
    return Q * largest, condition, off / frobenius_norm(lambda rows: F[rows] / largest, *F.shape)
