"""The jackknife over blocks: what a statistic of means is, without its bias, and how large its error is."""

from collections.abc import Callable
from typing import Any

import numpy as np

from popgraph.basics.arrays import Floats


def means_of_the_others(blocks: Floats) -> Floats:
    """Return, for each block, the mean of all the others."""
    return np.asarray((blocks.sum(axis=0) - blocks) / (len(blocks) - 1))


def jackknife(statistic: Callable[[Any, Any], Any], P: Floats, G: Floats) -> tuple[Any, Any]:
    """Return a statistic of mean moments with its bias of order 1/blocks removed, and its standard error."""
    count, others = len(P), statistic(means_of_the_others(P), means_of_the_others(G))
    pseudo = count * statistic(P.mean(axis=0), G.mean(axis=0)) - (count - 1) * others
    return pseudo.mean(axis=0), standard_error(pseudo)


def standard_error(blocks: Floats) -> Any:
    """Return the standard error of the mean over blocks."""
    return blocks.std(axis=0, ddof=1) / np.sqrt(len(blocks))


def second_order(A: Floats, B: Floats) -> float:
    """Return the size of <δA, δB>, for the errors δ of two means over blocks: all that is left where the first order vanishes.

    Of independent Gaussian errors with covariance C, |δ|² has the standard deviation √(2 tr C²).
    """
    count = len(A)
    sizes = []
    for blocks in (A, B):
        deviations = (blocks - blocks.mean(axis=0)).reshape(count, -1)
        sizes.append(float(np.linalg.norm(deviations @ deviations.T)))
    return float(np.sqrt(2 * sizes[0] * sizes[1])) / (count * (count - 1))
