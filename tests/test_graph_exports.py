"""`PopulationGraph` beyond its arrays: samples, exports, copies, and how it prints."""

import copy
import dataclasses
import pickle
import re

import networkx as nx
import numpy as np
import pytest
from cases import AWKWARD, GRAPHS, ZOO, brute_w, huge, many_components
from extras import need
from scipy.stats import chi2

from popgraph import Distribution, apply, build, identity, zoo
from popgraph.declare.images import Image
from popgraph.errors import InvalidArgument, MissingExtra

pd = need("pandas")

every_graph = pytest.mark.parametrize("graph", GRAPHS.values(), ids=GRAPHS)
small = pytest.mark.parametrize(
    "graph", [g for g in GRAPHS.values() if g.N <= 40], ids=[n for n, g in GRAPHS.items() if g.N <= 40]
)
exact_graphs = pytest.mark.parametrize(
    "graph",
    [g for g in GRAPHS.values() if g.is_exact and g.N <= 32],
    ids=[n for n, g in GRAPHS.items() if g.is_exact and g.N <= 32],
)


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
    with pytest.raises(MissingExtra, match=r'pandas is not installed; run: pip install "pandas>=2.2.2"'):
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
    assert facts["probabilities"] == ("exact" if graph.is_exact else "floats")
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


def test_html_sums_over_thousands_of_naturals():
    graph = build(range(2000), lambda natural: {natural % 3: "1/2", 3: "1/2"})
    assert "<td>1/4</td>" in graph._repr_html_()


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


def test_more_components_than_eigenvalues_sought_are_still_printed():
    """str() seeks eight eigenvalues; of 16 components it knew no whole multiplicity, and printed ", ..."."""
    assert "eigenvalues of Ā  1 (x16), ..." in str(zoo.scaled_hypercube(4, 2))
    assert str(many_components(8, 2)).endswith("(x8)")
    assert str(many_components(9, 2)).endswith("1 (x9), ...")


@pytest.mark.parametrize(("naturals", "end"), [(400, "1 (x400), ..."), (401, "1 (x401), then graph.spectrum(k)")])
def test_eigenvalues_are_printed_up_to_400_naturals_or_views(naturals, end):
    assert str(build(range(naturals), identity())).endswith(end)
