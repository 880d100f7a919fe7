"""Masked tokens: sentences as bags of words, each word masked with some probability."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from math import comb, prod
from typing import Any

from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.outcomes import read_distinct
from popgraph.basics.arguments.probabilities import parse_unit
from popgraph.basics.words import shorten
from popgraph.declare import Augmentation, Distribution
from popgraph.errors import InvalidArgument, InvalidDistribution, TooLarge
from popgraph.populations import PopulationGraph, build

MAX_BAGS_OF_SENTENCE = 2**16  # of words, after masking
SENTENCES = {
    "the cat purrs": "animals",
    "the dog barks": "animals",
    "a cat sleeps": "animals",
    "a dog sleeps": "animals",
    "the bank lends": "money",
    "the bank saves": "money",
    "a fund lends": "money",
    "a fund saves": "money",
}


@checked_call()
def masked_tokens(
    sentences: Mapping[str, Any] | Iterable[str] = SENTENCES, probability: Any = "1/2"
) -> PopulationGraph:
    """Mask each word of a sentence independently; the view is the bag of the other words, sorted.

    Sentences are equally likely. A view is a tuple of words; all sentences have the view (), where every word is masked. Of n
    sentences of m words each that share no word, Ā has the eigenvalues 1 and, n - 1 times, 1 - probability^m. Sentences that
    share words share more views.

    Parameters
    ----------
    sentences : mapping sentence -> label, or iterable of sentences
        Words separated by spaces. Sentences of the same words are different naturals with the same views. Two topics by default.
    probability : float, Fraction, Decimal, str or int
        That a word is masked, in [0, 1].

    Returns
    -------
    PopulationGraph
        A view for each bag of words that is left.

    Raises
    ------
    InvalidArgument
        If a sentence is no string, or there is none.
    InvalidDistribution
        If the probability is not in [0, 1].
    TooLarge
        If a sentence has more than 65,536 bags.

    See Also
    --------
    cooccurrence : Pairs of words of a text.
    masked_autoencoder : Visible and masked parts as two kinds of views.

    References
    ----------
    After masked language modelling as in Devlin et al., BERT, 2019, on the bags of words of [Z25]'s setting.

    Examples
    --------
    >>> import popgraph as pg
    >>> graph = pg.zoo.masked_tokens(["to be", "not you"], "1/2")
    >>> graph.spectrum(2).gamma
    array([1.  , 0.75])
    >>> pg.zoo.masked_tokens().view_labels[:3].tolist()
    ['animals', 'animals', 'animals']
    """
    named = list(sentences) if isinstance(sentences, Mapping) else sentences
    listed: Any = read_distinct(named, "sentence", "list each once")
    if not listed:
        raise InvalidArgument("sentences is empty; give one sentence or more")
    for sentence in listed:
        if not isinstance(sentence, str):
            raise InvalidArgument(f"sentences has {shorten(sentence)}, which is no string")
    q = parse_unit(probability)

    def masked(sentence: str) -> Distribution:
        words = Counter(sentence.split())
        if prod(count + 1 for count in words.values()) > MAX_BAGS_OF_SENTENCE:
            raise TooLarge(
                f"{shorten(sentence)} has more than {MAX_BAGS_OF_SENTENCE:,} bags of words; give shorter sentences"
            )
        bags: dict[Sequence[str], Any] = {}
        for unmasked in product(*(range(count, -1, -1) for count in words.values())):
            chance: Any = 1
            for times, count in zip(unmasked, words.values(), strict=True):
                chance = chance * comb(count, times) * (1 - q) ** times * q ** (count - times)
            if not chance and 0 < q < 1:
                raise InvalidDistribution(
                    f"a bag of {shorten(sentence)} has a probability too small for float64; give probability= as a fraction"
                )
            if chance:
                bag = sorted(word for word, times in zip(words, unmasked, strict=True) for _ in range(times))
                bags[tuple(bag)] = chance
        return Distribution(bags)

    labels = [sentences[sentence] for sentence in listed] if isinstance(sentences, Mapping) else None
    return build(Distribution.uniform(listed), Augmentation(masked, "mask words"), labels=labels, name="masked tokens")
