"""`find_grid`: find out from its arrays whether an enumerated population is a product of independent coordinates.

How the population was declared plays no part: p and every stored entry of A are compared with products of one factor for each
coordinate.
"""

from math import prod
from typing import Any

import numpy as np
import scipy.sparse as sp

from popgraph.basics.arrays import Floats, Ints, frozen, frozen_csr
from popgraph.basics.subspace import EPS
from popgraph.declare import EnumeratedPopulation, LetterCoding, NumberCoding, StateSequence
from popgraph.populations import weights
from popgraph.spectrum import Grid

COORDINATE_VIEWS_LIMIT = 800  # of one coordinate; all eigenpairs of each coordinate are computed by a dense solver
ENTRIES_AT_ONCE = 2**21  # entries of A that are compared in one step
ROUNDINGS_PER_COORDINATE = (
    16  # roundings that p and A may differ by from the products, since a coordinate's p and A are themselves sums
)
HALF_TABLE_LIMIT = (
    2**24
)  # entries of the dense product of half of the coordinates; a larger population is treated as no grid


def find_grid(population: EnumeratedPopulation) -> Grid | None:
    """Return the factors of a product population whose outcomes are tuples, or None if it is no product.

    It is one if the naturals are all tuples of d coordinates over some sets, the views are too, p is a product, and
    A(x|x̄) = Π_j A_j(x_j|x̄_j) for every pair, up to a few roundings.
    """
    # Most populations that are not a product are recognised in O(d (n + N)); checking all entries takes O(nnz)
    views, A = population.views, population.kernel
    if not isinstance(views, StateSequence) or not isinstance(views.coding, NumberCoding | LetterCoding):
        return None
    naturals = views.coding.encode(population.distribution.outcomes)
    d = views.array.shape[1]
    if naturals is None or d < 2 or naturals.shape[1] != d:
        return None
    if (of_naturals := _coordinates(naturals)) is None or (of_views := _coordinates(views.array)) is None:
        return None
    natural, (x, x_sizes) = of_naturals[0], of_views
    if max(x_sizes) > COORDINATE_VIEWS_LIMIT:
        return None
    p, expected, marginals, kernels = population.distribution.probabilities, np.ones(len(naturals)), [], []
    for j in range(d):
        others = np.delete(np.arange(d), j)
        line = np.flatnonzero((natural[:, others] == natural[0, others]).all(axis=1))
        line = line[np.argsort(natural[line, j])]  # the naturals that differ from the first in coordinate j alone
        marginals.append(p[line] / p[line].sum())
        expected *= marginals[j][natural[:, j]]
        kernels.append(_coordinate_kernel(A, line, x[:, j], x_sizes[j]))
    if (np.abs(p - expected) > ROUNDINGS_PER_COORDINATE * d * EPS * expected).any() or not _is_product(
        A, natural, x, kernels
    ):
        return None
    return _grid(kernels, marginals, x)


def _coordinates(states: Any) -> tuple[Ints, list[int]] | None:
    """Return states (m, d) with each coordinate's values numbered from 0, and how many it has; None unless all tuples occur."""
    # The m states are different, so all tuples occur iff m is the product of the coordinates' numbers of values. The product of the
    # first few must then divide m, which ends the loop early for most states that are not a grid.
    numbered = np.empty(states.shape, dtype=np.intp)
    sizes: list[int] = []
    for j in range(states.shape[1]):
        values, numbered[:, j] = np.unique(states[:, j], return_inverse=True)
        sizes.append(len(values))
        if len(states) % prod(sizes):
            return None
    return (numbered, sizes) if prod(sizes) == len(states) else None


def _coordinate_kernel(A: Any, line: Ints, values: Ints, n_views: int) -> Floats:
    """Return the kernel A_j of one coordinate, (len(line), N_j), from the rows `line` of A, whose naturals differ in it only."""
    kernel = np.zeros((len(line), n_views))
    for i, row in enumerate(line):
        entries = slice(A.indptr[row], A.indptr[row + 1])
        law = np.bincount(values[A.indices[entries]], weights=A.data[entries], minlength=n_views)
        kernel[i] = law / law.sum()
    return kernel


def _is_product(A: Any, natural: Ints, x: Ints, kernels: list[Any]) -> bool:
    """Whether each entry of A is the product of its coordinates' entries, and each product that is not 0 is an entry of A."""
    # The products of the first and of the second half of the coordinates are tabulated, so each entry takes two look-ups for any d
    if prod(int(np.count_nonzero(kernel)) for kernel in kernels) != A.nnz:
        return False
    sizes = np.cumsum([np.log(kernel.size) for kernel in kernels])
    cut = 1 + int(np.argmin(np.abs(2 * sizes[:-1] - sizes[-1])))
    if max(prod(kernel.size for kernel in half) for half in (kernels[:cut], kernels[cut:])) > HALF_TABLE_LIMIT:
        return False
    left, right = _half(natural, x, kernels, slice(0, cut)), _half(natural, x, kernels, slice(cut, None))
    allowed = ROUNDINGS_PER_COORDINATE * len(kernels) * EPS
    step = max(1, ENTRIES_AT_ONCE * len(natural) // max(A.nnz, 1))
    for start in range(0, len(natural), step):
        rows = slice(start, min(start + step, len(natural)))
        entries = slice(A.indptr[rows.start], A.indptr[rows.stop])
        row = np.repeat(np.arange(rows.start, rows.stop), np.diff(A.indptr[rows.start : rows.stop + 1]))
        columns, expected = A.indices[entries], np.ones(len(row))
        for table, at_row, at_column in (left, right):
            expected *= table[at_row[row] + at_column[columns]]
        if not (np.abs(A.data[entries] - expected) <= allowed * expected).all():
            return False
    return True


def _half(natural: Ints, x: Ints, kernels: list[Any], half: slice) -> tuple[Floats, Ints, Ints]:
    """Return the Kronecker product of some coordinates' kernels, flattened, and the offset in it of each natural and view."""
    table = np.ones((1, 1))
    row, column = np.zeros(len(natural), dtype=np.intp), np.zeros(len(x), dtype=np.intp)
    for j in range(len(kernels))[half]:
        table = np.kron(table, kernels[j])
        row = row * kernels[j].shape[0] + natural[:, j]
        column = column * kernels[j].shape[1] + x[:, j]
    return table.ravel(), row * table.shape[1], column


def _grid(kernels: list[Any], marginals: list[Any], x: Ints) -> Grid:
    """Make a grid of the coordinates' kernels and distributions. Coordinates that are equal up to rounding share one factor."""
    kinds: list[tuple[Floats, Floats]] = []
    kind_of = []
    for kernel, p in zip(kernels, marginals, strict=True):
        alike = [i for i, kind in enumerate(kinds) if _close(kind[0], kernel) and _close(kind[1], p)]
        kind_of.append(alike[0] if alike else len(kinds))
        if not alike:
            kinds.append((kernel, p))
    factors = []
    for kernel, p in kinds:
        sparse = frozen_csr(sp.csr_array(kernel))
        w = weights.view_probabilities(p, sparse, range(kernel.shape[1]))
        factors.append((weights.factor(p, sparse, w), frozen(w)))
    return Grid(tuple(factors), frozen(np.array(kind_of, dtype=np.intp)), frozen(x))


def _close(a: Floats, b: Floats) -> bool:
    """Whether two arrays are equal up to rounding."""
    return a.shape == b.shape and bool((np.abs(a - b) <= ROUNDINGS_PER_COORDINATE * EPS * b).all())
