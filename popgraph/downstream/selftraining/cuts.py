"""Two classes: the student's objective as a minimum cut, in whole numbers, so that no rounding is met inside the flow.

The flow is OR-tools' where that is installed and networkx's elsewhere. Both are exact, and the smallest and the largest minimum cut
do not depend on which maximum flow was found, so that the labels are the same to the view.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import breadth_first_order

from popgraph.basics.arrays import Floats, Immutable, Ints
from popgraph.errors import load_whole

UNIT = 2.0**60  # costs become whole multiples of 2^-60, to the nearest; what that moves is below rounding
NEVER_CUT = (
    2.0**61
)  # units: dearer than giving all views to one class, so that no minimum cut goes through such an edge
TIE = 2.0**-46  # relative: costs as near as this are a tie. Products w = AᵀpA of some 100 terms are that exact


@dataclass(frozen=True, eq=False)
class Cut(Immutable):
    """Hold the smallest and the largest set of nodes on the source's side of a minimum cut, (N,) masks, and its value."""

    smallest: Any
    largest: Any
    value: float

    @property
    def unique(self) -> bool:
        """Whether there is one minimum cut."""
        return bool(np.array_equal(self.smallest, self.largest))


@dataclass(frozen=True, eq=False)
class Network(Immutable):
    """Hold what may still flow, in units: from the source to each node, from each to the sink, and along each pair both ways."""

    source: Ints
    sink: Ints
    x: Ints
    y: Ints
    forward: Ints
    backward: Ints

    def saturated(self) -> tuple["Network", int]:
        """Return what is left once as much flows as can, and how much that is."""
        N, m = len(self.source), len(self.x)
        direct = np.minimum(self.source, self.sink)  # from the source to a node and on to the sink
        start = Network(self.source - direct, self.sink - direct, self.x, self.y, self.forward, self.backward)
        nodes = np.arange(N)
        tails = np.concatenate([np.full(N, N), nodes, self.x, self.y])
        heads = np.concatenate([nodes, np.full(N, N + 1), self.y, self.x])
        capacities = np.concatenate([start.source, start.sink, self.forward, self.backward])
        on_a_way = np.append(start.reached_from_source(), [True, False])[tails] & (capacities > 0)
        on_a_way &= np.append(start.reaching_sink(), [False, True])[heads]
        flow = np.zeros_like(capacities)
        if on_a_way.any():
            flow[on_a_way] = _maximum_flow(tails[on_a_way], heads[on_a_way], capacities[on_a_way], N)
        from_source, to_sink, there, back = np.split(flow, [N, 2 * N, 2 * N + m])
        along = there - back
        left = Network(
            start.source - from_source,
            start.sink - to_sink,
            self.x,
            self.y,
            self.forward - along,
            self.backward + along,
        )
        return left, int(direct.sum() + from_source.sum())

    def reached_from_source(self) -> Any:
        """Return which nodes more could flow to, an (N,) mask."""
        return _reached(self.source > 0, self.x, self.y, self.forward > 0, self.backward > 0)

    def reaching_sink(self) -> Any:
        """Return which nodes more could flow from, to the sink, an (N,) mask."""
        return _reached(self.sink > 0, self.x, self.y, self.backward > 0, self.forward > 0)


def minimum_cut(pairs: sp.coo_array, source: Floats, sink: Floats) -> Cut:
    """Cut N nodes in two at least cost: a node apart from the source pays source[x], one apart from the sink sink[x].

    Costs that should be equal differ by rounding. Every cost is exact to a share TIE, and a minimum cut costs at most F, the least
    that one class for all would. So two sets that tie differ in cost by rounding of at most 2 TIE F, and of at most TIE times the
    costs that meet the nodes in which they differ; and half a unit for each of these. The largest minimum cut is that of the same
    network where every node pays so much more for parting from the source, the smallest where it pays so much more for parting
    from the sink: each the only one of its size, whatever flow finds it.

    Parameters
    ----------
    pairs : (N, N) coo_array
        What x and x' pay for being parted; entries above the diagonal.
    source, sink : (N,) arrays
        Nonnegative, and one of the two sums to 1 at most.
    """
    x, y = pairs.coords
    N, parted = len(source), _units(pairs.data)
    least = min(source.sum(), sink.sum())
    ends = np.concatenate([x, y])
    meeting = source + sink + np.bincount(ends, np.tile(np.minimum(pairs.data, least), 2), minlength=N)
    tie = np.rint(UNIT * TIE * np.minimum(meeting, 2.0 * least)).astype(np.int64) + np.bincount(ends, minlength=N) + 2
    left, value = Network(_units(source), _units(sink), x, y, parted, parted).saturated()
    smallest = Network(left.source, left.sink + tie, x, y, left.forward, left.backward).saturated()[0]
    largest = Network(left.source + tie, left.sink, x, y, left.forward, left.backward).saturated()[0]
    return Cut(smallest.reached_from_source(), ~largest.reaching_sink(), value / UNIT)


def _units(costs: Floats) -> Ints:
    """Return costs in whole units: their product with a power of 2 is exact, and its rounding an integer below 2^63."""
    return np.rint(np.minimum(costs * UNIT, NEVER_CUT)).astype(np.int64)


def _maximum_flow(tails: Ints, heads: Ints, capacities: Ints, N: int) -> Ints:
    """Return a maximum flow through each arc, from node N to node N + 1."""
    try:
        solver = load_whole("ortools.graph.python.max_flow").SimpleMaxFlow()
    except ImportError:
        return _flow_by_networkx(tails, heads, capacities, N)
    arcs = solver.add_arcs_with_capacity(tails.astype(np.int32), heads.astype(np.int32), capacities)
    if solver.solve(N, N + 1) != solver.OPTIMAL:
        raise AssertionError("capacities are small enough for int64")
    return np.asarray(solver.flows(arcs), dtype=np.int64)


def _flow_by_networkx(tails: Ints, heads: Ints, capacities: Ints, N: int) -> Ints:
    """Return a maximum flow through each arc, from node N to node N + 1, in Python's integers."""
    import networkx as nx

    network = nx.DiGraph()
    network.add_nodes_from(range(N + 2))
    arcs = list(zip(tails.tolist(), heads.tolist(), strict=True))
    for (tail, head), capacity in zip(arcs, capacities.tolist(), strict=True):
        network.add_edge(tail, head, capacity=capacity)
    residual = nx.algorithms.flow.boykov_kolmogorov(network, N, N + 1)
    return np.array([max(residual[tail][head]["flow"], 0) for tail, head in arcs], dtype=np.int64)


def _reached(starts: Any, x: Ints, y: Ints, forward: Any, backward: Any) -> Any:
    """Return which nodes can be reached from the starts through open pairs, an (N,) mask."""
    N = len(starts)
    first = np.flatnonzero(starts)
    tails = np.concatenate([x[forward], y[backward], np.full(len(first), N)])
    heads = np.concatenate([y[forward], x[backward], first])
    arcs = sp.csr_array((np.ones(len(tails), dtype=np.int8), (tails, heads)), shape=(N + 1, N + 1))
    reached = np.zeros(N + 1, dtype=bool)
    reached[breadth_first_order(arcs, N, return_predecessors=False)] = True
    return reached[:N]


def cost_of(pairs: sp.coo_array, unary: Floats, codes: Ints) -> float:
    """Return the cost of a labelling: unary (N, r) at each view's class, and the pairs that it tells apart."""
    x, y = pairs.coords
    return float(unary[np.arange(len(codes)), codes].sum() + pairs.data[codes[x] != codes[y]].sum())
