"""Weights of pairs: a table with a row for each first part and a column for each second part, in the forms in which pairs are kept.

| taken | read as |
|---|---|
| mapping (x, x') -> weight; Series, or table of one column, indexed by pairs | entries; a pair that is not named has weight 0 |
| mapping x -> mapping x' -> weight | the same, row by row |
| matrix: two-dimensional array of any library, nested lists, scipy sparse | by position, or by `views=` |
| table whose rows have names (pandas, xarray) | a matrix, by the names of its rows and columns |
| table whose rows have none, or only numbers (polars, pyarrow, pandas) | a list of pairs, as below: see the next table |
| networkx graph | its adjacency, as `networkx.adjacency_matrix`; the edges of a directed graph are entries |
| list of tuples (x, x'), or an array (m, 2) of them | observed pairs, counted |
| list of tuples (x, x', weight) | entries, which add up |

| table whose rows have no names | read as |
|---|---|
| columns source, target and perhaps weight; else two or three columns with names | observed pairs, or entries with weights |
| columns that are numbered too | as the array of its values |
| four or more columns with names, and as many rows | a matrix, whose rows have the order of its columns |

| refused | because |
|---|---|
| (2, 2) array of whole numbers without `normalize` | it may be two pairs or a matrix of counts |
| two tuples of two fractional numbers, three of three; tables like these | they may be pairs or a matrix |
| views of edges of networkx | each edge is in them once, in one direction: give the graph |
"""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np

from popgraph.basics.arguments.containers import (
    index_of,
    is_frame,
    is_graph,
    is_law,
    is_vector,
    positions_by_name,
    read_frame,
    refuse_other_names,
    vector,
)
from popgraph.basics.arguments.edges import edge_columns
from popgraph.basics.arguments.entries import Entries, Weights, number_both, number_names, read_weights_of
from popgraph.basics.arguments.kernels import check_indices, is_mapping
from popgraph.basics.arguments.outcomes import list_finite, read_distinct
from popgraph.basics.arguments.probabilities import parse_probability
from popgraph.basics.arguments.scalars import by_value, is_whole
from popgraph.basics.arguments.tables import as_array, can, is_sparse, is_tensor
from popgraph.basics.memory import reserve
from popgraph.basics.words import listing, shorten
from popgraph.errors import InvalidArgument, InvalidDistribution

RECTANGULAR = "popgraph.from_bipartite takes pairs of two kinds of views"


def read_pairs(name: str, given: Any, *, square: bool, listed: bool = True, normalize: bool = False) -> Entries:
    """Return the entries of a table of weights; the tables above say what is taken.

    Of a `square` table rows and columns are the same views. Where `listed` is False, of a transition matrix, nothing is read as
    observed pairs. `normalize` says that weights are counts, which tells a (2, 2) matrix from two pairs.
    """
    form = _Form(name, square, listed, normalize)
    if isinstance(given, str | bytes | bytearray | type):
        raise InvalidArgument(f"{name} is {shorten(given)}, a {type(given).__name__}; {form.need}")
    if hasattr(given, "collect_schema") and not is_frame(given):
        raise InvalidArgument(f"{name} is a {type(given).__name__}, not read yet; call collect() on it")
    if can(given, "fractions", "exact") and given.exact:  # a Distribution of pairs
        given = given.fractions
    if is_graph(given):
        entries = _of_graph(form, given)
    elif is_law(given):
        raise InvalidArgument(f"{name} is {shorten(given)}, a distribution of another library; {form.need}")
    elif not is_frame(given) and is_mapping(given):
        entries = _of_mapping(form, given)
    elif is_frame(given):
        entries = _of_frame(form, given)
    elif is_sparse(given):
        entries = _of_sparse(form, given)
    elif (
        isinstance(given, np.ndarray | memoryview)
        or is_tensor(given)
        or (hasattr(given, "__array__") and not is_vector(given))
    ):
        array = as_array(name, given)
        entries = _of_list(form, list(array)) if array.ndim == 1 else _of_array(form, array)
    elif not hasattr(given, "__iter__"):
        own = "; its own w is graph.w, with views=graph.views" if can(given, "views", "spectrum") else ""
        raise InvalidArgument(f"{name} is {shorten(given)}, a {type(given).__name__}; {form.need}{own}")
    else:
        entries = _of_list(form, list_finite(given, f"the pairs of {name}"))
    if not len(entries.rows):
        raise InvalidDistribution(f"{name} has no pair of positive weight; {form.need}")
    return entries


class _Form:
    """What is wanted of an argument: its name, whether its rows and columns are the same, and what a message asks for."""

    def __init__(self, name: str, square: bool, listed: bool, normalize: bool) -> None:
        self.name, self.square, self.listed, self.normalize = name, square, listed, normalize
        self.ends = "(x, x')" if square else "(x, z)"
        self.need = (
            f"give a mapping {self.ends} -> weight, a matrix, a table or a list of observed pairs"
            if listed
            else "give a square matrix, a table with names on both sides or a mapping state -> mapping state -> probability"
        )


def _of_mapping(form: _Form, given: Any) -> Entries:
    """Return the entries of a mapping of pairs, or of a mapping of mappings."""
    if isinstance(given, Mapping):
        keys, values = list(given), list(given.values())
    else:  # a Series
        keys, values = index_of(given) or [], vector(form.name, given, InvalidDistribution)
    one_of_each_type = {type(each): each for each in values}.values()  # to ask each of a million numbers takes seconds
    if keys and all(map(is_mapping, one_of_each_type)):
        if can(given, "data") and all(isinstance(key, tuple) for key in keys):
            raise InvalidArgument(
                f"{form.name} is {shorten(given)}, the edges of a networkx graph, each in one direction; give the graph itself"
            )
        return _of_rows(form, keys, [dict(each.items()) for each in values])
    return _of_keys(form, keys, values)


def _of_keys(form: _Form, keys: list[Any], values: Any) -> Entries:
    """Return the entries whose pairs are keys."""
    if set(map(type, keys)) != {tuple} or set(map(len, keys)) != {2}:
        key = next((key for key in keys if not isinstance(key, tuple) or len(key) != 2), None)
        if key is not None:
            raise InvalidArgument(f"{form.name} has the key {shorten(key)}, which is no pair {form.ends}; {form.need}")
    rows, columns, row_names, column_names = number_both(
        [key[0] for key in keys], [key[1] for key in keys], form.square
    )
    return Entries(rows, columns, read_weights_of(values, lambda i: keys[i]), row_names, column_names)


def _of_rows(form: _Form, keys: list[Any], rows: list[dict[Any, Any]]) -> Entries:
    """Return the entries of a mapping of mappings: the views are its keys, and then what else its rows name."""
    left = [key for key, row in zip(keys, rows, strict=True) for _ in row]
    right = [x for row in rows for x in row]
    weights = read_weights_of([each for row in rows for each in row.values()], lambda i: (left[i], right[i]))
    first = len(keys)
    if form.square:
        numbers, names = number_names([*keys, *left, *right], "name")
        return Entries(numbers[first : first + len(left)], numbers[first + len(left) :], weights, names, names)
    numbers, row_names = number_names([*keys, *left], "first part")
    columns, column_names = number_names(right, "second part")
    return Entries(numbers[first:], columns, weights, row_names, column_names)


def _of_graph(form: _Form, graph: Any) -> Entries:
    """Return the adjacency of a networkx graph: an undirected edge stands twice, a self-loop once, parallel edges add up.

    Of two kinds of views, a graph whose nodes are marked as networkx' bipartite graphs are has the nodes with bipartite=0 as rows.
    """
    edges = [(x, y, 1 if each is None else each) for x, y, each in graph.edges(data="weight", default=1)]
    sides = dict(graph.nodes(data="bipartite"))
    if not form.square and sides and all(side in (0, 1) for side in sides.values()):
        edges = [(x, y, each) if sides[x] == 0 else (y, x, each) for x, y, each in edges]
        inside = next(((x, y) for x, y, _ in edges if sides[x] == sides[y]), None)
        if inside:
            raise InvalidArgument(
                f"{form.name} has the edge {shorten(inside)} between two nodes with bipartite={sides[inside[0]]}"
            )
        row_names, column_names = ([node for node, side in sides.items() if side == wanted] for wanted in (0, 1))
    else:
        if not graph.is_directed():
            edges += [(y, x, each) for x, y, each in edges if x != y]
        row_names = column_names = list(graph.nodes)
    _, rows_in_order = number_names(row_names, "node")
    columns_in_order = rows_in_order if row_names is column_names else number_names(column_names, "node")[1]
    places = [{node: i for i, node in enumerate(names)} for names in (rows_in_order, columns_in_order)]
    rows, columns = (np.fromiter((places[end][edge[end]] for edge in edges), np.intp, len(edges)) for end in (0, 1))
    weights = read_weights_of([edge[2] for edge in edges], lambda i: edges[i][:2])
    return Entries(rows, columns, weights, rows_in_order, columns_in_order)


def _of_frame(form: _Form, table: Any) -> Entries:
    """Return the entries of a table whose columns have names: a matrix if its rows have names too, else a list of pairs."""
    rows = index_of(table)
    columns = _column_names(table)
    numbered = rows is None or rows == list(range(len(rows)))
    if numbered and columns == list(range(len(columns))):
        return _of_array(form, read_frame(form.name, table).values)
    pairs_as_rows = len(columns) == 1 and rows is not None and all(isinstance(x, tuple) and len(x) == 2 for x in rows)
    if pairs_as_rows and form.listed:  # as groupby(...).size().to_frame() has
        return _of_keys(form, rows or [], _column(table, 0, form.name))
    if not numbered or can(table, "dims"):  # an xarray DataArray is a matrix
        return _of_named_matrix(form, table, rows or list(range(table.shape[0])))
    listed = form.listed and ({"source", "target"} <= set(map(str, columns)) or len(columns) in (2, 3))
    if listed:
        return _of_listed(form, table)
    if form.square and len(columns) == table.shape[0]:
        return _matrix(form, read_frame(form.name, table).values, columns, columns)
    if form.listed:
        edge_columns(form.name, table)  # refuses it
    raise InvalidArgument(
        f"{form.name} is a table of {table.shape[0]} rows without names and the columns {listing([shorten(x) for x in columns])}; "
        f"{form.need}"
    )


def _column_names(table: Any) -> list[Any]:
    """List the names of a table's columns."""
    if can(table, "indexes", "dims"):  # xarray
        named = table.indexes.get(table.dims[1])
        return list(range(table.shape[1]) if named is None else named)
    return list(table.column_names if can(table, "column_names") else table.columns)


def _of_named_matrix(form: _Form, table: Any, rows: list[Any]) -> Entries:
    """Return the entries of a table with names on both sides; of a square one they must be the same names."""
    frame = read_frame(form.name, table)
    columns, values = list(range(table.shape[1])) if frame.columns is None else frame.columns, frame.values
    if form.square:
        try:
            refuse_other_names(f"the columns of {form.name}", columns, rows, "row", InvalidArgument)
        except InvalidArgument as error:
            raise InvalidArgument(f"{error}; {RECTANGULAR}") from None
        order = positions_by_name(f"the columns of {form.name}", columns, rows, "row")
        values, columns = values[:, order], rows
    return _matrix(form, values, rows, columns)


def _of_listed(form: _Form, table: Any) -> Entries:
    """Return the entries of a table that lists pairs, with their weights if it has a third column."""
    places, names = edge_columns(form.name, table), _column_names(table)
    columns = [_column(table, place, f"{form.name}[{shorten(names[place])}]") for place in places]
    fractional = any(_is_fractional(each) for each in columns[:2])
    whole_counts = form.normalize and len(places) == 2 and all(_all_whole(each) for each in columns)
    like_matrix = not form.square or table.shape[0] == table.shape[1]
    if like_matrix and (fractional or whole_counts):
        raise InvalidArgument(
            f"{form.name} is a table with the columns {listing([shorten(x) for x in names])} and rows without names, which may be "
            f"a list of pairs or a matrix; give a list of tuples {form.ends}, or name the rows as well"
        )
    return _pairs(form, columns[0], columns[1], columns[2] if len(columns) == 3 else None)


def _column(table: Any, place: int, what: str) -> Any:
    """Return one column of a table: an array if it holds numbers, else a list."""
    if can(table, "iloc"):
        column = table.iloc[:, place]
    elif can(table, "to_series"):  # polars
        column = table.to_series(place)
    else:
        column = table.column(place) if can(table, "column_names") else table[:, place]
    array = vector(what, column, InvalidDistribution)
    return array if array.dtype.kind in "iuf" else array.tolist() if array.dtype.kind not in "Mm" else list(array)


def _of_sparse(form: _Form, matrix: Any) -> Entries:
    """Return the entries of a sparse matrix, which add up where one place has several."""
    if matrix.ndim != 2:
        raise InvalidArgument(f"{form.name} is a sparse array of shape {matrix.shape}; {form.need}")
    check_indices(form.name, matrix)
    coo = matrix.tocoo(copy=False)
    _check_shape(form, coo.shape)
    rows, columns = coo.row.astype(np.intp), coo.col.astype(np.intp)
    weights = _checked(form, coo.data, lambda i: (int(rows[i]), int(columns[i])))
    return Entries(rows, columns, weights, range(coo.shape[0]), range(coo.shape[1]))


def _checked(form: _Form, data: Any, name_of: Any) -> Weights:
    """Read weights of an array of any type."""
    if data.dtype.kind not in "iufOUS":
        raise InvalidDistribution(f"{form.name} has entries of the type {data.dtype}; weights are numbers, 0 or more")
    return read_weights_of(data, name_of)


def _of_array(form: _Form, array: Any) -> Entries:
    """Return the entries of a two-dimensional array: a matrix of weights, or (m, 2) observed pairs."""
    if array.ndim != 2 or 0 in array.shape:
        raise InvalidArgument(f"{form.name} has shape {array.shape}; {form.need}")
    if form.listed and array.shape[1] == 2:
        names = array.dtype.kind not in "iufcb" and not _can_be_weights(array)
        if names or (form.square and array.shape[0] != 2):
            return _pairs(form, array[:, 0], array[:, 1], None)
        if form.square and not form.normalize and _all_whole(array.ravel()):
            raise InvalidArgument(
                f"{form.name} is {shorten(array.tolist())}, which may be two observed pairs or a matrix of weights; give a list of "
                "tuples for pairs, and normalize=True for a matrix of counts"
            )
    return _matrix(form, array, None, None)


def _of_list(form: _Form, items: list[Any]) -> Entries:
    """Return the entries of a list: of tuples that are pairs, or of rows of a matrix."""
    if not items:
        raise InvalidDistribution(f"{form.name} is empty; {form.need}")
    lengths = {len(each) if isinstance(each, tuple) else -1 for each in items}
    if form.listed and lengths <= {2, 3} and len(lengths) == 1:
        parts: list[Any] = [list(column) for column in zip(*items, strict=True)]
        if len(items) == len(parts) and any(_is_fractional(each) for each in parts[:2]):
            raise InvalidArgument(
                f"{form.name} is {shorten(items)}, tuples which may be pairs or rows of a matrix; give a matrix as a numpy array, "
                f"and pairs as a mapping {form.ends} -> weight"
            )
        return _pairs(form, parts[0], parts[1], parts[2] if len(parts) == 3 else None)
    rows = [
        each for each in items if isinstance(each, tuple | list) or (hasattr(each, "__array__") and np.ndim(each) == 1)
    ]
    if len(rows) < len(items):
        other = next(each for each in items if not any(each is row for row in rows))
        raise InvalidArgument(f"{form.name} has {shorten(other)}, which is no pair {form.ends}; {form.need}")
    if len({len(row) for row in rows}) > 1:
        first = next(row for row in rows if len(row) != len(rows[0]))
        raise InvalidArgument(
            f"{form.name} has {shorten(first)} beside {shorten(rows[0])}, of another length; {form.need}"
        )
    array = as_array(form.name, items)
    if array.dtype.kind in "US" or array.ndim != 2:
        array = _objects(rows)
    return _of_array(form, array)


def _objects(rows: Sequence[Any]) -> Any:
    """Return rows as a two-dimensional array of the objects in them, whatever these are: numpy would open tuples."""
    array = np.empty((len(rows), len(rows[0])), dtype=object)
    for i, row in enumerate(rows):
        for j, each in enumerate(row):
            array[i, j] = each
    return array


def _pairs(form: _Form, left: Any, right: Any, weights: Any) -> Entries:
    """Return the entries of pairs that are listed: observed, each once, or with weights."""
    rows, columns, row_names, column_names = number_both(left, right, form.square)
    if weights is None:
        return Entries(rows, columns, Weights(np.ones(len(rows), dtype=np.int64), 1), row_names, column_names, True)
    read = read_weights_of(weights, lambda i: (row_names[rows[i]], column_names[columns[i]]))
    return Entries(rows, columns, read, row_names, column_names)


def _matrix(form: _Form, array: Any, row_names: Sequence[Any] | None, column_names: Sequence[Any] | None) -> Entries:
    """Return the entries of a dense matrix that are not 0."""
    _check_shape(form, array.shape)
    entries = array.size if array.dtype == object else np.count_nonzero(array)
    reserve(f"the {entries:,} entries of {form.name}", 40.0 * entries, "give a sparse matrix")
    sides: list[Sequence[Hashable]] = [
        range(length) if names is None else read_distinct(names, "name", "name each row and column once")
        for names, length in zip((row_names, column_names), array.shape, strict=True)
    ]
    # Whether an object is 0 is not always told: pandas' NA raises where it is asked
    rows, columns = np.nonzero(array) if array.dtype != object else np.nonzero(np.ones(array.shape, dtype=bool))
    weights = _checked(form, array[rows, columns], lambda i: (sides[0][int(rows[i])], sides[1][int(columns[i])]))
    return Entries(rows, columns, weights, sides[0], sides[1])


def _check_shape(form: _Form, shape: tuple[int, ...]) -> None:
    """Refuse a matrix that is not square where it must be."""
    if form.square and shape[0] != shape[1]:
        mend = f"; {RECTANGULAR}" if form.listed else ""
        raise InvalidArgument(f"{form.name} has shape {shape}; it needs a row and a column for each view{mend}")


def _is_fractional(column: Any) -> bool:
    """Whether a column holds numbers, one of them no whole number: it may be weights."""
    if isinstance(column, np.ndarray):
        return column.dtype.kind == "f" and bool((column != np.floor(column)).any())
    return _can_be_weights(np.array([*column, None], dtype=object)[:-1]) and not _all_whole(column)


def _all_whole(column: Any) -> bool:
    """Whether a column holds whole numbers only, as they are or as words."""
    if isinstance(column, np.ndarray) and column.dtype.kind in "iu":
        return True
    return all(is_whole(each) or (isinstance(each, str) and each.strip().isdecimal()) for each in column)


def _can_be_weights(array: Any) -> bool:
    """Whether all entries can be read as weights: numbers, or words that spell them."""
    try:
        for each in array.ravel().tolist():
            parse_probability(each)
    except InvalidDistribution:
        return False
    return True


def ordered_views(names: Sequence[Hashable], views: Any, what: str) -> tuple[Any, Sequence[Hashable]]:
    """Return where each row or column goes, None for where it is, and the names in that order.

    `views` names what has no names, and orders what has.
    """
    if views is None:
        return None, names
    wanted = read_distinct(views, "view", "name each view once")
    if isinstance(names, range):
        if len(wanted) != len(names):
            raise InvalidArgument(f"{what} has {len(wanted)} names for {len(names)} views; give one for each")
        return None, wanted
    refuse_other_names(what, wanted, names, "view")
    position = {by_value(view): i for i, view in enumerate(wanted)}
    return np.array([position[by_value(view)] for view in names], dtype=np.intp), wanted
