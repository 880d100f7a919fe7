"""What `dir()` and completion show of a public namespace: what is public, and nothing else."""

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any


def only(public: Sequence[str]) -> Callable[[], list[str]]:
    """Return a module's `__dir__` that lists these names."""
    return lambda: sorted(public)


def missing(module: str, public: Sequence[str], removed: Mapping[str, str] | None = None) -> Callable[[str], Any]:
    """Return a module's `__getattr__`, whose AttributeError says what replaces a removed name, or the nearest public name."""

    def getattr_(name: str) -> Any:
        raise no_attribute(module, name, public, removed)

    return getattr_


def no_attribute(
    module: str, name: str, public: Sequence[str], removed: Mapping[str, str] | None = None
) -> AttributeError:
    """Return the error of a name that a module does not have, with what to use instead where `removed` or a like name tells it."""
    near = get_close_matches(name, public, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    if removed and name in removed:
        hint = f"; {removed[name]}"
    return AttributeError(f"module {module!r} has no attribute {name!r}{hint}", name=name)
