"""Self-training (Wei et al. 2021) and transfer between domains (Shen et al. 2022), on the same graph."""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np

from popgraph.basics.arrays import Floats
from popgraph.downstream import iterate, propagate, self_train
from popgraph.populations import PopulationGraph
from popgraph.theory.assumptions import FACTOR, FEW_VIEWS, FOUR_CELLS, KERNEL, NO_NEGATIVE, NotApplicable
from popgraph.theory.setting import Setting
from popgraph.theory.statement import Sides, nearest, states

MAX_VIEWS_OF_STUDENT = 60  # of a graph on which a student is trained, which then takes milliseconds
MAX_VIEWS_ENUMERATED = 12  # of a graph whose 4,096 labellings in two classes are tried
FEW_FOR_STUDENT = f"N <= {MAX_VIEWS_OF_STUDENT}"
FEW_TO_TRY = f"N <= {MAX_VIEWS_ENUMERATED}"
CELLS_ARE_NATURALS = "the naturals are the four cells too"
THIRD_GAP = "γ_3 > γ_4"
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
        raise NotApplicable("a student is trained on the views of naturals, and w was given directly", FACTOR)
    if s.N > MAX_VIEWS_OF_STUDENT:
        raise NotApplicable(
            f"a student is trained up to {MAX_VIEWS_OF_STUDENT} views; this graph has {s.N:,}", FEW_FOR_STUDENT
        )


def _objective(s: Setting, labels: list[int], teacher: list[int]) -> float:
    """Return Pr[label ≠ pseudo-label] + Pr[label(x) ≠ label(x⁺)], pair by pair."""
    apart = np.not_equal.outer(labels, labels)
    return float(s.graph.w_x @ np.not_equal(labels, teacher)) + float(np.sum(s.w.toarray() * apart))


@states(
    "the student is the minimiser",
    "J(student) = min J(g), J = Pr[g ≠ teacher] + φ^g, over all 2^N labellings g",
    r"J(\mathrm{student}) = \min_g \Pr[g \ne g_{\mathrm{teacher}}] + \phi^g",
    "W21; THEORY 8",
    section="8",
    assumptions=(
        FACTOR,
        FEW_FOR_STUDENT,
        FEW_TO_TRY,
    ),
    why="two classes are a minimum s-t cut: the teacher's label joins a view to s or t, w joins the views",
)
def _student(s: Setting) -> Sides:
    """The student is found by a minimum cut; here every labelling is tried."""
    _need_student(s)
    if s.N > MAX_VIEWS_ENUMERATED:
        raise NotApplicable(
            f"2^N labellings are tried up to {MAX_VIEWS_ENUMERATED} views; this graph has {s.N}", FEW_TO_TRY
        )
    teacher = _teacher(s)
    student = self_train(s.graph, teacher)
    tried = (np.arange(2**s.N)[:, np.newaxis] >> np.arange(s.N)) & 1
    apart = 2.0 * (
        tried @ s.graph.w_x - np.sum((tried @ s.w.toarray()) * tried, axis=1)
    )  # φ = 2 Σ w_xx' g(x)(1 - g(x'))
    objective = np.not_equal(tried, teacher) @ s.graph.w_x + apart
    trivial = "there is one view" if s.N == 1 else ""
    return Sides(student.objective, float(objective.min()), trivial=trivial)


@states(
    "the student's objective is its parts",
    "J(student) = Δ + φ",
    r"J = \Pr[g \ne g_{\mathrm{teacher}}] + \phi^g",
    "W21; THEORY 8",
    section="8",
    assumptions=(
        FACTOR,
        FEW_FOR_STUDENT,
    ),
    why="the definition; this checks the student, pair by pair",
)
def _parts(s: Setting) -> Sides:
    _need_student(s)
    teacher = _teacher(s)
    student = self_train(s.graph, teacher)
    return Sides(student.objective, _objective(s, student.labels.tolist(), teacher))


@states(
    "hard iteration never parts more pairs",
    "φ_{t+1} <= φ_t at the t where they are nearest, from random labels",
    r"\phi^{y_{t+1}} \le \phi^{y_t}",
    "THEORY 8; w is positive semidefinite",
    "<=",
    section="8",
    assumptions=(
        FACTOR,
        NO_NEGATIVE,
    ),
    why="Σ_c y_cᵀw y_c is convex where w has no negative eigenvalue, and each step maximises its tangent",
)
def _hard(s: Setting) -> Sides:
    """Of the steps that change a label; where the first changes none, the statement has nothing to say."""
    s.need_no_negative_eigenvalue()
    if not isinstance(s.graph, PopulationGraph):
        raise NotApplicable("labels are iterated over the views of naturals, and w was given directly", FACTOR)
    rounds = iterate(s.graph, s.rng.integers(0, 3, s.N).tolist(), steps=5)
    history = np.asarray(rounds.inconsistency, dtype=float)
    if len(history) < 2:
        return Sides(float(history[0]), float(history[0]), trivial="the random labels are a fixed point")
    t = nearest(-np.diff(history), s.rounding)
    same = "no step parts other pairs than the one before" if np.ptp(history) == 0 else ""
    return Sides(float(history[t + 1]), float(history[t]), note=f"t = {t}", trivial=same)


@states(
    "soft propagation filters the spectrum",
    "||(1-a)(I - aĀ)⁻¹Y - Σ (1-a)/(1-aγ_i) v_i v_iᵀY|| = 0, a = 0.9",
    r"(1-a)(I-a\bar A)^{-1}Y = \sum_i \tfrac{1-a}{1-a\gamma_i} v_i v_i^\top Y",
    "Zhou et al. 2003; THEORY 8",
    section="8",
    assumptions=(
        FACTOR,
        FEW_VIEWS,
    ),
    why="I - aĀ has the eigenvalues 1 - aγ_i",
)
def _soft(s: Setting) -> Sides:
    teacher, V = _teacher(s), s.all_eigenpairs.eigenvectors
    Y = np.array([[label == c for c in dict.fromkeys(teacher)] for label in teacher], dtype=float)
    filtered = V @ ((0.1 / (1.0 - 0.9 * s.all_eigenpairs.gamma))[:, np.newaxis] * (V.T @ Y))
    scores, _ = propagate(s.graph, teacher, a=0.9)
    return Sides(float(np.linalg.norm(scores - filtered)), 0.0, tolerance=1e-8)


def _cells(s: Setting) -> dict[str, Floats]:
    """Return the characters as functions of the views, where these are the four cells, and w depends on their sum in Z2 x Z2."""
    if s.N != 4 or set(s.graph.views) != set(CELLS):
        raise NotApplicable("the views are not the four cells (class, domain)", FOUR_CELLS)
    views = list(s.graph.views)
    w = s.graph.w
    by_sum = {
        (a ^ c, b ^ d): w[views.index((a, b)), views.index((c, d))] for (a, b), (c, d) in product(CELLS, repeat=2)
    }
    same = [abs(w[i, j] - by_sum[x[0] ^ y[0], x[1] ^ y[1]]) for (i, x), (j, y) in product(enumerate(views), repeat=2)]
    if max(same) > s.rounding:
        raise NotApplicable("w of two cells does not depend on their sum alone", FOUR_CELLS)
    return {name: np.array([character(view) for view in views]) for name, character in CHARACTERS.items()}


@states(
    "four cells have squared characters",
    "max |γ - (Σ ± ρ, α, β, γ')²| = 0",
    r"\gamma = 1, (\rho+\alpha-\beta-\gamma')^2, (\rho+\beta-\alpha-\gamma')^2, (\rho+\gamma'-\alpha-\beta)^2",
    "THEORY 8, after Shen et al. 2022",
    section="8",
    assumptions=(
        FOUR_CELLS,
        CELLS_ARE_NATURALS,
        KERNEL,
    ),
    why="the kernel is a convolution on Z2 x Z2, and Ā = AᵀA up to a constant: its characters count squared",
)
def _characters(s: Setting) -> Sides:
    characters = _cells(s)
    s.need_kernel()
    if set(s.graph.naturals) != set(CELLS):
        raise NotApplicable("the naturals are not the four cells (class, domain)", CELLS_ARE_NATURALS)
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
    section="8",
    assumptions=(
        FOUR_CELLS,
        THIRD_GAP,
    ),
    why="without the product a head that tells the classes in one domain does so in the other",
)
def _transfer(s: Setting) -> Sides:
    """Fit the head of least norm to the eigenfunctions in domain 0, and label domain 1 with it."""
    characters = _cells(s)
    if s.all_eigenpairs.gamma[2] - s.all_eigenpairs.gamma[3] <= 100 * s.all_eigenpairs.tolerance:
        raise NotApplicable("γ_3 = γ_4: the cut at k = 3 is degenerate", THIRD_GAP)
    gamma = {name: s.energy(s.root * chi) for name, chi in characters.items()}
    f = s.all_eigenpairs.eigenfunctions[:, :3]
    source = characters["domain"] > 0
    B = np.linalg.lstsq(f[source], characters["class"][source], rcond=1e-9)[0]
    right = (f[~source] @ B) * characters["class"][~source] > 1e-6  # a score of 0 decides for neither class
    return Sides(float(right.all()), float(gamma["product"] == min(gamma.values())), tolerance=0.0)
