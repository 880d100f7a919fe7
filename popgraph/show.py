"""How graphs are written: one screen of text, or a small HTML table. Draws nothing and solves nothing."""

import html
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from popgraph.errors import shorten

if TYPE_CHECKING:
    from popgraph.graph import PopulationGraph
    from popgraph.spectrum import Spectrum

MATRIX_SHOWN = 12  # views up to which a printed graph shows w itself


def number(value: Fraction | float) -> str:
    """Write a fraction as it is, a float with six digits."""
    return str(value) if isinstance(value, Fraction) else f"{value:.6g}"


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
    if graph.labels is not None:
        rows.append(("classes", f"{len(set(graph.labels.tolist())):,}"))
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


def graph_html(graph: "PopulationGraph", spectrum: "Spectrum | None") -> str:
    """Write a graph as an HTML table, with w beneath it where it is small."""
    cells = "".join(
        f"<tr><th style='text-align:left'>{what}</th><td style='text-align:left'>{html.escape(value)}</td></tr>"
        for what, value in graph_rows(graph, spectrum)
    )
    matrix = weights_html(graph) if graph.N <= MATRIX_SHOWN else ""
    return f"<div><strong>{html.escape(graph.name or 'Population graph')}</strong><table>{cells}</table>{matrix}</div>"


def weights_html(graph: "PopulationGraph") -> str:
    """Write w as an HTML table, in fractions where it is exact, with the views' own drawings along the top."""
    drawn = [
        view._repr_html_() if hasattr(view, "_repr_html_") else html.escape(shorten(view, 24)) for view in graph.views
    ]
    head = "".join(f"<th>{view}</th>" for view in drawn)
    rows = "".join(
        f"<tr><th>{drawn[i]}</th>{''.join(f'<td>{number(graph.explain(x, y).value)}</td>' for y in graph.views)}</tr>"
        for i, x in enumerate(graph.views)
    )
    return f"<table><tr><th>w</th>{head}</tr>{rows}</table>"
