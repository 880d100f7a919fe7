"""`Factors`: the graphs whose product is meant, equal ones counted once, and their spectra, samplers and moments."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from popgraph.basics.arguments import as_array
from popgraph.basics.arguments.outcomes import list_finite
from popgraph.basics.arguments.populations import refuse_two_kinds, satisfies
from popgraph.basics.arguments.tables import is_tensor
from popgraph.basics.arrays import Floats, Immutable, Ints, frozen
from popgraph.basics.protocols import Population
from popgraph.basics.words import did_you_mean, listing, shorten
from popgraph.errors import InvalidArgument
from popgraph.populations.graph import PopulationGraph
from popgraph.populations.sampling import PairSampler
from popgraph.spectrum import Spectrum
from popgraph.spectrum.product.levels import Levels
from popgraph.spectrum.product.solve import constant_first, levels_of

MAX_CELLS_COMPARED = (
    16  # views, or pairs of views, of a factor; above this a binary search is quicker than comparing with each
)
PAIRS_ASKED_FIRST = 16  # of a factor; a dense solver then tells all its eigenvalues too


@dataclass(frozen=True, eq=False)
class Factors(Immutable):
    """Hold the kinds of factors, and the kind of each coordinate (d,)."""

    kinds: tuple[PopulationGraph, ...]
    kind_of: Ints

    def same(self, other: "Factors") -> bool:
        """Whether these are the same graphs in the same order."""
        return self is other or (
            np.array_equal(self.kind_of, other.kind_of)
            and all(a is b or _equal(a, b) for a, b in zip(self.kinds, other.kinds, strict=True))
        )

    @property
    def d(self) -> int:
        """The number of coordinates."""
        return len(self.kind_of)

    @cached_property
    def copies(self) -> dict[int, int]:
        """How many coordinates are of each kind."""
        return dict(Counter(self.kind_of.tolist()))

    def product_of(self, numbers: Sequence[int]) -> int:
        """Multiply a number of each kind over all coordinates, exactly."""
        return math.prod(numbers[kind] ** count for kind, count in self.copies.items())

    @cached_property
    def sizes(self) -> Ints:
        """The number of views of each coordinate, (d,)."""
        return np.array([graph.N for graph in self.kinds])[self.kind_of]

    @cached_property
    def _solved(self) -> dict[tuple[int, int], Spectrum]:
        return {}

    def solved(self, kind: int, k: int) -> Spectrum:
        """Return the k leading pairs of a kind, solved once."""
        if (kind, k) not in self._solved:
            self._solved[kind, k] = self.kinds[kind].spectrum(k)
        return self._solved[kind, k]

    def levels(self, kind: int, times: int = 1) -> Levels:
        """Return the distinct leading eigenvalues of a kind; more of them for more `times`, where they are not all known."""
        return levels_of(self.solved(kind, self._few(kind, times)))

    def _few(self, kind: int, times: int = 1) -> int:
        """Return how many pairs of a kind are asked for."""
        graph = self.kinds[kind]
        return min(graph.N, times * max(PAIRS_ASKED_FIRST, graph.component_count + 1))

    def residual(self, kind: int, count: int) -> float:
        """Return the largest residual of the leading `count` pairs of a kind."""
        return float(self.solved(kind, max(count, self._few(kind))).residuals[:count].max())

    def functions(self, kind: int, count: int) -> Floats:
        """Return the leading eigenfunctions of a kind, (N, count or a few more), the constant 1 first."""
        graph = self.kinds[kind]
        if count <= 1:
            return np.ones((graph.N, 1))
        times = 1
        while (levels := self.levels(kind, times)).unlisted and sum(levels.counts) < count:
            times *= 2
        ends = np.cumsum(levels.counts)  # to the end of an eigenspace, whose basis then does not depend on the count
        end = int(ends[np.searchsorted(ends, count)])
        return constant_first(self.solved(kind, min(end, graph.N)), levels.counts[0])

    def gram(self, kind: int, A: Floats, B: Floats) -> tuple[Floats, Floats]:
        """Return E a(x) b(x) and E a(x) b(x⁺) of columns of tables (N, l) and (N, m) of functions of one coordinate."""
        graph = self.kinds[kind]
        total = float(graph.w_x.sum())
        root = np.sqrt(graph.w_x / total)[:, np.newaxis]
        FA, FB = root * A, root * B
        return FA.T @ FB, np.asarray((graph.factor @ FA).T @ (graph.factor @ FB))

    @cached_property
    def _samplers(self) -> tuple[PairSampler, ...]:
        return tuple(PairSampler(graph.p, graph.kernel) for graph in self.kinds)

    def _draw(self, kind: int, size: int, pairs: bool, generator: np.random.Generator) -> Any:
        """Draw positions of one kind, (1 or 2, size)."""
        graph, sampler = self.kinds[kind], self._samplers[kind]
        if graph.N ** (1 + pairs) > MAX_CELLS_COMPARED:
            drawn: Any = sampler.pairs(size, generator).T if pairs else sampler.views(size, generator)[np.newaxis]
            return drawn
        # One number decides about both views of a pair, and a few comparisons are quicker than a search.
        law = graph.w.ravel() if pairs else graph.w_x
        below = np.cumsum(law)[:-1] / law.sum()
        number, cell = generator.random(size), np.zeros(size, dtype=np.int8)
        for edge in below:
            cell += number >= edge
        return np.stack(np.divmod(cell, np.int8(graph.N))) if pairs else cell[np.newaxis]

    def sample(self, size: Any, pairs: bool, generator: np.random.Generator) -> NDArray[np.int32]:
        """Draw views, or positive pairs, as an array (size, 1 or 2, d) of positions."""
        drawn = np.empty((int(size), 1 + pairs, self.d), dtype=np.int32)
        for kind, copies in self.copies.items():
            at = slice(None) if copies == self.d else np.flatnonzero(self.kind_of == kind)
            for i, column in enumerate(self._draw(kind, int(size) * copies, pairs, generator)):
                drawn[:, i, at] = column.reshape(int(size), copies)
        return drawn

    @cached_property
    def _index(self) -> tuple[dict[Any, int], ...]:
        return tuple({view: i for i, view in enumerate(graph.views)} for graph in self.kinds)

    def positions(self, views: Any) -> Ints:
        """Return views, given as an (m, d) array of positions or a sequence of tuples of outcomes, as positions (m, d)."""
        if hasattr(views, "__array__") or is_tensor(views):
            views = as_array("views", views)
            if views.ndim != 2 or views.shape[1] != self.d or views.dtype.kind not in "iub":
                raise InvalidArgument(
                    f"views is an array of {views.dtype} of shape {views.shape}; positions are whole numbers (m, {self.d})"
                )
            positions: Any = views.astype(np.intp) if views.dtype.kind in "bu" else views
            outside = (positions.min(axis=0, initial=0) < 0) | (positions.max(axis=0, initial=0) >= self.sizes)
            if outside.any():
                bad = np.argwhere((positions < 0) | (positions >= self.sizes))
                i, j = bad[0].tolist()
                raise InvalidArgument(
                    f"{len(bad)} positions are out of range, first view {i} in coordinate {j}: {positions[i, j]} is not in "
                    f"0..{self.sizes[j] - 1}"
                )
            return np.asarray(positions)
        rows = []
        for i, view in enumerate(list_finite(views, "the views")):
            if not isinstance(view, tuple) or len(view) != self.d:
                raise InvalidArgument(
                    f"view {i} is {shorten(view)}; a view of the product is a tuple of {self.d} outcomes"
                )
            try:
                rows.append([self._index[kind][x] for kind, x in zip(self.kind_of.tolist(), view, strict=True)])
            except (KeyError, TypeError):
                unknown = [
                    (j, x, kind)
                    for j, (kind, x) in enumerate(zip(self.kind_of.tolist(), view, strict=True))
                    if not _is_in(x, self._index[kind])
                ]
                named = listing([f"{shorten(x)} in coordinate {j}" for j, x, _ in unknown])
                meant = did_you_mean([unknown[0][1]], self._index[unknown[0][2]])
                raise InvalidArgument(
                    f"view {i} has outcomes that are no views of their factors: {named}{meant}"
                ) from None
        return np.array(rows, dtype=np.intp).reshape(len(rows), self.d)

    def outcomes(self, positions: Any) -> list[tuple[Any, ...]]:
        """Return views, given as positions (m, d), as tuples of outcomes."""
        rows = self.positions(positions).tolist()
        views = [graph.views for graph in self.kinds]
        kinds = self.kind_of.tolist()
        return [tuple(views[kind][i] for kind, i in zip(kinds, row, strict=True)) for row in rows]


def _is_in(x: Any, index: dict[Any, int]) -> bool:
    """Whether an outcome, hashable or not, is a key."""
    try:
        return x in index
    except TypeError:
        return False


def read_factors(graphs: Any) -> Factors:
    """Group graphs by kind, where graphs with the same outcomes, p and A are of one kind.

    Raises InvalidArgument if they are not a sequence of at least one PopulationGraph.
    """
    try:
        listed = list(graphs)
    except TypeError:
        raise InvalidArgument(
            f"product() takes a list of PopulationGraphs, one a coordinate; got {shorten(graphs)}"
        ) from None
    kinds: list[PopulationGraph] = []
    known: dict[int, int] = {}  # by identity, so that a thousand references cost a thousand look-ups
    kind_of = []
    for j, graph in enumerate(listed):
        read_factor(f"factor {j}", graph, "build it with popgraph.build")
        if id(graph) not in known:
            alike = [kind for kind, other in enumerate(kinds) if _equal(graph, other)]
            known[id(graph)] = alike[0] if alike else len(kinds)
            kinds += [] if alike else [graph]
        kind_of.append(known[id(graph)])
    if not listed:
        raise InvalidArgument("product() needs at least one factor; got an empty list")
    return Factors(tuple(kinds), frozen(np.array(kind_of, dtype=np.intp)))


def read_factor(name: str, graph: Any, otherwise: str) -> None:
    """Refuse a factor that is no PopulationGraph, with a way to make it one."""
    if isinstance(graph, PopulationGraph):
        if graph.known is not None:
            raise InvalidArgument(
                f"{name} has labels in it, {graph.known!r}, and the pairs of a product are views of one natural; call .expand() on "
                "the product of the graphs without labels, and with_labels on that"
            )
        return
    refuse_two_kinds(name, graph, place="as a factor")
    mend = "use its .expand()" if satisfies(graph, Population) else otherwise
    if isinstance(getattr(graph, "factor_kinds", None), Factors) and not isinstance(graph, type):
        mend = "list its factors, which are product.factors, in its place"
    raise InvalidArgument(f"{name} is {shorten(graph)}, not a PopulationGraph; {mend}")


def _equal(graph: PopulationGraph, other: PopulationGraph) -> bool:
    """Whether two graphs have the same outcomes and the same arrays, bit by bit."""
    A, B = graph.kernel, other.kernel
    return (
        A.shape == B.shape
        and A.nnz == B.nnz
        and graph.is_exact == other.is_exact
        and all(
            np.array_equal(a, b)
            for a, b in [(graph.p, other.p), (A.data, B.data), (A.indices, B.indices), (A.indptr, B.indptr)]
        )
        and list(graph.naturals) == list(other.naturals)
        and list(graph.views) == list(other.views)
    )
