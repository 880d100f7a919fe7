"""`fit`: train a torch network on sampled positive pairs, and keep its best state by the exact loss of the whole population."""

import os
from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from itertools import repeat
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch

from popgraph.basics.arguments import count as read_count
from popgraph.basics.arguments import generator, number
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.populations import read_population
from popgraph.basics.arrays import Floats, Immutable, Ints, frozen
from popgraph.basics.blas import one_thread
from popgraph.basics.encoding import run_module
from popgraph.basics.progress import Progress, track
from popgraph.basics.protocols import ViewedPopulation
from popgraph.basics.words import shorten
from popgraph.declare import Seed
from popgraph.errors import InvalidArgument, TooLarge
from popgraph.losses import bound_to, loss_with_noise, population_value, read_loss, spectral
from popgraph.populations import PairGraph, PopulationGraph, read_graph
from popgraph.torch.pairs import EncodedViews, drawn, read_device

DECAY_START = 0.3  # share of the steps after which the step size starts to fall
STEPS_PER_FINITENESS_CHECK = 64  # of the batch losses; each check waits for the GPU


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


@checked_call(epochs="use steps=, of one batch each", optimizer="it is AdamW")
@one_thread()
def fit(
    module: torch.nn.Module,
    graph: ViewedPopulation,
    *,
    head: torch.nn.Module | None = None,
    loss: Any = spectral,
    encode: Callable[[Any], Any] | None = None,
    batch_size: int | None = 256,
    steps: int = 2_000,
    learning_rate: float = 3e-3,
    weight_decay: float = 0.0,
    evaluate_every: int | None = None,
    checkpoint: str | Path | None = None,
    rng: Seed = None,
    device: Any = None,
    progress: Progress = None,
) -> Fit:
    """Minimise a contrastive loss over the weights of a network, by AdamW on sampled batches of positive pairs, or on all.

    The step size falls to 0 after the first third. Every few steps the exact loss of the whole population is evaluated in float64.
    At the end the modules are in the state for which this loss was least, also if the run is interrupted from the keyboard or a
    loss becomes NaN or infinite.

    Parameters
    ----------
    module : torch.nn.Module
        The encoder: a batch of encoded views (b, ...) -> (b, d). Trained in place.
    graph : PopulationGraph, or another population that lists its views
    head : torch.nn.Module, optional
        A projection head (b, d) -> (b, k), to whose output the loss is applied; it is usually thrown away afterwards.
    loss : a loss of `popgraph.losses`, or its name, such as "vicreg"
        Or anything with `name`, `value(factor, w_x, f)` and a `batch_value(f, f_plus)` that torch differentiates.
    encode : callable view -> array or tensor, optional
        By default an Image becomes its pixels (height, width), and a number or tuple of numbers a vector.
    batch_size : int or None
        Positive pairs in a batch, 2 or more. None takes every step on the exact loss of the whole population, which must be a
        PopulationGraph: the gradient is exact, and each step runs the network on all N views.
    steps : int
        1 or more.
    learning_rate, weight_decay : float
        Of AdamW.
    evaluate_every : int, optional
        Steps between two population losses; by default a 20th of the steps.
    checkpoint : path, optional
        The file to which each new best state is written, for `torch.load`: {"encoder", "head", "step", "loss"}. It is replaced
        as a whole, and never half-written.
    rng : None, int or numpy.random.Generator
        Draws the batches. It does not touch the network's initial weights.
    device : str or torch.device, optional
        By default a GPU if there is one.
    progress : bool, callable or None
        Whether to show a progress bar; None shows one in a terminal or notebook.

    Raises
    ------
    InvalidArgument
        If a number is out of range, the loss is no loss, or `batch_size=None` meets a population that is no PopulationGraph.
    InvalidEmbedding
        If a view cannot be encoded, or the network's output is not one vector for each view.

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
    _check(module, graph, head)
    learning_rate = number("learning_rate", learning_rate)
    weight_decay = number("weight_decay", weight_decay, "it must be a nonnegative number", ends=True)
    checkpoint_path = None if checkpoint is None else _read_checkpoint(checkpoint)
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
    steps = read_count("steps", steps)
    if evaluate_every is not None:
        evaluate_every = read_count("evaluate_every", evaluate_every)
    source = generator(rng)
    if device is None:
        device = "cuda" if torch.cuda.is_available() else "cpu"
    target_device = read_device(device)
    model = torch.nn.ModuleDict({"encoder": module, **({} if head is None else {"head": head})}).to(target_device)
    run = _Run(graph, model, loss, EncodedViews(graph, encode, target_device), checkpoint_path)
    optimiser = torch.optim.AdamW(model.parameters(), lr=learning_rate, weight_decay=weight_decay)
    pairs = repeat(None) if batch_size is None else drawn(graph, batch_size, source)
    modes = {part: part.training for part in model.modules()}
    model.train()
    stopped, interrupted = f"ran its {steps:,} steps", False
    try:
        for step in track(range(steps), steps, progress, "fit"):
            if step % (evaluate_every or max(1, steps // 20)) == 0:
                run.evaluate(step)
            decayed = max(0.0, (step / steps - DECAY_START) / (1 - DECAY_START))
            optimiser.param_groups[0]["lr"] = learning_rate * (1 - decayed) ** 2
            run.step(next(pairs), optimiser)
            if (step + 1) % STEPS_PER_FINITENESS_CHECK == 0:
                run.check_losses()
        run.check_losses()
        run.evaluate(steps)
    except KeyboardInterrupt:
        stopped, interrupted = f"interrupted after {len(run.losses):,} of {steps:,} steps", True
        with suppress(_NotFinite):
            if len(run.losses) not in dict(run.history):
                run.evaluate(len(run.losses))  # the steps since the last evaluation are not lost
    except _NotFinite as reason:
        stopped, interrupted = f"stopped: {reason}", True
    finally:
        run.restore()
        for part, mode in modes.items():
            part.training = mode
    return run.finish(head, stopped, interrupted)


class _NotFinite(Exception):
    """The loss is NaN or infinite."""


class _Run:
    """Hold the state of a run: the modules, the history, and the best state so far."""

    def __init__(
        self, graph: ViewedPopulation, model: Any, loss: Any, encoded: EncodedViews, checkpoint: Path | None
    ) -> None:
        self.graph, self.model, self.loss, self.encoded, self.checkpoint = graph, model, loss, encoded, checkpoint
        self.losses: list[torch.Tensor] = []
        self.history: list[tuple[int, float]] = []
        self.best: tuple[float, int, Any] = (np.inf, 0, deepcopy(model.state_dict()))
        self.dtype = next((p.dtype for p in model.parameters()), torch.float32)
        self.checked_losses = 0  # the number of batch losses known to be finite

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

    def step(self, pairs: torch.Tensor | None, optimiser: torch.optim.Optimizer) -> None:
        """Take one step on a batch of positions (b, 2), or on the whole population."""
        if pairs is None:
            factor, w_x, inputs = self.population
            value = self.loss.value(factor, w_x, self.forward(inputs))
        else:
            x = self.encoded[pairs.T.reshape(-1)]  # both views in one pass
            f, f_plus = self.forward(x.to(self.dtype)).chunk(2)
            value = self.loss.batch_value(f, f_plus)
        if not isinstance(value, torch.Tensor) or value.ndim or not value.requires_grad:
            raise InvalidArgument(f"the loss gives {shorten(value)}; it must give one number that torch differentiates")
        optimiser.zero_grad(set_to_none=True)
        value.backward()
        optimiser.step()
        self.losses.append(value.detach())

    def check_losses(self) -> None:
        """Stop the run if a batch loss since the last check is NaN or infinite."""
        unchecked = self.losses[self.checked_losses :]
        if unchecked and not bool((finite := torch.isfinite(torch.stack(unchecked))).all()):
            first = self.checked_losses + int(torch.nonzero(~finite)[0])
            raise _NotFinite(f"the loss of the batch at step {first:,} is {self.losses[first].item():g}")
        self.checked_losses = len(self.losses)

    def embedded(self) -> tuple[Floats, Floats]:
        """Return f and the encoder's features at every view, in float64."""
        features = self.encoded.embedded(self.model["encoder"])
        return (run_module(self.model["head"], features) if "head" in self.model else features), features

    def evaluate(self, step: int) -> None:
        """Record the population's loss, and keep the state if it is the best so far."""
        self.check_losses()
        try:
            value = population_value(self.loss, self.graph, self.embedded()[0])
        except TooLarge:  # too many pairs of views for an exact value: the mean of the last batch losses replaces it
            if not self.losses:
                return
            value = float(torch.stack(self.losses[-STEPS_PER_FINITENESS_CHECK:]).mean())
        if not np.isfinite(value):  # otherwise -inf would count as the best loss
            raise _NotFinite(f"the population's loss at step {step:,} is {value:g}")
        better = value < self.best[0]
        if better:
            self.best = (value, step, deepcopy(self.model.state_dict()))
        self.history.append((step, value))  # after the state is kept, so that no interruption can lose it
        if better:
            self._save()

    def _save(self) -> None:
        """Write the best state to a temporary file, and rename that to the checkpoint, which is so never half-written."""
        if self.checkpoint is None:
            return
        value, step, _ = self.best
        states = {"encoder": self.model["encoder"].state_dict(), "step": step, "loss": value}
        if "head" in self.model:
            states["head"] = self.model["head"].state_dict()
        self.checkpoint.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.checkpoint.with_name(self.checkpoint.name + ".part")
        torch.save(states, temporary)
        os.replace(temporary, self.checkpoint)

    def restore(self) -> None:
        """Put the modules in the best state."""
        self.model.load_state_dict(self.best[2])

    def finish(self, head: torch.nn.Module | None, stopped: str, interrupted: bool) -> Fit:
        """Return the Fit, with the modules in the state they are in."""
        f, features = self.embedded()
        steps, values = zip(*self.history, strict=True) if self.history else ((0,), (np.nan,))
        batches = torch.stack(self.losses).double().cpu().numpy() if self.losses else np.zeros(0)
        return Fit(
            encoder=self.model["encoder"],
            head=head,
            f=frozen(f),
            features=frozen(features),
            batch_loss=frozen(batches),
            steps=frozen(np.array(steps, dtype=np.intp)),
            loss=frozen(np.array(values)),
            best_step=self.best[1],
            stopped=stopped,
            interrupted=interrupted,
            loss_name=getattr(self.loss, "name", type(self.loss).__name__),
        )


def _check(module: Any, graph: Any, head: Any) -> None:
    """Raise InvalidArgument for a module, head or population that cannot be trained on."""
    graph = read_population("fit(module, graph)", graph, ViewedPopulation, "second")
    for what, given in {"module": module, "head": head}.items():
        if not isinstance(given, torch.nn.Module) and not (what == "head" and given is None):
            raise InvalidArgument(f"{what} is {shorten(given)}; it must be a torch.nn.Module")
    if not any(p.requires_grad for part in (module, head) if part is not None for p in part.parameters()):
        raise InvalidArgument(f"module is {shorten(module)}, which has no weights to train")


def _read_checkpoint(checkpoint: Any) -> Path:
    """Return the path of a checkpoint; raise InvalidArgument if it cannot be the path of a file."""
    if not isinstance(checkpoint, str | Path) or not str(checkpoint) or "\0" in str(checkpoint):
        raise InvalidArgument(f"checkpoint is {shorten(checkpoint)}; it must be the path of a file")
    path = Path(checkpoint)
    try:
        folder = path.is_dir()
    except OSError as error:
        raise InvalidArgument(
            f"checkpoint is {shorten(checkpoint)}, which cannot be the path of a file: {error.strerror}"
        ) from None
    if folder:
        raise InvalidArgument(f"checkpoint is {shorten(str(path))}, a folder; give the path of a file in it")
    return path
