"""The one loop of search, deflation and certificate: find leading eigenpairs, remove them from Ā, bound what is left, search again.

A solver that starts from one vector meets each repeated eigenvalue once; rounding finds some of its other copies, and nothing
tells how many are missing. So what was found is removed, and the largest eigenvalue of what is left is bounded from above
(`lanczos.py`). Where that bound does not settle it a longer look is taken (`look.py`), and what it finds joins the rest.

The loop is the same in memory, on an operator (both `iterative.py`) and on a cluster (`popgraph.dask`). What differs is how Ā
multiplies, and with it how more pairs are best found: vector by vector where a product is cheap, many columns at once where each
product is a journey.
"""

from typing import Any, NamedTuple, Protocol

import numpy as np

from popgraph.basics.arrays import Floats
from popgraph.basics.memory import reserve
from popgraph.basics.subspace import tolerance
from popgraph.errors import NotConverged
from popgraph.spectrum.certificate import Remainder
from popgraph.spectrum.solvers.chebyshev import Filter
from popgraph.spectrum.solvers.gaussian import GAUSSIAN_COLUMNS, bound_of_columns, bounding_filter
from popgraph.spectrum.solvers.lanczos import MOST_STEPS, Lanczos, largest_left
from popgraph.spectrum.solvers.look import MOST_STEPS_OF_LOOK, second_look
from popgraph.spectrum.solvers.symmetric import eigenpairs

MOST_ROUNDS = 64  # of the loop; each finds at least one copy of a repeated eigenvalue that was missed
BOUNDED = "a Lanczos bound leaves room for nothing above (it fails with probability below 1e-10)"
SEARCHED_AGAIN = "a longer look, at a filtered product, finds nothing above (it fails with probability below 1e-10)"
COLUMNS_BOUNDED = "filtered Gaussian columns leave room for nothing above (it fails with probability below 1e-10)"
SPENT = "the eigenvalues found sum to the trace"
WHOLE = "every eigenvalue computed"
MOST_VECTORS_OF_BOUND = MOST_STEPS_OF_LOOK  # that `bound_left` holds beside the basis


class Vectors(Protocol):
    """Ā times vectors, without the eigenpairs that are known. `side` sets the rounding to be expected."""

    side: int
    rng: np.random.Generator

    @property
    def basis(self) -> Floats:
        """Orthonormal columns of eigenvectors that `vector` does not remove by itself."""

    def vector(self, x: Any) -> Any:
        """Return Āx of a vector, or that of a matrix with Ā's eigenvalues."""

    def deflated_vector(self, x: Any) -> Any:
        """Remove the known eigenvectors from a vector."""


class Deflated(Vectors, Protocol):
    """Ā without the eigenpairs that are known, and a way to find more of them.

    `trace` is the sum of all eigenvalues below the components' 1, if it is known. `gamma` (m,) are those found, largest first.
    `advice` is what a user can do where the search fails.
    """

    trace: float | None
    gamma: Floats
    advice: str

    @property
    def unit_count(self) -> int:
        """The number of eigenvalues 1 that were known beforehand."""

    def room(self) -> int:
        """Return the dimension of the complement of what is known."""

    def find(self, count: int) -> tuple[Floats, Floats]:
        """Return about `count` more pairs: values (m,), largest first, and orthonormal vectors (side, m)."""

    def find_missed(self, run: Lanczos | None, floor: float, attempt: int) -> tuple[Floats, Floats]:
        """Return pairs above `floor` that earlier searches missed; `run` has seen one of them, if it is given."""

    def keep(self, gamma: Floats, U: Floats) -> None:
        """Join new pairs to those found."""

    def bound_left(self, floor: float) -> "Left":
        """Bound the eigenvalues beside those found, of which `floor` is the least wanted; `bound_left` below does so anywhere."""


class FilteredColumns(Protocol):
    """A polynomial of Ā times columns, beside the eigenvectors that are known; what a worker of a cluster does in one go."""

    side: int

    def room(self) -> int:
        """Return the dimension of the complement of what is known."""

    def gaussian_beside(self, width: int, polynomial: Filter) -> Floats:
        """Return fresh Gaussian columns without what is known, filtered; it is removed as often as the polynomial asks for."""

    def deflated(self, X: Floats) -> Floats:
        """Remove the known eigenvectors from columns."""

    def vector(self, x: Any) -> Any:
        """Return Āx of a vector."""


class Left(NamedTuple):
    """Say what is left: the largest eigenvalue seen there, a bound, why nothing there is above `floor` ("" if something may be).

    `run` has seen an eigenvalue above `floor`, if it is given.
    """

    largest: float
    bound: float
    excluded: str
    run: Lanczos | None = None


def find_leading(search: Deflated, wanted: int) -> Remainder:
    """Find the `wanted` leading pairs below the eigenvalue 1, and bound all other eigenvalues.

    Raises NotConverged if a search fails, or each search finds that the one before missed an eigenvalue.
    """
    rounding, attempt, floor, largest = tolerance(search.side), 0, 1.0, 1.0
    for _ in range(MOST_ROUNDS):
        # Ā is positive semidefinite: once the eigenvalues found sum to the trace, all others are 0
        if search.trace is not None and search.trace - search.gamma.sum() <= rounding:
            return Remainder(0.0, 0.0, SPENT)
        if search.room() == 0:
            return Remainder(0.0, 0.0, WHOLE)
        if (missing := wanted - len(search.gamma)) > 0:
            search.keep(*search.find(missing))
            continue
        floor = float(search.gamma[wanted - 1]) if wanted else 1.0
        largest, bound, excluded, run = search.bound_left(floor)
        if excluded:
            return Remainder(largest, bound, excluded)
        attempt += 1
        search.keep(*search.find_missed(run, floor + rounding, attempt))
    if missing > 0:
        failure = f"only {len(search.gamma)} of {wanted} eigenvalues below 1 are found"
    else:
        failure = (
            f"there is still an eigenvalue {largest:.6g} above the {wanted + search.unit_count}-th found, {floor:.6g}"
        )
    raise NotConverged(f"after {MOST_ROUNDS} searches {failure}; {search.advice}")


def bound_left(search: Vectors, floor: float, seconds: float = 0.0) -> Left:
    """Bound what is left by Lanczos' method, and where that does not settle it by a longer look at a filtered product.

    `seconds` is what a product costs, or 0.
    """
    rounding = tolerance(search.side)
    reserve(f"{MOST_STEPS} vectors of Lanczos' method", 8.0 * MOST_STEPS * search.side, "use a k at a clean cut")
    lanczos = Lanczos(search.vector, search.basis, search.rng)
    largest, bound = largest_left(lanczos, floor - rounding)
    if bound < floor - rounding:
        return Left(largest, bound, BOUNDED)
    largest, bound, run = second_look(search.vector, search.deflated_vector, lanczos, search.rng, floor, seconds)
    return Left(largest, bound, SEARCHED_AGAIN if bound <= floor + 2 * rounding else "", run)


def bound_left_by_columns(
    search: FilteredColumns, seen: tuple[float, float], floor: float, residual: float
) -> Left | None:
    """Bound what is left by filtered Gaussian columns, or return None where they do not settle it.

    `seen` is a lower bound on the largest eigenvalue left, and an estimate of it; `residual` is the norm of the known eigenvectors'
    residuals.
    """
    enough = floor - tolerance(search.side)
    polynomial = bounding_filter(search.side, seen[1], enough, residual)
    if polynomial is None or search.room() <= GAUSSIAN_COLUMNS:
        return None
    W = search.gaussian_beside(GAUSSIAN_COLUMNS, polynomial)
    bound = bound_of_columns(W, polynomial)
    if not bound < enough:
        return None
    # The combination of the columns that the filter magnified most is near the eigenvector of the largest eigenvalue left
    x = search.deflated(W @ eigenpairs(W.T @ W)[1][:, -1:])[:, 0]
    quotient = float(x @ search.vector(x)) / float(x @ x)
    return Left(max(seen[0], min(quotient, bound)), bound, COLUMNS_BOUNDED)
