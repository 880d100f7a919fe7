"""The characteristic polynomial of a component, from its images modulo primes: exact, by a bound on its coefficients.

With w = Cᵀ diag(Q) C in whole numbers and row sums W, the naturals' twin of the walk is C diag(1/W) Cᵀ diag(Q). By Cauchy and Binet
its elementary symmetric function of degree j is Σ over j naturals S and j views T of ∏_S Q / ∏_T W times det(C_ST)², so ∏ W clears
all denominators; and it is at most (m choose j), the eigenvalues being in [0, 1]. That many bits, and no more, are computed, where
clearing the denominators of the matrix itself would make its m-th power of them.
"""

from functools import lru_cache
from math import prod
from typing import Any

from popgraph.errors import TooLarge, require
from popgraph.exact.integers import Block

LARGEST_SIDE = 300  # naturals or views of a component, the fewer: minutes
FIRST = 2**62  # primes are taken from here on: the largest that a machine word multiplies


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
    return _characteristic(block.rows, block.Q, block.W)


@lru_cache(maxsize=1024)  # components are often alike
def _characteristic(rows: tuple[Any, ...], Q: tuple[int, ...], W: tuple[int, ...]) -> tuple[int, ...]:
    flint = require("flint", "exact")
    m = min(len(Q), len(W))
    denominator = prod(W)
    bound = 2 * denominator << m  # twice the largest coefficient, for its sign
    images: list[list[int]] = []
    primes: list[int] = []
    modulus, prime = 1, FIRST
    while modulus <= bound:
        prime = _next_prime(flint, prime)
        if any(w % prime == 0 for w in W):
            continue
        scale = denominator % prime
        images.append([int(c) * scale % prime for c in _image(flint, rows, Q, W, prime).coeffs()])
        primes.append(prime)
        modulus *= prime
    total, residues = _join(flint, primes, images)
    found = flint.fmpz_poly([c - total if c > total // 2 else c for c in residues])
    if found.degree() != m or found(1) != 0:
        raise AssertionError("the characteristic polynomial of a walk has the root 1")
    content = found.content()
    return tuple(int(c // content) for c in found.coeffs())


def _image(flint: Any, rows: Any, Q: tuple[int, ...], W: tuple[int, ...], prime: int) -> Any:
    """Return the characteristic polynomial modulo a prime: of the naturals' twin, or of the views' walk where they are fewer."""
    n, N = len(Q), len(W)
    inverse = [pow(w, -1, prime) for w in W]
    left, right = [0] * (n * N), [0] * (n * N)  # C, n x N, and diag(1/W) Cᵀ diag(Q), N x n
    for i, (q, row) in enumerate(zip(Q, rows, strict=True)):
        for x, c in row:
            left[i * N + x] = c % prime
            right[x * n + i] = c * q * inverse[x] % prime
    C, R = flint.nmod_mat(n, N, left, prime), flint.nmod_mat(N, n, right, prime)
    return (C * R if n <= N else R * C).charpoly()


def _next_prime(flint: Any, prime: int) -> int:
    """Return the next prime."""
    candidate = flint.fmpz(prime) + 1
    while not candidate.is_prime():
        candidate += 1
    return int(candidate)


def _join(flint: Any, primes: list[int], images: list[list[int]]) -> tuple[int, list[Any]]:
    """Return the product of the primes and, by the Chinese remainder theorem, the residues modulo it."""
    if len(primes) == 1:
        return primes[0], [flint.fmpz(c) for c in images[0]]
    half = len(primes) // 2
    m, a = _join(flint, primes[:half], images[:half])
    k, b = _join(flint, primes[half:], images[half:])
    inverse = pow(m, -1, k)
    return m * k, [x + m * (((y - x) * inverse) % k) for x, y in zip(a, b, strict=True)]


def factors(coefficients: tuple[int, ...]) -> dict[tuple[int, ...], int]:
    """Return the irreducible factors of an integer polynomial, primitive with a positive leading coefficient, and exponents."""
    flint = require("flint", "exact")
    found = {}
    for factor, exponent in flint.fmpz_poly(list(coefficients)).factor()[1]:
        sign = -1 if factor.leading_coefficient() < 0 else 1
        found[tuple(sign * int(c) for c in factor.coeffs())] = int(exponent)
    return found
