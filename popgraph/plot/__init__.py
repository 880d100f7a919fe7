"""See: pictures of graphs, spectra, embeddings, trainings, flows and matches. A value and an ``ax`` go in, the ``Axes`` come out.

Pictures solve nothing: what a picture needs beyond its value is an argument. One class has one colour everywhere; the colours
are those of Okabe and Ito, which colour-blind readers tell apart. Of many views a sample is drawn, and the title says so. A
picture of a population takes every one whose views are listed (``ViewedPopulation``); a product is drawn after ``.expand()``.
Nothing here calls ``plt.show()``.

>>> import popgraph as pg
>>> from popgraph import plot
>>> cube = pg.zoo.hypercube(3)
>>> plot.matrix(cube).get_title()
'Ā: normalised adjacency'
>>> plot.embedding(cube, cube.spectrum(4), dims=(1, 2)).get_title()
'8 views by f: columns 2, 3 of 4'
"""

from typing import TYPE_CHECKING

from popgraph.basics.namespaces import missing, only
from popgraph.plot.embeddings import embedding
from popgraph.plot.explorer import explore as explore  # public as `popgraph.explore`
from popgraph.plot.flows import flow
from popgraph.plot.graphs import graph
from popgraph.plot.matches import match
from popgraph.plot.matrices import before_and_after, matrix
from popgraph.plot.paths import spectrum_path
from popgraph.plot.phases import contest, phase_diagram
from popgraph.plot.playing import play as play  # public as `popgraph.play`
from popgraph.plot.spectra import spectrum
from popgraph.plot.trainings import animation, training

__all__ = [
    "animation",
    "before_and_after",
    "contest",
    "embedding",
    "flow",
    "graph",
    "match",
    "matrix",
    "phase_diagram",
    "spectrum",
    "spectrum_path",
    "training",
]
__dir__ = only(__all__)
if not TYPE_CHECKING:  # or a name that there is not would be no error to a type checker
    __getattr__ = missing(__name__, __all__)
