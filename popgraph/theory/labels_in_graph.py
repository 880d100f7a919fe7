"""Labels in the graph: with probability η a pair is two views of two independent naturals of one known class (THEORY 12)."""

import numpy as np

from popgraph.basics.arrays import Floats, Ints
from popgraph.populations import PopulationGraph
from popgraph.theory.assumptions import FEW_VIEWS, KERNEL, LABELS, NotApplicable
from popgraph.theory.setting import Setting
from popgraph.theory.statement import Sides, nearest, states

ETA = 0.5  # the strength of the labels in these statements
MORE_VIEWS = "N > r, with r classes"


def _labelled(s: Setting, weight: float, *, by_probability: bool) -> PopulationGraph:
    """Return the graph with all labels known, and classes that count alike or by their probability."""
    y = _classes(s)
    weights = {c: float(q) for c, q in enumerate(np.bincount(y, s.graph.p))} if by_probability else None
    labelled: PopulationGraph = s.graph.with_labels(y.tolist(), weight=weight, class_weights=weights)
    return labelled


def _classes(s: Setting) -> Ints:
    """Return the class of each natural as a number, (n,); not applicable to pairs that are not two views of one natural."""
    s.need_few_views("every pair")
    s.need_kernel()
    return np.asarray(s.y[0])


def _views_of_classes(s: Setting) -> Floats:
    """Return A_c(x) = E[A(x|x̄) | y(x̄) = c], (r, N), for each class."""
    mass = s.class_mass  # (N, r)
    return np.asarray((mass / mass.sum(axis=0)).T)


@states(
    "labels join views of one class",
    "max |w' - (1-η)w - η Σ q_c A_c A_cᵀ| = 0, η = 1/2, q uniform",
    r"w' = (1-\eta)w + \eta\sum_c q_c A_c A_c^\top",
    "THEORY 12",
    section="12",
    assumptions=(
        KERNEL,
        LABELS,
        FEW_VIEWS,
    ),
    why="the definition of the mixture; this checks the graph",
)
def _mixture(s: Setting) -> Sides:
    graph = _labelled(s, ETA, by_probability=False)
    A_c = _views_of_classes(s)
    expected = (1.0 - ETA) * s.w.toarray() + ETA * A_c.T @ A_c / len(A_c)
    return Sides(float(np.abs(graph.w - expected).max()), 0.0)


@states(
    "labels leave naturals and kernel",
    "max |p' - p|, |A' - A| = 0, η = 1/2",
    r"p' = p,\ A' = A",
    "THEORY 12",
    section="12",
    assumptions=(
        KERNEL,
        LABELS,
        FEW_VIEWS,
    ),
    why="only the pairs change; this checks the graph",
)
def _unchanged(s: Setting) -> Sides:
    graph = _labelled(s, ETA, by_probability=False)
    off = float(np.abs(graph.p - s.graph.p).max()), float(abs(graph.kernel - s.graph.kernel).max())
    return Sides(max(off), 0.0, tolerance=0.0)


@states(
    "classes weighted by probability keep w_x",
    "max |w'_x - w_x|/w_x = 0, q_c = Pr[y = c], η = 1/2",
    r"q_c = \Pr[y = c] \Rightarrow w'_x = w_x",
    "THEORY 12",
    section="12",
    assumptions=(
        KERNEL,
        LABELS,
        FEW_VIEWS,
    ),
    why="Σ_c Pr[y = c] A_c = Σ_x̄ p(x̄) A(·|x̄) = w_x",
)
def _same_views(s: Setting) -> Sides:
    graph = _labelled(s, ETA, by_probability=True)
    return Sides(float(np.abs(graph.w_x / s.graph.w_x - 1.0).max()), 0.0, tolerance=1e-8)


@states(
    "labels keep a share of each eigenvalue",
    "(1-η)γ_i <= γ'_i at the i where they are nearest, q_c = Pr[y = c], η = 1/2",
    r"(1-\eta)\gamma_i \le \gamma'_i",
    "THEORY 12, by Weyl",
    "<=",
    section="12",
    assumptions=(
        KERNEL,
        LABELS,
        FEW_VIEWS,
    ),
    why="Ā' = (1-η)Ā + ηR, and R has no eigenvalue below 0 (Weyl)",
    nonnegative=True,
)
def _weyl(s: Setting) -> Sides:
    # With these q, D' = D, and Ā' = (1-η)Ā + ηR with R = D^-1/2 (Σ q_c A_c A_cᵀ) D^-1/2, which has no eigenvalue below 0
    gamma = _labelled(s, ETA, by_probability=True).spectrum(s.N).gamma
    share = (1.0 - ETA) * s.all_eigenpairs.gamma
    i = _nearest(share, gamma, s.rounding)
    return Sides(float(share[i]), float(gamma[i]), note=f"i = {i + 1}")


def _nearest(left: Floats, right: Floats, rounding: float) -> int:
    """Return the place of the least right - left among those where the two are not both 0; 0 if all are."""
    slack = right - left
    at_zero = (np.abs(left) <= rounding) & (np.abs(right) <= rounding)
    return nearest(np.where(at_zero, np.inf, slack), rounding)


@states(
    "r classes lift r eigenvalues",
    "γ'_{i+r} <= (1-η)γ_i at the i where they are nearest, q_c = Pr[y = c], η = 1/2",
    r"\gamma'_{i+r} \le (1-\eta)\gamma_i",
    "THEORY 12, by Weyl",
    "<=",
    section="12",
    assumptions=(
        KERNEL,
        LABELS,
        FEW_VIEWS,
        MORE_VIEWS,
    ),
    why="Ā' = (1-η)Ā + ηR, and R has rank r at most (Weyl)",
    nonnegative=True,
)
def _lifted(s: Setting) -> Sides:
    # R has rank r at most, so that γ'_{i+r} <= (1-η)γ_i + ηγ_{r+1}(R), where the last is 0
    r = s.y[1]
    if r >= s.N:
        raise NotApplicable(f"{r} classes and {s.N} views leave no eigenvalue over", MORE_VIEWS)
    gamma = _labelled(s, ETA, by_probability=True).spectrum(s.N).gamma
    share = (1.0 - ETA) * s.all_eigenpairs.gamma[: s.N - r]
    i = _nearest(gamma[r:], share, s.rounding)
    return Sides(float(gamma[r + i]), float(share[i]), note=f"i = {i + 1}")


@states(
    "supervised pairs have a rank of at most r",
    "rank Ā' <= r, η = 1, every label known",
    r"\eta = 1 \Rightarrow \mathrm{rank}\,\bar A' \le r",
    "THEORY 12",
    "<=",
    section="12",
    assumptions=(
        KERNEL,
        LABELS,
        FEW_VIEWS,
    ),
    why="Ā' is then a sum of r matrices of rank 1",
)
def _supervised(s: Setting) -> Sides:
    gamma = _labelled(s, 1.0, by_probability=False).spectrum(s.N).gamma
    trivial = f"Ā' has {s.N} columns" if s.y[1] >= s.N else ""
    return Sides(float(np.sum(gamma > s.gamma_rounding)), float(s.y[1]), tolerance=0.0, trivial=trivial)
