"""Plots of a training: the loss and the norm of its gradient by step, and an animation of the embedding."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.animation import FuncAnimation
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from popgraph.basics.arguments import whole_number
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.protocols import Eigenpairs, ViewedPopulation
from popgraph.basics.subspace import column_space, containment_angles
from popgraph.errors import InvalidArgument
from popgraph.plot.drawing import COLOURS, FAINT, INK, MUTED, axes_or_new, draw_views, read_dims, with_index
from popgraph.plot.legends import name_classes
from popgraph.plot.placing import COMPASS, Placer, Places
from popgraph.plot.reading import (
    ListedEigenpairs,
    check_spectrum,
    check_value,
    chosen_views,
    classes_of_views,
    read_viewed,
)
from popgraph.populations import ProductTraining
from popgraph.spectrum import SingularSpectrum
from popgraph.training import PairTraining, Training


@checked_call()
def training(
    training: Training | ProductTraining | PairTraining,
    spectrum: Eigenpairs | SingularSpectrum | None = None,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw the loss at each step, the norm of its gradient on a second axis, and the minimum -Σγ² if a spectrum is given.

    Parameters
    ----------
    training : Training, ProductTraining or PairTraining
        Of an embedding into R^k, or of two.
    spectrum : Spectrum, or that of a product, optional
        With at least k eigenvalues; of two encoders a SingularSpectrum, whose minimum is -Σσ².
    ax : Axes, optional
        Where to draw; a new figure if not given.

    Returns
    -------
    Axes
        Of the loss; that of the gradient shares its steps.

    Raises
    ------
    InvalidArgument
        If the spectrum has fewer than k eigenvalues.

    See Also
    --------
    animation : The embedding at each step.
    popgraph.train : Makes a training.

    Examples
    --------
    >>> import popgraph as pg
    >>> from popgraph.plot import training
    >>> cloud = pg.zoo.lightning_cloud()
    >>> training(pg.train(cloud, 2, rng=0), cloud.spectrum(2)).get_ylabel()
    'loss $L(f)$'
    """
    check_value("training", training, Training, ProductTraining, PairTraining)
    two = isinstance(training, PairTraining)
    k = training.f.k if isinstance(training, ProductTraining) else training.f.shape[1]
    if two and spectrum is not None:
        check_value("spectrum", spectrum, SingularSpectrum)
    elif spectrum is not None:
        check_spectrum(spectrum)
        _check_noise(training, spectrum)
    if spectrum is not None and spectrum.k < k:
        raise InvalidArgument(f"the minimum for k = {k} needs {k} eigenvalues; this spectrum has {spectrum.k}")
    ax, loss = axes_or_new(ax), "loss $L(f, g)$" if two else "loss $L(f)$"
    ax.plot(training.steps, training.loss, color=COLOURS[0], linewidth=2, label=loss)
    if spectrum is not None:
        values = spectrum.sigma if isinstance(spectrum, SingularSpectrum) else spectrum.gamma
        minimum = -float(np.sum(np.maximum(values[:k], 0.0) ** 2))
        squares = "σ²" if two else "max(γ, 0)²" if values[k - 1] < 0 else "γ²"
        ax.axhline(minimum, color=INK, linestyle="--", linewidth=1, label=f"-Σ{squares} = {minimum:.4g}")
    gradient_ax = ax.twinx()
    # A gradient of exactly 0 has no logarithm; it is drawn at 1e-17, about where rounding errors end.
    gradient_ax.semilogy(training.steps, np.maximum(training.gradient_norm, 1e-17), color=MUTED, linewidth=1)
    gradient_ax.set_ylabel("gradient norm", color=MUTED)
    gradient_ax.tick_params(axis="y", colors=MUTED)
    ax.set_zorder(gradient_ax.get_zorder() + 1)  # or the gradient's curve would be drawn over the legend
    ax.patch.set_visible(False)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    ax.set_xlabel("step")
    ax.set_ylabel(loss, color=COLOURS[0])
    ax.legend(loc="upper right", facecolor="white", edgecolor="none", framealpha=0.9)
    ax.set_title(f"training: loss {training.loss[-1]:.6g} after {training.steps[-1]:,} steps", fontsize=11)
    for axes in (ax, gradient_ax):
        axes.spines["top"].set_visible(False)
    return ax


def _check_noise(training: Any, spectrum: Any) -> None:
    """Refuse a spectrum without the noise law that the training's negatives came from."""
    noise, w_x = getattr(training, "noise", None), getattr(spectrum, "w_x", None)
    if noise is not None and not (w_x is not None and w_x.shape == noise.shape and np.allclose(w_x, noise, 1e-9, 0)):
        raise InvalidArgument(
            "this f was trained with negatives from a noise law, and the spectrum is without it; give "
            "graph.with_noise(training.noise).spectrum(k)"
        )


@checked_call()
def animation(
    training: Training,
    graph: ViewedPopulation,
    spectrum: ListedEigenpairs,
    *,
    labels: Any = None,
    dims: tuple[int, int] = (0, 1),
    frames: int = 60,
) -> FuncAnimation:
    """Animate training: two columns of f at each step, and how far the span of F = √w_x f is from that of F*.

    On the left each view is a point, and its hollow ring is the projection of F on the span of F*: when f matches F*, every point
    is inside its ring. On the right is the largest principal angle from the span of F to that of F*. Save the animation with
    ``.save("training.gif", writer="pillow")``, or show it in a notebook with ``.to_jshtml()``.

    Parameters
    ----------
    training : Training
        Of ``train(..., keep_path=True)``.
    graph : population
        With a list of N views: what f was trained on.
    spectrum : Spectrum
        F*; at a degenerate cut, up to the next clean one.
    labels : sequence of N labels, or mapping view -> label, optional
        The classes that the points are coloured by; as of `popgraph.plot.graph`.
    dims : (int, int)
        Which columns of f.
    frames : int
        The largest number of steps drawn, evenly spaced.

    Returns
    -------
    matplotlib.animation.FuncAnimation
        With 12 frames a second.

    Raises
    ------
    InvalidArgument
        If the path was not kept or is of other views, or there is no such column.

    See Also
    --------
    training : The history of the loss.
    embedding : One embedding.
    popgraph.train : With keep_path=True.

    Examples
    --------
    >>> import popgraph as pg
    >>> from popgraph.plot import animation
    >>> cloud = pg.zoo.lightning_cloud()
    >>> training = pg.train(cloud, 2, rng=0, keep_path=True)
    >>> moving = animation(training, cloud, cloud.spectrum(2), frames=3)
    >>> moving.to_jshtml().count("data:image/png")
    3
    """
    check_value("training", training, Training)
    graph = read_viewed("plot.animation(training, graph, spectrum)", graph)
    check_spectrum(spectrum, ListedEigenpairs)
    _check_noise(training, spectrum)
    path = training.path
    if path is None:
        raise InvalidArgument("this training kept no path; train with keep_path=True to animate it")
    T, N, d = path.shape
    if graph.N != N or spectrum.eigenvectors.shape[0] != N:
        raise InvalidArgument(
            f"the path has {N} views, the graph {graph.N}, the spectrum {len(spectrum.eigenvectors)}; "
            "all three must be of one graph"
        )
    if d < 2:
        raise InvalidArgument(f"f has {d} column, and dims is {dims}; an animation is drawn in two of the columns of f")
    dims = read_dims(dims, d)
    drawn_steps = np.unique(np.linspace(0, T - 1, min(T, whole_number("frames", frames, 10_000))).round().astype(int))
    root, V = np.sqrt(graph.w_x)[:, np.newaxis], spectrum.eigenvectors
    angles = [float(containment_angles(column_space(root * f).basis, V).max(initial=0.0)) for f in path]
    rings = [(V @ (V.T @ (root * path[t]))) / root for t in drawn_steps]
    shown, note = chosen_views(graph)
    classes, of_view = classes_of_views(graph, labels)
    columns = list(dims)
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.6), layout="constrained")
    all_positions = np.concatenate(
        [path[drawn_steps][:, shown][:, :, columns].reshape(-1, 2), *[ring[shown][:, columns] for ring in rings]]
    )
    centre = (all_positions.max(axis=0) + all_positions.min(axis=0)) / 2
    half_width = 0.62 * np.ptp(all_positions, axis=0).max()
    right.semilogy(training.steps, np.maximum(angles, 1e-17), color=COLOURS[0])
    (marker,) = right.plot([], [], "o", color=INK)
    right.set(xlabel="step", ylabel="largest angle to span $F^*$ (rad)")
    right.spines[["top", "right"]].set_visible(False)

    def draw(frame: int) -> list[Any]:
        t = drawn_steps[frame]
        left.clear()
        for line in (left.axhline, left.axvline):
            line(0, color=FAINT, linewidth=0.8, zorder=0)
        ring = rings[frame][shown][:, columns]
        left.scatter(ring[:, 0], ring[:, 1], s=150, facecolor="none", edgecolor=MUTED, zorder=1)
        at = path[t][shown][:, columns]
        marks = draw_views(left, graph, at, of_view, shown)
        left.set(xlabel=with_index("f", dims[0] + 1), ylabel=with_index("f", dims[1] + 1))
        left.set(xlim=(centre[0] - half_width, centre[0] + half_width))
        left.set(ylim=(centre[1] - half_width, centre[1] + half_width))
        legend, _ = name_classes(left, classes, of_view)
        if marks.thumbnails:
            Placer(left, marks.thumbnails, Places(at, marks.radii, COMPASS), [] if legend is None else [legend])
        left.set_title(f"step {training.steps[t]:,}: loss {training.loss[t]:.4f}{note}", fontsize=11)
        marker.set_data([training.steps[t]], [max(angles[t], 1e-17)])
        return [left, marker]

    return FuncAnimation(figure, draw, frames=len(drawn_steps), interval=1000 / 12, blit=False)
