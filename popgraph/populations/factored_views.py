"""`FactoredViews`: what a graph does with its factor M alone, where Ā = MᵀM: products with Ā, its trace, its components."""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse.linalg import aslinearoperator

from popgraph.basics.arrays import Floats, Ints, Sparse
from popgraph.basics.products import Rows
from popgraph.populations import weights
from popgraph.populations.columns import read_columns
from popgraph.populations.listed_views import ListedViews
from popgraph.spectrum import Components, find_components

MAX_ENTRIES_TRANSPOSED = 2**27  # of M: up to this Mᵀ is kept by rows too, 1.6 GB, and products take half the time


class FactoredViews(ListedViews):
    """A graph of N listed views with a factor M, an array (m, N); a subclass has it as `factor`."""

    if TYPE_CHECKING:  # as in `ListedViews`

        @property
        def factor(self) -> Sparse: ...  # noqa: D102
        @property
        def N(self) -> int: ...  # noqa: D102

    @property
    def adjacency(self) -> Floats:
        """The normalised adjacency Ā = D^-1/2 w D^-1/2, a dense (N, N) array; `.TooLarge` above 1 GiB."""
        return weights.dense_adjacency(self.factor)

    def operator(self) -> Any:
        """Return Ā as a scipy LinearOperator (N, N) that multiplies by M and Mᵀ, and forms nothing.

        Examples
        --------
        >>> import popgraph as pg
        >>> pg.zoo.hypercube(1).operator() @ [1, 0]
        array([0.625, 0.375])
        """
        return (M := aslinearoperator(self.factor)).H @ M

    def gram(self, X: Floats) -> Floats:
        """Return ĀX of a vector (N,) or of columns (N, k), through M; `.InvalidArgument` if X is none of these.

        Examples
        --------
        >>> import popgraph as pg
        >>> pg.zoo.hypercube(1).gram([1, 0])
        array([0.625, 0.375])
        """
        by_natural, by_view = self._rows
        return np.asarray(by_view(by_natural(read_columns(X, self.N))))

    @cached_property
    def _rows(self) -> tuple[Callable[[Floats], Any], Callable[[Floats], Any]]:
        """Multiply by M, and by Mᵀ."""
        by_natural, transposed = Rows(self.factor), self.factor.T
        few = self.factor.nnz <= MAX_ENTRIES_TRANSPOSED
        return by_natural, Rows(transposed.tocsr()) if few else lambda Z: transposed @ Z

    @property
    def trace(self) -> float:
        """The trace of Ā: Σ_x w_xx / w_x."""
        return float(np.sum(self.factor.data**2))

    @cached_property
    def _split(self) -> Components:
        return find_components(self.factor)

    @property
    def components(self) -> Ints:
        """The component of each view, (N,), numbered by first view: 0, 1, ..."""
        return self._split.of_column

    @property
    def component_count(self) -> int:
        """The number of connected components: the multiplicity of the eigenvalue 1 [THEORY 2.3]."""
        return self._split.count
