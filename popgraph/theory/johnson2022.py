"""Johnson, El Hanchi and Maddison 2022: the positive-pair kernel, smooth functions of views, and critics."""

import numpy as np

from popgraph.losses import InfoNCE, NTLogistic, infonce, nt_logistic
from popgraph.theory.assumptions import MAX_VIEWS_DENSE, NotApplicable
from popgraph.theory.minima import critic_minimum, mutual_information
from popgraph.theory.setting import Setting
from popgraph.theory.statement import Sides, states


@states(
    "the positive-pair kernel",
    "max √(w_x w_x') |K - Σ γ_i φ_i φ_i| = 0",
    r"K(x,x') = \sum_i \gamma_i\varphi_i(x)\varphi_i(x')",
    "J22; THEORY 2.6",
)
def _kernel(s: Setting) -> Sides:
    s.need_few_views("K")
    V = s.all_eigenpairs.eigenvectors
    expanded = (V * s.all_eigenpairs.gamma) @ V.T
    return Sides(float(np.abs(s.w.toarray() / np.outer(s.root, s.root) - expanded).max()), 0.0, tolerance=1e-9)


@states(
    "smoothness of a function",
    "E(g(x) - g(x⁺))² = Σ 2(1-γ_i) c_i², g random in span φ",
    r"\mathbb E(g(x) - g(x^+))^2 = \sum_i 2(1-\gamma_i)c_i^2",
    "J22 Prop. 3.1",
)
def _smooth(s: Setting) -> Sides:
    c = s.rng.standard_normal(s.k)
    g = s.spectrum.eigenfunctions[:, : s.k] @ c
    coo = s.w.tocoo()
    x, x_plus = coo.coords
    left = float(coo.data @ (g[x] - g[x_plus]) ** 2)
    right = float(np.sum(2.0 * (1.0 - s.gamma[: s.k]) * c**2))
    return Sides(left, right, tolerance=1e-8 * (1.0 + float(c @ c)))


@states(
    "F* is smoothest",
    "Σ 2(1-γ_i) <= Σ E(g_i(x) - g_i(x⁺))², g orthonormal",
    r"\sum 2(1-\gamma_i) \le \sum\mathbb E(g_i(x) - g_i(x^+))^2",
    "J22; THEORY 2.7",
    "<=",
)
def _smoothest(s: Setting) -> Sides:
    V = s.spectrum.eigenvectors[:, : s.k]
    tried = [np.linalg.qr(V + size * s.random_embedding())[0] for size in (1e-3, 1.0)]
    if s.N <= MAX_VIEWS_DENSE:
        tried.append(s.all_eigenpairs.eigenvectors[:, : s.k])
    energy = [2.0 * (s.k - s.energy(G)) for G in tried]
    return Sides(float(np.sum(2.0 * (1.0 - s.gamma[: s.k]))), min(energy), tolerance=1e-9 * s.k)


@states(
    "approximation of smooth targets",
    "||g - Πg||² <= ε/(2(1-γ_{k+1})), g random of energy ε",
    r"\|g - \Pi g\|^2 \le \varepsilon/(2(1-\gamma_{k+1}))",
    "J22; THEORY 2.7",
    "<=",
)
def _minimax(s: Setting) -> Sides:
    V = s.spectrum.eigenvectors[:, : s.k]
    ratios = []
    for _ in range(3):
        g = s.rng.standard_normal(s.N)
        g /= np.linalg.norm(g)
        energy = 2.0 * (1.0 - s.energy(g))
        ratios.append((float(np.sum((g - V @ (V.T @ g)) ** 2)), energy / (2.0 * s.lambda_next)))
    left, right = min(ratios, key=lambda pair: pair[1] - pair[0])
    return Sides(left, right, scale=1.0 / s.lambda_next)


@states(
    "the worst smooth target",
    "||g - Πg||² = ε/(2(1-γ_{k+1})) at g = φ_{k+1}",
    r"\|g - \Pi g\|^2 = \varepsilon/(2(1-\gamma_{k+1}))\ \text{at}\ \varphi_{k+1}",
    "J22; THEORY 2.7",
)
def _worst(s: Setting) -> Sides:
    s.need_few_views("φ_{k+1}")
    if s.k >= s.N:
        raise NotApplicable(f"k = {s.k} leaves no eigenfunction over")
    s.gap()
    g = s.all_eigenpairs.eigenvectors[:, s.k]
    V = s.spectrum.eigenvectors[:, : s.k]
    energy = 2.0 * (1.0 - s.energy(g))
    worst = energy / (2.0 * (1.0 - float(s.gamma[s.k])))
    return Sides(float(np.sum((g - V @ (V.T @ g)) ** 2)), worst, tolerance=1e-8 / s.lambda_next)


@states(
    "InfoNCE's minimum over critics", "L(log K) = -I(x; x⁺)", r"L_{\mathrm{NCE}}(\log K) = -I(x;x^+)", "J22; THEORY 4"
)
def _information(s: Setting) -> Sides:
    s.need_few_views("a critic")
    K = s.w.toarray() / np.outer(s.graph.w_x, s.graph.w_x)
    with np.errstate(divide="ignore"):
        log_K = np.log(K)
    lowest = log_K[np.isfinite(log_K)].min() - 800.0
    value = float(infonce.critic_value(s.w.toarray(), s.graph.w_x, np.maximum(log_K, lowest)))
    return Sides(value, -mutual_information(s.graph), tolerance=1e-10)


@states(
    "no critic is below it", "-I(x; x⁺) <= L(s), s random", r"-I(x;x^+) \le L_{\mathrm{NCE}}(s)", "J22; THEORY 4", "<="
)
def _no_critic(s: Setting) -> Sides:
    s.need_few_views("a critic")
    w = s.w.toarray()
    K = w / np.outer(s.graph.w_x, s.graph.w_x)
    noise = s.rng.standard_normal(w.shape)
    tried = [np.log(np.maximum(K, 1e-12)) + size * noise for size in (1e-3, 1.0)]
    least = min(float(infonce.critic_value(w, s.graph.w_x, t)) for t in tried)
    return Sides(-mutual_information(s.graph), least, tolerance=1e-10)


@states(
    "m negatives have the same critic",
    "dL_m/ds = 0 at s = log K, m = 2",
    r"\partial L_m/\partial s = 0\ \text{at}\ s = \log K",
    "J22; THEORY 4",
)
def _negatives(s: Setting) -> Sides:
    s.need_few_views("a critic")
    w = s.w.toarray()
    if s.w.nnz < s.N**2:
        raise NotApplicable("some pairs are never positive, where the best score is -∞")
    s_best = np.log(w / np.outer(s.graph.w_x, s.graph.w_x))
    _, gradient = InfoNCE(negatives=2).critic_gradient(w, s.graph.w_x, s_best)
    return Sides(float(np.abs(gradient).max()), 0.0, tolerance=1e-12)


@states(
    "NT-logistic's critic",
    "dL/ds = 0 at s = log K - log m, m = 3",
    r"\partial L/\partial s = 0\ \text{at}\ s = \log K - \log m",
    "J22; THEORY 4",
)
def _logistic(s: Setting) -> Sides:
    s.need_few_views("a critic")
    w = s.w.toarray()
    with np.errstate(divide="ignore"):
        best = np.maximum(np.log(w / np.outer(s.graph.w_x, s.graph.w_x)) - np.log(3.0), -800.0)
    _, gradient = NTLogistic(negatives=3.0).critic_gradient(w, s.graph.w_x, best)
    return Sides(float(np.abs(gradient).max()), 0.0, tolerance=1e-12)


@states(
    "NT-logistic's minimum", "L(log K) is the least of L(s), s random", r"L(\log K) \le L(s)", "J22; THEORY 4", "<="
)
def _logistic_least(s: Setting) -> Sides:
    s.need_few_views("a critic")
    w = s.w.toarray()
    values = [float(nt_logistic.critic_value(w, s.graph.w_x, s.rng.standard_normal(w.shape))) for _ in range(2)]
    return Sides(critic_minimum(nt_logistic, s.graph), min(values), tolerance=1e-10)


@states(
    "spectral optimum at full rank", "max |FFᵀ - Ā| = 0, k >= rank Ā", r"f(x)^\top f(x') = K(x,x')", "J22; THEORY 4"
)
def _full_rank(s: Setting) -> Sides:
    s.need_few_views("Ā")
    s.need_no_negative_eigenvalue()
    if s.gamma[-1] > s.spectrum.tolerance:
        raise NotApplicable(f"k = {s.k} is below the rank of Ā")
    F = s.spectrum.minimiser[:, : s.k]
    return Sides(float(np.abs(F @ F.T - s.w.toarray() / np.outer(s.root, s.root)).max()), 0.0, tolerance=1e-8)
