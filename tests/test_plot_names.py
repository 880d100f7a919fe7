"""Pictures say what they show: each name or thumbnail beside its point, inside the axes, on nothing else, in fonts that have it."""

from fractions import Fraction
from itertools import combinations, product

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.offsetbox import AnnotationBbox
from matplotlib.text import Annotation, Text

import popgraph as pg
from popgraph import images, plot, zoo
from popgraph.plot.fonts import readable, without_joiners
from popgraph.plot.layouts import on_shelves
from popgraph.plot.matches import _angle
from popgraph.plot.matrices import _root_in_words


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def of_neighbours(views, near, labels=None):
    """Return a graph whose views become one of their neighbours with probability 1/2."""

    def augment(view):
        others = near(view)
        return {view: "1/2"} | {other: Fraction(1, 2 * len(others)) for other in others}

    return pg.build(views, augment, labels=labels)


def dna():
    mers = ["".join(letters) for letters in product("ACGT", repeat=2)]
    one_off = {a: [b for b in mers if sum(x != y for x, y in zip(a, b, strict=True)) == 1] for a in mers}
    return of_neighbours(mers, one_off.get, [mer[0] in "AG" for mer in mers])


def cards():
    ranks = "A23456789TJQK"
    deck = [rank + suit for suit in "♠♥♦♣" for rank in ranks]
    return of_neighbours(
        deck,
        lambda card: [ranks[(ranks.index(card[0]) + step) % 13] + card[1] for step in (1, -1)],
        [c[1] for c in deck],
    )


def notes():
    names = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"]
    return of_neighbours(names, lambda note: [names[(names.index(note) + step) % 12] for step in (5, 7)])


def pixels():
    plus, cross = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]]), np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]])

    def flipped(image):
        masks = np.eye(9, dtype=int).reshape(9, 3, 3)
        return [images.Image(np.abs(image.pixels.astype(int) - mask)) for mask in masks]

    return of_neighbours([images.Image(plus), images.Image(cross)], flipped, ["plus", "cross"])


def rotations():
    corner = np.array([[1, 0, 0], [1, 0, 0], [1, 1, 0]])
    turned = [images.Image(np.rot90(corner, k)) for k in range(4)]
    return of_neighbours(turned, lambda image: [turned[(turned.index(image) + k) % 4] for k in (1, 3)])


POPULATIONS = {
    "words": lambda: of_neighbours(["cat", "cart", "dog", "dug"], lambda word: [word[:-1], word[1:]], [0, 0, 1, 1]),
    "long words": lambda: of_neighbours(
        ["a name that is long, and longer", "$x$"], lambda word: [word + "s", word + "d"]
    ),
    "DNA": dna,
    "cards": cards,
    "notes": notes,
    "3x3 pixels": pixels,
    "4 rotations": rotations,
    "emoji": lambda: of_neighbours(
        [*"😀😺🐶🎉", "👩\u200d🔬", "猫"], lambda view: [view + "❤\ufe0f"], [0, 0, 0, 1, 1, 1]
    ),
    "2 views": lambda: of_neighbours(["a", "b"], lambda view: ["b" if view == "a" else "a"]),
    "20 views": lambda: zoo.ring(20),
    "2,000 views": lambda: zoo.clusters(count=4, naturals=100, views=500),
    "200 views": lambda: pg.build([f"view {i}" for i in range(200)], pg.identity()),
}


def extent(artist, renderer):
    return (Text if isinstance(artist, Annotation) else type(artist)).get_window_extent(artist, renderer)


def marks_of(ax):
    """The names and thumbnails that are drawn in the axes."""
    return [each for each in ax.get_children() if isinstance(each, Annotation | AnnotationBbox) and each.get_visible()]


def lies_in(box, page):
    return page.x0 <= box.x0 and page.y0 <= box.y0 and box.x1 <= page.x1 and box.y1 <= page.y1


def check(figure):
    """No name, thumbnail or legend lies outside its axes, no title or label outside the figure, and none on another."""
    renderer = figure.canvas.get_renderer()
    for ax in figure.axes:
        frame, page = ax.bbox.padded(0.5), figure.bbox.padded(0.5)
        inside = [extent(each, renderer) for each in marks_of(ax)]
        beside = [each for each in (*ax.texts, *ax.artists) if each.get_visible() and not isinstance(each, Annotation)]
        inside += [
            box
            for box in (extent(each, renderer) for each in beside if not isinstance(each, AnnotationBbox))
            if box.width
        ]
        legend = ax.get_legend()
        for box in inside:
            assert lies_in(box, frame)
        around = [ax.title, ax.xaxis.label, ax.yaxis.label]
        for text in [each for each in around if each.get_text() and each.get_visible() and ax.axison]:
            assert lies_in(text.get_window_extent(renderer), page)
        inside += [legend.get_window_extent(renderer)] if legend is not None else []
        for first, second in combinations(inside, 2):
            assert not first.padded(-0.5).overlaps(second.padded(-0.5))


QUICK = {"words", "long words", "cards", "3x3 pixels", "emoji"}


@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in POPULATIONS]
)
def test_every_name_lies_in_its_axes_and_on_no_other(name):
    graph = POPULATIONS[name]()
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2), dpi=50, layout="constrained")
    plot.graph(graph, ax=left)
    plot.embedding(graph, graph.spectrum(min(4, graph.N)), ax=right)
    figure.canvas.draw()
    check(figure)
    drawn = len(marks_of(left))
    assert drawn == 0 if graph.N > 60 else drawn > 0.8 * graph.N
    assert left.get_aspect() == right.get_aspect() == 1


def test_the_check_can_fail():
    figure, ax = plt.subplots()
    for text, at in (("one", (0.5, 0.5)), ("two", (0.51, 0.5))):
        ax.annotate(text, at)
    figure.canvas.draw()
    with pytest.raises(AssertionError):
        check(figure)
    plt.close(figure)
    figure, ax = plt.subplots()
    ax.annotate("one", (1.0, 0.5))
    figure.canvas.draw()
    with pytest.raises(AssertionError):
        check(figure)


def shown_names(ax):
    ax.figure.canvas.draw()
    return [each.get_text() for each in marks_of(ax)]


def test_names_follow_when_the_axes_change():
    graph = POPULATIONS["20 views"]()
    ax = plot.graph(graph)
    assert len(shown_names(ax)) == 20
    ax.figure.set_size_inches(1.2, 1.0)
    assert len(shown_names(ax)) < 10
    ax.figure.set_size_inches(6, 5)
    assert len(shown_names(ax)) == 20
    check(ax.figure)
    assert shown_names(plot.graph(graph, names=False)) == []


def test_long_names_are_numbers_with_a_key():
    ax = plot.graph(POPULATIONS["long words"](), ax=plt.subplots()[1])
    assert sorted(shown_names(ax)) == ["1", "2", "3", "4", "5", "6"]
    (key,) = [each for each in ax.texts if not isinstance(each, Annotation)]
    assert key.get_text().splitlines()[0].startswith("1  a name that is long, and ")
    assert key.get_visible()
    ax.figure.set_size_inches(2, 2)
    assert shown_names(ax) == []
    assert not key.get_visible()


def test_views_at_one_place_have_one_list_of_names():
    graph = pg.build(list("abcdefg"), pg.identity())
    assert shown_names(plot.embedding(graph, np.ones((7, 2)))) == ["a\nb\nc\nand 4 more"]
    assert shown_names(plot.embedding(graph, np.array([[0.0, 0]] * 3 + [[1.0, 1]] * 4))) == ["a\nb\nc", "d\ne\nf\ng"]


@pytest.mark.parametrize(
    ("f", "axes", "said"),
    [
        (
            [[1, 0, 2], [1, 1, 5], [1, 2, 2]],
            ("$f_2$", "$f_3$"),
            "columns 2, 3 of 3\n(left out: column 1, which is constant)",
        ),
        (
            [[0, 1, 2], [1, 1, 5], [2, 1, 2]],
            ("$f_1$", "$f_3$"),
            "columns 1, 3 of 3\n(left out: column 2, which is constant)",
        ),
        ([[1, 0], [1, 1], [1, 2]], ("$f_2$", ""), "column 2 of 2\n(left out: column 1, which is constant)"),
        ([[1, 2], [1, 2], [1, 2]], ("$f_1$", "$f_2$"), "columns 1, 2 of 2"),
        ([[1], [1], [1]], ("$f_1$", ""), "its only column"),
        (
            [[1, 0, 0], [1, 1, 0], [1, 2, 0]],
            ("$f_2$", ""),
            "column 2 of 3\n(left out: columns 1, 3, which are constant)",
        ),
    ],
)
def test_constant_columns_are_left_out_and_the_title_says_so(f, axes, said):
    graph = pg.build(["a", "b", "c"], pg.identity())
    ax = plot.embedding(graph, np.array(f, dtype=float))
    assert (ax.get_xlabel(), ax.get_ylabel()) == axes
    assert ax.get_title() == f"3 views by f: {said}"
    if len(f[0]) > 1:
        asked = plot.embedding(graph, np.array(f, dtype=float), dims=(0, 1))
        assert (asked.get_xlabel(), asked.get_ylabel()) == ("$f_1$", "$f_2$")
        assert "left out" not in asked.get_title()


def test_a_character_that_no_font_has_is_written_in_words(monkeypatch):
    from popgraph.plot import fonts

    assert readable("naïve ♠ γ") == ("naïve ♠ γ", [])
    monkeypatch.setattr(fonts, "_family_with", lambda character: None)
    assert readable("a\N{MICROSCOPE}b") == ("a[microscope]b", [])
    assert readable("猫") == ("[U+732B]", [])
    monkeypatch.setattr(fonts, "_family_with", {"\N{MICROSCOPE}": "Other", "猫": None}.get)
    shown, families = readable("\N{MICROSCOPE}猫")
    assert shown == "\N{MICROSCOPE}[U+732B]"
    assert families[-1] == "Other"
    assert families[:-1] == list(plt.rcParams["font.family"])


def test_a_font_of_the_machine_that_has_a_character_is_found():
    """matplotlib brings STIX, which has more signs than DejaVu Sans; Last Resort, which has all as boxes, is not asked."""
    assert readable("\N{AMALGAMATION OR COPRODUCT}")[0] == "\N{AMALGAMATION OR COPRODUCT}"
    shown, families = readable("\U0010fffd")
    assert (shown, families) == ("[U+10FFFD]", [])


def test_joined_pictures_are_drawn_apart_and_other_joiners_seen():
    assert without_joiners("👩\u200d🔬") == "👩🔬"
    assert without_joiners("a\u200db") == "a\u200db"


def test_areas_are_explained_in_fractions_where_they_are_exact():
    graph = pg.build({"a": "1/3", "b": "2/3"}, pg.identity())
    (legend,) = [each for each in plot.graph(graph).artists if hasattr(each, "get_texts")]
    assert [text.get_text() for text in legend.get_texts()] == ["$w_x$ = 1/3", "$w_x$ = 2/3"]
    sizes = [handle.get_markersize() for handle in legend.legend_handles]
    assert sizes[1] ** 2 == pytest.approx(2 * sizes[0] ** 2)  # areas, as the discs have
    alike = pg.build(np.array([0.5, 0.5]), np.eye(2))
    (legend,) = [each for each in plot.graph(alike).artists if hasattr(each, "get_texts")]
    assert [text.get_text() for text in legend.get_texts()] == ["each $w_x$ = 0.5"]


@pytest.mark.parametrize("seed", range(5))
def test_boxes_on_shelves_do_not_overlap_and_fill_the_page(seed):
    rng = np.random.default_rng(seed)
    sizes = 1 + rng.pareto(1.5, (rng.integers(2, 40), 2))
    corners = on_shelves(sizes, 1.4)
    for (a, one), (b, two) in combinations(zip(corners, sizes, strict=True), 2):
        assert ((a + one <= b + 1e-9) | (b + two <= a + 1e-9)).any()
    width, height = (corners + sizes).max(axis=0) - corners.min(axis=0)
    page = max(width / 1.4, height) ** 2 * 1.4
    assert page <= 6 * max(np.prod(sizes, axis=1).sum(), sizes.max() ** 2)


def test_components_stand_apart_and_are_not_flung_far():
    graph = pg.build([f"{i}" for i in range(60)], lambda x: {x: 0.5, f"{int(x) - (int(x) % 3 or -1)}": 0.5})
    ax = plot.graph(graph)
    at = np.concatenate([np.asarray(dots.get_offsets()) for dots in ax.collections[1:]])
    assert np.ptp(at, axis=0).max() < 30  # 20 triangles of side about 2
    assert len(at) == 60


@pytest.mark.parametrize(
    ("radians", "written"),
    [(0.0, "0"), (1e-16, "0"), (np.pi / 2, "1.57"), (0.01, "0.01"), (3.14e-8, r"$3.1 \times 10^{-8}$")],
)
def test_angles_are_0_or_digits_or_powers_of_ten(radians, written):
    assert _angle(radians) == written


def test_roots_of_fractions_are_written_exactly():
    for above, below in product(range(1, 30), range(1, 30)):
        square = Fraction(above, below)
        text = _root_in_words(square)
        number, _, under = text.partition("/")
        outside, root, inside = number.partition("√")
        value = Fraction(int(outside or 1)) ** 2 * (int(inside) if root else 1) / Fraction(int(under or 1)) ** 2
        assert value == square
        assert not root or all(int(inside) % (d * d) for d in range(2, 6))


def test_before_and_after_write_numbers_where_they_are_asked_for():
    assert [text.get_text() for text in plot.before_and_after(zoo.lightning_cloud())[1].texts][:2] == ["2/3", "√2/3"]
    many = zoo.ring(10)
    assert [len(ax.texts) for ax in plot.before_and_after(many)] == [0, 0]
    assert [len(ax.texts) for ax in plot.before_and_after(many, annotate=True)] == [100, 100]
    assert [len(ax.texts) for ax in plot.before_and_after(zoo.lightning_cloud(), annotate=False)] == [0, 0]
