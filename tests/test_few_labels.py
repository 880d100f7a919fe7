"""Few labels and many unlabelled naturals: what is conditional on the labelled ones, what is refused, and how it is shown.

The oracle is a population rebuilt of the labelled naturals alone, or sums written out with dense matrices.
"""

import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

import popgraph as pg
from popgraph import io, plot, selftraining, theory, zoo
from popgraph.downstream import labelling
from popgraph.downstream.clustering import matched_share, spectral_clusters
from popgraph.downstream.probing import probe, probe_range
from popgraph.downstream.probing.fit import TaskLabels, fit
from popgraph.errors import InvalidArgument
from popgraph.plot.drawing import COLOURS, UNLABELLED
from popgraph.testing import as_python

HEADS = ["least squares", "logistic", "exact"]


def a_population(seed, n=9, N=7, classes=3):
    """A sparse random kernel whose every view is reached, p, a class for each natural, and which are labelled."""
    rng = np.random.default_rng(seed)
    A = rng.random((n, N)) * (rng.random((n, N)) < 0.4)
    A[np.arange(n), np.arange(n) % N] += 0.2
    y = rng.integers(0, classes, n)
    known = rng.random(n) < 0.5
    known[rng.integers(n)] = True
    known[np.flatnonzero(known)[0]] = known.sum() < n  # not all are labelled
    known[-1] = True
    return rng.dirichlet(np.ones(n)), A / A.sum(axis=1, keepdims=True), y, known


def partly(y, known):
    return [int(label) if labelled else None for label, labelled in zip(y, known, strict=True)]


def rebuilt(p, A, y, known, f):
    """The population of the labelled naturals alone, and f on its views."""
    reached = A[known].any(axis=0)
    return pg.build(p[known] / p[known].sum(), A[known][:, reached], labels=y[known], normalize=True), f[reached]


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("intercept", [False, True])
@pytest.mark.parametrize("seed", range(12))
def test_a_probe_fits_the_labelled_naturals_as_if_there_were_no_others(seed, intercept, head):
    p, A, y, known = a_population(seed)
    f = np.random.default_rng(100 + seed).standard_normal((A.shape[1], 2))
    found = probe(pg.build(p, A), f, partly(y, known), head=head, intercept=intercept)
    small, small_f = rebuilt(p, A, y, known, f)
    alone = probe(small, small_f, head=head, intercept=intercept)
    assert found.error == pytest.approx(alone.error, abs=1e-12)
    assert found.classes.tolist() == alone.classes.tolist()
    assert (found.labelled, found.test_error, found.test_count) == (int(known.sum()), None, 0)
    assert found.optimal == alone.optimal
    if head != "exact":
        assert found.loss == pytest.approx(alone.loss, abs=1e-7)
        assert found.predicted[known].tolist() == alone.predicted.tolist()
    if head == "least squares":
        F = np.column_stack([small_f, np.ones(small.N)]) if intercept else small_f
        if np.linalg.matrix_rank(F) == F.shape[1]:
            B = np.vstack([found.B, found.intercept]) if intercept else found.B
            alone_B = np.vstack([alone.B, alone.intercept]) if intercept else alone.B
            np.testing.assert_allclose(B, alone_B, atol=1e-9)


def by_hand(graph, found, truth, tested):
    """The error on some naturals, by a dense vote of the view predictions, the first class on a tie."""
    classes = found.classes.tolist()
    g = np.array([classes.index(label) for label in found.view_predictions.tolist()])
    votes = graph.kernel.toarray() @ np.eye(len(classes))[g]
    said = [classes[int(np.argmax(row >= row.max() - 1e-12))] for row in votes]
    assert found.predicted.tolist() == said
    wrong = np.array([said[i] != truth[i] for i in range(graph.n)])
    return float(graph.p[tested & wrong].sum() / graph.p[tested].sum())


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("seed", range(12))
def test_the_test_error_is_that_of_the_vote_on_the_others(seed, head):
    p, A, y, known = a_population(seed)
    graph = pg.build(p, A)
    f = np.random.default_rng(100 + seed).standard_normal((graph.N, 3))
    found = probe(graph, f, partly(y, known), head=head, test_labels=y)
    assert found.test_count == int((~known).sum())
    assert found.test_error == pytest.approx(by_hand(graph, found, y, ~known), abs=1e-14)
    assert found.error == pytest.approx(by_hand(graph, found, y, known), abs=1e-14)
    some = ~known & (np.arange(graph.n) % 2 == 0)
    if some.any():
        half = probe(graph, f, partly(y, known), head=head, test_labels=partly(y, some | known))
        assert (half.test_count, half.test_error) == (int(some.sum()), pytest.approx(by_hand(graph, half, y, some)))


@pytest.mark.parametrize("head", ["least squares", "logistic"])
@pytest.mark.parametrize("seed", range(6))
def test_no_invertible_map_of_f_changes_what_is_said_of_unlabelled_views(seed, head):
    """Also where the labelled naturals do not settle B: the smallest head over all views is meant, whatever the basis."""
    p, A, y, known = a_population(seed)
    graph, rng = pg.build(p, A), np.random.default_rng(seed)
    f = rng.standard_normal((graph.N, 5))
    few = partly(y, np.cumsum(known) * known == 1) if seed % 2 else partly(y, known)
    Q = rng.standard_normal((5, 5))
    one, other = (probe(graph, each, few, head=head) for each in (f, f @ Q * 1e3))
    np.testing.assert_allclose(f @ one.B, f @ Q @ other.B * 1e3, atol=1e-6)
    assert one.view_predictions.tolist() == other.view_predictions.tolist()


@pytest.mark.parametrize("seed", range(6))
def test_of_all_least_squares_heads_the_smallest_over_all_views_is_meant(seed):
    p, A, y, known = a_population(seed)
    known = np.arange(len(p)) == seed
    known[-1] = True
    graph = pg.build(p, A)
    f = np.random.default_rng(seed).standard_normal((graph.N, 5))
    found = probe(graph, f, partly(y, known))
    # In coordinates that are uncorrelated over all views lstsq returns the shortest solution, of naturals' views one by one.
    R = np.linalg.cholesky(f.T @ (graph.w_x[:, np.newaxis] * f)).T
    X = f @ np.linalg.inv(R)
    rows, targets = [], []
    for i in np.flatnonzero(known):
        for x in np.flatnonzero(A[i]):
            weight = np.sqrt(p[i] * A[i, x])
            rows.append(weight * X[x])
            targets.append(weight * (found.classes == y[i]))
    shortest = np.linalg.lstsq(np.array(rows), np.array(targets, dtype=float), rcond=1e-10)[0]
    np.testing.assert_allclose(f @ found.B, X @ shortest, atol=1e-8)


@pytest.mark.parametrize("head", HEADS)
def test_with_all_labelled_nothing_is_new(head):
    graph = zoo.hypercube(3)
    f = np.random.default_rng(0).standard_normal((8, 2))
    plain = probe(graph, f, head=head)
    listed = probe(graph, f, graph.labels.astype(object), head=head)
    np.testing.assert_array_equal(plain.B, listed.B)
    assert (plain.error, plain.loss, repr(plain), str(plain)) == (listed.error, listed.loss, repr(listed), str(listed))
    assert (plain.labelled, plain.test_error, plain.test_count) == (8, None, 0)
    assert "labelled" not in repr(plain)


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("cross", [0.0, 0.05])
def test_one_label_a_cluster_is_enough_for_the_minimiser_and_not_for_a_random_embedding(cross, head):
    graph = zoo.clusters(count=2, cross=cross, rng=0)
    few = [None] * graph.n
    few[3], few[-3] = graph.labels[3], graph.labels[-3]
    found = probe(graph, graph.spectrum(2), few, head=head, test_labels=graph.labels)
    assert (found.error, found.test_error, found.labelled, found.test_count) == (0, 0, 2, graph.n - 2)
    bad = [
        probe(
            graph, np.random.default_rng(seed).standard_normal((graph.N, 2)), few, test_labels=graph.labels
        ).test_error
        for seed in range(8)
    ]
    assert min(bad) > 0.1
    assert np.mean(bad) > 0.3


@pytest.mark.parametrize("head", HEADS)
def test_wide_minimisers_and_two_labels(head):
    """The labelled views do not settle B in 12 dimensions; what rounding adds to their rank must not either."""
    graph = zoo.clusters(count=2, cross=0.05, rng=0)
    few = [None] * graph.n
    few[0], few[-1] = 0, 1
    found = probe(graph, graph.spectrum(12), few, head=head, test_labels=graph.labels)
    assert found.error == 0
    assert np.abs(graph.spectrum(12).embedding @ found.B).max() < 1e3


def test_a_direction_that_the_labelled_views_show_by_error_alone_is_no_direction():
    """On both labelled views the second feature is 0 but for an error below the angle, which would otherwise be divided by."""
    graph = pg.build(list("abcd"), pg.identity())
    f = np.array([[1.0, 0.0], [-1.0, 0.0], [0.5, 1.0], [-0.5, -1.0]])
    labels = TaskLabels(np.array([0, 1, None, None], dtype=object), None)
    known = fit(graph, f, labels, "least squares", False)
    computed = f + 1e-9 * np.array([[0, 1], [0, 2], [0, 0], [0, 0]])
    np.testing.assert_allclose(
        computed @ fit(graph, computed, labels, "least squares", False, 1e-8).B, f @ known.B, atol=1e-8
    )
    assert np.abs(computed @ fit(graph, computed, labels, "least squares", False).B - f @ known.B).max() > 0.1


@pytest.mark.parametrize("sign", [1, -1])
def test_what_an_angle_leaves_open_grows_by_the_condition_of_the_fit(sign):
    """The last view's scores tie: b = (0, 1/e, 1) of the difference is orthogonal to (0, 1, -1/e). An error t moves it by t/2e²."""
    graph, e, t = pg.build(list("abcd"), pg.identity()), 1e-3, 1e-9
    f = np.array([[1.0, e, 0.0], [1.0, -e, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, -1 / e]])
    labels = TaskLabels(np.array(["first", "second", "first", None], dtype=object), None)
    f[0, 1] += sign * t
    found = fit(graph, f, labels, "least squares", False, angle=10 * t)
    scores = f @ found.B
    assert abs(scores[3, 0] - scores[3, 1]) > 1e-4
    assert found.view_predictions.tolist() == ["first", "second", "first", "first"]


def test_the_exact_head_searches_the_directions_of_labelled_views_alone():
    graph = pg.build(range(600), pg.identity())
    f = np.random.default_rng(0).standard_normal((600, 2))
    few = [None] * 600
    for i in range(6):
        few[100 * i] = i % 2
    found = probe(graph, f, few, head="exact")
    assert found.optimal
    assert found.labelled == 6


def test_a_class_that_the_fit_has_not_seen_is_never_hit():
    graph = pg.build(["a", "b", "c"], pg.identity())
    found = probe(graph, np.eye(3), [0, None, None], test_labels=[0, 0, 7])
    assert (found.test_error, found.test_count) == (0.5, 2)


def test_what_was_fitted_to_is_no_test():
    graph = pg.build(["a", "b", "c"], pg.identity())
    found = probe(graph, np.ones((3, 1)), [0, 0, None], test_labels=[1, 1, 0])
    assert (found.error, found.test_error, found.test_count) == (0, 0, 1)
    with pytest.raises(
        InvalidArgument, match="test_labels gives no class to any of the 1 of 3 naturals that are unlabelled"
    ):
        probe(graph, np.ones((3, 1)), [0, 0, None], test_labels=[1, 1, None])
    with pytest.raises(InvalidArgument, match="0 of 3 naturals"):
        probe(graph, np.ones((3, 1)), [0, 0, 1], test_labels=[1, 1, 0])


def test_probabilities_weigh_both_errors():
    graph = pg.build({"a": "1/2", "b": "1/8", "c": "1/4", "d": "1/8"}, pg.identity(), labels=[0, 1, None, None])
    found = probe(graph, np.ones((4, 1)), test_labels={"a": 0, "b": 1, "c": 1, "d": 0})
    assert (found.error, found.test_error) == (0.2, pytest.approx(2 / 3))  # 1/8 of 5/8, and 2/8 of 3/8


def test_a_probe_says_how_many_it_was_fitted_to_and_tested_on():
    graph = pg.build(["a", "b", "c"], pg.identity(), labels=[0, None, None])
    found = probe(graph, np.ones((3, 1)), test_labels=[None, 0, 1])
    assert repr(found) == (
        "Probe(least squares: error 0 on 1 labelled natural, optimal, test error 0.5 on 2; 1 class, f in 1 dimension)"
    )
    assert "1 labelled of 3 naturals; test on 2 others" in str(found)


def test_none_labelled_is_refused_where_a_label_is_needed():
    graph = zoo.hypercube(2)
    nobody = [None] * 4
    for ask in (
        lambda: probe(graph, np.eye(4), nobody),
        lambda: probe_range(graph, 2, nobody),
        lambda: labelling.disagreement(graph, labels=nobody),
        lambda: spectral_clusters(graph, 2, labels=nobody),
        lambda: spectral_clusters(graph, 2, rng=0).agreement(nobody),
        lambda: selftraining.which_wins(graph, [0, 1, 0, 1], 2, labels=nobody),
        lambda: selftraining.self_train(graph, [0, 1, 0, 1], labels=nobody),
    ):
        with pytest.raises(InvalidArgument, match="gives none of the 4 (naturals|views) a class; label one or more"):
            ask()
    unlabelled = pg.build([0, 1], pg.identity(), labels=[None, None])
    assert spectral_clusters(unlabelled, 2, rng=0).accuracy is None
    assert selftraining.self_train(unlabelled, [0, 1]).error is None


def test_the_range_is_that_of_the_test_error_where_there_is_a_test():
    """The 2-cube at k = 2 may have either bit beside the constant; the class is the first, and two naturals are labelled."""
    graph = zoo.hypercube(2)
    few = {(0, 0): 0, (1, 1): 1, (0, 1): None, (1, 0): None}
    found = probe_range(graph, 2, few, test_labels=graph.labels)
    assert (found.low.error, found.high.error) == (0, 0)
    assert (found.lowest, found.highest) == (0, 1)
    assert "test error 0 to 1" in repr(found)
    plain = probe_range(graph, 2, few)
    assert (plain.lowest, plain.highest) == (plain.low.error, plain.high.error)
    assert repr(probe_range(graph, 1, few, test_labels=graph.labels)).startswith(
        "ProbeRange(least squares, k=1: test error"
    )


# --- labellings


@pytest.mark.parametrize("seed", range(8))
def test_disagreement_is_that_among_the_labelled(seed):
    p, A, y, known = a_population(seed)
    graph = pg.build(p, A)
    said = np.random.default_rng(seed).integers(0, 3, graph.N)
    wrong = said[np.newaxis, :] != y[:, np.newaxis]
    expected = float(p[known] @ (A * wrong)[known].sum(axis=1)) / p[known].sum()
    assert labelling.disagreement(graph, said, partly(y, known)) == pytest.approx(expected, abs=1e-12)
    small = rebuilt(p, A, y, known, np.eye(graph.N))[0]
    assert labelling.disagreement(graph, labels=partly(y, known)) == pytest.approx(labelling.alpha(small), abs=1e-12)
    silent = [None if x % 2 else int(c) for x, c in enumerate(said)]
    assert labelling.disagreement(graph, silent, partly(y, known)) >= expected - 1e-12
    student = selftraining.self_train(graph, said, weight=0, labels=partly(y, known))
    assert student.teacher_error == pytest.approx(expected, abs=1e-12)


def test_what_is_about_all_naturals_needs_all_labels():
    graph = pg.build(["a", "b", "c"], pg.identity(), labels=[0, None, 1])
    with pytest.raises(InvalidArgument, match="1 of 3 naturals is unlabelled, and α needs the class of each"):
        labelling.alpha(graph)
    with pytest.raises(InvalidArgument, match="2 of 3 naturals are unlabelled, and expansion"):
        selftraining.expansion(graph, 0.5, [0, None, None])
    with pytest.raises(InvalidArgument, match="1 of 3 views is unlabelled, and φ needs"):
        labelling.inconsistency(graph)
    with pytest.raises(InvalidArgument, match="2 of 3 views are unlabelled, and φ needs"):
        labelling.inconsistency(graph, [None, None, 1])
    with pytest.raises(InvalidArgument, match="view_labels contains None; 3 views need a class number each"):
        theory.check(graph, view_labels=[None, 0, 1])


def test_a_theorem_about_all_naturals_is_not_applicable_and_says_how_many_are_unlabelled():
    graph = zoo.hypercube(2)
    checks = theory.check(graph, [0, None, None, 1], k=2)
    plain = theory.check(pg.build(graph.population.distribution, graph.kernel.toarray(), views=list(graph.views)), k=2)
    assert bool(checks)
    without = [(check.name, check.verdict) for check in plain if check.verdict.value == "not applicable"]
    partial = [(check.name, check.verdict) for check in checks if check.verdict.value == "not applicable"]
    assert partial == without
    assert any("2 of 4 naturals have no label" in str(check.to_dict()) for check in checks)


@pytest.mark.parametrize("seed", range(6))
def test_the_accuracy_of_clusters_is_that_of_the_labelled(seed):
    p, A, y, known = a_population(seed, n=12)
    graph = pg.build(p, A)
    found = spectral_clusters(graph, 3, embedding=A.T, labels=partly(y, known), rng=0)
    joint, naturals = np.zeros((3, 3)), np.zeros((3, 3))
    for i in np.flatnonzero(known):
        naturals[found.natural_parts[i], y[i]] += p[i]
        for x in range(graph.N):
            joint[found.parts[x], y[i]] += p[i] * A[i, x]
    assert found.accuracy == pytest.approx(matched_share(joint / joint.sum()), abs=1e-12)
    assert found.natural_accuracy == pytest.approx(matched_share(naturals / naturals.sum()), abs=1e-12)
    assert found.labelled == known.sum()
    assert f"of {known.sum()} that are labelled" in str(found)
    said = [None if x % 2 else int(x % 3) for x in range(graph.N)]
    views = np.zeros((3, 3))
    for x in range(0, graph.N, 2):
        views[found.parts[x], x % 3] += graph.w_x[x]
    assert found.agreement(said) == pytest.approx(matched_share(views / views.sum()), abs=1e-12)


def test_a_teacher_may_be_any_table_with_gaps():
    import pandas as pd

    graph = zoo.lightning_cloud()
    gaps = ["bolt", None, None, "cloud"]
    for teacher in (gaps, pd.Series(gaps), pd.array(gaps, dtype="string"), dict(zip(graph.views, gaps, strict=True))):
        assert selftraining.self_train(graph, teacher).labels.tolist() == ["bolt", "bolt", "cloud", "cloud"]


def test_what_is_known_does_not_depend_on_the_order_in_which_it_is_told():
    graph = pg.build(["a", "b"], lambda natural: {"shared": 1})
    assert selftraining.pseudo_labels(graph, {"b": 1, "a": 0}).tolist() == [0]
    assert selftraining.pseudo_labels(graph, {"a": 0, "b": 1}).tolist() == [0]
    assert selftraining.pseudo_labels(graph, [None, 1]).tolist() == [1]


# --- shown and saved


def test_a_graph_says_how_many_of_its_naturals_are_labelled():
    graph = pg.build(["a", "b", "c"], pg.identity(), labels=["cat", None, None])
    assert re.search(r"classes +1 \(1 of 3 naturals labelled\)", str(graph))
    assert "1 (1 of 3 naturals labelled)" in graph._repr_html_()
    assert "labelled" not in str(pg.build(["a"], pg.identity(), labels=["cat"]))


def test_labels_with_gaps_are_saved_and_loaded(tmp_path):
    graph = pg.build(["a", "b", "c"], pg.identity(), labels=[0, None, 1])
    io.save(graph, tmp_path / "graph.pop")
    assert io.load(tmp_path / "graph.pop").labels.tolist() == [0, None, 1]
    assert eval(as_python(graph), {"popgraph": pg}).labels.tolist() == [0, None, 1]


def test_unlabelled_views_are_grey_and_named_so():
    graph = pg.build(["a", "b", "c", "d"], pg.identity(), labels=[1, None, 0, None])
    for ax in (
        plot.embedding(graph, np.eye(4)),
        plot.graph(graph),
        plot.graph(graph, labels={"a": 1, "b": None, "c": 0, "d": None}),
    ):
        unlabelled, labelled = [c for c in ax.collections if len(c.get_offsets()) == 2 and len(c.get_facecolors())]
        assert {to_hex(c).upper() for c in unlabelled.get_facecolors()} == {UNLABELLED}  # drawn first, below the others
        assert [to_hex(c).upper() for c in labelled.get_facecolors()] == [COLOURS[1], COLOURS[0]]
        legend = ax.get_legend()
        assert [text.get_text() for text in legend.get_texts()] == ["0", "1", "unlabelled"]
        assert [to_hex(mark.get_color()).upper() for mark in legend.legend_handles] == [*COLOURS[:2], UNLABELLED]
        plt.close("all")
    ax = plot.graph(graph, labels=[None] * 4)
    assert {to_hex(c).upper() for c in ax.collections[-1].get_facecolors()} == {UNLABELLED}
    plt.close("all")
