"""The pytest plugin, as a user's suite has it: loaded by its entry point, in a process of its own."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from popgraph import PopulationGraph, zoo
from popgraph.testing.plugin import population_named
from pytest_popgraph import POPULATIONS


def run(tmp_path: Path, code: str, *options: str) -> str:
    (tmp_path / "test_mine.py").write_text(code, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "-c",
        str(tmp_path / "none.ini"),
        *options,
        str(tmp_path),
    ]
    (tmp_path / "none.ini").write_text("[pytest]\n", encoding="utf-8")
    return subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8").stdout


OF_OTHER_KINDS = {
    "cooccurrence",
    "grid_world",
    "image_text",
    "masked_autoencoder",
}  # pairs that are given, or of two kinds


def test_every_family_of_the_zoo_is_a_small_labelled_population():
    assert {*POPULATIONS, "edges"} == set(zoo.__all__) - OF_OTHER_KINDS  # `edges` takes a graph of one's own
    assert [name for name in OF_OTHER_KINDS if isinstance(getattr(zoo, name)(), PopulationGraph)] == []
    for name in POPULATIONS:
        graph = population_named(name)
        assert 4 <= graph.N <= 100
        assert len(graph.labels) == graph.n


def test_loading_the_plugin_imports_neither_popgraph_nor_numpy():
    code = "import sys, pytest_popgraph; print(sorted({'numpy', 'popgraph', 'hypothesis'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"


def test_a_test_runs_on_every_population_of_the_zoo(tmp_path):
    out = run(tmp_path, "def test_row_sums(population):\n    assert abs(population.w_x.sum() - 1) < 1e-12\n", "-v")
    assert f"{len(POPULATIONS)} passed" in out
    assert all(f"test_row_sums[{name}]" in out for name in POPULATIONS)


@pytest.mark.slow
def test_the_generator_is_the_tests_own_and_follows_the_seed(tmp_path):
    code = "def test_one(popgraph_rng):\n    print('drew', popgraph_rng.integers(10**9))\n"
    drawn = []
    for other, seed in (("", 0), ("def test_before(popgraph_rng):\n    popgraph_rng.random(5)\n", 0), ("", 1)):
        out = run(tmp_path, other + code, "-s", f"--popgraph-seed={seed}", "-k", "one or before")
        drawn.append(out.split("drew ")[1].split()[0])
    assert drawn[0] == drawn[1] != drawn[2]


DIFFERENCES = [
    (
        "pg.Distribution({'a': '1/3', 'b': '2/3'}) == pg.Distribution({'a': '1/2', 'c': '1/2'})",
        ["'a': 1/3 against 1/2", "'b': 2/3 against 0", "'c': 0 against 1/2"],
    ),
    (
        "pg.Distribution.uniform(range(20)) == pg.Distribution.uniform(range(1, 21))",
        ["0: 1/20 against 0", "20: 0 against 1/20"],
    ),
    (
        "pg.Distribution.uniform(range(20)) == pg.Distribution.uniform(range(19))",
        ["0: 1/20 against 1/19", "... and 15 more"],
    ),
    ("pg.zoo.hypercube(2) == pg.zoo.hypercube(2, 0.3)", ["w differs by 0.0", "equal to itself only"]),
    ("pg.zoo.hypercube(2) == pg.zoo.hypercube(2)", ["w is the same to the bit"]),
    (
        "pg.zoo.hypercube(1) == pg.zoo.hypercube(2)",
        ["naturals: (0,): 1/2 against 0", "views: 6 are in one graph only"],
    ),
]


@pytest.mark.slow
def test_a_difference_is_readable(tmp_path):
    """One process runs all of them: pytest prints each failure under the test's name."""
    tests = [f"def test_{i}():\n    assert {claim}\n" for i, (claim, _) in enumerate(DIFFERENCES)]
    out = run(tmp_path, "\n\n".join(["import popgraph as pg\n", *tests]))
    assert f"{len(DIFFERENCES)} failed" in out
    printed = re.split(r"_{5,} test_\d+ _{5,}", out.split("short test summary")[0])[1:]
    for (claim, words), of_one in zip(DIFFERENCES, printed, strict=True):
        assert [each for each in words if each not in of_one] == [], (claim, of_one)


@pytest.mark.slow
def test_the_assertions_hide_their_own_lines(tmp_path):
    code = "import numpy as np\nimport popgraph as pg\n\n\ndef test_it():\n"
    out = run(tmp_path, code + "    pg.testing.assert_matches(pg.zoo.lightning_cloud(), np.ones((4, 2)))\n")
    assert "f has collapsed: F has rank 1, not 2" in out
    assert "raise AssertionError" not in out


GIVEN = """
import numpy as np
from hypothesis import given, settings, strategies as st

@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 3))
def test_population(population, seed):
    assert population.N

class TestClass:
    @settings(max_examples=3, deadline=None)
    @given(seed=st.integers(0, 3))
    def test_population(self, population, seed):
        assert population.N

@settings(max_examples=5, deadline=None, derandomize=True)
@given(seed=st.integers())
def test_drawn(popgraph_rng, seed):
    print("drew", popgraph_rng.integers(10**9))

@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 3))
def test_both(population, popgraph_rng, seed):
    assert popgraph_rng.random() < 1
"""


@pytest.mark.slow
def test_the_fixtures_serve_under_given_without_suppressing_a_health_check(tmp_path):
    out = run(tmp_path, GIVEN, "-s", "-p", "no:xdist")
    assert f"{3 * len(POPULATIONS) + 1} passed" in out
    drawn = re.findall("drew ([0-9]+)", out)
    assert len(drawn) == 5
    assert len(set(drawn)) == 1  # every example starts from the test's own seed, so that one that fails can be replayed


@pytest.mark.slow
def test_two_tests_draw_apart_and_each_the_same_alone(tmp_path):
    code = "".join(
        f"def test_{name}(popgraph_rng):\n    print('{name} drew', popgraph_rng.integers(10**9))\n" for name in "ab"
    )
    both = dict(re.findall("([ab]) drew ([0-9]+)", run(tmp_path, code, "-s")))
    alone = dict(re.findall("([ab]) drew ([0-9]+)", run(tmp_path, code, "-s", "-k", "test_b")))
    assert both["a"] != both["b"]
    assert alone == {"b": both["b"]}
