"""The zoo: each population's known facts."""

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from cases import ZOO

from popgraph import zoo
from popgraph.errors import InvalidArgument, InvalidDistribution, TooLarge


def test_lightning_and_cloud_have_the_numbers_of_the_paper():
    """THEORY 11."""
    graph = zoo.lightning_cloud()
    block = np.array([[2 / 9, 1 / 9], [1 / 9, 1 / 18]])
    normalised = np.array([[2 / 3, np.sqrt(2) / 3], [np.sqrt(2) / 3, 1 / 3]])
    np.testing.assert_allclose(graph.w, np.kron(np.eye(2), block), atol=1e-12)
    np.testing.assert_allclose(graph.w_x, [1 / 3, 1 / 6, 1 / 3, 1 / 6], atol=1e-12)
    np.testing.assert_allclose(graph.adjacency, np.kron(np.eye(2), normalised), atol=1e-12)
    assert [view.name for view in graph.views] == ["lightning", "lightning rotated", "cloud", "cloud rotated"]
    assert graph.labels.tolist() == ["lightning", "cloud"]
    assert graph.is_exact


@pytest.mark.parametrize(("probability", "views"), [(0, 2), (1, 2), (Fraction(2, 7), 4), (0.5, 4)])
def test_lightning_and_cloud_at_any_probability(probability, views):
    assert views == zoo.lightning_cloud(probability).N


@pytest.mark.parametrize(("d", "flip"), [(1, "1/3"), (4, "1/4"), (6, 0.05)])
def test_the_hypercube_has_the_parities_for_eigenvectors(d, flip):
    """γ_S = (1 - 2q)^(2|S|) on χ_S(x) = Π_{i in S} (-1)^x_i."""
    graph = zoo.hypercube(d, flip)
    signs = 1 - 2.0 * np.array(graph.views)
    for subset in range(2**d):
        chosen = [i for i in range(d) if subset >> i & 1]
        parity = signs[:, chosen].prod(axis=1)
        gamma = (1 - 2 * float(Fraction(flip))) ** (2 * len(chosen))
        np.testing.assert_allclose(graph.adjacency @ parity, gamma * parity, atol=1e-12)
    assert [count for _, count in graph.spectrum(1).multiplicities] == [comb(d, j) for j in range(d + 1)]


def test_planted_clusters_have_one_large_eigenvalue_each():
    graph = zoo.clusters(count=5, naturals=50, views=30, cross=0.02)
    spectrum = graph.spectrum(5)
    assert spectrum.gap > 0.5
    assert graph.component_count == 1
    assert (np.bincount(graph.labels) == 50).all()
    assert (graph.view_labels == np.repeat(np.arange(5), 30)).all()


def test_clusters_that_are_not_joined_are_components():
    graph = zoo.clusters(count=4, cross=0)
    assert graph.component_count == 4
    assert (graph.components == np.repeat(np.arange(4), 20)).all()


@pytest.mark.parametrize("name", ZOO)
def test_every_natural_has_a_label(name):
    graph = ZOO[name]
    assert graph.labels.shape == (graph.n,)
    assert graph.view_labels.shape == (graph.N,)
    assert graph.name


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: zoo.hypercube(30), TooLarge, "the 30-cube's kernel has .* entries; give d <= 13"),
        (lambda: zoo.hypercube(0), InvalidArgument, "d is 0; a hypercube has a whole number of bits, 1 or more"),
        (lambda: zoo.hypercube(2, 1.5), InvalidDistribution, "probability is 1.5; it must be between 0 and 1"),
        (
            lambda: zoo.clusters(count=2, naturals=1, views=9, degree=3),
            InvalidArgument,
            "does not fit: it needs 1 <= degree",
        ),
        (lambda: zoo.clusters(cross=1.0), InvalidArgument, "0 <= cross < 1"),
        (lambda: zoo.lightning_cloud(-1), InvalidDistribution, "probability is -1; probabilities must not be negative"),
    ],
)
def test_what_is_no_population_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
