"""Losses of moments: what depends on f through E f, E f fᵀ and E f(x) f(x⁺)ᵀ alone, so that nothing is ever N x N.

Written with operations that numpy arrays and torch tensors share, so that autograd differentiates every value; the gradients
here are for numpy.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from popgraph.arrays import Floats, Sparse, cross, times
from popgraph.errors import InvalidArgument, shorten
from popgraph.memory import reserve


@dataclass(frozen=True)
class Moments:
    """Hold E f (k,), E f fᵀ (k, k) and E f(x) f(x⁺)ᵀ (k, k, symmetric), of a population or of a batch."""

    mean: Any
    second: Any
    cross: Any

    @property
    def covariance(self) -> Any:
        """E f fᵀ - E f E fᵀ."""
        return self.second - self.mean[:, None] * self.mean[None, :]

    @property
    def cross_covariance(self) -> Any:
        """E f(x) f(x⁺)ᵀ - E f E fᵀ."""
        return self.cross - self.mean[:, None] * self.mean[None, :]


def trace(S: Any) -> Any:
    """Return the trace of a square array or tensor."""
    return S.diagonal().sum()


def plain(value: Any) -> Any:
    """Return a numpy scalar as the float that it is; a tensor as it is."""
    return float(value) if isinstance(value, np.floating) else value


def population_moments(factor: Any, w_x: Any, f: Any) -> Moments:
    """Return the moments over all views: with F = √w_x f they are √w_xᵀF, FᵀF and (MF)ᵀMF."""
    F = f * (w_x**0.5)[:, None]
    MF = factor @ F
    return Moments(w_x @ f, F.T @ F, MF.T @ MF)


def batch_moments(f: Any, f_plus: Any) -> Moments:
    """Return the moments of a batch, both views of each pair pooled."""
    B = len(f)
    mixed = f.T @ f_plus
    return Moments(
        (f.sum(0) + f_plus.sum(0)) / (2 * B), (f.T @ f + f_plus.T @ f_plus) / (2 * B), (mixed + mixed.T) / (2 * B)
    )


def check_operand(name: str, value: Any, shape: tuple[int | None, ...], beside: str = "") -> None:
    """Refuse what is no numpy array or torch tensor of real numbers of this shape, None where any size will do.

    A masked array is refused, with or without masked entries: numpy multiplies what it hides.

    Raises
    ------
    InvalidArgument
        If it is none.
    """
    if isinstance(value, np.ndarray):
        real = value.dtype.kind in "biuf" and not isinstance(value, np.ma.MaskedArray)
    else:
        real = hasattr(value, "detach") and hasattr(value, "is_floating_point") and value.is_floating_point()
    if not real:
        raise InvalidArgument(f"{name} is {shorten(value)}; it must be an array or tensor of real numbers")
    sizes = tuple(value.shape)
    if len(sizes) != len(shape) or any(want not in (None, size) for want, size in zip(shape, sizes, strict=True)):
        needed = ", ".join("any" if size is None else str(size) for size in shape) + "," * (len(shape) == 1)
        raise InvalidArgument(f"{name} has shape {sizes}; it must have shape ({needed}){beside}")


def check_population(factor: Any, w_x: Any, *tables: Any, names: tuple[str, ...] = ("f",)) -> None:
    """Refuse a factor (n, N), w_x (N,) and tables (N, k) that do not fit together.

    Raises
    ------
    InvalidArgument
        The message names the one that does not fit.
    TooLarge
        If there is not the memory for √w_x f and M √w_x f.
    """
    check_operand("w_x", w_x, (None,))
    N = len(w_x)
    for name, table in zip(names, tables, strict=True):
        check_operand(name, table, (N, None), f" beside w_x of {N}")
    if (sp.issparse(factor) and factor.dtype.kind in "biuf") or _multiplies(factor):
        if factor.shape[1] != N:
            raise InvalidArgument(
                f"factor has shape {factor.shape}; it must have a column for each of the {N} views of w_x"
            )
    else:
        check_operand("factor", factor, (None, N), f" beside w_x of {N}")
    for name, table in zip(names, tables, strict=True):
        if isinstance(table, np.ndarray):  # a tensor may lie on a device with a memory of its own
            n, k = sum(factor.shape), table.shape[1]  # F = √w_x f and MF
            reserve(f"the loss of {name}, {N:,} x {k:,}", 8.0 * n * k, "use a smaller k")


def _multiplies(factor: Any) -> bool:
    """Whether this is an operator: no table of numbers, and known by its products and those of its transpose."""
    if sp.issparse(factor) or hasattr(factor, "__array__") or isinstance(factor, type):
        return False
    return hasattr(factor, "__matmul__") and hasattr(factor, "T") and len(getattr(factor, "shape", ())) == 2


def check_critic(w: Any, w_x: Any, s: Any) -> None:
    """Refuse w (N, N), w_x (N,) and s (N, N) that do not fit together.

    Raises
    ------
    InvalidArgument
        The message names the one that does not fit.
    """
    check_operand("w_x", w_x, (None,))
    check_operand("w", w, (len(w_x), len(w_x)), f" beside w_x of {len(w_x)}")
    check_operand("s", s, (len(w_x), len(w_x)), f" beside w_x of {len(w_x)}")


def check_batch(f: Any, f_plus: Any, least: int = 2) -> int:
    """Return B, the number of pairs.

    Raises
    ------
    InvalidArgument
        If the shapes differ or are not (B, k), or B is too small for the loss to be defined.
    """
    for name, table in (("f", f), ("f_plus", f_plus)):
        if not (hasattr(table, "shape") and hasattr(table, "ndim") and table.ndim == 2):
            check_operand(name, table, (None, None))
        check_operand(name, table, tuple(table.shape))
    if tuple(f.shape) != tuple(f_plus.shape) or f.ndim != 2:
        raise InvalidArgument(
            f"a batch needs f and f_plus of one shape (B, k); got {tuple(f.shape)} and {tuple(f_plus.shape)}"
        )
    B = len(f)
    if least > B:
        pairs = f"{B} positive pair{'s' * (B != 1)}"
        raise InvalidArgument(
            f"a batch of {pairs} has no negatives; give at least 2"
            if least == 2
            else f"a batch of {pairs} has too few negatives for this loss; give at least {least}"
        )
    return B


class MomentLoss(ABC):
    """The methods that all losses of moments share; each one says what it is of moments, and its derivative."""

    @abstractmethod
    def _of_moments(self, moments: Moments) -> Any:
        """Return the loss at these moments."""

    @abstractmethod
    def _moment_gradient(self, moments: Moments) -> tuple[Floats | None, Floats | None, Floats]:
        """Return the derivatives in E f, in E f fᵀ and in E f(x) f(x⁺)ᵀ, symmetric; None for 0."""

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
        check_population(factor, w_x, f)
        return plain(self._of_moments(population_moments(factor, w_x, f)))

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
        check_population(factor, w_x, f)
        root = np.sqrt(w_x)[:, np.newaxis]
        F = f * root
        MF = factor @ F
        moments = Moments(w_x @ f, cross(F, F), cross(MF, MF))
        in_mean, in_second, in_cross = self._moment_gradient(moments)
        Mt = factor.T if transposed is None else transposed
        gradient = 2.0 * (Mt @ times(MF, in_cross))
        if in_second is not None:
            gradient += 2.0 * times(F, in_second)
        gradient *= root
        if in_mean is not None:
            gradient += w_x[:, np.newaxis] * in_mean
        return float(self._of_moments(moments)), gradient

    @abstractmethod
    def batch_value(self, f: Any, f_plus: Any) -> Any:
        """Return the loss of a batch of B positive pairs."""


class PlugInLoss(MomentLoss):
    """A loss of moments whose sampled value is that of the batch's own moments: biased, unless it is linear in them."""

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
        check_batch(f, f_plus)
        return plain(self._of_moments(batch_moments(f, f_plus)))

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
        B = check_batch(f, f_plus)
        moments = batch_moments(f, f_plus)
        in_mean, in_second, in_cross = self._moment_gradient(moments)
        shift = np.zeros(f.shape[1]) if in_mean is None else in_mean / (2 * B)
        S = np.zeros_like(in_cross) if in_second is None else in_second
        g = (f @ S + f_plus @ in_cross) / B + shift
        g_plus = (f_plus @ S + f @ in_cross) / B + shift
        return float(self._of_moments(moments)), g, g_plus
