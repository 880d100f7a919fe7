"""`judge`: from `Evidence` to a `Match`: which case holds, and why, in words."""

import numpy as np

from popgraph.basics.arrays import frozen
from popgraph.basics.subspace import captured, column_space, containment_angles
from popgraph.basics.words import listing
from popgraph.verification.evidence import Evidence
from popgraph.verification.match import Match, Status, share_in_words
from popgraph.verification.reasons import family_in_words, in_exact_arithmetic, missing_in_words, rank_exceeded_in_words
from popgraph.verification.slips import largest_in_size_in_words, slip_in_words

# Radians: rounding turns a direction of F* by no more, even one so short in f that float64 writes it with a single digit
SHORT_DIRECTION_ANGLE = 0.5
MATCHES = (Status.MATCH, Status.MATCH_DEGENERATE, Status.CONTAINS, Status.CONTAINS_DEGENERATE)


def judge(evidence: Evidence) -> Match:
    """Compare the span of F with that of the k leading eigenvectors, in any orthonormal coordinates."""
    spectrum, k = evidence.spectrum, evidence.k
    status, reason = _decide(evidence)
    if status is Status.DIFFERENT:
        reason += _slip(evidence)
        status, reason = _limited(evidence, status, reason)
    Q, condition, residual = evidence.least_squares_map
    family = family_in_words(evidence.above, k, evidence.eigenspace_end) if evidence.degenerate else ""
    return Match(
        matches=status in MATCHES,
        status=status,
        reason=reason,
        k=k,
        angles=frozen(evidence.angles),
        atol=evidence.atol,
        uncertainty=evidence.uncertainty,
        rank=evidence.space.rank,
        Q=frozen(Q),
        condition=condition,
        relative_residual=residual,
        excess_loss=evidence.excess_loss,
        excess_angle_bound=evidence.excess_angle_bound,
        optimal=evidence.optimal,
        gamma=spectrum.gamma,
        gap=spectrum.gap,
        captured=frozen(evidence.shares),
        family=family,
        clean_cuts=evidence.clean_cuts,
        expressible=None if evidence.expressible is None else frozen(evidence.expressible),
        best_in_class=evidence.best_in_class,
        exactly=in_exact_arithmetic(evidence.coordinates, k, evidence.degenerate) if spectrum.gap == 0 else "",
        gap_bounds=spectrum.gap_bounds,
    )


def _decide(evidence: Evidence) -> tuple[Status, str]:
    """Tell the cases of a match apart, and say in one sentence why."""
    spectrum, space, atol, k = evidence.spectrum, evidence.space, evidence.atol, evidence.k
    angle, uncertainty = float(evidence.angles.max()), evidence.uncertainty
    if spectrum.gamma[-1] <= 0:
        return Status.RANK_EXCEEDED, rank_exceeded_in_words(spectrum, evidence.optimal)
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
    return words


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
