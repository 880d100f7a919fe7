"""Losses of a critic s(x, x') over pairs of views: InfoNCE and NT-logistic. An embedding is the critic f(x)ᵀf(x')/τ.

A critic is an N x N table, and so is everything here: these losses are for graphs of thousands of views, not millions.
"""

import sys
from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from popgraph.basics.arguments import flag, number
from popgraph.basics.arguments.noise import read_noise
from popgraph.basics.arrays import Floats
from popgraph.basics.words import size_in_words
from popgraph.errors import TooLarge
from popgraph.losses.noise_batches import GIVE_DRAWS, DrawsNegatives
from popgraph.losses.operands import in_full_precision, plain, read_critic, read_rows, refuse_tensors
from popgraph.losses.ready import ReadyLoss
from popgraph.losses.two_encoders import PairLoss, PairOperands, dense_pairs

MIN_SHARE_DENSE = 0.1  # of nonzero entries of M, above which dense products are faster than sparse ones
MAX_VIEWS_PAIRED = 8192  # an array (N, N) then takes 0.5 GB; a gradient needs about six of them


def library(array: Any) -> Any:
    """Return the module numpy or torch, whichever the array belongs to: both have exp, log and amax."""
    return sys.modules[type(array).__module__.partition(".")[0]]


def positive_pairs(factor: Any, w_x: Any) -> Any:
    """Return w = D^½ MᵀM D^½, (N, N) and dense; refuse more than 8,192 views."""
    N = len(w_x)
    refuse_many_views(N)
    dense = factor.to_dense() if hasattr(factor, "to_dense") else factor
    if sp.issparse(dense) and dense.nnz > MIN_SHARE_DENSE * dense.shape[0] * N and dense.shape[0] <= 4 * N:
        dense = dense.toarray()  # at this density a sparse product takes fifty times as long as a dense one
    gram = dense.T @ dense
    gram = gram.toarray() if hasattr(gram, "toarray") else gram
    root = w_x**0.5
    return gram * root[:, None] * root[None, :]


def refuse_many_views(N: int) -> None:
    """Refuse a table of all pairs of more than 8,192 views, with TooLarge."""
    if N > MAX_VIEWS_PAIRED:
        raise TooLarge(
            f"this loss is computed from all {N:,} x {N:,} pairs of views, {size_in_words(8.0 * N * N)} a table; use at most "
            f"{MAX_VIEWS_PAIRED:,} views, batches (batch_size=), or losses.spectral, which needs no pairs"
        )


def as_rows(law: Any) -> Any:
    """Return a law of second views as a row, (1, N), and a law for each first view as it is, (N, N)."""
    return law[None, :] if law.ndim == 1 else law


def softplus(s: Any) -> Any:
    """Return log(1 + e^s), without overflow."""
    xp = library(s)
    return (s + abs(s)) / 2.0 + xp.log1p(xp.exp(-abs(s)))


def sigmoid(s: Floats) -> Floats:
    """Return 1/(1 + e^-s), without overflow."""
    return np.asarray(np.exp(-softplus(-s)))


class CriticLoss(ReadyLoss, PairLoss, DrawsNegatives):
    """A loss of a table of scores s(x, x'); a subclass defines the loss as a function of the scores, and its derivative."""

    temperature: float
    cosine: bool

    @in_full_precision
    def critic_value(self, w: Any, w_x: Any, s: Any) -> Any:
        """Return the population's loss of a critic s (N, N), from w (N, N) and w_x (N,).

        Examples
        --------
        >>> import numpy as np
        >>> import popgraph as pg
        >>> graph = pg.zoo.lightning_cloud()
        >>> [loss.critic_value(graph.w, graph.w_x, np.zeros((4, 4))) for loss in (pg.losses.infonce, pg.losses.nt_logistic)]
        [0.0, 1.386]
        """
        return plain(self._critic_value(*read_critic(w, w_x, s)))

    def critic_gradient(self, w: Floats, w_x: Floats, s: Floats) -> tuple[float, Floats]:
        """Return the population's loss of a critic and its derivative in s, (N, N).

        Examples
        --------
        >>> import numpy as np
        >>> import popgraph as pg
        >>> graph = pg.zoo.lightning_cloud()
        >>> value, gradient = pg.losses.nt_logistic.critic_gradient(graph.w, graph.w_x, np.zeros((4, 4)))
        >>> value, gradient.shape
        (1.386, (4, 4))
        """
        w, w_x, s = read_critic(w, w_x, s)
        refuse_tensors({"s": s}, "critic_value(w, w_x, s)")
        return self._critic_gradient(w, w_x, s)

    @abstractmethod
    def _critic_value(self, w: Any, w_x: Any, s: Any) -> Any:
        """Return the population's loss of a critic s (N, N_z), from w (N, N_z) and the law of the second views, w_x (N_z,)."""

    @abstractmethod
    def _critic_gradient(self, w: Floats, w_x: Floats, s: Floats) -> tuple[float, Floats]:
        """Return the population's loss of a critic and its derivative, from arrays whose shapes are known to agree."""

    @abstractmethod
    def _of_scores(self, S: Any) -> Any:
        """Return the loss of a batch from its scores S_ij of x_i and x_j⁺, (B, B)."""

    @abstractmethod
    def _score_gradient(self, S: Floats) -> Floats:
        """Return the derivative of `_of_scores`, (B, B)."""

    @property
    def least_batch(self) -> int:
        """The number of pairs that a batch needs."""
        return 2

    @in_full_precision
    def scores(self, f: Any, g: Any) -> Any:
        """Return s(x, x') = f(x)ᵀg(x')/τ, of rows of length 1 if ``cosine``: (a, k) and (b, k) arrays give (a, b).

        Examples
        --------
        >>> import numpy as np
        >>> import popgraph as pg
        >>> pg.losses.InfoNCE(temperature=0.5).scores(np.array([[1.0], [2.0]]), np.array([[3.0]]))
        array([[ 6.],
               [12.]])
        """
        f, g = read_rows(f, g)
        return self._rows(f) @ self._rows(g).T / self.temperature

    def _value(self, factor: Any, w_x: Any, f: Any) -> Any:
        """Return the loss over the population."""
        w = positive_pairs(factor, w_x)  # first, since this refuses graphs whose table of scores would be too large
        rows = self._rows(f)
        return self._critic_value(w, w_x, rows @ self._as_partners(rows, w_x).T / self.temperature)

    def _value_and_gradient(self, factor: Any, w_x: Floats, f: Floats, transposed: Any = None) -> tuple[float, Floats]:
        """Return the loss over the population and its gradient in f; Mᵀ is not needed."""
        return self._gradient_at_pairs(positive_pairs(factor, w_x), w_x, f)

    def _gradient_at_pairs(self, w: Floats, w_x: Floats, f: Floats) -> tuple[float, Floats]:
        """Return the loss over the population and its gradient in f, from w (N, N), which stays the same during a training."""
        rows = self._rows(f)
        partners = self._as_partners(rows, w_x)
        value, H = self._critic_gradient(w, w_x, rows @ partners.T / self.temperature)
        return value, self._pulled(f, H @ partners + H.T @ rows)

    def _pair_value(self, pairs: PairOperands) -> Any:
        """Return the loss of two encoders."""
        _, _, d_2, f, g = pairs
        C, rows, partners = dense_pairs(pairs.C), self._rows(f), self._as_partners(self._rows(g), d_2)
        return self._critic_value(C, d_2, rows @ partners.T / self.temperature)

    def _pair_gradient(self, pairs: PairOperands) -> tuple[float, Floats, Floats]:
        """Return the loss of two encoders, and its gradients in f and g."""
        _, _, d_2, f, g = pairs
        C, rows, partners = dense_pairs(pairs.C), self._rows(f), self._as_partners(self._rows(g), d_2)
        value, H = self._critic_gradient(C, d_2, rows @ partners.T / self.temperature)
        return value, self._pulled(f, H @ partners), self._pulled(g, H.T @ rows)

    def _batch_value(self, f: Any, f_plus: Any) -> Any:
        """Return the loss of a batch, in which the negatives are the second views of other pairs."""
        self._refuse_noise(GIVE_DRAWS)
        rows, partners = self._rows(f), self._as_partners(self._rows(f_plus))
        return self._of_scores(rows @ partners.T / self.temperature)

    def _batch_gradient(self, f: Floats, f_plus: Floats) -> tuple[float, Floats, Floats]:
        """Return the loss of a batch, and its gradients."""
        self._refuse_noise(GIVE_DRAWS)
        rows, partners = self._rows(f), self._as_partners(self._rows(f_plus))
        S = rows @ partners.T / self.temperature
        H = self._score_gradient(S)
        return float(self._of_scores(S)), self._pulled(f, H @ partners), self._pulled(f_plus, H.T @ rows)

    def _noise_batch_value(self, f: Any, f_plus: Any, f_noise: Any) -> Any:
        """Return the loss of a batch whose negatives are drawn."""
        rows = self._rows(f)
        own = (rows * self._rows(f_plus)).sum(1) / self.temperature
        return self._of_drawn(own, rows @ self._rows(f_noise).T / self.temperature)

    def _noise_batch_gradient(self, f: Floats, f_plus: Floats, f_noise: Floats) -> tuple[float, Floats, Floats, Floats]:
        """Return that loss and its gradients."""
        rows, plus, drawn = self._rows(f), self._rows(f_plus), self._rows(f_noise)
        own, S = np.sum(rows * plus, axis=1) / self.temperature, rows @ drawn.T / self.temperature
        h, H = self._drawn_gradient(own, S)
        column = h[:, np.newaxis]
        in_rows = (self._pulled(f, column * plus + H @ drawn), self._pulled(f_plus, column * rows))
        return float(self._of_drawn(own, S)), *in_rows, self._pulled(f_noise, H.T @ rows)

    @abstractmethod
    def _of_drawn(self, own: Any, S: Any) -> Any:
        """Return the loss of a batch from each pair's own score, (B,), and the scores S_ij of x_i and the j-th negative, (B, B)."""

    @abstractmethod
    def _drawn_gradient(self, own: Floats, S: Floats) -> tuple[Floats, Floats]:
        """Return the derivatives of `_of_drawn`, (B,) and (B, B)."""

    def _rows(self, f: Any) -> Any:
        """Return the rows whose inner products are the scores: those of f, scaled to length 1 if `cosine`."""
        return f / ((f**2).sum(1) ** 0.5)[:, None] if self.cosine else f

    def _as_partners(self, rows: Any, weights: Any = None) -> Any:
        """Return the second views' rows as they enter the scores; a subclass may shift them, if that leaves its loss unchanged."""
        return rows

    def _pulled(self, f: Floats, in_rows: Floats) -> Floats:
        """Return the gradient in f, from the gradient in `_rows(f)` times τ (chain rule)."""
        if not self.cosine:
            return in_rows / self.temperature
        length = np.linalg.norm(f, axis=1, keepdims=True)
        u = f / length
        return np.asarray((in_rows - u * np.sum(u * in_rows, axis=1, keepdims=True)) / (length * self.temperature))


def read_temperature(temperature: Any) -> float:
    """Return a temperature, a positive number, or refuse it."""
    return number("temperature", temperature)


@dataclass(frozen=True)
class NTLogistic(CriticLoss):
    """NT-logistic: E log(1 + e^{-s(x,x⁺)}) + m E log(1 + e^{s(x,x')}).

    This is logistic regression that tells a positive pair from m independent ones. Over all critics its optimum is
    s = log K - log m, where K = w_xx' / (w_x w_x') is the positive-pair kernel.

    Parameters
    ----------
    negatives : float
        m > 0.
    temperature : float
        τ.
    cosine : bool
        Whether rows of f are scaled to length 1 before scoring.
    noise : float, (N,) or (N, N) array, or mapping view -> probability, optional
        The law q of negatives in place of w_x; a number a stands for q ∝ w_x^a. With 0.75 this is word2vec's loss with m negative
        samples (SGNS). The optimum is then s = log(w_xx' / (w_x q_x')) - log m. A table is a law for each x: `debiased_negatives`.

    See Also
    --------
    nt_logistic : It, ready to use.
    InfoNCE : The softmax loss of the same scores.
    popgraph.theory.critic_minimum : Its least value.

    References
    ----------
    Johnson, El Hanchi and Maddison 2022 [J22]; Levy and Goldberg 2014 and Mikolov et al. 2013 (1310.4546) of SGNS.

    Examples
    --------
    >>> import numpy as np
    >>> import popgraph as pg
    >>> graph = pg.zoo.hypercube(1)
    >>> K = graph.w / np.outer(graph.w_x, graph.w_x)
    >>> value, gradient = pg.losses.nt_logistic.critic_gradient(graph.w, graph.w_x, np.log(K))
    >>> float(np.abs(gradient).max()) < 1e-15
    True
    """

    negatives: float = 1.0
    temperature: float = 1.0
    cosine: bool = False
    name: str = "NT-logistic"
    bias: str = "unbiased"
    noise: Any = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "temperature", read_temperature(self.temperature))
        object.__setattr__(self, "negatives", number("negatives", self.negatives))
        object.__setattr__(self, "noise", read_noise(self.noise))
        flag("cosine", self.cosine)
        super().__post_init__()

    def _critic_value(self, w: Any, w_x: Any, s: Any) -> Any:
        """Return the population's loss of a critic s (N, N)."""
        independent = w.sum(1)[:, None] * as_rows(self._law(w_x))
        return (w * softplus(-s)).sum() + self.negatives * (independent * softplus(s)).sum()

    def _critic_gradient(self, w: Floats, w_x: Floats, s: Floats) -> tuple[float, Floats]:
        """Return the population's loss of a critic and its derivative in s, (N, N)."""
        independent = w.sum(axis=1)[:, np.newaxis] * as_rows(self._law(w_x))
        H = self.negatives * independent * sigmoid(s) - w * sigmoid(-s)
        return float(self._critic_value(w, w_x, s)), H

    def _of_scores(self, S: Any) -> Any:
        """Return the loss of a batch from its scores."""
        B, own = len(S), S.diagonal()
        others = softplus(S).sum() - softplus(own).sum()
        return softplus(-own).sum() / B + self.negatives * others / (B * (B - 1))

    def _score_gradient(self, S: Floats) -> Floats:
        """Return the derivative of `_of_scores`, (B, B)."""
        B = len(S)
        H = self.negatives / (B * (B - 1)) * sigmoid(S)
        np.fill_diagonal(H, -sigmoid(-S.diagonal()) / B)
        return H

    def _of_drawn(self, own: Any, S: Any) -> Any:
        """Return the loss of a batch whose negatives are drawn."""
        B = len(S)
        return softplus(-own).sum() / B + self.negatives * softplus(S).sum() / (B * B)

    def _drawn_gradient(self, own: Floats, S: Floats) -> tuple[Floats, Floats]:
        """Return the derivatives of `_of_drawn`, (B,) and (B, B)."""
        B = len(S)
        return -sigmoid(-own) / B, self.negatives * sigmoid(S) / (B * B)


nt_logistic = NTLogistic()
