"""`Solution`: a flow in its modes, as each way of computing one hands it over."""

from dataclasses import dataclass

import numpy as np

from popgraph.basics.arrays import Floats


@dataclass(frozen=True)
class Solution:
    """F at each time (T, m, k), the limit (m, k) and its amounts (m,), switch-on times (m,), predictors, and how good it is."""

    F: Floats
    limit: Floats | None
    final_amounts: Floats
    switch_on: Floats
    error: float
    exact: bool
    how: str
    predictors: Floats | None = None
    targets: Floats | None = None


def amounts_of(F: Floats) -> Floats:
    """Return the squared lengths of rows: v_iᵀ FFᵀ v_i, (..., m)."""
    return np.asarray(np.square(F).sum(axis=-1))
