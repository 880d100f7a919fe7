"""Panels of HTML that `explore` and `play` show: tables of shaded numbers or fractions, bars of eigenvalues, F*, the loss."""

import base64
import html
from collections.abc import Hashable, Sequence
from fractions import Fraction
from io import BytesIO
from math import isqrt
from typing import Any

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from PIL import Image as Pillow

from popgraph.basics.arrays import Floats
from popgraph.basics.html import Bar, html_table, number
from popgraph.basics.protocols import ViewedPopulation
from popgraph.basics.words import printable, shorten
from popgraph.declare import Image
from popgraph.downstream import alpha
from popgraph.errors import PopgraphError
from popgraph.plot.drawing import MAX_ROWS_NUMBERED, WEIGHTS
from popgraph.plot.reading import MAX_VIEWS_DRAWN, class_name
from popgraph.spectrum import Spectrum

SIGNED = LinearSegmentedColormap.from_list("signed", ["#D55E00", "#FFFFFF", "#0072B2"])
MAX_FRACTION_CHARACTERS = 11  # of a fraction in a cell; a longer one is written as a float of four digits
MAX_CLASSES_COUNTED = 8  # in the panel of labels
CURVE_WIDTH, CURVE_HEIGHT = 260, 120  # of the loss by step, in pixels


class Shaded:
    """Draw a number over a background as strong as its share of the largest: blue, or orange below 0."""

    def __init__(self, value: float, largest: float, exact: Fraction | None = None) -> None:
        self.value, self.share = float(value), abs(float(value)) / max(float(largest), 1e-300)
        fraction = "" if exact is None else str(exact)
        self.text = fraction if 0 < len(fraction) <= MAX_FRACTION_CHARACTERS else number(round(self.value, 4) + 0.0)

    def _repr_html_(self) -> str:
        colour = "0,114,178" if self.value >= 0 else "213,94,0"
        background = f"background:rgba({colour},{0.7 * min(self.share, 1.0):.3f})"
        return f"<span style='display:block;padding:0.4em 0.6em;{background}'>{self.text}</span>"


def exact_weights(population: Any, most_views: int) -> Any:
    """Return w (N, N) and w_x (N,) as Fractions of a population that was declared exactly and is small, else None."""
    if not getattr(population, "is_exact", False) or most_views < population.N or not hasattr(population, "exact"):
        return None
    exact = population.exact()
    return exact.w, exact.w_x


def exact_adjacency(w: Any, w_x: Any) -> Any:
    """Return Ā as Fractions, and None for each entry that is no rational number, (N, N)."""
    entries = np.full(w.shape, None, dtype=object)
    for i, j in np.ndindex(*w.shape):
        entries[i, j] = rational_root(w[i, j] ** 2 / (w_x[i] * w_x[j]))
    return entries


def rational_root(square: Fraction) -> Fraction | None:
    """Return the root of a Fraction, where that is one."""
    above, below = isqrt(square.numerator), isqrt(square.denominator)
    root = Fraction(above, below)
    return root if root * root == square else None


def matrix_html(
    title: str, views: Sequence[Hashable], values: Any, exact: Any = None, *, largest: float | None = None
) -> str:
    """Write w or Ā as a shaded table of numbers, or of many views as a picture of one pixel an entry.

    Entries of `exact` that are not None are written as they are. The shades are shares of `largest`, or of the largest entry.
    """
    if len(views) > MAX_VIEWS_DRAWN:
        return f"<strong>{title}</strong><br>{len(views):,} views are too many to draw"
    most = float(values.max()) if largest is None else largest
    if len(views) > MAX_ROWS_NUMBERED:
        return f"<strong>{title}</strong><br>{pixels_html(WEIGHTS(values / max(most, 1e-300)), title)}"
    rows = [
        [x, *(Shaded(value, most, None if exact is None else exact[i, j]) for j, value in enumerate(row))]
        for i, (x, row) in enumerate(zip(views, values, strict=True))
    ]
    return f"<strong>{title}</strong>{html_table(rows, ['', *views])}"


def eigenvectors_html(views: Sequence[Hashable], spectrum: Spectrum) -> str:
    """Write F*, the k leading eigenvectors of Ā: a table of numbers with a column for each, or a picture of one pixel an entry."""
    F, k = spectrum.eigenvectors, spectrum.k
    degenerate = "" if spectrum.gap else "<br>one of many: the cut is degenerate"
    title = f"F*, the eigenvectors of Ā{degenerate}"
    if len(views) > MAX_ROWS_NUMBERED:
        shades = SIGNED(0.5 + 0.5 * F / max(float(np.abs(F).max()), 1e-300))
        return f"<strong>{title}</strong><br>{pixels_html(shades, 'F*', f'{1.2 * k + 0.8:.1f}em')}"
    largest = float(np.abs(F).max())
    rows = [[x, *(Shaded(entry, largest) for entry in row)] for x, row in zip(views, F, strict=True)]
    return f"<strong>{title}</strong>{html_table(rows, ['', *(f'F*_{i + 1}' for i in range(k))])}"


def spectrum_html(spectrum: Spectrum) -> str:
    """Write the known eigenvalues as bars, with a line at the cut after the k-th."""
    known = spectrum.gamma_known[: max(spectrum.k + 4, 10)]
    rows = [[f"γ_{i + 1}", Bar(gamma, number(round(float(gamma), 4) + 0.0))] for i, gamma in enumerate(known)]
    cut = f"the cut at k = {spectrum.k}: {spectrum.gap_in_words if spectrum.gap else 'degenerate'}"
    rows.insert(spectrum.k, ["– – –", cut])
    return f"<strong>γ, the eigenvalues of Ā</strong>{html_table(rows, left=True)}"


def labels_html(population: Any) -> str:
    """Write the classes and how probable each is, and α, how often the best labelling of the views is wrong."""
    title = "<strong>labels, and α</strong><br>"
    labels, p_of_naturals = getattr(population, "labels", None), getattr(population, "p", None)
    if labels is None or p_of_naturals is None or len(labels) != len(p_of_naturals):
        return f"{title}no labels of naturals, and so no α"
    masses: dict[str, float] = {}
    for label, p in zip(labels, p_of_naturals, strict=True):
        name = "unlabelled" if label is None else class_name(label)
        masses[name] = masses.get(name, 0.0) + float(p)
    rows = [[name, Bar(mass, number(round(mass, 4)))] for name, mass in list(masses.items())[:MAX_CLASSES_COUNTED]]
    more = f"and {len(masses) - len(rows):,} more<br>" if len(masses) > len(rows) else ""
    try:
        exact = exact_alpha(population)
        size = round(alpha(population), 6)
        said = f"α = {exact if exact is not None and len(str(exact)) <= MAX_FRACTION_CHARACTERS else number(size)}"
        said += ": how often the best guess of a natural's class from one view is wrong"
    except PopgraphError as refusal:
        said = f"no α: {html.escape(str(refusal))}"
    return f"{title}<div style='max-width:17em;line-height:1.4'>{html_table(rows, left=True)}{more}{said}</div>"


def exact_alpha(population: Any) -> Fraction | None:
    """Return α as a Fraction, of a small population whose p and A were declared exactly; else None."""
    declared: Any = getattr(population, "population", None)
    law, kernel = getattr(declared, "distribution", None), getattr(declared, "exact", None)
    if not getattr(population, "is_exact", False) or law is None or kernel is None:
        return None
    if population.N > MAX_ROWS_NUMBERED or population.n > MAX_ROWS_NUMBERED:
        return None
    A = declared.kernel
    mass: dict[int, dict[Any, Fraction]] = {x: {} for x in range(population.N)}  # of each class, by view
    for i, (label, numerator) in enumerate(zip(population.labels, law.numerators, strict=True)):
        p = Fraction(int(numerator), int(law.denominator))
        for stored in range(int(A.indptr[i]), int(A.indptr[i + 1])):
            at = mass[int(A.indices[stored])]
            at[label] = at.get(label, Fraction(0)) + p * kernel.entry(stored, i)
    return 1 - sum((max(each.values()) for each in mass.values()), Fraction(0))


def loss_html(training: Any, spectrum: Spectrum) -> str:
    """Write the loss at each step as a small curve, with its minimum -Σγ² as a dashed line."""
    minimum = -float(np.sum(np.maximum(spectrum.gamma, 0.0) ** 2))
    curve = svg_curve(np.asarray(training.steps, dtype=float), np.asarray(training.loss, dtype=float), minimum)
    steps = int(training.steps[-1])
    said = f"L(f) = {training.loss[-1]:.6g} after {steps:,} step{'s' * (steps != 1)}; the dashed minimum -Σγ² = {minimum:.6g}"
    return f"<strong>L(f), the loss by step</strong><br>{curve}<div style='max-width:17em;line-height:1.4'>{said}</div>"


def svg_curve(steps: Floats, values: Floats, floor: float) -> str:
    """Draw values over steps, and a dashed line at the least value there can be, as SVG in the colour of the text."""
    low, high = min(floor, float(values.min())), float(values.max())
    tall, wide = max(high - low, 1e-12), max(float(steps[-1]), 1.0)
    x = 6 + (CURVE_WIDTH - 12) * steps / wide
    y = 8 + (CURVE_HEIGHT - 16) * (high - values) / tall
    line = 8 + (CURVE_HEIGHT - 16) * (high - floor) / tall
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    dots = (
        "".join(f"<circle cx='{a:.1f}' cy='{b:.1f}' r='2'/>" for a, b in zip(x, y, strict=True)) if len(x) <= 40 else ""
    )
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{CURVE_WIDTH}' height='{CURVE_HEIGHT}' role='img' "
        f"aria-label='the loss by step'><rect width='{CURVE_WIDTH}' height='{CURVE_HEIGHT}' fill='none' "
        "stroke='currentColor' stroke-opacity='0.3'/>"
        f"<line x1='6' x2='{CURVE_WIDTH - 6}' y1='{line:.1f}' y2='{line:.1f}' stroke='currentColor' stroke-dasharray='4 3'/>"
        f"<polyline points='{points}' fill='none' stroke='#0072B2' stroke-width='2'/>"
        f"<g fill='#0072B2'>{dots}</g></svg>"
    )


def view_html(view: Any, size: str = "9em") -> str:
    """Draw one view large: an image as itself, what draws itself by its own HTML, and any other by its name."""
    if isinstance(view, Image):
        return view._repr_html_().replace("<svg ", f"<svg style='width:{size};height:{size}' ", 1)
    if callable(getattr(view, "_repr_html_", None)):
        return str(view._repr_html_())
    name = printable(view, 60) if isinstance(view, str) else shorten(view)
    return f"<span style='font-size:{'2.2em' if len(name) <= 12 else '1.3em'}'>{html.escape(name)}</span>"


def pixels_html(shades: Any, title: str, width: str = "15em") -> str:
    """Return an image of one pixel an entry, of colours (rows, columns, 4) in 0..1."""
    encoded = base64.b64encode(png((shades * 255).astype(np.uint8))).decode()
    style = f"width:{width};height:15em;image-rendering:pixelated;border:1px solid currentColor"
    return f"<img style='{style}' src='data:image/png;base64,{encoded}' alt='{html.escape(title)}'>"


def png(pixels: Any) -> bytes:
    """Return an array (height, width, 4) as PNG, fast rather than small."""
    file = BytesIO()
    Pillow.fromarray(pixels).save(file, "png", compress_level=1)
    return file.getvalue()


def views_of(population: ViewedPopulation) -> list[Hashable]:
    """List the views of a population that is small enough to be drawn, and none of another."""
    return list(population.views) if population.N <= MAX_VIEWS_DRAWN else [None] * population.N
