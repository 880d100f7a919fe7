"""Two tables F and G stacked into one, on which the spectral loss of two encoders is one of a symmetric matrix, and its saddles.

L(F, G) = ||S - FGᵀ||² - ||S||² is the same for (FQ, GQ^-T), so that its minimisers may be of any scale. With a term that is 0 where
FᵀF = GᵀG it is, in Y = [F; G]/√2 and with B = [[0, S], [Sᵀ, 0]],

    L(F, G) + ¼ ||FᵀF - GᵀG||² = ||YᵀY||² - 2 tr YᵀBY,

the spectral loss of one encoder with B in the place of Ā. Nothing is lost: at a critical point with C = (FᵀF + GᵀG)/2, SG = FC and
SᵀF = GC give FᵀF C = FᵀSG = C GᵀG, hence (FᵀF)² = (GᵀG)², and FᵀF = GᵀG as both are positive semidefinite. So all critical points
are balanced and critical for L, and both losses have one minimum [Tu et al. 2016, 1507.03566; Ge, Jin and Zheng 2017, 1704.00708].
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, cast

import numpy as np
import scipy.sparse as sp

from popgraph.basics.arrays import Floats, cross
from popgraph.basics.products import Rows
from popgraph.basics.protocols import Coordinates
from popgraph.training.saddles import FLAT_CURVATURE, LEAST_RELATIVE_PART, Outside, extreme_eigenpair


@dataclass(frozen=True, eq=False)
class StackedPair:
    """Hold S (a, b), sparse or dense, and the views' probabilities, (a,) and (b,), or ones where S is that of classes of functions.

    Its coordinates are those of x, then those of z; `gram` multiplies by B.
    """

    S: Any
    laws: tuple[Floats, Floats]

    # Conjugate gradients need about √(largest/least curvature) products for a digit. Relative to σ_k, curvatures of the loss of one
    # encoder with Ā = SᵀS are 1 - γ/γ_k and lie between 2g and 1, at a relative gap of g; here they are 1 ± σ/σ_k, from g to 2.
    slowness: ClassVar[int] = 2

    @property
    def split(self) -> int:
        """The number of coordinates of x."""
        return int(self.S.shape[0])

    @property
    def N(self) -> int:
        """The number of coordinates of both kinds."""
        return int(sum(self.S.shape))

    @cached_property
    def w_x(self) -> Floats:
        """Half the law of x, then half that of z: with it, the stacked tables √w f are F and G divided by √2."""
        return np.concatenate(self.laws) / 2.0

    @property
    def trace(self) -> float:
        """The trace of B."""
        return 0.0

    @cached_property
    def _products(self) -> tuple[Any, Any]:
        """Multiply by S, and by Sᵀ."""
        if sp.issparse(self.S):
            return Rows(self.S.tocsr()), Rows(self.S.T.tocsr())
        return (lambda X: self.S @ X), (lambda X: self.S.T @ X)

    def forward(self, V: Floats) -> Floats:
        """Return S V."""
        return np.asarray(self._products[0](V))

    def back(self, U: Floats) -> Floats:
        """Return Sᵀ U."""
        return np.asarray(self._products[1](U))

    def gram(self, X: Floats) -> Floats:
        """Return B X, of a vector or of columns."""
        image = np.empty(X.shape)
        image[: self.split] = self.forward(X[self.split :])
        image[self.split :] = self.back(X[: self.split])
        return image

    def imbalance(self, Y: Floats) -> float:
        """Return ¼ ||FᵀF - GᵀG||², by which the loss that is descended on exceeds L."""
        F, G = Y[: self.split], Y[self.split :]
        return float(np.sum((F.T @ F - G.T @ G) ** 2))

    def step_off_saddle(self, Y: Floats, gradient_norm: float, directions: np.random.Generator) -> Floats | None:
        """Return a step that lowers the spectral loss from a critical point Y, or None at a minimum."""
        # As for one encoder: let u and v be unit vectors outside of span F and span G with uᵀSv = s the largest, and c the
        # eigenvector of YᵀY with the least eigenvalue σ. Along (u, v)/√2 times t cᵀ the loss changes by -2 t² (s - σ) + t⁴. s² is
        # the largest eigenvalue of (1 - Q)Sᵀ(1 - P)S(1 - Q), with P and Q the projectors on the two spans: positive semidefinite,
        # as the search for it needs.
        sizes, C = np.linalg.eigh(cross(Y, Y))
        filled = sizes > FLAT_CURVATURE
        rank = int(np.count_nonzero(filled))
        if rank >= min(self.S.shape):
            return None
        spans = [np.linalg.qr(part @ C[:, filled])[0] for part in (Y[: self.split], Y[self.split :])]
        bound = max(float(sizes[0]), 0.0) + FLAT_CURVATURE + gradient_norm
        outside = Outside(cast(Coordinates, _Squared(self, spans[0])), spans[1], np.eye(rank))
        if outside.is_at_most(bound**2, directions):
            return None
        pair = extreme_eigenpair(outside.gram, len(spans[1]), "LA", 1e-4, directions)
        if pair is None or pair[0] <= bound**2:
            return None
        empty = max(1, int(np.count_nonzero(~filled)))
        drawn = directions.standard_normal((empty - 1, len(spans[1])))
        V, R = np.linalg.qr(np.column_stack([pair[1], *(outside.gram(x) for x in drawn)]))
        sizes_drawn = np.abs(np.diag(R))
        V = V[:, sizes_drawn > LEAST_RELATIVE_PART * sizes_drawn.max()]
        U, R = np.linalg.qr(_without(spans[0], self.forward(np.ascontiguousarray(V))))
        U *= np.where(np.diag(R) < 0, -1.0, 1.0)
        rises = np.abs(np.diag(R)) - (max(float(sizes[0]), 0.0) if filled.all() else 0.0)
        turned = np.sqrt(np.maximum(rises, 0.0) / 2.0) * C[:, : len(rises)]
        return np.asarray(np.vstack([U, V]) @ turned.T)


def _without(span: Floats, X: Floats) -> Floats:
    """Return what is left of vectors outside of a span."""
    return np.asarray(X - span @ (span.T @ X))


@dataclass(frozen=True, eq=False)
class _Squared:
    """v -> Sᵀ(1 - P) S v, with P the projector on a span of x."""

    pair: StackedPair
    span: Floats

    def gram(self, v: Floats) -> Floats:
        """Return the product of a vector."""
        return self.pair.back(_without(self.span, self.pair.forward(v)))


def balanced(F: Floats, G: Floats) -> tuple[Floats, Floats]:
    """Return F' and G' with F'G'ᵀ = FGᵀ and F'ᵀF' = G'ᵀG'."""
    # With F = Q R and G = Q' R', and R R'ᵀ = X diag(s) Yᵀ, these are Q X diag(√s) and Q' Y diag(√s), with k columns.
    (Q, R), (Q_g, R_g) = np.linalg.qr(F), np.linalg.qr(G)
    X, s, Yt = np.linalg.svd(R @ R_g.T)
    common = len(s)
    left, right = np.zeros_like(F), np.zeros_like(G)
    left[:, :common] = (Q @ X[:, :common]) * np.sqrt(s)
    right[:, :common] = (Q_g @ Yt.T[:, :common]) * np.sqrt(s)
    return left, right
