"""`decompose`: split M into components, choose a solver for each shape of component, and merge what they return.

ARPACK, LOBPCG and randomised SVD silently return wrong spectra on graphs with repeated eigenvalues, and population graphs
have one eigenvalue 1 for each component. So the components come first, their top pairs from a closed form, and what is
solved at all is certified afterwards.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from popgraph.arrays import Floats, Ints, Sparse, frozen
from popgraph.errors import InvalidArgument, NotConverged, TooLarge, shorten, size_in_words, whole_number
from popgraph.spectrum import closed_form, dense, iterative
from popgraph.spectrum.basis import groups, null_vectors, reproducible_basis, signed
from popgraph.spectrum.certificate import AT_ONCE, certify, residual_norms
from popgraph.spectrum.components import Components, Stack, find_components, stacks
from popgraph.spectrum.merging import Merged, merge
from popgraph.spectrum.pairs import Pairs
from popgraph.spectrum.value import SolverUse, Spectrum

SOLVERS = {"closed form": closed_form.solve, "dense": dense.solve, "iterative": iterative.solve}
DENSE_SIDE = 800  # up to here LAPACK's all eigenvalues cost less than ARPACK's few with their second search
DENSE_LIMIT = 20_000  # side of the largest dense solve: three matrices of 3.2 GB
FEW = 8  # ARPACK pays off when at most one eigenvalue in so many is wanted


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
    merged: Merged | None = None  # what was solved instead of the factor
    position: Ints | None = None  # (N',) the place of each merged view in its component

    def on_views(self, views: Ints, vectors: Floats) -> Floats:
        """Write eigenvectors of the merged graph's block as those of the component with these views."""
        if self.merged is None or self.position is None or len(views) == len(vectors):
            return vectors
        share = self.merged.share[views]
        return np.asarray((vectors[self.position[self.merged.group[views]]].T * share).T)


def decompose(
    factor: Sparse, w_x: Floats, k: int, *, components: Components | None = None, solver: str | None = None
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
    if solver is not None and (not isinstance(solver, str) or solver not in ("dense", "iterative")):
        raise InvalidArgument(f'solver is {shorten(solver)}; it must be "dense", "iterative" or None')
    parts = find_components(factor) if components is None else components
    root_w = np.sqrt(w_x)
    found = _solve_components(factor, w_x, parts, int(k), solver)
    order = _descending(found)
    listed = np.concatenate([np.ones(parts.count), -np.sort(-found.gamma)])
    if found.rest_bound == 0.0:  # all others are 0
        listed = np.concatenate([listed, np.zeros(max(0, min(n_views, k + 1) - len(listed)))])
    gamma = listed[:k]
    known = listed if found.rest_bound == 0.0 else listed[: max(int(k), int(np.sum(listed > found.rest_bound)))]
    V = _eigenvectors(root_w, parts, found, order, int(k))
    residuals = residual_norms(factor, gamma, V)
    after = float(listed[k]) if k < min(len(listed), n_views) else 0.0
    remainder = (max(after, found.rest), max(after, found.rest_bound))
    return Spectrum(
        gamma=frozen(gamma.copy()),
        eigenvectors=frozen(V),
        w_x=w_x,
        residuals=frozen(residuals),
        gamma_known=frozen(known),
        floor=found.rest_bound,
        components=parts.count,
        certificate=certify(
            residuals, gamma, V, remainder, _excluded(parts, found), found.side, closed_form=k <= parts.count
        ),
        solvers=tuple(found.uses),
        side=found.side,
    )


def _solve_components(factor: Sparse, w_x: Floats, parts: Components, wanted: int, solver: str | None) -> Found:
    """Find the eigenvalues below 1 that can be among the `wanted` leading ones of Ā, and bound the others."""
    each = wanted - parts.count + 1  # pairs that one component could contribute, its top included
    if each < 1 or parts.count == factor.shape[1]:
        use = SolverUse(
            "closed form", parts.count, factor.shape, f"{wanted} of {parts.count} components' top pairs suffice"
        )
        none = np.empty(0, dtype=np.intp)
        rest = 1.0 if each < 1 else 0.0
        return Found(np.empty(0), none, none, {}, [use], rest, rest, 1)
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
        name, reason, solved = _solve_stack(stack, each, solver)
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
    return Found(
        np.concatenate(gamma),
        np.concatenate(component),
        np.concatenate(place),
        pairs,
        listed,
        rest,
        rest_bound,
        largest,
        merged,
        np.argsort(parts.columns) - parts.column_start[parts.of_column],
    )


def _solve_stack(stack: Stack, each: int, forced: str | None) -> tuple[str, str, Pairs]:
    """Choose a solver for a stack of blocks, and run it; dense takes over where iteration fails and it fits."""
    _, n, n_views = stack.shape
    side = min(n, n_views)
    name, reason = choose_solver(n, n_views, each, forced)
    if name == "dense" and side > DENSE_LIMIT:
        raise TooLarge(
            f"a dense solve of side {side:,} needs {size_in_words(24.0 * side**2)}; use a k well below {side // FEW:,} so that the "
            "iterative solver serves"
        )
    try:
        return name, reason, SOLVERS[name](stack, each, forced is not None or side > DENSE_LIMIT)
    except NotConverged as error:
        if forced or side > DENSE_LIMIT:
            raise
        return "dense", f"the iterative solver gave up ({error})", dense.solve(stack, each)


def choose_solver(n: int, n_views: int, k: int, forced: str | None = None) -> tuple[str, str]:
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
        return forced, "asked for"
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
        V[views, column] = found.on_views(views, _vector(found, c, place, bases))
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


def _vector(found: Found, component: int, place: int, bases: dict[tuple[int, int], Floats]) -> Floats:
    """Return an eigenvector of one component, from a reproducible basis where its eigenvalue is repeated there."""
    solved, i = found.pairs[component]
    runs: Iterator[slice] = iter(groups(solved.gamma[i], found.side))
    run = next(run for run in runs if run.stop > place)
    run = slice(max(run.start, 1), min(run.stop, solved.vectors.shape[2]))
    if run.stop - run.start <= 1:
        return np.asarray(solved.vectors[i][:, place])
    if (component, run.start) not in bases:
        bases[component, run.start] = reproducible_basis(solved.vectors[i][:, run])
    return bases[component, run.start][:, place - run.start]


def _excluded(parts: Components, found: Found) -> str:
    """Say how it is known that nothing above γ_{k+1} was missed."""
    if not found.pairs:
        return f"{parts.count} components have an eigenvalue 1 each"
    return "; ".join(sorted({solved.method for solved, _ in found.pairs.values()}))
