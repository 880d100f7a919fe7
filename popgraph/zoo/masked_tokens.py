"""Masked tokens: sentences as bags of words, each word masked with some probability."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from math import comb, prod
from typing import Any

from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.outcomes import read_distinct
from popgraph.basics.arguments.probabilities import parse_unit
from popgraph.declare.augmentation import Augmentation
from popgraph.declare.distribution import Distribution
from popgraph.errors import InvalidArgument, InvalidDistribution, TooLarge, shorten
from popgraph.populations.building import build
from popgraph.populations.graph import PopulationGraph

LARGEST = 2**16  # bags that one sentence may leave
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
    """Mask each word of a sentence independently, and keep the rest as a bag of words: the words left, sorted.

    Sentences are equally likely. A view is a tuple of words, () where all were masked, which every sentence reaches. Of n
    sentences that share no word and have one length m, Ā has the eigenvalues 1 and, n - 1 times, 1 - probability^m, whatever
    the words; shared words are what joins the sentences of a topic sooner.

    Parameters
    ----------
    sentences : mapping sentence -> label, or iterable of sentences
        Words apart by spaces. Sentences of equal words are different naturals with the same views. Two topics by default.
    probability : float, Fraction, Decimal, str or int
        Of a word to be masked, in [0, 1].

    Raises
    ------
    InvalidArgument
        If a sentence is no string, or there is none.
    InvalidDistribution
        If the probability is none.
    TooLarge
        If a sentence leaves more than 65,536 bags.

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
        if prod(count + 1 for count in words.values()) > LARGEST:
            raise TooLarge(f"{shorten(sentence)} leaves more than {LARGEST:,} bags of words; give shorter sentences")
        bags: dict[Sequence[str], Any] = {}
        for kept in product(*(range(count, -1, -1) for count in words.values())):
            chance: Any = 1
            for left, count in zip(kept, words.values(), strict=True):
                chance = chance * comb(count, left) * (1 - q) ** left * q ** (count - left)
            if not chance and 0 < q < 1:
                raise InvalidDistribution(
                    f"a bag of {shorten(sentence)} has a probability too small for float64; give probability= as a fraction"
                )
            if chance:
                bag = sorted(word for word, left in zip(words, kept, strict=True) for _ in range(left))
                bags[tuple(bag)] = chance
        return Distribution(bags)

    labels = [sentences[sentence] for sentence in listed] if isinstance(sentences, Mapping) else None
    return build(Distribution.uniform(listed), Augmentation(masked, "mask words"), labels=labels, name="masked tokens")
