"""`self_train`: the labelling that best agrees with a teacher and with the positive pairs, exactly or in a certified bracket."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from popgraph.basics.arguments import number
from popgraph.basics.arguments.classes import is_labelled, list_labels
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arrays import Floats, Immutable, Ints, frozen
from popgraph.downstream.labelling import disagreement, given_labels, told_apart
from popgraph.downstream.selftraining.cuts import cost_of, minimum_cut
from popgraph.downstream.selftraining.multiway import minimise
from popgraph.downstream.selftraining.teacher import Teacher, read_teacher
from popgraph.errors import TooLarge
from popgraph.populations import PopulationGraph, given_pairs, pair_draws, read_graph

MAX_PAIRS = 500_000  # positive pairs of a cut: half a second with OR-tools, some 20 s with networkx


@dataclass(frozen=True, eq=False, repr=False)
class Student(Immutable):
    """Hold the labelling g that `self_train` found, its objective and its errors.

    Attributes
    ----------
    labels : (N,) array
        g(x) of each view.
    weight : float
        That of `self_train`.
    objective : float
        Pr[g(x) ≠ pseudo-label] + weight · Pr[g(x) ≠ g(x⁺)] of ``labels``.
    lower : float
        No labelling has an objective below this; equal to ``objective`` where ``exact``.
    exact : bool
        Whether ``labels`` is a minimiser.
    unique : bool or None
        Whether it is the only minimiser; None with more than two classes, where that is not known.
    disagreement : float
        Pr[g(x) ≠ pseudo-label], over views that have one.
    inconsistency : float
        Pr_{(x, x⁺)}[g(x) ≠ g(x⁺)].
    error, teacher_error : float or None
        Pr_{x̄, x}[g(x) ≠ y(x̄)] of the student and of the teacher, over the labelled naturals; a view that the teacher leaves
        out counts as wrong. None without labels.

    See Also
    --------
    self_train : Make one.
    Contest : A student beside a probe.

    Examples
    --------
    >>> import popgraph as pg
    >>> graph = pg.zoo.planted_subclasses(2, 1, size=4, within=0, across="1/10")
    >>> print(pg.selftraining.self_train(graph, [0, 0, 0, 1, 1, 1, 1, 1], weight=1.25))  # one view in eight is mislabelled
    Student(8 views in 2 classes: objective 0.35, exact, error 0.1)
      disagreement   0.125 with the teacher, whose error is 0.2
      inconsistency  0.18 of positive pairs, at weight 1.25
      minimisers     one
    """

    labels: Any
    weight: float
    objective: float
    lower: float
    exact: bool
    unique: bool | None
    disagreement: float
    inconsistency: float
    error: float | None
    teacher_error: float | None

    def __repr__(self) -> str:
        classes = len(set(list_labels(self.labels)))
        error = "" if self.error is None else f", error {self.error:.4g}"
        value = f"{self.objective:.6g}" + (", exact" if self.exact else f", at least {self.lower:.6g}")
        return (
            f"Student({len(self.labels):,} views in {classes} class{'es' * (classes != 1)}: objective {value}{error})"
        )

    def __str__(self) -> str:
        teacher = "" if self.teacher_error is None else f", whose error is {self.teacher_error:.4g}"
        minimisers = {True: "one", False: "several; this has the fewest views in the second class", None: "not counted"}
        return "\n".join(
            [
                repr(self),
                f"  disagreement   {self.disagreement:.4g} with the teacher{teacher}",
                f"  inconsistency  {self.inconsistency:.4g} of positive pairs, at weight {self.weight:g}",
                f"  minimisers     {minimisers[self.unique]}",
            ]
        )


@checked_call()
def self_train(graph: PopulationGraph, teacher: Any, *, weight: float = 1.0, labels: Any = None) -> Student:
    """Return the labelling g of least Pr[g(x) ≠ pseudo-label] + weight · Pr_{(x, x⁺)}[g(x) ≠ g(x⁺)].

    With two classes that is a minimum s-t cut, found exactly: by OR-tools where it is installed (``pip install "ortools>=9.12"``),
    else by networkx, with the same labels. With more classes it is a multiway cut: half the sum of the isolating cuts bounds it
    from below, expansion moves find a labelling, and on small graphs a search proves it a minimiser or finds a better one.
    Objectives that differ only by rounding count as equal. Of several minimisers with two classes, the one returned gives most
    views to the class that appears first in the teacher.

    Parameters
    ----------
    graph : PopulationGraph
        N views.
    teacher : sequence of N labels with None for none, or mapping view -> label
        The pseudo-labels, of one view or more; see `pseudo_labels`.
    weight : float
        0 or more. At 0 the student repeats the teacher; at a high weight it is constant on every component.
    labels : sequence of n labels, or mapping natural -> label, optional
        y(x̄), None where unlabelled, to count errors by; ``graph.labels`` if not given. The student does not use them.

    Returns
    -------
    Student
        The labelling g, its objective, whether it is certainly the least, and its errors.

    Raises
    ------
    InvalidArgument
        If the teacher labels no view, or one that the graph lacks, or the weight is not in 0..1e100.
    TooLarge
        If there may be more than 500,000 positive pairs.

    See Also
    --------
    pseudo_labels : Make a teacher.
    which_wins : Compare the student with a probe.
    iterate : Majority votes, step by step.
    inner_conductance : When a student is guaranteed to be good.

    References
    ----------
    [W21] Wei, Shen, Chen and Ma, Theoretical analysis of self-training with deep networks on unlabeled data, ICLR 2021, where
    consistency is over a neighbourhood, not over positive pairs. Dahlhaus et al., The complexity of multiterminal cuts, 1994.
    Boykov, Veksler and Zabih, Fast approximate energy minimization via graph cuts, 2001.

    Examples
    --------
    >>> import popgraph as pg
    >>> graph = pg.zoo.lightning_cloud()
    >>> student = pg.selftraining.self_train(graph, ["bolt", "cloud", None, "cloud"], weight=2)  # one rotation is mistaken
    >>> student.labels.tolist(), student.inconsistency
    (['bolt', 'bolt', 'cloud', 'cloud'], 0.0)
    """
    read_graph("self_train(graph, teacher)", graph, pairs=True)
    taught = read_teacher(graph, teacher)
    weight = number(
        "weight", weight, "the price of a pair told apart is a number from 0 to 1e100", below=1e100, ends=True
    )
    pairs, unary = costs_of(graph, taught, float(weight))
    codes, lower, exact, unique = minimise_costs(pairs, unary)
    value = cost_of(pairs, unary, codes)
    student_labels = taught.named(codes)
    given = given_labels(graph, labels)
    has_labels = given is not None and (labels is not None or is_labelled(given).any())
    return Student(
        labels=frozen(student_labels),
        weight=float(weight),
        objective=value,
        lower=value if exact else lower,
        exact=exact,
        unique=unique,
        disagreement=float(unary[np.arange(graph.N), codes].sum()),
        inconsistency=told_apart(graph, codes),
        error=disagreement(graph, student_labels, given) if has_labels else None,
        teacher_error=disagreement(graph, taught.named(taught.codes), given) if has_labels else None,
    )


def costs_of(graph: PopulationGraph, taught: Teacher, weight: float) -> tuple[sp.coo_array, Floats]:
    """Return what a pair of views pays for different classes, above the diagonal, and what each view pays for each class."""
    given = given_pairs(graph)
    most_pairs = int((np.diff(pair_draws(graph).A.indptr).astype(np.int64) ** 2).sum()) if given is None else given.nnz
    if most_pairs > 2 * MAX_PAIRS and graph.N**2 > 2 * MAX_PAIRS:
        raise TooLarge(f"there may be {most_pairs // 2:,} positive pairs; a cut is sought among {MAX_PAIRS:,} at most")
    w = sp.triu(graph.weight_matrix("csr"), k=1).tocoo()
    pairs = sp.coo_array((2.0 * weight * w.data, w.coords), shape=w.shape)  # (x, x') and (x', x)
    without_label = (taught.codes < 0)[:, np.newaxis]
    return pairs, np.where(without_label, 0.0, graph.w_x[:, np.newaxis] * (1.0 - taught.onehot))


def minimise_costs(pairs: sp.coo_array, unary: Floats) -> tuple[Ints, float, bool, bool | None]:
    """Return a labelling, a lower bound on the cost, whether the labelling is a minimiser, and whether it is the only one."""
    N, r = unary.shape
    if r == 1:
        return np.zeros(N, dtype=np.intp), 0.0, True, True
    if r == 2:
        cut = minimum_cut(pairs, unary[:, 1], unary[:, 0])
        codes = np.where(cut.largest, 0, 1).astype(np.intp)
        return codes, cost_of(pairs, unary, codes), True, cut.unique
    codes, lower, exact = minimise(pairs, unary)
    return codes, lower, exact, None
