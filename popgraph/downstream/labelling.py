"""What a labelling ŷ of the views costs: α, Δ(ŷ) and φ^ŷ, the three numbers that every bound on a probe is made of.

Where some naturals are unlabelled (None), α is refused, since the bounds are about all of them, and Δ is that of the labelled ones.
"""

from typing import Any

import numpy as np

from popgraph.basics.arguments.classes import (
    class_numbers,
    classes_in_order,
    labelled_share,
    need_a_label,
    need_every_label,
)
from popgraph.basics.arguments.labels import read_labels
from popgraph.basics.arrays import Floats, Ints
from popgraph.basics.protocols import LabelledPopulation, ViewedPopulation, read_population
from popgraph.downstream.votes import sum_by_class
from popgraph.errors import InvalidArgument


def alpha(graph: LabelledPopulation, labels: Any = None) -> float:
    """Return α = min_ŷ Δ(ŷ) = 1 - Σ_x max_c Σ_{x̄: y=c} p(x̄) A(x|x̄), how often the best labeller of views is wrong.

    Parameters
    ----------
    graph : population with listed naturals and views
        n naturals, N views.
    labels : sequence of n labels, or mapping natural -> label, optional
        y(x̄); `graph.labels` if not given.

    Raises
    ------
    InvalidArgument
        If there are no labels, not one for each natural, or a natural is unlabelled.

    References
    ----------
    [H21] Assumption 3.5; the least α for which it holds.

    Examples
    --------
    >>> import popgraph as pg
    >>> alpha(pg.zoo.hypercube(3, "1/5"))  # the label is the first bit, which flips with probability 1/5
    0.2
    """
    read_population("alpha(graph)", graph, LabelledPopulation)
    label_of_natural = labels_of_naturals(graph, labels)
    need_every_label(label_of_natural, "α")
    first, y = classes_in_order(label_of_natural)
    return max(0.0, 1.0 - float(class_mass(graph.p, graph.kernel, y, len(first)).max(axis=1).sum()))


def disagreement(graph: LabelledPopulation, view_labels: Any = None, labels: Any = None) -> float:
    """Return Δ(ŷ) = Pr_{x̄, x~A(.|x̄)}[ŷ(x) ≠ y(x̄)], how often a labelling of the views is wrong.

    With naturals that are unlabelled, the probability is that given that x̄ is labelled.

    Parameters
    ----------
    view_labels : sequence of N labels, or mapping view -> label, optional
        ŷ; Bayes' labeller, which attains α, if not given. A label that no natural has is wrong, and so is None.
    graph, labels
        As of `alpha`; a natural may be unlabelled, None.

    Raises
    ------
    InvalidArgument
        If there are no labels, or not one for each natural or view.

    References
    ----------
    [H21] section 3.2.

    Examples
    --------
    >>> import popgraph as pg
    >>> disagreement(pg.zoo.hypercube(3), [0] * 8)
    0.5
    """
    read_population("disagreement(graph, view_labels)", graph, LabelledPopulation)
    label_of_natural = labels_of_naturals(graph, labels)
    need_a_label(label_of_natural)
    first, y = classes_in_order(label_of_natural)
    mass = class_mass(labelled_share(graph.p, y), graph.kernel, y, len(first))
    if view_labels is None:
        return max(0.0, 1.0 - float(mass.max(axis=1).sum()))
    class_of_view = class_numbers(read_view_labels(graph, view_labels), label_of_natural[first])
    right = np.column_stack([mass, np.zeros(graph.N)])[np.arange(graph.N), class_of_view]  # -1 is the last column
    return max(0.0, 1.0 - float(right.sum()))


def inconsistency(graph: LabelledPopulation, view_labels: Any = None) -> float:
    """Return φ^ŷ = Σ_xx' w_xx' 1[ŷ(x) ≠ ŷ(x')], how often a labelling tells the two views of a positive pair apart.

    Parameters
    ----------
    graph : population with listed naturals and views
    view_labels : sequence of N labels, or mapping view -> label, optional
        ŷ; `graph.view_labels` if not given.

    Raises
    ------
    InvalidArgument
        If there are neither view labels nor labels of the graph, not one for each view, or a view is unlabelled.

    References
    ----------
    [H21] section 3.2, where φ^ŷ is shown to be at most 2 Δ(ŷ).

    Examples
    --------
    >>> import popgraph as pg
    >>> inconsistency(pg.zoo.hypercube(3, "1/5"))  # 2 q (1 - q)
    0.32
    """
    read_population("inconsistency(graph, view_labels)", graph, LabelledPopulation)
    if view_labels is None and graph.labels is None:
        raise InvalidArgument("the graph has no labels: pass view_labels=, one label for each view")
    label_of_view = graph.view_labels if view_labels is None else read_view_labels(graph, view_labels)
    need_every_label(label_of_view, "φ", "view")
    return pairs_told_apart(graph.p, graph.kernel, classes_in_order(label_of_view)[1])


def read_view_labels(graph: ViewedPopulation, view_labels: Any, name: str = "view_labels") -> Any:
    """Return one label for each view, (N,), None where unlabelled; or refuse in one sentence what is no such labelling."""
    return read_labels(view_labels, graph.views, noun="view", name=name)


def labels_of_naturals(graph: LabelledPopulation, labels: Any) -> Any:
    """Return the naturals' labels, (n,), None where unlabelled: those given, or the graph's; refuse where there are neither."""
    label_of_natural = given_labels(graph, labels)
    if label_of_natural is None:
        raise InvalidArgument(f"there are no labels: pass labels=, one class for each of the {graph.n} naturals")
    return label_of_natural


def given_labels(graph: LabelledPopulation, labels: Any) -> Any:
    """Return the labels given, or else the graph's, (n,), None where unlabelled; None if there are neither."""
    if labels is None and isinstance(graph.labels, np.ndarray):
        return graph.labels
    return read_labels(graph.labels if labels is None else labels, graph.naturals)


def class_mass(p: Floats, A: Any, y: Ints, r: int) -> Floats:
    """Return Σ_x̄ p(x̄) A(x|x̄) 1[y(x̄) = i] of each view and class, (N, r); y is -1 where unlabelled."""
    return sum_by_class(A.T, y, r, p)


def pairs_told_apart(p: Floats, A: Any, codes: Ints) -> float:
    """Return φ^ŷ through the naturals: Σ p Σ_c s_c (Σ_c' s_c' - s_c), s_c = Pr[ŷ = c | x̄], from labels as numbers 0, 1, ...

    So written it is exactly 0 where no natural's views are told apart.
    """
    share = sum_by_class(A, codes, int(codes.max()) + 1)
    return float(p @ np.sum(share * (share.sum(axis=1, keepdims=True) - share), axis=1))
