"""The eigenvalues of Ā and the cut after the k-th."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.protocols import Eigenpairs
from popgraph.plot.drawing import COLOURS, INK, WARNING, axes_or_new, with_index
from popgraph.plot.reading import check_spectrum
from popgraph.spectrum import SingularSpectrum


@checked_call()
def spectrum(spectrum: Eigenpairs | SingularSpectrum, *, ax: Axes | None = None) -> Axes:
    """Draw the known eigenvalues of Ā, with the cut after the k-th marked; a degenerate cut is marked as a warning.

    Negative eigenvalues, which pairs that are given directly may have, lie below a line at 0: one encoder cannot reach them.

    Parameters
    ----------
    spectrum : Spectrum, or that of a product, or SingularSpectrum
        With k of its eigenvalues, or singular values σ, filled; those known beyond it are hollow.
    ax : Axes, optional
        Where to draw; a new figure if not given.

    Returns
    -------
    Axes
        What was drawn on.

    See Also
    --------
    spectrum_path : Eigenvalues as a parameter slides.
    popgraph.PopulationGraph.spectrum : Makes a spectrum.

    Examples
    --------
    >>> import popgraph as pg
    >>> from popgraph.plot import spectrum
    >>> spectrum(pg.zoo.lightning_cloud().spectrum(2)).get_title()
    'γ, the eigenvalues of Ā: gap 1 after k = 2'
    """
    if isinstance(spectrum, SingularSpectrum):
        letter, symbol, what, asked = "σ", r"\sigma", "the singular values of S", spectrum.sigma
        known = spectrum.sigma_known
    else:
        check_spectrum(spectrum)
        letter, symbol, what, asked = "γ", r"\gamma", "the eigenvalues of Ā", spectrum.gamma
        known = getattr(spectrum, "gamma_known", asked)
    ax, k = axes_or_new(ax), spectrum.k
    index = np.arange(1, len(known) + 1)
    degenerate, out_of_reach = spectrum.gap == 0 and asked[-1] >= 0, asked[-1] < 0
    size = 36 if len(known) <= 60 else 9
    ax.scatter(index[:k], known[:k], s=size, color=COLOURS[0], zorder=3)
    ax.scatter(index[k:], known[k:], s=size, facecolor="white", edgecolor=COLOURS[0], zorder=3)
    ax.axvline(k + 0.5, color=WARNING if degenerate or out_of_reach else INK, linestyle="--", linewidth=1)
    gap = getattr(spectrum, "gap_in_words", f"gap {spectrum.gap:.4g}")
    end = f": {gap} after k = {k}"
    if degenerate:
        end = f"\n{with_index(symbol, k)} = {with_index(symbol, k + 1)}: a degenerate cut at k = {k}"
    if out_of_reach:
        end = f"\n${symbol}_{{{k}}} < 0$ is out of reach of one encoder at k = {k}"
    ax.set_title(f"{letter}, {what}{end}", fontsize=11, color=WARNING if degenerate or out_of_reach else "black")
    lowest = float(min(known))
    bottom = -0.05
    if lowest < 0:
        ax.axhline(0.0, color=INK, linewidth=0.8)
        bottom = lowest - 0.08
    ax.set(xlabel="$i$", ylabel=f"${symbol}_i$", xlim=(0.3, len(known) + 0.7), ylim=(bottom, 1.08))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    ax.spines[["top", "right"]].set_visible(False)
    return ax
