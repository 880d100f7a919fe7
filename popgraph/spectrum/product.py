"""`Gram`: the smaller of MMᵀ and MᵀM as a product with a vector, and nothing formed but M and its transpose.

Counts what it does, so that a benchmark can say how far a solver is from the machine's memory bandwidth.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.linalg.blas import dgemv

from popgraph.arrays import Floats, Sparse
from popgraph.errors import NotConverged

DENSE_SHARE = 0.3  # a factor fuller than this is quicker, and not much larger, as a dense array


@dataclass
class Gram:
    """Multiply by B Bᵀ, where B is M or its transpose, whichever has fewer rows.

    Attributes
    ----------
    M, transposed : csr_array, or None and None where the block is dense
        Gathering products take half the time of scattering ones, so both are kept.
    full : F-ordered array or None
        B, where the block is dense.
    products : int
        How many vectors have been multiplied.
    limit : float
        How many may be before `NotConverged` is raised.
    """

    M: Sparse
    transposed: Sparse = field(init=False, default=None)
    full: Any = field(init=False, default=None)
    products: int = 0
    limit: float = np.inf

    def __post_init__(self) -> None:
        n, n_views = self.M.shape
        if self.M.nnz > DENSE_SHARE * n * n_views:
            self.full = np.asfortranarray(self.M.toarray() if self.by_naturals else self.M.toarray().T)
        else:
            self.transposed = self.M.T.tocsr()

    @property
    def by_naturals(self) -> bool:
        """Whether the naturals are the smaller side: MMᵀ."""
        return bool(self.M.shape[0] < self.M.shape[1])

    @property
    def side(self) -> int:
        """The rows of B."""
        return int(min(self.M.shape))

    def vector(self, x: Floats) -> Floats:
        """Return B Bᵀ x of a vector (side,)."""
        self._count(1)
        if self.full is not None:
            return np.asarray(dgemv(1.0, self.full, dgemv(1.0, self.full, x, trans=1)))
        first, second = (self.transposed, self.M) if self.by_naturals else (self.M, self.transposed)
        return np.asarray(second @ (first @ x))

    def columns(self, X: Floats) -> Floats:
        """Return B Bᵀ X of columns (side, m)."""
        self._count(X.shape[1])
        if self.full is not None:
            return np.asarray(self.full @ (self.full.T @ X))
        first, second = (self.transposed, self.M) if self.by_naturals else (self.M, self.transposed)
        return np.asarray(second @ (first @ X))

    def to_views(self, X: Floats) -> Floats:
        """Return MᵀX, (N, m), of columns on the naturals' side."""
        if self.full is not None:
            return np.asarray(self.full.T @ X)
        return np.asarray(self.transposed @ X)

    def _count(self, vectors: int) -> None:
        self.products += vectors
        if self.products > self.limit:
            raise NotConverged(f'{self.limit:,.0f} products with M and its transpose did not do; use solver="dense"')
