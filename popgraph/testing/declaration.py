"""A population as Python source, which a failing test prints and its reader can paste."""

from fractions import Fraction
from typing import Any

import numpy as np

from popgraph.basics.arguments.classes import list_labels
from popgraph.basics.arguments.keywords import checked_call
from popgraph.errors import TooLarge
from popgraph.populations import PairGraph, PopulationGraph, read_graph

MAX_ENTRIES_WRITTEN = 10_000  # of the kernel; a longer expression is not readable


@checked_call()
def as_python(graph: PopulationGraph) -> str:
    """Return the expression ``popgraph.build(...)`` that declares this population again, by exact fractions where it has them.

    Of a graph of given pairs it is ``popgraph.from_pairs(...)``.

    Parameters
    ----------
    graph : PopulationGraph or PairGraph
        With outcomes whose ``repr`` makes them again.

    Returns
    -------
    str
        Python, to be run after ``import popgraph`` and what its outcomes need.

    Raises
    ------
    TooLarge
        If the kernel, or w where it was given, has more than 10,000 entries.

    See Also
    --------
    popgraph.build : What it writes.
    graphs : Notes it of a test that fails.
    popgraph.save : Write a graph to a file.

    Examples
    --------
    >>> from popgraph.testing import as_python
    >>> import popgraph
    >>> graph = popgraph.build({"a": "1/3", "b": "2/3"}, {"a": {1: 1}, "b": {1: "1/2", 2: "1/2"}}, labels=[0, 1])
    >>> as_python(graph)
    "popgraph.build({'a': '1/3', 'b': '2/3'}, {'a': {1: 1}, 'b': {1: '1/2', 2: '1/2'}}, labels=[0, 1])"
    >>> eval(as_python(graph)).exact().w.tolist() == graph.exact().w.tolist()
    True
    """
    read_graph("as_python(graph)", graph, pairs=True)
    if isinstance(graph, PairGraph):
        return _given_pairs(graph)
    A, population = graph.kernel, graph.population
    if A.nnz > MAX_ENTRIES_WRITTEN:
        raise TooLarge(f"the kernel has {A.nnz:,} entries; up to {MAX_ENTRIES_WRITTEN:,} are written as Python")
    law = population.distribution
    masses = law.fractions if law.exact else dict(law.items())
    p = ", ".join(f"{natural!r}: {_number(mass)}" for natural, mass in masses.items())
    rows = []
    for i, natural in enumerate(graph.naturals):
        entries = []
        for place in range(A.indptr[i], A.indptr[i + 1]):
            value = float(A.data[place]) if population.exact is None else population.exact.entry(place, i)
            entries.append(f"{graph.views[A.indices[place]]!r}: {_number(value)}")
        rows.append(f"{natural!r}: {{{', '.join(entries)}}}")
    labels = "" if graph.labels is None else f", labels={list_labels(graph.labels)!r}"
    normalize = "" if law.exact and population.exact is not None else ", normalize=True"
    return f"popgraph.build({{{p}}}, {{{', '.join(rows)}}}{labels}{normalize}){_known(graph)}"


def _given_pairs(graph: PairGraph) -> str:
    """Write the expression `popgraph.from_pairs(...)` that declares a graph of given pairs again."""
    w, exact, views = graph.pairs, graph.exact_weights, list(graph.views)
    if w.nnz > MAX_ENTRIES_WRITTEN:
        raise TooLarge(f"w has {w.nnz:,} entries; up to {MAX_ENTRIES_WRITTEN:,} are written as Python")
    rows = np.repeat(np.arange(graph.N), np.diff(w.indptr)).tolist()
    entries = []
    for place, (i, j) in enumerate(zip(rows, w.indices.tolist(), strict=True)):
        value = float(w.data[place]) if exact is None else exact.entry(place)
        entries.append(f"({views[i]!r}, {views[j]!r}): {_number(value)}")
    labels = "" if graph.labels is None else f", labels={list_labels(graph.labels)!r}"
    return f"popgraph.from_pairs({{{', '.join(entries)}}}, views={views!r}{labels})"


def _known(graph: PopulationGraph) -> str:
    """Write the call that puts labels into a graph; nothing where there are none."""
    if graph.known is None:
        return ""
    known = {x: y for x, y in zip(graph.naturals, list_labels(graph.known.labels), strict=True) if y is not None}
    q = ", ".join(f"{label!r}: {_number(share)}" for label, share in graph.known.class_weights.items())
    return f".with_labels({known!r}, weight={_number(graph.known.weight)}, class_weights={{{q}}})"


def _number(value: Any) -> str:
    """Write a fraction as Distribution reads it, and a float to its last bit."""
    if isinstance(value, Fraction):
        return str(value) if value.denominator == 1 else f"'{value}'"
    return repr(float(value))
