"""Reading what users declare: one probability, one outcome, a finite list of either. Every refusal names the offender."""

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import islice
from numbers import Rational, Real
from typing import Any

import numpy as np

from popgraph.arguments import as_array
from popgraph.errors import InvalidAugmentation, InvalidDistribution, listing, shorten

SUM_TOLERANCE = 1e-9  # probabilities may miss a sum of 1 by this much: twenty or so decimals typed by hand
OUTCOME_LIMIT = 2**22  # more outcomes than this from one iterable is taken to be an endless one
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


def check_hashable(outcome: Any, where: str) -> Hashable:
    """Return the outcome, or say what to wrap it in."""
    try:
        hash(outcome)
    except TypeError:
        mend = "wrap it in tuple(...)"
        if isinstance(outcome, np.ndarray) and outcome.ndim >= 2:
            mend = "wrap it in popgraph.images.Image(...)"
        elif isinstance(outcome, dict):
            mend = "wrap it in tuple(sorted(d.items()))"
        elif isinstance(outcome, set):
            mend = "wrap it in frozenset(...)"
        elif isinstance(outcome, tuple | frozenset):
            mend = "make its items hashable, lists into tuples"
        raise InvalidDistribution(
            f"{where} is {shorten(outcome)}, a {type(outcome).__name__}, which cannot be hashed; {mend}"
        ) from None
    if not equals_itself(outcome):  # NaN and its kin, the values that no dictionary finds again
        raise InvalidDistribution(f"{where} is {outcome!r}, which does not equal itself; replace it by a named outcome")
    return outcome  # type: ignore[no-any-return]


def equals_itself(outcome: Any) -> bool:
    """Whether a value is equal to itself: NaN is not, and pandas' NA does not say."""
    try:
        return bool(outcome == outcome)
    except (TypeError, ValueError):
        return False


def list_finite(items: Iterable[Any]) -> list[Any]:
    """List the items of an iterable that is not endless."""
    if isinstance(items, np.ma.MaskedArray) and np.ma.is_masked(items):
        raise InvalidDistribution("these outcomes are an array with masked entries; leave those out")
    if isinstance(items, np.ndarray) and items.ndim == 1:
        items = items[: OUTCOME_LIMIT + 1].tolist()  # one more than are taken, so that a longer one is refused below
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


def parse_unit(probability: Any, name: str = "probability") -> Fraction | float:
    """Read one probability in [0, 1], the value of an argument of this name."""
    q = parse_probability(probability) if name == "probability" else parse_probability(probability, name)
    if q > 1:
        raise InvalidDistribution(f"{name} is {_shown(probability)}; it must be between 0 and 1")
    return q


def read_distinct(items: Iterable[Any], what: str, mend: str) -> list[Hashable]:
    """List hashable items that are all different, or say which are not."""
    listed = list_finite(items)
    counts = Counter(check_hashable(item, f"{what} {i}") for i, item in enumerate(listed))
    repeated = [f"{shorten(item)} ({count} times)" for item, count in counts.items() if count > 1]
    if repeated:
        raise InvalidDistribution(f"{what}s are duplicated: {listing(repeated)}; {mend}")
    return listed


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


def read_matrix(matrix: Any) -> Any:
    """Return a sparse matrix as csr or coo, and nested lists as an array that keeps fractions and strings from floats."""
    if hasattr(matrix, "tocoo") and not isinstance(matrix, type):
        _check_indices(matrix)
        return matrix if matrix.format == "csr" else matrix.tocoo(copy=False)
    try:
        array = as_array("the kernel matrix", matrix, InvalidAugmentation)
    except InvalidAugmentation as error:
        if "inhomogeneous" not in str(error):
            raise
        raise InvalidAugmentation(
            "the kernel matrix has rows of different lengths; every row needs an entry for each view"
        ) from None
    if array.dtype.kind not in "biufcOU":
        raise InvalidAugmentation(f"the kernel matrix has dtype {array.dtype}; its entries are probabilities")
    if array.dtype.kind == "f" and array.dtype.itemsize != 8:
        with np.errstate(over="ignore"):  # what is beyond float64 becomes inf, and is refused
            return array.astype(np.float64)
    return np.array(matrix, dtype=object) if array.dtype.kind == "U" else array


def _check_indices(matrix: Any) -> None:
    """Refuse a sparse matrix whose indices lie outside of it: scipy would read other memory."""
    compressed = matrix.format in ("csr", "csc", "bsr")
    if matrix.ndim == 2 and compressed and matrix.indices.size:
        side = {"csr": 1, "csc": 0}.get(matrix.format, 1)
        length = matrix.shape[side] // (matrix.blocksize[1] if matrix.format == "bsr" else 1)
        if matrix.indices.min() < 0 or matrix.indices.max() >= length or matrix.indptr[-1] > len(matrix.indices):
            raise InvalidAugmentation(
                f"the kernel matrix is sparse and has the index {int(matrix.indices.max())} for {length} places; it is broken"
            )


def read_pairs(probabilities: Any) -> list[tuple[Any, Any]]:
    """List (outcome, probability) of a mapping, a pandas Series or an iterable of pairs."""
    pairs = list_finite(probabilities.items() if hasattr(probabilities, "items") else probabilities)
    for pair in pairs:
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise InvalidDistribution(
                f"{shorten(pair)} is not a pair (outcome, probability); use Distribution.uniform for equally likely outcomes"
            )
    return pairs


def read_answer(answer: Any, states: Any) -> tuple[Any, Any]:
    """Return the views (b, m, ...) and probabilities, a list of m or an array (b, m), of a vectorised augmentation."""
    if not isinstance(answer, tuple) or len(answer) != 2:
        raise InvalidAugmentation(
            f"a vectorised form returns (views, probabilities); got {shorten(answer)}, a {type(answer).__name__}"
        )
    views, probabilities = np.asarray(answer[0]), answer[1]
    if views.ndim != states.ndim + 1 or len(views) != len(states) or views.shape[1] == 0:
        raise InvalidAugmentation(
            f"the vectorised form gave views of shape {views.shape} for states of shape {states.shape}; "
            f"it must give ({len(states)}, m, ...): m views for each state"
        )
    if views.dtype.kind not in "biuf" or not np.isfinite(views).all():
        raise InvalidAugmentation("the vectorised form gave views that are not finite numbers")
    by_state = isinstance(probabilities, np.ndarray) and probabilities.ndim == 2
    if not by_state:
        probabilities = [parse_probability(p) for p in probabilities]
    shape, fits = np.shape(probabilities), views.shape[:2] if by_state else views.shape[1:2]
    if shape != fits:
        raise InvalidAugmentation(
            f"the vectorised form gave probabilities of shape {shape} for views of shape {views.shape}; give {fits}"
        )
    floats = np.atleast_2d(np.asarray(probabilities, dtype=np.float64))
    if not np.isfinite(floats).all() or floats.min() < 0:
        raise InvalidAugmentation(
            f"the vectorised form gave the probability {floats.min()}; they must be finite and not negative"
        )
    worst = int(np.argmax(np.abs(floats.sum(axis=1) - 1)))
    if abs(floats[worst].sum() - 1) > SUM_TOLERANCE:
        raise InvalidAugmentation(
            f"the vectorised form's probabilities for the state {shorten(states[worst].tolist())} sum to "
            f"{floats[worst].sum():.12g}, not 1"
        )
    return views, floats if by_state else probabilities
