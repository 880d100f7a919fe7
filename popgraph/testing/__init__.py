"""Test a claim of your own: assertions that say with numbers why they fail, and random populations.

`assert_matches`, `assert_optimal`, `assert_same_span` and `assert_theorem` fail with the reason and the numbers of the verdict.
The strategies (`graphs`, `distributions`, ...) draw populations for hypothesis, which is imported on first use. `as_python` writes
a graph as the expression that declares it, to paste into a test. The pytest plugin has fixtures for the populations of the zoo.

>>> import popgraph as pg
>>> cube = pg.zoo.hypercube(3)
>>> pg.testing.assert_matches(cube, pg.train(cube, 4, rng=0))
>>> pg.testing.assert_theorem(pg.theory.check(cube, k=4))
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from popgraph.basics.extras import require
from popgraph.basics.namespaces import no_attribute, only
from popgraph.testing.assertions import assert_matches, assert_optimal, assert_same_span, assert_theorem
from popgraph.testing.declaration import as_python

if TYPE_CHECKING:
    from popgraph.testing.strategies import augmentations, distributions, embeddings, graphs, labellings

__all__ = [
    "as_python",
    "assert_matches",
    "assert_optimal",
    "assert_same_span",
    "assert_theorem",
    "augmentations",
    "distributions",
    "embeddings",
    "graphs",
    "labellings",
]
__dir__ = only(__all__)

if not TYPE_CHECKING:  # or a name that there is not would be no error to a type checker

    def __getattr__(name: str) -> Any:
        """Load the strategies, which need hypothesis, on first use."""
        if name in __all__:
            require("hypothesis")
            return getattr(import_module("popgraph.testing.strategies"), name)
        raise no_attribute(__name__, name, __all__)
