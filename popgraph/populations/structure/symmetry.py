"""`symmetric`: a declared abelian group cuts Ā into one small block for each character, by a Fourier transform over the group.

M commutes with the group, so it maps the vectors that transform by a character χ, one for each orbit of views, to those of the
orbits of naturals: a block of (orbits x orbits). An orbit whose members are fixed by an h with χ(h) ≠ 1 has no such vector.
"""

from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

import numpy as np

from popgraph.basics.arguments import whole_number
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arrays import Floats, Immutable, Ints, frozen
from popgraph.basics.subspace import tolerance
from popgraph.errors import TooLarge, load_whole, size_in_words
from popgraph.populations.graph import PopulationGraph, read_graph
from popgraph.populations.structure.action import Orbits, find_orbits, orders, read_moves
from popgraph.spectrum import SolverUse, Spectrum
from popgraph.spectrum.basis import groups, null_vectors, reproducible_basis, signed
from popgraph.spectrum.certificate import AT_ONCE, certify, residual_norms

BLOCK_BYTES = 2**32  # of all blocks together; the largest spectrum that a symmetry serves
BASIS_BYTES = (
    2**28
)  # up to which the whole eigenspace of an eigenvalue cut by k is formed, to choose from it reproducibly


@checked_call()
def symmetric(graph: PopulationGraph, generators: Any) -> "SymmetricGraph":
    """Declare a finite abelian group that leaves a population as it is; its spectrum then takes a fraction of the time.

    Parameters
    ----------
    graph : PopulationGraph
        With p(gx̄) = p(x̄) and A(gx|gx̄) = A(x|x̄) for each generator g; both are checked, to rounding.
    generators : list, or a single one
        Each a function of outcomes (it moves naturals and views), a mapping outcome -> outcome (others stay), a pair of integer
        arrays (the positions that naturals 0..n-1 and views 0..N-1 are taken to), or for images "shift down", "shift right",
        "flip top to bottom" or "flip left to right"; shifts are cyclic. Generators must commute.

    Raises
    ------
    InvalidArgument
        If a generator is no permutation, does not leave p and A as they are, or two do not commute; the message names the
        generator, the natural and the view.
    TooLarge
        If the group has more than 268 million elements.

    Examples
    --------
    >>> import popgraph as pg
    >>> from popgraph import structure
    >>> ring = structure.symmetric(pg.zoo.ring(12), lambda x: (x + 1) % 12)
    >>> ring
    SymmetricGraph(Z_12 on 12 naturals in 1 orbit and 12 views in 1 orbit)
    >>> ring.spectrum(3).gamma
    array([1.   , 0.871, 0.871])
    """
    read_graph("symmetric(graph, generators)", graph)
    names, on_naturals, on_views = read_moves(graph, generators)
    periods = orders(on_naturals, on_views)
    return SymmetricGraph(
        graph, tuple(names), periods, find_orbits(on_naturals, periods), find_orbits(on_views, periods)
    )


@dataclass(frozen=True, eq=False, repr=False)
class SymmetricGraph(Immutable):
    """Hold a population graph with a group that leaves it as it is; made by `symmetric`.

    Attributes
    ----------
    graph : PopulationGraph
    generators : tuple of str
        What the generators are called in messages.
    orders : tuple of int
        The order of each: the group is the product of the cyclic groups.
    natural_orbits, view_orbits : Orbits
        How the group moves naturals and views.

    Examples
    --------
    >>> import popgraph as pg
    >>> from popgraph import structure
    >>> ring = structure.symmetric(pg.zoo.ring(6), lambda x: (x + 1) % 6)
    >>> ring.orders, ring.spectrum(3).gamma
    ((6,), array([1.    , 0.5625, 0.5625]))
    """

    graph: PopulationGraph
    generators: tuple[str, ...]
    orders: tuple[int, ...]
    natural_orbits: Orbits
    view_orbits: Orbits

    def spectrum(self, k: int) -> Spectrum:
        """Return the k leading eigenpairs of the graph's Ā: the values and certificate of `graph.spectrum(k)`.

        All eigenvalues are computed, so that none above the k-th can be missing; residuals are of the whole Ā.

        Parameters
        ----------
        k : int
            In 1..N.

        Raises
        ------
        InvalidArgument
            If k is not in 1..N.
        NotConverged
            If an eigenpair could not be certified.
        TooLarge
            If the blocks of all characters together would take more than 4 GiB.

        Examples
        --------
        >>> import popgraph as pg
        >>> from popgraph import structure
        >>> flips = [lambda x, i=i: (*x[:i], 1 - x[i], *x[i + 1:]) for i in range(4)]
        >>> structure.symmetric(pg.zoo.hypercube(4), flips).spectrum(5).multiplicities
        ((1.0, 1), (0.25, 4), (0.0625, 6), (0.015625, 4), (0.00390625, 1))
        """
        graph, count = self.graph, self.graph.component_count
        k = whole_number("k", k, graph.N)
        block_of, below, side = self._values
        wanted = min(max(k - count, 0), len(below))
        V = np.zeros((graph.N, k), order="F")
        tops = min(k, count)
        V[:, :tops] = self._tops(tops)
        V[:, tops : tops + wanted] = self._leading(wanted, block_of, below, side)
        if k > count + wanted:
            V[:, count + wanted :] = null_vectors(V[:, : count + wanted], k - count - wanted)
        for start in range(tops, k, AT_ONCE):
            V[:, start : start + AT_ONCE] = signed(V[:, start : start + AT_ONCE])
        known = np.concatenate([np.ones(count), below])
        known = np.concatenate([known, np.zeros(max(0, min(graph.N, k + 1) - len(known)))])
        after = float(known[k]) if k < graph.N else 0.0
        residuals = residual_norms(graph.factor, known[:k], V)
        shape = (len(self.natural_orbits.first), len(self.view_orbits.first))
        group = " x ".join(f"Z_{order}" for order in self.orders)
        reason = f"a symmetry under {group} is declared"
        words = f"{len(self._characters):,} blocks of {shape[0]:,} x {shape[1]:,} orbits"
        return Spectrum(
            gamma=frozen(known[:k].copy()),
            eigenvectors=frozen(V),
            w_x=graph.w_x,
            residuals=frozen(residuals),
            gamma_known=frozen(known),
            floor=0.0,
            components=count,
            certificate=certify(
                residuals,
                known[:k],
                V,
                (after, after),
                "every eigenvalue of every character's block computed",
                side,
                tops=min(k, count),
            ),
            solvers=(SolverUse("Fourier transform", len(self._characters), shape, reason, words),),
            side=side,
        )

    @cached_property
    def _characters(self) -> Ints:
        """One of each pair of conjugate characters, numbered like the elements; real ones are their own conjugates."""
        numbers = np.arange(prod(self.orders))
        conjugate = np.ravel_multi_index(
            [(-f) % m for f, m in zip(np.unravel_index(numbers, self.orders), self.orders, strict=True)], self.orders
        )
        return frozen(numbers[numbers <= conjugate])

    def _real(self, character: Any) -> Any:
        """Whether characters are real, ±1: twice their frequency is 0."""
        frequencies = zip(np.unravel_index(character, self.orders), self.orders, strict=True)
        return np.all([2 * f % m == 0 for f, m in frequencies], axis=0)

    @cached_property
    def _blocks(self) -> Any:
        """The blocks of M without its top pairs, (characters, orbits of naturals, orbits of views), complex.

        The tops √p, √w_x of each component are taken out beforehand, so that an eigenvalue within rounding of 1 cannot mix
        with them. Rows of first members suffice; the Fourier transform runs over their entries along the orbits of views. It
        vanishes by itself where an orbit has no vector of that character.
        """
        rows, columns, graph = self.natural_orbits, self.view_orbits, self.graph
        needed = 24.0 * len(rows.first) * columns.images.size
        if needed > BLOCK_BYTES:
            raise TooLarge(
                f"the blocks of {len(rows.first):,} x {len(columns.first):,} orbits for {prod(self.orders):,} characters need "
                f"{size_in_words(needed)}, more than {size_in_words(BLOCK_BYTES)}; declare more of "
                "the symmetry, or use graph.spectrum"
            )
        M, component = graph.factor[rows.first].toarray(), graph.components
        mass = np.bincount(component, weights=graph.w_x)
        first_views = graph.kernel.indices[graph.kernel.indptr[rows.first]]
        start = np.asarray(graph.factor[rows.first] @ np.sqrt(graph.w_x))  # √p, to the rounding of A's row sums
        for i, c in enumerate(component[first_views]):
            mine = component == c
            M[i, mine] -= start[i] / mass[c] * np.sqrt(graph.w_x[mine])
        along = M[:, columns.images].reshape(*M.shape[:1], len(columns.first), *self.orders)
        transformed = load_whole("scipy.fft").fftn(along, axes=tuple(range(2, along.ndim)))
        hat = transformed.reshape(len(rows.first), len(columns.first), -1)
        hat = np.ascontiguousarray(hat[:, :, self._characters].transpose(2, 0, 1))
        hat *= np.sqrt(rows.sizes[:, np.newaxis] / columns.sizes) / columns.fixing
        return hat

    @cached_property
    def _values(self) -> tuple[Ints, Floats, int]:
        """Every positive eigenvalue below the tops: its block, its value, largest first, and the side of the rounding."""
        hat = self._blocks
        adjoint = hat.conj().transpose(0, 2, 1)
        side = max(16, min(hat.shape[1:]), int(np.log2(prod(self.orders)) + 1))
        gram = hat @ adjoint if hat.shape[1] <= hat.shape[2] else adjoint @ hat
        gamma = np.clip(np.linalg.eigvalsh(gram)[:, ::-1], 0.0, 1.0)
        copies = np.where(self._real(self._characters), 1, 2)
        block = np.repeat(np.repeat(np.arange(len(gamma)), copies), gamma.shape[1])
        flat = np.repeat(gamma, copies, axis=0).ravel()
        positive = flat > tolerance(side)
        order = np.argsort(-flat[positive], kind="stable")
        return block[positive][order], flat[positive][order], side

    def _tops(self, count: int) -> Floats:
        """Return √w_x on each of the first components, as unit vectors."""
        component, root = self.graph.components, np.sqrt(self.graph.w_x)
        tops = np.where(component[:, np.newaxis] == np.arange(count), root[:, np.newaxis], 0.0)
        return np.asarray(tops / np.linalg.norm(tops, axis=0))

    def _leading(self, wanted: int, block_of: Ints, below: Floats, side: int) -> Floats:
        """Return real eigenvectors of the leading eigenvalues, from a reproducible basis where one is repeated."""
        V = np.empty((self.graph.N, wanted), order="F")
        runs = [run for run in groups(below, side) if run.start < wanted]
        formed = runs[-1].stop if runs else 0
        if 8 * self.graph.N * formed > BASIS_BYTES:  # then the last one is what its blocks give first
            formed = wanted
        blocks, each = np.unique(block_of[:formed], return_counts=True)
        found, gamma = [], []
        for b, many in zip(blocks, each, strict=True):
            vectors, values = self._of_block(int(b), int(many))
            found.append(vectors)
            gamma.append(values)
        if not found:
            return V
        everything, order = np.concatenate(found, axis=1), np.argsort(-np.concatenate(gamma), kind="stable")
        for run in runs:
            members = everything[:, order[run.start : min(run.stop, formed)]]
            if members.shape[1] > 1:
                members = reproducible_basis(members)
            V[:, run.start : run.stop] = members[:, : wanted - run.start]
        return V

    def _of_block(self, block: int, many: int) -> tuple[Floats, Floats]:
        """Return the `many` leading real eigenvectors (N, many) that a character and its conjugate give, and their γ."""
        views, character = self.view_orbits, int(self._characters[block])
        hat, real = self._blocks[block], bool(self._real(character))
        _, sigma, Vh = np.linalg.svd(hat.real if real else hat, full_matrices=False)
        pairs = many if real else -(-many // 2)
        coefficients = Vh[:pairs].conj().T / np.sqrt(views.sizes)[:, np.newaxis]
        frequency = np.unravel_index(character, self.orders)
        element = np.unravel_index(views.element, self.orders)
        turns = sum((f * g % m) / m for f, g, m in zip(frequency, element, self.orders, strict=True))
        wave = np.exp(-2j * np.pi * np.asarray(turns))[:, np.newaxis] * coefficients[views.orbit]
        gamma = sigma[:pairs] ** 2
        if real:
            return wave.real, gamma
        both = np.stack([wave.real, wave.imag], axis=2).reshape(len(wave), -1) * np.sqrt(2)
        return both[:, :many], np.repeat(gamma, 2)[:many]

    def __repr__(self) -> str:
        group = " x ".join(f"Z_{order}" for order in self.orders)
        counts = [
            f"{len(orbits.orbit):,} {what}{'s' * (len(orbits.orbit) != 1)} in {len(orbits.first):,} "
            f"orbit{'s' * (len(orbits.first) != 1)}"
            for what, orbits in (("natural", self.natural_orbits), ("view", self.view_orbits))
        ]
        return f"SymmetricGraph({group} on {counts[0]} and {counts[1]})"
