"""Bit strings whose bits flip independently: every eigenvalue is known, and nearly all are repeated."""

from itertools import product
from typing import Any

from popgraph.basics.arguments import count
from popgraph.basics.arguments.keywords import checked_call
from popgraph.declare import Distribution, applied, independently
from popgraph.errors import TooLarge
from popgraph.populations import PopulationGraph, build

MAX_BITS = 13  # of which the kernel has 67 million entries, 3 GB


@checked_call()
def hypercube(d: int, flip: Any = "1/4") -> PopulationGraph:
    """Flip each bit of a uniform string of d bits independently.

    The eigenvectors are the 2^d parities of sets S of bits, with the eigenvalues γ_S = (1 - 2 flip)^(2|S|); binom(d, j) sets have
    j bits [THEORY 10]. The label is the first bit.

    Parameters
    ----------
    d : int
        Bits, 1 or more; there are 2^d naturals, and as many views (for 0 < flip < 1).
    flip : float, Fraction, Decimal, str or int
        The probability that one bit flips.

    Returns
    -------
    PopulationGraph
        2^d views.

    Raises
    ------
    InvalidArgument
        If d < 1.
    TooLarge
        If d > 13: A has 4^d entries.

    See Also
    --------
    scaled_hypercube : Coordinates that are scaled instead.
    popgraph.product : Thousands of bits, unlisted.

    Examples
    --------
    >>> import popgraph as pg
    >>> pg.zoo.hypercube(2, "1/4").spectrum(4).gamma
    array([1.    , 0.25  , 0.25  , 0.0625])
    """
    d = count("d", d, why="a hypercube has a whole number of bits")
    if d > MAX_BITS:
        raise TooLarge(f"the {d}-cube's kernel has 4^{d} entries; give d <= {MAX_BITS}")
    strings = list(product((0, 1), repeat=d))
    noise = independently(applied(_other, flip, "flip", trusted=True))
    return build(Distribution.uniform(strings), noise, labels=[bits[0] for bits in strings], name=f"{d}-cube")


def _other(bit: int) -> int:
    return 1 - bit
