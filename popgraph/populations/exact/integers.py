"""A population in whole numbers: each component's kernel and weights over common denominators, and w as fractions."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from popgraph.basics.memory import in_words, reserve
from popgraph.basics.words import shorten
from popgraph.declare import EnumeratedPopulation
from popgraph.errors import InvalidDistribution, TooLarge

FRACTION_BYTES = 200
MAX_VIEWS_TABULATED = 2_000  # in a table of fractions, as w is


@dataclass(frozen=True)
class Block:
    """Hold one connected component with w = Cᵀ diag(Q) C up to a factor, C and Q of whole numbers, and its row sums W.

    `rows[i]` lists (view, C) of a natural, views counted within the component; `views` are their positions in the graph.
    """

    rows: tuple[tuple[tuple[int, int], ...], ...]
    Q: tuple[int, ...]
    W: tuple[int, ...]
    views: tuple[int, ...]

    @property
    def side(self) -> int:
        """The smaller of naturals and views."""
        return min(len(self.Q), len(self.W))


@dataclass(frozen=True)
class PairBlock:
    """Hold one connected component of given pairs: the walk P = diag(1/W) C, C and its row sums W of whole numbers.

    `rows[x]` lists (view, C) of a view's partners, counted within the component.
    """

    rows: tuple[tuple[tuple[int, int], ...], ...]
    W: tuple[int, ...]

    @property
    def side(self) -> int:
        """The number of views."""
        return len(self.W)


def check_exact(population: EnumeratedPopulation) -> None:
    """Raise InvalidDistribution, and name the first float, if p or A was declared with floats."""
    law = population.distribution
    if not law.exact:
        i = first_unround(law.probabilities)
        raise InvalidDistribution(
            f"p({shorten(law.outcomes[i])}) is the float {law.probabilities[i]!s}, and floats are not promoted to fractions; "
            'declare it as Fraction(1, 10) or "1/10", or take distribution.rationalize(max_denominator)'
        )
    if population.exact is None:
        A = population.kernel
        at = first_unround(A.data)
        i = int(np.searchsorted(A.indptr, at, side="right")) - 1
        raise InvalidDistribution(
            f"A({shorten(population.views[int(A.indices[at])])}|{shorten(law.outcomes[i])}) is the float {A.data[at]!s}, and "
            'floats are not promoted to fractions; declare the augmentation with Fraction(1, 10) or "1/10", its rows through '
            "distribution.rationalize(max_denominator)"
        )


def first_unround(values: Any) -> int:
    """Return where the first float stands that is no multiple of 1/1024, or 0: 0.5 is as good as a fraction, 0.1 is not."""
    unround = np.flatnonzero(values * 1024 != np.rint(values * 1024))
    return int(unround[0]) if len(unround) else 0


def blocks(population: EnumeratedPopulation) -> Iterator[Block]:
    """List the connected components of an exact population."""
    A, exact, law = population.kernel, population.exact, population.distribution
    if exact is None or law.numerators is None:
        raise AssertionError("check_exact comes first")
    joined = sp.block_array([[None, A], [A.T, None]], format="csr")
    count, part = connected_components(joined, directed=False)
    n = A.shape[0]
    naturals = np.argsort(part[:n], kind="stable")
    of_natural = np.split(naturals, np.searchsorted(part[:n][naturals], np.arange(1, count)))
    of_view = np.argsort(part[n:], kind="stable")
    views_of = np.split(of_view, np.searchsorted(part[n:][of_view], np.arange(1, count)))
    numerators = [int(c) for c in exact.numerators]
    for here, there in zip(of_natural, views_of, strict=True):
        # A row of A is numerators over one denominator: A(x|i) = c_x / d_i. So w = Σ_i p_i c cᵀ / d_i², where a common divisor of
        # the c of a row moves into its weight p_i / d_i². A common factor of all weights changes no eigenvalue of D^-1 w.
        local = {int(x): j for j, x in enumerate(there)}
        rows, weights = [], []
        for i in here.tolist():
            start, stop = int(A.indptr[i]), int(A.indptr[i + 1])
            row = tuple((local[int(A.indices[j])], numerators[j]) for j in range(start, stop))
            common = gcd(*(c for _, c in row))
            rows.append(tuple((x, c // common) for x, c in row))
            weights.append(Fraction(law.numerators[i] * common**2, exact.denominators[i] ** 2))
        scale = lcm(*(q.denominator for q in weights))
        Q = [int(q * scale) for q in weights]
        shared = gcd(*Q)
        Q = [q // shared for q in Q]
        W = [0] * len(there)
        for q, row in zip(Q, rows, strict=True):
            total = sum(c for _, c in row)
            for x, c in row:
                W[x] += q * c * total
        yield Block(tuple(rows), tuple(Q), tuple(W), tuple(int(x) for x in there))


@in_words("the table of fractions", "ask for graph.w, in floats")
def weights(population: EnumeratedPopulation) -> tuple[Any, Any]:
    """Return w (N, N) and w_x (N,) as arrays of Fractions; raises TooLarge if N is above 2,000."""
    A, exact, law = population.kernel, population.exact, population.distribution
    if exact is None or law.numerators is None:
        raise AssertionError("check_exact comes first")
    N = A.shape[1]
    if N > MAX_VIEWS_TABULATED:
        raise TooLarge(
            f"a table of {N:,} x {N:,} fractions is too large; at most {MAX_VIEWS_TABULATED:,} views are written down"
        )
    pairs = float(np.sum(np.diff(A.indptr).astype(np.float64) ** 2))
    reserve(
        f"a table of {N:,} x {N:,} fractions",
        8.0 * N**2 + FRACTION_BYTES * min(pairs, N**2),
        "ask for graph.w, in floats",
    )
    w, w_x = np.full((N, N), Fraction(0), dtype=object), np.full(N, Fraction(0), dtype=object)
    for i, numerator in enumerate(law.numerators):
        start, stop = int(A.indptr[i]), int(A.indptr[i + 1])
        row = [(int(A.indices[j]), exact.entry(j, i)) for j in range(start, stop)]
        p = Fraction(numerator, law.denominator)
        for x, a in row:
            w_x[x] += p * a
            for y, b in row:
                w[x, y] += p * a * b
    return w, w_x
