"""Ā times tall arrays on a cluster: each worker takes some columns and all of M, or some blocks of M and all columns.

The first way (`panels.py`) takes one round trip for a whole filter, and sends no column from worker to worker. The second is for
an M that is much larger than the columns, or columns that a worker cannot hold in full: block of naturals by block, and the QR
by dask's `tsqr`. There a tall array (N, b) is a dask array in chunks of views: for each block of M, a task maps the block from
disk, reads the rows of X at its views, and returns MᵀMX at these rows. A task for each chunk then adds the blocks' parts, in the
order of the blocks, so that the rounding does not depend on which of them was ready first. No worker needs more than two panels
of columns; dask writes the others to disk.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import dask.array as da
import numpy as np
from dask.highlevelgraph import HighLevelGraph
from distributed import progress as dask_bar

from popgraph.basics.arrays import Floats, Ints
from popgraph.basics.words import size_in_words
from popgraph.dask import actions, store
from popgraph.dask.cluster import Cluster
from popgraph.dask.factor import HELD_BYTES_AN_ENTRY, FactorFiles
from popgraph.dask.panels import COPIES_IN_A_TASK, Panels
from popgraph.dask.store import VIEW_BINS, FactorBlock, factor
from popgraph.errors import TooLarge
from popgraph.spectrum import orthonormal
from popgraph.spectrum.solvers.chebyshev import Filter

CHUNK_BYTES = 2**26  # of a tall array, where the workers share M
MEMORY_SHARE_OF_FACTOR = 0.2  # of a worker's memory, which it may keep M in
MOST_BYTES_HELD = 2**31  # of M in a worker without a limit
MOST_COLUMNS_A_TASK = 64
# All workers read all of M at each product, or they send each other columns: one number sent costs as much as so many entries read.
# Measured on two local workers: 3.5 ns a byte sent through dask, 1 ns a byte read from disk, at 8 and 12 bytes each.
MOST_ENTRIES_A_NUMBER, USUAL_WIDTH = 2.3, 40
# Share of a worker's memory that the chunks of one product may take: its results take as much, and dask spills at 0.6
MEMORY_SHARE_OF_COLUMNS = 0.25


@dataclass(frozen=True, eq=False)
class Products:
    """Multiply by Ā = MᵀM, with the blocks of M in files of `directory`.

    `workers` is their number when the graph was made. It sets the chunks, and with them the rounding, even after a worker has
    died. `memory` is the least memory limit of a worker in bytes, 0 for none.
    """

    cluster: Cluster
    directory: str
    blocks: tuple[FactorBlock, ...]
    N: int
    workers: int
    memory: float
    progress: bool = False

    @cached_property
    def n(self) -> int:
        """The number of naturals."""
        return sum(block.n for block in self.blocks)

    @cached_property
    def panels(self) -> Panels | None:
        """All of M on each worker, or None if the workers share it, block by block."""
        entries, longest = sum(block.nnz for block in self.blocks), max(self.n, self.N)
        widest = MOST_COLUMNS_A_TASK
        if self.memory:
            widest = min(widest, int(MEMORY_SHARE_OF_COLUMNS * self.memory / (8 * longest * COPIES_IN_A_TASK)))
        if widest < 1:
            return None
        held_bytes = HELD_BYTES_AN_ENTRY * entries
        held = held_bytes <= (MEMORY_SHARE_OF_FACTOR * self.memory if self.memory else MOST_BYTES_HELD)
        if not held and entries > MOST_ENTRIES_A_NUMBER * USUAL_WIDTH * self.N:
            return None
        rows, by_naturals = tuple(block.n for block in self.blocks), held and self.n < self.N
        files = FactorFiles(self.directory, rows, self.N, held, by_naturals)
        return Panels(self.cluster, files, self.workers, widest, self.progress)

    def gram(self, X: Floats) -> Floats:
        """Return ĀX of a vector (N,) or columns (N, b)."""
        tall = X.reshape(self.N, -1)
        if self.panels is not None:
            return self.panels.columns(actions.gram, tall, self.N, what="a product with Ā").reshape(X.shape)
        return self._step(lambda folder: [self._gram(self._tall(tall, folder))], "a product with Ā")[0].reshape(X.shape)

    def times(self, X: Floats) -> Floats:
        """Return MX (n, ...) of a vector (N,) or columns."""
        tall = X.reshape(self.N, -1)
        if self.panels is not None:
            return self.panels.columns(actions.times, tall, self.n, what="a product with M").reshape(-1, *X.shape[1:])
        product = self._step(lambda folder: [self._times(self._tall(tall, folder))], "a product with M")[0]
        return product.reshape(-1, *X.shape[1:])

    def transposed_times(self, Z: Floats) -> Floats:
        """Return MᵀZ (N, ...) of a vector (n,) or columns."""
        rows = np.concatenate([[0], np.cumsum([block.n for block in self.blocks])])
        tall = Z.reshape(rows[-1], -1)
        if self.panels is not None:
            product = self.panels.columns(actions.transposed_times, tall, self.N, what="a product with Mᵀ")
            return product.reshape(self.N, *Z.shape[1:])
        edges = self.edges(tall.shape[1])
        product = self._step(
            lambda folder: [self._transposed_times(self._sent(tall, rows, folder), edges)], "a product with Mᵀ"
        )[0]
        return product.reshape(self.N, *Z.shape[1:])

    @property
    def by_naturals(self) -> bool:
        """Whether eigenvectors are searched for as those of MMᵀ."""
        return self.panels is not None and self.panels.files.by_naturals

    @property
    def side(self) -> int:
        """The length of the vectors that are searched for: n by naturals, N by views."""
        return self.n if self.by_naturals else self.N

    def searched(self, X: Floats) -> Floats:
        """Return the product of which eigenvectors are searched for, MMᵀ or MᵀM, times a vector (side,) or columns."""
        if self.panels is None:
            return self.gram(X)
        tall = X.reshape(self.side, -1)
        return self.panels.columns(actions.searched, tall, self.side, what="a product with Ā").reshape(X.shape)

    def filtered(self, X: Floats, polynomial: Filter) -> Floats:
        """Return a polynomial of that product times columns (side, b)."""
        if self.panels is not None:
            return self.panels.columns(actions.filtered, X, self.side, polynomial, what="a filter of Ā")
        return self._step(lambda folder: [polynomial(self._gram, lambda x: x, self._tall(X, folder))], "a filter of Ā")[
            0
        ]

    def orthonormal_and_gram(self, X: Floats) -> tuple[Floats, Floats]:
        """Return orthonormal columns Q with the span of X, (side, b), and the product that is searched with them."""
        if self.panels is not None:
            Q = orthonormal(X)
            return Q, self.searched(Q)

        def job(folder: Path) -> list[Any]:
            Q = da.linalg.tsqr(self._tall(X, folder))[0]
            return [Q, self._gram(Q)]

        Q, image = self._step(job, "a tall QR")
        return Q, image

    def edges(self, width: int) -> Ints:
        """Return where the chunks of tall arrays of this width begin and end: one for each worker, or more, smaller ones."""
        count = max(self.workers, -(-8 * self.N * width // CHUNK_BYTES))
        count = max(1, min(count, self.N // max(width, 1)))  # tsqr needs chunks that are tall themselves
        return np.linspace(0, self.N, count + 1).astype(np.intp)

    def panel(self, width: int) -> int:
        """Return how many columns a worker can take at a time; raise TooLarge if it cannot take one."""
        most = int(MEMORY_SHARE_OF_COLUMNS * self.memory / (8 * self.N)) if self.memory else width
        if most < 1:
            raise TooLarge(
                f"one column of {self.N:,} views takes {size_in_words(8 * self.N)}, and a worker's limit is "
                f"{size_in_words(self.memory)}, a quarter of it for columns; give the workers {size_in_words(32 * self.N)} or more"
            )
        return min(width, most)

    def _step(self, job: Callable[[Path], list[Any]], what: str) -> list[Floats]:
        """Compute tall arrays on the workers, and return them in this process's memory; `job` is given a folder for columns."""

        def compute(folder: Path) -> list[Floats]:
            client = self.cluster.client
            with client.as_current():
                arrays = client.persist(job(folder))
                chunks = [[array.dask[key] for key, *_ in array.__dask_keys__()] for array in arrays]
                flat = [chunk for column in chunks for chunk in column]
                parts = iter(self.cluster.gathered_futures(flat, dask_bar if self.progress else None))
                return [np.concatenate([next(parts) for _ in column]) for column in chunks]

        return self.cluster.step_with_folder(compute, self.directory, what)

    def _tall(self, X: Floats, folder: Path) -> Any:
        """Return columns as a dask array in chunks of views."""
        return self._sent(X, self.edges(X.shape[1]), folder)

    def _sent(self, X: Floats, edges: Ints, folder: Path) -> Any:
        """Return columns as a dask array with these chunks."""
        # The workers read them from a file beside the blocks: what is sent to a worker's memory is lost when the worker dies.
        path, name = store.write_columns(str(folder), X), f"columns-{uuid4().hex}"
        cuts = [(int(start), int(stop)) for start, stop in pairwise(edges)]
        tasks = {(name, c, 0): (store.read_columns, path, X.shape[1], *cut) for c, cut in enumerate(cuts)}
        return da.Array(tasks, name, chunks=(tuple(np.diff(edges).tolist()), X.shape[1:]), dtype=np.float64)

    def _gram(self, X: Any) -> Any:
        """Return ĀX of a tall dask array, lazily, one panel of columns after another."""
        width = X.shape[1]
        panel = self.panel(width)
        if panel == width:
            return self._gram_at_once(X)
        parts = [self._gram_at_once(X[:, start : start + panel]) for start in range(0, width, panel)]
        return da.concatenate(parts, axis=1).rechunk({1: -1})

    def _gram_at_once(self, X: Any) -> Any:
        """Return ĀX of a tall dask array, lazily."""
        edges = np.concatenate([[0], np.cumsum(X.chunks[0])])
        tasks, name = {}, f"gram-{uuid4().hex}"
        for number, (reached, chunks) in enumerate(self._inputs(X, edges)):
            tasks[f"{name}-block", number] = (_block_gram, self.directory, number, edges, reached, chunks)
        return self._gathered(X, tasks, name, edges)

    def _times(self, X: Any) -> Any:
        """Return MX of a tall dask array, lazily."""
        edges = np.concatenate([[0], np.cumsum(X.chunks[0])])
        tasks, name = {}, f"times-{uuid4().hex}"
        for number, (reached, chunks) in enumerate(self._inputs(X, edges)):
            tasks[name, number, 0] = (_block_times, self.directory, number, edges, reached, chunks)
        graph = HighLevelGraph.from_collections(name, tasks, dependencies=[X])
        return da.Array(graph, name, chunks=(tuple(block.n for block in self.blocks), X.chunks[1]), dtype=np.float64)

    def _transposed_times(self, Z: Any, edges: Ints) -> Any:
        """Return MᵀZ of a dask array with a chunk for each block, lazily."""
        tasks, name = {}, f"transposed-{uuid4().hex}"
        for number, block in enumerate(self.blocks):
            reached = _chunks_of(block.bins, edges)
            tasks[f"{name}-block", number] = (_spread, self.directory, number, edges, reached, (Z.name, number, 0))
        return self._gathered(Z, tasks, name, edges)

    def _inputs(self, X: Any, edges: Ints) -> Iterator[tuple[list[int], list[Any]]]:
        """Yield for each block the numbers and the keys of the chunks that it reaches."""
        for block in self.blocks:
            reached = _chunks_of(block.bins, edges)
            yield reached, [(X.name, c, 0) for c in reached]

    def _gathered(self, X: Any, tasks: dict[Any, Any], name: str, edges: Ints) -> Any:
        """Add up, for each chunk of views, the parts of the blocks' products that fall into it."""
        arrivals: list[list[Any]] = [[] for _ in edges[1:]]
        for number, block in enumerate(self.blocks):
            for place, c in enumerate(_chunks_of(block.bins, edges)):
                tasks[f"{name}-piece", number, c] = (_piece, (f"{name}-block", number), place)
                arrivals[c].append((f"{name}-piece", number, c))
        rows = np.diff(edges).tolist()
        for c, pieces in enumerate(arrivals):
            tasks[name, c, 0] = (_added, rows[c], X.shape[1], pieces)
        graph = HighLevelGraph.from_collections(name, tasks, dependencies=[X])
        return da.Array(graph, name, chunks=(tuple(rows), X.chunks[1]), dtype=np.float64)


def _chunks_of(bins: Ints, edges: Ints) -> list[int]:
    """Return the chunks that overlap some of the `VIEW_BINS` equal parts of the views."""
    n_views = int(edges[-1])
    first = np.searchsorted(edges, -(-bins * n_views // VIEW_BINS), side="right") - 1
    last = np.searchsorted(edges, ((bins + 1) * n_views - 1) // VIEW_BINS, side="right") - 1
    spans = [range(a, b + 1) for a, b in zip(first.tolist(), last.tolist(), strict=True)]
    return sorted({c for span in spans for c in span if c < len(edges) - 1})


def _rows_reached(columns: Ints, edges: Ints, reached: list[int], chunks: list[Floats]) -> Floats:
    """Return the rows of a tall array at the views of a block's columns."""
    x = np.empty((len(columns), chunks[0].shape[1]))
    for (start, cut), chunk in zip(_cuts(columns, edges, reached), chunks, strict=True):
        x[cut] = chunk[columns[cut] - start]
    return x


def _cuts(columns: Ints, edges: Ints, reached: list[int]) -> list[tuple[int, slice]]:
    """Return for each chunk the view at which it starts, and the slice of the columns that lie in it."""
    return [(int(edges[c]), slice(*np.searchsorted(columns, edges[c : c + 2]).tolist())) for c in reached]


def _block_times(directory: str, block: int, edges: Ints, reached: list[int], chunks: list[Floats]) -> Floats:
    """Return Mx of one block."""
    M, columns = factor(directory, block)
    return np.asarray(M @ _rows_reached(columns, edges, reached, chunks))


def _spread(directory: str, block: int, edges: Ints, reached: list[int], z: Floats) -> list[tuple[Ints, Floats]]:
    """Return Mᵀz of one block, for each chunk that it reaches: the rows there, and what to add to them."""
    M, columns = factor(directory, block)
    y = M.T @ z
    return [(np.asarray(columns[cut] - start), y[cut]) for start, cut in _cuts(columns, edges, reached)]


def _block_gram(
    directory: str, block: int, edges: Ints, reached: list[int], chunks: list[Floats]
) -> list[tuple[Ints, Floats]]:
    """Return MᵀMx of one block, for each chunk that it reaches."""
    return _spread(directory, block, edges, reached, _block_times(directory, block, edges, reached, chunks))


def _piece(pieces: list[tuple[Ints, Floats]], place: int) -> tuple[Ints, Floats]:
    """Return the part of a block's product for one chunk, so that the chunk's worker receives no other part."""
    return pieces[place]


def _added(rows: int, width: int, pieces: list[tuple[Ints, Floats]]) -> Floats:
    """Add up the blocks' parts of one chunk."""
    total = np.zeros((rows, width))
    for at, values in pieces:
        total[at] += values  # the rows of one piece are all different
    return total
