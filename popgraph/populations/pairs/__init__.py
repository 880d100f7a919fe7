"""Pairs of other kinds: a `PairGraph` of given pairs of one kind of view, and a `BipartiteGraph` of two kinds, for two encoders."""

from popgraph.populations.pairs.bipartite import BipartiteGraph, bipartite_graph
from popgraph.populations.pairs.explanation import PairExplanation
from popgraph.populations.pairs.graph import ExactWeights, PairGraph, pair_graph

__all__ = ["BipartiteGraph", "ExactWeights", "PairExplanation", "PairGraph", "bipartite_graph", "pair_graph"]
