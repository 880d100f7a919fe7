"""`fit`: train a torch network on sampled positive pairs, and keep its best state by the exact loss of the whole population."""

from dataclasses import dataclass
from functools import cached_property
from itertools import repeat
from pathlib import Path
from typing import Any, cast, overload

import numpy as np
import torch

from popgraph.basics.arguments import count as read_count
from popgraph.basics.arguments import generator
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.populations import read_population, satisfies
from popgraph.basics.arrays import Floats, Immutable, Ints, frozen
from popgraph.basics.blas import one_thread
from popgraph.basics.encoding import run_module
from popgraph.basics.progress import Progress
from popgraph.basics.protocols import PairedPopulation, ViewedPopulation
from popgraph.basics.words import shorten
from popgraph.declare import Seed
from popgraph.errors import InvalidArgument
from popgraph.losses import bound_to, loss_with_noise, population_value, read_loss, spectral
from popgraph.populations import PairGraph, PopulationGraph, read_graph
from popgraph.torch.pairs import EncodedViews, drawn
from popgraph.torch.running import Run, read_schedule
from popgraph.torch.two_encoders import PairFit, fit_pair, read_networks


@dataclass(frozen=True, eq=False, repr=False)
class Fit(Immutable):
    """Hold a trained network and the history of its training. Made by `fit`.

    Attributes
    ----------
    encoder, head : torch.nn.Module
        The modules that were given, in their best state; head is None if there was none.
    f : (N, k) array
        The head's output (the encoder's without one) at every view, in the best state.
    features : (N, d) array
        The encoder's output at every view.
    batch_loss : (T,) array
        The loss of each batch.
    steps : (E,) array of int
        The steps before which the population's loss was evaluated.
    loss : (E,) array
        The exact population loss at these steps; the mean of the last batch losses where the exact one would need a table of
        more pairs of views than fit.
    best_step : int
        The step of the least loss.
    stopped : str
        Why training stopped, in words.
    interrupted : bool
        Whether it stopped before its last step: by the user, or because the loss was NaN or infinite.
    loss_name : str
        Which loss.

    See Also
    --------
    fit : Make one.
    verify : Check its network.
    popgraph.Training : The same of a table f.

    Examples
    --------
    >>> import torch, popgraph as pg
    >>> net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(81, 2))
    >>> trained = pg.torch.fit(net, pg.zoo.lightning_cloud(), steps=10, rng=0)
    >>> trained.f.shape, trained.stopped
    ((4, 2), 'ran its 10 steps')
    """

    encoder: torch.nn.Module
    head: torch.nn.Module | None
    f: Floats
    features: Floats
    batch_loss: Floats
    steps: Ints
    loss: Floats
    best_step: int
    stopped: str
    interrupted: bool
    loss_name: str

    def __embedding__(self) -> Floats:
        return self.f

    def __repr__(self) -> str:
        views, k = self.f.shape
        best = f"{self.loss_name} loss {self.loss.min():.6g} at step {self.best_step:,}"
        return f"Fit({views:,} views, k={k}, {best}: {self.stopped})"


@overload
def fit(
    module: Any,
    graph: PairedPopulation,
    *,
    head: Any = None,
    loss: Any = spectral,
    encode: Any = None,
    batch_size: int | None = 256,
    steps: int = 2_000,
    learning_rate: float = 3e-3,
    weight_decay: float = 0.0,
    evaluate_every: int | None = None,
    checkpoint: str | Path | None = None,
    rng: Seed = None,
    device: Any = None,
    progress: Progress = None,
) -> PairFit: ...


@overload
def fit(
    module: torch.nn.Module,
    graph: ViewedPopulation,
    *,
    head: Any = None,
    loss: Any = spectral,
    encode: Any = None,
    batch_size: int | None = 256,
    steps: int = 2_000,
    learning_rate: float = 3e-3,
    weight_decay: float = 0.0,
    evaluate_every: int | None = None,
    checkpoint: str | Path | None = None,
    rng: Seed = None,
    device: Any = None,
    progress: Progress = None,
) -> Fit: ...


@checked_call(epochs="use steps=, of one batch each", optimizer="it is AdamW")
@one_thread()
def fit(
    module: Any,
    graph: ViewedPopulation | PairedPopulation,
    *,
    head: Any = None,
    loss: Any = spectral,
    encode: Any = None,
    batch_size: int | None = 256,
    steps: int = 2_000,
    learning_rate: float = 3e-3,
    weight_decay: float = 0.0,
    evaluate_every: int | None = None,
    checkpoint: str | Path | None = None,
    rng: Seed = None,
    device: Any = None,
    progress: Progress = None,
) -> Fit | PairFit:
    """Minimise a contrastive loss over the weights of a network, by AdamW on sampled batches of positive pairs, or on all.

    The step size falls to 0 after the first third. Every few steps the exact loss of the whole population is evaluated in float64.
    At the end the modules are in the state for which this loss was least, also if the run is interrupted from the keyboard or a
    loss becomes NaN or infinite.

    Parameters
    ----------
    module : torch.nn.Module
        The encoder: a batch of encoded views (b, ...) -> (b, d). Trained in place. Of a BipartiteGraph a pair of them, for the
        views x and the views z, or one for both.
    graph : PopulationGraph, or another population that lists its views
        Of a BipartiteGraph the answer is a `PairFit`; ``head`` and ``encode`` may be pairs too.
    head : torch.nn.Module, optional
        A projection head (b, d) -> (b, k), to whose output the loss is applied; it is usually thrown away afterwards.
    loss : a loss of `popgraph.losses`, or its name, such as "vicreg"
        Or anything with ``name``, ``value(factor, w_x, f)`` and a ``batch_value(f, f_plus)`` that torch differentiates.
    encode : callable view -> array or tensor, optional
        By default an Image becomes its pixels (height, width), and a number or tuple of numbers a vector.
    batch_size : int or None
        Positive pairs in a batch, 2 or more. None takes every step on the exact loss of the whole population, which must be a
        PopulationGraph: the gradient is exact, and each step runs the network on all N views.
    steps : int
        1 or more.
    learning_rate, weight_decay : float
        Of AdamW. Its decay shrinks every weight of the network by itself at each step, beside the gradient: it is no term of the
        loss, and not the λ||F||² of `popgraph.train` and `popgraph.verify`, so that no verdict on its optimum is known.
    evaluate_every : int, optional
        Steps between two population losses; by default a 20th of the steps.
    checkpoint : path, optional
        The file to which each new best state is written, for ``torch.load``: {"encoder", "head", "step", "loss"}. It is replaced
        as a whole, and never half-written.
    rng : None, int or numpy.random.Generator
        Draws the batches. It does not touch the network's initial weights.
    device : str or torch.device, optional
        By default a GPU if there is one.
    progress : bool, callable or None
        Whether to show a progress bar; None shows one in a terminal or notebook.

    Returns
    -------
    Fit or PairFit
        The modules in their best state, f at every view, and the losses on the way; a PairFit of a BipartiteGraph.

    Raises
    ------
    InvalidArgument
        If a number is out of range, the loss is no loss, or ``batch_size=None`` meets a population that is no PopulationGraph.
    InvalidEmbedding
        If a view cannot be encoded, or the network's output is not one vector for each view.

    See Also
    --------
    verify : Check the network.
    popgraph.train : Train a table f, to convergence.
    PositivePairs : The batches, for a loop of your own.

    References
    ----------
    [H21] section 5. Their published code normalises the rows of f as well, which their loss does not.

    Examples
    --------
    >>> import torch, popgraph as pg
    >>> graph = pg.zoo.lightning_cloud()
    >>> generator = torch.manual_seed(0)
    >>> net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(81, 32), torch.nn.ReLU(), torch.nn.Linear(32, 2))
    >>> trained = pg.torch.fit(net, graph, steps=500, rng=0)
    >>> bool(pg.verify(graph, trained, atol=0.05))
    True
    """
    schedule = read_schedule((learning_rate, weight_decay), steps, evaluate_every, checkpoint, device, progress)
    if satisfies(graph, PairedPopulation):
        networks, pairs_of = read_networks(module, head, encode), cast(PairedPopulation, graph)
        return fit_pair(networks, pairs_of, loss, batch_size, generator(rng), schedule)
    population = cast(ViewedPopulation, graph)
    _check(module, population, head)
    loss = bound_to(read_loss(loss, "torch"), graph)
    if batch_size is not None and loss_with_noise(loss, graph, in_batches=False) is not None:
        raise InvalidArgument(
            f"loss {loss.name} draws its negatives from a noise law, which batches of positive pairs do not hold; pass "
            "batch_size=None, or write the loop with loss.noise_batch_value"
        )
    if batch_size is None:
        if isinstance(graph, PairGraph):
            raise InvalidArgument(
                f"fit(module, graph, batch_size=None) needs the factor M of a PopulationGraph; {shorten(graph)} has none, as its "
                "pairs are given: use batch_size=, which draws pairs"
            )
        read_graph("fit(module, graph, batch_size=None)", graph, "a PopulationGraph second")
    else:
        batch_size = read_count("batch_size", batch_size, getattr(loss, "least_batch", 2))
    source = generator(rng)
    model = torch.nn.ModuleDict({"encoder": module, **({} if head is None else {"head": head})}).to(schedule.device)
    run = _OneEncoder(
        population, model, loss, EncodedViews(population.views, encode, schedule.device), schedule.checkpoint
    )
    pairs = repeat(None) if batch_size is None else drawn(population, batch_size, source)
    stopped, interrupted = run.descend(pairs, schedule)
    f, features = run.embedded()
    return Fit(
        encoder=module,
        head=head,
        f=frozen(f),
        features=frozen(features),
        stopped=stopped,
        interrupted=interrupted,
        **run.recorded(),
    )


class _OneEncoder(Run):
    """A run of one encoder, with a head or without."""

    def __init__(
        self, graph: ViewedPopulation, model: Any, loss: Any, encoded: EncodedViews, checkpoint: Path | None
    ) -> None:
        super().__init__(model, loss, checkpoint)
        self.graph, self.encoded = graph, encoded

    def forward(self, x: torch.Tensor) -> Any:
        """Return the output to which the loss is applied."""
        out = self.model["encoder"](x)
        return self.model["head"](out) if "head" in self.model else out

    @cached_property
    def population(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """M and w_x as tensors, and the encoded views."""
        M, target_device = cast(PopulationGraph, self.graph).factor.tocoo(), self.encoded.device
        factor = torch.sparse_coo_tensor(np.stack(M.coords), M.data, M.shape, dtype=self.dtype, check_invariants=True)
        inputs = torch.as_tensor(self.encoded.all(), dtype=self.dtype, device=target_device)
        return (
            factor.to(target_device),
            torch.tensor(self.graph.w_x.copy(), dtype=self.dtype, device=target_device),
            inputs,
        )

    def value(self, pairs: torch.Tensor | None) -> Any:
        """Return the loss of a batch of positions (b, 2), or of the whole population."""
        if pairs is None:
            factor, w_x, inputs = self.population
            return self.loss.value(factor, w_x, self.forward(inputs))
        x = self.encoded[pairs.T.reshape(-1)]  # both views in one pass
        f, f_plus = self.forward(x.to(self.dtype)).chunk(2)
        return self.loss.batch_value(f, f_plus)

    def embedded(self) -> tuple[Floats, Floats]:
        """Return f and the encoder's features at every view, in float64."""
        features = self.encoded.embedded(self.model["encoder"])
        return (run_module(self.model["head"], features) if "head" in self.model else features), features

    def exact_value(self) -> float:
        """Return the population's loss in float64."""
        return population_value(self.loss, self.graph, self.embedded()[0])


def _check(module: Any, graph: Any, head: Any) -> None:
    """Raise InvalidArgument for a module, head or population that cannot be trained on."""
    graph = read_population("fit(module, graph)", graph, ViewedPopulation, "second")
    for what, given in {"module": module, "head": head}.items():
        if not isinstance(given, torch.nn.Module) and not (what == "head" and given is None):
            raise InvalidArgument(f"{what} is {shorten(given)}; it must be a torch.nn.Module")
    if not any(p.requires_grad for part in (module, head) if part is not None for p in part.parameters()):
        raise InvalidArgument(f"module is {shorten(module)}, which has no weights to train")
