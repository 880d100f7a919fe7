"""Lanczos' method on the complement of known eigenvectors: how the spectrum lies there, and a bound on its largest eigenvalue.

scipy's solvers return converged eigenpairs and nothing else. A certificate needs less, and sooner: a few steps from a random
start prove that no eigenvalue lies much above the largest Ritz value, whether it has converged or not.
"""

import copy
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy.linalg.blas import ddot, dgemm, dgemv

from popgraph.basics.arrays import Floats, norm
from popgraph.basics.rows import without_span
from popgraph.basics.subspace import EPS, tolerance
from popgraph.spectrum.solvers.chebyshev import Filter
from popgraph.spectrum.solvers.symmetric import tridiagonal_eigenpairs

FAILURE_PROBABILITY = 1e-10  # with which the bound may be false, over the random starts
LEAST_STEPS, MOST_STEPS, STEPS_BETWEEN = 24, 96, 8  # of one run; and from one evaluation of the bound to the next
CONVERGED_RESIDUAL = 1e-4  # of a Ritz value that no longer moves, as a share of it
SEEN_RESIDUAL = 1e-6  # of a Ritz value that counts as one of all eigenvalues, for the largest
UNSEEN_SHARE = 1e-9  # of a start's squared length, in eigenvectors whose eigenvalues have not converged
SAME_VALUE_SHARE = 1e-9  # of the largest: Ritz values that are closer count as one
ROUNDING_LENGTH = 64 * EPS  # a next vector shorter than this, for the product's size, is rounding
BRACKET_SHARE = (
    0.05  # width of the largest eigenvalue's bracket, as a share of its distance from what it must stay below
)
# What a step costs beside its products, in seconds: in any case, and to read the vectors that are kept, twice for each pass of
# Gram-Schmidt, of which there are 1.7, at what one core multiplies from a cache that holds them
STEP_SECONDS, ORTHOGONAL_SWEEPS, BYTES_A_SECOND = 1e-4, 3.4, 3e10


def step_seconds(side: int, vectors: float) -> float:
    """Return what a step costs beside its products, where it is made orthogonal to so many vectors."""
    return STEP_SECONDS + 8.0 * side * vectors * ORTHOGONAL_SWEEPS / BYTES_A_SECOND


class Steps(NamedTuple):
    """Steps of Lanczos' method: vectors (side, j + 1), the last of them not yet multiplied, and the projected product (j, j)."""

    vectors: Floats
    alpha: Floats  # (j,) the diagonal of the projected product
    beta: Floats  # (j,) and what is beside it; the last is that of the last vector
    size: float  # the largest |Āx| of a unit x so far


class Lanczos:
    """Lanczos' method, fully reorthogonalised, with a symmetric product on the complement of orthonormal columns Q (side, q).

    Q spans an invariant subspace, q < side. `rng` draws the start, uniformly from the sphere, and there are at most `most` steps.
    `finished` is True once the next vector is only rounding: the Krylov space is exhausted.
    """

    def __init__(
        self, product: Callable[[Any], Any], Q: Floats, rng: np.random.Generator, most: int = MOST_STEPS
    ) -> None:
        self.product, self.Q = product, np.asfortranarray(Q)
        self.side, self.room = Q.shape[0], Q.shape[0] - Q.shape[1]
        most = min(most, self.room)
        self.basis = np.empty((self.side, most), order="F")  # columns that no step reaches never become memory
        self.alpha, self.beta, self.steps = np.zeros(most), np.zeros(most), 0
        self.size = 0.0  # the largest |Āx| of a unit x so far
        # For `joint_bound`: the Ritz values after m steps, and log(β_1 ... β_m), for some m
        self.history: list[tuple[Floats, float]] = []
        self._next = self._start(rng)
        self.finished = self._next is None

    def advance(self, to: int) -> None:
        """Take steps until there are `to` of them, or the space is full."""
        while self.steps < min(to, len(self.alpha)) and self._next is not None:
            m = self.steps
            self.basis[:, m] = self._next
            y = self.product(self._next)
            self.alpha[m] = ddot(self._next, y)
            self.steps = m + 1
            self.size = max(self.size, norm(y))
            # Twice is enough (Kahan), and once is not: each step multiplies the loss of orthogonality by |y| / β, which is 10 and
            # more on a spectrum far from 0. The bound below assumes exact orthogonality.
            y = self._orthogonal(self._orthogonal(y))
            self.beta[m] = norm(y)
            short = self.steps == self.room or self.beta[m] <= ROUNDING_LENGTH * self.size
            self._next = None if short else y / self.beta[m]
            self.finished = self._next is None

    def ritz(self) -> tuple[Floats, Floats]:
        """Return the Ritz values, largest first, and for each an estimate of the number of eigenvalues that it stands for."""
        if self.steps == 0:
            return np.zeros(1), np.zeros(1)
        # A uniform start has on average 1/room of its squared length in each eigenvector; the squared first entry of the
        # tridiagonal's i-th eigenvector is the share that lies in the eigenvectors of θ_i (Gauss quadrature).
        theta, S = self._eigenpairs()
        return theta[::-1], self.room * S[0, ::-1] ** 2

    def vector(self, i: int = 0) -> Floats:
        """Return the i-th Ritz vector, (side,), that of the largest Ritz value first."""
        return np.asarray(dgemv(1.0, self.basis[:, : self.steps], self._eigenpairs()[1][:, -1 - i]))

    def nearly_found(self, ask: int) -> bool:
        """Whether the `ask` leading Ritz pairs have all but converged."""
        theta, S = self._eigenpairs()
        if ask > self.steps:
            return False
        residuals = self.beta[self.steps - 1] * np.abs(S[-1, ::-1][:ask])
        return bool((residuals <= CONVERGED_RESIDUAL * theta[::-1][:ask]).all())

    def crowd(self, ask: int) -> float | None:
        """Return a value below the `ask` leading eigenvalues if they look like a few repeated ones, with a gap below them.

        That is where few Ritz values, all of them converged, stand for all of them.
        """
        theta, S = self._eigenpairs()
        theta, S = theta[::-1], S[:, ::-1]
        # 0.7: the estimate of how many eigenvalues a Ritz value stands for is as rough as one draw
        few = int(np.searchsorted(np.cumsum(self.room * S[0] ** 2), 0.7 * ask)) + 1
        residuals = self.beta[self.steps - 1] * np.abs(S[-1, :few])  # β_m |s_m| is that of a Ritz pair
        if 2 * few > ask or few >= len(theta) or not (residuals <= CONVERGED_RESIDUAL * theta[:few]).all():
            return None
        return float(theta[few - 1] + theta[few]) / 2

    def distinct(self) -> tuple[Floats, Floats] | None:
        """Return all distinct eigenvalues, largest first, and about how many copies each has, if they have all converged."""
        # Where there are few, the last vector before the space is used up may be just above what counts as rounding. Steps from it
        # on see the same eigenvalues again, from a start of which the first vector has no part.
        if self.steps == 0:
            return None
        theta, S = self._eigenpairs()
        residuals = self.beta[self.steps - 1] * np.abs(S[-1])
        share, seen = S[0] ** 2, residuals <= SEEN_RESIDUAL * theta[-1]
        if share[~seen].sum() > UNSEEN_SHARE or not seen.any():
            return None
        theta, share = theta[seen][::-1], share[seen][::-1]
        first = np.flatnonzero(np.concatenate([[True], np.diff(theta) < -SAME_VALUE_SHARE * theta[0]]))
        return theta[first], self.room * np.add.reduceat(share, first)

    def bound(self) -> float:
        """Return what the largest eigenvalue left exceeds with probability `FAILURE_PROBABILITY` at most, rounding included."""
        return joint_bound([self])

    def with_filter(self, polynomial: Filter, most: int) -> Steps | None:
        """Return the at most `most` steps that a filter would have taken from the same start, as far as they need no product.

        None where there is no step, or the space is used up.
        """
        # These vectors V with ĀV = VT + β v eᵀ span all polynomials of degree up to m of Ā times the start, so f(Ā)Vy = Vf(T)y for
        # each y of which the last entries that are not 0 are so many places from the end as f has degrees. T has a row more here,
        # for v; what stands in its last column enters in no such product.
        m = self.steps
        count = min(m // polynomial.degree, most)
        if self._next is None or count == 0:
            return None
        T = np.zeros((m + 1, m + 1))
        T[np.arange(m), np.arange(m)] = self.alpha[:m]
        T[np.arange(m), np.arange(1, m + 1)] = T[np.arange(1, m + 1), np.arange(m)] = self.beta[:m]
        filtered = np.asarray(polynomial(lambda X: T @ X, lambda X: X, np.eye(m + 1)))
        Q, alpha, beta, size = np.zeros((m + 1, count + 1)), np.zeros(count), np.zeros(count), 0.0
        Q[0, 0] = 1.0
        for j in range(count):
            y = filtered @ Q[:, j]
            alpha[j], size = Q[:, j] @ y, max(size, norm(y))
            for _ in range(2):
                y = y - Q[:, : j + 1] @ (Q[:, : j + 1].T @ y)
            beta[j] = norm(y)
            if not beta[j] > ROUNDING_LENGTH * size:
                return None
            Q[:, j + 1] = y / beta[j]
        vectors = dgemm(1.0, self.basis[:, :m], Q[:m])
        vectors[:, -1] += Q[m, -1] * self._next  # of the vectors before it has no part
        return Steps(vectors, alpha, beta, size)

    def filtered(self, polynomial: Filter, product: Callable[[Any], Any]) -> "Lanczos | None":
        """Return the run with a filtered `product` from the same start, which begins with what this one knows; or None."""
        if polynomial.degree == 1:
            return self
        if (steps := self.with_filter(polynomial, MOST_STEPS)) is None:
            return None
        run, count = copy.copy(self), len(steps.alpha)
        run.product, run.history, run.steps, run.size = product, [], count, steps.size
        run.alpha, run.beta, run.basis = np.zeros_like(self.alpha), np.zeros_like(self.beta), np.empty_like(self.basis)
        run.basis[:, :count], run._next = steps.vectors[:, :-1], steps.vectors[:, -1]
        run.alpha[:count], run.beta[:count] = steps.alpha, steps.beta
        return run

    def make_room(self, most: int) -> None:
        """Make room for at most so many steps, which moves the vectors."""
        most, m = min(most, self.room), len(self.alpha)
        if most > m:
            basis = np.empty((self.side, most), order="F")  # columns that no step reaches never become memory
            basis[:, : self.steps] = self.basis[:, : self.steps]
            self.basis, self.alpha, self.beta = (
                basis,
                np.r_[self.alpha, np.zeros(most - m)],
                np.r_[self.beta, np.zeros(most - m)],
            )

    def release(self) -> None:
        """Free the vectors where no more steps are to be taken; what `joint_bound` needs is kept."""
        self.basis, self._next = np.empty((self.side, 0)), None

    def record(self) -> None:
        """Keep what `joint_bound` needs of the steps so far; a β that is rounding counts as the least that is not."""
        m = self.steps
        if self.history and len(self.history[-1][0]) == m:
            return
        beta = np.maximum(self.beta[:m], ROUNDING_LENGTH * self.size or 1.0)
        self.history.append((self._eigenpairs()[0], float(np.sum(np.log(beta)))))

    def _eigenpairs(self) -> tuple[Floats, Floats]:
        """Return the eigenpairs of the tridiagonal matrix, ascending."""
        return tridiagonal_eigenpairs(self.alpha[: self.steps], self.beta[: self.steps - 1])

    def _start(self, rng: np.random.Generator) -> Floats | None:
        """Return a random unit vector orthogonal to Q, or None if that fills the space."""
        if self.room == 0:
            return None
        y = rng.standard_normal((self.side,))
        for _ in range(3):
            y = self._orthogonal(y)
            length = norm(y)
            if length == 0:
                return None
            y = y / length
        return np.asarray(y)

    def _orthogonal(self, y: Floats) -> Floats:
        """Remove the spans of Q and of the basis from a vector, once."""
        for columns in (self.Q, self.basis[:, : self.steps]):
            if columns.shape[1]:
                y = without_span(columns, y)[0]
        return y


def joint_bound(runs: list[Lanczos]) -> float:
    """Return a bound that the largest eigenvalue exceeds with probability at most `FAILURE_PROBABILITY`, by independent runs."""
    # Van Dorsselaer, Hochstenbach and van der Vorst, Computing probabilistic bounds for extreme eigenvalues of symmetric matrices
    # with the Lanczos method, SIAM J. Matrix Anal. Appl. 22 (2001), section 2
    # After m steps from b_1 the next vector is b_{m+1} = p_m(Ā) b_1 / (β_1 ... β_m) with p_m(λ) = Π (λ - θ_i). Its product with a
    # unit eigenvector u of eigenvalue λ is at most 1, so that |uᵀb_1| <= β_1 ... β_m / p_m(λ) for every m, which falls as λ
    # rises above θ_1. For b_1 uniform on the sphere of R^N, Pr[|uᵀb_1| <= t] <= t √(2N/π); probabilities of independent runs
    # multiply. So λ is excluded once the product of the right-hand sides is below the allowed probability, and the least such λ is
    # found by bisection. Rounding hides what is below 1e-16 in the β; where a bound within rounding of θ_1 is asked for, several
    # runs make up for it.
    for run in runs:
        run.record()
    steps, size = max(run.steps for run in runs), max(run.size for run in runs)
    if steps == 0:
        return 0.0
    largest = max(float(theta[-1]) for run in runs for theta, _ in run.history)
    rounding = tolerance(steps) * size
    if size == 0.0 or any(run.steps == run.room for run in runs):
        return largest + rounding
    chance = 0.5 * np.log(2 * runs[0].room / np.pi)  # log √(2N/π), N the dimension of the complement

    gaps, starts, logs = zip(*[_lists(run, largest) for run in runs], strict=True)

    def possible(distance: float) -> bool:
        """Whether an eigenvalue this far above the largest Ritz value is more probable than allowed."""
        shares = [
            min(0.0, chance + float(np.min(log - np.add.reduceat(np.log(distance + gap), start))))
            for gap, start, log in zip(gaps, starts, logs, strict=True)
        ]
        return bool(sum(shares) > np.log(FAILURE_PROBABILITY))

    low, high = -60.0, 60.0  # natural logarithms of the distance, for the product's size
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if possible(size * np.exp(middle)) else (low, middle)
    return largest + size * float(np.exp(high)) + rounding


def _lists(run: Lanczos, largest: float) -> tuple[Floats, Floats, Floats]:
    """Return how far the Ritz values of a history lie below `largest`, where each entry starts, and its log(β_1 ... β_m)."""
    sizes = [len(theta) for theta, _ in run.history]
    gaps = largest - np.concatenate([theta for theta, _ in run.history])
    return gaps, np.cumsum([0, *sizes[:-1]]), np.array([log_beta for _, log_beta in run.history])


def largest_left(lanczos: Lanczos, enough: float) -> tuple[float, float]:
    """Return the largest Ritz value on the complement, and a bound on the largest eigenvalue there.

    Steps are taken until the bound is below `enough` by much more than it is uncertain, or cannot get there.
    """
    for steps in range(LEAST_STEPS, MOST_STEPS + 1, STEPS_BETWEEN):
        lanczos.advance(steps)
        theta, bound = max(0.0, float(lanczos.ritz()[0][0])), max(0.0, lanczos.bound())
        if bound - theta <= BRACKET_SHARE * (enough - bound) or theta >= enough or lanczos.finished:
            break
        if bound >= enough and _bound_in_advance(theta, lanczos.room, MOST_STEPS) >= enough:  # Ritz values only grow
            break
    return theta, bound


def _bound_in_advance(theta: float, side: int, steps: int) -> float:
    """Return the bound on any spectrum after `steps` from a random start, if theta is then the largest Ritz value."""
    # Kuczyński and Woźniakowski, Estimating the largest eigenvalue by the power and Lanczos algorithms with a random start,
    # SIAM J. Matrix Anal. Appl. 13 (1992), Theorem 4.2
    # Pr[θ < (1 - ε) λ] <= 1.648 √N exp(-√ε (2m - 1)), solved for the ε of the allowed probability
    share = (np.log(1.648 * np.sqrt(side) / FAILURE_PROBABILITY) / (2 * steps - 1)) ** 2
    return float(theta / (1 - share)) if share < 1 else np.inf
