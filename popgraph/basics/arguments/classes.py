"""Labels that have been read: an array with a class of each natural or view, and None where it is unlabelled.

How users give them is read in `labels.py`.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import scipy.sparse as sp

from popgraph.basics.arguments.scalars import by_value
from popgraph.basics.arrays import Floats, Ints, Sparse, frozen
from popgraph.basics.words import printable, shorten
from popgraph.errors import InvalidArgument


def label_column(items: Sequence[Any]) -> Any:
    """Return labels as an array that keeps each as it is: 1 beside "a", 1 beside None, tuples, and words that end in NUL."""
    kinds = {type(item) for item in items}
    if len(kinds) == 1 and next(iter(kinds)) in (bool, int, float, complex, str, bytes):
        array = np.array(items)
        if array.dtype.kind != "O" and array.tolist() == list(items):
            return array
    if len(kinds) == 1 and issubclass(next(iter(kinds)), np.datetime64 | np.timedelta64):
        with suppress(OverflowError):  # the finest of the items' units may be too fine for some of them
            array = np.array(items)
            if all(array == items):
                return array
    array = np.empty(len(items), dtype=object)
    for i, item in enumerate(items):
        array[i] = item
    return array


def list_labels(labels: Any) -> list[Any]:
    """List the labels of an array as Python's values, except numpy's dates: `tolist` would turn those in nanoseconds into ints."""
    return list(labels) if labels.dtype.kind in "mM" else labels.tolist()


def label_in_words(label: Any) -> str:
    """Write a label in at most 30 characters: numpy's dates and numbers as they print, all else as its repr."""
    return printable(str(label), 30) if isinstance(label, np.generic) else shorten(label, 30)


def is_labelled(labels: Any) -> Any:
    """Return which of the labels are classes rather than None, as an array of bool."""
    if labels.dtype.kind != "O":
        return np.ones(len(labels), dtype=bool)
    return np.array([label is not None for label in labels.tolist()], dtype=bool)


def need_every_label(labels: Any, what: str, noun: str = "natural") -> None:
    """Refuse labels some of which are None, for what is only defined with all of them."""
    lacking = int((~is_labelled(labels)).sum())
    if lacking:
        raise InvalidArgument(
            f"{lacking} of {len(labels)} {noun}s {'is' if lacking == 1 else 'are'} unlabelled, and {what} needs the class of "
            f"each; label them, or leave them out of the population"
        )


def need_a_label(labels: Any, name: str = "labels", noun: str = "natural") -> None:
    """Refuse labels that are None throughout."""
    if not is_labelled(labels).any():
        raise InvalidArgument(f"{name} gives none of the {len(labels)} {noun}s a class; label one or more")


def bayes_labels(labels: Any, p: Floats, A: Sparse) -> Any:
    """Return argmax_c Σ_x̄ p(x̄) A(x|x̄) 1[y(x̄) = c] for each view, (N,); on a tie the class that appears first.

    A view that no labelled natural reaches gets None.
    """
    first, y = classes_in_order(labels)
    known = np.flatnonzero(y >= 0)
    onehot = sp.csr_array((p[known], (y[known], known)), shape=(len(first), len(p)))
    mass = (onehot @ A).tocoo() if sp.issparse(A) else sp.coo_array((A.T @ onehot.T.toarray()).T)
    c, x = mass.coords
    order = np.lexsort((c, -mass.data, x))  # by view, then the most probable class, then the first
    reached, start = np.unique(x[order], return_index=True)
    codes = np.full(A.shape[1], -1, dtype=np.intp)
    codes[reached] = c[order[start]]
    return frozen(labels_of(codes, labels[first]))


def labels_of(codes: Ints, classes: Any) -> Any:
    """Return class numbers as labels, an array with None for -1; `classes` is an array of the labels that numbers stand for."""
    if len(classes) and (codes >= 0).all():
        return label_column(list(classes[codes])) if classes.dtype.kind == "O" else classes[codes]
    listed = list_labels(classes)
    return label_column([None if c < 0 else listed[c] for c in codes.tolist()])


def classes_in_order(labels: Any) -> tuple[Ints, Ints]:
    """Return where each class first appears, and each label's class, numbered in that order, -1 where unlabelled."""
    position: dict[Any, int] = {}
    number: dict[Any, int] = {None: -1}
    listed = list_labels(labels)
    keys = [by_value(label) for label in listed]
    for i, key in enumerate(keys):
        if key not in number:
            number[key] = len(position)
            position[key] = i
    return np.array(list(position.values()), dtype=np.intp), np.array([number[key] for key in keys], dtype=np.intp)


def labelled_share(p: Floats, y: Ints) -> Floats:
    """Return the probability of each natural given that it is labelled, (n,); p itself where all are."""
    if (y >= 0).all():
        return p
    labelled = np.where(y >= 0, p, 0.0)
    return np.asarray(labelled / labelled.sum())


def class_numbers(labels: Any, classes: Any) -> Ints:
    """Return the number of each label among `classes`, an array of different labels; -1 of None and of what is none of them."""
    if (
        labels.dtype.kind in "mM" and labels.dtype.kind == classes.dtype.kind
    ):  # units may differ, and their hashes with them
        unit = np.result_type(labels, classes)
        labels, classes = labels.astype(unit), classes.astype(unit)
    number = {by_value(label): c for c, label in enumerate(list_labels(classes))}
    keys = [by_value(label) for label in list_labels(labels)]
    return np.array([-1 if key is None else number.get(key, -1) for key in keys], dtype=np.intp)
