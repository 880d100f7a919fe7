"""The zoo's graphs of given pairs: closed forms, brute-force counts, and what is refused."""

from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import popgraph as pg
from popgraph.errors import InvalidArgument, TooLarge
from popgraph.zoo.cooccurrence import zen_of_python


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 7), (2, 2), (4, 6), (9, 5)])
def test_a_grid_without_walls_has_the_means_of_two_cosines_and_their_products_as_functions(rows, columns):
    graph = pg.zoo.grid_world(rows, columns)
    i, j = np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij")
    mu = ((np.cos(np.pi * i / rows) + np.cos(np.pi * j / columns)) / 2).ravel()
    np.testing.assert_allclose(graph.spectrum(graph.N).gamma, np.sort(mu)[::-1], atol=1e-9)
    r, c = np.transpose(graph.views)
    for a, b, value in zip(i.ravel(), j.ravel(), mu, strict=True):
        wave = np.cos(np.pi * a * (r + 0.5) / rows) * np.cos(np.pi * b * (c + 0.5) / columns)
        np.testing.assert_allclose(graph.gram(wave), value * wave, atol=1e-12)
    assert graph.is_exact
    np.testing.assert_allclose(graph.w_x, 1 / graph.N)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 5), st.integers(1, 5), st.data())
def test_walls_are_steps_that_stay(rows, columns, data):
    cells = [(r, c) for r in range(rows) for c in range(columns)]
    walls = data.draw(st.sets(st.sampled_from(cells), max_size=len(cells) - 1))
    graph = pg.zoo.grid_world(rows, columns, sorted(walls))
    free = [cell for cell in cells if cell not in walls]
    assert list(graph.views) == free
    steps = Counter()
    for r, c in free:
        for down, right in ((0, 1), (1, 0), (0, -1), (-1, 0)):
            there = (r + down, c + right)
            steps[(r, c), there if there in free else (r, c)] += 1
    assert {pair: graph.explain(*pair).value for pair in steps} == {
        pair: Fraction(times, 4 * len(free)) for pair, times in steps.items()
    }
    chain = {x: {y: Fraction(steps[x, y], 4) for y in free} for x in free}
    walk = pg.from_chain(chain, p={x: Fraction(1, len(free)) for x in free})
    np.testing.assert_array_equal(walk.w, graph.w)
    closed = np.zeros((rows, columns), dtype=bool)
    closed[tuple(np.transpose(sorted(walls)).astype(int))] = bool(walls)
    for form in (walls, closed, np.array(sorted(walls), dtype=int).reshape(-1, 2)):
        np.testing.assert_array_equal(pg.zoo.grid_world(rows, columns, form).w, graph.w)


def test_rooms_are_components_and_labels_are_theirs():
    walls = [(row, 2) for row in range(3)]
    graph = pg.zoo.grid_world(3, 5, walls, labels={(r, c): c > 2 for r in range(3) for c in (0, 1, 3, 4)})
    assert graph.component_count == 2
    assert pg.probe(graph, graph.spectrum(2)).error == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 2), "rows is 0"),
        ((2, 2.0), "columns is 2.0"),
        ((1, 1, [(0, 0)]), "walls stand in every cell"),
        ((2, 2, [(2, 0)]), r"walls has \(2, 0\), which is outside"),
        ((2, 2, [(-1, 0)]), r"walls has \(-1, 0\), which is outside"),
        ((2, 2, [(0.5, 0)]), r"walls has \(0.5, 0\); a wall is a cell"),
        ((2, 2, [(0, 0, 0)]), "a wall is a cell"),
        ((2, 2, "ab"), "walls is 'ab'"),
        ((2, 2, 5), "walls is 5"),
        ((2, 2, np.zeros((3, 2), dtype=bool)), r"walls has shape \(3, 2\); truth values"),
    ],
)
def test_what_is_no_grid_is_refused(arguments, message):
    with pytest.raises(InvalidArgument, match=message):
        pg.zoo.grid_world(*arguments)


def test_a_grid_that_is_too_large_is_refused():
    with pytest.raises(TooLarge, match="at most 4,194,304 cells"):
        pg.zoo.grid_world(3_000, 3_000)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from(["tea", "milk", "oat", "it's"]), max_size=6), min_size=1, max_size=3),
    st.integers(1, 3),
)
def test_words_near_each_other_are_counted(lines, window):
    counted = Counter()
    for words in lines:
        for i, x in enumerate(words):
            for j, y in enumerate(words):
                if 0 < abs(i - j) <= window:
                    counted[x, y] += 1
    text = "\n".join(" -- ".join(words).upper() + "." for words in lines)
    if not counted:
        with pytest.raises(InvalidArgument, match="no two words"):
            pg.zoo.cooccurrence(text, window)
        return
    graph = pg.zoo.cooccurrence(text, window)
    total = sum(counted.values())
    assert {(x, y): graph.explain(x, y).value for x in graph.views for y in graph.views} == {
        (x, y): Fraction(counted[x, y], total) for x in graph.views for y in graph.views
    }
    assert set(graph.views) == {x for x, _ in counted}
    np.testing.assert_array_equal(pg.zoo.cooccurrence(text.splitlines(), window).w, graph.w)


@pytest.mark.parametrize("n", [3, 4, 5, 8])
def test_a_line_around_n_words_is_a_ring(n):
    words = "abcdefgh"[:n]
    graph = pg.zoo.cooccurrence(" ".join(words + "a"), window=1)
    np.testing.assert_allclose(graph.spectrum(n).gamma, np.sort(np.cos(2 * np.pi * np.arange(n) / n))[::-1], atol=1e-9)


def test_the_zen_of_python_is_read_and_not_printed(capsys):
    text = zen_of_python()
    assert capsys.readouterr().out == ""
    assert text.startswith("The Zen of Python, by Tim Peters")
    graph = pg.zoo.cooccurrence()
    assert graph.views[:3] == ("beautiful", "is", "better")
    mu = graph.spectrum(graph.N).gamma
    np.testing.assert_allclose(mu, np.linalg.eigvalsh(graph.adjacency)[::-1], atol=1e-9)
    island = graph.components == graph.components[graph.index("readability")]
    assert [word for word, here in zip(graph.views, island, strict=True) if here] == ["readability", "counts"]
    np.testing.assert_allclose(mu[-1], -1)


@pytest.mark.parametrize("text", [5, b"a b", ["a b", 3], "", "word", {"a b", "c d"}])
def test_what_is_no_text_is_refused(text):
    with pytest.raises(InvalidArgument, match="text|word"):
        pg.zoo.cooccurrence(text)
