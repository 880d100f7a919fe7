"""A masked autoencoder on strings of bits: the visible part is one kind of view, the masked part the other."""

from itertools import combinations, product
from math import comb
from typing import Any

from popgraph.basics.arguments import count
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.probabilities import parse_unit
from popgraph.declare import Augmentation, Distribution
from popgraph.errors import InvalidArgument, TooLarge
from popgraph.populations import BipartiteGraph, build

MAX_MASKED_STRINGS = 2**20  # (masks) x (strings): each is a pair of the two parts


@checked_call()
def masked_autoencoder(bits: int = 4, masked: int = 2, *, flip: Any = "1/4") -> BipartiteGraph:
    """Pair the visible part of a string with its masked part, where all bits are noisy copies of one hidden bit.

    A natural is a hidden bit h, its label, with a mask: which ``masked`` of the ``bits`` positions are masked, all equally likely.
    Each bit of the string is h, flipped with probability ``flip`` independently. The view x shows the visible bits, as "01??", and
    z the others, as "??10". Given h and the mask the two parts are independent, and every mask is a component of its own, since
    both parts show it: S has the singular value 1 once for each mask, and σ = ρ(bits - masked) ρ(masked) once for each mask, all
    else 0. ρ(m) is the correlation of h with m of its copies, ρ(m)² = Σ_j C(m, j) (a_j - b_j)²/(2 (a_j + b_j)) with
    a_j = flip^j (1 - flip)^(m - j) and b_j = a_{m-j}. So the first vectors tell only which positions are masked; the hidden bit
    comes after all of these, and is learned best if half of the bits are masked.

    Parameters
    ----------
    bits : int
        The length of the string, 2 or more.
    masked : int
        How many positions are masked, 1 to bits - 1.
    flip : float, Fraction, Decimal, str or int
        The probability that a bit is not h.

    Returns
    -------
    BipartiteGraph
        Of visible parts x and masked parts z.

    Raises
    ------
    InvalidArgument
        If bits or masked is out of range.
    InvalidDistribution
        If flip is not in [0, 1].
    TooLarge
        If there are more than 1,048,576 pairs of a mask and a string.

    See Also
    --------
    image_text : Images and captions.
    masked_tokens : Words that are masked.

    References
    ----------
    Zhang, Wang and Wang, How mask matters: towards theoretical understandings of masked autoencoders, 2022, arXiv 2210.08344.

    Examples
    --------
    >>> import popgraph as pg
    >>> graph = pg.zoo.masked_autoencoder(3, 1)
    >>> graph.views_x[:3], graph.views_z[:3]
    (('?00', '?01', '?10'), ('0??', '1??', '?0?'))
    >>> graph.spectrum(6).sigma
    array([1.    , 1.    , 1.    , 0.3162, 0.3162, 0.3162])
    >>> pg.probe(graph.of_x, graph.side_x.spectrum(3)).error, pg.probe(graph.of_x, graph.side_x.spectrum(6)).error
    (0.5, 0.0)
    """
    count("bits", bits, 2, 62, "a string has 2 to 62 bits")
    count("masked", masked, 1, 62, "it must be a whole number")
    if masked >= bits:
        raise InvalidArgument(f"masked is {masked}, of {bits} bits; at least one must be visible: give 1 to {bits - 1}")
    if comb(bits, masked) * 2**bits > MAX_MASKED_STRINGS:
        raise TooLarge(
            f"{comb(bits, masked):,} masks of {2**bits:,} strings are more than {MAX_MASKED_STRINGS:,} pairs; give fewer bits"
        )
    q = parse_unit(flip, "flip")

    def shown(natural: tuple[int, tuple[int, ...]], *, where_masked: bool) -> Distribution:
        hidden, mask = natural
        places = [i for i in range(bits) if (i in mask) == where_masked]
        parts = {}
        for values in product((0, 1), repeat=len(places)):
            chance: Any = 1
            for value in values:
                chance = chance * (1 - q if value == hidden else q)
            letters = ["?"] * bits
            for place, value in zip(places, values, strict=True):
                letters[place] = str(value)
            parts["".join(letters)] = chance
        return Distribution(parts)

    naturals = [(hidden, mask) for mask in combinations(range(bits), masked) for hidden in (0, 1)]
    return build(
        Distribution.uniform(naturals),
        Augmentation(lambda natural: shown(natural, where_masked=False), "visible part"),
        second=Augmentation(lambda natural: shown(natural, where_masked=True), "masked part"),
        labels=[hidden for hidden, _ in naturals],
        name="masked autoencoder",
    )
