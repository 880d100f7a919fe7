"""Self-training against brute force over all labellings, dense solves and sets counted one by one."""

from itertools import chain, combinations, product

import numpy as np
import pytest
import scipy.sparse as sp
from cases import ZOO, brute_w
from extras import need
from layers import first_by_default

import popgraph as pg
from popgraph import zoo
from popgraph.downstream.selftraining import cuts, expansion, iterate, propagate, pseudo_labels, self_train, which_wins
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


@pytest.mark.slow
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
        (lambda: self_train("graph", []), r"self_train\(graph, teacher\) takes a PopulationGraph first; got 'graph'"),
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


def cut_case(seed):
    """A network of up to 12 nodes: whole numbers full of ties, floats, ties up to rounding, and pairs of any price."""
    rng = np.random.default_rng(seed)
    N, kind = int(rng.integers(1, 13)), seed % 4
    parted, source, sink = rng.integers(0, 3, (N, N)) / 64, rng.integers(0, 3, N) / 64, rng.integers(0, 3, N) / 64
    if kind == 1:
        parted = rng.random((N, N)) * (rng.random((N, N)) < 0.4) / N**2
        source, sink = (rng.random(N) * (rng.random(N) < 0.6) for _ in range(2))
    elif kind == 2:
        parted, source, sink = (x / 1.5 * (1 + rng.uniform(-1, 1, x.shape) * 2**-51) for x in (parted, source, sink))
    elif kind == 3:
        parted = parted * 10.0 ** rng.integers(-3, 99)
    source, sink = (x / max(x.sum(), 1.0) for x in (source, sink))
    return sp.coo_array(np.triu(parted, 1)), source, sink


def least_cuts(pairs, source, sink):
    """The least cost of all sets of nodes, and what is common to, and in any of, those that cost no more, up to rounding."""
    N, (x, y) = len(source), pairs.coords
    sets = (np.arange(2**N)[:, np.newaxis] >> np.arange(N) & 1).astype(bool)
    costs = ~sets @ source + sets @ sink + (sets[:, x] != sets[:, y]) @ pairs.data
    least = sets[costs <= costs.min() + 1e-12]
    return costs.min(), least.all(axis=0), least.any(axis=0)


@pytest.mark.parametrize("block", first_by_default(*range(10), default=2))
def test_both_flows_give_the_smallest_and_the_largest_of_all_cuts(block, monkeypatch):
    need("ortools")
    by_ortools = cuts._maximum_flow
    for seed in range(100 * block, 100 * (block + 1)):
        network = cut_case(seed)
        monkeypatch.setattr(cuts, "_maximum_flow", by_ortools)
        one = cuts.minimum_cut(*network)
        monkeypatch.setattr(cuts, "_maximum_flow", cuts._flow_by_networkx)
        other = cuts.minimum_cut(*network)
        value, smallest, largest = least_cuts(*network)
        for cut in (one, other):
            assert cut.value == one.value == pytest.approx(value, abs=1e-12)
            assert cut.smallest.tolist() == smallest.tolist(), seed
            assert cut.largest.tolist() == largest.tolist(), seed


def without_ortools(module):
    raise ModuleNotFoundError(f"No module named {module!r}")


@pytest.mark.parametrize("classes", [2, 3])
def test_no_label_depends_on_whether_ortools_is_installed(classes, monkeypatch):
    need("ortools")
    for seed in range(25):
        graph, _, teacher, weight = random_case(seed, classes, most=12)
        with_it = self_train(graph, teacher, weight=weight)
        with monkeypatch.context() as patch:
            patch.setattr(cuts, "import_uninterrupted", without_ortools)
            without = self_train(graph, teacher, weight=weight)
        assert without.labels.tolist() == with_it.labels.tolist()
        assert (without.objective, without.lower, without.unique) == (with_it.objective, with_it.lower, with_it.unique)


WRONG_FLOWS = {
    "none": lambda flow: flow * 0,
    "more than the capacities": lambda flow: flow * 3,
    "not what enters a node": lambda flow: np.append(flow[1:], 0),
}


@pytest.mark.parametrize("how", WRONG_FLOWS)
def test_a_flow_that_is_no_maximum_flow_is_noticed(how, monkeypatch):
    pairs = sp.coo_array(([0.1, 0.2], ([0, 1], [1, 2])), shape=(3, 3))
    network = pairs, np.array([0.5, 0.0, 0.0]), np.array([0.0, 0.0, 0.5])
    assert cuts.minimum_cut(*network).value == pytest.approx(0.1)
    monkeypatch.setattr(cuts, "_maximum_flow", lambda *arcs: WRONG_FLOWS[how](cuts._flow_by_networkx(*arcs)))
    with pytest.raises(AssertionError, match="the library returned a flow that is not a maximum flow"):
        cuts.minimum_cut(*network)


def test_a_long_path_of_ties_is_one_tie_at_any_number_of_views():
    """Parting a chain of 2,000 equal views anywhere costs the same up to rounding: the first class gets them all but the last."""
    N = 2000
    pairs = sp.coo_array(
        (np.full(N - 1, 0.1) * (1 + np.arange(N - 1) % 3 * 2.0**-52), (np.arange(N - 1), np.arange(1, N))), (N, N)
    )
    source, sink = np.zeros(N), np.zeros(N)
    source[0] = sink[-1] = 0.5
    cut = cuts.minimum_cut(pairs, source, sink)
    assert (cut.smallest.sum(), cut.largest.sum(), cut.value) == (1, N - 1, pytest.approx(0.1))


BIASED = pg.build({0: 0.75, 1: 0.25}, {0: {0: 0.9, 1: 0.1}, 1: {0: 0.1, 1: 0.9}})
MIXED = pg.structure.mixture({"cat": 0.4, "dog": 0.6}, {"cat": [BIASED, CUBE], "dog": [BIASED, zoo.hypercube(2, 0.4)]})


def test_what_only_multiplies_works_on_a_mixture_as_on_its_list():
    listed, rng = MIXED.expand(), np.random.default_rng(0)
    known = {
        natural: label for natural, label in zip(listed.naturals, listed.labels, strict=True) if rng.random() < 0.5
    }
    taught = pseudo_labels(MIXED, known)
    assert taught.tolist() == pseudo_labels(listed, known).tolist()
    teacher = [label if rng.random() < 0.5 else None for label in taught]
    one, other = iterate(MIXED, teacher), iterate(listed, teacher)
    assert one.labels.tolist() == other.labels.tolist()
    np.testing.assert_allclose(one.inconsistency, other.inconsistency, atol=1e-14)
    (scores, labels), (expected, named) = propagate(MIXED, teacher), propagate(listed, teacher)
    np.testing.assert_allclose(scores, expected, atol=1e-11)
    assert labels.tolist() == named.tolist()


PRODUCT = pg.product([CUBE] * 3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: self_train(MIXED, {}),
            r"self_train\(graph, teacher\) takes a PopulationGraph first; .* its .expand\(\)",
        ),
        (
            lambda: which_wins(MIXED, {}, 1),
            r"which_wins\(graph, teacher, k\) takes a PopulationGraph .* its .expand\(\)",
        ),
        (lambda: expansion(MIXED, 0.5), r"expansion\(graph, a\) takes a PopulationGraph first; .* use its .expand\(\)"),
        (lambda: iterate(PRODUCT, {}), r"iterate\(graph, teacher\) needs a list .* use its .expand\(\)"),
        (lambda: propagate(PRODUCT, {}), r"propagate\(graph, teacher\) needs a list of views, .* use its .expand\(\)"),
        (lambda: pseudo_labels(PRODUCT, {}), r"pseudo_labels\(graph, known\) needs a list .* use its .expand\(\)"),
    ],
)
def test_what_needs_a_list_names_expand(call, message):
    with pytest.raises(InvalidArgument, match=message):
        call()
