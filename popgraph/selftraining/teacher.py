"""Pseudo-labels of the views: made from a few labelled naturals, and read in the forms that users give them."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from popgraph.arguments.labels import label_array
from popgraph.arrays import Floats, Immutable, Ints
from popgraph.errors import InvalidArgument, listing, shorten
from popgraph.graph import PopulationGraph
from popgraph.labelling import class_mass, read_view_labels


@dataclass(frozen=True, eq=False)
class Teacher(Immutable):
    """Hold pseudo-labels as class numbers (N,), -1 where there is none, and the classes in order of first appearance."""

    codes: Ints
    classes: tuple[Hashable, ...]

    @property
    def onehot(self) -> Floats:
        """1 where a view has a class, (N, r); rows of views without a pseudo-label are 0."""
        table = np.zeros((len(self.codes), len(self.classes)))
        seen = np.flatnonzero(self.codes >= 0)
        table[seen, self.codes[seen]] = 1.0
        return table

    def named(self, codes: Ints) -> Any:
        """Return class numbers as labels, None for -1."""
        return label_array([None if c < 0 else self.classes[c] for c in codes.tolist()], "one label each")


def pseudo_labels(graph: PopulationGraph, known: Mapping[Any, Any]) -> Any:
    """Label each view by the labelled naturals that it may come from: argmax_c Σ p(x̄) A(x|x̄) over known x̄ of class c.

    Parameters
    ----------
    graph : PopulationGraph
        N views.
    known : mapping natural -> label
        The naturals whose class the teacher knows; one or more.

    Returns
    -------
    (N,) array of labels
        None for a view that no known natural reaches; the class first known on a tie.

    Raises
    ------
    InvalidArgument
        If nothing is known, or something about what is no natural.

    Examples
    --------
    >>> import popgraph as pg
    >>> from popgraph.selftraining import pseudo_labels
    >>> pseudo_labels(pg.zoo.hypercube(1), {(0,): "left", (1,): "right"}).tolist()
    ['left', 'right']
    >>> pseudo_labels(pg.zoo.lightning_cloud(), {pg.zoo.lightning_cloud().naturals[0]: "bolt"}).tolist()
    ['bolt', 'bolt', None, None]
    """
    if not isinstance(graph, PopulationGraph):
        raise InvalidArgument(f"pseudo_labels(graph, known) takes a PopulationGraph first; got {shorten(graph)}")
    if not isinstance(known, Mapping) or not known:
        raise InvalidArgument(f"known is {shorten(known)}; give a mapping natural -> label with one natural or more")
    position = {natural: i for i, natural in enumerate(graph.naturals)}
    wrong = [shorten(natural) for natural in known if natural not in position]
    if wrong:
        raise InvalidArgument(f"known labels {len(wrong)} of {len(known)} that are no naturals: {listing(wrong)}")
    rows = np.array([position[natural] for natural in known])
    label_array([None, *known.values()], "each known natural needs a label")
    classes = tuple(dict.fromkeys(known.values()))
    y = np.array([classes.index(label) for label in known.values()], dtype=np.intp)
    mass = class_mass(graph.p[rows], graph.kernel[rows], y, len(classes))
    codes = np.where(mass.max(axis=1) > 0, mass.argmax(axis=1), -1).astype(np.intp)
    return Teacher(codes, classes).named(codes)


def read_teacher(graph: PopulationGraph, teacher: Any) -> Teacher:
    """Read pseudo-labels: a sequence of N labels with None for none, or a mapping view -> label of some views.

    Raises
    ------
    InvalidArgument
        If there is not one label for each view, or a label of what is no view, or no label at all.
    """
    if not isinstance(graph, PopulationGraph):
        raise InvalidArgument(f"a PopulationGraph comes first; got {shorten(graph)}")
    if isinstance(teacher, Mapping):
        views = set(graph.views)
        wrong = [shorten(view) for view in teacher if view not in views]
        if wrong:
            raise InvalidArgument(f"teacher labels {len(wrong)} of {len(teacher)} that are no views: {listing(wrong)}")
        labels = [teacher.get(view) for view in graph.views]
    else:
        labels = read_view_labels(graph, teacher).tolist()
    classes = tuple(dict.fromkeys(label for label in labels if label is not None))
    if not classes:
        raise InvalidArgument("teacher labels no view; a student needs one pseudo-label or more")
    number = {label: c for c, label in enumerate(classes)}
    return Teacher(np.array([-1 if label is None else number[label] for label in labels], dtype=np.intp), classes)
