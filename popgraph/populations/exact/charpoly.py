"""The characteristic polynomial of a component: of the walk among its naturals, or among its views where they are fewer."""

from functools import lru_cache
from typing import Any

from popgraph.basics.memory import reserve
from popgraph.errors import TooLarge, require
from popgraph.populations.exact.integers import Block

LARGEST_SIDE = 300  # naturals or views of a component, the fewer: a minute


def characteristic(block: Block) -> tuple[int, ...]:
    """Return the primitive integer polynomial with the component's eigenvalues for roots, lowest coefficient first.

    Its degree is the smaller of naturals and views: what is missing are zeros.

    Raises
    ------
    TooLarge
        If that is above 300.
    MissingExtra
        If python-flint is not installed.
    """
    if block.side > LARGEST_SIDE:
        raise TooLarge(
            f"a component has {len(block.Q):,} naturals and {len(block.W):,} views; exact spectra are computed up to "
            f"{LARGEST_SIDE} of the fewer"
        )
    reserve(
        f"the characteristic polynomial of side {block.side}", 8.0 * 40 * block.side**2, "give a smaller population"
    )
    return _characteristic(block.rows, block.Q, block.W)


@lru_cache(maxsize=1024)  # components are often alike
def _characteristic(rows: tuple[Any, ...], Q: tuple[int, ...], W: tuple[int, ...]) -> tuple[int, ...]:
    flint = require("flint")
    n, N = len(Q), len(W)
    left, right = flint.fmpq_mat(n, N), flint.fmpq_mat(N, n)  # C, and diag(1/W) Cᵀ diag(Q)
    for i, (q, row) in enumerate(zip(Q, rows, strict=True)):
        for x, c in row:
            left[i, x] = c
            right[x, i] = flint.fmpq(c * q, W[x])
    found = (left * right if n <= N else right * left).charpoly().numer()
    if found.degree() != min(n, N) or found(1) != 0:
        raise AssertionError("the characteristic polynomial of a walk has the root 1")
    return tuple(int(c) for c in found.coeffs())


def factors(coefficients: tuple[int, ...]) -> dict[tuple[int, ...], int]:
    """Return the irreducible factors of an integer polynomial, primitive with a positive leading coefficient, and exponents."""
    flint = require("flint")
    found = {}
    for factor, exponent in flint.fmpz_poly(list(coefficients)).factor()[1]:
        sign = -1 if factor.leading_coefficient() < 0 else 1
        found[tuple(sign * int(c) for c in factor.coeffs())] = int(exponent)
    return found
