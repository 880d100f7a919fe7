"""`verify`: does an embedding f match F* up to an invertible linear map? `Match` (match.py) is the answer.

Compares subspaces, because that is what a linear probe sees: CKA and Procrustes report 0.67 and 0.45 for f = F* B exactly.
How f was trained is no business of this room.
"""

from typing import Any, Protocol, cast, runtime_checkable

import numpy as np

from popgraph.basics.arguments import angle, whole_number
from popgraph.basics.arguments.embeddings import read_embedding
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arrays import Floats, frozen
from popgraph.basics.blas import one_thread
from popgraph.basics.memory import in_words, reserve
from popgraph.basics.subspace import (
    ColumnSpace,
    captured,
    column_space,
    containment_angles,
    linear_map,
    principal_angles,
)
from popgraph.errors import InvalidArgument, listing, shorten
from popgraph.losses import spectral
from popgraph.populations.features import FeatureClass, read_features
from popgraph.populations.graph import PopulationGraph, read_graph
from popgraph.spectrum import Spectrum, ritz, whole_eigenspace
from popgraph.spectrum.basis import groups
from popgraph.verification.match import Match, Status, share_in_words
from popgraph.verification.reasons import family_in_words, in_exact_arithmetic, missing_in_words
from popgraph.verification.slips import slip_in_words

MEANT = 0.5  # radians: a direction of F* so short that float64 writes it with one digit is turned by no more
ATOL = 1e-6  # radians: rounding turns well separated spans by 1e-12, training by 1e-8


@runtime_checkable
class HasVerdict(Protocol):
    """A population that is no PopulationGraph and compares embeddings with its F* itself."""

    def __verify__(self, f: Any, k: int | None, *, atol: float | None, spectrum: Any, features: Any) -> Any: ...


@runtime_checkable
class HasFeatures(Protocol):
    """An embedding that knows the features it is linear in."""

    features: Any

    def __embedding__(self) -> Floats: ...


@checked_call()
@in_words("verifying f", "use a smaller k, or verify_sampled, which looks at pairs of views only")
@one_thread()
def verify(
    graph: PopulationGraph | HasVerdict,
    f: Any,
    k: int | None = None,
    *,
    atol: float | None = None,
    spectrum: Any = None,
    features: Any = None,
) -> Match:
    """Check whether an embedding f matches the leading eigenvectors F* up to an invertible linear map.

    Compares the span of F = √w_x f with that of F*. Where the k-th eigenvalue is repeated beyond k (a degenerate cut), F* is
    a family: f must hold every eigenvector above the cut and nothing below it. Where f has more than k columns, it must
    contain F*.

    Parameters
    ----------
    graph : PopulationGraph or ProductGraph
        N views.
    f : (N, d) array, mapping view -> vector, callable view -> vector, DataFrame, Training or Spectrum
        Rows in the order of `graph.views`; a DataFrame goes by its index. Of a Spectrum its `embedding` is meant: F* itself
        is √w_x f, not f. Of a ProductGraph a LowDegree or ProductTraining, which is judged exactly, or a callable on arrays of
        positions (m, d), which is judged by sampled pairs: the answer is then a `SampledMatch`.
    k : int, optional
        How many eigenvectors; d if not given, and at most d.
    atol : float, optional
        The largest principal angle, in radians, that counts as 0: 1e-6 if not given, or 0.1 of an f that is only sampled.
    spectrum : Spectrum, optional
        Of this graph with at least k pairs, to save solving it again.
    features : (N, d) array, mapping, callable or DataFrame, optional
        Ψ, where f = ΨW was sought: then a no says which eigenvectors no f of this class can express, and whether f is the best
        of it. A Training brings its own.

    Returns
    -------
    Match
        The verdict with its reasons; print it for a paragraph.

    Raises
    ------
    InvalidEmbedding
        If f is not one finite real vector for each view.
    InvalidArgument
        If k is not in 1..min(N, d), or atol is not in (0, pi/2).
    TooLarge
        If there is not the memory for it.

    References
    ----------
    [H21] Lemma 3.1 and section 3.2.

    Examples
    --------
    >>> import popgraph as pg
    >>> graph = pg.zoo.lightning_cloud()
    >>> bool(pg.verify(graph, [[1, 1], [1, 1], [1, -1], [1, -1]]))
    True
    >>> pg.verify(graph, [[1, 1]] * 4).reason
    'f has collapsed: F has rank 1, not 2; it misses eigenvector 1 (γ = 1, 50% held) and eigenvector 2 (γ = 1, 50% held).'
    >>> training = pg.train(graph, k=1, features=[[1], [1], [1], [0]], rng=0)
    >>> pg.verify(graph, training).status.value
    'f spans the best that its class can express, which is not F*'
    """
    if isinstance(graph, HasVerdict):
        return cast(Match, graph.__verify__(f, k, atol=atol, spectrum=spectrum, features=features))
    read_graph("verify(graph, f)", graph)
    return verify_on(graph, f, k, atol=atol, spectrum=spectrum, features=features)


def verify_on(
    graph: Any, f: Any, k: int | None, *, atol: float | None, spectrum: Spectrum | None, features: Any
) -> Match:
    """Do as `verify` says, on any graph that has views, w_x, a spectrum, and an M that multiplies."""
    atol = read_angle(atol)
    features = f.features if features is None and isinstance(f, HasFeatures) else features
    held = None if features is None else read_features(graph.views, graph.w_x, features)
    table = read_embedding(graph.views, f)
    k = _read_k(graph, table, k)
    d = table.shape[1]
    needed = 8.0 * (
        graph.N * (9 * (d + 1) + 2 * (k + 1)) + 6 * (d + 1) ** 2
    )  # f, F, F and 1, bases, and what SVDs work on
    reserve(f"verifying f, {graph.N:,} x {d:,}", needed, "use a smaller k")
    if spectrum is None:
        spectrum = graph.spectrum(k)
    elif not isinstance(spectrum, Spectrum) or spectrum.k < k or not np.array_equal(spectrum.w_x, graph.w_x):
        raise InvalidArgument(
            f"spectrum is {shorten(spectrum)}, which does not serve: k = {k} pairs of this graph of {graph.N} views are needed"
        )
    root = np.sqrt(graph.w_x)
    with np.errstate(over="ignore", invalid="ignore"):
        loss = spectral.value(graph.factor, graph.w_x, table)
    return judge(graph, table, table * root[:, np.newaxis], root, k, atol, spectrum.leading(k), loss, held)


def judge(
    graph: Any,
    table: Floats,
    F: Floats,
    root: Floats,
    k: int,
    atol: float,
    spectrum: Spectrum,
    loss: float,
    held: FeatureClass | None = None,
) -> Match:
    """Compare the span of F with that of the k leading eigenvectors, in any orthonormal coordinates.

    Parameters
    ----------
    graph : PopulationGraph, or what has its spectrum(k), factor and is_exact
    table, F : (N, d) arrays
        f and √w_x f; the same where the coordinates are not views.
    root : (N,) array
        √w_x, which stands for the constant function.
    spectrum : Spectrum
        k pairs.
    loss : float
        L(f).
    """
    # Of a table on views the product with √w_x is formed anew, where need be in extended precision
    space = column_space(F) if table is F else column_space(table, root)
    Q, condition, residual = linear_map(F, spectrum.eigenvectors)
    degenerate = spectrum.gap == 0 and spectrum.gamma[-1] > 0
    whole = whole_eigenspace(spectrum, graph.spectrum) if degenerate else spectrum
    if degenerate:
        reserve(f"comparing f with {whole.k:,} eigenvectors", 24.0 * len(F) * whole.k, "use a k at a clean cut")
    above = int(np.sum(spectrum.gamma > spectrum.gamma[-1] + spectrum.tolerance)) if degenerate else k
    shares = captured(spectrum.eigenvectors, space.basis)
    angles = _angles(space, whole, above, k)
    uncertainty = space.uncertainty + whole.certificate.angle_bound
    if degenerate and above:  # the eigenvectors above are asked for too, across a gap of their own
        uncertainty += spectrum.leading(above).certificate.angle_bound
    optimal = table.shape[1] == k and _is_optimal(graph, F, spectrum, atol)
    family = whole if degenerate else None
    status, reason = _decide(table, space, spectrum, shares, angles, atol, uncertainty, optimal, family)
    if status is Status.DIFFERENT and _matches_with_constant(graph, F, root, k, atol):
        reason += f" With a constant column added f spans the {k + 1} leading eigenvectors: centred losses leave the constant out."
    if status is Status.DIFFERENT and not degenerate and hasattr(graph, "views"):  # coordinates of a product have none
        reason += slip_in_words(graph.views, table, spectrum.eigenvectors, root, atol)
    exactly = in_exact_arithmetic(graph, k, degenerate) if spectrum.gap == 0 else ""
    best = None if held is None else _is_best_of_class(graph.factor, spectrum.w_x, held, space, k, atol)
    if held is not None and status is Status.DIFFERENT:
        status, reason = _limited(held, whole, k, atol, bool(best), status, reason)
    loss = loss if np.isfinite(loss) else np.inf  # a difference of overflows: such an f is no minimiser
    excess_loss = max(0.0, loss + float(np.sum(spectrum.gamma**2))) if table.shape[1] == k else None
    return Match(
        matches=status in (Status.MATCH, Status.MATCH_DEGENERATE, Status.CONTAINS, Status.CONTAINS_DEGENERATE),
        status=status,
        reason=reason,
        k=k,
        angles=frozen(angles),
        atol=atol,
        uncertainty=uncertainty,
        rank=space.rank,
        Q=frozen(Q),
        condition=condition,
        relative_residual=residual,
        excess_loss=excess_loss,
        excess_angle_bound=_excess_angle_bound(excess_loss, spectrum),
        optimal=optimal,
        gamma=spectrum.gamma,
        gap=spectrum.gap,
        captured=frozen(shares),
        family=family_in_words(above, k, whole.k) if degenerate else "",
        clean_cuts=whole.clean_cuts,
        expressible=None if held is None else frozen(captured(spectrum.eigenvectors, held.basis)),
        best_in_class=best,
        exactly=exactly,
        gap_bounds=spectrum.gap_bounds,
    )


def read_angle(atol: Any) -> float:
    """Return the largest angle that counts as 0, if it is one."""
    return angle("atol", ATOL if atol is None else atol)


def _read_k(graph: PopulationGraph, table: Floats, k: int | None) -> int:
    """Return k, the number of columns of f if it is not given."""
    wide = int(table.shape[1])
    if k is None:
        if wide > graph.N:
            raise InvalidArgument(
                f"f has {wide} columns, more than the {graph.N} views; say which k to check: k= in 1..{graph.N}"
            )
        return wide
    k = whole_number("k", k, graph.N)
    if k > wide:
        raise InvalidArgument(
            f"k is {k}, but f has {wide} columns, which cannot span {k} eigenvectors; use k <= {wide}"
        )
    return int(k)


def _angles(space: ColumnSpace, whole: Spectrum, above: int, k: int) -> Floats:
    """Return the angles that must vanish for f to match, as many as k.

    At a clean cut `whole` has k pairs, all `above`. At a degenerate one the `above` pairs are those with γ > γ_k, and `whole`
    holds all with γ >= γ_k: span F must contain the former and meet the latter in k dimensions.
    """
    V = whole.eigenvectors
    smallest = containment_angles(V, space.basis)[:k]
    if above == k:
        return smallest
    contained = containment_angles(V[:, :above], space.basis)
    # The `above` angles of containment and the rest of the smallest are k numbers, all 0 iff both conditions hold.
    return np.sort(np.concatenate([np.maximum(contained, smallest[:above]), smallest[above:]]))


def _is_optimal(graph: Any, F: Floats, spectrum: Spectrum, atol: float) -> bool:
    """Whether ĀF = F FᵀF and FᵀF has the eigenvalues γ_1..γ_k: together they say that F minimises the loss [THEORY 3.5]."""
    if np.abs(F).max() > 2:  # no entry of a minimiser F exceeds 1; much larger ones would overflow below
        return False
    FF = F.T @ F
    stationary = np.linalg.norm(graph.factor.T @ (graph.factor @ F) - F @ FF)
    return bool(stationary <= atol and np.abs(np.linalg.eigvalsh(FF)[::-1] - spectrum.gamma).max() <= atol)


def _decide(
    table: Floats,
    space: ColumnSpace,
    spectrum: Spectrum,
    shares: Floats,
    angles: Floats,
    atol: float,
    uncertainty: float,
    optimal: bool,
    whole: Spectrum | None,
) -> tuple[Status, str]:
    """Tell the cases of a match apart, and say in one sentence why."""
    k, angle, wide, degenerate = spectrum.k, float(angles.max()), table.shape[1] > spectrum.k, whole is not None
    if spectrum.gamma[-1] <= 0:
        rank = int(np.sum(spectrum.gamma > 0))
        best = "f is optimal but rank-deficient, as every minimiser is" if optimal else "f is not optimal either"
        return Status.RANK_EXCEEDED, (
            f"γ_{k} = 0: Ā has rank {rank}, below k = {k}, so minimisers have rank {rank} and no invertible map to {k} "
            f"eigenvectors exists; {best}."
        )
    # What rounding alone made independent points anywhere; a direction of F* that is only short points there
    sought = (spectrum if whole is None else whole).eigenvectors
    if space.rank < k <= space.possible_rank and containment_angles(sought, space.possible)[:k].max() <= MEANT:
        return Status.UNDECIDED, (
            f"F has rank {space.rank} or {space.possible_rank}: its columns are independent by so little that writing f as float64 "
            "may have made them so; float64 cannot tell."
        )
    if space.rank < k:
        named = missing_in_words(space, spectrum, shares, whole)
        return Status.COLLAPSED, f"f has collapsed: F has rank {space.rank}, not {k}; it misses {named}."
    if angle <= atol:
        status = {
            (False, False): Status.MATCH,
            (False, True): Status.MATCH_DEGENERATE,
            (True, False): Status.CONTAINS,
            (True, True): Status.CONTAINS_DEGENERATE,
        }[wide, degenerate]
        known = f", as far as float64 knows F* (to {uncertainty:.0e} rad)" if uncertainty > atol else ""
        return status, f"{status.value}: no angle exceeds {angle:.1e} rad{known}."
    if angle <= atol + uncertainty:
        return Status.UNDECIDED, (
            f"the angle {angle:.1e} rad is above atol = {atol:.0e}, but rounding may have turned the two spans by "
            f"{uncertainty:.1e} rad, at a gap of {spectrum.gap:.1e}; float64 cannot tell."
        )
    worst = int(np.argmin(shares.round(9)))  # the first of equal ones, whatever the BLAS
    which = (
        f"it must hold every eigenvector above γ_{k} = {spectrum.gamma[-1]:.4g} and nothing below"
        if degenerate
        else f"of eigenvector {worst + 1} (γ = {spectrum.gamma[worst]:.4g}) it holds {share_in_words(shares[worst])}"
    )
    itself = not degenerate and containment_angles(spectrum.eigenvectors, column_space(table).basis).max() <= atol
    hint = " The table itself spans F*, but F is √w_x f: pass F*/√w_x, as spectrum.embedding does." * bool(itself)
    return Status.DIFFERENT, (
        f"f spans another subspace than F*: the largest angle is {angle:.2g} rad, above atol = {atol:.0e}, and {which}.{hint}"
    )


def _excess_angle_bound(excess: float | None, spectrum: Spectrum) -> float | None:
    """Return the bound on ||sin Θ||_F that the excess loss proves, where it proves one below sqrt(k)."""
    if excess is None or spectrum.gap == 0:
        return None
    # Rounding hides excess losses of this size: the loss is a sum of terms as large as Σγ².
    hidden = spectrum.tolerance * (1.0 + float(np.sum(spectrum.gamma**2)))
    bound = float(
        np.sqrt((excess + hidden) / (float(spectrum.gamma[-1]) ** 2 - spectrum.certificate.remainder_bound**2))
    )
    return bound if bound < np.sqrt(spectrum.k) else None


def _matches_with_constant(graph: Any, F: Floats, root: Floats, k: int, atol: float) -> bool:
    """Whether F and √w_x, which stands for the constant function, together span the k + 1 leading eigenvectors at a clean cut."""
    root = root[:, np.newaxis]
    if column_space(F).rank != k or np.linalg.norm(column_space(F).basis.T @ root) > 0.5:
        return False  # the last: what holds half of the constant, as all does at k = N, is not centred
    spectrum = graph.spectrum(k + 1)
    space = column_space(np.column_stack([F, root]))
    clean = spectrum.gap > 0
    return bool(clean and principal_angles(spectrum.eigenvectors, space.basis).max() <= atol)


def _is_best_of_class(factor: Any, w_x: Floats, held: FeatureClass, space: ColumnSpace, k: int, atol: float) -> bool:
    """Whether span F is that of the class's k leading Ritz vectors, or one of equally good choices of them."""
    if k > held.d:
        return False
    best = ritz(factor, w_x, held.basis, held.T, held.d)
    least = float(best.gamma[k - 1])
    above = int(np.sum(best.gamma > least + best.tolerance))
    whole = best.leading(int(np.sum(best.gamma >= least - best.tolerance)))
    return least > 0 and bool(_angles(space, whole, above, k).max() <= atol)


def _limited(
    held: FeatureClass, whole: Spectrum, k: int, atol: float, best: bool, status: Status, reason: str
) -> tuple[Status, str]:
    """Say of an f that is not F* which eigenvectors its class cannot express, and whether f is the best of the class."""
    lacking = []
    for run in groups(whole.gamma, whole.side):
        many, need = run.stop - run.start, min(run.stop, k) - run.start
        there = int(np.sum(containment_angles(whole.eigenvectors[:, run], held.basis) <= atol))
        gamma = f"γ = {float(whole.gamma[run].mean()):.4g}"
        if there < need and many == 1:
            share = captured(whole.eigenvectors[:, run], held.basis).item()
            lacking.append(f"eigenvector {run.start + 1} ({gamma}, {share_in_words(share)} of it at most)")
        elif there < need:
            lacking.append(f"{need} of the {many} dimensions of {gamma} (it holds {there})")
    if not lacking:
        return status, reason
    named = f"the class of these {held.d} features cannot express {listing(lacking)}"
    if best:
        return Status.BEST_OF_CLASS, f"{Status.BEST_OF_CLASS.value}: {named}."
    return status, f"{reason} Besides, {named}."
