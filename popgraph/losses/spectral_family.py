"""The spectral contrastive loss and its relatives: ordered, centred, and mis-stated without the square."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import scipy.sparse as sp

from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.noise import read_noise
from popgraph.basics.arrays import Floats, Sparse, cross, times
from popgraph.basics.words import shorten
from popgraph.errors import InvalidArgument
from popgraph.losses.moments import Gram, MomentLoss, Moments, PlugInLoss, trace
from popgraph.losses.noise_batches import GIVE_DRAWS, DrawsNegatives
from popgraph.losses.operands import alike, check_operand, read_arrays
from popgraph.losses.two_encoders import PairLoss, PairOperands


class UnbiasedSpectral(MomentLoss, PairLoss):
    """-2 Σ_i a_i E f_i f_i⁺ + Σ_ij C_ij (E f_i f_j)²: quadratic in the moments, so that two draws estimate it without bias."""

    @abstractmethod
    def _weights(self, k: int) -> tuple[Floats, Floats]:
        """Return a (k,) and C (k, k)."""

    @abstractmethod
    def _of_sums(self, attraction: Any, repulsion: Any) -> Any:
        """Return -2 Σ a_i p_i + Σ C_ij g_ij of p (k,) and g (k, k)."""

    def _of_moments(self, moments: Moments) -> Any:
        """Return the loss at these moments."""
        return self._of_sums(moments.cross.diagonal(), moments.second**2)

    def _moment_gradient(self, moments: Moments) -> tuple[None, Floats, Floats]:
        """Return the derivatives in E f, in E f fᵀ and in E f(x) f(x⁺)ᵀ."""
        a, C = self._weights(len(moments.second))
        return None, 2.0 * C * moments.second, np.diag(-2.0 * a)

    def _pair_value(self, pairs: PairOperands) -> Any:
        """Return -2 Σ_i a_i E f_i g_i + Σ_ij C_ij E f_i f_j E g_i g_j, over positive pairs and over the two marginal laws."""
        C, d_1, d_2, f, g = pairs
        second = (f.T @ (f * d_1[:, None])) * (g.T @ (g * d_2[:, None]))
        return self._of_sums((f * (C @ g)).sum(0), second)

    def _pair_gradient(self, pairs: PairOperands) -> tuple[float, Floats, Floats]:
        """Return the loss of two encoders, and its gradients in f and g."""
        C, d_1, d_2, f, g = pairs
        weighted_f, weighted_g, Cg = f * d_1[:, None], g * d_2[:, None], C @ g
        ff, gg, (a, weights) = f.T @ weighted_f, g.T @ weighted_g, self._weights(f.shape[1])
        value = self._of_sums((f * Cg).sum(0), ff * gg)
        in_f = 2.0 * (weighted_f @ (weights * gg) - Cg * a)
        in_g = 2.0 * (weighted_g @ (weights * ff) - (C.T @ f) * a)
        return float(value), np.asarray(in_f), np.asarray(in_g)

    def _batch_value(self, f: Any, f_plus: Any) -> Any:
        """Return the unbiased loss of a batch."""
        B, both = len(f), f * f_plus
        squares = (f.T @ f) * (f_plus.T @ f_plus) - both.T @ both  # summed over the pairs i ≠ j
        return self._of_sums(both.sum(0) / B, squares / (B * (B - 1)))

    def _batch_gradient(self, f: Floats, f_plus: Floats) -> tuple[float, Floats, Floats]:
        """Return the unbiased loss of a batch, and its gradients."""
        B, (a, C) = len(f), self._weights(f.shape[1])
        both, scale = f * f_plus, 2.0 / (B * (B - 1))
        GG, GG_plus = f.T @ f, f_plus.T @ f_plus
        value = self._of_sums(both.sum(0) / B, (GG * GG_plus - both.T @ both) / (B * (B - 1)))
        own = both @ C  # of the pairs i = j, which the products of moments count as well
        gradient = -2.0 / B * a * f_plus + scale * (f @ (C * GG_plus) - own * f_plus)
        gradient_plus = -2.0 / B * a * f + scale * (f_plus @ (C * GG) - own * f)
        return float(value), gradient, gradient_plus


@dataclass(frozen=True)
class SpectralLoss(UnbiasedSpectral, DrawsNegatives):
    """The spectral contrastive loss L(f) = -2 E f(x)ᵀf(x⁺) + E (f(x)ᵀf(x'))².

    Of a batch it is -(2/B) Σ_i f(x_i)ᵀf(x_i⁺) + 1/(B(B-1)) Σ_{i≠j} (f(x_i)ᵀf(x_j⁺))², in O(B k²): negatives are views of other
    draws, so they are independent, and may coincide.

    The square in the second term matters: without it the loss is unbounded below (`unsquared`). Nothing here normalises f:
    the code published with [H21] shrinks every row longer than √μ to that length first, which the paper's loss does not, and
    which moves its minimum wherever a row of the minimiser is longer.

    Parameters
    ----------
    noise : float, (N,) array, or mapping view -> probability, optional
        Both x and x' of the second term are then drawn from a law q in place of w_x: a number a stands for q ∝ w_x^a, an (N,) array
        for itself, a mapping view -> probability goes by name. The minimum is then that of ||D_q^-1/2 w D_q^-1/2 - FFᵀ||² for F =
        √q f, whose eigenvectors ``graph.with_noise(q)`` has.

    See Also
    --------
    spectral : It, ready to use.
    matrix_factorisation : The same loss as ||Ā - FFᵀ||².
    popgraph.theory.minimum : Its least value.

    References
    ----------
    [H21] equation (6); the batch loss is THEORY 3.6.

    Examples
    --------
    >>> import popgraph as pg
    >>> graph = pg.zoo.lightning_cloud()
    >>> pg.losses.spectral.value(graph.factor, graph.w_x, graph.spectrum(2).embedding)
    -2.0
    """

    name: str = "spectral"
    bias: str = "unbiased"
    noise: Any = None

    def __post_init__(self) -> None:
        noise = read_noise(self.noise)
        if noise is not None and noise.of_pairs:
            raise InvalidArgument(
                "noise is a law for each first view, with which no minimum of the spectral loss is known; give one law over the "
                "views, or losses.NTLogistic or losses.InfoNCE"
            )
        object.__setattr__(self, "noise", noise)
        super().__post_init__()

    def _value(self, factor: Any, w_x: Any, f: Any) -> Any:
        """Return the loss over the population."""
        if self.noise is None:
            return super()._value(factor, w_x, f)
        MF, q = factor @ (f * (w_x**0.5)[:, None]), self._law(w_x)
        return -2.0 * (MF * MF).sum() + ((f.T @ (f * q[:, None])) ** 2).sum()

    def _value_and_gradient(self, factor: Any, w_x: Floats, f: Floats, transposed: Any = None) -> tuple[float, Floats]:
        """Return the loss over the population and its gradient in f."""
        if self.noise is None:
            return super()._value_and_gradient(factor, w_x, f, transposed)
        Mt = factor.T if transposed is None else transposed
        root = np.sqrt(w_x)[:, np.newaxis]
        value, gradient = self._scaled_gradient(lambda X: Mt @ (factor @ X), root, f * root)
        return value, gradient * root

    def _scaled_gradient(self, gram: Gram, root_w_x: Floats, F: Floats) -> tuple[float, Floats]:
        """Return the loss over the population and its gradient in F = √w_x f."""
        if self.noise is None:
            return super()._scaled_gradient(gram, root_w_x, F)
        ratio = self._law(root_w_x[:, 0] ** 2)[:, np.newaxis] / root_w_x**2
        image, weighted = gram(F), ratio * F
        S = F.T @ weighted
        return float(np.sum(S**2) - 2.0 * np.sum(F * image)), 4.0 * (weighted @ S - image)

    def _pair_value(self, pairs: PairOperands) -> Any:
        """Return the loss of two encoders."""
        self._refuse_noise("of two encoders the spectral loss takes none: leave noise= out")
        return super()._pair_value(pairs)

    def _pair_gradient(self, pairs: PairOperands) -> tuple[float, Floats, Floats]:
        """Return the loss of two encoders, and its gradients in f and g."""
        self._refuse_noise("of two encoders the spectral loss takes none: leave noise= out")
        return super()._pair_gradient(pairs)

    def _batch_value(self, f: Any, f_plus: Any) -> Any:
        """Return the unbiased loss of a batch."""
        self._refuse_noise(GIVE_DRAWS)
        return super()._batch_value(f, f_plus)

    def _batch_gradient(self, f: Floats, f_plus: Floats) -> tuple[float, Floats, Floats]:
        """Return the unbiased loss of a batch, and its gradients."""
        self._refuse_noise(GIVE_DRAWS)
        return super()._batch_gradient(f, f_plus)

    def _noise_batch_value(self, f: Any, f_plus: Any, f_noise: Any) -> Any:
        """Return -(2/B) Σ_i f(x_i)ᵀf(x_i⁺) + 1/(B(B-1)) Σ_{i≠j} (f(n_i)ᵀf(n_j))², unbiased."""
        B, own = len(f), (f_noise * f_noise).sum(1)
        squares = ((f_noise.T @ f_noise) ** 2).sum() - (own * own).sum()
        return -2.0 / B * (f * f_plus).sum() + squares / (B * (B - 1))

    def _noise_batch_gradient(self, f: Floats, f_plus: Floats, f_noise: Floats) -> tuple[float, Floats, Floats, Floats]:
        """Return that loss and its gradients."""
        B, own = len(f), np.sum(f_noise**2, axis=1, keepdims=True)
        in_noise = 4.0 / (B * (B - 1)) * (f_noise @ (f_noise.T @ f_noise) - own * f_noise)
        value = float(self._noise_batch_value(f, f_plus, f_noise))
        return value, -2.0 / B * f_plus, -2.0 / B * f, np.asarray(in_noise)

    def _weights(self, k: int) -> tuple[Floats, Floats]:
        """Return ones."""
        return np.ones(k), np.ones((k, k))

    def _of_sums(self, attraction: Any, repulsion: Any) -> Any:
        """Return -2 Σ p_i + Σ g_ij."""
        return -2.0 * attraction.sum() + repulsion.sum()

    def _gradient_at(self, gram: Gram, root_w_x: Floats, F: Floats, mean: Floats | None = None) -> tuple[float, Floats]:
        """Return L and its gradient -4 ĀF + 4 F FᵀF: of FᵀĀF only the trace is needed, and most training steps come here."""
        image, FF = gram(F), cross(F, F)
        return float(np.sum(FF**2) - 2.0 * np.sum(F * image)), 4.0 * (times(F, FF) - image)

    def hessian_product(
        self, factor: Sparse, w_x: Floats, f: Floats, direction: Floats, *, transposed: Sparse | None = None
    ) -> Floats:
        """Return the derivative of the gradient at f along a direction, (N, k): √w_x (-4 ĀE + 4 (E FᵀF + F EᵀF + F FᵀE)).

        Parameters
        ----------
        factor, w_x, f : (n, N) csr_array, (N,) and (N, k) arrays
            As of `value_and_gradient`.
        direction : (N, k) array
            E is √w_x times this.
        transposed : (N, n) csr_array, optional
            As of `value_and_gradient`.

        Examples
        --------
        >>> import numpy as np
        >>> import popgraph as pg
        >>> graph = pg.zoo.lightning_cloud()
        >>> f = graph.spectrum(2).embedding
        >>> turned = f @ np.array([[0.0, 1.0], [-1.0, 0.0]])  # the loss is flat along rotations of its minimisers
        >>> along = pg.losses.spectral.hessian_product(graph.factor, graph.w_x, f, turned)
        >>> float(np.abs(along).max()) < 1e-14
        True
        """
        self._refuse_noise("this product is known without noise alone")
        factor, w_x, (f, direction) = read_arrays(factor, w_x, f, direction, names=("f", "direction"))
        check_operand("direction", direction, f.shape)
        Mt, root_w_x = factor.T if transposed is None else transposed, np.sqrt(w_x)[:, np.newaxis]
        return root_w_x * self._scaled_hessian(lambda X: Mt @ (factor @ X), f * root_w_x, direction * root_w_x)

    def _scaled_hessian(self, gram: Gram, F: Floats, E: Floats) -> Floats:
        """Return the derivative of the gradient in F along E, both (N, k)."""
        FE = cross(F, E)
        return np.asarray(4.0 * (times(E, cross(F, F)) + times(F, FE + FE.T) - gram(E)))


@dataclass(frozen=True)
class OrderedLoss(UnbiasedSpectral):
    """The ordered (nested) spectral loss (1/k) Σ_j L(f_1..f_j): the mean of the spectral loss over all leading parts of f.

    One f minimises every part at once, and that is F* diag(√γ) itself, in order: no rotation is free any more, only signs
    (and rotations within a repeated γ). It has the minimisers of the triangular stop-gradient of NeuralEF, and is a function.

    See Also
    --------
    ordered : It, ready to use.

    References
    ----------
    Deng, Shi and Zhu 2022 (NeuralEF, 2205.00165); on positive pairs Deng, Shi, Zhang, Cui, Lu and Zhu 2022 (2210.12637); Ryu, Xu,
    Erol, Bu, Zheng and Wornell 2024 (2402.03655).

    Examples
    --------
    >>> import popgraph as pg
    >>> graph = pg.zoo.hypercube(2, "1/10")
    >>> spectrum = graph.spectrum(3)
    >>> value = pg.losses.ordered.value(graph.factor, graph.w_x, spectrum.embedding)
    >>> round(value, 6), round(-float(spectrum.gamma**2 @ [3, 2, 1]) / 3, 6)
    (-1.4096, -1.4096)
    """

    name: str = "ordered spectral"
    bias: str = "unbiased"

    def _weights(self, k: int) -> tuple[Floats, Floats]:
        """Return the share of the parts that hold column i, and columns i and j."""
        parts = (k - np.arange(k)) / k
        return parts, np.minimum(parts[:, np.newaxis], parts)

    def _of_sums(self, attraction: Any, repulsion: Any) -> Any:
        """Return the mean of the spectral loss over leading parts: running sums, which numpy and torch both have."""
        parts = -2.0 * attraction.cumsum(0) + repulsion.cumsum(0).cumsum(1).diagonal()
        return parts.sum() / len(parts)


@dataclass(frozen=True)
class CentredLoss(PlugInLoss):
    """The spectral loss of centred features, E[-f̃ᵀf̃⁺ + ½ (f̃ᵀf̃')²] with f̃ = f - E f.

    Its minimisers span the k leading eigenfunctions after the constant one. Only f̃ is determined: f may have any mean.

    See Also
    --------
    centred : It, ready to use.

    References
    ----------
    Zhai et al. 2025 [Z25].

    Examples
    --------
    >>> import popgraph as pg
    >>> graph = pg.zoo.hypercube(1, "1/10")
    >>> pg.losses.centred.value(graph.factor, graph.w_x, graph.spectrum(2).embedding[:, 1:])
    -0.2048
    """

    name: str = "centred spectral"
    bias: str = "biased: the batch's own mean is taken off, and its own moments are squared"

    _centres: ClassVar[bool] = True

    def _of_moments(self, moments: Moments) -> Any:
        """Return the loss at these moments."""
        return -trace(moments.cross) + 0.5 * (moments.second**2).sum()

    def _moment_gradient(self, moments: Moments) -> tuple[None, Floats, Floats]:
        """Return the derivatives in the two covariances."""
        return None, moments.second, -np.eye(len(moments.mean))


@dataclass(frozen=True)
class UnsquaredLoss(MomentLoss):
    """The mis-stated loss -2 E f(x)ᵀf(x⁺) + E f(x)ᵀf(x'), without the square: unbounded below.

    Its second term is ||E f||², which cannot balance the first: along t φ of an eigenfunction φ of mean 0 it is -2 γ t².

    See Also
    --------
    unsquared : It, ready to use.

    References
    ----------
    THEORY 3.

    Examples
    --------
    >>> import numpy as np
    >>> import popgraph as pg
    >>> graph = pg.zoo.lightning_cloud()
    >>> f = np.array([[1.0], [1.0], [-1.0], [-1.0]])
    >>> [pg.losses.unsquared.value(graph.factor, graph.w_x, t * f) for t in (1, 10, 100)]
    [-2.0, -200.0, -20000.0]
    """

    name: str = "unsquared"
    bias: str = "unbiased"

    def _of_moments(self, moments: Moments) -> Any:
        """Return the loss at these moments."""
        return -2.0 * trace(moments.cross) + (moments.mean**2).sum()

    def _moment_gradient(self, moments: Moments) -> tuple[Floats, None, Floats]:
        """Return the derivatives in E f, in E f fᵀ and in E f(x) f(x⁺)ᵀ."""
        return 2.0 * moments.mean, None, -2.0 * np.eye(len(moments.mean))

    def _batch_value(self, f: Any, f_plus: Any) -> Any:
        """Return -(2/B) Σ_i f(x_i)ᵀf(x_i⁺) + 1/(B(B-1)) Σ_{i≠j} f(x_i)ᵀf(x_j⁺)."""
        B, own = len(f), (f * f_plus).sum()
        return -2.0 / B * own + ((f.sum(0) * f_plus.sum(0)).sum() - own) / (B * (B - 1))

    def _batch_gradient(self, f: Floats, f_plus: Floats) -> tuple[float, Floats, Floats]:
        """Return the loss of a batch, and its gradients."""
        B = len(f)
        scale = 1.0 / (B * (B - 1))
        g = -2.0 / B * f_plus + scale * (f_plus.sum(0) - f_plus)
        g_plus = -2.0 / B * f + scale * (f.sum(0) - f)
        return float(self._batch_value(f, f_plus)), g, g_plus


spectral, ordered, centred, unsquared = SpectralLoss(), OrderedLoss(), CentredLoss(), UnsquaredLoss()


@checked_call()
def matrix_factorisation(factor: Sparse, F: Floats) -> float:
    """Return L_mf(F) = ||Ā - FFᵀ||_F², which is L(f) + ||Ā||_F² for F = √w_x f [H21, Lemma 3.2].

    Parameters
    ----------
    factor : (n, N) csr_array
        M.
    F : (N, k) array
        √w_x f.

    Returns
    -------
    float
        ||Ā - FFᵀ||_F², by way of M, without Ā.

    See Also
    --------
    SpectralLoss : The same up to the constant ||Ā||².

    Examples
    --------
    >>> import popgraph as pg
    >>> from popgraph.losses import matrix_factorisation
    >>> import numpy as np
    >>> graph = pg.zoo.lightning_cloud()
    >>> matrix_factorisation(graph.factor, np.zeros((4, 1)))
    2.0
    """
    if not sp.issparse(factor) or factor.dtype.kind not in "biuf":
        raise InvalidArgument(f"factor is {shorten(factor)}; it must be M, a sparse array (n, N)")
    n, n_views = factor.shape
    check_operand("F", F, (n_views, None), " beside this factor")
    F = alike({"F": F, "factor": factor})["F"]
    factor = factor.tocsr()
    gram = factor @ factor.T if n < n_views else factor.T @ factor
    FF = F.T @ F
    # A squared norm is never negative, and rounding may leave it so at a minimum of 0.
    value = float(np.sum(gram.data**2) - 2.0 * np.sum((factor @ F) ** 2) + np.sum(FF**2))
    return 0.0 if value < 0 else value  # which NaN is not
