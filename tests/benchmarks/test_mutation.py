"""Mutation testing finds the files that it changes and the tests that judge them."""

from pathlib import Path

import pytest
from mutation import TESTS, files_of

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("room", sorted(TESTS))
def test_each_room_has_its_files_and_each_of_its_tests_exists(room, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert files_of(room)
    assert all(path.is_file() for path in files_of(room))
    assert len(set(TESTS[room])) == len(TESTS[room])
    assert [name for name in TESTS[room] if not (ROOT / f"tests/test_{name}.py").is_file()] == []


def test_the_files_in_folders_of_a_room_are_changed_too(monkeypatch):
    monkeypatch.chdir(ROOT)
    names = {path.as_posix() for path in files_of("spectrum")}
    assert {"popgraph/spectrum/solvers/lanczos.py", "popgraph/spectrum/product/solve.py"} <= names
