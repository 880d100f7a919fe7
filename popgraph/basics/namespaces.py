"""What `dir()` and completion show of a public namespace: what is public, and nothing else."""

from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import Any


def only(public: Sequence[str]) -> Callable[[], list[str]]:
    """Return a module's `__dir__` that lists these names."""
    return lambda: sorted(public)


def missing(module: str, public: Sequence[str]) -> Callable[[str], Any]:
    """Return a module's `__getattr__`, whose AttributeError suggests the nearest public name."""

    def getattr_(name: str) -> Any:
        raise no_attribute(module, name, public)

    return getattr_


def no_attribute(module: str, name: str, public: Sequence[str]) -> AttributeError:
    """Return the error of a name that a module does not have, with the nearest one that it has."""
    near = get_close_matches(name, public, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return AttributeError(f"module {module!r} has no attribute {name!r}{hint}", name=name)
