"""Samplers of positive pairs and embeddings f of their views, as users hand them over, read into batches of vectors.

What the vectors tell is measured in `moments.py`.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from popgraph.basics.arguments.embeddings import read_embedding
from popgraph.basics.arguments.populations import satisfies
from popgraph.basics.arrays import Floats
from popgraph.basics.protocols import Population, ViewedPopulation
from popgraph.basics.rows import ScaledRows
from popgraph.basics.words import listing, shorten
from popgraph.errors import InvalidArgument, InvalidEmbedding
from popgraph.populations import ProductGraph, function_of_views

MAX_F_ENTRY = 1e36  # feature vectors whose eighth powers are still finite

Draw: TypeAlias = Callable[[int, np.random.Generator], tuple[Floats, Floats]]


def read_sampler(sampler: Any, f: Any) -> tuple[Draw, Floats | None]:
    """Return a function that draws pairs and evaluates f on both views; and f on all views, (N, d), if they are listed, or None.

    What is wrong with the arguments is reported as in `verify_sampled`, some of it only when the function draws.
    """
    if satisfies(sampler, ViewedPopulation):
        table = _checked(read_embedding(sampler.views, f))

        def draw_rows(size: int, generator: np.random.Generator) -> tuple[Floats, Floats]:
            at = sampler.sample_pairs(size, rng=generator)
            return table[at[:, 0]], table[at[:, 1]]

        return draw_rows, table
    if satisfies(sampler, Population):
        evaluate = function_of_views(sampler.factor_kinds, f) if isinstance(sampler, ProductGraph) else f
        if not callable(evaluate):
            raise InvalidEmbedding(
                f"f is {shorten(f)}; a population whose views are not listed has no table f: give a function of positions, "
                "or list the views by its .expand()"
            )

        def draw_positions(size: int, generator: np.random.Generator) -> tuple[Floats, Floats]:
            pairs = sampler.sample_pairs(size, rng=generator)
            return _evaluated(evaluate, pairs[:, 0], size), _evaluated(evaluate, pairs[:, 1], size)

        return draw_positions, None
    for what, given, needed in (
        ("sampler", sampler, "(size, generator) -> (x, x_plus)"),
        ("f", f, "a batch of views -> (size, d)"),
    ):
        if not callable(given):
            raise InvalidArgument(
                f"{what} is {shorten(given)}; it must be a callable {needed}, or the sampler a population"
            )

    def draw(size: int, generator: np.random.Generator) -> tuple[Floats, Floats]:
        batch = sampler(size, generator)
        sizes = [len(x) if hasattr(x, "__len__") else None for x in batch] if isinstance(batch, tuple | list) else []
        if sizes != [size, size]:
            got = f"batches of sizes {sizes}" if sizes else shorten(batch)
            raise InvalidArgument(
                f"sampler({size}, generator) returned {got}; it must return (x, x_plus), {size} views each"
            )
        return _evaluated(f, batch[0], size), _evaluated(f, batch[1], size)

    return draw, None


def _evaluated(f: Callable[[Any], Any], x: Any, size: int) -> Floats:
    """Return f of a batch as a finite (size, d) array."""
    try:
        value = f(x)
    except Exception as error:
        error.add_note(f"raised by f on a batch of {size} views, {shorten(x)}")
        raise
    value = value.detach().cpu() if hasattr(value, "detach") else value  # a torch tensor that wants a gradient
    try:
        array = np.asarray(value)
        array = array.astype(np.float64) if array.dtype.kind == "O" else array
    except (TypeError, ValueError):
        raise InvalidEmbedding(
            f"f of a batch is {shorten(value)}, not a table of numbers; it must be ({size}, d)"
        ) from None
    if array.dtype.kind not in "biuf":
        raise InvalidEmbedding(f"f of a batch has dtype {array.dtype}; embeddings are real numbers")
    if array.ndim != 2 or array.shape[0] != size or array.shape[1] < 1:
        mend = "; return f[:, None]" if array.shape == (size,) else ""
        raise InvalidEmbedding(f"f of a batch of {size} views has shape {array.shape}; it must be ({size}, d){mend}")
    table = array.astype(np.float64)
    bad = np.flatnonzero(~np.isfinite(table).all(axis=1))
    if bad.size:
        named = listing([shorten(x[i]) for i in bad[:10].tolist()])
        raise InvalidEmbedding(f"f is NaN or infinite at {bad.size} of {size} views of a batch: {named}")
    return _checked(table)


def _checked(table: Floats) -> Floats:
    """Refuse vectors whose moments would overflow."""
    longest = ScaledRows(table).largest()
    if longest > MAX_F_ENTRY or 0 < longest < 1 / MAX_F_ENTRY:
        how = "overflow" if longest > 1 else "underflow"
        raise InvalidEmbedding(
            f"f has an entry of {longest:.1e}, whose powers {how}; divide f by its size: that changes no span"
        )
    return table
