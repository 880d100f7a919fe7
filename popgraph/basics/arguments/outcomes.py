"""Outcomes (naturals, views, samples, edges): one of them, or a finite list. What is equal is one outcome.

| taken as a list of outcomes | read as |
|---|---|
| list, tuple, range, iterator, `dict.keys()`, deque | its items, in their order |
| one-dimensional array of numpy, pandas, polars, pyarrow, torch, `array.array` | its entries; numbers as Python's own |
| table with named columns: pandas, polars, pyarrow | its rows, each a tuple |
| str | its letters |

| refused | because |
|---|---|
| set, frozenset | it has another order in every process |
| mapping, another library's distribution, networkx graph | its probabilities, or its edges, would be lost |
| two-dimensional array, sparse matrix | its rows could not be hashed |

| one outcome | read as |
|---|---|
| numpy's scalar, alone or in a tuple | Python's int, float, complex, bool, str or bytes, which equals it; a longdouble as it is |
| exact rational of flint, sympy or gmpy2 | int or Fraction, which equals it |
| numpy's datetime64 and timedelta64 | as it is: in nanoseconds Python's would be a bare int; NaT is refused, as NaN is |
| tensor, array, anything with NaN inside | refused: it equals nothing, or only itself |
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, MappingView, Sequence, Set
from datetime import date
from fractions import Fraction
from itertools import chain, islice
from typing import Any

import numpy as np

from popgraph.basics.arguments.containers import is_frame, is_graph, is_law, is_vector, vector
from popgraph.basics.arguments.scalars import as_fraction
from popgraph.basics.arguments.tables import can, is_sparse, shape_of
from popgraph.basics.memory import reserve
from popgraph.basics.words import listing, shorten
from popgraph.errors import InvalidDistribution

OUTCOME_LIMIT = 2**22  # more outcomes than this from an iterable without a length is taken to be an endless one
MOST_COUNTED = 2**31  # outcomes of a list, an array or a range
BYTES_AN_OUTCOME = 200.0  # of a list of them, and of a table in which each is looked up
PLAIN_TYPES = frozenset(
    {str, int, bool, bytes, type(None), Fraction}
)  # types whose values equal themselves, and hash so


def read_outcome(outcome: Any, where: str) -> Hashable:
    """Return one outcome, with numpy's scalars in it replaced by Python's values; `where` names it in errors."""
    kind = type(outcome)
    if kind in PLAIN_TYPES or (kind is float and outcome == outcome):
        return outcome  # type: ignore[no-any-return]
    if isinstance(outcome, np.generic):
        outcome = plain_scalar(outcome)
    elif hasattr(outcome, "as_py"):  # a scalar of pyarrow, which hashes by its value but equals no other
        if outcome.as_py() is None:
            raise InvalidDistribution(f"{where} is missing (null); leave it out, or name it")
        return read_outcome(outcome.as_py(), where)
    elif isinstance(outcome, tuple):
        outcome = _read_tuple(outcome, where)
    elif (exact := as_fraction(outcome)) is not None:  # equal to Python's own, and hashed otherwise
        outcome = exact.numerator if exact.denominator == 1 else exact
    elif isinstance(outcome, frozenset):
        outcome = frozenset(read_outcome(part, f"an item of {where}") for part in outcome)
    try:
        hash(outcome)
    except TypeError:
        raise InvalidDistribution(
            f"{where} is {shorten(outcome)}, a {kind.__name__}, which cannot be hashed; {_mend_unhashable(outcome)}"
        ) from None
    if not isinstance(outcome, np.generic) and (hasattr(outcome, "__array__") or hasattr(outcome, "detach")):
        mend = "x.item()" if shape_of(outcome) == () else "tuple(x.tolist())"
        raise InvalidDistribution(
            f"{where} is {shorten(outcome)}, a {kind.__name__}, which hashes by identity, so that others of its value would count "
            f"apart; give {mend}"
        )
    if not equals_itself(outcome):  # NaN and its kin, the values that no dictionary finds again
        raise InvalidDistribution(f"{where} is {outcome!r}, which does not equal itself; replace it by a named outcome")
    return outcome  # type: ignore[no-any-return]


def _read_tuple(outcome: Any, where: str) -> Any:
    """Return a tuple whose parts are outcomes; one of a class of its own, as a namedtuple, stays one."""
    if PLAIN_TYPES.issuperset(map(type, outcome)):
        return outcome
    parts = tuple(read_outcome(part, f"item {i} of {where}") for i, part in enumerate(outcome))
    if all(part is given for part, given in zip(parts, outcome, strict=True)):
        return outcome
    return parts if type(outcome) is tuple else type(outcome)._make(parts) if hasattr(outcome, "_make") else outcome


def _mend_unhashable(outcome: Any) -> str:
    """Say what to put in the place of what cannot be hashed."""
    if isinstance(outcome, np.ndarray) and outcome.ndim != 1:
        return "wrap it in popgraph.images.Image(...)" if outcome.ndim else "give x.item()"
    if isinstance(outcome, dict):
        return "wrap it in tuple(sorted(d.items()))"
    return "wrap it in frozenset(...)" if isinstance(outcome, set) else "wrap it in tuple(...)"


def plain_scalar(value: Any) -> Any:
    """Return the Python value that equals a numpy scalar, or the scalar itself if no Python value keeps all of it.

    numpy's dates and time spans are returned unchanged: in nanoseconds, `item()` would make an int of them.
    """
    kind = value.dtype.kind
    if kind in "Mm":
        return value
    if kind == "V":
        names = value.dtype.names
        return (
            bytes(value)
            if names is None
            else tuple(plain_scalar(part) if isinstance(part, np.generic) else part for part in value)
        )
    return value.item() if isinstance(value, np.generic) else value


def plain_list(array: Any) -> list[Any]:
    """Return the entries of a one-dimensional array, none of which is another value than before: a lossless `tolist`."""
    if array.dtype.kind in "Mm":
        return list(array)
    return [plain_scalar(row) for row in array] if array.dtype.kind == "V" else list(array.tolist())


def equals_itself(outcome: Any) -> bool:
    """Whether a value is equal to itself: NaN is not, and pandas' NA does not say."""
    try:
        return bool(outcome == outcome)
    except (TypeError, ValueError):
        return False


def list_finite(items: Any, what: str = "these outcomes") -> list[Any]:
    """List the items of what holds outcomes, in their order, if it is not endless; the tables above say what is taken."""
    if is_frame(items):
        return _rows(items, what)
    if is_vector(items):
        array = vector(what, items, InvalidDistribution)
        _check_count(len(array), MOST_COUNTED)
        return plain_list(array)
    if is_unordered(items):
        raise InvalidDistribution(
            f"{what} are {shorten(items)}, a {type(items).__name__}, which has another order in every process; "
            "give sorted(...) or a list"
        )
    if isinstance(items, Mapping) or is_sparse(items):
        kind = "mapping, whose values" if isinstance(items, Mapping) else "sparse matrix, whose columns"
        raise InvalidDistribution(
            f"{what} are {shorten(items)}, a {kind} would be lost; give list(...) of what is meant"
        )
    refuse_more_than_outcomes(what, items)
    limit: int | None = OUTCOME_LIMIT + 1
    if isinstance(items, Sequence | dict | MappingView):  # all there, or countable: a range may be very long
        try:
            count = len(items)
        except OverflowError:  # of a range that no index reaches the end of
            count = MOST_COUNTED + 1
        _check_count(count, MOST_COUNTED)
        limit = None
    try:
        listed = list(islice(items, limit))
    except TypeError:
        raise InvalidDistribution(
            f"{shorten(items)} is a {type(items).__name__}, not outcomes; give a mapping or a sequence"
        ) from None
    if limit is not None:
        _check_count(len(listed), OUTCOME_LIMIT)
    return listed


def _check_count(count: int, most: int) -> None:
    """Refuse more outcomes than can be meant, and more than memory holds."""
    if count > most:
        raise InvalidDistribution(
            f"more than {most:,} outcomes: is this iterable endless? A distribution has finitely many outcomes"
        )
    reserve(f"a list of {count:,} outcomes", BYTES_AN_OUTCOME * count, "declare fewer")


def is_unordered(items: Any) -> bool:
    """Whether this is a set, or a view of one, which lists its items in another order in every process."""
    if isinstance(items, MappingView):
        return isinstance(getattr(items, "_mapping", None), set | frozenset)
    return isinstance(items, Set) and not isinstance(items, Sequence | Mapping)


def refuse_more_than_outcomes(what: str, items: Any) -> None:
    """Refuse graphs and distributions of other libraries, which list outcomes and hold more beside them."""
    if is_graph(items):
        raise InvalidDistribution(
            f"{what}: {shorten(str(items))} is a networkx graph; popgraph.zoo.edges(G) makes a population of it, list(G) names its "
            "nodes"
        )
    if is_law(items):
        raise InvalidDistribution(
            f"{what}: {shorten(items)} is a {type(items).__name__} with probabilities of its own, which is not read; give a "
            "mapping outcome -> probability, as dict(zip(outcomes, probabilities))"
        )


def _rows(frame: Any, what: str) -> list[Any]:
    """List the rows of a table as tuples, none of which lacks an entry."""
    rows = _all_rows(frame)
    for i, row in enumerate(rows):
        if None in row:
            raise InvalidDistribution(
                f"{what}: row {i} of the table is {shorten(row)}, with a missing entry; fill it, or leave it out"
            )
    return rows


def _all_rows(frame: Any) -> list[Any]:
    """List the rows of a table as tuples."""
    _check_count(len(frame), MOST_COUNTED)
    if can(frame, "itertuples"):  # pandas
        return list(frame.itertuples(index=False, name=None))
    if can(frame, "to_pylist"):  # pyarrow
        return [tuple(row.values()) for row in frame.to_pylist()]
    if callable(getattr(frame, "rows", None)):  # polars
        return list(frame.rows())
    return [tuple(plain_list(row)) for row in np.asarray(frame)]


def read_distinct(items: Iterable[Any], what: str, mend: str) -> list[Hashable]:
    """List hashable items that are all different, or say which are not."""
    listed = list_finite(items, f"the {what}s")
    if not _are_plain(listed):
        listed = [read_outcome(item, f"{what} {i}") for i, item in enumerate(listed)]
    if len(set(listed)) < len(listed):
        repeated = [f"{shorten(item)} ({count} times)" for item, count in Counter(listed).items() if count > 1]
        raise InvalidDistribution(f"{what}s are duplicated: {listing(repeated)}; {mend}")
    check_equality(listed, what)
    return listed


def _are_plain(listed: list[Any]) -> bool:
    """Whether `read_outcome` would return each of these as it is: most often all are ints or strings, or tuples of such."""
    # Two passes in C: of 5 million pairs of ints that takes 0.2 s, and asking about each 10 s
    kinds = set(map(type, listed))
    return kinds <= PLAIN_TYPES or (kinds == {tuple} and PLAIN_TYPES.issuperset(map(type, chain.from_iterable(listed))))


def check_equality(outcomes: Iterable[Any], what: str) -> None:
    """Refuse objects that print alike but are equal only to themselves, since their class has no __eq__."""
    types = set(map(type, outcomes)) - PLAIN_TYPES
    if not types:
        return
    for dated in types & {np.datetime64, np.timedelta64}:
        units = sorted({str(getattr(each, "dtype", "")) for each in outcomes if type(each) is dated})
        if len(units) > 1:  # some versions of numpy hash equal dates of two units apart
            raise InvalidDistribution(f"{what}s have dates of the types {listing(units)}; give all in one unit")
    if np.datetime64 in types and any(issubclass(kind, date) for kind in types):
        raise InvalidDistribution(
            f"{what}s have dates of numpy beside others, which may be equal and hash apart; give all as numpy.datetime64 or none"
        )
    kinds = {kind for kind in types if compares_by_identity(kind)}
    if not kinds:
        return
    by_words: dict[str, Any] = {}
    for each in outcomes:
        if type(each) in kinds and by_words.setdefault(repr(each), each) is not each:
            raise InvalidDistribution(
                f"two {what}s are {shorten(each)}, and differ: {type(each).__name__} has no __eq__; give it "
                "__eq__ and __hash__"
            )


def compares_by_identity(kind: type) -> bool:
    """Whether objects of a class with words of its own (`__repr__`) are equal only to themselves."""
    own = [getattr(kind, method) is not getattr(object, method) for method in ("__eq__", "__repr__")]
    return own == [False, True] and not issubclass(kind, type)
