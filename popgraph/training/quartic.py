"""The spectral contrastive loss along lines, as training descends on it: tables F and ĀF, moved together in blocks of rows.

L(F) = ||FᵀF||² - 2 tr FᵀĀF is a quartic along every line F + tD, with coefficients that are k x k moments of F, D, ĀF and ĀD.
So a step of exactly the best length costs one product ĀD, and no value of the loss is ever compared with another.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from popgraph.basics.arrays import Floats
from popgraph.basics.products import row_blocks, summed

EPS = float(np.finfo(np.float64).eps)
# Least eigenvalue of FᵀF that is divided by, relative to the largest: columns shorter than that grow by so much a step at most.
LEAST_RELATIVE_SIZE = 1e-3
LEAST_SIZE = 1e-200
THREADED_NUMBERS = (
    1_000_000  # in a table, from which threads pay: a sweep over so many takes about 2 ms, a second thread 0.3
)


@dataclass
class QuarticState:
    """Hold F and ĀF (N, k), the gradient G = 4 (F FᵀF - ĀF) (N, k), and the moments FᵀF and GᵀG (k, k).

    All tables are moved in place. `gram` multiplies a table by Ā.
    """

    gram: Callable[[Floats], Floats]
    F: Floats

    def __post_init__(self) -> None:
        N, k = self.F.shape
        self.blocks = row_blocks(N, k)
        self.threaded = N * k > THREADED_NUMBERS
        self.G: Floats = np.empty((0, k))
        self.refresh()

    def sums(self, job: Callable[[slice], tuple[Any, ...]]) -> list[Any]:
        """Return the sums of what a job returns of each block of rows."""
        return summed(self.blocks, job, self.threaded)

    def refresh(self) -> None:
        """Compute ĀF and the gradient anew, which steps update: each leaves a rounding error behind."""
        self.image = self.F[:0]  # so that the old table is given back before the new one is made
        self.image = self.times(self.F)
        (self.FF,) = self.sums(lambda rows: (self.F[rows].T @ self.F[rows],))
        self.G = np.empty_like(self.F) if len(self.G) != len(self.F) else self.G

        self._gradient()

    def _gradient(self) -> None:
        """Compute G from F and ĀF, GᵀG, and tr FᵀĀF."""

        def gradient(rows: slice) -> tuple[Any, ...]:
            G = self.write_gradient(rows)
            return G.T @ G, np.vdot(self.F[rows], self.image[rows])

        self.GG, attraction = self.sums(gradient)
        self.attraction = float(attraction)

    def scale(self) -> None:
        """Multiply F by the factor at which the loss is least."""
        # L(sF) = s⁴ ||FᵀF||² - 2 s² tr FᵀĀF
        squares = float(np.sum(self.FF**2))
        if not (self.attraction > 0 and squares > 0):
            if self.attraction < 0:  # as under a large weight decay: no multiple is below 0
                self.F[:] = 0.0
                self.refresh()
            return
        s = float(np.sqrt(self.attraction / squares))
        self.F *= s
        self.refresh()

    def times(self, X: Floats) -> Floats:
        """Return ĀX in an array of its own: a population's product may be read-only, or X itself where Ā is the identity."""
        image = np.require(self.gram(X), np.float64, ["C", "W"])
        return image.copy() if np.may_share_memory(image, X) else image

    def write_gradient(self, rows: slice) -> Floats:
        """Compute a block of rows of G from F and ĀF, and return it."""
        G = self.G[rows]
        np.matmul(self.F[rows], self.FF, out=G)
        G -= self.image[rows]
        G *= 4.0
        return G

    def restore_gradient(self) -> None:
        """Compute G anew from F and ĀF, after its place was used for something else."""

        def gradient(rows: slice) -> tuple[()]:
            self.write_gradient(rows)
            return ()

        self.sums(gradient)

    @property
    def loss(self) -> float:
        """L(F)."""
        return float(np.sum(self.FF**2) - 2.0 * self.attraction)

    @property
    def gradient_norm(self) -> float:
        """||G||."""
        return float(np.sqrt(max(0.0, np.trace(self.GG))))

    @property
    def rounding(self) -> float:
        """The gradient's rounding error, roughly: G is a difference of tables of the size of 4 F FᵀF, with k terms an entry."""
        cubed = float(np.sqrt(max(0.0, np.einsum("ij,jk,ki->", self.FF, self.FF, self.FF))))
        return 4.0 * EPS * max(cubed, LEAST_SIZE)

    def conditioner(self) -> Floats:
        """Return C = (FᵀF + δ)^-1 / 4 (k, k), by which gradients are multiplied from the right."""
        # At a minimum the Hessian along u cᵀ, for u outside of span F with Āu = γu and FᵀF c = σc, is 4 (σ - γ): times C it is
        # 1 - γ/σ, which lies between the relative gap and 1. Without C it is spread over the squares of the eigenvalues too.
        sizes, U = np.linalg.eigh(self.FF)
        sizes = np.maximum(sizes, 0.0)
        return np.asarray((U / (4.0 * (sizes + LEAST_RELATIVE_SIZE * sizes[-1] + LEAST_SIZE))) @ U.T)

    def along(self, D: Floats, image: Floats, moments: "LineMoments") -> float:
        """Return the t at which L(F + tD) is least, for ĀD = `image`."""
        (bent,) = self.sums(lambda rows: (np.vdot(D[rows], image[rows]),))
        S = moments.FD + moments.FD.T
        slope = moments.GD
        curvature = -2.0 * bent + np.sum(S**2) + 2.0 * np.sum(self.FF * moments.DD)
        return least_of_quartic(slope, float(curvature), 2.0 * float(np.sum(S * moments.DD)), np.sum(moments.DD**2))

    def move(self, t: float, D: Floats, image: Floats, moments: "LineMoments") -> Floats:
        """Go to F + tD, with the gradient there, and return (the gradient before)ᵀ times it (k, k)."""
        predicted = self.FF + t * (moments.FD + moments.FD.T) + t * t * moments.DD

        def step(rows: slice) -> tuple[Any, ...]:
            F, AF, G = self.F[rows], self.image[rows], self.G[rows]
            F += t * D[rows]
            AF += t * image[rows]
            after = F @ predicted
            after -= AF
            after *= 4.0
            mixed = G.T @ after
            G[:] = after
            return F.T @ F, after.T @ after, mixed, np.vdot(F, AF)

        self.FF, self.GG, mixed, attraction = self.sums(step)
        self.attraction = float(attraction)
        return np.asarray(mixed)

    def bend(self, t: float, S: Floats, E: Floats, image: Floats) -> None:
        """Go to F (1 + S) + tE, for ĀE = `image`, with the gradient there."""

        def step(rows: slice) -> tuple[Floats]:
            F, AF = self.F[rows], self.image[rows]
            F += F @ S
            F += t * E[rows]
            AF += AF @ S
            AF += t * image[rows]
            return (F.T @ F,)

        (self.FF,) = self.sums(step)
        self._gradient()


@dataclass(frozen=True)
class LineMoments:
    """Hold FᵀD and DᵀD (k, k) of a direction D, and its product <G, D> with the gradient."""

    FD: Floats
    DD: Floats
    GD: float


def least_of_quartic(c1: float, c2: float, c3: float, c4: float) -> float:
    """Return the t at which c1 t + c2 t² + c3 t³ + c4 t⁴ is least; 0 if that is not below 0."""
    # In units in which c4 is 1, so that directions of any length are alike: s = t c4^(1/4).
    if c4 <= 0.0 or not np.isfinite(c4):
        return -c1 / (2.0 * c2) if c2 > 0 else 0.0
    unit = c4**0.25
    b1, b2, b3 = c1 / unit, c2 / unit**2, c3 / unit**3
    if not np.isfinite([b1, b2, b3]).all():
        return 0.0
    candidates = _stationary(b1, b2, b3)
    # The formula's roots have an absolute error of eps times the largest; a root near 0 needs its digits.
    for _ in range(3):
        slope = ((4.0 * candidates + 3.0 * b3) * candidates + 2.0 * b2) * candidates + b1
        bend = (12.0 * candidates + 6.0 * b3) * candidates + 2.0 * b2
        safe = np.abs(bend) > 0
        candidates = candidates - np.divide(slope, bend, out=np.zeros_like(slope), where=safe)
    values = (((candidates + b3) * candidates + b2) * candidates + b1) * candidates
    best = int(np.argmin(values))
    return float(candidates[best] / unit) if values[best] < 0 else 0.0


def _stationary(b1: float, b2: float, b3: float) -> Floats:
    """Return the real roots of 4 s³ + 3 b3 s² + 2 b2 s + b1."""
    # With s = y - b3/4 this is 4 (y³ + p y + q), solved by cosines where it has three real roots, and by Cardano's formula, in the
    # order that does not cancel, where it has one.
    shift = -0.25 * b3
    p = 0.5 * b2 - 0.1875 * b3 * b3
    q = 0.25 * b1 + 0.5 * b2 * shift - 2.0 * shift**3
    discriminant = (q / 2.0) ** 2 + (p / 3.0) ** 3
    if discriminant > 0:
        large = np.cbrt(-q / 2.0 - np.copysign(np.sqrt(discriminant), q))
        return np.array([large - (p / (3.0 * large) if large else 0.0) + shift])
    radius = np.sqrt(-p / 3.0)
    angle = np.arccos(np.clip(-q / (2.0 * radius**3), -1.0, 1.0)) if radius else 0.0
    return np.asarray(2.0 * radius * np.cos((angle - 2.0 * np.pi * np.arange(3)) / 3.0) + shift)
