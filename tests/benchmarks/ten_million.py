"""Ten million views on this machine: python tests/benchmarks/ten_million.py.

5,000,000 naturals in 16 planted clusters, 16 views each, as arrays p and A; build, spectrum(16), train, verify. Prints for each
stage its seconds, the peak of the memory while it ran and what stays, and how near its products come to what reading the factor
once from memory would take. `--n 100000` runs a smaller one; `--declared` declares the population as a vectorised augmentation
in place of arrays (as `million.py` does); `--stages build,spectrum` stops earlier.
"""

import argparse
import gc
import re
import resource
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

import popgraph as pg

CLUSTERS, VIEWS, CROSS = 16, 16, 0.05
STAGES = ("build", "spectrum", "train", "verify")
GIB = 2**30
COLUMNS_DRAWN_AT_ONCE = 2**20  # naturals whose views are drawn together, so that drawing takes no memory to speak of


def own_and_other(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return 15 views of each natural's own cluster, (n, 15), and one of any cluster, (n,), as positions among 2n views."""
    rng = np.random.default_rng(0)
    naturals, views = n // CLUSTERS, 2 * n // CLUSTERS
    own = np.empty((n, VIEWS - 1), np.int32)
    for c in range(CLUSTERS):
        rows = slice(c * naturals, (c + 1) * naturals)
        own[rows] = rng.integers(c * views, (c + 1) * views, (naturals, VIEWS - 1), dtype=np.int32)
        # every view is reached: the first two views of the naturals of a cluster run through all of them
        own[rows, :2] = c * views + rng.permutation(views).reshape(naturals, 2)
    return own, rng.integers(0, CLUSTERS * views, n, dtype=np.int32)


def as_arrays(n: int) -> tuple[np.ndarray, sp.csr_array]:
    """Return p and A of the planted clusters."""
    own, other = own_and_other(n)
    columns = np.concatenate([own, other[:, np.newaxis]], axis=1).ravel()
    row = [(1 - CROSS) / (VIEWS - 1)] * (VIEWS - 1) + [CROSS]
    A = sp.csr_array((np.tile(row, n), columns, np.arange(0, VIEWS * n + 1, VIEWS, dtype=np.int32)), shape=(n, 2 * n))
    A.sum_duplicates()
    return np.full(n, 1 / n), A


def declared(n: int) -> tuple[list[tuple[int, int]], pg.Augmentation]:
    """Return the same population as naturals (cluster, number) and a vectorised augmentation to pairs (cluster, number)."""
    own, other = own_and_other(n)
    naturals, views = n // CLUSTERS, 2 * n // CLUSTERS

    def augment(pairs: np.ndarray) -> Any:
        at = pairs[:, 0] * naturals + pairs[:, 1]
        drawn = np.concatenate([own[at], other[at][:, np.newaxis]], axis=1).astype(np.int64)
        chances = [(1 - CROSS) / (VIEWS - 1)] * (VIEWS - 1) + [CROSS]
        return np.stack([drawn // views, drawn % views], axis=-1), chances

    return [(c, i) for c in range(CLUSTERS) for i in range(naturals)], pg.Augmentation.from_batch(augment, trusted=True)


class Meter:
    """Print time and memory of each stage."""

    def __init__(self) -> None:
        print(f"{'stage':<22}{'wall s':>9}{'CPU s':>9}{'peak GiB':>10}{'stays GiB':>11}")

    def __call__(self, stage: str, job: Callable[[], Any]) -> Any:
        """Run a stage and print its row."""
        gc.collect()
        resettable = _forget_peak()
        wall, cpu = time.perf_counter(), time.process_time()
        result = job()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        peak, stays = _memory()
        print(
            f"{stage:<22}{wall:>9.1f}{cpu:>9.1f}{peak:>10.2f}{stays:>11.2f}{'' if resettable else '  (of all so far)'}",
            flush=True,
        )
        return result


def _forget_peak() -> bool:
    """Have Linux count the peak of this process from here on; elsewhere it is that of the whole run."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
    except OSError:
        return False
    return True


def _memory() -> tuple[float, float]:
    """Return the peak and the present size of this process, in GiB."""
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8")
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        return peak, peak
    peak, now = (float(re.search(rf"{word}:\s+(\d+) kB", status)[1]) / 2**20 for word in ("VmHWM", "VmRSS"))
    return peak, now


def bandwidth(threads: int, size: int = 2**26) -> float:
    """Bytes a second that this many threads read from memory, summing an array of 512 MiB."""
    array = np.ones(size)
    parts = np.array_split(array, threads)
    with ThreadPoolExecutor(threads) as pool:
        return array.nbytes / min(_timed(lambda: list(pool.map(np.sum, parts))) for _ in range(5))


def _timed(job: Callable[[], Any]) -> float:
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def main(
    n: int, stages: tuple[str, ...] = STAGES, *, by_augmentation: bool = False, seconds_of_products: bool = True
) -> Any:
    """Run the stages, and print; returns the Match, or what the last stage made."""
    n -= n % CLUSTERS
    meter = Meter()
    population = [meter("draw", lambda: declared(n) if by_augmentation else as_arrays(n))]
    graph = meter("build", lambda: pg.build(*population.pop()))  # which leaves nothing of it but what the graph holds
    print("  ", repr(graph), f"{graph.kernel.nnz:,} entries")
    result: Any = graph
    if "spectrum" in stages:
        meter("components", lambda: graph.component_count)
        result = spectrum = meter("spectrum", lambda: graph.spectrum(CLUSTERS))
        print("  ", str(spectrum).replace("\n", "\n   "))
    if "train" in stages:
        result = training = meter("train", lambda: pg.train(graph, CLUSTERS, rng=0))
        print("  ", repr(training))
    if "verify" in stages:
        result = match = meter("verify", lambda: pg.verify(graph, training, spectrum=spectrum))
        print("  ", str(match).replace("\n", "\n   "))
    if seconds_of_products:
        products(graph)
    return result


def products(graph: pg.PopulationGraph) -> None:
    """Print what a product with Ā takes, and what reading its bytes once would."""
    M = graph.factor
    for columns in (1, 8):
        X = np.random.default_rng(0).standard_normal((graph.N, columns))
        seconds = min(_timed(lambda X=X: graph.gram(X)) for _ in range(3))
        read = 2 * 12 * M.nnz + 2 * 8 * columns * (graph.n + graph.N)
        at_best = read / bandwidth(1)
        print(
            f"a product with Ā of {columns} columns takes {seconds:.2f} s; reading its {read / GIB:.2f} GiB once takes one thread "
            f"{at_best:.2f} s ({100 * at_best / seconds:.0f} % of it)"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=5_000_000, help="naturals; there are twice as many views")
    parser.add_argument("--declared", action="store_true", help="declare a vectorised augmentation in place of arrays")
    parser.add_argument("--stages", default=",".join(STAGES), help="which of build,spectrum,train,verify")
    given = parser.parse_args()
    main(given.n, tuple(given.stages.split(",")), by_augmentation=given.declared)
