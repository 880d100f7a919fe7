"""Classes of functions (HaoChen and Ma 2023; Saunshi et al. 2022) and finite samples (Weyl; Davis and Kahan)."""

import numpy as np

from popgraph.populations import PopulationGraph, build, pair_draws
from popgraph.spectrum import Spectrum
from popgraph.theory.assumptions import KERNEL, LEFT_OUT, NotApplicable
from popgraph.theory.setting import Setting
from popgraph.theory.statement import Sides, nearest, states
from popgraph.verification import Comparison, compare

MAX_VIEWS_COMPARED = 1_000  # of a graph that is compared with a sampled one, at the cost of ten spectra
FEW_TO_COMPARE = f"N <= {MAX_VIEWS_COMPARED:,}"
APART = "γ_k > γ_{k+1} in both graphs, and the first k of one are above the others of the other"


def _ritz(s: Setting) -> Spectrum:
    """Return the Ritz pairs of k + 1 random features, or of N where there are fewer views."""
    d = min(s.k + 1, s.N)
    features = s.rng.standard_normal((s.N, d)) / s.root[:, np.newaxis]
    ritz: Spectrum = s.graph.spectrum(min(s.k, d), features=features)
    return ritz


@states(
    "Ritz values interlace",
    "θ_i <= γ_i at the i where they are nearest, features random",
    r"\theta_i \le \gamma_i",
    "H23; THEORY 7",
    "<=",
    section="7",
    why="the largest trace of Ā on i dimensions is not larger inside a class (Courant and Fischer)",
)
def _interlace(s: Setting) -> Sides:
    theta = _ritz(s).gamma
    i = nearest(s.gamma[: len(theta)] - theta, s.rounding)
    trivial = f"{s.N} features span all functions of {s.N} views" if s.k + 1 >= s.N else ""
    return Sides(float(theta[i]), float(s.gamma[i]), tolerance=1e-9, note=f"i = {i + 1}", trivial=trivial)


@states(
    "the minimum over a class",
    "L(f_class) = -Σ θ_i²",
    r"\min_W L(W^\top\psi) = -\sum\theta_i^2",
    "H23; THEORY 7",
    section="7",
    why="Eckart, Young and Mirsky for Ā between the projectors on the class",
)
def _class_minimum(s: Setting) -> Sides:
    ritz = _ritz(s)
    return Sides(s.loss(ritz.embedding), -float(np.sum(np.maximum(ritz.gamma, 0.0) ** 2)), tolerance=1e-8 * s.k)


@states(
    "a class that holds F* loses nothing",
    "max |θ_i - γ_i| = 0, features F* and noise",
    r"F^* \subset \Psi \Rightarrow \theta_i = \gamma_i",
    "H23; THEORY 7",
    section="7",
    assumptions=(LEFT_OUT,),
    why="the Ritz values are then bounded by the γ_i, and attained at F*",
)
def _holding(s: Setting) -> Sides:
    if s.k + 1 > s.N:
        raise NotApplicable("there is no room for a feature besides F*", LEFT_OUT)
    features = np.column_stack([s.spectrum.eigenfunctions[:, : s.k], s.rng.standard_normal(s.N) / s.root])
    theta = s.graph.spectrum(s.k, features=features).gamma
    return Sides(float(np.abs(theta - s.gamma[: s.k]).max()), 0.0, tolerance=1e-8)


def _sampled(s: Setting) -> Comparison:
    """Compare the graph with that of n sampled naturals, 500 at most."""
    if s.sampled is not None:
        return s.sampled
    s.need_kernel()
    if s.N > MAX_VIEWS_COMPARED:
        raise NotApplicable(
            f"a sampled graph is compared up to {MAX_VIEWS_COMPARED:,} views; this one has {s.N:,}", FEW_TO_COMPARE
        )
    p, kernel = pair_draws(s.graph)
    sample = np.random.default_rng(0).choice(len(p), size=min(len(p), 500), p=p / p.sum())
    chosen, counts = np.unique(sample, return_counts=True)
    A = kernel[chosen]
    reached = np.flatnonzero(np.asarray(A.sum(axis=0)).ravel() > 0)
    sampled: PopulationGraph = build(
        counts / counts.sum(), A[:, reached], views=[s.graph.views[i] for i in reached.tolist()]
    )
    s.sampled = compare(s.graph, sampled, k=min(s.k, len(reached)))
    return s.sampled


@states(
    "Weyl",
    "max |γ̂_i - γ_i| <= ||Â - Ā||",
    r"|\hat\gamma_i - \gamma_i| \le \|\hat A - \bar A\|_2",
    "THEORY 9",
    "<=",
    section="9",
    assumptions=(
        KERNEL,
        FEW_TO_COMPARE,
    ),
    why="γ_i is a maximum of minima of uᵀĀu, each of which moves by at most the norm",
    nonnegative=True,
)
def _weyl(s: Setting) -> Sides:
    comparison = _sampled(s)
    return Sides(float(np.abs(comparison.gamma_other - comparison.gamma).max()), comparison.norm, tolerance=1e-9)


@states(
    "Davis and Kahan",
    "sin Θ <= ||Â - Ā||/separation",
    r"\sin\Theta \le \|\hat A - \bar A\|_2/\delta",
    "THEORY 9",
    "<=",
    section="9",
    assumptions=(
        KERNEL,
        FEW_TO_COMPARE,
        APART,
    ),
    why="U_⊥ᵀ(Â - Ā)U satisfies a Sylvester equation, whose inverse has norm 1/δ",
    nonnegative=True,
)
def _davis_kahan(s: Setting) -> Sides:
    comparison = _sampled(s)
    if comparison.degenerate or comparison.degenerate_other or comparison.separation <= 0:
        raise NotApplicable("a cut is degenerate, or the two spectra overlap at k", APART)
    return Sides(float(np.sin(comparison.angles.max())), comparison.norm / comparison.separation, tolerance=1e-7)
