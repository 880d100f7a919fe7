"""How a graph of two kinds of views is written: one screen of text, or an HTML table. Draws nothing and solves nothing."""

from typing import Any

from popgraph.basics.html import headed, html_table, listed, number
from popgraph.basics.words import count_in_words, printable
from popgraph.populations.printing import MAX_VIEWS_OF_A_PRINTED_MATRIX

MAX_VALUES_PRINTED = 6


def sizes_in_words(graph: Any) -> str:
    """Write a graph's name and how large it is: "pets: 2 naturals, 2 x 3 views, 4 pairs, 1 component"."""
    naturals = {} if graph.first is None else {"natural": len(graph.naturals)}
    numbers = {"pair": graph.pairs.nnz, "component": graph.component_count}
    sizes = f"{count_in_words(graph.N_x)} x {count_in_words(graph.N_z)} views"
    parts = [f"{count_in_words(count)} {what}{'s' * (count != 1)}" for what, count in naturals.items()]
    parts += [sizes]
    parts += [f"{count_in_words(count)} {what}{'s' * (count != 1)}" for what, count in numbers.items()]
    return (f"{printable(graph.name)}: " if graph.name else "") + ", ".join(parts)


def graph_text(graph: Any, spectrum: Any) -> str:
    """Write a graph on one screen, with the singular values of a spectrum if one is given."""
    rows = _rows(graph, spectrum)
    width = max(len(what) for what, _ in rows)
    return "\n".join([repr(graph), *(f"  {what:<{width}}  {value}" for what, value in rows)])


def graph_html(graph: Any, spectrum: Any) -> str:
    """Write a graph as an HTML table, with C beneath it where it is small."""
    matrix = ""
    if max(graph.N_x, graph.N_z) <= MAX_VIEWS_OF_A_PRINTED_MATRIX:
        weights = [[x, *(number(graph.explain(x, z).value) for z in graph.views_z)] for x in graph.views_x]
        matrix = html_table(weights, ["C", *graph.views_z])
    return headed(graph.name or "Two kinds of views", html_table(_rows(graph, spectrum), left=True), matrix)


def _rows(graph: Any, spectrum: Any) -> list[tuple[str, str]]:
    """List what there is to say of a graph, as (what, value)."""
    given = "given directly" if graph.first is None else "a view of each of two kernels, for one natural"
    rows = [
        ("views x", f"{graph.N_x:,} ({listed(graph.views_x)})"),
        ("views z", f"{graph.N_z:,} ({listed(graph.views_z)})"),
        ("pairs", f"{graph.pairs.nnz:,} of {graph.N_x * graph.N_z:,}, {given}"),
        ("components", f"{graph.component_count:,}"),
        ("probabilities", "exact" if graph.is_exact else "floats"),
    ]
    if graph.first is not None:
        rows.insert(0, ("naturals", f"{len(graph.naturals):,} ({listed(graph.naturals)})"))
    for what, labels in (("naturals", graph.labels), ("views x", graph.labels_x), ("views z", graph.labels_z)):
        if labels is not None:
            known = [label for label in labels.tolist() if label is not None]
            partly = "" if len(known) == len(labels) else f" ({len(known):,} of {len(labels):,} labelled)"
            rows.append((f"classes of {what}", f"{len(set(known)):,}{partly}"))
    rows.append(("singular values", _values_in_words(graph, spectrum)))
    return rows


def _values_in_words(graph: Any, spectrum: Any) -> str:
    """Write the leading singular values with their multiplicities: 1 (x2), 0.64, 0 (x5)."""
    if spectrum is None:
        return f"1 (x{graph.component_count:,}), then graph.spectrum(k)"
    pairs = spectrum.multiplicities[:MAX_VALUES_PRINTED] or [(1.0, spectrum.components)]
    words = [f"{sigma:.6g}" + (f" (x{count})" if count > 1 else "") for sigma, count in pairs]
    more = len(spectrum.multiplicities) > MAX_VALUES_PRINTED or not spectrum.complete
    return ", ".join(words) + (", ..." if more else "")
