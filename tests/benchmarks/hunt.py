"""Hunt for graphs that break half the constants of THEORY 5.4: min_B E||y⃗ - Bᵀf||² <= φ/λ_{k+1} + 2Δ for Bayes' ŷ and f = F*.

Run `python tests/benchmarks/hunt.py [--views 5] [--k 2] [--starts 20] [--seed 0]`; it prints the largest left/right that it finds,
and the population in fractions. Random graphs do not break it: left/right tends to 1 where there is nothing to see (Δ small), and
a search for that quotient ends there. So each start first climbs the gain of `gain`, which exceeds 1 iff the bound is broken, and
then the quotient. The population is a path of views, of masses and steps to be found; the first is of class 1, the last at times.
"""

import argparse
from fractions import Fraction
from typing import Any

import numpy as np
from scipy.optimize import minimize

import popgraph as pg
from popgraph.testing import as_python

FINE = 10**5  # denominators of the population that is printed


def path(z: Any, views: int) -> tuple[Any, Any, Any]:
    """p (views + 1,), A (views + 1, views) and labels: natural i is view i or a neighbour, and the last natural is there twice."""
    mass = np.exp(z[: views + 1])
    step = 0.5 / (1 + np.exp(-z[views + 1 :]))
    A = np.eye(views)
    for i, e in enumerate(step):
        at, to = (i, i + 1) if i < views - 2 else (i + 1, i)
        A[at, at], A[at, to] = 1 - e, e
    return mass / mass.sum(), np.vstack([A, A[-1]]), np.r_[1, np.zeros(views - 1, dtype=int), 1]


def gain(p: Any, A: Any, y: Any, k: int) -> tuple[float, float]:
    """How much overshoot gains, as a multiple of what it must make up for, and left/right; 0 where the cut is not clean.

    With a = (I-Π)U, δ = U - T, U = √w_x one-hot(ŷ), T = √w_x Pr[y|x]: left - right = -2<a, δ> - ||Πδ||² - (φ/λ_{k+1} - ||a||²).
    """
    root = np.sqrt(p @ A)
    M = np.sqrt(p)[:, None] * A / root
    T = M.T @ (np.sqrt(p)[:, None] * np.eye(2)[y])
    U = root[:, None] * np.eye(2)[T.argmax(axis=1)]
    _, sigma, V = np.linalg.svd(M)
    gamma, V = np.r_[sigma, np.zeros(A.shape[1])] ** 2, V[:k]
    if gamma[k - 1] - gamma[k] < 1e-6 or np.ptp(T.argmax(axis=1)) == 0:
        return 0.0, 0.0
    x = (1 - np.sum((M @ U) ** 2)) / (1 - gamma[k])
    a, delta = U - V.T @ (V @ U), U - T
    price = x - np.sum(a**2) + np.sum((V @ delta) ** 2)
    return -2 * np.sum(a * delta) / max(price, 1e-9), (1 - np.sum((V @ T) ** 2)) / (x + 2 * np.sum(U * delta))


def climb(start: Any, views: int, k: int, which: int, steps: int) -> Any:
    """The best point that the simplex method comes to, among masses from e^-9 to 1 of each other."""

    def lost(z: Any) -> float:
        return 1.0 if np.ptp(z) > 18 else -gain(*path(z, views), k)[which]

    return minimize(lost, start, method="Nelder-Mead", options={"maxfev": steps, "adaptive": True}).x


def as_fractions(p: Any, A: Any, y: Any) -> pg.PopulationGraph:
    """The population with fractions for p and A, and so with an exact spectrum."""
    p = [Fraction(max(2, round(FINE * each)), FINE) for each in p]
    p[-1] = min(p[-1], p[-2] - Fraction(1, FINE))  # no tie of Bayes' label
    law = {f"x{i}": each / sum(p) for i, each in enumerate(p)}
    rows = [[Fraction(round(FINE * each), FINE) for each in row] for row in A]
    kernel = {name: {x: each for x, each in enumerate(row) if each} for name, row in zip(law, rows, strict=True)}
    return pg.build(law, kernel, labels=y.tolist())


def hunt(views: int, k: int, starts: int, seed: int, steps: int = 4000) -> tuple[float, pg.PopulationGraph, int]:
    """The largest left/right where the gain exceeds 1, its population in fractions, and how many starts came to such a one."""
    rng, best, found, broken = np.random.default_rng(seed), 0.0, None, 0
    for _ in range(starts):
        mass = np.r_[-3.0, rng.uniform(2, 4, views - 2), -3.0, -3.1]
        z = np.r_[mass + 0.5 * rng.standard_normal(views + 1), -2 - rng.exponential(1.0, views - 1)]
        z = climb(z, views, k, 0, steps)
        if gain(*path(z, views), k)[0] <= 1:
            continue
        broken, z = broken + 1, climb(z, views, k, 1, steps)
        ratio = gain(*path(z, views), k)[1]
        if ratio > best:
            best, found = ratio, z
    if found is None:
        raise SystemExit(f"none of {starts} starts came to a graph that breaks the bound")
    return best, as_fractions(*path(found, views)), broken


def main(views: int, k: int, starts: int, seed: int) -> None:
    """Print what is found."""
    ratio, graph, broken = hunt(views, k, starts, seed)
    print(f"{broken} of {starts} starts break it; the largest left/right is {ratio:.6f}, on\n{as_python(graph)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    for name, value in {"views": 5, "k": 2, "starts": 20, "seed": 0}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    main(**vars(parser.parse_args()))
