"""The true angle between the span of an f, as its floats are, and an F* in closed form; nothing here asks popgraph.

Products with f are formed with twice the digits of float64, so that an f of condition 1e14 costs no accuracy: a first
basis may come from LAPACK, since any invertible matrix leaves the span as it is.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

Extended = np.longdouble
EPS = float(np.finfo(np.float64).eps)
FINE = float(np.finfo(Extended).eps)
SPLIT = 2.0**27 + 1  # Veltkamp's, which cuts a float64 in two halves


@dataclass(frozen=True, eq=False)
class Span:
    """An orthonormal basis (N, d) in extended precision, and the condition number of the columns, scaled to length 1, it is of."""

    Q: Any
    condition: float

    @property
    def error(self) -> float:
        """How far an angle with it may be off: two projections in extended precision, and one float64 SVD of what they leave."""
        return 64 * (float(np.sqrt(len(self.Q))) * FINE + EPS)


def _halves(a: Any) -> tuple[Any, Any]:
    large = SPLIT * a
    high = large - (large - a)
    return high, a - high


def products(f: Any, B: Any) -> Any:
    """Return f B (N, m) of float64s, summed in twice their digits [Dekker 1971; Ogita, Rump and Oishi 2005]."""
    total = np.zeros((len(f), B.shape[1]))
    rest = np.zeros_like(total)
    for a, b in zip(f.T.astype(np.float64), B, strict=True):
        a = a[:, np.newaxis]
        part = a * b
        (a_high, a_low), (b_high, b_low) = _halves(a), _halves(b)
        rest += a_low * b_low - (((part - a_high * b_high) - a_low * b_high) - a_high * b_low)
        grown = total + part
        taken = grown - total
        rest += (total - (grown - taken)) + (part - taken)
        total = grown
    return total.astype(Extended) + rest


def span_of(f: Any, root: Any) -> Span:
    """Return the span of diag(root) f, for independent columns f (N, d) of floats and root (N,) in extended precision."""
    F = f.astype(np.float64) / np.abs(f).max(axis=0) * root.astype(np.float64)[:, np.newaxis]
    lengths = np.abs(f).max(axis=0) * np.linalg.norm(F, axis=0)
    _, sigma, turns = np.linalg.svd(F / np.linalg.norm(F, axis=0), full_matrices=False)
    B = turns.T / np.maximum(sigma, EPS * sigma[0]) / lengths[:, np.newaxis]
    G = root[:, np.newaxis] * products(f, B)
    Q = np.zeros_like(G)
    for j, column in enumerate(G.T):
        for _ in range(3):
            column = column - Q[:, :j] @ (Q[:, :j].T @ column)
            column = column / np.sqrt(np.sum(column**2))
        Q[:, j] = column
    return Span(Q, float(sigma[0] / max(sigma[-1], EPS * sigma[0])))


def angle(span: Span, V: Any, above: int, upto: int, k: int) -> float:
    """Return the largest angle, in radians, that must vanish for span F to match.

    F must contain the first `above` columns of V, and meet the first `upto` of them in k dimensions; at a clean cut both are k.
    """
    Q, V = span.Q, V[:, :upto]
    sines = [0.0]
    if above:
        sines.append(_sines(V[:, :above] - Q @ (Q.T @ V[:, :above]))[0])
    if above < k:
        sines.append(_sines(Q - V @ (V.T @ Q))[::-1][k - 1])
    return float(np.arcsin(min(1.0, max(sines))))


def _sines(left: Any) -> Any:
    return np.linalg.svd(left.astype(np.float64), compute_uv=False)
