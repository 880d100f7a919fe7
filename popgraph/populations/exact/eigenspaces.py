"""The spectrum of Ā in exact terms: its characteristic polynomial in factors, and what lies at a cut. Computes no polynomial."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

from numpy.typing import NDArray

from popgraph.basics.arrays import Immutable
from popgraph.populations.exact.algebraic import Eigenvalue


@dataclass(frozen=True)
class Cut(Immutable):
    """Say exactly what lies at a cut between γ_k and γ_{k+1}.

    Attributes
    ----------
    k : int
    clean : bool
        Whether γ_k > γ_{k+1}, and γ_k > 0.
    zero : bool
        Whether γ_k = 0.
    above, upto : int
        How many eigenvalues exceed γ_k, and how many are at least γ_k.
    gap : tuple of two Fractions
        An enclosure of γ_k - γ_{k+1}, one number where it is 0, both of one sign else; γ_{N+1} counts as 0.

    Examples
    --------
    >>> import popgraph as pg
    >>> cut = pg.zoo.hypercube(3).exact().cut(2)
    >>> cut.clean, cut.above, cut.upto, cut.gap
    (False, 1, 4, (Fraction(0, 1), Fraction(0, 1)))
    """

    k: int
    clean: bool
    zero: bool
    above: int
    upto: int
    gap: tuple[Fraction, Fraction]


@dataclass(frozen=True)
class Factored(Immutable):
    """Hold a polynomial as irreducible factors, each primitive with its coefficients lowest first, and exponents.

    Examples
    --------
    >>> import popgraph as pg
    >>> pg.zoo.hypercube(2).exact().charpoly.factors
    (((-1, 1), 1), ((-1, 4), 2), ((-1, 16), 1))
    """

    factors: tuple[tuple[tuple[int, ...], int], ...]

    @property
    def degree(self) -> int:
        """The degree of the product."""
        return sum((len(factor) - 1) * exponent for factor, exponent in self.factors)

    def __str__(self) -> str:
        return " ".join(
            (f"({polynomial})" if " " in polynomial else polynomial) + (f"^{exponent}" if exponent > 1 else "")
            for polynomial, exponent in ((_polynomial(factor), exponent) for factor, exponent in self.factors)
        )


def _polynomial(coefficients: tuple[int, ...]) -> str:
    """Write a polynomial, highest power first."""
    text = ""
    for power in range(len(coefficients) - 1, -1, -1):
        c = coefficients[power]
        if c:
            x = "" if power == 0 else "x" if power == 1 else f"x^{power}"
            size = "" if abs(c) == 1 and power else str(abs(c))
            text += (" - " if c < 0 else " + ") + size + x if text else ("-" if c < 0 else "") + size + x
    return text


class ExactlySolved(Protocol):
    """What deciding about a rational f, and writing LaTeX, ask of an `ExactGraph`, which imports both files."""

    @property
    def N(self) -> int: ...  # noqa: D102
    @property
    def views(self) -> Any: ...  # noqa: D102
    @property
    def w(self) -> NDArray[Any]: ...  # noqa: D102
    @property
    def w_x(self) -> NDArray[Any]: ...  # noqa: D102
    @property
    def walk(self) -> NDArray[Any]: ...  # noqa: D102
    @property
    def rank(self) -> int: ...  # noqa: D102
    @property
    def charpoly(self) -> Factored: ...  # noqa: D102
    @property
    def eigenvalues(self) -> tuple[Eigenvalue, ...]: ...  # noqa: D102
    def eigenvalue(self, i: int) -> Eigenvalue: ...  # noqa: D102
    def cut(self, k: int) -> Cut: ...  # noqa: D102
