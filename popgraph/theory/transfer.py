"""Transfer to views without labels: a head fitted on some views, and averages of their features (after HaoChen et al. 2022).

The theorems of [2204.02683] hide constants and need their own assumptions; these are statements that need none, with proofs beside
them: how far a head that is fitted on the source alone is from the best one, and what averaging features over the source computes.
"""

from typing import Any

import numpy as np

from popgraph.basics.arrays import Floats
from popgraph.theory.assumptions import LABELS, NO_NEGATIVE, NotApplicable
from popgraph.theory.setting import Setting
from popgraph.theory.statement import Sides, states

SEEN_BY_SOURCE = "no function bᵀf is 0 on the whole source"


def _source(s: Setting) -> Any:
    """Return which views are the source, about half of them drawn at random and at least one, (N,) of bool."""
    source = s.rng.random(s.N) < 0.5
    source[int(s.rng.integers(s.N))] = True
    return source


def _from_source(s: Setting) -> tuple[Floats, Floats, float]:
    """Return √w_x ŷ, √w_x times what the head that is fitted on the source predicts, (N, r), and the least share c."""
    s.need_labels()
    source, V = _source(s), s.span
    U = s.root[:, np.newaxis] * np.eye(int(s.view_labels.max()) + 1)[s.view_labels]
    singular = np.linalg.svd(V[source], compute_uv=False)
    if source.sum() < V.shape[1] or singular[-1] <= 1e-4:
        raise NotApplicable(
            "some function of span f is 0 on the whole source, which thus cannot say how it goes on elsewhere",
            SEEN_BY_SOURCE,
        )
    head = np.linalg.lstsq(V[source], U[source], rcond=None)[0]
    return U, V @ head, float(singular[-1] ** 2)


@states(
    "a head from the source on all views",
    "E||ŷ - B_Sᵀf||² <= φ^ŷ/(c λ_{k+1}), B_S fitted on a random half of the views, c = min_g E_S g²/E g² over g = bᵀf",
    r"\mathbb E\|\vec y - B_S^\top f\|^2 \le \frac{\phi^{\hat y}}{c\,\lambda_{k+1}}",
    "THEORY 8.1",
    "<=",
    section="8.1",
    assumptions=(LABELS, SEEN_BY_SOURCE, "the graph has at most k components"),
    nonnegative=True,
    why="the head's prediction is an oblique projection of norm 1/√c, and leaves a multiple of what F* leaves",
)
def _head(s: Setting) -> Sides:
    # With V orthonormal in span F and V_S its rows on the source, the head predicts PU, P = V V_S⁺ (U_S): a projector onto span V,
    # oblique, of norm 1/σ_min(V_S) = 1/√c. Let R = U - VVᵀU. As (I-P)V = 0, U - PU = (I-P)R, and ||I-P|| = ||P|| for a projector
    # that is neither 0 nor I, so that ||U - PU||² <= ||R||²/c <= φ^ŷ/(c λ_{k+1}) by section 5.2.
    U, predicted, c = _from_source(s)
    return Sides(
        float(np.sum((U - predicted) ** 2)), s.inconsistency / (c * s.lambda_next), scale=1.0 / (c * s.lambda_next)
    )


@states(
    "the errors of a head from the source",
    "Pr[g_S ≠ ŷ] <= 2 φ^ŷ/(c λ_{k+1}), source and target together",
    r"\Pr[g_S \ne \hat y] \le \frac{2\phi^{\hat y}}{c\,\lambda_{k+1}}",
    "THEORY 8.1",
    "<=",
    section="8.1",
    assumptions=(LABELS, SEEN_BY_SOURCE, "the graph has at most k components"),
    of_probability=True,
    why="a wrong argmax costs at least 1/2 in squared error",
)
def _errors(s: Setting) -> Sides:
    _, predicted, c = _from_source(s)
    wrong = predicted.argmax(axis=1) != s.view_labels
    bound = 2.0 * s.inconsistency / (c * s.lambda_next)
    return Sides(float(s.graph.w_x[wrong].sum()), bound, scale=1.0 / (c * s.lambda_next))


@states(
    "averaged features of a source class count walks into it",
    "max |f(x)ᵀΣᵗ⁻¹E[f|S_i] - Pr[X_t ∈ S_i | X_0 = x]/Pr[S_i]| √(w_x Pr[S_i]) <= γ_{k+1}ᵗ, t = 2, Σ = E ffᵀ",
    r"\left|f(x)^\top\Sigma^{t-1}\mathbb E[f|S_i] - \Pr[X_t\in S_i|X_0=x]/\Pr[S_i]\right|"
    r"\sqrt{w_x\Pr[S_i]} \le \gamma_{k+1}^t",
    "THEORY 8.2, after HaoChen et al. 2022",
    "<=",
    section="8.2",
    nonnegative=True,
    assumptions=(LABELS, NO_NEGATIVE),
    why="F Σᵗ⁻¹Fᵀ is Āᵗ without its eigenvalues after the first k, and P = D^-1/2 Ā D^1/2 walks",
)
def _walks(s: Setting) -> Sides:
    # f(x)ᵀΣᵗ⁻¹E[f|S] = Σ_{x' in S} (FΣᵗ⁻¹Fᵀ)_xx' √w_x'/(√w_x Pr[S]), and Pr[X_t in S | x] = Σ_{x' in S} (Āᵗ)_xx' √w_x'/√w_x.
    # Times √(w_x Pr[S]) their difference is an entry of (Āᵗ - FΣᵗ⁻¹Fᵀ) u, with u = √w_x' 1[x' in S]/√Pr[S] a unit vector. A target
    # view is thus labelled by the source class that its walks reach most often for its size, where truncation does not matter.
    s.need_labels()
    s.need_no_negative_eigenvalue()
    source, F = _source(s), s.spectrum.embedding[:, : s.k] * s.root[:, np.newaxis]
    worst = 0.0
    for c in np.unique(s.view_labels[source]):
        unit = s.root * (source & (s.view_labels == c))
        unit = unit / np.linalg.norm(unit)
        walked = s.graph.gram(s.graph.gram(unit[:, np.newaxis]))[:, 0]
        averaged = F @ ((F.T @ F) @ (F.T @ unit))
        worst = max(worst, float(np.abs(averaged - walked).max()))
    return Sides(worst, s.next_bound**2)
