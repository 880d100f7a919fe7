"""What the methods of losses take: M, w_x, f and tables of scores, numpy's or torch's, read once before anything is computed.

Numpy's arrays are computed with in float64, whatever they come as; tensors in the widest precision among them, single at least.
Torch is not loaded to find out.
"""

import functools
import sys
from collections.abc import Callable
from typing import Any, NamedTuple, ParamSpec, TypeVar

import numpy as np
import scipy.sparse as sp

from popgraph.basics.arguments.tables import is_sparse, is_tensor
from popgraph.basics.memory import reserve
from popgraph.basics.words import shorten
from popgraph.errors import InvalidArgument

P = ParamSpec("P")
R = TypeVar("R")


class Operands(NamedTuple):
    """Hold M, w_x and tables that fit together and are of one library, precision and device."""

    factor: Any
    w_x: Any
    tables: tuple[Any, ...]


def check_operand(name: str, value: Any, shape: tuple[int | None, ...], beside: str = "") -> None:
    """Refuse what is no numpy array or torch tensor of real numbers of this shape, None where any size will do.

    A masked array is refused, with or without masked entries: numpy multiplies the entries that it masks.
    """
    if isinstance(value, np.ndarray):
        real = value.dtype.kind in "biuf" and not isinstance(value, np.ma.MaskedArray)
    else:
        real = is_tensor(value) and hasattr(value, "is_floating_point") and value.is_floating_point()
        if is_sparse(value) or (real and _is_sparse_tensor(value)):
            dense = "toarray" if is_sparse(value) else "to_dense"
            raise InvalidArgument(f"{name} is a sparse {_kind(value)}; give {name}.{dense}()")
    if not real:
        is_integer_tensor = is_tensor(value) and hasattr(value, "is_complex") and not value.is_complex()
        mend = f"; give {name}.double()" if is_integer_tensor else ""
        if not is_integer_tensor and (isinstance(value, list | tuple) or hasattr(value, "__array__")):
            mend = f", and a {type(value).__name__} is none; give numpy.asarray({name}, dtype=float)"
        raise InvalidArgument(f"{name} is {shorten(value)}; it must be an array or tensor of real numbers{mend}")
    sizes = tuple(value.shape)
    if len(sizes) != len(shape) or any(want not in (None, size) for want, size in zip(shape, sizes, strict=True)):
        needed = ", ".join("any" if size is None else str(size) for size in shape) + "," * (len(shape) == 1)
        raise InvalidArgument(
            f"{name} has shape {sizes}; it must have shape ({needed}){beside}{_mend(name, sizes, shape)}"
        )


def _mend(name: str, sizes: tuple[int, ...], shape: tuple[int | None, ...]) -> str:
    """Return what makes a table of these sizes one of that shape, if it is turned or has no columns."""
    if len(shape) == 2 and shape[1] is None and shape[0] is not None:
        if sizes == (shape[0],):
            return f"; give {name}[:, None], its one column"
        if len(sizes) == 2 and sizes[1] == shape[0]:
            return f"; it is the wrong way round: give {name}.T"
    return ""


def _is_sparse_tensor(tensor: Any) -> bool:
    """Whether a tensor is stored by its nonzero entries."""
    return not str(getattr(tensor, "layout", "torch.strided")).endswith("strided")


def _kind(value: Any) -> str:
    """Return in two words what sort of container a value is."""
    if is_tensor(value):
        return "torch tensor"
    return (
        "scipy matrix" if is_sparse(value) else "numpy array" if isinstance(value, np.ndarray) else type(value).__name__
    )


def alike(named: dict[str, Any]) -> dict[str, Any]:
    """Return arrays in float64, or tensors in the widest precision among them; refuse a mixture, or tensors on two devices."""
    tensors = {name: value for name, value in named.items() if not isinstance(value, np.ndarray) and is_tensor(value)}
    if not tensors:
        return {name: _in_float64(value) for name, value in named.items()}
    others = {name: value for name, value in named.items() if name not in tensors}
    first = next(iter(tensors))
    if others:
        name, value = next(iter(others.items()))
        dense = f"{name}.toarray()" if is_sparse(value) else f"np.array({name})"
        raise InvalidArgument(
            f"{first} is a torch tensor, and {name} a {_kind(value)}; give all as tensors, {name} as torch.from_numpy({dense}), "
            f"or all as arrays, {first} as {first}.detach().numpy()"
        )
    for name, tensor in tensors.items():
        if tensor.device != tensors[first].device:
            raise InvalidArgument(
                f"{first} is on the device {tensors[first].device}, and {name} on {tensor.device}; give {name}.to({first}.device)"
            )
    # The square of 256 is infinite in half precision, and torch multiplies no two precisions. Both calls keep the gradient.
    wide = any(tensor.dtype.itemsize > 4 for tensor in tensors.values())
    return {name: tensor.double() if wide else tensor.float() for name, tensor in tensors.items()}


def _in_float64(value: Any) -> Any:
    """Return an array in float64, and of no subclass."""
    # Single precision rounds each sum, sums of small whole numbers overflow, and the product of a numpy.matrix is another one.
    return np.asarray(value, dtype=np.float64) if isinstance(value, np.ndarray) else value


def plain(value: Any) -> Any:
    """Return a numpy scalar as a float; a tensor as it is."""
    return float(value) if isinstance(value, np.floating) else value


def in_full_precision(method: Callable[P, R]) -> Callable[P, R]:
    """Decorate a method of a loss so that torch's autocast, which computes products in half precision, is off inside."""

    @functools.wraps(method)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        tensor: Any = next((each for each in args if not isinstance(each, np.ndarray) and is_tensor(each)), None)
        torch = sys.modules.get("torch")
        if (
            tensor is None or torch is None or tensor.device.type == "meta"
        ):  # a device without numbers, and without autocast
            return method(*args, **kwargs)
        with torch.autocast(tensor.device.type, enabled=False):
            return method(*args, **kwargs)

    return wrapped


def read_operands(factor: Any, w_x: Any, *tables: Any, names: tuple[str, ...] = ("f",)) -> Operands:
    """Return a factor (n, N), w_x (N,) and tables (N, k) that fit together; the refusal names the one that does not.

    TooLarge is raised if there is not the memory for √w_x f and M √w_x f.
    """
    check_operand("w_x", w_x, (None,))
    N = len(w_x)
    for name, table in zip(names, tables, strict=True):
        check_operand(name, table, (N, None), f" beside w_x of {N}")
    is_operator = _is_operator(factor)
    if (sp.issparse(factor) and factor.dtype.kind in "biuf") or is_operator or _is_real_sparse_tensor(factor):
        if len(factor.shape) != 2 or factor.shape[1] != N:
            raise InvalidArgument(
                f"factor has shape {tuple(factor.shape)}; it must have a column for each of the {N} views of w_x"
            )
    else:
        check_operand("factor", factor, (None, N), f" beside w_x of {N}")
    for name, table in zip(names, tables, strict=True):
        if isinstance(table, np.ndarray):  # a tensor may lie on a device with a memory of its own
            n, k = sum(factor.shape), table.shape[1]  # F = √w_x f and MF
            reserve(f"the loss of {name}, {N:,} x {k:,}", 8.0 * n * k, "use a smaller k")
    named = {**dict(zip(names, tables, strict=True)), "w_x": w_x, **({} if is_operator else {"factor": factor})}
    read = alike(named)
    return Operands(read.get("factor", factor), read["w_x"], tuple(read[name] for name in names))


def read_arrays(factor: Any, w_x: Any, *tables: Any, names: tuple[str, ...] = ("f",)) -> Operands:
    """Return what `read_operands` does, of numpy's arrays alone: of tensors autograd has the gradient."""
    read = read_operands(factor, w_x, *tables, names=names)
    refuse_tensors({**dict(zip(names, read.tables, strict=True)), "factor": read.factor}, "value(factor, w_x, f)")
    return read


def refuse_tensors(named: dict[str, Any], instead: str) -> None:
    """Refuse tensors where the gradient is written out for numpy; the message names the call that autograd differentiates."""
    for name, value in named.items():
        if not isinstance(value, np.ndarray) and is_tensor(value):
            raise InvalidArgument(
                f"{name} is a torch tensor, and this gradient is numpy's; call {instead}.backward(), or give "
                f"{name}.detach().numpy()"
            )


def _is_real_sparse_tensor(value: Any) -> bool:
    """Whether this is a tensor of real numbers that is stored by its nonzero entries."""
    return is_tensor(value) and _is_sparse_tensor(value) and value.is_floating_point()


def _is_operator(factor: Any) -> bool:
    """Whether this is an operator: no table of numbers, and known by its products and those of its transpose."""
    if sp.issparse(factor) or hasattr(factor, "__array__") or isinstance(factor, type):
        return False
    return hasattr(factor, "__matmul__") and hasattr(factor, "T") and len(getattr(factor, "shape", ())) == 2


def read_critic(w: Any, w_x: Any, s: Any) -> tuple[Any, Any, Any]:
    """Return w (N, N), w_x (N,) and s (N, N) that fit together; the refusal names the one that does not."""
    check_operand("w_x", w_x, (None,))
    check_operand("w", w, (len(w_x), len(w_x)), f" beside w_x of {len(w_x)}")
    check_operand("s", s, (len(w_x), len(w_x)), f" beside w_x of {len(w_x)}")
    read = alike({"s": s, "w": w, "w_x": w_x})
    return read["w"], read["w_x"], read["s"]


def read_rows(f: Any, g: Any) -> tuple[Any, Any]:
    """Return two tables (a, k) and (b, k), whose rows are scored with each other."""
    check_operand("f", f, (None, None))
    check_operand("g", g, (None, f.shape[1]), " beside f")
    read = alike({"f": f, "g": g})
    return read["f"], read["g"]


def read_batch(f: Any, f_plus: Any, least: int = 2) -> tuple[int, Any, Any]:
    """Return B, the number of pairs, and the two tables (B, k); refuse two shapes, and a B too small for the loss."""
    for name, table in (("f", f), ("f_plus", f_plus)):
        if not (hasattr(table, "shape") and hasattr(table, "ndim") and table.ndim == 2):
            check_operand(name, table, (None, None))
        check_operand(name, table, tuple(table.shape))
    if tuple(f.shape) != tuple(f_plus.shape) or f.ndim != 2:
        turned = "; one is the wrong way round" if tuple(f.shape) == tuple(f_plus.shape)[::-1] else ""
        raise InvalidArgument(
            f"a batch needs f and f_plus of one shape (B, k); got {tuple(f.shape)} and {tuple(f_plus.shape)}{turned}"
        )
    B = len(f)
    if least > B:
        pairs = f"{B} positive pair{'s' * (B != 1)}"
        raise InvalidArgument(
            f"a batch of {pairs} has no negatives; give at least 2"
            if least == 2
            else f"a batch of {pairs} has too few negatives for this loss; give at least {least}"
        )
    read = alike({"f": f, "f_plus": f_plus})
    return B, read["f"], read["f_plus"]


def read_batch_arrays(f: Any, f_plus: Any, least: int = 2) -> tuple[int, Any, Any]:
    """Return what `read_batch` does, of numpy's arrays alone."""
    B, f, f_plus = read_batch(f, f_plus, least)
    refuse_tensors({"f": f, "f_plus": f_plus}, "batch_value(f, f_plus)")
    return B, f, f_plus
