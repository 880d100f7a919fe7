"""The top pair of every connected block, which needs no solver: γ = 1 on √w_x (THEORY 2.2, Perron-Frobenius)."""

import numpy as np

from popgraph.spectrum.components import Stack
from popgraph.spectrum.pairs import Pairs


def solve(stack: Stack, k: int, alone: bool = True) -> Pairs:
    """Return γ = 1 and √w_x of each block, which are all there is to blocks of rank 1, and all there is to k = 1.

    Ā√w_x = D^-1/2 w 1 = √w_x, and a connected block has no second eigenvalue 1.
    """
    count, n, n_views = stack.shape
    rest = np.full(count, 0.0 if min(n, n_views) == 1 else 1.0)
    return Pairs(np.ones((count, 1)), stack.top[:, :, np.newaxis], rest, rest, "closed form")
