"""The joint law C of two kinds of views: made of two kernels on one p, looked up entry by entry, and turned over.

C is an (N_x, N_z) csr_array; where it is exact its numerators follow the order of its stored entries.
"""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import lcm
from typing import Any

import numpy as np
import scipy.sparse as sp

from popgraph.basics.arguments import by_value
from popgraph.basics.arrays import Floats, Immutable, Ints, Sparse, frozen, frozen_csr
from popgraph.basics.html import number, short
from popgraph.basics.memory import reserve
from popgraph.basics.words import did_you_mean, shorten, size_in_words
from popgraph.declare import EnumeratedPopulation
from popgraph.errors import InvalidArgument, TooLarge
from popgraph.populations.explanation import MAX_TERMS_PRINTED, Probability, Term
from popgraph.populations.pairs.exact_weights import ExactWeights
from popgraph.populations.weights import MAX_DENSE_BYTES, MAX_SPARSE_BYTES

MAX_INT = int(np.iinfo(np.int64).max)
IN_PLACE_OF_DENSE = 'use graph.weight_matrix("csr")'
FEWER_VIEWS = "declare kernels with fewer views for each natural"


def joint_law(first: EnumeratedPopulation, second: EnumeratedPopulation) -> Sparse:
    """Return C = Aᵀ diag(p) B of two kernels on one p; TooLarge if it may not fit."""
    A, B, p = first.kernel, second.kernel, first.distribution.probabilities
    degrees = np.diff(A.indptr).astype(np.float64), np.diff(B.indptr).astype(np.float64)
    entries = min(float(degrees[0] @ degrees[1]), float(A.shape[1]) * B.shape[1])
    sizes = f"the pairs of {A.shape[1]:,} and {B.shape[1]:,} views"
    if 12.0 * entries > MAX_SPARSE_BYTES:
        raise TooLarge(
            f"{sizes} as a sparse matrix need up to {size_in_words(12.0 * entries)}, more than "
            f"{size_in_words(MAX_SPARSE_BYTES)}; {FEWER_VIEWS}"
        )
    reserve(sizes, 36.0 * entries + 24.0 * (A.nnz + B.nnz), FEWER_VIEWS)
    return frozen_csr(sp.csr_array(A.T @ sp.diags_array(p)) @ B)


def exact_joint_law(first: EnumeratedPopulation, second: EnumeratedPopulation, C: Sparse) -> ExactWeights:
    """Return the entries of C as fractions, of two exact kernels on one exact p."""
    law, A, B = first.distribution, first.exact, second.exact
    if A is None or B is None or law.numerators is None or law.denominator is None:
        raise TypeError("the population is not exact")  # which its reader has asked before
    # Σ_x̄ p a b over the one denominator D L, with L the least common multiple of what the rows of A and B are over
    rows = [a * b for a, b in zip(A.denominators, B.denominators, strict=True)]
    common = lcm(*rows)
    share = [p * (common // each) for p, each in zip(law.numerators, rows, strict=True)]
    denominator = law.denominator * common
    if denominator <= MAX_INT:  # no sum of entries is larger
        M, N = first.kernel, second.kernel
        shared = np.asarray(A.numerators, dtype=np.int64) * np.repeat(
            np.array(share, dtype=np.int64), np.diff(M.indptr)
        )
        others = np.asarray(B.numerators, dtype=np.int64)
        left = sp.csr_array((shared, M.indices, M.indptr), shape=M.shape)
        product = sp.csr_array(left.T @ sp.csr_array((others, N.indices, N.indptr), shape=N.shape))
        product.sort_indices()
        if product.nnz == C.nnz:  # else an entry of C was rounded to 0
            return ExactWeights(frozen(product.data), denominator)
    reserve("the pairs in fractions", 200.0 * C.nnz, FEWER_VIEWS)
    entries: dict[tuple[int, int], int] = {}
    for i, factor in enumerate(share):
        row_a, row_b = (_row(each, exact, i) for each, exact in ((first.kernel, A), (second.kernel, B)))
        for x, a in row_a:
            for z, b in row_b:
                entries[x, z] = entries.get((x, z), 0) + factor * a * b
    stored = zip(np.repeat(np.arange(C.shape[0]), np.diff(C.indptr)).tolist(), C.indices.tolist(), strict=True)
    numerators = np.empty(C.nnz, dtype=object)
    numerators[:] = [entries[pair] for pair in stored]
    return ExactWeights(frozen(numerators), denominator)


def _row(kernel: Sparse, exact: Any, i: int) -> list[tuple[int, int]]:
    """Return the views of a natural, each with the numerator of its probability."""
    entries = slice(int(kernel.indptr[i]), int(kernel.indptr[i + 1]))
    return list(zip(kernel.indices[entries].tolist(), map(int, exact.numerators[entries]), strict=True))


def check_dense(what: str, n_x: int, n_z: int) -> None:
    """Raise TooLarge if a dense (N_x, N_z) array needs too much memory."""
    needed, name = 8 * n_x * n_z, f"{what} of {n_x:,} x {n_z:,} views as a dense array"
    if needed > MAX_DENSE_BYTES:
        most = size_in_words(MAX_DENSE_BYTES)
        raise TooLarge(f"{name} needs {size_in_words(needed)}, more than {most}; {IN_PLACE_OF_DENSE}")
    reserve(name, float(needed), IN_PLACE_OF_DENSE)


def position_of(view: Any, positions: tuple[dict[Any, int], dict[Any, int]], side: int) -> int:
    """Return the position of a view among those of its side, 0 for x and 1 for z; InvalidArgument if it is none of them."""
    try:
        return positions[side][by_value(view)]
    except (KeyError, TypeError, ValueError):
        letter, other = "xz"[side], "zx"[side]
        meant = did_you_mean([view], positions[side]) or f"; they are graph.views_{letter}"
        if isinstance(view, Hashable) and view in positions[1 - side]:
            meant = f", but a view {other}; a pair is (x, z)"
        raise InvalidArgument(f"{shorten(view)} is no view {letter} of this graph{meant}") from None


def transposed(C: Sparse, exact: ExactWeights | None) -> tuple[Sparse, ExactWeights | None]:
    """Return Cᵀ, and its entries as fractions."""
    order = sp.csr_array((np.arange(C.nnz), C.indices, C.indptr), shape=C.shape).T.tocsr()
    order.sort_indices()
    turned = frozen_csr(sp.csr_array((C.data[order.data], order.indices, order.indptr), shape=order.shape))
    return turned, None if exact is None else ExactWeights(frozen(exact.numerators[order.data]), exact.denominator)


def entry(C: Sparse, exact: ExactWeights | None, i: int, j: int) -> Probability:
    """Return one entry of C, a Fraction where it is exact."""
    start, stop = (int(each) for each in C.indptr[i : i + 2])
    position = start + int(np.searchsorted(C.indices[start:stop], j))
    if position == stop or C.indices[position] != j:
        return 0.0 if exact is None else Fraction(0)
    return float(C.data[position]) if exact is None else exact.entry(position)


def row_sums(C: Sparse, exact: ExactWeights) -> list[int]:
    """Return the sums of the rows of C, as numerators over its denominator."""
    return [sum(map(int, exact.numerators[start:stop])) for start, stop in pairwise(C.indptr.tolist())]


def drawn_pairs(C: Sparse, below: Floats, uniform: Floats) -> Ints:
    """Return the positions (size, 2) of the pairs that numbers in [0, 1) choose; `below` are the running sums of C."""
    entries = np.minimum(np.searchsorted(below, uniform, side="right"), C.nnz - 1)
    rows = np.searchsorted(C.indptr, entries, side="right") - 1
    return np.column_stack([rows, C.indices[entries]]).astype(np.intp)


@dataclass(frozen=True)
class CrossExplanation(Immutable):
    """Hold the probability of a pair (x, z) of two kernels as the sum of its terms, one for each natural that reaches both.

    In each term ``a`` is A(x|x̄) and ``a_plus`` is B(z|x̄).
    """

    x: Hashable
    z: Hashable
    terms: tuple[Term, ...]

    @property
    def value(self) -> Probability:
        """The pair's probability, a Fraction where the population is exact."""
        return sum((term.value for term in self.terms), start=Fraction(0))

    def __str__(self) -> str:
        title = f"C({short(self.x)}, {short(self.z)}) = {number(self.value)}"
        if not self.terms:
            return f"{title}: no natural reaches both"
        lines = [
            f"  {number(term.p)} · {number(term.a)} · {number(term.a_plus)} = {number(term.value)}"
            f"   from {short(term.natural)}"
            for term in self.terms[:MAX_TERMS_PRINTED]
        ]
        if len(self.terms) > MAX_TERMS_PRINTED:
            lines.append(f"  ... and {len(self.terms) - MAX_TERMS_PRINTED:,} more naturals")
        return "\n".join([title, "  = sum over naturals of p · A(x) · B(z):", *lines])


def terms_of(first: EnumeratedPopulation, second: EnumeratedPopulation, i: int, j: int) -> Iterable[Term]:
    """Yield the share of each natural that reaches view i of the first kernel and view j of the second."""
    law = first.distribution
    exact = first.exact is not None and second.exact is not None and law.exact
    for natural in np.intersect1d(_naturals_of(first.kernel, i), _naturals_of(second.kernel, j)).tolist():
        p: Probability = float(law.probabilities[natural])
        if exact and law.numerators is not None and law.denominator is not None:
            p = Fraction(law.numerators[natural], law.denominator)
        shares = (_share(each, natural, view, exact) for each, view in ((first, i), (second, j)))
        yield Term(law.outcomes[natural], p, *shares)


def _naturals_of(kernel: Sparse, view: int) -> Ints:
    """Return the naturals that reach a view."""
    return np.searchsorted(kernel.indptr, np.flatnonzero(kernel.indices == view), side="right") - 1


def _share(population: EnumeratedPopulation, natural: int, view: int, exact: bool) -> Probability:
    """Return the entry of a kernel for a natural that reaches this view."""
    A = population.kernel
    start, stop = A.indptr[natural : natural + 2]
    position = int(start) + int(np.searchsorted(A.indices[start:stop], view))
    if not exact or population.exact is None:
        return float(A.data[position])
    return population.exact.entry(position, natural)
