"""The population graph as nodes and lines."""

from typing import Any

import numpy as np
import scipy.sparse as sp
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from scipy.sparse.csgraph import minimum_spanning_tree

from popgraph.basics.arguments import count, flag
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arrays import Floats, Ints
from popgraph.basics.protocols import ViewedPopulation
from popgraph.plot import bipartite
from popgraph.plot.drawing import INK, axes_or_new
from popgraph.plot.layouts import packed
from popgraph.plot.reading import adjacency_among, chosen_views, classes_of_views, read_viewed
from popgraph.plot.scenes import Scene, draw_scene, proportion, set_equal
from popgraph.populations import BipartiteGraph

MAX_EDGES_DRAWN = (
    5000  # lines drawn: 1,500 views of which all are joined take 2 s with them, and took 114 s with every edge
)


@checked_call()
def graph(
    graph: ViewedPopulation | BipartiteGraph,
    *,
    labels: Any = None,
    names: bool = True,
    ax: Axes | None = None,
    rng: int = 0,
) -> Axes:
    """Draw the views as nodes of area w_x, joined by lines as strong as w_xx'; self-weights are not drawn.

    Each view's name stands beside its node where there is room, up to 60 views. If a name is longer than 16 characters, the nodes
    have numbers and a key beside them, up to 30 views. Images stand at their nodes, up to 30. Each component is laid out alone.

    Of more than 5,000 edges the heaviest are drawn, as the title says, among them those that hold each component together.

    Parameters
    ----------
    graph : population, or BipartiteGraph
        With a list of N views; of more than 2,000 a sample is drawn, as the title says. Two kinds of views stand in two columns.
    labels : sequence of N labels, or mapping view -> label, optional
        A class for each view, for its colour; the graph's own (``graph.view_labels``), else its components, if not given. Of two
        kinds of views, a pair of such: of the views x and of the views z.
    names : bool
        Whether views are named.
    ax : Axes, optional
        Where to draw; a new figure if not given.
    rng : int
        Seeds networkx' spring layout.

    Returns
    -------
    Axes
        What was drawn on.

    Raises
    ------
    InvalidArgument
        If there is not one label for each view, or no list of views.

    See Also
    --------
    matrix : The same as a table.
    embedding : The views at their places in f.
    popgraph.explore : The same with sliders.

    Examples
    --------
    >>> import popgraph as pg
    >>> from popgraph.plot import graph
    >>> ax = graph(pg.zoo.hypercube(2), labels=["a", "a", "b", "b"])
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['a', 'b']
    """
    flag("names", names)
    rng = count("rng", rng, 0, 2**32 - 1, "the seed of a layout is a whole number")
    if isinstance(graph, BipartiteGraph):
        return bipartite.draw_graph(graph, labels, ax, names)
    graph = read_viewed("plot.graph(graph)", graph)
    classes, of_view = classes_of_views(graph, labels)
    ax = axes_or_new(ax)
    shown, note = chosen_views(graph)
    w = adjacency_among(graph, shown).tocoo()
    w.data *= np.sqrt(graph.w_x[shown])[w.row] * np.sqrt(graph.w_x[shown])[w.col]
    joined = w.row < w.col
    i, j, weight = w.row[joined], w.col[joined], w.data[joined]
    edge_count = len(weight)
    heaviest = _heaviest(len(shown), i, j, weight)
    i, j, weight = i[heaviest], j[heaviest], weight[heaviest]
    if len(weight) < edge_count:
        note += f"\n(drawn: the heaviest {len(weight):,} of {edge_count:,} edges)"
    strength = weight / weight.max(initial=1e-300)
    ax.set_axis_off()
    set_equal(ax)
    at = packed(len(shown), i, j, strength, rng, proportion(ax))
    faint = 20.0 / max(len(i), 30)  # many faint lines would be a grey blot
    ink = 0.6 * min(1.0, (1500 / max(len(i), 1)) ** 0.75)
    alpha = np.clip(0.1 + ink * strength, 0.0, faint + ink * strength)
    width = 0.4 + 2.6 * strength * min(1.0, (60 / max(len(i), 1)) ** 0.5)
    ends = list(np.stack([at[i], at[j]], axis=1))
    if ends:
        ax.add_collection(LineCollection(ends, colors=INK, alpha=alpha, linewidths=width, zorder=1))
    draw_scene(ax, Scene(graph, shown, at, classes, of_view), names)
    parts = graph.component_count
    ax.set_title(f"{graph.N:,} views in {parts:,} component{'s' * (parts > 1)}{note}", fontsize=11)
    return ax


def _heaviest(N: int, i: Ints, j: Ints, weight: Floats) -> Ints:
    """Return the positions of the edges to draw: a heaviest spanning forest, and then the heaviest of the others."""
    if len(weight) <= MAX_EDGES_DRAWN:
        return np.arange(len(weight))
    order = np.argsort(-weight, kind="stable")
    rank = np.empty(len(weight))
    # Ranks in place of weights: the tree is the same, and no difference of weights of any range is lost to rounding.
    rank[order] = np.arange(1, len(weight) + 1)
    forest = minimum_spanning_tree(sp.csr_array((rank, (i, j)), shape=(N, N)))
    in_forest = order[forest.data.astype(np.intp) - 1]
    rank[in_forest] = 0.0
    return np.sort(np.argsort(rank, kind="stable")[: max(MAX_EDGES_DRAWN, len(in_forest))])
