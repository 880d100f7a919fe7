"""An upper bound on the largest eigenvalue that is left on the complement of what was found, by Lanczos' method.

scipy's solvers return converged eigenpairs and nothing else. A certificate needs less, and sooner: a few steps from a random
start prove that no eigenvalue lies much above the largest Ritz value, whether it has converged or not.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.linalg import eigvalsh_tridiagonal

from popgraph.arrays import Floats

FAILURE = 1e-10  # probability with which the bound may fail, over the random start
LEAST, MOST, EVERY = 24, 96, 8  # steps taken at least and at most, and between two looks at the bound


def largest_left(
    product: Callable[[Any], Any], Q: Floats, rng: np.random.Generator, enough: float
) -> tuple[float, float]:
    """Return the largest Ritz value of a PSD product on the complement of Q, and a bound on its largest eigenvalue there.

    After m steps from a start that is uniform on the sphere, Pr[Ritz < (1 - ε) λ] <= 1.648 √N exp(-√ε (2m - 1)).

    Parameters
    ----------
    product : callable
        x -> Āx or the like, positive semidefinite, of which Q spans an invariant subspace.
    Q : (N, q) array
        Orthonormal columns, q < N.
    rng : numpy.random.Generator
        Draws the start.
    enough : float
        Stop early when the bound is below this.

    References
    ----------
    Kuczyński and Woźniakowski, Estimating the largest eigenvalue by the power and Lanczos algorithms with a random start,
    SIAM J. Matrix Anal. Appl. 13 (1992), Theorem 4.2.
    """
    side = Q.shape[0]
    room = side - Q.shape[1]
    most = min(MOST, room)
    basis = np.empty((side, most))
    alpha, beta = np.zeros(most), np.zeros(most)
    v: Floats | None = _next_vector(rng.standard_normal((side,)), Q, basis[:, :0])
    theta, bound, m = 0.0, np.inf, 0
    while v is not None and m < most:
        basis[:, m] = v
        y = product(v)
        alpha[m] = v @ y
        m += 1
        y = _orthogonal(_orthogonal(y, Q), basis[:, :m])
        beta[m - 1] = np.linalg.norm(y)
        v = _next_vector(y, Q, basis[:, :m]) if m < most else None
        if v is None or (m >= LEAST and m % EVERY == 0):
            theta = max(0.0, float(eigvalsh_tridiagonal(alpha[:m], beta[: m - 1])[-1]))
            share = (np.log(1.648 * np.sqrt(side) / FAILURE) / (2 * m - 1)) ** 2
            bound = theta / (1 - share) if share < 1 else np.inf
            if m == room or (v is None and m < most):
                return theta, theta + 1e-12  # a random start has a part in every eigenspace, and all are used up
            if bound < enough:
                break
    return theta, bound


def _next_vector(y: Floats, Q: Floats, basis: Floats) -> Floats | None:
    """Return y as a unit vector orthogonal to Q and the basis, or None if there is nothing of it but rounding.

    A short y is mostly rounding, and scaled up no longer orthogonal. What is orthogonal of it may still go on.
    """
    length = float(np.linalg.norm(y))
    if length == 0:
        return None
    v = _orthogonal(_orthogonal(y / length, Q), basis)
    left = float(np.linalg.norm(v))
    return v / left if left > 0.1 else None


def _orthogonal(v: Floats, Q: Floats) -> Floats:
    """Remove span Q from a vector, twice, which is enough."""
    for _ in range(2):
        v = v - Q @ (Q.T @ v)
    return v
