"""What a weight decay, a linear projection head and f >= 0 make of the spectral loss's optimum, at λ = 0.3. THEORY 14."""

import numpy as np

from popgraph.basics.arrays import Floats
from popgraph.spectrum import ModesUnderDecay, modes_under_decay
from popgraph.theory.assumptions import FACTOR, FEW_VIEWS, NotApplicable
from popgraph.theory.setting import Setting
from popgraph.theory.statement import Sides, states

EXAMPLE_DECAY = 0.3  # λ, below (2/3)^(3/2), at which the first mode is switched off below a head
NEGATIVE_ROUNDING = 1e-12  # of the largest entry of FFᵀ


def _modes(s: Setting, head: bool) -> ModesUnderDecay:
    """Return what the spectrum that is checked says of the k leading modes."""
    return modes_under_decay(s.gamma[: s.k], EXAMPLE_DECAY, head, s.spectrum.tolerance)


def _length(s: Setting, f: Floats) -> float:
    """Return E||f(x)||² = ||F||²."""
    return float(s.graph.w_x @ np.sum(f**2, axis=1))


@states(
    "a decay shrinks every eigenvalue",
    "L(f) + λE||f||² = -Σ (γ_i - λ/2)₊² at F = V√(γ - λ/2)₊, λ = 0.3",
    r"L(f) + \lambda\,\mathbb E\|f\|^2 = -\sum_{i\le k} (\gamma_i - \lambda/2)_+^2",
    "THEORY 14.1",
    section="14.1",
    why="it is the spectral loss of Ā - λ/2, whose negative eigenvalues no FFᵀ reaches",
)
def _table(s: Setting) -> Sides:
    modes = _modes(s, head=False)
    f = s.spectrum.eigenfunctions[:, : s.k] * modes.sizes
    return Sides(s.loss(f) + EXAMPLE_DECAY * _length(s, f), modes.value, tolerance=1e-8 * s.k)


@states(
    "the optimum below a linear head",
    "L(f) + λ(E||h||² + ||W||²) = Σ s_i⁴ - 2γ_i s_i² + 2λs_i at h = V√s/√w_x, W = √s, f = hWᵀ, λ = 0.3",
    r"L(f) + \lambda(\mathbb E\|h\|^2 + \|W\|^2) = \sum_{i\le k} s_i^4 - 2\gamma_i s_i^2 + 2\lambda s_i",
    "Xue et al. 2024; THEORY 14.2",
    section="14.2",
    why="the layer below the head has σ(H) = √σ(F), and both factors together 2||F||_* in squares",
)
def _below_head(s: Setting) -> Sides:
    modes = _modes(s, head=True)
    h, W = s.spectrum.eigenfunctions[:, : s.k] * np.sqrt(modes.sizes), np.diag(np.sqrt(modes.sizes))
    left = s.loss(h @ W.T) + EXAMPLE_DECAY * (_length(s, h) + float(np.sum(W**2)))
    return Sides(left, modes.value, tolerance=1e-8 * s.k)


@states(
    "the optimum below a head is critical",
    "||ĀF - F FᵀF|| = (λ/2) √rank F, λ = 0.3",
    r"\|\bar A F - F F^\top F\|_F = \tfrac\lambda2 \sqrt{\operatorname{rank} F}",
    "THEORY 14.2",
    section="14.2",
    why="s³ - γs + λ/2 = 0 on each mode that is on",
)
def _critical(s: Setting) -> Sides:
    modes = _modes(s, head=True)
    F = s.spectrum.eigenvectors[:, : s.k] * modes.sizes
    residual = float(np.linalg.norm(s.graph.gram(F) - F @ (F.T @ F)))
    return Sides(residual, 0.5 * EXAMPLE_DECAY * float(np.sqrt(modes.rank)), tolerance=1e-8 * s.k)


@states(
    "a head switches a mode by a jump",
    "L(f) = -2λs at f = sφ_k, s = √(2γ_k/3), λ = (2γ_k/3)^(3/2)",
    r"L(s\varphi_k) = -2\lambda s,\ s = \sqrt{2\gamma_k/3},\ \lambda = (2\gamma_k/3)^{3/2}",
    "THEORY 14.2",
    section="14.2",
    assumptions=("γ_k > 0",),
    why="on at this s > 0 and off the penalised loss is the same",
)
def _jump(s: Setting) -> Sides:
    gamma = float(s.gamma[s.k - 1])
    if gamma <= s.gamma_rounding:
        raise NotApplicable(f"γ_{s.k} is not above 0", "γ_k > 0")
    size = np.sqrt(2.0 * gamma / 3.0)
    f = s.spectrum.eigenfunctions[:, s.k - 1 : s.k] * size
    return Sides(s.loss(f), -2.0 * (2.0 * gamma / 3.0) ** 1.5 * size, tolerance=1e-8)


@states(
    "non-negative features of rank 2 cost nothing",
    "L(f) = -γ_1² - γ_2² at f = F*Q/√w_x >= 0, where F*F*ᵀ >= 0 of rank 2",
    r"L(f) = -\gamma_1^2 - \gamma_2^2,\ f \ge 0",
    "Wang et al. 2024; THEORY 14.3",
    section="14.3",
    assumptions=("k >= 2 and γ_2 > 0", "no entry of F*F*ᵀ at k = 2 is negative"),
    why="rows that have no negative products with one another lie in a quarter of the plane",
)
def _two_modes(s: Setting) -> Sides:
    if s.k < 2 or s.gamma[1] <= s.gamma_rounding:
        raise NotApplicable("k is 1, or γ_2 is not above 0", "k >= 2 and γ_2 > 0")
    s.need_few_views("FFᵀ")
    F = s.spectrum.eigenvectors[:, :2] * np.sqrt(s.gamma[:2])
    X = F @ F.T
    if X.min() < -NEGATIVE_ROUNDING * X.max():
        raise NotApplicable("F*F*ᵀ at k = 2 has a negative entry", "no entry of F*F*ᵀ at k = 2 is negative")
    # Angles of the rows to the first one, which differ by less than π/2 from one another, turned so that the least is 0
    angles = np.angle((F[:, 0] + 1j * F[:, 1]) / (F[0, 0] + 1j * F[0, 1]))
    turned = np.linalg.norm(F, axis=1) * np.exp(1j * (angles - angles.min()))
    f = np.maximum(np.column_stack([turned.real, turned.imag]), 0.0) / s.root[:, np.newaxis]
    return Sides(s.loss(f), -float(np.sum(s.gamma[:2] ** 2)), tolerance=1e-8)


@states(
    "the kernel itself is non-negative and optimal",
    "L(f) = -Σ_{i<=N} γ_i² at f = (√p A/√w_x)ᵀ/√w_x >= 0, n columns",
    r"L(f) = -\|\bar A\|_F^2,\ F = M^\top \ge 0",
    "THEORY 14.3",
    section="14.3",
    assumptions=(FACTOR, FEW_VIEWS),
    why="Ā = MᵀM, and M has no negative entry",
)
def _kernel(s: Setting) -> Sides:
    s.need_factor()
    s.need_few_views("every eigenpair")
    f = np.asarray(s.graph.factor.toarray()).T / s.root[:, np.newaxis]
    return Sides(s.loss(f), -float(np.sum(s.all_eigenpairs.gamma**2)), tolerance=1e-8)
