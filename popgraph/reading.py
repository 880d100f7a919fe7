"""Reading what users declare: one probability, one outcome, a finite list of either. Every refusal names the offender."""

import math
from collections.abc import Hashable, Iterable
from decimal import Decimal
from fractions import Fraction
from itertools import islice
from numbers import Rational, Real
from typing import Any

import numpy as np

from popgraph.errors import InvalidDistribution, shorten

SUM_TOLERANCE = 1e-9  # probabilities may miss a sum of 1 by this much: twenty or so decimals typed by hand
OUTCOME_LIMIT = 2**22  # more outcomes than this from one iterable is taken to be an endless one


def parse_probability(value: Any, where: str) -> Fraction | float:
    """Read one probability: exact as a Fraction (int, Fraction, Decimal, "1/3"), else a finite float >= 0."""
    parsed: Fraction | float
    try:
        if isinstance(value, bool | np.bool_):
            raise TypeError
        if isinstance(value, str):
            parsed = Fraction(value)
        elif isinstance(value, Decimal):
            parsed = Fraction(value) if value.is_finite() else float(value)
        elif isinstance(value, Rational):
            parsed = Fraction(int(value.numerator), int(value.denominator))
        elif isinstance(value, Real):
            parsed = float(value)
        else:
            raise TypeError
    except (TypeError, ValueError, ZeroDivisionError):
        raise InvalidDistribution(
            f"{where} is {shorten(value)}, not a probability; give an int, float, Fraction, Decimal "
            'or a string like "1/3"'
        ) from None
    if isinstance(parsed, float) and not math.isfinite(parsed):
        raise InvalidDistribution(f"{where} is {value}; probabilities must be finite")
    if parsed < 0:
        raise InvalidDistribution(f"{where} is {value}; probabilities must not be negative")
    return parsed


def float_sum(values: Iterable[Any]) -> float:
    """Return the correctly rounded sum of nonnegative numbers; inf where it overflows."""
    try:
        return math.fsum(values)
    except OverflowError:
        return math.inf


def check_hashable(outcome: Any, where: str) -> Hashable:
    """Return the outcome, or say what to wrap it in."""
    try:
        hash(outcome)
    except TypeError:
        wrap = "popgraph.Image(...)" if isinstance(outcome, np.ndarray) and outcome.ndim >= 2 else "tuple(...)"
        wrap = "frozenset(...)" if isinstance(outcome, set) else wrap
        raise InvalidDistribution(
            f"{where} is {shorten(outcome)}, a {type(outcome).__name__}, which cannot be hashed; wrap it in {wrap}"
        ) from None
    if outcome != outcome:  # NaN, the one value that no dictionary finds again
        raise InvalidDistribution(f"{where} is {outcome!r}, which does not equal itself; replace it by a named outcome")
    return outcome  # type: ignore[no-any-return]


def list_finite(items: Iterable[Any]) -> list[Any]:
    """List the items of an iterable that is not endless."""
    if isinstance(items, np.ndarray) and items.ndim == 1:
        items = items.tolist()
    try:
        listed = list(islice(items, OUTCOME_LIMIT + 1))
    except TypeError:
        raise InvalidDistribution(
            f"{shorten(items)} is a {type(items).__name__}, not outcomes; give a mapping or a sequence"
        ) from None
    if len(listed) > OUTCOME_LIMIT:
        raise InvalidDistribution(
            f"more than {OUTCOME_LIMIT:,} outcomes: is this iterable endless? A distribution has finitely many outcomes"
        )
    return listed


def read_pairs(probabilities: Any) -> list[tuple[Any, Any]]:
    """List (outcome, probability) of a mapping, a pandas Series or an iterable of pairs."""
    pairs = list_finite(probabilities.items() if hasattr(probabilities, "items") else probabilities)
    for pair in pairs:
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise InvalidDistribution(
                f"{shorten(pair)} is not a pair (outcome, probability); use Distribution.uniform for equally likely outcomes"
            )
    return pairs
