"""The descent of `train` on one encoder: plain, with a weight decay, below a linear head, or over f >= 0."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from popgraph.basics.arrays import Floats, frozen, norm
from popgraph.errors import InvalidEmbedding
from popgraph.training.descent import minimise
from popgraph.training.heads import HeadObjective, balanced_factors
from popgraph.training.nonnegative import STARTS_OVER_NONNEGATIVE, NonnegativeObjective, minimise_nonnegative
from popgraph.training.objective import Limits, Objective
from popgraph.training.penalties import Penalties

NO_LENGTH = 1e-6  # ||F|| at which 0 is tried in its place, where a decay may have switched every mode off
USUAL_SIZE = (
    1e3  # times √k, or its inverse: a start of a norm beyond is scaled to √k, as its fourth power would overflow
)


def penalised(plain: Objective, k: int, penalties: Penalties) -> Objective:
    """Return the objective with its penalties. A head without a decay changes nothing but what is returned."""
    shared = {"path": plain.path, "callback": plain.callback}
    if penalties.width is not None and penalties.weight_decay:
        sizes = {"k": k, "width": k, "decay": penalties.weight_decay}  # of a wider layer no more columns are ever used
        return HeadObjective(plain.population, plain.loss, **shared, **sizes)  # type: ignore[arg-type]
    if penalties.nonnegative:
        return NonnegativeObjective(plain.population, plain.loss, **shared, weight_decay=penalties.weight_decay)  # type: ignore[arg-type]
    plain.weight_decay = penalties.weight_decay
    return plain


def unknowns_of_start(objective: Objective, f: Floats | None, k: int, source: np.random.Generator) -> Floats:
    """Return the unknowns of a given f, or Gaussian ones."""
    if f is None:
        return _gaussian_start(objective, k, source)
    if not isinstance(objective, HeadObjective | NonnegativeObjective):
        return objective.unknowns(f)
    if isinstance(objective, NonnegativeObjective) and (f < 0).any():
        row, column = np.argwhere(f < 0)[0]
        raise InvalidEmbedding(
            f"start has the entry {f[row, column]:.3g} in row {row}, column {column}; with nonnegative=True it must be 0 or more"
        )
    size = norm(f * objective.root_w_x) / np.sqrt(k)
    if size > USUAL_SIZE or 0.0 < size * USUAL_SIZE < 1.0:
        f = f / size
    return objective.unknowns(f)


def _gaussian_start(objective: Objective, k: int, source: np.random.Generator) -> Floats:
    """Return Gaussian unknowns: of a table f with entries of variance 1/k, of a class G with rows alike."""
    if objective.features is None:
        table = source.standard_normal((objective.population.N, k))
        table /= np.sqrt(k)
        table *= objective.root_w_x
    else:
        table = source.standard_normal((objective.row_count, k))
        table /= np.sqrt(k)
        table /= np.sqrt(objective.row_count)
    if isinstance(objective, HeadObjective):
        return objective.stacked(table)
    return np.abs(table).ravel() if isinstance(objective, NonnegativeObjective) else table.ravel()


def descend(
    objective: Objective, z: Floats, limits: Limits, restarts: np.random.Generator | None
) -> tuple[Objective, Floats, bool, str]:
    """Return the objective with its history, where the descent ended, whether at a minimum, and why, in words.

    Over f >= 0 other starts are drawn from `restarts`, unless there is none.
    """
    k = z.size // objective.row_count
    if isinstance(objective, NonnegativeObjective):
        return _said_if_zero(*minimise_nonnegative(objective, _starts(objective, z, k, restarts), limits))
    z, converged, stopped = minimise(objective, z, limits)
    if isinstance(objective, HeadObjective) and not converged and norm(z) <= NO_LENGTH and objective.latest[0] >= 0.0:
        # So large a decay leaves a gradient that rounding lets fall no further; 0 is no worse, and critical
        z, converged, stopped = minimise(objective, np.zeros_like(z), limits)
    if (
        isinstance(objective, HeadObjective) and converged
    ):  # of all factors of F the balanced ones have the least penalty
        z = objective.stacked(objective.product(z))
        objective.evaluate(z)
        objective.amend()
    return _said_if_zero(objective, z, converged, stopped)


def _starts(objective: Objective, z: Floats, k: int, restarts: np.random.Generator | None) -> Iterator[Floats]:
    yield z
    if restarts is not None:
        for _ in range(STARTS_OVER_NONNEGATIVE - 1):
            yield _gaussian_start(objective, k, restarts)


def _said_if_zero(
    objective: Objective, z: Floats, converged: bool, stopped: str
) -> tuple[Objective, Floats, bool, str]:
    """Take 0 for an f that has shrunk to as good as that under a decay and is no better, and say that every mode is off."""
    decay = objective.decay if isinstance(objective, HeadObjective) else objective.weight_decay
    if not (converged and decay) or norm(z) > NO_LENGTH:
        return objective, z, converged, stopped
    before, zero = objective.latest, np.zeros_like(z)
    if objective.evaluate(zero)[0] > before[0]:
        objective.latest, objective.latest_z = before, z
        return objective, z, converged, stopped
    objective.amend()
    return objective, zero, converged, f"{stopped}; weight decay {decay:g} switches every mode off, and f is 0"


def layers(z: Floats, f: Floats, objective: Objective, penalties: Penalties) -> dict[str, Any]:
    """Return what a `Training` holds of its penalties: with a head the layer below it, H/√w_x, and W."""
    if penalties.width is None:
        return {"weight_decay": penalties.weight_decay, "nonnegative": penalties.nonnegative}
    trained = isinstance(objective, HeadObjective)
    k = f.shape[1]
    H, W = objective.factors(z) if trained else balanced_factors(f * objective.root_w_x, k)  # type: ignore[attr-defined]
    unused = ((0, 0), (0, penalties.width - k))
    H, W = np.pad(H, unused), np.pad(W, unused)
    return {
        "weight_decay": penalties.weight_decay,
        "head": "linear",
        "below_head": frozen(H / objective.root_w_x),
        "head_weights": frozen(W),
    }
