"""`SummedProducts`: a sum over classes of Kronecker products, as w_x, Ā, M and components; nothing is formed but vectors.

Knows arrays, and no graph. A cell is a tuple of one view of each coordinate; views are the cells that some class reaches.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import LinearOperator

from popgraph.basics.arrays import Floats, Immutable, Ints, Sparse, frozen
from popgraph.populations.structure.modes import along_modes, joined, outer


@dataclass(frozen=True, eq=False)
class SummedProducts(Immutable):
    """The parts of w = Σ_c π_c ⊗_j w_j^c, with w_j^c = A_jᵀ diag(p_j) A_j; lists are indexed by class c, then by coordinate j."""

    pi: Floats  # (C,) the classes' probabilities
    sizes: tuple[int, ...]  # the number N_j of views of each coordinate
    p: Sequence[Sequence[Floats]]  # (n_j,) arrays p_j
    kernels: Sequence[
        Sequence[Sparse]
    ]  # (n_j, m_j) csr_arrays A_j, with columns for the m_j views that the class reaches
    w_x: Sequence[Sequence[Floats]]  # (m_j,) arrays, the row sums of w_j^c
    places: Sequence[Sequence[Ints]]  # (m_j,) arrays: the positions of these views among the coordinate's N_j
    split: Sequence[Sequence[Ints]]  # (m_j,) arrays: their connected components

    @property
    def naturals(self) -> list[int]:
        """The number of naturals of each class."""
        return [prod(len(p) for p in of_class) for of_class in self.p]

    @cached_property
    def cells(self) -> Ints | None:
        """The cells that some class reaches, or None if that is all of them."""
        reached = np.zeros(prod(self.sizes), dtype=bool)
        for places in self.places:
            reached |= outer([np.isin(np.arange(n), place) for n, place in zip(self.sizes, places, strict=True)])
        return None if reached.all() else frozen(np.flatnonzero(reached))

    @cached_property
    def view_probabilities(self) -> Floats:
        """The sum of the classes' w_x, (N,), which is no product."""
        return frozen(np.sum(self.masses(), axis=0))

    def masses(self) -> list[Floats]:
        """Return π_c ⊗_j w_x,j^c of each class, (N,)."""
        spread = (
            [self._at(w_x, place, j) for j, (w_x, place) in enumerate(zip(*row, strict=True))]
            for row in zip(self.w_x, self.places, strict=True)
        )
        return [self._views(pi * outer(of_class)) for pi, of_class in zip(self.pi, spread, strict=True)]

    @cached_property
    def trace(self) -> float:
        """The trace of Ā: Σ_x w_xx / w_x."""
        diagonals = [[np.diagonal(weights) for weights in of_class] for of_class in self._weights]
        own = sum(pi * self._views(outer(of_class)) for pi, of_class in zip(self.pi, diagonals, strict=True))
        return float(np.sum(own / self.view_probabilities))

    @cached_property
    def adjacency(self) -> LinearOperator:
        """Ā, (N, N)."""
        classes = [joined(weights) for weights in self._weights]
        for pi, matrices in zip(self.pi, classes, strict=True):
            matrices[0] = pi * matrices[0]
        scale = 1 / np.sqrt(self.view_probabilities)

        def multiply(x: Any) -> Floats:
            spread = self._cells(scale * x.ravel())
            total = along_modes(classes[0], spread)
            for matrices in classes[1:]:
                total += along_modes(matrices, spread)
            return np.asarray(self._views(total) * scale)

        return LinearOperator((len(scale),) * 2, matvec=multiply, rmatvec=multiply, dtype=np.float64)

    @cached_property
    def probabilities(self) -> Floats:
        """The naturals' probabilities π_c ⊗_j p_j^c, (n,), class by class."""
        return frozen(np.concatenate([pi * outer(of_class) for pi, of_class in zip(self.pi, self.p, strict=True)]))

    @cached_property
    def kernel(self) -> LinearOperator:
        """A(x|x̄), (n, N): of each class ⊗_j A_j^c."""
        dense = [
            [self._at(A.toarray(), place, j) for j, (A, place) in enumerate(zip(*row, strict=True))]
            for row in zip(self.kernels, self.places, strict=True)
        ]
        return self._stacked(dense, np.ones(len(self.pi)), np.ones(len(self.view_probabilities)))

    def factor(self) -> LinearOperator:
        """Return M, (n, N), with Ā = MᵀM."""
        return self._stacked(self._roots, np.sqrt(self.pi), 1 / np.sqrt(self.view_probabilities))

    def _stacked(self, parts: list[list[Floats]], root: Floats, scale: Floats) -> LinearOperator:
        """Return the operator (n, N) whose rows of class c are root_c ⊗_j parts_j^c, each column times its scale."""
        blocks = [joined(kernels) for kernels in parts]
        transposed = [joined([kernel.T for kernel in kernels]) for kernels in parts]
        edges = np.cumsum(self.naturals)

        def multiply(x: Any) -> Floats:
            spread = self._cells(scale * x.ravel())
            return np.concatenate([r * along_modes(block, spread) for r, block in zip(root, blocks, strict=True)])

        def back(y: Any) -> Floats:
            parts = zip(root, transposed, np.split(y.ravel(), edges[:-1]), strict=True)
            return np.asarray(self._views(sum(r * along_modes(block, part) for r, block, part in parts)) * scale)

        return LinearOperator((int(edges[-1]), len(scale)), matvec=multiply, rmatvec=back, dtype=np.float64)

    @cached_property
    def components(self) -> Ints:
        """The component of each view, (N,), numbered by first view: 0, 1, ..."""
        # Every reached view has w_xx > 0, so the coordinates can move one at a time, and the components of a product are the
        # products of the factors' components. Components of two classes are joined if they share a view, that is, if they share one
        # in every coordinate.
        counts = [[int(part.max()) + 1 for part in row] for row in self.split]
        first = np.concatenate([[0], np.cumsum([prod(row) for row in counts])])
        joins: list[list[Any]] = [[None] * len(counts) for _ in counts]
        for c, row in enumerate(counts):
            joins[c][c] = sp.csr_array((prod(row), prod(row)))
            for e in range(c + 1, len(counts)):
                joins[c][e] = self._shared(c, e, counts)
        labels = connected_components(sp.block_array(joins), directed=False)[1]
        of_cell = np.full(prod(self.sizes), -1, dtype=np.intp)
        for c, places in enumerate(self.places):
            number: Any = np.zeros(1, dtype=np.intp)
            cell: Any = np.zeros(1, dtype=np.intp)
            for j, place in enumerate(places):
                number = np.add.outer(number * counts[c][j], self.split[c][j]).ravel()
                cell = np.add.outer(cell * self.sizes[j], place).ravel()
            of_cell[cell] = labels[first[c] + number]
        distinct, first_view, numbers = np.unique(self._views(of_cell), return_index=True, return_inverse=True)
        order = np.empty(len(distinct), dtype=np.intp)
        order[np.argsort(first_view)] = np.arange(len(distinct))
        return frozen(order[numbers])

    def _shared(self, c: int, e: int, counts: list[list[int]]) -> Sparse:
        """Return which components of two classes share a view, as a sparse matrix: a Kronecker product over coordinates."""
        total: Sparse = sp.csr_array(np.ones((1, 1)))
        for j in range(len(self.sizes)):
            _, mine, theirs = np.intersect1d(self.places[c][j], self.places[e][j], return_indices=True)
            pairs = (self.split[c][j][mine], self.split[e][j][theirs])
            meets = sp.csr_array((np.ones(len(mine)), pairs), shape=(counts[c][j], counts[e][j]))
            total = sp.csr_array(sp.kron(total, meets > 0))
            total.eliminate_zeros()  # kron stores zeros of small blocks, and csgraph takes a stored zero for an edge
        return total

    @cached_property
    def _roots(self) -> list[list[Floats]]:
        """√p_j A_j of each class, (n_j, N_j) over the coordinate's views."""
        return [
            [
                self._at(np.sqrt(p)[:, np.newaxis] * A.toarray(), place, j)
                for j, (p, A, place) in enumerate(zip(*row, strict=True))
            ]
            for row in zip(self.p, self.kernels, self.places, strict=True)
        ]

    @cached_property
    def _weights(self) -> list[list[Floats]]:
        """w_j of each class, (N_j, N_j)."""
        return [[root.T @ root for root in roots] for roots in self._roots]

    def _at(self, of_views: Floats, place: Ints, j: int) -> Floats:
        """Write what is given for a class's views (..., m_j) over all views of coordinate j."""
        spread = np.zeros((*of_views.shape[:-1], self.sizes[j]))
        spread[..., place] = of_views
        return spread

    def _views(self, of_cells: Any) -> Any:
        """Read off the cells that are views."""
        return of_cells if self.cells is None else of_cells[self.cells]

    def _cells(self, of_views: Floats) -> Floats:
        """Write a vector over the views as one over all cells."""
        if self.cells is None:
            return of_views
        of_cells = np.zeros(prod(self.sizes))
        of_cells[self.cells] = of_views
        return of_cells
