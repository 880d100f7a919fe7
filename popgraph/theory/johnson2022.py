"""Johnson, El Hanchi and Maddison 2022: the positive-pair kernel, smooth functions of views, and critics."""

import numpy as np

from popgraph.losses import InfoNCE, NTLogistic, infonce, nt_logistic
from popgraph.theory.assumptions import FEW_PAIRS, FEW_VIEWS, LEFT_OUT, MORE_THAN_COMPONENTS, NO_NEGATIVE, NotApplicable
from popgraph.theory.minima import critic_minimum, mutual_information
from popgraph.theory.search import least_score, smoothest_found
from popgraph.theory.setting import Setting
from popgraph.theory.statement import Sides, states

ALL_PAIRS = "every pair of views is positive"
FULL_RANK = "k >= rank Ā"


@states(
    "the positive-pair kernel",
    "max √(w_x w_x') |K - Σ γ_i φ_i φ_i| = 0",
    r"K(x,x') = \sum_i \gamma_i\varphi_i(x)\varphi_i(x')",
    "J22; THEORY 2.6",
    section="2.6",
    assumptions=(
        FEW_VIEWS,
        FEW_PAIRS,
    ),
    why="K = D^-1/2 Ā D^-1/2, and Ā = Σ γ_i v_i v_iᵀ",
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
    section="2.7",
    assumptions=(FEW_PAIRS,),
    why="E(g(x) - g(x⁺))² = 2uᵀ(I-Ā)u with u = √w_x g",
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
    "Σ 2(1-γ_i) <= Σ E(g_i(x) - g_i(x⁺))², g orthonormal, found from a random start",
    r"\sum 2(1-\gamma_i) \le \sum\mathbb E(g_i(x) - g_i(x^+))^2",
    "J22; THEORY 2.7",
    "<=",
    section="2.7",
    why="the trace of I - Ā on k dimensions is least on its k lowest eigenvectors (Ky Fan)",
    nonnegative=True,
)
def _smoothest(s: Setting) -> Sides:
    G = smoothest_found(s.graph.gram, np.linalg.qr(s.random_embedding())[0])
    trivial = "k = N: all orthonormal bases have one energy" if s.k == s.N else ""
    energy = 2.0 * (s.k - s.energy(G))
    return Sides(float(np.sum(2.0 * (1.0 - s.gamma[: s.k]))), energy, tolerance=1e-9 * s.k, trivial=trivial)


@states(
    "approximation of smooth targets",
    "||g - Πg||² <= ε/(2(1-γ_{k+1})), g random of energy ε",
    r"\|g - \Pi g\|^2 \le \varepsilon/(2(1-\gamma_{k+1}))",
    "J22; THEORY 2.7",
    "<=",
    section="2.7",
    assumptions=(MORE_THAN_COMPONENTS,),
    why="what is outside the k lowest eigenvectors has energy 2λ_{k+1} at least",
    nonnegative=True,
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
    trivial = "k = N: every g lies in the span" if s.k == s.N else ""
    return Sides(left, right, scale=1.0 / s.lambda_next, trivial=trivial)


@states(
    "the worst smooth target",
    "min E(g(x) - g(x⁺))²/(2||g - Πg||²) = 1 - γ_{k+1} over all g outside span φ",
    r"\min_g \frac{\mathbb E(g(x) - g(x^+))^2}{2\|g - \Pi g\|^2} = 1 - \gamma_{k+1}",
    "J22; THEORY 2.7",
    section="2.7",
    assumptions=(
        LEFT_OUT,
        FEW_VIEWS,
    ),
    why="φ_{k+1} attains the bound on targets outside the span, and nothing is below it",
)
def _worst(s: Setting) -> Sides:
    """Minimise over g by LAPACK, with L = I - Ā: over its part inside the span in closed form, then over the part outside."""
    s.need_few_views("every function of the views")
    if s.k >= s.N:
        raise NotApplicable(f"k = {s.k} leaves no eigenfunction over", LEFT_OUT)
    V = s.spectrum.eigenvectors[:, : s.k]
    U = np.linalg.svd(V, full_matrices=True)[0][:, s.k :]
    L_UU, L_UV, L_VV = (
        np.eye(len(b.T), len(a.T)) * (a is b) - b.T @ s.graph.gram(a) for a, b in ((U, U), (V, U), (V, V))
    )
    outside = L_UU - L_UV @ np.linalg.pinv(L_VV, rcond=1e-8, hermitian=True) @ L_UV.T
    least = float(np.linalg.eigvalsh((outside + outside.T) / 2.0)[0])
    return Sides(least, 1.0 - float(s.gamma[s.k]), tolerance=1e-8)


@states(
    "InfoNCE's minimum over critics",
    "L(log K) = -I(x; x⁺)",
    r"L_{\mathrm{NCE}}(\log K) = -I(x;x^+)",
    "J22; THEORY 4",
    section="4",
    assumptions=(
        FEW_VIEWS,
        FEW_PAIRS,
    ),
    why="at s = log K the mean of e^s is 1 for each x, and E log K is the information",
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
    "no critic is below it",
    "-I(x; x⁺) <= L(s), s the end of a descent from random scores",
    r"-I(x;x^+) \le L_{\mathrm{NCE}}(s)",
    "J22; THEORY 4",
    "<=",
    section="4",
    assumptions=(
        FEW_VIEWS,
        FEW_PAIRS,
    ),
    why="I + L(s) is the mean divergence of w(x'|x) from the softmax of s (Gibbs)",
)
def _no_critic(s: Setting) -> Sides:
    s.need_few_views("a critic")
    w, independent = s.w.toarray(), np.outer(s.graph.w_x, s.graph.w_x)
    least = least_score(
        lambda scores: float(infonce.critic_value(w, s.graph.w_x, scores)),
        lambda scores: infonce.critic_gradient(w, s.graph.w_x, scores)[1],
        w + independent,
        s.rng.standard_normal(w.shape),
    )
    trivial = "there is one view, and any score is as good" if s.N == 1 else ""
    return Sides(-mutual_information(s.graph), least, tolerance=1e-10, trivial=trivial)


@states(
    "m negatives have the same critic",
    "dL_m/ds = 0 at s = log K, m = 2",
    r"\partial L_m/\partial s = 0\ \text{at}\ s = \log K",
    "J22; THEORY 4",
    section="4",
    assumptions=(
        FEW_VIEWS,
        FEW_PAIRS,
        ALL_PAIRS,
    ),
    why="which of m + 1 views is the positive one has the posterior of the scores log K",
)
def _negatives(s: Setting) -> Sides:
    s.need_few_views("a critic")
    w = s.w.toarray()
    if s.w.nnz < s.N**2:
        raise NotApplicable("some pairs are never positive, where the best score is -∞", ALL_PAIRS)
    s_best = np.log(w / np.outer(s.graph.w_x, s.graph.w_x))
    _, gradient = InfoNCE(negatives=2).critic_gradient(w, s.graph.w_x, s_best)
    return Sides(float(np.abs(gradient).max()), 0.0, tolerance=1e-12)


@states(
    "NT-logistic's critic",
    "dL/ds = 0 at s = log K - log m, m = 3",
    r"\partial L/\partial s = 0\ \text{at}\ s = \log K - \log m",
    "J22; THEORY 4",
    section="4",
    assumptions=(
        FEW_VIEWS,
        FEW_PAIRS,
    ),
    why="positive or not has the log odds log K - log m",
)
def _logistic(s: Setting) -> Sides:
    s.need_few_views("a critic")
    w = s.w.toarray()
    with np.errstate(divide="ignore"):
        best = np.maximum(np.log(w / np.outer(s.graph.w_x, s.graph.w_x)) - np.log(3.0), -800.0)
    _, gradient = NTLogistic(negatives=3.0).critic_gradient(w, s.graph.w_x, best)
    return Sides(float(np.abs(gradient).max()), 0.0, tolerance=1e-12)


@states(
    "NT-logistic's minimum",
    "L(log K) <= L(s), s the end of a descent from random scores",
    r"L(\log K) \le L(s)",
    "J22; THEORY 4",
    "<=",
    section="4",
    assumptions=(
        FEW_VIEWS,
        FEW_PAIRS,
    ),
    why="it is convex in each score, and flat at log K",
)
def _logistic_least(s: Setting) -> Sides:
    s.need_few_views("a critic")
    w, independent = s.w.toarray(), np.outer(s.graph.w_x, s.graph.w_x)
    least = least_score(
        lambda scores: float(nt_logistic.critic_value(w, s.graph.w_x, scores)),
        lambda scores: nt_logistic.critic_gradient(w, s.graph.w_x, scores)[1],
        w + independent,
        s.rng.standard_normal(w.shape),
    )
    return Sides(critic_minimum(nt_logistic, s.graph), least, tolerance=1e-10)


@states(
    "spectral optimum at full rank",
    "max |FFᵀ - Ā| = 0, k >= rank Ā",
    r"f(x)^\top f(x') = K(x,x')",
    "J22; THEORY 4",
    section="4",
    assumptions=(
        FULL_RANK,
        NO_NEGATIVE,
        FEW_VIEWS,
        FEW_PAIRS,
    ),
    why="FFᵀ = Ā then, which in f is K",
)
def _full_rank(s: Setting) -> Sides:
    s.need_few_views("Ā")
    s.need_no_negative_eigenvalue()
    if s.gamma[-1] > s.spectrum.tolerance:
        raise NotApplicable(f"k = {s.k} is below the rank of Ā", FULL_RANK)
    F = s.spectrum.minimiser[:, : s.k]
    return Sides(float(np.abs(F @ F.T - s.w.toarray() / np.outer(s.root, s.root)).max()), 0.0, tolerance=1e-8)
