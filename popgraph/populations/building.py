"""`build`: from a declared distribution and augmentation, in any of their forms, to a `PopulationGraph`."""

from typing import Any, overload

from popgraph.basics.arguments import flag, word
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.labels import read_labels
from popgraph.basics.memory import DECLARE_FEWER, in_words
from popgraph.basics.progress import Progress, check_progress
from popgraph.declare import EnumeratedPopulation, enumerate_population
from popgraph.errors import InvalidArgument
from popgraph.populations import weights
from popgraph.populations.doors import MAKERS
from popgraph.populations.graph import PopulationGraph
from popgraph.populations.pairs.bipartite import BipartiteGraph, bipartite_graph
from popgraph.populations.pairs.joint import exact_joint_law, joint_law


@overload
def build(
    distribution: Any,
    augmentation: Any,
    *,
    second: None = None,
    labels: Any = None,
    views: Any = None,
    normalize: bool = False,
    drop_unreachable: bool = False,
    name: str = "",
    progress: Progress = None,
) -> PopulationGraph: ...


@overload
def build(
    distribution: Any,
    augmentation: Any,
    *,
    second: Any,
    labels: Any = None,
    views: Any = None,
    second_views: Any = None,
    normalize: bool = False,
    drop_unreachable: bool = False,
    name: str = "",
    progress: Progress = None,
) -> BipartiteGraph: ...


@checked_call()
@in_words("enumerating the population", DECLARE_FEWER)
def build(
    distribution: Any,
    augmentation: Any,
    *,
    second: Any = None,
    labels: Any = None,
    views: Any = None,
    second_views: Any = None,
    normalize: bool = False,
    drop_unreachable: bool = False,
    name: str = "",
    progress: Progress = None,
) -> PopulationGraph | BipartiteGraph:
    """Build the population graph of a distribution of naturals and an augmentation.

    Parameters
    ----------
    distribution : Distribution, mapping, Series, sequence, or (n,) array of any library
        The naturals x̄ and p. A sequence lists equally likely naturals (one of numbers in [0, 1] is refused, for it could be p);
        an array of numbers gives the probabilities of naturals 0, 1, ..., n-1, or of the rows of a table.
    augmentation : Augmentation, callable, mapping of mappings, (n, N) array of any library, scipy sparse, or table
        The kernel A(x|x̄). A matrix has a row for each natural and a column for each view, in the order given; a table (pandas,
        polars, pyarrow) names its views by its columns, and its naturals by its index, if it has one. A callable is asked twice
        about each natural, and must answer alike. The transition matrix of a chain is none: with it a pair would be two successors
        of one state; `from_chain` has a state and its successor.
    second : as ``augmentation``, optional
        A second kernel B(z|x̄) of the same naturals, for two encoders: a positive pair is a view x of A and a view z of B, drawn
        independently for one natural. Images and texts, or two unequal augmentations.
    labels : sequence of n labels, mapping natural -> label, or Series, optional
        The class y(x̄) of each natural, None where unlabelled, for pictures and probes; the spectrum never sees it.
    views : sequence of N outcomes, optional
        The order of the views. It names the columns of a matrix, 0, 1, ..., N-1 if not given.
    second_views : sequence of N_z outcomes, optional
        The same for the views of ``second``.
    normalize : bool
        Divide p, and the rows of a matrix or of a mapping of mappings, by their sums, so that weights may be given.
    drop_unreachable : bool
        Leave out the columns of a matrix, or the views of ``views``, that no natural reaches, instead of refusing them.
    name : str
        The name by which the graph prints.
    progress : bool, callable or None
        A bar over the naturals; None shows one if the output is a terminal or a notebook.

    Returns
    -------
    PopulationGraph
        If the views are the naturals, they keep their order; else views are ordered natural by natural: x̄ first, if it is one of
        its own views, then the rest as declared.
    BipartiteGraph
        With ``second``; the views of each kernel are ordered so.

    Raises
    ------
    InvalidDistribution, InvalidAugmentation
        If p or a row of A is not a distribution; the message names the natural or entry, and how to correct it.
    InvalidArgument
        If there is not one label for each natural.
    TooLarge
        If it would not fit in memory.

    See Also
    --------
    from_pairs : Make a population of given pairs.
    from_bipartite : Make a population of two kinds of views of given pairs.
    product : Join populations into one of tuples.
    zoo : Named populations of the literature.
    popgraph.dask.build : The same on a cluster.

    References
    ----------
    [H21] section 3.1.

    Examples
    --------
    >>> import numpy as np
    >>> import popgraph as pg
    >>> graph = pg.build(["lightning", "cloud"], pg.apply(lambda x: x + " rotated", "1/3"))
    >>> graph
    PopulationGraph(2 naturals, 4 views, 2 components)
    >>> graph.w[:2, :2]
    array([[0.222, 0.111],
           [0.111, 0.056]])
    >>> pg.build(np.array([0.5, 0.5]), [[0.9, 0.1], [0.1, 0.9]]).spectrum(2).gamma
    array([1.  , 0.64])

    Two kernels on one p, for two encoders.

    >>> A, B = [[0.8, 0.2, 0], [0.1, 0.8, 0.1], [0, 0.3, 0.7]], [[0.9, 0.1], [0.5, 0.5], [0.1, 0.9]]
    >>> pg.build(np.array([0.5, 0.3, 0.2]), A, second=B).spectrum(2).sigma
    array([1.    , 0.5221])
    """
    flag("normalize", normalize)
    flag("drop_unreachable", drop_unreachable)
    word("name", name)
    check_progress(progress)
    options: dict[str, Any] = {"normalize": normalize, "drop_unreachable": drop_unreachable, "progress": progress}
    population = enumerate_population(distribution, augmentation, views=views, **options)
    if second is None:
        if second_views is not None:
            raise InvalidArgument(
                "second_views names the views of second, which is not given; give second=, or use views="
            )
        return from_population(population, labels=labels, name=name)
    try:
        other = enumerate_population(population.distribution, second, views=second_views, **options)
    except InvalidArgument as error:
        raise type(error)(f"second: {error}") from error
    classes = read_labels(labels, population.distribution.outcomes)
    return of_two_kernels(population, other, labels=classes, name=name)


def from_population(population: EnumeratedPopulation, *, labels: Any = None, name: str = "") -> PopulationGraph:
    """Join an enumerated population to its arrays."""
    w_x, factor = weights.arrays(population)
    return PopulationGraph(
        population=population,
        w_x=w_x,
        factor=factor,
        labels=read_labels(labels, population.distribution.outcomes),
        name=name,
    )


def of_two_kernels(
    first: EnumeratedPopulation, second: EnumeratedPopulation, *, labels: Any = None, name: str = ""
) -> BipartiteGraph:
    """Join two kernels on one p to the joint law of their views; `labels` (n,) is an array."""
    C = joint_law(first, second)
    return bipartite_graph(first.views, second.views, C, labels=labels, first=first, second=second, name=name)


def _two_encoders(graph: PopulationGraph) -> BipartiteGraph:
    """Return a graph for an encoder of each of its two views."""
    C, both = graph.weight_matrix("csr"), graph.population
    if (pairs := graph.pair_population) is None:
        options: dict[str, Any] = {"labels": graph.labels, "first": both, "second": both}
    else:  # with labels in the graph, its pairs are draws of other naturals than the labels are of
        exact = exact_joint_law(pairs, pairs, C) if pairs.exact is not None and pairs.distribution.exact else None
        classes = None if graph.labels is None else graph.view_labels
        options = {"exact": exact, "labels_x": classes, "labels_z": classes}
    return bipartite_graph(graph.views, graph.views, C, name=graph.name, **options)


MAKERS["two encoders"] = _two_encoders
