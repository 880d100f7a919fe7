"""`fit` of two encoders: two networks, one of the views x and one of the views z, trained on pairs; or one network for both."""

from dataclasses import dataclass
from functools import cached_property
from itertools import repeat
from typing import Any

import numpy as np
import torch

from popgraph.basics.arguments import count as read_count
from popgraph.basics.arrays import Floats, Immutable, Ints, frozen
from popgraph.basics.encoding import embed_views, run_module
from popgraph.basics.protocols import PairedPopulation
from popgraph.basics.words import shorten
from popgraph.errors import InvalidArgument
from popgraph.losses import pair_law, read_pair_loss
from popgraph.torch.pairs import EncodedViews, drawn, encoded_sides, read_encode
from popgraph.torch.running import Run, Schedule

Two = tuple[Any, Any]


@dataclass(frozen=True, eq=False, repr=False)
class PairFit(Immutable):
    """Hold two trained networks and the history of their training. Made by `fit` of a graph of two kinds of views.

    Attributes
    ----------
    encoders, heads : pairs of torch.nn.Module
        Of the views x and of the views z, in their best state; a head is None if there was none.
    f, g : (N_x, k), (N_z, k) arrays
        The heads' output (the encoders' without them) at every view x and at every view z, in the best state.
    features : pair of (N_x, d) array and (N_z, d') array
        The encoders' output.
    batch_loss : (T,) array
        The loss of each batch.
    steps : (E,) array of int
        The steps before which the population's loss was evaluated.
    loss : (E,) array
        The exact population loss at these steps; the mean of the last batch losses where the exact one would need a table of more
        pairs of views than fit.
    best_step : int
        The step of the least loss.
    stopped : str
        Why training stopped, in words.
    interrupted : bool
        Whether it stopped before its last step.
    loss_name : str
        Which loss.

    See Also
    --------
    fit : Make one, of a BipartiteGraph.
    verify : Check its networks.
    popgraph.PairTraining : The same of two tables.

    Examples
    --------
    >>> import torch, popgraph as pg
    >>> graph = pg.from_bipartite([[0.4, 0.1], [0.1, 0.4]])
    >>> networks = torch.nn.Linear(1, 2), torch.nn.Linear(1, 2)
    >>> trained = pg.torch.fit(networks, graph, steps=10, rng=0)
    >>> trained.f.shape, trained.g.shape, trained.stopped
    ((2, 2), (2, 2), 'ran its 10 steps')
    """

    encoders: Two
    heads: Two
    f: Floats
    g: Floats
    features: tuple[Floats, Floats]
    batch_loss: Floats
    steps: Ints
    loss: Floats
    best_step: int
    stopped: str
    interrupted: bool
    loss_name: str

    def __embeddings__(self) -> tuple[Floats, Floats]:
        return self.f, self.g

    def __repr__(self) -> str:
        (N_x, k), N_z = self.f.shape, len(self.g)
        best = f"{self.loss_name} loss {self.loss.min():.6g} at step {self.best_step:,}"
        return f"PairFit({N_x:,} views x, {N_z:,} views z, k={k}, {best}: {self.stopped})"


@dataclass(frozen=True)
class Networks:
    """Hold an encoder for each side, a head on top of it or None, and what encodes the views."""

    encoders: Two
    heads: Two
    encode: Any

    def outputs(self, graph: PairedPopulation) -> tuple[Floats, Floats]:
        """Return f and g: what the networks make of every view, in float64."""
        sides = zip((graph.views_x, graph.views_z), self.encoders, self.heads, read_encode(self.encode), strict=True)
        f, g = (
            features if head is None else run_module(head, features)
            for head, features in ((head, embed_views(encoder, views, each)) for views, encoder, head, each in sides)
        )
        return f, g


def read_networks(module: Any, head: Any, encode: Any) -> Networks:
    """Return the networks of both sides, each of a pair or of one that both share."""
    return Networks(_read_pair("module", module), _read_pair("head", head, optional=True), encode)


def fit_pair(
    networks: Networks,
    graph: PairedPopulation,
    loss: Any,
    batch_size: int | None,
    source: np.random.Generator,
    schedule: Schedule,
) -> PairFit:
    """Minimise a loss of two encoders over the weights of two networks."""
    encoders, heads = networks.encoders, networks.heads
    loss = read_pair_loss(loss, graph, batch_size is not None, "torch pairs")
    if batch_size is not None:
        batch_size = read_count("batch_size", batch_size, getattr(loss, "least_batch", 2))
    named = {"encoder_x": encoders[0], "encoder_z": encoders[1], "head_x": heads[0], "head_z": heads[1]}
    model = torch.nn.ModuleDict({name: part for name, part in named.items() if part is not None}).to(schedule.device)
    if not any(weights.requires_grad for weights in model.parameters()):
        raise InvalidArgument(f"module is {shorten(encoders)}, which has no weights to train")
    encoded = encoded_sides(graph, networks.encode, schedule.device)
    run = _TwoEncoders(graph, model, loss, encoded, schedule)
    pairs = repeat(None) if batch_size is None else drawn(graph, batch_size, source)
    stopped, interrupted = run.descend(pairs, schedule)
    features = run.features()
    f, g = run.outputs(features)
    return PairFit(
        encoders=encoders,
        heads=heads,
        f=frozen(f),
        g=frozen(g),
        features=(frozen(features[0]), frozen(features[1])),
        stopped=stopped,
        interrupted=interrupted,
        **run.recorded(),
    )


def _read_pair(what: str, given: Any, optional: bool = False) -> Two:
    """Return one network for each side, of a pair or of one that both share; None for no head."""
    if isinstance(given, tuple | list) and len(given) == 2:
        pair: Two = (given[0], given[1])
    else:
        pair = (given, given)
    for side, network in zip("xz", pair, strict=True):
        if not isinstance(network, torch.nn.Module) and not (optional and network is None):
            raise InvalidArgument(
                f"{what} of the views {side} is {shorten(network)}; give ({what} of x, {what} of z), each a torch.nn.Module, or "
                "one for both"
            )
    return pair


class _TwoEncoders(Run):
    """A run of two encoders."""

    def __init__(
        self,
        graph: PairedPopulation,
        model: Any,
        loss: Any,
        encoded: tuple[EncodedViews, EncodedViews],
        schedule: Schedule,
    ) -> None:
        super().__init__(model, loss, schedule.checkpoint)
        self.graph, self.encoded = graph, encoded

    def forward(self, side: str, x: torch.Tensor) -> Any:
        """Return the output of one side to which the loss is applied."""
        out = self.model[f"encoder_{side}"](x.to(self.dtype))
        return self.model[f"head_{side}"](out) if f"head_{side}" in self.model else out

    @cached_property
    def law(self) -> Any:
        """C, the probabilities of pairs, (N_x, N_z): a csr_array or an array."""
        return pair_law(self.graph.factor, self.graph.w_x, self.graph.w_z)

    @cached_property
    def population(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """C as a tensor, and the encoded views of both sides."""
        target_device = self.encoded[0].device
        if hasattr(self.law, "tocoo"):
            C = self.law.tocoo()
            table = torch.sparse_coo_tensor(
                np.stack(C.coords), C.data, C.shape, dtype=self.dtype, check_invariants=True
            )
        else:
            table = torch.tensor(self.law, dtype=self.dtype)
        x, z = (torch.as_tensor(each.all(), dtype=self.dtype, device=target_device) for each in self.encoded)
        return table.to(target_device), x, z

    def value(self, pairs: torch.Tensor | None) -> Any:
        """Return the loss of a batch of positions (b, 2), or of all pairs."""
        if pairs is None:
            table, x, z = self.population
            return self.loss.pair_value(table, self.forward("x", x), self.forward("z", z))
        f, g = (
            self.forward(side, each[pairs[:, at]])
            for at, (side, each) in enumerate(zip("xz", self.encoded, strict=True))
        )
        return self.loss.batch_value(f, g)

    def features(self) -> tuple[Floats, Floats]:
        """Return the encoders' output at every view, in float64."""
        x, z = (each.embedded(self.model[f"encoder_{side}"]) for side, each in zip("xz", self.encoded, strict=True))
        return x, z

    def outputs(self, features: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
        """Return f and g, in float64."""
        f, g = (
            run_module(self.model[f"head_{side}"], table) if f"head_{side}" in self.model else table
            for side, table in zip("xz", features, strict=True)
        )
        return f, g

    def exact_value(self) -> float:
        """Return the population's loss in float64."""
        f, g = self.outputs(self.features())
        return float(self.loss.pair_value(self.law, f, g))
