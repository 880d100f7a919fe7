"""Every kind of population satisfies its protocol, and answers as the graph that it expands to."""

from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest

import popgraph as pg
from popgraph import structure
from popgraph.basics.arguments.populations import satisfies
from popgraph.basics.protocols import Coordinates, LabelledPopulation, Population, UnlistedPopulation, ViewedPopulation
from popgraph.errors import TooLarge
from popgraph.populations.weights import pair_weights

LETTERS = pg.build(
    {"a": 0.5, "b": 0.3, "c": 0.2},
    {"a": {"x": 0.7, "y": 0.3}, "b": {"y": 1.0}, "c": {"z": 0.4, "t": 0.6}},
    labels=["vowel", "consonant", "consonant"],
    name="letters",
)
BIASED = pg.build({0: 0.75, 1: 0.25}, {0: {0: 0.9, 1: 0.1}, 1: {0: 0.1, 1: 0.9}})
MIXED = structure.mixture(
    {"cat": 0.4, "dog": 0.6}, {"cat": [BIASED, LETTERS], "dog": [pg.zoo.hypercube(1)] * 2}, name="pets"
)
TWO = structure.mixture(
    ["even", "odd"], {"even": [BIASED] * 3, "odd": [BIASED] * 2 + [pg.build([1, 2], {1: {1: 1}, 2: {0: 0.5, 1: 0.5}})]}
)
PRODUCT = pg.product([LETTERS, BIASED], name="pair")


VIEWED = ["listed", "mixture", "mixture with views of its own", "blocks", "blocks of rows"]


@pytest.fixture(params=VIEWED)
def population(request):
    if request.param == "listed":
        return LETTERS
    if request.param == "mixture":
        return TWO
    if request.param == "mixture with views of its own":
        return MIXED
    client = request.getfixturevalue("client")
    if request.param == "blocks":
        rows = {"a": {"x": 0.7, "y": 0.3}, "b": {"y": 1.0}, "c": {"z": 0.4, "t": 0.6}}
        labels = {"c": "consonant", "b": None, "a": "vowel"}
        return pg.dask.build({"a": 0.5, "b": 0.3, "c": 0.2}, rows, labels=labels, rows=2, client=client, name="letters")
    p, A = LETTERS.p, LETTERS.kernel.toarray()
    return pg.dask.from_blocks(lambda i: (p[i : i + 1], A[i : i + 1]), 3, labels=[1, 2, 2], client=client)


def test_each_kind_satisfies_its_protocol(population):
    for protocol in (Population, Coordinates, ViewedPopulation, LabelledPopulation):
        assert satisfies(population, protocol)
    assert satisfies(PRODUCT, UnlistedPopulation)
    assert not satisfies(PRODUCT, ViewedPopulation)
    assert not satisfies(population, UnlistedPopulation)


def test_what_is_multiplied_is_the_expanded_graph(population):
    graph = population.expand()
    assert isinstance(graph, pg.PopulationGraph)
    rng = np.random.default_rng(0)
    X, Y = rng.standard_normal((graph.N, 3)), rng.standard_normal((graph.n, 2))
    for columns in (X, X[:, 0], np.asfortranarray(X)):
        np.testing.assert_allclose(population.gram(columns), graph.adjacency @ columns, atol=1e-14)
        np.testing.assert_allclose(population.kernel @ columns, graph.kernel.toarray() @ columns, atol=1e-14)
    for columns in (Y, Y[:, 0]):
        np.testing.assert_allclose(population.kernel.T @ columns, graph.kernel.toarray().T @ columns, atol=1e-14)
    assert population.trace == pytest.approx(np.trace(graph.adjacency), abs=1e-14)
    np.testing.assert_allclose(pair_weights(population), graph.w, atol=1e-15)
    assert (pair_weights(population) == pair_weights(population).T).all()


def test_what_is_listed_is_the_expanded_graph(population):
    graph = population.expand()
    assert (population.name, population.n, population.N) == (graph.name, graph.n, graph.N)
    assert population.component_count == graph.component_count
    assert list(population.naturals) == list(graph.naturals)
    assert list(population.views) == list(graph.views)
    assert list(population.labels) == list(graph.labels)
    assert list(population.view_labels) == list(graph.view_labels)
    np.testing.assert_allclose(population.p, graph.p, rtol=1e-15)
    np.testing.assert_allclose(population.w_x, graph.w_x, rtol=1e-14)
    np.testing.assert_array_equal(population.components, graph.components)
    np.testing.assert_allclose(population.spectrum(2).gamma, graph.spectrum(2).gamma, atol=1e-13)
    for i in (0, graph.n - 1):
        assert population.naturals.index(graph.naturals[i]) == i


def frequencies(pairs, n_views):
    return np.bincount(pairs[:, 0] * n_views + pairs[:, 1], minlength=n_views**2)


def test_pairs_are_drawn_from_w(population):
    """Pearson's statistic over the N² pairs has mean N² - 1 and variance 2(N² - 1) nearly; six deviations never fall outside."""
    size, w = 20_000, population.expand().w.ravel()
    pairs = population.sample_pairs(size, rng=7)
    assert pairs.shape == (size, 2)
    seen, possible = frequencies(pairs, population.N), w > 0
    assert not seen[~possible].any()
    cells = int(possible.sum())
    statistic = float(np.sum((seen[possible] - size * w[possible]) ** 2 / (size * w[possible])))
    assert statistic < cells + 6 * np.sqrt(2 * cells)
    np.testing.assert_array_equal(population.sample_pairs(9, rng=1), population.sample_pairs(9, rng=1))


def test_pairs_of_a_product_are_positions_by_coordinate():
    pairs = PRODUCT.sample_pairs(20_000, rng=7)
    assert pairs.shape == (20_000, 2, 2)
    for j, factor in enumerate(PRODUCT.factors):
        seen = frequencies(pairs[:, :, j], factor.N).reshape(factor.N, factor.N) / len(pairs)
        assert np.abs(seen - factor.w).max() < 6 * np.sqrt(0.25 / len(pairs))


def test_blocks_draw_the_pairs_of_the_graph_in_memory(client):
    graph = pg.zoo.hypercube(5)
    blocks = pg.dask.build(graph.p, graph.kernel, rows=7, client=client)
    np.testing.assert_array_equal(blocks.sample_pairs(500, rng=3), graph.sample_pairs(500, rng=3))
    np.testing.assert_array_equal(blocks.sample_views(500, rng=3), graph.sample_views(500, rng=3))
    assert blocks.sample_pairs(0, rng=0).shape == (0, 2)
    words = ["three", "hree", "ree", "four", "our", "x"]
    shorten = pg.apply(lambda word: word[1:] or "nothing", "1/3")
    order = sorted({*words, *(word[1:] or "nothing" for word in words)})  # not that in which the blocks meet the views
    graph = pg.build(words, shorten, views=order)
    blocks = pg.dask.build(words, shorten, views=order, rows=2, client=client)
    np.testing.assert_array_equal(blocks.sample_pairs(500, rng=3), graph.sample_pairs(500, rng=3))


def test_view_labels_of_blocks_break_ties_as_in_memory(client, monkeypatch):
    """Each view of a cube is as probable under either parity of some naturals; sums that run in another order would differ."""
    cube = pg.zoo.hypercube(6, "1/2")
    labels = [None if i % 7 == 0 else f"class {i % 5}" for i in range(cube.n)]
    alone = pg.build(cube.p, cube.kernel, labels=labels)
    blocks = pg.dask.build(cube.p, cube.kernel, labels=labels, rows=9, client=client)
    assert list(blocks.view_labels) == list(alone.view_labels)
    monkeypatch.setattr(import_module("popgraph.dask.drawing"), "CLASS_MASS_BYTES", 8 * cube.N * 2)
    again = replace(blocks, labels=blocks.labels)
    assert list(again.view_labels) == list(alone.view_labels)


def test_what_does_not_fit_names_what_serves(client):
    blocks = pg.dask.build([0, 1], pg.identity(), client=client)
    with pytest.raises(
        TooLarge,
        match=r"the kernel has 100,000,000 entries and takes 1.2 GB, more than 268 MB; spectrum, verify, train and sample",
    ):
        replace(blocks, nnz=10**8).expand()
    large = structure.mixture([0], {0: [pg.zoo.hypercube(1)] * 14})
    with pytest.raises(
        TooLarge, match=r"w of 16,384 views as a dense array needs 2\.\d+ GB, more than 1\.\d+ GB; use graph\.gram"
    ):
        pair_weights(large)


def test_a_transpose_too_large_to_keep_gives_the_same_bits(monkeypatch):
    X = np.random.default_rng(0).standard_normal((LETTERS.N, 3))
    kept = LETTERS.gram(X)
    monkeypatch.setattr(import_module("popgraph.populations.factored_views"), "MAX_ENTRIES_TRANSPOSED", 0)
    np.testing.assert_array_equal(replace(LETTERS).gram(X), kept)
