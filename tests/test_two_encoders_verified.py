"""`verify` of two encoders: verdicts of known truth, each case in words, every container, and arguments that are refused."""

import re

import numpy as np
import pytest
from extras import need
from two_encoders import known_pair, normalised, random_pairs

import popgraph as pg
from popgraph.errors import InvalidArgument, InvalidEmbedding
from popgraph.verification.pair_match import PairStatus

A, B = [[0.8, 0.2, 0.0], [0.1, 0.8, 0.1], [0.0, 0.3, 0.7]], [[0.9, 0.1], [0.5, 0.5], [0.1, 0.9]]
GRAPH = pg.build({"a": 0.5, "b": 0.3, "c": 0.2}, A, second=B)
F, G = GRAPH.spectrum(2).embeddings


def judged(seeds):
    """The number of verdicts, and the ones that are wrong."""
    count, wrong = 0, []
    for seed in seeds:
        known = known_pair(np.random.default_rng([24, seed]))
        if known is None:
            continue
        count += 1
        match = pg.verify(known.graph, (known.f, known.g))
        if known.truth is None:
            right = match.status is PairStatus.RANK_EXCEEDED and not match
        elif match.status is PairStatus.UNDECIDED:
            right = False
        else:
            right = (bool(match.x), bool(match.z)) == known.truth[:2] and bool(match) == all(known.truth)
            right &= not all(known.truth[:2]) or match.critic == known.truth[2]
            if right and match.mend is not None:
                right = bool(pg.verify(known.graph, (known.f, known.g @ match.mend)))
        if not right:
            wrong.append((seed, known.truth, match))
    return count, wrong


@pytest.mark.slow
def test_verdicts_of_known_truth():
    count, wrong = judged(range(200))
    assert count > 150
    assert wrong == []


@pytest.mark.slow
def test_five_thousand_verdicts_of_known_truth():
    count, wrong = judged(range(1_000, 6_600))
    assert count >= 5_000
    assert wrong == []


@pytest.mark.parametrize("seed", range(20))
def test_the_excess_loss_bounds_the_angle_of_each_side(seed):
    rng = np.random.default_rng(seed)
    C = random_pairs(rng)
    graph, S = pg.from_bipartite(C), normalised(C)
    U, sigma, Vt = np.linalg.svd(S)
    k = int(rng.integers(1, len(sigma) + 1))
    f, g = graph.spectrum(k).embeddings
    noise = 10.0 ** rng.uniform(-6, -1)
    f, g = f + noise * rng.standard_normal(f.shape), g + noise * rng.standard_normal(g.shape)
    match = pg.verify(graph, (f, g))
    X = np.sqrt(graph.w_x)[:, None] * f @ (np.sqrt(graph.w_z)[:, None] * g).T
    excess = np.sum((S - X) ** 2) - np.sum(sigma[k:] ** 2)
    assert match.excess_loss == pytest.approx(excess, abs=1e-12)
    if match.excess_angle_bound is not None:
        for table, law, vectors in ((f, graph.w_x, U), (g, graph.w_z, Vt.T)):
            Q = np.linalg.qr(np.sqrt(law)[:, None] * table)[0]
            sine = np.linalg.norm(vectors[:, :k] - Q @ (Q.T @ vectors[:, :k]))
            assert sine <= match.excess_angle_bound


CASES = {
    "the minimiser": ((F, G), "MATCH", (True, True, True), True),
    "another scale": ((F * 1e8, G * 1e-8), "MATCH", (True, True, True), True),
    "maps that undo each other": ((F @ [[2, 1], [0, 1]], G @ np.linalg.inv([[2, 1], [0, 1]]).T), "MATCH", (True, True, True), True),
    "g twice as long": ((F, 2 * G), "CRITIC_DIFFERENT", (True, True, False), False),
    "f and g mixed alike": ((F @ [[2, 1], [0, 1]], G @ [[2, 1], [0, 1]]), "CRITIC_DIFFERENT", (True, True, False), False),
    "a third function in f": ((np.add(F, [[0, 0], [0, 1], [0, 0]]), G), "ONLY_Z", (False, True, False), False),
    "g collapsed": ((F, G * [1, 0]), "ONLY_X", (True, False, False), False),
    "zeros": ((0 * F, 0 * G), "DIFFERENT", (False, False, False), False),
    "a column more": ((np.column_stack([F, [1, 2, 3]]), np.column_stack([G, [0, 0]])), "CONTAINS", (True, True, True), False),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_each_case_is_told_apart(name):
    pair, status, truths, optimal = CASES[name]
    match = pg.verify(GRAPH, pair, k=2)
    assert (match.status.name, (bool(match.x), bool(match.z), match.critic), match.optimal) == (status, truths, optimal)
    assert bool(match) == all(truths)
    assert match.status.value in str(match)
    assert re.search(r"^(Yes|No): ", str(match))
    assert "\n" not in repr(match)
    assert "<table" in match._repr_html_()


def test_a_mend_of_g_makes_the_critic_right():
    match = pg.verify(GRAPH, (F @ [[2, 1], [0, 1]], G @ [[1, 3], [0, 1]]))
    assert "give g @ match.mend" in match.reason
    assert pg.verify(GRAPH, (F @ [[2, 1], [0, 1]], G @ [[1, 3], [0, 1]] @ match.mend)).optimal


def test_the_best_g_for_a_given_f_is_the_one_that_is_named():
    f = pg.train(GRAPH, 2, rng=3).f
    assert "the best g is E[f(x) | z] (E f fᵀ)^-1" in pg.verify(GRAPH, (f, np.ones((2, 2)))).reason
    mean_given_z = (GRAPH.w / GRAPH.w_z).T @ f
    g = mean_given_z @ np.linalg.inv((f * GRAPH.w_x[:, None]).T @ f)
    assert pg.verify(GRAPH, (f, g)).optimal


def test_sides_that_choose_other_dimensions_at_a_degenerate_cut_are_beyond_mending():
    triangle = pg.from_bipartite((np.ones((3, 3)) - np.eye(3)) / 6)
    spectrum = triangle.spectrum(3)
    f, g = spectrum.embeddings
    match = pg.verify(triangle, (f[:, [0, 1]], g[:, [0, 2]]))
    assert (bool(match.x), bool(match.z), match.critic, match.mend) == (True, True, False, None)
    assert "No map of g mends it" in match.reason
    assert pg.verify(triangle, (f[:, [0, 1]], g[:, [0, 1]])).status is PairStatus.MATCH_DEGENERATE


def test_an_optimal_pair_above_the_rank_is_optimal_and_no_match():
    graph = pg.from_bipartite(np.full((3, 4), 1 / 12))
    best = pg.verify(graph, (np.ones((3, 2)) * [1, 0], np.ones((4, 2)) * [1, 0]))
    assert (bool(best), best.optimal, best.status) == (False, True, PairStatus.RANK_EXCEEDED)
    assert "they are optimal but rank-deficient" in best.reason
    assert not pg.verify(graph, (np.ones((3, 2)), np.ones((4, 2)))).optimal


def test_a_critic_that_float64_cannot_judge_is_left_undecided():
    Q = np.array([[1.0, 3e11], [0.0, 1.0]])
    match = pg.verify(GRAPH, (F @ Q, G @ np.linalg.inv(Q).T))
    assert match.status is PairStatus.UNDECIDED
    assert "float64 cannot tell" in match.reason


@pytest.mark.parametrize("size", [1e-7, 1e-8])
def test_singular_values_far_below_1_are_judged_as_themselves(size):
    x, z = np.array([1.0, -1, 1, -1]), np.array([1.0, 1, -1, -1, 0])
    C = np.full((4, 5), 0.05) * (1 + size * np.outer(x, z))
    graph = pg.from_bipartite(C / C.sum())
    f, g = np.column_stack([np.ones(4), x]), np.column_stack([np.ones(5), size * z])
    assert pg.verify(graph, (f, g))
    assert not pg.verify(graph, (f, g * [1, 3]))
    assert not pg.verify(graph, (np.column_stack([np.ones(4), z[:4]]), g)).x


def test_swapped_tables_are_named():
    C = np.array([[4.0, 1, 0], [2, 3, 1], [0, 0, 5]])
    square = pg.from_bipartite(C / C.sum())
    f, g = square.spectrum(2).embeddings
    assert "Swapped, the two match: give (g, f)." in pg.verify(square, (g, f)).reason
    with pytest.raises(InvalidEmbedding, match=r"f and g are swapped: f has a vector for each of the 2 views z"):
        pg.verify(GRAPH, (G, F))


FORMS = {
    "lists": lambda table, views: table.tolist(),
    "mapping": lambda table, views: dict(zip(views, table.tolist(), strict=True)),
    "mapping in another order": lambda table, views: dict(list(zip(views, table, strict=True))[::-1]),
    "DataFrame": lambda table, views: need("pandas").DataFrame(table, index=list(views)),
    "polars": lambda table, views: need("polars").DataFrame(table),
    "tensor": lambda table, views: need("torch").tensor(table.copy()),
    "callable": lambda table, views: lambda view: table[list(views).index(view)],
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("pair", [tuple, list])
def test_both_tables_may_be_of_any_form(form, pair):
    f, g = FORMS[form](F, GRAPH.views_x), FORMS[form](G, GRAPH.views_z)
    assert pg.verify(GRAPH, pair([f, g])).optimal
    assert pg.verify(GRAPH, pair([f, G]))


def test_what_knows_both_tables_is_a_pair():
    assert pg.verify(GRAPH, GRAPH.spectrum(2)).optimal
    assert pg.verify(GRAPH, pg.train(GRAPH, 2, rng=0)).optimal
    assert pg.verify(GRAPH, (F, G), spectrum=GRAPH.spectrum(2)).optimal


ONE_KIND = pg.zoo.lightning_cloud()
REFUSED = {
    "one table": (GRAPH, F, {}, r"f without g: this graph has two kinds of views; give \(f, g\)"),
    "a Training": (GRAPH, pg.train(ONE_KIND, 1, rng=0), {}, "f without g"),
    "three": (GRAPH, (F, G, F), {}, "f without g"),
    "None for g": (GRAPH, (F, None), {}, "g is None; give"),
    "other widths": (GRAPH, (F, G[:, :1]), {}, "f has 2 columns and g has 1; the critic"),
    "a row of g too few": (GRAPH, (F, G[:1]), {}, r"g has shape \(1, 2\); this graph of 2 views"),
    "a row of f too few": (GRAPH, (F[:2], G), {}, r"f has shape \(2, 2\); this graph of 3 views"),
    "NaN in g": (GRAPH, (F, G * np.nan), {}, "g is NaN or infinite at 2 views"),
    "words": (GRAPH, (F, "g"), {}, "g "),
    "k too large": (GRAPH, (F, G), {"k": 3}, "k is 3; it must be"),
    "k above the columns": (GRAPH, (F[:, :1], G[:, :1]), {"k": 2}, "k is 2, but f and g have 1 columns"),
    "more columns than views": (GRAPH, (np.ones((3, 3)), np.ones((2, 3))), {}, "f and g have 3 columns, more than the 2 views"),
    "another spectrum": (GRAPH, (F, G), {"spectrum": GRAPH.spectrum(1)}, "k = 2 singular triplets of this graph"),
    "features of one side": (GRAPH, (F, G), {"features": np.eye(3)}, r"give \(features of the views x, features of the"),
    "atol": (GRAPH, (F, G), {"atol": 2}, "atol is 2; it is an angle"),
    "two on one side": (GRAPH.side_x, (F, F), {}, r"verify both on graph.two_encoders\(\)"),
    "two on one kind": (ONE_KIND, (np.ones((4, 1)), np.ones((4, 1))), {}, "f is two embeddings, and this graph has one kind"),
    "a PairTraining on one kind": (ONE_KIND, pg.train(GRAPH, 1, rng=0), {}, "f is two embeddings, and this graph has one kind"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_pair_of_embeddings_is_refused_in_one_sentence(name):
    graph, pair, options, words = REFUSED[name]
    with pytest.raises(InvalidArgument, match=words) as refusal:
        pg.verify(graph, pair, **options)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("seed", range(12))
def test_the_verdict_on_each_side_is_that_of_the_graph_of_the_side(seed):
    known = known_pair(np.random.default_rng([24, 3_000 + seed]))
    if known is None:
        return
    match = pg.verify(known.graph, (known.f, known.g))
    for of_pair, side, table in ((match.x, known.graph.side_x, known.f), (match.z, known.graph.side_z, known.g)):
        alone = pg.verify(side, table)
        assert (of_pair.status, of_pair.rank, of_pair.optimal) == (alone.status, alone.rank, alone.optimal)
        assert of_pair.gamma == pytest.approx(alone.gamma, abs=1e-12)
        if known.truth is not None:
            assert of_pair.angles == pytest.approx(alone.angles, abs=1e-6)


def test_assertions_take_two_encoders():
    pg.testing.assert_matches(GRAPH, (F, G))
    pg.testing.assert_optimal(GRAPH, pg.train(GRAPH, 2, rng=0))
    with pytest.raises(AssertionError, match="give g @ match.mend"):
        pg.testing.assert_matches(GRAPH, (F, 2 * G))
    with pytest.raises(AssertionError, match=r"its loss is 1\.27259 above the minimum"):
        pg.testing.assert_optimal(GRAPH, (F, 2 * G))


def test_equal_kernels_give_the_verdict_of_one_encoder():
    cube = pg.zoo.hypercube(3, "1/4")
    both = cube.two_encoders()
    f = cube.spectrum(4).embedding
    for table in (f, f @ np.diag([1, 2, 3, 4.0]), f[:, ::-1] + 0.1):
        one, two = pg.verify(cube, table), pg.verify(both, (table, table))
        assert one.optimal == two.optimal
        assert two.excess_loss == pytest.approx(one.excess_loss, abs=1e-12)
        assert bool(two) == one.optimal


def test_the_picture_of_a_verdict_shows_the_critic_on_singular_vectors(axes):
    match = pg.verify(GRAPH, (F, 2 * G))
    assert match.weights == pytest.approx(2 * np.diag(match.sigma), abs=1e-12)
    drawn = pg.plot.match(match, ax=axes)
    assert drawn.get_title().startswith("no match: each side spans")
    assert {text.get_text() for text in drawn.texts} == {"2.00", "1.04", "0.00"}
    drawn = pg.plot.training(pg.train(GRAPH, 2, rng=0), GRAPH.spectrum(2), ax=axes)
    assert "loss $L(f, g)$" in drawn.get_ylabel()
    assert any("-Σσ² = -1.273" in text.get_text() for text in drawn.get_legend().get_texts())


@pytest.fixture
def axes():
    plt = pytest.importorskip("matplotlib.pyplot")
    figure, axes = plt.subplots()
    yield axes
    plt.close(figure)
