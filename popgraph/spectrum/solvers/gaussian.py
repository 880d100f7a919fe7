"""A bound on what is left from a few fresh Gaussian columns: one filter of all, where Lanczos' method goes vector by vector.

Ten to twenty products of 16 columns, which workers share, take the place of fifty products of one after another. It serves where
the eigenvalues wanted lie well above all others; elsewhere the degree would be too high, and Lanczos' method does better.
"""

from math import lgamma

import numpy as np

from popgraph.basics.arrays import Floats
from popgraph.basics.subspace import EPS
from popgraph.spectrum.solvers.chebyshev import HIGHEST_DEGREE, MOST_DRIFT, Filter, highest_degree
from popgraph.spectrum.solvers.lanczos import FAILURE_PROBABILITY
from popgraph.spectrum.solvers.symmetric import eigenpairs

GAUSSIAN_COLUMNS = 16
# How far above the edge the bound may lie, as a share of the distance from there to what it must stay below
DISTANCE_SHARE = 0.045
ROUNDING_SHARE = 0.01  # of the least length that is probable, to which rounding may add up
STEP_ROUNDING = 256 * EPS  # of one product and its recurrence, in the size of the columns


def least_length(columns: int = GAUSSIAN_COLUMNS) -> float:
    """Return a length below which so many independent standard normal numbers are with `FAILURE_PROBABILITY` at most."""
    # The ball of radius ε has the volume π^(s/2) ε^s / Γ(s/2 + 1), and the density is at most (2π)^(-s/2):
    # Pr[length <= ε] <= (ε²/2)^(s/2) / Γ(s/2 + 1), solved for ε
    half = columns / 2
    return float(np.sqrt(2.0) * np.exp((np.log(FAILURE_PROBABILITY) + lgamma(half + 1)) / columns))


def bounding_filter(
    side: int,
    edge: float,
    enough: float,
    residual: float,
    columns: int = GAUSSIAN_COLUMNS,
    share: float = DISTANCE_SHARE,
) -> Filter | None:
    """Return a filter after which Gaussian columns (side, s) bound what is left below `enough`; None where no degree does.

    `edge` is an estimate of the largest eigenvalue left, and `residual` bounds the residuals of the known eigenvectors. The bound
    is aimed at a `share` of the distance from the edge to what it must stay below.
    """
    if not 1e-6 * enough < edge < enough:
        return None
    # If all that is left lies below the edge, the filter leaves no column longer: the norm is that of a Gaussian matrix, about
    # √side + √s. The degree is the one at which this, below, gives a bound that is only so far above the edge.
    length = (np.sqrt(side) + 2 * np.sqrt(columns)) / ((1 - ROUNDING_SHARE) * least_length(columns))
    near = edge + share * (enough - edge)
    degree = int(np.ceil(np.arccosh(length) / np.arccosh(2 * near / edge - 1)))
    if degree > HIGHEST_DEGREE or degree < 2:
        return None
    # Let λ > edge be the largest eigenvalue left, u a unit eigenvector of it, T_j Chebyshev's polynomials, and x = 2λ/edge - 1.
    # Known eigenvectors are removed before they show, so the columns of step j are at most T_j(x) as long as those of G, and the
    # error Δ_j made there is at most (rounding + residual) T_j(x) √(side s), in proportion to the norm 4/edge of what multiplies
    # them once that is above 2. It reaches step d as U_{d-1-j}(x) uᵀΔ_j, with Chebyshev's polynomials of the second kind:
    # U_i(x) <= (i + 1) T_i(x), and T_i T_j <= T_{i+j}. So all d errors together change uᵀT_d G by at most
    # d² (rounding + residual) √(side s) T_d(x), where it is at least `least_length` T_d(x) without them.
    errors = degree**2 * (STEP_ROUNDING + residual) / min(1.0, 2 * edge) * np.sqrt(side * columns)
    if errors > ROUNDING_SHARE * least_length(columns):
        return None
    return Filter(edge, degree, max(1, highest_degree(MOST_DRIFT, 2 / edge - 1)))


def bound_of_columns(W: Floats, polynomial: Filter) -> float:
    """Return what the largest eigenvalue left exceeds with `FAILURE_PROBABILITY` at most, from filtered Gaussian columns."""
    # uᵀG is a vector of s independent standard normal numbers, whatever the unit vector u, as G was drawn after all else. If u is
    # an eigenvector of λ, |T_d(x)| |uᵀG| = |uᵀW| <= ||W||_2, and |uᵀG| is at least `least_length` with that probability.
    if not np.isfinite(W).all():
        return np.inf
    squares = eigenpairs(W.T @ W)[0]
    length = float(np.sqrt(max(0.0, squares[-1]) * (1 + 1e-8)))  # rounding of WᵀW is far below that
    return polynomial.inverse(length / ((1 - ROUNDING_SHARE) * least_length(W.shape[1])))
