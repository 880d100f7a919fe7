"""Outcomes, views and labels as JSON.

Strings, whole numbers, booleans and None are written as they are, all else as an object that names its type: {"fraction": "1/3"}.
"""

import base64
from fractions import Fraction
from math import isfinite
from typing import Any

import numpy as np

from popgraph.basics.words import shorten
from popgraph.declare import Image
from popgraph.errors import InvalidArgument, InvalidFile

MAX_NESTED_TUPLES = 50
DECIMAL_LIMIT = 10**4000  # Python converts no number of more than 4,300 digits to decimal text, or from it
DATETIME_UNITS = {"Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as", "generic"}


def text_tree(text: str) -> Any:
    """Return the JSON of a string: itself, or its bytes in base 64 where it has lone surrogates, which UTF-8 cannot encode."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return {"text": base64.b64encode(text.encode("utf-8", "surrogatepass")).decode("ascii")}
    return text


def digits(number: int | Fraction) -> str:
    """Return an exact number as text: in decimal, or in hexadecimal, as 0x.../0x..., if it has more than 4,000 digits."""
    if max(abs(number.numerator), number.denominator) < DECIMAL_LIMIT:
        return str(number)
    return f"{number.numerator:#x}/{number.denominator:#x}"


def from_digits(text: str) -> Fraction:
    """Return the exact number that `digits` wrote."""
    if not text.startswith("0x"):
        return Fraction(text)
    numerator, denominator = text.split("/")
    return Fraction(int(numerator, 16), int(denominator, 16))


def text_of(tree: Any) -> str:
    """Return the string that `text_tree` wrote, or raise InvalidFile."""
    text = decode(tree)
    if not isinstance(text, str):
        raise InvalidFile(f"the file has {shorten(tree)} where a name must be, which is no string")
    return text


def encode(outcome: Any, what: str, depth: int = 0) -> Any:
    """Return an outcome as JSON; raise InvalidArgument for a type that is not listed here, with `what` as the outcome's name."""
    if isinstance(outcome, np.datetime64 | np.timedelta64) and not np.isnat(outcome):
        unit, step = np.datetime_data(outcome.dtype)
        kind = "datetime64" if isinstance(outcome, np.datetime64) else "timedelta64"
        return {kind: int(outcome.astype(np.int64)), "unit": unit, "step": step}
    if isinstance(outcome, np.bool_ | np.integer | np.floating | np.str_ | np.bytes_):
        outcome = outcome.item()  # the Python value is equal and has the same hash
    if type(outcome) is str:
        return text_tree(outcome)
    if outcome is None or type(outcome) is bool or (type(outcome) is int and abs(outcome) < DECIMAL_LIMIT):
        return outcome
    if type(outcome) is bytes:
        return {"bytes": base64.b64encode(outcome).decode("ascii")}
    if type(outcome) is float and isfinite(outcome):
        return {"float": outcome.hex()}
    if type(outcome) is Fraction and max(abs(outcome.numerator), outcome.denominator) < DECIMAL_LIMIT:
        return {"fraction": str(outcome)}
    if type(outcome) is tuple and depth < MAX_NESTED_TUPLES:
        return {"tuple": [encode(part, what, depth + 1) for part in outcome]}
    if type(outcome) is Image:
        pixels = outcome.pixels
        code = base64.b64encode(np.ascontiguousarray(pixels).tobytes()).decode("ascii")
        return {"image": code, "shape": list(pixels.shape), "dtype": pixels.dtype.str, "name": text_tree(outcome.name)}
    raise InvalidArgument(
        f"{what} is {shorten(outcome)}, a {type(outcome).__name__}, which a file does not hold; use strings, bytes, finite "
        "numbers of fewer than 4,000 digits, fractions, booleans, None, numpy's dates and times, images, or tuples of these"
    )


def decode(tree: Any, depth: int = 0) -> Any:
    """Return the outcome that `encode` wrote, or raise InvalidFile."""
    if tree is None or type(tree) in (str, bool, int):
        return tree
    try:
        match tree:
            case {"float": str(text), **others} if not others:
                number = float.fromhex(text)
                if isfinite(number):
                    return number
            case {"text": str(code), **others} if not others:
                return base64.b64decode(code.encode("ascii"), validate=True).decode("utf-8", "surrogatepass")
            case {"bytes": str(code), **others} if not others:
                return base64.b64decode(code.encode("ascii"), validate=True)
            case {"datetime64": int(n), "unit": str(unit), "step": int(step), **others} if not others:
                return _time(np.datetime64, n, unit, step)
            case {"timedelta64": int(n), "unit": str(unit), "step": int(step), **others} if not others:
                return _time(np.timedelta64, n, unit, step)
            case {"fraction": str(text), **others} if not others and len(text) < 10_000:
                return Fraction(text)
            case {"tuple": list(parts), **others} if not others and depth < MAX_NESTED_TUPLES:
                return tuple(decode(part, depth + 1) for part in parts)
            case {
                "image": str(code),
                "shape": list(shape),
                "dtype": ("|u1" | "<f8") as dtype,
                "name": name,
                **others,
            } if not others:
                raw = base64.b64decode(code.encode("ascii"), validate=True)
                return Image(np.frombuffer(raw, dtype=dtype).reshape(shape), text_of(name))
    except (ValueError, TypeError, OverflowError, ZeroDivisionError) as error:
        raise InvalidFile(f"the file holds {shorten(tree)}, which is no outcome: {error}") from error
    raise InvalidFile(f"the file holds {shorten(tree)}, which is no outcome")


def _time(kind: type[np.datetime64 | np.timedelta64], n: int, unit: str, step: int) -> Any:
    """Return a date or a span of time; raise ValueError for NaT, which is -2^63, and for a unit that numpy lacks."""
    if unit not in DATETIME_UNITS or not 1 <= step < 2**31 or not -(2**63) < n < 2**63:
        raise ValueError(f"numpy has no {kind.__name__} of {n} times {step} {unit}")
    return np.array(n, dtype=np.int64).astype(
        f"{kind.__name__}" if unit == "generic" else f"{kind.__name__}[{step}{unit}]"
    )[()]
