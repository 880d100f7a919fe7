"""Self-training and the probe at their best: the curve over all weights against every labelling, degenerate cuts against sweeps."""

import json
from itertools import pairwise, product

import numpy as np
import pytest
from cases import brute_w
from layers import first_by_default

import popgraph as pg
from popgraph.downstream.selftraining import weights, which_wins
from popgraph.downstream.selftraining.contest import _costs
from popgraph.downstream.selftraining.teacher import read_teacher
from popgraph.errors import InvalidArgument, TooLarge

BLOCKS = pg.zoo.planted_subclasses(2, 1, size=4, within=0, across="1/10")
ONE_WRONG = [0, 0, 0, 1, 1, 1, 1, 1]


def contested(seed):
    """A graph of up to 7 views, often with equal costs, in components, or with unlabelled naturals; two classes; a teacher."""
    rng = np.random.default_rng(seed)
    n, N = int(rng.integers(2, 6)), int(rng.integers(2, 8))
    A = rng.random((n, N)) * (rng.random((n, N)) < rng.choice([0.4, 0.8, 1.0]))
    if seed % 3 == 0:
        A = np.round(3 * A) / 3  # many labellings then cost the same
    A[np.arange(n), rng.integers(0, N, n)] += 1 / 3
    p = np.full(n, 1 / n) if seed % 2 else rng.dirichlet(np.ones(n))
    graph = pg.build(p, A.astype(np.float32 if seed % 5 == 0 else float), normalize=True, drop_unreachable=True)
    y = [0, *(None if seed % 4 == 0 and rng.random() < 0.3 else int(rng.integers(2)) for _ in range(n - 1))]
    teacher = [None if rng.random() < 0.3 else int(rng.integers(2)) for _ in range(graph.N)]
    teacher[0], teacher[-1] = 0, 1
    return graph, y, teacher


def every_labelling(graph, y, teacher):
    """Of all 2^N labellings what each disagrees, how many pairs it tells apart, and its error, by definition."""
    w, kernel = brute_w(graph), graph.kernel.toarray()
    known = np.array([label is not None for label in y])
    p = graph.p * known / graph.p[known].sum()
    rows = []
    for g in product((0, 1), repeat=graph.N):
        wrong = sum(graph.w_x[x] for x, said in enumerate(teacher) if said is not None and said != g[x])
        apart = w[np.not_equal.outer(g, g)].sum()
        error = sum(p[i] * kernel[i, np.not_equal(g, y[i])].sum() for i in np.flatnonzero(known))
        rows.append((wrong, apart, error))
    return np.array(rows).T


@pytest.mark.parametrize("block", first_by_default(*range(8), default=1))
def test_the_students_at_all_weights_are_the_best_of_all_labellings(block):
    several = 0
    for seed in range(20 * block, 20 * (block + 1)):
        graph, y, teacher = contested(seed)
        d, phi, errors = every_labelling(graph, y, teacher)
        contest = which_wins(graph, teacher, 1, labels=y)
        assert contest.weights[0, 0] == 0
        assert contest.weights[-1, 1] == np.inf
        for (low, high), found in zip(contest.weights, contest.student_errors, strict=True):
            inside = (low + high) / 2 if high < np.inf else 2 * low or 1.0
            cost = d + inside * phi
            least = cost <= cost.min() + 1e-12
            assert found == pytest.approx((errors[least].min(), errors[least].max()), abs=1e-9), seed
            several += errors[least].max() > errors[least].min() + 1e-9
            best = np.flatnonzero(least)[0]  # this labelling is best from end to end
            for t in (low + 1e-9, min(high, 100 * inside) - 1e-9):
                assert d[best] + t * phi[best] == pytest.approx((d + t * phi).min(), abs=1e-9), seed
        for (_, t), (again, _) in pairwise(contest.weights):
            assert t == again
            slopes = phi[d + t * phi <= (d + t * phi).min() + 1e-12]
            assert slopes.max() > slopes.min() + 1e-9, seed  # a breakpoint: two labellings of different slopes tie
        assert contest.self_training_range == pytest.approx(contest.student_errors.min(axis=0))
    assert several or block > 0  # students of equal objective and unequal error are among the first cases, and are rare


def test_of_equal_students_the_least_and_the_greatest_error_are_found_among_many():
    """Eight unlabelled views in pairs tied to one another, and to nothing else: 2^4 students cost the same."""
    kernel = np.kron(np.eye(5), np.full((2, 2), 0.5))
    graph = pg.build(np.full(10, 0.1), kernel, labels=[0, 1, 0, 0, 1, 1, 0, 0, 1, 1])
    teacher = [0, 1] + [None] * 8
    contest = which_wins(graph, teacher, 1, weight=0.1)
    assert contest.student_errors.tolist() == [pytest.approx([0.1, 0.9])]
    assert contest.winner == "neither"  # what the student makes of them is luck
    assert contest.self_training_range == pytest.approx((0.1, 0.9))


def by_hand(graph, teacher, k, angles=361):
    """The least and the greatest error over the plane, in which the subspace turns; errors counted natural by natural."""
    root, kernel, y = np.sqrt(graph.w_x), graph.kernel.toarray(), np.asarray(graph.labels)
    gamma, V = np.linalg.eigh(brute_w(graph) / np.outer(root, root))
    f_all = V[:, ::-1] * np.sqrt(np.maximum(gamma[::-1], 0)) / root[:, np.newaxis]
    Y, errors = np.eye(2)[teacher], []
    for angle in np.linspace(0, np.pi, angles):
        f = np.column_stack([f_all[:, : k - 1], f_all[:, k - 1 : k + 1] @ [np.cos(angle), np.sin(angle)]])
        scores = f @ np.linalg.lstsq(root[:, np.newaxis] * f, root[:, np.newaxis] * Y, rcond=None)[0]
        g = np.where(scores[:, 0] >= scores[:, 1] - 1e-12, 0, 1)
        errors.append(float(graph.p @ np.sum(kernel * (g[np.newaxis] != y[:, np.newaxis]), axis=1)))
    return min(errors), max(errors)


@pytest.mark.parametrize(
    ("graph", "teacher", "k"),
    [
        (pg.zoo.hypercube(2, "1/5"), [0, 0, 1, 1], 2),
        (pg.zoo.class_domain("0.7", "0.1", "0.1", "0.1"), [0, 0, 1, 1], 3),
        (pg.zoo.planted_subclasses(2, 2, size=3, within="1/100", across="1/20"), [0, 0, 1, 0, 0, 0] + [1] * 6, 2),
    ],
    ids=["square", "cells", "sub-graphs"],
)
def test_at_a_degenerate_cut_the_probe_has_a_range_of_errors(graph, teacher, k):
    spectrum = graph.spectrum(k)
    assert spectrum.gap == 0
    contest = which_wins(graph, teacher, k, weight=1)
    assert contest.contrastive_range == pytest.approx(by_hand(graph, teacher, k), abs=1e-9)
    assert contest.contrastive_range[0] <= contest.contrastive <= contest.contrastive_range[1]
    assert contest.families[0].startswith("any 1 of the 2 dimensions") or k == 3
    assert " to " in repr(contest) or contest.contrastive_range[0] == pytest.approx(contest.contrastive_range[1])


def test_no_winner_is_named_where_it_depends_on_the_choice_at_a_degenerate_cut():
    """The square at k = 2 has either bit, the label or the other: the probe errs never or half the time, the student a quarter."""
    graph = pg.zoo.hypercube(2, "1/5")
    contest = which_wins(graph, [0, 1, 1, 1], 2, weight=0.01)
    low, high = contest.contrastive_range
    assert low < contest.self_training < high
    assert (contest.winner, contest.margin) == ("neither", 0.0)
    assert "depends on the choice" in str(contest)
    assert (
        which_wins(graph, [0, 1, 1, 1], 1, weight=0.01).winner == "self-training"
    )  # at a clean cut there is no choice


def test_the_best_of_each_is_the_best_of_its_curve_and_the_curves_are_those_of_one_k_and_one_weight():
    breeds = pg.zoo.planted_subclasses(2, 2, size=3, within="1/100", across="1/20")
    teacher = [0, 0, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1]
    contest = which_wins(breeds, teacher)
    for k, errors in zip(contest.ks.tolist(), contest.probe_errors, strict=True):
        one = which_wins(breeds, teacher, k, weight=1)
        assert errors == pytest.approx(one.contrastive_range)
        assert which_wins(breeds, teacher, [k], weight=[1]).contrastive_range == one.contrastive_range
    for (low, high), errors in zip(contest.weights, contest.student_errors, strict=True):
        for t in (low + 1e-6, min(high, 100.0) - 1e-6):
            student = pg.selftraining.self_train(breeds, teacher, weight=t)
            assert errors[0] - 1e-12 <= student.error <= errors[1] + 1e-12
    assert contest.k == 4
    assert contest.contrastive_range == pytest.approx((0.05, 0.05))
    low, high = contest.best_weights
    assert low < contest.student.weight < high
    assert contest.self_training == pytest.approx(0.05)
    grid = which_wins(breeds, teacher, [2, 4, 3], weight=[5.0, 1.0, 0.0])
    assert grid.ks.tolist() == [2, 3, 4]
    assert grid.weights.tolist() == [[0, 0], [1, 1], [5, 5]]
    assert grid.best_weights == (1, 1)


def test_with_more_classes_the_students_are_those_of_a_grid():
    graph = pg.zoo.planted_subclasses(3, 1, size=2, within=0, across="1/10")
    contest = which_wins(graph, [0, 0, 1, 1, 2, 0])
    assert contest.weights[:, 0].tolist() == contest.weights[:, 1].tolist() == weights.GRID.tolist()
    for (t, _), errors in list(zip(contest.weights, contest.student_errors, strict=True))[4:14:3]:
        assert errors == pytest.approx([pg.selftraining.self_train(graph, [0, 0, 1, 1, 2, 0], weight=t).error] * 2)


@pytest.mark.parametrize("teacher", [[0] * 8, [0] + [None] * 7])
def test_one_class_or_one_label_has_one_student(teacher):
    contest = which_wins(BLOCKS, teacher)
    assert contest.weights.tolist() == [[0, np.inf]]
    assert contest.self_training == pytest.approx(0.5)


def test_a_label_that_no_natural_has_is_always_wrong():
    contest = which_wins(BLOCKS, ["elsewhere"] * 4 + [1] * 4)
    assert contest.teacher == pytest.approx(0.55)
    assert contest.student_errors.min() >= 0.5 - 1e-12


def brute_rho(w, classes):
    """ρ_in by all sets of views of a class."""
    least = np.inf
    for c in set(classes):
        members = np.flatnonzero(np.array(classes) == c)
        for inside in product((False, True), repeat=len(members)):
            S, rest = members[list(inside)], members[~np.array(inside)]
            if len(S) and len(rest) and w[S].sum() <= w[members].sum() / 2 + 1e-15:
                least = min(least, w[np.ix_(S, rest)].sum() / w[S].sum())
    return least


def test_both_bounds_hold_and_are_their_formulas():
    """A pure augmentation and a slightly mixed one, whose bound is small enough to say something."""
    told = 0
    for seed in range(25):
        rng = np.random.default_rng(seed)
        y = np.repeat([0, 1], 3)
        A = np.where(np.equal.outer(y, y), rng.uniform(0.3, 1, (6, 6)), rng.uniform(0, 0.02, (6, 6)))
        graph = pg.build(np.full(6, 1 / 6), A, labels=y, normalize=True)
        teacher = np.where(rng.random(6) < 0.3, 1 - y, y).tolist()
        teacher[0], teacher[5] = 0, 1
        contest, w = which_wins(graph, teacher), brute_w(graph)
        phi, delta = w[np.not_equal.outer(y, y)].sum(), pg.downstream.disagreement(graph, y)
        gamma = np.append(np.linalg.eigvalsh(w / np.sqrt(np.outer(w.sum(0), w.sum(0))))[::-1], 0.0)
        for k, bound in zip(contest.ks.tolist(), contest.probe_bounds, strict=True):
            assert bound == pytest.approx(4 * phi / (1 - gamma[k]) + 2 * delta, rel=1e-6)
            assert pg.probe(graph, graph.spectrum(k)).error <= bound
        rho = brute_rho(w, y.tolist())
        for (_, t), errors, bound in zip(contest.weights, contest.student_errors, contest.student_bounds, strict=True):
            if bound < np.inf:
                assert bound == pytest.approx(phi / (2 * rho - 1 / t) + delta)
                assert errors[1] <= bound
                told += bound < 0.5
        assert contest.bounds_reason == ""
    assert told > 10


@pytest.mark.parametrize(
    ("contest", "reason"),
    [
        (lambda: which_wins(BLOCKS, ONE_WRONG, labels=[0] * 4 + [1] * 3 + [None]), "some are unlabelled"),
        (lambda: which_wins(BLOCKS, [0] * 8), "the teacher knows only some of the classes"),
        (
            lambda: which_wins(BLOCKS.with_labels({BLOCKS.naturals[0]: 0}, weight=0.5), ONE_WRONG),
            "positive pairs are given",
        ),
        (
            lambda: which_wins(pg.zoo.hypercube(6), pg.zoo.hypercube(6).view_labels, 2),
            "a class has 32 views; ρ_in is sought",
        ),
    ],
    ids=["unlabelled", "one class", "labels in the graph", "large"],
)
def test_a_bound_without_its_assumptions_is_none_and_says_why(contest, reason):
    found = contest()
    assert found.student_bounds is None
    assert reason in found.bounds_reason
    assert reason in str(found)


def test_more_breakpoints_than_can_be_listed_are_refused(monkeypatch):
    graph, y, teacher = contested(1)
    monkeypatch.setattr(weights, "MAX_BREAKPOINTS", 0)
    costs = _costs(graph, read_teacher(graph, teacher), np.array(y))
    with pytest.raises(TooLarge, match="changes at more than 0 weights; give the weights to compare it at"):
        weights.breakpoints(costs)


def test_a_contest_prints_and_is_plain_python():
    contest = which_wins(BLOCKS, ONE_WRONG)
    assert json.loads(json.dumps(contest.to_dict()))["weights"][-1][1] is None  # without end
    assert "k = 2  0.1" in str(contest)
    assert "1.149 < t < 1.389  0.1" in str(contest)
    many = which_wins(pg.zoo.hypercube(4), pg.zoo.hypercube(4).view_labels)
    assert "... 4 more" in str(many)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: which_wins(BLOCKS, ONE_WRONG, []), "k is an empty sequence; give one width or more"),
        (lambda: which_wins(BLOCKS, ONE_WRONG, [1, 9]), r"k\[1\] is 9; it must be a whole number from 1"),
        (lambda: which_wins(BLOCKS, ONE_WRONG, weight=[]), "weight is an empty sequence; give one weight or more"),
        (lambda: which_wins(BLOCKS, ONE_WRONG, weight=[1, np.nan]), r"weight\[1\] is nan; the price of a pair"),
        (lambda: which_wins(BLOCKS, ONE_WRONG, samples=-1), "samples is -1"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(InvalidArgument, match=message):
        call()
