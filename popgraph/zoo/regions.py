"""Overlapping regions: a natural is a row of neighbouring cells, and a view is one of these cells."""

from fractions import Fraction
from typing import Any

from popgraph.basics.arguments import count, flag
from popgraph.basics.arguments.keywords import checked_call
from popgraph.declare import Augmentation, Distribution
from popgraph.errors import InvalidArgument, TooLarge
from popgraph.populations import PopulationGraph, build

MAX_REGION_ENTRIES = 2**20  # of the kernel


@checked_call()
def overlapping_regions(cells: int = 12, width: int = 4, stride: int = 2, *, circle: bool = False) -> PopulationGraph:
    """Draw a region of ``width`` neighbouring cells, then one of its cells, all with equal probability.

    Regions start at every ``stride``-th cell. Two cells are a positive pair iff a region contains both, so functions that
    differ little between the views of a pair vary slowly along the cells. Around a circle with stride 1 the spectrum is known:
    γ_j = (sin(πj width/cells) / (width sin(πj/cells)))². The label is the half that a region starts in.

    Parameters
    ----------
    cells, width, stride : int
        1 or more; width at most cells. A cell that no region contains is not a view.
    circle : bool
        Whether the last and the first cell are neighbours.

    Returns
    -------
    PopulationGraph
        A view for each cell that is in a region.

    Raises
    ------
    InvalidArgument
        If these numbers are out of range.
    TooLarge
        If the kernel would have more than 1,048,576 entries.

    See Also
    --------
    cyclic : Steps on a circle.
    gaussian_mixture : Noise on a line or plane.

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
        raise InvalidArgument(f"width is {width}, but there are {cells} cells; a region cannot be wider than that")
    starts = range(0, cells if circle else cells - width + 1, stride)
    if len(starts) * width > MAX_REGION_ENTRIES:
        raise TooLarge(
            f"{len(starts):,} regions of {width:,} cells are more than {MAX_REGION_ENTRIES:,} entries; use fewer cells"
        )
    probability: Any = Fraction(1, width)

    def cell(start: int) -> Distribution:
        return Distribution({(start + i) % cells: probability for i in range(width)})

    # On a circle a region is in the half of its first cell, on a line in that of its middle, start + width/2. Both sides of the
    # comparison are doubled, so that they are whole numbers.
    twice_offset = 0 if circle else width
    labels = [int(2 * start + twice_offset > cells - circle) for start in starts]
    return build(
        Distribution.uniform(starts), Augmentation(cell, "a cell"), labels=labels, name=f"regions of {width} cells"
    )
