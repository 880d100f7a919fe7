"""Conductance, sparsest partitions against brute force, and the bracket at any size."""

from functools import cache

import numpy as np
import pytest
from cases import ZOO, brute_w, populations
from hypothesis import given, settings
from hypothesis import strategies as st
from layers import examples

import popgraph as pg
from popgraph import zoo
from popgraph.downstream import partition
from popgraph.downstream.partition import (
    conductance,
    partition_bounds,
    sparsest_partition,
    sparsest_partitions,
    steps_of_search,
)
from popgraph.downstream.parts import part_conductances
from popgraph.errors import InvalidArgument, TooLarge


@cache
def set_partitions(n):
    """Every set partition of 0..n-1 as bit masks, (count, n) padded with 0, and how many parts each has."""

    def grow(masks, x):
        if x == n:
            yield masks
            return
        for part in range(len(masks)):
            yield from grow([*masks[:part], masks[part] | 1 << x, *masks[part + 1 :]], x + 1)
        yield from grow([*masks, 1 << x], x + 1)

    listed = list(grow([], 0))
    return np.array([masks + [0] * (n - len(masks)) for masks in listed]), np.array([len(masks) for masks in listed])


def by_definition(w, part):
    return w[np.ix_(part, ~part)].sum() / w[part].sum()


def brute(graph):
    """ρ_m for every m, over all set partitions."""
    w, N = brute_w(graph), graph.N
    phi = np.full(1 << N, -np.inf)  # of the empty padding
    for mask in range(1, 1 << N):
        phi[mask] = by_definition(w, np.array([bool(mask >> x & 1) for x in range(N)]))
    masks, parts = set_partitions(N)
    worst = phi[masks].max(axis=1)
    return np.array([np.inf, *(worst[parts == m].min() for m in range(1, N + 1))])


def random_graph(seed, most=9):
    rng = np.random.default_rng(seed)
    n, N = rng.integers(1, 10), rng.integers(2, most + 1)
    A = rng.random((n, N)) ** rng.choice([1, 5]) * (rng.random((n, N)) < rng.choice([0.3, 0.7, 1.0]))
    A[np.arange(n), rng.integers(0, N, n)] += 1e-2
    return pg.build(rng.dirichlet(np.ones(n)) + 1e-6, A, normalize=True, drop_unreachable=True)


@pytest.mark.parametrize("low_bits", [partition.LOW_VIEWS, 3])
def test_the_exact_rho_is_that_of_brute_force_for_every_m(low_bits, monkeypatch):
    """Whether a set fits into one row of the tables, or its high bits are folded row by row."""
    monkeypatch.setattr(partition, "LOW_VIEWS", low_bits)
    for seed in range(examples(100)):
        graph = random_graph(seed)
        expected = brute(graph)
        for m in range(1, graph.N + 1):
            found = sparsest_partition(graph, m)
            assert found.rho == pytest.approx(expected[m], abs=1e-12), (seed, m)
            assert found.exact
            assert sorted(set(found.labels.tolist())) == list(range(m))
            each = [by_definition(brute_w(graph), found.labels == part) for part in range(m)]
            np.testing.assert_allclose(found.conductances, each, atol=1e-12)


def test_tables_made_once_serve_every_m_as_those_made_for_it():
    for seed in range(20):
        graph = random_graph(seed)
        counts = np.random.default_rng(seed).permutation(graph.N) + 1
        found = sparsest_partitions(graph, counts.tolist())
        for m in counts.tolist():
            alone = sparsest_partition(graph, m)
            assert found[m].labels.tolist() == alone.labels.tolist(), (seed, m)
            assert found[m].conductances.tobytes() == alone.conductances.tobytes()
            assert (steps_of_search(graph, m) == 0) == (m in (2, graph.N) or m <= graph.component_count)


def test_there_are_as_many_set_partitions_as_bell_counted():
    assert [len(set_partitions(n)[1]) for n in range(1, 10)] == [1, 2, 5, 15, 52, 203, 877, 4140, 21147]
    assert max(random_graph(seed).N for seed in range(100)) == 9


@pytest.mark.parametrize("m", [2, 3, 4, 6])
def test_planted_groups_of_twelve_views_are_the_sparsest(m):
    """The planted cut is found whatever the order of the views, of more of them than brute force lists."""
    order, size = np.random.default_rng(0).permutation(12), 12 // m
    block = np.kron(np.eye(m), np.ones((size, size))) * 0.95 / size + 0.05 / 12
    graph = pg.build(np.full(12, 1 / 12), block[np.ix_(order, order)])
    found = sparsest_partition(graph, m)
    planted = order // size
    assert len(set(zip(found.labels.tolist(), planted.tolist(), strict=True))) == m
    assert found.rho == pytest.approx(by_definition(brute_w(graph), planted == 0), abs=1e-12)


@pytest.mark.parametrize("m", [2, 4, 8])
def test_the_4_cube_is_cut_into_faces(m):
    """16 views, the most that are searched: a face of codimension c loses 1 - (1 - 2q(1-q))^c, and no set of its size less."""
    assert sparsest_partition(zoo.hypercube(4), m).rho == pytest.approx(1 - (5 / 8) ** np.log2(m), abs=1e-12)


@settings(max_examples=examples(40))
@given(populations(6, 7))
def test_laws_of_rho(graph):
    """ρ_m <= ρ_{m+1}; 0 iff at least m components; λ_m/2 <= ρ_m; Cheeger's ρ_2 <= √(2 λ_2); ρ_N is the least self-weight's."""
    rho = [sparsest_partition(graph, m).rho for m in range(1, graph.N + 1)]
    gamma = graph.spectrum(graph.N).gamma
    assert (np.diff(rho) >= -1e-12).all()
    for m in range(1, graph.N + 1):
        assert (rho[m - 1] == 0) == (m <= graph.component_count)
        assert (1 - gamma[m - 1]) / 2 <= rho[m - 1] + 1e-12
    if graph.N > 1:
        assert rho[1] <= np.sqrt(2 * (1 - gamma[1])) + 1e-7
    w = brute_w(graph)
    assert rho[-1] == pytest.approx(np.max(1 - np.diag(w) / w.sum(axis=1)), abs=1e-9)


@settings(max_examples=examples(40))
@given(populations(6, 8), st.integers(1, 8))
def test_the_bracket_holds_the_exact_value(graph, m):
    m = min(m, graph.N)
    bounds, exact = partition_bounds(graph, m), sparsest_partition(graph, m)
    assert bounds.lower <= exact.rho + 1e-12
    assert exact.rho <= bounds.upper + 1e-12
    assert bounds.partition.m == m
    assert bounds.upper == bounds.partition.rho


@pytest.mark.parametrize("name", ZOO)
def test_the_bracket_stands_on_the_zoo(name):
    graph = ZOO[name]
    for m in (1, 2, min(5, graph.N)):
        bounds = partition_bounds(graph, m)
        assert 0 <= bounds.lower <= bounds.upper + 1e-12
        assert (bounds.upper == 0) == (m <= graph.component_count)


def test_local_search_mends_a_bad_start():
    from popgraph.downstream.partition import _improved

    graph = zoo.clusters(count=3, naturals=8, views=6)
    planted = np.repeat(np.arange(3), 6)
    start = planted.copy()
    start[[0, 7, 13]] = [1, 2, 0]
    labels, moved = _improved(graph, start, 3)
    assert moved >= 3
    assert part_conductances(graph, labels, 3).max() <= part_conductances(graph, planted, 3).max() + 1e-12


def test_a_large_graph_is_bracketed():
    graph = zoo.clusters(count=10, naturals=1000, views=1000)
    bounds = partition_bounds(graph, 10)
    assert 0.01 < bounds.lower <= bounds.upper < 0.2
    assert conductance(graph, bounds.partition.labels == 0) == pytest.approx(bounds.partition.conductances[0])


def test_conductance_takes_positions_and_masks():
    graph = zoo.hypercube(3)
    face = np.array([view[0] == 0 for view in graph.views])
    assert conductance(graph, face) == pytest.approx(0.375)
    assert conductance(graph, np.flatnonzero(face)) == pytest.approx(0.375)
    assert conductance(graph, range(8)) == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda g: conductance(g, []), "S is empty"),
        (lambda g: conductance(g, [8]), r"S is \[8\]; it must hold positions of views, 0..7"),
        (lambda g: conductance(g, [0.5]), "it must hold positions of views"),
        (lambda g: conductance(g, np.ones(3, dtype=bool)), r"S is a mask of shape \(3,\); 8 views need \(8,\)"),
        (lambda g: sparsest_partition(g, 0), "m is 0; it must be a whole number from 1 to the number of views, 8"),
        (lambda g: sparsest_partition(g, 9), "m is 9"),
        (lambda g: partition_bounds(g, 2.0), "m is 2.0"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(InvalidArgument, match=message):
        call(zoo.hypercube(3))


def test_too_many_views_are_refused_unless_a_closed_form_is_known():
    graph = zoo.hypercube(5)
    with pytest.raises(
        TooLarge, match="32 views would take 3\\^32 steps; at most 16 views are searched: use partition_bounds"
    ):
        sparsest_partition(graph, 2)
    assert sparsest_partition(graph, 32).rho == pytest.approx(conductance(graph, [0]))
    assert sparsest_partition(graph, 1).rho == 0
    assert repr(sparsest_partition(zoo.lightning_cloud(), 2)) == "Partition(4 views in 2 parts, rho 0, exact)"
