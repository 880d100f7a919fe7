"""`PairSampler`: draws views and positive pairs from p and the kernel A, in O(log nnz) each."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from popgraph.basics.arguments import count
from popgraph.basics.arrays import Floats, Ints, Sparse
from popgraph.basics.memory import reserve

MAX_DRAWS = 2**31  # in one call
NATURALS_AT_A_TIME = 2**16  # of the kernel, when its entries are summed up


def read_draws(size: int, each: float = 48.0) -> int:
    """Return the number of draws that a caller asks for, each of `each` bytes.

    Raises InvalidArgument if it is not a whole number, 0 or more, and TooLarge if they do not fit in memory.
    """
    size = count("size", size, 0, MAX_DRAWS, "the number of draws must be a whole number")
    reserve(f"a sample of size {size:,}", each * size, "draw fewer at a time")
    return size


@dataclass(frozen=True, eq=False)
class PairSampler:
    """Draw from p (n,) and the kernel A, an (n, N) csr_array whose rows sum to 1."""

    p: Floats
    kernel: Sparse

    def views(self, size: int, generator: np.random.Generator) -> Ints:
        """Draw views from w_x: positions (size,)."""
        naturals = self.naturals(size, generator)
        return self.given(naturals, generator.random(len(naturals)))

    def pairs(self, size: int, generator: np.random.Generator) -> Ints:
        """Draw positive pairs from w: positions (size, 2)."""
        naturals = self.naturals(size, generator)
        return np.column_stack([self.given(naturals, generator.random(len(naturals))) for _ in range(2)])

    def naturals(self, size: int, generator: np.random.Generator) -> Ints:
        """Draw naturals from p: positions (size,)."""
        size = read_draws(size)
        drawn = np.searchsorted(self._p_below, generator.random(size), side="right")
        return np.minimum(drawn, len(self.p) - 1)

    @cached_property
    def _p_below(self) -> Floats:
        running = np.cumsum(self.p)
        return np.asarray(running / running[-1])

    @cached_property
    def _rows_below(self) -> Floats:
        """Row number plus the share of the row's mass up to and including each entry: increasing over all entries."""
        indptr = self.kernel.indptr
        reserve("drawing views", 8.0 * self.kernel.nnz + 40.0 * len(self.p), "draw from a smaller population")
        running = np.cumsum(self.kernel.data)
        before = np.concatenate([[0.0], running[indptr[1:-1] - 1]])
        totals = running[indptr[1:] - 1] - before
        for first in range(0, len(self.p), NATURALS_AT_A_TIME):  # in place: there may be as many entries as fit
            of = slice(first, min(first + NATURALS_AT_A_TIME, len(self.p)))
            rows = np.repeat(np.arange(of.start, of.stop), np.diff(indptr[of.start : of.stop + 1]))
            part = running[indptr[of.start] : indptr[of.stop]]
            part[:] = rows + np.clip((part - before[rows]) / totals[rows], 0.0, 1.0)
        return running

    def given(self, naturals: Ints, uniform: Floats) -> Ints:
        """Return the view of each of these naturals that a number in [0, 1) chooses."""
        position = np.searchsorted(self._rows_below, naturals + uniform, side="right")
        first, last = self.kernel.indptr[naturals], self.kernel.indptr[naturals + 1] - 1
        return np.asarray(self.kernel.indices[np.clip(position, first, last)], dtype=np.intp)
