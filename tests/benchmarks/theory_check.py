"""What `theory.check` costs beside the spectrum that it is about: run `python tests/benchmarks/theory_check.py`.

Prints, for graphs of 2,000 views, the median ratio of both in turns (target: at most 5, exact ρ excluded), and for graphs of 16
views the seconds with and without the search for ρ_m (target: below a second without it).
"""

import time

import numpy as np

import popgraph as pg

ROUNDS = 7


def ratio(graph: pg.PopulationGraph, k: int, rounds: int = ROUNDS) -> tuple[float, float, float]:
    """Return the medians of check's and spectrum's seconds, and of their ratio."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        graph.spectrum(k)
        middle = time.perf_counter()
        pg.theory.check(graph, k=k)
        times.append((time.perf_counter() - middle, middle - start))
    checked, solved = np.array(times).T
    return float(np.median(checked)), float(np.median(solved)), float(np.median(checked / solved))


def seconds(graph: pg.PopulationGraph, k: int, rho: bool, rounds: int = ROUNDS) -> float:
    """Return the median of check's seconds, with or without ρ."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        pg.theory.check(graph, k=k, rho=rho)
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def report(views: int = 2000, rounds: int = ROUNDS) -> list[float]:
    """Print a row for each graph; return the ratios of the larger ones."""
    print(f"{'graph':<24}{'k':>4}{'check s':>10}{'spectrum s':>12}{'ratio':>8}")
    found = []
    for k, cross in ((4, 0.05), (16, 0.05), (4, 0.3), (16, 0.3)):
        graph = pg.zoo.clusters(count=k, naturals=views // k, views=views // k, degree=6, cross=cross)
        checked, solved, ratio_ = ratio(graph, k, rounds)
        print(f"{graph.name + f', cross {cross}':<24}{k:>4}{checked:>10.4f}{solved:>12.4f}{ratio_:>8.2f}")
        found.append(ratio_)
    print(f"\n{'graph of 16 views':<24}{'k':>4}{'check s':>10}{'rho=True s':>12}")
    random = pg.build(
        np.full(16, 1 / 16), np.random.default_rng(0).dirichlet(np.ones(16), 16), labels=np.arange(16) % 2
    )
    for name, graph, k in (
        ("4-cube", pg.zoo.hypercube(4), 4),
        ("random", random, 4),
        ("random", random, 12),
    ):
        print(f"{name:<24}{k:>4}{seconds(graph, k, False, rounds):>10.4f}{seconds(graph, k, True, rounds):>12.4f}")
    return found


if __name__ == "__main__":
    report()
