"""The arrays of a graph, computed from p and the kernel A: w_x, the factor M, and w and Ā where memory allows."""

from collections.abc import Hashable, Sequence

import numpy as np
import scipy.sparse as sp

from popgraph.basics.arrays import Floats, Sparse, frozen, frozen_csr, row_ranges
from popgraph.basics.memory import reserve
from popgraph.basics.protocols import ViewedPopulation
from popgraph.basics.words import listing, shorten, size_in_words
from popgraph.declare import EnumeratedPopulation
from popgraph.errors import InvalidArgument, TooLarge

MAX_DENSE_BYTES = 2**30  # of a dense w: 11,585 x 11,585 numbers
MAX_SPARSE_BYTES = 2**33  # of a sparse w; the factor M multiplies by Ā as well, in a fraction of the memory

WITHOUT_A_MATRIX = 'use graph.factor (M, with Ā = MᵀM), graph.weight_matrix("csr") or graph.operator()'
# Below the least normal number float64 keeps fewer digits, so that the view's row of F* would lose them, too.
MIN_VIEW_PROBABILITY = float(np.finfo(np.float64).tiny)
SMALLEST_POSITIVE_FLOAT = float(np.finfo(np.float64).smallest_subnormal)


def view_probabilities(p: Floats, A: Sparse, views: Sequence[Hashable]) -> Floats:
    """Return w_x, the row sums of w; raise InvalidArgument for a view whose probability is below the least normal float64."""
    # The row sums of w = Aᵀ diag(p) A are Σ_x̄ p A(x|x̄) Σ_x' A(x'|x̄). The last sum may miss 1 by rounding (up to 1e-9 is
    # accepted); because it is kept, Ā √w_x = √w_x holds although nothing is renormalised.
    w_x = np.asarray(A.T @ (p * A.sum(axis=1)))
    check_view_probabilities(w_x, views)
    return w_x


def check_view_probabilities(w_x: Floats, views: Sequence[Hashable]) -> None:
    """Raise InvalidArgument for a view whose probability is below the least normal float64."""
    if not (w_x >= MIN_VIEW_PROBABILITY).all():
        too_small = listing([shorten(views[i]) for i in np.flatnonzero(w_x < MIN_VIEW_PROBABILITY).tolist()])
        raise InvalidArgument(
            f"w_x of {too_small} is too small for float64: p times A is below {MIN_VIEW_PROBABILITY:.2g}; "
            "leave it out or make it larger"
        )


def arrays(population: EnumeratedPopulation) -> tuple[Floats, Sparse]:
    """Return w_x (N,) and the factor M (n, N) of a population."""
    p, A = population.distribution.probabilities, population.kernel
    w_x = view_probabilities(p, A, population.views)
    return frozen(w_x), factor(p, A, w_x)


def factor(p: Floats, A: Sparse, w_x: Floats) -> Sparse:
    """Return M = diag(√p) A D^-1/2, nonzero wherever A is: an entry that would round to 0 becomes 5e-324."""
    reserve("M", 12 * A.nnz, "declare fewer views for each natural, or fewer naturals")
    root_p, root_w, data = np.sqrt(p), np.sqrt(w_x), np.empty(A.nnz)
    # Some rows at a time, in cache: a third of the time of whole arrays, and a third of the memory
    for rows in row_ranges(A):
        entries = slice(A.indptr[rows.start], A.indptr[rows.stop])
        some = np.repeat(root_p[rows], np.diff(A.indptr[rows.start : rows.stop + 1]))
        some *= A.data[entries]
        some /= root_w[A.indices[entries]]
        np.maximum(some, SMALLEST_POSITIVE_FLOAT, out=data[entries])
    # A's indices are read-only, so M can share them.
    M = sp.csr_array((data, A.indices, A.indptr), shape=A.shape)
    M.has_canonical_format = True  # as A has, which need not be looked through again
    return frozen_csr(M)


def dense(p: Floats, A: Sparse) -> Floats:
    """Return w, (N, N)."""
    _check_dense("w", A)
    B = A.toarray() * np.sqrt(p)[:, np.newaxis]
    return frozen(B.T @ B)


def dense_adjacency(M: Sparse) -> Floats:
    """Return Ā = MᵀM, (N, N)."""
    _check_dense("Ā", M)
    B = M.toarray()
    return frozen(B.T @ B)


def pair_weights(population: ViewedPopulation) -> Floats:
    """Return w = D^1/2 Ā D^1/2 as a dense (N, N) array, the population's own `w` if it has one; TooLarge above 1 GiB."""
    own = getattr(population, "w", None)
    if own is not None:
        return np.asarray(own)
    n_views = population.N
    if 8 * n_views**2 > MAX_DENSE_BYTES:
        raise TooLarge(
            f"w of {n_views:,} views as a dense array needs {size_in_words(8 * n_views**2)}, more than "
            f"{size_in_words(MAX_DENSE_BYTES)}; use graph.gram(X), which multiplies by Ā"
        )
    reserve(f"w of {n_views:,} views as a dense array", 32.0 * n_views**2, "use graph.gram(X), which multiplies by Ā")
    root = np.sqrt(population.w_x)
    w = population.gram(np.eye(n_views)) * np.outer(root, root)
    return frozen((w + w.T) / 2)  # gram(I) is symmetric up to rounding only


def _check_dense(what: str, matrix: Sparse) -> None:
    """Raise TooLarge if the dense (N, N) array made of this (n, N) matrix needs too much memory."""
    n, n_views = matrix.shape
    needed = 8 * n_views * max(n, n_views)
    if needed > MAX_DENSE_BYTES:
        raise TooLarge(
            f"{what} of {n_views:,} views as a dense array needs {size_in_words(needed)}, more than "
            f"{size_in_words(MAX_DENSE_BYTES)}; {WITHOUT_A_MATRIX}"
        )
    reserve(f"{what} of {n_views:,} views as a dense array", 8.0 * n_views * (2 * n + n_views), WITHOUT_A_MATRIX)


def sparse(p: Floats, A: Sparse) -> Sparse:
    """Return w as a csr_array; a natural with d views adds at most d² entries."""
    degree = np.diff(A.indptr).astype(np.float64)
    needed = 12.0 * min(float(np.sum(degree**2)), float(A.shape[1]) ** 2)
    if needed > MAX_SPARSE_BYTES:
        raise TooLarge(
            f"w of {A.shape[1]:,} views as a sparse matrix needs up to {size_in_words(needed)}, more than "
            f"{size_in_words(MAX_SPARSE_BYTES)}; use graph.factor (M, with Ā = MᵀM) or graph.operator()"
        )
    reserve(
        f"w of {A.shape[1]:,} views as a sparse matrix",
        2 * needed + 24 * A.nnz,  # the most it can need
        "use graph.factor (M, with Ā = MᵀM) or graph.operator()",
    )
    return frozen_csr(A.T @ sp.diags_array(p) @ A)
