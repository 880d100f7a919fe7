"""Overlapping regions: a natural is a stretch of neighbouring cells, and a view is one of its cells."""

from fractions import Fraction
from typing import Any

from popgraph.basics.arguments import count, flag
from popgraph.basics.arguments.keywords import checked_call
from popgraph.declare.augmentation import Augmentation
from popgraph.declare.distribution import Distribution
from popgraph.errors import InvalidArgument, TooLarge
from popgraph.populations.building import build
from popgraph.populations.graph import PopulationGraph

LARGEST = 2**20  # entries of the kernel


@checked_call()
def overlapping_regions(cells: int = 12, width: int = 4, stride: int = 2, *, circle: bool = False) -> PopulationGraph:
    """Draw a region of `width` neighbouring cells, then one of its cells: two cells are a pair as often as regions hold both.

    Regions start at every `stride`-th cell and are equally likely. K(x, x') is 0 for cells no region holds together, so
    approximately view-invariant functions are the smooth ones. Around a circle with stride 1 the spectrum is known:
    γ_j = (sin(πj width/cells) / (width sin(πj/cells)))². The label is the half that a region starts in.

    Parameters
    ----------
    cells, width, stride : int
        1 or more; width at most cells. Cells that no region reaches are no views.
    circle : bool
        Whether the last cell is the first one's neighbour.

    Raises
    ------
    InvalidArgument
        If these are no such numbers.
    TooLarge
        If the kernel would have more than 1,048,576 entries.

    References
    ----------
    After the overlapping-regions toy of [J22] section 5, in one dimension and on cells.

    Examples
    --------
    >>> import popgraph as pg
    >>> graph = pg.zoo.overlapping_regions(8, 2, 2)  # stride = width: regions that do not overlap
    >>> graph.component_count
    4
    >>> pg.zoo.overlapping_regions(4, 2, 1, circle=True).spectrum(4).gamma
    array([1. , 0.5, 0.5, 0. ])
    """
    for what, number in {"cells": cells, "width": width, "stride": stride}.items():
        count(what, number, most=2**40)
    cells, width, stride = int(cells), int(width), int(stride)
    flag("circle", circle)
    if width > cells:
        raise InvalidArgument(f"width is {width}, but there are {cells} cells; a region is at most all of them")
    starts = range(0, cells if circle else cells - width + 1, stride)
    if len(starts) * width > LARGEST:
        raise TooLarge(f"{len(starts):,} regions of {width:,} cells are more than {LARGEST:,} entries; use fewer cells")
    share: Any = Fraction(1, width)

    def cell(start: int) -> Distribution:
        return Distribution({(start + i) % cells: share for i in range(width)})

    middle = (
        0 if circle else width
    )  # twice as far from a region's start as what is compared with the middle of the cells
    labels = [int(2 * start + middle > cells - circle) for start in starts]
    return build(
        Distribution.uniform(starts), Augmentation(cell, "a cell"), labels=labels, name=f"regions of {width} cells"
    )
