"""Products with Kronecker-structured matrices: W_1 ⊗ ... ⊗ W_d times a vector, one coordinate after another.

Knows arrays, and no graph. A vector over tuples is C-ordered, the last coordinate running fastest.
"""

from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np
from scipy.linalg.blas import dgemm

from popgraph.basics.arrays import Floats

# Side up to which coordinates are joined: on 2^20 cells a product takes less than a third of the time of one coordinate after the
# other, and joining up to 64 takes nearly twice that of 16.
MAX_JOINED_SIDE = 16


def joined(matrices: Sequence[Floats], most: int = MAX_JOINED_SIDE) -> list[Floats]:
    """Multiply neighbouring small matrices out (Kronecker), while their sides stay at or below `most`.

    Twenty passes over a vector of 2^20 entries, each of which does next to nothing, become five.
    """
    groups: list[Any] = []
    for matrix in matrices:
        if groups and max(np.multiply(groups[-1].shape, matrix.shape)) <= most:
            groups[-1] = np.kron(groups[-1], matrix)
        else:
            groups.append(np.asarray(matrix, dtype=np.float64))
    return [np.asfortranarray(group) for group in groups]


def along_modes(matrices: Sequence[Floats], x: Floats) -> Floats:
    """Return (W_1 ⊗ ... ⊗ W_g) x of a vector x."""
    # Each step multiplies the slowest coordinate and makes it the fastest, so that after all of them the order is the original one:
    # one matrix product for each step, and no transposition in memory
    for W in matrices:
        # read as Fortran does, the C-ordered (side, rest) array is its transpose; so is the product
        x = dgemm(1.0, W, x.reshape(W.shape[1], -1).T, trans_b=1).ravel(order="F")
    return x


def outer(vectors: Sequence[Any], combine: Any = np.multiply) -> Any:
    """Combine vectors over the coordinates into one over the tuples: v_1[x_1] ∘ ... ∘ v_d[x_d]."""
    return reduce(lambda left, right: combine.outer(left, right).ravel(), vectors)
