"""What pictures share: colours, thumbnails of images, how views are drawn, and the names of their classes."""

from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.lines import Line2D
from matplotlib.offsetbox import AnnotationBbox, OffsetImage
from scipy.sparse.csgraph import connected_components

from popgraph.basics.arguments import is_whole
from popgraph.basics.arrays import Floats, Ints
from popgraph.basics.protocols import ViewedPopulation
from popgraph.basics.words import printable, shorten
from popgraph.errors import InvalidArgument
from popgraph.plot.reading import drawn_as_images

COLOURS = ["#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442", "#000000"]
MARKERS = ["o", "s", "^", "D"]
INK, FAINT, WARNING = "#333333", "#BBBBBB", "#D55E00"
MUTED = "#777777"  # for what is beside the point; no class has it
UNLABELLED = "#A8A8A8"  # a grey that no class has
WEIGHTS = LinearSegmentedColormap.from_list("weights", ["#FFFFFF", "#9ECAE1", "#0072B2", "#08306B"])
MAX_CLASS_CHARACTERS = 40  # of a class's name in a legend
MAX_CLASSES_NAMED = 12  # classes that a legend has room for
MAX_ROWS_NUMBERED, MAX_ROWS_NAMED = (
    8,
    40,
)  # of a table of shades: up to so many, numbers in its cells, names along its sides


@dataclass(frozen=True)
class Placement:
    """Say where a thumbnail stands: a point of the data, how large, which part of it lies there, and how far aside, in points."""

    at: tuple[float, float]
    zoom: float
    align: tuple[float, float] = (0.5, 0.5)
    aside: float = 0.0


def thumbnail(ax: Axes, view: Any, place: Placement, frame: str | None = None) -> None:
    """Draw an image at its place, in a coloured frame if one is given."""
    height, width = view.pixels.shape[:2]
    enlarged = np.kron(1.0 - view._ink(), np.ones((4, 4)))
    scale = place.zoom * 9 / max(height, width) / 4
    icon = OffsetImage(enlarged, zoom=scale, cmap="gray", norm=Normalize(0.0, 1.0), interpolation="nearest")
    style = {"edgecolor": frame or FAINT, "linewidth": 2.0 if frame else 0.8, "facecolor": "white"}
    ax.add_artist(
        AnnotationBbox(
            icon,
            place.at,
            xybox=(place.aside, 0.0),
            boxcoords="offset points",
            pad=0.15,
            box_alignment=place.align,
            annotation_clip=False,
            bboxprops=style,
        )
    )


def axes_or_new(ax: Axes | None) -> Axes:
    """Return the Axes, or those of a new figure."""
    if ax is not None and not isinstance(ax, Axes):
        raise InvalidArgument(f"ax is {shorten(ax)}; give matplotlib Axes, or None for a new figure")
    return plt.subplots(layout="constrained")[1] if ax is None else ax


def read_dims(dims: Any, d: int) -> tuple[int, int]:
    """Return two of the columns 0..d-1 of f; the one column there is twice."""
    listed = isinstance(dims, tuple | list) and len(dims) == 2
    if not listed or not all(is_whole(column) and 0 <= int(column) < max(d, 2) for column in dims):
        raise InvalidArgument(f"dims is {shorten(dims)}; it must be two of the columns 0..{d - 1} of f")
    return (int(dims[0]), int(dims[1])) if d > 1 else (0, 0)


def draw_views(ax: Axes, population: ViewedPopulation, at: Floats, of_view: Ints, shown: Ints) -> None:
    """Draw the views shown at these points: images as thumbnails where there are few, else discs of area w_x."""
    of_view = of_view[shown]
    colour = [COLOURS[c % len(COLOURS)] if c >= 0 else UNLABELLED for c in of_view]
    area = population.w_x[shown] / population.w_x.max()
    if drawn_as_images(population):
        ax.scatter(at[:, 0], at[:, 1], s=16, c=colour)  # where the views are; thumbnails of one place stand in a row
        smaller = min(1.0, np.sqrt(6 / population.N))  # many would cover each other
        for i, (view, aside) in enumerate(zip(population.views, _side_by_side(at), strict=True)):
            place = Placement((at[i, 0], at[i, 1]), 3.4 * smaller * np.sqrt(area[i]), aside=smaller * aside)
            thumbnail(ax, view, place, frame=colour[i])
        return
    largest = 420 if population.N <= 16 else 160 if population.N <= 100 else 40 if population.N <= 500 else 16
    least = 16 if population.N <= 500 else 9  # where one view outweighs all others, the others must still be seen
    size = np.maximum(largest * area, least)
    shape = np.maximum(of_view, 0) // len(COLOURS) % len(MARKERS)
    # Beyond 8 classes the colours start again, with another mark; the few views that are labelled lie above the others.
    marks = [(MARKERS[0], of_view < 0)] * bool((of_view < 0).any())
    marks += [(MARKERS[m], (shape == m) & (of_view >= 0)) for m in np.unique(shape[of_view >= 0])]
    for mark, marked in marks:
        shades = [colour[i] for i in np.flatnonzero(marked)]
        ax.scatter(
            at[marked, 0],
            at[marked, 1],
            s=size[marked],
            c=shades,
            marker=mark,
            edgecolor="white",
            linewidth=0.6 if population.N <= 500 else 0.3,
            alpha=0.85,
        )


def _side_by_side(at: Floats) -> list[float]:
    """Return how far aside, in points of length, to draw thumbnails so that those at one place stand in a row."""
    reach = 0.05 * max(float(np.ptp(at, axis=0).max()), 1e-300)
    near = np.linalg.norm(at[:, np.newaxis] - at, axis=2) <= reach
    # A row is a component of "near": otherwise two neighbours of one view, not near each other, would have the same place in it.
    row = connected_components(near, directed=False)[1]
    rank = [int(np.sum(row[:i] == row[i])) for i in range(len(at))]
    return [40.0 * (rank[i] - (np.sum(row == row[i]) - 1) / 2) for i in range(len(at))]


def name_classes(ax: Axes, classes: list[str], of_view: Ints) -> None:
    """Name the classes, where they are few enough to be told apart, and the colour of views without one."""
    unlabelled = bool((of_view < 0).any())
    if 1 < len(classes) + unlabelled <= MAX_CLASSES_NAMED + unlabelled:
        marks = [
            Line2D([], [], marker=MARKERS[c // len(COLOURS)], linestyle="", color=COLOURS[c % len(COLOURS)])
            for c in range(len(classes))
        ]
        marks += [Line2D([], [], marker=MARKERS[0], linestyle="", color=UNLABELLED)] * unlabelled
        names = [*classes, "unlabelled"] if unlabelled else classes
        numbers = [str(c) for c in range(len(marks))]  # matplotlib leaves out names that begin with an underscore
        if len(classes) <= 6:
            legend = ax.legend(marks, numbers, frameon=False, fontsize=9, loc="best")
        else:
            legend = ax.legend(marks, numbers, frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))
        for text, name in zip(legend.get_texts(), names, strict=True):
            text.set_parse_math(False)  # a dollar is a dollar
            text.set_text(printable(name, MAX_CLASS_CHARACTERS))


def name_classes_aside(ax: Axes, at: Floats, classes: list[str], of_view: Ints) -> None:
    """Name the classes where no view is: matplotlib's own search sees points, but neither thumbnails nor a disc's size."""
    name_classes(ax, classes, of_view)
    legend = ax.get_legend()
    if legend is None or len(classes) > 6:
        return
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    share = (at - [left, low]) / [right - left, high - low]
    corners = np.array([[1, 1], [0, 1], [0, 0], [1, 0]])  # matplotlib's places 1 to 4
    distance = np.linalg.norm(share[:, np.newaxis] - corners, axis=2).min(axis=0)  # of each corner to the nearest view
    legend.set_loc(1 + int(distance.argmax()))
