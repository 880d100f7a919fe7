"""A few leading pairs of blocks whose I - Ā has a cheap sparse factorisation (rings, chains, trees, bands), by inverse iteration.

That none was missed is known by Sylvester's law of inertia: the signs of the pivots of I - Ā - σ count the eigenvalues above 1 - σ,
multiplicities included. Nothing about it is probable.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from popgraph.basics.arrays import Floats, Sparse
from popgraph.basics.subspace import EPS, tolerance
from popgraph.errors import NotConverged
from popgraph.spectrum.assemble import rounded
from popgraph.spectrum.basis import orthonormal
from popgraph.spectrum.certificate import Remainder
from popgraph.spectrum.components import Stack
from popgraph.spectrum.pairs import Pairs
from popgraph.spectrum.solvers.elimination import Elimination, plan_elimination
from popgraph.spectrum.solvers.inertia import ShiftedFactor
from popgraph.spectrum.solvers.inverse_iteration import BLOCK, Crowded, Inverse, nearest_to_zero

COUNTED = "Sylvester's law of inertia: the pivots of I - Ā - σ count no other above it"
WHOLE = "every eigenvalue computed"
SPENT = "the eigenvalues found sum to the trace"
SPARE_PAIRS = 3  # sought beyond those asked for, so that one gap after them can be counted in
TAU = 1e-12  # I - Ā + τ is what is inverted: its own least eigenvalue is 0, and is deflated
NEAR_SHARE = 1e-2  # of a gap: the distance of σ from its end, so that the bound on what is left is sharp
PLACES = (NEAR_SHARE, 0.1, 0.5, 0.75)  # where σ goes, one after the other, if rounding forbids the first
MOST_ROUNDS = 64  # of search and count; each finds at least one copy that was missed
WIDEST_BLOCK = 64  # columns
LEAST_CROWD_SHARE = 1e-3  # of its distance from the shift: how wide a crowd is taken to be at the least
FARTHER = 8  # times the distance of a shift from a crowd that was not below it
NEARER_SHARE = 1.0  # of the new distance by which a shift must come nearer, so that each gains a factor of two
FEW_NATURALS, MANY_NATURALS = 4000, 50_000  # of fewer Ā is formed without looking; of more one step more is watched
# From the natural with the fewest views. Three steps reach 5 % of a random tree of 5,000, and all of planted clusters of 20,000.
STEPS_WATCHED, SHARE_REACHED = 3, 0.25
HUB_SHARE, MOST_HUBS = 0.125, 4  # of the naturals, that reach a view which counts as a hub; and such views
MOST_FORMED = 1200  # multiplications that Ā's formation may take for each row: a band of 33 views takes 1,090
MOST_ENTRIES, MOST_MULTIPLICATIONS = (
    40,
    1500,
)  # of L for each row, and in factoring it: a band of 33 views has 33 and 1,090
LEFT_AS_FOUND_TO = 1e-14  # columns whose inner products are closer to those of orthonormal ones are left as they are
PAIRS_PAST_A_TIE = 16  # more pairs that are sought, once, where the last of those found are equal


@dataclass(frozen=True, eq=False)
class Laplacian:
    """I - Ā, or its counterpart on the naturals' side with the same eigenvalues below 1, and how to eliminate it."""

    matrix: Sparse  # (side, side) csc_array, rows and columns in the order of elimination
    null: Floats  # (side,) the unit vector that it sends to 0
    elimination: Elimination
    by_naturals: bool
    rounding: float  # a bound on the norm of the matrix' difference from the exact one


def products_to_form(M: Sparse) -> tuple[float, bool]:
    """Return how many multiplications MMᵀ or MᵀM takes, whichever is less, and whether that is MMᵀ."""
    n, n_views = M.shape
    if M.nnz == n * n_views:  # no zeros: counting 16 million entries would take 0.16 s
        return float(M.nnz) * min(n, n_views), n < n_views
    by_views = float(np.sum(np.diff(M.indptr).astype(float) ** 2))
    by_naturals = float(np.sum(np.bincount(M.indices, minlength=M.shape[1]).astype(float) ** 2))
    return min(by_views, by_naturals), by_naturals < by_views


def spreads_quickly(M: Sparse) -> bool:
    """Whether a few steps from one natural to those that share a view with it reach many: then L is nearly full."""
    # On a ring, a chain, a band or a tree a few steps reach few naturals, and a small set of views cuts the graph in two; only then
    # is L sparse (Lipton, Rose and Tarjan, Generalized nested dissection, SIAM J. Numer. Anal. 16 (1979)). Planted clusters are
    # refused here, after a few passes over the entries and before Ā is formed.
    n, n_views = M.shape
    counts, reached_from = np.diff(M.indptr), np.bincount(M.indices, minlength=n_views)
    # A view that many naturals reach is eliminated last, and makes one full row of L: a few of those cost little
    hubs = reached_from > HUB_SHARE * n
    kept = ~hubs if hubs.sum() <= MOST_HUBS else np.ones(n_views, dtype=bool)
    row_of = np.repeat(np.arange(n), counts)
    rows = np.zeros(n, dtype=bool)
    rows[int(counts.argmin())] = True
    for _ in range(STEPS_WATCHED if n <= MANY_NATURALS else STEPS_WATCHED + 1):
        views = np.zeros(n_views, dtype=bool)
        views[M.indices[rows[row_of]]] = True
        views &= kept
        rows[row_of[views[M.indices]]] = True
        if rows.sum() > SHARE_REACHED * n:
            return True
    return False


def make_laplacian(M: Sparse, top: Floats, most_entries: float) -> Laplacian | None:
    """Return I - MᵀM or I - MMᵀ of a connected block with unit eigenvector `top` (N,), or None if L has too many entries."""
    _, by_naturals = products_to_form(M)
    transposed = M.T.tocsr()
    B, B_transposed, null = (M, transposed, M @ top) if by_naturals else (transposed, M, top)
    gram = sp.csr_array(B @ B_transposed)
    plan = plan_elimination(gram, most_entries)
    if plan is None:
        return None
    # The rows of I - Ā add up to 0 with the weights of the null vector u: its diagonal is Σ Ā_ij u_j / u_i over j ≠ i, a sum of
    # positive terms, where 1 - Ā_ii would lose all digits of what is nearly disconnected. The two agree to rounding, which is
    # measured; each entry of a product of nonnegative factors is off by at most (m + 1) eps of itself, m the entries of a row, and
    # a nonnegative matrix that is entrywise below c Ā has norm at most c.
    null = null / np.linalg.norm(null)
    side = gram.shape[0]
    diagonal = np.flatnonzero(gram.indices == np.repeat(np.arange(side), np.diff(gram.indptr)))
    if len(diagonal) < side:  # entries so small that their squares are 0
        return None
    values = -gram.data
    values[diagonal] = 0.0
    with np.errstate(all="ignore"):
        leaving = (sp.csr_array((values, gram.indices, gram.indptr), shape=gram.shape) @ -null) / null
    off_by = float(np.abs(leaving + gram.data[diagonal] - 1.0).max())
    rounding = off_by + (int(np.diff(B.indptr).max()) + 8) * EPS
    if not rounding <= 1e-11:  # "not <=", because NaN fails every comparison
        return None
    values[diagonal] = leaving
    matrix = sp.csr_array((values, gram.indices, gram.indptr), shape=gram.shape)
    matrix = sp.csc_array(matrix[plan.order][:, plan.order])
    return Laplacian(matrix, null[plan.order], plan, by_naturals, rounding)


def may_be_cheap(M: Sparse) -> bool:
    """Whether Ā of a block is cheap to form, and its factor may be sparse; it takes a few passes over the entries to say so."""
    products, by_naturals = products_to_form(M)
    side = M.shape[0] if by_naturals else M.shape[1]
    return products <= MOST_FORMED * side and not (M.shape[0] > FEW_NATURALS and spreads_quickly(M))


def plan(stack: Stack) -> list[Laplacian] | None:
    """Return what is to be factored for each block of a stack, or None where that is not cheap; it takes little time to say so."""
    laplacians = []
    for M, top in zip(stack.sparse(), stack.top, strict=True):
        if not may_be_cheap(M):
            return None
        side = M.shape[0] if products_to_form(M)[1] else M.shape[1]
        laplacian = make_laplacian(M, top, MOST_ENTRIES * float(side))
        if laplacian is None or laplacian.elimination.multiplications > MOST_MULTIPLICATIONS * side:
            return None
        laplacians.append(laplacian)
    return laplacians


def solve(stack: Stack, k: int, alone: bool = True, laplacians: list[Laplacian] | None = None) -> Pairs:
    """Return at least the k leading pairs of each block, and a bound on the other eigenvalues.

    `laplacians` are those of `plan`, if it was asked. Unless `alone`, it gives up sooner. Raises NotConverged then, or if rounding
    leaves a pair or a count undecided.
    """
    _, n, n_views = stack.shape
    wanted = min(k, n, n_views) - 1
    solved = []
    for i, (M, top) in enumerate(zip(stack.sparse(), stack.top, strict=True)):
        laplacian = make_laplacian(M, top, np.inf) if laplacians is None else laplacians[i]
        if laplacian is None:
            raise NotConverged("the entries of M differ by too many decades to form I - Ā to rounding")
        solved.append(_leading(M, top, laplacian, wanted, alone))
    sure = min(len(block.gamma) for block in solved)
    return Pairs(
        np.stack([block.gamma[:sure] for block in solved]),
        np.stack([block.vectors[:, :sure] for block in solved]),
        np.array([block.gamma[sure:].max(initial=block.remainder) for block in solved]),
        np.array([block.gamma[sure:].max(initial=block.bound) for block in solved]),
        "; ".join(sorted({block.excluded for block in solved})),
    )


@dataclass(frozen=True, eq=False)
class _Leading:
    """The pairs of one block, the top included, and what is known of the others."""

    gamma: Floats
    vectors: Floats
    remainder: float
    bound: float
    excluded: str


def _leading(M: Sparse, top: Floats, laplacian: Laplacian, wanted: int, alone: bool) -> _Leading:
    """Find the `wanted` pairs below the top of one block, and whatever else is known of its eigenvalues."""
    trace = float(np.sum(M.data**2)) - 1.0  # the sum of all eigenvalues below the top
    search = _Search(laplacian, min(M.shape), trace, trial=not alone)
    sure, remainder = search.leading(wanted)
    gamma = np.concatenate([[1.0], search.gamma[:sure], np.zeros(max(0, wanted - sure))])
    positive = int(np.sum(gamma > 0)) - 1
    U = np.empty((len(laplacian.null), positive), order="F")
    U[laplacian.elimination.order] = search.vectors[:, :positive]
    if laplacian.by_naturals:  # Mᵀu = √γ v
        U = M.T @ U
        U = U / np.sqrt(np.einsum("ij,ij->j", U, U))
    V = np.zeros((M.shape[1], len(gamma)), order="F")
    V[:, : positive + 1] = _made_orthonormal(np.column_stack([top, U]))
    V[:, 0] = top
    return _Leading(gamma, V, *remainder)


def _made_orthonormal(V: Floats) -> Floats:
    """Return orthonormal columns with the same span: as they are, if they are orthonormal, as a search leaves them."""
    apart = np.abs(V.T @ V - np.eye(V.shape[1])).max()
    return V if apart <= LEFT_AS_FOUND_TO else orthonormal(V)  # NaN fails every comparison


class _Search:
    """Find least eigenpairs of a `Laplacian`, and count until none is missing; `side` sets what counts as rounding in γ = 1 - λ."""

    def __init__(self, laplacian: Laplacian, side: int, trace: float, *, trial: bool) -> None:
        self.laplacian, self.side, self.trace, self.trial = laplacian, side, trace, trial
        self.rng = np.random.default_rng(0)
        self.factor = ShiftedFactor(laplacian.matrix, -TAU)
        self.values, self.residuals = np.empty(0), np.empty(0)  # eigenvalues λ found, ascending
        self.vectors = np.empty((len(laplacian.null), 0))

    @property
    def gamma(self) -> Floats:
        """1 - λ, descending; what rounds to 0 is 0."""
        return rounded(1.0 - self.values, self.side)

    def leading(self, wanted: int) -> tuple[int, Remainder]:
        """Find the `wanted` least pairs; say how many of the first found there are no others among, and what is known of those."""
        self._extend(wanted + SPARE_PAIRS, BLOCK)
        for _ in range(MOST_ROUNDS):
            found = len(self.values)
            if self.trace - self.gamma.sum() <= tolerance(self.side):
                return int(np.sum(self.gamma > 0)), Remainder(0.0, 0.0, SPENT)
            if found == len(self.laplacian.null) - 1:
                return found, Remainder(0.0, 0.0, WHOLE)
            missing, failure = 0, "they are equal to rounding"
            for cut in self._cuts(wanted):
                try:
                    missing, bound = self._count_below(cut)
                except NotConverged as error:
                    failure = str(error)
                    continue
                if missing:
                    break
                sure = max(cut, wanted)
                return sure, Remainder(float(1 - self.values[sure]), bound, COUNTED)
            if not missing and found >= 2 * wanted + PAIRS_PAST_A_TIE:
                raise NotConverged(f"the eigenvalues beside {found} found cannot be counted: {failure}")
            # Where copies were missed, a block of as many columns meets them all
            more = missing or wanted + PAIRS_PAST_A_TIE
            self._extend(more, min(max(BLOCK, missing), WIDEST_BLOCK))
        raise NotConverged(f"after {MOST_ROUNDS} searches eigenvalues are still missing")

    def _extend(self, count: int, width: int) -> None:
        """Find `count` more pairs, beside those found, or all that there are."""
        enough = min(len(self.values) + count, len(self.laplacian.null) - 1)
        while (missing := enough - len(self.values)) > 0:
            known = np.column_stack([self.laplacian.null, self.vectors])
            shift = self.factor.sigma
            inverse = Inverse(self.laplacian.matrix, self.factor.solve, known, shift=shift, trial=self.trial)
            try:
                found = nearest_to_zero(inverse, missing, self.rng, width)
            except Crowded as crowd:
                self._come_nearer(crowd)
                continue
            values = np.concatenate([self.values, found.values])
            order = np.argsort(values, kind="stable")
            self.values, self.residuals = values[order], np.concatenate([self.residuals, found.residuals])[order]
            self.vectors = np.asfortranarray(np.column_stack([self.vectors, found.vectors])[:, order])

    def _come_nearer(self, crowd: Crowded) -> None:
        """Factor at a shift about as far below a crowd of eigenvalues as that is wide; raises NotConverged if none is nearer."""
        # Where the crowd is not resolved yet its Ritz values are too large: the count says whether the shift is below all of it
        # One eigenvalue alone has no width, and a repeated one that of rounding
        distance = max(crowd.spread, LEAST_CROWD_SHARE * (crowd.nearest - self.factor.sigma))
        while (sigma := crowd.nearest - distance) > self.factor.sigma + NEARER_SHARE * distance:
            factor = ShiftedFactor(self.laplacian.matrix, sigma)
            if factor.count_below()[0] == 1 + int(np.sum(self.values < sigma)):
                self.factor = factor
                return
            distance *= FARTHER
        raise crowd

    def _cuts(self, wanted: int) -> list[int]:
        """Return the numbers of pairs before the gaps where it can be counted, the best gap first."""
        # Counted beyond the pair after those wanted, that pair itself is the next eigenvalue, and the gap is sharp. The widest gap
        # is the one that rounding hides least. A crowd without end has a gap before it only: the bound is then above the crowd, and
        # the cut counts as degenerate: that will not do where the eigenvalues found have a gap there, which a count must find.
        gaps = np.diff(self.values, prepend=0.0)
        ends = np.flatnonzero(gaps > tolerance(self.side))
        beyond, here, before = (ends[where][::-1] for where in (ends > wanted, ends == wanted, ends < wanted))
        cuts = [*beyond[np.argsort(-gaps[beyond], kind="stable")]]
        if len(self.values) >= 2 * wanted + PAIRS_PAST_A_TIE:
            cuts += list(here) or list(before)
        return [int(cut) for cut in cuts]

    def _count_below(self, cut: int) -> tuple[int, float]:
        """Count in the gap after the first `cut` pairs: return how many before it are missing, and a bound on all γ after it."""
        low = float((self.values[:cut] + self.residuals[:cut]).max(initial=0.0))
        high = float(self.values[cut])
        missing, failure = 0, "rounding hides the gap"
        for share in PLACES:
            sigma = high - share * (high - low)
            try:
                count, error = ShiftedFactor(self.laplacian.matrix, sigma).count_below()
            except NotConverged as exception:
                failure = str(exception)
                continue
            error += self.laplacian.rounding
            if sigma - error <= low:
                continue
            missing = count - (cut + 1)  # the null vector is not among the pairs
            if missing < 0:
                raise NotConverged(f"{cut} eigenvalues are found, and {count - 1} counted, above {1 - sigma:.6g}")
            if missing == 0:
                return 0, 1.0 - (sigma - error)
        if missing > 0:
            return missing, 1.0
        raise NotConverged(f"the eigenvalues above {1 - high:.6g} cannot be counted: {failure}")
