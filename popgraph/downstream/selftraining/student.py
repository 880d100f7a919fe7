"""`self_train`: the student that a teacher's pseudo-labels and the population graph make, exactly or in a certified bracket."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from popgraph.basics.arguments import number
from popgraph.basics.arguments.classes import is_labelled, list_labels
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.labels import read_labels
from popgraph.basics.arrays import Floats, Immutable, Ints, frozen
from popgraph.downstream.labelling import disagreement, pairs_told_apart
from popgraph.downstream.selftraining.cuts import cost_of, minimum_cut
from popgraph.downstream.selftraining.multiway import minimise
from popgraph.downstream.selftraining.teacher import Teacher, read_teacher
from popgraph.errors import TooLarge
from popgraph.populations.graph import PopulationGraph, read_graph

PAIRS = 500_000  # positive pairs that a flow is sought through: a minute or so


@dataclass(frozen=True, eq=False, repr=False)
class Student(Immutable):
    """Hold the labelling g that least disagrees with the teacher and least parts positive pairs. Made by `self_train`.

    Attributes
    ----------
    labels : (N,) array
        g(x) for each view.
    weight : float
        t.
    objective : float
        Pr[g(x) ≠ pseudo-label] + t Pr[g(x) ≠ g(x⁺)] of `labels`.
    lower : float
        No labelling has a smaller objective; equal to `objective` where `exact`.
    exact : bool
        Whether `labels` is a minimiser.
    unique : bool or None
        Whether it is the only one; None where that is not known, that is for more than two classes.
    disagreement : float
        Pr[g(x) ≠ pseudo-label], over views that have one.
    inconsistency : float
        Pr_{(x, x⁺)}[g(x) ≠ g(x⁺)].
    error, teacher_error : float or None
        Pr_{x̄, x}[g(x) ≠ y(x̄)] of the student, and of the teacher (who is wrong where silent), among the labelled naturals;
        None without labels.

    Examples
    --------
    >>> import popgraph as pg
    >>> from popgraph import selftraining
    >>> graph = pg.zoo.planted_subclasses(2, 1, size=4, within=0, across="1/10")
    >>> print(selftraining.self_train(graph, [0, 0, 0, 1, 1, 1, 1, 1], weight=1.25))  # one view in eight is mislabelled
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
        known = "" if self.error is None else f", error {self.error:.4g}"
        value = f"{self.objective:.6g}" + (", exact" if self.exact else f", at least {self.lower:.6g}")
        return (
            f"Student({len(self.labels):,} views in {classes} class{'es' * (classes != 1)}: objective {value}{known})"
        )

    def __str__(self) -> str:
        taught = "" if self.teacher_error is None else f", whose error is {self.teacher_error:.4g}"
        many = {True: "one", False: "several; this has the fewest views in the second class", None: "not counted"}
        return "\n".join(
            [
                repr(self),
                f"  disagreement   {self.disagreement:.4g} with the teacher{taught}",
                f"  inconsistency  {self.inconsistency:.4g} of positive pairs, at weight {self.weight:g}",
                f"  minimisers     {many[self.unique]}",
            ]
        )


@checked_call()
def self_train(graph: PopulationGraph, teacher: Any, *, weight: float = 1.0, labels: Any = None) -> Student:
    """Return the labelling g of least Pr[g(x) ≠ pseudo-label] + weight · Pr_{(x, x⁺)}[g(x) ≠ g(x⁺)].

    With two classes that is a minimum s-t cut, found exactly. With more it is a multiway cut: half the sum of the isolating
    cuts bounds it from below, expansion moves find a labelling, and a search proves or betters it where it ends, on small
    graphs. Probabilities are rounded to multiples of 2^-60 inside the flow, and what rounding cannot tell apart is a tie; of
    several minimisers with two classes the one is returned that gives the class first seen in the teacher most views.

    Parameters
    ----------
    graph : PopulationGraph
        N views.
    teacher : sequence of N labels with None for none, or mapping view -> label
        The pseudo-labels, of one view or more; see `pseudo_labels`.
    weight : float
        t, 0 or more: the price of a positive pair told apart. The teacher is repeated at 0; at a high one the student is
        constant on every component, whatever the teacher says.
    labels : sequence of n labels, or mapping natural -> label, optional
        y(x̄), to measure errors by; `graph.labels` if not given. Training never sees them.

    Returns
    -------
    Student

    Raises
    ------
    InvalidArgument
        If the teacher labels no view or what is no view, or the weight is negative or above 1e100.
    TooLarge
        If there may be more than 500,000 positive pairs.

    References
    ----------
    [W21] Wei, Shen, Chen and Ma, Theoretical analysis of self-training with deep networks on unlabeled data, ICLR 2021, with
    the pair's inconsistency for theirs over a neighbourhood. Dahlhaus et al., The complexity of multiterminal cuts, 1994.
    Boykov, Veksler and Zabih, Fast approximate energy minimization via graph cuts, 2001.

    Examples
    --------
    >>> import popgraph as pg
    >>> from popgraph import selftraining
    >>> graph = pg.zoo.lightning_cloud()
    >>> student = selftraining.self_train(graph, ["bolt", "cloud", None, "cloud"], weight=2)  # one rotation is mistaken
    >>> student.labels.tolist(), student.inconsistency
    (['bolt', 'bolt', 'cloud', 'cloud'], 0.0)
    """
    read_graph("self_train(graph, teacher)", graph)
    taught = read_teacher(graph, teacher)
    weight = number(
        "weight", weight, "the price of a pair told apart is a number from 0 to 1e100", below=1e100, ends=True
    )
    pairs, unary = _costs(graph, taught, float(weight))
    codes, lower, exact, unique = _minimise(pairs, unary)
    value = cost_of(pairs, unary, codes)
    apart = pairs_told_apart(graph.p, graph.kernel, codes)
    named = taught.named(codes)
    given = graph.labels if labels is None else read_labels(labels, graph.naturals)
    known = given is not None and (labels is not None or is_labelled(given).any())
    return Student(
        labels=frozen(named),
        weight=float(weight),
        objective=value,
        lower=value if exact else lower,
        exact=exact,
        unique=unique,
        disagreement=float(unary[np.arange(graph.N), codes].sum()),
        inconsistency=apart,
        error=disagreement(graph, named, given) if known else None,
        teacher_error=disagreement(graph, taught.named(taught.codes), given) if known else None,
    )


def _costs(graph: PopulationGraph, taught: Teacher, weight: float) -> tuple[sp.coo_array, Floats]:
    """Return what pairs of views pay for being told apart, above the diagonal, and what each view pays for each class."""
    most = int((np.diff(graph.kernel.indptr).astype(np.int64) ** 2).sum())
    if most > 2 * PAIRS and graph.N**2 > 2 * PAIRS:
        raise TooLarge(f"there may be {most // 2:,} positive pairs; a cut is sought among {PAIRS:,} at most")
    w = sp.triu(graph.weight_matrix("csr"), k=1).tocoo()
    pairs = sp.coo_array((2.0 * weight * w.data, w.coords), shape=w.shape)  # (x, x') and (x', x)
    silent = (taught.codes < 0)[:, np.newaxis]
    return pairs, np.where(silent, 0.0, graph.w_x[:, np.newaxis] * (1.0 - taught.onehot))


def _minimise(pairs: sp.coo_array, unary: Floats) -> tuple[Ints, float, bool, bool | None]:
    """Return a labelling, a lower bound, whether it is a minimiser, and whether the only one."""
    N, r = unary.shape
    if r == 1:
        return np.zeros(N, dtype=np.intp), 0.0, True, True
    if r == 2:
        cut = minimum_cut(pairs, unary[:, 1], unary[:, 0])
        codes = np.where(cut.largest, 0, 1).astype(np.intp)
        return codes, cost_of(pairs, unary, codes), True, cut.unique
    codes, lower, exact = minimise(pairs, unary)
    return codes, lower, exact, None
