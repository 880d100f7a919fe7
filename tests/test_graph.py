"""`PopulationGraph`: what it says of a population, against loops over naturals and views."""

import itertools
import re
import tracemalloc
from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse as sp
from cases import GRAPHS, HUGE, brute_w, huge, populations
from hypothesis import given

from popgraph import PopulationGraph, build, identity, zoo
from popgraph.declare.batch.states import StateSequence
from popgraph.declare.images import Image
from popgraph.errors import InvalidArgument, TooLarge

every_graph = pytest.mark.parametrize("graph", GRAPHS.values(), ids=GRAPHS)
small = pytest.mark.parametrize(
    "graph", [g for g in GRAPHS.values() if g.N <= 40], ids=[n for n, g in GRAPHS.items() if g.N <= 40]
)
exact_graphs = pytest.mark.parametrize(
    "graph",
    [g for g in GRAPHS.values() if g.is_exact and g.N <= 32],
    ids=[n for n, g in GRAPHS.items() if g.is_exact and g.N <= 32],
)


def brute_components(w: np.ndarray) -> list[int]:
    """Number the components by first view, walking along the edges."""
    number: list = [None] * len(w)
    for start in range(len(w)):
        if number[start] is None:
            fresh = max((c for c in number if c is not None), default=-1) + 1
            todo = [start]
            while todo:
                x = todo.pop()
                if number[x] is None:
                    number[x] = fresh
                    todo += np.flatnonzero(w[x]).tolist()
    return number


# --- w, Ā and the factor


@every_graph
def test_w_is_the_triple_sum_with_row_sums_w_x_and_total_1(graph):
    w = brute_w(graph)
    np.testing.assert_allclose(graph.w, w, rtol=1e-12, atol=1e-300)
    np.testing.assert_allclose(graph.w_x, w.sum(axis=1), rtol=1e-12)
    assert graph.w.sum() == pytest.approx(1, abs=1e-12)
    assert (np.diag(graph.w) > 0).all()


@given(populations())
def test_w_is_the_triple_sum_on_random_populations(graph):
    np.testing.assert_allclose(graph.w, brute_w(graph), rtol=1e-12, atol=1e-300)


@every_graph
def test_the_adjacency_is_w_divided_by_the_roots(graph):
    expected = brute_w(graph) / np.sqrt(np.outer(graph.w_x, graph.w_x))
    np.testing.assert_allclose(graph.adjacency, expected, rtol=1e-11, atol=1e-300)
    np.testing.assert_allclose((graph.factor.T @ graph.factor).toarray(), expected, rtol=1e-11, atol=1e-300)


@every_graph
def test_the_sparse_w_is_the_dense_w(graph):
    sparse = graph.weight_matrix()
    assert isinstance(sparse, sp.csr_array)
    assert sparse.nnz == np.count_nonzero(brute_w(graph))
    np.testing.assert_allclose(sparse.toarray(), brute_w(graph), rtol=1e-12, atol=1e-300)
    np.testing.assert_array_equal(graph.weight_matrix("dense"), graph.w)


@every_graph
def test_the_operator_multiplies_by_the_adjacency(graph):
    operator = graph.operator()
    block = np.random.default_rng(0).standard_normal((graph.N, 3))
    assert operator.shape == (graph.N, graph.N)
    assert operator.dtype == np.float64
    np.testing.assert_allclose(operator @ block, graph.adjacency @ block, atol=1e-13)
    np.testing.assert_allclose(operator @ block[:, 0], graph.adjacency @ block[:, 0], atol=1e-13)
    np.testing.assert_allclose(operator.H @ block, graph.adjacency @ block, atol=1e-13)


@pytest.mark.parametrize("form", ["sparse", "coo", None, ""])
def test_an_unknown_form_of_w_is_refused(form):
    with pytest.raises(InvalidArgument, match=re.escape(f'form is {form!r}; it must be "dense" or "csr"')):
        zoo.lightning_cloud().weight_matrix(form)


@every_graph
def test_sizes_are_the_lengths(graph):
    assert (graph.n, graph.N) == graph.kernel.shape == graph.factor.shape
    assert len(graph.naturals) == graph.n == len(graph.p)
    assert len(graph.views) == graph.N == len(graph.w_x)


# --- what is too large is refused before it is allocated

DENSE = {
    "w": lambda graph: graph.w,
    "adjacency": lambda graph: graph.adjacency,
    "weight_matrix": lambda graph: graph.weight_matrix("dense"),
    "to_pandas": PopulationGraph.to_pandas,
}


@pytest.mark.parametrize("ask", DENSE.values(), ids=DENSE)
def test_a_dense_view_of_a_large_graph_is_refused_with_its_bytes_and_the_alternatives(ask):
    """8 · 20,000² bytes are 3.2 GB; the limit is 2^30 bytes, 1.07 GB."""
    graph = huge()
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge, match=r"20,000 views as a dense array needs 3.2 GB, more than 1.07 GB") as caught:
            ask(graph)
        assert tracemalloc.get_traced_memory()[1] < 20e6
    finally:
        tracemalloc.stop()
    for alternative in ("graph.factor", 'graph.weight_matrix("csr")', "graph.operator()"):
        assert alternative in str(caught.value)
    assert isinstance(caught.value, MemoryError)


def test_the_alternatives_serve_a_large_graph():
    graph = huge()
    tracemalloc.start()
    try:
        assert (graph.weight_matrix("csr") - sp.diags_array(graph.w_x)).count_nonzero() == 0
        np.testing.assert_allclose(graph.operator() @ np.ones(HUGE), np.ones(HUGE), rtol=1e-14)
        assert graph.component_count == HUGE
        assert graph.spectrum(3).gamma.tolist() == [1, 1, 1]
        assert graph.sample_pairs(10, rng=0).shape == (10, 2)
        assert "20,000 views" in str(graph)
        assert tracemalloc.get_traced_memory()[1] < 50e6
    finally:
        tracemalloc.stop()


def test_a_dense_view_counts_the_rows_it_needs_on_the_way():
    """Many naturals of few views would make a dense kernel that is larger than w."""
    n = 10**6
    A = sp.csr_array((np.ones(n), (np.arange(n), np.arange(n) % 200)), shape=(n, 200))
    with pytest.raises(TooLarge, match=r"200 views as a dense array needs 1.6 GB"):
        _ = build(np.full(n, 1 / n), A).w


def test_a_sparse_w_that_is_not_sparse_is_refused_too():
    """One natural of 30,000 views joins them all: 9e8 entries of 12 bytes."""
    graph = build(["a"], np.full((1, 30_000), 1 / 30_000))
    for ask in (graph.weight_matrix, graph.to_networkx):
        with pytest.raises(
            TooLarge, match=r"30,000 views as a sparse matrix needs up to 10.8 GB, more than 8.59 GB; use"
        ):
            ask()
    assert graph.operator().shape == (30_000, 30_000)


def test_the_labels_of_views_take_memory_for_the_entries_of_A_alone():
    """As many classes as views: a dense table of classes x views would be 72 MB here."""
    graph = build(np.full(3000, 1 / 3000), sp.eye_array(3000, format="csr"), labels=np.arange(3000)[::-1])
    tracemalloc.start()
    try:
        assert graph.view_labels.tolist() == list(range(3000))[::-1]
        assert tracemalloc.get_traced_memory()[1] < 10e6
    finally:
        tracemalloc.stop()


# --- components


@small
def test_components_are_found_by_walking_along_the_edges(graph):
    expected = brute_components(brute_w(graph))
    assert graph.components.tolist() == expected
    assert graph.component_count == max(expected) + 1


@given(populations())
def test_components_of_random_populations(graph):
    assert graph.components.tolist() == brute_components(brute_w(graph))


# --- views by name


@every_graph
def test_index_is_the_inverse_of_views(graph):
    assert [graph.index(view) for view in graph.views] == list(range(graph.N))


@pytest.mark.parametrize("view", ["thunder", 7, [1, 2], np.eye(9), Image([[1]]), float("nan")], ids=repr)
@pytest.mark.parametrize("graph", [zoo.lightning_cloud(), zoo.hypercube(2), build(["a", "b"], identity())], ids=repr)
def test_what_is_no_view_is_named(graph, view):
    for ask in (graph.index, lambda v: graph.explain(v, graph.views[0]), lambda v: graph.explain(graph.views[0], v)):
        with pytest.raises(InvalidArgument, match="is no view of this graph; its views are graph.views"):
            ask(view)


def test_a_view_that_is_kept_as_numbers_is_found_without_making_the_others(monkeypatch):
    graph = zoo.hypercube(2)
    monkeypatch.setattr(StateSequence, "__iter__", None)
    assert [graph.index(bits) for bits in itertools.product((0, 1), repeat=2)] == [0, 1, 2, 3]


def test_an_image_is_found_by_its_pixels():
    graph = zoo.lightning_cloud()
    assert graph.index(Image(np.rot90(graph.views[2].pixels))) == 3


# --- explain


@exact_graphs
def test_an_explanation_s_fractions_are_w_exactly(graph):
    law = graph.population.distribution
    kernel = {natural: {} for natural in graph.naturals}
    for i, natural in enumerate(graph.naturals):
        row = graph.kernel[[i]]
        for x, q in zip(row.indices, row.data, strict=True):
            kernel[natural][graph.views[x]] = Fraction(q).limit_denominator(10**7)
    for x, y in itertools.product(graph.views[:6], graph.views[-6:]):
        both = [natural for natural in graph.naturals if x in kernel[natural] and y in kernel[natural]]
        explanation = graph.explain(x, y)
        assert [term.natural for term in explanation.terms] == both
        for term in explanation.terms:
            expected = (law.fractions[term.natural], kernel[term.natural][x], kernel[term.natural][y])
            assert (term.p, term.a, term.a_plus) == expected
        expected_w = sum((law.fractions[z] * kernel[z][x] * kernel[z][y] for z in both), Fraction(0))
        assert explanation.value == expected_w
        assert graph.w[graph.index(x), graph.index(y)] == pytest.approx(float(expected_w), rel=1e-14)


def test_all_explanations_sum_to_exactly_one():
    graph = build({"a": "1/3", "b": "2/3"}, {"a": {"a": "2/7", "b": "5/7"}, "b": {"b": "1/9", "c": "8/9"}})
    assert sum(graph.explain(x, y).value for x, y in itertools.product(graph.views, repeat=2)) == 1
    for x, w_x in zip("abc", graph.w_x, strict=True):
        row = sum(graph.explain(x, y).value for y in graph.views)
        assert row == {"a": Fraction(2, 21), "b": Fraction(5, 21) + Fraction(2, 27), "c": Fraction(16, 27)}[x]
        assert w_x == pytest.approx(float(row), rel=1e-15)


@given(populations())
def test_an_explanation_of_floats_is_w_up_to_rounding(graph):
    for x, y in itertools.product(graph.views, repeat=2):
        explanation = graph.explain(x, y)
        expected = brute_w(graph)[graph.index(x), graph.index(y)]
        assert explanation.value == pytest.approx(expected, rel=1e-13)
        assert bool(explanation.terms) == bool(expected)


def test_an_explanation_prints_its_terms():
    graph = build(["a", "b"], {"a": {"x": "1/2", "y": "1/2"}, "b": {"x": "1/4", "y": "3/4"}})
    lines = str(graph.explain("x", "y")).splitlines()
    assert lines[0] == "w('x', 'y') = 7/32"
    assert lines[2:] == ["  1/2 · 1/2 · 1/2 = 1/8   from 'a'", "  1/2 · 1/4 · 3/4 = 3/32   from 'b'"]
    apart = zoo.lightning_cloud()
    assert str(apart.explain(apart.views[0], apart.views[2])).endswith(" = 0: no natural reaches both")


def test_an_explanation_of_a_view_that_thousands_share_fits_on_a_screen():
    graph = build(range(3000), lambda natural: {"view": 1})
    explanation = graph.explain("view", "view")
    assert explanation.value == 1
    assert len(explanation.terms) == 3000
    assert len(str(explanation).splitlines()) <= 24


# --- labels of views


def test_the_label_of_a_view_is_the_class_that_most_likely_made_it():
    """argmax_c Σ_x̄ p(x̄) A(x|x̄) 1[y(x̄) = c], by loops."""
    generator = np.random.default_rng(5)
    for _ in range(30):
        A = generator.integers(0, 3, (6, 5)) + np.eye(6, 5, dtype=int) + (np.arange(6) == 5)[:, None]
        p = generator.integers(1, 4, 6)
        y = generator.choice(["c", "a", "b"], 6)
        graph = build(p, A, labels=y, normalize=True)
        rows = [[Fraction(int(v), int(row.sum())) for v in row] for row in A]
        expected = []
        for x in range(5):
            mass = {c: sum(int(p[i]) * rows[i][x] for i in range(6) if y[i] == c) for c in set(y)}
            best = max(mass.values())
            expected.append([c for c, m in mass.items() if m == best])
        for label, choices in zip(graph.view_labels.tolist(), expected, strict=True):
            assert label in choices


def test_on_a_tie_the_class_that_appears_first_wins():
    graph = build(["a", "b"], lambda natural: {"shared": 1}, labels=["n", "m"])
    assert graph.view_labels.tolist() == ["n"]


def test_a_graph_without_labels_says_how_to_give_them():
    with pytest.raises(InvalidArgument, match="no labels; pass labels= to popgraph.build"):
        _ = build(["a"], identity()).view_labels


def test_a_view_that_is_a_number_is_found_without_a_dictionary():
    """Whatever equals the number is that view, as everywhere; a whole number takes no table of all views."""
    graph = build(np.full(3, 1 / 3), np.eye(3))
    assert [graph.index(view) for view in (2, np.int64(1), np.uint8(0))] == [2, 1, 0]
    assert "_index" not in vars(graph)
    assert [graph.index(view) for view in (2.0, True, Fraction(1), 1 + 0j)] == [2, 1, 1, 1]
    for view in (3, -1, 0.5, "1", None, [1]):
        with pytest.raises(InvalidArgument, match="is no view of this graph"):
            graph.index(view)
