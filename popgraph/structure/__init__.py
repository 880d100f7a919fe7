"""Graphs that are known by their structure: mixtures of products, never listed, and graphs with a declared symmetry."""

from popgraph.structure.mixture import MixtureGraph, mixture
from popgraph.structure.symmetry import SymmetricGraph, symmetric

__all__ = ["MixtureGraph", "SymmetricGraph", "mixture", "symmetric"]
