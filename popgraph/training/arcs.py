"""Arcs F(t) = F (1 - t Ω + t² K) + tE, along which the spectral loss is a polynomial of degree 8, known by k x k moments.

Columns that turn towards a direction E outside of span F grow by t² on a straight line, and the loss with them by t⁴: between
almost equal eigenvalues, a gap of g apart, no step along a line is longer than about g^(1/3). K shrinks them as they turn.
Ω takes off the part of E that turns F among its own columns: the loss does not depend on that, but a line lengthens them.
At four views and a gap of 1e-6, training took 180 to 1,836 steps along lines and takes 15 to 55 along arcs.
"""

from dataclasses import dataclass

import numpy as np

from popgraph.basics.arrays import Floats
from popgraph.training.quartic import QuarticState

LEAST_RELATIVE_SUM = 1e-6  # of two eigenvalues of FᵀF, relative to the largest, below which K leaves the columns alone
MOST_SHRINKING = 1e3  # entries of K relative to ||E||²; more would leave no arc to go along


@dataclass(frozen=True)
class _Moments:
    """Hold FᵀE, EᵀE, FᵀG, FᵀĀE (k, k), and <G, E> and <E, ĀE>."""

    FE: Floats
    EE: Floats
    FG: Floats
    FAE: Floats
    GE: float
    EAE: float


@dataclass(frozen=True)
class Arc:
    """Hold the lowest point of an arc: F (1 + S) + tE, and how far the loss falls down to it."""

    E: Floats
    t: float
    S: Floats
    fall: float


def arc_along(state: QuarticState, E: Floats, image: Floats) -> Arc:
    """Return the arc along E, of which ĀE is `image`; the state's gradient must be that at F."""

    def part(rows: slice) -> tuple[Floats, Floats, Floats, Floats, float, float]:
        F, G, D, AD = state.F[rows], state.G[rows], E[rows], image[rows]
        return F.T @ D, D.T @ D, F.T @ G, F.T @ AD, float(np.vdot(G, D)), float(np.vdot(D, AD))

    moments = _Moments(*state.sums(part))
    sizes, U = np.linalg.eigh(state.FF)
    Omega = _solve(sizes, U, moments.FE - moments.FE.T)
    moments = _without_turning(moments, state.FF, Omega)
    K = _solve(sizes, U, -moments.EE)
    size, bound = float(np.abs(K).max()), MOST_SHRINKING * float(np.trace(moments.EE))
    K *= min(1.0, bound / size) if size > 0 else 1.0
    t, fall = _lowest(_loss_along(state.FF, K, moments), float(np.sqrt(max(0.0, np.trace(moments.EE)))))
    return Arc(E, t, t * t * K - t * Omega, fall)


def _solve(sizes: Floats, U: Floats, B: Floats) -> Floats:
    """Return the S with S FᵀF + FᵀF S = B, of FᵀF = U diag(sizes) Uᵀ; 0 where FᵀF is as good as 0."""
    sums = sizes[:, np.newaxis] + sizes
    turned = U.T @ B @ U
    S = np.divide(turned, sums, out=np.zeros_like(turned), where=sums > LEAST_RELATIVE_SUM * sizes[-1])
    return np.asarray(U @ S @ U.T)


def _without_turning(m: _Moments, FF: Floats, Omega: Floats) -> _Moments:
    """Return the moments of E - FΩ, of which Fᵀ(E - FΩ) is symmetric."""
    FAF, turn = _image_moments(FF, m), m.FE.T @ Omega
    return _Moments(
        FE=m.FE - FF @ Omega,
        EE=m.EE - turn - turn.T + Omega.T @ FF @ Omega,
        FG=m.FG,
        FAE=m.FAE - FAF @ Omega,
        GE=m.GE - float(np.sum(m.FG * Omega)),
        EAE=m.EAE - 2.0 * float(np.sum(Omega * m.FAE)) + float(np.sum(Omega * (FAF @ Omega))),
    )


def _image_moments(FF: Floats, m: _Moments) -> Floats:
    """Return FᵀĀF = (FᵀF)² - FᵀG/4."""
    return np.asarray(FF @ FF - 0.125 * (m.FG + m.FG.T))


def _loss_along(FF: Floats, K: Floats, m: _Moments) -> Floats:
    """Return the coefficients of L(F(t)) - L(F) of t, t², ..., t⁸."""
    # F(t)ᵀF(t) = Σ N_i t^i and tr F(t)ᵀĀF(t) = Σ a_i t^i. In the coefficients of t and t² terms that
    # would cancel are written as products with the gradient, which is small near a minimum.
    KE, KFF = K @ m.FE, K @ FF
    N = [FF, m.FE + m.FE.T, KFF + KFF.T + m.EE, KE + KE.T, KFF @ K]
    FAF = _image_moments(FF, m)
    a = [0.0, 0.0, 0.0, 2.0 * float(np.sum(K * m.FAE)), float(np.sum((K @ FAF) * K))]
    c = np.zeros(9)
    for i in range(5):
        for j in range(5):
            c[i + j] += float(np.sum(N[i] * N[j]))
    c[3:5] -= 2.0 * np.array(a[3:])
    c[1] = m.GE
    c[2] = np.sum(N[1] ** 2) + 2.0 * np.sum(FF * m.EE) - 2.0 * m.EAE + np.sum(K * m.FG)
    return c[1:]


def _lowest(coefficients: Floats, length: float) -> tuple[float, float]:
    """Return the t at which a polynomial of degree 8 with no constant term is least, and by how much; 0 if that is not below 0."""
    if not length > 0.0:
        return 0.0, 0.0
    powers = np.arange(1, 9)
    c = coefficients / length**powers  # of a direction of length 1
    if not np.isfinite(c).all():
        return 0.0, 0.0
    derivative = (c * powers)[::-1]
    roots = np.roots(derivative)
    candidates = roots[np.abs(roots.imag) <= 1e-6 * (1.0 + np.abs(roots.real))].real
    if not len(candidates):
        return 0.0, 0.0
    bend = np.polyder(derivative)
    for _ in range(
        3
    ):  # the companion matrix's roots have an error of eps times the largest; one near 0 needs its digits
        slope, turn = np.polyval(derivative, candidates), np.polyval(bend, candidates)
        candidates = candidates - np.divide(slope, turn, out=np.zeros_like(slope), where=turn != 0)
    values = np.polyval([*c[::-1], 0.0], candidates)
    values[~np.isfinite(values)] = np.inf
    best = int(np.argmin(values))
    return (float(candidates[best] / length), -float(values[best])) if values[best] < 0 else (0.0, 0.0)
