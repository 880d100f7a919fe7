"""`BlockGraph`: a population graph whose kernel is too large for the memory of one process."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from popgraph.basics.arguments import flag, generator, one_of, whole_number
from popgraph.basics.arguments.classes import classes_in_order, labels_of, list_labels
from popgraph.basics.arrays import Floats, Immutable, Ints, Sparse, frozen
from popgraph.basics.blas import one_thread
from popgraph.basics.words import size_in_words
from popgraph.dask import drawing, store
from popgraph.dask.decompose import decompose
from popgraph.dask.products import Products
from popgraph.declare import Distribution, Seed
from popgraph.errors import InvalidArgument, TooLarge
from popgraph.populations import PopulationGraph, build, read_columns, read_draws, sizes_in_words
from popgraph.spectrum import Spectrum
from popgraph.spectrum import decompose as decompose_here

MAX_BYTES_COLLECTED = 2**28  # of M or A that may be brought to this process
MOST_TASKS_OUTRUN = (
    4  # workers' threads that one process is as quick as: two take about twice as long as it on 200,000 views
)


@dataclass(frozen=True, eq=False, repr=False)
class BlockGraph(Immutable):
    """Hold a population graph as row blocks of A on disk, and a cluster that multiplies by them.

    Made by `popgraph.dask.build`, `from_blocks` or `from_files`. Arrays with a row for each view (w_x, the components, an
    embedding, F*) or each natural (p, the labels) are in this process's memory; A and M are on disk alone.

    Attributes
    ----------
    views : sequence
        The N views, in the order of `.PopulationGraph.views`.
    w_x : (N,) array
        Their probabilities.
    components : (N,) array
        The component of each view, numbered by first view.
    naturals : sequence
        The n naturals, block by block; where only their rows were given, 0, 1, ..., n-1.
    nnz : int
        The number of stored entries of A.
    products : Products
        Multiplies by Ā.
    labels : (n,) array or None
        The naturals' classes y(x̄); None in it is an unlabelled natural.
    name : str
        How it prints.
    temporary : object or None
        The temporary directory of its files, deleted when no graph refers to it any more.

    See Also
    --------
    build : Make one.
    popgraph.PopulationGraph : The same in one memory.

    Examples
    --------
    >>> import numpy as np
    >>> import popgraph as pg
    >>> from distributed import Client
    >>> with Client(processes=False, n_workers=2, threads_per_worker=1, dashboard_address=":0") as client:
    ...     halves = pg.dask.from_blocks(lambda i: ([0.5], [[0.9, 0.1] if i == 0 else [0.1, 0.9]]), 2, client=client)
    ...     spectrum = halves.spectrum(2)
    >>> halves
    BlockGraph(2 naturals, 2 views, 1 component, in 2 blocks)
    >>> spectrum.gamma
    array([1.  , 0.64])
    """

    views: Sequence[Hashable]
    w_x: Floats
    components: Ints
    naturals: Sequence[Hashable]
    nnz: int
    products: Products
    labels: Any = None
    name: str = ""
    temporary: Any = None  # the temporary directory, deleted when no graph refers to it any more

    @property
    def n(self) -> int:
        """The number of naturals."""
        return len(self.naturals)

    @property
    def N(self) -> int:
        """The number of views."""
        return len(self.w_x)

    @property
    def component_count(self) -> int:
        """The number of connected components: the multiplicity of the eigenvalue 1 [THEORY 2.3]."""
        return int(self.components.max()) + 1

    @property
    def bytes(self) -> int:
        """What M takes as a csr_array, in bytes."""
        return 12 * self.nnz

    @property
    def is_exact(self) -> bool:
        """Never: the blocks are floats."""
        return False

    @property
    def p(self) -> Floats:
        """The naturals' probabilities, (n,), read from disk."""
        return self._p

    @cached_property
    def _p(self) -> Floats:
        return frozen(store.probabilities(self.products.directory, len(self.products.blocks)))

    @property
    def factor(self) -> "BlockMatrix":
        """M as an operator: ``factor @ X`` and ``factor.T @ Y`` of vectors or columns."""
        return BlockMatrix(self.products, (self.n, self.N))

    @property
    def kernel(self) -> "BlockMatrix":
        """A(x|x̄) as an operator: ``kernel @ X`` and ``kernel.T @ Y`` of vectors or columns, with A = diag(1/√p) M diag(√w_x)."""
        return BlockMatrix(self.products, (self.n, self.N), (1 / np.sqrt(self.p), np.sqrt(self.w_x)))

    def gram(self, X: Floats) -> Floats:
        """Return ĀX of a vector (N,) or of columns (N, k), in one pass over the blocks.

        Examples
        --------
        >>> import numpy as np
        >>> import popgraph as pg
        >>> from distributed import Client
        >>> with Client(processes=False, n_workers=1, threads_per_worker=1, dashboard_address=":0") as client:
        ...     pg.dask.build([0, 1], pg.identity(), client=client).gram(np.array([2.0, 3.0]))
        array([2., 3.])
        """
        return self.products.gram(read_columns(X, self.N))

    @property
    def trace(self) -> float:
        """The trace of Ā: Σ_x w_xx / w_x."""
        return float(sum(block.square for block in self.products.blocks))

    @property
    def view_labels(self) -> Any:
        """The most probable class of each view, (N,), as of `.PopulationGraph.view_labels`; this process reads A once for it."""
        return self._view_labels

    @cached_property
    def _view_labels(self) -> Any:
        if self.labels is None:
            raise InvalidArgument("this graph has no labels; pass labels= to popgraph.dask.build")
        first, y = classes_in_order(self.labels)
        codes = drawing.most_probable(self.products.directory, len(self.products.blocks), self.N, y)
        return frozen(labels_of(codes, self.labels[first]))

    def sample_views(self, size: int, *, rng: Seed = None) -> Ints:
        """Draw views from w_x: an array (size,) of positions in ``views``.

        Examples
        --------
        >>> import popgraph as pg
        >>> from distributed import Client
        >>> with Client(processes=False, n_workers=1, threads_per_worker=1, dashboard_address=":0") as client:
        ...     pg.dask.build([0, 1], pg.identity(), client=client).sample_views(3, rng=0).shape
        (3,)
        """
        return self._draw(size, 1, rng)[:, 0]

    def sample_pairs(self, size: int, *, rng: Seed = None) -> Ints:
        """Draw positive pairs (x, x⁺): (size, 2) positions in ``views``; this process reads their naturals' rows of A.

        Examples
        --------
        >>> import popgraph as pg
        >>> from distributed import Client
        >>> with Client(processes=False, n_workers=1, threads_per_worker=1, dashboard_address=":0") as client:
        ...     pg.dask.build([0, 1], pg.identity(), client=client).sample_pairs(3, rng=0).shape
        (3, 2)
        """
        return self._draw(size, 2, rng)

    def _draw(self, size: int, each: int, rng: Seed) -> Ints:
        source, size = generator(rng), read_draws(size)
        ends = np.cumsum([block.n for block in self.products.blocks])
        return drawing.draw(self.products.directory, self.p, ends, each, source, size)

    def spectrum(self, k: int, *, solver: str | None = None, progress: bool = False) -> Spectrum:
        """Return the k leading eigenpairs of Ā, as `.PopulationGraph.spectrum` does: the same values and the same certificate.

        The eigenvector of eigenvalue 1 of each component is known in closed form. Those of smaller eigenvalues are found by
        Chebyshev-filtered subspace iteration on the workers: each multiplies some of the columns by all of M, kept in its memory or
        read from disk; or each takes some blocks of M, where that has far more entries than there are columns to send. What is
        left is bounded by filtered Gaussian columns, or by Lanczos' method, and all is certified. At most k + 64 columns of N
        numbers are in this process's memory.

        Parameters
        ----------
        k : int
            In 1..N.
        solver : {"blocks", "collected"}, optional
            "collected" loads M into this process and solves as on one machine. By default that is done where M takes no more than
            256 MiB, no more than these columns, and there are at most four workers.
        progress : bool
            Whether dask's bar shows what runs; its dashboard does so in any case.

        Raises
        ------
        InvalidArgument
            If k is not in 1..N, or the solver is another.
        NotConverged, TooLarge
            If an answer could not be certified; if a worker cannot hold one column, or M is to be collected and does not fit.

        Examples
        --------
        >>> import popgraph as pg
        >>> from distributed import Client
        >>> with Client(processes=False, n_workers=1, threads_per_worker=1, dashboard_address=":0") as client:
        ...     flips = pg.independently(pg.apply(lambda bit: 1 - bit, "1/4"))
        ...     cube = pg.dask.build([(0, 0), (0, 1), (1, 0), (1, 1)], flips, client=client)
        ...     cube.spectrum(2, solver="blocks")
        Spectrum(k=2, gamma=[1, 0.25], degenerate cut)
        """
        k = whole_number("k", k, self.N)
        solver = None if solver is None else one_of("solver", solver, ("blocks", "collected"))
        flag("progress", progress)
        if solver == "collected" or (solver is None and self._fits_here(k)):
            return decompose_here(self.collected(), self.w_x, k)
        products = replace(self.products, progress=progress)
        with one_thread():
            return decompose(products, self.w_x, self.components, self.n, k)

    def _fits_here(self, k: int) -> bool:
        """Whether this process can well take M beside the columns that it holds anyway, and is as quick as the workers."""
        columns = 8 * self.N * (k + 64)
        return self.bytes <= min(MAX_BYTES_COLLECTED, columns) and self.products.workers <= MOST_TASKS_OUTRUN

    def collected(self) -> Sparse:
        """Return M as one csr_array; `.TooLarge` above 256 MiB.

        Examples
        --------
        >>> import popgraph as pg
        >>> from distributed import Client
        >>> with Client(processes=False, n_workers=1, threads_per_worker=1, dashboard_address=":0") as client:
        ...     pg.dask.build([0, 1], pg.identity(), client=client).collected().toarray()
        array([[1., 0.],
               [0., 1.]])
        """
        if self.bytes > MAX_BYTES_COLLECTED:
            raise TooLarge(
                f"M takes {size_in_words(self.bytes)}, more than {size_in_words(MAX_BYTES_COLLECTED)}; leave it in blocks, and "
                "multiply with graph.factor"
            )
        return store.complete_factor(self.products.directory, len(self.products.blocks), self.N)

    def expand(self) -> PopulationGraph:
        """Return the same population as a graph in this process's memory, in the same order; `.TooLarge` if A is above 256 MiB.

        Examples
        --------
        >>> import popgraph as pg
        >>> from distributed import Client
        >>> with Client(processes=False, n_workers=1, threads_per_worker=1, dashboard_address=":0") as client:
        ...     pg.dask.build([0, 1], pg.identity(), client=client).expand()
        PopulationGraph(2 naturals, 2 views, 2 components)
        """
        if self.bytes > MAX_BYTES_COLLECTED:
            raise TooLarge(
                f"the kernel has {self.nnz:,} entries and takes {size_in_words(self.bytes)}, more than "
                f"{size_in_words(MAX_BYTES_COLLECTED)}; spectrum, verify, train and sample_pairs need no list of them"
            )
        A = store.complete_kernel(self.products.directory, len(self.products.blocks), self.N)
        law = Distribution(list(zip(self.naturals, self.p.tolist(), strict=True)))
        labels = None if self.labels is None else list_labels(self.labels)
        return build(law, A, views=list(self.views), labels=labels, name=self.name)

    def close(self) -> None:
        """Stop the cluster, where it is one of our own; otherwise it stops when nothing refers to this graph any more.

        Examples
        --------
        >>> import popgraph as pg
        >>> from distributed import Client
        >>> with Client(processes=False, n_workers=1, threads_per_worker=1, dashboard_address=":0") as client:
        ...     pg.dask.build([0, 1], pg.identity(), client=client).close()
        """
        self.products.cluster.close()

    def __getstate__(self) -> dict[str, Any]:
        raise InvalidArgument(
            "a graph in blocks on a dask cluster cannot be pickled or deeply copied; use its .expand(), or save(graph.expand())"
        )

    def __copy__(self) -> "BlockGraph":
        return self

    def __enter__(self) -> "BlockGraph":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"BlockGraph({sizes_in_words(self)}, in {len(self.products.blocks):,} blocks)"

    def __str__(self) -> str:
        client = self.products.cluster.client
        return (
            f"{self!r}\n  M on disk     {size_in_words(self.bytes)}\n  cluster       {client.dashboard_link or client}"
        )


@dataclass(frozen=True, eq=False)
class BlockMatrix:
    """Multiply by M (n, N), or by diag(left) M diag(right), or by the transpose of either."""

    products: Products
    untransposed: tuple[int, int]
    scales: tuple[Floats, Floats] | None = None
    transposed: bool = False

    @property
    def shape(self) -> tuple[int, int]:
        """The shape of the matrix."""
        n, N = self.untransposed
        return (N, n) if self.transposed else (n, N)

    @property
    def T(self) -> "BlockMatrix":
        """The transpose."""
        return replace(self, transposed=not self.transposed)

    def __matmul__(self, X: Floats) -> Floats:
        """Return the product with a vector or columns."""
        times = self.products.transposed_times if self.transposed else self.products.times
        if self.scales is None:
            return times(X)
        of_X, of_product = self.scales if self.transposed else self.scales[::-1]
        return np.asarray((times((X.T * of_X).T).T * of_product).T)
