"""`assemble_spectrum`: the one place where eigenpairs of Ā, whoever computed them, become a `Spectrum`.

A solver brings eigenvalues, eigenvectors and what it knows of the eigenvalues that it did not compute (`Solution`). Here the
eigenvectors get their signs, every pair is checked on Ā itself, and the result is certified.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from popgraph.basics.arrays import Floats, Ints, Sparse, frozen
from popgraph.basics.subspace import tolerance
from popgraph.spectrum.basis import groups, null_vectors, reproducible_basis, sign
from popgraph.spectrum.certificate import Remainder, certify, refute, residual_norms, witness
from popgraph.spectrum.value import SolverUse, Spectrum


@dataclass(frozen=True, eq=False)
class Solution:
    """What a solver found out about Ā, except for the eigenvectors."""

    gamma: Floats  # (K,) leading eigenvalues, descending, in [0, 1]; values within rounding of 0 are 0
    components: int  # how many of gamma are 1: one for each component
    excluded: str  # a sentence on how it is known that no other eigenvalue exceeds remainder_bound
    solvers: tuple[SolverUse, ...]
    side: int  # of the largest matrix that was solved; it determines the tolerances for rounding
    remainder: float = 0.0  # estimate of the largest eigenvalue that is not in gamma; 0 if all others are 0
    remainder_bound: float = 0.0  # an upper bound on that eigenvalue
    closed_form: bool = True  # whether the leading eigenvectors are `unit_eigenvectors`, which are exact for any gap
    residual: float = 0.0  # a residual to add to the measured one, if the pairs were made of other eigenpairs


def assemble_spectrum(
    solution: Solution,
    V: Floats,
    w_x: Floats,
    product: Callable[[Floats], Floats],
    *,
    residuals: Floats | None = None,
    at_once: int | None = None,
) -> Spectrum:
    """Return the leading eigenpairs of Ā as a certified `Spectrum`; raises NotConverged if they are not eigenpairs up to rounding.

    `V` (N, k) has orthonormal eigenvectors of the k leading eigenvalues, and is overwritten. `product` maps X (N,) or (N, m) to ĀX,
    and is applied to `at_once` columns at a time; by default to as many as take little memory. `residuals` (k,) replace those of Ā
    in the certificate, if they are given.
    """
    (n_views, k), listed, bound = V.shape, solution.gamma, solution.remainder_bound
    if bound == 0.0:  # all others are 0; Ritz values are listed to the last, and there are no others
        wanted = min(n_views, k + 1) if solution.closed_form else k
        known = listed = np.concatenate([listed, np.zeros(max(0, wanted - len(listed)))])
    else:
        # Pairs beyond those listed have eigenvalues that rounding cannot tell from 0, though their sum may be told from it
        listed = np.concatenate([listed, np.zeros(max(0, k - len(listed)))])
        known = listed[: max(k, int(np.sum(listed > bound)))]
    gamma, next_listed = listed[:k].copy(), float(listed[k]) if k < len(listed) else 0.0
    remainder = Remainder(max(next_listed, solution.remainder), max(next_listed, bound), solution.excluded)
    unit_count = min(k, solution.components) if solution.closed_form else 0
    sign(V[:, unit_count:])  # the others are positive as they are
    measured = residual_norms(product, gamma, V, at_once) + solution.residual
    if any(use.solver in ("iterative", "shift-invert") for use in solution.solvers):
        refute(max(solution.remainder, witness(product, V)), remainder.bound, k, solution.side)
    certified = measured if residuals is None else residuals
    certificate = certify(certified, gamma, V, remainder, solution.side, unit_count=unit_count)
    return Spectrum(
        gamma=frozen(gamma),
        eigenvectors=frozen(V),
        w_x=w_x,
        residuals=frozen(measured),
        gamma_known=frozen(known),
        floor=bound,
        components=solution.components,
        certificate=certificate,
        solvers=solution.solvers,
        side=solution.side,
    )


def nothing_to_solve(k: int, components: int, shape: tuple[int, int], what: str = "") -> Solution | None:
    """Return the solution of a graph whose k leading eigenvalues, or all positive ones, are those of its components.

    None if there may be others: from k = components on the next eigenvalue must be known to tell the gap.
    """
    if k >= components and components < shape[1]:
        return None
    remainder = 1.0 if k < components else 0.0
    reason = f"the unit eigenvectors of {k} of {components} components suffice"
    return Solution(
        np.ones(components),
        components,
        f"{components} components have an eigenvalue 1 each",
        (SolverUse("closed form", components, shape, reason, what),),
        1,
        remainder,
        remainder,
    )


def unit_eigenvectors(component: Ints, w_x: Floats, count: int) -> Sparse:
    """Return √w_x on each of the first `count` components, scaled to length 1: (N, count), at most an entry in each row.

    `component` (N,) is the component of each view, 0, 1, ...
    """
    views, of_view, values = _unit_entries(component, w_x, count)
    starts = np.searchsorted(views, np.arange(len(w_x) + 1))
    return Sparse((values, of_view, starts), shape=(len(w_x), count))


def put_unit_eigenvectors(V: Floats, component: Ints, w_x: Floats, count: int) -> None:
    """Write the `unit_eigenvectors` into the first `count` columns of zeros (N, k)."""
    views, of_view, values = _unit_entries(component, w_x, count)
    V[views, of_view] = values


def _unit_entries(component: Ints, w_x: Floats, count: int) -> tuple[Ints, Ints, Floats]:
    """Return the views of the first components, ascending, the component of each, and the unit eigenvectors' entries."""
    # Ā √w_x = D^-1/2 w 1 = √w_x, and as w is block diagonal this holds on each component by itself (THEORY 2.2)
    views = np.flatnonzero(component < count)
    root, of_view = np.sqrt(w_x[views]), component[views]
    if count == 1:  # as a graph mostly is
        return views, of_view, root / np.linalg.norm(root)
    order = np.argsort(of_view, kind="stable")
    ends = np.cumsum(np.bincount(of_view, minlength=count))[:-1]
    # Norm by norm: numpy's bincount adds one by one, and the sum of 10^6 would not be a unit's square to the last digits
    length = np.array([np.linalg.norm(part) for part in np.split(root[order], ends)])
    return views, of_view, root / length[of_view]


def leading_eigenvectors(unit: Sparse, gamma: Floats, U: Floats, k: int, side: int) -> Floats:
    """Write the k leading eigenvectors (N, k): unit eigenvectors, then U, then null vectors.

    `unit` (N, c) has the first min(k, components) `unit_eigenvectors`, `gamma` (m,) the positive eigenvalues below 1, descending,
    and `U` (N, v) their leading eigenvectors. If the last one needed is repeated, U has the vectors of all its copies.
    """
    V = np.zeros((unit.shape[0], k), order="F")
    entries = unit.tocoo()
    V[entries.row, entries.col] = entries.data
    start, stop = unit.shape[1], min(k, unit.shape[1] + len(gamma))
    V[:, start:stop] = reproducible(gamma, U, stop - start, side)
    if stop < k:
        V[:, stop:] = null_vectors(V[:, :stop], k - stop)
    return V


def reproducible(gamma: Floats, U: Floats, count: int, side: int) -> Floats:
    """Return the first `count` of these eigenvectors (N, v), from a reproducible basis where an eigenvalue is repeated."""
    V = np.empty((len(U), count), order="F")
    for run in groups(gamma, side):
        if run.start >= count:
            break
        eigenspace, wanted = U[:, run], min(run.stop, count) - run.start
        V[:, run.start : run.start + wanted] = (
            eigenspace if eigenspace.shape[1] == 1 else reproducible_basis(eigenspace, wanted)
        )
    return V


def rounded(gamma: Floats, side: int) -> Floats:
    """Return eigenvalues clipped to [0, 1], where what rounding cannot tell from 0 is 0."""
    return np.where(gamma > tolerance(side), np.minimum(gamma, 1.0), 0.0)
