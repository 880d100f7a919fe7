"""`from_trajectories`: from sequences of states to the pairs (s_t, s_{t+lag}), counted."""

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np

from popgraph.basics.arguments import count, flag, word
from popgraph.basics.arguments.containers import is_frame, is_vector, vector
from popgraph.basics.arguments.entries import Entries, Weights, number_names, ordered_views
from popgraph.basics.arguments.keywords import checked_call
from popgraph.basics.arguments.outcomes import list_finite
from popgraph.basics.arguments.tables import as_array, is_tensor
from popgraph.basics.memory import in_words
from popgraph.basics.words import shorten
from popgraph.errors import InvalidArgument, InvalidDistribution
from popgraph.populations.pairs.graph import PairGraph
from popgraph.populations.pairs.law import SYMMETRY_TOLERANCE, pair_law, reordered, symmetric
from popgraph.populations.pairs.reading import graph_of

SEQUENCES_NEEDED = "give one sequence of states, or a list of sequences"
TRAJECTORY_MENDS = (
    "pass symmetrize=True, which counts each pair in both directions, or give the list of pairs (s_t, s_t+lag) to "
    "popgraph.from_bipartite, for two encoders"
)


@checked_call()
@in_words("counting the pairs", "give fewer states")
def from_trajectories(
    sequences: Any,
    lag: int = 1,
    *,
    views: Any = None,
    labels: Any = None,
    symmetrize: bool = False,
    name: str = "",
) -> PairGraph:
    """Make a population of states over time: its positive pairs are the observed (s_t, s_{t+lag}), counted exactly.

    Parameters
    ----------
    sequences : sequence of states, or list of such sequences
        Arrays, lists, tensors, Series, a string of letters; each has states that can be hashed, such as numbers, words or tuples.
        A list whose items are lists or arrays has several sequences, as has a mapping by its values, or a two-dimensional array
        by its rows; a list of words or tuples is one sequence. Pairs are within a sequence, never across two.
    lag : int
        Steps from the first state of a pair to the second, 1 or more.
    views : sequence of N states, optional
        Their order; else first seen first, among the states that are in a pair.
    labels : sequence of N labels, mapping state -> label or Series, optional
        The class of each state, None where unlabelled.
    symmetrize : bool
        Count each pair in both directions, as if time ran either way, rather than refuse counts that are not symmetric.
    name : str
        The name by which the graph prints.

    Returns
    -------
    PairGraph
        Of the states that are in a pair; w is exact.

    Raises
    ------
    InvalidArgument
        If lag is below 1, the counts are not symmetric, which names a pair, or these are no sequences of states.
    InvalidDistribution
        If no sequence is longer than lag, or a state cannot be hashed.

    See Also
    --------
    from_chain : The pairs of a chain whose transition matrix is known.
    from_pairs : Give the pairs themselves.

    References
    ----------
    [THEORY 11]; time-lagged pairs in reinforcement learning and slow feature analysis.

    Examples
    --------
    >>> import popgraph as pg
    >>> pg.from_trajectories("abacab", symmetrize=True).explain("a", "b").value
    Fraction(3, 10)
    >>> pg.from_trajectories([["a", "b", "a"], ["c", "c"]]).views
    ('a', 'b', 'c')
    """
    lag = count("lag", lag)
    flag("symmetrize", symmetrize)
    word("name", name)
    states, lengths = _joined(sequences)
    counts = np.maximum(lengths - lag, 0)  # of pairs in each sequence
    before = (
        np.cumsum(lengths) - lengths - (np.cumsum(counts) - counts)
    )  # states without a pair in the sequences before
    first = np.arange(counts.sum()) + np.repeat(before, counts)
    if not len(first):
        raise InvalidDistribution(
            f"no two states are {lag} steps apart: the longest of {len(lengths)} sequences has {lengths.max(initial=0)} states; "
            "give a smaller lag, or longer sequences"
        )
    numbers, names = number_names(states, "state")
    rows, columns = numbers[first], numbers[first + lag]
    rows, columns, names = _of_states_in_pairs(rows, columns, names)
    ones = Weights(np.ones(len(rows), dtype=np.int64), 1)
    law = pair_law("w", Entries(rows, columns, ones, names, names, counted=True), normalize=False)
    rank, order = ordered_views(names, views, "views=")
    law = reordered(law, rank, rank, (order, order))
    return graph_of(symmetric(law, symmetrize, SYMMETRY_TOLERANCE, TRAJECTORY_MENDS), labels, name)


def _of_states_in_pairs(rows: Any, columns: Any, names: list[Hashable]) -> tuple[Any, Any, list[Hashable]]:
    """Leave out the states that are in no pair, as those of a sequence that is too short."""
    in_pair = np.zeros(len(names), dtype=bool)
    in_pair[rows] = in_pair[columns] = True
    if in_pair.all():
        return rows, columns, names
    rank = np.cumsum(in_pair) - 1
    return rank[rows], rank[columns], [x for x, kept in zip(names, in_pair.tolist(), strict=True) if kept]


def _joined(sequences: Any) -> tuple[Any, Any]:
    """Return the states of all sequences, one after another, and the length of each sequence."""
    if is_frame(sequences):
        raise InvalidArgument(
            f"sequences is a table of shape {tuple(sequences.shape)}; {SEQUENCES_NEEDED}: its column, or that by episode"
        )
    if isinstance(sequences, Mapping):
        sequences = [list_finite(each, f"sequences[{shorten(key)}]") for key, each in sequences.items()]
    elif not hasattr(sequences, "__iter__"):
        raise InvalidArgument(f"sequences is {shorten(sequences)}, a {type(sequences).__name__}; {SEQUENCES_NEEDED}")
    if is_vector(sequences) and (array := vector("sequences", sequences, InvalidDistribution)).dtype == object:
        sequences = list(array)  # which may be of lists, as groupby(...).apply(list) gives
    if (isinstance(sequences, np.ndarray) or is_tensor(sequences)) and len(sequences.shape) == 2:
        sequences = list(as_array("sequences", sequences))
    several = not is_vector(sequences) and not isinstance(sequences, str | bytes | bytearray)
    items: Any = sequences if is_vector(sequences) else list_finite(sequences, "the sequences")
    if several and any(map(_is_sequence, items)):
        for i, each in enumerate(items):
            if not _is_sequence(each) and not isinstance(each, str | tuple):
                raise InvalidArgument(
                    f"sequences[{i}] is {shorten(each)} among sequences of states; {SEQUENCES_NEEDED}"
                )
        parts = [_states(f"sequences[{i}]", each) for i, each in enumerate(items)]
    else:
        parts = [_states("sequences", items)]
    lengths = np.array([len(part) for part in parts], dtype=np.intp)
    if all(isinstance(part, np.ndarray) and part.dtype == parts[0].dtype for part in parts):
        return np.concatenate(parts), lengths
    return [state for part in parts for state in (part.tolist() if isinstance(part, np.ndarray) else part)], lengths


def _is_sequence(item: Any) -> bool:
    """Whether an item of a list is a sequence of states itself: words and tuples are states."""
    return isinstance(item, list | range) or is_vector(item) or (hasattr(item, "__iter__") and not _hashable(item))


def _hashable(item: Any) -> bool:
    try:
        hash(item)
    except TypeError:
        return False
    return True


def _states(what: str, items: Any) -> Any:
    """Return the states of one sequence: an array if they are whole numbers, else a list."""
    if is_vector(items):
        array = vector(what, items, InvalidDistribution)
        if array.dtype.kind in "iu":
            return array
    return list_finite(items, what)
