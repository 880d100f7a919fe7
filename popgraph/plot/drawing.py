"""What pictures share: colours, thumbnails of images, and how views are drawn."""

from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.offsetbox import AnnotationBbox, OffsetImage

from popgraph.basics.arguments import is_whole
from popgraph.basics.arrays import Floats, Ints
from popgraph.basics.protocols import ViewedPopulation
from popgraph.basics.words import shorten
from popgraph.errors import InvalidArgument
from popgraph.plot.reading import drawn_as_images

COLOURS = ["#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442", "#000000"]
MARKERS = ["o", "s", "^", "D"]
INK, FAINT, WARNING = "#333333", "#BBBBBB", "#D55E00"
MUTED = "#777777"  # for what is beside the point; no class has it
UNLABELLED = "#A8A8A8"  # a grey that no class has
WEIGHTS = LinearSegmentedColormap.from_list("weights", ["#FFFFFF", "#9ECAE1", "#0072B2", "#08306B"])
MAX_ROWS_NUMBERED = 8  # of a table of shades: up to so many, numbers stand in its cells
MAX_ROWS_NAMED = 40  # and up to so many, names along its sides
THUMBNAIL_SIDE = 30.6  # points, of the heaviest of few views


@dataclass(frozen=True)
class Placement:
    """Say where a thumbnail stands: a point of the data, how many points of paper its longer side is, and which part lies there."""

    at: tuple[float, float]
    side: float
    align: tuple[float, float] = (0.5, 0.5)


def thumbnail(ax: Axes, view: Any, place: Placement, frame: str | None = None) -> AnnotationBbox:
    """Draw an image at its place, in a coloured frame if one is given."""
    height, width = view.pixels.shape[:2]
    enlarged = np.kron(1.0 - view._ink(), np.ones((4, 4)))
    scale = place.side / max(height, width) / 4
    icon = OffsetImage(enlarged, zoom=scale, cmap="gray", norm=Normalize(0.0, 1.0), interpolation="nearest")
    style = {"edgecolor": frame or FAINT, "linewidth": 2.0 if frame else 0.8, "facecolor": "white"}
    box = AnnotationBbox(
        icon,
        place.at,
        xybox=(0.0, 0.0),
        boxcoords="offset points",
        pad=0.15,
        box_alignment=place.align,
        annotation_clip=False,
        bboxprops=style,
    )
    ax.add_artist(box)
    return box


def axes_or_new(ax: Axes | None) -> Axes:
    """Return the Axes, or those of a new figure."""
    if ax is not None and not isinstance(ax, Axes):
        raise InvalidArgument(f"ax is {shorten(ax)}; give matplotlib Axes, or None for a new figure")
    return plt.subplots(layout="constrained")[1] if ax is None else ax


def with_index(symbol: str, i: int) -> str:
    """Write a symbol and its index in mathematical type, "$f_2$"."""
    return f"${symbol}_{i}$" if i < 10 else f"${symbol}_{{{i}}}$"


def read_dims(dims: Any, d: int) -> tuple[int, int]:
    """Return two of the columns 0..d-1 of f; the one column there is twice."""
    listed = isinstance(dims, tuple | list) and len(dims) == 2
    if not listed or not all(is_whole(column) and 0 <= int(column) < max(d, 2) for column in dims):
        raise InvalidArgument(f"dims is {shorten(dims)}; it must be two of the columns 0..{d - 1} of f")
    return (int(dims[0]), int(dims[1])) if d > 1 else (0, 0)


@dataclass(frozen=True, eq=False)
class Marks:
    """What was drawn for the views: the areas of their discs in square points, (s,), and their thumbnails, one each or none."""

    areas: Floats
    thumbnails: list[AnnotationBbox]

    @property
    def radii(self) -> Floats:
        """Of the discs, in points."""
        return np.sqrt(self.areas) / 2


def draw_views(ax: Axes, population: ViewedPopulation, at: Floats, of_view: Ints, shown: Ints) -> Marks:
    """Draw the views shown at these points: images as thumbnails where there are few, else discs of area w_x."""
    of_view = of_view[shown]
    colour = [COLOURS[c % len(COLOURS)] if c >= 0 else UNLABELLED for c in of_view]
    share = population.w_x[shown] / population.w_x.max()
    if drawn_as_images(population):
        dots = np.full(len(at), 16.0)
        ax.scatter(at[:, 0], at[:, 1], s=dots, c=colour)  # where the views are; thumbnails may stand aside
        smaller = min(1.0, np.sqrt(6 / population.N))  # many would cover each other
        sides = THUMBNAIL_SIDE * smaller * np.sqrt(share)
        thumbnails = [
            thumbnail(ax, view, Placement((float(x), float(y)), float(side)), frame=each)
            for view, (x, y), side, each in zip(population.views, at, sides, colour, strict=True)
        ]
        for each in thumbnails:
            each.set_in_layout(False)
        return Marks(dots, thumbnails)
    largest = 420 if population.N <= 16 else 160 if population.N <= 100 else 40 if population.N <= 500 else 16
    least = 16 if population.N <= 500 else 9  # where one view outweighs all others, the others must still be seen
    areas = np.maximum(largest * share, least)
    shape = np.maximum(of_view, 0) // len(COLOURS) % len(MARKERS)
    # Beyond 8 classes the colours start again, with another mark; the few views that are labelled lie above the others.
    marks = [(MARKERS[0], of_view < 0)] * bool((of_view < 0).any())
    marks += [(MARKERS[m], (shape == m) & (of_view >= 0)) for m in np.unique(shape[of_view >= 0])]
    for mark, marked in marks:
        shades = [colour[i] for i in np.flatnonzero(marked)]
        ax.scatter(
            at[marked, 0],
            at[marked, 1],
            s=areas[marked],
            c=shades,
            marker=mark,
            edgecolor="white",
            linewidth=0.6 if population.N <= 500 else 0.3,
            alpha=0.85,
        )
    return Marks(areas, [])
