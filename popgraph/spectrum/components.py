"""Connected components of the factor M, and stacks of equally shaped blocks of it.

Naturals and views form a bipartite graph, joined where A(x|x̄) > 0; M is block diagonal along its components.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from popgraph.basics.arrays import Floats, Ints, Sparse, frozen

# A step is a product with M and one with its transpose, 25 ms of 8 million entries, where scipy's search takes 290 ms and a
# transposed copy. Five reach all views of planted clusters of a million views; a ring, whose walks are long, loses little.
FLOOD_STEPS = 6
STACK_BYTES = 2**26  # a stack of dense blocks is cut to this size, so that batching costs no memory to speak of


@dataclass(frozen=True, eq=False)
class Components:
    """Sort the rows and columns of a factor by connected component.

    Components are numbered by their first view. Rows of component c are `rows[row_start[c]:row_start[c+1]]`, likewise the
    columns. `of_row` (n,) and `of_column` (N,) give each natural's and view's component.
    """

    of_row: Ints
    of_column: Ints
    rows: Ints
    columns: Ints
    row_start: Ints
    column_start: Ints

    @property
    def count(self) -> int:
        """The number of components."""
        return len(self.row_start) - 1

    @property
    def shapes(self) -> Ints:
        """The number of naturals and of views of each component, (count, 2)."""
        return np.column_stack([np.diff(self.row_start), np.diff(self.column_start)])

    def columns_of(self, component: int) -> Ints:
        """The views of one component, in order."""
        return self.columns[self.column_start[component] : self.column_start[component + 1]]


@dataclass(frozen=True, eq=False)
class Stack:
    """`count` connected blocks of M of one shape (n, N), with the eigenvector of eigenvalue 1 of each."""

    blocks: Sparse  # (count * n, N), one below the other, each with its own columns 0..N-1
    top: Floats  # (count, N): the unit vector √w_x of each block, for which Āv = v

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of blocks, naturals in each, views in each."""
        count, n_views = self.top.shape
        return count, self.blocks.shape[0] // count, n_views

    def dense(self) -> Floats:
        """The blocks as one dense array (count, n, N)."""
        dense: Floats = self.blocks.toarray().reshape(self.shape)
        return dense

    def sparse(self) -> Iterator[Sparse]:
        """The blocks one by one, each an (n, N) csr_array; a single one is no copy."""
        count, n, _ = self.shape
        for i in range(count):
            yield self.blocks if count == 1 else self.blocks[i * n : (i + 1) * n]


def find_components(factor: Sparse) -> Components:
    """Split the bipartite graph of naturals and views into its connected components."""
    n, n_views = factor.shape
    if _floods(factor):
        everything = (np.zeros(n, np.intp), np.zeros(n_views, np.intp), np.arange(n), np.arange(n_views))
        return Components(*(frozen(part) for part in (*everything, np.array([0, n]), np.array([0, n_views]))))
    indptr = np.concatenate([factor.indptr, np.full(n_views, factor.indptr[-1], dtype=factor.indptr.dtype)])
    bipartite = sp.csr_array((factor.data, factor.indices + n, indptr), shape=(n + n_views, n + n_views))
    count, labels = connected_components(bipartite, directed=False)
    first_view = np.full(count, n_views)
    np.minimum.at(first_view, labels[n:], np.arange(n_views))
    number = np.empty(count, dtype=np.intp)
    number[np.argsort(first_view)] = np.arange(count)
    of_row, of_column = number[labels[:n]], number[labels[n:]]
    starts = [np.concatenate([[0], np.cumsum(np.bincount(of, minlength=count))]) for of in (of_row, of_column)]
    rows, columns = (np.argsort(of, kind="stable") for of in (of_row, of_column))
    return Components(*(frozen(part) for part in (of_row, of_column, rows, columns, *starts)))


def _floods(factor: Sparse) -> bool:
    """Whether a walk from the first view reaches all views in a few steps: then there is one component; else there may be one."""
    reached, count = np.zeros(factor.shape[1]), 1
    reached[factor.indices[:1]] = 1.0
    for _ in range(FLOOD_STEPS):
        naturals = (factor @ reached > 0).astype(np.float64)  # entries are positive, and no sum of such is 0
        reached = (factor.T @ naturals > 0).astype(np.float64)
        before, count = count, int(np.count_nonzero(reached))
        if count in (before, len(reached)):
            break
    return count == len(reached)


def stacks(factor: Sparse, root_w: Floats, components: Components, chosen: Ints) -> Iterator[tuple[Ints, Stack]]:
    """Group the chosen components by shape, and yield each group with its blocks of M; `root_w` (N,) is √w_x."""
    if components.count == 1:  # nothing to cut out, and no copy to make
        yield chosen, Stack(factor, root_w[np.newaxis] / np.linalg.norm(root_w))
        return
    shapes = components.shapes[chosen]
    for shape in np.unique(shapes, axis=0):
        members = chosen[np.all(shapes == shape, axis=1)]
        at_once = max(1, STACK_BYTES // (8 * int(shape[0]) * int(shape[1])))
        for start in range(0, len(members), at_once):
            group = members[start : start + at_once]
            yield group, _stack(factor, root_w, components, group)


def _stack(factor: Sparse, root_w: Floats, components: Components, group: Ints) -> Stack:
    """Cut the blocks of some components of one shape out of the factor."""
    starts = components.row_start
    rows = np.concatenate([components.rows[starts[c] : starts[c + 1]] for c in group])
    columns = np.stack([components.columns_of(c) for c in group])
    local = np.zeros(factor.shape[1], dtype=np.int32)
    local[columns] = np.arange(columns.shape[1])
    cut = factor[rows]
    blocks = sp.csr_array((cut.data, local[cut.indices], cut.indptr), shape=(len(rows), columns.shape[1]))
    top = root_w[columns]
    return Stack(blocks, top / np.linalg.norm(top, axis=1, keepdims=True))
