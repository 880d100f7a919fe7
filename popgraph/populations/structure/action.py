"""A finite abelian group that acts on naturals and views: from declared generators to orbits, checked against p and A.

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
from popgraph.declare.image import Image
from popgraph.errors import InvalidArgument, TooLarge, listing, shorten
from popgraph.populations.graph import PopulationGraph

ROUNDING = 64 * float(np.finfo(np.float64).eps)  # share by which p and A may differ along an orbit
LARGEST = 2**28  # images of all orbits' first members under all elements of the group

NAMED: dict[str, Callable[[Any], Any]] = {
    "shift down": lambda pixels: np.roll(pixels, 1, axis=0),
    "shift right": lambda pixels: np.roll(pixels, 1, axis=1),
    "flip top to bottom": lambda pixels: pixels[::-1],
    "flip left to right": lambda pixels: pixels[:, ::-1],
}


@dataclass(frozen=True, eq=False)
class Orbits(Immutable):
    """Sort the members of a set by orbit.

    Attributes
    ----------
    first : (o,) array
        The first member of each orbit.
    images : (o, |G|) array
        Its image under each element of the group; elements are numbered like the cells of an array of shape (m1, ..., mr).
    fixing : (o,) array
        How many elements fix it: |G| over this is the size of the orbit.
    orbit, element : (N,) arrays
        Each member's orbit, and the first element that takes the orbit's first member there.
    """

    first: Ints
    images: Ints
    fixing: Ints
    orbit: Ints
    element: Ints

    @property
    def sizes(self) -> Ints:
        """The number of members of each orbit."""
        return np.asarray(self.images.shape[1] // self.fixing)


def find_orbits(moves: Sequence[Ints], orders: Sequence[int]) -> Orbits:
    """Follow the first member of each orbit through the whole group."""
    size = len(moves[0])
    here = np.tile(np.arange(size), len(moves))
    joined = sp.csr_array((np.ones(len(here)), (here, np.concatenate(moves))), shape=(size, size))
    first = np.unique(connected_components(joined, directed=False)[1], return_index=True)[1]
    first = np.sort(first)
    images = first[:, np.newaxis]
    for move, order in zip(moves, orders, strict=True):
        steps, power = images[..., np.newaxis], move  # images under 0 .. L - 1 steps, and L steps: L doubles
        while steps.shape[-1] < order:
            steps, power = np.concatenate([steps, power[steps]], axis=-1), power[power]
        images = steps[..., :order].reshape(len(first), -1)
    orbit, element = np.empty(size, dtype=np.intp), np.empty(size, dtype=np.intp)
    backwards = images.shape[1] - 1 - np.arange(images.shape[1])  # of several assignments the last one counts
    orbit[images] = np.arange(len(first))[:, np.newaxis]
    element[images[:, ::-1]] = backwards
    fixing = np.sum(images == first[:, np.newaxis], axis=1)
    return Orbits(*(frozen(part) for part in (first, images, fixing, orbit, element)))


def read_moves(graph: PopulationGraph, generators: Any) -> tuple[list[str], list[Ints], list[Ints]]:
    """Read generators into names and permutations of naturals and of views, and check that they respect p and A.

    Raises
    ------
    InvalidArgument
        If one is no permutation, does not leave p and A as they are, or two do not commute; the message names the generator
        and the outcome.
    """
    if isinstance(generators, str | Mapping | tuple) or callable(generators):
        generators = [generators]
    try:
        declared = list(generators)
    except TypeError:
        raise InvalidArgument(f"generators is {shorten(generators)}; give a generator, or a list of them") from None
    if not declared:
        raise InvalidArgument("there are no generators; give at least one, or use graph.spectrum")
    names, on_naturals, on_views = [], [], []
    for i, generator in enumerate(declared):
        named = generator if isinstance(generator, str) else getattr(generator, "__name__", "")
        name = f"generator {i}" + (f" ({named})" if named and named != "<lambda>" else "")
        if isinstance(generator, tuple):
            if len(generator) != 2:
                raise InvalidArgument(
                    f"{name} is a tuple of {len(generator)}; give (positions of naturals, positions of views)"
                )
            pair = [_positions(name, part, size) for part, size in zip(generator, (graph.n, graph.N), strict=True)]
        else:
            if isinstance(generator, Mapping):
                known = {*graph.naturals, *graph.views}
                if strange := [shorten(outcome) for outcome in generator if outcome not in known]:
                    raise InvalidArgument(f"{name} moves {listing(strange)}, neither naturals nor views of this graph")
                if not generator:
                    raise InvalidArgument(f"{name} is an empty mapping, which moves nothing; leave it out")
            move = _function(name, generator)
            pair = [_moved(name, what, outcomes, move) for what, outcomes in _both(graph)]
        _check_invariance(graph, name, *pair)
        names.append(name)
        on_naturals.append(pair[0])
        on_views.append(pair[1])
    for moves, (what, outcomes) in zip((on_naturals, on_views), _both(graph), strict=True):
        for i, one in enumerate(moves):
            for j in range(i):
                if (wrong := np.flatnonzero(one[moves[j]] != moves[j][one])).size:
                    raise InvalidArgument(
                        f"{names[j]} and {names[i]} do not commute on the {what} {shorten(outcomes[int(wrong[0])])}; the group "
                        "must be abelian: declare one of them"
                    )
    return names, on_naturals, on_views


def orders(on_naturals: Sequence[Ints], on_views: Sequence[Ints]) -> tuple[int, ...]:
    """Return the order of each generator: the least common multiple of its cycles' lengths, on naturals and views.

    Raises
    ------
    TooLarge
        If the group has so many elements that the orbits cannot be listed.
    """
    found = []
    for moves in zip(on_naturals, on_views, strict=True):
        lengths: set[int] = set()
        for move in moves:
            edges = sp.csr_array((np.ones(len(move)), (np.arange(len(move)), move)), shape=(len(move),) * 2)
            lengths |= set(np.bincount(connected_components(edges, directed=False)[1]).tolist())
        found.append(lcm(*lengths))
    if prod(found) > LARGEST:
        raise TooLarge(
            f"the group has {prod(found):,} elements (orders {listing([f'{order:,}' for order in found])}), more than {LARGEST:,}; "
            "declare fewer generators"
        )
    return tuple(found)


def _both(graph: PopulationGraph) -> tuple[tuple[str, Sequence[Any]], tuple[str, Sequence[Any]]]:
    return ("natural", graph.naturals), ("view", graph.views)


def _function(name: str, generator: Any) -> Callable[[Any], Any]:
    """Return a generator as a function of an outcome."""
    if isinstance(generator, str):
        if generator not in NAMED:
            raise InvalidArgument(
                f"{generator!r} is no generator's name; images know {listing([repr(n) for n in NAMED])}"
            )
        by_pixels = NAMED[generator]

        def of_image(outcome: Any) -> Image:
            if not isinstance(outcome, Image):
                raise InvalidArgument(f"{name} moves images; {shorten(outcome)} is a {type(outcome).__name__}")
            return Image(by_pixels(outcome.pixels))

        return of_image
    if isinstance(generator, Mapping):
        return lambda outcome: generator.get(outcome, outcome)
    if callable(generator):
        return generator  # type: ignore[no-any-return]
    raise InvalidArgument(
        f"{name} is {shorten(generator)}; give a function of outcomes, a mapping outcome -> outcome, a pair of arrays of positions "
        f"(of naturals, of views), or for images one of {listing([repr(n) for n in NAMED])}"
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
    counts = np.bincount(moved, minlength=len(moved))
    if (hit := np.flatnonzero(counts > 1)).size:
        one, other = np.flatnonzero(moved == hit[0])[:2]
        raise InvalidArgument(
            f"{name} takes the {what}s {shorten(outcomes[int(one)])} and {shorten(outcomes[int(other)])} to the same one, "
            f"{shorten(outcomes[int(hit[0])])}; a generator permutes the {what}s"
        )


def _check_invariance(graph: PopulationGraph, name: str, on_naturals: Ints, on_views: Ints) -> None:
    """Refuse a generator that does not leave p and A as they are."""
    p = graph.p
    if (wrong := np.flatnonzero(_differ(p[on_naturals], p))).size:
        x = int(wrong[0])
        raise InvalidArgument(
            f"{name} takes the natural {shorten(graph.naturals[x])} of probability {p[x]:.12g} to "
            f"{shorten(graph.naturals[on_naturals[x]])} of probability {p[on_naturals[x]]:.12g}; p must be invariant"
        )
    A = graph.kernel
    moved = sp.csr_array(A[on_naturals])  # A(x|gx̄), and with its columns renamed A(gx|gx̄)
    inverse = np.empty_like(on_views)
    inverse[on_views] = np.arange(len(on_views))
    back = sp.csr_array((moved.data, inverse[moved.indices], moved.indptr), shape=A.shape)
    back.sort_indices()
    excess = sp.csr_array(abs(back - A) - ROUNDING * back.maximum(A)).tocoo()
    if len(excess.data) and excess.data.max() > 0:
        x, y = (int(part[np.argmax(excess.data)]) for part in excess.coords)
        raise InvalidArgument(
            f"{name} does not respect A at the natural {shorten(graph.naturals[x])} and the view {shorten(graph.views[y])}: "
            f"A(x|x̄) is {A[x, y]:.12g}, A(gx|gx̄) is {back[x, y]:.12g}; they must be equal"
        )


def _differ(one: Floats, other: Floats) -> Any:
    return np.abs(one - other) > ROUNDING * np.maximum(one, other)
