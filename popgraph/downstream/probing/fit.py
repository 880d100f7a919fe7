"""`probe`: fit a linear head to an embedding and naturals' classes, and count its errors."""

from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np

from popgraph.basics.arguments import flag, one_of
from popgraph.basics.arguments.classes import (
    class_numbers,
    classes_in_order,
    is_labelled,
    label_column,
    labelled_share,
    list_labels,
    need_a_label,
)
from popgraph.basics.arguments.embeddings import check_scale, read_embedding
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.labels import read_labels
from popgraph.basics.arguments.populations import read_population
from popgraph.basics.arrays import Floats, Ints, frozen
from popgraph.basics.blas import one_thread
from popgraph.basics.memory import in_words
from popgraph.basics.protocols import LabelledPopulation
from popgraph.downstream.labelling import given_labels
from popgraph.downstream.probing import exact, heads
from popgraph.downstream.probing.task import Task, error_of
from popgraph.downstream.probing.value import Probe
from popgraph.errors import InvalidArgument, NotConverged
from popgraph.populations import data_view_law
from popgraph.spectrum import Spectrum

HEADS = ("least squares", "logistic", "exact")
MAX_KNOWN_ANGLE = 0.1  # radians; a larger bound on how far F* may be from the true one says that the cut is degenerate


@checked_call()
@in_words("fitting the head", "use a narrower f")
@one_thread()
def probe(
    graph: LabelledPopulation,
    f: Any,
    labels: Any = None,
    *,
    head: str = "least squares",
    intercept: bool = False,
    test_labels: Any = None,
) -> Probe:
    """Fit a linear head B to an embedding f, and return how often its vote misses the naturals' classes.

    A view's class is g_B(x) = argmax_i (Bᵀf(x))_i, a natural's is ḡ_B(x̄) = argmax_i Pr_{x~A(.|x̄)}[g_B(x) = i], and the error
    is Pr_x̄[ḡ_B(x̄) ≠ y(x̄)]. Ties go to the class that appears first among the naturals, and scores that rounding, or the
    certificate of a Spectrum, cannot tell apart are a tie.

    Naturals labelled None are left out of the fit and of the error. Of all B that are the same on the views of labelled naturals,
    the heads that minimise a loss return the one of least E||Bᵀf(x)||² over all views.

    Parameters
    ----------
    graph : population with listed naturals and views
        n naturals, N views.
    f : (N, d) array, mapping view -> vector, callable view -> vector, DataFrame, Training or Spectrum
        Rows in the order of ``graph.views``. A Spectrum stands for its ``embedding``.
    labels : sequence of n labels, or mapping natural -> label, optional
        The class y(x̄) of each natural, None where unlabelled; ``graph.labels`` if not given.
    head : {"least squares", "logistic", "exact"}
        "least squares" minimises E||y⃗(x̄) - Bᵀf(x)||². "logistic" minimises the cross-entropy of softmax(Bᵀf(x)) plus 1e-6 times
        E||Bᵀf(x)||²/2, as without that separable classes have no minimum; ``loss`` is reported without it. The errors of these two
        are upper bounds on the least error, which "exact" finds by branch and bound, for small cases: scores of unit directions
        closer than 1e-8, for ``|B|`` of order 1, count as tied.
    intercept : bool
        Whether to add a constant to each class's score. F* holds the constant function; centred features do not.
    test_labels : sequence of n labels, or mapping natural -> label, optional
        The classes to count test errors by, None for a natural that is not in the test. Naturals that B is fitted to are never
        in the test, so all of the true classes may be given. A class that the fit has not seen is never predicted.

    Returns
    -------
    Probe
        B, the error that its vote makes, and that on the test classes where they are given.

    Raises
    ------
    InvalidArgument
        If there are no labels, not one for each natural, or no such head; or if no natural is left to test on.
    InvalidEmbedding
        If f is not one finite real vector for each view.
    TooLarge
        If the exact head would have to search among more than 500 directions of f, or does not finish in 20,000 steps.
    NotConverged
        If the logistic head is not certified to be within 1e-6 nats of its minimum.

    See Also
    --------
    probe_range : The errors of all minimisers at a degenerate cut.
    zero_shot : Classify by prompts instead of a fitted head.
    selftraining.which_wins : Compare a probe with self-training.
    theory.check : The bounds on this error.

    References
    ----------
    [H21] section 3.2 and Lemma 3.1: neither f -> s(x) Qᵀf(x) with s > 0 nor an invertible Q changes the least error.

    Examples
    --------
    >>> import popgraph as pg
    >>> from popgraph import probe
    >>> graph = pg.zoo.hypercube(3)
    >>> probe(graph, graph.spectrum(4), head="exact")
    Probe(exact: error 0, optimal; 2 classes, f in 4 dimensions)
    >>> parity = [sum(bits) % 2 for bits in graph.naturals]
    >>> probe(graph, graph.spectrum(4), parity).error
    0.5
    >>> probe(graph, graph.spectrum(4), parity, head="exact").error
    0.25

    One label in each of two clusters, and 38 more naturals whose classes the fit never sees:

    >>> clusters = pg.zoo.clusters(count=2)
    >>> few = [None] * clusters.n
    >>> few[0], few[-1] = clusters.labels[0], clusters.labels[-1]
    >>> probe(clusters, clusters.spectrum(2), few, test_labels=clusters.labels)
    Probe(least squares: error 0 on 2 labelled naturals, optimal, test error 0 on 38; 2 classes, f in 2 dimensions)
    """
    graph = read_population("probe(graph, f)", graph, LabelledPopulation)
    check_head(head, intercept)
    task_labels = read_task_labels(graph, labels, test_labels)
    angle = angle_left_open(f) if isinstance(f, Spectrum) else 0.0
    return fit(graph, check_scale("f", read_embedding(graph.views, f)), task_labels, head, intercept, angle)


def angle_left_open(spectrum: Spectrum) -> float:
    """Return a bound in radians on the error of the computed F*; 0 at a degenerate cut, where this F* counts as given."""
    angle = spectrum.certificate.angle_bound
    return angle if angle < MAX_KNOWN_ANGLE else 0.0


class TaskLabels(NamedTuple):
    """Hold the labels to fit to, (n,), None where unlabelled, and those to test by, (n,), None where there is no test; or None."""

    fitted: Any
    tested: Any


def read_task_labels(graph: LabelledPopulation, labels: Any, test_labels: Any) -> TaskLabels:
    """Return the naturals' labels, those given or the graph's, and the labels to test by."""
    fitted = given_labels(graph, labels)
    if fitted is None:
        raise InvalidArgument(
            f"there are no labels to probe for: pass labels=, one class for each of the {graph.n} naturals, here or to "
            "popgraph.build"
        )
    need_a_label(fitted)
    tested = read_labels(test_labels, graph.naturals, name="test_labels")
    if tested is not None:
        held_out = is_labelled(tested) & ~is_labelled(fitted)
        if not held_out.any():
            raise InvalidArgument(
                f"test_labels gives no class to any of the {int((~is_labelled(fitted)).sum())} of {graph.n} naturals that are "
                "unlabelled in labels, and what was fitted to is no test; label fewer naturals in labels, or test others"
            )
        tested = label_column([x if out else None for x, out in zip(list_labels(tested), held_out, strict=True)])
    return TaskLabels(fitted, tested)


def check_head(head: Any, intercept: Any) -> None:
    """Raise InvalidArgument for an unknown head, or an intercept that is neither True nor False."""
    one_of("head", head, tuple(HEADS))
    flag("intercept", intercept)


def fit(
    graph: LabelledPopulation, f: Floats, labels: TaskLabels, head: str, intercept: bool, angle: float = 0.0
) -> Probe:
    """Fit a head to labels already read; `angle` bounds, in radians, how far the span of F is from the true one."""
    first, y = classes_in_order(labels.fitted)
    classes = label_column(list_labels(labels.fitted[first]))
    X = np.column_stack([f, np.ones(len(f))]) if intercept else f
    task = _task(graph, X, y, len(first), angle)
    loss: float | None = None
    proven = False
    if head == "least squares":
        B, loss = heads.least_squares(task)
    elif head == "logistic":
        B, loss = heads.logistic(task)
    else:
        B, proven = _least_error(task)
    g = task.predict(B)
    voted = task.vote(g)
    error = task.error_of_vote(voted)
    test_error, test_count = None, 0
    if labels.tested is not None:
        tested = is_labelled(labels.tested)
        truth = class_numbers(labels.tested, classes)
        p, test_count = graph.p[tested], int(tested.sum())
        test_error = error_of(voted[tested], truth[tested], p / p.sum())
    return Probe(
        error=error,
        head=head,
        B=frozen(B[:-1].copy() if intercept else B),
        intercept=frozen(B[-1].copy()) if intercept else None,
        classes=frozen(classes),
        predicted=frozen(classes[voted]),
        view_predictions=frozen(classes[g]),
        loss=loss,
        optimal=error == 0 or proven or error <= task.unavoidable_error + exact.EQUAL_ERRORS,
        labelled=len(task.labelled),
        test_error=test_error,
        test_count=test_count,
    )


def _task(graph: LabelledPopulation, X: Floats, y: Ints, r: int, angle: float) -> Task:
    """Return the task on the labelled naturals, y >= 0, with p conditional on them."""
    of_all = data_view_law(graph)
    if (
        of_all is not graph.w_x and angle
    ):  # a bound on angles where views have the probabilities w_x, not those of the data
        ratio = of_all / graph.w_x
        angle *= float(np.sqrt(ratio.max() / ratio.min()))
    if (y >= 0).all():
        return Task(X, of_all, graph.p, graph.kernel, y, r, angle)
    p = labelled_share(graph.p, y)
    w_x = np.asarray(graph.kernel.T @ p[:, np.newaxis])[:, 0]
    return Task(X, w_x, p, graph.kernel, y, r, angle, of_all)


def _least_error(task: Task) -> tuple[Floats, bool]:
    """Return a B of least error, and whether that is proven: the other heads' where nothing is left to search for."""
    B = heads.least_squares(task)[0]
    nearly_least = task.unavoidable_error + exact.EQUAL_ERRORS
    if task.error(B) > nearly_least:
        with suppress(NotConverged):  # this second start only shortens the search
            B = min([B, heads.logistic(task)[0]], key=task.error)
    if task.error(B) <= nearly_least:
        return B, True
    better, least_error, proven = exact.fit(task, B, task.error(B))
    if better is not None:
        B = min([B, better], key=task.error)
    return B, proven and task.error(B) <= least_error + exact.EQUAL_ERRORS
