"""Playing cards read at a glance: the colour is seldom mistaken, the suit sometimes, the rank often."""

from fractions import Fraction
from itertools import product
from typing import Any

from popgraph.basics.arguments import count
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.probabilities import parse_unit
from popgraph.declare import Augmentation, Distribution
from popgraph.errors import InvalidDistribution
from popgraph.populations import PopulationGraph, build

RANKS = ("A", "K", "Q", "J", "10", "9", "8", "7", "6", "5", "4", "3", "2")
SUITS = {"♠": "spades", "♣": "clubs", "♥": "hearts", "♦": "diamonds"}
BLACK = "♠♣"


@checked_call()
def cards(ranks: int = 4, *, colour: Any = "1/16", suit: Any = "1/8", rank: Any = "1/2") -> PopulationGraph:
    """Misread a playing card: its suit for one of the other colour, or for the other of its colour; and its rank for any other.

    Cards are equally likely and views are cards, "A♠" to "2♦". The label is the suit, in words. With c = ``colour``, s = ``suit``,
    t = ``rank`` and r ranks Ā has the eigenvalues 1; (1 - 2c)² for red against black; (1 - c - 2s)² twice, for ♠ against ♣ and for
    ♥ against ♦; and each of these four times (1 - t r/(r - 1))², r - 1 times, for functions of the rank.

    Proof: suit and rank are misread independently, so the eigenvalues of A are products. Let a suit stay with probability
    1 - c - s. On f = 1 for black and -1 for red A gives ((1 - c - s) + s - c) f = (1 - 2c) f. On f = 1 at ♠ and -1 at ♣ it gives
    (1 - c - s) - s at ♠, minus that at ♣, and c/2 - c/2 = 0 at red suits. A function of the rank with sum 0 is multiplied by
    (1 - t) - t/(r - 1). As A is symmetric and p uniform, Ā = A².

    Parameters
    ----------
    ranks : int
        The highest ranks of A, K, Q, J, 10, ..., 2, from 1 to 13: 4 makes 16 cards, 8 the 32 of skat and piquet, 13 all 52.
    colour, suit, rank : float, Fraction, Decimal, str or int
        Probabilities: that the suit is read as one of the two of the other colour, each equally likely; that it is read as the
        other of its own colour; that the rank is read as any other, equally likely (without effect where there is one rank).

    Returns
    -------
    PopulationGraph
        A view for each card, labelled by the suit.

    Raises
    ------
    InvalidArgument
        If ``ranks`` is not a whole number from 1 to 13.
    InvalidDistribution
        If a probability is not in [0, 1], or colour + suit exceeds 1.

    See Also
    --------
    colour_shape : Two attributes of any number of values.
    dice : Faces of a die.

    Examples
    --------
    >>> import popgraph as pg
    >>> graph = pg.zoo.cards()
    >>> graph.views[:5]
    ('A♠', 'K♠', 'Q♠', 'J♠', 'A♣')
    >>> graph.spectrum(5).gamma  # (7/8)² of the colour, (11/16)² of the suits, (1/3)² of the rank three times
    array([1.        , 0.765625  , 0.47265625, 0.47265625, 0.11111111])
    >>> pg.probe(graph, graph.spectrum(4)).error
    0.0
    """
    ranks = count("ranks", ranks, 1, len(RANKS), "a pack of cards has a whole number of ranks")
    c, s, t = parse_unit(colour, "colour"), parse_unit(suit, "suit"), parse_unit(rank, "rank")
    if c + s > 1:
        raise InvalidDistribution(f"colour + suit is {c + s}; a suit is misread with probability 1 at most")
    others = RANKS[:ranks]

    def suit_read_as(here: str, there: str) -> Any:
        if here == there:
            return 1 - c - s
        return s if (here in BLACK) == (there in BLACK) else c / 2

    def rank_read_as(here: str, there: str) -> Any:
        if here == there:
            return 1 - t if ranks > 1 else Fraction(1)
        return t / (ranks - 1)

    def misread(card: str) -> Distribution:
        shares = {r + s: rank_read_as(card[:-1], r) * suit_read_as(card[-1], s) for s, r in product(SUITS, others)}
        return Distribution({view: share for view, share in shares.items() if share})

    pack = [r + s for s, r in product(SUITS, others)]
    labels = [SUITS[card[-1]] for card in pack]
    return build(Distribution.uniform(pack), Augmentation(misread, "misread"), labels=labels, name="cards")
