"""The rules by which f may move, each as the velocity of F = √w_x f in the modes: a row of F for each eigenvalue γ of Ā.

| rule | F' = | rests at the amount x = s² of a mode |
|---|---|---|
| spectral | 4ΓF - 4FFᵀF - 2λF, of L(f) + λ||F||² | (γ - λ/2)_+ |
| barlow | 4ΓF(I - FᵀΓF) - 2λF, of ||FᵀĀF - I||² + λ||F||² | (1 - λ/(2γ))_+ / γ |
| byol | (ΓT - FPᵀ)P - λF, P' = TᵀΓF - PFᵀF - λP, with the target T = F, or T' = (F - T)/τ | ((γ + √(γ² - 4λ))/2)² iff γ > 2√λ |
| byol, target differentiated | ΓFP + ΓFPᵀ - FPᵀP - F - λF, P' as before | 0 |

The table of [2102.06810] is W = Fᵀ. At an aligned point F = diag(s), P = diag(p) the third rule is s' = ps(γ - p) - λs,
p' = s²(γ - p) - λp, so that p² - s² dies out at the rate 2λ, and s = p rests where s(γ - s) = λ.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from popgraph.basics.arrays import Floats

RULES = ("spectral", "barlow", "byol", "simsiam")
COMPLEX_STEP = 1e-30  # of derivatives, which have no rounding error by an imaginary step


@dataclass(frozen=True)
class State:
    """Where a rule stands: F (m, k), the predictor P (k, k), and the target's own table (m, k); the last two may be absent."""

    F: Floats
    P: Floats | None = None
    target: Floats | None = None

    def packed(self) -> Floats:
        """Return all numbers in one vector."""
        return np.concatenate([part.ravel() for part in (self.F, self.P, self.target) if part is not None])


@dataclass(frozen=True)
class Rule:
    """A rule with its constants, and the eigenvalues γ (m,) of the modes that it moves."""

    name: str
    gamma: Floats
    weight_decay: float = 0.0
    stop_gradient: bool = True
    averaging_time: float | None = None

    @property
    def predicts(self) -> bool:
        """Whether the rule has a predictor."""
        return self.name in ("byol", "simsiam")

    @cached_property
    def _column(self) -> Floats:
        return self.gamma[:, None]

    def unpacked(self, z: Floats, k: int) -> State:
        """Return the state of a vector."""
        m = len(self.gamma)
        if not self.predicts:
            return State(z.reshape(m, k))
        F, P, rest = np.split(z, [m * k, m * k + k * k])
        return State(F.reshape(m, k), P.reshape(k, k), rest.reshape(m, k) if len(rest) else None)

    def velocity(self, state: State) -> State:
        """Return the derivative in time."""
        F, P, decay, g = state.F, state.P, self.weight_decay, self._column
        if P is None:
            if self.name == "spectral":
                return State(4.0 * (g * F - F @ (F.T @ F)) - 2.0 * decay * F)
            return State(4.0 * g * (F - F @ (F.T @ (g * F))) - 2.0 * decay * F)
        T = F if state.target is None else state.target
        dP = T.T @ (g * F) - P @ (F.T @ F) - decay * P
        if not self.stop_gradient:
            return State(g * (F @ (P + P.T)) - F @ (P.T @ P) - (1.0 + decay) * F, dP)
        moved = None if state.target is None or self.averaging_time is None else (F - T) / self.averaging_time
        return State((g * T - F @ P.T) @ P - decay * F, dP, moved)

    def of_vector(self, z: Floats, k: int) -> Floats:
        """Return the derivative of a vector."""
        return self.velocity(self.unpacked(z, k)).packed()

    def loss(self, state: State) -> float:
        """Return what the rule descends on, its decay included; with a stopped gradient, E||Pf(x) - t(x⁺)||² and the decay of P."""
        F, P, decay, g = state.F, state.P, self.weight_decay, self._column
        S, penalty = F.T @ F, decay * float(np.sum(F * F))
        if P is None:
            if self.name == "spectral":
                return float(np.sum(S * S) - 2.0 * np.sum(g * F * F)) + penalty
            return float(np.sum((F.T @ (g * F) - np.eye(len(S))) ** 2)) + penalty
        T = F if state.target is None else state.target
        apart = float(np.sum((P @ S) * P) - 2.0 * np.sum((F @ P.T) * (g * T)) + np.sum(T * T))
        return apart + penalty + decay * float(np.sum(P * P))

    @cached_property
    def fixed_points(self) -> Floats:
        """The amount x = s² at which each mode rests if it is on, (m,): 0 where the rule switches it off."""
        g, decay = self.gamma, self.weight_decay
        if self.name == "spectral":
            return np.asarray(np.maximum(g - decay / 2, 0.0))
        if self.name == "barlow":
            positive = np.where(g > 0, g, 1.0)
            return np.asarray(np.where(g > 0, np.maximum(1.0 - decay / (2 * positive), 0.0) / positive, 0.0))
        if not self.stop_gradient:
            # s' = -s[(p - γ)² + 1 - γ² + λ]; without decay a mode of γ = 1 alone may rest, at any size with p = 1
            return np.zeros(len(g))
        on = (g > 0) & (g * g > 4 * decay)
        return np.asarray(np.where(on, (g + np.sqrt(np.where(on, g * g - 4 * decay, 0.0))) / 2, 0.0) ** 2)

    def largest_stable_step(self, k: int) -> float:
        """Return the least step at which descent ceases to approach the resting point of the k leading modes; ∞ if all rests at 0.

        A step h multiplies a deviation along an eigenvector of the Jacobian by 1 + hr, r its eigenvalue: |1 + hr| < 1 iff
        h < -2 Re r / |r|². The Jacobian falls into blocks of two modes, and its largest rates belong to the outermost: the first,
        the last that is on, the first that is off, and the last of all.
        """
        if not len(self.gamma):
            return np.inf
        order = np.argsort(-self.gamma, kind="stable")
        on = min(k, int(np.count_nonzero(self.fixed_points[order] > 0)))
        chosen = sorted({0, max(on - 1, 0), min(on, len(order) - 1), len(order) - 1})
        modes = order[chosen]
        here = Rule(self.name, self.gamma[modes], self.weight_decay, self.stop_gradient, self.averaging_time)
        s = np.sqrt(np.where(np.arange(len(order))[chosen] < on, self.fixed_points[modes], 0.0))
        F = np.diag(s)
        z = State(
            F, F if self.predicts else None, F if self.averaging_time is not None and self.predicts else None
        ).packed()
        jacobian = np.array([here.of_vector(z + step, len(s)).imag for step in 1j * COMPLEX_STEP * np.eye(len(z))])
        rates = np.linalg.eigvals(jacobian.T / COMPLEX_STEP)
        falling = rates[rates.real < -1e-9 * max(1.0, float(np.abs(rates).max()))]
        return float((-2.0 * falling.real / np.abs(falling) ** 2).min()) if len(falling) else np.inf
