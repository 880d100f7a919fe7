"""Views whose columns of A are proportional, and naturals whose rows are equal, merged: a smaller M with the same spectrum.

Columns of M that are multiples c_1 m, ..., c_s m of one unit column m contribute (c_1² + ... + c_s²) mmᵀ to MMᵀ, which is what one
column √(c_1² + ... + c_s²) m does: merged into one view of their joint probability they leave every positive eigenvalue as it is.
An eigenvector's entry there is shared out among them in proportion to √w_x.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from popgraph.basics.arrays import Floats, Ints, Sparse, row_ranges
from popgraph.basics.subspace import EPS

# Projections of proportional columns agree to rounding; others that agree by chance are told apart entry by entry
EQUAL_PROJECTIONS = 1e-12
SUPPORT_ENTRIES_AT_ONCE = 2**22  # that are looked at in one step
EQUAL_ENTRIES = 16 * EPS  # share by which entries of proportional columns may differ


@dataclass(frozen=True, eq=False)
class Merged:
    """A factor M in which proportional rows, and proportional columns, were merged into one."""

    factor: Sparse  # (n', N') M of the merged graph, with views in the order of their first members
    w_x: Floats  # (N',) probabilities of the merged views
    group: Ints  # (N,) the merged view that each view belongs to
    share: Floats  # (N,) √(w_x / w_group): an eigenvector v' of the merged graph is share * v'[group] on all views


def merge(factor: Sparse, w_x: Floats) -> Merged:
    """Merge proportional columns of M, then proportional rows; the largest of each group stands for it, with all its digits."""
    group, merged, w_group = np.arange(factor.shape[1]), factor, w_x
    if columns_may_be_proportional(factor):
        group, _ = proportional_rows(sp.csr_array(factor.T))
    count = int(group.max()) + 1
    if count < len(group):
        w_group = np.bincount(group, weights=w_x).astype(np.float64)
        largest = _largest(group, w_x)
        lead = factor[:, largest]
        scale = np.sqrt(w_group / w_x[largest])
        merged = sp.csr_array((lead.data * scale[lead.indices], lead.indices, lead.indptr), shape=lead.shape)
    if rows_may_be_proportional(merged):
        rows, length = proportional_rows(merged)
        if int(rows.max()) + 1 < len(rows):
            largest = _largest(rows, length)
            scale = np.sqrt(np.bincount(rows, weights=(length / length[largest][rows]) ** 2))
            merged = sp.csr_array(sp.diags_array(scale) @ merged[largest])
    return Merged(merged, w_group, group, np.sqrt(w_x / w_group[group]))


# Rows that are proportional have their entries in the same columns. So a sum over a row's columns of numbers drawn for these is the
# same for such rows, to the bit where all are added in one order. Most factors have no two such rows and no two such columns, which
# is found in a tenth of the time that comparing entries takes: 0.09 s in place of 0.85 s of 8 million entries. Of those that share
# their columns (all do, in a dense factor) the last entry divided by the first one must agree as well. By the comparison of entries
# each of the two may differ by 16 EPS, and by a few roundings, from a row to a multiple of it, their ratios by some 1e-14, and
# ratios that differ by 1e-12 are of rows that are not merged. So must a product of the rows with a random vector, divided by the
# first entries. What agrees by chance is compared entry by entry.


def columns_may_be_proportional(factor: Sparse) -> bool:
    """Whether two columns have entries in the same rows, the last over the first in the same ratio; True by chance if ever."""
    if (array := _as_array(factor)) is not None:
        alike = np.zeros(array.shape[1])
        return _repeats(alike, array[0], array[-1]) and _projections_repeat(factor.T, alike, array[0])
    marks = np.random.default_rng(0).random(factor.shape[0])
    sums = np.zeros(factor.shape[1])
    ranges = list(
        row_ranges(factor, max(SUPPORT_ENTRIES_AT_ONCE, len(sums)))
    )  # each of which adds an array of all columns
    for rows in ranges:
        entries = slice(factor.indptr[rows.start], factor.indptr[rows.stop])
        weights = np.repeat(marks[rows], np.diff(factor.indptr[rows.start : rows.stop + 1]))
        sums += np.bincount(factor.indices[entries], weights=weights, minlength=len(sums))
    if not _repeats(sums):
        return False
    first, last = np.empty(len(sums)), np.empty(len(sums))
    for rows in ranges:  # where an index occurs several times numpy keeps the last value
        entries = slice(factor.indptr[rows.start], factor.indptr[rows.stop])
        last[factor.indices[entries]] = factor.data[entries]
    for rows in reversed(ranges):
        entries = slice(factor.indptr[rows.start], factor.indptr[rows.stop])
        first[factor.indices[entries][::-1]] = factor.data[entries][::-1]
    return _repeats(sums, first, last) and _projections_repeat(factor.T, sums, first)


def rows_may_be_proportional(factor: Sparse) -> bool:
    """Whether two rows have entries in the same columns, the last over the first in the same ratio; True by chance if ever."""
    if (array := _as_array(factor)) is not None:
        alike = np.zeros(array.shape[0])
        return _repeats(alike, array[:, 0], array[:, -1]) and _projections_repeat(factor, alike, array[:, 0])
    marks = np.random.default_rng(0).integers(0, 2**63, factor.shape[1])  # whole numbers, whose sums depend on no order
    sums = np.empty(factor.shape[0], dtype=np.int64)
    for rows in row_ranges(factor, SUPPORT_ENTRIES_AT_ONCE):
        starts = factor.indptr[rows.start : rows.stop + 1]
        sums[rows] = np.add.reduceat(marks[factor.indices[starts[0] : starts[-1]]], starts[:-1] - starts[0])
    first, last = factor.data[factor.indptr[:-1]], factor.data[factor.indptr[1:] - 1]
    return _repeats(sums) and _repeats(sums, first, last) and _projections_repeat(factor, sums, first)


def _as_array(factor: Sparse) -> Floats | None:
    """Return the array (n, N) that a factor's entries are, without a copy, if all are stored: then all supports are alike."""
    # Counting them took 0.13 s of 4,000 x 4,000, as much as 25 products
    whole = factor.nnz == factor.shape[0] * factor.shape[1] and factor.has_canonical_format
    return factor.data[: factor.nnz].reshape(factor.shape) if whole else None


def _projections_repeat(rows: Any, sums: Any, first: Floats) -> bool:
    """Whether two rows with equal `sums` have one ratio of their products with a vector to their first entries."""
    # Of symmetric graphs the ends are in one ratio, and few rows are: on a dense hypercube of 4,096 views this takes 0.05 s in
    # place of 1.6 s for comparing entries. A sum of m positive terms, each off by 16 EPS, is off by (m + 16) EPS, as is the
    # other one.
    most = int(np.bincount(rows.indices).max()) if rows.format == "csc" else int(np.diff(rows.indptr).max())
    products = rows @ np.random.default_rng(1).random(rows.shape[1])
    return _repeats(sums, first, products, max(EQUAL_PROJECTIONS, (2 * most + 64) * EPS))


def _repeats(
    sums: Any, first: Floats | None = None, last: Floats | None = None, share: float = EQUAL_PROJECTIONS
) -> bool:
    """Whether two of these sums are equal, and last / first of these two as well, to rounding."""
    if first is None or last is None:
        ordered = np.sort(sums)
        return bool((ordered[1:] == ordered[:-1]).any())
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        ratio = last / first
        order = np.lexsort((ratio, sums))
        sums, ratio = sums[order], ratio[order]
        apart = np.diff(ratio) > share * ratio[1:]  # never so of infinite ratios, nor of 0
    return bool(((sums[1:] == sums[:-1]) & ~apart).any())


def _largest(group: Ints, size: Floats) -> Ints:
    """Return the largest member of each group, the first one of a tie."""
    order = np.lexsort((-size, group))
    return np.asarray(order[np.unique(group[order], return_index=True)[1]])


def proportional_rows(matrix: Sparse) -> tuple[Ints, Floats]:
    """Return for each row (n,) the group of rows that are multiples of each other, to rounding, and its length.

    Groups are numbered by first row.
    """
    # Scaled to length 1, multiples of one row (whose entries are positive) have the same projection on a random vector. Rows with
    # the same projection, neighbours once these are sorted, are then compared entry by entry with the first of them.
    n = matrix.shape[0]
    counts = np.diff(matrix.indptr)
    row_of = np.repeat(np.arange(n), counts)
    top = np.maximum.reduceat(matrix.data, matrix.indptr[:-1])  # divided by this, no row's squares all underflow
    scaled = matrix.data / top[row_of]
    norm = np.sqrt(np.bincount(row_of, weights=scaled**2, minlength=n))
    unit = sp.csr_array((scaled / norm[row_of], matrix.indices, matrix.indptr), shape=matrix.shape)
    projection = unit @ np.random.default_rng(0).standard_normal(matrix.shape[1])
    order = np.argsort(projection, kind="stable")
    alike = np.diff(projection[order]) <= EQUAL_PROJECTIONS
    if not alike.any():
        return np.arange(n), norm * top
    run = np.concatenate([[0], np.cumsum(~alike)])
    lead = np.empty(n, dtype=np.intp)
    lead[order] = np.minimum.reduceat(order, np.flatnonzero(np.concatenate([[True], ~alike])))[run]
    followers = np.flatnonzero((lead != np.arange(n)) & (counts == counts[lead]))
    same = followers[_equal(unit, followers, lead[followers])]
    leader = np.arange(n)
    leader[same] = lead[same]
    return np.asarray(np.unique(leader, return_inverse=True)[1]), norm * top


def _equal(unit: Sparse, rows: Ints, leads: Ints) -> Floats:
    """Say for each row whether it equals its lead, which has as many entries, to rounding."""
    counts = np.diff(unit.indptr)[rows]
    starts = np.concatenate([[0], np.cumsum(counts)])
    within = np.arange(starts[-1]) - np.repeat(starts[:-1], counts)
    mine = np.repeat(unit.indptr[rows], counts) + within
    theirs = np.repeat(unit.indptr[leads], counts) + within
    x, y = unit.data[mine], unit.data[theirs]
    differs = (unit.indices[mine] != unit.indices[theirs]) | (np.abs(x - y) > EQUAL_ENTRIES * y)
    at = np.repeat(np.arange(len(rows)), counts)
    return np.asarray(np.bincount(at, weights=differs, minlength=len(rows)) == 0)
