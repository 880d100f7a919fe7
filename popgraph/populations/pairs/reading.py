"""`from_pairs` and `from_bipartite`: from pairs that were observed or weighted, in any of their forms, to the graph of them."""

from typing import Any

from popgraph.basics.arguments import flag, word
from popgraph.basics.arguments.containers import is_graph
from popgraph.basics.arguments.edges import node_attribute
from popgraph.basics.arguments.entries import ordered_views
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.labels import read_labels
from popgraph.basics.arguments.pairs import read_pairs
from popgraph.basics.memory import in_words
from popgraph.populations.pairs.bipartite import BipartiteGraph, bipartite_graph
from popgraph.populations.pairs.graph import PairGraph, pair_graph
from popgraph.populations.pairs.law import SYMMETRY_TOLERANCE, PairLaw, check_marginals, pair_law, reordered, symmetric

PAIR_MENDS = "pass symmetrize=True for (w + wᵀ)/2, or give these pairs to popgraph.from_bipartite, for two encoders"


@checked_call(second="give two kernels to popgraph.build, or pairs of two kinds of views to popgraph.from_bipartite")
@in_words("reading the pairs", "give fewer pairs, or a sparse matrix of them")
def from_pairs(
    w: Any,
    *,
    views: Any = None,
    labels: Any = None,
    normalize: bool = False,
    symmetrize: bool = False,
    name: str = "",
) -> PairGraph:
    """Make a population of its positive pairs: w_xx' is given, in place of naturals and an augmentation.

    Counts of co-occurrences, the weights of a graph, a similarity, a block model: any symmetric w may be given, and Ā may have
    negative eigenvalues, which one encoder cannot reach and two can. `zoo.edges` makes another population of the same weights,
    (w + D)/2, which an augmentation has.

    Parameters
    ----------
    w : mapping, sequence, array, sparse matrix, table or networkx graph
        * A mapping or Series (x, x') -> weight has the entries of w; (x, x') and (x', x) are two of them. A mapping of mappings
          has the rows.
        * A square matrix, dense or scipy sparse, has views 0, 1, ..., N-1, or ``views``. A table with names on both sides (pandas,
          xarray) goes by these.
        * Observed pairs are counted: a list of tuples (x, x'), an array (m, 2) of names or whole numbers, or a table (pandas,
          polars, pyarrow) with columns source and target, or with two columns, of names or of rows without names.
        * Entries in a list of tuples (x, x', weight), or in such a table with a third column, add up.
        * A networkx graph has its adjacency, a self-loop once.

        Weights are float, int, Fraction, Decimal or str; where none is a float, w is exact. What may be pairs or a matrix is
        refused: an array (2, 2) of whole numbers is a matrix with normalize=True, and two pairs as a list of tuples.
    views : sequence of N outcomes, optional
        Their order, or the names of a matrix's rows. Else they have that of the table, or of the pairs, first seen first.
    labels : sequence of N labels, mapping view -> label or Series, or the name of an attribute of a networkx graph's nodes
        The class of each view, None where unlabelled.
    normalize : bool
        Divide the weights by their sum, rather than refuse a sum that is not 1. Observed pairs need it not.
    symmetrize : bool
        Take (w + wᵀ)/2, rather than refuse a w that is not symmetric.
    name : str
        The name by which the graph prints.

    Returns
    -------
    PairGraph
        Its views are their own naturals.

    Raises
    ------
    InvalidDistribution
        If a weight is negative or no finite number, they do not sum to 1, or a view is in no pair.
    InvalidArgument
        If w is not symmetric beyond rounding (a relative difference of 1e-12), which names the pair; or is none of these.
    TooLarge
        If it would not fit in memory.

    See Also
    --------
    from_chain : The pairs of a Markov chain.
    from_trajectories : The pairs of observed sequences.
    from_bipartite : Pairs of two kinds of views.
    zoo.edges : The population of an augmentation on the edges of a graph.
    zoo.cooccurrence : Words of a text.

    References
    ----------
    [THEORY 11]; word co-occurrences: Levy and Goldberg, Neural word embedding as implicit matrix factorization, 2014.

    Examples
    --------
    >>> import popgraph as pg
    >>> pg.from_pairs({("a", "b"): "1/2", ("b", "a"): "1/2"}).spectrum(2).gamma
    array([ 1., -1.])
    >>> pg.from_pairs([("tea", "milk"), ("tea", "tea"), ("milk", "tea")])
    PairGraph(2 views, 2 pairs, 1 component)
    >>> pg.from_pairs([("a", "b"), ("b", "c"), ("c", "b")])
    Traceback (most recent call last):
    popgraph.errors.InvalidArgument: w['a', 'b'] is 1/3 and w['b', 'a'] is 0: one encoder needs a symmetric w; pass
    symmetrize=True for (w + wᵀ)/2, or give these pairs to popgraph.from_bipartite, for two encoders
    """
    flag("normalize", normalize)
    flag("symmetrize", symmetrize)
    word("name", name)
    entries = read_pairs("w", w, square=True, normalize=normalize)
    law = pair_law("w", entries, normalize)
    if isinstance(labels, str) and is_graph(w):
        labels = node_attribute(w, labels)
    rank, order = ordered_views(entries.row_names, views, "views=")
    law = reordered(law, rank, rank, (order, order))
    return graph_of(symmetric(law, symmetrize, SYMMETRY_TOLERANCE, PAIR_MENDS), labels, name)


def graph_of(law: PairLaw, labels: Any, name: str) -> PairGraph:
    """Return the PairGraph of a symmetric law, once each view is in a pair."""
    check_marginals("w", law)
    views = tuple(law.row_names)
    return pair_graph(views, law.weights, exact=law.exact, labels=read_labels(labels, views, noun="view"), name=name)


@checked_call(
    views="give views_x= and views_z=", labels="give labels_x= and labels_z=", symmetrize="popgraph.from_pairs has it"
)
@in_words("reading the pairs", "give fewer pairs, or a sparse matrix of them")
def from_bipartite(
    C: Any,
    *,
    views_x: Any = None,
    views_z: Any = None,
    labels_x: Any = None,
    labels_z: Any = None,
    normalize: bool = False,
    name: str = "",
) -> BipartiteGraph:
    """Make a graph of two encoders of the pairs (x, z) of two kinds of views, such as images and their captions.

    Parameters
    ----------
    C : mapping, sequence, array, sparse matrix, table or networkx graph
        The probability of each pair, in the forms that `from_pairs` takes; a matrix has a row for each x and a column for each z.
        Every array of numbers is a matrix: observed pairs are a list of tuples (x, z), an array (m, 2) of names, or a table of two
        columns of names, or whose rows have none. A networkx graph has x with the attribute bipartite=0 and z with 1, or both kinds
        are its nodes, where a directed edge is one pair.
    views_x, views_z : sequences of N_x and N_z outcomes, optional
        The order of the views of either kind, or the names of a matrix's rows and columns.
    labels_x, labels_z : sequence of labels, mapping view -> label or Series, optional
        The class of each view, None where unlabelled.
    normalize : bool
        Divide the weights by their sum, rather than refuse a sum that is not 1. Observed pairs need it not.
    name : str
        The name by which the graph prints.

    Returns
    -------
    BipartiteGraph
        Its views in the order given, or first seen first.

    Raises
    ------
    InvalidDistribution
        If a weight is negative or no finite number, they do not sum to 1, or a view is in no pair.
    InvalidArgument
        If C is none of these forms, or names and labels do not fit.
    TooLarge
        If it would not fit in memory.

    See Also
    --------
    build : With second=, two augmentations of the same naturals.
    from_pairs : Pairs of one kind of view.
    zoo.image_text : Images and their captions.
    zero_shot : Classify images by prompts.

    References
    ----------
    [THEORY 11].

    Examples
    --------
    >>> import popgraph as pg
    >>> pairs = pg.from_bipartite([("photo 1", "a dog"), ("photo 2", "a dog"), ("photo 2", "a pet")])
    >>> pairs.N_x, pairs.N_z
    (2, 2)
    """
    flag("normalize", normalize)
    word("name", name)
    entries = read_pairs("C", C, square=False, normalize=normalize)
    rank_x, order_x = ordered_views(entries.row_names, views_x, "views_x=")
    rank_z, order_z = ordered_views(entries.column_names, views_z, "views_z=")
    law = reordered(pair_law("C", entries, normalize), rank_x, rank_z, (tuple(order_x), tuple(order_z)))
    check_marginals("C", law)
    return bipartite_graph(
        law.row_names,
        law.column_names,
        law.weights,
        exact=law.exact,
        labels_x=read_labels(labels_x, law.row_names, noun="view", name="labels_x"),
        labels_z=read_labels(labels_z, law.column_names, noun="view", name="labels_z"),
        name=name,
    )
