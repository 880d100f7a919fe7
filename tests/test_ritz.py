"""Ritz pairs of a class of functions, against the dense spectrum of the projected matrix."""

import sys

import numpy as np
import pytest

from popgraph import zoo
from popgraph.errors import NotConverged
from popgraph.spectrum.ritz import ritz
from popgraph.spectrum.solvers.symmetric import eigenpairs

SPLIT = zoo.clusters(count=3, cross=0)
NAMES = ["three clusters", "ring", "cube", "lightning and cloud"]


def pairs(graph, basis, k):
    """Ask for the Ritz pairs of the span of orthonormal columns, with T = I (the weights are not looked at here)."""
    return ritz(graph.factor, graph.w_x, basis, np.eye(basis.shape[1]), k)


def projected(graph, basis):
    return basis.T @ graph.adjacency @ basis


def random_basis(n, d, seed=0):
    return np.linalg.qr(np.random.default_rng(seed).standard_normal((n, d)))[0]


@pytest.mark.parametrize("k", [1, 3, 5])
def test_the_certificate_knows_the_next_ritz_value(k):
    graph = zoo.clusters(count=3)
    basis = random_basis(graph.N, 5)
    theta = np.linalg.eigvalsh(projected(graph, basis))[::-1]
    found = pairs(graph, basis, k)
    np.testing.assert_allclose(found.gamma, theta[:k], atol=1e-14)
    expected = theta[k] if k < 5 else 0.0
    assert found.certificate.remainder == pytest.approx(expected, abs=1e-14)
    assert found.certificate.remainder_bound == pytest.approx(expected, abs=1e-14)
    assert found.floor == 0.0
    assert len(found.gamma_known) == 5  # there are no more Ritz values than features


@pytest.mark.parametrize("graph", [SPLIT, zoo.ring(7), zoo.hypercube(3), zoo.lightning_cloud()], ids=NAMES)
def test_all_functions_see_the_components_and_no_value_beyond_0_and_1(graph):
    found = pairs(graph, np.eye(graph.N), graph.N)
    assert found.components == graph.component_count
    assert 0 <= found.gamma.min() <= found.gamma.max() <= 1


def test_a_function_of_one_component_alone_is_one_of_no_other():
    graph = SPLIT
    top = np.sqrt(graph.w_x) * (graph.components == 1)
    assert pairs(graph, (top / np.linalg.norm(top))[:, np.newaxis], 1).components == 1
    split = np.zeros((graph.N, 1))
    split[0] = 1.0  # no function of a component, and θ below 1
    assert pairs(graph, split, 1).components == 0


def test_a_class_that_the_graph_sends_to_0_has_ritz_values_of_0():
    graph = zoo.clusters(count=3, naturals=4)
    values, V = np.linalg.eigh(graph.adjacency)
    null = V[:, values < 1e-10]
    assert null.shape[1] == graph.N - graph.n > 0
    assert not np.any(pairs(graph, null, null.shape[1]).gamma)


def test_a_wrong_pair_of_the_projected_matrix_is_named(monkeypatch):
    graph, real = zoo.clusters(count=3), eigenpairs
    basis = random_basis(graph.N, 4)

    def wrong(matrix):
        theta, U = real(matrix)
        U[:, :2] = U[:, :2] @ np.array([[0.8, -0.6], [0.6, 0.8]])  # the two last are mixed
        return theta, U

    theta, U = wrong(projected(graph, basis))
    error = np.linalg.norm(projected(graph, basis) @ U - U * theta, axis=0)[::-1]
    assert np.allclose(error, [0, 0, error.max(), error.max()])  # both of the mixed pair; which is larger is rounding's
    monkeypatch.setattr(sys.modules[ritz.__module__], "eigenpairs", wrong)
    with pytest.raises(NotConverged, match=rf"eigenpair [34] has a residual of {error.max():.1e}"):
        pairs(graph, basis, 4)
