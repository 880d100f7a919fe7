"""`which_wins`: contrastive learning with a linear probe against self-training, one teacher for both."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from popgraph.basics.arguments import whole_number
from popgraph.basics.arguments.classes import need_a_label
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arrays import Immutable, frozen
from popgraph.downstream.labelling import disagreement, labels_of_naturals
from popgraph.downstream.probing.exact import EQUAL_ERRORS
from popgraph.downstream.selftraining.student import Student, self_train
from popgraph.downstream.selftraining.teacher import read_teacher
from popgraph.downstream.votes import first_largest
from popgraph.populations import PopulationGraph, read_graph


@dataclass(frozen=True, eq=False, repr=False)
class Contest(Immutable):
    """Hold the errors of a linear probe and of self-training, given one teacher. Made by `which_wins`.

    An error is Pr_{x̄, x}[label given to x ≠ y(x̄)], over the labelled naturals.

    Attributes
    ----------
    winner : {"contrastive", "self-training", "neither"}
    margin : float
        The loser's error less the winner's.
    contrastive, self_training, teacher : float
        Errors of the probe on F*, of the student, and of the teacher; a view that the teacher leaves out counts as wrong.
    k : int
        The number of columns of F*.
    gap : float
        γ_k - γ_{k+1}. At 0 the cut is degenerate, and another F* may have another error.
    probe_labels : (N,) array
        The probe's label of each view.
    student : Student

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
    k: int
    gap: float
    probe_labels: Any
    student: Student

    def __repr__(self) -> str:
        outcome = f"{self.winner} wins" + (f" by {self.margin:.4g}" if self.margin else "")
        degenerate = "; the cut is degenerate" * (self.gap == 0)
        return (
            f"Contest({outcome}: contrastive {self.contrastive:.4g}, self-training {self.self_training:.4g}, "
            f"teacher {self.teacher:.4g}{degenerate})"
        )


@checked_call()
def which_wins(graph: PopulationGraph, teacher: Any, k: int, *, weight: float = 1.0, labels: Any = None) -> Contest:
    """Compare a linear probe on F* with self-training: which labels the views better, given the same pseudo-labels?

    The probe fits B by least squares, min Σ w_x ||pseudo-label - Bᵀf(x)||² over the views that have a pseudo-label (the B of
    least norm where several fit equally well), and labels x by argmax_i (Bᵀf(x))_i. The student is that of
    `self_train`. Neither uses y.

    Parameters
    ----------
    graph, teacher, weight, labels
        As of `self_train`, but labels are required.
    k : int
        In 1..N; the probe's embedding is `graph.spectrum(k).embedding`.

    Raises
    ------
    InvalidArgument
        If there are no labels, the teacher does not fit the graph, k is not in 1..N, or the weight is negative.
    TooLarge
        As of `self_train`.

    References
    ----------
    THEORY 8: the guarantee of [W21] for self-training assumes that each class is one sub-graph that expands, that of [H21] for
    the probe only that k is at least the number of sub-graphs.

    Examples
    --------
    Each class has two sub-graphs, and one labelled natural:

    >>> import popgraph as pg
    >>> graph = pg.zoo.planted_subclasses(2, 2, size=2, within="1/10", across="1/20")
    >>> known = {(0, 0, 0): 0, (1, 0, 0): 1}
    >>> pg.selftraining.which_wins(graph, pg.selftraining.pseudo_labels(graph, known), k=2)
    Contest(neither wins: contrastive 0.05, self-training 0.05, teacher 0.05)
    """
    read_graph("which_wins(graph, teacher, k)", graph, pairs=True)
    given = labels_of_naturals(graph, labels)
    need_a_label(given)
    taught = read_teacher(graph, teacher)
    k = whole_number("k", k, graph.N)
    student = self_train(graph, taught.named(taught.codes), weight=weight, labels=given)
    spectrum = graph.spectrum(k)
    f, labelled = spectrum.embedding, np.flatnonzero(taught.codes >= 0)
    root = np.sqrt(graph.w_x[labelled])[:, np.newaxis]
    B = np.linalg.lstsq(root * f[labelled], root * taught.onehot[labelled], rcond=None)[0]
    scores = f @ B
    probe_labels = taught.named(first_largest(scores, EQUAL_ERRORS * np.abs(scores).max(initial=0.0)))
    contrastive, self_training = disagreement(graph, probe_labels, given), student.error
    teacher_error = student.teacher_error
    if self_training is None or teacher_error is None:
        raise AssertionError("labels_of_naturals has made sure of labels")
    margin = abs(contrastive - self_training)
    winner = "contrastive" if contrastive < self_training else "self-training"
    if margin <= EQUAL_ERRORS:
        winner, margin = "neither", 0.0
    return Contest(
        winner=winner,
        margin=margin,
        contrastive=contrastive,
        self_training=self_training,
        teacher=teacher_error,
        k=k,
        gap=spectrum.gap,
        probe_labels=frozen(probe_labels),
        student=student,
    )
