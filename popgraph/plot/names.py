"""The names of views, beside their points: as they are, as numbers with a key, or none where there are too many."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.text import Text

from popgraph.basics.arrays import Floats, Ints
from popgraph.basics.words import printable, shorten
from popgraph.plot.drawing import INK
from popgraph.plot.fonts import readable, without_joiners, write
from popgraph.plot.placing import UNIT, Placer, Places

MAX_VIEWS_NAMED_BESIDE = 60  # beyond which no picture has room for names
MAX_VIEWS_NUMBERED = 30  # lines of a key
MAX_CHARACTERS_BESIDE = 16  # of a name beside its point; if one of them is longer, all views have numbers
MAX_CHARACTERS_IN_A_KEY = 26
MAX_CHARACTERS_OF_A_SIDE = 18  # of a name along a matrix
MAX_CHARACTERS_OF_A_COLUMN, MAX_CHARACTERS_OF_A_ROW = 3, 48  # of names along the foot of a matrix that are not turned
MAX_NAMES_AT_A_PLACE = 3
MAX_NUMBERS_AT_A_PLACE = 4
SAME_PLACE = 1e-3  # of the extent of all points, within which two are at one place


def view_name(view: Any, width: int = MAX_CHARACTERS_OF_A_SIDE) -> str:
    """Write a view in a few characters."""
    text = printable(without_joiners(view)) if isinstance(view, str) else shorten(view)
    return text if len(text) <= width else text[: width - 1] + "…"


def must_be_turned(names: Sequence[str]) -> bool:
    """Whether names have no room side by side along the foot of a matrix."""
    longest = max(map(len, names))
    return longest > MAX_CHARACTERS_OF_A_COLUMN or longest * len(names) > MAX_CHARACTERS_OF_A_ROW


def names_or_numbers(views: Sequence[Any]) -> tuple[list[str], str]:
    """Return what stands beside each point, and a key if these are numbers; nothing of too many views."""
    if len(views) > MAX_VIEWS_NAMED_BESIDE:
        return [], ""
    names = [view_name(view, MAX_CHARACTERS_IN_A_KEY) for view in views]
    if max(len(readable(name)[0]) for name in names) <= MAX_CHARACTERS_BESIDE:
        return names, ""
    if len(views) > MAX_VIEWS_NUMBERED:
        return [], ""
    numbers = [str(i + 1) for i in range(len(views))]
    return numbers, "\n".join(f"{number}  {name}" for number, name in zip(numbers, names, strict=True))


def draw_key(ax: Axes, key: str) -> Text:
    """Write the key of numbered views at the right edge of the axes."""
    lines = key.count("\n") + 1
    size = 8 if lines <= 16 else 6.5
    text = ax.text(0.995, 0.5, "", transform=ax.transAxes, ha="right", va="center", fontsize=size, color=INK, zorder=3)
    text.set(in_layout=False, multialignment="left")
    write(text, key)
    return text


def draw_names(ax: Axes, names: Sequence[str], at: Floats, radii: Floats, avoid: list[Any], key: Text | None) -> None:
    """Write names beside their points where there is room, those of one place below one another."""
    place_of = _places(at)
    first = np.unique(place_of, return_index=True)[1]
    listed = [[names[i] for i in np.flatnonzero(place_of == place).tolist()] for place in range(len(first))]
    size = 8 if len(names) <= 24 else 7
    marks = [
        _annotate(ax, at[i], _together(each, key is not None), size) for i, each in zip(first, listed, strict=True)
    ]
    largest = np.array([radii[place_of == place].max() for place in range(len(first))])
    Placer(ax, marks, Places(at[first], largest, UNIT), avoid, key)


def _annotate(ax: Axes, at: Floats, words: str, size: float) -> Any:
    """Write words at a point; where beside it is decided when the picture is drawn."""
    text = ax.annotate(
        "",
        (float(at[0]), float(at[1])),
        (0.0, 0.0),
        textcoords="offset points",
        ha="center",
        va="center",
        fontsize=size,
    )
    text.set(color=INK, zorder=3, in_layout=False)
    write(text, words)
    return text


def _together(names: Sequence[str], numbered: bool) -> str:
    """Join the names of one place: numbers by commas, others by lines, of which the first three are kept."""
    if numbered:
        return ", ".join(names if len(names) <= MAX_NUMBERS_AT_A_PLACE else [*names[:2], f"… {names[-1]}"])
    more = [f"and {len(names) - MAX_NAMES_AT_A_PLACE} more"] if len(names) > MAX_NAMES_AT_A_PLACE + 1 else []
    return "\n".join([*names[: MAX_NAMES_AT_A_PLACE + (not more)], *more])


def _places(at: Floats) -> Ints:
    """Return the number of the place of each point, in the order in which places are first seen."""
    unit = SAME_PLACE * max(float(np.ptp(at, axis=0).max()), 1e-300)
    seen: list[Floats] = []
    places = np.empty(len(at), dtype=np.intp)
    for i, point in enumerate(at):
        near = [place for place, other in enumerate(seen) if np.abs(point - other).max() <= unit]
        places[i] = near[0] if near else len(seen)
        seen += [] if near else [point]
    return places
