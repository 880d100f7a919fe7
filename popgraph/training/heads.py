"""Train a linear head on a layer below it: F = HWᵀ with a decay of both, λ(||H||² + ||W||²). THEORY 14.

Whatever is not switched off is reached from a start in which it is, and the reverse: both ways are taken, one mode at a time, from
what the descent itself has found. No eigenvector of Ā is computed here: what `verify` judges must not have seen its answer.
"""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from popgraph.basics.arrays import Floats, cross
from popgraph.losses import scaled_hessian
from popgraph.training.objective import Objective, Stopped
from popgraph.training.saddles import FLAT_CURVATURE, LEAST_RELATIVE_PART, Outside, extreme_eigenpair

ROUNDING_OF_RISE = 1e-13  # of the loss, below which dropping a mode gains nothing that float64 tells from rounding


def balanced_factors(F: Floats, width: int) -> tuple[Floats, Floats]:
    """Return H (N, width) and W (k, width) with HWᵀ = F and HᵀH = WᵀW diagonal: of all such factors the shortest ones."""
    U, s, Vt = np.linalg.svd(F, full_matrices=False)
    signs = np.where(Vt[np.arange(len(s)), np.abs(Vt).argmax(axis=1)] < 0, -1.0, 1.0)
    U, Vt = U * signs, Vt * signs[:, np.newaxis]
    H, W = np.zeros((len(F), width)), np.zeros((F.shape[1], width))
    H[:, : len(s)], W[:, : len(s)] = U * np.sqrt(s), Vt.T * np.sqrt(s)
    return H, W


def least_size(a: float, weight_decay: float) -> float:
    """Return the s >= 0 at which s⁴ - 2as² + 2λs is least: 0, or the largest root of s³ - as + λ/2."""
    # The cubic's values s³ - 2as + 2λ are least at √(2a/3), and below 0 there if and only if 1.5 λ^(2/3) < a
    needed = 1.5 * float(np.cbrt(weight_decay)) ** 2
    if not needed < a:
        return 0.0
    cosine = -((needed / a) ** 1.5) / np.sqrt(2.0)
    return float(2.0 * np.sqrt(a / 3.0) * np.cos(np.arccos(cosine) / 3.0))


@dataclass
class HeadObjective(Objective):
    """The spectral loss of F = HWᵀ with a decay of both factors. The unknowns are H = √w_x h (N, width) above W (k, width)."""

    k: int = 1
    width: int = 1
    decay: float = 0.0
    at: tuple[Floats, Floats] = field(default_factory=lambda: (np.zeros(0), np.zeros(0)))  # unknowns, and dL/dF there
    leaves_by_itself: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        self.is_spectral = False  # as the descent on it is another one
        self.row_count = self.population.N + self.k

    def factors(self, z: Floats) -> tuple[Floats, Floats]:
        """Return H and W of unknowns."""
        H, W = np.split(z.reshape(-1, self.width), [self.population.N])
        return H, W

    def product(self, z: Floats) -> Floats:
        """Return F = HWᵀ, (N, k)."""
        H, W = self.factors(z)
        return np.asarray(H @ W.T)

    def embedding(self, z: Floats) -> Floats:
        """Return f, (N, k)."""
        return np.asarray(self.product(z) / self.root_w_x)

    def embedding_in_place(self, z: Floats) -> Floats:
        """Return f, (N, k), which no factor is overwritten for."""
        return self.embedding(z)

    def unknowns(self, f: Floats) -> Floats:
        """Return the balanced factors of f."""
        return self.stacked(f * self.root_w_x)

    def stacked(self, F: Floats) -> Floats:
        """Return the balanced factors of F as unknowns."""
        return np.vstack(balanced_factors(F, self.width)).ravel()

    def evaluate(self, z: Floats) -> tuple[float, Floats]:
        """Return the loss with its penalty, and the gradient in H and W."""
        H, W = self.factors(z)
        F = H @ W.T
        image, FF = self.population.gram(F), F.T @ F
        value = float(np.sum(FF**2) - 2.0 * np.vdot(F, image) + self.decay * (np.vdot(H, H) + np.vdot(W, W)))
        if np.isnan(value):
            raise Stopped(f"the loss {self.loss.name} became NaN")
        G = 4.0 * (F @ FF - image)
        self.at = z.copy(), G
        gradient = np.vstack([G @ W + 2.0 * self.decay * H, G.T @ H + 2.0 * self.decay * W]).ravel()
        self.latest_z, self.latest = z, (value, float(np.linalg.norm(gradient)))
        return value, gradient

    def curvature(self, z: Floats, direction: Floats) -> Floats:
        """Return the Hessian times a direction."""
        if not np.array_equal(self.at[0], z):
            self.evaluate(z)
        G, (H, W), (D, E) = self.at[1], self.factors(z), self.factors(np.asarray(direction).ravel())
        turned = scaled_hessian(self.population, H @ W.T, D @ W.T + H @ E.T)
        above = turned @ W + G @ E + 2.0 * self.decay * D
        below = turned.T @ H + G.T @ D + 2.0 * self.decay * E
        return np.vstack([above, below]).ravel()

    def step_off(self, z: Floats) -> Floats | None:
        """Return a step to a lower loss from a critical point, or None where no mode is to be dropped, added or exchanged."""
        F, N = self.product(z), self.population.N
        squares, V = np.linalg.eigh(cross(F, F))
        squares, V = squares[::-1], V[:, ::-1]
        filled = squares > FLAT_CURVATURE**2
        sizes, C = np.sqrt(squares[filled]), V[:, filled]
        U = F @ (C / sizes)
        # At a critical point ĀF = F FᵀF + (λ/2) UCᵀ, so that U are eigenvectors, and each contributes to the loss by itself: the
        # loss is that of the others where it is left out, and lower if its part s⁴ - 2as² + 2λs is above 0.
        a = self._rayleigh(U)
        parts = sizes * (sizes * (sizes**2 - 2.0 * a) + 2.0 * self.decay)
        if (parts > ROUNDING_OF_RISE).any():
            kept = parts <= ROUNDING_OF_RISE
            return self.stacked((U[:, kept] * sizes[kept]) @ C[:, kept].T) - z
        return self._added_or_exchanged(z, U, sizes, C) if len(sizes) < N else None

    def _rayleigh(self, U: Floats) -> Floats:
        """Return uᵀĀu of each column, of which there may be none."""
        return np.sum(U * self.population.gram(U), axis=0) if U.shape[1] else np.zeros(0)

    def _added_or_exchanged(self, z: Floats, U: Floats, sizes: Floats, C: Floats) -> Floats | None:
        """Return a step that adds directions outside of span F, or exchanges the least one for a better, or None."""
        # A unit vector u outside of the span with uᵀĀu = a lowers the loss in an empty column if 1.5 λ^(2/3) < a. In the place of
        # the least u_i it does if a is above a_i: turning one into the other leaves the penalty as it is.
        k, gradient_norm = self.k, self.latest[1]
        a = self._rayleigh(U)
        empty = k - len(sizes)
        least = float(a.min()) if len(a) else np.inf
        needed = 1.5 * float(np.cbrt(self.decay)) ** 2
        bound = (min(needed, least) if empty else least) + FLAT_CURVATURE + gradient_norm
        outside = Outside(self.population, self.product(z), C / sizes)
        if outside.is_at_most(bound, self.directions):
            return None
        extreme = extreme_eigenpair(outside.gram, len(U), "LA", 1e-4, self.directions)
        if extreme is None:
            raise Stopped("it is not known whether this critical point is a minimum, as ARPACK failed")
        largest, u = extreme
        if largest <= bound:
            return None
        if empty and largest > needed:
            drawn = self.directions.standard_normal((empty - 1, len(U)))
            Y, R = np.linalg.qr(np.column_stack([u, *(outside.gram(x) for x in drawn)]))
            lengths = np.abs(np.diag(R))
            Y = np.ascontiguousarray(Y[:, lengths > LEAST_RELATIVE_PART * lengths.max()])
            rises = self._rayleigh(Y)
            new_sizes = np.array([least_size(float(rise), self.decay) for rise in rises])
            rest = np.linalg.qr(np.column_stack([C, np.eye(k)]))[0][:, len(sizes) : k]
            F = (U * sizes) @ C.T + (Y * new_sizes) @ rest[:, : Y.shape[1]].T
        else:
            U, sizes = U.copy(), sizes.copy()
            worst = int(np.argmin(a))
            U[:, worst], sizes[worst] = u, least_size(largest, self.decay)
            F = (U * sizes) @ C.T
        return self.stacked(F) - z
