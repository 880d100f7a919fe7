"""`MixtureGraph`: a class variable chooses among product populations; the graph is known by its products with vectors alone.

w = Σ_c π_c ⊗_j w_j^c is a sum of Kronecker products, and so is the diagonal D of its row sums. Ā = D^-1/2 w D^-1/2 is not, and its
eigenvalues have no closed form: they are found iteratively, and certified as those of any graph.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import LinearOperator

from popgraph.basics.arguments import generator
from popgraph.basics.arguments.classes import label_column
from popgraph.basics.arrays import Floats, Immutable, Ints
from popgraph.declare import Distribution, Seed
from popgraph.errors import TooLarge
from popgraph.populations.building import build
from popgraph.populations.columns import read_columns
from popgraph.populations.graph import PopulationGraph
from popgraph.populations.printing import sizes_in_words
from popgraph.populations.sampling import read_draws
from popgraph.populations.structure.summed import SummedProducts
from popgraph.populations.structure.tuples import ClassedTuples, Tuples
from popgraph.spectrum import Spectrum, decompose_operator

MAX_ENTRIES_LISTED = 2**24  # of the kernel, by `expand`


@dataclass(frozen=True, eq=False, repr=False)
class MixtureGraph(Immutable):
    """Hold a mixture of product populations; made by `mixture`.

    It answers as a `.PopulationGraph` does, but neither w nor A is ever formed: `kernel`, `factor` and `gram` multiply.

    Attributes
    ----------
    law : Distribution
        The classes and their probabilities π.
    factors : tuple of tuples of PopulationGraph
        Of each class, one for each coordinate.
    coordinates : tuple of tuples
        The outcomes of each coordinate's views, of all classes.
    name : str
        How it prints.

    See Also
    --------
    mixture : Make one.
    ProductGraph : Of one class.
    popgraph.PopulationGraph : With all its naturals and views listed.

    Examples
    --------
    >>> import popgraph as pg
    >>> from popgraph import structure
    >>> cats, dogs = [pg.zoo.hypercube(1)] * 2, [pg.zoo.hypercube(1, 0.4)] * 2
    >>> graph = structure.mixture({"cat": 0.5, "dog": 0.5}, {"cat": cats, "dog": dogs})
    >>> graph.d, graph.n, graph.N
    (2, 8, 4)
    """

    law: Distribution
    factors: tuple[tuple[PopulationGraph, ...], ...]
    coordinates: tuple[tuple[Hashable, ...], ...]
    name: str = ""

    is_exact = False  # products of operators are floats; `build` the expanded population for fractions

    @property
    def d(self) -> int:
        """The number of coordinates."""
        return len(self.coordinates)

    @property
    def sizes(self) -> tuple[int, ...]:
        """The number of views of each coordinate."""
        return tuple(len(outcomes) for outcomes in self.coordinates)

    @property
    def n(self) -> int:
        """The number of naturals."""
        return sum(self._arrays.naturals)

    @property
    def N(self) -> int:
        """The number of views."""
        return len(self.w_x)

    @property
    def entries(self) -> int:
        """The number of entries that A would have as a sparse matrix: Σ_c Π_j nnz(A_j^c)."""
        return sum(prod(int(factor.kernel.nnz) for factor in of_class) for of_class in self.factors)

    @property
    def views(self) -> Tuples:
        """The N views, tuples; row i of every (N, ...) array belongs to views[i]."""
        return Tuples(self.coordinates, self._arrays.cells)

    @property
    def naturals(self) -> ClassedTuples:
        """The n naturals (c, (x̄_1, ..., x̄_d)), class by class; each is made when it is asked for."""
        return ClassedTuples(
            tuple(self.law), tuple(Tuples(tuple(factor.naturals for factor in row)) for row in self.factors)
        )

    @property
    def p(self) -> Floats:
        """The naturals' probabilities π_c ⊗_j p_j^c, (n,)."""
        return self._arrays.probabilities

    @property
    def kernel(self) -> LinearOperator:
        """A(x|x̄) as a scipy LinearOperator (n, N): ``kernel @ X`` and ``kernel.T @ Y`` of vectors or columns."""
        return self._arrays.kernel

    @property
    def labels(self) -> Any:
        """The class of each natural, (n,); naturals are ordered class by class, the last coordinate running fastest."""
        return np.repeat(self._classes, self._arrays.naturals)

    @property
    def view_labels(self) -> Any:
        """The most probable class of each view, (N,): argmax_c π_c ⊗_j w_x,j^c, on a tie the first."""
        best, most = np.zeros(self.N, dtype=np.intp), np.zeros(self.N)
        for c, mass in enumerate(self._arrays.masses()):
            best[mass > most] = c
            np.maximum(mass, most, out=most)
        return self._classes[best]

    @property
    def w_x(self) -> Floats:
        """The views' probabilities, (N,): a sum of products, not a product."""
        return self._arrays.view_probabilities

    def operator(self) -> LinearOperator:
        """Return Ā as a scipy LinearOperator (N, N): for each class one pass over each group of coordinates.

        Examples
        --------
        >>> import popgraph as pg
        >>> from popgraph import structure
        >>> import numpy as np
        >>> graph = structure.mixture([0, 1], {0: [pg.zoo.hypercube(1)] * 3, 1: [pg.zoo.hypercube(1, 0.4)] * 3})
        >>> np.allclose(graph.operator() @ np.sqrt(graph.w_x), np.sqrt(graph.w_x))
        True
        """
        return self._arrays.adjacency

    def gram(self, X: Floats) -> Floats:
        """Return ĀX of a vector (N,) or of columns (N, k).

        Examples
        --------
        >>> import popgraph as pg
        >>> from popgraph import structure
        >>> import numpy as np
        >>> structure.mixture([0], {0: [pg.zoo.hypercube(1)] * 3}).gram(np.eye(8)).shape
        (8, 8)
        """
        return np.asarray(self._arrays.adjacency @ read_columns(X, self.N))

    @property
    def trace(self) -> float:
        """The trace of Ā: Σ_x w_xx / w_x."""
        return self._arrays.trace

    @property
    def factor(self) -> LinearOperator:
        """M as a scipy LinearOperator (n, N), with Ā = MᵀM; the rows are the naturals, class by class.

        It costs as many entries in memory as there are naturals for each vector, where ``operator()`` costs N.
        """
        return self._arrays.factor()

    @property
    def components(self) -> Ints:
        """The component of each view, (N,), numbered by first view: 0, 1, ..."""
        return self._arrays.components

    @property
    def component_count(self) -> int:
        """The number of connected components: the multiplicity of the eigenvalue 1."""
        return int(self.components.max()) + 1

    def spectrum(self, k: int, *, solver: str | None = None) -> Spectrum:
        """Return the k leading eigenpairs of Ā, certified, as of `.PopulationGraph.spectrum`; dense up to 800 views.

        `.InvalidArgument` if k is not in 1..N, or the solver is another; `.NotConverged` if an answer could not be certified;
        `.TooLarge` if k is so large a part of so many views that only a dense solve would serve, and it does not fit.

        Examples
        --------
        >>> import popgraph as pg
        >>> from popgraph import structure
        >>> graph = structure.mixture([0, 1], {0: [pg.zoo.lightning_cloud()], 1: [pg.zoo.lightning_cloud()]})
        >>> graph.spectrum(2).gamma
        array([1., 1.])
        """
        return decompose_operator(self._arrays.adjacency, self.w_x, self.components, k, trace=self.trace, solver=solver)

    def sample_views(self, size: int, *, rng: Seed = None) -> Ints:
        """Draw views from w_x: an array (size,) of positions in `views`.

        Examples
        --------
        >>> import popgraph as pg
        >>> from popgraph import structure
        >>> structure.mixture([0], {0: [pg.zoo.hypercube(1)] * 3}).sample_views(3, rng=0).shape
        (3,)
        """
        return self.sample_pairs(size, rng=rng)[:, 0]

    def sample_pairs(self, size: int, *, rng: Seed = None) -> Ints:
        """Draw positive pairs (x, x⁺): a class, a natural of it, then two of its views; (size, 2) positions in `views`.

        `.InvalidArgument` if size is no whole number from 0 to 2³¹, or rng is no seed; `.TooLarge` if there is not the memory.

        Examples
        --------
        >>> import popgraph as pg
        >>> from popgraph import structure
        >>> structure.mixture([0], {0: [pg.zoo.hypercube(1)] * 3}).sample_pairs(3, rng=0).shape
        (3, 2)
        """
        source = generator(rng)
        size = read_draws(size, 96.0)
        drawn = source.choice(len(self.law.probabilities), size, p=self.law.probabilities)
        cells = np.zeros((size, 2), dtype=np.intp)
        for c, (of_class, places) in enumerate(zip(self.factors, self._places, strict=True)):
            rows = np.flatnonzero(drawn == c)
            for factor, place, width in zip(of_class, places, self.sizes, strict=True):
                cells[rows] = cells[rows] * width + place[factor.sample_pairs(len(rows), rng=source)]
        return cells if self._arrays.cells is None else np.searchsorted(self._arrays.cells, cells)

    def expand(self) -> PopulationGraph:
        """Return the same population as an ordinary graph, its naturals and views in the same order, labelled by class.

        `.TooLarge` if the kernel has more than 16,777,216 entries.

        Examples
        --------
        >>> import popgraph as pg
        >>> from popgraph import structure
        >>> structure.mixture([0, 1], {0: [pg.zoo.hypercube(1)] * 3, 1: [pg.zoo.hypercube(1, 0.4)] * 3}).expand()
        PopulationGraph(16 naturals, 8 views, 1 component)
        """
        if self.entries > MAX_ENTRIES_LISTED:
            raise TooLarge(
                f"the kernel has {self.entries:,} entries, more than {MAX_ENTRIES_LISTED:,}; spectrum, verify, train and "
                "sample_pairs need no list of them"
            )
        blocks = []
        for of_class, places in zip(self.factors, self._places, strict=True):
            block: Any = sp.csr_array(np.ones((1, 1)))
            for factor, place, width in zip(of_class, places, self.sizes, strict=True):
                kernel = factor.kernel
                spread = sp.csr_array((kernel.data, place[kernel.indices], kernel.indptr), shape=(factor.n, width))
                block = sp.kron(block, spread, format="csr")
            blocks.append(block)
        kernel = sp.csr_array(sp.vstack(blocks))
        if self._arrays.cells is not None:
            kernel = sp.csr_array(kernel[:, self._arrays.cells])
        law = Distribution(list(zip(self.naturals, self.p.tolist(), strict=True)))
        return build(law, kernel, views=list(self.views), labels=list(self.labels), name=self.name)

    @cached_property
    def _classes(self) -> Any:
        return label_column(list(self.law))

    @cached_property
    def _places(self) -> list[list[Ints]]:
        """Where the views of each class's factor stand in the coordinate."""
        positions = [{x: i for i, x in enumerate(outcomes)} for outcomes in self.coordinates]
        return [
            [np.array([at[x] for x in factor.views], dtype=np.intp) for factor, at in zip(row, positions, strict=True)]
            for row in self.factors
        ]

    @cached_property
    def _arrays(self) -> SummedProducts:
        return SummedProducts(
            self.law.probabilities,
            self.sizes,
            [[factor.p for factor in row] for row in self.factors],
            [[factor.kernel for factor in row] for row in self.factors],
            [[factor.w_x for factor in row] for row in self.factors],
            self._places,
            [[factor.components for factor in row] for row in self.factors],
        )

    def __repr__(self) -> str:
        classes = f"{len(self.law)} class{'es' * (len(self.law) != 1)} of {self.d} coordinate{'s' * (self.d != 1)}, "
        return f"MixtureGraph({sizes_in_words(self, classes)})"
