"""The table of an augmentation on given naturals: a row for each natural, a column for each view."""

from dataclasses import dataclass
from typing import Any

from popgraph.basics.arrays import Immutable
from popgraph.basics.html import html_table
from popgraph.basics.words import printable, shorten
from popgraph.declare.distribution import Distribution

MOST_COLUMNS = 12  # views; with more, each row lists only its own views


@dataclass(frozen=True, eq=False, repr=False)
class KernelTable(Immutable):
    """Hold A(x|x̄) for some naturals. Made by `.Augmentation.table`.

    Attributes
    ----------
    name : str
        The augmentation's name.
    naturals : tuple
    rows : tuple of Distribution
        The distribution of each natural's views.

    Examples
    --------
    >>> import popgraph as pg
    >>> table = pg.apply(str.lower, "1/3").table(["Cat", "dog"])
    >>> table.views
    ('Cat', 'cat', 'dog')
    """

    name: str
    naturals: tuple[Any, ...]
    rows: tuple[Distribution, ...]

    @property
    def views(self) -> tuple[Any, ...]:
        """The columns: all views, in the order of their first occurrence in the rows."""
        return tuple(dict.fromkeys(view for row in self.rows for view in row))

    def __repr__(self) -> str:
        return f"KernelTable({printable(self.name)}: {len(self.naturals)} naturals, {len(self.views)} views)"

    def __str__(self) -> str:
        if len(self.views) > MOST_COLUMNS:
            return "\n".join(f"{shorten(x)}: {row!r}" for x, row in zip(self.naturals, self.rows, strict=True))
        short = [printable(view) if isinstance(view, str) else shorten(view, 24) for view in self.views]
        names = [printable(x) if isinstance(x, str) else shorten(x, 24) for x in self.naturals]
        lines = [["", *short], *([name, *self._numbers(row)] for name, row in zip(names, self.rows, strict=True))]
        widths = [max(len(line[c]) for line in lines) for c in range(len(lines[0]))]
        cells = (
            [line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True))]
            for line in lines
        )
        return "\n".join("  ".join(line).rstrip() for line in cells)

    def _repr_html_(self) -> str:
        if len(self.views) > MOST_COLUMNS:
            return html_table(
                [[natural, row] for natural, row in zip(self.naturals, self.rows, strict=True)], ["x̄", "A(·|x̄)"]
            )
        rows = [[x, *self._numbers(row)] for x, row in zip(self.naturals, self.rows, strict=True)]
        return html_table(rows, ["A(x|x̄)", *self.views])

    def _numbers(self, row: Distribution) -> list[str]:
        """Write a row's probabilities, 0 for a view that it does not reach."""
        exact = row.fractions if row.exact else None
        return [str(exact[view]) if exact and view in exact else f"{row.get(view, 0):.6g}" for view in self.views]
