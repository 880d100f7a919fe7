"""The views where an embedding f puts them."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from popgraph.basics.arguments import flag
from popgraph.basics.arguments.embeddings import check_scale, read_embedding
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arrays import Floats
from popgraph.basics.protocols import ViewedPopulation
from popgraph.basics.words import listing
from popgraph.plot import bipartite
from popgraph.plot.drawing import FAINT, axes_or_new, read_dims, with_index
from popgraph.plot.reading import chosen_views, classes_of_views, read_viewed
from popgraph.plot.scenes import Scene, draw_scene, set_equal
from popgraph.populations import BipartiteGraph

CONSTANT_WITHIN = 1e-9  # of a column's largest value, by which it may vary and still be constant: rounding


@checked_call()
def embedding(
    graph: ViewedPopulation | BipartiteGraph,
    f: Any,
    *,
    labels: Any = None,
    dims: tuple[int, int] | None = None,
    names: bool = True,
    ax: Axes | None = None,
) -> Axes:
    """Draw each view at two coordinates of its embedding f, with area w_x.

    A connected graph's first eigenfunction is constant and tells no views apart: a constant column is left out, as the title says,
    unless ``dims`` asks for it. Each view's name stands beside its point, as in `graph`; views at one place have one list of names.

    Parameters
    ----------
    graph : population, or BipartiteGraph
        With a list of N views; of more than 2,000 a sample is drawn, as the title says. Two kinds of views have two marks.
    f : (N, k) array, mapping, callable, Training or Spectrum
        Of a Training its f is drawn, of a Spectrum its `embedding` D^-1/2 F* diag(√γ). Of two kinds of views, a pair (f, g), a
        PairTraining or a SingularSpectrum.
    labels : sequence of N labels, or mapping view -> label, optional
        A class for each view, for its colour; as in `graph`.
    dims : (int, int), optional
        Which columns; by default the first two that are not constant. A single column is drawn along a line.
    names : bool
        Whether views are named.
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
    >>> print(embedding(cube, cube.spectrum(4)).get_title())
    8 views by f: columns 2, 3 of 4
    (left out: column 1, which is constant)
    >>> embedding(cube, cube.spectrum(4), dims=(0, 3)).get_ylabel()
    '$f_4$'
    """
    flag("names", names)
    if isinstance(graph, BipartiteGraph):
        return bipartite.draw_embedding(graph, f, labels, (0, 1) if dims is None else dims, ax, names)
    graph = read_viewed("plot.embedding(graph, f)", graph)
    table = check_scale("f", read_embedding(graph.views, f))
    d = table.shape[1]
    columns, left_out = _columns(table, dims)
    classes, of_view = classes_of_views(graph, labels)
    ax = axes_or_new(ax)
    shown, note = chosen_views(graph)
    at = table[shown][:, columns] if len(columns) == 2 else np.column_stack([table[shown, columns[0]], 0 * shown])
    for line in (ax.axhline, ax.axvline):
        line(0, color=FAINT, linewidth=0.8, zorder=0)
    first, *second = columns
    ax.set(xlabel=with_index("f", first + 1), ylabel=with_index("f", second[0] + 1) if second else "")
    if second:
        set_equal(ax)
    else:
        ax.set_aspect("auto")
        ax.set_yticks([])
    draw_scene(ax, Scene(graph, shown, at, classes, of_view), names)
    which = f"columns {first + 1}, {second[0] + 1} of {d}" if second else f"column {first + 1} of {d}"
    which = which if d > 1 else "its only column"
    ax.set_title(f"{graph.N:,} views by f: {which}{left_out}{note}", fontsize=11)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def _columns(table: Floats, dims: Any) -> tuple[list[int], str]:
    """Return the one or two columns of f to draw, and what the title says of a constant one that is left out."""
    d = table.shape[1]
    if dims is not None:
        first, second = read_dims(dims, d)
        return [first, second] if d > 1 else [0], ""
    varying = np.flatnonzero(np.ptp(table, axis=0) > CONSTANT_WITHIN * np.abs(table).max(axis=0))
    # Where all columns are constant, or the one column is, nothing else is there to be drawn.
    chosen = varying[:2].tolist() or list(range(min(d, 2)))
    until = chosen[-1] if len(chosen) == 2 else d
    passed = [str(column + 1) for column in range(until) if column not in chosen]
    if not passed:
        return chosen, ""
    many = len(passed) > 1
    return chosen, f"\n(left out: column{'s' * many} {listing(passed)}, which {'are' if many else 'is'} constant)"
