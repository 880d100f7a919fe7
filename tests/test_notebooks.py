"""The notebooks run from a clean kernel, show the numbers that they were committed with, and check their exercises.

After a change of a notebook, run it anew: `jupyter nbconvert --to notebook --execute --inplace notebooks/NAME.ipynb`.
"""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from extras import need
from notebook_answers import WRONG

nbformat, nbclient = need("nbformat"), need("nbclient")
NotebookClient, CellExecutionError = nbclient.NotebookClient, nbclient.exceptions.CellExecutionError

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))
NUMBER = re.compile(r"(?<![\w.])[-+]?\d[\d,]*\.?\d*(?:[eE][-+]?\d+)?")
LINES = 8  # of a code cell
BYTES = 400_000
named = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
ANSWER = re.compile(r"answer_(\d+) = \.\.\.  # .*\ncheck\(\1, answer_\1\)")


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def run(notebook: Any) -> Any:
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(NOTEBOOKS[0].parent)}}).execute()
    return notebook


def said(cell: Any) -> str:
    """What a cell wrote as text: printed, or shown as its value; of pictures nothing."""
    parts = []
    for output in cell.get("outputs", []):
        if output.output_type == "stream":
            parts.append(output.text)
        elif output.output_type == "execute_result":
            parts.append(output.data["text/plain"])
    return "".join(parts)


def drift(before: str, after: str) -> str:
    """In what two outputs differ: in their words, or in a number by more than 1e-4 of it and 1e-6; empty if in neither."""
    if NUMBER.sub("#", before).split() != NUMBER.sub("#", after).split():
        return f"other words: {before!r}, now {after!r}"
    numbers = [[float(number.replace(",", "")) for number in NUMBER.findall(text)] for text in (before, after)]
    far = ~np.isclose(*numbers, rtol=1e-4, atol=1e-6)
    return (
        ""
        if not far.any()
        else f"numbers {[pair for pair, bad in zip(zip(*numbers, strict=True), far, strict=True) if bad]}"
    )


def tagged(cell: Any, tag: str) -> bool:
    return tag in cell.metadata.get("tags", [])


def with_wrong_answers(path: Path) -> Any:
    """The notebook with a cell after each check that gives a wrong answer."""
    notebook, wrong = read(path), iter(WRONG.get(path.stem, ()))
    cells = []
    for cell in notebook.cells:
        cells.append(cell)
        if tagged(cell, "check"):
            number = sum(tagged(each, "check") for each in cells)
            planted = nbformat.v4.new_code_cell(f"check({number}, {next(wrong)})")
            planted.metadata["tags"] = ["raises-exception", "planted"]
            cells.append(planted)
    assert list(wrong) == [], "more wrong answers than exercises"
    notebook.cells = cells
    return notebook


@pytest.mark.slow
@named
def test_a_notebook_runs_its_numbers_do_not_drift_and_wrong_answers_end_on_a_hint(path):
    """Right answers are among what does not drift: each solution stands in the notebook, with what it printed."""
    executed = run(with_wrong_answers(path))
    planted = [cell for cell in executed.cells if tagged(cell, "planted")]
    for cell in planted:
        (error,) = [output for output in cell.outputs if output.output_type == "error"]
        assert error.ename == "WrongAnswer", error
        assert error.evalue.startswith("Hint: "), cell.source
        assert error.traceback == [f"Not yet. {error.evalue}"]  # and no line of the check
    again = [cell for cell in executed.cells if not tagged(cell, "planted")]
    for cell, now in zip(read(path).cells, again, strict=True):
        if cell.cell_type == "code":
            assert not any(output.get("name") == "stderr" for output in now.outputs), now.outputs
            assert drift(said(cell), said(now)) == "", cell.source


def test_drift_is_noticed_and_rounding_is_not():
    assert drift("γ = 0.25, 1e-16", "γ = 0.250001, 3e-17") == ""
    assert drift("γ = 0.25", "γ = 0.26") == "numbers [(0.25, 0.26)]"
    assert drift("γ = 0.25", "λ = 0.25").startswith("other words")
    assert drift("1 2", "1").startswith("other words")


@named
def test_a_notebook_is_short_cells_and_prose_and_was_run(path):
    notebook = read(path)
    assert path.stat().st_size < BYTES
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    for cell in code:
        assert cell.source.count("\n") < LINES, cell.source
        assert all(len(line) <= 120 for line in cell.source.splitlines()), cell.source
    for cell in notebook.cells:
        assert cell.cell_type == "code" or len(cell.source.split()) <= 90, cell.source
    for link in re.findall(r"\]\(([\w.]+\.ipynb)\)", "".join(cell.source for cell in notebook.cells)):
        assert (path.parent / link).exists(), link


@named
def test_an_exercise_is_a_check_an_open_answer_and_a_folded_solution(path):
    cells = read(path).cells
    checks = [at for at, cell in enumerate(cells) if tagged(cell, "check")]
    assert 3 <= len(checks) <= 5
    assert len(checks) == sum(tagged(cell, "solution") for cell in cells) == len(WRONG.get(path.stem, ()))
    for number, at in enumerate(checks, start=1):
        question, check, answer, solution = cells[at - 1 : at + 3]
        assert f"**{number}.** " in question.source
        assert f"exercise({number}, " in check.source
        assert "hint=" in check.source
        assert (found := ANSWER.fullmatch(answer.source)), answer.source
        assert int(found[1]) == number
        assert said(answer) == f"Exercise {number}: no answer yet. Replace the three dots.\n"
        assert solution.source.startswith("# ")
        assert solution.source.endswith(f"\ncheck({number}, answer_{number})")
        assert said(solution).startswith("Right")
        assert tagged(check, "hide-input")
        assert tagged(solution, "hide-cell")  # what it prints is the answer
        assert check.metadata.jupyter == {"source_hidden": True}
        assert solution.metadata.jupyter == {"source_hidden": True, "outputs_hidden": True}


@named
def test_eigenvalues_are_named_in_words_where_they_are_first_numbered(path):
    prose = [cell.source for cell in read(path).cells if cell.cell_type == "markdown"]
    first = next((source for source in prose if r"\gamma_" in source), "the largest")
    assert re.search("largest|larger", first), first


@pytest.mark.slow
def test_a_notebook_that_fails_would_be_noticed():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("assert 1 == 2")])
    with pytest.raises(CellExecutionError):
        run(notebook)


def test_every_notebook_is_listed_in_the_readme():
    readme = (NOTEBOOKS[0].parent.parent / "README.md").read_text(encoding="utf-8")
    assert [path.name for path in NOTEBOOKS if path.name not in readme] == []
