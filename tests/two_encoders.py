"""Graphs of two kinds of views, and pairs (f, g) on them whose verdict is known by construction."""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import block_diag

import popgraph as pg

CLEAR, SAME = 1e-5, 1e-11  # singular values further apart are told apart, and closer ones are one


def random_pairs(rng: np.random.Generator) -> np.ndarray:
    """C of random shape: dense or sparse, of several components, of low rank, with rare rows or columns, or circulant."""
    kind, (N_x, N_z) = rng.integers(6), rng.integers(1, 14, 2)
    C = rng.dirichlet(np.full(N_x * N_z, rng.choice([0.2, 1.0, 5.0]))).reshape(N_x, N_z)
    if kind == 1:
        C = block_diag(*[rng.random((rng.integers(1, 4), rng.integers(1, 4)))] * int(rng.integers(2, 4)))
    elif kind == 2:
        rank = rng.integers(1, 4)
        C = rng.random((N_x, rank)) @ rng.random((rank, N_z))
    elif kind == 3:
        C = C * 10.0 ** rng.uniform(-6, 0, (N_x, 1))
    elif kind == 4:
        C = C * 10.0 ** rng.uniform(-6, 0, (1, N_z))
    elif kind == 5:
        row = rng.random(rng.integers(3, 9))
        row = row + np.roll(row[::-1], 1)
        C = np.stack([np.roll(row, shift) for shift in range(len(row))])
    C = C[C.sum(axis=1) > 0][:, C.sum(axis=0) > 0]
    return C / C.sum()


def normalised(C: np.ndarray) -> np.ndarray:
    """S = D_1^-½ C D_2^-½, dense."""
    return C / np.sqrt(np.outer(C.sum(axis=1), C.sum(axis=0)))


@dataclass(frozen=True)
class Known:
    """A pair of embeddings, and what is true of f, of g and of the critic; `truth` is None above the rank of S."""

    graph: pg.BipartiteGraph
    f: np.ndarray
    g: np.ndarray
    truth: tuple[bool, bool, bool] | None


def orthogonal(rng: np.random.Generator, k: int) -> np.ndarray:
    return np.linalg.qr(rng.standard_normal((k, k)))[0]


def invertible(rng: np.random.Generator, k: int) -> np.ndarray:
    return orthogonal(rng, k) * 10.0 ** rng.uniform(-1, 1, k) @ orthogonal(rng, k)


def known_pair(rng: np.random.Generator) -> Known | None:
    """A random graph and a pair of known truth; None where a singular value is neither clearly another's nor clearly not."""
    C = random_pairs(rng)
    S, graph = normalised(C), pg.from_bipartite(C)
    U, sigma, Vt = np.linalg.svd(S)
    V, k = Vt.T, int(rng.integers(1, len(sigma) + 1))
    if np.any((-np.diff(sigma) > SAME) & (-np.diff(sigma) < CLEAR)) or SAME < sigma[k - 1] < CLEAR:
        return None
    above, end = int(np.sum(sigma > sigma[k - 1] + CLEAR / 2)), int(np.sum(sigma >= sigma[k - 1] - CLEAR / 2))

    def leading(vectors: np.ndarray, turn: np.ndarray) -> np.ndarray:
        return np.column_stack([vectors[:, :above], vectors[:, above:end] @ turn[:, : k - above]])

    turn, Q = orthogonal(rng, end - above), invertible(rng, k)
    Q_inverse = np.linalg.inv(Q).T
    left, right = leading(U, turn), leading(V, turn) * sigma[:k]
    F, G, truth = left @ Q, right @ Q_inverse, (True, True, True)
    change = int(rng.integers(8)) if sigma[k - 1] > CLEAR else 0
    size, column = 10.0 ** rng.uniform(-4.5, 0), int(rng.integers(k))
    if change == 1:  # the maps do not undo each other
        G = G @ invertible(rng, k)
        truth = (True, True, bool(np.linalg.norm(F @ G.T - left @ right.T) < 1e-9))
    elif change == 2:  # nor do they quite
        G, truth = (right * (1.0 + size * np.eye(k)[column])) @ Q_inverse, (True, True, False)
    elif change in (3, 4):  # a column leaves its side's space
        vectors = U if change == 3 else V
        if end >= len(vectors):
            return None
        turned = left.copy() if change == 3 else right.copy()
        length = np.linalg.norm(turned[:, column])
        turned[:, column] += length * size * vectors[:, rng.integers(end, len(vectors))]
        F, G = (turned @ Q, G) if change == 3 else (F, turned @ Q_inverse)
        truth = (change != 3, change != 4, False)
    elif change == 5:  # g collapses
        G, truth = G * (np.arange(k) > 0), (True, False, False)
    elif change == 6:  # noise
        F, G = rng.standard_normal(F.shape), rng.standard_normal(G.shape)
        everything = [k >= len(vectors) or (above == 0 and end >= len(vectors)) for vectors in (U, V)]
        truth = (everything[0], everything[1], False)
    elif change == 7 and k < end:  # at a degenerate cut the sides choose other dimensions
        G, truth = leading(V, orthogonal(rng, end - above)) * sigma[:k] @ Q_inverse, (True, True, False)
    known = truth if sigma[k - 1] > CLEAR else None
    return Known(graph, F / np.sqrt(graph.w_x)[:, None], G / np.sqrt(graph.w_z)[:, None], known)
