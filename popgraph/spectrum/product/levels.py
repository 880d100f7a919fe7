"""Spectra of Kronecker products: the leading products of the factors' eigenvalues, each with its exact multiplicity.

Works on lists of eigenvalues, not on matrices. An eigenvalue of a product is one of each factor's, multiplied (THEORY 10). There
are astronomically many, but few *levels*: ways to say how many factors are at which of their distinct eigenvalues. Levels are found
best first, and the eigenvectors of a level one by one as they are asked for.
"""

import heapq
import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from popgraph.errors import InvalidArgument, TooLarge

MOST_KEYS = 1_000_000  # ways to reach a level that are tried: some ten seconds

Key = tuple[tuple[int, int, int], ...]  # (type, level, how many factors), of the factors whose eigenvalue is below 1
Index = tuple[tuple[int, int], ...]  # (factor, number of its eigenvector), of the factors whose number is not 0


@dataclass(frozen=True)
class Levels:
    """The distinct eigenvalues of one factor."""

    gamma: tuple[float, ...]  # descending: 1, which is exact, then those in (0, 1), and 0 if it is an eigenvalue
    counts: tuple[int, ...]  # their multiplicities
    error: float  # a bound on the rounding error of those in (0, 1)
    unlisted: float = 0.0  # an upper bound on the eigenvalues that are not listed; 0 if all are

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

    The level of the eigenvalue 0 has no keys: it holds all products that no other level does.
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
    """The eigenvalues of a Kronecker product of d factors: `type_of` (d,) gives the position in `types` of each factor's Levels.

    `size` is the number of eigenvalues, with multiplicity, if all eigenvalues of each factor are listed.
    """

    def __init__(self, types: Sequence[Levels], type_of: Sequence[int]) -> None:
        self.types, self.type_of, self.d = tuple(types), tuple(type_of), len(type_of)
        self.copies = Counter(self.type_of)
        self.size = math.prod(sum(self.types[t].counts) ** copies for t, copies in self.copies.items())
        self.units = math.prod(self.types[t].counts[0] ** copies for t, copies in self.copies.items())  # eigenvalues 1
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

        Raises Short if a factor lists too few eigenvalues for that, and TooLarge if it takes more than a million levels.
        """
        # Best first, by upper ends of intervals that hold the exact values. A level is a set of products whose intervals overlap,
        # one after the other, so that products of equal factors in another order, or of γ² with γ·γ, count as equal, and nothing
        # is called equal that rounding could not have split. No product can exceed the one that it was made of by lowering a
        # factor, so nothing above what was popped is missed.
        unlisted = max(levels.unlisted for levels in self.types)
        log_unlisted = math.log(unlisted) if unlisted > 0 else -math.inf
        shortest = max(range(len(self.types)), key=lambda t: self.types[t].unlisted)
        levels: list[Level] = []
        total, popped = 0, 0
        heap: list[tuple[float, tuple[int, ...]]] = [(0.0, ())]
        group: list[tuple[int, ...]] = []
        lowest = math.inf  # lower end of the group's intervals
        while heap:
            upper = -heap[0][0]
            if group and upper < lowest:
                levels.append(self._level(group))
                total += levels[-1].multiplicity
                if total > k:
                    return levels, math.exp(max(upper, log_unlisted))
                group, lowest = [], math.inf
            state = heapq.heappop(heap)[1]
            for child in self._children(state):
                heapq.heappush(heap, (-math.fsum(self.items[i].upper for i in child), child))
            group.append(state)
            lowest = min(lowest, math.fsum(self.items[i].lower for i in state))
            if lowest <= log_unlisted:
                raise Short(shortest)
            popped += 1
            if popped > MOST_KEYS:
                raise TooLarge(
                    f"more than {MOST_KEYS:,} different products of the factors' eigenvalues are among the {k:,} leading ones, or "
                    "within rounding of them; use a smaller k"
                )
        if unlisted > 0:
            raise Short(shortest)
        levels.append(self._level(group))
        total += levels[-1].multiplicity
        if zeros := self.size - total:
            levels.append(Level(0.0, zeros, 0.0, ()))
        return levels, 0.0

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
            keys.append(tuple((self.items[i].type, self.items[i].level, count) for i, count in Counter(state).items()))
            value = math.exp(math.fsum(self.items[i].value for i in state))
            widths.append((math.exp(math.fsum(self.items[i].upper for i in state)) - value, -value))
            multiplicity += self._multiplicity(keys[-1])
        error, value = min(widths)
        order = sorted(range(len(keys)), key=lambda i: (sum(count for _, _, count in keys[i]), keys[i]))
        return Level(-value, multiplicity, error, tuple(keys[i] for i in order))

    def _multiplicity(self, key: Key) -> int:
        """Return how many eigenvectors have these levels: multinomials of factors, times the levels' own multiplicities."""
        at_top, multiplicity = dict(self.copies), int(self.units)
        for t, level, count in key:
            levels = self.types[t]
            multiplicity //= levels.counts[0] ** count
            multiplicity *= math.comb(at_top[t], count) * levels.counts[level] ** count
            at_top[t] -= count
        return multiplicity

    def gamma_of(self, index: Index) -> float:
        """Return the eigenvalue of one eigenvector, as a product."""
        return math.prod(self.types[t].gamma[level] for t, level, count in self.key_of(index) for _ in range(count))

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
        """Yield the eigenvectors of a level, each as (factor, number) of the factors that are not at their eigenvector 0.

        Those with fewer such factors come first; of these, those of one way to reach the level after those of another, and each
        way's in the order of these pairs. A factor's eigenvectors are numbered by falling eigenvalue, and number 0 is √w_x.
        """
        if not level.keys:
            for moved in range(1, self.d + 1):
                yield from self._null_members(moved, 0, False)
            return
        most_extra = sum(self.copies[t] for t, levels in enumerate(self.types) if levels.counts[0] > 1)
        for moved in range(self.d + 1):
            for key in level.keys:
                extra = moved - sum(count for _, _, count in key)
                if 0 <= extra <= most_extra:
                    yield from self._members({(t, at): count for t, at, count in key}, extra, 0)

    def _members(self, wanted: dict[tuple[int, int], int], extra: int, first: int) -> Iterator[Index]:
        """Yield the eigenvectors with so many factors, from `first` on, at these levels, and `extra` at others of γ = 1."""
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
                others = dict(wanted)
                others[t, level] -= 1
                if not others[t, level]:
                    del others[t, level]
                start = levels.start(level)
                for number in range(start, start + levels.counts[level]):
                    yield from (((j, number), *more) for more in self._members(others, extra, j + 1))

    def _fits(self, wanted: dict[tuple[int, int], int], extra: int, first: int) -> bool:
        """Whether the factors from `first` on are enough."""
        needed: Counter[int] = Counter()
        for (t, _), count in wanted.items():
            needed[t] += count
        free = 0
        for t, levels in enumerate(self.types) if extra else ((t, self.types[t]) for t in needed):
            available = len(self.places[t]) - bisect_left(self.places[t], first)
            if available < needed[t]:
                return False
            free += (available - needed[t]) * (levels.counts[0] > 1)
        return free >= extra

    def _null_members(self, moved: int, first: int, null: bool) -> Iterator[Index]:
        """Yield eigenvectors with so many factors off their eigenvector 0, one of these, unless `null`, at the eigenvalue 0."""
        if not moved:
            yield ()
            return
        for j in range(first, self.d - moved + 1):
            levels = self.types[self.type_of[j]]
            null_later = moved > 1 and any(self.types[self.type_of[i]].gamma[-1] == 0 for i in range(j + 1, self.d))
            for number in range(1, sum(levels.counts)):
                null_here = number >= levels.rank
                if null or null_here or null_later:
                    for more in self._null_members(moved - 1, j + 1, null or null_here):
                        yield ((j, number), *more)


def merge_types(levels: Sequence[Levels], kind_of: Sequence[int]) -> Product:
    """Make the product of kinds of factors, kinds with the same spectrum counted as one type."""
    if not kind_of:
        raise InvalidArgument("a product needs at least one factor; got none")
    types = list(dict.fromkeys(levels))
    number = {spectrum: t for t, spectrum in enumerate(types)}
    return Product(types, [number[levels[kind]] for kind in kind_of])
