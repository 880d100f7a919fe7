"""What the verbs ask of a population, and what its spectrum answers. A class of your own that has these names works in every verb.

A verb names the least that it needs. Populations know no verb.
"""

from collections.abc import Hashable, Sequence
from typing import Any, Protocol

from popgraph.basics.arrays import Floats, Ints
from popgraph.basics.words import shorten
from popgraph.errors import InvalidArgument


class Eigenpairs(Protocol):
    """The k leading eigenpairs of Ā, as far as they are told: a `Spectrum`, or a `ProductSpectrum`, whose vectors are functions."""

    @property
    def k(self) -> int: ...  # noqa: D102
    @property
    def gamma(self) -> Floats: ...  # noqa: D102
    @property
    def gap(self) -> float: ...  # noqa: D102
    @property
    def multiplicities(self) -> Any: ...  # noqa: D102
    @property
    def clean_cuts(self) -> tuple[int, ...]: ...  # noqa: D102
    @property
    def certificate(self) -> Any: ...  # noqa: D102


class Coordinates(Protocol):
    """Ā in orthonormal coordinates: those of the views, scaled by √w_x, or those of finitely many functions."""

    @property
    def N(self) -> int:
        """The number of coordinates."""

    @property
    def w_x(self) -> Floats:
        """The squared lengths that coordinates are scaled by, (N,): of views their probabilities, of functions ones."""

    @property
    def trace(self) -> float:
        """The trace of Ā."""

    def gram(self, X: Floats) -> Floats:
        """Return ĀX, of a vector (N,) or of columns (N, k)."""


class Population(Protocol):
    """Naturals, augmented independently: a graph of positive pairs. Nothing need be listed."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def n(self) -> int: ...  # noqa: D102
    @property
    def N(self) -> int: ...  # noqa: D102
    @property
    def component_count(self) -> int: ...  # noqa: D102

    def spectrum(self, k: int) -> Any:
        """Return the k leading eigenpairs of Ā, `Eigenpairs`."""

    def sample_pairs(self, size: int, *, rng: Any = None) -> Ints:
        """Draw positive pairs: (size, 2) positions of views, or (size, 2, d) where a view is written by d coordinates."""

    def expand(self) -> Any:
        """Return the same population as a `PopulationGraph`, with its views in the same order."""


class ViewedPopulation(Population, Coordinates, Protocol):
    """A population of which arrays with a row for each view fit; its `spectrum` returns a `Spectrum`, with eigenvectors (N, k)."""

    @property
    def views(self) -> Sequence[Hashable]:
        """The N views; row i of every (N, ...) array belongs to views[i]."""

    @property
    def components(self) -> Ints:
        """The component of each view, (N,), numbered by first view."""

    @property
    def view_labels(self) -> Any:
        """The most probable class of each view, (N,)."""


class LabelledPopulation(ViewedPopulation, Protocol):
    """A population of which arrays with a row for each natural fit too."""

    @property
    def naturals(self) -> Sequence[Hashable]:
        """The n naturals."""

    @property
    def p(self) -> Floats:
        """Their probabilities, (n,)."""

    @property
    def labels(self) -> Any:
        """Their classes, (n,), None where unlabelled; or None."""

    @property
    def kernel(self) -> Any:
        """A(x|x̄), (n, N): an array, or what multiplies as one, `kernel @ X` and `kernel.T @ Y`."""


class UnlistedPopulation(Population, Protocol):
    """A population with more views than any array holds, and coordinates for the functions that it is asked about."""

    def in_coordinates(self, f: Any, k: int | None, spectrum: Any = None) -> Any:
        """Return f and the k leading eigenvectors in orthonormal coordinates, which `verify` compares; None where f has none.

        These are `Coordinates` with F, which is f in them, (N, d); `root`, the constant function 1, (N,); k, which is d where None
        was given; and spectrum(k), a `Spectrum`. The third argument saves solving again.
        """

    def restricted_to(self, features: Any) -> Any:
        """Return Ā as a class of functions sees it, in orthonormal coordinates of the class: what `train` descends on."""


def satisfies(value: Any, protocol: type) -> bool:
    """Whether a value has every name of a protocol; nothing is computed to find out, as asking a property would."""
    if isinstance(value, type):
        return False
    names = [name for base in protocol.__mro__ if Protocol in base.__bases__ for name in vars(base) if name[0] != "_"]
    return all(hasattr(type(value), name) or name in getattr(value, "__dict__", {}) for name in names)


def read_population(call: str, value: Any, needed: type = Population, place: str = "first", instead: str = "") -> Any:
    """Return a population that satisfies the protocol `needed`, or raise InvalidArgument, which names a call that takes this one.

    `call` is the verb as users write it, "verify(graph, f)". `place` is where the population stands among the arguments, "first" or
    "second". `instead` is the call to name for a population that does not satisfy the protocol; by default its `.expand()`.
    """
    if satisfies(value, needed):
        return value
    if not satisfies(value, Population):
        raise InvalidArgument(f"{call} takes a population {place}; got {shorten(value)}")
    raise InvalidArgument(
        f"{call} needs {_LACKING.get(needed, 'coordinates')}, which {shorten(value)} has not; use {instead or 'its .expand()'}"
    )


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


_LACKING: dict[type, str] = {ViewedPopulation: "a list of views", LabelledPopulation: "a list of naturals and views"}
