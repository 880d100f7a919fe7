"""What all tests share: a backend that opens no windows, hypothesis settings that do not depend on the machine, extras and layers.

The tests are two layers:

    pytest -n auto                          # the default layer: what one waits for after a change
    pytest -n auto -m "slow or not slow"    # everything: what runs weekly; `.ci/run` runs the slow programs that users see
    pytest tests/test_theory.py -m ""       # everything of one file; a slow test that is named by its id needs it, too

In the default layer every law is tested on every route once: each solver, container, graph of the zoo and refusal. Marked `slow`
is what repeats that: more seeds, more examples of a property (`layers.examples`), larger sizes, and whole programs: examples that
train networks, the notebooks' exercises, a browser, processes that are killed or starved of memory. A test that takes above two
seconds is slow unless nothing quicker tests the same law. Every module of tests keeps at least one test in the default layer, and
the contracts, which are every solver x every graph x every law, keep all: `test_layers.py` holds them to it.
"""

import os
import sys
from importlib.util import find_spec

import extras
import layers
import matplotlib
import pytest
from hypothesis import settings

matplotlib.use("Agg")
for profile, max_examples in (("default layer", layers.DEFAULT_EXAMPLES), ("everything", 100)):
    settings.register_profile(
        profile, deadline=None, derandomize=True, max_examples=max_examples
    )  # shared machines stall

EXTRAS = {  # library: files that import it, and cannot be collected without it
    "coverage": ("tests/benchmarks/mutation.py", "tests/benchmarks/test_mutation.py"),
    "dask": ("popgraph/dask/*",),
    "pandas": ("tests/fuzz/*",),
    "torch": ("popgraph/torch/*", "tests/benchmarks/torch_loop.py", "tests/fuzz/*"),
}
collect_ignore_glob = ["typing/*"]  # scripts for type checkers, one of them full of mistakes


def pytest_configure(config: pytest.Config) -> None:
    """Choose the layer, give each of several processes one thread, and leave out the doctests of an extra that is missing.

    In CI no extra may be missing.
    """
    config.pluginmanager.register(extras.SkipWhatNeedsAMissingExtra())
    layers.EVERYTHING = config.option.markexpr.strip() != "not slow"
    settings.load_profile("everything" if layers.EVERYTHING else "default layer")
    if getattr(config.option, "numprocesses", None):  # the workers are started after this, and their threads would spin
        for pool in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
            os.environ.setdefault(pool, "1")
    for extra, places in EXTRAS.items():
        if not os.environ.get("CI") and find_spec(extra) is None:
            left_out = [str(config.rootpath / place) for place in places]
            config.option.ignore_glob = [*(config.option.ignore_glob or []), *left_out]


@pytest.fixture(autouse=True)
def no_figure_stays_open():
    """Close what a test drew, so that none is warned of the figures of others."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture(scope="module")
def client():
    """A cluster of two workers in this process."""
    distributed = extras.need("distributed")
    extras.need("dask.array")
    here = {"processes": False, "n_workers": 2, "threads_per_worker": 1, "dashboard_address": ":0"}
    with distributed.Client(**here, set_as_default=False) as client:
        yield client
