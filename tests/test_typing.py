"""Types from the user's side: two checkers read a user's script against the wheel, and find five mistakes in another.

They also prove that each kind of population has what its protocol asks for.
"""

import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path
from typing import Any

import pytest
from extras import need
from test_docstrings import documented, return_annotation, returned
from test_namespaces import PUBLIC, namespace

HERE = Path(__file__).parent / "typing"
SCRIPT, MISTAKES, KINDS = HERE / "user_script.py", HERE / "five_mistakes.py", HERE / "kinds_of_populations.py"


def test_the_script_runs():
    done = subprocess.run([sys.executable, "-W", "error", SCRIPT], capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert "True a match" in done.stdout


def test_the_script_is_about_sixty_lines_and_the_mistakes_are_five():
    assert 50 <= SCRIPT.read_text(encoding="utf-8").count("\n") <= 75
    assert MISTAKES.read_text(encoding="utf-8").count("# mistake ") == 5


# What may return Any, and why
ANY = {
    "a number, or a tensor if f is one": {"value", "batch_value", "critic_value"},
    "a number, or an array if that is estimated": {"low", "high"},
    "what an augmentation makes of a batch, whose outcomes may be anything": {"encode", "floats", "spread", "state_of"},
    "labels, of whatever type they were declared": {
        *("labels", "view_labels", "pseudo_labels"),
        *("view_labels_x", "view_labels_z"),
    },
    "a graph of a class that holds listed graphs, and is defined after them": {"two_encoders"},
    "a class that only type checkers see, as the library has no types": {"to_networkx", "to_pandas"},
    "scipy's, which has no types": {"operator", "weight_matrix"},
    "a Spectrum or a graph, which the protocols stand below": {"spectrum", "expand"},
}


@pytest.mark.parametrize("name", PUBLIC)
def test_nothing_public_returns_any_but_for_a_reason(name):
    public = documented(namespace(name))
    loose = {where.rsplit(".", 1)[1] for where, item in public.items() if return_annotation(item) is Any}
    assert loose <= set().union(*ANY.values())


def test_no_method_of_a_returned_value_returns_any_but_for_a_reason():
    need("hypothesis")
    loose = {where.rsplit(".", 1)[-1] for where, item in returned().items() if return_annotation(item) is Any}
    assert loose <= set().union(*ANY.values())


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """An environment that holds the wheel's files, and finds all else in this one."""
    folder = tmp_path_factory.mktemp("user")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, HERE.parent.parent]
    subprocess.run(command, check=True, capture_output=True)
    venv.create(folder / "env", with_pip=False)
    scheme = sysconfig.get_paths("venv", {"base": str(folder / "env"), "platbase": str(folder / "env")})
    packages = Path(scheme["purelib"])
    (wheel,) = folder.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(packages)
    (packages / "others.pth").write_text(f"{sysconfig.get_paths()['purelib']}\n", encoding="utf-8")
    return Path(scheme["scripts"]) / ("python.exe" if sys.platform == "win32" else "python")


def mypy(python, script, folder):
    config = folder / "mypy.ini"
    config.write_text("[mypy]\nstrict = true\n", encoding="utf-8")
    return [
        sys.executable,
        "-m",
        "mypy",
        "--config-file",
        config,
        "--cache-dir",
        folder / "cache",
        "--python-executable",
        python,
        script,
    ]


def pyright(python, script, folder):
    (folder / "pyrightconfig.json").write_text('{"typeCheckingMode": "standard"}', encoding="utf-8")
    return [sys.executable, "-m", "pyright", "--project", folder, "--pythonpath", python, script]


@pytest.mark.slow
@pytest.mark.parametrize("checker", [mypy, pyright])
def test_a_checker_finds_no_error_in_what_is_right_and_all_mistakes(checker, python, tmp_path):
    need(checker.__name__)
    found = {}
    for script in (SCRIPT, MISTAKES, KINDS):
        copy = tmp_path / script.name
        copy.write_text(script.read_text(encoding="utf-8"), encoding="utf-8")
        done = subprocess.run(checker(python, copy, tmp_path), cwd=tmp_path, capture_output=True, encoding="utf-8")
        places = re.findall(rf"{re.escape(script.name)}:(\d+)[:\d]* (?:- )?error:", done.stdout)
        found[script] = {int(number) for number in places}
        assert done.returncode == bool(found[script]), done.stdout + done.stderr
        print(done.stdout)  # both checkers' words, with -s
    planted = {
        number
        for number, line in enumerate(MISTAKES.read_text(encoding="utf-8").splitlines(), 1)
        if "# mistake" in line
    }
    assert found == {SCRIPT: set(), MISTAKES: planted, KINDS: set()}
