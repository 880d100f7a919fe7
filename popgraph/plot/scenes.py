"""Views as points of a plane, with all that says what they are: classes, sizes, names or thumbnails."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from popgraph.basics.arrays import Floats, Ints
from popgraph.basics.protocols import ViewedPopulation
from popgraph.plot.drawing import THUMBNAIL_SIDE, draw_views
from popgraph.plot.legends import POINTS_PER_INCH, Beside, make_room, name_classes, name_sizes
from popgraph.plot.names import draw_key, draw_names, names_or_numbers
from popgraph.plot.placing import COMPASS, Placer, Places

PAD = 8.0  # points of paper around the points, the discs not counted
ROOM_FOR_NAMES = 18.0  # points of paper at either side, where names have to stand


@dataclass(frozen=True, eq=False)
class Scene:
    """Views at points (s, 2): which of the population's are shown, (s,), the classes' names, and the class of each view, (N,)."""

    population: ViewedPopulation
    shown: Ints
    at: Floats
    classes: list[str]
    of_view: Ints


def draw_scene(ax: Axes, scene: Scene, names: bool) -> None:
    """Draw the views, and beside them what says which they are; what has no room is left out."""
    population, at = scene.population, scene.at
    marks = draw_views(ax, population, at, scene.of_view, scene.shown)
    numbered_or_named: list[str] = []
    key = ""
    if names and not marks.thumbnails and len(scene.shown) == population.N:
        numbered_or_named, key = names_or_numbers(population.views)
    right = draw_key(ax, key) if key else None
    above, above_height = name_classes(ax, scene.classes, scene.of_view, right)
    below, below_height = name_sizes(ax, population, scene.shown, None if marks.thumbnails else marks.areas, right)
    right_width = 0.0 if right is None else right.get_window_extent().width * POINTS_PER_INCH / ax.figure.dpi
    pad = PAD + float(marks.radii.max())
    pad += THUMBNAIL_SIDE / 2 if marks.thumbnails else ROOM_FOR_NAMES if numbered_or_named and not key else 0.0
    make_room(ax, at, Beside(above_height, below_height, right_width), pad)
    avoid = [each for each in (above, below) if each is not None]
    if marks.thumbnails:
        Placer(ax, marks.thumbnails, Places(at, marks.radii, COMPASS), avoid)
    elif numbered_or_named:
        draw_names(ax, numbered_or_named, at, marks.radii, avoid, right)


def set_equal(ax: Axes) -> None:
    """Make one unit as long on both axes; axes that share both with others can only change their box for it."""
    shared = all(len(siblings.get_siblings(ax)) > 1 for siblings in (ax.get_shared_x_axes(), ax.get_shared_y_axes()))
    ax.set_aspect("equal", adjustable="box" if shared else "datalim")


def proportion(ax: Axes) -> float:
    """Return width / height of the axes."""
    box = ax.get_window_extent()
    return float(np.clip(box.width / max(box.height, 1e-9), 0.2, 5.0))
