"""`explore`: sliders over the parameters of a population; beside them w, Ā, the graph, its spectrum, an embedding and the match.

The tables are HTML, and only the graph and the embedding are drawn by matplotlib, into one figure that is kept: a redraw of all
six panels as one figure took 170 ms, this takes a third of that.
"""

import base64
import html
import inspect
from collections.abc import Callable, Mapping
from fractions import Fraction
from io import BytesIO
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image as Pillow

from popgraph.basics.arguments import count, is_real, is_whole
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.populations import satisfies, spectrum_of
from popgraph.basics.extras import require
from popgraph.basics.html import Bar, html_table, number
from popgraph.basics.protocols import Population, ViewedPopulation
from popgraph.basics.words import printable, shorten
from popgraph.errors import InvalidArgument, PopgraphError
from popgraph.plot.drawing import MAX_ROWS_NUMBERED, WEIGHTS
from popgraph.plot.embeddings import embedding
from popgraph.plot.graphs import graph as draw_graph
from popgraph.plot.reading import MAX_VIEWS_DRAWN, read_viewed, weights_among
from popgraph.spectrum import Spectrum
from popgraph.training import train
from popgraph.verification import Match, verify

SLIDER_STEPS = 60  # of an interval: its halves, thirds, quarters and fifths are among them


class Explorer:
    """Hold the widgets of an exploration, which a notebook shows. Made by `popgraph.explore`.

    Attributes
    ----------
    sliders : dict of str -> ipywidgets widget
        One for each parameter, and ``k``.
    widget : ipywidgets.VBox
        All of it.
    graph, spectrum, match
        What is shown now.

    Examples
    --------
    >>> import popgraph as pg
    >>> shown = pg.explore(pg.zoo.hypercube, d=(1, 4), flip=(0, 0.5), k=(1, 5))
    >>> shown.sliders["d"].value = 3
    >>> shown.graph
    PopulationGraph(3-cube: 8 naturals, 8 views, 1 component)
    """

    def __init__(self, make_graph: Callable[..., Any], parameters: Mapping[str, Any], k: tuple[int, int], seed: int):
        widgets = require("ipywidgets")
        self._make, self._seed = make_graph, seed
        style = {"style": {"description_width": "initial"}, "continuous_update": True}
        self.sliders = {name: _slider(widgets, name, given, make_graph, style) for name, given in parameters.items()}
        self.sliders["k"] = widgets.IntSlider(value=_between(2, *k), min=k[0], max=k[1], description="k", **style)
        names = ("w", "adjacency", "spectrum", "match", "message")
        self._panels = {name: widgets.HTML() for name in names}
        self._image = widgets.Image(format="png")
        self._figure = Figure(figsize=(9.6, 4.2), dpi=72)
        FigureCanvasAgg(self._figure)
        self._axes = self._figure.subplots(1, 2)
        self._figure.subplots_adjust(0.01, 0.12, 0.98, 0.9, 0.12)
        row = widgets.Layout(flex_flow="row wrap", align_items="flex-start", grid_gap="1.5em")
        matrices = widgets.HBox([self._panels["w"], self._panels["adjacency"], self._panels["spectrum"]], layout=row)
        below = widgets.HBox([self._image, self._panels["match"]], layout=row)
        controls = widgets.HBox(list(self.sliders.values()), layout=row)
        self.widget = widgets.VBox([controls, self._panels["message"], matrices, below])
        self.widget.add_class("popgraph-explorer")
        for slider in self.sliders.values():
            slider.observe(lambda _: self.draw(), names="value")
        self.graph: ViewedPopulation
        self.spectrum: Spectrum
        self.match: Match
        self.draw()

    def draw(self) -> None:
        """Draw everything anew from the values of the sliders; where no graph can be built, say why and leave the last one.

        Examples
        --------
        >>> import popgraph as pg
        >>> shown = pg.explore(pg.zoo.lightning_cloud, probability=(0, 1))
        >>> shown.draw()
        >>> bool(shown.match)
        True
        """
        values = {name: slider.value for name, slider in self.sliders.items() if name != "k"}
        try:
            graph = self._make(**values)
            if not satisfies(graph, Population):
                raise InvalidArgument(
                    f"{_name(self._make)}({values}) returned {shorten(graph)}; it must return a population"
                )
            graph = read_viewed("explore(make_graph)", graph)
            k = min(self.sliders["k"].value, graph.N)
            spectrum = spectrum_of("explore(make_graph)", graph, k)
            training = train(graph, k, rng=self._seed, progress=False)
            match = verify(graph, training.f)
        except PopgraphError as refusal:
            self._panels["message"].value = f"<strong>{html.escape(str(refusal))}</strong>"
            return
        fewer_views = k < self.sliders["k"].value
        self._panels["message"].value = f"k = {k}: there are no more views" if fewer_views else ""
        self._panels["w"].value = _matrix_html(graph, "w", "w: probability of a positive pair")
        self._panels["adjacency"].value = _matrix_html(graph, "adjacency", "Ā: normalised adjacency")
        self._panels["spectrum"].value = _spectrum_html(spectrum)
        self._panels["match"].value = f"<div style='max-width:26em;line-height:1.4'>{match._repr_html_()}</div>"
        self._image.value = self._picture(graph, training)
        self.graph, self.spectrum, self.match = graph, spectrum, match

    def _picture(self, graph: ViewedPopulation, training: Any) -> bytes:
        """Draw the graph and the embedding into the figure that is kept, and return it as PNG."""
        for ax in self._axes:
            ax.clear()
            ax.set_axis_on()
        draw_graph(graph, ax=self._axes[0])
        embedding(graph, training, ax=self._axes[1])
        for ax in self._axes:
            ax.set_title(ax.get_title(), fontsize=11, y=1.0)  # without y, finding a place takes a third of a redraw
        self._figure.canvas.draw()
        return _png(np.asarray(self._figure.canvas.buffer_rgba()))  # type: ignore[attr-defined]

    def _ipython_display_(self) -> None:
        require("IPython.display").display(self.widget)


@checked_call()
def explore(
    make_graph: Callable[..., Any], *, k: tuple[int, int] = (1, 6), rng: int = 0, **parameters: Any
) -> Explorer:
    """Move sliders over the parameters of a population, and see w, Ā, the graph, the spectrum, a trained f and its match follow.

    Parameters
    ----------
    make_graph : callable
        Called with the parameters by name; returns a population with a list of at most 2,000 views, or a few for speed.
    k : (int, int)
        The dimensions of f to choose from; no more than there are views are used.
    rng : int
        Seeds the training.
    **parameters : (low, high), (low, high, step), a list, or a bool
        A slider over whole numbers where all are ints and ``make_graph``'s default is one, or (low, high) is not (0, 1); else over
        an interval; a choice from a list; a tick box.

    Returns
    -------
    Explorer
        Which a notebook shows.

    Raises
    ------
    InvalidArgument
        If a parameter is no such range or none of the function's, or k none of whole numbers from 1 on.
    MissingExtra
        If ipywidgets is not installed: it comes with the extra ``notebooks``.

    See Also
    --------
    plot.graph : Draw the graph alone.
    plot.matrix : Draw w or Ā alone.
    plot.spectrum_path : Eigenvalues as one parameter slides, on paper.

    Examples
    --------
    >>> import popgraph as pg
    >>> from popgraph import explore
    >>> shown = explore(pg.zoo.lightning_cloud, probability=(0, 1), k=(1, 4))
    >>> shown.sliders["probability"].value = 0.25
    >>> shown.graph.w_x.tolist()
    [0.375, 0.125, 0.375, 0.125]
    """
    if not callable(make_graph):
        raise InvalidArgument(f"explore takes a function that returns a graph; got {shorten(make_graph)}")
    rng = count("rng", rng, 0)
    if not isinstance(k, tuple | list) or len(k) != 2 or not all(map(is_whole, k)) or not 1 <= k[0] < k[1]:
        raise InvalidArgument(f"k is {shorten(k)}; give its least and its largest value, two whole numbers from 1 on")
    accepted = inspect.signature(make_graph).parameters
    takes_any = any(each.kind is each.VAR_KEYWORD for each in accepted.values())
    if unknown := [name for name in parameters if name not in accepted and not takes_any]:
        raise InvalidArgument(
            f"{_name(make_graph)} takes no {', '.join(unknown)}; its parameters are {', '.join(accepted)}"
        )
    return Explorer(make_graph, parameters, (int(k[0]), int(k[1])), rng)


def _name(function: Callable[..., Any]) -> str:
    """Return what to call a function in a message."""
    return getattr(function, "__name__", type(function).__name__)


def _between(value: float, low: float, high: float) -> Any:
    """Return a value, or the nearer end of the range."""
    return min(max(value, low), high)


def _slider(widgets: Any, name: str, given: Any, make_graph: Callable[..., Any], style: dict[str, Any]) -> Any:
    """Return the widget for one parameter, starting at the function's default where that is within reach."""
    default = inspect.signature(make_graph).parameters.get(name)
    start = default.default if default is not None else None
    if isinstance(given, bool):
        return widgets.Checkbox(value=given, description=name)
    if isinstance(given, list) and given:
        return widgets.Dropdown(options=[(printable(str(each)), each) for each in given], description=name)
    ends = given if isinstance(given, tuple) and len(given) in (2, 3) else ()
    if not ends or not all(is_real(end) and np.isfinite(end) for end in ends) or not ends[0] < ends[1]:
        raise InvalidArgument(
            f"{name} is {shorten(given)}; give (low, high), (low, high, step) with low < high, a list of choices, or a bool"
        )
    whole = all(map(is_whole, ends)) and (tuple(ends[:2]) != (0, 1) or type(start) is int)
    low, high, *steps = map(int if whole else float, ends)
    step = steps[0] if steps else 1 if whole else (high - low) / SLIDER_STEPS
    value = _between(_parsed(start, low + (high - low) / 2), low, high)
    value = low + round((value - low) / step) * step  # a browser would move it to a step
    kind = widgets.IntSlider if whole else widgets.FloatSlider
    return kind(value=int(value) if whole else value, min=low, max=high, step=step, description=name, **style)


def _parsed(default: Any, otherwise: float) -> float:
    """Return what a default such as "1/3" stands for, or another number where it is none."""
    try:
        return float(Fraction(default))
    except (TypeError, ValueError):
        return otherwise


def _matrix_html(graph: ViewedPopulation, which: str, title: str) -> str:
    """Write w or Ā as a shaded table of numbers, or of many views as a picture of one pixel an entry."""
    if graph.N > MAX_VIEWS_DRAWN:
        return f"<strong>{title}</strong><br>{graph.N:,} views are too many to draw"
    values = weights_among(graph, which, np.arange(graph.N))
    if graph.N > MAX_ROWS_NUMBERED:
        shades = (WEIGHTS(values / values.max()) * 255).astype(np.uint8)
        encoded = base64.b64encode(_png(shades)).decode()
        size = "width:15em;image-rendering:pixelated;border:1px solid currentColor"
        return f"<strong>{title}</strong><br><img style='{size}' src='data:image/png;base64,{encoded}' alt='{title}'>"
    rows = [[x, *(Shaded(value, values.max()) for value in row)] for x, row in zip(graph.views, values, strict=True)]
    return f"<strong>{title}</strong>{html_table(rows, ['', *graph.views])}"


class Shaded:
    """Draw a number over a background as strong as its share of the largest."""

    def __init__(self, value: float, largest: float) -> None:
        self.value, self.share = float(value), float(value / largest)

    def _repr_html_(self) -> str:
        background = f"background:rgba(0,114,178,{0.7 * self.share:.3f})"
        return f"<span style='display:block;padding:0.4em 0.6em;{background}'>{number(round(self.value, 4))}</span>"


def _spectrum_html(spectrum: Spectrum) -> str:
    """Write the known eigenvalues as bars, with a line at the cut after the k-th."""
    known = spectrum.gamma_known[: max(spectrum.k + 4, 10)]
    rows = [[f"γ_{i + 1}", Bar(gamma, number(round(float(gamma), 4)))] for i, gamma in enumerate(known)]
    cut = f"the cut at k = {spectrum.k}: {spectrum.gap_in_words if spectrum.gap else 'degenerate'}"
    rows.insert(spectrum.k, ["– – –", cut])
    return f"<strong>γ, the eigenvalues of Ā</strong>{html_table(rows, left=True)}"


def _png(pixels: Any) -> bytes:
    """Return an array (height, width, 4) as PNG, fast rather than small."""
    file = BytesIO()
    Pillow.fromarray(pixels).save(file, "png", compress_level=1)
    return file.getvalue()
