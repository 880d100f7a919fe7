"""Names for the arrays that pass between the rooms, and the two ways they are made safe to share.

Every array that a popgraph value carries is read-only, so that no answer can depend on what was done to it before.
"""

from collections.abc import Mapping
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
        """A scipy.sparse.csr_array, typed where scipy-stubs are not installed too, since scipy ships no inline types."""

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


class Immutable:
    """Keep a value's arrays read-only through copying and pickling, which would make them writable.

    What was worked out and kept, a cached property, is neither copied nor pickled. Setting an attribute is refused in a sentence.
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Make an instance; the first of a class replaces what its decorator wrote to refuse new values of attributes.

        A frozen dataclass gets its `__setattr__` after its class is made, so that it can neither be inherited nor written in it.
        """
        if "__setattr__" in vars(cls) and vars(cls)["__setattr__"] is not _refuse_set:
            type.__setattr__(cls, "__setattr__", _refuse_set)
            type.__setattr__(cls, "__delattr__", _refuse_delete)
        return super().__new__(cls)

    def __getstate__(self) -> dict[str, Any]:
        """Return the attributes without the cached properties."""
        cached = {
            name
            for each in type(self).__mro__
            for name, made in vars(each).items()
            if isinstance(made, cached_property)
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
        """Print as repr() does, where hypothesis would list the fields of a dataclass, and arrays of arrays with them."""
        printer.text(repr(self))


def _refuse_set(self: object, name: str, value: object) -> None:
    """Raise the error of an attribute that is set."""
    kind = type(self).__name__
    if not hasattr(self, name):
        raise ReadOnly(f"a {kind} has no attribute {name}, and none can be added: it does not change")
    given = is_dataclass(self) and name in {field.name for field in fields(self) if field.init}
    new = f"make another, with dataclasses.replace(..., {name}=...)" if given else "make another"
    raise ReadOnly(f"{name} of a {kind} cannot be set: it does not change; {new}")


def _refuse_delete(self: object, name: str) -> None:
    """Raise the error of an attribute that is deleted."""
    raise ReadOnly(f"{name} of a {type(self).__name__} cannot be deleted: it does not change")


def frozen(array: NDArray[Any]) -> NDArray[Any]:
    """Return the array itself, made read-only."""
    array.flags.writeable = False
    return array


def frozen_csr(matrix: Any) -> Sparse:
    """Return a read-only csr_array in canonical form, without stored zeros, with 32-bit indices wherever they fit.

    scikit-learn refuses 64-bit indices, and 32-bit ones halve the traffic of every product with the factor.
    """
    csr: Sparse = sp.csr_array(matrix)
    csr.sum_duplicates()
    if not csr.data.all():
        csr = csr.copy()  # its parts may be another matrix's, and read-only
        csr.eliminate_zeros()
    if max(csr.nnz, *csr.shape) <= np.iinfo(np.int32).max:
        csr.indices = csr.indices.astype(np.int32, copy=False)
        csr.indptr = csr.indptr.astype(np.int32, copy=False)
    for part in (csr.data, csr.indices, csr.indptr):
        frozen(part)
    return csr


# numpy and scipy each bring a BLAS with threads of its own. Where scipy's minimisers and eigensolvers alternate with our
# products, the two pools spin against each other: on two cores, training 10,000 views took 0.6 s with numpy's BLAS in
# between and 0.2 s with scipy's. So the products inside those loops go through scipy's.


def cross(F: Floats, G: Floats) -> Floats:
    """Return FᵀG, (k, l), of C-ordered (N, k) and (N, l) arrays."""
    return np.asarray(dgemm(1.0, F.T, G.T, trans_b=1))


def times(F: Floats, S: Floats) -> Floats:
    """Return F S, (N, l), of a C-ordered (N, k) array and a (k, l) one."""
    return np.asarray(dgemm(1.0, S.T, F.T).T)


def norm(F: Floats) -> float:
    """Return the Frobenius norm."""
    return float(dnrm2(F.ravel())) if F.size else 0.0
