"""The small populations that a hunt tries: drawn at random, changed a little, made smaller, and written in fractions."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from popgraph.basics.arrays import Floats, Ints
from popgraph.populations import PairGraph, PopulationGraph, build, from_pairs

SCALES = (1e-3, 5.0)  # between which a change of the logarithm of a probability is drawn, evenly in its own logarithm
POWERS = (1.0, 3.0, 8.0)  # to which uniform numbers are raised: evenly spread, or over many orders of magnitude
LEAST_PROBABILITY = 1e-5  # relative to the largest: a search among smaller ones meets rounding
DENOMINATORS = (6, 12, 60, 1_000, 100_000, 10**8)


@dataclass(frozen=True, eq=False)
class Candidate:
    """Hold a population with its labels and k; its probabilities are floats, or Fractions in arrays of objects.

    Of pairs given directly `p` is None, and `A` holds w itself, (N, N).
    """

    p: Any
    A: Any
    labels: Ints
    k: int

    @property
    def N(self) -> int:
        """The number of views."""
        return int(self.A.shape[1])

    @property
    def n(self) -> int:
        """The number of naturals, 0 of pairs given directly."""
        return 0 if self.p is None else len(self.p)

    @property
    def is_exact(self) -> bool:
        """Whether the probabilities are fractions."""
        return bool(self.A.dtype == object)

    def in_floats(self) -> "Candidate":
        """Return it with probabilities of float64."""
        if not self.is_exact:
            return self
        return replace(self, p=None if self.p is None else self.p.astype(float), A=self.A.astype(float))

    def weights(self) -> Any:
        """Return w, (N, N)."""
        return self.A if self.p is None else self.A.T @ (self.p[:, np.newaxis] * self.A)

    def class_mass(self) -> Any:
        """Return Σ_x̄ p(x̄) A(x|x̄) 1[y(x̄) = i], (N, r)."""
        zero = 0 * self.A[0, 0]
        mass = np.full((self.N, int(self.labels.max()) + 1), zero, dtype=self.A.dtype)
        for p, row, label in zip(self.p, self.A, self.labels, strict=True):
            mass[:, label] = mass[:, label] + p * row
        return mass

    def graph(self) -> PopulationGraph | PairGraph:
        """Return it as a graph with labels, of exact probabilities where these are fractions."""
        entry = Fraction if self.is_exact else float
        views = range(self.N)
        if self.p is None:
            w: PairGraph = from_pairs({(x, z): entry(self.A[x, z]) for x in views for z in views if self.A[x, z] > 0})
            return w
        p = {f"n{i}": entry(mass) for i, mass in enumerate(self.p)}
        A = {f"n{i}": {x: entry(row[x]) for x in views if row[x] > 0} for i, row in enumerate(self.A)}
        graph: PopulationGraph = build(p, A, views=list(views), labels=self.labels.tolist())
        return graph


def of_graph(graph: PopulationGraph, labels: Any, k: int) -> Candidate:
    """Return a graph as a candidate, in floats."""
    p = np.asarray(graph.p, dtype=float)
    return Candidate(p / p.sum(), graph.kernel.toarray(), np.asarray(labels, dtype=np.intp), k)


@dataclass(frozen=True)
class Shape:
    """Hold the size of the populations of a hunt: of `naturals` = 0 the pairs are given directly; k is drawn where it is None."""

    naturals: int
    views: int
    classes: int
    k: int | None

    def draw(self, rng: np.random.Generator) -> Candidate:
        """Return a random population."""
        k = int(rng.integers(1, max(2, self.views))) if self.k is None else self.k
        shape = (self.naturals or self.views, self.views)
        A = rng.random(shape) ** rng.choice(POWERS) * (rng.random(shape) < rng.choice([0.4, 0.7, 1.0]))
        if self.naturals == 0:
            return _normalised(None, A + A.T + 1e-3 * np.eye(self.views), np.zeros(0, dtype=np.intp), k)
        A[rng.integers(0, self.naturals, self.views), np.arange(self.views)] += 1e-3  # each view is reached
        A[np.arange(self.naturals), rng.integers(0, self.views, self.naturals)] += 1e-3
        labels = rng.integers(0, self.classes, self.naturals)
        return _normalised(rng.random(self.naturals) ** rng.choice(POWERS) + 1e-3, A, labels, k)

    def change(self, candidate: Candidate, rng: np.random.Generator) -> Candidate:
        """Return the population with some probabilities, a zero, a label or k changed."""
        p, A, labels, k = candidate.p, candidate.A.copy(), candidate.labels.copy(), candidate.k
        which = rng.random()
        if which < 0.1 and len(labels):
            labels[rng.integers(len(labels))] = rng.integers(self.classes)
        elif which < 0.15 and self.k is None:
            k = int(rng.integers(1, max(2, self.views)))
        elif which < 0.3:  # a step of the kernel comes or goes
            i, x = rng.integers(A.shape[0]), rng.integers(A.shape[1])
            A[i, x] = 0.0 if A[i, x] > 0 else rng.random() ** 3
        elif which < 0.5 and p is not None:
            p = p * np.exp(_scale(rng) * rng.standard_normal(len(p)))
        else:
            chosen = rng.random(A.shape) < rng.choice([0.15, 0.5, 1.0])
            A = A * np.exp(_scale(rng) * rng.standard_normal(A.shape) * chosen)
        if p is None:
            A = (A + A.T) / 2.0
        return _normalised(p, A, labels, k)


def _scale(rng: np.random.Generator) -> float:
    """Return the size of a change."""
    return float(np.exp(rng.uniform(*np.log(SCALES))))


def _normalised(p: Any, A: Floats, labels: Ints, k: int) -> Candidate:
    """Return a candidate of probabilities; one without a view, or with an empty row, has NaN, and every claim refuses it."""
    A = np.where(LEAST_PROBABILITY * A.max() > A, 0.0, A)
    with np.errstate(invalid="ignore", divide="ignore"):
        if p is None:
            return Candidate(None, A / A.sum(), labels, k)
        p = np.maximum(p, LEAST_PROBABILITY * p.max())
        return Candidate(p / p.sum(), A / A.sum(axis=1, keepdims=True), labels, k)


def logarithms(candidate: Candidate) -> Floats:
    """Return the logarithms of the probabilities above 0, those of A first; of pairs given directly, of the upper triangle of w."""
    A = candidate.A if candidate.p is not None else np.triu(candidate.A)
    p = np.zeros(0) if candidate.p is None else candidate.p
    return np.asarray(np.log(np.concatenate([A[A > 0], p])))


def with_logarithms(candidate: Candidate, z: Floats) -> Candidate:
    """Return the candidate with probabilities of these logarithms, normalised."""
    A = np.zeros_like(candidate.A)
    upper = candidate.A if candidate.p is not None else np.triu(candidate.A)
    A[upper > 0] = np.exp(z[: len(z) - candidate.n])
    if candidate.p is None:
        return _normalised(None, A + np.triu(A, 1).T, candidate.labels, candidate.k)
    return _normalised(np.exp(z[len(z) - candidate.n :]), A, candidate.labels, candidate.k)


def is_population(candidate: Candidate) -> bool:
    """Whether each natural has a view, and each view a natural or a pair."""
    rows, columns = candidate.A.sum(axis=1), candidate.A.sum(axis=0)
    return bool((rows > 0).all() and (columns > 0).all())


def smaller(candidate: Candidate) -> Iterator[Candidate]:
    """Yield populations with one natural, view or step of the kernel less, the smallest first."""
    p, A, labels, k = candidate.p, candidate.A, candidate.labels, candidate.k
    for x in range(candidate.N if candidate.N > 2 else 0):
        left = np.delete(A, x, axis=1)
        yield _normalised(p, left if p is not None else np.delete(left, x, axis=0), labels, min(k, candidate.N - 1))
    for i in range(candidate.n if candidate.n > 1 else 0):
        _, packed = np.unique(np.delete(labels, i), return_inverse=True)
        yield _normalised(np.delete(p, i), np.delete(A, i, axis=0), packed.astype(np.intp), k)
    for i, x in sorted(zip(*np.nonzero(A), strict=True), key=lambda place: float(A[place])):
        without = A.copy()
        without[i, x] = 0.0
        if p is None:
            without[x, i] = 0.0
        yield _normalised(p, without, labels, k)


def in_fractions(candidate: Candidate) -> Iterator[Candidate]:
    """Yield the population with probabilities of small denominators, the coarsest first."""
    for denominator in DENOMINATORS:
        if candidate.p is None:
            A = _fractions(np.triu(candidate.A), denominator)
            A = A + A.T - np.diag(np.diag(A))
            if (A == 0).all():
                continue
            yield replace(candidate, A=A / A.sum())
        else:
            rows = [_fractions(row, denominator) for row in candidate.A]
            p = _fractions(candidate.p, denominator)
            if any(row.sum() == 0 for row in rows) or (p == 0).any():
                continue
            yield replace(candidate, p=p / p.sum(), A=np.array([row / row.sum() for row in rows], dtype=object))


def _fractions(numbers: Floats, denominator: int) -> Any:
    """Return numbers as the nearest multiples of 1/denominator, relative to the largest where that is small."""
    unit = numbers.max() if numbers.max() < 0.5 else 1.0
    rounded = [Fraction(round(number / unit * denominator), denominator) for number in np.ravel(numbers).tolist()]
    whole = np.empty(numbers.size, dtype=object)
    whole[:] = rounded
    return whole.reshape(numbers.shape)
