"""The top pair of every connected block, which needs no solver: γ = 1 on √w_x (THEORY 2.2, Perron-Frobenius)."""

import numpy as np

from popgraph.spectrum.components import Stack
from popgraph.spectrum.pairs import Pairs


def solve(stack: Stack, k: int) -> Pairs:
    """Return γ = 1 and √w_x of each block; k must be 1, unless the blocks have rank 1 and there is nothing else to find.

    Ā√w_x = D^-1/2 w 1 = √w_x, and a connected block has no second eigenvalue 1.
    """
    count, n, n_views = stack.shape
    complete = min(n, n_views) == 1
    return Pairs(np.ones((count, 1)), stack.top[:, :, np.newaxis], complete, "closed form")
