"""Named populations of the literature, one family a file. Each function returns a labelled `.PopulationGraph`.

Of pairs that are given, `cooccurrence` and `grid_world` return a `.PairGraph`; `image_text` and `masked_autoencoder` return a
`.BipartiteGraph`, for two encoders.

Each docstring names its source and which part of its spectrum has a closed form. Sizes and probabilities are arguments, and
probabilities given as strings or fractions stay exact.

>>> from popgraph import zoo
>>> zoo.hypercube(3, "1/4")
PopulationGraph(3-cube: 8 naturals, 8 views, 1 component)
>>> zoo.hypercube(3, "1/4").spectrum(4).gamma
array([1.  , 0.25, 0.25, 0.25])
>>> zoo.planted_subclasses(2, 2).labels.tolist()[:2]
[0, 0]
"""

from typing import TYPE_CHECKING

from popgraph.basics.namespaces import missing, only
from popgraph.zoo.cards import cards
from popgraph.zoo.class_domain import class_domain
from popgraph.zoo.clusters import clusters
from popgraph.zoo.colour_shape import colour_shape
from popgraph.zoo.cooccurrence import cooccurrence
from popgraph.zoo.cycles import cyclic, ring
from popgraph.zoo.dice import dice
from popgraph.zoo.dna import dna
from popgraph.zoo.edges import dumbbell, edges
from popgraph.zoo.gaussian_mixture import gaussian_mixture
from popgraph.zoo.glyphs import glyphs
from popgraph.zoo.grid_world import grid_world
from popgraph.zoo.hypercube import hypercube
from popgraph.zoo.image_text import image_text
from popgraph.zoo.lightning_cloud import lightning_cloud
from popgraph.zoo.masked_autoencoder import masked_autoencoder
from popgraph.zoo.masked_tokens import masked_tokens
from popgraph.zoo.notes import notes
from popgraph.zoo.open_world import open_world
from popgraph.zoo.regions import overlapping_regions
from popgraph.zoo.rotations import rotations
from popgraph.zoo.scaled_hypercube import scaled_hypercube
from popgraph.zoo.subclasses import planted_subclasses
from popgraph.zoo.typos import typos

__all__ = [
    "cards",
    "class_domain",
    "clusters",
    "colour_shape",
    "cooccurrence",
    "cyclic",
    "dice",
    "dna",
    "dumbbell",
    "edges",
    "gaussian_mixture",
    "glyphs",
    "grid_world",
    "hypercube",
    "image_text",
    "lightning_cloud",
    "masked_autoencoder",
    "masked_tokens",
    "notes",
    "open_world",
    "overlapping_regions",
    "planted_subclasses",
    "ring",
    "rotations",
    "scaled_hypercube",
    "typos",
]
__dir__ = only(__all__)
if not TYPE_CHECKING:  # else a type checker would take every name for one that exists
    __getattr__ = missing(__name__, __all__)
