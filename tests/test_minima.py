"""Known minima, and training that reaches them without knowing them."""

import numpy as np
import pytest
from cases import dense_adjacency, populations
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from layers import examples
from scipy.optimize import minimize_scalar

import popgraph as pg
from popgraph import losses, theory, zoo
from popgraph.basics.subspace import containment_angles
from popgraph.errors import InvalidArgument


def random_graph(seed):
    rng = np.random.default_rng(seed)
    n, N = rng.integers(2, 9), rng.integers(3, 13)
    A = rng.random((n, N)) * (rng.random((n, N)) < 0.6)
    A[:, 0] += 1e-3
    return pg.build(rng.dirichlet(np.ones(n)), A / A.sum(axis=1, keepdims=True), drop_unreachable=True)


GRAPHS = {
    "lightning/cloud": zoo.lightning_cloud(),
    "4-cube": zoo.hypercube(4),
    "clusters": zoo.clusters(),
    **{f"random {seed}": random_graph(seed) for seed in range(20)},
}
KNOWN = {
    "spectral": losses.spectral,
    "ordered": losses.ordered,
    "centred": losses.centred,
    "idealised VICReg": losses.idealised_vicreg,
    "idealised VICReg, 0.3": losses.IdealisedVICReg(weight=0.3),
    "idealised VICReg, 3": losses.IdealisedVICReg(weight=3.0),
    "Barlow Twins, weight 1": losses.BarlowTwins(weight=1.0, epsilon=0.0),
}
CRITICS = {
    "InfoNCE": losses.infonce,
    "InfoNCE, 3 negatives": losses.InfoNCE(negatives=3),
    "NT-logistic": losses.nt_logistic,
    "NT-logistic, 5 negatives": losses.NTLogistic(negatives=5.0),
}


@pytest.mark.parametrize("loss", KNOWN.values(), ids=KNOWN)
@pytest.mark.parametrize("name", GRAPHS)
def test_training_reaches_the_known_minimum(loss, name):
    graph = GRAPHS[name]
    for k in range(1, min(3, graph.N) + 1):
        known = theory.minimum(loss, graph, k)
        training = pg.train(graph, k, loss=loss, rng=0)
        assert training.converged, training
        reached = loss.value(graph.factor, graph.w_x, training.f)
        assert reached == pytest.approx(known, rel=1e-6, abs=1e-9)
        assert training.loss[-1] == pytest.approx(reached, abs=1e-10)
        assert training.loss_name == loss.name


@pytest.mark.parametrize("loss", CRITICS.values(), ids=CRITICS)
@pytest.mark.parametrize("name", GRAPHS)
def test_a_trained_critic_reaches_the_known_minimum(loss, name):
    critic = pg.train_critic(GRAPHS[name], loss)
    assert critic.loss == pytest.approx(theory.critic_minimum(loss, GRAPHS[name]), abs=1e-8)


@pytest.mark.parametrize("name", GRAPHS)
def test_the_infonce_minimum_is_minus_the_mutual_information(name):
    """By entropies: I = 2 H(x) - H(x, x⁺)."""
    w = GRAPHS[name].w
    entropy = [-np.sum(q[q > 0] * np.log(q[q > 0])) for q in (w.sum(axis=1), w)]
    information = 2 * entropy[0] - entropy[1]
    assert theory.mutual_information(GRAPHS[name]) == pytest.approx(information, abs=1e-12)
    assert pg.train_critic(GRAPHS[name], losses.infonce).loss == pytest.approx(-information, abs=1e-8)


@settings(max_examples=examples(60))
@given(populations(), st.integers(1, 3), st.integers(0, 2**32 - 1), st.sampled_from(sorted(KNOWN)))
def test_no_embedding_is_below_the_minimum(graph, k, seed, name):
    assume(graph.N > 1)  # on one view every f is constant, and has no correlations
    k = min(k, graph.N)
    rng = np.random.default_rng(seed)
    noise = 1.0 if name.startswith("Barlow") else rng.choice([0.0, 1e-3, 1.0])  # it divides by variances: none may be 0
    f = graph.spectrum(k).embedding + noise * rng.standard_normal((graph.N, k))
    value = KNOWN[name].value(graph.factor, graph.w_x, f)
    assert not value < theory.minimum(KNOWN[name], graph, k) - 1e-9


@settings(max_examples=examples(60))
@given(populations(), st.integers(0, 2**32 - 1), st.sampled_from(sorted(CRITICS)))
def test_no_critic_is_below_the_minimum(graph, seed, name):
    s = np.random.default_rng(seed).standard_normal((graph.N, graph.N))
    assert CRITICS[name].critic_value(graph.w, graph.w_x, s) >= theory.critic_minimum(CRITICS[name], graph) - 1e-12


def test_the_ordered_loss_gives_f_star_itself_up_to_signs():
    graph = zoo.clusters(count=3)
    spectrum = graph.spectrum(3)
    assert (np.diff(spectrum.gamma) < -1e-4).all()
    f = pg.train(graph, 3, loss=losses.ordered, rng=0).f
    signs = np.sign(np.sum(f * spectrum.embedding, axis=0))
    np.testing.assert_allclose(f * signs, spectrum.embedding, atol=1e-6)
    np.testing.assert_allclose(np.abs(f[:, 0]), 1.0, atol=1e-7)  # the constant first
    plain = pg.train(graph, 3, rng=0).f  # the spectral loss leaves a rotation open
    assert np.abs(np.abs(plain) - np.abs(spectrum.embedding)).max() > 0.1


def test_the_centred_loss_gives_the_nontrivial_eigenfunctions():
    graph = zoo.clusters(count=3)
    f = pg.train(graph, 2, loss=losses.centred, rng=0).f
    F = (f - graph.w_x @ f) * np.sqrt(graph.w_x)[:, np.newaxis]
    V = graph.spectrum(3).eigenvectors[:, 1:]
    assert containment_angles(np.linalg.qr(F)[0], V).max() < 1e-6
    match = pg.verify(graph, f - graph.w_x @ f)  # a comparison that drops the constant would see no difference
    assert not match
    assert "With a constant column added f spans the 3 leading eigenvectors" in match.reason
    other = np.random.default_rng(0).standard_normal(f.shape)
    assert "With a constant" not in pg.verify(graph, other - graph.w_x @ other).reason


@pytest.mark.parametrize("weight", [0.1, 1.0, 4.0])
def test_idealised_vicreg_scales_each_eigenfunction_as_stated(weight):
    graph = zoo.clusters(count=3)
    f = pg.train(graph, 3, loss=losses.IdealisedVICReg(weight=weight), rng=0).f
    held = np.linalg.eigvalsh(f.T @ (graph.w_x[:, np.newaxis] * f))[::-1]
    np.testing.assert_allclose(held, np.maximum(0, 1 - (1 - graph.spectrum(3).gamma) / weight), atol=1e-7)


def test_barlow_twins_at_weight_1_spans_leading_eigenvectors_and_at_a_small_weight_collapses_onto_the_first():
    graph = random_graph(1)
    V = graph.spectrum(3).eigenvectors[:, 1:]
    held = {}
    for weight in (1.0, 0.005):
        runs = [pg.train(graph, 2, loss=losses.BarlowTwins(weight=weight, epsilon=0.0), rng=seed) for seed in range(4)]
        f = min(runs, key=lambda run: run.loss[-1]).f
        centred = f - graph.w_x @ f
        F = centred / np.sqrt(graph.w_x @ centred**2) * np.sqrt(graph.w_x)[:, np.newaxis]  # columns of length 1
        held[weight] = np.sum((V.T @ F) ** 2, axis=1)
        assert held[weight].sum() == pytest.approx(2, abs=1e-6)  # nothing outside φ_2, φ_3
    assert held[1.0].min() > 0.5
    np.testing.assert_allclose(held[0.005], [2, 0], atol=1e-6)


@given(st.lists(st.floats(0.01, 1.0), min_size=2, max_size=2))
def test_the_water_filling_of_two_is_the_best_of_a_line_search(gamma):
    """Against a search over t_1 with t_2 = 2 - t_1."""
    gamma = np.sort(gamma)[::-1]

    def loss(t):
        return (1 - gamma[0] * t) ** 2 + (1 - gamma[1] * (2 - t)) ** 2

    best = minimize_scalar(loss, bounds=(0.0, 2.0), method="bounded", options={"xatol": 1e-10}).fun
    filled = theory.minima._water_filled(gamma, 2)
    assert filled.sum() == pytest.approx(2)
    assert (filled >= 0).all()
    assert np.sum((1 - gamma * filled) ** 2) == pytest.approx(min(best, loss(2.0)), abs=1e-9)


def test_the_optimal_critic_of_nt_logistic_is_log_k_less_log_m():
    graph = zoo.hypercube(3)
    K = graph.w / np.outer(graph.w_x, graph.w_x)
    for m in (1.0, 7.0):
        s = pg.train_critic(graph, losses.NTLogistic(negatives=m)).s
        np.testing.assert_allclose(s, np.log(K) - np.log(m), atol=1e-6)


@pytest.mark.parametrize("m", [None, 1, 4])
def test_the_optimal_critic_of_infonce_is_log_k_up_to_a_function_of_x(m):
    graph = zoo.hypercube(3)
    K = graph.w / np.outer(graph.w_x, graph.w_x)
    apart = pg.train_critic(graph, losses.InfoNCE(negatives=m)).s - np.log(K)
    np.testing.assert_allclose(apart, np.broadcast_to(apart[:, :1], apart.shape), atol=1e-6)


def test_the_spectral_optimum_at_full_rank_is_the_kernel():
    """f(x)ᵀf(x') = K(x, x') [J22]."""
    graph = zoo.hypercube(2, "1/10")
    f = pg.train(graph, 4, rng=0).f
    w = np.sqrt(np.outer(graph.w_x, graph.w_x))
    np.testing.assert_allclose(f @ f.T, dense_adjacency(graph) / w, atol=1e-6)


def test_no_closed_form_is_claimed_where_none_is_known():
    graph = zoo.lightning_cloud()
    for loss in (losses.vicreg, losses.barlow_twins):
        with pytest.raises(InvalidArgument, match="no closed form is known .* train it, and compare numerically"):
            theory.minimum(loss, graph, 2)
    with pytest.raises(InvalidArgument, match="theory.critic_minimum gives its minimum over critics"):
        theory.minimum(losses.infonce, graph, 2)
    with pytest.raises(InvalidArgument, match="not one of a critic .*; theory.minimum gives"):
        theory.critic_minimum(losses.spectral, graph)
    with pytest.raises(InvalidArgument, match="not one of a critic .*; give losses.infonce or losses.nt_logistic"):
        pg.train_critic(graph, losses.spectral)
    with pytest.raises(InvalidArgument, match="k is 5; it must be a whole number from 1 to the number of views, 4"):
        theory.minimum(losses.spectral, graph, 5)
    assert theory.minimum(losses.unsquared, graph, 1) == -np.inf


@pytest.mark.parametrize("rare", [1e-100, 1e-200, 1e-300])
def test_rare_views_leave_the_mutual_information_finite(rare):
    """The product of two probabilities of 1e-200 underflows, and w over it is infinite: the common views alone have a share."""
    common = pg.build(np.array([0.5, 0.5]), np.array([[0.5, 0.5, 0], [0, 0.5, 0.5]]))
    graph = pg.build(np.array([0.5, 0.5, rare]), np.array([[0.5, 0.5, 0, 0], [0, 0.5, 0.5, 0], [0, 0, 0.3, 0.7]]))
    assert theory.mutual_information(graph) == pytest.approx(theory.mutual_information(common), abs=1e-14)
    for loss in CRITICS.values():
        assert theory.critic_minimum(loss, graph) == pytest.approx(theory.critic_minimum(loss, common), abs=1e-12)


def test_a_pair_too_rare_for_float64_has_no_share_in_the_mutual_information():
    graph = pg.build(np.array([1.0]), np.array([[1.0, 1e-200, 1e-200]]))  # w_12 = 1e-400
    assert theory.mutual_information(graph) == pytest.approx(0.0, abs=1e-14)


def test_a_product_too_large_to_list_has_the_minimum_of_its_eigenvalues():
    cube = pg.product([zoo.hypercube(1)] * 1000)
    assert theory.minimum("spectral", cube, 1001) == pytest.approx(-1 - 1000 / 16, abs=1e-9)
    assert theory.minimum(losses.BarlowTwins(weight=1.0, epsilon=0.0), cube, 2) == pytest.approx(2 * 0.75**2, abs=1e-9)
