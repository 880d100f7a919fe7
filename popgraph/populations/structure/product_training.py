"""`ProductTraining`: an embedding of a product of populations, as `train` returns it, with the history of the training."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from popgraph.basics.arrays import Floats, Immutable, Ints
from popgraph.populations.structure.low_degree import LowDegree


@dataclass(frozen=True, eq=False, repr=False)
class ProductTraining(Immutable):
    """Hold a trained embedding of a product, and the history of its training. Made by `popgraph.train`.

    Attributes
    ----------
    f : LowDegree
        The embedding f = Wᵀψ.
    weights : (m, k) array
        W.
    steps, loss, gradient_norm : (T,) arrays
        Numbers of iterations, the population's loss after each, and the gradient's norm in coordinates in which E ψψᵀ is the
        identity.
    converged : bool
        Whether the gradient fell below ``tol``, or as low as rounding errors allow.
    stopped : str
        Why it stopped, in words.

    See Also
    --------
    popgraph.train : Make one.
    popgraph.Training : That of a listed graph.

    Examples
    --------
    >>> import popgraph as pg
    >>> cube = pg.product([pg.zoo.hypercube(1)] * 50)
    >>> training = pg.train(cube, k=1, features=cube.features(1), rng=0)
    >>> training.converged, float(training.loss[-1])
    (True, -1.0)
    """

    f: LowDegree
    weights: Floats
    steps: Ints
    loss: Floats
    gradient_norm: Floats
    converged: bool
    stopped: str

    def __low_degree__(self) -> LowDegree:
        return self.f

    def __evaluate__(self, views: Sequence[Hashable], name: str) -> Floats:
        return self.f.__evaluate__(views, name)

    def __repr__(self) -> str:
        m, k = self.weights.shape
        return (
            f"ProductTraining(k={k}, linear in {m:,} functions of degree {self.f.degree} at most, spectral contrastive loss "
            f"{self.loss[-1]:.6g} after {self.steps[-1]:,} steps: {self.stopped})"
        )
