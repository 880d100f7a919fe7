"""Multiply by B Bᵀ where B is an array without zeros: a few vectors with a block of its columns at a time, many with half of them.

A block stays in the processor's cache between the product with its transpose and the product with itself, so that B is read from
memory once, not twice. Of many vectors, reading B is the lesser part. A single vector is no faster on two threads: 4.8 ms in place
of 5.1, for twice the processors' time, as threads of numpy wait for each other between products of a tenth of a millisecond.
"""

from functools import partial
from typing import Any

import numpy as np
from scipy.linalg.blas import dgemv

from popgraph.basics.arrays import Floats
from popgraph.basics.products import side_by_side

# Entries of a block. On an array of 4,000 x 4,000 a vector takes 5.1 ms with blocks of 8 to 16 columns, 5.5 with 32, 7.5 with 500,
# and 7.8 by two products with the whole array
VECTOR_ENTRIES = 2**16
FEW_COLUMNS = 4  # that are multiplied one by one: 13.1 ms of a core in place of 15.3 in one go
# Of more columns, two threads take a half of the array's columns each. 8, 16 and 32 columns take 20, 29 and 52 ms of processors'
# time with blocks of 64, and 27, 37 and 56 with a half at once; 64 take 98 and 91
COLUMNS_ENTRIES, BLOCKED_COLUMNS = 2**18, 40
SHARED_ENTRIES = 1_000_000  # of an array that takes 1 ms for 8 columns: threads cost 0.1 ms


class DenseProduct:
    """Multiply by B Bᵀ; B (side, m) is in Fortran's order, and its blocks depend on its shape alone."""

    def __init__(self, B: Floats) -> None:
        self.B = B

    def __call__(self, X: Floats) -> Floats:
        """Return B Bᵀ X of a vector (side,) or of columns (side, m)."""
        if X.ndim == 1:
            return np.asarray(self._one_by_one([X])[0])
        if X.shape[1] <= FEW_COLUMNS:
            return np.asfortranarray(np.stack(self._one_by_one(list(np.asfortranarray(X).T)), axis=1))
        half = self.B.shape[1] // 2
        halves = [slice(0, half), slice(half, self.B.shape[1])]
        first, second = side_by_side(
            [partial(self._half, X, columns) for columns in halves], self.B.size >= SHARED_ENTRIES
        )
        return np.asfortranarray(first + second)

    def _half(self, X: Floats, columns: slice) -> Floats:
        """Return the part of B Bᵀ X that some columns of B make."""
        part = self.B[:, columns]
        if X.shape[1] > BLOCKED_COLUMNS:
            return np.asarray(part @ (part.T @ X))
        image = np.zeros(X.shape)
        for block in _blocks(part, COLUMNS_ENTRIES):
            image += block @ (block.T @ X)
        return image

    def _one_by_one(self, vectors: list[Floats]) -> list[Any]:
        images: list[Any] = [np.zeros(len(self.B)) for _ in vectors]
        for block in _blocks(self.B, VECTOR_ENTRIES):
            for i, x in enumerate(vectors):
                images[i] = dgemv(1.0, block, dgemv(1.0, block, x, trans=1), 1.0, images[i], overwrite_y=1)
        return images


def _blocks(B: Floats, entries: int) -> list[Floats]:
    """Cut an array into blocks of columns with about so many entries each."""
    width = max(1, entries // len(B))
    return [B[:, start : start + width] for start in range(0, B.shape[1], width)]
