"""`from_pairs` and `from_bipartite`: every form of pairs, what they are read as, what is refused and in which words."""

from collections import Counter
from decimal import Decimal
from fractions import Fraction

import networkx as nx
import numpy as np
import pytest
import scipy.sparse as sp
from extras import need
from hypothesis import given, settings
from hypothesis import strategies as st

import popgraph as pg
from popgraph.errors import InvalidArgument, InvalidCall, InvalidDistribution

NAMES = ("a", "b", "c")
COUNTS = np.array([[2, 1, 3], [1, 0, 1], [3, 1, 4]])
FRACTIONS = {(x, y): Fraction(int(COUNTS[i, j]), 16) for i, x in enumerate(NAMES) for j, y in enumerate(NAMES)}
OBSERVED = [(x, y) for i, x in enumerate(NAMES) for j, y in enumerate(NAMES) for _ in range(COUNTS[i, j])]


def exact_forms():
    """Each form of the table of counts in which it is exact, with names."""
    yield "fractions", FRACTIONS, {}
    yield "words", {pair: str(q) for pair, q in FRACTIONS.items()}, {}
    yield "decimals", {pair: Decimal(q.numerator) / q.denominator for pair, q in FRACTIONS.items()}, {}
    yield "counts", {pair: int(16 * q) for pair, q in FRACTIONS.items()}, {"normalize": True}
    yield "counter", Counter(OBSERVED), {"normalize": True}
    yield "rows", {x: {y: FRACTIONS[x, y] for y in NAMES} for x in NAMES}, {}
    yield "distribution", pg.Distribution(FRACTIONS), {}
    yield "observed pairs", OBSERVED, {}
    yield "iterator of pairs", iter(OBSERVED), {}
    yield "array of pairs", np.array(OBSERVED), {}
    yield "lists of names", [list(pair) for pair in OBSERVED], {}
    yield "triples", [(*pair, q) for pair, q in FRACTIONS.items()], {}
    yield "split triples", [(*pair, q / 2) for pair, q in FRACTIONS.items() for _ in range(2)], {}
    yield "matrix of counts", COUNTS, {"normalize": True, "views": NAMES}
    yield "matrix of fractions", [[FRACTIONS[x, y] for y in NAMES] for x in NAMES], {"views": NAMES}
    yield "matrix of words", [[str(FRACTIONS[x, y]) for y in NAMES] for x in NAMES], {"views": NAMES}
    yield "sparse counts", sp.csr_array(COUNTS), {"normalize": True, "views": NAMES}
    yield "small sparse counts", sp.coo_matrix(COUNTS.astype(np.int8)), {"normalize": True, "views": NAMES}
    yield "large counts", COUNTS * 2**58, {"normalize": True, "views": NAMES}
    yield "larger counts", COUNTS.astype(object) * 10**30, {"normalize": True, "views": NAMES}
    graph = nx.DiGraph()
    graph.add_nodes_from(NAMES)
    graph.add_weighted_edges_from((*pair, int(16 * q)) for pair, q in FRACTIONS.items() if q)
    yield "directed graph", graph, {"normalize": True}
    yield "graph", graph.to_undirected(), {"normalize": True}


FORMS = list(exact_forms())


@pytest.mark.parametrize(("form", "options"), [form[1:] for form in FORMS], ids=[form[0] for form in FORMS])
def test_every_exact_form_gives_one_graph(form, options):
    graph = pg.from_pairs(form, **options)
    assert graph.views == NAMES
    assert graph.is_exact
    assert {(x, y): graph.explain(x, y).value for x in NAMES for y in NAMES} == FRACTIONS
    np.testing.assert_array_equal(graph.w, COUNTS / 16)
    assert (graph.w == graph.w.T).all()


def frames(library):
    """The same as tables of a library: a matrix with names on both sides, and lists of pairs."""
    pandas = need("pandas")
    matrix = pandas.DataFrame(COUNTS, index=NAMES, columns=NAMES)
    listed = pandas.DataFrame(OBSERVED, columns=["word", "context"])
    weighted = pandas.DataFrame([(*pair, int(16 * q)) for pair, q in FRACTIONS.items()], columns=["u", "v", "times"])
    if library == "pandas":
        yield "matrix", matrix, {"normalize": True}
        yield "matrix, its columns in another order", matrix[["c", "a", "b"]], {"normalize": True}
        yield "crosstab", pandas.crosstab(listed["word"], listed["context"]), {"normalize": True}
        yield "series", listed.groupby(["word", "context"]).size(), {"normalize": True}
        yield "frame of a series", listed.groupby(["word", "context"]).size().to_frame("times"), {"normalize": True}
        yield "categories", listed.astype("category"), {}
        yield "named as edges", weighted.set_axis(["target", "source", "weight"], axis=1), {"normalize": True}
        yield "with an index", listed.set_axis(np.arange(len(listed)), axis=0), {}
        convert = lambda table: table  # noqa: E731
    elif library == "polars":
        convert = need("polars").DataFrame
        convert = lambda table, make=convert: make({str(name): table[name].tolist() for name in table})  # noqa: E731
    else:
        arrow = need("pyarrow")
        convert = lambda table: arrow.table({str(name): table[name].tolist() for name in table})  # noqa: E731
    yield "pairs", convert(listed), {}
    yield "weights", convert(weighted), {"normalize": True}


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_every_table_gives_the_same_graph(library):
    for form, table, options in frames(library):
        graph = pg.from_pairs(table, **options)
        assert sorted(graph.views) == list(NAMES), form
        assert graph.is_exact, form
        assert {(x, y): graph.explain(x, y).value for x in NAMES for y in NAMES} == FRACTIONS, form


def test_floats_are_taken_as_they_are_in_every_container():
    w = COUNTS / 16
    torch, xarray, pandas = need("torch"), need("xarray"), need("pandas")
    forms = [w, w.tolist(), np.asfortranarray(w), w.astype(">f8"), sp.csc_array(w), sp.coo_array(w), torch.tensor(w)]
    forms += [torch.tensor(w).to_sparse(), pandas.DataFrame(w), w.astype(object)]
    for form in forms:
        graph = pg.from_pairs(form)
        assert graph.views == (0, 1, 2)
        assert not graph.is_exact
        np.testing.assert_array_equal(graph.w, w)
    table = xarray.DataArray(w, dims=("x", "y"), coords={"x": list(NAMES), "y": list(NAMES)})
    assert pg.from_pairs(table).views == NAMES


def test_the_numbers_of_the_triangle_and_its_kin():
    triangle = pg.from_pairs(nx.complete_graph(3), normalize=True)
    np.testing.assert_allclose(triangle.spectrum(3).gamma, [1, -0.5, -0.5], atol=1e-12)
    pentagon = pg.from_pairs(nx.cycle_graph(5), normalize=True).spectrum(5).gamma
    np.testing.assert_allclose(pentagon, [1, *[0.3090169944] * 2, *[-0.8090169944] * 2], atol=1e-9)
    square = pg.from_pairs(nx.complete_bipartite_graph(2, 2), normalize=True).spectrum(4).gamma
    np.testing.assert_allclose(square, [1, 0, 0, -1], atol=1e-12)
    lazy = pg.zoo.edges(nx.cycle_graph(5), normalize=True).spectrum(5).gamma
    np.testing.assert_allclose(lazy, (1 + pentagon) / 2, atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=30), st.booleans())
def test_observed_pairs_are_counted(pairs, as_names):
    named = [(f"v{x}", f"v{y}") for x, y in pairs] if as_names else pairs
    graph = pg.from_pairs(named, symmetrize=True)
    counted = Counter(named) + Counter(pair[::-1] for pair in named)
    assert list(graph.views) == list(dict.fromkeys(x for pair in named for x in pair))
    assert {(x, y): graph.explain(x, y).value for x in graph.views for y in graph.views} == {
        (x, y): Fraction(counted[x, y], 2 * len(named)) for x in graph.views for y in graph.views
    }
    array = np.array(pairs)
    if len(pairs) != 2 and not as_names:
        by_array = pg.from_pairs(array, symmetrize=True)
        assert by_array.views == graph.views
        np.testing.assert_array_equal(by_array.w, graph.w)
    two = pg.from_bipartite(named)
    assert {(x, z): two.explain(x, z).value for x in two.views_x for z in two.views_z} == {
        (x, z): Fraction(Counter(named)[x, z], len(named)) for x in two.views_x for z in two.views_z
    }


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 8), st.integers(0, 2**32 - 1))
def test_symmetrize_is_the_mean_of_both_directions(N, seed):
    rng = np.random.default_rng(seed)
    w = rng.random((N, N)) * (rng.random((N, N)) < 0.5) + np.eye(N) / N
    w /= w.sum()
    graph = pg.from_pairs(w, symmetrize=True)
    np.testing.assert_allclose(graph.w, (w + w.T) / 2, rtol=1e-15)
    assert (graph.w == graph.w.T).all()
    order = rng.permutation(N).tolist()
    renamed = pg.from_pairs({(f"v{i}", f"v{j}"): (w[i, j] + w[j, i]) / 2 for i in range(N) for j in range(N)})
    again = pg.from_pairs(
        {(f"v{i}", f"v{j}"): (w[i, j] + w[j, i]) / 2 for i in range(N) for j in range(N)},
        views=[f"v{i}" for i in order],
    )
    np.testing.assert_array_equal(again.w, renamed.w[np.ix_(order, order)])


def test_rounding_is_no_asymmetry_and_more_is():
    w = np.array([[0.25, 0.25], [0.25 * (1 + 1e-13), 0.25 * (1 - 1e-13)]])
    assert (pg.from_pairs(w).w == pg.from_pairs(w).w.T).all()
    with pytest.raises(InvalidArgument, match=r"w\[0, 1\] is 0.25 and w\[1, 0\] is 0.25: one encoder"):
        pg.from_pairs(np.array([[0.25, 0.25], [0.25 * (1 + 1e-10), 0.25 * (1 - 1e-10)]]))
    tiny = Fraction(1, 10**30)
    with pytest.raises(InvalidArgument, match="w\\['a', 'b'\\].*one encoder needs a symmetric w"):
        pg.from_pairs({("a", "b"): Fraction(1, 2) + tiny, ("b", "a"): Fraction(1, 2) - tiny})
    exact = pg.from_pairs({("a", "b"): Fraction(1, 2) + tiny, ("b", "a"): Fraction(1, 2) - tiny}, symmetrize=True)
    assert exact.explain("a", "b").value == Fraction(1, 2)


def test_sums_within_a_billionth_are_taken_as_they_are():
    graph = pg.from_pairs({("a", "a"): Fraction(1) - Fraction(1, 10**12)})
    assert not graph.is_exact
    assert graph.w[0, 0] == 1 - 1e-12


def test_labels_and_orders_go_by_name():
    karate = pg.from_pairs(nx.karate_club_graph(), labels="club", normalize=True)
    assert karate.labels.tolist() == [club for _, club in nx.karate_club_graph().nodes(data="club")]
    graph = pg.from_pairs(FRACTIONS, views="cab", labels={"a": 0, "b": 1, "c": None}, name="three")
    assert graph.views == ("c", "a", "b")
    assert graph.labels.tolist() == [None, 0, 1]
    assert graph.name == "three"
    with pytest.raises(InvalidArgument, match="did you mean 'club'"):
        pg.from_pairs(nx.karate_club_graph(), labels="clubs", normalize=True)


@pytest.mark.parametrize(
    ("w", "message"),
    [
        (
            {("a", "b"): "1/2", ("b", "c"): "1/2"},
            r"w\['a', 'b'\] is 1/2 and w\['b', 'a'\] is 0, one of 2 .*symmetrize=True.*from_bip",
        ),
        ({("a", "b"): 0.6, ("b", "a"): 0.4}, r"w\['a', 'b'\] is 0.6 and w\['b', 'a'\] is 0.4: one encoder"),
        ({("a", "b"): 1, ("b", "a"): 1}, "sum to 2, not 1; pass normalize=True"),
        ([[0.5, 0.0], [0.0, 0.4]], "sum to 0.9, not 1; pass normalize=True"),
        ({("a", "b"): -0.5, ("b", "a"): 1.5}, r"\('a', 'b'\) is -0.5; probabilities must not be negative"),
        ([[float("nan"), 0.5], [0.5, 0]], r"\(0, 0\) is nan; probabilities must be finite"),
        ({("a", "a"): float("inf")}, "must be finite"),
        (np.eye(2) * 0.5j, "type complex128; weights are numbers"),
        (np.eye(2, dtype=bool), "type bool; weights are numbers"),
        ({("a", "a"): True}, "is True, not a probability"),
        (sp.csr_array(np.array([[-1.0, 1.0], [1.0, 0]])), r"\(0, 0\) is -1.0; .*negative"),
        (np.diag([0.5, 0, 0.5]), "no pair with 1 of 3 views: 1; leave out"),
        ({("a", "a"): 1, ("b", "b"): 0}, "no pair with 1 of 2 views: 'b'"),
        ({("a", "a"): 1, ("b", "b"): "1e-400"}, r"the probability of \('b', 'b'\) is too small for float64"),
        (np.ones((2, 3)) / 6, r"shape \(2, 3\); it needs a row and a column for each view; popgraph.from_bipartite"),
        (np.ones(4) / 4, "no pair"),
        (np.ones((2, 2, 2)) / 8, r"shape \(2, 2, 2\)"),
        (np.zeros((0, 0)), r"shape \(0, 0\)"),
        (np.zeros((2, 2)), "no pair of positive weight"),
        ({}, "no pair of positive weight"),
        ([], "w is empty"),
        ("ab", "w is 'ab', a str"),
        (["ab", "ba"], "w has 'ab', which is no pair"),
        ({"ab": 1}, "the key 'ab', which is no pair"),
        ({("a", "b", "c"): 1}, "the key .*, which is no pair"),
        ({("a", "b")}, "a set, which has another order"),
        ([("a", "b"), ("a", "b", "c")], "of another length"),
        ([[0.5, 0.5], [0.5]], "of another length"),
        ([(["a"], "b")], "cannot be hashed"),
        ([(float("nan"), "b")], "does not equal itself"),
        (None, "w is None"),
        (len, "w is <built-in function len>"),
        (pg.zoo.ring(3), r"its own w is graph.w, with views=graph.views"),
        (np.ma.masked_array(np.eye(2) / 2, mask=np.eye(2)), "masked"),
        (np.array([[0, 1], [1, 0]]), "two observed pairs or a matrix.*list of tuples.*normalize=True"),
        ([[0, 1], [1, 0]], "two observed pairs or a matrix"),
        (((0.5, 0.0), (0.0, 0.5)), "may be pairs or rows of a matrix"),
        (nx.path_graph(3).edges, "the edges of a networkx graph, each in one direction; give the graph itself"),
        (nx.Graph([(0, 0)]).subgraph([]), "no pair of positive weight"),
    ],
)
def test_what_is_no_w_is_refused_in_one_sentence(w, message):
    with pytest.raises(InvalidArgument, match=message):
        pg.from_pairs(w)


def test_a_node_without_an_edge_is_refused():
    graph = nx.path_graph(2)
    graph.add_node("alone")
    with pytest.raises(InvalidDistribution, match="no pair with 1 of 3 views: 'alone'"):
        pg.from_pairs(graph, normalize=True)


def test_tables_that_may_be_either_are_refused():
    pandas, polars = need("pandas"), need("polars")
    for table in (
        pandas.DataFrame(np.eye(2) / 2, columns=["a", "b"]),
        polars.DataFrame({"a": [0.5, 0.0], "b": [0.0, 0.5]}),
    ):
        with pytest.raises(InvalidArgument, match="may be a list of pairs or a matrix"):
            pg.from_pairs(table)
    with pytest.raises(InvalidArgument, match="may be a list of pairs or a matrix"):
        pg.from_bipartite(pandas.DataFrame([[3, 1], [1, 2], [0, 1]], columns=["a", "b"]), normalize=True)
    with pytest.raises(
        InvalidArgument, match=r"lacks 1 of 2 rows \('b'\) and names 1 that is no row \('c'\).*from_bipartite"
    ):
        pg.from_pairs(pandas.DataFrame(np.eye(2) / 2, index=["a", "b"], columns=["a", "c"]))
    with pytest.raises(InvalidArgument, match="give source, target and weight"):
        pg.from_pairs(polars.DataFrame({"a": [1], "b": [2], "c": [3], "d": [4]}))
    with pytest.raises(InvalidDistribution, match="missing"):
        pg.from_pairs(pandas.DataFrame({"x": ["a", None], "y": ["b", "a"]}))
    with pytest.raises(InvalidArgument, match=r"call collect\(\)"):
        pg.from_pairs(polars.LazyFrame({"x": ["a"], "y": ["a"]}))
    square = polars.DataFrame(dict(zip("abcd", np.eye(4).tolist(), strict=True)))
    assert pg.from_pairs(square, normalize=True).views == tuple("abcd")


def test_arguments_that_do_not_fit_are_named():
    with pytest.raises(InvalidArgument, match=r"views= lacks 1 of 3 views \('c'\) and names 1 that is no view \('x'\)"):
        pg.from_pairs(FRACTIONS, views="abx")
    with pytest.raises(InvalidArgument, match="views= has 1 names for 2 views"):
        pg.from_pairs(np.eye(2) / 2, views=["a"])
    with pytest.raises(InvalidCall, match="did you mean normalize="):
        pg.from_pairs(FRACTIONS, normalise=True)
    with pytest.raises(InvalidCall, match="give views_x= and views_z="):
        pg.from_bipartite(np.eye(2) / 2, views=["a", "b"])
    with pytest.raises(InvalidArgument, match="normalize is 1; it must be True or False"):
        pg.from_pairs(FRACTIONS, normalize=1)
    with pytest.raises(InvalidArgument, match="labels"):
        pg.from_pairs(FRACTIONS, labels={"a": 1})
    with pytest.raises(InvalidArgument, match="views_x= has 3 names for 2 views"):
        pg.from_bipartite(np.ones((2, 3)) / 6, views_x=list("xyz"), views_z=list("ab"))
    with pytest.raises(InvalidDistribution, match="no pair with 1 of 2 second views: 1"):
        pg.from_bipartite([[0.5, 0], [0.5, 0]])


RECTANGLE = np.array([[2, 1, 0], [1, 3, 1]])
OF_TWO = {(x, z): Fraction(int(RECTANGLE[i, j]), 8) for i, x in enumerate("pq") for j, z in enumerate(NAMES)}


def rectangular_forms():
    positive = {pair: q for pair, q in OF_TWO.items() if q}
    yield "mapping", OF_TWO, {}
    yield "rows", {x: {z: OF_TWO[x, z] for z in NAMES} for x in "pq"}, {}
    yield "observed", [pair for pair, q in OF_TWO.items() for _ in range(int(8 * q))], {}
    yield "array of names", np.array([pair for pair, q in OF_TWO.items() for _ in range(int(8 * q))]), {}
    yield "triples", [(*pair, q) for pair, q in positive.items()], {}
    yield "matrix", RECTANGLE, {"normalize": True, "views_x": "pq", "views_z": NAMES}
    yield "sparse", sp.csc_array(RECTANGLE), {"normalize": True, "views_x": "pq", "views_z": NAMES}
    yield (
        "directed graph",
        nx.DiGraph([(x, z, {"weight": int(8 * q)}) for (x, z), q in positive.items()]),
        {"normalize": True},
    )
    two = nx.Graph()
    two.add_nodes_from("pq", bipartite=0)
    two.add_nodes_from(NAMES, bipartite=1)
    two.add_weighted_edges_from((z, x, int(8 * q)) for (x, z), q in positive.items())
    yield "bipartite graph", two, {"normalize": True}


TWO = [form for form in rectangular_forms() if form[0] != "directed graph"]


@pytest.mark.parametrize(("form", "options"), [form[1:] for form in TWO], ids=[form[0] for form in TWO])
def test_every_form_of_two_kinds_gives_one_graph(form, options):
    graph = pg.from_bipartite(form, **options)
    assert tuple(graph.views_x) == ("p", "q")
    assert tuple(graph.views_z) == NAMES
    assert graph.is_exact
    assert {(x, z): graph.explain(x, z).value for x in "pq" for z in NAMES} == OF_TWO
    sigma = np.linalg.svd(RECTANGLE / np.sqrt(np.outer(RECTANGLE.sum(1), RECTANGLE.sum(0))), compute_uv=False)
    np.testing.assert_allclose(graph.spectrum(2).sigma, sigma, atol=1e-12)


def test_columns_of_two_kinds_are_observations_and_matrices_go_by_their_names():
    pandas = need("pandas")
    observed = pandas.DataFrame({"image": [7, 7, 8], "caption": ["dog", "pet", "pet"]})
    graph = pg.from_bipartite(observed, labels_x={7: "dogs", 8: "cats"}, labels_z=["dogs", None])
    assert tuple(graph.views_x) == (7, 8)
    assert graph.labels_x.tolist() == ["dogs", "cats"]
    matrix = pandas.crosstab(observed["image"], observed["caption"])
    np.testing.assert_array_equal(pg.from_bipartite(matrix, normalize=True).w, graph.w)
    assert pg.from_bipartite(np.ones((3, 2), int), normalize=True).N_x == 3
    assert pg.from_bipartite([[1]]).N_x == 1


def test_the_same_symmetric_w_for_one_and_for_two():
    graph = pg.from_pairs(FRACTIONS)
    two = pg.from_bipartite(FRACTIONS)
    mu = np.linalg.eigvalsh(graph.adjacency)
    np.testing.assert_allclose(two.spectrum(3).sigma, np.sort(np.abs(mu))[::-1], atol=1e-12)
    np.testing.assert_array_equal(graph.two_encoders().w, two.w)


def test_what_is_read_is_neither_changed_nor_kept():
    w = COUNTS / 16
    sparse = sp.csr_array(w)
    graph, other = pg.from_pairs(w), pg.from_pairs(sparse)
    w[:] = 0
    sparse.data[:] = 0
    assert graph.w.sum() == other.w.sum() == 1
    assert not graph.w.flags.writeable
