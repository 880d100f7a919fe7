"""Progress bars: quiet unless somebody is looking, and never needed.

`progress` is True, False, a tqdm-like callable, or None: then there is a bar if tqdm is installed and the error stream is a
terminal or the program a notebook.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias, TypeVar

from popgraph.errors import require

T = TypeVar("T")
Progress: TypeAlias = bool | Callable[..., Any] | None


def track(items: Iterable[T], total: int | None, progress: Progress, label: str) -> Iterator[T]:
    """Iterate over the items, with a bar that appears after a second where one is wanted.

    Raises
    ------
    MissingExtra
        If progress is True and tqdm is not installed.
    """
    if callable(progress):
        yield from progress(items, total=total, desc=label)
    elif progress or (progress is None and _watched()):
        yield from require("tqdm.auto", "progress").tqdm(items, total=total, desc=label, delay=1, leave=False)
    else:
        yield from items


def _watched() -> bool:
    """Whether a person sees the error stream, and tqdm is there to draw on it."""
    notebook = "ipykernel" in sys.modules
    if not notebook and not (sys.stderr is not None and sys.stderr.isatty()):
        return False
    try:
        require("tqdm.auto", "progress")
    except ImportError:
        return False
    return True
