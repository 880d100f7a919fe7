"""`PairMoments`: the moments P and G of sampled positive pairs, block by block, and intervals for what depends on them.

Knows pairs, features and rounding, and no eigenvector of Ā; what the numbers mean for f is said in `sampled_verification.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np

from popgraph.arrays import Floats, Immutable, frozen
from popgraph.embedding import read_embedding
from popgraph.errors import InvalidArgument, InvalidEmbedding, listing, load_whole, shorten
from popgraph.graph import PopulationGraph
from popgraph.progress import Progress, track
from popgraph.subspace import tolerance

BLOCKS = 50  # of pairs: with 49 degrees of freedom Student's t is near normal, and the bias left is of order 50/pairs²
RANK_CUT = 1e-13  # eigenvalues of G that are rounding, where the first block's second moment is 1
SINGLE = 0.1  # share of a direction's second moment that must be left when any block is left out
TIE = 4.0  # Ritz values closer than so many standard errors are not told apart, and their intervals cover each other
LONGEST = 1e36  # feature vectors whose eighth powers are still finite

Draw: TypeAlias = Callable[[int, np.random.Generator], tuple[Floats, Floats]]


@dataclass(frozen=True, eq=False)
class Estimate(Immutable):
    """Hold estimates, and the half-widths of their intervals: two floats, or two arrays of one shape.

    Examples
    --------
    >>> from popgraph.pair_moments import Estimate
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


@dataclass(frozen=True, eq=False)
class Ritz:
    """Hold the leading Ritz values θ (r,), the lower and upper ends of their intervals, and their sum."""

    theta: Floats
    low: Floats
    high: Floats
    total: Estimate


@dataclass(frozen=True, eq=False)
class PairMoments:
    """Hold the moments of blocks of positive pairs, in coordinates g = f S⁻¹ in which the first block's second moment is 1.

    Attributes
    ----------
    P, G : (BLOCKS, d, d) array
        The means over each block of (g g⁺ᵀ + g⁺ gᵀ)/2 and (g gᵀ + g⁺ g⁺ᵀ)/2.
    S : (d, d) array
        Back to f = g S.
    heavy : (BLOCKS, d) array
        The longest g of each block.
    largest : float
        The largest |f|² seen.
    pairs : int
        How many were drawn.
    confidence : float
        Of every interval.
    """

    P: Floats
    G: Floats
    S: Floats
    heavy: Floats
    largest: float
    pairs: int
    confidence: float

    @property
    def unseen(self) -> float:
        """The probability of pairs so rare that, at this confidence, all of them may have been missed: the "rule of three"."""
        return -float(np.log1p(-self.confidence)) / self.pairs

    def quantile(self, failure: float) -> float:
        """Return Student's t that is exceeded on either side with this probability in all."""
        return float(load_whole("scipy.special").stdtrit(len(self.P) - 1, 1 - failure / 2))

    @property
    def t(self) -> float:
        """Student's t at the confidence."""
        return self.quantile(1 - self.confidence)

    def basis(self, k: int) -> tuple[int, Floats]:
        """Return the rank of f on the views drawn, and its (at most k) leading Ritz vectors as columns (d, r) for g."""
        values, Q = np.linalg.eigh(self.G.mean(axis=0))
        kept = values > RANK_CUT * values[-1]
        R = Q[:, kept] / np.sqrt(values[kept])
        turned = np.linalg.eigh(R.T @ self.P.mean(axis=0) @ R)[1]
        return int(kept.sum()), np.asarray((R @ turned)[:, ::-1][:, :k])

    def heaviest(self) -> float:
        """Return the share that the heaviest view drawn has in the second moment of f, in coordinates where that is 1."""
        rank, U = self.basis(len(self.S))
        return float(np.max(np.sum((self.heavy @ U) ** 2, axis=1)) / (2 * self.pairs * rank)) if rank else 0.0

    def cross_moment(self) -> Estimate:
        """Estimate P = E f(x) f(x⁺)ᵀ, (d, d)."""
        return self._mean(self._of_f(self.P))

    def second_moment(self) -> Estimate:
        """Estimate G = E f(x) f(x)ᵀ, (d, d)."""
        return self._mean(self._of_f(self.G))

    def loss(self) -> Estimate:
        """Estimate L(f) = -2 tr P + ||G||_F². The jackknife takes ||G||² from pairs of different blocks: no bias is left."""
        P, G = self._of_f(self.P), self._of_f(self.G)
        value, se = _jackknife(lambda P, G: -2 * np.trace(P, axis1=-2, axis2=-1) + np.sum(G**2, axis=(-2, -1)), P, G)
        size = 2 * (1 + float(np.linalg.norm(G.mean(axis=0), 2)))
        return Estimate(float(value), float(self.t * (se + _second_order(G, G)) + self.unseen * size * self.largest))

    def stationarity(self) -> Estimate:
        """Estimate P - G², (d, d), with intervals that hold for all entries together (Bonferroni)."""
        P, G = self._of_f(self.P), self._of_f(self.G)
        value, se = _jackknife(lambda P, G: P - G @ G, P, G)
        t = self.quantile((1 - self.confidence) / (len(value) * (len(value) + 1) / 2))
        size = 1 + 2 * float(np.linalg.norm(G.mean(axis=0), 2))
        return Estimate(value, t * (se + _second_order(G, G)) + self.unseen * size * self.largest)

    def ritz(self, k: int) -> Ritz:
        """Estimate the k leading Ritz values, or all of them where f has fewer independent columns.

        Of a wider f, half of the blocks choose a k-dimensional part, and the others measure it: chosen and measured on the same
        pairs it would look better than it is. The upper ends are then those of all pairs, which err upwards.
        """
        rank, U = self.basis(k)
        whole = self._ritz_of(U)
        if rank <= k:
            return whole
        chosen = self._half(0).basis(k)[1]
        if chosen.shape[1] < k:
            return _unknown(whole.theta)
        part = self._half(1)._ritz_of(chosen)
        low, high = part.total.low, max(part.total.high, whole.total.high)
        return Ritz(
            part.theta, part.low, np.maximum(part.high, whole.high), Estimate((low + high) / 2, (high - low) / 2)
        )

    def _half(self, first: int) -> "PairMoments":
        """Return the moments of every other block."""
        P, G, heavy = (array[first::2] for array in (self.P, self.G, self.heavy))
        return replace(self, P=P, G=G, heavy=heavy, pairs=self.pairs * len(P) // len(self.P))

    def _ritz_of(self, U: Floats) -> Ritz:
        """Estimate the Ritz values of the span of g U."""
        if U.shape[1] == 0:
            return Ritz(np.zeros(0), np.zeros(0), np.zeros(0), Estimate(0.0, 0.0))
        part = replace(self, P=U.T @ self.P @ U, G=U.T @ self.G @ U, heavy=self.heavy @ U)
        rank, turn = part.basis(U.shape[1])
        P, G = turn.T @ part.P @ turn, turn.T @ part.G @ turn  # on average G is now I and P is diag(θ)
        theta = np.diagonal(P.mean(axis=0)).copy()
        if rank < U.shape[1] or np.linalg.eigvalsh(_left_out(G)).min() < SINGLE:
            return _unknown(np.concatenate([theta, np.zeros(U.shape[1] - rank)]))  # one block decides
        influence = P - (G * theta + theta[:, np.newaxis] * G) / 2
        runs, second = _runs(theta, _standard_error(influence)), _second_order(G, influence)
        missed = 2 * self.unseen * float(np.max(np.sum((part.heavy @ turn) ** 2, axis=1)))
        sizes = np.diff(np.append(runs, rank))
        mean, se = _jackknife(lambda P, G: np.add.reduceat(_ritz_values(P, G), runs, axis=-1) / sizes, P, G)
        error = np.repeat(self.t * (se + second) + missed, sizes)
        middle = np.repeat(mean, sizes)
        of_run = np.repeat(np.add.reduceat(theta, runs) / sizes, sizes)
        low = middle - error - of_run + np.repeat(theta[np.append(runs[1:], rank) - 1], sizes)
        high = middle + error - of_run + np.repeat(theta[runs], sizes)
        total, total_se = _jackknife(lambda P, G: _ritz_values(P, G).sum(axis=-1), P, G)
        return Ritz(
            np.maximum(theta, 0.0),  # Ritz values lie in [0, 1], as Ā's eigenvalues do; sampled ones can fall below
            np.clip(np.minimum(low, theta), 0.0, 1.0),
            np.clip(np.maximum(high, theta), 0.0, 1.0),
            Estimate(float(total), float(self.t * (total_se + second) + missed)),
        )

    def _of_f(self, blocks: Floats) -> Floats:
        """Return moments of f from those of g."""
        return np.asarray(self.S.T @ blocks @ self.S)

    def _mean(self, blocks: Floats) -> Estimate:
        """Estimate a mean."""
        return Estimate(blocks.mean(axis=0), self.t * _standard_error(blocks) + self.unseen * self.largest)


def draw_moments(
    sampler: Any, f: Any, pairs: int, confidence: float, generator: np.random.Generator, progress: Progress = None
) -> PairMoments:
    """Draw positive pairs and return their moments, without keeping them.

    Parameters
    ----------
    sampler : callable or PopulationGraph
        (size, generator) -> (x, x⁺).
    f : callable, or of a PopulationGraph any embedding
        A batch of views -> (size, d).
    pairs : int
        How many; rounded up to a multiple of `BLOCKS`.
    confidence : float
        Of every interval.
    generator : numpy.random.Generator
    progress : bool, callable or None

    Raises
    ------
    InvalidArgument
        If the sampler or f is not such, or the sampler does not return two batches of the size asked for.
    InvalidEmbedding
        If f is not one finite real vector, of one length, for each view.

    Examples
    --------
    >>> def twice(size, rng):
    ...     x = rng.integers(0, 2, size)
    ...     return x, x
    >>> moments = draw_moments(twice, lambda x: 2.0 * x[:, None] - 1, 1000, 0.95, np.random.default_rng(0))
    >>> moments.loss().value  # -2 E f f⁺ + (E f²)²
    -1.0
    """
    draw, size = _reader(sampler, f), -(-pairs // BLOCKS)
    P: list[Floats] = []
    G: list[Floats] = []
    heavy: list[Floats] = []
    largest = 0.0
    T = S = np.empty((0, 0))
    for block in track(range(BLOCKS), BLOCKS, progress, "sample"):
        F, F_plus = draw(size, generator)
        d = len(S) if block else F.shape[1]
        for table in (F, F_plus):
            if table.shape[1] != d:
                raise InvalidEmbedding(f"f has {d} columns on one batch and {table.shape[1]} on another")
        if block == 0:
            T, S = _whitening(np.concatenate([F, F_plus]))
        g, g_plus = F @ T, F_plus @ T
        cross = g.T @ g_plus / size
        P.append((cross + cross.T) / 2)
        G.append((g.T @ g + g_plus.T @ g_plus) / (2 * size))
        both = np.concatenate([g, g_plus])
        heavy.append(both[np.argmax(np.sum(both**2, axis=1))])
        largest = max(largest, *(float(np.max(np.sum(table**2, axis=1))) for table in (F, F_plus)))
    return PairMoments(np.stack(P), np.stack(G), S, np.stack(heavy), largest, BLOCKS * size, confidence)


def _reader(sampler: Any, f: Any) -> Draw:
    """Return a function that draws pairs and evaluates f on both views."""
    if isinstance(sampler, PopulationGraph):
        table = _checked(read_embedding(sampler.views, f))

        def draw_rows(size: int, generator: np.random.Generator) -> tuple[Floats, Floats]:
            at = sampler.sample_pairs(size, rng=generator)
            return table[at[:, 0]], table[at[:, 1]]

        return draw_rows
    for what, given, needed in (
        ("sampler", sampler, "(size, generator) -> (x, x_plus)"),
        ("f", f, "a batch of views -> (size, d)"),
    ):
        if not callable(given):
            raise InvalidArgument(
                f"{what} is {shorten(given)}; it must be a callable {needed}, or the sampler a PopulationGraph"
            )

    def draw(size: int, generator: np.random.Generator) -> tuple[Floats, Floats]:
        batch = sampler(size, generator)
        sizes = [len(x) if hasattr(x, "__len__") else None for x in batch] if isinstance(batch, tuple | list) else []
        if sizes != [size, size]:
            got = f"batches of sizes {sizes}" if sizes else shorten(batch)
            raise InvalidArgument(
                f"sampler({size}, generator) returned {got}; it must return (x, x_plus), {size} views each"
            )
        return _evaluated(f, batch[0], size), _evaluated(f, batch[1], size)

    return draw


def _evaluated(f: Callable[[Any], Any], x: Any, size: int) -> Floats:
    """Return f of a batch as a finite (size, d) array."""
    try:
        value = f(x)
    except Exception as error:
        error.add_note(f"raised by f on a batch of {size} views, {shorten(x)}")
        raise
    value = value.detach().cpu() if hasattr(value, "detach") else value  # a torch tensor that wants a gradient
    try:
        array = np.asarray(value)
        array = array.astype(np.float64) if array.dtype.kind == "O" else array
    except (TypeError, ValueError):
        raise InvalidEmbedding(
            f"f of a batch is {shorten(value)}, not a table of numbers; it must be ({size}, d)"
        ) from None
    if array.dtype.kind not in "biuf":
        raise InvalidEmbedding(f"f of a batch has dtype {array.dtype}; embeddings are real numbers")
    if array.ndim != 2 or array.shape[0] != size or array.shape[1] < 1:
        mend = "; return f[:, None]" if array.shape == (size,) else ""
        raise InvalidEmbedding(f"f of a batch of {size} views has shape {array.shape}; it must be ({size}, d){mend}")
    table = array.astype(np.float64)
    bad = np.flatnonzero(~np.isfinite(table).all(axis=1))
    if bad.size:
        named = listing([shorten(x[i]) for i in bad[:10].tolist()])
        raise InvalidEmbedding(f"f is NaN or infinite at {bad.size} of {size} views of a batch: {named}")
    return _checked(table)


def _checked(table: Floats) -> Floats:
    """Refuse vectors whose moments would overflow."""
    longest = float(np.abs(table).max(initial=0.0))
    if longest > LONGEST or 0 < longest < 1 / LONGEST:
        how = "overflow" if longest > 1 else "underflow"
        raise InvalidEmbedding(
            f"f has an entry of {longest:.1e}, whose powers {how}; divide f by its size: that changes no span"
        )
    return table


def _whitening(F: Floats) -> tuple[Floats, Floats]:
    """Return T and S = T⁻¹ such that the columns of F T are orthonormal on average over rows, where F has any.

    Moments then lose no digits to an ill-conditioned f. Directions that F lacks keep the scale of the largest.
    """
    scale = np.abs(F).max(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    sigma, Vt = np.linalg.svd(F / (scale * np.sqrt(len(F))), full_matrices=F.shape[0] < F.shape[1])[1:]
    sigma = np.concatenate([sigma, np.zeros(len(Vt) - len(sigma))])
    top = float(sigma[0]) or 1.0
    sigma = np.where(sigma > tolerance(max(F.shape)) * top, sigma, top)
    return Vt.T / scale[:, np.newaxis] / sigma, sigma[:, np.newaxis] * Vt * scale


def _left_out(blocks: Floats) -> Floats:
    """Return the means of all blocks but one, for each."""
    return np.asarray((blocks.sum(axis=0) - blocks) / (len(blocks) - 1))


def _jackknife(statistic: Callable[[Any, Any], Any], P: Floats, G: Floats) -> tuple[Any, Any]:
    """Return a statistic of mean moments with its bias of order 1/blocks removed, and its standard error."""
    count = len(P)
    pseudo = count * statistic(P.mean(axis=0), G.mean(axis=0)) - (count - 1) * statistic(_left_out(P), _left_out(G))
    return pseudo.mean(axis=0), _standard_error(pseudo)


def _standard_error(blocks: Floats) -> Any:
    """Return the standard error of the mean over blocks."""
    return blocks.std(axis=0, ddof=1) / np.sqrt(len(blocks))


def _second_order(A: Floats, B: Floats) -> float:
    """Return the size of <δA, δB>, for the errors δ of two means over blocks: all that is left where the first order vanishes.

    Of independent Gaussian errors with covariance C, |δ|² has the standard deviation √(2 tr C²).
    """
    count = len(A)
    sizes = []
    for blocks in (A, B):
        deviations = (blocks - blocks.mean(axis=0)).reshape(count, -1)
        sizes.append(float(np.linalg.norm(deviations @ deviations.T)))
    return float(np.sqrt(2 * sizes[0] * sizes[1])) / (count * (count - 1))


def _ritz_values(P: Floats, G: Floats) -> Floats:
    """Return the eigenvalues of G^-1/2 P G^-1/2, largest first, of one pair of matrices or of many."""
    inverse = np.linalg.inv(np.linalg.cholesky(G))
    return np.asarray(np.linalg.eigvalsh(inverse @ P @ np.swapaxes(inverse, -1, -2))[..., ::-1])


def _unknown(theta: Floats) -> Ritz:
    """Return Ritz values of which nothing is known but that they lie in [0, 1]."""
    r = len(theta)
    return Ritz(np.clip(theta, 0.0, 1.0), np.zeros(r), np.ones(r), Estimate(r / 2, r / 2))


def _runs(theta: Floats, noise: Floats) -> Any:
    """Return where runs of Ritz values begin that the noise may have split or exchanged."""
    one = np.diagonal(noise)
    close = np.maximum(np.hypot(one[1:], one[:-1]), 2 * np.diagonal(noise, 1))
    return np.concatenate([[0], 1 + np.flatnonzero(theta[:-1] - theta[1:] > TIE * close)])
