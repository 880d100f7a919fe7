"""What a training is penalised and restricted by: a weight decay, a linear head, f >= 0. Ā less a decay, as the descent sees it.

No eigenvector of Ā is computed here: what `verify` judges must not have seen its answer.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from popgraph.basics.arguments import flag
from popgraph.basics.arguments.penalties import read_head, read_weight_decay
from popgraph.basics.arrays import Floats
from popgraph.basics.protocols import Coordinates
from popgraph.basics.words import shorten
from popgraph.errors import InvalidArgument
from popgraph.losses import SpectralLoss, is_ready_made


@dataclass(frozen=True)
class Penalties:
    """Hold λ, the width of the layer below a linear head (None for no head), and whether f >= 0 is asked for."""

    weight_decay: float = 0.0
    width: int | None = None
    nonnegative: bool = False


@dataclass(frozen=True)
class GivenPenalties:
    """Hold the three arguments as `train` was given them."""

    weight_decay: Any
    head: Any
    nonnegative: Any

    def refused_by(self, where: str, instead: str) -> None:
        """Raise InvalidArgument if any was given: they do not apply `where`."""
        decay, nonnegative = read_weight_decay(self.weight_decay), flag("nonnegative", self.nonnegative)
        given = [("weight_decay", decay or None), ("head", self.head), ("nonnegative", nonnegative or None)]
        if asked := [(name, value) for name, value in given if value is not None]:
            name, value = asked[0]
            raise InvalidArgument(f"{name} is {shorten(value)}, which does not apply {where}; {instead}")

    def read(self, k: int, loss: Any, features: Any, batch_size: Any) -> Penalties:
        """Return the penalties of one encoder on a listed population, and refuse what none is known to combine with."""
        if batch_size is not None:
            self.refused_by(
                "to sampled batches", "leave batch_size= out, as the whole population's loss is descended on"
            )
        if not is_ready_made(loss, SpectralLoss):
            self.refused_by(f"to the loss {loss.name}", "leave loss= out, as the exact optimum is the spectral loss's")
        width = read_head(self.head, k)
        if features is not None:
            unpenalised = GivenPenalties(0.0, self.head, self.nonnegative)
            unpenalised.refused_by("to f = ΨW of given features", "leave it out, or features=")
        nonnegative = flag("nonnegative", self.nonnegative)
        if nonnegative and width is not None:
            raise InvalidArgument(
                "nonnegative is True with a head, above which no sign of f is kept; leave one of them out"
            )
        return Penalties(read_weight_decay(self.weight_decay), width, nonnegative)


@dataclass(frozen=True, eq=False)
class Decayed:
    """Ā - (λ/2) R in orthonormal coordinates: its spectral loss is that of Ā plus λ tr FᵀRF.

    R is 1 for a table. For f = ΨW with F = QG and W = TG it is TᵀT, so that tr GᵀRG = ||W||².
    """

    population: Coordinates
    weight_decay: float
    R: Floats | None = None

    @property
    def N(self) -> int:
        """The number of coordinates."""
        return self.population.N

    @property
    def w_x(self) -> Floats:
        """The squared lengths that coordinates are scaled by, (N,)."""
        return self.population.w_x

    @property
    def trace(self) -> float:
        """The trace of Ā - (λ/2) R."""
        return self.population.trace - 0.5 * self.weight_decay * (self.N if self.R is None else float(np.trace(self.R)))

    @property
    def below_zero(self) -> float:
        """How far below the eigenvalues of Ā the eigenvalues can be."""
        return 0.5 * self.weight_decay * (1.0 if self.R is None else float(np.linalg.norm(self.R, 2)))

    @property
    def slowness(self) -> int:
        """How much longer than usual the descent has to be patient."""
        return int(getattr(self.population, "slowness", 1))

    def gram(self, X: Floats) -> Floats:
        """Return (Ā - (λ/2) R) X."""
        penalised = X if self.R is None else self.R @ X
        return np.asarray(self.population.gram(X) - 0.5 * self.weight_decay * penalised)
