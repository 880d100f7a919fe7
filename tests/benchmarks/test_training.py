"""Training side by side with the sparse SVD of the same factor: run `pytest tests/benchmarks --benchmark-enable`.

`training.py` prints more of it: easy and hard cuts, products, and the angles that are reached.
"""

import numpy as np
import pytest
from scipy.sparse.linalg import svds

import popgraph as pg

K = 10


@pytest.fixture(scope="module")
def graph():
    """10,000 views, 16 per natural, in 10 clusters."""
    graph = pg.zoo.clusters(count=10, naturals=500, views=1000, degree=15, cross=0.05, rng=0)
    assert graph.N == 10_000
    assert graph.kernel.nnz == 16 * graph.n
    return graph


@pytest.mark.benchmark(group="10,000 views, k = 10")
def test_sparse_svd(benchmark, graph):
    benchmark(lambda: svds(graph.factor, k=K, rng=0))


@pytest.mark.benchmark(group="10,000 views, k = 10")
def test_train(benchmark, graph):
    training = benchmark(lambda: pg.train(graph, K, rng=0))
    assert pg.verify(graph, training.f).largest_angle < 1e-6


@pytest.mark.benchmark(group="10,000 views, k = 10")
def test_spectrum(benchmark, graph):
    spectrum = benchmark(lambda: graph.spectrum(K))
    np.testing.assert_allclose(spectrum.gamma, svds(graph.factor, k=K, rng=0)[1][::-1] ** 2, atol=1e-12)
