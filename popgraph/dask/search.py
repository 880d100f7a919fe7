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
LOOK_STEPS = 12  # of Lanczos' method, from which the first filter is chosen
START_EXTENT = 3e8  # of the first filter's least wanted eigenvalue: random columns then have residuals of about 1e-6
MOST_SINGLE_DRIFT = 1e4  # factor by which rounding in float32 along known eigenvectors may grow before it is removed
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
        if panels is None:
            return bound_left(self, floor)
        seen = self._largest_seen()
        if left := bound_left_by_columns(self, (seen, max(seen, self.gap_edge)), floor, self.residual):
            return left
        if not panels.holds(MOST_VECTORS_OF_BOUND + len(self.gamma)):
            return bound_left(self, floor)
        by_vectors: Left = panels.run(
            actions.bounded, self._known(), self._fresh(), floor, what="a bound on what is left"
        )
        return by_vectors

    def filtered_beside(self, X: Floats, polynomial: Filter, *, roughly: bool = False) -> Floats:
        """Return a polynomial times columns; what is known is removed as often as the polynomial asks for, if it does."""
        known = self._known() if polynomial.degree >= polynomial.clean_every else None
        return self.products.filtered(X, polynomial, known, roughly=roughly)

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
        X, panels = self.rng.standard_normal((self.side, width)), self.products.panels
        self.gap_edge = 0.0
        if panels is None or not panels.holds(LOOK_STEPS + len(self.gamma)):
            return X
        looked = panels.run(actions.looked_at, self._known(), self._fresh(), LOOK_STEPS, what="a look at the spectrum")
        polynomial = self._first_filter(looked[0], looked[1], width)
        if polynomial is PLAIN:
            return X
        clean_every = max(1, highest_degree(MOST_SINGLE_DRIFT, 2 / polynomial.edge - 1))
        polynomial = replace(polynomial, clean_every=min(polynomial.clean_every, clean_every))
        return self.deflated(self.filtered_beside(self.deflated(X), polynomial, roughly=True))

    def _first_filter(self, theta: Floats, counts: Floats, width: int) -> Filter:
        """Choose a filter of random columns from Ritz values and for how many eigenvalues each stands."""
        # A Ritz value that stands for less than half an eigenvalue has not converged, and says nothing of a gap
        above, below = theta[counts > 0.5][:-1], theta[counts > 0.5][1:]
        enough = np.cumsum(counts[counts > 0.5])[:-1]
        # From 0.7 to 1.5 times: the estimate of how many eigenvalues a Ritz value stands for is as rough as one draw
        near = (enough >= 0.7 * self.asked) & (enough <= 1.5 * width) & (below > 1e-6 * theta[0])
        gaps = np.flatnonzero(near & (below < GAP_SHARE * above))
        if gaps.size == 0:
            return choose_filter(theta, counts, width, START_EXTENT)
        # The edge is the top of what lies below the gap
        least, self.gap_edge = float(above[gaps[0]]), float(below[gaps[0]])
        degree = min(HIGHEST_DEGREE, highest_degree(START_EXTENT, 2 * least / self.gap_edge - 1))
        return Filter(self.gap_edge, degree, HIGHEST_DEGREE) if degree > 1 else PLAIN

    def filtered(self, X: Floats, polynomial: Filter) -> Floats:
        """Return a polynomial of Ā times Ritz vectors; its edge is raised to the gap below those sought, where one is known."""
        if polynomial.edge < self.gap_edge < GAP_SHARE * self.ritz_values[self.asked - 1]:
            degree = highest_degree(MOST_DRIFT, 2 / self.gap_edge - 1)
            if degree > 1:
                polynomial = Filter(self.gap_edge, min(degree, HIGHEST_DEGREE), HIGHEST_DEGREE + 1)
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
