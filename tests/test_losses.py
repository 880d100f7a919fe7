"""The losses: population and batch values by their definitions, gradients, bias, and what they refuse; laws are in test_laws.py."""

from itertools import product

import numpy as np
import pytest
from cases import ZOO, dense_adjacency, populations
from extras import need
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import check_grad

import popgraph as pg
from popgraph import losses, zoo
from popgraph.errors import InvalidArgument, TooLarge

ALL = {
    "spectral": losses.spectral,
    "ordered": losses.ordered,
    "centred": losses.centred,
    "unsquared": losses.unsquared,
    "idealised VICReg": losses.IdealisedVICReg(weight=0.7),
    "VICReg": losses.vicreg,
    "Barlow Twins": losses.BarlowTwins(weight=0.3),
    "InfoNCE": losses.infonce,
    "InfoNCE, 2 negatives": losses.InfoNCE(negatives=2),
    "SimCLR": losses.simclr,
    "SimCLR, 3 negatives": losses.InfoNCE(negatives=3, temperature=0.5, cosine=True),
    "NT-logistic": losses.NTLogistic(negatives=3.0, temperature=0.8),
    "NT-logistic, cosine": losses.NTLogistic(cosine=True),
}
UNBIASED = ["spectral", "ordered", "unsquared", "InfoNCE, 2 negatives", "SimCLR, 3 negatives", "NT-logistic"]
BIASED = ["centred", "idealised VICReg", "VICReg", "Barlow Twins", "InfoNCE", "SimCLR"]
each_loss = pytest.mark.parametrize("loss", ALL.values(), ids=ALL)


def pieces(graph, f):
    """w, its product of marginals, all scores, the mean, and the two second moments: by loops over views."""
    w, apart, scores = np.zeros((3, graph.N, graph.N))
    A = graph.kernel.toarray()
    for i in range(graph.n):
        w += graph.p[i] * np.outer(A[i], A[i])
    w_x, k = w.sum(axis=1), f.shape[1]
    mean, second, cross = np.zeros(k), np.zeros((k, k)), np.zeros((k, k))
    for x, y in product(range(graph.N), repeat=2):
        apart[x, y], scores[x, y] = w_x[x] * w_x[y], f[x] @ f[y]
        cross += w[x, y] * np.outer(f[x], f[y])
    for x in range(graph.N):
        mean += w_x[x] * f[x]
        second += w_x[x] * np.outer(f[x], f[x])
    return w, apart, scores, mean, second, cross


def infonce_by_draws(w, w_x, s, m):
    """E -log(e^s⁺ / (e^s⁺ + Σ e^s_j)) - log(m + 1), by summing over every draw of m negatives."""
    total = 0.0
    for x, y in zip(*np.nonzero(w), strict=True):
        for drawn in product(range(len(w)), repeat=m):
            tried = np.exp(s[x, [y, *drawn]])
            total -= w[x, y] * np.prod(w_x[list(drawn)]) * np.log(tried[0] / tried.mean())
    return total


def unit(f):
    return f / np.linalg.norm(f, axis=1, keepdims=True)


def by_definition(name, graph, f):
    w, apart, s, mean, second, cross = pieces(graph, f)
    w_x, C, Cross = w.sum(axis=1), second - np.outer(mean, mean), cross - np.outer(mean, mean)
    spectral = -2 * np.sum(w * s) + np.sum(apart * s**2)
    apart_sq = sum(w[x, y] * np.sum((f[x] - f[y]) ** 2) for x, y in product(range(graph.N), repeat=2))
    k = f.shape[1]
    off = [(i, j) for i, j in product(range(k), repeat=2) if i != j]
    cosine = unit(f) @ unit(f).T if name.endswith("cosine") or name.startswith("SimCLR") else None
    match name:
        case "spectral":
            return spectral
        case "ordered":
            return np.mean([by_definition("spectral", graph, f[:, : j + 1]) for j in range(k)])
        case "centred":
            g = f - mean
            return -np.sum(w * (g @ g.T)) + 0.5 * np.sum(apart * (g @ g.T) ** 2)
        case "unsquared":
            return -2 * np.sum(w * s) + np.sum(apart * s)
        case "idealised VICReg":
            return apart_sq + 0.7 * np.sum((second - np.eye(k)) ** 2)
        case "VICReg":
            hinge = sum(max(0.0, 1 - np.sqrt(C[i, i] + 1e-4)) for i in range(k)) / k
            return 25 * apart_sq / k + 25 * 2 * hinge + 2 / k * sum(C[i, j] ** 2 for i, j in off)
        case "Barlow Twins":
            sd = np.sqrt(np.diag(C) + 1e-5)
            R = Cross / np.outer(sd, sd)
            return sum((1 - R[i, i]) ** 2 for i in range(k)) + 0.3 * sum(R[i, j] ** 2 for i, j in off)
        case "InfoNCE":
            return -np.sum(w * s) + sum(w_x[x] * np.log(w_x @ np.exp(s[x])) for x in range(graph.N))
        case "InfoNCE, 2 negatives":
            return infonce_by_draws(w, w_x, s, 2)
        case "SimCLR":
            return -np.sum(w * cosine / 0.5) + sum(
                w_x[x] * np.log(w_x @ np.exp(cosine[x] / 0.5)) for x in range(graph.N)
            )
        case "SimCLR, 3 negatives":
            return infonce_by_draws(w, w_x, cosine / 0.5, 3)
        case "NT-logistic":
            return np.sum(w * np.log(1 + np.exp(-s / 0.8))) + 3 * np.sum(apart * np.log(1 + np.exp(s / 0.8)))
        case "NT-logistic, cosine":
            return np.sum(w * np.log(1 + np.exp(-cosine))) + np.sum(apart * np.log(1 + np.exp(cosine)))
    raise AssertionError(name)


@pytest.mark.parametrize("name", ALL)
@settings(max_examples=25)
@given(graph=populations(4, 5), k=st.integers(1, 3), seed=st.integers(0, 2**32 - 1))
def test_the_population_value_is_that_of_the_definition(name, graph, k, seed):
    f = np.random.default_rng(seed).standard_normal((graph.N, k))
    expected = by_definition(name, graph, f)
    assert ALL[name].value(graph.factor, graph.w_x, f) == pytest.approx(expected, rel=1e-10, abs=1e-10)
    value, gradient = ALL[name].value_and_gradient(graph.factor, graph.w_x, f)
    assert value == pytest.approx(expected, rel=1e-10, abs=1e-10)
    assert gradient.shape == f.shape


@each_loss
@pytest.mark.parametrize("name", ["lightning_cloud", "3-cube", "clusters_apart"])
def test_the_gradient_agrees_with_finite_differences(loss, name):
    graph = ZOO[name]
    shape = (graph.N, 3)
    f = np.random.default_rng(0).standard_normal(shape) * 0.7

    def value(flat):
        return loss.value(graph.factor, graph.w_x, flat.reshape(shape))

    def gradient(flat):
        return loss.value_and_gradient(graph.factor, graph.w_x, flat.reshape(shape))[1].ravel()

    size = np.linalg.norm(gradient(f.ravel()))
    assert size > 1e-3
    assert check_grad(value, gradient, f.ravel()) < 1e-5 * (1 + size)


@each_loss
@settings(max_examples=25)
@given(seed=st.integers(0, 2**32 - 1), B=st.integers(4, 7), k=st.integers(1, 3))
def test_the_batch_gradients_agree_with_finite_differences(loss, seed, B, k):
    both = np.random.default_rng(seed).standard_normal((2, B, k))
    value, g, g_plus = loss.batch_value_and_gradient(*both)
    assert value == pytest.approx(loss.batch_value(*both), rel=1e-13, abs=1e-13)
    exact = np.concatenate([g.ravel(), g_plus.ravel()])
    error = check_grad(lambda flat: loss.batch_value(*flat.reshape(2, B, k)), lambda _: exact, both.ravel())
    curved = 1e3 if getattr(loss, "cosine", False) or loss.name in ("Barlow Twins", "VICReg") else 1  # 1/|f|, 1/σ
    assert error < 1e-5 * curved * (1 + np.linalg.norm(exact))


@each_loss
def test_autograd_agrees(loss):
    torch = need("torch")
    graph = zoo.hypercube(3, "1/5")
    rng = np.random.default_rng(1)
    f = torch.tensor(rng.standard_normal((graph.N, 3)), requires_grad=True)
    M, w_x = torch.tensor(graph.factor.toarray()), torch.tensor(graph.w_x.copy())
    population = loss.value(M, w_x, f)
    population.backward()
    value, gradient = loss.value_and_gradient(graph.factor, graph.w_x, f.detach().numpy())
    assert population.item() == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(f.grad.numpy(), gradient, atol=1e-12 * (1 + np.abs(gradient).max()))

    pair = [torch.tensor(rng.standard_normal((5, 3)), requires_grad=True) for _ in range(2)]
    batch = loss.batch_value(*pair)
    batch.backward()
    value, *gradients = loss.batch_value_and_gradient(*(side.detach().numpy() for side in pair))
    assert batch.item() == pytest.approx(value, rel=1e-12)
    for side, exact in zip(pair, gradients, strict=True):
        np.testing.assert_allclose(side.grad.numpy(), exact, atol=1e-12 * (1 + np.abs(exact).max()))


def test_a_sparse_torch_factor_serves_too():
    torch = need("torch")
    graph = zoo.lightning_cloud()
    w_x, f = torch.tensor(graph.w_x.copy()), torch.tensor(graph.spectrum(2).embedding.copy())
    coo = graph.factor.tocoo()
    M = torch.sparse_coo_tensor(np.stack(coo.coords), coo.data, coo.shape, check_invariants=True)
    assert float(losses.spectral.value(M, w_x, f)) == pytest.approx(-2)
    assert float(losses.infonce.value(M, w_x, f)) == pytest.approx(
        losses.infonce.value(graph.factor, graph.w_x, graph.spectrum(2).embedding)
    )


def spectral_by_loops(f, f_plus):
    """-(2/B) Σ_i f_iᵀf_i⁺ + 1/(B(B-1)) Σ_{i≠j} (f_iᵀf_j⁺)²."""
    B = len(f)
    positive = sum(f[i] @ f_plus[i] for i in range(B))
    negative = sum((f[i] @ f_plus[j]) ** 2 for i in range(B) for j in range(B) if i != j)
    return -2 / B * positive + negative / (B * (B - 1))


@given(st.integers(0, 2**32 - 1), st.integers(2, 6), st.integers(1, 4))
def test_the_batch_losses_are_those_of_their_definitions(seed, B, k):
    f, g = np.random.default_rng(seed).standard_normal((2, B, k))
    S = f @ g.T
    off = S[~np.eye(B, dtype=bool)]
    assert losses.spectral.batch_value(f, g) == pytest.approx(spectral_by_loops(f, g), rel=1e-12, abs=1e-12)
    parts = [spectral_by_loops(f[:, : j + 1], g[:, : j + 1]) for j in range(k)]
    assert losses.ordered.batch_value(f, g) == pytest.approx(np.mean(parts), rel=1e-12, abs=1e-12)
    assert losses.unsquared.batch_value(f, g) == pytest.approx(-2 * np.trace(S) / B + off.mean(), rel=1e-12, abs=1e-12)
    logistic = np.mean(np.log(1 + np.exp(-np.diag(S)))) + 2 * np.mean(np.log(1 + np.exp(off)))
    assert losses.NTLogistic(negatives=2).batch_value(f, g) == pytest.approx(logistic, rel=1e-12)
    nce = -np.mean([np.log(np.exp(S[i, i]) / np.exp(S[i]).mean()) for i in range(B)])
    assert losses.infonce.batch_value(f, g) == pytest.approx(nce, rel=1e-12, abs=1e-12)
    one = -np.mean([np.log(2 / (1 + np.exp(S[i, (i + 1) % B] - S[i, i]))) for i in range(B)])
    assert losses.InfoNCE(negatives=1).batch_value(f, g) == pytest.approx(one, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("name", UNBIASED)
def test_what_is_said_to_be_unbiased_is(name):
    """Over every batch there is: the mean of the batch loss is the population's loss."""
    graph, f = zoo.lightning_cloud(), np.random.default_rng(2).standard_normal((4, 2))
    audit = losses.audit(ALL[name], graph, f, batch_size=getattr(ALL[name], "least_batch", 2))
    assert audit.stated == "unbiased"
    assert audit.bias == pytest.approx(0, abs=1e-12)
    assert audit.variance > 1e-3


@pytest.mark.parametrize("name", BIASED)
def test_what_is_said_to_be_biased_is(name):
    graph, f = zoo.lightning_cloud(), np.random.default_rng(2).standard_normal((4, 2))
    audit = losses.audit(ALL[name], graph, f, batch_size=3)
    assert audit.stated.startswith("biased: ")
    assert abs(audit.bias) > 1e-3


def test_a_batch_of_infonce_samples_b_minus_1_negatives():
    graph, f = zoo.lightning_cloud(), np.random.default_rng(3).standard_normal((4, 2))
    for B in (2, 3, 4):
        mean = losses.audit(losses.infonce, graph, f, batch_size=B).mean
        assert mean == pytest.approx(losses.InfoNCE(negatives=B - 1).value(graph.factor, graph.w_x, f), abs=1e-12)


def test_an_audit_knows_the_variance_of_one_pair_of_draws():
    """Of a fixed f with one positive pair per natural the batch loss of two draws takes two values."""
    graph = pg.build(["a", "b"], pg.identity())
    audit = losses.audit(losses.spectral, graph, np.array([[1.0], [2.0]]), batch_size=2)
    # both a: -2 + 1; both b: -8 + 16; one of each: -(1 + 4) + 4
    values, chances = np.array([-1.0, 8.0, -1.0]), np.array([0.25, 0.25, 0.5])
    assert audit.mean == pytest.approx(chances @ values)
    assert audit.variance == pytest.approx(chances @ (values - chances @ values) ** 2)
    assert audit.batches == 4


def test_the_integral_over_many_negatives_goes_to_the_limit():
    """From below, as 1/m (Jensen)."""
    graph, f = zoo.hypercube(3), np.random.default_rng(4).standard_normal((8, 2))
    limit = losses.infonce.value(graph.factor, graph.w_x, f)
    away = [limit - losses.InfoNCE(negatives=m).value(graph.factor, graph.w_x, f) for m in (100, 1000, 10_000)]
    assert np.all(np.abs(away) < 0.1)
    np.testing.assert_allclose(np.array(away[:-1]) / away[1:], 10, rtol=0.05)


@pytest.mark.parametrize("spread", [1.0, 30.0, 300.0])
@pytest.mark.parametrize("m", [1, 2])
def test_the_integral_is_right_for_scores_far_apart(spread, m):
    graph = zoo.lightning_cloud("1/4")
    s = spread * np.random.default_rng(5).uniform(-1, 1, (4, 4))
    w, w_x = graph.w, graph.w_x
    expected = 0.0
    for x, y in zip(*np.nonzero(w), strict=True):
        for drawn in product(range(4), repeat=m):
            tried = s[x, [y, *drawn]]
            log_sum = tried.max() + np.log(np.exp(tried - tried.max()).sum())
            expected += w[x, y] * np.prod(w_x[list(drawn)]) * (log_sum - tried[0] - np.log(m + 1))
    assert losses.InfoNCE(negatives=m).critic_value(w, w_x, s) == pytest.approx(expected, rel=1e-12)


def test_without_the_square_there_is_no_minimum():
    """Along any eigenfunction of mean 0 the loss is -2 γ t²; training says so instead of going on for ever."""
    graph = zoo.clusters()
    spectrum = graph.spectrum(2)
    phi = spectrum.eigenfunctions[:, 1:]
    for t in (1.0, 1e3, 1e6):
        value = losses.unsquared.value(graph.factor, graph.w_x, t * phi)
        assert value == pytest.approx(-2 * spectrum.gamma[1] * t**2, rel=1e-9)
    training = pg.train(graph, 2, loss=losses.unsquared, rng=0)
    assert not training.converged
    assert "the loss unsquared falls without end" in training.stopped
    assert np.isfinite(training.f).all()


def test_on_a_fixed_sample_the_unbiased_loss_is_unbounded_and_the_plug_in_loss_is_not():
    """THEORY 3.6: two sampled naturals with disjoint views; all mass on one. With i = j included, the graph's own loss remains."""
    for t in (1.0, 1e2, 1e4):
        f = np.array([[t], [t], [0.0], [0.0]])
        first, second = f[[0, 2]], f[[1, 3]]
        assert losses.spectral.batch_value(first, second) == pytest.approx(-(t**2))
        plug_in = -(t**2) + np.mean((first @ second.T) ** 2)
        assert plug_in >= -1


@each_loss
def test_one_pair_has_no_negatives(loss):
    with pytest.raises(
        InvalidArgument, match=r"a batch of 1 positive pair has (no negatives; give at least 2|too few neg)"
    ):
        loss.batch_value(np.ones((1, 2)), np.ones((1, 2)))


@each_loss
def test_a_batch_of_two_shapes_is_refused(loss):
    with pytest.raises(InvalidArgument, match=r"one shape \(B, k\); got \(3, 2\) and \(2, 2\)"):
        loss.batch_value(np.ones((3, 2)), np.ones((2, 2)))


def test_a_batch_too_small_for_its_negatives_is_refused():
    with pytest.raises(
        InvalidArgument, match="a batch of 3 positive pairs has too few negatives for this loss; give at least 6"
    ):
        losses.InfoNCE(negatives=5).batch_value(np.ones((3, 2)), np.ones((3, 2)))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: losses.InfoNCE(negatives=0),
            "negatives is 0; it must be None for infinitely many, or a whole number, 1 or more",
        ),
        (lambda: losses.InfoNCE(temperature=0), "temperature is 0; it must be a positive number"),
        (lambda: losses.NTLogistic(negatives=-1), "negatives is -1; it must be a positive number"),
        (lambda: losses.NTLogistic(temperature="a"), "temperature is 'a'"),
        (lambda: losses.audit(losses.spectral, zoo.lightning_cloud(), np.ones((4, 1)), 0), "batch_size is 0"),
        (lambda: losses.audit(losses.spectral, zoo.lightning_cloud(), np.ones((3, 1)), 2), r"f has shape \(3, 1\)"),
    ],
)
def test_bad_parameters_are_refused(make, message):
    with pytest.raises(InvalidArgument, match=message):
        make()


def test_too_many_batches_or_pairs_are_refused():
    with pytest.raises(TooLarge, match=r"8 positive pairs make 8\^7 = 2.1e\+06 batches, more than 262,144"):
        losses.audit(losses.spectral, zoo.lightning_cloud(), np.ones((4, 1)), 7)
    bit = zoo.hypercube(1)
    mixed = pg.structure.mixture(["a"], {"a": [bit] * 4})  # 16 views, and every pair of them is a positive pair
    with pytest.raises(TooLarge, match=r"^256 positive pairs make 256\^3 = 1.68e\+07 batches, more than 262,144"):
        losses.audit(losses.spectral, mixed, np.ones((16, 1)), 3)
    mixed = pg.structure.mixture(["a"], {"a": [bit] * 10})
    with pytest.raises(TooLarge, match=r"at least 1,024 positive pairs make at least 1,024\^200 = 1.15e\+602 batches"):
        losses.audit(losses.spectral, mixed, np.ones((1024, 1)), 200)
    graph = zoo.clusters(count=10, naturals=2000, views=4000, degree=8)
    with pytest.raises(TooLarge, match="all 40,000 x 40,000 pairs of views, 12.8 GB a table; use at most 8,192"):
        losses.infonce.value(graph.factor, graph.w_x, np.ones((graph.N, 2)))


def test_the_population_loss_forms_nothing_of_n_by_n():
    """40,000 views: w alone would be 12.8 GB; the losses of moments come at once."""
    graph = pg.zoo.clusters(count=10, naturals=2000, views=4000, degree=8)
    for loss in (losses.spectral, losses.ordered, losses.centred, losses.vicreg, losses.barlow_twins):
        value, gradient = loss.value_and_gradient(graph.factor, graph.w_x, np.ones((graph.N, 2)))
        assert np.isfinite(value)
        assert gradient.shape == (40_000, 2)
    assert losses.spectral.value(graph.factor, graph.w_x, np.ones((graph.N, 2))) == pytest.approx(-2 * 2 + 4)


def test_idealised_vicreg_at_weight_1_is_the_spectral_loss_plus_k():
    graph, f = zoo.clusters(), np.random.default_rng(6).standard_normal((80, 3))
    shifted = losses.spectral.value(graph.factor, graph.w_x, f) + 3
    assert losses.idealised_vicreg.value(graph.factor, graph.w_x, f) == pytest.approx(shifted, rel=1e-12)


def test_the_matrix_factorisation_is_that_of_dense_matrices():
    graph, F = zoo.clusters(), np.random.default_rng(7).standard_normal((80, 3))
    dense = np.sum((dense_adjacency(graph) - F @ F.T) ** 2)
    assert losses.matrix_factorisation(graph.factor, F) == pytest.approx(dense, rel=1e-12)


def test_a_loss_of_ones_own_is_trained_on_the_population_and_refused_on_batches():
    class Own:
        name = "own"
        value_and_gradient = losses.spectral.value_and_gradient

    graph = zoo.lightning_cloud()
    assert pg.train(graph, 2, loss=Own(), rng=0).loss[-1] == pytest.approx(-2)
    with pytest.raises(
        InvalidArgument, match="loss own has no batch_value_and_gradient, so it cannot be trained on batches"
    ):
        pg.train(graph, 2, loss=Own(), batch_size=4)


def test_an_audit_takes_a_training():
    graph = zoo.lightning_cloud()
    training = pg.train(graph, 2, rng=0)
    assert losses.audit(losses.spectral, graph, training, 2) == losses.audit(losses.spectral, graph, training.f, 2)


@pytest.mark.parametrize("negatives", [1, 2])
@pytest.mark.parametrize("spread", [1.0, 30.0, 300.0, 3000.0, 1e9])
def test_infonce_of_scores_however_far_apart_is_the_sum_over_all_draws(spread, negatives):
    """e^s of 300 and more overflows beside the least one: the integral was NaN, silently but for a warning of numpy's."""
    rng = np.random.default_rng(0)
    s, w = spread * rng.standard_normal((4, 4)), rng.random((4, 4))
    w = (w + w.T) / np.sum(w + w.T)
    w_x = w.sum(axis=1)
    value, gradient = -np.log(negatives + 1), np.zeros((4, 4))
    for x, plus, *drawn in np.ndindex(*[4] * (negatives + 2)):
        chance, among = w[x, plus] * np.prod(w_x[drawn]), s[x, [plus, *drawn]]
        value += chance * (np.logaddexp.reduce(among) - s[x, plus])
        np.add.at(gradient[x], [plus, *drawn], chance * np.exp(among - np.logaddexp.reduce(among)))
        gradient[x, plus] -= chance
    loss = losses.InfoNCE(negatives=negatives)
    with np.errstate(all="raise", under="ignore"):
        assert loss.critic_value(w, w_x, s) == pytest.approx(value, rel=1e-12)
        found, slope = loss.critic_gradient(w, w_x, s)
    assert found == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(slope, gradient, atol=1e-7 if spread > 1e6 else 1e-12)


def test_infonce_refuses_scores_farther_apart_than_its_nodes():
    graph = pg.zoo.hypercube(2)
    f = 1e20 * np.random.default_rng(0).standard_normal((4, 2))
    with pytest.raises(InvalidArgument, match="scale f down, or use negatives=None"):
        losses.InfoNCE(negatives=3).value(graph.factor, graph.w_x, f)
