"""What `dir()` and completion show of a public namespace: what is public, and nothing else."""

from collections.abc import Callable, Sequence
from difflib import get_close_matches


def only(public: Sequence[str]) -> Callable[[], list[str]]:
    """Return a module's `__dir__` that lists these names.

    Examples
    --------
    >>> only(["verify", "build"])()
    ['build', 'verify']
    """
    return lambda: sorted(public)


def no_attribute(module: str, name: str, public: Sequence[str]) -> AttributeError:
    """Return the error of a name that a module does not have, with the nearest one that it has.

    Examples
    --------
    >>> no_attribute("popgraph", "verfy", ["build", "verify"])
    AttributeError("module 'popgraph' has no attribute 'verfy'; did you mean 'verify'?")
    """
    near = get_close_matches(name, public, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return AttributeError(f"module {module!r} has no attribute {name!r}{hint}", name=name)
