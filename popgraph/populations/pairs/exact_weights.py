"""`ExactWeights`: the entries of a sparse w, or of a joint law C, as fractions."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from popgraph.basics.arrays import Immutable


@dataclass(frozen=True, eq=False)
class ExactWeights(Immutable):
    """Hold the entries of a sparse w as fractions: numerators, in the order of its stored entries, over one denominator."""

    numerators: Any
    denominator: int

    def entry(self, position: int) -> Fraction:
        """Return one entry of w, by its position among those stored."""
        return Fraction(int(self.numerators[position]), self.denominator)
