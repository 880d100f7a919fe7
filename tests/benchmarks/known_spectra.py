"""Populations for `peers.py` whose leading γ are known from closed forms, dense solves or `oracles.py`, never from popgraph."""

import sys
from dataclasses import dataclass, replace
from functools import cache, partial
from math import comb
from pathlib import Path

import numpy as np
import oracles
import scipy.sparse as sp

sys.path.append(str(Path(__file__).parent.parent))  # where the tests' closed forms are

import closed_forms

MOST_CLUSTER_PAIRS = 64  # that any row asks of random clusters: found once for all of them


@dataclass(frozen=True)
class Case:
    """A population as p (n,) and A (n, N), the number k of eigenpairs asked for, and its leading eigenvalues or all.

    `span` holds F*, (N, k), where a row asks for it.
    """

    title: str
    p: np.ndarray
    A: sp.csr_array
    k: int
    gamma: np.ndarray
    span: np.ndarray | None = None

    def __post_init__(self) -> None:
        for part in ("indices", "indptr"):  # 32 bits are what all ways are quickest with, and some insist on
            setattr(self.A, part, getattr(self.A, part).astype(np.int32))


def _descending(gamma) -> np.ndarray:
    return np.sort(np.asarray(gamma))[::-1]


def _singular_values(p, A) -> np.ndarray:
    """Squared singular values of M = diag(√p) A D^-1/2: all eigenvalues of MMᵀ or MᵀM by a dense solve."""
    M = np.sqrt(p)[:, np.newaxis] * A.toarray() / np.sqrt(p @ A)
    return _descending(np.linalg.eigvalsh(M @ M.T if M.shape[0] <= M.shape[1] else M.T @ M))


def components(k: int = 64, count: int = 200, size: int = 20, degree: int = 6) -> Case:
    """(a) 200 components of 20 views: one eigenvalue 1 each. Natural i reaches views i, i + 1 and four others of its component."""
    rng = np.random.default_rng(0)
    others = np.stack([rng.choice(np.arange(2, size), degree - 2, replace=False) for _ in range(count * size)])
    step = np.concatenate([np.tile([0, 1], (count * size, 1)), others], axis=1)
    i = np.arange(count * size)[:, np.newaxis]
    columns = i // size * size + (i + step) % size
    A = sp.csr_array((np.full(columns.size, 1 / degree), (np.repeat(np.arange(len(i)), degree), columns.ravel())))
    return Case("(a) 200 components x 20 views", np.full(len(i), 1 / len(i)), A, k, np.ones(count))


def clusters(n: int, k: int, count: int = 50, degree: int = 14, cross: float = 0.05) -> Case:
    """(b) Planted clusters of n/count naturals: `degree` views in the own cluster, and one in each of two others.

    Natural i of cluster c reaches the views i + o (mod n/count) for offsets o drawn for its cluster. So A is block circulant, and
    the Fourier transform over i leaves n/count dense blocks of side `count`, whose singular values are the spectrum.
    """
    rng = np.random.default_rng(0)
    size, c = n // count, np.arange(count)
    own = np.stack([rng.choice(size, degree, replace=False) for _ in c])
    others = np.stack([c + 1, c + rng.integers(2, count, count)]) % count
    steps = rng.integers(0, size, (2, count))
    cluster = np.concatenate(
        [np.repeat(c[:, np.newaxis], degree, axis=1), others.T], axis=1
    )  # of each view of natural 0
    offset = np.concatenate([own, steps.T], axis=1)
    weight = np.r_[np.full(degree, (1 - cross) / degree), cross / 2, cross / 2]
    columns = cluster[:, np.newaxis, :] * size + (np.arange(size)[:, np.newaxis] + offset[:, np.newaxis, :]) % size
    A = sp.csr_array((np.tile(weight, n), (np.repeat(np.arange(n), degree + 2), columns.ravel())), shape=(n, n))
    first = np.zeros((count, count, size))  # the views of natural 0 of each cluster
    np.add.at(first, (c[:, np.newaxis], cluster, offset), np.tile(weight, (count, 1)))
    blocks = np.fft.fft(first, axis=2).transpose(2, 0, 1)
    w_x = first.sum(axis=(0, 2))  # n times each view's probability, the same all over its cluster
    gamma = np.linalg.svd(blocks / np.sqrt(w_x), compute_uv=False).ravel() ** 2
    return Case(f"(b) 50 clusters, n = {n:,}", np.full(n, 1 / n), A, k, _descending(gamma))


def hypercube(d: int = 12, k: int = 80) -> Case:
    """(c) Bits that flip with probability 1/4: γ = 4^-j, binom(d, j) times."""
    A = np.ones((1, 1))
    for _ in range(d):
        A = np.kron(A, [[0.75, 0.25], [0.25, 0.75]])
    gamma = np.repeat(0.25 ** np.arange(d + 1), [comb(d, j) for j in range(d + 1)])
    return Case(f"(c) hypercube d = {d}", np.full(2**d, 0.5**d), sp.csr_array(A), k, gamma)


def ring(n: int = 5000, k: int = 11) -> Case:
    """(d) A ring: each natural stays or goes to a neighbour. γ = ((1 + cos θ) / 2)²."""
    i = np.arange(n)
    rows, columns = np.repeat(i, 3), np.column_stack([i, (i + 1) % n, (i - 1) % n]).ravel()
    A = sp.csr_array((np.tile([0.5, 0.25, 0.25], n), (rows, columns)), shape=(n, n))
    return Case(f"(d) ring of {n:,}", np.full(n, 1 / n), A, k, _descending(((1 + np.cos(2 * np.pi * i / n)) / 2) ** 2))


def dense(n: int = 4000, k: int = 10) -> Case:
    """(e) Every natural reaches every view."""
    p, A, gamma = _dense(n)
    return Case(f"(e) N = {n:,} dense", p, A, k, gamma)


@cache
def _dense(n: int) -> tuple[np.ndarray, sp.csr_array, np.ndarray]:
    """p, A and all eigenvalues; kept, as two rows ask for them."""
    rng = np.random.default_rng(0)
    A = rng.exponential(size=(n, n)) ** 2
    A, p = A / A.sum(axis=1, keepdims=True), rng.dirichlet(np.ones(n))
    return p, sp.csr_array(A), _singular_values(p, sp.csr_array(A))


def wide(n: int = 500, n_views: int = 200_000, k: int = 10) -> Case:
    """(f) Few naturals and many views, each view reached from two naturals."""
    rng = np.random.default_rng(0)
    columns = np.repeat(np.arange(n_views), 2)
    first = rng.integers(0, n, n_views)
    rows = np.column_stack([first, (first + rng.integers(1, n, n_views)) % n]).ravel()
    A = sp.csr_array((rng.random(2 * n_views) + 0.1, (rows, columns)), shape=(n, n_views))
    A = sp.csr_array(A / A.sum(axis=1)[:, np.newaxis])
    p = rng.dirichlet(np.ones(n))
    B = sp.csr_array(sp.diags_array(np.sqrt(p)) @ A @ sp.diags_array(1 / np.sqrt(p @ A)))
    return Case(f"(f) n = {n}, N = {n_views:,}", p, A, k, _descending(np.linalg.eigvalsh((B @ B.T).toarray())))


def small(k: int = 2) -> Case:
    """(g) Six images on a chain, of which three hardly ever change: unequal self-weights in one component."""
    stays = np.array([0.5, 0.5, 0.9, 0.2, 0.98, 0.98])
    A = np.diag(stays)
    for i, stay in enumerate(stays):
        beside = [j for j in (i - 1, i + 1) if 0 <= j < 6]
        A[i, beside] = (1 - stay) / len(beside)
    p = np.full(6, 1 / 6)
    return Case("(g) small, unequal self-weights", p, sp.csr_array(A), k, _singular_values(p, sp.csr_array(A)))


def random_clusters(n: int, k: int, count: int = 50, degree: int = 14, shuffled: bool = False) -> Case:
    """(r) Planted clusters whose naturals draw their views at random, and two views of other clusters; (s) in no order."""
    p, A, gamma = _random_clusters(n, count, degree, max(k, MOST_CLUSTER_PAIRS if n > 10_000 else k))
    case = Case(f"(r) {count} random clusters, n = {n:,}", p, A, k, gamma)
    return _shuffled(case, f"(s) {count} random clusters, shuffled, n = {n:,}") if shuffled else case


@cache
def _random_clusters(n: int, count: int, degree: int, k: int) -> tuple[np.ndarray, sp.csr_array, np.ndarray]:
    """p, A and k eigenvalues; kept, as several rows ask for them. Each natural's first view is another one of its cluster."""
    rng = np.random.default_rng(1)
    size, cluster = n // count, np.repeat(np.arange(count), n // count)
    first = np.concatenate([rng.permutation(size) for _ in range(count)])
    own = np.column_stack([first, rng.integers(0, size, (n, degree - 1))])
    others = (cluster[:, np.newaxis] + rng.integers(1, count, (n, 2))) % count
    columns = np.column_stack([cluster[:, np.newaxis] * size + own, others * size + rng.integers(0, size, (n, 2))])
    weight = np.r_[np.full(degree, 0.95 / degree), 0.025, 0.025]
    A = sp.csr_array((np.tile(weight, n), (np.repeat(np.arange(n), degree + 2), columns.ravel())), shape=(n, n))
    p = np.full(n, 1 / n)
    return p, A, oracles.by_search(_factor(p, A), k)[0]


def _factor(p, A) -> sp.csr_array:
    return sp.csr_array(sp.diags_array(np.sqrt(p)) @ A @ sp.diags_array(1 / np.sqrt(p @ A)))


def _shuffled(case: Case, title: str) -> Case:
    """Naturals and views in another order."""
    rng = np.random.default_rng(2)
    rows, columns = rng.permutation(case.A.shape[0]), rng.permutation(case.A.shape[1])
    A = sp.csr_array(case.A[rows][:, columns])
    A.sort_indices()
    return replace(case, title=title, p=case.p[rows], A=A)


def hidden_hypercube(d: int = 12, k: int = 80) -> Case:
    """(c2) The cube with naturals and views in no order, so that no product can be read off positions."""
    return _shuffled(hypercube(d, k), f"(c2) hypercube d = {d}, structure hidden")


def chain(n: int = 5000, k: int = 20) -> Case:
    """(d3) A path: each natural stays, or goes to a neighbour; at an end it stays in its place: γ = ((1 + cos πj/n) / 2)²."""
    i = np.arange(n)
    columns = np.column_stack([i, np.minimum(i + 1, n - 1), np.maximum(i - 1, 0)]).ravel()
    A = sp.csr_array((np.tile([0.5, 0.25, 0.25], n), (np.repeat(i, 3), columns)), shape=(n, n))
    gamma = ((1 + np.cos(np.pi * i / n)) / 2) ** 2
    return Case(f"(d3) chain of {n:,}", np.full(n, 1 / n), A, k, _descending(gamma))


def tree(n: int = 20_000, k: int = 20) -> Case:
    """(t) A uniformly random tree: each node stays or goes to a neighbour, and is as likely as it has neighbours.

    M = (I + S) / 2 of the tree's normalised adjacency S, whose eigenvalues s follow from Sylvester's inertia: γ = ((1 + s) / 2)².
    """
    edges = oracles.random_tree(n, np.random.default_rng(3))
    degree = np.bincount(edges.ravel(), minlength=n)
    rows, columns = np.r_[edges[:, 0], edges[:, 1]], np.r_[edges[:, 1], edges[:, 0]]
    i = np.arange(n)
    A = sp.csr_array((np.r_[0.5 / degree[rows], np.full(n, 0.5)], (np.r_[rows, i], np.r_[columns, i])), shape=(n, n))
    gamma = (1 - oracles.tree_laplacian_values(edges, k) / 2) ** 2
    return Case(f"(t) random tree of {n:,}", degree / degree.sum(), A, k, gamma)


def heavy_tails(n: int = 20_000, n_views: int = 30_000, k: int = 20) -> Case:
    """(p) Power laws on both sides: naturals with 2 to thousands of views, views with 1 to thousands of naturals."""
    rng = np.random.default_rng(4)
    views_of = np.minimum(2 + rng.pareto(1.3, n) * 3, n_views // 10).astype(int)
    popularity = np.cumsum((1 + np.arange(n_views)) ** -0.7)
    rows = np.repeat(np.arange(n), views_of)
    columns = np.searchsorted(popularity, rng.random(len(rows)) * popularity[-1])
    A = sp.csr_array((rng.random(len(rows)) + 0.05, (rows, rng.permutation(n_views)[columns])), shape=(n, n_views))
    A.sum_duplicates()
    A = oracles.largest_component(A)
    A = sp.csr_array(sp.diags_array(1 / A.sum(axis=1)) @ A)
    p = rng.pareto(1.5, A.shape[0]) + 0.1
    p /= p.sum()
    return Case("(p) heavy tails", p, A, k, oracles.by_search(_factor(p, A), k)[0])


def permutations(m: int = 7, k: int = 37) -> Case:
    """(S) Permutations under random transpositions; γ by the characters of the symmetric group."""
    known = closed_forms.transpositions(m, 0.3)
    return Case(f"(S) S_{m}, random transpositions", known.p, sp.csr_array(known.A), k, known.gamma.astype(float))


def hub(n: int, k: int) -> Case:
    """(h) A ring of weak augmentations, and one view that every natural shows."""
    known = closed_forms.with_hub(closed_forms.circulant(n, {0: 0.859, 1: 0.0846, 7: 0.0564}), 0.36)
    return Case(f"(h) hub + ring, n = {n:,}", known.p, sp.csr_array(known.A), k, known.gamma.astype(float))


def mixture(side: int = 70, n: int = 3000, k: int = 10) -> Case:
    """(m) Points drawn from five Gaussians of unequal weight, seen through a narrow Gaussian on a grid."""
    rng = np.random.default_rng(5)
    centres, shares = rng.uniform(0.2, 0.8, (5, 2)), np.array([0.4, 0.3, 0.15, 0.1, 0.05])
    points = centres[rng.choice(5, n, p=shares)] + 0.05 * rng.standard_normal((n, 2))
    line = (np.arange(side) + 0.5) / side
    grid = np.stack(np.meshgrid(line, line, indexing="ij"), axis=-1).reshape(-1, 2)
    kernel = np.exp(-((points[:, np.newaxis] - grid) ** 2).sum(axis=2) / (2 * 0.03**2))
    kernel[kernel < 1e-3 * kernel.max(axis=1, keepdims=True)] = 0
    A = sp.csr_array(kernel[:, kernel.any(axis=0)])
    A = sp.csr_array(sp.diags_array(1 / A.sum(axis=1)) @ A)
    p = rng.dirichlet(np.full(n, 2.0))
    return Case(f"(m) mixture of five Gaussians, n = {n:,}", p, A, k, _singular_values(p, A))


def images(patterns: int = 100, k: int = 120, side: int = 8) -> Case:
    """(i) All cyclic shifts and flips of some random images; an image moves by at most one pixel each way, and is flipped or not.

    Images are drawn until no two of the 2 side² moves agree on one. So each pattern is a component, with the eigenvalues
    (s(θ) s(θ'))² of shifts in two directions, s(θ) = (1 + 2 cos θ) / 3: a flip in half of the cases halves how often each occurs.
    """
    rng = np.random.default_rng(6)
    moves = [(down, right) for down in range(side) for right in range(side)]
    every = np.empty((0, side, side), dtype=np.uint8)
    while len(every) < 2 * side**2 * patterns:
        first = rng.integers(0, 2, (patterns, side, side), dtype=np.uint8)
        every = np.concatenate(
            [np.roll(turned, move, (1, 2)) for turned in (first, first[:, :, ::-1]) for move in moves]
        )
        every = np.unique(every.reshape(len(every), -1), axis=0).reshape(-1, side, side)
    order = {image.tobytes(): i for i, image in enumerate(every)}
    near = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    moved = [np.roll(turned, move, (1, 2)) for turned in (every, every[:, :, ::-1]) for move in near]
    columns = np.array([[order[image.tobytes()] for image in part] for part in moved]).T
    n = len(every)
    A = sp.csr_array((np.full(columns.size, 1 / 18), (np.repeat(np.arange(n), 18), columns.ravel())), shape=(n, n))
    s = (1 + 2 * np.cos(2 * np.pi * np.arange(side) / side)) / 3
    gamma = np.repeat(np.outer(s, s).ravel() ** 2, n // (2 * side**2))
    return Case(f"(i) images, {patterns} orbits of {side}x{side}", np.full(n, 1 / n), A, k, _descending(gamma))


def million(n: int = 500_000, k: int = 32) -> Case:
    """(M) A million views of 32 random clusters; no eigenvalue is known, so an answer is judged by a search beside it."""
    A = _shared_clusters(32, n // 32, 2 * n // 32, np.random.default_rng(7))
    return Case(f"(M) {A.shape[1]:,} views, 32 random clusters", np.full(n, 1 / n), A, k, np.empty(0))


def trained(count: int = 10, n: int = 5000, k: int = 10) -> Case:
    """(T) Ten thousand views of random clusters, with F* for training to reach; k = 10 of 8 clusters cuts inside the bulk."""
    A = _shared_clusters(count, n // count, 2 * n // count, np.random.default_rng(8))
    p = np.full(A.shape[0], 1 / A.shape[0])
    gamma, V = oracles.by_search(_factor(p, A), k)
    return Case(f"(T) training, {A.shape[1]:,} views in {count} clusters", p, A, k, gamma, V)


def _shared_clusters(count: int, naturals: int, views: int, rng, degree: int = 15) -> sp.csr_array:
    """Kernel of naturals with `degree` random views of their cluster, and one of any cluster; every view is reached."""
    n = count * naturals
    per = -(-views // naturals)  # first views of a natural, which run through all of a cluster
    first = np.concatenate([np.resize(rng.permutation(views), (naturals, per)) for _ in range(count)])
    cluster = np.repeat(np.arange(count), naturals)[:, np.newaxis]
    own = cluster * views + np.column_stack([first, rng.integers(0, views, (n, degree - per))])
    other = rng.integers(0, count, (n, 1)) * views + rng.integers(0, views, (n, 1))
    columns = np.column_stack([own, other]).astype(np.int32).ravel()
    weight = np.r_[np.full(degree, 0.95 / degree), 0.05]
    A = sp.csr_array((np.tile(weight, n), columns, np.arange(n + 1) * (degree + 1)), shape=(n, count * views))
    A.sum_duplicates()
    return A


CASES = {
    "a": components,
    **{
        f"b{i}": partial(clusters, n, k)
        for i, (n, k) in enumerate([(n, k) for n in (20_000, 100_000) for k in (50, 64)], 1)
    },
    **{
        f"{letter}{i}": partial(random_clusters, n, k, shuffled=letter == "s")
        for letter in "rs"
        for i, (n, k) in enumerate([(n, k) for n in (20_000, 100_000) for k in (50, 64)], 1)
    },
    "c1": hypercube,
    "c2": hidden_hypercube,
    "d1": ring,
    "d2": partial(ring, k=20),
    "d3": chain,
    "e1": dense,
    "e2": partial(dense, k=20),
    "f": wide,
    "g": small,
    **{f"h{i}": partial(hub, n, k) for i, (n, k) in enumerate([(n, k) for k in (1, 3) for n in (1291, 22_000)], 1)},
    "i": images,
    "m": mixture,
    "p": heavy_tails,
    "S": permutations,
    "t": tree,
    "T1": trained,
    "T2": partial(trained, 8),
    "M": million,
}
