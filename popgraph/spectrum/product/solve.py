"""The spectrum of a factor M that is a Kronecker product of small ones, from theirs; the eigenpairs are checked on M itself."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, islice

import numpy as np

from popgraph.basics.arrays import Floats, Immutable, Ints, Sparse
from popgraph.basics.subspace import tolerance
from popgraph.errors import TooLarge
from popgraph.spectrum.assemble import Solution, assemble_spectrum, put, unit_eigenvectors
from popgraph.spectrum.certificate import AT_ONCE, products_with
from popgraph.spectrum.components import Components
from popgraph.spectrum.product.levels import Level, Levels, Product, merge_types
from popgraph.spectrum.product.separable import Separable, separable
from popgraph.spectrum.value import SolverUse, Spectrum

WHOLE = 4096  # views up to which all eigenvalues are listed, as a dense solver lists them
LISTED = "every product of the factors' eigenvalues down to it is listed"


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
        many = Counter(self.kind_of.tolist())
        kinds = [f"{count} of {' x '.join(map(str, self.factors[kind][0].shape))}" for kind, count in many.items()]
        shown = ", ".join(kinds[:4]) + (f" and {len(kinds) - 4} other kinds" if len(kinds) > 4 else "")
        return f"a product of {len(self.kind_of)} factors ({shown})"


def levels_of(spectrum: Spectrum) -> Levels:
    """Return the distinct eigenvalues of a factor, as far as they and their multiplicities are known."""
    pairs = spectrum.multiplicities
    listed = sum(count for _, count in pairs)
    gamma = (1.0, *(value for value, _ in pairs[1:]))
    rest = 0.0
    if not spectrum.complete:
        rest = min(1.0, float(max([spectrum.floor, *spectrum.gamma_known[listed:]])) + spectrum.tolerance)
    return Levels(gamma, tuple(count for _, count in pairs), spectrum.tolerance, rest)


def constant_first(spectrum: Spectrum, tops: int) -> Floats:
    """Return the eigenfunctions (N, k), in L²(w_x), with the constant 1 as the first.

    Of a graph of several components 1 is a mixture of the `tops` eigenfunctions at γ = 1; Householder's reflection makes it, but
    for its sign, the first of an orthonormal basis of them.
    """
    V, root = spectrum.eigenvectors.copy(), np.sqrt(spectrum.w_x)
    u = V[:, :tops].T @ root / np.linalg.norm(root)
    u[0] += 1.0  # and not -= 1: beside a component of probability 1e-15 nothing would be left of it
    V[:, :tops] -= np.outer(V[:, :tops] @ u, 2.0 / float(u @ u) * u)
    V /= root[:, np.newaxis]
    V[:, 0] = 1.0
    return V


def solve(
    factor: Sparse, w_x: Floats, k: int, parts: Components, grid: Grid, spectra: Sequence[Spectrum]
) -> Spectrum | None:
    """Return the k leading eigenpairs of Ā = MᵀM, or None if the products are too many, or leave a doubt about γ = 1.

    Parameters
    ----------
    factor : (n, N) csr_array
        M.
    k : int
        From the number of components to N.
    parts : Components
        Of M: they give the eigenvectors at γ = 1.
    grid : Grid
    spectra : sequence of Spectrum
        All eigenpairs of each kind of factor.
    """
    n_views = len(w_x)
    levels = [levels_of(spectrum) for spectrum in spectra]
    product = merge_types(levels, grid.kind_of.tolist())
    try:
        found, floor = product.leading(n_views if n_views <= WHOLE else k)
    except TooLarge:
        return None
    if found[0].multiplicity != parts.count:
        return None
    sides = [max(min(grid.factors[kind][0].shape), 16) for kind in grid.kind_of.tolist()]
    side = max(min(factor.shape), sum(sides))  # each factor at a lower level adds its own rounding
    known = np.repeat([level.gamma for level in found], [level.multiplicity for level in found])
    known[known <= tolerance(side)] = 0.0
    floor = 0.0 if floor <= tolerance(side) else floor
    V = _eigenvectors(product, found[1:], grid, spectra, w_x, parts, k)
    use = SolverUse("product", parts.count, factor.shape, f"it is {grid}")
    solution = Solution(known, parts.count, LISTED, (use,), side, floor, floor)
    return assemble_spectrum(solution, V, w_x, products_with(factor))


def _eigenvectors(
    product: Product,
    below: Sequence[Level],
    grid: Grid,
    spectra: Sequence[Spectrum],
    w_x: Floats,
    parts: Components,
    k: int,
) -> Floats:
    """Write the k leading eigenvectors over all views: the components' top vectors, then products of the factors'."""
    root_w = np.sqrt(w_x)
    V = np.zeros((len(w_x), k))
    put(V, unit_eigenvectors(parts.of_column, w_x, parts.count))
    members = chain.from_iterable(product.members(level) for level in below)
    tables = [constant_first(spectrum, levels_of(spectrum).counts[0]) for spectrum in spectra]
    functions: Separable = separable(tables, grid.kind_of, islice(members, k - parts.count))
    V[:, parts.count :] = functions.evaluate(grid.positions)
    for start in range(parts.count, k, AT_ONCE):
        V[:, start : start + AT_ONCE] *= root_w[:, np.newaxis]
    return V
