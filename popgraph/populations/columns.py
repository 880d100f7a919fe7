"""`read_columns`: the X of `population.gram(X)`, one vector or columns with a row for each view."""

from typing import Any

import numpy as np

from popgraph.basics.arguments import numbers
from popgraph.basics.arrays import Floats
from popgraph.errors import InvalidArgument


def read_columns(X: Any, n_views: int) -> Floats:
    """Return X as a float64 array of shape (N,) or (N, k); raises InvalidArgument if it is not one number or row for each view.

    An array that is so already is returned unread, since training calls this at every step.
    """
    need = f"give an array of shape ({n_views},) or ({n_views}, k), a row for each view"
    table = X if type(X) is np.ndarray and X.dtype == np.float64 else numbers("X", X, need)
    if table.ndim not in (1, 2) or table.shape[0] != n_views or not table.size:
        raise InvalidArgument(f"X has shape {table.shape}; {need}")
    return np.asarray(table)
