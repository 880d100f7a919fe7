"""popgraph: exact, finite population graphs for the theory of contrastive learning.

Declare a `Distribution` of naturals and an `Augmentation`, `build` the population graph, decompose it, `train` an embedding on it,
and `verify` that the embedding spans the graph's leading eigenvectors F*.

Each room has a docstring that teaches it in ten lines, such as ``help(popgraph.verification)``: ``declare``, ``populations`` and
`zoo`, ``spectrum``, `losses` and ``training``, ``verification``, ``downstream``, `theory`, `plot`, ``io``, `torch`, `dask`,
`testing`, `classroom`.

>>> import popgraph as pg
>>> graph = pg.build(["lightning", "cloud"], pg.apply(lambda image: image + " rotated", "1/3"))
>>> bool(pg.verify(graph, pg.train(graph, 2, rng=0)))
True
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from popgraph import errors, losses, testing, theory, zoo
from popgraph.basics.namespaces import no_attribute, only
from popgraph.declare import Augmentation, Distribution, apply, choose, identity, images, independently
from popgraph.downstream import (
    partition_bounds,
    probe,
    probe_range,
    selftraining,
    sparsest_partition,
    spectral_clusters,
    zero_shot,
)
from popgraph.io import load, save
from popgraph.populations import (
    BipartiteGraph,
    PairGraph,
    PopulationGraph,
    build,
    from_bipartite,
    from_chain,
    from_pairs,
    from_trajectories,
    product,
    structure,
)
from popgraph.spectrum import SingularSpectrum, Spectrum
from popgraph.training import Flow, PairTraining, Training, flow, train, train_critic
from popgraph.verification import Match, PairMatch, compare, verify, verify_sampled

if TYPE_CHECKING:
    from popgraph import classroom as classroom
    from popgraph import dask as dask
    from popgraph import plot as plot
    from popgraph import torch as torch
    from popgraph.plot import explore, play

__version__ = "0.2.0"

__all__ = [
    "Augmentation",
    "BipartiteGraph",
    "Distribution",
    "Flow",
    "Match",
    "PairGraph",
    "PairMatch",
    "PairTraining",
    "PopulationGraph",
    "SingularSpectrum",
    "Spectrum",
    "Training",
    "apply",
    "build",
    "choose",
    "classroom",
    "compare",
    "errors",
    "explore",
    "flow",
    "from_bipartite",
    "from_chain",
    "from_pairs",
    "from_trajectories",
    "identity",
    "images",
    "independently",
    "load",
    "losses",
    "partition_bounds",
    "play",
    "plot",
    "probe",
    "probe_range",
    "product",
    "save",
    "selftraining",
    "sparsest_partition",
    "spectral_clusters",
    "structure",
    "testing",
    "theory",
    "train",
    "train_critic",
    "verify",
    "verify_sampled",
    "zero_shot",
    "zoo",
]

__dir__ = only([*__all__, "dask", "torch"])  # these two are in no `import *`, which would need their extras

if not TYPE_CHECKING:  # or a name that there is not would be no error to a type checker

    def __getattr__(name: str) -> Any:
        """Load the classroom, and the rooms that need matplotlib, torch or dask, on first use."""
        if name in ("explore", "play"):
            return getattr(import_module("popgraph.plot"), name)
        if name in ("classroom", "dask", "plot", "torch"):
            return import_module(f"popgraph.{name}")
        raise no_attribute(__name__, name, __dir__())
