"""Pairs that are given directly: a `PairGraph` of one kind of view, with a symmetric w that no augmentation need have made."""

from popgraph.populations.pairs.explanation import PairExplanation
from popgraph.populations.pairs.graph import ExactWeights, PairGraph, pair_graph

__all__ = ["ExactWeights", "PairExplanation", "PairGraph", "pair_graph"]
