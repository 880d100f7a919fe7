"""Cyclic groups: random steps around a circle, whose spectra are Fourier coefficients; the ring is the smallest."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from popgraph.basics.arguments import count, is_whole
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.probabilities import parse_unit
from popgraph.basics.words import shorten
from popgraph.declare import Augmentation, Distribution
from popgraph.errors import InvalidArgument, TooLarge
from popgraph.populations import PopulationGraph, build

MAX_VIEWS_OF_CIRCLE = 2**16  # which take some seconds to enumerate


@checked_call()
def cyclic(n: int, steps: Mapping[int, Any]) -> PopulationGraph:
    """Move around a circle of n naturals by a random step.

    The eigenvectors of Ā are the characters of Z_n, with the eigenvalues γ_j = ``|Σ_s P(s) e^{2πi js/n}|²``: the squared sizes of
    the steps' Fourier coefficients. The label is the half of the circle.

    Parameters
    ----------
    n : int
        Naturals 0..n-1, equally likely.
    steps : mapping step -> probability
        Whole numbers, taken modulo n; float, Fraction, Decimal, str or int probabilities that sum to 1.

    Returns
    -------
    PopulationGraph
        n views, labelled by the half of the circle.

    Raises
    ------
    InvalidArgument
        If n is not a whole number of 1 or more, or a step is not whole.
    InvalidDistribution
        If the probabilities do not sum to 1.
    TooLarge
        If n is above 65,536.

    See Also
    --------
    ring : One step to either side.
    rotations : Circles of four images.

    Examples
    --------
    >>> import popgraph as pg
    >>> pg.zoo.cyclic(4, {0: "1/2", 1: "1/2"}).spectrum(4).gamma
    array([1. , 0.5, 0.5, 0. ])
    """
    n = count("n", n, why="a circle has a whole number of naturals")
    if n > MAX_VIEWS_OF_CIRCLE:
        raise TooLarge(f"n is {n:,}; a circle is listed up to {MAX_VIEWS_OF_CIRCLE:,} naturals")
    step = read_steps(steps)
    return build(
        Distribution.uniform(range(n)),
        Augmentation(lambda x: step.map(lambda s: (x + int(s)) % n), "steps"),
        labels=[int(2 * x >= n) for x in range(n)],
        name=f"circle of {n}",
    )


@checked_call()
def ring(n: int = 12, stay: Any = Fraction(1, 2)) -> PopulationGraph:
    """Stay, or move to one of the two neighbours on a ring: γ_j = (stay + (1 - stay) cos(2πj/n))².

    As γ_j = γ_{n-j}, every eigenvalue occurs twice except that of j = 0 and, for even n, that of j = n/2.

    Parameters
    ----------
    n : int
        Naturals, 3 or more.
    stay : float, Fraction, Decimal, str or int
        In [0, 1].

    Returns
    -------
    PopulationGraph
        n views, labelled by the half of the ring.

    Raises
    ------
    InvalidArgument
        If n is below 3, or stay is no probability.

    See Also
    --------
    cyclic : Any steps.
    grid_world : Two dimensions.

    Examples
    --------
    >>> import popgraph as pg
    >>> pg.zoo.ring(6).spectrum(6).gamma
    array([1.    , 0.5625, 0.5625, 0.0625, 0.0625, 0.    ])
    """
    n = count("n", n, 3, why="a ring has a whole number of naturals")
    stays = parse_unit(stay, "stay")
    return cyclic(n, {0: stays, 1: (1 - stays) / 2, -1: (1 - stays) / 2})


def read_steps(steps: Any) -> Distribution:
    """Return the distribution of whole steps around a circle."""
    step = Distribution(steps)
    wrong = [each for each in step if not is_whole(each)]
    if wrong:
        raise InvalidArgument(f"steps has the step {shorten(wrong[0])}; steps around a circle are whole numbers")
    return step
