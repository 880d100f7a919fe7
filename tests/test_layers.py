"""The layers: no module of tests is wholly slow, and the contracts are not slow at all. `conftest.py` has the rule."""

import ast
from pathlib import Path

import layers
import pytest

MODULES = sorted(Path(__file__).parent.rglob("test_*.py"))


def slow_tests(source: str) -> dict[str, bool]:
    """Each test of a module, and whether a decorator, or the module's own `pytestmark`, makes all of it slow."""
    tree = ast.parse(source)
    marks = [
        ast.unparse(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and "pytestmark" in ast.unparse(node)
    ]
    tests = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
    whole = any("mark.slow" in mark for mark in marks)
    return {test.name: whole or "pytest.mark.slow" in map(ast.unparse, test.decorator_list) for test in tests}


def test_every_module_has_a_test_in_the_default_layer():
    wholly = [path.name for path in MODULES if all(slow_tests(path.read_text(encoding="utf-8")).values())]
    assert wholly == []


def test_every_law_on_every_route_is_in_the_default_layer():
    source = (Path(__file__).parent / "test_contracts.py").read_text(encoding="utf-8")
    assert len(slow_tests(source)) >= 1
    assert "slow" not in source
    assert "first_by_default" not in source


def test_a_module_that_is_wholly_slow_is_noticed():
    decorated = "import pytest\n\n@pytest.mark.slow\ndef test_one(): ...\n"
    assert slow_tests(decorated) == {"test_one": True}
    assert slow_tests(decorated + "def test_two(): ...\n") == {"test_one": True, "test_two": False}
    assert slow_tests("pytestmark = pytest.mark.slow\ndef test_one(): ...\n") == {"test_one": True}


def test_a_property_has_fewer_examples_in_the_default_layer_and_never_more(monkeypatch):
    monkeypatch.setattr(layers, "EVERYTHING", False)
    assert [layers.examples(100), layers.examples(20), layers.examples(40, 12)] == [10, 10, 12]
    monkeypatch.setattr(layers, "EVERYTHING", True)
    assert [layers.examples(100), layers.examples(20), layers.examples(40, 12)] == [100, 20, 40]


def test_the_first_case_is_in_the_default_layer():
    assert [[mark.name for mark in case.marks] for case in layers.first_by_default(5, 6, 7)] == [[], ["slow"], ["slow"]]


def test_the_layer_is_the_one_that_was_asked_for(request: pytest.FixtureRequest):
    """A `-m` of the command line replaces the one of pyproject.toml; the modules saw the choice when they were collected."""
    assert (request.config.option.markexpr.strip() != "not slow") == layers.EVERYTHING
