"""`which_wins`: contrastive learning with a linear probe against self-training, one teacher for both, each at its best."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from popgraph.basics.arguments import count, number, whole_number
from popgraph.basics.arguments import generator as read_generator
from popgraph.basics.arguments.classes import class_numbers, classes_in_order, labelled_share, need_a_label
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arrays import Floats, Ints, frozen
from popgraph.basics.blas import one_thread
from popgraph.declare import Seed
from popgraph.downstream.labelling import class_mass, labels_of_naturals
from popgraph.downstream.probing.exact import EQUAL_ERRORS
from popgraph.downstream.probing.family import MAX_SAMPLES
from popgraph.downstream.selftraining.bounds import bounds_of
from popgraph.downstream.selftraining.contest_value import Contest
from popgraph.downstream.selftraining.student import costs_of, self_train
from popgraph.downstream.selftraining.teacher import Teacher, read_teacher
from popgraph.downstream.selftraining.weights import Costs, Stretch, students_at, students_at_all_weights
from popgraph.downstream.selftraining.widths import Search, Width, probes
from popgraph.errors import InvalidArgument
from popgraph.populations import PopulationGraph, read_graph

MAX_WIDTH = 64  # the widest F* that is tried where no k is given


@checked_call()
@one_thread()
def which_wins(
    graph: PopulationGraph,
    teacher: Any,
    k: int | Sequence[int] | None = None,
    *,
    weight: float | Sequence[float] | None = None,
    labels: Any = None,
    samples: int = 200,
    rng: Seed = 0,
) -> Contest:
    """Compare a linear probe on F* with self-training, each at its best: which labels the views better, given one teacher?

    The probe fits B by least squares, min Σ w_x ||pseudo-label - Bᵀf(x)||² over the views that have a pseudo-label (the B of
    least norm where several fit equally well), and labels x by argmax_i (Bᵀf(x))_i. The student is that of `self_train`.
    Neither uses y, but the choice of k and of the weight does: the best of each is the one of least error, an oracle's choice,
    and for both methods alike.

    Where the cut at k is degenerate, minimisers of the loss have probes of different errors, and the least and the greatest found
    are returned; where the student's objective has several minimisers, those of its least and greatest error. A winner is
    named only if it wins whatever is chosen among these.

    Parameters
    ----------
    graph : PopulationGraph
        N views.
    teacher : sequence of N labels with None for none, or mapping view -> label
        As of `self_train`.
    k : int, or sequence of ints, optional
        In 1..N, the widths of F* to try; 1, 2, ..., 64 or N if not given.
    weight : float, or sequence of floats, optional
        The student's weights to try. If not given, all weights above 0: with two classes the student changes at finitely many
        weights, which are found; with more, a grid of 21 weights from 1/16 to 64 is tried.
    labels : sequence of n labels, or mapping natural -> label, optional
        As of `self_train`, but required: the graph's own if not given.
    samples : int
        How many random minimisers to try at a degenerate cut, 0 or more, besides those nearest to the truth and farthest from it.
    rng : None, int or numpy.random.Generator
        Draws them.

    Returns
    -------
    Contest
        The winner and by how much, with the errors of all that was tried.

    Raises
    ------
    InvalidArgument
        If there are no labels, the teacher does not fit the graph, a k is not in 1..N, or a weight is negative.
    TooLarge
        As of `self_train`, or if the student changes at more than 500 weights.

    See Also
    --------
    phase_diagram : The same at many parameters.
    self_train : The student alone.
    popgraph.probe : The probe alone.
    popgraph.plot.contest : Draw it.

    References
    ----------
    THEORY 8 and 15: the guarantee of [W21] for self-training assumes that each class is one sub-graph that expands, that of
    [H21] for the probe only that k is at least the number of sub-graphs.

    Examples
    --------
    Each class has two sub-graphs, and one labelled natural:

    >>> import popgraph as pg
    >>> graph = pg.zoo.planted_subclasses(2, 2, size=2, within="1/10", across="1/20")
    >>> known = {(0, 0, 0): 0, (1, 0, 0): 1}
    >>> pg.selftraining.which_wins(graph, pg.selftraining.pseudo_labels(graph, known), k=2, weight=1)
    Contest(neither wins: contrastive 0.05, self-training 0.05, teacher 0.05)

    Two blocks, and a teacher who is wrong about one view in eight; both mend it at best:

    >>> blocks = pg.zoo.planted_subclasses(2, 1, size=4, within=0, across="1/10")
    >>> contest = pg.selftraining.which_wins(blocks, [0, 0, 0, 1, 1, 1, 1, 1])
    >>> contest
    Contest(neither wins at best: contrastive 0.1 at k = 2, self-training 0.1 at 1.149 < t < 1.389, teacher 0.2)
    >>> contest.weights.round(3).tolist(), contest.student_errors[:, 1].round(3).tolist()
    ([[0.0, 1.149], [1.149, 1.389], [1.389, inf]], [0.2, 0.1, 0.5])
    """
    tried = read_tried(k, weight, samples, rng)
    return compete(graph, teacher, labels, tried, bounded=True)


class Tried(NamedTuple):
    """What is tried: widths and weights, None for all, random minimisers at a degenerate cut, and who draws them."""

    ks: Any
    weights: list[float] | None
    samples: int
    generator: np.random.Generator


class Contestants(NamedTuple):
    """Hold the teacher, the naturals' labels, what labellings cost, and the probes and students that were found."""

    taught: Teacher
    given: Any
    costs: Costs
    widths: list[Width]
    stretches: list[Stretch]


def read_tried(k: Any, weight: Any, samples: Any, rng: Any) -> Tried:
    """Read what is tried, as far as no graph is needed to."""
    return Tried(k, _read_weights(weight), count("samples", samples, 0, MAX_SAMPLES), read_generator(rng))


def compete(graph: PopulationGraph, teacher: Any, labels: Any, tried: Tried, *, bounded: bool) -> Contest:
    """Return the contest, with what the theory promises of both if `bounded`."""
    read_graph("which_wins(graph, teacher, k)", graph, pairs=True)
    given = labels_of_naturals(graph, labels)
    need_a_label(given)
    taught = read_teacher(graph, teacher)
    ks = _read_widths(tried.ks, graph.N)
    costs = _costs(graph, taught, given)
    widths = probes(graph, taught, costs, ks, Search(tried.samples, tried.generator))
    stretches = students_at_all_weights(costs) if tried.weights is None else students_at(costs, tried.weights)
    contest = _compare(graph, Contestants(taught, given, costs, widths, stretches))
    if not bounded:
        return contest
    probe, student, reason = bounds_of(graph, taught, given, widths, stretches)
    return replace(contest, probe_bounds=probe, student_bounds=student, bounds_reason=reason)


def read_given_widths(k: Any) -> list[int] | None:
    """Return the widths given, where no graph is there yet to bound them, or None for all."""
    return None if k is None else _read_widths(k, 2**62)


def _read_widths(k: Any, N: int) -> list[int]:
    """Return the widths to try."""
    if k is None:
        return list(range(1, min(N, MAX_WIDTH) + 1))
    if isinstance(k, list) and len(k) == 1:
        return [whole_number("k", k[0], N)]
    if not _is_sequence(k):
        return [whole_number("k", k, N)]
    if not len(k):
        raise InvalidArgument("k is an empty sequence; give one width or more, or None for all up to 64")
    return sorted({whole_number(f"k[{i}]", each, N) for i, each in enumerate(k)})


def _read_weights(weight: Any) -> list[float] | None:
    """Return the weights to try, or None for all."""
    if weight is None:
        return None
    what = "the price of a pair told apart is a number from 0 to 1e100"
    if not _is_sequence(weight):
        return [number("weight", weight, what, below=1e100, ends=True)]
    if not len(weight):
        raise InvalidArgument("weight is an empty sequence; give one weight or more, or None for all")
    return sorted({number(f"weight[{i}]", each, what, below=1e100, ends=True) for i, each in enumerate(weight)})


def _is_sequence(value: Any) -> bool:
    """Whether several are given: a list, a tuple, a range or a 1-d array."""
    return isinstance(value, list | tuple | range) or (isinstance(value, np.ndarray) and value.ndim == 1)


def _costs(graph: PopulationGraph, taught: Teacher, given: Any) -> Costs:
    """Return what labellings of the views by the teacher's classes cost, and the errors that they avoid."""
    first, y = classes_in_order(given)
    mass = class_mass(labelled_share(graph.p, y), graph.kernel, y, len(first))
    of_class = class_numbers(taught.classes, given[first])  # -1 for a class that no natural has, which is always wrong
    correct = np.column_stack([mass, np.zeros(graph.N)])[:, of_class]
    pairs, unary = costs_of(graph, taught, 1.0)
    return Costs(pairs, unary, correct)


def _compare(graph: PopulationGraph, found: Contestants) -> Contest:
    """Return who wins: whose guaranteed error is below what the other can reach with any luck."""
    taught, given, costs, widths, stretches = found
    probe_errors = np.array([[each.lowest, each.highest] for each in widths])
    student_errors = np.array([[costs.error(each.best), costs.error(each.worst)] for each in stretches])
    width, (first, last) = widths[_best(probe_errors)[0]], _best_run(stretches, student_errors)
    inside = max(stretches[first : last + 1], key=lambda each: each.high - each.low)
    student = self_train(graph, taught.named(taught.codes), weight=inside.weight, labels=given)
    contrastive = float(probe_errors[:, 0].min()), float(probe_errors[:, 1].min())
    self_training = float(student_errors[:, 0].min()), float(student_errors[:, 1].min())
    winner, margin = "neither", 0.0
    if contrastive[1] < self_training[0] - EQUAL_ERRORS:
        winner, margin = "contrastive", self_training[0] - contrastive[1]
    elif self_training[1] < contrastive[0] - EQUAL_ERRORS:
        winner, margin = "self-training", contrastive[0] - self_training[1]
    if student.error is None or student.teacher_error is None:
        raise AssertionError("labels_of_naturals has made sure of labels")
    return Contest(
        winner=winner,
        margin=margin,
        contrastive=width.error,
        self_training=student.error,
        teacher=student.teacher_error,
        k=width.k,
        gap=width.gap,
        probe_labels=frozen(taught.named(width.codes)),
        student=student,
        contrastive_range=contrastive,
        self_training_range=self_training,
        best_weights=(stretches[first].low, stretches[last].high),
        ks=frozen(np.array([each.k for each in widths])),
        probe_errors=frozen(probe_errors),
        families=tuple(each.family for each in widths),
        weights=frozen(np.array([[each.low, each.high] for each in stretches])),
        student_errors=frozen(student_errors),
        exact=all(each.exact for each in stretches),
        at_best=len(widths) > 1 or len(stretches) > 1,
    )


def _best(errors: Floats) -> Ints:
    """Return where (least error, greatest error) is best: the greatest is least, and of these the least is, up to rounding."""
    lowest, highest = errors.T
    guaranteed = highest <= highest.min() + EQUAL_ERRORS
    return np.flatnonzero(guaranteed & (lowest <= lowest[guaranteed].min() + EQUAL_ERRORS))


def _best_run(stretches: list[Stretch], errors: Floats) -> tuple[int, int]:
    """Return the first and the last stretch of the widest run of neighbours that are best."""
    best = _best(errors)
    runs = np.split(best, np.flatnonzero(np.diff(best) > 1) + 1)
    run = max(runs, key=lambda each: stretches[each[-1]].high - stretches[each[0]].low)
    return int(run[0]), int(run[-1])
