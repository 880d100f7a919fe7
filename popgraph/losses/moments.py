"""Losses of moments: what depends on f through E f, E f fᵀ and E f(x) f(x⁺)ᵀ alone, so that nothing is ever N x N.

A loss of covariances sees the moments of f less its mean, which is taken off before anything is multiplied: E f fᵀ - E f E fᵀ loses
every digit where the mean is 1e8 times the spread (in single precision, 1e4 times). Written with operations that numpy arrays and
torch tensors share, so that autograd differentiates every value; the gradients here are for numpy.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from popgraph.basics.arrays import Floats, Immutable, Sparse, cross, times
from popgraph.losses.operands import in_full_precision, read_arrays, read_batch, read_batch_arrays, read_population

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


def plain(value: Any) -> Any:
    """Return a numpy scalar as the float that it is; a tensor as it is."""
    return float(value) if isinstance(value, np.floating) else value


def centred(w_x: Any, f: Any) -> tuple[Any, Any]:
    """Return E f (k,) and f - E f (N, k).

    The first subtraction leaves the rounding of the mean behind, which is as large as eps E f; the second takes it off. To the
    gradient the first is a constant: what it takes off too much or too little, the second puts right.
    """
    first = w_x @ f
    if isinstance(first, np.ndarray):
        less = f - first
        rest = w_x @ less
        less -= rest
        return first + rest, less
    less = f - first.detach()
    rest = w_x @ less
    return first.detach() + rest, less - rest


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
        rest = (f.sum(0) + f_plus.sum(0)) / (2 * B)
        mean, f, f_plus = mean + rest, f - rest, f_plus - rest
    mixed = f.T @ f_plus
    return Moments(mean, (f.T @ f + f_plus.T @ f_plus) / (2 * B), (mixed + mixed.T) / (2 * B)), f, f_plus


class MomentLoss(Immutable, ABC):
    """The methods that all losses of moments share; each one says what it is of moments, and its derivative."""

    _centres: ClassVar[bool] = False

    @abstractmethod
    def _of_moments(self, moments: Moments) -> Any:
        """Return the loss at these moments."""

    @abstractmethod
    def _moment_gradient(self, moments: Moments) -> tuple[Floats | None, Floats | None, Floats]:
        """Return the derivatives in E f, in E f fᵀ and in E f(x) f(x⁺)ᵀ, symmetric; None for 0."""

    @in_full_precision
    def value(self, factor: Any, w_x: Any, f: Any) -> Any:
        """Return the loss over the whole population, in O(nnz(M) k + N k²).

        Parameters
        ----------
        factor : (n, N) csr_array or torch tensor
            M.
        w_x : (N,) array or tensor
        f : (N, k) array or tensor

        Returns
        -------
        float
            Or a tensor, which autograd differentiates.

        Examples
        --------
        >>> import popgraph as pg
        >>> graph = pg.zoo.lightning_cloud()
        >>> pg.losses.spectral.value(graph.factor, graph.w_x, np.ones((4, 1)))
        -1.0
        """
        factor, w_x, (f,) = read_population(factor, w_x, f)
        return plain(self._of_moments(population_moments(factor, w_x, f, self._centres)))

    def value_and_gradient(
        self, factor: Sparse, w_x: Floats, f: Floats, *, transposed: Sparse | None = None
    ) -> tuple[float, Floats]:
        """Return the population's loss and its gradient in f, (N, k).

        `transposed` is Mᵀ as a csr_array, if it is at hand: multiplying by it takes less than half of `factor.T @`.

        Examples
        --------
        >>> import popgraph as pg
        >>> graph = pg.zoo.lightning_cloud()
        >>> value, gradient = pg.losses.spectral.value_and_gradient(graph.factor, graph.w_x, np.ones((4, 1)))
        >>> float(np.abs(gradient).max()) < 1e-15
        True
        """
        factor, w_x, (f,) = read_arrays(factor, w_x, f)
        Mt, root = factor.T if transposed is None else transposed, np.sqrt(w_x)[:, np.newaxis]
        mean, f = centred(w_x, f) if self._centres else (None, f)
        value, gradient = self._gradient_at(lambda X: Mt @ (factor @ X), root, f * root, mean)
        return value, gradient * root

    def _scaled_gradient(self, gram: Gram, root: Floats, F: Floats) -> tuple[float, Floats]:
        """Return the loss and its gradient in F = √w_x f, (N, k), of operands that are known to fit together."""
        if not self._centres:
            return self._gradient_at(gram, root, F)
        mean, f = centred(root[:, 0] ** 2, F / root)
        return self._gradient_at(gram, root, f * root, mean)

    def _gradient_at(self, gram: Gram, root: Floats, F: Floats, mean: Floats | None = None) -> tuple[float, Floats]:
        """Return the loss and its gradient in F; of a loss that centres, F is √w_x (f - E f), and the mean is given.

        With G = FᵀF and P = FᵀĀF the gradient is 2 ĀF dL/dP + 2 F dL/dG + √w_x (dL/dE f)ᵀ. Of a loss that centres, that is the
        gradient in f too: Ā√w_x = √w_x, so that the first two terms are orthogonal to √w_x, as F is.
        """
        image = gram(F)
        P = cross(F, image)
        moments = Moments(cross(root, F)[0] if mean is None else mean, cross(F, F), (P + P.T) / 2)
        in_mean, in_second, in_cross = self._moment_gradient(moments)
        gradient = 2.0 * times(image, in_cross)
        if in_second is not None:
            gradient += 2.0 * times(F, in_second)
        if in_mean is not None:
            gradient += root * in_mean
        return float(self._of_moments(moments)), gradient

    @abstractmethod
    def batch_value(self, f: Any, f_plus: Any) -> Any:
        """Return the loss of a batch of B positive pairs."""

    @abstractmethod
    def _batch_gradient(self, f: Floats, f_plus: Floats) -> tuple[float, Floats, Floats]:
        """Return the batch's loss and its gradients in f and in f_plus, of tables that are known to fit together."""


class PlugInLoss(MomentLoss):
    """A loss of moments whose sampled value is that of the batch's own moments: biased, unless it is linear in them."""

    @in_full_precision
    def batch_value(self, f: Any, f_plus: Any) -> Any:
        """Return the loss at the moments of a batch, both views of each pair pooled.

        Biased, because the loss is no linear function of the moments; `popgraph.losses.audit` says by how much.

        Parameters
        ----------
        f, f_plus : (B, k) arrays or tensors
            Embeddings of the two views of each fresh natural.

        Raises
        ------
        InvalidArgument
            If B < 2: one pair has no covariance; or the shapes differ.

        Examples
        --------
        >>> import popgraph as pg
        >>> pg.losses.idealised_vicreg.batch_value(2 * np.eye(2), 2 * np.eye(2))
        2.0
        """
        _, f, f_plus = read_batch(f, f_plus)
        return plain(self._of_moments(batch_moments(f, f_plus, self._centres)[0]))

    def batch_value_and_gradient(self, f: Floats, f_plus: Floats) -> tuple[float, Floats, Floats]:
        """Return the batch's loss and its gradients in f and in f_plus, each (B, k).

        Raises
        ------
        InvalidArgument
            As of `batch_value`.

        Examples
        --------
        >>> import popgraph as pg
        >>> value, g, g_plus = pg.losses.idealised_vicreg.batch_value_and_gradient(2 * np.eye(2), 2 * np.eye(2))
        >>> g.tolist()
        [[2.0, 0.0], [0.0, 2.0]]
        """
        return self._batch_gradient(*read_batch_arrays(f, f_plus)[1:])

    def _batch_gradient(self, f: Floats, f_plus: Floats) -> tuple[float, Floats, Floats]:
        """Return the batch's loss and its two gradients, of tables that are known to fit together."""
        B = len(f)
        moments, f, f_plus = batch_moments(f, f_plus, self._centres)
        in_mean, in_second, in_cross = self._moment_gradient(moments)
        shift = np.zeros(f.shape[1]) if in_mean is None else in_mean / (2 * B)
        S = np.zeros_like(in_cross) if in_second is None else in_second
        g = (f @ S + f_plus @ in_cross) / B + shift
        g_plus = (f_plus @ S + f @ in_cross) / B + shift
        return float(self._of_moments(moments)), g, g_plus
