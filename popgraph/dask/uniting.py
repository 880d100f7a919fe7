"""Unite the blocks' views into one list, and their connected components into those of the graph.

This runs in the user's process, from each block's list of views and their components, without A.
"""

from collections.abc import Hashable, Sequence

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from popgraph.basics.arrays import Ints
from popgraph.declare import StateSequence, distinct


def unite_views(lists: list[Sequence[Hashable]]) -> tuple[Sequence[Hashable], list[Ints]]:
    """List the views of all blocks in the order of their first occurrence, with the positions of each block's views in the list."""
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
    """Put the views, and each block's positions among them, in the order declared; if that lists others, change nothing."""
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
    """Unite the components of all blocks: `of_view` (N,) is the component of each view, numbered by first view."""

    def __init__(self, n_views: int) -> None:
        self._label = np.arange(n_views)

    def join(self, columns: Ints, component: Ints) -> None:
        """Unite the views (`columns`) that lie in the same component of a block."""
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
