"""`train` of two encoders: from random tables f and g to a pair that minimises a contrastive loss of f(x)ᵀg(z).

No singular vector of S is computed here: what `verify` judges must not have seen its answer.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from popgraph.basics.arguments import generator, whole_number
from popgraph.basics.arguments.embeddings import check_scale
from popgraph.basics.arguments.two_embeddings import read_embeddings, read_sides
from popgraph.basics.arrays import Floats, Immutable, Ints, frozen
from popgraph.basics.memory import reserve
from popgraph.basics.progress import Progress, track
from popgraph.basics.protocols import PairedPopulation
from popgraph.declare import Seed
from popgraph.errors import InvalidArgument, InvalidEmbedding
from popgraph.losses import read_pair_loss, spectral
from popgraph.populations import check_dimension, read_features
from popgraph.training.batches import Batches, descend_on_batches
from popgraph.training.descent import minimise
from popgraph.training.objective import Limits
from popgraph.training.options import read_batch_size, ticks
from popgraph.training.pair_objective import Classes, PairObjective, PairsAsOnePopulation, stacked_class
from popgraph.training.steps import Callback, read_callback

# Copies of both tables together at the peak: of the spectral loss as of one encoder, with the balanced start; else scipy's L-BFGS
COPIES_OF_A_PAIR = 7
COPIES_OF_A_PAIR_IN_L_BFGS = 44


@dataclass(frozen=True, eq=False, repr=False)
class PairTraining(Immutable):
    """Hold two embeddings, f of the views x and g of the views z, and how they were reached.

    Attributes
    ----------
    f, g : (N_x, k), (N_z, k) arrays
        The embeddings, in the order of ``graph.views_x`` and ``graph.views_z``. The spectral loss depends on f(x)ᵀg(z) alone; of
        its minimisers these have FᵀF = GᵀG. Of a loss of cosines their rows have length 1.
    steps : (T,) array of int
        The recorded iterations; the first is 0, the start.
    loss : (T,) array
        The population's loss at these iterations.
    gradient_norm : (T,) array
        The norm of the loss's gradient in F = D_1^½ f and G = D_2^½ g, both divided by √2; on the way, of the spectral loss with
        the term that keeps FᵀF near GᵀG.
    converged : bool
        Whether the gradient fell below ``tol``, or as far as rounding lets it.
    stopped : str
        Why it stopped, in words.
    loss_name : str
        Which loss.
    features : pair of (N_x, d) array or None and (N_z, d') array or None
        Ψ_x and Ψ_z, where f = Ψ_x W_x or g = Ψ_z W_z was trained.
    weights : pair of (d, k) array or None and (d', k) array or None
        W_x and W_z.

    See Also
    --------
    train : Make one.
    verify : Check both embeddings.
    plot.training : Draw its history.

    Examples
    --------
    >>> import popgraph as pg
    >>> training = pg.train(pg.from_bipartite([[0.4, 0.1], [0.1, 0.4]]), k=2, rng=0)
    >>> training.f.shape, training.g.shape, round(float(training.loss[-1]), 9)  # the least there is, -1 - 0.36
    ((2, 2), (2, 2), -1.36)
    """

    f: Floats
    g: Floats
    steps: Ints
    loss: Floats
    gradient_norm: Floats
    converged: bool
    stopped: str
    loss_name: str = spectral.name
    features: tuple[Floats | None, Floats | None] = (None, None)
    weights: tuple[Floats | None, Floats | None] = (None, None)

    def __embeddings__(self) -> tuple[Floats, Floats]:
        return self.f, self.g

    def __repr__(self) -> str:
        (N_x, k), N_z = self.f.shape, len(self.g)
        dimensions = [
            f"{side} linear in {len(W)} features" for side, W in zip("fg", self.weights, strict=True) if W is not None
        ]
        linear = "".join(f", {each}" for each in dimensions)
        return (
            f"PairTraining({N_x:,} views x, {N_z:,} views z, k={k}{linear}, {self.loss_name} loss {self.loss[-1]:.6g} after "
            f"{self.steps[-1]:,} steps: {self.stopped})"
        )


@dataclass(frozen=True)
class PairOptions:
    """Hold what `train` was asked for, of two encoders."""

    loss: Any
    features: Any
    rng: Seed
    batch_size: int | None
    steps: int
    tol: float
    learning_rate: float
    start: Any
    keep_path: bool
    progress: Progress
    callback: Callback | None


def train_pair(graph: PairedPopulation, k: int, options: PairOptions) -> PairTraining:
    """Minimise a loss of two encoders, over tables or over f = Ψ_x W_x and g = Ψ_z W_z."""
    if options.keep_path:
        raise InvalidArgument(
            "keep_path= keeps one table; of two encoders, callback= sees both at each step, as step.f"
        )
    N_x, N_z = len(graph.views_x), len(graph.views_z)
    k = whole_number("k", k, min(N_x, N_z), "the number of views of the side with fewer")
    loss = read_pair_loss(options.loss, graph, options.batch_size is not None)
    batch_size = read_batch_size(options.batch_size, loss)
    classes = _read_classes(graph, options.features, k)
    copies = COPIES_OF_A_PAIR if batch_size or loss is spectral else COPIES_OF_A_PAIR_IN_L_BFGS
    reserve(
        f"training f and g over {N_x:,} + {N_z:,} views with k = {k:,}",
        8.0 * copies * k * (N_x + N_z),
        "use a smaller k",
    )
    source, shown = generator(options.rng), None if batch_size is None else stacked_class(classes, (N_x, N_z))
    objective = PairObjective(
        PairsAsOnePopulation(graph),
        loss,
        features=shown,
        callback=read_callback(options.callback),
        classes=classes,
    )
    objective.embed = lambda z: tuple(map(frozen, objective.embeddings(z)))
    z = (
        _gaussian_start(objective, k, source)
        if options.start is None
        else _read_start(graph, objective, options.start, k)
    )
    if batch_size is None:
        return _trained(objective, *minimise(objective, z, Limits(options.steps, options.tol, ticks(options.progress))))
    bar = track(range(options.steps + 1), options.steps + 1, options.progress, "train")
    batches = Batches(options.steps, batch_size, options.learning_rate, source)
    z, stopped = descend_on_batches(objective, z, batches, bar)
    return _trained(objective, z, False, stopped)


def _read_classes(graph: PairedPopulation, features: Any, k: int) -> Classes:
    """Return the classes of f and of g, None for a table."""
    if features is None:
        return None, None
    sides = ((graph.views_x, graph.w_x), (graph.views_z, graph.w_z))
    x, z = (
        None if each is None else read_features(*side, each)
        for side, each in zip(sides, read_sides(features), strict=True)
    )
    for each in (x, z):
        if each is not None:
            check_dimension(k, each)
    return x, z


def _gaussian_start(objective: PairObjective, k: int, source: np.random.Generator) -> Floats:
    """Return Gaussian unknowns: of tables f and g with entries of variance 1/k, of classes with rows alike."""
    parts = []
    for size, basis, root in zip(objective.sizes, objective.bases, objective.root_laws, strict=True):
        table = source.standard_normal((size, k)) / np.sqrt(k)
        parts.append(table * root if basis is None else table / np.sqrt(size))
    return np.asarray(np.vstack(parts).ravel() / np.sqrt(2.0))


def _read_start(graph: PairedPopulation, objective: PairObjective, start: Any, k: int) -> Floats:
    """Return the unknowns of a start (f, g)."""
    f, g = read_embeddings(graph.views_x, graph.views_z, start, ("start of f", "start of g"))
    if f.shape[1] != k:
        raise InvalidEmbedding(f"start has {f.shape[1]} columns; k = {k} needs ({len(f)}, {k}) and ({len(g)}, {k})")
    for name, table in (("start of f", f), ("start of g", g)):
        check_scale(name, table, 1e-50, 1e50)
    return objective.start(f, g)


def _trained(objective: PairObjective, z: Floats, converged: bool, stopped: str) -> PairTraining:
    """Make the value that `train` returns."""
    f, g = objective.embeddings(z)
    if getattr(objective.loss, "cosine", False):  # which does not depend on the lengths of rows, as the span of f does
        f, g = (table / np.linalg.norm(table, axis=1, keepdims=True) for table in (f, g))
    parts = np.split(np.sqrt(2.0) * objective.table(z), objective.sizes[:1])
    x, z_class = objective.classes
    steps, loss, gradient_norm = objective.history()
    return PairTraining(
        f=frozen(f),
        g=frozen(g),
        steps=steps,
        loss=loss,
        gradient_norm=gradient_norm,
        converged=converged,
        stopped=stopped,
        loss_name=objective.loss.name,
        features=(None if x is None else x.features, None if z_class is None else z_class.features),
        weights=(
            None if x is None else frozen(x.T @ parts[0]),
            None if z_class is None else frozen(z_class.T @ parts[1]),
        ),
    )
