"""`mixture`: from a law of classes and their populations, coordinate by coordinate, to a `MixtureGraph`."""

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from popgraph.basics.arguments import word
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.words import listing, shorten, size_in_words
from popgraph.declare import read_distribution
from popgraph.errors import InvalidArgument, TooLarge
from popgraph.populations.building import build
from popgraph.populations.graph import PopulationGraph
from popgraph.populations.structure.factors import read_factor
from popgraph.populations.structure.mixture import MixtureGraph

MAX_PRODUCT_CELLS = 2**27  # a vector over them takes 1 GiB, and a spectrum some dozens of vectors


@checked_call()
def mixture(law: Any, populations: Mapping[Any, Sequence[Any]], *, name: str = "") -> MixtureGraph:
    """Mix product populations: draw a class c from a law, then each coordinate j independently from its j-th population.

    Parameters
    ----------
    law : Distribution, mapping class -> probability, or sequence of equally likely classes
        π.
    populations : mapping class -> sequence of d populations
        Each a `.PopulationGraph`, or a pair (distribution, augmentation) as `popgraph.build` takes it. The j-th coordinates of all
        classes share one space of views: equal outcomes are the same view, and that is where classes overlap.
    name : str
        How the graph prints.

    Returns
    -------
    MixtureGraph
        Naturals are (c, (x̄_1, ..., x̄_d)), views are tuples (x_1, ..., x_d) that some class reaches.

    Raises
    ------
    InvalidArgument
        If a class has no populations, or not as many as the others; or a view's probability is too small for float64.
    InvalidDistribution, InvalidAugmentation
        If a law or population is none.
    TooLarge
        If the product space has more than 134 million cells.

    See Also
    --------
    product : A population of independent coordinates.
    popgraph.zoo.scaled_hypercube : Another mixture.

    Examples
    --------
    >>> import popgraph as pg
    >>> from popgraph import structure
    >>> def biased(p):
    ...     return pg.build({0: 1 - p, 1: p}, {0: {0: 0.9, 1: 0.1}, 1: {0: 0.1, 1: 0.9}})
    >>> graph = structure.mixture(["cat", "dog"], {"cat": [biased(0.25)] * 10, "dog": [biased(0.75)] * 10})
    >>> graph
    MixtureGraph(2 classes of 10 coordinates, 2,048 naturals, 1,024 views, 1 component)
    >>> graph.spectrum(2).gamma
    array([1.   , 0.871])
    """
    word("name", name)
    pi = read_distribution(law)
    if not isinstance(populations, Mapping):
        raise InvalidArgument(
            f"populations is a {type(populations).__name__}; give a mapping "
            "class -> sequence of populations, one for each coordinate"
        )
    missing = [shorten(c) for c in pi if c not in populations]
    if missing:
        raise InvalidArgument(f"the law has the class {listing(missing)}, for which there are no populations")
    extra = [shorten(c) for c in populations if c not in pi]
    if extra:
        raise InvalidArgument(f"there are populations for the class {listing(extra)}, which the law does not have")
    factors = tuple(_read_factors(c, populations[c]) for c in pi)
    lengths = {len(of_class) for of_class in factors}
    if len(lengths) > 1:
        counts = [f"{shorten(c)} {len(of_class)}" for c, of_class in zip(pi, factors, strict=True)]
        raise InvalidArgument(f"classes need equally many coordinates; these have: {listing(counts)}")
    coordinates = tuple(
        tuple(dict.fromkeys(view for of_class in factors for view in of_class[j].views)) for j in range(lengths.pop())
    )
    cells = prod(len(outcomes) for outcomes in coordinates)
    if cells > MAX_PRODUCT_CELLS:
        raise TooLarge(
            f"the product space has {cells:,} cells, and a vector over them takes {size_in_words(8.0 * cells)}; at most "
            f"{MAX_PRODUCT_CELLS:,} cells: use fewer coordinates, or coordinates of fewer views"
        )
    graph = MixtureGraph(pi, factors, coordinates, name)
    if not graph.w_x.all():
        lost = [shorten(graph.views[int(i)]) for i in np.flatnonzero(graph.w_x == 0)[:6]]
        raise InvalidArgument(f"w_x of {listing(lost)} is too small for float64, below 5e-324; leave it out")
    return graph


def _read_factors(c: Any, declared: Any) -> tuple[PopulationGraph, ...]:
    """Read the populations of one class."""
    if isinstance(declared, str) or not isinstance(declared, Sequence) or not len(declared):
        raise InvalidArgument(
            f"the populations of class {shorten(c)} are {shorten(declared)}; give a list with one for each coordinate, at least one"
        )
    factors = []
    for j, factor in enumerate(declared):
        if isinstance(factor, tuple) and len(factor) == 2:
            factor = build(*factor)
        name = f"coordinate {j} of class {shorten(c)}"
        read_factor(name, factor, "give one, or a pair (distribution, augmentation)")
        factors.append(factor)
    return tuple(factors)
