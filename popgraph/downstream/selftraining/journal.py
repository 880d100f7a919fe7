"""The file of a phase diagram: its settings in the first line, then one line of JSON for each cell that is done."""

import json
from collections.abc import Callable, Iterable
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

from popgraph.basics.words import shorten
from popgraph.errors import InvalidArgument, InvalidFile

FORMAT = "popgraph phase diagram 1"


class Cell(NamedTuple):
    """Hold one cell of a phase diagram: who won, by how much, the ranges of errors, and where each was at its best."""

    winner: str
    margin: float
    contrastive: tuple[float, float]
    self_training: tuple[float, float]
    teacher: float
    k: int
    weights: tuple[float, float]


class Journal:
    """Append cells to a file; a line that a crash left unfinished is dropped when the file is opened again."""

    def __init__(self, path: str | PathLike[str], settings: dict[str, Any]) -> None:
        if not isinstance(path, str | PathLike) or not str(path) or "\0" in str(path):
            raise InvalidArgument(f"path is {shorten(path)}; give the name of a file")
        self.path = Path(path)
        if self.path.is_dir():
            raise InvalidFile(f"{self.path} is a folder; give the name of a file")
        if not self.path.parent.is_dir():
            raise InvalidFile(f"there is no folder {self.path.parent}; make it first")
        # What is no number or word of JSON, such as a Fraction, is written as Python writes it.
        self.header = {"format": FORMAT, **{name: _plain(value) for name, value in settings.items()}}

    def lines(self) -> list[str]:
        """Return the finished lines after the first, having checked that one; start the file if there is none."""
        text = self.path.read_text(encoding="utf-8", errors="replace") if self.path.exists() else ""
        finished = text[: text.rfind("\n") + 1]
        if not finished:
            if text and not json.dumps(self.header).startswith(text):
                raise InvalidFile(f"{self.path} is no file of a phase diagram; give another path")
            self.path.write_text(json.dumps(self.header) + "\n", encoding="utf-8")
            return []
        first, *others = finished.splitlines()
        self._check_header(first)
        if finished != text:
            self.path.write_text(finished, encoding="utf-8")
        return others

    def _check_header(self, line: str) -> None:
        """Refuse a file of another diagram, and say in what it differs."""
        try:
            header = json.loads(line)
        except ValueError:
            header = None
        if not isinstance(header, dict) or header.get("format") != FORMAT:
            raise InvalidFile(f"{self.path} is no file of a phase diagram; give another path")
        differ = [name for name, value in self.header.items() if header.get(name) != value]
        if differ:
            raise InvalidFile(
                f"{self.path} is of another phase diagram: its {differ[0]} is {shorten(header.get(differ[0]))}, not "
                f"{shorten(self.header[differ[0]])}; give another path"
            )

    def append(self, at: tuple[int, int], cell: Cell) -> None:
        """Write one cell. Python writes a float so that it is read again to the bit, and infinity as Infinity."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps([*at, *cell]) + "\n")


def read_cells(
    journal: Journal, cells: set[tuple[int, int]], compute: Callable[[tuple[int, int]], Cell]
) -> dict[tuple[int, int], Cell]:
    """Return the cells that the file holds; the first of them is computed again, and refused if it has another outcome."""
    known: dict[tuple[int, int], Cell] = {}
    for number, line in enumerate(journal.lines(), start=2):
        try:
            i, j, winner, margin, contrastive, self_training, teacher, k, weights = json.loads(line)
            cell = Cell(winner, margin, tuple(contrastive), tuple(self_training), teacher, k, tuple(weights))
            if (
                (i, j) not in cells
                or len(cell.contrastive) != 2
                or len(cell.self_training) != 2
                or len(cell.weights) != 2
            ):
                raise ValueError
        except (ValueError, TypeError):
            raise InvalidFile(
                f"line {number} of {journal.path} is no cell of this diagram: {shorten(line)}; delete it, or give another path"
            ) from None
        if not known and compute((i, j)) != cell:
            raise InvalidFile(
                f"{journal.path} is of another phase diagram: line {number} is not what make_graph and its teacher give now; "
                "give another path"
            )
        known[i, j] = cell
    return known


def _plain(value: Any) -> Any:
    """Return what JSON can hold: numbers, words, None and lists of these; of anything else how Python writes it."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Iterable):
        return [_plain(each) for each in value]
    return repr(value)
