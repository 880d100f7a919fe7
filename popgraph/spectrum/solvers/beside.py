"""A bound on what is left, made with the unconverged Ritz vectors that a search has to spare.

In the midst of eigenvalues that lie close together the one beside those found is 1e-3 of them below, and a bound that tells the two
apart takes hundreds of products. The search has approximate eigenvectors of the next ones. With these set aside too, what is left
lies well below, and few products bound it.
"""

from dataclasses import replace

import numpy as np

from popgraph.basics.arrays import Floats
from popgraph.basics.rows import without_span
from popgraph.basics.subspace import EPS, tolerance
from popgraph.spectrum.basis import orthonormal
from popgraph.spectrum.certificate import RESIDUAL_ALLOWED
from popgraph.spectrum.solvers.chebyshev import MOST_DRIFT, Filter
from popgraph.spectrum.solvers.deflation import COLUMNS_BOUNDED, Left
from popgraph.spectrum.solvers.gaussian import DISTANCE_SHARE, bound_of_columns, bounding_filter
from popgraph.spectrum.solvers.gram import Product
from popgraph.spectrum.solvers.symmetric import eigenpairs

PROBE_DEGREE = 8  # at which long filters are first tried: what was missed grows fastest
FEW_STEPS = 24  # of a filter, which cost less than what makes it shorter
RESIDUAL_SHARE = 0.02  # of the distance to what the bound must stay below, which the Ritz vectors' residuals may take
NEXT_SHARE = (
    0.6  # of the distance from what is left to the first Ritz value set aside, at which the bound on it is aimed
)


class Complement:
    """Products with Ā on the complement of known eigenvectors, Q (side, q) orthonormal columns."""

    def __init__(self, gram: Product, Q: Floats) -> None:
        self.gram, self.Q = gram, Q

    def removed(self, X: Floats) -> Floats:
        """Remove the known eigenvectors from columns, once."""
        return without_span(self.Q, X)[0]

    def deflated(self, X: Floats) -> Floats:
        """Remove the known eigenvectors from columns; twice, which is enough."""
        return self.removed(self.removed(X))


def bound_beside(
    complement: Complement, beside: Floats, values: Floats, floor: float, rng: np.random.Generator
) -> Left | None:
    """Bound what is left beside known eigenvectors below `floor`, or return None where this does not settle it.

    `beside` (side, b) are approximate eigenvectors of the leading eigenvalues left, and `values` (b + 1,) estimates of those and of
    the next one.
    """
    # Let the columns of W be the Ritz vectors set aside, Θ their Ritz values, R = PĀW - WΘ, and P the projection beside what is
    # known. PĀP is [[Θ, Rᵀ], [R, C]] on span W and its complement, so that by Weyl's theorem its largest eigenvalue is at most
    # max(θ_1, λ_1(C)) + ||R||. The Gaussian columns bound λ_1(C).
    side, rounding, width = len(complement.Q), tolerance(len(complement.Q)), complement.gram.columns_of_bound
    enough = floor - rounding
    first = beside[:, :1]
    far = bounding_filter(side, float(values[0]), enough, 0.0, width)
    if far is not None and far.degree <= FEW_STEPS:  # what is left lies well below as it is
        beside, values = beside[:, :0], values[:1]
    W, theta, lengths = _ritz(complement, beside)
    if theta.size and theta[0] >= enough:
        return None
    residual = np.sqrt(np.cumsum(lengths**2))
    count = int(np.searchsorted(residual, RESIDUAL_SHARE * (enough - theta[0]))) if theta.size else 0
    W, left_out = W[:, :count], theta[count:]
    edge = max(float(values[-1]), float(left_out[0]) if left_out.size else 0.0)
    aims = [DISTANCE_SHARE, NEXT_SHARE * (theta[0] - edge) / (enough - edge) if count and edge < enough else 0.0]
    # The residuals of known eigenvectors enter times the share of them that the columns may have before it is removed
    polynomial = bounding_filter(side, edge, enough, RESIDUAL_ALLOWED * MOST_DRIFT * EPS, width, float(max(aims)))
    if polynomial is None or side <= complement.Q.shape[1] + count + width:
        return None
    G = rng.standard_normal((width, side)).T
    if polynomial.degree > 3 * PROBE_DEGREE:
        probe = replace(polynomial, degree=PROBE_DEGREE)
        if _quotient(complement, _filtered(complement, W, probe, G)) > polynomial.edge + max(aims) * (enough - edge):
            return None  # another copy of an eigenvalue found, or one that was missed
    columns = _filtered(complement, W, polynomial, G)
    seen = max(_quotient(complement, part) for part in (columns, first) if part.shape[1])
    largest = max(float(theta[0]), seen) if count else seen
    bound = max(float(theta[0]) if count else 0.0, bound_of_columns(columns, polynomial))
    bound += float(residual[count - 1]) + rounding if count else 0.0
    return Left(largest, bound, COLUMNS_BOUNDED) if bound < enough else None


def _ritz(complement: Complement, beside: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the Ritz vectors of a span, largest value first, the values, and the lengths of the residuals."""
    if beside.shape[1] == 0:
        return beside, np.empty(0), np.empty(0)
    W = complement.deflated(orthonormal(complement.deflated(beside)))
    image = complement.deflated(complement.gram.columns(np.asfortranarray(W)))
    H = W.T @ image
    ascending, S = eigenpairs((H + H.T) / 2)
    theta, S = ascending[::-1], S[:, ::-1]
    W = W @ S
    return W, theta, np.linalg.norm(image @ S - W * theta, axis=0)


def _filtered(complement: Complement, W: Floats, polynomial: Filter, G: Floats) -> Floats:
    """Return the filtered product with columns on the complement of what is known and of W, which is no invariant space."""

    def product(X: Floats) -> Floats:
        image = complement.gram.columns(X)
        return image - W @ (W.T @ image) if W.shape[1] else image

    def removed(X: Floats) -> Floats:
        X = complement.removed(X)
        return X - W @ (W.T @ X)

    return np.asarray(removed(polynomial(product, removed, removed(G))))


def _quotient(complement: Complement, columns: Floats) -> float:
    """Return the Rayleigh quotient of the longest combination of columns, at most the largest eigenvalue left."""
    x = complement.deflated(columns @ eigenpairs(columns.T @ columns)[1][:, -1:])
    length = float(np.linalg.norm(x))
    if not 0 < length < np.inf:
        return 0.0
    x /= length
    return float(np.vdot(x, complement.gram.columns(x)))
