"""The probe at every k: least squares on pseudo-labels, on F* of each width, and on all minimisers where the cut is degenerate."""

from functools import partial
from typing import Any, NamedTuple

import numpy as np

from popgraph.basics.arguments.populations import spectrum_of
from popgraph.basics.arrays import Floats, Ints
from popgraph.downstream.probing import exact
from popgraph.downstream.probing.family import choices_of, with_whole_eigenspace
from popgraph.downstream.selftraining.teacher import Teacher
from popgraph.downstream.selftraining.weights import Costs
from popgraph.downstream.votes import first_largest
from popgraph.populations import PopulationGraph

TRIED_AT_ONCE = 2**22  # entries of the embeddings that are fitted together


class Search(NamedTuple):
    """How many random minimisers to try at a degenerate cut, and the generator that draws them."""

    samples: int
    generator: np.random.Generator


class Width(NamedTuple):
    """Hold the probe at one k: class numbers (N,) on F*, its error, and the least and greatest error over minimisers.

    `family` says in words what may be chosen at this cut; it is empty at a clean one. γ_{k+1} is `next_gamma` or less.
    """

    k: int
    gap: float
    next_gamma: float
    codes: Ints
    error: float
    lowest: float
    highest: float
    family: str


def probes(graph: PopulationGraph, taught: Teacher, costs: Costs, ks: list[int], search: Search) -> list[Width]:
    """Return the probe at each k, of 1..N."""
    spectrum = spectrum_of("which_wins(graph, teacher, k)", graph, max(ks))
    complete = with_whole_eigenspace(graph, spectrum)
    gamma, root = complete.gamma, np.sqrt(graph.w_x)[:, np.newaxis]
    f, every = spectrum.minimiser / root, complete.minimiser / root
    fit = partial(_class_numbers, graph.w_x, taught)
    found: dict[int, Width] = {}
    for k in sorted(set(ks)):
        used = min(k, int(np.sum(gamma > 0)))  # a minimiser's columns of γ <= 0 are 0
        cut = spectrum.leading(k)
        gap, next_gamma = cut.gap, cut.certificate.remainder_bound
        if used < k and used in found:
            found[k] = found[used]._replace(k=k, gap=gap, next_gamma=next_gamma)
            continue
        codes = fit(f[np.newaxis, :, :used])[0]
        error = costs.error(codes)
        lowest, highest, family = error, error, ""
        tied = np.flatnonzero(np.abs(gamma - gamma[used - 1]) <= complete.tolerance)
        above, end = int(tied[0]), int(tied[-1]) + 1
        if used == k < end:
            errors = [error, *_errors(fit, costs, every[:, :above], every[:, above:end], k - above, search)]
            lowest, highest = min(errors), max(errors)
            family = f"any {k - above} of the {end - above} dimensions of the eigenspace of γ = {gamma[k - 1]:.6g}"
        found[k] = Width(k, gap, next_gamma, codes, error, lowest, highest, family)
    return [found[k] for k in ks]


def _errors(fit: Any, costs: Costs, fixed: Floats, eigenspace: Floats, chosen: int, search: Search) -> list[float]:
    """Return the errors of probes on embeddings with `chosen` dimensions of an eigenspace besides the fixed columns."""
    # Tried first are the subspaces nearest to the truth and farthest from it: the singular vectors of its projection.
    turn = np.linalg.svd(eigenspace.T @ costs.correct)[0]
    rotations = np.array(list(choices_of(turn, chosen, search.samples, search.generator)))
    at_once = max(1, TRIED_AT_ONCE // (len(fixed) * (fixed.shape[1] + chosen)))
    errors = []
    for start in range(0, len(rotations), at_once):
        free = eigenspace @ rotations[start : start + at_once]
        f = np.concatenate([np.broadcast_to(fixed, (len(free), *fixed.shape)), free], axis=2)
        errors += [costs.error(codes) for codes in fit(f)]
    return errors


def _class_numbers(w_x: Floats, taught: Teacher, f: Floats) -> Ints:
    """Return the class numbers (T, N) that probes on T embeddings (T, N, k) give, fitted to the pseudo-labels."""
    labelled = np.flatnonzero(taught.codes >= 0)
    root = np.sqrt(w_x[labelled])[:, np.newaxis]
    F = root * f[:, labelled]
    # Of all least-squares solutions that of least norm, as of numpy's lstsq, whose cutoff this is.
    B = np.linalg.pinv(F, rcond=np.finfo(float).eps * max(F.shape[1:])) @ (root * taught.onehot[labelled])
    scores = f @ B
    tie = exact.EQUAL_ERRORS * np.abs(scores).max(axis=(1, 2), initial=0.0)
    return np.array([first_largest(table, within) for table, within in zip(scores, tie, strict=True)])


def default_widths(graph: PopulationGraph, most: int) -> list[int]:
    """Return 1, 2, ... up to N or `most`."""
    return list(range(1, min(graph.N, most) + 1))
