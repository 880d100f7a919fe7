"""`EigenfunctionCoordinates`: an f that is a sum of few products of eigenfunctions, beside F*, as finitely many numbers.

In these coordinates Ā is diagonal and exact. Whether f matches F* is decided elsewhere.
"""

from dataclasses import dataclass
from itertools import chain, islice, product
from typing import Any

import numpy as np
import scipy.sparse as sp

from popgraph.basics.arguments import called, numbers, whole_number
from popgraph.basics.arrays import Floats, Immutable, frozen
from popgraph.basics.subspace import EPS
from popgraph.basics.words import shorten
from popgraph.errors import InvalidArgument, InvalidEmbedding
from popgraph.populations.structure.factors import Factors
from popgraph.populations.structure.low_degree import LowDegree, function_of_views
from popgraph.populations.structure.spectrum import ProductSpectrum, solve
from popgraph.spectrum import Solution, SolverUse, Spectrum, assemble_spectrum
from popgraph.spectrum.product.levels import Index

MAX_FACTOR_VIEWS = 800  # of a factor whose whole eigenbasis is used; up to here all eigenvalues are solved for
MAX_COEFFICIENTS = 500_000  # of f in the eigenfunctions of the product


@dataclass(frozen=True, eq=False)
class EigenfunctionCoordinates(Immutable):
    """f and the leading eigenvectors of a product, in coordinates: the B eigenfunctions that any of them is a combination of.

    Besides those in f these are the k + 2 leading eigenfunctions and one of the next smaller eigenvalue, so that the gaps after k
    and after k + 1 are those of the whole product.
    """

    k: int  # the number of eigenvectors that are compared with f
    gamma: Floats  # (B,) eigenvalues of the eigenfunctions, descending
    F: Floats  # (B, d) f
    root: Floats  # (B,) the constant function
    eigenspace_end: int  # the number of eigenvalues of the product that are >= γ_k
    clean_cuts: tuple[int, ...]  # the k at which the product's F* is known to be unique
    side: int  # the side of a matrix whose eigenvalues have the rounding error of these
    residual: float  # a bound on ||Āv - γv|| of the eigenfunctions

    @property
    def N(self) -> int:
        """The number of eigenfunctions, B."""
        return len(self.gamma)

    @property
    def w_x(self) -> Floats:
        """Ones: the eigenfunctions have length 1."""
        return frozen(np.ones(self.N))

    @property
    def trace(self) -> float:
        """The trace of Ā as far as these eigenfunctions go."""
        return float(self.gamma.sum())

    def gram(self, X: Floats) -> Floats:
        """Return ĀX, of a vector (B,) or of columns (B, k)."""
        return np.asarray((self.gamma * X.T).T)

    def spectrum(self, k: int) -> Spectrum:
        """Return the first k coordinates as eigenpairs."""
        # The k + 2 leading eigenfunctions of the product are among these, so that the next eigenvalue here is that of the product
        use = SolverUse("product", 1, (self.N, self.N), "coordinates in which Ā is diagonal")
        units = int(np.sum(self.gamma == 1))
        solution = Solution(
            self.gamma, units, "best-first search", (use,), self.side, closed_form=False, residual=self.residual
        )
        return assemble_spectrum(solution, np.eye(self.N, k), self.w_x, self.gram)


def in_coordinates(factors: Factors, f: Any, k: Any = None, spectrum: Any = None) -> EigenfunctionCoordinates | None:
    """Return f beside the k leading eigenvectors; or None for an f that no finite, and not too many, coordinates hold."""
    f = function_of_views(factors, f)
    columns = f.k if isinstance(f, LowDegree) else _columns_of(factors, f)
    k = columns if k is None else whole_number("k", k, columns, "the number of f's columns")
    views = factors.product_of([graph.N for graph in factors.kinds])
    if k > views:
        raise InvalidArgument(f"k is {k}, and there are only {views} views; use k <= {views}")
    if spectrum is not None and (
        not isinstance(spectrum, ProductSpectrum) or not spectrum.factors.same(factors) or spectrum.k < k
    ):
        raise InvalidArgument(
            f"spectrum is {shorten(spectrum)}, which does not serve: k = {k} pairs of this product are needed"
        )
    coefficients = _coefficients(factors, f) if isinstance(f, LowDegree) else None
    if coefficients is None:
        return None
    solved = solve(factors, k) if spectrum is None else spectrum.leading(k)
    return _beside_eigenvectors(factors, solved, *coefficients)


def _columns_of(factors: Factors, f: Any) -> int:
    """Return the number of columns of a callable f, asked about one view."""
    value = called(f, np.zeros((1, factors.d), dtype=np.intp), "f")
    shape = numbers("f of a batch of 1 view", value, "it must be finite numbers (1, k)", InvalidEmbedding).shape
    if len(shape) != 2 or shape[0] != 1 or shape[1] < 1:
        raise InvalidEmbedding(f"f of a batch of 1 view has shape {shape}; it must be (1, k)")
    return int(shape[1])


def _coefficients(factors: Factors, f: LowDegree) -> tuple[list[Index], Floats] | None:
    """Return the eigenfunctions that f is made of, and its coefficients (B, d), or None where they are too many."""
    used = [kind for kind, table in enumerate(f.terms.tables) if table.shape[1] > 1]
    if any(factors.kinds[kind].N > MAX_FACTOR_VIEWS for kind in used):
        return None
    columns: dict[int, list[list[tuple[int, float]]]] = {}  # of each kind and column: (eigenfunction, coefficient)
    for kind in used:
        graph = factors.kinds[kind]
        inner = factors.gram(kind, factors.functions(kind, graph.N), f.terms.tables[kind])[0]
        size = np.sqrt(np.sum(inner**2, axis=0))
        columns[kind] = [
            [(int(i), float(inner[i, c])) for i in np.flatnonzero(np.abs(inner[:, c]) > EPS * size[c])]
            for c in range(inner.shape[1])
        ]
    kinds = factors.kind_of.tolist()
    terms, total = [], 0
    for coordinates, at in zip(f.terms.coordinate.tolist(), f.terms.column.tolist(), strict=True):
        term = [
            [((j, number), value) for number, value in columns[kinds[j]][c]]
            for j, c in zip(coordinates, at, strict=True)
            if c
        ]
        expanded = 1
        for choices in term:
            expanded *= len(choices)
        total += expanded
        if total > MAX_COEFFICIENTS:
            return None
        terms.append(term)
    row_of: dict[Index, int] = {}
    rows, term_of, values = [], [], []
    for number, term in enumerate(terms):
        for chosen in product(*term):
            index = tuple(sorted(pair for pair, _ in chosen if pair[1]))
            value = 1.0
            for _, coefficient in chosen:
                value *= coefficient
            rows.append(row_of.setdefault(index, len(row_of)))
            term_of.append(number)
            values.append(value)
    expansion = sp.csr_array((values, (rows, term_of)), shape=(len(row_of), len(terms)))
    return list(row_of), np.asarray(expansion @ f.weights)


def _beside_eigenvectors(
    factors: Factors, solved: ProductSpectrum, indices: list[Index], coefficients: Floats
) -> EigenfunctionCoordinates:
    """Put f's coefficients beside the k + 2 leading eigenfunctions and one of the eigenvalue after γ_k."""
    k, end = solved.k, 0
    for level in solved.levels:
        end += level.multiplicity
        if end >= k:
            break
    eigenspace = solved if end == k else solve(factors, end)
    search = eigenspace.search
    leading = list(islice(chain.from_iterable(search.members(level) for level in eigenspace.levels), k + 2))
    beyond, below = [], 0
    for level in eigenspace.levels:
        if below >= end:
            beyond = list(islice(search.members(level), 1))
            break
        below += level.multiplicity
    order = list(dict.fromkeys([*leading, *beyond, *indices]))
    known = {key: level.gamma for level in eigenspace.levels for key in level.keys}
    gamma = np.array([known.get(search.key_of(index)) or search.gamma_of(index) for index in order])
    rank = np.argsort(-gamma, kind="stable")  # those of `leading` stay first among equals
    position = {order[i]: row for row, i in enumerate(rank.tolist())}
    F = np.zeros((len(order), coefficients.shape[1]))
    F[[position[index] for index in indices]] = coefficients
    root = np.zeros(len(order))
    root[position[()]] = 1.0
    error = max(level.error for level in eigenspace.levels)
    return EigenfunctionCoordinates(
        k=k,
        gamma=frozen(gamma[rank]),
        F=frozen(F),
        root=frozen(root),
        eigenspace_end=end,
        clean_cuts=eigenspace.clean_cuts,
        side=max(16, int(np.ceil(error / (8 * EPS)))),
        residual=solved.certificate.residual,
    )
