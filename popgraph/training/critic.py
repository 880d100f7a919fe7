"""`train_critic`: minimise a loss of a critic over all critics s(x, x'), not only those of an embedding. The problem is convex."""

from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from popgraph.basics.arguments import count, number
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.populations import read_population, satisfies
from popgraph.basics.arrays import Floats, Immutable, frozen
from popgraph.basics.blas import one_thread
from popgraph.basics.extras import import_uninterrupted
from popgraph.basics.memory import in_words
from popgraph.basics.protocols import PairedPopulation, ViewedPopulation
from popgraph.losses import bound_to, critic_gradient, dense_pairs, pair_law, pair_table, read_loss, read_pair_loss
from popgraph.training.descent import FLAT_GRADIENT_NORM


@dataclass(frozen=True, eq=False, repr=False)
class Critic(Immutable):
    """Hold a trained critic s(x, x') over all pairs of views, and how the training ended.

    Attributes
    ----------
    s : (N, N) array
        Of two kinds of views (N_x, N_z). Where w_xx' = 0 the optimum is -∞; s is finite there, and depends on the number of steps.
    loss : float
        The population's loss of s.
    gradient_norm : float
        The norm of the loss's gradient in s √(w_x w_x').
    steps : int
    converged : bool
    stopped : str
        Why it stopped, in words.

    Examples
    --------
    >>> import popgraph as pg
    >>> pg.train_critic(pg.zoo.lightning_cloud(), pg.losses.infonce).s.shape
    (4, 4)
    """

    s: Floats
    loss: float
    gradient_norm: float
    steps: int
    converged: bool
    stopped: str

    def __repr__(self) -> str:
        return f"Critic({len(self.s):,} views, loss {self.loss:.6g} after {self.steps:,} steps: {self.stopped})"


@checked_call(lr="L-BFGS has no learning rate; use steps=", optimizer="it is L-BFGS")
@in_words("training the critic", "use train, with a k")
@one_thread()
def train_critic(
    graph: ViewedPopulation | PairedPopulation, loss: Any, *, steps: int = 5_000, tol: float = 1e-9
) -> Critic:
    """Minimise InfoNCE or NT-logistic over all critics: one free score for each pair of views, by scipy's L-BFGS from 0.

    Parameters
    ----------
    graph : PopulationGraph, or another population that lists its views, or a BipartiteGraph
        N views, or N_x and N_z of two kinds: s is then a table of the scores of pairs (x, z).
    loss : losses.InfoNCE or losses.NTLogistic, or the name of one that is ready, such as "infonce"
        With its noise law, if it has one.
    steps : int
        At most this many iterations.
    tol : float
        Stop when the gradient's norm is below this. The loss is then within tol ||√(w_x w_x') (s - s*)|| of its minimum, for it
        is convex.

    Returns
    -------
    Critic
        The scores s, (N, N) or (N_x, N_z), their loss, and why it stopped.

    Raises
    ------
    InvalidArgument
        If the loss is not one of a critic.
    TooLarge
        Above 8,192 views.

    See Also
    --------
    train : Minimise over embeddings.
    theory.critic_minimum : The least value in closed form.
    losses.infonce : A loss that it takes.
    losses.nt_logistic : Another.

    References
    ----------
    [J22]: the optimum is s = log K, up to a constant or a function of x.

    Examples
    --------
    >>> import numpy as np
    >>> import popgraph as pg
    >>> graph = pg.zoo.hypercube(2)
    >>> critic = pg.train_critic(graph, pg.losses.nt_logistic)
    >>> K = graph.w / np.outer(graph.w_x, graph.w_x)
    >>> float(np.abs(critic.s - np.log(K)).max()) < 1e-6
    True
    """
    steps, tol = count("steps", steps, most=10**9), number("tol", tol)
    if satisfies(graph, PairedPopulation):
        pairs = cast(PairedPopulation, graph)
        loss = read_pair_loss(loss, pairs, False, "critic")
        w, laws = dense_pairs(pair_law(pairs.factor, pairs.w_x, pairs.w_z)), (pairs.w_x, pairs.w_z)
    else:
        population: ViewedPopulation = read_population("train_critic(graph, loss)", graph, ViewedPopulation)
        loss = bound_to(read_loss(loss, "critic"), population)
        w, laws = pair_table(population), (population.w_x, population.w_x)
    value_and_gradient = critic_gradient(loss)
    # The unknowns are s √(w_x w_x'), in which rare pairs are scaled like common ones.
    scale = np.sqrt(np.outer(*laws))

    def evaluate(z: Floats) -> tuple[float, Floats]:
        value, in_s = value_and_gradient(w, laws[1], z.reshape(scale.shape) / scale)
        return value, (in_s / scale).ravel()

    options = {"maxiter": steps, "maxfun": 20 * steps, "maxcor": 20, "ftol": 4e-16, "gtol": tol / np.sqrt(scale.size)}
    search = import_uninterrupted("scipy.optimize").minimize
    end = search(evaluate, np.zeros(scale.size), jac=True, method="L-BFGS-B", options=options)
    value, gradient = evaluate(end.x)
    gradient_norm = float(np.linalg.norm(gradient))
    if end.nit >= steps:
        stopped = f"ran out of steps with gradient norm {gradient_norm:.1e}"
    else:
        arrived = f"is at most {tol:g}" if gradient_norm <= tol else "falls no further in float64"
        stopped = f"gradient norm {gradient_norm:.1e} {arrived}"
    return Critic(
        s=frozen(end.x.reshape(scale.shape) / scale),
        loss=value,
        gradient_norm=gradient_norm,
        steps=int(end.nit),
        converged=gradient_norm <= max(tol, FLAT_GRADIENT_NORM),
        stopped=stopped,
    )
