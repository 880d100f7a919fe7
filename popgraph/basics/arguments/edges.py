"""Weighted edges of an undirected graph, in the forms that graph libraries and tables give them.

| taken | read as |
|---|---|
| mapping (x, x') -> weight | the probability of each pair; (x, x) has all of its weight, (x, x') half in each direction |
| networkx Graph or MultiGraph | its adjacency: the attribute "weight", 1 where an edge has none; parallel edges add up |
| iterable or (E, 3) array of (x, x', weight), as `G.edges(data="weight")`; table | entries of an adjacency, likewise |

In an adjacency, as in `networkx.adjacency_matrix`, an edge stands twice and a self-loop once.

| refused | because |
|---|---|
| directed graph | w is symmetric, and its directions would be lost; `G.to_undirected()` |
| node without an edge of positive weight | it is in no positive pair, and would leave the graph |
| weight that is None, or no number 0 or more | it is no weight |
"""

from collections.abc import Hashable, Iterable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from popgraph.basics.arguments.containers import index_of, is_frame, is_graph, is_law
from popgraph.basics.arguments.kernels import is_mapping
from popgraph.basics.arguments.outcomes import list_finite, read_outcome
from popgraph.basics.arguments.probabilities import parse_probability
from popgraph.basics.arguments.tables import as_array, can, is_sparse, is_tensor
from popgraph.basics.words import did_you_mean, listing, shorten
from popgraph.errors import InvalidArgument, InvalidDistribution

HALF = Fraction(1, 2)


def read_edges(weights: Any) -> tuple[Any, list[Any] | None]:
    """Return what `Distribution` reads as the probabilities of pairs; and the nodes in a graph's order, None without a graph."""
    if is_graph(weights):
        return _of_graph(weights)
    if is_law(weights):
        raise InvalidArgument(
            f"weights is {shorten(weights)}, a {type(weights).__name__}; give a mapping (x, x') -> weight, an edge a pair (x, x')"
        )
    if (
        not isinstance(weights, Mapping) and not is_frame(weights) and is_mapping(weights)
    ):  # a Series of weights by edge
        return list(zip(index_of(weights) or (), weights, strict=True)), None
    if isinstance(weights, Mapping):
        if weights and all(isinstance(each, Mapping) for each in weights.values()):  # networkx' view of edges
            return _added((*edge[:2], attributes.get("weight", 1)) for edge, attributes in weights.items()), None
        return weights, None
    if is_frame(weights):
        return _added(_of_table(weights)), None
    if is_sparse(weights):
        raise InvalidArgument(
            f"weights is a sparse matrix of shape {weights.shape}; give networkx.from_scipy_sparse_array(weights), or its edges"
        )
    if isinstance(weights, np.ndarray) or is_tensor(weights):
        array = as_array("weights", weights)
        if array.ndim != 2 or array.shape[1] != 3:
            raise InvalidArgument(f"weights has shape {array.shape}; edges have three columns: two ends and a weight")
        return _added(array.tolist()), None
    listed = list_finite(weights, "the edges")
    if listed and all(isinstance(each, tuple | list) and len(each) == 3 for each in listed):
        return _added(listed), None
    return listed, None


def _of_graph(graph: Any) -> tuple[dict[Any, Any], list[Any]]:
    """Return the weights of a networkx graph's edges, and its nodes."""
    if graph.is_directed():
        raise InvalidArgument(f"weights is {shorten(str(graph))}, whose edges are directed; give G.to_undirected()")
    nodes = [read_outcome(node, f"node {i}") for i, node in enumerate(graph.nodes)]
    weights = _added(graph.edges(data="weight", default=1))
    joined = {end for pair, weight in weights.items() if weight for end in pair}
    alone = [shorten(node) for node in nodes if node not in joined]
    if alone:
        raise InvalidArgument(
            f"weights has nodes without an edge of positive weight, {len(alone)} of {len(nodes)}: {listing(alone)}; a view is an "
            "end of an edge: remove them, or give each a self-loop"
        )
    return weights, nodes


def _of_table(table: Any) -> Iterable[tuple[Any, ...]]:
    """Yield the edges of a table."""
    places = edge_columns("weights", table)
    for row in list_finite(table, "the edges"):
        edge = tuple(row[place] for place in places)
        yield edge if len(edge) == 3 else (*edge, 1)


def node_attribute(graph: Any, name: str) -> dict[Any, Any]:
    """Return node -> the value of an attribute of a networkx graph's nodes, None where a node lacks it."""
    if not any(name in attributes for _, attributes in graph.nodes(data=True)):
        known = sorted({str(each) for _, attributes in graph.nodes(data=True) for each in attributes})
        raise InvalidArgument(
            f"labels is {name!r}, an attribute that no node of the graph has{did_you_mean([name], known)}; give one that nodes "
            "have, or a mapping"
        )
    return dict(graph.nodes(data=name))


def edge_columns(name: str, table: Any) -> list[int]:
    """Return where a table has its columns source, target and perhaps weight, or else its only two or three."""
    columns = [str(each) for each in (table.column_names if can(table, "column_names") else table.columns)]
    ends = ["source", "target"]
    named = set(ends) <= set(columns)
    if not named and len(columns) not in (2, 3):
        raise InvalidArgument(
            f"{name} is a table with the columns {listing([shorten(each) for each in columns])}; give source, target and weight"
        )
    wanted = [*ends, *(["weight"] if "weight" in columns else [])] if named else columns
    return [columns.index(each) for each in wanted]


def _added(edges: Iterable[Any]) -> dict[tuple[Hashable, Hashable], Fraction | float]:
    """Add up the weights of equal edges, whichever way round they are written; a self-loop counts once, an edge twice."""
    total: dict[tuple[Hashable, Hashable], Fraction | float] = {}
    for i, (x, other, given) in enumerate(edges):
        ends = read_outcome(x, f"the first end of edge {i}"), read_outcome(other, f"the second end of edge {i}")
        given = given.get("weight", 1) if isinstance(given, Mapping) else given
        try:
            weight = parse_probability(given, ends)
        except InvalidDistribution:
            raise InvalidDistribution(
                f"the weight of the edge {shorten(ends)} is {shorten(given)}; weights are numbers, 0 or more"
            ) from None
        pair = ends[::-1] if ends[::-1] in total else ends
        total[pair] = total.get(pair, 0) + (weight * HALF if ends[0] == ends[1] else weight)
    return total
