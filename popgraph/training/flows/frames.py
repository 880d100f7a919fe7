"""The closed form of the spectral flow, as orthonormal frames that neither overflow nor lose a slow mode beside a fast one.

THEORY 13.1 in modes, where Φ is the start (m, k) and h_i = (e^{8tγ_i} - 1)/γ_i, 8t at γ_i = 0: X = E S^-1 Eᵀ with E = e^{4tΓ}Φ and
S = I + ΦᵀHΦ = BᵀB for B = [I; H^1/2 Φ]. Of any orthonormal basis Q = [Q_1; Q_2] of the span of B, X = d Q_2 Q_2ᵀ d where
d_i² = e^{8tγ_i}/h_i = γ_i/(1 - e^{-8tγ_i}), as B = QT makes E = d Q_2 T and S = TᵀT. So F = d Q_2 up to a rotation, and only the
span of B is needed, whose rows may differ by e^{10^6}: they are eliminated with pivots chosen by the logarithms of their scales,
and each row is kept in its own scale. Nothing here depends on the sign of γ.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from popgraph.basics.arrays import Floats
from popgraph.training.flows.modes import ROUNDED_PART

FRAMES_AT_ONCE = 2**20  # numbers of a stack of frames, so that it stays near the caches


@dataclass(frozen=True)
class Frames:
    """The start Φ (m, k) and the rates μ (m,) of its rows: eigenvalues, less half the weight decay."""

    mu: Floats
    start: Floats

    def scales(self, times: Floats) -> Floats:
        """Return d, (T, m), the length that a row of Q_2 is multiplied by; infinite at t = 0, where Q_2 is 0."""
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            square = self.mu / -np.expm1(-8.0 * times[:, None] * self.mu)
            kernel = 1.0 / (8.0 * times[:, None])
        return np.asarray(np.sqrt(np.where(self.mu == 0, kernel, square)))

    def _log_root_h(self, times: Floats) -> Floats:
        """Return log √h_i(t), (T, m); -∞ at t = 0."""
        with np.errstate(divide="ignore", invalid="ignore"):
            x = 8.0 * times[:, None] * self.mu
            grown = np.maximum(x, 0.0) + np.log(-np.expm1(-np.abs(x))) - np.log(np.abs(self.mu))
            log_h = np.where(self.mu == 0, np.log(8.0 * times[:, None]), grown)
        return np.asarray(np.where(times[:, None] == 0, -np.inf, log_h) / 2)

    @cached_property
    def _rows(self) -> tuple[Floats, Floats]:
        """The rows [I; Φ], each in its own scale, and how large the numbers are that they were made of."""
        k = self.start.shape[1]
        rows = np.concatenate([np.eye(k), self.start])
        made_of = np.concatenate([np.eye(k), np.maximum(np.abs(self.start), np.linalg.norm(self.start, axis=0))])
        return rows, made_of

    def at(self, times: Floats) -> Floats:
        """Return orthonormal bases of the span of B at each time, (T, k + m, k)."""
        rows, _ = self._rows
        chunk = max(1, FRAMES_AT_ONCE // rows.size)
        if len(times) <= chunk:
            return self._at(times)
        return np.concatenate([self._at(times[i : i + chunk]) for i in range(0, len(times), chunk)])

    def _at(self, times: Floats) -> Floats:
        """Eliminate B = LU with complete pivoting, and return an orthonormal basis of the span of L, whose entries are <= 1."""
        rows, made_of = self._rows
        (height, k), T = rows.shape, len(times)
        R, size = np.broadcast_to(rows, (T, height, k)).copy(), np.broadcast_to(made_of, (T, height, k)).copy()
        log_scale = np.concatenate([np.zeros((T, k)), self._log_root_h(times)], axis=1)
        L, every = np.empty((T, height, k)), np.arange(T)
        with np.errstate(divide="ignore"):
            for step in range(k):
                score = log_scale[:, :, None] + np.log(np.abs(R))
                row, column = np.divmod(score.reshape(T, -1).argmax(axis=1), k)
                pivot_row = R[every, row].copy()
                ratio = R[every, :, column] / pivot_row[every, column][:, None]
                power = log_scale - log_scale[every, row][:, None] + np.log(np.abs(ratio))
                L[:, :, step] = np.where(ratio == 0, 0.0, np.sign(ratio) * np.exp(np.minimum(power, 0.0)))
                change = ratio[:, :, None] * pivot_row[:, None, :]
                np.maximum(size, np.abs(change), out=size)
                R -= change
                # What cancels to rounding is 0: else it would grow into a mode that a start of lower rank does not hold.
                R[np.abs(R) <= ROUNDED_PART * size] = 0.0
                R[every, row] = 0.0
                R[every, :, column] = 0.0
        # By the triangular factor, and not by its Q: a row of L may be tiny, and keeps its relative accuracy so
        triangle = np.linalg.qr(L, mode="r")
        return np.asarray(np.swapaxes(np.linalg.solve(np.swapaxes(triangle, 1, 2), np.swapaxes(L, 1, 2)), 1, 2))

    def amounts(self, times: Floats) -> Floats:
        """Return v_iᵀ X(t) v_i of every mode, (T, m)."""
        k = self.start.shape[1]
        chunk = max(1, FRAMES_AT_ONCE // self._rows[0].size)
        x = np.empty((len(times), len(self.mu)))
        for i in range(0, len(times), chunk):
            part = times[i : i + chunk]
            late = np.where(part > 0, part, 1.0)  # at 0 the scales are infinite, and the start is known
            x[i : i + chunk] = np.square(self.scales(late)[:, :, None] * self._at(late)[:, k:]).sum(axis=2)
        x[times == 0] = np.square(self.start).sum(axis=1)
        return x
