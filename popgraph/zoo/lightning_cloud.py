"""The running example: a lightning bolt and a cloud, each rotated with some probability."""

from fractions import Fraction
from typing import Any

from popgraph.basics.arguments.keywords import checked_call
from popgraph.declare import Distribution, Image, images
from popgraph.populations import PopulationGraph, build

LIGHTNING = """
.....##
....##.
...##..
..#####
....##.
...##..
..##...
.##....
##.....
"""

CLOUD = """
.........
...###...
..#####..
.#######.
#########
#########
.#######.
.........
.........
"""


def picture(rows: str, name: str) -> Image:
    """Return the 9x9 image with 1 at each hash and 0 at each dot of the text, centred from left to right."""
    lines = rows.split()
    left = (9 - len(lines[0])) // 2
    padded = [("." * left + line).ljust(9, ".") for line in lines]
    return Image([[int(mark == "#") for mark in line] for line in padded], name)


@checked_call()
def lightning_cloud(probability: Any = Fraction(1, 3)) -> PopulationGraph:
    """Rotate a lightning bolt and a cloud by a quarter turn, each with the same probability.

    Four views: the bolt, its rotation, the cloud, its rotation. With probability q, each image's block of w is
    ½ [(1-q), q]ᵀ [(1-q), q], so Ā has the eigenvalues 1, 1, 0, 0 and F* is spanned by the blocks' (√(1-q), √q). The labels are
    "lightning" and "cloud".

    Parameters
    ----------
    probability : float, Fraction, Decimal, str or int
        Of being rotated, in [0, 1].

    Returns
    -------
    PopulationGraph
        Two components; 4 views, unless the probability is 0 or 1.

    See Also
    --------
    rotations : Other pictures, any turns.
    popgraph.apply : Its augmentation.

    Examples
    --------
    >>> import popgraph as pg
    >>> graph = pg.zoo.lightning_cloud()
    >>> graph
    PopulationGraph(lightning/cloud: 2 naturals, 4 views, 2 components)
    >>> print(graph.explain(*graph.views[:2]))
    w(Image(lightning, 9x9), Image(lightning rotated, 9x9)) = 1/9
      = sum over naturals of p · A(x) · A(x'):
      1/2 · 2/3 · 1/3 = 1/9   from Image(lightning, 9x9)
    """
    naturals = Distribution.uniform([picture(LIGHTNING, "lightning"), picture(CLOUD, "cloud")])
    return build(naturals, images.rotate(1, probability), labels=["lightning", "cloud"], name="lightning/cloud")
