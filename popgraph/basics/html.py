"""How graphs are written: one screen of text, or a small HTML table. Draws nothing and solves nothing."""

import html
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from popgraph.errors import printable, shorten

if TYPE_CHECKING:
    from popgraph.populations.graph import PopulationGraph
    from popgraph.spectrum import Spectrum

MOST_IN_A_CELL = 2000  # characters of a cell that is text
MATRIX_SHOWN = 12  # views up to which a printed graph shows w itself


def number(value: Fraction | float) -> str:
    """Write a fraction as it is, a float with six digits."""
    return str(value) if isinstance(value, Fraction) else f"{value:.6g}"


def bracket(low: float, high: float) -> str:
    """Write what is known of a number as four digits, or as a bracket where they differ.

    Examples
    --------
    >>> bracket(0.1875, 0.1875), bracket(0.18, 0.19)
    ('0.1875', 'between 0.18 and 0.19')
    """
    least, most = f"{low:.4g}", f"{high:.4g}"
    return least if least == most else f"between {least} and {most}"


def short(outcome: object) -> str:
    """Write an outcome in at most 40 characters."""
    return shorten(outcome, 40)


def multiplicities(spectrum: "Spectrum", most: int = 6) -> str:
    """Write the leading eigenvalues with their multiplicities: 1 (x2), 0.64, 0 (x5)."""
    pairs = spectrum.multiplicities[:most] or [
        (1.0, spectrum.components)
    ]  # more components than eigenvalues were sought
    known = [f"{gamma:.6g}" + (f" (x{count})" if count > 1 else "") for gamma, count in pairs]
    return ", ".join(known) + (", ..." if len(spectrum.multiplicities) > most or not spectrum.complete else "")


def graph_rows(graph: "PopulationGraph", spectrum: "Spectrum | None") -> list[tuple[str, str]]:
    """List what there is to say of a graph, as (what, value)."""
    rows = [
        ("naturals", f"{graph.n:,} ({listed(graph.naturals)})"),
        ("views", f"{graph.N:,} ({listed(graph.views)})"),
        ("views a natural", f"{graph.kernel.nnz / graph.n:,.3g} on average ({graph.kernel.nnz:,} entries of A)"),
        ("components", f"{graph.component_count:,}"),
        ("probabilities", "exact" if graph.is_exact else "floats"),
    ]
    if graph.grid is not None:
        rows.append(("structure", str(graph.grid)))
    if graph.labels is not None:
        known = [label for label in graph.labels.tolist() if label is not None]
        partly = "" if len(known) == graph.n else f" ({len(known):,} of {graph.n:,} naturals labelled)"
        rows.append(("classes", f"{len(set(known)):,}{partly}"))
    if spectrum is not None:
        rows.append(("eigenvalues of Ā", multiplicities(spectrum)))
    else:
        rows.append(("eigenvalues of Ā", f"1 (x{graph.component_count:,}), then graph.spectrum(k)"))
    return rows


def listed(items: Sequence[Any], most: int = 3) -> str:
    """Write the first few items."""
    return ", ".join(shorten(item, 24) for item in items[:most]) + (", ..." if len(items) > most else "")


def graph_text(graph: "PopulationGraph", spectrum: "Spectrum | None") -> str:
    """Write a graph on one screen."""
    rows = graph_rows(graph, spectrum)
    width = max(len(what) for what, _ in rows)
    return "\n".join([repr(graph), *(f"  {what:<{width}}  {value}" for what, value in rows)])


def html_table(rows: Iterable[Sequence[Any]], head: Sequence[Any] = (), *, left: bool = False) -> str:
    """Write an HTML table without a colour of its own, for light and dark themes; what draws itself is drawn.

    Cells that are strings are text, escaped; `left` aligns them all.
    """
    style = " style='text-align:left'" if left else ""
    top = "".join(f"<th{style}>{_cell(cell)}</th>" for cell in head)
    body = "".join(f"<tr>{''.join(f'<td{style}>{_cell(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table>{f'<tr>{top}</tr>' if top else ''}{body}</table>"


def _cell(cell: Any) -> str:
    """Write one cell of a table."""
    if hasattr(cell, "_repr_html_"):
        return str(cell._repr_html_())
    return html.escape(printable(cell, MOST_IN_A_CELL) if isinstance(cell, str) else shorten(cell, 24))


class Bar:
    """Draw a share, from 0 to 1, as a bar in the colour of the text, beside what is written of it."""

    def __init__(self, share: float, text: str) -> None:
        self.share, self.text = min(max(share, 0.0), 1.0), text

    def _repr_html_(self) -> str:
        fill = f"width:{6 * self.share:.3f}em;height:0.7em;background:currentColor;opacity:0.5"
        bar = f"<span style='display:inline-block;{fill}'></span>"
        return f"<span style='display:inline-block;width:6.5em'>{bar}</span>{html.escape(self.text)}"


def headed(title: str, *parts: str) -> str:
    """Write a title, plain text, over parts that are HTML."""
    return f"<div><strong>{html.escape(printable(title))}</strong>{''.join(parts)}</div>"


def graph_html(graph: "PopulationGraph", spectrum: "Spectrum | None") -> str:
    """Write a graph as an HTML table, with w beneath it where it is small."""
    matrix = weights_html(graph) if graph.N <= MATRIX_SHOWN else ""
    return headed(graph.name or "Population graph", html_table(graph_rows(graph, spectrum), left=True), matrix)


def weights_html(graph: "PopulationGraph") -> str:
    """Write w as an HTML table, in fractions where it is exact, with the views' own drawings along the sides."""
    rows = [[x, *(number(graph.explain(x, y).value) for y in graph.views)] for x in graph.views]
    return html_table(rows, ["w", *graph.views])
