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

from popgraph.errors import InvalidAugmentation, InvalidDistribution, listing, shorten

SUM_TOLERANCE = 1e-9  # probabilities may miss a sum of 1 by this much: twenty or so decimals typed by hand
OUTCOME_LIMIT = 2**22  # more outcomes than this from one iterable is taken to be an endless one
PRODUCT_LIMIT = 2**22  # views of one tuple under `independently`; beyond it the graph would not fit anyway

NOBODY = object()


def parse_probability(value: Any, outcome: Any = NOBODY) -> Fraction | float:
    """Read one probability: exact as a Fraction (int, Fraction, Decimal, "1/3"), else a finite float >= 0.

    Errors name the outcome that it belongs to, if there is one; naming it here and not before saves half of all enumeration.
    """
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
            f"{_whose(outcome)} is {shorten(value)}, not a probability; give an int, float, Fraction, Decimal "
            'or a string like "1/3"'
        ) from None
    if isinstance(parsed, float) and not math.isfinite(parsed):
        raise InvalidDistribution(f"{_whose(outcome)} is {value}; probabilities must be finite")
    if parsed < 0:
        raise InvalidDistribution(f"{_whose(outcome)} is {value}; probabilities must not be negative")
    return parsed


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


def parse_unit(probability: Any) -> Fraction | float:
    """Read one probability in [0, 1]."""
    q = parse_probability(probability)
    if q > 1:
        raise InvalidDistribution(f"probability is {probability}; it must be between 0 and 1")
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
    if hasattr(matrix, "tocoo"):
        return matrix if matrix.format == "csr" else matrix.tocoo(copy=False)
    try:
        array = np.asarray(matrix)
        return np.array(matrix, dtype=object) if array.dtype.kind in "US" else array
    except ValueError:
        raise InvalidAugmentation(
            "the kernel matrix has rows of different lengths; every row needs an entry for each view"
        ) from None


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
