"""Flags, words, whole and real numbers, seeds and callables, one at a time; and the key by which values are compared.

| argument | taken | refused |
|---|---|---|
| k, counts, sizes: `whole_number`, `count` | ints of Python, numpy or sympy | 2.0, True, lengths of time, what is out of range |
| real numbers: `number` | those, floats, Fractions | True, complex, NaN, infinity, strings, what is out of range |
| angles: `angle` | a real number of radians, above 0 and below pi/2 | 0, degrees beyond it |
| rng: `generator` | None, a whole number of 0 or more, numpy's Generator, BitGenerator or SeedSequence | True, words, RandomState |
| flags: `flag` | True, False, numpy's | "no", 0, 1, None |
| words: `word`, `one_of` | strings; those listed | all else; the nearest one is named |
| functions: `called`, `read_callable` | what can be called | all else |
"""

from collections.abc import Callable, Sequence
from datetime import date
from fractions import Fraction
from numbers import Integral, Rational, Real
from typing import Any

import numpy as np

from popgraph.basics.words import count_in_words, did_you_mean, shorten
from popgraph.errors import InvalidArgument


def is_whole(value: Any) -> bool:
    """Whether this is a whole number: no truth value and no length of time, which Python and numpy count among them."""
    return isinstance(value, Integral) and not isinstance(value, bool | np.bool_ | np.timedelta64)


def as_fraction(value: Any) -> Fraction | None:
    """Return an integer or an exact rational of Python or another library (flint, gmpy2, sympy, sage) as a Fraction, or None."""
    if isinstance(value, Fraction):
        return value
    if isinstance(value, Rational) and not isinstance(value, bool | np.bool_ | np.timedelta64):
        return Fraction(int(value.numerator), int(value.denominator))
    if type(value).__module__.partition(".")[0] == "flint":  # which registers its numbers with no class of Python's
        if hasattr(value, "p") and hasattr(value, "q"):
            return Fraction(int(value.p), int(value.q))
        if hasattr(value, "__index__"):
            return Fraction(value.__index__())
    return None


def by_value(item: Any) -> Any:
    """Return a key that is the same for all values that are equal, also for a date of numpy and of Python, whose hashes differ."""
    kind = type(item)
    if kind in (str, int, float, bool, type(None)):
        return item
    if kind is np.datetime64:
        plain = item.item()
        return plain if isinstance(plain, date) else item
    exact = as_fraction(item)
    return item if exact is None else exact


def is_real(value: Any) -> bool:
    """Whether this is a real number: no truth value and no length of time."""
    return isinstance(value, Real) and not isinstance(value, bool | np.bool_ | np.timedelta64)


def flag(name: str, value: Any) -> bool:
    """Return True or False, and nothing that only counts as true: "no" and numpy.array([0]) do."""
    if not isinstance(value, bool | np.bool_):
        raise InvalidArgument(f"{name} is {shorten(value)}; it must be True or False")
    return bool(value)


def word(name: str, value: Any) -> str:
    """Return a string."""
    if not isinstance(value, str):
        raise InvalidArgument(f"{name} is {shorten(value)}; it must be a string")
    return str(value)


def one_of(name: str, value: Any, choices: Sequence[str]) -> str:
    """Return one of a few words; the message names the nearest."""
    if not isinstance(value, str) or value not in choices:
        *others, last = [f'"{choice}"' for choice in choices]
        raise InvalidArgument(
            f"{name} is {shorten(value)}; it must be {', '.join(others)} or {last}{did_you_mean([value], choices)}"
        )
    return str(value)


def read_callable(name: str, value: Any) -> None:
    """Refuse what cannot be called."""
    if not callable(value):
        raise InvalidArgument(f"{name} is {shorten(value)}, which cannot be called; give a function of one argument")


def called(fn: Callable[[Any], Any], argument: Any, name: str) -> Any:
    """Return a user's function of an argument; what it raises is theirs, with a note that says where."""
    read_callable(name, fn)
    try:
        return fn(argument)
    except Exception as error:
        error.add_note(f"raised by {name} on {shorten(argument)}")
        raise


def count(name: str, value: Any, least: int = 1, most: int = 2**62, why: str = "it must be a whole number") -> int:
    """Return a whole number of `least` or more; the message ends "`why`, `least` or more"."""
    if not is_whole(value) or not least <= int(value) <= most:
        upper = f", and at most {most:,}" if is_whole(value) and int(value) > most else ""
        raise InvalidArgument(f"{name} is {shorten(value)}; {why}, {least} or more{upper}")
    return int(value)


def number(
    name: str,
    value: Any,
    what: str = "it must be a positive number",
    *,
    above: float = 0.0,
    below: float = np.inf,
    ends: bool = False,
) -> float:
    """Return a real number between two others, as a float; with `ends`, it may equal either of them.

    The message says `what` it must be. NaN fails every comparison, and infinity is refused by itself.
    """
    try:
        x = float(value) if is_real(value) else np.nan
    except OverflowError:
        x = np.inf
    inside = above <= x <= below if ends else above < x < below
    if not inside or not np.isfinite(x):
        raise InvalidArgument(f"{name} is {shorten(value)}; {what}")
    return x


def angle(name: str, value: Any) -> float:
    """Return an angle in radians, between 0 and pi/2."""
    return number(name, value, "it is an angle in radians, between 0 and pi/2", below=np.pi / 2)


def generator(rng: Any, name: str = "rng") -> np.random.Generator:
    """Return numpy's generator of a seed: None, a whole number, or a generator itself."""
    if isinstance(rng, bool | np.bool_):
        raise InvalidArgument(f"{name} is {rng!r}; give None, a whole number or a numpy.random.Generator")
    kinds = np.random.Generator | np.random.BitGenerator | np.random.SeedSequence
    is_seed = is_whole(rng)
    if rng is not None and not isinstance(rng, kinds) and (not is_seed or rng < 0):
        raise InvalidArgument(
            f"{name} is {shorten(rng)}; give None, a whole number of 0 or more, or a numpy.random.Generator"
        )
    return np.random.default_rng(int(rng) if is_seed else rng)


def whole_number(name: str, value: Any, most: int, what: str = "the number of views", least: int = 1) -> int:
    """Return a whole number from `least` to `most`, both of any size; the message says `what` the most is."""
    if not is_whole(value) or not least <= int(value) <= most:
        end = str(most) if abs(most) < 10**15 else count_in_words(most)
        raise InvalidArgument(f"{name} is {shorten(value)}; it must be a whole number from {least} to {what}, {end}")
    return int(value)
