"""A user's script, as two type checkers read it: nothing that popgraph returns here may be Any. It also runs."""

import tempfile
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, assert_type

import numpy as np
from numpy.typing import NDArray

import popgraph as pg
from popgraph.errors import TooLarge
from popgraph.io import Kept
from popgraph.populations.structure import ProductGraph

images = pg.Distribution({"lightning": Fraction(1, 2), "cloud": "1/2"})
rotate = pg.apply(lambda image: image + " rotated", probability="1/3")
twice = rotate.then(rotate).repeat(2)
graph = pg.build(images, rotate, name="weather")
assert_type(graph, pg.PopulationGraph)
assert_type(graph.w, NDArray[np.float64])
assert_type(graph.factor.shape, tuple[int, int])
assert_type(graph.kernel.toarray(), NDArray[np.float64])
spectrum = graph.spectrum(2)
assert_type(spectrum, pg.Spectrum)
assert_type(spectrum.gamma, NDArray[np.float64])
assert_type(spectrum.clean_cuts, tuple[int, ...])
training = pg.train(graph, k=2, loss=pg.losses.spectral, rng=0)
assert_type(training, pg.Training)
assert_type(pg.flow(graph, 2, 0.01).switch_on, NDArray[np.float64])
match = pg.verify(graph, training.f, atol=1e-5)
assert_type(match, pg.Match)
assert_type(match.reason, str)
assert_type(match.largest_angle, float)
probe = pg.probe(graph, training.f, labels=["bolt", "cloud"])
assert_type(probe.error, float)
cut = pg.sparsest_partition(graph, 2)
assert_type(cut.rho, float)
clusters = pg.spectral_clusters(graph, 2)
comparison = pg.compare(graph, graph, k=2)
assert_type(comparison.norm, float)
checks = pg.theory.check(pg.zoo.hypercube(2), labels=[0, 0, 1, 1], k=3)
assert_type(bool(checks), bool)
assert_type(pg.theory.minimum(pg.losses.ordered, pg.zoo.hypercube(2), k=3), float)
cube = pg.product([pg.zoo.hypercube(1)] * 100)
assert_type(cube, ProductGraph)

path = Path(tempfile.mkdtemp()) / "weather.npz"
pg.save(graph, path)
loaded = pg.load(path)
assert_type(loaded, Kept)
if isinstance(loaded, pg.PopulationGraph):
    print(loaded.views, loaded.component_count, len(loaded.labels) if loaded.labels is not None else "no labels")
try:
    pg.zoo.hypercube(40)
except TooLarge as error:
    print(error)
pg.testing.assert_matches(graph, spectrum.embedding)

if TYPE_CHECKING:  # what needs an extra, or opens a picture
    from hypothesis.strategies import SearchStrategy

    assert_type(pg.testing.graphs(), SearchStrategy[pg.PopulationGraph])
    blocks = pg.dask.build(images, rotate)
    assert_type(blocks, pg.dask.BlockGraph)
    assert_type(pg.verify(blocks, training.f), pg.Match)
    pairs = pg.torch.PositivePairs(graph, batch_size=8)
    print(graph.to_pandas().shape, graph.to_networkx().nodes, pg.plot.matrix(graph).figure, pairs)
print(twice, clusters, cut, probe)
print(bool(match), "a match")
