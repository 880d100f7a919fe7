"""Outcomes, views and labels as JSON: what it holds as it is, and fractions, tuples and images under a key of their own."""

import base64
from fractions import Fraction
from math import isfinite
from typing import Any

import numpy as np

from popgraph.errors import InvalidArgument, InvalidFile, shorten
from popgraph.image import Image

DEEPEST = 50  # tuples within tuples


def encode(outcome: Any, what: str, depth: int = 0) -> Any:
    """Return the JSON of an outcome; `what` names it in the error.

    Raises
    ------
    InvalidArgument
        If JSON does not hold it.
    """
    if isinstance(outcome, np.generic):
        outcome = outcome.item()  # equal, and of equal hash
    if outcome is None or type(outcome) in (str, bool, int):
        return outcome
    if type(outcome) is float and isfinite(outcome):
        return {"float": outcome.hex()}
    if type(outcome) is Fraction:
        return {"fraction": str(outcome)}
    if type(outcome) is tuple and depth < DEEPEST:
        return {"tuple": [encode(part, what, depth + 1) for part in outcome]}
    if type(outcome) is Image:
        pixels = outcome.pixels
        code = base64.b64encode(np.ascontiguousarray(pixels).tobytes()).decode("ascii")
        return {"image": code, "shape": list(pixels.shape), "dtype": pixels.dtype.str, "name": outcome.name}
    raise InvalidArgument(
        f"{what} is {shorten(outcome)}, a {type(outcome).__name__}, which a file does not hold; use strings, finite numbers, "
        "fractions, booleans, None, images, or tuples of these"
    )


def decode(tree: Any, depth: int = 0) -> Any:
    """Return the outcome that `encode` wrote.

    Raises
    ------
    InvalidFile
        If it is none.
    """
    if tree is None or type(tree) in (str, bool, int):
        return tree
    try:
        match tree:
            case {"float": str(text), **rest} if not rest:
                number = float.fromhex(text)
                if isfinite(number):
                    return number
            case {"fraction": str(text), **rest} if not rest and len(text) < 10_000:
                return Fraction(text)
            case {"tuple": list(parts), **rest} if not rest and depth < DEEPEST:
                return tuple(decode(part, depth + 1) for part in parts)
            case {
                "image": str(code),
                "shape": list(shape),
                "dtype": ("|u1" | "<f8") as dtype,
                "name": str(name),
                **rest,
            } if not rest:
                raw = base64.b64decode(code.encode("ascii"), validate=True)
                return Image(np.frombuffer(raw, dtype=dtype).reshape(shape), name)
    except (ValueError, TypeError, OverflowError, ZeroDivisionError) as error:
        raise InvalidFile(f"the file holds {shorten(tree)}, which is no outcome: {error}") from error
    raise InvalidFile(f"the file holds {shorten(tree)}, which is no outcome")
