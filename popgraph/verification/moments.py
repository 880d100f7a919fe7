"""`PairMoments`: the moments P and G of sampled positive pairs, block by block, and intervals for what depends on them.

Nothing here knows an eigenvector of Ā; what the numbers mean for f is said in `sampled_verdicts.py`.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from popgraph.basics.arrays import Floats, Immutable, frozen
from popgraph.basics.blas import one_thread
from popgraph.basics.extras import import_uninterrupted
from popgraph.basics.progress import Progress, track
from popgraph.basics.subspace import tolerance
from popgraph.errors import InvalidEmbedding
from popgraph.verification.jackknife import jackknife, means_of_the_others, second_order, standard_error
from popgraph.verification.pair_features import read_sampler
from popgraph.verification.rare_views import Lengths, lengths_as_stated, lengths_on_all_views, squared, widened

# Blocks of pairs. With 49 degrees of freedom Student's t is near normal, and the bias left is of order 50/pairs².
BLOCK_COUNT = 50
MOMENT_ROUNDING = 1e-13  # eigenvalues of G, which are 1 or 0 but for rounding, count as 0 up to here
LEAST_SHARE_OF_OTHER_BLOCKS = 0.1  # of a direction's second moment; with less, one block alone decides
NOISE_SHARE = (
    0.75  # of an interval's failures, left to noise; the others are left to rare pairs, all of which were missed
)
RITZ_ROUNDING = 1e-12  # added to intervals of Ritz values, which have no width where θ = 1 and no pair differs
TIED_ERRORS = (
    4.0  # standard errors: Ritz values closer than this are not told apart, and their intervals cover each other
)


@dataclass(frozen=True, eq=False)
class Estimate(Immutable):
    """Hold estimates, and the half-widths of their intervals: two floats, or two arrays of one shape.

    Examples
    --------
    >>> from popgraph.verification.moments import Estimate
    >>> Estimate(0.5, 0.1).low, Estimate(0.5, 0.1).high
    (0.4, 0.6)
    """

    value: Any
    error: Any

    def __post_init__(self) -> None:
        for array in (self.value, self.error):
            if isinstance(array, np.ndarray):
                frozen(array)

    @property
    def low(self) -> Any:
        """The lower ends."""
        return self.value - self.error

    @property
    def high(self) -> Any:
        """The upper ends."""
        return self.value + self.error


@dataclass(frozen=True)
class Sampling:
    """Say how pairs are drawn, and what their intervals rest on."""

    pairs: int  # rounded up to whole blocks
    confidence: float  # of every interval
    longest: float | None = None  # the largest |f(x)| over all views, where it is known
    lowest: float = 0.0  # no eigenvalue of Ā is less


@dataclass(frozen=True, eq=False)
class Ritz:
    """Hold the leading Ritz values θ (r,), the lower and upper ends of their intervals, and their sum."""

    theta: Floats
    low: Floats
    high: Floats
    total: Estimate


@dataclass(frozen=True, eq=False)
class PairMoments:
    """Moments of blocks of positive pairs, in coordinates g = f T in which the second moment of all of them is 1."""

    P: Floats  # (BLOCK_COUNT, d, d) means over each block of (g g⁺ᵀ + g⁺ gᵀ)/2
    G: Floats  # (BLOCK_COUNT, d, d) means over each block of (g gᵀ + g⁺ g⁺ᵀ)/2
    T: Floats  # (d, d) from f to g = f T
    S: Floats  # (d, d) back to f = g S
    lengths: Lengths  # how long f is on all views, as far as that is known
    lengths_drawn: Lengths  # how long f is on the views drawn
    pairs: int  # the number of pairs drawn
    confidence: float  # of every interval
    lowest: float = 0.0  # no eigenvalue of Ā is less: -1 where pairs are given directly

    @property
    def missed_probability(self) -> float:
        """The probability of pairs so rare that, at this confidence, none of them need have been drawn: the "rule of three"."""
        return -float(np.log1p(-self.confidence)) / self.pairs

    def quantile(self, failure: float) -> float:
        """Return Student's t that is exceeded on either side with this probability in all."""
        return float(import_uninterrupted("scipy.special").stdtrit(len(self.P) - 1, 1 - failure / 2))

    @property
    def t(self) -> float:
        """Student's t for what noise may do, at the confidence."""
        return self.quantile(NOISE_SHARE * (1 - self.confidence))

    def _widened(self, standard_error: Any, jump: Any, among: float = 1.0) -> Any:
        """Return half-widths that noise and rare pairs together exceed with the failure allowed, divided among so many."""
        failure = (1 - self.confidence) / among
        return widened(
            standard_error, jump, self.pairs, self.quantile(NOISE_SHARE * failure), (1 - NOISE_SHARE) * failure
        )

    def basis(self, k: int) -> tuple[int, Floats]:
        """Return the rank of f on the views drawn, and its (at most k) leading Ritz vectors as columns (d, r) for g."""
        values, Q = np.linalg.eigh(self.G.mean(axis=0))
        positive = values > MOMENT_ROUNDING * values[-1]
        R = Q[:, positive] / np.sqrt(values[positive])
        turned = np.linalg.eigh(R.T @ self.P.mean(axis=0) @ R)[1]
        return int(positive.sum()), np.asarray((R @ turned)[:, ::-1][:, :k])

    def heaviest(self) -> float:
        """Return the share that the heaviest view drawn has in the second moment of f, in coordinates where that is 1."""
        rank, U = self.basis(len(self.S))
        return self.lengths_drawn.leverage(self.T @ U) / (2 * self.pairs * rank) if rank else 0.0

    def of_drawn(self) -> "PairMoments":
        """Return the same, of the population without the views on which f is longer than on any view drawn."""
        return replace(self, lengths=replace(self.lengths_drawn, rank=self.basis(1)[0]))

    def cross_moment(self) -> Estimate:
        """Estimate P = E f(x) f(x⁺)ᵀ, (d, d)."""
        value = self._of_f(self.P).mean(axis=0)
        return self._mean(self._of_f(self.P), np.outer(self.lengths.columns, self.lengths.columns) + np.abs(value))

    def second_moment(self) -> Estimate:
        """Estimate G = E f(x) f(x)ᵀ, (d, d)."""
        value, most = self._of_f(self.G).mean(axis=0), np.outer(self.lengths.columns, self.lengths.columns)
        jump = np.where(
            np.eye(len(value)) > 0, np.maximum(most - value, value), most + np.abs(value)
        )  # a square is positive
        return self._mean(self._of_f(self.G), jump)

    def loss(self) -> Estimate:
        """Estimate L(f) = -2 tr P + ||G||_F². The jackknife takes ||G||² from pairs of different blocks: no bias is left."""
        # L is linear in the moments but for the square of G's error: with δ that error, L = -2 tr P + 2 <Ĝ, G> - ||Ĝ||² + ||δ||²
        P, G = self._of_f(self.P), self._of_f(self.G)
        value, se = jackknife(lambda P, G: -2 * np.trace(P, axis1=-2, axis2=-1) + np.sum(G**2, axis=(-2, -1)), P, G)
        mean = G.mean(axis=0)
        linear = abs(2 * float(np.sum(mean**2)) - 2 * float(np.trace(P.mean(axis=0))))
        jump = 2 * (1 + float(np.linalg.norm(mean, 2))) * self.lengths.longest**2 + linear
        return Estimate(float(value), float(self._widened(se, jump) + self._square(G)))

    def stationarity(self) -> Estimate:
        """Estimate P - G², (d, d), with intervals that hold for all entries together (Bonferroni)."""
        P, G = self._of_f(self.P), self._of_f(self.G)
        value, se = jackknife(lambda P, G: P - G @ G, P, G)
        among, mean = len(value) * (len(value) + 1) / 2, G.mean(axis=0)
        linear = np.abs(P.mean(axis=0) - 2 * mean @ mean)
        jump = (1 + 2 * float(np.linalg.norm(mean, 2))) * self.lengths.longest**2 + linear
        return Estimate(value, self._widened(se, jump, among) + self._square(G, among))

    def ritz(self, k: int) -> Ritz:
        """Estimate the k leading Ritz values, or all of them where f has fewer independent columns."""
        # Of a wider f, half of the blocks choose a k-dimensional part, and the others measure it: chosen and measured on the same
        # pairs it would look better than it is. The upper ends are then those of all pairs, which err upwards. Where more columns
        # may be independent than are on the views drawn, the least Ritz values stand as 0, and no upper end is below 1: in a
        # larger span each Ritz value is as large or larger (Cauchy's interlacing).
        rank, U = self.basis(k)
        possible = len(self.S) if self.lengths.rank is None else self.lengths.rank
        ritz = self._ritz_of(U, self.lengths.leverage(self.T @ self.basis(len(self.S))[1]))
        if rank > k:
            chosen = self._half(0).basis(k)[1]
            if chosen.shape[1] < k:
                return _unknown(ritz.theta, self.lowest)
            measured = self._half(1)._ritz_of(chosen)
            low, high = measured.total.low, max(measured.total.high, ritz.total.high)
            total = Estimate((low + high) / 2, (high - low) / 2)
            ritz = Ritz(measured.theta, measured.low, np.maximum(measured.high, ritz.high), total)
        return _extended(ritz, min(k, possible), self.lowest) if rank < possible else ritz

    def _half(self, first: int) -> "PairMoments":
        """Return the moments of every other block."""
        P, G = (array[first::2] for array in (self.P, self.G))
        return replace(self, P=P, G=G, pairs=self.pairs * len(P) // len(self.P))

    def _ritz_of(self, U: Floats, hidden: float = 0.0) -> Ritz:
        """Estimate the Ritz values of the span of g U, or of a span around it in which the longest |g|² is `hidden`."""
        if U.shape[1] == 0:
            return Ritz(np.zeros(0), np.zeros(0), np.zeros(0), Estimate(0.0, 0.0))
        part = replace(self, P=U.T @ self.P @ U, G=U.T @ self.G @ U)
        rank, turn = part.basis(U.shape[1])
        P, G = turn.T @ part.P @ turn, turn.T @ part.G @ turn  # on average G is now I and P is diag(θ)
        theta = np.diagonal(P.mean(axis=0)).copy()
        if rank < U.shape[1] or np.linalg.eigvalsh(means_of_the_others(G)).min() < LEAST_SHARE_OF_OTHER_BLOCKS:
            return _unknown(np.concatenate([theta, np.zeros(U.shape[1] - rank)]), self.lowest)  # one block decides
        # To first order a block moves θ_i by P_ii - θ_i G_ii, the diagonal of P - (Gθ + θG)/2. Ritz values that noise may have
        # exchanged are averaged over their run: the average has a derivative where each of them has none.
        influence = P - (G * theta + theta[:, np.newaxis] * G) / 2
        runs, second = _runs(theta, standard_error(influence)), self.t * second_order(G, influence)
        longest = self.lengths.leverage(self.T @ U @ turn)
        sizes = np.diff(np.append(runs, rank))
        mean, se = jackknife(lambda P, G: np.add.reduceat(_ritz_values(P, G), runs, axis=-1) / sizes, P, G)
        middle, se = np.repeat(mean, sizes), np.repeat(se, sizes)
        of_run = np.repeat(np.add.reduceat(theta, runs) / sizes, sizes)
        # Missed pairs of second moment M change P - θ G, whose inertia counts the Ritz values above θ, by at least -(1 + θ) M and
        # at most (1 - θ) M, since ±2 f f⁺ <= f² + f⁺²; and M is at most their probability times the longest |g|² (times G).
        down = self._widened(se, (1 + np.abs(theta)) * longest) + second
        up = self._widened(se, (1 - np.minimum(theta, 1.0)) * max(longest, hidden)) + second + RITZ_ROUNDING
        low = middle - down - of_run + np.repeat(theta[np.append(runs[1:], rank) - 1], sizes)
        high = middle + up - of_run + np.repeat(theta[runs], sizes)
        total, total_se = jackknife(lambda P, G: _ritz_values(P, G).sum(axis=-1), P, G)
        error = self._widened(total_se, (1 + abs(theta[0])) * max(longest, hidden)) + second
        return Ritz(
            np.maximum(theta, self.lowest),  # Ritz values lie where Ā's eigenvalues do; sampled ones can fall below
            np.clip(np.minimum(low, theta), self.lowest, 1.0),
            np.clip(np.maximum(high, theta), self.lowest, 1.0),
            Estimate(float(total), float(error)),
        )

    def _of_f(self, blocks: Floats) -> Floats:
        """Return moments of f from those of g."""
        return np.asarray(self.S.T @ blocks @ self.S)

    def _mean(self, blocks: Floats, jump: Floats) -> Estimate:
        """Estimate a mean of values that differ from it by at most `jump`."""
        return Estimate(blocks.mean(axis=0), self._widened(standard_error(blocks), jump))

    def _square(self, G: Floats, among: float = 1.0) -> float:
        """Return the size of ||δ||_F², for δ the error of G, in which one view has the norm |f|²."""
        failure = (1 - self.confidence) / among
        t, size = self.quantile(NOISE_SHARE * failure), float(np.linalg.norm(standard_error(G)))
        rare = squared(size, self.lengths.longest**2, self.pairs, t, (1 - NOISE_SHARE) * failure)
        return t * second_order(G, G) + rare


@one_thread()
def draw_moments(
    sampler: Any,
    f: Any,
    sampling: Sampling,
    generator: np.random.Generator,
    progress: Progress = None,
) -> PairMoments:
    """Draw positive pairs and return their moments, without keeping the pairs; `sampler` and f as of `verify_sampled`.

    Raises InvalidArgument if the sampler does not return two batches of the size asked for, or f is longer than stated, and
    InvalidEmbedding if f is not one finite real vector, of one length, for each view.
    """
    (draw, table), size = read_sampler(sampler, f), -(-sampling.pairs // BLOCK_COUNT)
    factors: list[tuple[Floats, Floats]] = []
    drawn: list[Floats] = []
    R = columns = np.empty(0)
    longest = 0.0
    for block in track(range(BLOCK_COUNT), BLOCK_COUNT, progress, "sample"):
        F, F_plus = draw(size, generator)
        d = R.shape[-1] if block else F.shape[1]
        for rows in (F, F_plus):
            if rows.shape[1] != d:
                raise InvalidEmbedding(f"f has {d} columns on one batch and {rows.shape[1]} on another")
        # sums and differences of pairs have the moments 2 (G ± P); their triangular factors keep the digits that products lose
        factors.append((_triangle(F + F_plus), _triangle(F - F_plus)))
        R = _triangle(np.concatenate([R.reshape(-1, d), *factors[-1]]))
        both = np.concatenate([F, F_plus])
        drawn.append(both[np.argmax(np.sum((both @ _whitening(R, size)[0]) ** 2, axis=1))])
        columns = np.maximum(np.abs(both).max(axis=0), columns if block else 0.0)
        longest = max(longest, float(np.sqrt(np.max(np.sum(both**2, axis=1)))))
    T, S = _whitening(R / np.sqrt(4 * BLOCK_COUNT * size), size)
    plus, minus = (np.stack([np.asarray(r @ T) for r in factor]) for factor in zip(*factors, strict=True))
    plus, minus = (np.swapaxes(r, -1, -2) @ r / (4 * size) for r in (plus, minus))
    on_drawn = Lengths(longest, columns, False, np.stack(drawn))
    known = on_drawn if table is None else lengths_on_all_views(table, sampler.w_x, on_drawn.drawn)
    return PairMoments(
        P=plus - minus,
        G=plus + minus,
        T=T,
        S=S,
        lengths=lengths_as_stated(sampling.longest, known),
        lengths_drawn=on_drawn,
        pairs=BLOCK_COUNT * size,
        confidence=sampling.confidence,
        lowest=sampling.lowest,
    )


def _triangle(rows: Floats) -> Floats:
    """Return R with RᵀR = rowsᵀ rows."""
    return np.asarray(np.linalg.qr(rows, mode="r"))


def _whitening(R: Floats, size: int) -> tuple[Floats, Floats]:
    """Return T and S = T⁻¹ such that the columns of R T are orthonormal, where R has any; R has the rounding of such blocks.

    Moments then lose no digits to an ill-conditioned f. Directions that R lacks keep the scale of the largest.
    """
    scale = np.linalg.norm(R, axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    sigma, Vt = np.linalg.svd(R / scale, full_matrices=R.shape[0] < R.shape[1])[1:]
    sigma = np.concatenate([sigma, np.zeros(len(Vt) - len(sigma))])
    top = float(sigma[0]) or 1.0
    sigma = np.where(sigma > tolerance(max(2 * size, len(Vt))) * top, sigma, top)
    return Vt.T / scale[:, np.newaxis] / sigma, sigma[:, np.newaxis] * Vt * scale


def _ritz_values(P: Floats, G: Floats) -> Floats:
    """Return the eigenvalues of G^-1/2 P G^-1/2, largest first, of one pair of matrices or of many."""
    inverse = np.linalg.inv(np.linalg.cholesky(G))
    return np.asarray(np.linalg.eigvalsh(inverse @ P @ np.swapaxes(inverse, -1, -2))[..., ::-1])


def _unknown(theta: Floats, lowest: float) -> Ritz:
    """Return Ritz values of which nothing is known but that they lie in [lowest, 1]."""
    r = len(theta)
    total = Estimate(r * (1 + lowest) / 2, r * (1 - lowest) / 2)
    return Ritz(np.clip(theta, lowest, 1.0), np.full(r, lowest), np.ones(r), total)


def _extended(ritz: Ritz, count: int, lowest: float) -> Ritz:
    """Return the Ritz values of a span of more dimensions than the views drawn show: `count`, the new ones in [lowest, 1]."""
    more = np.full(count - len(ritz.theta), lowest)
    low = float(np.clip(ritz.total.low + more.sum(), count * lowest, count))
    total = Estimate((low + count) / 2, (count - low) / 2)
    return Ritz(np.append(ritz.theta, 0.0 * more), np.append(ritz.low, more), np.ones(count), total)


def _runs(theta: Floats, noise: Floats) -> Any:
    """Return where runs of Ritz values begin that the noise may have split or exchanged.

    Two neighbours differ by an error of the size √(s_i² + s_j²); an entry s_ij of the noise beside the diagonal splits equal ones
    by 2 s_ij.
    """
    errors = np.diagonal(noise)
    close = np.maximum(np.hypot(errors[1:], errors[:-1]), 2 * np.diagonal(noise, 1))
    return np.concatenate([[0], 1 + np.flatnonzero(theta[:-1] - theta[1:] > TIED_ERRORS * close)])
