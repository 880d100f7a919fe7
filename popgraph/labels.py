"""Labels: the class y(x̄) of each natural, as users give it, and the most probable class of each view."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp

from popgraph.arrays import Floats, Sparse, frozen
from popgraph.errors import InvalidArgument, listing, shorten


def read_labels(labels: Any, naturals: Sequence[Hashable]) -> Any:
    """Return one label for each natural, as an array (n,), or None.

    Raises
    ------
    InvalidArgument
        If there is not one label for each natural.
    """
    if labels is None:
        return None
    if isinstance(labels, Mapping):
        missing = [shorten(natural) for natural in naturals if natural not in labels]
        if missing:
            raise InvalidArgument(
                f"labels has no label for {len(missing)} of {len(naturals)} naturals: {listing(missing)}"
            )
        labels = [labels[natural] for natural in naturals]
    array = np.array(labels)
    if array.shape != (len(naturals),):
        raise InvalidArgument(
            f"labels has shape {array.shape}; {len(naturals)} naturals need one label each, shape ({len(naturals)},)"
        )
    return frozen(array)


def bayes_labels(labels: Any, p: Floats, A: Sparse) -> Any:
    """Return argmax_c Σ_x̄ p(x̄) A(x|x̄) 1[y(x̄) = c] for each view, (N,); the first class in order on a tie."""
    classes, y = np.unique(labels, return_inverse=True)
    onehot = sp.csr_array((p, (y, np.arange(len(p)))), shape=(len(classes), len(p)))
    return classes[(onehot @ A).toarray().argmax(axis=0)]
