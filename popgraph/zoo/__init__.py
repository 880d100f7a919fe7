"""Named populations of the literature, a file a family; each returns a labelled `PopulationGraph`."""

from popgraph.zoo.class_domain import class_domain
from popgraph.zoo.clusters import clusters
from popgraph.zoo.hypercube import hypercube
from popgraph.zoo.lightning_cloud import lightning_cloud
from popgraph.zoo.scaled_hypercube import scaled_hypercube

__all__ = ["class_domain", "clusters", "hypercube", "lightning_cloud", "scaled_hypercube"]
