"""`ClassCoordinates`: Ā restricted to a class of functions f = Wᵀψ, in coordinates in which E ψψᵀ = 1."""

from dataclasses import dataclass

import numpy as np

from popgraph.basics.arrays import Floats


@dataclass(frozen=True, eq=False)
class ClassCoordinates:
    """Hold S = E ψ(x) ψ(x⁺)ᵀ (d, d) of functions with E ψψᵀ = 1, and T (m, d) with ψ = Tᵀ(the features as they were given).

    A function is a column of G (d, k); the spectral contrastive loss of it depends on S and G alone.
    """

    S: Floats
    T: Floats

    @property
    def N(self) -> int:
        """The dimension d of the class."""
        return len(self.S)

    @property
    def w_x(self) -> Floats:
        """Ones: these coordinates are orthonormal as they are."""
        return np.ones(self.N)

    @property
    def trace(self) -> float:
        """The trace of S."""
        return float(np.trace(self.S))

    def gram(self, X: Floats) -> Floats:
        """Return S X."""
        return np.asarray(self.S @ X)

    def weights(self, G: Floats) -> Floats:
        """Return W (m, k), with which f = Wᵀ(the features as they were given)."""
        return np.asarray(self.T @ G)
