"""`train`: from a random start to an embedding f that minimises the spectral contrastive loss.

Nothing here knows an eigenvector: the judged never sees the judge's answer.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np
from scipy.linalg.blas import dgemv
from scipy.optimize import minimize
from scipy.sparse.linalg import LinearOperator, eigsh, minres

from popgraph.arrays import Floats, Immutable, Ints, cross, frozen, norm
from popgraph.distribution import Seed
from popgraph.embedding import read_embedding
from popgraph.errors import InvalidArgument, InvalidEmbedding, shorten
from popgraph.graph import PopulationGraph
from popgraph.losses import SpectralLoss, spectral
from popgraph.progress import Progress, track

NEAR = (
    1e-3  # gradient norm below which Newton steps are tried: they take over where L-BFGS would need a dozen steps more
)
FLAT = 1e-6  # gradient norm below which a run that can get no further counts as converged
DECAY_FROM = 0.3  # share of a sampled run after which the step size starts to fall


@dataclass(frozen=True, eq=False, repr=False)
class Training(Immutable):
    """Hold an embedding, and how it was reached.

    Attributes
    ----------
    f : (N, k) array
        The embedding of each view, in the order of `graph.views`.
    steps : (T,) array of int
        The iterations at which the history was written; the first is 0, the random start.
    loss : (T,) array
        The population loss L(f) at these iterations.
    gradient_norm : (T,) array
        ||dL/dF||_F at these iterations, for F = √w_x f.
    converged : bool
        Whether the gradient fell below `tol`, or as far as rounding lets it.
    stopped : str
        Why it stopped, in words.

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

    def __embedding__(self) -> Floats:
        return self.f

    def __repr__(self) -> str:
        views, k = self.f.shape
        return (
            f"Training({views:,} views, k={k}, loss {self.loss[-1]:.6g} after {self.steps[-1]:,} steps: {self.stopped})"
        )


def train(
    graph: PopulationGraph,
    k: int,
    *,
    rng: Seed = None,
    batch_size: int | None = None,
    steps: int | None = None,
    tol: float = 1e-12,
    learning_rate: float = 0.05,
    start: Any = None,
    progress: Progress = None,
) -> Training:
    """Minimise the spectral contrastive loss over tables f: one free vector in R^k for each view.

    Without `batch_size`, by scipy's L-BFGS on the whole population's loss, and at the end by Newton steps (scipy's MINRES),
    because below 1e-8 or so the loss itself no longer tells better from worse. With it, by stochastic gradients (Adam, with a
    step size that falls to 0) on the unbiased loss of `batch_size` sampled positive pairs.

    Parameters
    ----------
    graph : PopulationGraph
        N views.
    k : int
        The dimension of f, in 1..N.
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
        The first f; by default Gaussian.
    progress : bool, callable or None
        A bar; None shows one where somebody is looking.

    Returns
    -------
    Training
        f, the history of loss and gradient norm, and why it stopped.

    Raises
    ------
    InvalidArgument
        If k, the batch size, the number of steps, tol or the learning rate is out of range.
    InvalidEmbedding
        If the start is not a finite (N, k) array.

    References
    ----------
    [H21] section 3.2; the batch loss is THEORY 3.6.

    Examples
    --------
    >>> import popgraph as pg
    >>> training = pg.train(pg.zoo.lightning_cloud(), k=2, rng=0)
    >>> float(training.loss[-1])
    -2.0
    """
    if not isinstance(graph, PopulationGraph):
        raise InvalidArgument(f"train(graph, k) takes a PopulationGraph first; got {shorten(graph)}")
    if not isinstance(k, int | np.integer) or isinstance(k, bool) or not 1 <= k <= graph.N:
        raise InvalidArgument(f"k is {k!r}; it must be a whole number from 1 to the number of views, {graph.N}")
    limit = (20_000 if batch_size is None else 5_000) if steps is None else steps
    if not isinstance(limit, int | np.integer) or isinstance(limit, bool) or limit < 1:
        raise InvalidArgument(f"steps is {steps!r}; it must be a whole number, 1 or more")
    for what, number in {"tol": tol, "learning_rate": learning_rate}.items():
        if not isinstance(number, int | float | np.number) or not 0 < number < np.inf:
            raise InvalidArgument(f"{what} is {number!r}; it must be a positive number")
    generator = np.random.default_rng(rng)
    f = (
        generator.standard_normal((graph.N, int(k))) / np.sqrt(k)
        if start is None
        else _read_start(graph, start, int(k))
    )
    if batch_size is None:
        return _full(graph, f, int(limit), tol, progress)
    if not isinstance(batch_size, int | np.integer) or batch_size < 2:
        raise InvalidArgument(f"batch_size is {batch_size!r}; the unbiased batch loss needs a whole number, 2 or more")
    return _sampled(graph, f, int(batch_size), int(limit), learning_rate, generator, progress)


def _read_start(graph: PopulationGraph, start: Any, k: int) -> Floats:
    """Return the first f, copied: training moves it in place."""
    f = read_embedding(graph.views, start)
    if f.shape[1] != k:
        raise InvalidEmbedding(f"start has shape {f.shape}; k = {k} needs ({graph.N}, {k})")
    return f.copy()


class _History:
    """Evaluate the population's loss in F = √w_x f, where rare views are scaled like common ones, and write it down."""

    def __init__(self, graph: PopulationGraph, loss: SpectralLoss = spectral) -> None:
        self.graph, self.loss = graph, loss
        self.transposed = graph.factor.T.tocsr()
        self.root = np.sqrt(graph.w_x)[:, np.newaxis]
        self.rows: list[tuple[int, float, float]] = []
        self.last: tuple[float, float] = (np.inf, np.inf)

    def embedding(self, flat: Floats) -> Floats:
        """Return the f of a flattened F."""
        return flat.reshape(self.root.shape[0], -1) / self.root

    def evaluate(self, flat: Floats) -> tuple[float, Floats]:
        """Return the loss and its gradient in F, both of a flattened F."""
        value, gradient = self.loss.value_and_gradient(
            self.graph.factor, self.graph.w_x, self.embedding(flat), transposed=self.transposed
        )
        in_F = (gradient / self.root).ravel()
        self.last = (value, norm(in_F))
        return value, in_F

    def curvature(self, flat: Floats, direction: Floats) -> Floats:
        """Return the Hessian in F times a direction, both flattened."""
        product = self.loss.hessian_product(
            self.graph.factor,
            self.graph.w_x,
            self.embedding(flat),
            self.embedding(direction),
            transposed=self.transposed,
        )
        return np.asarray((product / self.root).ravel())

    def write(self) -> None:
        """Write down what was evaluated last, as the next step."""
        self.write_at(self.rows[-1][0] + 1 if self.rows else 0)

    def write_at(self, step: int) -> None:
        """Write down what was evaluated last."""
        self.rows.append((step, *self.last))

    def finish(self, f: Floats, converged: bool, stopped: str) -> Training:
        """Make the value that `train` returns."""
        steps, loss, norm = zip(*self.rows, strict=True)
        columns = (frozen(np.array(steps, dtype=np.intp)), frozen(np.array(loss)), frozen(np.array(norm)))
        return Training(frozen(f), *columns, converged, stopped)


def _full(graph: PopulationGraph, f: Floats, limit: int, tol: float, progress: Progress) -> Training:
    """Minimise the population loss: descend to a critical point, and on from it while it is a saddle.

    Every critical point that is no minimum is a strict saddle (THEORY 3.4), so this ends at a minimum.
    """
    history = _History(graph)
    F = (f * history.root).ravel()
    history.evaluate(F)
    history.write()
    ticks = track(count(1), None, progress, "train")
    next(ticks)
    while True:
        F = _descend(history, F, limit, tol, ticks)
        down = _way_down(history, F) if history.last[1] <= FLAT and history.rows[-1][0] < limit else None
        if down is None:
            break
        F = F + down
    if history.last != history.rows[-1][1:]:
        history.write()
    size = history.last[1]
    if size <= tol:
        return history.finish(history.embedding(F), True, f"gradient norm {size:.1e} is at most {tol:g}")
    if history.rows[-1][0] >= limit:
        return history.finish(history.embedding(F), False, f"ran out of steps with gradient norm {size:.1e}")
    return history.finish(history.embedding(F), size <= FLAT, f"gradient norm {size:.1e} falls no further in float64")


def _descend(history: _History, F: Floats, limit: int, tol: float, ticks: Iterator[int]) -> Floats:
    """Go down to a critical point by L-BFGS, and by Newton's method once the gradient is small.

    Where Newton's method does not take (minimisers of deficient rank) L-BFGS goes on alone, until the loss, rounded at
    1e-16, no longer tells better from worse.
    """

    def after(intermediate_result: Any) -> None:
        history.write()
        next(ticks)

    for small in (NEAR, tol):
        left = limit - history.rows[-1][0]
        if left < 1:
            break
        # gtol is of the largest entry; below a step of ftol a line search would only chase noise
        options = {"maxiter": left, "maxfun": 20 * left, "maxcor": 10, "ftol": 4e-16, "gtol": small / np.sqrt(F.size)}
        F = minimize(history.evaluate, F, jac=True, method="L-BFGS-B", callback=after, options=options).x
        _, gradient = history.evaluate(F)
        while tol < history.last[1] <= NEAR and history.rows[-1][0] < limit:
            better = F - _newton_direction(history, F, gradient)
            _, gradient_there = history.evaluate(better)
            if norm(gradient_there) > 0.5 * norm(gradient):
                break
            F, gradient = better, gradient_there
            after(None)
        history.evaluate(F)
        if history.last[1] <= tol:
            break
    return F


def _way_down(history: _History, F: Floats) -> Floats | None:
    """Return a step down from a critical point F, or None at a minimum.

    The loss curves down along u cᵀ iff uᵀĀu exceeds the least eigenvalue of FᵀF, of eigenvector c, for a unit u orthogonal
    to span F: F leaves out more than it holds.
    """
    table = F.reshape(history.root.shape[0], -1)
    held, C = np.linalg.eigh(cross(table, table))
    kept = held > FLAT
    basis = np.asfortranarray(table @ (C[:, kept] / np.sqrt(held[kept])))
    side = len(table)
    if basis.shape[1] == side:
        return None

    M = history.graph.factor
    if (
        np.sum(M.data**2) - norm(M @ basis) ** 2 <= 1e-12
    ):  # tr Ā is used up: nothing is left out, and ARPACK needs something
        return None

    def aside(x: Any) -> Any:
        return x - dgemv(1.0, basis, dgemv(1.0, basis, x, trans=1)) if basis.shape[1] else x

    def left_out(x: Any) -> Any:
        return aside(history.transposed @ (M @ aside(x.ravel())))

    if side == 1:
        most, u = float(left_out(np.ones(1))[0]), np.ones(1)
    else:
        rng = np.random.default_rng(0)
        operator = LinearOperator((side, side), matvec=left_out, dtype=np.float64)
        start: Floats = rng.standard_normal((side,))
        values, vectors = eigsh(operator, k=1, which="LA", v0=start, ncv=min(side, 20), tol=1e-4, rng=rng)
        most, u = float(values[0]), vectors[:, 0]
    if most <= held[0] + FLAT:
        return None
    return np.asarray((0.1 * np.sqrt(most) * np.outer(u, C[:, 0])).ravel())


def _newton_direction(history: _History, F: Floats, gradient: Floats) -> Floats:
    """Return H⁺ gradient by MINRES: H is singular along rotations of F, to which the gradient is orthogonal."""
    H = LinearOperator((F.size, F.size), matvec=lambda E: history.curvature(F, E), dtype=np.float64)
    direction: Floats = minres(H, gradient, rtol=1e-4, maxiter=500)[0]
    return direction


def _sampled(
    graph: PopulationGraph,
    f: Floats,
    batch_size: int,
    limit: int,
    learning_rate: float,
    generator: np.random.Generator,
    progress: Progress,
) -> Training:
    """Minimise by Adam on sampled batches; only the rows of f that a batch touches are moved."""
    history = _History(graph)
    first, second, seen = np.zeros_like(f), np.zeros_like(f), np.zeros((len(f), 1))
    written = {0, limit, *np.linspace(0, limit, 101).astype(int).tolist()}
    for step in track(range(limit + 1), limit + 1, progress, "train"):
        if step in written:
            history.evaluate((f * history.root).ravel())
            history.write_at(step)
        if step == limit:
            break
        pairs = graph.sample_pairs(batch_size, rng=generator)
        _, g, g_plus = spectral.batch_value_and_gradient(f[pairs[:, 0]], f[pairs[:, 1]])
        rows, where = np.unique(pairs, return_inverse=True)
        gradient = np.zeros((len(rows), f.shape[1]))
        np.add.at(gradient, where.reshape(-1, 2)[:, 0], g)
        np.add.at(gradient, where.reshape(-1, 2)[:, 1], g_plus)
        seen[rows] += 1
        first[rows] = 0.9 * first[rows] + 0.1 * gradient
        second[rows] = 0.999 * second[rows] + 0.001 * gradient**2
        corrected = first[rows] / (1 - 0.9 ** seen[rows])
        size = np.sqrt(second[rows] / (1 - 0.999 ** seen[rows])) + 1e-12
        share = max(0.0, (step / limit - DECAY_FROM) / (1 - DECAY_FROM))
        f[rows] -= learning_rate * (1 - share) ** 2 * corrected / size
    size_at_end = history.last[1]
    return history.finish(f, False, f"ran its {limit:,} batches of {batch_size:,}, gradient norm {size_at_end:.1e}")
