"""The entries of a table of weights: where they stand, what they are, exactly where they were declared so; and names as numbers.

| weights | read as |
|---|---|
| array of ints | exact |
| array of floats | floats |
| list, or array of objects or words, each an int, Fraction, Decimal, "1/3" | exact, over one denominator |
| the same with a float among them | floats |

Refused are truth values, and what is negative, not finite or no number; the message names the entry.
"""

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from typing import Any

import numpy as np

from popgraph.basics.arguments.outcomes import PLAIN_TYPES, check_equality, plain_list, read_outcome
from popgraph.basics.arguments.probabilities import parse_probability
from popgraph.basics.arrays import Ints
from popgraph.basics.memory import reserve

INT64_MAX = int(np.iinfo(np.int64).max)


@dataclass(frozen=True, eq=False)
class Weights:
    """Hold m nonnegative weights: floats with the denominator None, or whole numbers over one denominator."""

    values: Any
    denominator: int | None


@dataclass(frozen=True, eq=False)
class Entries:
    """Hold the weights of a table: entry i stands in row rows[i] and column columns[i]; one place may have several, which add up.

    Names are those of the rows and of the columns, ranges where the table has none. `counted` is True of observations, whose
    weights are their number.
    """

    rows: Ints
    columns: Ints
    weights: Weights
    row_names: Sequence[Hashable]
    column_names: Sequence[Hashable]
    counted: bool = False

    @property
    def named(self) -> bool:
        """Whether the rows and the columns have names of their own."""
        return not isinstance(self.row_names, range)


def read_weights_of(values: Any, name_of: Callable[[int], Any]) -> Weights:
    """Read a list or a one-dimensional array of weights; `name_of(i)` is what a message calls the i-th."""
    if isinstance(values, np.ndarray) and values.dtype.kind in "uif":
        bad = np.flatnonzero(~(np.isfinite(values) & (values >= 0))) if values.size else values
        if len(bad):
            parse_probability(values[bad[0]].item(), name_of(int(bad[0])))
        if values.dtype.kind == "f":
            with np.errstate(over="ignore"):  # what is beyond float64 becomes inf, and is refused
                floats = values.astype(np.float64)
            beyond = np.flatnonzero(np.isinf(floats))
            if len(beyond):
                parse_probability(math.inf, name_of(int(beyond[0])))
            return Weights(floats, None)
        if values.size and int(values.max()) > INT64_MAX // values.size:  # whose sum would overflow
            return Weights(values.astype(object), 1)
        return Weights(values.astype(np.int64), 1)
    listed = plain_list(values) if isinstance(values, np.ndarray) else values
    kinds = set(map(type, listed))
    if kinds == {float} or kinds == {int}:
        array = np.array(listed)
        if array.dtype.kind in "if":
            return read_weights_of(array, name_of)
    parsed = [parse_probability(each, name_of(i)) for i, each in enumerate(listed)]
    if any(isinstance(each, float) for each in parsed):
        return Weights(np.array([float(each) for each in parsed]), None)
    return _over_one_denominator(parsed)


def _over_one_denominator(fractions: Sequence[Any]) -> Weights:
    """Write fractions as whole numbers over their least common denominator."""
    common = 1
    for denominator in {each.denominator for each in fractions}:
        common = math.lcm(common, denominator)
        reserve("fractions over one denominator", common.bit_length() / 8.0 * len(fractions), "give floats")
    return Weights(integers([each.numerator * (common // each.denominator) for each in fractions]), common)


def integers(numbers: Sequence[int]) -> Any:
    """Make an array of nonnegative ints, of Python's own where the sum of all would not fit in 64 bits."""
    fits = max(numbers, default=0) <= INT64_MAX // max(1, len(numbers))
    return np.array(numbers, dtype=np.int64 if fits else object)


def quotients(numerators: Any, denominator: int) -> Any:
    """Return whole numbers over one denominator as floats, each the nearest."""
    exact = 2**53  # up to which float64 holds each whole number
    if numerators.dtype != object and denominator <= exact and numerators.max(initial=0) <= exact:
        return numerators / float(denominator)
    return np.array([float(Fraction(int(each), denominator)) for each in numerators], dtype=np.float64)


def number_names(items: Any, what: str) -> tuple[Ints, list[Hashable]]:
    """Return the number of each item, equal ones under one, and the distinct items, first seen first."""
    if isinstance(items, np.ndarray) and items.dtype.kind in "iu":
        distinct, first, numbers = np.unique(items, return_index=True, return_inverse=True)
        order = np.argsort(first)
        rank = np.empty(len(order), dtype=np.intp)
        rank[order] = np.arange(len(order))
        return rank[numbers.reshape(-1)], plain_list(distinct[order])
    listed = plain_list(items) if isinstance(items, np.ndarray) else items
    kinds = set(map(type, listed))
    plain = kinds <= PLAIN_TYPES or (
        kinds == {tuple} and PLAIN_TYPES.issuperset(map(type, chain.from_iterable(listed)))
    )
    if not plain:
        listed = [read_outcome(item, f"{what} {i}") for i, item in enumerate(listed)]
    table: dict[Hashable, int] = {}
    numbers = np.fromiter((table.setdefault(item, len(table)) for item in listed), np.intp, len(listed))
    check_equality(table, what)
    return numbers, list(table)


def number_both(left: Any, right: Any, square: bool) -> tuple[Ints, Ints, list[Hashable], list[Hashable]]:
    """Number the names of rows and those of columns: together, pair by pair, if the table is square, else apart."""
    if not square:
        rows, row_names = number_names(left, "first part")
        columns, column_names = number_names(right, "second part")
        return rows, columns, row_names, column_names
    arrays = isinstance(left, np.ndarray) and isinstance(right, np.ndarray)
    if arrays and left.dtype == right.dtype and left.dtype.kind in "iu":
        both: Any = np.column_stack([left, right]).ravel()
    else:
        lists = [plain_list(each) if isinstance(each, np.ndarray) else each for each in (left, right)]
        both = [None] * (2 * len(lists[0]))
        both[0::2], both[1::2] = lists
    numbers, names = number_names(both, "name")
    return numbers[0::2], numbers[1::2], names, names
