"""Lanczos' method on what is left beside the eigenvectors found: how its spectrum lies, and a bound on its largest eigenvalue.

scipy's solvers return converged eigenpairs and nothing else. A certificate needs less, and sooner: a few steps from a random
start prove that no eigenvalue lies much above the largest Ritz value, whether it has converged or not.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.linalg.blas import ddot, dgemv

from popgraph.basics.arrays import Floats, norm
from popgraph.basics.subspace import EPS, tolerance
from popgraph.spectrum.solvers.symmetric import tridiagonal_eigenpairs

FAILURE = 1e-10  # probability with which the bound may fail, over the random starts
LEAST, MOST, EVERY = 24, 96, 8  # steps taken at least and at most, and between two looks at the bound
CONVERGED = 1e-4  # residual of a Ritz value, for its size, that stands still
NOTHING = 64 * EPS  # a next vector shorter than this share of the operator's size is rounding
CLOSE = 0.05  # width of the bracket of the largest eigenvalue, as a share of its distance from what it must stay below


class Lanczos:
    """Run Lanczos' method with a symmetric product on the complement of orthonormal columns Q, fully reorthogonalised.

    Parameters
    ----------
    product : callable
        x -> Āx or the like, symmetric, of which Q spans an invariant subspace.
    Q : (side, q) array
        Orthonormal columns, q < side.
    rng : numpy.random.Generator
        Draws the start, uniform on the sphere.
    most : int
        Steps that there will be at most.

    Attributes
    ----------
    finished : bool
        Whether the Krylov space is used up: what is left of the next vector is rounding.
    """

    def __init__(self, product: Callable[[Any], Any], Q: Floats, rng: np.random.Generator, most: int = MOST) -> None:
        self.product, self.Q = product, np.asfortranarray(Q)
        self.side, self.room = Q.shape[0], Q.shape[0] - Q.shape[1]
        most = min(most, self.room)
        self.basis = np.empty((self.side, most), order="F")  # columns that no step reaches never become memory
        self.alpha, self.beta, self.steps = np.zeros(most), np.zeros(most), 0
        self.size = 0.0  # of the product, as far as it was seen
        self.seen: list[
            tuple[Floats, float]
        ] = []  # for `joint_bound`: Ritz values, and log(β_1 ... β_m), after some steps
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
            # Twice is enough (Kahan), and once is not: what is lost of orthogonality grows in each step by |y| / β, which is 10
            # and more on a spectrum far from 0.
            y = self._orthogonal(self._orthogonal(y))
            self.beta[m] = norm(y)
            short = self.steps == self.room or self.beta[m] <= NOTHING * self.size
            self._next = None if short else y / self.beta[m]
            self.finished = self._next is None

    def ritz(self) -> tuple[Floats, Floats]:
        """Return the Ritz values, largest first, and for each the number of eigenvalues that it stands for, estimated.

        The squared first entries of the tridiagonal's eigenvectors weigh the spectrum as the start sees it.
        """
        if self.steps == 0:
            return np.zeros(1), np.zeros(1)
        theta, S = self._eigenpairs()
        return theta[::-1], self.room * S[0, ::-1] ** 2

    def vector(self, i: int = 0) -> Floats:
        """Return the i-th Ritz vector, (side,), that of the largest Ritz value first."""
        return np.asarray(dgemv(1.0, self.basis[:, : self.steps], self._eigenpairs()[1][:, -1 - i]))

    def crowd(self, ask: int) -> float | None:
        """Return a value below the `ask` leading eigenvalues if they look like a few repeated ones, with a gap below them.

        That is where few Ritz values, all of them converged, stand for all of them.
        """
        theta, S = self._eigenpairs()
        theta, S = theta[::-1], S[:, ::-1]
        few = (
            int(np.searchsorted(np.cumsum(self.room * S[0] ** 2), 0.7 * ask)) + 1
        )  # the estimate is as rough as one draw
        off = self.beta[self.steps - 1] * np.abs(S[-1, :few])
        if 2 * few > ask or few >= len(theta) or not (off <= CONVERGED * theta[:few]).all():
            return None
        return float(theta[few - 1] + theta[few]) / 2

    def bound(self) -> float:
        """Return what the largest eigenvalue left exceeds with probability `FAILURE` at most, rounding included."""
        return joint_bound([self])

    def release(self) -> None:
        """Give the vectors back where no more steps are to be taken; what was seen of the spectrum is kept."""
        self.basis, self._next = np.empty((self.side, 0)), None

    def look(self) -> None:
        """Keep what `joint_bound` needs of the steps so far; a β that is rounding counts as the least that is not."""
        m = self.steps
        if self.seen and len(self.seen[-1][0]) == m:  # there is nothing new
            return
        theta = self._eigenpairs()[0]
        self.seen.append((theta, float(np.sum(np.log(np.maximum(self.beta[:m], NOTHING * self.size or 1.0))))))

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
        for known in (self.Q, self.basis[:, : self.steps]):
            if known.shape[1]:
                y = y - dgemv(1.0, known, dgemv(1.0, known, y, trans=1))
        return y


def joint_bound(runs: list[Lanczos]) -> float:
    """Return what the largest eigenvalue left exceeds with probability `FAILURE` at most, from runs with independent starts.

    After m steps from b_1 the next vector is b_{m+1} = p_m(Ā) b_1 / (β_1 ... β_m) with p_m(λ) = Π (λ - θ_i). Its product with a
    unit eigenvector u of eigenvalue λ is at most 1, so that |uᵀb_1| <= β_1 ... β_m / p_m(λ) for every m, which falls as λ
    rises above θ_1. For b_1 uniform on the sphere of R^N, Pr[|uᵀb_1| <= t] <= t √(2N/π); probabilities of independent runs
    multiply.

    Rounding hides what is below 1e-16 in the β; where a bound is asked for within rounding of θ_1, several runs make up for it.

    References
    ----------
    Van Dorsselaer, Hochstenbach and van der Vorst, Computing probabilistic bounds for extreme eigenvalues of symmetric matrices
    with the Lanczos method, SIAM J. Matrix Anal. Appl. 22 (2001), section 2.
    """
    for run in runs:
        run.look()
    steps, size = max(run.steps for run in runs), max(run.size for run in runs)
    if steps == 0:
        return 0.0
    largest = max(float(theta[-1]) for run in runs for theta, _ in run.seen)
    rounding = tolerance(steps) * size
    if size == 0.0 or any(run.steps == run.room for run in runs):
        return largest + rounding
    chance = 0.5 * np.log(2 * runs[0].room / np.pi)

    def fails(above: float) -> bool:
        tried = (
            [product - float(np.sum(np.log(above + (largest - theta)))) for theta, product in run.seen] for run in runs
        )
        return bool(sum(min(0.0, chance + min(logs)) for logs in tried) > np.log(FAILURE))

    low, high = -60.0, 60.0  # natural logarithms of the distance from the largest Ritz value, for the product's size
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if fails(size * np.exp(middle)) else (low, middle)
    return largest + size * float(np.exp(high)) + rounding


def largest_left(lanczos: Lanczos, enough: float) -> tuple[float, float]:
    """Return the largest Ritz value on the complement, and a bound on the largest eigenvalue there.

    Parameters
    ----------
    lanczos : Lanczos
        Is advanced as far as it takes.
    enough : float
        Stop when the bound is below this, by much more than it is uncertain, or as soon as it is clear that it cannot get there.
    """
    for steps in range(LEAST, MOST + 1, EVERY):
        lanczos.advance(steps)
        theta, bound = max(0.0, float(lanczos.ritz()[0][0])), max(0.0, lanczos.bound())
        if bound - theta <= CLOSE * (enough - bound) or theta >= enough or lanczos.finished:
            break
        if bound >= enough and _beforehand(theta, lanczos.room, MOST) >= enough:  # Ritz values only grow
            break
    return theta, bound


def _beforehand(theta: float, side: int, steps: int) -> float:
    """Return the bound that so many steps give on any spectrum: Pr[θ < (1 - ε) λ] <= 1.648 √N exp(-√ε (2m - 1)).

    References
    ----------
    Kuczyński and Woźniakowski, Estimating the largest eigenvalue by the power and Lanczos algorithms with a random start,
    SIAM J. Matrix Anal. Appl. 13 (1992), Theorem 4.2.
    """
    share = (np.log(1.648 * np.sqrt(side) / FAILURE) / (2 * steps - 1)) ** 2
    return float(theta / (1 - share)) if share < 1 else np.inf
