"""Pictures of graphs, spectra, embeddings, trainings and matches: a value and an `ax` in, the `Axes` out.

Draws, and solves nothing: what a picture needs beyond its value is an argument. One class has one colour everywhere; the
colours are those of Okabe and Ito, which colour-blind readers tell apart.
"""

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.ticker import MaxNLocator

from popgraph.drawing import (
    COLOURS,
    FAINT,
    INK,
    WARNING,
    WEIGHTS,
    axes_or_new,
    classes_of_views,
    draw_views,
    drawn_as_images,
    name_classes,
    thumbnail,
)
from popgraph.embedding import read_embedding
from popgraph.errors import InvalidArgument, TooLarge

if TYPE_CHECKING:
    from popgraph.graph import PopulationGraph
    from popgraph.spectrum import Spectrum
    from popgraph.training import Training
    from popgraph.verification import Match

__all__ = ["embedding", "graph", "match", "matrix", "spectrum", "training"]

MATRIX_LIMIT = 2000  # views; beyond it a cell is less than a pixel
ANNOTATED, NAMED = 8, 40  # up to so many views: a number in each cell, names along the sides


def matrix(graph: "PopulationGraph", which: Literal["w", "adjacency"] = "adjacency", *, ax: Axes | None = None) -> Axes:
    """Draw w or Ā as a table of shades, with the views along both sides; images are drawn as themselves.

    Up to 8 views each cell holds its number: a fraction for w where the population is exact.

    Parameters
    ----------
    graph : PopulationGraph
        At most 2,000 views.
    which : {"w", "adjacency"}
        Before or after normalisation.
    ax : Axes, optional
        Where to draw; a new figure if not given.

    Raises
    ------
    InvalidArgument
        If `which` is neither.
    TooLarge
        If there are more than 2,000 views.

    Examples
    --------
    >>> import popgraph as pg
    >>> matrix(pg.zoo.lightning_cloud(), "w").get_title()
    'w: how likely two views are a positive pair'
    """
    if which not in ("w", "adjacency"):
        raise InvalidArgument(f'which is {which!r}; it must be "w" or "adjacency"')
    if graph.N > MATRIX_LIMIT:
        raise TooLarge(
            f"a picture of {graph.N:,} x {graph.N:,} weights has cells below a pixel; draw the graph of at most {MATRIX_LIMIT:,} "
            "views, or plot.spectrum"
        )
    ax = axes_or_new(ax)
    values = graph.w if which == "w" else graph.adjacency
    ax.imshow(values, cmap=WEIGHTS, vmin=0.0, vmax=values.max(), interpolation="nearest")
    title = (
        "w: how likely two views are a positive pair"
        if which == "w"
        else "Ā: w, normalised by the views' probabilities"
    )
    ax.set_title(title, fontsize=11)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    if graph.N <= ANNOTATED:
        for (i, j), value in np.ndenumerate(values):
            exact = graph.explain(graph.views[i], graph.views[j]).value if which == "w" else float(value)
            colour = "white" if value > 0.5 * values.max() else INK
            ax.text(j, i, _number(exact), ha="center", va="center", color=colour, fontsize=12 if graph.N <= 5 else 7)
    _name_sides(ax, graph)
    return ax


def _number(value: Fraction | float) -> str:
    """Write a number for a cell: a fraction that fits into it, else three decimals."""
    fits = isinstance(value, Fraction) and len(str(value)) <= 5
    return str(value) if fits else f"{float(value):.3f}".rstrip("0").rstrip(".")


def _name_sides(ax: Axes, graph: "PopulationGraph") -> None:
    """Put the views along both sides of a matrix: as thumbnails, as names, or only counted."""
    places = np.arange(graph.N)
    if graph.N > NAMED:
        ax.set_xlabel(f"{graph.N:,} views")
        return
    ax.xaxis.set_ticks_position("bottom")
    if drawn_as_images(graph):
        ax.set_xticks([])
        ax.set_yticks([])
        zoom = 2.6 * min(1.0, 8 / graph.N)
        for i, view in enumerate(graph.views):
            thumbnail(ax, view, (-0.62, i), zoom, align=(1.0, 0.5))
            thumbnail(ax, view, (i, graph.N - 1 + 0.62), zoom, align=(0.5, 1.0))
        return
    names = [str(view) if isinstance(view, str) else repr(view) for view in graph.views]
    names = [name if len(name) <= 18 else name[:17] + "…" for name in names]
    size = 10 if graph.N <= 12 else 6
    ax.set_yticks(places, names, fontsize=size)
    ax.set_xticks(places, names, fontsize=size, rotation=90 if max(map(len, names)) > 3 else 0)


def graph(graph: "PopulationGraph", *, labels: Any = None, ax: Axes | None = None, rng: int = 0) -> Axes:
    """Draw the views as nodes of area w_x, joined by lines as strong as w_xx'; self-weights are not drawn.

    Parameters
    ----------
    graph : PopulationGraph
        At most 2,000 views.
    labels : (N,) array, optional
        A class for each view, for its colour; the graph's own (`graph.view_labels`), else its components, if not given.
    ax : Axes, optional
        Where to draw; a new figure if not given.
    rng : int
        Seeds networkx' spring layout.

    Raises
    ------
    InvalidArgument
        If there is not one label for each view.
    TooLarge
        If there are more than 2,000 views.

    Examples
    --------
    >>> import popgraph as pg
    >>> ax = graph(pg.zoo.hypercube(2), labels=["a", "a", "b", "b"])
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['a', 'b']
    """
    import networkx as nx

    if graph.N > MATRIX_LIMIT:
        raise TooLarge(f"a drawing of {graph.N:,} nodes shows nothing; draw at most {MATRIX_LIMIT:,} views")
    classes, of_view = classes_of_views(graph, labels)
    ax = axes_or_new(ax)
    w = graph.weight_matrix("csr").tocoo()
    joined = w.row < w.col
    i, j, weight = w.row[joined], w.col[joined], w.data[joined]
    drawn = nx.Graph()
    drawn.add_nodes_from(range(graph.N))
    drawn.add_weighted_edges_from(
        zip(i.tolist(), j.tolist(), (weight / weight.max(initial=1e-300)).tolist(), strict=True)
    )
    place = nx.spring_layout(drawn, seed=rng, iterations=100 if graph.N <= 500 else 30)
    at = np.array([place[v] for v in range(graph.N)])
    strength = weight / weight.max(initial=1e-300)
    alpha = np.clip(
        0.1 + 0.6 * strength, 0.0, 20.0 / max(len(i), 30) + 0.6 * strength
    )  # many faint lines would be a grey blot
    ends = list(np.stack([at[i], at[j]], axis=1))
    if ends:
        ax.add_collection(LineCollection(ends, colors=INK, alpha=alpha, linewidths=0.4 + 2.6 * strength, zorder=1))
    draw_views(ax, graph, at, of_view)
    name_classes(ax, classes)
    ax.set_axis_off()
    ax.margins(0.18)
    many = graph.component_count
    ax.set_title(f"{graph.N:,} views in {many:,} component{'s' * (many > 1)}", fontsize=11)
    return ax


def spectrum(spectrum: "Spectrum", *, ax: Axes | None = None) -> Axes:
    """Draw the known eigenvalues of Ā, with the cut after the k-th marked; a degenerate cut is marked as a warning.

    Parameters
    ----------
    spectrum : Spectrum
        With k of its eigenvalues filled; those known beyond it are hollow.
    ax : Axes, optional
        Where to draw; a new figure if not given.

    Examples
    --------
    >>> import popgraph as pg
    >>> spectrum(pg.zoo.lightning_cloud().spectrum(2)).get_title()
    'γ, the eigenvalues of Ā: gap 1 after k = 2'
    """
    ax = axes_or_new(ax)
    k, known = spectrum.k, spectrum.gamma_known
    index = np.arange(1, len(known) + 1)
    degenerate = spectrum.gap <= spectrum.tolerance
    size = 36 if len(known) <= 60 else 9
    ax.scatter(index[:k], known[:k], s=size, color=COLOURS[0], zorder=3, label=f"the {k} leading")
    ax.scatter(index[k:], known[k:], s=size, facecolor="white", edgecolor=COLOURS[0], zorder=3)
    ax.axvline(k + 0.5, color=WARNING if degenerate else INK, linestyle="--", linewidth=1)
    end = f"γ_{k} = γ_{k + 1}: a degenerate cut at k = {k}" if degenerate else f"gap {spectrum.gap:.3g} after k = {k}"
    ax.set_title(f"γ, the eigenvalues of Ā: {end}", fontsize=11, color=WARNING if degenerate else "black")
    ax.set_xlabel("i")
    ax.set_ylabel("γ_i")
    ax.set_ylim(-0.05, 1.08)
    ax.set_xlim(0.3, len(known) + 0.7)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def embedding(
    graph: "PopulationGraph",
    f: Any,
    *,
    labels: Any = None,
    dims: tuple[int, int] = (0, 1),
    ax: Axes | None = None,
) -> Axes:
    """Draw each view at two coordinates of its embedding f, with area w_x.

    Parameters
    ----------
    graph : PopulationGraph
        N views.
    f : (N, k) array, mapping, callable, Training or Spectrum
        Of a Training its f is drawn, of a Spectrum its `embedding` D^-1/2 F* diag(√γ).
    labels : (N,) array, optional
        A class for each view, for its colour; as in `graph`.
    dims : (int, int)
        Which columns; with one column, it is drawn along a line.
    ax : Axes, optional
        Where to draw; a new figure if not given.

    Raises
    ------
    InvalidEmbedding
        If f is not one finite real vector for each view.
    InvalidArgument
        If there is no such column, or not one label for each view.

    Examples
    --------
    >>> import popgraph as pg
    >>> cube = pg.zoo.hypercube(3)
    >>> embedding(cube, cube.spectrum(4), dims=(1, 2)).get_xlabel()
    'f_2'
    """
    table = read_embedding(graph.views, f)
    columns = dims if table.shape[1] > 1 else (0, 0)
    if not all(0 <= column < table.shape[1] for column in columns):
        raise InvalidArgument(f"dims is {dims}; f has the columns 0..{table.shape[1] - 1}")
    classes, of_view = classes_of_views(graph, labels)
    ax = axes_or_new(ax)
    x = table[:, columns[0]]
    y = table[:, columns[1]] if table.shape[1] > 1 else np.zeros(graph.N)
    for line in (ax.axhline, ax.axvline):
        line(0, color=FAINT, linewidth=0.8, zorder=0)
    draw_views(ax, graph, np.column_stack([x, y]), of_view)
    name_classes(ax, classes)
    ax.set_xlabel(f"f_{columns[0] + 1}")
    if table.shape[1] > 1:
        ax.set_ylabel(f"f_{columns[1] + 1}")
    else:
        ax.set_yticks([])
    ax.margins(0.35 if drawn_as_images(graph) else 0.2)
    which = (
        f"columns {columns[0] + 1}, {columns[1] + 1} of {table.shape[1]}" if table.shape[1] > 1 else "its only column"
    )
    ax.set_title(f"{graph.N:,} views by f: {which}", fontsize=11)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


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
    beside.semilogy(training.steps, np.maximum(training.gradient_norm, 1e-300), color=COLOURS[1], linewidth=1)
    beside.set_ylabel("gradient norm", color=COLOURS[1])
    beside.tick_params(axis="y", colors=COLOURS[1])
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("step")
    ax.set_ylabel("loss L(f)", color=COLOURS[0])
    ax.legend(frameon=False, loc="upper right")
    ax.set_title(f"training: loss {training.loss[-1]:.6g} after {training.steps[-1]:,} steps", fontsize=11)
    for each in (ax, beside):
        each.spines["top"].set_visible(False)
    return ax


def match(match: "Match", *, ax: Axes | None = None) -> Axes:
    """Draw |Q| of F ≈ F* Q, a row for each eigenvector, with the principal angles and what f holds of each.

    F is √w_x f, and Q = F*ᵀF; at a match every eigenvector is held to 100 %.

    Parameters
    ----------
    match : Match
        As of `popgraph.verify`.
    ax : Axes, optional
        Where to draw; a new figure if not given.

    Examples
    --------
    >>> import popgraph as pg
    >>> cloud = pg.zoo.lightning_cloud()
    >>> match(pg.verify(cloud, cloud.spectrum(2).embedding)).get_xlabel()
    'column of f'
    """
    ax = axes_or_new(ax)
    k, d = match.Q.shape
    size = np.abs(match.Q)
    # A column of F, were it one eigenvector, would fill its cell: the scale is the length of a typical column.
    column = float(np.linalg.norm(match.Q)) / np.sqrt(d * max(1.0 - match.relative_residual**2, 1e-12))
    full = max(float(size.max()), column, 1e-300)
    ax.imshow(size, cmap=WEIGHTS, vmin=0.0, vmax=full, interpolation="nearest", aspect="auto")
    if k * d <= ANNOTATED**2:
        for (i, j), value in np.ndenumerate(size):
            colour = "white" if value > 0.5 * full else INK
            ax.text(j, i, f"{value:.2f}", ha="center", va="center", color=colour, fontsize=10)
    named = np.arange(k) if k <= NAMED else np.linspace(0, k - 1, 11).astype(int)
    ax.set_yticks(named, [f"v_{i + 1}  γ = {match.gamma[i]:.3g}" for i in named], fontsize=10 if k <= 12 else 7)
    held = ax.secondary_yaxis("right")
    held.set_yticks(named, [f"{100 * match.captured[i]:.4g}%" for i in named], fontsize=10 if k <= 12 else 7)
    held.set_ylabel("share of v_i in span F")
    for axis in (ax, held):
        axis.tick_params(length=0)
    ax.set_xticks(np.arange(d) if d <= NAMED else [], [str(j + 1) for j in range(d)] if d <= NAMED else [])
    ax.set_xlabel("column of f")
    verdict = "match" if match.matches else "no match"
    at_cut = ", degenerate cut" if match.degenerate else ""
    colour = "black" if match.matches else WARNING
    angles = ", ".join(f"{angle:.1e}" for angle in match.angles[::-1][:4]) + (", ..." if k > 4 else "")
    ax.set_title(f"{verdict}{at_cut}: |Q| in F ≈ F* Q\nangles {angles} rad", fontsize=11, color=colour)
    return ax
