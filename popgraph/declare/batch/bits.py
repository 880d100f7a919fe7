"""Small images of 0 and 1 as 64-bit words, and what augmentations of images do to such words.

Each view that the toolkit makes of an image of 0 and 1 moves pixels, sets them to 0 or 1, or inverts them: bit by bit it is an
affine map over the field of two elements, known from the images of an empty image and of those with one pixel set.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

MOST_PIXELS = 64  # of an image that is one word
MOST_BYTES_OF_MAPS = 2**27  # that the views of the images with one pixel may take; more views are made of pixels
Views = Callable[[Any], Sequence[Any] | None]  # pixels (b, height, width) -> views of that shape
Masks = Callable[[tuple[int, ...]], Any]  # shape -> for each view a word of the pixels that it inverts, or None


@dataclass(frozen=True)
class BitMap:
    """Send words x to the exclusive or of `constant` and, for each step, of (x & mask) shifted left by the step."""

    constant: np.uint64
    steps: tuple[tuple[int, np.uint64], ...]

    def __call__(self, words: Any) -> Any:
        """Return the words that these words (b,) become."""
        moved = np.full(len(words), self.constant)
        for step, mask in self.steps:
            part = words & mask
            if step > 0:
                part <<= np.uint64(step)
            elif step < 0:
                part >>= np.uint64(-step)
            moved ^= part
        return moved


def packed(pixels: Any) -> Any:
    """Return images of 0 and 1, (b, height, width), as words (b,): the first pixel is the lowest bit."""
    bits = np.packbits(pixels.reshape(len(pixels), -1), axis=1, bitorder="little")
    words = np.zeros((len(bits), 8), dtype=np.uint8)
    words[:, : bits.shape[1]] = bits
    return words.view("<u8").astype(np.uint64, copy=False)[:, 0]


def unpacked(words: Any, shape: tuple[int, ...]) -> Any:
    """Return words (b,) as the pixels (b, height, width) of images of 0 and 1."""
    count = shape[0] * shape[1]
    rows = words.astype("<u8", copy=False)[:, np.newaxis].view(np.uint8)[:, : -(-count // 8)]
    return np.unpackbits(rows, axis=1, count=count, bitorder="little").reshape(len(words), *shape)


def views_of_words(words: Any, shape: tuple[int, ...], views: Views, masks: Masks | None) -> Any:
    """Return the views of images of 0 and 1 that are words (b,), (b, m), or None where they are no such images."""
    if masks is not None:
        inverted = masks(shape)
        return None if inverted is None else words[:, np.newaxis] ^ inverted
    maps = bit_maps(views, shape)
    return None if maps is None else np.stack([bit_map(words) for bit_map in maps], axis=1)


def bit_maps(views: Views, shape: tuple[int, ...]) -> list[BitMap] | None:
    """Return what a function of pixels does to words, a map for each view; None where its views are no images of 0 and 1.

    `views` must do with every pixel one thing, whatever the others are: move it, set it to 0 or 1, or invert it.
    """
    count = shape[0] * shape[1]
    basis = np.zeros((1 + count, count), dtype=np.uint8)
    basis[1:] = np.eye(count, dtype=np.uint8)
    basis = basis.reshape(-1, *shape)
    empty = views(basis[:1])
    if empty is None or len(empty) * basis.nbytes > MOST_BYTES_OF_MAPS:
        return None
    made = views(basis)
    if made is None or any(view.shape != basis.shape or view.dtype != np.uint8 or view.max() > 1 for view in made):
        return None
    return [_map_of(view.reshape(-1, count)) for view in made]


def _map_of(made: Any) -> BitMap:
    """Read the map off what becomes of the empty image, and of each image with one pixel set, (1 + pixels, pixels)."""
    source, target = np.nonzero(made[1:] != made[0])
    masks: dict[int, int] = {}
    for step, pixel in zip((target - source).tolist(), source.tolist(), strict=True):
        masks[step] = masks.get(step, 0) | 1 << pixel
    return BitMap(packed(made[:1])[0], tuple((step, np.uint64(mask)) for step, mask in masks.items()))
