"""Minimise a loss by stochastic gradients: Adam on sampled batches of positive pairs, with a step size that falls to 0."""

from collections.abc import Iterable
from contextlib import suppress
from typing import cast

import numpy as np

from popgraph.basics.arrays import Floats
from popgraph.basics.protocols import ViewedPopulation
from popgraph.errors import TooLarge
from popgraph.losses.scaled import batch_gradient
from popgraph.training.descent import Objective, Stopped, how_far

DECAY_FROM = 0.3  # share of a run after which the step size starts to fall


@np.errstate(over="ignore", invalid="ignore")  # what is no number is looked for, and ends the run
def descend_on_batches(
    objective: Objective,
    z: Floats,
    batch_size: int,
    limit: int,
    learning_rate: float,
    generator: np.random.Generator,
    steps: Iterable[int],
) -> tuple[Floats, str]:
    """Return the unknowns after `limit` batches, and what happened.

    Of a table only the rows that a batch touches are moved. A step whose loss is no number is not taken: the run stops before
    it.

    Parameters
    ----------
    steps : iterable of int
        0..limit, wrapped in a bar.
    """
    population, features = cast(ViewedPopulation, objective.population), objective.features
    value_and_gradient = batch_gradient(objective.loss)
    # A table is trained as f, not as F: a batch meets a view as often as w_x says, which is all the scaling it needs.
    start = objective.embedding(z)
    unknowns = start if features is None else z.reshape(objective.height, -1).copy()
    scaled = None if features is None else features.basis / objective.root
    first, second, seen = np.zeros_like(unknowns), np.zeros_like(unknowns), np.zeros((len(unknowns), 1))
    value, kept = np.nan, z
    written = {0, limit, *np.linspace(0, limit, 101).astype(int).tolist()}
    for step in steps:
        if step in written:
            objective.last = (value, np.nan)
            reached = objective.unknowns(unknowns) if features is None else unknowns.ravel()
            try:
                with suppress(TooLarge):  # a loss of pairs of views may be for batches only
                    objective.evaluate(reached)
            except Stopped as reason:
                return kept, f"{reason} (at batch {step:,}); f is what it was when its loss was last evaluated"
            kept = reached.copy()
            objective.write_at(step)
        if step == limit:
            break
        pairs = population.sample_pairs(batch_size, rng=generator)
        if scaled is None:
            value, g, g_plus = value_and_gradient(unknowns[pairs[:, 0]], unknowns[pairs[:, 1]])
            rows, where = np.unique(pairs, return_inverse=True)
            gradient = np.zeros((len(rows), unknowns.shape[1]))
            np.add.at(gradient, where.reshape(-1, 2)[:, 0], g)
            np.add.at(gradient, where.reshape(-1, 2)[:, 1], g_plus)
        else:
            psi, psi_plus = scaled[pairs[:, 0]], scaled[pairs[:, 1]]
            value, g, g_plus = value_and_gradient(psi @ unknowns, psi_plus @ unknowns)
            rows, gradient = np.arange(len(unknowns)), psi.T @ g + psi_plus.T @ g_plus
        if not (np.isfinite(value) and np.isfinite(gradient).all()):
            ended = f"stopped at batch {step:,}: its loss is {value:g}; f is what it was before"
            return objective.unknowns(unknowns) if features is None else unknowns.ravel(), ended
        seen[rows] += 1
        first[rows] = 0.9 * first[rows] + 0.1 * gradient
        second[rows] = 0.999 * second[rows] + 0.001 * gradient**2
        corrected = first[rows] / (1 - 0.9 ** seen[rows])
        size = np.sqrt(second[rows] / (1 - 0.999 ** seen[rows])) + 1e-12
        share = max(0.0, (step / limit - DECAY_FROM) / (1 - DECAY_FROM))
        unknowns[rows] -= learning_rate * (1 - share) ** 2 * corrected / size
    reached = objective.unknowns(unknowns) if features is None else unknowns.ravel()
    ended = f"ran its {limit:,} batches of {batch_size:,}, gradient norm {objective.last[1]:.1e}"
    return reached, ended + how_far(objective, z, reached)
