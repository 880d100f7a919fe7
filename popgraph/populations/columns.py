"""`read_columns`: the X of `population.gram(X)`, one vector or columns with a row for each view."""

from typing import Any

import numpy as np

from popgraph.basics.arguments import numbers
from popgraph.basics.arrays import Floats
from popgraph.errors import InvalidArgument


def read_columns(X: Any, n_views: int) -> Floats:
    """Return X as an array of float64 of shape (N,) or (N, k); one that is so already is not looked at, for training asks often.

    Raises
    ------
    InvalidArgument
        If it is no table of numbers with a row for each view.
    """
    need = f"give an array of shape ({n_views},) or ({n_views}, k), a row for each view"
    table = X if type(X) is np.ndarray and X.dtype == np.float64 else numbers("X", X, need)
    if table.ndim not in (1, 2) or table.shape[0] != n_views or not table.size:
        raise InvalidArgument(f"X has shape {table.shape}; {need}")
    return np.asarray(table)
