"""`probe`: fit a linear head to an embedding and naturals' classes, and count its errors."""

from contextlib import suppress
from typing import Any

import numpy as np

from popgraph.arguments import one_of
from popgraph.arguments.embeddings import check_scale, read_embedding
from popgraph.arguments.keywords import checked_call
from popgraph.arguments.labels import classes_in_order, read_labels
from popgraph.arrays import Floats, frozen
from popgraph.blas import one_thread
from popgraph.errors import InvalidArgument, NotConverged, shorten
from popgraph.graph import PopulationGraph
from popgraph.memory import in_words
from popgraph.probing import exact, least_squares, logistic
from popgraph.probing.task import Task, error_of
from popgraph.probing.value import Probe
from popgraph.spectrum import Spectrum

HEADS = ("least squares", "logistic", "exact")
DEGENERATE = 0.1  # radians: an F* that is known no better is not told from others


@checked_call()
@in_words("fitting the head", "use a narrower f")
@one_thread()
def probe(
    graph: PopulationGraph, f: Any, labels: Any = None, *, head: str = "least squares", intercept: bool = False
) -> Probe:
    """Fit a linear head B to an embedding f, and return how often its vote misses the naturals' classes.

    A view's class is g_B(x) = argmax_i (Bᵀf(x))_i, a natural's is ḡ_B(x̄) = argmax_i Pr_{x~A(.|x̄)}[g_B(x) = i], and the error
    is Pr_x̄[ḡ_B(x̄) ≠ y(x̄)]; both ties go to the class that appears first among the naturals, and what rounding cannot tell
    apart is a tie. Of a Spectrum that includes what its certificate leaves open of F*.

    Parameters
    ----------
    graph : PopulationGraph
        n naturals, N views.
    f : (N, d) array, mapping view -> vector, callable view -> vector, DataFrame, Training or Spectrum
        Rows in the order of `graph.views`. Of a Spectrum its `embedding` is meant.
    labels : sequence of n labels, or mapping natural -> label, optional
        The class y(x̄) of each natural; `graph.labels` if not given.
    head : {"least squares", "logistic", "exact"}
        How B is chosen. "least squares" minimises E||y⃗(x̄) - Bᵀf(x)||² exactly. "logistic" minimises the cross-entropy of
        softmax(Bᵀf(x)); where classes are separable that has no minimum, so a ridge of 1e-6 times E||Bᵀf(x)||²/2 is always
        added (no invertible map of f changes it), and `loss` is reported without it. "exact" minimises the error itself, by
        branch and bound over the labellings that linear programs realise, for small cases. The errors of the first two are
        upper bounds on it. An exact answer is up to margins of 1e-8: scores of unit directions closer than that, for |B| of
        order 1, count as tied.
    intercept : bool
        Whether to add a constant to each class's score. F* holds the constant function; centred features do not.

    Returns
    -------
    Probe
        The error, recomputed from B itself, with B and the predictions.

    Raises
    ------
    InvalidArgument
        If there are no labels, not one for each natural, or no such head.
    InvalidEmbedding
        If f is not one finite real vector for each view.
    TooLarge
        If the exact head would have to search among more than 500 directions of f, or does not finish in 20,000 steps.
    NotConverged
        If the logistic head is not certified to be within 1e-6 nats of its minimum.

    References
    ----------
    [H21] section 3.2 and Lemma 3.1: neither f -> s(x) Qᵀf(x) with s > 0 nor an invertible Q changes the least error.

    Examples
    --------
    >>> import popgraph as pg
    >>> from popgraph.probing import probe
    >>> graph = pg.zoo.hypercube(3)
    >>> probe(graph, graph.spectrum(4), head="exact")
    Probe(exact: error 0, optimal; 2 classes, f in 4 dimensions)
    >>> parity = [sum(bits) % 2 for bits in graph.naturals]
    >>> probe(graph, graph.spectrum(4), parity).error
    0.5
    >>> probe(graph, graph.spectrum(4), parity, head="exact").error
    0.25
    """
    if not isinstance(graph, PopulationGraph):
        raise InvalidArgument(f"probe(graph, f) takes a PopulationGraph first; got {shorten(graph)}")
    check_head(head, intercept)
    given = read_classes(graph, labels)
    angle = angle_left_open(f) if isinstance(f, Spectrum) else 0.0
    return fit(graph, check_scale("f", read_embedding(graph.views, f)), given, head, intercept, angle)


def angle_left_open(spectrum: Spectrum) -> float:
    """Return how far the computed F* may be from the true one, in radians.

    0 at a degenerate cut, where the bound is pi/2: no F* is meant but the one that is given.
    """
    angle = spectrum.certificate.angle_bound
    return angle if angle < DEGENERATE else 0.0


def read_classes(graph: PopulationGraph, labels: Any) -> Any:
    """Return the naturals' labels, (n,): those given, or the graph's."""
    given = graph.labels if labels is None else read_labels(labels, graph.naturals)
    if given is None:
        raise InvalidArgument(
            f"there are no labels to probe for: pass labels=, one class for each of the {graph.n} naturals, here or to "
            "popgraph.build"
        )
    return given


def check_head(head: Any, intercept: Any) -> None:
    """Refuse a head that there is not, and an intercept that is neither True nor False."""
    one_of("head", head, tuple(HEADS))
    if not isinstance(intercept, bool | np.bool_):
        raise InvalidArgument(f"intercept is {shorten(intercept)}; say True to fit one, or False")


def fit(graph: PopulationGraph, f: Floats, labels: Any, head: str, intercept: bool, angle: float = 0.0) -> Probe:
    """Fit a head to what has been read; `angle` is how far the span of F is from the one that is meant, in radians."""
    first, y = classes_in_order(labels)
    X = np.column_stack([f, np.ones(len(f))]) if intercept else f
    task = Task(X, graph.w_x, graph.p, graph.kernel, y, len(first), angle)
    loss: float | None = None
    proven = False
    if head == "least squares":
        B, loss = least_squares.fit(task)
    elif head == "logistic":
        B, loss = logistic.fit(task)
    else:
        B, proven = _least_error(task)
    g = task.predict(B)
    voted = task.vote(g)
    error = error_of(voted, y, task.p)
    return Probe(
        error=error,
        head=head,
        B=frozen(B[:-1].copy() if intercept else B),
        intercept=frozen(B[-1].copy()) if intercept else None,
        classes=frozen(labels[first]),
        predicted=frozen(labels[first][voted]),
        view_predictions=frozen(labels[first][g]),
        loss=loss,
        optimal=error == 0 or proven or error <= task.unavoidable + exact.CLOSED,
    )


def _least_error(task: Task) -> tuple[Floats, bool]:
    """Return a B of least error, and whether that is proven: the other heads' where nothing is left to search for."""
    B = least_squares.fit(task)[0]
    if task.error(B) > task.unavoidable + exact.CLOSED:
        with suppress(NotConverged):  # it only shortens the search
            B = min([B, logistic.fit(task)[0]], key=task.error)
    if task.error(B) <= task.unavoidable + exact.CLOSED:
        return B, True
    found, least, proven = exact.fit(task, B, task.error(B))
    if found is not None:
        B = min([B, found], key=task.error)
    return B, proven and task.error(B) <= least + exact.CLOSED
