"""`build`: from a declared distribution and augmentation, in any of their forms, to a `PopulationGraph`."""

from typing import Any

from popgraph.basics.arguments import flag, word
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.labels import read_labels
from popgraph.basics.memory import DECLARE_FEWER, in_words
from popgraph.basics.progress import Progress, check_progress
from popgraph.declare import EnumeratedPopulation, enumerate_population
from popgraph.populations import weights
from popgraph.populations.graph import PopulationGraph


@checked_call()
@in_words("enumerating the population", DECLARE_FEWER)
def build(
    distribution: Any,
    augmentation: Any,
    *,
    labels: Any = None,
    views: Any = None,
    normalize: bool = False,
    drop_unreachable: bool = False,
    name: str = "",
    progress: Progress = None,
) -> PopulationGraph:
    """Build the population graph of a distribution of naturals and an augmentation.

    Parameters
    ----------
    distribution : Distribution, mapping, Series, sequence, or (n,) array of any library
        The naturals x̄ and p. A sequence lists equally likely naturals (one of numbers in [0, 1] is refused, for it could be p);
        an array of numbers gives the probabilities of naturals 0, 1, ..., n-1, or of the rows of a table.
    augmentation : Augmentation, callable, mapping of mappings, (n, N) array of any library, scipy sparse, or table
        The kernel A(x|x̄). A matrix has a row for each natural and a column for each view, in the order given; a table (pandas,
        polars, pyarrow) names its views by its columns, and its naturals by its index, if it has one. A callable is asked twice
        about each natural, and must answer alike.
    labels : sequence of n labels, mapping natural -> label, or Series, optional
        The class y(x̄) of each natural, None where unlabelled, for pictures and probes; the spectrum never sees it.
    views : sequence of N outcomes, optional
        The order of the views. It names the columns of a matrix, 0, 1, ..., N-1 if not given.
    normalize : bool
        Divide p, and the rows of a matrix or of a mapping of mappings, by their sums, so that weights may be given.
    drop_unreachable : bool
        Leave out the columns of a matrix, or the views of `views`, that no natural reaches, instead of refusing them.
    name : str
        The name by which the graph prints.
    progress : bool, callable or None
        A bar over the naturals; None shows one if the output is a terminal or a notebook.

    Returns
    -------
    PopulationGraph
        If the views are the naturals, they keep their order; else views are ordered natural by natural: x̄ first, if it is one of
        its own views, then the rest as declared.

    Raises
    ------
    InvalidDistribution, InvalidAugmentation
        If p or a row of A is not a distribution; the message names the natural or entry, and how to correct it.
    InvalidArgument
        If there is not one label for each natural.
    TooLarge
        If it would not fit in memory.

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
    """
    flag("normalize", normalize)
    flag("drop_unreachable", drop_unreachable)
    word("name", name)
    check_progress(progress)
    population = enumerate_population(
        distribution,
        augmentation,
        views=views,
        normalize=normalize,
        drop_unreachable=drop_unreachable,
        progress=progress,
    )
    return from_population(population, labels=labels, name=name)


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
