"""`decompose`: split M into components, choose a solver for each shape of component, and merge what they return.

ARPACK, LOBPCG and randomised SVD silently return wrong spectra on graphs with repeated eigenvalues, and population graphs
have one eigenvalue 1 for each component. So the components come first, their top pairs from a closed form, and what is
solved at all is certified afterwards.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from popgraph.basics.arguments import whole_number
from popgraph.basics.arrays import Floats, Ints, Sparse, frozen
from popgraph.basics.blas import one_thread
from popgraph.basics.memory import reserve
from popgraph.errors import InvalidArgument, NotConverged, TooLarge, shorten, size_in_words
from popgraph.spectrum.basis import groups, null_vectors, reproducible_basis, signed
from popgraph.spectrum.certificate import AT_ONCE, certify, refute, residual_norms, witness
from popgraph.spectrum.components import Components, Stack, find_components, stacks
from popgraph.spectrum.merging import merge
from popgraph.spectrum.pairs import Pairs
from popgraph.spectrum.product import solve as factored
from popgraph.spectrum.solvers import closed_form, dense, iterative
from popgraph.spectrum.solvers.lanczos import MOST
from popgraph.spectrum.value import SolverUse, Spectrum

SOLVERS = {"closed form": closed_form.solve, "dense": dense.solve, "iterative": iterative.solve}
DENSE_SIDE = 800  # up to here LAPACK's all eigenvalues cost less than ARPACK's few with their second search
DENSE_LIMIT = 20_000  # side of the largest dense solve: three matrices of 3.2 GB
FEW = 8  # ARPACK pays off when at most one eigenvalue in so many is wanted

LESS = {  # what to do where a solver does not fit
    "dense": f"use a k below an {FEW}th of the side, for which the iterative solver serves",
    "iterative": "use a smaller k",
    "closed form": "use a smaller k",
}


@dataclass(frozen=True, eq=False)
class Found:
    """Say where one eigenpair came from: its component, its place in that component, and the pairs it is one of."""

    gamma: Floats  # (c,) values below the top, over all components
    component: Ints  # (c,)
    place: Ints  # (c,)
    pairs: dict[int, tuple[Pairs, int]]  # component -> (pairs of its stack, its position there)
    uses: list[SolverUse]
    rest: float  # the largest eigenvalue that is not listed, as well as it is known
    rest_bound: float  # and an upper bound on it
    side: int
    row: Ints  # (N,) the row of each view in the eigenvectors of its block, which several proportional views may share
    share: Floats  # (N,) and its share of that row

    def on_views(self, views: Ints, vectors: Floats) -> Floats:
        """Write eigenvectors of the merged graph's block as those of the component with these views."""
        if len(views) == len(vectors):
            return vectors
        return np.asarray((vectors[self.row[views]].T * self.share[views]).T)


@one_thread()
def decompose(
    factor: Sparse,
    w_x: Floats,
    k: int,
    *,
    components: Components | None = None,
    solver: str | None = None,
    grid: factored.Grid | None = None,
) -> Spectrum:
    """Return the k leading eigenpairs of Ā = MᵀM.

    When k < components nothing is solved at all; at k = components the pairs are known in closed form too, and only the next
    eigenvalue is sought, to tell the gap.

    Parameters
    ----------
    factor : (n, N) csr_array
        M.
    w_x : (N,) array
        The views' probabilities, as the row sums of w.
    k : int
        In 1..N.
    components : Components, optional
        Of the factor, if they are known.
    solver : {"dense", "iterative"}, optional
        Force a solver on every component of rank above 1; the certificate still runs. None lets the policy choose.
    grid : Grid, optional
        If the factor is a Kronecker product: its spectrum is then made of those of its factors, unless a solver is forced.

    Raises
    ------
    InvalidArgument
        If k or the solver is not one of these.
    NotConverged
        If an answer could not be certified.
    TooLarge
        If a dense solve would not fit.
    """
    n_views = factor.shape[1]
    k = whole_number("k", k, n_views)
    check_solver(solver)
    reserve(f"{k:,} eigenvectors over {n_views:,} views", 8.0 * n_views * (k + min(k, AT_ONCE)), "use a smaller k")
    parts = find_components(factor) if components is None else components
    if grid is not None and solver is None and k >= parts.count:
        spectra = [decompose(M, w, len(w)) for M, w in grid.factors]
        if (whole := factored.solve(factor, w_x, k, parts, grid, spectra)) is not None:
            return whole
    found = _solve_components(factor, w_x, parts, int(k), solver)
    try:
        return _certified(factor, w_x, parts, found, int(k))
    except NotConverged as error:
        iterated = solver is None and any(use.solver == "iterative" for use in found.uses)
        if not iterated or found.side > DENSE_LIMIT:
            raise
        why = f"what the iterative solver found is wrong ({error})"
        return _certified(factor, w_x, parts, _solve_components(factor, w_x, parts, int(k), "dense", why), int(k))


def check_solver(solver: Any) -> None:
    """Refuse what names no solver that can be forced.

    Raises
    ------
    InvalidArgument
        If it is neither "dense", "iterative" nor None.
    """
    if solver is not None and (not isinstance(solver, str) or solver not in ("dense", "iterative")):
        raise InvalidArgument(f'solver is {shorten(solver)}; it must be "dense", "iterative" or None')


def _certified(factor: Sparse, w_x: Floats, parts: Components, found: Found, k: int) -> Spectrum:
    """Put the pairs of all components in order, and check them as pairs of the whole Ā.

    Raises
    ------
    NotConverged
        If they are none, or not the leading ones.
    """
    n_views, root_w = factor.shape[1], np.sqrt(w_x)
    order = _descending(found)
    listed = np.concatenate([np.ones(parts.count), -np.sort(-found.gamma)])
    if found.rest_bound == 0.0:  # all others are 0
        known = listed = np.concatenate([listed, np.zeros(min(n_views, k + 1))[len(listed) :]])
    else:
        known = listed[: max(k, int(np.sum(listed > found.rest_bound)))]
    gamma = listed[:k]
    V = _eigenvectors(root_w, parts, found, order, k)
    residuals = residual_norms(factor, gamma, V)
    after = float(listed[k]) if k < len(listed) else 0.0
    remainder = (max(after, found.rest), max(after, found.rest_bound))
    if any(use.solver == "iterative" for use in found.uses):
        seen = max(found.rest, witness(lambda x: factor.T @ (factor @ x), V))
        refute(seen, remainder[1], k, found.side)
    return Spectrum(
        gamma=frozen(gamma.copy()),
        eigenvectors=frozen(V),
        w_x=w_x,
        residuals=frozen(residuals),
        gamma_known=frozen(known),
        floor=found.rest_bound,
        components=parts.count,
        certificate=certify(
            residuals, gamma, V, remainder, _excluded(parts, found), found.side, tops=min(int(k), parts.count)
        ),
        solvers=tuple(found.uses),
        side=found.side,
    )


def whole_eigenspace(spectrum: Spectrum, solve: Callable[[int], Spectrum]) -> Spectrum:
    """Return the spectrum extended to all eigenvalues that rounding may not tell from γ_k.

    Where it is not known how many they are, twice as many pairs are sought each time: one by one, an eigenvalue repeated
    m times would be solved for m times. Being equal to rounding is not transitive: on a ring of weak augmentations each
    eigenvalue is as close to the next. Such a chain is followed to γ_k - tolerance and no further, and the cut there is
    degenerate as well: `gap` and the certificate's angle say so.

    Parameters
    ----------
    solve : callable
        k -> Spectrum of the same graph.
    """
    n_views, k = len(spectrum.w_x), spectrum.k
    least = float(spectrum.gamma[-1]) - spectrum.tolerance
    while k < n_views and spectrum.gap <= spectrum.tolerance:
        known = int(np.sum(spectrum.gamma_known >= least))
        ended = spectrum.complete or known < len(spectrum.gamma_known)
        if known <= spectrum.components:  # then γ_k = 1
            known, ended = spectrum.components, True
        if ended and known <= k:
            break
        spectrum = solve(min(n_views, known if ended else 2 * known))
        k = max(k + 1, int(np.sum(spectrum.gamma >= least)))
        spectrum = spectrum.leading(min(k, spectrum.k))
        k = spectrum.k
    return spectrum


def _solve_components(
    factor: Sparse, w_x: Floats, parts: Components, wanted: int, solver: str | None, why: str = "asked for"
) -> Found:
    """Find the eigenvalues below 1 that can be among the `wanted` leading ones of Ā, and bound the others."""
    each = wanted - parts.count + 1  # pairs that one component could contribute, its top included
    if each < 1 or parts.count == factor.shape[1]:
        use = SolverUse(
            "closed form", parts.count, factor.shape, f"{wanted} of {parts.count} components' top pairs suffice"
        )
        none = np.empty(0, dtype=np.intp)
        rest = 1.0 if each < 1 else 0.0
        return Found(np.empty(0), none, none, {}, [use], rest, rest, 1, none, np.empty(0))
    merged = merge(factor, w_x)
    if merged.factor.shape != factor.shape:
        factor, parts = merged.factor, find_components(merged.factor)
    root_w = np.sqrt(merged.w_x)
    gamma: list[Floats] = []
    component: list[Ints] = []
    place: list[Ints] = []
    pairs: dict[int, tuple[Pairs, int]] = {}
    uses: dict[tuple[str, tuple[int, int], str], int] = {}
    rest, rest_bound, largest = 0.0, 0.0, 1
    for members, stack in stacks(factor, root_w, parts, np.arange(parts.count)):
        name, reason, solved = _solve_stack(stack, each, solver, why)
        below = solved.gamma[:, 1:]
        at, j = np.nonzero(below > 0)
        gamma.append(below[at, j])
        component.append(members[at])
        place.append(j + 1)
        pairs.update((int(c), (solved, i)) for i, c in enumerate(members))
        rest, rest_bound = max(rest, float(solved.rest.max())), max(rest_bound, float(solved.rest_bound.max()))
        shape = stack.shape[1:]
        largest = max(largest, min(shape))
        key = (name, shape, reason)
        uses[key] = uses.get(key, 0) + len(members)
    listed = [SolverUse(name, count, shape, reason) for (name, shape, reason), count in uses.items()]
    position = np.argsort(parts.columns) - parts.column_start[parts.of_column]  # of a merged view in its component
    return Found(
        np.concatenate(gamma),
        np.concatenate(component),
        np.concatenate(place),
        pairs,
        listed,
        rest,
        rest_bound,
        largest,
        position[merged.group],
        merged.share,
    )


def _solve_stack(stack: Stack, each: int, forced: str | None, why: str) -> tuple[str, str, Pairs]:
    """Choose a solver for a stack of blocks, and run it; dense takes over where iteration fails and it fits."""
    _, n, n_views = stack.shape
    side = min(n, n_views)
    name, reason = choose_solver(n, n_views, each, forced, why)
    if name == "dense" and side > DENSE_LIMIT:
        raise TooLarge(
            f"a dense solve of side {side:,} needs {size_in_words(24.0 * side**2)}; use a k well below {side // FEW:,} so that the "
            "iterative solver serves"
        )
    reserve(f"a solve of side {side:,} for {each:,} pairs", _bytes_needed(name, stack, each), LESS[name])
    try:
        return name, reason, SOLVERS[name](stack, each, forced is not None or side > DENSE_LIMIT)
    except NotConverged as error:
        if forced or side > DENSE_LIMIT:
            raise
        reserve(f"a solve of side {side:,} for {each:,} pairs", _bytes_needed("dense", stack, each), LESS["dense"])
        return "dense", f"the iterative solver gave up ({error})", dense.solve(stack, each)


def _bytes_needed(name: str, stack: Stack, k: int) -> float:
    """Estimate what a solver takes at its peak beside the stack, in bytes."""
    if name == "closed form":
        return 0.0
    count, n, n_views = stack.shape
    side, nnz = min(n, n_views), stack.blocks.nnz
    vectors = count * n_views * min(k, side)
    if name == "dense":
        thin = count == 1 and nnz < dense.SPARSE_SHARE * n * n_views
        # LAPACK works on copies of its own: there are six squares at first, then one and seven times the eigenvectors
        numbers = count * side**2 + max(5 * count * side**2, 7 * vectors) + (1.5 * nnz if thin else count * n * n_views)
    else:
        # ARPACK's vectors and those found, twice while they are put in order; Lanczos' come before, and with a second search
        searched = side * (2 * k + 2 * iterative.SPARE + max(iterative.ROOM * k, MOST))
        numbers = searched + vectors + (n + n_views) * min(k, AT_ONCE) + 3.5 * nnz
    return 8.0 * numbers


def choose_solver(n: int, n_views: int, k: int, forced: str | None = None, why: str = "asked for") -> tuple[str, str]:
    """Say which solver serves a connected component of n naturals and n_views views for k pairs, and why.

    Examples
    --------
    >>> choose_solver(20, 300, 4)
    ('dense', 'its smaller side, 20, is at most 800')
    """
    side = min(n, n_views)
    if side == 1:
        return "closed form", "its rank is 1"
    if forced is not None:
        return forced, why
    if side <= DENSE_SIDE:
        return "dense", f"its smaller side, {side:,}, is at most {DENSE_SIDE}"
    if k > side // FEW:
        return "dense", f"{k:,} pairs are more than one in {FEW} of its smaller side, {side:,}"
    return "iterative", f"its smaller side, {side:,}, is above {DENSE_SIDE}, and {k:,} pairs are few"


def _descending(found: Found) -> Ints:
    """Order the eigenvalues below 1: largest first, equal ones by component and place, whatever their rounding."""
    order: Ints = np.lexsort((found.place, found.component, -found.gamma))
    run = np.zeros(len(order), dtype=np.intp)
    for number, members in enumerate(groups(found.gamma[order], found.side)):
        run[members] = number
    return order[np.lexsort((found.place[order], found.component[order], run))]


def _eigenvectors(root_w: Floats, parts: Components, found: Found, order: Ints, k: int) -> Floats:
    """Write the k leading eigenvectors over all views: top pairs, then those below 1, then null vectors."""
    V = np.zeros((len(root_w), k))
    for c in range(min(k, parts.count)):
        views = parts.columns_of(c)
        V[views, c] = root_w[views] / np.linalg.norm(root_w[views])
    column = min(k, parts.count)
    bases: dict[tuple[int, int], Floats] = {}
    for i in order[: k - column]:
        c, place = int(found.component[i]), int(found.place[i])
        views = parts.columns_of(c)
        V[views, column] = found.on_views(views, _vector(found, c, place, bases, k))
        column += 1
    for c in range(parts.count):
        if column == k:
            break
        views = parts.columns_of(c)
        pairs, i = found.pairs[c]
        positive = found.on_views(views, pairs.vectors[i][:, : int(np.sum(pairs.gamma[i] > 0))])
        count = min(k - column, len(views) - positive.shape[1])
        V[np.ix_(views, np.arange(column, column + count))] = null_vectors(positive, count)
        column += count
    tops = min(k, parts.count)  # these are positive as they are
    for start in range(tops, k, AT_ONCE):
        V[:, start : start + AT_ONCE] = signed(V[:, start : start + AT_ONCE])
    return V


def _vector(found: Found, component: int, place: int, bases: dict[tuple[int, int], Floats], k: int) -> Floats:
    """Return an eigenvector of one component, one of k, from a reproducible basis where its eigenvalue is repeated there."""
    solved, i = found.pairs[component]
    runs: Iterator[slice] = iter(groups(solved.gamma[i], found.side))
    run = next(run for run in runs if run.stop > place)
    positive = int(np.sum(solved.gamma[i] > 0))  # to a larger block's rounding the last of them may equal the zeros
    run = slice(max(run.start, 1), min(run.stop, positive))
    if run.stop - run.start <= 1:
        return np.asarray(solved.vectors[i][:, place])
    if (component, run.start) not in bases:
        whole = solved.vectors[i][:, run]
        bases[component, run.start] = reproducible_basis(whole, min(k, whole.shape[1]))
    return bases[component, run.start][:, place - run.start]


def _excluded(parts: Components, found: Found) -> str:
    """Say how it is known that nothing above γ_{k+1} was missed."""
    if not found.pairs:
        return f"{parts.count} components have an eigenvalue 1 each"
    return "; ".join(sorted({solved.method for solved, _ in found.pairs.values()}))
