"""Graphs that are too large to list, and known exactly by their structure: mixtures of products, and declared symmetry."""

from popgraph.structure.mixture import MixtureGraph, mixture

__all__ = ["MixtureGraph", "mixture"]
