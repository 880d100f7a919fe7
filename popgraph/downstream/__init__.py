"""Use: what is an embedding f, or a population, good for? Probes, clusters, cuts and labellings, on any population with views.

`probe` fits a linear head to f and counts its errors on the naturals' classes; `probe_range` does so for all minimisers of the
loss. `zero_shot` classifies one kind of view by prompts of another. `spectral_clusters` groups the views by F*.
`sparsest_partition` and `partition_bounds` look for parts that few positive pairs leave (`conductance`). `alpha`, `disagreement`
and `inconsistency` say what a labelling of the views costs. Self-training, the rival of contrastive learning, is in
`selftraining/`.

>>> import popgraph as pg
>>> from popgraph.downstream import alpha, probe, spectral_clusters
>>> clusters = pg.zoo.clusters(count=3)
>>> probe(clusters, clusters.spectrum(3)).error  # three eigenvectors tell three classes apart
0.0
>>> f"{alpha(clusters):.2f}"  # though a view alone sometimes names the wrong one
'0.05'
>>> spectral_clusters(clusters, 3, rng=0).natural_accuracy
1.0
"""

from typing import TYPE_CHECKING

from popgraph.basics.namespaces import missing, only
from popgraph.downstream import selftraining
from popgraph.downstream.clustering import Clustering, spectral_clusters
from popgraph.downstream.labelling import alpha, class_mass, disagreement, inconsistency, told_apart
from popgraph.downstream.partition import (
    MAX_VIEWS_SEARCHED,
    Partition,
    PartitionBounds,
    conductance,
    partition_bounds,
    sparsest_partition,
)
from popgraph.downstream.partition import sparsest_partitions as sparsest_partitions  # for other rooms, as the next one
from popgraph.downstream.partition import steps_of_search as steps_of_search
from popgraph.downstream.probing import Probe, ProbeRange, probe, probe_range
from popgraph.downstream.selftraining import (
    Contest as Contest,  # as the next ones: for other rooms, and public in selftraining
)
from popgraph.downstream.selftraining import PhaseDiagram as PhaseDiagram
from popgraph.downstream.selftraining import inner_conductance as inner_conductance
from popgraph.downstream.selftraining import (
    iterate as iterate,  # as the next ones: for other rooms, and public in selftraining
)
from popgraph.downstream.selftraining import propagate as propagate
from popgraph.downstream.selftraining import self_train as self_train
from popgraph.downstream.selftraining import student_error_bound as student_error_bound
from popgraph.downstream.zero_shot import ZeroShot, zero_shot

__all__ = [
    "MAX_VIEWS_SEARCHED",
    "Clustering",
    "Partition",
    "PartitionBounds",
    "Probe",
    "ProbeRange",
    "ZeroShot",
    "alpha",
    "class_mass",
    "conductance",
    "disagreement",
    "inconsistency",
    "partition_bounds",
    "probe",
    "probe_range",
    "selftraining",
    "sparsest_partition",
    "spectral_clusters",
    "told_apart",
    "zero_shot",
]
__dir__ = only(__all__)
if not TYPE_CHECKING:  # or a name that there is not would be no error to a type checker
    __getattr__ = missing(__name__, __all__)
