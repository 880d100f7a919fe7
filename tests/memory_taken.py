"""How much memory solves and verdicts take, as the system counts it, beside what is reserved for them. Linux only.

tracemalloc sees only what goes through Python's or numpy's allocator, and what of LAPACK's work does has changed: numpy 2.5
takes it there, scipy 1.18 no longer does, and neither takes more memory than before. So each case is run in a fork of a quiet
process, and /proc says how many bytes of it were resident at most. malloc is told to give large blocks back at once, or one
case would use another's.

    python tests/memory_taken.py    # a table
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

MALLOC = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}  # bytes
ONE_THREAD = {
    f"{pool}_NUM_THREADS": "1" for pool in ("OPENBLAS", "OMP", "MKL")
}  # or a fork would not be a whole process
# Solver, blocks, naturals, views, share of entries that are not 0, pairs: each term of the estimate is the largest of some case.
SOLVES = [
    ("dense", 1, 900, 900, 1, 10),
    ("dense", 1, 100, 20_000, 1, 100),
    ("dense", 1, 20_000, 100, 1, 100),
    ("dense", 8, 150, 150, 1, 150),
    ("dense", 3, 100, 1500, 1, 10),
    ("dense", 1, 400, 20_000, 0.003, 300),
    ("dense", 1, 700, 20_000, 0.085, 1),
    ("dense", 2, 200, 3000, 0.01, 1),
    ("dense", 1, 600, 3000, 0.05, 400),
    ("iterative", 1, 4000, 4000, 0.002, 150),
    ("iterative", 1, 6000, 6000, 0.001, 2),
    ("iterative", 1, 500, 40_000, 0.002, 12),
    ("iterative", 1, 40_000, 500, 0.002, 12),
    ("iterative", 1, 800, 4000, 1, 3),
]
VERDICTS = [
    (40, 40),
    (120, 40),
    (40, 1),
]  # columns of f, and k; the last is a degenerate cut through 40 equal eigenvalues


def peak(call: Callable[[], Any]) -> int:
    """Return how many bytes became resident during a call, beyond those before it."""
    before = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")  # forget the largest number so far
    kept = call()
    (most,) = (
        line for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines() if line.startswith("VmHWM")
    )
    del kept
    return int(most.split()[1]) * 1024 - before


def in_a_fork(call: Callable[[], Any], like_it: Callable[[], Any]) -> int:
    """Return the peak of a call; a small one like it comes first, so that what is loaded once and kept does not count."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        try:
            like_it()
            os.write(write, str(peak(call)).encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read) as end:
        answer = end.read()
    os.waitpid(child, 0)
    return int(answer)


def cases() -> Iterator[tuple[str, float, int]]:
    """Yield each case in words, the bytes that are reserved and the bytes that are taken."""
    import numpy as np
    from cases import many_components, random_stack

    import popgraph as pg
    from popgraph.spectrum import policy
    from popgraph.verification import verifying

    yield "a table", 8e6, in_a_fork(lambda: np.ones((1000, 1000)), lambda: np.ones((10, 10)))
    # The matrix is made in the call; it, the eigenvectors and LAPACK's work are squares of 8 MB.
    yield "eigh", 5 * 8e6, in_a_fork(lambda: np.linalg.eigh(np.eye(1000)), lambda: np.linalg.eigh(np.eye(10)))
    few = random_stack(1, 30, 31, 1)
    for name, *shape, density, k in SOLVES:
        stack, solve = random_stack(*shape, density), policy.SOLVERS[name]
        taken = in_a_fork(lambda: solve(stack, k, True), lambda: solve(few, 2, True))  # noqa: B023 - called at once
        yield f"{name} {shape} {density} {k}", policy._bytes_needed(name, stack, k), taken
    asked: list[float] = []
    policy.reserve = verifying.reserve = lambda what, needed, instead: asked.append(needed)
    graph, two = many_components(40, 500), many_components(2, 5)
    for d, k in VERDICTS:
        f = np.random.default_rng(0).standard_normal((graph.N, d))
        asked.clear()
        spectrum = graph.spectrum(k)
        while_solving = len(asked)
        pg.verify(graph, f, k, spectrum=spectrum)
        taken = in_a_fork(lambda: pg.verify(graph, f, k, spectrum=spectrum), lambda: pg.verify(two, two.spectrum(1)))  # noqa: B023
        yield f"verify {d} {k}", sum(asked[while_solving:]), taken


def measured(first: int | None = None) -> dict[str, tuple[float, int]]:
    """Return what a process of its own says of the first cases, or of all."""
    path = os.pathsep.join(sys.path)
    environment = os.environ | MALLOC | ONE_THREAD | {"PYTHONPATH": path}
    command = [sys.executable, __file__, "--json", *([] if first is None else [str(first)])]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return {name: (reserved, taken) for name, reserved, taken in json.loads(done.stdout)}


if __name__ == "__main__":
    if sys.argv[1:2] == ["--json"]:
        print(json.dumps(list(islice(cases(), *map(int, sys.argv[2:] or [sys.maxsize])))))
    else:
        for name, (reserved, taken) in measured().items():
            print(f"{name:40}  reserved {reserved / 1e6:6.1f} MB  taken {taken / 1e6:6.1f} MB  {reserved / taken:5.2f}")
