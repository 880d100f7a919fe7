"""`verify_sampled` and its `SampledMatch`: what positive pairs alone tell about an f.

Intervals are made in `moments.py`, verdicts in `sampled_verdicts.py`.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from popgraph.basics.arguments import angle, count, generator, number, whole_number
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.populations import read_population, refuse_two_kinds, satisfies
from popgraph.basics.arrays import Floats, Immutable, frozen
from popgraph.basics.blas import one_thread
from popgraph.basics.memory import in_words
from popgraph.basics.progress import Progress
from popgraph.basics.protocols import Population, ViewedPopulation
from popgraph.declare import Seed
from popgraph.populations import given_pairs
from popgraph.verification.moments import BLOCK_COUNT, Estimate, Sampling, draw_moments
from popgraph.verification.sampled_verdicts import (
    DrawnViews,
    SampledStatus,
    bounds_by_gamma,
    if_no_longer,
    minimiser_verdict,
    pairs_needed,
    read_gamma,
    span_verdict,
    written,
)

SAMPLED_ATOL = 0.1  # radians: intervals shrink like pairs^(-1/4)
HEAVY_VIEW_SHARE = 0.01  # share of the second moment at which one view is worth a warning


@dataclass(frozen=True, eq=False, repr=False)
class SampledMatch(Immutable):
    """Say what sampled pairs tell about whether f spans F*, and whether it minimises the loss. True iff a match is certified.

    All intervals are for the exact population value, each at ``confidence``; where ``longest_known`` is False, if f is nowhere
    longer than the longest drawn. No status rests on that condition.

    Attributes
    ----------
    status, reason : SampledStatus, str
        Whether f spans F*, which is that no principal angle exceeds ``atol``; and why, in one sentence.
    minimiser, minimiser_reason : SampledStatus or None, str
        Whether f minimises the spectral contrastive loss, a stronger claim; None if f is wider than k.
    k, pairs : int
        How many eigenvectors f is asked to span, and how many positive pairs were drawn.
    confidence, atol : float
        As given; atol in radians.
    rank : int
        The number of linearly independent columns of f: on all views of a graph, else on the views drawn.
    longest, longest_known : float, bool
        The largest ``|f(x)|`` over all views, where it is known; else the largest one drawn stands in for it.
    loss : Estimate
        L(f) = -2 tr P + ||G||_F², without bias; its ``value``, ``error`` (half the interval's width), ``low`` and ``high``.
    theta : (min(k, d),) array, or (min(k, rank),) of a graph
        The Ritz values, the eigenvalues of G^-1/2 P G^-1/2, largest first: how much of Ā the span of f captures. In the population
        0 <= θ_i <= γ_i [THEORY 7], or -1 <= θ_i of pairs given directly. For f wider than k, those of the k-dimensional part that
        half of the pairs chose, measured on the other half. 0 stands for those that no view drawn shows.
    theta_interval : (len(theta), 2) array
    P, G : Estimate
        Of the moments E f(x) f(x⁺)ᵀ, made symmetric, and E f(x) f(x)ᵀ; (d, d) arrays.
    stationarity : Estimate
        Of P - G², which is 0 at every minimiser (from ĀF = F FᵀF [THEORY 3.5]); its intervals hold for all entries together.
    gamma : (k + 1,) array or None
        As given.
    deficit_interval : (2,) array or None
        Of Σγ_i - Σθ_i, i <= k; 0 iff f spans F*.
    angle_interval : (2,) array or None
        What the deficit proves about the largest angle between span F and F*, in radians: its sine is at least
        sqrt(deficit / Σγ_i) and at most sqrt(deficit / (γ_k - γ_{k+1})). [0, pi/2] where it proves nothing. Of pairs given
        directly the first is sqrt(deficit / (k + Σ max(γ_i, 0))).
    excess_interval : (2,) array or None
        Of L(f) - min L = L(f) + Σ max(γ_i, 0)², i <= k; None also if f is wider than k.
    excess_angle_bound : float or None
        What the excess alone proves: ||sin Θ||_F <= sqrt(excess / (γ_k² - γ_{k+1}²)) [THEORY 3.5], in radians.
    pairs_needed : int or None
        About how many pairs would certify ``atol``, if the truth is as estimated; None where it is unknown, or no number would.
    heaviest : float
        The share that the heaviest view drawn has in the second moment; where it is not small and ``longest_known`` is False, no
        interval is to be trusted.

    Examples
    --------
    >>> import popgraph as pg
    >>> from popgraph import verify_sampled
    >>> cube = pg.zoo.hypercube(3)
    >>> sampled = verify_sampled(cube, cube.spectrum(4).embedding, gamma=[1, 1/4, 1/4, 1/4, 1/16], atol=0.5, rng=0)
    >>> bool(sampled), sampled.status.name, sampled.minimiser.name
    (True, 'CERTIFIED', 'CERTIFIED')
    """

    status: SampledStatus
    reason: str
    minimiser: SampledStatus | None
    minimiser_reason: str
    k: int
    pairs: int
    confidence: float
    atol: float
    rank: int
    loss: Estimate
    theta: Floats
    theta_interval: Floats
    P: Estimate
    G: Estimate
    stationarity: Estimate
    gamma: Floats | None
    deficit_interval: Floats | None
    angle_interval: Floats | None
    excess_interval: Floats | None
    excess_angle_bound: float | None
    pairs_needed: int | None
    heaviest: float
    longest: float
    longest_known: bool

    def __bool__(self) -> bool:
        return self.status is SampledStatus.CERTIFIED

    def __repr__(self) -> str:
        fine = "" if self.minimiser is None else f", minimiser {self.minimiser.name}"
        return f"SampledMatch({self.status.name}, k={self.k}{fine}, {self.pairs:,} pairs)"

    def __str__(self) -> str:
        lines = [
            repr(self),
            f"  spans F*      {self.status.name}: {self.reason}",
            f"  minimiser     {self.minimiser.name + ': ' if self.minimiser else ''}{self.minimiser_reason}",
            f"  loss          {self.loss.value:.6g}, in {written([self.loss.low, self.loss.high])}",
            *(
                f"  {f'Ritz value {i + 1}':<13} {theta:.4g}, in {written(interval)}"
                for i, (theta, interval) in enumerate(zip(self.theta[:8], self.theta_interval, strict=False))
            ),
            f"  intervals     {100 * self.confidence:g} % each, from {self.pairs:,} pairs; four times the pairs halve them",
        ]
        if not self.longest_known:
            lines.append(f"                {if_no_longer(self.longest)}")
        if self.heaviest > HEAVY_VIEW_SHARE and not self.longest_known:
            share = f"one view makes {100 * self.heaviest:.2g} % of the second moment"
            lines.append(f"  Heavy tails: {share}, so trust no interval; draw more pairs.")
        return "\n".join(lines)


def _read_sampling(pairs: Any, confidence: Any, longest: Any, lowest: float) -> Sampling:
    """Read what says how pairs are drawn; no eigenvalue of Ā is below `lowest`."""
    return Sampling(
        count("pairs", pairs, 2 * BLOCK_COUNT, 2**40),
        number("confidence", confidence, "it must be a number between 0 and 1", above=1e-9, below=1 - 1e-12),
        None if longest is None else number("longest", longest, "it must be the largest |f(x)|, a number above 0"),
        lowest,
    )


@checked_call()
@in_words("verifying f by pairs", "use a narrower f")
@one_thread()
def verify_sampled(
    sampler: Any,
    f: Any,
    k: int | None = None,
    *,
    pairs: int = 100_000,
    gamma: Any = None,
    confidence: float = 0.95,
    atol: float = SAMPLED_ATOL,
    longest: float | None = None,
    rng: Seed = None,
    progress: Progress = None,
) -> SampledMatch:
    """Check an embedding f against F* by sampled positive pairs, for populations too large to list.

    Pairs show the Ritz values θ_i <= γ_i of the span of f, and cannot show a larger eigenvalue outside it. So a match is REFUTED
    where f collapsed or lacks the constant, θ_1 < 1 = γ_1; at best CONSISTENT; and CERTIFIED only with ``gamma``, by

        (γ_k - γ_{k+1}) ||sin Θ||_F² <= Σγ_i - Σθ_i <= sin² Θ_max Σγ_i.

    That f itself minimises the loss is a second, stronger claim: it needs P = G², and is CERTIFIED by the excess of L(f).

    Intervals are block jackknives with Student's t, wider by what views can do that are so rare that few or none were drawn, if f
    is as long there as it can be. How long that is, is known where views are listed, or from ``longest``. Where it is not, the
    longest f drawn stands in for it: f is then neither certified, nor refuted for what a longer f on rare views could change. Two
    findings need no such condition: that f lacks the constant, and that gamma is too small.

    Parameters
    ----------
    sampler : population or callable
        Any population, or (size, generator) -> (x, x⁺): the views of ``size`` independent positive pairs, as two sequences or
        arrays of that length.
    f : callable
        A batch of views -> (size, d) array or tensor. With a population that lists its views, anything that `verify` takes; of a
        product a batch is an array of positions (size, coordinates), and a LowDegree, ProductTraining or ProductSpectrum will do.
    k : int, optional
        How many eigenvectors; d if not given, and at most d.
    pairs : int
        How many to draw, at least 100; rounded up to a multiple of 50.
    gamma : (k + 1,) array-like, optional
        The leading eigenvalues of Ā, if they are known in theory; those of a product are computed. Only the first k + 1 are used.
        A negative one says that the pairs are no two views drawn independently of one natural, so that Ā may be indefinite.
    confidence : float
        Of each interval, in (0, 1).
    atol : float
        The largest principal angle, in radians, that counts as a match. Certified angles shrink like pairs^(-1/4).
    longest : float, optional
        The largest ``|f(x)|`` over all views, where theory or a normalisation tells it; where views are listed it is not needed.
    rng : None, int or numpy.random.Generator
        The same seed gives the same pairs.
    progress : bool, callable or None
        A bar over the blocks; None shows one if the output is a terminal or a notebook.

    Returns
    -------
    SampledMatch
        The verdicts with their reasons and intervals; ``print`` shows them all.

    Raises
    ------
    InvalidEmbedding
        If f is not one finite real vector, of one length below 1e36, for each view.
    InvalidArgument
        If the sampler returns no pair of batches of the size asked for, an argument is out of range, f is longer than ``longest``
        at a view drawn, or gamma lies below what the pairs prove.

    See Also
    --------
    verify : Check f exactly, where the views are listed.
    theory.mutual_information : What InfoNCE estimates from pairs.

    References
    ----------
    THEORY 3.5 and 7; Ky Fan, On a theorem of Weyl concerning eigenvalues, PNAS 35 (1949); Efron and Stein, The jackknife
    estimate of variance, Ann. Statist. 9 (1981); Wilson, Probable inference, JASA 22 (1927).

    Examples
    --------
    >>> import numpy as np
    >>> import popgraph as pg
    >>> from popgraph import verify_sampled
    >>> def strings(size, rng):  # 30 bits, each flipped with probability 1/4: 2^30 views
    ...     natural = rng.integers(0, 2, (size, 30))
    ...     return tuple(natural ^ (rng.random((size, 30)) < 0.25) for _ in range(2))
    >>> def parities(x):
    ...     return np.column_stack([np.ones(len(x)), 1 - 2 * x[:, :2]])
    >>> sampled = verify_sampled(strings, parities, pairs=20_000, longest=3**0.5, rng=0)
    >>> sampled
    SampledMatch(CONSISTENT, k=3, minimiser REFUTED, 20,000 pairs)
    >>> sampled.theta
    array([1.  , 0.25, 0.25])
    """
    refuse_two_kinds("verify_sampled(population, f, k)", sampler)
    if satisfies(sampler, Population):
        sampler = read_population("verify_sampled(population, f, k)", sampler)
    sampling = _read_sampling(pairs, confidence, longest, _lowest_eigenvalue(sampler, gamma))
    atol = angle("atol", atol)
    moments = draw_moments(sampler, f, sampling, generator(rng), progress)
    d = len(moments.S)
    k = d if k is None else whole_number("k", k, d, "the number of columns of f")
    gamma = _gamma_of(sampler, k) if gamma is None else gamma
    ritz, loss, stationarity = moments.ritz(k), moments.loss(), moments.stationarity()
    drawn = DrawnViews.of(moments, k)
    known = None
    if gamma is not None:
        known = bounds_by_gamma(read_gamma(gamma, k, moments), k, ritz, loss if d == k else None, moments.lowest)
    status, reason = span_verdict(moments, ritz, drawn, k, known, atol)
    minimiser, minimiser_reason = minimiser_verdict(drawn, k, known, stationarity, atol)
    return SampledMatch(
        status=status,
        reason=reason,
        minimiser=minimiser,
        minimiser_reason=minimiser_reason,
        k=k,
        pairs=moments.pairs,
        confidence=sampling.confidence,
        atol=float(atol),
        rank=drawn.rank if drawn.rank_on_all_views is None else drawn.rank_on_all_views,
        loss=loss,
        theta=frozen(ritz.theta),
        theta_interval=frozen(np.column_stack([ritz.low, ritz.high])),
        P=moments.cross_moment(),
        G=moments.second_moment(),
        stationarity=stationarity,
        gamma=known and known.gamma,
        deficit_interval=known and known.deficit,
        angle_interval=known and known.angles,
        excess_interval=known and known.excess,
        excess_angle_bound=known and known.excess_bound,
        pairs_needed=known and pairs_needed(known, k, ritz.total, atol, moments.pairs),
        heaviest=moments.heaviest(),
        longest=moments.lengths.longest,
        longest_known=moments.lengths.known,
    )


def _lowest_eigenvalue(sampler: Any, gamma: Any) -> float:
    """Return a bound on the eigenvalues of Ā: -1 where pairs are given directly, or a sampler's gamma says so; else 0."""
    if satisfies(sampler, Population):
        return -1.0 if given_pairs(sampler) is not None else 0.0
    try:
        return -1.0 if gamma is not None and bool((np.asarray(gamma, dtype=float) < 0).any()) else 0.0
    except (TypeError, ValueError):  # which its reader says better
        return 0.0


def _gamma_of(population: Any, k: int) -> Floats | None:
    """Return the k + 1 leading eigenvalues of a population that knows them without a list of views; else None."""
    if satisfies(population, ViewedPopulation) or not satisfies(population, Population):
        return None
    spectrum = population.spectrum(k)
    next_eigenvalue = getattr(spectrum.certificate, "remainder", None)
    return None if next_eigenvalue is None else np.append(spectrum.gamma, next_eigenvalue)
