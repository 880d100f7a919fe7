"""Build populations: graphs whose views are listed, and products and mixtures whose views are too many to list.

`build` lists the views of a distribution under an augmentation, and returns a `PopulationGraph` with w, w_x, Ā and the factor
M. Its method `.exact()` computes the same in fractions and radicals (`exact/`). Products of independent coordinates, and
mixtures of populations, are computed from their parts (`structure/`). `graph.with_symmetry` declares a group of permutations
that leaves a graph unchanged, from which its spectrum is computed faster; `graph.with_labels` puts known classes into its
pairs; `graph.with_noise` is the graph of a loss whose negatives come from another law than w_x. All these classes have the
attributes that `popgraph.basics.protocols` lists, and functions such as `verify` and `train` use no others: a class of your own
that has them works in every verb that needs no listed graph.

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
from popgraph.populations import structure
from popgraph.populations.building import build, from_population, of_two_kernels
from popgraph.populations.class_coordinates import ClassCoordinates
from popgraph.populations.columns import read_columns
from popgraph.populations.features import FeatureClass, check_dimension, read_features
from popgraph.populations.graph import PopulationGraph
from popgraph.populations.labelled import KnownLabels, data_view_law, pair_draws
from popgraph.populations.noise import NoiseGraph, with_noise
from popgraph.populations.pairs import (
    BipartiteGraph,
    ExactWeights,
    PairGraph,
    bipartite_graph,
    from_bipartite,
    from_chain,
    from_pairs,
    from_trajectories,
    pair_graph,
)
from popgraph.populations.printing import sizes_in_words
from popgraph.populations.reading import given_pairs, read_graph
from popgraph.populations.sampling import PairSampler, read_draws
from popgraph.populations.structure import MixtureGraph, ProductGraph, ProductTraining, mixture, product
from popgraph.populations.structure.low_degree import function_of_views
from popgraph.populations.weights import pair_weights

__all__ = [
    "BipartiteGraph",
    "ClassCoordinates",
    "ExactWeights",
    "FeatureClass",
    "KnownLabels",
    "MixtureGraph",
    "NoiseGraph",
    "PairGraph",
    "PairSampler",
    "PopulationGraph",
    "ProductGraph",
    "ProductTraining",
    "bipartite_graph",
    "build",
    "check_dimension",
    "data_view_law",
    "from_bipartite",
    "from_chain",
    "from_pairs",
    "from_population",
    "from_trajectories",
    "function_of_views",
    "given_pairs",
    "mixture",
    "of_two_kernels",
    "pair_draws",
    "pair_graph",
    "pair_weights",
    "product",
    "read_columns",
    "read_draws",
    "read_features",
    "read_graph",
    "sizes_in_words",
    "structure",
    "with_noise",
]
__dir__ = only(__all__)
if not TYPE_CHECKING:  # else a type checker would take every name for one that exists
    __getattr__ = missing(__name__, __all__)
