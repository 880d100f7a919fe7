"""Kernels A(x|x̄): a matrix of probabilities, with the names that its container gives, and the answer of a vectorised augmentation.

| taken as a kernel | read as |
|---|---|
| nested lists, two-dimensional array of any library, scipy sparse | by position; views 0, 1, ... or `views=` |
| table with named columns: pandas, polars, pyarrow, xarray | columns name views; an index names naturals |
| Augmentation, callable natural -> distribution | asked about each natural |
| mapping natural -> distribution, pandas Series of them | looked up |

| taken as a distribution of views | read as |
|---|---|
| Distribution, mapping, pandas Series | view -> probability |

Entries may be floats, ints, fractions, decimals or strings like "1/3". Refused are networkx graphs (their weights are of edges:
`popgraph.zoo.edges`), three-dimensional arrays, and rows whose names would be ignored.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from popgraph.basics.arguments.containers import Frame, index_of, is_frame, is_graph, positions_by_name, read_frame
from popgraph.basics.arguments.outcomes import read_distinct
from popgraph.basics.arguments.probabilities import SUM_TOLERANCE, parse_probability
from popgraph.basics.arguments.tables import as_array, is_sparse, is_tensor, shape_of
from popgraph.basics.words import shorten
from popgraph.errors import InvalidArgument, InvalidAugmentation


def is_matrix(augmentation: Any) -> bool:
    """Whether a kernel is given as a matrix: an array of any library, nested lists, a sparse matrix or a table."""
    if isinstance(augmentation, np.ndarray | list | tuple) or is_sparse(augmentation) or is_tensor(augmentation):
        return True
    if isinstance(augmentation, type | Mapping):
        return False
    if is_graph(augmentation):
        raise InvalidAugmentation(
            f"the augmentation is {shorten(str(augmentation))}, a networkx graph; popgraph.zoo.edges(G) makes a population of it"
        )
    return is_frame(augmentation) or (hasattr(augmentation, "__array__") and len(shape_of(augmentation) or (0,)) != 1)


def read_kernel(matrix: Any, views: Any) -> Frame:
    """Return a kernel matrix, the names of its rows and of its columns, each None where it has none.

    Columns with names are put in the order of `views`, where that is given.
    """
    columns = None if views is None else list(read_distinct(views, "view", "name the columns apart"))
    if not is_frame(matrix):
        return Frame(read_matrix(matrix), None, columns)
    frame = read_frame("the kernel table", matrix, InvalidAugmentation)
    values, named = frame.values, frame.columns
    if columns is not None and named is not None:
        order = positions_by_name("the columns of the kernel table", named, columns, "view", InvalidAugmentation)
        values = values if order is None else values[:, order]
    return Frame(read_matrix(values), frame.rows, named if columns is None else columns)


def is_mapping(declared: Any) -> bool:
    """Whether this looks something up by name: a mapping or a Series with an index, and no table."""
    if isinstance(declared, type) or is_frame(declared) or is_sparse(declared):
        return False
    return isinstance(declared, Mapping) or (hasattr(declared, "items") and index_of(declared) is not None)


def read_matrix(matrix: Any) -> Any:
    """Return a sparse matrix as csr or coo, and nested lists as an array that keeps fractions and strings from floats."""
    if is_sparse(matrix):
        check_indices("the kernel matrix", matrix, InvalidAugmentation)
        return matrix if matrix.format == "csr" else matrix.tocoo(copy=False)
    try:
        array = as_array("the kernel matrix", matrix, InvalidAugmentation)
    except InvalidAugmentation as error:
        if "inhomogeneous" not in str(error):
            raise
        raise InvalidAugmentation(
            "the kernel matrix has rows of different lengths; every row needs an entry for each view"
        ) from None
    if array.dtype == object and array.ndim == 1 and len(array) and all(isinstance(row, Mapping) for row in array):
        raise InvalidAugmentation(
            f"the kernel matrix has rows that are mappings, the first {shorten(array[0])}; give a mapping natural -> row"
        )
    if array.dtype.kind not in "biufcOU":
        raise InvalidAugmentation(f"the kernel matrix has dtype {array.dtype}; its entries are probabilities")
    if array.dtype.kind == "f" and array.dtype.itemsize != 8:
        with np.errstate(over="ignore"):  # what is beyond float64 becomes inf, and is refused
            return array.astype(np.float64)
    return np.array(matrix, dtype=object) if array.dtype.kind == "U" else array


def check_indices(name: str, matrix: Any, error: type[InvalidArgument] = InvalidArgument) -> None:
    """Refuse a sparse matrix whose indices lie outside of it: scipy would read other memory."""
    compressed = matrix.format in ("csr", "csc", "bsr")
    if matrix.ndim == 2 and compressed and matrix.indices.size:
        side = {"csr": 1, "csc": 0}.get(matrix.format, 1)
        length = matrix.shape[side] // (matrix.blocksize[1] if matrix.format == "bsr" else 1)
        if matrix.indices.min() < 0 or matrix.indices.max() >= length or matrix.indptr[-1] > len(matrix.indices):
            raise error(
                f"{name} is sparse and has the index {int(matrix.indices.max())} for {length} places; it is broken"
            )


def read_answer(answer: Any, states: Any) -> tuple[Any, Any]:
    """Return the views (b, m, ...) and probabilities, a list of m or an array (b, m), of a vectorised augmentation."""
    if not isinstance(answer, tuple) or len(answer) != 2:
        raise InvalidAugmentation(
            f"a vectorised form returns (views, probabilities); got {shorten(answer)}, a {type(answer).__name__}"
        )
    views, probabilities = np.asarray(answer[0]), answer[1]
    if views.ndim != states.ndim + 1 or len(views) != len(states) or views.shape[1] == 0:
        raise InvalidAugmentation(
            f"the vectorised form gave views of shape {views.shape} for states of shape {states.shape}; "
            f"it must give ({len(states)}, m, ...): m views for each state"
        )
    if views.dtype.kind not in "biuf" or not np.isfinite(views).all():
        raise InvalidAugmentation("the vectorised form gave views that are not finite numbers")
    by_state = isinstance(probabilities, np.ndarray) and probabilities.ndim == 2
    if not by_state:
        probabilities = [parse_probability(p) for p in probabilities]
    shape, fits = np.shape(probabilities), views.shape[:2] if by_state else views.shape[1:2]
    if shape != fits:
        raise InvalidAugmentation(
            f"the vectorised form gave probabilities of shape {shape} for views of shape {views.shape}; give {fits}"
        )
    floats = np.atleast_2d(np.asarray(probabilities, dtype=np.float64))
    if not np.isfinite(floats).all() or floats.min() < 0:
        raise InvalidAugmentation(
            f"the vectorised form gave the probability {floats.min()}; they must be finite and not negative"
        )
    worst = int(np.argmax(np.abs(floats.sum(axis=1) - 1)))
    if abs(floats[worst].sum() - 1) > SUM_TOLERANCE:
        raise InvalidAugmentation(
            f"the vectorised form's probabilities for the state {shorten(states[worst].tolist())} sum to "
            f"{floats[worst].sum():.12g}, not 1"
        )
    return views, floats if by_state else probabilities
