"""`match_views`: which views two graphs share, by equality; neither hashing nor arrays make it quadratic."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from popgraph.basics.arrays import Ints
from popgraph.declare import LetterCoding, StateSequence, distinct


def match_views(views: Sequence[Hashable], others: Sequence[Hashable]) -> Ints:
    """Return for each of the `others`, (len(others),), the position of the equal view, or a new number from len(views) on.

    Neither sequence repeats a view. Views that are kept as arrays of one kind are compared as arrays, others by hashing.
    """
    if others is views:
        return np.arange(len(views))
    states = _joined_states(views, others)
    if states is not None:
        return np.asarray(
            distinct(states)[0][len(views) :]
        )  # numbered by first appearance: the first graph's come first
    position: dict[Hashable, int] = {view: i for i, view in enumerate(views)}
    return np.array([position.setdefault(view, len(position)) for view in others], dtype=np.intp)


def _joined_states(views: Sequence[Hashable], others: Sequence[Hashable]) -> Any:
    """Return the states of both as one array in which equal rows are equal views, or None if they are of different kinds."""
    if not isinstance(views, StateSequence) or not isinstance(others, StateSequence):
        return None
    states = others.array
    if isinstance(views.coding, LetterCoding) and isinstance(others.coding, LetterCoding):
        if views.coding.length != others.coding.length:
            return None
        alphabet = dict(views.coding.numbers)  # each graph has numbered its letters by itself
        states = np.array([alphabet.setdefault(letter, len(alphabet)) for letter in others.coding.letters])[states]
    elif views.coding != others.coding:
        return None
    return np.concatenate([views.array, states]) + 0  # -0.0 becomes 0.0
