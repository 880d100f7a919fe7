"""Tall tables, block of rows by block of rows: sums, projections, QR and singular values that take no second table.

Blocks depend on the shape alone, and sums are added in the order of the blocks, so that the bits depend on nothing else, also where
threads share the blocks of a large table. A table of at most one block is worked on whole.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial, reduce
from itertools import pairwise
from operator import add
from typing import Any, TypeVar

import numpy as np
from scipy.linalg.blas import dgemm, dgemv

from popgraph.basics.arrays import Floats
from popgraph.basics.products import side_by_side

R = TypeVar("R")

# The least number of rows in a block. QR of 1,000,000 x 32 takes 0.42 s in blocks of 4,096 rows, which fit in cache, 0.85 s in
# blocks of 65,536, and 2.2 s whole.
ROWS_AT_A_TIME = 4096
LEAST_ROWS_PER_COLUMN = 8  # of a block: the factors R of all blocks then take an eighth of the table at most
# Numbers of a table from which on threads share its blocks: a core reads so many in 2 ms, and threads cost 0.1 ms
SHARED_NUMBERS = 4_000_000
BLOCKS_AT_ONCE = 64  # that are worked on before their results are added up, so that these take little memory
# Rows of a block in `without_span`, where a block is but read: 500,000 x 40 takes 9.7 ms of one core in blocks of 31,000 to 125,000
# rows, 11.4 in blocks of 16,000 and less, and 13.3 whole
SWEPT_ROWS = 2**16


def tall_blocks(rows: int, columns: int = 1) -> list[slice]:
    """Cut rows into blocks of nearly one length, each at least 4,096 rows and 8 for each column, if there are so many."""
    count = max(1, rows // max(ROWS_AT_A_TIME, LEAST_ROWS_PER_COLUMN * columns))
    starts = [rows * block // count for block in range(count + 1)]
    return [slice(start, stop) for start, stop in pairwise(starts)]


@dataclass(frozen=True, eq=False)
class ScaledRows:
    """A table (N, d) with each row multiplied by its scale (N,), formed block by block when it is asked for."""

    table: Floats
    scale: Floats | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """The shape of the table."""
        rows, columns = self.table.shape
        return rows, columns

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, rows: slice) -> Floats:
        part = self.table[rows]
        return part if self.scale is None else part * self.scale[rows, np.newaxis]

    def columns(self, start: int, stop: int) -> Floats:
        """Return some columns of all rows, (N, stop - start), as an array of its own."""
        part = self.table[:, start:stop]
        return np.ascontiguousarray(part) if self.scale is None else np.asarray(part * self.scale[:, np.newaxis])

    def largest(self) -> float:
        """Return the largest entry in size."""
        return float(max(np.abs(self[rows]).max(initial=0.0) for rows in tall_blocks(*self.shape)))


def of_blocks(job: Callable[[slice], R], rows: int, columns: int) -> Iterator[R]:
    """Yield what a job returns for each block of the rows of a table, in their order; the blocks of a large one share threads."""
    blocks = tall_blocks(rows, columns)
    for start in range(0, len(blocks), BLOCKS_AT_ONCE):
        jobs = [partial(job, block) for block in blocks[start : start + BLOCKS_AT_ONCE]]
        yield from side_by_side(jobs, rows * columns >= SHARED_NUMBERS)


def block_sum(term: Callable[[slice], Any], rows: int, columns: int) -> Any:
    """Return the sum of a term over the blocks of rows, in their order."""
    return reduce(add, of_blocks(term, rows, columns))


def frobenius_norm(part: Callable[[slice], Floats], rows: int, columns: int) -> float:
    """Return the Frobenius norm of a tall table, of which `part` makes any block of rows."""
    return float(np.linalg.norm(list(of_blocks(lambda block: np.linalg.norm(part(block)), rows, columns))))


def without_span(Q: Floats, Y: Floats) -> tuple[Floats, Floats]:
    """Return Y - QQᵀY and QᵀY, for orthonormal columns Q (N, q) and a vector Y (N,) or columns (N, m).

    Q and columns are best in Fortran's order, as BLAS takes them without a copy.
    """
    if Q.size < SHARED_NUMBERS:
        if Y.ndim == 1:
            along = dgemv(1.0, Q, Y, trans=1)
            return Y - dgemv(1.0, Q, along), along
        Y = np.asfortranarray(Y)
        along = dgemm(1.0, Q, Y, trans_a=1)
        return np.asarray(dgemm(-1.0, Q, along, 1.0, Y)), along
    blocks = _swept_blocks(len(Q))
    along = reduce(add, side_by_side([partial(_inner, Q, Y, block) for block in blocks]))
    rest = np.empty(Y.shape, order="F")

    def subtract(block: slice) -> None:
        np.subtract(Y[block], (along.T @ Q[block].T).T, out=rest[block])

    side_by_side([partial(subtract, block) for block in blocks])
    return rest, along


def turned(Q: Floats, turn: Floats) -> Floats:
    """Return Q (N, q) times a matrix (q, m), in Fortran's order."""
    if Q.size < SHARED_NUMBERS:
        return np.asarray(dgemm(1.0, Q, turn))
    columns = np.empty((len(Q), turn.shape[1]), order="F")

    def multiply(block: slice) -> None:
        np.matmul(turn.T, Q[block].T, out=columns[block].T)

    side_by_side([partial(multiply, block) for block in _swept_blocks(len(Q))])
    return columns


def _swept_blocks(rows: int) -> list[slice]:
    """Cut rows into blocks of nearly one length, at most `SWEPT_ROWS`."""
    count = -(-rows // SWEPT_ROWS)
    return [slice(rows * block // count, rows * (block + 1) // count) for block in range(count)]


def _inner(Q: Floats, Y: Floats, rows: slice) -> Any:
    """Return QᵀY of some rows."""
    return Q[rows].T @ Y[rows]


# Demmel, Grigori, Hoemmen and Langou, Communication-optimal parallel and sequential QR and LU factorizations, SIAM J. Sci. Comput.
# 34 (2012): Householder's QR of each block, and then of all R one below the other, is backward stable as that of the whole is.


def with_same_singular_values(part: Callable[[slice], Floats], rows: int, columns: int) -> Floats:
    """Return a matrix with the singular values of a tall table, of which `part` makes any block of rows.

    It is the R of a QR; where the table is one block, it is the table.
    """
    blocks = tall_blocks(rows, columns)
    if len(blocks) == 1:
        return part(blocks[0])
    factors = list(of_blocks(lambda block: np.linalg.qr(part(block), mode="r"), rows, columns))
    return np.asarray(np.linalg.qr(np.concatenate(factors), mode="r"))


class TallQR:
    """Q and R of a tall table X = QR, (N, d). The table is overwritten by the Q of its blocks."""

    def __init__(self, X: Floats) -> None:
        self._blocks = tall_blocks(*X.shape)
        self._of_blocks, self._of_factors = X, np.empty((0, 0))
        if len(self._blocks) == 1:
            self._of_blocks, self.R = np.linalg.qr(X)
            return

        def factor(block: slice) -> Floats:
            X[block], R = np.linalg.qr(X[block])
            return np.asarray(R)

        factors = list(of_blocks(factor, *X.shape))
        self._of_factors, self.R = np.linalg.qr(np.concatenate(factors))

    def times(self, turn: Floats) -> Floats:
        """Return Q times a matrix (d, m), m <= d. It takes the place of the table: this can be asked once."""
        if len(self._blocks) == 1:
            return np.asarray(self._of_blocks @ turn)
        d, m = turn.shape
        for block, start in zip(self._blocks, range(0, len(self._of_factors), d), strict=True):
            self._of_blocks[block, :m] = self._of_blocks[block] @ (self._of_factors[start : start + d] @ turn)
        return self._of_blocks[:, :m]
