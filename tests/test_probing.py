"""`probe` and `probe_range`: closed forms, every labelling tried by hand, scikit-learn, and the laws of THEORY 3.7, 3.8 and 5."""

import pickle
from importlib import import_module
from itertools import product

import numpy as np
import pytest
from cases import ZOO, populations
from hypothesis import given, settings
from hypothesis import strategies as st
from layers import examples
from scipy.optimize import linprog

import popgraph as pg
from popgraph import zoo
from popgraph.downstream.probing import exact, heads, probe, probe_range
from popgraph.errors import InvalidArgument, InvalidEmbedding, NotConverged, TooLarge
from popgraph.zoo.class_domain import class_domain

LC = zoo.lightning_cloud()
HEADS = ["least squares", "logistic", "exact"]
seeds = st.integers(0, 2**32 - 1)


def points(n: int) -> pg.PopulationGraph:
    """n equally likely naturals that are their own only views."""
    return pg.build(np.full(n, 1 / n), np.eye(n))


def vote_error(graph, g, y):
    """Pr[the class of most of x̄'s views is not y(x̄)], by loops; g and y number the classes by first appearance."""
    error = 0.0
    for i in range(graph.n):
        votes = [sum(graph.kernel[i, x] for x in range(graph.N) if g[x] == c) for c in range(max(y) + 1)]
        winner = next(c for c, share in enumerate(votes) if share >= max(votes) - 1e-12)
        error += graph.p[i] * (winner != y[i])
    return error


def numbered(labels):
    order = list(dict.fromkeys(labels))
    return [order.index(label) for label in labels]


def by_angles(graph, f, y):
    """The least error of two classes over all B, for f in the plane: g = 1 iff bᵀf > 0, at every angle b where that changes."""
    f = np.asarray(f, dtype=float)
    turns = np.sort(
        np.mod(np.concatenate([np.arctan2(f[:, 1], f[:, 0]) + q for q in (np.pi / 2, -np.pi / 2)]), 2 * np.pi)
    )
    middles = (turns + np.append(turns[1:], turns[0] + 2 * np.pi)) / 2
    candidates = [np.zeros(2), *(np.array([np.cos(a), np.sin(a)]) for a in np.concatenate([turns, middles]))]
    return min(vote_error(graph, (f @ b > 1e-9).astype(int), y) for b in candidates)


def by_enumeration(graph, f, y):
    """The least error over all labellings that (b_i - b_j)ᵀf >= 1 for j < i and >= 0 for j > i can be solved for."""
    f, r = np.asarray(f, dtype=float), max(y) + 1
    least = 1.0
    for g in product(range(r), repeat=graph.N):
        error = vote_error(graph, g, y)
        if error < least:
            rows, bounds = [], []
            for x, i in enumerate(g):
                for j in set(range(r)) - {i}:
                    row = np.zeros((r, f.shape[1]))
                    row[i], row[j] = -f[x], f[x]
                    rows.append(row.ravel())
                    bounds.append(-1.0 if j < i else 0.0)
            free = [(None, None)] * (r * f.shape[1])
            if linprog(np.zeros(r * f.shape[1]), rows or None, bounds or None, bounds=free).status == 0:
                least = error
    return least


def invertible(k, seed):
    generator = np.random.default_rng(seed)
    U, V = (np.linalg.qr(generator.standard_normal((k, k)))[0] for _ in range(2))
    return (U * np.geomspace(3, 1 / 3, k)) @ V


def tame(graph):
    """Whether no probability is so small that rounding decides on it."""
    return graph.w_x.min() > 1e-5 and graph.p.min() > 1e-5


small_labels = st.lists(st.integers(0, 1), min_size=6, max_size=6)

# --- the running example, and closed forms


@pytest.mark.parametrize("head", HEADS)
def test_two_eigenvectors_tell_lightning_from_cloud_and_one_does_not(head):
    found = probe(LC, LC.spectrum(2), head=head)
    assert found.error == 0.0
    assert found.accuracy == 1.0
    assert found.optimal
    assert found.predicted.tolist() == ["lightning", "cloud"]
    assert found.view_predictions.tolist() == ["lightning"] * 2 + ["cloud"] * 2
    assert found.classes.tolist() == ["lightning", "cloud"]
    assert found.B.shape == (2, 2)
    assert found.intercept is None
    assert probe(LC, LC.spectrum(1), head=head).error == 0.5  # γ_1 = γ_2: one of the two blocks only


def test_the_best_halfspaces_for_the_parity_of_three_bits():
    """A threshold of 1 and the bits agrees with parity on 6 of 8 corners, one of everything of degree 2 on 7."""
    cube = zoo.hypercube(3)
    parity = [sum(bits) % 2 for bits in cube.naturals]
    for k, error in [(1, 1 / 2), (4, 1 / 4), (7, 1 / 8), (8, 0.0)]:
        found = probe(cube, cube.spectrum(k), parity, head="exact")
        assert found.error == pytest.approx(error)
        assert found.optimal


def test_an_embedding_of_zeros_predicts_the_first_class():
    graph = points(4)
    for head in HEADS:
        found = probe(graph, np.zeros((4, 3)), ["b", "a", "a", "b"], head=head)
        assert set(found.predicted.tolist()) == {"b"}
        assert found.error == 0.5
        assert found.optimal
    assert probe(graph, np.zeros((4, 3)), ["b", "a", "a", "a"], head="exact").error == 0.75


def test_ties_go_to_the_first_class_of_views_and_of_votes():
    graph = pg.build({"a": "1/2", "b": "1/2"}, {"a": {"x": "1/2", "y": "1/2"}, "b": {"y": "1/2", "z": "1/2"}})
    found = probe(graph, [[1, 0], [0, 1], [0, 1]], [0, 1])
    assert found.view_predictions.tolist() == [0, 1, 1]
    assert found.predicted.tolist() == [0, 1]
    assert probe(graph, [[1, 0], [0, 1], [0, 1]], [1, 0]).predicted.tolist() == [1, 0]


def test_only_b_equal_to_0_gives_opposite_directions_the_first_class():
    """f = 1 and f = -1 are both called class 0 iff bᵀf ties: the search must find the tie, and float64 must keep it."""
    graph = pg.build({"a": "2/5", "b": "2/5", "c": "1/5"}, pg.identity())
    found = probe(graph, [[1.0], [-1.0], [2.0]], [0, 0, 1], head="exact")
    assert found.error == pytest.approx(0.2)
    assert found.predicted.tolist() == [0, 0, 0]
    two = pg.build(np.array([0.3, 0.3, 0.3, 0.1]), np.eye(4))
    f = np.array([[1.0, 1.0], [-1.0, -1.0], [1.0, -1.0], [2.0, 2.0]]) @ invertible(2, 3)
    found = probe(two, f, [0, 0, 1, 1], head="exact")
    assert found.error == pytest.approx(0.1)
    assert found.optimal


@pytest.mark.parametrize("seed", range(30))
def test_ties_in_the_plane_survive_a_change_of_basis(seed):
    """Error 0 needs bᵀv = 0 at v and -v, which rounding turns into 1e-17 of either sign."""
    generator = np.random.default_rng(seed)
    v, others = generator.integers(1, 4, 2), generator.integers(-3, 4, (6, 2))
    b = np.array([-v[1], v[0]])
    f = np.vstack([v, -v, 2 * v, others, b]).astype(float)
    labels = [0, 0, 0, *(others @ b > 0).astype(int).tolist(), 1]
    found = probe(points(10), f @ invertible(2, seed), labels, head="exact")
    assert found.error == 0.0


@pytest.mark.parametrize(("d", "tied"), [(3, 2), (6, 3), (12, 8), (40, 39)])
def test_ties_in_more_dimensions_are_ties_to_the_last_bits(d, tied):
    generator = np.random.default_rng(d)
    V, others = generator.standard_normal((tied, d)), generator.standard_normal((3 * d, d))
    b = np.linalg.svd(V)[2][-1]
    f = np.vstack([V, -V, others, b])
    labels = [0] * (2 * tied) + (others @ b > 0).astype(int).tolist() + [1]
    assert probe(points(len(f)), f @ invertible(d, 0), labels, head="exact").error == 0.0


@pytest.mark.parametrize("seed", range(12))
def test_three_classes_of_views_that_naturals_share(seed):
    generator = np.random.default_rng(seed)
    A = generator.integers(0, 4, (4, 5)) * (generator.random((4, 5)) < 0.6) + np.eye(4, 5) + np.eye(4, 5, 1)
    graph = pg.build(generator.integers(1, 5, 4).astype(float), A.astype(float), normalize=True)
    f, y = generator.integers(-2, 3, (5, 2)), numbered([0, 1, 2, int(generator.integers(0, 3))])
    found = probe(graph, f @ invertible(2, seed), y, head="exact")
    assert found.error == pytest.approx(by_enumeration(graph, f, y), abs=1e-12)
    assert found.optimal


def test_an_intercept_serves_features_without_the_constant():
    graph = points(4)
    f, labels = [[1.0], [2.0], [3.0], [4.0]], ["low", "low", "high", "high"]
    for head in HEADS:
        assert probe(graph, f, labels, head=head).error == 0.5
        found = probe(graph, f, labels, head=head, intercept=True)
        assert found.error == 0.0
        assert found.intercept.shape == (2,)
        scores = np.array(f) @ found.B + found.intercept
        assert [["low", "high"][i] for i in scores.argmax(axis=1)] == labels


def test_labels_may_be_given_by_name_and_override_the_graph():
    cube = zoo.hypercube(2)
    second = {bits: bits[1] for bits in cube.naturals}
    assert probe(cube, [[1, -1], [1, 1], [1, -1], [1, 1]], second).error == 0
    assert probe(cube, [[1, -1], [1, 1], [1, -1], [1, 1]]).error == 0.5


def test_one_class_is_never_missed():
    for head in HEADS:
        assert probe(points(3), np.ones((3, 1)), ["only"] * 3, head=head).error == 0.0


def test_naturals_that_no_head_can_tell_apart_bound_the_error():
    graph = pg.build(np.array([0.5, 0.3, 0.2]), np.array([[0.5, 0.5], [0.5, 0.5], [0.0, 1.0]]))
    found = probe(graph, np.eye(2), [0, 1, 0])
    assert found.error == pytest.approx(0.3)
    assert found.optimal


# --- the exact head against every labelling


@settings(max_examples=examples(60))
@given(
    populations(6, 6), small_labels, st.lists(st.tuples(st.integers(-2, 2), st.integers(-2, 2)), min_size=6, max_size=6)
)
def test_the_exact_head_in_the_plane_is_the_least_over_all_angles(graph, labels, rows):
    f, y = rows[: graph.N], numbered(labels[: graph.n])
    found = probe(graph, f, y, head="exact")
    # The search counts errors as equal that are closer than this: naturals less probable may be given up
    assert found.error == pytest.approx(by_angles(graph, f, y), abs=exact.EQUAL_ERRORS)
    assert found.optimal


@settings(max_examples=25)
@given(
    populations(5, 5),
    st.lists(st.integers(0, 2), min_size=5, max_size=5),
    st.integers(1, 3),
    st.lists(st.integers(-2, 2), min_size=15, max_size=15),
)
def test_the_exact_head_is_the_least_over_all_realisable_labellings(graph, labels, d, entries):
    f, y = np.array(entries[: graph.N * d]).reshape(graph.N, d), numbered(labels[: graph.n])
    found = probe(graph, f, y, head="exact")
    assert found.error == pytest.approx(by_enumeration(graph, f, y), abs=exact.EQUAL_ERRORS)
    assert found.optimal


@given(populations(), st.lists(st.integers(0, 2), min_size=6, max_size=6), st.integers(1, 4))
def test_the_error_is_that_of_b_and_the_exact_one_is_the_least(graph, labels, k):
    labels = labels[: graph.n]
    f = graph.spectrum(min(k, graph.N)).eigenfunctions
    errors = {}
    for head in HEADS:
        found = probe(graph, f, labels, head=head)
        scores = f @ found.B
        slack = 1e-12 * (1 + np.abs(f) @ np.abs(found.B)).max(axis=1, keepdims=True)
        g = np.argmax(scores >= scores.max(axis=1, keepdims=True) - slack, axis=1)
        if (np.sort(scores, axis=1)[:, -1:] - np.sort(scores, axis=1)[:, -2:-1] > 100 * slack).all():
            assert (found.view_predictions == found.classes[g]).all()
        g = [found.classes.tolist().index(label) for label in found.view_predictions.tolist()]
        assert found.error == pytest.approx(vote_error(graph, g, numbered(labels)), abs=1e-15)
        errors[head] = found.error
    assert errors["exact"] <= min(errors.values())


@settings(max_examples=examples(40))
@given(populations(), small_labels, st.integers(1, 4), seeds)
def test_neither_an_invertible_map_nor_a_positive_factor_changes_the_least_error(graph, labels, k, seed):
    """Lemma 3.1 of [H21], THEORY 3.7."""
    if not tame(graph):
        return
    f = graph.spectrum(min(k, graph.N)).eigenfunctions
    s = np.random.default_rng(seed).uniform(0.5, 2.0, size=(graph.N, 1))
    Q = invertible(f.shape[1], seed)
    before, after = (probe(graph, g, labels[: graph.n], head="exact").error for g in (f, s * (f @ Q)))
    assert after == pytest.approx(before, abs=1e-12)


@given(populations(), small_labels, st.integers(1, 4), seeds)
def test_the_other_heads_do_not_see_an_invertible_map_either(graph, labels, k, seed):
    if not tame(graph):
        return
    f = graph.spectrum(min(k, graph.N)).eigenfunctions
    for head in HEADS[:2]:
        before, after = (probe(graph, g, labels[: graph.n], head=head) for g in (f, f @ invertible(f.shape[1], seed)))
        assert after.loss == pytest.approx(before.loss, abs=1e-5 if head == "logistic" else 1e-10)
        gaps = np.abs(np.diff(np.sort(f @ before.B, axis=1)[:, -2:], axis=1))
        if gaps.min(initial=1.0) > 1e-3:
            assert (after.view_predictions == before.view_predictions).all()


# --- THEORY 5


def cut_and_noise(graph, labels):
    """φ^ŷ and Δ(ŷ) of Bayes' ŷ, by their definitions."""
    y = np.array(labels)
    given = np.array([[graph.p[y == c] @ graph.kernel.toarray()[y == c][:, x] for c in (0, 1)] for x in range(graph.N)])
    bayes = given.argmax(axis=1)
    return graph.w[bayes[:, None] != bayes].sum(), 1 - given.max(axis=1).sum(), given


@given(populations(), small_labels, st.integers(1, 5))
def test_the_least_squares_loss_and_error_obey_their_bounds(graph, labels, k):
    """THEORY 5.3 and 5.4 for f = F*: the loss in closed form, and the bounds on it and on E(f)."""
    labels = labels[: graph.n]
    k = min(k, graph.N)
    whole = np.linalg.eigvalsh(graph.adjacency)[::-1]
    phi, delta, given = cut_and_noise(graph, labels)
    spectrum = graph.spectrum(k)
    T = given / np.sqrt(graph.w_x)[:, np.newaxis]
    Pi = spectrum.eigenvectors @ spectrum.eigenvectors.T
    noise = 1 - np.sum(T**2)
    found = probe(graph, spectrum.eigenfunctions, labels)
    assert found.loss == pytest.approx(noise + np.sum((T - Pi @ T) ** 2), abs=1e-9)
    gap = 1 - whole[k] if k < graph.N else 1.0
    if gap < 1e-9:
        return
    assert found.loss <= noise + np.sum(T * (T - graph.adjacency @ T)) / gap + 1e-9
    assert found.loss <= 2 * phi / gap + 4 * delta + 1e-9
    error = probe(graph, spectrum.eigenfunctions, labels, head="exact").error
    assert error <= 4 * phi / gap + 2 * delta + 1e-9
    assert error <= 8 * delta / gap + 2 * delta + 1e-9


@pytest.mark.parametrize("name", ZOO)
def test_f_star_of_full_rank_fits_as_well_as_any_function_of_the_views(name):
    graph = ZOO[name]
    rank = graph.spectrum(graph.N).rank
    y = np.array(numbered(graph.labels.tolist()))
    given = np.column_stack([(graph.p * (y == c)) @ graph.kernel for c in range(max(y) + 1)])
    found = probe(graph, graph.spectrum(rank))
    assert found.loss == pytest.approx(1 - np.sum(given**2 / graph.w_x[:, np.newaxis]), abs=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_the_logistic_head_is_scikit_learns(seed):
    """The same ridged cross-entropy, on uncorrelated features, each view counted once for each class."""
    from sklearn.linear_model import LogisticRegression

    generator = np.random.default_rng(seed)
    graph = pg.build(generator.dirichlet(np.ones(30)), generator.dirichlet(np.ones(12) / 3, size=30))
    labels = generator.integers(0, 3, 30)
    f = generator.standard_normal((12, 4))
    found = probe(graph, f, labels.tolist(), head="logistic")
    S = f.T @ (graph.w_x[:, np.newaxis] * f)
    white = f @ np.linalg.inv(np.linalg.cholesky(S)).T
    mass = np.array([(graph.p * (labels == c)) @ graph.kernel for c in found.classes])
    model = LogisticRegression(C=1 / heads.RIDGE, fit_intercept=False, tol=1e-10, max_iter=10_000)
    model.fit(np.tile(white, (3, 1)), np.repeat([0, 1, 2], 12), sample_weight=mass.ravel())
    np.testing.assert_allclose(f @ found.B, white @ model.coef_.T, atol=2e-3)
    theirs = -np.sum(mass.T * model.predict_log_proba(white))
    assert found.loss == pytest.approx(theirs, abs=1e-6)


def test_the_logistic_head_stops_at_finite_scores_where_classes_are_separable():
    found = probe(LC, LC.spectrum(2), head="logistic")
    assert 0 < found.loss < 1e-4
    assert np.abs(LC.spectrum(2).embedding @ found.B).max() < 30


def test_a_logistic_head_that_does_not_get_there_says_so(monkeypatch):
    monkeypatch.setattr(heads, "MAX_EXCESS_NATS", 1e-40)
    with pytest.raises(NotConverged, match='nats above its minimum at most.*use head="least squares"'):
        probe(zoo.clusters(), zoo.clusters().spectrum(4), head="logistic")
    assert probe(zoo.clusters(), zoo.clusters().spectrum(4), head="exact").error == 0


# --- probe_range


@pytest.mark.parametrize("head", HEADS)
def test_at_a_tie_of_class_and_domain_two_dimensions_probe_from_perfect_to_chance(head):
    """THEORY 3.8, on the four cells of THEORY 8 with α = β."""
    graph = class_domain("0.5", "0.2", "0.2", "0.1")
    found = probe_range(graph, 2, head=head, samples=40)
    assert found.lowest == 0.0
    assert found.highest == pytest.approx(0.5)
    assert found.tried == 43
    assert found.family == "any 1 of the 2 dimensions of the eigenspace of γ = 0.16"
    for f, end in [(found.low_f, found.low), (found.high_f, found.high)]:
        match = pg.verify(graph, f)
        assert match.optimal
        assert probe(graph, f, head=head).error == end.error
    assert "0 to 0.5 among 43 minimisers" in repr(found)
    assert "the true one may be wider" in str(found)


@pytest.mark.parametrize("k", [1, 3, 4])
def test_at_a_clean_cut_the_range_is_one_number(k):
    graph = class_domain("0.5", "0.2", "0.2", "0.1")
    found = probe_range(graph, k)
    assert found.lowest == found.highest == probe(graph, graph.spectrum(k)).error
    assert found.tried == 1
    assert not found.family
    assert "a clean cut" in repr(found)
    assert "span one subspace" in str(found)


@pytest.mark.parametrize(("size", "across"), [(2, "1/100"), (3, "1/100"), (5, "1/20")])
def test_scores_that_tie_for_f_star_are_a_tie_however_the_eigenvectors_are_rounded(size, across):
    """Eigenvectors 2 to 4 tell sub-graphs of one class apart, so that at k = 4 every view scores 1/3 for each class.

    They are known to rounding over a gap of 0.006 to 0.03, which a permutation of the views changes; no class may win by that.
    """
    graph = zoo.planted_subclasses(3, 2, size=size, within="1/1000", across=across)
    for seed in range(20):
        order = np.random.default_rng(seed).permutation(graph.N)
        naturals = [graph.naturals[i] for i in order]
        shuffled = pg.build(graph.p[order], graph.kernel[order][:, order], labels=[natural[0] for natural in naturals])
        spectrum = shuffled.spectrum(4)
        assert spectrum.clean_cuts == (1, 4, 6)
        found = probe(shuffled, spectrum)
        assert np.allclose(spectrum.embedding @ found.B, 1 / 3)
        assert found.error == pytest.approx(2 / 3)
        assert set(found.predicted.tolist()) == {shuffled.labels[0]}
        assert probe_range(shuffled, 4).highest == found.error


def test_beyond_the_rank_there_is_nothing_to_choose():
    found = probe_range(LC, 3)
    assert found.tried == 1
    assert pg.verify(LC, found.low_f).optimal


def test_components_that_do_not_all_fit_into_k():
    graph = zoo.clusters(count=6, naturals=5, views=5, degree=3, cross=0)
    found = probe_range(graph, 3, [c % 2 for c in graph.labels.tolist()], samples=20, rng=1)
    assert found.lowest == 0.0
    assert found.highest > 0.3
    again = probe_range(graph, 3, [c % 2 for c in graph.labels.tolist()], samples=20, rng=1)
    assert (again.highest, again.tried) == (found.highest, 23)
    assert pg.verify(graph, found.high_f).optimal


def test_an_eigenspace_that_is_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(import_module("popgraph.downstream.probing.family"), "MAX_EIGENSPACE_BYTES", 1000)
    with pytest.raises(
        TooLarge,
        match="all 20 eigenvectors of γ = 1 and above are needed, 64 kB .*; use probe on one embedding",
    ):
        probe_range(zoo.clusters(count=20, cross=0), 3)


# --- the value, and what is refused


def test_a_probe_is_frozen_prints_and_pickles():
    found = probe(zoo.clusters(), zoo.clusters().spectrum(4), head="logistic")
    for array in (found.B, found.classes, found.predicted, found.view_predictions):
        assert not array.flags.writeable
    assert not pickle.loads(pickle.dumps(found)).B.flags.writeable
    assert repr(found) == "Probe(logistic: error 0, optimal; 4 classes, f in 4 dimensions)"
    assert "80 naturals by vote of 80 views" in str(found)
    assert "nats" in str(found)
    assert "No linear head errs less." in str(found)
    cube = zoo.hypercube(3)
    worse = probe(cube, cube.spectrum(4), [sum(bits) % 2 for bits in cube.naturals])
    assert not worse.optimal
    assert "Whether another B errs less is not proven." in str(worse)


def test_too_many_directions_for_the_exact_head(monkeypatch):
    generator = np.random.default_rng(0)
    f, labels = generator.standard_normal((40, 4)), generator.integers(0, 2, 40).tolist()
    monkeypatch.setattr(exact, "MAX_NODES", 50)
    with pytest.raises(
        TooLarge, match='tried 50 partial labellings of 40 directions of f in 4 dimensions by 2 classes.*head="least'
    ):
        probe(points(40), f, labels, head="exact")
    monkeypatch.setattr(exact, "MAX_DIRECTIONS", 39)
    with pytest.raises(
        TooLarge, match='40 directions of f in 4 dimensions by 2 classes, and is for 39; head="least squares" and'
    ):
        probe(points(40), f, labels, head="exact")
    assert (
        probe(points(40), f, [x > 0 for x in f[:, 0].tolist()], head="exact").error == 0
    )  # an easy case has an answer


REFUSED = {
    "no labels": (
        lambda: probe(points(2), np.ones((2, 1))),
        "no labels to probe for: pass labels=, one class for each of the 2",
    ),
    "few labels": (
        lambda: probe(points(2), np.ones((2, 1)), [1]),
        r"labels has shape \(1,\); 2 naturals need one label each",
    ),
    "names": (
        lambda: probe(points(2), np.ones((2, 1)), {0: 1}),
        r"labels lacks 1 of 2 naturals \(1\); name each natural once",
    ),
    "head": (
        lambda: probe(LC, np.ones((4, 1)), head="ridge"),
        'head is \'ridge\'; it must be "least squares", "logistic" or',
    ),
    "intercept": (lambda: probe(LC, np.ones((4, 1)), intercept=2), "intercept is 2; it must be True or False"),
    "order": (lambda: probe(np.ones((4, 1)), LC), "takes a population first; got"),
    "range order": (lambda: probe_range(2, LC), "takes a population first; got 2"),
    "range head": (lambda: probe_range(LC, 1, head="best"), "head is 'best'"),
    "samples": (lambda: probe_range(LC, 1, samples=-1), "samples is -1; it must be a whole number, 0 or more"),
    "k": (lambda: probe_range(LC, 9), "k is 9"),
    "range labels": (lambda: probe_range(points(2), 1), "no labels to probe for"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_probed_is_refused(name):
    call, message = REFUSED[name]
    with pytest.raises(InvalidArgument, match=message):
        call()


def test_an_f_that_is_no_embedding_is_refused():
    with pytest.raises(InvalidEmbedding, match=r"f has shape \(3, 2\); this graph of 4 views needs"):
        probe(LC, np.ones((3, 2)))
