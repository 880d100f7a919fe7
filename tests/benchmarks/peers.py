"""popgraph beside its peers: python tests/benchmarks/peers.py [rows], after pip install -e ".[bench]"; --list names the rows.

Every way is given the same p and A, and asked for the k leading eigenpairs of Ā. Each runs in a process of its own, and the
processes take turns, so that noise of the machine meets all of them: median seconds of up to five rounds (building included),
peak memory above what p and A take, and whether every answer is right. It is right if every residual ||Āv - γv|| is below 1e-8
in orthonormal vectors, and the γ are the k largest of the row's true eigenvalues, multiplicities and all, to 1e-10. That leaves
no room for a wrong subspace. The truth is a closed form, a dense solve or `oracles.py`; where none is at hand (a million views),
a search beside the answer's own vectors must find nothing above its last γ.

A row ends in about two minutes on two quiet cores. A way is stopped when it takes four times as long as the fastest right one;
ways that cannot win any more, at three times its seconds, run once. Where others use the machine, compare the seconds of CPU.
"""

import argparse
import contextlib
import importlib.util
import logging
import multiprocessing
import os
import resource
import statistics
import sys
import time
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import oracles
import scipy
from known_spectra import CASES, Case, small
from machine import bandwidth, grams_kept, timed
from ways import WAYS, factor, popgraph_train

MEMORY = 12 * 2**30  # bytes of address space that a way may take
ROW_SECONDS = 110.0  # after which no round is begun
LEAST_LIMIT = 1.5  # seconds that every way may take
HOPELESS, STILL_IN = 4.0, 3.0  # times the fastest right way: where a way is stopped, and up to which it runs again
MEETS = 0.9  # of the fastest right peer's time: popgraph should never be slower than that
TRAINING_MEETS = 0.2  # the same for training, beside the SVD that it does without
WARM = small()

WHY = {  # what kind of method wins a row, and why: letters of a row's name, and a sentence
    "a": """All k values are 1: a closed form for each component is the answer, and a Krylov method sees one vector of 200.""",
    "b": """At k = 50 the cut stands clear of the bulk, and few products do; at k = 64 it lies in the bulk, where values crowd, and
        their number decides. A natural's views lie in one stretch of the vector, which caches well.""",
    "r": """As with circulant clusters, products decide; here each one fetches entries from random places of its cluster.""",
    "s": """As in cluster order, but each stored entry fetches from anywhere: as many products, and cache misses besides.""",
    "c": """The values 4^-j are repeated up to 924 times, and 4,096² entries are dense: whoever multiplies a block of vectors by a
        dense array, or knows the product, wins; a Krylov method on one vector misses multiplicities.""",
    "d": """Values crowd quadratically at 1, so a Krylov method needs thousands of products; the LU of a band costs as much as
        twenty of them: shift-invert wins.""",
    "e": """M is dense, and its spectrum falls from 1 to the bulk at once: a product streams 128 MB, and whoever makes fewest of
        them on a dense array wins; csr reads 1.5 times as much, and gathers.""",
    "f": """The naturals' side has 500 rows: a dense solve of MMᵀ costs less than a few products with 200,000 views.""",
    "g": """Six views: what is measured is the overhead of calls, and of what popgraph checks and certifies.""",
    "h": """At k = 1 the top stands alone, and what costs is to prove that nothing is near it; at k = 3 values crowd just below
        1 - share, far from 1: a Krylov method needs thousands of products, and an LU helps only with a shift that is near them.""",
    "i": """100 components of 128 views: they are solved apart in one batch; a Krylov method sees one of 100 equal values.""",
    "m": """The side is 3,000 with 576,000 entries: few products of half a millisecond are needed; a dense solve takes seconds.""",
    "p": """Weakly attached stars put values next to 1; products are short: their number decides, and what is orthogonalised.""",
    "S": """Values are repeated 36 and 196 times: a Krylov method on one vector misses copies or pays for each; a block doesn't.""",
    "t": """A uniform tree's gaps are of the order n^-3/2: thousands of products; its LU hardly fills in, so shift-invert wins.""",
    "M": """Arrays exceed the cache: whoever streams the matrix once for many vectors beats one product for each vector.""",
    "T": """Training multiplies k columns a step, and gains less from it than a Krylov method; what it must find, the SVD has.""",
}


@dataclass
class Outcome:
    """What came of one way on one row, over its rounds."""

    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    peak: int = 0
    verdicts: list[str] = field(default_factory=list)
    note: str = ""
    failure: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.seconds) if self.seconds else np.inf

    @property
    def cpu_median(self) -> float:
        return statistics.median(self.cpu) if self.cpu else np.inf

    @property
    def wrong(self) -> list[str]:
        return [said for said in self.verdicts if not said.startswith("right")]

    @property
    def is_right(self) -> bool:
        return bool(self.verdicts) and not self.wrong and not self.failure

    @property
    def answer(self) -> str:
        if self.failure:
            return self.failure
        times = f"{len(self.verdicts)} times" if len(self.verdicts) > 1 else "once"
        said = (
            f"{self.wrong[0]} ({len(self.wrong)} of {len(self.verdicts)} times)"
            if self.wrong
            else f"{self.verdicts[0]} ({times})"
        )
        return said + self.note


def verdict(case: Case, gamma, V) -> str:
    """Say "right", or in what the answer is wrong."""
    V = np.asarray(V, dtype=float)
    if V.shape != (case.A.shape[1], case.k) or not np.isfinite(V).all():
        return f"wrong: {V.shape[1]} vectors" if np.isfinite(V).all() else "wrong: not finite"
    Q, R = np.linalg.qr(V)
    if np.abs(np.diag(R)).min() < 1e-8 * np.abs(np.diag(R)).max():
        return f"wrong: rank {int(np.sum(np.abs(np.diag(R)) > 1e-8 * np.abs(np.diag(R)).max()))}"
    M = factor(case.p, case.A)
    transpose = M.T.tocsr()
    ritz, S = np.linalg.eigh(Q.T @ (transpose @ (M @ Q)))
    Q, ritz = Q @ S[:, ::-1], ritz[::-1]
    residual = np.linalg.norm(transpose @ (M @ Q) - Q * ritz, axis=0).max()
    truth = np.concatenate([case.gamma, np.zeros(case.k)])[: case.k] if len(case.gamma) else ritz
    error = np.abs((ritz if gamma is None else np.sort(gamma)[::-1]) - truth).max()
    error = max(error, np.abs(ritz - truth).max())
    if error > 1e-10:
        ones = int(np.sum(np.abs(truth - 1) < 1e-10))
        found = int(np.sum(np.abs(ritz - 1) < 1e-6))
        return f"wrong: {found} of {ones} ones" if found < ones > 1 else f"wrong: γ off by {error:.0e}"
    if residual >= 1e-8:
        return f"wrong: residual {residual:.0e}"
    if not len(case.gamma) and (left := oracles.largest_left(M, Q)) > ritz[-1]:
        return f"wrong: missed a γ of {left:.4g}"
    return "right"


def angle(case: Case, V) -> float:
    """The largest principal angle to F*, in degrees, by a dense solve."""
    M = factor(case.p, case.A).toarray()
    exact = np.linalg.svd(M)[2][: case.k].T
    cosines = np.linalg.svd(np.linalg.qr(V)[0].T @ exact, compute_uv=False)
    return float(np.degrees(np.arccos(np.clip(cosines.min(), 0, 1))))


def span_verdict(case: Case, gamma, V) -> str:
    """Say how far the span of trained columns is from F* of the case, known as its orthonormal columns in `case.span`."""
    Q = np.linalg.qr(np.asarray(V))[0]
    radians = float(np.linalg.norm(Q - case.span @ (case.span.T @ Q), 2))
    return f"right: {radians:.0e} rad from F*" if radians < 1e-8 else f"wrong: {radians:.0e} rad from F*"


def _memory(line: str) -> int:
    """A line of this process's status, in bytes: VmHWM is the largest resident memory since the last reset."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return 1024 * int(status.split(f"{line}:")[1].split()[0])


def _work(way, case: Case, judge, pipe) -> None:
    """Run one way on one case each time that a round is asked for, and send what it took."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    warnings.simplefilter("ignore")
    logging.disable()
    np.random.seed(0)  # noqa: NPY002 - scikit-network and pygsp draw their starts from it
    try:
        way(WARM.p, WARM.A, WARM.k, 0)  # imports, and threads
    except ImportError as error:
        pipe.send(f"not installed: {error.name}")
        return
    except Exception as error:
        logging.debug("%s refuses so small a graph: %s", way, error)
    pipe.send("ready")
    while (seed := pipe.recv()) is not None:
        with contextlib.suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
        before = _memory("VmRSS")
        try:
            if seed == "count":
                pipe.send(_products(way, case))
                continue
            start, used = time.perf_counter(), time.process_time()
            answer = way(case.p, case.A, case.k, seed)
            seconds, cpu = time.perf_counter() - start, time.process_time() - used
            pipe.send((seconds, cpu, _memory("VmHWM") - before))  # judging takes memory and time too
            note = f", {angle(case, answer[1]):.2g}° from F*" if len(case.p) < 10 else ""
            pipe.send((judge(case, *answer), note))
        except MemoryError:
            pipe.send("too large")
        except Exception as error:
            pipe.send(f"{type(error).__name__}: {(str(error).splitlines() or [''])[0][:60]}")


def _products(way, case: Case) -> str:
    """Say which solver popgraph chose, how many products it took, what one costs, and what share of the bandwidth that is."""
    chosen = ""
    with grams_kept() as made:
        if way is WAYS["popgraph"]:
            chosen = f"{importlib.import_module('popgraph').build(case.p, case.A).spectrum(case.k).solvers[0]}; "
        else:
            way(case.p, case.A, case.k, 0)
    made = [gram for gram in made if gram.products]
    if not made:
        return f"{chosen}no products of single vectors" if chosen else ""
    gram = max(made, key=lambda each: each.products)
    x = np.random.default_rng(0).standard_normal(gram.side)
    count, gram.limit = sum(each.products for each in made), np.inf
    taken = statistics.median(timed(lambda: gram.vector(x)) for _ in range(9))
    n, n_views = case.A.shape
    dense = case.A.nnz > 0.3 * n * n_views
    read = 2 * (8 * n * n_views if dense else 12 * case.A.nnz) + 2 * 8 * (n + n_views)
    rate = bandwidth(len(os.sched_getaffinity(0)), 2**25)
    return (
        f"{chosen}{count:,} products with M and its transpose, {1e3 * taken:.2f} ms for one vector, which reads "
        f"{read / 2**20:.1f} MiB: {100 * read / taken / rate:.0f} % of the {rate / 1e9:.0f} GB/s that all cores stream from memory "
        "(above 100 %: cached)"
    )


class Runner:
    """One way in a process of its own, waiting for rounds."""

    def __init__(self, way, case: Case, judge) -> None:
        fork = multiprocessing.get_context("fork")  # so that a case is not sent, and a way may be any function
        self.pipe, theirs = fork.Pipe()
        self.process = fork.Process(target=_work, args=(way, case, judge, theirs), daemon=True)
        with (
            warnings.catch_warnings()
        ):  # Python warns of forks beside threads: here idle ones of a BLAS, which expects forks
            warnings.simplefilter("ignore", DeprecationWarning)
            self.process.start()
        theirs.close()
        self.outcome, self.alive = Outcome(), True
        said = self._receive(60)
        if said != "ready":
            self._end(said)

    def _receive(self, limit: float):
        try:
            return self.pipe.recv() if self.pipe.poll(limit) else f"more than {limit:.1f} s"
        except EOFError:
            return "killed: out of memory"

    def _end(self, failure: str) -> None:
        self.outcome.failure = failure
        self.close()

    def round(self, seed: int, limit: float) -> None:
        """Run once more, for at most `limit` seconds."""
        self.pipe.send(seed)
        said = self._receive(limit)
        if isinstance(said, str):
            return self._end(said)
        seconds, cpu, peak = said
        self.outcome.seconds.append(seconds)
        self.outcome.cpu.append(cpu)
        self.outcome.peak = max(self.outcome.peak, peak)
        judged = self._receive(120)
        if isinstance(judged, str):
            return self._end(f"judging took {judged}")
        self.outcome.verdicts.append(judged[0])
        self.outcome.note = judged[1]
        return None

    def counted(self) -> str:
        """Ask popgraph for its products."""
        self.pipe.send("count")
        return str(self._receive(max(30.0, 4 * self.outcome.median)))

    def close(self) -> None:
        """End the process."""
        self.alive = False
        self.process.kill()
        self.process.join()


def measure(case: Case, ways: dict, rounds: int, judge=verdict, seconds: float = ROW_SECONDS) -> tuple[dict, str]:
    """Run the ways in turns; return what came of each, and a line about popgraph's products."""
    end = time.perf_counter() + seconds
    runners: dict[str, Runner] = {}
    counted = ""
    for name, way in ways.items():
        best = min((each.outcome.median for each in runners.values() if each.outcome.is_right), default=np.inf)
        left = end - time.perf_counter()
        limit = max(LEAST_LIMIT, min(HOPELESS * best, left / 3 if runners else left / 2))
        runners[name] = Runner(way, case, judge)
        if runners[name].alive:
            runners[name].round(0, limit)
    for seed in range(1, rounds):
        best = min((each.outcome.median for each in runners.values() if each.outcome.is_right), default=np.inf)
        for name, runner in runners.items():
            outcome = runner.outcome
            contends = name == next(iter(ways)) or outcome.median <= STILL_IN * best
            if runner.alive and contends and time.perf_counter() + outcome.median < end:
                runner.round(seed, max(LEAST_LIMIT, HOPELESS * outcome.median))
    own = runners.get("popgraph")
    if own is not None and own.alive:
        counted = own.counted()
    for runner in runners.values():
        runner.close()
    return {name: runner.outcome for name, runner in runners.items()}, counted


def report(row: str, case: Case, outcomes: dict[str, Outcome], counted: str) -> str:
    """Print a row's table; return its line of the summary."""
    n, n_views = case.A.shape
    print(f"\n{row}: {case.title}, k = {case.k}   ({n:,} x {n_views:,}, {case.A.nnz:,} entries)")
    print(f"{'':36}{'seconds':>10}{'ratio':>8}{'CPU s':>10}{'ratio':>8}{'memory':>10}   answer")
    own = next(iter(outcomes.values()))
    for way, outcome in outcomes.items():
        if outcome.seconds:
            numbers = f"{outcome.median:10.4f}{outcome.median / own.median:8.2f}"
            numbers += f"{outcome.cpu_median:10.4f}{outcome.cpu_median / own.cpu_median:8.2f}"
            numbers += f"{outcome.peak / 2**20:7.0f} MB"
        else:
            numbers = " " * 46
        print(f"  {way:34}{numbers}   {outcome.answer}")
    right = {way: each.median for way, each in outcomes.items() if each is not own and each.is_right}
    peer = min(right, key=right.__getitem__, default=None)
    ratio = right[peer] / own.median if peer else np.inf
    by_cpu = outcomes[peer].cpu_median / own.cpu_median if peer else np.inf
    beside = f"fastest right peer: {peer} ({by_cpu:.2f} by CPU seconds)" if peer else "no peer is right in time"
    target = TRAINING_MEETS if letters(row) == "T" else MEETS
    lost = "popgraph did not end" if own.failure else "popgraph is WRONG"
    meets = lost if not own.is_right else f"{'meets' if ratio >= target else 'BELOW'} {target}"
    if counted:
        print(f"  popgraph: {counted}")
    print(f"  why: {' '.join(WHY[letters(row)].split())}", flush=True)
    eigsh = outcomes.get("scipy eigsh on Ā")
    besides = f"; eigsh on Ā {eigsh.median / own.median:.2f}" if eigsh is not None and eigsh.is_right else ""
    return f"{row:4} {own.median:9.4f} s   {ratio:7.2f}   {meets:18} {beside}{besides}   {case.title}, k = {case.k}"


def libraries_and_cores() -> str:
    """Say which numpy, scipy and BLAS run here, and on what."""
    try:
        import threadpoolctl
    except ImportError:
        pools = []
    else:
        pools = threadpoolctl.threadpool_info()
    blas = sorted({f"{each['internal_api']} {each['version']}, {each['num_threads']} thread(s)" for each in pools})
    described = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    cpu = [line.split(":")[1].strip() for line in described if "model name" in line]
    load = os.getloadavg()[0]
    return (
        f"Python {sys.version.split()[0]}, numpy {np.__version__}, scipy {scipy.__version__}, BLAS {'; '.join(blas) or 'unknown'}; "
        f"{len(os.sched_getaffinity(0))} cores of {cpu[0] if cpu else 'unknown'}, load {load:.1f}"
    )


def ways_of(row: str, only: list[str]) -> dict:
    """The ways that a row compares; training is beside the sparse SVD alone, as are a million views."""
    if row.startswith("T"):
        return {"popgraph": popgraph_train, "scipy svds on M": WAYS["scipy svds on M"]}
    chosen = only or (["popgraph", "scipy svds on M", "scipy svds propack"] if row == "M" else list(WAYS))
    return {way: WAYS[way] for way in WAYS if way in chosen or way == "popgraph"}


def missing() -> list[str]:
    """Libraries of peers that are not installed here; their ways say so in each table, and are left out of the judgement."""
    libraries = ("torch", "primme", "sklearn", "sknetwork", "pygsp", "networkx")
    return [name for name in libraries if importlib.util.find_spec(name) is None]


def letters(row: str) -> str:
    """The kind of a row: its name without the number."""
    return row.rstrip("0123456789")


def rows_named(names: list[str]) -> list[str]:
    """Rows by their names, or all of a kind, in the order in which they are named."""
    every = [[row for row in CASES if name in (row, letters(row))] for name in names]
    if unknown := [name for name, rows in zip(names, every, strict=True) if not rows]:
        raise SystemExit(f"no row is called {', '.join(unknown)}; --list names them")
    return list(dict.fromkeys(row for rows in every for row in rows)) or list(CASES)


def main(rows: list[str], rounds: int, seconds: float, only: list[str]) -> list[str]:
    """Print a table for each row, and a line for each at the end; return those lines."""
    print(libraries_and_cores())
    if lacking := missing():
        print(f"not installed, and so not measured: {', '.join(lacking)}")
    lines = []
    for row in rows:
        start = time.perf_counter()
        case = CASES[row]()
        made = time.perf_counter() - start
        judge = span_verdict if case.span is not None else verdict
        left = max(seconds - made, seconds / 3)
        outcomes, counted = measure(case, ways_of(row, only), rounds, judge, left)
        lines.append(report(row, case, outcomes, counted))
        print(
            f"  ({made:.0f} s to make the row, {time.perf_counter() - start:.0f} s in all, load {os.getloadavg()[0]:.1f})"
        )
    print("\nrow    popgraph   fastest right peer / popgraph")
    print("\n".join(lines), flush=True)
    return lines


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "rows", nargs="*", help="names such as b1, or the letters that they begin with; all if none is given"
    )
    parser.add_argument("--list", action="store_true", help="name the rows and say what they are")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=ROW_SECONDS, help="for one row, all ways and rounds together")
    parser.add_argument("--only", nargs="*", default=[], help="names of ways, beside popgraph")
    arguments = parser.parse_args()
    if arguments.list:
        for name, make in CASES.items():
            function = getattr(make, "func", make)
            sizes = [*getattr(make, "args", ()), *getattr(make, "keywords", {}).items()]
            print(f"{name:4}{function.__doc__.splitlines()[0]}", *sizes)
        sys.exit()
    chosen = rows_named(arguments.rows)
    main(chosen, arguments.rounds, arguments.seconds, arguments.only)
