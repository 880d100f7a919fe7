"""Two encoders f(x) and g(z) on pairs (x, z) of two kinds of views, or of one kind whose w was given directly (THEORY 11).

Pairs of a single kind of view are looked at as pairs of two encoders too: then σ_i are the |γ_i| of Ā.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from popgraph.basics.arrays import Floats
from popgraph.basics.subspace import column_space, principal_angles, tolerance
from popgraph.populations import BipartiteGraph, build
from popgraph.theory.assumptions import NotApplicable
from popgraph.theory.graph_laws import RAREST_LINK
from popgraph.theory.setting import Setting
from popgraph.theory.statement import Sides, states


@dataclass
class Encoders:
    """Hold a bipartite graph with its k leading singular triples, and draw the random encoders that statements try."""

    graph: BipartiteGraph
    k: int
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))

    @cached_property
    def C(self) -> Floats:
        """The probability of each pair (x, z), (N_x, N_z)."""
        return np.asarray(self.graph.w)

    @cached_property
    def S(self) -> Floats:
        """D_x^-1/2 C D_z^-1/2, (N_x, N_z)."""
        return self.C / np.outer(self.root_x, self.root_z)

    @property
    def root_x(self) -> Floats:
        """√w_x, (N_x,)."""
        return np.sqrt(self.graph.w_x)

    @property
    def root_z(self) -> Floats:
        """√w_z, (N_z,)."""
        return np.sqrt(self.graph.w_z)

    @cached_property
    def spectrum(self) -> Any:
        """The k leading singular triples of S."""
        return self.graph.spectrum(self.k)

    @cached_property
    def all_sigma(self) -> Floats:
        """Every singular value of S, largest first, by LAPACK."""
        return np.asarray(np.linalg.svd(self.S, compute_uv=False), dtype=np.float64)

    @property
    def sigma(self) -> Floats:
        """σ_1..σ_{k+1}, the last one 0 where there is none."""
        following = self.all_sigma[self.k] if self.k < len(self.all_sigma) else 0.0
        return np.append(self.spectrum.sigma[: self.k], following)

    @property
    def rounding(self) -> float:
        """How far rounding may move a number of order 1."""
        return 10 * tolerance(max(self.S.shape))

    def gap(self) -> float:
        """Return σ_k - σ_{k+1}; not applicable where the cut is degenerate."""
        gap = float(self.sigma[self.k - 1] - self.sigma[self.k])
        if gap <= 10 * self.rounding:
            raise NotApplicable(f"σ_{self.k} = σ_{self.k + 1}: the cut is degenerate")
        return gap

    @property
    def information(self) -> float:
        """I(x; z), in nats."""
        K = self.C / self.graph.w_x[:, np.newaxis] / self.graph.w_z
        return float(np.sum(self.C * np.log(np.where(self.C > 0, K, 1.0))))

    def loss(self, f: Floats, g: Floats) -> float:
        """Return L(f, g) = -2 E_C f(x)ᵀg(z) + E (f(x)ᵀg(z))², x and z independent."""
        scores = f @ g.T
        return float(-2.0 * np.sum(self.C * scores) + self.graph.w_x @ scores**2 @ self.graph.w_z)

    def random(self) -> tuple[Floats, Floats]:
        """Return Gaussian f (N_x, k) and g (N_z, k)."""
        N_x, N_z = self.S.shape
        return self.rng.standard_normal((N_x, self.k)), self.rng.standard_normal((N_z, self.k))

    @property
    def best(self) -> tuple[Floats, Floats]:
        """Encoders of least loss: D_x^-1/2 U √σ and D_z^-1/2 V √σ."""
        return self.spectrum.embedding_x[:, : self.k], self.spectrum.embedding_z[:, : self.k]


def _of(s: Setting) -> Encoders:
    """Return the pairs of a graph as those of two encoders; not applicable above 300 views of a kind."""
    graph = s.two_encoders()
    if s.encoders is None:
        s.encoders = Encoders(graph, min(s.k, graph.N_x, graph.N_z))
    encoders: Encoders = s.encoders
    encoders.rng = s.rng  # each statement has draws of its own
    return encoders


@states("pairs of two encoders sum to 1", "Σ C_xz = 1", r"\sum_{x,z} C_{xz} = 1", "THEORY 11")
def _sum(s: Setting) -> Sides:
    return Sides(float(_of(s).C.sum()), 1.0, tolerance=1e-8)


@states(
    "its two marginals",
    "max |C1 - w_x|/w_x, max |Cᵀ1 - w_z|/w_z = 0",
    r"C\mathbf 1 = w_x,\ C^\top\mathbf 1 = w_z",
    "THEORY 11",
)
def _marginals(s: Setting) -> Sides:
    e = _of(s)
    off_x, off_z = e.C.sum(axis=1) / e.graph.w_x - 1.0, e.C.sum(axis=0) / e.graph.w_z - 1.0
    return Sides(float(max(np.abs(off_x).max(), np.abs(off_z).max())), 0.0)


@states(
    "the top singular pair is (√w_x, √w_z)",
    "||S√w_z - √w_x|| = 0 = ||Sᵀ√w_x - √w_z||",
    r"S\sqrt{w_z} = \sqrt{w_x},\ S^\top\sqrt{w_x} = \sqrt{w_z}",
    "THEORY 11",
)
def _top(s: Setting) -> Sides:
    e = _of(s)
    off = np.linalg.norm(e.S @ e.root_z - e.root_x), np.linalg.norm(e.S.T @ e.root_x - e.root_z)
    return Sides(float(max(off)), 0.0)


@states(
    "components count the singular ones",
    "#{σ = 1} = components",
    r"\#\{\sigma_i = 1\} = \#\text{components}",
    "THEORY 11",
)
def _ones(s: Setting) -> Sides:
    e = _of(s)
    if (rarest := float(e.S[e.S > 0].min())) < RAREST_LINK:
        raise NotApplicable(
            f"a pair is so rare, {rarest:.0e} in S, that float64 cannot tell whether it joins its views"
        )
    if (near := int(np.sum((e.all_sigma < 1 - 1e-13) & (e.all_sigma > 1 - 1e-7)))) > 0:
        raise NotApplicable(f"{near} singular values are so near to 1 that float64 cannot tell whether they are 1")
    return Sides(float(np.sum(e.all_sigma > 1 - 1e-7)), float(e.graph.component_count), tolerance=0.0)


@states(
    "the singular triples are the leading ones",
    "max |σ_i - σ_i(S)| = 0",
    r"\sigma_i = \sigma_i(S)",
    "THEORY 11",
)
def _triples(s: Setting) -> Sides:
    e = _of(s)
    return Sides(float(np.abs(e.spectrum.sigma[: e.k] - e.all_sigma[: e.k]).max()), 0.0, tolerance=1e-9)


@states(
    "the loss of two encoders factorises S",
    "||S - FGᵀ||² = L(f, g) + ||S||², f and g random",
    r"\|S - FG^\top\|_F^2 = L(f, g) + \|S\|_F^2",
    "THEORY 11",
)
def _lemma(s: Setting) -> Sides:
    e = _of(s)
    f, g = e.random()
    F, G = f * e.root_x[:, np.newaxis], g * e.root_z[:, np.newaxis]
    left = float(np.sum((e.S - F @ G.T) ** 2))
    return Sides(left, e.loss(f, g) + float(np.sum(e.S**2)), scale=1.0 + left)


@states(
    "two encoders reach their minimum",
    "L(f, g) = -Σ σ_i² at the leading singular vectors",
    r"\min L = -\sum_{i\le k}\sigma_i^2",
    "THEORY 11",
)
def _reached(s: Setting) -> Sides:
    e = _of(s)
    return Sides(e.loss(*e.best), -float(np.sum(e.all_sigma[: e.k] ** 2)), tolerance=1e-9 * e.k)


@states(
    "no two encoders are below it",
    "-Σ σ_i² <= L(f, g), f and g near the best and random",
    r"-\sum_{i\le k}\sigma_i^2 \le L(f, g)",
    "THEORY 11",
    "<=",
)
def _below(s: Setting) -> Sides:
    e = _of(s)
    (f, g), (of_f, of_g) = e.best, e.random()
    tried = [e.loss(f + size * of_f, g + size * of_g) for size in (1e-4, 1e-2, 0.3)]
    return Sides(-float(np.sum(e.all_sigma[: e.k] ** 2)), min(tried), tolerance=1e-9 * e.k)


@states(
    "a map of f and the inverse map of g cancel",
    "L(fQ, gQ⁻ᵀ) = L(f, g), f, g and Q random",
    r"L(fQ, gQ^{-\top}) = L(f, g)",
    "THEORY 11",
)
def _inverse_maps(s: Setting) -> Sides:
    e = _of(s)
    f, g = e.random()
    Q = np.linalg.qr(e.rng.standard_normal((e.k, e.k)))[0] * e.rng.uniform(0.5, 2.0, e.k)
    left = e.loss(f @ Q, g @ np.linalg.inv(Q).T)
    return Sides(left, e.loss(f, g), scale=10.0 * (1.0 + abs(left)))


@states(
    "minimisers of two encoders are stationary",
    "||SG - F GᵀG||, ||SᵀF - G FᵀF|| = 0",
    r"SG = F\,G^\top G,\ S^\top F = G\,F^\top F",
    "THEORY 11",
)
def _stationary(s: Setting) -> Sides:
    e = _of(s)
    f, g = e.best
    F, G = f * e.root_x[:, np.newaxis], g * e.root_z[:, np.newaxis]
    off = np.linalg.norm(e.S @ G - F @ (G.T @ G)), np.linalg.norm(e.S.T @ F - G @ (F.T @ F))
    return Sides(float(max(off)), 0.0, tolerance=1e-8)


@states(
    "the excess loss bounds both angles",
    "the larger ||sin Θ||_F² <= (L(f, g) - min L)/(σ_k² - σ_{k+1}²)",
    r"\|\sin\Theta\|_F^2 \le \frac{L(f,g) - \min L}{\sigma_k^2 - \sigma_{k+1}^2}",
    "THEORY 11, by 3.5",
    "<=",
)
def _excess(s: Setting) -> Sides:
    # With P the projector on span F: L(f, g) + ||S||² >= ||S - PS||² = ||S||² - tr P SSᵀ, and as in THEORY 3.5, with SSᵀ in place
    # of Ā², -tr P SSᵀ + Σσ_i² >= (σ_k² - σ_{k+1}²) ||sin Θ||². Likewise for span G with SᵀS.
    e = _of(s)
    gap = e.gap() * float(e.sigma[e.k - 1] + e.sigma[e.k])
    (f, g), (of_f, of_g) = e.best, e.random()
    f, g = f + 0.05 * of_f / np.sqrt(e.k), g + 0.05 * of_g / np.sqrt(e.k)
    spans = (f * e.root_x[:, np.newaxis], e.spectrum.left), (g * e.root_z[:, np.newaxis], e.spectrum.right)
    sines = [
        float(np.sum(np.sin(principal_angles(vectors[:, : e.k], column_space(F).basis)) ** 2)) for F, vectors in spans
    ]
    excess = e.loss(f, g) + float(np.sum(e.all_sigma[: e.k] ** 2))
    return Sides(max(sines), excess / gap, tolerance=1e-7 / gap)


@states(
    "each side is a graph of its own",
    "max |γ_i(side) - σ_i²| = 0",
    r"\gamma_i(SS^\top) = \gamma_i(S^\top S) = \sigma_i^2",
    "THEORY 11",
)
def _sides(s: Setting) -> Sides:
    e = _of(s)
    squares = e.all_sigma**2
    off = [
        np.abs(side.spectrum(min(e.k, side.N)).gamma - squares[: min(e.k, side.N)]).max()
        for side in (e.graph.side_x, e.graph.side_z)
    ]
    return Sides(float(max(off)), 0.0)


@states(
    "InfoNCE's minimum over critics of two encoders",
    "L(log K) = -I(x; z)",
    r"L_{\mathrm{NCE}}(\log K) = -I(x; z)",
    "J22; THEORY 11",
)
def _information(s: Setting) -> Sides:
    e = _of(s)
    K = e.C / np.outer(e.graph.w_x, e.graph.w_z)
    return Sides(_infonce(e, np.log(np.maximum(K, np.exp(-700.0)))), -e.information, tolerance=1e-10)


@states(
    "no critic of two encoders is below it",
    "-I(x; z) <= L(s), s random",
    r"-I(x; z) \le L_{\mathrm{NCE}}(s)",
    "J22; THEORY 11",
    "<=",
)
def _no_critic(s: Setting) -> Sides:
    e = _of(s)
    K = e.C / np.outer(e.graph.w_x, e.graph.w_z)
    noise = e.rng.standard_normal(K.shape)
    tried = [np.log(np.maximum(K, 1e-12)) + size * noise for size in (1e-3, 1.0)]
    return Sides(-e.information, min(_infonce(e, scores) for scores in tried), tolerance=1e-10)


def _infonce(e: Encoders, scores: Floats) -> float:
    """Return -E_C s(x, z) + E_x log E_z e^s(x, z), with infinitely many negatives z."""
    top = scores.max(axis=1, keepdims=True)
    log_mean = top[:, 0] + np.log(np.exp(scores - top) @ e.graph.w_z)
    return float(-np.sum(np.where(e.C > 0, e.C * scores, 0.0)) + e.graph.w_x @ log_mean)


@states(
    "of one kind of view σ is |γ|",
    "max |σ_i - |γ|_i| = 0, sorted by size",
    r"\{\sigma_i\} = \{|\gamma_i|\}",
    "THEORY 11",
)
def _same_views(s: Setting) -> Sides:
    s.need_one_kind()
    sizes = np.sort(np.abs(s.all_eigenpairs.gamma))[::-1]
    return Sides(float(np.abs(_of(s).all_sigma - sizes).max()), 0.0, scale=10.0)


@states(
    "two encoders never do worse than one",
    "-Σ of the k largest γ² <= -Σ max(γ_i, 0)²",
    r"-\sum_{i\le k}\gamma_{(i)}^2 \le -\sum_{i\le k}\max(\gamma_i, 0)^2",
    "THEORY 11",
    "<=",
)
def _one_or_two(s: Setting) -> Sides:
    s.need_one_kind()
    e = _of(s)
    return Sides(e.loss(*e.best), s.loss(s.spectrum.embedding[:, : s.k]), tolerance=1e-9 * s.k)


@states(
    "the lazy walk halves the way to 1",
    "max |γ_i((D + w)/2) - (1 + γ_i)/2| = 0",
    r"\gamma_i((D + w)/2) = (1 + \gamma_i)/2",
    "THEORY 11; Levin, Peres and Wilmer",
)
def _lazy(s: Setting) -> Sides:
    s.need_one_kind()
    s.need_few_views("every eigenvalue")
    lazy = (np.diag(s.graph.w_x) + s.w.toarray()) / 2.0 / np.outer(s.root, s.root)
    return Sides(float(np.abs(np.linalg.eigvalsh(lazy)[::-1] - (1.0 + s.all_eigenpairs.gamma) / 2.0).max()), 0.0)


@states(
    "a transition matrix is no augmentation",
    "max |γ_i(build(w_x, P)) - γ²_i| = 0, P = D⁻¹w, sorted by size",
    r"\gamma(\mathrm{build}(\pi, P)) = \gamma(w)^2",
    "THEORY 11",
)
def _trap(s: Setting) -> Sides:
    s.need_one_kind()
    s.need_few_views("every eigenvalue")
    P = s.w.toarray() / s.graph.w_x[:, np.newaxis]
    two_successors = build(s.graph.w_x / s.graph.w_x.sum(), P / P.sum(axis=1, keepdims=True))
    squares = np.sort(s.all_eigenpairs.gamma**2)[::-1]
    return Sides(float(np.abs(two_successors.spectrum(s.N).gamma - squares).max()), 0.0)


@states(
    "discounted successors",
    "max |γ_i - (1-b)γ/(1-bγ)| = 0 for w_b = D(1-b)Σ bʲPʲ⁺¹, b = 1/2",
    r"\gamma_i(w_b) = \frac{(1-b)\gamma_i}{1-b\gamma_i}",
    "THEORY 11",
)
def _discounted(s: Setting) -> Sides:
    s.need_one_kind()
    s.need_few_views("every eigenvalue")
    adjacency, b = s.w.toarray() / np.outer(s.root, s.root), 0.5
    discounted = (1.0 - b) * np.linalg.solve(np.eye(s.N) - b * adjacency, adjacency)
    gamma = s.all_eigenpairs.gamma  # the map is increasing, so that it keeps their order
    expected = (1.0 - b) * gamma / (1.0 - b * gamma)
    return Sides(float(np.abs(np.linalg.eigvalsh((discounted + discounted.T) / 2.0)[::-1] - expected).max()), 0.0)
