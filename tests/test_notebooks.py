"""The notebooks run from a clean kernel, show the numbers that they were committed with, and check their exercises.

After a change of a notebook, run it anew: `jupyter nbconvert --to notebook --execute --inplace notebooks/NAME.ipynb`.
"""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from extras import need
from notebook_answers import ANSWERS

nbformat, nbclient = need("nbformat"), need("nbclient")
NotebookClient, CellExecutionError = nbclient.NotebookClient, nbclient.exceptions.CellExecutionError

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))
NUMBER = re.compile(r"(?<![\w.])[-+]?\d[\d,]*\.?\d*(?:[eE][-+]?\d+)?")
LINES = 8  # of a code cell
BYTES = 400_000
named = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
SLOW = {
    "02_from_pca_to_a_loss",
    "04_when_does_it_work",
    "05_simclr_and_friends",
    "06_inductive_bias",
    "09_exact",
    "11_how_it_learns",
}  # to run


def run_by_default(*quick: str) -> pytest.MarkDecorator:
    """Every notebook, of which the quick ones run in the default layer."""
    cases = [pytest.param(path, marks=[pytest.mark.slow] * (path.stem not in quick)) for path in NOTEBOOKS]
    return pytest.mark.parametrize("path", cases, ids=lambda path: path.stem)


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def run(notebook: Any) -> Any:
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(NOTEBOOKS[0].parent)}}).execute()
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


@run_by_default(*{path.stem for path in NOTEBOOKS} - SLOW)
def test_a_notebook_runs_and_its_numbers_do_not_drift(path):
    committed, executed = read(path), run(read(path))
    for cell, again in zip(committed.cells, executed.cells, strict=True):
        if cell.cell_type == "code":
            assert not any(output.get("name") == "stderr" for output in again.outputs), again.outputs
            assert drift(said(cell), said(again)) == "", cell.source


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


def answered(path: Path, which: int) -> Any:
    """The notebook with right (0) or wrong (1) answers filled in; a hint becomes a printed line, so that all are seen."""
    notebook = read(path)
    for cell in notebook.cells:
        if cell.cell_type == "code" and (exercise := re.search(r"^answer_(\d+) = \.\.\.", cell.source, re.M)):
            answer = ANSWERS[path.stem][int(exercise[1])][which]
            cell.source = cell.source.replace(exercise[0], f"answer_{exercise[1]} = {answer}")
            cell.metadata["tags"] = ["raises-exception"] * which
            cell.metadata["exercise"] = int(exercise[1])
    return notebook


@run_by_default("01_lightning_and_cloud")
def test_the_exercises_take_right_answers_and_answer_wrong_ones_with_a_hint(path):
    notebook = run(answered(path, 0))
    exercises = [cell.metadata["exercise"] for cell in notebook.cells if "exercise" in cell.metadata]
    assert exercises == list(range(1, len(exercises) + 1)) == sorted(ANSWERS[path.stem])
    assert 3 <= len(exercises) <= 5
    for cell in run(answered(path, 1)).cells:
        if "exercise" in cell.metadata:
            (error,) = [output for output in cell.outputs if output.output_type == "error"]
            assert error.ename == "AssertionError", error
            assert error.evalue.startswith("Hint: ")


def test_a_notebook_that_fails_would_be_noticed():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("assert 1 == 2")])
    with pytest.raises(CellExecutionError):
        run(notebook)


def test_every_notebook_is_listed_in_the_readme():
    readme = (NOTEBOOKS[0].parent.parent / "README.md").read_text(encoding="utf-8")
    assert [path.name for path in NOTEBOOKS if path.name not in readme] == []
