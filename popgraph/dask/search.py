"""What is left of Ā on a cluster, beside the eigenpairs that are known: a `Deflated` for the loop of `popgraph.spectrum`.

A product with many columns costs one journey to the cluster, as with one; so pairs are found by a block of columns, which holds
every copy of a repeated eigenvalue, and never by ARPACK, which multiplies vector by vector. The components' eigenvectors of
eigenvalue 1 are known and removed as a sparse array, however many they are.
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

PAIRS_AT_ONCE = 48  # the block stays below 64 columns
CLUSTER_PAIR_RESIDUAL = 2e-13  # of a pair that is found; products round at 1e-15 or so


class Search:
    """Find leading eigenpairs of Ā orthogonal to the components' unit eigenvectors (N, components), and their trace."""

    advice = "take a k at a clean cut"

    def __init__(self, products: Products, unit: Sparse, trace: float, side: int) -> None:
        self.products, self.unit, self.side = products, unit, side
        self.trace: float | None = trace
        self.unit_transposed, self.unit_count = sp.csr_array(unit.T), unit.shape[1]
        self.rng = np.random.default_rng(0)
        self.gamma: Floats = np.empty(0)
        self.basis: Floats = np.empty((products.N, 0), order="F")  # the eigenvectors found

    def leading(self, wanted: int) -> Remainder:
        """Find the `wanted` leading pairs; say what is left beside them, or that all others are 0."""
        left = find_leading(self, wanted)
        return left if left.bound == 0.0 else left.with_spare(self.gamma[wanted:], tolerance(self.side))

    def keep(self, gamma: Floats, U: Floats) -> None:
        """Join new pairs to those found, largest first."""
        joined = np.concatenate([self.gamma, gamma])
        order = np.argsort(-joined, kind="stable")
        Q = orthonormal(np.column_stack([self.basis, self.deflated(U)]))
        self.gamma, self.basis = joined[order], np.asfortranarray(Q[:, order])

    def find(self, count: int) -> tuple[Floats, Floats]:
        """Return `count` more pairs, or as many as a block holds."""
        wanted = min(count, PAIRS_AT_ONCE, self.room())
        return block.search(self, wanted, CLUSTER_PAIR_RESIDUAL, max(CLUSTER_PAIR_RESIDUAL, tolerance(self.side) / 4))[
            :2
        ]

    def find_missed(self, run: Lanczos | None, floor: float, attempt: int) -> tuple[Floats, Floats]:
        """Return the leading pair of what is left: a block begins anew, and what a vector has seen is no help to it."""
        return self.find(1)

    def vector(self, x: Floats) -> Floats:
        """Return Āx of a vector, without the part of the unit eigenvectors."""
        return np.asarray(self.products.gram(x) - self.unit @ (self.unit_transposed @ x))

    def deflated_vector(self, x: Floats) -> Floats:
        """Remove the known eigenvectors from a vector."""
        return self.deflated(x)

    # --- what a block search asks for

    def room(self) -> int:
        """Return the dimension of the complement of what is known."""
        return self.products.N - self.unit_count - len(self.gamma)

    def start(self, width: int) -> Floats:
        """Return random columns."""
        return self.rng.standard_normal((self.products.N, width))

    def filtered(self, X: Floats, polynomial: Filter) -> Floats:
        """Return the filtered product with columns."""
        return self.products.filtered(X, polynomial)

    def deflated(self, X: Floats) -> Floats:
        """Remove the known eigenvectors from columns; twice, which is enough."""
        for _ in range(2):
            X = X - self.unit @ (self.unit_transposed @ X)
            X = X - self.basis @ (self.basis.T @ X)
        return X

    def projected(self, X: Floats) -> tuple[Floats, Floats]:
        """Return orthonormal columns Q that span X, and ĀQ, on the complement of what is known.

        Dividing by a short column has magnified what was left of the known eigenvectors: it is removed again, here and from ĀQ.
        """
        Q, image = self.products.orthonormal_and_gram(X)
        at_unit, at_basis = self.unit_transposed @ Q, self.basis.T @ Q
        Q = Q - self.unit @ at_unit - self.basis @ at_basis
        return Q, image - self.unit @ at_unit - (self.basis * self.gamma) @ at_basis
