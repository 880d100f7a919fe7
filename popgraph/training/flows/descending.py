"""Descent in steps by the rules of a flow: by the whole velocity, in the modes, or for the spectral rule by sampled pairs."""

import numpy as np

from popgraph.basics.arrays import Floats
from popgraph.basics.protocols import ViewedPopulation
from popgraph.errors import InvalidArgument
from popgraph.losses import batch_gradient, spectral
from popgraph.training.flows.rules import Rule, State
from popgraph.training.flows.solution import Solution, amounts_of

MAX_STEPS_OF_DESCENT = 2_000_000
GROWN = 1e100  # beside which no start is large


def steps_of(times: Floats, step: float) -> tuple[Floats, list[int]]:
    """Return the times that steps reach, nearest to those given, and the numbers of these steps."""
    if times[-1] / step > MAX_STEPS_OF_DESCENT:
        raise InvalidArgument(
            f"times reach {times[-1]:g}, which is {times[-1] / step:,.0f} steps of {step:g}; at most {MAX_STEPS_OF_DESCENT:,} are "
            "made: give a longer step, or earlier times"
        )
    numbers = np.unique(np.rint(times / step).astype(int))
    return numbers * step, numbers.tolist()


def descend(rule: Rule, state: State, step: float, numbers: list[int]) -> Solution:
    """Return plain gradient descent, z <- z + step z', after these numbers of steps."""
    k = state.F.shape[1]
    z, done, states = state.packed(), 0, []
    with np.errstate(over="ignore", invalid="ignore"):
        for number in numbers:
            for _ in range(number - done):
                z = z + step * rule.of_vector(z, k)
            done = number
            if not (np.abs(z) <= GROWN).all():
                raise InvalidArgument(_left(step, number))
            states.append(rule.unpacked(z, k))
    F = np.stack([s.F for s in states])
    return Solution(
        F,
        None,
        np.full(len(F[0]), np.nan),
        np.full(len(F[0]), np.nan),
        0.0,
        False,
        f"{done:,} steps of gradient descent with learning rate {step:g}",
        np.stack([s.P for s in states if s.P is not None]) if rule.predicts else None,
        np.stack([s.target for s in states if s.target is not None]) if state.target is not None else None,
    )


def _left(step: float, number: int) -> str:
    return (
        f"step is {step:g}; from this start f grows without bound within {number:,} steps, though the resting point is stable: "
        "give a shorter step, or a smaller start"
    )


def descend_on_samples(
    population: ViewedPopulation,
    F: Floats,
    weight_decay: float,
    batch: tuple[int, float, np.random.Generator],
    numbers: list[int],
) -> list[Floats]:
    """Return F (N, k) after these numbers of steps, each by the gradient of the spectral loss of so many sampled pairs.

    The gradient in F of a batch is D^-1/2 that in f, so that its mean is the velocity of the flow.
    """
    size, step, generator = batch
    value_and_gradient = batch_gradient(spectral)
    root = np.sqrt(population.w_x)[:, None]
    F, done, tables = F.copy(), 0, []
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for number in numbers:
            for _ in range(number - done):
                pairs = population.sample_pairs(size, rng=generator)
                gradient = np.zeros_like(F)
                _, *parts = value_and_gradient(*(F[column] / root[column] for column in pairs.T))
                for part, column in zip(parts, pairs.T, strict=True):
                    np.add.at(gradient, column, part)
                F -= step * (gradient / root + 2.0 * weight_decay * F)
            done = number
            if not (np.abs(F) <= GROWN).all():
                raise InvalidArgument(
                    f"step is {step:g}; with batches of {size:,} pairs f grows without bound within {number:,} steps: the noise of "
                    "a step grows with its length and falls with the batch, so give a shorter step or a larger batch_size"
                )
            tables.append(F.copy())
    return tables


def crossings(times: Floats, F: Floats, final: Floats) -> Floats:
    """Return when each mode first holds half of its final amount, between the recorded steps on a straight line, (m,)."""
    x = amounts_of(F)
    switch_on = np.full(x.shape[1], np.nan)
    for mode in np.flatnonzero(final > 0).tolist():
        above = np.flatnonzero(x[:, mode] >= final[mode] / 2)
        if len(above):
            i = int(above[0])
            if i == 0:
                switch_on[mode] = times[0]
                continue
            share = (final[mode] / 2 - x[i - 1, mode]) / (x[i, mode] - x[i - 1, mode])
            switch_on[mode] = times[i - 1] + share * (times[i] - times[i - 1])
    return switch_on
