"""The least-squares head: argmin_B E||y⃗(x̄) - Bᵀf(x)||², exactly."""

import numpy as np

from popgraph.basics.arrays import Floats
from popgraph.downstream.probing.task import Task


def fit(task: Task) -> tuple[Floats, float]:
    """Return the minimiser B (d, r) and its loss, (1 - Σ_i ||T_i||²) + Σ_i ||(I - Π)T_i||² [THEORY 5.4].

    Among many minimisers, where the columns of f are dependent, one that leaves the surplus directions at 0.
    """
    root = np.sqrt(task.w_x)[:, np.newaxis]
    T = task.T
    basis = (task.X @ task.whitening) * root  # orthonormal: Π = basis basisᵀ
    theta = basis.T @ T
    fitted = basis @ theta
    loss = 1.0 - float(np.sum(T**2)) + float(np.sum((T - fitted) ** 2))
    return task.whitening @ theta, max(0.0, loss)
