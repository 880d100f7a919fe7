"""`train`: from a random start to an embedding f that minimises a contrastive loss.

No eigenvector of Ā is computed here: what `verify` judges must not have seen its answer.
"""

from dataclasses import dataclass, replace
from typing import Any, cast, overload

import numpy as np

from popgraph.basics.arguments import count, flag, generator, number, whole_number
from popgraph.basics.arguments.embeddings import check_scale, read_embedding
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.populations import read_population, satisfies
from popgraph.basics.arrays import Floats, Immutable, Ints, frozen
from popgraph.basics.blas import one_thread
from popgraph.basics.memory import in_words, reserve
from popgraph.basics.progress import Progress, track
from popgraph.basics.protocols import HasClasses, PairedPopulation, Population, ViewedPopulation
from popgraph.declare import Seed
from popgraph.errors import InvalidArgument, InvalidEmbedding
from popgraph.losses import Loss, SpectralLoss, is_ready_made, loss_with_noise, read_loss, spectral
from popgraph.populations import FeatureClass, NoiseGraph, check_dimension, read_features, with_noise
from popgraph.training.batches import Batches, descend_on_batches
from popgraph.training.functions import objective_on_functions, train_on_functions
from popgraph.training.nonnegative import NonnegativeObjective
from popgraph.training.objective import Limits, Objective
from popgraph.training.options import read_batch_size, ticks
from popgraph.training.penalties import GivenPenalties, Penalties
from popgraph.training.regularised import descend, layers, penalised, unknowns_of_start
from popgraph.training.steps import Callback, read_callback
from popgraph.training.two_encoders import PairOptions, PairTraining, train_pair

# Copies of the unknowns at the peak of L-BFGS: 25 in scipy's work array, the others in the loss and the line search.
COPIES_IN_L_BFGS = 44
# Of the descent on the spectral loss: F, ĀF, the gradient, a direction, its product with Ā, and a Newton step. Beside them MX is
# made of one table at a time, a row for each natural.
TABLES_IN_SPECTRAL_DESCENT = 6


@dataclass(frozen=True, eq=False, repr=False)
class Training(Immutable):
    """Hold an embedding, and how it was reached.

    Attributes
    ----------
    f : (N, k) array
        The embedding of each view, in the order of ``graph.views``; of a loss of cosines, which does not depend on the lengths of
        rows, with rows of length 1.
    steps : (T,) array of int
        The recorded iterations; the first is 0, the random start.
    loss : (T,) array
        The population's loss at these iterations.
    gradient_norm : (T,) array
        ||dL/dF||_F at these iterations, for F = √w_x f; of a class of functions, of its projection on the class.
    converged : bool
        Whether the gradient fell below ``tol``, or as far as rounding lets it.
    stopped : str
        Why it stopped, in words.
    loss_name : str
        Which loss.
    features : (N, d) array or None
        Ψ, where f = ΨW was trained.
    weights : (d, k) array or None
        W.
    path : (T, N, k) array or None
        The embedding at each of ``steps``, where it was kept.
    noise : (N,) array or None
        The law q that negatives of the spectral loss came from, in place of w_x: f is then judged on ``graph.with_noise(q)``.
    weight_decay : float
        λ: ``loss`` is then the loss with its penalty.
    head : "linear" or None
        Whether f was trained as a linear head on a layer below it, f = below_head @ head_weights.T.
    below_head : (N, width) array or None
        h, the layer below the head: H = √w_x h has HᵀH = WᵀW and σ(H) = √σ(F), its columns in falling order.
    head_weights : (k, width) array or None
        W.
    nonnegative : bool
        Whether f >= 0 was asked for.

    See Also
    --------
    train : Make one.
    verify : Check its f against F*.
    plot.training : Draw its history.
    plot.animation : Draw f on its way.

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
    noise: Floats | None = None
    weight_decay: float = 0.0
    head: str | None = None
    below_head: Floats | None = None
    head_weights: Floats | None = None
    nonnegative: bool = False

    def __embedding__(self) -> Floats:
        return self.f

    def __repr__(self) -> str:
        views, k = self.f.shape
        linear = "" if self.weights is None else f", linear in {len(self.weights)} features"
        linear += "" if self.below_head is None else f", a linear head on {self.below_head.shape[1]} columns"
        linear += ", f >= 0" if self.nonnegative else ""
        linear += f", weight decay {self.weight_decay:g}" if self.weight_decay else ""
        return (
            f"Training({views:,} views, k={k}{linear}, {self.loss_name} loss {self.loss[-1]:.6g} after {self.steps[-1]:,} steps: "
            f"{self.stopped})"
        )


@overload
def train(
    graph: PairedPopulation,
    k: int,
    *,
    loss: Any = spectral,
    features: Any = None,
    rng: Seed = None,
    batch_size: int | None = None,
    steps: int | None = None,
    tol: float = 1e-12,
    learning_rate: float = 0.05,
    start: Any = None,
    progress: Progress = None,
    callback: Callback | None = None,
) -> PairTraining: ...


@overload
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
    callback: Callback | None = None,
    weight_decay: float = 0.0,
    head: str | int | None = None,
    nonnegative: bool = False,
) -> Training: ...


@checked_call(
    lr="on the whole population no step has a learning rate; with batch_size=, learning_rate= is the first of Adam's",
    optimizer="it is chosen by the loss on the whole population, and Adam with batch_size=",
)
@in_words("training", "use a smaller k, or batch_size=")
@one_thread()
def train(
    graph: Population | PairedPopulation,
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
    callback: Callback | None = None,
    weight_decay: float = 0.0,
    head: str | int | None = None,
    nonnegative: bool = False,
) -> Training | PairTraining:
    """Minimise a contrastive loss over tables f, one free vector in R^k for each view, or over f = Wᵀψ of given features.

    Without ``batch_size`` on the whole population's loss. The spectral loss is a quartic along each line, and is minimised by
    conjugate gradients with steps of exactly the best length, at the end by Newton steps, in six tables (N, k); any other loss
    by scipy's L-BFGS and Newton steps (scipy's MINRES), in 44. Saddles are left. With ``batch_size``, by stochastic gradients
    (Adam, with a step size that falls to 0) on the loss of so many sampled positive pairs.

    Parameters
    ----------
    graph : PopulationGraph, or any other population
        With a list of N views, it is asked for products with Ā alone. A ProductGraph is trained over f = Wᵀψ, by the exact
        moments of ``features``, a LowDegree, and the spectral loss; the answer is a `.ProductTraining`. On a BipartiteGraph two
        embeddings are trained, f of the views x and g of the views z, and the answer is a `PairTraining`: ``features`` and
        ``start`` are then pairs, and the loss one with a form for two encoders.
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
        The first f; by default Gaussian. With features, its projection on their span.
    keep_path : bool
        Whether the embeddings on the way are kept, for `plot.animation`: 8 N k bytes for each recorded step.
    progress : bool, callable or None
        A bar; None shows one in a notebook or terminal, if it takes a while.
    callback : callable, optional
        Sees each step, with its number ``step.step``, ``step.loss``, ``step.gradient_norm`` and, computed when it is asked for,
        ``step.f``: on the whole population from step 0, the start; with batches after each of them, from 1, with the batch's
        loss. If it returns True or raises StopIteration, training ends there, and says so. Any other exception of it, and
        an interrupt, passes through `train`, and nothing is returned; f is kept by a callback that keeps ``step.f``.

    weight_decay : float
        λ of the penalty, 0 or more, on the spectral loss over the whole population: λ||F||² = λ E||f(x)||² of a table, λ||W||² of
        f = ΨW (ridge), λ(||H||² + ||W||²) with a head. `theory.optimum` says which eigenvectors it leaves on.
    head : "linear" or int, optional
        Trains F = HWᵀ, a linear head W (k, width) on a layer h = H/√w_x below it (N, width); the width is k, or as given.
    nonnegative : bool
        Whether f >= 0. That is not convex: without a start the best of 20 is returned, whose history it is; the callback sees all.

    Returns
    -------
    Training
        The embedding f, the history of loss and gradient norm, and why it stopped: a loss without a minimum, or one that becomes
        NaN, is said there, with the step, and f is the last good one.

    Raises
    ------
    InvalidArgument
        If k, the batch size, the number of steps, tol or the learning rate is out of range, k is above the class's dimension,
        the features are linearly dependent, a loss of your own is given for a population without the array M, the decay is below 0,
        the head narrower than k, or a penalty does not apply to what else was asked for.
    InvalidEmbedding
        If the start is not a finite (N, k) array, or the features not a finite (N, d) one.
    TooLarge
        If the loss is one of pairs of views, and there are too many views; or if there is not the memory for f.

    See Also
    --------
    verify : Check what it found.
    flow : Follow f through time instead of to the end.
    train_critic : Minimise over scores of pairs instead of over embeddings.
    theory.minimum : The least value of a loss in closed form.
    popgraph.torch.fit : Train a network.

    References
    ----------
    [H21] section 3.2; the batch loss is THEORY 3.6; decay, heads and f >= 0 are THEORY 14.

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
    steps = count("steps", (20_000 if batch_size is None else 5_000) if steps is None else steps)
    tol, learning_rate = number("tol", tol), number("learning_rate", learning_rate)
    flag("keep_path", keep_path)
    given_penalties = GivenPenalties(weight_decay, head, nonnegative)
    if satisfies(graph, PairedPopulation):
        given_penalties.refused_by("to two encoders", "leave it out, or train one side, such as graph.side_x")
        options = PairOptions(
            loss, features, rng, batch_size, steps, tol, learning_rate, start, keep_path, progress, callback
        )
        return train_pair(cast(PairedPopulation, graph), k, options)
    chosen: Loss = read_loss(loss)
    watcher = read_callback(callback)
    if satisfies(graph, HasClasses) and not satisfies(graph, ViewedPopulation):
        given_penalties.refused_by("to a product, trained by exact moments", "leave it out, or train its .expand()")
        given = {"batch_size": batch_size, "start": start, "keep_path": keep_path or None}
        if unused := [name for name, value in given.items() if value is not None]:
            raise InvalidArgument(
                f"{unused[0]}= does not apply to a product, which is trained by exact moments: leave it out, or train its .expand()"
            )
        limits = Limits(steps, tol, ticks(progress))
        classes = cast(HasClasses, graph)
        objective = objective_on_functions(classes, k, chosen, features, watcher)
        return cast(Training, train_on_functions(objective, k, features, limits, generator(rng)))
    population: ViewedPopulation = read_population("train(graph, k)", graph, ViewedPopulation)
    k = whole_number("k", k, population.N)
    batch_size = read_batch_size(batch_size, chosen)
    penalties = given_penalties.read(k, chosen, features, batch_size)
    drawing = loss_with_noise(chosen, population, batch_size is not None)
    if drawing is not None:
        chosen = drawing
        if is_ready_made(drawing, SpectralLoss):  # with F = √q f it is the loss without noise on D_q^-1/2 w D_q^-1/2
            population, chosen = with_noise(population, drawing.noise), replace(drawing, noise=None)
    feature_class: FeatureClass | None = (
        None if features is None else read_features(population.views, population.w_x, features)
    )
    if feature_class is not None:
        check_dimension(k, feature_class)
    source = generator(rng)
    path: list[Floats] | None = [] if keep_path else None
    objective = Objective(population, chosen, feature_class, path=path, callback=watcher, drawing=drawing)
    objective = penalised(objective, k, penalties)
    _reserve(objective, k, batch_size, steps if keep_path else 0, penalties)
    f = None if start is None else _read_start(population, start, k)
    z = unknowns_of_start(objective, f, k, source)
    del f
    if batch_size is None:
        restarts = source if start is None else None
        objective, z, converged, stopped = descend(objective, z, Limits(steps, tol, ticks(progress)), restarts)
        return _trained(objective, z, converged, stopped, penalties)
    bar = track(range(steps + 1), steps + 1, progress, "train")
    z, stopped = descend_on_batches(objective, z, Batches(steps, batch_size, learning_rate, source), bar)
    return _trained(objective, z, False, stopped, penalties)


def _reserve(objective: Objective, k: int, batch_size: int | None, path_steps: int, penalties: Penalties) -> None:
    """Refuse a training whose arrays do not fit, before the first of them is made."""
    population, rows, features = objective.population, objective.row_count, objective.features
    N = population.N
    if batch_size is not None:
        numbers = 8 * rows + 12 * batch_size + 4 * N
    elif objective.is_spectral and not isinstance(objective, NonnegativeObjective):
        # a class of functions leaves out M, and makes f of N rows at the end
        numbers = TABLES_IN_SPECTRAL_DESCENT * rows + (getattr(population, "n", N) if features is None else 2 * N)
    else:
        numbers = COPIES_IN_L_BFGS * rows + 4 * N
    if penalties.width is not None:
        numbers += 4 * N * (penalties.width // k)  # the layer below the head
    numbers += N * min(path_steps, 101 if batch_size else path_steps)
    instead = (
        "use a smaller k"
        + ", or batch_size=" * (batch_size is None and penalties == Penalties())
        + ", or keep_path=False" * bool(path_steps)
    )
    reserve(f"training f over {N:,} views with k = {k:,}", 8.0 * k * numbers, instead)


def _trained(objective: Objective, z: Floats, converged: bool, stopped: str, penalties: Penalties) -> Training:
    """Make the value that `train` returns."""
    features, (steps, loss, gradient_norm) = objective.features, objective.history()
    f = objective.embedding_in_place(z)
    path = None if objective.path is None else np.array(objective.path)
    # A loss of cosines does not depend on the lengths of rows, which training leaves anywhere; the span of f does.
    if features is None and getattr(objective.loss, "cosine", False):
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
        noise=objective.population.w_x if isinstance(objective.population, NoiseGraph) else None,
        features=None if features is None else features.features,
        weights=None if features is None else frozen(features.T @ objective.table(z)),
        path=None if path is None else frozen(path),
        **layers(z, f, objective, penalties),
    )


def _read_start(graph: ViewedPopulation, start: Any, k: int) -> Floats:
    """Return the first f, copied: training moves it in place."""
    f = read_embedding(graph.views, start)
    if f.shape[1] != k:
        raise InvalidEmbedding(f"start has shape {f.shape}; k = {k} needs ({graph.N}, {k})")
    return check_scale("start", f, 1e-50, 1e50).copy()
