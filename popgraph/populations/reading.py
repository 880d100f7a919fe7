"""`read_graph`: the reader of the verbs that need the arrays of a listed graph, or at least its pairs; and `given_pairs`."""

from typing import Any

from popgraph.basics.arguments.populations import refuse_two_kinds, satisfies
from popgraph.basics.arrays import Sparse
from popgraph.basics.protocols import Population
from popgraph.basics.words import shorten
from popgraph.errors import InvalidArgument
from popgraph.populations.graph import PopulationGraph
from popgraph.populations.pairs.graph import PairGraph


def read_graph(call: str, graph: Any, name: str = "a PopulationGraph first", *, pairs: bool = False) -> None:
    """Refuse what is no PopulationGraph; the message repeats the call, and names `expand()` where there is one.

    `pairs` says that a `PairGraph` will do, whose pairs are given and not drawn.
    """
    if isinstance(graph, PopulationGraph) or (pairs and isinstance(graph, PairGraph)):
        return
    refuse_two_kinds(call, graph)
    mend = "; use its .expand()" * satisfies(graph, Population)
    if isinstance(graph, PairGraph):
        mend = (
            ", whose pairs were given, not drawn by an augmentation: give one with naturals and a kernel, made by build"
        )
    raise InvalidArgument(f"{call} takes {name}; got {shorten(graph)}{mend}")


def given_pairs(population: Any) -> Sparse | None:
    """Return w (N, N) where pairs were given directly, and are not two draws of a kernel; else None."""
    return population.pairs if isinstance(population, PairGraph) else None
