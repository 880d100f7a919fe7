"""The game of two views: its odds against brute force, its rounds against a seed, its table against what was answered."""

import html
import itertools
import re
import sys
from fractions import Fraction

import kinds
import numpy as np
import pytest
from kinds import KINDS

import popgraph as pg
from popgraph import zoo
from popgraph.errors import InvalidArgument, InvalidEmbedding, MissingExtra, PopgraphError, TooLarge
from popgraph.plot.guessing import SAME_MARGIN, Guessing, answers_of, best_threshold

CLOUD = zoo.lightning_cloud()


def told(table, name: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", table._panels[name].value)).split())


LAW = {"cat": Fraction(1, 2), "dog": Fraction(1, 3), "emu": Fraction(1, 6)}
VIEWS = ["c", "d", "e", "blur"]
KERNEL = {
    "cat": {"c": Fraction(3, 4), "blur": Fraction(1, 4)},
    "dog": {"d": Fraction(2, 3), "c": Fraction(1, 12), "blur": Fraction(1, 4)},
    "emu": {"e": Fraction(1, 2), "blur": Fraction(1, 2)},
}


def animals():
    return pg.build(LAW, KERNEL, views=VIEWS, labels={"cat": "pet", "dog": "pet", "emu": "bird"})


def odds() -> dict[tuple[str, str], tuple[Fraction, Fraction]]:
    """Of each pair of views, the probabilities that it is dealt of one natural and of two: every way that it can come about."""
    one = dict.fromkeys(itertools.product(VIEWS, VIEWS), Fraction(0))
    two = dict(one)
    for natural, p in LAW.items():
        for x, y in one:
            one[x, y] += p * KERNEL[natural].get(x, 0) * KERNEL[natural].get(y, 0) / 2
            for other, q in LAW.items():
                two[x, y] += p * q * KERNEL[natural].get(x, 0) * KERNEL[other].get(y, 0) / 2
    return {pair: (one[pair], two[pair]) for pair in one}


def test_the_odds_are_those_of_every_way_that_a_pair_can_come_about():
    game = pg.play(animals(), rng=0).game
    best = Fraction(0)
    for (x, y), (same, other) in odds().items():
        i, j = VIEWS.index(x), VIEWS.index(y)
        if same + other > 0:
            assert game.posterior(i, j) == same / (same + other)
        assert game.best_answers[i, j] == (same > other)
        assert game.tie(i, j) == (same == other)
        best += max(same, other)
    assert game.best_score == best
    assert type(game.best_score) is Fraction


def test_no_answers_are_better_than_the_best():
    """Of all 2^4 ways to answer the four pairs of two views, by brute force."""
    game = pg.play(pg.build({0: "1/4", 1: "3/4"}, {0: {0: "2/3", 1: "1/3"}, 1: {0: "1/5", 1: "4/5"}}), rng=0).game
    scores = [game.expected_score(np.array(says).reshape(2, 2)) for says in itertools.product([False, True], repeat=4)]
    assert max(scores) == game.best_score
    assert scores[0] == scores[-1] == Fraction(1, 2)  # who always says one thing is right by the coin


def test_the_best_score_is_one_half_and_half_the_total_variation():
    graph = kinds.listed()
    apart = np.outer(graph.w_x, graph.w_x)
    game = pg.play(graph, rng=0).game
    assert game.best_score == pytest.approx(0.5 + 0.25 * np.abs(graph.w - apart).sum(), abs=1e-12)


def test_a_round_is_dealt_by_these_odds():
    game = pg.play(animals(), rng=0).game
    rounds = 20_000
    dealt = game.deal(rounds, np.random.default_rng(5))
    for (x, y), shares in odds().items():
        at = (dealt[:, 0] == VIEWS.index(x)) & (dealt[:, 1] == VIEWS.index(y))
        for same, share in zip((1, 0), map(float, shares), strict=True):
            found = np.mean(at & (dealt[:, 2] == same))
            assert abs(found - share) <= 5 * np.sqrt(share * (1 - share) / rounds)


@pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if not kind.needs])
def test_every_listed_population_is_played_and_others_are_refused_in_a_sentence(kind):
    population, listed = KINDS[kind].make(), KINDS[kind].listed()
    if not hasattr(population, "views"):
        with pytest.raises(InvalidArgument, match=r"play\(graph\) needs a list of views, .*\.expand\(\)"):
            pg.play(population)
        return
    table = pg.play(population, rng=0)
    np.testing.assert_allclose(table.game.w, listed.w, atol=1e-12)
    np.testing.assert_allclose(table.game.w_x, listed.w_x, atol=1e-12)
    table.answer(True)
    assert [score.rounds for score in table.let_f_play(20)] == [1, 21, 21, 21]


def test_the_same_seed_deals_the_same_game():
    def played(seed):
        table = pg.play(animals(), rng=seed)
        return [table.answer(i % 2 == 0) for i in range(12)], table.let_f_play(30), table.watch(50).tolist()

    first, again, other = played(3), played(3), played(4)
    assert first == again
    assert first[0] != other[0]


def test_scores_are_counted_from_what_was_answered():
    table = pg.play(animals(), rng=1)
    pairs = []
    for i in range(25):
        pairs.append(table.pair)
        table.answer(i % 3 == 0)
    assert pairs == [(VIEWS[each.x], VIEWS[each.x_plus]) for each in table.rounds]
    you, best, f, F = table.scores()
    assert you.right == sum(each.same == each.answer for each in table.rounds)
    says = {pair: same > other for pair, (same, other) in odds().items()}
    assert best.right == sum(says[pair] == each.same for pair, each in zip(pairs, table.rounds, strict=True))
    assert you.rounds == best.rounds == f.rounds == F.rounds == 25
    assert f"you {you.right} of 25 {you.right / 25:.1%} –" in told(table, "scores")


def test_an_embedding_with_all_dimensions_plays_as_well_as_can_be():
    graph = animals()
    table = pg.play(graph, graph.spectrum(4), rng=0)  # f(x)ᵀf(x') is then w_xx' / (w_x w_x') itself
    assert [score.expected for score in table.scores()][1:] == [table.game.best_score] * 3
    ratio = np.array([[float(odds()[x, y][0] / odds()[x, y][1]) for y in VIEWS] for x in VIEWS])
    f = graph.spectrum(4).embedding
    np.testing.assert_allclose(f @ f.T, ratio, atol=1e-9)
    np.testing.assert_array_equal(answers_of(f), ratio > 1 + SAME_MARGIN)


def test_f_plays_worse_with_fewer_dimensions_and_the_slider_brings_them_back():
    table = pg.play(zoo.hypercube(3, "1/5"), k=1, rng=0)
    assert table.scores()[2].expected == table.scores()[3].expected == Fraction(1, 2)  # the constant says nothing
    table.dimensions.value = 8
    assert table.scores()[2].expected == table.scores()[3].expected == table.game.best_score
    assert table.f.shape == (8, 8)
    table.dimensions.value = 2
    assert "The cut at k = 2 is degenerate" in told(table, "note")


def test_w_fills_up_from_the_positive_pairs_alone():
    table = pg.play(animals(), rng=0)
    assert table.pairs_seen == 0
    assert (table.w_seen == 0).all()
    for _ in range(6):
        table.answer(True)
    table.let_f_play(40)
    seen = [(each.x, each.x_plus) for each in table.rounds if each.same]
    seen += [(x, y) for x, y, same in table._dealt.tolist() if same]
    counts = np.zeros((4, 4))
    for x, y in seen:
        counts[x, y] += 0.5
        counts[y, x] += 0.5
    assert table.pairs_seen == len(seen)
    np.testing.assert_allclose(table.w_seen, counts / len(seen), atol=1e-15)
    assert f"w as seen in {len(seen)} positive pairs" in told(table, "seen")
    assert np.abs(table.watch(50_000) - table.graph.w).max() < 5 * 0.5 / np.sqrt(50_000)


@pytest.mark.parametrize("scale", [1.0, 40.0, -3.0])
def test_the_best_threshold_is_the_best_of_all(scale):
    game = pg.play(animals(), rng=0).game
    table = scale * np.array([[1.0, 0.2], [0.1, 1.0], [-0.5, 0.3], [0.5, 0.5]])
    threshold, score = best_threshold(game, table)
    products = table @ table.T
    tried = [-1e9, *sorted(products.ravel() + 1e-9), *sorted(products.ravel() - 1e-9)]
    assert score == pytest.approx(max(float(game.expected_score(products > t)) for t in tried), abs=1e-12)
    assert float(game.expected_score(products > threshold)) == pytest.approx(score, abs=1e-12)


def test_an_f_of_another_scale_is_told_its_threshold():
    graph = animals()
    table = pg.play(graph, graph.spectrum(4).embedding / 10, rng=0)  # its products are the ratios, divided by 100
    assert table.scores()[2].expected == Fraction(1, 2)
    best = f"{float(table.game.best_score):.1%}"
    assert re.search(rf"With the threshold 0.0\d+ in place of 1, this f would expect {best}", told(table, "note"))


def test_what_is_told_of_a_round_is_true():
    table = pg.play(animals(), rng=2)
    kinds_of_advice = set()
    for i in range(60):
        x, y = table.pair
        answered = table.answer(i % 2 == 0)
        same, other = odds()[x, y]
        said = told(table, "told")
        assert said.startswith("Right : they were made from" if answered.right else "No : they were made from")
        assert ("the same image" if answered.same else "two images") in said.split(". Here")[0]
        assert f"probability {same / (same + other)}" in said
        unlucky = answered.answer == (same > other) and not answered.right
        assert ("unlucky" in said) == (unlucky and same != other)
        kinds_of_advice.add(said.split(": ")[-1])
    assert len(kinds_of_advice) >= 3


def test_views_of_every_kind_are_shown_and_hostile_names_escaped():
    graph = pg.build(["<b>x</b>", "\N{CLOUD}", 3, ("a", 1)], pg.identity())
    table = pg.play(graph, rng=0)
    seen = set()
    for _ in range(60):
        seen |= {table._panels["first"].value}
        table.answer(True)
    shown = "".join(seen)
    assert "&lt;b&gt;x&lt;/b&gt;" in shown
    assert "<b>x" not in shown
    assert "\N{CLOUD}" in shown
    assert "<svg style='width:9em" in pg.play(CLOUD, rng=0)._panels["first"].value


def test_one_view_alone_and_views_never_joined_are_games_too():
    alone = pg.play(pg.build(["a"], pg.identity()), rng=0)
    assert alone.game.best_score == Fraction(1, 2)
    assert alone.game.tie(0, 0)
    alone.answer(True)
    assert "either answer is as good" in told(alone, "told")
    apart = pg.play(pg.build(range(10), pg.identity()), rng=0)
    assert apart.game.best_score == Fraction(19, 20)  # two naturals are one in ten times
    assert "data:image/png" in apart._panels["exact"].value


def test_floats_are_played_in_floats():
    game = pg.play(zoo.lightning_cloud(0.25), rng=0).game
    assert isinstance(game.best_score, float)
    assert game.best_score == pytest.approx(
        0.75, abs=1e-15
    )  # two halves of the views: right but where both are of one half
    assert repr(game) == "Guessing(4 views, best score 0.75)"
    assert isinstance(game, Guessing)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"graph": 3}, InvalidArgument, r"play\(graph\) takes a population first; got 3"),
        ({"graph": zoo.image_text()}, InvalidArgument, r"play\(graph\) takes a population of one kind of view first"),
        ({"graph": CLOUD, "f": np.ones((3, 2))}, InvalidEmbedding, r"f has shape \(3, 2\); this graph of 4 views"),
        ({"graph": CLOUD, "f": np.full((4, 2), np.nan)}, InvalidEmbedding, "f"),
        ({"graph": CLOUD, "k": 5}, InvalidArgument, "k is 5"),
        ({"graph": CLOUD, "k": 0}, InvalidArgument, "k is 0"),
        ({"graph": CLOUD, "rng": "now"}, InvalidArgument, "rng is 'now'"),
        ({"graph": zoo.ring(2001)}, TooLarge, r"shows w of at most 2,000 views, .* has 2,001; graph.sample_pairs"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(arguments, error, message):
    with pytest.raises(error, match=message) as refused:
        pg.play(**arguments)
    assert "\n" not in str(refused.value)


def test_answers_and_numbers_of_rounds_are_read():
    table = pg.play(CLOUD, rng=0)
    for wrong, call in [
        ("same is 'yes'; it must be True or False", lambda: table.answer("yes")),
        ("rounds is 0", lambda: table.let_f_play(0)),
        ("pairs is 1.5", lambda: table.watch(1.5)),
        ("rounds is 10000000; .*at most 1,000,000", lambda: table.let_f_play(10**7)),
    ]:
        with pytest.raises(PopgraphError, match=wrong):
            call()
    assert table.rounds == []
    assert table.pairs_seen == 0


def test_without_ipywidgets_a_sentence_says_what_there_is(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    with pytest.raises(
        MissingExtra, match=r'pip install "ipywidgets>=8.1"; without it .*plot.matrix\(graph, .w.\).*sample_pairs'
    ):
        pg.play(CLOUD)


def test_buttons_do_what_the_methods_do():
    table, by_hand = pg.play(animals(), rng=0), pg.play(animals(), rng=0)
    for button in ("same", "not", "same", "f", "watch"):
        table.buttons[button].click()
    by_hand.answer(True), by_hand.answer(False), by_hand.answer(True), by_hand.let_f_play(), by_hand.watch()
    assert table.rounds == by_hand.rounds
    assert table.scores() == by_hand.scores()
    assert {name: panel.value for name, panel in table._panels.items()} == {
        name: panel.value for name, panel in by_hand._panels.items()
    }
