"""The exceptions of popgraph, and how their sentences are put together.

Each is also the built-in that a user would expect to catch: a ValueError, TypeError, AttributeError, RuntimeError, MemoryError or
ImportError.
"""

import importlib
import signal
import sys
import threading
from collections.abc import Collection, Iterable, Sequence
from dataclasses import FrozenInstanceError
from difflib import get_close_matches
from itertools import islice
from math import log10
from numbers import Number
from types import FunctionType, ModuleType
from typing import Any

__all__ = [
    "InvalidArgument",
    "InvalidAugmentation",
    "InvalidCall",
    "InvalidDistribution",
    "InvalidEmbedding",
    "InvalidFile",
    "MissingExtra",
    "NotConverged",
    "PopgraphError",
    "ReadOnly",
    "TooLarge",
]


def __dir__() -> list[str]:
    """List what is public."""
    return sorted(__all__)


class PopgraphError(Exception):
    """Any error that popgraph raises on purpose."""


class InvalidArgument(PopgraphError, ValueError):
    """An argument is outside what the function accepts."""


class InvalidCall(InvalidArgument, TypeError):
    """A function has no argument of this name, or lacks one that it needs; the message names the nearest."""


class InvalidDistribution(InvalidArgument):
    """Probabilities or outcomes do not make a finite distribution."""


class InvalidAugmentation(InvalidArgument):
    """An augmentation, or a kernel matrix, is not a Markov kernel on the naturals."""


class InvalidEmbedding(InvalidArgument):
    """An embedding f is not one finite real vector for each view."""


class InvalidFile(InvalidArgument):
    """A file that `load` cannot take: truncated, edited, of another format or a later version."""


class ReadOnly(PopgraphError, FrozenInstanceError):
    """An attribute of a value cannot be set; it is also what dataclasses raise, and an AttributeError."""


class TooLarge(PopgraphError, MemoryError):
    """What was asked for would need more memory than is sensible; the message names the alternative."""


class NotConverged(PopgraphError, RuntimeError):
    """An iterative answer could not be certified; the message says what was reached."""


class MissingExtra(PopgraphError, ImportError):
    """An optional dependency is not installed; the message names the requirement to install."""


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
    """Return ": did you mean 'cat'?" if the first of some names is nearly one of those known, and nothing else.

    Names that differ by case or type alone come first. Of numbers, and of tuples of them, any two would be near.

    Examples
    --------
    >>> did_you_mean(["catt"], ["cat", "dog"]), did_you_mean(["DOG"], ["cat", "dog"]), did_you_mean([1], ["1"])
    (": did you mean 'cat'?", ": did you mean 'dog'?", ": did you mean '1'?")
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
    """Return a name as it stands, cut in the middle when it is long, with what no screen, font or file shows in backslashes.

    That is control characters and line breaks, those that turn the direction of writing, and the lone surrogates by which
    Python keeps the bytes of file names that are no UTF-8.

    Examples
    --------
    >>> printable("a\\nb"), printable("caf\\udce9.png")
    ('a\\\\nb', 'caf\\\\udce9.png')
    """
    if len(text) > width:
        half = (width - 3) // 2
        text = f"{text[:half]}...{text[-half:]}"
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def size_in_words(n_bytes: float) -> str:
    """Write a number of bytes in the unit that a person would use.

    Examples
    --------
    >>> size_in_words(8 * 10**10)
    '80 GB'
    """
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if n_bytes < 1000 or unit == "TB":
            break
        n_bytes /= 1000
    return f"{n_bytes:,.3g} {unit}" if n_bytes < 1000 else f"{n_bytes:,.0f} {unit}"


def count_in_words(number: int) -> str:
    """Write a whole number of any size.

    Examples
    --------
    >>> count_in_words(4096), count_in_words(2**1000)
    ('4,096', 'about 1.07e301')
    """
    if number < 10**15:
        return f"{number:,}"
    exponent = int(log10(number))
    return f"about {number // 10 ** (exponent - 2) / 100:.3g}e{exponent}"


# What to install for a library that is imported on first use, as in pyproject.toml. Named by itself, and not as an extra of
# popgraph: that is right wherever this copy of popgraph came from, and asks an index for no package of that name.
REQUIREMENTS = {
    "IPython": ("ipywidgets>=8.1",),
    "dask": ("dask[array]>=2026.8", "distributed>=2026.8"),
    "distributed": ("dask[array]>=2026.8", "distributed>=2026.8"),
    "flint": ("python-flint>=0.9",),
    "hypothesis": ("hypothesis>=6.130",),
    "ipywidgets": ("ipywidgets>=8.1",),
    "pandas": ("pandas>=2.2.2",),
    "torch": ("torch>=2.4",),
    "tqdm": ("tqdm>=4.66",),
}


def load_whole(module: str) -> ModuleType:
    """Import a library on first use, and hold Ctrl-C until it is there.

    A compiled library whose import is interrupted raises an ImportError in place of KeyboardInterrupt.

    Examples
    --------
    >>> load_whole("scipy.optimize").minimize.__name__
    'minimize'
    """
    handler = signal.getsignal(signal.SIGINT)
    if module in sys.modules or not callable(handler) or threading.current_thread() is not threading.main_thread():
        return importlib.import_module(module)
    heard: list[tuple[Any, Any]] = []
    signal.signal(signal.SIGINT, lambda number, frame: heard.append((number, frame)))
    try:
        return importlib.import_module(module)
    finally:
        signal.signal(signal.SIGINT, handler)
        if heard:
            handler(*heard[0])


def require(module: str) -> ModuleType:
    """Import an optional dependency on first use.

    Raises
    ------
    MissingExtra
        If the module is not installed; the message names what to install.
    """
    try:
        return load_whole(module)
    except ImportError as error:
        needed = " ".join(f'"{requirement}"' for requirement in REQUIREMENTS[module.split(".")[0]])
        raise MissingExtra(f"{module} is not installed; run: pip install {needed}") from error
