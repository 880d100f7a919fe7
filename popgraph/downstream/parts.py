"""Parts of the views: how often the two views of a positive pair lie in one part, and in two. Takes any population with views.

Where the kernel is listed it is summed over, natural by natural; where it is not, products with Ā give the same numbers.
"""

from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp

from popgraph.basics.arguments.populations import satisfies
from popgraph.basics.arrays import Floats, Ints, Sparse
from popgraph.basics.protocols import LabelledPopulation, ViewedPopulation
from popgraph.downstream.votes import indicators, sum_by_class
from popgraph.populations import given_pairs, pair_draws

MAX_PRODUCT_ENTRIES = 2**24  # of Ā, up to which its diagonal is read off products with unit vectors: 4,096 views
UNIT_VECTORS_AT_ONCE = 256


class ListedKernel(NamedTuple):
    """Hold the p (n,) and A (n, N) that pairs are drawn by, where A is listed."""

    p: Floats
    A: Sparse


def listed_kernel(population: Any) -> ListedKernel | None:
    """Return the law and kernel of the pairs, or None where no kernel draws them, or one that only multiplies."""
    if not satisfies(population, LabelledPopulation) or given_pairs(population) is not None:
        return None
    p, kernel = pair_draws(population)
    if sp.issparse(kernel) or isinstance(kernel, np.ndarray):
        return ListedKernel(p, sp.csr_array(kernel))
    return None


def conductances(p: Floats, shares: Floats) -> Floats:
    """Return φ_G of each part, (count,), from Pr[x in the part | x̄], (n, count); 0 for a part of all views."""
    # A pair crosses if one of its views is in the part and the other is not, which has the probability Σ p s_in s_out. s_out is
    # summed over the other parts, rather than 1 - s_in, so that the conductance of a component is exactly 0.
    outside = shares @ (1.0 - np.eye(shares.shape[1]))
    inside = p @ (shares * shares)
    crossing = p @ (shares * outside)
    return np.asarray(crossing / (inside + crossing))


def part_conductances(population: ViewedPopulation, labels: Ints, m: int) -> Floats:
    """Return φ_G of each part, (m,); `labels` (N,) are the parts' numbers, 0..m-1, and no part is empty."""
    listed = listed_kernel(population)
    if listed is not None:
        return conductances(listed.p, sum_by_class(listed.A, labels, m))
    if (w := given_pairs(population)) is not None:
        pairs = sum_by_class(sp.csr_array(w.T), labels, m)  # Σ w_xx' over x in a part, of each view x'
        pairs = sum_by_class(sp.csr_array(pairs.T), labels, m)
        crossing = np.sum(pairs * (1.0 - np.eye(m)), axis=1)
        return np.asarray(crossing / (np.diag(pairs) + crossing))
    columns = indicators(labels, m)
    pairs = columns.T @ touching(population, columns)  # Σ w_xx' over x in one part and x' in another
    inside = np.diag(pairs)
    crossing = np.where(is_closed(population, labels, m), 0.0, np.sum(pairs * (1.0 - np.eye(m)), axis=1))
    return np.asarray(crossing / (inside + crossing))


def is_closed(population: ViewedPopulation, labels: Ints, m: int) -> Any:
    """Return for each part whether it is a union of connected components, which no positive pair leaves: (m,) of bool."""
    components = population.components
    _, first_view = np.unique(components, return_index=True)
    part_of_first = labels[first_view][components]
    apart = np.flatnonzero(labels != part_of_first)  # views in another part than the first view of their component
    open_parts = np.concatenate([labels[apart], part_of_first[apart]])
    return np.bincount(open_parts, minlength=m) == 0


def touching(population: ViewedPopulation, columns: Floats) -> Floats:
    """Return Σ_{x'∈part} w_xx' of each view and part, (N, m): w = D^1/2 Ā D^1/2 times the parts' indicators."""
    root = np.sqrt(population.w_x)[:, np.newaxis]
    return np.asarray(root * population.gram(root * columns))


def self_weights(population: ViewedPopulation) -> Floats | None:
    """Return w_xx of each view, (N,); None where no kernel is listed and there are too many views to multiply by each."""
    if (w := given_pairs(population)) is not None:
        return np.asarray(w.diagonal())
    listed = listed_kernel(population)
    if listed is not None:
        return np.asarray(listed.A.power(2).T @ listed.p)
    N = population.N
    if N * N > MAX_PRODUCT_ENTRIES:
        return None
    diagonal = np.empty(N)
    for start in range(0, N, UNIT_VECTORS_AT_ONCE):
        views = np.arange(start, min(start + UNIT_VECTORS_AT_ONCE, N))
        units = np.zeros((N, len(views)))
        units[views, views - start] = 1.0
        diagonal[views] = population.gram(units)[views, views - start]
    return np.asarray(diagonal * population.w_x)


def single_view_conductances(population: ViewedPopulation) -> Floats | None:
    """Return φ_G of each view by itself, (N,); exactly 0 for a component of one view. None where `self_weights` is."""
    if (w := given_pairs(population)) is not None:
        others = w - sp.diags_array(w.diagonal())  # each difference on the diagonal is exactly 0
        return np.asarray(np.clip(others.sum(axis=1) / population.w_x, 0.0, 1.0))
    listed = listed_kernel(population)
    if listed is not None:
        crossing = (listed.A - listed.A.power(2)).T @ listed.p  # Σ p A (1 - A), 0 in each term where A is 0 or 1
        return np.asarray(np.clip(crossing / population.w_x, 0.0, 1.0))
    own = self_weights(population)
    if own is None:
        return None
    alone = np.bincount(population.components)[population.components] == 1
    return np.asarray(np.where(alone, 0.0, np.clip(1.0 - own / population.w_x, 0.0, 1.0)))
