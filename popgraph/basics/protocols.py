"""What the verbs ask of a population, and what its spectrum answers; read by `arguments/populations.py`.

A verb names the least that it needs, and takes a class of your own that has these names as it takes one of popgraph's; verbs that
need the arrays of a listed graph name `expand()`. Populations know no verb.
"""

from collections.abc import Hashable, Sequence
from typing import Any, Protocol

from popgraph.basics.arrays import Floats, Ints


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


class HasCoordinates(Population, Protocol):
    """A population that writes a function of its views, and the leading eigenvectors, in finitely many coordinates of its own."""

    def in_coordinates(self, f: Any, k: int | None, spectrum: Any = None) -> Any:
        """Return f and the k leading eigenvectors in orthonormal coordinates, which `verify` compares; None where f has none.

        These are `Coordinates` with F, which is f in them, (N, d); `root`, the constant function 1, (N,); k, which is d where None
        was given; and spectrum(k), a `Spectrum`. The third argument saves solving again.
        """


class HasClasses(Population, Protocol):
    """A population that writes Ā as a class of functions of its views sees it."""

    def restricted_to(self, features: Any) -> Any:
        """Return Ā as a class of functions sees it, in orthonormal coordinates of the class: what `train` descends on."""


class UnlistedPopulation(HasCoordinates, HasClasses, Protocol):
    """A population with more views than any array holds, such as a product."""


class PairedPopulation(Protocol):
    """Two kinds of views, x and z, and the law C of pairs (x, z): what `train` and `verify` of two encoders need."""

    @property
    def views_x(self) -> Sequence[Hashable]:
        """The N_x views of the first kind."""

    @property
    def views_z(self) -> Sequence[Hashable]:
        """The N_z views of the second kind."""

    @property
    def w_x(self) -> Floats:
        """Their probabilities d_1 = C1, (N_x,)."""

    @property
    def w_z(self) -> Floats:
        """Their probabilities d_2 = Cᵀ1, (N_z,)."""

    @property
    def factor(self) -> Any:
        """S = D_1^-1/2 C D_2^-1/2, an array (N_x, N_z), sparse or dense."""

    def sample_pairs(self, size: int, *, rng: Any = None) -> Ints:
        """Draw pairs from C: (size, 2) positions, of x and of z."""
