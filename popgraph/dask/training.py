"""`train` on a graph in blocks: the whole population's gradient from the cluster, the descent here."""

from dataclasses import dataclass
from itertools import count
from typing import Any, cast

import numpy as np

from popgraph.basics.arguments import count as read_count
from popgraph.basics.arguments import generator, number, whole_number
from popgraph.basics.arguments.embeddings import check_scale, read_embedding
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arrays import Floats, cross, norm, times
from popgraph.basics.blas import one_thread
from popgraph.basics.progress import Progress, check_progress, track
from popgraph.dask.graph import BlockGraph
from popgraph.declare.distribution import Seed
from popgraph.errors import InvalidArgument, InvalidEmbedding, shorten
from popgraph.losses import SpectralLoss, spectral
from popgraph.losses.reading import read_loss
from popgraph.populations.graph import PopulationGraph
from popgraph.training.descent import Objective, minimise
from popgraph.training.learning import Training, finished, gaussian_start


@dataclass
class BlockObjective(Objective):
    """The spectral contrastive loss of F = √w_x f, (N, k), with ĀF from a cluster: one journey for value and gradient."""

    def __post_init__(self) -> None:
        self.root = np.sqrt(self.graph.w_x)[:, np.newaxis]
        self.exact, self.basis, self.height = True, None, self.graph.N
        self.at: Floats = np.zeros(0)
        self.products = cast(BlockGraph, self.graph).products

    def evaluate(self, z: Floats) -> tuple[float, Floats]:
        """Return L and its gradient -4 ĀF + 4 F FᵀF, flattened."""
        self.at, F = z, z.reshape(self.height, -1)
        image, FF = self.gram(F), cross(F, F)
        gradient = 4.0 * (times(F, FF) - image).ravel()
        self.last = (float(np.sum(FF**2) - 2.0 * np.sum(F * image)), norm(gradient))
        return self.last[0], gradient

    def curvature(self, z: Floats, direction: Floats) -> Floats:
        """Return the Hessian times a direction: -4 ĀE + 4 (E FᵀF + F EᵀF + F FᵀE)."""
        F, E = z.reshape(self.height, -1), direction.reshape(self.height, -1)
        FE = cross(F, E)
        return np.asarray(4.0 * (times(E, cross(F, F)) + times(F, FE + FE.T) - self.gram(E)).ravel())

    def gram(self, X: Any) -> Any:
        """Return ĀX."""
        return self.products.gram(X)

    @property
    def trace(self) -> float:
        """The trace of Ā."""
        return sum(block.square for block in self.products.blocks)


@checked_call(lr="L-BFGS has no learning rate; use steps=", optimizer="it is L-BFGS")
@one_thread()
def train(
    graph: BlockGraph,
    k: int,
    *,
    loss: Any = spectral,
    rng: Seed = None,
    steps: int = 20_000,
    tol: float = 1e-12,
    start: Any = None,
    progress: Progress = None,
) -> Training:
    """Minimise the spectral contrastive loss over one free vector in R^k for each view, by full-population gradients.

    The descent of `popgraph.train`: from the same start it takes the same steps, to rounding. Its history of ten steps, 20 arrays
    of N x k, is in this process's memory.

    Parameters
    ----------
    graph : BlockGraph
    k : int
        In 1..N.
    loss : losses.spectral, or "spectral"
        The only one: it needs one journey to the workers a step.
    rng, steps, tol, start, progress
        As of `popgraph.train`.

    Returns
    -------
    Training

    Raises
    ------
    InvalidArgument, InvalidEmbedding
        As of `popgraph.train`.

    Examples
    --------
    >>> import popgraph as pg
    >>> from distributed import Client
    >>> with Client(processes=False, n_workers=1, threads_per_worker=1, dashboard_address=":0") as client:
    ...     pg.dask.train(pg.dask.build([0, 1], pg.identity(), client=client), 1, rng=0).converged
    True
    """
    if not isinstance(graph, BlockGraph):
        raise InvalidArgument(f"popgraph.dask.train(graph, k) takes a BlockGraph first; got {shorten(graph)}")
    k = whole_number("k", k, graph.N)
    steps, tol = read_count("steps", steps), number("tol", tol)
    source = generator(rng)
    check_progress(progress)
    loss = read_loss(loss)
    if not isinstance(loss, SpectralLoss):
        raise InvalidArgument(f"loss is {loss.name}; on a graph in blocks only losses.spectral is minimised")
    objective = BlockObjective(cast(PopulationGraph, graph), spectral)
    if start is None:
        z = gaussian_start(objective, k, source)
    else:
        f = read_embedding(graph.views, start)
        if f.shape[1] != k:
            raise InvalidEmbedding(f"start has shape {f.shape}; k = {k} needs ({graph.N}, {k})")
        z = objective.unknowns(check_scale("start", f, 1e-50, 1e50))
    ticks = track(count(1), None, progress, "train")
    next(ticks)
    z, converged, stopped = minimise(objective, z, steps, tol, lambda: next(ticks))
    return finished(objective, z, converged, stopped, None)
