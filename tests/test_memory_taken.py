"""What is reserved for a solve or a verdict is enough, on the numpy and scipy at hand, and not much too much."""

import sys

import layers
import memory_taken
import pytest

NOISE = 1_000_000  # bytes of libraries that a call is the first to read, and of Python's own arenas
linux = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux's /proc says what was resident at most"
)
NAMES = ["a table", "eigh"]  # of known sizes, whoever allocates them
NAMES += [f"{name} {shape} {density} {k}" for name, *shape, density, k in memory_taken.SOLVES]
NAMES += [f"verify {d} {k}" for d, k in memory_taken.VERDICTS]


QUICK = 4  # cases in the default layer: a solve takes seconds to measure


@pytest.fixture(scope="module")
def measured():
    return memory_taken.measured(None if layers.EVERYTHING else QUICK)


@linux
@pytest.mark.parametrize("name", layers.first_by_default(*NAMES, default=QUICK))
def test_what_is_reserved_is_enough_and_not_twice_too_much(measured, name):
    reserved, taken = measured[name]
    assert taken <= reserved + NOISE
    assert reserved <= 2 * taken
