"""The least values of losses of two encoders: against numbers of the theory, definitions, and an optimiser that knows neither."""

import numpy as np
import pytest
from scipy.optimize import minimize

import popgraph as pg
from popgraph import losses, theory
from popgraph.errors import InvalidArgument


def worked_example():
    A, B = [[0.8, 0.2, 0], [0.1, 0.8, 0.1], [0, 0.3, 0.7]], [[0.9, 0.1], [0.5, 0.5], [0.1, 0.9]]
    return pg.build(np.array([0.5, 0.3, 0.2]), A, second=B)


def random_pairs(seed):
    rng = np.random.default_rng(seed)
    C = rng.random(rng.integers(2, 6, 2)) + 0.01
    return pg.from_bipartite(C / C.sum())


def spectral_loss(graph, f, g):
    scores = f @ g.T
    return -2 * np.sum(graph.w * scores) + graph.w_x @ scores**2 @ graph.w_z


def ordered_loss(graph, f, g):
    return np.mean([spectral_loss(graph, f[:, :j], g[:, :j]) for j in range(1, f.shape[1] + 1)])


def test_the_numbers_of_the_worked_example():
    graph = worked_example()
    assert theory.minimum("spectral", graph, 2) == pytest.approx(-1.2725888903, abs=1e-9)
    assert theory.critic_minimum("infonce", graph) == pytest.approx(-0.1460005577, abs=1e-9)
    assert theory.mutual_information(graph) == pytest.approx(0.1460005577, abs=1e-9)


@pytest.mark.parametrize(("by_definition", "loss"), [(spectral_loss, "spectral"), (ordered_loss, "ordered")])
@pytest.mark.parametrize("seed", range(4))
def test_an_optimiser_reaches_the_minimum_and_none_goes_below(by_definition, loss, seed):
    graph, k = random_pairs(seed), 2
    rng = np.random.default_rng(seed)
    N_x, N_z = graph.N_x, graph.N_z

    def value(z):
        f, g = np.split(z.reshape(-1, k), [N_x])
        return by_definition(graph, f, g)

    found = min(minimize(value, rng.standard_normal(k * (N_x + N_z)), tol=1e-13).fun for _ in range(3))
    assert theory.minimum(loss, graph, k) == pytest.approx(found, abs=1e-8)


@pytest.mark.parametrize(
    "loss", [losses.infonce, losses.InfoNCE(symmetric=True), losses.InfoNCE(negatives=2), losses.nt_logistic]
)
@pytest.mark.parametrize("seed", range(3))
def test_the_least_critic_is_stationary_and_the_least_of_many(loss, seed):
    graph = random_pairs(seed)
    rng = np.random.default_rng(seed)
    least = theory.critic_minimum(loss, graph)
    log_K = np.log(graph.w / np.outer(graph.w_x, graph.w_z))
    tried = [log_K + size * rng.standard_normal(log_K.shape) for size in (1e-4, 0.01, 1.0)]
    assert all(loss._critic_value(graph.w, graph.w_z, s) >= least - 1e-12 for s in tried)
    assert pg.train_critic(graph, loss).loss == pytest.approx(least, abs=1e-7)


def test_equal_kernels_give_the_minima_of_one_encoder():
    cube = pg.zoo.hypercube(2, "1/4")
    both = cube.two_encoders()
    for loss in ("spectral", "ordered"):
        assert theory.minimum(loss, both, 3) == pytest.approx(theory.minimum(loss, cube, 3), abs=1e-12)
    for loss in (losses.infonce, losses.nt_logistic, losses.InfoNCE(negatives=3)):
        assert theory.critic_minimum(loss, both) == pytest.approx(theory.critic_minimum(loss, cube), abs=1e-12)


def test_what_has_no_closed_form_is_refused():
    graph = worked_example()
    with pytest.raises(InvalidArgument, match="critic_minimum gives its minimum over critics"):
        theory.minimum("infonce", graph, 2)
    with pytest.raises(InvalidArgument, match="train it, and compare numerically"):
        theory.minimum("vicreg", graph, 2)
    with pytest.raises(InvalidArgument, match="leave out noise="):
        theory.minimum(losses.SpectralLoss(noise=0.75), graph, 2)
    with pytest.raises(
        InvalidArgument, match="k is 3; it must be a whole number from 1 to the smaller number of views, 2"
    ):
        theory.minimum("spectral", graph, 3)
    assert theory.minimum("unsquared", graph, 1) == -np.inf
