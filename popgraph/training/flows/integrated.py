"""Rules without a closed form, integrated in the modes; and linear Barlow Twins where the start is aligned, which has one.

An integration goes on after the last time until the state rests, so that the limit and the switch-on times are those of one run.
"""

from dataclasses import dataclass

import numpy as np

from popgraph.basics.arrays import Floats
from popgraph.basics.extras import import_uninterrupted
from popgraph.errors import NotConverged
from popgraph.training.flows.rules import Rule, State
from popgraph.training.flows.solution import Solution, amounts_of

RELATIVE_ERROR, ABSOLUTE_ERROR = 1e-12, 1e-15  # of a step of the integration; the latter beside the size of the state
# Measured against a run of tolerance 1e-13: the errors of all steps add up to at most so many times the former
ERRORS_ADD_UP = 100.0
AT_REST = 1e-11  # the velocity beside the size of the state; the noise of steps of this error keeps it above 1e-12
MAX_ODE_STEPS = 10_000
FIRST_HORIZON = 1e15  # of a run that ends by itself where the state rests
RESTS_BELOW = 1e-10  # beside the largest amount: what decays to 0 is never quite there
HALVINGS_OF_A_STEP = 50


def logistic(a: Floats, b: Floats, x_0: Floats, times: Floats) -> Floats:
    """Return the solution of x' = ax - bx², x(0) = x_0, at each time, (T, m); without overflow for either sign of a."""
    t = times[:, None]
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        shrunk = np.exp(-a * t)
        saturation = np.where(a == 0, t, -np.expm1(-a * t) / np.where(a == 0, 1.0, a))
        return np.asarray(np.where(np.isinf(shrunk), 0.0, x_0 / (shrunk + b * x_0 * saturation)))


def solve_aligned_barlow(rule: Rule, start: Floats, times: Floats | None) -> tuple[Floats, Solution]:
    """Return the flow of linear Barlow Twins from an aligned start: x = s² has x' = (8γ - 4λ)x - 8γ²x² [THEORY 13.2]."""
    a, b, x_0 = 8.0 * rule.gamma - 4.0 * rule.weight_decay, 8.0 * rule.gamma**2, amounts_of(start)
    final = np.where(a > 0, rule.fixed_points, 0.0)
    final = np.where((rule.gamma == 0) & (a == 0), x_0, final)  # the kernel of Ā is not seen, and stays as it was
    with np.errstate(divide="ignore", invalid="ignore"):
        # x/(x_f - x) grows as e^{at}, and is 1 at half of the final amount
        half = np.where(final > 0, np.maximum(np.log((final - x_0) / x_0) / np.where(a > 0, a, 1.0), 0.0), np.nan)
    switch_on = np.where((final > 0) & (2 * x_0 >= final), 0.0, half)
    if times is None:
        times = np.linspace(0.0, _horizon(switch_on, a), 101)
    F = np.sqrt(logistic(a, b, x_0, times) / x_0)[:, :, None] * start
    limit = np.sqrt(final / x_0)[:, None] * start
    return times, Solution(F, limit, final, switch_on, 0.0, True, "aligned start: each mode by its closed form")


def _horizon(switch_on: Floats, rates: Floats) -> float:
    """Return twice the last switch-on, or where there is none the time of the fastest rate."""
    on = switch_on[switch_on > 0]
    fastest = float(np.abs(rates).max(initial=0.0))
    return 2.0 * float(on.max()) if len(on) else 4.0 / fastest if fastest > 0 else 1.0


@dataclass
class Run:
    """An integration from time 0: what it gives at the times asked for, and at the end."""

    at_times: list[Floats]
    last: Floats
    settled: bool
    end: float
    switch_on: Floats


def solve_by_integration(rule: Rule, state: State, times: Floats | None) -> tuple[Floats, Solution]:
    """Return the flow of a rule from a state by the method of Dormand and Prince of order 8; raises NotConverged."""
    m, k = state.F.shape
    z = state.packed()
    asked = np.zeros(1) if times is None else times
    first = _integrate(rule, z, k, asked, None)
    if len(first.at_times) < len(asked):
        raise NotConverged(
            f"times reach {asked[-1]:g}; {MAX_ODE_STEPS:,} steps of integrating rule {rule.name} led to {first.end:.4g}, and "
            "the state does not rest: give times up to there"
        )
    final = amounts_of(rule.unpacked(first.last, k).F) if first.settled else np.full(m, np.nan)
    final[final <= RESTS_BELOW * max(1.0, float(np.nanmax(final, initial=0.0)))] = 0.0
    switch_on = np.full(m, np.nan)
    if (final > 0).any():
        switch_on = _integrate(rule, z, k, np.zeros(1), final).switch_on
    if times is None:
        slow = 4.0 / rule.weight_decay if rule.weight_decay > 0 else np.inf
        on = switch_on[switch_on > 0]
        end = min(first.end, 2.0 * float(on.max()) if len(on) else slow)
        times = np.linspace(0.0, end if end > 0 else 1.0, 101)
        first = _integrate(rule, z, k, times, None)
    states = [rule.unpacked(each, k) for each in first.at_times]
    last = rule.unpacked(first.last, k).F
    predictors = np.stack([s.P for s in states if s.P is not None]) if rule.predicts else None
    targets = np.stack([s.target for s in states if s.target is not None]) if state.target is not None else None
    return times, Solution(
        np.stack([s.F for s in states]),
        np.where(final[:, None] > 0, last, 0.0) if first.settled else None,
        final,
        switch_on,
        ERRORS_ADD_UP * RELATIVE_ERROR * max(1.0, float(np.abs(z).max())),
        False,
        f"integrated in the modes by order 8 with relative error {RELATIVE_ERROR:.0e} a step, until "
        + (f"it rests at t = {first.end:.4g}" if first.settled else f"t = {first.end:.4g}, where it does not yet rest"),
        predictors,
        targets,
    )


def _integrate(rule: Rule, z: Floats, k: int, times: Floats, final: Floats | None) -> Run:
    """Integrate until the state rests, or for `MAX_ODE_STEPS`; of `final` amounts, find when half of each is first held."""
    solver_class = import_uninterrupted("scipy.integrate").DOP853
    size = max(float(np.abs(z).max(initial=0.0)), 1e-300)
    solver = solver_class(
        lambda t, y: rule.of_vector(y, k),
        0.0,
        z,
        FIRST_HORIZON,
        rtol=RELATIVE_ERROR,
        atol=ABSOLUTE_ERROR * min(size, 1.0),
    )
    m = len(rule.gamma)
    switch_on = np.full(m, np.nan)
    found = [z for t in times if t == 0]
    if final is not None:
        switch_on[(final > 0) & (2 * amounts_of(rule.unpacked(z, k).F) >= final)] = 0.0
    for _ in range(MAX_ODE_STEPS):
        speed = float(np.abs(solver.f).max(initial=0.0))
        if speed <= AT_REST * max(size, float(np.abs(solver.y).max(initial=0.0))):
            found += [solver.y] * (len(times) - len(found))
            return Run(found, solver.y, True, solver.t, switch_on)
        solver.step()
        if solver.status == "failed":
            break
        inside = times[len(found) :][times[len(found) :] <= solver.t]
        crossed: list[int] = []
        if final is not None:
            held = amounts_of(rule.unpacked(solver.y, k).F)
            crossed = np.flatnonzero(np.isnan(switch_on) & (final > 0) & (2 * held >= final)).tolist()
            if not np.isnan(switch_on[final > 0]).any():
                break
        if len(inside) or crossed:
            between = solver.dense_output()
            found += [between(t) for t in inside]
            for mode in crossed:
                switch_on[mode] = _half(rule, between, (solver.t_old, solver.t), k, mode, final[mode] / 2)  # type: ignore[index]
    return Run(found, solver.y, False, solver.t, switch_on)


def _half(rule: Rule, between, ends, k: int, mode: int, half: float) -> float:  # type: ignore[no-untyped-def]
    """Return when a mode first holds so much between the ends of one step."""
    low, high = ends
    for _ in range(HALVINGS_OF_A_STEP):
        middle = (low + high) / 2
        reached = amounts_of(rule.unpacked(between(middle), k).F)[mode] >= half
        low, high = (low, middle) if reached else (middle, high)
    return float(high)
