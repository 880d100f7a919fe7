"""`read_graph`: the reader of the verbs that need the arrays of a listed graph."""

from typing import Any

from popgraph.basics.arguments.populations import refuse_two_kinds, satisfies
from popgraph.basics.protocols import Population
from popgraph.basics.words import shorten
from popgraph.errors import InvalidArgument
from popgraph.populations.graph import PopulationGraph


def read_graph(call: str, graph: Any, name: str = "a PopulationGraph first") -> None:
    """Refuse what is no PopulationGraph; the message repeats the call, and names `expand()` where there is one."""
    refuse_two_kinds(call, graph)
    if not isinstance(graph, PopulationGraph):
        mend = "; use its .expand()" * satisfies(graph, Population)
        raise InvalidArgument(f"{call} takes {name}; got {shorten(graph)}{mend}")
