"""`Explanation`: one positive pair's probability w_xx', as the sum over naturals that it is."""

from collections.abc import Hashable
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

import numpy as np

from popgraph.basics.arrays import Immutable, Ints, Sparse
from popgraph.basics.html import number, short
from popgraph.declare import EnumeratedPopulation

Probability: TypeAlias = Fraction | float

MAX_TERMS_PRINTED = 20  # one screen


@dataclass(frozen=True)
class Term(Immutable):
    """Hold one natural's share ``p(x̄) A(x|x̄) A(x'|x̄)`` of a positive pair's probability."""

    natural: Hashable
    p: Probability
    a: Probability
    a_plus: Probability

    @property
    def value(self) -> Probability:
        """The product of the three."""
        return self.p * self.a * self.a_plus


@dataclass(frozen=True)
class Explanation(Immutable):
    """Hold w_xx' as the sum of its terms, one for each natural that reaches both views."""

    x: Hashable
    x_plus: Hashable
    terms: tuple[Term, ...]

    @property
    def value(self) -> Probability:
        """w_xx', a Fraction where the population is exact."""
        return sum((term.value for term in self.terms), start=Fraction(0))

    def __str__(self) -> str:
        title = f"w({short(self.x)}, {short(self.x_plus)}) = {number(self.value)}"
        if not self.terms:
            return f"{title}: no natural reaches both"
        lines = [
            f"  {number(term.p)} · {number(term.a)} · {number(term.a_plus)} = {number(term.value)}"
            f"   from {short(term.natural)}"
            for term in self.terms[:MAX_TERMS_PRINTED]
        ]
        if len(self.terms) > MAX_TERMS_PRINTED:
            lines.append(f"  ... and {len(self.terms) - MAX_TERMS_PRINTED:,} more naturals")
        return "\n".join([title, "  = sum over naturals of p · A(x) · A(x'):", *lines])


def explain(population: EnumeratedPopulation, by_view: Sparse, i: int, j: int) -> Explanation:
    """Write w_ij of views i and j term by term; `by_view` is the kernel as a csc_array."""
    law = population.distribution
    terms = []
    for natural in np.intersect1d(_naturals_of(by_view, i), _naturals_of(by_view, j)).tolist():
        p: Probability = float(law.probabilities[natural])
        if population.exact is not None and law.numerators is not None and law.denominator is not None:
            p = Fraction(law.numerators[natural], law.denominator)
        terms.append(Term(law.outcomes[natural], p, _entry(population, natural, i), _entry(population, natural, j)))
    return Explanation(population.views[i], population.views[j], tuple(terms))


def _naturals_of(by_view: Sparse, view: int) -> Ints:
    """Return the naturals that reach a view."""
    return np.asarray(by_view.indices[by_view.indptr[view] : by_view.indptr[view + 1]])


def _entry(population: EnumeratedPopulation, natural: int, view: int) -> Probability:
    """Return A(view|natural) of a pair that has one, exactly where all of the population is exact."""
    A = population.kernel
    start, stop = A.indptr[natural : natural + 2]
    position = start + int(np.searchsorted(A.indices[start:stop], view))
    if population.exact is None or not population.distribution.exact:
        return float(A.data[position])
    return population.exact.entry(position, natural)
