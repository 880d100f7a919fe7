"""`PairObjective`: a loss of two encoders as a function of the unknowns that a descent moves, both tables stacked into one."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from popgraph.basics.arrays import Floats, Ints
from popgraph.basics.protocols import PairedPopulation
from popgraph.losses import ScaledLoss, pair_gradient
from popgraph.populations import FeatureClass
from popgraph.training.objective import Objective
from popgraph.training.stacked import StackedPair, balanced

Classes = tuple[FeatureClass | None, FeatureClass | None]


class PairsAsOnePopulation(StackedPair):
    """The views x, then the views z, as one population: a pair is drawn as the positions of its two views in that list."""

    def __init__(self, population: PairedPopulation) -> None:
        super().__init__(population.factor, (population.w_x, population.w_z))
        object.__setattr__(self, "population", population)

    def sample_pairs(self, size: int, *, rng: Any = None) -> Ints:
        """Draw pairs: (size, 2) positions."""
        drawn = self.population.sample_pairs(size, rng=rng)  # type: ignore[attr-defined]
        return np.asarray(np.asarray(drawn, dtype=np.intp) + np.array([0, self.split]))


@dataclass
class PairObjective(Objective):
    """A loss of two encoders. The unknowns are F = D_1^½ f above G = D_2^½ g, divided by √2, or their coordinates in two classes.

    Of the spectral loss the descent lowers what `StackedPair` says; what is recorded is the loss itself, without its second term.
    The gradient's norm is that in these unknowns: at f = g of one population it is that of one encoder.
    """

    classes: Classes = (None, None)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.bases = [None if each is None else each.basis for each in self.classes]
        self.sizes = [len(law) if Q is None else Q.shape[1] for Q, law in zip(self.bases, self.pairs.laws, strict=True)]
        self.row_count = sum(self.sizes)
        self.basis = None
        self.root_laws = [np.sqrt(law)[:, np.newaxis] for law in self.pairs.laws]

    @property
    def pairs(self) -> StackedPair:
        """The population, stacked."""
        return self.population  # type: ignore[return-value]

    @cached_property
    def coordinates(self) -> StackedPair:
        """The population, or what two classes of functions see of it."""
        S, (P, Q) = self.pairs.S, self.bases
        if P is None and Q is None:
            return self.pairs
        S = S if Q is None else self.pairs.forward(Q)
        S = S if P is None else P.T @ S
        S = np.asarray(S.toarray() if hasattr(S, "toarray") else S)
        return StackedPair(np.ascontiguousarray(S), (np.ones(len(S)), np.ones(S.shape[1])))

    @cached_property
    def _scaled_loss(self) -> ScaledLoss:
        of_tables = pair_gradient(self.loss, self.pairs.S, *self.pairs.laws)

        def of_unknowns(table: Floats) -> tuple[float, Floats]:
            f, g = self.embeddings(table)
            value, *gradients = of_tables(f, g)
            in_tables = [np.sqrt(2.0) * each / root for each, root in zip(gradients, self.root_laws, strict=True)]
            return value, np.vstack([G if Q is None else Q.T @ G for G, Q in zip(in_tables, self.bases, strict=True)])

        return of_unknowns

    def embeddings(self, z: Floats) -> tuple[Floats, Floats]:
        """Return f (N_x, k) and g (N_z, k) of unknowns."""
        parts = np.split(np.sqrt(2.0) * self.table(z), self.sizes[:1])
        tables = [part if Q is None else Q @ part for part, Q in zip(parts, self.bases, strict=True)]
        f, g = (table / root for table, root in zip(tables, self.root_laws, strict=True))
        return f, g

    def embedding(self, z: Floats) -> Floats:
        """Return f above g, (N_x + N_z, k)."""
        return np.vstack(self.embeddings(z))

    def unknowns(self, f: Floats) -> Floats:
        """Return the unknowns of f above g, or of their projections on the classes; the spectral loss's balanced."""
        return self._stacked(f, balance=False)

    def start(self, f: Floats, g: Floats) -> Floats:
        """Return the unknowns of a start: of the spectral loss, which depends on f(x)ᵀg(z) alone, with FᵀF = GᵀG."""
        return self._stacked(np.vstack([f, g]), balance=self.is_spectral)

    def _stacked(self, f: Floats, balance: bool) -> Floats:
        tables = [part * root for part, root in zip(np.split(f, [self.pairs.split]), self.root_laws, strict=True)]
        F, G = (table if Q is None else Q.T @ table for table, Q in zip(tables, self.bases, strict=True))
        F, G = balanced(F, G) if balance else (F, G)
        return np.asarray(np.vstack([F, G]).ravel() / np.sqrt(2.0))

    def reach(self, loss: float, gradient_norm: float, z: Floats) -> None:
        """Note where the descent has come to, with the loss of two encoders, which the term for balance is no part of."""
        super().reach(loss - self.coordinates.imbalance(self.table(z)), gradient_norm, z)


def stacked_class(classes: Classes, sizes: tuple[int, int]) -> FeatureClass | None:
    """Return both classes as one, of functions of the stacked views: what a descent on batches takes; None for two tables."""
    if classes == (None, None):
        return None
    blocks = [np.eye(size) if each is None else each.basis for each, size in zip(classes, sizes, strict=True)]
    (rows_x, columns_x), (rows_z, columns_z) = (block.shape for block in blocks)
    basis = np.zeros((rows_x + rows_z, columns_x + columns_z))
    basis[:rows_x, :columns_x], basis[rows_x:, columns_x:] = blocks
    return FeatureClass(basis, basis, np.eye(columns_x + columns_z))
