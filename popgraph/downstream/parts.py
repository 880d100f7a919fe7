"""Parts of the views: how often the two views of a positive pair lie in one part, and in two. Takes any population with views.

Where the kernel is listed it is summed over, natural by natural; where it is not, products with Ā give the same numbers.
"""

from typing import Any

import numpy as np
import scipy.sparse as sp

from popgraph.basics.arrays import Floats, Ints, Sparse
from popgraph.basics.protocols import ViewedPopulation
from popgraph.downstream.votes import indicators, sum_by_class

MAX_PRODUCT_ENTRIES = 2**24  # of Ā, up to which its diagonal is read off products with unit vectors: 4,096 views
BLOCK_COLUMNS = 256  # unit vectors that are multiplied at once


def listed_kernel(population: Any) -> Sparse | None:
    """Return the kernel as a csr_array, or None where it only multiplies."""
    kernel = getattr(population, "kernel", None)
    return sp.csr_array(kernel) if sp.issparse(kernel) or isinstance(kernel, np.ndarray) else None


def conductances(p: Floats, shares: Floats) -> Floats:
    """Return φ_G of each part, (count,), from Pr[x in the part | x̄], (n, count).

    A pair crosses if its natural sends one view inside and one outside: Σ p s_in s_out. The sum over the other parts, rather
    than 1 - s_in, makes the conductance of a component exactly 0. A part of all views has conductance 0.
    """
    outside = shares @ (1.0 - np.eye(shares.shape[1]))
    inside = p @ (shares * shares)
    crossing = p @ (shares * outside)
    return np.asarray(crossing / (inside + crossing))


def part_conductances(population: ViewedPopulation, labels: Ints, m: int) -> Floats:
    """Return φ_G of each part, (m,); `labels` (N,) are the parts' numbers, 0..m-1, and no part is empty."""
    kernel = listed_kernel(population)
    if kernel is not None:
        return conductances(population.p, sum_by_class(kernel, labels, m))  # type: ignore[attr-defined]
    columns = indicators(labels, m)
    pairs = columns.T @ touching(population, columns)  # Σ w_xx' over x in one part and x' in another
    inside = np.diag(pairs)
    crossing = np.where(is_closed(population, labels, m), 0.0, pairs.sum(axis=1) - inside)
    return np.asarray(np.clip(crossing / (inside + crossing), 0.0, 1.0))


def is_closed(population: ViewedPopulation, labels: Ints, m: int) -> Any:
    """Return for each part whether it is a union of connected components, which no positive pair leaves: (m,) of bool."""
    components = population.components
    _, first_view = np.unique(components, return_index=True)
    outside = np.flatnonzero(labels != labels[first_view][components])  # views apart from their component's first
    open_parts = np.concatenate([labels[outside], labels[first_view][components[outside]]])
    return np.bincount(open_parts, minlength=m) == 0


def touching(population: ViewedPopulation, columns: Floats) -> Floats:
    """Return Σ_{x'∈part} w_xx' of each view and part, (N, m): w = D^1/2 Ā D^1/2 times the parts' indicators."""
    root = np.sqrt(population.w_x)[:, np.newaxis]
    return np.asarray(root * population.gram(root * columns))


def self_weights(population: ViewedPopulation) -> Floats | None:
    """Return w_xx of each view, (N,); None where no kernel is listed and there are too many views to multiply by each."""
    kernel = listed_kernel(population)
    if kernel is not None:
        return np.asarray(kernel.power(2).T @ population.p)  # type: ignore[attr-defined]
    N = population.N
    if N * N > MAX_PRODUCT_ENTRIES:
        return None
    diagonal = np.empty(N)
    for start in range(0, N, BLOCK_COLUMNS):
        views = np.arange(start, min(start + BLOCK_COLUMNS, N))
        units = np.zeros((N, len(views)))
        units[views, views - start] = 1.0
        diagonal[views] = population.gram(units)[views, views - start]
    return np.asarray(diagonal * population.w_x)


def single_view_conductances(population: ViewedPopulation) -> Floats | None:
    """Return φ_G of each view by itself, (N,); exactly 0 for a view that its naturals always give. None as of `self_weights`."""
    kernel = listed_kernel(population)
    if kernel is not None:
        crossing = (kernel - kernel.power(2)).T @ population.p  # type: ignore[attr-defined]
        return np.asarray(np.clip(crossing / population.w_x, 0.0, 1.0))  # Σ p A (1 - A): no difference of large numbers
    own = self_weights(population)
    if own is None:
        return None
    alone = np.bincount(population.components)[population.components] == 1
    return np.asarray(np.where(alone, 0.0, np.clip(1.0 - own / population.w_x, 0.0, 1.0)))
