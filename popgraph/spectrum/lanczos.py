"""Lanczos' method on what is left beside the eigenvectors found: how its spectrum lies, and a bound on its largest eigenvalue.

scipy's solvers return converged eigenpairs and nothing else. A certificate needs less, and sooner: a few steps from a random
start prove that no eigenvalue lies much above the largest Ritz value, whether it has converged or not.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.linalg.blas import ddot, dgemv

from popgraph.arrays import Floats, norm
from popgraph.spectrum.symmetric import tridiagonal_eigenpairs

FAILURE = 1e-10  # probability with which the bound may fail, over the random start
LEAST, MOST, EVERY = 24, 96, 8  # steps taken at least and at most, and between two looks at the bound
COINCIDE = 1e-8  # Ritz values of simple eigenvalues repel each other, and come never this close in so few steps


class Lanczos:
    """Run Lanczos' method with a PSD product on the complement of orthonormal columns Q, fully reorthogonalised.

    Parameters
    ----------
    product : callable
        x -> Āx or the like, positive semidefinite, of which Q spans an invariant subspace.
    Q : (side, q) array
        Orthonormal columns, q < side.
    rng : numpy.random.Generator
        Draws the start, uniform on the sphere.

    Attributes
    ----------
    finished : bool
        Whether the Krylov space is used up. A random start has a part in every eigenspace, so every distinct eigenvalue is
        then a Ritz value.
    """

    def __init__(self, product: Callable[[Any], Any], Q: Floats, rng: np.random.Generator) -> None:
        self.product, self.Q = product, np.asfortranarray(Q)
        self.side, self.room = Q.shape[0], Q.shape[0] - Q.shape[1]
        most = min(MOST, self.room)
        self.basis = np.empty((self.side, most), order="F")  # columns that no step reaches never become memory
        self.alpha, self.beta, self.steps = np.zeros(most), np.zeros(most), 0
        self._next = self._unit(self._orthogonal(rng.standard_normal((self.side,))))
        self.finished = self._next is None

    def advance(self, to: int) -> None:
        """Take steps until there are `to` of them, or nothing is left."""
        while self.steps < min(to, len(self.alpha)) and self._next is not None:
            m = self.steps
            self.basis[:, m] = self._next
            y = self.product(self._next)
            self.alpha[m] = ddot(self._next, y)
            self.steps = m + 1
            whole, y = norm(y), self._orthogonal(y)
            self.beta[m] = norm(y)
            if self.steps == self.room:
                self._next = None
            elif self.beta[m] > 0.1 * whole:  # little was removed, and one pass has left no more than ten eps of it
                self._next = y / self.beta[m]
            else:
                self._next = self._unit(y)
            self.finished = self._next is None

    def ritz(self) -> tuple[Floats, Floats]:
        """Return the Ritz values, largest first, and for each the number of eigenvalues that it stands for, estimated.

        The squared first entries of the tridiagonal's eigenvectors weigh the spectrum as the start sees it.
        """
        m = self.steps
        if m == 0:
            return np.zeros(1), np.zeros(1)
        theta, S = tridiagonal_eigenpairs(self.alpha[:m], self.beta[: m - 1])
        return theta[::-1], self.room * S[0, ::-1] ** 2

    @property
    def repeats(self) -> bool:
        """Whether two of the leading Ritz values coincide: then eigenvalues are repeated, and so few that all were seen."""
        theta = self.ritz()[0]
        return bool(np.any(-np.diff(theta[theta > 1e-3 * theta[0]]) <= COINCIDE * theta[0]))

    def bound(self, theta: float) -> float:
        """Bound the largest eigenvalue from the largest Ritz value: Pr[θ < (1 - ε) λ] <= 1.648 √N exp(-√ε (2m - 1)).

        References
        ----------
        Kuczyński and Woźniakowski, Estimating the largest eigenvalue by the power and Lanczos algorithms with a random start,
        SIAM J. Matrix Anal. Appl. 13 (1992), Theorem 4.2.
        """
        return theta + 1e-12 if self.finished else self._bound_after(theta, self.steps)

    def _bound_after(self, theta: float, steps: int) -> float:
        share = (np.log(1.648 * np.sqrt(self.side) / FAILURE) / (2 * steps - 1)) ** 2
        return theta / (1 - share) if share < 1 else np.inf

    def _unit(self, y: Floats) -> Floats | None:
        """Return y as a unit vector orthogonal to Q and the basis, or None if there is nothing of it but rounding.

        A short y is mostly rounding, and scaled up no longer orthogonal. What is orthogonal of it may still go on.
        """
        length = norm(y)
        if length == 0:
            return None
        v = self._orthogonal(y / length)
        left = norm(v)
        return v / left if left > 0.1 else None  # as above: a tenth is left, and ten eps of what was removed at most

    def _orthogonal(self, y: Floats) -> Floats:
        """Remove the spans of Q and of the basis from a vector, once."""
        for known in (self.Q, self.basis[:, : self.steps]):
            if known.shape[1]:
                y = y - dgemv(1.0, known, dgemv(1.0, known, y, trans=1))
        return y


def largest_left(lanczos: Lanczos, enough: float) -> tuple[float, float]:
    """Return the largest Ritz value on the complement, and a bound on the largest eigenvalue there.

    Parameters
    ----------
    lanczos : Lanczos
        Is advanced as far as it takes.
    enough : float
        Stop when the bound is below this, or as soon as it is clear that it cannot get there.
    """
    for steps in range(LEAST, MOST + 1, EVERY):
        lanczos.advance(steps)
        theta = max(0.0, float(lanczos.ritz()[0][0]))
        bound = lanczos.bound(theta)
        hopeless = lanczos._bound_after(theta, MOST) >= enough  # Ritz values only grow
        if bound < enough or hopeless:
            break
    return theta, bound
