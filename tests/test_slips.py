"""Slips that `verify` names: an f that would match with its rows in another order is told so, and no other f is."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import popgraph as pg
from popgraph.verification import slips

KARATE = pg.zoo.edges({(u, v): d["weight"] for u, v, d in nx.karate_club_graph().edges(data=True)}, normalize=True)


def invertible(k, seed):
    """A random matrix of condition at most 3, so that no tolerance is in question."""
    rng = np.random.default_rng(seed)
    Q = np.linalg.qr(rng.standard_normal((k, k)))[0]
    return Q * rng.uniform(1, 3, k)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 5))
def test_a_right_f_in_another_order_is_told_so_and_the_order_mends_it(seed, k):
    graph = KARATE
    f = graph.spectrum(k).embedding @ invertible(k, seed)
    shuffled = f[np.random.default_rng(seed).permutation(graph.N)]
    match = pg.verify(graph, shuffled)
    assert not match
    assert "Rows permuted?" in match.reason
    order = slips.permuted_rows(shuffled, graph.spectrum(k).eigenvectors, np.sqrt(graph.w_x), 2**-10)
    assert sorted(order.tolist()) == list(range(graph.N))
    assert pg.verify(graph, shuffled[order])


@pytest.mark.parametrize("graph", [pg.zoo.ring(9), pg.zoo.dumbbell(5), pg.zoo.rotations()], ids=repr)
def test_where_views_are_alike_any_of_the_right_orders_will_do(graph):
    k = next(cut for cut in graph.spectrum(graph.N).clean_cuts if cut > 1)
    f = graph.spectrum(k).embedding @ invertible(k, 1)
    shuffled = f[np.random.default_rng(1).permutation(graph.N)]
    match = pg.verify(graph, shuffled)
    order = slips.permuted_rows(shuffled, graph.spectrum(k).eigenvectors, np.sqrt(graph.w_x), 2**-10)
    assert match or ("Rows permuted?" in match.reason and pg.verify(graph, shuffled[order]))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_an_f_that_no_order_mends_is_not_said_to_be_permuted(seed):
    f = np.random.default_rng(seed).standard_normal((KARATE.N, 3))
    assert "permuted" not in pg.verify(KARATE, f).reason


def test_the_next_eigenvector_in_place_of_the_last_is_no_permutation():
    f = KARATE.spectrum(4).embedding[:, [0, 1, 3]]
    assert "permuted" not in pg.verify(KARATE, f).reason


def test_the_search_ends_where_it_is_large(monkeypatch):
    monkeypatch.setattr(slips, "MAX_VIEWS_PERMUTED", 10)
    f = KARATE.spectrum(3).embedding[::-1]
    assert "permuted" not in pg.verify(KARATE, f).reason


@pytest.mark.parametrize("size", [1e-300, 1.0, 1e300])
def test_another_span_is_named_whatever_the_size_of_the_entries(size):
    """Squares of huge entries overflow, and of tiny ones vanish; a span has no size."""
    graph = pg.zoo.lightning_cloud()
    f = size * graph.spectrum(2).eigenvectors / graph.w_x[:, np.newaxis]
    wrong = pg.verify(graph, f @ np.array([[1.0, 2.0], [0.0, 1.0]]))
    assert not wrong
    assert "The table times w_x spans F*" in wrong.reason
