"""Pairs that are given directly: a `PairGraph` of one kind of view, with a symmetric w that no augmentation need have made."""

from popgraph.populations.pairs.chain import from_chain
from popgraph.populations.pairs.explanation import PairExplanation
from popgraph.populations.pairs.graph import ExactWeights, PairGraph, pair_graph
from popgraph.populations.pairs.reading import from_bipartite, from_pairs
from popgraph.populations.pairs.trajectories import from_trajectories

__all__ = [
    "ExactWeights",
    "PairExplanation",
    "PairGraph",
    "from_bipartite",
    "from_chain",
    "from_pairs",
    "from_trajectories",
    "pair_graph",
]
