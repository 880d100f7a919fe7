"""`FourierBlocks`: the spectrum of a graph with a declared abelian symmetry, from one small block of M for each character.

M commutes with the group, so it maps a vector on views that transforms by a character χ to a vector on naturals that does. There
is one such vector for each orbit, so M restricted to them is a block of (orbits of naturals x orbits of views), which a Fourier
transform over the group gives. An orbit has no such vector if an element h of the group with χ(h) ≠ 1 fixes its members.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod
from typing import Any

import numpy as np

from popgraph.basics.arguments import whole_number
from popgraph.basics.arrays import Floats, Immutable, Ints, Sparse, frozen
from popgraph.basics.extras import import_uninterrupted
from popgraph.basics.subspace import tolerance
from popgraph.basics.words import size_in_words
from popgraph.populations.symmetry import Symmetry
from popgraph.spectrum import (
    Solution,
    SolverUse,
    Spectrum,
    assemble_spectrum,
    groups,
    leading_eigenvectors,
    products_with,
    unit_eigenvectors,
)

MAX_BLOCK_BYTES = 2**32  # of the blocks of all characters together
# Where γ_k is repeated, all eigenvectors of its eigenspace are formed to choose a reproducible basis of it, if they fit in this
MAX_EIGENVECTOR_BYTES = 2**28


@dataclass(frozen=True, eq=False, repr=False)
class FourierBlocks(Immutable):
    """M, w_x and the component of each view of a graph, and a group of permutations that leaves them unchanged."""

    factor: Sparse
    w_x: Floats
    components: Ints
    symmetry: Symmetry

    @property
    def _too_large(self) -> str:
        """Say what the blocks of all characters would take together, if that is more than 4 GiB; or else ""."""
        needed = 24.0 * len(self.symmetry.natural_orbits.first) * self.symmetry.view_orbits.images.size
        if needed <= MAX_BLOCK_BYTES:
            return ""
        limit = size_in_words(MAX_BLOCK_BYTES)
        return f"the symmetry's blocks would take {size_in_words(needed)}, more than {limit}; solved without it"

    def spectrum(self, k: int, plainly: Callable[[int], Spectrum]) -> Spectrum:
        """Return the k leading eigenpairs of Ā.

        All eigenvalues are computed, so none above the k-th can be missing. The residuals are ||Āv - γv|| with Ā itself, not with a
        block. Where the blocks of all characters together would take more than 4 GiB, `plainly(k)` is asked.
        """
        n_views, count = len(self.w_x), int(self.components.max()) + 1
        k = whole_number("k", k, n_views)
        if self._too_large:
            spectrum = plainly(k)
            uses = [replace(use, reason=f"{use.reason}; {self._too_large}") for use in spectrum.solvers]
            return replace(spectrum, solvers=tuple(uses))
        block_of, below, side = self._values
        unit = unit_eigenvectors(self.components, self.w_x, min(k, count))
        U = self._leading(min(max(k - count, 0), len(below)), block_of, below, side)
        shape = (len(self.symmetry.natural_orbits.first), len(self.symmetry.view_orbits.first))
        reason = f"a symmetry under {self.symmetry.group} is declared"
        blocks = len(self._characters)
        words = f"{blocks:,} block{'s' * (blocks != 1)} of {shape[0]:,} x {shape[1]:,} orbit{'s' * (shape != (1, 1))}"
        solution = Solution(
            np.concatenate([np.ones(count), below]),
            count,
            "every eigenvalue of every character's block computed",
            (SolverUse("Fourier transform", len(self._characters), shape, reason, words),),
            side,
        )
        V = leading_eigenvectors(unit, below, U, k, side)
        return assemble_spectrum(solution, V, self.w_x, products_with(self.factor))

    @cached_property
    def _characters(self) -> Ints:
        """One character of each conjugate pair, numbered like the elements of the group. A real character is its own conjugate."""
        numbers = np.arange(prod(self.symmetry.orders))
        conjugate = np.ravel_multi_index(
            [
                (-f) % m
                for f, m in zip(np.unravel_index(numbers, self.symmetry.orders), self.symmetry.orders, strict=True)
            ],
            self.symmetry.orders,
        )
        return frozen(numbers[numbers <= conjugate])

    def _real(self, character: Any) -> Any:
        """Whether each character has only the values 1 and -1, that is, twice its frequency is 0 in each cyclic factor."""
        frequencies = zip(np.unravel_index(character, self.symmetry.orders), self.symmetry.orders, strict=True)
        return np.all([2 * f % m == 0 for f, m in frequencies], axis=0)

    @cached_property
    def _blocks(self) -> Any:
        """The blocks of M without its singular value 1: (characters, orbits of naturals, orbits of views), complex.

        The singular vectors √p and √w_x of each component are subtracted first, so that those of a singular value within rounding
        of 1 cannot mix with them.
        """
        rows, columns, root = self.symmetry.natural_orbits, self.symmetry.view_orbits, np.sqrt(self.w_x)
        sparse, component = self.factor[rows.first], self.components
        M, mass = sparse.toarray(), np.bincount(component, weights=self.w_x)
        start = np.asarray(sparse @ root)  # √p, up to rounding of the row sums of A
        for i, c in enumerate(component[sparse.indices[sparse.indptr[:-1]]]):  # a natural's views share one component
            in_component = component == c
            M[i, in_component] -= start[i] / mass[c] * root[in_component]
        # On an orbit O of views with first member x, e_O(gx) = χ(g)⁻¹ / √|O| is the unit vector that transforms by χ; likewise e_R
        # on an orbit R of naturals with first member x̄. M commutes with the group, so on R the vector M e_O is a multiple of e_R:
        #     √|R| (M e_O)(x̄) = √(|R| / |O|) Σ_{y in O} M(x̄, y) χ(g_y)⁻¹ = √(|R| / |O|) / |stabiliser of x| Σ_g M(x̄, gx) χ(g)⁻¹.
        # So only the rows of the first members are needed, and the sum over g is a Fourier transform along the images of x. If χ is
        # not 1 on the stabiliser of x, the sum is 0, as it must be: O has no such vector.
        along = M[:, columns.images].reshape(*M.shape[:1], len(columns.first), *self.symmetry.orders)
        transformed = import_uninterrupted("scipy.fft").fftn(along, axes=tuple(range(2, along.ndim)))
        hat = transformed.reshape(len(rows.first), len(columns.first), -1)
        hat = np.ascontiguousarray(hat[:, :, self._characters].transpose(2, 0, 1))
        hat *= np.sqrt(rows.sizes[:, np.newaxis] / columns.sizes) / columns.fixing
        return hat

    @cached_property
    def _values(self) -> tuple[Ints, Floats, int]:
        """The block and the value of each positive eigenvalue except the components' 1, descending; the side for tolerances."""
        hat = self._blocks
        adjoint = hat.conj().transpose(0, 2, 1)
        side = max(16, min(hat.shape[1:]), int(np.log2(prod(self.symmetry.orders)) + 1))
        gram = hat @ adjoint if hat.shape[1] <= hat.shape[2] else adjoint @ hat
        gamma = np.clip(np.linalg.eigvalsh(gram)[:, ::-1], 0.0, 1.0)
        copies = np.where(self._real(self._characters), 1, 2)
        block = np.repeat(np.repeat(np.arange(len(gamma)), copies), gamma.shape[1])
        flat = np.repeat(gamma, copies, axis=0).ravel()
        positive = flat > tolerance(side)
        order = np.argsort(-flat[positive], kind="stable")
        return block[positive][order], flat[positive][order], side

    def _leading(self, wanted: int, block_of: Ints, below: Floats, side: int) -> Floats:
        """Return real eigenvectors (N, v) of the leading eigenvalues, with v >= wanted if the last wanted eigenvalue is repeated.

        All vectors of its eigenspace are then returned, since a basis of part of one cannot be chosen reproducibly.
        If they would exceed `MAX_EIGENVECTOR_BYTES`, v = wanted, and the last eigenvectors are those of the first blocks.
        """
        formed = max((run.stop for run in groups(below, side) if run.start < wanted), default=0)
        if 8 * len(self.w_x) * formed > MAX_EIGENVECTOR_BYTES:
            formed = wanted
        if not formed:
            return np.zeros((len(self.w_x), 0))
        blocks, counts = np.unique(block_of[:formed], return_counts=True)
        pairs = [self._of_block(int(block), int(count)) for block, count in zip(blocks, counts, strict=True)]
        vectors, gamma = (np.concatenate(parts, axis=-1) for parts in zip(*pairs, strict=True))
        return np.asarray(vectors[:, np.argsort(-gamma, kind="stable")])

    def _of_block(self, block: int, count: int) -> tuple[Floats, Floats]:
        """Return the `count` leading real eigenvectors (N, count) of one character and its conjugate, and their eigenvalues."""
        views, character = self.symmetry.view_orbits, int(self._characters[block])
        hat, real = self._blocks[block], bool(self._real(character))
        _, sigma, Vh = np.linalg.svd(hat.real if real else hat, full_matrices=False)
        pairs = count if real else -(-count // 2)
        coefficients = Vh[:pairs].conj().T / np.sqrt(views.sizes)[:, np.newaxis]
        frequency = np.unravel_index(character, self.symmetry.orders)
        element = np.unravel_index(views.element, self.symmetry.orders)
        turns = sum((f * g % m) / m for f, g, m in zip(frequency, element, self.symmetry.orders, strict=True))
        wave = np.exp(-2j * np.pi * np.asarray(turns))[:, np.newaxis] * coefficients[views.orbit]
        gamma = sigma[:pairs] ** 2
        if real:
            return wave.real, gamma
        both = np.stack([wave.real, wave.imag], axis=2).reshape(len(wave), -1) * np.sqrt(2)
        return both[:, :count], np.repeat(gamma, 2)[:count]
