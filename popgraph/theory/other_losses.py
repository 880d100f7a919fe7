"""Other losses on the same graph: what Zhai et al. 2025, HaoChen and Ma 2023, and the ordered losses say of their optima."""

import numpy as np

from popgraph.basics.arrays import Floats
from popgraph.losses import CentredLoss, IdealisedVICReg, centred, idealised_vicreg, ordered, spectral
from popgraph.theory.assumptions import FEW_VIEWS, LEFT_OUT, NotApplicable
from popgraph.theory.minima import minimum_of
from popgraph.theory.search import descend
from popgraph.theory.setting import Setting
from popgraph.theory.statement import Sides, states

VICREG_WEIGHT = 0.5  # λ of idealised VICReg


@states(
    "idealised VICReg at λ = 1",
    "E||f - f⁺||² + ||E ffᵀ - I||² = L(f) + k, f random",
    r"\mathbb E\|f - f^+\|^2 + \|\mathbb E ff^\top - I\|_F^2 = L(f) + k",
    "H23; THEORY 4",
    section="4",
    why="E||f - f⁺||² = 2 tr FᵀF - 2 tr FᵀĀF, and the first cancels against the square's mixed term",
)
def _vicreg(s: Setting) -> Sides:
    f = s.random_embedding()
    left = s.loss(loss=idealised_vicreg, f=f)
    return Sides(left, s.loss(loss=spectral, f=f) + s.k, scale=1.0 + abs(left))


@states(
    "idealised VICReg's optimum",
    "L(F*√s/√w_x) = Σ 2(1-γ_i)s_i + λ(1-s_i)², λ = 1/2",
    r"s_i = \max(0, 1 - (1-\gamma_i)/\lambda)",
    "H23; THEORY 4",
    section="4",
    why="one eigenvector at a time: 2(1-γ)s + λ(1-s)² is least at s = max(0, 1 - (1-γ)/λ)",
)
def _vicreg_optimum(s: Setting) -> Sides:
    s_i = np.maximum(0.0, 1.0 - (1.0 - s.gamma[: s.k]) / VICREG_WEIGHT)
    loss = IdealisedVICReg(weight=VICREG_WEIGHT)
    f = s.spectrum.eigenfunctions[:, : s.k] * np.sqrt(s_i)
    return Sides(s.loss(loss=loss, f=f), minimum_of(loss, s.gamma, s.k, s.N), tolerance=1e-8 * s.k)


@states(
    "idealised VICReg's minimum",
    "min <= L(f), f the end of a descent from a random start",
    r"\min \le L(f)",
    "H23; THEORY 4",
    "<=",
    section="4",
    why="FᵀF is best diagonal on the leading eigenvectors; a descent that never saw them tries",
    nonnegative=True,
)
def _vicreg_least(s: Setting) -> Sides:
    # In F = √w_x f it is 2 tr Fᵀ(I - Ā)F + λ||FᵀF - I||² = tr FᵀHF + λ||FᵀF||² + λk with H = 2(I - Ā) - 2λI
    loss = IdealisedVICReg(weight=VICREG_WEIGHT)
    start = np.linalg.qr(s.random_embedding())[0]
    F = descend(lambda F: 2.0 * ((1.0 - VICREG_WEIGHT) * F - s.graph.gram(F)), VICREG_WEIGHT, start)
    found = s.loss(loss=loss, f=F / s.root[:, np.newaxis])
    return Sides(minimum_of(loss, s.gamma, s.k, s.N), found, tolerance=1e-8 * s.k)


@states(
    "Laplacian eigenmaps",
    "E||f - f⁺||² = 2 Σ_{i=2..k+1} (1-γ_i) at f = φ_2..φ_{k+1}",
    r"\mathbb E\|f - f^+\|^2 = 2\sum_{i=2}^{k+1}(1-\gamma_i)",
    "Z25; THEORY 4",
    section="4",
    assumptions=(
        LEFT_OUT,
        FEW_VIEWS,
    ),
    why="a covariance of I makes √w_x f orthonormal and orthogonal to √w_x; then 2.7",
)
def _eigenmaps(s: Setting) -> Sides:
    s.need_few_views("φ_{k+1}")
    if s.k >= s.N:
        raise NotApplicable(f"k + 1 = {s.k + 1} exceeds the number of views", LEFT_OUT)
    F = s.all_eigenpairs.eigenvectors[:, 1 : s.k + 1]
    left = 2.0 * (float(np.sum(F**2)) - s.energy(F))
    return Sides(left, 2.0 * float(np.sum(1.0 - s.gamma[1 : s.k + 1])), tolerance=1e-8 * s.k)


@states(
    "the centred loss's optimum",
    "L = -½ Σ_{i=2..k+1} γ_i² at the non-trivial eigenfunctions",
    r"L = -\tfrac12\sum_{i=2}^{k+1}\gamma_i^2",
    "Z25; THEORY 4",
    section="4",
    assumptions=(
        LEFT_OUT,
        FEW_VIEWS,
    ),
    why="it is the spectral loss of Ā without its constant eigenvector, halved",
)
def _centred(s: Setting) -> Sides:
    s.need_few_views("φ_{k+1}")
    if s.k >= s.N:
        raise NotApplicable(f"k + 1 = {s.k + 1} exceeds the number of views", LEFT_OUT)
    f = _nontrivial(s)
    return Sides(s.loss(loss=centred, f=f), -0.5 * float(np.sum(s.reached[1 : s.k + 1] ** 2)), tolerance=1e-8 * s.k)


@states(
    "the centred loss's minimum",
    "min <= L(f), f the end of a descent from a random start",
    r"\min \le L(f)",
    "Z25; THEORY 4",
    "<=",
    section="4",
    why="Eckart, Young and Mirsky on Ā without its constant eigenvector; a descent tries",
)
def _centred_least(s: Setting) -> Sides:
    # For F without a part along √w_x it is -tr FᵀĀF + ½||FᵀF||², and its gradient has no such part either
    start = s.random_embedding() / np.sqrt(s.k)
    start -= np.outer(s.root, s.root @ start) / float(s.root @ s.root)
    F = descend(lambda F: -s.graph.gram(F), 0.5, start)
    found = s.loss(loss=centred, f=F / s.root[:, np.newaxis])
    return Sides(minimum_of(CentredLoss(), s.gamma, s.k, s.N), found, tolerance=1e-8 * s.k)


def _nontrivial(s: Setting) -> Floats:
    """Return k eigenfunctions orthogonal to the constant, times √γ, whatever basis the eigenspace of γ = 1 has."""
    V = s.all_eigenpairs.eigenvectors
    top = V[:, : s.graph.component_count]  # a basis of the eigenspace of γ = 1
    constant = top.T @ s.root  # √w_x in that basis
    orthogonal = np.linalg.svd(constant[np.newaxis])[2][1:].T
    rotated = np.column_stack([top @ orthogonal, V[:, s.graph.component_count :]])[:, : s.k]
    gamma = np.maximum(0.0, np.sum(rotated * s.graph.gram(rotated), axis=0))
    return np.asarray(rotated * np.sqrt(gamma) / s.root[:, np.newaxis])


@states(
    "the ordered loss's optimum",
    "L(F*√γ) = -(1/k) Σ (k-i+1) γ_i²",
    r"L(F^*\sqrt\gamma) = -\tfrac1k\sum (k-i+1)\gamma_i^2",
    "Deng et al. 2022; THEORY 4",
    section="4",
    why="it is the mean over j of the spectral loss of the first j columns, each of which F* minimises",
)
def _ordered(s: Setting) -> Sides:
    weights = np.arange(s.k, 0, -1) / s.k
    return Sides(
        s.loss(loss=ordered, f=s.spectrum.embedding[:, : s.k]),
        -float(weights @ s.reached[: s.k] ** 2),
        tolerance=1e-9 * s.k,
    )


@states(
    "order matters to it",
    "L(F*√γ) <= L(F*√γ Q), Q a rotation",
    r"L(F^*\sqrt\gamma) \le L(F^*\sqrt\gamma\,Q)",
    "Deng et al. 2022; THEORY 4",
    "<=",
    section="4",
    why="a rotation mixes the first j columns with later ones, of smaller eigenvalues",
)
def _order(s: Setting) -> Sides:
    f = s.spectrum.embedding[:, : s.k]
    turned = f @ np.linalg.qr(s.rng.standard_normal((s.k, s.k)))[0]
    alike = s.gamma[0] - s.gamma[s.k - 1] <= s.gamma_rounding
    trivial = f"γ_1 = γ_{s.k}, and any order of equals is as good" if alike else ""
    return Sides(s.loss(loss=ordered, f=f), s.loss(loss=ordered, f=turned), tolerance=1e-9 * s.k, trivial=trivial)
