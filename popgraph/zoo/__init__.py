"""Named populations of the literature, a file a family; each returns a labelled `PopulationGraph`."""

from popgraph.zoo.clusters import clusters
from popgraph.zoo.hypercube import hypercube
from popgraph.zoo.lightning_cloud import lightning_cloud

__all__ = ["clusters", "hypercube", "lightning_cloud"]
