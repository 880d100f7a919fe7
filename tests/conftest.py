"""What all tests share: a backend that opens no windows, hypothesis settings that do not depend on the machine, and extras."""

import os
from importlib.util import find_spec

import matplotlib
import pytest
from hypothesis import settings

matplotlib.use("Agg")
settings.register_profile("popgraph", deadline=None, derandomize=True, max_examples=100)  # shared machines stall
settings.load_profile("popgraph")

EXTRAS = {  # library: files that import it
    "dask": ("popgraph/dask/*",),
    "torch": ("popgraph/torch/*", "tests/benchmarks/torch_loop.py", "tests/fuzz/*"),
}
BENCH = {"cosmic_ray": ("tests/benchmarks/mutation.py",)}  # of the benchmarks alone, and no test needs it


def pytest_configure(config: pytest.Config) -> None:
    """Give each of several processes one thread, and leave the doctests of a missing extra out; in CI none may be missing."""
    if getattr(config.option, "numprocesses", None):  # the workers are started after this, and their threads would spin
        for pool in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
            os.environ.setdefault(pool, "1")
    for extra, places in (EXTRAS | BENCH).items():
        if (extra in BENCH or not os.environ.get("CI")) and find_spec(extra) is None:
            left_out = [str(config.rootpath / place) for place in places]
            config.option.ignore_glob = [*(config.option.ignore_glob or []), *left_out]
