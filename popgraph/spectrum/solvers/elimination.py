"""In which order to eliminate the unknowns of a sparse symmetric system, and how many entries its factor L will have.

Known before anything is factored, from the pattern alone. On rings, chains, trees and bands L has a few entries a row, and on
graphs that spread quickly it is nearly full: counting stops as soon as there are more entries than would pay.
"""

from bisect import bisect_left
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import breadth_first_order, reverse_cuthill_mckee

from popgraph.basics.arrays import Floats, Ints, Sparse

DEGREE_ENTRIES = 8  # of L in a row, on average, at most: trees have 4 to 7, and a plane grid of 10,000 nodes has 76
ENVELOPE_SHARE = (
    4  # an envelope of at most so many times the matrix' entries is taken as it is; counting further would gain little
)
LEAST_ELIGIBLE_SHARE = 0.1  # of the nodes, those of least degree, may be eliminated in one round
FULL_REST = 48  # nodes; what is left at the end counts as full


class Elimination(NamedTuple):
    """An order of elimination, and the work that it makes."""

    order: Ints  # (side,) the unknowns, first eliminated first
    entries: float  # of L, its diagonal included; at least those of the factor in this order
    multiplications: float  # of the factorisation


def plan_elimination(matrix: Sparse, most_entries: float) -> Elimination | None:
    """Return an order of elimination for a connected symmetric pattern (side, side), or None if L has more than `most_entries`."""
    cuthill_mckee = np.asarray(reverse_cuthill_mckee(sp.csr_matrix(matrix), symmetric_mode=True), dtype=np.intp)
    banded = _by_envelope(matrix, cuthill_mckee)
    if banded.entries <= min(most_entries, ENVELOPE_SHARE * matrix.nnz):
        # Its places along a ring or a band jump back and forth; averaged over neighbours they increase evenly. On a ring of 5,000 L
        # then has 5.00 entries in a row in place of 5.25, and no two neighbouring columns are alike: SuperLU solves with columns
        # that are alike by calls of BLAS, which takes 0.21 ms in place of 0.09 of two vectors.
        place = _mean_over_neighbours(matrix, np.argsort(cuthill_mckee))
        smoothed = _by_envelope(matrix, np.argsort(place, kind="stable"))
        return smoothed if smoothed.entries < banded.entries else banded
    without_fill = _farthest_first(matrix)
    if without_fill is not None:
        return without_fill if without_fill.entries <= most_entries else None
    by_degree = _by_least_degree(matrix, min(most_entries, banded.entries, DEGREE_ENTRIES * float(matrix.shape[0])))
    if by_degree is not None:
        return by_degree
    return banded if banded.entries <= most_entries else None


def _by_envelope(matrix: Sparse, order: Ints) -> Elimination:
    """Count L's entries in this order as those between each row's first one and its diagonal (George and Liu 1981): no others."""
    place = np.argsort(order)
    first = np.minimum.reduceat(place[matrix.indices], matrix.indptr[:-1])
    # Column j of L has an entry in each row i >= j that begins at or before j
    begins = np.minimum(first, place)
    columns = (np.cumsum(np.bincount(begins, minlength=len(order))) - np.arange(len(order))).astype(float)
    return Elimination(order, float(columns.sum()), float(np.sum(columns**2)))


def _mean_over_neighbours(matrix: Sparse, place: Ints) -> Floats:
    """Return for each unknown the mean place of those that its row has entries of."""
    sums = np.add.reduceat(place[matrix.indices], matrix.indptr[:-1])
    return np.asarray(sums / np.diff(matrix.indptr))


def _farthest_first(matrix: Sparse) -> Elimination | None:
    """Eliminate what is farthest from one node first, if L then has no entries but those of the matrix; else return None."""
    # Ā of a tree joins nodes at distance 1 and 2. Among those equally far from the first node, as counted in steps of Ā, the inner
    # ones reach more nodes that are nearer: they go last, and no node that goes joins any others. On a random tree of 20,000 this
    # is seen in a fifth of the time that `_by_least_degree` takes, and L has 3.5 entries in a row in place of 3.8. In the order of
    # the walk neighbouring columns of L would be alike, which costs what is said in `plan_elimination`: equals are shuffled.
    side = matrix.shape[0]
    rows = np.repeat(np.arange(side), np.diff(matrix.indptr))
    level = _steps_from(matrix, int(np.diff(matrix.indptr).argmin()))
    nearer = np.bincount(rows, weights=level[matrix.indices] < level[rows], minlength=side)
    order = np.lexsort((np.random.default_rng(0).permutation(side), -nearer, level))[::-1]
    permuted = sp.csr_array(matrix[order][:, order])
    is_later = permuted.indices > np.repeat(np.arange(side), np.diff(permuted.indptr))
    counts = np.add.reduceat(is_later.astype(np.intp), permuted.indptr[:-1])
    if (counts[:-1] == 0).any():
        return None
    starts = np.concatenate([[0], np.cumsum(counts)])
    later = sp.csr_array((np.ones(int(starts[-1])), permuted.indices[is_later], starts), shape=matrix.shape)
    later.sort_indices()
    # There is no fill if for each node those later ones that it joins, but for the first of them, are joined to that one already
    # (Rose, Tarjan and Lueker 1976, see below)
    first = np.append(later.indices[starts[:-2]], side - 1)
    if later.multiply(later[first]).nnz < starts[-1] - (side - 1):
        return None
    columns = counts + 1.0
    return Elimination(order, float(columns.sum()), float(np.sum(columns**2)))


def _steps_from(matrix: Sparse, node: int) -> Ints:
    """Return how many steps it takes from this node to each, in a connected symmetric pattern."""
    walk, before = breadth_first_order(matrix, node)
    place = np.empty(len(walk), dtype=np.intp)
    place[walk] = np.arange(len(walk))
    reached_from = place[before[walk[1:]]].tolist()  # ascending, as the walk is breadth first
    level = np.zeros(len(walk), dtype=np.intp)
    start, stop, steps = 0, 1, 0
    while stop < len(walk):
        start, stop, steps = stop, 1 + bisect_left(reached_from, stop, lo=start), steps + 1
        level[walk[start:stop]] = steps
    return level


def _by_least_degree(matrix: Sparse, most_entries: float) -> Elimination | None:
    """Eliminate independent sets of nodes of small degree, round after round, and count."""
    # Eliminating a node joins its neighbours to one another, and its column of L has an entry for each of them (Rose, Tarjan and
    # Lueker, Algorithmic aspects of vertex elimination on graphs, SIAM J. Comput. 5 (1976)). Nodes that are no neighbours can be
    # eliminated together (Liu, Modification of the minimum-degree algorithm by multiple elimination, ACM TOMS 11 (1985)); a node
    # goes if its degree, ties broken by a fixed shuffle, is the least among its neighbours that may go.
    graph = _without_diagonal(sp.csr_array((np.ones(matrix.nnz), matrix.indices, matrix.indptr), shape=matrix.shape))
    nodes = np.arange(matrix.shape[0])
    shuffle = np.random.default_rng(0).permutation(len(nodes)).astype(float) / len(nodes)
    order: list[Ints] = []
    entries = multiplications = 0.0
    while len(nodes) > FULL_REST:
        degree = np.diff(graph.indptr).astype(float)
        # Each edge that is left is an entry of L at the least
        if entries + len(nodes) + graph.nnz / 2 > most_entries:
            return None
        eligible = degree <= max(degree.min() + 1, np.quantile(degree, LEAST_ELIGIBLE_SHARE))
        going = _least_among_neighbours(graph, np.where(eligible, degree + shuffle[nodes], np.inf))
        columns = degree[going] + 1
        entries, multiplications = entries + float(columns.sum()), multiplications + float(np.sum(columns**2))
        if entries + len(nodes) - len(columns) > most_entries:
            return None
        order.append(nodes[going])
        kept = graph[~going]
        joins = kept[:, going]
        graph = _without_diagonal(kept[:, ~going] + joins @ joins.T)
        nodes = nodes[~going]
    rest = len(nodes)
    order.append(nodes)
    entries += rest * (rest + 1) / 2
    if entries > most_entries:
        return None
    return Elimination(np.concatenate(order), entries, multiplications + rest**3 / 3)


def _least_among_neighbours(graph: Sparse, key: Floats) -> Ints:
    """Say for each node whether its key is finite and below that of each neighbour."""
    least = np.full(len(key), np.inf)
    joined = np.diff(graph.indptr) > 0
    if graph.nnz:
        least[joined] = np.minimum.reduceat(key[graph.indices], graph.indptr[:-1][joined])
    return np.asarray(key < least)


def _without_diagonal(graph: Sparse) -> Sparse:
    """Return the pattern with ones for entries, and none on the diagonal."""
    rows = np.repeat(np.arange(graph.shape[0]), np.diff(graph.indptr))
    off = graph.indices != rows
    starts = np.concatenate([[0], np.cumsum(np.bincount(rows[off], minlength=graph.shape[0]))])
    pattern: Sparse = sp.csr_array((np.ones(int(starts[-1])), graph.indices[off], starts), shape=graph.shape)
    return pattern
