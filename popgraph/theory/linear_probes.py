"""What a linear probe does on F*: bounds with explicit constants on its error and its least squares (THEORY 5)."""

import numpy as np

from popgraph.basics.arguments.classes import bayes_labels
from popgraph.downstream import probe
from popgraph.theory.assumptions import BAYES, KERNEL, LABELS, MORE_THAN_COMPONENTS, VIEWS_OF_NATURALS, NotApplicable
from popgraph.theory.setting import Setting
from popgraph.theory.statement import Sides, states
from popgraph.theory.votes import least_error, least_squares, minimiser, onehot, predictions

SUM_ROUNDING = 1e-8  # what a distribution, its kernel and its w_x may miss their sums by, as in `graph_laws`


@states(
    "φ is at most twice Δ",
    "φ^ŷ <= 2 Δ(ŷ)",
    r"\phi^{\hat y} \le 2\Delta(\hat y)",
    "THEORY 5.1",
    "<=",
    section="5.1",
    assumptions=(
        LABELS,
        KERNEL,
    ),
    why="two views of x̄ that differ in ŷ are not both y(x̄): one of two independent draws misses it",
    nonnegative=True,
)
def _cut(s: Setting) -> Sides:
    s.need_labels()
    s.need_kernel()
    return Sides(s.inconsistency, 2.0 * s.disagreement)


@states(
    "Bayes' labeller attains α",
    "Δ(Bayes) = α",
    r"\Delta(\hat y_{\mathrm{Bayes}}) = \alpha",
    "THEORY 5",
    section="5",
    assumptions=(
        LABELS,
        BAYES,
    ),
    why="Δ is a sum over views, each of which is labelled best by its most probable class",
)
def _bayes(s: Setting) -> Sides:
    y, r = s.y
    best = bayes_labels(y, s.graph.p, s.graph.kernel) if s.given_view_labels is None else s.view_labels
    draws = s.graph.kernel.tocoo()  # Δ by its definition, natural by natural and view by view
    natural, view = draws.coords
    missed = s.graph.p[natural] * draws.data * (best[view] != y[natural])
    return Sides(float(missed.sum()), s.alpha, tolerance=SUM_ROUNDING, trivial="there is one class" if r == 1 else "")


@states(
    "least squares against ŷ",
    "min_B E||ŷ - Bᵀf||² <= φ^ŷ/λ_{k+1}",
    r"\min_B \mathbb E\|\vec y - B^\top f\|^2 \le \phi^{\hat y}/\lambda_{k+1}",
    "THEORY 5.2",
    "<=",
    section="5.2",
    assumptions=(
        LABELS,
        MORE_THAN_COMPONENTS,
    ),
    why="Σ_i u_iᵀ(I-Ā)u_i = φ^ŷ for u_i(x) = √w_x 1[ŷ(x)=i], and what is outside F* has energy λ_{k+1} at least",
    nonnegative=True,
)
def _against_labeller(s: Setting) -> Sides:
    s.need_labels()
    return Sides(least_squares(s, onehot(s)), s.inconsistency / s.lambda_next, scale=1.0 / s.lambda_next)


@states(
    "that head errs seldom against ŷ",
    "Pr[g_B ≠ ŷ] <= 2 φ^ŷ/λ_{k+1}",
    r"\Pr[g_B \ne \hat y] \le 2\phi^{\hat y}/\lambda_{k+1}",
    "THEORY 5.3",
    "<=",
    section="5.3",
    assumptions=(
        LABELS,
        MORE_THAN_COMPONENTS,
    ),
    why="a wrong argmax costs at least ½ in least squares",
    of_probability=True,
)
def _head(s: Setting) -> Sides:
    s.need_labels()
    wrong = predictions(s, onehot(s)) != s.view_labels
    return Sides(float(s.graph.w_x[wrong].sum()), 2.0 * s.inconsistency / s.lambda_next, scale=1.0 / s.lambda_next)


@states(
    "probe error, explicit constants",
    "E(f) <= 4 φ^ŷ/λ_{k+1} + 2 Δ(ŷ)",
    r"\mathcal E(f) \le 4\phi^{\hat y}/\lambda_{k+1} + 2\Delta(\hat y)",
    "THEORY 5.3",
    "<=",
    section="5.3",
    assumptions=(
        LABELS,
        VIEWS_OF_NATURALS,
        MORE_THAN_COMPONENTS,
    ),
    why="a natural whose vote is wrong has half of its views mislabelled; then 5.2, and ŷ itself errs by Δ",
    of_probability=True,
)
def _explicit(s: Setting) -> Sides:
    s.need_labels()
    s.need_views_of_naturals()
    bound = 4.0 * s.inconsistency / s.lambda_next + 2.0 * s.disagreement
    error, remark = least_error(s)
    return Sides(error, bound, scale=1.0 / s.lambda_next, note=remark)


@states(
    "probe error by α",
    "E(f) <= 8 α/λ_{k+1} + 2 α",
    r"\mathcal E(f) \le 8\alpha/\lambda_{k+1} + 2\alpha",
    "THEORY 5.3",
    "<=",
    section="5.3",
    assumptions=(
        LABELS,
        KERNEL,
        MORE_THAN_COMPONENTS,
    ),
    why="the bound by φ and Δ at Bayes' ŷ, where φ <= 2Δ and Δ = α",
    of_probability=True,
)
def _by_alpha(s: Setting) -> Sides:
    s.need_labels()
    s.need_kernel()
    bound = 8.0 * s.alpha / s.lambda_next + 2.0 * s.alpha
    error, remark = least_error(s)
    return Sides(error, bound, scale=1.0 / s.lambda_next, note=remark)


@states(
    "exact least squares against y",
    "min_B E||y - Bᵀf||² = 1 - Σ||T_i||² + Σ||(I-Π)T_i||²",
    r"\min_B \mathbb E\|\vec y - B^\top f\|^2 = 1 - \sum\|T_i\|^2 + \sum\|(I-\Pi)T_i\|^2",
    "THEORY 5.4",
    section="5.4",
    assumptions=(
        LABELS,
        VIEWS_OF_NATURALS,
    ),
    why="Pythagoras twice: y against its mean given x, and that mean against span F",
)
def _identity(s: Setting) -> Sides:
    s.need_labels()
    s.need_views_of_naturals()
    share = s.class_mass / s.graph.w_x[:, np.newaxis]
    T = s.root[:, np.newaxis] * share
    loss = probe(s.graph, minimiser(s), labels=s.labels).loss
    if loss is None:
        raise NotApplicable("the probe has no least-squares loss", LABELS)
    return Sides(float(loss), 1.0 - float(np.sum(T**2)) + least_squares(s, share), tolerance=1e-10)


@states(
    "least squares against y, bounded",
    "... <= 1 - Σ||T_i||² + Σ T_iᵀ(I-Ā)T_i/λ_{k+1}",
    r"\dots \le 1 - \sum\|T_i\|^2 + \sum T_i^\top(I-\bar A)T_i/\lambda_{k+1}",
    "THEORY 5.4",
    "<=",
    section="5.4",
    assumptions=(
        LABELS,
        VIEWS_OF_NATURALS,
        MORE_THAN_COMPONENTS,
    ),
    why="what is outside F* has energy λ_{k+1} at least",
    nonnegative=True,
)
def _bounded(s: Setting) -> Sides:
    s.need_labels()
    s.need_views_of_naturals()
    share = s.class_mass / s.graph.w_x[:, np.newaxis]
    T = s.root[:, np.newaxis] * share
    energy = float(np.sum(T**2)) - s.energy(T)
    constant = 1.0 - float(np.sum(T**2))
    outside = least_squares(s, share)
    allowed = s.rounding / s.lambda_next
    trivial = "span F holds every T_i, so that nothing is left to bound" if outside <= allowed else ""
    return Sides(constant + outside, constant + energy / s.lambda_next, tolerance=allowed, trivial=trivial)


@states(
    "least squares against y, by φ and Δ",
    "... <= 2 φ^ŷ/λ_{k+1} + 4 Δ(ŷ)",
    r"\dots \le 2\phi^{\hat y}/\lambda_{k+1} + 4\Delta(\hat y)",
    "THEORY 5.4",
    "<=",
    section="5.4",
    assumptions=(
        LABELS,
        VIEWS_OF_NATURALS,
        MORE_THAN_COMPONENTS,
    ),
    why="compare the T_i with ŷ's one-hot columns, by the triangle inequality",
    nonnegative=True,
)
def _by_cut(s: Setting) -> Sides:
    s.need_labels()
    s.need_views_of_naturals()
    share = s.class_mass / s.graph.w_x[:, np.newaxis]
    left = 1.0 - float(np.sum((s.root[:, np.newaxis] * share) ** 2)) + least_squares(s, share)
    return Sides(left, 2.0 * s.inconsistency / s.lambda_next + 4.0 * s.disagreement, scale=1.0 / s.lambda_next)


@states(
    "least squares against y, for Bayes' ŷ",
    "... <= (√(φ^ŷ/λ_{k+1}) + √α)² + α for Bayes' ŷ",
    r"\dots \le (\sqrt{\phi^{\hat y}/\lambda_{k+1}} + \sqrt\alpha)^2 + \alpha",
    "THEORY 5.4, sharpened",
    "<=",
    section="5.4",
    assumptions=(
        LABELS,
        VIEWS_OF_NATURALS,
        MORE_THAN_COMPONENTS,
        BAYES,
    ),
    why="as before, and no class has more of a view than Bayes' label has",
    nonnegative=True,
)
def _for_bayes(s: Setting) -> Sides:
    # With U one-hot of ŷ, a = (I-Π)U, δ = U - T: 1 - ||T||² = 2α - ||δ||², ||(I-Π)T|| <= ||a|| + ||δ||, ||a||² <= φ/λ_{k+1}, and
    # ||δ||² <= α, since no class has more than Pr[ŷ(x)|x]. By 2 √(xα) <= x + α this gives 2x + 3α, and so 2x + 4Δ as well.
    s.need_labels()
    s.need_views_of_naturals()
    if s.given_view_labels is not None:
        raise NotApplicable("it is about Bayes' labeller, and other view labels are given", BAYES)
    share = s.class_mass / s.graph.w_x[:, np.newaxis]
    left = 1.0 - float(np.sum((s.root[:, np.newaxis] * share) ** 2)) + least_squares(s, share)
    x = s.inconsistency / s.lambda_next
    return Sides(left, x + 2.0 * s.alpha + 2.0 * float(np.sqrt(max(0.0, x) * s.alpha)), scale=1.0 / s.lambda_next)
