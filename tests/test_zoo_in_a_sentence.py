"""The zoo's toys of a classroom: words, cards, DNA, notes, dice and glyphs, each against the fact that its docstring proves."""

import re
from fractions import Fraction
from itertools import combinations, product
from math import comb
from pathlib import Path

import networkx as nx
import numpy as np
import pytest

import popgraph as pg
from popgraph import theory, zoo
from popgraph.errors import InvalidArgument, InvalidDistribution, TooLarge

Image = pg.images.Image
TOYS = {
    "typos": (zoo.typos, 49, 2),
    "cards": (zoo.cards, 16, 1),
    "dna": (zoo.dna, 16, 1),
    "notes": (zoo.notes, 12, 1),
    "dice": (zoo.dice, 6, 1),
    "glyphs": (zoo.glyphs, 26, 1),
}


def sorted_down(values):
    return np.sort(np.array(values, dtype=float))[::-1]


@pytest.mark.parametrize("name", TOYS)
def test_a_toy_is_exact_and_labelled_and_names_its_views_from_natural_to_natural(name):
    make, N, components = TOYS[name]
    graph = make()
    assert (graph.N, graph.component_count) == (N, components)
    assert graph.is_exact
    assert len({str(label) for label in graph.labels}) > 1
    assert len(set(graph.views)) == N
    assert graph.views[0] == graph.naturals[0]
    if all(isinstance(view, Image) for view in graph.views):
        assert N <= 30  # few enough to be drawn as images
        assert all(natural.name for natural in graph.naturals)
    else:
        assert all(isinstance(view, str) for view in graph.views)
    assert pg.verify(graph, graph.spectrum(components + 1).embedding)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "k"), [("typos", 2), ("cards", 4), ("dna", 7), ("notes", 3), ("dice", 2), ("glyphs", 3)]
)
def test_every_statement_of_the_theory_holds_on_a_toy_at_a_clean_cut(name, k):
    graph = TOYS[name][0]()
    assert graph.spectrum(k).gap > 0.01
    assert theory.check(graph, k=k)


# --- words


# Read off a keyboard: the letters whose keys share a part of an edge with each of these.
TOUCHING = {
    "qwerty": {"t": "ryfg", "a": "qwsz", "s": "wadezx", "c": "xvdf", "p": "ol", "b": "vngh", "q": "wa"},
    "qwertz": {"t": "rzfg", "y": "xas", "z": "tugh"},
    "azerty": {"a": "zq", "m": "lp", "q": "azsw", "n": "bhj"},
}


@pytest.mark.parametrize("keyboard", TOUCHING)
def test_a_finger_lands_on_a_key_that_touches_the_right_one(keyboard):
    for letter, keys in TOUCHING[keyboard].items():
        graph = zoo.typos([letter], 1, keyboard=keyboard)
        assert sorted(graph.views) == sorted(keys)
        np.testing.assert_allclose(graph.w_x, 1 / len(keys))


@pytest.mark.parametrize("keyboard", TOUCHING)
def test_touching_is_mutual_and_every_letter_has_a_key(keyboard):
    letters = "abcdefghijklmnopqrstuvwxyz"
    touching = {letter: set(zoo.typos([letter], 1, keyboard=keyboard).views) for letter in letters}
    assert all(a in touching[b] for a in letters for b in touching[a])


@pytest.mark.parametrize("pair", [("cat", "car"), ("cat", "rat"), ("to", "top"), ("cat", "vst"), ("on", "in")])
@pytest.mark.parametrize("rate", ["1/2", "1/7", 1])
def test_of_two_words_one_less_the_harmonic_overlap_is_an_eigenvalue(pair, rate):
    """γ_2 = 1 - Σ 2ab/(a+b), summed here over the two rows of A as they are declared."""
    graph = zoo.typos(pair, rate)
    a, b = graph.kernel.toarray()
    overlap = sum(2 * x * y / (x + y) for x, y in zip(a, b, strict=True))
    expected = np.zeros(graph.N)
    expected[:2] = 1, 1 - overlap
    np.testing.assert_allclose(np.linalg.eigvalsh(graph.adjacency), expected[::-1], atol=1e-12)


def test_cat_and_car_by_hand():
    """At the rate 1/2 a key is hit with 1/24; "cat" and "car" are views of both, with 1/2 and 1/24, and "caf", with 1/24 twice."""
    overlap = 2 * (2 * Fraction(1, 2) * Fraction(1, 24) / (Fraction(1, 2) + Fraction(1, 24))) + Fraction(1, 24)
    assert zoo.typos(["cat", "car"]).spectrum(2).gamma[1] == pytest.approx(float(1 - overlap), abs=1e-12)


def test_words_of_one_component_are_those_that_typing_errors_lead_between():
    graph = zoo.typos({"cat": 1, "rat": 1, "car": 2, "bus": 2})
    assert graph.labels.tolist() == [1, 1, 2, 2]
    of_word = dict(zip(graph.views, graph.components.tolist(), strict=True))
    assert of_word["cat"] == of_word["rat"] == of_word["car"] != of_word["bus"]
    assert zoo.typos(["cat", "car"]).labels.tolist() == ["cat", "car"]
    assert zoo.typos(["cat", "car"], 0).component_count == 2


# --- cards


@pytest.mark.parametrize(
    ("ranks", "chances"),
    [(4, {}), (8, {"colour": "1/4", "suit": 0.1, "rank": "1/3"}), (1, {"rank": 1}), (13, {"colour": 0})],
)
def test_cards_have_the_products_of_the_eigenvalues_of_suit_and_rank(ranks, chances):
    c, s, t = (
        float(Fraction(chances.get(name, default)))
        for name, default in (("colour", "1/16"), ("suit", "1/8"), ("rank", "1/2"))
    )
    graph = zoo.cards(ranks, **chances)
    of_suit = [1, 1 - 2 * c, 1 - c - 2 * s, 1 - c - 2 * s]
    of_rank = [1.0] + [1 - t * ranks / (ranks - 1)] * (ranks - 1) if ranks > 1 else [1.0]
    expected = sorted_down([(a * b) ** 2 for a, b in product(of_suit, of_rank)])
    np.testing.assert_allclose(np.linalg.eigvalsh(graph.adjacency)[::-1], expected, atol=1e-12)
    assert 4 * ranks == graph.N
    red = np.array([view[-1] in "♥♦" for view in graph.views])
    sign = np.where(red, -1.0, 1.0)
    np.testing.assert_allclose(graph.adjacency @ sign, (1 - 2 * c) ** 2 * sign, atol=1e-12)


def test_a_pack_of_cards_has_every_card_once_and_suits_for_labels():
    graph = zoo.cards(13)
    assert len(set(graph.views)) == 52
    assert sorted(set(graph.labels.tolist())) == ["clubs", "diamonds", "hearts", "spades"]
    assert set(zoo.cards(8).views) == {r + s for r in ["A", "K", "Q", "J", "10", "9", "8", "7"] for s in "♠♣♥♦"}
    assert zoo.cards(2, colour=0).component_count == 2  # a colour that is never mistaken


# --- DNA


@pytest.mark.parametrize(("length", "mutation"), [(1, "3/8"), (2, 0.3), (3, "1/4"), (2, 1), (2, "3/4"), (3, 0)])
def test_strands_have_the_spectrum_of_the_cube_over_four_letters(length, mutation):
    """(1 - 4ε/3)^(2j), 3^j binom(length, j) times, and products of functions of one base with sum 0 for eigenvectors."""
    graph = zoo.dna(length, mutation)
    letter = (1 - 4 * float(Fraction(mutation)) / 3) ** 2
    expected = sorted_down([letter**j for j in range(length + 1) for _ in range(3**j * comb(length, j))])
    np.testing.assert_allclose(np.linalg.eigvalsh(graph.adjacency)[::-1], expected, atol=1e-12)
    purine = np.array([1.0 if strand[0] in "AG" else -1.0 for strand in graph.views])
    np.testing.assert_allclose(graph.adjacency @ purine, letter * purine, atol=1e-12)
    assert graph.views == tuple("".join(bases) for bases in product("ACGT", repeat=length))
    assert graph.labels.tolist() == [strand[0] for strand in graph.naturals]


def test_every_base_is_read_off_f_star_at_the_clean_cut():
    graph = zoo.dna(2)
    for place in range(2):
        assert pg.probe(graph, graph.spectrum(7), labels=[strand[place] for strand in graph.naturals]).error == 0


# --- notes


@pytest.mark.parametrize("steps", [None, {0: "1/2", 1: "1/4", -1: "1/4"}, {0: 0.3, 4: 0.7}, {5: "1/3", 14: "2/3"}])
def test_transposition_is_circulant(steps):
    law = np.zeros(12)
    for step, chance in (steps or {0: "1/2", 7: "1/4", 5: "1/4"}).items():
        law[step % 12] += float(Fraction(chance))
    graph = zoo.notes(steps)
    np.testing.assert_allclose(
        np.linalg.eigvalsh(graph.adjacency)[::-1], sorted_down(np.abs(np.fft.fft(law)) ** 2), atol=1e-12
    )
    np.testing.assert_allclose(graph.adjacency, np.roll(graph.adjacency, (1, 1), (0, 1)), atol=1e-12)


def test_only_the_circle_of_fifths_has_the_white_keys_together():
    fifths, semitones = zoo.notes(), zoo.notes({0: "1/2", 1: "1/4", -1: "1/4"})
    np.testing.assert_allclose(fifths.spectrum(12).gamma, semitones.spectrum(12).gamma, atol=1e-12)
    orders = {}
    for name, graph in (("fifths", fifths), ("semitones", semitones)):
        x, y = graph.spectrum(3).eigenvectors[:, 1:].T
        around = np.argsort(np.arctan2(y, x))
        orders[name] = [str(graph.labels[i]) for i in around]
    changes = {
        name: sum(a != b for a, b in zip(order, order[1:] + order[:1], strict=True)) for name, order in orders.items()
    }
    assert changes == {"fifths": 2, "semitones": 10}


# --- dice


@pytest.mark.parametrize(("tip", "miscount"), [("1/4", "1/4"), ("1/2", 0), (0, "1/3"), (1, 1), (0.3, 0.7)])
def test_a_die_has_the_cosines_for_eigenvectors_however_it_is_tipped(tip, miscount):
    t, m = float(Fraction(tip)), float(Fraction(miscount))
    graph = zoo.dice(tip, miscount)
    faces = np.arange(1, 7)
    assert [view.name for view in graph.views] == ["one", "two", "three", "four", "five", "six"]
    assert [int(view.pixels.sum()) for view in graph.views] == faces.tolist()
    for j in range(1, 6):
        cosine = np.cos(np.pi * j * (2 * faces - 1) / 12)
        gamma = ((1 - t if j % 2 else 1 - 1.5 * t) * (1 - m + m * np.cos(np.pi * j / 6))) ** 2
        np.testing.assert_allclose(graph.adjacency @ cosine, gamma * cosine, atol=1e-12)
    np.testing.assert_allclose(graph.w_x, 1 / 6)


def test_f_star_places_the_faces_as_they_lie_in_space():
    """An octahedron: opposite faces are opposite points, and all others stand at right angles."""
    F = zoo.dice("1/4", 0).spectrum(4).eigenvectors[:, 1:]
    np.testing.assert_allclose(F @ F.T, (np.eye(6) - np.eye(6)[::-1]) / 2, atol=1e-12)


# --- glyphs


BAR, DASH, TEE = Image([[1, 0], [1, 0]]), Image([[0, 0], [1, 1]]), Image([[1, 1], [0, 1]])


@pytest.mark.parametrize("flip", ["1/2", 0.9, "1/10"])
def test_the_default_glyphs_have_the_laplacian_of_the_pairs_that_differ_in_two_pixels(flip):
    graph = zoo.glyphs(flip=flip)
    q = float(Fraction(flip))
    pairs = nx.Graph((a.name, b.name) for a, b in combinations(graph.naturals, 2) if (a.pixels != b.pixels).sum() == 2)
    laplacian = np.linalg.eigvalsh(nx.laplacian_matrix(pairs).toarray())
    expected = np.zeros(graph.N)
    expected[:3] = 1 - laplacian * q / 9
    np.testing.assert_allclose(np.linalg.eigvalsh(graph.adjacency)[::-1], sorted_down(expected), atol=1e-12)
    assert sorted(map(sorted, pairs.edges)) == [["+", "I"], ["I", "T"]]
    assert graph.labels.tolist() == ["T", "I", "+"]


def test_of_all_pictures_the_eigenvectors_are_the_parities_of_the_cube():
    """(1 - 2|S|q/m)² on the parity of the pixels of S."""
    everything = {bits: Image(np.reshape(bits, (2, 2))) for bits in product((0, 1), repeat=4)}
    graph = zoo.glyphs(everything, "2/5")
    signs = 1.0 - 2 * np.array([view.pixels.ravel() for view in graph.views], dtype=float)
    for chosen in product((False, True), repeat=4):
        parity = signs[:, np.array(chosen)].prod(axis=1)
        np.testing.assert_allclose(graph.adjacency @ parity, (1 - 2 * sum(chosen) * 0.4 / 4) ** 2 * parity, atol=1e-12)


# --- the page that lists all populations


PAGE = Path(__file__).parent.parent / "docs" / "guide" / "populations.md"


def test_the_guide_lists_every_population_and_shows_what_is_known_of_it():
    text = PAGE.read_text(encoding="utf-8")
    listed = [
        name
        for row in re.findall(r"^\| (`zoo\.[^|]*)\|", text, re.MULTILINE)
        for name in re.findall(r"zoo\.(\w+)", row)
    ]
    assert sorted(listed) == zoo.__all__
    assert [name for name in zoo.__all__ if not re.search(rf">>> .*pg\.zoo\.{name}\(", text)] == []


# --- what is no population


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: zoo.typos("cat"), InvalidArgument, r"words is 'cat'; give a list of words"),
        (lambda: zoo.typos([]), InvalidArgument, "words is empty; give one word or more"),
        (
            lambda: zoo.typos(["Cat"]),
            InvalidArgument,
            "words has 'Cat'; a word is a string of the lower-case letters a to z",
        ),
        (lambda: zoo.typos(["a cat"]), InvalidArgument, "words has 'a cat'"),
        (lambda: zoo.typos(["", "a"]), InvalidArgument, "words has ''"),
        (lambda: zoo.typos([3]), InvalidArgument, "words has 3"),
        (lambda: zoo.typos(["cat", "cat"]), InvalidDistribution, "words are duplicated: 'cat'"),
        (
            lambda: zoo.typos(keyboard="qwertx"),
            InvalidArgument,
            'keyboard is \'qwertx\'; it must be "qwerty", "qwertz" or',
        ),
        (lambda: zoo.typos(rate=2), InvalidDistribution, "rate is 2; it must be between 0 and 1"),
        (
            lambda: zoo.typos(["s" * 20_000]),
            TooLarge,
            "the words have 120,001 views in all; give fewer or shorter words",
        ),
        (lambda: zoo.cards(0), InvalidArgument, "ranks is 0; a pack of cards has a whole number of ranks, 1 or more"),
        (lambda: zoo.cards(14), InvalidArgument, "ranks is 14; .* at most 13"),
        (
            lambda: zoo.cards(colour="3/4", suit="1/2"),
            InvalidDistribution,
            "colour [+] suit is 5/4; a suit is misread with",
        ),
        (
            lambda: zoo.cards(rank=-1),
            InvalidDistribution,
            "rank is -1; probabilities must not be negative|'rank' is -1",
        ),
        (lambda: zoo.dna(0), InvalidArgument, "length is 0; a strand has a whole number of bases, 1 or more"),
        (lambda: zoo.dna(6), TooLarge, "length is 6; .* give length <= 5"),
        (lambda: zoo.dna(2, 1.5), InvalidDistribution, "mutation is 1.5; it must be between 0 and 1"),
        (lambda: zoo.dna(4, 1e-200), InvalidDistribution, "too small for float64; give it as a fraction"),
        (
            lambda: zoo.notes({0.5: 1}),
            InvalidArgument,
            "steps has the step 0.5; steps around a circle are whole numbers",
        ),
        (lambda: zoo.notes({0: "1/2"}), InvalidDistribution, "sum"),
        (lambda: zoo.dice(tip="2"), InvalidDistribution, "tip is 2|tip is '2'"),
        (lambda: zoo.dice(miscount=None), InvalidDistribution, "miscount.* is None, not a probability"),
        (lambda: zoo.glyphs([BAR]), InvalidArgument, "pictures is .*; give a mapping name -> Image of 0 and 1"),
        (lambda: zoo.glyphs({}), InvalidArgument, "pictures is empty; give one Image or more"),
        (
            lambda: zoo.glyphs({"x": Image([[2, 0]])}),
            InvalidArgument,
            "pictures\\['x'\\] is .*; it must be an Image of 0 and 1",
        ),
        (lambda: zoo.glyphs({"x": BAR, "y": BAR}), InvalidDistribution, "pictures are duplicated: .*; give each once"),
        (
            lambda: zoo.glyphs({"x": BAR, "y": Image([[1, 0]])}),
            InvalidArgument,
            r"pictures\['y'\] has 1x2 pixels, the first has 2x2; give pictures of one shape",
        ),
        (
            lambda: zoo.glyphs({"x": Image(np.eye(300))}),
            TooLarge,
            "pictures of 90,000 pixels, 1 in all, have more than 65,536 views",
        ),
    ],
)
def test_what_is_no_toy_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
