"""Two ways to spread labels over positive pairs: `iterate` takes majority votes in steps, `propagate` solves a linear system.

The partners of a view are the views with which it forms positive pairs.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse.linalg import LinearOperator, cg

from popgraph.basics.arguments import count, number
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.populations import read_population
from popgraph.basics.arrays import Floats, Immutable, Ints, frozen
from popgraph.basics.protocols import LabelledPopulation, ViewedPopulation
from popgraph.downstream.labelling import told_apart
from popgraph.downstream.selftraining.teacher import read_teacher
from popgraph.downstream.votes import indicators
from popgraph.errors import NotConverged
from popgraph.populations import given_pairs, pair_draws

EQUAL_SHARES = 1e-12  # shares of a view's partners, and scores, that differ by less count as equal
RELATIVE_RESIDUAL = 1e-12  # of conjugate gradients


@dataclass(frozen=True, eq=False)
class Iteration(Immutable):
    """Hold the labels at which `iterate` ended.

    Attributes
    ----------
    labels : (N,) array
        None for a view that no label reached.
    inconsistency : (steps + 1,) array
        φ of the teacher's labels, and of the labels after each step; it never grows once every view has a label.
    steps : int
        The number of steps that changed a label.
    settled : bool
        Whether another step would change nothing.

    See Also
    --------
    iterate : Make one.
    Student : The labelling of least objective.

    Examples
    --------
    >>> import popgraph as pg
    >>> graph = pg.zoo.planted_subclasses(2, 1, size=4, within=0, across="1/10")
    >>> iteration = pg.selftraining.iterate(graph, [0, 0, 0, 1, 1, 1, 1, 1])
    >>> iteration.labels.tolist(), iteration.steps
    ([0, 0, 0, 0, 1, 1, 1, 1], 1)
    """

    labels: Any
    inconsistency: Floats
    steps: int
    settled: bool


@checked_call()
def iterate(graph: LabelledPopulation, teacher: Any, *, steps: int = 1000) -> Iteration:
    """Give every view, all at once, the class of most of its partners, until none changes: y(x) ← argmax_c Σ_x' w_xx' 1[y(x') = c].

    The partners of x are the views x' with w_xx' > 0. A view keeps its class on a tie, and partners without a label have no vote.
    The steps always come to an end: w is positive semidefinite, so Σ w_xx' 1[y(x) = y(x')] is a convex function of the one-hot
    labels, and it never falls, as each step maximises its linearisation. Where pairs are given directly and w is not, two
    labellings may follow each other for ever: ``settled`` is then False.

    Parameters
    ----------
    graph : PopulationGraph, or another population that lists its naturals and views
        n naturals, N views.
    teacher : sequence of N labels with None for none, or mapping view -> label
        The labels at the start.
    steps : int
        The largest number of steps, 0 or more.

    Returns
    -------
    Iteration
        The labels at the end, and their inconsistency after each step.

    Raises
    ------
    InvalidArgument
        If the teacher does not fit the graph, or steps is not a whole number of 0 or more.

    See Also
    --------
    self_train : The labelling of least objective.
    propagate : Spread scores instead of votes.

    References
    ----------
    Raghavan, Albert and Kumara, Near linear time algorithm to detect community structures, 2007; here with weighted votes.

    Examples
    --------
    >>> import popgraph as pg
    >>> pg.selftraining.iterate(pg.zoo.lightning_cloud(), ["bolt", None, "cloud", None]).labels.tolist()
    ['bolt', 'bolt', 'cloud', 'cloud']
    """
    graph = read_population("iterate(graph, teacher)", graph, LabelledPopulation)
    taught = read_teacher(graph, teacher)
    steps = count("steps", steps, 0)
    codes, r = taught.codes.copy(), len(taught.classes)
    history, settled = [_inconsistency(graph, codes, r)], False
    while not settled and len(history) <= steps:
        votes = _partners(graph, indicators(codes, r)) / graph.w_x[:, np.newaxis]
        vote_for_own = votes[np.arange(graph.N), np.maximum(codes, 0)]
        most_votes = votes.max(axis=1)
        changes = np.where(codes < 0, most_votes > 0, most_votes > vote_for_own + EQUAL_SHARES)
        settled = not changes.any()
        if not settled:
            codes = np.where(changes, votes.argmax(axis=1), codes)
            history.append(_inconsistency(graph, codes, r))
    return Iteration(frozen(taught.named(codes)), frozen(np.array(history)), len(history) - 1, bool(settled))


def _partners(graph: LabelledPopulation, columns: Floats) -> Floats:
    """Return w times columns (N, r): of each class's indicator the weight of each view's partners in it."""
    if (w := given_pairs(graph)) is not None:
        return np.asarray(w @ columns)
    p, A = pair_draws(graph)
    reach_of_class = A @ columns  # Pr[y(x) = c | x̄]
    return np.asarray(A.T @ (p[:, np.newaxis] * reach_of_class))


def _inconsistency(graph: LabelledPopulation, codes: Ints, r: int) -> float:
    """Return φ of the labels, where the views without a label count as one more class."""
    return told_apart(graph, np.where(codes < 0, r, codes))


@checked_call()
def propagate(graph: ViewedPopulation, teacher: Any, *, a: float = 0.9) -> tuple[Floats, Any]:
    """Return the scores (1 - a) (I - a Ā)⁻¹ Y, where Y are the one-hot pseudo-labels, and each view's class of highest score.

    Parameters
    ----------
    graph : PopulationGraph, or another population that lists its views
        N views.
    teacher : sequence of N labels with None for none, or mapping view -> label
        Rows of Y without a pseudo-label are 0.
    a : float
        In [0, 1); the closer to 1, the further labels spread.

    Returns
    -------
    scores : (N, r) array
        A column for each class, in the order in which the teacher first names them.
    labels : (N,) array
        The class of the largest score, the first on a tie; None where all are 0.

    Raises
    ------
    InvalidArgument
        If the teacher does not fit the graph, or a is outside [0, 1).
    NotConverged
        If conjugate gradients do not reach a relative residual of 1e-12, as may happen where a is within 1e-9 or so of 1.

    See Also
    --------
    pseudo_labels : Make a teacher.
    iterate : Spread votes instead of scores.
    self_train : The labelling of least objective.

    References
    ----------
    Zhou, Bousquet, Lal, Weston and Schölkopf, Learning with local and global consistency, NeurIPS 2003, but with the
    self-weights w_xx, which they set to 0.

    Examples
    --------
    >>> import popgraph as pg
    >>> scores, labels = pg.selftraining.propagate(pg.zoo.lightning_cloud(), ["bolt", None, None, "cloud"], a=0.5)
    >>> scores
    array([[0.8333, 0.    ],
           [0.2357, 0.    ],
           [0.    , 0.2357],
           [0.    , 0.6667]])
    >>> labels.tolist()
    ['bolt', 'bolt', 'cloud', 'cloud']
    """
    graph = read_population("propagate(graph, teacher)", graph, ViewedPopulation)
    taught = read_teacher(graph, teacher)
    a = number("a", a, "it must be a number in [0, 1)", below=1 - 2**-53, ends=True)
    Y = taught.onehot
    system = LinearOperator((graph.N, graph.N), matvec=lambda v: v - a * graph.gram(v), dtype=np.float64)
    scores = np.empty_like(Y)
    for c, target in enumerate(Y.T):
        # In exact arithmetic conjugate gradients take as many steps as I - aĀ has distinct eigenvalues, at most N. Rounding
        # can make them take more, so ten times as many are allowed.
        scores[:, c], failed = cg(system, (1 - a) * target, rtol=RELATIVE_RESIDUAL, maxiter=10 * graph.N + 100)
        if failed:
            raise NotConverged(f"conjugate gradients did not converge at a = {a}; give an a further from 1")
    scores[np.abs(scores) < EQUAL_SHARES * np.abs(scores).max()] = 0.0
    highest = scores.max(axis=1, keepdims=True)
    codes = np.where(highest[:, 0] > 0, (scores >= highest - EQUAL_SHARES).argmax(axis=1), -1)
    return frozen(scores), frozen(taught.named(codes.astype(np.intp)))
