"""Progress bars: shown only where a user can see them, and never needed.

`progress` is True, False, a tqdm-like callable, or None: then there is a bar if tqdm is installed and the error stream is a
terminal or the program a notebook.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from time import monotonic
from typing import Any, TypeAlias, TypeVar

from popgraph.basics.extras import require
from popgraph.basics.words import shorten
from popgraph.errors import InvalidArgument

T = TypeVar("T")
Progress: TypeAlias = bool | Callable[..., Any] | None
BAR_DELAY_SECONDS = 1.0


def track(items: Iterable[T], total: int | None, progress: Progress, label: str) -> Iterator[T]:
    """Iterate over the items, with a bar that appears after a second where one is wanted; True needs tqdm, or `MissingExtra`."""
    check_progress(progress)
    if callable(progress):
        yield from progress(items, total=total, desc=label)
    elif progress or (progress is None and _watched()):
        yield from _late_bar(items, total, label, require("tqdm.auto").tqdm)
    else:
        yield from items


def check_progress(progress: Any) -> None:
    """Refuse what is not True, False, None or a callable."""
    if progress is not None and not callable(progress) and not isinstance(progress, bool):
        raise InvalidArgument(f"progress is {shorten(progress)}; give True, False, None or a callable like tqdm")


def _late_bar(items: Iterable[T], total: int | None, label: str, tqdm: Callable[..., Any]) -> Iterator[T]:
    """Iterate, with a bar made after a second; tqdm's own `delay` leaves an empty bar in a notebook when all is done sooner."""
    bar, start = None, monotonic()
    try:
        for done, item in enumerate(items):
            if bar is not None:
                bar.update()
            elif monotonic() - start > BAR_DELAY_SECONDS:
                bar = tqdm(total=total, desc=label, initial=done, leave=False)
            yield item
    finally:
        if bar is not None:
            bar.close()


def _watched() -> bool:
    """Whether a person sees the error stream, and tqdm is there to draw on it."""
    notebook = "ipykernel" in sys.modules
    if not notebook and not (sys.stderr is not None and sys.stderr.isatty()):
        return False
    try:
        require("tqdm.auto")
    except ImportError:
        return False
    return True
