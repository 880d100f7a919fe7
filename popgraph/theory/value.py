"""`Check`: one statement of the theory on one graph, with both its sides; `Checks`: a table of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from popgraph.basics.arrays import Immutable
from popgraph.basics.html import headed, html_table
from popgraph.basics.words import printable
from popgraph.errors import InvalidArgument


class Verdict(Enum):
    """The outcomes of a check, whose values are the words that print.

    RATIO: the source hides a constant, so nothing is decided. SKIPPED: it would take a search that nobody asked for.

    Examples
    --------
    >>> import popgraph as pg
    >>> [verdict.value for verdict in pg.theory.Verdict]
    ['holds', 'fails', 'not applicable', 'constant hidden', 'skipped']
    """

    HOLDS = "holds"
    FAILS = "fails"
    NOT_APPLICABLE = "not applicable"
    RATIO = "constant hidden"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Check(Immutable):
    """Say whether a statement holds on a graph, and by how much.

    Attributes
    ----------
    name : str
        The statement's name, as `check(only=...)` takes it.
    statement, latex : str
        The statement in one line, plain and as LaTeX.
    source : str
    relation : str
        "=" or "<=" between the sides; "<~" where the source hides a constant.
    left, right : float or None
        The two sides; None where the statement does not apply, or was skipped.
    tolerance : float or None
        The difference that counts as rounding.
    verdict : Verdict
    reason : str
        Why the statement does not apply, which call makes a skipped one, or a remark on the sides; may be empty.

    Examples
    --------
    >>> import popgraph as pg
    >>> check = pg.theory.check(pg.zoo.lightning_cloud(), only="weights sum to 1")[0]
    >>> check.verdict.value, check.left, check.right
    ('holds', 1.0, 1.0)
    """

    name: str
    statement: str
    latex: str
    source: str
    relation: str
    left: float | None
    right: float | None
    tolerance: float | None
    verdict: Verdict
    reason: str = ""

    @property
    def slack(self) -> float | None:
        """right - left for "<=", and -|right - left| for "="; the statement holds iff this is at least -tolerance."""
        if self.left is None or self.right is None or self.relation == "<~":
            return None
        return -abs(self.right - self.left) if self.relation == "=" else self.right - self.left

    @property
    def ratio(self) -> float | None:
        """left / right: at most 1 if a bound holds; if the source hides a constant, the least value that it can have."""
        if self.left is None or self.right is None or self.right == 0:
            return None
        return self.left / self.right

    def to_dict(self) -> dict[str, Any]:
        """Return all fields, slack and ratio by name, ready for JSON.

        Examples
        --------
        >>> import popgraph as pg
        >>> pg.theory.check(pg.zoo.lightning_cloud(), only="weights sum to 1")[0].to_dict()["slack"]
        0.0
        """
        fields = ("name", "statement", "latex", "source", "relation", "left", "right", "slack", "ratio", "tolerance")
        return {field: getattr(self, field) for field in fields} | {
            "verdict": self.verdict.value,
            "reason": self.reason,
        }

    def __str__(self) -> str:
        return "  ".join([f"{self.verdict.value}:", self.statement, self.numbers(), f"[{self.source}]"])

    def numbers(self) -> str:
        """Write the two sides as text, or the reason why there are none.

        Examples
        --------
        >>> import popgraph as pg
        >>> pg.theory.check(pg.zoo.lightning_cloud(), only="weights sum to 1")[0].numbers()
        '1 = 1'
        """
        if self.left is None or self.right is None:
            return self.reason
        sides = f"{self.left:.6g} {self.relation} {self.right:.6g}"
        if self.verdict is Verdict.RATIO and self.ratio is not None:
            sides += f" (ratio {self.ratio:.3g})"
        return f"{sides}; {self.reason}" if self.reason else sides


@dataclass(frozen=True)
class Checks(Immutable):
    """Hold checks in the order of the theory. `checks[i]` takes a position or a name; `bool(checks)` is whether none fails.

    Examples
    --------
    >>> import popgraph as pg
    >>> checks = pg.theory.check(pg.zoo.lightning_cloud(), k=2)
    >>> bool(checks), len(checks.failed)
    (True, 0)
    """

    graph: str
    k: int
    items: tuple[Check, ...]

    def __bool__(self) -> bool:
        return not self.failed

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Check]:
        return iter(self.items)

    def __getitem__(self, which: int | str) -> Check:
        if isinstance(which, str):
            for item in self.items:
                if item.name == which:
                    return item
            raise InvalidArgument(
                f"{which!r} names none of these checks; their names are [check.name for check in checks]"
            )
        return self.items[which]

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that fail."""
        return tuple(item for item in self.items if item.verdict is Verdict.FAILS)

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return a dict for each check, for a DataFrame or JSON.

        Examples
        --------
        >>> import popgraph as pg
        >>> checks = pg.theory.check(pg.zoo.lightning_cloud(), only="weights sum to 1")
        >>> checks.to_dicts()[0]["verdict"]
        'holds'
        """
        return [item.to_dict() for item in self.items]

    def counts(self) -> dict[str, int]:
        """Return the number of checks of each verdict.

        Examples
        --------
        >>> import popgraph as pg
        >>> pg.theory.check(pg.zoo.lightning_cloud(), only="weights sum to 1").counts()
        {'holds': 1}
        """
        words = [item.verdict.value for item in self.items]
        return {word: words.count(word) for word in dict.fromkeys(words)}

    def __repr__(self) -> str:
        counts = ", ".join(f"{count} {word}" for word, count in self.counts().items())
        return f"Checks({printable(self.graph)}, k={self.k}: {counts})"

    def __str__(self) -> str:
        width = max((len(item.name) for item in self.items), default=0)
        rows = [
            f"  {item.verdict.value:<16}{item.name:<{width}}  {item.numbers()}  [{item.source}]" for item in self.items
        ]
        return "\n".join([repr(self), *rows])

    def _repr_html_(self) -> str:
        """Write the table as HTML for a notebook, with the statements as LaTeX."""
        rows = [[item.verdict.value, f"${item.latex}$", item.numbers(), item.source] for item in self.items]
        return headed(repr(self), html_table(rows, ["verdict", "statement", "numbers", "source"], left=True))
