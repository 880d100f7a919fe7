"""`Ridge`: the best f of a class of functions f = ΨW where the loss has the penalty λ||W||², and whether this f is it.

With Q the orthonormal basis of √w_x Ψ, √w_x ΨT = Q, F = QV has W = TV, and the loss with its penalty is
||QᵀĀQ - VVᵀ||² + λ tr VᵀTᵀTV less a constant, which is ||C - VVᵀ||² less another, C = QᵀĀQ - (λ/2) TᵀT. So the minimisers are
V = U diag(√θ) R of the leading eigenpairs of C with θ > 0: those of a table, with C in place of Ā.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from popgraph.basics.arrays import Floats
from popgraph.basics.subspace import tolerance
from popgraph.populations import FeatureClass
from popgraph.spectrum.solvers.symmetric import eigenpairs


@dataclass(frozen=True, eq=False)
class Ridge:
    """A table F of a class, beside the best of the class."""

    F: Floats  # (N, k) √w_x f
    features: FeatureClass
    gram: Any  # X -> ĀX
    weight_decay: float
    atol: float

    @cached_property
    def C(self) -> Floats:
        """QᵀĀQ - (λ/2) TᵀT, (d, d)."""
        Q, T = self.features.basis, self.features.T
        projected = Q.T @ np.asarray(self.gram(Q))
        return np.asarray((projected + projected.T) / 2 - self.weight_decay / 2 * (T.T @ T))

    @cached_property
    def _pairs(self) -> tuple[Floats, Floats]:
        """The k leading eigenvalues of C with what is not above 0 as 0, (k,), and their eigenvectors (d, k)."""
        ascending, U = eigenpairs(self.C)
        k = self.F.shape[1]
        theta = np.where(ascending > tolerance(len(U)) * max(1.0, float(np.abs(ascending).max())), ascending, 0.0)
        return theta[::-1][:k], U[:, ::-1][:, :k]

    @cached_property
    def _V(self) -> Floats:
        """V = QᵀF, (d, k)."""
        return np.asarray(self.features.basis.T @ self.F)

    @property
    def in_class(self) -> bool:
        """Whether F = QV, to atol times its size."""
        F = self.F / max(float(np.abs(self.F).max()), np.finfo(np.float64).tiny)  # so that no square overflows
        Q = self.features.basis
        return bool(np.linalg.norm(F - Q @ (Q.T @ F)) <= self.atol * np.linalg.norm(F))

    @property
    def on(self) -> int:
        """How many directions of the class decay leaves on, at most k."""
        return int(np.sum(self._pairs[0] > 0))

    @cached_property
    def optimal(self) -> bool:
        """Whether F minimises the loss with its penalty over the class: CV = V VᵀV, and VᵀV has the eigenvalues max(θ_i, 0)."""
        V, theta = self._V, self._pairs[0]
        if self.F.shape[1] > len(self.C) or not self.excess < np.inf or not self.in_class:
            return False
        VV = V.T @ V
        same = float(np.abs(np.linalg.eigvalsh(VV)[::-1] - theta).max())
        return bool(same <= self.atol and np.linalg.norm(self.C @ V - V @ VV) <= self.atol)

    @cached_property
    def excess(self) -> float:
        """The loss with its penalty, above its least value over the class; infinite where it overflows."""
        V, theta = self._V, self._pairs[0]
        with np.errstate(over="ignore", invalid="ignore"):
            VV = V.T @ V
            above = float(np.sum(VV**2) - 2.0 * np.sum(V * (self.C @ V)) + np.sum(theta**2))
        return max(0.0, above) if np.isfinite(above) else np.inf
