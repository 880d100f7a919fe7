"""Open-world classes: shapes in colours, some of which are known, some related to those, and some unrelated."""

from typing import Any

from popgraph.basics.arguments import count
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.probabilities import parse_unit
from popgraph.declare import Augmentation, Distribution
from popgraph.errors import TooLarge
from popgraph.populations import PopulationGraph, build

MAX_OPEN_WORLD_VIEWS = 4096  # the kernel may have the square of this many entries


@checked_call()
def open_world(
    known: int = 4,
    related: int = 2,
    unrelated: int = 2,
    *,
    colours: int = 2,
    reshape: Any = "1/5",
    recolour: Any = "1/10",
) -> PopulationGraph:
    """Mix shapes among the known and the related ones, or among the unrelated ones, and colours: which shapes do labels discover?

    The naturals are (shape, colour), equally likely, and views are naturals. With probability ``reshape`` the augmentation draws
    the shape anew, from those of its own group: the n_1 = known + related shapes "known 0", ..., "related 0", ..., or the u
    "unrelated" ones; with probability ``recolour`` it draws the colour anew. The label is the shape. With σ = (1 - reshape)² and
    ν = (1 - recolour)², each group has the eigenvalues 1, σ for each shape but one, ν for each colour but one, and their products.
    Where ν > σ, as by default, colour comes before every shape.

    Let the shapes "known" be known, and η the weight in ``with_labels``. Of the r shapes in all, κ known ones, θ = κ/n_1, and
    d = (1 - η)/r + η reshape/n_1 the probability of each related one:

    * unrelated shapes keep σ, and colour among them ν: labels do nothing for what shares no view with them;
    * each related shape but one has (1 - η) σ/(r d), and colour among known and related shapes falls faster. It is below that
      iff ν (1 - σ)/σ · ((1 - θ)/(1 - ν) + θ/(δ - ν)) < 1, where δ = 1 + η (1 - reshape)/(κ d): the labels say that colour does
      not matter, and the related shapes, which share views with the known ones, are discovered. Solved for δ and then for η this
      is a weight from which they come first, if δ gets there by η = 1: the more shapes are known, the sooner.

    Parameters
    ----------
    known, related : int
        κ and n_1 - κ, 1 or more each.
    unrelated : int
        u, 0 or more.
    colours : int
        1 or more.
    reshape, recolour : float, Fraction, Decimal, str or int
        Probabilities. Exact ones make the graph exact.

    Returns
    -------
    PopulationGraph
        A view for each shape and colour, labelled by shape.

    Raises
    ------
    InvalidArgument
        If a number is not whole, or too small.
    InvalidDistribution
        If a probability is not in [0, 1].
    TooLarge
        If there would be more than 4,096 views.

    See Also
    --------
    colour_shape : Without groups of shapes.
    popgraph.PopulationGraph.with_labels : Puts labels into its pairs.

    References
    ----------
    After the shapes and colours of Sun, Shi and Li 2023, A graph-theoretic framework for understanding open-world semi-supervised
    learning (2311.03524); the formulas are THEORY 12 on this population.

    Examples
    --------
    >>> import popgraph as pg
    >>> graph = pg.zoo.open_world()
    >>> graph
    PopulationGraph(open world: 16 naturals, 16 views, 2 components)
    >>> known = {x: y for x, y in zip(graph.naturals, graph.labels) if y.startswith("known")}
    >>> half = graph.with_labels(known, weight="1/2").spectrum(16).gamma  # 1, 1, colour of the unrelated, known shapes, ...
    >>> half[[6, 7, 9, 10]]  # unrelated shape; known against related; colour of known and related; related shape
    array([0.64  , 0.5288, 0.5062, 0.5053])
    >>> most = graph.with_labels(known, weight="3/5").spectrum(16).gamma  # now the related shape comes before that colour
    >>> most[[9, 10]].tolist()
    [0.4571, 0.4531]
    """
    for what, number in {"known": known, "related": related, "colours": colours}.items():
        count(what, number)
    count("unrelated", unrelated, 0)
    if (known + related + unrelated) * colours > MAX_OPEN_WORLD_VIEWS:
        raise TooLarge(
            f"{known + related + unrelated} shapes in {colours} colours are more than {MAX_OPEN_WORLD_VIEWS:,} views; ask for fewer"
        )
    s, t = parse_unit(reshape, "reshape"), parse_unit(recolour, "recolour")
    first = [f"known {i}" for i in range(known)] + [f"related {i}" for i in range(related)]
    second = [f"unrelated {i}" for i in range(unrelated)]
    group = dict.fromkeys(first, first) | dict.fromkeys(second, second)

    def drawn_anew(own: Any, others: Any, share: Any) -> dict[Any, Any]:
        chances = {other: share / len(others) for other in others}
        chances[own] += 1 - share
        return chances

    def moved(natural: tuple[str, int]) -> Distribution:
        shapes, hues = drawn_anew(natural[0], group[natural[0]], s), drawn_anew(natural[1], range(colours), t)
        return Distribution({(x, c): p * q for x, p in shapes.items() for c, q in hues.items() if p * q})

    naturals = [(shape, hue) for shape in first + second for hue in range(colours)]
    return build(
        Distribution.uniform(naturals),
        Augmentation(moved, "shapes and colours"),
        labels=[shape for shape, _ in naturals],
        name="open world",
    )
