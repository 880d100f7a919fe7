"""Mixtures of product populations, never listed, against the listed graph and against closed forms."""

from itertools import product
from math import comb

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

import popgraph as pg
from popgraph.errors import InvalidArgument, InvalidDistribution, NotConverged, TooLarge
from popgraph.populations.structure import mixture
from popgraph.populations.structure.modes import along_modes, joined
from popgraph.spectrum.solvers import iterative
from popgraph.spectrum.solvers.gram import OperatorProduct


def population(rng, naturals, views, names=range(9)):
    """Random p and A, with zeros, whose views carry some of these names."""
    A = rng.random((naturals, views)) * (rng.random((naturals, views)) < 0.6)
    A[np.arange(naturals), np.arange(naturals) % views] += 0.1
    A = A[:, A.any(axis=0)]
    chosen = rng.permutation(len(names))[: A.shape[1]]
    return pg.build(rng.dirichlet(np.ones(naturals)), A, views=[names[i] for i in chosen], normalize=True)


def random_mixture(seed, classes=3, d=3, names=range(4)):
    rng = np.random.default_rng(seed)
    draw = lambda: population(rng, rng.integers(1, 4), rng.integers(1, 4), names)  # noqa: E731
    law = dict(enumerate(rng.dirichlet(np.ones(classes))))
    return mixture(law, {c: [draw() for _ in range(d)] for c in range(classes)})


def walk(graph):
    """Ā of the definition, over the mixture's views, from every natural of every class by plain loops."""
    index = {view: i for i, view in enumerate(graph.views)}
    w = np.zeros((graph.N, graph.N))
    for pi, factors in zip(graph.law.probabilities, graph.factors, strict=True):
        for naturals in product(*(range(factor.n) for factor in factors)):
            row = np.zeros(graph.N)
            rows = [factor.kernel[[i]].toarray()[0] for factor, i in zip(factors, naturals, strict=True)]
            for places in product(*(np.flatnonzero(part) for part in rows)):
                view = tuple(factor.views[j] for factor, j in zip(factors, places, strict=True))
                row[index[view]] = np.prod([part[j] for part, j in zip(rows, places, strict=True)])
            w += pi * np.prod([f.p[i] for f, i in zip(factors, naturals, strict=True)]) * np.outer(row, row)
    root = np.sqrt(w.sum(axis=1))
    return w, w / np.outer(root, root)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 3), st.integers(1, 3))
def test_a_mixture_is_the_graph_of_the_definition(seed, classes, d):
    graph = random_mixture(seed, classes, d)
    w, adjacency = walk(graph)
    np.testing.assert_allclose(graph.w_x, w.sum(axis=1), atol=1e-15)
    np.testing.assert_allclose(graph.operator() @ np.eye(graph.N), adjacency, atol=1e-13)
    M = graph.factor @ np.eye(graph.N)
    np.testing.assert_allclose(M.T @ M, adjacency, atol=1e-13)
    np.testing.assert_allclose(graph.factor.T @ np.eye(graph.n), M.T, atol=1e-14)
    assert M.shape == (graph.n, graph.N)
    assert np.all(w.diagonal() > 0)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 3), st.integers(1, 2), st.sampled_from([None, "iterative"]))
def test_its_spectrum_is_that_of_the_listed_graph(seed, classes, d, solver):
    """Views that no class reaches, several components, degenerate cuts and null vectors all happen."""
    graph = random_mixture(seed, classes, d)
    plain = graph.expand()
    assert list(plain.views) == list(graph.views)
    np.testing.assert_array_equal(plain.components, graph.components)
    np.testing.assert_array_equal(plain.labels, graph.labels)
    k = int(np.random.default_rng(seed).integers(1, graph.N + 1))
    spectrum, exact = graph.spectrum(k, solver=solver), np.linalg.eigvalsh(walk(graph)[1])[::-1]
    np.testing.assert_allclose(spectrum.gamma, exact[:k], atol=1e-12)
    V = spectrum.eigenvectors
    np.testing.assert_allclose(V.T @ V, np.eye(k), atol=1e-11)
    np.testing.assert_allclose(walk(graph)[1] @ V, V * spectrum.gamma, atol=1e-11)
    assert spectrum.certificate.remainder_bound >= (exact[k] if k < graph.N else 0) - 1e-12
    assert spectrum.components == plain.component_count
    if k < graph.N and exact[k - 1] - exact[k] > 1e-6:
        assert pg.verify(plain, spectrum)
    assert graph.spectrum(k, solver=solver).eigenvectors.tobytes() == V.tobytes()


def test_classes_that_meet_in_no_view_keep_their_components_apart():
    """Lightning and cloud have 2 components: a product of d coordinates 2^d, and two classes that share no view twice that."""
    cloud = pg.zoo.lightning_cloud()
    apart = pg.build(["other", "another"], pg.apply(lambda x: x + " rotated", "1/3"))
    graph = mixture(["a", "b"], {"a": [cloud] * 3, "b": [cloud, apart, cloud]})
    assert graph.component_count == 16
    np.testing.assert_array_equal(graph.spectrum(16).gamma, np.ones(16))
    assert graph.spectrum(17, solver="iterative").gamma[16] == 0.0
    joined_again = mixture(["a", "b"], {"a": [cloud] * 3, "b": [cloud] * 3})
    assert joined_again.component_count == 8
    np.testing.assert_array_equal(joined_again.components, joined_again.expand().components)


def test_equal_classes_make_a_product_whose_eigenvalues_are_known():
    """γ_S = (1 - 2q)^{2|S|}, comb(d, |S|) times; found iteratively, on 1,024 views, at a clean and at a degenerate cut."""
    bit = pg.zoo.hypercube(1, "1/4")
    graph = mixture({0: "1/3", 1: "2/3"}, {0: [bit] * 6, 1: [bit] * 6})
    known = np.repeat([0.25**s for s in range(7)], [comb(6, s) for s in range(7)])
    for k, solver in product((7, 9), ("dense", "iterative")):
        spectrum = graph.spectrum(k, solver=solver)
        np.testing.assert_allclose(spectrum.gamma, known[:k], atol=1e-12)
        assert spectrum.solvers[0].solver == solver
        assert (spectrum.gap > spectrum.tolerance) == (k == 7)


def test_many_views_are_never_listed_and_two_classes_add_one_slow_direction():
    """Certified against LAPACK on the listed graph."""
    coin = lambda p: pg.build({0: 1 - p, 1: p}, {0: {0: 0.8, 1: 0.2}, 1: {0: 0.2, 1: 0.8}})  # noqa: E731
    graph = mixture([0, 1], {0: [coin(0.3), coin(0.4), coin(0.2)] * 3, 1: [coin(0.8), coin(0.5), coin(0.7)] * 3})
    spectrum, plain = graph.spectrum(2, solver="iterative"), graph.expand().spectrum(2, solver="dense")
    assert spectrum.solvers[0].solver == "iterative"
    np.testing.assert_allclose(spectrum.gamma, plain.gamma, atol=1e-12)
    assert pg.verify(graph.expand(), spectrum)


def test_losses_take_the_factor_as_an_operator():
    graph = random_mixture(3, 2, 3)
    plain = graph.expand()
    f = np.random.default_rng(0).standard_normal((graph.N, 2))
    value, gradient = pg.losses.spectral.value_and_gradient(plain.factor, plain.w_x, f)
    here, slope = pg.losses.spectral.value_and_gradient(graph.factor, graph.w_x, f)
    assert here == pytest.approx(value, abs=1e-12)
    np.testing.assert_allclose(slope, gradient, atol=1e-12)


def test_verdicts_are_those_of_the_listed_graph():
    rng = np.random.default_rng(5)
    for seed in range(6):
        graph = random_mixture(seed)
        listed, k = graph.expand(), max(graph.component_count, min(3, graph.N))
        F = listed.spectrum(k).embedding
        for f in (F @ rng.standard_normal((k, k)), rng.standard_normal((graph.N, k)), np.ones((graph.N, k))):
            here, there = pg.verify(graph, f), pg.verify(listed, f)
            assert (here.status, here.rank, here.optimal) == (there.status, there.rank, there.optimal)
            np.testing.assert_allclose(here.angles, there.angles, atol=1e-6)


@pytest.mark.parametrize("solver", ["fast", 1, [], np.eye(2)], ids=["word", "number", "list", "array"])
def test_a_solver_that_is_none_is_refused_as_on_any_graph(solver):
    graph = random_mixture(0)
    for spectrum in (graph.spectrum, graph.expand().spectrum):
        with pytest.raises(InvalidArgument, match='solver is .*; it must be "dense", "iterative".* or None'):
            spectrum(1, solver=solver)


def test_the_most_probable_class_of_a_view():
    graph = random_mixture(5)
    assert graph.view_labels.tolist() == list(graph.expand().view_labels)


def test_pairs_are_drawn_from_w():
    """Counts of 40,000 pairs beside 40,000 w: chi-square below its mean plus six standard deviations."""
    graph = random_mixture(8, 2, 2)
    pairs = graph.sample_pairs(40_000, rng=0)
    expected = 40_000 * walk(graph)[0]
    counts = np.zeros_like(expected)
    np.add.at(counts, tuple(pairs.T), 1)
    assert not counts[expected == 0].any()
    cells = expected > 0
    chi = np.sum((counts[cells] - expected[cells]) ** 2 / expected[cells])
    assert chi < cells.sum() + 6 * np.sqrt(2 * cells.sum())
    np.testing.assert_array_equal(graph.sample_pairs(5, rng=1)[:, 0], graph.sample_views(5, rng=1))
    with pytest.raises(InvalidArgument, match=r"size is -1; the number of draws"):
        graph.sample_pairs(-1)


def test_views_are_looked_up_by_arithmetic():
    graph = random_mixture(11, 2, 3)
    views = graph.views
    assert [views.index(view) for view in views] == list(range(graph.N))
    assert views[-1] in views
    assert views[1:3] == (views[1], views[2])
    for absent in ((99, 0, 0), (0,), 7, "abc"):
        assert absent not in views
    unreached = set(product(*graph.coordinates)) - set(views)
    assert unreached
    assert not any(view in views for view in unreached)


@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.sampled_from([1, 4, 16]))
def test_mode_products_are_kronecker_products(seed, d, most):
    rng = np.random.default_rng(seed)
    matrices = [rng.standard_normal(rng.integers(1, 4, 2)) for _ in range(d)]
    whole = np.ones((1, 1))
    for matrix in matrices:
        whole = np.kron(whole, matrix)
    x = rng.standard_normal(whole.shape[1])
    np.testing.assert_allclose(along_modes(joined(matrices, most), x), whole @ x, atol=1e-11)
    assert all(max(group.shape) <= max(most, 3) for group in joined(matrices, most))


def test_a_search_on_an_operator_finds_what_lapack_does_without_a_trace():
    rng = np.random.default_rng(0)
    gamma = np.concatenate([[1, 1, 0.8, 0.8, 0.5], 0.4 * rng.random(95)])
    Q = np.linalg.qr(rng.standard_normal((100, 100)))[0]
    operator = sp.linalg.aslinearoperator((Q * gamma) @ Q.T)
    search = iterative.Search(OperatorProduct(operator), Q[:, :2])
    rest, bound, _ = search.leading(2)
    np.testing.assert_allclose(search.gamma, [0.8, 0.8], atol=1e-12)
    assert rest - 1e-12 <= 0.5 <= bound + 1e-12 < 0.8
    with pytest.raises(NotConverged, match="3 products with Ā did not suffice"):
        iterative.Search(OperatorProduct(operator, limit=3), Q[:, :2]).leading(2)


BIT = pg.zoo.hypercube(1)


@pytest.mark.parametrize(
    ("law", "populations", "error", "message"),
    [
        ([0, 1], [[BIT], [BIT]], InvalidArgument, "populations is a list; give a mapping class -> sequence"),
        ([0, 1], {0: [BIT]}, InvalidArgument, "the law has the class 1, for which there are no populations"),
        ([0], {0: [BIT], 7: [BIT]}, InvalidArgument, "populations for the class 7, which the law does not have"),
        ([0, 1], {0: [BIT], 1: [BIT] * 2}, InvalidArgument, "equally many coordinates; these have: 0 1, 1 2"),
        ([0], {0: []}, InvalidArgument, r"the populations of class 0 are \[\]; give a list"),
        ([0], {0: BIT}, InvalidArgument, "give a list with one for each coordinate"),
        (
            [0],
            {0: [BIT, 3]},
            InvalidArgument,
            "coordinate 1 of class 0 is 3, not a PopulationGraph; give one, or a pair",
        ),
        ({0: 0.4}, {0: [BIT]}, InvalidDistribution, "sum to 0.4"),
        ([0], {0: [BIT] * 28}, TooLarge, "the product space has 268,435,456 cells"),
    ],
)
def test_bad_declarations_are_refused_with_a_sentence(law, populations, error, message):
    with pytest.raises(error, match=message):
        mixture(law, populations)


def test_a_view_too_improbable_for_floats_is_named():
    faint = pg.build({"a": 1}, {"a": {"a": 1 - 1e-200, "b": 1e-200}})
    with pytest.raises(InvalidArgument, match=r"w_x of \('b', 'b'\) is too small for float64"):
        mixture([0], {0: [faint, faint]})


def test_what_does_not_fit_is_refused_and_named():
    graph = mixture([0], {0: [BIT] * 15})
    with pytest.raises(
        TooLarge, match=r"the kernel has 1,073,741,824 entries, more than 16,777,216; spectrum, verify, train and"
    ):
        graph.expand()
    with pytest.raises(TooLarge, match="a dense solve of side 32,768 needs"):
        graph.spectrum(20_000)
    with pytest.raises(InvalidArgument, match="k is 0; it must be a whole number from 1 to the number of views, 32768"):
        graph.spectrum(0)
    with pytest.raises(InvalidArgument, match="solver is 'qr'"):
        graph.spectrum(2, solver="qr")


def test_pairs_declare_populations_too():
    declared = (["x", "y"], pg.apply(lambda x: x + "'", "1/3"))
    graph = mixture({"only": 1}, {"only": [declared, BIT]}, name="pair")
    assert repr(graph) == "MixtureGraph(pair: 1 class of 2 coordinates, 4 naturals, 8 views, 2 components)"
    assert graph.views[0] == ("x", (0,))
