"""Pairs that are given directly: a `PairGraph` of one kind of view, with a symmetric w that no augmentation need have made."""

from popgraph.populations.exact import ExactWeights
from popgraph.populations.pairs.explanation import PairExplanation
from popgraph.populations.pairs.graph import PairGraph, pair_graph

__all__ = ["ExactWeights", "PairExplanation", "PairGraph", "pair_graph"]
