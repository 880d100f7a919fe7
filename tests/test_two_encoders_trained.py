"""Losses and training of two encoders: gradients, minima against an independent optimiser, saddles, gaps, classes, batches."""

import numpy as np
import pytest
import scipy.optimize
import scipy.sparse as sp
from extras import need
from two_encoders import normalised, random_pairs

import popgraph as pg
from popgraph import losses
from popgraph.errors import InvalidArgument, InvalidEmbedding
from popgraph.training.stacked import StackedPair, balanced

A, B = [[0.8, 0.2, 0.0], [0.1, 0.8, 0.1], [0.0, 0.3, 0.7]], [[0.9, 0.1], [0.5, 0.5], [0.1, 0.9]]
GRAPH = pg.build({"a": 0.5, "b": 0.3, "c": 0.2}, A, second=B)
BAND = np.exp(-(np.subtract.outer(np.arange(6), np.linspace(0, 6, 8)) ** 2) / 2)
BAND /= BAND.sum()
PAIR_LOSSES = {
    "spectral": losses.spectral,
    "ordered": losses.ordered,
    "InfoNCE": losses.infonce,
    "SimCLR": losses.simclr,
    "CLIP": losses.clip,
    "NT-logistic": losses.nt_logistic,
    "symmetric InfoNCE": losses.InfoNCE(temperature=0.5, symmetric=True),
    "InfoNCE of 3": losses.InfoNCE(negatives=3),
    "symmetric InfoNCE of 2": losses.InfoNCE(negatives=2, symmetric=True),
    "NT-logistic of 2.5": losses.NTLogistic(negatives=2.5, temperature=2.0),
}


def tables(seed, C, k=2):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((len(C), k)), rng.standard_normal((C.shape[1], k))


def differences(function, at):
    """Central differences of a function of one table."""
    step, slopes = 1e-5, np.empty(at.shape)
    for place in np.ndindex(at.shape):
        ahead, behind = at.copy(), at.copy()
        ahead[place] += step
        behind[place] -= step
        slopes[place] = (function(ahead) - function(behind)) / (2 * step)
    return slopes


@pytest.mark.parametrize("name", PAIR_LOSSES)
def test_gradients_are_those_of_finite_differences_and_of_autograd(name):
    loss, C = PAIR_LOSSES[name], np.random.default_rng(0).dirichlet(np.ones(12)).reshape(3, 4)
    f, g = tables(1, C)
    value, in_f, in_g = loss.pair_value_and_gradient(C, f, g)
    assert value == pytest.approx(loss.pair_value(C, f, g), abs=1e-13)
    assert in_f == pytest.approx(differences(lambda f: loss.pair_value(C, f, g), f), abs=1e-7)
    assert in_g == pytest.approx(differences(lambda g: loss.pair_value(C, f, g), g), abs=1e-7)
    torch = need("torch")
    tensors = [torch.tensor(each, dtype=torch.float64, requires_grad=True) for each in (f, g)]
    of_tensors = loss.pair_value(torch.tensor(C), *tensors)
    of_tensors.backward()
    assert of_tensors.item() == pytest.approx(value, abs=1e-12)
    assert tensors[0].grad.numpy() == pytest.approx(in_f, abs=1e-12)
    assert tensors[1].grad.numpy() == pytest.approx(in_g, abs=1e-12)
    assert loss.pair_value(sp.csr_array(C), f, g) == pytest.approx(value, abs=1e-13)
    assert loss.pair_value(torch.tensor(C).to_sparse(), *tensors).item() == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize("name", ["spectral", "ordered", "InfoNCE", "SimCLR", "NT-logistic", "InfoNCE of 3"])
def test_of_one_table_and_w_it_is_the_loss_of_one_encoder(name):
    loss, cube = PAIR_LOSSES[name], pg.zoo.hypercube(2, "1/4")
    f, _ = tables(2, cube.w, 3)
    assert loss.pair_value(cube.w, f, f) == pytest.approx(loss.value(cube.factor, cube.w_x, f), abs=1e-13)


def test_the_spectral_loss_is_the_squared_distance_from_s():
    S = normalised(BAND)
    f, g = tables(3, BAND)
    X = np.sqrt(BAND.sum(axis=1))[:, None] * f @ (np.sqrt(BAND.sum(axis=0))[:, None] * g).T
    assert losses.spectral.pair_value(BAND, f, g) == pytest.approx(np.sum((S - X) ** 2) - np.sum(S**2), abs=1e-12)


@pytest.mark.parametrize("name", ["spectral", "InfoNCE of 3", "symmetric InfoNCE of 2", "NT-logistic"])
def test_the_batch_loss_of_f_and_g_is_unbiased(name):
    loss, C = PAIR_LOSSES[name], np.array([[0.3, 0.1], [0.2, 0.4]])
    f, g = tables(4, C, 1)
    size = max(2, getattr(loss, "least_batch", 2))
    positions = np.array(np.unravel_index(np.arange(C.size), C.shape))
    mean = 0.0
    for drawn in np.ndindex(*[C.size] * size):
        x, z = positions[:, list(drawn)]
        mean += np.prod(C[x, z]) * loss.batch_value(f[x], g[z])
    assert mean == pytest.approx(loss.pair_value(C, f, g), abs=1e-12)


@pytest.mark.parametrize("name", ["vicreg", "barlow_twins", "centred", "idealised_vicreg", "unsquared"])
def test_a_loss_without_a_form_for_two_encoders_is_refused(name):
    with pytest.raises(InvalidArgument, match="has no form for two encoders .*; give spectral"):
        pg.train(GRAPH, 1, loss=name)


def minimum_by_scipy(S, k, rng):
    """The least of -2 tr FᵀSG + tr FᵀF GᵀG that L-BFGS finds from three starts."""
    N_x, N_z = S.shape

    def loss(unknowns):
        F, G = unknowns[: N_x * k].reshape(N_x, k), unknowns[N_x * k :].reshape(N_z, k)
        FF, GG = F.T @ F, G.T @ G
        value = np.sum(FF * GG) - 2 * np.sum(F * (S @ G))
        return value, np.concatenate([(2 * (F @ GG - S @ G)).ravel(), (2 * (G @ FF - S.T @ F)).ravel()])

    options = {"maxiter": 5_000, "maxfun": 50_000, "maxcor": 40, "ftol": 0.0, "gtol": 1e-10}

    def descended(start):
        return scipy.optimize.minimize(loss, start, jac=True, method="L-BFGS-B", options=options)

    end = min((descended(start) for start in rng.standard_normal((2, (N_x + N_z) * k))), key=lambda each: each.fun)
    for _ in range(8):  # from where it stops it goes on with a fresh memory, the tables balanced anew
        F, G = balanced(end.x[: N_x * k].reshape(N_x, k), end.x[N_x * k :].reshape(N_z, k))
        end, before = descended(np.concatenate([F.ravel(), G.ravel()])), end.fun
        if before - end.fun < 1e-10:
            break
    return end.fun


def against_scipy(seeds):
    worst = 0.0
    for seed in seeds:
        rng = np.random.default_rng([7, seed])
        C = random_pairs(rng)
        k = int(rng.integers(1, min(C.shape) + 1))
        training = pg.train(pg.from_bipartite(C), k, rng=seed)
        assert training.converged, (seed, training)
        worst = max(worst, abs(training.loss[-1] - minimum_by_scipy(normalised(C), k, rng)))
    return worst


@pytest.mark.slow
def test_minima_are_those_of_an_independent_optimiser():
    assert against_scipy(range(30)) < 1e-8


@pytest.mark.slow
def test_three_hundred_minima_are_those_of_an_independent_optimiser():
    assert against_scipy(range(300)) < 1e-8


@pytest.mark.parametrize("seed", range(40))
def test_training_ends_at_the_minimum_and_matches_where_the_cut_is_clear(seed):
    rng = np.random.default_rng([11, seed])
    C = random_pairs(rng)
    sigma = np.linalg.svd(normalised(C), compute_uv=False)
    k, graph = int(rng.integers(1, len(sigma) + 1)), pg.from_bipartite(C)
    training = pg.train(graph, k, rng=seed)
    assert training.converged
    assert training.loss[-1] == pytest.approx(-np.sum(sigma[:k] ** 2), abs=1e-10)
    F, G = np.sqrt(graph.w_x)[:, None] * training.f, np.sqrt(graph.w_z)[:, None] * training.g
    assert np.abs(F.T @ F - G.T @ G).max() < 1e-6
    match = pg.verify(graph, training)
    assert match.optimal
    if sigma[k - 1] > 1e-4:
        assert match
        assert match.largest_angle < 1e-7 or match.degenerate


@pytest.mark.parametrize("k", [1, 2, 3, 4])
@pytest.mark.parametrize("weak", [1e-2, 1e-4])
def test_almost_equal_singular_values_are_told_apart(weak, k):
    C = np.kron(np.eye(3), np.ones((2, 3))) + weak * np.random.default_rng(5).random((6, 9))
    graph = pg.from_bipartite(C, normalize=True)
    training = pg.train(graph, k, rng=0)
    assert training.converged
    assert training.steps[-1] < 400
    match = pg.verify(graph, training)
    assert match
    assert match.largest_angle < 2e-7


def test_the_numbers_of_the_theory():
    assert pg.train(GRAPH, 2, rng=0).loss[-1] == pytest.approx(-1.2725888903, abs=1e-9)
    triangle = pg.from_bipartite((np.ones((3, 3)) - np.eye(3)) / 6)
    reached = [pg.train(triangle, k, rng=0).loss[-1] for k in (1, 2, 3)]
    assert reached == pytest.approx([-1, -1.25, -1.5], abs=1e-9)
    ring = np.roll(np.eye(5), 1, axis=1) + np.roll(np.eye(5), -1, axis=1)
    assert pg.train(pg.from_bipartite(ring / 10), 2, rng=0).loss[-1] == pytest.approx(-1.6545084972, abs=1e-9)


@pytest.mark.parametrize("name", ["InfoNCE", "CLIP", "symmetric InfoNCE"])
def test_infonce_of_full_rank_reaches_minus_the_mutual_information(name):
    independent = np.outer(BAND.sum(axis=1), BAND.sum(axis=0))
    information = np.sum(BAND * np.log(BAND / independent))
    training = pg.train(pg.from_bipartite(BAND), 6, loss=PAIR_LOSSES[name], rng=0, steps=1_000)
    assert training.loss[-1] == pytest.approx(-information, abs=1e-5)
    if name != "CLIP":  # cosines of two dimensions cannot be any critic
        small = pg.train(GRAPH, 2, loss=PAIR_LOSSES[name], rng=0)
        assert small.loss[-1] == pytest.approx(-0.1460005577, abs=1e-8)


@pytest.mark.parametrize("symmetric", [False, True])
def test_no_critic_of_infonce_is_below_minus_the_mutual_information(symmetric):
    loss, rng = losses.InfoNCE(symmetric=symmetric), np.random.default_rng(6)
    C = rng.dirichlet(np.ones(20)).reshape(4, 5)
    d_1, d_2 = C.sum(axis=1), C.sum(axis=0)
    log_K = np.log(C / np.outer(d_1, d_2))
    information = float(np.sum(C * log_K))
    k = 4
    U, s, Vt = np.linalg.svd(log_K)
    assert loss.pair_value(C, U[:, :k] * s, Vt[:k].T) == pytest.approx(-information, abs=1e-12)
    for _ in range(20):
        assert loss.pair_value(C, U[:, :k] * s + 0.3 * rng.standard_normal((4, k)), Vt[:k].T) > -information


STARTS = {
    "zeros": lambda U, s, V: (np.zeros_like(U), np.zeros_like(V)),
    "one side of zeros": lambda U, s, V: (np.ones_like(U), np.zeros_like(V)),
    "another critical point": lambda U, s, V: (U[:, ::-1] * np.sqrt(s[::-1]), V[:, ::-1] * np.sqrt(s[::-1])),
    "sizes far apart": lambda U, s, V: (1e8 * (U + 0.1), 1e-8 * (V - 0.1)),
}


@pytest.mark.parametrize("name", STARTS)
@pytest.mark.parametrize("k", [1, 3])
def test_saddles_and_strange_starts_are_left(name, k):
    S, graph = normalised(BAND), pg.from_bipartite(BAND)
    U, sigma, Vt = np.linalg.svd(S)
    F, G = STARTS[name](U[:, 2 : 2 + k], sigma[2 : 2 + k], Vt[2 : 2 + k].T)
    start = F / np.sqrt(graph.w_x)[:, None], G / np.sqrt(graph.w_z)[:, None]
    training = pg.train(graph, k, start=start)
    assert training.loss[0] == pytest.approx(losses.spectral.pair_value(BAND, *start), abs=1e-9)
    assert training.loss[-1] == pytest.approx(-np.sum(sigma[:k] ** 2), abs=1e-10)


@pytest.mark.parametrize("seed", range(10))
def test_the_loss_with_the_term_for_balance_is_that_of_one_encoder_on_the_stacked_tables(seed):
    C = random_pairs(np.random.default_rng(seed))
    S = normalised(C)
    F, G = tables(seed, C, 3)
    pair = StackedPair(sp.csr_array(S), (C.sum(axis=1), C.sum(axis=0)))
    Y = np.vstack([F, G]) / np.sqrt(2)
    of_two = np.sum((F.T @ F) * (G.T @ G)) - 2 * np.sum(F * (S @ G))
    of_one = np.sum((Y.T @ Y) ** 2) - 2 * np.sum(Y * pair.gram(Y))
    assert of_one - pair.imbalance(Y) == pytest.approx(of_two, rel=1e-12, abs=1e-12)
    assert pair.imbalance(Y) == pytest.approx(np.sum((F.T @ F - G.T @ G) ** 2) / 4)
    even_F, even_G = balanced(F, G)
    assert even_F @ even_G.T == pytest.approx(F @ G.T, abs=1e-12)
    assert even_F.T @ even_F == pytest.approx(even_G.T @ even_G, abs=1e-12)


@pytest.mark.parametrize("sides", ["both", "f", "g"])
@pytest.mark.parametrize("loss", ["spectral", "infonce"])
def test_classes_of_functions_are_trained_to_the_best_that_they_hold(sides, loss):
    rng, graph = np.random.default_rng(8), pg.from_bipartite(BAND)
    features = rng.standard_normal((6, 3)), rng.standard_normal((8, 4))
    given = {"both": features, "f": (features[0], None), "g": (None, features[1])}[sides]
    training = pg.train(graph, 2, features=given, loss=loss, rng=0)
    assert training.converged
    for table, each, weights in zip((training.f, training.g), given, training.weights, strict=True):
        assert (weights is None) == (each is None)
        assert each is None or each @ weights == pytest.approx(table, abs=1e-12)
    if loss == "infonce":
        return
    laws = graph.w_x, graph.w_z
    bases = [
        np.eye(len(law)) if each is None else np.linalg.qr(np.sqrt(law)[:, None] * each)[0]
        for each, law in zip(given, laws, strict=True)
    ]
    theta = np.linalg.svd(bases[0].T @ normalised(BAND) @ bases[1], compute_uv=False)
    assert training.loss[-1] == pytest.approx(-np.sum(theta[:2] ** 2), abs=1e-11)
    assert pg.verify(graph, training).best_in_class
    assert not pg.verify(graph, (training.f, training.g + 0.1), features=given).best_in_class


@pytest.mark.parametrize("features", [None, "both"])
def test_batches_come_near_to_the_minimum(features):
    graph = pg.from_bipartite(BAND)
    given = None if features is None else (np.eye(6), np.eye(8))
    training = pg.train(graph, 2, batch_size=64, steps=2_000, features=given, rng=0)
    assert training.loss[-1] == pytest.approx(graph.spectrum(2).minimum, abs=5e-3)
    assert "2,000 batches of 64" in training.stopped


def test_the_same_seed_gives_the_same_bits_and_the_callback_sees_both_tables():
    seen = []
    first = pg.train(GRAPH, 2, rng=5, callback=lambda step: seen.append((step.loss, *step.f)))
    second = pg.train(GRAPH, 2, rng=5)
    assert first.f.tobytes() == second.f.tobytes()
    assert first.g.tobytes() == second.g.tobytes()
    shown = [loss for loss, _, _ in seen]
    assert shown[:-1] == first.loss[:-1].tolist()
    assert shown[-1] == pytest.approx(first.loss[-1], abs=1e-14)  # the last is evaluated once more, with less rounding
    for loss, f, g in seen:
        assert loss == pytest.approx(losses.spectral.pair_value(GRAPH.w, f, g), abs=1e-12)
    sizes = []
    pg.train(GRAPH, 2, rng=5, batch_size=4, steps=3, callback=lambda step: sizes.append([len(each) for each in step.f]))
    assert sizes == [[3, 2]] * 3
    stopped = pg.train(GRAPH, 2, rng=5, callback=lambda step: step.step == 2)
    assert stopped.steps[-1] == 2
    assert "stopped by the callback" in stopped.stopped


def test_a_loss_of_ones_own_and_a_class_of_ones_own_are_trained():
    class Mine:
        name = "mine"

        def pair_value_and_gradient(self, C, f, g):
            return losses.spectral.pair_value_and_gradient(C, f, g)

    class Pairs:
        views_x, views_z, w_x, w_z, factor = GRAPH.views_x, GRAPH.views_z, GRAPH.w_x, GRAPH.w_z, GRAPH.factor.toarray()

        def sample_pairs(self, size, *, rng=None):
            return GRAPH.sample_pairs(size, rng=rng)

    assert pg.train(GRAPH, 2, loss=Mine(), rng=0).loss[-1] == pytest.approx(-1.2725888903, abs=1e-9)
    training = pg.train(Pairs(), 2, rng=0)
    assert training.loss[-1] == pytest.approx(-1.2725888903, abs=1e-9)
    assert pg.verify(Pairs(), training)


REFUSED = {
    "keep_path": ({"keep_path": True}, InvalidArgument, "keep_path= keeps one table"),
    "one table of features": ({"features": np.eye(3)}, InvalidArgument, r"give \(features of the views x, features"),
    "one start": ({"start": np.ones((3, 2))}, InvalidEmbedding, "start of f without start of g"),
    "a start of other width": ({"start": (np.ones((3, 1)), np.ones((2, 1)))}, InvalidEmbedding, "start has 1 columns; k = 2"),
    "a start swapped": ({"start": (np.ones((2, 2)), np.ones((3, 2)))}, InvalidEmbedding, "start of f and start of g are swapped"),
    "k above the smaller side": ({"k": 3}, InvalidArgument, "k is 3; it must be a whole number from 1 to"),
    "too few features": ({"features": (np.eye(3), np.ones((2, 1)))}, InvalidArgument, "k is 2, but features of 1 columns"),
    "one pair a batch": ({"batch_size": 1}, InvalidArgument, "batch_size is 1"),
    "a misspelt loss": ({"loss": "clipp"}, InvalidArgument, 'did you mean "clip"'),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_options_that_do_not_apply_are_refused_in_one_sentence(name):
    options, error, words = REFUSED[name]
    with pytest.raises(error, match=words) as refusal:
        pg.train(GRAPH, **{"k": 2, **options})
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("loss", [losses.NTLogistic(negatives=2, noise=0.75), losses.InfoNCE(noise=0.75)])
def test_negatives_of_two_encoders_may_come_from_a_power_of_their_law(loss):
    graph = pg.from_bipartite(BAND)
    law = graph.w_z**0.75 / np.sum(graph.w_z**0.75)
    training = pg.train(graph, 6, loss=loss, rng=0, steps=2_000)
    optimum = np.log(BAND / np.outer(graph.w_x, law)) - (np.log(2) if loss.name == "NT-logistic" else 0)
    U, s, Vt = np.linalg.svd(optimum)
    least = loss.pair_value(BAND, U[:, :6] * s, Vt[:6].T)
    assert training.loss[-1] == pytest.approx(least, abs=1e-6)
    named = {view: float(p) for view, p in zip(graph.views_z, law, strict=True)}
    kind = type(loss)
    options = {"negatives": 2} if loss.name == "NT-logistic" else {}
    by_name = pg.train(graph, 2, loss=kind(noise=named, **options), rng=0)
    assert by_name.loss[-1] == pytest.approx(pg.train(graph, 2, loss=loss, rng=0).loss[-1], abs=1e-9)


NOISES = {
    "spectral": ({"loss": losses.SpectralLoss(noise=0.75)}, "the spectral loss of two encoders takes none"),
    "in batches": ({"loss": losses.NTLogistic(noise=0.75), "batch_size": 8}, "leave batch_size= out"),
    "of each x": ({"loss": losses.NTLogistic(noise=np.full((2, 2), 0.5))}, "one for each first view"),
    "of one side": ({"loss": losses.InfoNCE(noise=[0.5, 0.5], symmetric=True)}, "symmetric=True needs one of both"),
    "of other views": ({"loss": losses.NTLogistic(noise={"no": 0.5, "view": 0.5})}, "noise"),
}


@pytest.mark.parametrize("name", NOISES)
def test_a_noise_law_that_does_not_fit_two_encoders_is_refused(name):
    options, words = NOISES[name]
    with pytest.raises(InvalidArgument, match=words):
        pg.train(GRAPH, 1, **options)


@pytest.mark.parametrize(
    "loss", [losses.infonce, losses.InfoNCE(symmetric=True), losses.InfoNCE(negatives=2), losses.nt_logistic]
)
def test_a_free_critic_of_pairs_finds_the_pointwise_mutual_information(loss):
    critic = pg.train_critic(GRAPH, loss)
    log_K = np.log(GRAPH.w / np.outer(GRAPH.w_x, GRAPH.w_z))
    assert critic.s.shape == (3, 2)
    off = critic.s - log_K
    if loss.name == "InfoNCE" and not loss.symmetric:
        off = off - off.mean(axis=1, keepdims=True)
    assert off - off.mean() == pytest.approx(np.zeros((3, 2)), abs=1e-6)
    if loss.name == "InfoNCE" and loss.negatives is None:
        assert critic.loss == pytest.approx(-0.1460005577, abs=1e-9)
