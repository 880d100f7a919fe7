"""Pictures of two kinds of views: C and S as rectangles of shades, two columns of nodes, and f and g in one plane."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D

from popgraph.basics.arguments.classes import classes_in_order, list_labels
from popgraph.basics.arguments.embeddings import check_scale
from popgraph.basics.arguments.labels import read_labels
from popgraph.basics.arguments.two_embeddings import read_embeddings
from popgraph.basics.arrays import Floats, Ints
from popgraph.basics.memory import reserve
from popgraph.basics.words import printable, shorten
from popgraph.errors import InvalidArgument
from popgraph.plot.drawing import (
    COLOURS,
    FAINT,
    INK,
    MAX_ROWS_NAMED,
    MAX_ROWS_NUMBERED,
    UNLABELLED,
    WEIGHTS,
    axes_or_new,
    read_dims,
    with_index,
)
from popgraph.plot.fonts import write, write_ticks
from popgraph.plot.legends import MAX_CLASSES_NAMED
from popgraph.plot.names import MAX_VIEWS_NAMED_BESIDE, draw_names, must_be_turned, view_name
from popgraph.plot.reading import MAX_VIEWS_DRAWN, class_name
from popgraph.populations import BipartiteGraph

MAX_LINES_DRAWN = 5000
SWEEPS = 12  # of putting each view at the mean place of those that it is paired with
MAX_ASPECT = 4  # of a matrix: a longer one has cells that are no squares
EQUAL_CHANCES = 1e-9  # of a view's probability, by which two classes count as equally likely
NO_CLASS = "no class, or none likelier"
SIDE_MARKERS = {"x": "o", "z": "s"}


@dataclass(frozen=True, eq=False)
class Table:
    """What of a matrix is drawn: its values, which of the views stand along its sides, and how it is titled."""

    values: Floats
    rows: Ints
    columns: Ints
    title: str


def draw_matrix(
    graph: BipartiteGraph, which: str, ax: Axes | None, annotate: bool | None, colorbar: bool | None
) -> Axes:
    """Draw C or S as a rectangle of shades, with the views x down its side and the views z along its foot."""
    larger = max(graph.N_x, graph.N_z)
    numbered = larger <= MAX_ROWS_NUMBERED if annotate is None else annotate
    if numbered and larger > MAX_ROWS_NAMED:
        raise InvalidArgument(f"annotate=True is for {MAX_ROWS_NAMED} views or fewer; this graph has {larger:,}")
    table = _table(graph, which)
    ax = axes_or_new(ax)
    shades = ax.imshow(table.values, cmap=WEIGHTS, vmin=0.0, vmax=table.values.max(), interpolation="nearest")
    if larger > MAX_ASPECT * min(graph.N_x, graph.N_z):
        ax.set_aspect("auto")
    ax.set_title(table.title, fontsize=11)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    if numbered:
        _write_numbers(ax, graph, which, table.values)
    if not numbered if colorbar is None else colorbar:
        ax.figure.colorbar(shades, ax=ax, shrink=0.8)
    for axis, views, shown, letter in (
        (ax.yaxis, graph.views_x, table.rows, "x"),
        (ax.xaxis, graph.views_z, table.columns, "z"),
    ):
        if len(views) > MAX_ROWS_NAMED:
            axis.set_label_text(f"{len(shown):,} views {letter}")
            axis.set_ticks([])
            continue
        names = [view_name(view) for view in views]
        turned = letter == "z" and must_be_turned(names)
        style = {"fontsize": 10 if larger <= 12 else 6, "rotation": 90 if turned else 0}
        write_ticks(axis, np.arange(len(views)), names, **style)
    return ax


def _table(graph: BipartiteGraph, which: str) -> Table:
    """Return C or S among the views that are drawn."""
    rows, columns = _chosen(graph.N_x), _chosen(graph.N_z)
    matrix = graph.pairs if which == "w" else graph.factor
    reserve("the picture", 64.0 * len(rows) * len(columns), "draw a smaller graph")
    title = "C: probability of a positive pair (x, z)" if which == "w" else "S: normalised pairs"
    if max(graph.N_x, graph.N_z) > MAX_VIEWS_DRAWN:
        title += f"\n(drawn: {len(rows):,} x {len(columns):,} of {graph.N_x:,} x {graph.N_z:,} views, sampled)"
    return Table(matrix[rows][:, columns].toarray(), rows, columns, title)


def _chosen(count: int) -> Ints:
    """Return the positions of the views to draw, all or a seeded sample in their order."""
    if count <= MAX_VIEWS_DRAWN:
        return np.arange(count)
    return np.sort(np.random.default_rng(0).choice(count, MAX_VIEWS_DRAWN, replace=False))


def _write_numbers(ax: Axes, graph: BipartiteGraph, which: str, values: Floats) -> None:
    """Write each cell's number into it, of C a fraction where it is exact and fits."""
    larger = max(values.shape)
    for (i, j), value in np.ndenumerate(values):
        exact: Any = float(value)
        if which == "w":
            exact = graph.explain(graph.views_x[i], graph.views_z[j]).value
        fits = isinstance(exact, Fraction) and len(str(exact)) <= (8 if larger <= 5 else 5)
        text = str(exact) if fits else f"{float(exact):.3g}"
        colour = "white" if value > 0.5 * values.max() else INK
        size = 12 if larger <= 5 else 56 / max(larger, MAX_ROWS_NUMBERED)
        ax.text(j, i, text, ha="center", va="center", color=colour, fontsize=size)


def draw_graph(graph: BipartiteGraph, labels: Any, ax: Axes | None, names: bool = True) -> Axes:
    """Draw the views x as a column of nodes, the views z as another, and their pairs as lines as strong as C."""
    classes, of_view = _classes(graph, labels)
    ax = axes_or_new(ax)
    rows, columns = _chosen(graph.N_x), _chosen(graph.N_z)
    C = graph.pairs[rows][:, columns].tocoo()
    heaviest = np.sort(np.argsort(-C.data, kind="stable")[:MAX_LINES_DRAWN])
    i, j, weight = C.row[heaviest], C.col[heaviest], C.data[heaviest]
    note = f"\n(drawn: the heaviest {len(i):,} of {C.nnz:,} pairs)" if C.nnz > len(i) else ""
    if max(graph.N_x, graph.N_z) > MAX_VIEWS_DRAWN:
        note += f"\n(drawn: {len(rows):,} x {len(columns):,} views, sampled)"
    heights = _heights(graph, rows, columns, C)
    strength = weight / weight.max(initial=1e-300)
    faint = 20.0 / max(len(i), 30)
    lines = np.stack(
        [np.column_stack([np.zeros(len(i)), heights[0][i]]), np.column_stack([np.ones(len(i)), heights[1][j]])], 1
    )
    ink = 0.6 * min(1.0, (1500 / max(len(i), 1)) ** 0.75)
    alpha = np.clip(0.1 + ink * strength, 0.0, faint + ink * strength)
    width = 0.4 + 2.6 * strength * min(1.0, (60 / max(len(i), 1)) ** 0.5)
    ax.add_collection(LineCollection(list(lines), colors=INK, alpha=alpha, linewidths=width, zorder=1))
    named = names and graph.N_x + graph.N_z <= 2 * MAX_ROWS_NAMED
    for side, letter, views, w, shown in (
        (0, "x", graph.views_x, graph.w_x, rows),
        (1, "z", graph.views_z, graph.w_z, columns),
    ):
        at = np.column_stack([np.full(len(shown), float(side)), heights[side]])
        _points(ax, at, w[shown], of_view[side][shown], letter)
        for place, view in zip(heights[side], (views[int(v)] for v in shown), strict=True) if named else ():
            aside, align = (-10, "right") if side == 0 else (10, "left")
            style: dict[str, Any] = {"textcoords": "offset points", "fontsize": 9}
            write(ax.annotate("", (side, place), (aside, 0), ha=align, va="center", **style), view_name(view))
    ax.set_axis_off()
    ax.set_xlim(-0.6, 1.6)
    ax.margins(y=0.08)
    _key(ax, classes, of_view, below=True)
    parts = graph.component_count
    ax.set_title(f"{graph.N_x:,} x {graph.N_z:,} views in {parts:,} component{'s' * (parts > 1)}{note}", fontsize=11)
    return ax


def _heights(graph: BipartiteGraph, rows: Ints, columns: Ints, C: Any) -> tuple[Floats, Floats]:
    """Return how high each view stands, 0 to 1, so that lines cross little: components apart, and each near its partners."""
    parts = graph.components_x[rows], graph.components_z[columns]
    places = [np.linspace(1.0, 0.0, len(shown)) if len(shown) > 1 else np.array([0.5]) for shown in (rows, columns)]
    weights = C.tocsr(), C.T.tocsr()
    heights = [places[0].copy(), places[1].copy()]
    for sweep in range(SWEEPS):
        side = 1 - sweep % 2
        own = weights[side]
        total = np.maximum(np.asarray(own.sum(axis=1)).ravel(), 1e-300)
        mean = np.asarray(own @ heights[1 - side]).ravel() / total
        order = np.lexsort((np.arange(len(mean)), -np.round(mean, 9), parts[side]))
        heights[side][order] = places[side]
    return heights[0], heights[1]


def draw_embedding(
    graph: BipartiteGraph, pair: Any, labels: Any, dims: Any, ax: Axes | None, names: bool = True
) -> Axes:
    """Draw the views x at f and the views z at g in one plane, with two marks."""
    f, g = (
        check_scale(name, each)
        for name, each in zip("fg", read_embeddings(graph.views_x, graph.views_z, pair), strict=True)
    )
    d = f.shape[1]
    first, second = read_dims(dims, d)
    classes, of_view = _classes(graph, labels)
    ax = axes_or_new(ax)
    for line in (ax.axhline, ax.axvline):
        line(0, color=FAINT, linewidth=0.8, zorder=0)
    note = ""
    written: list[str] = []
    places: list[Floats] = []
    radii: list[Floats] = []
    for side, (letter, table, views, w) in enumerate(
        (("x", f, graph.views_x, graph.w_x), ("z", g, graph.views_z, graph.w_z))
    ):
        shown = _chosen(len(views))
        if len(views) > len(shown):
            note += f"\n(drawn: {len(shown):,} of {len(views):,} views {letter}, sampled)"
        at = np.column_stack([table[shown, first], table[shown, second] if d > 1 else np.full(len(shown), 0.5 - side)])
        radii.append(np.sqrt(_points(ax, at, w[shown], of_view[side][shown], letter)) / 2)
        places.append(at)
        written += [view_name(views[int(i)]) for i in shown] if graph.N_x + graph.N_z <= MAX_VIEWS_NAMED_BESIDE else []
    ax.set(xlabel=_columns_in_words(first), ylabel=_columns_in_words(second) if d > 1 else "")
    if d == 1:
        ax.set(yticks=[0.5, -0.5], yticklabels=["x", "z"], ylim=(-1.2, 1.2))
    ax.margins(0.3)
    _key(ax, classes, of_view)
    if written and names:
        draw_names(ax, written, np.concatenate(places), np.concatenate(radii), [], None)
    which = f"columns {first + 1}, {second + 1} of {d}" if d > 1 else "their only column"
    ax.set_title(f"{graph.N_x:,} views x by f and {graph.N_z:,} views z by g: {which}{note}", fontsize=11)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def _columns_in_words(column: int) -> str:
    """Name one column of f and of g."""
    return f"{with_index('f', column + 1)}, {with_index('g', column + 1)}"


def _points(ax: Axes, at: Floats, w: Floats, of_view: Ints, letter: str) -> Floats:
    """Draw views of one kind, with area as their probability; return the areas in square points."""
    largest = 300 if len(at) <= 16 else 120 if len(at) <= 100 else 30 if len(at) <= 500 else 14
    colours = [COLOURS[c % len(COLOURS)] if c >= 0 else UNLABELLED for c in of_view]
    size = np.maximum(largest * w / w.max(), 12)
    ax.scatter(
        at[:, 0], at[:, 1], s=size, c=colours, marker=SIDE_MARKERS[letter], edgecolor="white", linewidth=0.6, alpha=0.85
    )
    return np.asarray(size)


def _classes(graph: BipartiteGraph, labels: Any) -> tuple[list[str], tuple[Ints, Ints]]:
    """Return the names of the classes, and each view's, -1 if unlabelled: those given, the graph's own, or its components."""
    if labels is not None:
        if not isinstance(labels, tuple | list) or len(labels) != 2:
            raise InvalidArgument(
                f"labels is {shorten(labels)}; give a pair: the labels of the views x, and of the views z"
            )
        sides = [
            None if each is None else read_labels(each, views, noun="view", name=f"labels of the views {letter}")
            for each, views, letter in zip(labels, (graph.views_x, graph.views_z), "xz", strict=True)
        ]
    else:
        sides = [_own(graph, letter) for letter in "xz"]
    if sides[0] is None and sides[1] is None:
        parts = (graph.components_x, graph.components_z)
        return [f"component {c + 1}" for c in range(graph.component_count)], parts
    listed: list[Any] = []
    for each, count in zip(sides, (graph.N_x, graph.N_z), strict=True):
        listed += [None] * count if each is None else list_labels(each)
    column = np.empty(len(listed), dtype=object)
    column[:] = listed
    first, of_view = classes_in_order(column)
    return [class_name(listed[i]) for i in first.tolist()], (of_view[: graph.N_x], of_view[graph.N_x :])


def _own(graph: BipartiteGraph, letter: str) -> Any:
    """Return the graph's own classes of its views of one kind, None where no class is likelier; or None of one without classes."""
    given: Any = getattr(graph, f"labels_{letter}")
    if given is not None or graph.labels is None or graph.first is None:
        return given
    single = getattr(graph, f"of_{letter}")
    classes, y = classes_in_order(single.labels)
    mass = single.kernel.T @ (single.p[:, np.newaxis] * (y[:, np.newaxis] == np.arange(len(classes))))
    likeliest = np.empty(len(mass), dtype=object)
    likeliest[:] = single.view_labels.tolist()
    second = np.sort(mass, axis=1)[:, -2] if len(classes) > 1 else np.zeros(len(mass))
    likeliest[second >= mass.max(axis=1) * (1 - EQUAL_CHANCES)] = None
    return likeliest


def _key(ax: Axes, classes: Sequence[str], of_view: tuple[Ints, Ints], *, below: bool = False) -> None:
    """Name the marks of the two kinds of views, and the colours of the classes where they are few."""
    marks = [Line2D([], [], marker=SIDE_MARKERS[letter], linestyle="", color=INK) for letter in "xz"]
    names = ["x", "z"]
    if 1 < len(classes) <= MAX_CLASSES_NAMED:
        colours = [COLOURS[c % len(COLOURS)] for c in range(len(classes))]
        marks += [Line2D([], [], marker="D", markersize=5, linestyle="", color=colour) for colour in colours]
        names += list(classes)
    if any((each < 0).any() for each in of_view):
        marks.append(Line2D([], [], marker="D", markersize=5, linestyle="", color=UNLABELLED))
        names.append(NO_CLASS)
    numbers = [str(c) for c in range(len(marks))]  # matplotlib leaves out names that begin with an underscore
    place: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0)}
    if below:
        place = {"loc": "upper center", "bbox_to_anchor": (0.5, 0.02), "ncols": min(len(marks), 5)}
    legend = ax.legend(marks, numbers, frameon=False, fontsize=8, **place)
    for text, name in zip(legend.get_texts(), names, strict=True):
        write(text, printable(name, 40))
