"""Two ways in which labels spread over the graph: hard, each view taking the class of most of its partners, and soft."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse.linalg import LinearOperator, cg

from popgraph.basics.arguments import count, number
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arrays import Floats, Immutable, Ints, frozen
from popgraph.basics.protocols import LabelledPopulation, ViewedPopulation, read_population
from popgraph.downstream.labelling import pairs_told_apart
from popgraph.downstream.selftraining.teacher import read_teacher
from popgraph.errors import NotConverged

TIE = 1e-12  # shares of a view's partners closer than this are a tie
RESIDUAL = 1e-12


@dataclass(frozen=True, eq=False)
class Iteration(Immutable):
    """Hold where hard iteration ends. Made by `iterate`.

    Attributes
    ----------
    labels : (N,) array
        None where no label ever came.
    inconsistency : (steps + 1,) array
        φ of the labels after each step, the first of the teacher's; it never grows once every view has a label.
    steps : int
        How many steps changed a label.
    settled : bool
        Whether another step would change nothing.

    Examples
    --------
    >>> import popgraph as pg
    >>> from popgraph import selftraining
    >>> graph = pg.zoo.planted_subclasses(2, 1, size=4, within=0, across="1/10")
    >>> found = selftraining.iterate(graph, [0, 0, 0, 1, 1, 1, 1, 1])
    >>> found.labels.tolist(), found.steps
    ([0, 0, 0, 0, 1, 1, 1, 1], 1)
    """

    labels: Any
    inconsistency: Floats
    steps: int
    settled: bool


@checked_call()
def iterate(graph: LabelledPopulation, teacher: Any, *, steps: int = 1000) -> Iteration:
    """Let every view take, at once, the class of most of its partners: y(x) ← argmax_c Σ_x' w_xx' 1[y(x') = c].

    A view keeps its class on a tie. Partners without a label have no vote. As w is positive semidefinite, Σ w_xx' 1[y(x) =
    y(x')] is a convex function of y of which each step maximises the linear part, so it never falls, and neither cycles of two
    steps nor longer ones occur, unlike on graphs with negative eigenvalues.

    Parameters
    ----------
    graph : PopulationGraph, or another population that lists its naturals and views
    teacher : sequence of N labels with None for none, or mapping view -> label
        Where to start.
    steps : int
        The most steps, 0 or more.

    Raises
    ------
    InvalidArgument
        If the teacher is none of this graph, or steps is not a whole number of 0 or more.

    References
    ----------
    Raghavan, Albert and Kumara, Near linear time algorithm to detect community structures, 2007, with weights.

    Examples
    --------
    >>> import popgraph as pg
    >>> from popgraph import selftraining
    >>> selftraining.iterate(pg.zoo.lightning_cloud(), ["bolt", None, "cloud", None]).labels.tolist()
    ['bolt', 'bolt', 'cloud', 'cloud']
    """
    read_population("iterate(graph, teacher)", graph, LabelledPopulation)
    taught = read_teacher(graph, teacher)
    steps = count("steps", steps, 0)
    codes, every, r = taught.codes.copy(), np.arange(graph.N), len(taught.classes)
    history, settled = [_apart(graph, codes, r)], False
    while not settled and len(history) <= steps:
        onehot = np.zeros((graph.N, r))
        onehot[every[codes >= 0], codes[codes >= 0]] = 1.0
        votes = (graph.kernel.T @ (graph.p[:, np.newaxis] * (graph.kernel @ onehot))) / graph.w_x[:, np.newaxis]
        kept = votes[every, np.maximum(codes, 0)]
        best = votes.argmax(axis=1)
        first = codes < 0
        better = np.where(first, votes.max(axis=1) > 0, votes.max(axis=1) > kept + TIE)
        settled = not better.any()
        if not settled:
            codes = np.where(better, best, codes)
            history.append(_apart(graph, codes, r))
    return Iteration(frozen(taught.named(codes)), frozen(np.array(history)), len(history) - 1, bool(settled))


def _apart(graph: LabelledPopulation, codes: Ints, r: int) -> float:
    """φ of the labels, those without one as a class of their own."""
    return pairs_told_apart(graph.p, graph.kernel, np.where(codes < 0, r, codes))


@checked_call()
def propagate(graph: ViewedPopulation, teacher: Any, *, a: float = 0.9) -> tuple[Floats, Any]:
    """Spread pseudo-labels softly: the scores (1 - a) (I - a Ā)⁻¹ Y of one-hot pseudo-labels Y, and each view's best class.

    Parameters
    ----------
    graph : PopulationGraph, or another population that lists its views
    teacher : sequence of N labels with None for none, or mapping view -> label
        Rows of Y without a pseudo-label are 0.
    a : float
        In [0, 1): how far labels travel.

    Returns
    -------
    scores : (N, r) array
        A column for each class, in the order in which the teacher first names them.
    labels : (N,) array
        The class of the largest score, the first on a tie; None where all are 0.

    Raises
    ------
    InvalidArgument
        If the teacher is none of this graph, or a is outside [0, 1).
    NotConverged
        If conjugate gradients do not reach a relative residual of 1e-12, which they do unless a is within 1e-9 or so of 1.

    References
    ----------
    Zhou, Bousquet, Lal, Weston and Schölkopf, Learning with local and global consistency, NeurIPS 2003, with self-weights.

    Examples
    --------
    >>> import popgraph as pg
    >>> from popgraph import selftraining
    >>> scores, labels = selftraining.propagate(pg.zoo.lightning_cloud(), ["bolt", None, None, "cloud"], a=0.5)
    >>> scores
    array([[0.8333, 0.    ],
           [0.2357, 0.    ],
           [0.    , 0.2357],
           [0.    , 0.6667]])
    >>> labels.tolist()
    ['bolt', 'bolt', 'cloud', 'cloud']
    """
    read_population("propagate(graph, teacher)", graph, ViewedPopulation)
    taught = read_teacher(graph, teacher)
    a = number("a", a, "it must be a number in [0, 1)", below=1 - 2**-53, ends=True)
    Y = taught.onehot
    system = LinearOperator((graph.N, graph.N), matvec=lambda v: v - a * graph.gram(v), dtype=np.float64)
    scores = np.empty_like(Y)
    for c, target in enumerate(Y.T):
        # eigenvalues lie in [1 - a, 1], at most N of them: that many steps, and room for rounding
        scores[:, c], failed = cg(system, (1 - a) * target, rtol=RESIDUAL, maxiter=10 * graph.N + 100)
        if failed:
            raise NotConverged(f"conjugate gradients did not spread the labels at a = {a}; take a further from 1")
    scores[np.abs(scores) < TIE * np.abs(scores).max()] = 0.0
    codes = np.where(scores.max(axis=1) > 0, (scores >= scores.max(axis=1, keepdims=True) - TIE).argmax(axis=1), -1)
    return frozen(scores), frozen(taught.named(codes.astype(np.intp)))
