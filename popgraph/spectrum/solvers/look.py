"""A longer look at the complement of known eigenvectors, where the bound of a few Lanczos steps does not settle what is left there.

The residual of the leading Ritz pair would not do. θ + ||r|| is above *some* eigenvalue; the largest may be another one, 1e-9
above a crowd of equal ones. So Lanczos' method runs until its bound, which is one on the largest, is within rounding of its
largest Ritz value.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from popgraph.basics.arrays import norm
from popgraph.basics.memory import reserve
from popgraph.basics.subspace import tolerance
from popgraph.spectrum.solvers.chebyshev import PLAIN, Filter, choose_filter, of_least_cost
from popgraph.spectrum.solvers.lanczos import LEAST_STEPS, MOST_STEPS, STEPS_BETWEEN, Lanczos, joint_bound, step_seconds

MOST_STEPS_OF_LOOK = 240  # of one run
STEPS_EXPECTED = 60  # of a run with a filter whose degree costs least
MOST_RUNS = 8  # rounding hides more than each can tell
EXHAUSTED_SHARE = 0.7  # of the distance to the bound that the last steps left: above it the run has told what it can
PAIR_RESIDUAL = 1e-14  # of an eigenpair that is found; products round at about 1e-15


def second_look(
    product: Callable[[Any], Any],
    deflate: Callable[[Any], Any],
    lanczos: Lanczos,
    rng: np.random.Generator,
    floor: float,
    seconds: float = 0.0,
) -> tuple[float, float, Lanczos | None]:
    """Return a lower and an upper bound on the largest eigenvalue left, and a run with a leading Ritz value above `floor` or None.

    `product` is x -> Āx, `deflate` removes the known eigenvectors from x, `lanczos` is a run on their complement from which the
    filter is chosen, and with whose steps the look begins; `floor` is the least eigenvalue found, and `seconds` what a product
    costs, or 0. Raises TooLarge if a long run does not fit in memory.
    """
    lanczos.advance(LEAST_STEPS)
    largest_seen, bound = float(lanczos.ritz()[0][0]), np.inf
    highest = PLAIN if lanczos.nearly_found(1) else choose_filter(*lanczos.ritz(), 1)
    vectors = lanczos.Q.shape[1] + STEPS_EXPECTED / 2
    cheapest = of_least_cost(highest, seconds, step_seconds(lanczos.side, vectors))
    # So many steps of the cheapest filter may not suffice where eigenvalues crowd; those of the highest degree reach furthest
    for polynomial in dict.fromkeys([cheapest, highest]):
        look = _Look(product, deflate, polynomial, rng)
        seen, found, run = look.at(lanczos, floor, largest_seen)
        largest_seen, bound = max(largest_seen, seen), min(bound, found)
        if run is not None or bound <= max(floor, largest_seen) + tolerance(lanczos.side):
            return largest_seen, bound, run
    return largest_seen, bound, None


@dataclass(frozen=True)
class _Look:
    """Bound what is left at a filtered product."""

    product: Callable[[Any], Any]
    deflate: Callable[[Any], Any]
    polynomial: Filter
    rng: np.random.Generator

    def filtered(self, x: Any) -> Any:
        """Return the filtered product with a vector."""
        return self.deflate(self.polynomial(self.product, self.deflate, x))

    def at(self, lanczos: Lanczos, floor: float, largest_seen: float) -> tuple[float, float, Lanczos | None]:
        """Return what `second_look` does."""
        # T_d increases above the filter's edge, and is at most 1 on what lies below: a bound on the largest eigenvalue of the
        # filtered product, sent back by `inverse`, is one on the largest of Ā. The first run begins with the steps of `lanczos`,
        # from the same start: what is improbable is that one start has too small a part in an eigenvector, whatever polynomials
        # multiply it.
        rounding, bound = tolerance(lanczos.side), np.inf
        runs: list[Lanczos] = []
        for _ in range(MOST_RUNS):
            run = None if runs else lanczos.filtered(self.polynomial, self.filtered)
            runs.append(Lanczos(self.filtered, lanczos.Q, self.rng) if run is None else run)
            if runs[0] is not lanczos:
                lanczos.release()
            bound_before, settled = np.inf, False
            for steps in range(LEAST_STEPS, MOST_STEPS_OF_LOOK + 1, STEPS_BETWEEN):
                if steps == MOST_STEPS:  # so many vectors were asked for beforehand
                    more = 8.0 * (MOST_STEPS_OF_LOOK - MOST_STEPS) * lanczos.side
                    reserve(f"{MOST_STEPS_OF_LOOK} vectors of Lanczos' method", more, "use a k at a clean cut")
                    runs[-1].make_room(MOST_STEPS_OF_LOOK)
                if runs[-1].steps >= steps + STEPS_BETWEEN:  # taken before
                    continue
                runs[-1].advance(steps)
                x = runs[-1].vector()
                image = self.deflate(self.product(x))
                quotient = float(x @ image)
                largest_seen = max(largest_seen, quotient)
                settled = norm(image - quotient * x) <= PAIR_RESIDUAL
                if settled and quotient > floor + rounding:
                    return largest_seen, np.inf, runs[-1]
                bound = min(bound, self.polynomial.inverse(joint_bound(runs)))
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
