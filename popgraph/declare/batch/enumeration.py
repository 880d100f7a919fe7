"""Listing the views of a population in batches, as arrays: the fast way of `enumerated.py`, with the same outcome."""

import math
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np

from popgraph.basics.arrays import Ints
from popgraph.basics.memory import DECLARE_FEWER, reserve
from popgraph.basics.progress import Progress, track
from popgraph.basics.words import shorten
from popgraph.declare.augmentation import Augmentation
from popgraph.declare.batch.branches import Branches, merged
from popgraph.declare.batch.numbering import by_table, distinct
from popgraph.declare.batch.rows import own_first, sort_rows, starts_of
from popgraph.declare.batch.states import Coding, StateSequence, codings_of
from popgraph.errors import InvalidAugmentation

BATCH_BYTES = (
    2**24
)  # bytes of a batch's views: what is in flight stays far below what is kept, and in reach of the caches
MAX_INT32 = 2**31 - 1
MOST_COLUMNS_APART = (
    16  # that are compared one by one, which takes a third of the time that numpy's `all` takes over short rows
)


@dataclass(frozen=True, eq=False)
class Enumeration:
    """List the entries of A natural by natural, in the order of the columns."""

    views: StateSequence  # all N, in order
    indptr: Ints  # (n + 1,): where the entries of each natural begin
    columns: Ints  # (nnz,): the view of each entry, ascending for each natural
    data: Any  # (nnz,): A(x|x̄)
    numerators: (
        Any  # (nnz,): the same exactly, over the denominators; None where any probability was declared as a float
    )
    denominators: tuple[int, ...]  # (n,)


@dataclass(frozen=True, eq=False)
class _Part:
    """Hold the entries of some naturals, with the views among them numbered by themselves.

    Of `data` and `numerators` there is a single row where all naturals have as many views, with the same probabilities.
    """

    states: Any
    each: int | Ints  # how many views a natural has: a number, or an array where these differ
    numbers: Ints
    data: Any
    numerators: Any
    denominators: tuple[int, ...]


def enumerate_states(
    naturals: Any, augmentation: Augmentation, progress: Progress, as_naturals: bool = True
) -> Enumeration | None:
    """List the views of all naturals in batches, or return None if they or the augmentation have no vectorised form.

    Where the views are the naturals they keep the order of these, if `as_naturals`.
    """
    if augmentation.batch is None:
        return None
    with closing(codings_of(naturals)) as codings:  # one left to the garbage collector would swallow an interrupt there
        for coding, states in codings:
            if (listed := _listed(augmentation, states, coding, progress, as_naturals)) is not None:
                return listed
    return None


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
        for a, b in [(first.each, second.each), (first.states, second.states), (first.weights, second.weights)]
    ):
        raise InvalidAugmentation(
            f"the augmentation {shorten(augmentation.name)} gave two answers for one batch of naturals; "
            "it must return the whole distribution of views, not draw from it"
        )
    return first


def _part(branches: Branches, naturals: Any) -> _Part:
    """Sort out the branches of some naturals: equal views merged, and numbered with a natural that is a view first."""
    number, first = distinct(branches.states)
    added_up, kept = merged(branches, number)
    if kept is not None:
        number = number[kept]
    if branches.states.shape[1:] == naturals.shape[1:]:
        own = _own(branches, naturals)
        order = own_first(own if kept is None else own[kept], added_up.each)
        if order is not None:
            own_before = number[order]
            by_appearance = own_before[by_table(own_before, len(first))[1]]
            rank = np.empty_like(by_appearance)
            rank[by_appearance] = np.arange(len(rank))
            number, first = rank[number], first[by_appearance]
    number = number.astype(np.int32 if len(first) <= MAX_INT32 else np.int64, copy=False)
    numerators, denominators = _lowest_terms(added_up, len(naturals))
    return _Part(branches.states[first], added_up.each, number, added_up.floats(), numerators, denominators)


def _own(branches: Branches, naturals: Any) -> Any:
    """Mark the views that are the naturals that they come from, (m,)."""
    count, width = len(naturals), math.prod(naturals.shape[1:])
    if isinstance(branches.each, int):
        views = branches.states.reshape(count, branches.each, width)
        these = naturals.reshape(count, 1, width)
    else:
        views, these = branches.states.reshape(-1, width), naturals[branches.source].reshape(-1, width)
    if width > MOST_COLUMNS_APART:
        return (views == these).all(axis=-1).ravel()
    same = np.ones(views.shape[:-1], dtype=bool)
    for j in range(width):
        same &= views[..., j] == these[..., j]
    return same.ravel()


def _lowest_terms(branches: Branches, count: int) -> tuple[Any, tuple[int, ...]]:
    """Return numerators, shaped as the weights, and a denominator for each natural, in lowest terms; None and () of floats."""
    whole = branches.denominator
    if whole is None:
        return None, ()
    if branches.shared:
        divisor = math.gcd(whole, *branches.weights.tolist())
        return branches.weights // divisor, (whole // divisor,) * count
    lengths = branches.lengths
    divisors = np.gcd(np.gcd.reduceat(branches.weights, starts_of(lengths)), whole)
    of_natural = tuple(whole // divisor for divisor in divisors.tolist())
    return branches.weights // np.repeat(divisors, lengths), of_natural


def _join(parts: list[_Part], coding: Coding, naturals: Any) -> Enumeration:
    """Number the views of all parts together: as they appear, or as the naturals are declared where the views are these."""
    count, entries = sum(len(part.states) for part in parts), sum(len(part.numbers) for part in parts)
    exact = all(part.numerators is not None for part in parts)
    # Numbering takes the states twice and five words each. The entries' columns, probabilities and numerators take up to 24 bytes;
    # of a single part they are sorted with 48 more.
    in_part = max(len(part.numbers) for part in parts)
    needed = 2.0 * sum(part.states.nbytes for part in parts) + 40.0 * count + (24.0 if exact else 16.0) * entries
    reserve(f"the {entries:,} views of all naturals", needed + 48.0 * in_part, DECLARE_FEWER)
    states, number = _number_views(parts, naturals)
    kind: Any = np.int32 if max(entries, len(states)) <= MAX_INT32 else np.int64
    columns, data = np.empty(entries, dtype=kind), np.empty(entries)
    numerators = None
    if exact:
        small = all(part.numerators.dtype != object for part in parts)
        numerators = np.empty(entries, dtype=np.int64 if small else object)
    lengths, denominators = [], []
    done = views = 0
    while parts:
        part = parts.pop(0)
        those = slice(done, done + len(part.numbers))
        mine = part.numbers if number is None else number[views : views + len(part.states)][part.numbers]
        columns[those], places = sort_rows(mine, part.each)
        data[those] = _placed(part.data, part.each, places, len(part.numbers))
        if numerators is not None:
            numerators[those] = _placed(part.numerators, part.each, places, len(part.numbers))
        each = part.each
        lengths.append(np.full(len(part.numbers) // each, each) if isinstance(each, int) else each)
        denominators.append(part.denominators)
        done, views = those.stop, views + len(part.states)
    indptr = np.zeros(sum(map(len, lengths)) + 1, dtype=kind)
    np.cumsum(np.concatenate(lengths), out=indptr[1:])
    listed = tuple(d for some in denominators for d in some) if exact else ()
    return Enumeration(StateSequence.of(states, coding), indptr, columns, data, numerators, listed)


def _number_views(parts: list[_Part], naturals: Any) -> tuple[Any, Ints | None]:
    """Return the states of all views in their order, and the position there of each part's views; None of a part that has all."""
    number = None
    states = parts[0].states
    if len(parts) > 1:
        states = np.concatenate([part.states for part in parts])
        number, first = distinct(states)
        states = states[first]
    if states.shape == naturals.shape and states.dtype == naturals.dtype:
        declared, at = distinct(np.concatenate([naturals, states]))
        if len(at) == len(naturals):
            declared = declared[len(naturals) :]
            return np.array(naturals), declared if number is None else declared[number]
    return states, number


def _placed(values: Any, each: int | Ints, places: Ints | None, count: int) -> Any:
    """Return the values of all entries, which may be given once for all rows, in the order of the places in their rows."""
    if isinstance(each, int) and len(values) < count:  # once for all rows
        return np.tile(values, count // each) if places is None else values[places]
    if places is None:
        return values
    if isinstance(each, int):
        return np.take_along_axis(values.reshape(-1, each), places.reshape(-1, each), axis=1).ravel()
    return values[np.repeat(starts_of(each), each) + places]
