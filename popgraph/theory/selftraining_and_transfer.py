"""Self-training (Wei et al. 2021) and transfer between domains (Shen et al. 2022), on the same graph."""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np

from popgraph.basics.arguments.classes import is_labelled
from popgraph.basics.arrays import Floats
from popgraph.downstream import disagreement, inconsistency, iterate, propagate, self_train
from popgraph.populations import PopulationGraph
from popgraph.theory.assumptions import NotApplicable
from popgraph.theory.setting import Setting
from popgraph.theory.statement import Sides, states

MAX_VIEWS_OF_STUDENT = 60  # of a graph on which a student is trained, which then takes milliseconds
CELLS = tuple(product((0, 1), repeat=2))  # (class, domain)
CHARACTERS: dict[str, Callable[[Any], float]] = {
    "class": lambda cell: 1.0 - 2 * cell[0],
    "domain": lambda cell: 1.0 - 2 * cell[1],
    "product": lambda cell: (1.0 - 2 * cell[0]) * (1.0 - 2 * cell[1]),
}


def _teacher(s: Setting) -> list[int]:
    """Return a random pseudo-label of each view, 0 or 1, the first of them 0."""
    return [0, *s.rng.integers(0, 2, s.N - 1).tolist()]


def _need_student(s: Setting) -> None:
    """Make a statement about a student not applicable to a graph of many views, or of pairs given directly."""
    if not isinstance(s.graph, PopulationGraph):
        raise NotApplicable("a student is trained on the views of naturals, and w was given directly")
    if s.N > MAX_VIEWS_OF_STUDENT:
        raise NotApplicable(f"a student is trained up to {MAX_VIEWS_OF_STUDENT} views; this graph has {s.N:,}")


def _objective(s: Setting, labels: list[int], teacher: list[int]) -> float:
    """Return Pr[label ≠ pseudo-label] + Pr[label(x) ≠ label(x⁺)], pair by pair."""
    apart = np.not_equal.outer(labels, labels)
    return float(s.graph.w_x @ np.not_equal(labels, teacher)) + float(np.sum(s.w.toarray() * apart))


@states(
    "the student is the minimiser",
    "J(student) <= J(g), J = Pr[g ≠ teacher] + φ^g, g the teacher, Bayes, constant or moved by one view",
    r"\min_g \Pr[g \ne g_{\mathrm{teacher}}] + \phi^g \le J(g)",
    "W21; THEORY 8",
    "<=",
)
def _student(s: Setting) -> Sides:
    _need_student(s)
    teacher = _teacher(s)
    student = self_train(s.graph, teacher)
    tried = [teacher, [0] * s.N]
    if s.labels is not None and is_labelled(s.labels).all():
        tried.append((s.view_labels > 0).astype(int).tolist())
    best = student.labels.tolist()
    tried += [[label if x != changed else 1 - label for x, label in enumerate(best)] for changed in range(s.N)]
    return Sides(student.objective, min(_objective(s, labels, teacher) for labels in tried))


@states(
    "the student's objective is its parts",
    "J(student) = Δ + φ",
    r"J = \Pr[g \ne g_{\mathrm{teacher}}] + \phi^g",
    "W21; THEORY 8",
)
def _parts(s: Setting) -> Sides:
    _need_student(s)
    teacher = _teacher(s)
    student = self_train(s.graph, teacher)
    return Sides(student.objective, _objective(s, student.labels.tolist(), teacher))


@states(
    "hard iteration never parts more pairs",
    "max (φ_{t+1} - φ_t) <= 0, five steps from random labels",
    r"\phi^{y_{t+1}} \le \phi^{y_t}",
    "THEORY 8; w is positive semidefinite",
    "<=",
)
def _hard(s: Setting) -> Sides:
    s.need_no_negative_eigenvalue()
    if not isinstance(s.graph, PopulationGraph):
        raise NotApplicable("labels are iterated over the views of naturals, and w was given directly")
    history = iterate(s.graph, s.rng.integers(0, 3, s.N).tolist(), steps=5).inconsistency
    return Sides(float(np.max(np.diff(history), initial=-np.inf)) if len(history) > 1 else 0.0, 0.0)


@states(
    "soft propagation filters the spectrum",
    "||(1-a)(I - aĀ)⁻¹Y - Σ (1-a)/(1-aγ_i) v_i v_iᵀY|| = 0, a = 0.9",
    r"(1-a)(I-a\bar A)^{-1}Y = \sum_i \tfrac{1-a}{1-a\gamma_i} v_i v_i^\top Y",
    "Zhou et al. 2003; THEORY 8",
)
def _soft(s: Setting) -> Sides:
    teacher, V = _teacher(s), s.all_eigenpairs.eigenvectors
    Y = np.array([[label == c for c in dict.fromkeys(teacher)] for label in teacher], dtype=float)
    filtered = V @ ((0.1 / (1.0 - 0.9 * s.all_eigenpairs.gamma))[:, np.newaxis] * (V.T @ Y))
    scores, _ = propagate(s.graph, teacher, a=0.9)
    return Sides(float(np.linalg.norm(scores - filtered)), 0.0, tolerance=1e-8)


@states(
    "Δ and φ of Bayes' labeller",
    "Δ(Bayes) = α and φ(Bayes) <= 2α: the larger excess",
    r"\phi^{\hat y_{\mathrm{Bayes}}} \le 2\alpha",
    "THEORY 5.1",
    "<=",
)
def _bayes(s: Setting) -> Sides:
    s.need_labels()
    s.need_kernel()
    excess = abs(disagreement(s.graph, labels=s.labels) - s.alpha)
    bayes = s.class_mass.argmax(axis=1).tolist()
    return Sides(max(excess, inconsistency(s.graph, bayes) - 2 * s.alpha), 0.0)


def _cells(s: Setting) -> dict[str, Floats]:
    """Return the characters as functions of the views, where these are the four cells, and w depends on their sum in Z2 x Z2."""
    if s.N != 4 or set(s.graph.views) != set(CELLS):
        raise NotApplicable("the views are not the four cells (class, domain)")
    views = list(s.graph.views)
    w = s.graph.w
    by_sum = {
        (a ^ c, b ^ d): w[views.index((a, b)), views.index((c, d))] for (a, b), (c, d) in product(CELLS, repeat=2)
    }
    same = [abs(w[i, j] - by_sum[x[0] ^ y[0], x[1] ^ y[1]]) for (i, x), (j, y) in product(enumerate(views), repeat=2)]
    if max(same) > s.rounding:
        raise NotApplicable("w of two cells does not depend on their sum alone")
    return {name: np.array([character(view) for view in views]) for name, character in CHARACTERS.items()}


@states(
    "four cells have squared characters",
    "max |γ - (Σ ± ρ, α, β, γ')²| = 0",
    r"\gamma = 1, (\rho+\alpha-\beta-\gamma')^2, (\rho+\beta-\alpha-\gamma')^2, (\rho+\gamma'-\alpha-\beta)^2",
    "THEORY 8, after Shen et al. 2022",
)
def _characters(s: Setting) -> Sides:
    characters = _cells(s)
    s.need_kernel()
    if set(s.graph.naturals) != set(CELLS):
        raise NotApplicable("the naturals are not the four cells (class, domain)")
    at, origin = list(s.graph.views), list(s.graph.naturals).index((0, 0))
    step = s.graph.kernel.toarray()[origin]  # A(·|(0, 0)): a step from (0, 0) is the cell that it leads to
    means = [float(step @ character) * character[at.index((0, 0))] for character in characters.values()]
    expected = np.sort([1.0, *np.square(means)])[::-1]
    return Sides(float(np.abs(s.all_eigenpairs.gamma - expected).max()), 0.0)


@states(
    "a source-trained probe transfers iff class and domain beat product",
    "1[transfers at k = 3] = 1[γ_product is the least]",
    r"\text{transfer at } k=3 \iff \gamma_{\mathrm{class}}, \gamma_{\mathrm{domain}} > \gamma_{\mathrm{product}}",
    "THEORY 8, after Shen et al. 2022",
)
def _transfer(s: Setting) -> Sides:
    """Fit the head of least norm to the eigenfunctions in domain 0, and label domain 1 with it."""
    characters = _cells(s)
    if s.all_eigenpairs.gamma[2] - s.all_eigenpairs.gamma[3] <= 100 * s.all_eigenpairs.tolerance:
        raise NotApplicable("γ_3 = γ_4: the cut at k = 3 is degenerate")
    gamma = {name: s.energy(s.root * chi) for name, chi in characters.items()}
    f = s.all_eigenpairs.eigenfunctions[:, :3]
    source = characters["domain"] > 0
    B = np.linalg.lstsq(f[source], characters["class"][source], rcond=1e-9)[0]
    right = (f[~source] @ B) * characters["class"][~source] > 1e-6  # a score of 0 decides for neither class
    return Sides(float(right.all()), float(gamma["product"] == min(gamma.values())), tolerance=0.0)
