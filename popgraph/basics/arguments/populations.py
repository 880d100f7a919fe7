"""Read a population: any class that has the names of `basics/protocols.py`. What a user's class answers is checked as it comes."""

from functools import cached_property
from typing import Any, Protocol

import numpy as np

from popgraph.basics.arguments.scalars import is_whole
from popgraph.basics.arguments.tables import numbers
from popgraph.basics.arrays import Floats, Ints
from popgraph.basics.protocols import LabelledPopulation, PairedPopulation, Population, ViewedPopulation
from popgraph.basics.words import listing, shorten
from popgraph.errors import InvalidArgument

MAX_VIEWS_TO_EXPAND = 10**7  # from which on `expand()` is no advice
FEW_NAMES = 3  # of a population, from which on a value is meant to be one and the missing names are listed


def names_of(protocol: type) -> list[str]:
    """Return the names that a protocol asks for."""
    return [name for base in protocol.__mro__ if Protocol in base.__bases__ for name in vars(base) if name[0] != "_"]


def missing_names(value: Any, protocol: type) -> list[str]:
    """Return the names of a protocol that a value lacks; nothing is computed to find out, as asking a property would."""
    if isinstance(value, CheckedPopulation):
        value = value.given
    if isinstance(value, type):
        return names_of(protocol)
    return [name for name in names_of(protocol) if not _has(value, name)]


def _has(value: Any, name: str) -> bool:
    if hasattr(type(value), name) or name in getattr(value, "__dict__", {}):
        return True
    if not hasattr(type(value), "__getattr__"):
        return False
    try:  # a wrapper that forwards to what it holds
        return hasattr(value, name)
    except Exception:  # a property that is there, and cannot be computed
        return True


def satisfies(value: Any, protocol: type) -> bool:
    """Whether a value has every name of a protocol."""
    return not missing_names(value, protocol)


def read_population(call: str, value: Any, needed: type = Population, place: str = "first", instead: str = "") -> Any:
    """Return a population that satisfies the protocol `needed`, or raise InvalidArgument, which names a call that takes this one.

    `call` is the verb as users write it, "verify(graph, f)". `place` is where the population stands among the arguments, "first" or
    "second". `instead` is the call to name for a population that does not satisfy the protocol; by default its `.expand()`. A
    population of a user's class is returned as a `CheckedPopulation`.
    """
    refuse_two_kinds(call, value, needed, place)
    if lacking := missing_names(value, Population):
        almost = len(names_of(Population)) - len(lacking) >= FEW_NAMES and not isinstance(value, type)
        mend = (
            f", which lacks {listing(lacking)} (popgraph.basics.protocols says what a population has)" if almost else ""
        )
        raise InvalidArgument(f"{call} takes a population {place}; got {shorten(value)}{mend}")
    if lacking := missing_names(value, needed):
        raise InvalidArgument(
            f"{call} needs {_needs(lacking, needed)}, which {shorten(value)} has not; use {instead or _instead(value)}"
        )
    ours = isinstance(value, CheckedPopulation) or type(value).__module__.partition(".")[0] == "popgraph"
    return value if ours else CheckedPopulation(value)


def refuse_two_kinds(call: str, value: Any, needed: type = Population, place: str = "first") -> None:
    """Raise InvalidArgument of a graph of two kinds of views, and name the graphs of one kind that it holds."""
    if satisfies(value, PairedPopulation) and hasattr(type(value), "side_x"):
        use = "its .side_x or .side_z, the graph of one kind"
        if needed is LabelledPopulation:
            use = "its .of_x or .of_z, which keep the naturals and their labels, or .side_x or .side_z, which keep these pairs"
        raise InvalidArgument(
            f"{call} takes a population of one kind of view {place}, and {shorten(value)} has two: use {use}"
        )


def _needs(lacking: list[str], needed: type) -> str:
    """Say what a population lacks: a list of views, or of naturals too, or single names."""
    if needed is ViewedPopulation and "views" in lacking:
        return "a list of views"
    if needed is LabelledPopulation and "naturals" in lacking:
        return "a list of naturals and views"
    return listing(lacking)


def _instead(population: Any) -> str:
    """Return the calls that serve a population without lists."""
    if population.N <= MAX_VIEWS_TO_EXPAND:
        return "its .expand()"
    return "spectrum, verify, verify_sampled or train, which need no list of its views"


def spectrum_of(call: str, population: Any, k: int) -> Any:
    """Return the `Spectrum` of a population, for a verb that needs its eigenvectors and what its certificate proves.

    A class of the user's own may return plainer `Eigenpairs`, which serve the verbs that read eigenvalues alone.
    """
    spectrum = population.spectrum(k)
    if not all(hasattr(spectrum, name) for name in ("eigenvectors", "residuals", "gap_bounds")):
        raise InvalidArgument(
            f"{call} needs a Spectrum with its eigenvectors; spectrum({k}) of {shorten(population)} returns {shorten(spectrum)}: "
            "use its .expand()"
        )
    return spectrum


class CheckedPopulation:
    """A population of a user's class, whose arrays are read into float64 and whose answers must have the shapes of the protocol.

    A wrong shape would else be broadcast, a numpy matrix multiplied as a matrix, and a position -1 taken for the last view. Names
    that the protocol does not have are those of the population itself.
    """

    def __init__(self, given: Any) -> None:
        self.given = given

    def __getattr__(self, name: str) -> Any:
        if name == "given":  # not yet set, while this is unpickled
            raise AttributeError(name)
        return getattr(self.given, name)

    def __repr__(self) -> str:
        return repr(self.given)

    def _refuse(self, what: str, needed: str) -> InvalidArgument:
        return InvalidArgument(f"{what} of {shorten(self.given)}; it must be {needed} (popgraph.basics.protocols)")

    def _whole(self, name: str) -> int:
        value = getattr(self.given, name)
        if not is_whole(value) or value < 1:
            raise self._refuse(f"{name} is {shorten(value)}, as an attribute", "a whole number, 1 or more")
        return int(value)

    @cached_property
    def n(self) -> int:
        """The number of naturals."""
        return self._whole("n")

    @cached_property
    def N(self) -> int:
        """The number of views."""
        return self._whole("N")

    def _row_for_each(self, name: str, length: int) -> Floats:
        array = np.asarray(numbers(name, getattr(self.given, name), "give an array of real numbers"))
        if array.shape != (length,):
            raise self._refuse(f"{name} has shape {array.shape}, as an attribute", f"of shape ({length},)")
        return array

    @cached_property
    def w_x(self) -> Floats:
        """The views' probabilities, (N,)."""
        return self._row_for_each("w_x", self.N)

    @cached_property
    def components(self) -> Ints:
        """The component of each view, (N,)."""
        return self._row_for_each("components", self.N).astype(np.intp)

    @cached_property
    def p(self) -> Floats:
        """The naturals' probabilities, (n,)."""
        return self._row_for_each("p", self.n)

    @property
    def trace(self) -> float:
        """The trace of Ā."""
        return float(self.given.trace)

    def gram(self, X: Any) -> Floats:
        """Return ĀX, of a vector or columns; a class is only ever asked about columns."""
        columns = np.asarray(X, dtype=np.float64)
        columns = columns[:, np.newaxis] if columns.ndim == 1 else columns
        image = np.asarray(numbers("gram(X)", self.given.gram(columns), "return an array of real numbers"))
        if image.shape != columns.shape:
            raise self._refuse(f"gram(X) has shape {image.shape} for X of shape {columns.shape}", "of one shape with X")
        return image.reshape(np.shape(X))

    def sample_pairs(self, size: int, *, rng: Any = None) -> Ints:
        """Draw positive pairs: (size, 2) positions, or (size, 2, d)."""
        drawn = self.given.sample_pairs(size, rng=rng)
        pairs = np.asarray(drawn) if not isinstance(drawn, tuple) else np.empty(0)
        if pairs.ndim not in (2, 3) or pairs.shape[:2] != (size, 2) or pairs.dtype.kind not in "iu":
            got = f"{type(drawn).__name__} of shape {np.shape(drawn)}" if not isinstance(drawn, tuple) else "a tuple"
            raise self._refuse(
                f"sample_pairs({size}) returned {got}", f"whole numbers of shape ({size}, 2), or ({size}, 2, d)"
            )
        if pairs.ndim == 2 and pairs.size and (pairs.min() < 0 or pairs.max() >= self.N):
            outside = pairs[(pairs < 0) | (pairs >= self.N)][0]
            raise self._refuse(f"sample_pairs({size}) returned the position {outside}", f"in 0..{self.N - 1}")
        return pairs.astype(np.intp)

    def spectrum(self, k: int) -> Any:
        """Return the k leading eigenpairs, of which a class may have kept more."""
        spectrum = self.given.spectrum(k)
        many = getattr(spectrum, "k", None)
        if many is None:
            raise self._refuse(f"spectrum({k}) returned {shorten(spectrum)}", "the k leading eigenpairs, a Spectrum")
        if many > k and hasattr(spectrum, "leading"):
            return spectrum.leading(k)
        if many != k:
            raise self._refuse(f"spectrum({k}) returned {many} pairs", f"the {k} leading ones")
        return spectrum
