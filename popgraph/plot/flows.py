"""A plot of a flow: how much of each eigenvector f holds as time goes by, so that modes are seen to switch on one by one."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arrays import Floats
from popgraph.plot.drawing import COLOURS, MUTED, axes_or_new
from popgraph.plot.reading import check_value
from popgraph.training import Flow

MAX_MODES_NAMED = len(COLOURS)  # modes with a colour and a name of their own; further ones are grey
LOG_TIME_RATIO = (
    10.0  # a last switch-on so many times later than the first presses that one to the left of a linear axis
)
OFF = 1e-9  # an amount below this share of the largest one is none


@checked_call()
def flow(flow: Flow, *, ax: Axes | None = None) -> Axes:
    """Draw how much of each eigenvector X = FFᵀ holds over time: modes switch on one by one, or fade.

    Dashed is what a mode holds as t -> ∞, and a ring is its switch-on, where it passes half of that; a mode that fades is dotted.
    Time is drawn as a logarithm where the last switch-on is 10 times later than the first.

    Parameters
    ----------
    flow : Flow
        Of ``pg.flow``, continuous or in steps.
    ax : Axes, optional
        Where to draw; a new figure if not given.

    Returns
    -------
    Axes
        What was drawn on.

    Raises
    ------
    InvalidArgument
        If `flow` is no Flow.

    See Also
    --------
    popgraph.flow : Makes a flow.
    training : The history of a training.

    References
    ----------
    THEORY 13.

    Examples
    --------
    >>> import popgraph as pg
    >>> from popgraph.plot import flow
    >>> flow(pg.flow(pg.zoo.hypercube(2), k=2, start=0.01)).get_title()
    '2 of 2 modes are on in the end'
    """
    check_value("flow", flow, Flow)
    ax = axes_or_new(ax)
    times, amounts = flow.times, flow.amounts
    # Of sampled batches, or where no limit was reached, the end is what is known.
    ends = np.where(np.isnan(flow.final_amounts), amounts[-1], flow.final_amounts)
    highest = max(float(amounts.max(initial=0.0)), float(ends.max(initial=0.0)), 1e-300)
    on = ends > OFF * highest
    on[np.argsort(-ends, kind="stable")[flow.f.shape[1] :]] = (
        False  # X has rank k; what more there is, is the noise of batches
    )
    switched = flow.switch_on[on & (flow.switch_on > 0)]
    logarithmic = len(switched) > 0 and switched.max() > LOG_TIME_RATIO * switched.min() and times[-1] > 0
    seen = times > 0 if logarithmic else np.full(len(times), True)
    for place, i in enumerate(
        np.argsort(~on, kind="stable").tolist()
    ):  # those that are on first: they have the colours
        colour, width = (COLOURS[place], 2.0) if place < MAX_MODES_NAMED else (MUTED, 1.0)
        name = f"γ = {flow.gamma[i]:.4g}" if place < MAX_MODES_NAMED else f"_γ = {flow.gamma[i]:.4g}"
        dashes, mark = "-" if on[i] else ":", "." if seen.sum() == 1 else None  # through one time there is no line
        ax.plot(times[seen], amounts[seen, i], dashes, marker=mark, color=colour, linewidth=width, label=name, zorder=3)
        if on[i]:
            ax.axhline(ends[i], color=colour, linestyle="--", linewidth=0.8, zorder=1)
            _ring(ax, times[seen], flow.switch_on[i], ends[i] / 2, colour)
    if logarithmic:
        ax.set_xscale("log")
    else:
        ax.xaxis.set_major_locator(MaxNLocator(min_n_ticks=2))
    of_steps = "" if flow.step is None else f", in steps of {flow.step:g}"
    ax.set(
        xlabel=f"time $t${of_steps}",
        ylabel=r"amount $v_i^\top X v_i$ of each mode",
        ylim=(-0.04 * highest, 1.08 * highest),
    )
    grey = f"\n(grey: all but {MAX_MODES_NAMED})" if len(on) > MAX_MODES_NAMED else ""
    ax.set_title(f"{on.sum()} of {len(on)} modes are on in the end{grey}", fontsize=11)
    if len(on):
        ax.legend(fontsize=8, frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def _ring(ax: Axes, times: Floats, when: float, height: float, colour: str) -> None:
    """Mark a switch-on that lies within the times drawn; NaN, of a mode that never does, does not."""
    if when > 0 and times[0] <= when <= times[-1]:
        ax.plot([when], [height], "o", markersize=7, markerfacecolor="white", color=colour, zorder=4)
