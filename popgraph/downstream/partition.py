"""Partitions of the views by Dirichlet conductance: that of one set, the sparsest m parts exactly, and a bracket at any size.

The exact search enumerates all sets of views; for more views, ρ_m is bounded by λ_m/2 and by the best partition found.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from popgraph.basics.arguments import whole_number
from popgraph.basics.arguments.classes import classes_in_order
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.populations import read_population, spectrum_of
from popgraph.basics.arrays import Floats, Immutable, Ints, frozen
from popgraph.basics.blas import one_thread
from popgraph.basics.memory import in_words, reserve
from popgraph.basics.protocols import ViewedPopulation
from popgraph.basics.subspace import tolerance
from popgraph.basics.words import shorten
from popgraph.downstream.clustering import RESTARTS, k_means, spectral_points
from popgraph.downstream.parts import part_conductances, self_weights, single_view_conductances, touching
from popgraph.downstream.votes import indicators
from popgraph.errors import InvalidArgument, TooLarge
from popgraph.populations import pair_weights

MAX_VIEWS_SEARCHED = 16  # here m = 5 takes 0.3 s and m = 15 a second: the work grows like 3^N, and ranks need two bytes
LOW_VIEWS = 8  # the views whose pairs of disjoint sets are the columns of a table, 3^8 of them
MAX_MOVES = 200  # of single views, in the local search
MAX_MOVE_ENTRIES = 2**24  # of the (N, m) table that a move is chosen by

Ranks = NDArray[np.uint16]  # of at most 2^16 conductances, one of each set


@dataclass(frozen=True, eq=False, repr=False)
class Partition(Immutable):
    """Hold a partition of the views, and each part's conductance. Made by `popgraph.sparsest_partition`.

    Attributes
    ----------
    labels : (N,) array of int
        In 0..m-1, numbered by first view.
    conductances : (m,) array
        φ_G of each part.
    exact : bool
        Whether rho is proven least.

    Examples
    --------
    >>> import popgraph as pg
    >>> pg.sparsest_partition(pg.zoo.lightning_cloud(), m=2).labels.tolist()
    [0, 0, 1, 1]
    """

    labels: Ints
    conductances: Floats
    exact: bool

    @property
    def m(self) -> int:
        """The number of parts."""
        return len(self.conductances)

    @property
    def rho(self) -> float:
        """The largest conductance of a part."""
        return float(self.conductances.max())

    def __repr__(self) -> str:
        return f"Partition({len(self.labels):,} views in {self.m} parts, rho {self.rho:.4g}{', exact' * self.exact})"


@dataclass(frozen=True)
class PartitionBounds(Immutable):
    """Hold bounds on ρ_m: no partition is below ``lower``, and ``partition`` attains ``upper``. By `popgraph.partition_bounds`.

    Examples
    --------
    >>> import popgraph as pg
    >>> bounds = pg.partition_bounds(pg.zoo.clusters(), m=4)
    >>> bounds.lower <= bounds.upper
    True
    """

    lower: float
    upper: float
    partition: Partition
    how: str

    def __str__(self) -> str:
        return f"{self.lower:.6g} <= rho_{self.partition.m} <= {self.upper:.6g} ({self.how})"


def conductance(graph: ViewedPopulation, S: Any) -> float:
    """Return the Dirichlet conductance φ_G(S) = Σ_{x∈S, x'∉S} w_xx' / Σ_{x∈S} w_x of a set of views [H21, Def. 3.3].

    S holds positions of views, one or more, or is a mask (N,) of bool; InvalidArgument is raised for anything else.

    >>> import popgraph as pg
    >>> conductance(pg.zoo.lightning_cloud(), [0])  # w_00 = 2/9 of w_0 = 1/3
    0.3333
    """
    graph = read_population("conductance(graph, S)", graph, ViewedPopulation)
    chosen = np.asarray(S)
    if chosen.dtype == bool and chosen.shape != (graph.N,):
        raise InvalidArgument(f"S is a mask of shape {chosen.shape}; {graph.N} views need ({graph.N},)")
    positions = np.flatnonzero(chosen) if chosen.dtype == bool else np.unique(chosen)
    if positions.size == 0:
        raise InvalidArgument("S is empty; a conductance is of one view or more")
    if positions.dtype.kind not in "iu" or positions[0] < 0 or positions[-1] >= graph.N:
        raise InvalidArgument(f"S is {shorten(S)}; it must hold positions of views, 0..{graph.N - 1}, or be a mask")
    labels = np.ones(graph.N, dtype=np.intp)
    labels[positions] = 0
    if positions.size == graph.N:
        return 0.0
    return float(part_conductances(graph, labels, 2)[0])


def _renumbered(graph: ViewedPopulation, labels: Ints, exact: bool) -> Partition:
    """Number the parts by first view, and measure them."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    order = np.argsort(np.argsort(first))
    numbered = np.asarray(order[inverse], dtype=np.intp)
    return Partition(frozen(numbered), frozen(part_conductances(graph, numbered, len(first))), exact)


def _read_m(call: str, graph: Any, m: Any) -> tuple[Any, int]:
    """Return the population and m; raise InvalidArgument for no population with views, or an m outside 1..N."""
    graph = read_population(call, graph, ViewedPopulation)
    return graph, whole_number("m", m, graph.N)


def _in_closed_form(graph: ViewedPopulation, m: int) -> Partition | None:
    """Return a sparsest partition where none need be searched for: unions of components, or single views; else None."""
    if m <= graph.component_count:
        return _renumbered(graph, np.minimum(graph.components, m - 1), True)
    if m == graph.N:
        phi = single_view_conductances(graph)
        if phi is None:
            raise TooLarge(
                f"the conductances of {m:,} single views need {m:,} products with Ā, as this population lists no kernel; "
                "use its .expand(), or a smaller m"
            )
        return Partition(frozen(np.arange(graph.N, dtype=np.intp)), frozen(phi), True)
    return None


@checked_call()
@in_words("searching the partitions", "use partition_bounds, which brackets rho at any size")
@one_thread()
def sparsest_partition(graph: ViewedPopulation, m: int) -> Partition:
    """Split the views into the m nonempty parts whose worst Dirichlet conductance is least.

    Exact, by dynamic programming over sets of views: the best split of a set into j parts is a part and the best split of the
    other views into j - 1. This takes m - 2 passes over all 3^N pairs of disjoint sets.

    Parameters
    ----------
    graph : population with listed views
        At most 16 views, unless m <= the number of components, or m = N.
    m : int
        In 1..N.

    Returns
    -------
    Partition
        The part of each view, and the parts' conductance, the largest of which is ρ_m.

    Raises
    ------
    InvalidArgument
        If m is outside 1..N.
    TooLarge
        If there are more views than that.

    See Also
    --------
    partition_bounds : Bounds on ρ_m at any size.
    spectral_clusters : A good partition by k-means, at any size.

    References
    ----------
    [H21] Definition 3.4.

    Examples
    --------
    >>> import popgraph as pg
    >>> from popgraph import sparsest_partition
    >>> sparsest_partition(pg.zoo.hypercube(3), m=2).rho  # two opposite faces: a pair differs there with 2q(1-q) = 3/8
    0.375
    """
    graph, m = _read_m("sparsest_partition(graph, m)", graph, m)
    closed_form = _in_closed_form(graph, m)
    if closed_form is not None:
        return closed_form
    if graph.N > MAX_VIEWS_SEARCHED:
        raise TooLarge(
            f"the sparsest partition of {graph.N:,} views would take 3^{graph.N} steps; at most {MAX_VIEWS_SEARCHED} views are "
            "searched: use partition_bounds, which brackets rho at any size"
        )
    return _split(graph, m, _search_tables(graph, m, []))


@in_words("searching the partitions", "use partition_bounds, which brackets rho at any size")
@one_thread()
def sparsest_partitions(graph: ViewedPopulation, counts: Iterable[int]) -> dict[int, Partition]:
    """Return `sparsest_partition(graph, m)` of each m of at most 16 views; the tables are made once, for the largest m."""
    tables: list[Ranks] = []
    partitions = {}
    for m in counts:
        closed_form = _in_closed_form(graph, m)
        if closed_form is None:
            tables = _search_tables(graph, m, tables)
        partitions[m] = _split(graph, m, tables) if closed_form is None else closed_form
    return partitions


def steps_of_search(graph: ViewedPopulation, m: int) -> int:
    """Return how many pairs of disjoint sets of views `sparsest_partition` compares: (m - 2) 3^N, 0 in closed form."""
    return 0 if m <= graph.component_count or m == graph.N else (m - 2) * 3**graph.N


def _search_tables(graph: ViewedPopulation, m: int, tables: list[Ranks]) -> list[Ranks]:
    """Return the ranks of every set's best split into 1, 2, ..., m - 1 parts, beginning with tables made before."""
    tables = tables or [_ranks(_all_conductances(graph))]
    while len(tables) < m - 1:
        tables = [*tables, _best_splits(tables[0], tables[-1])]
    return tables


def _split(graph: ViewedPopulation, m: int, tables: list[Ranks]) -> Partition:
    """Split all views into m parts by the `_search_tables`."""
    labels, remaining = np.zeros(graph.N, dtype=np.intp), (1 << graph.N) - 1
    for j in range(m - 1, 0, -1):
        subsets = _subsets(remaining)
        worst = np.maximum(tables[0][subsets], tables[j - 1][remaining ^ subsets])
        part = int(subsets[int(np.argmin(worst))])
        labels[[x for x in range(graph.N) if part >> x & 1]] = j
        remaining ^= part
    return _renumbered(graph, labels, True)


def _all_conductances(graph: ViewedPopulation) -> Floats:
    """Return φ_G of every set of views, (2^N,) by bit mask; inf for the empty one."""
    w, N = pair_weights(graph), graph.N
    mass, inside = np.zeros(1), np.zeros(1)
    to_set = np.zeros((1, N))  # Σ_{x'∈S} w_xx' of each set and each view
    for x in range(N):  # the sets without x, then the same sets with x
        inside = np.concatenate([inside, inside + 2.0 * to_set[:, x] + w[x, x]])
        mass = np.concatenate([mass, mass + graph.w_x[x]])
        to_set = np.concatenate([to_set, to_set + w[x]])
    phi = np.full(len(mass), np.inf)
    phi[1:] = np.clip(1.0 - inside[1:] / mass[1:], 0.0, 1.0)
    phi[-1] = 0.0  # no positive pair leaves the set of all views
    return phi


def _ranks(phi: Floats) -> Ranks:
    """Replace each conductance by its rank: minima and maxima depend on the order alone, and 2 bytes are quicker than 8."""
    return np.unique(phi, return_inverse=True)[1].astype(np.uint16)


def _best_splits(first: Ranks, others: Ranks) -> Ranks:
    """Return, for every set, min over its splits into disjoint S and T of max(first[S], others[T])."""
    # A bit mask is written as a row, its high bits, and a column, its low bits. The pairs of disjoint columns are listed once,
    # those of one union side by side; for each row, all splits of its high bits are minimised over for every pair at once, and
    # `reduceat` then takes the minimum over the pairs of each union.
    n = len(first).bit_length() - 1
    low = min(n, LOW_VIEWS)
    S, T = np.zeros(1, dtype=np.intp), np.zeros(1, dtype=np.intp)
    for bit in range(low):  # neither holds the view, S does, T does
        S, T = np.concatenate([S, S | 1 << bit, S]), np.concatenate([T, T, T | 1 << bit])
    by_union = np.argsort(S | T, kind="stable")
    S, T = S[by_union], T[by_union]
    starts = np.searchsorted(S | T, np.arange(1 << low))
    A, B = first.reshape(-1, 1 << low)[:, S], others.reshape(-1, 1 << low)[:, T]
    best = np.empty((1 << (n - low), 1 << low), dtype=first.dtype)
    least, worst = np.empty_like(A[0]), np.empty_like(A[0])
    for row in range(len(best)):
        np.maximum(A[0], B[row], out=least)  # S has no high bit
        for high in [*_subsets(row).tolist(), row]:
            np.minimum(least, np.maximum(A[high], B[row ^ high], out=worst), out=least)
        best[row] = np.minimum.reduceat(least, starts)
    return best.ravel()


def _subsets(mask: int) -> Ints:
    """Return every nonempty proper subset of a bit mask."""
    subsets = np.zeros(1, dtype=np.intp)
    for bit in range(mask.bit_length()):
        if mask >> bit & 1:
            subsets = np.concatenate([subsets, subsets | 1 << bit])
    return subsets[1:-1]


@checked_call()
@in_words("bounding rho", "use a smaller m")
@one_thread()
def partition_bounds(graph: ViewedPopulation, m: int) -> PartitionBounds:
    """Bound ρ_m at any size: λ_m/2 from below, and from above a spectral partition improved by moving single views.

    Single views are moved only where the kernel is listed, or there are at most 4,096 views.

    Parameters
    ----------
    graph : population with listed views
        Of any number of views N.
    m : int
        In 1..N.

    Returns
    -------
    PartitionBounds
        The two bounds, and a partition that attains the upper one.

    Raises
    ------
    InvalidArgument
        If m is outside 1..N.

    See Also
    --------
    sparsest_partition : The exact ρ_m of up to 16 views.
    spectral_clusters : A partition by k-means.

    References
    ----------
    Lee, Oveis Gharan and Trevisan 2014 [LGT]: λ_m/2 <= ρ_m.

    Examples
    --------
    >>> import popgraph as pg
    >>> from popgraph import partition_bounds
    >>> print(partition_bounds(pg.zoo.hypercube(3), m=2))
    0.375 <= rho_2 <= 0.375 (λ_2/2, and spectral clusters with 0 views moved)
    """
    graph, m = _read_m("partition_bounds(graph, m)", graph, m)
    closed_form = _in_closed_form(graph, m)
    if closed_form is not None:
        return PartitionBounds(closed_form.rho, closed_form.rho, closed_form, "in closed form")
    # Two tables of floats, of the parts' indicators and of F*.
    reserve(f"a table of {graph.N:,} views in {m:,} parts", 16.0 * graph.N * m, "use a smaller m")
    spectrum: Any = spectrum_of("partition_bounds(graph, m)", graph, m)
    # The indicators D^1/2 1_S of m disjoint parts of conductance ρ_m span m dimensions, on which the quadratic form of I - Ā is at
    # most 2 ρ_m [LGT]; by Courant and Fischer λ_m <= 2 ρ_m. An eigenvalue lies within its residual of the computed γ_m.
    largest_gamma = float(spectrum.gamma[-1]) + float(spectrum.residuals[-1]) + tolerance(spectrum.side)
    lower = max(0.0, (1.0 - min(1.0, largest_gamma)) / 2.0)
    labels, moved = _improved(graph, _spectral_start(graph, spectrum), m)
    partition = _renumbered(graph, labels, False)
    moves = f"{moved} view{'s' * (moved != 1)} moved"
    return PartitionBounds(lower, partition.rho, partition, f"λ_{m}/2, and spectral clusters with {moves}")


def _spectral_start(graph: ViewedPopulation, spectrum: Any) -> Ints:
    """Return spectral clusters, or equal runs of views along the second eigenvector where the rows of F* are too few."""
    m = spectrum.k
    try:
        parts = k_means(spectral_points(spectrum), graph.w_x, m, RESTARTS, np.random.default_rng(0))[0]
        return classes_in_order(parts)[1]
    except InvalidArgument:
        second = spectrum.eigenfunctions[:, min(1, m - 1)]
        order = np.argsort(second, kind="stable")
        labels = np.empty(graph.N, dtype=np.intp)
        for part, positions in enumerate(np.array_split(order, m)):
            labels[positions] = part
        return labels


def _improved(graph: ViewedPopulation, labels: Ints, m: int) -> tuple[Ints, int]:
    """Move one view after the other, each time the one that lowers the largest conductance most; and say how many."""
    own = self_weights(graph) if graph.N * m <= MAX_MOVE_ENTRIES else None
    if own is None:
        return labels, 0
    w_x, rows = graph.w_x, np.arange(graph.N)
    for move_count in range(MAX_MOVES):
        columns = indicators(labels, m)
        weights = touching(graph, columns)
        mass, inside = w_x @ columns, np.bincount(labels, weights[rows, labels], m)
        phi = 1.0 - inside / mass
        # What a move of view x makes of the part that it leaves, (N,), and of each part that it may join, (N, m).
        with np.errstate(divide="ignore", invalid="ignore"):
            phi_left = 1.0 - (inside[labels] - 2.0 * weights[rows, labels] + own) / (mass[labels] - w_x)
        phi_joined = 1.0 - (inside + 2.0 * weights + own[:, np.newaxis]) / (mass + w_x[:, np.newaxis])
        # The largest conductance of the parts that it neither leaves nor joins is among the three largest of all.
        phi_unchanged = np.full((graph.N, m), -np.inf)
        for part in np.argsort(-phi, kind="stable")[:3]:
            unchanged = (labels != part)[:, np.newaxis] & (np.arange(m) != part)
            phi_unchanged[unchanged] = np.maximum(phi_unchanged[unchanged], phi[part])
        largest = np.maximum(np.maximum(phi_left[:, np.newaxis], phi_joined), phi_unchanged)
        largest[rows, labels] = np.inf
        largest[columns.sum(axis=0)[labels] <= 1] = np.inf  # no part may become empty
        best_move = int(np.argmin(largest))
        if not largest.flat[best_move] < phi.max() * (1.0 - 1e-9):
            return labels, move_count
        labels = labels.copy()
        labels[best_move // m] = best_move % m
    return labels, MAX_MOVES
