"""Labels: the class y(x̄) of each natural, as users give it, and the most probable class of each view."""

from collections.abc import Hashable, Iterable, Mapping, Sequence, Set
from itertools import islice
from typing import Any

import numpy as np
import scipy.sparse as sp

from popgraph.arguments.tables import as_array
from popgraph.arrays import Floats, Ints, Sparse, frozen
from popgraph.errors import InvalidArgument, listing, shorten

MOST = 2**26  # labels from one iterator, which may be endless


def read_labels(labels: Any, naturals: Sequence[Hashable]) -> Any:
    """Return one label for each natural, as an array (n,), or None.

    Raises
    ------
    InvalidArgument
        If there is not one label for each natural.
    """
    if labels is None:
        return None
    if not isinstance(labels, type) and (isinstance(labels, Mapping) or hasattr(labels, "items")):
        labels = dict(labels.items())
        missing = [shorten(natural) for natural in naturals if natural not in labels]
        if missing:
            raise InvalidArgument(
                f"labels has no label for {len(missing)} of {len(naturals)} naturals: {listing(missing)}; "
                "a mapping or Series goes by its keys, a list or array by the order of the naturals"
            )
        labels = [labels[natural] for natural in naturals]
    array = label_array(labels, f"{len(naturals)} naturals need one label each")
    if array.shape != (len(naturals),):
        raise InvalidArgument(
            f"labels has shape {array.shape}; {len(naturals)} naturals need one label each, shape ({len(naturals)},) "
            "(outcomes of probability 0 are not naturals)"
        )
    return frozen(array)


def bayes_labels(labels: Any, p: Floats, A: Sparse) -> Any:
    """Return argmax_c Σ_x̄ p(x̄) A(x|x̄) 1[y(x̄) = c] for each view, (N,); on a tie the class that appears first."""
    first, y = classes_in_order(labels)
    onehot = sp.csr_array((p, (y, np.arange(len(p)))), shape=(len(first), len(p)))
    mass = (onehot @ A).tocoo()
    c, x = mass.coords
    order = np.lexsort((c, -mass.data, x))  # by view, then the most probable class, then the first
    best = order[np.unique(x[order], return_index=True)[1]]
    return labels[first][c[best]]


def label_array(labels: Any, need: str) -> Any:
    """Return labels as an array that keeps their kind: 1 and "a" side by side stay a number and a word.

    `need` says how many labels there should be, for the error.
    """
    if (
        isinstance(labels, Iterable)
        and not isinstance(labels, Sequence | Mapping | Set)
        and not hasattr(labels, "__array__")
    ):
        labels = list(islice(labels, MOST))
    if (
        isinstance(labels, Sequence)
        and not isinstance(labels, str | bytes)
        and len({type(label) for label in labels}) > 1
    ):
        array = np.empty(len(labels), dtype=object)
        array[:] = labels
    else:
        try:
            array = np.array(as_array("labels", labels))
        except InvalidArgument as error:
            raise InvalidArgument(f"{error}; {need}") from None
    for label in array.tolist() if array.ndim == 1 and array.dtype.kind in "OfcMmV" else ():
        try:
            _ = hash(label)
            itself = bool(label == label)  # not so NaN and its kin, which no class holds
        except TypeError:
            itself = False
        if not itself:
            raise InvalidArgument(
                f"labels holds {shorten(label)}, which cannot name a class; {need}, and None for none"
            )
    return array


def classes_in_order(labels: Any) -> tuple[Ints, Ints]:
    """Return where each class first appears, and each label's class, numbered in that order."""
    position: dict[Any, int] = {}
    for i, label in enumerate(labels.tolist()):
        position.setdefault(label, i)
    number = {label: c for c, label in enumerate(position)}
    return np.array(list(position.values()), dtype=np.intp), np.array(
        [number[label] for label in labels.tolist()], dtype=np.intp
    )
