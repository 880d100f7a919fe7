"""`worksheet`: a handout with blanks and its key, as two files."""

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from popgraph.basics.arguments import one_of, whole_number, word
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.outcomes import list_finite
from popgraph.basics.arguments.populations import read_population
from popgraph.basics.arrays import Immutable
from popgraph.basics.html import Link, headed
from popgraph.basics.protocols import ViewedPopulation
from popgraph.basics.subspace import tolerance
from popgraph.basics.words import shorten
from popgraph.classroom.pages import html_page, latex_page
from popgraph.classroom.printing import pdf_of, write_all
from popgraph.classroom.questions import ASKED, Sheet, sheet_of
from popgraph.classroom.tables import read_facts
from popgraph.errors import InvalidArgument, TooLarge

MAX_VIEWS_ON_PAPER, MAX_NATURALS_ON_PAPER = 12, 24
FORMS = (".html", ".tex", ".pdf")


@dataclass(frozen=True, repr=False)
class Worksheet(Immutable):
    """Hold where a handout and its key were written. Made by `popgraph.classroom.worksheet`.

    Attributes
    ----------
    handout, key : Path
        The two files.
    k : int
        The number of eigenvectors asked for.
    questions : tuple of str
        What is asked, by the arguments of `popgraph.classroom.grade`.

    See Also
    --------
    worksheet : Make one.
    grade : Grade what students hand in.

    Examples
    --------
    >>> from pathlib import Path
    >>> import tempfile, popgraph as pg
    >>> sheet = pg.classroom.worksheet(pg.zoo.lightning_cloud(), Path(tempfile.mkdtemp()) / "cloud.html")
    >>> sheet, sheet.k
    (Worksheet(cloud.html, cloud_key.html: w_x, w, adjacency, gamma, F, f), 2)
    """

    handout: Path
    key: Path
    k: int
    questions: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Worksheet({self.handout.name}, {self.key.name}: {', '.join(self.questions)})"

    def __str__(self) -> str:
        return f"wrote {self.handout} and its key {self.key}"

    def _repr_html_(self) -> str:
        links = " · ".join(Link(path.name, path.as_posix())._repr_html_() for path in (self.handout, self.key))
        return headed("worksheet", f"<p>{links}</p>")


@checked_call(form="path, whose ending is the form: .html, .tex or .pdf")
def worksheet(
    graph: ViewedPopulation,
    path: str | Path = "worksheet.html",
    *,
    k: int | None = None,
    questions: Sequence[str] = ("w_x", "w", "adjacency", "gamma", "F", "f"),
    title: str | None = None,
) -> Worksheet:
    """Write a handout with blanks, and its key beside it: cloud.html and cloud_key.html.

    Both are written, or none. Numbers are fractions and roots where the population's probabilities are exact; eigenvalues and
    eigenvectors are so where python-flint is installed, else they have four decimals. `grade` takes what students write.

    Parameters
    ----------
    graph : population with a list of views
        At most 12 views, and at most 24 naturals.
    path : str or Path
        Of the handout, in a folder that exists. Its ending is the form: .html, .tex or .pdf. The key has "_key" before it.
    k : int, optional
        In 1..rank Ā; by default the first clean cut of two eigenvectors or more.
    questions : sequence of str
        Of "w_x", "w", "adjacency", "gamma", "F" and "f", in this order. Of pairs that were given, w is shown and not asked.
    title : str, optional
        The graph's name by default.

    Returns
    -------
    Worksheet
        With the paths of both files.

    Raises
    ------
    TooLarge
        If the graph is too large for paper.
    MissingExtra
        If a PDF is asked for, and the machine has neither a TeX nor Chromium to print it.
    InvalidArgument
        If the path ends otherwise, k is out of range, or a question is none of these.
    OSError
        If the files cannot be written.

    See Also
    --------
    grade : Grade the answers, with fractions as "1/18".

    Examples
    --------
    >>> from pathlib import Path
    >>> import tempfile, popgraph as pg
    >>> sheet = pg.classroom.worksheet(pg.zoo.lightning_cloud(), Path(tempfile.mkdtemp()) / "cloud.tex", questions=["w_x", "w"])
    >>> r"$\\tfrac{1}{18}$" in sheet.key.read_text(encoding="utf-8")
    True
    >>> r"$\\tfrac{1}{18}$" in sheet.handout.read_text(encoding="utf-8")
    False
    """
    graph = read_population("worksheet(graph, ...)", graph, ViewedPopulation)
    handout = _read_path(path)
    asked = _read_questions(questions)
    if graph.N > MAX_VIEWS_ON_PAPER or graph.n > MAX_NATURALS_ON_PAPER:
        raise TooLarge(
            f"{shorten(graph)} is too large for paper: a worksheet holds at most {MAX_VIEWS_ON_PAPER} views and "
            f"{MAX_NATURALS_ON_PAPER} naturals; popgraph.classroom.grade takes up to 400 views"
        )
    facts = read_facts(graph)
    rank = int(np.sum(facts.gamma > tolerance(graph.N)))
    k = _first_clean_cut(facts.gamma[:rank]) if k is None else whole_number("k", k, rank, "the rank of Ā")
    name = graph.name or "A population graph"
    sheet = sheet_of(graph, facts, k, asked, name if title is None else word("title", title))
    key = handout.with_name(f"{handout.stem}_key{handout.suffix}")
    write_all({handout: _written(sheet, False, handout.suffix), key: _written(sheet, True, handout.suffix)})
    return Worksheet(handout, key, k, tuple(question.name for question in sheet.questions))


def _written(sheet: Sheet, key: bool, form: str) -> bytes:
    """Return one of the two files."""
    if form.lower() == ".html":
        return html_page(sheet, key).encode()
    if form.lower() == ".tex":
        return latex_page(sheet, key).encode()
    return pdf_of(html_page(sheet, key), latex_page(sheet, key))


def _read_path(path: Any) -> Path:
    """Return the path of the handout, if its ending is a form."""
    if not isinstance(path, str | PathLike) or isinstance(path, bytes) or "\0" in str(path):
        raise InvalidArgument(f"path is {shorten(path)}; give a str or Path that ends in .html, .tex or .pdf")
    read = Path(path)
    if read.suffix.lower() not in FORMS:
        raise InvalidArgument(f"path is {shorten(str(read))}; let it end in .html, .tex or .pdf, which is the form")
    key = read.with_name(f"{read.stem}_key{read.suffix}")
    for place in (read, key):
        if place.is_dir():
            raise InvalidArgument(f"path is {shorten(str(read))}, and {place.name} is a folder; name a file")
    return read


def _read_questions(questions: Any) -> list[str]:
    """Return the questions that are asked, in the order in which each builds on those before."""
    listed = [questions] if isinstance(questions, str) else list_finite(questions, "questions")
    if not listed:
        raise InvalidArgument(f"questions is empty; name some of {', '.join(ASKED)}")
    asked = {one_of("questions", each, list(ASKED)) for each in listed}
    return [name for name in ASKED if name in asked]


def _first_clean_cut(positive: Any) -> int:
    """Return the least k of two or more with γ_k > γ_{k+1}, of the positive eigenvalues."""
    for k in range(2, len(positive)):
        if positive[k - 1] - positive[k] > 1e-9:
            return k
    return len(positive)
