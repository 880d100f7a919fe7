"""Outcomes as arrays: how images and tuples are written as rows of numbers and read back, and sequences of views that are so kept.

A million views are then one array, and no Python object until somebody looks at one.
"""

from collections.abc import Generator, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Protocol

import numpy as np

from popgraph.basics.arrays import Immutable, frozen
from popgraph.declare.batch import bits
from popgraph.declare.image import Image


class Coding(Protocol):
    """Write outcomes of one kind as rows of an array, and read them back."""

    def decode(self, state: Any) -> Hashable:
        """Return the outcome that one row stands for."""

    def encode(self, outcomes: Sequence[Any]) -> Any:
        """Return outcomes as an array (m, ...), or None if one of them is of another kind."""

    def state_of(self, outcome: Any) -> Any:
        """Return the row (...) of whatever equals an outcome that can be written, of whatever type it is; None if there is none."""


@dataclass(frozen=True)
class ImageCoding:
    """Write unnamed images of one shape as their pixels."""

    shape: tuple[int, ...]

    def decode(self, state: Any) -> Image:
        """Return the image of these pixels."""
        return Image(state)

    def encode(self, outcomes: Sequence[Any]) -> Any:
        """Return the pixels (m, height, width, ...)."""
        if not all(issubclass(kind, Image) for kind in set(map(type, outcomes))):
            return None
        keys = [outcome._key for outcome in outcomes]  # shape, type and bytes of the pixels
        kinds = {key[:2] for key in keys}
        if {shape for shape, _ in kinds} != {self.shape}:
            return None
        if kinds != {(self.shape, "B")}:
            return np.stack([outcome.pixels for outcome in outcomes])
        # Joining bytes takes a fifth of the time of np.stack on images of 8x8
        return np.frombuffer(b"".join([key[2] for key in keys]), dtype=np.uint8).reshape(len(keys), *self.shape)

    def state_of(self, outcome: Any) -> Any:
        """Return the pixels of an image, which may have a name; None of anything else."""
        return outcome.pixels if isinstance(outcome, Image) and outcome.pixels.shape == self.shape else None


@dataclass(frozen=True)
class BitCoding:
    """Write unnamed images of one shape, of at most 64 pixels, all 0 or 1, as one 64-bit word each."""

    shape: tuple[int, ...]

    def decode(self, state: Any) -> Image:
        """Return the image of this word."""
        return Image(bits.unpacked(np.array([state], dtype=np.uint64), self.shape)[0])

    def encode(self, outcomes: Sequence[Any]) -> Any:
        """Return the words (m,)."""
        pixels = ImageCoding(self.shape).encode(outcomes)
        return None if pixels is None else _words_of(pixels)

    def state_of(self, outcome: Any) -> Any:
        """Return the word of an image, which may have a name; None of anything else."""
        words = self.encode([outcome])
        return None if words is None else words[0]


@dataclass(frozen=True)
class NumberCoding:
    """Write tuples of ints, or of floats, as they are."""

    number: type
    length: int

    def decode(self, state: Any) -> tuple[Any, ...]:
        """Return the tuple."""
        return tuple(state.tolist())

    def encode(self, outcomes: Sequence[Any]) -> Any:
        """Return the numbers (m, length)."""
        if not _are_tuples(outcomes, self.length):
            return None
        if not set(map(type, chain.from_iterable(outcomes))) <= {self.number}:
            return None
        count = len(outcomes) * self.length
        kind: Any = np.int64 if self.number is int else np.float64
        try:
            array = np.fromiter(chain.from_iterable(outcomes), dtype=kind, count=count)
        except OverflowError:
            return None
        if self.number is float:
            array += 0.0  # -0.0 becomes 0.0
        return array.reshape(len(outcomes), self.length)

    def state_of(self, outcome: Any) -> Any:
        """Return the numbers of what equals a tuple of such numbers: (True, 2.0) is (1, 2); None if there are none."""
        if not isinstance(outcome, tuple) or len(outcome) != self.length:
            return None
        try:
            outcome = [x.real if isinstance(x, complex) and x.imag == 0 else x for x in outcome]
            numbers = [self.number(x) for x in outcome]
            equal = all(bool(mine == x) for mine, x in zip(numbers, outcome, strict=True))
        except (TypeError, ValueError, OverflowError, ArithmeticError):
            return None
        state = self.encode([tuple(numbers)]) if equal else None
        return None if state is None else state[0]


@dataclass(frozen=True)
class LetterCoding:
    """Write tuples of any hashable coordinates as numbers of letters in a growing alphabet."""

    length: int
    letters: list[Hashable] = field(default_factory=list)
    numbers: dict[Hashable, int] = field(default_factory=dict)

    def decode(self, state: Any) -> tuple[Any, ...]:
        """Return the tuple."""
        return tuple(self.letters[number] for number in state.tolist())

    def number_of(self, letter: Hashable) -> int | None:
        """Return the number of a letter, new or known; None for one that equals a known letter of another type."""
        number = self.numbers.setdefault(letter, len(self.letters))
        if number == len(self.letters):
            self.letters.append(letter)
        return number if type(self.letters[number]) is type(letter) else None  # 1 == True, and they print differently

    def state_of(self, outcome: Any) -> Any:
        """Return the numbers of what equals a tuple of known letters; None if there is none: a question adds no letter."""
        if not isinstance(outcome, tuple) or len(outcome) != self.length:
            return None
        try:
            return np.array([self.numbers[letter] for letter in outcome], dtype=np.int64)
        except (TypeError, KeyError):  # one that cannot be hashed, or is no letter
            return None

    def encode(self, outcomes: Sequence[Any]) -> Any:
        """Return the letters' numbers (m, length)."""
        if not _are_tuples(outcomes, self.length):
            return None
        try:
            kinds = dict.fromkeys(
                zip(map(type, chain.from_iterable(outcomes)), chain.from_iterable(outcomes), strict=True)
            )
        except TypeError:
            return None
        if None in [self.number_of(letter) for _, letter in kinds]:  # each letter once, with each of its types
            return None
        numbers = map(self.numbers.__getitem__, chain.from_iterable(outcomes))
        count = len(outcomes) * self.length
        return np.fromiter(numbers, dtype=np.int64, count=count).reshape(len(outcomes), self.length)


def _are_tuples(outcomes: Sequence[Any], length: int) -> bool:
    """Whether all outcomes are tuples, of no class of their own and of this length."""
    return set(map(type, outcomes)) <= {tuple} and set(map(len, outcomes)) <= {length}


def unnamed(outcome: Any) -> Any:
    """Return an image without its name, and anything else as it is."""
    return Image(outcome.pixels) if isinstance(outcome, Image) and outcome.name else outcome


def codings_of(outcomes: Sequence[Any]) -> Generator[tuple[Coding, Any], None, None]:
    """Yield the ways in which these outcomes can be written as an array, the simplest first, each with the array.

    Named images are not: an array has no room for the names.
    """
    first = outcomes[0]
    choices: list[Coding] = []
    if isinstance(first, Image) and not any(isinstance(x, Image) and x.name for x in outcomes):
        choices = [ImageCoding(first.pixels.shape)]
    elif type(first) is tuple:
        choices = [NumberCoding(int, len(first)), NumberCoding(float, len(first)), LetterCoding(len(first))]
    for coding in choices:
        if (array := coding.encode(outcomes)) is not None:
            if isinstance(coding, ImageCoding) and (words := _words_of(array)) is not None:
                yield BitCoding(coding.shape), words
            yield coding, array


def _words_of(pixels: Any) -> Any:
    """Return images (m, height, width) as words, or None where they are too large, or not of 0 and 1."""
    small = pixels.ndim == 3 and pixels.dtype == np.uint8 and pixels[0].size <= bits.MOST_PIXELS
    return bits.packed(pixels) if small and pixels.max() <= 1 else None


class LazySequence(Immutable, Sequence[Hashable]):
    """A sequence of outcomes that are made when they are asked for, and found by `index` without looking at each."""

    def __contains__(self, outcome: object) -> bool:
        try:
            self.index(outcome)
        except ValueError:
            return False
        return True

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Sequence)
            and len(other) == len(self)
            and all(x == y for x, y in zip(self, other, strict=True))
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        shown = ", ".join(repr(outcome) for outcome in self[:4])
        return f"({shown}{', ...' if len(self) > 4 else ''})"


@dataclass(frozen=True, eq=False, repr=False)
class StateSequence(LazySequence):
    """A sequence of outcomes that are stored as the rows of an array, and decoded when they are accessed."""

    array: Any  # (N, ...), all rows different
    coding: Coding

    def __post_init__(self) -> None:
        frozen(self.array)

    @property
    def numbers(self) -> Any:
        """The rows (N, ...) where they are the outcomes' own numbers, pixels or coordinates; None where they stand for letters."""
        return None if isinstance(self.coding, LetterCoding) else self.array

    def part(self, some: slice) -> "StateSequence":
        """Return some of the outcomes, of which none is made."""
        return StateSequence(self.array[some], self.coding)

    def __len__(self) -> int:
        return len(self.array)

    def __getitem__(self, i: Any) -> Any:
        if isinstance(i, slice):
            return tuple(self.coding.decode(state) for state in self.array[i])
        return self.coding.decode(self.array[i])

    def __iter__(self) -> Iterator[Hashable]:
        return (self.coding.decode(state) for state in self.array)

    @classmethod
    def of(cls, states: Any, coding: Coding) -> "StateSequence":
        """Return the outcomes that are written as states; words are unpacked, so that images are always kept as pixels."""
        if isinstance(coding, BitCoding):
            states, coding = bits.unpacked(states, coding.shape), ImageCoding(coding.shape)
        if isinstance(coding, ImageCoding):  # an image turned by 90° has another shape than the one that was declared
            coding = ImageCoding(states.shape[1:])
        return cls(states, coding)

    def index(self, outcome: Any, start: int = 0, stop: int | None = None) -> int:
        """Return the position of an outcome, which is compared with every row at once."""
        state = self.coding.state_of(outcome)
        if state is not None:
            first, last, _ = slice(start, stop).indices(len(self.array))  # a negative position counts from the end
            same = self.array[first:last] == state
            at = np.flatnonzero(same.all(axis=tuple(range(1, same.ndim))))
            if at.size:
                return int(at[0]) + first
        raise ValueError(f"{outcome!r} is not in this sequence")
