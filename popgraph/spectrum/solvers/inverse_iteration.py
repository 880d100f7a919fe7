"""The eigenvalues of a sparse symmetric matrix nearest to 0, from products with its inverse: a block Krylov space, then refinement.

The inverse spreads out what is crowded at 0: on a ring of 5,000 views Ā's second and fourth eigenvalue differ by 1e-6, and those of
(I - Ā)^-1 by a factor of four.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.linalg.blas import dgemm, dgemv, dsyrk, dtrsm
from scipy.linalg.lapack import dpotrf

from popgraph.basics.arrays import Floats, Sparse
from popgraph.basics.memory import reserve
from popgraph.basics.subspace import EPS
from popgraph.errors import NotConverged
from popgraph.spectrum.basis import orthonormal
from popgraph.spectrum.solvers.symmetric import eigenpairs

# Columns of a block that are solved for together. On a ring of 5,000 two take 0.09 ms where one takes 0.075, and find both of each
# pair; four need 100 vectors for 20 pairs where two need 68.
BLOCK = 2
COLUMNS_ONE_BY_ONE = (
    2  # so many are multiplied by dgemv, which takes half of dgemm's time with a side of 5,000 to a million
)
# Rounding in the largest Ritz value hides what is smaller than this share of it: such pairs are sought again, beside those found
TOLD_SHARE = 1e-3
GUARD_SHARE = 4  # one more Ritz vector for so many sought is kept at a restart
# Vectors at the first look at the Ritz values, for each pair and in any case, and times the vectors of one look at the next, at
# most; with 60 vectors a look takes as long as a step, with 300 as two
FIRST_LOOK, LOOK_VECTORS, LOOK_AGAIN = 2.5, 10, 1.15
VECTORS_PER_DECADE = 2  # in which the residual of up to 20 pairs falls by a factor of ten, at the soonest
WIDE_COUNT, WIDE_BLOCK = 48, 8  # pairs from which on a block of more columns, which BLAS multiplies faster, is as good
MOST_VECTORS, VECTORS_PER_PAIR = 160, 2  # of the Krylov space, and more of them for each pair
# Restarts of the Krylov space from its leading Ritz vectors; and where another solver could take over
MOST_RESTARTS, RESTARTS_ON_TRIAL = 12, 2
MOST_REFINEMENTS = 12
RESIDUAL = 32 * EPS  # ||Lx - λx|| at which a pair counts as found, L of norm 1; products round at a few EPS
REFINED_SHARE = 0.8  # a residual that falls by less in a round is rounding, once it is accepted
ACCEPTED_RESIDUAL = 1e-12  # where rounds gain no more; pairs with a larger one are sought again
CROWDED_SHARE = (
    0.25  # of the distance from the shift: eigenvalues within it are found sooner from a shift that is nearer
)
# Vectors after which eigenvalues that are not found yet may count as a crowd, and their residual then: others are found with some
# three vectors a pair. A hub and a ring of 22,000 take half the time by it.
CROWD_VECTORS, CROWD_VECTORS_PER_PAIR, FAR_RESIDUAL = 20, 4, 1e-8
FRESH = 0.5  # length that a unit vector keeps beside the others if it adds a direction


class Crowded(NotConverged):
    """Say that the eigenvalues sought lie close together for their distance from 0: the inverse hardly spreads them.

    `nearest` is about the least of them, and `spread` how far the last one sought lies above it.
    """

    def __init__(self, nearest: float, spread: float) -> None:
        super().__init__(f"eigenvalues of I - Ā crowd within {spread:.1e} of {nearest:.6g}")
        self.nearest, self.spread = nearest, spread


class Nearest(NamedTuple):
    """Eigenvalues (m,), ascending, orthonormal eigenvectors (side, m) and residuals (m,)."""

    values: Floats
    vectors: Floats
    residuals: Floats


class Inverse:
    """Multiply columns by about L^-1 on the complement of orthonormal eigenvectors `known` (side, c) of L (side, side).

    L is positive semidefinite of norm 1, and `solve` maps X to (L - σ)^-1 X for a `shift` σ below all other eigenvalues. `known`
    must span what L sends to 0. On `trial` a search gives up sooner.
    """

    def __init__(
        self, L: Sparse, solve: Callable[[Floats], Floats], known: Floats, *, shift: float, trial: bool
    ) -> None:
        self.L, self.solve, self.known, self.shift = L, solve, np.asfortranarray(known), shift
        self.restarts = RESTARTS_ON_TRIAL if trial else MOST_RESTARTS
        self.side, self.room = len(known), len(known) - known.shape[1]

    def __call__(self, X: Floats) -> Floats:
        """Return the product with columns (side, m)."""
        image = np.asfortranarray(self.solve(X))
        for _ in range(2):  # solving magnifies what rounding left of the known eigenvectors
            _remove(self.known, image)
        return image


def vectors_held(count: int) -> int:
    """Return how many vectors a search for `count` pairs holds at its peak."""
    guarded = count + max(WIDE_BLOCK, count // GUARD_SHARE)
    return MOST_VECTORS + (VECTORS_PER_PAIR + 3) * guarded


def nearest_to_zero(inverse: Inverse, count: int, rng: np.random.Generator, width: int = BLOCK) -> Nearest:
    """Return at most `count` of the least eigenpairs of L on the complement of what is known, one at least.

    They are fewer where others are a thousand times as large, and copies of a repeated one may be missing. The Krylov space has
    blocks of `width` columns, and meets so many copies at least. Raises NotConverged if the pairs cannot be refined to rounding.
    """
    count = min(count, inverse.room)
    X = _krylov(inverse, count, rng, max(width, WIDE_BLOCK) if count >= WIDE_COUNT else width)
    best, least = None, np.inf
    for rounds in range(1 + MOST_REFINEMENTS):
        if rounds > 0:
            X = inverse(X)
            X = orthonormal(X / lengths(X))
            _remove(inverse.known, X)
            X = orthonormal(X)
        image = inverse.L @ X
        if rounds > 0:
            S = X.T @ image
            values, U = eigenpairs((S + S.T) / 2)
            X, image = X @ U, image @ U
        else:  # Ritz vectors as they are
            values = np.einsum("ij,ij->j", X, image)
        residuals = lengths(image - X * values)
        worst = float(residuals.max())
        stalled = not worst < REFINED_SHARE * least
        if worst < least:
            best, least = Nearest(values, X, residuals), worst
        # A residual that grows is that of a missed copy of an eigenvalue, which emerges from rounding in place of the last pairs
        if worst <= RESIDUAL or (stalled and least <= ACCEPTED_RESIDUAL):
            break
    if best is not None and (refined := best.residuals <= ACCEPTED_RESIDUAL).any():
        return Nearest(best.values[refined], best.vectors[:, refined], best.residuals[refined])
    raise NotConverged(
        f"inverse iteration left a residual of {least:.1e} among {X.shape[1]:,} pairs in {MOST_REFINEMENTS} rounds"
    )


def _krylov(inverse: Inverse, count: int, rng: np.random.Generator, width: int) -> Floats:
    """Return Ritz vectors (side, count or fewer) of the leading eigenvalues of the inverse, by block Lanczos."""
    # The block holds as many copies of a repeated eigenvalue as it has columns, which one vector would not.
    guarded = count + max(width, count // GUARD_SHARE)
    most = min(inverse.room, MOST_VECTORS + VECTORS_PER_PAIR * guarded)
    reserve(f"{most:,} vectors of inverse iteration", 8.0 * inverse.side * (most + guarded), "use a smaller k")
    # What is known stands before the Krylov space, so that one product removes both
    known = inverse.known.shape[1]
    basis = np.empty((inverse.side, known + most), order="F")  # columns that no step reaches never become memory
    basis[:, :known] = inverse.known
    T = np.zeros((most, most))  # the inverse in the Krylov space, on and above the diagonal
    restarts, held, look, joined = 0, 0, int(FIRST_LOOK * count) + LOOK_VECTORS, 0
    looked = (0, np.inf)  # how many vectors were held at the last look, and the worst residual then
    block = _random_directions(basis[:, :known], min(width, most), rng)
    while True:
        old, held = held, held + block.shape[1]
        Q = basis[:, known : known + held]
        Q[:, old:] = block
        Y = inverse.solve(block)
        # First without the blocks that the recurrence joins to this one, the last two: but for rounding all else is orthogonal to
        # it. Then without everything: twice is enough (Kahan), and where much was left it is done again for the next block.
        T[joined:held, old:held] = _remove(Q[:, joined:], Y)
        joined = old
        length = lengths(Y)
        _remove(basis[:, : known + held], Y)
        full = held == inverse.room or (held + width > most and most < inverse.room)
        if full or held >= look:
            upper = np.triu(T[:held, :held], 1)
            theta, S = (part[..., ::-1] for part in eigenpairs(upper + upper.T + np.diag(T.diagonal()[:held])))
            told = min(count, int(np.sum(theta >= TOLD_SHARE * theta[0])))
            # With the inverse X -> θX + YS on Ritz vectors X, L sends these to (X - LYS) / θ
            residuals = lengths((inverse.L @ Y) @ S[old:, :told]) / theta[:told]
            worst = float(residuals.max())
            if held == inverse.room or worst <= RESIDUAL:
                return np.asarray(Q @ S[:, :told])
            look, looked = _next_look(held, worst, looked, width), (held, worst)
            if full or (held >= CROWD_VECTORS + CROWD_VECTORS_PER_PAIR * count and worst > FAR_RESIDUAL):
                nearest, last = inverse.shift + 1 / theta[0], inverse.shift + 1 / theta[min(count, held) - 1]
                if last - nearest < CROWDED_SHARE * (nearest - inverse.shift):
                    raise Crowded(float(nearest), float(last - nearest))
            if full:
                if restarts == inverse.restarts:
                    raise NotConverged(f"after {restarts} restarts inverse iteration leaves a residual of {worst:.1e}")
                # The residuals of all Ritz vectors lie in the span of Y, the next block: T's next columns join them to it
                # (Wu and Simon, Thick-restart Lanczos method, SIAM J. Matrix Anal. Appl. 22 (2000))
                restarts, held = restarts + 1, min(guarded, most - width)
                look, looked, joined = held + 2 * width, (held, np.inf), 0
                Q[:, :held] = Q @ S[:, :held]
                T[:] = 0.0
                T[np.arange(held), np.arange(held)] = theta[:held]
        block = _next_block(basis[:, : known + held], Y[:, : most - held], length[: most - held], rng)


def _next_look(held: int, worst: float, looked: tuple[int, float], width: int) -> int:
    """Return with how many vectors to look at the Ritz values again, which left a `worst` residual; `looked` says it of before."""
    decades, (before, residual) = np.log10(worst / RESIDUAL), looked
    vectors_per_decade = float(VECTORS_PER_DECADE)
    if worst < residual < np.inf:  # it falls by about a constant factor for each vector
        vectors_per_decade = (held - before) / np.log10(residual / worst)
    return max(held + width, int(min(LOOK_AGAIN * held, held + vectors_per_decade * decades)))


def _next_block(basis: Floats, Y: Floats, length: Floats, rng: np.random.Generator) -> Floats:
    """Return orthonormal columns that span Y; random ones where Y lacks directions.

    Y was of this `length` (m,) when the basis was removed from it for the second time.
    """
    left = lengths(Y)
    if (left > FRESH * length).all():
        # Where the columns are far from dependent, one Cholesky factor makes them orthonormal, and magnifies no rounding
        X = np.asfortranarray(Y / left)
        R, failed = dpotrf(dsyrk(1.0, X, trans=1))
        if not failed and R.diagonal().min() > FRESH:
            return np.asarray(dtrsm(1.0, R, X, side=1, overwrite_b=1))
    # Where the columns of Y are nearly dependent, making them orthonormal magnifies what rounding left of the basis in them
    X = orthonormal(np.asfortranarray(Y / np.where(length > 0, length, 1.0)))
    _remove(basis, X)
    fresh = lengths(X) > FRESH
    if fresh.all():
        return orthonormal(X)
    return _random_directions(basis, X.shape[1], rng, X[:, fresh])


def _random_directions(basis: Floats, count: int, rng: np.random.Generator, first: Floats | None = None) -> Floats:
    """Return `count` orthonormal columns on the complement of the basis: `first` (side, c), if any, then random ones."""
    X = np.asfortranarray(rng.standard_normal((count, len(basis))).T)
    if first is not None:
        X[:, : first.shape[1]] = first
    for _ in range(3):
        _remove(basis, X)
        X = orthonormal(X)
    return X


def _remove(basis: Floats, X: Floats) -> Floats:
    """Remove the span of an F-ordered basis (side, c) from F-ordered columns (side, m), once and in place; return basisᵀX."""
    if X.shape[1] > COLUMNS_ONE_BY_ONE:
        C = dgemm(1.0, basis, X, trans_a=1)
        X[:] = dgemm(-1.0, basis, C, 1.0, X, overwrite_c=1)
        return np.asarray(C)
    C = np.empty((basis.shape[1], X.shape[1]))
    for i in range(X.shape[1]):
        C[:, i] = dgemv(1.0, basis, X[:, i], trans=1)
        X[:, i] = dgemv(-1.0, basis, C[:, i], 1.0, X[:, i], overwrite_y=1)
    return C


def lengths(X: Floats) -> Floats:
    """Return the length of each column."""
    return np.asarray(np.sqrt(np.einsum("ij,ij->j", X, X)))
