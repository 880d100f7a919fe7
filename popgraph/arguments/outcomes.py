"""Outcomes (naturals, views, samples): one of them, or a finite list of them."""

from collections import Counter
from collections.abc import Hashable, Iterable
from itertools import islice
from typing import Any

import numpy as np

from popgraph.errors import InvalidDistribution, listing, shorten

OUTCOME_LIMIT = 2**22  # more outcomes than this from one iterable is taken to be an endless one


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


def read_distinct(items: Iterable[Any], what: str, mend: str) -> list[Hashable]:
    """List hashable items that are all different, or say which are not."""
    listed = list_finite(items)
    counts = Counter(check_hashable(item, f"{what} {i}") for i, item in enumerate(listed))
    repeated = [f"{shorten(item)} ({count} times)" for item, count in counts.items() if count > 1]
    if repeated:
        raise InvalidDistribution(f"{what}s are duplicated: {listing(repeated)}; {mend}")
    return listed
