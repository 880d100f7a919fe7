"""`decompose`: split M into components, choose a solver for each shape of component, and merge what they return.

ARPACK, LOBPCG and randomised SVD silently return wrong spectra on graphs with repeated eigenvalues, and population graphs
have one eigenvalue 1 for each component. So the components come first, their unit eigenvectors from a closed form, and what is
solved at all is certified afterwards.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from popgraph.basics.arguments import whole_number
from popgraph.basics.arrays import Floats, Ints, Sparse
from popgraph.basics.blas import one_thread
from popgraph.basics.memory import reserve
from popgraph.basics.words import shorten, size_in_words
from popgraph.errors import InvalidArgument, NotConverged, TooLarge
from popgraph.spectrum.assemble import Solution, assemble_spectrum, nothing_to_solve, put_unit_eigenvectors
from popgraph.spectrum.certificate import columns_at_once, products_with
from popgraph.spectrum.component_solutions import ComponentSolutions
from popgraph.spectrum.components import Components, Stack, find_components, stacks
from popgraph.spectrum.costs import dense_seconds, krylov_seconds, shift_invert_seconds
from popgraph.spectrum.merging import merge
from popgraph.spectrum.pairs import Pairs, top_pairs
from popgraph.spectrum.product import solve as factored
from popgraph.spectrum.solvers import dense, inverse_iteration, iterative, shift_invert
from popgraph.spectrum.solvers.gram import Gram
from popgraph.spectrum.solvers.lanczos import LEAST_STEPS, MOST_STEPS, Lanczos
from popgraph.spectrum.value import SolverUse, Spectrum

SOLVERS = {
    "closed form": top_pairs,
    "dense": dense.solve,
    "iterative": iterative.solve,
    "shift-invert": shift_invert.solve,
}
NAMES, NAMES_ON_OPERATOR = ("dense", "iterative", "shift-invert"), ("dense", "iterative")  # that can be asked for
SEARCHES = ("iterative", "shift-invert")  # where they fail, another solver takes over
LEAST_INVERTED_SIDE = 300  # LAPACK solves what is smaller in the time that choosing takes: 7 ms
# Shift-invert is chosen up to this share of what a Krylov search would take at the least: on graphs whose Ā is cheap to factor
# eigenvalues crowd at 1, and such a search takes up to 40 times that least; and of what a dense solve takes, which lists every
# eigenvalue
INVERTED_SHARE, INVERTED_SHARE_OF_DENSE = 1.5, 0.8
# At k = 1 a bound below 1 on what is beside the top is all that is needed, and Lanczos' method proves one in at most MOST_STEPS
# products where the top stands alone: a hub and a ring of 22,000 take 0.05 s in place of 3. Ten steps see how it stands: hubs with
# rings of 1,291 and 5,000 have 0.944 there, where those products do; rings, chains, trees and bands 0.985 to 0.995, where they
# don't, and where the ten take 0.3 to 0.9 ms of 15 to 50.
ALONE_STEPS, ALONE_BELOW = 10, 0.96
ALONE = f"nothing else is near the eigenvalue 1, so that {MOST_STEPS} products at most bound what is left"
PREFERRED_DENSE_SIDE = 800  # up to here LAPACK's all eigenvalues cost less than ARPACK's few with their second search
DENSE_SOLVE_SIDE_LIMIT = 20_000  # of the largest dense solve: three matrices of 3.2 GB
SIDE_PER_PAIR = 8  # ARPACK pays off when at most one eigenvalue in so many is wanted
ADVICE = {  # what a user can do where a solver does not fit
    "dense": f"use a k below an {SIDE_PER_PAIR}th of the side, for which the iterative solver serves",
    "iterative": "use a smaller k",
    "shift-invert": "use a smaller k",
    "closed form": "use a smaller k",
}


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
    """Return the k leading eigenpairs of Ā = MᵀM, with M = `factor` (n, N) and `w_x` (N,) the row sums of w.

    `solver` "dense", "iterative" or "shift-invert" is used for every component of rank above 1; None chooses for each. `grid` gives
    M as a Kronecker product, which is used unless a solver is named. Raises NotConverged if a pair cannot be certified, TooLarge if
    a dense solve would not fit. If k <= components, the pairs have a closed form; at most the next eigenvalue is computed.
    """
    n_views = factor.shape[1]
    k = whole_number("k", k, n_views)
    check_solver(solver)
    reserve(
        f"{k:,} eigenvectors over {n_views:,} views",
        8.0 * n_views * (k + min(k, columns_at_once(n_views))),
        "use a smaller k",
    )
    parts = find_components(factor) if components is None else components
    if grid is not None and solver is None and k >= parts.count:
        spectra = [decompose(M, w, len(w)) for M, w in grid.factors]
        if (made_of_factors := factored.from_factors(factor, w_x, k, parts, grid, spectra)) is not None:
            return made_of_factors
    product = products_with(factor)
    if (unsolved := nothing_to_solve(k, parts.count, factor.shape)) is not None:
        V = np.zeros((n_views, k))
        put_unit_eigenvectors(V, parts.of_column, w_x, k)
        return assemble_spectrum(unsolved, V, w_x, product)

    def solved_by(solver: str | None, why: str = "asked for") -> tuple[Solution, Floats]:
        # Its vectors are freed before those that are made of them are checked
        solved = _solve_components(factor, w_x, parts, k, solver, why)
        return solved.solution(parts.count), solved.eigenvectors(w_x, parts, k)

    solution, V = solved_by(solver)
    try:
        return assemble_spectrum(solution, V, w_x, product)
    except NotConverged as error:
        used = [use.solver for use in solution.solvers if use.solver in SEARCHES]
        if solver is not None or not used or solution.side > DENSE_SOLVE_SIDE_LIMIT:
            raise
        del V
        return assemble_spectrum(
            *solved_by("dense", f"what the {used[0]} solver found is wrong ({error})"), w_x, product
        )


def check_solver(solver: Any, names: tuple[str, ...] = NAMES) -> None:
    """Raise InvalidArgument unless `solver` is one of these names or None."""
    if solver is not None and (not isinstance(solver, str) or solver not in names):
        listed = ", ".join(f'"{name}"' for name in names)
        raise InvalidArgument(f"solver is {shorten(solver)}; it must be {listed} or None")


def check_dense_side(side: int) -> None:
    """Raise TooLarge if the side of a dense matrix is above the limit."""
    if side > DENSE_SOLVE_SIDE_LIMIT:
        few = side // SIDE_PER_PAIR
        raise TooLarge(
            f"a dense solve of side {side:,} needs {size_in_words(24.0 * side**2)}; use a k well below {few:,}, for which the "
            "iterative solver serves"
        )


def whole_eigenspace(spectrum: Spectrum, solve: Callable[[int], Spectrum]) -> Spectrum:
    """Return the spectrum, extended by `solve`: k -> Spectrum to all eigenvalues that rounding cannot tell from γ_k."""
    # Where it is not known how many they are, twice as many pairs are sought each time: one by one, an eigenvalue repeated m
    # times would be solved for m times. Being equal to rounding is not transitive: on a ring of weak augmentations each eigenvalue
    # is as close to the next. Such a chain is followed to γ_k - tolerance and no further, and the cut there is degenerate as well:
    # `gap` and the certificate's angle say so.
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
    factor: Sparse, w_x: Floats, parts: Components, wanted: int, solver: str | None, why: str
) -> ComponentSolutions:
    """Find the eigenvalues below 1 that can be among the `wanted` leading ones of Ā, and bound the others."""
    each = wanted - parts.count + 1  # pairs that one component could contribute, its top included
    merged = merge(factor, w_x)
    if merged.factor.shape != factor.shape:
        factor, parts = merged.factor, find_components(merged.factor)
    root_w = np.sqrt(merged.w_x)
    gamma: list[Floats] = []
    component: list[Ints] = []
    place: list[Ints] = []
    pairs: dict[int, tuple[Pairs, int]] = {}
    uses: dict[tuple[str, tuple[int, int], str], int] = {}
    remainder, remainder_bound, side = 0.0, 0.0, 1
    for members, stack in stacks(factor, root_w, parts, np.arange(parts.count)):
        name, reason, solved = _solve_stack(stack, each, solver, why)
        below = solved.gamma[:, 1:]
        at, j = np.nonzero(below > 0)
        gamma.append(below[at, j])
        component.append(members[at])
        place.append(j + 1)
        pairs.update((int(c), (solved, i)) for i, c in enumerate(members))
        remainder = max(remainder, float(solved.remainder.max()))
        remainder_bound = max(remainder_bound, float(solved.remainder_bound.max()))
        shape = stack.shape[1:]
        side = max(side, min(shape))
        key = (name, shape, reason)
        uses[key] = uses.get(key, 0) + len(members)
    position = np.argsort(parts.columns) - parts.column_start[parts.of_column]  # of a merged view in its component
    return ComponentSolutions(
        gamma=np.concatenate(gamma),
        component=np.concatenate(component),
        place=np.concatenate(place),
        pairs=pairs,
        uses=[SolverUse(name, count, shape, reason) for (name, shape, reason), count in uses.items()],
        remainder=remainder,
        remainder_bound=remainder_bound,
        side=side,
        row=position[merged.group],
        share=merged.share,
    )


def _solve_stack(stack: Stack, each: int, forced: str | None, why: str) -> tuple[str, str, Pairs]:
    """Choose a solver for a stack of blocks, and run it; where a search fails, another takes over, and dense at last if it fits."""
    _, n, n_views = stack.shape
    side = min(n, n_views)
    name, reason = choose_solver(n, n_views, each, forced, why)
    failed = ""
    if forced is None and name == "iterative" and each == 1 and _stands_alone(stack):
        reserve(f"a bound on what is beside the top of side {side:,}", _bytes_needed(name, stack, each), ADVICE[name])
        try:
            return name, ALONE, iterative.solve(stack, each, most_products=MOST_STEPS)
        except NotConverged as error:
            failed = f"; a few Lanczos steps did not bound what is beside the top ({error})"
    if forced is None and (laplacians := _cheaply_inverted(stack, each, name)) is not None:
        entries = max(laplacian.elimination.entries / len(laplacian.null) for laplacian in laplacians)
        reserve(
            f"a solve of side {side:,} for {each:,} pairs",
            _bytes_needed("shift-invert", stack, each, entries),
            "use a smaller k",
        )
        try:
            pairs = shift_invert.solve(stack, each, side > DENSE_SOLVE_SIDE_LIMIT, laplacians)
            return "shift-invert", f"a factor of I - Ā has {entries:.1f} entries in a row{failed}", pairs
        except NotConverged as error:
            failed += f"; shift-invert gave up ({error})"
    if name == "dense":
        check_dense_side(side)
    reserve(f"a solve of side {side:,} for {each:,} pairs", _bytes_needed(name, stack, each), ADVICE[name])
    try:
        return name, reason + failed, SOLVERS[name](stack, each, forced is not None or side > DENSE_SOLVE_SIDE_LIMIT)
    except NotConverged as error:
        if forced or side > DENSE_SOLVE_SIDE_LIMIT:
            raise
        reserve(f"a solve of side {side:,} for {each:,} pairs", _bytes_needed("dense", stack, each), ADVICE["dense"])
        return "dense", f"the iterative solver gave up ({error}){failed}", dense.solve(stack, each)


def searches_one_component(factor: Sparse, w_x: Floats, parts: Components, k: int, solver: str | None) -> bool:
    """Whether `decompose` would search for the eigenpairs of a component that has most of the views, by Krylov's method."""
    sizes = parts.shapes[:, 1]
    largest = int(np.argmax(sizes))
    if k < parts.count or 2 * int(sizes[largest]) <= len(w_x) or solver not in (None, "iterative"):
        return False
    ((_, stack),) = stacks(factor, np.sqrt(w_x), parts, np.array([largest]))
    _, n, n_views = stack.shape
    each = k - parts.count + 1
    name, _ = choose_solver(n, n_views, each, solver)
    return name == "iterative" and (solver is not None or _cheaply_inverted(stack, each, name) is None)


def _stands_alone(stack: Stack) -> bool:
    """Whether I - Ā may be cheap to factor, and a few Lanczos steps on each block find nothing near 1 beside the top."""
    for M, top in zip(stack.sparse(), stack.top, strict=True):
        if not shift_invert.may_be_cheap(M):
            return False
        gram = Gram(M)
        unit = M @ top if gram.by_naturals else top
        lanczos = Lanczos(gram.vector, unit[:, np.newaxis], np.random.default_rng(0))
        lanczos.advance(ALONE_STEPS)
        if lanczos.ritz()[0][0] > ALONE_BELOW:
            return False
    return True


def _cheaply_inverted(stack: Stack, k: int, otherwise: str) -> list[shift_invert.Laplacian] | None:
    """Return what shift-invert factors, if that takes less time than the solver that would run `otherwise`; else None."""
    count, n, n_views = stack.shape
    side = min(n, n_views)
    if otherwise == "closed form" or side < LEAST_INVERTED_SIDE or k > side // SIDE_PER_PAIR:
        return None
    if otherwise == "dense":
        instead = INVERTED_SHARE_OF_DENSE * dense_seconds(side) * count
    else:
        instead = INVERTED_SHARE * sum(krylov_seconds(M, k) for M in stack.sparse())
    # With an entry for each row, the fewest that there can be
    if shift_invert_seconds(side, side, k) * count > instead:
        return None
    laplacians = shift_invert.plan(stack)
    if laplacians is None:
        return None
    needed = sum(shift_invert_seconds(len(each.null), each.elimination.entries, k) for each in laplacians)
    return laplacians if needed <= instead else None


def vectors_searched(k: int, side: int) -> float:
    """Return how many vectors of a block's `side` the iterative solver holds at its peak, in a search for k pairs.

    Lanczos' and those found, twice while they are put in order, and those to spare. A long bound asks for more by itself.
    """
    spare = k / 4 + iterative.LEAST_BESIDE
    return 2 * k + iterative.SPARE_VECTORS + max(iterative.vectors_kept(k, side), LEAST_STEPS) + spare


def _bytes_needed(name: str, stack: Stack, k: int, factor_entries: float = shift_invert.MOST_ENTRIES) -> float:
    """Estimate what a solver takes at its peak beside the stack, in bytes; L has `factor_entries` in a row."""
    if name == "closed form":
        return 0.0
    count, n, n_views = stack.shape
    side, nnz = min(n, n_views), stack.blocks.nnz
    vectors = count * n_views * min(k, side)
    if name == "dense":
        thin = count == 1 and nnz < dense.SPARSE_SHARE * n * n_views
        # LAPACK works on copies of its own: there are six squares at first, then one and seven times the eigenvectors
        numbers = count * side**2 + max(5 * count * side**2, 7 * vectors) + (1.5 * nnz if thin else count * n * n_views)
    elif name == "shift-invert":
        # The Krylov space and a copy of its leading vectors, what is found, and L twice in two formats with its numbers' places
        numbers = max(n, n_views) * (inverse_iteration.vectors_held(k) + 6 * factor_entries) + 2 * vectors
    else:
        numbers = (
            side * vectors_searched(k, side)
            + vectors
            + (n + n_views) * min(k, columns_at_once(max(n, n_views)))
            + 3.5 * nnz
        )
    return 8.0 * numbers


def choose_solver(n: int, n_views: int, k: int, forced: str | None = None, why: str = "asked for") -> tuple[str, str]:
    """Choose the solver for k pairs of a connected component of n naturals and n_views views, and give the reason."""
    side = min(n, n_views)
    if side == 1:
        return "closed form", "its rank is 1"
    if forced is not None:
        return forced, why
    if side <= PREFERRED_DENSE_SIDE:
        return "dense", f"its smaller side, {side:,}, is at most {PREFERRED_DENSE_SIDE}"
    if k > side // SIDE_PER_PAIR:
        return "dense", f"k = {k:,} is more than one in {SIDE_PER_PAIR} of its smaller side, {side:,}"
    return "iterative", f"its smaller side, {side:,}, is above {PREFERRED_DENSE_SIDE}, and k = {k:,} is small"
