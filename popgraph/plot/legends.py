"""What stands beside the points: names of classes, what sizes mean, a key of numbered views, and the room for all of it.

The room is made by widening the limits of the data, so that whatever stands beside the points stays inside the axes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.text import Text

from popgraph.basics.arrays import Floats, Ints
from popgraph.basics.protocols import ViewedPopulation
from popgraph.basics.words import printable
from popgraph.plot.drawing import COLOURS, INK, MARKERS, UNLABELLED
from popgraph.plot.fonts import write
from popgraph.populations import PopulationGraph

MAX_CLASS_CHARACTERS = 40  # of a class's name in a legend
MAX_CLASSES_NAMED = 12  # classes that a legend has room for
MAX_CLASSES_INSIDE = 6  # more of them stand to the right of the axes
MAX_VIEWS_IN_FRACTIONS = 40  # of a graph, for the fractions of whose weights one waits gladly
MAX_CHARACTERS_OF_A_FRACTION = 7
POINTS_PER_INCH = 72.0
CHARACTER, MARK = 5.5, 34.0  # points of width, of a letter in a legend and of a mark with its margins
ON_WHITE: dict[str, Any] = {
    "frameon": True,
    "facecolor": "white",
    "edgecolor": "none",
    "framealpha": 0.8,
    "borderpad": 0.2,
}
LINE = 14.0  # points of height, of a line of a legend
MAX_BAND = 0.5  # of the axes, that one band beside the points may take


@dataclass(frozen=True, eq=False)
class Beside:
    """How many points of paper what stands inside the axes takes: above the points, below them, and at their right."""

    above: float = 0.0
    below: float = 0.0
    right: float = 0.0


def name_classes(
    ax: Axes, classes: Sequence[str], of_view: Ints, key: Text | None = None
) -> tuple[Legend | None, float]:
    """Name the classes where they are few enough, and the colour of views without one; return the legend and its height inside."""
    unlabelled = bool((of_view < 0).any())
    if not 1 < len(classes) + unlabelled <= MAX_CLASSES_NAMED + unlabelled:
        return None, 0.0
    columns = _columns(ax, classes, key)
    marks = [
        Line2D([], [], marker=MARKERS[c // len(COLOURS)], linestyle="", color=COLOURS[c % len(COLOURS)])
        for c in range(len(classes))
    ]
    marks += [Line2D([], [], marker=MARKERS[0], linestyle="", color=UNLABELLED)] * unlabelled
    names = [printable(name, MAX_CLASS_CHARACTERS) for name in (*classes, *["unlabelled"] * unlabelled)]
    numbers = [str(c) for c in range(len(marks))]  # matplotlib leaves out names that begin with an underscore
    if len(classes) <= MAX_CLASSES_INSIDE:
        style: dict[str, Any] = {
            "fontsize": 9,
            "loc": "upper center" if key is None else "upper left",
            "ncols": columns,
            "borderaxespad": 0.2,
        }
    else:
        style = {"fontsize": 8, "loc": "upper left", "bbox_to_anchor": (1.0, 1.0)}
    legend = ax.legend(marks, numbers, **ON_WHITE, columnspacing=1.2, handletextpad=0.2, **style)
    for text, name in zip(legend.get_texts(), names, strict=True):
        write(text, name)
    legend.set_in_layout(len(classes) > MAX_CLASSES_INSIDE)
    # To measure a legend takes as long as to draw it.
    return (legend, LINE * (-(-len(marks) // columns) + 0.5)) if len(classes) <= MAX_CLASSES_INSIDE else (None, 0.0)


def name_sizes(
    ax: Axes, population: ViewedPopulation, shown: Ints, sizes: Floats | None, key: Text | None = None
) -> tuple[Legend | Text | None, float]:
    """Say what the area of a disc means: the least and the largest weight, each beside a disc of its size.

    `sizes` are the areas of the discs in square points, or None of thumbnails, whose weights are named without a mark.
    """
    if population.N == 1:
        return None, 0.0
    w = population.w_x[shown]
    ends = [int(w.argmin()), int(w.argmax())]
    if w[ends[0]] >= w[ends[1]] * (1 - 1e-9):
        ends = ends[:1]
    each = "each " if len(ends) == 1 else ""
    words = [f"{each}$w_x$ = {weight_in_words(population, int(shown[i]))}" for i in ends]
    if sizes is None:
        said = f"area of a picture: {' to '.join(words)}".replace("to $w_x$ =", "to")
        text = ax.text(0.5, 0.01, said, transform=ax.transAxes, ha="center", va="bottom", fontsize=8, color=INK)
        text.set(zorder=3, in_layout=False)
        return text, LINE
    areas = [float(sizes[i]) for i in ends]
    marks = [
        Line2D([], [], marker="o", linestyle="", color="#999999", markersize=np.sqrt(area), markeredgewidth=0)
        for area in areas
    ]
    style: dict[str, Any] = {
        "loc": "lower center" if key is None else "lower left",
        "ncols": len(marks),
        "columnspacing": 1.6,
        "borderaxespad": 0.2,
    }
    style |= {"handlelength": max(1.0, np.sqrt(max(areas)) / 8)}
    legend = Legend(ax, marks, words, **ON_WHITE, fontsize=8, labelcolor=INK, handletextpad=0.4, **style)
    legend.set_in_layout(False)
    ax.add_artist(legend)
    return legend, max(LINE, np.sqrt(max(areas))) + LINE / 2


def weight_in_words(population: ViewedPopulation, i: int) -> str:
    """Write w_x of one view: a fraction where it is known and short."""
    if isinstance(population, PopulationGraph) and population.is_exact and population.N <= MAX_VIEWS_IN_FRACTIONS:
        exact: Fraction = population.exact().w_x[i]
        if len(str(exact)) <= MAX_CHARACTERS_OF_A_FRACTION:
            return str(exact)
    return f"{float(population.w_x[i]):.3g}"


def make_room(ax: Axes, at: Floats, beside: Beside, pad: float) -> None:
    """Widen the limits so that around the points there are `pad` points of paper, and room for what stands beside them."""
    low, high = at.min(axis=0), at.max(axis=0)
    box = ax.get_window_extent()
    to_points = POINTS_PER_INCH / ax.figure.dpi
    paper = np.array([box.width, box.height]) * to_points
    # Shares of the paper; of little paper at most so much that the points keep half of it.
    before = np.minimum(np.array([pad, pad + beside.below]) / paper, [0.25, MAX_BAND])
    after = np.minimum(np.array([pad + beside.right, pad + beside.above]) / paper, MAX_BAND)
    scale = 1.0 / np.maximum(1.0 - before - after, 0.2)
    span = high - low
    if ax.get_aspect() != "auto":
        # One unit is as long on both sides, and the data of the longer side, in units of its paper, decide.
        unit = float((span * scale / paper).max()) or float(np.abs(at).max()) / paper.max() or 1.0 / paper.max()
        whole = unit * paper
    else:
        whole = np.where(span > 0, span * scale, np.where(np.abs(high) > 0, np.abs(high), 1.0))
    middle = (low + high) / 2
    # The points lie in the middle of what the bands leave.
    start = middle - whole * (1 + before - after) / 2
    ax.update_datalim(np.array([start, start + whole]))
    ax.margins(0.0)
    ax.autoscale_view()


def _columns(ax: Axes, names: Sequence[str], key: Text | None) -> int:
    """Return how many columns of names have room in the width of the axes, beside the key."""
    width = ax.get_window_extent().width - (0.0 if key is None else key.get_window_extent().width)
    columns = int(width * POINTS_PER_INCH / ax.figure.dpi / (CHARACTER * max(map(len, names)) + MARK))
    return max(1, min(len(names), columns))
