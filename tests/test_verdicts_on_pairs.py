"""No wrong verdict of one encoder on pairs that are given, where Ā has negative eigenvalues: each answer is known beforehand.

w = D^1/2 V diag(γ) Vᵀ D^1/2 for eigenpairs that are chosen, so that no solver of popgraph's has a part in the truth.
"""

from dataclasses import dataclass

import networkx as nx
import numpy as np
import pytest
from layers import examples
from test_signed_spectrum import counted, random_pairs

import popgraph as pg
from popgraph.populations import pair_graph
from popgraph.verification.match import Status


@dataclass(frozen=True, eq=False)
class Known:
    """A graph with its eigenpairs, all of them, largest first."""

    graph: pg.PairGraph
    gamma: np.ndarray
    V: np.ndarray

    @property
    def root(self):
        return np.sqrt(self.graph.w_x)[:, None]


def chosen(rng) -> Known:
    """Eigenvalues that are chosen, some repeated, some 0 and most negative, so small beside 1 that w is positive."""
    N = int(rng.integers(3, 13))
    w_x = rng.dirichlet(np.full(N, 4.0))
    root = np.sqrt(w_x)
    V = np.linalg.qr(np.column_stack([root, rng.standard_normal((N, N - 1))]))[0]
    V[:, 0] = root
    levels = rng.choice([0.9, 0.6, 0.35, 0.0, -0.3, -0.55, -1.0], N - 1)
    levels = np.sort(levels)[::-1] * rng.choice([0.3, 1.0])
    inner = (V[:, 1:] * levels) @ V[:, 1:].T
    # D^1/2 (√w √wᵀ + s · inner) D^1/2 has no negative entry for the largest such s <= 1
    below = inner < 0
    s = min(1.0, float((np.outer(root, root)[below] / -inner[below]).min(initial=1.0)))
    w = np.outer(root, root) * (np.outer(root, root) + s * inner)
    w = np.maximum((w + w.T) / 2, 0.0)
    return Known(pair_graph(range(N), w), np.concatenate([[1.0], s * levels]), V)


def split(rng) -> Known:
    """Two such graphs side by side, or one beside an edge, whose γ are 1 and -1."""
    first = chosen(rng)
    if rng.random() < 0.5:
        second = chosen(rng)
    else:
        edge = pair_graph(range(2), np.array([[0.0, 0.5], [0.5, 0.0]]))
        second = Known(edge, np.array([1.0, -1.0]), np.array([[1.0, 1.0], [1.0, -1.0]]) / np.sqrt(2))
    share, N = rng.uniform(0.2, 0.8), first.graph.N
    total = N + second.graph.N
    w, V = np.zeros((total, total)), np.zeros((total, total))
    w[:N, :N], w[N:, N:] = share * first.graph.w, (1 - share) * second.graph.w
    V[:N, :N], V[N:, N:] = first.V, second.V
    gamma = np.concatenate([first.gamma, second.gamma])
    order = np.argsort(-gamma, kind="stable")
    return Known(pair_graph(range(total), w), gamma[order], V[:, order])


def cycle(rng) -> Known:
    N = int(rng.integers(3, 12))
    angles = 2 * np.pi * np.outer(np.arange(N), np.arange(N)) / N
    waves = np.cos(angles) + np.sin(angles)  # Hartley's basis, of eigenvectors of every circulant matrix
    gamma = np.cos(2 * np.pi * np.arange(N) / N)
    order = np.argsort(-gamma, kind="stable")
    return Known(counted(nx.cycle_graph(N)), gamma[order], (waves / np.sqrt(N))[:, order])


KINDS = {"chosen": chosen, "two components": split, "cycle": cycle}
EQUAL = 1e-9  # γ closer than this are one, and no others come as close


def asked(known: Known, rng) -> tuple[np.ndarray, int, set[Status], bool | None]:
    """An f (N, d), k, the verdicts that are true of it, and whether it minimises the loss (None: not asked)."""
    gamma, V, N = known.gamma, known.V, known.graph.N
    k = int(rng.integers(1, N + 1))
    positive = int(np.sum(gamma > EQUAL))
    above = int(np.sum(gamma > gamma[k - 1] + EQUAL))
    end = int(np.sum(gamma >= gamma[k - 1] - EQUAL))
    Q = np.linalg.qr(rng.standard_normal((k, k)))[0] @ np.diag(rng.uniform(0.5, 2, k))
    if k > positive:
        kind = rng.choice(["best", "eigenvectors"])
        if kind == "best":
            rotation = np.linalg.qr(rng.standard_normal((k, k)))[0]
            return V[:, :k] * np.sqrt(np.maximum(gamma[:k], 0)) @ rotation / known.root, k, {Status.RANK_EXCEEDED}, True
        return V[:, :k] @ Q / known.root, k, {Status.RANK_EXCEEDED}, False
    family = np.linalg.qr(rng.standard_normal((end - above, k - above)))[0] if end > k else np.eye(k - above)
    F = np.column_stack([V[:, :above], V[:, above:end] @ family])
    degenerate = end > k
    match = Status.MATCH_DEGENERATE if degenerate else Status.MATCH
    ways = ["match", "minimiser", "collapsed"]
    ways += (
        ["wider"] * (k < N) + ["turned", "barely turned"] * (end < N) + ["largest in size"] * bool(gamma.min() < -EQUAL)
    )
    way = rng.choice(ways)
    if way == "match":
        return F @ Q / known.root, k, {match}, None
    if way == "minimiser":
        rotation = np.linalg.qr(rng.standard_normal((k, k)))[0]
        lengths = np.sqrt(np.concatenate([gamma[:above], np.full(k - above, gamma[k - 1])]))
        return F * lengths @ rotation / known.root, k, {match}, True
    if way == "wider":
        more = np.column_stack([F @ Q, rng.standard_normal((N, int(rng.integers(1, N - k + 1))))])
        contains = Status.CONTAINS_DEGENERATE if degenerate else Status.CONTAINS
        return more / known.root, k, {contains}, None
    if way == "collapsed":
        Q[:, -1] = Q[:, :-1] @ rng.standard_normal(k - 1)
        return F @ Q / known.root, k, {Status.COLLAPSED}, None
    if way == "largest in size":
        order = np.argsort(-np.abs(gamma), kind="stable")[:k]
        same = set(order) <= set(range(end)) and set(range(above)) <= set(order)
        return V[:, order] @ Q / known.root, k, {match if same else Status.DIFFERENT}, None
    angle = rng.uniform(0.05, np.pi / 2) if way == "turned" else rng.uniform(2e-6, 1e-4)
    column = int(rng.integers(k))
    F[:, column] = np.cos(angle) * F[:, column] + np.sin(angle) * V[:, int(rng.integers(end, N))]
    return F @ Q / known.root, k, {Status.DIFFERENT}, False if way == "turned" else None


@pytest.mark.parametrize("kind", KINDS)
def test_the_known_eigenpairs_are_those_of_the_definition(kind):
    for seed in range(20):
        known = KINDS[kind](np.random.default_rng(seed))
        w = known.graph.w
        assert w.min() >= 0
        assert w.sum() == pytest.approx(1, abs=1e-12)
        adjacency = w / np.outer(known.root, known.root)
        np.testing.assert_allclose(known.V.T @ known.V, np.eye(known.graph.N), atol=1e-12)
        np.testing.assert_allclose(adjacency @ known.V, known.V * known.gamma, atol=1e-12)
        assert (np.diff(known.gamma) <= 1e-13).all()


@pytest.mark.parametrize("kind", KINDS)
def test_no_verdict_is_wrong(kind):
    given = set()
    for seed in range(examples(1_700, 70)):
        rng = np.random.default_rng([seed, sorted(KINDS).index(kind)])
        known = KINDS[kind](rng)
        f, k, true, optimal = asked(known, rng)
        match = pg.verify(known.graph, f, k)
        given.add(match.status)
        assert match.status in true, (seed, k, known.gamma, match)
        assert bool(match) == (match.status.name.startswith(("MATCH", "CONTAINS"))), (seed, match)
        if optimal is not None and f.shape[1] == k:
            assert match.optimal == optimal, (seed, k, known.gamma, match)
        if f.shape[1] == k:
            F = known.root * f
            excess = -2 * np.trace(F.T @ known.graph.adjacency @ F) + np.sum((F.T @ F) ** 2)
            excess += np.sum(np.maximum(known.gamma[:k], 0) ** 2)
            assert match.excess_loss == pytest.approx(max(0.0, excess), abs=1e-9)
            check_excess_bound(known, F, k, match)
    assert {status.name for status in given} >= {"RANK_EXCEEDED", "DIFFERENT", "COLLAPSED"}


def check_excess_bound(known: Known, F, k: int, match) -> None:
    """The excess loss proves no less than the true angles between the spans."""
    if match.excess_angle_bound is None:
        return
    basis = np.linalg.qr(F)[0]
    sines = np.linalg.norm(known.V[:, k:].T @ basis)
    assert sines <= match.excess_angle_bound + 1e-9


def test_reasons_say_what_one_encoder_reaches_and_what_two():
    graph = counted(nx.cycle_graph(5))
    match = pg.verify(graph, graph.spectrum(4))
    assert match.status is Status.RANK_EXCEEDED
    assert match.optimal
    assert "3 positive eigenvalues" in match.reason
    assert "Σ max(γ, 0)² = 1.191" in match.reason
    assert "two encoders reach 2.405: graph.two_encoders()" in match.reason
    assert "γ < 0 are in no minimiser" in str(match)
    assert "γ = 0 are arbitrary" in str(pg.verify(counted(nx.cycle_graph(4)), np.eye(4)[:, :2]))
    by_size = graph.spectrum(5).eigenfunctions[:, [0, 3, 4]]
    assert "the 3 largest |γ|, 2 of them of a negative γ" in pg.verify(graph, by_size).reason


def test_a_trained_encoder_is_a_match_or_a_minimiser_beyond_the_positive_eigenvalues():
    for seed in range(examples(100, 12)):
        graph = random_pairs(seed, N=3 + seed % 8)
        for k in {1, 1 + graph.N // 2, graph.N}:
            training = pg.train(graph, k, rng=seed, progress=False)
            match = pg.verify(graph, training)
            assert training.converged
            assert training.loss[-1] == pytest.approx(graph.spectrum(k).one_encoder, abs=1e-9)
            assert match or (match.status is Status.RANK_EXCEEDED and match.optimal)


@pytest.mark.parametrize("name", ["triangle", "random"])
def test_sampled_verdicts_on_given_pairs_are_never_wrong(name):
    graph = counted(nx.complete_graph(3)) if name == "triangle" else random_pairs(5, N=8, density=0.5)
    spectrum = graph.spectrum(graph.N)
    k = spectrum.clean_cuts[-1]
    gamma = np.append(spectrum.gamma, 0)[: k + 1]
    root = np.sqrt(graph.w_x)[:, None]
    sure = {"confidence": 1 - 1e-6, "pairs": 100_000}
    for seed in range(examples(20, 3)):
        right = pg.verify_sampled(graph, spectrum.embedding[:, :k], gamma=gamma, rng=seed, atol=0.5, **sure)
        assert right.status.name == "CERTIFIED"
        wrong = pg.verify_sampled(graph, spectrum.eigenvectors[:, ::-1][:, :k] / root, gamma=gamma, rng=seed, **sure)
        assert wrong.status.name == "REFUTED"
        assert (wrong.theta_interval[:, 0] <= spectrum.gamma[::-1][:k][::-1] + 1e-9).all()
        assert (wrong.theta_interval[:, 1] >= spectrum.gamma[::-1][:k][::-1] - 1e-9).all()
        beyond = pg.verify_sampled(
            graph, spectrum.eigenfunctions, gamma=np.append(spectrum.gamma, -1), rng=seed, **sure
        )
        assert beyond.status.name == "REFUTED"


def test_compared_graphs_may_differ_by_more_than_one():
    """An edge between two views, against each view with itself: Ā is [[0, 1], [1, 0]] and the identity, at a distance of 2."""
    edge, loops = pg.from_pairs([(0, 1), (1, 0)]), pg.from_pairs([(0, 0), (1, 1)])
    assert pg.compare(edge, loops, k=1).norm == pytest.approx(2, abs=1e-12)
    N = 1_300  # above which the norm is bounded by Lanczos' method
    edges = pair_graph(range(N), np.kron(np.eye(N // 2), [[0, 1], [1, 0]]) / N)
    comparison = pg.compare(edges, pair_graph(range(N), np.eye(N) / N), k=1)
    assert comparison.norm == pytest.approx(2, abs=1e-6)
    assert comparison.norm_lower == pytest.approx(2, abs=1e-2)
