"""The algebra of augmentations: leave alone, apply a function, choose among several, augment coordinates independently."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from math import prod
from typing import Any

from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.outcomes import read_outcome
from popgraph.basics.arguments.probabilities import PRODUCT_LIMIT, parse_unit
from popgraph.basics.pickling import Portable
from popgraph.basics.words import listing, shorten
from popgraph.declare.augmentation import Augmentation, as_augmentation, ask, makes_augmentations
from popgraph.declare.batch import combinators as vectorised
from popgraph.declare.distribution import Distribution, joint_distribution
from popgraph.errors import InvalidAugmentation, InvalidDistribution, TooLarge


@checked_call()
def identity() -> Augmentation:
    """Leave every natural as it is.

    Returns
    -------
    Augmentation
        x̄ -> {x̄: 1}.

    See Also
    --------
    apply : Replace a natural by a function of it, with some probability.
    choose : Draw one of several augmentations, such as this one.

    Examples
    --------
    >>> from popgraph import identity
    >>> identity()("cloud")
    Distribution({'cloud': 1})
    """
    return Augmentation(partial(_unchanged), "identity", True, vectorised.identity)  # unequal to any other, as all are


def _unchanged(natural: Any) -> Distribution:
    """Return a natural with certainty."""
    return Distribution([(natural, 1)])


@checked_call()
def apply(fn: Callable[[Any], Any], probability: Any = 1) -> Augmentation:
    """Replace x̄ by fn(x̄) with some probability, and leave it as it is otherwise.

    Parameters
    ----------
    fn : callable
        x̄ -> one view (not a distribution). It must answer alike every time.
    probability : float, Fraction, Decimal, str or int
        Between 0 and 1; exact unless it is a float.

    Returns
    -------
    Augmentation
        x̄ -> {fn(x̄): probability, x̄: 1 - probability}.

    Raises
    ------
    InvalidDistribution
        If the probability is not in [0, 1].
    InvalidAugmentation
        On a call, if fn returns a distribution.

    See Also
    --------
    choose : Draw one of several augmentations.
    independently : Augment the coordinates of a tuple.
    Augmentation.then : Follow one augmentation by another.

    Examples
    --------
    >>> from popgraph import apply
    >>> rotate = apply(lambda image: image + " rotated", probability="1/3")
    >>> rotate("cloud")
    Distribution({'cloud': 2/3, 'cloud rotated': 1/3})
    """
    return applied(fn, probability, getattr(fn, "__name__", type(fn).__name__), trusted=False)


def applied(
    fn: Callable[[Any], Any],
    probability: Any,
    name: str,
    *,
    trusted: bool,
    on_pixels: Callable[[Any], Any] | None = None,
) -> Augmentation:
    """Build `apply`; the toolkit's own functions are trusted to answer alike, and have a form for batches of images."""
    q = parse_unit(probability)
    if makes_augmentations(fn):
        raise InvalidAugmentation(
            f"{fn.__name__} makes an augmentation, and no view; use {fn.__name__}() as it is, without popgraph.apply"
        )
    if not callable(fn):
        raise InvalidAugmentation(f"popgraph.apply takes a function natural -> view; got {shorten(fn)}")
    batch = None if on_pixels is None else vectorised.on_images(partial(_only_view, on_pixels), q)
    return Augmentation(FunctionSometimes(fn, q), f"apply({name}, {q})", trusted, batch)


@dataclass(frozen=True, eq=False)
class FunctionSometimes(Portable):
    """Be the kernel of `apply`: a function of naturals, applied with some probability."""

    fn: Callable[[Any], Any]
    probability: Fraction | float

    def __call__(self, natural: Any) -> Distribution:
        """Return the natural and what the function makes of it."""
        view, q = self.fn(natural), self.probability
        if view is None:
            raise InvalidAugmentation(
                f"fn({shorten(natural)}) is None, which is no view: does the function return anything?"
            )
        if isinstance(view, Mapping):
            raise InvalidAugmentation(
                f"fn({shorten(natural)}) is the distribution {shorten(view)}; popgraph.apply takes a function that "
                "returns one view: use popgraph.Augmentation(fn) for one that returns a distribution"
            )
        view = read_outcome(view, f"fn({shorten(natural)})")
        return Distribution({natural: 1 - q + q} if view == natural else {natural: 1 - q, view: q})


def _only_view(on_pixels: Callable[[Any], Any], pixels: Any) -> list[Any]:
    """Return what a function makes of a batch of images, as the only view of each."""
    return [on_pixels(pixels)]


@checked_call()
def choose(options: Mapping[Any, Any], *, normalize: bool = False) -> Augmentation:
    """Draw one of several augmentations, then apply it.

    Parameters
    ----------
    options : mapping Augmentation (or callable natural -> distribution) -> probability
        Probabilities as for `Distribution`.
    normalize : bool
        Divide the probabilities by their sum.

    Returns
    -------
    Augmentation
        The mixture of the options: A(x|x̄) = Σ_i P(i) A_i(x|x̄).

    Raises
    ------
    InvalidDistribution
        If the probabilities make no distribution.

    See Also
    --------
    apply : Replace a natural by a function of it, with some probability.
    Augmentation.then : Follow one augmentation by another.

    Examples
    --------
    >>> from popgraph import apply, choose
    >>> lower, upper = apply(str.lower), apply(str.upper)
    >>> choose({lower: "1/4", upper: "3/4"})("Cat")
    Distribution({'cat': 1/4, 'CAT': 3/4})
    """
    if isinstance(options, list | tuple) and not all(isinstance(each, list | tuple) for each in options):
        raise InvalidDistribution(f"options is {shorten(options)}; give a mapping augmentation -> probability")
    given = Distribution(options, normalize=normalize)
    augmentations = [as_augmentation(option) for option in given]
    probabilities = list(given.fractions.values()) if given.exact else given.probabilities.tolist()
    law = Distribution(dict(zip(augmentations, probabilities, strict=True)))
    name = ", ".join(augmentation.name for augmentation in augmentations)
    batch = vectorised.choose([(a.batch, p) for a, p in zip(augmentations, probabilities, strict=True)])
    return Augmentation(partial(_chosen, law), f"choose({name})", all(a.trusted for a in augmentations), batch)


def _chosen(law: Distribution, natural: Any) -> Distribution:
    """Return the views of a natural under an augmentation that is drawn."""
    return law.through(lambda augmentation: augmentation(natural))


@checked_call()
def independently(augmentation: Any) -> Augmentation:
    """Augment the coordinates of a tuple, each independently of the others.

    Parameters
    ----------
    augmentation : Augmentation, or sequence of one Augmentation a coordinate
        A single one serves every coordinate.

    Returns
    -------
    Augmentation
        Of tuples: the probability of a view is the product of its coordinates'.

    Raises
    ------
    InvalidAugmentation
        On a call, if the natural is not a tuple, or not one of as many coordinates as there are augmentations.
    TooLarge
        On a call, if one tuple has more than 4,194,304 views.

    See Also
    --------
    product : Join populations into one of tuples without listing it.
    apply : Replace a natural by a function of it, with some probability.

    Examples
    --------
    >>> from popgraph import apply, independently
    >>> flip = apply(lambda bit: 1 - bit, "1/4")
    >>> independently(flip)((0, 0))[(1, 0)]
    0.1875
    """
    by_coordinate = [as_augmentation(a) for a in augmentation] if isinstance(augmentation, Sequence) else None
    for_all = as_augmentation(augmentation) if by_coordinate is None else None
    parts = by_coordinate or [for_all or identity()]
    name = ", ".join(part.name for part in parts)
    batch = vectorised.independently(partial(_kernels_for, for_all, by_coordinate), ask)
    kernel = partial(_jointly, for_all, by_coordinate)
    return Augmentation(kernel, f"independently({name})", all(part.trusted for part in parts), batch)


def _jointly(for_all: Augmentation | None, by_coordinate: Sequence[Augmentation] | None, natural: Any) -> Distribution:
    """Return the views of a tuple, whose coordinates are augmented by one kernel, or by one for each."""
    if not isinstance(natural, tuple):
        raise InvalidAugmentation(
            f"independently() augments tuples; the natural {shorten(natural)} is a {type(natural).__name__}"
        )
    kernels = [for_all] * len(natural) if for_all is not None else by_coordinate or []
    if len(kernels) != len(natural):
        raise InvalidAugmentation(
            f"the natural {shorten(natural)} has {len(natural)} coordinates, independently() has {len(kernels)} augmentations"
        )
    rows = [kernel(coordinate) for kernel, coordinate in zip(kernels, natural, strict=True)]
    if prod(len(row) for row in rows) > PRODUCT_LIMIT:
        raise TooLarge(
            f"{shorten(natural)} has too many views under independently(), {listing([str(len(row)) for row in rows])} "
            f"for its coordinates: more than {PRODUCT_LIMIT:,}; use fewer coordinates"
        )
    return joint_distribution(rows)


def _kernels_for(
    for_all: Augmentation | None, by_coordinate: Sequence[Augmentation] | None, length: int
) -> Sequence[Augmentation] | None:
    """Return the kernels of the coordinates of tuples of this length; None if there are not that many."""
    if for_all is not None:
        return [for_all] * length
    return by_coordinate if by_coordinate is not None and len(by_coordinate) == length else None
