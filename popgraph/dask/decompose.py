"""From the blocks of M to a `Spectrum`: eigenvalue 1 in closed form, a search for the smaller ones, and a certificate."""

import numpy as np

from popgraph.basics.arrays import Floats, Ints
from popgraph.dask.products import Products
from popgraph.dask.search import Search
from popgraph.spectrum import (
    Solution,
    SolverUse,
    Spectrum,
    assemble_spectrum,
    leading_eigenvectors,
    nothing_to_solve,
    rounded,
    unit_eigenvectors,
)


def decompose(products: Products, w_x: Floats, of_view: Ints, n: int, k: int) -> Spectrum:
    """Return the k leading eigenpairs of Ā, with M of n rows in blocks; `of_view` (N,) is the component of each view."""
    N, count = len(w_x), int(of_view.max()) + 1
    unit, U = unit_eigenvectors(of_view, w_x, count), np.empty((N, 0))
    solution = nothing_to_solve(k, count, (n, N), f"{count:,} components")
    if solution is None:
        side, square = min(n, N), sum(block.square for block in products.blocks)
        search = Search(products, unit, square - count, side)
        remainder, bound, excluded = search.leading(k - count)
        below = rounded(search.gamma, side)
        U = search.basis[:, below > 0]
        gamma = np.concatenate([np.ones(count), below[below > 0]])
        why = "filtered columns, their QR by dask's tsqr"
        what = f"{len(products.blocks):,} blocks of {n:,} naturals x {N:,} views"
        use = SolverUse("blocks", count, (n, N), why, what)
        solution = Solution(gamma, count, excluded, (use,), side, remainder, bound)
    V = leading_eigenvectors(unit[:, : min(k, count)], solution.gamma[count:], U, k, solution.side)
    return assemble_spectrum(solution, V, w_x, products.gram, at_once=k)  # all columns in one round trip to the cluster
