"""Where names and thumbnails stand: beside their points, inside the axes, and on nothing else.

Only while a picture is drawn are its size and its limits known: constrained layout, equal aspect, another resolution and zooming
change them all. So an artist that is drawn before the names moves them, each time that the places of the points have changed.
"""

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.legend import Legend
from matplotlib.offsetbox import AnnotationBbox
from matplotlib.text import Annotation, Text
from matplotlib.transforms import IdentityTransform
from numpy.typing import NDArray

from popgraph.basics.arrays import Floats

GAP_BESIDE = 2.0  # points between a disc and its name
EDGE = 2.0  # points between a name and the edge of the axes
RINGS = (0.0, 8.0, 16.0, 24.0)  # how much farther than beside its point a name may stand, in points, with a line to it
THUMBNAIL_RINGS = (0.0, 0.6, 1.2, 1.8, 2.6, 3.4)  # the same of a thumbnail, in its own sizes beyond the first
MAX_SHARE = 0.3  # of the axes that thumbnails may cover: they are drawn smaller in small axes
UNIT = np.array(
    [[1.0, 0.0], [1.0, 1.0], [1.0, -1.0], [0.0, 1.0], [0.0, -1.0], [-1.0, 0.0], [-1.0, 1.0], [-1.0, -1.0]]
)  # the eight sides on which a name may stand
CORNERS: tuple[Any, ...] = ("upper right", "upper left", "lower right", "lower left", "center right", "center left")
COMPASS = np.column_stack([np.cos(np.arange(16) * np.pi / 8), np.sin(np.arange(16) * np.pi / 8)])
LEADER_COLOUR, LEADER_WIDTH = "#777777", 0.7


@dataclass(frozen=True, eq=False)
class Places:
    """Where the points are, (n, 2) in data; how large their discs, (n,) radii in points; and on which sides names may stand."""

    at: Floats
    radii: Floats
    sides: Floats


class Placer(Artist):
    """Move names or thumbnails, one for each of the first points, to where they cover nothing; names without room are not drawn.

    `avoid` are artists that are drawn elsewhere in the axes, such as a legend. With a `key` of what the marks mean, either all of
    them are drawn or none: a number is of no use without its key, nor a key without its numbers.
    """

    def __init__(self, ax: Axes, marks: list[Any], places: Places, avoid: list[Any], key: Text | None = None) -> None:
        super().__init__()
        self.set_zorder(2.5)  # above the points, below names and thumbnails, which have 3
        self.set_in_layout(False)
        self.marks, self.places, self.avoid, self.key = marks, places, avoid, key
        self._leaders = LineCollection([], colors=LEADER_COLOUR, transform=IdentityTransform())
        self._zooms = [mark.offsetbox.get_zoom() if _is_thumbnail(mark) else 0.0 for mark in marks]
        self._seen: Any = None
        ax.add_artist(self)
        # White below the names, so that they are read on top of edges; halos of their own would take longer than all else.
        self._backs = PolyCollection([], facecolors="white", alpha=0.7, transform=IdentityTransform())
        for each in (self._leaders, self._backs):
            each.set_figure(ax.figure)

    def draw(self, renderer: Any) -> None:
        """Move the marks if the points have moved, and draw the lines to those that stand aside."""
        ax = cast(Axes, self.axes)
        anchors = ax.transData.transform(self.places.at)
        scale = renderer.points_to_pixels(1.0)
        seen = (anchors.tobytes(), tuple(ax.bbox.extents), scale)
        if seen != self._seen:
            self._place(renderer, anchors, scale)
            self._seen = seen
        self._leaders.set_linewidth(LEADER_WIDTH)
        for each in (self._backs, self._leaders):
            each.draw(renderer)

    def _place(self, renderer: Any, anchors: Floats, scale: float) -> None:
        """Choose for each mark, those at the rim first, the nearest place that is free."""
        ax = cast(Axes, self.axes)
        frame = np.asarray(ax.bbox.extents) + EDGE * scale * np.array([1, 1, -1, -1])
        radii = self.places.radii * scale
        discs = np.column_stack([anchors - radii[:, np.newaxis], anchors + radii[:, np.newaxis]])
        others = [artist.get_window_extent(renderer).extents for artist in self.avoid]
        if self.key is not None:
            self.key.set_visible(True)
            others.append(self.key.get_window_extent(renderer).extents)
        for i, artist in enumerate(self.avoid):
            if isinstance(artist, Legend):
                others[i] = _clear_of(
                    artist, renderer, np.concatenate([discs, np.reshape(others[:i] + others[i + 1 :], (-1, 4))])
                )
        taken = np.concatenate([discs, np.reshape(others, (-1, 4))])
        self._fit_thumbnails(renderer, frame)
        outward = anchors - anchors.mean(axis=0)
        lines, backs = [], []
        for i in np.argsort(-np.linalg.norm(outward[: len(self.marks)], axis=1), kind="stable").tolist():
            mark = self.marks[i]
            mark.set_visible(True)
            size = _size(mark, renderer)
            offsets = _offsets(mark, size, radii[i], scale, self.places.sides, outward[i])
            boxes = _boxes(anchors[i] + offsets, size)
            if _is_thumbnail(mark):
                boxes = _into(frame, boxes)
            covered = _covered(boxes, np.delete(taken, i, axis=0))
            free = _inside(frame, boxes) & (covered == 0)
            if free.any():
                chosen = int(free.argmax())
            elif _is_thumbnail(mark):
                chosen = int(covered.argmin())
            else:
                mark.set_visible(False)
                continue
            box = boxes[chosen]
            centre = (box[:2] + box[2:]) / 2
            _move(mark, tuple((centre - anchors[i]) / scale))
            taken = np.concatenate([taken, box[np.newaxis]])
            backs += [] if _is_thumbnail(mark) else [box[[[0, 1], [2, 1], [2, 3], [0, 3]]]]
            nearest = centre if _is_thumbnail(mark) else np.clip(anchors[i], box[:2], box[2:])
            if np.linalg.norm(nearest - anchors[i]) > radii[i] + 4 * GAP_BESIDE * scale:
                lines.append([anchors[i], nearest])
        if self.key is not None and not self._all_have_room(np.concatenate([discs, others])):
            lines, backs = [], []
            for each in (self.key, *self.marks):
                each.set_visible(False)
        self._leaders.set_segments(lines)
        self._backs.set_verts(backs)

    def _all_have_room(self, others: Floats) -> bool:
        """Whether every mark was placed, and the key, which is the last of the others, lies in the axes and on nothing."""
        key = others[-1:]
        inside = _inside(np.asarray(cast(Axes, self.axes).bbox.extents), key).all()
        return bool(inside and _covered(key, others[:-1])[0] == 0 and all(mark.get_visible() for mark in self.marks))

    def _fit_thumbnails(self, renderer: Any, frame: Floats) -> None:
        """Draw thumbnails smaller where they would cover too much of the axes."""
        thumbnails = [(mark, zoom) for mark, zoom in zip(self.marks, self._zooms, strict=True) if _is_thumbnail(mark)]
        for mark, zoom in thumbnails:
            mark.offsetbox.set_zoom(zoom)
        area = sum(float(np.prod(_size(mark, renderer))) for mark, _ in thumbnails)
        room = MAX_SHARE * float(np.prod(np.maximum(frame[2:] - frame[:2], 0.0)))
        if area > room:
            for mark, zoom in thumbnails:
                mark.offsetbox.set_zoom(zoom * max((room / area) ** 0.5, 0.05))


def _clear_of(legend: Legend, renderer: Any, taken: Floats) -> Floats:
    """Return the box of a legend, which is moved to a corner that is free if it lies on something: the axes may have shrunk."""
    box = np.asarray(legend.get_window_extent(renderer).extents)
    if _covered(box[np.newaxis], taken)[0] == 0:
        return box
    boxes = []
    for corner in CORNERS:
        legend.set_loc(corner)
        boxes.append(legend.get_window_extent(renderer).extents)
    least = int(_covered(np.array(boxes), taken).argmin())
    legend.set_loc(CORNERS[least])
    return np.asarray(boxes[least])


def _is_thumbnail(mark: Any) -> bool:
    """Whether this is a picture, which is always drawn, and may cover its own point."""
    return isinstance(mark, AnnotationBbox)


def _size(mark: Any, renderer: Any) -> Floats:
    """Return the width and the height of a mark in pixels."""
    # Of an annotation the box of its text alone is meant.
    extent = mark.get_window_extent(renderer) if _is_thumbnail(mark) else Text.get_window_extent(mark, renderer)
    return np.array([extent.width, extent.height])


def _move(mark: Annotation | AnnotationBbox, aside: tuple[float, float]) -> None:
    """Put a mark so many points aside of its point."""
    if isinstance(mark, AnnotationBbox):
        mark.xybox = aside
    else:
        mark.xyann = aside


def _offsets(mark: Any, size: Floats, radius: float, scale: float, sides: Floats, outward: Floats) -> Floats:
    """Return where the middle of a mark may stand, beside its point, (c, 2) in pixels, the best first."""
    if _is_thumbnail(mark):
        rings = [COMPASS * (1.0 + ring) * size for ring in THUMBNAIL_RINGS]
        return np.concatenate([np.zeros((1, 2)), *rings])
    length = float(np.linalg.norm(outward))
    toward = outward / length if length > 0 else np.array([1.0, 0.0])
    # Names lead away from the middle of the picture; of two sides as good, the first of UNIT is chosen.
    order = np.argsort(np.round(-(sides / np.linalg.norm(sides, axis=1, keepdims=True)) @ toward, 6), kind="stable")
    chosen = sides[order]
    diagonal = np.where((chosen != 0).all(axis=1, keepdims=True), 0.75, 1.0)  # a disc is round
    beside = chosen * (diagonal * radius + GAP_BESIDE * scale + size / 2)
    return np.concatenate([beside + ring * scale * chosen for ring in RINGS])


def _boxes(middles: Floats, size: Floats) -> Floats:
    """Return rectangles (left, bottom, right, top) around their middles."""
    return np.column_stack([middles - size / 2, middles + size / 2])


def _into(frame: Floats, boxes: Floats) -> Floats:
    """Return the rectangles moved into the frame, those that are larger to its lower left."""
    over = np.minimum(frame[2:] - boxes[:, 2:], 0.0)
    moved = boxes + np.tile(over, 2)
    under = np.maximum(frame[:2] - moved[:, :2], 0.0)
    return np.asarray(moved + np.tile(under, 2))


def _inside(frame: Floats, boxes: Floats) -> NDArray[np.bool_]:
    """Which of the rectangles lie within the frame, to a thousandth of a pixel."""
    return np.asarray((boxes[:, :2] >= frame[:2] - 1e-3).all(axis=1) & (boxes[:, 2:] <= frame[2:] + 1e-3).all(axis=1))


def _covered(boxes: Floats, taken: Floats) -> Floats:
    """Return how much of what is taken each rectangle covers, in square pixels."""
    wide = np.minimum(boxes[:, np.newaxis, 2:], taken[:, 2:]) - np.maximum(boxes[:, np.newaxis, :2], taken[:, :2])
    return np.asarray(np.prod(np.maximum(wide, 0.0), axis=2).sum(axis=1))
