"""Products that nobody can list: the 1000-cube's spectrum, eigenfunctions, a trained f and its verdict; and cubes found in arrays.

Run `python tests/benchmarks/products.py [d] [k]`; it prints seconds, medians of a few runs, and how far the closed form is off. The
second table sets the product that `build` finds beside a dense solve of the same cube.
"""

import sys
import time
from collections.abc import Callable
from math import comb
from statistics import median
from typing import Any

import numpy as np

import popgraph as pg

VIEWS, PAIRS = 10_000, 200_000


def timed(what: str, compute: Callable[[], Any], rounds: int = 3) -> Any:
    """Print the median time of some runs, and return what was computed."""
    seconds, answer = [], None
    for _ in range(rounds):
        start = time.perf_counter()
        answer = compute()
        seconds.append(time.perf_counter() - start)
    print(f"{what:<58} {median(seconds):>9.3f} s")
    return answer


def cube(d: int) -> None:
    """Time the spectrum, samples and eigenfunctions of the d-cube; no array here has 2^d entries."""
    graph = timed(f"product of {d:,} bits", lambda: pg.product([pg.zoo.hypercube(1)] * d))
    print(graph)
    spectrum = timed(f"{d + 2:,} leading eigenvalues", lambda: pg.product([pg.zoo.hypercube(1)] * d).spectrum(d + 2))
    exact = [(0.25**j, comb(d, j)) for j in range(3)]
    print(
        f"multiplicities as binomials: {[count for _, count in spectrum.multiplicities] == [count for _, count in exact]}"
    )
    print(f"γ off by {max(abs(a - b) for (a, _), (b, _) in zip(spectrum.multiplicities, exact, strict=True)):.1e}")
    views = timed(f"{VIEWS:,} views drawn", lambda: graph.sample_views(VIEWS, rng=0))
    phi = timed(f"{d + 2:,} eigenfunctions at them", lambda: graph.spectrum(d + 2).evaluate(views))
    signs = 1 - 2 * views
    print(
        f"parities off by {max(np.abs(np.abs(phi[:, 1 : d + 1]) - 1).max(), np.abs(phi[:, 1 : d + 1] - signs).max()):.1e}"
    )
    every = timed(f"all {d + 1:,} levels", lambda: graph.spectrum(2**d).multiplicities, rounds=1)
    print(f"all multiplicities are binomials: {[count for _, count in every] == [comb(d, j) for j in range(d + 1)]}")


def learned(d: int, strong: int) -> None:
    """Train f on features of degree 1 where a few bits flip less often than the others, and verify it exactly and by pairs."""
    graph = pg.product([pg.zoo.hypercube(1, "1/10")] * strong + [pg.zoo.hypercube(1)] * (d - strong))
    k = 1 + strong
    training = timed(
        f"trained: k = {k} of {d + 1:,} features",
        lambda: pg.train(graph, k, features=graph.features(1), rng=0),
        rounds=1,
    )
    print(training)
    print(timed("verified exactly", lambda: pg.verify(graph, training), rounds=1))
    sampled = timed(
        f"verified by {PAIRS:,} pairs",
        lambda: pg.verify_sampled(graph, lambda x: training.f(x), pairs=PAIRS, rng=1, progress=False),
        rounds=1,
    )
    print(sampled)


def whole_level(d: int) -> None:
    """Train f on all functions of degree 1 of the cube at its clean cut k = d + 1, and verify it exactly."""
    graph = pg.product([pg.zoo.hypercube(1)] * d)
    training = timed(
        f"trained: k = {d + 1:,} of as many features",
        lambda: pg.train(graph, d + 1, features=graph.features(1), rng=0, progress=False),
        rounds=1,
    )
    print(training)
    match = timed("verified exactly", lambda: pg.verify(graph, training), rounds=1)
    print(repr(match), f"excess loss {match.excess_loss:.1e}")


def found(sizes: list[int]) -> None:
    """Set the product that is found in a cube's arrays beside a dense solve of the same graph."""
    print(f"{'d':>3} {'build':>9} {'find':>9} {'spectrum':>9} {'dense':>9}   find/build   dense/product   γ apart")
    for d in sizes:
        marks = [time.perf_counter()]
        graph = pg.zoo.hypercube(d)
        marks.append(time.perf_counter())
        assert graph.grid is not None
        marks.append(time.perf_counter())
        mine = graph.spectrum(d + 2)
        marks.append(time.perf_counter())
        theirs = graph.spectrum(d + 2, solver="dense")
        marks.append(time.perf_counter())
        build, find, solve, dense = np.diff(marks)
        apart = max(
            abs(a - b) for (a, m), (b, n) in zip(mine.multiplicities, theirs.multiplicities, strict=True) if m == n
        )
        print(
            f"{d:>3} {build:>8.3f}s {find:>8.3f}s {solve:>8.3f}s {dense:>8.3f}s {find / build:>12.3f} {dense / solve:>15.1f}"
            f"   {apart:.1e}, multiplicities {[m for _, m in mine.multiplicities] == [n for _, n in theirs.multiplicities]}",
            flush=True,
        )


def main(d: int = 1000, strong: int = 10, sizes: tuple[int, ...] = (8, 9, 10, 11, 12)) -> None:
    """Run all of it."""
    cube(d)
    learned(d, strong)
    whole_level(d)
    found(list(sizes))


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:3]))
