"""Training: the loss and its gradient, and an embedding on its way into the span of F*."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from popgraph.drawing import COLOURS, INK, MUTED, axes_or_new
from popgraph.errors import InvalidArgument

if TYPE_CHECKING:
    from popgraph.spectrum import Spectrum
    from popgraph.training import Training


def training(training: "Training", spectrum: "Spectrum | None" = None, *, ax: Axes | None = None) -> Axes:
    """Draw the loss as training went, the norm of its gradient beside it, and the known minimum -Σγ² if a spectrum is given.

    Parameters
    ----------
    training : Training
        Of an embedding into R^k.
    spectrum : Spectrum, optional
        With at least k eigenvalues.
    ax : Axes, optional
        Where to draw; a new figure if not given.

    Raises
    ------
    InvalidArgument
        If the spectrum has fewer than k eigenvalues.

    Examples
    --------
    >>> import popgraph as pg
    >>> cloud = pg.zoo.lightning_cloud()
    >>> training(pg.train(cloud, 2, rng=0), cloud.spectrum(2)).get_ylabel()
    'loss L(f)'
    """
    k = training.f.shape[1]
    if spectrum is not None and spectrum.k < k:
        raise InvalidArgument(f"the minimum for k = {k} needs {k} eigenvalues; this spectrum has {spectrum.k}")
    ax = axes_or_new(ax)
    ax.plot(training.steps, training.loss, color=COLOURS[0], linewidth=2, label="loss L(f)")
    if spectrum is not None:
        minimum = -float(np.sum(spectrum.gamma[:k] ** 2))
        ax.axhline(minimum, color=INK, linestyle="--", linewidth=1, label=f"-Σγ² = {minimum:.4g}")
    beside = ax.twinx()
    # A gradient of exactly 0 is drawn where rounding ends: at its logarithm the axis would end far below.
    beside.semilogy(training.steps, np.maximum(training.gradient_norm, 1e-17), color=MUTED, linewidth=1)
    beside.set_ylabel("gradient norm", color=MUTED)
    beside.tick_params(axis="y", colors=MUTED)
    ax.set_zorder(beside.get_zorder() + 1)  # else the gradient's curve runs over the legend
    ax.patch.set_visible(False)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    ax.set_xlabel("step")
    ax.set_ylabel("loss L(f)", color=COLOURS[0])
    ax.legend(loc="upper right", facecolor="white", edgecolor="none", framealpha=0.9)
    ax.set_title(f"training: loss {training.loss[-1]:.6g} after {training.steps[-1]:,} steps", fontsize=11)
    for each in (ax, beside):
        each.spines["top"].set_visible(False)
    return ax
