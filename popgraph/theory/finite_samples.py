"""HaoChen et al. 2021, Theorem 4.1: what minimising the loss of sampled naturals costs on the population."""

from math import comb

import numpy as np

from popgraph.basics.arrays import Floats
from popgraph.populations import PopulationGraph, build, pair_draws
from popgraph.theory.assumptions import KERNEL, NotApplicable
from popgraph.theory.setting import Setting
from popgraph.theory.statement import Sides, states

MAX_VIEWS_SAMPLED = 1_000  # of a graph that is sampled here
FEW_TO_SAMPLE = f"N <= {MAX_VIEWS_SAMPLED:,}"


def rademacher(kappa: float, views: int, size: int) -> float:
    """Return κ/m Σ_x E|sum of c_x signs|, m points spread evenly over the views: the Rademacher complexity of all |f| <= κ."""
    # sup over |f| <= κ of Σ_j σ_j f(x_j) is κ Σ_x |sum of the signs at x|. The mean of |sum of c signs| grows as √c, so that points
    # spread evenly give the most, up to a factor near 1 that a theorem with hidden constants does not tell apart.
    least, more = divmod(size, views)
    return kappa * (more * _mean_of_sum(least + 1) + (views - more) * _mean_of_sum(least)) / size


def _mean_of_sum(count: int) -> float:
    """Return E|σ_1 + .. + σ_c| of independent signs: 2 ⌈c/2⌉ C(c, ⌈c/2⌉)/2^c, as the exact quotient of whole numbers."""
    half = (count + 1) // 2
    return float(2 * half * comb(count, half) / 2**count)


def _sampled_minimiser(s: Setting, size: int) -> Floats:
    """Return the minimiser of the plug-in loss of so many sampled naturals, (N, k), 0 at views that none of them reaches."""
    p, kernel = pair_draws(s.graph)
    drawn = np.random.default_rng(0).choice(len(p), size=size, p=p / p.sum())
    chosen, counts = np.unique(drawn, return_counts=True)
    A = kernel[chosen]
    reached = np.flatnonzero(np.asarray(A.sum(axis=0)).ravel() > 0)
    graph: PopulationGraph = build(counts / counts.sum(), A[:, reached])
    f = np.zeros((s.N, s.k))
    found = graph.spectrum(min(s.k, len(reached))).embedding
    f[reached, : found.shape[1]] = found
    return f


@states(
    "Theorem 4.1",
    "L(f̂) - min L <~ (k²κ² + kκ) R_{n/2}(F) + (kκ² + k²κ⁴)(√(log(2/δ)/n) + δ), F all |f| <= κ, f̂ from n naturals, δ = 1/n",
    r"L(\hat f) - \min L \lesssim (k^2\kappa^2+k\kappa)\hat{\mathcal R}_{n/2}(\mathcal F)"
    r" + (k\kappa^2+k^2\kappa^4)\left(\sqrt{\log(2/\delta)/n}+\delta\right)",
    "H21 Theorem 4.1",
    "<~",
    section="9.1",
    assumptions=(
        KERNEL,
        "|f_i(x)| <= κ in the class, whose population and empirical minimisers are those of all f",
        "f̂ minimises the plug-in loss, as that without i = j has no minimum over all f",
        FEW_TO_SAMPLE,
    ),
    why="uniform deviations of both terms over the class, by Rademacher complexity; constants hidden",
)
def _excess(s: Setting) -> Sides:
    s.need_kernel()
    if s.N > MAX_VIEWS_SAMPLED:
        raise NotApplicable(
            f"naturals are sampled up to {MAX_VIEWS_SAMPLED:,} views; this graph has {s.N:,}", FEW_TO_SAMPLE
        )
    n, k = min(2 * s.graph.n, 500), s.k
    f, delta = _sampled_minimiser(s, n), 1.0 / n
    kappa = float(max(np.abs(f).max(), np.abs(s.spectrum.embedding[:, :k]).max()))
    excess = s.loss(f) + float(np.sum(s.reached[:k] ** 2))
    complexity = rademacher(kappa, s.N, max(1, n // 2))
    spread = float(np.sqrt(np.log(2.0 / delta) / n)) + delta
    right = (k**2 * kappa**2 + k * kappa) * complexity + (k * kappa**2 + k**2 * kappa**4) * spread
    return Sides(excess, right, note=f"n = {n}, κ = {kappa:.3g}")
