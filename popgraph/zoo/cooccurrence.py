"""Word co-occurrence: the positive pairs are two words that stand near each other in a text."""

import re
from codecs import decode
from importlib.util import find_spec
from typing import Any

from popgraph.basics.arguments import count
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.outcomes import list_finite
from popgraph.basics.words import shorten
from popgraph.errors import InvalidArgument
from popgraph.populations import PairGraph, from_pairs

WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


@checked_call(lag="use window=", words="use text=")
def cooccurrence(text: Any = None, window: int = 2) -> PairGraph:
    """Count the pairs of words of a text that stand at most ``window`` words apart in one line, each in both directions.

    Views are words, in lower case and without punctuation, in the order of the text; a word without another near it is none. Ā has
    negative eigenvalues, which need two encoders, words and contexts: log K = log(w_xx' / w_x w_x') is the pointwise mutual
    information, which word2vec with negative samples factorises.

    Parameters
    ----------
    text : str or sequence of str, optional
        Its lines; by default those of the Zen of Python (Tim Peters, PEP 20, in the public domain), which ships with Python as the
        module ``this``, under the licence of the Python Software Foundation.
    window : int
        How many words apart two words of a pair may stand, 1 or more.

    Returns
    -------
    PairGraph
        A view for each word that has a neighbour.

    Raises
    ------
    InvalidArgument
        If text is no text, no two words stand near each other, or window is below 1.

    See Also
    --------
    masked_tokens : Bags of the words of a sentence.
    popgraph.from_pairs : Count pairs of your own.

    Notes
    -----
    Closed form: a line that goes once around n > 2 words, "a b c a", with window=1, is the n-cycle, μ = cos(2πj/n).

    References
    ----------
    Levy and Goldberg, Neural word embedding as implicit matrix factorization, 2014; [THEORY 11].

    Examples
    --------
    >>> import popgraph as pg
    >>> zen = pg.zoo.cooccurrence()
    >>> zen
    PairGraph(co-occurrence: 80 views, 180 pairs, 2 components)
    >>> zen.explain("better", "than").value
    Fraction(4, 215)
    >>> pg.zoo.cooccurrence("tea with milk tea", window=1).spectrum(3).gamma
    array([ 1. , -0.5, -0.5])
    """
    window = count("window", window)
    lines = [WORD.findall(line.lower()) for line in _lines(text)]
    pairs: list[tuple[str, str]] = []
    for words in lines:
        for apart in range(1, min(window, len(words) - 1) + 1):
            pairs += zip(words[:-apart], words[apart:], strict=True)
    if not pairs:
        raise InvalidArgument(f"text is {shorten(text)}, in which no two words stand in one line; give one that has")
    near = {word for pair in pairs for word in pair}
    views = [word for word in dict.fromkeys(word for words in lines for word in words) if word in near]
    return from_pairs(pairs, views=views, symmetrize=True, name="co-occurrence")


def _lines(text: Any) -> list[str]:
    """Return the lines of a text, or of the Zen of Python."""
    if text is None:
        return zen_of_python().splitlines()[1:]  # without its title
    if isinstance(text, str):
        return text.splitlines()
    if isinstance(text, bytes) or not hasattr(text, "__iter__"):
        raise InvalidArgument(f"text is {shorten(text)}, a {type(text).__name__}; give a str, or a list of lines")
    lines = list_finite(text, "the lines of text")
    for i, line in enumerate(lines):
        if not isinstance(line, str):
            raise InvalidArgument(f"text[{i}] is {shorten(line)}, which is no str; give a str, or a list of lines")
    return lines


def zen_of_python() -> str:
    """Return the text that `import this` prints, without printing it: it is the longest string of that module, in rot13."""
    spec = find_spec("this")
    code = None if spec is None else spec.loader.get_code("this")  # type: ignore[union-attr]
    if code is None:
        raise InvalidArgument("this Python has no module `this`; give text=")
    return decode(max((each for each in code.co_consts if isinstance(each, str)), key=len), "rot13")
