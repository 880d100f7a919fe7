"""`spectral_clusters`: known partitions, conductance by its definition, matchings by brute force, and k-means' own laws."""

import pickle
from itertools import permutations

import numpy as np
import pytest
from cases import GRAPHS, populations
from hypothesis import given
from hypothesis import strategies as st

import popgraph as pg
from popgraph import zoo
from popgraph.downstream.clustering import k_means, matched_share, spectral_clusters
from popgraph.errors import InvalidArgument, InvalidEmbedding

LC = zoo.lightning_cloud()
PLANTED = zoo.clusters(count=4, naturals=30, views=25)


def conductance(graph, inside):
    """φ_G(S), from w itself."""
    return graph.w[np.ix_(inside, ~inside)].sum() / graph.w_x[inside].sum()


def best_over_permutations(joint):
    """The largest matched mass, over all ways to pair the shorter side with some of the longer."""
    joint = joint if joint.shape[0] <= joint.shape[1] else joint.T
    rows, columns = joint.shape
    return max(joint[np.arange(rows), list(chosen)].sum() for chosen in permutations(range(columns), rows))


@pytest.mark.parametrize("count", [2, 5, 13])
def test_components_are_found_whole(count):
    graph = zoo.clusters(count=count, naturals=8, views=6, degree=3, cross=0)
    found = spectral_clusters(graph, count, rng=0)
    assert (found.parts == graph.components).all()
    assert (found.conductance == 0).all()
    assert found.accuracy == pytest.approx(1)
    assert found.natural_accuracy == pytest.approx(1)
    assert found.inertia == pytest.approx(0, abs=1e-20)


def test_planted_clusters_are_found_and_the_numbers_follow():
    found = spectral_clusters(PLANTED, 4, rng=0)
    truth = np.repeat(np.arange(4), 25)
    assert (found.parts == truth).all()
    assert (found.natural_parts == PLANTED.labels).all()
    assert found.accuracy == pytest.approx(0.95)  # `cross` of each natural's mass lies in another cluster
    assert found.natural_accuracy == pytest.approx(1)
    assert found.agreement(PLANTED.view_labels) == pytest.approx(1)
    assert found.gap == pytest.approx(PLANTED.spectrum(4).gap)
    np.testing.assert_allclose(found.sizes, [PLANTED.w_x[truth == c].sum() for c in range(4)])
    np.testing.assert_allclose(found.conductance, [conductance(PLANTED, truth == c) for c in range(4)], atol=1e-13)


@given(populations(), st.integers(1, 4), st.integers(0, 100))
def test_every_partition_is_one_and_has_the_conductances_of_its_definition(graph, count, seed):
    if count > graph.N:
        return
    spectrum = graph.spectrum(count)
    rows = spectrum.eigenvectors[:, spectrum.gamma > 0]
    length = np.linalg.norm(rows, axis=1, keepdims=True)  # 0 in a component that the leading pairs leave out
    directions = np.divide(rows, length, out=np.zeros_like(rows), where=length > 0)
    if len(np.unique(np.round(directions, 6), axis=0)) < count:
        return
    found = spectral_clusters(graph, count, restarts=3, rng=seed)
    assert set(found.parts.tolist()) == set(range(count))
    assert list(dict.fromkeys(found.parts.tolist())) == list(range(count))
    expected = [conductance(graph, found.parts == c) for c in range(count)]
    np.testing.assert_allclose(found.conductance, expected, rtol=1e-6, atol=1e-12)


@given(populations(), st.integers(1, 3), st.lists(st.integers(0, 3), min_size=6, max_size=6))
def test_accuracy_is_the_best_over_all_permutations(graph, count, labels):
    """Also where there are more classes than parts, or fewer."""
    y = np.array(labels[: graph.n])
    if count > graph.N:
        return
    f = np.arange(graph.N)[:, np.newaxis] ** 2.0
    found = spectral_clusters(graph, count, embedding=f, labels=y.tolist(), restarts=2, rng=0)
    A, classes = graph.kernel.toarray(), sorted(set(y.tolist()))
    views = np.array(
        [[graph.p[y == c] @ A[y == c][:, found.parts == part].sum(axis=1) for c in classes] for part in range(count)]
    )
    assert found.accuracy == pytest.approx(best_over_permutations(views))
    naturals = np.array(
        [[graph.p[(y == c) & (found.natural_parts == part)].sum() for c in classes] for part in range(count)]
    )
    assert found.natural_accuracy == pytest.approx(best_over_permutations(naturals))
    for i in range(graph.n):
        shares = [A[i, found.parts == part].sum() for part in range(count)]
        assert shares[found.natural_parts[i]] == pytest.approx(max(shares))
    names = np.arange(graph.N) % 3
    by_view = np.array(
        [[graph.w_x[(names == c) & (found.parts == part)].sum() for c in set(names)] for part in range(count)]
    )
    assert found.agreement(names.tolist()) == pytest.approx(best_over_permutations(by_view))


def test_fewer_parts_than_classes_and_more():
    assert spectral_clusters(PLANTED, 1).natural_accuracy == pytest.approx(0.25)
    assert spectral_clusters(PLANTED, 1).conductance.tolist() == [0.0]
    assert spectral_clusters(PLANTED, 3, rng=0).natural_accuracy <= 0.75 + 1e-12
    assert spectral_clusters(PLANTED, 6, rng=0).natural_accuracy < 1
    assert matched_share(np.array([[0.2, 0.3], [0.4, 0.1]])) == pytest.approx(0.7)


def test_a_view_listed_as_two_halves_changes_nothing():
    """Weights are probabilities: k-means sees the population, not the list of views."""
    from sklearn.metrics import adjusted_rand_score

    A = PLANTED.kernel.toarray()
    split = np.hstack([A[:, :25] / 2, A[:, :25] / 2, A[:, 25:]])
    halved = pg.build(PLANTED.p, split, labels=PLANTED.labels)
    one, two = (spectral_clusters(graph, 3, rng=0) for graph in (PLANTED, halved))
    assert two.inertia == pytest.approx(one.inertia)
    assert (two.parts[25:] == one.parts).all() or adjusted_rand_score(two.parts[25:], one.parts) == pytest.approx(1)


@pytest.mark.parametrize("seed", range(4))
def test_k_means_is_as_good_as_scikit_learns(seed):
    from sklearn.cluster import KMeans

    generator = np.random.default_rng(seed)
    points = generator.standard_normal((200, 3)) + 3 * generator.integers(0, 3, (200, 1))
    weights = generator.random(200)
    _, inertia = k_means(points, weights, 5, 20, np.random.default_rng(seed))
    theirs = KMeans(5, n_init=20, random_state=seed).fit(points, sample_weight=weights)
    assert inertia == pytest.approx(theirs.inertia_, rel=0.01)


def test_parts_that_fall_empty_are_filled_again():
    """Centres that no point is nearest to: each gets a point of its own."""
    from popgraph.downstream.clustering import _lloyd

    points = np.array([[0.0], [1.0], [2.0], [10.0]])
    parts, inertia = _lloyd(points, np.full(4, 0.25), np.array([[0.0], [100.0], [200.0]]))
    assert set(parts.tolist()) == {0, 1, 2}
    assert inertia == pytest.approx(0.125)


def test_the_same_seed_gives_the_same_parts_in_the_order_of_the_views():
    for rng in (7, np.random.default_rng(7)):
        one = spectral_clusters(PLANTED, 5, rng=rng, restarts=2)
        assert (one.parts == spectral_clusters(PLANTED, 5, rng=7, restarts=2).parts).all()
    assert list(dict.fromkeys(one.parts.tolist())) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("seed", range(5))
def test_rounding_decides_no_tie(seed):
    """On a ring of 12 points four partitions into arcs of four are equally good, and many points are between two centres."""
    angles = 2 * np.pi * np.arange(12) / 12
    ring = np.column_stack([np.cos(angles), np.sin(angles)])
    parts, _ = k_means(ring, np.ones(12), 3, 20, np.random.default_rng(seed))
    for trial in range(5):
        rounded = ring + 1e-15 * np.random.default_rng(trial).standard_normal(ring.shape)
        others, _ = k_means(rounded, np.ones(12), 3, 20, np.random.default_rng(seed))
        assert (others == parts).all()


def test_more_restarts_are_never_worse():
    costs = [spectral_clusters(PLANTED, 7, restarts=restarts, rng=0).inertia for restarts in (1, 5, 25)]
    assert costs == sorted(costs, reverse=True)


def test_an_embedding_of_ones_own_is_clustered_as_it_stands():
    f = np.where(PLANTED.view_labels >= 2, 1.0, -1.0)[:, np.newaxis]
    found = spectral_clusters(PLANTED, 2, embedding=f, rng=0)
    assert (found.parts == (PLANTED.view_labels >= 2)).all()
    assert found.gap is None
    assert "gap" not in str(found)
    by_name = spectral_clusters(PLANTED, 2, embedding={x: f[i] for i, x in enumerate(PLANTED.views)}, rng=0)
    assert (by_name.parts == found.parts).all()
    assert spectral_clusters(PLANTED, 4, embedding=PLANTED.spectrum(4), rng=0).natural_accuracy == pytest.approx(1)


def test_a_degenerate_cut_is_said():
    found = spectral_clusters(zoo.hypercube(3), 2, rng=0)
    assert found.gap == 0.0
    assert "degenerate: other parts are as good" in str(found)


def test_a_graph_without_labels_has_no_accuracy():
    graph = pg.build(PLANTED.p, PLANTED.kernel)
    found = spectral_clusters(graph, 4, rng=0)
    assert found.accuracy is None
    assert found.natural_accuracy is None
    assert "accuracy" not in str(found)
    assert spectral_clusters(graph, 4, labels=PLANTED.labels, rng=0).natural_accuracy == pytest.approx(1)


@pytest.mark.parametrize("name", GRAPHS)
def test_every_graph_of_the_house_in_one_part_and_in_its_components(name):
    graph = GRAPHS[name]
    assert spectral_clusters(graph, 1).conductance.tolist() == [0.0]
    found = spectral_clusters(graph, graph.component_count, rng=0)
    assert (found.parts == graph.components).all()


def test_a_large_graph_is_clustered_without_its_weights():
    graph = zoo.clusters(count=5, naturals=4000, views=4000, rng=0)  # a dense w would take 3.2 GB
    found = spectral_clusters(graph, 5, restarts=3, rng=0)
    assert found.natural_accuracy == pytest.approx(1)
    assert found.accuracy == pytest.approx(0.95)


def test_a_clustering_is_frozen_prints_and_pickles():
    found = spectral_clusters(LC, 2, rng=0)
    assert repr(found) == "Clustering(4 views in 2 parts, conductance at most 0, accuracy 1)"
    assert not pickle.loads(pickle.dumps(found)).parts.flags.writeable
    for array in (found.parts, found.natural_parts, found.conductance, found.sizes):
        assert not array.flags.writeable


REFUSED = {
    "graph": (lambda: spectral_clusters(LC.w, 2), "takes a population first; got"),
    "none": (
        lambda: spectral_clusters(LC, 0),
        "count is 0; it must be a whole number from 1 to the number of views, 4",
    ),
    "many": (lambda: spectral_clusters(LC, 5), "count is 5; it must be"),
    "half": (lambda: spectral_clusters(LC, 1.5), "count is 1.5; it must be"),
    "restarts": (lambda: spectral_clusters(LC, 2, restarts=0), "restarts is 0; it must be a whole number, 1 or more"),
    "labels": (
        lambda: spectral_clusters(LC, 2, labels=[1]),
        r"labels has shape \(1,\); 2 naturals need one label each",
    ),
    "rank": (
        lambda: spectral_clusters(LC, 3, rng=0),
        "count is 3, but only 2 of the 4 points to cluster are distinct; give count <= 2",
    ),
    "constant": (
        lambda: spectral_clusters(LC, 2, embedding=np.ones((4, 2)), rng=0),
        "only 1 of the 4 points to cluster are distinct",
    ),
    "zero": (
        lambda: spectral_clusters(LC, 2, embedding=np.zeros((4, 2)), rng=0),
        "only 1 of the 4 points to cluster are distinct",
    ),
    "views": (
        lambda: spectral_clusters(LC, 2, rng=0).agreement([1, 2]),
        r"view_labels has shape \(2,\); 4 views need one label each",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_clustered_is_refused(name):
    call, message = REFUSED[name]
    with pytest.raises(InvalidArgument, match=message):
        call()


def test_an_embedding_that_is_none_is_refused():
    with pytest.raises(InvalidEmbedding, match="f is NaN or infinite at 4 views"):
        spectral_clusters(LC, 2, embedding=np.full((4, 1), np.nan))
