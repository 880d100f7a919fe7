"""`zero_shot`: classify views x without a single label, by the class whose prompts, which are views z, they go with best."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from popgraph.basics.arguments.classes import (
    class_numbers,
    is_labelled,
    label_in_words,
    labelled_share,
    list_labels,
    need_a_label,
)
from popgraph.basics.arguments.embeddings import check_scale
from popgraph.basics.arguments.kernels import is_mapping
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.labels import read_labels
from popgraph.basics.arguments.outcomes import list_finite
from popgraph.basics.arguments.two_embeddings import read_embeddings
from popgraph.basics.arrays import Floats, Immutable, Ints, frozen
from popgraph.basics.blas import one_thread
from popgraph.basics.words import listing, shorten
from popgraph.downstream.labelling import given_labels
from popgraph.downstream.probing.task import Task
from popgraph.downstream.votes import VOTE_TIE, sum_by_class
from popgraph.errors import InvalidArgument
from popgraph.populations import BipartiteGraph, PopulationGraph


@dataclass(frozen=True, eq=False, repr=False)
class ZeroShot(Immutable):
    """Hold what prompts say of views x and of naturals, and how often it is wrong. Made by `popgraph.zero_shot`.

    Attributes
    ----------
    error : float or None
        Pr_x̄[predicted class ≠ y(x̄)], given that x̄ is labelled; None without labels. A natural of a class without a prompt counts
        as wrong.
    classes : (r,) array
        The classes that have prompts, in the order given.
    predicted : (n,) array
        The class that wins each natural's vote; of pairs that were given directly each view x is a natural of its own.
    view_predictions : (N_x,) array
        The class of each view x.
    scores : (N_x, r) array
        f(x)ᵀg_c, with g_c the mean of g over the prompts of the class.
    tied_views, tied_votes : int
        How many views, and how many naturals, have more than one best class up to rounding; they get the first of these.
    missing : tuple
        The classes of labelled naturals that have no prompt.

    Examples
    --------
    >>> import popgraph as pg
    >>> captions = {"cat.jpg": {"a cat": "3/4", "an animal": "1/4"}, "dog.jpg": {"a dog": "3/4", "an animal": "1/4"}}
    >>> graph = pg.build(list(captions), pg.identity(), second=captions, labels=["cat", "dog"])
    >>> pg.zero_shot(graph, graph.spectrum(2), {"cat": "a cat", "dog": "a dog"})
    ZeroShot(error 0; 2 classes, 1 prompt each)
    """

    error: float | None
    classes: Any
    predicted: Any
    view_predictions: Any
    scores: Floats
    prompt_counts: tuple[int, ...]
    tied_views: int
    tied_votes: int
    missing: tuple[Any, ...]

    @property
    def accuracy(self) -> float | None:
        """1 - error, on the labelled naturals; None without labels."""
        return None if self.error is None else 1.0 - self.error

    def __repr__(self) -> str:
        error = "no labels" if self.error is None else f"error {self.error:.4g}"
        least, most = min(self.prompt_counts), max(self.prompt_counts)
        prompts = f"{least} prompt{'s' * (least != 1)} each" if least == most else f"{least} to {most} prompts each"
        parts = [f"{len(self.classes)} class{'es' * (len(self.classes) != 1)}, {prompts}"]
        if self.missing:
            parts.append(f"none for {listing([label_in_words(label) for label in self.missing])}")
        if self.tied_views or self.tied_votes:
            parts.append(f"ties at {self.tied_views:,} views and {self.tied_votes:,} votes")
        return f"ZeroShot({error}; {'; '.join(parts)})"

    def __str__(self) -> str:
        n, n_x = len(self.predicted), len(self.view_predictions)
        lines = [
            repr(self),
            f"  classes    {listing([label_in_words(label) for label in list_labels(self.classes)])}",
            f"  predicted  {n:,} natural{'s' * (n != 1)} by vote of {n_x:,} view{'s' * (n_x != 1)}",
        ]
        if self.missing:
            lines.append("  A natural of a class without a prompt counts as wrong.")
        return "\n".join(lines)


@checked_call()
@one_thread()
def zero_shot(graph: BipartiteGraph, encoders: Any, prompts: Any, labels: Any = None) -> ZeroShot:
    """Classify each view x by the prompts, views z, that f(x)ᵀg(z) is largest for, and return how often the naturals' vote errs.

    A view's class is argmax_c f(x)ᵀg_c, with g_c the mean of g over the prompts of class c, and a natural's is the class of most of
    its views, as in `probe`; ties go to the class that is given first. No label is used to predict. To classify views z by views x,
    take ``graph.swapped()`` and (g, f).

    Parameters
    ----------
    graph : BipartiteGraph
        N_x views x and N_z views z.
    encoders : (f, g), PairTraining or SingularSpectrum
        Tables, mappings or callables as ``verify(graph, (f, g))`` takes them.
    prompts : mapping class -> view z, or list of views z
        At least one for each class; classes are named as in the labels.
    labels : sequence of n labels, or mapping natural -> label, optional
        The class y(x̄) of each natural, None where unlabelled, to count errors by; ``graph.labels``, or of pairs that were given
        directly ``graph.labels_x``, if not given.

    Returns
    -------
    ZeroShot
        The class given to each view, and the error of the naturals' vote.

    Raises
    ------
    InvalidArgument
        If a prompt is no view z, a class has none, or no labelled natural is of a class with a prompt.
    InvalidEmbedding
        If f and g are not one finite real vector for each view x and z, of one length.

    See Also
    --------
    probe : Fit a head to labels instead.
    zoo.image_text : Images and captions to try it on.
    from_bipartite : Make a graph of images and captions.

    References
    ----------
    Radford et al. 2021, arXiv 2103.00020, section 3.1; with f(x)ᵀg(z) = C(x, z)/(w_x w_z), as the minimiser of full rank has it,
    and one prompt for each class, this is argmax_c Pr(x | z_c).

    Examples
    --------
    >>> import popgraph as pg
    >>> graph = pg.zoo.image_text(["cat", "dog"])
    >>> pg.zero_shot(graph, graph.spectrum(2), {"cat": "a cat", "dog": ["a dog", "a photo of a dog"]}).accuracy
    1.0
    """
    if not isinstance(graph, BipartiteGraph):
        raise InvalidArgument(
            f"zero_shot(graph, (f, g), prompts) takes a BipartiteGraph, of two kinds of views, first; got {shorten(graph)}; "
            "make one by build(p, A, second=B), or use probe(graph, f)"
        )
    f, g = (check_scale(name, each) for name, each in zip("fg", _read(graph, encoders), strict=True))
    classes, of_class = _read_prompts(graph, prompts)
    B = np.column_stack([g[places].mean(axis=0) for places in of_class])
    single = graph.of_x
    r = len(classes)
    y, missing = _read_truth(single, labels, classes)
    task = Task(f, single.w_x, labelled_share(single.p, y) if (y >= 0).any() else single.p, single.kernel, y, r)
    scores, rounding = task.scores(B)
    predictions = task.predict(B)
    votes = task.vote(predictions)
    shares = sum_by_class(single.kernel, predictions, r)
    counts = tuple(len(places) for places in of_class)
    return ZeroShot(
        error=task.error_of_vote(votes) if (y >= 0).any() else None,
        classes=frozen(classes),
        predicted=frozen(classes[votes]),
        view_predictions=frozen(classes[predictions]),
        scores=frozen(scores),
        prompt_counts=counts,
        tied_views=_tied(scores, rounding[:, np.newaxis]),
        tied_votes=_tied(shares, VOTE_TIE),
        missing=missing,
    )


def _read(graph: BipartiteGraph, encoders: Any) -> tuple[Floats, Floats]:
    return read_embeddings(graph.views_x, graph.views_z, encoders)


def _tied(scores: Floats, rounding: Any) -> int:
    """Return how many rows have more than one largest entry, up to rounding."""
    best = scores.max(axis=1, keepdims=True) - rounding
    return int(np.sum(np.sum(scores >= best, axis=1) > 1))


def _read_prompts(graph: BipartiteGraph, prompts: Any) -> tuple[Any, list[Ints]]:
    """Return the classes, and the positions of the views z that are the prompts of each."""
    need = "give a mapping class -> view z, or list of views z"
    if not is_mapping(prompts) or not len(prompts):
        raise InvalidArgument(f"prompts is {shorten(prompts)}; {need}")
    table: Mapping[Any, Any] = dict(prompts.items())
    of_class = []
    for label, given in table.items():
        if label is None:
            raise InvalidArgument("prompts has the class None, which stands for an unlabelled natural; name the class")
        views = [given] if _is_view(graph, given) else given
        if isinstance(views, str | bytes) or not hasattr(views, "__iter__"):
            views = [given]
        listed = list_finite(views, f"the prompts of {shorten(label)}")
        if not listed:
            raise InvalidArgument(f"the class {shorten(label)} has no prompt; {need}")
        try:
            of_class.append(np.array([graph.index_z(view) for view in listed], dtype=np.intp))
        except InvalidArgument as error:
            raise InvalidArgument(f"a prompt of {shorten(label)}: {error}") from None
    return read_labels(list(table), range(len(table)), noun="class", name="the classes of prompts"), of_class


def _is_view(graph: BipartiteGraph, given: Any) -> bool:
    """Whether this is one view z, and no list of them."""
    if not isinstance(given, Hashable):
        return False
    try:
        graph.index_z(given)
    except InvalidArgument:
        return False
    return True


def _read_truth(single: PopulationGraph, labels: Any, classes: Any) -> tuple[Ints, tuple[Any, ...]]:
    """Return each natural's class as a number, r where it has no prompt and -1 where unlabelled, and the classes without one."""
    truth = given_labels(single, labels)
    if truth is None:
        return np.full(single.n, -1), ()
    need_a_label(truth)
    number = class_numbers(truth, classes)
    y = np.where(is_labelled(truth), np.where(number < 0, len(classes), number), -1)
    missing = tuple(dict.fromkeys(list_labels(truth[y == len(classes)])))
    if not ((y >= 0) & (y < len(classes))).any():
        named, there = (listing([label_in_words(label) for label in each]) for each in (list_labels(classes), missing))
        raise InvalidArgument(
            f"prompts names the classes {named}, and no natural is of one of these; the labels are {there}"
        )
    return y, missing
