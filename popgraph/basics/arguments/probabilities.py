"""Probabilities: one number, exact or a float; weights of outcomes; and what could be either a probability or an outcome.

| taken as one probability | read as |
|---|---|
| int, Fraction, Decimal, "1/3", "0.25", any exact rational (of flint, gmpy2, sympy) | exact |
| float, numpy's floats and ints, a tensor or array of one number | a float; ints exact |

| refused | because |
|---|---|
| bool, complex, None, NA, a masked entry, NaN, infinity, a negative number | it is no probability |

| taken as weights of outcomes | read as |
|---|---|
| mapping, pandas Series, xarray DataArray with coordinates | outcome -> weight |
| list or iterator of pairs | (outcome, weight) |

| refused | because |
|---|---|
| table with named columns | which column holds the weights is not said |
| set, other library's distribution, vector without names | it has no order; its weights would be lost; its outcomes are not said |
"""

import math
from collections.abc import Hashable, Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from numbers import Integral, Number, Real
from typing import Any

import numpy as np

from popgraph.basics.arguments.containers import index_of, is_frame, is_law, is_vector, vector
from popgraph.basics.arguments.outcomes import OUTCOME_LIMIT, check_equality, list_finite, plain_list, read_outcome
from popgraph.basics.arguments.scalars import as_fraction
from popgraph.basics.arguments.tables import can, shape_of
from popgraph.basics.words import listing, shorten
from popgraph.errors import InvalidDistribution

SUM_TOLERANCE = 1e-9  # probabilities may miss a sum of 1 by this much: twenty or so decimals typed by hand
PRODUCT_LIMIT = 2**22  # views of one tuple under `independently`; beyond it the graph would not fit anyway

MAX_EXPONENT = 10_000  # of an exact number; more is a slip of the pen, and would fill the memory

NO_OUTCOME = object()


def parse_probability(value: Any, outcome: Any = NO_OUTCOME) -> Fraction | float:
    """Read one probability: exact as a Fraction (int, Fraction, Decimal, "1/3"), else a finite float >= 0.

    Errors name the outcome that it belongs to, if there is one; naming it here and not before saves half of all enumeration.
    """
    parsed: Fraction | float
    try:
        if isinstance(value, bool | np.bool_ | np.timedelta64):  # numpy registers a length of time as a whole number
            raise TypeError
        if isinstance(value, str | Decimal):
            parsed = read_fraction(value)
        elif (exact := as_fraction(value)) is not None:
            parsed = exact
        elif isinstance(value, Real):
            parsed = float(value)
        else:
            parsed = parse_probability(_only_number(value), outcome)
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


def _only_number(value: Any) -> Any:
    """Return the number that an array or a tensor of no dimensions holds."""
    if hasattr(value, "as_py"):  # a scalar of pyarrow
        number = value.as_py()
        if isinstance(number, bool) or not isinstance(number, int | float | Decimal):
            raise TypeError
        return number
    if shape_of(value) != () or not hasattr(value, "item") or isinstance(value, np.ma.MaskedArray):
        raise TypeError
    try:
        number = value.item()
    except RuntimeError:  # of a tensor without values
        raise TypeError from None
    if not isinstance(number, int | float) or isinstance(number, bool):
        raise TypeError
    return number


def read_fraction(value: str | Decimal) -> Fraction | float:
    """Read "1/3", "0.25" or a Decimal exactly; the float NaN or inf of a Decimal that is one.

    ValueError if it is no number, or one of more than 10,000 digits: "1e999999999" alone would take a gigabyte.
    """
    if isinstance(value, Decimal):
        if not value.is_finite():
            return float(value)  # of a signalling NaN, a ValueError
        exponent = value.as_tuple().exponent
        if not isinstance(exponent, int) or abs(exponent) > MAX_EXPONENT:
            raise ValueError(f"{value} has an exponent beyond {MAX_EXPONENT:,}")
        return Fraction(value)
    written = value.lower().partition("e")[2].strip().lstrip("+-").replace("_", "")
    if len(written) > 9 or (written.isdecimal() and int(written) > MAX_EXPONENT):
        raise ValueError(f"{value} has an exponent beyond {MAX_EXPONENT:,}")
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
    return "probability" if outcome is NO_OUTCOME else f"the probability of {shorten(outcome)}"


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
    """Whether a list of outcomes could be one of probabilities, well or badly typed: all in [0, 1], and no ints."""
    if not outcomes or not all(
        isinstance(x, float | np.floating | Fraction | Decimal) or (isinstance(x, str) and set(x) & set("/."))
        for x in outcomes
    ):
        return False
    try:
        return all(parse_probability(x) <= 1 for x in outcomes)
    except InvalidDistribution:
        return False


def looks_like_pairs(outcomes: Sequence[Any]) -> bool:
    """Whether a list of outcomes could be one of pairs (outcome, probability), and not of points: the second parts sum to 1."""
    if not outcomes or not all(isinstance(each, tuple) and len(each) == 2 for each in outcomes):
        return False
    if all(isinstance(each[0], float) for each in outcomes):
        return False
    second = [each[1] for each in outcomes]
    return looks_like_probabilities(second) and abs(float_sum(map(parse_probability, second)) - 1) <= SUM_TOLERANCE


def are_numbers(array: Any) -> bool:
    """Whether a one-dimensional array holds numbers (probabilities) rather than names (outcomes)."""
    if array.dtype.kind == "O":
        return len(array) > 0 and all(isinstance(x, Number | Decimal) and not isinstance(x, bool) for x in array)
    return array.dtype.kind in "iufc"


def read_pairs(probabilities: Any) -> list[tuple[Any, Any]]:
    """List the pairs (outcome, weight) of what holds weights of outcomes; the tables above say what is taken."""
    if type(probabilities) is dict and len(probabilities) <= OUTCOME_LIMIT:  # as most rows of kernels are
        return list(probabilities.items())
    if is_frame(probabilities):
        raise InvalidDistribution(
            f"the distribution is a table with the columns {listing([shorten(x) for x in _columns(probabilities)])}; "
            'give the weights as a mapping, as dict(zip(table["outcome"], table["weight"]))'
        )
    if hasattr(probabilities, "items") and not isinstance(probabilities, type) and not is_law(probabilities):
        probabilities = probabilities.items()
    elif is_vector(probabilities) and (names := index_of(probabilities)) is not None:
        probabilities = zip(
            names, plain_list(vector("the distribution", probabilities, InvalidDistribution)), strict=True
        )
    pairs = list_finite(probabilities, "the pairs (outcome, probability)")
    for pair in pairs:
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise InvalidDistribution(
                f"{shorten(pair)} is not a pair (outcome, probability); use Distribution.uniform for equally likely outcomes"
            )
    return pairs


def whole_counts(counts: Any) -> list[tuple[Any, int]]:
    """List the pairs (outcome, count) of whole numbers, Python's or another library's."""
    pairs = []
    for outcome, count in read_pairs(counts):
        exact = Fraction(int(count)) if isinstance(count, Integral) else as_fraction(count)
        if exact is None or exact.denominator != 1 or isinstance(count, bool | np.bool_):
            raise InvalidDistribution(f"the count of {shorten(outcome)} is {shorten(count)}; counts are whole numbers")
        pairs.append((outcome, int(exact)))
    return pairs


def _columns(frame: Any) -> list[Any]:
    return list(frame.column_names if can(frame, "column_names") else frame.columns)


def read_weights(probabilities: Any) -> dict[Hashable, Fraction | float]:
    """Return outcome -> weight, each exact where it was declared so, in the order declared."""
    weights: dict[Hashable, Fraction | float] = {}
    for given, value in read_pairs(probabilities):
        outcome = read_outcome(given, f"outcome {len(weights)}")
        if outcome in weights:
            raise InvalidDistribution(
                f"outcome {shorten(outcome)} is declared twice; add its probabilities, or name the two apart"
            )
        weights[outcome] = parse_probability(value, outcome)
    if not weights:
        raise InvalidDistribution("a distribution needs at least one outcome; got none")
    check_equality(weights, "outcome")
    return weights
