"""Zero false bounds: spectra of the iterative solver, on populations whose whole spectrum is known in closed form.

Run `python tests/benchmarks/spectra.py [--spectra 1000] [--seed 0]`; it prints, for each construction, how many spectra it drew and
how many statements about them are false, and each false one as it is found. It exits with 1 if any is false. Sides run from 801 to
about 5,000, where the policy chooses the iterative solver. Where it gave up and the dense one took over, it is forced besides, and
may then only refuse.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

sys.path.append(str(Path(__file__).parent.parent))  # where the tests' closed forms and laws are

import routes
from closed_forms import ClosedForm, circulant, cube_walk, planted, product, transpositions, union, with_hub

from popgraph.errors import NotConverged

STATEMENTS = {  # what is counted: the laws that say whether it is true
    "γ": routes.LAWS["γ within the residual"],
    "bracket": routes.LAWS["remainder"],
    "angle": routes.LAWS["angle bound"],
    "angles above": routes.LAWS["eigenspaces"],
    "multiplicity": routes.LAWS["multiplicities"],
    "clean cuts": routes.LAWS["clean cuts"],
    "gap": routes.LAWS["gap"],
}
LEAST_SHARE = 0.9  # of the draws of which the iterative solver must have answered: the others test nothing here


def side(rng: Any) -> int:
    """A side from 801 to 5,000, most often near the lower end, where solving takes less time."""
    return int(801 + 4200 * rng.uniform() ** 4)


def of_tree(rng: Any) -> tuple[ClosedForm, int]:
    """Two to five planted eigenvalues, often repeated; two of them at a gap of 1e-2 to 1e-11."""
    tops = [(float(rng.uniform(0.6, 0.99)), int(rng.integers(1, 6)))]
    for _ in range(int(rng.integers(1, 4))):
        least = tops[-1][0]
        near = rng.uniform() < 0.5
        below = least - 10.0 ** -rng.uniform(2, 11) if near else least * float(rng.uniform(0.7, 0.95))
        tops.append((below, int(rng.choice([1, 1, 2, 5, 12]))))
    known = planted(
        tops, side(rng) + 60, rng, skew=float(rng.choice([0, 0, 3, 12, 280])), low=float(rng.uniform(0.3, 0.9))
    )
    return known, int(rng.integers(1, sum(many for _, many in tops) + 3))


def of_crowd(rng: Any) -> tuple[ClosedForm, int]:
    """Many equal eigenvalues, with one just above or below them."""
    crowd, gap = int(rng.integers(10, 50)), 10.0 ** -rng.uniform(3, 10)
    crowd_first = rng.uniform() < 0.5
    tops = [(0.8, crowd), (0.8 - gap, 1)] if crowd_first else [(0.8, 1), (0.8 - gap, crowd)]
    return planted(tops, side(rng) + 100, rng), int(rng.integers(1, crowd + 3))


def nearly_apart(rng: Any) -> tuple[ClosedForm, int]:
    """Parts that hardly touch: eigenvalues of 1 - 1e-4 to 1 - 1e-12."""
    top = 1 - 10.0 ** -rng.uniform(4, 12)
    return planted([(top, int(rng.integers(1, 4))), (0.5, 2)], side(rng) + 60, rng), int(rng.integers(1, 6))


def of_cube(rng: Any) -> tuple[ClosedForm, int]:
    """Walks on cubes of 1,024 or 2,048 vertices, with equal or different probabilities of the bits."""
    d = 10 if rng.uniform() < 0.85 else 11
    scale = 10.0 ** -rng.uniform(0.5, 2.5)
    drawn = np.full(d, 1.0) if rng.uniform() < 0.5 else rng.uniform(0.5, 1.0, d)
    return cube_walk((scale * drawn / d).tolist()), int(rng.integers(1, 2 * d + 3))


def of_ring(rng: Any) -> tuple[ClosedForm, int]:
    """Circulants with long steps, so that the leading eigenvalues do not crowd at 1."""
    n = side(rng)
    steps = rng.choice(np.arange(2, n), int(rng.integers(3, 7)), replace=False)
    if np.gcd.reduce([n, *steps]) > 1:  # they would leave the ring in several pieces
        steps[0] = 1
    masses = rng.dirichlet(np.ones(len(steps) + 1))
    return circulant(n, dict(zip([0, *steps.tolist()], masses.tolist(), strict=True))), int(rng.integers(1, 9))


def of_hub(rng: Any) -> tuple[ClosedForm, int]:
    """A hub beside a circulant or a tree."""
    known = of_ring(rng)[0] if rng.uniform() < 0.5 else planted([(0.9, 2), (0.7, 3)], side(rng) + 60, rng)
    return with_hub(known, float(rng.uniform(0.05, 0.6))), int(rng.integers(1, 7))


def of_product(rng: Any) -> tuple[ClosedForm, int]:
    """A product of a tree, or a cube, and a small circulant; the shuffle hides it."""
    ring = circulant(31, {0: 0.7, 1: 0.2, 12: 0.1})
    other = cube_walk([0.02, 0.05, 0.1, 0.03, 0.04]) if rng.uniform() < 0.5 else planted([(0.9, 1), (0.5, 2)], 45, rng)
    return product(ring, other), int(rng.integers(1, 9))


def of_union(rng: Any) -> tuple[ClosedForm, int]:
    """Two or three large components, or a large one and small ones."""
    parts = [planted([(0.9, 2), (float(rng.uniform(0.6, 0.89)), 2)], side(rng) + 60, rng)]
    parts += [circulant(int(rng.integers(5, 60)), {0: 0.6, 1: 0.4}) for _ in range(int(rng.integers(1, 3)))]
    if rng.uniform() < 0.3:
        parts.append(cube_walk([0.04] * 10))
    masses = rng.dirichlet(np.ones(len(parts)))
    return union(parts, masses.tolist()), int(rng.integers(len(parts), len(parts) + 6))


def reversed_tree(rng: Any) -> tuple[ClosedForm, int]:
    """More naturals than views."""
    known = planted([(0.9, 2), (0.9 - 10.0 ** -rng.uniform(2, 9), 3), (0.5, 1)], side(rng) + 60, rng)
    return routes.reversed_walk(known), int(rng.integers(1, 9))


def of_permutations(rng: Any) -> tuple[ClosedForm, int]:
    """All 5,040 permutations of seven things: eigenvalues repeated 36 times and more."""
    return transpositions(7, float(rng.uniform(0.3, 0.9))), int(rng.choice([1, 5, 37]))


DRAWS: dict[Callable[[Any], tuple[ClosedForm, int]], int] = {  # construction: of how many in a hundred
    of_tree: 35,
    of_crowd: 7,
    nearly_apart: 10,
    of_cube: 9,
    of_ring: 9,
    of_hub: 9,
    of_product: 7,
    of_union: 7,
    reversed_tree: 6,
    of_permutations: 1,
}


def falsehoods(answer: routes.Answer) -> list[str]:
    """The statements of a spectrum that are false."""
    false = []
    for what, law in STATEMENTS.items():
        if answer.case.known.of is None and "eigenvectors" in law.needs:
            continue
        try:
            law.check(answer)
        except AssertionError:
            false.append(what)
    return false


def iterates(answer: routes.Answer) -> bool:
    """Whether the iterative solver had a part in an answer."""
    return any(use.solver == "iterative" for use in answer.spectrum.solvers)


def answers_to(draw: Callable[[Any], tuple[ClosedForm, int]], seed: tuple[int, int]) -> list[routes.Answer]:
    """Draw one population, and solve it as the policy chooses; and by force where that was not iterative, unless it is refused."""
    rng = np.random.default_rng(seed)
    known, k = draw(rng)
    case = routes.Case(known, k).shuffled(rng)
    graph = case.known.graph()
    answers = [routes.Answer("iterative", draw.__name__, case, graph.spectrum(k))]
    if not iterates(answers[0]):
        with suppress(NotConverged):
            answers.append(routes.Answer("iterative", draw.__name__, case, graph.spectrum(k, solver="iterative")))
    return answers


def main(spectra: int = 1000, seed: int = 0, least: float = LEAST_SHARE) -> int:
    """Draw spectra, print what is false, and return how many say something false, or 1 where too few are iterative."""
    started, false, drawn, chosen, iterative, taken = time.perf_counter(), *(Counter() for _ in range(5))
    wrong = 0
    draws = np.random.default_rng(seed).choice(len(DRAWS), spectra, p=np.array([*DRAWS.values()]) / sum(DRAWS.values()))
    for i, at in enumerate(draws):
        draw, before = list(DRAWS)[at], time.perf_counter()
        answers = answers_to(draw, (seed, i))
        drawn[draw] += 1
        chosen[draw] += iterates(answers[0])
        iterative[draw] += iterates(answers[-1])
        found = {what for answer in answers for what in falsehoods(answer)}
        taken[draw] += time.perf_counter() - before
        false.update((draw, what) for what in found)
        if found:
            wrong += 1
            print(f"FALSE {', '.join(sorted(found))}: answers_to({draw.__name__}, ({seed}, {i}))", flush=True)
            print("\n".join(repr(answer.spectrum) for answer in answers), flush=True)
    print(f"{'construction':<16} share  drawn  by policy  iterative  seconds  " + "  ".join(STATEMENTS))
    for draw in DRAWS:
        counts = "  ".join(str(false[draw, what]).rjust(len(what)) for what in STATEMENTS)
        numbers = f"{drawn[draw] / max(spectra, 1):>5.0%}  {drawn[draw]:>5}  {chosen[draw]:>9}  {iterative[draw]:>9}"
        print(f"{draw.__name__:<16} {numbers}  {taken[draw]:>7.1f}  {counts}")
    total = sum(iterative.values())
    print(f"{wrong} of {spectra} say something false; {total} are iterative; {time.perf_counter() - started:.0f} s")
    return wrong or int(total < least * spectra)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--spectra", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    sys.exit(min(1, main(arguments.spectra, arguments.seed)))
