"""Training beside the sparse SVD of the same factor: python tests/benchmarks/training.py [--rounds 5] [--rows clean,inside].

Each row trains to tol 1e-8 and to the default 1e-12, in turns with svds, and prints medians of the processors' seconds, their ratio
to svds', products with tables of k columns, steps, and the angle to the eigenvectors of an independent solve (ARPACK on Ā).
"""

import argparse
import time
from functools import partial

import numpy as np
from scipy.sparse.linalg import LinearOperator, eigsh, svds

import popgraph as pg


def clusters(count: int, n: int = 5_000) -> pg.PopulationGraph:
    """2n views and n naturals of 16 views each, in so many random clusters."""
    return pg.zoo.clusters(count=count, naturals=n // count, views=2 * n // count, degree=15, cross=0.05, rng=0)


ROWS = {  # name -> graph, k, what is hard about it
    "clean": (partial(clusters, 10), 10, "one column for each cluster"),
    "inside": (partial(clusters, 20), 10, "fewer columns than clusters, whose eigenvalues are close together"),
    "bulk": (partial(clusters, 8), 10, "more columns than clusters: the last ones among many close eigenvalues"),
}


class CountedGraph:
    """A population that counts its products with tables."""

    def __init__(self, graph: pg.PopulationGraph) -> None:
        self.graph, self.products = graph, 0

    def __getattr__(self, name: str) -> object:
        return getattr(self.graph, name)

    def gram(self, X: np.ndarray) -> np.ndarray:
        """Return ĀX."""
        self.products += X.size > self.graph.N  # those with vectors look for a saddle
        return self.graph.gram(X)


def seconds(job) -> float:
    """Return the processors' seconds of a job."""
    start = time.process_time()
    job()
    return time.process_time() - start


def sine(graph: pg.PopulationGraph, f: np.ndarray, k: int) -> float:
    """Return the sine of the largest angle between the span of √w_x f and that of the k leading eigenvectors."""
    side = (graph.N, graph.N)
    _, vectors = eigsh(LinearOperator(side, matvec=lambda x: graph.gram(x.ravel()), dtype=float), k=k, rng=0)
    Q, _ = np.linalg.qr(f * np.sqrt(graph.w_x)[:, np.newaxis])
    return float(np.linalg.norm(vectors - Q @ (Q.T @ vectors), 2))


def main(rows: list[str], rounds: int, n: int = 5_000) -> None:
    """Print the table."""
    print("| row | k | tol | svds, s | train, s | ratio | products | steps | sine of the angle |\n|" + "---|" * 9)
    for name in rows:
        make, k, why = ROWS[name]
        graph = make(n)
        graph.gram(np.ones((graph.N, 1)))  # Mᵀ is made once, as svds makes it each time
        for tol in (1e-8, 1e-12):
            jobs = (partial(svds, graph.factor, k=k, rng=0), partial(pg.train, graph, k, rng=0, tol=tol))
            times = np.array([[seconds(job) for job in jobs] for _ in range(rounds)])
            svd, train = np.median(times, axis=0)
            counted = CountedGraph(graph)
            training = pg.train(counted, k, rng=0, tol=tol)
            print(
                f"| {name}: {why} | {k} | {tol:g} | {svd:.3f} | {train:.3f} | {train / svd:.1f} | {counted.products} | "
                f"{training.steps[-1]} | {sine(graph, training.f, k):.0e} |"
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default=",".join(ROWS), help="which of " + ", ".join(ROWS))
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    main(given.rows.split(","), given.rounds)
