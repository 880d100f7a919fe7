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
    "cards",
    "class_domain",
    "clusters",
    "colour_shape",
    "cyclic",
    "dice",
    "dna",
    "dumbbell",
    "gaussian_mixture",
    "glyphs",
    "hypercube",
    "lightning_cloud",
    "masked_tokens",
    "notes",
    "open_world",
    "overlapping_regions",
    "planted_subclasses",
    "ring",
    "rotations",
    "scaled_hypercube",
    "typos",
)

GENERATOR: "pytest.StashKey[np.random.Generator]" = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --popgraph-seed."""
    parser.getgroup("popgraph").addoption(
        "--popgraph-seed", type=int, default=0, metavar="SEED", help="seed of the fixture popgraph_rng (default: 0)"
    )


@pytest.fixture(params=POPULATIONS, scope="module")
def population(request: pytest.FixtureRequest) -> "PopulationGraph":
    """A small labelled graph of each family of the zoo: the test runs once on each.

    Graphs are immutable, so that the tests of a module share one, and hypothesis' examples too. Within a module, pytest runs the
    tests of one graph after each other.
    """
    from popgraph.testing.plugin import population_named

    return population_named(request.param)


@pytest.fixture(scope="session")
def popgraph_rng(request: pytest.FixtureRequest) -> "np.random.Generator":
    """A generator that draws the same in a test for the same --popgraph-seed, whatever tests run beside it.

    It is seeded anew before each test, and before each example of a test under hypothesis' `given`.
    """
    return _generator(request.config)


def _generator(config: pytest.Config) -> "np.random.Generator":
    """Return the one generator of a run."""
    if GENERATOR not in config.stash:
        from popgraph.testing.plugin import generator

        config.stash[GENERATOR] = generator(config.getoption("--popgraph-seed"), "")
    return config.stash[GENERATOR]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Seed the generator for a test that asks for it, before its other fixtures are made."""
    if "popgraph_rng" not in getattr(item, "fixturenames", ()):
        return
    from popgraph.testing.plugin import reseeded, seeding_each_example

    def reseed() -> None:
        reseeded(_generator(item.config), item.config.getoption("--popgraph-seed"), item.nodeid)

    reseed()
    seeding_each_example(getattr(item, "obj", None), reseed)


def pytest_assertrepr_compare(op: str, left: Any, right: Any) -> list[str] | None:
    """Write in what two distributions or graphs differ."""
    if op != "==" or "popgraph" not in sys.modules:
        return None
    from popgraph.testing.plugin import difference

    return difference(left, right)
