"""Optional libraries in tests: skipped where they are missing, but never in CI, where a skip would hide that."""

import importlib
import os
from typing import Any

import pytest


def need(module: str) -> Any:
    if os.environ.get("CI"):
        return importlib.import_module(module)
    return pytest.importorskip(module)
