"""`judge`: from `Evidence` to a `Match`: which case holds, and why, in words."""

import numpy as np

from popgraph.basics.arrays import frozen
from popgraph.basics.subspace import captured, column_space, containment_angles
from popgraph.basics.words import listing
from popgraph.verification.decay import written
from popgraph.verification.evidence import SHORT_DIRECTION_ANGLE, Evidence
from popgraph.verification.match import Match, Status, share_in_words
from popgraph.verification.reasons import family_in_words, in_exact_arithmetic, missing_in_words, rank_exceeded_in_words
from popgraph.verification.ridge import Ridge
from popgraph.verification.slips import largest_in_size_in_words, slip_in_words
from popgraph.verification.spans import MAX_SIDE_SLIPS_IN_PASSING, SMALL_F_EXPONENT, AskedSpan
from popgraph.verification.under_decay import Ruling, UnderDecay, decide_under_decay

MATCHES = (
    Status.MATCH,
    Status.MATCH_DEGENERATE,
    Status.CONTAINS,
    Status.CONTAINS_DEGENERATE,
    Status.MODES_ON,
    Status.AT_THRESHOLD,
)


def judge(evidence: Evidence) -> Match:
    """Compare the span of F with that of the k leading eigenvectors, in any orthonormal coordinates."""
    spectrum, k, penalty = evidence.spectrum, evidence.k, evidence.penalty
    on_f = penalty.weight_decay > 0 and evidence.features is None
    seen = UnderDecay(evidence) if on_f else None
    all_on = seen is None or seen.all_on
    degenerate = evidence.degenerate and all_on  # a cut among modes that are off is none
    ruling = _ruling(evidence) if seen is None or seen.all_on else decide_under_decay(seen)
    status, reason = ruling.status, ruling.reason
    Q, condition, residual = evidence.least_squares_map
    family = family_in_words(evidence.above, k, evidence.eigenspace_end) if degenerate else ""
    return Match(
        matches=status in MATCHES,
        status=status,
        reason=reason,
        k=k,
        angles=frozen(ruling.angles),
        atol=evidence.atol,
        uncertainty=ruling.uncertainty,
        rank=ruling.space.rank,
        Q=frozen(Q),
        condition=condition,
        relative_residual=residual,
        excess_loss=evidence.excess_loss,
        excess_angle_bound=evidence.excess_angle_bound,
        optimal=_optimal(evidence, seen),
        gamma=spectrum.gamma,
        gap=spectrum.gap,
        captured=frozen(
            evidence.shares if ruling.space is evidence.space else captured(spectrum.eigenvectors, ruling.space.basis)
        ),
        family=family,
        clean_cuts=evidence.clean_cuts,
        expressible=None if evidence.expressible is None else frozen(evidence.expressible),
        best_in_class=evidence.best_in_class if evidence.ridge is None else evidence.ridge.optimal,
        exactly=in_exact_arithmetic(evidence.coordinates, k, degenerate) if spectrum.gap == 0 and all_on else "",
        gap_bounds=spectrum.gap_bounds,
        penalty=written(penalty, evidence.features is not None),
        decay=None if seen is None else seen.decay,
        nonnegative=penalty.nonnegative,
    )


def _ruling(evidence: Evidence) -> Ruling:
    """Decide of the k leading eigenvectors, with the slips and the limits of a class of functions in the reason."""
    status, reason = _decide(evidence)
    ridge = evidence.ridge
    if ridge is not None and status in (Status.DIFFERENT, Status.COLLAPSED):
        status, reason = _beside_ridge(evidence, ridge, status, reason)
    elif status is Status.DIFFERENT:
        reason += _slip(evidence)
        status, reason = _limited(evidence, status, reason)
    return Ruling(status, reason, evidence.angles, evidence.uncertainty, evidence.space)


def _optimal(evidence: Evidence, seen: UnderDecay | None) -> bool:
    """Whether f minimises the loss, with its penalty if it had one."""
    if evidence.ridge is not None:
        return evidence.ridge.optimal
    return evidence.optimal if seen is None else seen.optimal


def _beside_ridge(evidence: Evidence, ridge: Ridge, status: Status, reason: str) -> tuple[Status, str]:
    """Say of an f = ΨW that is not F* whether it is the best of its class with the decay of W, or by how much it is not."""
    loss = f"the loss plus {written(evidence.penalty, True)}"
    if ridge.optimal:
        left = f", which leaves {ridge.on} of {evidence.k} directions on" if ridge.on < evidence.k else ""
        shares = listing([share_in_words(share) for share in evidence.shares])
        held = f"it minimises {loss}, over its class{left}, and contains {shares} of the leading eigenvectors"
        return Status.BEST_OF_CLASS, f"{Status.BEST_OF_CLASS.value}: {held}."
    above = (
        f"{loss}, is {ridge.excess:.2e} above its least value over the class"
        if ridge.in_class
        else "f is not in its class"
    )
    return status, f"{reason} Besides, {above}."


def _decide(evidence: Evidence) -> tuple[Status, str]:
    """Tell the cases of a match apart, and say in one sentence why."""
    spectrum, space, atol, k = evidence.spectrum, evidence.space, evidence.atol, evidence.k
    angle, uncertainty = float(evidence.angles.max()), evidence.uncertainty
    if spectrum.gamma[-1] <= 0:
        return Status.RANK_EXCEEDED, rank_exceeded_in_words(spectrum, _optimal(evidence, None))
    # What rounding alone made independent points anywhere; a direction of F* that is only short points there
    sought = evidence.eigenspace.eigenvectors
    if (
        space.rank < k <= space.possible_rank
        and containment_angles(sought, space.possible)[:k].max() <= SHORT_DIRECTION_ANGLE
    ):
        return Status.UNDECIDED, (
            f"F has rank {space.rank} or {space.possible_rank}: its columns are independent by so little that writing f as float64 "
            "may have made them so; float64 cannot tell."
        )
    if space.rank < k:
        named = missing_in_words(space, spectrum, evidence.shares, evidence.eigenspace if evidence.degenerate else None)
        return Status.COLLAPSED, f"f has collapsed: F has rank {space.rank}, not {k}; it misses {named}."
    if angle <= atol:
        status = {
            (False, False): Status.MATCH,
            (False, True): Status.MATCH_DEGENERATE,
            (True, False): Status.CONTAINS,
            (True, True): Status.CONTAINS_DEGENERATE,
        }[evidence.d > k, evidence.degenerate]
        known = f", as far as float64 knows F* (to {uncertainty:.0e} rad)" if uncertainty > atol else ""
        return status, f"{status.value}: no angle exceeds {angle:.1e} rad{known}."
    if angle <= atol + uncertainty:
        return Status.UNDECIDED, (
            f"the angle {angle:.1e} rad is above atol = {atol:.0e}, but rounding may have turned the two spans by "
            f"{uncertainty:.1e} rad, at a gap of {spectrum.gap:.1e}; float64 cannot tell."
        )
    return Status.DIFFERENT, (
        f"f spans another subspace than F*: the largest angle is {angle:.2g} rad, above atol = {atol:.0e}; "
        f"{_worst(evidence)}."
    )


def _worst(evidence: Evidence) -> str:
    """Name the eigenvector of which span F has the smallest share, or say what a degenerate cut asks for."""
    gamma, k = evidence.spectrum.gamma, evidence.k
    if evidence.degenerate:
        return f"it must contain every eigenvector of γ > γ_{k} = {gamma[-1]:.4g}, and nothing of those of γ < γ_{k}"
    worst = int(np.argmin(evidence.shares.round(9)))  # the first of equal ones, whatever the BLAS
    return f"it contains {share_in_words(evidence.shares[worst])} of eigenvector {worst + 1} (γ = {gamma[worst]:.4g})"


def _slip(evidence: Evidence) -> str:
    """Name the common slips after which f would match; nothing where there is none."""
    words, V, more = "", evidence.spectrum.eigenvectors, evidence.k + 1
    if not evidence.degenerate and containment_angles(V, column_space(evidence.table).basis).max() <= evidence.atol:
        words += " The table itself spans F*, but F is √w_x f: pass F*/√w_x, as spectrum.embedding does."
    if (whole := evidence.both_ends) is not None:
        words += largest_in_size_in_words(whole, evidence.k, evidence.space.basis, evidence.atol)
    if evidence.matches_with_constant:
        words += f" With a constant column added f spans the {more} leading eigenvectors: centred losses leave the constant out."
    if not evidence.degenerate and evidence.views is not None:
        words += slip_in_words(evidence.views, evidence.table, V, evidence.root, evidence.atol)
    return words or _other_span(evidence)


def _other_span(evidence: Evidence) -> str:
    """Say what the table spans in place of F*, where that is a common slip; nothing where it is none."""
    N = len(evidence.root)
    if evidence.views is None or evidence.d != evidence.k or N > MAX_SIDE_SLIPS_IN_PASSING:
        return ""
    adjacency = np.asarray(evidence.coordinates.gram(np.eye(N)))
    asked = AskedSpan(adjacency, evidence.root**2, evidence.k, SMALL_F_EXPONENT)
    slip = asked.other_span(evidence.table, evidence.atol)
    return "" if slip is None else f" {slip.hint}"


def _limited(evidence: Evidence, status: Status, reason: str) -> tuple[Status, str]:
    """Say of an f that is not F* which eigenvectors its class cannot express, and whether f is the best of the class."""
    if evidence.features is None or not evidence.inexpressible:
        return status, reason
    eigenspace, lacking = evidence.eigenspace, []
    for run, needed, contained in evidence.inexpressible:
        multiplicity, gamma = run.stop - run.start, f"γ = {float(eigenspace.gamma[run].mean()):.4g}"
        if multiplicity == 1:
            share = captured(eigenspace.eigenvectors[:, run], evidence.features.basis).item()
            lacking.append(f"eigenvector {run.start + 1} ({gamma}, {share_in_words(share)} of it at most)")
        else:
            lacking.append(f"{needed} of the {multiplicity} dimensions of {gamma} (it contains {contained})")
    named = f"the class of these {evidence.features.d} features cannot express {listing(lacking)}"
    if evidence.best_in_class:
        return Status.BEST_OF_CLASS, f"{Status.BEST_OF_CLASS.value}: {named}."
    return status, f"{reason} Besides, {named}."
