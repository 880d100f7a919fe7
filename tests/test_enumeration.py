"""Vectorised enumeration: the same graph, to the bit, as asking the augmentation about every natural by itself."""

from dataclasses import replace
from fractions import Fraction
from importlib import import_module

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import popgraph as pg
from popgraph import images
from popgraph.basics.arguments import outcomes
from popgraph.declare.batch import bits, numbering
from popgraph.declare.batch import rows as rows_of_entries
from popgraph.declare.batch.enumeration import enumerate_states
from popgraph.declare.batch.numbering import distinct
from popgraph.declare.batch.rows import own_first, sort_rows
from popgraph.declare.batch.states import BitCoding, ImageCoding, LetterCoding, NumberCoding, StateSequence
from popgraph.declare.images import Image
from popgraph.errors import InvalidAugmentation, InvalidDistribution, TooLarge


def one_by_one(augmentation: pg.Augmentation) -> pg.Augmentation:
    """The same augmentation without its vectorised form."""
    return replace(augmentation, batch=None)


def assert_same(naturals, augmentation):
    """Both ways give the same views in the same order, and the same kernel, in floats and in fractions."""
    fast, slow = pg.build(naturals, augmentation), pg.build(naturals, one_by_one(augmentation))
    assert isinstance(fast.views, StateSequence)
    assert not isinstance(slow.views, StateSequence)
    assert list(fast.views) == list(slow.views)
    assert [type(x) for x in fast.views] == [type(x) for x in slow.views]
    assert [repr(x) for x in fast.views] == [repr(x) for x in slow.views]
    for part in ("indptr", "indices"):
        assert getattr(fast.kernel, part).tolist() == getattr(slow.kernel, part).tolist()
    assert fast.is_exact == slow.is_exact
    if fast.is_exact:
        assert fast.kernel.data.tobytes() == slow.kernel.data.tobytes()
        assert fast.population.exact.denominators == slow.population.exact.denominators
        assert fast.population.exact.numerators.tolist() == slow.population.exact.numerators.tolist()
    else:
        np.testing.assert_allclose(fast.kernel.data, slow.kernel.data, rtol=1e-15)
    return fast


PROBABILITIES = st.sampled_from(["1/3", "1/2", "2/7", 1, 0, 0.25, 0.1, 1.0])


@st.composite
def image_augmentations(draw, depth=2):
    if depth == 0 or draw(st.booleans()):
        return draw(
            st.one_of(
                st.just(pg.identity()),
                st.builds(images.rotate, st.sampled_from([0, 1, 2, 3]), PROBABILITIES),
                st.builds(images.flip, st.sampled_from([0, 1]), PROBABILITIES),
                st.builds(lambda p, wrap: images.shift(probability=p, wrap=wrap), PROBABILITIES, st.booleans()),
                st.builds(images.flip_pixels, st.integers(0, 2), PROBABILITIES),
                st.builds(
                    lambda size, p, fill: images.mask(size, p, fill=fill),
                    st.integers(1, 2),
                    PROBABILITIES,
                    st.integers(0, 1),
                ),
            )
        )
    inner = image_augmentations(depth=depth - 1)
    kind = draw(st.sampled_from(["then", "repeat", "choose"]))
    if kind == "then":
        return draw(inner).then(draw(inner))
    if kind == "repeat":
        return draw(inner).repeat(draw(st.integers(0, 2)))
    first, second = draw(inner), draw(inner)
    return pg.choose({first: "1/4", second: "3/4"}) if first != second else first


@given(image_augmentations(), st.lists(st.integers(0, 15), min_size=1, max_size=5, unique=True))
def test_images_2x2(augmentation, codes):
    naturals = [Image(np.array([code >> i & 1 for i in range(4)]).reshape(2, 2)) for code in codes]
    assert_same(naturals, augmentation)


@pytest.mark.slow
@given(st.integers(0, 2**32 - 1), st.sampled_from(["uint8", "float", "colour"]))
def test_grey_float_and_colour_images(seed, kind):
    rng = np.random.default_rng(seed)
    shape = (3, 3, 3) if kind == "colour" else (3, 3)
    pixels = rng.integers(0, 256, (4, *shape)) / (2 if kind == "float" else 1)
    naturals = list(dict.fromkeys(Image(p) for p in pixels))
    augmentation = images.shift(probability="1/2").then(images.flip(0, 0.3)).then(images.mask((1, 2), "1/5", fill=7))
    assert_same(naturals, augmentation)


def coordinates(kind):
    return {
        "int": (0, 1, 5),
        "float": (0.0, 0.5, -2.0),
        "str": ("a", "b", ""),
        "bool": (True, False),
        "mixed": ("a", 3, (1, 2), frozenset()),
    }[kind]


@given(st.data(), st.sampled_from(["int", "float", "str", "bool", "mixed"]), st.sampled_from(["1/4", 0.3, "1/7"]))
def test_tuples(data, kind, probability):
    """Coordinates of any kind; the step to the next value of the alphabet, or to a new one."""
    values = coordinates(kind)
    following = dict(zip(values, values[1:] + values[:1], strict=True))
    step = pg.apply(lambda x: following[x], probability)
    length = data.draw(st.integers(1, 3))
    naturals = data.draw(st.lists(st.tuples(*[st.sampled_from(values)] * length), min_size=1, max_size=6, unique=True))
    each = data.draw(st.sampled_from([step, [step] * length]))
    augmentation = pg.independently(each)
    how = data.draw(st.sampled_from(["once", "twice", "then", "choose"]))
    if how == "twice":
        augmentation = augmentation.repeat(2)
    if how == "then":
        augmentation = augmentation.then(pg.identity()).then(pg.independently(step))
    if how == "choose":
        augmentation = pg.choose({augmentation: "1/3", pg.identity(): "2/3"})
    assert_same(naturals, augmentation)


def test_denominators_beyond_64_bits_stay_exact():
    flip = pg.independently(pg.apply(lambda bit: 1 - bit, "1/1000003"))
    graph = assert_same([(0, 0, 0, 0), (1, 0, 0, 1)], flip)
    assert graph.population.exact.denominators[0] == 1000003**4 > 2**63
    assert graph.is_exact


@pytest.mark.parametrize("fn", [lambda x: x / 4, lambda x: 2**70 + x, str])
def test_coordinates_may_become_what_the_naturals_are_not(fn):
    """Ints that become floats, ints beyond 64 bits, strings: letters of an alphabet."""
    assert_same([(1, 3), (2, 3)], pg.independently(pg.apply(fn, "1/2")))


def test_empty_tuples_are_one_view():
    assert_same([()], pg.independently(pg.identity()))


@pytest.mark.parametrize(
    ("naturals", "augmentation"),
    [
        (["a", "b"], pg.identity()),  # strings have no array form
        ([Image([[1, 0]], name="named")], images.flip()),  # an array has no room for names
        ([Image([[1, 0]]), Image([[1], [0]])], images.flip()),  # two shapes
        ([Image([[1, 0]])], images.rotate(1, "1/2")),  # a view of another shape beside the natural
        ([Image([[1, 0]])], images.mask(1, fill=0.5)),
        ([(1, 0), (False, True, "x")], pg.identity()),  # 1 == True, but they print differently
        ([(1,), (2,)], pg.independently(pg.apply(lambda x: x / 2, "1/2"))),  # 1 == 2 / 2, but they print differently
        ([(1, 0)], pg.apply(lambda t: t[::-1])),  # a callable
        ([(1, 0)], pg.independently(pg.identity()).then(pg.apply(lambda t: t[::-1]))),
    ],
)
def test_what_has_no_array_form_is_listed_one_by_one_with_the_same_outcome(naturals, augmentation):
    assert enumerate_states(naturals, augmentation, None) is None
    graph = pg.build(naturals, augmentation)
    slow = pg.build(naturals, one_by_one(augmentation))
    assert graph.views == slow.views
    assert graph.kernel.toarray().tolist() == slow.kernel.toarray().tolist()


@pytest.mark.parametrize(
    ("naturals", "augmentation", "error", "message"),
    [
        ([Image([[1, 0]]), Image([[2, 0]])], images.flip_pixels(1), InvalidAugmentation, "flip_pixels() needs images of 0 and 1"),
        ([Image([[1, 0]])], images.flip_pixels(3), InvalidAugmentation, "cannot flip 3 of the 2 pixels"),
        ([Image([[1, 0]])], images.mask(2), InvalidAugmentation, "a 2x2 mask does not fit into"),
        ([(1, 0)], pg.independently([pg.identity()]), InvalidAugmentation, "has 2 coordinates, independently() has 1"),
        ([(0,) * 23], pg.independently(pg.apply(lambda x: 1 - x, "1/2")), TooLarge, "has too many views under independently()"),
    ],
)  # fmt: skip
def test_refusals_are_those_of_the_single_natural(naturals, augmentation, error, message):
    with pytest.raises(error) as caught:
        pg.build(naturals, augmentation)
    assert message in str(caught.value)


def swap(x):
    """Tuples of two numbers, swapped or not."""
    return np.stack([x, x[:, ::-1]], axis=1), ["2/3", "1/3"]


def test_a_declared_form_serves_single_naturals_and_batches_alike():
    augmentation = pg.Augmentation.from_batch(swap)
    assert augmentation((1, 2)).fractions == {(1, 2): Fraction(2, 3), (2, 1): Fraction(1, 3)}
    assert augmentation((0.5, 2.0)).fractions == {(0.5, 2.0): Fraction(2, 3), (2.0, 0.5): Fraction(1, 3)}
    assert_same([(0, 1), (1, 1), (2, 1)], augmentation.then(augmentation))
    assert_same(
        [Image([[0, 1]]), Image([[1, 1]])], pg.Augmentation.from_batch(lambda x: (np.stack([x, 1 - x], 1), [0.5, 0.5]))
    )


def test_a_declared_form_may_give_each_state_its_own_probabilities():
    def drift(x):
        up = 1 / (2 + x[:, 0])
        return np.stack([x, x + 1], axis=1), np.stack([1 - up, up], axis=1)

    augmentation = pg.Augmentation.from_batch(drift)
    assert dict(augmentation((2,))) == {(2,): 0.75, (3,): 0.25}
    assert_same([(0,), (1,), (2,)], augmentation.repeat(3))


@pytest.mark.parametrize(
    ("fn", "message"),
    [
        (lambda x: x, "a vectorised form returns (views, probabilities); got"),
        (lambda x: (x, [1]), "gave views of shape (1, 1) for states of shape (1, 1); it must give (1, m, ...)"),
        (
            lambda x: (x[:, None], [0.5, 0.5]),
            "gave probabilities of shape (2,) for views of shape (1, 1, 1); give (1,)",
        ),
        (lambda x: (x[:, None], [0.5]), "probabilities for the state [3] sum to 0.5, not 1"),
        (lambda x: (x[:, None], np.array([[np.nan]])), "gave the probability nan; they must be finite"),
        (lambda x: (x[:, None], np.array([[-1.0]])), "gave the probability -1.0; they must be finite and not negative"),
        (lambda x: (x[:, None] / 2, [1]), "gave fractions as views of tuples of ints; declare the naturals as floats"),
        (lambda x: (x[:, None] * np.inf, [1]), "gave views that are not finite numbers"),
    ],
)
def test_a_declared_form_that_is_none_is_refused(fn, message):
    for use in (lambda a: a((3,)), lambda a: pg.build([(3,)], a)):
        with pytest.raises(InvalidAugmentation) as caught:
            use(pg.Augmentation.from_batch(fn))
        assert message in str(caught.value)


def test_a_declared_form_that_draws_is_found_out():
    rng = np.random.default_rng(0)
    draws = pg.Augmentation.from_batch(lambda x: (x[:, None] + rng.integers(0, 1000, x.shape)[:, None], [1]), "draws")
    with pytest.raises(
        InvalidAugmentation, match=r"the augmentation 'draws' gave two answers for one batch of naturals"
    ):
        pg.build([(0,), (1,)], draws)


@pytest.mark.parametrize("natural", ["a", 3, ("a", "b")])
def test_a_declared_form_refuses_what_is_no_array(natural):
    with pytest.raises(InvalidAugmentation, match="a vectorised form augments images and tuples of numbers"):
        pg.build([natural], pg.Augmentation.from_batch(swap))
    with pytest.raises(InvalidAugmentation, match="is a callable states"):
        pg.Augmentation.from_batch("swap")


@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 9, 70]), st.sampled_from([np.uint8, np.int64, np.float64]))
def test_rows_are_numbered_as_a_dictionary_numbers_them(seed, width, dtype):
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, rng.integers(1, 300), (20, width)).astype(dtype)[rng.integers(0, 20, 50)]
    index: dict[bytes, int] = {}
    expected = [index.setdefault(row.tobytes(), len(index)) for row in rows]
    number, first = distinct(rows)
    assert number.tolist() == expected
    assert first.tolist() == [expected.index(i) for i in range(len(index))]


def test_hashes_that_collide_are_told_apart(monkeypatch):
    monkeypatch.setattr(numbering, "HASH_MULTIPLIER", np.uint64(0))
    rows = np.random.default_rng(0).integers(0, 200, (8, 20))[[0, 1, 0, 2, 7, 1, 3, 0]]
    assert distinct(rows)[0].tolist() == [0, 1, 0, 2, 3, 1, 4, 0]


def test_batches_are_cut_and_joined_without_a_seam(monkeypatch):
    naturals = [Image(np.array([code >> i & 1 for i in range(9)]).reshape(3, 3)) for code in range(200)]
    augmentation = images.shift(probability="1/2").then(images.flip_pixels(1, "1/3"))
    whole = pg.build(naturals, augmentation)
    monkeypatch.setattr(import_module("popgraph.declare.batch.enumeration"), "BATCH_BYTES", 2000)
    cut = pg.build(naturals, augmentation)
    assert list(cut.views) == list(whole.views)
    assert (cut.kernel != whole.kernel).nnz == 0


def test_a_sequence_of_states_is_one_of_outcomes():
    graph = pg.zoo.hypercube(3)
    views = graph.views
    assert len(views) == 8
    assert views[0] == (0, 0, 0)
    assert views[-1] == (1, 1, 1)
    assert views[:2] == ((0, 0, 0), (1, 0, 0)) or views[:2] == ((0, 0, 0), (0, 0, 1))
    assert (1, 0, 1) in views
    assert (1, 0) not in views
    assert ("a",) not in views
    assert views == tuple(views)
    assert views != tuple(views)[:-1]
    assert [graph.index(x) for x in views] == list(range(8))
    assert repr(views).startswith("((0, 0, 0), ")
    assert repr(views).endswith(", ...)")
    with pytest.raises(ValueError, match="is not in this sequence"):
        views.index((2, 0, 0))


def test_letters_that_are_equal_but_differ_in_kind_have_no_number():
    coding = LetterCoding(1)
    assert coding.encode([("a",), (1,)]).tolist() == [[0], [1]]
    assert coding.encode([(True,)]) is None
    assert coding.encode([([],)]) is None
    assert NumberCoding(int, 1).encode([(True,)]) is None


def test_a_bar_runs_over_the_batches():
    seen = []

    def bar(items, total, desc):
        seen.append((total, desc))
        return items

    pg.build([(0, 1), (1, 1)], pg.independently(pg.identity()), progress=bar)
    assert seen == [(1, "enumerate")]


def numbered_by_a_dictionary(rows):
    index: dict[tuple, int] = {}
    number = [index.setdefault(tuple(np.atleast_1d(row).ravel().tolist()), len(index)) for row in rows]
    return number, [number.index(i) for i in range(len(index))]


EDGES = [-(2**63), -(2**63) + 1, -1, 0, 1, 255, 256, 2**32, 2**63 - 2, 2**63 - 1]


@given(st.data(), st.integers(1, 9), st.integers(1, 40))
def test_whole_numbers_of_any_size_are_numbered_rightly(data, width, count):
    """By a table, by keys in one word, or by hashes of several words, at both ends of 64 bits."""
    entries = st.one_of(st.integers(-3, 3), st.sampled_from(EDGES), st.integers(-(2**63), 2**63 - 1))
    some = data.draw(st.lists(st.tuples(*[entries] * width), min_size=1, max_size=12))
    rows = np.array([data.draw(st.sampled_from(some)) for _ in range(count)], dtype=np.int64)
    expected, firsts = numbered_by_a_dictionary(rows)
    number, first = distinct(rows)
    assert number.tolist() == expected
    assert first.tolist() == firsts


@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 2, 3, 5, 63, 64, 65, 130]), st.integers(1, 300))
def test_bits_of_any_number_are_numbered_rightly(seed, width, count):
    rng = np.random.default_rng(seed)
    some = rng.integers(0, 2, (rng.integers(1, 20), width))
    rows = some[rng.integers(0, len(some), count)]
    expected, firsts = numbered_by_a_dictionary(rows)
    for kind in (np.uint8, np.int64, np.float64):
        number, first = distinct(rows.astype(kind))
        assert number.tolist() == expected
        assert first.tolist() == firsts


def test_one_column_over_all_of_64_bits():
    rows = np.array([[-(2**63), 7], [2**63 - 1, 7], [-(2**63), 7], [0, 7]])
    assert distinct(rows)[0].tolist() == [0, 1, 0, 2]
    assert distinct(rows[:, :1].view(np.uint64)[:, 0])[0].tolist() == [0, 1, 0, 2]


@pytest.mark.parametrize("multiplier", [0, 1, 2**60, 2**63, 2**40 + 1])
@pytest.mark.parametrize("kind", [np.uint64, np.float64, np.int64])
@pytest.mark.parametrize("width", [1, 2, 12])
def test_any_collision_of_hashes_is_resolved(monkeypatch, multiplier, kind, width):
    """All rows under one hash, runs of a few, or none; with equal rows, some far apart, and among the unequal."""
    monkeypatch.setattr(numbering, "HASH_MULTIPLIER", np.uint64(multiplier))
    rng = np.random.default_rng(width)
    some = rng.integers(0, 2**62, (70, width)).astype(np.uint64) * np.uint64(3)
    some = some.astype(kind) if kind is np.float64 else some.view(kind)
    rows = some[rng.integers(0, 70, 400)]
    expected, firsts = numbered_by_a_dictionary(rows)
    number, first = distinct(rows)
    assert number.tolist() == expected
    assert first.tolist() == firsts


def test_views_of_one_state_whose_keys_collide_are_not_merged(monkeypatch):
    """Four floats make four words, whose hashes are all 0 here: rows of a state look alike until they are compared."""
    monkeypatch.setattr(numbering, "HASH_MULTIPLIER", np.uint64(0))
    form = pg.Augmentation.from_batch(
        lambda x: (np.stack([x, x / 2, x * 2, x / 2, x + 1], axis=1), ["1/8", "1/4", "1/8", "1/4", "1/4"])
    )
    assert_same([(0.5, 1.5, 2.5, 3.5), (1.0, 2.0, 3.0, 4.0)], form.repeat(2))


@given(st.integers(0, 2**32 - 1), st.booleans())
def test_rows_are_sorted_by_column_and_then_by_place(seed, regular):
    rng = np.random.default_rng(seed)
    each = int(rng.integers(1, 7)) if regular else rng.integers(1, 7, rng.integers(1, 9))
    lengths = np.full(rng.integers(1, 9), each) if regular else each
    columns = rng.integers(0, int(rng.integers(1, 2**40)), lengths.sum())
    expected = [sorted((c, place) for place, c in enumerate(row)) for row in np.split(columns, np.cumsum(lengths)[:-1])]
    ordered, places = sort_rows(columns, each)
    assert ordered.tolist() == [c for row in expected for c, _ in row]
    if places is not None:
        assert places.tolist() == [place for row in expected for _, place in row]
    else:
        assert all(list(row) == sorted(row) for row in np.split(columns, np.cumsum(lengths)[:-1]))


def test_rows_whose_keys_do_not_fit_in_a_word_are_sorted_all_the_same(monkeypatch):
    monkeypatch.setattr(rows_of_entries, "ROW_BITS", 3)
    columns, places = sort_rows(np.array([5, 2, 2, 9, 1]), np.array([3, 2]))
    assert columns.tolist() == [2, 2, 5, 1, 9]
    assert places.tolist() == [1, 2, 0, 1, 0]


@given(st.integers(0, 2**32 - 1), st.booleans())
def test_a_marked_entry_comes_first_in_its_row(seed, regular):
    rng = np.random.default_rng(seed)
    each = int(rng.integers(1, 6)) if regular else rng.integers(1, 6, rng.integers(1, 9))
    lengths = np.full(rng.integers(1, 9), each) if regular else each
    chosen = [rng.integers(-1, length) if seed % 3 else int(length) - 1 for length in lengths]  # -1: none
    rows = np.split(np.arange(lengths.sum()), np.cumsum(lengths)[:-1])
    own = np.concatenate([np.arange(length) == place for length, place in zip(lengths, chosen, strict=True)])
    expected = [
        row if place < 0 else np.concatenate([row[[place]], np.delete(row, place)])
        for row, place in zip(rows, chosen, strict=True)
    ]
    order = own_first(own, each)
    assert (np.arange(len(own)) if order is None else order).tolist() == np.concatenate(expected).tolist()


@given(st.integers(0, 2**32 - 1), st.integers(1, 8), st.integers(1, 8))
def test_images_are_packed_and_unpacked_without_loss(seed, height, width):
    pixels = np.random.default_rng(seed).integers(0, 2, (5, height, width)).astype(np.uint8)
    words = bits.packed(pixels)
    assert words.dtype == np.uint64
    assert bits.unpacked(words, (height, width)).tolist() == pixels.tolist()
    assert words.tolist() == [sum(int(bit) << i for i, bit in enumerate(image.ravel())) for image in pixels]


TOOLKIT = [
    images.rotate(1),
    images.rotate(2, "1/3"),
    images.flip(0),
    images.flip(1, 0.25),
    images.shift(),
    images.shift([(2, -1), (0, 3), (-9, 0)], "1/2"),
    images.shift([(1, 2)], wrap=True),
    images.flip_pixels(0),
    images.flip_pixels(2, "1/5"),
    images.flip_pixels(1, pixels=[(0, 0), (0, 0), (2, 1)]),
    images.mask((2, 3)),
    images.mask(2, "1/2", fill=1),
]


@pytest.mark.parametrize("augmentation", TOOLKIT, ids=lambda a: a.name)
@pytest.mark.parametrize("shape", [(8, 8), (3, 5), (4, 4)])
def test_what_is_done_to_words_is_what_is_done_to_pixels(augmentation, shape):
    rng = np.random.default_rng(0)
    pixels = np.concatenate([rng.integers(0, 2, (20, *shape)), np.zeros((1, *shape)), np.ones((1, *shape))])
    pixels = np.unique(pixels.astype(np.uint8), axis=0)
    of_pixels = augmentation.batch(pixels, ImageCoding(shape))
    of_words = augmentation.batch(bits.packed(pixels), BitCoding(shape))
    if of_pixels.states.shape[1:] != shape:  # turned
        assert of_words is None
        return
    assert bits.unpacked(of_words.states, shape).tolist() == of_pixels.states.tolist()
    assert of_words.spread().tolist() == of_pixels.spread().tolist()
    assert of_words.denominator == of_pixels.denominator


@pytest.mark.parametrize("side", [8, 9])
def test_images_of_64_pixels_and_of_more_are_listed_alike(side):
    rng = np.random.default_rng(side)
    naturals = [Image(p) for p in rng.integers(0, 2, (6, side, side))]
    graph = assert_same(naturals, images.shift(probability="1/2").then(images.flip_pixels(1, pixels=[(1, 1), (0, 0)])))
    assert graph.views.coding == ImageCoding((side, side))
    assert graph.views.array.dtype == np.uint8


def test_a_declared_form_after_one_of_the_toolkit_gets_pixels():
    inverted = pg.Augmentation.from_batch(lambda x: (np.stack([x, 1 - x], axis=1), ["1/2", "1/2"]))
    naturals = [Image([[0, 1], [1, 1]]), Image([[0, 0], [1, 1]])]
    assert_same(naturals, images.shift(probability="1/2").then(inverted))
    assert inverted.then(images.flip(1, "1/2"))(naturals[0]).fractions[Image([[1, 0], [0, 0]])] == Fraction(1, 4)


def test_too_many_views_of_one_pixel_each_are_made_of_pixels(monkeypatch):
    monkeypatch.setattr(bits, "MOST_BYTES_OF_MAPS", 100)
    assert_same([Image([[0, 1], [1, 1]]), Image([[0, 0], [1, 1]])], images.mask(1))


@given(st.integers(0, 2**32 - 1), st.sampled_from(["exact", "float", "by state"]))
def test_states_with_a_view_several_times(seed, kind):
    """In all states at the same places, or here and there; each state with its own probabilities or all with the same."""
    rng = np.random.default_rng(seed)
    m = int(rng.integers(2, 8))
    table = rng.integers(0, 6, (8, m))
    if seed % 2:
        table = table[[0] * 8] + 10 * np.arange(8)[:, np.newaxis]
    weights = rng.integers(0, 4, m)
    weights[0] += 1
    exact = [Fraction(int(w), int(weights.sum())) for w in weights]
    shares = rng.random((8, m)) * (rng.random((8, m)) < 0.7) + np.eye(m)[[0]]
    shares /= shares.sum(axis=1, keepdims=True)

    def form(x):
        at = x[:, 0] % 8
        probability = {"exact": exact, "float": [float(p) for p in exact], "by state": shares[at]}[kind]
        return table[at][:, :, np.newaxis], probability

    augmentation = pg.Augmentation.from_batch(form, trusted=True)
    assert_same([(i,) for i in range(5)], augmentation)
    assert_same([(i,) for i in range(5)], augmentation.then(augmentation))


def test_letters_of_one_value_and_several_kinds_are_no_array_in_any_order():
    for letters in ([(1,), (True,)], [(True,), ("a",), (1,)], [(1.0,), (1,)]):
        assert LetterCoding(1).encode(letters) is None


def test_a_large_list_is_no_endless_iterable(monkeypatch):
    monkeypatch.setattr(outcomes, "OUTCOME_LIMIT", 100)
    assert len(pg.Distribution.uniform([(i, 0) for i in range(200)])) == 200
    assert len(pg.Distribution.uniform(range(200))) == 200
    assert pg.Distribution.uniform(np.arange(200)).denominator == 200
    monkeypatch.setattr(outcomes, "MOST_COUNTED", 100)
    for many in (range(200), list(range(200)), np.arange(200), range(10**30)):
        with pytest.raises(InvalidDistribution, match="more than 100 outcomes: is this iterable endless"):
            pg.Distribution.uniform(many)


@given(st.integers(1, 300))
def test_equally_likely_outcomes_are_those_of_equal_counts(count):
    quick, slow = pg.Distribution.uniform(range(count)), pg.Distribution.from_counts(dict.fromkeys(range(count), 1))
    assert quick.outcomes == slow.outcomes
    assert quick.probabilities.tobytes() == slow.probabilities.tobytes()
    assert quick.numerators == slow.numerators
    assert quick.denominator == slow.denominator


def test_ranges_whose_product_leaves_64_bits_are_no_single_key():
    """Both rows would be 2^33 modulo 2^64."""
    rows = np.array([[0, 2**33], [2**33, 0], [0, 2**33]])
    assert distinct(rows)[0].tolist() == [0, 1, 0]


def test_views_that_differ_in_their_highest_bit_alone_are_not_merged():
    form = pg.Augmentation.from_batch(lambda x: (np.stack([x, -x, x, 2 * x], axis=1), ["1/4"] * 4))
    assert_same([(0.75,), (0.0,), (-1.5,)], form.then(form))  # whose repetitions are not all at the same places


def test_paint_that_is_neither_0_nor_1_makes_no_image_of_bits():
    assert_same([Image([[0, 1], [1, 1]]), Image([[0, 0], [1, 1]])], images.mask(1, "1/2", fill=7))


def test_letters_may_each_have_probabilities_of_their_own():
    table = {0: {0: "1/4", 1: "3/4"}, 1: {1: "1/2", 0: "1/2"}, 2: {2: 0.5, 0: 0.5}}
    for letters in ((0, 1), (0, 1, 2)):
        naturals = [(a, b) for a in letters for b in letters]
        assert_same(naturals, pg.independently(pg.Augmentation(lambda x: table[x])))


@pytest.mark.parametrize("batch_bytes", [1, 100, 2**24])
def test_views_that_are_the_naturals_keep_their_order_over_batches(monkeypatch, batch_bytes):
    monkeypatch.setattr(import_module("popgraph.declare.batch.enumeration"), "BATCH_BYTES", batch_bytes)
    naturals = [(int(i),) for i in np.random.default_rng(0).permutation(30)]
    step = pg.Augmentation.from_batch(
        lambda x: (np.stack([(x + 7) % 30, x, (x - 7) % 30], axis=1), ["1/2", "1/4", "1/4"])
    )
    assert list(assert_same(naturals, step).views) == naturals
    every = images.flip_pixels(1, "1/3")
    pictures = [Image(np.array([code >> i & 1 for i in range(6)]).reshape(2, 3)) for code in range(64)]
    pictures = [pictures[i] for i in np.random.default_rng(1).permutation(64)]
    assert list(assert_same(pictures, every).views) == pictures


@pytest.mark.parametrize("kind", [np.uint8, float])
def test_views_of_another_shape_than_the_naturals_are_found(kind):
    first, second = np.array([[1, 0, 0], [0, 1, 1]], dtype=kind), np.array([[1, 1, 1], [0, 1, 0]], dtype=kind)
    views = pg.build([images.Image(first), images.Image(second)], images.rotate(1)).views
    assert [view.pixels.shape for view in views] == [(3, 2), (3, 2)]
    assert [views.index(view) for view in views] == [0, 1]
    assert images.Image(np.rot90(second)) in views or images.Image(np.rot90(second, -1)) in views
    assert images.Image(second) not in views


NEGATED = pg.apply(lambda number: -number, "1/3")


@pytest.mark.parametrize(
    ("naturals", "augmentation"),
    [
        ([(0.0, 1.0), (-1.0, 2.0)], pg.independently(NEGATED)),
        ([(-0.0, 1.0), (-1.0, 2.0)], pg.independently(NEGATED)),
        ([(-0.0, "a"), (0.0, "b")], pg.independently([NEGATED, pg.identity()])),
        ([((0.0,), 1.0), ((-0.0,), 2.0)], pg.independently([pg.apply(lambda t: (-t[0],)), pg.identity()])),
        (
            [(0.0, 1.0), (-1.0, -0.0)],
            pg.Augmentation.from_batch(lambda states: (np.stack([states, -states], axis=1), [0.25, 0.75])),
        ),
    ],
)
def test_minus_zero_is_zero_in_both_ways(naturals, augmentation):
    """As Python compares them: -0.0 and 0.0 make one view, whichever of the two is shown."""
    fast, slow = pg.build(naturals, augmentation), pg.build(naturals, one_by_one(augmentation))
    assert isinstance(fast.views, StateSequence)
    assert list(fast.views) == list(slow.views)
    assert len(set(fast.views)) == fast.N
    assert fast.kernel.toarray().tolist() == slow.kernel.toarray().tolist()
