"""`Pairs`: what every solver returns for a stack of blocks; and those of blocks of rank 1, which need no solver."""

from dataclasses import dataclass

import numpy as np

from popgraph.basics.arrays import Floats
from popgraph.spectrum.components import Stack


@dataclass(frozen=True, eq=False)
class Pairs:
    """The leading eigenpairs of Ā on each block of a stack, including the pair of eigenvalue 1."""

    gamma: Floats  # (count, m) leading eigenvalues of each block, descending; values within rounding of 0 are 0
    vectors: Floats  # (count, N, v) orthonormal eigenvectors of the first v <= m; arbitrary where the eigenvalue is 0
    remainder: Floats  # (count,) estimates of the largest eigenvalue that is not in gamma; 0 if all are
    remainder_bound: Floats  # (count,) upper bounds on that eigenvalue
    excluded: str  # a sentence on how it is known that no larger eigenvalue was missed


def top_pairs(stack: Stack, k: int, alone: bool = True) -> Pairs:
    """Return γ = 1 and √w_x of each block of rank 1, which is all there is to it (THEORY 2.2, Perron-Frobenius)."""
    count = len(stack.top)
    return Pairs(np.ones((count, 1)), stack.top[:, :, np.newaxis], np.zeros(count), np.zeros(count), "closed form")
