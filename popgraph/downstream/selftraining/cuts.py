"""Minimise the student's objective for two classes as a minimum cut, in integers, so that the maximum flow is exact.

The flow is computed by OR-tools if it is installed, and by networkx if not. Both are exact, and the smallest and the largest
minimum cut are the same for every maximum flow, so no label depends on which of the two is installed.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import breadth_first_order

from popgraph.basics.arrays import Floats, Immutable, Ints
from popgraph.basics.extras import import_uninterrupted

UNITS_IN_ONE = 2.0**60  # costs are rounded to whole multiples of 2^-60
NEVER_CUT_UNITS = (
    2.0**61
)  # more than it costs to give all views to one class, so no minimum cut separates a pair of this cost
# A cost w_xx' = Σ p(x̄) A(x|x̄) A(x'|x̄) of m terms has a relative error of at most (m + 3) 2^-53, so at most 2^-46 for m <= 125. Most
# of the rounding errors cancel, so that in practice 2^-46 suffices for m of several thousand.
RELATIVE_ROUNDING = 2.0**-46
TABLE_NODES = (
    128  # up to so many nodes a table of who leads to whom is searched in 20 µs; a sparse matrix takes 400 µs to make
)


@dataclass(frozen=True, eq=False)
class Cut(Immutable):
    """The smallest and the largest set of nodes on the source's side among all minimum cuts, (N,) masks, and their common value.

    `unused` are the capacities that a maximum flow leaves unused; those of at most `slack` units count as none, up to rounding.
    """

    smallest: Any
    largest: Any
    value: float
    unused: "Network"
    slack: int

    @property
    def unique(self) -> bool:
        """Whether there is only one minimum cut."""
        return bool(np.array_equal(self.smallest, self.largest))

    def of_least(self, price: Floats, slack: int | None = None) -> Any:
        """Return the minimum cut whose nodes on the source's side have the least sum of prices, (N,), an (N,) mask."""
        # A set is the source's side of a minimum cut iff no unused capacity leads out of it (Picard and Queyranne 1980). So where
        # a free node has unused capacity to another, the other is on the source's side if the first is: a cut that it costs too
        # much to part these at, with the prices as capacities to the terminals, is the set wanted.
        free = self.largest & ~self.smallest
        chosen = self.smallest.copy()
        if not free.any():
            return chosen
        among = free[self.unused.x] & free[self.unused.y]
        place = np.cumsum(free) - 1
        least = self.slack if slack is None else slack
        tied = [
            np.where(unused[among] > least, NEVER_CUT_UNITS, 0)
            for unused in (self.unused.forward, self.unused.backward)
        ]
        units = np.rint(UNITS_IN_ONE * price[free] / max(1.0, float(np.abs(price).sum()))).astype(np.int64)
        network = Network(
            source=np.maximum(-units, 0),
            sink=np.maximum(units, 0),
            x=place[self.unused.x[among]],
            y=place[self.unused.y[among]],
            forward=tied[0].astype(np.int64),
            backward=tied[1].astype(np.int64),
        )
        chosen[free] = network.saturated()[0].reached_from_source()
        return chosen


@dataclass(frozen=True, eq=False)
class Network(Immutable):
    """The capacities, in units of 2^-60: source -> node and node -> sink, (N,), and those of m pairs of nodes, in both directions.

    Pair i joins the nodes x[i] and y[i], with capacity `forward[i]` from x to y, and `backward[i]` from y to x.
    """

    source: Ints
    sink: Ints
    x: Ints
    y: Ints
    forward: Ints
    backward: Ints

    def saturated(self) -> tuple["Network", int]:
        """Return the capacities that a maximum flow leaves unused, and the value of the flow in units."""
        # The flow is checked in whole numbers: it is within the capacities, what enters a node leaves it, and no path of unused
        # capacity leads from the source to the sink. Together these prove that it is a maximum flow (Ford and Fulkerson).
        N, m = len(self.source), len(self.x)
        direct = np.minimum(
            self.source, self.sink
        )  # the flow that goes from the source to a node and at once to the sink
        start = replace(self, source=self.source - direct, sink=self.sink - direct)
        tails = np.concatenate([np.full(N, N), np.arange(N), self.x, self.y])
        heads = np.concatenate([np.arange(N), np.full(N, N + 1), self.y, self.x])
        capacities = np.concatenate([start.source, start.sink, self.forward, self.backward])
        useful = (capacities > 0) & np.append(start.reached_from_source(), [True, False])[tails]
        useful &= np.append(start.reaching_sink(), [False, True])[heads]
        flow = np.zeros_like(capacities)
        if useful.any():
            flow[useful] = _maximum_flow(tails[useful], heads[useful], capacities[useful], N)
        from_source, to_sink, to_y, to_x = np.split(flow, [N, 2 * N, 2 * N + m])
        net = to_y - to_x
        remaining = replace(
            start,
            source=start.source - from_source,
            sink=start.sink - to_sink,
            forward=self.forward - net,
            backward=self.backward + net,
        )
        surplus = np.zeros(N + 2, dtype=np.int64)
        np.add.at(surplus, heads, flow)
        np.subtract.at(surplus, tails, flow)
        within = ((flow >= 0) & (flow <= capacities)).all()
        if not within or surplus[:N].any() or (remaining.reached_from_source() & (remaining.sink > 0)).any():
            raise AssertionError("the library returned a flow that is not a maximum flow")
        return remaining, int(direct.sum() + from_source.sum())

    def reached_from_source(self) -> Any:
        """Return the nodes with a path of positive capacity from the source, an (N,) mask."""
        return _reached(self.source > 0, self.x, self.y, self.forward > 0, self.backward > 0)

    def reaching_sink(self) -> Any:
        """Return the nodes with a path of positive capacity to the sink, an (N,) mask."""
        return _reached(self.sink > 0, self.x, self.y, self.backward > 0, self.forward > 0)


def minimum_cut(pairs: sp.coo_array, source: Floats, sink: Floats) -> Cut:
    """Split N nodes in two at least cost: a node on the sink's side costs source[x], one on the source's side sink[x].

    `pairs` (N, N), above the diagonal, is the cost of parting x and x'. All costs are nonnegative, and `source` or `sink` sums to
    at most 1, up to rounding.
    """
    x, y = pairs.coords
    N, parted = len(source), _in_units(pairs.data)
    remaining, value = Network(_in_units(source), _in_units(sink), x, y, parted, parted).saturated()

    # Two cuts S and T that have the same cost in exact arithmetic differ by rounding. Let D be the nodes that are in one of S and T
    # only. A cost that counts in only one of the two sums is a cost at a node of D. If both cuts are minimum, these costs sum to at
    # most 2 F, where F, the lesser cost of giving all nodes one class, bounds the cost of a minimum cut. So the sums differ by at
    # most RELATIVE_ROUNDING min(Σ_{x in D} costs at x, 2 F), and half a unit for each cost at a node of D.
    # A bonus of this size for each node on the source's side makes the larger set the cheaper one; for each node on the sink's
    # side, the smaller. In integers the largest (smallest) minimum cut with this bonus is the same for every maximum flow.
    ends = np.concatenate([x, y])
    F = min(source.sum(), sink.sum())
    costs = source + sink + np.bincount(ends, np.tile(pairs.data, 2), minlength=N)
    bonus = np.rint(UNITS_IN_ONE * RELATIVE_ROUNDING * np.minimum(costs, 2.0 * F)).astype(np.int64)
    bonus += np.bincount(ends, minlength=N) + 2
    smallest = replace(remaining, sink=remaining.sink + bonus).saturated()[0]
    largest = replace(remaining, source=remaining.source + bonus).saturated()[0]
    slack = int(UNITS_IN_ONE * RELATIVE_ROUNDING * 2.0 * F) + 2 * N
    return Cut(smallest.reached_from_source(), ~largest.reaching_sink(), value / UNITS_IN_ONE, remaining, slack)


def _in_units(costs: Floats) -> Ints:
    """Return costs in units, as integers of at most 2^61. The product with a power of 2 is exact, so each is rounded only once."""
    return np.rint(np.minimum(costs * UNITS_IN_ONE, NEVER_CUT_UNITS)).astype(np.int64)


def _maximum_flow(tails: Ints, heads: Ints, capacities: Ints, N: int) -> Ints:
    """Return the flow through each arc in a maximum flow from node N to node N + 1."""
    try:
        solver = import_uninterrupted("ortools.graph.python.max_flow").SimpleMaxFlow()
    except ImportError:
        return _flow_by_networkx(tails, heads, capacities, N)
    arcs = solver.add_arcs_with_capacity(tails.astype(np.int32), heads.astype(np.int32), capacities)
    status = solver.solve(N, N + 1)
    if status != solver.OPTIMAL:
        raise AssertionError(f"OR-tools returned no maximum flow; its status is {status}")
    return np.asarray(solver.flows(arcs), dtype=np.int64)


def _flow_by_networkx(tails: Ints, heads: Ints, capacities: Ints, N: int) -> Ints:
    """Return what `_maximum_flow` does, computed by networkx in Python's integers."""
    import networkx as nx

    network = nx.DiGraph()
    network.add_nodes_from(range(N + 2))
    arcs = list(zip(tails.tolist(), heads.tolist(), strict=True))
    for (tail, head), capacity in zip(arcs, capacities.tolist(), strict=True):
        network.add_edge(tail, head, capacity=capacity)
    residual = nx.algorithms.flow.boykov_kolmogorov(network, N, N + 1)
    return np.array([max(residual[tail][head]["flow"], 0) for tail, head in arcs], dtype=np.int64)


def _reached(starts: Any, x: Ints, y: Ints, forward: Any, backward: Any) -> Any:
    """Return the nodes with a path from the mask `starts`: `forward` says which pairs lead from x to y, `backward` from y to x."""
    N = len(starts)
    if N <= TABLE_NODES:
        leads = np.zeros((N, N), dtype=bool)
        leads[x[forward], y[forward]] = True
        leads[y[backward], x[backward]] = True
        reached, new = starts.copy(), starts
        while new.any():
            new = leads[new].any(axis=0) & ~reached
            reached |= new
        return reached
    start_nodes = np.flatnonzero(starts)
    tails = np.concatenate([x[forward], y[backward], np.full(len(start_nodes), N)])
    heads = np.concatenate([y[forward], x[backward], start_nodes])
    arcs = sp.csr_array((np.ones(len(tails), dtype=np.int8), (tails, heads)), shape=(N + 1, N + 1))
    found = np.zeros(N + 1, dtype=bool)
    found[breadth_first_order(arcs, N, return_predecessors=False)] = True
    return found[:N]


def cost_of(pairs: sp.coo_array, unary: Floats, codes: Ints) -> float:
    """Return the cost of class numbers `codes` (N,): unary[x, codes[x]] of each view, and that of each pair in two classes."""
    x, y = pairs.coords
    return float(unary[np.arange(len(codes)), codes].sum() + pairs.data[codes[x] != codes[y]].sum())
