"""The exercises of the notebooks: in which forms a right answer is taken, what a wrong one is told, and editions for a class."""

import importlib.util
import json
import math
import re
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

FOLDER = Path(__file__).parent.parent / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def loaded(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


exercises, editions = loaded("exercises"), loaded("editions")


def said(capsys: pytest.CaptureFixture[str], right: Any, answer: Any, **options: Any) -> str:
    """What an answer is told: the printed line, or the sentence that is raised."""
    exercises.exercise(1, right, hint="look again", **options)
    try:
        exercises.check(1, answer)
    except exercises.WrongAnswer as refusal:
        return str(refusal)
    return capsys.readouterr().out.rstrip("\n")


EIGHTEENTH = (
    Fraction(1, 18),
    "1/18",
    " 1 / 18",
    1 / 18,
    0.0556,
    "0.05556",
    "5.556%",
    np.float64(1 / 18),
    np.array([1 / 18]),
)


@pytest.mark.parametrize("answer", EIGHTEENTH, ids=repr)
def test_a_number_is_right_in_every_way_of_writing_it(capsys, answer):
    assert said(capsys, Fraction(1, 18), answer).startswith("Right: ")


@pytest.mark.parametrize(
    ("right", "answer", "line"),
    [
        (3, 3, "Right: 3"),
        (-1.0, "−1", "Right: -1"),  # the minus sign of typography
        (Fraction(1, 18), "1/18", "Right: 1/18"),
        (True, True, "Right: True"),
        (np.bool_(False), False, "Right: False"),
        ({5, 1}, [1, 5], "Right."),
        ({5, 1}, {5, 1}, "Right: {1, 5}"),
        ({"b", "d"}, "db", "Right: db"),
        (lambda m: m(2) == 1, lambda B: B - 1, "Right."),
        (lambda table: table == [[1, Fraction(1, 2)]], [[1, "1/2"]], "Right."),
        (3, ..., "Exercise 1: no answer yet. Replace the three dots."),
    ],
)
def test_a_right_answer_is_acknowledged(capsys, right, answer, line):
    assert said(capsys, right, answer) == line


@pytest.mark.parametrize(
    ("right", "answer", "sentence"),
    [
        (Fraction(1, 18), Fraction(1, 9), "Hint: look again"),
        (Fraction(1, 18), 0.0561, "Hint: look again"),
        (0.5, "one half", "'one half' cannot be read as a number: write 1/2, \"1/2\" or 0.5."),
        (0.5, "1/0", "'1/0' cannot be read as a number: write 1/2, \"1/2\" or 0.5."),
        (1, True, 'True cannot be read as a number: write 1/2, "1/2" or 0.5.'),
        (1, math.nan, "Hint: look again"),
        (True, 1, "Say True or False."),
        (True, False, "Hint: look again"),
        ({1, 5}, 1, "Give a set, such as {1, 2}."),
        ({1, 5}, {1, 4}, "Hint: look again"),
        (lambda answer: False, 1, "Hint: look again"),
        (lambda answer: "the two views must agree", 1, "Hint: the two views must agree"),
        (
            lambda m: m(2) == 1,
            1,
            "That could not be checked (TypeError: 'int' object is not callable). Hint: look again",
        ),
    ],
)
def test_a_wrong_answer_is_told_what_to_do(capsys, right, answer, sentence):
    assert said(capsys, right, answer) == sentence


def test_an_exact_answer_is_asked_for_exactly(capsys):
    assert said(capsys, Fraction(5, 49), "5/49", within=0) == "Right: 5/49"
    assert said(capsys, Fraction(5, 49), 5 / 49, within=0).startswith("Give it exactly")
    assert said(capsys, Fraction(5, 49), Fraction(5, 48), within=0) == "Hint: look again"


def test_a_wrong_answer_shows_its_sentence_and_no_traceback():
    """Jupyter shows what `_render_traceback_` gives; a traceback would show the cell that says what is right."""
    assert exercises.WrongAnswer("Hint: look again")._render_traceback_() == ["Not yet. Hint: look again"]


def test_an_exercise_whose_check_has_not_run_says_so():
    exercises.EXERCISES.clear()
    with pytest.raises(exercises.WrongAnswer, match="run the cells above"):
        exercises.check(1, 3)


def sources(path: Path) -> str:
    return "\n\n".join("".join(cell["source"]) for cell in json.loads(path.read_text(encoding="utf-8"))["cells"])


@pytest.mark.parametrize("edition", ["student", "instructor"])
def test_an_edition_holds_every_question_and_the_solutions_of_whom_they_are_for(tmp_path, edition):
    line = editions.main([edition, str(tmp_path / "copies")])
    assert line == f"{len(NOTEBOOKS)} notebooks, {edition}'s edition: {tmp_path / 'copies'}"
    assert (tmp_path / "copies" / "exercises.py").read_bytes() == (FOLDER / "exercises.py").read_bytes()
    for path in NOTEBOOKS:
        here, copy = sources(path), sources(tmp_path / "copies" / path.name)
        count = len(re.findall(r"^exercise\(", here, re.M))
        assert not re.search("folded|a solution", copy[copy.find("## Exercises") :])
        assert len(re.findall(r"^exercise\(", copy, re.M)) == count
        assert len(re.findall(r"^check\(", copy, re.M)) == count  # one answer to each, and no second
        assert len(re.findall(r"^answer_\d+ = \.\.\.", copy, re.M)) == (count if edition == "student" else 0)


def test_an_instructor_sees_answers_with_what_they_print_and_nothing_folded(tmp_path):
    editions.main(["instructor", str(tmp_path), str(NOTEBOOKS[-1])])
    cells = json.loads((tmp_path / NOTEBOOKS[-1].name).read_text(encoding="utf-8"))["cells"]
    printed = ["".join(output["text"]) for cell in cells for output in cell.get("outputs", []) if "text" in output]
    assert sum(text.startswith("Right") for text in printed) == sources(NOTEBOOKS[-1]).count("\nexercise(")
    assert not any("no answer yet" in text for text in printed)
    assert not any("tags" in cell["metadata"] or "jupyter" in cell["metadata"] for cell in cells)
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))


@pytest.mark.parametrize(
    ("folder", "named", "sentence"),
    [
        (FOLDER, (), "holds the notebooks themselves"),
        ("copies", ("no_such.ipynb",), "no_such.ipynb is not a file"),
        (Path(__file__), (), "is a file: name a folder"),
    ],
)
def test_an_edition_that_cannot_be_written_says_why_and_writes_nothing(tmp_path, capsys, folder, named, sentence):
    target = tmp_path / folder
    before = {path.name: path.stat().st_mtime_ns for path in FOLDER.iterdir()}
    with pytest.raises(SystemExit):
        editions.main(["student", str(target), *named])
    assert sentence in capsys.readouterr().err
    assert {path.name: path.stat().st_mtime_ns for path in FOLDER.iterdir()} == before
    assert list(tmp_path.iterdir()) == []
