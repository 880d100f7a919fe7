"""Pairs of other kinds: a `PairGraph` of given pairs of one kind of view, and a `BipartiteGraph` of two kinds, for two encoders."""

from popgraph.populations.pairs.bipartite import BipartiteGraph, bipartite_graph
from popgraph.populations.pairs.chain import from_chain
from popgraph.populations.pairs.exact_weights import ExactWeights
from popgraph.populations.pairs.explanation import PairExplanation
from popgraph.populations.pairs.graph import PairGraph, pair_graph
from popgraph.populations.pairs.reading import from_bipartite, from_pairs
from popgraph.populations.pairs.trajectories import from_trajectories

__all__ = [
    "BipartiteGraph",
    "ExactWeights",
    "PairExplanation",
    "PairGraph",
    "bipartite_graph",
    "from_bipartite",
    "from_chain",
    "from_pairs",
    "from_trajectories",
    "pair_graph",
]
