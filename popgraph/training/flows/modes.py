"""Write the start of a flow along the eigenvectors of Ā, where every rule of this folder acts on each row by itself.

Eigenvectors of a repeated eigenvalue may be any basis of their span. Here they are the principal axes of the start within it, so
that no more than k of them hold anything, and what is said of a mode does not depend on the solver.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from popgraph.basics.arrays import Floats, frozen
from popgraph.basics.memory import reserve
from popgraph.basics.protocols import ViewedPopulation
from popgraph.errors import TooLarge
from popgraph.populations import PopulationGraph

MAX_VIEWS_OF_FLOWS = 4_096  # or naturals: all eigenpairs are computed by a dense solver, 40 N² bytes at its peak
# Two eigenvalues this near are one: rounding parts those that are equal in exact arithmetic by a few eps ||Ā||.
ONE_EIGENVALUE = 1e-13
# A part of the start this small beside its column is what rounding leaves of 0, and would else switch on after a while.
ROUNDED_PART = 1e-13


@dataclass(frozen=True)
class Modes:
    """The eigenvalues (m,) of the modes that the start holds, descending, eigenvectors (N, m), and the start in them, (m, k)."""

    gamma: Floats
    vectors: Floats
    start: Floats

    @property
    def k(self) -> int:
        """The number of columns."""
        return int(self.start.shape[1])

    @property
    def aligned(self) -> bool:
        """Whether the rows of the start are orthogonal: each mode then keeps its direction, and moves by itself."""
        G = self.start @ self.start.T
        size = np.sqrt(G.diagonal())
        np.fill_diagonal(G, 0.0)
        return bool((np.abs(G) <= 64 * ROUNDED_PART * np.outer(size, size)).all())


def eigenpairs_of(population: ViewedPopulation) -> tuple[Floats, Floats]:
    """Return all eigenvalues of Ā, descending, those equal within rounding made equal, and eigenvectors (N, N).

    Of more views than naturals, where there are too many views, the positive ones alone, r at most n, with vectors (N, r).
    """
    N = population.N
    if (
        N > MAX_VIEWS_OF_FLOWS
        and isinstance(population, PopulationGraph)
        and population.factor.shape[0] <= MAX_VIEWS_OF_FLOWS
    ):
        # Ā = MᵀM: its eigenvectors off the kernel are the right singular vectors of M, (n, N)
        reserve(
            f"all singular pairs of {population.n:,} naturals and {N:,} views",
            40.0 * population.n * N,
            "use fewer views",
        )
        _, sigma, rows = np.linalg.svd(population.factor.toarray(), full_matrices=False)
        positive = merge_equal(sigma**2)
        count = int(np.count_nonzero(positive))
        return positive[:count], rows[:count].T
    if N > MAX_VIEWS_OF_FLOWS:
        raise TooLarge(
            f"a flow needs all eigenpairs, of {MAX_VIEWS_OF_FLOWS:,} views or naturals at most; this population has {N:,} views: "
            "use fewer, or train(graph, k, keep_path=True)"
        )
    reserve(f"all eigenpairs of {N:,} views", 40.0 * N * N, "use fewer views")
    matrix = population.gram(np.eye(N))
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    return merge_equal(values[::-1]), vectors[:, ::-1]


def merge_equal(values: Floats) -> Floats:
    """Return descending eigenvalues where those equal within rounding have one value; those that round to 0 are 0."""
    near = ONE_EIGENVALUE * max(1.0, float(np.abs(values).max()))
    merged, first = values.copy(), 0
    for i in range(1, len(values) + 1):
        if i == len(values) or values[first] - values[i] > near:
            merged[first:i] = values[first:i].mean()
            first = i
    merged[np.abs(merged) <= near] = 0.0
    return merged


def modes_of(values: Floats, vectors: Floats, F: Floats) -> Modes:
    """Write F (N, k) along eigenvectors, with the axes of a repeated eigenvalue turned to those of F, and drop what F lacks."""
    rows, axes = vectors.T @ F, vectors
    least = ROUNDED_PART * np.linalg.norm(F, axis=0)
    bounds = np.flatnonzero(np.diff(values, prepend=np.inf, append=-np.inf))
    kept_rows, kept_axes, kept_values = [], [], []
    for first, end in pairwise(bounds):
        block, basis = rows[first:end], axes[:, first:end]
        block = np.where(np.abs(block) <= least, 0.0, block)
        if end - first > 1:
            turn = np.linalg.svd(block, full_matrices=False)[0]
            block, basis = turn.T @ block, basis @ turn
            block = np.where(np.abs(block) <= least, 0.0, block)
        here = block.any(axis=1)
        kept_rows.append(block[here])
        kept_axes.append(basis[:, here])
        kept_values.append(np.full(int(here.sum()), values[first]))
    if vectors.shape[1] < len(F):
        # What no eigenvector holds lies in the kernel of Ā
        rest = F - vectors @ rows
        U, s, Vt = np.linalg.svd(np.where(np.abs(rest) <= least, 0.0, rest), full_matrices=False)
        here = s > ROUNDED_PART * float(np.linalg.norm(F))
        kept_rows.append(s[here][:, None] * Vt[here])
        kept_axes.append(U[:, here])
        kept_values.append(np.zeros(int(here.sum())))
    return Modes(
        frozen(np.concatenate(kept_values)), np.concatenate(kept_axes, axis=1), np.concatenate(kept_rows, axis=0)
    )
