"""Judge an f that was trained with weight decay: does it span the modes that decay leaves on, and is it the best f there is?

The minimiser is F = V diag(s) Q with s_i = 0 for each mode i that is off (THEORY 14). Up to an invertible map it is V_on alone:
where all k modes are on, the question is that of `judge.py`, and else whether F has the rank and the span of V_on.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from popgraph.basics.arrays import Floats, frozen
from popgraph.basics.rows import of_blocks, with_same_singular_values
from popgraph.basics.subspace import ColumnSpace, column_space, containment_angles, svd
from popgraph.spectrum import ModesUnderDecay, modes_under_decay
from popgraph.verification.decay import Decay, Penalty, in_numbers
from popgraph.verification.evidence import (
    COLUMNS_MULTIPLIED,
    LARGEST_MINIMISER_ENTRY,
    SHORT_DIRECTION_ANGLE,
    Evidence,
    angles_of_match,
)
from popgraph.verification.match import Status, share_in_words


@dataclass(frozen=True, eq=False)
class Ruling:
    """What was decided: the status, the reason, and the angles that had to vanish, with their rounding."""

    status: Status
    reason: str
    angles: Floats
    uncertainty: float
    space: ColumnSpace  # of F, without what counts as nothing


@dataclass(frozen=True, eq=False)
class UnderDecay:
    """The evidence beside the optimum of the loss with its penalty."""

    evidence: Evidence

    @property
    def penalty(self) -> Penalty:
        """The weight decay and the head."""
        return self.evidence.penalty

    @cached_property
    def modes(self) -> ModesUnderDecay:
        """The optimum on the k leading eigenvalues."""
        spectrum, penalty = self.evidence.spectrum, self.penalty
        return modes_under_decay(spectrum.gamma, penalty.weight_decay, penalty.head, spectrum.tolerance)

    @cached_property
    def tied(self) -> Any:
        """Which of the k modes have their threshold at λ, to rounding, (k,)."""
        gamma, known = self.evidence.spectrum.gamma, self.evidence.spectrum.tolerance
        at = gamma[self.modes.at_threshold]
        return np.asarray([bool(np.any(np.abs(at - each) <= known)) for each in gamma])

    @cached_property
    def sure(self) -> int:
        """How many modes are on, and not at their threshold: the first ones."""
        return int(np.sum(self.modes.on & ~self.tied))

    @property
    def all_on(self) -> bool:
        """Whether decay switches none of the k modes off, so that the optimum spans F*."""
        return self.sure == self.evidence.k

    @cached_property
    def _singular(self) -> tuple[Floats, Floats]:
        """σ(F), padded by 0 to (d,), and the right singular vectors (d, d)."""
        F, (N, d) = self.evidence.F, self.evidence.F.shape
        rows = max(d - N, 0)
        reduced = with_same_singular_values(lambda block: F[block], N, d)
        _, sigma, Vt = svd(np.concatenate([reduced, np.zeros((rows, d))]))
        return np.concatenate([sigma, np.zeros(d - len(sigma))]), Vt

    @property
    def sigma(self) -> Floats:
        """The singular values of F, (d,), largest first."""
        return self._singular[0]

    def part(self, rank: int) -> ColumnSpace:
        """The span of the directions of F of the `rank` largest singular values."""
        evidence = self.evidence
        if rank == evidence.space.rank:
            return evidence.space
        if rank == 0:
            empty = np.zeros((len(evidence.table), 0))
            return ColumnSpace(empty, 0.0, empty)
        return column_space(evidence.table @ self._singular[1][:rank].T, evidence.root if evidence.on_views else None)

    @cached_property
    def rank(self) -> int | None:
        """The rank of F without what is at most atol of its smallest direction, if it is among those of a minimiser."""
        # Descent leaves something of every mode that is off, as it only fades; nothing is told by its direction
        sigma, atol = np.append(self.sigma, 0.0), self.evidence.atol
        for rank in range(self.sure, self.sure + int(np.sum(self.tied)) + 1):
            if sigma[rank] <= atol * (sigma[rank - 1] if rank else 1.0):
                return rank
        return None

    @cached_property
    def nearest(self) -> Floats:
        """σ(F) of that minimiser which is nearest to F, (k,): a mode at the threshold of a head may be on or off."""
        best = np.where(self.tied, 0.0, self.modes.sizes)
        if not self.penalty.head:
            return best
        on = np.sqrt(2.0 * np.maximum(self.evidence.spectrum.gamma, 0.0) / 3.0)
        found = self.sigma[: self.evidence.k]
        return np.where(self.tied & (np.abs(found - on) < found), on, best)

    @cached_property
    def optimal(self) -> bool:
        """Whether F = UΣQᵀ has the singular values of a minimiser, and Āu_i = γ_i u_i wherever σ_i > 0."""
        # σ is a growing function of γ among the modes that are on, so that u_i then belongs to the i-th eigenvalue. A table's loss
        # depends on σ², and a head's on σ itself: there σ = 1e-3 in place of 0 costs 2e-3 λ.
        evidence = self.evidence
        if evidence.d != evidence.k or evidence.F.largest() > LARGEST_MINIMISER_ENTRY:
            return False
        power = 1 if self.penalty.head else 2
        same = float(np.abs(self.sigma**power - self.nearest**power).max())
        return bool(same <= evidence.atol and self._off_eigenvectors <= evidence.atol)

    @cached_property
    def _off_eigenvectors(self) -> float:
        """||ĀFQ - FQ diag(γ)||_F."""
        evidence, d, squares = self.evidence, self.evidence.d, 0.0
        gamma, Q = evidence.spectrum.gamma, self._singular[1].T
        for start in range(0, d, COLUMNS_MULTIPLIED):
            X = self._product_with(Q[:, start : start + COLUMNS_MULTIPLIED])
            image = np.asarray(evidence.coordinates.gram(X)) - X * gamma[start : start + COLUMNS_MULTIPLIED]
            squares += float(np.linalg.norm(image)) ** 2
        return float(np.sqrt(squares))

    def _product_with(self, columns: Floats) -> Floats:
        """Return F times some columns (d, m)."""
        F = self.evidence.F
        return np.concatenate(list(of_blocks(lambda rows: F[rows] @ columns, *F.shape)))

    @cached_property
    def excess(self) -> float | None:
        """The loss with the least penalty of this F, above its minimum; None where f is wider than k."""
        if self.evidence.d != self.evidence.k:
            return None
        weight_decay, sigma = self.penalty.weight_decay, self.sigma
        with np.errstate(over="ignore"):
            size = 2.0 * float(np.sum(sigma)) if self.penalty.head else float(np.sum(sigma**2))
            return max(0.0, self.evidence.loss + weight_decay * size - self.modes.value)

    @property
    def decay(self) -> Decay:
        """What the answer tells of decay."""
        below, W, found = self.penalty.below, self.penalty.W, frozen(self.sigma[: self.evidence.k].copy())
        if below is None or W is None:
            return Decay(self.modes, found, self.excess)
        H = below * self.evidence.root[:, np.newaxis]
        imbalance = float(np.linalg.norm(H.T @ H - W.T @ W))
        return Decay(self.modes, found, self.excess, frozen(np.linalg.svd(H, compute_uv=False)), imbalance)


def decide_under_decay(seen: UnderDecay) -> Ruling:
    """Tell the cases apart where decay switches modes off, or may."""
    evidence, sure, tied = seen.evidence, seen.sure, int(np.sum(seen.tied))
    space, atol = evidence.space, evidence.atol
    if sure == 0 and (tied == 0 or seen.rank == 0):
        return _nothing_on(seen)
    V = _eigenvectors(seen)
    wanted, rank = V[:, :sure], seen.rank
    turned = space.uncertainty + _rounding_of(seen)
    missing = containment_angles(wanted, space.basis)
    if space.rank < sure:
        return _collapsed(seen, missing, turned)
    if rank is not None:
        # f must contain the modes that are on, and beside them may have dimensions of those at their threshold only
        part = seen.part(rank)
        angles = angles_of_match(part, V if rank > sure else wanted, sure, rank)
        turned = part.uncertainty + _rounding_of(seen)
        angle = float(angles.max())
        if angle <= atol:
            return _spanned(seen, part, angles, turned)
        if angle <= atol + turned:
            return Ruling(Status.UNDECIDED, _between(angle, atol, turned), angles, turned, part)
    contains = sure == 0 or float(missing.max()) <= atol
    if contains and evidence.d > evidence.k:
        held = f"{Status.CONTAINS.value}: it contains the {_modes(sure)} that decay leaves on. {_off_and_tied(seen)}"
        return Ruling(Status.CONTAINS, held, missing, turned, space)
    if contains and rank is None:
        return Ruling(Status.MORE_THAN_ON, _more(seen), missing, turned, space)
    angles = missing if rank is None else angles
    return Ruling(Status.DIFFERENT, _another(seen, float(angles.max())), angles, turned, space)


def _eigenvectors(seen: UnderDecay) -> Floats:
    """Return the eigenvectors of the modes that are on, and after them those at their threshold, beyond the k-th too."""
    evidence, count = seen.evidence, seen.sure + int(np.sum(seen.tied))
    if count < evidence.k or not evidence.degenerate:
        return np.asarray(evidence.spectrum.eigenvectors[:, :count])
    return evidence.eigenspace.eigenvectors


def _rounding_of(seen: UnderDecay) -> float:
    """Return the angle by which rounding may have turned the eigenvectors that are on, and those at their threshold with them."""
    evidence, sure, turned = seen.evidence, seen.sure, 0.0
    for count in {sure, sure + int(np.sum(seen.tied))} - {0}:
        whole = count == evidence.k and evidence.degenerate
        spectrum = evidence.eigenspace if whole else evidence.spectrum.leading(count)
        turned += spectrum.certificate.angle_bound
    return turned


def _nothing_on(seen: UnderDecay) -> Ruling:
    """Say that the best f is 0, and whether this one is."""
    size = float(seen.sigma[0])
    is_zero = "f is 0, to atol" if seen.rank == 0 else f"this F has the singular value {size:.4g}"
    words = f"{Status.ALL_OFF.value}: λ = {seen.penalty.weight_decay:g} is not below the largest threshold, "
    reason = f"{words}{seen.modes.thresholds[0]:.4g} of eigenvector 1 (γ = {seen.modes.gamma[0]:.4g}); {is_zero}."
    space = seen.part(0) if seen.rank == 0 else seen.evidence.space
    reason = " ".join([reason, *_tie_in_words(seen)])
    return Ruling(Status.ALL_OFF, reason, seen.evidence.angles, seen.evidence.uncertainty, space)


def _collapsed(seen: UnderDecay, missing: Floats, turned: float) -> Ruling:
    """Say which of the modes that are on are missing, if float64 can tell that they are."""
    space, sure = seen.evidence.space, seen.sure
    wanted = seen.evidence.spectrum.eigenvectors[:, :sure]
    short = containment_angles(wanted, space.possible)[:sure].max() <= SHORT_DIRECTION_ANGLE
    if space.possible_rank >= sure and short:
        reason = (
            f"F has rank {space.rank} or {space.possible_rank}: its columns are independent by so little that writing f as float64 "
            "may have made them so; float64 cannot tell."
        )
        return Ruling(Status.UNDECIDED, reason, missing, turned, space)
    shares = [f"{share_in_words(share)} of eigenvector {i + 1}" for i, share in enumerate(seen.evidence.shares[:sure])]
    reason = (
        f"f has collapsed: F has rank {space.rank}, and decay leaves {_modes(sure)} on, of which it contains "
        f"{', '.join(shares[:5])}{' ...' * (sure > 5)}. {_off_and_tied(seen)}"
    )
    return Ruling(Status.COLLAPSED, reason, missing, turned, space)


def _spanned(seen: UnderDecay, part: ColumnSpace, angles: Floats, turned: float) -> Ruling:
    """Tell a match from a choice at a threshold: below a head both are optimal, and of a table float64 cannot tell."""
    tied, sure, rank = bool(np.any(seen.tied)), seen.sure, part.rank
    largest = f"no angle exceeds {angles.max():.1e} rad"
    if not tied or (rank == sure and not seen.penalty.head):
        reason = f"{Status.MODES_ON.value}, {sure} of {seen.evidence.k}: {largest}. {_off_and_tied(seen)}"
        return Ruling(Status.MODES_ON, reason.strip(), angles, turned, part)
    held = f"f holds {rank - sure} dimension{'s' * (rank - sure != 1)} of modes at their threshold"
    if seen.penalty.head:
        reason = f"{Status.AT_THRESHOLD.value}: {held}, and {largest}. {_off_and_tied(seen)}"
        return Ruling(Status.AT_THRESHOLD, reason, angles, turned, part)
    reason = f"{held}, which are on or off by less than rounding; float64 cannot tell. {_off_and_tied(seen)}"
    return Ruling(Status.UNDECIDED, reason, angles, turned, part)


def _off_and_tied(seen: UnderDecay) -> str:
    """Say which modes are off, by which thresholds, and which are at theirs."""
    return " ".join([*_off_in_words(seen), *_tie_in_words(seen)])


def _off_in_words(seen: UnderDecay) -> list[str]:
    """Say which modes are off, and by which thresholds; nothing where there are none."""
    off = np.flatnonzero(~seen.modes.on & ~seen.tied)
    if not off.size:
        return []
    are = "are" if len(off) > 1 else "is"
    thresholds = in_numbers(seen.modes.thresholds[off])
    above = f"λ = {seen.penalty.weight_decay:g} is above the threshold of {_named(off)} ({thresholds})"
    return [f"{above}, which {are} off."]


def _tie_in_words(seen: UnderDecay) -> list[str]:
    """Say of λ at a threshold, to rounding, what is then optimal; nothing where it is at none."""
    at = np.flatnonzero(seen.tied)
    if not at.size:
        return []
    distance = float(np.abs(seen.penalty.weight_decay - seen.modes.thresholds[at]).max())
    size = float(np.sqrt(2.0 * seen.modes.gamma[at[0]] / 3.0))
    what = (
        f"0 and {size:.4g} are equally good singular values there"
        if seen.penalty.head
        else "the best F has 0 of it there"
    )
    return [f"λ is at the threshold of {_named(at)} (to {distance:.0e}): {what}."]


def _named(modes: Any) -> str:
    """Write the numbers of some neighbouring eigenvectors."""
    first, last = int(modes[0]) + 1, int(modes[-1]) + 1
    return f"eigenvector {first}" if first == last else f"eigenvectors {first} to {last}"


def _more(seen: UnderDecay) -> str:
    """Say of an f that spans more than the modes that are on by how much."""
    first = seen.sure + int(np.sum(seen.tied))
    size = f"{seen.sigma[first]:.4g}" if first < len(seen.sigma) else "0"
    return (
        f"{Status.MORE_THAN_ON.value}: it contains the {_modes(seen.sure)}, and its singular value {first + 1} is {size} where the "
        f"best f has 0. {_off_and_tied(seen)}"
    )


def _another(seen: UnderDecay, angle: float) -> str:
    """Say of an f that spans another subspace which mode that is on it contains the least of."""
    shares = seen.evidence.shares[: max(1, seen.sure)]
    worst = int(np.argmin(shares.round(9)))
    return (
        f"f spans another subspace than the modes that decay leaves on, {seen.sure} of {seen.evidence.k}: the largest angle is "
        f"{angle:.2g} rad, above atol = {seen.evidence.atol:.0e}; it contains {share_in_words(shares[worst])} of eigenvector "
        f"{worst + 1}. {_off_and_tied(seen)}"
    )


def _between(angle: float, atol: float, turned: float) -> str:
    """Say that rounding may have made the angle."""
    return (
        f"the angle {angle:.1e} rad is above atol = {atol:.0e}, but rounding may have turned the two spans by {turned:.1e} rad; "
        "float64 cannot tell."
    )


def _modes(count: int) -> str:
    """Write a number of modes."""
    return f"{count} mode{'s' * (count != 1)}"
