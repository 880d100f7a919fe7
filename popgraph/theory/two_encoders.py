"""Two encoders f(x) and g(z) on pairs (x, z) of two kinds of views, or of one kind whose w was given directly (THEORY 11)."""

import numpy as np

from popgraph.basics.arrays import Floats
from popgraph.basics.subspace import column_space, principal_angles
from popgraph.theory.assumptions import FEW_VIEWS, SIGMA_GAP, TOLD_FROM_ONE, NotApplicable
from popgraph.theory.encoders import Encoders, encoders_of
from popgraph.theory.graph_laws import RAREST_LINK
from popgraph.theory.search import fit_in_turns, least_score
from popgraph.theory.setting import Setting
from popgraph.theory.statement import Sides, states


@states(
    "pairs of two encoders sum to 1",
    "Σ C_xz = 1",
    r"\sum_{x,z} C_{xz} = 1",
    "THEORY 11",
    section="11",
    assumptions=(FEW_VIEWS,),
    why="C is a law of pairs",
)
def _sum(s: Setting) -> Sides:
    return Sides(float(encoders_of(s).C.sum()), 1.0, tolerance=1e-8)


@states(
    "its two marginals",
    "max |C1 - w_x|/w_x, max |Cᵀ1 - w_z|/w_z = 0",
    r"C\mathbf 1 = w_x,\ C^\top\mathbf 1 = w_z",
    "THEORY 11",
    section="11",
    assumptions=(FEW_VIEWS,),
    why="w_x and w_z are defined as C's row and column sums; this checks the graph",
)
def _marginals(s: Setting) -> Sides:
    e = encoders_of(s)
    off_x, off_z = e.C.sum(axis=1) / e.graph.w_x - 1.0, e.C.sum(axis=0) / e.graph.w_z - 1.0
    return Sides(float(max(np.abs(off_x).max(), np.abs(off_z).max())), 0.0)


@states(
    "the top singular pair is (√w_x, √w_z)",
    "||S√w_z - √w_x|| = 0 = ||Sᵀ√w_x - √w_z||",
    r"S\sqrt{w_z} = \sqrt{w_x},\ S^\top\sqrt{w_x} = \sqrt{w_z}",
    "THEORY 11",
    section="11",
    assumptions=(FEW_VIEWS,),
    why="(S√w_z)_x = Σ_z C_xz/√w_x = √w_x",
)
def _top(s: Setting) -> Sides:
    e = encoders_of(s)
    off = np.linalg.norm(e.S @ e.root_z - e.root_x), np.linalg.norm(e.S.T @ e.root_x - e.root_z)
    return Sides(float(max(off)), 0.0)


@states(
    "components count the singular ones",
    "#{σ = 1} = components",
    r"\#\{\sigma_i = 1\} = \#\text{components}",
    "THEORY 11",
    section="11",
    assumptions=(
        FEW_VIEWS,
        TOLD_FROM_ONE,
    ),
    why="√w_x and √w_z of each component are a singular pair of 1, and there is no other",
)
def _ones(s: Setting) -> Sides:
    e = encoders_of(s)
    if (rarest := float(e.S[e.S > 0].min())) < RAREST_LINK:
        raise NotApplicable(
            f"a pair is so rare, {rarest:.0e} in S, that float64 cannot tell whether it joins its views", TOLD_FROM_ONE
        )
    if (near := int(np.sum((e.all_sigma < 1 - 1e-13) & (e.all_sigma > 1 - 1e-7)))) > 0:
        raise NotApplicable(
            f"{near} singular values are so near to 1 that float64 cannot tell whether they are 1", TOLD_FROM_ONE
        )
    return Sides(float(np.sum(e.all_sigma > 1 - 1e-7)), float(e.graph.component_count), tolerance=0.0)


@states(
    "the singular triples are the leading ones",
    "max |σ_i - σ_i(S)| = 0",
    r"\sigma_i = \sigma_i(S)",
    "THEORY 11",
    section="11",
    assumptions=(FEW_VIEWS,),
    why="the definition; this checks the solver, by LAPACK",
)
def _triples(s: Setting) -> Sides:
    e = encoders_of(s)
    return Sides(float(np.abs(e.spectrum.sigma[: e.k] - e.all_sigma[: e.k]).max()), 0.0, tolerance=1e-9)


@states(
    "the loss of two encoders factorises S",
    "||S - FGᵀ||² = L(f, g) + ||S||², f and g random",
    r"\|S - FG^\top\|_F^2 = L(f, g) + \|S\|_F^2",
    "THEORY 11",
    section="11",
    assumptions=(FEW_VIEWS,),
    why="expand the square, as for one encoder",
)
def _lemma(s: Setting) -> Sides:
    e = encoders_of(s)
    f, g = e.random()
    F, G = f * e.root_x[:, np.newaxis], g * e.root_z[:, np.newaxis]
    left = float(np.sum((e.S - F @ G.T) ** 2))
    return Sides(left, e.loss(f, g) + float(np.sum(e.S**2)), scale=1.0 + left)


@states(
    "two encoders reach their minimum",
    "L(f, g) = -Σ σ_i² at the leading singular vectors",
    r"\min L = -\sum_{i\le k}\sigma_i^2",
    "THEORY 11",
    section="11",
    assumptions=(FEW_VIEWS,),
    why="FGᵀ is then the best approximation of S of rank k (Eckart, Young and Mirsky)",
)
def _reached(s: Setting) -> Sides:
    e = encoders_of(s)
    return Sides(e.loss(*e.best), -float(np.sum(e.all_sigma[: e.k] ** 2)), tolerance=1e-9 * e.k)


@states(
    "no two encoders are below it",
    "-Σ σ_i² <= L(f, g), f and g fitted to each other in turns, from a random start",
    r"-\sum_{i\le k}\sigma_i^2 \le L(f, g)",
    "THEORY 11",
    "<=",
    section="11",
    assumptions=(FEW_VIEWS,),
    why="no matrix of rank k is nearer to S; least squares in turns, that never saw S's vectors, try",
)
def _below(s: Setting) -> Sides:
    e = encoders_of(s)
    F, G = fit_in_turns(e.S, *e.random(), steps=3)
    found = e.loss(F / e.root_x[:, np.newaxis], G / e.root_z[:, np.newaxis])
    return Sides(-float(np.sum(e.all_sigma[: e.k] ** 2)), found, tolerance=1e-9 * e.k)


@states(
    "a map of f and the inverse map of g cancel",
    "L(fQ, gQ⁻ᵀ) = L(f, g), f, g and Q random",
    r"L(fQ, gQ^{-\top}) = L(f, g)",
    "THEORY 11",
    section="11",
    assumptions=(FEW_VIEWS,),
    why="f(x)ᵀQ Q⁻¹g(z) = f(x)ᵀg(z)",
)
def _inverse_maps(s: Setting) -> Sides:
    e = encoders_of(s)
    f, g = e.random()
    Q = np.linalg.qr(e.rng.standard_normal((e.k, e.k)))[0] * e.rng.uniform(0.5, 2.0, e.k)
    left = e.loss(f @ Q, g @ np.linalg.inv(Q).T)
    return Sides(left, e.loss(f, g), scale=10.0 * (1.0 + abs(left)))


@states(
    "minimisers of two encoders are stationary",
    "||SG - F GᵀG||, ||SᵀF - G FᵀF|| = 0",
    r"SG = F\,G^\top G,\ S^\top F = G\,F^\top F",
    "THEORY 11",
    section="11",
    assumptions=(FEW_VIEWS,),
    why="the gradients in F and G are -2(S - FGᵀ)G and -2(S - FGᵀ)ᵀF",
)
def _stationary(s: Setting) -> Sides:
    e = encoders_of(s)
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
    section="11",
    assumptions=(
        FEW_VIEWS,
        SIGMA_GAP,
    ),
    why="as 3.5, with the projectors on span F and span G",
)
def _excess(s: Setting) -> Sides:
    # With P the projector on span F: L(f, g) + ||S||² >= ||S - PS||² = ||S||² - tr P SSᵀ, and as in THEORY 3.5, with SSᵀ in place
    # of Ā², -tr P SSᵀ + Σσ_i² >= (σ_k² - σ_{k+1}²) ||sin Θ||². Likewise for span G with SᵀS.
    e = encoders_of(s)
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
    section="11",
    assumptions=(FEW_VIEWS,),
    why="SSᵀ is the Ā of the views x, a pair being two of them with one z",
)
def _sides(s: Setting) -> Sides:
    e = encoders_of(s)
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
    section="11",
    assumptions=(FEW_VIEWS,),
    why="at s = log K the mean of e^s is 1 for each x",
)
def _information(s: Setting) -> Sides:
    e = encoders_of(s)
    K = e.C / np.outer(e.graph.w_x, e.graph.w_z)
    return Sides(_infonce(e, np.log(np.maximum(K, np.exp(-700.0)))), -e.information, tolerance=1e-10)


@states(
    "no critic of two encoders is below it",
    "-I(x; z) <= L(s), s the end of a descent from random scores",
    r"-I(x; z) \le L_{\mathrm{NCE}}(s)",
    "J22; THEORY 11",
    "<=",
    section="11",
    assumptions=(FEW_VIEWS,),
    why="I + L(s) is a mean divergence (Gibbs); a descent from random scores tries",
)
def _no_critic(s: Setting) -> Sides:
    e = encoders_of(s)
    independent = np.outer(e.graph.w_x, e.graph.w_z)

    def gradient(scores: Floats) -> Floats:
        weights = e.graph.w_z * np.exp(scores - scores.max(axis=1, keepdims=True))
        return np.asarray(e.graph.w_x[:, np.newaxis] * weights / weights.sum(axis=1, keepdims=True) - e.C)

    start = e.rng.standard_normal(e.C.shape)
    least = least_score(lambda scores: _infonce(e, scores), gradient, e.C + independent, start)
    trivial = "there is one view of a kind, and no score tells more" if 1 in e.C.shape else ""
    return Sides(-e.information, least, tolerance=1e-10, trivial=trivial)


def _infonce(e: Encoders, scores: Floats) -> float:
    """Return -E_C s(x, z) + E_x log E_z e^s(x, z), with infinitely many negatives z."""
    top = scores.max(axis=1, keepdims=True)
    log_mean = top[:, 0] + np.log(np.exp(scores - top) @ e.graph.w_z)
    return float(-np.sum(np.where(e.C > 0, e.C * scores, 0.0)) + e.graph.w_x @ log_mean)
