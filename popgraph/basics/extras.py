"""Libraries that are imported on first use: what to install for each, and one import that Ctrl-C does not break."""

import importlib
import signal
import sys
import threading
from types import ModuleType
from typing import Any

from popgraph.errors import MissingExtra

# What to install for a library that is imported on first use, as in pyproject.toml. Named by itself, and not as an extra of
# popgraph: that is right wherever this copy of popgraph came from, and asks an index for no package of that name.
REQUIREMENTS = {
    "IPython": ("ipywidgets>=8.1",),
    "dask": ("dask[array]>=2026.8", "distributed>=2026.8"),
    "distributed": ("dask[array]>=2026.8", "distributed>=2026.8"),
    "flint": ("python-flint>=0.9",),
    "hypothesis": ("hypothesis>=6.130",),
    "ipywidgets": ("ipywidgets>=8.1",),
    "pandas": ("pandas>=2.2.2",),
    "torch": ("torch>=2.4",),
    "tqdm": ("tqdm>=4.66",),
}


def import_uninterrupted(module: str) -> ModuleType:
    """Import a library on first use, and delay Ctrl-C until it is imported.

    A compiled library whose import is interrupted would raise an ImportError instead of KeyboardInterrupt.
    """
    handler = signal.getsignal(signal.SIGINT)
    if module in sys.modules or not callable(handler) or threading.current_thread() is not threading.main_thread():
        return importlib.import_module(module)
    heard: list[tuple[Any, Any]] = []
    signal.signal(signal.SIGINT, lambda number, frame: heard.append((number, frame)))
    try:
        return importlib.import_module(module)
    finally:
        signal.signal(signal.SIGINT, handler)
        if heard:
            handler(*heard[0])


def require(module: str) -> ModuleType:
    """Import an optional dependency on first use; raises MissingExtra, which names what to install."""
    try:
        return import_uninterrupted(module)
    except ImportError as error:
        needed = " ".join(f'"{requirement}"' for requirement in REQUIREMENTS[module.split(".")[0]])
        raise MissingExtra(f"{module} is not installed; run: pip install {needed}") from error
