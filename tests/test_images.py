"""`Image` and its augmentations, against loops over pixels."""

import copy
import dataclasses
import itertools
import os
import pickle
import re
import subprocess
import sys
from collections import Counter
from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from popgraph import Distribution
from popgraph.declare.images import Image, flip, flip_pixels, mask, rotate, shift
from popgraph.errors import InvalidArgument, InvalidAugmentation, InvalidDistribution, TooLarge

BITS = st.integers(0, 1)


@st.composite
def pictures(draw, most=4, values=BITS):
    height, width = draw(st.integers(1, most)), draw(st.integers(1, most))
    row = st.lists(values, min_size=width, max_size=width)
    return Image(draw(st.lists(row, min_size=height, max_size=height)))


colours = st.integers(0, 2**32 - 1).map(lambda seed: Image(np.random.default_rng(seed).integers(0, 256, (2, 3, 3))))
any_picture = pictures() | pictures(values=st.integers(0, 255)) | pictures(values=st.floats(-1, 1)) | colours
steps = st.integers(-5, 5)
SQUARE = Image([[1, 0, 0], [1, 1, 0], [0, 0, 0]])


def only(law: Distribution) -> Image:
    """The one outcome of a certain distribution."""
    assert law.fractions == {law.outcomes[0]: 1}
    return law.outcomes[0]


def uniform_over(views) -> dict:
    """Equally likely choices, of which several may look the same."""
    counts = Counter(views)
    return {view: Fraction(count, counts.total()) for view, count in counts.items()}


# --- a value


@given(any_picture)
def test_images_of_the_same_pixels_are_equal_and_hash_alike(image):
    for twin in (Image(image.pixels), Image(image.pixels.copy(order="F")), Image(image.pixels.tolist(), name="twin")):
        assert twin == image
        assert hash(twin) == hash(image)


@given(any_picture, any_picture)
def test_images_are_equal_iff_their_pixels_are(first, second):
    same = (
        first.pixels.shape == second.pixels.shape
        and first.pixels.dtype == second.pixels.dtype
        and bool((first.pixels == second.pixels).all())
    )
    assert (first == second) == same


def test_minus_zero_is_zero():
    assert Image([[-0.0, 1.0]]) == Image([[0.0, 1.0]])
    assert hash(Image([[-0.0, 1.0]])) == hash(Image([[0.0, 1.0]]))


def test_images_are_told_apart_by_shape_and_pixels_and_not_by_the_kind_of_number():
    assert Image([[1, 0]]) != Image([[1], [0]])
    assert Image([[1, 0]]) != Image([[0.5, 0.0]])
    assert Image([[1, 0]]) == Image([[1.0, 0.0]])
    assert Image([[1, 0]]) == Image([[True, False]]) == Image(np.array([[1, 0]], dtype=np.int64))
    assert Image([[1]]) != 1


def test_an_image_is_a_copy_that_cannot_be_changed():
    for dtype in (np.uint8, np.int64, np.float64, bool):
        array = np.eye(2, dtype=dtype)
        image = Image(array)
        array[0, 0] = 0
        assert image.pixels[0, 0] == 1
        assert array.flags.writeable
        with pytest.raises(ValueError, match="read-only"):
            image.pixels[0, 0] = 0
    with pytest.raises(dataclasses.FrozenInstanceError):
        image.name = "other"


@pytest.mark.parametrize(
    "duplicate",
    [copy.copy, copy.deepcopy, *[lambda v, p=p: pickle.loads(pickle.dumps(v, p)) for p in (2, 4, 5)]],
    ids=["copy", "deepcopy", "pickle 2", "pickle 4", "pickle 5"],
)
def test_copies_are_equal_and_read_only(duplicate):
    image = Image([[1, 0], [0, 1]], name="diagonal")
    twin = duplicate(image)
    assert twin == image
    assert hash(twin) == hash(image)
    assert repr(twin) == repr(image)
    assert Distribution.uniform([image])[twin] == 1
    assert not twin.pixels.flags.writeable


BAD = [
    ([1, 0], "pixels of shape (height, width), or (height, width, 3 or 4); got shape (2,)"),
    (1, "got shape ()"),
    ([[]], "got shape (1, 0)"),
    (np.zeros((2, 2, 2)), "got shape (2, 2, 2)"),
    (np.zeros((1, 2, 2, 3)), "got shape (1, 2, 2, 3)"),
    ([["#", "."]], "needs numbers for pixels; got dtype <U1"),
    ([[1j]], "needs numbers for pixels; got dtype complex128"),
    ([[None]], "needs numbers for pixels; got dtype object"),
    ([[0.0, np.nan]], "needs finite pixels"),
    ([[0.0, np.inf]], "needs finite pixels"),
    ([[0, 256]], "whole-number pixels must be in 0..255; got 0..256: give floats instead"),
    ([[-1, 0]], "whole-number pixels must be in 0..255; got -1..0: give floats instead"),
]


@pytest.mark.parametrize(("pixels", "message"), BAD, ids=[message[:50] for _, message in BAD])
def test_what_is_no_picture_is_refused(pixels, message):
    with pytest.raises(InvalidArgument, match=re.escape(message)):
        Image(pixels)


# --- how it prints


def test_str_draws_the_pixels_and_svg_their_ink():
    assert str(Image([[0, 1], [1, 1]])).splitlines() == ["  ██", "████"]
    assert str(Image([[0.0, 0.5, 1.0]])) == "  ▒▒██"
    assert str(Image(np.zeros((1, 1, 3)))) == ""
    svg = Image([[0, 1], [1, 1]])._repr_html_()
    assert svg.count("fill='currentColor'") == 3
    assert svg.startswith("<svg")
    assert svg.endswith("</svg>")


@given(any_picture)
def test_every_picture_prints_one_row_a_line(image):
    lines = str(image).split("\n")
    assert len(lines) == image.pixels.shape[0]
    assert max(map(len, lines)) <= 2 * image.pixels.shape[1]
    assert image._repr_html_().count("<rect") <= image.pixels.shape[0] * image.pixels.shape[1] + 1


def test_repr_is_the_name_or_the_picture():
    assert repr(Image(np.eye(9, dtype=int), "bolt")) == "Image(bolt, 9x9)"
    assert repr(Image([[1, 0], [0, 1]])) == "Image(#./.#)"
    assert repr(Image([[0, 255], [100, 200]])) == "Image(.#/.#)"
    assert re.fullmatch(r"Image\(20x30, [0-9a-f]{6}\)", repr(Image(np.ones((20, 30)))))


@pytest.mark.slow
def test_repr_does_not_depend_on_the_run():
    """Python hashes strings and bytes with a seed of its own in every run."""
    script = "import numpy; from popgraph.declare.images import Image; print(repr(Image(numpy.eye(20))))"
    printed = {
        subprocess.run(
            [sys.executable, "-c", script],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(printed) == 1


# --- rotations and mirrors


@given(any_picture, st.integers(-5, 5))
def test_rotate_turns_counter_clockwise(image, turns):
    """A quarter turn counter-clockwise moves column j to row width - 1 - j."""
    pixels = image.pixels
    for _ in range(turns % 4):
        height, width = pixels.shape[:2]
        pixels = np.array([[pixels[i, width - 1 - j] for i in range(height)] for j in range(width)], dtype=pixels.dtype)
    assert only(rotate(turns)(image)) == Image(pixels)


@given(any_picture)
def test_four_quarter_turns_are_the_identity(image):
    assert rotate(1).repeat(4)(image) == Distribution({image: 1})
    assert rotate(1).then(rotate(-1))(image) == Distribution({image: 1})


@given(any_picture, st.sampled_from([0, 1]))
def test_a_mirror_is_its_own_inverse(image, axis):
    pixels = image.pixels
    height, width = pixels.shape[:2]
    mirrored = [
        [pixels[height - 1 - i, j] if axis == 0 else pixels[i, width - 1 - j] for j in range(width)]
        for i in range(height)
    ]
    assert only(flip(axis)(image)) == Image(np.array(mirrored, dtype=pixels.dtype))
    assert flip(axis).repeat(2)(image) == Distribution({image: 1})


@given(any_picture)
def test_two_mirrors_make_a_half_turn(image):
    assert flip(0).then(flip(1))(image) == rotate(2)(image)


def test_a_named_image_passes_its_name_on():
    bolt = Image([[1, 0], [0, 0]], name="bolt")
    assert only(rotate()(bolt)).name == "bolt rotated"
    assert only(flip()(bolt)).name == "bolt flipped"
    assert only(rotate()(SQUARE)).name == ""


# --- shifts


@given(any_picture, steps, steps, st.booleans())
def test_shift_moves_every_pixel(image, down, right, wrap):
    pixels = image.pixels
    height, width = pixels.shape[:2]
    moved = np.zeros_like(pixels)
    for i, j in itertools.product(range(height), range(width)):
        to = (i + down, j + right)
        if wrap:
            moved[to[0] % height, to[1] % width] = pixels[i, j]
        elif 0 <= to[0] < height and 0 <= to[1] < width:
            moved[to] = pixels[i, j]
    assert only(shift([(down, right)], wrap=wrap)(image)) == Image(moved)


@given(any_picture, steps, steps)
def test_a_shift_that_wraps_can_be_undone(image, down, right):
    there, back = shift([(down, right)], wrap=True), shift([(-down, -right)], wrap=True)
    assert there.then(back)(image) == Distribution({image: 1})


@given(any_picture, st.lists(st.tuples(steps, steps), min_size=1, max_size=4), st.booleans())
def test_the_steps_are_equally_likely(image, moves, wrap):
    views = [only(shift([move], wrap=wrap)(image)) for move in moves]
    assert shift(moves, wrap=wrap)(image).fractions == uniform_over(views)


def test_by_default_an_image_moves_to_its_four_neighbours():
    dot = np.zeros((3, 3), dtype=int)
    dot[1, 1] = 1
    expected = {Image(np.roll(dot, move, (0, 1))) for move in [(-1, 0), (1, 0), (0, -1), (0, 1)]}
    assert shift()(Image(dot)).fractions == dict.fromkeys(expected, Fraction(1, 4))


# --- noise and masks


@given(pictures(most=3), st.integers(0, 9))
def test_flip_pixels_has_a_binomial_number_of_equally_likely_views(image, count):
    flat, shape = image.pixels.ravel(), image.pixels.shape
    if count > flat.size:
        with pytest.raises(InvalidAugmentation, match=f"cannot flip {count} of the {flat.size} pixels of Image"):
            flip_pixels(count)(image)
        return
    law = flip_pixels(count)(image)
    assert set(law.fractions.values()) == {Fraction(1, comb(flat.size, count))}
    expected = set()
    for chosen in itertools.combinations(range(flat.size), count):
        expected.add(Image(np.array([1 - v if i in chosen else v for i, v in enumerate(flat)]).reshape(shape)))
    assert set(law) == expected


def test_flip_pixels_may_be_kept_to_some_pixels():
    law = flip_pixels(1, pixels=[(0, 2), (1, 0), (0, 2)])(SQUARE)
    changed = [np.argwhere(view.pixels != SQUARE.pixels).tolist() for view in law]
    assert changed == [[[0, 2]], [[1, 0]]]
    assert set(law.fractions.values()) == {Fraction(1, 2)}


@given(pictures(most=4), st.integers(1, 3), st.integers(1, 3), st.integers(0, 1))
def test_mask_paints_each_place_of_the_rectangle_alike(image, height, width, fill):
    rows, columns = image.pixels.shape
    if height > rows or width > columns:
        with pytest.raises(InvalidAugmentation, match=f"a {height}x{width} mask does not fit into Image"):
            mask((height, width))(image)
        return
    views = []
    for top, left in itertools.product(range(rows - height + 1), range(columns - width + 1)):
        inside = {(top + i, left + j) for i in range(height) for j in range(width)}
        views.append(
            Image(
                [[fill if (i, j) in inside else int(image.pixels[i, j]) for j in range(columns)] for i in range(rows)]
            )
        )
    assert mask((height, width), fill=fill)(image).fractions == uniform_over(views)


def test_a_mask_of_one_number_is_a_square():
    assert mask(2)(SQUARE) == mask((2, 2))(SQUARE)


def test_masks_of_float_images_may_be_filled_with_floats():
    assert only(mask(1, fill=0.25)(Image([[1.0]]))) == Image([[0.25]])


# --- all of them

EVERY = {"rotate": rotate, "flip": flip, "shift": shift, "flip_pixels": flip_pixels, "mask": mask}
every = pytest.mark.parametrize("make", EVERY.values(), ids=EVERY)


@every
@pytest.mark.parametrize("q", ["1/3", Fraction(2, 7), 0, 1])
def test_with_some_probability_means_a_mixture_with_the_untouched_image(make, q):
    always, sometimes = make()(SQUARE).fractions, make(probability=q)(SQUARE)
    expected = {view: Fraction(q) * p for view, p in always.items()}
    expected[SQUARE] = expected.get(SQUARE, 0) + 1 - Fraction(q)
    assert sometimes.exact
    assert sometimes.fractions == {view: p for view, p in expected.items() if p}


@every
def test_a_float_probability_makes_floats(make):
    law = make(probability=0.25)(SQUARE)
    assert not law.exact
    assert sum(law.values()) == pytest.approx(1, abs=1e-15)
    assert law[SQUARE] == pytest.approx(1 - 0.25 * (1 - make()(SQUARE).get(SQUARE, 0)), abs=1e-15)


@every
@pytest.mark.parametrize("probability", [2, 1.5, "4/3"], ids=repr)
def test_a_probability_above_one_is_refused_by_name(make, probability):
    message = f"probability is {probability}; it must be between 0 and 1"
    with pytest.raises(InvalidDistribution, match=re.escape(message)):
        make(probability=probability)


@every
@pytest.mark.parametrize("probability", [-0.5, "-1/2", np.nan, "often"], ids=repr)
def test_what_is_no_probability_is_refused_by_name(make, probability):
    with pytest.raises(InvalidDistribution, match="^probability is "):
        make(probability=probability)


@every
@pytest.mark.parametrize("natural", ["cloud", np.eye(3), [[1, 0]]], ids=["str", "array", "list"])
def test_only_images_are_augmented(make, natural):
    kind = type(natural).__name__
    with pytest.raises(InvalidAugmentation, match=rf"augments images; the natural .* is a {kind}: wrap it in pop"):
        make()(natural)


@pytest.mark.parametrize("image", [Image([[0, 2]]), Image([[0.0, 0.5]]), Image(np.zeros((1, 2, 3), int))], ids=repr)
def test_flip_pixels_needs_an_image_of_0_and_1(image):
    with pytest.raises(InvalidAugmentation, match="needs images of 0 and 1; Image.* has other values"):
        flip_pixels()(image)


@pytest.mark.parametrize("pixel", [(3, 0), (0, 3), (-1, 0)])
def test_a_pixel_outside_the_image_is_named(pixel):
    with pytest.raises(InvalidAugmentation, match=re.escape(f"has no pixel {pixel}; it is 3x3")):
        flip_pixels(1, pixels=[pixel])(SQUARE)


@pytest.mark.parametrize(("side", "count"), [(28, 20), (28, 392), (150, 11_250)])
def test_too_many_flips_are_refused_in_a_short_sentence(side, count):
    """binom(22500, 11250) has more digits than Python writes."""
    blank = Image(np.zeros((side, side), dtype=int))
    with pytest.raises(TooLarge, match=f"ways to flip {count} of {side**2} pixels.*; flip fewer") as caught:
        flip_pixels(count)(blank)
    assert "4,194,304" in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("fill", [0.5, -1, 256])
def test_a_mask_may_be_filled_with_any_number(fill):
    view = only(mask(3, fill=fill)(SQUARE))
    assert (view.pixels == fill).all()


def test_a_mask_filled_with_no_number_is_refused():
    with pytest.raises(InvalidArgument, match="an Image needs finite pixels"):
        mask(1, fill=np.nan)(SQUARE)


REFUSED = [
    (lambda: rotate(0.5), "quarter_turns is 0.5; it must be a whole number"),
    (lambda: rotate(True), "quarter_turns is True; it must be a whole number"),
    (lambda: flip(axis=2), "axis is 2; an image is flipped along axis 0 (rows) or 1 (columns)"),
    (lambda: shift([(0.5, 0)]), "a step is 0.5; it must be a whole number"),
    (lambda: shift((0, 1)), "step"),
    (lambda: shift([]), "step"),
    (lambda: flip_pixels(-1), "count is -1; the number of flipped pixels must be 0 or more"),
    (lambda: flip_pixels("2"), "count is '2'; it must be a whole number"),
    (lambda: mask(0), "size is 0; the masked rectangle must be at least 1x1"),
    (lambda: mask((1, -1)), "size is (1, -1); the masked rectangle must be at least 1x1"),
    (lambda: mask(1.5), "size is 1.5"),
]


@pytest.mark.parametrize(("call", "message"), REFUSED, ids=[message[:40] for _, message in REFUSED])
def test_wrong_settings_are_refused_when_they_are_made(call, message):
    with pytest.raises(InvalidArgument, match=re.escape(message)):
        call()
