"""What the theory promises of both methods of a contest: conductance inside the classes for one, an eigenvalue for the other."""

from typing import Any, NamedTuple

import numpy as np

from popgraph.basics.arguments.classes import bayes_labels, class_numbers, is_labelled
from popgraph.basics.arrays import Floats, Ints, frozen
from popgraph.downstream.labelling import disagreement, inconsistency
from popgraph.downstream.selftraining.inner_conductance import inner_conductance, student_error_bound
from popgraph.downstream.selftraining.teacher import Teacher
from popgraph.downstream.selftraining.weights import Stretch
from popgraph.downstream.selftraining.widths import Width
from popgraph.populations import PopulationGraph

MAX_VIEWS_BOUNDED = 16  # whose 32,768 cuts take some milliseconds


class Bounds(NamedTuple):
    """Hold a bound for each width and for each stretch of weights, None where there is none, and why."""

    probe: Floats | None
    student: Floats | None
    reason: str


def bounds_of(graph: Any, taught: Teacher, given: Any, widths: list[Width], stretches: list[Stretch]) -> Bounds:
    """Return 4φ/λ_{k+1} + 2Δ of each width and φ/(2ρ_in - 1/t) + Δ of each stretch, for Bayes' labels ŷ of the views."""
    # A student errs against y where it errs against ŷ, or ŷ against y: with probability Pr[g ≠ ŷ] + Δ(ŷ) at most.
    if not isinstance(graph, PopulationGraph) or getattr(graph, "pair_population", None) is not None:
        return Bounds(None, None, "the positive pairs are given, and not two views of one natural of the data")
    if not is_labelled(given).all():
        return Bounds(None, None, "the bounds are about all naturals, and some are unlabelled")
    bayes = bayes_labels(given, graph.p, graph.kernel)
    phi, delta = inconsistency(graph, bayes), disagreement(graph, bayes, given)
    floor = np.array([1.0 - each.next_gamma for each in widths])  # λ_{k+1} is this or more
    with np.errstate(divide="ignore"):
        probe = frozen(np.where(floor > 0, 4.0 * phi / np.maximum(floor, 1e-300) + 2.0 * delta, np.inf))
    target = class_numbers(bayes, taught.classes)
    if (target < 0).any():
        return Bounds(
            probe, None, "the teacher knows only some of the classes, so that no student can give Bayes' labels"
        )
    largest = int(np.bincount(target).max())
    if largest > MAX_VIEWS_BOUNDED:
        return Bounds(
            probe,
            None,
            f"a class has {largest:,} views; ρ_in is sought here among the sets of {MAX_VIEWS_BOUNDED} at most",
        )
    rho = inner_conductance(graph, bayes).rho
    student = np.full(len(stretches), np.inf)
    for i, each in enumerate(stretches):
        bound = student_error_bound(rho, phi, each.high)  # a student of the whole stretch is one at its end too
        if each.exact and _errs_on_at_most_half(graph.w_x, each.worst, target):
            student[i] = bound + delta
    return Bounds(probe, frozen(student), "")


def _errs_on_at_most_half(w_x: Floats, codes: Ints, target: Ints) -> bool:
    """Whether class numbers miss the target on at most half of each class, by probability."""
    wrong = np.bincount(target, w_x * (codes != target))
    return bool((wrong <= np.bincount(target, w_x) / 2).all())
