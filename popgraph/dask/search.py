"""Leading eigenpairs of Ā from products with blocks of columns: Chebyshev-filtered subspace iteration, and what certifies it.

A block of b columns holds b copies of a repeated eigenvalue, so repeated eigenvalues are no danger to it; and b columns cost one
journey to the cluster. The tops of the components are known and removed, however many they are; what was found is removed
too, and the rest bounded by the Lanczos' method of `popgraph.spectrum`, or searched again.
"""

import numpy as np
import scipy.sparse as sp

from popgraph.basics.arrays import Floats, Sparse
from popgraph.basics.subspace import tolerance
from popgraph.dask.products import Products
from popgraph.errors import NotConverged
from popgraph.spectrum.basis import orthonormal
from popgraph.spectrum.solvers import block
from popgraph.spectrum.solvers.chebyshev import Filter
from popgraph.spectrum.solvers.iterative import BOUNDED, SEARCHED_AGAIN
from popgraph.spectrum.solvers.lanczos import Lanczos, largest_left
from popgraph.spectrum.solvers.look import second_look

AT_ONCE = 48  # pairs sought at once: the block stays below 64 columns
SEARCHES = 64
DONE = 2e-13  # residual of a pair that is found; products round at 1e-15 or so


class Search:
    """Find leading eigenpairs of Ā orthogonal to the components' tops.

    Parameters
    ----------
    products : Products
    tops : (N, components) csr_array
        The tops, an entry in each row.
    trace : float
        Of Ā without its tops.
    side : int
        min(n, N), the most that the rank can be.
    """

    def __init__(self, products: Products, tops: Sparse, trace: float, side: int) -> None:
        self.products, self.tops, self.trace, self.side = products, tops, trace, side
        self.tops_transposed = sp.csr_array(tops.T)
        self.rng = np.random.default_rng(0)
        self.gamma: Floats = np.empty(0)
        self.U: Floats = np.empty((products.N, 0), order="F")

    def leading(self, wanted: int) -> tuple[float, float, str]:
        """Find the `wanted` leading pairs; return the largest eigenvalue left, a bound on it, and how it is known.

        Raises
        ------
        NotConverged
            If the columns do not converge, or the second search keeps finding more.
        """
        rounding, floor, rest = tolerance(self.side), 1.0, 1.0
        for _ in range(SEARCHES):
            if self.trace - self.gamma.sum() <= rounding or self.room() == 0:
                return 0.0, 0.0, "the eigenvalues found sum to the trace"
            if (missing := wanted - len(self.gamma)) > 0:
                self._keep(*self._search(min(missing, AT_ONCE))[:2])
                continue
            floor = float(self.gamma[wanted - 1]) if wanted else 1.0
            lanczos = Lanczos(self._left_out, self.U, self.rng)
            rest, bound = largest_left(lanczos, floor - rounding)
            if bound < floor - rounding:
                return *self._beside_spare(wanted, rest, bound), BOUNDED
            rest, bound, _ = second_look(self._left_out, self._removed, lanczos, self.rng, floor)
            if bound <= floor + 2 * rounding:
                return *self._beside_spare(wanted, rest, bound), SEARCHED_AGAIN
            self._keep(*self._search(1)[:2])
        raise NotConverged(
            f"after {SEARCHES} searches there is still an eigenvalue {rest:.6g} above the {wanted}-th found below 1, "
            f"{floor:.6g}; take a k at a clean cut"
        )

    def _beside_spare(self, wanted: int, rest: float, bound: float) -> tuple[float, float]:
        """Count the pairs that were found and not asked for among what is left."""
        spare = float(self.gamma[wanted]) if len(self.gamma) > wanted else 0.0
        return max(rest, spare), max(bound, spare) + tolerance(self.side)

    def _keep(self, gamma: Floats, U: Floats) -> None:
        """Join new pairs to those found, largest first."""
        joined = np.concatenate([self.gamma, gamma])
        order = np.argsort(-joined, kind="stable")
        Q = orthonormal(np.column_stack([self.U, self._removed(U)]))
        self.gamma, self.U = joined[order], np.asfortranarray(Q[:, order])

    def _left_out(self, x: Floats) -> Floats:
        """Return Āx without the tops' part, of a vector."""
        y: Floats = self.products.gram(x)
        return np.asarray(y - self.tops @ (self.tops_transposed @ x))

    def _removed(self, X: Floats) -> Floats:
        """Remove the tops and what was found from columns, twice, which is enough."""
        for _ in range(2):
            X = X - self.tops @ (self.tops_transposed @ X)
            X = X - self.U @ (self.U.T @ X)
        return X

    def _search(self, ask: int) -> tuple[Floats, Floats, Floats]:
        """Return the `ask` leading pairs of what is left, and their residuals."""
        return block.search(self, min(ask, self.room()), DONE, max(DONE, tolerance(self.side) / 4))

    # --- what a block search asks for

    def room(self) -> int:
        """Return how many dimensions are left."""
        return self.products.N - int(self.tops.shape[1]) - len(self.gamma)

    def start(self, width: int) -> Floats:
        """Return random columns."""
        return self.rng.standard_normal((self.products.N, width))

    def filtered(self, X: Floats, polynomial: Filter) -> Floats:
        """Return the filtered product with columns."""
        return self.products.filtered(X, polynomial)

    def removed(self, X: Floats) -> Floats:
        """Remove the tops and what was found from columns, twice, which is enough."""
        return self._removed(X)

    def projected(self, X: Floats) -> tuple[Floats, Floats]:
        """Return orthonormal columns Q that span X, and ĀQ, on the complement of what is found.

        Dividing by a short column has magnified what was left of the tops and of U: it is removed again, here and from ĀQ.
        """
        Q, image = self.products.orthonormal_and_gram(X)
        tops, found = self.tops_transposed @ Q, self.U.T @ Q
        Q = Q - self.tops @ tops - self.U @ found
        return Q, image - self.tops @ tops - (self.U * self.gamma) @ found
