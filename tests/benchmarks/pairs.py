"""A million pairs of words: `from_pairs` and `spectrum(32)` beside scipy's `svds` and `eigsh`, in seconds and in memory.

Run `python tests/benchmarks/pairs.py [pairs] [words] [topics]`; each line is a process of its own, whose peak of memory is set
beside what it held before. Words are as frequent as Zipf's law says, and topics have 95 to 30 % of the pairs of their words inside.
"""

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import eigsh, svds

import popgraph as pg

K, MIB = 32, 2**20


def observations(pairs: int, words: int, topics: int) -> tuple[Any, Any]:
    """Draw pairs of words of a topic model, two arrays of numbers."""
    rng = np.random.default_rng(0)
    frequency = 1 / np.arange(1, words + 1) ** 0.7
    own = rng.integers(0, topics, words)
    order = np.argsort(own, kind="stable")
    ends = np.searchsorted(own[order], np.arange(topics + 1))
    first = rng.choice(words, pairs, p=frequency / frequency.sum())
    second = rng.choice(words, pairs, p=frequency / frequency.sum())
    same = rng.random(pairs) < np.linspace(0.95, 0.3, topics)[own[first]]
    for topic in range(topics):
        members = order[ends[topic] : ends[topic + 1]]
        here = np.flatnonzero(same & (own[first] == topic))
        if len(members):
            second[here] = rng.choice(members, len(here), p=frequency[members] / frequency[members].sum())
    return first, second


def peak() -> float:
    """Return the most bytes that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024.0


def timed(what: str, job: Callable[[], Any]) -> Any:
    """Print the seconds of a job and by how much it raised the peak of memory, and return its answer."""
    before, start = peak(), time.perf_counter()
    answer = job()
    print(f"{what:<64} {time.perf_counter() - start:>8.2f} s {(peak() - before) / MIB:>8.0f} MiB", flush=True)
    return answer


def symmetric_counts(first: Any, second: Any, words: int) -> Any:
    """Return the counts of both directions as a csr_array."""
    counts = sp.coo_array((np.ones(len(first), dtype=np.int64), (first, second)), shape=(words, words)).tocsr()
    counts = (counts + counts.T).tocsr()
    seen = np.flatnonzero(counts.sum(axis=1))
    return counts[seen][:, seen]


def normalised(counts: Any) -> Any:
    """Return Ā by scipy alone."""
    root = 1 / np.sqrt(counts.sum(axis=1).astype(float))
    return (sp.diags_array(root) @ counts @ sp.diags_array(root)).tocsr()


def of_numbers(first: Any, second: Any, words: int) -> None:
    pairs = np.column_stack([first, second])
    print(f"  {timed('from_pairs of an array of observed pairs', lambda: pg.from_pairs(pairs, symmetrize=True))!r}")


def of_names(first: Any, second: Any, words: int) -> None:
    pairs = [(f"word {i}", f"word {j}") for i, j in zip(first.tolist(), second.tolist(), strict=True)]
    print(f"  {timed('from_pairs of a list of pairs of names', lambda: pg.from_pairs(pairs, symmetrize=True))!r}")


def of_mapping(first: Any, second: Any, words: int) -> None:
    counts = symmetric_counts(first, second, words).tocoo()
    places = zip(counts.row.tolist(), counts.col.tolist(), counts.data.tolist(), strict=True)
    table = {(f"word {i}", f"word {j}"): times for i, j, times in places}
    print(f"  {timed('from_pairs of a mapping', lambda: pg.from_pairs(table, normalize=True))!r}")


def of_matrix(first: Any, second: Any, words: int) -> None:
    counts = symmetric_counts(first, second, words)
    graph = timed("from_pairs of a sparse matrix of counts", lambda: pg.from_pairs(counts, normalize=True))
    spectrum = timed(f"spectrum({K})", lambda: graph.spectrum(K))
    print(f"  {graph!r}\n  {in_short(spectrum.gamma)}\n  {spectrum.solvers[0]}; {spectrum.certificate}")
    two = timed(f"two_encoders().spectrum({K})", lambda: graph.two_encoders().spectrum(K))
    print(f"  {in_short(two.sigma)}")


def by_svds(first: Any, second: Any, words: int) -> None:
    A = normalised(symmetric_counts(first, second, words))
    start = np.ones(A.shape[0])
    print(f"  {in_short(timed(f'scipy svds of {A.nnz:,} entries', lambda: svds(A, K, v0=start))[1])}")


def by_eigsh(first: Any, second: Any, words: int) -> None:
    A, start = normalised(symmetric_counts(first, second, words)), np.ones(words)
    found = timed(f"scipy eigsh of {A.nnz:,} entries", lambda: eigsh(A, K, which="LA", v0=start[: A.shape[0]]))
    print(f"  {in_short(found[0])}")


def in_short(values: Any) -> str:
    values = np.sort(values)[::-1]
    return f"largest {values[:4].round(6)}, the last {values[-1]:.9f}"


WAYS: dict[str, Callable[[Any, Any, int], None]] = {
    "numbers": of_numbers,
    "names": of_names,
    "mapping": of_mapping,
    "matrix": of_matrix,
    "svds": by_svds,
    "eigsh": by_eigsh,
}

if __name__ == "__main__":
    sizes = [int(each) for each in sys.argv[1:4] if each.isdecimal()]
    sizes += [600_000, 50_000, 60][len(sizes) :]
    if sys.argv[-1] in WAYS:
        WAYS[sys.argv[-1]](*observations(*sizes), sizes[1])
    else:
        for each in WAYS:
            subprocess.run([sys.executable, __file__, *map(str, sizes), each], check=True)
