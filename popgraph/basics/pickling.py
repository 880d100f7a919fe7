"""How augmentations travel to another process: what the toolkit makes is pickled part by part, a user's function by its name.

A lambda, or a function defined inside another, has no name under which another process would find it. Where cloudpickle is
installed its code is sent instead; elsewhere it is refused.
"""

import pickle
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from types import FunctionType
from typing import Any, Self

from popgraph.basics.arrays import Immutable
from popgraph.basics.words import shorten
from popgraph.errors import InvalidAugmentation


@dataclass(frozen=True, eq=False)
class SentCode:
    """Hold a function that has no name to be found by, as the bytes that cloudpickle makes of it."""

    code: bytes


class Portable(Immutable):
    """Pickle a value whose attributes may be functions of the user's; it is immutable, so that a copy of it is itself."""

    def __getstate__(self) -> dict[str, Any]:
        """Return the attributes, with functions in a form that can be pickled."""
        return {name: _sendable(value) for name, value in self.__dict__.items()}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        """Restore the attributes."""
        for name, value in state.items():
            self.__dict__[name] = pickle.loads(value.code) if isinstance(value, SentCode) else value

    def __copy__(self) -> Self:
        """Return the value itself."""
        return self

    def __deepcopy__(self, memo: Any) -> Self:
        """Return the value itself."""
        return self


def _sendable(value: Any) -> Any:
    """Return a value as it is if pickle can take it, or the code of a function that it cannot."""
    if not callable(value) or isinstance(value, type | Portable):
        return value
    if isinstance(value, partial) and getattr(value.func, "__module__", "").startswith("popgraph."):
        return value  # what it holds is pickled in its turn
    if isinstance(value, FunctionType):
        if _has_name(value):
            return value
    else:
        try:
            pickle.dumps(value)
        except (pickle.PicklingError, AttributeError, TypeError):
            pass
        else:
            return value
    return SentCode(_code_of(value))


def _has_name(fn: FunctionType) -> bool:
    """Whether pickle would find a function again by the name of its module and its own."""
    namesake: Any = sys.modules.get(fn.__module__)
    for part in fn.__qualname__.split("."):
        namesake = getattr(namesake, part, None)
    return namesake is fn


def _code_of(fn: Callable[..., Any]) -> bytes:
    """Return the bytes that cloudpickle, or joblib's copy of it, makes of a function."""
    for module in ("cloudpickle", "joblib.externals.cloudpickle"):
        try:
            cloudpickle = import_module(module)
        except ImportError:
            continue
        try:
            code: bytes = cloudpickle.dumps(fn)
        except Exception as error:
            raise InvalidAugmentation(
                f"the augmentation holds {shorten(fn)}, which cannot be pickled, nor what it refers to: {error}; define it with "
                "def at the top of a module, without such values"
            ) from error
        return code
    raise InvalidAugmentation(
        f"the augmentation holds {shorten(fn)}, which cannot be pickled; define it with def at the top of a module, or install "
        "cloudpickle"
    )
