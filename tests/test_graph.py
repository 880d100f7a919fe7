"""`PopulationGraph`: its arrays against loops over their definitions, its samples, its exports, and how it prints."""

import copy
import pickle
from fractions import Fraction

import networkx as nx
import numpy as np
import pytest
import scipy.sparse as sp
from cases import GRAPHS, dense_adjacency, populations
from hypothesis import given

import popgraph as pg
from popgraph import zoo
from popgraph.errors import InvalidArgument, MissingExtra, TooLarge

LC = zoo.lightning_cloud()


@pytest.fixture(scope="module")
def large():
    """20,000 views: w alone would take 3.2 GB."""
    return pg.build(np.full(20_000, 1 / 20_000), sp.eye_array(20_000, format="csr"))


@given(populations())
def test_w_is_the_sum_over_naturals(graph):
    A = graph.kernel.toarray()
    for i in range(graph.N):
        for j in range(graph.N):
            expected = sum(graph.p[n] * A[n, i] * A[n, j] for n in range(graph.n))
            assert graph.w[i, j] == pytest.approx(expected, rel=1e-12)
            assert float(graph.explain(graph.views[i], graph.views[j]).value) == pytest.approx(expected, rel=1e-12)


@given(populations())
def test_all_forms_of_the_arrays_agree(graph):
    Abar = dense_adjacency(graph)
    np.testing.assert_allclose(graph.adjacency, Abar, atol=1e-14)
    np.testing.assert_allclose((graph.factor.T @ graph.factor).toarray(), Abar, atol=1e-14)
    np.testing.assert_allclose(graph.operator() @ np.eye(graph.N), Abar, atol=1e-14)
    np.testing.assert_allclose(graph.weight_matrix("csr").toarray(), graph.w, atol=1e-16)
    assert (graph.weight_matrix("dense") == graph.w).all()


def test_explain_gives_the_fractions_of_the_blackboard():
    bolt, turned, cloud, _ = LC.views
    assert LC.explain(bolt, bolt).value == Fraction(2, 9)
    assert LC.explain(bolt, turned).value == Fraction(1, 9)
    assert LC.explain(turned, turned).value == Fraction(1, 18)
    nothing = LC.explain(bolt, cloud)
    assert nothing.value == 0
    assert str(nothing).endswith("= 0: no natural reaches both")
    (term,) = LC.explain(bolt, turned).terms
    assert (term.natural, term.p, term.a, term.a_plus) == (bolt, Fraction(1, 2), Fraction(2, 3), Fraction(1, 3))
    total = sum(LC.explain(x, y).value for x in LC.views for y in LC.views)
    assert total == 1


def test_explain_gives_floats_where_the_population_is_not_exact():
    graph = zoo.lightning_cloud(0.25)
    value = graph.explain(graph.views[0], graph.views[1]).value
    assert isinstance(value, float)
    assert value == pytest.approx(0.5 * 0.75 * 0.25)


def test_pairs_are_drawn_from_w():
    graph = pg.build(
        {"a": 0.5, "b": 0.3, "c": 0.2}, {"a": {"x": 0.9, "y": 0.1}, "b": {"y": 1}, "c": {"y": 0.3, "z": 0.7}}
    )
    size = 200_000
    pairs = graph.sample_pairs(size, rng=0)
    assert pairs.shape == (size, 2)
    seen = np.zeros((graph.N, graph.N))
    np.add.at(seen, tuple(pairs.T), 1)
    deviation = np.abs(seen - size * graph.w) / np.sqrt(size * np.maximum(graph.w, 1e-9))
    assert deviation.max() < 5
    assert (seen[graph.w == 0] == 0).all()
    views = graph.sample_views(size, rng=1)
    assert np.abs(np.bincount(views) - size * graph.w_x).max() < 5 * np.sqrt(size)


def test_samples_follow_their_seed():
    assert (LC.sample_pairs(50, rng=3) == LC.sample_pairs(50, rng=np.random.default_rng(3))).all()
    assert (LC.sample_views(50, rng=3) == LC.sample_views(50, rng=3)).all()
    assert (LC.sample_pairs(50, rng=3) != LC.sample_pairs(50, rng=4)).any()
    assert LC.sample_pairs(0).shape == (0, 2)
    with pytest.raises(InvalidArgument, match="size is -1; the number of draws"):
        LC.sample_pairs(-1)
    with pytest.raises(InvalidArgument, match="size is 2.5"):
        LC.sample_views(2.5)


def test_views_are_found_by_value():
    assert [LC.index(view) for view in LC.views] == [0, 1, 2, 3]
    assert LC.index(pg.Image(LC.views[2].pixels)) == 2
    with pytest.raises(InvalidArgument, match="'sun' is no view of this graph"):
        LC.index("sun")
    with pytest.raises(InvalidArgument, match=r"\[1\] is no view"):
        LC.explain([1], LC.views[0])


def test_view_labels_are_the_most_probable_classes():
    graph = pg.build({"a": 0.5, "b": 0.3, "c": 0.2}, lambda x: {x: "1/2", "shared": "1/2"}, labels=["u", "v", "v"])
    assert graph.view_labels.tolist() == ["u", "u", "v", "v"]  # shared: 1/4 of u, 1/4 of v, the first on a tie
    with pytest.raises(InvalidArgument, match="this graph has no labels; pass labels= to popgraph.build"):
        _ = pg.build(["a"], pg.identity()).view_labels


def test_networkx_gets_every_weight_and_its_degree_is_not_w_x():
    graph = zoo.hypercube(2)
    exported = graph.to_networkx()
    for i, x in enumerate(graph.views):
        assert exported.nodes[x]["w_x"] == graph.w_x[i]
        for j, y in enumerate(graph.views):
            assert exported.edges[x, y]["weight"] == pytest.approx(graph.w[i, j])
    assert exported.degree(graph.views[0], weight="weight") == pytest.approx(graph.w_x[0] + graph.w[0, 0])
    assert nx.number_connected_components(LC.to_networkx()) == 2


def test_pandas_gets_w_with_the_views_on_both_sides(monkeypatch):
    frame = zoo.hypercube(2).to_pandas()
    assert list(frame.index) == list(frame.columns) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    np.testing.assert_array_equal(frame.to_numpy(), zoo.hypercube(2).w)
    import sys

    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingExtra, match=r'pandas is not installed; run: pip install "popgraph\[pandas\]"'):
        LC.to_pandas()


@pytest.mark.parametrize("what", ["w", "adjacency"])
def test_a_dense_view_that_is_too_large_is_refused_with_its_size_and_the_alternative(large, what):
    with pytest.raises(
        TooLarge, match=r"of 20,000 views as a dense array needs 3.2 GB, more than 1.07 GB; use graph.factor"
    ):
        getattr(large, what)
    assert isinstance(large.weight_matrix("csr"), sp.csr_array)
    assert large.spectrum(3).gamma.tolist() == [1, 1, 1]


def test_a_sparse_w_that_is_too_large_is_refused():
    every = np.full((1, 40_000), 1 / 40_000)
    with pytest.raises(TooLarge, match=r"as a sparse matrix needs up to 19.2 GB, more than 8.59 GB; use graph.factor"):
        pg.build(["a"], every).weight_matrix("csr")
    with pytest.raises(InvalidArgument, match="form is 'coo'"):
        LC.weight_matrix("coo")


@pytest.mark.parametrize("name", GRAPHS)
def test_arrays_are_read_only_and_copies_are_equal(name):
    graph = GRAPHS[name]
    for array in (
        graph.p,
        graph.w,
        graph.w_x,
        graph.adjacency,
        graph.kernel.data,
        graph.factor.data,
        graph.factor.indices,
    ):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0
    for clone in (copy.deepcopy(graph), pickle.loads(pickle.dumps(graph))):
        assert clone.views == graph.views
        assert (clone.w == graph.w).all()
        assert (clone.spectrum(1).gamma == graph.spectrum(1).gamma).all()


def test_a_picklable_graph_carries_no_function():
    assert pickle.loads(pickle.dumps(pg.build(["a", "b"], lambda x: {x: 1}))).views == ("a", "b")


@pytest.mark.parametrize("graph", [LC, zoo.hypercube(5), zoo.clusters(count=10, naturals=500, views=500)], ids=repr)
def test_a_graph_prints_on_one_screen(graph):
    text = str(graph)
    assert text.splitlines()[0] == repr(graph)
    assert len(text.splitlines()) <= 24
    assert max(map(len, text.splitlines())) <= 120
    assert str(graph) == text
    assert f"{graph.N:,}" in text


def test_a_graph_prints_its_leading_eigenvalues():
    assert "1 (x2), 0 (x2)" in str(LC)
    assert "1, 0.25 (x3), 0.0625 (x3), 0.015625" in str(zoo.hypercube(3))
    assert repr(LC) == "PopulationGraph(lightning/cloud: 2 naturals, 4 views, 2 components)"


def test_html_shows_the_pictures_and_fractions():
    page = LC._repr_html_()
    assert page.count("<svg") == 8
    assert page.count("2/9") == 2
    assert "<script" not in page
    assert "&lt;i&gt;" in pg.build(["<i>"], pg.identity())._repr_html_()
    assert "<table>" in zoo.clusters()._repr_html_()


def test_components_are_numbered_by_first_view():
    assert LC.components.tolist() == [0, 0, 1, 1]
    assert LC.component_count == 2
