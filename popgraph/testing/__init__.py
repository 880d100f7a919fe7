"""For tests of your own: assertions that fail with the numbers that a person needs, and random populations for hypothesis."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from popgraph.basics.namespaces import no_attribute, only
from popgraph.errors import require
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
