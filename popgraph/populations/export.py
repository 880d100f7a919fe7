"""Handing w over to networkx and pandas."""

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import scipy.sparse as sp

from popgraph.basics.arrays import Floats, Sparse
from popgraph.basics.extras import require
from popgraph.basics.memory import reserve

if TYPE_CHECKING:  # classes of their own, as neither library ships inline types; with stubs they are the libraries' too
    import networkx
    import pandas

    class Graph(networkx.Graph):  # type: ignore[misc]
        """A networkx.Graph."""

    class DataFrame(pandas.DataFrame):  # type: ignore[misc]
        """A pandas.DataFrame."""

else:
    Graph: TypeAlias = Any
    DataFrame: TypeAlias = Any


def to_networkx(views: Sequence[Hashable], w_x: Floats, w: Sparse, name: str) -> Graph:
    """Return a networkx Graph of the views, with `w_x` on nodes and `weight` on edges, self-loops included."""
    import networkx as nx  # on first use: importing popgraph stays light

    reserve(f"a networkx Graph of {w.nnz // 2:,} edges", 250.0 * w.nnz, 'use graph.weight_matrix("csr")')
    graph: Graph = nx.Graph(name=name)
    graph.add_nodes_from((view, {"w_x": float(p)}) for view, p in zip(views, w_x, strict=True))
    upper = sp.triu(w, format="coo")
    i, j = upper.coords
    graph.add_weighted_edges_from((views[a], views[b], float(p)) for a, b, p in zip(i, j, upper.data, strict=True))
    return graph


def to_pandas(views: Sequence[Hashable], w: Floats) -> DataFrame:
    """Return w as a pandas DataFrame with the views on both sides."""
    pandas = require("pandas")
    labels = pandas.Index(list(views), dtype=object, tupleize_cols=False)
    reserve(f"a DataFrame of {w.shape[0]:,} views", float(w.nbytes), 'use graph.weight_matrix("csr")')
    table: DataFrame = pandas.DataFrame(w.copy(), index=labels, columns=labels)
    return table
