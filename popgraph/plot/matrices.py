"""w and Ā as tables of shades, and both side by side."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Literal

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from popgraph.basics.arguments import flag, one_of
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.memory import reserve
from popgraph.basics.protocols import ViewedPopulation
from popgraph.basics.words import printable, shorten
from popgraph.errors import InvalidArgument
from popgraph.plot import bipartite
from popgraph.plot.drawing import INK, MAX_ROWS_NAMED, MAX_ROWS_NUMBERED, WEIGHTS, Placement, axes_or_new, thumbnail
from popgraph.plot.reading import MAX_VIEWS_DRAWN, chosen_views, drawn_as_images, read_viewed, weights_among
from popgraph.populations import BipartiteGraph, PopulationGraph


@checked_call()
def matrix(
    graph: ViewedPopulation | BipartiteGraph,
    which: Literal["w", "adjacency"] = "adjacency",
    *,
    ax: Axes | None = None,
    annotate: bool | None = None,
    colorbar: bool | None = None,
) -> Axes:
    """Draw w or Ā as a table of shades, with the views along both sides; images are drawn as themselves.

    Parameters
    ----------
    graph : population, or BipartiteGraph
        With a list of N views; of more than 2,000 a sample is drawn, as the title says. Of two kinds of views, those of x stand
        down the side and those of z along the foot.
    which : {"w", "adjacency"}
        Before or after normalisation: w or Ā, and of two kinds of views C or S.
    ax : Axes, optional
        Where to draw; a new figure if not given.
    annotate : bool, optional
        Whether each cell holds its number, for w a fraction where it is exact and fits; by default up to 8 views.
    colorbar : bool, optional
        Whether a scale of the shades stands beside it; by default where the cells hold no numbers.

    Returns
    -------
    Axes
        What was drawn on.

    Raises
    ------
    InvalidArgument
        If ``which`` is neither, or if numbers are asked for with more than 40 views, or there is no list of views.

    See Also
    --------
    before_and_after : Draw w beside Ā.
    graph : The same as nodes and lines.

    Examples
    --------
    >>> import popgraph as pg
    >>> from popgraph.plot import matrix
    >>> matrix(pg.zoo.lightning_cloud(), "w").get_title()
    'w: probability of a positive pair'
    """
    one_of("which", which, ("w", "adjacency"))
    for what, chosen in (("annotate", annotate), ("colorbar", colorbar)):
        if chosen is not None:
            flag(what, chosen)
    if isinstance(graph, BipartiteGraph):
        return bipartite.draw_matrix(graph, which, ax, annotate, colorbar)
    graph = read_viewed("plot.matrix(graph)", graph)
    numbered = graph.N <= MAX_ROWS_NUMBERED if annotate is None else annotate
    if numbered and graph.N > MAX_ROWS_NAMED:
        raise InvalidArgument(f"annotate=True is for {MAX_ROWS_NAMED} views or fewer; this graph has {graph.N:,}")
    ax = axes_or_new(ax)
    shown, note = chosen_views(graph)
    reserve("the picture", 64.0 * len(shown) ** 2, "draw a smaller graph")
    values = weights_among(graph, which, shown)
    shades = ax.imshow(values, cmap=WEIGHTS, vmin=0.0, vmax=values.max(), interpolation="nearest")
    ax.set_title(
        ("w: probability of a positive pair" if which == "w" else "Ā: normalised adjacency") + note, fontsize=11
    )
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    if numbered:
        listed = graph if which == "w" and isinstance(graph, PopulationGraph) else None  # which knows w in fractions
        size = 12 if graph.N <= 5 else 56 / max(graph.N, MAX_ROWS_NUMBERED)
        for (i, j), value in np.ndenumerate(values):
            exact = listed.explain(graph.views[i], graph.views[j]).value if listed is not None else float(value)
            colour = "white" if value > 0.5 * values.max() else INK
            text = _number(exact, 8 if graph.N <= 5 else 5)
            ax.text(j, i, text, ha="center", va="center", color=colour, fontsize=size)
    if not numbered if colorbar is None else colorbar:
        ax.figure.colorbar(shades, ax=ax, shrink=0.8)
    _name_sides(ax, graph)
    return ax


def _number(value: Fraction | float, width: int) -> str:
    """Write a number for a cell: a fraction of at most `width` characters, else three digits."""
    fits = isinstance(value, Fraction) and len(str(value)) <= width
    return str(value) if fits else f"{float(value):.3g}"  # not .3f: a small weight is not 0


def _name_sides(ax: Axes, graph: ViewedPopulation) -> None:
    """Put the views along both sides of a matrix: as thumbnails, as names, or only counted."""
    places = np.arange(graph.N)
    if graph.N > MAX_ROWS_NAMED:
        ax.set_xlabel(f"{min(graph.N, MAX_VIEWS_DRAWN):,} views")
        return
    ax.xaxis.set_ticks_position("bottom")
    if drawn_as_images(graph):
        ax.set(xticks=[], yticks=[])
        zoom = 2.6 * min(1.0, 8 / graph.N)
        for i, view in enumerate(graph.views):
            thumbnail(ax, view, Placement((-0.62, i), zoom, align=(1.0, 0.5)))
            thumbnail(ax, view, Placement((i, graph.N - 1 + 0.62), zoom, align=(0.5, 1.0)))
        return
    names = [printable(view) if isinstance(view, str) else shorten(view) for view in graph.views]
    names = [name if len(name) <= 18 else name[:17] + "…" for name in names]
    size = 10 if graph.N <= 12 else 6
    plain: dict[str, Any] = {"fontsize": size, "parse_math": False}  # a dollar is a dollar
    ax.set_yticks(places, names, **plain)
    ax.set_xticks(places, names, rotation=90 if max(map(len, names)) > 3 else 0, **plain)


@checked_call()
def before_and_after(
    graph: ViewedPopulation | BipartiteGraph, *, axes: Sequence[Axes] | None = None
) -> tuple[Axes, Axes]:
    """Draw w beside Ā: the population graph before and after normalisation, with the views along the sides.

    Parameters
    ----------
    graph : population, or BipartiteGraph
        With a list of N views; of two kinds of views, C is drawn beside S.
    axes : two Axes, optional
        Where to draw; a new figure if not given.

    Returns
    -------
    (Axes, Axes)
        Of w and of Ā.

    Raises
    ------
    InvalidArgument
        If ``axes`` are not two, or there is no list of views.

    See Also
    --------
    matrix : One of the two.
    graph : The same as nodes and lines.

    Examples
    --------
    >>> import popgraph as pg
    >>> from popgraph.plot import before_and_after
    >>> left, right = before_and_after(pg.zoo.lightning_cloud())
    >>> right.get_title()
    'Ā: normalised adjacency'
    """
    if not isinstance(graph, BipartiteGraph):
        graph = read_viewed("plot.before_and_after(graph)", graph)
    if axes is None:
        axes = plt.subplots(1, 2, figsize=(10, 4.6), layout="constrained")[1]
    listed = list(axes) if isinstance(axes, list | tuple) or (isinstance(axes, np.ndarray) and axes.ndim == 1) else []
    if len(listed) != 2 or not all(isinstance(ax, Axes) for ax in listed):
        raise InvalidArgument(f"axes is {shorten(axes)}; w and Ā need two matplotlib Axes")
    return matrix(graph, "w", ax=axes[0]), matrix(graph, "adjacency", ax=axes[1])
