"""`Separable`: functions of many coordinates that are products of functions of one, and their exact moments.

Knows tables, and no graph. A function is written by the few coordinates at which it is not 1, so that ten functions of a thousand
coordinates cost as much as ten of ten.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from popgraph.basics.arrays import Floats, Ints

POINTS_AT_ONCE = 1024  # points whose transpose stays in the cache
FUNCTIONS_PER_POINT = 100  # above which a loop over functions is slower than arrays of both


@dataclass(frozen=True, eq=False)
class Separable:
    """m functions of d coordinates, each a product of functions of single coordinates."""

    tables: tuple[
        Floats, ...
    ]  # (N_t, T_t): T_t functions of one coordinate, for each kind t of coordinate; column 0 is the constant 1
    kind_of: Ints  # (d,) the kind of each coordinate
    coordinate: Ints  # (m, s) the at most s coordinates that each function depends on, all different
    column: Ints  # (m, s) the columns of these coordinates' tables; column 0 fills up

    def __len__(self) -> int:
        return len(self.column)

    def evaluate(self, positions: Ints) -> Floats:
        """Return the values (n, m) at n points, given as rows of tables, (n, d)."""
        if len(positions) < len(self) // FUNCTIONS_PER_POINT:
            return self._few_points(positions)
        columns = [np.ascontiguousarray(table.T) for table in self.tables]
        moved = []
        for at, column in zip(self.coordinate.tolist(), self.column.tolist(), strict=True):
            moved.append([(j, columns[self.kind_of[j]][c]) for j, c in zip(at, column, strict=True) if c])
        values = np.ones((len(self), len(positions)))
        for start in range(0, len(positions), POINTS_AT_ONCE):
            points = positions[start : start + POINTS_AT_ONCE].T.astype(np.intp, order="C")
            for out, parts in zip(values[:, start : start + POINTS_AT_ONCE], moved, strict=True):
                for j, function in parts:
                    out *= function[points[j]]
        return np.asarray(values.T)

    def _few_points(self, positions: Ints) -> Floats:
        """Return the same where the functions are many and the points few."""
        widths = np.array([table.shape[1] for table in self.tables])
        offsets = np.concatenate([[0], np.cumsum([table.size for table in self.tables])[:-1]])
        flat = np.concatenate([table.ravel() for table in self.tables])
        kinds = self.kind_of[self.coordinate]
        values = np.ones((len(positions), len(self)))
        for s in range(self.column.shape[1]):
            rows = positions[:, self.coordinate[:, s]].astype(np.intp)
            values *= flat[offsets[kinds[:, s]] + rows * widths[kinds[:, s]] + self.column[:, s]]
        return values

    def gram(self, other: "Separable", grams: Sequence[Floats]) -> Floats:
        """Return Π_j E_j a_j b_j, (m, m'), for each function a here and b of `other`, and independent coordinates.

        `grams` has for each kind of coordinate the (T_t, T'_t) means of each column here times each there; [0, 0] is 1.
        """
        own_by_coordinate, other_by_coordinate = self._by_coordinate(), other._by_coordinate()
        product = np.ones((len(self), len(other)))
        for j in sorted(own_by_coordinate.keys() | other_by_coordinate.keys()):
            gram = grams[int(self.kind_of[j])]
            rows, row_columns = own_by_coordinate.get(j, (NO_FUNCTIONS, NO_FUNCTIONS))
            columns, other_columns = other_by_coordinate.get(j, (NO_FUNCTIONS, NO_FUNCTIONS))
            column_of_other = np.zeros(len(other), dtype=np.intp)
            column_of_other[columns] = other_columns
            product[rows] *= gram[row_columns][:, column_of_other]
            if len(columns):
                constant = np.ones(len(self), dtype=bool)
                constant[rows] = False
                product[np.ix_(constant, columns)] *= gram[0, other_columns]
        return product

    def _by_coordinate(self) -> dict[int, tuple[Ints, Ints]]:
        """Return for each coordinate the functions that are not 1 there, and their columns."""
        of, slot = np.nonzero(self.column)
        coordinate, column = self.coordinate[of, slot], self.column[of, slot]
        order = np.argsort(coordinate, kind="stable")
        starts = (
            np.flatnonzero(np.concatenate([[True], np.diff(coordinate[order]) > 0])) if len(order) else NO_FUNCTIONS
        )
        parts = np.split(order, starts[1:]) if len(order) else []
        return {int(coordinate[part[0]]): (of[part], column[part]) for part in parts}


NO_FUNCTIONS = np.empty(0, dtype=np.intp)


def separable(tables: Sequence[Floats], kind_of: Ints, functions: Iterable[Iterable[tuple[int, int]]]) -> Separable:
    """Write functions, given as pairs (coordinate, column) each."""
    listed = [list(function) for function in functions]
    width = max((len(function) for function in listed), default=0)
    coordinate, column = (np.zeros((len(listed), width), dtype=np.intp) for _ in range(2))
    for i, function in enumerate(listed):
        for s, (j, at) in enumerate(function):
            coordinate[i, s], column[i, s] = j, at
    return Separable(tuple(tables), kind_of, coordinate, column)
