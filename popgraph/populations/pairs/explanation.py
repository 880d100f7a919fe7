"""`PairExplanation`: the weight of one given pair, beside what independent views would have."""

from collections.abc import Hashable
from dataclasses import dataclass

from popgraph.basics.arrays import Immutable
from popgraph.basics.html import number, short
from popgraph.populations.explanation import Probability


@dataclass(frozen=True)
class PairExplanation(Immutable):
    """Hold w_xx' of a pair that was given directly, with w_x and w_x'; Fractions where the weights are exact."""

    x: Hashable
    x_plus: Hashable
    value: Probability
    w_x: Probability
    w_x_plus: Probability

    @property
    def lift(self) -> Probability:
        """K(x, x') = w_xx' / (w_x w_x'): how many times as often as two independent views [THEORY 2.6]."""
        return self.value / self.w_x / self.w_x_plus

    def __str__(self) -> str:
        pair = f"({short(self.x)}, {short(self.x_plus)})"
        given = "a weight that was given" if self.value else "as no such pair was given"
        return (
            f"w{pair} = {number(self.value)}, {given}\n"
            f"  independent views: {number(self.w_x)} · {number(self.w_x_plus)} = {number(self.w_x * self.w_x_plus)}, "
            f"so that K{pair} = {number(self.lift)}"
        )
