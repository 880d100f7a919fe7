"""HaoChen, Wei, Gaidon and Ma 2021: the spectral contrastive loss, its minimisers, and what linear probes do on them."""

import numpy as np

from popgraph.basics.arguments.classes import bayes_labels
from popgraph.basics.arrays import Floats, Ints
from popgraph.basics.subspace import column_space, principal_angles
from popgraph.downstream import probe
from popgraph.losses import audit, matrix_factorisation, scaled_hessian, scaled_loss, spectral
from popgraph.populations import PopulationGraph
from popgraph.theory.assumptions import MAX_VIEWS_DENSE, NotApplicable
from popgraph.theory.setting import Setting
from popgraph.theory.statement import Sides, states

MAX_BATCHES_OF_TWO = 2**14  # of a graph whose batches are enumerated


def _scaled_gradient(s: Setting, f: Floats) -> Floats:
    """Return dL/dF, (N, k), at F = √w_x f."""
    return scaled_loss(spectral, s.graph)(f * s.root[:, np.newaxis])[1]


def _minimiser(s: Setting) -> Floats:
    """Return F* diag(√γ) / √w_x, (N, k)."""
    return s.spectrum.embedding[:, : s.k]


@states(
    "Lemma 3.2",
    "||Ā - FFᵀ||² = L(f) + ||Ā||², f random",
    r"\|\bar A - FF^\top\|_F^2 = L(f) + \|\bar A\|_F^2",
    "H21 Lemma 3.2",
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
)
def _reached(s: Setting) -> Sides:
    return Sides(s.loss(_minimiser(s)), -float(np.sum(s.reached[: s.k] ** 2)), tolerance=1e-9 * s.k)


@states(
    "nothing is below the minimum",
    "-Σ γ_i² <= L(f), f near F* and random",
    r"-\sum_{i\le k}\gamma_i^2 \le L(f)",
    "THEORY 3.3",
    "<=",
)
def _below(s: Setting) -> Sides:
    noise = s.random_embedding() / np.sqrt(s.k)
    tried = [_minimiser(s) + size * noise for size in (1e-4, 1e-2, 1.0)]
    if s.N <= MAX_VIEWS_DENSE:
        tried.append(s.all_eigenpairs.embedding[:, : s.k])
    return Sides(-float(np.sum(s.reached[: s.k] ** 2)), min(s.loss(f) for f in tried), tolerance=1e-9 * s.k)


@states("minimisers are stationary", "||ĀF - F FᵀF|| = 0", r"\bar A F = F F^\top F", "THEORY 3.5")
def _stationary(s: Setting) -> Sides:
    return Sides(float(np.linalg.norm(_scaled_gradient(s, _minimiser(s)))) / 4.0, 0.0, tolerance=1e-8)


@states(
    "the minimiser holds γ",
    "max |eig(FᵀF) - γ_i| = 0",
    r"\mathrm{eig}(F^\top F) = \gamma_1, \dots, \gamma_k",
    "THEORY 3.5",
)
def _holds(s: Setting) -> Sides:
    F = _minimiser(s) * s.root[:, np.newaxis]
    return Sides(float(np.abs(np.linalg.eigvalsh(F.T @ F)[::-1] - s.reached[: s.k]).max()), 0.0, tolerance=1e-9)


@states(
    "other critical points are strict saddles",
    "<E, ∇²L E> = -4 (γ_1 - γ_S) ||E||² < 0",
    r"\langle E, \nabla^2 L\,E\rangle = -4(\gamma_j - \gamma_S)",
    "THEORY 3.4",
)
def _saddle(s: Setting) -> Sides:
    """At F = v_2 √γ_2, which leaves v_1 out, the second derivative along v_1 is -4 (γ_1 - γ_2)."""
    s.need_few_views("every eigenpair")
    gamma = s.all_eigenpairs.gamma
    if s.N < 2 or gamma[0] - gamma[1] <= 1e-6:
        raise NotApplicable("γ_1 = γ_2: v_2 is a leading eigenvector itself" if s.N > 1 else "there is one view")
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
)
def _excess(s: Setting) -> Sides:
    s.gap()
    if s.gamma[s.k - 1] <= s.gamma_rounding:
        raise NotApplicable(f"γ_{s.k} is not above 0, and no F spans its eigenvector")
    f = _minimiser(s) + 0.05 * s.random_embedding() / np.sqrt(s.k)
    space = column_space(f * s.root[:, np.newaxis])
    angles = principal_angles(s.spectrum.eigenvectors[:, : s.k], space.basis)
    excess = s.loss(f) + float(np.sum(s.reached[: s.k] ** 2))
    bound = excess / float(s.reached[s.k - 1] ** 2 - s.reached[s.k] ** 2)
    return Sides(float(np.sum(np.sin(angles) ** 2)), bound, tolerance=1e-7 / s.gap())


@states("the batch loss is unbiased", "E L_B(f) = L(f), batches of two", r"\mathbb E\,L_B(f) = L(f)", "THEORY 3.6")
def _unbiased(s: Setting) -> Sides:
    if s.w.nnz**2 > MAX_BATCHES_OF_TWO:
        raise NotApplicable(
            f"batches of two are enumerated up to {MAX_BATCHES_OF_TWO:,}; this graph has {s.w.nnz**2:,}"
        )
    audited = audit(spectral, s.graph, s.random_embedding(), batch_size=2)
    return Sides(audited.mean, audited.population, scale=1.0 + abs(audited.population))


@states(
    "Lemma 3.1",
    "E(sQᵀf, Q⁻¹B) = E(f, B), s > 0",
    r"\mathcal E(s\,Q^\top f, Q^{-1}B) = \mathcal E(f, B)",
    "H21 Lemma 3.1",
)
def _lemma31(s: Setting) -> Sides:
    """Count the views that B on f, and Q⁻¹B on f scaled view by view and times Q, label differently."""
    _, r = s.y
    f, B = _minimiser(s), s.rng.standard_normal((s.k, r))
    Q = np.linalg.qr(s.rng.standard_normal((s.k, s.k)))[0] @ np.diag(s.rng.uniform(0.5, 2.0, s.k))
    stretch = s.rng.uniform(0.5, 2.0, (s.N, 1))
    scores, transformed = f @ B, (stretch * (f @ Q)) @ np.linalg.solve(Q, B)
    without_tie = (
        np.ptp(np.sort(scores, axis=1)[:, -2:], axis=1) > 1e-9 * (1.0 + np.abs(scores).max())
        if r > 1
        else np.ones(s.N, bool)
    )
    return Sides(float(np.sum((scores.argmax(1) != transformed.argmax(1)) & without_tie)), 0.0, tolerance=0.0)


def _least_squares(s: Setting, targets: Floats) -> float:
    """Return min_B E||t(x) - Bᵀf(x)||² of targets t, (N, r): the squared norm of the part of √w_x t outside span F."""
    T = s.root[:, np.newaxis] * targets
    V = s.span
    return float(np.sum((T - V @ (V.T @ T)) ** 2))


def _onehot(s: Setting, labels: Ints | None = None) -> Floats:
    labels = s.view_labels if labels is None else labels
    return np.asarray(np.eye(max(s.y[1], int(labels.max()) + 1))[labels])


@states(
    "φ is at most twice Δ", "φ^ŷ <= 2 Δ(ŷ)", r"\phi^{\hat y} \le 2\Delta(\hat y)", "THEORY 5.1", "<=", nonnegative=True
)
def _cut(s: Setting) -> Sides:
    s.need_labels()
    s.need_kernel()
    return Sides(s.inconsistency, 2.0 * s.disagreement)


@states("Bayes' labeller attains α", "Δ(Bayes) = α", r"\Delta(\hat y_{\mathrm{Bayes}}) = \alpha", "THEORY 5")
def _bayes(s: Setting) -> Sides:
    y, _ = s.y
    best = bayes_labels(y, s.graph.p, s.graph.kernel) if s.given_view_labels is None else s.view_labels
    return Sides(1.0 - float(s.class_mass[np.arange(s.N), best].sum()), s.alpha)


@states(
    "least squares against ŷ",
    "min_B E||ŷ - Bᵀf||² <= φ^ŷ/λ_{k+1}",
    r"\min_B \mathbb E\|\vec y - B^\top f\|^2 \le \phi^{\hat y}/\lambda_{k+1}",
    "THEORY 5.2",
    "<=",
)
def _against_labeller(s: Setting) -> Sides:
    s.need_labels()
    return Sides(_least_squares(s, _onehot(s)), s.inconsistency / s.lambda_next, scale=1.0 / s.lambda_next)


@states(
    "that head errs seldom against ŷ",
    "Pr[g_B ≠ ŷ] <= 2 φ^ŷ/λ_{k+1}",
    r"\Pr[g_B \ne \hat y] \le 2\phi^{\hat y}/\lambda_{k+1}",
    "THEORY 5.3",
    "<=",
    of_probability=True,
)
def _head(s: Setting) -> Sides:
    s.need_labels()
    T = s.root[:, np.newaxis] * _onehot(s)
    V = s.span
    wrong = (V @ (V.T @ T)).argmax(axis=1) != s.view_labels
    return Sides(float(s.graph.w_x[wrong].sum()), 2.0 * s.inconsistency / s.lambda_next, scale=1.0 / s.lambda_next)


@states(
    "probe error, explicit constants",
    "E(f) <= 4 φ^ŷ/λ_{k+1} + 2 Δ(ŷ)",
    r"\mathcal E(f) \le 4\phi^{\hat y}/\lambda_{k+1} + 2\Delta(\hat y)",
    "THEORY 5.3",
    "<=",
    of_probability=True,
)
def _explicit(s: Setting) -> Sides:
    s.need_labels()
    s.need_views_of_naturals()
    bound = 4.0 * s.inconsistency / s.lambda_next + 2.0 * s.disagreement
    return Sides(_head_error(s), bound, scale=1.0 / s.lambda_next)


@states(
    "probe error by α",
    "E(f) <= 8 α/λ_{k+1} + 2 α",
    r"\mathcal E(f) \le 8\alpha/\lambda_{k+1} + 2\alpha",
    "THEORY 5.3",
    "<=",
    of_probability=True,
)
def _by_alpha(s: Setting) -> Sides:
    s.need_labels()
    s.need_kernel()
    bound = 8.0 * s.alpha / s.lambda_next + 2.0 * s.alpha
    bayes = _head_error(s, s.class_mass.argmax(axis=1))
    return Sides(bayes, bound, scale=1.0 / s.lambda_next)


def _head_error(s: Setting, labels: Ints | None = None) -> float:
    """Return the error by majority vote of the least-squares head against ŷ (or other labels of views), which [H21] bound."""
    y, _ = s.y
    targets = _onehot(s, labels)
    T, V = s.root[:, np.newaxis] * targets, s.span
    votes = np.zeros_like(targets)
    votes[np.arange(s.N), (V @ (V.T @ T)).argmax(axis=1)] = 1.0
    return float(s.graph.p[(s.graph.kernel @ votes).argmax(axis=1) != y].sum())


@states(
    "exact least squares against y",
    "min_B E||y - Bᵀf||² = 1 - Σ||T_i||² + Σ||(I-Π)T_i||²",
    r"\min_B \mathbb E\|\vec y - B^\top f\|^2 = 1 - \sum\|T_i\|^2 + \sum\|(I-\Pi)T_i\|^2",
    "THEORY 5.4",
)
def _identity(s: Setting) -> Sides:
    s.need_labels()
    s.need_views_of_naturals()
    share = s.class_mass / s.graph.w_x[:, np.newaxis]
    T = s.root[:, np.newaxis] * share
    loss = probe(s.graph, _minimiser(s), labels=s.labels).loss
    if loss is None:
        raise NotApplicable("the probe has no least-squares loss")
    return Sides(float(loss), 1.0 - float(np.sum(T**2)) + _least_squares(s, share), tolerance=1e-10)


@states(
    "least squares against y, bounded",
    "... <= 1 - Σ||T_i||² + Σ T_iᵀ(I-Ā)T_i/λ_{k+1}",
    r"\dots \le 1 - \sum\|T_i\|^2 + \sum T_i^\top(I-\bar A)T_i/\lambda_{k+1}",
    "THEORY 5.4",
    "<=",
)
def _bounded(s: Setting) -> Sides:
    s.need_labels()
    s.need_views_of_naturals()
    share = s.class_mass / s.graph.w_x[:, np.newaxis]
    T = s.root[:, np.newaxis] * share
    energy = float(np.sum(T**2)) - s.energy(T)
    constant = 1.0 - float(np.sum(T**2))
    return Sides(constant + _least_squares(s, share), constant + energy / s.lambda_next, scale=1.0 / s.lambda_next)


@states(
    "least squares against y, by φ and Δ",
    "... <= 2 φ^ŷ/λ_{k+1} + 4 Δ(ŷ)",
    r"\dots \le 2\phi^{\hat y}/\lambda_{k+1} + 4\Delta(\hat y)",
    "THEORY 5.4",
    "<=",
)
def _by_cut(s: Setting) -> Sides:
    s.need_labels()
    s.need_views_of_naturals()
    share = s.class_mass / s.graph.w_x[:, np.newaxis]
    left = 1.0 - float(np.sum((s.root[:, np.newaxis] * share) ** 2)) + _least_squares(s, share)
    return Sides(left, 2.0 * s.inconsistency / s.lambda_next + 4.0 * s.disagreement, scale=1.0 / s.lambda_next)


@states(
    "least squares against y, for Bayes' ŷ",
    "... <= (√(φ^ŷ/λ_{k+1}) + √α)² + α for Bayes' ŷ",
    r"\dots \le (\sqrt{\phi^{\hat y}/\lambda_{k+1}} + \sqrt\alpha)^2 + \alpha",
    "THEORY 5.4, sharpened",
    "<=",
)
def _for_bayes(s: Setting) -> Sides:
    # With U one-hot of ŷ, a = (I-Π)U, δ = U - T: 1 - ||T||² = 2α - ||δ||², ||(I-Π)T|| <= ||a|| + ||δ||, ||a||² <= φ/λ_{k+1}, and
    # ||δ||² <= α, since no class has more than Pr[ŷ(x)|x]. By 2 √(xα) <= x + α this gives 2x + 3α, and so 2x + 4Δ as well.
    s.need_labels()
    s.need_views_of_naturals()
    if s.given_view_labels is not None:
        raise NotApplicable("it is about Bayes' labeller, and other view labels are given")
    share = s.class_mass / s.graph.w_x[:, np.newaxis]
    left = 1.0 - float(np.sum((s.root[:, np.newaxis] * share) ** 2)) + _least_squares(s, share)
    x = s.inconsistency / s.lambda_next
    return Sides(left, x + 2.0 * s.alpha + 2.0 * float(np.sqrt(max(0.0, x) * s.alpha)), scale=1.0 / s.lambda_next)
