"""A loss on a population as a function of F = √w_x f, in which rare views are scaled like common ones: training evaluates this.

√w_x and w, which stay the same during a training, are computed once. F is not checked, as training itself computes it.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse as sp

from popgraph.basics.arrays import Floats
from popgraph.basics.protocols import Coordinates
from popgraph.basics.words import shorten
from popgraph.errors import InvalidArgument
from popgraph.losses.critics import CriticLoss, positive_pairs, refuse_many_views
from popgraph.losses.moments import MomentLoss
from popgraph.losses.ready import ReadyLoss
from popgraph.losses.spectral_family import spectral
from popgraph.losses.two_encoders import PairOperands, dense_pairs

ScaledLoss = Callable[[Floats], tuple[float, Floats]]  # F (N, k) -> the loss, and its gradient in F


def is_ready_made(loss: Any, family: type) -> bool:
    """Whether this is a loss of a family as popgraph defines it: a user's subclass may compute something else."""
    return isinstance(loss, family) and type(loss).__module__.startswith("popgraph.losses.")


def scaled_loss(loss: Any, population: Coordinates) -> ScaledLoss:
    """Return a loss as a function of F, with its gradient.

    A loss of moments needs products ĀX; one of a critic needs w, hence at most 8,192 views; a user's own loss needs `factor`,
    the array M.
    """
    root_w_x = np.sqrt(population.w_x)[:, np.newaxis]
    if is_ready_made(loss, MomentLoss):
        return lambda F: loss._scaled_gradient(population.gram, root_w_x, F)
    w_x = population.w_x
    if is_ready_made(loss, CriticLoss):
        w = pair_table(population)

        def of_pairs(F: Floats) -> tuple[float, Floats]:
            value, gradient = loss._gradient_at_pairs(w, w_x, F / root_w_x)
            return value, gradient / root_w_x

        return of_pairs
    factor = _array_factor(population)
    if factor is None:
        raise InvalidArgument(
            f"loss {loss.name} is evaluated with the array M, which {shorten(population)} does not have; give its .expand()"
        )
    transposed = factor.T.tocsr() if sp.issparse(factor) else factor.T

    def of_factor(F: Floats) -> tuple[float, Floats]:
        value, gradient = loss.value_and_gradient(factor, w_x, F / root_w_x, transposed=transposed)
        return value, gradient / root_w_x

    return of_factor


def population_value(loss: Any, population: Coordinates, f: Floats) -> float:
    """Return a loss over a whole population of few views: by M if that is an array, else as training evaluates it."""
    factor = _array_factor(population)
    if factor is not None:
        return float(loss.value(factor, population.w_x, f))
    return scaled_loss(loss, population)(f * np.sqrt(population.w_x)[:, np.newaxis])[0]


def scaled_hessian(population: Coordinates, F: Floats, direction: Floats) -> Floats:
    """Return the derivative of the spectral loss's gradient in F along a direction, both (N, k)."""
    return spectral._scaled_hessian(population.gram, F, direction)


def pair_law(S: Any, d_1: Floats, d_2: Floats) -> Any:
    """Return C = D_1^½ S D_2^½, the probabilities of pairs (N_x, N_z), sparse or dense like S."""
    C = sp.diags_array(np.sqrt(d_1)) @ S @ sp.diags_array(np.sqrt(d_2))
    return C.tocsr() if sp.issparse(C) else C


def pair_gradient(
    loss: Any, S: Any, d_1: Floats, d_2: Floats
) -> Callable[[Floats, Floats], tuple[float, Floats, Floats]]:
    """Return a loss of two encoders as a function of f and g, with its gradients in both."""
    C = pair_law(S, d_1, d_2)
    if not is_ready_made(loss, ReadyLoss):
        return lambda f, g: loss.pair_value_and_gradient(C, f, g)
    if is_ready_made(loss, CriticLoss):
        C = dense_pairs(C)
    return lambda f, g: loss._pair_gradient(PairOperands(C, d_1, d_2, f, g))


def batch_gradient(loss: Any) -> Callable[[Floats, Floats], tuple[float, Floats, Floats]]:
    """Return a loss's `batch_value_and_gradient`; for popgraph's own losses the method that skips the checks."""
    if getattr(loss, "noise", None) is not None and is_ready_made(loss, ReadyLoss):
        return loss._noise_batch_gradient  # type: ignore[no-any-return]
    return loss._batch_gradient if is_ready_made(loss, ReadyLoss) else loss.batch_value_and_gradient  # type: ignore[no-any-return]


def critic_gradient(loss: Any) -> Callable[[Floats, Floats, Floats], tuple[float, Floats]]:
    """Return a loss's `critic_gradient`; for popgraph's own losses the method that skips the checks."""
    return loss._critic_gradient if is_ready_made(loss, CriticLoss) else loss.critic_gradient  # type: ignore[no-any-return]


def pair_table(population: Coordinates) -> Floats:
    """Return w, (N, N), dense: of a listed graph D^½ MᵀM D^½, of another population D^½ Ā D^½ with Ā applied to the identity."""
    factor = _array_factor(population)
    if factor is not None:
        return np.asarray(positive_pairs(factor, population.w_x))
    refuse_many_views(population.N)
    root_w_x = np.sqrt(population.w_x)
    return np.asarray(population.gram(np.eye(population.N)) * root_w_x[:, np.newaxis] * root_w_x)


def _array_factor(population: Coordinates) -> Any:
    """Return a population's M if it is an array, sparse or dense, and None if it is an operator or missing."""
    factor = getattr(population, "factor", None)
    return factor if sp.issparse(factor) or isinstance(factor, np.ndarray) else None
