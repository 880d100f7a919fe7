"""Discrete training beside the exact flow: plain steps, sampled batches, other optimisers, and a BYOL network in torch.

The examples are tested here in numbers; that they run as programs is tested in `test_examples.py`.
"""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from extras import need
from layers import first_by_default

import popgraph as pg

EXAMPLES = Path(__file__).parent.parent / "examples"
SQUARE = pg.build(np.full(4, 0.25), np.kron([[7 / 8, 1 / 8], [1 / 8, 7 / 8]], [[3 / 4, 1 / 4], [1 / 4, 3 / 4]]))
GAMMA = np.array([1, 0.5625, 0.25, 0.140625])


def example(name):
    specification = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def random_graph(seed):
    source = np.random.default_rng(seed)
    return pg.build(source.dirichlet(np.ones(6)), source.dirichlet(np.ones(5), size=6))


def descended(A, F, step, count):
    """F after each step of gradient descent on ||A - FFᵀ||²."""
    path = [F]
    for _ in range(count):
        F = F - step * (4 * F @ (F.T @ F) - 4 * A @ F)
        path.append(F)
    return np.array(path)


@pytest.mark.parametrize("seed", first_by_default(*range(8), default=2))
def test_descent_nears_the_flow_in_proportion_to_its_step(seed):
    graph, counts = random_graph(seed), (40, 80, 160, 320)
    f = 0.3 * np.random.default_rng(seed).standard_normal((graph.N, 2))
    root = np.sqrt(graph.w_x)[:, np.newaxis]
    times = np.linspace(0, 2, 41)
    exact = pg.flow(graph, 2, f, times).path * root
    errors = [
        np.abs(descended(graph.adjacency, root * f, 2 / count, count)[:: count // 40] - exact).max() for count in counts
    ]
    rates = np.log2(np.divide(errors[:-1], errors[1:]))
    assert errors[0] > 1e-3
    np.testing.assert_allclose(rates[-1], 1, atol=0.1)


def test_batches_scatter_around_descent_the_less_the_larger_they_are():
    start, times = 0.3 * np.random.default_rng(0).standard_normal((4, 2)), [0, 5]
    descent = pg.flow(SQUARE, 2, start, times, step=0.02).amounts[-1][:2]
    spread = {}
    for size in (16, 256):
        ends = np.array(
            [
                pg.flow(SQUARE, 2, start, times, step=0.02, batch_size=size, rng=seed).amounts[-1][:2]
                for seed in range(16)
            ]
        )
        spread[size] = ends.std(axis=0, ddof=1)
        # Noise shifts the mean by the order of its own variance, which is far below the spread
        assert (np.abs(ends.mean(axis=0) - descent) < 4 * spread[size] / 4 + 0.01).all()
    ratio = np.linalg.norm(spread[16]) / np.linalg.norm(spread[256])
    assert 2 < ratio < 8  # √(256/16) = 4; 16 runs know a standard deviation to about a fifth


def test_the_gradient_of_the_optimisers_is_that_of_the_loss_and_batches_have_it_as_their_mean():
    module = example("optimisers")
    graph = pg.zoo.hypercube(3, "1/10")
    np.testing.assert_array_equal(module.BITS, 1 - 2.0 * np.array(graph.views))
    w = np.array([[0.3, -0.5, 0.2], [0.1, 0.7, 0.4]])

    def loss(row):
        return pg.losses.spectral.value(graph.factor, graph.w_x, module.BITS @ row[:, np.newaxis])

    differences = [[(loss(row + e) - loss(row - e)) / 2e-6 for e in 1e-6 * np.eye(3)] for row in w]
    np.testing.assert_allclose(module.slope(graph, w), differences, atol=1e-8)
    many = np.repeat(w, 4_000, axis=0)
    drawn = module.slope(graph, many, np.random.default_rng(0)).reshape(2, 4_000, 3)
    assert (np.abs(drawn.mean(axis=1) - differences) < 4 * drawn.std(axis=1) / np.sqrt(4_000)).all()


def test_at_one_loss_descent_keeps_its_direction_and_adam_ends_at_a_vote(monkeypatch):
    module = example("optimisers")
    monkeypatch.setattr(module, "STEPS", 400)
    graph = pg.zoo.hypercube(3, "1/10")  # γ = .64, three times
    starts = 0.1 * np.random.default_rng(1).standard_normal((12, 3))
    ends = {how: module.run(how, graph, starts, np.random.default_rng(2)) for how in ("descent", "Adam")}
    for w in ends.values():
        np.testing.assert_allclose(np.sum(w**2, axis=1), 0.64, atol=1e-8)
    direction = starts / np.linalg.norm(starts, axis=1, keepdims=True)
    np.testing.assert_allclose(ends["descent"], 0.8 * direction, atol=1e-8)
    errors = {how: [pg.probe(graph, module.BITS @ row[:, np.newaxis]).error for row in w] for how, w in ends.items()}
    # By hand: sign(w·x) is the first bit for all x iff |w_1| > |w_2| + |w_3|; a vote of three errs where two outvote it.
    first, second, third = np.abs(direction.T)
    assert [error == 0 for error in errors["descent"]] == list(first > second + third)
    assert set(errors["Adam"]) == {0.25}


def network(monkeypatch, aligned=False, **tricks):
    """The amounts that a BYOL network in torch holds of each eigenvector, at each of its steps."""
    torch = need("torch")
    torch.set_num_threads(1)
    module = example("stop_gradient")
    monkeypatch.setattr(module, "STEP", 0.25)
    vectors = SQUARE.spectrum(4).eigenvectors  # √w_x = 1/2
    start = 2 * vectors if aligned else 1.5 * np.random.default_rng(3).standard_normal((4, 4))
    path = module.network(SQUARE, start, **tricks)
    return np.sum((vectors.T @ path) ** 2, axis=2)


def test_a_byol_network_learns_exactly_the_modes_above_its_threshold(monkeypatch):
    ends = network(monkeypatch)[-1]  # η = .05: 2√η = .447
    np.testing.assert_allclose(np.sqrt(ends[:2]), [0.9472135955, 0.4518418008], atol=1e-5)
    assert ends[2:].max() < 1e-4


def test_a_byol_network_without_stop_gradient_learns_none(monkeypatch):
    assert network(monkeypatch, stop_gradient=False)[-1].max() < 1e-6


@pytest.mark.slow
def test_a_slow_copy_delays_a_byol_network_and_leads_to_the_same_place(monkeypatch):
    # From a start off the eigenvectors the two take different ways, and the slow one may be nearer for a while.
    at_once, slow = (network(monkeypatch, aligned=True, **trick)[:, 1] for trick in ({}, {"averaging_time": 5.0}))
    rest = 0.4518418008**2
    late = [np.flatnonzero(np.abs(amounts - rest) > 0.02 * rest)[-1] for amounts in (at_once, slow)]
    assert late[1] > 1.5 * late[0]
    np.testing.assert_allclose(slow[-1], rest, rtol=0.01)
