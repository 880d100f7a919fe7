"""`Pairs`: what every solver returns for a stack of blocks; and those of blocks of rank 1, which need no solver."""

from dataclasses import dataclass

import numpy as np

from popgraph.basics.arrays import Floats
from popgraph.spectrum.components import Stack


@dataclass(frozen=True, eq=False)
class Pairs:
    """Hold the leading eigenpairs of Ā on each block of a stack, the top pair included.

    Attributes
    ----------
    gamma : (count, m) array
        Each block's leading eigenvalues, largest first; what rounds to 0 is 0.
    vectors : (count, N, v) array
        Orthonormal eigenvectors of the first v <= m of them. Columns whose eigenvalue is 0 mean nothing.
    remainder : (count,) array
        The largest eigenvalue of each block that is not listed, as well as it is known; 0 if all are listed.
    remainder_bound : (count,) array
        An upper bound on it.
    excluded : str
        How it is known that nothing above it was missed.
    """

    gamma: Floats
    vectors: Floats
    remainder: Floats
    remainder_bound: Floats
    excluded: str


def top_pairs(stack: Stack, k: int, alone: bool = True) -> Pairs:
    """Return γ = 1 and √w_x of each block of rank 1, which is all there is to it (THEORY 2.2, Perron-Frobenius)."""
    count = len(stack.top)
    return Pairs(np.ones((count, 1)), stack.top[:, :, np.newaxis], np.zeros(count), np.zeros(count), "closed form")
