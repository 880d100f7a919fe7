"""The ways to k leading eigenpairs of Ā that `peers.py` measures: of p, A, k and a seed, each makes γ (or None) and vectors.

Each is what somebody would write who knows the library: its own defaults, unless they return too few digits to be called right.
"""

import numpy as np
import scipy.sparse as sp

DENSE_SIDE = 6000  # the larger side of a dense array: 288 MB


def factor(p, A):
    """M, as anybody would write it."""
    return sp.csr_array(sp.diags_array(np.sqrt(p)) @ A @ sp.diags_array(1 / np.sqrt(p @ A)))


def weights(p, A):
    """w as a sparse matrix."""
    return sp.csr_array(A.T @ sp.diags_array(p) @ A)


def adjacency(p, A):
    """Ā as a sparse matrix, by way of w."""
    root = sp.diags_array(1 / np.sqrt(p @ A))
    return sp.csr_array(root @ weights(p, A) @ root)


def _dense_factor(p, A):
    if max(A.shape) > DENSE_SIDE:
        raise MemoryError
    return factor(p, A).toarray()


def popgraph(p, A, k, seed):
    import popgraph as pg

    spectrum = pg.build(p, A).spectrum(k)
    return spectrum.gamma, spectrum.eigenvectors


def scipy_svds(p, A, k, seed):
    from scipy.sparse.linalg import svds

    _, sigma, Vt = svds(factor(p, A), k=k, rng=seed)
    return sigma[::-1] ** 2, Vt[::-1].T


def scipy_propack(p, A, k, seed):
    from scipy.sparse.linalg import svds

    M, steps = factor(p, A), 10 * k  # its own default, which rarely suffices
    while True:
        try:
            _, sigma, Vt = svds(M, k=k, solver="propack", maxiter=min(steps, *M.shape), rng=seed)
            break
        except np.linalg.LinAlgError:
            if steps >= min(M.shape):
                raise
            steps *= 3
    order = np.argsort(-sigma)
    return sigma[order] ** 2, Vt[order].T


def scipy_svds_dense(p, A, k, seed):
    from scipy.sparse.linalg import svds

    _, sigma, Vt = svds(_dense_factor(p, A), k=k, rng=seed)
    return sigma[::-1] ** 2, Vt[::-1].T


def scipy_eigsh(p, A, k, seed):
    from scipy.sparse.linalg import eigsh

    gamma, V = eigsh(adjacency(p, A), k=k, which="LA", rng=seed)
    return gamma[::-1], V[:, ::-1]


def scipy_shift_invert(p, A, k, seed):
    from scipy.sparse.linalg import eigsh

    gamma, V = eigsh(sp.csc_array(adjacency(p, A)), k=k, sigma=1 + 1e-6, rng=seed)  # 1 itself is an eigenvalue
    order = np.argsort(-gamma)
    return gamma[order], V[:, order]


def scipy_shift_invert_laplacian(p, A, k, seed):
    from scipy.sparse.linalg import eigsh

    a = adjacency(p, A)
    distance, V = eigsh(sp.csc_array(sp.eye_array(a.shape[0]) - a), k=k, sigma=-1e-6, rng=seed)
    order = np.argsort(distance)
    return 1 - distance[order], V[:, order]


def scipy_lobpcg(p, A, k, seed):
    from scipy.sparse.linalg import lobpcg

    a = adjacency(p, A)
    start = np.random.default_rng(seed).standard_normal((a.shape[0], k))
    gamma, V = lobpcg(a, start, largest=True, tol=1e-10, maxiter=500)
    order = np.argsort(-gamma)
    return gamma[order], V[:, order]


def _torch_sparse(matrix):
    import torch

    matrix = sp.csr_array(matrix)
    return torch.sparse_csr_tensor(
        torch.from_numpy(matrix.indptr.copy()),
        torch.from_numpy(matrix.indices.copy()),
        torch.from_numpy(matrix.data.copy()),
        size=matrix.shape,
    )


def torch_lobpcg(p, A, k, seed):
    import torch

    torch.manual_seed(seed)
    gamma, V = torch.lobpcg(_torch_sparse(adjacency(p, A)), k=k, niter=500, tol=1e-10, largest=True)
    return gamma.numpy(), V.numpy()


def torch_svd_lowrank(p, A, k, seed):
    import torch

    torch.manual_seed(seed)
    _, sigma, V = torch.svd_lowrank(_torch_sparse(factor(p, A)).to_sparse_coo(), q=k, niter=2)
    return sigma.numpy() ** 2, V.numpy()


def primme_svds(p, A, k, seed):
    import primme

    np.random.seed(seed)  # noqa: NPY002 - its start is drawn from it
    _, sigma, Vt = primme.svds(sp.csr_matrix(factor(p, A)), k, which="LM", tol=1e-11)
    return sigma**2, Vt.T


def primme_eigsh(p, A, k, seed):
    import primme

    np.random.seed(seed)  # noqa: NPY002
    gamma, V = primme.eigsh(sp.csr_matrix(adjacency(p, A)), k, which="LA", tol=1e-11)
    return gamma, V


def networkx_eigsh(p, A, k, seed):
    import networkx as nx
    from scipy.sparse.linalg import eigsh

    graph = nx.from_scipy_sparse_array(weights(p, A))
    L = nx.normalized_laplacian_matrix(graph)
    gamma, V = eigsh(sp.eye_array(L.shape[0]) - L, k=k, which="LA", rng=seed)
    return gamma[::-1], V[:, ::-1]


def _sklearn(p, A, k, seed, solver):
    from sklearn.manifold import spectral_embedding

    f = spectral_embedding(weights(p, A), n_components=k, eigen_solver=solver, random_state=seed, drop_first=False)
    return None, f * np.sqrt(p @ A)[:, np.newaxis]


def sklearn_arpack(p, A, k, seed):
    return _sklearn(p, A, k, seed, "arpack")


def sklearn_lobpcg(p, A, k, seed):
    return _sklearn(p, A, k, seed, "lobpcg")


def sklearn_randomized(p, A, k, seed):
    from sklearn.utils.extmath import randomized_svd

    _, sigma, Vt = randomized_svd(factor(p, A), n_components=k, random_state=seed)
    return sigma**2, Vt.T


def scikit_network(p, A, k, seed):
    from sknetwork.embedding import Spectral

    w = weights(p, A)
    w = sp.csr_matrix(w + w.T) / 2  # it takes what is asymmetric by rounding for a directed graph
    spectral = Spectral(k - 1, normalized=False).fit(w)  # it leaves out the first, √w_x
    root_w = np.sqrt(p @ A)
    return None, np.column_stack([root_w, spectral.eigenvectors_ * root_w[:, np.newaxis]])


def pygsp(p, A, k, seed):
    from pygsp import graphs

    graph = graphs.Graph(sp.csr_matrix(weights(p, A)), lap_type="normalized")
    graph.compute_fourier_basis(n_eigenvectors=k)
    return 1 - graph.e[:k], graph.U[:, :k]


def numpy_eigh(p, A, k, seed):
    M = _dense_factor(p, A)
    gamma, V = np.linalg.eigh(M.T @ M)
    return gamma[::-1][:k], V[:, ::-1][:, :k]


def popgraph_train(p, A, k, seed):
    """F* up to an invertible map, by minimising the loss alone; `peers.py` reads only the span."""
    import popgraph as pg

    graph = pg.build(p, A)
    return None, np.asarray(pg.train(graph, k, rng=seed).f) * np.sqrt(graph.w_x)[:, np.newaxis]


WAYS = {  # in the order of the table; the first ones are the likely winners, so that their times bound what others may take
    "popgraph": popgraph,
    "scipy svds on M": scipy_svds,
    "scipy svds propack": scipy_propack,
    "scipy svds on a dense M": scipy_svds_dense,
    "scipy eigsh on Ā": scipy_eigsh,
    "scipy eigsh on Ā, sigma": scipy_shift_invert,
    "scipy eigsh on I - Ā, sigma": scipy_shift_invert_laplacian,
    "primme svds on M": primme_svds,
    "primme eigsh on Ā": primme_eigsh,
    "numpy eigh": numpy_eigh,
    "scipy lobpcg on Ā": scipy_lobpcg,
    "torch lobpcg on Ā": torch_lobpcg,
    "torch svd_lowrank": torch_svd_lowrank,
    "networkx + eigsh": networkx_eigsh,
    "sklearn spectral_embedding arpack": sklearn_arpack,
    "sklearn spectral_embedding lobpcg": sklearn_lobpcg,
    "sklearn randomized_svd": sklearn_randomized,
    "scikit-network Spectral": scikit_network,
    "pygsp normalized Laplacian": pygsp,
}
