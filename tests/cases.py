"""The graphs that the tests share: the zoo, awkward small cases, and a hypothesis strategy for random populations."""

from collections.abc import Iterable
from fractions import Fraction
from itertools import product
from math import prod
from typing import Any

import numpy as np
import scipy.sparse as sp
from hypothesis import strategies as st

import popgraph as pg
from popgraph import PopulationGraph, zoo
from popgraph.spectrum.components import Stack, find_components, stacks


def block_diagonal(blocks: Iterable[Any]) -> sp.csr_array:
    """Blocks side by side, as a sparse array: of dense blocks scipy makes a sparse matrix, and warns that it soon will not."""
    return sp.csr_array(sp.block_diag([sp.csr_array(block) for block in blocks], format="csr"))


def many_components(count: int, views: int) -> PopulationGraph:
    """Disjoint complete components: `views` views each, reached from two naturals with different weights."""
    half = np.linspace(1.0, 2.0, views)
    block = np.stack([half, half[::-1] ** 2])
    A = sp.kron(sp.eye_array(count), block / block.sum(axis=1, keepdims=True), format="csr")
    return pg.build(np.full(2 * count, 0.5 / count), A)


def stack_of(graph: PopulationGraph) -> Stack:
    """The components of a graph, all of one shape, as the solvers get them."""
    parts = find_components(graph.factor)
    ((_, stack),) = stacks(graph.factor, np.sqrt(graph.w_x), parts, np.arange(parts.count))
    return stack


def random_stack(count: int, n: int, n_views: int, density: float) -> Stack:
    """Random blocks, as many of one shape, each with a full row and a full column."""
    rng = np.random.default_rng(0)
    A = rng.random((count, n, n_views)) * (rng.random((count, n, n_views)) < density)
    A[:, 0] = A[:, :, 0] = 0.1
    return stack_of(pg.build(np.ones(count * n), block_diagonal(A), normalize=True))


def near_tie(gap: float) -> PopulationGraph:
    """Two components with second eigenvalues 1/4 and 1/4 + gap, in closed form: [[1-q, q], [q, 1-q]] has (1-2q)²."""
    q = [(1 - np.sqrt(0.25 + extra)) / 2 for extra in (0.0, gap)]
    blocks = [[[1 - x, x], [x, 1 - x]] for x in q]
    return pg.build(np.full(4, 0.25), block_diagonal(blocks))


ZOO = {
    "lightning_cloud": zoo.lightning_cloud(),
    "lightning_cloud_never": zoo.lightning_cloud(0),
    "lightning_cloud_always": zoo.lightning_cloud(1),
    "lightning_cloud_2/7": zoo.lightning_cloud("2/7"),
    "1-cube": zoo.hypercube(1),
    "3-cube": zoo.hypercube(3, "1/10"),
    "5-cube": zoo.hypercube(5),
    "clusters": zoo.clusters(),
    "clusters_apart": zoo.clusters(count=3, naturals=8, views=6, degree=3, cross=0),
    "one_cluster": zoo.clusters(count=1, naturals=30, views=12),
    "many_views": zoo.clusters(count=2, naturals=10, views=40, degree=8, rng=3),
}

AWKWARD = {
    "one natural, one view": pg.build(["a"], pg.identity()),
    "one natural, many views": pg.build(["a"], {"a": {"a": "1/2", "b": "1/3", "c": "1/6"}}),
    "many naturals, one view": pg.build(range(5), lambda natural: {"view": 1}),
    "repeated rows": pg.build(np.full(4, 0.25), [[0.5, 0.5, 0.0], [0.5, 0.5, 0.0], [0.5, 0.5, 0.0], [0.0, 0.2, 0.8]]),
    "tiny probabilities": pg.build(
        np.array([1 - 2e-12, 1e-12, 1e-12]), [[1 - 1e-12, 1e-12, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]]
    ),
    "no view is a natural": pg.build(["a", "b"], lambda x: {x + "1": "1/2", "shared": "1/2"}),
    "nearly apart": pg.build(np.array([0.5, 0.5]), [[1 - 1e-13, 1e-13], [1e-13, 1 - 1e-13]]),
    "near tie": near_tie(1e-10),
    "components of one shape": many_components(7, 5),
}


def independent(laws: list[Any], kernels: list[Any]) -> PopulationGraph:
    """A population of tuples with independent coordinates, declared by the tuples."""
    coordinates = [pg.Distribution(law) for law in laws]
    joint = {
        outcome: prod(law.fractions[x] if law.exact else law[x] for law, x in zip(coordinates, outcome, strict=True))
        for outcome in product(*coordinates)
    }
    return pg.build(pg.Distribution(joint), pg.independently([pg.Augmentation(kernel) for kernel in kernels]))


def lazy(q: Any) -> Any:
    """Stay at one of the letters with probability 1 - 2q, else go to either of the two others."""
    return lambda x: {y: 1 - 2 * q if y == x else q for y in "abc"}


COIN = {0: "1/2", 1: "1/2"}
PRODUCTS = {
    "three coordinates of their own": independent(
        [{"a": 0.5, "b": 0.3, "c": 0.2}, {0: "1/3", 1: "2/3"}, {"x": 1}],
        [lazy(0.1), lambda x: {x: "3/4", 1 - x: "1/4"}, lambda x: {"x": "1/4", "y": "3/4"}],
    ),
    "a product of several components": independent(
        [COIN, COIN, {"a": "1/2", "b": "1/4", "c": "1/4"}],
        [pg.identity(), lambda x: {x: "9/10", 1 - x: "1/10"}, lambda x: {"ab" if x in "ab" else "c": 1}],
    ),
    "a product of deficient rank": independent(
        [COIN] * 4, [lambda x: {x: "1/2", 1 - x: "1/2"}, *[lambda x: {x: "4/5", 1 - x: "1/5"}] * 3]
    ),
    "a product with γ of two coordinates equal to that of one": independent(
        [COIN] * 3, [lambda x, q=q: {x: 1 - q, 1 - x: q} for q in ((1 - 0.5) / 2, (1 - 0.5) / 2, (1 - 0.25) / 2)]
    ),
}

GRAPHS = ZOO | AWKWARD | PRODUCTS


@st.composite
def populations(draw: Any, max_naturals: int = 6, max_views: int = 8) -> PopulationGraph:
    """Draw a population with zeros in its kernel, repeated rows, and probabilities down to 1e-12."""
    n = draw(st.integers(1, max_naturals))
    n_views = draw(st.integers(1, max_views))
    weight = st.sampled_from([0.0, 0.0, 0.0, 1.0, 1.0, 2.0, 3.0, 1e-3, 1e-6, 1e-12])
    A = np.array(draw(st.lists(st.lists(weight, min_size=n_views, max_size=n_views), min_size=n, max_size=n)))
    for i in range(n):
        if not A[i].any():
            A[i, draw(st.integers(0, n_views - 1))] = 1.0
    if n > 1 and draw(st.booleans()):
        A[draw(st.integers(0, n - 1))] = A[draw(st.integers(0, n - 1))]
    p = np.array(draw(st.lists(st.sampled_from([1.0, 1.0, 2.0, 5.0, 1e-6, 1e-12]), min_size=n, max_size=n)))
    return pg.build(p, A, normalize=True, drop_unreachable=True)


def dense_adjacency(graph: PopulationGraph) -> np.ndarray:
    """Ā from its definition, by loops over naturals and pairs of views."""
    A, p = graph.kernel.toarray(), graph.p
    w = np.zeros((graph.N, graph.N))
    for i in range(graph.n):
        w += p[i] * np.outer(A[i], A[i])
    w_x = w.sum(axis=1)
    return w / np.sqrt(np.outer(w_x, w_x))


# A small exact population, written down natural by natural
NATURALS, VIEWS = ["a", "b", "c"], ["x", "y", "z"]
P = {"a": Fraction(1, 2), "b": Fraction(1, 3), "c": Fraction(1, 6)}
KERNEL = {
    "a": {"x": Fraction(1, 2), "y": Fraction(1, 2)},
    "b": {"y": Fraction(1, 4), "z": Fraction(3, 4)},
    "c": {"z": Fraction(1)},
}

HUGE = 20_000  # views whose dense w would take 3.2 GB


def huge() -> PopulationGraph:
    return pg.build(np.full(HUGE, 1 / HUGE), sp.eye_array(HUGE, format="csr"))


def brute_w(graph: PopulationGraph) -> np.ndarray:
    """w_xx' = Σ_x̄ p(x̄) A(x|x̄) A(x'|x̄), natural by natural and pair by pair."""
    w = np.zeros((graph.N, graph.N))
    for i in range(graph.n):
        row = graph.kernel[[i]]
        for (x, q), (y, r) in product(zip(row.indices, row.data, strict=True), repeat=2):
            w[x, y] += graph.p[i] * q * r
    return w
