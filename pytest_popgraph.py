"""The pytest plugin: populations of the zoo as a fixture, a seeded generator, and readable differences of distributions and graphs.

pytest loads it by its entry point wherever popgraph is installed, before it sets its filters of warnings: so it imports
neither popgraph nor numpy until a test asks for them. What it does is in `popgraph.testing.plugin`.
"""

import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import numpy as np

    from popgraph import PopulationGraph

POPULATIONS = (
    "class_domain",
    "clusters",
    "colour_shape",
    "cyclic",
    "dumbbell",
    "gaussian_mixture",
    "hypercube",
    "lightning_cloud",
    "masked_tokens",
    "overlapping_regions",
    "planted_subclasses",
    "ring",
    "rotations",
    "scaled_hypercube",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --popgraph-seed."""
    parser.getgroup("popgraph").addoption(
        "--popgraph-seed", type=int, default=0, metavar="SEED", help="seed of the fixture popgraph_rng (default: 0)"
    )


@pytest.fixture(params=POPULATIONS)
def population(request: pytest.FixtureRequest) -> "PopulationGraph":
    """A small labelled graph of each family of the zoo: the test runs once on each."""
    from popgraph.testing.plugin import population_named

    return population_named(request.param)


@pytest.fixture
def popgraph_rng(request: pytest.FixtureRequest) -> "np.random.Generator":
    """A generator of the test's own: the same for the same --popgraph-seed, whatever tests run beside it."""
    from popgraph.testing.plugin import generator

    return generator(request.config.getoption("--popgraph-seed"), request.node.nodeid)


def pytest_assertrepr_compare(op: str, left: Any, right: Any) -> list[str] | None:
    """Write in what two distributions or graphs differ."""
    if op != "==" or "popgraph" not in sys.modules:
        return None
    from popgraph.testing.plugin import difference

    return difference(left, right)
