"""How well a labelling ŷ of the views fits: α, Δ(ŷ) and φ^ŷ, the three numbers in the paper's bounds on a probe's error.

Where some naturals are unlabelled (None), α is an error, as those bounds are about all naturals, and Δ counts the labelled ones.
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
from popgraph.basics.arguments.populations import read_population
from popgraph.basics.arrays import Floats, Ints
from popgraph.basics.protocols import LabelledPopulation, ViewedPopulation
from popgraph.downstream.votes import sum_by_class
from popgraph.errors import InvalidArgument
from popgraph.populations import given_pairs, pair_draws


def alpha(graph: LabelledPopulation, labels: Any = None) -> float:
    """Return α = min_ŷ Δ(ŷ) = 1 - Σ_x max_c Σ_{x̄: y=c} p(x̄) A(x|x̄), how often the best labelling of the views is wrong.

    It is the least α for which [H21] Assumption 3.5 holds. `labels` are y(x̄), n of them or a mapping natural -> label, and
    `graph.labels` if not given; InvalidArgument is raised where a natural has none.

    >>> import popgraph as pg
    >>> alpha(pg.zoo.hypercube(3, "1/5"))  # the label is the first bit, which flips with probability 1/5
    0.2
    """
    graph = read_population("alpha(graph)", graph, LabelledPopulation)
    label_of_natural = labels_of_naturals(graph, labels)
    need_every_label(label_of_natural, "α")
    first_of_class, y = classes_in_order(label_of_natural)
    return max(0.0, 1.0 - float(class_mass(graph.p, graph.kernel, y, len(first_of_class)).max(axis=1).sum()))


def disagreement(graph: LabelledPopulation, view_labels: Any = None, labels: Any = None) -> float:
    """Return Δ(ŷ) = Pr_{x̄, x~A(.|x̄)}[ŷ(x) ≠ y(x̄)], how often a labelling of the views is wrong.

    Where naturals are unlabelled (None), the probability is conditional on a labelled x̄ [H21, section 3.2].

    `view_labels` are ŷ, N labels or a mapping view -> label; if not given, each view has its most probable class, and Δ is α. A
    view counts as wrong if its label is None or one that no natural has. `labels` are as of `alpha`.

    >>> import popgraph as pg
    >>> disagreement(pg.zoo.hypercube(3), [0] * 8)
    0.5
    """
    graph = read_population("disagreement(graph, view_labels)", graph, LabelledPopulation)
    label_of_natural = labels_of_naturals(graph, labels)
    need_a_label(label_of_natural)
    first_of_class, y = classes_in_order(label_of_natural)
    mass = class_mass(labelled_share(graph.p, y), graph.kernel, y, len(first_of_class))
    if view_labels is None:
        return max(0.0, 1.0 - float(mass.max(axis=1).sum()))
    class_of_view = class_numbers(read_view_labels(graph, view_labels), label_of_natural[first_of_class])
    correct_mass = np.column_stack([mass, np.zeros(graph.N)])[
        np.arange(graph.N), class_of_view
    ]  # class -1 is the column of zeros
    return max(0.0, 1.0 - float(correct_mass.sum()))


def inconsistency(graph: LabelledPopulation, view_labels: Any = None) -> float:
    """Return φ^ŷ = Σ_xx' w_xx' 1[ŷ(x) ≠ ŷ(x')], how often the views of a positive pair have different labels.

    [H21] section 3.2 shows that it is at most 2 Δ(ŷ). `view_labels` are ŷ, N labels or a mapping view -> label, and
    `graph.view_labels` if not given; InvalidArgument is raised where a view has none.

    >>> import popgraph as pg
    >>> inconsistency(pg.zoo.hypercube(3, "1/5"))  # 2 q (1 - q)
    0.32
    """
    graph = read_population("inconsistency(graph, view_labels)", graph, LabelledPopulation)
    if view_labels is None and graph.labels is None:
        raise InvalidArgument("the graph has no labels: pass view_labels=, one label for each view")
    label_of_view = graph.view_labels if view_labels is None else read_view_labels(graph, view_labels)
    need_every_label(label_of_view, "φ", "view")
    return told_apart(graph, classes_in_order(label_of_view)[1])


def read_view_labels(graph: ViewedPopulation, view_labels: Any, name: str = "view_labels") -> Any:
    """Return one label for each view, (N,), None where unlabelled; raise InvalidArgument if this is no such labelling."""
    return read_labels(view_labels, graph.views, noun="view", name=name)


def labels_of_naturals(graph: LabelledPopulation, labels: Any) -> Any:
    """Return the naturals' labels, (n,), None where unlabelled: those given, or else the graph's; raise if there are neither."""
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


def told_apart(graph: Any, codes: Ints) -> float:
    """Return φ^ŷ = Σ w_xx' 1[ŷ(x) ≠ ŷ(x')] of a population whose pairs are drawn by a listed kernel, or given."""
    if (w := given_pairs(graph)) is None:
        return pairs_told_apart(*pair_draws(graph), codes)
    x = np.repeat(np.arange(graph.N), np.diff(w.indptr))
    return float(w.data[codes[x] != codes[w.indices]].sum())


def pairs_told_apart(p: Floats, A: Any, codes: Ints) -> float:
    """Return φ^ŷ = Σ_x̄ p Σ_c s_c (Σ_c' s_c' - s_c), s_c = Pr[ŷ = c | x̄], from the views' labels as numbers 0, 1, ..."""
    # With Σ_c' s_c' in place of 1 this is exactly 0 where all views of each natural have one label.
    share = sum_by_class(A, codes, int(codes.max()) + 1)
    return float(p @ np.sum(share * (share.sum(axis=1, keepdims=True) - share), axis=1))
