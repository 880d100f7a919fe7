"""What goes wrong around the toolkit: memory that runs out, a save that is killed, a full disk, an optimised Python."""

import ast
import os
import signal
import subprocess
import sys
import textwrap
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from extras import need

import popgraph as pg
from popgraph import zoo
from popgraph.basics import memory
from popgraph.errors import InvalidFile, TooLarge

HERE, PACKAGE = Path(__file__).parent, Path(pg.__file__).parent
LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits of the address space are Linux's")


def run(code: str, *options: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, *options, "-c", textwrap.dedent(code)], capture_output=True, text=True)


@LINUX
@pytest.mark.slow
def test_under_a_limit_each_large_thing_is_right_or_too_large():
    """From far too little memory to enough; a process that dies, and any other error, would be listed."""
    need("flint"), need("pandas")
    out = subprocess.run([sys.executable, str(HERE / "starved.py")], capture_output=True, text=True)
    lines = [line.split("\t") for line in out.stdout.splitlines()]
    assert len(lines) >= 80, out.stderr
    bad = [line for line in lines if line[2] != "right" and not line[2].startswith("TooLarge: ")]
    assert bad == []
    least = {name: answer for name, megabytes, answer in lines if megabytes == "4"}
    most = {name: answer for name, megabytes, answer in lines if megabytes == "700"}
    # The first is refused by its size alone, with or without a limit
    assert [name for name, answer in least.items() if answer == "right"] == ["20-cube"]
    assert sum(answer == "right" for answer in most.values()) >= len(most) - 6
    for answer in least.values():
        assert answer == "right" or (";" in answer and ("is left" in answer or "memory ran out" in answer))


def test_the_refusal_comes_before_the_allocation_and_names_the_way_out(monkeypatch):
    graph = pg.build(np.full(4_096, 1 / 4_096), sp.eye_array(4_096, format="csr"))
    monkeypatch.setattr(
        memory, "_on_machine", lambda: memory.SPARE_BYTES + 3e8
    )  # w takes 134 MB, at its peak three times as much
    with pytest.raises(
        TooLarge, match=r"w of 4,096 views .* needs 403 MB of memory, and 300 MB is left; use graph.factor"
    ):
        _ = graph.w
    monkeypatch.setattr(memory, "_on_machine", lambda: memory.SPARE_BYTES + 1e8)
    with pytest.raises(TooLarge, match=r"4,096 eigenvectors .* use a smaller k"):
        graph.spectrum(4_096)
    with pytest.raises(TooLarge, match=r"training f .* with k = 1,000 needs .* use a smaller k, or batch_size="):
        pg.train(graph, 1_000)
    with pytest.raises(TooLarge, match=r"a sample of size 10,000,000 needs 480 MB of memory, .* draw fewer at a time"):
        graph.sample_pairs(10_000_000)


def test_memory_that_runs_out_elsewhere_is_put_into_words():
    def view(i):
        raise MemoryError

    with pytest.raises(TooLarge, match="memory ran out in enumerating the population; declare fewer naturals"):
        pg.build(range(3), view)


@pytest.mark.parametrize(
    ("files", "left"),
    [
        ({}, float("inf")),
        ({"proc": "0::/a\n", "a/memory.max": "max", "a/memory.current": "5", "a/memory.stat": ""}, float("inf")),
        (
            {
                "proc": "0::/a\n",
                "a/memory.max": "100",
                "a/memory.current": "30",
                "a/memory.stat": "inactive_file 7\nanon 9",
            },
            77,
        ),
        (  # the group around it leaves less than its own limit
            {"proc": "0::/a/b\n"}
            | {"a/b/memory.max": "max", "a/b/memory.current": "30", "a/b/memory.stat": ""}
            | {"a/memory.max": "90", "a/memory.current": "40", "a/memory.stat": "active_file 5"},
            55,
        ),
        ({"proc": "0::/host\n", "memory.max": "100", "memory.current": "30", "memory.stat": ""}, 70),
        (
            {
                "proc": "2:cpu:/\n4:memory:/a\n0::/\n",
                "memory/a/memory.limit_in_bytes": "50",
                "memory/a/memory.usage_in_bytes": "20",
                "memory/a/memory.stat": "active_file 1",
            },
            31,
        ),
    ],
)
def test_a_control_groups_limit_is_read(files, left, tmp_path, monkeypatch):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(memory, "CGROUP_FOLDER", tmp_path)
    monkeypatch.setattr(memory, "CGROUP_FILE", tmp_path / "proc")
    assert memory._in_control_group() == left


@pytest.mark.skipif(os.name != "posix", reason="kills processes")
def test_a_save_that_is_killed_leaves_the_old_file_whole(tmp_path):
    """Killed at points spread over the whole of it: what is there loads, and is the old value or the new one."""
    path, old, new = tmp_path / "value", pg.Distribution({"a": "1/3", "b": "2/3"}), zoo.hypercube(4)
    killed, news = 0, 0
    for at in [*range(1, 400, 24), 10**9]:
        pg.save(old, path)
        if (child := os.fork()) == 0:
            seen = 0

            def killer(frame, event, argument, at=at):
                nonlocal seen
                seen += 1
                if seen == at:
                    os.kill(os.getpid(), signal.SIGKILL)

            sys.setprofile(killer)
            pg.save(new, path)
            sys.setprofile(None)
            os._exit(0)
        status = os.waitpid(child, 0)[1]
        killed += os.WIFSIGNALED(status)
        found = pg.load(path)
        news += found != old
        assert found == old or found.N == new.N
        for stray in tmp_path.iterdir():
            if stray != path:
                assert stray.name.startswith(".value.")  # hidden, and of no name that anybody gave
                assert stray.name.endswith(".part")
                with suppress(InvalidFile):
                    assert pg.load(stray).N == new.N  # whole already
                stray.unlink()
    assert killed > 10
    assert news >= 1


@LINUX
def test_a_full_disk_leaves_the_old_file_whole(tmp_path):
    code = """
        import resource, signal, sys
        import popgraph as pg
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        old, new, path = pg.Distribution.uniform("ab"), pg.zoo.hypercube(7), sys.argv[1]
        pg.save(old, path)
        for limit in (0, 1, 100, 1000, 5000, 20000):
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
            try:
                pg.save(new, path)
            except OSError as error:
                print(type(error).__name__)
            assert pg.load(path) == old or limit > 5000
    """
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code), str(tmp_path / "value")],
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""
    assert done.stdout.split() == ["OSError"] * 6
    assert [path.name for path in tmp_path.iterdir()] == ["value"]


def asserts(source: str) -> list[str]:
    return [ast.unparse(node) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Assert)]


def test_nothing_rests_on_assert_which_an_optimised_python_leaves_out():
    """Neither a refusal nor anything else: what narrows a type is written as a branch that raises."""
    found = {
        str(path.relative_to(PACKAGE)): asserts(path.read_text(encoding="utf-8")) for path in PACKAGE.rglob("*.py")
    }
    assert {name: lines for name, lines in found.items() if lines} == {}
    assert asserts("def f(x):\n    assert x > 0, 'x'\n") == ["assert x > 0, 'x'"]  # the guard can fail


@pytest.mark.slow
def test_an_optimised_python_with_warnings_as_errors_does_and_refuses_the_same():
    code = """
        import numpy as np
        import popgraph as pg
        graph = pg.build(["a", "b", "c"], {"a": {"x": "1/2", "y": "1/2"}, "b": {"y": 1}, "c": {"z": 1}}, labels=[0, 0, 1])
        cube = pg.zoo.hypercube(3)
        training = pg.train(cube, 4, rng=0)
        print(graph.spectrum(2).gamma.tolist(), bool(pg.verify(cube, training)), bool(pg.verify(cube, np.ones((8, 2)))))
        print(pg.probe(graph, np.eye(3)).error, pg.sparsest_partition(graph, 2).rho, bool(pg.theory.check(cube, k=4)))
        wrong = [
            lambda: pg.Distribution({"a": 0.5}),
            lambda: pg.build(["a"], [[0.5, 0.4]]),
            lambda: pg.build(np.array([1.0]), [[0.5, 0.4]]),
            lambda: cube.spectrum(0),
            lambda: cube.spectrum(9),
            lambda: cube.spectrum(2, solver="magic"),
            lambda: pg.verify(cube, np.full((8, 2), np.nan)),
            lambda: pg.verify(cube, np.ones((7, 2))),
            lambda: pg.train(cube, 2, steps=0),
            lambda: pg.train(graph, -1),
            lambda: graph.index("nobody"),
            lambda: pg.images.Image([[np.inf]]),
            lambda: pg.Augmentation(3),
            lambda: pg.save(3, "nowhere"),
            lambda: pg.probe(graph, np.eye(3), head="none"),
            lambda: pg.zoo.hypercube(-1),
        ]
        for refused in wrong:
            try:
                refused()
            except pg.errors.InvalidArgument as error:
                print(error)
            else:
                print("accepted")
    """
    older = ("-W", "ignore:invalid escape sequence")  # of libraries that -O compiles anew
    plain, optimised = run(code), run(code, "-O", "-W", "error", *older)
    assert optimised.stderr == "" == plain.stderr
    assert optimised.stdout == plain.stdout
    assert optimised.stdout.startswith("[1.0, 1.0] True False\n")
    assert "accepted" not in optimised.stdout
    assert run("assert False", "-O").returncode == 0  # so the option does what it says
