"""Populations of any size whose whole spectrum, eigenvectors included, is known in closed form.

Nothing here asks popgraph or LAPACK. Eigenvalues are formed in extended precision and rounded once. Eigenvectors are those of
the very floats p and A, in extended precision where it is asked for: translates of one row commute with the group whatever is
in that row, and a tree's masses are multiples of 2^-50, which float64 subtracts exactly. The constructions reach what random
graphs do not: gaps from 1e-3 to 1e-14, exact ties, crowds of equal eigenvalues beside one that is not, eigenvalues near 1,
views of probability 1e-290, and parts that hardly touch.
"""

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp

import popgraph as pg

Extended = np.longdouble


@dataclass(frozen=True, eq=False)
class ClosedForm:
    """A population p (n,), A (n, N), with the eigenvalues of Ā in descending order and, on request, their eigenvectors.

    `gamma` lists every positive eigenvalue; the others are 0. `of` maps positions in that list, and a dtype, to eigenvectors
    (N, m); it is None where only the eigenvalues have a closed form.
    """

    name: str
    p: Any
    A: Any
    gamma: Any
    of: Callable[..., Any] | None

    @property
    def w_x(self) -> Any:
        return self.A.T @ self.p

    @property
    def N(self) -> int:
        return int(self.A.shape[1])

    @property
    def M(self) -> Any:
        return sp.csr_array(sp.diags_array(np.sqrt(self.p)) @ self.A @ sp.diags_array(1 / np.sqrt(self.w_x)))

    def graph(self) -> pg.PopulationGraph:
        return pg.build(self.p, self.A)

    def V(self, k: int, first: int = 0, dtype: Any = np.float64) -> Any:
        """The eigenvectors first, ..., k - 1, (N, k - first)."""
        assert self.of is not None
        return self.of(np.arange(first, k), dtype)

    @property
    def exact_w_x(self) -> Any:
        """The views' probabilities in extended precision."""
        return self.A.T.astype(Extended) @ self.p.astype(Extended)

    def embedding(self, k: int) -> Any:
        """F*/√w_x, an embedding that matches."""
        return self.V(k) / np.sqrt(self.w_x)[:, np.newaxis]

    def at(self, k: int) -> float:
        """γ_k, counted from 1; 0 beyond the list."""
        return float(self.gamma[k - 1]) if k <= len(self.gamma) else 0.0

    def run(self, k: int) -> tuple[int, int]:
        """How many eigenvalues exceed γ_k, and how many are at least γ_k: exactly equal ones, as constructed."""
        return int(np.sum(self.gamma > self.at(k))), int(np.sum(self.gamma >= self.at(k)))

    def shuffled(self, rng: Any) -> "ClosedForm":
        """Naturals and views in another order, so that no structure can be read off positions."""
        rows, columns = rng.permutation(self.A.shape[0]), rng.permutation(self.A.shape[1])
        A = sp.csr_array(self.A[rows][:, columns])
        A.sort_indices()
        of = self.of
        turned = None if of is None else (lambda ids, dtype=np.float64: of(ids, dtype)[columns])
        return replace(self, name=f"{self.name}, shuffled", p=self.p[rows], A=A, of=turned)


def _sorted(name: str, p: Any, A: Any, gamma: Any, of: Callable[..., Any] | None) -> ClosedForm:
    """Put eigenvalues in descending order; `of` takes positions in the order given."""
    gamma = np.asarray(gamma, dtype=np.float64)
    order = np.argsort(-gamma, kind="stable")
    order = order[: int(np.sum(gamma > 0))]
    A = sp.csr_array(A)
    A.sum_duplicates()
    chosen = None if of is None else (lambda ids, dtype=np.float64: of(order[ids], dtype))
    return ClosedForm(name, np.asarray(p, float), A, gamma[order], chosen)


def cube_walk(flips: Sequence[float]) -> ClosedForm:
    """Strings of d bits, of which bit i is flipped with probability flips[i], and at most one: γ_S = (1 - 2 Σ_{i∈S} flips[i])²."""
    d, n = len(flips), 1 << len(flips)
    x = np.arange(n)
    columns = np.concatenate([x, *(x ^ (1 << i) for i in range(d))])
    values = np.repeat([1 - math.fsum(flips), *flips], n)
    A = sp.csr_array((values, (np.tile(x, d + 1), columns)), shape=(n, n))
    A.eliminate_zeros()
    sums = np.zeros(1, dtype=Extended)
    for flip in flips:
        sums = np.concatenate([sums, sums + Extended(flip)])

    def characters(sets: Any, dtype: Any) -> Any:
        signs = [1.0 - 2.0 * (np.bitwise_count(x & int(chosen)) % 2) for chosen in sets]
        return np.stack(signs, axis=1).astype(dtype) / np.sqrt(dtype(n))

    return _sorted(f"cube walk d={d}", np.full(n, 1 / n), A, (1 - 2 * sums) ** 2, characters)


def circulant(n: int, steps: Mapping[int, float]) -> ClosedForm:
    """Natural i goes to i + j (mod n) with probability steps[j]: γ_f = |Σ_j steps[j] exp(2πi f j/n)|², and γ_f = γ_{n-f}."""
    x = np.arange(n)
    columns = np.concatenate([(x + j) % n for j in steps])
    A = sp.csr_array((np.repeat(list(steps.values()), n), (np.tile(x, len(steps)), columns)), shape=(n, n))
    f = np.arange(n // 2 + 1)
    turn = 8 * np.arctan(Extended(1))
    angles = [turn * ((f * j) % n).astype(Extended) / n for j in steps]
    masses = [Extended(mass) for mass in steps.values()]
    real = sum(mass * np.cos(angle) for mass, angle in zip(masses, angles, strict=True))
    imaginary = sum(mass * np.sin(angle) for mass, angle in zip(masses, angles, strict=True))
    twice = np.where((f > 0) & (2 * f < n), 2, 1)
    frequency = np.repeat(f, twice)
    is_sine = np.concatenate([[False], np.diff(frequency) == 0])

    def waves(ids: Any, dtype: Any) -> Any:
        columns = []
        for at in ids:
            angle = dtype(turn) * ((int(frequency[at]) * x) % n).astype(dtype) / n
            wave = np.sin(angle) if is_sine[at] else np.cos(angle)
            columns.append(wave / np.sqrt(np.sum(wave**2)))
        return np.stack(columns, axis=1)

    return _sorted(f"circulant n={n}", np.full(n, 1 / n), A, np.repeat(real**2 + imaginary**2, twice), waves)


def with_hub(a: ClosedForm, share: float) -> ClosedForm:
    """One more view, which every natural shows with probability `share`: all γ but γ_1 = 1 are multiplied by 1 - share."""
    n = a.A.shape[0]
    A = sp.hstack([a.A * (1 - share), sp.csr_array(np.full((n, 1), share))], format="csr")
    gamma = a.gamma * (1 - share)
    assert len(gamma) < 2 or a.gamma[1] < 1, "a hub joins components, whose tops are then another eigenvector"
    gamma[0] = 1.0
    of = a.of

    def widened(ids: Any, dtype: Any) -> Any:
        V = np.zeros((a.N + 1, len(ids)), dtype=dtype)
        V[:-1] = of(ids, dtype)
        if 0 in (ids := np.asarray(ids)):
            top = np.sqrt(A.T.astype(dtype) @ a.p.astype(dtype))
            V[:, ids == 0] = (top / np.sqrt(np.sum(top**2)))[:, np.newaxis]
        return V

    return _sorted(f"{a.name} + hub", a.p, A, gamma, widened)


def union(parts: Sequence[ClosedForm], masses: Sequence[float]) -> ClosedForm:
    """Populations that share nothing, of these probabilities: the spectra joined."""
    p = np.concatenate([part.p * mass for part, mass in zip(parts, masses, strict=True)])
    A = sp.block_diag([part.A for part in parts], format="csr")
    owner = np.repeat(np.arange(len(parts)), [len(part.gamma) for part in parts])
    place = np.concatenate([np.arange(len(part.gamma)) for part in parts])
    start = np.concatenate([[0], np.cumsum([part.N for part in parts])])

    def placed(ids: Any, dtype: Any) -> Any:
        V = np.zeros((start[-1], len(ids)), dtype=dtype)
        for column, at in enumerate(ids):
            part = owner[at]
            V[start[part] : start[part + 1], column] = parts[part].of(place[[at]], dtype)[:, 0]
        return V

    return _sorted("union", p / p.sum(), A, np.concatenate([part.gamma for part in parts]), placed)


def product(a: ClosedForm, b: ClosedForm) -> ClosedForm:
    """Pairs of independent coordinates: all products of eigenvalues, in an A that does not say that it is one."""
    A = sp.kron(a.A, b.A, format="csr")
    gamma, width = np.kron(a.gamma.astype(Extended), b.gamma.astype(Extended)), len(b.gamma)

    def tensors(ids: Any, dtype: Any) -> Any:
        i, j = np.divmod(np.asarray(ids), width)
        left, right = a.of(i, dtype), b.of(j, dtype)
        return np.stack([np.kron(u, v) for u, v in zip(left.T, right.T, strict=True)], axis=1)

    return _sorted(f"({a.name}) x ({b.name})", np.kron(a.p, b.p), A, gamma, tensors)


def tree(parent: Any, reached: Any, p: Any = None, name: str = "tree") -> ClosedForm:
    """Naturals are the leaves of a rooted tree; each descends from the root towards itself and shows the node at which it stops.

    A natural that has come to node a goes on below it with probability 1 - s_a, so that it passes a with probability
    reached[a] = Π (1 - s_b) over a and its ancestors b. For any p, Ā has the eigenvalue reached[a] for each inner node a, as
    many times as a has children less one: on naturals the eigenvectors are the contrasts of two groups of a's children, weighted
    by √p, for which AᵀD^-1A acts on functions of "which child of a" alone. Beside these there is γ_1 = 1.

    Parameters
    ----------
    parent : (nodes,) array of int
        parent[0] = -1 is the root; parent[i] < i.
    reached : (nodes,) array
        The eigenvalue of each inner node, in (0, 1], no larger than its parent's, rounded to a multiple of 2^-50; of leaves it is
        not read.
    p : (leaves,) array, optional
        In the order of the leaves; uniform if not given.
    """
    parent = np.asarray(parent)
    nodes = len(parent)
    children = np.bincount(parent[1:], minlength=nodes)
    inner = children > 0
    leaves = np.flatnonzero(~inner)
    n = len(leaves)
    p = np.full(n, 1 / n) if p is None else np.asarray(p, float) / math.fsum(p)
    passed = np.where(inner, np.round(np.asarray(reached, dtype=Extended) * 2**50) / 2**50, Extended(0))
    arrived = np.concatenate([[Extended(1)], passed[parent[1:]]])
    stays = (arrived - passed).astype(np.float64)
    path, node = [leaves], leaves
    while (node := np.where(node >= 0, parent[node], -1)).max() >= 0:
        path.append(node)
    rows = np.concatenate([np.flatnonzero((step >= 0) & (stays[step] > 0)) for step in path])
    columns = np.concatenate([step[(step >= 0) & (stays[step] > 0)] for step in path])
    shown, columns = np.unique(columns, return_inverse=True)
    A = sp.csr_array((stays[shown][columns], (rows, columns)), shape=(n, len(shown)))
    mass = np.zeros(nodes, dtype=Extended)
    for step in path:
        above = step >= 0
        np.add.at(mass, step[above], p[above].astype(Extended))
    owners = np.repeat(np.flatnonzero(inner), children[inner] - 1)
    contrast = np.concatenate([[0], *(np.arange(count - 1) for count in children[inner])]).astype(int)[1:]
    order = np.argsort(parent, kind="stable")
    starts = np.searchsorted(parent[order], np.arange(nodes))

    def leaves_below(group: Any) -> Any:
        member = np.zeros(nodes, dtype=bool)
        member[group] = True
        return np.flatnonzero(np.any([np.where(step >= 0, member[step], False) for step in path], axis=0))

    def contrasts(ids: Any, dtype: Any) -> Any:
        V = np.zeros((len(shown), len(ids)), dtype=dtype)
        transposed, law = A.T.astype(dtype), p.astype(dtype)
        root = np.sqrt(transposed @ law)
        for column, at in enumerate(ids):
            if at == 0:
                V[:, column] = root / np.sqrt(np.sum(root**2))
                continue
            mother, j = owners[at - 1], contrast[at - 1]
            mine = order[starts[mother] : starts[mother] + children[mother]]
            left, right = leaves_below(mine[: j + 1]), leaves_below(mine[j + 1])
            size = [mass[mine[: j + 1]].sum().astype(dtype), mass[mine[j + 1]].astype(dtype)]
            u = np.zeros(n, dtype=dtype)
            u[left] = np.sqrt(law[left] / size[0]) * np.sqrt(size[1] / sum(size))
            u[right] = -np.sqrt(law[right] / size[1]) * np.sqrt(size[0] / sum(size))
            v = transposed @ (np.sqrt(law) * u) / root
            V[:, column] = v / np.sqrt(np.sum(v**2))
        return V

    gamma = np.concatenate([[Extended(1)], np.repeat(passed[inner], children[inner] - 1)])
    return _sorted(name, p, A, gamma, contrasts)


def planted(
    tops: Sequence[tuple[float, int]], leaves: int, rng: Any, *, skew: float = 0.0, low: float = 0.5
) -> ClosedForm:
    """A tree whose leading eigenvalues below 1 are these (value, multiplicity), and all others below `low` times the least of them.

    One inner node carries each value, in a chain from the root down; leaves are hung below, and p spreads over `skew` decades.
    """
    parent, reached = [-1], [tops[0][0]]
    spare: list[int] = []
    mother = 0
    for i, (value, many) in enumerate(tops):
        if i:
            parent.append(mother)
            reached.append(value)
            mother = len(parent) - 1
        last = i == len(tops) - 1
        for _ in range(many + (1 if last else 0)):
            parent.append(mother)
            reached.append(np.nan)
            spare.append(len(parent) - 1)
    per = max(2, leaves // len(spare))
    for node in spare:
        reached[node] = tops[-1][0] * float(rng.uniform(0.05, low))
        for _ in range(int(rng.integers(max(2, per // 2), per * 3 // 2 + 2))):
            parent.append(node)
            reached.append(np.nan)
    n = len(parent) - len(set(parent)) + 1
    p = 10.0 ** -rng.uniform(0, skew, n) if skew else None
    return tree(parent, reached, p, f"tree {[f'{value:.3g} x{many}' for value, many in tops[:4]]}")


def transpositions(m: int, stay: float) -> ClosedForm:
    """Permutations of m things, of which two are exchanged at random, or none with probability `stay`.

    γ = (stay + (1 - stay) c(λ)/binom(m, 2))² for each partition λ of m, c the sum of its contents, f_λ² times, f_λ by the hook
    formula [Diaconis and Shahshahani, Generating a random permutation with random transpositions, 1981].
    """
    words = np.array(list(itertools.permutations(range(m))))
    code = words @ m ** np.arange(m)
    order = np.argsort(code)
    pairs, n = list(itertools.combinations(range(m), 2)), len(words)
    columns = [np.arange(n)]
    for i, j in pairs:
        exchanged = words.copy()
        exchanged[:, [i, j]] = exchanged[:, [j, i]]
        columns.append(order[np.searchsorted(code[order], exchanged @ m ** np.arange(m))])
    values = np.repeat([stay, *[(1 - stay) / len(pairs)] * len(pairs)], n)
    A = sp.csr_array((values, (np.tile(np.arange(n), len(columns)), np.concatenate(columns))), shape=(n, n))
    gamma: list[Any] = []
    for shape in _partitions(m, m):
        heights = [sum(row > j for row in shape) for j in range(shape[0])]
        hooks = math.prod(row - j + heights[j] - i - 1 for i, row in enumerate(shape) for j in range(row))
        content = sum(j - i for i, row in enumerate(shape) for j in range(row))
        value = (Extended(stay) + (1 - Extended(stay)) * content / len(pairs)) ** 2
        gamma += [value] * (math.factorial(m) // hooks) ** 2
    return _sorted(f"permutations of {m}", np.full(n, 1 / n), A, gamma, None)


def _partitions(total: int, largest: int) -> Any:
    if total == 0:
        yield ()
    for first in range(min(total, largest), 0, -1):
        for rest in _partitions(total - first, first):
            yield (first, *rest)
