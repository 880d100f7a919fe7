"""What a graph of given pairs answers where its views are the data: the truth of those verbs, by sums over views.

Its w is that of the listed graph, so that all that asks of pairs alone has the listed graph's answer. What counts labels counts
views in place of naturals.
"""

from collections.abc import Callable
from itertools import permutations
from typing import Any

import numpy as np

import popgraph as pg


def data(a: Any) -> pg.PopulationGraph:
    """The views as naturals that no augmentation changes: probes of f depend on nothing else."""
    law = {view: float(p) for view, p in zip(a.listed.views, a.listed.w_x, strict=True)}
    return pg.build(law, pg.identity(), labels=a.labels)


def wrong(a: Any, labels: Any) -> float:
    """The probability of the views whose label is not their class."""
    return float(sum(p for p, x, y in zip(a.listed.w_x, labels, a.labels, strict=True) if x != y))


def clusters(a: Any) -> Any:
    """The listed graph's parts; the accuracy is the best over ways to name parts by classes, of which a part has one or none."""
    found = pg.spectral_clusters(a.listed, a.k, labels=a.labels, rng=0)
    classes = [*dict.fromkeys(a.labels), None, None]
    named = (dict(enumerate(order)) for order in permutations(classes, a.k))
    accuracy = max(1 - wrong(a, [name[part] for part in found.parts]) for name in named)
    return found.parts, found.parts, found.conductance, found.inertia, accuracy


def probe(head: str) -> Callable[[Any], Any]:
    def truth(a: Any) -> Any:
        found = pg.probe(data(a), a.table, a.labels, head=head)
        return found.error, found.loss, found.predicted

    return truth


def probe_range(a: Any) -> Any:
    """At a clean cut the range is one probe's error."""
    error = pg.probe(data(a), a.table, a.labels).error
    return error, error, ""


def pseudo(a: Any) -> Any:
    return [label if label == a.labels[0] else None for label in a.labels]


def student(a: Any) -> Any:
    found = pg.selftraining.self_train(a.listed, a.teacher, weight=1.0)
    return found.labels, found.objective, wrong(a, found.labels), wrong(a, [*a.teacher[:-1], None])


def contest(a: Any) -> Any:
    found = pg.selftraining.which_wins(a.listed, a.teacher, a.k, weight=1.0)
    errors = wrong(a, found.probe_labels), wrong(a, found.student.labels), wrong(a, a.teacher)
    return "contrastive" if errors[0] < errors[1] else "self-training", *errors


# Verbs whose question is put otherwise too: (ask, truth)


def statements(a: Any) -> Any:
    """Those that fail; which of them apply is tested beside the statements."""
    return [check.name for check in pg.theory.check(a.population, a.labels, a.k).failed]


TRUTHS: dict[str, Callable[[Any], Any]] = {
    "spectral_clusters": clusters,
    "probe, least squares": probe("least squares"),
    "probe, logistic": probe("logistic"),
    "probe, exact": probe("exact"),
    "probe_range": probe_range,
    "selftraining.pseudo_labels": pseudo,
    "selftraining.self_train": student,
    "selftraining.which_wins": contest,
    "save": lambda a: (np.eye(a.listed.N), a.listed.w_x, a.listed.w_x),
    "theory.check": lambda a: [],
}
ASKED_OTHERWISE: dict[str, Callable[[Any], Any]] = {"theory.check": statements}
