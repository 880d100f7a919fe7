"""Sign vectors with some coordinates scaled: any functions of the natural minimise the loss, and few help a linear probe."""

from collections.abc import Iterable
from fractions import Fraction
from itertools import product
from typing import Any

from popgraph.basics.arguments import count
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.probabilities import parse_probability
from popgraph.basics.words import shorten
from popgraph.declare import Augmentation, Distribution
from popgraph.errors import InvalidArgument, InvalidDistribution, TooLarge
from popgraph.populations import PopulationGraph, build

MAX_SCALED_VIEWS = 2**16  # which take some 4 s to enumerate


@checked_call()
def scaled_hypercube(d: int = 4, label_coordinates: int = 2, scales: Iterable[Any] = ("1/2", 1)) -> PopulationGraph:
    """Scale all but the first coordinates of a uniform sign vector by one random factor.

    The naturals are {±1}^d. The augmentation keeps the first ``label_coordinates`` coordinates and multiplies the others by one
    τ > 0, drawn uniformly from the scales. No two naturals share a view, so Ā has the eigenvalue 1 with multiplicity 2^d
    and all others are 0: any k orthonormal functions of x̄ minimise the loss, parities included. Among linear f(x) = Wᵀx the Ritz
    values are 1 for each unscaled coordinate and (E τ)²/E τ² for the others, so that the minimiser at k = label_coordinates is the
    unscaled coordinates. The label is the first coordinate, 1 or -1.

    Parameters
    ----------
    d : int
        Coordinates, 2 or more; there are 2^d naturals, and 2^d views for each scale.
    label_coordinates : int
        In 1..d-1.
    scales : sequence of float, Fraction, Decimal, str or int
        The values of τ: positive, finite, all different. Exact ones stay exact.

    Returns
    -------
    PopulationGraph
        Labelled by the first coordinates.

    Raises
    ------
    InvalidArgument
        If a number is out of range or a scale is repeated.
    TooLarge
        If there would be more than 2^16 views.

    See Also
    --------
    hypercube : Bits that are flipped instead.
    popgraph.train : With features=, over linear f.

    References
    ----------
    [S22] Example 1, with a uniform τ on (0, 1), for which (E τ)²/E τ² = 3/4.

    Examples
    --------
    >>> import popgraph as pg
    >>> graph = pg.zoo.scaled_hypercube(2, 1)
    >>> graph
    PopulationGraph(scaled 2-cube: 4 naturals, 8 views, 4 components)
    >>> graph.views[-2:]
    ((-1, -1), (-1, Fraction(-1, 2)))
    """
    d = count("d", d, 2, why="a scaled hypercube has a whole number of coordinates")
    label_coordinates = count("label_coordinates", label_coordinates)
    if label_coordinates >= d:
        raise InvalidArgument(
            f"label_coordinates is {label_coordinates!r}; it must be a whole number from 1 to d - 1 = {d - 1}, so that a "
            "coordinate is left to scale"
        )
    factors = _read_scales(scales)
    if d > MAX_SCALED_VIEWS.bit_length() or len(factors) * 2**d > MAX_SCALED_VIEWS:
        raise TooLarge(
            f"{len(factors)} scales of 2^{d} sign vectors are {len(factors) * 2**d:,} views; give {MAX_SCALED_VIEWS:,} or fewer"
        )

    def scaled(signs: tuple[int, ...]) -> Distribution:
        unscaled, others = signs[:label_coordinates], signs[label_coordinates:]
        return Distribution.uniform([unscaled + tuple(sign * tau for sign in others) for tau in factors])

    naturals = list(product((1, -1), repeat=d))
    return build(
        Distribution.uniform(naturals),
        Augmentation(scaled, "scale", trusted=True),
        labels=[signs[0] for signs in naturals],
        name=f"scaled {d}-cube",
    )


def _read_scales(scales: Any) -> list[Any]:
    """Return the scales as ints, Fractions or floats."""
    if isinstance(scales, str | bytes) or not isinstance(scales, Iterable) or getattr(scales, "ndim", 1) == 0:
        raise InvalidArgument(f'scales is {shorten(scales)}; give a sequence of positive numbers, like ("1/2", 1)')
    factors: list[Any] = []
    for given in scales:
        try:
            tau = parse_probability(given)  # reads the same numbers, and refuses negative and infinite ones
        except InvalidDistribution:
            tau = 0.0
        if tau <= 0:
            raise InvalidArgument(f"a scale is {shorten(given)}; scales are positive finite numbers")
        factors.append(int(tau) if isinstance(tau, Fraction) and tau.denominator == 1 else tau)
    repeated = [factor for i, factor in enumerate(factors) if factor in factors[:i]]
    if not factors or repeated:
        fault = f"the scale {shorten(repeated[0])} is given twice" if factors else "there is no scale"
        raise InvalidArgument(f"{fault}; give one or more different scales, which are equally likely")
    return factors
