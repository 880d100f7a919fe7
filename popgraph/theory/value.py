"""`Check`: one statement of the theory on one graph, with both its sides; `Checks`: a table of them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from popgraph.basics.arrays import Immutable
from popgraph.basics.html import Link, headed, html_table
from popgraph.basics.words import printable
from popgraph.errors import InvalidArgument
from popgraph.theory.references import REFERENCES, UnknownReference

DOCUMENT = "https://github.com/popgraph/popgraph/blob/main/docs/theory.md"  # the theory that the package ships
OWN = "popgraph"  # the paper of what is proved in the document itself
CODE = re.compile(r"[A-Z]+\d\d\b|LGT\b|[A-Z]\w+(?: et al\. \d{4})?")


class Verdict(Enum):
    """The outcomes of a check, whose values are the words that print.

    Three of them say that a statement is true on the graph, and differ in what that shows:

    * HOLDS: it could have failed there, and did not.
    * TRIVIAL, "trivial here": it could not fail there. Both sides of "<=" are 0; or the left side is 0, and is a quantity that is
      never below 0; or the statement says itself why this graph leaves it no choice, as k = N leaves nothing out.
    * VACUOUS: a bound that says nothing there. Its right side is infinite or divides by 0, or is 1 or more and bounds a
      probability.

    FAILS goes before all of these, VACUOUS before TRIVIAL. RATIO: the source hides a constant, so nothing is decided.
    SKIPPED: it would take a search that nobody asked for. NOT_APPLICABLE: one of its assumptions is not met.

    See Also
    --------
    Check : Has one.
    Checks.counts : How many there are of each.

    Examples
    --------
    >>> import popgraph as pg
    >>> [verdict.value for verdict in pg.theory.Verdict]
    ['holds', 'trivial here', 'vacuous', 'fails', 'not applicable', 'constant hidden', 'skipped']
    """

    HOLDS = "holds"
    TRIVIAL = "trivial here"
    VACUOUS = "vacuous"
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
        The statement's name, as ``check(only=...)`` takes it.
    statement, latex : str
        The statement in one line, plain and as LaTeX.
    source : str
        The paper's code and place, or the place in the project's own document.
    relation : str
        "=" or "<=" between the sides; "<~" where the source hides a constant.
    left, right : float or None
        The two sides; None where the statement does not apply, or was skipped.
    tolerance : float or None
        The difference that counts as rounding.
    verdict : Verdict
    reason : str
        Why the statement does not apply, is trivial or vacuous, which call makes a skipped one, or a remark on the sides; may be
        empty.
    section : str
        Where docs/theory.md proves it, as "2.1".
    assumptions : tuple of str
        What it needs of the graph, the labels and k, sizes that its computation needs included.
    why : str
        The idea of its proof in a line; may be empty.
    unmet : str
        Which assumption is not met, where it does not apply.

    See Also
    --------
    check : Make one.
    Verdict : Its outcomes.
    popgraph.testing.assert_theorem : Fail a test unless it holds.

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
    section: str = ""
    assumptions: tuple[str, ...] = ()
    why: str = ""
    unmet: str = ""

    @property
    def is_true(self) -> bool:
        """Whether both sides were computed and the statement is true of them: holds, trivial here, or vacuous."""
        return self.left is not None and self.verdict in (Verdict.HOLDS, Verdict.TRIVIAL, Verdict.VACUOUS)

    @property
    def url(self) -> str:
        """Where docs/theory.md states and proves it; empty without a section."""
        return f"{DOCUMENT}#section-{self.section.replace('.', '-')}" if self.section else ""

    @property
    def paper(self) -> str:
        """The code of the paper that it comes from, as "H21"; "popgraph" for what the document proves itself."""
        found = CODE.match(self.source)
        return OWN if found is None or found.group() == "THEORY" else found.group()

    @property
    def slack(self) -> float | None:
        """``right - left`` for "<=", and ``-|right - left|`` for "="; the statement holds iff this is at least -tolerance."""
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
        """Return all fields, slack, ratio and url by name, ready for JSON.

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
            "section": self.section,
            "assumptions": list(self.assumptions),
            "why": self.why,
            "unmet": self.unmet,
            "url": self.url,
        }

    def __str__(self) -> str:
        return "  ".join([f"{self.verdict.value}:", self.statement, self.numbers(), f"[{self.source}]"])

    def _repr_html_(self) -> str:
        """Write statement, both sides, why it is true, what it assumes, and where it is proved, as HTML for a notebook."""
        rows = [
            ("verdict", self.verdict.value),
            ("statement", f"${self.latex}$"),
            ("numbers", self.numbers()),
            ("why", self.why),
            ("assumes", "; ".join(self.assumptions)),
            ("source", self._linked_source()),
        ]
        return headed(f"{self.name}: {self.statement}", html_table([row for row in rows if row[1]], left=True))

    def _linked_source(self) -> Any:
        """Return the source as a link to the section that proves the statement, for HTML."""
        return Link(self.source, self.url) if self.url else self.source

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
    """Hold checks in the order of the theory. ``checks[i]`` takes a position or a name; ``bool(checks)`` is whether none fails.

    Attributes
    ----------
    graph : str
        The graph's name.
    k : int
        The number of eigenvectors that the statements are about.
    items : tuple of Check
        One for each statement.

    See Also
    --------
    check : Make one.
    Check : One of them.

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

    def by_paper(self) -> dict[str, tuple[Check, ...]]:
        """Return the checks of each paper by its code, in the order in which the papers first appear.

        Examples
        --------
        >>> import popgraph as pg
        >>> checks = pg.theory.check(pg.zoo.lightning_cloud(), only=["weights sum to 1", "Lemma 3.2"])
        >>> {paper: [check.name for check in checks] for paper, checks in checks.by_paper().items()}
        {'popgraph': ['weights sum to 1'], 'H21': ['Lemma 3.2']}
        """
        papers = dict.fromkeys(item.paper for item in self.items)
        return {paper: tuple(item for item in self.items if item.paper == paper) for paper in papers}

    def __str__(self) -> str:
        width = max((len(item.name) for item in self.items), default=0)
        lines = [repr(self)]
        for paper, items in self.by_paper().items():
            lines.append(_title(paper))
            lines += [
                f"  {item.verdict.value:<16}{item.name:<{width}}  {item.numbers()}  [{item.source}]" for item in items
            ]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """Write a table for each paper as HTML for a notebook: statements as LaTeX, why they are true, and what they assume."""
        parts = []
        for paper, items in self.by_paper().items():
            rows = [
                [
                    item.verdict.value,
                    item.name,
                    f"${item.latex}$",
                    item.numbers(),
                    item.why,
                    "; ".join(item.assumptions),
                    item._linked_source(),
                ]
                for item in items
            ]
            columns = ["verdict", "name", "statement", "numbers", "why", "assumes", "source"]
            parts.append(headed(_title(paper), html_table(rows, columns, left=True)))
        return headed(repr(self), *parts)


def _title(paper: str) -> str:
    """Return the heading of a paper's checks."""
    if paper == OWN:
        return "popgraph, docs/theory.md"
    try:
        found = REFERENCES[paper]
    except UnknownReference:
        return f"[{paper}]"
    return f"[{paper}] {', '.join(found.surnames)} {found.year}: {found.title}"
