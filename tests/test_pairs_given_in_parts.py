"""Cuts and shares of pairs that are given directly: brute force on w."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import popgraph as pg
from popgraph.downstream import inconsistency
from popgraph.populations import pair_graph


def random_pairs(seed, N=6):
    rng = np.random.default_rng(seed)
    w = rng.integers(0, 4, (N, N)) * rng.integers(0, 2, (N, N))
    w = w + w.T + np.eye(N, k=1) + np.eye(N, k=-1)
    return pair_graph(tuple(range(N)), w / w.sum())


@given(st.integers(0, 10**6))
def test_cuts_of_given_pairs(seed):
    graph = random_pairs(seed)
    w, w_x = graph.w, graph.w_x

    def worst(parts, m):
        return max(w[np.ix_(parts == c, parts != c)].sum() / w_x[parts == c].sum() for c in range(m))

    masks = [np.array([m >> x & 1 for x in range(graph.N)]) for m in range(1, 2**graph.N - 1)]
    assert pg.sparsest_partition(graph, 2).rho == pytest.approx(min(worst(parts, 2) for parts in masks), abs=1e-12)
    assert pg.sparsest_partition(graph, graph.N).rho == pytest.approx(np.max(1 - w.diagonal() / w_x), abs=1e-12)
    labels = np.random.default_rng(seed).integers(0, 3, graph.N)
    apart = float(np.sum(w * np.not_equal.outer(labels, labels)))
    assert inconsistency(graph, labels.tolist()) == pytest.approx(apart, abs=1e-14)
    step = pg.selftraining.iterate(graph, labels.tolist(), steps=0)
    assert step.inconsistency[0] == pytest.approx(apart, abs=1e-14)
    clusters = pg.spectral_clusters(graph, 2, rng=0)
    parts = clusters.parts
    expected = [w[np.ix_(parts == c, parts != c)].sum() / w_x[parts == c].sum() for c in range(2)]
    assert clusters.conductance == pytest.approx(expected, abs=1e-12)


def test_the_triangle():
    triangle = pair_graph("abc", (np.ones((3, 3)) - np.eye(3)) / 6)
    assert pg.sparsest_partition(triangle, 3).rho == 1.0
    assert inconsistency(triangle, ["x", "y", "z"]) == pytest.approx(1.0)
    bounds = pg.partition_bounds(triangle, 2)
    assert bounds.lower <= 1.0 + 1e-12
    assert bounds.upper >= 1.0 - 1e-12
