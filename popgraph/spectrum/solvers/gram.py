"""Ā, or a matrix of the same eigenvalues, as a product with a vector: all that the iterative solver asks of a graph.

`Gram` is the smaller of MMᵀ and MᵀM, with nothing formed but M and its transpose; `OperatorProduct` multiplies by a
LinearOperator. Both count their products, so that a benchmark can say how far a solver is from the machine's memory bandwidth.
"""

import os
from concurrent.futures import Executor, ThreadPoolExecutor
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
import scipy.sparse as sp
from scipy.linalg.blas import dgemm, dgemv

from popgraph.basics.arrays import Floats, Sparse
from popgraph.errors import NotConverged
from popgraph.spectrum.certificate import COLUMNS_AT_ONCE

DENSE_SHARE = 0.3  # of entries that are not 0: a fuller factor is quicker, and not much larger, as a dense array
THREADED_ENTRIES = (
    1_000_000  # from which on: on two cores, 8 million take half the time in threads, 300,000 take longer
)
COLUMNS_FOR_ONE = 1.5  # multiplied together in the time of one alone: 1.2 to 1.9 were measured at 3 to 50 entries a row


class Product(Protocol):
    """Multiply by a symmetric positive semidefinite matrix of norm 1 (side, side) that has Ā's positive eigenvalues.

    `limit` says how many vectors may be multiplied before `NotConverged` is raised, and `products` how many have been.
    """

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
    """Multiply by a symmetric scipy LinearOperator, Ā itself: a `Product` for what has a structure instead of entries."""

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
        """Return Xᵀ Ā X, (m, m), of columns (side, m); column by column, which takes no memory."""
        return np.column_stack([dgemv(1.0, X, self.vector(x), trans=1) for x in X.T])


class Gram:
    """The product with B Bᵀ, where B is M or its transpose, whichever has fewer rows; `limit` as of `Product`."""

    def __init__(self, M: Sparse, limit: float = np.inf) -> None:
        n, n_views = M.shape
        self.by_naturals = n < n_views  # whether the naturals are the smaller side: MMᵀ
        self.side, self.limit, self.products = min(n, n_views), limit, 0
        self._full: Any = None
        if M.nnz > DENSE_SHARE * n * n_views:
            self._full = np.asfortranarray(M.toarray() if self.by_naturals else M.toarray().T)
            return
        # Gathering products take half the time of scattering ones, so M and its transpose are both kept.
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        threads = ThreadPoolExecutor(cores - 1) if cores > 1 and M.nnz > THREADED_ENTRIES else None
        naturals, views = _Rows(M, threads, cores), _Rows(M.T.tocsr(), threads, cores)
        self._second, self._first = (naturals, views) if self.by_naturals else (views, naturals)

    def vector(self, x: Floats) -> Floats:
        """Return B Bᵀ x of a vector (side,)."""
        self._count(1)
        if self._full is not None:
            return np.asarray(dgemv(1.0, self._full, dgemv(1.0, self._full, x, trans=1)))
        return self._second(self._first(x))

    def compressed(self, X: Floats) -> Floats:
        """Return Xᵀ B Bᵀ X, (m, m), of columns (side, m)."""
        self._count(X.shape[1])
        inner = np.empty((X.shape[1], X.shape[1]))
        for start in range(0, X.shape[1], COLUMNS_AT_ONCE):
            part = X[:, start : start + COLUMNS_AT_ONCE]
            if self._full is not None:
                image = self._full @ (self._full.T @ part)
            else:
                image = self._second(self._first(np.ascontiguousarray(part)))
            inner[:, start : start + COLUMNS_AT_ONCE] = dgemm(1.0, X, image, trans_a=1)
        return inner

    def columns(self, X: Floats) -> Floats:
        """Return B Bᵀ X of columns (side, m)."""
        self._count(X.shape[1] / COLUMNS_FOR_ONE)
        image = np.empty(X.shape, order="F")
        for start in range(0, X.shape[1], COLUMNS_AT_ONCE):
            part = X[:, start : start + COLUMNS_AT_ONCE]
            if self._full is not None:
                image[:, start : start + COLUMNS_AT_ONCE] = self._full @ (self._full.T @ part)
            else:
                image[:, start : start + COLUMNS_AT_ONCE] = self._second(self._first(np.ascontiguousarray(part)))
        return image

    def widened(self, X: Floats, out: Floats) -> None:
        """Write Bᵀ X (m columns on the larger side) into `out`."""
        for start in range(0, X.shape[1], COLUMNS_AT_ONCE):
            part = np.ascontiguousarray(X[:, start : start + COLUMNS_AT_ONCE])
            out[:, start : start + COLUMNS_AT_ONCE] = self._first(part) if self._full is None else self._full.T @ part

    def _count(self, vectors: float) -> None:
        self.products += int(vectors)
        if self.products > self.limit:
            raise NotConverged(
                f'{self.limit:,.0f} products with M and its transpose did not suffice; use solver="dense"'
            )


class _Rows:
    """Multiply a csr_array by vectors, its rows shared out among threads; the bits do not depend on how many."""

    def __init__(self, matrix: Sparse, threads: Executor | None, cores: int) -> None:
        self.shape, self.threads = matrix.shape, threads
        indptr = matrix.indptr
        share = np.linspace(0, matrix.nnz, cores + 1)[1:-1] if threads else np.empty(0)
        edges = [0, *np.searchsorted(indptr, share).tolist(), matrix.shape[0]]
        self.parts = []
        for start, stop in pairwise(edges):
            entries = slice(indptr[start], indptr[stop])
            rows = (matrix.data[entries], matrix.indices[entries], indptr[start : stop + 1] - indptr[start])
            self.parts.append((slice(start, stop), sp.csr_array(rows, shape=(stop - start, matrix.shape[1]))))

    def __call__(self, x: Floats) -> Floats:
        if self.threads is None:
            return np.asarray(self.parts[0][1] @ x)
        y = np.empty((self.shape[0], *x.shape[1:]))

        def multiply(rows: slice, part: Sparse) -> None:
            y[rows] = part @ x

        others = [self.threads.submit(multiply, *part) for part in self.parts[1:]]
        multiply(*self.parts[0])
        for other in others:
            other.result()
        return y
