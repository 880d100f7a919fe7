"""A Dask cluster beside one machine, and what each costs: python tests/benchmarks/cluster.py [--part same|memory|kill|scaling].

same     two local workers and one process on the same 200,000 views, in turns: eigenvalues, verdicts, seconds (medians of five)
memory   A larger than a worker may hold: streamed from disk; one machine with A in memory and that limit besides, for comparison
kill     a worker killed in the middle of the decomposition: the bits of the undisturbed run
scaling  seconds and peak memory of enumerate, decompose, train, verify on one machine at N = 10^4, 10^5, 10^6 (--ten-million:
         10^7), the exponents fitted to them, and the cost model beside them
"""

import argparse
import multiprocessing
import os
import resource
import signal
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from threading import Timer

import numpy as np
import scipy.sparse as sp
from million import CLUSTERS, VIEWS, planted

import popgraph as pg
from popgraph.dask.panels import Panels
from popgraph.spectrum.solvers.chebyshev import Filter

TIMES = 5  # that each way is timed
K_TRAIN = CLUSTERS  # a clean cut; within the clusters' eigenvalues, which lie close, descent takes ten times the steps
STAGES = ("enumerate", "decompose", "train", "verify")


def client(**options):
    """Return a client of two local workers of one thread each."""
    from distributed import Client

    return Client(n_workers=2, threads_per_worker=1, dashboard_address=":0", **options)


def timed(job):
    """Return what a job returns, and its seconds."""
    start = time.perf_counter()
    done = job()
    return done, time.perf_counter() - start


def same(n: int) -> None:
    """Compare two local workers with one machine on a graph of 2n views."""
    naturals, augmentation = planted(n)
    law = pg.Distribution.uniform(naturals)
    seconds: dict[str, list[tuple[float, float]]] = {}

    def both(what, one, two, times=TIMES):
        """Time the two ways in turns, as other programs on this machine slow down both."""
        for _ in range(times):
            (here, alone), (there, together) = timed(one), timed(two)
            seconds.setdefault(what, []).append((alone, together))
        return here, there

    with client() as two, counted_products() as count:
        graph, blocks = both(
            "build",
            lambda: pg.build(law, augmentation),
            lambda: pg.dask.build(law, augmentation, rows=-(-n // 4), client=two),
        )
        alone, together = both(
            "spectrum", lambda: graph.spectrum(CLUSTERS), lambda: blocks.spectrum(CLUSTERS, solver="blocks")
        )
        noise = np.random.default_rng(0).standard_normal(graph.N)
        wrong = np.column_stack([alone.embedding[:, :-1], noise])
        verdicts = []
        for f in (alone.embedding, wrong):
            here, there = both(
                "verify",
                lambda f=f: pg.verify(graph, f, spectrum=alone),
                lambda f=f: pg.verify(blocks, f, spectrum=together),
            )
            verdicts.append((here.status is there.status, here.status.name))
        f = np.random.default_rng(0).standard_normal((graph.N, CLUSTERS))
        both("a step of training (ĀX, k columns)", lambda: graph.gram(f), lambda: blocks.gram(f))
    print(f"\n{graph.N:,} views, {graph.kernel.nnz:,} entries, k = {CLUSTERS}, medians of {TIMES}, in turns\n")
    print("| | one process, s | two workers, s | ratio, median | ratios |\n|---|---|---|---|---|")
    for what, pairs in seconds.items():
        one, other = (float(np.median(column)) for column in zip(*pairs, strict=True))
        ratios = sorted(second / first for first, second in pairs)
        print(f"| {what} | {one:.2f} | {other:.2f} | {np.median(ratios):.2f} | {ratios[0]:.2f} to {ratios[-1]:.2f} |")
    print(
        f"\none spectrum in blocks: {count['trips'] // TIMES} round trips, {count['columns'] // TIMES:,} products of a column"
    )
    print(f"\neigenvalues differ by {np.abs(alone.gamma - together.gamma).max():.1e}")
    print(f"verdicts (equal, which): {verdicts}")
    print(f"{together.certificate}")


@contextmanager
def counted_products():
    """Count the round trips of spectra in blocks, and the products of a column with Ā or its filters that they carry."""
    count, inner = {"trips": 0, "columns": 0}, Panels.columns

    def counting(self, action, X, rows, *given, what):
        degree = next((each.degree for each in given if isinstance(each, Filter)), 1)
        if what != "a product with Ā" or len(X) != self.files.N:  # those are of verify and of training
            count["trips"], count["columns"] = count["trips"] + 1, count["columns"] + degree * X.shape[1]
        return inner(self, action, X, rows, *given, what=what)

    Panels.columns = counting
    try:
        yield count
    finally:
        Panels.columns = inner


N_VIEWS, DEGREE = 20_000, 2000


def wide_block(block: int):
    """Return 500 naturals of two planted halves, with 2,000 views each, as one of the blocks of a kernel."""
    rng = np.random.default_rng(block)
    rows, half = 500, N_VIEWS // 2
    side = np.arange(rows) % 2
    columns = np.stack([half * s + rng.choice(half, DEGREE, replace=False) for s in side])
    columns[:, : DEGREE // 10] = (columns[:, : DEGREE // 10] + half) % N_VIEWS  # a tenth crosses over
    columns.sort(axis=1)
    data = np.full(rows * DEGREE, 1.0 / DEGREE)
    return rows, sp.csr_array((data, columns.ravel(), DEGREE * np.arange(rows + 1)), shape=(rows, N_VIEWS))


def memory(blocks: int, limit: int) -> None:
    """Decompose an A larger than a worker may hold, and try the same on one machine under that limit."""

    def source(block: int):
        rows, A = wide_block(block)
        return np.full(rows, 1.0 / (rows * blocks)), A

    with client(memory_limit=limit) as two:
        graph = pg.dask.from_blocks(source, blocks, client=two)
        print(f"\n{graph!r}: A takes {graph.bytes / 1e6:,.0f} MB, a worker may take {limit / 1e6:,.0f}")
        spectrum, seconds = timed(lambda: graph.spectrum(2, solver="blocks"))
        peaks = two.run(lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
        print(f"{spectrum!r} after {seconds:.0f} s, residual {spectrum.certificate.residual:.0e}")
        print(
            f"the workers' peaks, files mapped included: {', '.join(f'{1024 * peak / 1e6:,.0f} MB' for peak in peaks.values())}"
        )
    alone = multiprocessing.get_context("spawn").Process(target=_alone, args=(blocks, limit))
    alone.start()
    alone.join()


def _alone(blocks: int, limit: int) -> None:
    """Build the same graph on one machine that has A, and as much memory besides as a worker."""
    A = sp.vstack([wide_block(block)[1] for block in range(blocks)], format="csr")
    mapped = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (mapped + limit, mapped + limit))
    try:
        pg.build(np.full(A.shape[0], 1.0 / A.shape[0]), A).spectrum(2)
        print("one machine with A and this limit besides: it fits")
    except MemoryError as error:
        print(f"one machine with A and this limit besides: {type(error).__name__}: {error}")


def kill(n: int) -> None:
    """Kill a worker in the middle of a decomposition, and compare the bits."""
    naturals, augmentation = planted(n)
    with client() as two:
        graph = pg.dask.build(pg.Distribution.uniform(naturals), augmentation, rows=-(-n // 4), client=two)
        whole, seconds = timed(lambda: graph.spectrum(CLUSTERS, solver="blocks"))
        before = two.run(os.getpid)
        Timer(seconds / 3, os.kill, (next(iter(before.values())), signal.SIGKILL)).start()
        killed, again = timed(lambda: graph.spectrum(CLUSTERS, solver="blocks"))
        two.wait_for_workers(2)
        dead = set(before.values()) - set(two.run(os.getpid).values())
        bits = np.array_equal(whole.eigenvectors, killed.eigenvectors)
        print(f"\n{graph!r}: {seconds:.1f} s; with a worker killed after a third of that, {again:.1f} s")
        print(f"killed: {len(dead)} worker; the same bits: {bits}")


def measured(views: int, pipe) -> None:
    """Run all four stages on one machine, in a process of their own, and send seconds and peak bytes of each."""
    naturals, augmentation = planted(views // 2 // CLUSTERS * CLUSTERS)
    law, rows = pg.Distribution.uniform(naturals), []
    del naturals

    def note(job):
        done, seconds = timed(job)
        rows.append((seconds, 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))
        return done

    graph = note(lambda: pg.build(law, augmentation))
    spectrum = note(lambda: graph.spectrum(CLUSTERS))
    training = note(lambda: pg.train(graph, K_TRAIN, rng=0, tol=1e-6))
    note(lambda: pg.verify(graph, spectrum.embedding, spectrum=spectrum))
    pipe.send((graph.N, graph.n, graph.kernel.nnz, int(training.steps[-1]), rows))


def scaling(sizes: list[int]) -> None:
    """Print the table of seconds and peak memory over N, the exponents, and the cost model."""
    table = []
    for size in sizes:
        context = multiprocessing.get_context("spawn")
        here, there = context.Pipe()
        process = context.Process(target=measured, args=(size, there))
        process.start()
        there.close()
        try:
            table.append(here.recv())
        except EOFError:
            print(f"{size:,} views: the process died, most likely for want of memory")
        process.join()
    print(f"\n{VIEWS} views a natural, n = N / 2, k = {CLUSTERS}, training k = {K_TRAIN} to a gradient of 1e-6\n")
    print("| N | entries of A | " + " | ".join(f"{stage}, s" for stage in STAGES) + " | steps | peak, GB | model, GB |")
    print("|---|---|" + "---|" * (len(STAGES) + 3))
    for N, n, nnz, steps, rows in table:
        seconds = " | ".join(f"{second:.3g}" for second, _ in rows)
        peak, model = max(peak for _, peak in rows) / 1e9, model_bytes(N, n, nnz) / 1e9
        print(f"| {N:,} | {nnz:,} | {seconds} | {steps} | {peak:.2f} | {model:.2f} |")
    if len(table) > 1:
        logs = np.log([N for N, *_ in table])
        fits = [np.polyfit(logs, np.log([rows[i][0] for *_, rows in table]), 1)[0] for i in range(len(STAGES))]
        peak = np.polyfit(logs, np.log([max(p for _, p in rows) for *_, rows in table]), 1)[0]
        print("| exponent of N | | " + " | ".join(f"{fit:.2f}" for fit in fits) + f" | | {peak:.2f} | |")


def model_bytes(N: int, n: int, nnz: int, k: int = CLUSTERS) -> float:
    """Return the bytes that one machine needs at its peak: A, M and its transpose, and the vectors of the search, beside Python."""
    return 2e8 + 12 * 3 * nnz + 8 * min(n, N) * (1.4 * k + 13 + k) + 8 * N * 3 * k


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=["same", "memory", "kill", "scaling"])
    parser.add_argument("--n", type=int, default=100_000, help="naturals of `same` and `kill`")
    parser.add_argument("--blocks", type=int, default=40, help="of `memory`, 1,000,000 entries each")
    parser.add_argument("--limit", type=float, default=400, help="of a worker in `memory`, MB")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--ten-million", action="store_true")
    asked = parser.parse_args()
    parts = {
        "same": lambda: same(asked.n),
        "memory": lambda: memory(asked.blocks, int(asked.limit * 1e6)),
        "kill": lambda: kill(asked.n),
        "scaling": lambda: scaling(asked.sizes + [10_000_000] * asked.ten_million),
    }
    for name in [asked.part] if asked.part else parts:
        parts[name]()
        sys.stdout.flush()


if __name__ == "__main__":
    main()
