"""Probabilities: one number, exact or a float, or pairs of outcomes and numbers. Every refusal names the offender."""

import math
from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from numbers import Rational, Real
from typing import Any

import numpy as np

from popgraph.arguments.outcomes import list_finite
from popgraph.errors import InvalidDistribution, shorten

SUM_TOLERANCE = 1e-9  # probabilities may miss a sum of 1 by this much: twenty or so decimals typed by hand
PRODUCT_LIMIT = 2**22  # views of one tuple under `independently`; beyond it the graph would not fit anyway

DIGITS = 10_000  # of an exact number; more is a slip of the pen, and would fill the memory

NOBODY = object()


def parse_probability(value: Any, outcome: Any = NOBODY) -> Fraction | float:
    """Read one probability: exact as a Fraction (int, Fraction, Decimal, "1/3"), else a finite float >= 0.

    Errors name the outcome that it belongs to, if there is one; naming it here and not before saves half of all enumeration.
    """
    parsed: Fraction | float
    try:
        if isinstance(value, bool | np.bool_):
            raise TypeError
        if isinstance(value, str | Decimal):
            parsed = read_fraction(value)
        elif isinstance(value, Rational):
            parsed = Fraction(int(value.numerator), int(value.denominator))
        elif isinstance(value, Real):
            parsed = float(value)
        else:
            raise TypeError
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        raise InvalidDistribution(
            f"{_whose(outcome)} is {shorten(value)}, not a probability; give an int, float, Fraction, Decimal "
            'or a string like "1/3"'
        ) from None
    if isinstance(parsed, float) and not math.isfinite(parsed):
        raise InvalidDistribution(f"{_whose(outcome)} is {_shown(value)}; probabilities must be finite")
    if parsed < 0:
        raise InvalidDistribution(f"{_whose(outcome)} is {_shown(value)}; probabilities must not be negative")
    return parsed


def read_fraction(value: str | Decimal) -> Fraction | float:
    """Read "1/3", "0.25" or a Decimal exactly; the float NaN or inf of a Decimal that is one.

    Raises
    ------
    ValueError
        If it is no number, or one of more than 10,000 digits: "1e999999999" alone would take a gigabyte.
    """
    if isinstance(value, Decimal):
        if not value.is_finite():
            return float(value)  # of a signalling NaN, a ValueError
        exponent = value.as_tuple().exponent
        if not isinstance(exponent, int) or abs(exponent) > DIGITS:
            raise ValueError(f"{value} has an exponent beyond {DIGITS:,}")
        return Fraction(value)
    written = value.lower().partition("e")[2].strip().lstrip("+-").replace("_", "")
    if len(written) > 9 or (written.isdecimal() and int(written) > DIGITS):
        raise ValueError(f"{value} has an exponent beyond {DIGITS:,}")
    return Fraction(value)


def _shown(value: Any) -> str:
    """Return a number as it is written, unless that is long."""
    small = isinstance(value, int) and abs(value) < 10**50
    return (
        str(value)
        if small or (isinstance(value, float | str | Decimal | Fraction) and len(str(value)) < 60)
        else shorten(value)
    )


def _whose(outcome: Any) -> str:
    return "probability" if outcome is NOBODY else f"the probability of {shorten(outcome)}"


def float_sum(values: Iterable[Any]) -> float:
    """Return the correctly rounded sum of nonnegative numbers; inf where it overflows."""
    try:
        return math.fsum(values)
    except OverflowError:
        return math.inf


def parse_unit(probability: Any, name: str = "probability") -> Fraction | float:
    """Read one probability in [0, 1], the value of an argument of this name."""
    q = parse_probability(probability) if name == "probability" else parse_probability(probability, name)
    if q > 1:
        raise InvalidDistribution(f"{name} is {_shown(probability)}; it must be between 0 and 1")
    return q


def looks_like_probabilities(outcomes: Sequence[Any]) -> bool:
    """Whether a list that is meant to name outcomes could be one of probabilities: no ints, and a sum of 1."""
    if not outcomes or not all(
        isinstance(x, float | Fraction | Decimal) or (isinstance(x, str) and set(x) & set("/.")) for x in outcomes
    ):
        return False
    try:
        return abs(float_sum(parse_probability(x) for x in outcomes) - 1) <= SUM_TOLERANCE
    except InvalidDistribution:
        return False


def read_pairs(probabilities: Any) -> list[tuple[Any, Any]]:
    """List (outcome, probability) of a mapping, a pandas Series or an iterable of pairs."""
    pairs = list_finite(probabilities.items() if hasattr(probabilities, "items") else probabilities)
    for pair in pairs:
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise InvalidDistribution(
                f"{shorten(pair)} is not a pair (outcome, probability); use Distribution.uniform for equally likely outcomes"
            )
    return pairs
