"""The characteristic polynomial of a component: of the walk among its naturals, or among its views where they are fewer."""

from functools import lru_cache
from typing import Any

from popgraph.basics.extras import require
from popgraph.basics.memory import reserve
from popgraph.errors import TooLarge
from popgraph.populations.exact.integers import Block, PairBlock

MAX_SOLVED_SIDE = 300  # of the naturals and the views of a component, the fewer: it takes a minute


def characteristic(block: Block | PairBlock) -> tuple[int, ...]:
    """Return the primitive integer polynomial with the component's eigenvalues for roots, lowest coefficient first.

    Its degree is the smaller of n and N; all other eigenvalues are 0. Raises TooLarge if the degree is above 300, and MissingExtra
    if python-flint is not installed.
    """
    if block.side > MAX_SOLVED_SIDE:
        sizes = f"{len(block.W):,} views"
        sizes = sizes if isinstance(block, PairBlock) else f"{len(block.Q):,} naturals and {sizes}"
        of_the_fewer = "" if isinstance(block, PairBlock) else " of the fewer"
        raise TooLarge(f"a component has {sizes}; exact spectra are computed up to {MAX_SOLVED_SIDE}{of_the_fewer}")
    reserve(
        f"the characteristic polynomial of side {block.side}", 8.0 * 40 * block.side**2, "give a smaller population"
    )
    if isinstance(block, PairBlock):
        return _characteristic_of_walk(block.rows, block.W)
    return _characteristic(block.rows, block.Q, block.W)


@lru_cache(maxsize=1024)
def _characteristic_of_walk(rows: tuple[Any, ...], W: tuple[int, ...]) -> tuple[int, ...]:
    flint = require("flint")
    walk = flint.fmpq_mat(len(W), len(W))
    for x, row in enumerate(rows):
        for y, c in row:
            walk[x, y] = flint.fmpq(c, W[x])
    return _coefficients(walk.charpoly().numer(), len(W))


@lru_cache(maxsize=1024)  # components are often alike
def _characteristic(rows: tuple[Any, ...], Q: tuple[int, ...], W: tuple[int, ...]) -> tuple[int, ...]:
    flint = require("flint")
    n, N = len(Q), len(W)
    # w = Cᵀ diag(Q) C up to a factor, so P = D^-1 w = R C with R = diag(1/W) Cᵀ diag(Q). RC and CR have the same eigenvalues but
    # for zeros, so the smaller of the two is enough.
    left, right = flint.fmpq_mat(n, N), flint.fmpq_mat(N, n)
    for i, (q, row) in enumerate(zip(Q, rows, strict=True)):
        for x, c in row:
            left[i, x] = c
            right[x, i] = flint.fmpq(c * q, W[x])
    return _coefficients((left * right if n <= N else right * left).charpoly().numer(), min(n, N))


def _coefficients(polynomial: Any, degree: int) -> tuple[int, ...]:
    if polynomial.degree() != degree or polynomial(1) != 0:  # P of a component has row sums 1
        raise AssertionError("the characteristic polynomial of a walk has the root 1")
    return tuple(int(c) for c in polynomial.coeffs())


def factors(coefficients: tuple[int, ...]) -> dict[tuple[int, ...], int]:
    """Return the irreducible factors of an integer polynomial, primitive with a positive leading coefficient, and exponents."""
    flint = require("flint")
    exponents = {}
    for factor, exponent in flint.fmpz_poly(list(coefficients)).factor()[1]:
        sign = -1 if factor.leading_coefficient() < 0 else 1
        exponents[tuple(sign * int(c) for c in factor.coeffs())] = int(exponent)
    return exponents
