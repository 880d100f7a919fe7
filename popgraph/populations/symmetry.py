"""`Symmetry`: a finite abelian group that acts on naturals and views, read from its generators and checked against p and A.

The group is Z_m1 x ... x Z_mr, one cyclic group for each generator; generators must commute. It need not act freely.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import lcm, prod
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from popgraph.basics.arguments import called
from popgraph.basics.arrays import Floats, Immutable, Ints, frozen
from popgraph.basics.words import did_you_mean, listing, shorten
from popgraph.declare import EnumeratedPopulation, Image
from popgraph.errors import InvalidArgument, TooLarge

INVARIANCE_TOLERANCE = 64 * float(np.finfo(np.float64).eps)  # relative: by how much p and A may differ along an orbit
MAX_GROUP_ELEMENTS = 2**28  # the images of an orbit's first member under all of them are listed

MOVES_OF_PIXELS: dict[str, Callable[[Any], Any]] = {
    "shift down": lambda pixels: np.roll(pixels, 1, axis=0),
    "shift right": lambda pixels: np.roll(pixels, 1, axis=1),
    "flip top to bottom": lambda pixels: pixels[::-1],
    "flip left to right": lambda pixels: pixels[:, ::-1],
}


@dataclass(frozen=True, eq=False)
class Orbits(Immutable):
    """The orbits of the naturals or of the views under a group G."""

    first: Ints  # (o,) the first member of each orbit
    images: (
        Ints  # (o, |G|) its image under each element; elements are numbered like the cells of an array (m1, ..., mr)
    )
    fixing: Ints  # (o,) how many elements fix it: |G| divided by this is the size of the orbit
    orbit: Ints  # (N,) the orbit of each member
    element: Ints  # (N,) the first element of G that takes the orbit's first member to it

    @property
    def sizes(self) -> Ints:
        """The number of members of each orbit."""
        return np.asarray(self.images.shape[1] // self.fixing)


@dataclass(frozen=True, eq=False, repr=False)
class Symmetry(Immutable):
    """Hold a group that leaves a population as it is; read by `.PopulationGraph.with_symmetry`.

    Attributes
    ----------
    generators : tuple of str
        What the generators are called in messages.
    orders : tuple of int
        The order of each: the group is the product of the cyclic groups.
    natural_orbits, view_orbits : Orbits
        How the group moves naturals and views.

    Examples
    --------
    >>> import popgraph as pg
    >>> pg.zoo.ring(6).with_symmetry(lambda x: (x + 1) % 6).symmetry
    Symmetry(Z_6 on 6 naturals in 1 orbit and 6 views in 1 orbit)
    """

    generators: tuple[str, ...]
    orders: tuple[int, ...]
    natural_orbits: Orbits
    view_orbits: Orbits

    @property
    def group(self) -> str:
        """The group in words: Z_4 x Z_2."""
        return " x ".join(f"Z_{order}" for order in self.orders)

    def __repr__(self) -> str:
        counts = [
            f"{len(orbits.orbit):,} {what}{'s' * (len(orbits.orbit) != 1)} in {len(orbits.first):,} "
            f"orbit{'s' * (len(orbits.first) != 1)}"
            for what, orbits in (("natural", self.natural_orbits), ("view", self.view_orbits))
        ]
        return f"Symmetry({self.group} on {counts[0]} and {counts[1]})"


def read_symmetry(population: EnumeratedPopulation, generators: Any) -> Symmetry:
    """Read the generators of a group that leaves p and A unchanged.

    Raises InvalidArgument if a generator is no permutation or changes p or A, or if two generators do not commute, and TooLarge if
    the group has more than 268 million elements.
    """
    names, on_naturals, on_views = _read_moves(population, generators)
    periods = _orders(on_naturals, on_views)
    return Symmetry(tuple(names), periods, find_orbits(on_naturals, periods), find_orbits(on_views, periods))


def find_orbits(moves: Sequence[Ints], orders: Sequence[int]) -> Orbits:
    """Follow the first member of each orbit through the whole group."""
    size = len(moves[0])
    member = np.tile(np.arange(size), len(moves))
    joined = sp.csr_array((np.ones(len(member)), (member, np.concatenate(moves))), shape=(size, size))
    first = np.unique(connected_components(joined, directed=False)[1], return_index=True)[1]
    first = np.sort(first)
    images = first[:, np.newaxis]
    for move, order in zip(moves, orders, strict=True):
        # `steps` holds the images under 0, 1, ..., L - 1 applications of the generator, `power` is L of them; L doubles
        steps, power = images[..., np.newaxis], move
        while steps.shape[-1] < order:
            steps, power = np.concatenate([steps, power[steps]], axis=-1), power[power]
        images = steps[..., :order].reshape(len(first), -1)
    orbit, element = np.empty(size, dtype=np.intp), np.empty(size, dtype=np.intp)
    # Several elements may take the first member to one place; of several assignments the last counts, so the first goes last
    backwards = images.shape[1] - 1 - np.arange(images.shape[1])
    orbit[images] = np.arange(len(first))[:, np.newaxis]
    element[images[:, ::-1]] = backwards
    fixing = np.sum(images == first[:, np.newaxis], axis=1)
    return Orbits(*(frozen(part) for part in (first, images, fixing, orbit, element)))


def _read_moves(population: EnumeratedPopulation, generators: Any) -> tuple[list[str], list[Ints], list[Ints]]:
    """Return the generators' names, and how they permute naturals and views."""
    if isinstance(generators, str | Mapping | tuple) or callable(generators):
        generators = [generators]
    if getattr(generators, "ndim", 0) == 1:
        raise InvalidArgument(
            "generators is one array; positions come as a pair of arrays: (positions of naturals, positions of views)"
        )
    try:
        declared = list(generators)
    except TypeError:
        raise InvalidArgument(f"generators is {shorten(generators)}; give a generator, or a list of them") from None
    if not declared:
        raise InvalidArgument("there are no generators; give at least one")
    names, on_naturals, on_views = [], [], []
    for i, generator in enumerate(declared):
        named = generator if isinstance(generator, str) else getattr(generator, "__name__", "")
        name = f"generator {i}" + (f" ({named})" if named and named != "<lambda>" else "")
        of_naturals, of_views = _permutations(population, name, generator)
        _check_invariance(population, name, of_naturals, of_views)
        names.append(name)
        on_naturals.append(of_naturals)
        on_views.append(of_views)
    for moves, (what, outcomes) in zip((on_naturals, on_views), _outcomes(population), strict=True):
        _check_commuting(names, moves, what, outcomes)
    return names, on_naturals, on_views


def _outcomes(population: EnumeratedPopulation) -> tuple[tuple[str, Sequence[Any]], tuple[str, Sequence[Any]]]:
    """Return the naturals and the views, each with their noun."""
    return ("natural", population.distribution.outcomes), ("view", population.views)


def _permutations(population: EnumeratedPopulation, name: str, generator: Any) -> list[Ints]:
    """Return the positions to which a generator takes the naturals, and the views."""
    if isinstance(generator, tuple):
        if len(generator) != 2:
            raise InvalidArgument(
                f"{name} is a tuple of {len(generator)}; give (positions of naturals, positions of views)"
            )
        return [_positions(name, part, size) for part, size in zip(generator, population.kernel.shape, strict=True)]
    if isinstance(generator, Mapping):
        known = {outcome for _, outcomes in _outcomes(population) for outcome in outcomes}
        if strange := [shorten(outcome) for outcome in generator if outcome not in known]:
            raise InvalidArgument(f"{name} moves {listing(strange)}, neither naturals nor views of this graph")
        if not generator:
            raise InvalidArgument(f"{name} is an empty mapping, which moves nothing; leave it out")
    move = _function(name, generator)
    return [_moved(name, what, outcomes, move) for what, outcomes in _outcomes(population)]


def _check_commuting(names: list[str], moves: list[Ints], what: str, outcomes: Sequence[Any]) -> None:
    """Refuse generators two of which do not commute."""
    for i, later in enumerate(moves):
        for j, earlier in enumerate(moves[:i]):
            if (wrong := np.flatnonzero(later[earlier] != earlier[later])).size:
                raise InvalidArgument(
                    f"{names[j]} and {names[i]} do not commute on the {what} {shorten(outcomes[int(wrong[0])])}; the group "
                    "must be abelian: declare one of them"
                )


def _orders(on_naturals: Sequence[Ints], on_views: Sequence[Ints]) -> tuple[int, ...]:
    """Return the order of each generator: the least common multiple of its cycles' lengths, on naturals and views."""
    orders = []
    for moves in zip(on_naturals, on_views, strict=True):
        lengths: set[int] = set()
        for move in moves:
            edges = sp.csr_array((np.ones(len(move)), (np.arange(len(move)), move)), shape=(len(move),) * 2)
            lengths |= set(np.bincount(connected_components(edges, directed=False)[1]).tolist())
        orders.append(lcm(*lengths))
    if prod(orders) > MAX_GROUP_ELEMENTS:
        raise TooLarge(
            f"the group has {prod(orders):,} elements (orders {listing([f'{order:,}' for order in orders])}), more than "
            f"{MAX_GROUP_ELEMENTS:,}; declare fewer generators"
        )
    return tuple(orders)


def _function(name: str, generator: Any) -> Callable[[Any], Any]:
    """Return a generator as a function of an outcome."""
    if isinstance(generator, str):
        if generator not in MOVES_OF_PIXELS:
            raise InvalidArgument(
                f"{generator!r} is no generator's name{did_you_mean([generator], MOVES_OF_PIXELS)}; images know "
                f"{listing([repr(n) for n in MOVES_OF_PIXELS])}"
            )
        by_pixels = MOVES_OF_PIXELS[generator]

        def of_image(outcome: Any) -> Image:
            if not isinstance(outcome, Image):
                raise InvalidArgument(f"{name} moves images; {shorten(outcome)} is of type {type(outcome).__name__}")
            return Image(by_pixels(outcome.pixels))

        return of_image
    if isinstance(generator, Mapping):
        return lambda outcome: generator.get(outcome, outcome)
    if callable(generator):
        return generator  # type: ignore[no-any-return]
    if getattr(generator, "ndim", 0) == 1:
        raise InvalidArgument(
            f"{name} is one array; positions come as a pair of arrays: (positions of naturals, positions of views)"
        )
    raise InvalidArgument(
        f"{name} is {shorten(generator)}; give a function of outcomes, a mapping outcome -> outcome, a pair of arrays of positions "
        f"(of naturals, of views), or for images one of {listing([repr(n) for n in MOVES_OF_PIXELS])}"
    )


def _moved(name: str, what: str, outcomes: Sequence[Any], move: Callable[[Any], Any]) -> Ints:
    """Ask a generator about each outcome."""
    position = {outcome: i for i, outcome in enumerate(outcomes)}
    moved = np.empty(len(position), dtype=np.intp)
    for outcome, i in position.items():
        image = called(move, outcome, name)
        try:
            moved[i] = position[image]
        except (KeyError, TypeError):
            raise InvalidArgument(
                f"{name} takes the {what} {shorten(outcome)} to {shorten(image)}, which is no {what} of this graph"
            ) from None
    _check_permutation(name, what, outcomes, moved)
    return moved


def _positions(name: str, declared: Any, size: int) -> Ints:
    """Read a permutation given by positions."""
    moved = np.asarray(declared)
    if moved.shape != (size,) or moved.dtype.kind not in "iu" or moved.min() < 0 or moved.max() >= size:
        raise InvalidArgument(
            f"{name} has positions of shape {moved.shape}; they must be {size} whole numbers in 0..{size - 1}"
        )
    _check_permutation(name, "position", range(size), moved)
    return moved.astype(np.intp)


def _check_permutation(name: str, what: str, outcomes: Sequence[Any], moved: Ints) -> None:
    """Refuse what takes two outcomes to the same one."""
    counts = np.bincount(moved, minlength=len(moved))
    if (hit := np.flatnonzero(counts > 1)).size:
        first, second = np.flatnonzero(moved == hit[0])[:2]
        raise InvalidArgument(
            f"{name} takes the {what}s {shorten(outcomes[int(first)])} and {shorten(outcomes[int(second)])} to the same one, "
            f"{shorten(outcomes[int(hit[0])])}; a generator permutes the {what}s"
        )


def _check_invariance(population: EnumeratedPopulation, name: str, on_naturals: Ints, on_views: Ints) -> None:
    """Refuse a generator that does not leave p and A as they are."""
    naturals, views, A = population.distribution.outcomes, population.views, population.kernel
    p = population.distribution.probabilities
    if (wrong := np.flatnonzero(_differ(p[on_naturals], p))).size:
        x = int(wrong[0])
        raise InvalidArgument(
            f"{name} takes the natural {shorten(naturals[x])} of probability {p[x]:.12g} to "
            f"{shorten(naturals[on_naturals[x]])} of probability {p[on_naturals[x]]:.12g}; p must be invariant"
        )
    moved = sp.csr_array(A[on_naturals])  # A(x|gx̄), and with its columns renamed A(gx|gx̄)
    inverse = np.empty_like(on_views)
    inverse[on_views] = np.arange(len(on_views))
    back = sp.csr_array((moved.data, inverse[moved.indices], moved.indptr), shape=A.shape)
    back.sort_indices()
    excess = sp.csr_array(abs(back - A) - INVARIANCE_TOLERANCE * back.maximum(A)).tocoo()
    if len(excess.data) and excess.data.max() > 0:
        x, y = (int(part[np.argmax(excess.data)]) for part in excess.coords)
        raise InvalidArgument(
            f"{name} does not respect A at the natural {shorten(naturals[x])} and the view {shorten(views[y])}: "
            f"A(x|x̄) is {A[x, y]:.12g}, A(gx|gx̄) is {back[x, y]:.12g}; they must be equal"
        )


def _differ(moved: Floats, p: Floats) -> Any:
    """Return where two arrays of probabilities differ by more than rounding."""
    return np.abs(moved - p) > INVARIANCE_TOLERANCE * np.maximum(moved, p)
