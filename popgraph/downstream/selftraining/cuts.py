"""Two classes: the student's objective as a minimum cut, in whole numbers, so that no rounding is met inside the flow."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from popgraph.basics.arrays import Floats, Immutable, Ints

UNIT = 2**60  # probabilities become whole multiples of 2^-60; what that moves is below rounding
SLACK = 2**14  # multiples of it that rounding may leave of a capacity that should be used up: 1e-14


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


def minimum_cut(pairs: sp.coo_array, source: Floats, sink: Floats) -> Cut:
    """Cut N nodes in two at least cost: a node apart from the source pays source[x], one apart from the sink sink[x].

    Parameters
    ----------
    pairs : (N, N) coo_array
        What x and x' pay for being parted; entries above the diagonal.
    source, sink : (N,) arrays
        Nonnegative.
    """
    import networkx as nx

    N = len(source)
    network = nx.DiGraph()
    network.add_nodes_from(range(N + 2))
    s, t = N, N + 1
    for x, (a, b) in enumerate(zip(source.tolist(), sink.tolist(), strict=True)):
        for tail, head, cost in ((s, x, a), (x, t, b)):
            if cost > 0:
                network.add_edge(tail, head, capacity=round(cost * UNIT))
    for x, y, cost in zip(*(part.tolist() for part in (*pairs.coords, pairs.data)), strict=True):
        network.add_edge(x, y, capacity=round(cost * UNIT))
        network.add_edge(y, x, capacity=round(cost * UNIT))
    flow = nx.algorithms.flow.boykov_kolmogorov(network, s, t)
    spare = {(a, b): c["capacity"] - c["flow"] for a, b, c in flow.edges(data=True)}
    reached = _reach(flow, s, lambda a, b: spare[a, b] > SLACK)
    reaching = _reach(flow, t, lambda a, b: spare[b, a] > SLACK)
    smallest, largest = np.zeros(N, dtype=bool), np.ones(N, dtype=bool)
    smallest[[x for x in reached if x < N]] = True
    largest[[x for x in reaching if x < N]] = False
    return Cut(smallest, largest, flow.graph["flow_value"] / UNIT)


def _reach(network: Any, start: int, open_: Any) -> set[int]:
    """Return the nodes that can be reached from one through open edges."""
    seen, left = {start}, [start]
    while left:
        here = left.pop()
        for there in network[here]:  # a residual network holds every edge both ways
            if there not in seen and open_(here, there):
                seen.add(there)
                left.append(there)
    return seen


def cost_of(pairs: sp.coo_array, unary: Floats, codes: Ints) -> float:
    """Return the cost of a labelling: unary (N, r) at each view's class, and the pairs that it tells apart."""
    x, y = pairs.coords
    return float(unary[np.arange(len(codes)), codes].sum() + pairs.data[codes[x] != codes[y]].sum())
