"""What other libraries return for F* on three small populations, and why it is not always F*.

Run `python examples/why_not_just_scikit_learn.py` (after `pip install -e ".[examples]"`; `.[bench]` has more libraries to compare).
The large cases, with seconds and memory, are in `tests/benchmarks/peers.py`.
"""

import logging
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import eigsh

import popgraph as pg

STAYS = [0.5, 0.5, 0.9, 0.2, 0.98, 0.98]  # six images on a chain: how often each stays as it is


def chain() -> pg.PopulationGraph:
    """Six equally likely images; an augmentation keeps each, or turns it into a neighbour."""

    def neighbours(i: int) -> dict[int, float]:
        beside = [j for j in (i - 1, i + 1) if 0 <= j < 6]
        return {i: STAYS[i]} | {j: (1 - STAYS[i]) / len(beside) for j in beside}

    return pg.build(pg.Distribution.uniform(range(6)), neighbours, name="chain")


def islands() -> pg.PopulationGraph:
    """200 components of 20 naturals and 20 views, each natural with 6 of its component's views."""
    return pg.zoo.clusters(count=200, naturals=20, views=20, degree=6, cross=0)


def popgraph(graph: pg.PopulationGraph, k: int) -> Any:
    """Splits into components, takes their top pairs from a closed form, and certifies the rest."""
    return graph.spectrum(k).eigenvectors


def scipy_eigsh(graph: pg.PopulationGraph, k: int) -> Any:
    """Starts from one vector, which has one direction in each eigenspace: it meets every repeated eigenvalue once."""
    return eigsh(graph.factor.T @ graph.factor, k=k, which="LA", rng=0)[1]


def scipy_laplacian(graph: pg.PopulationGraph, k: int) -> Any:
    """`csgraph.laplacian` drops the diagonal: without its self-weights this is another graph."""
    L = sp.csgraph.laplacian(graph.weight_matrix(), normed=True)
    return eigsh(sp.eye_array(graph.N) - L, k=k, which="LA", rng=0)[1]


def networkx(graph: pg.PopulationGraph, k: int) -> Any:
    """Has the right Laplacian, and leaves the eigenvectors to ARPACK."""
    import networkx as nx

    L = nx.normalized_laplacian_matrix(nx.from_scipy_sparse_array(graph.weight_matrix()))
    return eigsh(sp.eye_array(graph.N) - L, k=k, which="LA", rng=0)[1]


def scikit_learn(graph: pg.PopulationGraph, k: int) -> Any:
    """Drops the diagonal, as `csgraph.laplacian` does; its shift-invert search finds repeated eigenvalues."""
    from sklearn.manifold import spectral_embedding

    f = spectral_embedding(
        graph.weight_matrix(), n_components=k, eigen_solver="arpack", random_state=0, drop_first=False
    )
    return f * np.sqrt(graph.w_x)[:, np.newaxis]


def scikit_network(graph: pg.PopulationGraph, k: int) -> Any:
    """Joins all views of a disconnected graph by weak edges, unasked, and leaves out the first eigenvector."""
    from sknetwork.embedding import Spectral

    w, root_w = graph.weight_matrix(), np.sqrt(graph.w_x)[:, np.newaxis]
    np.random.seed(0)  # noqa: NPY002 - it draws its start from numpy's global generator
    return np.hstack([root_w, root_w * Spectral(k - 1, normalized=False).fit(sp.csr_matrix(w + w.T) / 2).eigenvectors_])


def pygsp(graph: pg.PopulationGraph, k: int) -> Any:
    """Leaves the eigenvectors to ARPACK too, and warns that its Laplacian does not see self-loops."""
    from pygsp import graphs

    np.random.seed(0)  # noqa: NPY002 - it draws its start from numpy's global generator
    laplacian = graphs.Graph(sp.csr_matrix(graph.weight_matrix(), copy=True), lap_type="normalized")
    laplacian.compute_fourier_basis(n_eigenvectors=k)
    return laplacian.U[:, :k]


LIBRARIES: dict[str, Callable[[pg.PopulationGraph, int], Any]] = {
    "popgraph": popgraph,
    "scipy eigsh on Ā": scipy_eigsh,
    "scipy csgraph.laplacian": scipy_laplacian,
    "networkx + eigsh": networkx,
    "scikit-learn": scikit_learn,
    "scikit-network": scikit_network,
    "pygsp": pygsp,
}
POPULATIONS = [(pg.zoo.lightning_cloud(), 2), (chain(), 2), (islands(), 64)]


def ask(library: Callable[[pg.PopulationGraph, int], Any], graph: pg.PopulationGraph, k: int) -> Any:
    """Return the library's k vectors (N, k), or what it said instead."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.asarray(library(graph, k), dtype=float)
    except ImportError:
        return "not installed"
    except Exception as error:
        return f"{type(error).__name__}: {str(error)[:70]}"


def ones_found(graph: pg.PopulationGraph, V: Any) -> int:
    """How many of the k vectors' Ritz values are 1: the dimension of their span inside the eigenspace of the components."""
    Q, R = np.linalg.qr(V)
    Q = Q[:, np.abs(np.diag(R)) > 1e-8 * np.abs(np.diag(R)).max()]
    ritz = np.linalg.eigvalsh(Q.T @ (graph.operator() @ Q))
    return int(np.sum(ritz > 1 - 1e-8))


def findings() -> dict[str, list[Any]]:
    """For each library, its vectors on each population, or what it said instead."""
    logging.disable()  # pygsp logs about self-loops
    found = {name: [ask(library, graph, k) for graph, k in POPULATIONS] for name, library in LIBRARIES.items()}
    logging.disable(logging.NOTSET)
    return found


def report(found: dict[str, list[Any]]) -> None:
    """Print what each library returned, whether it spans F*, and why."""
    for column, (graph, k) in enumerate(POPULATIONS):
        print(f"{graph!r}, k = {k}; largest of all eigenvalues: {np.round(graph.spectrum(min(k, 4)).gamma, 4)}")
        for name, answers in found.items():
            V = answers[column]
            if isinstance(V, str):
                print(f"  {name:24} {V}")
                continue
            match = pg.verify(graph, V / np.sqrt(graph.w_x)[:, np.newaxis])
            ones = f"{ones_found(graph, V)} of {min(k, graph.component_count)} ones"
            angle = np.degrees(match.largest_angle)
            print(f"  {name:24} {'F*' if match else 'not F*':8} {ones:15} {angle:8.2g}° off")
            if len(V) <= 4:
                print(
                    *(f"    {np.round(row, 4)}  {view!r}" for row, view in zip(V, graph.views, strict=True)), sep="\n"
                )
        print()
    print("Why:")
    for name, library in LIBRARIES.items():
        print(f"  {name:24} {library.__doc__}")
    print("\nHow popgraph knows, on the chain:", POPULATIONS[1][0].spectrum(2), sep="\n")
    print(pg.verify(POPULATIONS[1][0], POPULATIONS[1][0].spectrum(2).embedding))


def beside_constant(root_w: Any, V: Any) -> Any:
    """The direction of a span of two vectors that is orthogonal to the constant √w_x, as values at the views."""
    u = root_w / np.linalg.norm(root_w)
    v = np.linalg.svd(V - np.outer(u, u @ V))[0][:, 0]
    return v / root_w * np.sign(v[-1])


def visualize(found: dict[str, list[Any]]) -> dict[str, Any]:
    """Draw the second eigenvector of the chain as each library has it, and the ones that each finds on the islands."""
    import matplotlib.pyplot as plt

    figure, (vectors, ones) = plt.subplots(1, 2, figsize=(12, 4.8), layout="constrained")
    graph = POPULATIONS[1][0]
    root_w = np.sqrt(graph.w_x)
    for i, (name, answers) in enumerate(found.items()):
        if isinstance(answers[1], str):
            continue
        values = beside_constant(root_w, answers[1])
        if name == "popgraph":
            vectors.plot(range(6), values, color="0.4", lw=6, alpha=0.3, label="popgraph: F*")
        else:
            vectors.plot(np.arange(6) + 0.06 * (i - 3.5), values, "s^vDPX"[i - 1], color=f"C{i - 1}", label=name, ms=7)
    vectors.axhline(0, color="0.8", zorder=0)
    vectors.set(
        xlabel="image",
        ylabel="value at the image",
        title="The chain: the direction found beside the constant",
        xticks=range(6),
    )
    vectors.legend(fontsize=8)
    graph, k = POPULATIONS[2]
    shown = {name: answers[2] for name, answers in found.items() if not str(answers[2]).startswith("not installed")}
    counts = [0 if isinstance(V, str) else ones_found(graph, V) for V in shown.values()]
    bars = ones.barh(list(shown), counts, color=["C0" if count == k else "0.6" for count in counts])
    said = [
        "raises an error" if isinstance(V, str) else str(count) for V, count in zip(shown.values(), counts, strict=True)
    ]
    ones.bar_label(bars, said, padding=3)
    ones.invert_yaxis()
    ones.set(
        xlabel=f"of the {k} leading eigenvalues 1", title="The islands: how many ones are found", xlim=(0, k * 1.12)
    )
    return {"why_not_just_scikit_learn": figure}


if __name__ == "__main__":
    answers = findings()
    report(answers)
    folder = Path("figures/why_not_just_scikit_learn")
    folder.mkdir(parents=True, exist_ok=True)
    for name, figure in visualize(answers).items():
        figure.savefig(folder / f"{name}.png", dpi=150)
        print(f"wrote {folder / name}.png")
