"""Zero wrong verdicts at every size and on every route: `verify` on pairs (graph, f) whose true angle is known beyond float64.

Run by `python tests/benchmarks/verdicts.py`. The populations' eigenvectors are closed forms of the very floats p and A
(`tests/closed_forms.py`); the angle of an f is that of the very floats handed in (`tests/true_angles.py`). So a yes is wrong if
that angle exceeds atol, and DIFFERENT is wrong if it does not, whatever the condition of f and however narrow the gap. UNDECIDED
is never wrong; it is counted by the condition of f, and is needless where the problem is easy: gaps of at least 1e-6, a condition
of at most 1e6, at most 100,000 views, and an angle that is not within a tenth of atol. Eigenvalues within `Spectrum.tolerance`
count as equal, as its documentation says: a degenerate yes there, to an f that takes the wrong one, is counted as a tie.
"""

import signal
import sys
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cache, cached_property
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))  # `tests`, where this is run as a script

import popgraph as pg
from popgraph.errors import NotConverged, TooLarge
from popgraph.populations.structure import LowDegree, mixture
from popgraph.verification.match import Status
from tests import closed_forms as forms
from tests.true_angles import EPS, Extended, Span, angle, span_of

ATOL = 1e-6
BAND = 1e-3  # of atol: so near to it that either answer is right if rounding p, A or f once could turn f over it
EASY_GAP, EASY_CONDITION, EASY_VIEWS, EASY_DISTANCE = 1e-6, 1e6, 100_000, 0.1
WIDEST = 40  # eigenvectors that a cut may ask for, the whole of its eigenspaces included
FAULTS_SHOWN = 12  # of each route
SECONDS = 120  # that one solve or one verdict may take
YES = {
    (False, False): Status.MATCH,
    (False, True): Status.MATCH_DEGENERATE,
    (True, False): Status.CONTAINS,
    (True, True): Status.CONTAINS_DEGENERATE,
}
ANGLES = [0.0, 0.0, 0.0, 0.3 * ATOL, 0.99 * ATOL, ATOL, 1.01 * ATOL, 3 * ATOL, 3 * ATOL, 1e-4, 0.1, np.pi / 2]


# --- a population, and how it is asked


@dataclass(frozen=True, eq=False)
class Place:
    """A population in closed form, with the graph made of it, and the way in which that finds its spectrum."""

    known: Any  # gamma, N, V(k), exact_w_x; at(k) and run(k)
    graph: Any
    ask: Callable[..., Any] = pg.verify
    k: int = 0  # the k to ask about, if only one is of interest
    tops: Any = None  # the component of each view, where k <= components is asked about
    handed: Callable[[Any], Any] = lambda f: f  # what verify takes instead of an array

    @cached_property
    def root(self) -> Any:
        return np.sqrt(self.known.exact_w_x)

    @cached_property
    def vectors(self) -> Any:
        """Enough eigenvectors for every cut that is asked for, and for what lies below."""
        return self.known.V(min(len(self.known.gamma), WIDEST + 4), dtype=Extended)

    @cached_property
    def cuts(self) -> list[int]:
        """The k that can be judged: few eigenvectors, and no others as near to them as the rounding of closed forms."""
        if self.k:
            return [self.k]
        gamma = self.known.gamma[: WIDEST + 1]
        narrow = -np.diff(gamma)
        clear = (narrow == 0) | (narrow > 16 * EPS)
        ks = range(1, min(len(gamma), WIDEST if self.tops is None else int(self.tops.max()) + 1) + 1)
        runs = {k: self.known.run(k) for k in ks}
        return [
            k
            for k, (above, upto) in runs.items()
            if upto < min(len(gamma), WIDEST) and (k <= 12 or above < k <= above + 12) and clear[: upto + 1].all()
        ]

    @property
    def shared(self) -> int:
        """How many pairs the spectrum has that is handed to many verdicts: those of the smaller cuts, to the end of a run."""
        return self.known.run(max(self.cuts[:8]))[1]

    def gap(self, k: int) -> float:
        """The distance of the eigenvalues that f must hold, or may, from those that it must not."""
        above, upto = self.known.run(k)
        below = self.known.at(upto) - self.known.at(upto + 1)
        return float(min(below, self.known.at(above) - self.known.at(k)) if above and upto > k else below)


def solved_once(graph: Any, **more: Any) -> Any:
    """Let all verdicts about a graph share its solves, which are deterministic."""
    solve = graph.spectrum
    graph.__dict__["spectrum"] = cache(lambda k: solve(k, **more))
    return graph


def listed(known: Any, **more: Any) -> Place:
    graph = solved_once(known.graph(), **more)
    return Place(known, graph)


# --- embeddings


@dataclass(frozen=True, eq=False)
class Pair:
    """An f (N, d) of floats and the k to ask about; `columns` of it are independent, and span what all of them do."""

    f: Any
    k: int
    columns: int
    kind: str


def orthogonal(rng: Any, size: int) -> Any:
    return np.linalg.qr(rng.standard_normal((size, size)))[0].astype(Extended)


def mixing(rng: Any, size: int, worst: float) -> Any:
    """An invertible matrix, its condition 1 to 10^worst."""
    condition = 10.0 ** rng.uniform(0, worst)
    return (orthogonal(rng, size) * np.geomspace(1, 1 / condition, size)) @ orthogonal(rng, size)


def embedding(place: Place, F: Any, B: Any) -> Any:
    """F B / √w_x, rounded once."""
    return np.asarray((F @ B) / place.root[:, np.newaxis], dtype=np.float64)


def members(rng: Any, place: Place, k: int) -> tuple[Any, Any, Any]:
    """A basis of one F*, what of its family it leaves, and some of what lies below: eigenvectors, or a random direction."""
    above, upto = place.known.run(k)
    family = place.vectors[:, above:upto] @ orthogonal(rng, upto - above)
    F = np.concatenate([place.vectors[:, :above], family[:, : k - above]], axis=1)
    below = place.vectors[:, upto : upto + 3]
    if rng.random() < 0.3 or not below.shape[1]:
        whole = place.vectors[:, :upto]
        noise = rng.standard_normal((len(F), 1)).astype(Extended)
        for _ in range(2):
            noise = noise - whole @ (whole.T @ noise)
        below = noise / np.sqrt(np.sum(noise**2))
    return F, family[:, k - above :], below


def turned(rng: Any, F: Any, out: Any, by: float) -> Any:
    """F with one of its directions turned by this angle to a random one of `out`; any basis of F."""
    to = out @ orthogonal(rng, out.shape[1])[:, :1]
    F = F @ orthogonal(rng, F.shape[1])
    F[:, :1] = np.cos(Extended(by)) * F[:, :1] + np.sin(Extended(by)) * to
    return F


def spans(rng: Any, place: Place, k: int, worst: float = 12.0) -> Pair:
    """F* times an invertible matrix, turned out of its space by 0, by about atol, or by much."""
    F, _, below = members(rng, place, k)
    F = turned(rng, F, below, float(rng.choice(ANGLES)))
    f = embedding(place, F, mixing(rng, k, worst) * Extended(10) ** float(rng.choice([0, 0, -30, 30, 100])))
    return Pair(f, k, k, "turned")


def well_conditioned(rng: Any, place: Place, k: int) -> Pair:
    """The same, easy to decide."""
    return replace(spans(rng, place, k, 3.0), kind="turned, cond(Q) to 1e3")


def swapped(rng: Any, place: Place, k: int) -> Pair | None:
    """The next eigenvector in the place of the last, wholly or in part."""
    _, upto = place.known.run(k)
    if upto >= len(place.known.gamma):
        return None
    F, _, _ = members(rng, place, k)
    by = Extended(rng.choice([np.pi / 2, np.pi / 2, 1e-3, 3 * ATOL, 0.3 * ATOL]))
    F[:, -1:] = np.cos(by) * F[:, -1:] + np.sin(by) * place.vectors[:, upto : upto + 1]
    return Pair(embedding(place, F, mixing(rng, k, 3.0)), k, k, "last one swapped")


def lost(rng: Any, place: Place, k: int) -> Pair | None:
    """At a degenerate cut, a direction above it turned to one of the family that f does not hold yet."""
    above, _ = place.known.run(k)
    F, left, _ = members(rng, place, k)
    if not above or not left.shape[1]:
        return None
    F[:, :above] = turned(rng, F[:, :above], left, float(rng.choice(ANGLES)))
    return Pair(embedding(place, F, mixing(rng, k, 8.0)), k, k, "one above lost")


def wide(rng: Any, place: Place, k: int) -> Pair:
    """More columns than k: F*, turned or not, beside directions below; at times columns that others are multiples of."""
    F, _, below = members(rng, place, k)
    beside = rng.standard_normal((len(F), int(rng.integers(1, 4)))) * place.root[:, np.newaxis]
    if (by := float(rng.choice(ANGLES))) > 0:
        F = turned(rng, F, below, by)
    d = k + beside.shape[1]
    f = embedding(place, np.concatenate([F, beside], axis=1), mixing(rng, d, 8.0))
    if rng.random() < 0.4:
        f = np.concatenate([f, -2 * f[:, :2], np.zeros((len(f), 1))], axis=1)
    return Pair(f, k, d, "wider than k")


def single(rng: Any, place: Place, k: int) -> Pair:
    """Rounded to float32, as networks keep it."""
    F, _, _ = members(rng, place, k)
    f = embedding(place, F, mixing(rng, k, 6.0)).astype(np.float32)
    return Pair(f, k, k, "float32")


def centred(rng: Any, place: Place, k: int) -> Pair | None:
    """The eigenvectors without the constant, as centred losses leave them."""
    if place.known.at(2) == 1 or place.vectors.shape[1] <= k:
        return None
    return Pair(embedding(place, place.vectors[:, 1 : k + 1], mixing(rng, k, 3.0)), k, k, "centred")


def collapsed(rng: Any, place: Place, k: int) -> Pair | None:
    """Columns that are exact multiples of others, or 0."""
    if k < 2:
        return None
    rank = int(rng.integers(1, k))
    F, _, _ = members(rng, place, k)
    f = embedding(place, F[:, :rank], mixing(rng, rank, 6.0))
    more = f[:, rng.integers(0, rank, k - rank)] * rng.choice([1.0, -2.0, 0.0, 0.5], k - rank)
    return Pair(np.concatenate([f, more], axis=1), k, rank, "collapsed")


def rows_of_all_sizes(rng: Any, place: Place, k: int) -> Pair:
    """Rows over 12 orders of magnitude, whatever they span; or F* with a few views that it forgot."""
    sizes = 10.0 ** -rng.uniform(0, 12, (len(place.root), 1))
    if rng.random() < 0.5:
        return Pair(rng.standard_normal((len(sizes), k)) * sizes, k, k, "rows over 12 orders")
    F, _, _ = members(rng, place, k)
    f = embedding(place, F, mixing(rng, k, 3.0))
    f[rng.integers(0, len(f), 2)] *= 10.0 ** -rng.uniform(0, 12)
    return Pair(f, k, k, "rows over 12 orders")


def constant_on_components(rng: Any, place: Place, k: int) -> Pair | None:
    """One vector for each component, so that rounding turns nothing: f is in the span of the tops, whatever its condition."""
    if place.tops is None or k > (parts := int(place.tops.max()) + 1):
        return None
    vectors = (orthogonal(rng, parts)[:, :k] @ mixing(rng, k, 12.0)).astype(np.float64)
    return Pair(vectors[place.tops], k, k, "constant on components")


KINDS = (
    spans,
    spans,
    well_conditioned,
    swapped,
    lost,
    wide,
    single,
    centred,
    collapsed,
    rows_of_all_sizes,
    constant_on_components,
)


# --- what is right


@dataclass(frozen=True)
class Truth:
    """What is right about a pair, and how hard it is to find."""

    right: frozenset[Status]
    tie: bool  # whether a degenerate yes is right only as eigenvalues within `tolerance` count as equal
    angle: float
    gap: float
    condition: float
    easy: bool


def truth_of(place: Place, pair: Pair) -> Truth:
    """Derive the verdicts that are right from the true angle."""
    known, k, N = place.known, pair.k, place.known.N
    above, upto = known.run(k)
    span = span_of(pair.f[:, : pair.columns], place.root)
    gap = place.gap(k)
    easy = gap >= EASY_GAP and span.condition <= EASY_CONDITION and N <= EASY_VIEWS
    if pair.columns < k:
        return Truth(frozenset({Status.COLLAPSED, Status.UNDECIDED}), False, np.pi / 2, gap, span.condition, easy)
    true = angle(span, place.vectors, above, upto, k)
    wide = pair.f.shape[1] > k
    right = {Status.UNDECIDED}
    reach = span.error + min(BAND * ATOL, 4 * EPS * (span.condition + 1 / gap))
    right |= {YES[wide, upto > k]} if true <= ATOL + reach else set()
    right |= {Status.DIFFERENT} if true > ATOL - reach else set()
    if span.condition * 4 * EPS * np.sqrt(pair.columns) >= 1:  # rounding the floats once more could take a column away
        right |= {Status.COLLAPSED}
    tie = not (upto > k) or Status.DIFFERENT in right
    tie = tie and _as_a_tie(place, span, k) <= ATOL + reach
    if tie and YES[wide, True] not in right:
        right |= {YES[wide, True]}
    else:
        tie = False
    return Truth(frozenset(right), tie, true, gap, span.condition, easy and abs(true - ATOL) > EASY_DISTANCE * ATOL)


def _as_a_tie(place: Place, span: Span, k: int) -> float:
    """The least angle where eigenvalues near γ_k, within twice the documented tolerance, may count as equal to it."""
    gamma, here = place.known.gamma[: place.vectors.shape[1]], place.known.at(k)
    n = getattr(place.graph, "n", place.known.N)
    tolerance = 2 * 8 * max(min(n, place.known.N), 16) * EPS
    away = np.unique(np.abs(gamma - here))
    runs = {(int(np.sum(gamma > here + t)), int(np.sum(gamma >= here - t))) for t in away[away <= tolerance]}
    runs = {run for run in runs if run[1] > k} - {place.known.run(k)}
    return min((angle(span, place.vectors, *run, k) for run in runs), default=np.inf)


# --- populations of every route


def ring(rng: Any, n: int) -> Any:
    """A circulant of far steps, whose leading eigenvalues are well below 1; some of its steps leave exact or near ties."""
    far = {int(step): 0.1 for step in rng.choice(np.arange(2, n - 1), 4, replace=False)}
    return forms.circulant(n, {0: 0.4, 1: 0.2, **far})


def flips_of(rng: Any, d: int) -> list[float]:
    """Flip probabilities of a cube: distinct, or with exact ties, or with ties of 1e-3 to 1e-14."""
    flips = (rng.uniform(0.2, 0.9, d) / d).tolist()
    tie = rng.integers(4)
    if tie == 1:
        flips[1] = flips[0]
        flips[3] = flips[2]
    elif tie >= 2:
        flips = sorted(flips)
        flips[1] = flips[0] + float(10.0 ** -rng.uniform(3, 14)) / 4
        if tie == 3:
            flips[2] = flips[0]
    return flips


def tops_of(rng: Any) -> list[tuple[float, int]]:
    """Eigenvalues from 0.95 down with multiplicities; most far apart, some 1e-3 to 1e-14."""
    value, tops = float(rng.uniform(0.6, 0.95)), []
    for _ in range(int(rng.integers(2, 7))):
        tops.append((value, int(rng.choice([1, 1, 2, 3]))))
        value -= float(10.0 ** -rng.uniform(3, 14) if rng.random() < 0.4 else rng.uniform(0.01, 0.1))
    return tops


def tree(rng: Any, leaves: int) -> Any:
    return forms.planted(tops_of(rng), leaves, rng, skew=float(rng.choice([0.0, 0.0, 3.0, 6.0, 12.0])), low=0.4)


def masses_of(rng: Any, count: int) -> Any:
    masses = rng.dirichlet(np.full(count, 2.0)) * 10.0 ** -rng.integers(0, rng.choice([1, 1, 12]), count)
    return masses / masses.sum()


def one_of(rng: Any, low: int, high: int) -> Any:
    """A connected population of some `low` to `high` views, shuffled."""
    n, d = int(rng.integers(low, high)), int(np.ceil(np.log2(low)))
    match rng.integers(6):
        case 0 | 1:
            known = tree(rng, n)
        case 2:
            known = forms.cube_walk(flips_of(rng, d))
        case 3:
            known = ring(rng, n)
        case 4:
            known = forms.with_hub(forms.cube_walk(flips_of(rng, d)), float(rng.choice([0.01, 0.3])))
        case _:
            small = forms.circulant(7, {0: 0.75, 1: 0.125, 3: 0.125})
            known = forms.product(forms.cube_walk(flips_of(rng, d - 2)), small)
    return known.shuffled(rng)


def iterative(rng: Any) -> Place:
    """Smaller side above 800, one component or two; k is small."""
    known = one_of(rng, 900, 2500)
    if rng.random() < 0.2:
        other = forms.cube_walk(flips_of(rng, 10))
        known = forms.union([other, ring(rng, 901)], masses_of(rng, 2)).shuffled(rng)
    return listed(known, solver="iterative")


def chosen(rng: Any) -> Place:
    """The same sizes, by the solver that the policy chooses."""
    return listed(one_of(rng, 900, 2500))


def dense(rng: Any) -> Place:
    return listed(one_of(rng, 300, 1200), solver="dense")


def closed_form(rng: Any, low: int = 900, high: int = 20_000) -> Place:
    """Up to 20 components, of masses over 12 orders, and k at most as many."""
    count, views = int(rng.integers(2, 21)), int(rng.integers(low, high))
    size = max(3, views // count)
    parts = [ring(rng, int(rng.integers(max(5, size // 2), size + 6))) for _ in range(count)]
    parts = [replace(part, gamma=part.gamma[:2]) for part in parts]  # no more is asked for
    known = forms.union(parts, masses_of(rng, count))
    order, rows = rng.permutation(known.N), rng.permutation(known.N)
    owner = np.repeat(np.arange(count), [part.N for part in parts])
    A = known.A[rows][:, order]
    A.sort_indices()
    of = known.of
    known = replace(known, p=known.p[rows], A=A, of=lambda ids, dtype=np.float64: of(ids, dtype)[order])
    first = {c: i for i, c in enumerate(dict.fromkeys(owner[order].tolist()))}
    return replace(listed(known), tops=np.array([first[c] for c in owner[order].tolist()]))


def batched(rng: Any) -> Place:
    """Many components of one shape, solved together."""
    size, count = int(rng.integers(40, 120)), int(rng.integers(8, 21))
    kinds = [forms.circulant(size, {0: 0.5, 1: 0.3, int(rng.integers(2, size)): 0.2}) for _ in range(3)]
    parts = [kinds[i] for i in rng.integers(0, 3, count)]
    return listed(forms.union(parts, masses_of(rng, count)).shuffled(rng))


def symmetry(rng: Any) -> Place:
    """A declared group: the shifts of a ring, or the flips of a cube."""
    if rng.random() < 0.5:
        n = int(rng.integers(900, 2500))
        known, moves = ring(rng, n), [(np.arange(n) + 1) % n]
    else:
        d = int(rng.integers(10, 12))
        known, moves = forms.cube_walk(flips_of(rng, d)), [np.arange(2**d) ^ (1 << i) for i in range(d)]
    return Place(known, solved_once(known.graph().with_symmetry([(move, move) for move in moves])))


def bits(rng: Any, d: int) -> list[Any]:
    """Bits flipped with probabilities that are multiples of 2^-50, some of them tied."""
    flips = np.sort(rng.uniform(0.05, 0.45, d))
    if rng.random() < 0.5:
        flips[1] = flips[0]
    elif rng.random() < 0.5:
        flips[1] = flips[0] + 10.0 ** -rng.uniform(3, 14)
    flips = np.round(flips * 2.0**50) / 2.0**50
    return [forms.circulant(2, {0: 1 - float(q), 1: float(q)}) for q in flips]


def joined(factors: list[Any]) -> Any:
    known = factors[0]
    for factor in factors[1:]:
        known = forms.product(known, factor)
    return replace(known, name=f"product of {len(factors)} bits")


def of_mixture(rng: Any, solver: str, low: int, high: int) -> Place:
    """A mixture of classes that are one product, so that it is that product; its Ā is known by its products alone."""
    factors = bits(rng, int(rng.integers(low, high)))
    graphs = [factor.graph() for factor in factors]
    graph = mixture({0: 0.25, 1: 0.75}, {0: graphs, 1: graphs})
    return Place(joined(factors), solved_once(graph, solver=solver))


def factored(rng: Any) -> Place:
    """A listed product, which is told by its arrays alone and solved by its factors."""
    factors = bits(rng, int(rng.integers(9, 12)))
    graph = pg.product([factor.graph() for factor in factors]).expand()
    assert graph.grid is not None
    known = joined(factors)
    order = np.ravel_multi_index(np.array(graph.views).T, [2] * len(factors))
    return Place(replace(known, A=known.A[:, order], of=_reordered(known.of, order)), solved_once(graph))


def _reordered(of: Any, order: Any) -> Any:
    return lambda ids, dtype=np.float64: of(ids, dtype)[order]


@dataclass(frozen=True, eq=False)
class Coordinates:
    """The leading eigenfunctions of a product of bits as coordinates: f is what its weights are."""

    gamma: Any
    name = "product of bits"
    at = forms.ClosedForm.at
    run = forms.ClosedForm.run

    @property
    def N(self) -> int:
        return len(self.gamma)

    @property
    def exact_w_x(self) -> Any:
        return np.ones(len(self.gamma), dtype=Extended)

    def V(self, k: int, dtype: Any = np.float64) -> Any:
        return np.eye(len(self.gamma), k, dtype=dtype)


def product(rng: Any) -> Place:
    """A product of 10 to 1,000 bits, never listed; f is a sum of products of signs of single bits."""
    strong, d = bits(rng, 6), int(rng.choice([10, 30, 1000]))
    graphs = [bit.graph() for bit in strong] + [forms.circulant(2, {0: 0.53125, 1: 0.46875}).graph()] * (d - 6)
    graph = pg.product(graphs)
    known = joined(strong)
    sets = [np.flatnonzero([s >> i & 1 for i in range(5, -1, -1)]) for s in range(64)]
    values = [np.prod([bit.gamma[1] for bit in np.array(strong, dtype=object)[s]] or [1.0]) for s in sets]
    order = np.argsort(-np.array(values), kind="stable")
    leading = int(np.sum(known.gamma > 0.02))
    terms = [sets[i] for i in order[:leading]]
    coordinates = Coordinates(known.gamma[:leading])

    def handed(f: Any) -> Any:
        return LowDegree.of(graph, [(w, {int(j): [1.0, -1.0] for j in s}) for w, s in zip(f, terms, strict=True)])

    return Place(coordinates, graph, ask=_alone, handed=handed)


_CLIENT: list[Any] = []


def on_dask(rng: Any) -> Place:
    """Blocks of rows on a cluster within this process."""
    from distributed import Client

    if not _CLIENT:
        here = {"processes": False, "n_workers": 1, "threads_per_worker": 1, "dashboard_address": ":0"}
        _CLIENT.append(Client(**here, set_as_default=False))
    known = tree(rng, 1200).shuffled(rng) if rng.random() < 0.7 else forms.cube_walk(flips_of(rng, 10)).shuffled(rng)
    half = [slice(0, len(known.p) // 2), slice(len(known.p) // 2, None)]
    graph = pg.dask.from_blocks(lambda i: (known.p[half[i]], known.A[half[i]]), 2, client=_CLIENT[0])
    return Place(known, solved_once(graph, solver="blocks"))


def closed_form_large(rng: Any) -> Place:
    return closed_form(rng, 100_000, 1_000_000)


def iterative_large(rng: Any) -> Place:
    """100,000 to 300,000 views: a tree, or a cube of 17 bits."""
    leaves = int(rng.integers(100_000, 300_000))
    return listed(forms.cube_walk(flips_of(rng, 17)) if rng.random() < 0.3 else tree(rng, leaves))


def asked(draw: Callable[[Any], Place], each: int) -> Callable[[Any], Iterator[tuple[Place, Pair, Truth]]]:
    """So many pairs of one population, of kinds and at cuts drawn at random."""

    def pairs(rng: Any) -> Iterator[tuple[Place, Pair, Truth]]:
        place = draw(rng)
        for _ in range(each if place.cuts else 0):
            ks = place.cuts[: 8 if rng.random() < 0.8 else WIDEST]  # many eigenvectors are not often what is hard
            pair = KINDS[int(rng.integers(len(KINDS)))](rng, place, int(rng.choice(ks)))
            if pair is not None:
                yield place, pair, truth_of(place, pair)

    return pairs


def above_the_rank(rng: Any) -> Iterator[tuple[Place, Pair, Truth]]:
    """A = Z C of few rows C, in multiples of 2^-30: its rank is known, and k exceeds it."""
    rank, n, N = int(rng.integers(2, 6)), int(rng.integers(900, 1300)), int(rng.integers(900, 1300))
    Z = rng.multinomial(2**10, rng.dirichlet(np.ones(rank), n)) / 2.0**10
    C = rng.multinomial(2**20, rng.dirichlet(np.ones(N), rank)) / 2.0**20
    C = C[:, C.any(axis=0)]
    graph = solved_once(pg.build(np.full(n, 1 / n), Z @ C))
    place = Place(SimpleNamespace(name=f"rank {rank}", N=C.shape[1]), graph, ask=_alone)
    right = frozenset({Status.RANK_EXCEEDED, Status.UNDECIDED})
    for _ in range(10):
        k = rank + int(rng.integers(1, 4))
        f = rng.standard_normal((C.shape[1], k + int(rng.integers(2))))
        yield place, Pair(f, k, f.shape[1], "above the rank"), Truth(right, False, np.pi / 2, 0.0, 1.0, True)


def _alone(graph: Any, f: Any, k: int, **more: Any) -> Any:
    return pg.verify(graph, f, k)


def rank_of(rows: list[list[Fraction]]) -> int:
    """The rank of a matrix of fractions, by elimination."""
    rows, rank = [list(row) for row in rows], 0
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((i for i in range(rank, len(rows)) if rows[i][column]), None)
        if pivot is None:
            continue
        rows[rank], rows[pivot] = rows[pivot], rows[rank]
        for i in range(rank + 1, len(rows)):
            share = rows[i][column] / rows[rank][column]
            rows[i] = [a - share * b for a, b in zip(rows[i], rows[rank], strict=True)]
        rank += 1
    return rank


def in_fractions(rng: Any) -> Iterator[tuple[Place, Pair, Truth]]:
    """A cube of 2 to 4 bits in fractions, f = SC with S its characters: C says whether f is F*, at any gap, turned by any angle."""
    d = int(rng.integers(2, 5))
    flips = [Fraction(int(a), 64) for a in rng.integers(1, 32 // d + 1, d)]
    flips[0] += Fraction(int(rng.integers(-1, 2)), 10 ** int(rng.integers(3, 30)))
    size = 2**d
    kernel = {x: {x ^ (1 << i): q for i, q in enumerate(flips)} | {x: 1 - sum(flips)} for x in range(size)}
    exact = pg.build({x: Fraction(1, size) for x in range(size)}, kernel).exact()
    place = Place(SimpleNamespace(name=f"cube of {d} bits in fractions", N=size), exact, ask=_of_fractions)
    gammas = [(1 - 2 * sum(q for i, q in enumerate(flips) if s >> i & 1)) ** 2 for s in range(size)]
    order = sorted(range(size), key=lambda s: -gammas[s])
    for _ in range(10):
        k = int(rng.integers(1, size))
        least = gammas[order[k - 1]]
        C = [[Fraction(0)] * k for _ in range(size)]
        for place_of, s in enumerate(order[:k]):
            C[s] = [Fraction(int(a)) for a in rng.integers(-3, 4, k)]
            C[s][place_of] += int(rng.integers(5, 9))
        if rng.random() < 0.5:
            C[order[int(rng.integers(size))]][int(rng.integers(k))] += Fraction(1, 10 ** int(rng.integers(0, 40)))
        inside = not any(any(C[s]) for s in range(size) if gammas[s] < least)
        above = sum(gamma > least for gamma in gammas)
        holds = rank_of([C[s] for s in range(size) if gammas[s] <= least]) == k - above
        matches = least > 0 and rank_of(C) == k and inside and holds
        signs = [[(-1) ** (s & x).bit_count() for s in range(size)] for x in range(size)]
        f = [[sum((a * C[s][j] for s, a in enumerate(row)), Fraction(0)) for j in range(k)] for row in signs]
        right = frozenset({Status.MATCH if matches else Status.DIFFERENT})
        yield place, Pair(f, k, k, "in fractions"), Truth(right, False, np.nan, 0.0, 1.0, False)


@dataclass(frozen=True)
class No:
    """An exact answer, in the words of a `Match`."""

    status: Status
    reason: str
    largest_angle = uncertainty = 0.0
    matches = False

    def __bool__(self) -> bool:
        return self.matches


class Yes(No):
    """The other one."""

    matches = True


def _of_fractions(exact: Any, f: Any, k: int, **more: Any) -> Any:
    match = exact.verify(dict(enumerate(f)), k)
    return Yes(Status.MATCH, match.reason) if match else No(Status.DIFFERENT, match.reason)


ROUTES: dict[str, tuple[Callable[[Any], Iterator[tuple[Place, Pair, Truth]]], float]] = {  # and its share of pairs
    "iterative": (asked(iterative, 160), 1.0),
    "chosen by the policy": (asked(chosen, 50), 0.1),
    "dense": (asked(dense, 50), 0.1),
    "closed form": (asked(closed_form, 25), 0.1),
    "batched": (asked(batched, 25), 0.05),
    "symmetric": (asked(symmetry, 40), 0.05),
    "factored": (asked(factored, 40), 0.04),
    "product": (asked(product, 20), 0.1),
    "mixture": (asked(lambda rng: of_mixture(rng, "dense", 6, 9), 25), 0.05),
    "operator": (asked(lambda rng: of_mixture(rng, "iterative", 10, 12), 50), 0.05),
    "dask": (asked(on_dask, 50), 0.01),
    "above the rank": (above_the_rank, 0.02),
    "exact": (in_fractions, 0.1),
}
LARGE = {
    "iterative, N >= 100,000": (asked(iterative_large, 25), 0.7),
    "closed form, N >= 100,000": (asked(closed_form_large, 10), 0.3),
}


# --- the campaign


NEEDS = {"dask": "distributed", "exact": "flint"}


class Slow(Exception):
    """A solve or a verdict took too long."""


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Give up after so long, where the system has alarms."""

    def stop(*_: Any) -> None:
        raise Slow(f"not finished after {seconds} s")

    if not hasattr(signal, "SIGALRM"):
        yield
        return
    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@dataclass
class Tally:
    """What became of each route's pairs."""

    counts: dict[str, Counter] = field(default_factory=lambda: defaultdict(Counter))
    decades: dict[str, Counter] = field(default_factory=lambda: defaultdict(Counter))
    undecided: dict[str, Counter] = field(default_factory=lambda: defaultdict(Counter))
    faults: list[tuple[str, str, Any, Any]] = field(default_factory=list)  # route, words, place, pair

    @property
    def pairs(self) -> int:
        return sum(counts["pairs"] for counts in self.counts.values())

    @property
    def wrong(self) -> int:
        return sum(counts["wrong"] for counts in self.counts.values())

    @property
    def needless(self) -> int:
        return sum(counts["needless"] for counts in self.counts.values())

    def __str__(self) -> str:
        names = ["graphs", "pairs", "yes", "no", "UNDECIDED", "needless", "ties", "refused", "slow", "wrong", "seconds"]
        lines = [" " * 28 + "".join(f"{name:>10}" for name in names)]
        for route, counts in self.counts.items():
            lines.append(f"{route:<28}" + "".join(f"{round(counts[name]) or '.':>10}" for name in names))
        decades = sorted({decade for counter in self.decades.values() for decade in counter})
        lines += ["", "Share of UNDECIDED by the condition of f:"]
        lines.append(" " * 28 + "".join(f"{f'1e{decade}':>10}" for decade in decades))
        for route, counter in self.decades.items():
            shares = [self.undecided[route][d] / counter[d] if counter[d] else None for d in decades]
            lines.append(f"{route:<28}" + "".join(f"{'' if share is None else f'{share:.0%}':>10}" for share in shares))
        return "\n".join(lines)


def judge(tally: Tally, route: str, place: Place, pair: Pair, truth: Truth, *, hand: bool) -> None:
    """Ask for a verdict, and count what it is."""
    counts, solve = tally.counts[route], getattr(place.graph, "spectrum", None) if hand else None
    counts["pairs"] += 1
    decade = min(16, int(np.log10(truth.condition)))
    tally.decades[route][decade] += 1
    fault = ""
    try:
        with limited(SECONDS), warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            more = {"spectrum": solve(max(pair.k, place.shared))} if solve and place.ask is pg.verify else {}
            match = place.ask(place.graph, place.handed(pair.f), pair.k, **more)
    except (NotConverged, TooLarge) as error:
        counts["refused"] += 1
        fault = f"refused: {error}"
    except Slow as error:
        counts["slow"] += 1
        fault = f"slow: {error}"
    except Exception as error:  # whatever leaks is a finding
        fault = f"{type(error).__name__}: {error}"
    else:
        status = match.status
        counts["yes" if match.matches else "no" if status is not Status.UNDECIDED else "UNDECIDED"] += 1
        tally.undecided[route][decade] += status is Status.UNDECIDED
        counts["ties"] += truth.tie and status in (YES[False, True], YES[True, True])
        if status not in truth.right:
            expected = " or ".join(sorted(each.name for each in truth.right - {Status.UNDECIDED}))
            said = f"{status.name} is not {expected}"
            if match.matches and truth.angle <= ATOL + match.uncertainty:
                said += ", as its own uncertainty admits"
            fault = f"{said}: it says {match.largest_angle:.4g} within {match.uncertainty:.1g}"
        elif bool(match) != (status in YES.values()):
            fault = f"{status.name}, and yet {bool(match)}"
        elif status is Status.UNDECIDED and truth.easy:
            counts["needless"] += 1
            tally.faults.append((route, f"needlessly undecided: {match.reason}", place, (pair, truth)))
    if fault:
        counts["wrong"] += not fault.startswith(("refused", "slow"))
        tally.faults.append((route, fault, place, (pair, truth)))


def campaign(pairs: int, seed: int, routes: Any = ROUTES, tally: Tally | None = None, say: Any = None) -> Tally:
    """Judge so many pairs on the first route, and each other route's share of that."""
    tally = tally or Tally()
    for number, (route, (draw, share)) in enumerate(routes.items()):
        if find_spec(NEEDS.get(route, "numpy")) is None:
            continue
        rng, start, counts = np.random.default_rng([seed, number]), time.perf_counter(), tally.counts[route]
        wanted = max(1, round(pairs * share))
        while counts["pairs"] < wanted:
            counts["graphs"] += 1
            for place, pair, truth in islice(draw(rng), wanted - counts["pairs"]):
                hand = rng.random() < (
                    0.7 if place.known.N < EASY_VIEWS else 0.95
                )  # most share a solve that takes long
                judge(tally, route, place, pair, truth, hand=bool(hand))
        counts["seconds"] += time.perf_counter() - start
        if say:
            say(f"# {route}: {counts['pairs']:,} pairs, wrong {counts['wrong']}, {counts['seconds']:.0f} s")
    return tally


def words(fault: tuple[str, str, Any, Any]) -> str:
    """Say what was asked, what was said and what is true."""
    route, said, place, (pair, truth) = fault
    return (
        f"# {route}, {place.known.name[:60]}, N = {place.known.N:,}, k = {pair.k}, {pair.kind}: {said}; "
        f"true angle {truth.angle:.10g}, condition {truth.condition:.1e}, gap {truth.gap:.1e}"
    )


def keep(fault: tuple[str, str, Any, Any], path: Path) -> None:
    """Write a pair to a file, as far as its population is a listed one: p, A by its arrays, f and k."""
    _, said, place, (pair, _) = fault
    A = getattr(place.known, "A", None)
    arrays = {} if A is None else {"p": place.known.p, "data": A.data, "indices": A.indices, "indptr": A.indptr}
    np.savez_compressed(path, f=np.asarray(pair.f, dtype=float), k=pair.k, columns=pair.columns, said=said, **arrays)


def report(tally: Tally, folder: str = "") -> str:
    """The tables, and the first few faults of each route in words; all of them in a folder, if one is given."""
    sorts = Counter(said.split(":")[0] for _, said, _, _ in tally.faults)
    lines = [str(tally), "", *(f"{count:>6} x {said}" for said, count in sorts.most_common()), ""]
    shown: Counter[str] = Counter()
    for number, fault in enumerate(tally.faults):
        shown[fault[0]] += 1
        lines += [words(fault)] if shown[fault[0]] <= FAULTS_SHOWN else []
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            keep(fault, Path(folder) / f"{fault[0].split(',')[0].replace(' ', '_')}_{number}.npz")
    return "\n".join(lines)
