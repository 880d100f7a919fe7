"""What holds values, of any library, asked for what it can do and never for its class; and the one rule of name or position.

| it has | it is |
|---|---|
| columns with names and two dimensions | a frame: pandas, polars, pyarrow; its rows have names where it has an index |
| one dimension and an index | a vector with names: a pandas Series; an xarray DataArray with coordinates |
| one dimension and `__array__`, or a buffer | a vector without: numpy, extension arrays, polars, pyarrow, tensors, `array.array` |
| `items()` | a mapping |

The rule: names that are exactly those wanted, once each, go by name; names that only count rows are none, and what has none goes
by position; all other names are refused.
"""

from collections.abc import Collection, Hashable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

import numpy as np

from popgraph.basics.arguments.scalars import by_value
from popgraph.basics.arguments.tables import as_array, can, is_sparse, is_tensor, shape_of
from popgraph.basics.words import did_you_mean, listing, shorten
from popgraph.errors import InvalidArgument


@dataclass(frozen=True, eq=False)
class Frame:
    """Hold a table: `values` (n, m) as an array, names of the rows or None, and names of the columns."""

    values: Any
    rows: list[Any] | None
    columns: list[Any] | None


def is_frame(value: Any) -> bool:
    """Whether this is a table whose columns have names; of a lazy one, which has no shape yet, they are not asked for."""
    if isinstance(value, type | np.ndarray) or is_sparse(value) or len(shape_of(value) or ()) != 2:
        return False
    named = can(value, "column_names") or (can(value, "columns") and not callable(value.columns))
    return named or _has_coordinates(value)


def _has_coordinates(value: Any) -> bool:
    """Whether this is an array whose axes have names, and perhaps coordinates, as xarray's have."""
    return can(value, "indexes", "__array__", "ndim", "dims")  # an xarray Dataset has no ndim


def read_frame(name: str, value: Any, error: type[InvalidArgument] = InvalidArgument) -> Frame:
    """Return the parts of a table whose columns have names."""
    if _has_coordinates(value):
        columns = value.indexes.get(value.dims[1])
    else:
        columns = value.column_names if can(value, "column_names") else value.columns
    try:
        values = np.asarray(value) if hasattr(value, "__array__") else np.asarray(value.to_pandas())
    except Exception as reason:  # of whatever library it is
        first = str(reason).partition("\n")[0][:100]
        raise error(f"{name} is a {type(value).__name__} that cannot be read as a table ({first})") from None
    return Frame(values, index_of(value), None if columns is None else list(columns))


def is_graph(value: Any) -> bool:
    """Whether this is a graph as networkx has them: nodes, edges and who is next to whom."""
    return can(value, "nodes", "edges", "adj")


def is_law(value: Any) -> bool:
    """Whether this is another library's distribution, which holds probabilities beside its outcomes."""
    plain = isinstance(value, Mapping | np.ndarray | list | tuple)
    return not plain and any(can(value, part) for part in ("pmf", "probs", "pdf", "logpmf"))


def index_of(value: Any) -> list[Any] | None:
    """Return the names that a Series or a table gives its rows, or None where it has no index."""
    if isinstance(value, type):
        return None
    index = value.indexes.get(value.dims[0]) if _has_coordinates(value) else getattr(value, "index", None)
    if index is None or callable(index):  # a list's `index` finds an item
        return None
    return list(index)


def is_vector(value: Any) -> bool:
    """Whether this is a one-dimensional array of any library: no list, whose items may be anything, and no mapping."""
    if (
        isinstance(value, type | str | bytes | bytearray | Mapping | list | tuple | Set)
        or is_frame(value)
        or is_sparse(value)
    ):
        return False
    if hasattr(value, "__array__") or is_tensor(value):
        shape = shape_of(value)
        return len(shape) == 1 if shape is not None else hasattr(value, "__len__")
    try:
        return memoryview(value).ndim == 1
    except TypeError:
        return False


def missing_entries(value: Any) -> list[int]:
    """Return which entries of a vector its library knows to be missing: nulls of polars and pyarrow, None and NaN of pandas."""
    for asked in ("isna", "is_null"):
        if can(value, asked):
            try:
                return np.flatnonzero(np.asarray(getattr(value, asked)())).tolist()
            except NotImplementedError:  # of a MultiIndex, whose entries are tuples
                return []
    return []


def vector(name: str, value: Any, error: type[InvalidArgument] = InvalidArgument) -> Any:
    """Return a one-dimensional array of any library as numpy's; none that has missing entries."""
    if lost := missing_entries(value):
        names = index_of(value)
        first = f"row {lost[0]}" if names is None or names[lost[0]] == lost[0] else shorten(names[lost[0]])
        raise error(
            f"{name}: {len(lost)} of {len(value)} entries of the {type(value).__name__} are missing, the first at {first}; fill "
            "them, or leave them out"
        )
    return as_array(name, value, error)


def positions_by_name(
    name: str,
    names: Sequence[Any] | None,
    wanted: Collection[Hashable],
    noun: str,
    error: type[InvalidArgument] = InvalidArgument,
) -> list[int] | None:
    """Return the position of each of the `wanted` among the names of a container's rows, or None if rows go by position.

    `names` is None if the container has none. `noun` says what the wanted are, "natural" or "view". Names that are 0, 1, ... count
    as positions; any others that differ from the wanted are refused.
    """
    if names is None:
        return None
    position: dict[Any, int] = {}
    for i, each in enumerate(map(by_value, names)):
        if position.setdefault(each, i) != i:
            raise error(
                f"{name} names {shorten(each)} twice, in rows {position[each]} and {i}; give each {noun} one row"
            )
    if len(position) == len(wanted) and all(by_value(each) in position for each in wanted):
        return [position[by_value(each)] for each in wanted]
    if list(names) == list(range(len(names))):  # they count the rows, and name none
        return None
    refuse_other_names(name, names, wanted, noun, error)
    return None


def refuse_other_names(
    name: str,
    names: Collection[Any],
    wanted: Collection[Hashable],
    noun: str,
    error: type[InvalidArgument] = InvalidArgument,
) -> None:
    """Refuse names that are not exactly those wanted, and say which are missing, which are none, and what may be meant."""
    known, given = set(map(by_value, wanted)), set(map(by_value, names))
    lacking = [each for each in wanted if by_value(each) not in given]
    added = [each for each in names if by_value(each) not in known]
    if not lacking and not added:
        return
    faults = [f"lacks {len(lacking)} of {len(wanted)} {noun}s ({listing([shorten(x) for x in lacking])})"] * bool(
        lacking
    )
    what = f"that is no {noun}" if len(added) == 1 else f"that are no {noun}s"
    faults += [f"names {len(added)} {what} ({listing([shorten(x) for x in added])})"] * bool(added)
    raise error(f"{name} {' and '.join(faults)}{did_you_mean(added, lacking)}; name each {noun} once")
