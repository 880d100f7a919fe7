"""Where a block comes from, run by a worker: a function that enumerates it, naturals and an augmentation, or a file.

Each is checked like a whole population, by the same code, and refused in the same words; the block is named in front.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np
import scipy.sparse as sp

from popgraph.basics.arguments import numbers
from popgraph.basics.arguments.kernels import is_matrix, read_kernel
from popgraph.basics.arguments.outcomes import read_distinct
from popgraph.basics.arrays import Floats, Sparse
from popgraph.basics.words import listing, shorten
from popgraph.dask.store import KernelBlock, read_source, write_kernel
from popgraph.declare import Augmentation, Distribution, LazySequence, enumerate_views, read_rows
from popgraph.errors import InvalidArgument, InvalidAugmentation, InvalidDistribution, PopgraphError, TooLarge

Source = Callable[..., tuple[Any, ...]]  # block, and what it is given -> (p, A) or (p, A, views)

READING_HEADERS = (
    Lock()
)  # numpy parses headers by `ast`, which sometimes fails if two threads do so at once (CPython 3.11)


@dataclass(frozen=True)
class Answer:
    """Hold what a worker wrote, or the error that it returns: if a task raised it, dask would run the task again, and log it."""

    written: KernelBlock | None = None
    views: Sequence[Hashable] | None = None
    width: int = 0
    refusal: PopgraphError | None = None


def read(directory: str, block: int, path: str, *given: Any) -> Answer:
    """Enumerate a block by the source pickled in the file `path`, check it, and write it."""
    try:
        p, A, views = _checked(_called(read_source(path), block, *given))
    except PopgraphError as error:
        return Answer(refusal=type(error)(f"block {block}: {error}"))
    try:
        return Answer(write_kernel(directory, block, p, A), views, A.shape[1])
    except TooLarge as error:
        return Answer(refusal=TooLarge(f"block {block}: {error}"))
    except OSError as error:
        return Answer(
            refusal=InvalidArgument(
                f"block {block}: a worker cannot write it ({error}); give store= a directory that all workers see"
            )
        )


def _called(source: Source, block: int, *given: Any) -> Any:
    """Return what a source returns; add a note that names the block to an exception of the user's own code."""
    try:
        return source(block, *given)
    except PopgraphError:
        raise
    except Exception as error:
        error.add_note(f"raised by source on the block {block}")
        raise


def _checked(answer: Any) -> tuple[Floats, Sparse, Sequence[Hashable] | None]:
    """Return p, A and the views of a block."""
    if not isinstance(answer, tuple) or len(answer) not in (2, 3):
        raise InvalidArgument(
            f"a block is (p, A) or (p, A, views): p and a row of A for each of its naturals; got {shorten(answer)}"
        )
    p = numbers("p", answer[0], "it must be an array of probabilities", InvalidDistribution)
    if not is_matrix(answer[1]):
        raise InvalidAugmentation(f"A is {shorten(answer[1])}; give a matrix with a row for each natural of the block")
    table = read_kernel(answer[1], None)
    matrix, views = table.values, answer[2] if len(answer) == 3 else table.columns
    if views is not None and not isinstance(views, LazySequence):
        views = read_distinct(views, "view", "name the columns apart")
    if p.ndim != 1 or len(matrix.shape) != 2 or len(p) != matrix.shape[0] or len(p) == 0:
        raise InvalidAugmentation(
            f"the kernel matrix has shape {matrix.shape}, p {p.shape}; give one p and one row for each of 1 or more naturals"
        )
    if (bad := np.flatnonzero(~(np.isfinite(p) & (p > 0)))).size:
        offenders = listing([f"{p[i]} of row {i}" for i in bad.tolist()])
        raise InvalidDistribution(f"{bad.size} naturals have a p that is not positive and finite: {offenders}")
    if views is not None and len(views) != matrix.shape[1]:
        raise InvalidAugmentation(f"the kernel matrix has {matrix.shape[1]} columns; {len(views)} views name them")
    return p, read_rows(matrix, Distribution.uniform(range(len(p))), False)[0], views


@dataclass(frozen=True)
class Enumerated:
    """Enumerate the views of some naturals. The augmentation, which may be large, reaches each worker once."""

    augmentation: Augmentation

    def __call__(self, block: int, naturals: tuple[Hashable, ...], p: Floats) -> tuple[Any, ...]:
        """Return p, A and the views."""
        enumerated = enumerate_views(Distribution.uniform(naturals), self.augmentation, False, as_naturals=False)
        return p, enumerated.kernel, enumerated.views


def filed(block: int, path: str, p: Floats | float) -> tuple[Any, ...]:
    """Read a block of A from a file of `scipy.sparse.save_npz`; one p stands for all its naturals."""
    with READING_HEADERS:
        A = sp.csr_array(sp.load_npz(path))
    return np.full(A.shape[0], p) if isinstance(p, float) else p, A
