"""`audit`: the exact bias and variance of a batch loss, by enumerating every batch of a small graph."""

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from popgraph.basics.arguments import is_whole, numbers
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arrays import Immutable
from popgraph.errors import InvalidArgument, TooLarge, shorten
from popgraph.losses.reading import read_loss

if TYPE_CHECKING:
    from popgraph.populations.graph import PopulationGraph

MOST_BATCHES = 2**18  # about ten seconds


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
        What the loss says of its bias.

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
def audit(loss: Any, graph: "PopulationGraph", f: Any, batch_size: int) -> Audit:
    """Enumerate all batches of a small graph, and return the exact mean and variance of a batch loss.

    Parameters
    ----------
    loss : a loss of `popgraph.losses`, or its name
        Or anything with `name`, `bias`, `value(factor, w_x, f)` and `batch_value(f, f_plus)`.
    graph : PopulationGraph
        With P positive pairs of positive probability: P^B batches are looked at.
    f : (N, k) array, Training or Spectrum
        The embedding that the loss is evaluated at.
    batch_size : int
        B, at least 1: a loss that is undefined there says so.

    Raises
    ------
    InvalidArgument
        If the batch size is not a whole number, or f not an (N, k) table.
    TooLarge
        If there are more than 262,144 batches.

    Examples
    --------
    >>> import popgraph as pg
    >>> graph = pg.zoo.lightning_cloud()
    >>> f = graph.spectrum(2).embedding
    >>> print(pg.losses.audit(pg.losses.InfoNCE(), graph, f, batch_size=2))  # doctest: +ELLIPSIS
    InfoNCE, all 64 batches of 2: mean -0.2831, population -0.5662, bias 0.283, variance 0.0802 (said to be biased: ...)
    """
    loss = read_loss(loss, "audit")
    if not hasattr(graph, "weight_matrix") or isinstance(graph, type):
        raise InvalidArgument(f"audit(loss, graph, f, batch_size) takes a PopulationGraph second; got {shorten(graph)}")
    if not is_whole(batch_size) or batch_size < 1:
        raise InvalidArgument(f"batch_size is {shorten(batch_size)}; it must be a whole number, 1 or more")
    held = hasattr(f, "__embedding__") and not isinstance(f, type)
    table = numbers("f", f.__embedding__() if held else f, "give an (N, k) table of finite real numbers")
    if table.size and np.abs(table).max() > 1e50:
        raise InvalidArgument(f"f has entries of size {np.abs(table).max():.3g}, whose powers leave float64; scale it")
    if table.ndim != 2 or len(table) != graph.N or not table.shape[1]:
        turned = "; give f.T" if table.ndim == 2 and table.shape[1] == graph.N else ""
        raise InvalidArgument(f"f has shape {table.shape}; this graph of {graph.N} views needs ({graph.N}, k){turned}")
    w = graph.weight_matrix("csr").tocoo()
    batches = w.nnz ** min(int(batch_size), 64)
    if batches > MOST_BATCHES:
        raise TooLarge(
            f"{w.nnz:,} positive pairs make {w.nnz:,}^{batch_size} = {batches:.3g} batches, more than {MOST_BATCHES:,}; use a "
            "smaller batch or graph, or sample batches with graph.sample_pairs"
        )
    x, x_plus = w.coords
    values, chances = np.empty(batches), np.empty(batches)
    for i, batch in enumerate(product(range(w.nnz), repeat=int(batch_size))):
        chosen = list(batch)
        values[i] = loss.batch_value(table[x[chosen]], table[x_plus[chosen]])
        chances[i] = np.prod(w.data[chosen])
    mean = float(chances @ values)
    return Audit(
        loss=loss.name,
        batch_size=int(batch_size),
        population=float(loss.value(graph.factor, graph.w_x, table)),
        mean=mean,
        variance=float(chances @ (values - mean) ** 2),
        batches=batches,
        stated=loss.bias,
    )
