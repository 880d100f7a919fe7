"""The game of two views, "are they of one image or not?": exact odds, the best answers, and how often any answers are right.

A fair coin is tossed. Heads: one natural is drawn, and both views are made from it, so that the pair has the law w. Tails: each
view is made from a natural of its own, so that the pair has the law w_x w_x'. "The same" is then right with the probability
w_xx' / (w_xx' + w_x w_x'), and the best player says it where w_xx' > w_x w_x'. No widgets here: `playing.py` draws the table.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from popgraph.basics.arrays import Floats, Immutable, Ints

TIE = 1e-12  # of w_xx' + w_x w_x': floats that differ by less are equal, and either answer is as good
SAME_MARGIN = 1e-6  # above 1, of the product by which an embedding says "the same": a trained f is 1 only up to so much
Answers = NDArray[np.bool_]


class Round(NamedTuple):
    """One pair of views, whether both were of one natural, and what was answered."""

    x: int
    x_plus: int
    same: bool
    answer: bool

    @property
    def right(self) -> bool:
        """Whether the answer was the truth."""
        return self.answer == self.same


class Score(NamedTuple):
    """What one player reached: right answers of rounds, and the share that is to be expected (None of a person)."""

    player: str
    rounds: int
    right: int
    expected: Fraction | float | None


@dataclass(frozen=True, eq=False, repr=False)
class Guessing(Immutable):
    """Hold the odds of the game on one population.

    Parameters
    ----------
    w : (N, N) array of floats or of Fractions
        The law of two views of one natural.
    w_x : (N,) array of floats or of Fractions
        The law of one view; of two naturals' views it is the law of each.
    """

    w: Any
    w_x: Any

    def __repr__(self) -> str:
        return f"Guessing({len(self.w_x)} views, best score {float(self.best_score):.4g})"

    @property
    def N(self) -> int:
        """The number of views."""
        return len(self.w_x)

    @cached_property
    def apart(self) -> Any:
        """w_x w_x', the law of two views of two naturals, (N, N)."""
        return np.multiply.outer(self.w_x, self.w_x)

    @cached_property
    def best_answers(self) -> Answers:
        """Where a best player says "the same", (N, N): where w_xx' > w_x w_x'; at a tie, not."""
        gain = self.w - self.apart
        if self.w.dtype == object:
            return np.asarray(gain > 0, dtype=bool)
        return np.asarray(gain > TIE * (self.w + self.apart))

    @cached_property
    def best_score(self) -> Any:
        """The share of right answers that a best player expects, Σ max(w_xx', w_x w_x') / 2: a Fraction where the law is exact."""
        return self.expected_score(self.best_answers)

    def tie(self, x: int, x_plus: int) -> bool:
        """Whether either answer is as good: w_xx' = w_x w_x'."""
        w, apart = self.w[x, x_plus], self.apart[x, x_plus]
        return bool(w == apart if isinstance(w, Fraction) else abs(w - apart) <= TIE * (w + apart))

    def posterior(self, x: int, x_plus: int) -> Any:
        """Return the probability that two views which were dealt are of one natural, w_xx' / (w_xx' + w_x w_x')."""
        w, apart = self.w[x, x_plus], self.apart[x, x_plus]
        return w / (w + apart)

    def expected_score(self, says_same: Answers) -> Any:
        """Return the share of right answers of who says "the same" of the pairs (x, x') marked, (N, N)."""
        total = np.where(says_same, self.w, self.apart).sum()
        return total / 2 if isinstance(total, Fraction) else float(total) / 2

    def deal(self, rounds: int, generator: np.random.Generator) -> Ints:
        """Draw rounds: (rounds, 3) whole numbers, two positions of views, and 1 where both are of one natural."""
        same = generator.random(rounds) < 0.5
        one = np.minimum(np.searchsorted(self._w_below, generator.random(rounds), side="right"), self.N**2 - 1)
        two = np.searchsorted(self._w_x_below, generator.random((rounds, 2)), side="right")
        two = np.minimum(two, self.N - 1)
        pairs = np.where(same[:, np.newaxis], np.stack(np.divmod(one, self.N), axis=1), two)
        return np.column_stack([pairs, same.astype(pairs.dtype)])

    def deal_same(self, rounds: int, generator: np.random.Generator) -> Ints:
        """Draw positive pairs alone: (rounds, 3), with a 1 in each row."""
        one = np.minimum(np.searchsorted(self._w_below, generator.random(rounds), side="right"), self.N**2 - 1)
        return np.column_stack([*np.divmod(one, self.N), np.ones(rounds, dtype=one.dtype)])

    @cached_property
    def _w_below(self) -> Floats:
        running = np.cumsum(np.asarray(self.w, dtype=float).ravel())
        return np.asarray(running / running[-1])

    @cached_property
    def _w_x_below(self) -> Floats:
        running = np.cumsum(np.asarray(self.w_x, dtype=float))
        return np.asarray(running / running[-1])


def answers_of(table: Floats) -> Answers:
    """Return where an embedding (N, k) says "the same", (N, N): f(x)ᵀf(x') is its estimate of the ratio w_xx' / (w_x w_x')."""
    return np.asarray(table @ table.T > 1.0 + SAME_MARGIN)


def best_threshold(game: Guessing, table: Floats) -> tuple[float, float]:
    """Return the threshold on f(x)ᵀf(x') that gives an embedding its best expected score, and that score.

    Only the spectral loss makes products that are ratios; an f of cosines, say, needs a threshold of its own.
    """
    products = (table @ table.T).ravel()
    order = np.argsort(-products, kind="stable")
    falling = products[order]
    gain = np.asarray(game.w - game.apart, dtype=float).ravel()[order]
    # Score of "the same" on the first m pairs, of products above the threshold, for m = 0, 1, ..., N²
    score = 0.5 * (float(np.sum(np.asarray(game.apart, dtype=float))) + np.concatenate([[0.0], np.cumsum(gain)]))
    between = np.concatenate([[True], np.diff(falling) < 0, [True]])  # equal products have one answer
    m = int(np.flatnonzero(between)[np.argmax(score[between])])
    above = falling[m - 1] if m else falling[0] + 1.0
    below = falling[m] if m < len(falling) else falling[-1] - 1.0
    return float(above + below) / 2, float(score[m])


def counts_of(dealt: Ints, N: int) -> Floats:
    """Return how often each pair was seen of one natural, (N, N), counted both ways round, as w is."""
    same = dealt[dealt[:, 2] == 1]
    flat = np.bincount(same[:, 0] * N + same[:, 1], minlength=N * N).reshape(N, N)
    return np.asarray(flat + flat.T, dtype=float) / 2


def right_answers(dealt: Ints, says_same: Answers) -> int:
    """Return of how many rounds these answers are the truth."""
    return int(np.sum(says_same[dealt[:, 0], dealt[:, 1]] == (dealt[:, 2] == 1)))
