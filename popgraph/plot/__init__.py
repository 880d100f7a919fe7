"""Pictures of graphs, spectra, embeddings, trainings and matches: a value and an `ax` in, the `Axes` out.

Draws, and solves nothing: what a picture needs beyond its value is an argument. One class has one colour everywhere; the
colours are those of Okabe and Ito, which colour-blind readers tell apart.
"""

from typing import TYPE_CHECKING

from popgraph.basics.namespaces import missing, only
from popgraph.plot.embeddings import embedding
from popgraph.plot.graphs import graph
from popgraph.plot.matches import match
from popgraph.plot.matrices import before_and_after, matrix
from popgraph.plot.paths import spectrum_path
from popgraph.plot.spectra import spectrum
from popgraph.plot.trainings import animation, training

__all__ = [
    "animation",
    "before_and_after",
    "embedding",
    "graph",
    "match",
    "matrix",
    "spectrum",
    "spectrum_path",
    "training",
]
__dir__ = only(__all__)
if not TYPE_CHECKING:  # or a name that there is not would be no error to a type checker
    __getattr__ = missing(__name__, __all__)
