"""docs/theory.md and the bibliography: every statement stands there, and every citation in the repository leads somewhere."""

import json
import re
from pathlib import Path

import pytest

import popgraph as pg
from popgraph import theory
from popgraph.errors import InvalidArgument, ReadOnly
from popgraph.theory.checking import ALL

ROOT = Path(__file__).parent.parent
DOCUMENT = (ROOT / "docs" / "theory.md").read_text(encoding="utf-8")
CITING = [
    *(ROOT / "popgraph").rglob("*.py"),
    *(ROOT / "examples").rglob("*.py"),
    *(ROOT / "tests").rglob("*.py"),
    *(ROOT / "notebooks").glob("*.ipynb"),
    *(ROOT / "docs" / "guide").glob("*.md"),
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/theory.md")),
]
OURS = Path(__file__)  # whose examples of dead citations are no citations


def text_of(path: Path) -> str:
    """What a reader sees of a file: of a notebook its cells, without pictures."""
    text = path.read_text(encoding="utf-8")
    return "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"]) if path.suffix == ".ipynb" else text


TEXTS = {str(path.relative_to(ROOT)): text_of(path) for path in CITING if path != OURS}


# ---------------------------------------------------------------- the document
def anchors(document: str) -> list[str]:
    return re.findall(r'<a id="([^"]+)"></a>', document)


def sections(document: str) -> dict[str, str]:
    """The text of each numbered section and item, by its number; that of a section goes up to its first item."""
    parts = re.split(r'<a id="section-([0-9-]+)"></a>\n', document.partition('<a id="bibliography">')[0])
    return {number.replace("-", "."): text for number, text in zip(parts[1::2], parts[2::2], strict=True)}


SECTIONS = sections(DOCUMENT)
NUMBER = r"\d+(?:\.\d+)?"
LIST = rf"{NUMBER}(?:(?:, by|, and|,| and| to) {NUMBER})*(?![\d.]*\d)"


def cited_sections(text: str) -> set[str]:
    """The sections that a text cites, as by "THEORY 5.3 and 5.4" or "THEORY.md sections 2 and 3"."""
    found = re.findall(rf"THEORY(?:\.md)?(?:,? sections?| §)? ({LIST})", text)
    return {number for some in found for number in re.findall(NUMBER, some)}


def test_the_reader_of_citations_takes_all_their_forms():
    assert cited_sections("[THEORY 3.5 and 7] THEORY 11, by 3.5; THEORY.md sections 2 and 3. THEORY 4.") == {
        *("3.5", "7", "11", "2", "3", "4"),
    }


def test_every_section_has_its_heading_and_every_anchor_is_there_once():
    found = anchors(DOCUMENT)
    assert len(found) == len(set(found))
    for number, text in SECTIONS.items():
        level = "###" if "." in number else "##"
        assert re.match(rf"{level} {re.escape(number)} \w", text), number
    assert list(SECTIONS) == sorted(SECTIONS, key=lambda number: [int(part) for part in number.split(".")])


def dead_links(document: str) -> set[str]:
    return set(re.findall(r"\]\(#([^)]+)\)", document)) - set(anchors(document))


def test_every_link_inside_the_document_leads_somewhere():
    assert dead_links(DOCUMENT) == set()
    assert dead_links('<a id="a"></a> [x](#a) [y](#b)') == {"b"}


def section_of(statement) -> str:
    """The section in which a statement must stand; empty where it does not say."""
    return statement.section or next(iter(re.findall(rf"THEORY ({NUMBER})", statement.source)), "")


def misplaced(statements, parts: dict[str, str]) -> set[str]:
    """The statements that do not stand, in backticks, in their section, or anywhere if they name none."""
    return {
        statement.name
        for statement in statements
        if f"`{statement.name}`"
        not in (parts.get(section, "") if (section := section_of(statement)) else "".join(parts.values()))
    }


def test_every_statement_stands_in_its_section():
    assert misplaced(ALL.values(), SECTIONS) == set()


def test_a_statement_that_stands_elsewhere_would_be_noticed():
    assert misplaced([ALL["the gradient"]], SECTIONS | {"3.2": ""}) == {"the gradient"}
    assert misplaced([ALL["the gradient"]], {"3.3": "`the gradient`"}) == {"the gradient"}


def test_every_check_that_the_document_names_is_one():
    named = {
        name
        for part in SECTIONS.values()
        for some in re.findall(r"\*Checked by\* ([^∎]*?)\n\n", part + "\n\n")
        for name in re.findall(r"`([^`]+)`", some)
    }
    assert named == set(theory.statements())


@pytest.mark.parametrize("number", SECTIONS)
def test_what_is_claimed_has_a_proof_or_a_source(number):
    """An item that some statement checks says why it holds, or who proved it."""
    part = SECTIONS[number]
    if "*Checked by*" in part and "." in number:
        assert "*Proof" in part, number


def test_every_section_that_is_cited_is_there():
    dead = {(path, number) for path, text in TEXTS.items() for number in cited_sections(text) - set(SECTIONS)}
    assert dead == set()


def test_a_check_leads_to_its_section():
    for check in theory.check(pg.zoo.lightning_cloud(), k=2):
        assert not check.section or check.url.endswith(f"docs/theory.md#section-{check.section.replace('.', '-')}")
        assert not check.section or check.section in SECTIONS, check.name


def unsafe_mathematics(document: str) -> list[str]:
    """LaTeX that Markdown changes before the mathematics is set: a backslash before punctuation, and starred letters."""
    formulas = re.findall(r"\$\$.+?\$\$|\$[^$\n]+\$", document, re.DOTALL)
    return [formula for formula in formulas if re.search(r"\\[|{},;!#_*]|\^\*", formula)]


def test_markdown_leaves_the_mathematics_alone():
    assert unsafe_mathematics(DOCUMENT) == []
    assert unsafe_mathematics(r"$F^*$ and $\|x\|$ and $\lVert x \rVert$") == ["$F^*$", r"$\|x\|$"]


def unseen_mathematics(document: str) -> list[str]:
    """Formulas in a line that GitHub does not see as such, as a letter or a sign stands right before or after the dollar."""
    inline = re.sub(r"\$\$.+?\$\$", " ", document, flags=re.DOTALL)
    inline = f" {inline} "
    around = [inline[found.start() - 1] + inline[found.end()] for found in re.finditer(r"\$[^$]+\$", inline)]
    formulas = re.findall(r"\$[^$]+\$", inline)
    return [formula for formula, (before, after) in zip(formulas, around, strict=True) if not seen(before, after)]


def seen(before: str, after: str) -> bool:
    return before in " \n(" and after in " \n.,;:)?"


def test_github_sees_each_formula():
    assert unseen_mathematics(DOCUMENT) == []
    assert unseen_mathematics("a $k$ b, $k$-th, ($k$), $$ x $$ and x$_i$.") == ["$k$", "$_i$"]


def test_every_dollar_has_its_partner():
    for paragraph in DOCUMENT.split("\n\n"):
        assert paragraph.count("$") % 2 == 0, paragraph
        assert paragraph.count("{") == paragraph.count("}"), paragraph


# ---------------------------------------------------------------- the bibliography
def address(code: str) -> str:
    return "ref-" + re.sub(r"[^a-z0-9]+", "-", code.lower()).strip("-")


def bibliography() -> str:
    """The bibliography as the document has it."""
    lines = []
    for code, reference in theory.REFERENCES.items():
        link = f" <{reference.url}>" if reference.url else ""
        lines.append(f'- <a id="{address(code)}"></a>**[{code}]** {reference.text()}{link}')
    return "\n".join(lines) + "\n"


def test_the_document_ends_with_the_bibliography():
    """Where this fails after a change of bibliography.py, print(bibliography()) is what the document must end with."""
    assert DOCUMENT.endswith("## Bibliography\n\n" + bibliography())


def test_each_reference_says_what_it_should():
    for code, reference in theory.REFERENCES.items():
        assert reference.code == code
        assert len(reference.authors) == len(reference.surnames) >= 1
        assert all(author.endswith(name) for author, name in zip(reference.authors, reference.surnames, strict=True))
        assert 1850 < reference.year <= 2026
        assert not reference.arxiv or re.fullmatch(r"\d{4}\.\d{4,5}", reference.arxiv)
        assert not reference.doi or re.fullmatch(r"10\.\d{4,}/\S+", reference.doi)
        if re.fullmatch(
            r"\d{4}\.\d{5}", reference.arxiv
        ):  # of the month of its first version, before the year of its venue
            assert 0 <= reference.year - 2000 - int(reference.arxiv[:2]) <= 1
        assert reference.title[0].isupper() or reference.title.startswith("k-means")
        assert reference.venue
        assert str(reference).startswith(f"[{code}] ")
    assert len({reference.title for reference in theory.REFERENCES.values()}) == len(theory.REFERENCES)


def test_references_are_a_mapping_that_cannot_be_changed():
    references = theory.REFERENCES
    assert dict(references)["H21"] is references["H21"] is references.get("2106.04156")
    assert references.get("nobody") is None
    assert "nobody" not in references
    with pytest.raises(TypeError):
        references["H21"] = references["S22"]
    with pytest.raises(ReadOnly):
        references["H21"].year = 2020
    with pytest.raises(InvalidArgument, match=r"'h21' is no code of theory.REFERENCES: did you mean 'H21'\?"):
        references["h21"]
    with pytest.raises(KeyError):
        references[["H21"]]
    assert repr(references).startswith(f"References({len(references)} papers and books")
    assert all(f"[{code}]" in str(references) and code in references._repr_html_() for code in references)


CODE = r"\[([A-Z][A-Z]?\d\d|LGT|SORL|NSCL|WSC)(?:[],; ]|$)"
ARXIV = r"(?<![\d.])((?:0[7-9]|1\d|2[0-6])(?:0[1-9]|1[0-2])\.\d{5}|0[7-9](?:0[1-9]|1[0-2])\.\d{4})(?![\d])"
NAME = r"[A-ZÀ-Ž][\w'’-]+"
YEAR = r"(?:18|19|20)\d\d"
AUTHORS_AND_YEAR = rf"({NAME}(?:(?:, {NAME})*,? and {NAME}| et al\.)),? \(?({YEAR})\b"


def last_words(reference) -> set[str]:
    """The surnames without particles, as the pattern of authors finds them: "Oord" of van den Oord."""
    return {name.split()[-1] for name in reference.surnames}


def years_of(reference) -> set[str]:
    """The years by which a paper may be cited: that of its first version, where it is cited by it, and that of its venue."""
    return {str(reference.year), *re.findall(YEAR, reference.venue)}


def unknown_citations(text: str) -> set[str]:
    """The codes, arXiv numbers, and authors with a year, that stand in no bibliography."""
    references = theory.REFERENCES.values()
    codes = {code for code in re.findall(CODE, text) if code not in theory.REFERENCES}
    codes |= {number for number in re.findall(ARXIV, text) if number not in theory.REFERENCES}
    for authors, year in re.findall(AUTHORS_AND_YEAR, text):
        names = set(re.findall(NAME, authors))
        if not any(
            year in years_of(each) and len(names & last_words(each)) >= min(2, len(names)) for each in references
        ):
            codes.add(f"{authors} {year}")
    return codes


def test_every_citation_stands_in_the_bibliography():
    found = {path: unknown_citations(text) for path, text in TEXTS.items()}
    assert {path: unknown for path, unknown in found.items() if unknown} == {}


def test_a_citation_that_leads_nowhere_would_be_noticed():
    assert unknown_citations(
        "[H99, Lemma 1], 2106.99999, Nobody et al. 2020; Nobody and Someone (1999); [H21], 2106.04156"
    ) == {
        *("H99", "2106.99999", "Nobody et al. 2020", "Nobody and Someone 1999"),
    }


def uncited_years(docstring: str) -> set[str]:
    """The years in the References of a docstring in which no reference appeared whose first author is named there."""
    found = re.search(r"References\n *-{5,}\n(.*?)(?:\n *\n|\Z)", docstring, re.DOTALL)
    part = found.group(1) if found else ""
    known = {
        str(each.year)
        for each in theory.REFERENCES.values()
        if each.surnames[0].split()[-1] in part or f"[{each.code}]" in part
    }
    return set(re.findall(rf"(?<![\d.]){YEAR}(?![\d.]\d)", part)) - known


def test_every_year_in_the_references_of_a_docstring_is_that_of_a_known_paper():
    found = {
        path: uncited_years(part)
        for path, text in TEXTS.items()
        if path.startswith("popgraph")
        for part in text.split('"""')
    }
    assert {path: years for path, years in found.items() if years} == {}
    assert uncited_years("x\n\n    References\n    ----------\n    Nobody, On nothing, 1999.\n") == {"1999"}


def parts_of_sources() -> dict[str, str]:
    """Each part of each statement's source, without the section and the words around it."""
    return {part.strip(): name for name, statement in ALL.items() for part in statement.source.split(";")}


@pytest.mark.parametrize("part", parts_of_sources())
def test_each_source_of_a_statement_is_known(part):
    """A source is a section of the document, a code, or authors of which the bibliography has a paper."""
    plain = re.sub(rf"^THEORY {LIST}(, (sharpened|by Weyl|after (?=[A-Z])))?", "", part)
    code = plain.removeprefix("after ").split(" ")[0].rstrip(",")
    surnames = {name for each in theory.REFERENCES.values() for name in each.surnames}
    assert not plain or plain.startswith("w is") or code in theory.REFERENCES or code in surnames, part
