"""What this process reads off the rows of A on disk, one block after another: positive pairs, each view's most probable class."""

import numpy as np
import scipy.sparse as sp

from popgraph.basics.arrays import Floats, Ints
from popgraph.dask import store
from popgraph.populations import PairSampler

CLASS_MASS_BYTES = 2**28  # of the sums for some classes on all views, which are added up together


def draw(directory: str, p: Floats, ends: Ints, each: int, rng: np.random.Generator, size: int) -> Ints:
    """Draw naturals from p, and `each` of their views independently: positions (size, each).

    Only the rows of the naturals that are drawn are read. The numbers drawn are those of `PairSampler` on the whole of A.

    Parameters
    ----------
    ends : (blocks,) array
        The number of naturals up to the end of each block.
    """
    naturals = PairSampler(p, None).naturals(size, rng)  # type: ignore[arg-type]  # the kernel is not asked for
    uniform = [rng.random(size) for _ in range(each)]
    drawn = np.empty((size, each), dtype=np.intp)
    block_of = np.searchsorted(ends, naturals, side="right")
    for block in np.unique(block_of).tolist():
        mine = np.flatnonzero(block_of == block)
        p_block, A, columns = store.kernel(directory, block)
        rows = A[naturals[mine] - (ends[block] - len(p_block))]
        of_mine = sp.csr_array(
            (rows.data, columns[rows.indices], rows.indptr), shape=(len(mine), int(columns.max()) + 1)
        )
        of_mine.sort_indices()  # the order of the views, in which the whole of A stands; the block's own may be another
        sampler, at = PairSampler(np.ones(len(mine)), of_mine), np.arange(len(mine))
        for i, numbers in enumerate(uniform):
            drawn[mine, i] = sampler.given(at, numbers[mine])
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
            mine = (c >= 0) & (c < len(mass))
            np.add.at(mass, (c[mine], columns[A.indices[mine]]), A.data[mine] * p[row[mine]])
            start += len(p)
        for number, of_class in enumerate(mass, first):
            best[of_class > most] = number
            np.maximum(most, of_class, out=most)
    return best
