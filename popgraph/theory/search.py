"""What tries to refute a minimum: searches that start at random, never see F*, and go down as far as a few steps lead.

A statement "nothing is below the minimum" is shown by them and not by the minimiser itself, where it could not fail.
"""

from collections.abc import Callable

import numpy as np

from popgraph.basics.arrays import Floats

SEARCH_STEPS = 12  # of descent, each exact along its line; they end within a few per cent of the minimum
CRITIC_STEPS = 8  # of descent on the scores of a critic
SHORTEST_STEP = 1e-9  # at which a descent on scores gives up


def descend(product: Callable[[Floats], Floats], weight: float, F: Floats, steps: int = SEARCH_STEPS) -> Floats:
    """Return an F, (N, k), of lower tr FᵀHF + weight ||FᵀF||², by gradient steps that are exact along their lines.

    `product` multiplies by the symmetric H. The spectral loss has H = -2Ā and weight 1.
    """
    for _ in range(steps):
        HF = product(F)
        E = -(HF + 2.0 * weight * F @ (F.T @ F))
        length = float(np.linalg.norm(E))
        if not length > 0:
            break
        E /= length
        HE = product(E)
        S, D, C = F.T @ F, E.T @ E, F.T @ E
        C = C + C.T
        # At F + tE: tr FᵀHF + 2t tr EᵀHF + t² tr EᵀHE + weight ||S + tC + t²D||², a polynomial of degree 4 in t
        slope = [
            4.0 * weight * np.sum(D * D),
            6.0 * weight * np.sum(C * D),
            2.0 * np.sum(E * HE) + weight * (2.0 * np.sum(C * C) + 4.0 * np.sum(S * D)),
            2.0 * np.sum(E * HF) + 2.0 * weight * np.sum(S * C),
        ]
        turns = np.roots(slope)
        t = turns.real[np.abs(turns.imag) < 1e-9 * (1.0 + np.abs(turns))]
        heights = np.polyval(np.polyint(slope), t)
        if not len(t) or not np.isfinite(heights).all() or not heights.min() < 0:
            break
        F = F + t[int(np.argmin(heights))] * E
    return F


def smoothest_found(product: Callable[[Floats], Floats], G: Floats, steps: int = SEARCH_STEPS) -> Floats:
    """Return orthonormal columns, (N, k), of larger tr GᵀĀG, by multiplying with (I + Ā)/2, which has no eigenvalue below 0."""
    for _ in range(steps):
        G = np.linalg.qr(G + product(G))[0]
    return G


def fit_in_turns(S: Floats, F: Floats, G: Floats, steps: int = SEARCH_STEPS) -> tuple[Floats, Floats]:
    """Return F (N_x, k) and G (N_z, k) of lower ||S - FGᵀ||, each in turn the least-squares answer to the other."""
    for _ in range(steps):
        F = np.asarray(np.linalg.lstsq(G, S.T, rcond=1e-12)[0].T)
        G = np.asarray(np.linalg.lstsq(F, S, rcond=1e-12)[0].T)
    return F, G


def least_score(
    value: Callable[[Floats], float], gradient: Callable[[Floats], Floats], scale: Floats, scores: Floats
) -> float:
    """Return the least value that a descent on the scores of a critic finds, with gradients divided by `scale` and halved steps."""
    best, step = value(scores), 4.0
    for _ in range(CRITIC_STEPS):
        direction = gradient(scores) / scale
        while step > SHORTEST_STEP:
            tried = scores - step * direction
            found = value(tried)
            if found < best:
                scores, best, step = tried, found, 2.0 * step
                break
            step /= 4.0
    return best
