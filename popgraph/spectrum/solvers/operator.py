"""`decompose_operator`: the leading eigenpairs of an Ā that is known by its products alone, with the usual certificate.

The components come with the operator, because whoever built it knows them; nothing can be read off entries here.
"""

from typing import Any

import numpy as np

from popgraph.basics.arguments import whole_number
from popgraph.basics.arrays import Floats, Ints
from popgraph.basics.blas import one_thread
from popgraph.basics.memory import reserve
from popgraph.errors import NotConverged
from popgraph.spectrum.assemble import (
    Solution,
    assemble_spectrum,
    leading_eigenvectors,
    nothing_to_solve,
    rounded,
    unit_eigenvectors,
)
from popgraph.spectrum.policy import (
    DENSE_SOLVE_SIDE_LIMIT,
    NAMES_ON_OPERATOR,
    check_dense_side,
    check_solver,
    choose_solver,
    vectors_searched,
)
from popgraph.spectrum.solvers import deflation, iterative
from popgraph.spectrum.solvers.gram import OperatorProduct
from popgraph.spectrum.solvers.symmetric import eigenpairs
from popgraph.spectrum.value import SolverUse, Spectrum


@one_thread()
def decompose_operator(
    adjacency: Any, w_x: Floats, component: Ints, k: int, *, trace: float | None = None, solver: str | None = None
) -> Spectrum:
    """Return the k leading eigenpairs of Ā, a LinearOperator (N, N) of which only `matvec` is used; all else as of `decompose`.

    `component` (N,) numbers each view's component. `trace` is that of Ā, if it is known: it tells when no eigenvalue is left.
    """
    n_views, count = len(w_x), int(component.max()) + 1
    k = whole_number("k", k, n_views)
    check_solver(solver, NAMES_ON_OPERATOR)
    unit = unit_eigenvectors(component, w_x, min(k, count))
    subject = f"the operator Ā of {n_views:,} views"
    solution, U = nothing_to_solve(k, count, (n_views, n_views), subject), np.empty((n_views, 0))
    if solution is None:
        trace_below_1 = None if trace is None else trace - count
        solution, U = _solve(adjacency, np.asfortranarray(unit.toarray()), k, trace_below_1, solver)
    below = solution.gamma[count:]
    V = leading_eigenvectors(unit, below[below > 0], U, k, n_views)
    ways = OperatorProduct(adjacency)
    return assemble_spectrum(solution, V, w_x, lambda X: ways.vector(X) if X.ndim == 1 else ways.columns(X))


def _solve(adjacency: Any, unit: Floats, k: int, trace: float | None, forced: str | None) -> tuple[Solution, Floats]:
    """Choose a solver and run it; dense takes over where iteration fails and it fits."""
    side = len(unit)
    name, reason = choose_solver(side, side, k, forced)
    if name == "dense":
        check_dense_side(side)
    vectors = (
        6 * side if name == "dense" else k + vectors_searched(k, side)
    )  # LAPACK's squares, or the vectors of a search
    reserve(f"a solve of side {side:,} for {k:,} pairs", 8.0 * side * vectors, "use a smaller k")
    if name == "iterative":
        try:
            return _iterative(adjacency, unit, k, trace, reason)
        except NotConverged as error:
            if forced or side > DENSE_SOLVE_SIDE_LIMIT:
                raise
            reason = f"the iterative solver gave up ({error})"
    return _dense(adjacency, unit, reason)


def _dense(adjacency: Any, unit: Floats, reason: str) -> tuple[Solution, Floats]:
    """Return all eigenpairs; the unit eigenvectors are taken out beforehand, so that nothing near 1 mixes with them."""
    side, count = unit.shape
    full = np.column_stack([adjacency.matvec(row) for row in np.eye(side)])
    ascending, U = eigenpairs((full + full.T) / 2 - unit @ unit.T)
    below = rounded(ascending[::-1], side)[: side - count]
    return _solution(unit, below, (0.0, 0.0, deflation.WHOLE), ("dense", reason)), U[:, ::-1][:, : len(below)]


def _iterative(adjacency: Any, unit: Floats, k: int, trace: float | None, reason: str) -> tuple[Solution, Floats]:
    """Return the k leading eigenpairs, or as many as there are, and a bound on what is left."""
    search, wanted = iterative.Search(OperatorProduct(adjacency), unit, trace), k - unit.shape[1]
    remainder = search.leading(wanted)
    below = rounded(search.gamma[:wanted], search.side)
    return _solution(unit, below, remainder, ("iterative", reason)), search.eigenvectors[:, : len(below)]


def _solution(unit: Floats, below: Floats, left: tuple[float, float, str], use: tuple[str, str]) -> Solution:
    """Join the eigenvalues 1 and those below, what is known of the others, and the solver with the reason for it."""
    (side, count), (name, reason), (remainder, bound, excluded) = unit.shape, use, left
    solver = SolverUse(name, count, (side, side), reason, f"the operator Ā of {side:,} views")
    gamma = np.concatenate([np.ones(count), below])
    return Solution(gamma, count, excluded, (solver,), side, remainder, bound)
