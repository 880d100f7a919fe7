"""`EnumeratedPopulation`: a distribution and an augmentation, enumerated into naturals, views, p and the sparse kernel A.

Every form in which a population can be declared is read here, and here alone; all of them end in the same arrays. What is
computed from these arrays (w, Ā, F*) lives in `graph.py`.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any, cast

import numpy as np
import scipy.sparse as sp

from popgraph.basics.arguments import by_value
from popgraph.basics.arguments.containers import positions_by_name, refuse_other_names
from popgraph.basics.arguments.distributions import read_declared
from popgraph.basics.arguments.kernels import is_mapping, is_matrix, read_kernel
from popgraph.basics.arguments.outcomes import check_equality, read_distinct
from popgraph.basics.arguments.probabilities import SUM_TOLERANCE
from popgraph.basics.arrays import Immutable, Sparse, frozen, frozen_csr, row_ranges
from popgraph.basics.memory import DECLARE_FEWER, reserve
from popgraph.basics.progress import Progress, track
from popgraph.basics.words import listing, shorten
from popgraph.declare.augmentation import Augmentation, as_augmentation, ask
from popgraph.declare.batch.enumeration import Enumeration, enumerate_states
from popgraph.declare.distribution import Distribution, from_vector
from popgraph.errors import InvalidAugmentation, InvalidDistribution

ENTRIES_BETWEEN_CHECKS = 2**17  # entries listed between two looks at how much memory is left


@dataclass(frozen=True, eq=False)
class ExactKernel(Immutable):
    """Hold A exactly: a numerator for each stored entry, a denominator for each natural.

    `numerators` (nnz,) is int64 where it fits, else of Python ints; it follows the order of the kernel's `data`.
    """

    numerators: Any
    denominators: tuple[int, ...]

    def entry(self, position: int, natural: int) -> Fraction:
        """Return the stored entry at this position of the kernel's data, in the row of this natural."""
        return Fraction(int(self.numerators[position]), self.denominators[natural])


@dataclass(frozen=True, eq=False)
class EnumeratedPopulation(Immutable):
    """Hold a declared population: naturals with p, N views, A (n, N) as floats, and `exact`, A in fractions if so declared.

    If the views are the naturals, they have the order of these. Else they are ordered natural by natural: x̄ first if it is one
    of its own views, then the others as declared.
    """

    distribution: Distribution
    views: Sequence[Hashable]
    kernel: Sparse
    exact: ExactKernel | None


def enumerate_population(
    distribution: Any,
    augmentation: Any,
    *,
    views: Any = None,
    normalize: bool = False,
    drop_unreachable: bool = False,
    progress: Progress = None,
) -> EnumeratedPopulation:
    """Read a population in any of the forms that `popgraph.build` documents."""
    if is_matrix(augmentation):
        return _from_matrix(distribution, augmentation, views, normalize, drop_unreachable)
    order = None if views is None else read_distinct(views, "view", "name each view once")
    law = read_distribution(distribution, normalize=normalize)
    check_floats(law, "natural")
    kernel = as_augmentation(_normalized(augmentation) if normalize else augmentation)
    population = enumerate_views(law, kernel, progress)
    return population if order is None else _in_order(population, order, drop_unreachable)


def _normalized(augmentation: Any) -> Any:
    """Read the rows of a mapping of mappings as weights."""
    if is_mapping(augmentation):
        table = as_augmentation(augmentation)
        return Augmentation(partial(_normalized_row, table), "table", trusted=True)
    return augmentation


def _normalized_row(table: Augmentation, natural: Any) -> Distribution:
    """Return the row of a natural, divided by its sum."""
    return Distribution(table.kernel(natural), normalize=True)


def read_distribution(declared: Any, *, normalize: bool = False, naturals: Sequence[Any] | None = None) -> Distribution:
    """Read a Distribution, a mapping, a Series, a probability vector, or a sequence of equally likely outcomes.

    `naturals` names the entries of a probability vector; they are 0, 1, ... if not given.
    """
    if isinstance(declared, Distribution):
        return declared
    if isinstance(declared, Augmentation):
        raise InvalidDistribution(
            f"{declared!r} stands where the distribution should: build(distribution, augmentation)"
        )
    given = read_declared(declared, naturals)
    if given is None:
        return Distribution(declared, normalize=normalize)
    if given.weights is None:
        return Distribution.uniform(given.outcomes)
    names, weights = given.outcomes, given.weights
    if isinstance(names, range) and not normalize and (quick := from_vector(weights)) is not None:
        return quick
    law = Distribution(list(zip(names, weights.tolist(), strict=True)), normalize=normalize)
    if len(law) < len(weights):
        zero = [shorten(name) for name in names if name not in law]
        raise InvalidDistribution(
            f"the probability of natural {listing(zero)} is 0; naturals need p > 0: leave out these entries and rows"
        )
    return law


def read_law_and_matrix(
    declared: Any, given: Any, views: Any, normalize: bool = False
) -> tuple[Distribution, Any, Sequence[Any]]:
    """Return a distribution, a kernel matrix with its rows in the order of the naturals, and the names of its columns."""
    table = read_kernel(given, views)
    law = read_distribution(declared, normalize=normalize, naturals=table.rows)
    check_floats(law, "natural")
    matrix, shape = table.values, table.values.shape
    if len(shape) == 2 and table.rows is not None:
        order = positions_by_name("the kernel table", table.rows, law.outcomes, "natural", InvalidAugmentation)
        matrix = matrix if order is None else matrix[order]
    if len(shape) != 2 or shape[0] != len(law):
        raise InvalidAugmentation(
            f"the kernel matrix has shape {shape}; {len(law)} naturals need {len(law)} rows, a column for each view "
            "(outcomes of probability 0 are not naturals)"
        )
    names: Sequence[Any] = range(shape[1]) if table.columns is None else table.columns
    if len(names) != shape[1]:
        raise InvalidAugmentation(f"the kernel matrix has {shape[1]} columns; views= names {len(names)}")
    if not isinstance(names, range):
        names = tuple(read_distinct(names, "view", "name the columns apart"))
    return law, matrix, names


def _from_matrix(
    declared: Any, given: Any, views: Any, normalize: bool, drop_unreachable: bool
) -> EnumeratedPopulation:
    """Read a kernel matrix, whose columns keep their order."""
    law, matrix, names = read_law_and_matrix(declared, given, views, normalize)
    kernel, exact = read_rows(matrix, law, normalize)
    reached = np.zeros(len(names), dtype=bool)
    for rows in row_ranges(kernel):  # numpy makes 64-bit copies of the indices
        reached[kernel.indices[kernel.indptr[rows.start] : kernel.indptr[rows.stop]]] = True
    if not reached.all():
        if not drop_unreachable:
            lost = [
                f"{j} ({shorten(names[j])})" if names[j] != j else str(j) for j in np.flatnonzero(~reached).tolist()
            ]
            raise InvalidAugmentation(
                f"{len(lost)} of {len(names)} columns are reached from no natural, so they are no views: {listing(lost)}; "
                "pass drop_unreachable=True to leave them out"
            )
        kernel = frozen_csr(kernel[:, reached])
        names = tuple(names[j] for j in np.flatnonzero(reached).tolist())
    return EnumeratedPopulation(law, names, kernel, exact)


def read_rows(matrix: Any, law: Distribution, normalize: bool) -> tuple[Sparse, ExactKernel | None]:
    """Check the rows of a kernel matrix, and divide them by their sums where asked to."""
    is_integer = matrix.dtype.kind in "biu"
    entries = matrix.data if sp.issparse(matrix) else matrix
    if matrix.dtype.kind not in "biuf" or (is_integer and float(np.sum(entries, dtype=np.float64)) >= 2**53):
        return _read_objects(matrix, law, normalize)  # fractions; or ints whose sums a float does not hold
    count = matrix.nnz if sp.issparse(matrix) else np.count_nonzero(matrix)
    reserve(f"a kernel of {count:,} entries", 48.0 * count, "declare fewer naturals, or views")
    csr = _converted(matrix, np.int64 if is_integer else np.float64)
    csr.sum_duplicates()
    csr.eliminate_zeros()

    def named(entries: Any) -> str:
        rows = np.searchsorted(csr.indptr, entries, side="right") - 1
        return listing(
            [
                f"{csr.data[i]} in the row of {shorten(law.outcomes[row])}, column {csr.indices[i]}"
                for i, row in zip(entries, rows.tolist(), strict=True)
            ]
        )

    data = csr.data.astype(np.float64, copy=False)
    if (bad := np.flatnonzero(~np.isfinite(data))).size:
        raise InvalidAugmentation(f"the kernel matrix has entries that are not finite: {named(bad)}")
    if (bad := np.flatnonzero(data < 0)).size:
        raise InvalidAugmentation(f"the kernel matrix has negative entries: {named(bad)}")
    totals = Sparse((data, csr.indices, csr.indptr), shape=csr.shape) @ np.ones(csr.shape[1])
    wrong = np.flatnonzero(totals <= 0 if normalize else np.abs(totals - 1) > SUM_TOLERANCE)
    if wrong.size:
        mend = "an empty row cannot be rescaled" if normalize else "pass normalize=True to rescale"
        sums = listing([f"the row of {shorten(law.outcomes[i])} to {totals[i]:.12g}" for i in wrong])
        raise InvalidAugmentation(f"{wrong.size} of {len(law)} kernel rows do not sum to 1: {sums}; {mend}")
    exact = ExactKernel(frozen(csr.data.copy()), tuple(int(total) for total in totals)) if is_integer else None
    if normalize:
        data /= np.repeat(totals, np.diff(csr.indptr))
    return frozen_csr(sp.csr_array((data, csr.indices, csr.indptr), shape=csr.shape)), exact


def _converted(matrix: Any, dtype: Any) -> Sparse:
    """Copy a matrix into a csr_array of this type; scipy sums duplicates in the matrix's own, where small ints overflow."""
    if not sp.issparse(matrix):
        if np.count_nonzero(matrix) < matrix.size:
            return Sparse(matrix.astype(dtype))
        # Without zeros there is nothing to search for: a quarter of the time that scipy takes
        n, n_views = matrix.shape
        kind = np.int32 if matrix.size <= np.iinfo(np.int32).max else np.int64
        columns = np.tile(np.arange(n_views, dtype=kind), n)
        starts = np.arange(n + 1, dtype=kind) * n_views
        return Sparse((matrix.astype(dtype, order="C").ravel(), columns, starts), shape=matrix.shape)
    if matrix.format == "csr":
        return Sparse((matrix.data.astype(dtype), matrix.indices.copy(), matrix.indptr.copy()), shape=matrix.shape)
    return Sparse((matrix.data.astype(dtype), (matrix.row, matrix.col)), shape=matrix.shape)


def _read_objects(matrix: Any, law: Distribution, normalize: bool) -> tuple[Sparse, ExactKernel | None]:
    """Read a kernel matrix of fractions, decimals or strings, or of large ints, exactly."""
    if sp.issparse(matrix):
        coo, matrix = matrix.tocoo(copy=False), np.zeros(matrix.shape, dtype=object)
        np.add.at(matrix, (coo.row, coo.col), coo.data.astype(object))
    rows = []
    for natural, row in zip(law, matrix.tolist(), strict=True):
        try:
            rows.append(Distribution(list(enumerate(row)), normalize=normalize))
        except InvalidDistribution as error:
            raise InvalidAugmentation(f"the row of {shorten(natural)} is no distribution: {error}") from error
    return _assemble(rows, [cast(int, column) for row in rows for column in row], matrix.shape[1])


def enumerate_views(
    law: Distribution, augmentation: Augmentation, progress: Progress, *, as_naturals: bool = True
) -> EnumeratedPopulation:
    """List the views natural by natural, asking the augmentation about each; as the naturals, where they are these.

    `as_naturals` is False of a block of a larger population, whose views are put in order when all of them are known.
    """
    if (listed := enumerate_states(law.outcomes, augmentation, progress, as_naturals)) is not None:
        return _from_states(law, listed)
    index: dict[Hashable, int] = {}
    columns: list[int] = []
    rows: list[Distribution] = []
    checked_at = 0
    for natural in track(law, len(law), progress, "enumerate"):
        row = ask(augmentation, natural)
        if natural in row:
            index.setdefault(natural, len(index))
        columns.extend(index.setdefault(view, len(index)) for view in row)
        rows.append(row)
        if (
            len(columns) > checked_at + ENTRIES_BETWEEN_CHECKS
        ):  # Python's lists of what comes are several times the arrays
            checked_at = len(columns)
            reserve(f"listing the views, {checked_at:,} so far and as many again", 100.0 * checked_at, DECLARE_FEWER)
    check_equality(index, "view")
    if as_naturals and len(index) == len(law) and all(natural in index for natural in law):
        rank = {index[natural]: i for i, natural in enumerate(law)}
        columns, index = [rank[column] for column in columns], dict(zip(law, range(len(law)), strict=True))
    kernel, exact = _assemble(rows, columns, len(index))
    return EnumeratedPopulation(law, tuple(index), kernel, exact)


def _in_order(population: EnumeratedPopulation, views: list[Hashable], drop_unreachable: bool) -> EnumeratedPopulation:
    """Return the population with its views in this order, which names each of them."""
    position = {by_value(view): i for i, view in enumerate(population.views)}
    if drop_unreachable:
        views = [view for view in views if by_value(view) in position]
    try:
        refuse_other_names("views=", views, population.views, "view", InvalidAugmentation)
    except InvalidAugmentation as error:
        raise InvalidAugmentation(f"{error}; drop_unreachable=True leaves out what no natural reaches") from None
    order = [position[by_value(view)] for view in views]
    kernel, exact = population.kernel, population.exact
    rank = np.argsort(order)
    columns = rank[kernel.indices]
    by_column = np.lexsort((columns, np.repeat(np.arange(kernel.shape[0]), np.diff(kernel.indptr))))
    kernel = frozen_csr(
        sp.csr_array((kernel.data[by_column], columns[by_column], kernel.indptr.copy()), shape=kernel.shape)
    )
    if exact is not None:
        exact = ExactKernel(frozen(exact.numerators[by_column]), exact.denominators)
    return EnumeratedPopulation(population.distribution, tuple(views), kernel, exact)


def _from_states(law: Distribution, listed: Enumeration) -> EnumeratedPopulation:
    """Sort the entries of an enumeration into a kernel."""
    if not listed.data.all():
        row = int(np.searchsorted(listed.indptr, np.flatnonzero(listed.data == 0)[0], side="right")) - 1
        raise InvalidDistribution(
            f"a view of natural {shorten(law.outcomes[row])} has a probability too small for float64, below 5e-324; leave it out"
        )
    shape = (len(law), len(listed.views))
    kernel = frozen_csr(sp.csr_array((listed.data, listed.columns, listed.indptr), shape=shape))
    exact = None
    if listed.numerators is not None:
        exact = ExactKernel(frozen(_narrow(listed.numerators)), listed.denominators)
    return EnumeratedPopulation(law, listed.views, kernel, exact)


def _narrow(numerators: Any) -> Any:
    """Return Python's ints as 64-bit ones where these hold them."""
    return _integers(numerators.tolist()) if numerators.dtype == object else numerators


def _assemble(rows: list[Distribution], columns: list[int], n_views: int) -> tuple[Sparse, ExactKernel | None]:
    """Join the rows of a kernel, whose entries stand in these columns."""
    for row in rows:
        check_floats(row, "view")
    lengths = [len(row) for row in rows]
    order = np.lexsort((np.asarray(columns), np.repeat(np.arange(len(rows)), lengths)))
    data = np.concatenate([row.probabilities for row in rows])[order]
    indptr = np.concatenate([[0], np.cumsum(lengths)])
    kernel = frozen_csr(sp.csr_array((data, np.asarray(columns)[order], indptr), shape=(len(rows), n_views)))
    if not all(row.exact for row in rows):
        return kernel, None
    numerators = _integers([numerator for row in rows for numerator in cast(tuple[int, ...], row.numerators)])
    return kernel, ExactKernel(frozen(numerators[order]), tuple(row.denominator or 1 for row in rows))


def check_floats(law: Distribution, what: str) -> None:
    """Refuse exact probabilities that float64 rounds to 0: their outcomes would silently leave the graph."""
    if not law.probabilities.all():
        lost = [shorten(outcome) for outcome, p in law.items() if p == 0]
        raise InvalidDistribution(
            f"the probability of {what} {listing(lost)} is too small for float64, below 5e-324; leave it out or make it larger"
        )


def _integers(numbers: list[int]) -> Any:
    """Make an array of ints, of Python's own where 64 bits do not hold them."""
    fits = max(numbers, default=0) <= np.iinfo(np.int64).max
    return np.array(numbers, dtype=np.int64 if fits else object)
