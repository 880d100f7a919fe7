"""What Windows and macOS ask for, as far as Linux can act it: no POSIX module, any encoding, any name, files closed in time."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from extras import need

import popgraph as pg
from popgraph import zoo

ROOT = Path(pg.__file__).parents[1]
TEXT_CALLS = {"read_text": 0, "write_text": 1}  # the place of `encoding` among the arguments

WITHOUT_POSIX = """
import os, sys
import numpy, scipy.sparse, networkx, matplotlib.pyplot  # what is not ours may use what it finds
for name in ("resource", "fcntl", "pwd", "grp", "termios", "psutil"):
    sys.modules[name] = None
for name in ("sysconf", "sched_getaffinity", "fork", "getuid", "geteuid", "umask", "uname", "getloadavg"):
    if hasattr(os, name):
        delattr(os, name)
"""

WORKFLOW = """
import popgraph as pg
from popgraph.basics import memory
assert 0 < memory.available() < float("inf")
graph = pg.zoo.clusters(count=3, naturals=8, views=8)
assert pg.verify(graph, pg.train(graph, k=2, rng=0)).matches
assert len(graph.sample_pairs(10, rng=0)) > 0
pg.save(graph, PATH)
assert pg.load(PATH).views == graph.views
assert graph.spectrum(3).k == 3
"""


def unnamed_encodings(source: str) -> list[int]:
    """Return the lines on which text is read or written in an encoding that depends on the machine."""
    lines = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or any(keyword.arg == "encoding" for keyword in node.keywords):
            continue
        if isinstance(node.func, ast.Attribute) and node.func.attr in TEXT_CALLS:
            if len(node.args) <= TEXT_CALLS[node.func.attr]:
                lines.append(node.lineno)
        elif isinstance(node.func, ast.Name) and node.func.id == "open":
            mode = node.args[1].value if len(node.args) > 1 and isinstance(node.args[1], ast.Constant) else "r"
            if "b" not in str(mode):
                lines.append(node.lineno)
    return lines


def test_every_text_that_is_read_or_written_names_its_encoding_and_the_guard_can_fail():
    """Windows' default is cp1252, which has no γ."""
    folders = ("popgraph", "examples", "tests")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.py")] + [ROOT / "pytest_popgraph.py"]
    assert len(files) > 100
    bad = {str(path): lines for path in files if (lines := unnamed_encodings(path.read_text(encoding="utf-8")))}
    assert bad == {}
    assert unnamed_encodings("p.read_text()\np.write_text('a')\nopen(p)\nopen(p, 'w')") == [1, 2, 3, 4]
    assert unnamed_encodings("p.read_text('utf-8')\np.write_text('a', encoding='utf-8')\nopen(p, 'rb')") == []


@pytest.mark.parametrize(
    ("prelude", "utf8", "name"),
    [("", "1", "été γ 云.npz"), ("", "0", "graph.npz"), (WITHOUT_POSIX, "0", "graph.npz")],
    ids=["ASCII output", "C locale", "without POSIX"],
)
def test_the_workflow_needs_no_posix_module_and_no_utf8_locale(tmp_path, prelude, utf8, name):
    """A C locale without UTF-8 cannot name the first file at all."""
    code = f"PATH = {str(tmp_path / name)!a}\n{prelude}{WORKFLOW}"
    env = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": utf8, "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
    env["PYTHONPATH"] = str(ROOT)
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", env=env)
    assert out.returncode == 0, out.stderr


@pytest.mark.parametrize(
    "name", ["été γ 云.npz", "with spaces.npz", "云" * 80 + ".npz"], ids=["accents", "spaces", "long"]
)
def test_a_file_may_have_a_name_in_any_script(tmp_path, name):
    """The last takes 244 of the 255 bytes that Linux gives a name; the file beside, which replaces it, must fit as well."""
    folder = tmp_path / "dossier à γ"
    folder.mkdir()
    graph = zoo.lightning_cloud()
    pg.save(graph, folder / name)
    pg.save(graph, str(folder / name))  # over the old one
    assert pg.load(folder / name).views == graph.views
    assert [path.name for path in folder.iterdir()] == [name]


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="asks /proc which files are open; Windows itself refuses"
)
def test_no_file_is_open_when_it_is_replaced(tmp_path, monkeypatch):
    """Windows lets nobody move or replace an open file."""
    replace, replaced = os.replace, []

    def strict(source, target):
        held = {os.path.realpath(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd")}
        assert not held & {str(Path(source).resolve()), str(Path(target).resolve())}
        replaced.append(Path(target).name)
        replace(source, target)

    monkeypatch.setattr(os, "replace", strict)
    path = tmp_path / "graph.npz"
    pg.save(zoo.lightning_cloud(), path)
    graph = pg.load(path)
    pg.save(graph, path)  # while what was loaded from it is in use
    assert replaced == ["graph.npz", "graph.npz"]
    with open(path, "rb"), pytest.raises(AssertionError):  # the guard can fail
        pg.save(graph, path)


@pytest.mark.slow
def test_a_store_may_lie_in_a_folder_of_any_name(tmp_path):
    need("dask"), need("distributed")
    store = tmp_path / "été γ 云"
    with pg.dask.build(range(4), pg.Augmentation(lambda i: {(i, 0): 0.5, (i, 1): 0.5}), rows=2, store=store) as graph:
        assert graph.spectrum(4).gamma == pytest.approx(1)
