"""`train` on a product: a low-degree f by the spectral loss, through the moments of its features alone.

Nothing here knows an eigenvector: the judged never sees the judge's answer.
"""

from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.linalg import solve_triangular
from scipy.linalg.lapack import dpstrf

from popgraph.basics.arguments import count as read_count
from popgraph.basics.arguments import generator, number, whole_number
from popgraph.basics.arrays import Floats, Immutable, Ints, frozen
from popgraph.basics.progress import Progress, check_progress, track
from popgraph.basics.subspace import tolerance
from popgraph.declare.distribution import Seed
from popgraph.errors import InvalidArgument, shorten
from popgraph.losses import SpectralLoss, spectral
from popgraph.losses.reading import read_loss
from popgraph.populations.structure.factors import Factors
from popgraph.populations.structure.low_degree import LowDegree
from popgraph.training.descent import Objective, minimise


@dataclass(frozen=True, eq=False, repr=False)
class ProductTraining(Immutable):
    """Hold an embedding of a product, and how it was reached.

    Attributes
    ----------
    f : LowDegree
        The embedding f = Wᵀψ.
    weights : (m, k) array
        W.
    steps, loss, gradient_norm : (T,) arrays
        The iterations, the population's loss at them, and the gradient's norm in coordinates in which E ψψᵀ = 1.
    converged : bool
        Whether the gradient fell below `tol`, or as far as rounding lets it.
    stopped : str
        Why it stopped, in words.

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

    def __repr__(self) -> str:
        m, k = self.weights.shape
        return (
            f"ProductTraining(k={k}, linear in {m:,} functions of degree {self.f.degree} at most, spectral contrastive loss "
            f"{self.loss[-1]:.6g} after {self.steps[-1]:,} steps: {self.stopped})"
        )


@dataclass(frozen=True, eq=False)
class _Class:
    """Stand for the population as a class of m functions sees it: the M and w_x of coordinates in which E ψψᵀ = 1."""

    factor: Any
    w_x: Floats

    @property
    def N(self) -> int:
        """The dimension of the class."""
        return len(self.w_x)


def train(
    factors: Factors, k: Any, *, loss: Any, features: Any, rng: Seed, steps: int, tol: float, progress: Progress
) -> ProductTraining:
    """Minimise L(Wᵀψ) = -2 tr WᵀPW + ||WᵀGW||² over W, from a Gaussian start, by L-BFGS and Newton steps."""
    loss = read_loss(loss)
    if not isinstance(loss, SpectralLoss):
        raise InvalidArgument(f"loss is {shorten(loss)}; on a product, moments give the spectral contrastive loss only")
    if not isinstance(features, LowDegree) or not features.factors.same(factors):
        raise InvalidArgument(
            f"features is {shorten(features)}; a product has no table f, so give functions of it, such as "
            "features=product.features(degree=1)"
        )
    k = whole_number("k", k, features.k, "the number of features")
    steps = read_count("steps", steps)
    tol = number("tol", tol)
    check_progress(progress)
    source = generator(rng)
    G, P = features.inner(features)
    scale = np.sqrt(np.diagonal(G)).copy()
    scale[scale == 0] = 1.0
    R, order, rank = _pivoted(G / np.outer(scale, scale))
    if rank < features.k:
        raise InvalidArgument(
            f"features has {features.k} columns but rank {rank}: column {int(order[rank])} (from 0) can be written by the others; "
            "drop it"
        )
    to_unit = np.zeros_like(R)
    to_unit[order] = solve_triangular(R, np.eye(rank))
    to_unit /= scale[:, np.newaxis]
    whitened = to_unit.T @ P @ to_unit
    M, at, held = _pivoted((whitened + whitened.T) / 2)
    factor = np.zeros((max(held, 1), rank))
    factor[:held, at] = M[:held]
    objective = Objective(_Class(sp.csr_array(factor), np.ones(rank)), spectral)
    ticks = track(count(1), None, progress, "train")
    next(ticks)
    start = source.standard_normal(rank * k) / np.sqrt(k * rank)
    z, converged, stopped = minimise(objective, start, steps, tol, lambda: next(ticks))
    weights = to_unit @ z.reshape(rank, k)
    at_steps, losses, norms = zip(*objective.rows, strict=True)
    return ProductTraining(
        f=features @ weights,
        weights=frozen(weights),
        steps=frozen(np.array(at_steps, dtype=np.intp)),
        loss=frozen(np.array(losses)),
        gradient_norm=frozen(np.array(norms)),
        converged=converged,
        stopped=stopped,
    )


def _pivoted(matrix: Floats) -> tuple[Floats, Ints, int]:
    """Return an upper R, an order and the rank of a positive semidefinite matrix, with matrix[order][:, order] = RᵀR."""
    R, pivots, rank, _ = dpstrf(matrix, tol=tolerance(len(matrix)))
    return np.triu(R), np.asarray(pivots, dtype=np.intp) - 1, int(rank)
