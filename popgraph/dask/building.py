"""`build`, `from_blocks`, `from_files`: from a declaration, a function or files to row blocks on disk, and a `BlockGraph`."""

from collections.abc import Callable, Hashable, Mapping, Sequence, Set
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from popgraph.basics.arguments import count as read_count
from popgraph.basics.arguments import flag, numbers, word
from popgraph.basics.arguments.containers import refuse_other_names
from popgraph.basics.arguments.kernels import is_matrix
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.labels import read_labels
from popgraph.basics.arguments.outcomes import list_finite, read_distinct
from popgraph.basics.arguments.probabilities import SUM_TOLERANCE
from popgraph.basics.arrays import Ints, frozen
from popgraph.basics.words import listing, shorten
from popgraph.dask.graph import BlockGraph
from popgraph.dask.products import Products
from popgraph.dask.sources import Answer, Enumerated, Source, filed, read
from popgraph.dask.store import FactorBlock, can_read_blocks, write_factor, write_kernel, write_source, write_views
from popgraph.dask.uniting import ComponentUnion, in_order, unite_views
from popgraph.dask.workplace import Workplace, open_workplace
from popgraph.declare import (
    Distribution,
    as_augmentation,
    check_floats,
    read_distribution,
    read_law_and_matrix,
    read_rows,
)
from popgraph.errors import InvalidArgument, InvalidAugmentation, InvalidDistribution

MAX_BLOCKS = 10**6  # each is several files, and takes some memory of this process
ROWS_PER_BLOCK = 25_000  # by default; a block of 16 views for each natural then takes 5 MB


@checked_call()
def build(
    distribution: Any,
    augmentation: Any,
    *,
    views: Any = None,
    labels: Any = None,
    rows: int = ROWS_PER_BLOCK,
    client: Any = None,
    store: str | Path | None = None,
    name: str = "",
    progress: bool = False,
) -> BlockGraph:
    """Build a population graph in row blocks: `popgraph.build`, for kernels that are too large for one memory.

    The workers enumerate the views of ``rows`` naturals at a time, and write them to disk; this process unites the views. These
    have the same order as on one machine.

    Parameters
    ----------
    distribution : Distribution, mapping, sequence, (n,) array or pandas Series
        As of `popgraph.build`.
    augmentation : Augmentation, callable, mapping of mappings, or scipy sparse or dense (n, N) array
        As of `popgraph.build`; the rows of a matrix are written to disk a block at a time.
    views : sequence of N outcomes, optional
        As of `popgraph.build`: names for the columns of a matrix, or the order of the views of a callable augmentation.
    labels : sequence of n labels, mapping natural -> label, or Series, optional
        As of `popgraph.build`.
    rows : int
        The number of naturals in a block.
    client : distributed.Client, optional
        By default the current one, or a ``LocalCluster`` with a worker for each core, which the graph stops when it goes.
    store : path, optional
        An empty directory that this process and all workers see; by default a temporary one on this machine.
    name : str
        How the graph prints.
    progress : bool
        Whether dask's bar shows what runs.

    Returns
    -------
    BlockGraph
        On the cluster of the client.

    Raises
    ------
    InvalidDistribution, InvalidAugmentation
        As of `popgraph.build`; the message names the block, too.
    InvalidArgument
        If an argument is none, the store is not empty, or this process cannot see it.
    TooLarge
        If a block is too large for a worker.

    See Also
    --------
    popgraph.build : The same in one memory.
    from_blocks : Of a function that gives a block.
    from_files : Of sparse matrices on disk.

    Examples
    --------
    >>> import popgraph as pg
    >>> from distributed import Client
    >>> with Client(processes=False, n_workers=2, threads_per_worker=1, dashboard_address=":0") as client:
    ...     graph = pg.dask.build(["lightning", "cloud"], pg.apply(lambda x: x + " rotated", "1/3"), rows=1, client=client)
    ...     graph.views, graph.spectrum(2).gamma
    (('lightning', 'lightning rotated', 'cloud', 'cloud rotated'), array([1., 1.]))
    """
    rows = read_count("rows", rows)
    word("name", name)
    flag("progress", progress)
    if not is_matrix(augmentation):
        law = read_distribution(distribution)
        classes = read_labels(labels, law.outcomes)
        check_floats(law, "natural")
        order = law.outcomes if views is None else read_distinct(views, "view", "name each view once")
        given = [(law.outcomes[cut], law.probabilities[cut]) for cut in _cuts(len(law), rows)]
        source = Enumerated(as_augmentation(augmentation))
        with open_workplace(client, store, progress) as workplace:
            graph = _assemble(source, given, workplace, name, order, law.outcomes)
            if views is not None:
                refuse_other_names("views=", order, graph.views, "view", InvalidAugmentation)
        return replace(graph, labels=classes)
    law, matrix, names = read_law_and_matrix(distribution, augmentation, views)
    classes = read_labels(labels, law.outcomes)
    matrix = sp.csr_array(matrix) if sp.issparse(matrix) else matrix
    answers = []
    with open_workplace(client, store, progress) as workplace:
        for block, cut in enumerate(_cuts(len(law), rows)):
            A = read_rows(matrix[cut], Distribution.uniform(law.outcomes[cut]), False)[0]
            written = write_kernel(workplace.directory, block, law.probabilities[cut], A)
            answers.append(Answer(written, None, matrix.shape[1]))
        graph = _united(answers, workplace, name, names, law.outcomes)
    return replace(graph, labels=classes)


@checked_call()
def from_blocks(
    source: Callable[[int], tuple[Any, ...]],
    count: int,
    *,
    labels: Any = None,
    client: Any = None,
    store: str | Path | None = None,
    name: str = "",
    progress: bool = False,
) -> BlockGraph:
    """Build a population graph from a function that enumerates one block of naturals.

    Parameters
    ----------
    source : callable
        A function block -> (p, A), for blocks 0..count-1: the naturals' probabilities and their rows of the kernel, in the same N
        columns for every block; or (p, A, views), with views that name the columns of this block, and are united. It runs on the
        workers, and must answer alike if it is asked again.
    count : int
        The number of blocks.
    labels : sequence of n labels, mapping position -> label, or Series, optional
        The class of each natural, in the order of the blocks and their rows, None where unlabelled.
    client, store, name, progress : optional
        As of `build`.

    Returns
    -------
    BlockGraph
        On the cluster of the client.

    Raises
    ------
    InvalidDistribution
        If the p of all blocks do not sum to 1.
    InvalidAugmentation
        If a block is no kernel on its naturals, the blocks differ in their columns, or no natural reaches one.
    InvalidArgument
        As of `build`; or if count is no positive number.

    See Also
    --------
    build : Of a distribution and an augmentation.
    from_files : Of sparse matrices on disk.

    Examples
    --------
    >>> import popgraph as pg
    >>> from distributed import Client
    >>> with Client(processes=False, n_workers=2, threads_per_worker=1, dashboard_address=":0") as client:
    ...     pg.dask.from_blocks(lambda i: ([0.5], [[0.5, 0.5]], ["shared", i]), 2, client=client).views
    ('shared', 0, 1)
    """
    count = read_count("count", count, 1, MAX_BLOCKS, "it must be a whole number of blocks")
    word("name", name)
    flag("progress", progress)
    if not callable(source):
        raise InvalidArgument(f"source is {shorten(source)}; give a function block -> (p, A)")
    with open_workplace(client, store, progress) as workplace:
        graph = _assemble(source, [()] * count, workplace, name)
        return replace(graph, labels=read_labels(labels, graph.naturals))


@checked_call()
def from_files(
    paths: Sequence[str | Path],
    p: Any = None,
    *,
    labels: Any = None,
    client: Any = None,
    store: str | Path | None = None,
    name: str = "",
    progress: bool = False,
) -> BlockGraph:
    """Build a population graph from files of ``scipy.sparse.save_npz``, each with some rows of A in the same N columns.

    Parameters
    ----------
    paths : sequence of paths
        In the order of the naturals; seen by all workers.
    p : sequence of arrays, one for each file, optional
        The naturals' probabilities; all equal by default, and then the files are opened once to count their rows.
    labels : sequence of n labels, mapping position -> label, or Series, optional
        The class of each row, in the order of the files, None where unlabelled.
    client, store, name, progress : optional
        As of `build`.

    Returns
    -------
    BlockGraph
        On the cluster of the client.

    Raises
    ------
    InvalidDistribution, InvalidAugmentation, InvalidArgument
        As of `from_blocks`.

    See Also
    --------
    build : Of a distribution and an augmentation.
    from_blocks : Of a function that gives a block.

    Examples
    --------
    >>> import popgraph as pg
    >>> import scipy.sparse as sp
    >>> import tempfile
    >>> from distributed import Client
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for i, row in enumerate([[0.9, 0.1], [0.1, 0.9]]):
    ...         sp.save_npz(f"{folder}/{i}.npz", sp.csr_array([row]))
    ...     with Client(processes=False, n_workers=1, threads_per_worker=1, dashboard_address=":0") as client:
    ...         pg.dask.from_files([f"{folder}/0.npz", f"{folder}/1.npz"], client=client)
    BlockGraph(2 naturals, 2 views, 1 component, in 2 blocks)
    """
    word("name", name)
    flag("progress", progress)
    if isinstance(paths, str | bytes | Path | Mapping | Set):
        raise InvalidArgument(f"paths is {shorten(paths)}; give a list of paths, in the order of the naturals")
    names = []
    for i, path in enumerate(list_finite(paths)):
        if not isinstance(path, str | Path):
            raise InvalidArgument(f"paths[{i}] is {shorten(path)}; it must be a path")
        names.append(str(path))
    if missing := [shorten(path) for path in names if not Path(path).is_file()]:
        raise InvalidArgument(f"{len(missing)} of {len(names)} files are not there: {listing(missing)}")
    if not names:
        raise InvalidArgument("there are no files; give one or more")
    if p is None:
        p = [1.0 / sum(_rows_of(path) for path in names)] * len(names)
    else:
        p = list_finite(p) if not isinstance(p, str | bytes | Mapping | Set) else []
        if len(p) != len(names):
            raise InvalidDistribution(
                f"there are {len(p)} arrays p for {len(names)} files; give a list of one for each"
            )
        p = [
            numbers(f"p[{i}]", part, "it must be an array of probabilities", InvalidDistribution)
            for i, part in enumerate(p)
        ]
    with open_workplace(client, store, progress) as workplace:
        graph = _assemble(filed, list(zip(names, p, strict=True)), workplace, name)
        return replace(graph, labels=read_labels(labels, graph.naturals))


def _cuts(n: int, rows: int) -> list[slice]:
    """Return the slice of the naturals that each block lists."""
    return [slice(start, min(start + rows, n)) for start in range(0, n, rows)]


def _rows_of(path: str) -> int:
    """Return the number of rows of a sparse matrix in a file."""
    with np.load(path) as parts:
        return int(parts["shape"][0])


def _assemble(
    source: Source,
    given: list[tuple[Any, ...]],
    workplace: Workplace,
    name: str,
    order: Sequence[Hashable] | None = None,
    naturals: Sequence[Hashable] | None = None,
) -> BlockGraph:
    """Let the workers enumerate and write the blocks; sort the views in this order, if it lists the same views."""
    path = write_source(workplace.directory, source)
    calls = [(workplace.directory, block, path, *own) for block, own in enumerate(given)]
    answers: list[Answer] = workplace.on_workers(read, calls, "the enumeration of a block")
    Path(path).unlink()
    return _united(answers, workplace, name, order, naturals)


def _united(
    answers: list[Answer],
    workplace: Workplace,
    name: str,
    names: Sequence[Hashable] | None = None,
    naturals: Sequence[Hashable] | None = None,
) -> BlockGraph:
    """Unite what the blocks have in common, and let the workers make M of A."""
    directory, cluster = workplace.directory, workplace.cluster
    for answer in answers:
        if answer.refusal is not None:
            raise answer.refusal
    if not can_read_blocks(directory):
        raise InvalidArgument(
            f"this process cannot see the blocks that the workers wrote to {directory}; give store= a directory that all can see"
        )
    blocks = [answer.written for answer in answers if answer.written is not None]
    total = float(np.sum([block.p for block in blocks]))
    if abs(total - 1) > SUM_TOLERANCE:
        raise InvalidDistribution(f"the p of {len(blocks)} blocks sum to {total:.12g}, not 1")
    views, columns = _views(answers, [block.columns for block in blocks], names)
    w_x, joined = np.zeros(len(views)), ComponentUnion(len(views))
    reached = np.zeros(len(views), dtype=bool)
    for block, at in zip(blocks, columns, strict=True):
        w_x[at] += block.mass
        reached[at] = True
        joined.join(at, block.component)
    if not reached.all():
        lost = [shorten(views[j]) for j in np.flatnonzero(~reached).tolist()]
        raise InvalidAugmentation(
            f"{len(lost)} of {len(views)} columns are reached from no natural, so they are no views: {listing(lost)}; "
            "leave them out"
        )
    if not w_x.all():
        lost = [shorten(views[j]) for j in np.flatnonzero(w_x == 0).tolist()]
        raise InvalidArgument(
            f"w_x of {listing(lost)} is too small for float64: p times A is below 5e-324; leave it out or make it larger"
        )
    write_views(directory, columns, w_x)
    calls = [(directory, block) for block in range(len(blocks))]
    finished: list[FactorBlock] = workplace.on_workers(write_factor, calls, "the factor of a block")
    return BlockGraph(
        views=views,
        w_x=frozen(w_x),
        components=frozen(joined.of_view),
        naturals=range(sum(block.n for block in blocks)) if naturals is None else naturals,
        nnz=sum(block.nnz for block in blocks),
        products=Products(cluster, directory, tuple(finished), len(views), cluster.tasks, cluster.memory_a_task),
        name=name,
        temporary=workplace.temporary,
    )


def _views(
    answers: list[Answer], columns: list[Ints], names: Sequence[Hashable] | None
) -> tuple[Sequence[Hashable], list[Ints]]:
    """Return the views, and for each block the positions among them of its nonempty columns."""
    lists = [answer.views for answer in answers if answer.views is not None]
    if lists and len(lists) < len(answers):
        without = next(i for i, answer in enumerate(answers) if answer.views is None)
        raise InvalidAugmentation(f"block {without} names no views, and others do; name them in all blocks or in none")
    if lists:
        views, numbers = unite_views(lists)
        views, numbers = (views, numbers) if names is None else in_order(views, numbers, names)
        return views, [number[at] for number, at in zip(numbers, columns, strict=True)]
    widths = {answer.width: block for block, answer in reversed(list(enumerate(answers)))}
    if len(widths) > 1:
        (block, width), (at, other) = sorted((block, width) for width, block in widths.items())[:2]
        raise InvalidAugmentation(
            f"block {block} has {width} columns, and block {at} {other}; give all blocks the same columns, or name their views"
        )
    return (range(answers[0].width) if names is None else names), columns
