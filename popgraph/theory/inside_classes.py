"""What holds because the classes hold together: self-training's error, and augmentation overlap (after Wang et al. 2022).

ρ_in is the least conductance within a class, λ_in the least second eigenvalue of (D_C - W_C) u = λ D_C u over the classes C, where
W_C are the weights of the pairs within C, and D_C the probabilities w_x of its views. Both are 0 iff a class falls apart.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
import scipy.sparse as sp

from popgraph.basics.arrays import Floats, Ints
from popgraph.downstream import inner_conductance, self_train, student_error_bound
from popgraph.errors import TooLarge
from popgraph.theory.assumptions import FEW_VIEWS, LABELS, NotApplicable, Vacuous
from popgraph.theory.setting import Setting
from popgraph.theory.statement import Sides, states

MAX_VIEWS_OF_STUDENT = 60  # of a graph on which a student is trained, which then takes milliseconds
FEW_TO_TEACH = f"N <= {MAX_VIEWS_OF_STUDENT}"
TEACHERS = 2  # of whom each gives about a third of the views a random label
MAX_LABELLINGS = 4_096  # that are tried one by one
FEW_LABELLINGS = f"at most {MAX_LABELLINGS:,} labellings"
TWO_IN_A_CLASS = "a class has two views or more"
DIFFERENT_MEANS = "two classes or more with different means"
FEW_IN_A_CLASS = "no class has too many views to enumerate its parts"
ERRS_ON_HALF = "g errs on at most half of each class"


@dataclass(frozen=True)
class Classes:
    """Hold ŷ as numbers 0, 1, .. (N,), and λ_in."""

    y: Ints
    lambda_in: float

    def need_connected(self, rounding: float) -> None:
        """Make a statement that divides by λ_in not applicable where that is 0."""
        if self.lambda_in <= rounding:
            raise Vacuous("λ_in = 0, as a class falls apart once the other classes are gone")


def _classes(s: Setting) -> Classes:
    """Return the classes of ŷ, of a graph of few views."""
    s.need_labels()
    s.need_few_views("λ_in")
    _, y = np.unique(s.view_labels, return_inverse=True)
    lambda_in = min((_second(s, np.flatnonzero(y == c)) for c in range(int(y.max()) + 1)), default=np.inf)
    return Classes(y, lambda_in)


def _second(s: Setting, views: Ints) -> float:
    """Return the second least eigenvalue of the Laplacian of the pairs within these views; inf of a single view."""
    if len(views) < 2:
        return np.inf
    W = s.w[views][:, views].toarray()
    laplacian = np.diag(W.sum(axis=1)) - W
    root = s.root[views]
    return max(0.0, float(np.linalg.eigvalsh(laplacian / np.outer(root, root))[1]))


def _inner(s: Setting) -> float:
    """Return ρ_in of ŷ; not applicable where a class has too many views, or all have one."""
    s.need_labels()
    try:
        found = inner_conductance(s.graph, s.view_labels.tolist())
    except TooLarge as reason:
        raise NotApplicable(f"ρ_in is searched for by enumeration: {reason}", FEW_IN_A_CLASS) from None
    if found.rho == np.inf:
        raise NotApplicable("every class is a single view, of which no part is at most half", TWO_IN_A_CLASS)
    return found.rho


def _need_rho(s: Setting) -> float:
    """Return ρ_in above 0."""
    rho = _inner(s)
    if rho <= s.rounding:
        raise Vacuous("ρ_in = 0, as a class falls apart once the other classes are gone")
    return rho


def _errs_on_half(s: Setting, wrong: Floats) -> Floats:
    """Return whether labellings, rows of 1 where one errs, (m, N), err on at most half of each class: (m,) of bool."""
    _, y = np.unique(s.view_labels, return_inverse=True)
    masses = np.eye(int(y.max()) + 1)[y] * s.graph.w_x[:, np.newaxis]
    return np.asarray(np.all(wrong @ masses <= masses.sum(axis=0) / 2.0, axis=1))


def _teacher(s: Setting) -> list[int]:
    """Return ŷ with a class drawn at random for about a third of the views."""
    drawn = s.rng.choice(s.view_labels, s.N)
    return [int(c) for c in np.where(s.rng.random(s.N) < 1 / 3, drawn, s.view_labels)]


def _objective(s: Setting, labels: list[int], teacher: list[int], weight: float) -> float:
    """Return Pr[g ≠ teacher] + weight · Pr[g(x) ≠ g(x⁺)]."""
    apart = s.w.tocoo()
    codes = np.asarray(labels)
    inconsistency = float(apart.data[codes[apart.row] != codes[apart.col]].sum())
    return float(s.graph.w_x @ np.not_equal(labels, teacher)) + weight * inconsistency


@states(
    "the error of self-training",
    "Pr[g ≠ ŷ] <= φ^ŷ/(2ρ_in - 1/t), t = 1/ρ_in, g the worse student of two random teachers, or that of one",
    r"\Pr[g \ne \hat y] \le \frac{\phi^{\hat y}}{2\rho_{\mathrm{in}} - 1/t}",
    "THEORY 15.1",
    "<=",
    section="15.1",
    of_probability=True,
    assumptions=(
        LABELS,
        "g has no larger objective than ŷ, as a minimiser has",
        ERRS_ON_HALF,
        "2ρ_in > 1/t",
        TWO_IN_A_CLASS,
        FEW_IN_A_CLASS,
        FEW_TO_TEACH,
    ),
    why="ŷ costs the student at most Err more at the teacher, and to err parts at least 2ρ_in Err of the pairs",
)
def _student(s: Setting) -> Sides:
    if s.N > MAX_VIEWS_OF_STUDENT:
        raise NotApplicable(
            f"a student is trained up to {MAX_VIEWS_OF_STUDENT} views; this graph has {s.N:,}", FEW_TO_TEACH
        )
    rho = _need_rho(s)
    weight, errors = 1.0 / rho, []
    # With three classes or more a student takes twenty times as long, so that there one teacher has to do
    for _ in range(TEACHERS if len(np.unique(s.view_labels)) < 3 else 1):
        teacher = _teacher(s)
        labels = self_train(s.graph, teacher, weight=weight).labels.tolist()
        wrong = np.not_equal(labels, s.view_labels).astype(float)
        excess = _objective(s, labels, teacher, weight) - _objective(s, s.view_labels.tolist(), teacher, weight)
        if excess <= s.rounding * weight and _errs_on_half(s, wrong[np.newaxis])[0]:
            errors.append(float(wrong @ s.graph.w_x))
    if not errors:
        raise NotApplicable("each student errs on more than half of a class, or is no exact minimiser", ERRS_ON_HALF)
    return Sides(max(errors), student_error_bound(rho, s.inconsistency, weight), scale=1.0 / rho)


@states(
    "the error of any labelling no worse than ŷ",
    "max Pr[g ≠ ŷ] <= φ^ŷ/(2ρ_in - 1/t), t = 1/ρ_in, over all g that have a teacher for whom J(g) <= J(ŷ)",
    r"J(g) \le J(\hat y) \Rightarrow \Pr[g \ne \hat y] \le \frac{\phi^{\hat y}}{2\rho_{\mathrm{in}} - 1/t}",
    "THEORY 15.1",
    "<=",
    section="15.1",
    of_probability=True,
    assumptions=(LABELS, ERRS_ON_HALF, "2ρ_in > 1/t", TWO_IN_A_CLASS, FEW_IN_A_CLASS, FEW_LABELLINGS),
    why="the proof uses of a minimiser only that ŷ is no better",
)
def _labellings(s: Setting) -> Sides:
    """Try all labellings g with g itself as the teacher, by whom J(g) = tφ^g and J(ŷ) = Pr[g ≠ ŷ] + tφ^ŷ: none likes g better."""
    s.need_labels()
    classes = np.unique(s.view_labels)
    if len(classes) ** s.N > MAX_LABELLINGS:
        raise NotApplicable(
            f"{len(classes)}^{s.N} labellings are more than the {MAX_LABELLINGS:,} that are tried", FEW_LABELLINGS
        )
    rho = _need_rho(s)
    weight, w = 1.0 / rho, s.w.tocoo()
    g = np.array(list(product(classes.tolist(), repeat=s.N)))
    wrong = (g != s.view_labels).astype(float)
    error = wrong @ s.graph.w_x
    inconsistency = (g[:, w.row] != g[:, w.col]) @ w.data
    fits = _errs_on_half(s, wrong) & (weight * inconsistency <= error + weight * s.inconsistency)
    bound = student_error_bound(rho, s.inconsistency, weight)
    return Sides(float(np.max(error[fits], initial=0.0)), bound, scale=1.0 / rho)


@states(
    "Cheeger within the classes, from below",
    "λ_in/2 <= ρ_in",
    r"\lambda_{\mathrm{in}}/2 \le \rho_{\mathrm{in}}",
    "Cheeger; THEORY 15.2",
    "<=",
    section="15.2",
    nonnegative=True,
    assumptions=(LABELS, TWO_IN_A_CLASS, FEW_IN_A_CLASS, FEW_VIEWS),
    why="the centred indicator of a set is a test function of the quotient",
)
def _cheeger_below(s: Setting) -> Sides:
    return Sides(_classes(s).lambda_in / 2.0, _inner(s))


@states(
    "Cheeger within the classes, from above",
    "ρ_in <= √(2 λ_in)",
    r"\rho_{\mathrm{in}} \le \sqrt{2\lambda_{\mathrm{in}}}",
    "Cheeger; THEORY 15.2",
    "<=",
    section="15.2",
    nonnegative=True,
    assumptions=(LABELS, TWO_IN_A_CLASS, FEW_IN_A_CLASS, FEW_VIEWS),
    why="a class is a graph of its own in which the pairs that leave it are pairs of a view with itself",
)
def _cheeger_above(s: Setting) -> Sides:
    return Sides(_inner(s), float(np.sqrt(2.0 * _classes(s).lambda_in)), tolerance=1e-6)


def _variance(s: Setting, f: Floats, y: Ints) -> float:
    """Return E ||f(x) - μ_ŷ(x)||², μ the classes' means."""
    onehot = np.eye(int(y.max()) + 1)[y] * s.graph.w_x[:, np.newaxis]
    means = (onehot.T @ f) / onehot.sum(axis=0)[:, np.newaxis]
    return float(s.graph.w_x @ np.sum((f - means[y]) ** 2, axis=1))


def _pair_distances(s: Setting, f: Floats, y: Ints) -> tuple[Floats, Floats]:
    """Return ||f(x) - f(x')||² of each positive pair within a class, and its probability."""
    w = s.w.tocoo()
    same = y[w.row] == y[w.col]
    return np.sum((f[w.row[same]] - f[w.col[same]]) ** 2, axis=1), w.data[same]


@states(
    "overlap makes aligned features gather by class",
    "E||f(x) - μ_ŷ(x)||² <= ½E||f(x) - f(x⁺)||² 1[ŷ(x) = ŷ(x⁺)]/λ_in, f random",
    r"\mathbb E\|f(x) - \mu_{\hat y(x)}\|^2 \le \tfrac{1}{2\lambda_{\mathrm{in}}}\mathbb E\|f(x)-f(x^+)\|^2",
    "THEORY 15.3, after Wang et al. 2022",
    "<=",
    section="15.3",
    nonnegative=True,
    assumptions=(LABELS, "λ_in > 0: each class is connected by itself", FEW_VIEWS),
    why="Poincaré's inequality within each class",
)
def _gather(s: Setting) -> Sides:
    # λ_in Σ_{x in C} w_x ||f - μ||² <= ½ Σ_{x,x' in C} w_xx' ||f(x) - f(x')||², as f - μ is orthogonal to the constants of C under
    # D_C, and the right side is the quadratic form of D_C - W_C with the pairs that leave C taken out. Sum over the classes.
    classes = _classes(s)
    classes.need_connected(s.gamma_rounding)
    f = s.random_embedding()
    distances, weights = _pair_distances(s, f, classes.y)
    bound = 0.5 * float(distances @ weights) / classes.lambda_in
    return Sides(_variance(s, f, classes.y), bound, scale=s.k * (1.0 + bound) / min(1.0, classes.lambda_in))


@states(
    "alignment reaches through a class",
    "max ||f(x) - f(x')|| <= diameter · max ||f(x) - f(x⁺)||, x and x' of one class, f random",
    r"\max_{\hat y(x)=\hat y(x')}\|f(x)-f(x')\| \le \mathrm{diam}\cdot\max_{x,x^+}\|f(x)-f(x^+)\|",
    "THEORY 15.4, after Wang et al. 2022",
    "<=",
    section="15.4",
    nonnegative=True,
    assumptions=(LABELS, "each class is connected by itself", FEW_VIEWS),
    why="the triangle inequality along a path of positive pairs within the class",
)
def _reach(s: Setting) -> Sides:
    y, f = _classes(s).y, s.random_embedding()
    w = s.w.tocoo()
    within = (y[w.row] == y[w.col]) & (w.data > 0)
    steps = sp.csr_array((np.ones(int(within.sum())), (w.row[within], w.col[within])), shape=w.shape)
    same = y[:, np.newaxis] == y
    paths = sp.csgraph.shortest_path(steps, unweighted=True)[same]
    if np.isinf(paths).any():
        raise Vacuous("a class falls apart once the other classes are gone, and its diameter is infinite")
    apart = np.linalg.norm(f[:, np.newaxis] - f, axis=2)
    longest = np.max(apart[w.row[within], w.col[within]], initial=0.0)
    return Sides(float(apart[same].max()), float(paths.max() * longest), scale=1.0 + float(apart.max()))


@states(
    "the nearest class mean",
    "Pr[nearest mean ≠ ŷ] <= 2 E||f(x) - f(x⁺)||² 1[ŷ(x) = ŷ(x⁺)]/(λ_in δ²), δ = min ||μ_i - μ_j||, f the minimiser",
    r"\Pr[\arg\min_i\|f(x)-\mu_i\| \ne \hat y(x)] \le \frac{2\,\mathbb E\|f(x)-f(x^+)\|^2}{\lambda_{\mathrm{in}}\,\delta^2}",
    "THEORY 15.5, after Wang et al. 2022",
    "<=",
    section="15.5",
    of_probability=True,
    assumptions=(LABELS, "λ_in > 0: each class is connected by itself", DIFFERENT_MEANS, FEW_VIEWS),
    why="a view nearer to another mean is at least δ/2 from its own; Chebyshev, and the variance within classes",
)
def _nearest(s: Setting) -> Sides:
    classes = _classes(s)
    classes.need_connected(s.gamma_rounding)
    y, f = classes.y, s.spectrum.embedding[:, : s.k]
    onehot = np.eye(int(y.max()) + 1)[y] * s.graph.w_x[:, np.newaxis]
    means = (onehot.T @ f) / onehot.sum(axis=0)[:, np.newaxis]
    between = np.linalg.norm(means[:, np.newaxis] - means, axis=2)[np.triu_indices(len(means), 1)]
    if not len(between) or between.min() <= s.gamma_rounding:
        raise NotApplicable("two classes have one mean" if len(between) else "there is one class", DIFFERENT_MEANS)
    wrong = np.linalg.norm(f[:, np.newaxis] - means, axis=2).argmin(axis=1) != y
    distances, weights = _pair_distances(s, f, y)
    scale = 1.0 / (classes.lambda_in * between.min() ** 2)
    return Sides(float(s.graph.w_x[wrong].sum()), 2.0 * float(distances @ weights) * scale, scale=1.0 + scale)
