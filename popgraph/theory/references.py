"""`REFERENCES`: where each code that stands in brackets leads, as [H21], and each paper that is cited by its authors and year."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from popgraph.basics.arrays import Immutable
from popgraph.basics.html import headed, html_table
from popgraph.basics.words import did_you_mean, shorten
from popgraph.errors import InvalidArgument
from popgraph.theory.bibliography import PAPERS_ON_LEARNING, PAPERS_ON_METHODS


class UnknownReference(InvalidArgument, KeyError):
    """A code or arXiv number that the bibliography does not have."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True)
class Reference(Immutable):
    """Say which paper or book a code stands for.

    Attributes
    ----------
    code : str
        What stands in docstrings and sources of statements, as "H21" or "Shen et al. 2022".
    authors, surnames : tuple of str
        Their names, given name first, and their surnames alone.
    title, venue : str
    year : int
        The year by which it is cited.
    arxiv, doi : str
        Empty where there is none.
    note : str
        By which numbers its theorems go, or what it is known for; may be empty.

    See Also
    --------
    References : All of them.
    Check : Names its source by a code.

    Examples
    --------
    >>> from popgraph import theory
    >>> reference = theory.REFERENCES["LGT"]
    >>> reference.cited_as, reference.url
    ('Lee et al. 2014', 'https://arxiv.org/abs/1111.1055')
    >>> print(reference)
    [LGT] James R. Lee, Shayan Oveis Gharan, Luca Trevisan. Multiway spectral partitioning and higher-order Cheeger inequalities.
      Journal of the ACM 61, 2014. arXiv:1111.1055. doi:10.1145/2665063.
    """

    code: str
    authors: tuple[str, ...]
    surnames: tuple[str, ...]
    title: str
    venue: str
    year: int
    arxiv: str = ""
    doi: str = ""
    note: str = ""

    @property
    def cited_as(self) -> str:
        """Return the authors and the year, as "Zachary 1977", "HaoChen and Ma 2023" or "Lee et al. 2014"."""
        names = " et al." if len(self.surnames) > 2 else "".join(f" and {name}" for name in self.surnames[1:])
        return f"{self.surnames[0]}{names} {self.year}"

    @property
    def url(self) -> str:
        """Return its address on arXiv, else that of its doi, else nothing."""
        if self.arxiv:
            return f"https://arxiv.org/abs/{self.arxiv}"
        return f"https://doi.org/{self.doi}" if self.doi else ""

    def __repr__(self) -> str:
        return f"Reference({self.code}: {shorten(self.title, 60)[1:-1]})"

    def __str__(self) -> str:
        return f"[{self.code}] {self.text()}"

    def text(self) -> str:
        """Write it as it stands in a bibliography, without the code.

        Examples
        --------
        >>> from popgraph import theory
        >>> theory.REFERENCES["Dekker 1971"].text()[:68]
        'T. J. Dekker. A floating-point technique for extending the available'
        """
        where = self.venue if str(self.year) in self.venue else f"{self.venue}, {self.year}"
        numbers = [f"arXiv:{self.arxiv}"] * bool(self.arxiv) + [f"doi:{self.doi}"] * bool(self.doi)
        title = self.title if self.title.endswith("?") else f"{self.title}."
        parts = [f"{', '.join(self.authors)}.", title, f"{where}."]
        return " ".join([*parts, *(f"{number}." for number in numbers), self.note]).strip()

    def to_dict(self) -> dict[str, Any]:
        """Return all fields by name, with the address, ready for JSON.

        Examples
        --------
        >>> from popgraph import theory
        >>> theory.REFERENCES["S22"].to_dict()["year"]
        2022
        """
        fields = ("code", "title", "venue", "year", "arxiv", "doi", "note", "url")
        return {"authors": list(self.authors)} | {field: getattr(self, field) for field in fields}


class References(Mapping[str, Reference]):
    """Hold every reference by its code; an arXiv number finds it too.

    Attributes
    ----------
    references : tuple of Reference
        All of them.

    See Also
    --------
    REFERENCES : The one there is.
    Reference : One of them.

    Examples
    --------
    >>> from popgraph import theory
    >>> theory.REFERENCES["2106.04156"].code
    'H21'
    >>> "Shen et al. 2022" in theory.REFERENCES
    True
    >>> theory.REFERENCES["h21"]
    Traceback (most recent call last):
    popgraph.theory.references.UnknownReference: 'h21' is no code of theory.REFERENCES: did you mean 'H21'?
    """

    __slots__ = ("_by_code", "_code_of_number")

    def __init__(self, references: tuple[Reference, ...]) -> None:
        self._by_code = {reference.code: reference for reference in references}
        self._code_of_number = {reference.arxiv: reference.code for reference in references if reference.arxiv}

    def __getitem__(self, code: str) -> Reference:
        try:
            return self._by_code[self._code_of_number.get(code, code)]
        except (KeyError, TypeError):
            raise UnknownReference(
                f"{shorten(code)} is no code of theory.REFERENCES"
                f"{did_you_mean([code], self) or '; list(theory.REFERENCES) lists them'}"
            ) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_code)

    def __len__(self) -> int:
        return len(self._by_code)

    def __repr__(self) -> str:
        return f"References({len(self)} papers and books, from {next(iter(self))})"

    def __str__(self) -> str:
        return "\n".join([repr(self), *(f"  {reference}" for reference in self.values())])

    def _repr_html_(self) -> str:
        """Write the bibliography as an HTML table for a notebook."""
        rows = [[reference.code, reference.text()] for reference in self.values()]
        return headed(repr(self), html_table(rows, ["code", "reference"], left=True))


def _read(entries: str) -> tuple[Reference, ...]:
    """Read entries of four lines each, as `bibliography.py` describes them."""
    return tuple(_read_entry(*entry.split("\n")) for entry in entries.strip("\n").split("\n\n"))


def _read_entry(who: str, title: str, where: str, note: str = "") -> Reference:
    """Read the lines of one entry."""
    code, _, people = (part.strip() for part in who.partition("|"))
    names = [tuple(name.strip().split(", ")) for name in people.split(";")]
    venue, year, arxiv, doi = (part.strip() for part in where.split("|"))
    authors = tuple(" ".join(reversed(name)) for name in names)
    surnames = tuple(name[0] for name in names)
    reference = Reference(code, authors, surnames, title, venue, int(year), arxiv, doi, note)
    return reference if code else replace(reference, code=reference.cited_as)


REFERENCES = References(_read(PAPERS_ON_LEARNING) + _read(PAPERS_ON_METHODS))
