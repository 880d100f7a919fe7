"""Class x domain: four cells that differ in a class and in a domain, the smallest toy in which a probe can transfer or fail."""

from itertools import product
from typing import Any

from popgraph.basics.arguments import one_of
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.probabilities import SUM_TOLERANCE, parse_unit
from popgraph.declare import Augmentation, Distribution
from popgraph.errors import InvalidDistribution
from popgraph.populations import PopulationGraph, build
from popgraph.zoo.edges import edges

CELLS = tuple(product((0, 1), repeat=2))


@checked_call()
def class_domain(rho: Any, alpha: Any, beta: Any, gamma: Any, *, level: str = "kernel") -> PopulationGraph:
    """Move between four equally likely cells (class, domain) by adding a random element of Z2 x Z2.

    The eigenvectors of Ā are the four characters, ±1 by class, by domain, and by their product, with the eigenvalues 1,
    (rho + alpha - beta - gamma)² for the class, (rho + beta - alpha - gamma)² for the domain and
    (rho + gamma - alpha - beta)² for the product: squares μ², because both views of a pair are augmented. With level="edge" the
    four probabilities are those of w itself: the naturals are pairs of cells, a view is one of the two cells, and the eigenvalues
    are (1 + μ)/2, so that a negative μ ranks last. The label is the class; of a pair, that of its first cell.

    With alpha = beta the eigenvalues of class and domain are equal, and at k = 2 minimisers of the loss have probing errors from 0
    to that of chance [THEORY 3.8].

    Parameters
    ----------
    rho, alpha, beta, gamma : float, Fraction, Decimal, str or int
        Probabilities of the same cell, the other domain, the other class, and both other; exact ones make the graph exact.
    level : {"kernel", "edge"}

    Returns
    -------
    PopulationGraph
        4 views, labelled by class.

    Raises
    ------
    InvalidArgument
        If the level is neither of the two.
    InvalidDistribution
        If these are not four probabilities that sum to 1.

    See Also
    --------
    colour_shape : Two attributes of any number of values.
    planted_subclasses : Classes of sub-graphs.
    popgraph.probe_range : The errors at its degenerate cut.

    References
    ----------
    After Shen et al., Connect, not collapse: explaining contrastive learning for unsupervised domain adaptation, ICML 2022.

    Examples
    --------
    >>> import popgraph as pg
    >>> graph = pg.zoo.class_domain("0.6", "0.2", "0.1", "0.1")
    >>> graph
    PopulationGraph(class x domain: 4 naturals, 4 views, 1 component)
    >>> graph.spectrum(4).gamma
    array([1.  , 0.36, 0.16, 0.16])
    >>> pg.zoo.class_domain("0.6", "0.2", "0.1", "0.1", level="edge").spectrum(4).gamma
    array([1. , 0.8, 0.7, 0.7])
    """
    one_of("level", level, ("kernel", "edge"))
    given = {"rho": rho, "alpha": alpha, "beta": beta, "gamma": gamma}
    total: Any = sum(parse_unit(value, name) for name, value in given.items())
    if abs(total - 1) > SUM_TOLERANCE:
        raise InvalidDistribution(
            f"rho + alpha + beta + gamma is {total}; four probabilities of one move must sum to 1"
        )
    move = Distribution(zip(CELLS, given.values(), strict=True))

    def moved(cell: tuple[int, int]) -> Distribution:
        return move.map(lambda step: (cell[0] ^ step[0], cell[1] ^ step[1]))

    if level == "edge":
        pairs = Distribution.uniform(CELLS).through(lambda cell: moved(cell).map(lambda partner: (cell, partner)))
        return edges(pairs, labels={cell: cell[0] for cell in CELLS}, name="class x domain, edges")
    noise = Augmentation(moved, "move", trusted=True)
    labels = [cell[0] for cell in CELLS]
    return build(Distribution.uniform(CELLS), noise, labels=labels, name="class x domain")
