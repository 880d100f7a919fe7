"""HaoChen, Wei, Gaidon and Ma 2021: the spectral contrastive loss, its minimisers, and what linear probes do on them."""

import numpy as np

from popgraph.basics.arrays import Floats
from popgraph.basics.subspace import column_space, principal_angles
from popgraph.losses import audit, matrix_factorisation, scaled_hessian, scaled_loss, spectral
from popgraph.populations import PopulationGraph
from popgraph.theory.assumptions import (
    FEW_PAIRS,
    FEW_VIEWS,
    GAP,
    LABELS,
    MAX_VIEWS_DENSE,
    POSITIVE_GAMMA,
    NotApplicable,
)
from popgraph.theory.search import descend
from popgraph.theory.setting import Setting
from popgraph.theory.statement import Sides, states
from popgraph.theory.votes import minimiser, voted_error

MAX_BATCHES_OF_TWO = 2**12  # of a graph whose batches are enumerated, which takes some 20 ms
FEW_BATCHES = f"at most {MAX_BATCHES_OF_TWO:,} batches of two pairs"
ONE_COMPONENT = "γ_1 > γ_2"


def _scaled_gradient(s: Setting, f: Floats) -> Floats:
    """Return dL/dF, (N, k), at F = √w_x f."""
    return scaled_loss(spectral, s.graph)(f * s.root[:, np.newaxis])[1]


@states(
    "Lemma 3.2",
    "||Ā - FFᵀ||² = L(f) + ||Ā||², f random",
    r"\|\bar A - FF^\top\|_F^2 = L(f) + \|\bar A\|_F^2",
    "H21 Lemma 3.2 in the NeurIPS text",
    section="3.1",
    assumptions=(
        FEW_VIEWS,
        FEW_PAIRS,
    ),
    why="expand the square: -2 tr FᵀĀF is the attraction, ||FᵀF||² the repulsion, and ||Ā||² is constant",
)
def _lemma(s: Setting) -> Sides:
    f = s.random_embedding()
    F = f * s.root[:, np.newaxis]
    if not isinstance(s.graph, PopulationGraph):
        s.need_few_views("Ā")
        squares = float(np.sum((s.w.toarray() / np.outer(s.root, s.root)) ** 2))
    else:
        M = s.graph.factor
        squares = float(np.sum((M @ M.T if M.shape[0] < s.N else M.T @ M).data ** 2))
        left = matrix_factorisation(M, F)
    if s.N <= MAX_VIEWS_DENSE:  # by the definition itself
        left = float(np.sum((s.w.toarray() / np.outer(s.root, s.root) - F @ F.T) ** 2))
    return Sides(left, s.loss(f) + squares, scale=1.0 + left)


@states(
    "the gradient",
    "dL(f + tE)/dt = <∇L, E>, f and E random",
    r"\tfrac{d}{dt}L(f + tE) = \langle\nabla L, E\rangle",
    "THEORY 3.2",
    section="3.2",
    why="differentiate ||Ā - FFᵀ||²: -4(Ā - FFᵀ)F",
)
def _gradient(s: Setting) -> Sides:
    f, E = s.random_embedding(), s.random_embedding()
    step = 1e-5
    slope = (s.loss(f + step * E) - s.loss(f - step * E)) / (2 * step)
    exact = float(np.sum(_scaled_gradient(s, f) * s.root[:, np.newaxis] * E))
    return Sides(slope, exact, tolerance=1e-6 * (1.0 + abs(exact) + abs(s.loss(f))))


@states(
    "the minimum is reached",
    "L(F*√γ) = -Σ γ_i²",
    r"L(F^*\sqrt\gamma) = -\sum_{i\le k}\gamma_i^2",
    "H21 Lemma 3.2; THEORY 3.3",
    section="3.3",
    why="FFᵀ is then the best approximation of Ā of rank k (Eckart, Young and Mirsky)",
)
def _reached(s: Setting) -> Sides:
    return Sides(s.loss(minimiser(s)), -float(np.sum(s.reached[: s.k] ** 2)), tolerance=1e-9 * s.k)


@states(
    "nothing is below the minimum",
    "-Σ γ_i² <= L(f), f the end of a descent from a random start",
    r"-\sum_{i\le k}\gamma_i^2 \le L(f)",
    "THEORY 3.3",
    "<=",
    section="3.3",
    why="no matrix of rank k is nearer to Ā (Eckart, Young and Mirsky); a descent that never saw F* tries",
)
def _below(s: Setting) -> Sides:
    start = np.linalg.qr(s.random_embedding())[0]
    F = descend(lambda F: -2.0 * s.graph.gram(F), 1.0, start)
    return Sides(-float(np.sum(s.reached[: s.k] ** 2)), s.loss(F / s.root[:, np.newaxis]), tolerance=1e-9 * s.k)


@states(
    "minimisers are stationary",
    "||ĀF - F FᵀF|| = 0",
    r"\bar A F = F F^\top F",
    "THEORY 3.5",
    section="3.5",
    why="the gradient is -4(ĀF - F FᵀF)",
)
def _stationary(s: Setting) -> Sides:
    return Sides(float(np.linalg.norm(_scaled_gradient(s, minimiser(s)))) / 4.0, 0.0, tolerance=1e-8)


@states(
    "the minimiser holds γ",
    "max |eig(FᵀF) - γ_i| = 0",
    r"\mathrm{eig}(F^\top F) = \gamma_1, \dots, \gamma_k",
    "THEORY 3.5",
    section="3.5",
    why="FᵀF = diag(√γ) V_kᵀV_k diag(√γ)",
)
def _holds(s: Setting) -> Sides:
    F = minimiser(s) * s.root[:, np.newaxis]
    return Sides(float(np.abs(np.linalg.eigvalsh(F.T @ F)[::-1] - s.reached[: s.k]).max()), 0.0, tolerance=1e-9)


@states(
    "other critical points are strict saddles",
    "<E, ∇²L E> = -4 (γ_1 - γ_S) ||E||² < 0",
    r"\langle E, \nabla^2 L\,E\rangle = -4(\gamma_j - \gamma_S)",
    "THEORY 3.4",
    section="3.4",
    assumptions=(
        ONE_COMPONENT,
        FEW_VIEWS,
    ),
    why="the second derivative along a larger eigenvector that is left out is -4(γ_j - γ_S)",
)
def _saddle(s: Setting) -> Sides:
    """At F = v_2 √γ_2, which leaves v_1 out, the second derivative along v_1 is -4 (γ_1 - γ_2)."""
    s.need_few_views("every eigenpair")
    gamma = s.all_eigenpairs.gamma
    if s.N < 2 or gamma[0] - gamma[1] <= 1e-6:
        raise NotApplicable(
            "γ_1 = γ_2: v_2 is a leading eigenvector itself" if s.N > 1 else "there is one view", ONE_COMPONENT
        )
    f = s.all_eigenpairs.embedding[:, 1:2]
    E = s.all_eigenpairs.eigenfunctions[:, 0:1]
    F, direction = f * s.root[:, np.newaxis], E * s.root[:, np.newaxis]
    bend = float(np.sum(scaled_hessian(s.graph, F, direction) * direction))
    return Sides(bend, -4.0 * float(gamma[0] - max(0.0, gamma[1])), tolerance=1e-8)


@states(
    "the excess loss bounds the angle",
    "||sin Θ||_F² <= (L(f) - min L)/(γ_k² - γ_{k+1}²)",
    r"\|\sin\Theta\|_F^2 \le \frac{L(f) - \min L}{\gamma_k^2 - \gamma_{k+1}^2}",
    "THEORY 3.5",
    "<=",
    section="3.5",
    assumptions=(
        GAP,
        POSITIVE_GAMMA,
    ),
    why="with P on span F, L(f) + ||Ā||² >= ||Ā||² - tr PĀ², and tr PĀ² falls by the angle times the gap",
)
def _excess(s: Setting) -> Sides:
    s.gap()
    if s.gamma[s.k - 1] <= s.gamma_rounding:
        raise NotApplicable(f"γ_{s.k} is not above 0, and no F spans its eigenvector", POSITIVE_GAMMA)
    f = minimiser(s) + 0.05 * s.random_embedding() / np.sqrt(s.k)
    space = column_space(f * s.root[:, np.newaxis])
    angles = principal_angles(s.spectrum.eigenvectors[:, : s.k], space.basis)
    excess = s.loss(f) + float(np.sum(s.reached[: s.k] ** 2))
    bound = excess / float(s.reached[s.k - 1] ** 2 - s.reached[s.k] ** 2)
    return Sides(float(np.sum(np.sin(angles) ** 2)), bound, tolerance=1e-7 / s.gap())


@states(
    "the batch loss is unbiased",
    "E L_B(f) = L(f), batches of two",
    r"\mathbb E\,L_B(f) = L(f)",
    "THEORY 3.6",
    section="3.6",
    assumptions=(
        FEW_BATCHES,
        FEW_PAIRS,
    ),
    why="both terms are means over independent draws, the second one over i != j",
)
def _unbiased(s: Setting) -> Sides:
    if s.w.nnz**2 > MAX_BATCHES_OF_TWO:
        raise NotApplicable(
            f"batches of two are enumerated up to {MAX_BATCHES_OF_TWO:,}; this graph has {s.w.nnz**2:,}", FEW_BATCHES
        )
    audited = audit(spectral, s.graph, s.random_embedding(), batch_size=2)
    return Sides(audited.mean, audited.population, scale=1.0 + abs(audited.population))


@states(
    "Lemma 3.1",
    "E(sQᵀf, Q⁻¹B) = E(f, B), s > 0",
    r"\mathcal E(s\,Q^\top f, Q^{-1}B) = \mathcal E(f, B)",
    "H21 Lemma 3.1 in the NeurIPS text",
    section="3.7",
    assumptions=(LABELS,),
    why="the scores of a view are multiplied by s(x) > 0, which moves no maximum",
)
def _lemma31(s: Setting) -> Sides:
    """Let B on f, and Q⁻¹B on f scaled view by view and times Q, label the views, and count the naturals that each gets wrong."""
    _, r = s.y
    f, B = minimiser(s), s.rng.standard_normal((s.k, r))
    Q = np.linalg.qr(s.rng.standard_normal((s.k, s.k)))[0] @ np.diag(s.rng.uniform(0.5, 2.0, s.k))
    stretch = s.rng.uniform(0.5, 2.0, (s.N, 1))
    scores, transformed = f @ B, (stretch * (f @ Q)) @ np.linalg.solve(Q, B)
    plain, moved = scores.argmax(axis=1), transformed.argmax(axis=1)
    if r > 1:  # rounding may decide a tie of two scores either way, and the statement says nothing of rounding
        tie = np.ptp(np.sort(scores, axis=1)[:, -2:], axis=1) <= 1e-9 * (1.0 + np.abs(scores).max())
        moved = np.where(tie, plain, moved)
    trivial = "one class is never missed" if r == 1 else ""
    return Sides(voted_error(s, moved, r), voted_error(s, plain, r), trivial=trivial)
