"""`Certificate`: what was checked about a spectrum after it was computed, whichever solver computed it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from popgraph.basics.arrays import Floats, Immutable, Sparse
from popgraph.basics.subspace import tolerance
from popgraph.errors import NotConverged

SLACK = 1e-9  # what counts as rounding at least
WITNESS_STEPS = 12  # of the power method, in search of something overlooked
AT_ONCE = 16  # vectors whose residuals are formed together, so that checking takes less memory than finding


@dataclass(frozen=True)
class Certificate(Immutable):
    """Say why a spectrum can be trusted.

    Attributes
    ----------
    residual : float
        The largest ||Āv - γv|| of a returned pair. Every γ is within this of a true eigenvalue.
    orthogonality : float
        The largest entry of |VᵀV - I|.
    remainder : float
        γ_{k+1}: the largest eigenvalue of Ā outside the returned space, as well as it is known.
    remainder_bound : float
        An upper bound on it, below γ_k at a clean cut.
    excluded : str
        How it is known that nothing above it was missed.
    angle_bound : float
        Upper bound, in radians, on the angle between the returned and the true leading eigenspace: ||R||_F over the gap
        (Davis-Kahan), rounding included; less where the pairs are in closed form; pi/2 at a degenerate cut, where the
        space is not unique.
    """

    residual: float
    orthogonality: float
    remainder: float
    remainder_bound: float
    excluded: str
    angle_bound: float

    def __str__(self) -> str:
        about = self.remainder_bound > self.remainder * (1 + 1e-6) + 1e-6
        known = f"between {self.remainder:.4g} and {self.remainder_bound:.4g}" if about else f"{self.remainder:.6g}"
        angle = f"angle to the true space <= {self.angle_bound:.1e} rad"
        if self.angle_bound >= np.pi / 2:
            angle = "a degenerate cut, so the space is not unique"
        return (
            f"residual {self.residual:.1e}, orthogonality {self.orthogonality:.1e}, next eigenvalue {known} "
            f"({self.excluded}), {angle}"
        )


def residuals_of(product: Callable[[Floats], Floats], gamma: Floats, V: Floats, at_once: int = AT_ONCE) -> Floats:
    """Return ||Āv - γv|| of each pair, (k,), from products X -> ĀX with `at_once` columns together."""
    residuals = np.empty(V.shape[1])
    for start in range(0, V.shape[1], at_once):
        part = V[:, start : start + at_once].copy()
        image = product(part)
        part *= gamma[start : start + at_once]
        image -= part
        residuals[start : start + at_once] = np.sqrt(np.einsum("ij,ij->j", image, image))
    return residuals


def residual_norms(factor: Sparse, gamma: Floats, V: Floats) -> Floats:
    """Return ||MᵀMv - γv|| of each pair, (k,); M is a csr_array, or a LinearOperator."""
    return residuals_of(products_with(factor), gamma, V)


def products_with(factor: Sparse) -> Callable[[Floats], Floats]:
    """Return X -> MᵀMX, of a vector or of columns."""
    transposed = factor.T
    return lambda X: np.asarray(transposed @ (factor @ X))


def witness(product: Callable[[Floats], Floats], V: Floats) -> float:
    """Return a number that the largest eigenvalue of Ā beside span V is no smaller than, from products with Ā.

    The Rayleigh quotient of a vector orthogonal to V, after a few steps of the power method: where it is above the bound that a
    solver gave, the solver is refuted. Nothing of any solver is used.
    """
    x = np.random.default_rng(1).standard_normal(len(V))
    quotient = 0.0
    for _ in range(WITNESS_STEPS):
        x = x - V @ (V.T @ x)
        x = x - V @ (V.T @ x)
        length = np.linalg.norm(x)
        if length <= 1e-12:  # V leaves nothing, or the rest of Ā is 0
            break
        x = x / length
        image = product(x)
        quotient, x = float(x @ image), image
    return quotient


def refute(seen: float, bound: float, k: int, size: int) -> None:
    """Refuse k pairs beside which more is seen than was said to be left.

    Raises
    ------
    NotConverged
        If what is seen is above the bound by more than rounding.
    """
    if not seen <= bound + max(SLACK, 10 * tolerance(size)):  # NaN is at most nothing
        raise NotConverged(
            f"there is an eigenvalue of {seen:.6g} or more beside the {k} found, where {bound:.6g} was said to be the most that is "
            'left; use solver="dense"'
        )


def angle_bound(residuals: Floats, gap: float, size: int, *, closed_form: bool) -> float:
    """Bound the angle, in radians, between computed and true leading eigenvectors: arcsin(||R||_F / gap), rounding included.

    The top vectors of the components are exact whatever the gap (`closed_form`); else at a degenerate cut it is pi/2.
    """
    rounding = tolerance(size) / 8
    if gap <= tolerance(size):
        return np.pi / 2
    return rounding if closed_form else float(np.arcsin(min(1.0, (float(np.linalg.norm(residuals)) + rounding) / gap)))


def certify(
    residuals: Floats,
    gamma: Floats,
    V: Floats,
    remainder: tuple[float, float],
    excluded: str,
    size: int,
    *,
    tops: int = 0,
) -> Certificate:
    """Check eigenpairs of Ā, found by any means.

    Parameters
    ----------
    residuals : (k,) array
        As of `residual_norms`.
    gamma : (k,) array
        Eigenvalues, largest first.
    V : (N, k) array
        Eigenvectors.
    remainder : (float, float)
        The largest eigenvalue not returned, and an upper bound on it.
    excluded : str
        How it is known.
    size : int
        The side of the largest block that was solved, which sets the rounding to be expected.
    tops : int
        How many of the first columns are components' top vectors: no two of them share a view, so that 10,000 of them need
        no 10,000 x 10,000 products.

    Raises
    ------
    NotConverged
        If a residual or the loss of orthogonality is beyond rounding (1e-9 or worse), or no number.
    """
    k = V.shape[1]
    lengths = np.abs(np.einsum("ij,ij->j", V[:, :tops], V[:, :tops]) - 1.0).max(initial=0.0)
    orthogonality = float(max(lengths, np.abs(V.T @ V[:, tops:] - np.eye(k, k - tops, -tops)).max(initial=0.0)))
    allowed = max(SLACK, 10 * tolerance(size))
    if not (residuals.max() <= allowed and orthogonality <= allowed):  # NaN is at most nothing
        raise NotConverged(
            f"eigenpair {int(residuals.argmax()) + 1} has a residual of {residuals.max():.1e}, and the loss of orthogonality is "
            f'{orthogonality:.1e}; at most {allowed:.1e} is rounding: use solver="dense"'
        )
    bound = angle_bound(residuals, float(gamma[-1]) - remainder[1], size, closed_form=tops == k)
    return Certificate(float(residuals.max()), orthogonality, *remainder, excluded, bound)
