"""Listing the views of a population in batches, as arrays: the fast way of `enumerated.py`, with the same outcome."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from popgraph.basics.arrays import Ints
from popgraph.basics.memory import DECLARE_FEWER, reserve
from popgraph.basics.progress import Progress, track
from popgraph.basics.words import shorten
from popgraph.declare.augmentation import Augmentation
from popgraph.declare.batch.branches import Branches, merged
from popgraph.declare.batch.states import Coding, StateSequence, codings_of, distinct
from popgraph.errors import InvalidAugmentation

BATCH_BYTES = 2**25  # bytes of a batch's views, so that what is in flight stays far below what is kept


@dataclass(frozen=True, eq=False)
class Enumeration:
    """List the entries of A natural by natural."""

    views: StateSequence  # all N, in order
    lengths: Ints  # (n,): how many views each natural has
    columns: Ints  # (nnz,): the view of each entry
    data: Any  # (nnz,): A(x|x̄)
    numerators: (
        Any  # (nnz,): the same exactly, over the denominators; None where any probability was declared as a float
    )
    denominators: tuple[int, ...]  # (n,)


@dataclass(frozen=True, eq=False)
class _Part:
    """Hold the entries of some naturals, with the views among them numbered by themselves."""

    states: Any
    lengths: Ints
    numbers: Ints
    data: Any
    numerators: Any
    denominators: Any


def enumerate_states(
    naturals: Any, augmentation: Augmentation, progress: Progress, as_naturals: bool = True
) -> Enumeration | None:
    """List the views of all naturals in batches, or return None if they or the augmentation have no vectorised form.

    Where the views are the naturals they keep the order of these, if `as_naturals`.
    """
    if augmentation.batch is None:
        return None
    ways = (_listed(augmentation, states, coding, progress, as_naturals) for coding, states in codings_of(naturals))
    return next((listed for listed in ways if listed is not None), None)


def _listed(
    augmentation: Augmentation, states: Any, coding: Coding, progress: Progress, as_naturals: bool
) -> Enumeration | None:
    """List the views of naturals that are written as states."""
    probe = _ask(augmentation, states[:1], coding)
    if probe is None:
        return None
    size = max(1, BATCH_BYTES // max(1, probe.states.nbytes + 8 * len(probe.source)))
    starts = range(0, len(states), size)
    parts = []
    for start in track(starts, len(starts), progress, "enumerate"):
        batch = states[start : start + size]
        branches = _ask(augmentation, batch, coding)
        if branches is None:
            return None
        reserve("the next batch of views", 5.0 * branches.states.nbytes, DECLARE_FEWER)
        parts.append(_part(branches, batch))
    reserve(
        f"the views of {len(states):,} naturals",
        3.0 * sum(part.states.nbytes + 32 * len(part.data) for part in parts),
        DECLARE_FEWER,
    )
    return _join(parts, coding, states if as_naturals else states[:0])


def _ask(augmentation: Augmentation, states: Any, coding: Coding) -> Branches | None:
    """Return the branches of some states; an augmentation that is not trusted must give them twice."""
    form = augmentation.batch
    first = form(states, coding) if form else None
    if first is None or form is None or augmentation.trusted:
        return first
    second = form(states, coding)
    if second is None or not all(
        np.array_equal(a, b)
        for a, b in [(first.source, second.source), (first.states, second.states), (first.weights, second.weights)]
    ):
        raise InvalidAugmentation(
            f"the augmentation {shorten(augmentation.name)} gave two answers for one batch of naturals; "
            "it must return the whole distribution of views, not draw from it"
        )
    return first


def _part(branches: Branches, naturals: Any) -> _Part:
    """Sort out the branches of some naturals: equal views merged, and numbered with a natural that is a view first."""
    added_up, number, first = merged(branches)
    lengths = np.bincount(added_up.source, minlength=len(naturals))
    start = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    position = 2 * np.arange(len(number))
    if added_up.states.shape[1:] == naturals.shape[1:]:
        own = (added_up.states == naturals[added_up.source]).reshape(len(number), -1).all(axis=1)
        position[own] = 2 * start[added_up.source[own]] - 1
    appears = np.full(len(first), 2 * len(number))
    np.minimum.at(appears, number, position)
    by_appearance = np.argsort(appears)
    rank = np.empty_like(by_appearance)
    rank[by_appearance] = np.arange(len(rank))
    states = branches.states[first[by_appearance]]
    data = added_up.floats()
    if added_up.denominator is None:
        return _Part(states, lengths, rank[number], data, None, None)
    common = np.gcd(np.gcd.reduceat(added_up.weights, start), added_up.denominator)
    denominators = [added_up.denominator // int(divisor) for divisor in common]
    return _Part(states, lengths, rank[number], data, added_up.weights // np.repeat(common, lengths), denominators)


def _join(parts: list[_Part], coding: Coding, naturals: Any) -> Enumeration:
    """Number the views of all parts together: as they appear, or as the naturals are declared where the views are these."""
    states = np.concatenate([part.states for part in parts])
    number, first = distinct(states)
    if len(first) == len(naturals) and states.shape[1:] == naturals.shape[1:] and states.dtype == naturals.dtype:
        declared, at = distinct(np.concatenate([naturals, states]))
        if len(at) == len(naturals):
            number, first = declared[len(naturals) :], at
            states = naturals
    offsets = np.concatenate([[0], np.cumsum([len(part.states) for part in parts])])
    columns = np.concatenate([number[part.numbers + offset] for part, offset in zip(parts, offsets, strict=False)])
    exact = all(part.numerators is not None for part in parts)
    return Enumeration(
        StateSequence(states[first], coding),
        np.concatenate([part.lengths for part in parts]),
        columns,
        np.concatenate([part.data for part in parts]),
        np.concatenate([part.numerators for part in parts]) if exact else None,
        tuple(d for part in parts for d in part.denominators) if exact else (),
    )
