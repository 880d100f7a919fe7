"""Labels: the class y(x̄) of each natural, or ŷ(x) of each view, as users give them.

What is worked out from them is in `classes.py`.

| taken | read as |
|---|---|
| list, tuple, range, iterator, one-dimensional array or tensor of any library | by position, one label for each natural or view |
| mapping | by name; it must hold exactly the naturals or the views |
| Series, table of one column or xarray vector with an index of exactly these names, once each | by name |
| the same with an index that only counts rows | by position |
| table of one column without an index (polars, pyarrow) | by position |

| one label | is |
|---|---|
| None, NaN, pandas.NA, a null | unlabelled, kept as None |
| array or tensor without dimensions | the value in it |
| all else that has a hash and equals itself | a class; dates stay dates, 1 and "1" are two classes, 1 and 1.0 are one |

| refused | because |
|---|---|
| an index or a mapping with other names, or one name twice | a label would be lost, or land on another natural |
| string, set, number, function | one word is no list of labels; a set has no order |
| table of more columns, shapes (n, 1) and (n, r), structured arrays | the message names the column to take |
| NaT, also where None among dates became one | a missing date is no class; None says unlabelled |
| masked entries, sparse arrays | numpy would read what a mask hides |
| lists, arrays and tensors of several numbers as one label | they have no hash, or one that is not of their value |
"""

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, KeysView, Mapping, Sequence, Set
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from numbers import Number
from typing import Any

import numpy as np

from popgraph.basics.arguments.classes import label_column, list_labels
from popgraph.basics.arguments.containers import (
    index_of,
    is_frame,
    is_graph,
    is_vector,
    positions_by_name,
    refuse_other_names,
)
from popgraph.basics.arguments.outcomes import equals_itself
from popgraph.basics.arguments.scalars import by_value
from popgraph.basics.arguments.tables import as_array, can, is_sparse, is_tensor
from popgraph.basics.arrays import frozen
from popgraph.basics.words import did_you_mean, listing, shorten
from popgraph.errors import InvalidArgument


@dataclass(frozen=True, eq=False)
class NamedLabels:
    """Hold labels as they were given: an array, None where unlabelled, and the names it came with, or None.

    `by_name_only` is True of a mapping, whose keys are names even where they count.
    """

    values: Any
    names: list[Any] | None
    by_name_only: bool


def read_labels(
    labels: Any, names: Collection[Hashable], *, noun: str = "natural", name: str = "labels", some: bool = False
) -> Any:
    """Return one label for each natural or view, as an array in their order, with None where there is none; None for `labels` None.

    The tables above say what is read. `names` are the n naturals or N views, `noun` says which, and `name` is the argument's. With
    `some` a mapping or an index may leave some of them out, which are then unlabelled.
    """
    if labels is None:
        return None
    need = f"{len(names)} {noun}s need one label each"
    given = named_labels(labels, name, need, len(names) + 1)
    if given.names is not None:
        values = _by_name(given, names, noun, name, some)
        if values is not None:
            return frozen(values)
    if given.values.shape != (len(names),):
        raise InvalidArgument(_wrong_shape(name, given.values.shape, need, len(names), noun))
    return frozen(given.values)


def named_labels(labels: Any, name: str, need: str, most: int) -> NamedLabels:
    """Return labels and the names that they came with, not yet compared with any; `most` bounds what an iterator may yield."""
    if isinstance(labels, type | str | bytes | bytearray):
        raise InvalidArgument(f"{name} is {shorten(labels)}, one {type(labels).__name__}; {need}")
    if is_graph(labels):
        raise InvalidArgument(f"{name} is {shorten(str(labels))}, a networkx graph; {need}, as a list or a mapping")
    if isinstance(labels, Set) and not isinstance(labels, KeysView):
        raise InvalidArgument(f"{name} is {shorten(labels)}, a set, which has no order; {need}, as a list or a mapping")
    rows = index_of(labels) if is_frame(labels) or is_vector(labels) else None
    if is_frame(labels):
        labels = _only_column(labels, name, need)
    if is_vector(labels):
        return NamedLabels(_read_vector(name, labels, need), rows, False)
    if isinstance(labels, Mapping) or (hasattr(labels, "keys") and hasattr(labels, "items")):
        table = dict(labels.items())
        return NamedLabels(_read_items(name, list(table.values()), need), list(table), True)
    if isinstance(labels, np.ndarray) or is_tensor(labels) or is_sparse(labels) or hasattr(labels, "__array__"):
        return NamedLabels(as_array(name, labels), None, False)
    if not isinstance(labels, Iterable):
        mend = ", as [y(x) for x in ...]" if callable(labels) else ""
        raise InvalidArgument(f"{name} is {shorten(labels)}; {need}{mend}")
    listed = list(labels) if isinstance(labels, Sequence) else list(islice(labels, most))
    table = _as_table(name, listed)
    if table is not None:
        return NamedLabels(table, None, False)
    return NamedLabels(_read_items(name, listed, need), None, False)


def _by_name(given: NamedLabels, names: Collection[Hashable], noun: str, name: str, some: bool) -> Any:
    """Return the labels in the order of the names, or None to go by position."""
    own: list[Any] = given.names  # type: ignore[assignment]
    counts = not given.by_name_only and own == list(range(len(own)))
    try:
        if some and not (counts and not set(own) <= set(names)):
            known = set(map(by_value, names))
            other = [each for each in own if by_value(each) not in known]
            if other:
                raise InvalidArgument(
                    f"{name} names {len(other)} of {len(own)} that are no {noun}s: "
                    f"{listing([shorten(x) for x in other])}{did_you_mean(other, names)}"
                )
            if len(set(own)) < len(own):
                twice = next(each for each, times in Counter(own).items() if times > 1)
                raise InvalidArgument(f"{name} names {shorten(twice)} twice; give each {noun} one row")
            listed = dict(zip(map(by_value, own), list_labels(given.values), strict=True))
            return label_column([listed.get(by_value(each)) for each in names])
        if given.by_name_only:
            refuse_other_names(name, own, names, noun)
            position = {by_value(each): i for i, each in enumerate(own)}
            positions: list[int] | None = [position[by_value(each)] for each in names]
        else:
            positions = positions_by_name(name, own, names, noun)
    except InvalidArgument as error:
        if some or "twice" in str(error):
            raise
        way = "" if given.by_name_only else "; or give the labels without an index, in order"
        zero = " (outcomes of probability 0 are no naturals)" if "that is no natural" in str(error) else ""
        raise InvalidArgument(f"{error}, with None for one without a label{way}{zero}") from None
    return None if positions is None else given.values[np.array(positions, dtype=np.intp)]


def _wrong_shape(name: str, shape: tuple[int, ...], need: str, n: int, noun: str) -> str:
    """Say which shape labels have, and what to give instead."""
    mend = " (outcomes of probability 0 are not naturals)" if noun == "natural" and len(shape) == 1 else ""
    if len(shape) == 2 and shape[0] == n:
        mend = (
            f": give {name}[:, 0]"
            if shape[1] == 1
            else f": give one of its columns, or {name}.argmax(axis=1) of one-hot rows"
        )
    elif shape == (1, n):
        mend = f": give {name}[0]"
    return f"{name} has shape {shape}; {need}, shape ({n},){mend}"


def _only_column(frame: Any, name: str, need: str) -> Any:
    """Return the one column of a table as a vector of its own library."""
    rows, columns = frame.shape
    if columns != 1:
        named = frame.column_names if can(frame, "column_names") else getattr(frame, "columns", None)
        which = "" if named is None else f" ({listing([shorten(x) for x in named])})"
        raise InvalidArgument(f"{name} is a table of shape ({rows}, {columns}){which}; {need}: give one column of it")
    if can(frame, "dims"):
        return frame[:, 0]
    if can(frame, "iloc"):
        return frame.iloc[:, 0]
    if can(frame, "to_series"):
        return frame.to_series(0)
    return frame.column(0) if can(frame, "column_names") else frame[:, 0]


def _read_vector(name: str, vector: Any, need: str) -> Any:
    """Return a one-dimensional array of any library as labels."""
    array = as_array(name, vector)
    if array.dtype.names is not None:
        raise InvalidArgument(
            f"{name} is a structured array with the fields {listing(list(array.dtype.names))}; {need}: give one of them, as "
            f'{name}["{array.dtype.names[0]}"]'
        )
    if array.dtype.kind in "mM":
        null = np.asarray(vector.is_null()) if hasattr(vector, "is_null") else np.zeros(len(array), dtype=bool)
        if null.any():  # polars and pyarrow have nulls, and no NaT but what numpy makes of them
            return label_column([None if lacking else date for date, lacking in zip(array, null, strict=True)])
        if np.isnat(array).any():
            raise InvalidArgument(_no_class(name, int(np.flatnonzero(np.isnat(array))[0]), "NaT", need))
        return np.array(array)
    if array.dtype.kind in "fc" and np.isnan(array).any():
        if isinstance(vector, np.ndarray) or is_tensor(vector):
            return _read_items(name, array.tolist(), need)
        # A library of its own has written its nulls as NaN, and its integers as floats for their sake.
        own = next((ask for ask in ("to_pylist", "tolist", "to_list") if can(vector, ask)), None)
        return _read_items(name, array.tolist() if own is None else getattr(vector, own)(), need)
    if array.dtype.kind in "biufcUS":
        return np.array(array)
    return _read_items(name, array.tolist(), need)


def _read_items(name: str, items: list[Any], need: str) -> Any:
    """Return labels from a list of them, each looked at."""
    if {type(item) for item in items} <= {bool, int, str}:
        return label_column(items)
    return label_column([_label(name, i, item, need) for i, item in enumerate(items)])


def _label(name: str, i: int, item: Any, need: str) -> Any:
    """Return one label, or None for what stands for none."""
    item = item.as_py() if hasattr(item, "as_py") else item  # a scalar of pyarrow
    if item is None or type(item).__name__ == "NAType":
        return None
    if is_tensor(item) or isinstance(item, np.ndarray):
        array = as_array(f"{name}[{i}]", item)
        if array.ndim:
            raise InvalidArgument(
                f"{name}[{i}] is {shorten(item)}, an array of shape {array.shape}, which names no class; {need}"
            )
        item = array[()]
    if (
        isinstance(item, np.generic)
        and item.dtype.kind in "biufcUS"
        and not isinstance(item, np.longdouble | np.clongdouble)
    ):
        item = item.item()
    if type(item).__name__ == "NaTType" or (isinstance(item, np.datetime64 | np.timedelta64) and np.isnat(item)):
        raise InvalidArgument(_no_class(name, i, "NaT", need))
    for part in _parts(item):
        if is_tensor(part) or not equals_itself(part):
            raise InvalidArgument(
                f"{name}[{i}] is {shorten(item)}, which holds {shorten(part)}, and two of these are not equal; {need}"
            )
    try:
        hash(item)
        itself = bool(item == item)  # not so NaN and its kin
    except Exception:  # of whatever library it is
        raise InvalidArgument(
            f"{name} holds {shorten(item)}, which cannot name a class (entry {i}); {need}, and None for none"
        ) from None
    if itself:
        return item
    if isinstance(item, Number | Decimal | np.number):
        return None
    raise InvalidArgument(
        f"{name} holds {shorten(item)}, which does not equal itself and names no class (entry {i}); {need}"
    )


def _parts(item: Any) -> Iterable[Any]:
    """List what a tuple holds, and what the tuples in it hold."""
    if isinstance(item, tuple | frozenset):
        for part in item:
            yield part
            yield from _parts(part)


def _no_class(name: str, i: int, what: str, need: str) -> str:
    return f"{name}[{i}] is {what}, a missing date, and no class; {need}, and None for an unlabelled one"


def _as_table(name: str, listed: list[Any]) -> Any:
    """Return a list of rows of one length as a table, whose shape is refused later, and None of any other list."""
    rows = (isinstance(row, list) or (hasattr(row, "__array__") and getattr(row, "ndim", 0)) for row in listed)
    if not listed or not all(rows):
        return None
    try:
        return as_array(name, listed)
    except InvalidArgument:
        return None
