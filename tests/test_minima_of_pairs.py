"""Known minima where Ā has negative eigenvalues, against an independent optimiser from several starts; and training to them."""

import numpy as np
import pytest
from layers import first_by_default
from scipy.optimize import minimize
from test_signed_spectrum import random_pairs

import popgraph as pg
from popgraph import losses, theory
from popgraph.populations import pair_graph


def spectral(F, adjacency):
    return -2 * np.trace(F.T @ adjacency @ F) + np.sum((F.T @ F) ** 2)


def ordered(F, adjacency):
    return np.mean([spectral(F[:, : j + 1], adjacency) for j in range(F.shape[1])])


def centred(F, adjacency, root):
    F = F - np.outer(root, root @ F)
    return -np.trace(F.T @ adjacency @ F) + 0.5 * np.sum((F.T @ F) ** 2)


def vicreg(weight):
    def value(F, adjacency):
        energy = 2 * np.sum(F**2) - 2 * np.trace(F.T @ adjacency @ F)
        return energy + weight * np.sum((F.T @ F - np.eye(F.shape[1])) ** 2)

    return value


def barlow(F, adjacency, root):
    F = F - np.outer(root, root @ F)
    F = F / np.linalg.norm(F, axis=0)
    return np.sum((F.T @ adjacency @ F - np.eye(F.shape[1])) ** 2)


KNOWN = {
    "spectral": (losses.spectral, spectral),
    "ordered": (losses.ordered, ordered),
    "centred": (losses.centred, centred),
    "idealised VICReg": (losses.idealised_vicreg, vicreg(1.0)),
    "idealised VICReg, 0.3": (losses.IdealisedVICReg(weight=0.3), vicreg(0.3)),
    "idealised VICReg, 3": (losses.IdealisedVICReg(weight=3.0), vicreg(3.0)),
    "Barlow Twins, weight 1": (losses.BarlowTwins(weight=1.0, epsilon=0.0), barlow),
}
CENTRES = {"centred", "Barlow Twins, weight 1"}


def complete(N: int) -> pg.PairGraph:
    """Uniform pairs of different views: γ = 1 and -1/(N - 1), so that nothing but the constant is in reach of one encoder."""
    return pair_graph(range(N), (np.ones((N, N)) - np.eye(N)) / (N * (N - 1)))


def lazy(graph: pg.PairGraph, share: float) -> pg.PairGraph:
    return pair_graph(graph.views, share * np.diag(graph.w_x) + (1 - share) * graph.w)


GRAPHS = {
    "triangle": complete(3),
    "5-cycle": pg.from_pairs([(i, (i + step) % 5) for i in range(5) for step in (1, -1)]),
    "K_{2,2}": pg.from_pairs([pair for a in "ab" for b in "xy" for pair in ((a, b), (b, a))]),
    "K_5, one positive": lazy(complete(5), 0.15),
    **{f"random {seed}": random_pairs(seed, N=4 + seed % 3, density=1.0) for seed in range(6)},
    **{f"sparse {seed}": random_pairs(seed, N=5, density=0.4) for seed in range(4)},
}


def least(value, graph, k, starts, seed=0):
    """The least value that quasi-Newton descents from random starts reach; gradients are differences."""
    rng, root = np.random.default_rng(seed), np.sqrt(graph.w_x)
    adjacency = graph.adjacency
    arguments = (adjacency, root) if value in (centred, barlow) else (adjacency,)
    found = []
    for _ in range(starts):
        start = rng.standard_normal((graph.N, k)).ravel()
        done = minimize(lambda z: value(z.reshape(-1, k), *arguments), start, method="BFGS", options={"gtol": 1e-9})
        found.append(done.fun)
    return min(found)


@pytest.mark.parametrize("name", first_by_default(*GRAPHS, default=6))
@pytest.mark.parametrize("loss", KNOWN)
def test_no_optimiser_goes_below_the_known_minimum_and_one_reaches_it(name, loss):
    graph, (ours, value) = GRAPHS[name], KNOWN[loss]
    for k in (1, 2, 3) if graph.N < 5 else (1, 2):
        known = theory.minimum(ours, graph, k)
        reached = least(value, graph, k, starts=4)
        assert known - 1e-8 <= reached
        assert reached <= known + 1e-7


@pytest.mark.parametrize("name", first_by_default(*GRAPHS, default=6))
@pytest.mark.parametrize("loss", KNOWN)
def test_training_reaches_the_known_minimum(name, loss):
    graph, (ours, _) = GRAPHS[name], KNOWN[loss]
    for k in range(1, min(4, graph.N) + 1):
        known = theory.minimum(ours, graph, k)
        reached = min(pg.train(graph, k, loss=ours, rng=seed, progress=False).loss[-1] for seed in range(2))
        assert reached == pytest.approx(known, rel=1e-6, abs=1e-8)


def test_numbers_of_given_pairs():
    """Uniform pairs on the triangle and the 5-cycle: one encoder, and two."""
    triangle, cycle = GRAPHS["triangle"], GRAPHS["5-cycle"]
    assert [theory.minimum("spectral", triangle, k) for k in (1, 2, 3)] == pytest.approx([-1, -1, -1], abs=1e-12)
    assert theory.minimum("spectral", cycle, 2) == pytest.approx(-1.0954915028, abs=1e-9)
    assert theory.minimum("spectral", cycle, 3) == pytest.approx(-1.1909830056, abs=1e-9)
    assert theory.minimum("centred", triangle, 2) == 0
    assert theory.minimum("unsquared", triangle, 2) == -np.inf


def test_the_information_of_given_pairs():
    assert theory.mutual_information(GRAPHS["triangle"]) == pytest.approx(np.log(1.5), abs=1e-12)
    assert theory.critic_minimum("infonce", GRAPHS["triangle"]) == pytest.approx(-np.log(1.5), abs=1e-12)
    critic = pg.train_critic(GRAPHS["5-cycle"], "nt_logistic")
    assert critic.loss == pytest.approx(theory.critic_minimum("nt_logistic", GRAPHS["5-cycle"]), abs=1e-8)
