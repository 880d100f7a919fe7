"""What all blocks have in common: the views in one order, and the connected components.

It runs in the user's process, from the list of views and the components of each block; it never needs A.
"""

from collections.abc import Hashable, Sequence

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from popgraph.basics.arrays import Ints
from popgraph.declare import StateSequence, distinct


def unite_views(lists: list[Sequence[Hashable]]) -> tuple[Sequence[Hashable], list[Ints]]:
    """Number the views of all blocks together, first seen first, and return them with each block's numbers."""
    first = lists[0]
    if isinstance(first, StateSequence) and all(
        isinstance(views, StateSequence) and views.coding == first.coding for views in lists
    ):
        states = np.concatenate([views.array for views in lists])  # type: ignore[attr-defined]
        number, appears = distinct(states)
        ends = np.cumsum([len(views) for views in lists])
        return StateSequence(states[appears], first.coding), np.split(number, ends[:-1])
    index: dict[Hashable, int] = {}
    numbers = [np.array([index.setdefault(view, len(index)) for view in views], dtype=np.intp) for views in lists]
    return tuple(index), numbers


def in_order(
    views: Sequence[Hashable], numbers: list[Ints], declared: Sequence[Hashable]
) -> tuple[Sequence[Hashable], list[Ints]]:
    """Put united views in the order of those declared, if they are the same; else leave them as they are.

    Parameters
    ----------
    views : sequence
        All views.
    numbers : list of arrays
        The numbers among them of the views of each block.
    declared : sequence
        The naturals, or the views in the order that is asked for.
    """
    if len(views) != len(declared):
        return views, numbers
    if isinstance(views, StateSequence):
        states = views.coding.encode(declared)
        if states is None or states.shape != views.array.shape:
            return views, numbers
        rank = distinct(np.concatenate([states, views.array]))[0][len(declared) :]
        ordered: Sequence[Hashable] = StateSequence(states, views.coding)
    else:
        position = {view: i for i, view in enumerate(declared)}
        rank = np.array([position.get(view, len(declared)) for view in views], dtype=np.intp)
        ordered = tuple(declared)
    return (views, numbers) if rank.max() >= len(declared) else (ordered, [rank[number] for number in numbers])


class ComponentUnion:
    """Join views that some block joins: `of_view` (N,) numbers the components by first view."""

    def __init__(self, n_views: int) -> None:
        self._label = np.arange(n_views)

    def join(self, columns: Ints, component: Ints) -> None:
        """Join the columns of a block that lie in one of its components."""
        side, count = len(self._label), int(component.max()) + 1
        edges = (np.ones(len(columns), dtype=np.int8), (self._label[columns], side + component))
        labels = connected_components(sp.coo_array(edges, shape=(side + count, side + count)), directed=False)[1]
        self._label = labels[self._label]

    @property
    def of_view(self) -> Ints:
        """The component of each view."""
        _, first, number = np.unique(self._label, return_index=True, return_inverse=True)
        rank = np.empty(len(first), dtype=np.intp)
        rank[np.argsort(first)] = np.arange(len(first))
        return rank[number]
