"""The top pair of a connected block, which needs no solver: γ = 1 on √w_x (THEORY 2.2, Perron-Frobenius)."""

import numpy as np

from popgraph.spectrum.components import Stack
from popgraph.spectrum.pairs import Pairs


def solve(stack: Stack, k: int, alone: bool = True) -> Pairs:
    """Return γ = 1 and √w_x of each block of rank 1, which is all there is to it: Ā√w_x = D^-1/2 w 1 = √w_x."""
    count = len(stack.top)
    return Pairs(np.ones((count, 1)), stack.top[:, :, np.newaxis], np.zeros(count), np.zeros(count), "closed form")
