"""`compare_adjacencies`: the norm of the difference of two graphs' Ā on the union of their views, from below and from above.

All its eigenvalues where it is small, else Lanczos' method on a power of it, of which only products are needed.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import scipy.linalg
import scipy.sparse as sp

from popgraph.basics.arrays import Floats, Ints, Sparse
from popgraph.basics.memory import reserve
from popgraph.basics.protocols import ViewedPopulation
from popgraph.basics.subspace import tolerance
from popgraph.populations import PopulationGraph, given_pairs
from popgraph.spectrum.solvers.lanczos import FAILURE_PROBABILITY, MOST_STEPS, Lanczos

DENSE_SIDE_LIMIT = 1_200  # up to here all eigenvalues of the difference take about a second
MAX_DENSE_ENTRIES = 2**25  # of [M; M'] as a dense array: 256 MB
MAX_SPARSE_ENTRIES = 10_000_000  # of Â - Ā as a sparse matrix, for its Frobenius norm
VECTORS_OF_A_PRODUCT = 8  # a start, its image and those on the way, over views or naturals
COMPARE_SMALLER = "compare graphs of fewer views"
SQUARINGS = 2  # Lanczos runs on (Â - Ā)^(2 * 2): its bound is then 0.6 % above, instead of 1.2 %, at 200,000 views


class DifferenceNorms(NamedTuple):
    """Hold bounds on ||Â - Ā||_2 from below and from above, ||Â - Ā||_F or None where it takes too long, and the method."""

    lower: float
    upper: float
    frobenius: float | None
    method: str


def compare_adjacencies(graph: ViewedPopulation, other: ViewedPopulation, rows: Ints, union: int) -> DifferenceNorms:
    """Bound the norms of Â - Ā on a union of views: the first graph's are 0..N-1 in it, the other's are at `rows`."""
    if isinstance(graph, PopulationGraph) and isinstance(other, PopulationGraph):
        reserve("both factors on a union of views", 16.0 * (graph.factor.nnz + other.factor.nnz), COMPARE_SMALLER)
        M, M_other = _spread(graph.factor, np.arange(graph.N), union), _spread(other.factor, rows, union)
        return _of_factors(M, M_other)

    def multiplied(X: Any) -> Any:
        product = np.zeros_like(X)
        product[rows] = other.gram(X[rows])
        product[: graph.N] -= graph.gram(X[: graph.N])
        return product

    # -Ā <= Δ <= Â, and neither norm exceeds 1 where Ā and Â are positive semidefinite
    most = 1.0 if given_pairs(graph) is None and given_pairs(other) is None else 2.0
    if union <= DENSE_SIDE_LIMIT:
        difference = multiplied(np.eye(union))
        return _dense_norms((difference + difference.T) / 2)
    _reserve_run(union)
    return _lanczos_norms(multiplied, union, None, most)


def _reserve_run(union: int, beside: float = 0.0) -> None:
    """Ask for the vectors that Lanczos' method keeps, those that a product makes, and what else is needed beside them."""
    needed = 8.0 * union * (MOST_STEPS + VECTORS_OF_A_PRODUCT) + beside
    reserve(f"{MOST_STEPS} steps of Lanczos' method on a union of {union:,} views", needed, COMPARE_SMALLER)


def _of_factors(M: Sparse, M_other: Sparse) -> DifferenceNorms:
    """Bound the norms of M'ᵀM' - MᵀM, where both factors are listed."""
    n, union = M.shape[0] + M_other.shape[0], M.shape[1]
    if min(n, union) <= DENSE_SIDE_LIMIT and n * union <= MAX_DENSE_ENTRIES:
        return _dense_norms(_small_difference(M, M_other))
    _reserve_run(union, 12.0 * (M.nnz + M_other.nnz))
    transposed, transposed_other = M.T.tocsr(), M_other.T.tocsr()

    def multiplied(x: Any) -> Any:
        return transposed_other @ (M_other @ x) - transposed @ (M @ x)

    return _lanczos_norms(multiplied, union, _sparse_frobenius(M, M_other))


def _dense_norms(difference: Floats) -> DifferenceNorms:
    """Return the norms themselves, from all eigenvalues."""
    gamma = np.linalg.eigvalsh(difference)
    norm = float(np.abs(gamma).max())
    method = f"all eigenvalues of a matrix of side {len(gamma):,}"
    return DifferenceNorms(norm, norm, float(np.linalg.norm(gamma)), method)


def _lanczos_norms(
    multiplied: Callable[[Any], Any], union: int, frobenius: float | None, most: float = 1.0
) -> DifferenceNorms:
    """Bound ||Δ||_2, which is `most` at most, by Lanczos' method on Δ⁴; `multiplied` is x -> Δx."""

    def powered(x: Any) -> Any:
        for _ in range(2 * SQUARINGS):
            x = multiplied(x)
        return x

    lanczos = Lanczos(powered, np.empty((union, 0)), np.random.default_rng(0))
    lanczos.advance(MOST_STEPS)
    theta = max(0.0, float(lanczos.ritz()[0][0]))
    root, rounding = 1 / (2 * SQUARINGS), tolerance(union)
    # Each product with Δ rounds at eps, of norms up to 1, and the root of Δ⁴'s bound at no more than that.
    upper = min(max(0.0, lanczos.bound()) ** root + rounding, most)
    if frobenius is not None:
        upper = min(upper, frobenius + rounding)
    lower = min(max(0.0, theta**root - rounding), upper)
    method = f"Lanczos' method; the upper bound fails with probability below {FAILURE_PROBABILITY:.0e}"
    return DifferenceNorms(lower, upper, frobenius, method)


def _spread(factor: Sparse, columns: Ints, width: int) -> Sparse:
    """Return M with its columns put where the union has these views."""
    entries = (
        factor.data.copy(),
        columns[factor.indices],
        factor.indptr.copy(),
    )  # a sort would write into the graph's own
    spread = Sparse(entries, shape=(factor.shape[0], width))
    spread.sort_indices()
    return spread


def _small_difference(M: Sparse, M_other: Sparse) -> Floats:
    """Return a dense matrix with the eigenvalues of Â - Ā, but for zeros, on the union of views or on the naturals of both."""
    # On the naturals: with S = [M; M'] = (QR)ᵀ and J = diag(-I, I), Â - Ā = SᵀJS = Q (R J Rᵀ) Qᵀ. J SSᵀ has these eigenvalues too,
    # but is not symmetric, so their errors would be roots of the rounding.
    n, union = M.shape[0] + M_other.shape[0], M.shape[1]
    if union <= n:
        return np.asarray((M_other.T @ M_other - M.T @ M).toarray())
    tall = sp.vstack([M, M_other]).T.toarray()
    R: Floats = scipy.linalg.qr(tall, mode="r", overwrite_a=True, check_finite=False)[0][:n]
    sign = np.repeat([-1.0, 1.0], [M.shape[0], M_other.shape[0]])
    return np.asarray((R * sign) @ R.T)


def _sparse_frobenius(M: Sparse, M_other: Sparse) -> float | None:
    """Return ||Â - Ā||_F from its entries as a sparse matrix, or None if these are too many."""
    entries = sum(int(np.sum(np.diff(factor.indptr).astype(np.int64) ** 2)) for factor in (M, M_other))
    return float(np.linalg.norm((M_other.T @ M_other - M.T @ M).data)) if entries <= MAX_SPARSE_ENTRIES else None
