"""Sums by class of what a kernel, or any other matrix, has in its rows; and the class that has most of them."""

from typing import Any

import numpy as np
import scipy.sparse as sp

from popgraph.basics.arrays import Floats, Ints

VOTE_TIE = 1e-12  # shares of a natural's views closer than this are a tie: 1/3 + 1/3 may not cost 2/3 the vote
CLASSES_AT_ONCE = 64  # whose indicators a kernel that only multiplies is applied to


def sum_by_class(matrix: Any, codes: Ints, count: int, weights: Floats | None = None) -> Floats:
    """Return Σ_j matrix[i, j] weights[j] 1[codes[j] = c], (rows, count); a code of -1 is no class, and weights are 1 by default."""
    # The matrix may be an operator that only multiplies. There may be as many classes as columns, so their indicators are a sparse
    # matrix, or made a few at a time: a dense table of 100,000 views, each a class of its own, would take 80 GB.
    if sp.issparse(matrix):
        coded = np.flatnonzero(codes >= 0)
        entries = np.ones(len(coded)) if weights is None else weights[coded]
        table = sp.csr_array((entries, (coded, codes[coded])), shape=(len(codes), count))
        return np.asarray((matrix @ table).toarray())
    blocks = []
    for start in range(0, count, CLASSES_AT_ONCE):
        columns = indicators(np.where(codes >= start, codes - start, -1), min(CLASSES_AT_ONCE, count - start))
        blocks.append(np.asarray(matrix @ (columns if weights is None else weights[:, np.newaxis] * columns)))
    return np.hstack(blocks)


def indicators(codes: Ints, count: int) -> Floats:
    """Return a column for each number below `count`, 1 in the rows that have it, (rows, count); other rows are 0."""
    columns = np.zeros((len(codes), count))
    coded = np.flatnonzero((codes >= 0) & (codes < count))
    columns[coded, codes[coded]] = 1.0
    return columns


def first_largest(values: Floats, tie: Floats | float) -> Ints:
    """Return the first column that comes within `tie` of the largest, for each row."""
    best = values.max(axis=1) - tie
    return np.asarray(np.argmax(values >= best[:, np.newaxis], axis=1), dtype=np.intp)
