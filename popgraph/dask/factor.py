"""All of M on one worker: in its memory where that fits, by rows and by columns, else mapped from disk a block at a time.

A product then needs no other worker: each takes some of the columns, and multiplies them as often as a filter asks for. Sending
columns between workers costs more than reading M, unless M has far more entries than the columns have (`Products.whole_factor`).
"""

from dataclasses import dataclass
from threading import Lock

import numpy as np
import scipy.sparse as sp

from popgraph.basics.arrays import Floats, Sparse
from popgraph.dask import store

HELD_BYTES_AN_ENTRY = 32  # M and Mᵀ, 12 bytes each, and their entries in float32


@dataclass(frozen=True)
class FactorFiles:
    """Say where M is, how many rows each block has, and whether a worker is to keep it in memory.

    `by_naturals` says that eigenvectors are searched for as those of MMᵀ, whose nonzero eigenvalues are Ā's.
    """

    directory: str
    rows: tuple[int, ...]
    N: int
    held: bool
    by_naturals: bool

    @property
    def n(self) -> int:
        """The number of naturals."""
        return sum(self.rows)

    @property
    def side(self) -> int:
        """The length of the vectors that are searched for."""
        return self.n if self.by_naturals else self.N


class HeldFactor:
    """M (n, N) in memory, and Mᵀ, both by rows; in float32 too, once a product is asked for in that."""

    def __init__(self, files: FactorFiles) -> None:
        M = store.complete_factor(files.directory, len(files.rows), files.N)
        M.sort_indices()
        self.by_naturals = files.by_naturals
        self._pairs: dict[np.dtype, tuple[Sparse, Sparse]] = {np.dtype("f8"): (M, M.T.tocsr())}

    def _in_precision_of(self, X: Floats) -> tuple[Sparse, Sparse]:
        """Return M and Mᵀ in the precision of X."""
        if X.dtype not in self._pairs:
            M, transposed = (
                sp.csr_array((matrix.data.astype(X.dtype), matrix.indices, matrix.indptr), shape=matrix.shape)
                for matrix in self._pairs[np.dtype("f8")]
            )
            self._pairs[X.dtype] = M, transposed
        return self._pairs[X.dtype]

    def times(self, X: Floats) -> Floats:
        """Return MX."""
        return np.asarray(self._in_precision_of(X)[0] @ X)

    def transposed_times(self, Z: Floats) -> Floats:
        """Return MᵀZ."""
        return np.asarray(self._in_precision_of(Z)[1] @ Z)

    def gram(self, X: Floats) -> Floats:
        """Return ĀX = MᵀMX."""
        return self.transposed_times(self.times(X))

    def searched(self, X: Floats) -> Floats:
        """Return MMᵀX or MᵀMX, of which eigenvectors are searched for."""
        return self.times(self.transposed_times(X)) if self.by_naturals else self.gram(X)


class MappedFactor:
    """M on disk: each product reads every block once, and holds one at a time."""

    def __init__(self, files: FactorFiles) -> None:
        self.files = files

    def times(self, X: Floats) -> Floats:
        """Return MX."""
        product, start = np.empty((self.files.n, *X.shape[1:]), dtype=X.dtype), 0
        for block, rows in enumerate(self.files.rows):
            M, columns = store.factor(self.files.directory, block)
            product[start : start + rows] = M @ X[columns]
            start += rows
        return product

    def transposed_times(self, Z: Floats) -> Floats:
        """Return MᵀZ."""
        product, start = np.zeros((self.files.N, *Z.shape[1:]), dtype=Z.dtype), 0
        for block, rows in enumerate(self.files.rows):
            M, columns = store.factor(self.files.directory, block)
            product[columns] += M.T @ Z[start : start + rows]  # the columns of one block are all different
            start += rows
        return product

    def gram(self, X: Floats) -> Floats:
        """Return ĀX = MᵀMX."""
        product = np.zeros_like(X)
        for block in range(len(self.files.rows)):
            M, columns = store.factor(self.files.directory, block)
            product[columns] += M.T @ (M @ X[columns])
        return product

    def searched(self, X: Floats) -> Floats:
        """Return MᵀMX: MMᵀX would read M twice."""
        return self.gram(X)


class _Held:
    """The factor that this process keeps, and its files: one at a time, for all threads."""

    lock = Lock()
    files: FactorFiles | None = None
    factor: HeldFactor | None = None


def whole_factor(files: FactorFiles) -> HeldFactor | MappedFactor:
    """Return M on this worker; that of the latest graph stays in memory, if it is to."""
    if not files.held:
        return MappedFactor(files)
    with _Held.lock:
        if _Held.files != files or _Held.factor is None:
            _Held.files, _Held.factor = None, None  # freed before the next is read
            _Held.factor, _Held.files = HeldFactor(files), files
        return _Held.factor
