"""Leave a critical point that is not a minimum, by a step along a direction in which the loss has negative curvature."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.linalg.blas import dgemv
from scipy.sparse.linalg import ArpackError, LinearOperator, eigsh

from popgraph.basics.arrays import Floats, cross, norm
from popgraph.training.objective import Objective, Stopped

FLAT_CURVATURE = 1e-6  # a curvature of at most this size cannot be told from 0
MAX_SIDE_DENSE = 1_000  # unknowns up to which the Hessian is formed as an array if ARPACK fails
MAX_UNKNOWNS_CHECKED = 20_000  # up to which a loss other than the spectral one is checked for saddles


def step_off_saddle(objective: Objective, z: Floats) -> Floats | None:
    """Return a step that lowers the loss at a critical point, or None if it is a minimum or no such step was found."""
    return _spectral_step(objective, z) if objective.is_spectral else _curved_step(objective, z)


def _spectral_step(objective: Objective, z: Floats) -> Floats | None:
    """Return a step that lowers the spectral loss from a critical point, or None at a minimum."""
    # Let u be a unit vector orthogonal to span F, and c the eigenvector of FᵀF with the least eigenvalue σ. At F + t u cᵀ the loss
    # is L(F) - 2 t² (uᵀĀu - σ) + t⁴: the mixed terms vanish, as F is critical and uᵀF = 0. So such a step lowers the loss if and
    # only if the largest uᵀĀu exceeds σ, that is, if F lacks an eigenvector with a larger eigenvalue than one that it contains. The
    # best step has t² = uᵀĀu - σ.
    F, coordinates = objective.table(z), objective.coordinates
    N = len(F)
    sigma, C = np.linalg.eigh(cross(F, F))
    positive = sigma > FLAT_CURVATURE
    basis = np.asfortranarray(F @ (C[:, positive] / np.sqrt(sigma[positive])))
    if basis.shape[1] == N:
        return None
    trace_in_span = float(np.sum(basis * coordinates.gram(basis))) if basis.shape[1] else 0.0
    if coordinates.trace - trace_in_span <= 1e-12:  # Ā is 0 outside of the span, and ARPACK fails on a matrix that is 0
        return None

    def projected_out(x: Any) -> Any:
        return x - dgemv(1.0, basis, dgemv(1.0, basis, x, trans=1)) if basis.shape[1] else x

    def gram_outside_span(x: Any) -> Any:
        return projected_out(coordinates.gram(projected_out(x.ravel())))

    extreme = _extreme(gram_outside_span, N, "LA", 1e-4)
    if extreme is None:
        raise Stopped("it is not known whether this critical point is a saddle, as ARPACK failed")
    largest, u = extreme
    if largest <= sigma[0] + FLAT_CURVATURE:
        return None
    return np.asarray((np.sqrt(largest - sigma[0]) * np.outer(u, C[:, 0])).ravel())


def _curved_step(objective: Objective, z: Floats) -> Floats | None:
    """Return a step along the most negative curvature that lowers the loss, or None if there is none or too many unknowns."""
    if not 1 < z.size <= MAX_UNKNOWNS_CHECKED:
        return None
    extreme = _extreme(lambda e: objective.curvature(z, np.asarray(e).ravel()), z.size, "SA", 1e-2)
    if (
        extreme is None or extreme[0] >= -FLAT_CURVATURE
    ):  # the curvature is a difference of gradients, which is no more accurate than this
        return None
    here, u = objective.evaluate(z)[0], extreme[1]
    steps = [sign * length * u for length in (1.0, 0.1, 0.01) for sign in (1, -1)]
    losses = [objective.evaluate(z + step)[0] for step in steps]
    objective.evaluate(z)  # so that objective.latest is that of z again
    return steps[int(np.argmin(losses))] if min(losses) < here else None


def _extreme(product: Callable[[Any], Any], side: int, which: str, tol: float) -> tuple[float, Floats] | None:
    """Return the largest ("LA") or smallest ("SA") eigenpair of a symmetric matrix to a relative tolerance, or None on failure.

    The matrix is given by its product with a vector. If ARPACK fails on a small one, it is formed as an array for LAPACK.
    """
    # A random vector has a component in every eigenspace: if its product is 0, the matrix is 0, and ARPACK cannot start from that
    rng = np.random.default_rng(0)
    start: Floats = rng.standard_normal((side,))
    if norm(product(start)) == 0:
        return 0.0, start / norm(start)
    if side > 1:
        operator = LinearOperator((side, side), matvec=product, dtype=np.float64)
        for ncv in (20, 60):
            try:
                values, vectors = eigsh(operator, k=1, which=which, v0=start, ncv=min(side, ncv), tol=tol, rng=rng)
            except ArpackError:  # ArpackNoConvergence is one of these
                continue
            if np.isfinite(values).all() and np.isfinite(vectors).all():
                return float(values[0]), np.asarray(vectors[:, 0])
    if side > MAX_SIDE_DENSE:
        return None
    S = np.stack([np.asarray(product(unit)).ravel() for unit in np.eye(side)], axis=1)
    try:
        ascending, U = np.linalg.eigh((S + S.T) / 2)
    except np.linalg.LinAlgError:
        return None
    at = -1 if which == "LA" else 0
    return float(ascending[at]), np.asarray(U[:, at])
