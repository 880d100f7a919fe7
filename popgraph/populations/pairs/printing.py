"""How a graph of given pairs is written: one screen of text, or an HTML table. Draws nothing and solves nothing."""

from typing import Any

import numpy as np

from popgraph.basics.html import headed, html_table, listed, number
from popgraph.basics.words import count_in_words, printable
from popgraph.populations.printing import MAX_VIEWS_OF_A_PRINTED_MATRIX

MAX_EIGENVALUES_PRINTED = 6


def sizes_in_words(graph: Any) -> str:
    """Write a graph's name and how large it is: "triangle: 3 views, 3 pairs, 1 component"; a pair counts once, in either order."""
    name = f"{printable(graph.name)}: " if graph.name else ""
    pairs = (graph.pairs.nnz + int(np.count_nonzero(graph.pairs.diagonal()))) // 2
    numbers = {"view": graph.N, "pair": pairs, "component": graph.component_count}
    return name + ", ".join(f"{count_in_words(count)} {what}{'s' * (count != 1)}" for what, count in numbers.items())


def graph_text(graph: Any, spectrum: Any) -> str:
    """Write a graph on one screen, with the eigenvalues of a spectrum if one is given."""
    rows = _rows(graph, spectrum)
    width = max(len(what) for what, _ in rows)
    return "\n".join([repr(graph), *(f"  {what:<{width}}  {value}" for what, value in rows)])


def graph_html(graph: Any, spectrum: Any) -> str:
    """Write a graph as an HTML table, with w beneath it where it is small."""
    matrix = ""
    if graph.N <= MAX_VIEWS_OF_A_PRINTED_MATRIX:
        weights = [[x, *(number(graph.explain(x, y).value) for y in graph.views)] for x in graph.views]
        matrix = html_table(weights, ["w", *graph.views])
    return headed(graph.name or "Pairs", html_table(_rows(graph, spectrum), left=True), matrix)


def _rows(graph: Any, spectrum: Any) -> list[tuple[str, str]]:
    """List what there is to say of a graph, as (what, value)."""
    loops = int(np.count_nonzero(graph.pairs.diagonal()))
    rows = [
        ("views", f"{graph.N:,} ({listed(graph.views)})"),
        ("pairs", f"{(graph.pairs.nnz + loops) // 2:,} ({loops:,} of a view with itself), given directly"),
        ("components", f"{graph.component_count:,}"),
        ("weights", "exact" if graph.is_exact else "floats"),
    ]
    if graph.labels is not None:
        known = [label for label in graph.labels.tolist() if label is not None]
        partly = "" if len(known) == graph.N else f" ({len(known):,} of {graph.N:,} views labelled)"
        rows.append(("classes", f"{len(set(known)):,}{partly}"))
    if spectrum is None:
        rows.append(("eigenvalues of Ā", f"1 (x{graph.component_count:,}), then graph.spectrum(k)"))
        return rows
    words = [f"{gamma:.6g}" + (f" (x{count})" if count > 1 else "") for gamma, count in spectrum.multiplicities]
    if len(words) > MAX_EIGENVALUES_PRINTED:
        words = [*words[: MAX_EIGENVALUES_PRINTED - 1], "...", words[-1]]
    rows.append(("eigenvalues of Ā", ", ".join(words)))
    rows.append(("encoders", encoders_in_words(spectrum)))
    return rows


def encoders_in_words(spectrum: Any) -> str:
    """Say what one encoder can reach, and what two can, of all eigenvalues."""
    if spectrum.semidefinite:
        return "one reaches what two do: Ā is positive semidefinite"
    one, two = (float(-each) for each in (spectrum.one_encoder, spectrum.two_encoders))
    return f"one reaches Σ max(γ, 0)² = {one:.6g}, two reach Σ γ² = {two:.6g}: Ā has negative eigenvalues"
