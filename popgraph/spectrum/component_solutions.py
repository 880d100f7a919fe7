"""`ComponentSolutions`: what the solvers returned for each connected component, and the eigenvectors over all views made of it.

Eigenvectors of different components share no view, so that a choice within a repeated eigenvalue is made component by component.
"""

from dataclasses import dataclass

import numpy as np

from popgraph.basics.arrays import Floats, Ints
from popgraph.spectrum.assemble import Solution, put_unit_eigenvectors
from popgraph.spectrum.basis import groups, null_vectors, reproducible_basis
from popgraph.spectrum.components import Components
from popgraph.spectrum.pairs import Pairs
from popgraph.spectrum.value import SolverUse


@dataclass(frozen=True, eq=False)
class ComponentSolutions:
    """Say where each eigenvalue below 1 came from: its component, its place in that component, and the pairs it is one of."""

    gamma: Floats  # (c,) eigenvalues below 1 of all components
    component: Ints  # (c,)
    place: Ints  # (c,)
    pairs: dict[int, tuple[Pairs, int]]  # component -> (pairs of its stack, its position there)
    uses: list[SolverUse]
    remainder: float  # the largest eigenvalue that is not listed, as well as it is known
    remainder_bound: float  # and an upper bound on it
    side: int
    row: Ints  # (N,) the row of each view in the eigenvectors of its block, which several proportional views may share
    share: Floats  # (N,) and its share of that row

    def solution(self, components: int) -> Solution:
        """Return the eigenvalues of all components together, largest first."""
        excluded = "; ".join(sorted({solved.excluded for solved, _ in self.pairs.values()}))
        gamma = np.concatenate([np.ones(components), -np.sort(-self.gamma)])
        return Solution(gamma, components, excluded, tuple(self.uses), self.side, self.remainder, self.remainder_bound)

    def eigenvectors(self, w_x: Floats, parts: Components, k: int) -> Floats:
        """Write the k leading eigenvectors over all views: unit eigenvectors, then those below 1, then null vectors."""
        V = np.zeros((len(w_x), k))
        column = min(k, parts.count)
        put_unit_eigenvectors(V, parts.of_column, w_x, column)
        bases: dict[tuple[int, int], Floats] = {}
        for i in self._descending()[: k - column]:
            c, place = int(self.component[i]), int(self.place[i])
            views = parts.columns_of(c)
            V[views, column] = self._on_views(views, self._vector(c, place, bases, k))
            column += 1
        for c in range(parts.count):
            if column == k:
                break
            views = parts.columns_of(c)
            pairs, i = self.pairs[c]
            positive = self._on_views(views, pairs.vectors[i][:, : int(np.sum(pairs.gamma[i] > 0))])
            count = min(k - column, len(views) - positive.shape[1])
            V[np.ix_(views, np.arange(column, column + count))] = null_vectors(positive, count)
            column += count
        return V

    def _descending(self) -> Ints:
        """Order the eigenvalues below 1: largest first, equal ones by component and place, whatever their rounding."""
        order: Ints = np.lexsort((self.place, self.component, -self.gamma))
        run = np.zeros(len(order), dtype=np.intp)
        for number, members in enumerate(groups(self.gamma[order], self.side)):
            run[members] = number
        return order[np.lexsort((self.place[order], self.component[order], run))]

    def _vector(self, component: int, place: int, bases: dict[tuple[int, int], Floats], k: int) -> Floats:
        """Return an eigenvector of one component, one of k, from a reproducible basis where its eigenvalue is repeated there."""
        solved, i = self.pairs[component]
        run = next(run for run in groups(solved.gamma[i], self.side) if run.stop > place)
        positive = int(np.sum(solved.gamma[i] > 0))  # to a larger block's rounding the last of them may equal the zeros
        run = slice(max(run.start, 1), min(run.stop, positive))
        if run.stop - run.start <= 1:
            return np.asarray(solved.vectors[i][:, place])
        if (component, run.start) not in bases:
            eigenspace = solved.vectors[i][:, run]
            bases[component, run.start] = reproducible_basis(eigenspace, min(k, eigenspace.shape[1]))
        return bases[component, run.start][:, place - run.start]

    def _on_views(self, views: Ints, vectors: Floats) -> Floats:
        """Write eigenvectors of the merged graph's block as those of the component with these views."""
        if len(views) == len(vectors):
            return vectors
        return np.asarray((vectors[self.row[views]].T * self.share[views]).T)
