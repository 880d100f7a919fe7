"""`Contest`: the errors of contrastive learning and of self-training at every k and every weight, and who wins."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from popgraph.basics.arguments.classes import list_labels
from popgraph.basics.arrays import Floats, Immutable, Ints
from popgraph.downstream.probing.exact import EQUAL_ERRORS
from popgraph.downstream.selftraining.student import Student

MAX_ROWS = 12  # of each curve that `str` prints


@dataclass(frozen=True, eq=False, repr=False)
class Contest(Immutable):
    """Hold the errors of a linear probe and of self-training, given one teacher, at all that was tried. Made by `which_wins`.

    An error is Pr_{x̄, x}[label given to x ≠ y(x̄)], over the labelled naturals.

    Attributes
    ----------
    winner : {"contrastive", "self-training", "neither"}
        Who has less error at its best, whatever is chosen where there is a choice.
    margin : float
        The least that the loser's error can be, less the most that the winner's can.
    contrastive, self_training, teacher : float
        Errors of the probe on F* at the best k, of the student at the best weights, and of the teacher; a view that the teacher
        leaves out counts as wrong.
    contrastive_range, self_training_range : (float, float)
        The least error at any k, or weight, with luck, and the least that is guaranteed.
    k : int
        The best number of columns of F*: that of the least guaranteed error.
    gap : float
        γ_k - γ_{k+1}. At 0 the cut is degenerate, and another F* may have another error.
    best_weights : (float, float)
        The widest range of weights at which the student is best; between its ends, or at them where they were given.
    probe_labels : (N,) array
        The probe's label of each view, at the best k.
    student : Student
        At one of the best weights.
    ks : (K,) array
        The widths tried.
    probe_errors : (K, 2) array
        The least and the greatest error found among the minimisers at each k; equal at a clean cut.
    families : tuple of K str
        What may be chosen at each degenerate cut, in words; empty at clean ones.
    weights : (T, 2) array
        The ranges of weights, low < t < high, in which the student is one; low = high where weights were given.
    student_errors : (T, 2) array
        The least and the greatest error among the student's minimisers in each range.
    exact : bool
        Whether every student is a minimiser for certain; False if a search with more than two classes was given up.
    at_best : bool
        Whether there was a choice: more than one k, or more than one range of weights.
    probe_bounds : (K,) array or None
        4φ/λ_{k+1} + 2Δ of Bayes' labels ŷ: a bound on the voted error of the best head, at each k; see ``bounds_reason``.
    student_bounds : (T,) array or None
        φ/(2ρ_in - 1/t) + Δ, which bounds the student's error where it errs on at most half of each class; inf elsewhere.
    bounds_reason : str
        Why a bound is missing; empty if none is.

    See Also
    --------
    which_wins : Make one.
    popgraph.plot.contest : Draw it.
    PhaseDiagram : Contests at many parameters.

    Examples
    --------
    >>> import popgraph as pg
    >>> graph = pg.zoo.planted_subclasses(2, 1, size=4, within=0, across="1/10")
    >>> pg.selftraining.which_wins(graph, [0, 0, 0, 1, 1, 1, 1, 1], k=2, weight=1.25)
    Contest(neither wins: contrastive 0.1, self-training 0.1, teacher 0.2)
    """

    winner: str
    margin: float
    contrastive: float
    self_training: float
    teacher: float
    contrastive_range: tuple[float, float]
    self_training_range: tuple[float, float]
    k: int
    gap: float
    best_weights: tuple[float, float]
    probe_labels: Any
    student: Student
    ks: Ints
    probe_errors: Floats
    families: tuple[str, ...]
    weights: Floats
    student_errors: Floats
    exact: bool
    at_best: bool
    probe_bounds: Floats | None = None
    student_bounds: Floats | None = None
    bounds_reason: str = ""

    def __repr__(self) -> str:
        outcome = f"{self.winner} wins" + " at best" * self.at_best + (f" by {self.margin:.4g}" if self.margin else "")
        at_k, at_t = (f" at k = {self.k}", f" at {_weights_in_words(*self.best_weights)}") if self.at_best else ("", "")
        degenerate = "; the cut is degenerate" * (self.gap == 0)
        return (
            f"Contest({outcome}: contrastive {_error_in_words(*self.contrastive_range)}{at_k}, "
            f"self-training {_error_in_words(*self.self_training_range)}{at_t}, teacher {self.teacher:.4g}{degenerate})"
        )

    def __str__(self) -> str:
        probes = [
            (
                f"k = {k}",
                _error_in_words(*errors) + _bound_in_words(self.probe_bounds, i) + (f", {family}" if family else ""),
            )
            for i, (k, errors, family) in enumerate(
                zip(self.ks.tolist(), self.probe_errors, self.families, strict=True)
            )
        ]
        students = [
            (_weights_in_words(*ends), _error_in_words(*errors) + _bound_in_words(self.student_bounds, i))
            for i, (ends, errors) in enumerate(zip(self.weights, self.student_errors, strict=True))
        ]
        lines = [repr(self), "  error of the probe", *_rows(probes), "  error of the student", *_rows(students)]
        if self.at_best:
            lines.append("  k and t are chosen by the true labels, for both alike")
        if self.winner == "neither" and self._depends:
            lines.append("  who wins depends on the choice among minimisers of equal loss")
        if not self.exact:
            lines.append("  with more than two classes a search was given up: a student of less cost may exist")
        if self.bounds_reason:
            lines.append(f"  without a bound: {self.bounds_reason}")
        return "\n".join(lines)

    @property
    def _depends(self) -> bool:
        """Whether the errors are ranges that overlap, and not two equal numbers."""
        ends = [*self.contrastive_range, *self.self_training_range]
        return max(ends) - min(ends) > EQUAL_ERRORS

    def to_dict(self) -> dict[str, Any]:
        """Return all but the labels and the student as plain Python, ready for JSON; infinity is None.

        Examples
        --------
        >>> import popgraph as pg
        >>> contest = pg.selftraining.which_wins(pg.zoo.hypercube(2), [0, 0, 1, 1], k=[1, 2])
        >>> contest.to_dict()["winner"], contest.to_dict()["ks"]
        ('neither', [1, 2])
        """
        return {
            "winner": self.winner,
            "margin": self.margin,
            "contrastive": list(self.contrastive_range),
            "self_training": list(self.self_training_range),
            "teacher": self.teacher,
            "k": self.k,
            "gap": self.gap,
            "best_weights": _plain(np.array(self.best_weights)),
            "ks": self.ks.tolist(),
            "probe_errors": self.probe_errors.tolist(),
            "families": list(self.families),
            "weights": _plain(self.weights),
            "student_errors": self.student_errors.tolist(),
            "exact": self.exact,
            "probe_labels": list_labels(self.probe_labels),
            "student_labels": list_labels(self.student.labels),
            "probe_bounds": _plain(self.probe_bounds),
            "student_bounds": _plain(self.student_bounds),
            "bounds_reason": self.bounds_reason,
        }


def _error_in_words(lowest: float, highest: float) -> str:
    """Return an error, or the range it is in."""
    return f"{highest:.4g}" if highest - lowest <= EQUAL_ERRORS else f"{lowest:.4g} to {highest:.4g}"


def _weights_in_words(low: float, high: float) -> str:
    """Return weights as a condition on t."""
    if low == high:
        return f"t = {low:.4g}"
    if high == np.inf:
        return f"t > {low:.4g}"
    return f"{low:.4g} < t < {high:.4g}"


def _bound_in_words(bounds: Floats | None, i: int) -> str:
    """Return a bound below 1, which alone says anything; empty if there is none."""
    return f" (bound {bounds[i]:.4g})" if bounds is not None and bounds[i] < 1 else ""


def _rows(pairs: list[tuple[str, str]]) -> list[str]:
    """Return two columns, the first of them aligned; a long curve loses its middle."""
    width = max(len(name) for name, _ in pairs)
    rows = [f"    {name:<{width}}  {text}" for name, text in pairs]
    if len(rows) > MAX_ROWS:
        half = MAX_ROWS // 2
        rows = [*rows[:half], f"    ... {len(rows) - 2 * half} more", *rows[-half:]]
    return rows


def _plain(numbers: Floats | None) -> Any:
    """Return an array as lists in which infinity is None."""
    if numbers is None:
        return None
    plain = numbers.astype(object)
    plain[~np.isfinite(numbers)] = None
    return plain.tolist()
