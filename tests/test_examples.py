"""The examples run as their files say, from any folder; they write the figures that they name, or their tests pass."""

import os
import re
import subprocess
import sys
from pathlib import Path

import layers
import pytest
from extras import need

import popgraph
from popgraph import zoo

EXAMPLES = sorted((Path(__file__).parent.parent / "examples").glob("*.py"))
OF_TESTS = [path for path in EXAMPLES if path.stem.startswith("test_")]
IN_THE_DEFAULT_LAYER = {"lightning_cloud"}  # the others are whole programs of seconds each
LINES = 80  # a page; the comparison with other libraries is none of one population


def test_every_family_of_the_zoo_has_an_example_and_no_example_is_longer_than_a_page():
    sources = {path.stem: path.read_text(encoding="utf-8") for path in EXAMPLES if path not in OF_TESTS}
    assert [name for name in zoo.__all__ if not any(f"zoo.{name}(" in source for source in sources.values())] == []
    assert [stem for stem, source in sources.items() if source.count("\n") >= LINES] == ["why_not_just_scikit_learn"]


def run(*command, cwd):
    environment = os.environ | {"MPLBACKEND": "Agg", "PYTHONWARNINGS": "error", "PYTHONIOENCODING": "utf-8"}
    return subprocess.run([sys.executable, *command], cwd=cwd, env=environment, capture_output=True, encoding="utf-8")


def run_tests(path, cwd):
    """What pytest prints of a file in which all tests pass, and none is skipped."""
    done = run("-m", "pytest", "-s", "-W", "error", "-p", "no:cacheprovider", path, cwd=cwd)
    count = len(re.findall(r"^def test_", path.read_text(encoding="utf-8"), re.MULTILINE))
    assert done.returncode == 0, done.stdout
    assert count, "no tests"
    assert re.search(rf"=+ {count} passed in ", done.stdout), done.stdout
    return done.stdout


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, marks=[pytest.mark.slow] * (path.stem not in IN_THE_DEFAULT_LAYER))
        for path in EXAMPLES
        if path not in OF_TESTS
    ],
    ids=lambda path: path.stem,
)
def test_example(path, tmp_path):
    if "import torch" in path.read_text(encoding="utf-8"):
        need("torch")
    done = run(path, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    named = [line.removeprefix("wrote ") for line in done.stdout.splitlines() if line.startswith("wrote ")]
    assert named
    assert sorted(str(figure.relative_to(tmp_path)) for figure in tmp_path.rglob("*.png")) == sorted(named)
    one, two = "f spans the leading eigenvectors F\\*", "f and g span the leading singular vectors"
    assert re.search(f"Yes: ({one}|{two})", done.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("path", OF_TESTS, ids=lambda path: path.stem)
def test_example_of_tests(path, tmp_path):
    printed = re.findall(r"^popgraph\.build\(.*\)$", run_tests(path, tmp_path), re.MULTILINE)
    assert len(printed) == 2
    for population in printed:
        assert eval(population, {"popgraph": popgraph}).N <= 4


@pytest.mark.parametrize(
    "source",
    layers.first_by_default(
        "def test_it():\n    assert False\n",
        "import warnings\n\ndef test_it():\n    warnings.warn('careless')\n",
        "import pytest\n\ndef test_it():\n    pytest.skip()\n",
        "def check_it():\n    assert False\n",
    ),
    ids=["fails", "warns", "skips", "no test"],
)
def test_an_example_whose_tests_do_not_pass_is_caught(source, tmp_path):
    path = tmp_path / "test_example.py"
    path.write_text(source, encoding="utf-8")
    with pytest.raises(AssertionError):
        run_tests(path, tmp_path)
