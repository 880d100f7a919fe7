"""Saunshi et al. 2022, Example 1: linear functions find the label where an unrestricted f may find anything at the same loss."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from popgraph.basics.arrays import Floats
from popgraph.downstream import probe
from popgraph.theory.assumptions import KERNEL, LABELS, NotApplicable
from popgraph.theory.setting import Setting
from popgraph.theory.statement import Sides, states

MAX_VIEWS_OF_EXAMPLE = 4_096
EXAMPLE = (
    "the graph is [S22] Example 1: uniform signs, of which all but some coordinates are scaled by one random factor"
)
UNSCALED = "the label is an unscaled coordinate"
FEW_PARITIES = "k is at most the number of parities"
VARIES = "the scale varies: (E τ)² < E τ²"
VARIES_ENOUGH = "1 - ((E τ)²/E τ²)² >= 1/(32k), as for a uniform τ"


@dataclass(frozen=True)
class ScaledSigns:
    """Hold the views as points (N, D), which coordinates are never scaled (D,), and (E τ)²/E τ² of the scale τ."""

    points: Floats
    kept: Any
    theta: float

    @property
    def expected(self) -> Floats:
        """The Ritz values of the linear functions, (D,), in falling order."""
        return np.sort(np.where(self.kept, 1.0, self.theta))[::-1]


def _example(s: Setting) -> ScaledSigns:
    """Return the graph as Example 1; not applicable where it is another."""
    s.need_kernel()
    other = NotApplicable(f"it is about [S22] Example 1: {EXAMPLE.partition(': ')[2]}", EXAMPLE)
    D = len(s.graph.naturals[0]) if isinstance(s.graph.naturals[0], tuple) else 0
    if not (1 < D < 14 and s.graph.n == 2**D and s.N <= MAX_VIEWS_OF_EXAMPLE):
        raise other
    if not all(isinstance(each, tuple) and len(each) == D for each in [*s.graph.naturals, *s.graph.views]):
        raise other
    try:
        signs, points = (np.array(each, dtype=float) for each in (s.graph.naturals, s.graph.views))
    except (TypeError, ValueError):
        raise other from None
    kernel = s.graph.kernel.tocsr()
    if np.any(np.abs(signs) != 1) or np.ptp(s.graph.p) > s.rounding / s.graph.n or np.ptp(np.diff(kernel.indptr)) > 0:
        raise other
    factor = points[kernel.indices] / np.repeat(
        signs, np.diff(kernel.indptr), axis=0
    )  # by which each coordinate is scaled
    kept = np.all(factor == 1.0, axis=0)
    if kept.all() or not kept.any():
        raise other
    tau = factor[:, ~kept]
    order = np.lexsort((tau[:, 0], np.repeat(np.arange(s.graph.n), np.diff(kernel.indptr))))
    scales, law = tau[order, 0].reshape(s.graph.n, -1), kernel.data[order].reshape(s.graph.n, -1)
    if (
        np.any(tau != tau[:, :1])
        or np.any(tau <= 0)
        or np.ptp(scales, axis=0).max() > 0
        or np.ptp(law, axis=0).max() > 1e-12
    ):
        raise other
    first = float(law[0] @ scales[0])
    return ScaledSigns(points, kept, first**2 / float(law[0] @ scales[0] ** 2))


def _label_coordinate(s: Setting, example: ScaledSigns) -> int:
    """Return the number of the unscaled coordinate whose sign is the label."""
    y, r = s.y
    signs = np.sign(np.array(s.graph.naturals, dtype=float))
    for coordinate in np.flatnonzero(example.kept):
        if r == 2 and len(set(zip(signs[:, coordinate].tolist(), y.tolist(), strict=True))) == 2:
            return int(coordinate)
    raise NotApplicable("the label is not the sign of an unscaled coordinate", UNSCALED)


@states(
    "Example 1's linear Ritz values",
    "max |θ - (1 for each unscaled coordinate, (E τ)²/E τ² for each scaled)| = 0",
    r"\theta = 1, \dots, 1, (\mathbb E\tau)^2/\mathbb E\tau^2, \dots",
    "S22 Example 1; THEORY 7.6",
    section="7.6",
    assumptions=(
        KERNEL,
        EXAMPLE,
    ),
    why="coordinates are uncorrelated, within a view and within a pair",
)
def _ritz_values(s: Setting) -> Sides:
    example = _example(s)
    theta = s.graph.spectrum(example.points.shape[1], features=example.points).gamma
    return Sides(float(np.abs(theta - example.expected).max()), 0.0, tolerance=1e-9)


def _spurious(s: Setting, example: ScaledSigns) -> Floats:
    """Return k parities of the scaled coordinates' signs, (N, k), which the label is independent of."""
    scaled = np.flatnonzero(~example.kept)
    if s.k > 2 ** len(scaled):
        raise NotApplicable(
            f"{len(scaled)} scaled coordinates have {2 ** len(scaled)} parities, and k = {s.k}", FEW_PARITIES
        )
    signs = np.sign(example.points[:, scaled])
    subsets = [[bit for bit in range(len(scaled)) if which >> bit & 1] for which in range(s.k)]
    return np.column_stack([signs[:, subset].prod(axis=1) for subset in subsets])


@states(
    "a spurious f has the least loss",
    "L(parities of the scaled coordinates) = -Σ γ_i²",
    r"L(\chi_1, \dots, \chi_k) = -\sum_{i\le k}\gamma_i^2",
    "S22 Example 1; THEORY 7.6",
    section="7.6",
    assumptions=(KERNEL, EXAMPLE, FEW_PARITIES),
    why="no view has two naturals, so that any k orthonormal functions of the natural have eigenvalue 1",
)
def _spurious_loss(s: Setting) -> Sides:
    f = _spurious(s, _example(s))
    return Sides(s.loss(f), -float(np.sum(s.reached[: s.k] ** 2)), tolerance=1e-9 * s.k)


@states(
    "a spurious f has a probe at chance",
    "E(parities of the scaled coordinates) = 1 - max_i Pr[y = i]",
    r"\mathcal E(\chi_1, \dots, \chi_k) = 1 - \max_i \Pr[y=i]",
    "S22 Example 1; THEORY 7.6",
    section="7.6",
    assumptions=(KERNEL, EXAMPLE, LABELS, UNSCALED, FEW_PARITIES),
    why="the label is independent of all scaled coordinates",
)
def _spurious_probe(s: Setting) -> Sides:
    example = _example(s)
    _label_coordinate(s, example)
    y, r = s.y
    most = max(float(s.graph.p[y == c].sum()) for c in range(r))
    return Sides(probe(s.graph, _spurious(s, example), labels=s.labels).error, 1.0 - most)


def _linear(s: Setting) -> tuple[float, float, ScaledSigns]:
    """Return min_b E(y - bᵀf)² and L(f) - inf L of a linear f near the minimiser, with an output for each kept coordinate."""
    example = _example(s)
    target = np.sign(example.points[:, _label_coordinate(s, example)])
    count = int(example.kept.sum())
    W = np.eye(len(example.kept))[:, example.kept] + 0.2 * s.rng.standard_normal((len(example.kept), count))
    f = example.points @ W
    F, t = f * s.root[:, np.newaxis], target * s.root
    left = float(np.sum((t - F @ np.linalg.lstsq(F, t, rcond=None)[0]) ** 2))
    return left, s.loss(f) + count, example


@states(
    "Corollary 4.2 of S22",
    "min_b E(y - bᵀf)² <= 32 k (L(f) - inf L), f linear with one output for each of k unscaled coordinates",
    r"L_{\mathrm{clf}}(f) \le 32 k\,(L(f) - \inf_{\mathrm{linear}} L)",
    "S22 Corollary 4.2; THEORY 7.7",
    "<=",
    section="7.7",
    nonnegative=True,
    assumptions=(KERNEL, EXAMPLE, LABELS, UNSCALED, VARIES_ENOUGH),
    why="it follows from the sharper bound by 1/(1-θ²) below",
)
def _corollary(s: Setting) -> Sides:
    left, excess, example = _linear(s)
    k = int(example.kept.sum())
    if 1.0 - example.theta**2 < 1.0 / (32 * k):
        raise NotApplicable(
            f"the scale hardly varies: (E τ)²/E τ² = {example.theta:.4g}, too near 1 for the constant 32k",
            VARIES_ENOUGH,
        )
    return Sides(left, 32.0 * k * excess)


@states(
    "the excess loss of a linear f bounds its probe",
    "min_b E(y - bᵀf)² <= (L(f) - inf L)/(1 - θ²), θ = (E τ)²/E τ²",
    r"\min_b \mathbb E(y - b^\top f)^2 \le (L(f)-\inf L)/(1-\theta^2)",
    "THEORY 7.7",
    "<=",
    section="7.7",
    nonnegative=True,
    assumptions=(KERNEL, EXAMPLE, LABELS, UNSCALED, VARIES),
    why="the excess loss bounds the angle to the unscaled coordinates, one of which is the label",
)
def _sharper(s: Setting) -> Sides:
    # Section 3.5 within the class: ||sin Θ||² <= (L(f) - inf L)/(θ_k² - θ_{k+1}²), where θ_k = 1 and θ_{k+1} = θ. The label is one
    # of the k unscaled coordinates, a unit vector of their span, whose part outside span F has a square of at most ||sin Θ||².
    left, excess, example = _linear(s)
    if 1.0 - example.theta**2 <= s.gamma_rounding:
        raise NotApplicable("the scale hardly varies: θ = 1", VARIES)
    return Sides(left, excess / (1.0 - example.theta**2), scale=1.0 / (1.0 - example.theta**2))
