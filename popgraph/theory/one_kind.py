"""Pairs of one kind of view, looked at as those of two encoders or as steps of a walk: then σ_i are the |γ_i| of Ā (THEORY 11)."""

import numpy as np

from popgraph.populations import build
from popgraph.theory.assumptions import FEW_VIEWS
from popgraph.theory.encoders import encoders_of
from popgraph.theory.setting import Setting
from popgraph.theory.statement import Sides, states


@states(
    "of one kind of view σ is |γ|",
    "max |σ_i - |γ|_i| = 0, sorted by size",
    r"\{\sigma_i\} = \{|\gamma_i|\}",
    "THEORY 11",
    section="11",
    assumptions=(FEW_VIEWS,),
    why="the singular values of a symmetric matrix are its eigenvalues' sizes",
)
def _same_views(s: Setting) -> Sides:
    sizes = np.sort(np.abs(s.all_eigenpairs.gamma))[::-1]
    return Sides(float(np.abs(encoders_of(s).all_sigma - sizes).max()), 0.0, scale=10.0)


@states(
    "two encoders never do worse than one",
    "-Σ of the k largest γ² <= -Σ max(γ_i, 0)²",
    r"-\sum_{i\le k}\gamma_{(i)}^2 \le -\sum_{i\le k}\max(\gamma_i, 0)^2",
    "THEORY 11",
    "<=",
    section="11",
    assumptions=(FEW_VIEWS,),
    why="g = f is allowed; and one encoder reaches no eigenvalue below 0",
)
def _one_or_two(s: Setting) -> Sides:
    e = encoders_of(s)
    signed = s.least_gamma < -s.gamma_rounding
    trivial = "" if signed else "no eigenvalue of Ā is below 0, and both reach the same"
    return Sides(e.loss(*e.best), s.loss(s.spectrum.embedding[:, : s.k]), tolerance=1e-9 * s.k, trivial=trivial)


@states(
    "the lazy walk halves the way to 1",
    "max |γ_i((D + w)/2) - (1 + γ_i)/2| = 0",
    r"\gamma_i((D + w)/2) = (1 + \gamma_i)/2",
    "THEORY 11; Levin, Peres and Wilmer",
    section="11",
    assumptions=(FEW_VIEWS,),
    why="Ā of (D + w)/2 is (I + Ā)/2",
)
def _lazy(s: Setting) -> Sides:
    s.need_few_views("every eigenvalue")
    lazy = (np.diag(s.graph.w_x) + s.w.toarray()) / 2.0 / np.outer(s.root, s.root)
    return Sides(float(np.abs(np.linalg.eigvalsh(lazy)[::-1] - (1.0 + s.all_eigenpairs.gamma) / 2.0).max()), 0.0)


@states(
    "a transition matrix is no augmentation",
    "max |γ_i(build(w_x, P)) - γ²_i| = 0, P = D⁻¹w, sorted by size",
    r"\gamma(\mathrm{build}(\pi, P)) = \gamma(w)^2",
    "THEORY 11",
    section="11",
    assumptions=(FEW_VIEWS,),
    why="build(π, P) draws two successors of one state: PᵀP in place of P",
)
def _trap(s: Setting) -> Sides:
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
    section="11",
    assumptions=(FEW_VIEWS,),
    why="a geometric series of Ā",
)
def _discounted(s: Setting) -> Sides:
    s.need_few_views("every eigenvalue")
    adjacency, b = s.w.toarray() / np.outer(s.root, s.root), 0.5
    discounted = (1.0 - b) * np.linalg.solve(np.eye(s.N) - b * adjacency, adjacency)
    gamma = s.all_eigenpairs.gamma  # the map is increasing, so that it keeps their order
    expected = (1.0 - b) * gamma / (1.0 - b * gamma)
    return Sides(float(np.abs(np.linalg.eigvalsh((discounted + discounted.T) / 2.0)[::-1] - expected).max()), 0.0)
