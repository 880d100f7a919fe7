"""Errors of linear heads by majority vote, which the statements about probes bound: of one head, and the least of any."""

import numpy as np

from popgraph.basics.arrays import Floats, Ints
from popgraph.downstream import probe
from popgraph.errors import NotConverged, TooLarge
from popgraph.theory.setting import Setting

MAX_VIEWS_OF_EXACT_HEAD = (
    8  # of a graph whose exact head is searched for, where that is asked for; mostly well below a second
)


def minimiser(s: Setting) -> Floats:
    """Return F* diag(√γ) / √w_x, (N, k)."""
    return s.spectrum.embedding[:, : s.k]


def onehot(s: Setting, labels: Ints | None = None) -> Floats:
    """Return the one-hot rows of ŷ, (N, r), or of other labels of the views."""
    labels = s.view_labels if labels is None else labels
    return np.asarray(np.eye(max(s.y[1], int(labels.max()) + 1))[labels])


def least_squares(s: Setting, targets: Floats) -> float:
    """Return min_B E||t(x) - Bᵀf(x)||² of targets t, (N, r): the squared norm of the part of √w_x t outside span F."""
    T = s.root[:, np.newaxis] * targets
    V = s.span
    return float(np.sum((T - V @ (V.T @ T)) ** 2))


def predictions(s: Setting, targets: Floats) -> Ints:
    """Return the class that the least-squares head against targets, (N, r), gives each view."""
    V = s.span
    return np.asarray((V @ (V.T @ (s.root[:, np.newaxis] * targets))).argmax(axis=1))


def voted_error(s: Setting, classes: Ints, r: int) -> float:
    """Return Pr_x̄[ḡ(x̄) ≠ y(x̄)] of classes of the views, (N,), where the r classes' votes are weighted by A(x|x̄)."""
    y, _ = s.y
    votes = s.graph.kernel @ np.eye(r)[classes]
    return float(s.graph.p[votes.argmax(axis=1) != y].sum())


def least_error(s: Setting) -> tuple[float, str]:
    """Return E(f) = min_B of f = F*, and a remark where it is only bounded: by the best of three least-squares heads.

    They are fitted to ŷ, to Bayes' labeller, whose errors the proofs bound, and to y. A head without errors, or without more than
    any labelling of the views has, is the least; else the exact head is searched for on request, on few views.
    """
    if s.least_head_error is None:
        labellers = [s.view_labels, np.asarray(s.class_mass.argmax(axis=1))]
        against = [voted_error(s, predictions(s, T), T.shape[1]) for T in (onehot(s, each) for each in labellers)]
        probed = probe(s.graph, minimiser(s), labels=s.labels)
        best = min(*against, probed.error)
        exact = best == 0 or (probed.optimal and probed.error <= best)
        if not exact and s.rho_is_asked_for and s.N <= MAX_VIEWS_OF_EXACT_HEAD:
            try:
                searched = probe(s.graph, minimiser(s), labels=s.labels, head="exact")
                best, exact = min(best, searched.error), searched.optimal
            except (TooLarge, NotConverged):
                pass
        remark = "" if exact else "E(f) is at most this, the error of the best of three least-squares heads"
        s.least_head_error = best, remark
    return s.least_head_error
