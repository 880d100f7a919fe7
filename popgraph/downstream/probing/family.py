"""`probe_range`: embeddings of equal loss, at a degenerate cut, differ in their probing errors; a search for both extremes."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from popgraph.basics.arguments import count as read_count
from popgraph.basics.arguments import generator as read_generator
from popgraph.basics.arguments.classes import classes_in_order
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.populations import read_population, spectrum_of
from popgraph.basics.arrays import Floats, Immutable, frozen
from popgraph.basics.blas import one_thread
from popgraph.basics.memory import in_words
from popgraph.basics.protocols import LabelledPopulation
from popgraph.basics.words import size_in_words
from popgraph.declare import Seed
from popgraph.downstream.labelling import class_mass
from popgraph.downstream.probing.fit import angle_left_open, check_head, fit, read_task_labels
from popgraph.downstream.probing.value import Probe
from popgraph.errors import TooLarge
from popgraph.spectrum import Spectrum, whole_eigenspace

MAX_SAMPLES = 10**9
MAX_EIGENSPACE_BYTES = 2**30  # a repeated eigenvalue's eigenspace larger than this is not searched


@dataclass(frozen=True, eq=False, repr=False)
class ProbeRange(Immutable):
    """Hold the best and the worst probe found among the minimisers of the loss at one k. Made by `popgraph.probe_range`.

    Attributes
    ----------
    low, high : Probe
        Those of least and of greatest error, or test error if there is a test.
    low_f, high_f : (N, k) array
        The embeddings that they probe, minimisers of the spectral contrastive loss; F = √w_x f.
    k : int
        The width of f.
    family : str
        What may be chosen at this cut, in words; empty at a clean cut, where low and high are one probe.
    tried : int
        How many embeddings were probed.

    Examples
    --------
    >>> import popgraph as pg
    >>> from popgraph import probe_range
    >>> probe_range(pg.zoo.hypercube(3), k=1)
    ProbeRange(least squares, k=1: error 0.5, a clean cut)
    """

    low: Probe
    high: Probe
    low_f: Floats
    high_f: Floats
    k: int
    family: str
    tried: int

    @property
    def lowest(self) -> float:
        """The least error found; the least test error, where there is a test."""
        return _counted(self.low)

    @property
    def highest(self) -> float:
        """The greatest error found; the greatest test error, where there is a test."""
        return _counted(self.high)

    def __repr__(self) -> str:
        error = "error" if self.low.test_error is None else "test error"
        if not self.family:
            return f"ProbeRange({self.low.head}, k={self.k}: {error} {self.lowest:.4g}, a clean cut)"
        return (
            f"ProbeRange({self.low.head}, k={self.k}: {error} {self.lowest:.4g} to {self.highest:.4g} "
            f"among {self.tried:,} minimisers)"
        )

    def __str__(self) -> str:
        if not self.family:
            return f"{self!r}\n  all minimisers of the loss span one subspace"
        return f"{self!r}\n  free       {self.family}\n  the range is what a search found; the true one may be wider"


@checked_call()
@in_words("probing the family of F*", "use probe on one embedding")
@one_thread()
def probe_range(
    graph: LabelledPopulation,
    k: int,
    labels: Any = None,
    *,
    head: str = "least squares",
    intercept: bool = False,
    samples: int = 200,
    rng: Seed = 0,
    test_labels: Any = None,
) -> ProbeRange:
    """Search the minimisers of the spectral contrastive loss in k dimensions for the least and the greatest probing error.

    At a clean cut they span one subspace and have one error. At a degenerate cut, γ_k = γ_{k+1}, any of many subspaces of the
    eigenspace of γ_k will do, and the range returned, found by trying some of them, lies inside the true one. Tried are the
    subspace nearest to the labels, the one farthest from them, that of ``graph.spectrum(k)``, and ``samples`` more: evenly
    spaced angles where one dimension is chosen out of two, else uniformly random ones.

    Parameters
    ----------
    graph : population with listed naturals and views
        n naturals, N views.
    k : int
        In 1..N.
    labels, head, intercept : optional
        As of `probe`.
    samples : int
        How many embeddings to try besides these three, 0 or more.
    rng : None, int or numpy.random.Generator
        Draws the random ones.
    test_labels : optional
        As of `probe`; the range is then that of the test error.

    Returns
    -------
    ProbeRange
        The best and the worst `.Probe` found, and how many embeddings were tried.

    Raises
    ------
    InvalidArgument, TooLarge, NotConverged
        As of `probe` and `PopulationGraph.spectrum`; TooLarge also if the eigenspace of γ_k takes more than 1 GiB.

    See Also
    --------
    probe : Fit a head to one embedding.
    Spectrum.clean_cuts : The k at which there is one error.

    References
    ----------
    [H21] Lemma 3.1; the class x domain toy of Shen et al., Connect, not collapse (2022).

    Examples
    --------
    The 2-cube at k = 2 may have either bit; the label is the first.

    >>> import popgraph as pg
    >>> from popgraph import probe_range
    >>> errors = probe_range(pg.zoo.hypercube(2), k=2)
    >>> errors.lowest, errors.highest
    (0.0, 0.5)
    >>> bool(pg.verify(pg.zoo.hypercube(2), errors.high_f))
    True
    """
    graph = read_population("probe_range(graph, k)", graph, LabelledPopulation)
    check_head(head, intercept)
    samples = read_count("samples", samples, 0, MAX_SAMPLES)
    generator = read_generator(rng)
    task_labels = read_task_labels(graph, labels, test_labels)
    spectrum = spectrum_of("probe_range(graph, k)", graph, k)
    complete = with_whole_eigenspace(graph, spectrum)
    angle = angle_left_open(complete)
    above = int(np.sum(spectrum.gamma > spectrum.gamma[-1] + spectrum.tolerance))
    root = np.sqrt(graph.w_x)[:, np.newaxis]
    fixed, eigenspace = spectrum.minimiser, complete.minimiser[:, above:]
    if complete.k == k:  # nothing to choose; columns of γ = 0 are 0 in a minimiser
        only = fit(graph, fixed / root, task_labels, head, intercept, angle)
        f = frozen(fixed / root)
        return ProbeRange(only, only, f, f, k, "", 1)
    chosen, dimension = k - above, eigenspace.shape[1]
    turn = _towards_labels(graph, eigenspace, task_labels.fitted)

    def attempt(R: Floats) -> tuple[Probe, Floats]:
        f = np.hstack([fixed[:, :above], eigenspace @ R]) / root
        return fit(graph, f, task_labels, head, intercept, angle), f

    choices = choices_of(turn, chosen, samples, generator)
    low = high = attempt(next(choices))
    tried = 1
    for R in choices:
        probed = attempt(R)
        tried += 1
        low = probed if _counted(probed[0]) < _counted(low[0]) else low
        high = probed if _counted(probed[0]) > _counted(high[0]) else high
    family = f"any {chosen} of the {dimension} dimensions of the eigenspace of γ = {spectrum.gamma[-1]:.6g}"
    return ProbeRange(low[0], high[0], frozen(low[1]), frozen(high[1]), k, family, tried)


def _counted(probe: Probe) -> float:
    """Return the error that the range is of: the test error, where there is a test."""
    return probe.error if probe.test_error is None else probe.test_error


def _towards_labels(graph: LabelledPopulation, eigenspace: Floats, labels: Any) -> Floats:
    """Return an orthogonal (m, m) matrix that turns m eigenvectors so that the first ones are nearest to the labels."""
    first, y = classes_in_order(labels)
    T = class_mass(graph.p, graph.kernel, y, len(first)) / np.sqrt(graph.w_x)[:, np.newaxis]  # T_i of THEORY 5.4
    return np.linalg.svd(eigenspace.T @ T)[0]


def choices_of(turn: Floats, chosen: int, samples: int, generator: np.random.Generator) -> Iterator[Floats]:
    """List matrices (m, chosen) with orthonormal columns: ways to choose a subspace of m dimensions."""
    m = len(turn)
    yield turn[:, :chosen]
    yield turn[:, m - chosen :]
    yield np.eye(m)[:, :chosen]
    for i in range(samples):
        if m == 2:
            angle = np.pi * (i + 1) / (samples + 1)
            yield turn @ np.array([[np.cos(angle)], [np.sin(angle)]])
        else:
            yield np.linalg.qr(generator.standard_normal((m, chosen)))[0]


def with_whole_eigenspace(graph: LabelledPopulation, spectrum: Spectrum) -> Spectrum:
    """Return the spectrum with all of the eigenspace of γ_k, which a minimiser may choose from; as it is where γ_k <= 0."""
    if spectrum.gamma[-1] <= 0:
        return spectrum
    return whole_eigenspace(spectrum, partial(_solve, graph, float(spectrum.gamma[-1])))


def _solve(graph: LabelledPopulation, gamma: float, k: int) -> Spectrum:
    """Return the k leading pairs, if they fit."""
    if 8 * graph.N * k > MAX_EIGENSPACE_BYTES:
        raise TooLarge(
            f"the cut is degenerate, so all {k:,} eigenvectors of γ = {gamma:.6g} and above are needed, "
            f"{size_in_words(8 * graph.N * k)} with {graph.N:,} views; use probe on one embedding, or a k at which F* is unique"
        )
    spectrum: Spectrum = graph.spectrum(k)
    return spectrum
