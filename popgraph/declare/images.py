"""`Image`: a small, immutable, hashable picture that draws itself, and augmentations of images.

An augmentation of images is an ordinary `.Augmentation`; its probabilities are exact unless declared as floats.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import partial
from itertools import combinations, islice
from math import comb
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from popgraph.basics.arguments import count, flag, number
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.probabilities import PRODUCT_LIMIT, parse_unit
from popgraph.basics.namespaces import missing, only
from popgraph.basics.words import shorten
from popgraph.declare.augmentation import Augmentation
from popgraph.declare.batch import combinators as vectorised
from popgraph.declare.combinators import applied, choose, identity
from popgraph.declare.distribution import Distribution
from popgraph.declare.image import Image
from popgraph.errors import InvalidArgument, InvalidAugmentation, TooLarge

__all__ = ["Image", "flip", "flip_pixels", "mask", "rotate", "shift"]
__dir__ = only(__all__)
if not TYPE_CHECKING:  # or a name that there is not would be no error to a type checker
    __getattr__ = missing("popgraph.images", __all__)


@checked_call()
def rotate(quarter_turns: int = 1, probability: Any = 1) -> Augmentation:
    """Turn an image counter-clockwise by quarter turns, with some probability.

    Parameters
    ----------
    quarter_turns : int
        How many, counter-clockwise; negative ones turn clockwise.
    probability : float, Fraction, Decimal, str or int
        That the image is turned at all; exact unless it is a float.

    Returns
    -------
    Augmentation
        Of `Image` values.

    See Also
    --------
    popgraph.zoo.rotations : Pictures in all their orientations.

    Examples
    --------
    >>> from popgraph import images
    >>> images.rotate(1, "1/3")(images.Image([[1, 0], [0, 0]]))
    Distribution({Image(#./..): 2/3, Image(../#.): 1/3})
    """
    turns = _whole(quarter_turns, "quarter_turns")
    if abs(turns) > 12:
        raise InvalidArgument(f"quarter_turns is {turns}; they are not degrees: rotate(1) turns by 90°")
    on_pixels = partial(np.rot90, k=turns, axes=(1, 2))
    return applied(partial(_turned, turns), probability, f"rotate {90 * turns}°", trusted=True, on_pixels=on_pixels)


def _turned(turns: int, image: Any) -> Image:
    """Return the image after so many quarter turns."""
    image = _check_image(image, "rotate")
    return Image(np.rot90(image.pixels, turns), image._renamed("rotated"))


@checked_call()
def flip(axis: int = 1, probability: Any = 1) -> Augmentation:
    """Mirror an image, with some probability: left to right (axis 1) or top to bottom (axis 0).

    Parameters
    ----------
    axis : int
        1 mirrors left to right, 0 top to bottom.
    probability : float, Fraction, Decimal, str or int
        That the image is mirrored at all; exact unless it is a float.

    Returns
    -------
    Augmentation
        Of `Image` values.

    Raises
    ------
    InvalidArgument
        If the axis is neither 0 nor 1.

    See Also
    --------
    rotate, shift : Turn or shift an image.

    Examples
    --------
    >>> from popgraph import images
    >>> images.flip(axis=1)(images.Image([[1, 0], [0, 0]]))
    Distribution({Image(.#/..): 1})
    """
    axis = count("axis", axis, 0, 1, "an image is flipped along axis 0 (rows) or 1 (columns)")
    on_pixels = partial(np.flip, axis=axis + 1)
    return applied(partial(_mirrored, axis), probability, f"flip axis {axis}", trusted=True, on_pixels=on_pixels)


def _mirrored(axis: int, image: Any) -> Image:
    """Return the image mirrored along an axis."""
    image = _check_image(image, "flip")
    return Image(np.flip(image.pixels, axis), image._renamed("flipped"))


@checked_call()
def shift(
    steps: Iterable[tuple[int, int]] = ((-1, 0), (1, 0), (0, -1), (0, 1)),
    probability: Any = 1,
    *,
    wrap: bool = False,
) -> Augmentation:
    """Shift an image by one of several steps, equally likely, with some probability.

    Parameters
    ----------
    steps : pairs (rows down, columns right)
        By default one pixel up, down, left or right.
    probability : float, Fraction, Decimal, str or int
        That the image is shifted at all.
    wrap : bool
        Whether what leaves on one side enters on the other; otherwise the image is filled with 0.

    Returns
    -------
    Augmentation
        Of `Image` values.

    See Also
    --------
    popgraph.zoo.cyclic : Steps around a circle.

    Examples
    --------
    >>> from popgraph import images
    >>> images.shift([(0, 1)])(images.Image([[1, 0], [0, 1]]))
    Distribution({Image(.#/..): 1})
    """
    flag("wrap", wrap)
    moves = [_step(step) for step in _listed("steps", steps)]
    if not moves:
        raise InvalidArgument("steps is empty; give at least one step (rows down, columns right)")
    options = {
        applied(
            partial(_shifted_image, move, wrap),
            1,
            f"shift {move}",
            trusted=True,
            on_pixels=partial(_shifted, down=move[0], right=move[1], wrap=wrap),
        ): 1
        for move in moves
    }
    return _sometimes(choose(options, normalize=True), probability, f"shift {len(moves)} ways")


def _shifted_image(move: tuple[int, int], wrap: bool, image: Any) -> Image:
    """Return the image shifted by one step."""
    return Image(_shifted(_check_image(image, "shift").pixels[np.newaxis], *move, wrap)[0])


@checked_call()
def flip_pixels(
    count: int = 1, probability: Any = 1, *, pixels: Sequence[tuple[int, int]] | None = None
) -> Augmentation:
    """Swap light and dark at ``count`` distinct pixels, every set of that size equally likely, with some probability.

    Parameters
    ----------
    count : int
        How many pixels are flipped, from 0 to 1 or from 1 to 0.
    probability : float, Fraction, Decimal, str or int
        That any pixel is flipped at all.
    pixels : sequence of (row, column), optional
        The pixels that may be flipped; all if not given.

    Returns
    -------
    Augmentation
        Of `Image` values.

    Raises
    ------
    InvalidAugmentation, TooLarge
        On a call, if the image is not of 0 and 1, or has fewer than ``count`` pixels; or more than 4,194,304 sets of them.

    See Also
    --------
    popgraph.zoo.hypercube : Flip bits of a string.

    Examples
    --------
    >>> from popgraph import images
    >>> images.flip_pixels(1)(images.Image([[1, 0]]))
    Distribution({Image(..): 1/2, Image(##): 1/2})
    """
    size = _whole(count, "count")
    pixels = (
        None if pixels is None else [_step(pixel, "a pixel", "(row, column)") for pixel in _listed("pixels", pixels)]
    )
    if size < 0:
        raise InvalidArgument(f"count is {size}; the number of flipped pixels must be 0 or more")
    masks = partial(_flip_masks, size, pixels)
    batch = vectorised.on_images(partial(_flipped_states, size, pixels), Fraction(1), masks)
    noise = Augmentation(partial(_flipped_pixels, size, pixels), f"flip {size} pixels", True, batch)
    return _sometimes(noise, probability, noise.name)


def _flipped_pixels(size: int, pixels: Sequence[tuple[int, int]] | None, image: Any) -> Distribution:
    """Return an image with every set of so many pixels flipped, all equally likely."""
    image = _check_image(image, "flip_pixels")
    if image.pixels.dtype != np.uint8 or image.pixels.ndim != 2 or image.pixels.max() > 1:
        raise InvalidAugmentation(f"flip_pixels() needs images of 0 and 1; {shorten(image)} has other values")
    sites: Sequence[int] = range(image.pixels.size) if pixels is None else _sites(image, pixels)
    if comb(len(sites), size) > PRODUCT_LIMIT:
        raise TooLarge(
            f"there are too many ways to flip {size} of {len(sites)} pixels, more than {PRODUCT_LIMIT:,}; flip fewer"
        )
    if size > len(sites):
        raise InvalidAugmentation(f"cannot flip {size} of the {len(sites)} pixels of {shorten(image)}")
    views = []
    for chosen in combinations(sites, size):
        changed = image.pixels.copy()
        changed.flat[list(chosen)] ^= 1
        views.append(Image(changed))
    return Distribution.uniform(views)


def _flipped_states(size: int, pixels: Sequence[tuple[int, int]] | None, states: Any) -> list[Any] | None:
    """Return what becomes of a batch of images for every set of pixels; None where they are not of 0 and 1, or too small."""
    if states.ndim != 3 or not ((states == 0) | (states == 1)).all():
        return None
    sites = _flat_sites(size, pixels, states.shape[1:])
    return None if sites is None else [_inverted(states, chosen) for chosen in combinations(sites, size)]


def _flip_masks(size: int, pixels: Sequence[tuple[int, int]] | None, shape: tuple[int, ...]) -> Any:
    """Return for every set of pixels the word of an image in which these alone are 1, or None if there is no such set."""
    sites = _flat_sites(size, pixels, shape)
    if sites is None:
        return None
    chosen = np.array(list(combinations(sites, size)), dtype=np.uint64).reshape(comb(len(sites), size), size)
    return np.bitwise_or.reduce(np.uint64(1) << chosen, axis=1)


def _flat_sites(size: int, pixels: Sequence[tuple[int, int]] | None, shape: tuple[int, ...]) -> Sequence[int] | None:
    """Return the flat positions of the pixels that may be flipped, or None if so many at once are too many, or not there."""
    height, width = shape
    inside = pixels is None or all(0 <= row < height and 0 <= column < width for row, column in pixels)
    sites = range(height * width) if pixels is None else sorted({row * width + column for row, column in pixels})
    return sites if inside and size <= len(sites) and comb(len(sites), size) <= PRODUCT_LIMIT else None


def _inverted(states: Any, chosen: tuple[int, ...]) -> Any:
    """Swap 0 and 1 at these flat positions of each image."""
    changed = states.copy()
    flat = changed.reshape(len(changed), -1)
    flat[:, list(chosen)] = 1 - flat[:, list(chosen)]
    return changed


@checked_call()
def mask(size: int | tuple[int, int] = 1, probability: Any = 1, *, fill: float = 0) -> Augmentation:
    """Paint over one rectangle of the image, every position equally likely, with some probability.

    Parameters
    ----------
    size : int or (height, width)
        Of the rectangle, in pixels; it lies wholly inside the image.
    probability : float, Fraction, Decimal, str or int
        That anything is masked at all.
    fill : number
        What the masked pixels become.

    Returns
    -------
    Augmentation
        Of `Image` values.

    Raises
    ------
    InvalidAugmentation
        On a call, if the rectangle is larger than the image.

    See Also
    --------
    popgraph.zoo.masked_autoencoder : Visible and masked parts as two kinds of views.

    Examples
    --------
    >>> from popgraph import images
    >>> images.mask((1, 2))(images.Image([[1, 1], [0, 1]]))
    Distribution({Image(../.#): 1/2, Image(##/..): 1/2})
    """
    height, width = size if isinstance(size, tuple | list) and len(size) == 2 else (size, size)
    height, width = _whole(height, "size"), _whole(width, "size")
    fill = number("fill", fill, "an Image needs finite pixels", above=-np.inf)
    if height < 1 or width < 1:
        raise InvalidArgument(f"size is {shorten(size)}; the masked rectangle must be at least 1x1")
    batch = vectorised.on_images(partial(_masked_states, height, width, fill), Fraction(1))
    hide = Augmentation(partial(_masked, height, width, fill), f"mask {height}x{width}", True, batch)
    return _sometimes(hide, probability, hide.name)


def _masked(height: int, width: int, fill: float, image: Any) -> Distribution:
    """Return an image with the rectangle painted at every position, all equally likely."""
    image = _check_image(image, "mask")
    rows, columns = (image.pixels.shape[0] - height + 1, image.pixels.shape[1] - width + 1)
    if rows < 1 or columns < 1:
        raise InvalidAugmentation(f"a {height}x{width} mask does not fit into {shorten(image)}")
    pixels = image.pixels if fill in range(256) else image.pixels.astype(np.float64)
    views = []
    for top in range(rows):
        for left in range(columns):
            changed = pixels.copy()
            changed[top : top + height, left : left + width] = fill
            views.append(Image(changed))
    return Distribution.from_samples(views)


def _masked_states(height: int, width: int, fill: float, states: Any) -> list[Any] | None:
    """Return what becomes of a batch of images for every position; None where the rectangle does not fit, or is no uint8."""
    rows, columns = (states.shape[1] - height + 1, states.shape[2] - width + 1)
    if rows < 1 or columns < 1 or fill not in range(256):
        return None
    views = [states.copy() for _ in range(rows * columns)]
    for position, changed in enumerate(views):
        top, left = divmod(position, columns)
        changed[:, top : top + height, left : left + width] = fill
    return views


def _sometimes(augmentation: Augmentation, probability: Any, name: str) -> Augmentation:
    """Apply the augmentation with this probability, and nothing otherwise."""
    q = parse_unit(probability)
    if q == 1:
        return augmentation
    mixed = choose({augmentation: q, identity(): 1 - q})
    return Augmentation(mixed.kernel, f"{name}, {q}", True, mixed.batch)


def _sites(image: Image, pixels: Sequence[tuple[int, int]]) -> list[int]:
    """Return the flat positions of some pixels of an image."""
    height, width = image.pixels.shape[:2]
    for row, column in pixels:
        if not (0 <= row < height and 0 <= column < width):
            raise InvalidAugmentation(f"{shorten(image)} has no pixel ({row}, {column}); it is {height}x{width}")
    return sorted({row * width + column for row, column in pixels})


def _shifted(pixels: NDArray[Any], down: int, right: int, wrap: bool) -> NDArray[Any]:
    """Move the pixels (b, height, width, ...) of some images; without wrapping, what nothing moves to becomes 0."""
    moved = np.roll(pixels, (down, right), axis=(1, 2))
    if not wrap:
        moved[:, _wrapped(down)] = 0
        moved[:, :, _wrapped(right)] = 0
    return moved


def _wrapped(step: int) -> slice:
    """Return the rows (or columns) that a roll by this step brought in from the other side."""
    return slice(0, step) if step >= 0 else slice(step, None)


def _check_image(image: Any, who: str) -> Image:
    """Return the image, or say that this natural is none."""
    if not isinstance(image, Image):
        raise InvalidAugmentation(
            f"{who}() augments images; the natural {shorten(image)} is a {type(image).__name__}: wrap it in popgraph.images.Image"
        )
    return image


def _listed(name: str, pairs: Any) -> list[Any]:
    """List pairs of numbers."""
    if not isinstance(pairs, Iterable) or isinstance(pairs, str | bytes) or getattr(pairs, "ndim", 1) == 0:
        raise InvalidArgument(f"{name} is {shorten(pairs)}; give a sequence of pairs, such as [(0, 1)]")
    return list(islice(pairs, PRODUCT_LIMIT))


def _step(step: Any, what: str = "a step", pair: str = "(rows down, columns right)") -> tuple[int, int]:
    """Return one step of a shift, or one pixel."""
    step = step.tolist() if isinstance(step, np.ndarray) and step.dtype.kind in "iu" else step
    if not isinstance(step, tuple | list) or len(step) != 2:
        raise InvalidArgument(f"{what} is {shorten(step)}; give pairs {pair}, such as [(0, 1)]")
    return _whole(step[0], what), _whole(step[1], what)


def _whole(number: Any, what: str) -> int:
    """Return a whole number as an int."""
    why = "it must be a whole number of ordinary size (a probability goes into probability=)"
    return count(what, number, -(2**31), 2**31, why)
