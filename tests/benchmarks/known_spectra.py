"""Populations whose whole spectrum is known from a closed form or a dense solve, for `peers.py`; none of it from popgraph."""

from dataclasses import dataclass
from math import comb

import numpy as np
import scipy.sparse as sp


@dataclass(frozen=True)
class Case:
    """A population as p (n,) and A (n, N), the number k of eigenpairs asked for, and its leading eigenvalues or all."""

    title: str
    p: np.ndarray
    A: sp.csr_array
    k: int
    gamma: np.ndarray

    def __post_init__(self) -> None:
        for part in ("indices", "indptr"):  # 32 bits are what all ways are quickest with, and some insist on
            setattr(self.A, part, getattr(self.A, part).astype(np.int32))


def _descending(gamma) -> np.ndarray:
    return np.sort(np.asarray(gamma))[::-1]


def _singular_values(p, A) -> np.ndarray:
    """Squared singular values of M = diag(√p) A D^-1/2 by a dense solve on the smaller side."""
    M = np.sqrt(p)[:, np.newaxis] * A.toarray() / np.sqrt(p @ A)
    return _descending(np.linalg.svd(M, compute_uv=False) ** 2)


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
    rng = np.random.default_rng(0)
    A = rng.exponential(size=(n, n)) ** 2
    A, p = A / A.sum(axis=1, keepdims=True), rng.dirichlet(np.ones(n))
    return Case(f"(e) N = {n:,} dense", p, sp.csr_array(A), k, _singular_values(p, sp.csr_array(A)))


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


CASES = {
    "a": [lambda: components()],
    "b": [lambda n=n, k=k: clusters(n, k) for n in (20_000, 100_000) for k in (50, 64)],
    "c": [lambda: hypercube()],
    "d": [lambda: ring()],
    "e": [lambda: dense()],
    "f": [lambda: wide()],
    "g": [lambda: small()],
}
