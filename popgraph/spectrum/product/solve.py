"""The spectrum of a factor M that is a Kronecker product of small ones, from theirs; the eigenpairs are checked on M itself."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, islice

import numpy as np

from popgraph.basics.arrays import Floats, Immutable, Ints, Sparse
from popgraph.errors import TooLarge
from popgraph.spectrum.assemble import Solution, assemble_spectrum, put_unit_eigenvectors, rounded
from popgraph.spectrum.certificate import COLUMNS_AT_ONCE, products_with
from popgraph.spectrum.components import Components
from popgraph.spectrum.product.levels import Levels, merge_types
from popgraph.spectrum.product.separable import separable
from popgraph.spectrum.value import SolverUse, Spectrum

ALL_LISTED_VIEWS = 4096  # up to which all eigenvalues are listed, as a dense solver lists them
ALL_PRODUCTS_LISTED = "every product of the factors' eigenvalues down to it is listed"


@dataclass(frozen=True, eq=False)
class Grid(Immutable):
    """Say that M is a Kronecker product, its naturals and views in some order.

    Attributes
    ----------
    factors : tuple of (M_t, w_t)
        The kinds of factors: their csr_array M_t (n_t, N_t) and the probabilities (N_t,) of their views.
    kind_of : (d,) array
        The kind of each coordinate.
    positions : (N, d) array
        What each view of M is in each coordinate: a column of its factor.
    """

    factors: tuple[tuple[Sparse, Floats], ...]
    kind_of: Ints
    positions: Ints

    def __str__(self) -> str:
        counts = Counter(self.kind_of.tolist())
        kinds = [f"{count} of {' x '.join(map(str, self.factors[kind][0].shape))}" for kind, count in counts.items()]
        shown = ", ".join(kinds[:4]) + (f" and {len(kinds) - 4} other kinds" if len(kinds) > 4 else "")
        return f"a product of {len(self.kind_of)} factors ({shown})"


def levels_of(spectrum: Spectrum) -> Levels:
    """Return the distinct eigenvalues of a factor, as far as they and their multiplicities are known."""
    pairs = spectrum.multiplicities
    listed = sum(count for _, count in pairs)
    gamma = (1.0, *(value for value, _ in pairs[1:]))
    unlisted = 0.0
    if not spectrum.complete:
        unlisted = min(1.0, float(max([spectrum.floor, *spectrum.gamma_known[listed:]])) + spectrum.tolerance)
    return Levels(gamma, tuple(count for _, count in pairs), spectrum.tolerance, unlisted)


def constant_first(spectrum: Spectrum, units: int) -> Floats:
    """Return the eigenfunctions (N, k), in L²(w_x), with the constant 1 as the first; the first `units` are those at γ = 1."""
    # On a graph of several components 1 is a mixture of the eigenfunctions at γ = 1, with coefficients c of length 1. Householder's
    # reflection I - 2uuᵀ/uᵀu with u = c + e_1 sends c to -e_1: it makes -1 the first of an orthonormal basis of them.
    V, root = spectrum.eigenvectors.copy(), np.sqrt(spectrum.w_x)
    u = V[:, :units].T @ root / np.linalg.norm(root)
    u[0] += 1.0  # and not -= 1: beside a component of probability 1e-15 nothing would be left of it
    V[:, :units] -= np.outer(V[:, :units] @ u, 2.0 / float(u @ u) * u)
    V /= root[:, np.newaxis]
    V[:, 0] = 1.0
    return V


def from_factors(
    factor: Sparse, w_x: Floats, k: int, parts: Components, grid: Grid, spectra: Sequence[Spectrum]
) -> Spectrum | None:
    """Return the k leading eigenpairs of Ā = MᵀM, from the number of components on, given all of each kind of factor.

    None if the products are too many, or leave a doubt about how many eigenvalues are 1.
    """
    n_views = len(w_x)
    product = merge_types([levels_of(spectrum) for spectrum in spectra], grid.kind_of.tolist())
    try:
        levels, floor = product.leading(n_views if n_views <= ALL_LISTED_VIEWS else k)
    except TooLarge:
        return None
    if levels[0].multiplicity != parts.count:
        return None
    sides = [max(min(grid.factors[kind][0].shape), 16) for kind in grid.kind_of.tolist()]
    side = max(min(factor.shape), sum(sides))  # each factor at a lower level adds its own rounding
    gamma = rounded(np.repeat([level.gamma for level in levels], [level.multiplicity for level in levels]), side)
    floor = float(rounded(np.array(floor), side))
    members = chain.from_iterable(product.members(level) for level in levels[1:])
    tables = [constant_first(spectrum, levels_of(spectrum).counts[0]) for spectrum in spectra]
    functions = separable(tables, grid.kind_of, islice(members, k - parts.count))
    V = _eigenvectors(functions.evaluate(grid.positions), w_x, parts)
    use = SolverUse("product", parts.count, factor.shape, f"it is {grid}")
    solution = Solution(gamma, parts.count, ALL_PRODUCTS_LISTED, (use,), side, floor, floor)
    return assemble_spectrum(solution, V, w_x, products_with(factor))


def _eigenvectors(functions: Floats, w_x: Floats, parts: Components) -> Floats:
    """Write the components' unit eigenvectors, and beside them those that are these eigenfunctions (N, m) times √w_x."""
    k = parts.count + functions.shape[1]
    V, root_w = np.zeros((len(w_x), k)), np.sqrt(w_x)
    put_unit_eigenvectors(V, parts.of_column, w_x, parts.count)
    V[:, parts.count :] = functions
    for start in range(parts.count, k, COLUMNS_AT_ONCE):
        V[:, start : start + COLUMNS_AT_ONCE] *= root_w[:, np.newaxis]
    return V
