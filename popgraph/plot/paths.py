"""All eigenvalues while one parameter of a population slides, with their crossings."""

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike
from scipy.optimize import minimize_scalar

from popgraph.basics.arguments import numbers, read_callable, whole_number
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.populations import satisfies
from popgraph.basics.arrays import Floats
from popgraph.basics.protocols import Population
from popgraph.basics.words import shorten
from popgraph.errors import InvalidArgument
from popgraph.plot.drawing import COLOURS, FAINT, WARNING, axes_or_new

EQUAL_WITHIN = 1e-9  # eigenvalues that differ by no more are drawn as one


@checked_call()
def spectrum_path(
    make_graph: Callable[[float], Population],
    values: ArrayLike,
    *,
    k: int | None = None,
    most: int = 12,
    ax: Axes | None = None,
) -> Axes:
    r"""Draw the leading eigenvalues of Ā as a parameter slides, with crossings marked, and where the cut at k is degenerate.

    Equal eigenvalues are one line, thicker, with their number beside it. Where two meet between the given values, the place is
    found by making more graphs there.

    Parameters
    ----------
    make_graph : callable, float -> population
        The population at one value of the parameter.
    values : (T,) array
        The parameter, T >= 2, increasing.
    k : int, optional
        The cut of interest: where γ_k = γ_{k+1} is marked as a warning.
    most : int
        How many eigenvalues to follow, at least 1; a graph with fewer views is continued by zeros.
    ax : Axes, optional
        Where to draw; a new figure if not given.

    Returns
    -------
    Axes
        What was drawn on.

    Raises
    ------
    InvalidArgument
        If the values are not increasing numbers, k is not below ``most``, or ``make_graph`` returns no population.

    See Also
    --------
    spectrum : Eigenvalues of one graph.
    popgraph.explore : The same with sliders.

    Examples
    --------
    >>> import popgraph as pg
    >>> from popgraph.plot import spectrum_path
    >>> ax = spectrum_path(lambda q: pg.zoo.hypercube(2, q), [0, 0.25, 0.5], k=2)
    >>> ax.get_title()
    'γ over the parameter: 2 crossings\ncut at k = 2: degenerate at 3 of 3 values'
    """
    read_callable("make_graph", make_graph)
    t = numbers("values", values, "give two or more increasing numbers")
    if t.ndim != 1 or t.size < 2 or not (np.diff(t) > 0).all():
        raise InvalidArgument(f"values is {shorten(values)}; it must be two or more increasing numbers")
    most = whole_number("most", most, 10_000)
    if k is not None and whole_number("k", k, 10_000) >= most:
        raise InvalidArgument(f"k is {k}; the cut after it needs most > k, and most is {most}")

    def gamma(value: float) -> Floats:
        return _leading(make_graph, value, most)

    path = np.array([gamma(float(value)) for value in t])
    nonzero = int((path > EQUAL_WITHIN).any(axis=0).sum())
    path = path[:, : min(most, max(nonzero, k or 1) + 1)]
    meetings = _crossings(gamma, t, path)
    ax = axes_or_new(ax)
    _draw_lines(ax, t, path)
    places = [(round(at, 6), i, round(height, 6)) for at, i, height in meetings]
    at_cut = {(at, height) for at, i, height in places if i + 1 == k}
    elsewhere = {(at, height) for at, _, height in places} - at_cut
    for points, colour in ((elsewhere, "black"), (at_cut, WARNING)):
        if points:
            across, up = zip(*sorted(points), strict=True)
            ax.scatter(across, up, s=60, facecolor="none", edgecolor=colour, linewidth=1.6, zorder=4)
    crossings = len(elsewhere) + len(at_cut)
    title = f"γ over the parameter: {crossings} crossing{'s' * (crossings != 1)}"
    if k is not None:
        equal = path[:, k - 1] - path[:, k] <= EQUAL_WITHIN
        ax.scatter(t[equal], path[equal, k - 1], s=14, color=WARNING, zorder=5)
        title += f"\ncut at k = {k}: degenerate at {equal.sum()} of {len(t)} values"
        title += f" and {len(at_cut)} crossing{'s' * (len(at_cut) != 1)}" if at_cut else ""
    ax.set_title(title, fontsize=11)
    ax.set(xlabel="parameter", ylabel=r"$\gamma_i$", ylim=(-0.05, 1.08))
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def _leading(make_graph: Callable[[float], Any], value: float, most: int) -> Floats:
    """Return the leading eigenvalues of the graph at a value, continued by zeros: a view that vanishes takes a zero with it."""
    graph = make_graph(value)
    if not satisfies(graph, Population):
        raise InvalidArgument(f"make_graph({value:g}) returned {shorten(graph)}; it must return a population")
    leading = graph.spectrum(min(most, graph.N)).gamma
    return np.concatenate([leading, np.zeros(most - len(leading))])


def _crossings(gamma: Callable[[float], Floats], t: Floats, path: Floats) -> list[tuple[float, int, float]]:
    """Return (value, i, γ) where γ_i and γ_{i+1} meet: at a point, or where they begin or end to be equal."""
    meetings: list[tuple[float, int, float]] = []
    for i in range(path.shape[1] - 1):

        def gap(value: float, i: int = i) -> float:
            here = gamma(value)
            return float(here[i] - here[i + 1])

        gaps = path[:, i] - path[:, i + 1]
        equal = gaps <= EQUAL_WITHIN
        places = []
        for j in range(len(t)):
            left, right = j > 0 and bool(equal[j - 1]), j < len(t) - 1 and bool(equal[j + 1])
            if equal[j] and not (left or right):  # they touch at this value alone
                places.append(float(t[j]))
            elif equal[j] and j > 0 and not left:  # they begin to be equal between the last value and this one
                places.append(_edge(gap, float(t[j]), float(t[j - 1])))
            elif equal[j] and j < len(t) - 1 and not right:  # they end to be equal before the next value
                places.append(_edge(gap, float(t[j]), float(t[j + 1])))
            elif 0 < j < len(t) - 1 and gaps[j - 1] >= gaps[j] < gaps[j + 1] and not (equal[j] or left or right):
                # A least gap lies between its neighbours; it is a crossing if the gap falls to (almost) nothing there.
                ends = (float(t[j - 1]), float(t[j + 1]))
                least = minimize_scalar(
                    gap, bounds=ends, method="bounded", options={"xatol": 1e-9 * (ends[1] - ends[0])}
                )
                if least.fun <= 1e-6 * max(gaps[j - 1], gaps[j + 1]):
                    places.append(float(least.x))
        meetings += [(place, i, float(gamma(place)[i])) for place in places]
    return meetings


def _edge(gap: Callable[[float], float], equal: float, apart: float) -> float:
    """Return where two eigenvalues cease to be equal, between a value where they are and one where they are not, by bisection."""
    width = 1e-8 * abs(apart - equal)
    while abs(apart - equal) > width:
        middle = (equal + apart) / 2
        equal, apart = (middle, apart) if gap(middle) <= EQUAL_WITHIN else (equal, middle)
    return equal


def _draw_lines(ax: Axes, t: Floats, path: Floats) -> None:
    """Draw each group of equal eigenvalues as one line, thicker for more of them, with their number where no other line is near."""
    count = path.shape[1]
    label_at: dict[tuple[int, int], tuple[float, int]] = {}  # group -> (distance to the nearest line, -j of that place)
    for j in range(len(t) - 1):
        i, both = 0, path[j : j + 2]
        while i < count:
            end = i + 1
            while end < count and (both[:, end - 1] - both[:, end] <= EQUAL_WITHIN).all():
                end += 1
            zero = both[:, i].max() <= EQUAL_WITHIN
            ax.plot(
                t[j : j + 2],
                both[:, i],
                color=FAINT if zero else COLOURS[0],
                linewidth=1.4 * (end - i) ** 0.6,
                solid_capstyle="round",
                zorder=2,
            )
            above = path[j, i - 1] - path[j, i] if i else 1.0
            below = path[j, end - 1] - path[j, end] if end < count else path[j, i]
            if end - i > 1 and not zero:
                label_at[i, end] = max(label_at.get((i, end), (-1.0, 0)), (float(min(above, below)), -j))
            i = end
    for (i, end), (_, j) in label_at.items():
        ax.annotate(f"x{end - i}", (t[-j], path[-j, i]), xytext=(6, 2), textcoords="offset points", fontsize=9)
