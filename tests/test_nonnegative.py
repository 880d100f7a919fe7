"""Training over f >= 0, and where its least loss is known: against coordinate descent, exact factors and the KKT conditions."""

import numpy as np
import pytest
from layers import first_by_default

import popgraph as pg
from popgraph import theory, zoo
from popgraph.errors import InvalidArgument

SQUARE = pg.product([zoo.hypercube(1, flip="1/8"), zoo.hypercube(1, flip="1/4")]).expand()
NORM = 1 + 0.5625**2 + 0.25**2 + 0.140625**2


def random_graph(seed, n=4, N=5):
    rng = np.random.default_rng(seed)
    A = rng.random((n, N)) * (rng.random((n, N)) < 0.7) + 1e-3
    return pg.build(rng.dirichlet(np.ones(n)), A / A.sum(axis=1, keepdims=True))


def by_coordinates(gram, k, seed, sweeps=400, starts=12):
    """Symmetric factorisation by exact minimisation of one entry after the other, a cubic each."""
    rng, least = np.random.default_rng(seed), np.inf
    for _ in range(starts):
        F = 0.5 * rng.random((len(gram), k))
        for _ in range(sweeps):
            for x in range(len(gram)):
                for j in range(k):
                    # 2 (R_xx')² of the other entries of row x and once the entry itself: t⁴ + 2 a t² + 4 b t + const
                    F[x, j] = 0.0
                    R = F[x] @ F.T - gram[x]
                    a = R[x] + np.sum(F[:, j] ** 2)
                    b = np.sum(R * F[:, j])
                    roots = np.roots([1.0, 0.0, a, b])
                    real = [0.0, *(r.real for r in roots if abs(r.imag) < 1e-9 and r.real > 0)]
                    F[x, j] = min(real, key=lambda t: t**4 + 2 * a * t**2 + 4 * b * t)
        least = min(least, float(np.sum((F @ F.T - gram) ** 2)))
    return least


def test_the_square_at_every_k():
    for k, known in ((1, None), (2, None), (3, 0.0215134076), (4, None)):
        training = pg.train(SQUARE, k, rng=0, nonnegative=True)
        known = NORM + theory.minimum("spectral", SQUARE, k) if known is None else known
        assert NORM + training.loss[-1] == pytest.approx(known, abs=1e-10)
        assert (training.f >= 0).all()


@pytest.mark.slow
@pytest.mark.parametrize("seed", first_by_default(0, 1))
def test_coordinate_descent_finds_the_same(seed):
    graph = random_graph(seed)
    gram = graph.adjacency
    training = pg.train(graph, 3, rng=seed, nonnegative=True)
    known = by_coordinates(gram, 3, seed, sweeps=150, starts=6)
    assert np.sum(gram**2) + training.loss[-1] <= known + 1e-9
    assert np.sum(gram**2) + training.loss[-1] == pytest.approx(known, abs=1e-3)


@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_the_conditions_of_a_minimum_hold(decay):
    graph = random_graph(5, n=6, N=7)
    training = pg.train(graph, 3, rng=0, nonnegative=True, weight_decay=decay)
    F = np.sqrt(graph.w_x)[:, np.newaxis] * training.f
    gradient = 4 * (F @ (F.T @ F) - graph.adjacency @ F) + 2 * decay * F
    assert np.abs(gradient[F > 0]).max() < 1e-8
    assert (gradient[F == 0] > -1e-8).all()
    assert training.gradient_norm[-1] < 1e-8
    assert training.loss[-1] >= theory.minimum("spectral", graph, 3, weight_decay=decay) - 1e-12
    assert "the least of 20 starts" in training.stopped


@pytest.mark.parametrize("seed", first_by_default(*range(6), default=2))
def test_where_a_minimum_is_known_it_is_reached(seed):
    """k = 1, where the optimum is √w_x; k >= n without a decay, where Ā = MᵀM; k = 2, where FFᵀ >= 0."""
    graph = random_graph(seed, n=3, N=5)
    for k in (1, 2, 3, 4):
        try:
            known = theory.minimum("spectral", graph, k, nonnegative=True)
        except InvalidArgument:
            assert k == 2  # FFᵀ has an entry below 0
            continue
        assert known == theory.minimum("spectral", graph, k)
        assert pg.train(graph, k, rng=0, nonnegative=True).loss[-1] == pytest.approx(known, abs=1e-8)


def test_components_make_a_minimum_known():
    graph = zoo.clusters(count=3, naturals=9, views=9, degree=3, cross=0)
    known = theory.minimum("spectral", graph, 3, nonnegative=True, weight_decay=0.5)
    assert known == pytest.approx(-3 * 0.75**2)
    assert pg.train(graph, 3, rng=0, nonnegative=True, weight_decay=0.5).loss[-1] == pytest.approx(known, abs=1e-9)
    two = pg.build([0.5, 0.5, 0.5, 0.5] / np.float64(2), np.kron(np.eye(2), [[0.9, 0.1], [0.1, 0.9]]))
    assert theory.minimum("spectral", two, 4, nonnegative=True, weight_decay=0.1) == pytest.approx(
        -2 * (0.95**2 + (0.64 - 0.05) ** 2)
    )


def test_where_no_minimum_is_known_the_refusal_brackets_it():
    with pytest.raises(
        InvalidArgument, match=r"at k = 3; it is at least -1.37890625, that over all f, and train\(graph, k, nonneg"
    ):
        theory.minimum("spectral", SQUARE, 3, nonnegative=True)


def test_a_start_of_ones_own_is_the_only_one():
    training = pg.train(SQUARE, 3, start=np.abs(pg.train(SQUARE, 3, rng=3).f), nonnegative=True)
    assert "starts" not in training.stopped
    assert training.converged
    huge = pg.train(SQUARE, 3, start=1e40 * np.abs(pg.train(SQUARE, 3, rng=3).f), nonnegative=True)
    assert huge.converged


def test_the_same_seed_gives_the_same_bits():
    first, second = (pg.train(SQUARE, 3, rng=7, nonnegative=True) for _ in range(2))
    assert (first.f == second.f).all()
    assert first.steps.tolist() == list(range(len(first.steps)))
