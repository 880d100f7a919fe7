"""`decompose_operator`: the leading eigenpairs of an Ā that is known by its products alone, with the usual certificate.

The components come with the operator, because whoever built it knows them; nothing can be read off entries here.
"""

from typing import Any

import numpy as np

from popgraph.basics.arguments import whole_number
from popgraph.basics.arrays import Floats, Ints, frozen
from popgraph.basics.arrays import norm as length
from popgraph.basics.blas import one_thread
from popgraph.basics.memory import reserve
from popgraph.basics.subspace import tolerance
from popgraph.errors import NotConverged, TooLarge, size_in_words
from popgraph.spectrum.basis import groups, null_vectors, reproducible_basis, signed
from popgraph.spectrum.certificate import AT_ONCE, certify, refute, witness
from popgraph.spectrum.policy import DENSE_LIMIT, check_solver, choose_solver
from popgraph.spectrum.solvers import iterative
from popgraph.spectrum.solvers.gram import OperatorProduct
from popgraph.spectrum.solvers.lanczos import MOST
from popgraph.spectrum.solvers.symmetric import eigenpairs
from popgraph.spectrum.value import SolverUse, Spectrum


@one_thread()
def decompose_operator(
    adjacency: Any, w_x: Floats, component: Ints, k: int, *, trace: float | None = None, solver: str | None = None
) -> Spectrum:
    """Return the k leading eigenpairs of Ā.

    Parameters
    ----------
    adjacency : LinearOperator (N, N)
        Ā, whose `matvec` is all that is used of it.
    w_x : (N,) array
        The views' probabilities; √w_x on each component is an eigenvector of eigenvalue 1.
    component : (N,) array
        The component of each view, 0, 1, ...
    k : int
        In 1..N.
    trace : float, optional
        Of Ā, where it has a closed form; it tells when nothing is left to be found.
    solver : {"dense", "iterative"}, optional
        None lets the policy choose, as for a sparse factor.

    Raises
    ------
    InvalidArgument
        If k or the solver is not one of these.
    NotConverged
        If an answer could not be certified.
    TooLarge
        If a dense solve would not fit.
    """
    n_views, count = len(w_x), int(component.max()) + 1
    k = whole_number("k", k, n_views)
    check_solver(solver)
    tops = _tops(w_x, component, min(k, count))
    if k < count:
        below, U, rest, bound = np.empty(0), np.empty((n_views, 0)), 1.0, 1.0
        method = f"{count} components have an eigenvalue 1 each"
        name, reason = "closed form", f"{k} of {count} components' top pairs suffice"
    else:
        left = None if trace is None else trace - count
        name, reason, (below, U, rest, bound, method) = _solve(adjacency, tops, k, left, solver)
    wanted = k - tops.shape[1]
    positive = int(np.sum(below > 0))
    V = np.zeros((n_views, k), order="F")
    V[:, : tops.shape[1]] = tops
    V[:, tops.shape[1] : tops.shape[1] + min(wanted, positive)] = _reproducible(below[:positive], U, wanted, n_views)
    if wanted > positive:
        V[:, count + positive :] = null_vectors(V[:, : count + positive], wanted - positive)
    for start in range(tops.shape[1], k, AT_ONCE):
        V[:, start : start + AT_ONCE] = signed(V[:, start : start + AT_ONCE])
    known = np.concatenate([np.ones(tops.shape[1]), below])
    if bound == 0.0:  # all others are 0
        known = np.concatenate([known, np.zeros(max(0, min(n_views, k + 1) - len(known)))])
    gamma = known[:k]
    residuals = np.array([length(adjacency.matvec(v) - g * v) for g, v in zip(gamma, V.T, strict=True)])
    excess = (float(known[k:].max(initial=rest)), float(known[k:].max(initial=bound)))
    if name == "iterative":
        refute(max(rest, witness(adjacency.matvec, V)), excess[1], k, n_views)
    return Spectrum(
        gamma=frozen(gamma.copy()),
        eigenvectors=frozen(V),
        w_x=w_x,
        residuals=frozen(residuals),
        gamma_known=frozen(known),
        floor=bound,
        components=count,
        certificate=certify(residuals, gamma, V, excess, method, n_views, tops=min(k, count)),
        solvers=(SolverUse(name, count, (n_views, n_views), reason, f"the operator Ā of {n_views:,} views"),),
        side=n_views,
    )


def _tops(w_x: Floats, component: Ints, count: int) -> Floats:
    """Return √w_x on each of the first components, as unit vectors (N, count)."""
    tops = np.zeros((len(w_x), count), order="F")
    here = component < count
    tops[np.flatnonzero(here), component[here]] = np.sqrt(w_x[here])
    return np.asarray(tops / np.linalg.norm(tops, axis=0))


def _solve(
    adjacency: Any, tops: Floats, k: int, trace: float | None, forced: str | None
) -> tuple[str, str, tuple[Floats, Floats, float, float, str]]:
    """Choose a solver and run it; dense takes over where iteration fails and it fits."""
    side = len(tops)
    name, reason = choose_solver(side, side, k, forced)
    if name == "dense" and side > DENSE_LIMIT:
        raise TooLarge(
            f"a dense solve of side {side:,} needs {size_in_words(24.0 * side**2)}; use a k well below {side // 8:,} so that "
            "the iterative solver serves"
        )
    # Vectors, as `policy` counts them, or LAPACK's squares
    most = 6 * side if name == "dense" else 3 * k + 2 * iterative.SPARE + max(iterative.ROOM * k, MOST)
    reserve(f"a solve of side {side:,} for {k:,} pairs", 8.0 * side * most, "use a smaller k")
    if name == "iterative":
        try:
            return name, reason, _iterative(adjacency, tops, k - tops.shape[1], trace)
        except NotConverged as error:
            if forced or side > DENSE_LIMIT:
                raise
            name, reason = "dense", f"the iterative solver gave up ({error})"
    return name, reason, _dense(adjacency, tops)


def _dense(adjacency: Any, tops: Floats) -> tuple[Floats, Floats, float, float, str]:
    """Return all eigenpairs orthogonal to the tops, which are taken out beforehand, largest first."""
    side = len(tops)
    whole = np.column_stack([adjacency.matvec(unit) for unit in np.eye(side)])
    ascending, U = eigenpairs((whole + whole.T) / 2 - tops @ tops.T)
    below = _rounded(ascending[::-1], side)[: side - tops.shape[1]]
    return below, U[:, ::-1][:, : len(below)], 0.0, 0.0, iterative.WHOLE


def _iterative(
    adjacency: Any, tops: Floats, wanted: int, trace: float | None
) -> tuple[Floats, Floats, float, float, str]:
    """Return the leading pairs orthogonal to the tops, as many as were found."""
    search = iterative.Search(OperatorProduct(adjacency), tops, trace)
    rest, bound, method = search.leading(wanted)
    below = _rounded(search.gamma[:wanted], search.side)
    return below, search.Q[:, search.tops :][:, : len(below)], rest, bound, method


def _rounded(gamma: Floats, side: int) -> Floats:
    """Clip eigenvalues to [0, 1]; what rounds to 0 is 0."""
    return np.where(gamma > tolerance(side), np.minimum(gamma, 1.0), 0.0)


def _reproducible(gamma: Floats, U: Floats, wanted: int, side: int) -> Floats:
    """Return the `wanted` leading of these eigenvectors, from a reproducible basis where an eigenvalue is repeated."""
    V = U[:, : min(wanted, len(gamma))]
    for run in groups(gamma, side):
        if run.stop - run.start > 1 and run.start < wanted:
            basis = reproducible_basis(U[:, run])
            V[:, run] = basis[:, : V.shape[1] - run.start]
    return V
