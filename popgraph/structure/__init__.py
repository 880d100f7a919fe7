"""Populations that are known by their structure: products of independent coordinates, mixtures of these, and declared symmetry."""

from popgraph.namespaces import only
from popgraph.structure.graph import ProductGraph, product
from popgraph.structure.learning import ProductTraining
from popgraph.structure.low_degree import LowDegree
from popgraph.structure.mixture import MixtureGraph, mixture
from popgraph.structure.spectrum import ProductCertificate, ProductSpectrum
from popgraph.structure.symmetry import SymmetricGraph, symmetric

__all__ = [
    "LowDegree",
    "MixtureGraph",
    "ProductCertificate",
    "ProductGraph",
    "ProductSpectrum",
    "ProductTraining",
    "SymmetricGraph",
    "mixture",
    "product",
    "symmetric",
]
__dir__ = only(__all__)
