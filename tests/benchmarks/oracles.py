"""Leading eigenvalues where no formula gives them, by methods that are none of popgraph's: for `known_spectra.py`."""

import numpy as np
import scipy.sparse as sp
from scipy.linalg import eigh_tridiagonal
from scipy.sparse.csgraph import breadth_first_order, connected_components
from scipy.sparse.linalg import LinearOperator, eigsh

SPARE = 10  # pairs found beyond those asked for, so that a search beside them ends well below the last one asked for
STEPS = 80  # of the search beside what was found
DENSE_SIDE = 2000  # up to which a dense solve takes less time
ERROR = 1e-12  # largest residual of a pair that counts as found: γ is then known to it


def by_search(M: sp.csr_array, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the k leading squared singular values of a factor M, known to 1e-12, and right singular vectors; or raise.

    ARPACK to full precision, with more than twice the vectors that it needs, and ten pairs to spare; residuals of them all; and a
    Lanczos run with full reorthogonalisation from a Gaussian start on what is left. An eigenvalue there, γ_k or more, lies a share
    g above γ_{k+10}, and hides from s steps only if the start has a part of the order exp(-2 s √g) along it [Kuczynski and
    Wozniakowski 1992].
    """
    by_naturals = M.shape[0] <= M.shape[1]
    B = M if by_naturals else sp.csr_array(M.T)
    transpose, side = sp.csr_array(B.T), B.shape[0]
    if side <= DENSE_SIDE:
        gamma, U = np.linalg.eigh((B @ transpose).toarray())
        gamma, U = gamma[::-1][:k].copy(), U[:, ::-1][:, :k]
        return gamma, transpose @ U / np.sqrt(gamma) if by_naturals else U
    rng = np.random.default_rng(12345)
    count = k + SPARE
    S = LinearOperator((side, side), matvec=lambda x: B @ (transpose @ x), dtype=float)
    gamma, U = eigsh(S, count, which="LA", ncv=2 * count + 20, tol=0, v0=rng.standard_normal(side))
    gamma, U = gamma[::-1], U[:, ::-1]
    residual = np.linalg.norm(B @ (transpose @ U) - U * gamma, axis=0).max()
    if max(residual, np.abs(U.T @ U - np.eye(count)).max()) > ERROR:
        raise ArithmeticError(f"the oracle's own residual is {residual:.0e}")
    left = _largest_beside(S.matvec, U)
    if left > gamma[k - 1]:
        raise ArithmeticError(f"the oracle missed an eigenvalue of at least {left}, beside {gamma[k - 1]}")
    U = U[:, :k]
    return gamma[:k].copy(), transpose @ U / np.sqrt(gamma[:k]) if by_naturals else U


def largest_left(M: sp.csr_array, V: np.ndarray) -> float:
    """Return a lower bound, tight in practice, on the largest eigenvalue of MᵀM beside orthonormal eigenvectors V."""
    transpose = sp.csr_array(M.T)
    if M.shape[0] > M.shape[1]:
        return _largest_beside(lambda x: transpose @ (M @ x), V)
    return _largest_beside(lambda x: M @ (transpose @ x), np.linalg.qr(M @ V)[0])


def _largest_beside(product, V) -> float:
    """The largest Ritz value of Lanczos on the complement of orthonormal columns V."""
    steps = min(STEPS, V.shape[0] - V.shape[1])
    if steps == 0:
        return 0.0
    basis = np.empty((V.shape[0], steps + 1), order="F")
    alpha, beta = np.empty(steps), np.empty(steps)
    x = np.random.default_rng(54321).standard_normal(V.shape[0])
    for _ in range(2):
        x -= V @ (V.T @ x)
    basis[:, 0] = x / np.linalg.norm(x)
    for j in range(steps):
        y = product(basis[:, j])
        alpha[j] = basis[:, j] @ y
        for _ in range(2):
            y -= V @ (V.T @ y)
            y -= basis[:, : j + 1] @ (basis[:, : j + 1].T @ y)
        beta[j] = np.linalg.norm(y)
        if beta[j] < 1e-14:
            steps = j + 1
            break
        basis[:, j + 1] = y / beta[j]
    return float(eigh_tridiagonal(alpha[:steps], beta[: steps - 1], eigvals_only=True)[-1])


def largest_component(A: sp.csr_array) -> sp.csr_array:
    """The rows and columns of the largest component of a bipartite graph."""
    n = A.shape[0]
    labels = connected_components(sp.block_array([[None, A], [A.T, None]], format="csr"), directed=False)[1]
    largest = np.bincount(labels).argmax()
    return sp.csr_array(A[labels[:n] == largest][:, labels[n:] == largest])


def random_tree(n: int, rng) -> np.ndarray:
    """Edges (n - 1, 2) of a uniformly random labelled tree, from its Prüfer word."""
    word = rng.integers(0, n, n - 2)
    degree = 1 + np.bincount(word, minlength=n)
    edges, pointer = [], int(np.flatnonzero(degree == 1)[0])
    leaf = pointer
    for node in word.tolist():
        edges.append((leaf, node))
        degree[node] -= 1
        if degree[node] == 1 and node < pointer:
            leaf = node
            continue
        pointer += 1
        while degree[pointer] != 1:
            pointer += 1
        leaf = pointer
    return np.array([*edges, (leaf, n - 1)])


def tree_laplacian_values(edges: np.ndarray, k: int) -> np.ndarray:
    """Return the k smallest eigenvalues of a tree's normalised Laplacian, by bisection on Sylvester's inertia.

    Eliminating leaves first fills in nothing: with d_v = 1 - x - Σ over children c of w_vc² / d_c, as many d are negative as
    eigenvalues lie below x [Jacobs and Trevisan 2011]. Levels of the tree, and all k bisections, go through it together.
    """
    n = len(edges) + 1
    degree = np.bincount(edges.ravel(), minlength=n)
    graph = sp.csr_array((np.ones(n - 1), (edges[:, 0], edges[:, 1])), shape=(n, n))
    order, parent = breadth_first_order(graph, 0, directed=False)
    depth = np.zeros(n, dtype=int)
    for node in order[1:]:
        depth[node] = depth[parent[node]] + 1
    levels = [np.flatnonzero(depth == level) for level in range(depth.max(), 0, -1)]
    square = np.zeros(n)
    square[order[1:]] = 1 / (degree[order[1:]] * degree[parent[order[1:]]])
    low, high = np.full(k, -1e-3), np.full(k, 2.0)
    wanted = np.arange(1, k + 1)
    while (high - low).max() > 4e-15:
        x = (low + high) / 2
        d = np.repeat(1.0 - x[np.newaxis], n, axis=0)
        for nodes in levels:
            pivots = np.where(d[nodes] == 0, 1e-300, d[nodes])
            np.subtract.at(d, parent[nodes], square[nodes][:, np.newaxis] / pivots)
        enough = np.sum(d < 0, axis=0) >= wanted
        high, low = np.where(enough, x, high), np.where(enough, low, x)
    return (low + high) / 2
