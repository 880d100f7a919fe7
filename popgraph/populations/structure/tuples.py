"""`Tuples`: the tuples of a product space, or some of them, as a sequence of which each is made when it is asked for.

`ClassedTuples` are those of several spaces, each with its class.
"""

from bisect import bisect_right
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from math import prod
from typing import Any

import numpy as np

from popgraph.basics.arrays import Ints
from popgraph.declare import LazySequence


@dataclass(frozen=True, eq=False, repr=False)
class Tuples(LazySequence):
    """A sequence of tuples (x_1, ..., x_d), the last coordinate running fastest."""

    coordinates: tuple[tuple[Hashable, ...], ...]  # the outcomes of each coordinate
    cells: Ints | None = None  # (N,) the numbers of the tuples that are in it, increasing; None for all

    @property
    def sizes(self) -> tuple[int, ...]:
        """The number of outcomes of each coordinate."""
        return tuple(len(outcomes) for outcomes in self.coordinates)

    def __len__(self) -> int:
        return prod(self.sizes) if self.cells is None else len(self.cells)

    def __getitem__(self, i: Any) -> Any:
        if isinstance(i, slice):
            return tuple(self[j] for j in range(*i.indices(len(self))))
        at = range(len(self))[i]
        cell = at if self.cells is None else int(self.cells[at])
        places = np.unravel_index(cell, self.sizes)
        return tuple(outcomes[j] for outcomes, j in zip(self.coordinates, places, strict=True))

    def index(self, value: Any, start: int = 0, stop: int | None = None) -> int:
        """Return the position of a tuple, by arithmetic; raises ValueError if it is not in the sequence."""
        try:
            if not isinstance(value, tuple):  # a list of the same items equals no tuple
                raise TypeError
            places = [places[x] for places, x in zip(self._places, value, strict=True)]
            cell = int(np.ravel_multi_index(places, self.sizes))
            at = cell if self.cells is None else int(np.searchsorted(self.cells, cell))
            if at in range(len(self))[start:stop] and (self.cells is None or self.cells[at] == cell):
                return at
        except (KeyError, TypeError, ValueError):
            pass
        raise ValueError(f"{value!r} is not in this sequence")

    @cached_property
    def _places(self) -> list[dict[Hashable, int]]:
        return [{x: i for i, x in enumerate(outcomes)} for outcomes in self.coordinates]


@dataclass(frozen=True, eq=False, repr=False)
class ClassedTuples(LazySequence):
    """The sequence of pairs (c, (x_1, ..., x_d)), class by class."""

    classes: tuple[Hashable, ...]  # the classes c, all different
    tuples: tuple[Tuples, ...]  # those of each class

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *accumulate(len(of_class) for of_class in self.tuples)]

    def __len__(self) -> int:
        return self._starts[-1]

    def __getitem__(self, i: Any) -> Any:
        if isinstance(i, slice):
            return tuple(self[j] for j in range(*i.indices(len(self))))
        at = range(len(self))[i]
        c = bisect_right(self._starts, at) - 1
        return (self.classes[c], self.tuples[c][at - self._starts[c]])

    def index(self, value: Any, start: int = 0, stop: int | None = None) -> int:
        """Return the position of a pair, by arithmetic; raises ValueError if it is not in the sequence."""
        if isinstance(value, tuple) and len(value) == 2 and value[0] in self.classes:
            c = self.classes.index(value[0])
            at = self._starts[c] + self.tuples[c].index(value[1])
            if at in range(len(self))[start:stop]:
                return at
        raise ValueError(f"{value!r} is not in this sequence")
