"""A run of `fit`: steps of AdamW on a loss, the exact loss of the population every so often, and the best state so far."""

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from popgraph.basics.arguments import count as read_count
from popgraph.basics.arguments import number
from popgraph.basics.arrays import Floats, frozen
from popgraph.basics.progress import Progress, track
from popgraph.basics.words import shorten
from popgraph.errors import InvalidArgument, TooLarge
from popgraph.torch.pairs import read_device

DECAY_START = 0.3  # share of the steps after which the step size starts to fall
STEPS_PER_FINITENESS_CHECK = 64  # of the batch losses; each check waits for the GPU


@dataclass(frozen=True)
class Schedule:
    """How many steps there are, how large they are, when the population's loss is evaluated, and where the best state is kept."""

    steps: int
    learning_rate: float
    weight_decay: float
    evaluate_every: int
    checkpoint: Path | None
    device: torch.device
    progress: Progress


def read_schedule(
    rates: tuple[Any, Any], steps: Any, evaluate_every: Any, checkpoint: Any, device: Any, progress: Progress
) -> Schedule:
    """Return a schedule, of a learning rate and a weight decay among others, or refuse what is out of range."""
    learning_rate = number("learning_rate", rates[0])
    weight_decay = number("weight_decay", rates[1], "it must be a nonnegative number", ends=True)
    checkpoint_path = None if checkpoint is None else _read_checkpoint(checkpoint)
    steps = read_count("steps", steps)
    every = max(1, steps // 20) if evaluate_every is None else read_count("evaluate_every", evaluate_every)
    if device is None:
        device = "cuda" if torch.cuda.is_available() else "cpu"
    return Schedule(steps, learning_rate, weight_decay, every, checkpoint_path, read_device(device), progress)


class _NotFinite(Exception):
    """The loss is NaN or infinite."""


class Run(ABC):
    """Hold the state of a run: the modules, the history, and the best state so far."""

    def __init__(self, model: Any, loss: Any, checkpoint: Path | None) -> None:
        self.model, self.loss, self.checkpoint = model, loss, checkpoint
        self.losses: list[torch.Tensor] = []
        self.history: list[tuple[int, float]] = []
        self.best: tuple[float, int, Any] = (np.inf, 0, deepcopy(model.state_dict()))
        self.dtype = next((p.dtype for p in model.parameters()), torch.float32)
        self.checked_losses = 0  # the number of batch losses known to be finite

    @abstractmethod
    def value(self, pairs: torch.Tensor | None) -> Any:
        """Return the loss of a batch of positions (b, 2), or of the whole population, as a tensor that has a gradient."""

    @abstractmethod
    def exact_value(self) -> float:
        """Return the population's loss in float64; `TooLarge` where it needs too many pairs of views."""

    def descend(self, pairs: Iterator[Any], schedule: Schedule) -> tuple[str, bool]:
        """Take all steps, put the modules in their best state, and return why the run stopped, and whether it was cut short."""
        steps = schedule.steps
        optimiser = torch.optim.AdamW(
            self.model.parameters(), lr=schedule.learning_rate, weight_decay=schedule.weight_decay
        )
        modes = {part: part.training for part in self.model.modules()}
        self.model.train()
        stopped, interrupted = f"ran its {steps:,} steps", False
        try:
            for step in track(range(steps), steps, schedule.progress, "fit"):
                if step % schedule.evaluate_every == 0:
                    self.evaluate(step)
                decayed = max(0.0, (step / steps - DECAY_START) / (1 - DECAY_START))
                optimiser.param_groups[0]["lr"] = schedule.learning_rate * (1 - decayed) ** 2
                self.step(next(pairs), optimiser)
                if (step + 1) % STEPS_PER_FINITENESS_CHECK == 0:
                    self.check_losses()
            self.check_losses()
            self.evaluate(steps)
        except KeyboardInterrupt:
            stopped, interrupted = f"interrupted after {len(self.losses):,} of {steps:,} steps", True
            with suppress(_NotFinite):
                if len(self.losses) not in dict(self.history):
                    self.evaluate(len(self.losses))  # the steps since the last evaluation are not lost
        except _NotFinite as reason:
            stopped, interrupted = f"stopped: {reason}", True
        finally:
            self.model.load_state_dict(self.best[2])
            for part, mode in modes.items():
                part.training = mode
        return stopped, interrupted

    def step(self, pairs: torch.Tensor | None, optimiser: torch.optim.Optimizer) -> None:
        """Take one step on a batch of positions (b, 2), or on the whole population."""
        value = self.value(pairs)
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

    def evaluate(self, step: int) -> None:
        """Record the population's loss, and keep the state if it is the best so far."""
        self.check_losses()
        try:
            value = self.exact_value()
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
        states = {name: part.state_dict() for name, part in self.model.items()}
        self.checkpoint.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.checkpoint.with_name(self.checkpoint.name + ".part")
        torch.save({**states, "step": step, "loss": value}, temporary)
        os.replace(temporary, self.checkpoint)

    def recorded(self) -> dict[str, Any]:
        """Return the history, as a Fit holds it."""
        steps, values = zip(*self.history, strict=True) if self.history else ((0,), (np.nan,))
        batches: Floats = torch.stack(self.losses).double().cpu().numpy() if self.losses else np.zeros(0)
        return {
            "batch_loss": frozen(batches),
            "steps": frozen(np.array(steps, dtype=np.intp)),
            "loss": frozen(np.array(values)),
            "best_step": self.best[1],
            "loss_name": getattr(self.loss, "name", type(self.loss).__name__),
        }


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
