"""What all tests share: a backend that opens no windows, hypothesis settings that do not depend on the machine, and extras."""

import os
from importlib.util import find_spec

import matplotlib
import pytest
from hypothesis import settings

matplotlib.use("Agg")
settings.register_profile("popgraph", deadline=None, derandomize=True, max_examples=100)  # shared machines stall
settings.load_profile("popgraph")


def pytest_configure(config: pytest.Config) -> None:
    """Leave the doctests of an extra out where its library is not installed; in CI it must be."""
    missing = [] if os.environ.get("CI") else [name for name in ("dask", "torch") if find_spec(name) is None]
    config.option.ignore_glob = [*(config.option.ignore_glob or []), *(f"*/popgraph/{name}/*" for name in missing)]
