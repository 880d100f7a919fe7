"""Populations that are known by their structure: products of independent coordinates, and mixtures of these."""

from typing import TYPE_CHECKING

from popgraph.basics.namespaces import missing, only
from popgraph.populations.structure.graph import ProductGraph, product
from popgraph.populations.structure.low_degree import LowDegree
from popgraph.populations.structure.mixing import mixture
from popgraph.populations.structure.mixture import MixtureGraph
from popgraph.populations.structure.product_training import ProductTraining
from popgraph.populations.structure.spectrum import ProductCertificate, ProductSpectrum

__all__ = [
    "LowDegree",
    "MixtureGraph",
    "ProductCertificate",
    "ProductGraph",
    "ProductSpectrum",
    "ProductTraining",
    "mixture",
    "product",
]
__dir__ = only(__all__)
if not TYPE_CHECKING:  # or a name that there is not would be no error to a type checker
    _instead = "declare it on the graph: graph.with_symmetry(generators)"
    __getattr__ = missing("popgraph.structure", __all__, {"SymmetricGraph": _instead, "symmetric": _instead})
