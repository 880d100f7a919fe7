"""`ProductGraph`: a population of tuples with independent coordinates, of any size. Methods forward; nothing is listed."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import log10
from typing import Any

import numpy as np

from popgraph.basics.arguments import generator, whole_number, word
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arrays import Immutable, Ints
from popgraph.basics.html import headed, html_table
from popgraph.basics.words import count_in_words, size_in_words
from popgraph.declare import Distribution, EnumeratedPopulation, Seed, from_table, independently, joint_distribution
from popgraph.errors import TooLarge
from popgraph.populations.building import build
from popgraph.populations.class_coordinates import ClassCoordinates
from popgraph.populations.graph import PopulationGraph
from popgraph.populations.printing import sizes_in_words
from popgraph.populations.sampling import read_draws
from popgraph.populations.structure.coordinates import EigenfunctionCoordinates, in_coordinates
from popgraph.populations.structure.factors import Factors, read_factors
from popgraph.populations.structure.low_degree import LowDegree, features
from popgraph.populations.structure.restriction import restricted
from popgraph.populations.structure.spectrum import ProductSpectrum, solve

BYTES_PER_ENTRY = 48  # of A that building takes, measured on cubes
MAX_BYTES_EXPANDED = 2**32
DRAW_BYTES = (48.0, 24.0)  # that a pair of views takes while it is drawn, and each of its coordinates


@checked_call()
def product(graphs: Sequence[PopulationGraph], *, name: str = "") -> "ProductGraph":
    """Join populations into one of tuples, with a coordinate each, all drawn and augmented independently.

    Nothing is listed: the product of a thousand bits has 2^1000 views. Its eigenvalues are the products of one of each factor's,
    and so are its eigenfunctions [THEORY 10].

    Parameters
    ----------
    graphs : sequence of PopulationGraph
        One for each coordinate, of any sizes; the same one may come many times, and is then solved once.
    name : str
        How it prints.

    Returns
    -------
    ProductGraph
        Known by its factors; its ``expand()`` lists the views of a small one.

    Raises
    ------
    InvalidArgument
        If it is no sequence of graphs, or empty.

    See Also
    --------
    structure.mixture : Mix products, class by class.
    independently : Augment the coordinates of a tuple, and list the views.
    build : List naturals and views.

    Examples
    --------
    >>> import popgraph as pg
    >>> cube = pg.product([pg.zoo.hypercube(1)] * 1000)
    >>> cube
    ProductGraph(1,000 factors: about 1.07e301 naturals, about 1.07e301 views, 1 component)
    >>> cube.spectrum(1002).multiplicities[:2]
    ((1.0, 1), (0.25, 1000))
    """
    return ProductGraph(read_factors(graphs), word("name", name))


@dataclass(frozen=True, eq=False, repr=False)
class ProductGraph(Immutable):
    """Hold the population graph of independent coordinates. Made by `popgraph.product`.

    Views are written as tuples of outcomes, or as rows of an integer array (m, d): for each coordinate the position in its
    factor's ``views``.

    Attributes
    ----------
    factor_kinds : Factors
        The different graphs, and which of them each coordinate is.
    name : str
        How it prints.

    See Also
    --------
    product : Make one.
    MixtureGraph : A mixture of products.
    popgraph.PopulationGraph : With all its naturals and views listed.

    Examples
    --------
    >>> import popgraph as pg
    >>> pair = pg.product([pg.zoo.lightning_cloud(), pg.zoo.hypercube(3)])
    >>> pair.d, pair.n, pair.N, pair.component_count
    (2, 16, 32, 2)
    """

    factor_kinds: Factors
    name: str = ""

    @property
    def factors(self) -> tuple[PopulationGraph, ...]:
        """The graph of each coordinate."""
        return tuple(self.factor_kinds.kinds[kind] for kind in self.factor_kinds.kind_of.tolist())

    @property
    def d(self) -> int:
        """The number of coordinates."""
        return self.factor_kinds.d

    @property
    def n(self) -> int:
        """The number of naturals, an int of any size."""
        return self.factor_kinds.product_of([graph.n for graph in self.factor_kinds.kinds])

    @property
    def N(self) -> int:
        """The number of views, an int of any size."""
        return self.factor_kinds.product_of([graph.N for graph in self.factor_kinds.kinds])

    @property
    def component_count(self) -> int:
        """The number of connected components: the multiplicity of the eigenvalue 1."""
        return self.factor_kinds.product_of([graph.component_count for graph in self.factor_kinds.kinds])

    def spectrum(self, k: int) -> ProductSpectrum:
        """Return the k leading eigenpairs of Ā, with exact multiplicities; eigenfunctions are evaluated where asked.

        k is in 1..N, of any size: levels are counted, not listed [THEORY 10]. `.TooLarge` if more than a million different products
        of eigenvalues are among the pairs.

        Examples
        --------
        >>> import popgraph as pg
        >>> cube = pg.product([pg.zoo.hypercube(1)] * 1000)
        >>> [count for _, count in cube.spectrum(2**1000).multiplicities[:4]]
        [1, 1000, 499500, 166167000]
        """
        return solve(self.factor_kinds, whole_number("k", k, self.N))

    def sample_views(self, size: int, *, rng: Seed = None) -> Ints:
        """Draw views from w_x: an array (size, d) of positions.

        Examples
        --------
        >>> import popgraph as pg
        >>> pg.product([pg.zoo.hypercube(1)] * 1000).sample_views(5, rng=0).shape
        (5, 1000)
        """
        size = read_draws(size, DRAW_BYTES[0] + DRAW_BYTES[1] * self.d)
        return np.asarray(self.factor_kinds.sample(size, False, generator(rng))[:, 0])

    def sample_pairs(self, size: int, *, rng: Seed = None) -> Ints:
        """Draw positive pairs (x, x⁺): an array (size, 2, d) of positions, those of x in [:, 0].

        Examples
        --------
        >>> import popgraph as pg
        >>> pg.product([pg.zoo.hypercube(1)] * 1000).sample_pairs(5, rng=0).shape
        (5, 2, 1000)
        """
        size = read_draws(size, DRAW_BYTES[0] + DRAW_BYTES[1] * self.d)
        return np.asarray(self.factor_kinds.sample(size, True, generator(rng)))

    def outcomes(self, positions: Any) -> list[tuple[Any, ...]]:
        """Return views, given as positions (m, d), as tuples of outcomes.

        Examples
        --------
        >>> import numpy as np
        >>> import popgraph as pg
        >>> pg.product([pg.zoo.lightning_cloud(), pg.zoo.hypercube(1)]).outcomes(np.array([[3, 0]]))
        [(Image(cloud rotated, 9x9), (0,))]
        """
        return self.factor_kinds.outcomes(positions)

    def positions(self, views: Any) -> Ints:
        """Return views, given as tuples of outcomes, as positions (m, d), or `.InvalidArgument`; positions are checked.

        Examples
        --------
        >>> import popgraph as pg
        >>> pg.product([pg.zoo.hypercube(1)] * 3).positions([((1,), (0,), (1,))])
        array([[1, 0, 1]])
        """
        return self.factor_kinds.positions(views)

    def features(self, degree: int = 1) -> LowDegree:
        """Return functions that span all functions of up to ``degree`` coordinates: 1, and centred indicators, multiplied.

        Only the views' probabilities are used, and no eigenvector, so that `popgraph.train` may have them. `.InvalidArgument` if
        the degree is not in 0..d, `.TooLarge` if they are more than 10,000.

        Examples
        --------
        >>> import popgraph as pg
        >>> pg.product([pg.zoo.hypercube(1)] * 10).features(2)
        LowDegree(56 terms of degree 2 at most, k=56)
        """
        return features(self.factor_kinds, degree)

    def in_coordinates(self, f: Any, k: int | None = None, spectrum: Any = None) -> EigenfunctionCoordinates | None:
        """Return f beside the k leading eigenvectors, in the finitely many eigenfunctions that either is made of.

        Parameters
        ----------
        f : LowDegree, ProductTraining, ProductSpectrum, or callable positions (m, d) -> (m, k)
            An embedding of the product.
        k : int, optional
            The number of f's columns if not given.
        spectrum : ProductSpectrum, optional
            Of this product with at least k pairs.

        Returns
        -------
        EigenfunctionCoordinates or None
            None for a callable, and for a LowDegree of more than 500,000 coefficients or of factors of more than 800 views:
            `popgraph.verify_sampled` judges these.

        Raises
        ------
        InvalidEmbedding
            If f is none of these.
        InvalidArgument
            If k or the spectrum does not serve.

        Examples
        --------
        >>> import popgraph as pg
        >>> cube = pg.product([pg.zoo.hypercube(1)] * 1000)
        >>> cube.in_coordinates(cube.spectrum(2)).F[:3].tolist()
        [[1.0, 0.0], [0.0, 0.5], [0.0, 0.0]]
        """
        return in_coordinates(self.factor_kinds, f, k, spectrum)

    def restricted_to(self, features: LowDegree) -> ClassCoordinates:
        """Return Ā as the span of features sees it, in orthonormal coordinates: what `popgraph.train` descends on.

        Raises
        ------
        InvalidArgument
            If the features are no LowDegree of this product, or linearly dependent.

        Examples
        --------
        >>> import popgraph as pg
        >>> cube = pg.product([pg.zoo.hypercube(1)] * 50)
        >>> cube.restricted_to(cube.features(1)).trace  # 1, and 1/4 of each bit
        13.5
        """
        return restricted(self.factor_kinds, features)

    def expand(self) -> PopulationGraph:
        """Return the same population as an ordinary graph, whose views are tuples.

        They are in the order in which `popgraph.build` lists the tuples' own declaration: naturals in the order of
        ``itertools.product``, and the views of each by `popgraph.independently`, a factor's views in its own order. `.TooLarge`
        above 89 million entries of A.

        Examples
        --------
        >>> import popgraph as pg
        >>> pg.product([pg.zoo.hypercube(1)] * 3).expand().views[:2]
        (((0,), (0,), (0,)), ((0,), (0,), (1,)))
        """
        kinds = self.factor_kinds
        entries = kinds.product_of([graph.kernel.nnz for graph in kinds.kinds])
        if entries * BYTES_PER_ENTRY > MAX_BYTES_EXPANDED:
            needed = entries * BYTES_PER_ENTRY
            size = size_in_words(float(needed)) if needed < 10**18 else f"10^{int(log10(needed))} bytes"
            raise TooLarge(
                f"a graph of {count_in_words(self.N)} views with {count_in_words(entries)} entries of A needs {size}, more than "
                f"{size_in_words(MAX_BYTES_EXPANDED)}; spectrum, verify, train and sample_pairs need no list of views"
            )
        laws = [graph.population.distribution for graph in kinds.kinds]
        tables = [from_table(_rows(graph.population)) for graph in kinds.kinds]
        order = kinds.kind_of.tolist()
        joint = joint_distribution([laws[kind] for kind in order])
        return build(
            joint, independently([tables[kind] for kind in order]), name=self.name or f"product of {self.d} factors"
        )

    def __repr__(self) -> str:
        factors = f"{self.d:,} factor{'s' * (self.d != 1)}: "
        return f"ProductGraph({sizes_in_words(self, factors)})"

    def __str__(self) -> str:
        return "\n".join([repr(self), *(f"  {what:<18} {value}" for what, value in self._rows())])

    def _rows(self) -> list[tuple[str, str]]:
        """List what there is to say, as (what, value)."""
        kinds = self.factor_kinds
        rows = [
            (f"{copies:,} factor{'s' * (copies != 1)}", repr(kinds.kinds[kind]))
            for kind, copies in kinds.copies.items()
        ]
        more = [(f"{len(rows) - 8:,} other kinds", "")] if len(rows) > 8 else []
        spectrum = self.spectrum(1)
        levels = [f"{gamma:.6g} (x{count_in_words(count)})" for gamma, count in spectrum.multiplicities]
        return [*rows[:8], *more, ("eigenvalues of Ā", ", ".join(levels) + ("" if spectrum.complete else ", ..."))]

    def _repr_html_(self) -> str:
        return headed(repr(self), html_table(self._rows(), left=True))


def _rows(population: EnumeratedPopulation) -> dict[Any, Distribution]:
    """Return each natural's views, in the order of the graph's, exactly where they are."""
    A, rows = population.kernel, {}
    for i, natural in enumerate(population.distribution.outcomes):
        entries = range(A.indptr[i], A.indptr[i + 1])
        law: list[tuple[Any, Fraction | float]] = [
            (
                population.views[A.indices[at]],
                float(A.data[at]) if population.exact is None else population.exact.entry(at, i),
            )
            for at in entries
        ]
        rows[natural] = Distribution(law)
    return rows
