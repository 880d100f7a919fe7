"""A longer look at the complement of known eigenvectors, where the bound of a few Lanczos steps does not settle what is left there.

The residual of the leading Ritz pair would not do. θ + ||r|| is above *some* eigenvalue; the largest may be another one, 1e-9
above a crowd of equal ones. So Lanczos' method runs until its bound, which is one on the largest, is within rounding of its
largest Ritz value.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from popgraph.basics.arrays import norm
from popgraph.basics.memory import reserve
from popgraph.basics.subspace import tolerance
from popgraph.spectrum.solvers.chebyshev import PLAIN, choose_filter
from popgraph.spectrum.solvers.lanczos import LEAST_STEPS, MOST_STEPS, STEPS_BETWEEN, Lanczos, joint_bound

MOST_STEPS_OF_LOOK = 240  # of one run
MOST_RUNS = 8  # rounding hides more than each can tell
EXHAUSTED_SHARE = 0.7  # of the distance to the bound that the last steps left: above it the run has told what it can
PAIR_RESIDUAL = 1e-14  # of an eigenpair that is found; products round at about 1e-15


def second_look(
    product: Callable[[Any], Any],
    deflate: Callable[[Any], Any],
    lanczos: Lanczos,
    rng: np.random.Generator,
    floor: float,
) -> tuple[float, float, Lanczos | None]:
    """Return a lower and an upper bound on the largest eigenvalue left, and a run with a leading Ritz value above `floor` or None.

    `product` is x -> Āx, `deflate` removes the known eigenvectors from x, `lanczos` is a run on their complement from which the
    filter is chosen, and `floor` is the least eigenvalue found. Raises TooLarge if a long run does not fit in memory.
    """
    lanczos.advance(LEAST_STEPS)
    rounding, largest_seen, bound = tolerance(lanczos.side), float(lanczos.ritz()[0][0]), np.inf
    polynomial = PLAIN if lanczos.nearly_found(1) else choose_filter(*lanczos.ritz(), 1)

    def filtered(x: Any) -> Any:
        return deflate(polynomial(product, deflate, x))

    # T_d increases above the filter's edge, and is at most 1 on what lies below: a bound on the largest eigenvalue of the filtered
    # product, sent back by `inverse`, is one on the largest of Ā.
    runs: list[Lanczos] = []
    for _ in range(MOST_RUNS):
        runs.append(Lanczos(filtered, lanczos.Q, rng, MOST_STEPS_OF_LOOK))
        bound_before, settled = np.inf, False
        for steps in range(LEAST_STEPS, MOST_STEPS_OF_LOOK + 1, STEPS_BETWEEN):
            if steps == MOST_STEPS:  # so many vectors were asked for beforehand
                more = 8.0 * (MOST_STEPS_OF_LOOK - MOST_STEPS) * lanczos.side
                reserve(f"{MOST_STEPS_OF_LOOK} vectors of Lanczos' method", more, "use a k at a clean cut")
            runs[-1].advance(steps)
            x = runs[-1].vector()
            image = deflate(product(x))
            quotient = float(x @ image)
            largest_seen = max(largest_seen, quotient)
            settled = norm(image - quotient * x) <= PAIR_RESIDUAL
            if settled and quotient > floor + rounding:
                return largest_seen, np.inf, runs[-1]
            bound = min(bound, polynomial.inverse(joint_bound(runs)))
            if bound <= max(floor, largest_seen) + rounding:
                return largest_seen, bound, None
            exhausted = bound - largest_seen > EXHAUSTED_SHARE * (bound_before - largest_seen)
            settled = runs[-1].finished or (settled and exhausted)
            if settled:
                break
            bound_before = bound
        if not settled:
            break
        runs[-1].release()
    return largest_seen, bound, None
