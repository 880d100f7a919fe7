"""The law of pairs: a table's entries added up and checked to be probabilities, exact where declared so; and its symmetry."""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
import scipy.sparse as sp

from popgraph.basics.arguments.entries import Entries, Weights, integers, quotients
from popgraph.basics.arguments.probabilities import SUM_TOLERANCE
from popgraph.basics.arrays import Floats, Sparse, frozen, frozen_csr
from popgraph.basics.memory import reserve
from popgraph.basics.words import listing, shorten
from popgraph.errors import InvalidArgument, InvalidDistribution
from popgraph.populations.pairs.exact_weights import ExactWeights
from popgraph.populations.weights import MIN_VIEW_PROBABILITY

SYMMETRY_TOLERANCE = (
    1e-12  # of w_xx' and w_x'x, relative to the larger: beyond what rounding of a few operations leaves
)
BYTES_AN_ENTRY = 64.0  # at the peak of sorting the entries by their places
Names: TypeAlias = tuple[Sequence[Hashable], Sequence[Hashable]]  # of the rows and of the columns

ONE_ENCODER = "one encoder needs a symmetric w"


@dataclass(frozen=True, eq=False)
class PairLaw:
    """Hold the probabilities of pairs, a canonical csr_array without zeros, and the names of its rows and columns."""

    weights: Sparse
    exact: ExactWeights | None
    row_names: Sequence[Hashable]
    column_names: Sequence[Hashable]

    def entry(self, row: int, column: int) -> Fraction | float:
        """Return one probability."""
        start, stop = self.weights.indptr[row : row + 2]
        at = int(start + np.searchsorted(self.weights.indices[start:stop], column))
        if at == stop or self.weights.indices[at] != column:
            return 0
        return float(self.weights.data[at]) if self.exact is None else self.exact.entry(at)


def pair_law(name: str, entries: Entries, normalize: bool) -> PairLaw:
    """Add up the entries that stand in one place, and divide them by their sum where they are counted or `normalize` says so."""
    names = (entries.row_names, entries.column_names)
    reserve(
        f"{len(entries.rows):,} pairs",
        BYTES_AN_ENTRY * len(entries.rows),
        "give fewer pairs, or a sparse matrix of them",
    )
    places, weights = added(entries, len(names[1]))
    total: Any = total_of(weights)
    if total <= 0 or total == math.inf:
        raise InvalidDistribution(
            f"the weights of {name} sum to {float(total):g}; at least one must be positive, and all finite"
        )
    normalize = normalize or entries.counted
    if not normalize and abs(total - 1) > SUM_TOLERANCE:
        raise InvalidDistribution(
            f"the weights of {name} sum to {_shown(total)}, not 1; pass normalize=True to rescale"
        )
    if weights.denominator is not None and (normalize or total == 1):
        return of_numerators(places, weights.values, names)
    floats = floats_of(weights) / (float(total) if normalize else 1.0)
    return PairLaw(_csr(places, floats, names), None, *names)


def of_numerators(places: Any, numerators: Any, names: Names) -> PairLaw:
    """Return the exact law whose positive weights are to each other as these whole numbers, at places row * columns + column."""
    common = int(np.gcd.reduce(numerators))
    numerators = numerators // common if common > 1 else numerators
    denominator = int(numerators.sum())
    weights = _csr(places, quotients(numerators, denominator), names)
    return PairLaw(weights, ExactWeights(frozen(numerators), denominator), *names)


def total_of(weights: Weights) -> Fraction | float:
    """Return the sum of weights: exact, or correctly rounded."""
    if weights.denominator is not None:
        return Fraction(int(weights.values.sum()), weights.denominator)
    try:
        return math.fsum(weights.values)
    except OverflowError:
        return math.inf


def floats_of(weights: Weights) -> Floats:
    """Return weights as floats."""
    if weights.denominator is None:
        return np.asarray(weights.values)
    return np.asarray(quotients(weights.values, weights.denominator))


def _shown(total: Any) -> str:
    if len(str(total)) < 40:
        return str(total)
    return f"{float(total):.12g}" if total < 2**1000 else shorten(total)


def added(entries: Entries, columns: int) -> tuple[Any, Weights]:
    """Return the places of the positive weights in order, each once, and their sums; a place is row * columns + column."""
    positive = np.flatnonzero(entries.weights.values)
    values = entries.weights.values
    rows, places = entries.rows, entries.columns
    if len(positive) < len(values):
        rows, places, values = rows[positive], places[positive], values[positive]
    places = rows.astype(np.int64) * columns + places
    if not (np.diff(places) > 0).all():
        order = np.argsort(places, kind="stable")
        places, values = places[order], values[order]
        starts = np.flatnonzero(np.diff(places, prepend=-1))
        if len(starts) < len(places):
            with np.errstate(over="ignore"):  # an infinite sum is refused
                places, values = places[starts], np.add.reduceat(values, starts)
    if values.dtype == object:
        values = integers(values.tolist())
    return places, Weights(values, entries.weights.denominator)


def _csr(places: Any, data: Floats, names: Names) -> Sparse:
    """Return the csr_array with these entries, whose places are sorted."""
    shape = len(names[0]), len(names[1])
    rows, columns = np.divmod(places, shape[1])
    if not data.all():
        lost = [shorten((names[0][int(rows[i])], names[1][int(columns[i])])) for i in np.flatnonzero(data == 0)]
        raise InvalidDistribution(
            f"the probability of {listing(lost)} is too small for float64, below 5e-324; leave it out"
        )
    indptr = np.searchsorted(rows, np.arange(shape[0] + 1))
    matrix = sp.csr_array((data, columns, indptr), shape=shape)
    matrix.has_canonical_format = True
    return frozen_csr(matrix)


def reordered(law: PairLaw, rank: Any, column_rank: Any, names: Names) -> PairLaw:
    """Return the law with row i in place rank[i] and column j in place column_rank[j], None for where it is."""
    if rank is None and column_rank is None:
        return PairLaw(law.weights, law.exact, *names)
    coo = law.weights.tocoo()
    rows = coo.row if rank is None else rank[coo.row]
    columns = coo.col if column_rank is None else column_rank[coo.col]
    places = rows.astype(np.int64) * len(names[1]) + columns
    order = np.argsort(places)
    weights = _csr(places[order], law.weights.data[order], names)
    exact = None if law.exact is None else ExactWeights(frozen(law.exact.numerators[order]), law.exact.denominator)
    return PairLaw(weights, exact, *names)


def symmetric(law: PairLaw, symmetrize: bool, tolerance: float, mends: str) -> PairLaw:
    """Return a square law that is symmetric to the last bit: (w + wᵀ)/2, or w itself, which may differ from wᵀ by rounding only.

    InvalidArgument names the pair whose two weights differ most, and the `mends`.
    """
    w = law.weights
    N = w.shape[1]
    rows = np.repeat(np.arange(N, dtype=np.int64), np.diff(w.indptr))
    places, transposed = rows * N + w.indices, w.indices.astype(np.int64) * N + rows
    order = np.argsort(transposed, kind="stable")
    same_places = bool((transposed[order] == places).all())
    if law.exact is not None:
        numerators, denominator = law.exact.numerators, law.exact.denominator
        if same_places and (numerators[order] == numerators).all():
            return law
        if symmetrize:
            both = Weights(np.concatenate([numerators, numerators]), 2 * denominator)
            return _sum_with_transposed(law, (rows, w.indices), both)
    elif symmetrize or same_places:
        across = w.data[order] if same_places else None
        if across is not None and (across == w.data).all():
            return law
        within = across is not None and (np.abs(across - w.data) <= tolerance * np.maximum(across, w.data)).all()
        if symmetrize or within:
            return _sum_with_transposed(law, (rows, w.indices), Weights(np.concatenate([w.data, w.data]) / 2, None))
    difference = abs(w - w.T).tocoo()
    if difference.nnz:
        at = int(np.argmax(difference.data))
        i, j = sorted((int(difference.row[at]), int(difference.col[at])))
        beyond = difference.data > tolerance * np.maximum(*_two_ways(w, difference))
        count = max(1, int(np.count_nonzero(beyond)) // 2)
    else:  # fractions that differ, and that float64 rounds alike
        numerators = np.asarray(law.exact and law.exact.numerators)
        unequal = np.flatnonzero(numerators[order] != numerators)
        i, j, count = int(rows[unequal[0]]), int(w.indices[unequal[0]]), len(unequal) // 2
    x, y = shorten(law.row_names[i]), shorten(law.row_names[j])
    others = f", one of {count:,} such pairs" if count > 1 else ""
    raise InvalidArgument(
        f"w[{x}, {y}] is {_brief(law.entry(i, j))} and w[{y}, {x}] is {_brief(law.entry(j, i))}{others}: {ONE_ENCODER}; {mends}"
    )


def _two_ways(w: Sparse, places: Any) -> tuple[Any, Any]:
    """Return w and wᵀ at some places."""
    return np.asarray(w[places.row, places.col]).ravel(), np.asarray(w[places.col, places.row]).ravel()


def _brief(value: Any) -> str:
    return str(value) if isinstance(value, Fraction) and value.denominator < 10**12 else f"{float(value):.6g}"


def _sum_with_transposed(law: PairLaw, places: tuple[Any, Any], both: Weights) -> PairLaw:
    """Add the transposed entries to those of a law, whose weights stand twice in `both`, halved."""
    rows, columns = np.concatenate([places[0], places[1]]), np.concatenate([places[1], places[0]])
    if both.values.dtype == np.int64:
        both = Weights(
            integers(both.values.tolist()) if both.values.max() > 2**62 // len(rows) else both.values, both.denominator
        )
    summed, weights = added(Entries(rows, columns, both, law.row_names, law.column_names), len(law.column_names))
    if weights.denominator is not None:
        return of_numerators(summed, weights.values, (law.row_names, law.column_names))
    floats = _csr(summed, weights.values, (law.row_names, law.column_names))
    return PairLaw(floats, None, law.row_names, law.column_names)


def check_marginals(name: str, law: PairLaw) -> None:
    """Refuse a view that is in no pair, or in pairs too improbable for float64."""
    square = law.row_names is law.column_names
    sides = [("view", law.row_names, law.weights.sum(axis=1))]
    if not square:
        sides = [("first view", *sides[0][1:]), ("second view", law.column_names, law.weights.sum(axis=0))]
    for what, names, total in sides:
        alone = np.flatnonzero(total == 0)
        if len(alone):
            raise InvalidDistribution(
                f"{name} has no pair with {len(alone)} of {len(names)} {what}s: "
                f"{listing([shorten(names[i]) for i in alone.tolist()])}; leave out what is in no pair"
            )
        if (total < MIN_VIEW_PROBABILITY).any():
            small = np.flatnonzero(total < MIN_VIEW_PROBABILITY).tolist()
            raise InvalidDistribution(
                f"the probability of the {what} {listing([shorten(names[i]) for i in small])} is too small for float64, below "
                f"{MIN_VIEW_PROBABILITY:.2g}; leave it out or make it larger"
            )
