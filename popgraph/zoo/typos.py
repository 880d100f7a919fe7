"""Words with typing errors: a finger lands on a key that touches the right one, on a keyboard as it is built."""

from collections.abc import Iterable, Mapping
from typing import Any

from popgraph.basics.arguments import one_of
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.outcomes import read_distinct
from popgraph.basics.arguments.probabilities import parse_unit
from popgraph.basics.words import shorten
from popgraph.declare import Augmentation, Distribution
from popgraph.errors import InvalidArgument, TooLarge
from popgraph.populations import PopulationGraph, build

MAX_TYPED_WORDS = 2**16  # with repetitions: each word and all its typing errors
KEYBOARDS = {
    "qwerty": ("qwertyuiop", "asdfghjkl", "zxcvbnm"),
    "qwertz": ("qwertzuiop", "asdfghjkl", "yxcvbnm"),
    "azerty": ("azertyuiop", "qsdfghjklm", "wxcvbn"),
}
ROW_STARTS = (0.0, 0.25, 0.75)  # where the rows of letters begin, in widths of a key: the stagger of every typewriter
WORDS = {"cat": "animal", "rat": "animal", "car": "vehicle", "bus": "vehicle"}


@checked_call()
def typos(
    words: Mapping[str, Any] | Iterable[str] = WORDS, rate: Any = "1/2", *, keyboard: str = "qwerty"
) -> PopulationGraph:
    """Mistype one letter of a word, with some probability: any letter, and any key that touches the right one, equally likely.

    Words are equally likely. Keys are squares in three rows, each row shifted as on a real keyboard, and two keys touch if they
    share a part of an edge: on "qwerty" t touches r, y, f and g. The label is the word's, or the word itself of words without.

    Of two words Ā has the eigenvalues 1, γ = 1 - Σ_x 2 a(x) b(x) / (a(x) + b(x)), and 0 otherwise, where a and b are the rows of
    A: one less the overlap of their views, in the harmonic mean. Proof: the nonzero eigenvalues of Ā = MᵀM are those of the 2 x 2
    matrix MMᵀ, one of which is 1. Its trace is Σ_x (a² + b²) / (a + b), as w_x(x) = (a(x) + b(x)) / 2, and a² + b² =
    (a + b)² - 2ab makes that 2 - Σ_x 2ab / (a + b). Of any number of words, the components are the groups in which one word leads
    to the next by a view of both: a typing error at one letter, where the right keys touch each other or a third, or at two letters
    whose keys touch.

    Parameters
    ----------
    words : mapping word -> label, or iterable of words
        Of lower-case letters a to z; all different. "cat" and "rat", animals, and "car" and "bus", vehicles, if not given.
    rate : float, Fraction, Decimal, str or int
        The probability of a typing error, in [0, 1].
    keyboard : {"qwerty", "qwertz", "azerty"}

    Returns
    -------
    PopulationGraph
        A view for each string that a slip makes.

    Raises
    ------
    InvalidArgument
        If a word is no string of the letters a to z, there is none, or the keyboard is none of the three.
    InvalidDistribution
        If a word is given twice, or the rate is not in [0, 1].
    TooLarge
        If the words have more than 65,536 views, those of several words counted for each.

    See Also
    --------
    dna : Words of four letters with mutations.
    masked_tokens : Words that are left out.

    Examples
    --------
    >>> import popgraph as pg
    >>> graph = pg.zoo.typos()
    >>> graph
    PopulationGraph(typos: 4 naturals, 49 views, 2 components)
    >>> print(graph.explain("cat", "car"))
    w('cat', 'car') = 1/96
      = sum over naturals of p · A(x) · A(x'):
      1/4 · 1/2 · 1/24 = 1/192   from 'cat'
      1/4 · 1/24 · 1/2 = 1/192   from 'car'
    """
    one_of("keyboard", keyboard, tuple(KEYBOARDS))
    touching = _touching_keys(KEYBOARDS[keyboard])
    listed = _read_words(words, touching)
    q = parse_unit(rate, "rate")
    views = sum(1 + sum(len(touching[letter]) for letter in word) for word in listed)
    if views > MAX_TYPED_WORDS:
        raise TooLarge(
            f"the words have {views:,} views in all; give fewer or shorter words, of {MAX_TYPED_WORDS:,} views at most"
        )

    def mistyped(word: str) -> Distribution:
        typed: dict[str, Any] = {word: 1 - q}
        for place, letter in enumerate(word):
            for key in touching[letter]:
                typed[word[:place] + key + word[place + 1 :]] = q / len(word) / len(touching[letter])
        return Distribution(typed)

    labels = [words[word] for word in listed] if isinstance(words, Mapping) else listed
    return build(Distribution.uniform(listed), Augmentation(mistyped, "typos"), labels=labels, name="typos")


def _touching_keys(rows: tuple[str, ...]) -> dict[str, list[str]]:
    """Return for each key those that share a part of an edge with it, row by row."""
    places = {
        key: (row, start + column)
        for row, (start, keys) in enumerate(zip(ROW_STARTS, rows, strict=True))
        for column, key in enumerate(keys)
    }

    def touch(here: tuple[int, float], there: tuple[int, float]) -> bool:
        if here[0] == there[0]:
            return abs(here[1] - there[1]) == 1
        return abs(here[0] - there[0]) == 1 and abs(here[1] - there[1]) < 1

    return {key: [other for other in places if touch(places[key], places[other])] for key in places}


def _read_words(words: Any, touching: Mapping[str, Any]) -> list[str]:
    """Return the words, each of which is typed with keys of the keyboard."""
    if isinstance(words, str | bytes):
        raise InvalidArgument(f'words is {shorten(words)}; give a list of words, like ["cat", "car"]')
    listed: list[Any] = read_distinct(list(words) if isinstance(words, Mapping) else words, "word", "list each once")
    if not listed:
        raise InvalidArgument("words is empty; give one word or more")
    for word in listed:
        if not isinstance(word, str) or not word or not set(word) <= set(touching):
            raise InvalidArgument(f"words has {shorten(word)}; a word is a string of the lower-case letters a to z")
    return [str(word) for word in listed]
