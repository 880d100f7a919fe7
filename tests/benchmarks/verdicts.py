"""Zero wrong verdicts: `verify` on generated pairs (graph, f) whose answer is known by construction.

Run `python tests/benchmarks/verdicts.py [--pairs 100000] [--large 5000] [--huge 200] [--seed 0]`; it prints tables of verdicts, and
each wrong one as Python. No eigensolver says what is right: the populations are unions, products and shuffles of blocks with
eigenvectors in closed form. Those here have up to 50 views and are solved densely; those of 900 to 1,000,000 views, on every route,
are `large_verdicts.py`.
"""

import argparse
import time
from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import large_verdicts
import numpy as np
import scipy.linalg

import popgraph as pg
from popgraph.testing import as_python
from popgraph.verification.match import Status

ATOL = 1e-6
EPS = 2.0**-52
CLEAR = 1e-3  # eigenvalues that are not equal by construction are so far apart, except where a near tie is asked for
EACH = 25  # pairs a population
YES = {
    (False, False): Status.MATCH,
    (False, True): Status.MATCH_DEGENERATE,
    (True, False): Status.CONTAINS,
    (True, True): Status.CONTAINS_DEGENERATE,
}


@dataclass(frozen=True, eq=False)
class Known:
    """A population p (n,), A (n, N) with all eigenpairs of Ā: gamma (N,) and V (N, N), in no order until `ordered`."""

    p: Any
    A: Any
    gamma: Any
    V: Any
    tie: float = 0.0  # the gap of the near tie built into it, if any
    at: int = 0  # the k to ask about then, and the run of equal eigenvalues that it is in
    span: tuple[int, int] = (0, 0)
    exact: Any = None  # (law, kernel) in Fractions, instead of p and A

    @property
    def N(self) -> int:
        return len(self.gamma)

    @property
    def root(self) -> Any:
        return np.sqrt(self.p @ self.A)[:, None]

    def graph(self) -> pg.PopulationGraph:
        return pg.build(*(self.exact or (self.p, self.A)))

    def run(self, k: int) -> tuple[int, int]:
        """How many eigenvalues exceed γ_k, and how many are at least γ_k."""
        if self.tie:
            return self.span
        equal = np.abs(self.gamma - self.gamma[k - 1]) < 1e-12
        return int(equal.argmax()), self.N - int(equal[::-1].argmax())

    def gap(self, k: int) -> float:
        """γ_k - γ_{k+1}, with γ_{N+1} = 0."""
        if self.tie:
            return self.tie
        return float(self.gamma[k - 1] - (self.gamma[k] if k < self.N else 0.0))


# --- blocks, and what keeps their eigenvectors known


def helmert(size: int) -> Any:
    return scipy.linalg.helmert(size, full=True).T


def simplex(size: int, a: float) -> Known:
    """Stay with probability a, else go anywhere: γ = a², size - 1 times."""
    A = a * np.eye(size) + (1 - a) / size
    return Known(np.full(size, 1 / size), A, np.r_[1.0, np.full(size - 1, a**2)], helmert(size))


def circulant(row: Any) -> Known:
    """Natural i goes to i + j with probability row[j]: γ = |DFT of the row|², eigenvectors cosines and sines."""
    size = len(row)
    A = np.array([np.roll(row, i) for i in range(size)])
    t, gamma, V = 2 * np.pi * np.arange(size) / size, [], []
    for j in range(size // 2 + 1):
        real = [np.cos(j * t)] + [np.sin(j * t)] * (0 < j < size - j)
        gamma += [abs(np.sum(row * np.exp(1j * j * t))) ** 2] * len(real)
        V += [v / np.linalg.norm(v) for v in real]
    return Known(np.full(size, 1 / size), A, np.array(gamma), np.array(V).T)


def star(row: Any) -> Known:
    """One natural, whatever it becomes: rank 1. The reflection of the first axis to √row has it for a first column."""
    v = np.sqrt(row) - np.eye(len(row))[0]
    V = np.eye(len(row)) - (2 * np.outer(v, v) / (v @ v) if v @ v else 0)
    return Known(np.ones(1), np.asarray(row)[None], np.eye(len(row))[0], V)


def product(a: Known, b: Known) -> Known:
    return Known(np.kron(a.p, b.p), np.kron(a.A, b.A), np.kron(a.gamma, b.gamma), np.kron(a.V, b.V))


def union(parts: list[Known], masses: Any) -> Known:
    p = np.concatenate([part.p * mass for part, mass in zip(parts, masses, strict=True)])
    A, V = (scipy.linalg.block_diag(*each) for each in ([part.A for part in parts], [part.V for part in parts]))
    return Known(p, A, np.concatenate([part.gamma for part in parts]), V)


def split_view(a: Known, x: int, share: float) -> Known:
    """Divide view x into two proportional ones: eigenvectors divide by √share, and one null vector comes in."""
    s, c = np.sqrt(share), np.sqrt(1 - share)
    A = np.column_stack([a.A, (1 - share) * a.A[:, x]])
    A[:, x] *= share
    V = np.zeros((a.N + 1, a.N + 1))
    V[:-1, :-1], V[-1, :-1] = a.V, c * a.V[x]
    V[x, :-1] *= s
    V[x, -1], V[-1, -1] = c, -s
    return Known(a.p, A, np.r_[a.gamma, 0.0], V)


def split_natural(a: Known, i: int, share: float) -> Known:
    """Divide natural i into two with one kernel, which changes no eigenvalue."""
    p = np.r_[a.p, (1 - share) * a.p[i]]
    p[i] *= share
    return Known(p, np.vstack([a.A, a.A[i]]), a.gamma, a.V)


def ordered(a: Known, rng: Any, **more: Any) -> Known:
    """Sort the eigenvalues, and shuffle naturals and views."""
    order, rows, columns = np.argsort(-a.gamma, kind="stable"), rng.permutation(len(a.p)), rng.permutation(a.N)
    gamma = np.where(a.gamma < 1e-14, 0.0, a.gamma)[order]
    return Known(a.p[rows], a.A[np.ix_(rows, columns)], gamma, a.V[np.ix_(columns, order)], **more)


def block(rng: Any) -> Known:
    match rng.integers(6):
        case 0:
            return simplex(int(rng.integers(2, 7)), float(rng.choice([0.0, 0.3, 0.6, 0.9, 1.0])))
        case 1:
            row = rng.dirichlet(np.ones(int(rng.integers(3, 9))))
            return circulant(row)
        case 2:
            size = int(rng.integers(3, 11))
            return circulant(np.bincount([0, 1, size - 1], [0.5, 0.25, 0.25], size))
        case 3:
            return star(rng.dirichlet(np.ones(int(rng.integers(1, 5)))))
        case 4:
            return product(simplex(2, float(rng.uniform(0.2, 0.9))), simplex(2, float(rng.uniform(0.2, 0.9))))
        case _:
            cube, bit = simplex(2, 0.7), simplex(2, 0.7)
            for _ in range(int(rng.integers(1, 3))):
                cube = product(cube, bit)
            return cube


def population(rng: Any) -> Known:
    """A random population of up to some 40 views, whose distinct eigenvalues are well apart."""
    while True:
        parts = [block(rng) for _ in range(int(rng.choice([1, 1, 2, 3])))]
        if rng.random() < 0.3:
            parts += [parts[0]] * int(rng.integers(1, 4))
        masses = rng.dirichlet(np.full(len(parts), 2.0)) * 10.0 ** -rng.integers(0, rng.choice([1, 1, 13]), len(parts))
        known = union(parts, masses / masses.sum())
        for _ in range(int(rng.choice([0, 0, 1, 3]))):
            known = split_view(known, int(rng.integers(known.N)), float(rng.choice([0.5, 0.9, 1e-3, 1e-9])))
        for _ in range(int(rng.choice([0, 1, 2]))):
            known = split_natural(known, int(rng.integers(len(known.p))), 0.3)
        known = ordered(known, rng)
        steps = -np.diff(np.r_[known.gamma, 0.0])
        if not np.any((np.abs(steps) > 1e-13) & (steps < CLEAR)):
            return known


def near_tie(rng: Any) -> Known:
    """Eigenvalues g and g - gap, gap from 1e-1 to 1e-15, in blocks of their own; or γ = gap, and zeros after it."""
    gap, g = 10.0 ** -float(rng.uniform(1, 15)), float(rng.uniform(0.3, 0.9))
    parts = [simplex(2, np.sqrt(gap))] if rng.random() < 0.3 else [simplex(2, np.sqrt(g)), simplex(2, np.sqrt(g - gap))]
    parts += [star(rng.dirichlet(np.ones(3)))] * int(rng.integers(0, 3))
    known = split_view(union(parts, rng.dirichlet(np.full(len(parts), 5.0))), 0, 0.5)
    return ordered(known, rng, tie=gap, at=len(parts) + 1, span=(len(parts), len(parts) + 1))


def tie_at_a_family(rng: Any) -> Known:
    """A repeated eigenvalue g with another one near it, above or below, from 1e-1 to 1e-15 away; k cuts the repeated one."""
    gap, g, size = 10.0 ** -float(rng.uniform(1, 15)), float(rng.uniform(0.3, 0.8)), int(rng.integers(3, 6))
    other = g + gap if rng.random() < 0.5 else g - gap
    known = union([simplex(size, np.sqrt(g)), simplex(2, np.sqrt(other))], rng.dirichlet(np.full(2, 5.0)))
    above = 2 + (other > g)
    return ordered(known, rng, tie=gap, at=above + int(rng.integers(1, size - 1)), span=(above, above + size - 1))


def exact_near_tie(rng: Any) -> Known:
    """The same in Fractions: γ = 1/4 and (1/2 - 2e)², so that exact arithmetic knows that the cut is clean."""
    q = [Fraction(1, 4), Fraction(1, 4) + Fraction(1, 10 ** int(rng.integers(2, 18)))]
    gamma = [(1 - 2 * each) ** 2 for each in q]
    known = union([simplex(2, float(1 - 2 * each)) for each in q], [0.5, 0.5])
    V = known.V[:, [0, 2, 1, 3]]
    law = {name: Fraction(1, 4) for name in "abcd"}
    kernel = {"a": {1: 1 - q[0], 2: q[0]}, "b": {1: q[0], 2: 1 - q[0]}}
    kernel |= {"c": {3: 1 - q[1], 4: q[1]}, "d": {3: q[1], 4: 1 - q[1]}}
    tie = float(gamma[0] - gamma[1])
    return Known(known.p, known.A, known.gamma[[0, 2, 1, 3]], V, tie=tie, at=3, span=(2, 3), exact=(law, kernel))


# --- embeddings, and the verdicts that are right


@dataclass(frozen=True, eq=False)
class Pair:
    """An f with the statuses that are right, whether it is optimal (None: not asked), and Ψ where it has a class."""

    f: Any
    k: int
    right: frozenset[Status]
    optimal: bool | None = None
    features: Any = None


def orthogonal(rng: Any, size: int) -> Any:
    return np.linalg.qr(rng.standard_normal((size, size)))[0]


def mixing(rng: Any, size: int, condition: float) -> Any:
    return (orthogonal(rng, size) * np.geomspace(1, 1 / condition, size)) @ orthogonal(rng, size)


def unit(rng: Any, V: Any) -> Any:
    """A random direction of the span of these orthonormal columns."""
    v = V @ rng.standard_normal(V.shape[1])
    return v / np.linalg.norm(v)


def statuses(known: Known, k: int, yes: Status, angle: float, condition: float) -> frozenset[Status]:
    """Yes up to atol, no above it; as near to it as rounding reaches also unsure, or yes, which says how far F* is known."""
    turned = 1 / max(known.gap(k), EPS) if yes in CLEAN or known.tie else 0.0  # F* by rounding, and below f
    reach = 16 * max(known.N, 16) * EPS * (turned + 1 / CLEAR + condition)
    allowed = {yes} if angle <= ATOL + reach else set()
    allowed |= {Status.DIFFERENT} if angle > ATOL else set()
    return frozenset(allowed | ({Status.UNDECIDED} if abs(angle - ATOL) <= reach else set()))


CLEAN = (Status.MATCH, Status.CONTAINS)
ANGLES = [0.0, 0.0, 0.5 * ATOL, 0.99 * ATOL, 1.01 * ATOL, 2 * ATOL, 1e-4, 0.1, 1.0, np.pi / 2]


def members(rng: Any, known: Known, k: int) -> tuple[Any, Any, Any, bool]:
    """A basis of one F*, what of its family it leaves, what lies below, and whether the cut is degenerate."""
    above, end = known.run(k)
    family = known.V[:, above:end] @ orthogonal(rng, end - above)
    F = np.column_stack([known.V[:, :above], family[:, : k - above]])
    return F, family[:, k - above :], known.V[:, end:], end > k


def cut(rng: Any, known: Known, *, degenerate: bool | None = None, room: int = 0) -> int | None:
    """A random k with γ_k > 0, with so many dimensions below its run, at a cut of this kind."""
    if known.tie:
        return known.at
    ks = [
        k
        for k in range(1, known.N + 1)
        if known.gamma[k - 1] > 0
        and known.N - known.run(k)[1] >= room
        and (degenerate is None or degenerate == (known.run(k)[1] > k))
    ]
    return int(rng.choice(ks)) if ks else None


def turned(rng: Any, F: Any, out: Any, angle: float) -> Any:
    """F with one of its directions turned by this angle to `out`; any basis of F."""
    F = F @ orthogonal(rng, F.shape[1])
    F[:, 0] = np.cos(angle) * F[:, 0] + np.sin(angle) * out
    return F


def spans(rng: Any, known: Known, degenerate: bool, worst: float = 0.0) -> Pair | None:
    """F* times an invertible matrix, turned out of its space by an angle from 0 to π/2."""
    k = cut(rng, known, degenerate=degenerate)
    if k is None:
        return None
    F, _, below, _ = members(rng, known, k)
    angle = float(rng.choice(ANGLES)) if below.shape[1] else 0.0
    if angle:
        F = turned(rng, F, unit(rng, below), angle)
    condition = 10.0 ** float(rng.uniform(0, worst))
    scale = 10.0 ** float(rng.choice([0, 0, -30, 30, 100]))
    f = F @ mixing(rng, k, condition) * scale / known.root
    right = statuses(known, k, YES[False, degenerate], angle, condition)
    if 8 * max(known.N, 16) * EPS * condition * k >= 1:  # a singular value that cannot be told from rounding
        right |= {Status.COLLAPSED}
    return Pair(f, k, right, False if scale != 1 else None)


def minimiser(rng: Any, known: Known) -> Pair | None:
    """F* diag(√γ) times an orthogonal matrix, which is optimal; or times 1.01, which is not, and matches all the same."""
    k = cut(rng, known)
    if k is None:
        return None
    F, _, _, degenerate = members(rng, known, k)
    size = float(rng.choice([1.0, 1.01]))
    f = size * (F * np.sqrt(known.gamma[:k])) @ orthogonal(rng, k) / known.root
    condition = 1 / np.sqrt(known.gamma[k - 1])
    optimal = size == 1 if known.gamma[0] > 0.5 else None
    return Pair(f, k, statuses(known, k, YES[False, degenerate], 0.0, condition), optimal)


def lost(rng: Any, known: Known) -> Pair | None:
    """At a degenerate cut, a direction above it turned to one of the family that f does not hold yet."""
    k = cut(rng, known, degenerate=True)
    if k is None or known.run(k)[0] == 0:
        return None
    F, left, _, _ = members(rng, known, k)
    above, angle = known.run(k)[0], float(rng.choice(ANGLES))
    F[:, :above] = turned(rng, F[:, :above], unit(rng, left), angle)
    f = F @ mixing(rng, k, 10.0) / known.root
    return Pair(f, k, statuses(known, k, Status.MATCH_DEGENERATE, angle, 10.0))


def wide(rng: Any, known: Known, degenerate: bool) -> Pair | None:
    """More columns than k: F*, turned out of its space or not, beside directions below it; at times dependent columns."""
    k = cut(rng, known, degenerate=degenerate, room=2)
    if k is None:
        return None
    F, _, below, _ = members(rng, known, k)
    below = below @ orthogonal(rng, below.shape[1])
    more = int(rng.integers(1, below.shape[1]))
    angle = float(rng.choice(ANGLES))
    if angle:
        F = turned(rng, F, unit(rng, below[:, more:]), angle)
    F = np.column_stack([F, below[:, :more]]) @ mixing(rng, k + more, 10.0)
    match rng.integers(5):
        case 0:
            F = np.column_stack([F, F[:, :1] * 3.0])
        case 1:
            F = F @ rng.standard_normal((k + more, known.N + 3))
    return Pair(F / known.root, k, statuses(known, k, YES[True, degenerate], angle, 10.0))


def collapsed(rng: Any, known: Known) -> Pair | None:
    """A rank below k, whatever is spanned, and however many columns."""
    k = cut(rng, known)
    if k is None:
        return None
    F, _, _, _ = members(rng, known, k)
    columns, rank = k + int(rng.integers(0, 3)), int(rng.integers(0, k))
    f = F[:, :rank] @ rng.standard_normal((rank, columns)) / known.root
    return Pair(f, k, frozenset({Status.COLLAPSED}), False if columns == k else None)


def exceeded(rng: Any, known: Known) -> Pair | None:
    """k above the rank: optimal or not, there is no invertible map."""
    rank = int(np.sum(known.gamma > 0))
    if known.tie or rank == known.N:
        return None
    k = int(rng.integers(rank + 1, known.N + 1))
    optimal = bool(rng.integers(2))
    F = known.V[:, :k] * np.sqrt(known.gamma[:k]) if optimal else rng.standard_normal((known.N, k))
    return Pair(F @ orthogonal(rng, k) / known.root, k, frozenset({Status.RANK_EXCEEDED}), optimal)


def rescaled(rng: Any, known: Known) -> Pair | None:
    """F* itself instead of F*/√w_x, or each view's vector times a number of its own: the angles of known spaces decide."""
    k = cut(rng, known)
    if k is None:
        return None
    F, _, _, degenerate = members(rng, known, k)
    numbers = [known.root, np.exp(rng.standard_normal((known.N, 1))), np.full((known.N, 1), 3.0), 1 + 1e-9 * known.root]
    rows = numbers[int(rng.integers(4))] * F
    Q = np.linalg.qr(rows)[0]
    above, end = known.run(k)
    must, may = known.V[:, :above], known.V[:, :end]
    sines = [np.linalg.norm(must - Q @ (Q.T @ must), 2) if above else 0.0, np.linalg.norm(Q - may @ (may.T @ Q), 2)]
    angle = float(np.arcsin(min(1.0, max(sines))))
    return Pair(rows / known.root, k, statuses(known, k, YES[False, degenerate], angle, float(np.linalg.cond(rows))))


def of_a_class(rng: Any, known: Known) -> Pair | None:
    """Features that span some eigenvectors: their leading k are the best of the class, and F* only if it holds that."""
    k = cut(rng, known, degenerate=False, room=1)
    positive = np.flatnonzero(known.gamma > 0)
    if k is None or len(positive) <= k or known.tie:
        return None
    held = np.sort(rng.choice(positive, int(rng.integers(k, len(positive) + 1)), replace=False))
    features = known.V[:, held] @ mixing(rng, len(held), 10.0) / known.root
    best = bool(rng.integers(2)) or len(held) == k
    chosen = held[:k] if best else np.r_[held[: k - 1], held[-1]]
    if best and len(held) > k and known.gamma[held[k - 1]] - known.gamma[held[k]] < CLEAR:
        return None
    if not best and known.gamma[held[k - 1]] - known.gamma[held[-1]] < CLEAR:
        return None
    f = known.V[:, chosen] @ mixing(rng, k, 10.0) / known.root
    if np.array_equal(chosen, np.arange(k)):
        right = Status.MATCH
    else:
        right = Status.BEST_OF_CLASS if best and not set(range(k)) <= set(held.tolist()) else Status.DIFFERENT
    return Pair(f, k, frozenset({right}), features=features)


def tied(rng: Any, known: Known) -> Pair:
    """At a near tie: F*, or F* turned to what is near. Floats may call those eigenvalues equal that rounding leaves so."""
    k, (above, end), angle = known.at, known.span, float(rng.choice([0.0, 0.0, 1e-3, 0.1, np.pi / 2]))
    F, left, _, degenerate = members(rng, known, k)
    nearest = known.gamma[above - 1]
    if degenerate and nearest < min(1.0, known.gamma[above] + 2 * known.tie):  # it is above: turn it into the family
        F[:, above - 1] = np.cos(angle) * F[:, above - 1] + np.sin(angle) * unit(rng, left)
    else:
        F[:, -1] = np.cos(angle) * F[:, -1] + np.sin(angle) * known.V[:, end]
    right = statuses(known, k, YES[False, degenerate], angle, 3.0)
    unknown = known.tie < 16 * max(known.N, 16) * EPS
    if unknown:
        right |= {Status.UNDECIDED}
    if unknown:  # to floats a tie, or γ_k = 0, is as true as not, whatever exact arithmetic adds
        right |= {Status.MATCH_DEGENERATE if known.gamma[k - 1] > 0.1 else Status.RANK_EXCEEDED}
    return Pair(F @ mixing(rng, k, 3.0) / known.root, k, right)


KINDS = {
    "clean cut, turned by 0 to π/2": (population, lambda rng, a: spans(rng, a, degenerate=False)),
    "clean cut, cond(Q) to 1e8": (population, lambda rng, a: spans(rng, a, degenerate=False, worst=8.0)),
    "clean cut, cond(Q) to 1e14": (population, lambda rng, a: spans(rng, a, degenerate=False, worst=14.0)),
    "degenerate cut, turned": (population, lambda rng, a: spans(rng, a, degenerate=True, worst=1.0)),
    "degenerate cut, cond(Q) to 1e8": (population, lambda rng, a: spans(rng, a, degenerate=True, worst=8.0)),
    "degenerate cut, one above lost": (population, lost),
    "minimisers and their multiples": (population, minimiser),
    "wider than k": (population, lambda rng, a: wide(rng, a, degenerate=False)),
    "wider, degenerate cut": (population, lambda rng, a: wide(rng, a, degenerate=True)),
    "collapsed": (population, collapsed),
    "k above the rank": (population, exceeded),
    "rows rescaled": (population, rescaled),
    "the best of a class, or not": (population, of_a_class),
    "near tie, 1e-1 to 1e-15": (near_tie, tied),
    "near tie at a degenerate cut": (tie_at_a_family, tied),
    "near tie of fractions": (exact_near_tie, tied),
}


@dataclass
class Tally:
    """Verdicts by kind, and the wrong ones as Python."""

    counts: dict[str, Counter] = field(default_factory=lambda: {kind: Counter() for kind in KINDS})
    wrong: dict[str, list[str]] = field(default_factory=lambda: {kind: [] for kind in KINDS})

    @property
    def pairs(self) -> int:
        return sum(counts.total() for counts in self.counts.values())

    @property
    def wrong_pairs(self) -> int:
        return sum(map(len, self.wrong.values()))

    def __str__(self) -> str:
        names = [status.name for status in Status]
        lines = [" " * 32 + "".join(f"{name[:11]:>12}" for name in names) + f"{'wrong':>8}"]
        for kind, counts in self.counts.items():
            row = "".join(f"{counts[name] or '.':>12}" for name in names)
            lines.append(f"{kind:<32}{row}{len(self.wrong[kind]):>8}")
        return "\n".join(lines)


def judge(graph: Any, pair: Pair, verify: Any) -> tuple[Status, str]:
    """The verdict on a pair, and what is wrong with it, if anything."""
    match = verify(graph, pair.f, pair.k, features=pair.features)
    expected = " or ".join(sorted(status.name for status in pair.right))
    if match.status not in pair.right:
        return match.status, f"{match.status.name} is not {expected}"
    if bool(match) != (match.status in YES.values()):
        return match.status, f"{match.status.name}, and yet {bool(match)}"
    if pair.optimal is not None and match.optimal != pair.optimal:
        return match.status, f"optimal is {match.optimal}"
    return match.status, ""


def campaign(pairs: int, seed: int = 0, verify: Any = pg.verify, kinds: Any = tuple(KINDS)) -> Tally:
    """Judge so many pairs, evenly over the kinds."""
    rng, tally = np.random.default_rng(seed), Tally()
    for i, kind in enumerate(kinds):
        draw, make = KINDS[kind]
        share = pairs // len(kinds) + (i < pairs % len(kinds))
        while tally.counts[kind].total() < share:
            known = draw(rng)
            graph = known.graph()
            for _ in range(min(EACH, share - tally.counts[kind].total())):
                pair = make(rng, known)
                if pair is None:
                    break
                status, fault = judge(graph, pair, verify)
                tally.counts[kind][status.name] += 1
                if fault:
                    f = dict(zip(graph.views, np.asarray(pair.f).tolist(), strict=True))
                    tally.wrong[kind].append(f"# {fault}\ngraph = {as_python(graph)}\nf = {f}; k = {pair.k}")
    return tally


def main(pairs: int, seed: int, large: int = 0, huge: int = 0, folder: str = "") -> int:
    """Print the tables, the first wrong verdicts of each kind, and the seconds; 1 if a verdict is wrong or needlessly undecided."""
    start = time.perf_counter()
    tally = campaign(pairs, seed)
    print(f"{tally}\n")
    for kind, wrong in tally.wrong.items():
        for each in wrong[:3]:
            print(f"# {kind}\n{each}\n")
    print(f"{tally.pairs:,} pairs, wrong {tally.wrong_pairs}, {time.perf_counter() - start:.0f} s", flush=True)
    if not large and not huge:
        return int(tally.wrong_pairs > 0)
    start = time.perf_counter()
    by_route = large_verdicts.Tally()
    for count, routes in ((large, large_verdicts.ROUTES), (huge, large_verdicts.LARGE)):
        if count:
            large_verdicts.campaign(count, seed, routes, by_route, say=lambda line: print(line, flush=True))
    print(f"\n{large_verdicts.report(by_route, folder)}")
    print(
        f"{by_route.pairs:,} pairs, wrong {by_route.wrong}, needlessly undecided {by_route.needless}, "
        f"{time.perf_counter() - start:.0f} s"
    )
    return int(tally.wrong_pairs + by_route.wrong + by_route.needless > 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=100_000, help="of up to 50 views")
    parser.add_argument(
        "--large", type=int, default=5_000, help="of 900 views and more on the iterative route, others in proportion"
    )
    parser.add_argument("--huge", type=int, default=200, help="of 100,000 to 1,000,000 views")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", default="", help="where to write each large pair whose verdict is wrong")
    given = parser.parse_args()
    raise SystemExit(main(given.pairs, given.seed, given.large, given.huge, given.folder))
