"""What the machine can do, and what popgraph asks of it: bytes a second that cores stream, and the products that solvers make."""

import contextlib
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from popgraph.spectrum.solvers.gram import Gram


def timed(job: Callable[[], Any]) -> float:
    """Seconds that a job takes."""
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def bandwidth(threads: int, size: int = 2**27) -> float:
    """Bytes a second that this many threads read from memory, summing an array of `size` floats."""
    array = np.ones(size)
    parts = np.array_split(array, threads)
    with ThreadPoolExecutor(threads) as pool:
        best = min(timed(lambda: list(pool.map(np.sum, parts))) for _ in range(5))
    return array.nbytes / best


@contextlib.contextmanager
def grams_kept() -> Iterator[list[Gram]]:
    """Remember the products that solvers make within, to count and to time them."""
    made: list[Gram] = []
    initialise = Gram.__init__

    def kept(self, *args, **kwargs):
        initialise(self, *args, **kwargs)
        made.append(self)

    Gram.__init__ = kept
    try:
        yield made
    finally:
        Gram.__init__ = initialise
