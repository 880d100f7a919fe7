"""Pictures of self-training against contrastive learning: the errors of both side by side, and who wins where."""

from fractions import Fraction
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arrays import Floats
from popgraph.basics.words import printable
from popgraph.downstream import Contest, PhaseDiagram
from popgraph.plot.drawing import COLOURS, INK, MUTED, UNLABELLED, axes_or_new
from popgraph.plot.fonts import write, write_ticks
from popgraph.plot.reading import check_value

PROBE, STUDENT = COLOURS[0], COLOURS[1]  # blue and orange of Okabe and Ito
TIE, FAILED = "#F2F2F2", "#000000"
DASHES: list[Literal["-", "--", ":", "-."]] = ["-", "--", ":", "-."]
FAINTEST = 0.25  # of a winner's colour, at the least margin
MAX_TICKS = 8  # along a side whose values are words
TEACHER_DASH = (0, (1, 2))


@checked_call()
def contest(contest: Contest, *, ax: Axes | None = None) -> Axes:
    """Draw the errors of the probe at each k, on the left, and those of the student at each weight t, on the right.

    At a degenerate cut, or where the student has several minimisers, a band goes from the least error to the greatest. The
    teacher's error is dotted. What the theory promises is dashed, where there is a bound that is low enough to be seen.

    Parameters
    ----------
    contest : Contest
        Of `popgraph.selftraining.which_wins`.
    ax : Axes, optional
        Where to draw; a new figure if not given. Its ``child_axes`` are the two halves.

    Returns
    -------
    Axes
        What was drawn on; its two halves are its ``child_axes``.

    Raises
    ------
    InvalidArgument
        If this is no Contest.

    See Also
    --------
    popgraph.selftraining.which_wins : Makes a contest.
    phase_diagram : Contests at many parameters.

    Examples
    --------
    >>> import popgraph as pg
    >>> blocks = pg.zoo.planted_subclasses(2, 1, size=4, within=0, across="1/10")
    >>> ax = pg.plot.contest(pg.selftraining.which_wins(blocks, [0, 0, 0, 1, 1, 1, 1, 1]))
    >>> ax.get_title(), [half.get_xlabel() for half in ax.child_axes]
    ('neither wins at best', ['$k$: columns of $F^*$', 'weight $t$ of the student'])
    """
    check_value("contest", contest, Contest)
    ax = axes_or_new(ax)
    ax.set_axis_off()
    probe, student = ax.inset_axes((0.0, 0.0, 0.47, 1.0)), ax.inset_axes((0.53, 0.0, 0.47, 1.0))
    _draw_probes(probe, contest)
    _draw_students(student, contest)
    top = 1.4 * max(float(contest.probe_errors.max()), float(contest.student_errors.max()), contest.teacher, 0.01)
    for half in (probe, student):
        half.axhline(contest.teacher, color=INK, linestyle=TEACHER_DASH, linewidth=1, label="teacher")
        half.set_ylim(-0.02 * top, top)
        half.spines[["top", "right"]].set_visible(False)
        half.legend(frameon=False, fontsize=8, loc="upper right", ncols=2, borderaxespad=0.0, handlelength=1.6)
    probe.set_ylabel("error")
    student.tick_params(labelleft=False)
    by = f" by {contest.margin:.3g}" if contest.margin else ""
    ax.set_title(f"{contest.winner} wins{' at best' * contest.at_best}{by}", fontsize=11)
    return ax


def _draw_probes(ax: Axes, contest: Contest) -> None:
    """Draw the probe's errors by k."""
    ks, (low, high) = contest.ks, contest.probe_errors.T
    ax.plot(ks, high, "o-", color=PROBE, markersize=4, linewidth=1, label="probe")
    wide = high > low
    if wide.any():
        ax.vlines(ks[wide], low[wide], high[wide], color=PROBE, linewidth=7, alpha=0.35, label="degenerate cut")
    if contest.probe_bounds is not None:
        ax.plot(ks, contest.probe_bounds, "--", color=PROBE, linewidth=1, label=_if_seen(contest, contest.probe_bounds))
    margin = 0.05 * max(float(ks[-1] - ks[0]), 1.0)
    ax.set_xlim(ks[0] - margin, ks[-1] + margin)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    ax.set_xlabel("$k$: columns of $F^*$")


def _draw_students(ax: Axes, contest: Contest) -> None:
    """Draw the student's errors by weight: steps where all weights were tried, dots where some were."""
    ends, (low, high) = contest.weights, contest.student_errors.T
    ax.set_xlabel("weight $t$ of the student")
    if (ends[:, 0] == ends[:, 1]).all():
        t = ends[:, 0]
        ax.plot(t, high, "o-", color=STUDENT, markersize=4, linewidth=1, label="student")
        if (high > low).any():
            ax.vlines(t[high > low], low[high > low], high[high > low], color=STUDENT, linewidth=7, alpha=0.35)
        left, right = 0.85 * t, 1.18 * t
    else:
        inner = ends[:-1, 1] if len(ends) > 1 else np.array([1.0])
        edges = np.concatenate([[inner[0] / 3], inner if len(ends) > 1 else [], [3 * inner[-1]]])
        ax.stairs(high, edges, baseline=None, color=STUDENT, linewidth=2, label="student")
        if (high > low).any():
            ax.stairs(high, edges, baseline=low, color=STUDENT, fill=True, alpha=0.35, linewidth=0)
        ax.set_xlim(edges[0], edges[-1])
        left, right = edges[:-1], edges[1:]
    if contest.student_bounds is not None and np.isfinite(contest.student_bounds).any():
        label = _if_seen(contest, contest.student_bounds)
        finite = np.isfinite(contest.student_bounds)
        span = left[finite], right[finite]
        ax.hlines(contest.student_bounds[finite], *span, color=STUDENT, linestyle="--", linewidth=1, label=label)
    if len(ends) > 1 and ends[:, 1].min() > 0:
        ax.set_xscale("log")


def _if_seen(contest: Contest, bounds: Floats) -> str:
    """Return a name for the key if a bound lies within the picture; matplotlib leaves out names that begin with an underscore."""
    top = 1.4 * max(float(contest.probe_errors.max()), float(contest.student_errors.max()), contest.teacher, 0.01)
    return "bound" if (bounds <= top).any() else "_bound"


@checked_call()
def phase_diagram(diagram: PhaseDiagram, *, ax: Axes | None = None) -> Axes:
    """Draw who wins at each cell, the stronger the wider its margin, and the boundaries that were predicted.

    Contrastive learning is blue and self-training orange; light grey is a tie, a dot says that it depends on the choice at a
    degenerate cut, and black is a cell that failed. Boundaries are drawn where predictions change their sign.

    Parameters
    ----------
    diagram : PhaseDiagram
        Of `popgraph.selftraining.phase_diagram`; values need not be sorted, or evenly spaced.
    ax : Axes, optional
        Where to draw; a new figure if not given.

    Returns
    -------
    Axes
        What was drawn on.

    Raises
    ------
    InvalidArgument
        If this is no PhaseDiagram.

    See Also
    --------
    popgraph.selftraining.phase_diagram : Makes a diagram.
    contest : One cell.

    Examples
    --------
    >>> import popgraph as pg
    >>> diagram = pg.selftraining.phase_diagram(pg.zoo.hypercube, [1, 2], [0.1, 0.2], teacher=lambda cube: cube.view_labels)
    >>> pg.plot.phase_diagram(diagram).get_xlabel()
    'column'
    """
    check_value("diagram", diagram, PhaseDiagram)
    ax = axes_or_new(ax)
    (down, rows), (right, columns) = _side(diagram.rows), _side(diagram.columns)
    shades, most = np.empty((*diagram.winner.shape, 3)), float(np.nanmax(np.append(diagram.margin, 0.0)))
    shades[:] = to_rgb(TIE)
    shades[diagram.winner == "failed"] = to_rgb(FAILED)
    for who, colour in (("contrastive", PROBE), ("self-training", STUDENT)):
        won = diagram.winner == who
        depth = FAINTEST + (1 - FAINTEST) * diagram.margin[won] / most if won.any() else np.zeros(0)
        shades[won] = 1 - depth[:, np.newaxis] * (1 - np.array(to_rgb(colour)))
    cells = np.ix_(down, right)
    ax.pcolormesh(_edges(columns), _edges(rows), shades[cells], rasterized=True)
    open_cells = np.argwhere(diagram.undecided[cells])
    if len(open_cells):
        ax.plot(columns[open_cells[:, 1]], rows[open_cells[:, 0]], ".", color=MUTED, markersize=2)
    marks = _boundaries(ax, diagram, cells, rows, columns)
    for axis, name, values, order, at in (
        (ax.yaxis, diagram.names[0], diagram.rows, down, rows),
        (ax.xaxis, diagram.names[1], diagram.columns, right, columns),
    ):
        write(axis.label, printable(name, 40))
        if _in_numbers(values) is None:
            step = -(-len(values) // MAX_TICKS)
            write_ticks(axis, at[::step], [printable(str(values[i]), 20) for i in order[::step]])
    _name_phases(ax, diagram, most, marks)
    return ax


def _in_numbers(values: tuple[Any, ...]) -> Floats | None:
    """Return the values of a parameter as numbers, words such as "1/10" too; None if they are none."""
    try:
        return np.array([float(Fraction(value)) if isinstance(value, str) else float(value) for value in values])
    except (ValueError, TypeError, ZeroDivisionError, OverflowError):
        return None


def _side(values: tuple[Any, ...]) -> tuple[Any, Floats]:
    """Return the order in which to draw the values of a parameter, and where: at themselves, or at 0, 1, ... if they are words."""
    at = _in_numbers(values)
    if at is None or len(np.unique(at)) < len(at) or not np.isfinite(at).all():
        return np.arange(len(values)), np.arange(len(values), dtype=float)
    order = np.argsort(at)
    return order, at[order]


def _edges(at: Floats) -> Floats:
    """Return the ends of cells around increasing places, (R + 1,)."""
    if len(at) == 1:
        return np.array([at[0] - 0.5, at[0] + 0.5])
    middle = (at[1:] + at[:-1]) / 2
    return np.concatenate([[2 * at[0] - middle[0]], middle, [2 * at[-1] - middle[-1]]])


def _boundaries(ax: Axes, diagram: PhaseDiagram, cells: Any, rows: Floats, columns: Floats) -> list[Line2D]:
    """Draw each prediction's boundary, and return marks for the key."""
    marks = []
    for i, (name, table) in enumerate(diagram.boundaries.items()):
        style = DASHES[i % len(DASHES)]
        shown = table[cells]
        finite = np.isfinite(shown)
        if min(shown.shape) > 1 and (shown[finite] > 0).any() and (shown[finite] <= 0).any():
            ax.contour(
                columns, rows, np.ma.array(shown, mask=~finite), [0.0], colors=INK, linestyles=style, linewidths=1.5
            )
        marks.append(Line2D([], [], color=INK, linestyle=style, linewidth=1.5, label=printable(name, 40)))
    return marks


def _name_phases(ax: Axes, diagram: PhaseDiagram, most: float, marks: list[Line2D]) -> None:
    """Name the phases that there are beside the picture, with the widest margin of each."""
    names = {"contrastive": (PROBE, "contrastive wins"), "self-training": (STUDENT, "self-training wins")}
    handles: list[Any] = []
    for who, (colour, text) in names.items():
        won = diagram.winner == who
        if won.any():
            handles.append(Patch(facecolor=colour, label=f"{text}, by {diagram.margin[won].max():.2g} at most"))
    if ((diagram.winner == "neither") & ~diagram.undecided).any():
        handles.append(Patch(facecolor=TIE, edgecolor=UNLABELLED, label="a tie"))
    if diagram.undecided.any():
        handles.append(
            Line2D([], [], marker=".", linestyle="", color=MUTED, label="it depends on the choice at a degenerate cut")
        )
    if diagram.failures:
        handles.append(Patch(facecolor=FAILED, label="failed"))
    ax.legend(
        handles=[*handles, *marks], loc="lower left", bbox_to_anchor=(0.0, 1.0), frameon=False, fontsize=8, ncols=2
    )
