"""Negatives from a noise law q in place of w_x: the laws of the literature, for the losses that take `noise=`.

NT-logistic with negatives from w_x^(3/4) is the loss of word2vec (SGNS). Debiased negatives leave out the share of x' that are
positives of x; hard negatives are those that an embedding scores high. The last two are a law for each x, an (N, N) table.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from popgraph.basics.arguments import number
from popgraph.basics.arguments.embeddings import check_scale, read_embedding
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.noise import Noise
from popgraph.basics.arguments.noise import noise_law as read_law
from popgraph.basics.arguments.populations import read_population
from popgraph.basics.arrays import Floats, frozen
from popgraph.basics.protocols import ViewedPopulation
from popgraph.basics.words import listing, shorten
from popgraph.errors import InvalidArgument
from popgraph.losses.reading import read_loss
from popgraph.losses.scaled import pair_table


def bound_to(loss: Any, population: Any) -> Any:
    """Return a loss with its noise law in the order of a population's views; any other loss as it is."""
    noise = getattr(loss, "noise", None)
    if not isinstance(noise, Noise):
        return loss
    return replace(loss, noise=noise.at(population.views))


def loss_with_noise(loss: Any, population: Any, in_batches: bool) -> Any:
    """Return a loss that draws negatives from a noise law, with the law as probabilities of the views; None of any other loss.

    Raises InvalidArgument of a law for each first view where batches are to be drawn.
    """
    bound = bound_to(loss, population)
    if not isinstance(getattr(bound, "noise", None), Noise):
        return None
    if in_batches and bound.noise.of_pairs:
        raise InvalidArgument(
            f"noise is {bound.noise!r} for each first view, and batches draw negatives from one law; leave batch_size= out"
        )
    law = np.asarray(bound.noise.of(population.w_x))  # which refuses a law of another number of views
    return replace(bound, noise=Noise(law=frozen(np.array(law))))


def read_pair_loss(loss: Any, graph: Any, in_batches: bool, needs: str = "pairs") -> Any:
    """Return a loss of two encoders, with its noise law, of negatives z, in the order of a graph's views z.

    Raises InvalidArgument of a loss without a form for two encoders, and where its negatives from a noise law have none.
    """
    loss = read_loss(loss, needs)
    noise = getattr(loss, "noise", None)
    if not isinstance(noise, Noise):
        return loss
    refused = ""
    if not hasattr(loss, "critic_value"):
        refused = "which the spectral loss of two encoders takes none of; leave noise= out, or give losses.nt_logistic"
    elif in_batches:
        refused = "which batches of two encoders do not hold; leave batch_size= out"
    elif noise.of_pairs:
        refused = "one for each first view; give one law over the views z, or a power of theirs"
    elif getattr(loss, "symmetric", False) and noise.power is None:
        refused = "of one side, and symmetric=True needs one of both; give a power, or symmetric=False"
    if refused:
        raise InvalidArgument(f"loss {loss.name} draws its negatives from {noise!r}, {refused}")
    return replace(loss, noise=noise.at(graph.views_z))


@checked_call()
def noise_law(graph: ViewedPopulation, noise: Any) -> Floats:
    """Return the noise law q of a population's views, (N,), in their order.

    Parameters
    ----------
    graph : PopulationGraph, or another population that lists its views
        N views.
    noise : float, mapping view -> probability, Series or (N,) array
        A number a stands for q ∝ w_x^a: 0 is uniform, 0.75 that of word2vec.

    Returns
    -------
    (N,) array
        The law q: positive or 0, of sum 1.

    Raises
    ------
    InvalidArgument
        If this is no law over the views: a name is wrong, a probability negative, or their sum not 1.

    See Also
    --------
    debiased_negatives : A law for each view.
    hard_negatives : A law for each view, of an embedding.
    popgraph.PopulationGraph.with_noise : The graph whose eigenvectors such a loss finds.

    References
    ----------
    Mikolov, Sutskever, Chen, Corrado and Dean 2013 (1310.4546) for 3/4.

    Examples
    --------
    >>> import popgraph as pg
    >>> graph = pg.zoo.lightning_cloud()
    >>> pg.losses.noise_law(graph, 0.75)
    array([0.3136, 0.1864, 0.3136, 0.1864])
    """
    graph = read_population("noise_law(graph, noise)", graph, ViewedPopulation)
    return read_law(noise, graph.views, graph.w_x)


@checked_call()
def debiased_negatives(graph: ViewedPopulation, share: float) -> Floats:
    """Return debiased negatives, ``q(x'|x) = (w_x' - τ w_x'|x)/(1 - τ)``, (N, N): a law for each first view.

    Of negatives drawn from w_x a share τ are thought to be of the positives' class; they are taken off. Chuang et al. clip what
    becomes negative; here it is refused, for it is no law.

    Parameters
    ----------
    graph : PopulationGraph, or another population that lists its views
        At most 8,192 views.
    share : float
        τ in [0, 1), and at most w_x w_x' / w_xx' for every pair.

    Returns
    -------
    (N, N) array
        Row x is the law of the negatives of the view x.

    Raises
    ------
    InvalidArgument
        If τ is out of range, or too large for a pair, which is named.
    TooLarge
        Above 8,192 views.

    See Also
    --------
    hard_negatives : Those that f scores high.
    noise_law : One law for all views.
    InfoNCE : Takes either as noise=.

    References
    ----------
    Chuang, Robinson, Lin, Torralba and Jegelka 2020 (2007.00224).

    Examples
    --------
    >>> import popgraph as pg
    >>> graph = pg.zoo.hypercube(1)
    >>> q = pg.losses.debiased_negatives(graph, 0.25)
    >>> q[0]
    array([0.4583, 0.5417])
    >>> loss = pg.losses.NTLogistic(negatives=2, noise=q)
    """
    graph = read_population("debiased_negatives(graph, share)", graph, ViewedPopulation)
    tau = number("share", share, "τ must be a number in [0, 1)", below=1 - 2**-53, ends=True)
    w, w_x = pair_table(graph), graph.w_x
    q = (w_x - tau * (w / w_x[:, np.newaxis])) / (1.0 - tau)
    if (q < -1e-15).any():
        x, x_plus = (int(i) for i in np.unravel_index(q.argmin(), q.shape))
        most = w_x[x] * w_x[x_plus] / w[x, x_plus]
        names = listing([shorten(graph.views[x]), shorten(graph.views[x_plus])])
        raise InvalidArgument(
            f"share is {tau:g}, and of the pair {names} more than the probability of negatives would be taken off; give at most "
            f"{np.min(np.outer(w_x, w_x)[w > 0] / w[w > 0]):.6g} ({most:.6g} of this pair)"
        )
    return frozen(np.maximum(q, 0.0))


@checked_call()
def hard_negatives(graph: ViewedPopulation, f: Any, beta: float) -> Floats:
    """Return hard negatives, ``q(x'|x) ∝ w_x' exp(β f(x)ᵀf(x'))``, (N, N): those that an embedding f scores high.

    With this law fixed a loss of critics has its minimum in closed form, as with any. Where it moves with the f that is trained, as
    Robinson et al. let it, no closed form is known: make it anew of each f.

    Parameters
    ----------
    graph : PopulationGraph, or another population that lists its views
        N views, at most 8,192.
    f : (N, k) array, mapping view -> vector, callable, Training or Spectrum
        The embedding that negatives are hard for.
    beta : float
        β >= 0; 0 is w_x.

    Returns
    -------
    (N, N) array
        Row x is the law of the negatives of the view x.

    Raises
    ------
    InvalidArgument, InvalidEmbedding
        If β is no number, or f not one finite vector for each view.

    See Also
    --------
    debiased_negatives : Less those of the own class.
    noise_law : One law for all views.
    InfoNCE : Takes either as noise=.

    References
    ----------
    Robinson, Chuang, Sra and Jegelka 2021 (2010.04592).

    Examples
    --------
    >>> import popgraph as pg
    >>> graph = pg.zoo.hypercube(1)
    >>> pg.losses.hard_negatives(graph, graph.spectrum(2), beta=1)[0]
    array([0.6225, 0.3775])
    """
    graph = read_population("hard_negatives(graph, f, beta)", graph, ViewedPopulation)
    beta = number("beta", beta, "β must be a finite number of 0 or more", below=1e300, ends=True)
    table = check_scale("f", read_embedding(graph.views, f))
    scores = beta * (table @ table.T)
    weights = np.exp(scores - scores.max(axis=1, keepdims=True)) * graph.w_x
    return frozen(weights / weights.sum(axis=1, keepdims=True))
