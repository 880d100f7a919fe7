"""Views as numbers for networks: one float32 array with a row for each view; and networks run on such arrays.

Knows torch only where it is loaded already: this room imports none of it. Images and sequences of views are known by what they
have (`pixels`, `numbers`, `part`), so that the readers of arguments may stand below the outcomes.
"""

import sys
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any

import numpy as np

from popgraph.basics.arrays import Floats
from popgraph.basics.words import listing, shorten
from popgraph.errors import InvalidEmbedding

VIEWS_AT_A_TIME = 4096  # that a network sees


def encode_views(views: Sequence[Hashable], encode: Callable[[Any], Any] | None = None) -> Any:
    """Return all views as one float32 array (N, ...). Without `encode`, an Image becomes its pixels and numbers a vector.

    Raises InvalidEmbedding, which names the view, if one cannot be encoded, has another shape than the first, or is not finite.
    """
    numbers = getattr(views, "numbers", None)  # of views that are kept as an array already
    if encode is None and numbers is not None:
        with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, and is named below
            array = np.asarray(numbers, dtype=np.float32)
    else:
        rows: list[Any] = []
        for view in views:
            row = _encoded(view, encode)
            _check_shape(view, row.shape, views[0], rows[0].shape if rows else row.shape)
            rows.append(row)
        array = np.stack(rows)
    bad = np.flatnonzero(~np.isfinite(array.reshape(len(array), -1)).all(axis=1))
    if bad.size:
        raise InvalidEmbedding(
            f"encode gives NaN or infinity at {bad.size} views: {listing([shorten(views[i]) for i in bad.tolist()])}; "
            "it must give numbers that float32 can hold"
        )
    return array


def encoded_parts(views: Sequence[Hashable], encode: Callable[[Any], Any] | None = None) -> Iterator[Any]:
    """Yield the encoded views 4,096 at a time, so that a million large images are never in memory at once."""
    shape: tuple[int, ...] | None = None
    for start in range(0, len(views), VIEWS_AT_A_TIME):
        positions = slice(start, start + VIEWS_AT_A_TIME)
        chosen: Any = views.part(positions) if hasattr(views, "part") else views[positions]
        part = encode_views(chosen, encode)
        shape = shape or part.shape[1:]
        if part.shape[1:] != shape:
            _check_shape(views[start], part.shape[1:], views[0], shape)
        yield part


def _check_shape(view: Any, shape: tuple[int, ...], first: Any, known: tuple[int, ...]) -> None:
    """Refuse a view whose array has another shape than the first view's."""
    if shape != known:
        raise InvalidEmbedding(
            f"encode gives shape {shape} at the view {shorten(view)}, and {known} at {shorten(first)}; "
            "all views must become arrays of one shape"
        )


def _encoded(view: Any, encode: Callable[[Any], Any] | None) -> Any:
    """Return one view as a float32 array."""
    if encode is not None:
        try:
            given = encode(view)
            array = np.asarray(given.detach().cpu() if hasattr(given, "detach") else given)
            if array.dtype.kind == "c":
                raise TypeError("complex numbers")
            with np.errstate(over="ignore"):
                return array.astype(np.float32)
        except Exception as error:
            raise InvalidEmbedding(
                f"encode fails at the view {shorten(view)}: {type(error).__name__}: {error}; it must give an array of numbers"
            ) from error
    if hasattr(view, "pixels"):
        return np.asarray(view.pixels, dtype=np.float32)
    try:
        with np.errstate(over="ignore"):
            return np.atleast_1d(
                np.array([float(x) for x in view] if isinstance(view, tuple) else float(view), np.float32)
            )
    except (TypeError, ValueError):
        raise InvalidEmbedding(
            f"the view {shorten(view)} is no image, number or tuple of numbers; pass encode=, a function from a view to an array"
        ) from None


def is_module(f: Any) -> bool:
    """Whether f is a torch module; torch is not loaded to find out."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(f, torch.nn.Module)


def run_module(module: Any, inputs: Any) -> Floats:
    """Return what a torch module makes of encoded views (N, ...), (N, d) in float64, in evaluation mode and without gradients.

    The module's mode is put back afterwards, and it stays on its device.
    """
    torch = sys.modules["torch"]
    tensor = torch.as_tensor(inputs)
    parameter = next(module.parameters(), torch.empty(0))
    modes = {part: part.training for part in module.modules()}
    module.eval()
    try:
        with torch.no_grad():
            parts = [
                _vectors(module, part.to(parameter.device, parameter.dtype)) for part in tensor.split(VIEWS_AT_A_TIME)
            ]
    finally:
        for part, mode in modes.items():
            part.training = mode
    return np.concatenate(parts)


def embed_views(module: Any, views: Sequence[Hashable], encode: Callable[[Any], Any] | None = None) -> Floats:
    """Return what a torch module makes of all views, (N, d) in float64, encoding them 4,096 at a time."""
    return np.concatenate([run_module(module, part) for part in encoded_parts(views, encode)])


def _vectors(module: Any, inputs: Any) -> Floats:
    """Return a module's output if it is a vector for each view; if it fails, say on what."""
    count = len(inputs)
    try:
        output = module(inputs)
    except Exception as error:
        error.add_note(f"raised by the module on encoded views of shape {tuple(inputs.shape)}")
        raise
    shape = tuple(getattr(output, "shape", ()))
    if len(shape) != 2 or shape[0] != count:
        what = f"shape {shape}" if hasattr(output, "shape") else f"a {type(output).__name__}"
        raise InvalidEmbedding(
            f"the module gives {what} for {count} views; it must give a tensor of shape ({count}, k): end it with Flatten or Linear"
        )
    return np.asarray(output.cpu().double().numpy())
