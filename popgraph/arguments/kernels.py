"""Kernels A(x|x̄): a matrix of probabilities, and the answer of an augmentation that is vectorised."""

from typing import Any

import numpy as np

from popgraph.arguments.probabilities import SUM_TOLERANCE, parse_probability
from popgraph.arguments.tables import as_array
from popgraph.errors import InvalidAugmentation, shorten


def read_matrix(matrix: Any) -> Any:
    """Return a sparse matrix as csr or coo, and nested lists as an array that keeps fractions and strings from floats."""
    if hasattr(matrix, "tocoo") and not isinstance(matrix, type):
        _check_indices(matrix)
        return matrix if matrix.format == "csr" else matrix.tocoo(copy=False)
    try:
        array = as_array("the kernel matrix", matrix, InvalidAugmentation)
    except InvalidAugmentation as error:
        if "inhomogeneous" not in str(error):
            raise
        raise InvalidAugmentation(
            "the kernel matrix has rows of different lengths; every row needs an entry for each view"
        ) from None
    if array.dtype.kind not in "biufcOU":
        raise InvalidAugmentation(f"the kernel matrix has dtype {array.dtype}; its entries are probabilities")
    if array.dtype.kind == "f" and array.dtype.itemsize != 8:
        with np.errstate(over="ignore"):  # what is beyond float64 becomes inf, and is refused
            return array.astype(np.float64)
    return np.array(matrix, dtype=object) if array.dtype.kind == "U" else array


def _check_indices(matrix: Any) -> None:
    """Refuse a sparse matrix whose indices lie outside of it: scipy would read other memory."""
    compressed = matrix.format in ("csr", "csc", "bsr")
    if matrix.ndim == 2 and compressed and matrix.indices.size:
        side = {"csr": 1, "csc": 0}.get(matrix.format, 1)
        length = matrix.shape[side] // (matrix.blocksize[1] if matrix.format == "bsr" else 1)
        if matrix.indices.min() < 0 or matrix.indices.max() >= length or matrix.indptr[-1] > len(matrix.indices):
            raise InvalidAugmentation(
                f"the kernel matrix is sparse and has the index {int(matrix.indices.max())} for {length} places; it is broken"
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
