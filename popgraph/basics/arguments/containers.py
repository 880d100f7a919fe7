"""Read tables and vectors of any library. They are recognised by what they can do, never by their class.

| it has | it is |
|---|---|
| two dimensions, and columns with names | a frame: pandas, polars, pyarrow; its rows have names if it has an index |
| one dimension and an index | a vector with names: a pandas Series, an xarray DataArray with coordinates |
| one dimension and `__array__`, or a buffer | a vector without names: numpy, polars, pyarrow, tensors, `array.array` |
| `items()` | a mapping |

Rows are matched to naturals or views by name if the container's names are exactly those of the naturals or views, each once. They
are matched by position if the container has no names, or if its names only number the rows. All other names are refused.
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
    """Hold a table: `values` (n, m) as an array, names of the rows and of the columns, each None if there are none."""

    values: Any
    rows: list[Any] | None
    columns: list[Any] | None


def is_frame(value: Any) -> bool:
    """Whether this is a table whose columns have names. A lazy table, which has no shape yet, does not count."""
    if isinstance(value, type | np.ndarray) or is_sparse(value) or len(shape_of(value) or ()) != 2:
        return False
    has_column_names = can(value, "column_names") or (can(value, "columns") and not callable(value.columns))
    return has_column_names or _has_coordinates(value)


def _has_coordinates(value: Any) -> bool:
    """Whether this is an array whose axes have names, and perhaps coordinates, such as an xarray DataArray."""
    return can(value, "indexes", "__array__", "ndim", "dims")  # an xarray Dataset has no ndim


def read_frame(name: str, value: Any, error: type[InvalidArgument] = InvalidArgument) -> Frame:
    """Return the values of a table whose columns have names, and the names of its rows and columns."""
    if _has_coordinates(value):
        columns = value.indexes.get(value.dims[1])
    else:
        columns = value.column_names if can(value, "column_names") else value.columns
    try:
        values = np.asarray(value) if hasattr(value, "__array__") else np.asarray(value.to_pandas())
    except Exception as reason:  # each library raises exceptions of its own
        first_line = str(reason).partition("\n")[0][:100]
        raise error(f"{name} is a {type(value).__name__} that cannot be read as a table ({first_line})") from None
    return Frame(values, index_of(value), None if columns is None else list(columns))


def is_graph(value: Any) -> bool:
    """Whether this is a graph such as networkx's, with nodes, edges and adjacency."""
    return can(value, "nodes", "edges", "adj")


def is_law(value: Any) -> bool:
    """Whether this is another library's probability distribution: an object with a density or with probabilities."""
    is_container = isinstance(value, Mapping | np.ndarray | list | tuple)
    return not is_container and any(can(value, name) for name in ("pmf", "probs", "pdf", "logpmf"))


def index_of(value: Any) -> list[Any] | None:
    """Return the names of the rows of a Series or a table, or None if it has no index."""
    if isinstance(value, type):
        return None
    index = value.indexes.get(value.dims[0]) if _has_coordinates(value) else getattr(value, "index", None)
    if index is None or callable(index):  # `index` of a list is a method
        return None
    return list(index)


def is_vector(value: Any) -> bool:
    """Whether this is a one-dimensional array of any library. Lists, whose items may be anything, and mappings are not."""
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
    """Return the positions of a vector's missing entries: nulls of polars and pyarrow, None and NaN of pandas."""
    for method in ("isna", "is_null"):
        if can(value, method):
            try:
                return np.flatnonzero(np.asarray(getattr(value, method)())).tolist()
            except NotImplementedError:  # raised by a pandas MultiIndex, whose entries are tuples
                return []
    return []


def vector(name: str, value: Any, error: type[InvalidArgument] = InvalidArgument) -> Any:
    """Return a one-dimensional array of any library as a numpy array; refuse one with missing entries."""
    if missing := missing_entries(value):
        names, i = index_of(value), missing[0]
        first_row = f"row {i}" if names is None or names[i] == i else shorten(names[i])
        raise error(
            f"{name}: {len(missing)} of {len(value)} entries of the {type(value).__name__} are missing, the first at {first_row}; "
            "fill them, or leave them out"
        )
    return as_array(name, value, error)


def positions_by_name(
    name: str,
    names: Sequence[Any] | None,
    wanted: Collection[Hashable],
    noun: str,
    error: type[InvalidArgument] = InvalidArgument,
) -> list[int] | None:
    """Return the row whose name is each of the `wanted`, or None if rows are to be matched by position.

    `names` are those of the container's rows, or None; `noun` says what the `wanted` are, "natural" or "view".

    Examples
    --------
    >>> positions_by_name("labels", ["b", "a"], ["a", "b"], "natural")
    [1, 0]
    >>> positions_by_name("labels", [0, 1], ["a", "b"], "natural") is None
    True
    >>> positions_by_name("labels", ["a", "c"], ["a", "b"], "natural")
    Traceback (most recent call last):
    popgraph.errors.InvalidArgument: labels lacks 1 of 2 naturals ('b') and names 1 that is no natural ('c'); name each natural once
    """
    if names is None:
        return None
    position: dict[Any, int] = {}
    for i, row_name in enumerate(map(by_value, names)):
        if position.setdefault(row_name, i) != i:
            raise error(
                f"{name} names {shorten(row_name)} twice, in rows {position[row_name]} and {i}; give each {noun} one row"
            )
    if len(position) == len(wanted) and all(by_value(each) in position for each in wanted):
        return [position[by_value(each)] for each in wanted]
    if list(names) == list(range(len(names))):  # these only number the rows
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
    """Refuse names that are not exactly the `wanted`: say which are missing, which are unknown, and which may be misspelt."""
    known, given = set(map(by_value, wanted)), set(map(by_value, names))
    lacking = [each for each in wanted if by_value(each) not in given]
    unknown = [each for each in names if by_value(each) not in known]
    if not lacking and not unknown:
        return
    faults = [f"lacks {len(lacking)} of {len(wanted)} {noun}s ({listing([shorten(x) for x in lacking])})"] * bool(
        lacking
    )
    what = f"that is no {noun}" if len(unknown) == 1 else f"that are no {noun}s"
    faults += [f"names {len(unknown)} {what} ({listing([shorten(x) for x in unknown])})"] * bool(unknown)
    raise error(f"{name} {' and '.join(faults)}{did_you_mean(unknown, lacking)}; name each {noun} once")
