"""A second look at what is left beside the eigenvectors found, where the bound of a few Lanczos steps does not settle it.

A residual would not do: θ + ||r|| bounds some eigenvalue from above, and the largest of all may be another one, 1e-9 above a
crowd of equal ones. So Lanczos' method runs until its bound, which is one on the largest, is within rounding of what it found.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from popgraph.basics.arrays import norm
from popgraph.basics.memory import reserve
from popgraph.basics.subspace import tolerance
from popgraph.spectrum.solvers.chebyshev import choose_filter
from popgraph.spectrum.solvers.lanczos import LEAST_STEPS, MOST, STEPS_BETWEEN, Lanczos, joint_bound

MOST_OF_RUN = 240  # steps of one run
RUNS = 8  # at most: rounding hides more than each can tell
TOLD = 0.7  # share of the distance to the bound that eight steps leave where a run has told what it can
PAIR_RESIDUAL = 1e-14  # of a pair that is found; products round at about 1e-15


def second_look(
    product: Callable[[Any], Any],
    removed: Callable[[Any], Any],
    lanczos: Lanczos,
    rng: np.random.Generator,
    floor: float,
) -> tuple[float, float, Lanczos | None]:
    """Return the largest eigenvalue left, from below, a bound on it, and a run whose leading Ritz value is above `floor`, if any.

    Lanczos' method on a filtered product: T_d rises above the filter's edge, so that a bound on its values is one on Ā's.

    Parameters
    ----------
    product : callable
        x -> Āx, positive semidefinite.
    removed : callable
        x -> x without what is found.
    lanczos : Lanczos
        What was seen of the complement so far; the filter is chosen by it.
    rng : numpy.random.Generator
        Draws a start for each run.
    floor : float
        The least eigenvalue found.

    Raises
    ------
    TooLarge
        If there is not the memory for a long run.
    """
    lanczos.advance(LEAST_STEPS)  # it has taken these steps already, unless the bound came from elsewhere
    rounding, seen, bound = tolerance(lanczos.side), float(lanczos.ritz()[0][0]), np.inf
    polynomial = choose_filter(*lanczos.ritz(), 1)

    def filtered(x: Any) -> Any:
        return removed(polynomial(product, removed, x))

    runs: list[Lanczos] = []
    for _ in range(RUNS):
        runs.append(Lanczos(filtered, lanczos.Q, rng, MOST_OF_RUN))
        before, settled = np.inf, False
        for steps in range(LEAST_STEPS, MOST_OF_RUN + 1, STEPS_BETWEEN):
            if steps == MOST:  # so many vectors are counted beforehand, where the solver is chosen
                more = 8.0 * (MOST_OF_RUN - MOST) * lanczos.side
                reserve(f"{MOST_OF_RUN} vectors of Lanczos' method", more, "use a k at a clean cut")
            runs[-1].advance(steps)
            x = runs[-1].vector()
            image = removed(product(x))
            seen = max(seen, rest := float(x @ image))
            settled = norm(image - rest * x) <= PAIR_RESIDUAL
            if settled and rest > floor + rounding:
                return seen, np.inf, runs[-1]
            bound = min(bound, polynomial.inverse(joint_bound(runs)))
            if bound <= max(floor, seen) + rounding:
                return seen, bound, None
            settled = runs[-1].finished or (settled and bound - seen > TOLD * (before - seen))
            if settled:
                break
            before = bound
        if not settled:
            break
        runs[-1].release()
    return seen, bound, None
