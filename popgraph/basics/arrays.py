"""Names for the types of arrays, the functions and the base class that make arrays read-only, and products by scipy's BLAS.

Every array that a popgraph value carries is read-only, so that nobody can change a value by writing into one of its arrays.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.linalg.blas import dgemm, dnrm2

from popgraph.errors import ReadOnly

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.intp]

if TYPE_CHECKING:

    class Sparse(sp.csr_array):  # type: ignore[misc]
        """A scipy.sparse.csr_array with its types written out: scipy ships none, and scipy-stubs may not be installed."""

        shape: tuple[int, int]
        dtype: np.dtype[np.float64]
        nnz: int
        data: Floats
        indices: NDArray[np.signedinteger[Any]]
        indptr: NDArray[np.signedinteger[Any]]
        T: Any

        def toarray(self) -> Floats: ...  # noqa: D102

else:
    Sparse: TypeAlias = sp.csr_array


ENTRIES_IN_CACHE = 2**18  # of a sparse matrix, so that what is computed of them stays in the caches


class Immutable:
    """Keep a value's arrays read-only when it is copied or unpickled, which would make them writable.

    Cached properties are neither copied nor pickled. Setting or deleting an attribute raises ReadOnly.
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Make an instance; before the first one of a class, replace the `__setattr__` that the dataclass decorator wrote."""
        # The decorator writes it into the class after the body of the class has run. So it hides an inherited one, and
        # refuses one that the body defines.
        if "__setattr__" in vars(cls) and vars(cls)["__setattr__"] is not _refuse_set:
            type.__setattr__(cls, "__setattr__", _refuse_set)
            type.__setattr__(cls, "__delattr__", _refuse_delete)
        return super().__new__(cls)

    def __getstate__(self) -> dict[str, Any]:
        """Return the attributes without the cached properties."""
        cached = {
            name
            for each in type(self).__mro__
            for name, attribute in vars(each).items()
            if isinstance(attribute, cached_property)
        }
        return {name: value for name, value in self.__dict__.items() if name not in cached}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        """Restore the attributes, and freeze the arrays among them."""
        self.__dict__.update(state)
        for value in state.values():
            if isinstance(value, np.ndarray):
                frozen(value)
            elif sp.issparse(value):
                for part in (value.data, value.indices, value.indptr):
                    frozen(part)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Print repr() in IPython and hypothesis, which would list every field of a dataclass, arrays included."""
        printer.text(repr(self))


def _refuse_set(self: object, name: str, value: object) -> None:
    """Raise ReadOnly for an attribute that is set, and say how to make a changed value instead."""
    kind = type(self).__name__
    if not hasattr(self, name):
        raise ReadOnly(f"a {kind} has no attribute {name}, and none can be added: a {kind} is read-only")
    is_parameter = is_dataclass(self) and name in {field.name for field in fields(self) if field.init}
    advice = f"make another, with dataclasses.replace(..., {name}=...)" if is_parameter else "make another"
    raise ReadOnly(f"{name} of a {kind} cannot be set: a {kind} is read-only; {advice}")


def _refuse_delete(self: object, name: str) -> None:
    """Raise ReadOnly for an attribute that is deleted."""
    kind = type(self).__name__
    raise ReadOnly(f"{name} of a {kind} cannot be deleted: a {kind} is read-only")


def frozen(array: NDArray[Any]) -> NDArray[Any]:
    """Make an array read-only, and return the same array."""
    array.flags.writeable = False
    return array


def row_ranges(matrix: Sparse, entries: int = ENTRIES_IN_CACHE) -> Iterator[slice]:
    """Yield ranges of rows that cover a matrix (n, N), n > 0, each with about so many entries."""
    count = max(1, -(-matrix.nnz // entries))
    bounds = np.unique(np.linspace(0, matrix.shape[0], count + 1).astype(int)).tolist()
    return map(slice, bounds[:-1], bounds[1:])


def frozen_csr(matrix: Any) -> Sparse:
    """Return a read-only csr_array in canonical form, without stored zeros, with 32-bit indices wherever they fit.

    scikit-learn refuses 64-bit indices, and products with the factor M read half as many bytes of 32-bit ones.
    """
    csr: Sparse = sp.csr_array(matrix)
    csr.sum_duplicates()
    if not csr.data.all():
        csr = csr.copy()  # its arrays may belong to another matrix, and may be read-only
        csr.eliminate_zeros()
    if max(csr.nnz, *csr.shape) <= np.iinfo(np.int32).max:
        csr.indices = csr.indices.astype(np.int32, copy=False)
        csr.indptr = csr.indptr.astype(np.int32, copy=False)
    for part in (csr.data, csr.indices, csr.indptr):
        frozen(part)
    return csr


# numpy and scipy each come with a BLAS that has threads of its own. Where scipy's minimisers and eigensolvers alternate with
# products by numpy, the waiting threads of one BLAS keep the cores from the other: on two cores, training 10,000 views took
# 0.6 s with products by numpy and 0.2 s with products by scipy. So the products inside those loops use scipy's BLAS.


def cross(F: Floats, G: Floats) -> Floats:
    """Return FᵀG, (k, l), of C-ordered (N, k) and (N, l) arrays."""
    return np.asarray(dgemm(1.0, F.T, G.T, trans_b=1))


def times(F: Floats, S: Floats) -> Floats:
    """Return F S, (N, l), of a C-ordered (N, k) array and a (k, l) one."""
    return np.asarray(dgemm(1.0, S.T, F.T).T)


def norm(F: Floats) -> float:
    """Return the Frobenius norm; 0 for an array without entries."""
    return float(dnrm2(F.ravel())) if F.size else 0.0
