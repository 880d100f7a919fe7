"""Multiply by B Bᵀ where B is an array without zeros: a few vectors with a block of its columns at a time, many with all of them.

A block stays in the processor's cache between the product with its transpose and the product with itself, so that B is read from
memory once, not twice. Of many vectors, reading B is the lesser part.
"""

from typing import Any

import numpy as np
from scipy.linalg.blas import dgemv

from popgraph.basics.arrays import Floats

# Entries of a block. On an array of 4,000 x 4,000 a vector takes 5.1 ms with blocks of 8 to 16 columns, 5.5 with 32, 7.5 with 500,
# and 7.8 by two products with the whole array
VECTOR_ENTRIES = 2**16
# On one of 4,096 x 4,096 8 columns take 23.6 ms with blocks of 64, and 29.5 by two products with the whole array; 16 take 42.3 and
# 38.0, 100 take 628 and 135
COLUMNS_ENTRIES, BLOCKED_COLUMNS = 2**18, 8
FEW_COLUMNS = (
    4  # that are multiplied one by one: 12.8 ms there in place of 14.1 together, and 30.5 with the whole array
)


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
        if X.shape[1] > BLOCKED_COLUMNS:
            return np.asfortranarray(self.B @ (self.B.T @ X))
        image = np.zeros(X.shape, order="F")
        for block in self._blocks(COLUMNS_ENTRIES):
            image += block @ (block.T @ X)
        return image

    def _one_by_one(self, vectors: list[Floats]) -> list[Any]:
        images: list[Any] = [np.zeros(len(self.B)) for _ in vectors]
        for block in self._blocks(VECTOR_ENTRIES):
            for i, x in enumerate(vectors):
                images[i] = dgemv(1.0, block, dgemv(1.0, block, x, trans=1), 1.0, images[i], overwrite_y=1)
        return images

    def _blocks(self, entries: int) -> list[Floats]:
        width = max(1, entries // len(self.B))
        return [self.B[:, start : start + width] for start in range(0, self.B.shape[1], width)]
