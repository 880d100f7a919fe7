"""The changes of mutation testing: each kind makes the text that it says, and what is wording or an annotation is left alone."""

import ast
from pathlib import Path

import pytest
from mutants import PROSE, SPEED, drawn, mutants

import popgraph


def changed(tmp_path, code):
    path = tmp_path / "module.py"
    path.write_text(code, encoding="utf-8")
    return [(mutant.kind, mutant.source()) for mutant in mutants(path)]


@pytest.mark.parametrize(
    ("code", "kind", "forms"),
    [
        ("γ = (a) - b", "arithmetic", [f"γ = (a) {other} b" for other in ("%", "*", "**", "+", "/", "//")]),
        ("a += b", "arithmetic", [f"a {other}= b" for other in ("%", "*", "**", "-", "/", "//")]),
        ("a <= b < c", "comparison", [f"a {other} b < c" for other in ("!=", "<", "==", ">", ">=")]
         + [f"a <= b {other} c" for other in ("!=", "<=", "==", ">", ">=")]),
        ("a is not b", "comparison", ["a is b"]),
        ("a in b", "comparison", ["a not in b"]),
        ("a and b and c", "boolean", ["a or b and c", "a and b or c"]),
        ("-a", "sign", ["(a)"]),
        ("not a", "sign", ["(a)"]),
        ("x = 2", "number", ["x = 3", "x = (1)"]),
        ("x = True", "truth", ["x = False"]),
        ("a if b else c", "condition", ["a if (not (b)) else c"]),
        ("[a for a in b]", "loop", ["[a for a in ()]"]),
        ("for a in b:\n    break", "leap", ["for a in b:\n    continue"]),
        ("try:\n    a\nexcept b:\n    c", "except", ["try:\n    a\nexcept ():\n    c"]),
        ("f(a, b=c, d=e)", "keyword", ["f(a, d=e)", "f(a, b=c, )"]),
    ],
)  # fmt: skip
def test_each_kind_of_change(code, kind, forms, tmp_path):
    assert [form for of, form in changed(tmp_path, code) if of == kind] == forms


@pytest.mark.parametrize(
    "code",
    [
        "x: int | None",
        "def f(x: tuple[1, 2]) -> tuple[3]: ...",
        "@cache(size=3)\ndef f(): ...",
        "f'{1 + 2} and not 3'",
        "def __repr__(self):\n    return 1 + 2",
        "HIGHEST_DEGREE = 3",
    ],
)
def test_what_is_left_alone(code, tmp_path):
    assert changed(tmp_path, code) == []


def test_of_one_place_two_changes_are_drawn_the_same_each_time(tmp_path):
    path = tmp_path / "module.py"
    path.write_text("a - b", encoding="utf-8")
    found = list(mutants(path))
    assert len(found) == 6
    assert len(drawn(found, 0)) == 2
    assert drawn(found, 0) == drawn(found, 0)


@pytest.mark.slow
def test_the_names_that_are_left_alone_are_names_of_the_package():
    """A function or constant that was renamed would be changed again, and nobody would notice."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in Path(popgraph.__file__).parent.rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    assigned = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    defined = {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
    assert SPEED - assigned == set()
    assert PROSE - defined == set()
