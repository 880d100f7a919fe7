"""What the pytest plugin `pytest_popgraph` does, once a test asks for it."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from zlib import crc32

import numpy as np

from popgraph import zoo
from popgraph.declare import Distribution
from popgraph.populations import PopulationGraph

SMALL_ARGUMENTS: dict[str, dict[str, Any]] = {  # of families of the zoo, for tests that run on all of them
    "class_domain": {"rho": "1/2", "alpha": "1/4", "beta": "1/8", "gamma": "1/8"},
    "cyclic": {"n": 5, "steps": {0: "1/2", 1: "1/2"}},
    "hypercube": {"d": 3},
    "ring": {"n": 6},
    "dumbbell": {"size": 4},
    "gaussian_mixture": {"step": 0.5},
    "scaled_hypercube": {"d": 3, "label_coordinates": 1},
}
DIFFERENCES_SHOWN = 5


def population_named(name: str) -> PopulationGraph:
    """Return a small labelled graph of this family of the zoo."""
    made: PopulationGraph = getattr(zoo, name)(**SMALL_ARGUMENTS.get(name, {}))
    return made


def generator(seed: int, test: str) -> np.random.Generator:
    """Return a test's own generator, seeded by the seed and a hash of its name that is the same in every process."""
    return np.random.default_rng([seed, crc32(test.encode())])


def reseeded(rng: np.random.Generator, seed: int, test: str) -> None:
    """Put a generator into the state in which a test's own generator starts."""
    rng.bit_generator.state = generator(seed, test).bit_generator.state


def seeding_each_example(test: Any, reseed: Callable[[], None]) -> None:
    """Make a test under hypothesis' `given` reseed before each example, so that one that fails can be replayed."""
    handle = getattr(test, "hypothesis", None)
    if handle is None:
        return
    inner = getattr(handle.inner_test, "without_popgraph_seed", handle.inner_test)

    @wraps(inner)
    def seeded(*args: Any, **kwargs: Any) -> Any:
        reseed()
        return inner(*args, **kwargs)

    seeded.without_popgraph_seed = inner  # type: ignore[attr-defined]
    handle.inner_test = seeded


def difference(left: Any, right: Any) -> list[str] | None:
    """Return lines that say how two distributions, or two graphs, differ; None for other values."""
    if isinstance(left, Distribution) and isinstance(right, Distribution):
        return [f"{left!r} == {right!r}", *_listed(_unlike(left, right))]
    if not (isinstance(left, PopulationGraph) and isinstance(right, PopulationGraph)):
        return None
    lines = [f"{left!r} == {right!r}", "a graph is equal to itself only; between these two"]
    laws = left.population.distribution, right.population.distribution
    lines += [f"  naturals: {line}" for line in _listed(_unlike(*laws))]
    views = set(left.views) ^ set(right.views)
    if views:
        return [*lines, f"  views: {len(views)} are in one graph only"]
    place = {view: i for i, view in enumerate(right.views)}
    order = [place[view] for view in left.views]
    difference = left.weight_matrix() - right.weight_matrix()[order][:, order]
    apart = float(np.abs(difference.data).max(initial=0.0))
    return [*lines, f"  w differs by {apart:.3g} at most" if apart else "  w is the same to the bit"]


def _unlike(left: Distribution, right: Distribution) -> list[str]:
    """List the outcomes that two distributions give different probabilities."""
    exact = left.exact and right.exact
    first, second = (law.fractions if exact else dict(law.items()) for law in (left, right))
    return [
        f"{outcome!r}: {first.get(outcome, 0)} against {second.get(outcome, 0)}"
        for outcome in dict.fromkeys([*left, *right])
        if first.get(outcome, 0) != second.get(outcome, 0)
    ]


def _listed(lines: list[str]) -> list[str]:
    """Return the first few lines, and how many more there are."""
    more = len(lines) - DIFFERENCES_SHOWN
    return lines[:DIFFERENCES_SHOWN] + [f"... and {more} more"] * (more > 0)
