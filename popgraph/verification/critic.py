"""`CriticEvidence`: the critic f(x)ᵀg(z) of two encoders beside S, as matrices: X = FGᵀ with F = D_1^½ f and G = D_2^½ g.

X is a best approximation of S of rank k iff it agrees with S on the k leading singular vectors, from both sides: XV = UΣ and
XᵀU = VΣ. For then X takes the complement of V to that of U, and its rank leaves nothing there. At a degenerate cut with σ_k of
multiplicity m this is asked of the vectors above, and of as many dimensions of the m as are wanted: those that X - σ_k and Xᵀ - σ_k
take to 0, in coordinates in which S acts on them as σ_k.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from popgraph.basics.arrays import Floats
from popgraph.basics.subspace import EPS, tolerance

LARGEST_PRODUCT = 1e8  # of the lengths of F and G, in units of S; a minimiser can be written with lengths of at most k


@dataclass(frozen=True, eq=False)
class CriticEvidence:
    """F (N_x, d) and G (N_z, d) beside the leading singular triplets of S, with `above` of them above σ_k at a degenerate cut."""

    S: Any  # (N_x, N_z), sparse or dense
    tables: tuple[Floats, Floats]  # F and G
    triplets: tuple[Floats, Floats, Floats]  # U (N_x, m), σ (m,), V (N_z, m): all those of σ >= σ_k
    k: int
    above: int

    @cached_property
    def _factors(self) -> tuple[Floats, Floats, Floats]:
        """Columns of length 1 of F and of G, and weights c, with X = Σ c_i f_i g_iᵀ."""
        # A column of F may be as long as one likes if that of G is as short
        (F, a), (G, b) = (_normed(table) for table in self.tables)
        with np.errstate(over="ignore", invalid="ignore"):
            return F, a * b, G

    @property
    def sizes(self) -> tuple[float, float]:
        """The lengths of F and of G."""
        with np.errstate(over="ignore"):
            a, b = (float(np.sqrt(np.sum(_normed(table)[1] ** 2))) for table in self.tables)
        return a, b

    @cached_property
    def _off(self) -> Floats:
        """(X - S)V/Σ above (X - S)ᵀU/Σ, over √2, (N_x + N_z, m): how X differs from S on each singular pair, as a share of σ."""
        # Not XV - UΣ: where rounding has turned v_2 towards v_1, the best X takes it to Sv_2, and not to σ_2 u_2
        (F, c, G), (U, sigma, V) = self._factors, self.triplets
        with np.errstate(over="ignore", invalid="ignore"):
            x = (F @ (c[:, np.newaxis] * (G.T @ V)) - np.asarray(self.S @ V)) / sigma
            z = (G @ (c[:, np.newaxis] * (F.T @ U)) - np.asarray(self.S.T @ U)) / sigma
            return np.asarray(np.vstack([x, z]) / np.sqrt(2.0))

    @cached_property
    def residual(self) -> float:
        """How far X is from S on the leading singular vectors, as a share of σ: 0 iff X is a best approximation of rank k."""
        if not (self.triplets[1] > 0).all() or not np.isfinite(self._off).all():
            return np.inf
        if self.above == self.k:
            return float(np.linalg.norm(self._off[:, : self.k], 2))
        above = float(np.linalg.norm(self._off[:, : self.above], 2)) if self.above else 0.0
        smallest = np.linalg.svd(self._off[:, self.above :], compute_uv=False)[::-1]
        return max(above, float(smallest[self.k - self.above - 1]))

    @property
    def weights(self) -> Floats:
        """UᵀXV on the k leading singular vectors, (k, k): of the best critic diag(σ), or at a degenerate cut a choice beside it."""
        (F, c, G), (U, _, V) = self._factors, self.triplets
        with np.errstate(over="ignore", invalid="ignore"):
            return np.asarray((U[:, : self.k].T @ F) * c @ (G.T @ V[:, : self.k]))

    @property
    def rounding(self) -> float:
        """A bound on what rounding f and g to float64 does to the residual."""
        # Each entry of X is off by at most (d + 2) eps Σ_i |c_i f_i(x) g_i(z)|, so that ||δX|| <= (d + 2) eps Σ_i |c_i|; SV, of
        # norm 1, is formed to a few eps
        F, c, _ = self._factors
        sigma = float(self.triplets[1][-1])
        return float(2.0 * EPS * ((F.shape[1] + 2) * np.sum(np.abs(c)) + 8.0) / sigma) if sigma > 0 else np.inf

    @property
    def worst_in_words(self) -> str:
        """Say of the singular pair on which the critic differs most how much of it the critic has."""
        if not np.isfinite(self._off).all():
            return "its scores leave float64"
        if self.above < self.k:
            return f"on the leading singular vectors it differs from S by {self.residual:.2g} of it"
        sigma = self.triplets[1]
        lengths = np.linalg.norm(self._off[:, : self.k], axis=0)
        worst = int(np.argmax(lengths.round(9)))
        weight = float(self.weights[worst, worst])
        return (
            f"on singular pair {worst + 1} it differs from S by {lengths[worst]:.2g} of σ_{worst + 1} = {sigma[worst]:.4g}, and "
            f"gives the pair the weight {weight:.4g}"
        )

    @cached_property
    def _own(self) -> tuple[Floats, Floats, Floats]:
        """The singular triplets of X, (N_x, r), (r,), (N_z, r)."""
        F, c, G = self._factors
        (Q, R), (Q_g, R_g) = np.linalg.qr(F), np.linalg.qr(G)
        Y, s, Zt = np.linalg.svd((R * c) @ R_g.T, full_matrices=False)
        return Q @ Y, s, Q_g @ Zt.T

    @cached_property
    def loss(self) -> float:
        """L(f, g) = -2 tr XᵀS + ||X||², from the singular triplets of X; infinite where it overflows."""
        # The trace of FᵀF GᵀG loses digits where the two maps are far from orthogonal; the singular values of X do not.
        _, c, _ = self._factors
        if not np.isfinite(c).all() or np.abs(c).sum() > 1e150:
            return np.inf
        U, s, V = self._own
        return float(np.sum(s**2) - 2.0 * np.sum(s * np.sum(U * np.asarray(self.S @ V), axis=0)))

    @cached_property
    def excess_loss(self) -> float:
        """L(f, g) - min L = L(f, g) + Σσ_i², i <= k."""
        return max(0.0, self.loss + float(np.sum(self.triplets[1][: self.k] ** 2)))

    def angle_bound(self, singular: Any, excess: float | None) -> float | None:
        """Return what the excess loss alone proves about ||sin Θ||_F of either side; None where that is nothing."""
        # With P the projector on span F, ||S - FGᵀ||² >= ||S - PS||² = ||S||² - tr P SSᵀ, and by the argument of THEORY 3.5 for
        # SSᵀ, whose eigenvalues are σ², tr P SSᵀ <= Σσ_i² - (σ_k² - σ_{k+1}²) ||sin Θ||². The same holds of span G and SᵀS.
        if excess is None or singular.gap == 0 or not np.isfinite(excess):
            return None
        sigma = singular.sigma
        hidden = tolerance(max(self.S.shape)) * (1.0 + float(np.sum(sigma**2)))
        across = float(sigma[-1]) ** 2 - float(singular.certificate.remainder_bound) ** 2
        bound = float(np.sqrt((excess + hidden) / across)) if across > 0 else np.inf
        return bound if bound < np.sqrt(self.k) else None

    def optimal(self, atol: float) -> bool:
        """Whether X is a best approximation of rank k: SV' = U'Σ' and SᵀU' = V'Σ' for its own triplets, and Σ' is that of S."""
        if not np.isfinite(self._factors[1]).all() or np.abs(self._factors[1]).sum() > LARGEST_PRODUCT:
            return False
        (U, s, V), sigma = self._own, self.triplets[1][: self.k]
        own = np.zeros(self.k)
        own[: min(self.k, len(s))] = s[: self.k]
        if np.abs(own - sigma).max() > atol or (len(s) > self.k and s[self.k] > atol):
            return False
        off = np.asarray(self.S @ V) - U * s, np.asarray(self.S.T @ U) - V * s
        # Vectors of σ' = 0 are arbitrary: X has nothing on them
        return bool(max(np.linalg.norm(each[:, s > atol]) for each in off) <= atol)

    def mend(self, allowed: float) -> Floats | None:
        """Return T (d, d) with which F (GT)ᵀ is the best critic, if mapping g alone can make it so."""
        # The nearest to S of all F Tᵀ Gᵀ is the one with Tᵀ = F⁺ S (G⁺)ᵀ, which is P S P' for the projectors on both spans.
        F, G = self.tables
        (Q, R), (Q_g, R_g) = np.linalg.qr(F), np.linalg.qr(G)
        if not all(np.isfinite(np.linalg.cond(each)) for each in (R, R_g)):
            return None
        middle = Q.T @ np.asarray(self.S @ Q_g)
        T: Floats = np.linalg.solve(R_g, np.linalg.solve(R, middle).T)
        mended = CriticEvidence(self.S, (Q, Q_g @ middle.T), self.triplets, self.k, self.above)
        return T if mended.residual <= max(allowed, 1e-9) else None


def _normed(table: Floats) -> tuple[Floats, Floats]:
    """Return a table with columns of length 1, or 0, and the lengths; no square over- or underflows."""
    largest = np.abs(table).max(axis=0, initial=0.0)
    safe = np.where(largest > 0, largest, 1.0)
    scaled = table / safe
    length = np.linalg.norm(scaled, axis=0)
    return scaled / np.where(length > 0, length, 1.0), length * safe
