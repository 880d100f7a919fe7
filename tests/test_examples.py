"""The examples run as their files say, from any folder, and write the figures that they name."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from extras import need

EXAMPLES = Path(__file__).parent.parent / "examples"


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.stem)
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
