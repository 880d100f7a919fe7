"""The distribution of naturals, in each form in which it is declared, as outcomes and their weights.

| taken | read as |
|---|---|
| Distribution, mapping, pandas Series, xarray DataArray with coordinates | outcome -> probability |
| one-dimensional array of numbers, of any library | probabilities of naturals 0, 1, ... |
| list, tuple, range, iterator, array of words or dates, table | outcomes, equally likely: `outcomes.py` |

| refused | because |
|---|---|
| list of floats or fractions in [0, 1] | it could be probabilities or outcomes |
| string, set, networkx graph, other library's distribution | it has no order, or more than is read |
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from popgraph.basics.arguments.containers import index_of, is_frame, is_vector, vector
from popgraph.basics.arguments.outcomes import list_finite, plain_list, read_outcome, refuse_more_than_outcomes
from popgraph.basics.arguments.probabilities import are_numbers, looks_like_pairs, looks_like_probabilities
from popgraph.basics.arguments.tables import is_tensor
from popgraph.basics.words import shorten
from popgraph.errors import InvalidDistribution

AMBIGUOUS = (
    "the distribution is {}, a list of numbers in [0, 1], which could be outcomes or probabilities; give numpy.array(...) for "
    "probabilities of naturals 0, 1, ..., or Distribution.uniform(...) for equally likely outcomes"
)


@dataclass(frozen=True, eq=False)
class Declared:
    """Hold outcomes and their weights: an array, or None where the outcomes are equally likely; all as declared, none checked."""

    outcomes: Sequence[Any]
    weights: Any


def read_declared(declared: Any, naturals: Sequence[Any] | None = None) -> Declared | None:
    """Return outcomes and weights of what is neither a Distribution nor a mapping, or None if it contains pairs of them.

    `declared` is of a kind in the tables above. The entries of a vector without names belong to `naturals`, or to 0, 1, ...
    """
    refuse_more_than_outcomes("the distribution", declared)
    if is_vector(declared):
        array = vector("the distribution", declared, InvalidDistribution)
        names = index_of(declared)
        if names is not None and naturals is not None and list(names) == list(range(len(array))):
            names = None  # they count the rows, and the table of the kernel names them
        if names is not None:
            return None
        if are_numbers(array):
            outcomes = range(len(array)) if naturals is None else naturals
            if len(outcomes) != len(array):
                raise InvalidDistribution(
                    f"there are {len(array)} probabilities for {len(outcomes)} naturals; give one for each"
                )
            return Declared(outcomes, array)
        listed = plain_list(array)
        _refuse_column_of_probabilities(listed)
        return Declared(listed, None)
    if hasattr(declared, "items") and not is_frame(declared):
        return None
    dimensions = getattr(declared, "ndim", 1) if isinstance(declared, np.ndarray) or is_tensor(declared) else 1
    if dimensions != 1:
        raise InvalidDistribution(
            f"the distribution is an array of shape {tuple(declared.shape)}; a probability vector has shape (n,)"
        )
    if hasattr(declared, "collect_schema") and not is_frame(declared):
        raise InvalidDistribution(
            f"the distribution is a {type(declared).__name__}, not read yet; call collect() on it"
        )
    if isinstance(declared, str | bytes | bytearray | type) or not (
        is_frame(declared) or hasattr(declared, "__iter__")
    ):
        raise InvalidDistribution(
            f"{shorten(declared)} is a {type(declared).__name__}, not a distribution; give a Distribution, a mapping outcome -> "
            "probability, a probability vector, a pandas Series or a sequence of equally likely outcomes"
        )
    outcomes = list_finite(declared, "the outcomes")
    if any(hasattr(each, "as_py") for each in outcomes):  # scalars of pyarrow
        outcomes = [read_outcome(each, f"outcome {i}") for i, each in enumerate(outcomes)]
    if is_frame(declared):
        _refuse_column_of_probabilities(outcomes)
    if looks_like_probabilities(outcomes):
        raise InvalidDistribution(AMBIGUOUS.format(shorten(outcomes)))
    if looks_like_pairs(outcomes):
        raise InvalidDistribution(
            f"the distribution is {shorten(outcomes)}, which could be outcomes or pairs (outcome, probability); give dict(...) or "
            "Distribution(...) of pairs, or Distribution.uniform(...) for equally likely outcomes"
        )
    return Declared(outcomes, None)


def _refuse_column_of_probabilities(rows: Sequence[Any]) -> None:
    """Refuse a table of one column, or records of one field, whose numbers could be probabilities."""
    if rows and all(isinstance(row, tuple) and len(row) == 1 for row in rows):
        alone = [row[0] for row in rows]
        if looks_like_probabilities(alone):
            raise InvalidDistribution(AMBIGUOUS.format(shorten(alone)))
