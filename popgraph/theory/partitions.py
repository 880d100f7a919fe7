"""Partitions: Cheeger's inequality, its higher orders (Lee, Oveis Gharan and Trevisan 2014), and the probe bounds that use them."""

import numpy as np

from popgraph.basics.arrays import Floats
from popgraph.downstream import (
    MAX_VIEWS_SEARCHED,
    Partition,
    probe,
    sparsest_partition,
    sparsest_partitions,
    steps_of_search,
)
from popgraph.populations import PopulationGraph, pair_draws
from popgraph.theory.assumptions import (
    KERNEL,
    LABELS,
    LEFT_OUT,
    MORE_THAN_COMPONENTS,
    POSITIVE_GAMMA,
    TWO_VIEWS,
    NotApplicable,
    Skipped,
    Vacuous,
)
from popgraph.theory.setting import Setting
from popgraph.theory.statement import Sides, nearest, states
from popgraph.theory.votes import least_error

# Pairs of sets that are compared for a ρ_m that nobody asked for: they take 10 ms. ρ_5 of 13 views takes 4.8 million, and of 16
# views 129 million, which take 0.25 s.
MAX_STEPS_UNASKED = 5_000_000

# What these statements assume besides, and how far ρ_m is searched for
FEW_TO_PART = f"N <= {MAX_VIEWS_SEARCHED}"
PARTS = "fewer components than the largest m, min(N, 5)"
FEW_PARTS = "at most 4 components, or one for each view"
ORDERS = "some m from 3 to min(N, 5) is above the number of components"
HALF_OF_K = "1 <= ⌊k/2⌋ <= 6"
TWICE_R = "k >= 2r, with r classes"
FOUR_TIMES_R = "k >= 4r + 2, with r classes"


def _exact(s: Setting, m: int) -> Partition:
    """Return the sparsest m-partition of a graph of few views; `Skipped` where that takes long and was not asked for."""
    if s.N > MAX_VIEWS_SEARCHED:
        raise NotApplicable(f"ρ_m is computed up to {MAX_VIEWS_SEARCHED} views; this graph has {s.N:,}", FEW_TO_PART)
    steps = steps_of_search(s.graph, m)
    if steps > MAX_STEPS_UNASKED and not s.rho_is_asked_for:
        raise Skipped(
            f"ρ_{m} of {s.N} views takes a search of {steps:,} steps, made on request: theory.check(..., rho=True)"
        )
    if m not in s.partitions:
        # The tables for m parts serve all smaller m too, of which most statements ask for several
        smaller = [j for j in range(1, m) if j not in s.partitions]
        s.partitions |= sparsest_partitions(s.graph, [*smaller, m])
    return s.partitions[m]


def _largest_m(s: Setting) -> int:
    """Return the largest m whose ρ_m is computed; the search takes long for a larger one."""
    return min(s.N, 5)


def _lambda(s: Setting, m: int) -> float:
    """Return λ_m = 1 - γ_m."""
    return 1.0 - float(s.all_eigenpairs.gamma[m - 1])


@states(
    "ρ grows with m",
    "ρ_m <= ρ_{m+1} at the m where they are nearest",
    r"\rho_m \le \rho_{m+1}",
    "THEORY 6.1",
    "<=",
    section="6.1",
    assumptions=(
        FEW_TO_PART,
        PARTS,
    ),
    why="join two parts of the best m+1: no conductance of a union is above the larger of theirs",
)
def _grows(s: Setting) -> Sides:
    """Leave out the m up to the number of components, where both are 0."""
    first, last = s.graph.component_count, _largest_m(s)
    if first >= last:
        raise NotApplicable(
            f"there are {first} components, and ρ_m is computed up to m = {last}: no two of them are above 0", PARTS
        )
    # The largest m comes first, as its tables serve them all
    rho = [_exact(s, m).rho for m in range(last, first - 1, -1)][::-1]
    m = nearest(np.diff(rho), s.rounding)
    return Sides(rho[m], rho[m + 1], note=f"m = {first + m}")


@states(
    "ρ counts the components",
    "#{m : ρ_m = 0} = components",
    r"\rho_m = 0 \iff m \le \#\text{components}",
    "THEORY 6.1",
    section="6.1",
    assumptions=(
        FEW_TO_PART,
        FEW_PARTS,
    ),
    why="a part of conductance 0 is a union of components",
)
def _zero(s: Setting) -> Sides:
    count = s.graph.component_count
    if count + 1 > _largest_m(s) and count < s.N:
        raise NotApplicable(f"ρ_m is computed up to m = 5; this graph has {count} components", FEW_PARTS)
    return Sides(
        float(sum(_exact(s, m).rho == 0 for m in range(1, min(s.N, count + 1) + 1))), float(count), tolerance=0.0
    )


@states(
    "ρ_N",
    "ρ_N = max (1 - w_xx/w_x)",
    r"\rho_N = \max_x (1 - w_{xx}/w_x)",
    "THEORY 6.1",
    section="6.1",
    why="the parts are the single views, and a view's conductance is 1 - w_xx/w_x",
)
def _last(s: Setting) -> Sides:
    if isinstance(s.graph, PopulationGraph):
        p, A = pair_draws(s.graph)
        own = A.power(2).T @ p
    else:
        own = s.w.diagonal()
    trivial = "one part of one view is the whole graph" if s.N == 1 else ""
    largest = float(np.max(1.0 - own / s.graph.w_x))
    return Sides(sparsest_partition(s.graph, s.N).rho, largest, tolerance=1e-8, trivial=trivial)


@states(
    "Cheeger from below",
    "λ_2/2 <= ρ_2",
    r"\lambda_2/2 \le \rho_2",
    "Cheeger; THEORY 6.2",
    "<=",
    section="6.2",
    assumptions=(
        TWO_VIEWS,
        FEW_TO_PART,
    ),
    why="the indicator of the better part, made orthogonal to √w_x, has a Rayleigh quotient of at most 2ρ_2",
)
def _cheeger_below(s: Setting) -> Sides:
    if s.N < 2:
        raise NotApplicable("there is one view", TWO_VIEWS)
    rho = _exact(s, 2).rho
    return Sides(_lambda(s, 2) / 2.0, rho)


@states(
    "Cheeger from above",
    "ρ_2 <= √(2 λ_2)",
    r"\rho_2 \le \sqrt{2\lambda_2}",
    "Cheeger; THEORY 6.2",
    "<=",
    section="6.2",
    assumptions=(
        TWO_VIEWS,
        FEW_TO_PART,
    ),
    why="cut the second eigenfunction at its best level; by Cauchy and Schwarz a level has conductance √(2λ_2) or less",
)
def _cheeger_above(s: Setting) -> Sides:
    if s.N < 2:
        raise NotApplicable("there is one view", TWO_VIEWS)
    return Sides(_exact(s, 2).rho, float(np.sqrt(2.0 * max(0.0, _lambda(s, 2)))), tolerance=1e-6)


@states(
    "Cheeger of higher order",
    "λ_m/2 <= ρ_m at the m >= 3 where they are nearest",
    r"\lambda_m/2 \le \rho_m",
    "LGT; THEORY 6.2",
    "<=",
    section="6.2",
    assumptions=(
        FEW_TO_PART,
        ORDERS,
    ),
    why="the m indicators span m dimensions, of Rayleigh quotients of at most 2ρ_m",
)
def _higher(s: Setting) -> Sides:
    """Leave out the m up to the number of components, where both are 0."""
    first, last = max(3, s.graph.component_count + 1), _largest_m(s)
    if first > last:
        raise NotApplicable(
            f"{s.N} views, {s.graph.component_count} components and m up to {last} leave no m >= 3 with ρ_m > 0", ORDERS
        )
    rho = {m: _exact(s, m).rho for m in range(last, first - 1, -1)}
    m = min(rho, key=lambda m: rho[m] - _lambda(s, m) / 2.0)
    return Sides(_lambda(s, m) / 2.0, rho[m], note=f"m = {m}")


def _half(s: Setting) -> float:
    """Return ρ_⌊k/2⌋, which the theorems divide by; vacuous where it is 0."""
    if s.k < 2:
        raise NotApplicable(f"⌊k/2⌋ = 0 at k = {s.k}", HALF_OF_K)
    if s.k // 2 > 6:
        raise NotApplicable(f"ρ_m is computed up to m = 6; ⌊k/2⌋ = {s.k // 2}", HALF_OF_K)
    rho = _exact(s, s.k // 2).rho
    if rho == 0:
        raise Vacuous(
            f"⌊k/2⌋ = {s.k // 2} is at most the number of components, {s.graph.component_count}, so ρ_⌊k/2⌋ = 0"
        )
    return rho


@states(
    "Louis and Makarychev",
    "ρ_⌊k/2⌋²/log k <~ λ_{k+1}",
    r"\lambda_{k+1} \gtrsim \rho_{\lfloor k/2\rfloor}^2/\log k",
    "THEORY 6.2",
    "<~",
    section="6.2",
    assumptions=(
        HALF_OF_K,
        LEFT_OUT,
        FEW_TO_PART,
        MORE_THAN_COMPONENTS,
    ),
    why="their theorem on small-set expansion; its constant is hidden",
    nonnegative=True,
)
def _louis(s: Setting) -> Sides:
    rho = _half(s)
    if s.k >= s.N:
        raise NotApplicable(f"λ_{s.k + 1} is beyond the {s.N} views", LEFT_OUT)
    return Sides(rho**2 / float(np.log(s.k)), s.lambda_next)


@states(
    "Theorem 3.7",
    "E(f) <~ α/ρ_⌊k/2⌋²",
    r"\mathcal E(f) \lesssim \alpha/\rho_{\lfloor k/2\rfloor}^2",
    "H21 Theorem 3.7 in the NeurIPS text, 3.8 in arXiv v7",
    "<~",
    section="5.5",
    assumptions=(
        LABELS,
        KERNEL,
        TWICE_R,
        HALF_OF_K,
        FEW_TO_PART,
    ),
    why="the bound by α/λ_{k+1}, with Louis and Makarychev for λ_{k+1}; the constant is hidden",
    of_probability=True,
)
def _theorem(s: Setting) -> Sides:
    _, r = s.y
    s.need_kernel()
    if s.k < 2 * r:
        raise NotApplicable(f"the theorem needs k >= 2r = {2 * r}; k = {s.k}", TWICE_R)
    bound = s.alpha / _half(s) ** 2
    error, remark = least_error(s)
    return Sides(error, bound, note=remark)


def _imperfect(s: Setting) -> tuple[Floats, float]:
    """Return a minimiser with noise, (N, k), and its excess loss, below γ_k²/2."""
    f, noise = s.spectrum.embedding[:, : s.k], s.random_embedding()
    least, size = -float(np.sum(s.reached[: s.k] ** 2)), 1.0
    while True:
        noisy = f + size * noise
        excess = s.loss(noisy) - least
        if excess < s.gamma[s.k - 1] ** 2 / 2:
            return noisy, max(0.0, excess)
        size /= 2.0


@states(
    "Theorem 4.2",
    "E(f) <~ (α/ρ_⌊k/2⌋²) log k + kε/(γ_⌊3k/4⌋ - γ_k)², f of excess loss ε",
    r"\mathcal E(f) \lesssim \alpha\log k/\rho_{\lfloor k/2\rfloor}^2"
    r" + k\epsilon/(\gamma_{\lfloor 3k/4\rfloor}-\gamma_k)^2",
    "H21 Theorem 4.2 in the NeurIPS text",
    "<~",
    section="5.6",
    assumptions=(
        LABELS,
        KERNEL,
        FOUR_TIMES_R,
        HALF_OF_K,
        FEW_TO_PART,
        POSITIVE_GAMMA,
    ),
    why="as for the minimiser, and the excess loss bounds what f loses of the leading eigenvectors; constants hidden",
    of_probability=True,
)
def _imperfect_theorem(s: Setting) -> Sides:
    _, r = s.y
    s.need_kernel()
    if s.k < 4 * r + 2:
        raise NotApplicable(f"the theorem needs k >= 4r + 2 = {4 * r + 2}; k = {s.k}", FOUR_TIMES_R)
    gap = float(s.gamma[3 * s.k // 4 - 1] - s.gamma[s.k - 1])
    if gap <= s.gamma_rounding:
        raise Vacuous(f"γ_{3 * s.k // 4} = γ_{s.k}: the bound is infinite")
    if s.gamma[s.k - 1] <= s.gamma_rounding:
        raise NotApplicable(f"γ_{s.k} = 0: no excess loss is below its square", POSITIVE_GAMMA)
    rho = _half(s)
    f, excess = _imperfect(s)
    probed = probe(s.graph, f, labels=s.labels)
    bound = s.alpha / rho**2 * float(np.log(s.k)) + s.k * excess / gap**2
    remark = "" if probed.optimal else "; E(f) is at most this, the error of the least-squares head"
    return Sides(probed.error, bound, note=f"ε = {excess:.3g}{remark}")
