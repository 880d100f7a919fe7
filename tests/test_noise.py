"""Negatives from a noise law: numbers of THEORY 14.4, sums by definition, finite differences, autograd, independent optimisers."""

import itertools
import pickle
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

import popgraph as pg
from popgraph.errors import InvalidArgument
from popgraph.populations import pair_graph, with_noise

C = np.array([[4, 2, 0], [2, 4, 2], [0, 2, 8]]) / 24


def words():
    return pair_graph(("this", "is", "text"), C)


def random_graph(seed, n=6, N=5):
    rng = np.random.default_rng(seed)
    A = rng.dirichlet(np.ones(N), n)
    return pg.build(rng.dirichlet(np.ones(n)), A)


def softplus(s):
    return np.logaddexp(0.0, s)


def random_law(rng, N):
    return rng.dirichlet(np.ones(N) * 2)


# ------------------------------------------------------------------ numbers of THEORY 14.4


def test_the_numbers_of_the_theory():
    graph = words()
    sgns = pg.losses.NTLogistic(negatives=2, noise=0.75)
    assert pg.theory.critic_minimum(sgns, graph) == pytest.approx(1.6433121338, abs=1e-9)
    spectral = pg.losses.SpectralLoss(noise=0.75)
    assert pg.theory.minimum(spectral, graph, 2) == pytest.approx(-1.5500103406, abs=1e-9)
    training = pg.train(graph, 2, loss=spectral, rng=0)
    assert training.loss[-1] == pytest.approx(-1.5500103406, abs=1e-9)
    critic = pg.train_critic(graph, sgns)
    assert critic.loss == pytest.approx(1.6433121338, abs=1e-6)


# ------------------------------------------------------------------ values by their definitions


@given(st.integers(0, 10**6))
def test_the_spectral_loss_is_its_definition(seed):
    rng = np.random.default_rng(seed)
    graph, q = random_graph(seed), random_law(rng, 5)
    f = rng.standard_normal((5, 2))
    loss = pg.losses.SpectralLoss(noise=q)
    expected = -2 * np.sum(graph.w * (f @ f.T)) + np.sum(np.outer(q, q) * (f @ f.T) ** 2)
    assert loss.value(graph.factor, graph.w_x, f) == pytest.approx(expected, abs=1e-12)
    value, gradient = loss.value_and_gradient(graph.factor, graph.w_x, f)
    assert value == pytest.approx(expected, abs=1e-12)
    E, h = rng.standard_normal(f.shape), 1e-6
    slope = (loss.value(graph.factor, graph.w_x, f + h * E) - loss.value(graph.factor, graph.w_x, f - h * E)) / (2 * h)
    assert np.sum(gradient * E) == pytest.approx(slope, rel=1e-6, abs=1e-7)


def critic_by_definition(loss, w, w_x, s, law):
    """The population's loss of a critic, negatives drawn from law (N, N) row by row."""
    N = len(w_x)
    if isinstance(loss, pg.losses.NTLogistic):
        return np.sum(w * softplus(-s)) + loss.negatives * np.sum(w_x[:, None] * law * softplus(s))
    if loss.negatives is None:
        return np.sum(w_x * np.log(np.sum(law * np.exp(s), axis=1))) - np.sum(w * s)
    total = 0.0
    for x, x_plus in itertools.product(range(N), repeat=2):
        for drawn in itertools.product(range(N), repeat=loss.negatives):
            p = w[x, x_plus] * np.prod(law[x, list(drawn)])
            e = np.exp(s[x, x_plus])
            total += p * (-np.log(e / (e + np.sum(np.exp(s[x, list(drawn)])))) - np.log(loss.negatives + 1))
    return total


def critics(noise):
    return [
        pg.losses.NTLogistic(negatives=2, noise=noise),
        pg.losses.InfoNCE(noise=noise),
        pg.losses.InfoNCE(negatives=2, noise=noise),
    ]


@given(st.integers(0, 10**6))
def test_losses_of_critics_are_their_definitions(seed):
    rng = np.random.default_rng(seed)
    graph = random_graph(seed, 4, 4)
    w, w_x = graph.w, graph.w_x
    s = rng.standard_normal((4, 4))
    for noise in (random_law(rng, 4), 0.75, rng.dirichlet(np.ones(4), 4)):
        law = np.broadcast_to(noise if np.ndim(noise) else w_x**noise / np.sum(w_x**noise), (4, 4))
        for loss in critics(noise):
            expected = critic_by_definition(loss, w, w_x, s, law)
            assert loss.critic_value(w, w_x, s) == pytest.approx(expected, abs=1e-10)
            value, H = loss.critic_gradient(w, w_x, s)
            assert value == pytest.approx(expected, abs=1e-10)
            E, h = rng.standard_normal(s.shape), 1e-5
            slope = (loss.critic_value(w, w_x, s + h * E) - loss.critic_value(w, w_x, s - h * E)) / (2 * h)
            assert np.sum(H * E) == pytest.approx(slope, abs=1e-7)
            f = rng.standard_normal((4, 2))
            assert loss.value(graph.factor, w_x, f) == pytest.approx(
                critic_by_definition(loss, w, w_x, f @ f.T, law), abs=1e-10
            )


def test_the_law_w_x_is_no_noise():
    graph = random_graph(3)
    w_x = graph.w_x
    f = np.random.default_rng(0).standard_normal((5, 2))
    pairs = [
        (pg.losses.SpectralLoss(), pg.losses.SpectralLoss(noise=1)),
        (pg.losses.NTLogistic(), pg.losses.NTLogistic(noise=w_x)),
        (pg.losses.InfoNCE(), pg.losses.InfoNCE(noise=1.0)),
    ]
    for plain, noisy in pairs:
        assert noisy.value(graph.factor, w_x, f) == pytest.approx(plain.value(graph.factor, w_x, f), abs=1e-12)
    for plain, noisy in pairs[1:]:
        assert pg.theory.critic_minimum(noisy, graph) == pytest.approx(
            pg.theory.critic_minimum(plain, graph), abs=1e-12
        )
    assert pg.theory.minimum(pairs[0][1], graph, 2) == pytest.approx(
        pg.theory.minimum(pairs[0][0], graph, 2), abs=1e-12
    )


# ------------------------------------------------------------------ minima


@pytest.mark.parametrize("seed", range(6))
def test_the_spectral_minimum_against_an_independent_optimiser(seed):
    rng = np.random.default_rng(seed)
    graph, q, k = random_graph(seed), random_law(rng, 5), 2
    loss = pg.losses.SpectralLoss(noise=q)
    M, w_x = graph.factor, graph.w_x

    def objective(z):
        value, gradient = loss.value_and_gradient(M, w_x, z.reshape(5, k))
        return value, gradient.ravel()

    found = min(
        minimize(objective, rng.standard_normal(5 * k), jac=True, options={"gtol": 1e-10}).fun for _ in range(4)
    )
    assert pg.theory.minimum(loss, graph, k) == pytest.approx(found, abs=1e-8)
    B = graph.w / np.sqrt(np.outer(q, q))
    assert found == pytest.approx(-np.sum(np.sort(np.linalg.eigvalsh(B).clip(0))[::-1][:k] ** 2), abs=1e-8)


@pytest.mark.parametrize("seed", range(3))
def test_the_minima_over_critics_against_an_independent_optimiser(seed):
    rng = np.random.default_rng(seed)
    graph = random_graph(seed, 4, 4)
    w, w_x = graph.w, graph.w_x
    for noise in (random_law(rng, 4), pg.losses.debiased_negatives(graph, 0.2), rng.dirichlet(np.ones(4), 4)):
        for loss in critics(noise):

            def objective(z, loss=loss):
                value, gradient = loss.critic_gradient(w, w_x, z.reshape(4, 4))
                return value, gradient.ravel()

            found = minimize(objective, np.zeros(16), jac=True, options={"gtol": 1e-9}).fun
            assert pg.theory.critic_minimum(loss, graph) == pytest.approx(found, abs=1e-8)
            assert pg.train_critic(graph, loss).loss == pytest.approx(found, abs=1e-8)


def test_pairs_that_noise_never_draws():
    graph = words()
    never = [0.5, 0.5, 0.0]
    assert pg.theory.critic_minimum(pg.losses.InfoNCE(noise=never), graph) == -np.inf
    least = pg.theory.critic_minimum(pg.losses.NTLogistic(noise=never), graph)
    assert least == pytest.approx(pg.train_critic(graph, pg.losses.NTLogistic(noise=never), steps=20000).loss, abs=1e-6)
    with pytest.raises(InvalidArgument, match="no least critic"):
        pg.theory.critic_minimum(pg.losses.InfoNCE(negatives=2, noise=never), graph)
    with pytest.raises(InvalidArgument, match="unbounded below"):
        pg.theory.minimum(pg.losses.SpectralLoss(noise=never), graph, 2)


# ------------------------------------------------------------------ training, and what it is judged by


@pytest.mark.parametrize("seed", range(5))
def test_a_training_is_judged_on_the_graph_with_its_noise(seed):
    rng = np.random.default_rng(seed)
    graph = random_graph(seed)
    q = random_law(rng, 5)
    training = pg.train(graph, 2, loss=pg.losses.SpectralLoss(noise=q), rng=0)
    noisy = graph.with_noise(q)
    assert training.loss[-1] == pytest.approx(pg.theory.minimum(pg.losses.SpectralLoss(noise=q), graph, 2), abs=1e-9)
    assert (training.noise == noisy.w_x).all()
    assert pg.verify(noisy, training)
    assert pg.verify(noisy, training.f)
    assert not pg.verify(graph, training.f)
    with pytest.raises(InvalidArgument, match=r"verify\(graph\.with_noise\(training\.noise\), training\)"):
        pg.verify(graph, training)
    with pytest.raises(InvalidArgument, match="noise law"):
        pg.verify(graph.with_noise(0), training)
    plain = pg.train(graph, 2, rng=0)
    assert plain.noise is None
    assert not pg.verify(noisy, plain)
    B = graph.w / np.sqrt(np.outer(q, q))
    gamma = np.linalg.eigvalsh(B)[::-1]
    spectrum = noisy.spectrum(3)
    assert spectrum.gamma == pytest.approx(gamma[:3], abs=1e-12)
    assert noisy.adjacency == pytest.approx(B, abs=1e-12)
    assert noisy.trace == pytest.approx(np.trace(B), abs=1e-12)
    assert pg.verify(noisy, spectrum)
    assert spectrum.residuals.max() < 1e-12


def test_training_in_a_class_of_functions():
    graph, q = random_graph(8), random_law(np.random.default_rng(8), 5)
    features = np.random.default_rng(0).standard_normal((5, 3))
    training = pg.train(graph, 2, loss=pg.losses.SpectralLoss(noise=q), features=features, rng=0)
    F = np.linalg.qr(np.sqrt(q)[:, None] * features)[0]
    theta = np.linalg.eigvalsh(F.T @ (graph.w / np.sqrt(np.outer(q, q))) @ F)[::-1]
    assert training.loss[-1] == pytest.approx(-np.sum(theta[:2] ** 2), abs=1e-9)
    assert np.linalg.matrix_rank(np.hstack([features, training.f])) == 3


def test_a_population_without_the_method_is_told_of_the_function():
    parts = {c: [pg.zoo.hypercube(1, q)] * 2 for c, q in ((0, 0.1), (1, 0.3))}
    graph = pg.structure.mixture([0, 1], parts)
    training = pg.train(graph, 2, loss=pg.losses.SpectralLoss(noise=[0.4, 0.3, 0.2, 0.1]), rng=0)
    with pytest.raises(InvalidArgument, match=r"popgraph\.populations\.with_noise\(graph, training\.noise\)"):
        pg.verify(graph, training)
    noisy = with_noise(graph, training.noise)
    assert pg.verify(noisy, training)
    assert noisy.spectrum(2).gamma == pytest.approx(
        graph.expand().with_noise(training.noise).spectrum(2).gamma, abs=1e-12
    )


def test_a_picture_of_a_noisy_training_needs_its_spectrum():
    graph = words()
    training = pg.train(graph, 2, loss=pg.losses.SpectralLoss(noise=0.75), rng=0, keep_path=True)
    noisy = graph.with_noise(0.75)
    assert "-1.55" in pg.plot.training(training, noisy.spectrum(2)).lines[1].get_label()
    moving = pg.plot.animation(training, noisy, noisy.spectrum(2), frames=2)
    moving._draw_was_started = True  # else matplotlib warns that nothing was drawn
    for draw in (
        lambda: pg.plot.training(training, graph.spectrum(2)),
        lambda: pg.plot.animation(training, graph, graph.spectrum(2), frames=2),
    ):
        with pytest.raises(InvalidArgument, match=r"with_noise\(training\.noise\)\.spectrum\(k\)"):
            draw()


def test_an_indefinite_w_reaches_its_positive_eigenvalues():
    triangle = pair_graph("abc", (np.ones((3, 3)) - np.eye(3)) / 6)
    q = np.array([0.5, 0.3, 0.2])
    gamma = np.linalg.eigvalsh(triangle.w / np.sqrt(np.outer(q, q)))[::-1]
    loss = pg.losses.SpectralLoss(noise=q)
    assert triangle.with_noise(q).spectrum(3).gamma == pytest.approx(gamma, abs=1e-12)
    assert pg.theory.minimum(loss, triangle, 3) == pytest.approx(-np.sum(gamma.clip(0) ** 2), abs=1e-12)
    assert pg.train(triangle, 3, loss=loss, rng=0).loss[-1] == pytest.approx(-np.sum(gamma.clip(0) ** 2), abs=1e-8)


@pytest.mark.parametrize("loss", [pg.losses.SpectralLoss, pg.losses.NTLogistic, pg.losses.InfoNCE])
def test_batches_draw_their_negatives(loss):
    graph, q = random_graph(9), random_law(np.random.default_rng(9), 5)
    chosen = loss(noise=q)
    whole, sampled = (pg.train(graph, 2, loss=chosen, rng=0, **more) for more in ({}, {"batch_size": 64, "steps": 500}))
    start = sampled.loss[0]
    assert sampled.loss[-1] - whole.loss[-1] < 0.1 * (start - whole.loss[-1])
    linear = pg.train(graph, 2, loss=chosen, rng=0, batch_size=64, steps=100, features=np.eye(5))
    assert linear.loss[-1] < linear.loss[0]
    again = pg.train(graph, 2, loss=chosen, rng=0, batch_size=64, steps=500)
    assert (again.f == sampled.f).all()


@pytest.mark.parametrize(
    "loss", [pg.losses.SpectralLoss(noise=0.5), *critics(0.5)[:1], pg.losses.InfoNCE(negatives=1, noise=0.5)]
)
def test_a_batch_is_unbiased(loss):
    """Over all batches of two pairs and two negatives."""
    graph = random_graph(10, 3, 3)
    w, w_x = graph.w, graph.w_x
    q = pg.losses.noise_law(graph, 0.5)
    f = np.random.default_rng(1).standard_normal((3, 2))
    mean = 0.0
    pairs = list(itertools.product(range(3), repeat=2))
    for batch in itertools.product(pairs, repeat=2):
        p = np.prod([w[pair] for pair in batch])
        for drawn in itertools.product(range(3), repeat=2):
            x, x_plus = zip(*batch, strict=True)
            value = loss.noise_batch_value(f[list(x)], f[list(x_plus)], f[list(drawn)])
            mean += p * q[list(drawn)].prod() * value
    assert mean == pytest.approx(loss.value(graph.factor, w_x, f), abs=1e-12)


def test_gradients_of_batches_and_autograd():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    tables = [rng.standard_normal((5, 2)) for _ in range(3)]
    graph = random_graph(11)
    q = random_law(rng, 5)
    table = rng.dirichlet(np.ones(5), 5)
    for loss in (
        pg.losses.SpectralLoss(noise=q),
        *critics(q),
        pg.losses.NTLogistic(noise=q, cosine=True),
        pg.losses.InfoNCE(noise=q, cosine=True, temperature=0.5),
    ):
        value, *gradients = loss.noise_batch_value_and_gradient(*tables)
        tensors = [torch.tensor(each, requires_grad=True) for each in tables]
        of_torch = loss.noise_batch_value(*tensors)
        of_torch.backward()
        assert of_torch.item() == pytest.approx(value, abs=1e-12)
        for gradient, tensor in zip(gradients, tensors, strict=True):
            assert gradient == pytest.approx(tensor.grad.numpy(), abs=1e-12)
    M = torch.tensor(graph.factor.toarray())
    for loss in (pg.losses.SpectralLoss(noise=q), pg.losses.SpectralLoss(noise=0.75), *critics(q), *critics(table)):
        f = torch.tensor(tables[0], requires_grad=True)
        of_torch = loss.value(M, torch.tensor(graph.w_x.copy()), f)
        of_torch.backward()
        value, gradient = loss.value_and_gradient(graph.factor, graph.w_x, tables[0])
        assert of_torch.item() == pytest.approx(value, abs=1e-12)
        assert gradient == pytest.approx(f.grad.numpy(), abs=1e-11)


# ------------------------------------------------------------------ laws of the literature


def test_debiased_negatives():
    graph = random_graph(12)
    q = pg.losses.debiased_negatives(graph, 0.3)
    conditional = graph.w / graph.w_x[:, None]
    assert q == pytest.approx((graph.w_x - 0.3 * conditional) / 0.7, abs=1e-12)
    assert q.sum(axis=1) == pytest.approx(np.ones(5))
    assert pg.losses.debiased_negatives(graph, 0) == pytest.approx(np.broadcast_to(graph.w_x, (5, 5)), abs=1e-12)
    cloud = pg.zoo.lightning_cloud()
    with pytest.raises(InvalidArgument, match="give at most 0.5"):
        pg.losses.debiased_negatives(cloud, 0.6)
    with pytest.raises(InvalidArgument, match="share is 1"):
        pg.losses.debiased_negatives(graph, 1)
    # Chuang et al., equation 6: E_q e^s = (E_{w_x} e^s - τ E_{w|x} e^s) / (1 - τ)
    f = np.random.default_rng(0).standard_normal((5, 2))
    e = np.exp(f @ f.T)
    assert np.sum(q * e, axis=1) == pytest.approx(
        (e @ graph.w_x - 0.3 * np.sum(conditional * e, axis=1)) / 0.7, abs=1e-10
    )


def test_hard_negatives():
    graph = random_graph(13)
    f = np.random.default_rng(0).standard_normal((5, 2))
    q = pg.losses.hard_negatives(graph, f, 2)
    weights = graph.w_x * np.exp(2 * f @ f.T)
    assert q == pytest.approx(weights / weights.sum(axis=1, keepdims=True), abs=1e-12)
    assert pg.losses.hard_negatives(graph, f, 0) == pytest.approx(np.broadcast_to(graph.w_x, (5, 5)), abs=1e-12)
    assert pg.losses.hard_negatives(graph, 1e3 * f, 1).sum() == pytest.approx(5)
    # The loss of Robinson et al. at this f: the negatives' mean of e^s under the tilted law
    loss = pg.losses.InfoNCE(noise=q)
    mean = np.sum(graph.w_x * np.exp(3 * f @ f.T), axis=1) / weights.sum(axis=1)
    expected = np.sum(graph.w_x * np.log(mean)) - np.sum(graph.w * (f @ f.T))
    assert loss.value(graph.factor, graph.w_x, f) == pytest.approx(expected, abs=1e-10)


# ------------------------------------------------------------------ how a law may be given


def test_the_same_law_in_every_container():
    graph = words()
    law = [0.5, 0.3, 0.2]
    by_name = {"text": 0.2, "this": 0.5, "is": 0.3}
    forms = [
        law,
        tuple(law),
        np.array(law),
        np.longdouble(law),
        pd.Series(by_name),
    ]
    forms += [by_name, {"this": "1/2", "is": "3/10", "text": "1/5"}, pd.Series(law)]
    expected = pg.theory.minimum(pg.losses.SpectralLoss(noise=law), graph, 2)
    for form in forms:
        loss = pg.losses.SpectralLoss(noise=form)
        assert pg.theory.minimum(loss, graph, 2) == pytest.approx(expected, abs=1e-12)
        assert pg.train(graph, 2, loss=loss, rng=0).loss[-1] == pytest.approx(expected, abs=1e-9)
        assert pg.losses.noise_law(graph, form) == pytest.approx(law, abs=1e-6)
    sgns = pg.losses.NTLogistic(negatives=2, noise=by_name)
    assert pg.theory.critic_minimum(sgns, graph) == pg.theory.critic_minimum(pg.losses.NTLogistic(2, noise=law), graph)
    assert pg.train_critic(graph, sgns).loss == pg.train_critic(graph, pg.losses.NTLogistic(2, noise=law)).loss
    assert pickle.loads(pickle.dumps(sgns)) == sgns
    assert pg.losses.SpectralLoss(noise=law) == pg.losses.SpectralLoss(noise=np.array(law))
    assert pg.losses.SpectralLoss(noise=law) != pg.losses.SpectralLoss()
    assert len({pg.losses.SpectralLoss(noise=law), pg.losses.SpectralLoss(noise=tuple(law))}) == 1


def test_powers_and_probabilities_as_they_are_written():
    graph = words()
    half = pg.losses.noise_law(graph, 0.5)
    for power in (Fraction(1, 2), Decimal("0.5"), "1/2", "0.5", np.float32(0.5), np.array(0.5)):
        assert (pg.losses.noise_law(graph, power) == half).all()
    for law in (
        ["1/2", "1/4", "1/4"],
        [Decimal("0.5"), Decimal("0.25"), Decimal("0.25")],
        [Fraction(1, 2), "1/4", 0.25],
    ):
        assert pg.losses.noise_law(graph, law).tolist() == [0.5, 0.25, 0.25]
    assert (pg.losses.noise_law(graph, 0) == 1 / 3).all()


@pytest.mark.parametrize(
    ("noise", "words_of_it"),
    [
        (-1, "a finite number of 0 or more"),
        (float("nan"), "a finite number of 0 or more"),
        (True, "noise is True"),
        ("uniform", "give a power of w_x"),
        ([0.5, 0.6, -0.1], "noise[2] is -0.1"),
        ([0.5, 0.4, 0.2], "sum to 1.1, not 1"),
        ([0.5, float("nan"), 0.5], "noise"),
        (np.full((2, 3), 1 / 3), "noise has shape (2, 3)"),
        ({"this": 0.5, "is": 0.6}, "sum to 1.1, not 1"),
    ],
)
def test_refused_laws(noise, words_of_it):
    with pytest.raises(InvalidArgument) as refusal:
        pg.losses.SpectralLoss(noise=noise)
    assert words_of_it in str(refusal.value)


def test_refused_uses():
    graph = words()
    with pytest.raises(InvalidArgument, match="must not be negative"):
        pg.losses.SpectralLoss(noise={"this": -0.5, "is": 1.5})
    with pytest.raises(InvalidArgument, match="lacks 1 of 3 views"):
        pg.train(graph, 2, loss=pg.losses.SpectralLoss(noise={"this": 0.5, "is": 0.5}))
    with pytest.raises(InvalidArgument, match="did you mean 'text'"):
        graph.with_noise({"this": 0.5, "is": 0.25, "txt": 0.25})
    with pytest.raises(InvalidArgument, match="a law over 4 views, and there are 3"):
        pg.train(graph, 2, loss=pg.losses.NTLogistic(noise=[0.25] * 4))
    with pytest.raises(InvalidArgument, match="noise_law"):
        pg.losses.NTLogistic(noise={"a": 1.0}).critic_value(np.ones((1, 1)), np.ones(1), np.ones((1, 1)))
    table = np.full((3, 3), 1 / 3)
    with pytest.raises(InvalidArgument, match="no minimum of the spectral loss"):
        pg.losses.SpectralLoss(noise=table)
    with pytest.raises(InvalidArgument, match="leave batch_size= out"):
        pg.train(graph, 2, loss=pg.losses.NTLogistic(noise=table), batch_size=8)
    with pytest.raises(InvalidArgument, match="noise_batch_value"):
        pg.losses.audit(pg.losses.NTLogistic(noise=0.75), graph, np.eye(3), 2)
    with pytest.raises(InvalidArgument, match="theory.critic_minimum"):
        pg.theory.minimum(pg.losses.NTLogistic(noise=0.75), graph, 2)
    with pytest.raises(InvalidArgument, match="two optima"):
        pg.theory.critic_minimum(pg.losses.InfoNCE(noise=0.75, symmetric=True), graph)
    pair = pg.product([pg.zoo.hypercube(1)] * 2)
    with pytest.raises(InvalidArgument, match="from w_x"):
        pg.train(pair, 1, features=pair.features(1), loss=pg.losses.SpectralLoss(noise=0.5))


def test_a_noisy_training_is_saved(tmp_path):
    graph = words()
    training = pg.train(graph, 2, loss=pg.losses.SpectralLoss(noise=0.75), rng=0)
    back = pg.load(pg.save(training, tmp_path / "noisy.popgraph"))
    assert (back.noise == training.noise).all()
    assert pg.verify(graph.with_noise(0.75), back)


@pytest.mark.slow
def test_a_network_is_trained_with_noise_on_the_whole_population():
    torch = pytest.importorskip("torch")
    graph = random_graph(14)
    module = torch.nn.Linear(5, 2, bias=False).double()
    loss = pg.losses.SpectralLoss(
        noise={view: float(p) for view, p in zip(graph.views, [0.3, 0.1, 0.2, 0.2, 0.2], strict=True)}
    )

    def encode(view):
        return torch.eye(5).double()[graph.index(view)]

    fit = pg.torch.fit(module, graph, encode=encode, loss=loss, batch_size=None, steps=300, learning_rate=0.1, rng=0)
    assert fit.loss[-1] == pytest.approx(pg.theory.minimum(loss, graph, 2), abs=1e-3)
    with pytest.raises(InvalidArgument, match="batch_size=None"):
        pg.torch.fit(module, graph, encode=encode, loss=loss, steps=3)
