"""w and Ā as tables of shades, and both side by side."""

from collections.abc import Sequence
from fractions import Fraction
from math import isqrt
from typing import Literal

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from popgraph.basics.arguments import flag, one_of
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.memory import reserve
from popgraph.basics.protocols import ViewedPopulation
from popgraph.basics.words import shorten
from popgraph.errors import InvalidArgument
from popgraph.plot import bipartite
from popgraph.plot.drawing import INK, MAX_ROWS_NAMED, MAX_ROWS_NUMBERED, WEIGHTS, Placement, axes_or_new, thumbnail
from popgraph.plot.fonts import write_ticks
from popgraph.plot.names import must_be_turned, view_name
from popgraph.plot.reading import MAX_VIEWS_DRAWN, chosen_views, drawn_as_images, read_viewed, weights_among
from popgraph.populations import BipartiteGraph, PopulationGraph

MAX_DIVISOR_TRIED = 1000  # when squares are taken out of a root: an entry with a larger one is too long for its cell


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
        Whether each cell holds its number, by default up to 8 views: where the graph is exact and it fits a fraction, or √ of one.
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
        size = 12 if graph.N <= 5 else 56 / max(graph.N, MAX_ROWS_NUMBERED)
        for (i, j), value in np.ndenumerate(values):
            text = (
                _exactly(graph, which, i, j, 8 if graph.N <= 5 else 5) or f"{value:.3g}"
            )  # not .3f: a small weight is not 0
            colour = "white" if value > 0.5 * values.max() else INK
            ax.text(j, i, text, ha="center", va="center", color=colour, fontsize=size)
    if not numbered if colorbar is None else colorbar:
        ax.figure.colorbar(shades, ax=ax, shrink=0.8)
    _name_sides(ax, graph)
    return ax


def _exactly(graph: ViewedPopulation, which: str, i: int, j: int, width: int) -> str:
    """Write an entry of w or Ā of a listed graph that is exact as a fraction, or as √q of one; "" if it is not, or too long."""
    if not isinstance(graph, PopulationGraph):
        return ""
    x, y = graph.views[i], graph.views[j]
    weight = graph.explain(x, y).value
    if not isinstance(weight, Fraction):
        return ""
    if which == "w":
        return _if_short(str(weight), width)
    if not graph.is_exact:
        return ""
    w_x = graph.exact().w_x
    return _if_short(_root_in_words(weight * weight / (w_x[i] * w_x[j])), width)


def _if_short(text: str, width: int) -> str:
    """Return a text that has room in its cell, or nothing."""
    return text if len(text) <= width else ""


def _root_in_words(square: Fraction) -> str:
    """Write the root of a fraction with a whole number below the line: "2/3", "√2/3"."""
    root = Fraction(isqrt(square.numerator), isqrt(square.denominator))
    if root * root == square:
        return str(root)
    # √(a/b) = √(ab)/b, with the largest square taken out of ab.
    inside, outside = square.numerator * square.denominator, 1
    for divisor in range(2, min(isqrt(inside), MAX_DIVISOR_TRIED) + 1):
        while inside % (divisor * divisor) == 0:
            inside, outside = inside // (divisor * divisor), outside * divisor
    factor = Fraction(outside, square.denominator)
    above = "" if factor.numerator == 1 else str(factor.numerator)
    return f"{above}√{inside}" + (f"/{factor.denominator}" if factor.denominator > 1 else "")


def _name_sides(ax: Axes, graph: ViewedPopulation) -> None:
    """Put the views along both sides of a matrix: as thumbnails, as names, or only counted."""
    places = np.arange(graph.N)
    if graph.N > MAX_ROWS_NAMED:
        ax.set_xlabel(f"{min(graph.N, MAX_VIEWS_DRAWN):,} views")
        return
    ax.xaxis.set_ticks_position("bottom")
    if drawn_as_images(graph):
        ax.set(xticks=[], yticks=[])
        side = 23.4 * min(1.0, 8 / graph.N)
        for i, view in enumerate(graph.views):
            thumbnail(ax, view, Placement((-0.62, i), side, align=(1.0, 0.5)))
            thumbnail(ax, view, Placement((i, graph.N - 1 + 0.62), side, align=(0.5, 1.0)))
        return
    names = [view_name(view) for view in graph.views]
    size = 10 if graph.N <= 12 else 6
    write_ticks(ax.yaxis, places, names, fontsize=size)
    write_ticks(ax.xaxis, places, names, fontsize=size, rotation=90 if must_be_turned(names) else 0)


@checked_call()
def before_and_after(
    graph: ViewedPopulation | BipartiteGraph, *, axes: Sequence[Axes] | None = None, annotate: bool | None = None
) -> tuple[Axes, Axes]:
    """Draw w beside Ā: the population graph before and after normalisation, with the views along the sides.

    Parameters
    ----------
    graph : population, or BipartiteGraph
        With a list of N views; of two kinds of views, C is drawn beside S.
    axes : two Axes, optional
        Where to draw; a new figure if not given.
    annotate : bool, optional
        Whether each cell holds its number, as in `matrix`.

    Returns
    -------
    (Axes, Axes)
        Of w and of Ā.

    Raises
    ------
    InvalidArgument
        If ``axes`` are not two, or numbers are asked for with more than 40 views, or there is no list of views.

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
    before = matrix(graph, "w", ax=listed[0], annotate=annotate)
    return before, matrix(graph, "adjacency", ax=listed[1], annotate=annotate)
