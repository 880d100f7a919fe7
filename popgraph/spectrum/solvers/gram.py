"""Multiply vectors by Ā, or by a matrix with the same positive eigenvalues: the iterative solver needs nothing else of a graph.

`Gram` multiplies by the smaller of MMᵀ and MᵀM, from M and its transpose, without forming either product. `OperatorProduct`
multiplies by a LinearOperator. Both count their products, so that a benchmark can compare a solver's speed with the machine's
memory bandwidth.
"""

from typing import Any, Protocol

import numpy as np
from scipy.linalg.blas import dgemm, dgemv, dsyrk

from popgraph.basics.arrays import Floats, Sparse
from popgraph.basics.products import Rows, Team
from popgraph.errors import NotConverged
from popgraph.spectrum.certificate import columns_at_once
from popgraph.spectrum.solvers.dense_product import DenseProduct

DENSE_SHARE = 0.3  # of nonzero entries; an M with more is faster as a dense array, and not much larger
# Nonzero entries of M above which products use threads. On two cores a product with a vector then takes 0.34 ms in place of 0.45 at
# 200,000 entries, 0.28 in place of 0.34 at 315,000 on fewer rows, and half of the time at 8 million
THREADED_ENTRIES = 150_000
# Numbers of BᵀX up to which XᵀBBᵀX is made as its square, in half the products; a larger table takes memory that nobody asked for
SQUARED_NUMBERS = 2**21
# Columns that are multiplied together in the time of a single one: 1.2 to 1.9 were measured, at 3 to 50 entries a row. Of a dense
# array BLAS multiplies 96 columns in the time of 14: one column reads the whole array for two operations an entry.
COLUMNS_IN_TIME_OF_ONE, DENSE_COLUMNS_IN_TIME_OF_ONE = 1.5, 6.0
# Measured on two cores: of a product with a vector, for each stored entry, for each entry of a dense array, and in any case
# That of a dense array is by two products with all of it; `DenseProduct` reads it once, and takes 3.2e-10. The choice of a filter
# hangs on it: with 3.2e-10 a dense factor of 4,000 x 4,000 is solved under a filter, in 2.7 s in place of 2.2.
ENTRY_SECONDS, DENSE_ENTRY_SECONDS, CALL_SECONDS = 2e-9, 6e-10, 3e-5

# Where a filter grows by e a step, a bound by s columns takes 44 products of single columns for s = 4, 62 for 8, and 98 for 16. For
# s below 4 rounding might hide an eigenvector: the columns' product with it may be too short. A dense array of 4,000 x 4,000
# multiplies 4 columns in 13 ms, and 8 in 10 ms on two threads or 20 on one.
COLUMNS_OF_BOUND, COLUMNS_OF_DENSE_BOUND = 4, 8


def product_seconds(M: Sparse) -> float:
    """Return what a product of MᵀM or MMᵀ with a vector costs, as measured for the way in which `Gram` makes it."""
    if M.nnz > DENSE_SHARE * M.shape[0] * M.shape[1]:
        return DENSE_ENTRY_SECONDS * M.shape[0] * M.shape[1] + CALL_SECONDS
    return ENTRY_SECONDS * M.nnz + CALL_SECONDS


class Product(Protocol):
    """Multiply by a symmetric positive semidefinite matrix of norm 1 (side, side) that has Ā's positive eigenvalues.

    `limit` says how many vectors may be multiplied before `NotConverged` is raised, and `products` how many have been.
    `many_at_once` says whether several columns take less time than each by itself, `columns_of_bound` with how many of them a bound
    on eigenvalues left takes least time, and `seconds` what a vector costs, or 0.
    """

    many_at_once: bool
    columns_of_bound: int
    seconds: float
    side: int
    limit: float
    products: int

    def vector(self, x: Floats) -> Floats:
        """Return the product with a vector (side,)."""

    def columns(self, X: Floats) -> Floats:
        """Return the product with columns (side, m)."""

    def compressed(self, X: Floats) -> Floats:
        """Return Xᵀ times the product with X, (m, m), of columns (side, m)."""


class OperatorProduct:
    """Multiply by a symmetric scipy LinearOperator, Ā itself: the `Product` of a population whose M is not stored."""

    many_at_once, seconds, columns_of_bound = False, 0.0, COLUMNS_OF_BOUND

    def __init__(self, operator: Any, limit: float = np.inf) -> None:
        self.operator, self.side, self.limit, self.products = operator, operator.shape[0], limit, 0

    def vector(self, x: Floats) -> Floats:
        """Return Ā x of a vector (side,)."""
        self.products += 1
        if self.products > self.limit:
            raise NotConverged(f"{self.limit:,.0f} products with Ā did not suffice")
        return np.asarray(self.operator.matvec(x))

    def columns(self, X: Floats) -> Floats:
        """Return Ā X of columns (side, m)."""
        return np.stack([self.vector(x) for x in X.T], axis=1)

    def compressed(self, X: Floats) -> Floats:
        """Return Xᵀ Ā X, (m, m), of columns (side, m); column by column, so that ĀX is not stored."""
        return np.column_stack([dgemv(1.0, X, self.vector(x), trans=1) for x in X.T])


class Gram:
    """Multiply by B Bᵀ, where B is M or its transpose, whichever has fewer rows; a `Product`, made from the csr_array M."""

    many_at_once, columns_of_bound = True, COLUMNS_OF_BOUND

    def __init__(self, M: Sparse, limit: float = np.inf) -> None:
        n, n_views = M.shape
        self.by_naturals = n < n_views  # B is M, and the product is with MMᵀ
        self.side, self.limit, self.products, self.seconds = min(n, n_views), limit, 0, product_seconds(M)
        self._dense_B: Any = None
        self._larger_side, self._at_once = max(n, n_views), columns_at_once(max(n, n_views))
        if M.nnz > DENSE_SHARE * n * n_views:
            # An M without zeros is the array that its entries are: 0.1 s less at 4,000 x 4,000 than a copy takes
            whole = M.nnz == n * n_views and M.has_canonical_format
            array = M.data[: M.nnz].reshape(M.shape) if whole else M.toarray()
            self._dense_B = np.asfortranarray(array if self.by_naturals else array.T)
            self._dense_product = DenseProduct(self._dense_B)
            self.columns_of_bound = COLUMNS_OF_DENSE_BOUND
            return
        # A csr_array times x gathers entries of x, in half the time in which its transpose would scatter them. So both M and Mᵀ
        # are kept as csr_arrays.
        team = Team() if M.nnz > THREADED_ENTRIES else None
        naturals, views = Rows(M, team), Rows(M.T.tocsr(), team)
        self._B, self._B_transposed = (naturals, views) if self.by_naturals else (views, naturals)

    def vector(self, x: Floats) -> Floats:
        """Return B Bᵀ x of a vector (side,)."""
        self._count(1)
        if self._dense_B is not None:
            return self._dense_product(x)
        return self._B(self._B_transposed(x))

    def compressed(self, X: Floats) -> Floats:
        """Return Xᵀ B Bᵀ X, (m, m), of columns (side, m)."""
        self._count(X.shape[1])
        if self._dense_B is None and self._larger_side * X.shape[1] <= SQUARED_NUMBERS:
            image = self._B_transposed(np.ascontiguousarray(X))
            upper = np.triu(dsyrk(1.0, image.T))
            return np.asarray(upper + np.triu(upper, 1).T)
        inner = np.empty((X.shape[1], X.shape[1]))
        for start in range(0, X.shape[1], self._at_once):
            part = X[:, start : start + self._at_once]
            if self._dense_B is not None:
                image = self._dense_product(part)
            else:
                image = self._B(self._B_transposed(np.ascontiguousarray(part)))
            inner[:, start : start + self._at_once] = dgemm(1.0, X, image, trans_a=1)
        return inner

    def columns(self, X: Floats) -> Floats:
        """Return B Bᵀ X of columns (side, m)."""
        if X.shape[1] == 1:
            return self.vector(X[:, 0])[:, np.newaxis]
        self._count(X.shape[1] / (COLUMNS_IN_TIME_OF_ONE if self._dense_B is None else DENSE_COLUMNS_IN_TIME_OF_ONE))
        if self._dense_B is not None:
            return self._dense_product(X)
        image = np.empty(X.shape, order="F")
        for start in range(0, X.shape[1], self._at_once):
            part = X[:, start : start + self._at_once]
            image[:, start : start + self._at_once] = self._B(self._B_transposed(np.ascontiguousarray(part)))
        return image

    def widened(self, X: Floats, out: Floats) -> None:
        """Write Bᵀ X (m columns on the larger side) into `out`."""
        for start in range(0, X.shape[1], self._at_once):
            part = np.ascontiguousarray(X[:, start : start + self._at_once])
            out[:, start : start + self._at_once] = (
                self._B_transposed(part) if self._dense_B is None else self._dense_B.T @ part
            )

    def _count(self, vectors: float) -> None:
        self.products += max(1, round(vectors))
        if self.products > self.limit:
            raise NotConverged(
                f'{self.limit:,.0f} products with M and its transpose did not suffice; use solver="dense"'
            )
