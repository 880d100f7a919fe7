"""Search for the eigenpairs of Ā on a cluster, with the loop of `popgraph.spectrum.solvers.deflation` and products on workers.

A product with many columns takes one round trip to the cluster, as does a product with one. So eigenpairs are found by iterating
on a block of columns, which finds every copy of a repeated eigenvalue, and never by ARPACK, which multiplies vector by vector. The
components' eigenvectors of eigenvalue 1 are known; there may be many, so they are kept as a sparse array.
"""

from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from popgraph.basics.arrays import Floats, Sparse
from popgraph.basics.subspace import tolerance
from popgraph.dask import actions
from popgraph.dask.panels import Eigenvectors
from popgraph.dask.products import Products
from popgraph.spectrum import Remainder, orthonormal
from popgraph.spectrum.solvers import block
from popgraph.spectrum.solvers.chebyshev import HIGHEST_DEGREE, MOST_DRIFT, PLAIN, Filter, choose_filter, highest_degree
from popgraph.spectrum.solvers.deflation import (
    MOST_VECTORS_OF_BOUND,
    Left,
    bound_left,
    bound_left_by_columns,
    find_leading,
)
from popgraph.spectrum.solvers.lanczos import Lanczos

PAIRS_AT_ONCE = 48  # eigenpairs that one block finds; with its guard columns it stays below 64 columns
MOST_COLUMNS_OF_A_BLOCK = 64
LOOK_STEPS = 12  # of Lanczos' method, from which the first filter is chosen
START_EXTENT = 3e8  # of the first filter's least wanted eigenvalue: random columns then have residuals of about 1e-6
MOST_SINGLE_DRIFT = 1e4  # factor by which rounding in float32 along known eigenvectors may grow before it is removed
MOST_SPREAD = 1e3  # by which two filters at once may magnify the largest eigenvalue beyond the least wanted
GAP_SHARE = 0.9  # of an eigenvalue: below it the next one counts as apart
CLUSTER_PAIR_RESIDUAL = 2e-13  # at which a pair counts as found; products have rounding errors of about 1e-15


class Search:
    """Find the leading eigenpairs of MᵀM, or of MMᵀ, beside `unit` (side, components), its eigenvectors of the eigenvalue 1."""

    advice = "take a k at a clean cut"

    def __init__(self, products: Products, unit: Sparse, trace: float) -> None:
        self.products, self.unit, self.side = products, unit, products.side
        self.trace: float | None = trace
        self.unit_transposed, self.unit_count = sp.csr_array(unit.T), unit.shape[1]
        self.rng = np.random.default_rng(0)
        self.gamma: Floats = np.empty(0)
        self.residual = 0.0  # of all pairs found together
        # Of the latest search: how many pairs it was asked for, the top of what lies below a gap, and the block's Ritz values
        self.asked, self.gap_edge, self.ritz_values = 0, 0.0, np.empty(0)
        self.basis: Floats = np.empty((self.side, 0), order="F")  # the eigenvectors found

    def leading(self, wanted: int) -> Remainder:
        """Find the `wanted` leading pairs, and bound all other eigenvalues; the bound is 0 if these are 0."""
        remainder = find_leading(self, wanted)
        if remainder.bound == 0.0:
            return remainder
        return remainder.with_spare(self.gamma[wanted:], tolerance(self.side))

    def keep(self, gamma: Floats, U: Floats) -> None:
        """Add new pairs to those found before, and sort all by eigenvalue, largest first."""
        joined = np.concatenate([self.gamma, gamma])
        order = np.argsort(-joined, kind="stable")
        Q = orthonormal(np.column_stack([self.basis, self.deflated(U)]))
        self.gamma, self.basis = joined[order], np.asfortranarray(Q[:, order])

    def find(self, count: int) -> tuple[Floats, Floats]:
        """Return `count` more pairs, or as many as one block finds."""
        self.asked = wanted = min(count, PAIRS_AT_ONCE, self.room())
        accepted = max(CLUSTER_PAIR_RESIDUAL, tolerance(self.side) / 4)
        gamma, U, residuals = block.search(self, wanted, CLUSTER_PAIR_RESIDUAL, accepted)
        self.residual = float(np.hypot(self.residual, np.linalg.norm(residuals)))
        return gamma, U

    def find_missed(self, run: Lanczos | None, floor: float, attempt: int) -> tuple[Floats, Floats]:
        """Return the leading pair that is not yet found. A block starts from random columns, and makes no use of `run`."""
        return self.find(1)

    def bound_left(self, floor: float) -> Left:
        """Bound what is left: by filtered Gaussian columns, or else by Lanczos' method on one worker."""
        panels = self.products.panels
        seen = self._largest_seen()
        if left := bound_left_by_columns(self, (seen, max(seen, self.gap_edge)), floor, self.residual):
            return left
        if panels is None or not panels.holds(MOST_VECTORS_OF_BOUND + len(self.gamma)):
            return bound_left(self, floor)
        by_vectors: Left = panels.run(
            actions.bounded, self._known(), self._fresh(), floor, what="a bound on what is left"
        )
        return by_vectors

    def gaussian_beside(self, width: int, polynomial: Filter) -> Floats:
        """Return fresh Gaussian columns without what is known, filtered; where workers share M, a pass over it serves all."""
        if self.products.panels is None:
            G = self.deflated(self.rng.standard_normal((self.side, width)))
            if polynomial.degree < polynomial.clean_every:
                return self.products.filtered(G, polynomial)
            return np.asarray(polynomial(self.products.gram, self.deflated, G))
        return self._drawn(actions.filtered_beside, width, polynomial)

    def _drawn(self, action: actions.Action, width: int, *filters: Filter) -> Floats:
        """Return what an action of the workers makes of Gaussian columns that they draw."""
        panels = self.products.panels
        if panels is None:
            raise TypeError("workers that share M draw no columns")
        fresh = actions.GaussianColumns(int(self.rng.integers(2**63)), (self.side, width))
        return panels.columns(action, fresh, self.side, *filters, self._known(), what="a filter of Ā")

    def _largest_seen(self) -> float:
        """Return the first Ritz value beside the pairs found: by Cauchy's interlacing, at most the largest eigenvalue left."""
        return float(self.ritz_values[self.asked]) if self.asked < len(self.ritz_values) else 0.0

    def _known(self) -> Eigenvectors:
        """Return the known eigenvectors."""
        return Eigenvectors(self.unit, self.basis)

    def _fresh(self) -> np.random.Generator:
        """Return a generator of its own, for a worker."""
        return self.rng.spawn(1)[0]

    def vector(self, x: Floats) -> Floats:
        """Return (Ā - UUᵀ)x of a vector, where the columns of U are the eigenvectors of eigenvalue 1."""
        return np.asarray(self.products.searched(x) - self.unit @ (self.unit_transposed @ x))

    def deflated_vector(self, x: Floats) -> Floats:
        """Project a vector onto the complement of the known eigenvectors."""
        return self.deflated(x)

    # --- what `block.search` calls

    def room(self) -> int:
        """Return the dimension of the complement of the known eigenvectors."""
        return self.side - self.unit_count - len(self.gamma)

    def start(self, width: int) -> Floats:
        """Return random columns, filtered where a few steps of Lanczos' method tell by what."""
        panels, self.gap_edge = self.products.panels, 0.0
        if panels is None or not panels.holds(LOOK_STEPS + len(self.gamma)):
            return self.rng.standard_normal((self.side, width))
        theta, counts = panels.run(
            actions.looked_at, self._known(), self._fresh(), LOOK_STEPS, what="a look at the spectrum"
        )
        rough, fine = self._first_filters(theta, counts, width)
        if rough is PLAIN:
            return self.rng.standard_normal((self.side, width))
        return self.deflated(self._drawn(actions.started, width, rough, fine))

    def _first_filters(self, theta: Floats, counts: Floats, width: int) -> tuple[Filter, Filter]:
        """Choose the filters of random columns from Ritz values and for how many eigenvalues each stands: one rough, one fine."""
        # A Ritz value that stands for less than half an eigenvalue has not converged, and says nothing of a gap
        above, below = theta[counts > 0.5][:-1], theta[counts > 0.5][1:]
        enough = np.cumsum(counts[counts > 0.5])[:-1]
        # From 0.7 to 1.5 times: the estimate of how many eigenvalues a Ritz value stands for is as rough as one draw
        near = (enough >= 0.7 * self.asked) & (enough <= 1.5 * width) & (below > 1e-6 * theta[0])
        gaps = np.flatnonzero(near & (below < GAP_SHARE * above))
        if gaps.size == 0:
            return self._cleaned(choose_filter(theta, counts, width, START_EXTENT)), PLAIN
        # The edge is the top of what lies below the gap
        least, self.gap_edge = float(above[gaps[0]]), float(below[gaps[0]])
        degree = min(HIGHEST_DEGREE, highest_degree(START_EXTENT, 2 * least / self.gap_edge - 1))
        rough, fine = Filter(self.gap_edge, degree, HIGHEST_DEGREE), self._steep_filter()
        if degree < 2 or fine is PLAIN:
            return PLAIN, PLAIN
        # Both in one go, unless the largest eigenvalues would outgrow the least wanted
        apart = np.arccosh(2 * float(theta[0]) / self.gap_edge - 1) - np.arccosh(2 * least / self.gap_edge - 1)
        return self._cleaned(rough), fine if (degree + fine.degree) * apart <= np.log(MOST_SPREAD) else PLAIN

    def _cleaned(self, rough: Filter) -> Filter:
        """Let a filter remove what is known as often as float32 needs it."""
        if rough is PLAIN:
            return rough
        often = max(1, highest_degree(MOST_SINGLE_DRIFT, 2 / rough.edge - 1))
        return replace(rough, clean_every=min(rough.clean_every, often))

    def _steep_filter(self) -> Filter:
        """Return the filter of highest degree above the gap that need remove nothing on the way."""
        degree = min(HIGHEST_DEGREE, highest_degree(MOST_DRIFT, 2 / self.gap_edge - 1))
        return Filter(self.gap_edge, degree, HIGHEST_DEGREE + 1) if degree > 1 else PLAIN

    def filtered(self, X: Floats, polynomial: Filter) -> Floats:
        """Return a polynomial of Ā times Ritz vectors; its edge is raised to the gap below those sought, where one is known."""
        if polynomial.edge < self.gap_edge < GAP_SHARE * self.ritz_values[self.asked - 1]:
            polynomial = self._steep_filter()
        return self.products.filtered(X, polynomial)

    def deflated(self, X: Floats) -> Floats:
        """Project columns onto the complement of the known eigenvectors; a second pass removes what rounding left in the first."""
        for _ in range(2):
            X = X - self.unit @ (self.unit_transposed @ X)
            X = X - self.basis @ (self.basis.T @ X)
        return X

    def projected(self, X: Floats) -> tuple[Floats, Floats]:
        """Return orthonormal columns Q that span X, and ĀQ, both projected onto the complement of the known eigenvectors."""
        # QR divides a short column by its length, which magnifies what rounding left of the known eigenvectors in it.
        Q, image = self.products.orthonormal_and_gram(X)
        at_unit, at_basis = self.unit_transposed @ Q, self.basis.T @ Q
        Q = Q - self.unit @ at_unit - self.basis @ at_basis
        image = image - self.unit @ at_unit - (self.basis * self.gamma) @ at_basis
        H = Q.T @ image
        self.ritz_values = np.linalg.eigvalsh((H + H.T) / 2)[::-1]
        return Q, image
