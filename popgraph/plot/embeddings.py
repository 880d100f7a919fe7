"""The views where an embedding f puts them."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from popgraph.basics.arguments.embeddings import check_scale, read_embedding
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.protocols import ViewedPopulation
from popgraph.plot import bipartite
from popgraph.plot.drawing import FAINT, axes_or_new, draw_views, name_classes_aside, read_dims
from popgraph.plot.reading import chosen_views, classes_of_views, drawn_as_images, read_viewed
from popgraph.populations import BipartiteGraph


@checked_call()
def embedding(
    graph: ViewedPopulation | BipartiteGraph,
    f: Any,
    *,
    labels: Any = None,
    dims: tuple[int, int] = (0, 1),
    ax: Axes | None = None,
) -> Axes:
    """Draw each view at two coordinates of its embedding f, with area w_x.

    Parameters
    ----------
    graph : population, or BipartiteGraph
        With a list of N views; of more than 2,000 a sample is drawn, as the title says. Two kinds of views have two marks.
    f : (N, k) array, mapping, callable, Training or Spectrum
        Of a Training its f is drawn, of a Spectrum its `embedding` D^-1/2 F* diag(√γ). Of two kinds of views, a pair (f, g), a
        PairTraining or a SingularSpectrum.
    labels : sequence of N labels, or mapping view -> label, optional
        A class for each view, for its colour; as in `graph`.
    dims : (int, int)
        Which columns; with one column, it is drawn along a line.
    ax : Axes, optional
        Where to draw; a new figure if not given.

    Returns
    -------
    Axes
        What was drawn on.

    Raises
    ------
    InvalidEmbedding
        If f is not one finite real vector for each view.
    InvalidArgument
        If there is no such column, not one label for each view, or no list of views.

    See Also
    --------
    graph : The views and their pairs.
    animation : An embedding on its way.
    match : How well f spans F*.

    Examples
    --------
    >>> import popgraph as pg
    >>> from popgraph.plot import embedding
    >>> cube = pg.zoo.hypercube(3)
    >>> embedding(cube, cube.spectrum(4), dims=(1, 2)).get_xlabel()
    'f_2'
    """
    if isinstance(graph, BipartiteGraph):
        return bipartite.draw_embedding(graph, f, labels, dims, ax)
    graph = read_viewed("plot.embedding(graph, f)", graph)
    table = check_scale("f", read_embedding(graph.views, f))
    d = table.shape[1]
    columns = read_dims(dims, d)
    classes, of_view = classes_of_views(graph, labels)
    ax = axes_or_new(ax)
    shown, note = chosen_views(graph)
    at = np.column_stack([table[shown, columns[0]], table[shown, columns[1]] if d > 1 else np.zeros(len(shown))])
    for line in (ax.axhline, ax.axvline):
        line(0, color=FAINT, linewidth=0.8, zorder=0)
    draw_views(ax, graph, at, of_view, shown)
    ax.set(xlabel=f"f_{columns[0] + 1}", ylabel=f"f_{columns[1] + 1}" if d > 1 else "")
    if d == 1:
        ax.set_yticks([])
    ax.margins(0.35 if drawn_as_images(graph) else 0.2)
    name_classes_aside(ax, at, classes, of_view)
    which = f"columns {columns[0] + 1}, {columns[1] + 1} of {d}" if d > 1 else "its only column"
    ax.set_title(f"{graph.N:,} views by f: {which}{note}", fontsize=11)
    ax.spines[["top", "right"]].set_visible(False)
    return ax
