"""`train` of a population whose views are not listed, over the span of functions of them, by exact moments."""

from typing import Any, cast

import numpy as np

from popgraph.basics.arguments import whole_number
from popgraph.basics.arrays import Floats, frozen
from popgraph.basics.protocols import HasClasses
from popgraph.basics.words import shorten
from popgraph.errors import InvalidArgument
from popgraph.losses import Loss, SpectralLoss, is_ready_made
from popgraph.populations import structure
from popgraph.training.descent import minimise
from popgraph.training.objective import Limits, Objective
from popgraph.training.steps import Callback


def objective_on_functions(
    population: HasClasses, k: Any, loss: Loss, features: Any, callback: Callback | None
) -> Objective:
    """Return the spectral loss over the span of functions of a population whose views are not listed."""
    if not is_ready_made(loss, SpectralLoss) or getattr(loss, "noise", None) is not None:
        raise InvalidArgument(
            f"loss is {shorten(loss)}; on a product, moments give the spectral contrastive loss only, with negatives "
            "from w_x: leave loss= out, or train its .expand()"
        )
    coordinates = population.restricted_to(features)
    d = coordinates.N
    k = whole_number("k", k, d, "the number of features")

    def embedding(z: Floats) -> Any:
        return features @ coordinates.weights(z.reshape(d, k))

    return Objective(coordinates, loss, callback=callback, embed=embedding)


def train_on_functions(
    objective: Objective, k: int, features: Any, limits: Limits, source: np.random.Generator
) -> structure.ProductTraining:
    """Minimise the spectral loss over the span of functions of a population whose views are not listed."""
    d = objective.row_count
    k = whole_number("k", k, d, "the number of features")  # products of a small integer type would overflow
    z, converged, stopped = minimise(objective, source.standard_normal(d * k) / np.sqrt(k * d), limits)
    weights = cast(Any, objective.population).weights(objective.table(z))
    return structure.ProductTraining(
        features @ weights, frozen(weights), *objective.history(), converged=converged, stopped=stopped
    )
