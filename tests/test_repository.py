"""What the files beside the package say agrees with it: versions, Pythons, sessions, and the paths that CONTRIBUTING.md names."""

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

import popgraph
from pytest_popgraph import POPULATIONS

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def newest_version(changelog: str) -> str:
    """The version of the first heading that has one."""
    return re.search(r"^## \[(\d[^\]]*)\] - (?:unreleased|\d{4}-\d\d-\d\d)$", changelog, re.MULTILINE)[1]


def test_one_version_in_the_code_the_citation_and_the_changelog():
    cited = re.search(r"^version: (\S+)$", text_of("CITATION.cff"), re.MULTILINE)[1]
    assert popgraph.__version__ == cited == newest_version(text_of("CHANGELOG.md"))


def test_the_newest_version_of_a_changelog_is_its_first():
    assert newest_version("## [Unreleased]\n## [1.2.0] - unreleased\n## [1.1.0] - 2026-01-02\n") == "1.2.0"


def test_every_version_of_the_changelog_has_its_link():
    changelog = text_of("CHANGELOG.md")
    headings = re.findall(r"^## \[([^\]]+)\]", changelog, re.MULTILINE)
    assert headings == re.findall(r"^\[([^\]]+)\]: https://", changelog, re.MULTILINE)


def matrices(workflow: str) -> list[list[str]]:
    """The Pythons of each matrix of a workflow."""
    return [ast.literal_eval(found) for found in re.findall(r"^ +python: (\[.*\])$", workflow, re.MULTILINE)]


def test_the_workflows_run_on_every_python_that_is_declared():
    minor = "Programming Language :: Python :: 3."
    declared = [line.removeprefix(minor) for line in PROJECT["classifiers"] if line.startswith(minor)]
    pythons = [f"3.{number}" for number in declared]
    found = [matrix for path in WORKFLOWS for matrix in matrices(path.read_text(encoding="utf-8"))]
    assert len(found) == 2  # of each change, and of each week
    assert all(matrix == pythons for matrix in found)
    assert PROJECT["requires-python"] == f">={pythons[0]}"


def sessions(noxfile: str) -> dict[str, bool]:
    """Each session of a noxfile, and whether it is one for each Python."""
    found = {}
    for node in ast.parse(noxfile).body:
        for decorator in getattr(node, "decorator_list", []):
            if ast.unparse(decorator).startswith("nox.session"):
                found[node.name] = "python=PYTHONS)" in ast.unparse(decorator)
    return found


def called(text: str) -> set[str]:
    """The sessions that a workflow's or a document's text calls by `nox -s`, or lists in a matrix."""
    names: set[str] = set()
    for line in re.findall(r"nox (?:--?[a-z-]{2,} )*-s ([^`\n]*?)(?: -- |`|$)", text, re.MULTILINE):
        names |= set(line.replace('"', "").split())
    for line in re.findall(r"^ +session: \[(.*)\]$", text, re.MULTILINE):
        names |= set(line.split(", "))
    return names - {"$SESSION"}


def unknown(names: set[str], known: dict[str, bool]) -> set[str]:
    """The names that call no session: one for each Python is called with a version, another without."""
    wrong = set()
    for name in names:
        session, _, python = name.partition("-")
        versioned = re.fullmatch(r"3\.\d+|\$PYTHON", python) is not None
        if session not in known or (bool(python) and not (versioned and known[session])):
            wrong.add(name)
    return wrong


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", *(str(path.relative_to(ROOT)) for path in WORKFLOWS)])
def test_every_session_that_is_called_exists(name):
    names = called(text_of(name))
    assert names
    assert unknown(names, sessions(text_of("noxfile.py"))) == set()


def test_a_session_that_does_not_exist_is_noticed():
    known = sessions("@nox.session(python=PYTHONS)\ndef tests(s): ...\n\n@nox.session\ndef lint(s): ...\n")
    assert known == {"tests": True, "lint": False}
    workflow = '      - run: python -m nox --error-on-missing-interpreters -s "tests-$PYTHON" lint docs -- -m slow\n'
    assert called(workflow) == {"tests-$PYTHON", "lint", "docs"}
    assert called("        session: [lint, types]\n") == {"lint", "types"}
    assert unknown({"tests-3.13", "tests", "lint"}, known) == set()
    assert unknown({"docs", "lint-3.11", "tests-pypy"}, known) == {"docs", "lint-3.11", "tests-pypy"}


FOLDERS = ("popgraph", "tests", "examples", "notebooks", "docs", ".github", ".ci")
PLACEHOLDERS = ("NAME", "*")  # of files that the reader is about to write


def paths_in(text: str) -> list[str]:
    """What stands in backticks, or in a command, and looks like a path of the repository."""
    files = r"(?<![\w/.])(?:(?:" + "|".join(map(re.escape, FOLDERS)) + r")/[\w./*-]*|\w+\.(?:py|toml|md|cff))(?!\w)"
    return [found for found in re.findall(files, text) if not any(word in found for word in PLACEHOLDERS)]


def test_every_path_that_contributing_names_exists():
    named = paths_in(text_of("CONTRIBUTING.md"))
    assert len(named) > 50
    inside = ("popgraph/spectrum", "popgraph/theory", "popgraph/losses")  # a file may be named after its folder
    places = [ROOT, *(ROOT / folder for folder in inside)]
    assert [path for path in named if not any((place / path).exists() for place in places)] == []


def test_a_path_that_does_not_exist_is_noticed():
    text = "see `popgraph/no_such.py`, `popgraph/zoo/NAME.py` and `noxfile.py`; run `python tests/benchmarks/peers.py`"
    assert paths_in(text) == ["popgraph/no_such.py", "noxfile.py", "tests/benchmarks/peers.py"]


def steps(text: str) -> list[tuple[list[str], list[str]]]:
    """Of each numbered step: the tables and functions that it names in backticks, and the files of Python."""
    found = []
    for step in re.findall(r"^\d\. .*(?:\n   .*)*", text, re.MULTILINE):
        names = re.findall(r"`([A-Z]{3,}|_?[a-z]+(?:_[a-z]+)+)`", step)
        found.append((names, [path for path in paths_in(step) if path.endswith(".py")]))
    return found


def missing_from_their_files(text: str) -> list[str]:
    """The names of a step that stand in none of the files that it names."""
    return [
        name
        for names, paths in steps(text)
        for name in names
        if not any(re.search(rf"\b{name}\b", text_of(path)) for path in paths if (ROOT / path).exists())
    ]


def test_every_table_that_contributing_names_is_in_its_file():
    text = text_of("CONTRIBUTING.md")
    assert sum(len(names) for names, _ in steps(text)) > 15
    assert missing_from_their_files(text) == []


def test_a_table_that_is_not_in_its_file_is_noticed():
    text = "1. Add it to `ZOO` in\n   `tests/cases.py`, and to `TOYS`.\n2. Say so in `no_such_name` of `noxfile.py`.\n"
    assert missing_from_their_files(text) == ["TOYS", "no_such_name"]


def section(text: str, kind: str) -> str:
    """What CONTRIBUTING.md says of adding one of a kind."""
    return re.search(rf"^## How to add {kind}\b.*?(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)[0]


def lists_all(source: str, names: set[str]) -> bool:
    """Whether a file names every one of these, as a table of them does."""
    return names <= set(re.findall(r"\w+", source))


KINDS = {
    "a population": set(POPULATIONS),
    "a loss": {name for name in popgraph.losses.__all__ if name[0].isupper()} - {"Audit", "Loss"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_file_that_lists_all_of_a_kind_is_named_where_one_is_added(kind):
    sources = [path for folder in ("popgraph", "tests") for path in (ROOT / folder).rglob("*.py")]
    tables = [
        path.relative_to(ROOT).as_posix()
        for path in [*sources, *ROOT.glob("*.py")]
        if lists_all(path.read_text(encoding="utf-8"), KINDS[kind])
    ]
    assert len(tables) > 3
    assert [table for table in tables if table not in section(text_of("CONTRIBUTING.md"), kind)] == []


def test_a_table_that_no_step_names_is_noticed():
    assert lists_all('TABLE = ["ring", "edges"]', {"ring", "edges"})
    assert not lists_all('TABLE = ["ring"]', {"ring", "edges"})
    text = "## How to add a loss\n1. `a.py`\n## How to add a solver\n1. `b.py`\n"
    assert section(text, "a loss") == "## How to add a loss\n1. `a.py`\n"
    assert section(text, "a solver") == "## How to add a solver\n1. `b.py`\n"


AT_THE_TOP = {
    "popgraph",
    "examples",
    "notebooks",
    "tests",
    "docs",
    "pyproject.toml",
    "noxfile.py",
    "pytest_popgraph.py",
}
AT_THE_TOP |= {"README.md", "LICENSE", "CITATION.cff", "CHANGELOG.md", "CONTRIBUTING.md"}


def strays(tracked: list[str]) -> set[str]:
    """Entries at the top of the repository that do not belong there, as a file that some test has written."""
    tops = {path.partition("/")[0] for path in tracked}
    return {top for top in tops if top not in AT_THE_TOP and not top.startswith(".")}


def test_nothing_strays_at_the_top_of_the_repository():
    if (ROOT / ".git").exists():  # not so of an sdist, which is made of what is tracked
        listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        assert strays(listed.splitlines()) == set()


def test_a_stray_file_would_be_noticed():
    assert strays(["README.md", "tests/x.py", ".ci/run", "None"]) == {"None"}
