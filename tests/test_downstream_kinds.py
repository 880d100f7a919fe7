"""Probes, clusters, cuts, labellings and comparisons take every kind of population, and answer as on the graph that it expands to.

Products, which list no views, are refused in a sentence that names the call which lists them.
"""

import numpy as np
import pytest
import scipy.sparse as sp

import popgraph as pg
from popgraph import structure, zoo
from popgraph.basics.arguments.populations import satisfies
from popgraph.basics.protocols import LabelledPopulation, ViewedPopulation
from popgraph.downstream import labelling, parts, votes
from popgraph.downstream.partition import conductance
from popgraph.downstream.probing import task
from popgraph.errors import InvalidArgument, TooLarge
from popgraph.verification import difference

# An ordinary graph without degenerate cuts, three clusters that overlap, and one with two components.
CLUSTERS = zoo.clusters(count=3, naturals=6, views=5, degree=3, cross=0.15)
LETTERS = pg.build(
    {"a": 0.3, "b": 0.25, "c": 0.2, "d": 0.15, "e": 0.1},
    {
        "a": {"x": 0.7, "y": 0.3},
        "b": {"y": 0.6, "x": 0.4},
        "c": {"z": 0.4, "t": 0.6},
        "d": {"t": 0.5, "z": 0.2, "u": 0.3},
        "e": {"u": 1.0},
    },
    labels=["early", "early", "late", "late", "late"],
)


class OnlyNamed:
    """A population of a user's own: it has the names of `LabelledPopulation`, and its kernel does nothing but multiply."""

    def __init__(self, graph):
        self._graph, self.name = graph, "own"
        self.n, self.N, self.component_count = graph.n, graph.N, graph.component_count
        self.naturals, self.views, self.p, self.w_x = graph.naturals, list(graph.views), graph.p, graph.w_x
        self.labels, self.components, self.trace = graph.labels, graph.components, np.trace(graph.adjacency)
        self.kernel = Multiplies(graph.kernel)

    @property
    def view_labels(self):
        return None if self.labels is None else self._graph.view_labels

    def gram(self, X):
        return self._graph.adjacency @ X

    def spectrum(self, k):
        return self._graph.spectrum(k)

    def sample_pairs(self, size, *, rng=None):
        return self._graph.sample_pairs(size, rng=rng)

    def expand(self):
        return self._graph


class Multiplies:
    def __init__(self, matrix):
        self.matrix = matrix

    @property
    def T(self):
        return Multiplies(self.matrix.T)

    def __matmul__(self, columns):
        assert isinstance(columns, np.ndarray)
        return self.matrix @ columns


class OnlyViews:
    """A population of a user's own that lists no naturals: `ViewedPopulation`, and no more."""

    def __init__(self, graph):
        own = OnlyNamed(graph)
        for name in ("view_labels", "gram", "spectrum", "sample_pairs", "expand", *vars(own)):
            if name not in ("naturals", "p", "labels", "kernel", "_graph"):
                setattr(self, name, getattr(own, name))


def biased(p, flip=0.1):
    return pg.build({0: 1 - p, 1: p}, {0: {0: 1 - flip, 1: flip}, 1: {0: flip, 1: 1 - flip}})


def mixed():
    """Two classes whose coordinates have laws of their own, so that eigenvalues differ."""
    return structure.mixture(
        {"cat": 0.45, "dog": 0.55},
        {"cat": [biased(0.2), biased(0.3, 0.15), LETTERS], "dog": [biased(0.85), biased(0.6, 0.05), LETTERS]},
    )


def apart():
    """A mixture of classes that share no view: two components, and more views in one of them."""
    return structure.mixture(
        {0: 0.5, 1: 0.5},
        {
            0: [LETTERS, biased(0.3)],
            1: [pg.build({8: 0.4, 9: 0.6}, {8: {8: 0.9, 9: 0.1}, 9: {8: 0.2, 9: 0.8}}), biased(0.6, 0.2)],
        },
    )


LABELLED = ["mixture", "mixture of components", "own class", "own class of two components", "blocks"]


def made(kind, request):
    """Return a population of some kind, and the graph that it expands to."""
    if kind == "blocks":
        graph, client = CLUSTERS, request.getfixturevalue("client")
        blocks = pg.dask.build(graph.p, graph.kernel, labels=graph.labels, rows=5, client=client)
        return blocks, blocks.expand()
    population = {
        "mixture": mixed,
        "mixture of components": apart,
        "own class": lambda: OnlyNamed(CLUSTERS),
        "own class of two components": lambda: OnlyNamed(LETTERS),
        "own class without naturals": lambda: OnlyViews(CLUSTERS),
        "own class without naturals, of two components": lambda: OnlyViews(LETTERS),
    }[kind]()
    return population, population.expand()


@pytest.fixture(params=LABELLED)
def labelled(request):
    return made(request.param, request)


@pytest.fixture(params=[*LABELLED, "own class without naturals", "own class without naturals, of two components"])
def viewed(request):
    return made(request.param, request)


def test_the_classes_of_this_file_have_the_names_of_their_protocol_and_no_more():
    own = OnlyNamed(LETTERS)
    assert satisfies(own, LabelledPopulation)
    assert not hasattr(own, "factor")
    assert not hasattr(own.kernel, "indptr")
    assert satisfies(OnlyViews(LETTERS), ViewedPopulation)
    assert not satisfies(OnlyViews(LETTERS), LabelledPopulation)


def clean_k(graph, least=2):
    return next(k for k in graph.spectrum(min(12, graph.N)).clean_cuts if k >= least)


def some_labels(graph):
    """Labels of every third natural."""
    return [label if i % 3 == 0 else None for i, label in enumerate(graph.labels)]


# --- labellings


def test_what_a_labelling_costs(labelled):
    population, graph = labelled
    rng = np.random.default_rng(0)
    guess, few = rng.integers(0, 2, graph.N), some_labels(graph)
    for ask in (
        labelling.alpha,
        labelling.disagreement,
        labelling.inconsistency,
        lambda g: labelling.disagreement(g, guess.tolist()),
        lambda g: labelling.disagreement(g, labels=few),
        lambda g: labelling.inconsistency(g, guess.tolist()),
    ):
        assert ask(population) == pytest.approx(ask(graph), abs=1e-13)


def test_a_labelling_by_components_tells_no_pair_apart():
    for population in (apart(), OnlyNamed(LETTERS)):
        assert labelling.inconsistency(population, population.components.tolist()) == 0.0


def test_classes_as_many_as_views_take_no_table_of_their_square():
    """60,000 views of three naturals, each view a class of its own: a dense table of indicators would take 29 GB."""
    A = sp.csr_array((np.full(60_000, 1 / 20_000), np.arange(60_000), np.arange(0, 60_001, 20_000)), shape=(3, 60_000))
    graph = pg.build(np.full(3, 1 / 3), A)
    assert labelling.inconsistency(graph, list(range(60_000))) == pytest.approx(1 - 1 / 20_000)
    few_views = pg.build(
        np.full(20_000, 1 / 20_000), sp.csr_array(np.tile([[0.5, 0.5]], (20_000, 1))), labels=range(20_000)
    )
    assert labelling.alpha(few_views) == pytest.approx(1 - 1 / 20_000)


def test_sums_by_class_run_over_blocks_of_classes(monkeypatch):
    rng = np.random.default_rng(4)
    matrix, codes, weights = rng.random((4, 11)), rng.integers(-1, 7, 11), rng.random(11)
    expected = np.array([[row[codes == c] @ weights[codes == c] for c in range(7)] for row in matrix])
    monkeypatch.setattr(votes, "CLASSES_AT_ONCE", 3)
    for kernel in (matrix, sp.csr_array(matrix), Multiplies(matrix)):
        np.testing.assert_allclose(votes.sum_by_class(kernel, codes, 7, weights), expected, rtol=1e-14)


# --- probes


def assert_same_probe(found, expected):
    assert found.error == pytest.approx(expected.error, abs=1e-12)
    assert found.optimal == expected.optimal
    assert found.labelled == expected.labelled
    assert found.classes.tolist() == expected.classes.tolist()
    assert found.predicted.tolist() == expected.predicted.tolist()
    assert found.view_predictions.tolist() == expected.view_predictions.tolist()
    assert found.loss == pytest.approx(expected.loss, abs=1e-7)
    assert found.test_error == pytest.approx(expected.test_error, abs=1e-12)
    assert found.test_count == expected.test_count


@pytest.mark.parametrize("head", ["least squares", "logistic", "exact"])
@pytest.mark.parametrize("given", ["all", "few", "hard"])
def test_a_probe_is_that_of_the_expanded_graph(labelled, head, given):
    population, graph = labelled
    f = graph.spectrum(clean_k(graph))
    rng = np.random.default_rng(1)
    labels = {"all": None, "few": some_labels(graph), "hard": rng.integers(0, 2, graph.n).tolist()}[given]
    tested = list(graph.labels) if given == "few" else None
    if given == "hard" and head == "exact" and graph.n > 50:
        f, labels = f.embedding[:, :1], [int(label == graph.labels[0]) for label in graph.labels]
    expected = pg.probe(graph, f, labels, head=head, test_labels=tested)
    assert_same_probe(pg.probe(population, f, labels, head=head, test_labels=tested), expected)


def test_a_probe_of_its_own_spectrum(labelled):
    population, graph = labelled
    k = clean_k(graph)
    found, expected = pg.probe(population, population.spectrum(k)), pg.probe(graph, graph.spectrum(k))
    assert found.error == pytest.approx(expected.error, abs=1e-12)
    assert found.loss == pytest.approx(expected.loss, abs=1e-9)


def test_a_range_of_probes(labelled):
    population, graph = labelled
    k = clean_k(graph)
    found, expected = pg.probe_range(population, k, samples=5), pg.probe_range(graph, k, samples=5)
    assert (found.lowest, found.highest) == pytest.approx((expected.lowest, expected.highest), abs=1e-12)


def test_a_range_at_a_degenerate_cut_reaches_the_same_ends():
    cube = zoo.hypercube(3)
    found, expected = pg.probe_range(OnlyNamed(cube), 2), pg.probe_range(cube, 2)
    assert found.family == expected.family
    assert (found.lowest, found.highest) == (expected.lowest, expected.highest) == (0.0, 0.5)


def test_what_is_too_large_to_list_is_said_and_never_claimed_optimal(monkeypatch):
    """Without the shares of directions nothing is proven of other heads; with a search asked for, the refusal names .expand()."""
    monkeypatch.setattr(task, "MAX_SHARES", 10)
    parity = [i % 2 for i in range(CLUSTERS.n)]
    probed = pg.probe(OnlyNamed(CLUSTERS), CLUSTERS.spectrum(3), parity)
    assert probed.error > 0
    assert not probed.optimal
    with pytest.raises(TooLarge, match=r"products with a kernel that is not listed; use the population's \.expand\(\)"):
        pg.probe(OnlyNamed(CLUSTERS), CLUSTERS.spectrum(3), parity, head="exact")


def test_the_shares_of_a_kernel_that_multiplies_are_those_of_the_list(monkeypatch):
    monkeypatch.setattr(votes, "CLASSES_AT_ONCE", 3)
    X, y = CLUSTERS.spectrum(3).embedding, np.arange(CLUSTERS.n) % 3 - 1
    p = CLUSTERS.p * (y >= 0) / CLUSTERS.p[y >= 0].sum()
    shares = [
        task.Task(X, CLUSTERS.kernel.T @ p, p, kernel, y, 2, w_x_of_all=CLUSTERS.w_x).shares.toarray()
        for kernel in (CLUSTERS.kernel, Multiplies(CLUSTERS.kernel))
    ]
    np.testing.assert_allclose(shares[1], shares[0], rtol=1e-15)


# --- clusters and cuts


def test_clusters_are_those_of_the_expanded_graph(labelled):
    population, graph = labelled
    count = clean_k(graph)
    found = pg.spectral_clusters(population, count, rng=0, restarts=3)
    expected = pg.spectral_clusters(graph, count, rng=0, restarts=3)
    assert found.parts.tolist() == expected.parts.tolist()
    assert found.natural_parts.tolist() == expected.natural_parts.tolist()
    assert found.accuracy == pytest.approx(expected.accuracy, abs=1e-12)
    assert found.natural_accuracy == pytest.approx(expected.natural_accuracy, abs=1e-12)
    np.testing.assert_allclose(found.conductance, expected.conductance, atol=1e-13)
    assert found.agreement(graph.view_labels) == pytest.approx(expected.agreement(graph.view_labels))


def test_bounds_of_a_partition_are_those_of_the_expanded_graph(viewed):
    population, graph = viewed
    for m in (1, 2, clean_k(graph), graph.N):
        found, expected = pg.partition_bounds(population, m), pg.partition_bounds(graph, m)
        assert (found.lower, found.upper) == pytest.approx((expected.lower, expected.upper), abs=1e-12)
        assert found.partition.labels.tolist() == expected.partition.labels.tolist()
        np.testing.assert_allclose(found.partition.conductances, expected.partition.conductances, atol=1e-13)


def test_the_local_search_moves_the_same_views(viewed):
    population, graph = viewed
    from popgraph.downstream.partition import _improved

    start = np.arange(graph.N) % 3
    labels, moved = _improved(population, start, 3)
    expected, expected_moves = _improved(graph, start, 3)
    assert moved == expected_moves > 0
    assert parts.part_conductances(population, labels, 3).max() == pytest.approx(
        parts.part_conductances(graph, expected, 3).max(), abs=1e-12
    )


def test_conductances_of_sets(viewed):
    population, graph = viewed
    rng = np.random.default_rng(3)
    for _ in range(5):
        mask = rng.random(graph.N) < 0.5
        mask[0] = True
        assert conductance(population, mask) == pytest.approx(conductance(graph, mask), abs=1e-13)


def test_a_union_of_components_has_conductance_exactly_0(viewed):
    population, graph = viewed
    if graph.component_count == 1:
        assert conductance(population, np.ones(graph.N, dtype=bool)) == 0.0
        return
    for part in range(graph.component_count):
        assert conductance(population, graph.components == part) == 0.0
    split = graph.components == 0
    split[np.flatnonzero(split)[0]] = False
    assert conductance(population, split) > 0
    assert pg.sparsest_partition(population, graph.component_count).rho == 0.0


def test_a_conductance_far_below_rounding_keeps_its_digits():
    """Two halves that one natural of probability 1e-25 joins; 1 - (the pairs within) would be 0, or some 1e-16."""
    law = {"a": 0.5, "b": 0.5 - 1e-25, "c": 1e-25}
    graph = pg.build(law, {"a": {0: 0.5, 1: 0.5}, "b": {2: 0.4, 3: 0.6}, "c": {1: 0.5, 2: 0.5}})
    for population in (graph, OnlyNamed(graph), OnlyViews(graph)):
        assert conductance(population, [0, 1]) == pytest.approx(0.25e-25 / 0.5, rel=1e-12)


def test_a_part_with_a_whole_component_and_a_piece_of_another_is_not_closed():
    for graph in (LETTERS, OnlyViews(LETTERS)):
        labels = np.where(LETTERS.components == 0, 0, 1)
        assert parts.is_closed(graph, labels, 2).all()
        labels[np.flatnonzero(LETTERS.components == 1)[-1]] = 0
        assert not parts.is_closed(graph, labels, 2).any()
    three = np.array([0, 0, 1, 2, 2])
    order = np.argsort(LETTERS.components, kind="stable")
    labels = np.empty(5, dtype=int)
    labels[order] = three
    assert parts.is_closed(LETTERS, labels, 3).tolist() == [True, False, False]


def test_a_view_that_its_naturals_always_give_has_conductance_exactly_0():
    graph = pg.build({"a": 0.1, "b": 0.2, "c": 0.7}, {"a": {0: 1}, "b": {0: 1}, "c": {1: 0.3, 2: 0.7}})
    for population in (OnlyNamed(graph), OnlyViews(graph)):
        found = pg.sparsest_partition(population, 3).conductances
        assert found[0] == 0.0
        np.testing.assert_allclose(found, pg.sparsest_partition(graph, 3).conductances, atol=1e-15)


def test_the_sparsest_partition_of_few_views(viewed):
    population, graph = viewed
    if graph.N > 16:
        with pytest.raises(TooLarge, match="use partition_bounds"):
            pg.sparsest_partition(population, graph.component_count + 1)
        return
    for m in (1, graph.component_count + 1, graph.N):
        found, expected = pg.sparsest_partition(population, m), pg.sparsest_partition(graph, m)
        assert found.exact
        assert found.rho == pytest.approx(expected.rho, abs=1e-13)


def test_without_self_weights_no_view_is_moved_and_the_bracket_still_holds(monkeypatch):
    monkeypatch.setattr(parts, "MAX_PRODUCT_ENTRIES", 10)
    found = pg.partition_bounds(OnlyViews(CLUSTERS), 4)
    assert found.how.endswith("with 0 views moved")
    assert found.lower <= pg.partition_bounds(CLUSTERS, 4).upper <= found.upper + 1e-12
    with pytest.raises(TooLarge, match=r"use its \.expand\(\), or a smaller m"):
        pg.partition_bounds(OnlyViews(CLUSTERS), CLUSTERS.N)


def test_self_weights_are_read_off_in_blocks(monkeypatch):
    monkeypatch.setattr(parts, "UNIT_VECTORS_AT_ONCE", 4)
    np.testing.assert_allclose(parts.self_weights(OnlyViews(CLUSTERS)), np.diag(CLUSTERS.w), rtol=1e-13)


# --- comparisons


def perturbed(graph):
    """The same views with other weights: every natural may keep the first of its views."""
    A = 0.9 * graph.kernel.toarray()
    A[np.arange(graph.n), graph.kernel.toarray().argmax(axis=1)] += 0.1
    return pg.build(graph.p, A, views=list(graph.views))


def assert_same_comparison(found, expected):
    assert found.norm == pytest.approx(expected.norm, abs=1e-12)
    assert found.frobenius == pytest.approx(expected.frobenius, abs=1e-12)
    assert (found.views, found.shared_views, found.naturals) == (
        expected.views,
        expected.shared_views,
        expected.naturals,
    )
    assert found.largest_angle == pytest.approx(expected.largest_angle, abs=1e-7)
    np.testing.assert_allclose(found.gamma_other, expected.gamma_other, atol=1e-12)
    assert found.angle_bound == pytest.approx(expected.angle_bound, abs=1e-9)


def test_comparisons_are_those_of_the_expanded_graphs(viewed):
    population, graph = viewed
    other, k = perturbed(graph), clean_k(graph)
    assert_same_comparison(pg.compare(population, other, k), pg.compare(graph, other, k))
    assert_same_comparison(pg.compare(other, population, k), pg.compare(other, graph, k))
    same = pg.compare(population, population, k)
    assert same.norm < 1e-14
    assert same.shared_views == graph.N


def test_views_of_one_population_only_have_zero_rows():
    smaller = pg.build({"a": 0.5, "c": 0.5}, {"a": {"y": 0.2, "new": 0.8}, "c": {"z": 0.5, "t": 0.5}})
    for pair in (
        (OnlyNamed(LETTERS), smaller),
        (LETTERS, OnlyNamed(smaller)),
        (OnlyViews(LETTERS), OnlyViews(smaller)),
    ):
        found, expected = pg.compare(*pair, 2), pg.compare(LETTERS, smaller, 2)
        assert_same_comparison(found, expected)
        assert found.shared_naturals == (None if isinstance(pair[0], OnlyViews) else 2)
        assert ("naturals      5 and 2, 2 shared" in str(found)) == (found.shared_naturals is not None)


def test_large_differences_are_bracketed_by_products_alone(monkeypatch):
    other = perturbed(CLUSTERS)
    exact = pg.compare(CLUSTERS, other, 3)
    monkeypatch.setattr(difference, "DENSE_SIDE_LIMIT", 0)
    found = pg.compare(OnlyViews(CLUSTERS), OnlyNamed(other), 3)
    assert found.method.startswith("Lanczos")
    assert found.norm_lower <= exact.norm + 1e-12
    assert exact.norm <= found.norm + 1e-12
    assert found.norm < 1.02 * found.norm_lower
    assert found.frobenius is None


# --- what cannot answer


PRODUCT = pg.product([LETTERS, biased(0.2)])
VERBS = {
    "probe(graph, f)": lambda g: pg.probe(g, np.ones((10, 1))),
    "probe_range(graph, k)": lambda g: pg.probe_range(g, 2),
    "spectral_clusters(graph, count)": lambda g: pg.spectral_clusters(g, 2),
    "alpha(graph)": labelling.alpha,
    "disagreement(graph, view_labels)": labelling.disagreement,
    "inconsistency(graph, view_labels)": labelling.inconsistency,
    "partition_bounds(graph, m)": lambda g: pg.partition_bounds(g, 2),
    "sparsest_partition(graph, m)": lambda g: pg.sparsest_partition(g, 2),
    "conductance(graph, S)": lambda g: conductance(g, [0]),
    "compare(graph, other)": lambda g: pg.compare(g, LETTERS),
}
OF_NATURALS = list(VERBS)[:6]


@pytest.mark.parametrize("call", VERBS)
def test_a_product_is_refused_in_a_sentence_that_names_expand(call):
    with pytest.raises(InvalidArgument) as refused:
        VERBS[call](PRODUCT)
    message = str(refused.value)
    assert message.startswith(f"{call} needs a list of ")
    assert "ProductGraph" in message
    assert message.endswith("use its .expand()")


@pytest.mark.parametrize("call", OF_NATURALS)
def test_a_population_without_naturals_is_refused_where_they_are_needed(call):
    with pytest.raises(
        InvalidArgument, match=r"needs a list of naturals and views, which .* has not; use its \.expand\(\)"
    ):
        VERBS[call](OnlyViews(LETTERS))


@pytest.mark.parametrize("call", VERBS)
@pytest.mark.parametrize("value", [None, "graph", LETTERS.kernel, 3], ids=["None", "a word", "a matrix", "a number"])
def test_what_is_no_population_is_refused(call, value):
    with pytest.raises(InvalidArgument, match="takes a population first; got"):
        VERBS[call](value)


def test_the_second_of_two_populations_is_read_as_the_first_is():
    with pytest.raises(InvalidArgument, match=r"compare\(graph, other\) takes a population second; got 3"):
        pg.compare(LETTERS, 3)
    with pytest.raises(InvalidArgument, match=r"compare\(graph, other\) needs a list of views, .*expand\(\)"):
        pg.compare(LETTERS, PRODUCT)
