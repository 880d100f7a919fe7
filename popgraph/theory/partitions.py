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
from popgraph.theory.assumptions import NotApplicable, Skipped, Vacuous
from popgraph.theory.haochen2021 import _head_error
from popgraph.theory.setting import Setting
from popgraph.theory.statement import Sides, states

# Pairs of sets that are compared for a ρ_m that nobody asked for: they take 10 ms. ρ_5 of 13 views takes 4.8 million, and of 16
# views 129 million, which take 0.25 s.
MAX_STEPS_UNASKED = 5_000_000


def _exact(s: Setting, m: int) -> Partition:
    """Return the sparsest m-partition of a graph of few views; `Skipped` where that takes long and was not asked for."""
    if s.N > MAX_VIEWS_SEARCHED:
        raise NotApplicable(f"ρ_m is computed up to {MAX_VIEWS_SEARCHED} views; this graph has {s.N:,}")
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


@states("ρ grows with m", "max (ρ_m - ρ_{m+1}) <= 0", r"\rho_m \le \rho_{m+1}", "THEORY 6.1", "<=")
def _grows(s: Setting) -> Sides:
    rho = [_exact(s, m).rho for m in range(_largest_m(s), 0, -1)][
        ::-1
    ]  # the largest first, whose tables serve them all
    return Sides(float(np.max(-np.diff(rho), initial=-np.inf)) if len(rho) > 1 else 0.0, 0.0)


@states(
    "ρ counts the components", "#{m : ρ_m = 0} = components", r"\rho_m = 0 \iff m \le \#\text{components}", "THEORY 6.1"
)
def _zero(s: Setting) -> Sides:
    count = s.graph.component_count
    if count + 1 > _largest_m(s) and count < s.N:
        raise NotApplicable(f"ρ_m is computed up to m = 5; this graph has {count} components")
    return Sides(
        float(sum(_exact(s, m).rho == 0 for m in range(1, min(s.N, count + 1) + 1))), float(count), tolerance=0.0
    )


@states("ρ_N", "ρ_N = max (1 - w_xx/w_x)", r"\rho_N = \max_x (1 - w_{xx}/w_x)", "THEORY 6.1")
def _last(s: Setting) -> Sides:
    if isinstance(s.graph, PopulationGraph):
        p, A = pair_draws(s.graph)
        own = A.power(2).T @ p
    else:
        own = s.w.diagonal()
    return Sides(sparsest_partition(s.graph, s.N).rho, float(np.max(1.0 - own / s.graph.w_x)), tolerance=1e-8)


@states("Cheeger from below", "λ_2/2 <= ρ_2", r"\lambda_2/2 \le \rho_2", "Cheeger; THEORY 6.2", "<=")
def _cheeger_below(s: Setting) -> Sides:
    if s.N < 2:
        raise NotApplicable("there is one view")
    return Sides(_lambda(s, 2) / 2.0, _exact(s, 2).rho)


@states("Cheeger from above", "ρ_2 <= √(2 λ_2)", r"\rho_2 \le \sqrt{2\lambda_2}", "Cheeger; THEORY 6.2", "<=")
def _cheeger_above(s: Setting) -> Sides:
    if s.N < 2:
        raise NotApplicable("there is one view")
    return Sides(_exact(s, 2).rho, float(np.sqrt(2.0 * max(0.0, _lambda(s, 2)))), tolerance=1e-6)


@states("Cheeger of higher order", "max (λ_m/2 - ρ_m) <= 0", r"\lambda_m/2 \le \rho_m", "LGT; THEORY 6.2", "<=")
def _higher(s: Setting) -> Sides:
    excess = [_lambda(s, m) / 2.0 - _exact(s, m).rho for m in range(_largest_m(s), 0, -1)]
    return Sides(max(excess), 0.0)


def _half(s: Setting) -> float:
    """Return ρ_⌊k/2⌋, which the theorems divide by; vacuous where it is 0."""
    if s.k < 2:
        raise NotApplicable(f"⌊k/2⌋ = 0 at k = {s.k}")
    if s.k // 2 > 6:
        raise NotApplicable(f"ρ_m is computed up to m = 6; ⌊k/2⌋ = {s.k // 2}")
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
)
def _louis(s: Setting) -> Sides:
    rho = _half(s)
    if s.k >= s.N:
        raise NotApplicable(f"λ_{s.k + 1} is beyond the {s.N} views")
    return Sides(rho**2 / float(np.log(s.k)), s.lambda_next)


@states(
    "Theorem 3.7",
    "E(f) <~ α/ρ_⌊k/2⌋²",
    r"\mathcal E(f) \lesssim \alpha/\rho_{\lfloor k/2\rfloor}^2",
    "H21 Theorem 3.7",
    "<~",
)
def _theorem(s: Setting) -> Sides:
    _, r = s.y
    s.need_kernel()
    if s.k < 2 * r:
        raise NotApplicable(f"the theorem needs k >= 2r = {2 * r}; k = {s.k}")
    return Sides(_head_error(s), s.alpha / _half(s) ** 2)


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
    "H21 Theorem 4.2",
    "<~",
)
def _imperfect_theorem(s: Setting) -> Sides:
    _, r = s.y
    s.need_kernel()
    if s.k < 4 * r + 2:
        raise NotApplicable(f"the theorem needs k >= 4r + 2 = {4 * r + 2}; k = {s.k}")
    gap = float(s.gamma[3 * s.k // 4 - 1] - s.gamma[s.k - 1])
    if gap <= s.gamma_rounding:
        raise NotApplicable(f"γ_{3 * s.k // 4} = γ_{s.k}: the bound is infinite")
    if s.gamma[s.k - 1] <= s.gamma_rounding:
        raise NotApplicable(f"γ_{s.k} = 0: no excess loss is below its square")
    rho = _half(s)
    f, excess = _imperfect(s)
    error = probe(s.graph, f, labels=s.labels).error
    return Sides(error, s.alpha / rho**2 * float(np.log(s.k)) + s.k * excess / gap**2, note=f"ε = {excess:.3g}")
