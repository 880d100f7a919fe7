"""`Branches`: what augmentations make of a whole batch of states at once, and how they combine.

The vectorised counterpart of `Distribution.through`: the same outcomes, in the same order, with the same exact weights. Most often
all states have as many views, with the same probabilities, and these are then kept once.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np

from popgraph.basics.arrays import Ints
from popgraph.declare.batch.numbering import distinct, row_keys
from popgraph.declare.batch.rows import sort_rows, starts_of
from popgraph.declare.batch.states import Coding

MAX_INT64 = 2**63 - 1
EXACT_IN_FLOATS = 2**53  # up to this float64 holds every whole number


@dataclass(frozen=True, eq=False)
class Branches:
    """List the m views of a batch of b states, state by state in the order declared; a state may have one view several times."""

    each: int | Ints  # how many views a state has: a number, or (b,) where these differ
    states: Any  # (m, ...): the views
    # Their probabilities, (m,), or (each,) where all states have the same: floats or numerators, as int64 or, where that is too
    # small, Python's ints
    weights: Any
    denominator: int | None  # of all numerators; None for floats

    @property
    def lengths(self) -> Ints:
        """How many views each state has, (b,)."""
        return np.full(len(self.states) // self.each, self.each) if isinstance(self.each, int) else self.each

    @property
    def source(self) -> Ints:
        """The state of the batch that each view comes from, (m,), ascending."""
        lengths = self.lengths
        return np.repeat(np.arange(len(lengths)), lengths)

    @property
    def shared(self) -> bool:
        """Whether the weights are those of every state."""
        return isinstance(self.each, int) and len(self.weights) == self.each

    def floats(self) -> Any:
        """Return the probabilities as floats, shaped as the weights."""
        return self.weights if self.denominator is None else divided(self.weights, self.denominator)

    def spread(self) -> Any:
        """Return the weights of all views, (m,)."""
        return np.tile(self.weights, len(self.states) // len(self.weights)) if self.shared else self.weights


Batch: TypeAlias = Callable[[Any, Coding], Branches | None]  # None where the states are not of the kind that it takes


def integers(numbers: Sequence[int], bound: int) -> Any:
    """Make an array of ints, of Python's own where their sums could leave 64 bits."""
    return np.array(numbers, dtype=np.int64 if bound <= MAX_INT64 else object)


def divided(numerators: Any, denominator: int) -> Any:
    """Divide whole numbers by one denominator, correctly rounded."""
    if denominator < EXACT_IN_FLOATS:
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
    weights, denominator = common([p for _, p in possible])
    if len(possible) == 1:
        return Branches(1, possible[0][0], weights, denominator)
    states = np.stack([states for states, _ in possible], axis=1)
    count, m = states.shape[:2]
    return Branches(m, states.reshape(count * m, *states.shape[2:]), weights, denominator)


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
    denominator: int | None = None
    if any(part.denominator is None for part in parts):
        parts = [replace(part, weights=part.floats(), denominator=None) for part in parts]
    else:
        denominator = math.lcm(*(part.denominator or 1 for part in parts))
        parts = [
            replace(part, weights=_wide(part.weights, denominator) * (denominator // (part.denominator or 1)))
            for part in parts
        ]
    each = [part.each for part in parts if isinstance(part.each, int)]
    if len(each) < len(parts):
        order = np.argsort(np.concatenate([part.source for part in parts]), kind="stable")
        states = np.concatenate([part.states for part in parts])[order]
        weights = np.concatenate([part.spread() for part in parts])[order]
        return Branches(np.sum([part.lengths for part in parts], axis=0), states, weights, denominator)
    shape = parts[0].states.shape[1:]
    states = np.concatenate(
        [part.states.reshape(len(part.states) // m, m, *shape) for part, m in zip(parts, each, strict=True)], axis=1
    )
    if all(part.shared for part in parts):
        weights = np.concatenate([part.weights for part in parts])
    else:
        rows = [part.spread().reshape(-1, m) for part, m in zip(parts, each, strict=True)]
        weights = np.concatenate(rows, axis=1).ravel()
    return Branches(sum(each), states.reshape(len(states) * sum(each), *shape), weights, denominator)


def follow(first: Branches, second: Branches) -> Branches:
    """Follow branches by those of their states: the states of the batch of `second` are the views of `first`."""
    several = not isinstance(second.each, int)
    each = np.add.reduceat(second.each, starts_of(first.lengths)) if several else first.each * second.each
    exact = first.denominator is not None and second.denominator is not None
    denominator = (first.denominator or 1) * (second.denominator or 1) if exact else None
    left, right = (
        (first, second) if exact else (replace(b, weights=b.floats(), denominator=None) for b in (first, second))
    )
    if denominator is not None:
        left, right = (replace(b, weights=_wide(b.weights, denominator)) for b in (left, right))
    if left.shared and right.shared:
        weights = np.multiply.outer(left.weights, right.weights).ravel()
    else:
        weights = np.repeat(left.spread(), right.each) * right.spread()
    return Branches(each, second.states, weights, denominator)


def merged(branches: Branches, number: Ints | None = None) -> tuple[Branches, Ints | None]:
    """Add up the weights of equal views of one state, in the order of first appearance.

    `number` (m,), where it is known, is equal for equal views, and only for these. Returned beside the branches are the positions
    of the views that are left among those given, None if all are.
    """
    each, states = branches.each, branches.states
    if isinstance(each, int):
        if each == 1:
            return branches, None
        key, exact = row_keys(states, (each - 1).bit_length()) if number is None else (number, True)
        if exact and branches.shared and (kept := _alike(key.reshape(-1, each))) is not None:
            return _merged_alike(branches, key, kept)
        columns, places = sort_rows(key, each)
        rows = columns.reshape(-1, each)
        # Keys of equal views are equal, whatever others share them. Most often few states have a view twice, and only their views
        # are looked at.
        repeats = np.flatnonzero(rows[:, 1:] == rows[:, :-1]) // (each - 1)
        repeats = repeats[np.diff(repeats, prepend=-1) > 0]
        if places is None or not len(repeats):
            return branches, None
        positions = (repeats[:, np.newaxis] * each + np.arange(each)).ravel()
        if exact:
            columns, places = rows[repeats].ravel(), places[positions]
        else:
            columns, places = sort_rows(distinct(states[positions])[0], each)
    else:
        positions = np.arange(len(states))
        columns, places = sort_rows(distinct(states)[0] if number is None else number, each)
    if places is None:
        return branches, None
    lengths = np.full(len(positions) // each, each) if isinstance(each, int) else each
    starts = starts_of(lengths)
    order = np.repeat(starts, lengths) + places
    new = np.empty(len(order), dtype=bool)
    np.not_equal(columns[1:], columns[:-1], out=new[1:])
    new[starts] = True
    run = np.empty(len(order), dtype=np.intp)
    run[order] = np.cumsum(new) - 1
    first = positions[order[new]]  # places of equal columns ascend
    weights = branches.spread().copy()
    weights[first] = _sums(run, weights[positions], len(first), branches.denominator)
    stays = np.ones(len(branches.states), dtype=bool)
    stays[positions] = False
    stays[first] = True
    kept = np.flatnonzero(stays)
    counts = np.add.reduceat(stays, starts_of(branches.lengths), dtype=np.intp)
    fewer = int(counts[0]) if (counts == counts[0]).all() else counts
    return Branches(fewer, branches.states[kept], weights[kept], branches.denominator), kept


def _alike(rows: Any) -> Ints | None:
    """Return the places (m,) that are left of each row (b, each), if the same places have equal keys in all rows; else None."""
    group, first = distinct(rows[0][:, np.newaxis])
    if any(not np.array_equal(rows[:, j], rows[:, first[group[j]]]) for j in range(len(group)) if first[group[j]] != j):
        return None
    # No row has fewer repeats than this pattern; if some had more, there would be more in all
    ordered = np.sort(rows, axis=1)
    repeats = np.count_nonzero(ordered[:, 1:] == ordered[:, :-1])
    return first if repeats == len(rows) * (len(group) - len(first)) else None


def _merged_alike(branches: Branches, key: Any, kept: Ints) -> tuple[Branches, Ints | None]:
    """Add up the weights of equal views, of which the same places are left of each state."""
    each = int(branches.each)
    if len(kept) == each:
        return branches, None
    group, _ = distinct(key[:each, np.newaxis])
    weights = _sums(group, branches.weights, len(kept), branches.denominator)
    positions = (np.arange(0, len(key), each)[:, np.newaxis] + kept).ravel()
    return Branches(len(kept), branches.states[positions], weights, branches.denominator), positions


def _sums(run: Ints, weights: Any, count: int, denominator: int | None) -> Any:
    """Add up the weights of each run, (count,), exactly if they are numerators."""
    if denominator is None or denominator < EXACT_IN_FLOATS:  # floats one after the other, as a loop would
        return np.bincount(run, weights=weights, minlength=count).astype(weights.dtype, copy=False)
    sums = np.zeros(count, dtype=weights.dtype)
    np.add.at(sums, run, weights)
    return sums


def _wide(weights: Any, bound: int) -> Any:
    """Return whole weights as Python's ints where products up to the bound would leave 64 bits."""
    return weights if bound <= MAX_INT64 else weights.astype(object)
