"""Pseudo-labels of the views: made from a few labelled naturals, and read in the forms that users give them."""

from dataclasses import dataclass
from typing import Any

from popgraph.basics.arguments.classes import (
    bayes_labels,
    classes_in_order,
    is_labelled,
    label_column,
    labels_of,
    list_labels,
)
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.labels import read_labels
from popgraph.basics.arguments.populations import read_population
from popgraph.basics.arrays import Floats, Immutable, Ints
from popgraph.basics.protocols import LabelledPopulation, ViewedPopulation
from popgraph.basics.words import shorten
from popgraph.downstream.votes import indicators
from popgraph.errors import InvalidArgument


@dataclass(frozen=True, eq=False)
class Teacher(Immutable):
    """Hold pseudo-labels as class numbers (N,), -1 where there is none, and the classes (r,) in order of first appearance."""

    codes: Ints
    classes: Any

    @property
    def onehot(self) -> Floats:
        """1 where a view has a class, (N, r); rows of views without a pseudo-label are 0."""
        return indicators(self.codes, len(self.classes))

    def named(self, codes: Ints) -> Any:
        """Return class numbers as labels, None for -1."""
        return labels_of(codes, self.classes)


@checked_call()
def pseudo_labels(graph: LabelledPopulation, known: Any) -> Any:
    """Label each view by the labelled naturals that it may come from: argmax_c Σ p(x̄) A(x|x̄) over the known x̄ of class c.

    Parameters
    ----------
    graph : PopulationGraph, or another population that lists its naturals and views
        n naturals, N views.
    known : mapping natural -> label, or sequence of n labels with None for none
        The naturals whose class the teacher knows, one or more; a mapping or Series may leave the others out.

    Returns
    -------
    (N,) array of labels
        None for a view that no known natural reaches; on a tie the class that appears first among the naturals.

    Raises
    ------
    InvalidArgument
        If no natural is known, a name is not that of a natural, or a sequence has not n entries.

    See Also
    --------
    self_train : Train a student on them.
    propagate : Spread them.

    Examples
    --------
    >>> import popgraph as pg
    >>> pg.selftraining.pseudo_labels(pg.zoo.hypercube(1), {(0,): "left", (1,): "right"}).tolist()
    ['left', 'right']
    >>> pg.selftraining.pseudo_labels(pg.zoo.lightning_cloud(), {pg.zoo.lightning_cloud().naturals[0]: "bolt"}).tolist()
    ['bolt', 'bolt', None, None]
    """
    graph = read_population("pseudo_labels(graph, known)", graph, LabelledPopulation)
    labels = read_labels(known, graph.naturals, name="known", some=True)
    if labels is None or not is_labelled(labels).any():
        raise InvalidArgument(
            f"known is {shorten(known)}; give a mapping natural -> label with one natural or more, or a label or None for each"
        )
    return bayes_labels(labels, graph.p, graph.kernel)


def read_teacher(graph: ViewedPopulation, teacher: Any) -> Teacher:
    """Read pseudo-labels of one view or more: a sequence of N labels with None for none, or a mapping or Series of some views."""
    labels = read_labels(teacher, graph.views, noun="view", name="teacher", some=True)
    if labels is None or not is_labelled(labels).any():
        raise InvalidArgument("teacher labels no view; a student needs one pseudo-label or more")
    first, codes = classes_in_order(labels)
    return Teacher(codes, label_column([list_labels(labels)[i] for i in first.tolist()]))
