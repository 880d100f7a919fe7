"""Read a student's answers into arrays: by name where a table names the views, else by position.

| answer | taken |
|---|---|
| w, Ā | nested lists, arrays and tensors; tables by the names of rows and columns; mappings (x, x') -> number |
| w_x | lists, arrays and tensors; Series and mappings view -> number |
| γ | lists, arrays and tensors |
| F, f | whatever `popgraph.verify` takes, and nested lists, mappings and tables of fractions as words; transposed too |

Entries are read by `formulas.py`. What has another shape, a name that is no view's, or an entry that is no number is refused.
"""

from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

import numpy as np

from popgraph.basics.arguments import as_array, by_value
from popgraph.basics.arguments.containers import index_of, is_frame, positions_by_name, read_frame, refuse_other_names
from popgraph.basics.arguments.embeddings import check_scale, read_embedding
from popgraph.basics.arguments.kernels import is_mapping
from popgraph.basics.arguments.tables import is_sparse
from popgraph.basics.arrays import Floats
from popgraph.basics.words import did_you_mean, shorten
from popgraph.classroom.formulas import LARGEST_NUMBER, read_number
from popgraph.errors import InvalidArgument


class Columns(NamedTuple):
    """Hold an answer with a row for each view, (N, k), and whether it was given with a column for each view."""

    table: Floats
    transposed: bool


def read_square(name: str, given: Any, views: Sequence[Hashable]) -> Floats:
    """Return an answer with a row and a column for each view, (N, N)."""
    N = len(views)
    need = f"this graph of {N} views needs a table ({N}, {N}), in the order of graph.views or with their names"
    if is_frame(given):
        frame = read_frame(name, given)
        array = _entries(name, frame.values, views)
        if array.shape == (N, N):
            columns = frame.columns
            if frame.rows is None or list(frame.rows) == list(
                range(N)
            ):  # then columns count too, unless they name the views
                named = columns is not None and set(map(by_value, columns)) == set(map(by_value, views))
                columns = columns if named else None
            for axis, names in ((0, frame.rows), (1, columns)):
                what = f"the {'columns' if axis else 'rows'} of {name}"
                order = positions_by_name(what, names, views, "view")
                array = array if order is None else np.take(array, order, axis)
    elif is_mapping(given):
        array = _of_mapping(name, given, views)
    else:
        array = _entries(name, given.toarray() if is_sparse(given) else given, views)
    if array.shape != (N, N):
        raise InvalidArgument(f"{name} has shape {array.shape}; {need}")
    return array


def read_vector(name: str, given: Any, views: Sequence[Hashable] | None, most: int) -> Floats:
    """Return an answer with one number for each view, (N,); where `views` is None, at most so many numbers of any order."""
    if views is not None and is_mapping(given):
        names = index_of(given)
        order = None if names is None else positions_by_name(name, names, views, "view")
        if names is None:
            refuse_other_names(name, list(given), views, "view")
            by_name = {by_value(view): entry for view, entry in given.items()}
            given = [by_name[by_value(view)] for view in views]
        else:
            rows = list(given)
            given = rows if order is None else [rows[i] for i in order]
    array = _entries(name, given, views)
    array = array.ravel() if array.ndim == 2 and 1 in array.shape else array
    if array.ndim != 1 or (views is not None and len(array) != len(views)) or not 1 <= len(array) <= most:
        need = f"at most {most} eigenvalues, largest first" if views is None else f"one number for each of {most} views"
        raise InvalidArgument(f"{name} has shape {array.shape}; give {need}")
    return array


def read_columns_of(name: str, given: Any, views: Sequence[Hashable]) -> Columns:
    """Return an answer with a row for each view, (N, k), in any form that `popgraph.verify` takes or with words as entries."""
    transposed = False
    if is_frame(given):
        frame = read_frame(name, given)
        array, names = _entries(name, frame.values, views), frame.rows
        across = frame.columns is not None and set(map(by_value, frame.columns)) == set(map(by_value, views))
        transposed = array.ndim == 2 and array.shape[0] != len(views) and (across or array.shape[1] == len(views))
        if transposed:
            array, names = array.T, frame.columns
        order = positions_by_name(name, names, views, "view")
        given = array if order is None else array[order]
    elif is_mapping(given) and index_of(given) is None:
        given = {view: _entries(f"{name}[{shorten(view)}]", row, None) for view, row in given.items()}
    elif isinstance(given, list | tuple | np.ndarray):
        given = _entries(name, given, views)
        transposed = given.ndim == 2 and given.shape[0] != len(views) and given.shape[1] == len(views)
        given = given.T if transposed else given
    return Columns(check_scale(name, read_embedding(views, given, name)), transposed)


def _of_mapping(name: str, given: Any, views: Sequence[Hashable]) -> Floats:
    """Return the table of a mapping of pairs, 0 where a pair is not named, or of a mapping of mappings."""
    position = {by_value(view): i for i, view in enumerate(views)}
    array = np.zeros((len(views), len(views)))
    if not len(given) or not all(len(entry) for _, entry in given.items() if is_mapping(entry)):
        raise InvalidArgument(
            f"{name} is {shorten(given)}, which names no number; name each pair of views that has one"
        )
    for key, entry in given.items():
        nested = is_mapping(entry)
        cells = [((key, other), each) for other, each in entry.items()] if nested else [(key, entry)]
        for pair, number in cells:
            if not isinstance(pair, tuple) or len(pair) != 2:
                raise InvalidArgument(f"{name} has the key {shorten(pair)}, which is no pair of views (x, x')")
            for view in pair:
                if by_value(view) not in position:
                    meant = did_you_mean([view], views) or "; its views are graph.views"
                    raise InvalidArgument(f"{name} names {shorten(view)}, which is no view of this graph{meant}")
            row, column = (position[by_value(view)] for view in pair)
            array[row, column] = read_number(f"{name}[{shorten(pair)}]", number)
    return array


def _entries(name: str, given: Any, views: Sequence[Hashable] | None) -> Floats:
    """Return the numbers of a table or vector, of any shape; an error names the entry."""
    if given is None or isinstance(given, str | bytes | bool | set | frozenset | dict):
        raise InvalidArgument(f"{name} is {shorten(given)}; give a table of numbers")
    array = as_array(name, given)
    if array.dtype.kind in "iuf":
        with np.errstate(over="ignore"):  # what is beyond float64 becomes inf, and is named below
            floats: Floats = array.astype(np.float64)
        if array.size and array.ndim and np.abs(floats).max() <= LARGEST_NUMBER:
            return floats
    if array.ndim == 0 or array.size == 0:
        raise InvalidArgument(f"{name} is {shorten(given)}; give a table of numbers")
    numbers = np.empty(array.shape)
    for place, entry in np.ndenumerate(array):
        numbers[place] = read_number(f"{name}[{', '.join(_named(i, views, array.shape) for i in place)}]", entry)
    return numbers


def _named(i: int, views: Sequence[Hashable] | None, shape: tuple[int, ...]) -> str:
    """Write a position: of a square table or a vector of the views by name."""
    by_name = views is not None and shape in ((len(views),), (len(views), len(views)))
    return shorten(views[i], 30) if by_name and views is not None else str(i)
