"""The graphs of one kind of view that two kinds of views and their joint law C are made of: `side_x` and `of_x`, and those of z."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp

from popgraph.basics.arrays import Floats, Sparse, frozen, frozen_csr
from popgraph.declare import Distribution, EnumeratedPopulation, ExactKernel
from popgraph.populations import weights
from popgraph.populations.graph import PopulationGraph
from popgraph.populations.pairs.exact_weights import ExactWeights
from popgraph.populations.pairs.joint import row_sums


def columns_given_rows(
    C: Sparse, exact: ExactWeights | None, rows: Sequence[Hashable], columns: Sequence[Hashable]
) -> EnumeratedPopulation:
    """Return the population whose naturals are the rows of C, with its row sums for p, and whose views are its columns."""
    totals = np.asarray(C.sum(axis=1))
    kernel = Sparse((C.data / np.repeat(totals, np.diff(C.indptr)), C.indices, C.indptr), shape=C.shape)
    kernel.has_canonical_format = True
    if exact is None:
        law = Distribution(list(zip(rows, totals.tolist(), strict=True)))
        return EnumeratedPopulation(law, columns, frozen_csr(kernel), None)
    sums = row_sums(C, exact)
    law = Distribution(list(zip(rows, sums, strict=True)), normalize=True)
    return EnumeratedPopulation(law, columns, frozen_csr(kernel), ExactKernel(exact.numerators, tuple(sums)))


def of_kernel(population: EnumeratedPopulation, labels: Any, name: str) -> PopulationGraph:
    """Return the graph of one of two kernels, with the naturals' labels."""
    A, p = population.kernel, population.distribution.probabilities
    w = frozen(weights.view_probabilities(p, A, population.views))
    return PopulationGraph(population, w, weights.factor(p, A, w), labels=labels, name=name)


def of_views(views: Sequence[Hashable], w: Floats, labels: Any, name: str) -> PopulationGraph:
    """Return the graph in which each view is a natural of its own, with the views' labels."""
    identity = frozen_csr(sp.eye_array(len(views), format="csr"))
    exact = ExactKernel(frozen(np.ones(len(views), dtype=np.int64)), (1,) * len(views))
    law = Distribution(list(zip(views, w.tolist(), strict=True)))
    return PopulationGraph(EnumeratedPopulation(law, views, identity, exact), w, identity, labels=labels, name=name)
