"""Where the nodes of a graph stand: each component by springs of its own, and the components packed as boxes on shelves."""

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from popgraph.basics.arrays import Floats, Ints

MARGIN = 0.55  # around a component, where 1 is about the distance of two neighbours
PAIR = 1.2  # the distance of two nodes that are a component
WIDTHS_TRIED = 40  # of shelves, from the widest component to all side by side
MANY_COMPONENTS = 50  # beyond which each of them is laid out in fewer steps


def packed(N: int, i: Ints, j: Ints, strength: Floats, rng: int, ratio: float) -> Floats:
    """Return places (N, 2) of nodes joined by edges (i, j); width / height of the whole is near `ratio`."""
    count, of_node = connected_components(sp.csr_array((np.ones(len(i)), (i, j)), shape=(N, N)), directed=False)
    order = np.argsort(of_node, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(of_node, minlength=count))[:-1])
    edge_order = np.argsort(of_node[i], kind="stable")
    edges = np.split(edge_order, np.cumsum(np.bincount(of_node[i], minlength=count))[:-1])
    local = np.empty(N, dtype=np.intp)
    at = np.zeros((N, 2))
    many = sum(len(nodes) > 2 for nodes in members) > MANY_COMPONENTS
    for nodes, joined in zip(members, edges, strict=True):
        local[nodes] = np.arange(len(nodes))
        at[nodes] = _springs(len(nodes), local[i[joined]], local[j[joined]], strength[joined], rng, many)
    if count == 1:
        return at
    low = np.array([at[nodes].min(axis=0) for nodes in members]) - MARGIN
    sizes = np.array([at[nodes].max(axis=0) for nodes in members]) + MARGIN - low
    corners = on_shelves(sizes, ratio)
    for nodes, start, lowest in zip(members, corners, low, strict=True):
        at[nodes] += start - lowest
    return at


def _springs(n: int, i: Ints, j: Ints, strength: Floats, rng: int, many: bool) -> Floats:
    """Lay out one component, with the side of its square about √n."""
    import networkx as nx

    if n == 1:
        return np.zeros((1, 2))
    if n == 2:
        return np.array([[-PAIR / 2, 0.0], [PAIR / 2, 0.0]])
    nodes = nx.Graph()
    nodes.add_nodes_from(range(n))
    nodes.add_weighted_edges_from(zip(i.tolist(), j.tolist(), strength.tolist(), strict=True))
    steps = 25 if many else 100 if n <= 500 else 30 if n <= 1000 else 15
    place = nx.spring_layout(nodes, seed=rng, iterations=steps)
    at = np.array([place[v] for v in range(n)])
    at -= at.min(axis=0)
    return np.asarray(at * 1.1 * np.sqrt(n) / max(float(at.max()), 1e-300))


def on_shelves(sizes: Floats, ratio: float) -> Floats:
    """Return the lower left corners (c, 2) of boxes on shelves, the highest first, of the width that draws them largest."""
    order = np.lexsort((-sizes[:, 0], -sizes[:, 1].round(9)))
    widest, all_in_a_row = float(sizes[:, 0].max()), float(sizes[:, 0].sum())
    best = np.inf, np.zeros_like(sizes)
    for width in np.geomspace(widest, all_in_a_row, WIDTHS_TRIED) * (1 + 1e-9):
        corners, whole = _shelves(sizes, order.tolist(), float(width))
        cost = max(float(whole[0]) / ratio, float(whole[1]))
        if cost < best[0] * (1 - 1e-9):
            best = cost, corners
    return best[1]


def _shelves(sizes: Floats, order: Sequence[int], width: float) -> tuple[Floats, Floats]:
    """Put boxes side by side until a shelf is full, each shelf below the last; return their corners and the size of all."""
    corners = np.zeros_like(sizes)
    shelves: list[list[int]] = [[]]
    used = 0.0
    for box in order:
        if shelves[-1] and used + sizes[box, 0] > width:
            shelves.append([])
            used = 0.0
        shelves[-1].append(box)
        used += sizes[box, 0]
    widths = [float(sizes[shelf, 0].sum()) for shelf in shelves]
    top = 0.0
    for shelf, filled in zip(shelves, widths, strict=True):
        height = float(sizes[shelf, 1].max())
        starts = np.cumsum(np.append(0.0, sizes[shelf, 0][:-1]))
        corners[shelf, 0] = starts + (max(widths) - filled) / 2
        corners[shelf, 1] = top - (height + sizes[shelf, 1]) / 2
        top -= height
    return corners, np.array([max(widths), -top])
