"""Where the least spectral loss over f >= 0 is known: where some optimum over all f can be turned so that f >= 0. THEORY 14.3."""

import numpy as np

from popgraph.basics.arrays import Floats
from popgraph.basics.protocols import Population, ViewedPopulation
from popgraph.basics.subspace import column_space
from popgraph.basics.words import printable
from popgraph.errors import InvalidArgument
from popgraph.populations import NoiseGraph, PopulationGraph
from popgraph.spectrum import ModesUnderDecay

MAX_VIEWS_WITH_PRODUCTS = 2_000  # whose table FFᵀ is looked at
NEGATIVE_ROUNDING = 1e-12  # of the largest entry of FFᵀ, below 0 by which an entry counts as 0


def nonnegative_minimum(population: Population, k: int, modes: ModesUnderDecay) -> float:
    """Return the least L + λ||F||² over f >= 0 where it is that over all f; InvalidArgument where it is not known to be.

    Of F = V diag(s) the table X = FFᵀ decides: f >= 0 reaches it iff X = GGᵀ for some G >= 0 of k columns.
    """
    # - k <= components: √w_x on each of k components is an optimum, and >= 0.
    # - k >= n without a decay: Ā = MᵀM, and the n columns of Mᵀ are >= 0.
    # - X >= 0 with at most two modes in each component: rows of F within a component that have no negative products with one
    #   another lie in a quarter of a plane, which a rotation takes into the positive one.
    least = modes.value
    noise = isinstance(population, NoiseGraph)
    if modes.rank == 0 or (k <= population.component_count and not noise):
        return least
    from_kernel = isinstance(population, PopulationGraph) and population.pair_population is None
    if from_kernel and modes.weight_decay == 0 and k >= population.n:
        return least
    if isinstance(population.N, int) and population.N <= MAX_VIEWS_WITH_PRODUCTS and hasattr(population, "components"):
        viewed: ViewedPopulation = population  # type: ignore[assignment]
        F = np.asarray(viewed.spectrum(k).eigenvectors[:, :k]) * modes.sizes
        if _turns_nonnegative(F, np.asarray(viewed.components)):
            return least
    raise InvalidArgument(
        f"no closed form is known for the least loss over f >= 0 of {printable(population.name or 'this graph')} at k = {k}; it is "
        f"at least {least:.10g}, that over all f, and train(graph, k, nonnegative=True).loss[-1] bounds it from above"
    )


def _turns_nonnegative(F: Floats, components: Floats) -> bool:
    """Whether F Q >= 0 for a rotation Q that is known: at most two modes in each component, with no negative products of rows."""
    X = F @ F.T
    apart = components[:, np.newaxis] != components
    allowed = NEGATIVE_ROUNDING * float(np.abs(X).max())
    if X.min() < -allowed or np.abs(X[apart]).max(initial=0.0) > allowed:
        return False
    ranks = [column_space(F[components == c].T).basis.shape[1] for c in np.unique(components)]
    return bool(max(ranks) <= 2)
