"""Eigenvalues as algebraic numbers: a minimal polynomial and an interval with one root, to any number of proven digits."""

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, total_ordering
from itertools import pairwise
from math import gcd, isqrt
from typing import Any

from popgraph.basics.arguments import whole_number
from popgraph.basics.arrays import Immutable
from popgraph.basics.extras import require
from popgraph.errors import InvalidArgument

MAX_DIGITS_SHOWN = 100_000
MAX_FACTORED_DISCRIMINANT = 2**160  # a larger one takes long to factor, and keeps its squares under the root


@total_ordering
@dataclass(frozen=True, eq=False)
class Eigenvalue(Immutable):
    """Hold one eigenvalue exactly: the only root of ``coefficients`` in [low, high].

    Attributes
    ----------
    coefficients : tuple of int
        The minimal polynomial, irreducible and primitive, lowest coefficient first.
    index : int
        Which of its real roots, 0 being the smallest.
    low, high : Fraction
        An isolating interval: equal for a rational number; disjoint from those of the same graph's other eigenvalues.
    multiplicity : int
        How many times it is an eigenvalue.

    Examples
    --------
    >>> import popgraph as pg
    >>> exact = pg.zoo.ring(8).exact()
    >>> exact.eigenvalues[1]
    Eigenvalue((3 + 2√2)/8, multiplicity 2)
    >>> exact.eigenvalues[1].digits(30)
    '0.728553390593273762200422181052'
    """

    coefficients: tuple[int, ...]
    index: int
    low: Fraction
    high: Fraction
    multiplicity: int = 1

    @property
    def degree(self) -> int:
        """The degree of the minimal polynomial."""
        return len(self.coefficients) - 1

    @property
    def fraction(self) -> Fraction | None:
        """The number itself where it is rational, else None."""
        return self.low if self.degree == 1 else None

    @property
    def radicals(self) -> str | None:
        """A closed form, where the degree is 1 or 2; else None.

        Of degree 2 it is (a + b√d)/c in lowest terms, d without square factors up to where factoring is easy.
        """
        if self.degree == 1:
            return str(self.low)
        if self.degree > 2:
            return None
        a, b, d, c = self.surd()
        return _divided(_sum(a, b, f"√{d}"), c)

    def surd(self) -> tuple[int, int, int, int]:
        """Return whole numbers a, b, d, c with this root of a quadratic = (a + b√d)/c, b of the root's sign.

        Raises
        ------
        InvalidArgument
            If the degree is not 2.

        Examples
        --------
        >>> import popgraph as pg
        >>> pg.zoo.ring(8).exact().eigenvalues[1].surd()
        (3, 2, 2, 8)
        """
        if self.degree != 2:
            raise InvalidArgument(f"the eigenvalue near {self.digits(6)} has degree {self.degree}; a surd has degree 2")
        # The roots of c2 x² + c1 x + c0 are (-c1 ± √(c1² - 4 c0 c2)) / 2 c2, the larger of them index 1; c2 is positive.
        c0, c1, c2 = self.coefficients
        square, d = _square_part(c1 * c1 - 4 * c0 * c2)
        a, b, c = -c1, square if self.index else -square, 2 * c2
        common = gcd(a, b, c)
        return a // common, b // common, d, c // common

    @property
    def latex(self) -> str:
        """The closed form in LaTeX, or decimals where there is none."""
        if self.degree == 1:
            return fraction_latex(self.low)
        if self.degree > 2:
            return self.digits(6) + r"\ldots"
        a, b, d, c = self.surd()
        over = _sum(a, b, rf"\sqrt{{{d}}}")
        return over if c == 1 else rf"\tfrac{{{over}}}{{{c}}}"

    def enclosure(self, digits: int = 16) -> tuple[Fraction, Fraction]:
        """Return rational numbers that enclose the eigenvalue, at most 10^-digits apart; proven, by ball arithmetic.

        Raises
        ------
        InvalidArgument
            If digits is not a whole number in 1..100,000.

        Examples
        --------
        >>> from fractions import Fraction
        >>> import popgraph as pg
        >>> low, high = pg.zoo.ring(8).exact().eigenvalues[1].enclosure(40)
        >>> low < high, high - low < Fraction(1, 10**40)
        (True, True)
        """
        digits = whole_number("digits", digits, MAX_DIGITS_SHOWN, "the limit")
        if self.degree == 1:
            return self.low, self.low
        wanted, bits = Fraction(1, 10**digits), int(3.33 * digits) + 32  # log2(10) = 3.32..., and some bits to lose
        while True:
            low, high = real_roots(self.coefficients, bits)[self.index]
            if high - low <= wanted:
                return low, high
            bits *= 2

    def digits(self, count: int = 16) -> str:
        """Return the eigenvalue rounded to so many decimals, every one of them proven.

        Raises
        ------
        InvalidArgument
            If count is not a whole number in 1..100,000.

        Examples
        --------
        >>> import popgraph as pg
        >>> pg.zoo.lightning_cloud().exact().eigenvalues[0].digits(3)
        '1.000'
        """
        enclosed_to = count
        while True:
            low, high = (_rounded(end, count) for end in self.enclosure(enclosed_to))
            if low == high:
                return low
            enclosed_to += 10  # ends that round apart lie on both sides of a tie, which an irrational number is not

    def __float__(self) -> float:
        digits = 20
        while True:
            low, high = self.enclosure(digits)
            if float(low) == float(high):  # Python rounds a Fraction correctly, so what lies between rounds alike
                return float(low)
            digits += 20

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Eigenvalue):
            return self.coefficients == other.coefficients and self.index == other.index
        if isinstance(other, int | Fraction):
            return self.fraction == other
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self.fraction) if self.degree == 1 else hash((self.coefficients, self.index))

    def __lt__(self, other: Any) -> bool:
        if not isinstance(other, Eigenvalue | int | Fraction):
            return NotImplemented
        if self == other:
            return False
        digits = 16
        while True:  # it ends, as different numbers have disjoint enclosures once these are narrow enough
            low, high = self.enclosure(digits)
            other_low, other_high = (
                other.enclosure(digits) if isinstance(other, Eigenvalue) else (Fraction(other), Fraction(other))
            )
            if high < other_low or other_high < low:
                return high < other_low
            digits *= 2

    def __repr__(self) -> str:
        count = f", multiplicity {self.multiplicity}" if self.multiplicity > 1 else ""
        closed = self.radicals or f"{self.digits(12)}..., of degree {self.degree}"
        return f"Eigenvalue({closed}{count})"


@lru_cache(maxsize=512)
def real_roots(coefficients: tuple[int, ...], bits: int) -> tuple[tuple[Fraction, Fraction], ...]:
    """Return an interval around each root of an irreducible polynomial whose roots are real, smallest first.

    python-flint isolates them by ball arithmetic, which proves that each interval holds one root. The walk P = D^-1 w has the
    eigenvalues of Ā = D^1/2 P D^-1/2, a symmetric matrix: all roots of its characteristic polynomial are real.
    """
    flint = require("flint")
    if len(coefficients) == 2:
        root = Fraction(-coefficients[0], coefficients[1])
        return ((root, root),)
    precision = flint.ctx.prec
    try:
        flint.ctx.prec = bits
        balls = [root.real for root, _ in flint.fmpz_poly(list(coefficients)).complex_roots() if root.imag.is_zero()]
    finally:
        flint.ctx.prec = precision
    intervals = sorted(
        (_dyadic(ball.mid()) - _dyadic(ball.rad()), _dyadic(ball.mid()) + _dyadic(ball.rad())) for ball in balls
    )
    if len(intervals) != len(coefficients) - 1 or any(a[1] >= b[0] for a, b in pairwise(intervals)):
        raise AssertionError("a walk's eigenvalues are real, and isolated from each other")
    return tuple(intervals)


def _dyadic(number: Any) -> Fraction:
    """Return the number mantissa * 2^exponent that python-flint holds."""
    mantissa, exponent = number.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def _rounded(number: Fraction, decimals: int) -> str:
    """Return a number to so many decimals, half to even."""
    scaled = round(number * 10**decimals)
    written = str(abs(scaled)).zfill(decimals + 1)
    return f"{'-' * (scaled < 0)}{written[:-decimals]}.{written[-decimals:]}"


def _square_part(number: int) -> tuple[int, int]:
    """Return s and d with number = s² d; d without square factors where the number is small enough to factor."""
    root = isqrt(number)
    if root * root == number:
        return root, 1
    if number > MAX_FACTORED_DISCRIMINANT:
        return 1, number
    square, squarefree = 1, 1
    for prime, exponent in require("flint").fmpz(number).factor():
        square *= int(prime) ** (int(exponent) // 2)
        squarefree *= int(prime) ** (int(exponent) % 2)
    return square, squarefree


def _sum(a: int, b: int, root: str) -> str:
    """Write a + b root."""
    surd = ("" if abs(b) == 1 else str(abs(b))) + root
    if a == 0:
        return f"-{surd}" if b < 0 else surd
    return f"{a} {'-' if b < 0 else '+'} {surd}"


def _divided(over: str, under: int) -> str:
    """Write a quotient."""
    if under == 1:
        return over
    return f"({over})/{under}" if " " in over else f"{over}/{under}"


def fraction_latex(number: Fraction) -> str:
    """Write a fraction in LaTeX."""
    sign, size = ("-" if number < 0 else ""), abs(number)
    if size.denominator == 1:
        return f"{sign}{size.numerator}"
    return rf"{sign}\tfrac{{{size.numerator}}}{{{size.denominator}}}"


def root_latex(square: Fraction) -> str:
    r"""Write √square in LaTeX: 4/9 as \tfrac{2}{3}, 2/9 as \tfrac{\sqrt{2}}{3}, 2/3 as \sqrt{\tfrac{2}{3}}."""
    over, d = _square_part(square.numerator)
    under, e = _square_part(square.denominator)
    if e == 1:
        top = str(over) if d == 1 else ("" if over == 1 else str(over)) + rf"\sqrt{{{d}}}"
        return top if under == 1 else rf"\tfrac{{{top}}}{{{under}}}"
    outside = Fraction(over, under)
    inside = rf"\sqrt{{{fraction_latex(Fraction(d, e))}}}"
    return inside if outside == 1 else fraction_latex(outside) + inside
