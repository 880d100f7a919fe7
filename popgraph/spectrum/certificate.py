"""`Certificate`: what was checked about a spectrum after it was computed, whichever solver computed it."""

from dataclasses import dataclass

import numpy as np

from popgraph.arrays import Floats, Sparse
from popgraph.errors import NotConverged
from popgraph.subspace import tolerance

AT_ONCE = 16  # vectors whose residuals are formed together, so that checking takes less memory than finding


@dataclass(frozen=True)
class Certificate:
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


def residual_norms(factor: Sparse, gamma: Floats, V: Floats) -> Floats:
    """Return ||MᵀMv - γv|| of each pair, (k,); M is a csr_array, or a LinearOperator."""
    transposed, residuals = factor.T, np.empty(V.shape[1])
    for start in range(0, V.shape[1], AT_ONCE):
        part = V[:, start : start + AT_ONCE].copy()
        image = transposed @ (factor @ part)
        part *= gamma[start : start + AT_ONCE]
        image -= part
        residuals[start : start + AT_ONCE] = np.sqrt(np.einsum("ij,ij->j", image, image))
    return residuals


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
    closed_form: bool = False,
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
    closed_form : bool
        Whether these are the components' top pairs, all of them.

    Raises
    ------
    NotConverged
        If a residual or the loss of orthogonality is beyond rounding (1e-9 or worse).
    """
    orthogonality = float(np.abs(V.T @ V - np.eye(V.shape[1])).max())
    allowed = max(1e-9, 10 * tolerance(size))
    if residuals.max() > allowed or orthogonality > allowed:
        raise NotConverged(
            f"eigenpair {int(residuals.argmax()) + 1} has a residual of {residuals.max():.1e}, and the loss of orthogonality is "
            f'{orthogonality:.1e}; at most {allowed:.1e} is rounding: use solver="dense"'
        )
    bound = angle_bound(residuals, float(gamma[-1]) - remainder[1], size, closed_form=closed_form)
    return Certificate(float(residuals.max()), orthogonality, *remainder, excluded, bound)
