"""Spectra of Kronecker products: the leading products of the factors' eigenvalues, each with its exact multiplicity.

Knows lists of eigenvalues, and no matrix. An eigenvalue of a product is one of each factor's, multiplied (THEORY 10); a product of
d factors has astronomically many, but few *levels*: how many factors are at which of their distinct eigenvalues. Levels are
found best first, and their members one by one as they are asked for.
"""

import heapq
import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from popgraph.errors import InvalidArgument, TooLarge

MOST_KEYS = 1_000_000  # ways to reach a level that are looked at: some ten seconds

Key = tuple[tuple[int, int, int], ...]  # (type, level, how many factors), of those below their top
Index = tuple[tuple[int, int], ...]  # (factor, eigenvector), of those that are not at their vector 0


@dataclass(frozen=True)
class Levels:
    """Hold the distinct eigenvalues of one factor.

    Attributes
    ----------
    gamma : tuple of float
        Largest first: 1, which is exact, then those in (0, 1), and 0 at the end where it is one of them.
    counts : tuple of int
        Their multiplicities.
    error : float
        How far rounding may have moved those in (0, 1).
    rest : float
        No eigenvalue that is not listed exceeds this; 0 where all are.
    """

    gamma: tuple[float, ...]
    counts: tuple[int, ...]
    error: float
    rest: float = 0.0

    def start(self, level: int) -> int:
        """Return the number of eigenvalues above a level, which is the position of its first."""
        return sum(self.counts[:level])

    @property
    def rank(self) -> int:
        """The number of positive eigenvalues listed."""
        return self.start(sum(gamma > 0 for gamma in self.gamma))


@dataclass(frozen=True)
class Level:
    """Hold an eigenvalue of a product, its multiplicity, how far rounding may have moved it, and the ways to reach it.

    The level 0 has no keys: it is what is left.
    """

    gamma: float
    multiplicity: int
    error: float
    keys: tuple[Key, ...]


class Short(Exception):
    """The eigenvalues of factor `type` that are not listed may be among the leading ones of the product."""

    def __init__(self, type: int) -> None:
        self.type = type


@dataclass(frozen=True)
class _Item:
    """One factor of a type moved from its top to a lower level: logarithms of the eigenvalue and of its upper and lower ends."""

    upper: float
    value: float
    lower: float
    type: int
    level: int


class Product:
    """Search the spectrum of a product of factors, of which many may be alike.

    Parameters
    ----------
    types : sequence of Levels
        The different spectra.
    type_of : sequence of int
        The type of each of the d factors.

    Attributes
    ----------
    size : int
        The number of eigenvalues, with multiplicity, where every factor's are all listed.
    """

    def __init__(self, types: Sequence[Levels], type_of: Sequence[int]) -> None:
        self.types, self.type_of, self.d = tuple(types), tuple(type_of), len(type_of)
        self.copies = Counter(self.type_of)
        self.size = math.prod(sum(self.types[t].counts) ** many for t, many in self.copies.items())
        self.tops = math.prod(self.types[t].counts[0] ** many for t, many in self.copies.items())
        self.places = [[j for j, t in enumerate(self.type_of) if t == number] for number in range(len(self.types))]
        items = [
            _Item(
                math.log(min(1.0, gamma + levels.error)),
                math.log(gamma),
                math.log(max(gamma - levels.error, 5e-324)),
                t,
                level,
            )
            for t, levels in enumerate(self.types)
            for level, gamma in enumerate(levels.gamma)
            if level and gamma > 0
        ]
        self.items = sorted(items, key=lambda item: (-item.upper, item.type, item.level))

    def leading(self, k: int) -> tuple[list[Level], float]:
        """Return the levels down to that of the (k + 1)-th eigenvalue, and a bound on all below.

        Best first by the upper ends of intervals that hold the exact values: a level is a set of products whose intervals overlap,
        one after the other, so that products of equal factors in another order, or of γ² with γ·γ, count as equal, and
        nothing is called equal that rounding could not have split. No product can exceed the one that it was made of by
        lowering a factor, so nothing above what was popped is missed.

        Raises
        ------
        Short
            If a factor's list of eigenvalues is too short to tell.
        TooLarge
            If more than a million different products lie above.
        """
        rest = max(levels.rest for levels in self.types)
        known = math.log(rest) if rest > 0 else -math.inf
        short = max(range(len(self.types)), key=lambda t: self.types[t].rest)
        found: list[Level] = []
        total, popped = 0, 0
        heap: list[tuple[float, tuple[int, ...]]] = [(0.0, ())]
        group: list[tuple[int, ...]] = []
        low = math.inf
        while heap:
            upper = -heap[0][0]
            if group and upper < low:
                found.append(self._level(group))
                total += found[-1].multiplicity
                if total > k:
                    return found, math.exp(max(upper, known))
                group, low = [], math.inf
            state = heapq.heappop(heap)[1]
            for child in self._children(state):
                heapq.heappush(heap, (-math.fsum(self.items[i].upper for i in child), child))
            group.append(state)
            low = min(low, math.fsum(self.items[i].lower for i in state))
            if low <= known:
                raise Short(short)
            popped += 1
            if popped > MOST_KEYS:
                raise TooLarge(
                    f"more than {MOST_KEYS:,} different products of the factors' eigenvalues are among the {k:,} leading ones, or "
                    "within rounding of them; use a smaller k"
                )
        if rest > 0:
            raise Short(short)
        found.append(self._level(group))
        total += found[-1].multiplicity
        if left := self.size - total:
            found.append(Level(0.0, left, 0.0, ()))
        return found, 0.0

    def _children(self, state: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        """Yield the states made of this one by one more move, or by a lower last move: each state has one parent.

        A state is an ascending tuple of items. Of the items that may follow its beginning, the first comes by appending, and each
        other by replacing the one before it.
        """
        if (i := self._next(state, state[-1] if state else 0)) is not None:
            yield (*state, i)
        if state and (i := self._next(state[:-1], state[-1] + 1)) is not None:
            yield (*state[:-1], i)

    def _next(self, state: tuple[int, ...], first: int) -> int | None:
        """Return the first item, from `first` on, of whose type a factor is still at its top."""
        used = Counter(self.items[i].type for i in state)
        for i in range(first, len(self.items)):
            if used[self.items[i].type] < self.copies[self.items[i].type]:
                return i
        return None

    def _level(self, group: list[tuple[int, ...]]) -> Level:
        """Join states of one level; the most accurate of them gives the eigenvalue."""
        keys, widths, multiplicity = [], [], 0
        for state in group:
            keys.append(tuple((self.items[i].type, self.items[i].level, many) for i, many in Counter(state).items()))
            value = math.exp(math.fsum(self.items[i].value for i in state))
            widths.append((math.exp(math.fsum(self.items[i].upper for i in state)) - value, -value))
            multiplicity += self._multiplicity(keys[-1])
        error, value = min(widths)
        order = sorted(range(len(keys)), key=lambda i: (sum(many for _, _, many in keys[i]), keys[i]))
        return Level(-value, multiplicity, error, tuple(keys[i] for i in order))

    def _multiplicity(self, key: Key) -> int:
        """Return how many eigenvectors have these levels: multinomials of factors, times the levels' own multiplicities."""
        left, many = dict(self.copies), int(self.tops)
        for t, level, count in key:
            levels = self.types[t]
            many //= levels.counts[0] ** count
            many *= math.comb(left[t], count) * levels.counts[level] ** count
            left[t] -= count
        return many

    def gamma_of(self, index: Index) -> float:
        """Return the eigenvalue of one eigenvector, as a product."""
        return math.prod(self.types[t].gamma[level] for t, level, many in self.key_of(index) for _ in range(many))

    def key_of(self, index: Index) -> Key:
        """Return which levels the factors of an eigenvector are at."""
        moved: Counter[tuple[int, int]] = Counter()
        for j, number in index:
            t = self.type_of[j]
            level = sum(number >= end for end in accumulate(self.types[t].counts))
            if level:
                moved[t, level] += 1
        position = {(item.type, item.level): i for i, item in enumerate(self.items)}
        order = sorted(moved, key=lambda pair: position.get(pair, len(position)))
        return tuple((t, level, moved[t, level]) for t, level in order)

    def members(self, level: Level) -> Iterator[Index]:
        """Yield the eigenvectors of a level, each as (factor, eigenvector) of the factors that are not at their vector 0.

        Those with fewer such factors come first; of these, those of one way to reach the level after those of another, and each
        way's in the order of these pairs. Each factor's vectors are numbered by falling eigenvalue, and vector 0 is √w_x.
        """
        if not level.keys:
            for many in range(1, self.d + 1):
                yield from self._null_members(many, 0, False)
            return
        room = sum(self.copies[t] for t, levels in enumerate(self.types) if levels.counts[0] > 1)
        for many in range(self.d + 1):
            for key in level.keys:
                extra = many - sum(count for _, _, count in key)
                if 0 <= extra <= room:
                    yield from self._members({(t, at): count for t, at, count in key}, extra, 0)

    def _members(self, wanted: dict[tuple[int, int], int], extra: int, first: int) -> Iterator[Index]:
        """Yield the eigenvectors with so many factors, from `first` on, at these levels, and `extra` at others of their top."""
        if not wanted and not extra:
            yield ()
            return
        for j in range(first, self.d):
            if not self._fits(wanted, extra, j):
                return
            t = self.type_of[j]
            levels = self.types[t]
            if extra and self._fits(wanted, extra - 1, j + 1):
                for number in range(1, levels.counts[0]):
                    yield from (((j, number), *more) for more in self._members(wanted, extra - 1, j + 1))
            for level in sorted(at for of, at in wanted if of == t):
                left = dict(wanted)
                left[t, level] -= 1
                if not left[t, level]:
                    del left[t, level]
                start = levels.start(level)
                for number in range(start, start + levels.counts[level]):
                    yield from (((j, number), *more) for more in self._members(left, extra, j + 1))

    def _fits(self, wanted: dict[tuple[int, int], int], extra: int, first: int) -> bool:
        """Whether the factors from `first` on are enough."""
        needed: Counter[int] = Counter()
        for (t, _), count in wanted.items():
            needed[t] += count
        free = 0
        for t, levels in enumerate(self.types) if extra else ((t, self.types[t]) for t in needed):
            left = len(self.places[t]) - bisect_left(self.places[t], first)
            if left < needed[t]:
                return False
            free += (left - needed[t]) * (levels.counts[0] > 1)
        return free >= extra

    def _null_members(self, many: int, first: int, done: bool) -> Iterator[Index]:
        """Yield the eigenvectors with so many factors off their vector 0, at least one of these at the eigenvalue 0."""
        if not many:
            yield ()
            return
        for j in range(first, self.d - many + 1):
            levels = self.types[self.type_of[j]]
            later = any(self.types[self.type_of[i]].gamma[-1] == 0 for i in range(j + 1, self.d)) and many > 1
            for number in range(1, sum(levels.counts)):
                null = number >= levels.rank
                if done or null or later:
                    for more in self._null_members(many - 1, j + 1, done or null):
                        yield ((j, number), *more)


def merge_types(levels: Sequence[Levels], kind_of: Sequence[int]) -> Product:
    """Make the product of kinds of factors, kinds with the same spectrum counted as one type."""
    if not kind_of:
        raise InvalidArgument("a product needs at least one factor; got none")
    types = list(dict.fromkeys(levels))
    number = {spectrum: t for t, spectrum in enumerate(types)}
    return Product(types, [number[levels[kind]] for kind in kind_of])
