"""`PositivePairs`: batches of positive pairs as tensors, for torch's DataLoader and for `fit`."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

import numpy as np
import torch
from torch.utils.data import IterableDataset, get_worker_info

from popgraph.basics.arguments import count as read_count
from popgraph.basics.arguments import generator
from popgraph.basics.arguments.populations import read_population, satisfies
from popgraph.basics.arrays import Floats
from popgraph.basics.encoding import embed_views, encode_views, run_module
from popgraph.basics.protocols import PairedPopulation, ViewedPopulation
from popgraph.basics.words import shorten
from popgraph.declare import Seed
from popgraph.errors import InvalidArgument

MAX_TABLE_BYTES = 2**31  # of all encoded views; where they take more, those of a batch are encoded when it is drawn
MAX_WORKERS = 1024  # of a DataLoader
PAIRS_PER_DRAW = 2**14  # a call of sample_pairs for 64 pairs takes as long as one for 1,000


class EncodedViews:
    """Return views as tensors: from one table on the device where it fits, else encoded anew for each batch."""

    def __init__(self, views: Sequence[Any], encode: Callable[[Any], Any] | None, device: torch.device) -> None:
        self.views, self.encode, self.device = views, encode, device
        first = encode_views(self.views[:1], encode)
        self.table: torch.Tensor | None = None
        if first.nbytes * len(views) <= MAX_TABLE_BYTES:
            self.table = torch.tensor(encode_views(self.views, encode), device=device)

    def __getitem__(self, positions: Any) -> torch.Tensor:
        """Return the views at these positions (b,) as a tensor (b, ...)."""
        if self.table is not None:
            return self.table[positions]
        chosen = [self.views[i] for i in positions.tolist()]
        return torch.as_tensor(encode_views(chosen, self.encode), device=self.device)

    def all(self) -> Any:
        """Return every view, encoded."""
        return self.table if self.table is not None else encode_views(self.views, self.encode)

    def embedded(self, module: torch.nn.Module) -> Floats:
        """Return what a module makes of every view, (N, d) in float64."""
        return embed_views(module, self.views, self.encode) if self.table is None else run_module(module, self.table)


def encoded_sides(graph: PairedPopulation, encode: Any, device: torch.device) -> tuple[EncodedViews, EncodedViews]:
    """Return the views of both sides as tensors; `encode` is a pair, or one for both."""
    of_x, of_z = read_encode(encode)
    return EncodedViews(graph.views_x, of_x, device), EncodedViews(graph.views_z, of_z, device)


def read_encode(encode: Any) -> tuple[Any, Any]:
    """Return what encodes the views of each side, of a pair or of one for both."""
    return (encode[0], encode[1]) if isinstance(encode, tuple | list) and len(encode) == 2 else (encode, encode)


def drawn(
    graph: ViewedPopulation | PairedPopulation, batch_size: int, generator: np.random.Generator
) -> Iterator[torch.Tensor]:
    """Yield batches of positive pairs without end, as positions (batch_size, 2)."""
    batches = max(1, PAIRS_PER_DRAW // batch_size)
    while True:
        pairs = torch.from_numpy(graph.sample_pairs(batch_size * batches, rng=generator))
        yield from pairs.view(batches, batch_size, 2)


class PositivePairs(IterableDataset):  # type: ignore[misc]
    """Sample positive pairs without end: batches (x, x_plus) of encoded views, each (batch_size, ...).

    Give it to a DataLoader with ``batch_size=None``. Each worker draws a stream of its own; every pass draws anew.

    Parameters
    ----------
    graph : PopulationGraph, or another population that lists its views
        Of a BipartiteGraph the batches are (x, z), of views of either side, and ``encode`` may be a pair.
    batch_size : int
        Pairs in a batch, 1 or more.
    encode : callable view -> array or tensor, optional
        By default an Image becomes its pixels, and a number or tuple of numbers a vector.
    batches : int, optional
        The number of batches of a pass, divided among the workers; without end if not given.
    rng : None, int or numpy.random.Generator
        The same seed gives the same batches, whatever torch's own seed is; they depend on the number of workers.
    device : str or torch.device
        Where the tensors are; "cpu" by default.

    Raises
    ------
    InvalidArgument
        If the batch size or the number of batches is out of range.
    InvalidEmbedding
        If a view cannot be encoded; the message names it.

    See Also
    --------
    fit : Train on such batches.
    popgraph.PopulationGraph.sample_pairs : The positions alone.

    Examples
    --------
    >>> import popgraph as pg
    >>> pairs = pg.torch.PositivePairs(pg.zoo.lightning_cloud(), batch_size=8, batches=3, rng=0)
    >>> [tuple(x.shape) for x, x_plus in pairs]
    [(8, 9, 9), (8, 9, 9), (8, 9, 9)]
    """

    def __init__(
        self,
        graph: ViewedPopulation | PairedPopulation,
        batch_size: int,
        *,
        encode: Any = None,
        batches: int | None = None,
        rng: Seed = None,
        device: Any = "cpu",
    ) -> None:
        if not satisfies(graph, PairedPopulation):
            graph = read_population("PositivePairs(graph, batch_size)", graph, ViewedPopulation)
        self.graph, self.batch_size = graph, read_count("batch_size", batch_size)
        self.batches = None if batches is None else read_count("batches", batches)
        target_device = read_device(device)
        if satisfies(graph, PairedPopulation):
            self.encoded = encoded_sides(cast(PairedPopulation, graph), encode, target_device)
        else:
            views = EncodedViews(cast(ViewedPopulation, graph).views, encode, target_device)
            self.encoded = views, views
        self.seed = int(generator(rng).integers(2**63))
        # Counts the passes of each worker, in memory that the worker processes share: a process may be started for each pass, and
        # must not repeat the batches of the pass before.
        self.passes = torch.zeros(1 + MAX_WORKERS, dtype=torch.int64).share_memory_()

    def __iter__(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Yield batches (x, x_plus)."""
        worker, batches = get_worker_info(), self.batches
        stream = 0 if worker is None else 1 + worker.id
        if worker is not None and batches is not None:
            batches = batches // worker.num_workers + (worker.id < batches % worker.num_workers)
        key = [self.seed, stream, int(self.passes[stream])]
        self.passes[stream] += 1
        for count, pairs in enumerate(drawn(self.graph, self.batch_size, np.random.default_rng(key))):
            if batches is not None and count >= batches:
                return
            yield self.encoded[0][pairs[:, 0]], self.encoded[1][pairs[:, 1]]


def read_device(device: Any) -> torch.device:
    """Return a device of torch; refuse one that torch does not know."""
    try:
        if not isinstance(device, str | torch.device):
            raise TypeError
        return torch.device(device)
    except (TypeError, ValueError, RuntimeError):
        raise InvalidArgument(f'device is {shorten(device)}; give "cpu", "cuda" or a torch.device') from None
