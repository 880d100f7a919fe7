"""Leading eigenpairs of Ā from products with blocks of columns: Chebyshev-filtered subspace iteration, and what certifies it.

A block of b columns holds b copies of a repeated eigenvalue, so repeated eigenvalues are no danger to it; and b columns cost one
journey to the cluster. The tops of the components are known and removed, however many they are; what was found is removed
too, and the rest bounded by the Lanczos' method of `popgraph.spectrum`, or searched again.

References
----------
Zhou, Saad, Tiago and Chelikowsky, Self-consistent-field calculations using Chebyshev-filtered subspace iteration, J. Comput.
Phys. 219 (2006).
"""

from typing import Any

import numpy as np
import scipy.sparse as sp

from popgraph.arrays import Floats, Sparse
from popgraph.dask.products import Products
from popgraph.errors import NotConverged
from popgraph.spectrum.basis import orthonormal
from popgraph.spectrum.chebyshev import DEGREE, DRIFT, PLAIN, Filter, highest_degree
from popgraph.spectrum.iterative import BOUNDED, SEARCHED_AGAIN
from popgraph.spectrum.lanczos import Lanczos, largest_left
from popgraph.subspace import tolerance

AT_ONCE = 48  # pairs sought at once: the block stays below 64 columns
GUARD = 8  # columns beyond those sought, at least; as many as a quarter of them where that is more
STEPS = 120  # filters before a search is given up
SEARCHES = 64
DONE = 2e-13  # residual of a pair that is found; products round at 1e-15 or so
ENOUGH = 1e-10  # residual that will do where it falls no further
# By how much the filter's edge gives way, tenfold each time that the columns no longer improve: where an eigenvalue is repeated
# beyond the block, an edge at it would tell none of its copies from what lies below
SLACK, MOST_SLACK = 1e-2, 0.3


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
            if self.trace - self.gamma.sum() <= rounding or self._room == 0:
                return 0.0, 0.0, "the eigenvalues found sum to the trace"
            if (missing := wanted - len(self.gamma)) > 0:
                self._keep(*self._search(min(missing, AT_ONCE))[:2])
                continue
            floor = float(self.gamma[wanted - 1]) if wanted else 1.0
            lanczos = Lanczos(self._left_out, self.U, self.rng)
            rest, bound = largest_left(lanczos, floor - rounding)
            if bound < floor - rounding:
                return *self._beside_spare(wanted, rest, bound), BOUNDED
            gamma, U, residuals = self._search(1)
            if gamma[0] < rest * (1 - 1e-7):
                raise NotConverged(f"a second search found {gamma[0]:.6g} where Lanczos' method had seen {rest:.6g}")
            rest, bound = float(gamma[0]), float(gamma[0] + residuals[0]) + rounding
            if bound <= floor + 2 * rounding:
                return *self._beside_spare(wanted, rest, bound), SEARCHED_AGAIN
            self._keep(gamma, U)
        raise NotConverged(
            f"after {SEARCHES} searches there is still an eigenvalue {rest:.6g} above the {wanted}-th found below 1, "
            f"{floor:.6g}; take a k at a clean cut"
        )

    @property
    def _room(self) -> int:
        return self.products.N - int(self.tops.shape[1]) - len(self.gamma)

    def _beside_spare(self, wanted: int, rest: float, bound: float) -> tuple[float, float]:
        """Count the pairs that were found and not asked for among what is left."""
        if len(self.gamma) == wanted:
            return rest, bound
        spare = float(self.gamma[wanted])
        return max(rest, spare), max(bound, spare + tolerance(self.side))

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
        width = min(ask + max(GUARD, ask // 4), self._room)
        ask = min(ask, width)
        X, polynomial = self.rng.standard_normal((self.products.N, width)), PLAIN
        slack, before = 0.0, np.inf
        for step in range(STEPS):
            X = self._removed(self.products.filtered(X, polynomial) if step else X)
            theta, X, residuals = self._ritz(X)
            worst = float(residuals[:ask].max())
            stuck = worst > 0.5 * before
            if worst <= DONE or (stuck and worst <= ENOUGH):
                return theta[:ask], X[:, :ask], residuals[:ask]
            if stuck and step > 2:
                slack = min(MOST_SLACK, max(SLACK, 10 * slack))
            before, polynomial = worst, _filter(float(theta[-1]) * (1 - slack), float(theta[0]))
        raise NotConverged(
            f"{int(np.sum(residuals[:ask] <= ENOUGH))} of {ask} pairs converged in {STEPS} filtered steps (the worst residual is "
            f"{worst:.1e}): the eigenvalues near {theta[ask - 1]:.6g} lie too close; take a k at a clean cut"
        )

    def _ritz(self, X: Floats) -> tuple[Floats, Floats, Floats]:
        """Return the Ritz values of span X, largest first, their vectors, and the residuals' lengths."""
        length = np.linalg.norm(X, axis=0)
        Q, image = self.products.orthonormal_and_gram(X / np.where(length > 0, length, 1.0))
        # Dividing by a short column has magnified what was left of the tops and of U: removed again, here and from ĀQ
        tops, found = self.tops_transposed @ Q, self.U.T @ Q
        Q = Q - self.tops @ tops - self.U @ found
        image = image - self.tops @ tops - (self.U * self.gamma) @ found
        H = Q.T @ image
        ascending, S = np.linalg.eigh((H + H.T) / 2)
        theta, S = ascending[::-1], S[:, ::-1]
        X = Q @ S
        return theta, X, np.linalg.norm(image @ S - X * theta, axis=0)


def _filter(edge: float, top: float) -> Filter:
    """Choose the highest degree at which what rounding makes of the removed vectors (γ up to 1) can be removed afterwards."""
    if edge <= 1e-6 * top:
        return PLAIN
    degree = highest_degree(DRIFT, 2 / edge - 1)
    return Filter(edge, min(degree, DEGREE), DEGREE + 1) if degree > 1 else PLAIN


def top_vectors(of_view: Any, w_x: Floats) -> Sparse:
    """Return the unit vectors √w_x of the components, (N, components), an entry in each row."""
    root = np.sqrt(w_x)
    order = np.argsort(of_view, kind="stable")
    ends = np.cumsum(np.bincount(of_view))[:-1]
    # norm by norm: numpy's bincount adds one by one, and the sum of 10^6 would not be a unit's square to the last digits
    length = np.array([np.linalg.norm(part) for part in np.split(root[order], ends)])
    return Sparse((root / length[of_view], of_view, np.arange(len(root) + 1)), shape=(len(root), len(length)))
