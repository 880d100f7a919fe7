"""`NoiseGraph`: a population seen by a loss whose negatives come from a noise law q, where D_q^-1/2 w D_q^-1/2 stands for Ā."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from popgraph.basics.arguments import whole_number
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.noise import noise_law
from popgraph.basics.arguments.populations import read_population
from popgraph.basics.arrays import Floats, Immutable, Ints, frozen
from popgraph.basics.memory import in_words, reserve
from popgraph.basics.protocols import ViewedPopulation
from popgraph.basics.words import listing, shorten
from popgraph.declare import Seed
from popgraph.errors import InvalidArgument, TooLarge
from popgraph.populations.columns import read_columns
from popgraph.spectrum import Spectrum, dense_spectrum

MAX_VIEWS_WITH_NOISE = 4096  # all eigenpairs are computed: a minute


@dataclass(frozen=True, eq=False, repr=False)
class NoiseGraph(Immutable):
    """Hold a population and a noise law q, with D_q^-1/2 w D_q^-1/2 in the place of Ā and q in that of w_x.

    Made by ``with_noise``. The spectral loss with negatives from q is ||D_q^-1/2 w D_q^-1/2 - FFᵀ||² but for a constant, F = √q f,
    so that verbs find here what they find on a population elsewhere: `popgraph.train`, `popgraph.verify` and
    `popgraph.theory.minimum` with the spectral loss. Eigenvalues may be above 1, and √q is no eigenvector.

    Attributes
    ----------
    population : PopulationGraph, or another population that lists its views
        The pairs are its.
    w_x : (N,) array
        The noise law q.

    Examples
    --------
    >>> import popgraph as pg
    >>> graph = pg.zoo.lightning_cloud().with_noise(0)  # uniform negatives
    >>> graph
    NoiseGraph(lightning/cloud: 4 views, negatives from a law over 4 views)
    >>> graph.spectrum(2).gamma
    array([1.1111, 1.1111])
    """

    population: Any
    w_x: Floats

    @property
    def name(self) -> str:
        """How it prints: the population's name."""
        return str(self.population.name)

    @property
    def n(self) -> int:
        """The number of naturals."""
        return int(self.population.n)

    @property
    def N(self) -> int:
        """The number of views."""
        return int(self.population.N)

    @property
    def views(self) -> Sequence[Hashable]:
        """The N views."""
        views: Sequence[Hashable] = self.population.views
        return views

    @property
    def labels(self) -> Any:
        """The naturals' classes, (n,), or None."""
        return getattr(self.population, "labels", None)

    @property
    def view_labels(self) -> Any:
        """The most probable class of each view, (N,)."""
        return self.population.view_labels

    @property
    def components(self) -> Ints:
        """The component of each view, (N,)."""
        components: Ints = self.population.components
        return components

    @property
    def component_count(self) -> int:
        """The number of connected components."""
        return int(self.population.component_count)

    @cached_property
    def _ratio(self) -> Floats:
        """√(w_x / q), (N,)."""
        return np.asarray(np.sqrt(self.population.w_x / self.w_x))

    def gram(self, X: Floats) -> Floats:
        """Return D_q^-1/2 w D_q^-1/2 X, of a vector (N,) or of columns (N, k).

        Examples
        --------
        >>> import popgraph as pg
        >>> pg.zoo.hypercube(1).with_noise([0.25, 0.75]).gram([1, 0])
        array([1.25 , 0.433])
        """
        X = read_columns(X, self.N)
        ratio = self._ratio if X.ndim == 1 else self._ratio[:, np.newaxis]
        return np.asarray(ratio * self.population.gram(ratio * X))

    @cached_property
    def _matrix(self) -> Floats:
        N = self.N
        if N > MAX_VIEWS_WITH_NOISE:
            raise TooLarge(
                f"with a noise law all eigenpairs are computed, of {MAX_VIEWS_WITH_NOISE:,} views at most; this graph has {N:,}"
            )
        reserve(f"all eigenpairs of {N:,} views", 40.0 * N * N, "use fewer views")
        matrix = self.gram(np.eye(N))
        return frozen((matrix + matrix.T) / 2)

    @property
    def adjacency(self) -> Floats:
        """D_q^-1/2 w D_q^-1/2, a dense (N, N) array; `.TooLarge` above 4,096 views."""
        return self._matrix

    @property
    def trace(self) -> float:
        """Its trace, Σ_x w_xx / q_x."""
        return float(np.trace(self._matrix))

    @in_words("the spectrum", "use fewer views")
    def spectrum(self, k: int) -> Spectrum:
        """Return the k leading eigenpairs of D_q^-1/2 w D_q^-1/2, by a dense solver; `.TooLarge` above 4,096 views.

        Examples
        --------
        >>> import popgraph as pg
        >>> graph = pg.zoo.lightning_cloud().with_noise([0.3, 0.2, 0.3, 0.2])
        >>> graph.spectrum(1).gamma
        array([1.0185])
        """
        k = whole_number("k", k, self.N)
        return dense_spectrum(self._matrix, self.w_x, k, self.component_count)

    def sample_pairs(self, size: int, *, rng: Seed = None) -> Ints:
        """Draw positive pairs from w, which noise does not change: positions (size, 2)."""
        pairs: Ints = self.population.sample_pairs(size, rng=rng)
        return pairs

    def expand(self) -> Any:
        """Return the population itself, listed: the pairs without the noise law, which labels, probes and cuts do not see.

        Examples
        --------
        >>> import popgraph as pg
        >>> graph = pg.zoo.lightning_cloud()
        >>> graph.with_noise(0.75).expand() is graph
        True
        """
        return self.population.expand()

    def __repr__(self) -> str:
        name = f"{self.name}: " if self.name else ""
        return f"NoiseGraph({name}{self.N:,} views, negatives from a law over {self.N:,} views)"


@checked_call()
def with_noise(graph: ViewedPopulation, noise: Any) -> NoiseGraph:
    """Return a population as the spectral loss sees it with negatives from a noise law q, which every view must have.

    Raises
    ------
    InvalidArgument
        If the noise is no law over the views, or is 0 on one: the loss is then unbounded below, and has no minimum.

    Examples
    --------
    >>> import popgraph as pg
    >>> from popgraph.populations import with_noise
    >>> with_noise(pg.zoo.hypercube(1), 0.75).spectrum(2).gamma
    array([1.  , 0.25])
    """
    graph = read_population("with_noise(graph, noise)", graph, ViewedPopulation)
    if isinstance(graph, NoiseGraph):
        graph = graph.population
    q = noise_law(noise, graph.views, graph.w_x)
    if not (q > np.finfo(np.float64).tiny).all():
        none = [shorten(graph.views[i]) for i in np.flatnonzero(~(q > np.finfo(np.float64).tiny)).tolist()]
        raise InvalidArgument(
            f"noise is 0 on the view {listing(none)}, along which the spectral loss is unbounded below: nothing holds f(x) back; "
            "give every view a positive probability"
        )
    return NoiseGraph(graph, q)
