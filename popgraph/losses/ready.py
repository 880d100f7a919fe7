"""`ReadyLoss`: the public methods of popgraph's own losses. Each checks its arguments, and calls the method that computes.

The methods that compute are those of the same name with an underscore. Each loss defines them; training calls them directly, as
it needs no checks.
"""

from abc import ABC, abstractmethod
from typing import Any

from popgraph.basics.arguments import word
from popgraph.basics.arrays import Floats, Immutable, Sparse
from popgraph.losses.operands import (
    in_full_precision,
    plain,
    read_arrays,
    read_batch,
    read_batch_arrays,
    read_operands,
)


class ReadyLoss(Immutable, ABC):
    """A loss with its value and gradient over a population, and over a batch of positive pairs."""

    name: str
    bias: Any  # a string, or a property that returns one

    def __post_init__(self) -> None:
        """Refuse a name or a bias that is no string."""
        word("name", self.name)
        word("bias", self.bias)

    @in_full_precision
    def value(self, factor: Any, w_x: Any, f: Any) -> Any:
        """Return the loss over the whole population: O(nnz(M) k + N k²) for losses of moments, O(N² k) for those of critics.

        Parameters
        ----------
        factor : (n, N) csr_array or torch tensor
            M.
        w_x : (N,) array or tensor
            The views' probabilities.
        f : (N, k) array or tensor
            The embedding.

        Returns
        -------
        float
            Or a tensor, which autograd differentiates.

        Raises
        ------
        InvalidArgument
            If the operands do not fit together.
        TooLarge
            If the loss is one of a critic, and there are more than 8,192 views.

        Examples
        --------
        >>> import numpy as np
        >>> import popgraph as pg
        >>> graph = pg.zoo.lightning_cloud()
        >>> pg.losses.spectral.value(graph.factor, graph.w_x, np.ones((4, 1)))
        -1.0
        >>> pg.losses.infonce.value(graph.factor, graph.w_x, np.zeros((4, 1)))  # all scores are equal
        0.0
        """
        factor, w_x, (f,) = read_operands(factor, w_x, f)
        return plain(self._value(factor, w_x, f))

    def value_and_gradient(
        self, factor: Sparse, w_x: Floats, f: Floats, *, transposed: Sparse | None = None
    ) -> tuple[float, Floats]:
        """Return the population's loss and its gradient in f, (N, k).

        ``transposed`` is Mᵀ as a csr_array, if it is at hand: multiplying by it takes less than half of ``factor.T @``.

        Raises
        ------
        InvalidArgument, TooLarge
            As of `value`, and if an operand is a tensor.

        Examples
        --------
        >>> import numpy as np
        >>> import popgraph as pg
        >>> graph = pg.zoo.lightning_cloud()
        >>> value, gradient = pg.losses.spectral.value_and_gradient(graph.factor, graph.w_x, np.ones((4, 1)))
        >>> float(np.abs(gradient).max()) < 1e-15
        True
        """
        factor, w_x, (f,) = read_arrays(factor, w_x, f)
        return self._value_and_gradient(factor, w_x, f, transposed)

    @in_full_precision
    def batch_value(self, f: Any, f_plus: Any) -> Any:
        """Return the loss of a batch of B positive pairs; ``bias`` says how its mean differs from the population's loss.

        Parameters
        ----------
        f, f_plus : (B, k) arrays or tensors
            Embeddings of the two views of each fresh natural.

        Raises
        ------
        InvalidArgument
            If B is too small: one pair has no negatives, and no covariance (published code returns NaN there); or the shapes
            differ.

        Examples
        --------
        >>> import numpy as np
        >>> import popgraph as pg
        >>> pg.losses.spectral.batch_value(np.eye(2), np.eye(2))
        -2.0
        """
        _, f, f_plus = read_batch(f, f_plus, getattr(self, "least_batch", 2))
        return plain(self._batch_value(f, f_plus))

    def batch_value_and_gradient(self, f: Floats, f_plus: Floats) -> tuple[float, Floats, Floats]:
        """Return the batch's loss and its gradients in f and in f_plus, (B, k) each.

        Raises
        ------
        InvalidArgument
            As of `batch_value`, and if one is a tensor.

        Examples
        --------
        >>> import numpy as np
        >>> import popgraph as pg
        >>> value, g, g_plus = pg.losses.spectral.batch_value_and_gradient(np.eye(2), np.eye(2))
        >>> g.tolist()
        [[-1.0, 0.0], [0.0, -1.0]]
        """
        _, f, f_plus = read_batch_arrays(f, f_plus, getattr(self, "least_batch", 2))
        return self._batch_gradient(f, f_plus)

    @abstractmethod
    def _value(self, factor: Any, w_x: Any, f: Any) -> Any:
        """Return the loss over the population, of arrays or tensors that fit together."""

    @abstractmethod
    def _value_and_gradient(self, factor: Any, w_x: Floats, f: Floats, transposed: Any = None) -> tuple[float, Floats]:
        """Return the loss over the population and its gradient in f, of arrays that fit together."""

    @abstractmethod
    def _batch_value(self, f: Any, f_plus: Any) -> Any:
        """Return the loss of a batch, of arrays or tensors that fit together."""

    @abstractmethod
    def _batch_gradient(self, f: Floats, f_plus: Floats) -> tuple[float, Floats, Floats]:
        """Return the loss of a batch and its gradients in f and in f_plus, of arrays that fit together."""
