"""`find_grid`: whether an enumerated population is a product of independent coordinates, told by its arrays alone.

Nothing that was declared is relied on: p and every stored entry of A are compared with the products of the coordinates' own.
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

COORDINATE_VIEWS_LIMIT = 800  # of one coordinate, all of whose eigenpairs are computed
ENTRIES_AT_ONCE = 2**21  # entries compared together
ROUNDINGS_PER_COORDINATE = 16  # by which products may differ: a coordinate's own values are sums of products
HALF_TABLE_LIMIT = 2**24  # entries of a half's dense array; larger populations are left to the other solvers


def find_grid(population: EnumeratedPopulation) -> Grid | None:
    """Return the factors of a product population whose outcomes are tuples, or None if it is no product.

    The naturals must be all tuples over some sets, the views too, p a product, and A(x|x̄) = Π_j A_j(x_j|x̄_j) for every pair,
    to a few roundings. It costs O(d (n + N)) to tell that there is no grid, and O(nnz) to check the entries.

    Examples
    --------
    >>> import popgraph as pg
    >>> print(find_grid(pg.zoo.hypercube(3).population))
    a product of 3 factors (3 of 2 x 2)
    >>> find_grid(pg.zoo.lightning_cloud().population)
    """
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
    """Return states (m, d) with each coordinate's values numbered by size, and how many there are, if they are a whole grid."""
    # All states are different, so they are a whole grid iff there are as many as the product of these numbers. Most that are none
    # show it in the first coordinates, whose numbers of values do not divide m.
    numbered = np.empty(states.shape, dtype=np.intp)
    sizes: list[int] = []
    for j in range(states.shape[1]):
        values, numbered[:, j] = np.unique(states[:, j], return_inverse=True)
        sizes.append(len(values))
        if len(states) % prod(sizes):
            return None
    return (numbered, sizes) if prod(sizes) == len(states) else None


def _coordinate_kernel(A: Any, line: Ints, values: Ints, n_views: int) -> Floats:
    """Return what A does to one coordinate, (len(line), N_j), for naturals that differ in it alone."""
    kernel = np.zeros((len(line), n_views))
    for i, row in enumerate(line):
        entries = slice(A.indptr[row], A.indptr[row + 1])
        law = np.bincount(values[A.indices[entries]], weights=A.data[entries], minlength=n_views)
        kernel[i] = law / law.sum()
    return kernel


def _is_product(A: Any, natural: Ints, x: Ints, kernels: list[Any]) -> bool:
    """Whether every entry of A is the product of the coordinates' ones, and no product is missing."""
    # Two halves of the coordinates are multiplied out beforehand, so that an entry costs two look-ups however many there are
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
    """Return the product of some coordinates' kernels, flattened, and where each natural's row and each view's column is."""
    table = np.ones((1, 1))
    row, column = np.zeros(len(natural), dtype=np.intp), np.zeros(len(x), dtype=np.intp)
    for j in range(len(kernels))[half]:
        table = np.kron(table, kernels[j])
        row = row * kernels[j].shape[0] + natural[:, j]
        column = column * kernels[j].shape[1] + x[:, j]
    return table.ravel(), row * table.shape[1], column


def _grid(kernels: list[Any], marginals: list[Any], x: Ints) -> Grid:
    """Join the coordinates' kernels and distributions into a grid; those that are equal to rounding are one kind."""
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
    """Whether two arrays are equal to rounding."""
    return a.shape == b.shape and bool((np.abs(a - b) <= ROUNDINGS_PER_COORDINATE * EPS * b).all())
