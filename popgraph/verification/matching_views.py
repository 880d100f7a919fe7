"""`match_views`: which views of two graphs are equal, found by sorting arrays or by hashing, never pair by pair."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from popgraph.basics.arrays import Ints
from popgraph.declare import LetterCoding, StateSequence, distinct


def match_views(views: Sequence[Hashable], others: Sequence[Hashable]) -> Ints:
    """Return the position in `views` of each of the other graph's views, (len(others),), and len(views), ... for new ones.

    Neither sequence has repetitions. Views that both graphs store as arrays are compared as arrays, all others by hashing.

    >>> match_views(["a", "b", "c"], ["d", "c", "a"])
    array([3, 2, 0])
    >>> match_views(range(2), range(4))
    array([0, 1, 2, 3])
    """
    by_number = isinstance(views, range) and isinstance(others, range)
    if others is views or (by_number and (views.start, views.step) == (others.start, others.step)):  # type: ignore[attr-defined]
        return np.arange(len(others))
    states = _joined_states(views, others)
    if states is not None:
        # `distinct` numbers rows by first appearance, so the first graph's views are 0, 1, ..., len(views) - 1.
        return np.asarray(distinct(states)[0][len(views) :])
    position: dict[Hashable, int] = {view: i for i, view in enumerate(views)}
    return np.array([position.setdefault(view, len(position)) for view in others], dtype=np.intp)


def _joined_states(views: Sequence[Hashable], others: Sequence[Hashable]) -> Any:
    """Return the states of both in one array, where equal rows are equal views; None if they are not stored alike."""
    if not isinstance(views, StateSequence) or not isinstance(others, StateSequence):
        return None
    states = others.array
    if isinstance(views.coding, LetterCoding) and isinstance(others.coding, LetterCoding):
        if views.coding.length != others.coding.length:
            return None
        alphabet = dict(views.coding.numbers)  # the two graphs may number the same letters differently
        states = np.array([alphabet.setdefault(letter, len(alphabet)) for letter in others.coding.letters])[states]
    elif views.coding != others.coding:
        return None
    return np.concatenate([views.array, states]) + 0  # -0.0 becomes 0.0
