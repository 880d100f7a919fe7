"""Labels in the graph: the pairs of a population some of whose naturals' classes are known [THEORY 12].

With probability η a pair is two views of two independent naturals of one known class, else two views of one natural. That is a
population of its own, of which only the pairs are used: its naturals are those of the graph, at (1 - η) p, and one more for each
known class, at η q_c, whose views are those of a natural drawn from the class anew.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp

from popgraph.basics.arguments import by_value
from popgraph.basics.arguments.classes import classes_in_order, is_labelled, list_labels
from popgraph.basics.arguments.labels import read_labels
from popgraph.basics.arguments.probabilities import SUM_TOLERANCE, float_sum, parse_probability, read_pairs
from popgraph.basics.arguments.scalars import one_of
from popgraph.basics.arrays import Floats, Immutable, Ints, Sparse, frozen, frozen_csr
from popgraph.basics.memory import reserve
from popgraph.basics.words import did_you_mean, listing, shorten
from popgraph.declare import Distribution, EnumeratedPopulation, ExactKernel
from popgraph.errors import InvalidArgument, InvalidDistribution

Probability = Fraction | float

SMALLEST_POSITIVE_FLOAT = float(np.finfo(np.float64).smallest_subnormal)


@dataclass(frozen=True, repr=False)
class KnownClass(Immutable):
    """Stand for a known class among the naturals that pairs are drawn from: a natural of the class, drawn anew for each view."""

    label: Hashable

    def __repr__(self) -> str:
        return f"class {shorten(self.label)}"


@dataclass(frozen=True, eq=False, repr=False)
class KnownLabels(Immutable):
    """Hold the labels that a graph's pairs are drawn by; made by `PopulationGraph.with_labels`.

    Attributes
    ----------
    labels : (n,) array
        The class of each natural that is known, None of the others.
    weight : Fraction or float
        η, above 0 and at most 1.
    shares : tuple of pairs (class, Fraction or float)
        q, which sums to 1; `class_weights` is the same as a mapping.

    Examples
    --------
    >>> import popgraph as pg
    >>> pg.zoo.hypercube(1).with_labels({(0,): "left"}, weight="1/2").known
    KnownLabels(1 of 2 naturals in 1 class, weight 1/2)
    """

    labels: Any
    weight: Probability
    shares: tuple[tuple[Hashable, Probability], ...]

    @property
    def class_weights(self) -> dict[Hashable, Probability]:
        """The weight q of each known class."""
        return dict(self.shares)

    @property
    def count(self) -> int:
        """The number of naturals whose class is known."""
        return int(is_labelled(self.labels).sum())

    @property
    def in_words(self) -> str:
        """How many naturals are known, of how many classes, and the weight: "2 of 4 naturals in 1 class, weight 1/2"."""
        r = len(self.shares)
        counts = f"{self.count:,} of {len(self.labels):,} naturals in {r:,} class{'es' * (r != 1)}"
        return f"{counts}, weight {self.weight if isinstance(self.weight, Fraction) else format(self.weight, 'g')}"

    def __repr__(self) -> str:
        return f"KnownLabels({self.in_words})"


class PairDraws(NamedTuple):
    """Hold p (m,) and A (m, N) by which positive pairs are drawn: two independent views of one of m naturals."""

    p: Floats
    A: Any


def pair_draws(population: Any) -> PairDraws:
    """Return the law and kernel whose double draws are the pairs: of a population without labels in the graph its p and A.

    w = Aᵀ diag(p) A of these. Classes, votes and probes are of `population.p` and `population.kernel`, the data.
    """
    drawn: EnumeratedPopulation | None = getattr(population, "pair_population", None)
    if drawn is None:
        return PairDraws(population.p, population.kernel)
    return PairDraws(drawn.distribution.probabilities, drawn.kernel)


def data_view_law(population: Any) -> Floats:
    """Return the law Aᵀp of a view of the data, (N,): w_x, unless labels in the graph make the views of pairs another."""
    if getattr(population, "pair_population", None) is None:
        return population.w_x  # type: ignore[no-any-return]
    return np.asarray(population.kernel.T @ population.p)


def labelled_pairs(
    population: EnumeratedPopulation, known: Any, weight: Any, class_weights: Any
) -> tuple[EnumeratedPopulation, KnownLabels] | None:
    """Return the population whose double draws are the pairs of `PopulationGraph.with_labels`, and the labels; None at η = 0."""
    labels = _read_known(population, known)
    eta = _read_weight(weight)
    first, y = classes_in_order(labels)
    classes = list_labels(labels[first])
    q = _read_class_weights(class_weights, classes, _masses(population, y, len(classes)))
    if not eta:
        return None
    return _pair_population(population, y, classes, eta, q), KnownLabels(
        labels, eta, tuple(zip(classes, q, strict=True))
    )


def _read_known(population: EnumeratedPopulation, known: Any) -> Any:
    """Return the known labels, (n,), None where there is none; refuse labels none of which is known."""
    naturals = population.distribution.outcomes
    restrict = "as [y if y in {...} else None for y in graph.labels] of some classes"
    if known is None:
        raise InvalidArgument(
            f"known is None; give a mapping natural -> class, or {len(naturals)} labels with None where unknown, {restrict}"
        )
    labels = read_labels(known, naturals, name="known", some=True)
    if not is_labelled(labels).any():
        raise InvalidArgument(f"known gives none of the {len(naturals)} naturals a class; label one or more")
    return labels


def _read_weight(weight: Any) -> Probability:
    """Return η in [0, 1], exact where it is given so."""
    need = f"weight is {shorten(weight)}; it is the share of pairs that are drawn by labels, a number in [0, 1]"
    try:
        eta = parse_probability(weight, "weight")
    except InvalidDistribution:
        raise InvalidArgument(need) from None
    if eta > 1:
        raise InvalidArgument(need)
    return eta


def _masses(population: EnumeratedPopulation, y: Ints, r: int) -> list[Probability]:
    """Return Pr[y(x̄) = c] of each known class, exact where p is."""
    law = population.distribution
    if law.numerators is None or law.denominator is None:
        masses = np.bincount(y[y >= 0], weights=law.probabilities[y >= 0], minlength=r)
        return [float(mass) for mass in masses]
    sums = [0] * r
    for c, numerator in zip(y.tolist(), law.numerators, strict=True):
        if c >= 0:
            sums[c] += numerator
    return [Fraction(total, law.denominator) for total in sums]


def _read_class_weights(given: Any, classes: list[Any], masses: list[Probability]) -> list[Probability]:
    """Return q of each known class: uniform, as their probabilities, or as given by name."""
    if given is None or isinstance(given, str):
        if given is None or one_of("class_weights", given, ("uniform", "probability")) == "uniform":
            return [Fraction(1, len(classes))] * len(classes)
        total = sum(masses, start=Fraction(0))
        return [mass / total for mass in masses]
    need = 'give a mapping class -> weight, "uniform" or "probability"'
    given = given.fractions if isinstance(given, Distribution) and given.exact else given
    try:
        pairs = read_pairs(given)
    except InvalidDistribution:
        raise InvalidArgument(f"class_weights is {shorten(given)}; {need}") from None
    q: dict[Any, Probability] = {}
    for label, value in pairs:
        try:
            if by_value(label) in q:
                raise InvalidArgument(f"class_weights names {shorten(label)} twice; give each class one weight")
            q[by_value(label)] = parse_probability(value, label)
        except TypeError:  # of what has no hash
            raise InvalidArgument(f"class_weights names {shorten(label)}, which is no class; {need}") from None
        except InvalidDistribution as error:
            raise InvalidArgument(f"class_weights: {error}") from None
    _check_classes(q, classes)
    total = _sum(q.values())
    if abs(float(total) - 1.0) > SUM_TOLERANCE:
        raise InvalidArgument(f"class_weights sum to {total}, not 1; divide them by their sum")
    return [q[by_value(label)] for label in classes]


def _check_classes(q: Mapping[Any, Any], classes: list[Any]) -> None:
    """Refuse weights of other classes than the known ones."""
    known = {by_value(label) for label in classes}
    if other := [label for label in q if label not in known]:
        raise InvalidArgument(
            f"class_weights names {listing([shorten(label) for label in other])}, no class of a known natural"
            f"{did_you_mean(other, classes)}; the known classes are {listing([shorten(label) for label in classes])}"
        )
    if lacking := [shorten(label) for label in classes if by_value(label) not in q]:
        raise InvalidArgument(f"class_weights has no weight for the known class {listing(lacking)}; give it one, or 0")


def _sum(values: Iterable[Probability]) -> Probability:
    """Return the sum of weights, a Fraction where all are."""
    listed = list(values)
    return sum(listed, start=Fraction(0)) if all(isinstance(q, Fraction) for q in listed) else float_sum(listed)


def _pair_population(
    population: EnumeratedPopulation, y: Ints, classes: list[Any], eta: Probability, q: list[Probability]
) -> EnumeratedPopulation:
    """Return the population whose double draws are the pairs: naturals and classes of probability 0 are left out."""
    law, A = population.distribution, population.kernel
    exact_law = law.exact and isinstance(eta, Fraction) and all(isinstance(each, Fraction) for each in q)
    used = [c for c, share in enumerate(q) if share]
    if exact_law:
        pairs: list[Any] = [(x, (1 - eta) * p) for x, p in law.fractions.items()] if eta < 1 else []
    else:
        pairs = (
            list(zip(law.outcomes, ((1.0 - float(eta)) * law.probabilities).tolist(), strict=True)) if eta < 1 else []
        )
        eta = float(eta)
    pairs += [(KnownClass(classes[c]), eta * q[c]) for c in used]
    if lost := [shorten(outcome) for outcome, p in pairs if not float(p)]:
        raise InvalidArgument(
            f"with this weight the probability of {listing(lost)} is too small for float64; change it"
        )
    rows = _class_rows(law.probabilities, A, y, used)
    kernel = frozen_csr(sp.vstack([A, rows], format="csr") if eta < 1 else rows)
    _need_every_view(population.views, kernel, eta)
    exact = population.exact
    if exact is not None and exact_law:
        of_classes = _exact_class_rows(population, y, used)
        exact = _joined(exact, of_classes) if eta < 1 else of_classes
    return EnumeratedPopulation(Distribution(pairs), population.views, kernel, exact if exact_law else None)


def _need_every_view(views: Sequence[Hashable], kernel: Sparse, eta: Probability) -> None:
    """Refuse η = 1 where no known class reaches a view, whose probability would be 0."""
    unreached = np.ones(len(views), dtype=bool)
    unreached[kernel.indices] = False
    if unreached.any():
        lost = [shorten(views[i]) for i in np.flatnonzero(unreached).tolist()]
        raise InvalidArgument(
            f"with weight={eta} only the known classes make pairs, and none of them reaches the view {listing(lost)}: give a "
            "weight below 1, or label more naturals"
        )


def _class_rows(p: Floats, A: Sparse, y: Ints, used: list[int]) -> Sparse:
    """Return A_c(x) = E[A(x|x̄) | y(x̄) = c], a row for each of these classes."""
    row = np.full(int(y.max()) + 1, -1, dtype=np.intp)
    row[used] = np.arange(len(used))
    members = np.flatnonzero((y >= 0) & (row[y] >= 0))
    of_class = row[y[members]]
    total = np.bincount(of_class, weights=p[members], minlength=len(used))
    share = sp.csr_array((p[members] / total[of_class], (of_class, members)), shape=(len(used), A.shape[0]))
    rows = sp.csr_array(share @ A)
    rows.sort_indices()
    rows.data = np.maximum(rows.data, SMALLEST_POSITIVE_FLOAT)  # as of M: what rounds to 0 stays an entry
    return rows  # type: ignore[no-any-return]


def _exact_class_rows(population: EnumeratedPopulation, y: Ints, used: list[int]) -> ExactKernel:
    """Return the same rows in whole numbers over one denominator each, in the order of their entries."""
    A, exact, p = population.kernel, population.exact, population.distribution.numerators
    if exact is None or p is None:
        raise AssertionError("asked for exact populations alone")
    parts, denominators = [], []
    for c in used:
        members = np.flatnonzero(y == c).tolist()
        common = 1
        entries = int((A.indptr[1:] - A.indptr[:-1])[members].sum())
        for i in members:
            common = lcm(common, exact.denominators[i])
            # Denominators without common divisors make numerators of as many digits as all of them together
            reserve(
                f"the class {c} in fractions",
                entries * common.bit_length() / 8.0,
                "give weight= as a float, without fractions",
            )
        denominator = common * sum(p[i] for i in members)
        kind = np.int64 if denominator < 2**63 else object  # all entries sum to the denominator, so none overflows
        columns = np.concatenate([A.indices[A.indptr[i] : A.indptr[i + 1]] for i in members])
        terms = [
            np.asarray(exact.numerators[A.indptr[i] : A.indptr[i + 1]]).astype(kind)
            * (p[i] * (common // exact.denominators[i]))
            for i in members
        ]
        at, position = np.unique(columns, return_inverse=True)
        sums = np.zeros(len(at), dtype=kind)
        np.add.at(sums, position, np.concatenate(terms))
        parts.append(sums)
        denominators.append(denominator)
    return ExactKernel(frozen(_concatenated(parts)), tuple(denominators))


def _joined(first: ExactKernel, second: ExactKernel) -> ExactKernel:
    """Return the rows of one kernel above those of another."""
    return ExactKernel(
        frozen(_concatenated([np.asarray(first.numerators), np.asarray(second.numerators)])),
        first.denominators + second.denominators,
    )


def _concatenated(parts: list[Any]) -> Any:
    """Join arrays of whole numbers, as Python's own where one of them is."""
    kind = object if any(part.dtype == object for part in parts) else np.int64
    return np.concatenate([part.astype(kind) for part in parts])
