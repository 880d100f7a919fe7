"""Blocks of drawn populations, p (n,) and A (n, v) up to scale, connected by construction; `strategies.py` joins them to graphs."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

from popgraph.basics.arrays import Floats
from popgraph.populations import PopulationGraph, build

Block = tuple[list[Any], list[list[Any]]]
Draw = Callable[[st.SearchStrategy[Any]], Any]

EXACT_WEIGHTS = (1, 2, 3, 5)
FLOAT_WEIGHTS = (1.0, 2.0, 0.3, 0.1, 1e-3, 1e-6)


def weights(exact: bool) -> st.SearchStrategy[Any]:
    """Draw a positive weight: a small whole number, or a float of any of six orders of magnitude."""
    return st.sampled_from(EXACT_WEIGHTS if exact else FLOAT_WEIGHTS)


def list_of(strategy: st.SearchStrategy[Any], size: int) -> st.SearchStrategy[list[Any]]:
    """Draw lists of this size."""
    return st.lists(strategy, min_size=size, max_size=size)


def component(draw: Draw, n: int, size: int, exact: bool, *, full: bool) -> Block:
    """Draw a connected block of n naturals and `size` views: a tree that reaches all of them, and further entries.

    `full` gives view i to natural i besides, which makes rank min(n, size) likely.
    """
    weight = weights(exact)
    entry = st.sampled_from((0, 0, 0, *(EXACT_WEIGHTS if exact else FLOAT_WEIGHTS)))
    A = [[draw(entry) for _ in range(size)] for _ in range(n)]
    # In the order natural 0, view 0, natural 1, view 1, ... each is joined to an earlier one.
    for i in range(n):
        j = draw(st.integers(0, min(i, size) - 1)) if i else 0
        A[i][j] = A[i][j] or draw(weight)
    for j in range(1, size):
        i = draw(st.integers(0, min(j, n - 1)))
        A[i][j] = A[i][j] or draw(weight)
    if full:
        for i in range(min(n, size)):
            A[i][i] = A[i][i] or draw(weight)
    return draw(list_of(weight, n)), A


def simplex(draw: Draw, size: int) -> Block:
    """Draw a block that is symmetric under all permutations of its views, so that an eigenvalue is repeated size - 1 times.

    Natural i becomes view i with weight a and each other view with weight 1: the eigenvalue is ((a - 1)/(a + size - 1))². A
    further natural that becomes each view with the same weight may be added, which changes it, and keeps the symmetry.
    """
    a = draw(st.sampled_from((2, 3, 5)))
    A = [[a if i == j else 1 for j in range(size)] for i in range(size)]
    if draw(st.booleans()):
        return [1] * size + [draw(st.sampled_from(EXACT_WEIGHTS))], [*A, [1] * size]
    return [1] * size, A


def sizes_of(draw: Draw, parts: int, least: int, most: int) -> list[int]:
    """Draw `parts` sizes of 1 or more, with a sum from `least` to `most`."""
    sizes: list[int] = []
    for later in range(parts - 1, -1, -1):  # how many sizes are drawn after this one
        total = sum(sizes)
        low = max(1, least - total) if later == 0 else 1
        sizes.append(draw(st.integers(low, most - total - later)))
    return sizes


def row(weights: Sequence[Any], exact: bool) -> list[Any]:
    """Divide weights by their sum."""
    total = sum(weights)
    return [Fraction(weight, total) if exact else float(weight) / float(total) for weight in weights]


def letters(count: int) -> list[str]:
    """Return a, b, ..., z, a1, b1, ..."""
    return [chr(ord("a") + i % 26) + (str(i // 26) if i >= 26 else "") for i in range(count)]


def gamma_of(graph: PopulationGraph) -> Floats:
    """Return all eigenvalues of Ā by numpy, largest first, and 0 after them: (N + 1,)."""
    return np.append(np.linalg.svd(graph.factor.toarray(), compute_uv=False) ** 2, np.zeros(graph.N + 1))[: graph.N + 1]


def repeated(gamma: Floats, times: int, min_gap: float) -> bool:
    """Whether an eigenvalue strictly between 0 and 1 occurs exactly so many times, with gaps of `min_gap` to the others."""
    inside = gamma[(gamma > min_gap) & (gamma < 1 - min_gap)]
    runs = np.split(inside, np.flatnonzero(-np.diff(inside) > 1e-10) + 1)
    return any(
        len(run) == times and (np.abs(inside[:, None] - run.mean()) < min_gap).sum() == times
        for run in runs
        if len(run)
    )


def with_multiplicity(draw: Draw, times: int, most: int, parts: int | None, exact: bool) -> list[Block]:
    """Draw blocks that together have an eigenvalue so many times: a simplex, or copies of one component."""
    copies = 2 * times <= most - max(0, (parts or times) - times) and (parts is None or parts >= times)
    if not (copies and draw(st.booleans())):
        return [simplex(draw, times + 1)]
    size = draw(st.integers(2, most // times - max(0, (parts or times) - times)))
    return [component(draw, draw(st.integers(2, size)), size, exact, full=False)] * times


def united(blocks: Sequence[Block], masses: Sequence[Any], exact: bool, labels: Any) -> PopulationGraph:
    """Build the union of blocks (p, A) of weights, whose total weights are multiplied by the masses."""
    naturals = iter(letters(sum(len(p) for p, _ in blocks)))
    law, table, first_view = {}, {}, 1
    for (p, A), mass in zip(blocks, masses, strict=True):
        for weight, entries in zip(p, A, strict=True):
            natural = next(naturals)
            law[natural] = weight * mass
            reached = [j for j, entry in enumerate(entries) if entry]
            table[natural] = dict(
                zip((first_view + j for j in reached), row([entries[j] for j in reached], exact), strict=True)
            )
        first_view += len(A[0])
    law = dict(zip(law, row(list(law.values()), exact), strict=True))
    return build(law, table, labels=labels, normalize=not exact)
