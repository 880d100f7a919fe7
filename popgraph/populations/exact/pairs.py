"""`ExactPairGraph`: the walk and the spectrum without rounding of pairs that are given directly, negative eigenvalues included."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, NoReturn

import numpy as np
from scipy.sparse.csgraph import connected_components

from popgraph.basics.arrays import Immutable, Sparse
from popgraph.basics.memory import in_words, reserve
from popgraph.basics.words import shorten
from popgraph.errors import InvalidArgument, InvalidDistribution, TooLarge
from popgraph.populations.exact.integers import FRACTION_BYTES, MAX_VIEWS_TABULATED, PairBlock, first_unround
from popgraph.populations.exact.value import ExactGraph


@dataclass(frozen=True, eq=False)
class ExactPairs(Immutable):
    """Hold views and w (N, N), a csr_array, with a numerator for each stored entry over one denominator."""

    views: Sequence[Hashable]
    w: Sparse
    numerators: Any
    denominator: int

    def row(self, i: int) -> list[tuple[int, int]]:
        """List (column, numerator) of the entries of a row."""
        start, stop = (int(each) for each in self.w.indptr[i : i + 2])
        columns = self.w.indices[start:stop].tolist()
        return [(j, int(c)) for j, c in zip(columns, self.numerators[start:stop], strict=True)]


def refuse_floats(views: Sequence[Hashable], w: Sparse) -> NoReturn:
    """Raise InvalidDistribution for weights that were given as floats, and name the first that is not as good as a fraction."""
    at = first_unround(w.data)
    i, j = int(np.searchsorted(w.indptr, at, side="right")) - 1, int(w.indices[at])
    raise InvalidDistribution(
        f"w({shorten(views[i])}, {shorten(views[j])}) is the float {w.data[at]!s}, and floats are not promoted to fractions; give "
        'counts, Fraction(1, 10) or "1/10"'
    )


@dataclass(frozen=True, eq=False, repr=False)
class ExactPairGraph(ExactGraph):
    """Hold a graph of given pairs in rational and algebraic numbers. Made by `.PairGraph.exact`.

    All is as of `ExactGraph`, save that there are no naturals, and that eigenvalues may be negative: a cut is clean where
    γ_k > γ_{k+1} and γ_k > 0.
    """

    population: ExactPairs  # type: ignore[assignment]

    def __post_init__(self) -> None:
        """Accept the weights, which are fractions by their type."""

    @cached_property
    @in_words("the table of fractions", "ask for graph.w, in floats")
    def _weights(self) -> tuple[Any, Any]:
        N, pairs = self.N, self.population
        if N > MAX_VIEWS_TABULATED:
            raise TooLarge(
                f"a table of {N:,} x {N:,} fractions is too large; at most {MAX_VIEWS_TABULATED:,} views are written down"
            )
        reserve(
            f"a table of {N:,} x {N:,} fractions",
            8.0 * N**2 + FRACTION_BYTES * pairs.w.nnz,
            "ask for graph.w, in floats",
        )
        w, w_x = np.full((N, N), Fraction(0), dtype=object), np.full(N, Fraction(0), dtype=object)
        for i in range(N):
            for j, numerator in pairs.row(i):
                w[i, j] = Fraction(numerator, pairs.denominator)
                w_x[i] += w[i, j]
        return w, w_x

    @property
    def twin(self) -> NoReturn:
        """Refused: pairs that are given directly have no naturals, and so no walk among them."""
        raise InvalidArgument(
            "pairs that are given directly have no naturals to walk among; .walk is the walk among views"
        )

    @cached_property
    def _blocks(self) -> tuple[PairBlock, ...]:  # type: ignore[override]
        pairs = self.population
        count, part = connected_components(pairs.w, directed=False)
        members = np.argsort(part, kind="stable")
        found = []
        for views in np.split(members, np.searchsorted(part[members], np.arange(1, count))):
            local = {int(x): i for i, x in enumerate(views.tolist())}
            rows = tuple(tuple((local[j], c) for j, c in pairs.row(x)) for x in views.tolist())
            found.append(PairBlock(rows, tuple(sum(c for _, c in row) for row in rows)))
        return tuple(found)
