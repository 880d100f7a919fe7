"""Classes of functions f = ΨW: Ritz values, training, and what `verify` says of eigenvectors that a class cannot express."""

import numpy as np
import pytest
from cases import dense_adjacency, populations
from extras import need
from hypothesis import given, settings
from hypothesis import strategies as st
from layers import examples
from scipy.linalg import eigh

import popgraph as pg
from popgraph import losses, zoo
from popgraph.basics.subspace import containment_angles
from popgraph.errors import InvalidArgument, InvalidEmbedding
from popgraph.verification.match import Status

pd = need("pandas")


def signs(bits):
    return [1 - 2 * bit for bit in bits]


def generalised(graph, Psi):
    """Ψᵀ w Ψ u = θ Ψᵀ D Ψ u, by scipy's dense solver."""
    return np.clip(eigh(Psi.T @ graph.w @ Psi, Psi.T @ (graph.w_x[:, np.newaxis] * Psi), eigvals_only=True)[::-1], 0, 1)


@settings(max_examples=examples(60))
@given(populations(), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_ritz_values_solve_the_generalised_problem_and_interlace(graph, d, seed):
    d = min(d, graph.N)
    Psi = np.random.default_rng(seed).standard_normal((graph.N, d)) / np.sqrt(graph.w_x)[:, np.newaxis]
    spectrum = graph.spectrum(d, features=Psi)
    np.testing.assert_allclose(spectrum.gamma, generalised(graph, Psi), atol=1e-9)
    assert (spectrum.gamma <= graph.spectrum(d).gamma + 1e-12).all()
    np.testing.assert_allclose(
        Psi @ spectrum.weights, spectrum.embedding, atol=1e-8 * (1 + np.abs(spectrum.embedding).max())
    )
    A = dense_adjacency(graph)
    residuals = np.linalg.norm(A @ spectrum.eigenvectors - spectrum.eigenvectors * spectrum.gamma, axis=0)
    np.testing.assert_allclose(spectrum.residuals, residuals, atol=1e-12)


@settings(max_examples=examples(30))
@given(populations(), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_training_over_a_class_reaches_its_rayleigh_ritz_minimum(graph, k, seed):
    rng = np.random.default_rng(seed)
    d = min(graph.N, k + 2)
    k = min(k, d)
    Psi = rng.standard_normal((graph.N, d)) / np.sqrt(graph.w_x)[:, np.newaxis]
    training = pg.train(graph, k, features=Psi, rng=seed)
    best = graph.spectrum(k, features=Psi)
    assert training.loss[-1] == pytest.approx(-np.sum(best.gamma**2), abs=1e-8)
    assert losses.spectral.value(graph.factor, graph.w_x, best.embedding) == pytest.approx(
        -np.sum(best.gamma**2), abs=1e-9
    )
    np.testing.assert_allclose(Psi @ training.weights, training.f, atol=1e-9 * (1 + np.abs(training.f).max()))


@pytest.mark.parametrize("loss", [losses.ordered, losses.centred, losses.idealised_vicreg, losses.nt_logistic])
def test_other_losses_train_over_a_class_too(loss):
    """With all indicator features a class is the table, so the two minima agree."""
    graph = zoo.hypercube(3, "1/5")
    table = pg.train(graph, 2, loss=loss, rng=0)
    linear = pg.train(graph, 2, loss=loss, features=np.eye(8), rng=1)
    assert linear.loss[-1] == pytest.approx(table.loss[-1], abs=1e-9)
    narrow = pg.train(graph, 2, loss=loss, features=signs, rng=1)
    assert narrow.loss[-1] >= table.loss[-1] - 1e-9


def test_batches_train_over_a_class_too():
    graph = zoo.hypercube(3, "1/10")
    Psi = np.column_stack([np.ones(8), np.array([signs(view) for view in graph.views])])
    training = pg.train(graph, 4, features=Psi, rng=0, batch_size=64)
    assert pg.verify(graph, training, atol=0.1)
    assert training.weights.shape == (4, 4)


def test_a_class_that_holds_f_star_matches():
    graph = zoo.hypercube(3)
    with_constant = pg.train(graph, 4, features=lambda bits: [1, *signs(bits)], rng=0)
    match = pg.verify(graph, with_constant)
    assert match
    assert match.best_in_class
    np.testing.assert_allclose(match.expressible, 1, atol=1e-12)


def test_the_missing_eigenvectors_are_named():
    """Linear functions without a constant: of 1, 1/4 (3 times), 1/16 (3 times) they hold the 1/4 alone."""
    graph = zoo.hypercube(3)
    training = pg.train(graph, 3, features=signs, rng=0)
    assert training.loss[-1] == pytest.approx(-3 / 16)
    match = pg.verify(graph, training)
    assert not match
    assert match.status is Status.BEST_OF_CLASS
    assert match.reason == (
        "f spans the best that its class can express, which is not F*: the class of these 3 features cannot express "
        "eigenvector 1 (γ = 1, 0% of it at most)."
    )
    assert "f spans the best of its class" in str(match)
    worse = pg.verify(
        graph, [[*signs(view)[:2], signs(view)[0] * signs(view)[1]] for view in graph.views], features=signs
    )
    assert worse.status is Status.DIFFERENT
    assert worse.best_in_class is False
    assert "Besides, the class of these 3 features cannot express eigenvector 1" in worse.reason


def test_missing_dimensions_of_a_repeated_eigenvalue_are_counted():
    graph = zoo.hypercube(3)
    match = pg.verify(graph, graph.spectrum(2, features=lambda bits: [1, signs(bits)[0]]), k=2)
    assert match.status is Status.MATCH_DEGENERATE  # one of the three γ = 1/4 is enough at k = 2
    two = pg.verify(
        graph, np.eye(8)[:, :4], features=lambda bits: [1, *signs(bits)[:2], signs(bits)[0] * signs(bits)[1]]
    )
    assert "cannot express 3 of the 3 dimensions of γ = 0.25 (it contains 2)" in two.reason


def test_a_grid_of_four_clusters_is_seen_along_its_axes():
    """[H23] Figure 3: of the four eigenfunctions 1, ±, ±, ±± the linear class sees the two axis-aligned ones."""
    graph = zoo.hypercube(2, "1/20")
    match = pg.verify(graph, graph.spectrum(2, features=signs), features=signs)
    whole = graph.spectrum(4)
    basis = np.array([signs(view) for view in graph.views]) / 2
    held = [containment_angles(whole.eigenvectors[:, [i]], basis).max() < 1e-9 for i in (0, 3)]
    assert held == [False, False]
    assert containment_angles(basis, whole.eigenvectors[:, 1:3]).max() < 1e-9
    assert match.status is Status.BEST_OF_CLASS


def test_scaled_coordinates_have_the_ritz_values_of_s22():
    """[S22] Example 1: θ = 1 for the kept coordinates, (E τ)²/E τ² for the scaled ones; τ in {1/2, 1}: (3/4)²/(5/8) = 9/10."""
    graph = zoo.scaled_hypercube(4, 2, scales=("1/2", 1))
    Psi = np.array([[float(x) for x in view] for view in graph.views])
    np.testing.assert_allclose(graph.spectrum(4, features=Psi).gamma, [1, 1, 0.9, 0.9], atol=1e-12)
    assert graph.component_count == 16


def test_features_come_in_all_forms_of_an_embedding():
    graph = zoo.hypercube(2)
    expected = graph.spectrum(2, features=signs).gamma
    table = np.array([signs(view) for view in graph.views])
    forms = [table, {view: signs(view) for view in graph.views}, table.tolist(), pd.DataFrame(table)]
    for form in forms:
        np.testing.assert_array_equal(graph.spectrum(2, features=form).gamma, expected)


def test_a_class_is_one_problem_that_one_solver_solves():
    (use,) = zoo.hypercube(3).spectrum(2, features=lambda bits: bits).solvers
    assert (use.components, use.shape) == (1, (3, 3))
    assert str(use) == "Rayleigh-Ritz on 3 features: a class of functions is solved whole"


def test_a_repeated_ritz_value_gets_a_basis_that_depends_on_the_space_alone():
    graph = zoo.hypercube(3)
    table = np.array([signs(view) for view in graph.views])
    turned = table @ np.linalg.qr(np.random.default_rng(0).standard_normal((3, 3)))[0]
    V = graph.spectrum(3, features=table).eigenvectors
    np.testing.assert_allclose(V.T @ V, np.eye(3), atol=1e-14)
    for k in (1, 2, 3):
        np.testing.assert_allclose(graph.spectrum(k, features=turned).eigenvectors, V[:, :k], atol=1e-12)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_a_slice_of_a_ritz_spectrum_is_certified_within_its_class(k):
    """The residuals of the whole Ā, 0.4 here, say nothing against pairs of the projected one."""
    graph, Psi = zoo.hypercube(3), np.random.default_rng(0).standard_normal((8, 4))
    part, alone = graph.spectrum(4, features=Psi).leading(k), graph.spectrum(k, features=Psi)
    np.testing.assert_allclose(part.gamma, alone.gamma, atol=1e-14)
    assert part.residuals.max() > 0.1
    for certificate in (part.certificate, alone.certificate):
        assert certificate.residual < 1e-14
        assert certificate.angle_bound < 1e-12


def test_a_slice_of_a_ritz_spectrum_keeps_its_weights():
    graph = zoo.hypercube(3)
    whole = graph.spectrum(3, features=signs)
    part = whole.leading(2)
    np.testing.assert_allclose(
        np.array([signs(view) for view in graph.views]) @ part.weights, part.embedding, atol=1e-12
    )
    assert "Rayleigh-Ritz on 3 features: a class of functions is solved whole" in str(whole)


BAD = [
    (
        np.ones((8, 2)),
        InvalidArgument,
        r"features has 2 columns but rank 1: column \d \(from 0\) can be written by the others",
    ),
    (np.column_stack([np.arange(8), np.zeros(8)]), InvalidArgument, "rank 1: column 1"),
    (np.ones((7, 2)), InvalidEmbedding, r"features has shape \(7, 2\)"),
    (np.full((8, 2), np.nan), InvalidEmbedding, "features is NaN"),
    (np.eye(8)[:, :2], InvalidArgument, "k is 3"),
]


@pytest.mark.parametrize(("features", "error", "message"), BAD)
def test_bad_features_are_refused(features, error, message):
    graph = zoo.hypercube(3)
    with pytest.raises(error, match=message):
        graph.spectrum(3, features=features)
    with pytest.raises(error, match=message):
        pg.train(graph, 3, features=features)


def test_a_k_above_the_class_and_a_forced_solver_are_refused():
    graph = zoo.hypercube(3)
    with pytest.raises(InvalidArgument, match="k is 4, but features of 3 columns make embeddings of 3 independent dim"):
        pg.train(graph, 4, features=signs)
    with pytest.raises(InvalidArgument, match="k is 4; it must be a whole number from 1 to the number of features, 3"):
        graph.spectrum(4, features=signs)
    with pytest.raises(
        InvalidArgument, match="solver is 'dense'; with features a dense solver always runs: leave it out"
    ):
        graph.spectrum(3, features=signs, solver="dense")
    with pytest.raises(InvalidArgument, match="loss is 7; give one of popgraph.losses"):
        pg.train(graph, 3, loss=7)


@pytest.mark.parametrize("k", [0, -1, 4, 1.0, True])
def test_a_k_that_is_no_number_of_ritz_pairs_is_refused(k):
    with pytest.raises(
        InvalidArgument, match=r"k is .*; it must be a whole number from 1 to the number of features, 3"
    ):
        zoo.hypercube(3).spectrum(k, features=lambda bits: bits)
