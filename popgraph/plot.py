"""Pictures of graphs, spectra, embeddings, trainings and matches: a value and an `ax` in, the `Axes` out.

Draws, and solves nothing: what a picture needs beyond its value is an argument. One class has one colour everywhere; the
colours are those of Okabe and Ito, which colour-blind readers tell apart.
"""

from fractions import Fraction
from textwrap import fill
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.ticker import MaxNLocator

from popgraph.arrays import Floats
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
    from popgraph.match import Match
    from popgraph.spectrum import Spectrum
    from popgraph.training import Training

__all__ = ["embedding", "graph", "match", "matrix", "spectrum", "training"]

MATRIX_LIMIT = 2000  # views; beyond it a cell is less than a pixel
ANNOTATED, NAMED = 8, 40  # up to so many views: a number in each cell, names along the sides
MUTED = "#777777"  # what is beside the point, and no class's colour


def matrix(
    graph: "PopulationGraph",
    which: Literal["w", "adjacency"] = "adjacency",
    *,
    ax: Axes | None = None,
    annotate: bool | None = None,
    colorbar: bool | None = None,
) -> Axes:
    """Draw w or Ā as a table of shades, with the views along both sides; images are drawn as themselves.

    Parameters
    ----------
    graph : PopulationGraph
        At most 2,000 views.
    which : {"w", "adjacency"}
        Before or after normalisation.
    ax : Axes, optional
        Where to draw; a new figure if not given.
    annotate : bool, optional
        Whether each cell holds its number, for w a fraction where it is exact and fits; by default up to 8 views.
    colorbar : bool, optional
        Whether a scale of the shades stands beside it; by default where the cells hold no numbers.

    Raises
    ------
    InvalidArgument
        If `which` is neither, or if numbers are asked for with more than 40 views.
    TooLarge
        If there are more than 2,000 views.

    Examples
    --------
    >>> import popgraph as pg
    >>> matrix(pg.zoo.lightning_cloud(), "w").get_title()
    'w: probability of a positive pair'
    """
    if which not in ("w", "adjacency"):
        raise InvalidArgument(f'which is {which!r}; it must be "w" or "adjacency"')
    if graph.N > MATRIX_LIMIT:
        raise TooLarge(
            f"a picture of {graph.N:,} x {graph.N:,} weights has cells below a pixel; draw the graph of at most {MATRIX_LIMIT:,} "
            "views, or plot.spectrum"
        )
    numbered = graph.N <= ANNOTATED if annotate is None else annotate
    if numbered and graph.N > NAMED:
        raise InvalidArgument(f"annotate=True is for {NAMED} views or fewer; this graph has {graph.N:,}")
    ax = axes_or_new(ax)
    values = graph.w if which == "w" else graph.adjacency
    shades = ax.imshow(values, cmap=WEIGHTS, vmin=0.0, vmax=values.max(), interpolation="nearest")
    ax.set_title("w: probability of a positive pair" if which == "w" else "Ā: normalised adjacency", fontsize=11)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    if numbered:
        size = 12 if graph.N <= 5 else 56 / max(graph.N, ANNOTATED)
        for (i, j), value in np.ndenumerate(values):
            exact = graph.explain(graph.views[i], graph.views[j]).value if which == "w" else float(value)
            colour = "white" if value > 0.5 * values.max() else INK
            text = _number(exact, 8 if graph.N <= 5 else 5)
            ax.text(j, i, text, ha="center", va="center", color=colour, fontsize=size)
    if not numbered if colorbar is None else colorbar:
        ax.figure.colorbar(shades, ax=ax, shrink=0.8)
    _name_sides(ax, graph)
    return ax


def _number(value: Fraction | float, width: int) -> str:
    """Write a number for a cell: a fraction of at most `width` characters, else three digits."""
    fits = isinstance(value, Fraction) and len(str(value)) <= width
    return str(value) if fits else f"{float(value):.3g}"  # not .3f: a small weight is not 0


def _name_sides(ax: Axes, graph: "PopulationGraph") -> None:
    """Put the views along both sides of a matrix: as thumbnails, as names, or only counted."""
    places = np.arange(graph.N)
    if graph.N > NAMED:
        ax.set_xlabel(f"{graph.N:,} views")
        return
    ax.xaxis.set_ticks_position("bottom")
    if drawn_as_images(graph):
        ax.set(xticks=[], yticks=[])
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
    strength = weight / weight.max(initial=1e-300)
    drawn = nx.Graph()
    drawn.add_nodes_from(range(graph.N))
    drawn.add_weighted_edges_from(zip(i.tolist(), j.tolist(), strength.tolist(), strict=True))
    place = nx.spring_layout(drawn, seed=rng, iterations=100 if graph.N <= 500 else 30)
    at = np.array([place[v] for v in range(graph.N)])
    faint = 20.0 / max(len(i), 30)  # many faint lines would be a grey blot
    alpha = np.clip(0.1 + 0.6 * strength, 0.0, faint + 0.6 * strength)
    width = 0.4 + 2.6 * strength * min(1.0, (60 / max(len(i), 1)) ** 0.5)
    ends = list(np.stack([at[i], at[j]], axis=1))
    if ends:
        ax.add_collection(LineCollection(ends, colors=INK, alpha=alpha, linewidths=width, zorder=1))
    draw_views(ax, graph, at, of_view)
    ax.set_axis_off()
    ax.margins(0.18)
    _name_classes_aside(ax, graph, at, classes)
    many = graph.component_count
    ax.set_title(f"{graph.N:,} views in {many:,} component{'s' * (many > 1)}", fontsize=11)
    return ax


def _name_classes_aside(ax: Axes, graph: "PopulationGraph", at: Floats, classes: list[str]) -> None:
    """Name the classes where no view is: matplotlib's own search for such a place sees points, but no thumbnails."""
    name_classes(ax, classes)
    legend = ax.get_legend()
    if legend is None or not drawn_as_images(graph):
        return
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    share = (at - [left, low]) / [right - left, high - low]
    corners = np.array([[1, 1], [0, 1], [0, 0], [1, 0]])  # matplotlib's places 1 to 4
    room = np.linalg.norm(share[:, np.newaxis] - corners, axis=2).min(axis=0)
    legend.set_loc(1 + int(room.argmax()))


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
    ax.scatter(index[:k], known[:k], s=size, color=COLOURS[0], zorder=3)
    ax.scatter(index[k:], known[k:], s=size, facecolor="white", edgecolor=COLOURS[0], zorder=3)
    ax.axvline(k + 0.5, color=WARNING if degenerate else INK, linestyle="--", linewidth=1)
    end = f": gap {spectrum.gap:.3g} after k = {k}"
    if degenerate:
        end = f"\nγ_{k} = γ_{k + 1}: a degenerate cut at k = {k}"
    ax.set_title(f"γ, the eigenvalues of Ā{end}", fontsize=11, color=WARNING if degenerate else "black")
    ax.set(xlabel="i", ylabel="γ_i", xlim=(0.3, len(known) + 0.7), ylim=(-0.05, 1.08))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def embedding(
    graph: "PopulationGraph", f: Any, *, labels: Any = None, dims: tuple[int, int] = (0, 1), ax: Axes | None = None
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
    d = table.shape[1]
    columns = dims if d > 1 else (0, 0)
    if not isinstance(dims, tuple | list) or len(dims) != 2 or not all(column in range(d) for column in columns):
        raise InvalidArgument(f"dims is {dims}; it must be two of the columns 0..{d - 1} of f")
    classes, of_view = classes_of_views(graph, labels)
    ax = axes_or_new(ax)
    at = np.column_stack([table[:, columns[0]], table[:, columns[1]] if d > 1 else np.zeros(graph.N)])
    for line in (ax.axhline, ax.axvline):
        line(0, color=FAINT, linewidth=0.8, zorder=0)
    draw_views(ax, graph, at, of_view)
    ax.set(xlabel=f"f_{columns[0] + 1}", ylabel=f"f_{columns[1] + 1}" if d > 1 else "")
    if d == 1:
        ax.set_yticks([])
    ax.margins(0.35 if drawn_as_images(graph) else 0.2)
    _name_classes_aside(ax, graph, at, classes)
    which = f"columns {columns[0] + 1}, {columns[1] + 1} of {d}" if d > 1 else "its only column"
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


def match(match: "Match", *, ax: Axes | None = None) -> Axes:
    """Draw |Q| of F ≈ F* Q, a row for each eigenvector, with the principal angles and what f holds of each.

    F is √w_x f, and Q = F*ᵀF; at a match every eigenvector is held to 100 %, but for those with γ_i = γ_k at a degenerate cut:
    which of them stand for the repeated γ is arbitrary, and so is f's share of each.

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
    'column of f;  shade: |Q| in F ≈ F* Q'
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
    arbitrary = match.degenerate or match.gamma[-1] == 0
    held.set_ylabel("share of v_i in span F" + "\narbitrary where γ_i = γ_k" * bool(arbitrary))
    for axis in (ax, held):
        axis.tick_params(length=0)
    ax.set_xticks(np.arange(d) if d <= NAMED else [], [str(j + 1) for j in range(d)] if d <= NAMED else [])
    ax.set_xlabel("column of f;  shade: |Q| in F ≈ F* Q")
    verdict = "match" if match.matches else "no match, though f is optimal" if match.optimal else "no match"
    at_cut = ", degenerate cut" if match.degenerate and "degenerate" not in match.status.value else ""
    angles = ", ".join(f"{angle:.1e}" for angle in match.angles[::-1][:4]) + (", ..." if match.k > 4 else "")
    title = fill(f"{verdict}{at_cut}: {match.status.value}", 44)
    colour = "black" if match.matches else WARNING
    ax.set_title(f"{title}\nangles {angles} rad", fontsize=11, color=colour)
    return ax
