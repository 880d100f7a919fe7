"""What a call may end in: a right answer, or a refusal whose message names the argument. All else is a finding."""

import math
import re
import signal
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from enum import Enum
from fractions import Fraction
from numbers import Number
from typing import Any

import numpy as np
import scipy.sparse as sp

from popgraph.errors import PopgraphError

LONGEST = 1000  # characters of a message
SECONDS = 5.0  # of this process' own time, for one call


class Boom(Exception):
    """What a user's own callable raises here; it must come back as it was."""


class HungError(BaseException):
    """The call took longer than its time."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Interrupt what takes longer, counted in processor time, so that a busy machine stops nothing."""

    def stop(*_: Any) -> None:
        raise HungError

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def leaves(value: Any, depth: int = 0) -> Iterator[Any]:
    """Flatten an answer into numbers, strings and arrays of numbers, in an order that depends on it alone."""
    if isinstance(value, np.bool_):
        yield bool(value)
    elif depth > 8 or value is None or isinstance(value, str | bytes | bool | Number | Enum):
        yield value.name if isinstance(value, Enum) else value
    elif isinstance(value, np.ndarray):
        yield value.shape
        yield from value.tolist() if value.dtype.kind in "OUS" and value.ndim == 1 else [value]
    elif sp.issparse(value):
        yield value.toarray()
    elif hasattr(value, "detach"):
        yield value.detach().double().numpy()
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from leaves(getattr(value, field.name), depth + 1)
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from leaves(key, depth + 1)
            yield from leaves(each, depth + 1)
    elif isinstance(value, Sequence | set | frozenset):
        for each in value:
            yield from leaves(each, depth + 1)
    else:
        yield type(value).__name__


def same(a: Any, b: Any, rtol: float = 1e-7) -> bool:
    """Whether two answers are equal, numbers up to rounding."""
    first, second = list(leaves(a)), list(leaves(b))
    return len(first) == len(second) and all(_same_leaf(x, y, rtol) for x, y in zip(first, second, strict=True))


def _same_leaf(x: Any, y: Any, rtol: float) -> bool:
    if isinstance(x, np.ndarray) and x.dtype.kind in "biufc":
        return bool(
            isinstance(y, np.ndarray) and x.shape == y.shape and np.allclose(x, y, rtol=rtol, atol=1e-9, equal_nan=True)
        )
    if isinstance(x, np.ndarray):
        return bool(np.array_equal(x, y))
    if isinstance(x, float | Fraction | np.floating) and isinstance(y, Number):
        return bool(x == y or abs(float(x) - float(y)) <= 1e-9 + rtol * abs(float(y)) or (x != x and y != y))
    return bool(x == y)


def holds_nan(value: Any) -> bool:
    """Whether there is a NaN anywhere in an answer."""
    for leaf in leaves(value):
        if isinstance(leaf, np.ndarray) and leaf.dtype.kind in "fc" and np.isnan(leaf).any():
            return True
        if isinstance(leaf, float) and math.isnan(leaf):
            return True
    return False


def fingerprint(value: Any) -> Any:
    """Return the bytes of every array in an argument, so that it shows if a call has written into it."""
    if isinstance(value, np.ma.MaskedArray):
        return None if value is np.ma.masked else (value.data.tobytes(), np.ma.getmaskarray(value).tobytes())
    if isinstance(value, np.ndarray):
        return value.tobytes() if value.dtype.kind != "O" else repr(value.tolist())
    if sp.issparse(value):
        return [
            getattr(value, part).tobytes()
            for part in ("data", "indices", "indptr", "row", "col")
            if hasattr(value, part)
        ]
    if isinstance(value, list | dict | set):
        return repr(value)
    if hasattr(value, "detach") and hasattr(value, "tolist") and value.layout is not None:
        return repr(value)
    return None


def refused_well(error: BaseException, names: Sequence[str], values: Sequence[Any]) -> str | None:
    """Return what is wrong with a refusal, or None."""
    if isinstance(error, Boom) or (isinstance(error, OSError) and error.filename):
        return None  # the user's own, or the system's word on a file that it names
    if not isinstance(error, PopgraphError):
        return f"{type(error).__name__}: {str(error)[:150]}"
    message = str(error)
    if not message or "\n" in message or len(message) > LONGEST:
        return f"message is empty, of several lines or too long ({len(message)}): {message[:150]}"
    said = message.lower()
    if any(re.search(rf"(?<![a-z]){re.escape(name.lower())}", said) for name in names if name):
        return None
    for value in values:
        shown = " ".join(repr(value).split())
        if shown[:20].lower() in said:
            return None
    return f"message names neither the argument nor its value: {message[:150]}"


def attempt(call: Callable[[], Any], limit: float = SECONDS) -> tuple[Any, BaseException | None]:
    """Make a call with warnings as errors, under a limit of time; return the answer, or what was raised."""
    try:
        with warnings.catch_warnings(), time_limit(limit):
            warnings.simplefilter("error")
            return call(), None
    except (Exception, HungError, SystemExit, RecursionError) as error:
        return None, error
