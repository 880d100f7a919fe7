"""`one_thread`: keep BLAS and LAPACK to one thread, so that bits do not depend on how many processors there are.

A threaded routine adds up in an order that depends on the number of threads: LAPACK's eigenvectors of a matrix of side 150
differ in their last bits between one thread and two. Only the library that numpy or scipy has loaded can be told; where it is one
that is not known here, nothing happens, and the bits are those of its own choice.
"""

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from typing import Any

LINKED = ("numpy.linalg._umath_linalg", "scipy.linalg._flapack")  # extension modules that are linked with a BLAS
NAMES = (  # of the functions that set and get the number of threads: of OpenBLAS as wheels have it, of others' builds, and of MKL
    ("scipy_openblas_set_num_threads64_", "scipy_openblas_get_num_threads64_"),
    ("scipy_openblas_set_num_threads", "scipy_openblas_get_num_threads"),
    ("openblas_set_num_threads64_", "openblas_get_num_threads64_"),
    ("openblas_set_num_threads", "openblas_get_num_threads"),
    ("MKL_Set_Num_Threads", "MKL_Get_Max_Threads"),
)


class _Inside:
    """Count who is inside, and keep the numbers of threads to return to; no lock, which an interruption could leave closed."""

    count: int = 0
    threads: tuple[int, ...] = ()


@cache
def controls() -> tuple[tuple[Callable[[int], Any], Callable[[], int]], ...]:
    """Return the functions that set and get the number of threads of each BLAS that is loaded."""
    pairs = []
    for module in LINKED:
        try:
            library = ctypes.CDLL(import_module(module).__file__)
        except (ImportError, OSError, TypeError):
            continue
        for names in NAMES:
            if all(hasattr(library, name) for name in names):  # looked up in what the module is linked with, too
                pairs.append(tuple(getattr(library, name) for name in names))
                break
    return tuple(pairs)


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep numpy's and scipy's BLAS to one thread inside a `with` block or a decorated function."""
    if _Inside.count == 0:
        _Inside.threads = tuple(get() for _, get in controls())
    try:
        _Inside.count += 1
        for put, _ in controls():
            put(1)
        yield
    finally:
        _Inside.count -= 1
        if _Inside.count <= 0:
            _Inside.count = 0
            for (put, _), number in zip(controls(), _Inside.threads, strict=True):
                put(number)
