"""Planted clusters: naturals whose views lie mostly in their own cluster, at any size."""

from typing import Any

import numpy as np
import scipy.sparse as sp

from popgraph.basics.arguments import count as whole
from popgraph.basics.arguments import generator as read_generator
from popgraph.basics.arguments import number
from popgraph.basics.arguments.keywords import checked_call
from popgraph.declare import Seed
from popgraph.errors import InvalidArgument, TooLarge
from popgraph.populations import PopulationGraph, build


@checked_call()
def clusters(
    count: int = 4,
    naturals: int = 20,
    views: int = 20,
    *,
    degree: int = 6,
    cross: float = 0.05,
    rng: Seed = 0,
) -> PopulationGraph:
    """Plant clusters with few positive pairs between them: a natural has ``degree`` views in its own cluster, and one in another.

    Naturals are equally likely. Each becomes one of its own cluster's views with probability 1 - cross, each equally likely, and
    the one of a random other cluster with probability ``cross``. All views of a cluster are given to naturals before one is given
    again. The label is the cluster.

    Parameters
    ----------
    count : int
        Clusters, 1 or more.
    naturals, views : int
        In each cluster, with naturals * degree >= views so that every view is reached.
    degree : int
        At most ``views``.
    cross : float
        In [0, 1); at 0, or if there is one cluster, naturals have no view in another.
    rng : None, int or numpy.random.Generator
        Draws the graph.

    Returns
    -------
    PopulationGraph
        Labelled by cluster; it has count · views views.

    Raises
    ------
    InvalidArgument
        If these sizes do not fit together.

    See Also
    --------
    planted_subclasses : Clusters with a known spectrum.
    gaussian_mixture : Clusters on a line or plane.

    Examples
    --------
    >>> import popgraph as pg
    >>> graph = pg.zoo.clusters(count=3, naturals=10, views=8, rng=0)
    >>> graph
    PopulationGraph(3 clusters: 30 naturals, 24 views, 1 component)
    >>> graph.spectrum(3).gap > 0.3
    True
    """
    sizes = {"count": count, "naturals": naturals, "views": views, "degree": degree}
    count, naturals, views, degree = (whole(what, size, most=2**31) for what, size in sizes.items())
    cross = number("cross", cross, "it must be a number, 0 <= cross < 1", above=0, below=1 - 2**-53, ends=True)
    if count * naturals * degree > 2**27 or count * views > 2**27:
        raise TooLarge(
            f"{count:,} clusters of {naturals:,} naturals and {views:,} views are more than 134,217,728 entries; plant fewer"
        )
    if min(count, naturals, views, degree) < 1 or degree > views or naturals * degree < views or not 0 <= cross < 1:
        raise InvalidArgument(
            f"clusters(count={count}, naturals={naturals}, views={views}, degree={degree}, cross={cross}) does not fit: it needs "
            "1 <= degree <= views <= naturals * degree and 0 <= cross < 1"
        )
    generator = read_generator(rng)
    columns = np.concatenate([c * views + _deal(naturals, views, degree, generator) for c in range(count)])
    own = np.repeat(np.arange(count), naturals)
    joined = cross > 0 and count > 1
    weights: Any = np.full(columns.shape, (1 - cross * joined) / degree)
    if joined:
        other_cluster = (own + generator.integers(1, count, size=len(own))) % count
        columns = np.column_stack([columns, other_cluster * views + generator.integers(0, views, size=len(own))])
        weights = np.column_stack([weights, np.full(len(own), cross)])
    rows = np.repeat(np.arange(len(own)), columns.shape[1])
    A = sp.csr_array((weights.ravel(), (rows, columns.ravel())), shape=(len(own), count * views))
    return build(np.full(len(own), 1 / len(own)), A, labels=own, name=f"{count} clusters")


def _deal(naturals: int, views: int, degree: int, generator: np.random.Generator) -> Any:
    """Deal `degree` distinct views to each natural of one cluster, shuffling anew when all views have been dealt."""
    dealt: list[int] = []
    while len(dealt) < naturals * degree:
        # The natural whose views the last shuffle did not complete gets no view twice: those that it has are dealt last
        unfinished = set(dealt[len(dealt) - len(dealt) % degree :])
        shuffled = generator.permutation(views).tolist()
        dealt += [view for view in shuffled if view not in unfinished]
        dealt += [view for view in shuffled if view in unfinished]
    return np.array(dealt[: naturals * degree]).reshape(naturals, degree)
