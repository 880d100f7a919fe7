"""Minimise a loss by stochastic gradients: Adam on sampled batches of positive pairs, with a step size that falls to 0."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from popgraph.basics.arrays import Floats, Ints, norm
from popgraph.basics.protocols import ViewedPopulation
from popgraph.errors import TooLarge
from popgraph.losses import batch_gradient
from popgraph.training.descent import growth_in_words
from popgraph.training.objective import Objective, Stopped
from popgraph.training.steps import Halted, tell

CONSTANT_RATE_SHARE = 0.3  # of all batches, after which the step size starts to fall
MEAN_DECAY, SQUARE_DECAY = 0.9, 0.999  # the usual values of Adam [Kingma and Ba, 2015]


@dataclass(frozen=True)
class Batches:
    """A run of `count` batches of `size` positive pairs each, and the first step size."""

    count: int
    size: int
    learning_rate: float
    generator: np.random.Generator

    def rate(self, step: int) -> float:
        """Return the step size: constant at first, then proportional to (1 - t)², where t rises from 0 to 1."""
        share = max(0.0, (step / self.count - CONSTANT_RATE_SHARE) / (1 - CONSTANT_RATE_SHARE))
        return self.learning_rate * (1 - share) ** 2


class Adam:
    """The optimiser Adam: for each row, running means of its gradient and its square over the batches that contain the row."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.mean, self.square, self.updates = np.zeros(shape), np.zeros(shape), np.zeros((shape[0], 1))

    def direction(self, rows: Ints, gradient: Floats) -> Floats:
        """Update the means of these rows by a gradient, and return what to subtract from them at a step size of 1."""
        self.updates[rows] += 1
        self.mean[rows] = MEAN_DECAY * self.mean[rows] + (1 - MEAN_DECAY) * gradient
        self.square[rows] = SQUARE_DECAY * self.square[rows] + (1 - SQUARE_DECAY) * gradient**2
        unbiased = self.mean[rows] / (1 - MEAN_DECAY ** self.updates[rows])
        size = np.sqrt(self.square[rows] / (1 - SQUARE_DECAY ** self.updates[rows])) + 1e-12
        return np.asarray(unbiased / size)


@np.errstate(over="ignore", invalid="ignore")  # the loss is tested for NaN and infinity below
def descend_on_batches(objective: Objective, z: Floats, batches: Batches, steps: Iterable[int]) -> tuple[Floats, str]:
    """Return the unknowns after all batches, and a sentence on how the run ended; `steps` yields 0..count.

    If f is a table, a batch changes only the rows of its own views. If the loss or the gradient of a batch is not finite, the run
    ends without that step.
    """
    population, features = cast(ViewedPopulation, objective.population), objective.features
    value_and_gradient = batch_gradient(objective.loss if objective.drawing is None else objective.drawing)
    noise = None if objective.drawing is None else objective.drawing.noise.law / objective.drawing.noise.law.sum()
    # A table is trained as f, not as F = √w_x f: a view is in a batch with probability proportional to w_x, so no factor is needed.
    trained = objective.embedding(z) if features is None else objective.table(z).copy()
    scaled_features = None if features is None else features.basis / objective.root_w_x
    adam, value, last_recorded = Adam(trained.shape), np.nan, z
    recorded_steps = {0, batches.count, *np.linspace(0, batches.count, 101).astype(int).tolist()}

    def unknowns() -> Floats:
        return objective.unknowns(trained) if features is None else trained.ravel()

    def shown() -> Any:
        return objective.shown(unknowns())

    for step in steps:
        if step in recorded_steps:
            reached, objective.latest = unknowns(), (value, np.nan)
            try:
                with suppress(TooLarge):  # the exact loss may need too much memory, and then only batches are possible
                    objective.evaluate(reached)
            except Stopped as reason:
                ended = f"{reason} (at batch {step:,}); f is that of the last recorded loss before"
                return last_recorded, ended
            last_recorded = reached.copy()
            objective.record(step)
        if step == batches.count:
            break
        drawn = population.sample_pairs(batches.size, rng=batches.generator)  # (B, 2), and negatives as a third column
        if noise is not None:
            negatives = batches.generator.choice(len(noise), size=batches.size, p=noise)
            drawn = np.column_stack([drawn, negatives])
        if scaled_features is None:
            value, *gradients = value_and_gradient(*(trained[column] for column in drawn.T))
            rows, row_of = np.unique(drawn, return_inverse=True)
            gradient = np.zeros((len(rows), trained.shape[1]))
            for g, at in zip(gradients, row_of.reshape(drawn.shape).T, strict=True):
                np.add.at(gradient, at, g)
        else:
            tables = [scaled_features[column] for column in drawn.T]
            value, *gradients = value_and_gradient(*(psi @ trained for psi in tables))
            rows = np.arange(len(trained))
            gradient = sum(psi.T @ g for psi, g in zip(tables, gradients, strict=True))
        if not (np.isfinite(value) and np.isfinite(gradient).all()):
            return unknowns(), f"stopped at batch {step:,}: its loss is {value:g}; f is as it was before that batch"
        trained[rows] -= batches.rate(step) * adam.direction(rows, gradient)
        if objective.callback is not None:
            try:
                tell(objective.callback, step + 1, value, norm(gradient), shown)
            except Halted:
                return _halted(objective, unknowns(), step + 1, value)
    reached, size = unknowns(), objective.latest[1]
    known = "" if np.isnan(size) else f", gradient norm {size:.1e}"
    return (
        reached,
        f"ran its {batches.count:,} batches of {batches.size:,}{known}{growth_in_words(objective, z, reached)}",
    )


def _halted(objective: Objective, z: Floats, step: int, value: float) -> tuple[Floats, str]:
    """Record where a callback ended the run, and say so."""
    objective.latest = (value, np.nan)
    with suppress(TooLarge):
        objective.evaluate(z)
    objective.record(step)
    return z, f"stopped by the callback after batch {step:,}"
