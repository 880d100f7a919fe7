"""Populations too large to list, whose structure gives their spectrum exactly: products of independent coordinates."""

from popgraph.structure.graph import ProductGraph, product
from popgraph.structure.learning import ProductTraining
from popgraph.structure.low_degree import LowDegree
from popgraph.structure.spectrum import ProductCertificate, ProductSpectrum

__all__ = ["LowDegree", "ProductCertificate", "ProductGraph", "ProductSpectrum", "ProductTraining", "product"]
