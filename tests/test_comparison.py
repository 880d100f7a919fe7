"""`compare`: against the dense Ā on the union and closed forms; Weyl's and Davis-Kahan's theorems on every random pair."""

import numpy as np
import pytest
import scipy.linalg
import scipy.sparse as sp
from cases import GRAPHS, dense_adjacency, many_components, near_tie, populations
from hypothesis import given
from hypothesis import strategies as st

import popgraph as pg
from popgraph import zoo
from popgraph.basics import memory
from popgraph.basics.subspace import tolerance
from popgraph.declare.images import rotate
from popgraph.errors import InvalidArgument, TooLarge
from popgraph.verification import difference
from popgraph.verification.comparison import Comparison, compare
from popgraph.verification.matching_views import match_views

LC = zoo.lightning_cloud()
ROUNDING = 1e-9


def on_the_union(graph, other):
    """Ā and Â from the definition, on the views of `graph` and then the new ones of `other`."""
    views = list(graph.views) + [view for view in other.views if view not in list(graph.views)]
    matrices = []
    for one in (graph, other):
        at = [views.index(view) for view in one.views]
        full = np.zeros((len(views), len(views)))
        full[np.ix_(at, at)] = dense_adjacency(one)
        matrices.append(full)
    return matrices


def empirical(graph, size, rng):
    """The graph of `size` sampled naturals, with the views that they reach."""
    drawn = np.random.default_rng(rng).choice(graph.n, size=size, p=graph.p)
    seen, counts = np.unique(drawn, return_counts=True)
    A = graph.kernel[seen]
    reached = np.flatnonzero(A.sum(axis=0) > 0)
    return pg.build(counts / size, A[:, reached], views=[graph.views[j] for j in reached])


def shuffled(graph, seed):
    """The same graph, its views and naturals in another order."""
    generator = np.random.default_rng(seed)
    naturals, views = generator.permutation(graph.n), generator.permutation(graph.N)
    return pg.build(graph.p[naturals], graph.kernel[naturals][:, views], views=[graph.views[j] for j in views])


def assert_is_right(seen, graph, other):
    """Every number that can be had from the dense matrices is the one that `compare` gives."""
    A, A_other = on_the_union(graph, other)
    k = seen.k
    norms = np.abs(np.linalg.eigvalsh(A_other - A))
    assert seen.norm_lower - ROUNDING <= norms.max() <= seen.norm + ROUNDING
    assert seen.frobenius == pytest.approx(np.linalg.norm(A_other - A), abs=ROUNDING)
    gamma, gamma_other = (np.append(np.linalg.eigvalsh(matrix)[::-1], 0) for matrix in (A, A_other))
    np.testing.assert_allclose(seen.gamma, gamma[:k], atol=ROUNDING)
    np.testing.assert_allclose(seen.eigenvalue_errors, (gamma_other - gamma)[:k], atol=ROUNDING)
    assert seen.gap == pytest.approx(max(0, gamma[k - 1] - gamma[k]), abs=ROUNDING)
    assert sum(seen.views) - seen.shared_views == len(A)
    if min(gamma[k - 1] - gamma[k], gamma_other[k - 1] - gamma_other[k]) > 1e-4:
        V, V_other = (np.linalg.eigh(matrix)[1][:, ::-1][:, :k] for matrix in (A, A_other))
        np.testing.assert_allclose(seen.angles, scipy.linalg.subspace_angles(V, V_other)[::-1], atol=1e-6)


def assert_theorems_hold(seen):
    assert np.abs(seen.eigenvalue_errors).max() <= seen.norm + ROUNDING  # Weyl
    assert seen.norm <= 1 + ROUNDING  # -Ā <= Â - Ā <= Â
    slack = ROUNDING + (seen.uncertainty if seen.uncertainty < 1 else 0)
    if seen.degenerate or seen.degenerate_other:
        assert seen.vacuous  # Weyl again: γ̂_{k+1} >= γ_{k+1} - norm = γ_k - norm
    if not seen.vacuous:
        assert seen.largest_angle <= seen.angle_bound + slack  # Davis and Kahan
    assert np.sin(seen.largest_angle) <= np.sin(seen.angle_bound_by_gap) + slack  # Yu, Wang and Samworth, as below
    assert np.linalg.norm(np.sin(seen.angles)) <= seen.frobenius_bound + np.sqrt(seen.k) * slack
    assert seen.angle_bound <= seen.angle_bound_by_gap + ROUNDING


# --- laws, on random pairs


@given(populations(), populations(), st.integers(1, 5))
def test_the_theorems_hold_between_any_two_graphs(graph, other, k):
    seen = compare(graph, other, min(k, graph.N, other.N))
    assert_is_right(seen, graph, other)
    assert_theorems_hold(seen)


@given(populations(max_naturals=8), st.integers(1, 5), st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_the_theorems_hold_for_sampled_naturals(graph, k, size, seed):
    other = empirical(graph, size, seed)
    seen = compare(graph, other, min(k, other.N))
    assert_is_right(seen, graph, other)
    assert_theorems_hold(seen)
    assert seen.shared_views == other.N


@given(populations(), st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_the_order_of_views_and_naturals_does_not_matter(graph, k, seed):
    seen = compare(graph, shuffled(graph, seed), min(k, graph.N))
    assert seen.norm < ROUNDING
    assert seen.shared_views == graph.N
    if not seen.degenerate:
        assert seen.largest_angle <= ROUNDING + seen.uncertainty


@given(populations(), populations())
def test_exchanging_the_graphs_changes_signs_only(graph, other):
    k = min(graph.N, other.N, 3)
    there, back = compare(graph, other, k), compare(other, graph, k)
    assert there.norm == pytest.approx(back.norm, abs=ROUNDING)
    np.testing.assert_allclose(there.eigenvalue_errors, -back.eigenvalue_errors, atol=ROUNDING)
    np.testing.assert_allclose(there.angles, back.angles, atol=1e-7)
    assert there.separation == pytest.approx(back.separation)
    assert there.shared_views == back.shared_views


@pytest.mark.parametrize("name", GRAPHS)
def test_a_graph_is_at_no_distance_from_itself(name):
    graph = GRAPHS[name]
    seen = compare(graph, graph)
    assert seen.norm <= 10 * tolerance(graph.N)
    assert seen.frobenius <= 10 * tolerance(graph.N)
    np.testing.assert_array_equal(seen.eigenvalue_errors, 0)
    assert seen.largest_angle < 1e-7
    assert seen.shared_naturals == graph.n


# --- closed forms


@pytest.mark.parametrize(("flip", "other"), [("1/4", "1/5"), ("1/10", "2/5"), (0, "1/3")])
def test_hypercubes_share_eigenvectors_and_differ_in_known_eigenvalues(flip, other):
    """γ_S = (1-2q)^(2|S|) with the parities as eigenvectors [THEORY 10]: ||Â - Ā|| is the largest difference of eigenvalues."""
    d, q, r = 4, eval(str(flip)), eval(str(other))
    seen = compare(zoo.hypercube(d, flip), zoo.hypercube(d, other), k=5)
    sizes = np.array([0, 1, 1, 1, 1])
    errors = (1 - 2 * r) ** (2 * sizes) - (1 - 2 * q) ** (2 * sizes)
    np.testing.assert_allclose(seen.eigenvalue_errors, errors, atol=1e-12)
    j = np.arange(d + 1)
    norm = np.abs((1 - 2 * r) ** (2.0 * j) - (1 - 2 * q) ** (2.0 * j)).max()
    assert seen.norm == pytest.approx(norm, abs=1e-12)
    if flip:
        assert seen.largest_angle < 1e-12
    else:  # without flips all of γ is 1
        assert seen.degenerate
        assert not seen.degenerate_other


def test_lightning_and_cloud_turn_by_the_angle_of_their_block_vectors():
    """F* is (√(1-q), √q) in each block, so two probabilities are arcs apart: arcsin √r - arcsin √q."""
    other = zoo.lightning_cloud("1/5")
    seen = compare(LC, other)
    assert seen.k == 2
    angle = np.arcsin(np.sqrt(1 / 3)) - np.arcsin(np.sqrt(1 / 5))
    np.testing.assert_allclose(seen.angles, [angle, angle], atol=1e-12)
    assert seen.norm == pytest.approx(np.sin(angle))  # two projectors of equal rank are sin Θ_max apart
    assert seen.angle_bound == pytest.approx(angle)  # Davis and Kahan are sharp here: the separation is 1
    assert seen.frobenius == pytest.approx(2 * np.sin(angle))
    assert not seen.vacuous


def test_sampled_frequencies_make_no_difference_where_no_view_is_shared():
    bolts = LC.population.distribution
    other = pg.build(pg.Distribution.from_samples(bolts.sample(11, rng=1)), rotate(1, "1/3"))
    seen = compare(LC, other)
    assert seen.norm < 1e-14
    assert seen.largest_angle < 1e-7
    assert seen.shared_naturals == 2


def test_a_lost_component_costs_its_eigenvalue():
    other = pg.build([LC.naturals[1]], rotate(1, "1/3"))
    seen = compare(LC, other, k=2)
    assert seen.norm == pytest.approx(1)
    np.testing.assert_allclose(seen.eigenvalue_errors, [0, -1], atol=1e-12)
    assert seen.shared_views == 2
    assert seen.degenerate_other  # rank 1, so the second eigenvector is arbitrary
    assert not seen.degenerate


# --- rates


def test_the_norm_falls_like_one_over_the_root_of_the_sample():
    graph = zoo.clusters(count=3, naturals=30, views=10, rng=2)
    sizes = np.array([1_000, 10_000, 100_000])
    norms = [np.mean([compare(graph, empirical(graph, size, seed), 3).norm for seed in range(8)]) for size in sizes]
    slope = np.polyfit(np.log(sizes), np.log(norms), 1)[0]
    assert -0.56 < slope < -0.44
    assert compare(graph, empirical(graph, 100_000, 0), 3).angle_bound < 0.2


# --- awkward pairs


def test_disjoint_views_still_have_an_answer():
    graph, other = pg.build(["a", "b"], pg.apply(str.upper, "1/3")), pg.build(["c"], pg.apply(str.upper, "1/4"))
    seen = compare(graph, other, 1)
    assert_is_right(seen, graph, other)
    assert seen.norm == pytest.approx(1)
    assert seen.shared_views == seen.shared_naturals == 0
    np.testing.assert_allclose(seen.angles, np.pi / 2)
    assert seen.vacuous
    assert "The graphs share no view, so Ā and Â act on different views: the norm is 1" in str(seen)


def test_one_view_each():
    graph = GRAPHS["one natural, one view"]
    seen = compare(graph, graph)
    assert (seen.k, seen.norm, seen.largest_angle) == (1, 0, 0)
    other = pg.build(["b"], pg.identity())
    assert compare(graph, other).norm == 1


def test_degenerate_cuts_are_said_to_mean_nothing():
    cube = zoo.hypercube(3)
    seen = compare(cube, shuffled(cube, 1), k=2)
    assert seen.degenerate
    assert seen.degenerate_other
    assert seen.vacuous
    assert seen.angle_bound == seen.angle_bound_by_gap == np.pi / 2
    assert seen.frobenius_bound == np.sqrt(2)
    assert "mean nothing: γ_2 = γ_3 and γ̂_2 = γ̂_3, so F* is a family; both F* are unique at k = 1, 4" in str(seen)
    assert repr(seen).startswith("Comparison(k=2, norm")
    assert "degenerate cut" in repr(seen)


def test_a_near_tie_is_clean_and_its_bounds_are_vacuous_unless_the_norm_is_tiny():
    seen = compare(near_tie(1e-6), near_tie(2e-6), k=3)
    assert not seen.degenerate
    assert seen.norm == pytest.approx(1e-6, rel=1e-3)
    assert seen.separation == pytest.approx(2e-6, rel=1e-3)
    assert seen.largest_angle < 1e-6 < seen.angle_bound < 0.6


def test_the_default_k_is_where_the_gap_is_widest():
    assert compare(LC, LC).k == 2
    assert compare(zoo.hypercube(3), zoo.hypercube(3)).k == 4
    assert compare(zoo.clusters(), zoo.clusters()).k == 4
    assert compare(GRAPHS["repeated rows"], GRAPHS["repeated rows"]).k == 2
    assert compare(GRAPHS["many naturals, one view"], GRAPHS["many naturals, one view"]).k == 1
    assert compare(many_components(30, 2), many_components(30, 2)).k == 30  # no cut up to 8 is clean
    assert compare(zoo.hypercube(8), zoo.hypercube(8)).k == 9
    assert compare(many_components(70, 2), many_components(70, 2)).degenerate


# --- matching


@given(st.lists(st.integers(0, 30), unique=True), st.lists(st.integers(0, 30), unique=True))
def test_views_are_numbered_as_in_the_union(views, others):
    rows = match_views(views, others)
    union = views + [view for view in others if view not in views]
    assert [union[row] for row in rows] == others


FAMILIES = {
    "images": lambda shift: pg.build(
        [pg.images.Image(np.eye(4, dtype=int) * (i + 1)) for i in range(shift, shift + 4)], rotate(1, "1/3")
    ),
    "ints": lambda shift: pg.build(
        [(i, i + 1) for i in range(shift, shift + 4)], pg.independently(pg.apply(lambda x: x + 1, "1/3"))
    ),
    "letters": lambda shift: pg.build(
        [("abcdefgh"[i], "xy"[i % 2]) for i in range(shift, shift + 4)],
        pg.independently(pg.apply(lambda x: x.upper(), "1/3")),
    ),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_views_kept_as_arrays_are_matched_as_objects_are(family):
    graph, other = FAMILIES[family](0), FAMILIES[family](2)
    plain = match_views(tuple(graph.views), tuple(other.views))
    np.testing.assert_array_equal(match_views(graph.views, other.views), plain)
    assert 0 < np.sum(plain < graph.N) < other.N
    assert_is_right(compare(graph, other, 3), graph, other)


def test_arrays_of_different_kinds_are_matched_by_equality():
    ints, floats = FAMILIES["ints"](0), pg.build([(0.0, 1.0)], pg.independently(pg.apply(lambda x: x + 1, "1/3")))
    assert compare(ints, floats, 1).shared_views == floats.N
    assert compare(ints, FAMILIES["letters"](0), 1).shared_views == 0
    short = pg.build([("a",)], pg.independently(pg.apply(lambda x: x.upper(), "1/3")))
    assert compare(FAMILIES["letters"](0), short, 1).shared_views == 0


# --- large graphs: iteration against the dense answer


def planted(n, N, seed):
    """N views in 4 clusters, 7 to a natural, some across."""
    generator = np.random.default_rng(seed)
    own = N // 4 * (np.arange(n) % 4)[:, np.newaxis] + generator.integers(0, N // 4, (n, 6))
    columns = np.column_stack([own, generator.integers(0, N, n)])
    weights = np.tile([0.95 / 6] * 6 + [0.05], n)
    return sp.csr_array((weights, (np.repeat(np.arange(n), 7), columns.ravel())), shape=(n, N))


def test_iteration_brackets_the_dense_norm(monkeypatch):
    A = planted(600, 400, 0)
    graph = pg.build(np.full(600, 1 / 600), A, drop_unreachable=True)
    other = empirical(graph, 2_000, 0)
    dense = compare(graph, other, 4)
    monkeypatch.setattr(difference, "DENSE_SIDE_LIMIT", 0)
    iterated = compare(graph, other, 4)
    assert iterated.norm_lower <= dense.norm <= iterated.norm <= 1.01 * dense.norm
    assert iterated.norm_lower > 0.999 * dense.norm
    assert iterated.frobenius == pytest.approx(dense.frobenius)
    assert "Lanczos' method; the upper bound fails with probability below 1e-10" in str(iterated)
    assert iterated.norm_lower < iterated.norm
    assert_theorems_hold(iterated)
    same = compare(graph, shuffled(graph, 0), 4)
    assert same.norm < 1e-10
    assert 0 <= same.norm_lower <= same.norm


def test_iteration_without_a_frobenius_norm(monkeypatch):
    monkeypatch.setattr(difference, "DENSE_SIDE_LIMIT", 0)
    monkeypatch.setattr(difference, "MAX_SPARSE_ENTRIES", 0)
    cube, other = zoo.hypercube(5), zoo.hypercube(5, "1/5")
    seen = compare(cube, other, 6)
    assert seen.frobenius is None
    assert seen.norm_lower <= 0.11 <= seen.norm
    assert seen.norm == pytest.approx(
        0.9**0 * (0.6**2 - 0.5**2), rel=1e-6
    )  # few distinct eigenvalues: Lanczos finishes
    assert seen.frobenius_bound == pytest.approx(min(np.sqrt(6), 2 * np.sqrt(6) * seen.norm / seen.gap))


@pytest.mark.slow
def test_one_hundred_thousand_views_each():
    size = 100_000
    A = planted(size, size, 0)
    graph = pg.build(np.full(size, 1 / size), A, drop_unreachable=True)
    other = empirical(graph, 50_000, 0)
    seen = compare(graph, other, 4)
    assert seen.shared_views == other.N
    assert seen.norm_lower > 0.99 * seen.norm
    assert_theorems_hold(seen)


# --- what is refused, and how it prints


@pytest.mark.parametrize("k", [0, 5, 2.0, True, "2"])
def test_a_k_that_cannot_be_asked_is_refused(k):
    with pytest.raises(
        InvalidArgument, match="it must be a whole number from 1 to the number of views of the smaller graph, 4"
    ):
        compare(zoo.hypercube(3), LC, k)


@pytest.mark.parametrize("pair", [(LC, np.eye(4)), (None, LC)])
def test_two_graphs_are_needed(pair):
    with pytest.raises(InvalidArgument, match=r"compare\(graph, other\) takes a population (first|second); got"):
        compare(*pair)


def test_a_comparison_is_read_only_and_prints_a_screen():
    seen = compare(LC, zoo.lightning_cloud("1/5"))
    assert isinstance(seen, Comparison)
    for array in (seen.gamma, seen.gamma_other, seen.angles, seen.eigenvalue_errors):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 7
    assert repr(seen) == "Comparison(k=2, norm 0.151, angle 0.15 rad, 4 shared views)"
    text = str(seen)
    assert len(text.splitlines()) <= 10
    assert "views         4 and 4, 4 shared, 4 in the union" in text
    assert "Davis-Kahan: at most 0.1518, as norm / separation" in text


def test_what_does_not_fit_is_refused_before_it_is_made(monkeypatch):
    graph = zoo.clusters(count=2, naturals=40, views=40, degree=4)
    other = shuffled(graph, 0)
    monkeypatch.setattr(difference, "DENSE_SIDE_LIMIT", 1)
    monkeypatch.setattr(memory, "UNASKED_BYTES", 0)
    for left, message in [
        (9e3, r"both factors on a union of views needs .*; compare graphs of fewer views"),
        (3e4, "96 steps"),
    ]:
        monkeypatch.setattr(memory, "available", lambda left=left: memory.SPARE_BYTES + left)
        factors = (graph.factor, other.factor)
        with pytest.raises(TooLarge, match=message):
            difference.compare_adjacencies(graph, other, match_views(graph.views, other.views), graph.N)
        assert (graph.factor, other.factor) == factors


def test_views_that_are_numbers_are_matched_by_counting():
    assert match_views(range(3), range(5)).tolist() == [0, 1, 2, 3, 4]
    assert match_views(range(5), range(3)).tolist() == [0, 1, 2]
    assert match_views(range(1, 5), range(3)).tolist() == [4, 0, 1]
    assert match_views(range(0, 6, 2), range(3)).tolist() == [0, 3, 1]
    graph = pg.build(np.full(2, 0.5), [[0.9, 0.1], [0.1, 0.9]])
    wider = pg.build(np.full(2, 0.5), [[0.8, 0.1, 0.1], [0.1, 0.8, 0.1]])
    assert_is_right(compare(graph, wider, k=2), graph, wider)
    assert_is_right(compare(wider, graph, k=1), wider, graph)
