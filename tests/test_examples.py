"""The examples run as their files say, from any folder, and write the figures that they name."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from extras import need

from popgraph import zoo

EXAMPLES = sorted((Path(__file__).parent.parent / "examples").glob("*.py"))
LINES = 80  # a page; the comparison with other libraries is none of one population


def test_every_family_of_the_zoo_has_an_example_and_no_example_is_longer_than_a_page():
    sources = {path.stem: path.read_text(encoding="utf-8") for path in EXAMPLES}
    assert [name for name in zoo.__all__ if not any(f"zoo.{name}(" in source for source in sources.values())] == []
    assert [stem for stem, source in sources.items() if source.count("\n") >= LINES] == ["why_not_just_scikit_learn"]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example(path, tmp_path):
    if "import torch" in path.read_text(encoding="utf-8"):
        need("torch")
    environment = os.environ | {"MPLBACKEND": "Agg", "PYTHONWARNINGS": "error", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run([sys.executable, path], cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    named = [line.removeprefix("wrote ") for line in done.stdout.splitlines() if line.startswith("wrote ")]
    assert named
    assert sorted(str(figure.relative_to(tmp_path)) for figure in tmp_path.rglob("*.png")) == sorted(named)
    assert "Yes: f spans the leading eigenvectors F*" in done.stdout
