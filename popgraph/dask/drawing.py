"""Read the rows of A from disk, one block after another: to draw positive pairs, and to find each view's most probable class."""

import numpy as np
import scipy.sparse as sp

from popgraph.basics.arrays import Floats, Ints
from popgraph.dask import store
from popgraph.populations import PairSampler

CLASS_MASS_BYTES = 2**28  # of the table of class sums, (classes, N), that is filled in one pass over the blocks


def draw(directory: str, p: Floats, ends: Ints, each: int, rng: np.random.Generator, size: int) -> Ints:
    """Draw naturals from p, and `each` of their views independently: positions (size, each).

    `ends` (blocks,) is the number of naturals up to the end of each block. The same seed gives the same draws as `PairSampler`
    on the whole of A, but only the rows of the naturals drawn are read.
    """
    naturals = PairSampler(p, None).naturals(size, rng)  # type: ignore[arg-type]  # naturals are drawn from p alone
    uniform = [rng.random(size) for _ in range(each)]
    drawn = np.empty((size, each), dtype=np.intp)
    block_of = np.searchsorted(ends, naturals, side="right")
    for block in np.unique(block_of).tolist():
        draws = np.flatnonzero(block_of == block)  # those whose natural lies in this block
        p_block, A, columns = store.kernel(directory, block)
        rows = A[naturals[draws] - (ends[block] - len(p_block))]
        kernel = sp.csr_array(
            (rows.data, columns[rows.indices], rows.indptr), shape=(len(draws), int(columns.max()) + 1)
        )
        kernel.sort_indices()  # by view, as in the whole of A: the draws depend on the order
        sampler, at = PairSampler(np.ones(len(draws)), kernel), np.arange(len(draws))
        for i, numbers in enumerate(uniform):
            drawn[draws, i] = sampler.given(at, numbers[draws])
    return drawn


def most_probable(directory: str, blocks: int, n_views: int, y: Ints) -> Ints:
    """Return argmax_c Σ_x̄ p(x̄) A(x|x̄) 1[y(x̄) = c] for each view, (N,), the first on a tie, and -1 where y is -1 throughout.

    The sums run over the naturals in their order, as those of `bayes_labels` do, so that ties are broken alike.
    """
    classes = int(y.max(initial=-1)) + 1
    best, most = np.full(n_views, -1, dtype=np.intp), np.zeros(n_views)
    width = max(1, CLASS_MASS_BYTES // (8 * n_views))
    for first in range(0, classes, width):
        mass = np.zeros((min(width, classes - first), n_views))
        start = 0
        for block in range(blocks):
            p, A, columns = store.kernel(directory, block)
            row = np.repeat(np.arange(len(p)), np.diff(A.indptr))
            c = y[start + row] - first
            in_pass = (c >= 0) & (c < len(mass))
            np.add.at(mass, (c[in_pass], columns[A.indices[in_pass]]), A.data[in_pass] * p[row[in_pass]])
            start += len(p)
        for number, of_class in enumerate(mass, first):
            best[of_class > most] = number
            np.maximum(most, of_class, out=most)
    return best
