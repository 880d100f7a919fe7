"""`ModesUnderDecay`: which eigenvectors of Ā the optimum holds where the spectral loss has a weight decay, and how strongly.

No file of `training` may import this: what is judged must not see the answer.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from popgraph.basics.arrays import Floats, Immutable, frozen


@dataclass(frozen=True, eq=False, repr=False)
class ModesUnderDecay(Immutable):
    """Hold what the minimiser F of L + penalty is on each of the eigenvalues γ_i that were given, in falling order.

    Attributes
    ----------
    gamma : (m,) array
    weight_decay : float
        λ.
    head : bool
        Whether the penalty is λ(||H||² + ||W||²) of F = HWᵀ, which is 2λ||F||_* at its least, and not λ||F||².
    sizes : (m,) array
        s_i, the singular values of F; 0 for a mode that is off.
    thresholds : (m,) array
        The decay from which on a mode is off: 2γ_i, or (2γ_i/3)^(3/2) with a head; 0 where γ_i <= 0.
    on : (m,) array of bool
    at_threshold : (m,) array of bool
        Where λ is the threshold to rounding: with a head s_i = 0 and s_i = √(2γ_i/3) are both optimal there.
    values : (m,) array
        What each mode contributes to the least L + penalty, at most 0.
    """

    gamma: Floats
    weight_decay: float
    head: bool
    sizes: Floats
    thresholds: Floats
    on: Any
    at_threshold: Any
    values: Floats

    @property
    def rank(self) -> int:
        """How many modes are on."""
        return int(np.count_nonzero(self.on))

    @property
    def value(self) -> float:
        """The least L + penalty over embeddings with a column for each of these modes."""
        return float(np.sum(self.values))

    @property
    def below_head(self) -> Floats | None:
        """σ(H) = √σ(F), (m,), where there is a head."""
        return frozen(np.sqrt(self.sizes)) if self.head else None

    def __repr__(self) -> str:
        kind = "a linear head" if self.head else "a table"
        return f"ModesUnderDecay({self.rank} of {len(self.gamma)} on, weight decay {self.weight_decay:g} of {kind})"


def modes_under_decay(gamma: Floats, weight_decay: float, head: bool, rounding: float = 0.0) -> ModesUnderDecay:
    """Return what the optimum is on eigenvalues γ_i (m,); those of at most `rounding` count as 0, and are off. THEORY 14."""
    # The penalty depends on the singular values s of F alone, and -2 tr FᵀĀF is least where F has the leading eigenvectors of Ā
    # as its left singular vectors, in the order of s (von Neumann). So each mode minimises by itself
    #     table  s⁴ - 2γs² + λs² = (s² - (γ - λ/2))² - (γ - λ/2)²,
    #     head   h(s) = s⁴ - 2γs² + 2λs, as 2||F||_* is the least ||H||² + ||W||² with HWᵀ = F, reached where HᵀH = WᵀW = diag(s).
    # h(s)/s = s³ - 2γs + 2λ is least at s = √(2γ/3), and below 0 there if and only if λ < (2γ/3)^(3/2). Then the largest root of
    # h'(s)/4 = s³ - γs + λ/2 is the minimum: in the cosine form of the cubic's three real roots.
    gamma = np.asarray(gamma, dtype=np.float64)
    clear = np.where(gamma > rounding, gamma, 0.0)
    thresholds = (2.0 * clear / 3.0) ** 1.5 if head else 2.0 * clear
    slope = (
        np.sqrt(2.0 * clear / 3.0) if head else np.full_like(clear, 2.0)
    )  # of the threshold in γ, for what rounding moves
    at_threshold = (clear > 0) & (np.abs(weight_decay - thresholds) <= rounding * slope)
    if head:
        # λ < (2γ/3)^(3/2) written as 1.5 λ^(2/3) < γ, which neither under- nor overflows; cos θ = -(λ / threshold)/√2
        needed = 1.5 * np.cbrt(weight_decay) ** 2
        on = needed < clear
        share = np.where(on, needed / np.where(on, clear, 1.0), 0.0) ** 1.5
        sizes = np.where(on, 2.0 * np.sqrt(clear / 3.0) * np.cos(np.arccos(-share / np.sqrt(2.0)) / 3.0), 0.0)
        values = sizes * (sizes * (sizes**2 - 2.0 * clear) + 2.0 * weight_decay)
    else:
        on = weight_decay < thresholds
        left = np.where(on, clear - 0.5 * weight_decay, 0.0)
        sizes, values = np.sqrt(left), 0.0 - left**2
    arrays = (sizes, thresholds, on, at_threshold, np.minimum(values, 0.0) + 0.0)
    sizes, thresholds, on, at_threshold, values = (frozen(each) for each in arrays)
    return ModesUnderDecay(frozen(gamma.copy()), weight_decay, head, sizes, thresholds, on, at_threshold, values)
