"""Leave a critical point that is not a minimum, by a step along a direction in which the loss has negative curvature."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.linalg import eigh_tridiagonal
from scipy.sparse.linalg import ArpackError, LinearOperator, eigsh

from popgraph.basics.arrays import Floats, cross, norm
from popgraph.basics.products import row_blocks, summed
from popgraph.basics.protocols import Coordinates
from popgraph.training.objective import Objective, Stopped
from popgraph.training.quartic import THREADED_NUMBERS

FLAT_CURVATURE = 1e-6  # a curvature of at most this size cannot be told from 0
MAX_SIDE_DENSE = 1_000  # unknowns up to which the Hessian is formed as an array if ARPACK fails
# A minimum is taken for one after Lanczos steps that would miss an eigenvalue with at most this probability, if so many are enough;
# else ARPACK decides. At 10,000 views, k = 10 and a clean cut 20 steps took a fifth of the time of ARPACK's 72.
LANCZOS_FAILURE, MAX_LANCZOS_STEPS = 1e-10, 100
LEAST_RELATIVE_PART = 1e-8  # of a column that is left of it beside the others; less is rounding
LANCZOS_BREAKDOWN = (
    1e-14  # a vector of this length, of a matrix of norm 1, is rounding: what was found before is all there is
)
MAX_UNKNOWNS_CHECKED = 20_000  # up to which a loss other than the spectral one is checked for saddles


def step_off_saddle(objective: Objective, z: Floats) -> Floats | None:
    """Return a step that lowers the loss at a critical point, or None if it is a minimum or no such step was found."""
    if objective.leaves_by_itself:
        return objective.step_off(z)
    if not objective.is_spectral:
        return _curved_step(objective, z)
    own = getattr(objective.coordinates, "step_off_saddle", None)  # of two encoders, whose matrix is indefinite
    if own is None:
        return _spectral_step(objective, z)
    step = own(objective.table(z), objective.latest[1], objective.directions)
    return None if step is None else np.asarray(step.ravel())


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
    if np.count_nonzero(positive) == N:
        return None
    # F is critical but for a gradient of this norm, and σ but for as much: what exceeds it by less is left to a smaller tol.
    bound = float(sigma[0]) + FLAT_CURVATURE + objective.latest[1]
    outside = Outside(coordinates, F, C[:, positive] / np.sqrt(sigma[positive]))
    if outside.is_at_most(bound, objective.directions):
        return None
    extreme = extreme_eigenpair(outside.gram, N, "LA", 1e-4, objective.directions)
    if extreme is None:
        raise Stopped("it is not known whether this critical point is a saddle, as ARPACK failed")
    largest, u = extreme
    if largest <= bound:
        return None
    if np.count_nonzero(~positive) > 1:
        return outside.filled(u, C[:, ~positive], objective.directions).ravel()
    return np.asarray((np.sqrt(largest - sigma[0]) * np.outer(u, C[:, 0])).ravel())


class Outside:
    """Ā on the complement of the span of F."""

    def __init__(self, coordinates: Coordinates, F: Floats, S: Floats) -> None:
        self.coordinates, self.side = coordinates, len(F)
        self.blocks = row_blocks(*F.shape)
        self.threaded = F.size > THREADED_NUMBERS
        self.basis = np.empty((len(F), S.shape[1]))  # F S, orthonormal

        def fill(rows: slice) -> tuple[()]:
            np.matmul(F[rows], S, out=self.basis[rows])
            return ()

        summed(self.blocks, fill, self.threaded)

    def projected(self, x: Floats) -> Floats:
        """Return what is left of a vector outside of the span."""
        if not self.basis.shape[1]:
            return x
        (inside,) = summed(self.blocks, lambda rows: (x[rows] @ self.basis[rows],), self.threaded)
        left = np.empty_like(x)

        def subtract(rows: slice) -> tuple[()]:
            np.subtract(x[rows], self.basis[rows] @ inside, out=left[rows])
            return ()

        summed(self.blocks, subtract, self.threaded)
        return left

    def gram(self, x: Any) -> Floats:
        """Return the product of a vector, of which only what lies outside of the span counts."""
        return self.projected(self.coordinates.gram(self.projected(np.asarray(x).ravel())))

    def filled(self, u: Floats, C: Floats, directions: np.random.Generator) -> Floats:
        """Return a step that lowers the loss along every column of C, of which F C is 0, the first one along u."""
        # For Y orthonormal and outside of span F, and T diagonal, the loss is L(F) - 2 Σ t² yᵀĀy + Σ t⁴ at F + Y T Cᵀ, and least
        # where t² = yᵀĀy. Filled one by one, columns would each go down to a critical point of lower rank first, a long way at an
        # almost equal cut there: from zeros, rings of 29 views with γ close to 1 took up to 6,326 steps.
        drawn = directions.standard_normal((C.shape[1] - 1, self.side))
        Y, R = np.linalg.qr(np.column_stack([u, *(self.gram(x) for x in drawn)]))
        size = np.abs(np.diag(R))
        found = size > LEAST_RELATIVE_PART * size.max()
        Y = np.ascontiguousarray(Y[:, found])
        rises = np.sum(Y * self.coordinates.gram(Y), axis=0)
        return np.asarray((Y * np.sqrt(np.maximum(rises, 0.0))) @ C[:, found].T)

    def is_at_most(self, bound: float, directions: np.random.Generator) -> bool:
        """Whether a few Lanczos steps show that no eigenvalue is above a bound; False where they leave it open."""
        # Of a positive semidefinite matrix of side N with largest eigenvalue λ, m steps from a random direction find a value θ with
        # P(λ - θ > ελ) <= 1.648 √N exp(-√ε (2m - 1)) [Kuczyński and Woźniakowski 1992, theorem 4.2]. If λ were above the bound,
        # then λ - θ > ελ for ε = 1 - θ/bound. The recurrence of three terms loses orthogonality only along directions whose value
        # has been found already, which repeats values and adds none. Vectors stay outside of the span but for rounding, so one
        # projection a product is enough.
        x: Floats = self.projected(directions.standard_normal(self.side))
        size = norm(x)
        if not size:
            return False
        x /= size
        before, beta = np.zeros_like(x), 0.0
        diagonal: list[float] = []
        beside: list[float] = []
        below_zero = float(getattr(self.coordinates, "below_zero", 0.0))
        doubt = np.log(1.648 * np.sqrt(self.side) / LANCZOS_FAILURE)
        for m in range(1, MAX_LANCZOS_STEPS + 1):
            y = self.projected(self.coordinates.gram(x))
            alpha = float(x @ y)
            diagonal.append(alpha)
            values = eigh_tridiagonal(diagonal, beside, eigvals_only=True) if beside else np.array([alpha])
            lowest, theta = float(values[0]), float(values[-1])
            if theta > bound:
                return False
            y -= alpha * x
            y -= beta * before
            before, beta = x, norm(y)
            # Of an indefinite matrix, as pairs given directly or a weight decay make it, so much is added to all eigenvalues that
            # it is semidefinite
            shift = 1.0 + below_zero if lowest < -FLAT_CURVATURE else 0.0
            steps_needed = 0.5 * (1.0 + doubt / np.sqrt(max(1.0 - (theta + shift) / (bound + shift), 1e-8)))
            if beta <= LANCZOS_BREAKDOWN or m >= steps_needed:
                return True
            if steps_needed > MAX_LANCZOS_STEPS:  # θ only grows, and with it the steps that it takes
                return False
            beside.append(beta)
            x = y / beta
        return False


def _curved_step(objective: Objective, z: Floats) -> Floats | None:
    """Return a step along the most negative curvature that lowers the loss, or None if there is none or too many unknowns."""
    if not 1 < z.size <= MAX_UNKNOWNS_CHECKED:
        return None
    extreme = extreme_eigenpair(
        lambda e: objective.curvature(z, np.asarray(e).ravel()), z.size, "SA", 1e-2, objective.directions
    )
    if (
        extreme is None or extreme[0] >= -FLAT_CURVATURE
    ):  # the curvature is a difference of gradients, which is no more accurate than this
        return None
    here, u = objective.evaluate(z)[0], extreme[1]
    steps = [sign * length * u for length in (1.0, 0.1, 0.01) for sign in (1, -1)]
    losses = [objective.evaluate(z + step)[0] for step in steps]
    objective.evaluate(z)  # so that objective.latest is that of z again
    return steps[int(np.argmin(losses))] if min(losses) < here else None


def extreme_eigenpair(
    product: Callable[[Any], Any], side: int, which: str, tol: float, directions: np.random.Generator | None = None
) -> tuple[float, Floats] | None:
    """Return the largest ("LA") or smallest ("SA") eigenpair of a symmetric matrix to a relative tolerance, or None on failure.

    The matrix is given by its product with a vector. If ARPACK fails on a small one, it is formed as an array for LAPACK.
    """
    # A random vector has a component in every eigenspace: if its product is 0, the matrix is 0, and ARPACK cannot start from that
    directions = np.random.default_rng(0) if directions is None else directions
    start: Floats = directions.standard_normal((side,))
    if norm(product(start)) == 0:
        return 0.0, start / norm(start)
    if side > 1:
        operator = LinearOperator((side, side), matvec=product, dtype=np.float64)
        for ncv in (20, 60):
            try:
                values, vectors = eigsh(
                    operator, k=1, which=which, v0=start, ncv=min(side, ncv), tol=tol, rng=directions
                )
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
