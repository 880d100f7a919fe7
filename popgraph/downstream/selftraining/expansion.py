"""(a, c)-expansion by enumeration: by what factor the sets of views of a class grow, at least, when neighbours are added."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from popgraph.basics.arguments import number
from popgraph.basics.arguments.classes import classes_in_order, list_labels, need_every_label
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arrays import Floats, Immutable, Ints
from popgraph.basics.words import shorten
from popgraph.downstream.labelling import class_mass, labels_of_naturals
from popgraph.errors import TooLarge
from popgraph.populations import PopulationGraph, given_pairs, pair_draws, read_graph

MAX_VIEWS_IN_CLASS = 22  # whose 4,194,304 sets are enumerated
PROBABILITY_ROUNDING = 1e-12


@dataclass(frozen=True)
class Expansion(Immutable):
    """Hold the set of views that grows least when its neighbours are added, and the factor. Made by `expansion`.

    Attributes
    ----------
    c : float
        The largest c for which (a, c)-expansion holds; inf where the neighbours of every set are the whole class.
    worst : tuple of views
        A set that grows by the factor c; empty where c is inf.
    label : object
        The class of that set; None where c is inf.
    a : float

    See Also
    --------
    expansion : Make one.
    InnerConductance : Another measure of how a class hangs together.

    Examples
    --------
    >>> import popgraph as pg
    >>> pg.selftraining.expansion(pg.zoo.ring(6), a=1 / 2, labels=["ring"] * 6)  # a view pairs with those at most two steps off
    Expansion(c=5.0, worst=(0,), label='ring', a=0.5)
    """

    c: float
    worst: tuple[Any, ...]
    label: Any
    a: float


@checked_call()
def expansion(graph: PopulationGraph, a: float, labels: Any = None) -> Expansion:
    """Return the largest c such that P_i(N(S)) >= min(c P_i(S), 1) for every class i and set S of views with P_i(S) <= a.

    P_i is the distribution of the views of class i, and N(S) are the views that form a positive pair with a view of S, and S: w_xx
    is positive where pairs are drawn by an augmentation, and where they are given directly S is counted as if it were.

    Parameters
    ----------
    graph : PopulationGraph
        N views, at most 22 of them in any class.
    a : float
        In (0, 1]. For [W21] it is the largest of the teacher's errors in the classes.
    labels : sequence of n labels, or mapping natural -> label, optional
        y(x̄); ``graph.labels`` if not given.

    Returns
    -------
    Expansion
        The largest c, and a set of views that grows by no more.

    Raises
    ------
    InvalidArgument
        If a is outside (0, 1], there are no labels, or a natural is unlabelled.
    TooLarge
        If a class has more than 22 views.

    See Also
    --------
    inner_conductance : Another measure of how a class hangs together.
    self_train : What it guarantees.

    References
    ----------
    [W21] Definition 3.1. Their bounds require c > 1, some c > 3. It differs in two ways. Their S and P_i are of the inputs
    themselves; here they are of views. And their N(S) holds the inputs whose sets of transformations, each widened by a chosen
    radius, overlap with one of S; here two views are neighbours where one natural has both, and there is no radius to choose.

    Examples
    --------
    >>> import popgraph as pg
    >>> graph = pg.zoo.planted_subclasses(2, 1, size=4, within=0, across=0)
    >>> pg.selftraining.expansion(graph, a=0.25).c  # each view's neighbours are its whole class
    inf
    """
    read_graph("expansion(graph, a)", graph, pairs=True)
    given = labels_of_naturals(graph, labels)
    a = number("a", a, "it must be a number in (0, 1]", above=5e-324, below=1.0, ends=True)
    need_every_label(given, "expansion within the classes")
    first, y = classes_in_order(given)
    names, r = list_labels(given[first]), len(first)
    mass = class_mass(graph.p, graph.kernel, y, r)
    least = Expansion(np.inf, (), None, float(a))
    for i in range(r):
        members = np.flatnonzero(mass[:, i] > 0)
        if len(members) > MAX_VIEWS_IN_CLASS:
            raise TooLarge(
                f"class {shorten(names[i])} has {len(members):,} views; the sets of {MAX_VIEWS_IN_CLASS} at most are enumerated"
            )
        share = mass[members, i] / mass[:, i].sum()
        neighbours = _neighbours(graph, members)
        ratio, worst = _least_growth(share, neighbours, float(a))
        if ratio < least.c:
            views = tuple(graph.views[int(members[x])] for x in range(len(members)) if worst >> x & 1)
            least = Expansion(ratio, views, names[i], float(a))
    return least


def _neighbours(graph: PopulationGraph, members: Ints) -> Any:
    """Return which of these views form a positive pair, (m, m) of bool; each is its own neighbour."""
    if (w := given_pairs(graph)) is not None:
        return (w[members][:, members].toarray() > 0) | np.eye(len(members), dtype=bool)
    reached = pair_draws(graph).A[:, members].toarray() > 0
    return (reached.T.astype(float) @ reached) > 0  # a common natural makes two views a positive pair


def _least_growth(share: Floats, neighbours: Any, a: float) -> tuple[float, int]:
    """Return min P(N(S))/P(S) over sets S with 0 < P(S) <= a whose N(S) leaves a view out, and such a set S as a bit mask."""
    # Set number s holds the views x of which bit x of s is 1. Each view doubles the tables: the sets without it, and with it.
    size, neighbourhood = np.zeros(1), np.zeros(1, dtype=np.int64)
    bits: Ints = 1 << np.arange(len(share))
    for x in range(len(share)):
        size = np.concatenate([size, size + share[x]])
        neighbourhood = np.concatenate([neighbourhood, neighbourhood | int(bits[neighbours[x]].sum())])
    is_whole_class = neighbourhood == len(size) - 1  # by views, not by probability: a rare view left out bounds c too
    compared = (size > 0) & (size <= a + PROBABILITY_ROUNDING) & ~is_whole_class
    if not compared.any():
        return np.inf, 0
    growth = np.where(compared, size[neighbourhood] / np.where(size > 0, size, 1.0), np.inf)
    return float(growth.min()), int(growth.argmin())
