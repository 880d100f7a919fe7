"""Learning on every kind of population: the same loss, gradient and minimum as on the graph that it expands to."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

import popgraph as pg
from popgraph import losses, structure, theory
from popgraph.errors import InvalidArgument
from popgraph.losses import operands
from popgraph.losses.reading import READY
from popgraph.losses.scaled import pair_table, scaled_loss

BIASED = pg.build({0: 0.75, 1: 0.25}, {0: {0: 0.9, 1: 0.1}, 1: {0: 0.2, 1: 0.8}})
LETTERS = pg.build(
    {"a": 0.5, "b": 0.3, "c": 0.2}, {"a": {"x": 0.7, "y": 0.3}, "b": {"y": 1}, "c": {"y": 0.4, "z": 0.6}}
)
MIXED = structure.mixture({"cat": 0.4, "dog": 0.6}, {"cat": [BIASED, LETTERS], "dog": [pg.zoo.hypercube(1), LETTERS]})
PAIR = pg.product([LETTERS, BIASED])


class Own:
    """A population of a user's own, with a list of views and products with the adjacency, and no more than the protocol asks."""

    name, n, component_count = "own", LETTERS.n, LETTERS.component_count

    def __init__(self):
        self.views, self.w_x, self.components, self.trace = (
            LETTERS.views,
            LETTERS.w_x,
            LETTERS.components,
            LETTERS.trace,
        )
        self.N, self.view_labels = LETTERS.N, None

    def gram(self, X):
        return LETTERS.adjacency @ X

    def spectrum(self, k):
        return LETTERS.spectrum(k)

    def sample_pairs(self, size, *, rng=None):
        return LETTERS.sample_pairs(size, rng=rng)

    def expand(self):
        return LETTERS


@pytest.fixture(scope="module")
def blocks(client):
    return pg.dask.build(LETTERS.p, LETTERS.kernel, rows=2, client=client)


@pytest.fixture(params=["mixture", "own", "blocks"])
def population(request):
    made = {"mixture": lambda: MIXED, "own": Own, "blocks": lambda: request.getfixturevalue("blocks")}
    return made[request.param]()


@pytest.mark.parametrize("name", READY)
def test_a_loss_and_its_gradient_are_those_of_the_expanded_graph(population, name):
    graph, f = population.expand(), np.random.default_rng(0).standard_normal((population.N, 2))
    root = np.sqrt(population.w_x)[:, np.newaxis]
    value, gradient = scaled_loss(READY[name], population)(f * root)
    expected, in_f = READY[name].value_and_gradient(graph.factor, graph.w_x, f)
    assert value == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(gradient * root, in_f, atol=1e-12 * np.abs(in_f).max())


@pytest.mark.parametrize("name", ["spectral", "ordered", "centred", "idealised_vicreg", "nt_logistic"])
def test_training_ends_where_it_does_on_the_expanded_graph(population, name):
    start = np.random.default_rng(1).standard_normal((population.N, 2))
    short = {"loss": name, "start": start, "steps": 500}
    here, there = pg.train(population, 2, **short), pg.train(population.expand(), 2, **short)
    assert here.loss[0] == pytest.approx(there.loss[0], rel=1e-12)
    assert here.loss[-1] == pytest.approx(there.loss[-1], abs=1e-9)
    assert here.converged == there.converged


def test_a_saddle_is_left_on_every_kind(population):
    """The zero embedding is critical: the way down needs products with the adjacency and its trace."""
    training = pg.train(population, 1, start=np.zeros((population.N, 1)))
    assert training.converged
    assert training.loss[-1] == pytest.approx(-1, abs=1e-10)


@pytest.mark.parametrize("loss", ["spectral", "ordered"])
def test_a_class_of_functions_is_trained_on_every_kind(population, loss):
    Psi = np.random.default_rng(2).standard_normal((population.N, 3))
    here, there = (pg.train(g, 2, loss=loss, features=Psi, rng=0) for g in (population, population.expand()))
    assert here.loss[-1] == pytest.approx(there.loss[-1], abs=1e-10)
    np.testing.assert_allclose(Psi @ here.weights, here.f, atol=1e-9)


@pytest.mark.slow
def test_batches_of_sampled_pairs_train_every_kind(population):
    training = pg.train(population, 2, batch_size=32, rng=0)
    gamma = population.expand().spectrum(2).gamma
    assert training.loss[-1] == pytest.approx(-np.sum(gamma**2), abs=0.05)


def test_critics_audits_and_minima_are_those_of_the_expanded_graph(population):
    graph = population.expand()
    assert pg.train_critic(population, "infonce").loss == pytest.approx(
        pg.train_critic(graph, "infonce").loss, abs=1e-9
    )
    np.testing.assert_allclose(pair_table(population), graph.w, atol=1e-15)
    assert theory.mutual_information(population) == pytest.approx(theory.mutual_information(graph), abs=1e-12)
    for loss in ("infonce", losses.InfoNCE(negatives=2), "nt_logistic"):
        expected = theory.critic_minimum(loss, graph)
        assert theory.critic_minimum(loss, population) == pytest.approx(expected, abs=1e-12)
    assert theory.minimum("spectral", population, 2) == pytest.approx(theory.minimum("spectral", graph, 2), abs=1e-12)
    f = np.random.default_rng(3).standard_normal((population.N, 2))
    for loss in ("spectral", "vicreg", "infonce"):
        here, there = (losses.audit(loss, each, f, 2) for each in (population, graph))
        assert here.batches == there.batches
        assert (here.population, here.mean, here.variance) == pytest.approx(
            (there.population, there.mean, there.variance), rel=1e-10
        )


class OwnLoss:
    name, bias = "mine", "unbiased"
    value, batch_value = losses.spectral.value, losses.spectral.batch_value
    value_and_gradient = losses.spectral.value_and_gradient


def test_a_loss_of_ones_own_needs_the_array_M_and_the_refusal_says_what_has_it(population):
    f = np.ones((population.N, 1))
    for call in (lambda g: pg.train(g, 1, loss=OwnLoss()), lambda g: losses.audit(OwnLoss(), g, f, 2)):
        with pytest.raises(
            InvalidArgument, match=r"loss mine is evaluated with the array M, .*; give its \.expand\(\)"
        ):
            call(population)
        call(population.expand())


def test_a_product_has_the_minimum_of_a_product_and_what_needs_views_names_expand():
    assert theory.minimum("spectral", PAIR, 2) == pytest.approx(theory.minimum("spectral", PAIR.expand(), 2), abs=1e-12)
    for call in (
        lambda: pg.train_critic(PAIR, "infonce"),
        lambda: losses.audit("spectral", PAIR, np.ones((6, 1)), 2),
        lambda: theory.critic_minimum("infonce", PAIR),
        lambda: theory.mutual_information(PAIR),
    ):
        with pytest.raises(InvalidArgument, match=r"needs a list of views, .*\.expand\(\)"):
            call()


@pytest.mark.parametrize("instead", [[1, 2], pg.PopulationGraph, SimpleNamespace(N=3), None])
def test_what_is_no_population_is_refused(instead):
    for call in (
        lambda: pg.train(instead, 1),
        lambda: pg.train_critic(instead, "infonce"),
        lambda: losses.audit("spectral", instead, np.ones((4, 1)), 2),
        lambda: theory.minimum("spectral", instead, 1),
    ):
        with pytest.raises(InvalidArgument, match="takes a population (first|second); got"):
            call()


def test_a_class_of_functions_of_ones_own_unlisted_population_is_trained():
    class Tower:
        """Two functions with E ψψᵀ = 1, of a population with no list of views."""

        name, n, N, component_count = "tower", 2**90, 2**90, 1
        spectrum = sample_pairs = expand = in_coordinates = None

        def restricted_to(self, features):
            S = np.diag([1.0, 0.5])
            return SimpleNamespace(
                N=2, w_x=np.ones(2), trace=1.5, gram=lambda X: S @ X, weights=lambda G: np.asarray(G)
            )

    class Functions:
        degree = 1

        def __matmul__(self, W):
            return W

    training = pg.train(Tower(), 2, features=Functions(), rng=0)
    assert training.loss[-1] == pytest.approx(-1.25, abs=1e-10)


@pytest.mark.parametrize("name", READY)
@pytest.mark.parametrize("batch_size", [None, 4])
def test_nothing_is_checked_inside_a_descent(monkeypatch, name, batch_size):
    """What a loss is given was made by the descent itself; the checks of one operand ran 78 times in a training of three views."""
    checked = []
    check = operands.check_operand
    monkeypatch.setattr(
        operands, "check_operand", lambda *given, **named: checked.append(given[0]) or check(*given, **named)
    )
    pg.train(LETTERS, 2, loss=name, rng=0, steps=20, batch_size=batch_size)
    assert checked == []
    READY[name].value_and_gradient(LETTERS.factor, LETTERS.w_x, np.ones((3, 1)))
    assert checked  # and at the door they are made


def test_nothing_is_checked_inside_the_descent_of_a_critic(monkeypatch):
    checked = []
    monkeypatch.setattr(operands, "check_operand", lambda *given, **named: checked.append(given[0]))
    for loss in ("infonce", "nt_logistic", losses.InfoNCE(negatives=2)):
        pg.train_critic(LETTERS, loss)
    assert checked == []


def test_a_subclass_of_a_loss_is_a_loss_of_ones_own():
    """What it overrides is what is minimised."""

    class Doubled(losses.SpectralLoss):
        def value_and_gradient(self, factor, w_x, f, *, transposed=None):
            value, gradient = losses.spectral.value_and_gradient(factor, w_x, f)
            return 2 * value, 2 * gradient

    assert pg.train(LETTERS, 1, loss=Doubled(), rng=0).loss[-1] == pytest.approx(-2)


def test_batches_train_a_loss_of_pairs_on_more_views_than_it_can_tabulate():
    graph = pg.zoo.clusters(count=10, naturals=500, views=1000, degree=8, rng=0)
    training = pg.train(graph, 2, loss="infonce", batch_size=16, steps=5, rng=0)
    assert re.match("ran its 5 batches", training.stopped)
    assert np.isnan(training.loss[0])  # the population's loss needs all pairs of views: what is written is the batch's
    assert np.isfinite(training.loss[1:]).all()
    assert np.isfinite(training.f).all()


def test_a_loss_that_is_nan_at_the_start_says_so_and_gives_the_start_back():
    class Broken:
        name = "broken"

        def value_and_gradient(self, factor, w_x, f, *, transposed=None):
            return np.nan, np.zeros_like(f)

    training = pg.train(LETTERS, 1, loss=Broken(), start=np.ones((3, 1)))
    assert not training.converged
    assert training.stopped == "the loss broken became NaN (at the start)"
    np.testing.assert_allclose(training.f, 1)
    assert np.isnan(training.loss).tolist() == [True]
