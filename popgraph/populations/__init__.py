"""Build populations: what a declaration becomes once its views are listed, or known by their structure.

`build` lists the views of a distribution under an augmentation: a `PopulationGraph`, with w, w_x, Ā and the factor M.
`.exact()` gives it in fractions and radicals (`exact/`). What cannot be listed is known by its structure (`structure/`):
products of independent coordinates and mixtures of these. `graph.with_symmetry` declares a group that leaves a graph as it
is, and makes its spectrum quick. All have the names of `popgraph.basics.protocols`, and every verb
asks for these names alone.

>>> from popgraph.populations import build, structure
>>> graph = build([0, 1], lambda bit: {bit: "3/4", 1 - bit: "1/4"}, name="bit")
>>> graph
PopulationGraph(bit: 2 naturals, 2 views, 1 component)
>>> graph.explain(0, 1).value  # w of the positive pair (0, 1)
Fraction(3, 16)
>>> structure.product([graph] * 100).spectrum(102).multiplicities[:3]
((1.0, 1), (0.25, 100), (0.0625, 4950))
"""

from typing import TYPE_CHECKING

from popgraph.basics.namespaces import missing, only
from popgraph.populations.building import build, from_population
from popgraph.populations.class_coordinates import ClassCoordinates
from popgraph.populations.columns import read_columns
from popgraph.populations.features import FeatureClass, check_dimension, read_features
from popgraph.populations.graph import PopulationGraph, read_graph
from popgraph.populations.printing import sizes_in_words
from popgraph.populations.sampling import PairSampler, read_draws
from popgraph.populations.structure import MixtureGraph, ProductGraph, ProductTraining, mixture, product
from popgraph.populations.structure.low_degree import function_of_views
from popgraph.populations.weights import pair_weights

__all__ = [
    "ClassCoordinates",
    "FeatureClass",
    "MixtureGraph",
    "PairSampler",
    "PopulationGraph",
    "ProductGraph",
    "ProductTraining",
    "build",
    "check_dimension",
    "from_population",
    "function_of_views",
    "mixture",
    "pair_weights",
    "product",
    "read_columns",
    "read_draws",
    "read_features",
    "read_graph",
    "sizes_in_words",
]
__dir__ = only(__all__)
if not TYPE_CHECKING:  # or a name that there is not would be no error to a type checker
    __getattr__ = missing(__name__, __all__)
