"""Losses of moments: what depends on f through E f, E f fᵀ and E f(x) f(x⁺)ᵀ alone, so that nothing is ever N x N.

A loss of covariances depends on f less its mean, which is taken off before anything is multiplied: E f fᵀ - E f E fᵀ loses
every digit where the mean is 1e8 times the spread (in single precision, 1e4 times). Written with operations that numpy arrays and
torch tensors share, so that autograd differentiates every value; the gradients here are for numpy.
"""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from popgraph.basics.arrays import Floats, cross, times
from popgraph.losses.ready import ReadyLoss

Gram = Callable[[Floats], Floats]  # X -> ĀX, of columns (N, k)


@dataclass(frozen=True)
class Moments:
    """Hold E f (k,), and E f fᵀ and E f(x) f(x⁺)ᵀ (k, k, symmetric), of a population or of a batch.

    For a loss that centres, the last two are of f less its mean: the covariance of f, and that of f(x) and f(x⁺).
    """

    mean: Any
    second: Any
    cross: Any


def trace(S: Any) -> Any:
    """Return the trace of a square array or tensor."""
    return S.diagonal().sum()


def centred(w_x: Any, f: Any) -> tuple[Any, Any]:
    """Return E f (k,) and f - E f (N, k)."""
    # The mean that is subtracted first has a rounding error of about eps E f; the mean of what remains corrects it. For autograd
    # the first mean is a constant, and the correction has the whole gradient.
    rough_mean = w_x @ f
    if isinstance(rough_mean, np.ndarray):
        centred_f = f - rough_mean
        correction = w_x @ centred_f
        centred_f -= correction
        return rough_mean + correction, centred_f
    centred_f = f - rough_mean.detach()
    correction = w_x @ centred_f
    return rough_mean.detach() + correction, centred_f - correction


def population_moments(factor: Any, w_x: Any, f: Any, centres: bool = False) -> Moments:
    """Return the moments over all views: with F = √w_x f they are √w_xᵀF, FᵀF and (MF)ᵀMF."""
    mean, f = centred(w_x, f) if centres else (w_x @ f, f)
    F = f * (w_x**0.5)[:, None]
    MF = factor @ F
    return Moments(mean, F.T @ F, MF.T @ MF)


def batch_moments(f: Any, f_plus: Any, centres: bool = False) -> tuple[Moments, Any, Any]:
    """Return the moments of a batch, both views of each pair pooled, and the tables whose moments they are."""
    B, mean = len(f), (f.sum(0) + f_plus.sum(0)) / (2 * len(f))
    if centres:
        mean = mean.detach() if hasattr(mean, "detach") else mean
        f, f_plus = f - mean, f_plus - mean
        correction = (f.sum(0) + f_plus.sum(0)) / (2 * B)  # as in `centred`
        mean, f, f_plus = mean + correction, f - correction, f_plus - correction
    mixed = f.T @ f_plus
    return Moments(mean, (f.T @ f + f_plus.T @ f_plus) / (2 * B), (mixed + mixed.T) / (2 * B)), f, f_plus


class MomentLoss(ReadyLoss):
    """A loss of moments: a subclass defines the loss as a function of the moments, and its derivatives."""

    _centres: ClassVar[bool] = False

    @abstractmethod
    def _of_moments(self, moments: Moments) -> Any:
        """Return the loss at these moments."""

    @abstractmethod
    def _moment_gradient(self, moments: Moments) -> tuple[Floats | None, Floats | None, Floats]:
        """Return the derivatives in E f, in E f fᵀ and in E f(x) f(x⁺)ᵀ, symmetric; None for 0."""

    def _value(self, factor: Any, w_x: Any, f: Any) -> Any:
        """Return the loss over the population."""
        return self._of_moments(population_moments(factor, w_x, f, self._centres))

    def _value_and_gradient(self, factor: Any, w_x: Floats, f: Floats, transposed: Any = None) -> tuple[float, Floats]:
        """Return the loss over the population and its gradient in f."""
        Mt, root_w_x = factor.T if transposed is None else transposed, np.sqrt(w_x)[:, np.newaxis]
        mean, f = centred(w_x, f) if self._centres else (None, f)
        value, gradient = self._gradient_at(lambda X: Mt @ (factor @ X), root_w_x, f * root_w_x, mean)
        return value, gradient * root_w_x

    def _scaled_gradient(self, gram: Gram, root_w_x: Floats, F: Floats) -> tuple[float, Floats]:
        """Return the loss over the population and its gradient in F = √w_x f."""
        if not self._centres:
            return self._gradient_at(gram, root_w_x, F)
        mean, f = centred(root_w_x[:, 0] ** 2, F / root_w_x)
        return self._gradient_at(gram, root_w_x, f * root_w_x, mean)

    def _gradient_at(self, gram: Gram, root_w_x: Floats, F: Floats, mean: Floats | None = None) -> tuple[float, Floats]:
        """Return the loss and its gradient in F; of a loss that centres, F is √w_x (f - E f), and the mean E f is given."""
        # With G = FᵀF and P = FᵀĀF, the gradient is 2 ĀF dL/dP + 2 F dL/dG + √w_x (dL/dE f)ᵀ. Where F is centred, the chain rule
        # would project the first two terms on the complement of √w_x; but as Ā√w_x = √w_x and Fᵀ√w_x = 0, they lie in it already.
        image = gram(F)
        P = cross(F, image)
        moments = Moments(cross(root_w_x, F)[0] if mean is None else mean, cross(F, F), (P + P.T) / 2)
        in_mean, in_second, in_cross = self._moment_gradient(moments)
        gradient = 2.0 * times(image, in_cross)
        if in_second is not None:
            gradient += 2.0 * times(F, in_second)
        if in_mean is not None:
            gradient += root_w_x * in_mean
        return float(self._of_moments(moments)), gradient


class PlugInLoss(MomentLoss):
    """A loss of moments whose sampled value is that of the batch's own moments, both views of each pair pooled.

    It is biased, as the loss is no linear function of the moments; `popgraph.losses.audit` says by how much.
    """

    def _batch_value(self, f: Any, f_plus: Any) -> Any:
        """Return the loss at the moments of a batch."""
        return self._of_moments(batch_moments(f, f_plus, self._centres)[0])

    def _batch_gradient(self, f: Floats, f_plus: Floats) -> tuple[float, Floats, Floats]:
        """Return the loss at the moments of a batch, and its gradients."""
        B = len(f)
        moments, f, f_plus = batch_moments(f, f_plus, self._centres)
        in_mean, in_second, in_cross = self._moment_gradient(moments)
        shift = np.zeros(f.shape[1]) if in_mean is None else in_mean / (2 * B)
        S = np.zeros_like(in_cross) if in_second is None else in_second
        g = (f @ S + f_plus @ in_cross) / B + shift
        g_plus = (f_plus @ S + f @ in_cross) / B + shift
        return float(self._of_moments(moments)), g, g_plus
