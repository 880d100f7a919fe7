"""Optional libraries in tests: what needs a missing one is skipped with its name.

Never in CI, where a skip would hide that.
"""

import doctest
import importlib
import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

MODULES = {
    "python-flint": "flint",
    "scikit-learn": "sklearn",
    "jupyterlab": "jupyter_core",
}  # not named like their package


def libraries() -> set[str]:
    """The modules of all extras of pyproject.toml."""
    text = (Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8")
    extras = tomllib.loads(text)["project"]["optional-dependencies"]
    names = {re.split(r"[\[<>=!~ ]", line)[0] for extra in extras.values() for line in extra}
    return {MODULES.get(name, name.replace("-", "_")) for name in names} | {"cloudpickle", "psutil"}  # dask brings both


def need(module: str) -> Any:
    """Import a library of an extra, for a module of tests or a test that is about it."""
    if os.environ.get("CI"):
        return importlib.import_module(module)
    return pytest.importorskip(module, exc_type=ImportError)


def missing(error: BaseException | None, known: set[str]) -> str | None:
    """The library of an extra for whose lack an error was raised, through what it came from."""
    if isinstance(error, doctest.UnexpectedException):
        error = error.exc_info[1]
    for failure in getattr(error, "failures", []):  # of a doctest that goes on after the first
        if name := missing(failure, known):
            return name
    while error is not None:
        if isinstance(error, ModuleNotFoundError) and (error.name or "").split(".")[0] in known:
            return error.name
        error = error.__cause__ or error.__context__
    return None


class SkipWhatNeedsAMissingExtra:
    """Outside CI, skip a test or doctest that ends in the lack of a library of an extra, and name it."""

    def __init__(self) -> None:
        self.known = libraries()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self) -> Iterator[None]:
        return (yield from self._named())

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Iterator[None]:
        return (yield from self._named())

    def _named(self) -> Any:
        try:
            return (yield)
        except Exception as error:
            if not os.environ.get("CI") and (name := missing(error, self.known)):
                pytest.skip(f"could not import {name!r}")
            raise
