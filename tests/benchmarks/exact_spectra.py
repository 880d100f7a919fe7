"""Exact spectra beside sympy's: run `python tests/benchmarks/exact_spectra.py`; needs sympy and the extra `exact`.

First 100 naturals of 4 views each among 200, one-digit weights: seconds for w, the characteristic polynomial, its factors and
all isolating intervals. Then growing graphs of the same kind, each way in a process of its own, up to the largest that sympy
finishes in a minute. Sympy gets its fastest: a DomainMatrix over QQ of the smaller twin of the walk, `factor_list`, and
`Poly.intervals`, once on Python's numbers and once on python-flint's, which it takes where they are installed and which are
what popgraph computes with. One thread each; none has more.
"""

import multiprocessing
import os
import time
from collections.abc import Callable

import numpy as np

import popgraph as pg

LIMIT = 60.0  # seconds


def population(n: int, seed: int = 0) -> pg.PopulationGraph:
    """n naturals with four views each out of 2n, weights 1 to 9 everywhere."""
    rng = np.random.default_rng(seed)
    A = np.zeros((n, 2 * n), dtype=int)
    order = np.concatenate([rng.permutation(2 * n), rng.permutation(2 * n)]).reshape(n, 4)
    for row, views in zip(A, order, strict=True):
        row[views] += rng.integers(1, 10, 4)
    return pg.build(rng.integers(1, 10, n), A, normalize=True)


def ours(n: int, seed: int = 0) -> dict[str, float]:
    """Return seconds of each step."""
    exact = population(n, seed).exact()
    clock = [time.perf_counter()]
    _ = exact.w
    clock.append(time.perf_counter())
    factored = exact.charpoly
    clock.append(time.perf_counter())
    eigenvalues = exact.eigenvalues
    clock.append(time.perf_counter())
    assert factored.degree == exact.N == sum(each.multiplicity for each in eigenvalues)
    steps = dict(zip(("w", "charpoly and factors", "isolating intervals"), np.diff(clock).tolist(), strict=True))
    return steps | {"total": clock[-1] - clock[0]}


def sympys(n: int, seed: int = 0) -> dict[str, float]:
    """Return sympy's seconds, after checking that it found the same factors."""
    from sympy import QQ, Poly, symbols
    from sympy.polys.matrices import DomainMatrix

    exact = population(n, seed).exact()
    law, x = exact.population.distribution.fractions, symbols("x")
    start = time.perf_counter()
    A = exact.population.kernel
    rows = [[QQ(0)] * A.shape[1] for _ in range(A.shape[0])]
    for i in range(A.shape[0]):
        for j in range(int(A.indptr[i]), int(A.indptr[i + 1])):
            entry = exact.population.exact.entry(j, i)
            rows[i][int(A.indices[j])] = QQ(entry.numerator, entry.denominator)
    p = [QQ(q.numerator, q.denominator) for q in law.values()]
    kernel = DomainMatrix(rows, A.shape, QQ)
    weighted = DomainMatrix([[q * a for a in row] for q, row in zip(p, rows, strict=True)], A.shape, QQ)
    w = kernel.transpose() * weighted
    w_x = [sum(row, QQ(0)) for row in w.to_list()]
    scaled = DomainMatrix([[a / total for a, total in zip(row, w_x, strict=True)] for row in rows], A.shape, QQ)
    twin = scaled * weighted.transpose()
    _, factors = Poly(twin.charpoly(), x, domain=QQ).factor_list()
    for factor, _ in factors:
        assert len(factor.intervals()) == factor.degree()
    total = time.perf_counter() - start
    found = sorted((factor.degree(), exponent) for factor, exponent in factors if factor != Poly(x, x))
    known = sorted((len(c) - 1, exponent) for c, exponent in exact.charpoly.factors if c != (0, 1))
    assert found == known, (found, known)
    return {"total": total}


def within(limit: float, way: Callable[..., dict[str, float]], n: int, ground: str = "flint") -> float | None:
    """Return a way's seconds in a process of its own, or None where it takes longer."""
    os.environ["SYMPY_GROUND_TYPES"] = ground
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        try:
            return pool.apply_async(way, (n,)).get(timeout=limit + 5)["total"]
        except multiprocessing.TimeoutError:
            return None


def report(
    n: int = 100, sizes: tuple[int, ...] = (10, 20, 30, 40, 50, 60, 70, 80, 90, 100), limit: float = LIMIT
) -> dict[int, float]:
    """Print both tables; return sympy's seconds on Python's numbers over ours."""
    print(f"{n} naturals, {2 * n} views, 4 views each, one-digit weights; medians of 3")
    runs = [ours(n, seed) for seed in range(3)]
    for step in runs[0]:
        print(f"  {step:<22}{np.median([run[step] for run in runs]):>9.3f} s")
    print(f"\n{'n':>4}{'N':>5}{'popgraph s':>12}{'sympy s':>10}{'ratio':>8}{'on flint s':>12}{'ratio':>8}")
    ratios = {}
    for size in sizes:
        a = within(limit, ours, size)
        python, flint = (within(limit, sympys, size, ground) for ground in ("python", "flint"))
        if a is None:
            break
        words = [
            f"{seconds:>{width}.3f}{seconds / a:>8.1f}"
            if seconds is not None and seconds <= limit
            else f"{'> ' + format(limit, 'g'):>{width}}{'':>8}"
            for seconds, width in ((python, 10), (flint, 12))
        ]
        print(f"{size:>4}{2 * size:>5}{a:>12.4f}{words[0]}{words[1]}", flush=True)
        if python is None or python > limit:
            break
        ratios[size] = python / a
    return ratios


if __name__ == "__main__":
    report()
