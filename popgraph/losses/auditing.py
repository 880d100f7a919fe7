"""`audit`: the exact bias and variance of a batch loss, by enumerating every batch of a small graph."""

from dataclasses import dataclass
from itertools import product
from math import log10
from typing import Any

import numpy as np

from popgraph.basics.arguments import count, numbers
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.populations import read_population
from popgraph.basics.arrays import Floats, Immutable, Ints
from popgraph.basics.protocols import ViewedPopulation
from popgraph.errors import InvalidArgument, TooLarge
from popgraph.losses.reading import read_loss
from popgraph.losses.scaled import pair_table, population_value

MAX_BATCHES = 2**18  # about ten seconds
MAX_VIEWS_COUNTED = 1000  # of a population that does not list its positive pairs: their table takes 8 MB


@dataclass(frozen=True)
class Audit(Immutable):
    """Hold the exact mean and variance of a batch loss beside the population's value.

    Attributes
    ----------
    loss : str
        The loss's name.
    batch_size : int
        B.
    population : float
        The loss over the whole population.
    mean, variance : float
        Of the batch loss, over all batches of B independent positive pairs.
    batches : int
        How many were enumerated.
    stated : str
        The loss's attribute `bias`: its bias in words.

    See Also
    --------
    audit : Make one.

    Examples
    --------
    >>> import popgraph as pg
    >>> graph = pg.zoo.lightning_cloud()
    >>> audit = pg.losses.audit(pg.losses.spectral, graph, graph.spectrum(2).embedding, batch_size=2)
    >>> abs(audit.bias) < 1e-12, round(audit.variance, 3)
    (True, 4.0)
    """

    loss: str
    batch_size: int
    population: float
    mean: float
    variance: float
    batches: int
    stated: str

    @property
    def bias(self) -> float:
        """Mean less population value."""
        return self.mean - self.population

    def __str__(self) -> str:
        return (
            f"{self.loss}, all {self.batches:,} batches of {self.batch_size}: mean {self.mean:.6g}, population "
            f"{self.population:.6g}, bias {self.bias:.3g}, variance {self.variance:.3g} (said to be {self.stated})"
        )


@checked_call()
def audit(loss: Any, graph: ViewedPopulation, f: Any, batch_size: int) -> Audit:
    """Enumerate all batches of a small graph, and return the exact mean and variance of a batch loss.

    Parameters
    ----------
    loss : a loss of `popgraph.losses`, or its name
        Or anything with ``name``, ``bias``, ``value(factor, w_x, f)`` and ``batch_value(f, f_plus)``.
    graph : PopulationGraph, or another population that lists its views
        With P positive pairs of positive probability: P^B batches are enumerated.
    f : (N, k) array, Training or Spectrum
        The embedding that the loss is evaluated at.
    batch_size : int
        B, at least 1: a loss that is undefined there says so.

    Returns
    -------
    Audit
        Mean and variance over all batches, beside the population's loss.

    Raises
    ------
    InvalidArgument
        If the batch size is not a whole number, or f not an (N, k) table.
    TooLarge
        If there are more than 262,144 batches.

    See Also
    --------
    popgraph.train : With batch_size=, minimise by sampled batches.
    Loss : What a loss of your own needs.

    Examples
    --------
    >>> import popgraph as pg
    >>> graph = pg.zoo.lightning_cloud()
    >>> f = graph.spectrum(2).embedding
    >>> print(pg.losses.audit(pg.losses.InfoNCE(), graph, f, batch_size=2))  # doctest: +ELLIPSIS
    InfoNCE, all 64 batches of 2: mean -0.2831, population -0.5662, bias 0.283, variance 0.0802 (said to be biased: ...)
    """
    loss = read_loss(loss, "audit")
    graph = read_population("audit(loss, graph, f, batch_size)", graph, ViewedPopulation, "second")
    batch_size = count("batch_size", batch_size)
    table = _read_table(f, graph.N)
    x, x_plus, probabilities = _positive_pairs(graph, batch_size)
    pairs = len(probabilities)
    batches = _refuse_many_batches(pairs, batch_size)
    population = population_value(loss, graph, table)
    values, chances = np.empty(batches), np.empty(batches)
    for i, batch in enumerate(product(range(pairs), repeat=batch_size)):
        chosen = list(batch)
        values[i] = loss.batch_value(table[x[chosen]], table[x_plus[chosen]])
        chances[i] = np.prod(probabilities[chosen])
    mean = float(chances @ values)
    return Audit(
        loss=loss.name,
        batch_size=batch_size,
        population=population,
        mean=mean,
        variance=float(chances @ (values - mean) ** 2),
        batches=batches,
        stated=loss.bias,
    )


def _read_table(f: Any, N: int) -> Floats:
    """Return f as a finite (N, k) array."""
    has_embedding = hasattr(f, "__embedding__") and not isinstance(f, type)
    table: Floats = numbers(
        "f", f.__embedding__() if has_embedding else f, "give an (N, k) table of finite real numbers"
    )
    if table.size and np.abs(table).max() > 1e50:
        raise InvalidArgument(f"f has entries of size {np.abs(table).max():.3g}, whose powers leave float64; scale it")
    if table.ndim != 2 or len(table) != N or not table.shape[1]:
        turned = "; give f.T" if table.ndim == 2 and table.shape[1] == N else ""
        raise InvalidArgument(f"f has shape {table.shape}; this graph of {N} views needs ({N}, k){turned}")
    return table


def _positive_pairs(population: ViewedPopulation, batch_size: int) -> tuple[Ints, Ints, Floats]:
    """Return the positions of both views of each positive pair of positive probability, and the probabilities, (P,) each."""
    if hasattr(population, "weight_matrix"):
        w = population.weight_matrix("csr").tocoo()
        return *w.coords, w.data
    if population.N > MAX_VIEWS_COUNTED:  # each view makes a positive pair with itself, and perhaps with others
        _refuse_many_batches(population.N, batch_size, "at least ")
    w = pair_table(population)
    x, x_plus = np.nonzero(w)
    return x, x_plus, w[x, x_plus]


def _refuse_many_batches(pairs: int, batch_size: int, bound: str = "") -> int:
    """Return the number of batches that can be drawn from so many positive pairs; raise TooLarge above 262,144."""
    batches: int = pairs ** min(batch_size, 64)  # two pairs make too many batches of 64 already
    if batches > MAX_BATCHES:
        raise TooLarge(
            f"{bound}{pairs:,} positive pairs make {bound}{pairs:,}^{batch_size} = {_power(pairs, batch_size)} batches, more than "
            f"{MAX_BATCHES:,}; use a smaller batch or graph, or sample batches with graph.sample_pairs"
        )
    return batches


def _power(base: int, exponent: int) -> str:
    """Write a power to three digits, as in 2.1e+06, however large it is."""
    digits = exponent * log10(base)
    return f"{base**exponent:.3g}" if digits < 300 else f"{10 ** (digits % 1):.3g}e+{int(digits)}"
