"""`Branches`: what augmentations make of a whole batch of states at once, and how they combine.

The vectorised counterpart of `Distribution.through`: the same outcomes, in the same order, with the same exact weights.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np

from popgraph.basics.arrays import Ints
from popgraph.declare.batch.states import Coding, distinct

MAX_INT64 = 2**63 - 1


@dataclass(frozen=True, eq=False)
class Branches:
    """List the m views of a batch of states, in the order declared; the same view may come from one state several times."""

    source: Ints  # (m,): the state of the batch that each view comes from, ascending
    states: Any  # (m, ...): the views
    weights: Any  # (m,): their probabilities, floats or numerators, as int64 or, where that is too small, Python's ints
    denominator: int | None  # of all numerators; None for floats

    def floats(self) -> Any:
        """Return the probabilities as floats."""
        return self.weights if self.denominator is None else divided(self.weights, self.denominator)


Batch: TypeAlias = Callable[[Any, Coding], Branches | None]  # None where the states are not of the kind that it takes


def integers(numbers: Sequence[int], bound: int) -> Any:
    """Make an array of ints, of Python's own where their sums could leave 64 bits."""
    return np.array(numbers, dtype=np.int64 if bound <= MAX_INT64 else object)


def divided(numerators: Any, denominator: int) -> Any:
    """Divide whole numbers by one denominator, correctly rounded."""
    if denominator < 2**53:
        return numerators.astype(np.float64) / denominator
    values, at = np.unique(numerators, return_inverse=True)
    return np.array([int(value) / denominator for value in values], dtype=np.float64)[at]


def options(choices: Sequence[tuple[Any, Fraction | float]]) -> Branches | None:
    """Give every state of a batch the same few views with the same probabilities, or return None if the views differ in shape.

    `choices` are pairs of states (b, ...) and a probability; those of probability 0 are left out.
    """
    possible = [(states, p) for states, p in choices if p]
    if len({states.shape for states, _ in possible}) != 1:
        return None
    states = np.stack([states for states, _ in possible], axis=1)
    count, m = states.shape[:2]
    weights, denominator = common([p for _, p in possible])
    return Branches(
        np.repeat(np.arange(count), m),
        states.reshape(count * m, *states.shape[2:]),
        np.tile(weights, count),
        denominator,
    )


def common(probabilities: Sequence[Fraction | float]) -> tuple[Any, int | None]:
    """Return probabilities as numerators over one denominator if all are exact, else as floats and None."""
    exact = [p for p in probabilities if isinstance(p, Fraction)]
    if len(exact) < len(probabilities):
        return np.array([float(p) for p in probabilities]), None
    denominator = math.lcm(*(p.denominator for p in exact))
    return integers([int(p * denominator) for p in exact], denominator), denominator


def scaled(branches: Branches, probability: Fraction | float) -> Branches:
    """Multiply the weights by one probability."""
    if branches.denominator is None or not isinstance(probability, Fraction):
        return replace(branches, weights=float(probability) * branches.floats(), denominator=None)
    denominator = branches.denominator * probability.denominator
    weights = _wide(branches.weights, denominator) * probability.numerator
    return replace(branches, weights=weights, denominator=denominator)


def mixture(parts: Sequence[Branches]) -> Branches | None:
    """Join scaled branches of the same batch, those of each state in the order of the parts."""
    if len({part.states.shape[1:] for part in parts}) != 1:
        return None
    source = np.concatenate([part.source for part in parts])
    order = np.argsort(source, kind="stable")
    states = np.concatenate([part.states for part in parts])[order]
    if any(part.denominator is None for part in parts):
        return Branches(source[order], states, np.concatenate([part.floats() for part in parts])[order], None)
    denominator = math.lcm(*(part.denominator or 1 for part in parts))
    weights = [_wide(part.weights, denominator) * (denominator // (part.denominator or 1)) for part in parts]
    return Branches(source[order], states, np.concatenate(weights)[order], denominator)


def follow(first: Branches, second: Branches) -> Branches:
    """Follow branches by those of their states: `second.source` counts the views of `first`."""
    came_from = second.source
    if first.denominator is None or second.denominator is None:
        return Branches(first.source[came_from], second.states, first.floats()[came_from] * second.floats(), None)
    denominator = first.denominator * second.denominator
    weights = _wide(first.weights, denominator)[came_from] * _wide(second.weights, denominator)
    return Branches(first.source[came_from], second.states, weights, denominator)


def merged(branches: Branches) -> tuple[Branches, Ints, Ints]:
    """Add up the weights of equal views of one state, in the order of first appearance.

    Returned beside them are the number of each one's view among all views of the batch, (m,), and for each number the position of
    one of the given branches, (count,).
    """
    number, first = distinct(branches.states)
    key = branches.source * len(first) + number
    order = np.argsort(key, kind="stable")
    start = np.concatenate([[True], key[order[1:]] != key[order[:-1]]])
    if start.all():
        return branches, number, first
    run = np.empty(len(order), dtype=np.intp)
    run[order] = np.cumsum(start) - 1
    if branches.denominator is None:
        weights = np.bincount(run, weights=branches.weights)  # one after the other, as a loop would
    else:
        weights = np.add.reduceat(branches.weights[order], np.flatnonzero(start))
    firsts = order[start]  # the sort is stable, so these are the first of each run
    by_position = np.argsort(firsts)
    firsts = firsts[by_position]
    added_up = Branches(branches.source[firsts], branches.states[firsts], weights[by_position], branches.denominator)
    return added_up, number[firsts], first


def _wide(weights: Any, bound: int) -> Any:
    """Return whole weights as Python's ints where products up to the bound would leave 64 bits."""
    return weights if bound <= MAX_INT64 else weights.astype(object)
