"""Search for the eigenpairs of Ā on a cluster, with the loop of `popgraph.spectrum.solvers.deflation` and products on workers.

A product with many columns takes one round trip to the cluster, as does a product with one. So eigenpairs are found by iterating
on a block of columns, which finds every copy of a repeated eigenvalue, and never by ARPACK, which multiplies vector by vector. The
components' eigenvectors of eigenvalue 1 are known; there may be many, so they are kept as a sparse array.
"""

import numpy as np
import scipy.sparse as sp

from popgraph.basics.arrays import Floats, Sparse
from popgraph.basics.subspace import tolerance
from popgraph.dask.products import Products
from popgraph.spectrum import Remainder, orthonormal
from popgraph.spectrum.solvers import block
from popgraph.spectrum.solvers.chebyshev import Filter
from popgraph.spectrum.solvers.deflation import find_leading
from popgraph.spectrum.solvers.lanczos import Lanczos

PAIRS_AT_ONCE = 48  # eigenpairs that one block finds; with its guard columns it stays below 64 columns
CLUSTER_PAIR_RESIDUAL = 2e-13  # at which a pair counts as found; products have rounding errors of about 1e-15


class Search:
    """Find the leading eigenpairs of Ā orthogonal to `unit`, the components' eigenvectors of eigenvalue 1, (N, components)."""

    advice = "take a k at a clean cut"

    def __init__(self, products: Products, unit: Sparse, trace: float, side: int) -> None:
        self.products, self.unit, self.side = products, unit, side
        self.trace: float | None = trace
        self.unit_transposed, self.unit_count = sp.csr_array(unit.T), unit.shape[1]
        self.rng = np.random.default_rng(0)
        self.gamma: Floats = np.empty(0)
        self.basis: Floats = np.empty((products.N, 0), order="F")  # the eigenvectors found

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
        wanted = min(count, PAIRS_AT_ONCE, self.room())
        return block.search(self, wanted, CLUSTER_PAIR_RESIDUAL, max(CLUSTER_PAIR_RESIDUAL, tolerance(self.side) / 4))[
            :2
        ]

    def find_missed(self, run: Lanczos | None, floor: float, attempt: int) -> tuple[Floats, Floats]:
        """Return the leading pair that is not yet found. A block starts from random columns, and makes no use of `run`."""
        return self.find(1)

    def vector(self, x: Floats) -> Floats:
        """Return (Ā - UUᵀ)x of a vector, where the columns of U are the eigenvectors of eigenvalue 1."""
        return np.asarray(self.products.gram(x) - self.unit @ (self.unit_transposed @ x))

    def deflated_vector(self, x: Floats) -> Floats:
        """Project a vector onto the complement of the known eigenvectors."""
        return self.deflated(x)

    # --- what `block.search` calls

    def room(self) -> int:
        """Return the dimension of the complement of the known eigenvectors."""
        return self.products.N - self.unit_count - len(self.gamma)

    def start(self, width: int) -> Floats:
        """Return random columns."""
        return self.rng.standard_normal((self.products.N, width))

    def filtered(self, X: Floats, polynomial: Filter) -> Floats:
        """Return a polynomial of Ā times columns."""
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
        return Q, image - self.unit @ at_unit - (self.basis * self.gamma) @ at_basis
