"""What is said of the package agrees with what it is, and the scripts that check an installation notice what is wrong."""

import os
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

import popgraph

ROOT = Path(__file__).parent.parent
SCRIPTS = ROOT / ".ci"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
FOR_DEVELOPERS = {"all", "bench", "docs", "test"}


def run(script, *arguments, **environment):
    return subprocess.run(
        [sys.executable, SCRIPTS / script, *arguments],
        env=os.environ | environment | {"PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
    )


def test_there_is_one_version():
    assert "version" in PROJECT["dynamic"]
    assert version("popgraph") == popgraph.__version__


def test_all_is_every_extra_for_users_and_names_no_package_that_an_index_may_not_have():
    users = {line for name, extra in EXTRAS.items() if name not in FOR_DEVELOPERS for line in extra}
    assert set(EXTRAS["all"]) == users
    assert not any("popgraph" in line for extra in EXTRAS.values() for line in extra)


def test_a_users_suite_gets_hypothesis_without_a_browser_driver():
    assert [line.split(">=")[0] for line in EXTRAS["hypothesis"]] == ["hypothesis"]


def test_supported_pythons_begin_at_the_one_that_is_required():
    minors = [
        int(line.rsplit(".", 1)[1])
        for line in PROJECT["classifiers"]
        if line.startswith("Programming Language :: Python :: 3.")
    ]
    assert PROJECT["requires-python"] == f">=3.{minors[0]}"
    assert minors == list(range(minors[0], minors[-1] + 1))


def test_the_commands_that_the_sessions_read_stand_in_the_readme():
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert "pip install -e . && python examples/lightning_cloud.py" in lines
    assert 'pip install -e ".[test]" && pytest -n auto' in lines


def wheel(folder: Path, readme: str) -> Path:
    path = folder / "x-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x-1.dist-info/METADATA", f"Metadata-Version: 2.4\nName: x\n\n{readme}")
    return path


@pytest.mark.parametrize(
    ("readme", "said", "code"),
    [
        ("[a](https://a.example/b) and [within](#within)", "2 links in the description, relative: none", 0),
        ("[a](https://a.example/b) and [b](notebooks/b.ipynb)", "relative: ['notebooks/b.ipynb']", 1),
        ("![picture](examples/picture.png)", "relative: ['examples/picture.png']", 1),
        ('<img src="examples/picture.png">', "relative: ['examples/picture.png']", 1),
        ("no link at all", "0 links", 1),
    ],
)
def test_a_relative_link_in_what_an_index_shows_is_noticed(readme, said, code, tmp_path):
    done = run("check_metadata.py", wheel(tmp_path, readme))
    assert said in done.stdout
    assert done.returncode == code


MISSING = """```python
>>> from popgraph.errors import MissingExtra
>>> raise MissingExtra('flint is not installed; run: pip install "python-flint>=0.9"')
```
"""
RIGHT = "```python\n>>> 1 + 1\n2\n```\n"


@pytest.mark.parametrize(
    ("readme", "expected", "said", "code"),
    [
        (RIGHT, [], "1 examples in 1 blocks; missing, and said to be: nothing", 0),
        (RIGHT.replace("2\n", "3\n"), [], "Expected:\n    3\nGot:\n    2", 1),
        (RIGHT + MISSING, ["python-flint"], "missing, and said to be: python-flint", 0),
        (RIGHT + MISSING, [], "MissingExtra", 1),
        (RIGHT, ["python-flint"], "missing, and said to be: nothing", 1),
        ("no code\n", [], "0 examples", 1),
    ],
)
def test_a_readme_whose_code_does_not_run_is_noticed(readme, expected, said, code, tmp_path):
    path = tmp_path / "README.md"
    path.write_text(readme, encoding="utf-8")
    done = run("run_readme.py", path, *expected)
    assert said in done.stdout
    assert done.returncode == code


def interpreter(folder: Path, name: str, answer: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\necho {answer}\n", encoding="utf-8")
    path.chmod(0o755)


@pytest.mark.skipif(os.name == "nt", reason="the stand-ins for interpreters are shell scripts")
def test_the_oldest_and_the_newest_python_are_found_wherever_they_lie(tmp_path):
    interpreter(tmp_path / "pyenv" / "versions" / "3.12.9" / "bin", "python3.12", "3 12 1")
    interpreter(tmp_path / "pyenv" / "versions" / "3.10.1" / "bin", "python3.10", "3 10 1")  # too old for popgraph
    interpreter(tmp_path / "shims", "python3.13", "pyenv: command not found")
    interpreter(tmp_path / "new", "python3.13", "3 13 1")
    interpreter(tmp_path / "new", "python3.14", "3 14 0")  # not released
    interpreter(tmp_path / "new", "python3.11", "3 11 1")
    done = run(
        "interpreters.py",
        PATH=f"{tmp_path / 'shims'}{os.pathsep}{tmp_path / 'new'}{os.pathsep}/bin",
        PYENV_ROOT=str(tmp_path / "pyenv"),
    )
    found = dict(line.split(" ", 1) for line in done.stdout.splitlines())
    assert found == {"3.11": found["3.11"], "3.13": str(tmp_path / "new")}


@pytest.mark.skipif(os.name == "nt", reason="the stand-ins for interpreters are shell scripts")
def test_where_there_is_one_python_it_is_said_which_were_looked_for(tmp_path):
    interpreter(tmp_path, "python3.12", "3 12 1")
    done = run("interpreters.py", PATH=str(tmp_path), PYENV_ROOT=str(tmp_path / "none"))
    assert done.returncode == 1
    assert not done.stdout
    assert "looked for python3.11, python3.12, python3.13, python3.14" in done.stderr
    assert "and found 3.12" in done.stderr
