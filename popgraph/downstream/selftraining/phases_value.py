"""`PhaseDiagram`: who wins over a grid of two parameters, as arrays, as rows of a table, and as a value to draw."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from popgraph.basics.arrays import Floats, Immutable, Ints, frozen
from popgraph.downstream.probing.exact import EQUAL_ERRORS
from popgraph.downstream.selftraining.journal import Cell

NAN = float("nan")
FAILED = Cell("failed", NAN, (NAN, NAN), (NAN, NAN), NAN, 0, (NAN, NAN))


class Failure(NamedTuple):
    """Hold a cell that raised an exception, and what it said."""

    row: Any
    column: Any
    message: str


@dataclass(frozen=True, eq=False, repr=False)
class PhaseDiagram(Immutable):
    """Hold who wins at each of R x C cells. Made by `phase_diagram`, drawn by `popgraph.plot.phase_diagram`.

    Attributes
    ----------
    rows, columns : tuple
        The values of the two parameters, R and C of them.
    names : (str, str)
        What they are called.
    winner : (R, C) array of words
        "contrastive", "self-training", "neither", or "failed".
    margin : (R, C) array
        The least that the loser's error can be less the most that the winner's can; 0 where neither wins.
    contrastive, self_training : (R, C, 2) array
        The least error of each at its best: with luck at degenerate cuts, and guaranteed.
    teacher : (R, C) array
        The teacher's error.
    k : (R, C) array
        The best width.
    weights : (R, C, 2) array
        The best weights.
    failures : tuple of (row, column, message)
        The cells that raised an exception.
    boundaries : mapping name -> (R, C) array
        Predictions; each draws a boundary where it changes its sign.

    See Also
    --------
    phase_diagram : Make one.
    popgraph.plot.phase_diagram : Draw it.
    Contest : One cell.

    Examples
    --------
    >>> import popgraph as pg
    >>> def cube(d, q):
    ...     graph = pg.zoo.hypercube(d, q)
    ...     return graph, graph.view_labels
    >>> diagram = pg.selftraining.phase_diagram(cube, [1, 2], [0.1, 0.2], names=("bits", "flip"))
    >>> print(diagram)
    PhaseDiagram(2 bits x 2 flip: contrastive wins 0, self-training 0, neither 4)
      of neither's cells  4 tie, in 0 it depends on the choice at a degenerate cut
    >>> diagram.to_dicts()[0]["winner"]
    'neither'
    """

    rows: tuple[Any, ...]
    columns: tuple[Any, ...]
    names: tuple[str, str]
    winner: Any
    margin: Floats
    contrastive: Floats
    self_training: Floats
    teacher: Floats
    k: Ints
    weights: Floats
    failures: tuple[Failure, ...]
    boundaries: Mapping[str, Floats]

    @property
    def undecided(self) -> NDArray[np.bool_]:
        """Where neither wins because it depends on the choice at a degenerate cut, (R, C); elsewhere they tie."""
        ends = np.concatenate([self.contrastive, self.self_training], axis=2)
        return np.asarray((self.winner == "neither") & (np.ptp(ends, axis=2) > EQUAL_ERRORS), dtype=np.bool_)

    def __repr__(self) -> str:
        (rows, columns), (R, C) = self.names, self.winner.shape
        counts = {who: int(np.sum(self.winner == who)) for who in ("contrastive", "self-training", "neither", "failed")}
        failed = f", failed {counts['failed']}" if self.failures else ""
        return (
            f"PhaseDiagram({R} {rows} x {C} {columns}: contrastive wins {counts['contrastive']}, "
            f"self-training {counts['self-training']}, neither {counts['neither']}{failed})"
        )

    def __str__(self) -> str:
        neither, undecided = int(np.sum(self.winner == "neither")), int(self.undecided.sum())
        lines = [
            repr(self),
            f"  of neither's cells  {neither - undecided} tie, in {undecided} it depends on the choice at a degenerate cut",
        ]
        for who in ("contrastive", "self-training"):
            if (self.winner == who).any():
                i, j = np.unravel_index(
                    int(np.argmax(np.where(self.winner == who, self.margin, -1))), self.winner.shape
                )
                at = f"{self.names[0]} = {self.rows[int(i)]}, {self.names[1]} = {self.columns[int(j)]}"
                lines.append(f"  widest for {who:<13} {self.margin[i, j]:.4g}, at {at}")
        lines += [f"  failed at {each.row}, {each.column}: {each.message}" for each in self.failures[:5]]
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as plain Python, ready for JSON: NaN and infinity are None, and Fractions are words.

        Examples
        --------
        >>> import popgraph as pg
        >>> cube = lambda d, q: pg.zoo.hypercube(d, q)
        >>> pg.selftraining.phase_diagram(cube, [1], [0.1], teacher=[0, 1]).to_dict()["winner"]
        [['neither']]
        """
        tables = {
            name: getattr(self, name) for name in ("margin", "contrastive", "self_training", "teacher", "weights")
        }
        return {
            "names": list(self.names),
            "rows": [_word(value) for value in self.rows],
            "columns": [_word(value) for value in self.columns],
            "winner": self.winner.tolist(),
            "k": self.k.tolist(),
            **{name: _plain(table) for name, table in tables.items()},
            "failures": [[_word(each.row), _word(each.column), each.message] for each in self.failures],
            "boundaries": {name: _plain(table) for name, table in self.boundaries.items()},
        }

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return a dict for each cell: the rows of a table, such as that of ``pandas.DataFrame(diagram.to_dicts())``.

        Examples
        --------
        >>> import popgraph as pg
        >>> diagram = pg.selftraining.phase_diagram(pg.zoo.hypercube, [1], [0.1, 0.2], teacher=[0, 1], names=("d", "q"))
        >>> [(cell["q"], cell["contrastive"]) for cell in diagram.to_dicts()]
        [(0.1, 0.1), (0.2, 0.2)]
        """
        return [
            {
                self.names[0]: row,
                self.names[1]: column,
                "winner": str(self.winner[i, j]),
                "margin": float(self.margin[i, j]),
                "contrastive": float(self.contrastive[i, j, 1]),
                "contrastive, with luck": float(self.contrastive[i, j, 0]),
                "self-training": float(self.self_training[i, j, 1]),
                "self-training, with luck": float(self.self_training[i, j, 0]),
                "teacher": float(self.teacher[i, j]),
                "k": int(self.k[i, j]),
                "weight, from": float(self.weights[i, j, 0]),
                "weight, to": float(self.weights[i, j, 1]),
                **{f"boundary: {name}": float(table[i, j]) for name, table in self.boundaries.items()},
            }
            for i, row in enumerate(self.rows)
            for j, column in enumerate(self.columns)
        ]


def lay_out(
    axes: tuple[tuple[Any, ...], tuple[Any, ...]],
    names: tuple[str, str],
    cells: Mapping[tuple[int, int], Cell],
    failures: tuple[Failure, ...],
    boundaries: Mapping[str, Floats],
) -> PhaseDiagram:
    """Lay cells out as the arrays of a diagram."""
    shape = len(axes[0]), len(axes[1])
    listed = [cells[i, j] for i in range(shape[0]) for j in range(shape[1])]

    def table(part: int, kind: Any = float) -> Any:
        values = np.array([cell[part] for cell in listed], dtype=kind)
        return frozen(values.reshape(*shape, *values.shape[1:]))

    return PhaseDiagram(
        rows=axes[0],
        columns=axes[1],
        names=names,
        winner=table(0, "U13"),
        margin=table(1),
        contrastive=table(2),
        self_training=table(3),
        teacher=table(4),
        k=table(5, np.intp),
        weights=table(6),
        failures=failures,
        boundaries=boundaries,
    )


def _word(value: Any) -> Any:
    """Return a value of a parameter as JSON can hold it."""
    return str(value) if isinstance(value, Fraction) or not isinstance(value, bool | int | float | str) else value


def _plain(numbers: Floats) -> Any:
    """Return an array as lists in which NaN and infinity are None."""
    plain = numbers.astype(object)
    plain[~np.isfinite(numbers)] = None
    return plain.tolist()
