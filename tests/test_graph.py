"""`PopulationGraph`: what it says of a population, against loops over naturals and views."""

import copy
import dataclasses
import itertools
import pickle
import re
import time
import tracemalloc
from fractions import Fraction

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from cases import AWKWARD, GRAPHS, ZOO, populations
from hypothesis import given
from scipy.stats import chi2

from popgraph import Distribution, Image, PopulationGraph, apply, build, identity, zoo
from popgraph.errors import InvalidArgument, MissingExtra, TooLarge

every_graph = pytest.mark.parametrize("graph", GRAPHS.values(), ids=GRAPHS)
small = pytest.mark.parametrize(
    "graph", [g for g in GRAPHS.values() if g.N <= 40], ids=[n for n, g in GRAPHS.items() if g.N <= 40]
)
exact_graphs = pytest.mark.parametrize(
    "graph",
    [g for g in GRAPHS.values() if g.exact and g.N <= 32],
    ids=[n for n, g in GRAPHS.items() if g.exact and g.N <= 32],
)
HUGE = 20_000  # views whose dense w would take 3.2 GB


def huge() -> PopulationGraph:
    return build(np.full(HUGE, 1 / HUGE), sp.eye_array(HUGE, format="csr"))


def brute_w(graph: PopulationGraph) -> np.ndarray:
    """w_xx' = Σ_x̄ p(x̄) A(x|x̄) A(x'|x̄), natural by natural and pair by pair."""
    w = np.zeros((graph.N, graph.N))
    for i in range(graph.n):
        row = graph.kernel[[i]]
        for (x, q), (y, r) in itertools.product(zip(row.indices, row.data, strict=True), repeat=2):
            w[x, y] += graph.p[i] * q * r
    return w


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
def test_what_is_no_view_is_named(view):
    graph = zoo.lightning_cloud()
    for ask in (graph.index, lambda v: graph.explain(v, graph.views[0]), lambda v: graph.explain(graph.views[0], v)):
        with pytest.raises(InvalidArgument, match="is no view of this graph; its views are graph.views"):
            ask(view)


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


def test_an_explanation_of_a_view_that_thousands_share_comes_at_once_and_fits_on_a_screen():
    graph = build(range(3000), lambda natural: {"view": 1})
    started = time.process_time()
    explanation = graph.explain("view", "view")
    assert time.process_time() - started < 1.5
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


# --- sampling

SAMPLED = {
    "lightning_cloud": ZOO["lightning_cloud"],
    "2-cube": zoo.hypercube(2, "1/5"),
    "overlapping": build({"a": 0.7, "b": 0.3}, {"a": {"x": 0.6, "y": 0.4}, "b": {"y": 0.1, "z": 0.9}}),
    "no view is a natural": AWKWARD["no view is a natural"],
}
sampled = pytest.mark.parametrize("graph", SAMPLED.values(), ids=SAMPLED)


def chi_square_holds(counts: np.ndarray, probabilities: np.ndarray) -> bool:
    """Whether Pearson's χ² is below its 1 - 1e-6 quantile, and nothing impossible was drawn."""
    expected = counts.sum() * probabilities
    possible = probabilities > 0
    statistic = np.sum((counts[possible] - expected[possible]) ** 2 / expected[possible])
    return bool(statistic < chi2.ppf(1 - 1e-6, possible.sum() - 1)) and not counts[~possible].any()


@sampled
def test_pairs_are_drawn_with_the_probabilities_w(graph):
    pairs = graph.sample_pairs(40_000, rng=11)
    counts = np.zeros((graph.N, graph.N))
    np.add.at(counts, (pairs[:, 0], pairs[:, 1]), 1)
    assert chi_square_holds(counts.ravel(), brute_w(graph).ravel())


@sampled
def test_views_are_drawn_with_the_probabilities_w_x(graph):
    counts = np.bincount(graph.sample_views(40_000, rng=12), minlength=graph.N)
    assert chi_square_holds(counts, brute_w(graph).sum(axis=1))


def test_the_chi_square_bound_tells_pairs_from_independent_views():
    """A guard of the guard: pairs of independent views, of law w_x w_x', would fail it."""
    graph = SAMPLED["overlapping"]
    views = graph.sample_views(80_000, rng=0).reshape(-1, 2)
    counts = np.zeros((graph.N, graph.N))
    np.add.at(counts, (views[:, 0], views[:, 1]), 1)
    assert not chi_square_holds(counts.ravel(), brute_w(graph).ravel())


@sampled
def test_the_same_seed_draws_the_same(graph):
    for draw in (graph.sample_pairs, graph.sample_views):
        first = draw(100, rng=3)
        np.testing.assert_array_equal(first, draw(100, rng=3))
        np.testing.assert_array_equal(first, draw(100, rng=np.random.default_rng(3)))
        assert (first != draw(100, rng=4)).any()


def test_a_generator_moves_on():
    graph, generator = zoo.lightning_cloud(), np.random.default_rng(0)
    assert (graph.sample_views(100, rng=generator) != graph.sample_views(100, rng=generator)).any()


@every_graph
def test_only_what_can_happen_is_drawn(graph):
    pairs = graph.sample_pairs(500, rng=0)
    assert pairs.shape == (500, 2)
    assert (brute_w(graph)[pairs[:, 0], pairs[:, 1]] > 0).all()
    assert graph.sample_pairs(0).shape == (0, 2)
    assert graph.sample_views(0).shape == (0,)


@pytest.mark.parametrize("size", [-1, 2.0, "3", None], ids=repr)
def test_a_number_of_draws_is_a_whole_number(size):
    graph = zoo.lightning_cloud()
    for draw in (graph.sample_pairs, graph.sample_views):
        with pytest.raises(InvalidArgument, match=re.escape(f"size is {size!r}; the number of draws")):
            draw(size)


# --- other people's containers


@small
def test_networkx_gets_every_edge_with_its_weight_and_every_node_with_w_x(graph):
    drawn = graph.to_networkx()
    w = brute_w(graph)
    assert list(drawn.nodes) == list(graph.views)
    assert drawn.number_of_edges() == np.count_nonzero(np.triu(w))
    for x, y, weight in drawn.edges(data="weight"):
        assert weight == pytest.approx(w[graph.index(x), graph.index(y)], rel=1e-12)
    assert list(nx.get_node_attributes(drawn, "w_x").values()) == graph.w_x.tolist()
    np.testing.assert_allclose(nx.to_numpy_array(drawn), w, rtol=1e-12)
    assert nx.number_connected_components(drawn) == graph.component_count


@small
def test_networkx_degree_counts_a_self_weight_twice(graph):
    """The documented pitfall: degree = w_x + w_xx, which is not w_x."""
    drawn, w = graph.to_networkx(), brute_w(graph)
    for i, view in enumerate(graph.views):
        assert drawn.degree(view, weight="weight") == pytest.approx(w[i].sum() + w[i, i], rel=1e-12)
        assert drawn.nodes[view]["w_x"] == pytest.approx(w[i].sum(), rel=1e-12)


@small
def test_pandas_gets_w_labelled_by_the_views(graph):
    table = graph.to_pandas()
    assert isinstance(table, pd.DataFrame)
    assert list(table.index) == list(table.columns) == list(graph.views)
    np.testing.assert_array_equal(table.to_numpy(), graph.w)


def test_views_that_are_tuples_stay_tuples_in_pandas():
    table = zoo.hypercube(2).to_pandas()
    assert table.index.nlevels == table.columns.nlevels == 1
    assert table.index[1] in {(0, 1), (1, 0)}


def test_without_pandas_its_extra_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pandas", None)
    with pytest.raises(MissingExtra, match=r'pandas is not installed; run: pip install "popgraph\[pandas\]"'):
        zoo.lightning_cloud().to_pandas()


# --- an immutable value


@every_graph
def test_every_array_is_read_only(graph):
    arrays = {
        "p": graph.p,
        "w_x": graph.w_x,
        "w": graph.w,
        "adjacency": graph.adjacency,
        "components": graph.components,
    }
    for name, matrix in {"kernel": graph.kernel, "factor": graph.factor, "csr": graph.weight_matrix()}.items():
        arrays |= {f"{name}.{part}": getattr(matrix, part) for part in ("data", "indices", "indptr")}
    if graph.labels is not None:
        arrays["labels"] = graph.labels
    assert [name for name, array in arrays.items() if array.flags.writeable] == []


def test_nothing_can_be_assigned():
    graph = zoo.lightning_cloud()
    for name in ("population", "w_x", "factor", "labels", "name"):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(graph, name, None)
    for name in ("w", "views", "components"):
        with pytest.raises(AttributeError):
            setattr(graph, name, None)


COPIES = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{f"pickle {p}": lambda v, p=p: pickle.loads(pickle.dumps(v, p)) for p in (2, 4, 5)},
}


@pytest.mark.parametrize("asked_before", [False, True], ids=["fresh", "asked before"])
@pytest.mark.parametrize("duplicate", COPIES.values(), ids=COPIES)
def test_copies_are_equal_and_read_only(duplicate, asked_before):
    graph = zoo.lightning_cloud("2/7")
    if asked_before:
        graph.sample_pairs(1, rng=0)
        str(graph), graph.index(graph.views[0]), graph.explain(*graph.views[:2])
    twin = duplicate(graph)
    assert twin.naturals == graph.naturals
    assert twin.views == graph.views
    assert repr(twin) == repr(graph)
    assert twin.labels.tolist() == graph.labels.tolist()
    assert twin.explain(*graph.views[:2]) == graph.explain(*graph.views[:2])
    np.testing.assert_array_equal(twin.sample_pairs(20, rng=1), graph.sample_pairs(20, rng=1))
    for now, then in [(twin.p, graph.p), (twin.w_x, graph.w_x), (twin.w, graph.w), (twin.labels, graph.labels)]:
        np.testing.assert_array_equal(now, then)
        assert not now.flags.writeable
    for now, then in [(twin.kernel, graph.kernel), (twin.factor, graph.factor)]:
        np.testing.assert_array_equal(now.toarray(), then.toarray())
        assert not now.data.flags.writeable


def test_a_graph_carries_no_function_and_can_be_pickled():
    local = build(["a", "b"], lambda natural: {natural: 1})
    assert pickle.loads(pickle.dumps(local)).views == ("a", "b")


# --- how it prints


@small
def test_repr_is_one_line_with_the_sizes(graph):
    text = repr(graph)
    for count in (f"{graph.n} natural", f"{graph.N} view", f"{graph.component_count} component"):
        assert count in text
    assert "\n" not in text


def test_what_is_one_is_called_in_the_singular():
    assert repr(build(["a"], identity())) == "PopulationGraph(1 natural, 1 view, 1 component)"


PRINTED = GRAPHS | {
    "5,000 naturals": build(range(5000), apply(lambda i: (i + 1) % 5000, "1/3"), labels=range(5000)),
    "5,000 naturals of one view": build(range(5000), lambda natural: {"view": 1}),
    "5,000 images": build(
        [Image(np.array([[i % 71 + 1, i // 71]]), name="i" * 200) for i in range(5000)], identity(), name="images"
    ),
    "many eigenvalues": zoo.clusters(10, 40, 40, rng=1),
    "20,000 views": huge(),
    "long names": build([f"{i}" * 300 for i in range(9)], identity()),
}


@pytest.mark.parametrize("graph", PRINTED.values(), ids=PRINTED)
def test_str_fits_on_one_screen_and_says_the_sizes(graph):
    lines = str(graph).splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 120
    assert lines[0] == repr(graph)
    facts = dict(re.split(r" {2,}", line.strip(), maxsplit=1) for line in lines[1:])
    assert facts["naturals"].split()[0] == f"{graph.n:,}"
    assert facts["views"].split()[0] == f"{graph.N:,}"
    assert facts["components"] == f"{graph.component_count:,}"
    assert facts["probabilities"] == ("exact" if graph.exact else "floats")
    assert str(graph) == str(graph)


@pytest.mark.parametrize("name", ["lightning_cloud", "3-cube", "lightning_cloud_2/7"])
def test_str_lists_the_eigenvalues_with_their_multiplicities(name):
    """In closed form: 1, 1, 0, 0; and (1 - 2/10)^(2j) binom(3, j) times."""
    shown = str(GRAPHS[name]).splitlines()[-1].split("  ")[-1].strip()
    expected = "1, 0.64 (x3), 0.4096 (x3), 0.262144" if name == "3-cube" else "1 (x2), 0 (x2)"
    assert shown == expected


def test_html_of_a_small_graph_shows_w_in_fractions_with_the_pictures():
    graph = zoo.lightning_cloud()
    html = graph._repr_html_()
    assert html.count("<svg") == 2 * graph.N
    for value in ("2/9", "1/9", "1/18"):
        assert html.count(f"<td>{value}</td>") == 2 * (1 + (value == "1/9"))
    assert html.count("<td>0</td>") == 8


def test_html_of_a_large_graph_is_small():
    for graph in (huge(), PRINTED["5,000 naturals"]):
        assert len(graph._repr_html_()) < 5000


def test_html_escapes_the_names():
    graph = build(["<b>a</b>"], identity(), name="<i>graph</i>", labels=["<u>"])
    assert "<b>a" not in graph._repr_html_()
    assert "<i>graph" not in graph._repr_html_()
    assert "&lt;b&gt;a" in graph._repr_html_()


def test_html_of_thousands_of_naturals_on_few_views_comes_at_once():
    graph = build(range(2000), lambda natural: {natural % 3: "1/2", 3: "1/2"})
    started = time.process_time()
    assert "<td>1/4</td>" in graph._repr_html_()
    assert time.process_time() - started < 3


def test_printing_and_asking_do_not_depend_on_each_other():
    asked, fresh = zoo.hypercube(3), zoo.hypercube(3)
    asked.spectrum(2), asked.components, asked.sample_views(3, rng=0), asked.w
    assert str(asked) == str(fresh)
    assert asked._repr_html_() == fresh._repr_html_()


def test_a_distribution_of_views_is_w_x():
    """The law of the views, by `through`, has the probabilities of the graph's w_x."""
    law = Distribution({"a": "1/3", "b": "2/3"})
    rotate = apply(lambda x: x + "r", "1/4")
    graph = build(law, rotate)
    views = law.through(rotate)
    assert [views[x] for x in graph.views] == pytest.approx(graph.w_x.tolist(), rel=1e-15)
