"""`explore`: sliders over the parameters of a population; beside them w, Ā, γ, F*, labels, the loss, an embedding and the match.

The tables are HTML, and only the graph and the embedding are drawn by matplotlib, into one figure that is kept: a redraw of all
panels as one figure took 170 ms, this takes a third of that.
"""

import base64
import html
import inspect
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from popgraph.basics.arguments import count, is_whole
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.populations import satisfies, spectrum_of
from popgraph.basics.extras import require
from popgraph.basics.protocols import Population, ViewedPopulation
from popgraph.basics.words import shorten
from popgraph.errors import InvalidArgument, MissingExtra, PopgraphError
from popgraph.plot.drawing import MAX_ROWS_NUMBERED
from popgraph.plot.embeddings import embedding
from popgraph.plot.explorer_controls import STILL, Parameter, PlainControl, between, default_of, name_of, state_as_code
from popgraph.plot.graphs import graph as draw_graph
from popgraph.plot.panels import (
    eigenvectors_html,
    exact_adjacency,
    exact_weights,
    labels_html,
    loss_html,
    matrix_html,
    png,
    spectrum_html,
    views_of,
)
from popgraph.plot.reading import MAX_VIEWS_DRAWN, read_viewed, weights_among
from popgraph.spectrum import Spectrum
from popgraph.training import Training, train
from popgraph.verification import Match, verify

MAX_NAMES_IN_THE_EXPLORER = 16  # beside their points; the names of 32 would take a quarter of a redraw
TICKS = 5  # of an axis at most: each takes its time
PANELS = ("w", "adjacency", "spectrum", "match", "eigenvectors", "loss", "labels", "code", "message")
ROWS = (("w", "adjacency", "spectrum"), ("picture", "labels"), ("eigenvectors", "loss", "match"))


class Explorer:
    """Hold the widgets of an exploration, which a notebook shows. Made by `popgraph.explore`.

    Attributes
    ----------
    sliders : dict of str -> ipywidgets widget
        One for each parameter, and ``k``. Without ipywidgets, plain values: setting ``.value`` draws anew.
    widget : ipywidgets.VBox or None
        All of it; None without ipywidgets, where a notebook shows the same panels as a page that stands still.
    graph, spectrum, training, match
        What is shown now.

    See Also
    --------
    popgraph.explore : Make one.

    Examples
    --------
    >>> import popgraph as pg
    >>> shown = pg.explore(pg.zoo.hypercube, d=(1, 4), flip=(0, 0.5), k=(1, 5))
    >>> shown.sliders["d"].value = 3
    >>> shown.graph
    PopulationGraph(3-cube: 8 naturals, 8 views, 1 component)
    """

    def __init__(self, make_graph: Callable[..., Any], parameters: Mapping[str, Any], k: tuple[int, int], seed: int):
        widgets, self._without = _widgets()
        self._make, self._seed = make_graph, seed
        style = {"style": {"description_width": "initial"}, "continuous_update": True}
        self._parameters = [
            Parameter(widgets, name, given, default_of(make_graph, name), style) for name, given in parameters.items()
        ]
        self.sliders = {each.name: each.control for each in self._parameters}
        self.sliders["k"] = widgets.IntSlider(value=between(2, *k), min=k[0], max=k[1], description="k", **style)
        new_panel: Any = PlainControl if self._without else widgets.HTML
        self._panels: dict[str, Any] = {name: new_panel(value="") for name in PANELS}
        self._image: Any = PlainControl() if self._without else widgets.Image(format="png")
        self._figure = Figure(figsize=(9.6, 4.2), dpi=72)
        FigureCanvasAgg(self._figure)
        self._axes = self._figure.subplots(1, 2)
        self._figure.subplots_adjust(0.01, 0.12, 0.98, 0.9, 0.12)
        self.widget = None if self._without else self._laid_out(widgets)
        self.graph: ViewedPopulation
        self.spectrum: Spectrum
        self.training: Training
        self.match: Match
        self._shown: tuple[dict[str, Any], int] | None = None
        self.draw()
        for slider in self.sliders.values():
            slider.observe(lambda _: self.draw(), names="value")

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
        values = {each.name: each.value for each in self._parameters}
        try:
            graph = self._built(values)
            k = min(self.sliders["k"].value, graph.N)
            spectrum = spectrum_of("explore(make_graph)", graph, k)
            training = train(graph, k, rng=self._seed, progress=False)
            match = verify(graph, training.f)
        except PopgraphError as refusal:
            self._panels["message"].value = f"<strong>{html.escape(str(refusal))}</strong>"
            return
        fewer_views = k < self.sliders["k"].value
        self._panels["message"].value = f"k = {k}: there are no more views" if fewer_views else ""
        self._write_matrices(graph)
        self._panels["spectrum"].value = spectrum_html(spectrum)
        self._panels["match"].value = f"<div style='max-width:26em;line-height:1.4'>{match._repr_html_()}</div>"
        self._panels["eigenvectors"].value = eigenvectors_html(views_of(graph), spectrum)
        self._panels["loss"].value = loss_html(training, spectrum)
        self._panels["labels"].value = labels_html(graph)
        self._image.value = self._picture(graph, training)
        self.graph, self.spectrum, self.training, self.match = graph, spectrum, training, match
        self._shown = values, k
        self._panels["code"].value = f"<pre>{html.escape(self.code())}</pre>"

    def code(self) -> str:
        """Return Python code that makes what is shown now: graph, spectrum, training and match.

        A function that no import finds, such as a lambda, stands in it as ``make_graph``.

        Examples
        --------
        >>> import popgraph as pg
        >>> shown = pg.explore(pg.zoo.lightning_cloud, probability=(0, 1))
        >>> shown.sliders["probability"].value = 0.25
        >>> print(shown.code())
        from fractions import Fraction
        import popgraph as pg
        graph = pg.zoo.lightning_cloud(probability=Fraction(1, 4))
        spectrum = graph.spectrum(2)
        training = pg.train(graph, 2, rng=0)
        match = pg.verify(graph, training.f)
        <BLANKLINE>
        """
        if self._shown is None:
            raise InvalidArgument(
                "no graph is shown yet, and so there is no code of it; move a slider to where one can be built"
            )
        values, k = self._shown
        return state_as_code(self._make, values, k, self._seed)

    def _built(self, values: dict[str, Any]) -> ViewedPopulation:
        """Return the graph that the function makes; what the function itself raises is said, once there is a place to say it."""
        call = f"{name_of(self._make)}({', '.join(f'{name}={shorten(value)}' for name, value in values.items())})"
        try:
            graph = self._make(**values)
        except PopgraphError:
            raise
        except Exception as error:
            if self._shown is None:
                error.add_note(f"raised by {call}")
                raise
            raise InvalidArgument(f"{call} raised {type(error).__name__}: {error}") from error
        if not satisfies(graph, Population):
            raise InvalidArgument(f"{call} returned {shorten(graph)}; it must return a population")
        return read_viewed("explore(make_graph)", graph)

    def _write_matrices(self, graph: ViewedPopulation) -> None:
        """Write w and Ā: in fractions where the graph is exact and small, and as floats of four digits elsewhere."""
        exact_w = exact_A = None
        if (exact := exact_weights(graph, MAX_ROWS_NUMBERED)) is not None:
            exact_w, exact_A = exact[0], exact_adjacency(*exact)
        every = np.arange(graph.N)
        titles = {"w": "w: probability of a positive pair", "adjacency": "Ā: normalised adjacency"}
        for which, fractions in (("w", exact_w), ("adjacency", exact_A)):
            values = weights_among(graph, which, every) if graph.N <= MAX_VIEWS_DRAWN else None
            self._panels[which].value = matrix_html(titles[which], views_of(graph), values, fractions)

    def _picture(self, graph: ViewedPopulation, training: Any) -> bytes:
        """Draw the graph and the embedding into the figure that is kept, and return it as PNG."""
        for ax in self._axes:
            _wipe(ax)
        named = graph.N <= MAX_NAMES_IN_THE_EXPLORER
        draw_graph(graph, names=named, ax=self._axes[0])
        embedding(graph, training, names=named, ax=self._axes[1])
        for ax in self._axes:
            ax.set_title(ax.get_title(), fontsize=11, y=1.0)  # without y, finding a place takes a third of a redraw
        self._figure.canvas.draw()
        return png(np.asarray(self._figure.canvas.buffer_rgba()))  # type: ignore[attr-defined]

    def _laid_out(self, widgets: Any) -> Any:
        """Return all panels in rows, and a button that shows the code of what is shown."""
        row = widgets.Layout(flex_flow="row wrap", align_items="flex-start", grid_gap="1.5em")
        shown = {**self._panels, "picture": self._image}
        rows = [widgets.HBox([shown[name] for name in names], layout=row) for names in ROWS]
        controls = widgets.HBox(list(self.sliders.values()), layout=row)
        button = widgets.ToggleButton(
            value=False, description="show as code", tooltip="the calls that make what is shown"
        )
        code = self._panels["code"]
        code.layout.display = "none"

        def toggle(_: Any) -> None:
            code.layout.display = "" if button.value else "none"

        button.observe(toggle, names="value")
        widget = widgets.VBox([controls, self._panels["message"], *rows, button, code])
        widget.add_class("popgraph-explorer")
        return widget

    def _repr_html_(self) -> str:
        """Write all panels as a page that stands still."""
        encoded = base64.b64encode(self._image.value or b"").decode()
        picture = f"<img src='data:image/png;base64,{encoded}' alt='the graph, and the embedding f'>" if encoded else ""
        shown = {**{name: panel.value for name, panel in self._panels.items()}, "picture": picture}
        line = "<div style='display:flex;flex-flow:row wrap;align-items:flex-start;gap:1.5em'>"
        rows = [line + "".join(f"<div>{shown[name]}</div>" for name in names) + "</div>" for names in ROWS]
        values = {**{each.name: each.value for each in self._parameters}, "k": self.sliders["k"].value}
        written = {
            name: str(value) if isinstance(value, Fraction) else shorten(value) for name, value in values.items()
        }
        at = ", ".join(f"{name} = {value}" for name, value in written.items())
        code = f"<details><summary>show as code</summary>{shown['code']}</details>"
        head = f"<p>{html.escape(self._without)}</p>" if self._without else ""
        return f"<div>{head}<p>{html.escape(at)}</p><p>{shown['message']}</p>{''.join(rows)}{code}</div>"

    def _ipython_display_(self) -> None:
        display = require("IPython.display")
        display.display(display.HTML(self._repr_html_()) if self.widget is None else self.widget)


def _wipe(ax: Axes) -> None:
    """Remove what was drawn, and keep the ticks: `ax.clear()` makes them all anew, which takes a fifth of a redraw."""
    for drawn in [*ax.collections, *ax.lines, *ax.patches, *ax.texts, *ax.images, *ax.artists]:
        drawn.remove()
    if (legend := ax.get_legend()) is not None:
        legend.remove()
    ax.set_axis_on()
    ax.set_aspect("auto")
    ax.relim()
    ax.autoscale(True)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(TICKS, steps=[1, 2, 2.5, 5, 10]))


def _widgets() -> tuple[Any, str]:
    """Return ipywidgets, or stand-ins for its controls and the sentence that says what there is without it."""
    try:
        return require("ipywidgets"), ""
    except MissingExtra as missing:
        return STILL, f"{missing}: without it nothing moves here, but shown.sliders[name].value = ... draws anew"


@checked_call()
def explore(
    make_graph: Callable[..., Any], *, k: tuple[int, int] = (1, 6), rng: int = 0, **parameters: Any
) -> Explorer:
    """Move sliders over the parameters of a population, and see w, Ā, γ, F*, the graph, a trained f and its match follow.

    Beside them are the labels with α, the loss by step, and a button that shows the code of what is shown. Where ipywidgets is not
    installed, the same panels stand still.

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
        an interval; a choice from a list; a tick box. Where no end is a float, as in (0, "1/2"), and the default is a Fraction or a
        string, ``make_graph`` is given Fractions: of a small graph w and Ā are then written in fractions.

    Returns
    -------
    Explorer
        Which a notebook shows; its ``code()`` makes again what it shows.

    Raises
    ------
    InvalidArgument
        If a parameter is no such range or none of the function's, or k none of whole numbers from 1 on.

    See Also
    --------
    play : Guess whether two views are of one natural.
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
    >>> shown.graph.exact().w[0, 1]
    Fraction(3, 32)
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
            f"{name_of(make_graph)} takes no {', '.join(unknown)}; its parameters are {', '.join(accepted)}"
        )
    return Explorer(make_graph, parameters, (int(k[0]), int(k[1])), rng)
