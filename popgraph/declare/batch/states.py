"""Outcomes as arrays: how images and tuples are written as rows of numbers and read back, and sequences of views that are so kept.

A million views are then one array, and no Python object until somebody looks at one.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from popgraph.basics.arrays import Immutable, Ints, frozen
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
        for outcome in outcomes:
            if not isinstance(outcome, Image) or outcome.pixels.shape != self.shape:
                return None
        return np.stack([outcome.pixels for outcome in outcomes])

    def state_of(self, outcome: Any) -> Any:
        """Return the pixels of an image, which may have a name; None of anything else."""
        return outcome.pixels if isinstance(outcome, Image) and outcome.pixels.shape == self.shape else None


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
        for outcome in outcomes:
            if type(outcome) is not tuple or len(outcome) != self.length:
                return None
            if any(type(x) is not self.number for x in outcome):
                return None
        try:
            array = np.array(outcomes, dtype=np.int64 if self.number is int else np.float64)
        except OverflowError:
            return None
        return array.reshape(len(outcomes), self.length) + (0 if self.number is int else 0.0)  # -0.0 becomes 0.0

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
        rows = []
        for outcome in outcomes:
            if type(outcome) is not tuple or len(outcome) != self.length:
                return None
            try:
                row = [self.number_of(letter) for letter in outcome]
            except TypeError:
                return None
            if None in row:
                return None
            rows.append(row)
        return np.array(rows, dtype=np.int64).reshape(len(outcomes), self.length)


def unnamed(outcome: Any) -> Any:
    """Return an image without its name, and anything else as it is."""
    return Image(outcome.pixels) if isinstance(outcome, Image) and outcome.name else outcome


def codings_of(outcomes: Sequence[Any]) -> Iterator[tuple[Coding, Any]]:
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
            yield coding, array


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


def distinct(states: Any) -> tuple[Ints, Ints]:
    """Number the rows of an array exactly: equal rows alike, and in the order in which they first appear.

    Rows are sorted by a hash of their bytes, and neighbours of one hash are compared; a collision sends all of them to a full sort.
    Returned are each row's number (m,), and the first row of each number.
    """
    # np.unique of the rows as void compares them byte by byte: on a million rows of 20 bits, 8 small ints or 3 floats that takes
    # 0.3 to 1.3 s, and this 0.1 to 0.2 s.
    words = _words(states)
    if words.shape[1] == 1:
        key = words[:, 0]
    else:
        key = np.zeros(len(words), dtype=np.uint64)
        for j in range(words.shape[1]):
            key = (key ^ words[:, j]) * HASH_MULTIPLIER
            key ^= key >> np.uint64(29)
    order = np.argsort(key, kind="stable")
    step = key[order[1:]] != key[order[:-1]]
    if words.shape[1] > 1:
        sorted_words = words[order]
        if ((sorted_words[1:] != sorted_words[:-1]).any(axis=1) & ~step).any():
            order = np.lexsort(words.T[::-1])
            sorted_words = words[order]
            step = (sorted_words[1:] != sorted_words[:-1]).any(axis=1)
    start = np.concatenate([[True], step])
    run = np.cumsum(start) - 1
    first = order[start]  # the sorts are stable, so each run begins with its first row
    by_appearance = np.argsort(first)
    rank = np.empty_like(by_appearance)
    rank[by_appearance] = np.arange(len(rank))
    number = np.empty(len(order), dtype=np.intp)
    number[order] = rank[run]
    return number, first[by_appearance]


HASH_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # odd, so that one word alone never collides


def _words(states: Any) -> Any:
    """Return the rows as few 64-bit words as their values allow, (m, words)."""
    flat = np.ascontiguousarray(states).reshape(len(states), -1)
    if flat.shape[1] == 0:
        return np.zeros((len(flat), 1), dtype=np.uint64)
    if flat.dtype.kind in "iu" and flat.dtype != np.uint8:
        low, high = int(flat.min()), int(flat.max())
        if low >= 0 and high < 256:
            flat = flat.astype(np.uint8)
    if flat.dtype == np.uint8 and flat.max() <= 1:
        flat = np.packbits(flat, axis=1)
    bytes_ = flat.view(np.uint8).reshape(len(flat), -1)
    padded = np.zeros((len(flat), -(-bytes_.shape[1] // 8) * 8), dtype=np.uint8)
    padded[:, : bytes_.shape[1]] = bytes_
    return padded.view(np.uint64)
