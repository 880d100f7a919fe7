"""One million views on this machine: python tests/benchmarks/million.py.

500,000 naturals in 32 planted clusters, 16 views each, declared as a vectorised augmentation of pairs (cluster, number); build,
spectrum(32), and with --train also train(32) and verify. Prints where the time goes, the peak memory of each stage, and how far a
product with M and its transpose is from what the machine's memory bandwidth allows.
"""

import argparse
import resource
import time
from pathlib import Path

import numpy as np
from machine import bandwidth, grams_kept, timed

import popgraph as pg
from popgraph.declare.enumerated import enumerate_population
from popgraph.populations.building import from_population
from popgraph.spectrum import assemble
from popgraph.spectrum.solvers import iterative

CLUSTERS, VIEWS, CROSS = 32, 16, 0.05


def planted(n: int) -> tuple[list[tuple[int, int]], pg.Augmentation]:
    """Pairs (cluster, number), and an augmentation to 15 views of the own cluster and one of any other, drawn beforehand."""
    rng = np.random.default_rng(0)
    naturals, views = n // CLUSTERS, 2 * n // CLUSTERS
    own = rng.integers(0, views, (CLUSTERS, naturals, VIEWS - 1))
    # every view is reached: the first two views of the naturals of a cluster run through all of them
    own[:, :, :2] = np.stack([rng.permutation(views).reshape(naturals, 2) for _ in range(CLUSTERS)])
    other = np.stack(
        [rng.integers(0, CLUSTERS, (CLUSTERS, naturals)), rng.integers(0, views, (CLUSTERS, naturals))], axis=-1
    )

    def augment(pairs):
        c, i = pairs.T
        mine = np.stack([np.broadcast_to(c[:, np.newaxis], (len(c), VIEWS - 1)), own[c, i]], axis=-1)
        return np.concatenate([mine, other[c, i][:, np.newaxis]], axis=1), [(1 - CROSS) / (VIEWS - 1)] * (VIEWS - 1) + [
            CROSS
        ]

    return [(c, i) for c in range(CLUSTERS) for i in range(naturals)], pg.Augmentation.from_batch(augment, trusted=True)


def peak_memory() -> float:
    """The largest resident memory since the last call, in GiB; of the whole run where Linux does not say."""
    reset = Path("/proc/self/clear_refs")
    if not reset.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    reset.write_text("5", encoding="utf-8")
    return int(status.split("VmHWM:")[1].split()[0]) / 2**20


class Clock:
    """Time named functions, as replacements for them."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def wrap(self, owner, name: str, label: str) -> None:
        """Replace a function by one that adds its time to a label."""
        inner = getattr(owner, name)

        def timed(*args, **kwargs):
            start = time.perf_counter()
            try:
                return inner(*args, **kwargs)
            finally:
                self.seconds[label] = self.seconds.get(label, 0.0) + time.perf_counter() - start

        setattr(owner, name, timed)


def learn(graph: pg.PopulationGraph, decomposing: float) -> None:
    """Train and verify; print seconds, also as a multiple of those of decomposing, and peaks."""
    peak_memory()
    start = time.perf_counter()
    training = pg.train(graph, CLUSTERS, rng=0, progress=False)
    trained = time.perf_counter()
    times = f"{(trained - start) / decomposing:.1f} times decomposing"
    print(f"{'train':24}{trained - start:8.2f} s, {times}, peak {peak_memory():.2f} GiB")
    match = pg.verify(graph, training)
    print(f"{'verify':24}{time.perf_counter() - trained:8.2f} s, peak {peak_memory():.2f} GiB")
    print(repr(match))


def main(n: int, train: bool = False) -> None:
    """Run, and print."""
    clock = Clock()
    for owner, name in (
        (iterative.Search, "bound_left"),
        (assemble, "residual_norms"),
        (assemble, "certify"),
    ):
        clock.wrap(owner, name, "certify")
    naturals, augmentation = planted(n)
    law = pg.Distribution.uniform(naturals)
    marks = [time.perf_counter()]
    population = enumerate_population(law, augmentation)
    marks.append(time.perf_counter())
    graph = from_population(population)
    print(repr(graph), f"{graph.kernel.nnz:,} entries")
    marks.append(time.perf_counter())
    built = peak_memory()
    with grams_kept() as grams:
        spectrum = graph.spectrum(CLUSTERS)
    marks.append(time.perf_counter())
    decomposed = peak_memory()
    enumerate_, factor, whole = np.diff(marks)
    certify = clock.seconds.get("certify", 0.0)
    print(spectrum)
    for label, seconds in (
        ("enumerate", enumerate_),
        ("factor and components", factor),
        ("solve", whole - certify),
        ("certify", certify),
        ("all", marks[-1] - marks[0]),
    ):
        print(f"{label:24}{seconds:8.2f} s")
    print(f"{'peak memory':24}{max(built, decomposed):8.2f} GiB: build {built:.2f}, spectrum {decomposed:.2f}")
    M, k = graph.factor, CLUSTERS
    budget = M.nnz * 12 + (graph.n + graph.N) * 2 * k * 8
    within = max(built, decomposed) * 2**30 / budget
    print(f"  that is {within:.1f} times factor + (N + n) 2k float64, {budget / 2**30:.2f} GiB   (target: at most 3)")
    gram = max(grams, key=lambda each: each.products)
    x = np.random.default_rng(0).standard_normal(gram.side)
    product = np.median([timed(lambda: gram.vector(x)) for _ in range(20)])
    read = 2 * M.nnz * 12 + 2 * 8 * (graph.n + graph.N)
    print(f"{gram.products:,} products with M and its transpose, {1e3 * product:.1f} ms each")
    print(f"a product reads {read / 2**20:.0f} MiB of matrix and vectors")
    for threads in (1, 2):
        rate = bandwidth(threads)
        best = read / rate
        print(
            f"  at {rate / 1e9:.1f} GB/s on {threads} thread(s) that is {1e3 * best:.1f} ms: {product / best:.1f} times that"
        )
    print("  and each stored entry fetches one vector entry from a random place, 64 bytes of cache line for 8 of use")
    if train:
        del spectrum
        learn(graph, whole)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=500_000)
    parser.add_argument("--train", action="store_true", help="train and verify too")
    arguments = parser.parse_args()
    main(arguments.n, arguments.train)
