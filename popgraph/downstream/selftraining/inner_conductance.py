"""ρ_in: how well the classes of a labelling hold together, and the error of a student that follows from it.

The search is over all sets of views of a class, as that of `expansion`, but it weighs the positive pairs that leave a set.
"""

from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from popgraph.basics.arguments.classes import classes_in_order, list_labels, need_every_label
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arrays import Floats, Immutable, Ints
from popgraph.basics.words import shorten
from popgraph.downstream.labelling import read_view_labels
from popgraph.errors import InvalidArgument, TooLarge
from popgraph.populations import PairGraph, PopulationGraph, given_pairs, pair_draws, read_graph

MAX_VIEWS_IN_CLASS = 22  # whose 2,097,152 ways to cut in two are enumerated


@dataclass(frozen=True)
class InnerConductance(Immutable):
    """Hold ρ_in, and the set of views that the fewest positive pairs leave within its class. Made by `inner_conductance`.

    Attributes
    ----------
    rho : float
        ρ_in, in [0, 1]; inf where every class is one view. It is 0 iff a class falls apart once the other classes are gone.
    worst : tuple of views
        A set S with w(S, class∖S) = ρ_in w(S); empty where ρ_in is inf.
    label : object
        The class of that set; None where ρ_in is inf.

    See Also
    --------
    inner_conductance : Make one.
    Expansion : Another measure of how a class hangs together.

    Examples
    --------
    >>> import popgraph as pg
    >>> pg.selftraining.inner_conductance(pg.zoo.ring(4), ["ring"] * 4)
    InnerConductance(rho=0.375, worst=(0, 1), label='ring')
    """

    rho: float
    worst: tuple[Any, ...]
    label: Any


@checked_call()
def inner_conductance(graph: PopulationGraph | PairGraph, view_labels: Any = None) -> InnerConductance:
    """Return ρ_in = min w(S, C∖S)/w(S) over the classes C of views and their sets S with w(S) <= w(C)/2.

    w(S) is the probability of a view in S, and w(S, C∖S) that of a positive pair with its first view in S and its second in the
    rest of the class. A student that minimises Pr[g ≠ teacher] + t φ^g and that errs on at most half of each class then errs with
    probability φ^ŷ/(2ρ_in - 1/t) at most, if 2ρ_in > 1/t, whatever the error of its teacher.

    Parameters
    ----------
    graph : PopulationGraph or PairGraph
        N views, at most 22 of them in any class.
    view_labels : sequence of N labels, or mapping view -> label, optional
        ŷ(x); ``graph.view_labels`` if not given.

    Returns
    -------
    InnerConductance
        ρ_in, and a set of views that attains it.

    Raises
    ------
    InvalidArgument
        If the graph has no labels and none are given, or a view is unlabelled.
    TooLarge
        If a class has more than 22 views.

    See Also
    --------
    expansion : Another measure of how a class hangs together.
    self_train : What it guarantees.

    References
    ----------
    THEORY 15.

    Examples
    --------
    >>> import popgraph as pg
    >>> square = pg.zoo.hypercube(2, "1/8")
    >>> pg.selftraining.inner_conductance(square, [0, 0, 1, 1]).rho  # a pair differs in the second bit alone: 7/32 · 25/32
    0.1709
    """
    read_graph("inner_conductance(graph)", graph, pairs=True)
    if view_labels is None and graph.labels is None:
        raise InvalidArgument("the graph has no labels: pass view_labels=, one label for each view")
    label_of_view = graph.view_labels if view_labels is None else read_view_labels(graph, view_labels)
    need_every_label(label_of_view, "ρ_in", "view")
    first, classes = classes_in_order(label_of_view)
    names = list_labels(label_of_view[first])
    members = [np.flatnonzero(classes == i) for i in range(len(first))]
    for name, views in zip(names, members, strict=True):
        if len(views) > MAX_VIEWS_IN_CLASS:
            raise TooLarge(
                f"class {shorten(name)} has {len(views):,} views; the sets of {MAX_VIEWS_IN_CLASS} at most are enumerated"
            )
    least = InnerConductance(np.inf, (), None)
    for name, views in zip(names, members, strict=True):
        rho, worst = _least_conductance(graph.w_x[views], _weights_within(graph, views))
        if rho < least.rho:
            least = InnerConductance(rho, tuple(graph.views[int(x)] for x in views[worst]), name)
    return least


def student_error_bound(rho_in: float, inconsistency: float, weight: float) -> float:
    """Return φ^ŷ/(2ρ_in - 1/t), which bounds Pr[g ≠ ŷ] of a student that errs on at most half of each class; inf if 2ρ_in <= 1/t.

    ŷ itself is no better for the student than g is: Pr[g ≠ T] + t φ^g <= Pr[ŷ ≠ T] + t φ^ŷ for the teacher T, and
    Pr[ŷ ≠ T] - Pr[g ≠ T] <= Pr[g ≠ ŷ] = Err, so that t φ^g <= t φ^ŷ + Err. The views of one class on which g errs are told apart
    from those on which it does not: φ^g >= Σ 2 w(S, C∖S) >= 2ρ_in Err. Together: Err (2ρ_in - 1/t) <= φ^ŷ.
    """
    margin = 2.0 * rho_in - (1.0 / weight if weight > 0 else np.inf)
    return float(inconsistency / margin) if margin > 0 else np.inf


def _weights_within(graph: PopulationGraph | PairGraph, views: Ints) -> Floats:
    """Return w_xx' of these views, (m, m)."""
    if (w := given_pairs(graph)) is not None:
        return np.asarray(w[views][:, views].toarray())
    p, kernel = pair_draws(cast(PopulationGraph, graph))
    A = kernel[:, views].toarray()
    return np.asarray(A.T @ (p[:, np.newaxis] * A))


def _least_conductance(mass: Floats, w: Floats) -> tuple[float, Ints]:
    """Return min w(S, C∖S)/min(w(S), w(C∖S)) over the nonempty sets S short of the class C, and the smaller of S and C∖S."""
    # A set and its complement have one cut, so that sets without the last view are all that there is to try. Set number s holds
    # the views x of which bit x of s is 1; each view doubles the tables: the sets without it, and with it. Only numbers >= 0 are
    # added, never subtracted, so that the cut of a set that no pair leaves is exactly 0, and a tiny cut keeps all its digits.
    m = len(mass)
    if m == 1:
        return np.inf, np.zeros(0, dtype=np.intp)
    cut, size = np.zeros(1), np.zeros(1)
    for x in range(m - 1):
        to_set = _sums(w[x, :x])  # Σ_{x'∈S} w_xx' of each set S of the views before x
        cut = np.concatenate([cut + to_set, cut + to_set[::-1]])  # the complement of set s has number 2^x - 1 - s
        size = np.concatenate([size, size + mass[x]])
    cut, rest = cut + _sums(w[m - 1, : m - 1]), size[::-1] + mass[m - 1]
    worst = int(np.argmin(cut[1:] / np.minimum(size, rest)[1:])) + 1
    inside = np.array([worst >> x & 1 for x in range(m)], dtype=bool)
    return float(cut[worst] / min(size[worst], rest[worst])), np.flatnonzero(
        inside if size[worst] <= rest[worst] else ~inside
    )


def _sums(terms: Floats) -> Floats:
    """Return the sum of every subset of the terms, by number of the subset."""
    total = np.zeros(1)
    for term in terms:
        total = np.concatenate([total, total + term])
    return total
