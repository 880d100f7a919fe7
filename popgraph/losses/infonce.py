"""InfoNCE, the loss of SimCLR and CPC: with infinitely many negatives in closed form, with m of them by an exact integral."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from popgraph.basics.arguments import count, flag
from popgraph.basics.arguments.noise import read_noise
from popgraph.basics.arrays import Floats
from popgraph.errors import InvalidArgument
from popgraph.losses.critics import CriticLoss, library, read_temperature

# The integral over m negatives is taken by the trapezoidal rule in u = log t. The integrand is analytic for |Im u| < π/2, so that
# the error of a step h is of the order exp(-2π (π/2)/h) = exp(-π²/h) (Trefethen and Weideman 2014), below 1e-17 for h = 1/4.
LOG_T_STEP = 0.25
NEGLIGIBLE_EXPONENT = 40.0  # e^-40 is below rounding
MAX_SCORE_SPREAD = 2.0**42  # beyond it float64 no longer tells nodes of log t apart
MAX_LOG_EXPONENT = 7.0  # exp(-e^7) is 0 in float64


@dataclass(frozen=True)
class InfoNCE(CriticLoss):
    """InfoNCE: -E s(x,x⁺) + E log of the mean of e^s over the positive view and m negatives, or over all views.

    With m negatives x'_j, drawn independently of w_x, it is E -log(e^{s(x,x⁺)} / (e^{s(x,x⁺)} + Σ_j e^{s(x,x'_j)})) - log(m+1):
    the customary loss less the constant log(m + 1), so that it has a limit, -E s(x,x⁺) + E_x log E_x' e^{s(x,x')}. Over all
    critics the optimum is s = log K + c(x) for any m, of the positive-pair kernel K = w_xx' / (w_x w_x'), and in the limit the
    minimum is minus the mutual information I(x; x⁺).

    Its expectation over m negatives, a sum over N^m draws, is the integral over t of (e^-t - e^{-t e^{s⁺}} φ(t)^m)/t with
    φ(t) = E exp(-t e^{s(x,x')}), which the trapezoidal rule in log t gives to rounding.

    Parameters
    ----------
    negatives : int, optional
        m >= 1; None for infinitely many.
    temperature : float
        τ.
    cosine : bool
        Whether rows of f are scaled to length 1 before scoring.
    symmetric : bool
        Whether the loss is the mean of this one and the one that draws negatives among the first views, as CLIP's is. Both are
        least at s = log K up to constants, so that the mean has the same minimum.
    noise : float, (N,) or (N, N) array, or mapping view -> probability, optional
        The law q of negatives in place of w_x; a number a stands for q ∝ w_x^a, a table is a law for each x, as
        `debiased_negatives` and `hard_negatives` make. The optimum is then s = log(w_xx' / (w_x q_x')) + c(x), and in the limit the
        minimum is minus the divergence of w_xx' from w_x q_x'.

    See Also
    --------
    infonce : It, ready to use.
    simclr : With cosines, at temperature 0.5.
    clip : Symmetric, for two encoders.
    NTLogistic : The logistic loss of the same scores.
    popgraph.theory.critic_minimum : Its least value.

    Notes
    -----
    A batch of B pairs has the second views of the other pairs for negatives: of m = B - 1 negatives it is an unbiased
    sample. SimCLR's published code also takes the first views of the others, and their partners, for negatives of each view:
    2B - 2 that are not independent.

    References
    ----------
    van den Oord, Li and Vinyals 2018 (1807.03748); Chen, Kornblith, Norouzi and Hinton 2020 (2002.05709); [J22]; of CLIP Radford
    et al. 2021 (2103.00020).

    Examples
    --------
    >>> import numpy as np
    >>> import popgraph as pg
    >>> graph = pg.zoo.hypercube(1)
    >>> K = graph.w / np.outer(graph.w_x, graph.w_x)
    >>> value, gradient = pg.losses.InfoNCE(negatives=3).critic_gradient(graph.w, graph.w_x, np.log(K))
    >>> float(np.abs(gradient).max()) < 1e-15
    True
    """

    negatives: int | None = None
    temperature: float = 1.0
    cosine: bool = False
    name: str = "InfoNCE"
    symmetric: bool = False
    noise: Any = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "temperature", read_temperature(self.temperature))
        flag("cosine", self.cosine)
        flag("symmetric", self.symmetric)
        object.__setattr__(self, "noise", read_noise(self.noise))
        super().__post_init__()
        m = self.negatives
        if m is not None:
            count("negatives", m, why="it must be None for infinitely many, or a whole number")

    @property
    def bias(self) -> str:
        """What is known of the sampled value's bias."""
        if self.negatives is None:
            return f"biased: unbiased for {'B - 1' if self.noise is None else 'B'} negatives instead"
        return "unbiased"

    @property
    def least_batch(self) -> int:
        """The number of pairs that a batch needs: m + 1, and two at least."""
        return 2 if self.negatives is None else self.negatives + 1

    def _critic_value(self, w: Any, w_x: Any, s: Any) -> Any:
        """Return the population's loss of a critic."""
        if not self.symmetric:
            return self._one_way(w, w_x, s)
        return (self._one_way(w, w_x, s) + self._one_way(w.T, w.sum(1), s.T)) / 2.0

    def _critic_gradient(self, w: Floats, w_x: Floats, s: Floats) -> tuple[float, Floats]:
        """Return the population's loss of a critic and its derivative in s."""
        value, H = self._one_way_gradient(w, w_x, s)
        if not self.symmetric:
            return value, H
        back, H_back = self._one_way_gradient(w.T, w.sum(axis=1), s.T)
        return (value + back) / 2.0, (H + H_back.T) / 2.0

    def _one_way(self, w: Any, w_x: Any, s: Any) -> Any:
        """Return the loss whose negatives are drawn from the law of the second views, or from the noise, for each first view."""
        xp, law = library(s), self._law(w_x)
        top = xp.amax(s, 1)[:, None]
        if self.negatives is None:
            shares = xp.exp(s - top)
            rows = xp.log(shares @ law if law.ndim == 1 else (shares * law).sum(1)) + top[:, 0]
            return (w.sum(1) * rows).sum() - (w * s).sum()
        # Frullani's integral: log A is the integral of (e^-t - e^-tA)/t. Of A = e^s⁺ + Σ_j e^s_j with independent negatives the
        # mean of e^-tA is a product, e^{-t e^s⁺} φ(t)^m. For each view x, E[i, l] = exp(-t_l e^s_i) is a table of N x nodes.
        total = 0.0
        for x in range(len(s)):
            u, weight = (xp.asarray(part, dtype=s.dtype) for part in self._nodes(w[x], top[x] - s[x]))
            E = xp.exp(-_exp((s[x] - top[x])[:, None] + u[None, :]))
            phi_to_m = ((law if law.ndim == 1 else law[x]) @ E) ** self.negatives
            logs = (xp.exp(-_exp(u)) - E * phi_to_m) @ weight
            total = total + (w[x] * (logs + top[x, 0] - s[x])).sum()
        return total - w.sum() * float(np.log(self.negatives + 1))

    def _one_way_gradient(self, w: Floats, w_x: Floats, s: Floats) -> tuple[float, Floats]:
        """Return that loss and its derivative in s."""
        top, law = s.max(axis=1, keepdims=True), self._law(w_x)
        if self.negatives is None:
            share = np.exp(s - top) * law
            return float(self._one_way(w, w_x, s)), share * (w.sum(axis=1) / share.sum(axis=1))[:, np.newaxis] - w
        m = self.negatives
        total, H = 0.0, np.empty_like(s)
        for x in range(len(s)):
            u, weight = self._nodes(w[x], top[x] - s[x])
            te = _exp((s[x] - top[x])[:, np.newaxis] + u)
            E = np.exp(-te)
            q = law if law.ndim == 1 else law[x]
            phi = q @ E
            total += float(w[x] @ ((np.exp(-_exp(u)) - E * phi**m) @ weight))
            falling = te * E * weight  # e/A is the integral of e e^-tA over dt
            as_positive = falling @ phi**m
            as_negative = m * q * (falling @ (phi ** (m - 1) * (w[x] @ E)))
            H[x] = w[x] * (as_positive - 1.0) + as_negative
        total += float(np.sum(w * (top - s)) - np.sum(w) * np.log(m + 1))
        return total, H

    def _as_partners(self, rows: Any, weights: Any = None) -> Any:
        """Return the second views' rows less their mean, which shifts all scores of one x alike and leaves this loss unchanged."""
        # The scores then have the size of the spread of f. Without this they have that of the mean's square, and its rounding
        # errors may exceed the spread. The symmetric loss is no such: it depends on what is added to all scores of one x.
        if self.symmetric:
            return rows
        mean = rows.mean(0) if weights is None else weights @ rows
        return rows - (mean.detach() if hasattr(mean, "detach") else mean)

    def _of_scores(self, S: Any) -> Any:
        """Return the loss of a batch from its scores: the negatives are the next m pairs, cyclically, or all."""
        return (self._of_rows(S) + self._of_rows(S.T)) / 2.0 if self.symmetric else self._of_rows(S)

    def _score_gradient(self, S: Floats) -> Floats:
        """Return the derivative of `_of_scores`, (B, B)."""
        return (self._row_gradient(S) + self._row_gradient(S.T).T) / 2.0 if self.symmetric else self._row_gradient(S)

    def _of_rows(self, S: Any) -> Any:
        """Return the loss of a batch with negatives among the second views."""
        xp, scores = library(S), self._own_and_negative(S)
        top = xp.amax(scores, 1)
        logs = xp.log(xp.exp(scores - top[:, None]).sum(1)) + top
        return (logs - scores[:, 0]).sum() / len(S) - float(np.log(scores.shape[1]))

    def _row_gradient(self, S: Floats) -> Floats:
        """Return its derivative, (B, B)."""
        scores, B = self._own_and_negative(S), len(S)
        share = np.exp(scores - scores.max(axis=1, keepdims=True))
        share /= share.sum(axis=1, keepdims=True)
        share[:, 0] -= 1.0
        H = np.zeros_like(S)
        H[self._positions(B)] = share / B
        return H

    def _of_drawn(self, own: Any, S: Any) -> Any:
        """Return the loss of a batch whose negatives are drawn: the next m of them, cyclically, or all."""
        xp, scores = library(S), self._drawn_scores(own, S)
        top = xp.amax(scores, 1)
        logs = xp.log(xp.exp(scores - top[:, None]).sum(1)) + top
        return (logs - own).sum() / len(S) - float(np.log(scores.shape[1]))

    def _drawn_gradient(self, own: Floats, S: Floats) -> tuple[Floats, Floats]:
        """Return the derivatives of `_of_drawn`, (B,) and (B, B)."""
        scores, B = self._drawn_scores(own, S), len(S)
        share = np.exp(scores - scores.max(axis=1, keepdims=True))
        share /= share.sum(axis=1, keepdims=True)
        H = np.zeros_like(S)
        H[self._drawn_positions(B)] = share[:, 1:] / B
        return (share[:, 0] - 1.0) / B, H

    def _drawn_positions(self, B: int) -> tuple[Any, Any]:
        """Return where in the (B, B) scores each pair's drawn negatives stand, (B, m)."""
        m = B if self.negatives is None else self.negatives
        rows = np.arange(B)[:, np.newaxis]
        return np.repeat(rows, m, axis=1), (rows + np.arange(m)) % B

    def _drawn_scores(self, own: Any, S: Any) -> Any:
        """Return each pair's own score, and those of its drawn negatives, (B, m + 1)."""
        negative = S[self._drawn_positions(len(S))]
        return library(S).hstack([own[:, None], negative])

    def _positions(self, B: int) -> tuple[Any, Any]:
        """Return where in the (B, B) scores each pair's own partner and its negatives stand, (B, m + 1)."""
        m = B - 1 if self.negatives is None else self.negatives
        rows = np.arange(B)[:, np.newaxis]
        return np.repeat(rows, m + 1, axis=1), (rows + np.arange(m + 1)) % B

    def _own_and_negative(self, S: Any) -> Any:
        """Return each pair's own score, and those of its negatives, (B, m + 1)."""
        return S[self._positions(len(S))]

    def _nodes(self, w: Any, below: Any) -> tuple[Floats, Floats]:
        """Return log t (T,) and weights (T,) that integrate over dt/t from where nothing has decayed to where all has.

        `below` (N,) is how far one view's scores are below their largest. A score's e^{-te} decays around log t = `below`; between
        two such places the integrand is constant, and one node serves, however far they are apart; t may be beyond float64.
        """
        depth = np.array(below.tolist())
        deepest = depth[np.array(w.tolist()) > 0].max(initial=0.0)  # of a positive pair: beyond it the integrand is 0
        if not deepest <= MAX_SCORE_SPREAD:
            raise InvalidArgument(
                f"scores of one view are {deepest:.3g} apart, and InfoNCE with {self.negatives} negatives is computed for at most "
                f"{MAX_SCORE_SPREAD:.3g}; scale f down, or use negatives=None"
            )
        start = -NEGLIGIBLE_EXPONENT - np.log((self.negatives or 1) + 1.0)
        width = np.arange(np.ceil((np.log(NEGLIGIBLE_EXPONENT) - start) / LOG_T_STEP) + 2)
        steps = np.unique(np.unique(np.floor(depth[depth <= deepest] / LOG_T_STEP))[:, np.newaxis] + width)
        return start + LOG_T_STEP * steps, LOG_T_STEP * np.diff(steps, append=steps[-1] + 1.0)


def _exp(s: Any) -> Any:
    """Return e^s, and e^7 where s is above 7: exp(-e^s) is 0 in float64 from there on, and e^s itself may overflow."""
    xp = library(s)
    return xp.exp(xp.clip(s, None, MAX_LOG_EXPONENT))


infonce, simclr = InfoNCE(), InfoNCE(temperature=0.5, cosine=True, name="SimCLR")
clip = InfoNCE(temperature=0.07, cosine=True, name="CLIP", symmetric=True)  # CLIP learns its temperature, from 0.07 on
