"""Views as numbers for networks: one float32 array with a row for each view; and networks run on such arrays.

Knows torch only where it is loaded already: this room imports none of it.
"""

import sys
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np

from popgraph.arrays import Floats
from popgraph.errors import InvalidEmbedding, shorten
from popgraph.image import Image
from popgraph.states import ImageCoding, NumberCoding, StateSequence

AT_ONCE = 4096  # views that a network sees at a time


def encode_views(views: Sequence[Hashable], encode: Callable[[Any], Any] | None = None) -> Any:
    """Return all views as one float32 array (N, ...).

    Without `encode` an Image becomes its pixels, as they are, and a number or a tuple of numbers a vector.

    Raises
    ------
    InvalidEmbedding
        If a view cannot be encoded, or not in the same shape as the first one; the message names it.
    """
    if encode is None and isinstance(views, StateSequence) and isinstance(views.coding, ImageCoding | NumberCoding):
        return np.asarray(views.array, dtype=np.float32)
    rows: list[Any] = []
    for view in views:
        row = _encoded(view, encode)
        if rows and row.shape != rows[0].shape:
            raise InvalidEmbedding(
                f"encode gives shape {row.shape} at the view {shorten(view)}, and {rows[0].shape} at {shorten(views[0])}; "
                "all views must become arrays of one shape"
            )
        rows.append(row)
    return np.stack(rows)


def _encoded(view: Any, encode: Callable[[Any], Any] | None) -> Any:
    """Return one view as a float32 array."""
    if encode is not None:
        try:
            given = encode(view)
            return np.asarray(given.detach().cpu() if hasattr(given, "detach") else given, dtype=np.float32)
        except Exception as error:
            raise InvalidEmbedding(
                f"encode fails at the view {shorten(view)}: {type(error).__name__}: {error}; it must give an array of numbers"
            ) from error
    if isinstance(view, Image):
        return view.pixels.astype(np.float32)
    try:
        return np.atleast_1d(np.array([float(x) for x in view] if isinstance(view, tuple) else float(view), np.float32))
    except (TypeError, ValueError):
        raise InvalidEmbedding(
            f"the view {shorten(view)} is no image, number or tuple of numbers; pass encode=, a function from a view to an array"
        ) from None


def is_module(f: Any) -> bool:
    """Whether f is a torch module; torch is not loaded to find out."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(f, torch.nn.Module)


def run_module(module: Any, inputs: Any) -> Floats:
    """Return what a torch module makes of encoded views, (N, d) in float64: in evaluation mode, without gradients, in parts.

    Parameters
    ----------
    module : torch.nn.Module
        Its mode is put back afterwards, and it stays on its device.
    inputs : (N, ...) array or tensor

    Raises
    ------
    InvalidEmbedding
        If the output is not one vector for each view.
    """
    torch = sys.modules["torch"]
    tensor = torch.as_tensor(inputs)
    parameter = next(module.parameters(), torch.empty(0))
    modes = {part: part.training for part in module.modules()}
    module.eval()
    try:
        with torch.no_grad():
            parts = [
                _vectors(module(part.to(parameter.device, parameter.dtype)), len(part)).cpu().double().numpy()
                for part in tensor.split(AT_ONCE)
            ]
    finally:
        for part, mode in modes.items():
            part.training = mode
    return np.concatenate(parts)


def _vectors(output: Any, count: int) -> Any:
    """Return a module's output if it is a vector for each view."""
    shape = tuple(getattr(output, "shape", ()))
    if len(shape) != 2 or shape[0] != count:
        what = f"shape {shape}" if hasattr(output, "shape") else f"a {type(output).__name__}"
        raise InvalidEmbedding(
            f"the module gives {what} for {count} views; it must give a tensor of shape ({count}, k): end it with Flatten or Linear"
        )
    return output
