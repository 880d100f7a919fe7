"""A table of routes x laws: every way to a spectrum beside everything that a spectrum promises, on populations of known spectrum.

`python tests/routes.py` prints the table: how many cases each cell has, and why a cell is empty. A route is one entry of ROUTES, a
law one entry of LAWS. Truth is the closed form's (`closed_forms.py`); nothing here is compared with what another solver returned.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache, reduce
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from closed_forms import ClosedForm, circulant, cube_walk, planted, product, transpositions, union, with_hub
from clusters import client
from scipy.sparse.linalg import LinearOperator

import popgraph as pg
from popgraph.populations.structure import mixture
from popgraph.spectrum import find_components
from popgraph.spectrum.solvers.operator import decompose_operator

EPS = float(np.finfo(np.float64).eps)
Extended = np.longdouble
SEEN = 1024 * float(np.finfo(Extended).eps)  # an angle that extended precision tells from 0, over some thousand views


# Cases


@dataclass(frozen=True, eq=False)
class Case:
    """A population of known spectrum, and how many pairs are asked for.

    `parts` are the factors of a product, or of each class of a mixture; `moves` are declared symmetries, each a pair of arrays
    (where naturals go, where views go); `features` span a class of functions, of which `known` then lists the eigenvalues.
    """

    known: ClosedForm
    k: int
    parts: tuple[ClosedForm, ...] = ()
    moves: tuple[tuple[Any, Any], ...] = ()
    features: Any = None

    def shuffled(self, rng: Any) -> "Case":
        """The same population, its naturals and views (those of each factor, if there are any) in another order."""
        if self.parts:
            parts = {part: part.shuffled(rng) for part in dict.fromkeys(self.parts)}
            turned = tuple(parts[part] for part in self.parts)
            return replace(self, known=whole_product(turned), parts=turned)
        n, N = self.known.A.shape
        rows, columns = rng.permutation(n), rng.permutation(N)
        place_of_row, place_of_column = np.argsort(rows), np.argsort(columns)
        moves = tuple(
            (place_of_row[on_rows[rows]], place_of_column[on_views[columns]]) for on_rows, on_views in self.moves
        )
        A = sp.csr_array(self.known.A[rows][:, columns])
        A.sort_indices()
        of = self.known.of
        turned_of = None if of is None else (lambda ids, dtype=np.float64: of(ids, dtype)[columns])
        features = None if self.features is None else self.features[columns]
        known = replace(self.known, p=self.known.p[rows], A=A, of=turned_of)
        return replace(self, known=known, moves=moves, features=features)


def whole_product(parts: Sequence[ClosedForm]) -> ClosedForm:
    """The product of all parts."""
    known = parts[0]
    for part in parts[1:]:
        known = product(known, part)
    return known


def reversed_walk(known: ClosedForm) -> ClosedForm:
    """Views as naturals and naturals as views, by Bayes' rule: M becomes its transpose, so that n and N change places.

    The eigenvectors are Mv/√γ, of those with γ > 0.
    """
    of, gamma, w_x = known.of, known.gamma, known.exact_w_x
    A = sp.csr_array(sp.csr_array(known.A.T.astype(Extended)) @ sp.diags_array(known.p.astype(Extended)))
    A.data /= np.repeat(w_x, np.diff(A.indptr))

    def reversed_vectors(ids: Any, dtype: Any = np.float64) -> Any:
        U = known.A.astype(Extended) @ (of(ids, Extended) / np.sqrt(w_x)[:, np.newaxis])
        U *= np.sqrt(known.p.astype(Extended))[:, np.newaxis]
        return (U / np.sqrt(np.sum(U**2, axis=0))).astype(dtype)

    turned = None if of is None else reversed_vectors
    return ClosedForm(f"{known.name}, reversed", w_x.astype(float), A.astype(float), gamma, turned)


def split_up(known: ClosedForm, rng: Any) -> ClosedForm:
    """Split each view into one to three proportional ones, each natural into as many of equal rows: the spectrum stays."""
    n, N = known.A.shape
    of_row, of_view = (np.repeat(np.arange(side), rng.integers(1, 4, side)) for side in (n, N))
    masses = rng.uniform(0.5, 1.5, len(of_row)), rng.uniform(0.5, 1.5, len(of_view))
    shares = [mass / np.bincount(of, weights=mass)[of] for of, mass in zip((of_row, of_view), masses, strict=True)]
    A = sp.csr_array(sp.csr_array(known.A[of_row][:, of_view]) @ sp.diags_array(shares[1]))
    of = known.of
    root = np.sqrt(shares[1].astype(Extended))[:, np.newaxis]
    widened = None if of is None else (lambda ids, dtype=np.float64: (of(ids, Extended)[of_view] * root).astype(dtype))
    return ClosedForm(f"{known.name}, split up", known.p[of_row] * shares[0], A, known.gamma, widened)


def single(views: int) -> ClosedForm:
    """One natural of several views: Ā has rank 1."""
    q = np.arange(1.0, views + 1) / np.arange(1.0, views + 1).sum()
    A = sp.csr_array(q[np.newaxis])
    return ClosedForm(
        "one natural",
        np.ones(1),
        A,
        np.ones(1),
        lambda ids, dtype=np.float64: np.repeat(np.sqrt(q.astype(dtype))[:, np.newaxis], len(ids), 1),
    )


def tree_case(tops: list[tuple[float, int]], leaves: int, k: int, seed: int = 0, **options: Any) -> Case:
    """A planted tree in shuffled order."""
    rng = np.random.default_rng(seed)
    return Case(planted(tops, leaves, rng, **options).shuffled(rng), k)


def flips(d: int) -> tuple[tuple[Any, Any], ...]:
    """The d symmetries of a cube walk that exchange the values of one bit."""
    x = np.arange(1 << d)
    return tuple((x ^ (1 << i), x ^ (1 << i)) for i in range(d))


def turn(n: int) -> tuple[tuple[Any, Any], ...]:
    """The symmetry of a circulant."""
    x = (np.arange(n) + 1) % n
    return ((x, x),)


def class_of(known: ClosedForm, chosen: Sequence[int], k: int) -> Case:
    """The class of functions that some eigenvectors span, mixed by a random matrix: its Ritz values are their eigenvalues."""
    rng = np.random.default_rng(4)
    chosen = np.sort(np.asarray(chosen))
    of = known.of
    mixed = (
        of(chosen)
        @ np.linalg.qr(rng.standard_normal((len(chosen), len(chosen))))[0]
        @ np.diag(rng.uniform(0.5, 2, len(chosen)))
    )
    features = mixed / np.sqrt(known.w_x)[:, np.newaxis]
    return Case(
        replace(known, gamma=known.gamma[chosen], of=lambda ids, dtype=np.float64: of(chosen[ids], dtype)),
        k,
        features=features,
    )


def trees(leaves: int) -> dict[str, Callable[[], Case]]:
    """Planted trees with the gaps, ties, crowds, skews and near-disconnections that random populations do not have."""
    return {
        **{
            f"tree with a gap of {gap:.0e}": lambda gap=gap: tree_case([(0.9, 2), (0.9 - gap, 3), (0.4, 1)], leaves, 3)
            for gap in (1e-3, 1e-6, 1e-9, 1e-11)
        },
        "tree cut through a tie": lambda: tree_case([(0.9, 1), (0.7, 5)], leaves, 4),
        "crowd of 20 beside one": lambda: tree_case([(0.8, 20), (0.8 - 1e-6, 1)], leaves, 21),
        "tree with p to 1e-290": lambda: tree_case([(0.9, 1), (0.6, 2)], leaves, 4, skew=290.0),
        "tree with p to 1e-12": lambda: tree_case([(0.9, 1), (0.6, 2)], leaves, 4, skew=12.0),
        "nearly disconnected": lambda: tree_case([(1 - 1e-9, 1), (0.5, 2)], leaves, 2),
        "nearly disconnected, by rounding": lambda: tree_case([(1 - 1e-12, 1), (0.5, 2)], leaves, 2),
    }


WEAK = {0: 0.995, 1: 0.003, 7: 0.002}  # of an augmentation that seldom changes anything: no eigenvalue is near 0


def others(scale: int) -> dict[str, Callable[[], Case]]:
    """Cube walks, circulants, hubs, unions and hidden products, with sides of about 100 (1) or 1,000 (2)."""
    d, n = (7, 101) if scale == 1 else (10, 901)
    rng = np.random.default_rng(1)
    flip = [0.01 * (i + 1) / d for i in range(d)]
    return {
        "cube walk": lambda: Case(cube_walk(flip).shuffled(rng), 5),
        "cube walk, cut through a tie": lambda: Case(cube_walk([0.05] * d).shuffled(rng), 4),
        "circulant of weak augmentations": lambda: Case(circulant(n, WEAK).shuffled(rng), 4 if scale == 1 else 3),
        "hub and ring": lambda: Case(with_hub(circulant(n, {0: 0.5, 1: 0.3, 5: 0.2}), 0.3).shuffled(rng), 3),
        "union": lambda: Case(
            union([circulant(n, {0: 0.5, 1: 0.5}), cube_walk([0.02, *[0.1] * (d - 1)])], [0.4, 0.6]).shuffled(rng), 3
        ),
        "fewer views than naturals": lambda: Case(reversed_walk(tree_case([(0.9, 2), (0.5, 1)], n, 3).known), 3),
    }


def two_products() -> dict[str, Callable[[], Case]]:
    """Products, with the factors that make them."""
    cube, ring, tree = (
        cube_walk([0.05, 0.1]),
        circulant(7, {0: 0.8, 1: 0.2}),
        planted([(0.9, 1), (0.6, 2)], 12, np.random.default_rng(2)),
    )

    def case(parts: tuple[ClosedForm, ...], k: int) -> Case:
        return Case(whole_product(parts), k, parts)

    return {
        "cube x ring": lambda: case((cube, ring), 3),
        "tree x ring": lambda: case((tree, ring), 2),
        "ring x ring, cut through a tie": lambda: case((ring, ring), 3),
        "cube x cube x ring": lambda: case((cube, cube, ring), 3),
    }


def hidden() -> dict[str, Callable[[], Case]]:
    """Products whose order of naturals and views does not say so."""
    rng = np.random.default_rng(3)
    small = {name: lambda make=make: replace(make(), parts=()).shuffled(rng) for name, make in two_products().items()}
    ring, cube = circulant(31, {0: 0.9, 1: 0.1}), cube_walk([0.02, 0.05, 0.1, 0.03, 0.04])
    return small | {"ring x cube, 992 views": lambda: Case(product(ring, cube).shuffled(rng), 4)}


# Routes


@dataclass(frozen=True, eq=False)
class Route:
    """One way to a spectrum: `solve(case, scale)` returns it in the order of the case's views, with p multiplied by the scale.

    `solvers` are the names of solvers that its answers may give; `lacks` are abilities that some laws need and this route lacks.
    """

    solve: Callable[[Case, float], Any]
    solvers: frozenset[str]
    cases: dict[str, Callable[[], Case]]
    lacks: frozenset[str] = field(default_factory=frozenset)


def graph_of(known: ClosedForm, scale: float = 1.0) -> pg.PopulationGraph:
    """Build the population, its p as it is or scaled."""
    return known.graph() if scale == 1.0 else pg.build(known.p * scale, known.A, normalize=True)


def on_graph(solver: str | None = None) -> Callable[[Case, float], Any]:
    """The route of `graph.spectrum`."""
    return lambda case, scale: graph_of(case.known, scale).spectrum(case.k, solver=solver)


def on_operator(solver: str | None = None) -> Callable[[Case, float], Any]:
    """The route of an Ā that is known by its products."""

    def solve(case: Case, scale: float) -> Any:
        M, w_x = graph_of(case.known, scale).factor, case.known.w_x
        N = case.known.N
        operator = LinearOperator((N, N), matvec=lambda x: M.T @ (M @ x), dtype=np.float64)
        return decompose_operator(operator, w_x, find_components(M).of_column, case.k, solver=solver)

    return solve


def on_class(case: Case, scale: float) -> Any:
    return graph_of(case.known, scale).spectrum(case.k, features=case.features)


def on_symmetry(case: Case, scale: float) -> Any:
    return graph_of(case.known, scale).with_symmetry(list(case.moves)).spectrum(case.k)


def kinds(parts: Sequence[ClosedForm], scale: float) -> list[pg.PopulationGraph]:
    """The graph of each factor; the same one for the same factor."""
    built = {part: graph_of(part, scale) for part in dict.fromkeys(parts)}
    return [built[part] for part in parts]


def in_order(spectrum: Any, views: Any, sizes: Sequence[int]) -> Any:
    """Put rows, whose views are tuples of positions, in the order of Kronecker products."""
    order = np.argsort(np.ravel_multi_index(np.array([tuple(view) for view in views]).T, sizes))
    return replace(spectrum, eigenvectors=spectrum.eigenvectors[order], w_x=spectrum.w_x[order])


def on_grid(case: Case, scale: float) -> Any:
    graph = pg.product(kinds(case.parts, scale)).expand()
    return in_order(graph.spectrum(case.k), graph.views, [part.N for part in case.parts])


def on_mixture(solver: str | None = None) -> Callable[[Case, float], Any]:
    """One population in two classes: their rows are proportional, so that the spectrum is that of one."""

    def solve(case: Case, scale: float) -> Any:
        built = kinds(case.parts, scale)
        graph = mixture({"a": 0.25, "b": 0.75}, {"a": built, "b": built})
        return in_order(graph.spectrum(case.k, solver=solver), graph.views, [part.N for part in case.parts])

    return solve


@dataclass(frozen=True, eq=False)
class Evaluated:
    """A ProductSpectrum as the laws read one: its eigenfunctions evaluated on all views, its bounds under a Spectrum's names."""

    spectrum: Any
    eigenvectors: Any

    @property
    def certificate(self) -> Any:
        return replace(
            Bounds(0, 0, 0, 0),
            **{name: getattr(self.spectrum.certificate, name) for name in ("residual", "angle_bound", "remainder")},
        )

    @property
    def remainder_bound(self) -> float:
        return float(self.spectrum.certificate.remainder)

    @property
    def tolerance(self) -> float:
        return max(float(self.spectrum.certificate.error), 16 * EPS)

    @property
    def floor(self) -> float:
        return float(self.spectrum.floor)

    @property
    def residuals(self) -> None:
        return None

    def leading(self, k: int) -> "Evaluated":
        return Evaluated(self.spectrum.leading(k), self.eigenvectors[:, :k])

    def __getattr__(self, name: str) -> Any:
        return getattr(self.spectrum, name)


@dataclass(frozen=True)
class Bounds:
    """What the laws read of a certificate."""

    residual: float
    angle_bound: float
    remainder: float
    orthogonality: float

    @property
    def remainder_bound(self) -> float:
        return self.remainder


def on_product(case: Case, scale: float) -> Any:
    graph = pg.product(kinds(case.parts, scale))
    spectrum = graph.spectrum(case.k)
    positions = np.stack(np.unravel_index(np.arange(case.known.N), [part.N for part in case.parts]), axis=1)
    w_x = reduce(
        np.kron, [part.exact_w_x for part in case.parts]
    )  # rounded to float64, 1 would not be an eigenfunction
    return Evaluated(spectrum, spectrum.evaluate(positions) * np.sqrt(w_x)[:, np.newaxis])


def on_dask(solver: str) -> Callable[[Case, float], Any]:
    """The routes of a graph in row blocks."""

    def solve(case: Case, scale: float) -> Any:
        known = case.known
        graph = pg.dask.build(known.p, known.A, rows=-(-len(known.p) // 3), client=client())
        return graph.spectrum(case.k, solver=solver)

    return solve


SMALL = trees(60) | others(1)
LARGE = trees(1000) | others(2)
# On these the longer look sends thousands of products to the cluster one by one, which takes a minute each
SLOW_IN_BLOCKS = {"cube walk", "circulant of weak augmentations", "union"}
IN_BLOCKS = {name: case for name, case in SMALL.items() if name not in SLOW_IN_BLOCKS}
ring7, ring12 = circulant(7, {0: 0.8, 1: 0.2}), circulant(12, {0: 0.7, 1: 0.2, 5: 0.1})


def small_trees(count: int) -> ClosedForm:
    """Components of one shape, of different spectra."""
    parts = [circulant(9, {0: 0.7, 1: 0.2 - 0.01 * i, 4: 0.1 + 0.01 * i}) for i in range(count)]
    return union(parts, [1 / count] * count).shuffled(np.random.default_rng(count))


BATCHES: dict[str, Callable[[], Case]] = {
    "12 rings of one shape": lambda: Case(small_trees(12), 14),
    "12 rings, as many pairs": lambda: Case(small_trees(12), 12),
    "30 equal rings": lambda: Case(union([ring7] * 30, [1 / 30] * 30).shuffled(np.random.default_rng(5)), 90),
}
ONES: dict[str, Callable[[], Case]] = {
    "fewer pairs than components": lambda: Case(
        union([ring7, ring12, ring7], [0.2, 0.3, 0.5]).shuffled(np.random.default_rng(6)), 2
    ),
    "components of rank 1": lambda: Case(union([single(3), single(1), single(4)], [0.2, 0.3, 0.5]), 3),
    "of rank 1, one of 1e-290": lambda: Case(union([single(3), single(2)], [1.0, 1e-290]), 1),
}
SYMMETRIES: dict[str, Callable[[], Case]] = {
    "circulant": lambda: Case(circulant(24, {0: 0.7, 1: 0.2, 5: 0.1}), 3, moves=turn(24)),
    "circulant of weak augmentations": lambda: Case(circulant(101, WEAK), 4, moves=turn(101)),
    "cube walk": lambda: Case(cube_walk([0.02, 0.05, 0.1, 0.03, 0.04]), 3, moves=flips(5)),
    "cube walk, cut through a tie": lambda: Case(cube_walk([0.05] * 6), 4, moves=flips(6)),
}
CLASSES: dict[str, Callable[[], Case]] = {
    "tree": lambda: class_of(
        tree_case([(0.9, 2), (0.9 - 1e-6, 3), (0.4, 1)], 60, 3).known, [0, 1, 2, 3, 4, 5, 6, 7], 3
    ),
    "without the constant": lambda: class_of(circulant(24, {0: 0.7, 1: 0.2, 5: 0.1}), [1, 2, 5, 6, 7], 2),
    "skew": lambda: class_of(tree_case([(0.9, 1), (0.6, 2)], 60, 4, skew=12.0).known, [0, 1, 2, 3, 4], 4),
    "cut through a tie": lambda: class_of(cube_walk([0.05] * 5), [0, 1, 2, 3, 4, 5], 4),
}
MERGES: dict[str, Callable[[], Case]] = {
    name: lambda make=make, i=i: Case(split_up(make().known, np.random.default_rng(i)), make().k)
    for i, (name, make) in enumerate(SMALL.items())
    if "290" not in name
}
SIDES: dict[str, Callable[[], Case]] = {  # n < N is what trees have, and what the reversed walk turns into n > N
    f"{name}, reversed": lambda make=make: Case(reversed_walk(make().known), make().k)
    for name, make in trees(60).items()
    if "290" not in name
}
PERMUTATIONS: dict[str, Callable[[], Case]] = {
    "permutations of 6": lambda: Case(transpositions(6, 0.6), 26),
}
PERMUTATIONS_7: dict[str, Callable[[], Case]] = {
    "permutations of 7": lambda: Case(transpositions(7, 0.6), 37),
}
HARD = ("circulant of weak augmentations", "hub and ring", "union")  # of 901 views: there the dense solver takes over
WALKS = ("cube walk", "cube walk, cut through a tie")
BY_POLICY = {name: LARGE[name] for name in WALKS} | PERMUTATIONS_7
TREES = {name: make for name, make in LARGE.items() if name not in HARD + WALKS}
BY_FORCE = {f"{name}, on 901": LARGE[name] for name in HARD} | {
    f"{name}, on 1,000": make for name, make in TREES.items()
}
FEW_TREES = {
    f"{name}, on 1,000": LARGE[name] for name in ("tree with a gap of 1e-06", "cube walk", "crowd of 20 beside one")
}
FACTORED = TREES | {  # of views that reach few others: a factor of I - Ā has few entries
    "circulant of weak augmentations, on 901": LARGE["circulant of weak augmentations"],
    "ring of 2,000": lambda: Case(
        circulant(2000, {0: 0.5, 1: 0.25, 1999: 0.25}).shuffled(np.random.default_rng(7)), 11
    ),
    "ring of 1,500, cut through a tie": lambda: Case(
        circulant(1500, {0: 0.6, 1: 0.3, 2: 0.1}).shuffled(np.random.default_rng(8)), 6
    ),
    "four rings": lambda: Case(
        union([circulant(700, {0: 0.8, 1: 0.2})] * 4, [0.1, 0.2, 0.3, 0.4]).shuffled(np.random.default_rng(9)), 9
    ),
}
NOT_BUILT_SCALED = frozenset({"scaled p"})

ROUTES: dict[str, Route] = {
    "closed form": Route(on_graph(), frozenset({"closed form"}), ONES),
    "dense": Route(on_graph(), frozenset({"dense"}), SMALL | PERMUTATIONS),
    "dense, batched": Route(on_graph(), frozenset({"dense"}), BATCHES),
    "iterative": Route(on_graph(), frozenset({"iterative"}), BY_POLICY),
    "iterative, forced": Route(on_graph("iterative"), frozenset({"iterative"}), SMALL | BY_FORCE),
    "shift-invert": Route(on_graph(), frozenset({"shift-invert"}), FACTORED),
    "shift-invert, forced": Route(on_graph("shift-invert"), frozenset({"shift-invert"}), SMALL | FEW_TREES | BY_FORCE),
    "product, a grid": Route(on_grid, frozenset({"product"}), two_products()),
    "product, declared": Route(on_product, frozenset(), two_products()),
    "product, hidden": Route(on_graph(), frozenset({"dense", "iterative"}), hidden()),
    "symmetric": Route(on_symmetry, frozenset({"Fourier transform"}), SYMMETRIES),
    "mixture": Route(on_mixture(), frozenset({"dense"}), two_products()),
    "mixture, iterative": Route(on_mixture("iterative"), frozenset({"iterative"}), two_products()),
    "operator": Route(on_operator(), frozenset({"dense"}), SMALL, NOT_BUILT_SCALED),
    "operator, iterative": Route(
        on_operator("iterative"), frozenset({"iterative"}), SMALL | FEW_TREES, NOT_BUILT_SCALED
    ),
    "class of functions": Route(on_class, frozenset({"Rayleigh-Ritz"}), CLASSES),
    "Dask, collected": Route(on_dask("collected"), frozenset({"dense"}), SMALL, NOT_BUILT_SCALED),
    "Dask, in blocks": Route(on_dask("blocks"), frozenset({"blocks"}), IN_BLOCKS, NOT_BUILT_SCALED),
    "more naturals than views, dense": Route(on_graph("dense"), frozenset({"dense"}), SIDES),
    "more naturals than views, iterative": Route(on_graph("iterative"), frozenset({"iterative"}), SIDES),
    "more naturals than views, shift-invert": Route(on_graph("shift-invert"), frozenset({"shift-invert"}), SIDES),
    "merged views, shift-invert": Route(on_graph("shift-invert"), frozenset({"shift-invert"}), MERGES),
    "merged views": Route(on_graph("dense"), frozenset({"dense"}), MERGES),
    "merged views, iterative": Route(on_graph("iterative"), frozenset({"iterative"}), MERGES),
}


# Laws


@dataclass(frozen=True, eq=False)
class Answer:
    """One route's answer to one case."""

    route: str
    name: str
    case: Case
    spectrum: Any

    def again(self, case: Case, scale: float = 1.0) -> Any:
        """What the same route answers to another case."""
        return ROUTES[self.route].solve(case, scale)


def next_true(known: ClosedForm, k: int) -> float:
    """γ_{k+1}."""
    return known.at(k + 1)


def true_cuts(known: ClosedForm, least: float) -> list[int]:
    """The k with γ_k - γ_{k+1} above a rounding, and γ_k positive."""
    padded = np.append(known.gamma, 0.0)
    return [int(k) for k in np.flatnonzero(-np.diff(padded) > least) + 1]


def true_angle(known: ClosedForm, k: int, V: Any) -> float:
    """The largest angle between span V and the k leading eigenvectors, by its sine, in extended precision."""
    truth, V = known.V(k, dtype=Extended), V.astype(Extended)
    left = truth - V @ (V.T @ truth)
    return float(np.arcsin(min(1.0, float(np.linalg.norm(left.astype(np.float64), 2)))))


def recomputed_residuals(known: ClosedForm, gamma: Any, V: Any) -> tuple[Any, float]:
    """||Āv - γv|| in extended precision, from p and A themselves, and how far float64 may be from it.

    Sums of m products round by at most m eps of the sum of their absolute values, and |M| has the norm 1, because M has no negative
    entries: a row and a column of M bound the error, and the forming of M and the last difference add some eps.
    """
    A = sp.csr_array(known.A)
    p, values = np.asarray(known.p, Extended), A.data.astype(Extended)
    rows = np.repeat(np.arange(A.shape[0]), np.diff(A.indptr))
    w_x = np.zeros(A.shape[1], Extended)
    np.add.at(w_x, A.indices, p[rows] * values)
    entries = np.sqrt(p[rows]) * values / np.sqrt(w_x[A.indices])
    residuals = np.empty(len(gamma))
    for i, (value, v) in enumerate(zip(gamma.astype(Extended), V.T.astype(Extended), strict=True)):
        u, image = np.zeros(A.shape[0], Extended), np.zeros(A.shape[1], Extended)
        np.add.at(u, rows, entries * v[A.indices])
        np.add.at(image, A.indices, entries * u[rows])
        residuals[i] = float(np.sqrt(np.sum((image - value * v) ** 2)))
    most = int(np.diff(A.indptr).max()) + int(np.bincount(A.indices).max())
    return residuals, (most + 16) * EPS


def gamma_is_within_the_residual(answer: Answer) -> None:
    known, spectrum = answer.case.known, answer.spectrum
    true = np.array([known.at(i + 1) for i in range(answer.case.k)])
    assert len(spectrum.gamma) == answer.case.k
    assert np.abs(spectrum.gamma - true).max() <= spectrum.certificate.residual + spectrum.tolerance


def eigenspaces_are_within_the_angle_bound(answer: Answer) -> None:
    """At each clean cut below k, of the spectrum cut there."""
    known, spectrum = answer.case.known, answer.spectrum
    for cut in true_cuts(known, spectrum.tolerance):
        if cut < answer.case.k:
            bound = spectrum.leading(cut).certificate.angle_bound
            assert true_angle(known, cut, spectrum.eigenvectors[:, :cut]) <= bound + SEEN, f"at {cut}"


def the_angle_bound_holds(answer: Answer) -> None:
    """At k itself; where the cut is degenerate as constructed the bound must say that the space is not unique."""
    known, spectrum, k = answer.case.known, answer.spectrum, answer.case.k
    bound = spectrum.certificate.angle_bound
    if known.at(k) == next_true(known, k):
        assert bound >= np.pi / 2
    elif known.of is not None and known.at(k) > 0:
        assert true_angle(known, k, spectrum.eigenvectors) <= bound + SEEN


def multiplicities_are_those_constructed(answer: Answer) -> None:
    known, spectrum = answer.case.known, answer.spectrum
    cuts = np.array([0, *true_cuts(known, spectrum.tolerance)])
    listed = [(value, count) for value, count in spectrum.multiplicities if value > 0]
    assert [count for _, count in listed] == np.diff(cuts)[: len(listed)].tolist()
    for (value, _), start in zip(listed, cuts, strict=False):
        assert abs(value - known.gamma[start]) <= spectrum.certificate.residual + spectrum.tolerance


def clean_cuts_are_those_constructed(answer: Answer) -> None:
    """Each that is listed is one, and each below k is listed; k too, where the bound on what is left tells it."""
    known, spectrum, k = answer.case.known, answer.spectrum, answer.case.k
    cuts, listed = true_cuts(known, spectrum.tolerance), list(spectrum.clean_cuts)
    assert listed == cuts[: len(listed)]
    assert [cut for cut in listed if cut < k] == [cut for cut in cuts if cut < k]
    if k in cuts and spectrum.gamma[-1] > spectrum.certificate.remainder_bound + spectrum.tolerance:
        assert k in listed


def the_remainder_is_bracketed(answer: Answer) -> None:
    true, spectrum = next_true(answer.case.known, answer.case.k), answer.spectrum
    assert (
        spectrum.certificate.remainder - spectrum.tolerance
        <= true
        <= spectrum.certificate.remainder_bound + spectrum.tolerance
    )


def the_gap_is_in_its_bracket(answer: Answer) -> None:
    known, spectrum, k = answer.case.known, answer.spectrum, answer.case.k
    true = known.at(k) - next_true(known, k)
    low, high = spectrum.gap_bounds
    assert low <= true <= high
    assert low <= spectrum.gap <= high


def residuals_are_those_of_extended_precision(answer: Answer) -> None:
    spectrum = answer.spectrum
    recomputed, rounding = recomputed_residuals(answer.case.known, spectrum.gamma, spectrum.eigenvectors)
    if spectrum.residuals is None:  # a product's is a bound on all of them
        assert recomputed.max() <= spectrum.certificate.residual + rounding
    else:
        assert np.abs(spectrum.residuals - recomputed).max() <= rounding


def vectors_are_orthonormal(answer: Answer) -> None:
    """To what the certificate says, or what the eigenfunctions of a product lose by being evaluated."""
    V = answer.spectrum.eigenvectors.astype(Extended)
    off = float(np.abs(V.T @ V - np.eye(V.shape[1])).max())
    assert off <= answer.spectrum.certificate.orthogonality + answer.spectrum.tolerance


def it_came_by_its_route(answer: Answer) -> None:
    solvers = {use.solver for use in answer.spectrum.solvers}
    assert solvers <= ROUTES[answer.route].solvers


def same_spectrum(known: ClosedForm, one: Any, other: Any) -> None:
    """The eigenvalues agree, and so do the eigenspaces of `other` with the closed form of its own order."""
    allowed = one.certificate.residual + other.certificate.residual + one.tolerance + other.tolerance
    assert np.abs(one.gamma - other.gamma).max() <= allowed
    assert list(one.clean_cuts)[: len(other.clean_cuts)] == list(other.clean_cuts)[: len(one.clean_cuts)]
    if known.of is None:
        return
    for cut in true_cuts(known, other.tolerance):
        if cut <= len(other.gamma):
            bound = other.leading(cut).certificate.angle_bound
            assert true_angle(known, cut, other.eigenvectors[:, :cut]) <= bound + SEEN


def the_order_does_not_matter(answer: Answer) -> None:
    turned = answer.case.shuffled(np.random.default_rng(9))
    same_spectrum(turned.known, answer.spectrum, answer.again(turned))


def the_scale_of_p_does_not_matter(answer: Answer) -> None:
    known = answer.case.known
    for scale in (1e200, 1e-200):
        if known.p.min() * scale > 1e-300:  # smaller ones have not all their digits
            same_spectrum(known, answer.spectrum, answer.again(answer.case, scale))


def digest(spectrum: Any) -> str:
    """A hash of the bits."""
    parts = [
        spectrum.gamma,
        spectrum.eigenvectors,
        np.array([spectrum.certificate.remainder, spectrum.certificate.angle_bound]),
    ]
    return hashlib.sha256(
        b"".join(np.ascontiguousarray(part, dtype=np.float64).tobytes() for part in parts)
    ).hexdigest()


@cache
def digests(**environment: str) -> dict[str, str]:
    """The digest of each route's first case, in a process of its own."""
    here = Path(__file__).parent
    paths = os.pathsep.join([str(here.parent), str(here), os.environ.get("PYTHONPATH", "")])
    run = subprocess.run(
        [sys.executable, __file__, "digests"],
        env={**os.environ, "PYTHONPATH": paths, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    return dict(json.loads(run.stdout.splitlines()[-1]))


ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
TWO_THREADS = {"OPENBLAS_NUM_THREADS": "2", "OMP_NUM_THREADS": "2", "PYTHONHASHSEED": "0"}


def bits_do_not_depend_on_threads(answer: Answer) -> None:
    assert digests(**ONE_THREAD)[answer.route] == digests(**TWO_THREADS)[answer.route]


def bits_do_not_depend_on_the_hash_seed(answer: Answer) -> None:
    assert digests(**ONE_THREAD)[answer.route] == digests(**(ONE_THREAD | {"PYTHONHASHSEED": "12345"}))[answer.route]


@dataclass(frozen=True, eq=False)
class Law:
    """One promise, and the abilities that a route or case needs for it."""

    check: Callable[[Answer], None]
    needs: frozenset[str] = field(default_factory=frozenset)


VECTORS = frozenset({"eigenvectors"})
FIRST = frozenset({"first"})
LAWS: dict[str, Law] = {
    "γ within the residual": Law(gamma_is_within_the_residual),
    "eigenspaces": Law(eigenspaces_are_within_the_angle_bound, VECTORS),
    "multiplicities": Law(multiplicities_are_those_constructed),
    "clean cuts": Law(clean_cuts_are_those_constructed),
    "remainder": Law(the_remainder_is_bracketed),
    "angle bound": Law(the_angle_bound_holds),
    "gap": Law(the_gap_is_in_its_bracket),
    "residuals": Law(residuals_are_those_of_extended_precision),
    "orthonormal": Law(vectors_are_orthonormal),
    "its route": Law(it_came_by_its_route, frozenset({"names its solver"})),
    "threads": Law(bits_do_not_depend_on_threads, FIRST),
    "hash seed": Law(bits_do_not_depend_on_the_hash_seed, FIRST),
    "order": Law(the_order_does_not_matter),
    "scaled p": Law(the_scale_of_p_does_not_matter, frozenset({"scaled p"})),
}

EMPTY: dict[tuple[str, str], str] = {
    ("product, declared", "its route"): "a ProductSpectrum has no list of solvers: there is one way only",
    ("operator", "scaled p"): "an operator is Ā itself, in which p is no more",
    ("operator, iterative", "scaled p"): "an operator is Ā itself, in which p is no more",
    ("Dask, collected", "scaled p"): "dask.build has no normalize=, and refuses p that does not sum to 1",
    ("Dask, in blocks", "scaled p"): "dask.build has no normalize=, and refuses p that does not sum to 1",
}


@cache
def case_of(route: str, name: str) -> Case:
    return ROUTES[route].cases[name]()


@cache
def answer_of(route: str, name: str) -> Answer:
    """A route's answer to a case, which its laws share."""
    case = case_of(route, name)
    return Answer(route, name, case, ROUTES[route].solve(case, 1.0))


def abilities(route: str, name: str) -> set[str]:
    """What a route can do with a case; the permutations alone have no eigenvectors in closed form."""
    can = {"scaled p"} - ROUTES[route].lacks
    can |= {"eigenvectors"} if not name.startswith("permutations") else set()
    can |= {"names its solver"} if ROUTES[route].solvers else set()
    return can | ({"first"} if name == next(iter(ROUTES[route].cases)) else set())


def cells() -> dict[tuple[str, str], list[str]]:
    """The cases of each cell of the table."""
    return {
        (route, law): [name for name in ROUTES[route].cases if LAWS[law].needs <= abilities(route, name)]
        for route in ROUTES
        for law in LAWS
    }


def table() -> str:
    """Routes x laws with the number of cases; a letter stands for a reason below."""
    filled, reasons = cells(), list(dict.fromkeys(EMPTY.values()))
    width = max(map(len, ROUTES))
    lines = [" " * width + "  " + "  ".join(LAWS)]
    for route in ROUTES:
        row = [
            (str(len(filled[route, law])) if filled[route, law] else chr(97 + reasons.index(EMPTY[route, law]))).rjust(
                len(law)
            )
            for law in LAWS
        ]
        lines.append(f"{route:<{width}}  " + "  ".join(row))
    return "\n".join([*lines, *(f"{chr(97 + i)}: {reason}" for i, reason in enumerate(reasons))])


def main(what: str = "table") -> None:
    """Print the table, or the digests of each route's first case as JSON."""
    if what == "digests":
        found = {}
        for route, entry in ROUTES.items():
            with suppress(ImportError):  # of the extra that Dask is
                found[route] = digest(answer_of(route, next(iter(entry.cases))).spectrum)
        print(json.dumps(found))
    else:
        print(table())


if __name__ == "__main__":
    main(*sys.argv[1:])
