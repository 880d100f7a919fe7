"""The verdicts of `verify_sampled`: what intervals say of the claims that f spans F*, and that it minimises the loss.

A status says nothing that views which were not drawn could make otherwise. The intervals are made in `moments.py`.
"""

from dataclasses import replace
from enum import Enum
from typing import Any, NamedTuple

import numpy as np

from popgraph.basics.arguments import numbers
from popgraph.basics.arrays import Floats, frozen
from popgraph.basics.words import shorten
from popgraph.errors import InvalidArgument
from popgraph.verification.moments import Estimate, PairMoments, Ritz

GAMMA_REFUSAL_CHANCE = 1e-6  # the chance that eigenvalues `gamma` are refused though they are right
CONSTANT_ROUNDING = 1e-7  # 1 - θ_1 that may be rounding alone: (eps cond f)², with cond f at most 1e12
GAP_ROUNDING = 1e-12  # γ_k - γ_{k+1} up to which the cut counts as degenerate


class SampledStatus(Enum):
    """What the sampled pairs say of a claim about f; the value is what each one means."""

    REFUTED = "an interval excludes it"
    CONSISTENT = "nothing refutes it, and nothing proves it"
    CERTIFIED = "it is proved, at the stated confidence"


class DrawnViews(NamedTuple):
    """What the views drawn tell of the population without the views on which f is longer than on any view drawn."""

    rank: int  # of f on the views drawn
    rank_on_all_views: int | None  # None where it is not known
    largest_ritz_value: float  # upper end of θ_1
    missed_probability: float  # of the views left out
    condition: str  # on which statuses rest that a longer f could change; empty where the longest |f| is known

    @classmethod
    def of(cls, moments: PairMoments, k: int) -> "DrawnViews":
        """Measure it."""
        rank, lengths = moments.basis(k)[0], moments.lengths
        largest = float(moments.of_drawn().ritz(k).high[0]) if rank else 0.0
        condition = "" if lengths.known else if_no_longer(lengths.longest)
        return cls(rank, lengths.rank, largest, moments.missed_probability, condition)

    @property
    def angle_to_constant(self) -> float:
        """The angle, in radians, by which span F misses the constant at least, which is the eigenvector of γ_1 = 1."""
        # For u of span F, E (1 - u)² over all views is at least that over the views not left out; so sin² of the angle is at
        # least (1 - missed_probability)(1 - θ_1), with θ_1 the largest Ritz value on these.
        return _angle((1 - self.missed_probability) * (1 - self.largest_ritz_value))


def if_no_longer(longest: float) -> str:
    """Say what stands in for the longest |f| where that is not known."""
    return f"if f is nowhere longer than {longest:.4g}, the longest drawn; give longest= where it is known"


class GammaBounds(NamedTuple):
    """What the eigenvalues gamma (k + 1,) make of the intervals; None where f collapsed, or is wider than k."""

    gamma: Floats
    deficit: Floats | None
    angles: Floats | None
    excess: Floats | None
    excess_bound: float | None


def bounds_by_gamma(gamma: Floats, k: int, ritz: Ritz, loss: Estimate | None, lowest: float) -> GammaBounds:
    """Bound the angles by the deficit, and by the excess loss where f has k columns."""
    # With P_F the projector on span F and c_j = ||P_F v_j||², Σθ_i = tr P_F Ā = Σ_j γ_j c_j (Ky Fan). As Σ c_j = k,
    # ||sin Θ||_F² = Σ_{j<=k} (1 - c_j) = Σ_{j>k} c_j, and so
    #     (γ_k - γ_{k+1}) ||sin Θ||_F² <= Σγ_i - Σθ_i <= sin² Θ_max Σγ_i.
    # Where eigenvalues may be negative, down to `lowest`, the terms -γ_j c_j of j > k add at most -lowest ||sin Θ||_F² to the upper
    # bound, which is at most -lowest k sin² Θ_max. The excess loss bounds ||sin Θ|| by
    # L(f) - min L >= (γ_k² - γ_{k+1}²) ||sin Θ||_F² [THEORY 3.5], with max(γ, 0) in place of γ.
    deficit = angles = excess = bound = None
    reached = np.maximum(gamma, 0.0)
    if len(ritz.theta) == k:
        deficit = _nonnegative(float(gamma[:k].sum()) - ritz.total.value, ritz.total.error)
        most = reached[:k].sum() - k * lowest
        angles = [_angle(deficit[0] / most), _angle_across(deficit[1], gamma[k - 1] - gamma[k])]
    if loss is not None:
        excess = _nonnegative(loss.value + float(np.sum(reached[:k] ** 2)), loss.error)
        bound = _angle_across(excess[1], reached[k - 1] ** 2 - reached[k] ** 2)
    return GammaBounds(gamma, deficit, None if angles is None else frozen(np.array(angles)), excess, bound)


def read_gamma(gamma: Any, k: int, moments: PairMoments) -> Floats:
    """Return the k + 1 leading eigenvalues, if they can be those of a population graph, and of this one."""
    leading = numbers("gamma", gamma, f"it must be the {k + 1} leading eigenvalues of Ā")
    if leading.ndim != 1 or len(leading) < k + 1:
        raise InvalidArgument(
            f"gamma has shape {leading.shape}; k = {k} needs the {k + 1} leading eigenvalues, the one after the cut too (0 if none)"
        )
    leading = leading[: k + 1]
    lowest = moments.lowest
    if not (np.diff(leading) <= 0).all() or not leading[-1] >= lowest or abs(leading[0] - 1) > 1e-9:
        kind = "of pairs given directly" if lowest < 0 else "of a population graph"
        raise InvalidArgument(
            f"gamma is {shorten(leading.tolist())}; the eigenvalues {kind} begin with 1, fall, and stay in [{lowest:g}, 1]"
        )
    # f set to 0 on the views on which it is longer than on all drawn has Ritz values too, and none exceeds its γ (min-max).
    # They differ from those of the pairs drawn by no more than missed pairs can do, so this needs no `longest`.
    ritz = replace(moments.of_drawn(), confidence=1 - GAMMA_REFUSAL_CHANCE).ritz(k)
    above = np.flatnonzero(ritz.low > leading[: len(ritz.low)] + 1e-9)
    if above.size:
        i = int(above[0])
        ritz_value = f"a Ritz value of {ritz.theta[i]:.6g}, at least {ritz.low[i]:.6g}, and θ_{i + 1} <= γ_{i + 1}"
        raise InvalidArgument(f"gamma[{i}] is {leading[i]:.6g}, but f has {ritz_value}: it is not this population's")
    return frozen(leading)


def _nonnegative(value: float, error: float) -> Floats:
    """Return the interval of what cannot be negative; an estimate below 0 leaves it as wide as it is uncertain."""
    return frozen(np.array([max(0.0, value - error), max(value + error, error)]))


def _angle(square: float) -> float:
    """Return the angle whose sine has this square, at most pi/2."""
    return float(np.arcsin(np.sqrt(min(1.0, max(0.0, square)))))


def _angle_across(amount: float, gap: float) -> float:
    """Return the angle that a deficit or excess proves across a gap; pi/2 where it proves nothing."""
    return _angle(amount / gap) if gap > GAP_ROUNDING else np.pi / 2


def span_verdict(
    moments: PairMoments, ritz: Ritz, drawn: DrawnViews, k: int, known: GammaBounds | None, atol: float
) -> tuple[SampledStatus, str]:
    """Say whether f spans F*, and why."""
    if drawn.rank_on_all_views is not None and drawn.rank_on_all_views < k:
        rank = f"on all views its columns have rank {drawn.rank_on_all_views}, not {k}"
        return SampledStatus.REFUTED, f"f has collapsed: {rank}, so no invertible map leads from them to F*."
    above = f"rad, above atol = {atol:.2g}"
    if (missed := drawn.angle_to_constant) > atol:
        largest = f"the largest Ritz value is at most {drawn.largest_ritz_value:.4g}, but γ_1 = 1 in every population"
        return SampledStatus.REFUTED, f"{largest}: an angle is at least {missed:.2g} {above}."
    if drawn.rank < k:
        views = f"on the {2 * moments.pairs:,} views drawn the columns of f have rank {drawn.rank}, not {k}"
        rare = f"live on views of a probability below {moments.missed_probability:.1g} in all, none of which was drawn"
        other = f"its other directions {rare}"
        return (
            SampledStatus.CONSISTENT,
            f"{views}: {other if drawn.rank_on_all_views else f'either it has collapsed, or {other}'}.",
        )
    if known is not None and moments.lowest < 0 and known.gamma[k - 1] <= 0:
        reach = "one encoder reaches no eigenvalue that is not positive, so no invertible map leads to them"
        return SampledStatus.REFUTED, f"γ_{k} = {known.gamma[k - 1]:.4g}: {reach}."
    if known is None or known.deficit is None or known.angles is None:
        mend = "give gamma=, the k + 1 leading eigenvalues, where theory knows them"
        return (
            SampledStatus.CONSISTENT,
            f"nothing refutes it, but no pair can show an eigenvector that f leaves out; {mend}.",
        )
    deficit, (least, most) = f"Σγ_i - Σθ_i is in {written(known.deficit)}", known.angles.tolist()
    if least > atol:
        return _if_known(drawn, SampledStatus.REFUTED, f"{deficit}, so an angle is at least {least:.2g} {above}")
    if most <= atol:
        sure = f"at confidence {100 * moments.confidence:g} %"
        return _if_known(drawn, SampledStatus.CERTIFIED, f"{deficit}, so no angle exceeds {most:.2g} rad, {sure}")
    if known.gamma[k - 1] - known.gamma[k] <= GAP_ROUNDING:
        family = f"γ_{k} = γ_{k + 1} = {known.gamma[k]:.4g}, so F* is a family"
        return SampledStatus.CONSISTENT, f"nothing refutes it, but {family}, and the pairs bound no angle."
    needed = pairs_needed(known, k, ritz.total, atol, moments.pairs)
    proved = f"only that no angle exceeds {most:.2g} {above}" if most < np.pi / 2 else "nothing about the angle"
    more = f"about {needed:,} pairs might do" if needed else "if the estimate is right, no number of pairs would do"
    return SampledStatus.CONSISTENT, f"{deficit}, which proves {proved}; {more}."


def _if_known(drawn: DrawnViews, status: SampledStatus, reason: str) -> tuple[SampledStatus, str]:
    """Return a status that what f is on rare views could change: only where it is known how long f is there."""
    if drawn.condition:
        return SampledStatus.CONSISTENT, f"{reason}, {drawn.condition}."
    return status, f"{reason}."


def pairs_needed(known: GammaBounds, k: int, total: Estimate, atol: float, pairs: int) -> int | None:
    """Return about how many pairs bring the deficit down to gap sin²(atol); an estimate within its error counts as 0."""
    gap = float(known.gamma[k - 1] - known.gamma[k])
    if known.deficit is None or gap <= GAP_ROUNDING:
        return None
    estimate = float(known.gamma[:k].sum()) - total.value
    room = gap * float(np.sin(atol)) ** 2 - (estimate if estimate > total.error else 0.0)
    if room <= 0:
        return None
    exact = pairs * (total.error / room) ** 2
    digits: int = 10 ** max(0, int(np.log10(max(exact, 1.0))) - 1)
    return int(np.ceil(exact / digits)) * digits


def minimiser_verdict(
    drawn: DrawnViews, k: int, known: GammaBounds | None, stationarity: Estimate, atol: float
) -> tuple[SampledStatus | None, str]:
    """Say whether f minimises the loss over embeddings into R^k, and why."""
    if (d := len(stationarity.value)) > k:
        return None, f"not asked, as f has {d} columns and k is {k}."
    if drawn.largest_ritz_value < 1 - CONSTANT_ROUNDING:
        return (
            SampledStatus.REFUTED,
            f"a minimiser's largest Ritz value is γ_1 = 1; that of f is at most {drawn.largest_ritz_value:.6g}.",
        )
    rank = drawn.rank_on_all_views
    if rank is not None and rank < k and known is not None and known.gamma[rank] > 0:
        unused = f"γ_{rank + 1} = {known.gamma[rank]:.4g}"
        return SampledStatus.REFUTED, f"f has rank {rank}, and {unused}: one more dimension would lower the loss."
    size = np.abs(stationarity.value) - stationarity.error
    i, j = np.unravel_index(int(np.argmax(size)), size.shape)
    if size[i, j] > 0:
        interval = written([stationarity.low[i, j], stationarity.high[i, j]])
        entry = f"P = G² at every minimiser, but entry ({i}, {j}) of P - G² is in {interval}"
        return _if_known(drawn, SampledStatus.REFUTED, entry)
    if known is None or known.excess is None or known.excess_bound is None:
        return (
            SampledStatus.CONSISTENT,
            "P = G² within the intervals, as at every critical point; gamma= tells the lowest.",
        )
    if known.excess[0] > 0:
        excess = f"the loss is above its minimum, by an amount in {written(known.excess)}"
        return _if_known(drawn, SampledStatus.REFUTED, excess)
    above = f"the loss is at most {known.excess[1]:.2g} above its minimum"
    if known.excess_bound <= atol:
        return _if_known(drawn, SampledStatus.CERTIFIED, f"{above}, so no angle exceeds {known.excess_bound:.2g} rad")
    return SampledStatus.CONSISTENT, f"{above}, which proves no angle as small as atol = {atol:.2g} rad."


def written(interval: Any) -> str:
    """Write an interval with the digits that tell its ends apart."""
    low, high = interval
    digits = 4 if high == low else max(3, 2 + int(np.ceil(np.log10(max(abs(low), abs(high)) / (high - low)))))
    return f"[{low:.{digits}g}, {high:.{digits}g}]"
