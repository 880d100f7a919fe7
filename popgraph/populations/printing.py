"""How a listed graph is written: one screen of text, or an HTML table. Draws nothing and solves nothing."""

from collections.abc import Hashable
from typing import Any, Protocol

from popgraph.basics.html import headed, html_table, listed, number
from popgraph.basics.protocols import LabelledPopulation, Population
from popgraph.basics.words import count_in_words, printable
from popgraph.spectrum import Spectrum

MAX_VIEWS_OF_A_PRINTED_MATRIX = 12  # up to so many views, a graph in a notebook shows w itself


class ListedGraph(LabelledPopulation, Protocol):
    """What is printed of a `PopulationGraph`, which itself imports this file."""

    @property
    def is_exact(self) -> bool: ...  # noqa: D102
    @property
    def grid(self) -> Any: ...  # noqa: D102
    @property
    def known(self) -> Any: ...  # noqa: D102
    def explain(self, x: Hashable, x_plus: Hashable) -> Any: ...  # noqa: D102


def sizes_in_words(population: Population, kind: str = "") -> str:
    """Write a population's name, what kind it is of and how large it is: "pets: 12 naturals, 6 views, 1 component"."""
    name = f"{printable(population.name)}: " if population.name else ""
    numbers = {"natural": population.n, "view": population.N, "component": population.component_count}
    return (
        name
        + kind
        + ", ".join(f"{count_in_words(count)} {what}{'s' * (count != 1)}" for what, count in numbers.items())
    )


def graph_text(graph: ListedGraph, spectrum: Spectrum | None) -> str:
    """Write a graph on one screen, with the eigenvalues of a spectrum if one is given."""
    rows = _graph_rows(graph, spectrum)
    width = max(len(what) for what, _ in rows)
    return "\n".join([repr(graph), *(f"  {what:<{width}}  {value}" for what, value in rows)])


def graph_html(graph: ListedGraph, spectrum: Spectrum | None) -> str:
    """Write a graph as an HTML table, with w beneath it where it is small."""
    matrix = _weights_html(graph) if graph.N <= MAX_VIEWS_OF_A_PRINTED_MATRIX else ""
    return headed(graph.name or "Population graph", html_table(_graph_rows(graph, spectrum), left=True), matrix)


def _graph_rows(graph: ListedGraph, spectrum: Spectrum | None) -> list[tuple[str, str]]:
    """List what there is to say of a graph, as (what, value)."""
    rows = [
        ("naturals", f"{graph.n:,} ({listed(graph.naturals)})"),
        ("views", f"{graph.N:,} ({listed(graph.views)})"),
        ("views a natural", f"{graph.kernel.nnz / graph.n:,.3g} on average ({graph.kernel.nnz:,} entries of A)"),
        ("components", f"{graph.component_count:,}"),
        ("probabilities", "exact" if graph.is_exact else "floats"),
    ]
    if graph.known is not None:
        rows.append(("labels in the pairs", graph.known.in_words))
    if graph.grid is not None:
        rows.append(("structure", str(graph.grid)))
    if graph.labels is not None:
        known = [label for label in graph.labels.tolist() if label is not None]
        partly = "" if len(known) == graph.n else f" ({len(known):,} of {graph.n:,} naturals labelled)"
        rows.append(("classes", f"{len(set(known)):,}{partly}"))
    if spectrum is not None:
        rows.append(("eigenvalues of Ā", _eigenvalues_in_words(spectrum)))
    else:
        rows.append(("eigenvalues of Ā", f"1 (x{graph.component_count:,}), then graph.spectrum(k)"))
    return rows


def _eigenvalues_in_words(spectrum: Spectrum, most: int = 6) -> str:
    """Write the leading eigenvalues with their multiplicities: 1 (x2), 0.64, 0 (x5)."""
    # With more components than eigenvalues that were sought, no multiplicity is known but that of 1.
    pairs = spectrum.multiplicities[:most] or [(1.0, spectrum.components)]
    words = [f"{gamma:.6g}" + (f" (x{count})" if count > 1 else "") for gamma, count in pairs]
    return ", ".join(words) + (", ..." if len(spectrum.multiplicities) > most or not spectrum.complete else "")


def _weights_html(graph: ListedGraph) -> str:
    """Write w as an HTML table, in fractions where it is exact, with the views' own drawings along the sides."""
    rows = [[x, *(number(graph.explain(x, y).value) for y in graph.views)] for x in graph.views]
    return html_table(rows, ["w", *graph.views])
