"""`which_wins`: contrastive learning with a linear probe against self-training, one teacher for both."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from popgraph.basics.arguments import whole_number
from popgraph.basics.arguments.classes import need_a_label
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arrays import Immutable, frozen
from popgraph.downstream.labelling import disagreement, labels_of_naturals
from popgraph.downstream.selftraining.student import Student, self_train
from popgraph.downstream.selftraining.teacher import read_teacher
from popgraph.downstream.votes import first_largest
from popgraph.populations.graph import PopulationGraph, read_graph

TIE = 1e-12  # errors closer than this are a draw


@dataclass(frozen=True, eq=False, repr=False)
class Contest(Immutable):
    """Hold the errors of both ways on one graph with one teacher. Made by `which_wins`.

    Errors are Pr_{x̄, x}[label given to x ≠ y(x̄)], among the labelled naturals where some are not.

    Attributes
    ----------
    winner : {"contrastive", "self-training", "neither"}
    margin : float
        The loser's error less the winner's.
    contrastive, self_training, teacher : float
        Errors of the probe on F*, of the student, and of the teacher, who is wrong where silent.
    k : int
        The dimension of F*.
    gap : float
        γ_k - γ_{k+1}; 0 at a degenerate cut, where F* and the probe's error are one choice of many.
    probe_labels : (N,) array
        What the probe says of each view.
    student : Student

    Examples
    --------
    >>> import popgraph as pg
    >>> from popgraph import selftraining
    >>> graph = pg.zoo.planted_subclasses(2, 1, size=4, within=0, across="1/10")
    >>> selftraining.which_wins(graph, [0, 0, 0, 1, 1, 1, 1, 1], k=2, weight=1.25)
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
        won = f"{self.winner} wins" + (f" by {self.margin:.4g}" if self.margin else "")
        degenerate = "; the cut is degenerate" * (self.gap == 0)
        return (
            f"Contest({won}: contrastive {self.contrastive:.4g}, self-training {self.self_training:.4g}, "
            f"teacher {self.teacher:.4g}{degenerate})"
        )


@checked_call()
def which_wins(graph: PopulationGraph, teacher: Any, k: int, *, weight: float = 1.0, labels: Any = None) -> Contest:
    """Say which labels the views better, given the same pseudo-labels: a linear probe on F*, or self-training.

    The probe fits B by least squares, min Σ w_x ||pseudo-label - Bᵀf(x)||² over the views that have a pseudo-label (the
    shortest B where several fit alike), and says argmax_i (Bᵀf(x))_i. The student is `self_train`'s. Neither sees y.

    Parameters
    ----------
    graph : PopulationGraph
        n naturals, N views.
    teacher : sequence of N labels with None for none, or mapping view -> label
        See `pseudo_labels`.
    k : int
        In 1..N: the probe's embedding is `graph.spectrum(k).embedding`.
    weight : float
        The student's t.
    labels : sequence of n labels, or mapping natural -> label, optional
        y(x̄), None where unlabelled; `graph.labels` if not given.

    Raises
    ------
    InvalidArgument
        If there are no labels, the teacher is none of this graph, k is not in 1..N, or the weight is negative.
    TooLarge
        As `self_train`.

    References
    ----------
    [W21] against [H21], as THEORY 8 sets them side by side: self-training asks that classes be sub-graphs that expand, the
    probe only that k is at least the number of sub-graphs.

    Examples
    --------
    Two sub-graphs a class and one labelled natural in each class: what the teacher knows of one sub-graph tells F* nothing of
    the other, and the same holds for the student.

    >>> import popgraph as pg
    >>> from popgraph import selftraining
    >>> graph = pg.zoo.planted_subclasses(2, 2, size=2, within="1/10", across="1/20")
    >>> known = {(0, 0, 0): 0, (1, 0, 0): 1}
    >>> selftraining.which_wins(graph, selftraining.pseudo_labels(graph, known), k=2)
    Contest(neither wins: contrastive 0.05, self-training 0.05, teacher 0.05)
    """
    read_graph("which_wins(graph, teacher, k)", graph)
    given = labels_of_naturals(graph, labels)
    need_a_label(given)
    taught = read_teacher(graph, teacher)
    k = whole_number("k", k, graph.N)
    student = self_train(graph, taught.named(taught.codes), weight=weight, labels=given)
    spectrum = graph.spectrum(k)
    f, seen = spectrum.embedding, np.flatnonzero(taught.codes >= 0)
    root = np.sqrt(graph.w_x[seen])[:, np.newaxis]
    B = np.linalg.lstsq(root * f[seen], root * taught.onehot[seen], rcond=None)[0]
    scores = f @ B
    said = taught.named(first_largest(scores, TIE * np.abs(scores).max(initial=0.0)))
    contrastive, other = disagreement(graph, said, given), student.error
    teacher_error = student.teacher_error
    if other is None or teacher_error is None:
        raise AssertionError("labels_of_naturals has made sure of labels")
    winner = "neither" if abs(contrastive - other) <= TIE else "contrastive" if contrastive < other else "self-training"
    return Contest(
        winner=winner,
        margin=0.0 if winner == "neither" else abs(contrastive - other),
        contrastive=contrastive,
        self_training=other,
        teacher=teacher_error,
        k=k,
        gap=spectrum.gap,
        probe_labels=frozen(said),
        student=student,
    )
