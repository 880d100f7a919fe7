"""What is reserved for a solve or a verdict is enough, on the numpy and scipy at hand, and not much too much."""

import sys

import memory_taken
import numpy as np
import pytest

NOISE = 1_000_000  # bytes of libraries that a call is the first to read, and of Python's own arenas
linux = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux's /proc says what was resident at most"
)
NAMES = [f"{name} {shape} {density} {k}" for name, *shape, density, k in memory_taken.SOLVES]
NAMES += [f"verify {d} {k}" for d, k in memory_taken.VERDICTS]


@pytest.fixture(scope="module")
def measured():
    return memory_taken.measured()


@linux
@pytest.mark.parametrize("name", NAMES)
def test_what_is_reserved_is_enough_and_not_twice_too_much(measured, name):
    reserved, taken = measured[name]
    assert taken <= reserved + NOISE
    assert reserved <= 2 * taken


@linux
def test_a_table_that_is_taken_is_noticed_whoever_allocates_it():
    table = memory_taken.in_a_fork(lambda: np.ones((1000, 1000)), lambda: np.ones((10, 10)))
    assert 8e6 <= table <= 8e6 + NOISE
    work = memory_taken.in_a_fork(lambda: np.linalg.eigh(np.eye(1000)), lambda: np.linalg.eigh(np.eye(10)))
    assert work > 3.5 * 8e6  # the matrix, the eigenvectors, and at least two squares that LAPACK works on
