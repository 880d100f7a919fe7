"""Embeddings f and features ψ, one vector for each view, read into one (N, d) array in the order of the views.

| taken | read |
|---|---|
| two-dimensional array of any library, tensor of any kind, scipy sparse, nested lists | by position |
| table with named columns: pandas, polars, pyarrow | by its index, where that names the views, else by position |
| mapping view -> vector, pandas Series of vectors | by name |
| callable view -> vector, torch module | called on each view; a module on all of them at once |
| Training, Spectrum and whatever has `__embedding__` | its own table |
| functions of a product, which have `__evaluate__` | evaluated on all views at once |

| refused | because |
|---|---|
| NaN, infinity, complex, words, dates, NA, masked entries | no real number |
| names that are not exactly the views, once each, and do not count rows | rows of other views would be read |
| one row too few, a vector, f transposed | the message says f[:, None] or f.T |
"""

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np

from popgraph.basics.arguments.containers import (
    index_of,
    is_frame,
    is_vector,
    positions_by_name,
    read_frame,
    refuse_other_names,
)
from popgraph.basics.arguments.kernels import is_mapping
from popgraph.basics.arguments.scalars import by_value
from popgraph.basics.arguments.tables import as_array, can, is_sparse, real
from popgraph.basics.arrays import Floats
from popgraph.basics.encoding import embed_views, is_module
from popgraph.basics.memory import reserve
from popgraph.basics.words import listing, shorten
from popgraph.errors import InvalidEmbedding


def read_embedding(views: Sequence[Hashable], f: Any, name: str = "f") -> Floats:
    """Return f as a finite (N, d) array in the order of the views, from a container of the table above."""
    if hasattr(f, "__embeddings__") and not isinstance(f, type):
        raise InvalidEmbedding(
            f"{name} is {shorten(f)}, embeddings of two kinds of views; give one of them: .f or .g of a PairTraining, .embedding_x "
            "or .embedding_z of a SingularSpectrum"
        )
    f = f.__embedding__() if hasattr(f, "__embedding__") and not isinstance(f, type) else f
    f = f.__evaluate__(views, name) if hasattr(f, "__evaluate__") and not isinstance(f, type) else f
    array = _real_table(name, f, _rows_of(name, f, views))
    N = len(views)
    if array.ndim != 2 or array.shape[0] != N or array.shape[1] < 1:
        mend = f"; use {name}[:, None]" if array.shape == (N,) else ""
        mend = f"; use {name}.T" if array.ndim == 2 and array.shape[1] == N else mend
        raise InvalidEmbedding(f"{name} has shape {array.shape}; this graph of {N} views needs ({N}, k){mend}")
    # As float64, beside what numpy asks of each entry; a memory map or a broadcast array may be far larger than the memory
    reserve(f"reading {name}, {N:,} x {array.shape[1]:,}", 9.0 * array.size, f"give {name} fewer columns")
    with np.errstate(over="ignore"):  # what is beyond float64 becomes inf, and is refused below
        table: Floats = array.astype(np.float64)
    bad = np.flatnonzero(~np.isfinite(table).all(axis=1))
    if bad.size:
        raise InvalidEmbedding(
            f"{name} is NaN or infinite at {bad.size} views: {listing([shorten(views[i]) for i in bad.tolist()])}"
        )
    return table


def _rows_of(name: str, f: Any, views: Sequence[Hashable]) -> Any:
    """Return the rows of f in the order of the views, as an array or a list."""
    if is_module(f):
        return embed_views(f, views)
    if is_frame(f):
        frame = read_frame(name, f, InvalidEmbedding)
        order = positions_by_name(name, frame.rows, views, "view", InvalidEmbedding)
        return frame.values if order is None else frame.values[order]
    if is_mapping(f):
        return _looked_up(name, f, views)
    if is_sparse(f):
        if len(f.shape) == 2:
            reserve(f"{name} as a dense array", 8.0 * f.shape[0] * f.shape[1], f"give {name} fewer columns")
        return f.toarray()
    for listed in ("to_pylist", "to_list"):  # a column of lists, of pyarrow or polars; pandas' are arrays
        if is_vector(f) and can(f, listed) and not can(f, "isna"):
            return getattr(f, listed)()
    if callable(f) and not hasattr(f, "__array__"):
        return _called(name, f, views)
    return f


def _looked_up(name: str, f: Any, views: Sequence[Hashable]) -> list[Any]:
    """Return the vectors of a mapping or a Series, which names exactly the views."""
    names = index_of(f)
    if names is None:
        refuse_other_names(name, list(f), views, "view", InvalidEmbedding)
        vectors = {by_value(view): vector for view, vector in f.items()}
        given = [vectors[by_value(view)] for view in views]
    else:
        order = positions_by_name(name, names, views, "view", InvalidEmbedding)
        rows = list(f)
        given = rows if order is None else [rows[i] for i in order]
        if len(given) != len(views):
            raise InvalidEmbedding(
                f"{name} holds {len(given)} vectors; this graph has {len(views)} views, and needs one for each"
            )
    return _alike(name, f"{name}[{{}}]", given, views)


def _called(name: str, f: Callable[[Any], Any], views: Sequence[Hashable]) -> list[Any]:
    """Return f at each view; what it raises is the user's own, with a note that says where."""
    rows = []
    for view in views:
        try:
            row = f(view)
        except Exception as error:
            error.add_note(f"raised by {name} on the view {shorten(view)}")
            raise
        rows.append(row)
    return _alike(name, f"{name}({{}})", rows, views)


def _vector(call: str, row: Any, view: Hashable) -> Any:
    """Return the vector of one view as an array; `call` names it in the error, the view in its braces."""
    if isinstance(row, int | float):
        return np.array([row])
    if row is None:
        raise InvalidEmbedding(f"{call.format(shorten(view))} is None, no vector; give one vector for each view")
    if is_sparse(row):
        row = row.toarray().ravel()
    return np.atleast_1d(as_array(call.format(shorten(view)), row, InvalidEmbedding))


def _alike(name: str, call: str, given: list[Any], views: Sequence[Hashable]) -> list[Any]:
    """Return vectors that are all of one length, and name their entries alike where they do."""
    if len(given) != len(views):
        raise InvalidEmbedding(f"{name} has {len(given)} entries; give one vector for each of the {len(views)} views")
    rows = [_vector(call, row, view) for row, view in zip(given, views, strict=True)]
    entries = index_of(given[0])
    for row, vector, view in zip(rows, given, views, strict=True):
        if row.shape != rows[0].shape:
            raise InvalidEmbedding(
                f"{name} has shape {row.shape} at the view {shorten(view)}, and {rows[0].shape} at {shorten(views[0])}; give one "
                "vector of one length for each view"
            )
        if entries is not None and index_of(vector) != entries:
            raise InvalidEmbedding(
                f"{name} names the entries of its vectors {shorten(index_of(vector))} at the view {shorten(view)}, and "
                f"{shorten(entries)} at {shorten(views[0])}; give vectors without names, or a table"
            )
    return rows


def _real_table(name: str, f: Any, rows: Any) -> Any:
    """Return rows as an array of real numbers, of whatever shape and precision they are."""
    needed = f"{name} is {shorten(f)}, not a table of numbers; give one vector of one length for each view"
    try:
        array = as_array(name, rows, InvalidEmbedding)
    except InvalidEmbedding as error:
        if any(word in str(error) for word in ("masked", "names", "cannot be read")):
            raise
        raise InvalidEmbedding(needed) from None
    if array.dtype.kind == "O":
        if array.ndim != 2:
            raise InvalidEmbedding(needed)
        entry: Any = None
        try:
            numbers = np.empty(array.shape)
            for place, entry in np.ndenumerate(array):
                numbers[place] = real(entry)
        except (TypeError, ValueError, OverflowError):
            raise InvalidEmbedding(
                f"{name} is not a table of numbers: it holds {shorten(entry)} in row {place[0]}; give one vector of one length "
                "for each view"
            ) from None
        return numbers
    if array.dtype.kind == "c":
        raise InvalidEmbedding(
            f"{name} is complex ({array.dtype}); embeddings are real: give real and imaginary parts as columns"
        )
    if array.dtype.kind not in "biuf":
        raise InvalidEmbedding(f"{name} has dtype {array.dtype}; embeddings are real numbers")
    return array


def check_scale(name: str, table: Floats, least: float = 1e-150, most: float = 1e150) -> Floats:
    """Return a table no column of which is so long or short that squares of its entries leave float64."""
    size = np.abs(table).max(axis=0, initial=0.0)
    bad = np.flatnonzero((size > most) | ((size < least) & (size > 0)))
    if bad.size:
        raise InvalidEmbedding(
            f"column {bad[0]} of {name} has entries of size {size[bad[0]]:.3g}, whose squares leave float64; scale it"
        )
    return table
