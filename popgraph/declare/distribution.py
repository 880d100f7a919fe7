"""`Distribution`: an immutable map from outcomes to probabilities, over finitely many outcomes.

Exact probabilities are integers over one denominator, and the floats are a view of them. Kernels and graphs live elsewhere.
"""

import math
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import product
from typing import Any, TypeAlias

import numpy as np

from popgraph.basics import arguments
from popgraph.basics.arguments.outcomes import list_finite, read_distinct, read_outcome
from popgraph.basics.arguments.probabilities import SUM_TOLERANCE, float_sum, read_weights, whole_counts
from popgraph.basics.arrays import Floats, Immutable, frozen
from popgraph.basics.html import html_table
from popgraph.basics.memory import reserve
from popgraph.basics.words import did_you_mean, listing, shorten
from popgraph.errors import InvalidArgument, InvalidDistribution

Seed: TypeAlias = int | np.random.Generator | None


class UnknownOutcome(InvalidArgument, KeyError):
    """An outcome is none of a distribution's; the nearest one is looked for when somebody reads the message."""

    def __str__(self) -> str:
        outcome, known = self.args
        return f"{shorten(outcome)} is no outcome of this distribution{did_you_mean([outcome], known)}"


@dataclass(frozen=True, init=False, repr=False, eq=False)
class Distribution(Immutable, Mapping[Hashable, float]):
    """Assign probabilities to finitely many outcomes, once and for all.

    A read-only mapping outcome -> float. Outcomes of probability 0 are dropped, and nothing is renormalised silently.

    Parameters
    ----------
    probabilities : mapping outcome -> probability, or iterable of pairs
        A probability is a float, or exact: a Fraction, Decimal, int, or a string like ``"1/3"``. Floats may miss 1 by 1e-9.
    normalize : bool
        Divide by the sum, so that weights may be given.

    Attributes
    ----------
    outcomes : tuple
        The outcomes, in the order declared.
    probabilities : (n,) array of float64
        Their probabilities, read-only.
    numerators, denominator : tuple of int, int
        The same probabilities exactly, in lowest terms; None where any was declared as a float.

    Raises
    ------
    InvalidDistribution
        If a probability is negative or no finite number, their sum is not 1, or an outcome is duplicated, unhashable or missing.

    See Also
    --------
    Augmentation : Send each natural to a distribution of views.

    Examples
    --------
    >>> from popgraph import Distribution
    >>> images = Distribution({"lightning": "1/3", "cloud": "2/3"})
    >>> images
    Distribution({'lightning': 1/3, 'cloud': 2/3})
    >>> images["cloud"]
    0.6667
    >>> Distribution({"cat": 0.5, "dog": 0.4})
    Traceback (most recent call last):
    popgraph.errors.InvalidDistribution: probabilities sum to 0.9, not 1 ('cat': 0.5, 'dog': 0.4); pass normalize=True to rescale
    """

    outcomes: tuple[Hashable, ...]
    probabilities: Floats
    numerators: tuple[int, ...] | None
    denominator: int | None

    def __init__(
        self, probabilities: Mapping[Any, Any] | Iterable[tuple[Any, Any]], *, normalize: bool = False
    ) -> None:
        arguments.flag("normalize", normalize)
        total: Any
        if isinstance(probabilities, Distribution) and probabilities.exact:
            probabilities = probabilities.fractions
        weights = read_weights(probabilities)
        exact = [weight for weight in weights.values() if isinstance(weight, Fraction)]
        numerators: list[int] = []
        if len(exact) == len(weights):
            # Whole numbers over one denominator: adding fractions one by one took a third of the time of a small distribution
            denominator = math.lcm(*(weight.denominator for weight in exact))
            numerators = [weight.numerator * (denominator // weight.denominator) for weight in exact]
            total = Fraction(sum(numerators), denominator)
        else:
            total = float_sum(weights.values())
        if total <= 0 or (isinstance(total, float) and not math.isfinite(total)):
            raise InvalidDistribution(f"weights sum to {float(total):g}; at least one must be positive, and all finite")
        if not normalize and abs(total - 1) > SUM_TOLERANCE:
            shown = listing([f"{shorten(outcome)}: {weight}" for outcome, weight in weights.items()])
            raise InvalidDistribution(f"probabilities sum to {total}, not 1 ({shown}); pass normalize=True to rescale")
        if numerators and (normalize or total == 1):
            self._set_exact(tuple(weights), numerators, sum(numerators))
        else:
            scale = float(total) if normalize else 1.0
            weights = {outcome: weight for outcome, weight in weights.items() if weight}
            self._set_floats(list(weights), [float(weight) / scale for weight in weights.values()])

    def _set_exact(self, outcomes: Sequence[Hashable], numerators: Sequence[int], denominator: int) -> None:
        """Fill in a trusted distribution of numerators that sum to the denominator."""
        if 0 in numerators:
            outcomes = [outcome for outcome, numerator in zip(outcomes, numerators, strict=True) if numerator]
            numerators = [numerator for numerator in numerators if numerator]
        common = math.gcd(denominator, *numerators)
        lowest = tuple(numerator // common for numerator in numerators)
        self._fill(outcomes, [n / (denominator // common) for n in lowest], lowest, denominator // common)

    def _set_floats(self, outcomes: Sequence[Hashable], probabilities: Sequence[float]) -> None:
        """Fill in a trusted distribution of floats that sum to 1, none of which was declared as 0."""
        if 0.0 in probabilities:
            lost = [shorten(outcome) for outcome, p in zip(outcomes, probabilities, strict=True) if not p]
            raise InvalidDistribution(
                f"the probability of {listing(lost)} is too small for float64, below 5e-324; leave it out, or declare all "
                'probabilities exactly, as "1/3" or Fraction(1, 3)'
            )
        self._fill(outcomes, probabilities)

    def _fill(
        self, outcomes: Sequence[Hashable], probabilities: Any, numerators: Any = None, denominator: int | None = None
    ) -> None:
        object.__setattr__(self, "outcomes", tuple(outcomes))
        object.__setattr__(self, "probabilities", frozen(np.asarray(probabilities, dtype=np.float64)))
        object.__setattr__(self, "numerators", numerators)
        object.__setattr__(self, "denominator", denominator)

    @classmethod
    def uniform(cls, outcomes: Iterable[Any]) -> "Distribution":
        """Give every outcome the same, exact, probability.

        Raises
        ------
        InvalidDistribution
            If there is no outcome, or one is duplicated or cannot be hashed.

        Examples
        --------
        >>> from popgraph import Distribution
        >>> Distribution.uniform(["lightning", "cloud"])
        Distribution({'lightning': 1/2, 'cloud': 1/2})
        """
        distinct = read_distinct(outcomes, "outcome", "use Distribution.from_samples to count repeats")
        if not distinct:
            return cls({})  # which is refused
        law, count = object.__new__(cls), len(distinct)
        law._fill(distinct, np.full(count, 1 / count), (1,) * count, count)
        return law

    @classmethod
    def from_counts(cls, counts: Mapping[Any, int]) -> "Distribution":
        """Make probabilities proportional to whole counts, exactly.

        Raises
        ------
        InvalidDistribution
            If a count is negative or not whole, or all are 0.

        Examples
        --------
        >>> from popgraph import Distribution
        >>> Distribution.from_counts({"a": 3, "b": 1})
        Distribution({'a': 3/4, 'b': 1/4})
        """
        return cls(whole_counts(counts), normalize=True)

    @classmethod
    def from_samples(cls, samples: Iterable[Any]) -> "Distribution":
        """Make the empirical distribution of some samples, in the order in which they first appear.

        Raises
        ------
        InvalidDistribution
            If there is no sample, or one cannot be hashed.

        Examples
        --------
        >>> from popgraph import Distribution
        >>> Distribution.from_samples("banana")
        Distribution({'b': 1/6, 'a': 1/2, 'n': 1/3})
        """
        listed = [read_outcome(sample, f"sample {i}") for i, sample in enumerate(list_finite(samples, "the samples"))]
        return cls.from_counts(Counter(listed))

    @property
    def exact(self) -> bool:
        """Whether every probability was declared exactly."""
        return self.denominator is not None

    @property
    def fractions(self) -> dict[Hashable, Fraction]:
        """The exact probabilities, outcome -> Fraction.

        Raises
        ------
        InvalidDistribution
            If any probability was declared as a float.
        """
        if self.numerators is None or self.denominator is None:
            mend = 'declare it with Fraction(1, 3), "1/3" or int weights and normalize=True'
            raise InvalidDistribution(f"{self!r} was declared with floats, which are not promoted to fractions; {mend}")
        pairs = zip(self.outcomes, self.numerators, strict=True)
        return {outcome: Fraction(numerator, self.denominator) for outcome, numerator in pairs}

    def rationalize(self, max_denominator: int = 1_000_000) -> "Distribution":
        """Return the distribution with each float replaced by the nearest fraction of a denominator up to this.

        Raises
        ------
        InvalidDistribution
            If the fractions do not sum to 1: then max_denominator is too small, or the floats were no such fractions.
        InvalidArgument
            If max_denominator is not a whole number, 1 or more.

        Examples
        --------
        >>> from popgraph import Distribution
        >>> Distribution({"a": 0.1, "b": 0.9}).rationalize(10)
        Distribution({'a': 1/10, 'b': 9/10})
        """
        max_denominator = arguments.count("max_denominator", max_denominator, most=2**1000)
        if self.exact:
            return self
        near = [Fraction(p).limit_denominator(max_denominator) for p in self.probabilities.tolist()]
        if sum(near) != 1 or 0 in near:
            raise InvalidDistribution(
                f"the nearest fractions with denominators up to {max_denominator:,} sum to {sum(near)}, or round to 0; "
                "give another max_denominator, or int weights and normalize=True"
            )
        return Distribution(dict(zip(self.outcomes, near, strict=True)))

    def sample(self, size: int, *, rng: Seed = None) -> list[Any]:
        """Draw outcomes independently.

        Parameters
        ----------
        size : int
            How many outcomes the list has, >= 0.
        rng : None, int or numpy.random.Generator
            The same seed gives the same outcomes.

        Examples
        --------
        >>> from popgraph import Distribution
        >>> Distribution({"heads": 1}).sample(2, rng=0)
        ['heads', 'heads']
        """
        size = arguments.count("size", size, 0, 2**31, "the number of draws must be a whole number")
        reserve(f"a sample of size {size:,}", 24.0 * size, "draw fewer at a time")
        p = self.probabilities
        drawn = arguments.generator(rng).choice(len(p), size=size, p=p / p.sum())
        return [self.outcomes[i] for i in drawn]

    def map(self, fn: Callable[[Any], Any]) -> "Distribution":
        """Return the law of fn(outcome); outcomes that fn sends to the same place are merged.

        Examples
        --------
        >>> from popgraph import Distribution
        >>> Distribution.uniform(range(3)).map(lambda i: i % 2 == 0)
        Distribution({True: 2/3, False: 1/3})
        """
        return self.through(lambda outcome: _image(fn, outcome))

    def through(self, kernel: Callable[[Any], "Distribution"]) -> "Distribution":
        """Return the law of x when x̄ is drawn from this distribution and x from kernel(x̄); exact if all are.

        With an `Augmentation` as the kernel, this is the law w_x of the views.

        Examples
        --------
        >>> from popgraph import Distribution
        >>> coin = Distribution.uniform(["a", "b"])
        >>> coin.through(lambda x: Distribution.uniform([x, "c"]))
        Distribution({'a': 1/4, 'c': 1/2, 'b': 1/4})
        """
        rows = [_check_row(arguments.called(kernel, outcome, "the kernel"), outcome) for outcome in self.outcomes]
        mixed = object.__new__(Distribution)
        denominators = [row.denominator for row in rows if row.denominator is not None]
        if self.numerators is None or self.denominator is None or len(denominators) < len(rows):
            floats: dict[Hashable, float] = {}
            for p, row in zip(self.probabilities.tolist(), rows, strict=True):
                for outcome, q in zip(row.outcomes, row.probabilities.tolist(), strict=True):
                    floats[outcome] = floats.get(outcome, 0.0) + p * q
            mixed._set_floats(list(floats), list(floats.values()))
            return mixed
        common = math.lcm(*denominators)
        weights: dict[Hashable, int] = {}
        for numerator, row, denominator in zip(self.numerators, rows, denominators, strict=True):
            scale = numerator * (common // denominator)
            for outcome, weight in zip(row.outcomes, row.numerators or (), strict=True):
                weights[outcome] = weights.get(outcome, 0) + scale * weight
        mixed._set_exact(list(weights), list(weights.values()), common * self.denominator)
        return mixed

    @cached_property
    def _position(self) -> dict[Hashable, int]:  # when first asked for: large populations never ask
        return {outcome: i for i, outcome in enumerate(self.outcomes)}

    def __getitem__(self, outcome: Hashable) -> float:
        try:
            return float(self.probabilities[self._position[outcome]])
        except KeyError:
            read_outcome(outcome, "the outcome asked for")  # a tensor is refused: it would not be found by its value
            raise UnknownOutcome(outcome, self.outcomes) from None

    def __contains__(self, outcome: object) -> bool:
        return outcome in self._position

    def __iter__(self) -> Iterator[Hashable]:
        return iter(self.outcomes)

    def __len__(self) -> int:
        return len(self.outcomes)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Distribution) and self.exact and other.exact:
            alike = self.denominator == other.denominator and self.numerators == other.numerators
            return (alike and self.outcomes == other.outcomes) or self.fractions == other.fractions
        return isinstance(other, Mapping) and dict(self) == dict(other)

    def __hash__(self) -> int:
        return hash(frozenset(self.outcomes))

    def _written(self, i: int) -> str:
        """Write the i-th probability, as a fraction where it was declared exactly."""
        if self.numerators is not None and self.denominator is not None:
            fraction = Fraction(self.numerators[i], self.denominator)
            if fraction.denominator < 10**9:  # longer ones are read more easily as decimals
                return str(fraction)
        return f"{self.probabilities[i]:.6g}"

    def __repr__(self) -> str:
        if len(self) > 4:
            return f"Distribution of {len(self):,} outcomes"
        inside = ", ".join(f"{shorten(outcome, 30)}: {self._written(i)}" for i, outcome in enumerate(self.outcomes))
        return f"Distribution({{{inside}}})"

    def __str__(self) -> str:
        lines = [f"  {self._written(i):>10}  {shorten(outcome)}" for i, outcome in enumerate(self.outcomes[:20])]
        more = [f"  ... and {len(self) - 20:,} more"] if len(self) > 20 else []
        kind = "exact" if self.exact else "float"
        return "\n".join([f"Distribution of {len(self):,} outcomes, {kind} probabilities", *lines, *more])

    def _repr_html_(self) -> str:
        rows = [[outcome, self._written(i)] for i, outcome in enumerate(self.outcomes[:20])]
        more = [[f"and {len(self) - 20:,} more", ""]] if len(self) > 20 else []
        return html_table([*rows, *more], ["outcome", "probability"])


def _check_row(row: Any, outcome: Hashable) -> Distribution:
    """Return the distribution that a kernel gave for an outcome."""
    if not isinstance(row, Distribution):
        raise InvalidDistribution(
            f"the kernel gives {shorten(row)}, a {type(row).__name__}, for {shorten(outcome)}; it must give a Distribution"
        )
    return row


def _image(fn: Callable[[Any], Any], outcome: Any) -> Distribution:
    """Return the distribution that is always fn(outcome)."""
    point = object.__new__(Distribution)
    point._set_exact([read_outcome(arguments.called(fn, outcome, "fn"), f"the image of {shorten(outcome)}")], [1], 1)
    return point


def from_vector(p: Any) -> Distribution | None:
    """Return the distribution of 0, 1, ..., n-1 with these float probabilities, or None where there is anything to look into."""
    sound = p.dtype.kind == "f" and len(p) > 0 and bool((p > 0).all()) and p.max() <= 2  # whose sum does not overflow
    if not sound or not abs(float(np.sum(p, dtype=np.float64)) - 1) <= SUM_TOLERANCE / 2:
        return None
    law = object.__new__(Distribution)
    law._fill(range(len(p)), p.astype(np.float64))
    return law


def joint_distribution(rows: Sequence[Distribution]) -> Distribution:
    """Return the law of a tuple of independent coordinates."""
    joint = object.__new__(Distribution)
    outcomes = list(product(*(row.outcomes for row in rows)))
    if all(row.exact for row in rows):
        numerators = [math.prod(weights) for weights in product(*(row.numerators or () for row in rows))]
        joint._set_exact(outcomes, numerators, math.prod(row.denominator or 1 for row in rows))
    else:
        joint._set_floats(outcomes, [math.prod(ps) for ps in product(*(row.probabilities.tolist() for row in rows))])
    return joint
