"""Named populations of the literature, a file a family; each returns a labelled `PopulationGraph`."""

from popgraph.zoo.class_domain import class_domain
from popgraph.zoo.clusters import clusters
from popgraph.zoo.cycles import cyclic, ring
from popgraph.zoo.hypercube import hypercube
from popgraph.zoo.lightning_cloud import lightning_cloud
from popgraph.zoo.scaled_hypercube import scaled_hypercube
from popgraph.zoo.subclasses import planted_subclasses

__all__ = [
    "class_domain",
    "clusters",
    "cyclic",
    "hypercube",
    "lightning_cloud",
    "planted_subclasses",
    "ring",
    "scaled_hypercube",
]
