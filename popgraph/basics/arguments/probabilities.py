"""Read probabilities: one number, exact or a float, or the weights of outcomes; and tell probabilities from outcomes.

| taken as one probability | read as |
|---|---|
| int, Fraction, Decimal, "1/3", "0.25", any exact rational (of flint, gmpy2, sympy) | exact |
| float, numpy's floats and ints, a tensor or array of one number | a float; ints exact |

| refused | because |
|---|---|
| bool, complex, None, NA, a masked entry, NaN, infinity, a negative number | it is not a probability |

| taken as weights of outcomes | read as |
|---|---|
| mapping, pandas Series, xarray DataArray with coordinates | outcome -> weight |
| list or iterator of pairs | (outcome, weight) |

| refused | because |
|---|---|
| table with named columns | it does not say which column holds the weights |
| set | it has no order |
| another library's distribution | its weights would be lost |
| vector without names | it does not say which outcomes its numbers belong to |
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

SUM_TOLERANCE = 1e-9  # by which the sum of probabilities may differ from 1: about twenty rounded decimals typed by hand
PRODUCT_LIMIT = 2**22  # views of one tuple under `independently`; a graph with more would not fit in memory

MAX_EXPONENT = 10_000  # of ten in an exact number; more is a typing error, and would fill the memory

NO_OUTCOME = object()


def parse_probability(value: Any, outcome: Any = NO_OUTCOME) -> Fraction | float:
    """Read one probability: exact as a Fraction (int, Fraction, Decimal, "1/3"), else a finite float >= 0.

    An error names the outcome that the probability belongs to, if one is given. The outcome is written out only in an error:
    writing out each outcome in advance would double the time that a population takes to enumerate.
    """
    parsed: Fraction | float
    try:
        if isinstance(value, bool | np.bool_ | np.timedelta64):  # which numpy registers as an integer
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
            f"{_subject(outcome)} is {shorten(value)}, not a probability; give an int, float, Fraction, Decimal "
            'or a string like "1/3"'
        ) from None
    if isinstance(parsed, float) and not math.isfinite(parsed):
        raise InvalidDistribution(f"{_subject(outcome)} is {_shown(value)}; probabilities must be finite")
    if parsed < 0:
        raise InvalidDistribution(f"{_subject(outcome)} is {_shown(value)}; probabilities must not be negative")
    return parsed


def _only_number(value: Any) -> Any:
    """Return the one number in a pyarrow scalar or in an array or tensor without dimensions; TypeError if there is none."""
    if hasattr(value, "as_py"):  # a scalar of pyarrow
        number = value.as_py()
        if isinstance(number, bool) or not isinstance(number, int | float | Decimal):
            raise TypeError
        return number
    if shape_of(value) != () or not hasattr(value, "item") or isinstance(value, np.ma.MaskedArray):
        raise TypeError
    try:
        number = value.item()
    except RuntimeError:  # raised by a tensor that has a shape but no values
        raise TypeError from None
    if not isinstance(number, int | float) or isinstance(number, bool):
        raise TypeError
    return number


def read_fraction(value: str | Decimal) -> Fraction | float:
    """Read "1/3", "0.25" or a Decimal exactly, and a Decimal that is NaN or infinite as a float.

    ValueError if the value is not a number, or has an exponent beyond 10,000: "1e999999999" alone would take a gigabyte.
    """
    if isinstance(value, Decimal):
        if not value.is_finite():
            return float(value)  # a signalling NaN raises a ValueError here
        exponent = value.as_tuple().exponent
        if not isinstance(exponent, int) or abs(exponent) > MAX_EXPONENT:
            raise ValueError(f"{value} has an exponent beyond {MAX_EXPONENT:,}")
        return Fraction(value)
    written = value.lower().partition("e")[2].strip().lstrip("+-").replace("_", "")
    if len(written) > 9 or (written.isdecimal() and int(written) > MAX_EXPONENT):
        raise ValueError(f"{value} has an exponent beyond {MAX_EXPONENT:,}")
    return Fraction(value)


def _shown(value: Any) -> str:
    """Return a number in full for a message, or shortened if it is long."""
    small = isinstance(value, int) and abs(value) < 10**50
    return (
        str(value)
        if small or (isinstance(value, float | str | Decimal | Fraction) and len(str(value)) < 60)
        else shorten(value)
    )


def _subject(outcome: Any) -> str:
    """Return the subject of a message about a probability."""
    return "probability" if outcome is NO_OUTCOME else f"the probability of {shorten(outcome)}"


def float_sum(values: Iterable[Any]) -> float:
    """Return the correctly rounded sum of nonnegative numbers, or inf if it overflows."""
    try:
        return math.fsum(values)
    except OverflowError:
        return math.inf


def parse_unit(probability: Any, name: str = "probability") -> Fraction | float:
    """Read the value of a named argument that must be a probability in [0, 1]."""
    q = parse_probability(probability) if name == "probability" else parse_probability(probability, name)
    if q > 1:
        raise InvalidDistribution(f"{name} is {_shown(probability)}; it must be between 0 and 1")
    return q


def looks_like_probabilities(outcomes: Sequence[Any]) -> bool:
    """Whether a list given as outcomes could be meant as probabilities: all are numbers in [0, 1], none is an int."""
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
    """Whether a list given as outcomes could be meant as pairs (outcome, probability): the second numbers sum to 1.

    Points in the plane are not meant: pairs whose first parts are all floats are taken as outcomes.
    """
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
    """List the pairs (outcome, weight) of any container that the table at the top of this file takes."""
    if (
        type(probabilities) is dict and len(probabilities) <= OUTCOME_LIMIT
    ):  # the usual case: most rows of kernels are small dicts
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
    """List the pairs (outcome, count), each count an integer of Python or of another library."""
    pairs = []
    for outcome, count in read_pairs(counts):
        exact = Fraction(int(count)) if isinstance(count, Integral) else as_fraction(count)
        if exact is None or exact.denominator != 1 or isinstance(count, bool | np.bool_):
            raise InvalidDistribution(f"the count of {shorten(outcome)} is {shorten(count)}; counts are whole numbers")
        pairs.append((outcome, int(exact)))
    return pairs


def _columns(frame: Any) -> list[Any]:
    """List the names of a table's columns."""
    return list(frame.column_names if can(frame, "column_names") else frame.columns)


def read_weights(probabilities: Any) -> dict[Hashable, Fraction | float]:
    """Return outcome -> weight in the order declared; a weight that was declared exactly stays exact."""
    weights: dict[Hashable, Fraction | float] = {}
    for given, value in read_pairs(probabilities):
        outcome = read_outcome(given, f"outcome {len(weights)}")
        if outcome in weights:
            raise InvalidDistribution(
                f"outcome {shorten(outcome)} is declared twice; add its two probabilities, or give the two outcomes different names"
            )
        weights[outcome] = parse_probability(value, outcome)
    if not weights:
        raise InvalidDistribution("a distribution needs at least one outcome; got none")
    check_equality(weights, "outcome")
    return weights
