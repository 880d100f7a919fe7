"""Spectral clustering: k-means on F*, with the conductance of the parts, and their accuracy for given labels."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from popgraph.basics.arguments import count as read_count
from popgraph.basics.arguments import generator as read_generator
from popgraph.basics.arguments import whole_number
from popgraph.basics.arguments.classes import classes_in_order, is_labelled, labelled_share, need_a_label
from popgraph.basics.arguments.embeddings import check_scale, read_embedding
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.labels import read_labels
from popgraph.basics.arguments.populations import read_population, spectrum_of
from popgraph.basics.arrays import Floats, Immutable, Ints, frozen
from popgraph.basics.blas import one_thread
from popgraph.basics.extras import import_uninterrupted
from popgraph.basics.html import bracket
from popgraph.basics.memory import in_words
from popgraph.basics.protocols import LabelledPopulation
from popgraph.basics.words import listing
from popgraph.declare import Seed
from popgraph.downstream.labelling import class_mass, given_labels
from popgraph.downstream.parts import conductances, part_conductances
from popgraph.downstream.votes import VOTE_TIE, first_largest, sum_by_class
from popgraph.errors import InvalidArgument
from popgraph.populations import given_pairs, pair_draws

RESTARTS = 20  # k-means runs, of which the best is kept
MAX_RESTARTS = 10**6
MAX_STEPS = 300  # of Lloyd's iteration; it needs a dozen or two
EQUAL_INERTIA = 1e-9  # a share; inertias closer than this are equal
SAME_POINT = 1e-8  # points closer than this share of the largest are one: eigenvectors are known to some 1e-12


@dataclass(frozen=True, eq=False, repr=False)
class Clustering(Immutable):
    """Hold a partition of the views into parts, their conductance, and their accuracy. Made by `popgraph.spectral_clusters`.

    Attributes
    ----------
    parts : (N,) array of int
        The part of each view; parts are numbered 0, 1, ... by their first view.
    natural_parts : (n,) array of int
        The part that most of a natural's views lie in, by A(x|x̄); the lower number on a tie.
    conductance : (count,) array
        φ_G(S) = Σ_{x∈S, x'∉S} w_xx' / Σ_{x∈S} w_x of each part S.
    inertia : float
        Σ w_x ||point(x) - centre of its part||², the least of all restarts.
    gap : float or None
        γ_count - γ_{count+1} where F* was clustered, from below: at 0 the cut is degenerate, and other parts are as good. None
        for an embedding that was given.
    accuracy : float or None
        Pr_{x̄, x~A(.|x̄)}[the class matched to x's part is y(x̄)] among labelled naturals, under the best matching of parts and
        classes; where their numbers differ, what is unmatched counts as an error. None without labels.
    natural_accuracy : float or None
        Pr_x̄[the class matched to x̄'s part is y(x̄)], under its own best matching.
    w_x : (N,) array
        The views' probabilities.
    gap_bounds : (float, float) or None
        Two numbers between which γ_count - γ_{count+1} lies, where F* was clustered.
    views : sequence of N views
        As of the graph.
    labelled : int
        How many naturals have a label.

    Examples
    --------
    >>> import popgraph as pg
    >>> from popgraph import spectral_clusters
    >>> spectral_clusters(pg.zoo.clusters(count=3), 3, rng=0)
    Clustering(60 views in 3 parts, conductance at most 0.106, accuracy 0.95)
    """

    parts: Ints
    natural_parts: Ints
    conductance: Floats
    inertia: float
    gap: float | None
    accuracy: float | None
    natural_accuracy: float | None
    w_x: Floats
    gap_bounds: tuple[float, float] | None = None
    views: Sequence[Hashable] = ()
    labelled: int = 0

    @property
    def count(self) -> int:
        """The number of parts."""
        return len(self.conductance)

    @property
    def sizes(self) -> Floats:
        """The probability of each part, Σ_{x∈S} w_x, (count,)."""
        return frozen(np.bincount(self.parts, self.w_x, self.count))

    def agreement(self, view_labels: Any) -> float:
        """Return the accuracy for labels of the views: the share of the labelled ones whose part is matched to their label.

        Parameters
        ----------
        view_labels : sequence of N labels, or mapping view -> label
            A sequence is in the order of `views`; for example ``graph.view_labels``.

        Raises
        ------
        InvalidArgument
            If there is not one label for each view, or no view is labelled.

        Examples
        --------
        >>> import popgraph as pg
        >>> from popgraph import spectral_clusters
        >>> graph = pg.zoo.clusters(count=3)
        >>> spectral_clusters(graph, 3, rng=0).agreement(graph.view_labels)
        1.0
        """
        labels = read_labels(view_labels, self.views, noun="view", name="view_labels")
        if labels is None:
            raise InvalidArgument(f"view_labels is None; {len(self.parts)} views need one label each")
        need_a_label(labels, "view_labels", "view")
        first, y = classes_in_order(labels)
        return matched_share(_joint(self.parts, self.count, y, len(first), labelled_share(self.w_x, y)))

    def __repr__(self) -> str:
        accuracy = "" if self.accuracy is None else f", accuracy {self.accuracy:.4g}"
        plural = "s" * (self.count != 1)
        return (
            f"Clustering({len(self.parts):,} views in {self.count} part{plural}, "
            f"conductance at most {self.conductance.max():.3g}{accuracy})"
        )

    def __str__(self) -> str:
        lines = [
            repr(self),
            f"  sizes        {listing([f'{size:.4g}' for size in self.sizes])}",
            f"  conductance  {listing([f'{phi:.4g}' for phi in self.conductance])}",
            f"  inertia      {self.inertia:.6g}",
        ]
        if self.accuracy is not None:
            among = f" (of {self.labelled:,} that are labelled)" if self.labelled < len(self.natural_parts) else ""
            lines.append(f"  accuracy     {self.accuracy:.4g} of views, {self.natural_accuracy:.4g} of naturals{among}")
        if self.gap is not None:
            size = "0" if self.gap == 0 else bracket(self.gap, self.gap_bounds[1] if self.gap_bounds else self.gap)
            lines.append(f"  gap          {size}" + " (degenerate: other parts are as good)" * (self.gap == 0))
        return "\n".join(lines)


@checked_call()
@in_words("clustering the views", "use fewer clusters")
@one_thread()
def spectral_clusters(
    graph: LabelledPopulation,
    count: int,
    *,
    embedding: Any = None,
    labels: Any = None,
    restarts: int = RESTARTS,
    rng: Seed = None,
) -> Clustering:
    """Cluster the views by k-means on the rows of F*, each scaled to length 1.

    Eigenvectors of γ = 0 are left out, since they are arbitrary, and those of γ < 0, which pairs given directly may have. If the
    graph has ``count`` connected components, these are the parts, as scaled rows of different components are orthogonal. A given
    embedding is clustered without scaling.

    Each view has the weight w_x. Every restart draws its centres by k-means++, and the partition of least inertia is returned, the
    first of equal ones: a good one, not provably the best. A part that becomes empty gets the view that adds most to the inertia.

    Parameters
    ----------
    graph : population with listed naturals and views
        N views.
    count : int
        How many parts, in 1..N; all of them are nonempty.
    embedding : (N, d) array, mapping view -> vector, callable view -> vector, DataFrame, Training or Spectrum, optional
        What to cluster instead of F*.
    labels : sequence of n labels, or mapping natural -> label, optional
        The class y(x̄) of each natural, None where unlabelled, for the accuracies; ``graph.labels`` if not given. For labels of
        views see `.Clustering.agreement`.
    restarts : int
        1 or more.
    rng : None, int or numpy.random.Generator
        Draws the first centres.

    Returns
    -------
    Clustering
        The part of each view, the parts' conductance, and their accuracy on the labels.

    Raises
    ------
    InvalidArgument
        If count is not in 1..N, restarts is below 1, there is not one label for each natural or none at all, or fewer than
        ``count`` points are distinct.
    InvalidEmbedding
        If the embedding is not one finite real vector for each view.

    See Also
    --------
    sparsest_partition : The best partition by conductance, of a small graph.
    partition_bounds : Bounds on its conductance at any size.

    References
    ----------
    Ng, Jordan and Weiss, On spectral clustering: analysis and an algorithm, NeurIPS 2001, whose affinity is Ā here, with its
    diagonal. Arthur and Vassilvitskii, k-means++, SODA 2007. [H21] section 3.1 for the conductance.

    Examples
    --------
    >>> import popgraph as pg
    >>> from popgraph import spectral_clusters
    >>> print(spectral_clusters(pg.zoo.lightning_cloud(), 2, rng=0))
    Clustering(4 views in 2 parts, conductance at most 0, accuracy 1)
      sizes        0.5, 0.5
      conductance  0, 0
      inertia      0
      accuracy     1 of views, 1 of naturals
      gap          1
    """
    graph = read_population("spectral_clusters(graph, count)", graph, LabelledPopulation)
    count = whole_number("count", count, graph.N)
    restarts = read_count("restarts", restarts, most=MAX_RESTARTS)
    generator = read_generator(rng)
    label_of_natural = given_labels(graph, labels)
    if labels is not None:
        need_a_label(label_of_natural)
    elif label_of_natural is not None and not is_labelled(label_of_natural).any():
        label_of_natural = None
    gap = gap_bounds = None
    if embedding is None:
        spectrum = spectrum_of("spectral_clusters(graph, count)", graph, count)
        gap, gap_bounds = spectrum.gap, spectrum.gap_bounds
        points = spectral_points(spectrum)
    else:
        points = check_scale("embedding", read_embedding(graph.views, embedding))
    parts, inertia = k_means(points, graph.w_x, count, restarts, generator)
    _, parts = classes_in_order(parts)
    shares = sum_by_class(graph.kernel, parts, count)
    natural_parts = first_largest(shares, VOTE_TIE)
    accuracy = natural_accuracy = None
    if label_of_natural is not None:
        first, y = classes_in_order(label_of_natural)
        p = labelled_share(graph.p, y)
        accuracy = matched_share(class_mass(p, shares, y, len(first)))
        natural_accuracy = matched_share(_joint(natural_parts, count, y, len(first), p))
    return Clustering(
        parts=frozen(parts),
        natural_parts=frozen(natural_parts),
        conductance=frozen(_conductance(graph, parts, shares)),
        inertia=inertia,
        gap=gap,
        accuracy=accuracy,
        natural_accuracy=natural_accuracy,
        w_x=graph.w_x,
        gap_bounds=gap_bounds,
        views=graph.views,
        labelled=0 if label_of_natural is None else int(is_labelled(label_of_natural).sum()),
    )


def _conductance(graph: LabelledPopulation, parts: Ints, shares: Floats) -> Floats:
    """Return φ_G of each part, from Pr[x in the part | x̄], (n, count), where the naturals' views are drawn by the kernel."""
    if given_pairs(graph) is not None:
        return part_conductances(graph, parts, shares.shape[1])
    drawn = pair_draws(graph)
    return conductances(drawn.p, shares if drawn.A is graph.kernel else sum_by_class(drawn.A, parts, shares.shape[1]))


def spectral_points(spectrum: Any) -> Floats:
    """Return the rows of F* scaled to length 1, without the eigenvectors of γ = 0, which are arbitrary, and of γ < 0."""
    return unit_rows(spectrum.eigenvectors[:, spectrum.gamma > 0])


def unit_rows(V: Floats) -> Floats:
    """Return the rows scaled to length 1; rows of zeros stay 0."""
    length = np.linalg.norm(V, axis=1, keepdims=True)
    return np.asarray(np.divide(V, length, out=np.zeros_like(V), where=length > 0))


def matched_share(joint: Floats) -> float:
    """Return the largest Σ joint[part, class] over one-to-one matchings of parts with classes."""
    return float(joint[import_uninterrupted("scipy.optimize").linear_sum_assignment(joint, maximize=True)].sum())


def _joint(parts: Ints, count: int, y: Ints, r: int, mass: Floats) -> Floats:
    """Return the mass of each part and class, (count, r); y is -1 where unlabelled."""
    joint, labelled = np.zeros((count, r)), y >= 0
    np.add.at(joint, (parts[labelled], y[labelled]), mass[labelled])
    return joint


def k_means(
    points: Floats, weights: Floats, count: int, restarts: int, generator: np.random.Generator
) -> tuple[Ints, float]:
    """Return the parts (N,) of least inertia Σ weights ||point - centre||² of some restarts, and that inertia."""
    largest = float(np.abs(points).max(initial=0.0))
    points = np.ascontiguousarray(points / largest if largest > 0 else points)
    runs = (_lloyd(points, weights, _seeds(points, weights, count, generator)) for _ in range(restarts))
    parts, least = next(runs)
    rounding = SAME_POINT**2 * float(weights.sum())  # the largest inertia of points that all count as equal
    for other_parts, inertia in runs:
        if (
            inertia < least * (1.0 - EQUAL_INERTIA) - rounding
        ):  # so the first of equally good ones is kept, however sums round
            parts, least = other_parts, inertia
    return parts, least * largest**2


def _seeds(points: Floats, weights: Floats, count: int, generator: np.random.Generator) -> Floats:
    """Draw `count` centres: the first by weight, each next one by weight times squared distance to those drawn."""
    chosen = [int(generator.choice(len(points), p=weights / weights.sum()))]
    nearest = np.full(len(points), np.inf)
    while True:
        nearest = np.minimum(nearest, np.sum((points - points[chosen[-1]]) ** 2, axis=1))
        if len(chosen) == count:
            return points[chosen]
        nearest[nearest <= SAME_POINT**2] = 0.0
        cost = weights * nearest
        if not cost.any():
            raise InvalidArgument(
                f"count is {count}, but only {len(chosen)} of the {len(points):,} points to cluster are distinct; give "
                f"count <= {len(chosen)}, or another embedding"
            )
        chosen.append(int(generator.choice(len(points), p=cost / cost.sum())))


def _lloyd(points: Floats, weights: Floats, centres: Floats) -> tuple[Ints, float]:
    """Alternate nearest centres and weighted means until no point changes its part."""
    count, rows = len(centres), np.arange(len(points))
    parts = np.full(len(points), -1, dtype=np.intp)
    for _ in range(MAX_STEPS):
        squared = import_uninterrupted("scipy.spatial.distance").cdist(centres, points, "sqeuclidean")
        cost = squared.min(axis=0)
        # The first of equally near centres, so that rounding decides nothing.
        nearest = np.argmax(squared <= cost * (1.0 + EQUAL_INERTIA) + SAME_POINT**2, axis=0)
        for part in np.setdiff1d(np.arange(count), nearest):
            movable = (
                np.bincount(nearest, minlength=count)[nearest] > 1
            )  # the other views empty the part that they leave
            worst = int(np.argmax(np.where(movable, weights * cost, -1.0)))
            nearest[worst], cost[worst] = part, 0.0
        if np.array_equal(nearest, parts):
            break
        parts = nearest
        members = sp.csr_array((weights, (parts, rows)), shape=(count, len(points)))
        centres = (members @ points) / members.sum(axis=1)[:, np.newaxis]
    return parts, float(np.sum(weights * np.sum((points - centres[parts]) ** 2, axis=1)))
