"""Products of a sparse array with vectors and with tables of columns, and sweeps over tall tables, divided among threads.

Rows are divided at places that depend on the array alone, each block of rows is computed by one thread in one order, and sums over
blocks are added up in the order of the blocks: the bits are the same whatever the number of threads. scipy's products of csr
arrays and numpy's matrix products let other threads run meanwhile. Threads live for one call, so that a process that forks
between two calls takes none of them along; or they are a `Team`, for one who makes hundreds of short products.
"""

import os
import threading
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from itertools import pairwise
from queue import SimpleQueue
from typing import Any, TypeVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from popgraph.basics.arrays import Sparse

R = TypeVar("R")
# Products of an entry and a number below which one thread is faster: a core does this many in 3 ms, and a second thread costs the
# processors 0.3 ms, starting and waiting included (measured in a training of 10,000 views).
THREADED_OPERATIONS = 4_000_000
# Of a csr array, at least so many entries and at most so many parts: each costs about 10 µs beside its product.
ENTRIES_A_PART, MAX_PARTS = 2**15, 64
BYTES_A_BLOCK = 2**18  # of a table: a few such blocks fit into the cache of a core, 1 to 2 MB on most


def core_count() -> int:
    """Return the number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def side_by_side(jobs: Sequence[Callable[[], R]], threaded: bool = True) -> list[R]:
    """Call functions without arguments on as many threads as there are processors, and return their values in order.

    The first exception of a job is raised once all threads have ended; jobs not yet begun are then left out.
    """
    workers = min(core_count(), len(jobs)) if threaded else 1
    if workers <= 1:
        return [job() for job in jobs]
    values: list[Any] = [None] * len(jobs)
    failures: list[BaseException] = []
    queue = deque(range(len(jobs)))  # a lock could be left closed by an interrupt, and the other threads waiting for it

    def work() -> None:
        while not failures:
            try:
                at = queue.popleft()
            except IndexError:
                return
            try:
                values[at] = jobs[at]()
            except BaseException as failure:  # raised below, in the thread that called
                failures.append(failure)

    helpers = [threading.Thread(target=work, daemon=True) for _ in range(workers - 1)]
    try:
        for helper in helpers:
            helper.start()
        work()
        for helper in helpers:
            helper.join()
    except (
        BaseException
    ) as interrupt:  # of Ctrl-C while waiting: the other threads write into arrays of the caller, so wait
        failures.append(interrupt)
        for helper in helpers:
            if helper.ident is not None:
                helper.join()
    if failures:
        raise failures[0]
    return values


def row_blocks(rows: int, columns: int) -> list[slice]:
    """Return blocks of the rows of a float64 table that each fit into a core's cache, a few at a time."""
    step = max(64, BYTES_A_BLOCK // (8 * max(1, columns)))
    return [slice(start, min(start + step, rows)) for start in range(0, rows, step)]


def summed(blocks: Sequence[slice], job: Callable[[slice], tuple[Any, ...]], threaded: bool = True) -> list[Any]:
    """Call a job on each block of rows, and return the sums of the tuples that it returns, added up in the order of the blocks."""
    parts = side_by_side([partial(job, rows) for rows in blocks], threaded)
    totals = list(parts[0])
    for part in parts[1:]:
        for at, value in enumerate(part):
            totals[at] = totals[at] + value
    return totals


class Team:
    """Threads that wait for jobs, as many as there are processors beside the one that asks; they end when the team is forgotten.

    Starting a thread for each product takes 100 µs. A ThreadPoolExecutor would do nearly as well (289 against 284 µs for a product
    of 315,000 entries), but it leaves a forked process waiting for threads that it has not.
    """

    def __init__(self) -> None:
        self.size, self.process = core_count(), os.getpid()
        self.jobs: SimpleQueue[Any] = SimpleQueue()
        self.threads = [threading.Thread(target=_work, args=(self.jobs,), daemon=True) for _ in range(self.size - 1)]
        for thread in self.threads:
            thread.start()
        weakref.finalize(self, _dismiss, self.jobs, self.size - 1)

    def run(self, jobs: Sequence[Callable[[], object]]) -> None:
        """Call functions without arguments side by side; the first exception of a job is raised once all have ended."""
        if self.process != os.getpid():  # the threads of a process that forked are not in the child
            for job in jobs:
                job()
            return
        ended: SimpleQueue[BaseException | None] = (
            SimpleQueue()
        )  # of this call alone: an interrupt leaves nothing in it
        failures: list[BaseException] = []
        waiting = 0
        try:
            for job in jobs[1:]:
                self.jobs.put((job, ended))
                waiting += 1
            jobs[0]()
            while waiting:
                failure = ended.get()
                waiting -= 1
                failures += [failure] if failure is not None else []
        except BaseException:  # the other threads write into arrays of the caller, so wait
            for _ in range(waiting):
                ended.get()
            raise
        if failures:
            raise failures[0]


def _work(jobs: "SimpleQueue[Any]") -> None:
    """Do jobs until there is none."""
    while (handed_in := jobs.get()) is not None:
        job, ended = handed_in
        try:
            job()
        except BaseException as failure:  # raised in the thread that called
            ended.put(failure)
        else:
            ended.put(None)
        del job, ended, handed_in  # the arrays of the last job must not outlive it


def _dismiss(jobs: "SimpleQueue[Any]", count: int) -> None:
    """Let so many threads end."""
    for _ in range(count):
        jobs.put(None)


class Rows:
    """Multiply a csr_array (m, n) by a vector (n,), or by a C-ordered table (n, k), its rows divided among threads.

    Data and factors may be float64 or float32; the product is of the type that numpy gives to theirs. A `team` does every product
    together; without one, threads are started for large products.
    """

    def __init__(self, matrix: Sparse, team: Team | None = None) -> None:
        self.matrix, self.shape, self.nnz, self.dtype, self.team = matrix, matrix.shape, matrix.nnz, matrix.dtype, team

    @cached_property
    def parts(self) -> list[tuple[slice, Any]]:
        """The rows in parts of about as many entries, as they are divided among threads; made when they are first asked for."""
        indptr = self.matrix.indptr
        if self.team is not None:
            entries_before: NDArray[Any] = np.linspace(0, self.nnz, self.team.size + 1)[1:-1]
        else:
            entries_a_part = max(ENTRIES_A_PART, -(-self.nnz // MAX_PARTS))
            entries_before = np.arange(entries_a_part, self.nnz, entries_a_part)
        edges = np.unique([0, *np.searchsorted(indptr, entries_before).tolist(), self.shape[0]])
        parts: list[tuple[slice, Any]] = []
        for start, stop in pairwise(edges.tolist()):
            entries = slice(indptr[start], indptr[stop])
            arrays = (self.matrix.data[entries], self.matrix.indices[entries], indptr[start : stop + 1] - indptr[start])
            parts.append((slice(start, stop), sp.csr_array(arrays, shape=(stop - start, self.shape[1]))))
        return parts

    def __call__(self, X: NDArray[Any]) -> NDArray[Any]:
        """Return the product."""
        X = np.ascontiguousarray(X)
        if not self._divided(X):
            return np.asarray(self.matrix @ X)  # the same bits: each row is summed up in the order of its entries
        Y = np.empty((self.shape[0], *X.shape[1:]), dtype=np.result_type(self.dtype, X.dtype))

        def multiply(rows: slice, part: Any) -> None:
            Y[rows] = part @ X

        jobs = [partial(multiply, rows, part) for rows, part in self.parts]
        if self.team is not None:
            self.team.run(jobs)
        else:
            side_by_side(jobs)
        return Y

    def _divided(self, X: NDArray[Any]) -> bool:
        """Whether the product with X is divided among threads."""
        if self.team is not None:
            return len(self.parts) > 1
        operations = self.nnz * (1 if X.ndim == 1 else X.shape[1])
        return operations >= THREADED_OPERATIONS and core_count() > 1 and len(self.parts) > 1
