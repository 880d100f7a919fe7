"""Embeddings f as users hand them over: a table, a mapping, a callable on views or a torch module, read into one (N, d) array."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import numpy as np

from popgraph.arguments.tables import as_array, real
from popgraph.arrays import Floats
from popgraph.encoding import embed_views, is_module
from popgraph.errors import InvalidEmbedding, listing, shorten
from popgraph.memory import reserve


def read_embedding(views: Sequence[Hashable], f: Any) -> Floats:
    """Return f as a finite (N, d) array in the order of the views.

    Raises
    ------
    InvalidEmbedding
        If it is not one finite real vector for each view; the message names a view.
    TooLarge
        If there is not the memory for it in float64.
    """
    f = f.__embedding__() if hasattr(f, "__embedding__") and not isinstance(f, type) else f
    if hasattr(f, "columns") and hasattr(f, "to_numpy"):  # a DataFrame goes by its index, unless that only counts rows
        counts = list(f.index) == list(range(len(f.index)))
        if not f.index.is_unique:
            raise InvalidEmbedding("f is a table whose index names a view twice; give each view one row")
        by_position = counts and list(views) != list(range(len(views)))
        f = f.to_numpy() if by_position else dict(zip(f.index, f.to_numpy(), strict=True))
    rows = f
    if is_module(f):
        rows = embed_views(f, views)
    elif isinstance(f, Mapping):
        lacking = [shorten(view) for view in views if view not in f]
        known = set(views)
        added = [shorten(view) for view in f if view not in known]
        if lacking or added:
            faults = [f"lacks {len(lacking)} views ({listing(lacking)})"] * bool(lacking)
            faults += [f"has {len(added)} keys that are no views ({listing(added)})"] * bool(added)
            raise InvalidEmbedding(f"f {' and '.join(faults)}; it needs one vector for each of the {len(views)} views")
        rows = [f[view] for view in views]
    elif callable(f) and not hasattr(f, "__array__"):
        rows = [_call(f, view) for view in views]
    try:
        array = as_array("f", rows, InvalidEmbedding)
    except InvalidEmbedding as error:
        if "masked" in str(error):
            raise
        raise InvalidEmbedding(
            f"f is {shorten(f)}, not a table of numbers; give one vector of one length for each view"
        ) from None
    if array.dtype.kind == "O":
        try:
            array = np.array([[real(x) for x in row] for row in array])
        except (TypeError, ValueError, OverflowError):
            raise InvalidEmbedding(
                f"f is {shorten(f)}, not a table of numbers; give one vector of one length for each view"
            ) from None
    if array.dtype.kind == "c":
        raise InvalidEmbedding(
            f"f is complex ({array.dtype}); embeddings are real: give real and imaginary parts as columns"
        )
    if array.dtype.kind not in "biuf":
        raise InvalidEmbedding(f"f has dtype {array.dtype}; embeddings are real numbers")
    if array.ndim != 2 or array.shape[0] != len(views) or array.shape[1] < 1:
        mend = "; use f[:, None]" if array.shape == (len(views),) else ""
        mend = "; use f.T" if array.ndim == 2 and array.shape[1] == len(views) else mend
        raise InvalidEmbedding(
            f"f has shape {array.shape}; this graph of {len(views)} views needs ({len(views)}, k){mend}"
        )
    # As float64, beside what numpy asks of each entry; a memory map or a broadcast array may be far larger than the memory
    reserve(f"reading f, {array.shape[0]:,} x {array.shape[1]:,}", 9.0 * array.size, "give f fewer columns")
    with np.errstate(over="ignore"):  # what is beyond float64 becomes inf, and is refused below
        table: Floats = array.astype(np.float64)
    bad = np.flatnonzero(~np.isfinite(table).all(axis=1))
    if bad.size:
        raise InvalidEmbedding(
            f"f is NaN or infinite at {bad.size} views: {listing([shorten(views[i]) for i in bad.tolist()])}"
        )
    return table


def check_scale(name: str, table: Floats, least: float = 1e-150, most: float = 1e150) -> Floats:
    """Return a table no column of which is so long or short that squares of its entries leave float64.

    Raises
    ------
    InvalidEmbedding
        If a column is; a column of zeros is not.
    """
    size = np.abs(table).max(axis=0, initial=0.0)
    bad = np.flatnonzero((size > most) | ((size < least) & (size > 0)))
    if bad.size:
        raise InvalidEmbedding(
            f"column {bad[0]} of {name} has entries of size {size[bad[0]]:.3g}, whose squares leave float64; scale it"
        )
    return table


def _call(f: Callable[[Any], Any], view: Any) -> Any:
    """Evaluate f at one view, and name the view if that fails."""
    try:
        return np.atleast_1d(np.asarray(f(view)))
    except Exception as error:
        error.add_note(f"raised by f on the view {shorten(view)}")
        raise
