"""`Image`: a small, immutable, hashable picture that draws itself. What is done to images lives in `images.py`."""

from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from popgraph.basics.arguments import as_array, numbers, word
from popgraph.basics.arrays import Immutable, frozen
from popgraph.basics.words import printable
from popgraph.errors import InvalidArgument

SHADES = " ░▒▓█"  # terminal ink, from nothing to full


@dataclass(frozen=True, eq=False, repr=False)
class Image(Immutable):
    """Hold a small picture as an outcome: immutable, hashable, equal to any image of the same pixels.

    Parameters
    ----------
    pixels : (height, width) or (height, width, 3 or 4) array
        Booleans, whole numbers in 0..255, or finite floats. 0 is drawn empty and the image's largest value full ink.
        Pixels that are all whole numbers in 0..255 are kept as uint8, others as float64, so that images are equal when their
        pixels are.
    name : str
        How it prints; takes no part in equality.

    Raises
    ------
    InvalidArgument
        If the pixels are not such an array.

    See Also
    --------
    flip : Mirror it.
    rotate : Turn it.
    shift : Shift it.
    mask : Paint over a part of it.
    popgraph.zoo.rotations : A population of images.

    Examples
    --------
    >>> from popgraph import images
    >>> corner = images.Image([[1, 0], [0, 0]], name="corner")
    >>> corner
    Image(corner, 2x2)
    >>> corner == images.Image([[1, 0], [0, 0]])
    True
    >>> print(images.Image([[1, 1], [0, 1]]))
    ████
      ██
    """

    pixels: Any
    name: str = ""

    def __post_init__(self) -> None:
        word("name", self.name)
        given = as_array("pixels", self.pixels)
        if given.dtype.kind == "O":
            given = numbers("pixels", given, "an Image needs numbers for pixels; got dtype object")
        if given.ndim not in (2, 3) or given.size == 0 or (given.ndim == 3 and given.shape[2] not in (3, 4)):
            raise InvalidArgument(
                f"an Image needs pixels of shape (height, width), or (height, width, 3 or 4); got shape {given.shape}"
            )
        if given.dtype.kind not in "buif":
            raise InvalidArgument(f"an Image needs numbers for pixels; got dtype {given.dtype}")
        if given.dtype.kind == "f":
            with np.errstate(over="ignore"):
                given = given.astype(np.float64)
            if not np.isfinite(given).all():
                raise InvalidArgument("an Image needs finite pixels; got NaN or infinity")
            pixels = given.astype(np.float64) + 0.0  # a copy, and -0.0 becomes 0.0: equal pixels, equal bytes
            if ((pixels >= 0) & (pixels <= 255) & (pixels == np.rint(pixels))).all():
                pixels = pixels.astype(np.uint8)
        else:
            if given.min() < 0 or given.max() > 255:
                raise InvalidArgument(
                    f"whole-number pixels must be in 0..255; got {given.min()}..{given.max()}: give floats instead"
                )
            pixels = given.astype(np.uint8)
        object.__setattr__(self, "pixels", frozen(np.ascontiguousarray(pixels)))
        object.__setattr__(self, "_key", (pixels.shape, pixels.dtype.char, self.pixels.tobytes()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Image) and bool(self._key == other._key)  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash(self._key)  # type: ignore[attr-defined]

    def __repr__(self) -> str:
        height, width = self.pixels.shape[:2]
        if self.name:
            return f"Image({printable(self.name)}, {height}x{width})"
        if height * width <= 100:
            return f"Image({'/'.join(''.join('#' if ink else '.' for ink in row) for row in self._ink() > 0.5)})"
        return f"Image({height}x{width}, {crc32(self.pixels.tobytes()) & 0xFFFFFF:06x})"

    def __str__(self) -> str:
        steps = np.rint(self._ink() * (len(SHADES) - 1)).astype(int)
        return "\n".join("".join(SHADES[step] * 2 for step in row).rstrip() for row in steps)

    def _repr_html_(self) -> str:
        cells = [
            f"<rect x='{j}' y='{i}' width='1' height='1' fill='currentColor' fill-opacity='{ink:.3g}'/>"
            for (i, j), ink in np.ndenumerate(self._ink())
            if ink > 0
        ]
        height, width = self.pixels.shape[:2]
        frame = "fill='none' stroke='currentColor' stroke-opacity='0.4' stroke-width='0.1'"
        return (
            f"<svg xmlns='http://www.w3.org/2000/svg' width='{6 * width}' height='{6 * height}' "
            f"viewBox='0 0 {width} {height}'>{''.join(cells)}<rect width='{width}' height='{height}' {frame}/></svg>"
        )

    def _ink(self) -> NDArray[np.float64]:
        """Scale the pixels to 0 (empty) .. 1 (full), (height, width)."""
        grey = self.pixels.astype(np.float64)
        grey = grey[:, :, :3].mean(axis=2) if grey.ndim == 3 else grey
        low, high = min(grey.min(), 0.0), max(grey.max(), 0.0)
        return (grey - low) / (high - low) if high > low else np.zeros_like(grey)

    def _renamed(self, what: str) -> str:
        return f"{self.name} {what}" if self.name else ""
