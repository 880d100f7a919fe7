"""Use: what an embedding f is good for, and what the graph itself is good for.

`probe` fits a linear head on f and says which labels it predicts; `probe_range` says how far equally good embeddings differ.
`spectral_clusters` splits the views by f, `sparsest_partition` by the graph itself, exactly, and `partition_bounds` brackets
its value at any size. `selftraining` follows a teacher's pseudo-labels instead, and sets the two against one another.

>>> import popgraph as pg
>>> from popgraph.downstream import probe, spectral_clusters
>>> cloud = pg.zoo.lightning_cloud()
>>> f = cloud.spectrum(2).embedding
>>> probe(cloud, f).error
0.0
>>> spectral_clusters(cloud, 2).agreement(cloud.view_labels)
1.0
"""

from typing import TYPE_CHECKING

from popgraph.basics.namespaces import missing, only
from popgraph.downstream import selftraining
from popgraph.downstream.clustering import spectral_clusters
from popgraph.downstream.labelling import class_mass, disagreement, inconsistency, pairs_told_apart
from popgraph.downstream.partition import MAX_VIEWS_SEARCHED as MAX_VIEWS_SEARCHED
from popgraph.downstream.partition import Partition, partition_bounds, sparsest_partition
from popgraph.downstream.probing import probe, probe_range
from popgraph.downstream.selftraining import iterate as iterate
from popgraph.downstream.selftraining import propagate as propagate
from popgraph.downstream.selftraining import self_train as self_train

__all__ = [
    "Partition",
    "class_mass",
    "disagreement",
    "inconsistency",
    "pairs_told_apart",
    "partition_bounds",
    "probe",
    "probe_range",
    "selftraining",
    "sparsest_partition",
    "spectral_clusters",
]
__dir__ = only(__all__)
if not TYPE_CHECKING:  # or a name that there is not would be no error to a type checker
    __getattr__ = missing(__name__, __all__)
