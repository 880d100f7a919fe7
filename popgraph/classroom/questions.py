"""What a worksheet holds: the population as it is declared, and a table to fill in for each question. Knows no markup but cells."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np

from popgraph.basics.words import printable, shorten
from popgraph.classroom.cells import matrix_cells, number_cell, root_cell
from popgraph.classroom.formulas import read_number
from popgraph.classroom.tables import Facts
from popgraph.populations import PopulationGraph

MAX_NAME_IN_HEAD = 9  # characters of a view's name that fit over a column
MAX_SIDE_IN_RADICALS = 12  # views of a graph whose F* is written exactly


class Words(NamedTuple):
    """Hold a sentence in HTML and in LaTeX."""

    html: str
    latex: str


class Table(NamedTuple):
    """Hold a table: plain names over the columns and before the rows, and cells in LaTeX."""

    corner: str
    columns: list[str]
    rows: list[str]
    cells: list[list[str]]


@dataclass(frozen=True)
class Question:
    """Hold a question, the table that answers it, and what the key says besides."""

    name: str
    words: Words
    table: Table
    remark: Words


@dataclass(frozen=True)
class Sheet:
    """Hold all of a worksheet; `given` is what the student is told."""

    title: str
    k: int
    views: int
    legend: list[tuple[str, str]]  # short name and whole name of views, where these do not fit
    given_words: Words
    given: Table
    questions: tuple[Question, ...]


ASKED: dict[str, Words] = {
    "w_x": Words(
        "<b>w<sub>x</sub></b>: how probable is each view, w<sub>x</sub> = Σ p(x̄) A(x|x̄)?",
        r"\textbf{$w_x$:} how probable is each view, $w_x = \sum_{\bar x} p(\bar x) A(x|\bar x)$?",
    ),
    "w": Words(
        "<b>w</b>: how probable is each positive pair, w<sub>xx′</sub> = Σ p(x̄) A(x|x̄) A(x′|x̄)?",
        r"\textbf{$w$:} how probable is each positive pair, $w_{xx'} = \sum_{\bar x} p(\bar x) A(x|\bar x) A(x'|\bar x)$?",
    ),
    "adjacency": Words(
        "<b>Ā</b>: normalise, Ā<sub>xx′</sub> = w<sub>xx′</sub> / √(w<sub>x</sub> w<sub>x′</sub>).",
        r"\textbf{$\bar A$:} normalise, $\bar A_{xx'} = w_{xx'} / \sqrt{w_x w_{x'}}$.",
    ),
    "gamma": Words(
        "<b>γ</b>: which are the largest eigenvalues of Ā, largest first? "
        "Is the cut at k clean, γ<sub>k</sub> &gt; γ<sub>k+1</sub>?",
        r"\textbf{$\gamma$:} which are the largest eigenvalues of $\bar A$, largest first? Is the cut at $k$ clean, "
        r"$\gamma_k > \gamma_{k+1}$?",
    ),
    "F": Words(
        "<b>F*</b>: find k orthonormal eigenvectors of these eigenvalues, one a column.",
        r"\textbf{$F^*$:} find $k$ orthonormal eigenvectors of these eigenvalues, one a column.",
    ),
    "f": Words(
        "<b>f</b>: divide row by row, f(x) = F*<sub>x</sub> / √w<sub>x</sub>. This is what contrastive learning finds.",
        r"\textbf{$f$:} divide row by row, $f(x) = F^*_x / \sqrt{w_x}$. This is what contrastive learning finds.",
    ),
}
NO_REMARK = Words("", "")
ANY_BASIS = Words(
    "Any other basis of the same span is right too: other signs, a rotation, an invertible map of the columns.",
    "Any other basis of the same span is right too: other signs, a rotation, an invertible map of the columns.",
)


def sheet_of(graph: Any, facts: Facts, k: int, asked: Sequence[str], title: str) -> Sheet:
    """Write the population and its questions."""
    names, legend = _names(graph.views)
    numbers = _Numbers(graph, facts, k)
    drawn = isinstance(graph, PopulationGraph) and graph.known is None
    questions = [
        Question(name, ASKED[name], _table(name, numbers, names), _remark(name, numbers))
        for name in asked
        if drawn or name != "w"
    ]
    if drawn:
        words = Words(
            "The naturals x̄, their probabilities p(x̄), and the augmentation A(x|x̄):",
            r"The naturals $\bar x$, their probabilities $p(\bar x)$, and the augmentation $A(x|\bar x)$:",
        )
        naturals = [short_name(natural, 24) for natural in graph.naturals]
        given = Table("x̄", ["p", *names], naturals, numbers.declaration())
    else:
        words = Words(
            "The probabilities w<sub>xx′</sub> of positive pairs:", "The probabilities $w_{xx'}$ of positive pairs:"
        )
        given = Table("w", names, names, numbers.cells("w"))
    return Sheet(title, k, graph.N, legend, words, given, tuple(questions))


def short_name(outcome: Hashable, width: int) -> str:
    """Write a view or natural in so many characters: a word without quotes."""
    name = getattr(outcome, "name", None) or outcome  # of an image, where it has one
    return printable(name, width) if isinstance(name, str) else shorten(name, width)


def _names(views: Sequence[Hashable]) -> tuple[list[str], list[tuple[str, str]]]:
    """Return a name of each view that fits over a column, and the legend that it needs."""
    whole = [short_name(view, 60) for view in views]
    if max(map(len, whole)) <= MAX_NAME_IN_HEAD and sum(map(len, whole)) <= 72:
        return whole, []
    numbered = [f"x{i + 1}" for i in range(len(whole))]
    return numbered, list(zip(numbered, whole, strict=True))


def _table(name: str, numbers: "_Numbers", names: list[str]) -> Table:
    """Return the table that answers a question."""
    cells = numbers.cells(name)
    if name == "w_x":
        return Table("x", names, ["w_x"], cells)
    if name == "gamma":
        return Table("i", [str(i + 1) for i in range(len(cells[0]))], ["γ_i"], cells)
    if name in ("F", "f"):
        return Table("x", [f"{'F*' if name == 'F' else 'f'} {j + 1}" for j in range(len(cells[0]))], names, cells)
    return Table("w" if name == "w" else "Ā", names, names, cells)


def _remark(name: str, numbers: "_Numbers") -> Words:
    """Return what the key says beside the table."""
    if name in ("F", "f"):
        return ANY_BASIS
    if name != "gamma":
        return NO_REMARK
    k, gamma = numbers.k, numbers.facts.gamma
    if k == len(gamma):
        return Words("k = N: there is nothing below the cut.", "$k = N$: there is nothing below the cut.")
    gap = float(gamma[k - 1] - gamma[k])
    if gap > 1e-9:
        return Words(
            f"The cut at k = {k} is clean: γ<sub>{k}</sub> − γ<sub>{k + 1}</sub> = {gap:.4g}.",
            rf"The cut at $k = {k}$ is clean: $\gamma_{{{k}}} - \gamma_{{{k + 1}}} = {gap:.4g}$.",
        )
    return Words(
        f"The cut at k = {k} is degenerate: γ<sub>{k}</sub> = γ<sub>{k + 1}</sub>, and any choice in that eigenspace is right.",
        rf"The cut at $k = {k}$ is degenerate: $\gamma_{{{k}}} = \gamma_{{{k + 1}}}$, and any choice in that eigenspace is right.",
    )


@dataclass(frozen=True)
class _Numbers:
    """Write the numbers of a population as cells: exact where its probabilities are."""

    graph: Any
    facts: Facts
    k: int

    @property
    def exact(self) -> bool:
        return bool(getattr(self.graph, "is_exact", False))

    def cells(self, name: str) -> list[list[str]]:
        """Return the cells of the table of a question."""
        if name in ("F", "f"):
            return self._columns(name)
        if name == "gamma":
            return [self._eigenvalues(min(self.k + 1, len(self.facts.w_x)))]
        if not self.exact:
            arrays = {"w_x": self.facts.w_x[np.newaxis], "w": self.facts.w, "adjacency": self.facts.adjacency}
            return [[number_cell(each) for each in row] for row in arrays[name].tolist()]
        exact = self.graph.exact()
        w, w_x = exact.w, exact.w_x
        if name == "adjacency":
            side = range(len(w_x))
            return [[root_cell(w[x, y] ** 2 / (w_x[x] * w_x[y])) for y in side] for x in side]
        return [[number_cell(each) for each in row] for row in (w if name == "w" else w_x[np.newaxis]).tolist()]

    def declaration(self) -> list[list[str]]:
        """Return p and A, a row for each natural."""
        position = {natural: i for i, natural in enumerate(self.graph.naturals)}
        rows = [["", *["0"] * self.graph.N] for _ in position]
        for j, view in enumerate(self.graph.views):
            for term in self.graph.explain(view, view).terms:
                row = rows[position[term.natural]]
                row[0], row[j + 1] = number_cell(term.p), number_cell(term.a)
        return rows

    def _eigenvalues(self, count: int) -> list[str]:
        if self.exact and find_spec("flint") is not None:
            exact = self.graph.exact()
            return [exact.eigenvalue(i + 1).latex for i in range(count)]
        return [number_cell(each) for each in self.facts.gamma[:count].tolist()]

    def _columns(self, name: str) -> list[list[str]]:
        """Return F* or f; in radicals where the k leading eigenvalues are rational."""
        spectrum = self.graph.spectrum(self.k)
        if self.exact and find_spec("flint") is not None and self.graph.N <= MAX_SIDE_IN_RADICALS:
            written = matrix_cells(self.graph.exact().latex("F*"))
            if len(written) == self.graph.N and len(written[0]) - (written[0][-1] == r"\cdots") >= self.k:
                F = [row[: self.k] for row in written]
                return F if name == "F" else self._divided(F)
        table = spectrum.eigenvectors if name == "F" else spectrum.eigenfunctions
        return [[number_cell(each) for each in row] for row in table.tolist()]

    def _divided(self, F: list[list[str]]) -> list[list[str]]:
        """Divide the rows of F* by √w_x; squares of its entries are fractions of small numbers."""
        cells = []
        for row, w_x in zip(F, self.graph.exact().w_x.tolist(), strict=True):
            cells.append([_quotient(read_number("F*", cell), w_x) for cell in row])
        return cells


def _quotient(root: float, w_x: Fraction) -> str:
    """Write the root of a fraction, given as a float, over √w_x: exactly where the fraction is one of small numbers."""
    square = Fraction(root * root).limit_denominator(10**6)
    if abs(float(square) - root * root) > 1e-13:
        return number_cell(root / float(w_x) ** 0.5)
    return root_cell(square / w_x, root < 0)
