"""`Certificate`: what was checked about a spectrum after it was computed, whichever solver computed it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from popgraph.basics.arrays import Floats, Immutable, Sparse
from popgraph.basics.blas import one_thread
from popgraph.basics.products import Rows, side_by_side
from popgraph.basics.rows import block_sum, of_blocks
from popgraph.basics.subspace import inner_products, tolerance
from popgraph.errors import NotConverged

RESIDUAL_ALLOWED = 1e-9  # residuals up to this count as rounding on a matrix of any size
WITNESS_STEPS = 12  # of the power method, in search of something overlooked
WITNESS_SHORTEST = 1e-12  # length at which a vector counts as lying in the space that was removed from it
# Entries from which on an M without zeros is multiplied as the array that its entries are. It makes no copy; below, a product takes
# milliseconds in any way, and last digits stay as they are.
ARRAY_ENTRIES = 1_000_000
COLUMNS_AT_ONCE = 16  # vectors whose residuals are formed together, so that checking takes less memory than finding
# Rows of a table of which half as many are taken: of 10^6 views products take a fifth longer, and 0.2 GiB less
TALL_ROWS = 300_000
SHARED_ENTRIES = 1_000_000  # of a factor whose products threads share: a vector then takes 3 ms of one core
ROWS_TOGETHER_ENTRIES = 2**20  # of an array, which stay in cache between the product with them and with their transpose
SHORTENED_SHARE = 0.5  # of a vector's length left by one projection: below it a second one follows (Daniel et al. 1976)


@dataclass(frozen=True)
class Certificate(Immutable):
    """Say why a spectrum can be trusted.

    Attributes
    ----------
    residual : float
        The largest ||Āv - γv|| of a returned pair. Every γ is within this of a true eigenvalue.
    orthogonality : float
        The largest entry of ``|VᵀV - I|``.
    remainder : float
        γ_{k+1}: the largest eigenvalue of Ā outside the returned space, as well as it is known.
    remainder_bound : float
        An upper bound on it, below γ_k at a clean cut.
    excluded : str
        How it is known that nothing above it was missed.
    angle_bound : float
        Upper bound, in radians, on the angle between the returned and the true leading eigenspace, rounding included; pi/2 at
        a degenerate cut, where the space is not unique.
    """

    residual: float
    orthogonality: float
    remainder: float
    remainder_bound: float
    excluded: str
    angle_bound: float

    def __str__(self) -> str:
        bracketed = self.remainder_bound > self.remainder * (1 + 1e-6) + 1e-6
        known = f"between {self.remainder:.4g} and {self.remainder_bound:.4g}" if bracketed else f"{self.remainder:.6g}"
        angle = f"angle to the true space <= {self.angle_bound:.1e} rad"
        if self.angle_bound >= np.pi / 2:
            angle = "a degenerate cut, so the space is not unique"
        return (
            f"residual {self.residual:.1e}, orthogonality {self.orthogonality:.1e}, next eigenvalue {known} "
            f"({self.excluded}), {angle}"
        )


class Remainder(NamedTuple):
    """Say what is left beside eigenpairs: the largest other eigenvalue as well as it is known, a bound on it, and why it is one."""

    largest: float
    bound: float
    excluded: str

    def with_spare(self, spare: Floats, rounding: float) -> "Remainder":
        """Count eigenvalues that were found, and not asked for, among what is left; leave room for rounding in the bound."""
        largest, bound = float(spare.max(initial=self.largest)), float(spare.max(initial=self.bound))
        return Remainder(largest, bound + rounding * (bound > 0), self.excluded)


def columns_at_once(rows: int) -> int:
    """Return how many columns with so many rows are worked on together."""
    return COLUMNS_AT_ONCE if rows < TALL_ROWS else COLUMNS_AT_ONCE // 2


def residual_norms(product: Callable[[Floats], Floats], gamma: Floats, V: Floats, at_once: int | None = None) -> Floats:
    """Return ||Āv - γv|| of each pair, (k,), from products X -> ĀX with `at_once` columns together."""
    residuals = np.empty(V.shape[1])
    at_once = columns_at_once(len(V)) if at_once is None else at_once
    for start in range(0, V.shape[1], at_once):
        part = V[:, start : start + at_once].copy()
        image = product(part)
        part *= gamma[start : start + at_once]
        image -= part
        residuals[start : start + at_once] = np.sqrt(np.einsum("ij,ij->j", image, image))
    return residuals


def products_with(factor: Sparse) -> Callable[[Floats], Floats]:
    """Return X -> MᵀMX, of a vector or of columns."""
    transposed, (n, n_views) = factor.T, factor.shape
    if factor.nnz == n * n_views and factor.nnz >= ARRAY_ENTRIES and factor.has_canonical_format:
        return _products_with_array(
            factor.data[: factor.nnz].reshape(factor.shape)
        )  # every entry is stored, row by row
    if factor.nnz < SHARED_ENTRIES:
        return lambda X: np.asarray(transposed @ (factor @ X))
    # Rows of the transposed factor are made when they are first asked for: while others solve, nothing of this takes memory.
    # They sum up in the order of their entries, and so to the same bits as the transpose that scatters.
    rows: list[Rows] = []

    def product(X: Floats) -> Floats:
        if not rows:
            rows.extend([Rows(factor), Rows(transposed.tocsr())])
        return np.asarray(rows[1](rows[0](X)))

    return product


def _products_with_array(array: Floats) -> Callable[[Floats], Floats]:
    """Return X -> AᵀAX of an array A (n, N); reading it from memory, which takes longest, is shared by two threads."""
    n, n_views = array.shape
    step = max(1, ROWS_TOGETHER_ENTRIES // n_views)
    halves = [slice(0, n // 2), slice(n // 2, n)]

    def product(X: Floats) -> Floats:
        def half(rows: slice) -> Any:
            total = np.zeros((n_views, *X.shape[1:]))
            for start in range(rows.start, rows.stop, step):
                part = array[start : min(start + step, rows.stop)]
                total += part.T @ (part @ X)
            return total

        with one_thread():
            first, second = side_by_side([partial(half, rows) for rows in halves])
        return np.asarray(first + second)

    return product


def witness(product: Callable[[Floats], Floats], V: Floats) -> float:
    """Return a number that the largest eigenvalue of Ā beside span V is no smaller than, from products with Ā.

    Nothing of any solver is used: where the number is above the bound that a solver gave, the solver is refuted.
    """
    # Courant-Fischer: on the complement of span V, xᵀĀx of a unit x is at most the largest eigenvalue there. A few steps of the
    # power method make it nearly as large.
    x = np.random.default_rng(1).standard_normal(len(V))
    quotient = 0.0
    for _ in range(WITNESS_STEPS):
        before = np.linalg.norm(x)
        x = _beside(V, x)
        # Rounding leaves eps of what is removed. One pass will do unless that is much of what is left: Daniel, Gragg, Kaufman and
        # Stewart, Reorthogonalization and stable algorithms for updating the Gram-Schmidt QR factorization, Math. Comp. 30 (1976)
        if np.linalg.norm(x) < SHORTENED_SHARE * before:
            x = _beside(V, x)
        length = np.linalg.norm(x)
        if length <= WITNESS_SHORTEST:  # V spans everything, or Ā is 0 on the complement
            break
        x = x / length
        image = product(x)
        quotient, x = float(x @ image), image
    return quotient


def _beside(V: Floats, x: Floats) -> Floats:
    """Return x - VVᵀx."""
    along = block_sum(lambda rows: V[rows].T @ x[rows], *V.shape)
    return np.concatenate(list(of_blocks(lambda rows: x[rows] - V[rows] @ along, *V.shape)))


def refute(quotient: float, bound: float, k: int, size: int) -> None:
    """Raise NotConverged if a `witness` has a Rayleigh quotient beyond the solver's bound by more than rounding, or NaN."""
    if not quotient <= bound + max(
        RESIDUAL_ALLOWED, 10 * tolerance(size)
    ):  # "not <=", because NaN fails every comparison
        raise NotConverged(
            f"there is an eigenvalue of {quotient:.6g} or more beside the {k} found, where the solver says that none is above "
            f'{bound:.6g}; use solver="dense"'
        )


def angle_bound(residuals: Floats, gap: float, size: int, *, closed_form: bool) -> float:
    """Bound the angle, in radians, between computed and true leading eigenvectors, rounding included; pi/2 at a degenerate cut.

    `closed_form` says that all are unit eigenvectors of components, which are exact for any gap.
    """
    # Davis and Kahan, The rotation of eigenvectors by a perturbation III, SIAM J. Numer. Anal. 7 (1970)
    # The sin Θ theorem: let R = ĀV - V diag(γ). If each γ_i is at least `gap` above every eigenvalue of Ā outside the true
    # leading space, the angles Θ between that space and span V satisfy ||sin Θ||_F <= ||R||_F / gap. R itself is known to N eps.
    rounding = tolerance(size) / 8
    if gap <= tolerance(size):
        return np.pi / 2
    return rounding if closed_form else float(np.arcsin(min(1.0, (float(np.linalg.norm(residuals)) + rounding) / gap)))


def certify(
    residuals: Floats,
    gamma: Floats,
    V: Floats,
    remainder: Remainder,
    size: int,
    *,
    unit_count: int = 0,
) -> Certificate:
    """Check eigenpairs `gamma` (k,), `V` (N, k) of Ā by their `residuals` (k,); raises NotConverged if an error is beyond rounding.

    `size` is the side of the largest matrix that was solved, which determines what counts as rounding. The first `unit_count`
    columns are unit eigenvectors of components: no two of them share a view, so their inner products need not be computed.
    """
    k = V.shape[1]
    unit, others = V[:, :unit_count], V[:, unit_count:]
    squares = block_sum(lambda rows: np.einsum("ij,ij->j", unit[rows], unit[rows]), len(V), k)
    products = inner_products(V, others) - np.eye(k, k - unit_count, -unit_count)
    orthogonality = float(max(np.abs(squares - 1.0).max(initial=0.0), np.abs(products).max(initial=0.0)))
    allowed = max(RESIDUAL_ALLOWED, 10 * tolerance(size))
    if not (residuals.max() <= allowed and orthogonality <= allowed):  # "not <=", because NaN fails every comparison
        raise NotConverged(
            f"eigenpair {int(residuals.argmax()) + 1} has a residual of {residuals.max():.1e}, and the loss of orthogonality is "
            f'{orthogonality:.1e}; at most {allowed:.1e} is rounding: use solver="dense"'
        )
    bound = angle_bound(residuals, float(gamma[-1]) - remainder.bound, size, closed_form=unit_count == k)
    return Certificate(float(residuals.max()), orthogonality, *remainder, bound)
