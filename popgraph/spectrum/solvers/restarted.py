"""Leading eigenvectors of a symmetric product by Lanczos' method with thick restarts, stopped as soon as they have converged.

It takes the same steps as ARPACK. That looks at its Ritz values only when its vectors fill up, so that more vectors cost it more
steps; here they are looked at on the way, no restart is the rule, and the Ritz values beside those sought are an answer too.

References
----------
Wu and Simon, Thick-restart Lanczos method for large symmetric eigenvalue problems, SIAM J. Matrix Anal. Appl. 22 (2000); Daniel,
Gragg, Kaufman and Stewart, Reorthogonalization and stable algorithms for updating the Gram-Schmidt QR factorization, Math. Comp.
30 (1976).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from popgraph.basics.arrays import Floats, norm
from popgraph.basics.rows import turned, without_span
from popgraph.basics.subspace import EPS
from popgraph.errors import NotConverged
from popgraph.spectrum.solvers.lanczos import ROUNDING_LENGTH, Steps
from popgraph.spectrum.solvers.symmetric import eigenpairs

# A residual that counts as none: as a share of its Ritz value, and of the largest one, at which products are rounded
CONVERGED_SHARE, CONVERGED_SHARE_OF_LARGEST = 8 * EPS, 2 * EPS
SHORTENED_SHARE = 0.5  # of a vector's length that is left by one pass: below it a second pass is made (Daniel et al.)
KEPT_SHARE = 0.3  # of the vectors beyond those sought, kept with them at a restart
STEPS_BETWEEN_LOOKS = 8
ROWS_TURNED_AT_ONCE = 2**13  # in which the basis is turned, so that a restart takes no second basis


Vectors = Callable[[Any], Any]


@dataclass(frozen=True)
class Leading:
    """Ritz vectors of the largest eigenvalues, largest first, and the next Ritz value, which need not have converged."""

    vectors: Floats  # (side, m), orthonormal
    beside: Floats  # (side, b) the next Ritz vectors, orthonormal to those; they need not have converged
    values_after: Floats  # (b + 1,) the Ritz values of those, and the next one; minus infinity where there is no other


class RestartedLanczos:
    """Lanczos' method for leading eigenvectors of x -> `product`(x).

    `sizes` are the number of eigenvectors sought, of vectors kept at most, and the dimension of the complement of those
    eigenvectors that are known. The product maps to it; `remove` removes them from a vector. `draw` draws a vector, from which to
    start, and to go on where the space that the first one spans is used up.
    """

    def __init__(
        self, product: Vectors, remove: Vectors, draw: Callable[[], Floats], sizes: tuple[int, int, int]
    ) -> None:
        ask, most, self.room = sizes
        self.product, self.remove, self.draw, self.ask = product, remove, draw, min(ask, self.room)
        self.most = min(max(most, self.ask + 2), self.room)
        start = remove(draw())
        start = remove(start / norm(start))
        self.basis = np.empty(
            (len(start), self.most + 1), order="F"
        )  # columns that no step reaches never become memory
        self.basis[:, 0] = start / norm(start)
        self.inner = np.zeros((self.most, self.most))  # the product projected on the basis; the upper triangle counts
        self.steps, self.next_length, self.size = 0, 0.0, 0.0

    def begin_with(self, steps: Steps) -> None:
        """Take these steps of the same method as the first ones."""
        count = len(steps.alpha)
        self.basis[:, : count + 1] = steps.vectors
        self.inner[np.arange(count), np.arange(count)] = steps.alpha
        self.inner[np.arange(count - 1), np.arange(1, count)] = steps.beta[:-1]
        self.steps, self.next_length, self.size = count, float(steps.beta[-1]), steps.size

    def leading(self, restarts: int, beside: int = 0) -> Leading | None:
        """Return the leading vectors, and at most `beside` more as they are; None if so many restarts do not suffice."""
        for _ in range(restarts):
            look = min(self.most, max(self.ask + STEPS_BETWEEN_LOOKS, self.steps + STEPS_BETWEEN_LOOKS))
            while True:
                while self.steps < look:
                    self._step()
                theta, S = self._ritz()
                if self._converged(theta, S):
                    return self._turned(theta, S, beside)
                if look == self.most:
                    break
                look = min(self.most, look + STEPS_BETWEEN_LOOKS)
            self._restart(theta, S)
        return None

    def _step(self) -> None:
        """Multiply the last vector, and make of the product one that is orthogonal to all vectors."""
        m, basis = self.steps, self.basis[:, : self.steps + 1]
        y = self.product(basis[:, m])
        length = norm(y)
        if not np.isfinite(length):
            raise NotConverged("Lanczos' method met a product that is not finite")
        self.size = max(self.size, length)
        y, h = self._orthogonal(y, basis)
        if (left := norm(y)) < SHORTENED_SHARE * length:
            # What rounding left of known eigenvectors in y is magnified when a short rest of it is divided by its length
            y, more = self._orthogonal(self.remove(y), basis)
            h, left = h + more, norm(y)
        self.inner[: m + 1, m] = h
        self.steps = m + 1
        if self.steps == self.room:
            self.next_length = 0.0
            return
        self.next_length = left
        if left <= ROUNDING_LENGTH * self.size:  # the space is invariant: another start, of which nothing leads back
            self.next_length, y = 0.0, self.draw()
            for _ in range(3):
                y = self._orthogonal(self.remove(y / norm(y)), basis)[0]
            left = norm(y)
        self.basis[:, m + 1] = y / left

    @staticmethod
    def _orthogonal(y: Floats, basis: Floats) -> tuple[Floats, Floats]:
        """Remove the span of orthonormal columns from a vector, once; and return its coordinates there."""
        return without_span(basis, y)

    def _ritz(self) -> tuple[Floats, Floats]:
        """Return the Ritz values, largest first, and their vectors in the basis."""
        upper = np.triu(self.inner[: self.steps, : self.steps])
        theta, S = eigenpairs(upper + np.triu(upper, 1).T)
        return theta[::-1], S[:, ::-1]

    def _converged(self, theta: Floats, S: Floats) -> bool:
        """Whether the residuals of the leading Ritz pairs, β_m |s_m|, are rounding."""
        residuals = self.next_length * np.abs(S[-1, : self.ask])
        largest = np.abs(theta).max()
        allowed = np.maximum(CONVERGED_SHARE * np.abs(theta[: self.ask]), CONVERGED_SHARE_OF_LARGEST * largest)
        return bool((residuals <= allowed).all())

    def _turned(self, theta: Floats, S: Floats, beside: int) -> Leading:
        """Return the leading Ritz vectors, and the next ones."""
        basis, end = self.basis[:, : self.steps], min(self.ask + beside, self.steps)
        vectors, others = turned(basis, S[:, : self.ask]), turned(basis, S[:, self.ask : end])
        after = np.concatenate([theta[self.ask : end + 1], np.full(max(0, end + 1 - self.steps), -np.inf)])
        return Leading(vectors, others, after)

    def _restart(self, theta: Floats, S: Floats) -> None:
        """Keep the leading Ritz vectors and the next vector, in place of all."""
        kept = min(self.ask + max(1, int(KEPT_SHARE * (self.most - self.ask))), self.most - 1)
        turn = np.ascontiguousarray(S[:, :kept])
        for start in range(0, len(self.basis), ROWS_TURNED_AT_ONCE):
            rows = slice(start, start + ROWS_TURNED_AT_ONCE)
            self.basis[rows, :kept] = self.basis[rows, : self.steps] @ turn
        self.basis[:, kept] = self.basis[:, self.steps]
        self.inner[:] = 0.0
        self.inner[np.arange(kept), np.arange(kept)] = theta[:kept]
        self.steps = kept
