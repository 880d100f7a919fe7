"""Planted sub-classes: classes that consist of sub-graphs, a stochastic block model made by an augmentation."""

from typing import Any

from popgraph.basics.arguments import count
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.probabilities import parse_probability
from popgraph.declare import Augmentation, Distribution
from popgraph.errors import InvalidArgument, TooLarge
from popgraph.populations import PopulationGraph, build

MAX_VIEWS_OF_SUBCLASSES = 4096  # the kernel has the square of this many entries


@checked_call()
def planted_subclasses(
    classes: int = 3,
    subgraphs: int = 2,
    *,
    size: int = 2,
    within: Any = "1/10",
    across: Any = "1/20",
) -> PopulationGraph:
    """Plant classes of sub-graphs: a natural moves within its sub-graph, to another one of its class, or to another class.

    The naturals are (class, sub-graph, number), equally likely, and views are naturals. With probability ``within`` the
    augmentation leaves the sub-graph for another of the same class, with probability ``across`` for one of another class, each of
    these equally likely; in the sub-graph that it ends in, every member is equally likely. Of r classes of t sub-graphs Ā has
    the eigenvalues 1, (1 - across r/(r-1))² with multiplicity r - 1, (1 - within t/(t-1) - across)² with multiplicity r (t - 1),
    and 0. The label is the class.

    Parameters
    ----------
    classes, subgraphs, size : int
        r, t, and members of a sub-graph; 1 or more each.
    within, across : float, Fraction, Decimal, str or int
        ``within`` must be 0 if a class has one sub-graph, ``across`` if there is one class. Exact ones make the graph exact.

    Returns
    -------
    PopulationGraph
        Labelled by class; it has classes · subgraphs · size views.

    Raises
    ------
    InvalidArgument
        If a number is not whole and positive, the probabilities exceed 1, or one of them must be 0 and is not.
    TooLarge
        If there would be more than 4,096 views.

    See Also
    --------
    clusters : Clusters drawn at random.
    class_domain : Two classes of two sub-graphs.

    References
    ----------
    After the sub-graphs of [H21] section 3 and of Wei, Shen, Chen and Ma 2021.

    Examples
    --------
    >>> import popgraph as pg
    >>> graph = pg.zoo.planted_subclasses()
    >>> graph
    PopulationGraph(3 classes x 2 sub-graphs: 12 naturals, 12 views, 1 component)
    >>> graph.spectrum(6).gamma.round(6).tolist()
    [1.0, 0.855625, 0.855625, 0.5625, 0.5625, 0.5625]
    """
    for what, number in {"classes": classes, "subgraphs": subgraphs, "size": size}.items():
        count(what, number)
    if classes * subgraphs * size > MAX_VIEWS_OF_SUBCLASSES:
        raise TooLarge(
            f"{classes} x {subgraphs} x {size} views are more than {MAX_VIEWS_OF_SUBCLASSES:,}; use zoo.clusters, which is sparse"
        )
    inside, outside = parse_probability(within, "within"), parse_probability(across, "across")
    if inside + outside > 1:
        raise InvalidArgument(
            f"within + across is {inside + outside}; a natural leaves its sub-graph with probability 1 at most"
        )
    for what, share, others in (("within", inside, subgraphs - 1), ("across", outside, classes - 1)):
        if share > 0 and others == 0:
            raise InvalidArgument(f"{what} is {share}, but there is no other sub-graph to move to; give {what}=0")
    blocks = [(c, t) for c in range(classes) for t in range(subgraphs)]

    def chance(here: tuple[int, int], there: tuple[int, int]) -> Any:
        if here == there:
            return 1 - inside - outside
        return inside / (subgraphs - 1) if here[0] == there[0] else outside / ((classes - 1) * subgraphs)

    def moved(natural: tuple[int, int, int]) -> Distribution:
        shares = {block: chance(natural[:2], block) / size for block in blocks}
        return Distribution({(*block, i): share for block, share in shares.items() if share for i in range(size)})

    naturals = [(*block, i) for block in blocks for i in range(size)]
    return build(
        Distribution.uniform(naturals),
        Augmentation(moved, "sub-graphs"),
        labels=[natural[0] for natural in naturals],
        name=f"{classes} classes x {subgraphs} sub-graphs",
    )
