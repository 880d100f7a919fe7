"""Tables of numbers: arrays of any library as numpy's, with nothing lost on the way.

| taken | read |
|---|---|
| array of numpy, of any precision and byte order; of pandas, polars, pyarrow, xarray; `array.array`, memoryview | by position |
| tensor: with a gradient, in half precisions (as float64), sparse, quantised | by position |
| nested lists and tuples, of all these | by position |

| refused | because |
|---|---|
| masked entries | numpy would read what they hide |
| sparse matrix of scipy | it may be too large: `.toarray()` |
| mapping, list of rows with names of their own | the names would be ignored |
| networkx graph, tensor without values | it is no table of numbers |
"""

from collections.abc import Mapping
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np

from popgraph.basics.words import shorten
from popgraph.errors import InvalidArgument


def can(value: Any, *names: str) -> bool:
    """Whether a value has all of these attributes by its class or as its own; not by its contents.

    A Series whose labels, or a table whose columns, are called "detach" or "pmf" has them as attributes too.
    """
    if isinstance(value, type):
        return False
    own = getattr(value, "__dict__", None) or {}
    return all(hasattr(type(value), name) or name in own for name in names)


def is_tensor(value: Any) -> bool:
    """Whether this is a tensor as torch has them, known by what it can do; torch is not loaded to find out."""
    return can(value, "detach", "cpu")


def is_sparse(value: Any) -> bool:
    """Whether this is a sparse matrix as scipy has them."""
    return can(value, "tocoo", "toarray")


def shape_of(value: Any) -> tuple[int, ...] | None:
    """Return the shape of an array of any library, or None of what has none."""
    try:
        return tuple(int(n) for n in value.shape)
    except (AttributeError, TypeError, ValueError, RuntimeError):  # torch's nested tensors have none, and raise
        return None


def as_array(name: str, value: Any, error: type[InvalidArgument] = InvalidArgument) -> Any:
    """Return numpy's array of a value, of any dtype, by position; the tables above say what is taken."""
    if is_tensor(value):
        return _from_tensor(name, value, error)
    if is_sparse(value):
        raise error(f"{name} is a sparse matrix of shape {value.shape}; give {name}.toarray(), if there is the memory")
    if isinstance(value, Mapping):
        raise error(f"{name} is {shorten(value)}, a mapping, which has no order of rows; give a table of numbers")
    if can(value, "nodes", "adj"):  # numpy would list the nodes
        raise error(f"{name} is {shorten(str(value))}, a networkx graph, which is no table of numbers")
    if isinstance(value, list | tuple):
        value = (
            type(value)(_row(name, i, part, error) for i, part in enumerate(value)) if _worth_a_look(value) else value
        )
    elif isinstance(value, np.ma.MaskedArray) and np.ma.is_masked(value):
        raise error(f"{name} has masked entries; fill them, or leave their rows out")
    try:
        return np.asarray(value)
    except Exception as reason:  # of whatever library it is
        first = str(reason).partition("\n")[0][:100]
        raise error(f"{name} is {shorten(value)}, which is no table of numbers ({first})") from None


def _worth_a_look(parts: Any) -> bool:
    """Whether a list is one of Python's own lists and tuples and no tuple with names; its items are then looked at one by one."""
    return type(parts) in (list, tuple) and not all(type(part) in (int, float, str, list, tuple) for part in parts)


def _row(name: str, i: int, part: Any, error: type[InvalidArgument]) -> Any:
    """Return one item of a list: a tensor as an array, and no row whose names would be ignored."""
    if is_tensor(part):
        return _from_tensor(f"{name}[{i}]", part, error)
    if isinstance(part, np.ma.MaskedArray) and np.ma.is_masked(part):
        raise error(f"{name} has masked entries; fill them, or leave their rows out")
    index = getattr(part, "index", None)
    if index is not None and not callable(index) and list(index) != list(range(len(index))):
        raise error(
            f"{name}[{i}] is a {type(part).__name__} with the names {shorten(list(index))}, which a list of rows ignores; "
            "give one table with columns of these names"
        )
    return part


def _from_tensor(name: str, tensor: Any, error: type[InvalidArgument]) -> Any:
    """Return a tensor as an array, bit for bit: of half precisions that numpy does not have, in float64."""
    try:
        plain = tensor.detach()
        if getattr(plain, "is_quantized", False):
            plain = plain.dequantize()
        if not str(getattr(plain, "layout", "strided")).endswith("strided"):
            plain = plain.to_dense()
        plain = plain.cpu()
        for resolve in ("resolve_conj", "resolve_neg"):
            plain = getattr(plain, resolve)() if hasattr(plain, resolve) else plain
        if plain.is_floating_point() and plain.element_size() < 4:
            plain = plain.double()
        return plain.numpy()
    except Exception as reason:
        first = str(reason).partition("\n")[0][:100]
        raise error(f"{name} is a {type(tensor).__name__} that cannot be read as numbers ({first})") from None


def real(entry: Any) -> float:
    """Return one entry of an array of objects, an int, float, Fraction or Decimal; TypeError if it only spells a number."""
    if not isinstance(entry, Real | Decimal | np.bool_) and not hasattr(entry, "detach"):
        raise TypeError(f"{entry!r} is no real number")
    return float(entry)


def numbers(name: str, value: Any, need: str, error: type[InvalidArgument] = InvalidArgument) -> Any:
    """Return finite real numbers as an array of float64, of any shape."""
    array = as_array(name, value, error)
    if array.dtype.kind not in "biufO":
        raise error(f"{name} has dtype {array.dtype}; {need}")
    with np.errstate(over="ignore"):  # what is beyond float64 becomes inf, and is refused
        try:
            plain = array if array.dtype.kind != "O" else np.vectorize(real, otypes=[float])(array)
            floats = np.array(plain, dtype=np.float64)
        except (TypeError, ValueError, OverflowError):
            raise error(f"{name} is {shorten(value)}; {need}") from None
    if not np.isfinite(floats).all():
        raise error(f"{name} holds {floats[~np.isfinite(floats)][0]}; {need}")
    return floats
