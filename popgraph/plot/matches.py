"""A verdict: how much of each leading eigenvector lies in the span of F."""

from textwrap import fill

import numpy as np
from matplotlib.axes import Axes

from popgraph.basics.arguments.keywords import checked_call
from popgraph.plot.drawing import INK, MAX_ROWS_NAMED, MAX_ROWS_NUMBERED, WARNING, WEIGHTS, axes_or_new, with_index
from popgraph.plot.reading import check_value
from popgraph.verification import Match, PairMatch

NO_ANGLE = 1e-14  # radians, below which an angle is rounding
LEAST_IN_DIGITS = 0.01  # radians


@checked_call()
def match(match: Match | PairMatch, *, ax: Axes | None = None) -> Axes:
    r"""Draw ``|Q|`` of F ≈ F* Q, a row for each eigenvector, with the principal angles and the share of it in span F.

    F is √w_x f, and Q = F*ᵀF. At a match the span of F contains 100 % of every eigenvector, but for those with γ_i = γ_k at a
    degenerate cut: which eigenvectors stand for the repeated γ is arbitrary, and so is f's share of each.

    Parameters
    ----------
    match : Match or PairMatch
        As of `popgraph.verify`. Of two encoders ``|UᵀFGᵀV|`` is drawn, what the critic makes of each pair of leading singular
        vectors: diag(σ) at a match at a clean cut.
    ax : Axes, optional
        Where to draw; a new figure if not given.

    Returns
    -------
    Axes
        What was drawn on.

    See Also
    --------
    popgraph.verify : Makes a match.
    embedding : Draw f itself.

    Examples
    --------
    >>> import popgraph as pg
    >>> from popgraph.plot import match
    >>> cloud = pg.zoo.lightning_cloud()
    >>> match(pg.verify(cloud, cloud.spectrum(2).embedding)).get_xlabel()
    'column of $f$;  shade: $|Q|$ in $F \\approx F^* Q$'
    """
    check_value("match", match, Match, PairMatch)
    if isinstance(match, PairMatch):
        return _critic(match, axes_or_new(ax))
    ax = axes_or_new(ax)
    k, d = match.Q.shape
    size = np.abs(match.Q)
    # A column of F, were it one eigenvector, would fill its cell: the scale is the length of a typical column.
    column = float(np.linalg.norm(match.Q)) / np.sqrt(d * max(1.0 - match.relative_residual**2, 1e-12))
    full = max(float(size.max()), column, 1e-300)
    ax.imshow(size, cmap=WEIGHTS, vmin=0.0, vmax=full, interpolation="nearest", aspect="auto")
    if k * d <= MAX_ROWS_NUMBERED**2:
        for (i, j), value in np.ndenumerate(size):
            colour = "white" if value > 0.5 * full else INK
            ax.text(j, i, f"{value:.2f}", ha="center", va="center", color=colour, fontsize=10)
    named = np.arange(k) if k <= MAX_ROWS_NAMED else np.linspace(0, k - 1, 11).astype(int)
    ax.set_yticks(
        named,
        [rf"{with_index('v', int(i) + 1)}  $\gamma$ = {match.gamma[i]:.3g}" for i in named],
        fontsize=10 if k <= 12 else 7,
    )
    shares = ax.secondary_yaxis("right")
    shares.set_yticks(
        named, [f"{100 * match.captured[i].round(10):.4g}%" for i in named], fontsize=10 if k <= 12 else 7
    )
    arbitrary = match.degenerate or match.gamma[-1] == 0
    shares.set_ylabel("share of $v_i$ in span $F$" + "\narbitrary where $\\gamma_i = \\gamma_k$" * bool(arbitrary))
    for axis in (ax, shares):
        axis.tick_params(length=0)
    ax.set_xticks(
        np.arange(d) if d <= MAX_ROWS_NAMED else [], [str(j + 1) for j in range(d)] if d <= MAX_ROWS_NAMED else []
    )
    ax.set_xlabel(r"column of $f$;  shade: $|Q|$ in $F \approx F^* Q$")
    verdict = "match" if match.matches else "no match, though f is optimal" if match.optimal else "no match"
    at_cut = ", degenerate cut" if match.degenerate and "degenerate" not in match.status.value else ""
    angles = ", ".join(map(_angle, match.angles[::-1][:4].tolist())) + (", ..." if match.k > 4 else "")
    title = fill(f"{verdict}{at_cut}: {match.status.value}", 44)
    colour = "black" if match.matches else WARNING
    ax.set_title(f"{title}\nangles {angles} rad", fontsize=11, color=colour)
    return ax


def _angle(radians: float) -> str:
    """Write an angle: 0 to rounding, two digits, or a power of ten of a small one."""
    if radians < NO_ANGLE:
        return "0"
    if radians >= LEAST_IN_DIGITS:
        return f"{radians:.2f}"
    mantissa, exponent = f"{radians:.1e}".split("e")
    return rf"${mantissa} \times 10^{{{int(exponent)}}}$"


def _critic(match: PairMatch, ax: Axes) -> Axes:
    """Draw |UᵀFGᵀV|, a row for each u_i and a column for each v_j, with the shares of them in span F and span G."""
    size = np.abs(np.where(np.isfinite(match.weights), match.weights, 0.0))
    full, k = max(float(size.max()), float(match.sigma[0]), 1e-300), match.k
    ax.imshow(size, cmap=WEIGHTS, vmin=0.0, vmax=full, interpolation="nearest", aspect="auto")
    if k <= MAX_ROWS_NUMBERED:
        for (i, j), value in np.ndenumerate(size):
            colour = "white" if value > 0.5 * full else INK
            ax.text(j, i, f"{value:.2f}", ha="center", va="center", color=colour, fontsize=10)
    named = np.arange(k) if k <= MAX_ROWS_NAMED else np.linspace(0, k - 1, 11).astype(int)
    small = 10 if k <= 8 else 7
    of_u, of_v = ([f"{100 * share.round(10):.3g}%" for share in each.captured[named]] for each in (match.x, match.z))
    ax.set_yticks(
        named,
        [
            rf"{with_index('u', i + 1)}  $\sigma$ = {match.sigma[i]:.3g}" + f"\n{share} in $f$"
            for i, share in zip(named.tolist(), of_u, strict=True)
        ],
        fontsize=small,
    )
    ax.set_xticks(
        named,
        [f"{with_index('v', i + 1)}\n{share} in $g$" for i, share in zip(named.tolist(), of_v, strict=True)],
        fontsize=small,
    )
    ax.tick_params(length=0)
    ax.set_xlabel(
        r"shade: $|U^\top F G^\top V|$, at a match $\sigma$ on the diagonal"
        + "\n(or a choice of it at a degenerate cut)" * match.degenerate
    )
    verdict = "match" if match.matches else "no match, though optimal" if match.optimal else "no match"
    colour = "black" if match.matches else WARNING
    ax.set_title(fill(f"{verdict}: {match.status.value}", 50), fontsize=11, color=colour)
    return ax
