"""popgraph beside its peers, in one run: python tests/benchmarks/peers.py [cases], after pip install -e ".[bench]".

Every way is given the same p and A, and asked for the k leading eigenpairs of Ā. Each runs in a process of its own, several
times from different seeds: median seconds (building included), peak memory above what p and A take, and whether every answer
is right. It is right
if every residual ||Āv - γv|| is below 1e-8 in orthonormal vectors, and the γ are the k largest of the case's true
eigenvalues, multiplicities and all, to 1e-10. That leaves no room for a wrong subspace.
"""

import argparse
import contextlib
import logging
import multiprocessing
import resource
import statistics
import time
import warnings
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from known_spectra import CASES, Case

MEMORY = 20 * 2**30


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


def popgraph(p, A, k, seed):
    import popgraph as pg

    spectrum = pg.build(p, A).spectrum(k)
    return spectrum.gamma, spectrum.eigenvectors


def scipy_svds(p, A, k, seed):
    from scipy.sparse.linalg import svds

    _, sigma, Vt = svds(factor(p, A), k=k, rng=seed)
    return sigma[::-1] ** 2, Vt[::-1].T


def scipy_eigsh(p, A, k, seed):
    from scipy.sparse.linalg import eigsh

    gamma, V = eigsh(adjacency(p, A), k=k, which="LA", rng=seed)
    return gamma[::-1], V[:, ::-1]


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
    if A.shape[1] > 6000:
        raise MemoryError
    M = factor(p, A).toarray()
    gamma, V = np.linalg.eigh(M.T @ M)
    return gamma[::-1][:k], V[:, ::-1][:, :k]


WAYS = {
    "popgraph": popgraph,
    "scipy svds on M": scipy_svds,
    "scipy eigsh on Ā": scipy_eigsh,
    "networkx + eigsh": networkx_eigsh,
    "sklearn spectral_embedding arpack": sklearn_arpack,
    "sklearn spectral_embedding lobpcg": sklearn_lobpcg,
    "sklearn randomized_svd": sklearn_randomized,
    "scikit-network Spectral": scikit_network,
    "pygsp normalized Laplacian": pygsp,
    "numpy eigh": numpy_eigh,
}


def verdict(case: Case, gamma, V) -> str:
    """Say "right", or in what the answer is wrong."""
    truth = np.concatenate([case.gamma, np.zeros(case.k)])[: case.k]
    V = np.asarray(V, dtype=float)
    if V.shape != (case.A.shape[1], case.k) or not np.isfinite(V).all():
        return f"wrong: {V.shape[1]} vectors"
    Q, R = np.linalg.qr(V)
    if np.abs(np.diag(R)).min() < 1e-8 * np.abs(np.diag(R)).max():
        return f"wrong: rank {int(np.sum(np.abs(np.diag(R)) > 1e-8 * np.abs(np.diag(R)).max()))}"
    M = factor(case.p, case.A)
    ritz, S = np.linalg.eigh(Q.T @ (M.T @ (M @ Q)))
    Q, ritz = Q @ S[:, ::-1], ritz[::-1]
    residual = np.linalg.norm(M.T @ (M @ Q) - Q * ritz, axis=0).max()
    error = np.abs((ritz if gamma is None else np.sort(gamma)[::-1]) - truth).max()
    error = max(error, np.abs(ritz - truth).max())
    if error > 1e-10:
        ones = int(np.sum(np.abs(truth - 1) < 1e-10))
        found = int(np.sum(np.abs(ritz - 1) < 1e-6))
        return f"wrong: {found} of {ones} ones" if found < ones > 1 else f"wrong: γ off by {error:.0e}"
    return "right" if residual < 1e-8 else f"wrong: residual {residual:.0e}"


def angle(case: Case, V) -> float:
    """The largest principal angle to F*, in degrees, by a dense solve."""
    M = factor(case.p, case.A).toarray()
    exact = np.linalg.svd(M)[2][: case.k].T
    cosines = np.linalg.svd(np.linalg.qr(V)[0].T @ exact, compute_uv=False)
    return float(np.degrees(np.arccos(np.clip(cosines.min(), 0, 1))))


def _peak() -> int:
    """The largest resident memory of this process since the last reset, in bytes."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return 1024 * int(status.split("VmHWM:")[1].split()[0])


def _work(way: str, make, rounds: int, pipe) -> None:
    """Run one way on one case, and send what it took."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    warnings.simplefilter("ignore")
    logging.disable()
    case = make()
    np.random.seed(0)  # noqa: NPY002 - scikit-network and pygsp draw their starts from it
    with contextlib.suppress(Exception):
        WAYS[way](SMALL.p, SMALL.A, SMALL.k, 0)  # imports, and threads
    times, verdicts, answer = [], [], None
    Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
    before, peak = _peak(), 0
    try:
        while len(times) < rounds and sum(times) < 40:
            start = time.perf_counter()
            answer = WAYS[way](case.p, case.A, case.k, len(times))
            times.append(time.perf_counter() - start)
            peak = peak or _peak() - before  # of the first round: judging takes memory too
            verdicts.append(verdict(case, *answer))
        wrong = [said for said in verdicts if said != "right"]
        said = f"{wrong[0]} ({len(wrong)} of {len(verdicts)} times)" if wrong else f"right ({len(verdicts)} times)"
        pipe.send((statistics.median(times), peak, said, angle(case, answer[1]) if len(case.p) < 10 else None))
    except MemoryError:
        pipe.send("too large")
    except Exception as error:
        pipe.send(f"{type(error).__name__}: {str(error).splitlines()[0][:60]}" if str(error) else type(error).__name__)


SMALL = CASES["g"][0]()


def measure(way: str, make, rounds: int, limit: float):
    """Run one way on one case in its own process."""
    receive, send = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.Process(target=_work, args=(way, make, rounds, send))
    process.start()
    send.close()
    try:
        return receive.recv() if receive.poll(limit) else f"more than {limit:.0f} s"
    except EOFError:
        return "killed: out of memory"
    finally:
        process.kill()
        process.join()


def main(letters: str, rounds: int, limit: float, only: list[str]) -> None:
    """Print a table for each case."""
    for letter in letters:
        for make in CASES[letter]:
            case = make()
            title = f"{case.title}, k = {case.k}   ({case.A.shape[0]:,} x {case.A.shape[1]:,}, {case.A.nnz:,} entries)"
            print(f"\n{title}\n{'':36}{'seconds':>10}{'ratio':>8}{'memory':>10}   answer", flush=True)
            del case
            own = None
            for way in only or WAYS:
                outcome = measure(way, make, rounds, limit)
                if isinstance(outcome, str):
                    print(f"  {way:34}{'':28}   {outcome}", flush=True)
                    continue
                seconds, peak, answer, degrees = outcome
                own = own or seconds
                far = "" if degrees is None else f", {degrees:.2g}° from F*"
                print(
                    f"  {way:34}{seconds:10.4f}{seconds / own:8.2f}{peak / 2**20:7.0f} MB   {answer}{far}", flush=True
                )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="?", default="".join(CASES), help="letters, such as abd")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--limit", type=float, default=120.0, help="seconds for one way on one case, all rounds together"
    )
    parser.add_argument("--only", nargs="*", default=[], help="names of ways")
    arguments = parser.parse_args()
    multiprocessing.set_start_method("fork")
    main(arguments.cases, arguments.rounds, arguments.limit, arguments.only)
