"""Arguments of the kinds that every room takes (flags, whole and real numbers, seeds, names, arrays), each read in one place.

What is accepted is never guessed at: "no" is no flag, True no number, and a masked entry no number either.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from numbers import Integral, Real
from typing import Any

import numpy as np

from popgraph.errors import InvalidArgument, shorten


def flag(name: str, value: Any) -> bool:
    """Return True or False.

    Raises
    ------
    InvalidArgument
        If it is neither; "no" and numpy.array([0]) would count as true.

    Examples
    --------
    >>> flag("normalize", "no")
    Traceback (most recent call last):
    popgraph.errors.InvalidArgument: normalize is 'no'; it must be True or False
    """
    if not isinstance(value, bool | np.bool_):
        raise InvalidArgument(f"{name} is {shorten(value)}; it must be True or False")
    return bool(value)


def word(name: str, value: Any) -> str:
    """Return a string.

    Raises
    ------
    InvalidArgument
        If it is none.
    """
    if not isinstance(value, str):
        raise InvalidArgument(f"{name} is {shorten(value)}; it must be a string")
    return str(value)


def one_of(name: str, value: Any, choices: Sequence[str]) -> str:
    """Return one of a few words.

    Raises
    ------
    InvalidArgument
        If it is none of them.
    """
    if not isinstance(value, str) or value not in choices:
        *others, last = [f'"{choice}"' for choice in choices]
        raise InvalidArgument(f"{name} is {shorten(value)}; it must be {', '.join(others)} or {last}")
    return str(value)


def read_callable(name: str, value: Any) -> None:
    """Refuse what cannot be called.

    Raises
    ------
    InvalidArgument
        If it cannot.
    """
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
    """Return a whole number of `least` or more.

    Raises
    ------
    InvalidArgument
        If it is none; the message ends "`why`, `least` or more".
    """
    if not isinstance(value, Integral) or isinstance(value, bool | np.bool_) or not least <= int(value) <= most:
        upper = f", and at most {most:,}" if isinstance(value, Integral) and int(value) > most else ""
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
    """Return a real number between two others, as a float; with `ends`, it may be the one below (and the one above, if finite).

    Raises
    ------
    InvalidArgument
        If it is none; the message says `what` it must be.
    """
    real = isinstance(value, Real) and not isinstance(value, bool | np.bool_)
    try:
        x = float(value) if real else np.nan
    except OverflowError:
        x = np.inf
    inside = above <= x <= below if ends else above < x < below
    if not inside or not np.isfinite(x):
        raise InvalidArgument(f"{name} is {shorten(value)}; {what}")
    return x


def generator(rng: Any, name: str = "rng") -> np.random.Generator:
    """Return numpy's generator of a seed: None, a whole number, or a generator itself.

    Raises
    ------
    InvalidArgument
        If it is none of these.
    """
    if isinstance(rng, bool | np.bool_):
        raise InvalidArgument(f"{name} is {rng!r}; give None, a whole number or a numpy.random.Generator")
    kinds = Integral | np.random.Generator | np.random.BitGenerator | np.random.SeedSequence
    if rng is not None and (not isinstance(rng, kinds) or (isinstance(rng, Integral) and rng < 0)):
        raise InvalidArgument(
            f"{name} is {shorten(rng)}; give None, a whole number of 0 or more, or a numpy.random.Generator"
        )
    return np.random.default_rng(int(rng) if isinstance(rng, Integral) else rng)


def as_array(name: str, value: Any, error: type[InvalidArgument] = InvalidArgument) -> Any:
    """Return numpy's array of a value, of any dtype; masked entries, which numpy would read as what they hide, are refused.

    Raises
    ------
    InvalidArgument
        Or `error`, if numpy cannot read it.
    """
    parts = value if isinstance(value, list | tuple) else [value]
    if any(isinstance(part, np.ma.MaskedArray) and np.ma.is_masked(part) for part in parts):
        raise error(f"{name} has masked entries; fill them, or leave their rows out")
    try:
        return np.asarray(value)
    except (TypeError, ValueError, RuntimeError, OverflowError) as reason:
        first = str(reason).partition("\n")[0][:100]
        raise error(f"{name} is {shorten(value)}, which is no table of numbers ({first})") from None


def real(entry: Any) -> float:
    """Return one entry of an array of objects: an int, float, Fraction or Decimal, but no string that spells one.

    Raises
    ------
    TypeError, ValueError, OverflowError
        If it is none, or beyond float64.
    """
    if not isinstance(entry, Real | Decimal | np.bool_) and not hasattr(entry, "detach"):
        raise TypeError(f"{entry!r} is no real number")
    return float(entry)


def numbers(name: str, value: Any, need: str, error: type[InvalidArgument] = InvalidArgument) -> Any:
    """Return finite real numbers as an array of float64, of any shape.

    Raises
    ------
    InvalidArgument
        Or `error`, if they are none; the message says what is needed.
    """
    array = as_array(name, value, error)
    if array.dtype.kind not in "biufO":
        raise error(f"{name} has dtype {array.dtype}; {need}")
    with np.errstate(over="ignore"):  # what is beyond float64 becomes inf, and is refused
        try:
            whole = array.dtype.kind != "O"
            floats = np.array(array if whole else np.vectorize(real, otypes=[float])(array), dtype=np.float64)
        except (TypeError, ValueError, OverflowError):
            raise error(f"{name} is {shorten(value)}; {need}") from None
    if not np.isfinite(floats).all():
        raise error(f"{name} holds {floats[~np.isfinite(floats)][0]}; {need}")
    return floats
