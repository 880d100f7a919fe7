"""Graphs given by their edges: each edge is a natural and its two ends are the views; the dumbbell is one."""

from collections.abc import Hashable, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any, cast

from popgraph.basics.arguments import count, flag
from popgraph.basics.arguments.classes import list_labels
from popgraph.basics.arguments.containers import is_graph, positions_by_name, refuse_other_names
from popgraph.basics.arguments.edges import node_attribute, read_edges
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.labels import named_labels
from popgraph.basics.words import shorten
from popgraph.declare import Augmentation, Distribution
from popgraph.errors import InvalidArgument, TooLarge
from popgraph.populations import PopulationGraph, build

MAX_VIEWS_OF_BELL = 400  # whose edges grow with the square


@checked_call()
def edges(
    weights: Any,
    *,
    labels: Any = None,
    normalize: bool = False,
    name: str = "edges",
) -> PopulationGraph:
    """Make a population of any weighted graph: its edges are the naturals, and a view is one of an edge's two ends.

    A symmetric matrix W of pair probabilities may have negative eigenvalues, and is then no w of an augmentation [THEORY 2.2].
    This population has w = (D + W)/2 with D the row sums of W, so that w_x = D. Ā has the eigenvectors of D^-1/2 W D^-1/2, and of
    its eigenvalues μ the values γ = (1 + μ)/2. Conductances are half those of W. `popgraph.from_pairs` takes W itself as w, with
    its μ: a graph of given pairs, without naturals.

    Parameters
    ----------
    weights : mapping (x, x') -> weight, networkx graph, iterable of (x, x', weight), or table source, target, weight
        Each a float, Fraction, Decimal, str or int. In a mapping, (x, x') and (x', x) are different naturals with the same views,
        and W_xx' is half the sum of both; (x, x) is a self-loop. A networkx graph, edges as ``G.edges(data="weight")`` and tables
        (pandas, polars, pyarrow) give W as ``networkx.adjacency_matrix`` does, where a self-loop counts once and an edge twice;
        views keep the order of the graph's nodes.
    labels : mapping or Series x -> label, or the name of an attribute of a networkx graph's nodes, optional
        Of views, None where unlabelled; the label of an edge is that of its first end. An end that is the first of no edge needs
        no label.
    normalize : bool
        Divide the weights by their sum, rather than refuse a sum that is not 1.
    name : str
        The name by which the graph prints.

    Returns
    -------
    PopulationGraph
        A view for each node that has an edge.

    Raises
    ------
    InvalidArgument
        If a key is no pair, labels lack a first end or name a view that is no end, or a networkx graph is directed or has a
        node without an edge.
    InvalidDistribution
        If the weights are no distribution.

    See Also
    --------
    dumbbell : Two cliques and a path.
    popgraph.from_pairs : Take the weights themselves as w.

    References
    ----------
    The lazy random walk of Levin, Peres and Wilmer, Markov chains and mixing times.

    Examples
    --------
    A triangle has μ = 1, -1/2, -1/2.

    >>> import popgraph as pg
    >>> pg.zoo.edges({("a", "b"): 1, ("b", "c"): 1, ("c", "a"): 1}, normalize=True).spectrum(3).gamma
    array([1.  , 0.25, 0.25])

    A networkx graph is read as it is.

    >>> import networkx as nx
    >>> karate = pg.zoo.edges(nx.karate_club_graph(), labels="club", normalize=True)
    >>> karate.N, karate.view_labels[:2].tolist()
    (34, ['Mr. Hi', 'Mr. Hi'])
    """
    flag("normalize", normalize)
    pairs, nodes = read_edges(weights)
    law = pairs if isinstance(pairs, Distribution) else Distribution(pairs, normalize=normalize)
    if isinstance(labels, str) and is_graph(weights):
        labels = node_attribute(weights, labels)
    for pair in law:
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise InvalidArgument(f"weights has the key {shorten(pair)}; an edge is a pair (x, x')")
    edge_labels = None if labels is None else _labels_of_edges(labels, cast(Any, law.outcomes))

    def end(pair: tuple[Hashable, Hashable]) -> Distribution:
        return Distribution({pair[0]: 1}) if pair[0] == pair[1] else Distribution(dict.fromkeys(pair, Fraction(1, 2)))

    return build(law, Augmentation(end, "one end", trusted=True), labels=edge_labels, views=nodes, name=name)


def _labels_of_edges(labels: Any, pairs: Sequence[tuple[Any, Any]]) -> list[Any]:
    """Return the label of each edge's first end, from labels that name their views."""
    need = "give a mapping view -> label with the first end of every edge"
    given = named_labels(labels, "labels", need, len(pairs))
    if given.names is None:
        raise InvalidArgument(f"labels is {shorten(labels)}; {need}")
    table = dict(zip(given.names, list_labels(given.values), strict=True))
    missing = [x for x, _ in pairs if x not in table]
    if missing:
        raise InvalidArgument(f"labels has no label for {shorten(missing[0])}, the first end of an edge")
    ends = [x for x in dict.fromkeys(x for pair in pairs for x in pair) if x in table]
    if positions_by_name("labels", given.names, ends, "end") is None:
        refuse_other_names("labels", given.names, ends, "end")
    return [table[x] for x, _ in pairs]


@checked_call()
def dumbbell(size: int = 5, bridge: int = 1) -> PopulationGraph:
    """Join two cliques by a path, with equally likely edges: a graph with one sparse cut, on which random walks mix slowly.

    Views are ("left", i), ("bridge", i) and ("right", i). The label is the clique that is nearest to an edge's first end, the left
    one for the middle of the path.

    Parameters
    ----------
    size : int
        Views of each clique, 2 to 400.
    bridge : int
        Edges of the path between the cliques, 1 to 400.

    Returns
    -------
    PopulationGraph
        2 · size + bridge - 1 views, labelled by the nearer clique.

    Raises
    ------
    InvalidArgument
        If size is below 2 or bridge below 1.
    TooLarge
        If one of them is above 400.

    See Also
    --------
    edges : Any weighted graph.
    ring : Without a sparse cut.

    References
    ----------
    Aldous and Fill, Reversible Markov chains and random walks on graphs, Example 5.11; ``networkx.barbell_graph``.

    Examples
    --------
    >>> import popgraph as pg
    >>> graph = pg.zoo.dumbbell(4)
    >>> graph
    PopulationGraph(dumbbell: 13 naturals, 8 views, 1 component)
    >>> pg.sparsest_partition(graph, 2).rho  # 1 edge of 13 joins the parts, and half of its pairs cross
    0.0385
    """
    for what, number, least in (("size", size, 2), ("bridge", bridge, 1)):
        count(what, number, least)
    if max(size, bridge) > MAX_VIEWS_OF_BELL:
        raise TooLarge(
            f"a dumbbell of size {size:,} and bridge {bridge:,} is too large; give at most {MAX_VIEWS_OF_BELL} each"
        )
    bells = {side: [(side, i) for i in range(size)] for side in ("left", "right")}
    path = [bells["left"][-1], *[("bridge", i) for i in range(bridge - 1)], bells["right"][0]]
    joined = {(a, b): 1 for bell in bells.values() for i, a in enumerate(bell) for b in bell[i + 1 :]}
    joined |= dict.fromkeys(pairwise(path), 1)
    sides = {x: side for side, bell in bells.items() for x in bell}
    sides |= {x: "left" if 2 * i <= len(path) - 1 else "right" for i, x in enumerate(path)}
    return edges(joined, labels=sides, normalize=True, name="dumbbell")
