"""Contrastive losses on a population graph and on batches of positive pairs, with their gradients.

A loss sees M, w_x and f; nothing here is ever N x N, and no minimum is known here: the trainer must not see the answer.
"""

from dataclasses import dataclass

import numpy as np

from popgraph.arrays import Floats, Sparse, cross, times
from popgraph.errors import InvalidArgument

__all__ = ["SpectralLoss", "matrix_factorisation", "spectral"]


@dataclass(frozen=True)
class SpectralLoss:
    """The spectral contrastive loss L(f) = -2 E f(x)ᵀf(x⁺) + E (f(x)ᵀf(x'))².

    The square in the second term matters: without it the loss is unbounded below.

    References
    ----------
    [H21] equation (6).

    Examples
    --------
    >>> import popgraph as pg
    >>> graph = pg.zoo.lightning_cloud()
    >>> pg.losses.spectral.value(graph.factor, graph.w_x, graph.spectrum(2).embedding)
    -2.0
    """

    name: str = "spectral"

    def value(self, factor: Sparse, w_x: Floats, f: Floats) -> float:
        """Return L(f) over the whole population.

        With F = √w_x f it is -2 ||MF||² + ||FᵀF||², in O(nnz(M) k + N k²).

        Parameters
        ----------
        factor : (n, N) csr_array
            M.
        w_x : (N,) array
        f : (N, k) array

        Examples
        --------
        >>> import popgraph as pg
        >>> graph = pg.zoo.lightning_cloud()
        >>> spectral.value(graph.factor, graph.w_x, np.ones((4, 1)))
        -1.0
        """
        F = f * np.sqrt(w_x)[:, np.newaxis]
        return float(-2.0 * np.sum((factor @ F) ** 2) + np.sum((F.T @ F) ** 2))

    def value_and_gradient(
        self, factor: Sparse, w_x: Floats, f: Floats, *, transposed: Sparse | None = None
    ) -> tuple[float, Floats]:
        """Return L(f) and its gradient in f, (N, k): √w_x (-4 ĀF + 4 F FᵀF).

        `transposed` is Mᵀ as a csr_array, if it is at hand: multiplying by it takes less than half of `factor.T @`.

        Examples
        --------
        >>> import popgraph as pg
        >>> graph = pg.zoo.lightning_cloud()
        >>> value, gradient = spectral.value_and_gradient(graph.factor, graph.w_x, np.ones((4, 1)))
        >>> float(np.abs(gradient).max()) < 1e-15
        True
        """
        root = np.sqrt(w_x)[:, np.newaxis]
        F = f * root
        MF, FF = factor @ F, cross(F, F)
        value = float(-2.0 * np.sum(MF**2) + np.sum(FF**2))
        Mt = factor.T if transposed is None else transposed
        return value, 4.0 * root * (times(F, FF) - Mt @ MF)

    def hessian_product(
        self, factor: Sparse, w_x: Floats, f: Floats, direction: Floats, *, transposed: Sparse | None = None
    ) -> Floats:
        """Return the derivative of the gradient at f along a direction, (N, k): √w_x (-4 ĀE + 4 (E FᵀF + F EᵀF + F FᵀE)).

        Parameters
        ----------
        factor, w_x, f, transposed
            As of `value_and_gradient`.
        direction : (N, k) array
            E is √w_x times this.

        Examples
        --------
        >>> import popgraph as pg
        >>> graph = pg.zoo.lightning_cloud()
        >>> f = graph.spectrum(2).embedding
        >>> turned = f @ np.array([[0.0, 1.0], [-1.0, 0.0]])  # the loss is flat along rotations of its minimisers
        >>> float(np.abs(spectral.hessian_product(graph.factor, graph.w_x, f, turned)).max()) < 1e-14
        True
        """
        root = np.sqrt(w_x)[:, np.newaxis]
        F, E = f * root, direction * root
        FE = cross(F, E)
        Mt = factor.T if transposed is None else transposed
        return np.asarray(4.0 * root * (times(E, cross(F, F)) + times(F, FE + FE.T) - Mt @ (factor @ E)))

    def batch_value(self, f: Floats, f_plus: Floats) -> float:
        """Return the unbiased loss of a batch of B positive pairs.

        -(2/B) Σ_i f(x_i)ᵀf(x_i⁺) + 1/(B(B-1)) Σ_{i≠j} (f(x_i)ᵀf(x_j⁺))²: negatives are views of other draws, so they are
        independent and may coincide.

        Parameters
        ----------
        f, f_plus : (B, k) arrays
            Embeddings of the two views of each fresh natural.

        Raises
        ------
        InvalidArgument
            If B < 2: one pair has no negatives.

        Examples
        --------
        >>> spectral.batch_value(np.eye(2), np.eye(2))
        -2.0
        """
        return self.batch_value_and_gradient(f, f_plus)[0]

    def batch_value_and_gradient(self, f: Floats, f_plus: Floats) -> tuple[float, Floats, Floats]:
        """Return the batch loss and its gradients in f and in f_plus, each (B, k).

        Raises
        ------
        InvalidArgument
            If B < 2, or the shapes differ.

        Examples
        --------
        >>> value, g, g_plus = spectral.batch_value_and_gradient(np.eye(2), np.eye(2))
        >>> g.tolist()
        [[-1.0, 0.0], [0.0, -1.0]]
        """
        B = len(f)
        if f.shape != f_plus.shape or f.ndim != 2:
            raise InvalidArgument(f"a batch needs f and f_plus of one shape (B, k); got {f.shape} and {f_plus.shape}")
        if B < 2:
            raise InvalidArgument(f"a batch of {B} positive pair has no negatives; give at least 2")
        S = f @ f_plus.T
        positive = float(np.trace(S))
        np.fill_diagonal(S, 0.0)
        scale = 1.0 / (B * (B - 1))
        value = -2.0 / B * positive + scale * float(np.sum(S**2))
        gradient = -2.0 / B * f_plus + 2.0 * scale * S @ f_plus
        gradient_plus = -2.0 / B * f + 2.0 * scale * S.T @ f
        return value, gradient, gradient_plus


spectral = SpectralLoss()


def matrix_factorisation(factor: Sparse, F: Floats) -> float:
    """Return L_mf(F) = ||Ā - FFᵀ||_F², which is L(f) + ||Ā||_F² for F = √w_x f [H21, Lemma 3.2].

    Parameters
    ----------
    factor : (n, N) csr_array
        M.
    F : (N, k) array

    Examples
    --------
    >>> import popgraph as pg
    >>> graph = pg.zoo.lightning_cloud()
    >>> matrix_factorisation(graph.factor, np.zeros((4, 1)))
    2.0
    """
    n, n_views = factor.shape
    gram = factor @ factor.T if n < n_views else factor.T @ factor
    FF = F.T @ F
    return float(np.sum(gram.data**2) - 2.0 * np.sum((factor @ F) ** 2) + np.sum(FF**2))
