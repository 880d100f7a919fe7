"""From the blocks of M to a `Spectrum`: eigenvalue 1 in closed form, a search for the smaller ones, and a certificate."""

import numpy as np

from popgraph.basics.arrays import Floats, Ints, Sparse
from popgraph.basics.memory import reserve
from popgraph.dask import store
from popgraph.dask.products import Products
from popgraph.dask.search import MOST_COLUMNS_OF_A_BLOCK, Search
from popgraph.spectrum import (
    Solution,
    SolverUse,
    Spectrum,
    assemble_spectrum,
    leading_eigenvectors,
    nothing_to_solve,
    orthonormal,
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
        # A block's columns, their products and copies of both; the eigenvectors found; and those on the views with what checks them
        needed = 8.0 * (6 * MOST_COLUMNS_OF_A_BLOCK * products.side + 2 * k * products.side + 3 * k * N)
        reserve(f"the columns of a search among {N:,} views for {k:,} pairs", needed, "use a smaller k")
        search = Search(products, _unit_searched(products, unit, w_x, of_view), square - count)
        remainder, bound, excluded = search.leading(k - count)
        below = rounded(search.gamma, side)
        U = _on_views(products, search.basis[:, below > 0])
        gamma = np.concatenate([np.ones(count), below[below > 0]])
        why = (
            "filtered columns, their QR by dask's tsqr"
            if products.panels is None
            else "filtered columns, all of M on each worker"
        )
        what = f"{len(products.blocks):,} blocks of {n:,} naturals x {N:,} views"
        use = SolverUse("blocks", count, (n, N), why, what)
        solution = Solution(gamma, count, excluded, (use,), side, remainder, bound)
    V = leading_eigenvectors(unit[:, : min(k, count)], solution.gamma[count:], U, k, solution.side)
    return assemble_spectrum(solution, V, w_x, products.gram, at_once=k)  # all columns in one round trip to the cluster


def _unit_searched(products: Products, unit: Sparse, w_x: Floats, of_view: Ints) -> Sparse:
    """Return the eigenvectors of the components' eigenvalue 1 of the product that is searched."""
    if not products.by_naturals:
        return unit
    # M √w_x = √p (each row of the kernel sums to 1), and so it is on each component by itself; so M times the component's number
    # times √w_x is √p times the number of the natural's component.
    root_p = np.sqrt(store.probabilities(products.directory, len(products.blocks)))
    if unit.shape[1] == 1:
        return unit_eigenvectors(np.zeros(len(root_p), dtype=np.intp), root_p**2, 1)
    component = np.rint(products.times(np.sqrt(w_x) * of_view) / root_p).astype(np.intp)
    return unit_eigenvectors(component, root_p**2, unit.shape[1])


def _on_views(products: Products, U: Floats) -> Floats:
    """Return the eigenvectors of Ā of what was searched for: MᵀU of eigenvectors of MMᵀ, made orthonormal again."""
    if not products.by_naturals:
        return U
    if U.shape[1] == 0:
        return np.empty((products.N, 0))
    V = products.transposed_times(U)
    return orthonormal(V / np.linalg.norm(V, axis=0))
