"""A mixture of Gaussians with Gaussian noise, on a grid: the discretised mixture of manifolds of [H21] Example 3.8."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp

from popgraph.basics.arguments import number, numbers
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.words import shorten
from popgraph.errors import InvalidArgument, TooLarge
from popgraph.populations import PopulationGraph, build

MAX_DEVIATIONS = 6.0  # from the mean, in standard deviations; beyond them lies a probability below 2e-9
MAX_GAUSSIAN_ENTRIES = 4_000_000


@checked_call()
def gaussian_mixture(
    means: Sequence[Any] = (-2.0, 2.0),
    *,
    spread: float = 1.0,
    noise: float = 0.5,
    step: float = 0.25,
) -> PopulationGraph:
    """Draw a natural from one of several Gaussians, and add Gaussian noise to it; both on a grid of the line or the plane.

    A natural is (class, point), its class drawn evenly and its point from N(mean, spread²); the view is the point plus
    N(0, noise²) in every coordinate, cut off at 6 standard deviations. On a grid much finer than ``noise``, one Gaussian has the
    eigenvalues ρ^j, ρ = spread²/(spread² + noise²), in the plane ρ^(i+j), and Hermite polynomials as eigenfunctions (Mehler's
    formula). Of r classes far apart, r eigenvalues are near 1.

    Parameters
    ----------
    means : sequence of numbers, or of pairs of numbers
        The centres, moved to the nearest grid point.
    spread, noise : float
        Standard deviations, above 0.
    step : float
        Of the grid, above 0.

    Returns
    -------
    PopulationGraph
        A view for each place of the grid that noise reaches.

    Raises
    ------
    InvalidArgument
        If the means are no points of a line or plane, or spread, noise or step is not positive.
    TooLarge
        If the kernel would have more than 4,000,000 entries.

    See Also
    --------
    clusters : Clusters without a geometry.
    overlapping_regions : Cells that overlap.

    References
    ----------
    [H21] Example 3.8, with classes that are Gaussians themselves, not their Lipschitz images.

    Examples
    --------
    >>> import popgraph as pg
    >>> single = pg.zoo.gaussian_mixture([0.0], spread=1, noise=1)
    >>> single.spectrum(4).gamma.round(6)
    array([1.   , 0.5  , 0.25 , 0.125])
    >>> pg.zoo.gaussian_mixture((-4.0, 4.0)).spectrum(3).gamma.round(3)
    array([1. , 1. , 0.8])
    """
    centres = numbers("means", means, "give one or more numbers, or pairs of numbers")
    centres = centres[:, np.newaxis] if centres.ndim == 1 else centres
    if centres.ndim != 2 or centres.shape[1] not in (1, 2) or not len(centres):
        raise InvalidArgument(f"means is {shorten(means)}; give one or more numbers, or pairs of numbers")
    spread, noise, step = number("spread", spread), number("noise", noise), number("step", step)
    for what, deviation in (("spread", spread), ("noise", noise), ("step", step)):
        if not 1e-100 < deviation < 1e100:
            raise InvalidArgument(f"{what} is {deviation:g}, whose square leaves float64; measure in other units")
    if max(spread, noise, float(np.abs(centres).max())) / step > MAX_GAUSSIAN_ENTRIES:
        raise TooLarge(
            f"step is {step:g}, so small beside the means, spread and noise that the grid is beyond {MAX_GAUSSIAN_ENTRIES:,} "
            "points; use a larger step"
        )
    d = centres.shape[1]
    centred, moves = _bell(spread, step), _bell(noise, step)
    entries = len(centres) * (len(centred) * len(moves)) ** d
    if entries > MAX_GAUSSIAN_ENTRIES:
        raise TooLarge(
            f"this grid has a kernel of {entries:,} entries, more than {MAX_GAUSSIAN_ENTRIES:,}; use a larger step"
        )
    middles = np.rint(centres / step).astype(int)
    low = middles.min(axis=0) - len(centred) // 2 - len(moves) // 2
    sizes = middles.max(axis=0) + len(centred) // 2 + len(moves) // 2 + 1 - low
    blocks, points = [], []
    for centre in middles:
        begins = centre - len(centred) // 2 - low
        axes = [
            _noised(at, len(centred), moves, size) for at, size in zip(begins.tolist(), sizes.tolist(), strict=True)
        ]
        blocks.append(axes[0] if d == 1 else sp.kron(axes[0], axes[1], format="csr"))
        grid = np.indices((len(centred),) * d).reshape(d, -1).T + centre - len(centred) // 2
        points.append(grid)
    A = sp.vstack(blocks, format="csr")
    reached = np.flatnonzero(np.diff(A.tocsc().indptr))
    p = np.tile(centred if d == 1 else np.outer(centred, centred).ravel(), len(centres)) / len(centres)
    labels = np.repeat(np.arange(len(centres)), len(centred) ** d)
    views = np.indices(tuple(sizes)).reshape(d, -1).T[reached] + low
    return build(
        {(int(c), *_named(x, step)): float(q) for c, x, q in zip(labels, np.vstack(points), p, strict=True)},
        A[:, reached],
        views=[_named(x, step) for x in views],
        labels=labels,
        normalize=True,
        name=f"{len(centres)} Gaussian{'s' * (len(centres) != 1)}",
    )


def _named(point: Any, step: float) -> tuple[float, ...]:
    """Return a grid point's coordinates as they print: 0.3, not 0.30000000000000004."""
    return tuple(float(round(float(x * step), 12)) for x in point)


def _bell(deviation: float, step: float) -> Any:
    """Return the weights of a centred Gaussian on whole steps, summing to 1."""
    half = int(np.ceil(MAX_DEVIATIONS * deviation / step))
    weights = np.exp(-0.5 * (np.arange(-half, half + 1) * step / deviation) ** 2)
    return weights / weights.sum()


def _noised(start: int, count: int, moves: Any, size: int) -> Any:
    """Return the kernel (count, size) that adds the noise to the points start, start + 1, ... of a line of `size` points."""
    half = len(moves) // 2
    rows = np.repeat(np.arange(count), len(moves))
    columns = (start + np.arange(count)[:, np.newaxis] + np.arange(-half, half + 1)).ravel()
    return sp.csr_array((np.tile(moves, count), (rows, columns)), shape=(count, size))
