"""`train`: from a random start to an embedding f that minimises a contrastive loss.

Nothing here knows an eigenvector: the judged never sees the judge's answer.
"""

import itertools
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

import numpy as np

from popgraph.basics.arguments import count, flag, generator, number, whole_number
from popgraph.basics.arguments.embeddings import check_scale, read_embedding
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arrays import Floats, Immutable, Ints, frozen
from popgraph.basics.blas import one_thread
from popgraph.basics.memory import in_words, reserve
from popgraph.basics.progress import Progress, check_progress, track
from popgraph.basics.protocols import Population, ViewedPopulation, read_population, satisfies
from popgraph.declare.distribution import Seed
from popgraph.errors import InvalidArgument, InvalidEmbedding, shorten
from popgraph.losses import Loss, SpectralLoss, spectral
from popgraph.losses.reading import read_loss
from popgraph.losses.scaled import is_ready_made
from popgraph.populations.features import FeatureClass, check_dimension, read_features
from popgraph.populations.structure import ProductTraining
from popgraph.training.batches import descend_on_batches
from popgraph.training.descent import Objective, minimise

COPIES_IN_L_BFGS = (
    44  # of the unknowns at its peak: scipy's work array holds 25, the loss and the line search the others
)
MAX_PAIRS_A_BATCH = 2**31


@dataclass(frozen=True, eq=False, repr=False)
class Training(Immutable):
    """Hold an embedding, and how it was reached.

    Attributes
    ----------
    f : (N, k) array
        The embedding of each view, in the order of `graph.views`; of a loss of cosines, which sees no lengths, scaled to length 1.
    steps : (T,) array of int
        The iterations at which the history was written; the first is 0, the random start.
    loss : (T,) array
        The population's loss at these iterations.
    gradient_norm : (T,) array
        ||dL/dF||_F at these iterations, for F = √w_x f; of a class of functions, of its projection on the class.
    converged : bool
        Whether the gradient fell below `tol`, or as far as rounding lets it.
    stopped : str
        Why it stopped, in words.
    loss_name : str
        Which loss.
    features : (N, d) array or None
        Ψ, where f = ΨW was trained.
    weights : (d, k) array or None
        W.
    path : (T, N, k) array or None
        The embedding at each of `steps`, where it was kept.

    Examples
    --------
    >>> import popgraph as pg
    >>> training = pg.train(pg.zoo.hypercube(2), k=1, rng=0)
    >>> training.converged, training.f.shape
    (True, (4, 1))
    """

    f: Floats
    steps: Ints
    loss: Floats
    gradient_norm: Floats
    converged: bool
    stopped: str
    loss_name: str = spectral.name
    features: Floats | None = None
    weights: Floats | None = None
    path: Floats | None = None

    def __embedding__(self) -> Floats:
        return self.f

    def __repr__(self) -> str:
        views, k = self.f.shape
        linear = "" if self.weights is None else f", linear in {len(self.weights)} features"
        return (
            f"Training({views:,} views, k={k}{linear}, {self.loss_name} loss {self.loss[-1]:.6g} after {self.steps[-1]:,} steps: "
            f"{self.stopped})"
        )


@checked_call(
    lr="full-batch L-BFGS has no learning rate; with batch_size=, learning_rate= is the first of Adam's",
    optimizer="it is L-BFGS on the whole population, and Adam with batch_size=",
)
@in_words("training", "use a smaller k, or batch_size=")
@one_thread()
def train(
    graph: Population,
    k: int,
    *,
    loss: Loss | str = spectral,
    features: Any = None,
    rng: Seed = None,
    batch_size: int | None = None,
    steps: int | None = None,
    tol: float = 1e-12,
    learning_rate: float = 0.05,
    start: Any = None,
    keep_path: bool = False,
    progress: Progress = None,
) -> Training:
    """Minimise a contrastive loss over tables f, one free vector in R^k for each view, or over f = Wᵀψ of given features.

    Without `batch_size`, by scipy's L-BFGS on the whole population's loss, and at the end by Newton steps (scipy's MINRES),
    because below 1e-8 or so the loss itself no longer tells better from worse; saddles are left. With it, by stochastic
    gradients (Adam, with a step size that falls to 0) on the loss of `batch_size` sampled positive pairs.

    Parameters
    ----------
    graph : PopulationGraph or ProductGraph
        N views. A product is trained over f = Wᵀψ, by the exact moments of `features`, a LowDegree; the answer is a
        `ProductTraining`.
    k : int
        The dimension of f, in 1..N, and at most d for features.
    loss : a loss of `popgraph.losses`, or its name, such as "vicreg"
        The spectral contrastive loss by default.
    features : (N, d) array, mapping view -> vector, callable view -> vector or DataFrame, optional
        Ψ, with independent columns: f = ΨW.
    rng : None, int or numpy.random.Generator
        Draws the start and the batches; the same seed gives the same bits.
    batch_size : int, optional
        Positive pairs a step, at least 2.
    steps : int, optional
        At most this many iterations; by default 20,000, or 5,000 with batches.
    tol : float
        Stop when ||dL/dF||_F is below this (whole population only).
    learning_rate : float
        Adam's first step size, relative to a typical entry of f (batches only).
    start : (N, k) array, optional
        The first f; by default Gaussian. With features, what they hold of it.
    keep_path : bool
        Whether the embeddings on the way are kept, for `plot.animation`: 8 N k bytes for each step written down.
    progress : bool, callable or None
        A bar; None shows one where somebody is looking.

    Returns
    -------
    Training
        f, the history of loss and gradient norm, and why it stopped: a loss without a minimum, or one that becomes NaN, is
        said there, with the step, and f is the last good one.

    Raises
    ------
    InvalidArgument
        If k, the batch size, the number of steps, tol or the learning rate is out of range, k is above the class's dimension,
        or the features are linearly dependent.
    InvalidEmbedding
        If the start is not a finite (N, k) array, or the features not a finite (N, d) one.
    TooLarge
        If the loss is one of pairs of views, and there are too many views; or if there is not the memory for f.

    References
    ----------
    [H21] section 3.2; the batch loss is THEORY 3.6.

    Examples
    --------
    >>> import popgraph as pg
    >>> training = pg.train(pg.zoo.lightning_cloud(), k=2, rng=0)
    >>> float(training.loss[-1])
    -2.0
    >>> cube = pg.zoo.hypercube(3)
    >>> linear = pg.train(cube, k=3, features=lambda bits: [1 - 2 * bit for bit in bits], rng=0)  # no constant function
    >>> float(linear.loss[-1])  # -Σθ² of the three Ritz values 1/4
    -0.1875
    """
    chosen: Loss = read_loss(loss)
    steps = count("steps", (20_000 if batch_size is None else 5_000) if steps is None else steps)
    tol, learning_rate = number("tol", tol), number("learning_rate", learning_rate)
    flag("keep_path", keep_path)
    if satisfies(graph, Population) and hasattr(graph, "restricted_to"):
        given = {"batch_size": batch_size, "start": start, "keep_path": keep_path or None}
        if unused := [name for name, value in given.items() if value is not None]:
            raise InvalidArgument(
                f"{unused[0]}= does not apply to a product, which is trained by exact moments; leave it out, or "
                "list the views by its .expand()"
            )
        descent = Descent(steps, tol, generator(rng), progress)
        return cast(Training, _train_on_functions(graph, k, chosen, features, descent))
    population: ViewedPopulation = read_population("train(graph, k)", graph, ViewedPopulation)
    k = whole_number("k", k, population.N)
    if batch_size is not None and not hasattr(chosen, "batch_value_and_gradient"):
        raise InvalidArgument(f"loss {chosen.name} has no batch_value_and_gradient, so it cannot be trained on batches")
    least = getattr(chosen, "least_batch", 2)
    if batch_size is not None:
        why = f"the batch loss {chosen.name} needs a whole number"
        batch_size = count("batch_size", batch_size, least, MAX_PAIRS_A_BATCH, why)
    feature_class = None if features is None else read_features(population.views, population.w_x, features)
    if feature_class is not None:
        check_dimension(k, feature_class)
    _reserve(population.N, k, batch_size, steps if keep_path else 0, feature_class)
    descent = Descent(steps, tol, generator(rng), progress)
    objective = Objective(population, chosen, feature_class, path=[] if keep_path else None)
    f = None if start is None else _read_start(population, start, k)
    z = _gaussian_start(objective, k, descent.generator) if f is None else objective.unknowns(f)
    if batch_size is None:
        return _trained(objective, *descent.minimise(objective, z))
    bar = track(range(steps + 1), steps + 1, progress, "train")
    z, stopped = descend_on_batches(objective, z, batch_size, steps, learning_rate, descent.generator, bar)
    return _trained(objective, z, False, stopped)


class Descent(NamedTuple):
    """How far a descent goes, and what it draws from."""

    steps: int
    tol: float
    generator: np.random.Generator
    progress: Progress

    def minimise(self, objective: Objective, z: Floats) -> tuple[Floats, bool, str]:
        """Return a minimiser, whether it is one, and why the search stopped; a bar counts the steps."""
        ticks = track(itertools.count(1), None, self.progress, "train")
        next(ticks)
        return minimise(objective, z, self.steps, self.tol, lambda: next(ticks))


def _train_on_functions(population: Any, k: Any, loss: Loss, features: Any, descent: Descent) -> ProductTraining:
    """Minimise the spectral loss over the span of functions of a population whose views are not listed."""
    if not is_ready_made(loss, SpectralLoss):
        raise InvalidArgument(
            f"loss is {shorten(loss)}; on a product, moments give the spectral contrastive loss only: use it, or list the views by "
            "its .expand()"
        )
    coordinates = population.restricted_to(features)
    d = coordinates.N
    k = whole_number("k", k, d, "the number of features")
    check_progress(descent.progress)
    objective = Objective(coordinates, loss)
    start = descent.generator.standard_normal(d * k) / np.sqrt(k * d)
    z, converged, stopped = descent.minimise(objective, start)
    weights = coordinates.weights(z.reshape(d, k))
    steps, losses, norms = objective.history()
    return ProductTraining(features @ weights, frozen(weights), steps, losses, norms, converged, stopped)


def _reserve(N: int, k: int, batch_size: int | None, kept: int, features: FeatureClass | None) -> None:
    """Refuse a training whose arrays do not fit, before the first of them is made."""
    height = N if features is None else features.d
    tables = COPIES_IN_L_BFGS * height if batch_size is None else 8 * height + 12 * batch_size
    path = N * min(kept, 101 if batch_size else kept)
    instead = "use a smaller k" + ", or batch_size=" * (batch_size is None) + ", or keep_path=False" * bool(kept)
    reserve(f"training f over {N:,} views with k = {k:,}", 8.0 * k * (tables + 4 * N + path), instead)


def _gaussian_start(objective: Objective, k: int, generator: np.random.Generator) -> Floats:
    """Return Gaussian unknowns: of a table f with entries of variance 1/k, of a class G with rows alike."""
    table = generator.standard_normal((objective.height, k)) / np.sqrt(k)
    return table.ravel() / np.sqrt(objective.height) if objective.features else objective.unknowns(table)


def _trained(objective: Objective, z: Floats, converged: bool, stopped: str) -> Training:
    """Make the value that `train` returns."""
    features, (steps, loss, gradient_norm) = objective.features, objective.history()
    # A loss of cosines does not see lengths, which training leaves anywhere; a span does.
    unit = features is None and getattr(objective.loss, "cosine", False)
    f, path = objective.embedding(z), None if objective.path is None else np.array(objective.path)
    if unit:
        f = f / np.linalg.norm(f, axis=1, keepdims=True)
        path = None if path is None else path / np.linalg.norm(path, axis=2, keepdims=True)
    return Training(
        f=frozen(f),
        steps=steps,
        loss=loss,
        gradient_norm=gradient_norm,
        converged=converged,
        stopped=stopped,
        loss_name=objective.loss.name,
        features=None if features is None else features.features,
        weights=None if features is None else frozen(features.T @ z.reshape(objective.height, -1)),
        path=None if path is None else frozen(path),
    )


def _read_start(graph: ViewedPopulation, start: Any, k: int) -> Floats:
    """Return the first f, copied: training moves it in place."""
    f = read_embedding(graph.views, start)
    if f.shape[1] != k:
        raise InvalidEmbedding(f"start has shape {f.shape}; k = {k} needs ({graph.N}, {k})")
    return check_scale("start", f, 1e-50, 1e50).copy()
