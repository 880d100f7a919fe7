"""`decompose_bipartite`: from S = D_x^-1/2 C D_z^-1/2, the pairs of two kinds of views, to a certified `SingularSpectrum`.

Small blocks are solved whole by LAPACK's SVD of S itself, in which small singular values keep their digits. Large ones go through
`decompose`, whose solvers take S for a factor: SᵀS has the eigenvalues σ². Their vectors are then multiplied by S, and a second SVD
of that narrow table gives σ to the rounding of S.
"""

from dataclasses import dataclass

import numpy as np

from popgraph.basics.arguments import whole_number
from popgraph.basics.arrays import Floats, Ints, Sparse, frozen
from popgraph.basics.blas import one_thread
from popgraph.basics.memory import reserve
from popgraph.basics.subspace import inner_products, svd, tolerance
from popgraph.errors import NotConverged
from popgraph.spectrum.assemble import nothing_to_solve, unit_eigenvectors
from popgraph.spectrum.basis import end_of_run, null_vectors, reproducible_basis, sign
from popgraph.spectrum.certificate import RESIDUAL_ALLOWED, Remainder
from popgraph.spectrum.components import Components, find_components, stacks
from popgraph.spectrum.policy import PREFERRED_DENSE_SIDE, SIDE_PER_PAIR, check_solver, decompose
from popgraph.spectrum.singular import (
    SingularCertificate,
    SingularSpectrum,
    angle_bound_of_pair,
    rounding_of,
    runs_of_equal,
)
from popgraph.spectrum.value import SolverUse

SVD_SIDE_LIMIT = 2_000  # of a block's smaller side: LAPACK's SVD of 2,000 x 2,000 takes 10 s on one thread
SVD_ENTRY_LIMIT = 2**26  # of a block as a dense array, 512 MiB


@dataclass(frozen=True, eq=False)
class Triplets:
    """The leading singular triplets of S that were found, and what is known of the others.

    `sigma` (m,) descends from 1, once for each component. `left` (N_x, j) and `right` (N_z, j), j <= m, belong to the first j.
    `squared` says that σ² was read off SᵀS, so that it is known to rounding, and small σ to fewer digits.
    """

    sigma: Floats
    left: Floats
    right: Floats
    rest: Remainder
    solvers: tuple[SolverUse, ...]
    side: int
    squared: bool = False


@one_thread()
def decompose_bipartite(
    S: Sparse,
    w_x: Floats,
    w_z: Floats,
    k: int,
    *,
    components: Components | None = None,
    solver: str | None = None,
) -> SingularSpectrum:
    """Return the k leading singular triplets of S (N_x, N_z), with w_x and w_z the row and column sums of the pair law C.

    `solver` "dense" solves whole, "iterative" and "shift-invert" search by products with S; None chooses. Raises NotConverged if a
    triplet cannot be certified, TooLarge if a dense solve would not fit.
    """
    n_x, n_z = S.shape
    k = whole_number("k", k, min(n_x, n_z), f"the smaller of {n_x:,} and {n_z:,} views")
    check_solver(solver)
    reserve(f"{k:,} singular vectors over {n_x:,} and {n_z:,} views", 24.0 * k * (n_x + n_z), "use a smaller k")
    parts = find_components(S) if components is None else components
    unsolved = nothing_to_solve(k, parts.count, (max(n_x, n_z), min(n_x, n_z)))
    if unsolved is not None:
        left, right = _unit_vectors(parts, w_x, w_z, k)
        rest = Remainder(unsolved.remainder, unsolved.remainder_bound, "each component has a singular value 1")
        found = Triplets(np.ones(parts.count), left, right, rest, unsolved.solvers, 1)
    elif _solved_whole(parts, k, solver):
        found = _whole(S, w_x, w_z, parts, k)
    else:
        found = _searched(S, w_x, w_z, parts, k, solver)
    return _assembled(found, S, w_x, w_z, k, parts.count)


def _unit_vectors(parts: Components, w_x: Floats, w_z: Floats, count: int) -> tuple[Floats, Floats]:
    """Return √w_x and √w_z of each of the first components, scaled to length 1: S maps one to the other [THEORY 11]."""
    left = unit_eigenvectors(parts.of_row, w_x, count).toarray()
    return left, unit_eigenvectors(parts.of_column, w_z, count).toarray()


def _solved_whole(parts: Components, k: int, solver: str | None) -> bool:
    """Whether every block is small enough, or so much of it is asked for, that LAPACK solves all of it."""
    if solver in ("iterative", "shift-invert"):
        return False
    shapes = parts.shapes
    side, entries = int(shapes.min(axis=1).max()), int((shapes[:, 0] * shapes[:, 1]).max())
    wanted = side <= PREFERRED_DENSE_SIDE or solver == "dense" or k > side // SIDE_PER_PAIR
    return wanted and side <= SVD_SIDE_LIMIT and entries <= SVD_ENTRY_LIMIT


def _whole(S: Sparse, w_x: Floats, w_z: Floats, parts: Components, k: int) -> Triplets:
    """Solve every block by LAPACK's SVD, with the triplet of σ = 1 from its closed form."""
    side = int(parts.shapes.min(axis=1).max())
    rounding = tolerance(side)
    found: list[tuple[Floats, Ints, Ints]] = []  # σ < 1, the component of each, and its place there
    vectors: dict[int, tuple[Floats, Floats]] = {}
    uses = []
    for group, stack in stacks(S, np.sqrt(w_z), parts, np.arange(parts.count)):
        count, n_x, n_z = stack.shape
        what = f"{count:,} block{'s' * (count != 1)} of {n_x:,} x {n_z:,} views"
        if min(n_x, n_z) == 1:
            uses.append(SolverUse("closed form", count, (n_x, n_z), "the rank is 1", what))
            continue
        uses.append(SolverUse("dense", count, (n_x, n_z), "every singular value is computed", what))
        reserve(f"the singular values of {what}", 40.0 * count * n_x * n_z, "use a smaller k")
        blocks, v = stack.dense(), stack.top
        u = np.einsum("cxz,cz->cx", blocks, v)
        u /= np.linalg.norm(u, axis=1, keepdims=True)
        # σ = 1 is moved to 2, so that a second singular value within rounding of 1 cannot mix with it. Moved to 0 it would mix
        # with small ones: vectors whose singular values are δ apart are known to eps / δ.
        blocks += u[:, :, np.newaxis] * v[:, np.newaxis, :]
        for component, (U, sigma, Vt) in zip(group.tolist(), map(svd, blocks), strict=True):
            positive = int(np.sum(sigma[1:] > rounding))
            vectors[component] = U[:, 1 : positive + 1], Vt[1 : positive + 1].T
            values = np.minimum(sigma[1 : positive + 1], 1.0)
            found.append((values, np.full(positive, component), np.arange(positive)))
    columns = zip(*found, strict=True) if found else [[np.zeros(0)]] * 3
    sigma, component, place = (np.concatenate(list(part)) for part in columns)
    order = np.argsort(-sigma, kind="stable")
    listed = np.concatenate([np.ones(parts.count), sigma[order]])
    through = end_of_run(listed, k, side)
    more = ((0, 0), (0, through - parts.count))
    left, right = (np.pad(unit, more) for unit in _unit_vectors(parts, w_x, w_z, parts.count))
    for column, i in enumerate(order[: through - parts.count].tolist(), start=parts.count):
        c = int(component[i])
        rows = parts.rows[parts.row_start[c] : parts.row_start[c + 1]]
        left[rows, column] = vectors[c][0][:, int(place[i])]
        right[parts.columns_of(c), column] = vectors[c][1][:, int(place[i])]
    return Triplets(listed, left, right, Remainder(0.0, 0.0, "every singular value computed"), tuple(uses), side)


def _searched(S: Sparse, w_x: Floats, w_z: Floats, parts: Components, k: int, solver: str | None) -> Triplets:
    """Find the leading eigenvectors of SᵀS or SSᵀ, whichever is smaller, and solve S on their span whole."""
    tall = S.shape[0] >= S.shape[1]
    factor = S if tall else Sparse(S.T.tocsr())
    spectrum = decompose(factor, w_z if tall else w_x, k, components=parts if tall else None, solver=solver)
    near, positive = spectrum.eigenvectors, int(np.sum(spectrum.gamma > 0))
    units = min(k, parts.count)
    # Of a vector v that is an eigenvector up to ε, ||Sv|| is σ up to ε²: the singular values of S on the span of these vectors
    # are right to the rounding of S, unless σ² itself is within rounding of 0
    V = near[:, units:positive]
    U, refined, Wt = svd(np.asarray(factor @ V))
    V = V @ Wt.T
    left_units, right_units = _unit_vectors(parts, w_x, w_z, units)
    far_units, near_units = (left_units, right_units) if tall else (right_units, left_units)
    far, close = np.hstack([far_units, U]), np.hstack([near_units, V])
    known = np.sqrt(spectrum.gamma_known)
    known[units:positive] = np.minimum(refined, 1.0)
    known[k:] = np.minimum(known[k:], known[k - 1])
    rest = Remainder(
        float(np.sqrt(spectrum.certificate.remainder)),
        float(np.sqrt(spectrum.certificate.remainder_bound)),
        spectrum.certificate.excluded.replace("eigenvalue", "singular value"),
    )
    left, right = (far, close) if tall else (close, far)
    return Triplets(known, left, right, rest, spectrum.solvers, spectrum.side, squared=True)


def _assembled(found: Triplets, S: Sparse, w_x: Floats, w_z: Floats, k: int, components: int) -> SingularSpectrum:
    """Return triplets as a certified `SingularSpectrum`: bases of repeated values, signs, zeros, and checks on S itself."""
    listed = np.concatenate([found.sigma, np.zeros(max(0, k + 1 - len(found.sigma)))])
    sigma = listed[:k].copy()
    left, right = np.zeros((S.shape[0], k), order="F"), np.zeros((S.shape[1], k), order="F")
    width = found.left.shape[1]
    positive = min(k, int(np.sum(found.sigma[:width] > 0)))
    for run in runs_of_equal(found.sigma[:width], found.side, squared=found.squared):
        if run.start >= positive:
            break
        wanted = slice(run.start, min(run.stop, positive))
        U, V = found.left[:, run], found.right[:, run]
        if run.start >= components and run.stop - run.start > 1:
            basis = reproducible_basis(U, wanted.stop - wanted.start)
            U, V = basis, V @ (U.T @ basis)
        left[:, wanted], right[:, wanted] = U[:, : wanted.stop - wanted.start], V[:, : wanted.stop - wanted.start]
    own = slice(min(k, components), positive)  # without the unit vectors, which are positive as they are
    before = left[:, own].copy()
    sign(left[:, own])
    right[:, own] *= np.sign(np.sum(before * left[:, own], axis=0))
    if positive < k:
        left[:, positive:] = null_vectors(left[:, :positive], k - positive)
        right[:, positive:] = null_vectors(right[:, :positive], k - positive)

    forward = np.linalg.norm(S @ right - left * sigma, axis=0)
    back = np.linalg.norm(S.T @ left - right * sigma, axis=0)
    residuals = np.hypot(forward, back)
    orthogonality = float(max(np.abs(inner_products(X, X) - np.eye(k)).max() for X in (left, right)))
    rounding = rounding_of(sigma, found.side, squared=found.squared)
    allowed, worst = max(RESIDUAL_ALLOWED, 10 * rounding), float(np.maximum(forward, back).max())
    if not (worst <= allowed and orthogonality <= allowed):  # "not <=", because NaN fails every comparison
        raise NotConverged(
            f"singular triplet {int(residuals.argmax()) + 1} has a residual of {worst:.1e}, and the loss of orthogonality is "
            f'{orthogonality:.1e}; at most {allowed:.1e} is rounding: use solver="dense"'
        )
    remainder, bound = max(float(listed[k]), found.rest.largest), max(float(listed[k]), found.rest.bound)
    known = listed if found.rest.bound == 0.0 else listed[: max(k, int(np.sum(listed > found.rest.bound)))]
    angle = angle_bound_of_pair(float(np.linalg.norm(residuals)), float(sigma[-1]) - bound, rounding)
    return SingularSpectrum(
        sigma=frozen(sigma),
        left=frozen(left),
        right=frozen(right),
        w_x=w_x,
        w_z=w_z,
        residuals=frozen(residuals),
        sigma_known=frozen(known),
        floor=found.rest.bound,
        components=components,
        certificate=SingularCertificate(worst, orthogonality, remainder, bound, found.rest.excluded, angle),
        solvers=found.solvers,
        side=found.side,
        squared=found.squared,
    )
