"""Self-training against brute force over all labellings, dense solves and sets counted one by one."""

from itertools import chain, combinations, product

import numpy as np
import pytest
from cases import ZOO, brute_w

import popgraph as pg
from popgraph import zoo
from popgraph.downstream.selftraining import expansion, iterate, propagate, pseudo_labels, self_train, which_wins
from popgraph.errors import InvalidArgument, TooLarge


def random_case(seed, classes, most=6):
    """A random graph of up to `most` views, labels of its naturals, and a teacher that is silent now and then."""
    rng = np.random.default_rng(seed)
    n, N = rng.integers(2, 6), rng.integers(classes, most + 1)
    A = rng.random((n, N)) * (rng.random((n, N)) < rng.choice([0.4, 0.8, 1.0]))
    A[np.arange(n), rng.integers(0, N, n)] += 0.1
    graph = pg.build(rng.dirichlet(np.ones(n)), A, normalize=True, drop_unreachable=True)
    teacher = [None if rng.random() < 0.3 else int(rng.integers(classes)) for _ in range(graph.N)]
    teacher[0] = 0
    return graph, rng.integers(0, classes, n), teacher, float(rng.choice([0.0, 0.3, 1.0, 3.0]))


def objective(graph, w, teacher, labels, weight):
    """By definition, pair by pair."""
    wrong = sum(graph.w_x[x] for x, said in enumerate(teacher) if said is not None and labels[x] != said)
    apart = sum(w[x, y] for x in range(graph.N) for y in range(graph.N) if labels[x] != labels[y])
    return wrong + weight * apart


@pytest.mark.parametrize("classes", [1, 2, 3, 4])
@pytest.mark.parametrize("block", range(4))
def test_the_student_is_the_best_of_all_labellings(classes, block):
    for seed in range(25 * block, 25 * (block + 1)):
        graph, y, teacher, weight = random_case(seed, classes, most=5 if classes == 4 else 7)
        w, named = brute_w(graph), sorted({said for said in teacher if said is not None})
        values = [objective(graph, w, teacher, labels, weight) for labels in product(named, repeat=graph.N)]
        student = self_train(graph, teacher, weight=weight, labels=y)
        assert student.exact
        assert student.objective == pytest.approx(min(values), abs=1e-12), seed
        assert objective(graph, w, teacher, student.labels, weight) == pytest.approx(student.objective, abs=1e-12)
        assert student.lower <= student.objective
        if len(named) == 2:
            assert student.unique == (np.sum(np.array(values) < min(values) + 1e-11) == 1), seed
        errors = [
            sum(graph.p[i] * A for i in range(graph.n) for x, A in enumerate(graph.kernel.toarray()[i]) if g[x] != y[i])
            for g in (student.labels, teacher)
        ]
        assert (student.error, student.teacher_error) == pytest.approx(errors, abs=1e-12)


def test_three_classes_on_a_graph_too_large_to_search_are_bracketed():
    rng = np.random.default_rng(0)
    graph = zoo.clusters(count=3, naturals=60, views=60, cross=0.2)
    teacher = [str(rng.integers(3)) if rng.random() < 0.5 else None for _ in range(graph.N)]
    student = self_train(graph, teacher, weight=0.3)
    assert 0 < student.lower <= student.objective <= 2 * student.lower
    assert student.unique is None
    assert student.objective <= self_train(graph, teacher, weight=0).objective + 0.3 * student.inconsistency + 1
    for constant in ("0", "1", "2"):
        share = sum(graph.w_x[x] for x, said in enumerate(teacher) if said not in (None, constant))
        assert student.objective <= share + 1e-12


def test_expansion_moves_are_needed_and_stop_where_none_pays():
    """No labelling reached by giving any set of views to one class is better, here checked for all 2^6 sets."""
    for seed in range(30):
        graph, _, teacher, weight = random_case(seed, 3, most=6)
        student, w = self_train(graph, teacher, weight=weight), brute_w(graph)
        for c in sorted({said for said in teacher if said is not None}):
            for taken in product((False, True), repeat=graph.N):
                moved = np.where(taken, c, student.labels.astype(int))
                assert objective(graph, w, teacher, moved, weight) >= student.objective - 1e-12


def test_a_weight_of_0_repeats_the_teacher_and_a_high_one_makes_components_constant():
    graph = zoo.clusters(count=2, naturals=10, views=8, cross=0)
    teacher = [str(x % 3 == 0) for x in range(graph.N)]
    assert self_train(graph, teacher, weight=0).labels.tolist() == teacher
    student = self_train(graph, teacher, weight=100)
    assert student.inconsistency == 0
    for part in range(graph.component_count):
        assert len(set(student.labels[graph.components == part])) == 1


def test_a_teacher_may_be_a_mapping_and_is_made_from_known_naturals():
    graph = zoo.lightning_cloud()
    bolt, cloud = graph.naturals
    said = pseudo_labels(graph, {bolt: "b", cloud: "c"})
    assert said.tolist() == ["b", "b", "c", "c"]
    assert self_train(graph, {graph.views[0]: "b", graph.views[2]: "c"}).labels.tolist() == ["b", "b", "c", "c"]
    mixed = pg.build(["a", "b"], [[0.75, 0.25, 0], [0, 0.5, 0.5]])
    assert pseudo_labels(mixed, {"a": "left", "b": "right"}).tolist() == ["left", "right", "right"]


@pytest.mark.parametrize("seed", range(40))
def test_soft_propagation_is_the_dense_solve(seed):
    graph, _, teacher, _ = random_case(seed, 3)
    named = list(dict.fromkeys(said for said in teacher if said is not None))
    Y = np.array([[float(said == name) for name in named] for said in teacher])
    root = np.sqrt(brute_w(graph).sum(axis=1))
    adjacency = brute_w(graph) / np.outer(root, root)
    for a in (0, 0.5, 0.99):
        scores, labels = propagate(graph, teacher, a=a)
        expected = (1 - a) * np.linalg.solve(np.eye(graph.N) - a * adjacency, Y)
        np.testing.assert_allclose(scores, expected, atol=1e-9)
        for x, row in enumerate(expected):
            assert labels[x] is None if row.max() < 1e-11 else row[named.index(labels[x])] > row.max() - 1e-9


@pytest.mark.parametrize("seed", range(40))
def test_hard_iteration_ends_and_never_tells_more_pairs_apart(seed):
    graph, _, teacher, _ = random_case(seed, 3)
    found, w = iterate(graph, teacher), brute_w(graph)
    assert found.settled
    assert len(found.inconsistency) == found.steps + 1
    silent = sum(said is None for said in teacher)
    if not silent:
        assert (np.diff(found.inconsistency) <= 1e-12).all()
    labels = found.labels
    for x in range(graph.N):  # nobody has a reason to change
        votes = {c: sum(w[x, y] for y in range(graph.N) if labels[y] == c) for c in set(labels) - {None}}
        if votes and max(votes.values()) > 0:
            assert votes[labels[x]] >= max(votes.values()) - 1e-9 * graph.w_x[x]


def test_one_step_of_hard_iteration_is_its_definition():
    for seed in range(30):
        graph, _, teacher, _ = random_case(seed, 3)
        w, found = brute_w(graph), iterate(graph, teacher, steps=1)
        named = list(dict.fromkeys(said for said in teacher if said is not None))
        for x in range(graph.N):
            votes = [sum(w[x, y] for y in range(graph.N) if teacher[y] == c) for c in named]
            own = votes[named.index(teacher[x])] if teacher[x] is not None else 0
            expected = teacher[x] if max(votes) <= own + 1e-13 else named[int(np.argmax(votes))]
            assert found.labels[x] == expected


def brute_expansion(graph, y, a):
    w, best = brute_w(graph), np.inf
    A = graph.kernel.toarray()
    for c in set(y.tolist()):
        law = (graph.p * (y == c)) @ A
        law /= law.sum()
        members = [x for x in range(graph.N) if law[x] > 0]
        for S in chain.from_iterable(combinations(members, size) for size in range(1, len(members) + 1)):
            here = law[list(S)].sum()
            near = law[[x for x in members if any(w[x, s] > 0 for s in S)]].sum()
            if here <= a + 1e-12 and near < 1 - 1e-12:
                best = min(best, near / here)
    return best


@pytest.mark.parametrize("a", [0.1, 0.4, 1.0])
def test_expansion_is_that_of_every_set(a):
    for seed in range(25):
        graph, y, _, _ = random_case(seed, 2, most=8)
        found = expansion(graph, a, y)
        assert found.c == pytest.approx(brute_expansion(graph, y, a), abs=1e-12)
        assert (found.worst == ()) == (found.c == np.inf)


def test_each_of_the_two_ways_wins_somewhere():
    """Two sub-graphs a class, the teacher right on one of each: F* at k = 4 keeps all four apart, the student cannot."""
    graph = zoo.planted_subclasses(2, 1, size=4, within=0, across="1/10")
    over = which_wins(graph, [0, 0, 0, 1, 1, 1, 1, 1], k=2, weight=3)
    assert (over.winner, over.self_training) == ("contrastive", 0.5)  # a constant student
    assert over.margin == pytest.approx(0.4)
    under = which_wins(graph, [0, 0, 0, 1, 1, 1, 1, 1], k=1, weight=1.25)
    assert (under.winner, under.margin) == ("self-training", pytest.approx(0.4))  # a constant F*
    assert "self-training wins by 0.4" in repr(under)


@pytest.mark.parametrize("name", [name for name in ZOO if ZOO[name].labels is not None and ZOO[name].N <= 100])
def test_the_contest_runs_on_the_zoo(name):
    graph = ZOO[name]
    known = {graph.naturals[i]: graph.labels.tolist()[i] for i in range(0, graph.n, 3)}
    found = which_wins(graph, pseudo_labels(graph, known), k=min(2, graph.N))
    assert min(found.contrastive, found.self_training) >= 0
    assert found.winner in ("contrastive", "self-training", "neither")


CUBE = zoo.hypercube(2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: self_train("graph", []), "a PopulationGraph comes first; got 'graph'"),
        (lambda: self_train(CUBE, [0, 1]), r"teacher has shape \(2,\); 4 views need one label each"),
        (lambda: self_train(CUBE, [None] * 4), "teacher labels no view"),
        (lambda: self_train(CUBE, {(0, 2): 1}), r"teacher names 1 of 1 that are no views: \(0, 2\)"),
        (lambda: self_train(CUBE, [0, 1, 0, 1], weight=-1), "weight is -1; the price of a pair told apart is a number"),
        (lambda: self_train(CUBE, [0, 1, 0, 1], weight=np.nan), "weight is nan"),
        (lambda: pseudo_labels(CUBE, {}), "known is {}; give a mapping natural -> label"),
        (lambda: pseudo_labels(CUBE, {7: 1}), "known names 1 of 1 that are no naturals: 7"),
        (lambda: iterate(CUBE, [0, 1, 0, 1], steps=-1), "steps is -1; it must be a whole number, 0 or more"),
        (lambda: propagate(CUBE, [0, 1, 0, 1], a=1), r"a is 1; it must be a number in \[0, 1\)"),
        (lambda: expansion(CUBE, 0), r"a is 0; it must be a number in \(0, 1\]"),
        (lambda: which_wins(CUBE, [0, 1, 0, 1], k=5), "k is 5; it must be a whole number from 1"),
        (lambda: which_wins(pg.build(["a"], pg.identity()), [0], k=1), "there are no labels: pass labels="),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(InvalidArgument, match=message):
        call()


def test_what_is_too_large_says_so():
    with pytest.raises(TooLarge, match="class 0 has 64 views; the sets of 22 at most are enumerated"):
        expansion(zoo.hypercube(6), 0.5)
    big = zoo.clusters(count=2, naturals=20_000, views=2000, degree=20)
    with pytest.raises(TooLarge, match="positive pairs; a cut is sought among 500,000 at most"):
        self_train(big, {big.views[0]: 0})


def test_a_rare_view_that_no_neighbour_reaches_bounds_the_expansion():
    """0's neighbours are all but a view of mass 1e-13: not everything, or c would be some 1e12."""
    rare = 1e-13
    graph = pg.build(np.array([0.5, 0.25, 0.25]), np.array([[1, 0, 0], [0.5, 0.5, 0], [0, 1 - 2 * rare, 2 * rare]]))
    found = pg.selftraining.expansion(graph, 0.7, ["one"] * 3)
    assert found.c == pytest.approx(1.6)
    assert found.worst == (0,)
