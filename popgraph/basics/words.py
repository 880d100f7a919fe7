"""How the sentences of messages are put together: values in short, lists cut off, sizes in words, the name that was meant."""

import sys
from collections.abc import Collection, Iterable, Sequence
from difflib import get_close_matches
from itertools import islice
from math import log10
from numbers import Number
from types import FunctionType
from typing import Any

MAX_ITEMS_NAMED = 5  # in one message
MAX_NAMES_COMPARED = 10_000  # when the nearest of many names is looked for


def listing(items: Collection[str]) -> str:
    """Join the first five items, and say how many more there are."""
    named = list(islice(items, MAX_ITEMS_NAMED))
    unnamed = len(items) - len(named)
    return ", ".join(named) + (f" and {unnamed:,} more" if unnamed else "")


def is_public_function(value: Any) -> bool:
    """Whether this is a function that popgraph offers, by its own name in its own module."""
    if not isinstance(value, FunctionType) or value.__name__.startswith("_"):
        return False
    module = value.__module__ or ""
    return module.startswith("popgraph.") and getattr(sys.modules.get(module), value.__name__, None) is value


def shorten(value: Any, width: int = 60) -> str:
    """Return repr(value) on one line, cut in the middle when it is long; a message is written whatever repr(value) raises."""
    if is_public_function(value):
        return f"the function {value.__name__}, which was not called: {value.__name__}(...)"
    try:
        text = " ".join(_written(value).split())
    except Exception:  # Python writes no int of more than 4,300 digits, and a user's class may raise anything
        bits = f" of {value.bit_length():,} bits" if isinstance(value, int) else ""
        text = f"<{type(value).__name__}{bits}>"
    return printable(text, width)


def _written(value: Any) -> str:
    """Return repr(value), a set's items in the order of their own repr: theirs is another one in every process."""
    if type(value) is tuple and any(type(part) in (tuple, set, frozenset) for part in value):
        parts = [_written(part) for part in value]
        return f"({', '.join(parts)}{',' * (len(parts) == 1)})"
    if type(value) not in (set, frozenset) or not value:
        return repr(value)
    items = "{" + ", ".join(sorted(_written(part) for part in value)) + "}"
    return items if type(value) is set else f"frozenset({items})"


def did_you_mean(given: Sequence[Any], known: Iterable[Any]) -> str:
    """Return ": did you mean 'cat'?" if the first of the `given` names is close to a known one, or else "".

    Names that differ only by case or type come first. Numbers match in no other way, as any two of them would be close.
    """
    if not given:
        return ""
    wanted, candidates = given[0], list(islice(known, MAX_NAMES_COMPARED))
    texts = [shorten(candidate) for candidate in candidates]
    plain = _plain(wanted)
    for candidate, text in zip(candidates, texts, strict=True):
        if plain is not None and _plain(candidate) == plain:
            return f": did you mean {text}?"
    if not _contains_text(wanted):
        return ""
    near = get_close_matches(shorten(wanted), texts, n=1, cutoff=0.75)
    return f": did you mean {near[0]}?" if near else ""


def _plain(name: Any) -> str | None:
    """Return a word or number without its case and type, or None of what is neither."""
    text = name if isinstance(name, str) else shorten(name) if isinstance(name, Number) else None
    return None if text is None else text.strip().casefold()


def _contains_text(name: Any) -> bool:
    """Whether this is a string, or a tuple with one in it."""
    return isinstance(name, str) or (isinstance(name, tuple) and any(map(_contains_text, name)))


def printable(text: str, width: int = 200) -> str:
    """Return a name, cut in the middle if it is long, with characters that cannot be shown written as backslash escapes.

    These are control characters, line breaks, changes of the direction of writing, and the lone surrogates by which Python keeps
    bytes of file names that are not UTF-8.
    """
    if len(text) > width:
        half = (width - 3) // 2
        text = f"{text[:half]}...{text[-half:]}"
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def size_in_words(n_bytes: float) -> str:
    """Write a number of bytes with the usual unit, as in "80 GB"."""
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if n_bytes < 1000 or unit == "TB":
            break
        n_bytes /= 1000
    return f"{n_bytes:,.3g} {unit}" if n_bytes < 1000 else f"{n_bytes:,.0f} {unit}"


def count_in_words(number: int) -> str:
    """Write a whole number of any size, as in "4,096" or "about 1.07e301"."""
    if number < 10**15:
        return f"{number:,}"
    exponent = int(log10(number))
    return f"about {number // 10 ** (exponent - 2) / 100:.3g}e{exponent}"
