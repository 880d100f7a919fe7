"""A grid world: the positive pairs are two cells that follow one another on a random walk."""

from typing import Any

import numpy as np
import scipy.sparse as sp

from popgraph.basics.arguments import as_array, count
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.outcomes import list_finite
from popgraph.basics.words import shorten
from popgraph.errors import InvalidArgument, TooLarge
from popgraph.populations import PairGraph, from_pairs

MAX_CELLS = 2**22
STEPS = ((0, 1), (1, 0))  # to the right and down; the others go back


@checked_call(size="use rows= and columns=")
def grid_world(rows: int = 8, columns: int = 8, walls: Any = (), *, labels: Any = None) -> PairGraph:
    """Walk at random on a grid: up, down, left or right, each with probability 1/4, and stay where a wall or the border is.

    Views are the cells (row, column) without a wall, row by row. Because blocked steps stay, the walk is as likely from one cell to
    another as back: it is reversible, every cell is equally likely, and w is symmetric and exact. F* holds the grid's proto-value
    functions, smooth ones by which the value of a policy is approximated well. Each part that walls cut off is a component.

    Parameters
    ----------
    rows, columns : int
        1 or more, and at most 4,194,304 cells.
    walls : sequence of cells (row, column), or (rows, columns) array of truth values
        The cells that cannot be entered.
    labels : mapping cell -> label, sequence or Series, optional
        The class of each view, such as the room that it is in.

    Returns
    -------
    PairGraph
        A view for each cell that is no wall.

    Raises
    ------
    InvalidArgument
        If a wall is no cell, or walls leave none.
    TooLarge
        If there are too many cells.

    See Also
    --------
    ring : One dimension, as an augmentation.
    popgraph.from_chain : Any reversible chain.

    Notes
    -----
    Closed form without walls: μ = (cos(πi/rows) + cos(πj/columns))/2, i < rows and j < columns, with the eigenfunctions
    cos(πi(r + ½)/rows) cos(πj(c + ½)/columns).

    References
    ----------
    Mahadevan and Maggioni, Proto-value functions, 2007; [THEORY 11].

    Examples
    --------
    >>> import popgraph as pg
    >>> pg.zoo.grid_world(2, 2)
    PairGraph(2 x 2 grid: 4 views, 8 pairs, 1 component)
    >>> pg.zoo.grid_world(2, 2).spectrum(4).gamma
    array([1. , 0.5, 0.5, 0. ])
    >>> pg.zoo.grid_world(1, 5, walls=[(0, 2)]).component_count
    2
    """
    rows, columns = count("rows", rows), count("columns", columns)
    if rows * columns > MAX_CELLS:
        raise TooLarge(f"a grid of {rows:,} x {columns:,} cells is too large; give at most {MAX_CELLS:,} cells")
    free = ~_walls(walls, rows, columns)
    if not free.any():
        raise InvalidArgument("walls stand in every cell; leave one free")
    number = np.cumsum(free).reshape(rows, columns) - 1
    stays: Any = np.full(int(free.sum()), 4)
    ends = []
    for down, right in STEPS:
        here, there = np.s_[: rows - down, : columns - right], np.s_[down:, right:]
        open_step = free[here] & free[there]
        ends.append((number[here][open_step], number[there][open_step]))
        stays -= np.bincount(np.concatenate(ends[-1]), minlength=len(stays))
    one, other = (np.concatenate([end[side] for end in ends]) for side in (0, 1))
    loops = np.arange(len(stays))
    steps = np.concatenate([np.ones(2 * len(one), dtype=np.int64), stays])
    places = np.concatenate([one, other, loops]), np.concatenate([other, one, loops])
    return from_pairs(
        sp.coo_array((steps, places), shape=(len(stays), len(stays))),
        views=list(zip(*(side.tolist() for side in np.nonzero(free)), strict=True)),
        labels=labels,
        normalize=True,
        name=f"{rows} x {columns} grid",
    )


def _walls(walls: Any, rows: int, columns: int) -> Any:
    """Return which cells have a wall, a (rows, columns) array."""
    need = f"a wall is a cell (row, column) of a grid of {rows} x {columns}"
    if getattr(walls, "ndim", 0) == 2:
        walls = as_array("walls", walls)
        if walls.dtype.kind == "b":
            if walls.shape != (rows, columns):
                raise InvalidArgument(
                    f"walls has shape {walls.shape}; truth values have that of the grid, ({rows}, {columns})"
                )
            return walls
        walls = walls.tolist()
    closed = np.zeros((rows, columns), dtype=bool)
    if isinstance(walls, str) or not hasattr(walls, "__iter__"):
        raise InvalidArgument(f"walls is {shorten(walls)}; {need}")
    for cell in walls if isinstance(walls, set | frozenset) else list_finite(walls, "the walls"):
        pair = isinstance(cell, tuple | list) and len(cell) == 2
        if not pair or not all(isinstance(each, int | np.integer) and not isinstance(each, bool) for each in cell):
            raise InvalidArgument(f"walls has {shorten(cell)}; {need}")
        if not (0 <= cell[0] < rows and 0 <= cell[1] < columns):
            raise InvalidArgument(f"walls has {shorten(cell)}, which is outside; {need}, counted from 0")
        closed[cell[0], cell[1]] = True
    return closed
