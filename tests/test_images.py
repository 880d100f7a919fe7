"""`Image` and the augmentations of images: group laws, counts, drawings, and what is refused."""

import copy
import pickle
from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from popgraph import Image, images
from popgraph.errors import InvalidArgument, InvalidAugmentation, TooLarge

pictures = st.tuples(st.integers(1, 4), st.integers(1, 4)).flatmap(
    lambda shape: arrays(np.uint8, shape, elements=st.integers(0, 1))
)


def only(distribution):
    (outcome,) = distribution.outcomes
    return outcome


@given(pictures, pictures)
def test_images_are_equal_when_their_pixels_are(a, b):
    same = a.shape == b.shape and (a == b).all()
    assert (Image(a) == Image(b, name="another name")) == same
    assert hash(Image(a)) == hash(Image(a.copy()))
    assert Image(a.astype(bool)) == Image(a.astype(int)) == Image(a)
    assert Image(a.astype(float)) != Image(a)


def test_minus_zero_is_zero_and_arrays_are_copied_and_read_only():
    assert Image([[-0.0, 1.0]]) == Image([[0.0, 1.0]])
    pixels = np.zeros((2, 2))
    image = Image(pixels)
    pixels[0, 0] = 1
    assert image.pixels[0, 0] == 0
    with pytest.raises(ValueError, match="read-only"):
        image.pixels[0, 0] = 1
    assert copy.deepcopy(image) == pickle.loads(pickle.dumps(image)) == image


@given(pictures)
def test_four_quarter_turns_are_none(pixels):
    image = Image(pixels)
    assert only(images.rotate().repeat(4)(image)) == image
    assert only(images.rotate(2)(image)) == only(images.rotate().repeat(2)(image))
    np.testing.assert_array_equal(only(images.rotate()(image)).pixels, np.rot90(pixels))


@given(pictures, st.integers(0, 1))
def test_two_flips_are_none(pixels, axis):
    image = Image(pixels)
    assert only(images.flip(axis).repeat(2)(image)) == image
    np.testing.assert_array_equal(only(images.flip(axis)(image)).pixels, pixels[::-1] if axis == 0 else pixels[:, ::-1])


@given(pictures, st.integers(-5, 5), st.integers(-5, 5))
def test_shifts_move_every_pixel_and_fill_with_nothing(pixels, down, right):
    height, width = pixels.shape
    expected = np.zeros_like(pixels)
    for i in range(height):
        for j in range(width):
            if 0 <= i + down < height and 0 <= j + right < width:
                expected[i + down, j + right] = pixels[i, j]
    assert only(images.shift([(down, right)])(Image(pixels))) == Image(expected)
    there = images.shift([(down, right)], wrap=True)
    back = images.shift([(-down, -right)], wrap=True)
    assert only(there.then(back)(Image(pixels))) == Image(pixels)


def test_the_default_shift_goes_four_ways_with_exact_probabilities():
    image = Image([[0, 0, 0], [0, 1, 0], [0, 0, 0]])
    law = images.shift(probability="1/2")(image)
    assert law.fractions[image] == Fraction(1, 2)
    assert sorted(set(law.fractions.values())) == [Fraction(1, 8), Fraction(1, 2)]
    assert len(law) == 5


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_flipping_pixels_gives_every_image_at_that_hamming_distance(count):
    image = Image([[1, 0, 1], [0, 0, 1]])
    law = images.flip_pixels(count)(image)
    assert len(law) == comb(6, count)
    assert set(law.fractions.values()) == {Fraction(1, comb(6, count))}
    assert {int(np.sum(view.pixels != image.pixels)) for view in law} == {count}


def test_only_the_pixels_that_may_flip_do():
    law = images.flip_pixels(1, "1/2", pixels=[(0, 0), (1, 2)])(Image(np.zeros((2, 3), dtype=int)))
    assert {tuple(np.argwhere(view.pixels).ravel()) for view in law} == {(), (0, 0), (1, 2)}


def test_a_mask_covers_every_position_once():
    law = images.mask((1, 2))(Image(np.ones((2, 3), dtype=int)))
    assert len(law) == 4
    assert all(view.pixels.sum() == 4 for view in law)
    assert only(images.mask(2, fill=5)(Image(np.ones((2, 2), dtype=int)))) == Image(np.full((2, 2), 5))
    assert len(images.mask(1, "1/2")(Image(np.zeros((2, 2), dtype=int)))) == 1  # nothing to see: all views are one


def test_names_follow_a_named_image():
    image = Image([[1, 0]], name="bolt")
    assert [repr(view) for view in images.rotate(1, "1/2")(image)] == ["Image(bolt, 1x2)", "Image(bolt rotated, 2x1)"]
    assert repr(Image([[1, 0], [0, 1]])) == "Image(#./.#)"
    assert repr(Image(np.zeros((20, 20)))).startswith("Image(20x20, ")


def test_images_draw_themselves():
    assert str(Image([[0, 1], [1, 0]])) == "  ██\n██"
    assert str(Image([[0.0, 0.5, 1.0]])) == "  ▒▒██"
    assert Image([[0, 1]])._repr_html_().count("<rect") == 2  # one pixel of ink, and the frame
    assert str(Image(np.zeros((1, 1, 3)))) == ""


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Image([1, 2]), InvalidArgument, r"pixels of shape \(height, width\), or .*; got shape \(2,\)"),
        (lambda: Image([[]]), InvalidArgument, "got shape"),
        (lambda: Image(np.zeros((2, 2, 2))), InvalidArgument, r"got shape \(2, 2, 2\)"),
        (lambda: Image([["a"]]), InvalidArgument, "an Image needs numbers for pixels"),
        (lambda: Image([[np.nan]]), InvalidArgument, "finite pixels; got NaN or infinity"),
        (lambda: Image([[-1, 300]]), InvalidArgument, r"must be in 0..255; got -1..300: give floats instead"),
        (lambda: images.flip(2), InvalidArgument, "axis is 2; an image is flipped along axis 0"),
        (lambda: images.rotate(0.5), InvalidArgument, "quarter_turns is 0.5; it must be a whole number"),
        (lambda: images.mask(0), InvalidArgument, "size is 0; the masked rectangle must be at least 1x1"),
        (lambda: images.mask(3)(Image([[1]])), InvalidAugmentation, r"a 3x3 mask does not fit into Image\(#\)"),
        (lambda: images.mask(1, fill=0.5)(Image([[1]])), InvalidAugmentation, "fill must be in 0..255, not 0.5"),
        (lambda: images.flip_pixels(-1), InvalidArgument, "count is -1"),
        (lambda: images.flip_pixels(3)(Image([[1, 0]])), InvalidAugmentation, "cannot flip 3 of the 2 pixels"),
        (lambda: images.flip_pixels()(Image([[1.0]])), InvalidAugmentation, "needs images of 0 and 1"),
        (
            lambda: images.flip_pixels(pixels=[(0, 1)])(Image([[1]])),
            InvalidAugmentation,
            r"has no pixel \(0, 1\); it is 1x1",
        ),
        (lambda: images.flip_pixels(20)(Image(np.zeros((8, 8), dtype=int))), TooLarge, "ways to flip 20 of 64 pixels"),
        (
            lambda: images.rotate()(np.eye(2)),
            InvalidAugmentation,
            r"rotate\(\) augments images; the natural .* is a ndarray: wrap it in popgraph.Image",
        ),
    ],
)
def test_what_is_no_image_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
