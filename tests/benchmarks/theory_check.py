"""What `theory.check` costs beside the spectrum that it is about: run `python tests/benchmarks/theory_check.py`.

Prints, for graphs of 2,000 views, the median ratio of both in turns; the issue's target is 10, exact ρ excluded.
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


def report(views: int = 2000, rounds: int = ROUNDS) -> list[float]:
    """Print a row for each graph; return the ratios."""
    print(f"{'graph':<24}{'k':>4}{'check s':>10}{'spectrum s':>12}{'ratio':>8}")
    found = []
    for k, cross in ((4, 0.05), (16, 0.05), (4, 0.3), (16, 0.3)):
        graph = pg.zoo.clusters(count=k, naturals=views // k, views=views // k, degree=6, cross=cross)
        checked, solved, ratio_ = ratio(graph, k, rounds)
        print(f"{graph.name + f', cross {cross}':<24}{k:>4}{checked:>10.4f}{solved:>12.4f}{ratio_:>8.2f}")
        found.append(ratio_)
    return found


if __name__ == "__main__":
    report()
