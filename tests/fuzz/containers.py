"""The same content in the containers of other libraries: pandas, polars, pyarrow, numpy, torch, xarray, networkx, scipy, dit.

What a container holds is certain (SAME), certainly not what is asked for (BAD), or such that a refusal is as good as the right
answer (EITHER); nothing here may be answered in another way. Labels read "library: form", which is how the matrix of
`test_container_matrix.py` is laid out.
"""

import array
import io
import tempfile
import warnings
from collections import ChainMap, Counter, OrderedDict, UserDict, UserList, deque, namedtuple
from collections.abc import Callable, Iterator
from fractions import Fraction
from importlib.util import find_spec
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import scipy.sparse as sp
import torch

from fuzz.spoilers import BAD, EITHER, ODD, SAME, Spoiler

HAS = {name: find_spec(name) is not None for name in ("polars", "pyarrow", "xarray", "dit", "flint", "sympy")}
if HAS["dit"]:
    with np.errstate():  # dit tells numpy to warn no more, for the whole process
        import dit
FOLDER = tempfile.TemporaryDirectory()


def _spoilers(rows: Iterator[tuple[str, str, Callable[[], Any]]], **verdicts: str) -> list[Spoiler]:
    """List spoilers, of which some have another verdict for this kind of argument."""
    return [
        Spoiler(
            label,
            verdicts.get(label.replace(": ", "_").replace(" ", "_"), verdict),
            _quietly(make),
            label.split(":")[0],
        )
        for label, verdict, make in rows
    ]


def _quietly(make: Callable[[], Any]) -> Callable[[Any], Any]:
    """Make a value whose library warns of its own."""

    def made(_: Any) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return make()

    return made


def _names(keys: Any) -> Any:
    """Return names as an index, tuples as one name each."""
    column = np.empty(len(keys), dtype=object)
    column[:] = list(keys)
    return pd.Index(column, tupleize_cols=False)


class Subclass(np.ndarray):
    """An array of a class of one's own."""


def _mapped(x: Any) -> Any:
    """Return an array that lies in a file."""
    with tempfile.NamedTemporaryFile(dir=FOLDER.name, delete=False) as handle:
        handle.write(np.ascontiguousarray(x).tobytes())
    return np.memmap(handle.name, dtype=x.dtype, mode="r", shape=x.shape)


# ---------------------------------------------------------------- one axis
def _one_axis(values: list[Any], missing: str) -> Iterator[tuple[str, str, Callable[[], Any]]]:
    """Yield containers of one axis that have no names; `missing` is what may come of a missing entry."""
    x = np.array(values)
    numeric, whole = x.dtype.kind in "iuf", x.dtype.kind in "iu"
    n, item = len(values), values[0]
    column = np.empty(n, dtype=object)
    column[:] = values
    different = len(set(values)) == n

    yield "numpy: subclass", SAME, lambda: x.copy().view(Subclass)
    yield "numpy: memmap", SAME, lambda: _mapped(x)
    yield "numpy: objects", EITHER, lambda: column.copy()
    yield "numpy: one column", EITHER, lambda: x[:, np.newaxis]
    yield "numpy: one row", EITHER if n > 1 else BAD, lambda: x[np.newaxis]
    yield "numpy: matrix", EITHER, lambda: np.asmatrix(x)
    yield "numpy: record of one field", EITHER, lambda: np.array([(v,) for v in values], dtype=[("a", x.dtype)])
    yield "numpy: 0-d of a list", BAD, lambda: _zero_d(values)
    yield "numpy: a masked entry", missing, lambda: np.ma.masked_array(x, mask=[True] + [False] * (n - 1))
    yield "numpy: all masked", missing, lambda: np.ma.masked_array(x, mask=True)
    yield "numpy: list of masked", missing, lambda: [np.ma.masked, *values[1:]]
    if numeric:
        yield "numpy: big-endian", SAME, lambda: x.astype(x.dtype.newbyteorder(">"))
        yield "numpy: longdouble", SAME if not whole else EITHER, lambda: x.astype(np.longdouble)
        yield "numpy: half", SAME if not whole else EITHER, lambda: x.astype(np.float16)
        yield "numpy: int-like timedelta", BAD if not whole else ODD, lambda: x.astype("m8[ns]")
        yield "numpy: list of 0-d arrays", EITHER, lambda: [np.array(v) for v in values]
    else:
        yield "numpy: StringDType", EITHER, lambda: np.array(values, dtype=np.dtypes.StringDType())
        yield "numpy: bytes", ODD, lambda: x.astype("S")

    yield "pandas: Series", SAME, lambda: pd.Series(values)
    yield "pandas: Series of another index", ODD, lambda: pd.Series(values, index=[i + 5 for i in range(n)])
    yield "pandas: Index", SAME, lambda: pd.Index(values)
    yield (
        "pandas: extension Series",
        SAME,
        lambda: (
            pd.Series(values).convert_dtypes(convert_floating=False)
            if whole
            else (pd.Series(values, dtype="Float64" if numeric else "string"))
        ),
    )
    yield (
        "pandas: extension array",
        SAME,
        lambda: pd.array(values, dtype=("Int64" if whole else "Float64") if numeric else "string"),
    )
    yield (
        "pandas: NA",
        missing,
        lambda: pd.Series([pd.NA, *values[1:]], dtype=("Int64" if whole else "Float64") if numeric else "string"),
    )
    yield (
        "pandas: NA in an array",
        missing,
        lambda: pd.array([pd.NA, *values[1:]], dtype=("Int64" if whole else "Float64") if numeric else "string"),
    )
    yield "pandas: objects with None", missing, lambda: pd.Series([None, *values[1:]], dtype=object)
    yield "pandas: categorical", EITHER if numeric else SAME, lambda: pd.Series(pd.Categorical(values))
    yield (
        "pandas: unused categories",
        EITHER if numeric else SAME,
        lambda: pd.Series(pd.Categorical(values, categories=[*dict.fromkeys(values[::-1]), type(item)(7)])),
    )
    yield "pandas: categorical with NA", missing, lambda: pd.Series(pd.Categorical([None, *values[1:]]))
    yield "pandas: sparse", EITHER, lambda: pd.Series(pd.arrays.SparseArray(x if numeric else column))
    yield "pandas: one column", EITHER, lambda: pd.DataFrame({"a": values})
    yield "pandas: one row", EITHER if n > 1 else BAD, lambda: pd.DataFrame([values])
    yield "pandas: MultiIndex", ODD, lambda: pd.Series(values, index=pd.MultiIndex.from_product([["u"], range(n)]))
    yield (
        "pandas: dates with NaT",
        BAD if numeric and not whole else missing if missing == ODD else BAD,
        lambda: pd.Series(pd.to_datetime([None, *["2020-01-01"] * (n - 1)])),
    )
    yield "pandas: group", EITHER, lambda: pd.Series(values).groupby([0] * n)
    yield "pandas: interval", ODD, lambda: pd.interval_range(0, n)

    if HAS["polars"]:
        import polars as pl

        yield "polars: Series", SAME, lambda: pl.Series("a", values)
        yield "polars: nulls", missing, lambda: pl.Series("a", [None, *values[1:]])
        yield "polars: one column", EITHER, lambda: pl.DataFrame({"a": values})
        yield "polars: lazy", EITHER, lambda: pl.DataFrame({"a": values}).lazy()
        yield "polars: expression", BAD, lambda: pl.col("a")
        yield "polars: list of lists", ODD, lambda: pl.Series("a", [[v] for v in values])
        if not numeric:
            yield "polars: categorical", EITHER, lambda: pl.Series("a", values, dtype=pl.Categorical)
            yield "polars: enum", EITHER, lambda: pl.Series("a", values, dtype=pl.Enum(sorted(set(values))))
        else:
            yield "polars: decimals", EITHER, lambda: pl.Series("a", values).cast(pl.Decimal(10, 4))
    if HAS["pyarrow"]:
        import pyarrow as pa

        yield "pyarrow: Array", SAME, lambda: pa.array(values)
        yield "pyarrow: sliced", SAME, lambda: pa.array([*values, *values]).slice(n)
        yield "pyarrow: ChunkedArray", SAME, lambda: pa.chunked_array([values[:1], values[1:]])
        yield "pyarrow: nulls", missing, lambda: pa.array([None, *values[1:]])
        yield "pyarrow: dictionary", EITHER, lambda: pa.array(values).dictionary_encode()
        yield "pyarrow: one column", EITHER, lambda: pa.table({"a": values})
        yield "pyarrow: record batch", EITHER, lambda: pa.record_batch({"a": values})
        yield "pyarrow: list of scalars", EITHER, lambda: list(pa.array(values))
        yield (
            "pyarrow: in a Series",
            SAME,
            lambda: pd.Series(pa.array(values), dtype=pd.ArrowDtype(pa.array(values).type)),
        )
        yield (
            "pyarrow: in a Series with null",
            missing,
            lambda: pd.Series(pa.array([None, *values[1:]]), dtype=pd.ArrowDtype(pa.array(values).type)),
        )
    if HAS["xarray"]:
        import xarray as xr

        yield "xarray: DataArray", SAME, lambda: xr.DataArray(x)
        yield "xarray: Dataset", EITHER, lambda: xr.Dataset({"a": ("i", x)})
        yield "xarray: two axes", EITHER, lambda: xr.DataArray(x[:, np.newaxis])
    if numeric:
        yield "torch: tensor", SAME, lambda: torch.tensor(values)
        yield (
            "torch: grad",
            SAME if not whole else EITHER,
            lambda: torch.tensor(x, dtype=torch.float64, requires_grad=True),
        )
        yield "torch: half", SAME if not whole else EITHER, lambda: torch.tensor(values, dtype=torch.float16)
        yield "torch: bfloat16", SAME if not whole else EITHER, lambda: torch.tensor(values, dtype=torch.bfloat16)
        yield "torch: int8", SAME if whole else ODD, lambda: torch.tensor(values).to(torch.int8)
        yield "torch: sparse", EITHER, lambda: torch.tensor(values).to_sparse()
        yield (
            "torch: quantised",
            EITHER,
            lambda: torch.quantize_per_tensor(torch.tensor(values, dtype=torch.float32), 0.25, 0, torch.qint8),
        )
        yield "torch: conjugate", BAD if not whole else ODD, lambda: torch.tensor(values).to(torch.complex64).conj()
        yield (
            "torch: negative bit",
            SAME if not whole else EITHER,
            lambda: torch.tensor([-1j * v for v in values]).conj().imag,
        )
        yield "torch: meta", BAD, lambda: torch.empty(n, device="meta")
        yield "torch: list of tensors", EITHER, lambda: [torch.tensor(v) for v in values]
        yield "torch: one column", EITHER, lambda: torch.tensor(values)[:, None]
        yield (
            "torch: parameter",
            SAME if not whole else EITHER,
            lambda: torch.nn.Parameter(torch.tensor(x, dtype=torch.float64)),
        )
        yield "Python: array.array", SAME, lambda: array.array("q" if whole else "d", values)
        yield "Python: memoryview", SAME, lambda: memoryview(x.copy())
        yield "scipy: one-dimensional", EITHER, lambda: sp.coo_array(x)
        yield "scipy: one row", EITHER, lambda: sp.csr_array(x[np.newaxis])
        yield "scipy: one column", EITHER, lambda: sp.csc_array(x[:, np.newaxis])
    if values == list(range(n)):
        yield "Python: range", SAME, lambda: range(n)
    yield "Python: deque", EITHER, lambda: deque(values)
    yield "Python: UserList", EITHER, lambda: UserList(values)
    yield "Python: generator", EITHER, lambda: (v for v in values)
    yield "Python: iterator", EITHER, lambda: iter(values)
    yield "Python: reversed twice", EITHER, lambda: reversed(list(reversed(values)))
    yield "Python: dict values", EITHER, lambda: dict(enumerate(values)).values()
    yield "Python: named tuple", EITHER, lambda: namedtuple("Row", [f"a{i}" for i in range(n)])(*values)
    yield "Python: set", BAD, lambda: set(values) if different else set(range(n))
    yield "Python: frozenset", BAD, lambda: frozenset(values if different else range(n))
    yield "Python: set of another length", BAD, lambda: {*values, type(item)(7), type(item)(8)}
    yield "Python: keys of a set", BAD, lambda: dict.fromkeys(values).keys() & set(values)
    yield "Python: file", BAD, io.BytesIO
    yield "networkx: graph", ODD, lambda: nx.path_graph(n)
    yield "networkx: edges", ODD, lambda: nx.cycle_graph(max(n, 3)).edges
    if different:
        yield "Python: dict keys", EITHER, lambda: dict.fromkeys(values).keys()
        yield "networkx: nodes", EITHER, lambda: nx.Graph([(v, v) for v in values]).nodes


def _zero_d(value: Any) -> Any:
    """Return an array without axes that holds an object."""
    x = np.empty((), dtype=object)
    x[()] = value
    return x


def _named_axis(values: list[Any], keys: list[Any]) -> Iterator[tuple[str, str, Callable[[], Any]]]:
    """Yield containers of one axis whose entries have names."""
    n = len(values)
    turned = [*range(1, n), 0]
    dtype = {"i": "Int64", "f": "Float64"}.get(np.array(values).dtype.kind, object)
    yield "pandas: named", SAME, lambda: pd.Series(values, index=_names(keys))
    yield "pandas: named, another order", SAME, lambda: pd.Series(values, index=_names(keys)).iloc[turned]
    yield "pandas: named, extension", SAME, lambda: pd.Series(values, index=_names(keys), dtype=dtype).iloc[turned]
    yield "pandas: named twice", BAD, lambda: pd.Series([*values, values[0]], index=_names([*keys, keys[0]]))
    yield "pandas: one named twice", BAD, lambda: pd.Series(values, index=_names([*keys[:-1], keys[0]]))
    yield "pandas: other names", BAD, lambda: pd.Series(values, index=[f"row {i}" for i in range(n)])
    yield "pandas: NA among the names", BAD, lambda: pd.Series(values, index=_names([np.nan, *keys[1:]]))
    yield "pandas: MultiIndex", BAD, lambda: pd.Series(values, index=pd.MultiIndex.from_product([["u"], range(n)]))
    yield "pandas: one column, named", EITHER, lambda: pd.DataFrame({"a": values}, index=_names(keys)).iloc[turned]
    yield (
        "pandas: one column, named twice",
        BAD,
        lambda: pd.DataFrame({"a": values}, index=_names([*keys[:-1], keys[0]])),
    )
    yield "Python: OrderedDict", SAME, lambda: OrderedDict(zip(keys, values, strict=True))
    yield "Python: UserDict", SAME, lambda: UserDict(zip(keys, values, strict=True))
    yield (
        "Python: ChainMap",
        SAME,
        lambda: ChainMap(dict(list(zip(keys, values, strict=True))[1:]), {keys[0]: values[0]}),
    )
    yield "Python: dict items", EITHER, lambda: dict(zip(keys, values, strict=True)).items()
    if HAS["xarray"]:
        import xarray as xr

        yield "xarray: named", EITHER, lambda: xr.DataArray(values, coords={"i": _names(keys)}, dims=["i"])[turned]
        yield (
            "xarray: other names",
            BAD,
            lambda: xr.DataArray(values, coords={"i": [f"row {i}" for i in range(n)]}, dims=["i"]),
        )


def vector(plain: Any) -> list[Spoiler]:
    """Numbers by position; a container with names of its own is read by position or refused."""
    values = np.asarray(plain, dtype=float).tolist()
    return _spoilers(
        _one_axis(values, BAD),
        pandas_Series_of_another_index=EITHER,
        pandas_MultiIndex=EITHER,
        networkx_graph=BAD,
        networkx_edges=BAD,
        pandas_interval=BAD,
        polars_list_of_lists=EITHER,
        numpy_one_row=EITHER,
    )


def probabilities(plain: Any) -> list[Spoiler]:
    """p: (n,), whose names, where it has any, are the naturals'."""
    values = np.asarray(plain, dtype=float).tolist()
    return [
        *_spoilers(
            _one_axis(values, BAD),
            pandas_interval=ODD,
            numpy_list_of_masked=BAD,
            numpy_one_row=ODD,
            pandas_one_row=ODD,
            networkx_nodes=ODD,
            Python_memoryview=SAME,
            pandas_Index=EITHER,
            numpy_objects=ODD,
            scipy_one_row=ODD,
            scipy_one_column=ODD,
            numpy_matrix=ODD,
        ),
        *_spoilers(_distributions(list(range(len(values))), values)),
    ]


def _distributions(outcomes: list[Any], p: list[float]) -> Iterator[tuple[str, str, Callable[[], Any]]]:
    """Yield the same law as other packages write it."""
    from scipy import stats

    if all(isinstance(x, int) for x in outcomes):
        yield "scipy: rv_discrete", EITHER, lambda: stats.rv_discrete(values=(outcomes, p))
        yield "scipy: frozen", EITHER if len(p) == 2 else BAD, lambda: stats.bernoulli(p[-1])
    yield "scipy: infinite support", BAD, lambda: stats.poisson(3.0)
    yield "scipy: continuous", BAD, lambda: stats.norm(0, 1)
    yield "scipy: continuous of the new kind", BAD, lambda: stats.Normal(mu=0.0, sigma=1.0)
    yield (
        "torch: categorical law",
        EITHER if outcomes == list(range(len(p))) else BAD,
        lambda: torch.distributions.Categorical(torch.tensor(p)),
    )
    if HAS["dit"]:
        yield (
            "dit: Distribution",
            EITHER if isinstance(outcomes[0], str) else ODD,
            lambda: dit.Distribution([str(x) for x in outcomes], p),
        )
        yield "dit: logarithms", EITHER if isinstance(outcomes[0], str) else ODD, lambda: _in_bits(outcomes, p)


def _in_bits(outcomes: list[Any], p: list[float]) -> Any:
    law = dit.Distribution([str(x) for x in outcomes], p)
    law.set_base(2)
    return law


def outcomes(plain: Any, *, repeated: bool = False) -> list[Spoiler]:
    """Different hashable things, or samples, which may repeat; an index names none of them."""
    fine = dict.fromkeys(("pandas_MultiIndex", "pandas_Series_of_another_index"), EITHER)
    if all(isinstance(x, int) for x in plain):  # 0.0 equals 0, and prints otherwise
        floats = (
            "numpy_longdouble",
            "numpy_half",
            "torch_grad",
            "torch_half",
            "torch_bfloat16",
            "torch_quantised",
            "torch_parameter",
        )
        fine |= dict.fromkeys((*floats, "torch_negative_bit"), ODD)
    return _spoilers(
        _one_axis(list(plain), BAD),
        **fine,
        pandas_group=BAD,
        numpy_one_row=ODD,
        pandas_one_row=ODD,
        pandas_one_column=ODD,
        numpy_one_column=ODD,
        numpy_matrix=ODD,
        numpy_record_of_one_field=ODD,
        polars_one_column=ODD,
        polars_lazy=ODD,
        pyarrow_one_column=ODD,
        pyarrow_record_batch=ODD,
        xarray_two_axes=ODD,
        torch_one_column=ODD,
        torch_conjugate=ODD,
        xarray_Dataset=ODD,
        Python_dict_keys=SAME if not repeated else EITHER,
        numpy_int_like_timedelta=ODD,
        polars_decimals=ODD,
    )


def labels(plain: Any, keys: Any) -> list[Spoiler]:
    """One label for each of the keys; what is missing is unlabelled, or refused."""
    named = _spoilers(_named_axis(list(plain), list(keys)))
    labels_of_named = {each.label for each in named}
    one = _spoilers(
        _one_axis(list(plain), ODD),
        pandas_Series_of_another_index=BAD,
        networkx_graph=BAD,
        networkx_edges=BAD,
        pandas_group=BAD,
        numpy_0_d_of_a_list=BAD,
        torch_half=EITHER,
        numpy_longdouble=ODD,
        polars_decimals=ODD,
        polars_list_of_lists=ODD,
        numpy_list_of_masked=ODD,
    )
    return [*(each for each in one if each.label not in labels_of_named), *named]


# ---------------------------------------------------------------- mappings
def mapping(plain: dict[Any, Any], *, whole: bool = False) -> list[Spoiler]:
    """A mapping of outcomes to exact probabilities, or to counts."""
    values = dict(plain) if whole else {x: float(Fraction(p)) for x, p in plain.items()}
    return _spoilers(_mappings(values, whole))


def _mappings(values: dict[Any, Any], whole: bool) -> Iterator[tuple[str, str, Callable[[], Any]]]:
    keys, p = list(values), list(values.values())
    dtype = "Int64" if whole else "Float64"
    words = all(isinstance(key, str) for key in keys)
    yield "Python: OrderedDict", SAME, lambda: OrderedDict(values)
    yield "Python: UserDict", SAME, lambda: UserDict(values)
    yield "Python: ChainMap", SAME, lambda: ChainMap(dict(list(values.items())[1:]), {keys[0]: p[0]})
    yield "Python: Counter", SAME, lambda: Counter(values)
    yield "Python: dict items", SAME, lambda: values.items()
    yield "Python: deque of pairs", EITHER, lambda: deque(values.items())
    yield "Python: zip", EITHER, lambda: zip(keys, p, strict=True)
    yield "Python: set of pairs", BAD, lambda: set(values.items())
    yield "Python: frozenset of pairs", BAD, lambda: frozenset(values.items())
    yield "Python: named tuple pairs", EITHER, lambda: [namedtuple("Pair", "a b")(*pair) for pair in values.items()]
    yield "numpy: records", EITHER, lambda: np.array(list(values.items()), dtype=[("a", object), ("b", float)])
    yield (
        "numpy: objects (n, 2)",
        EITHER,
        lambda: np.array([_row(pair) for pair in values.items()], dtype=object)[:, :2],
    )
    yield "pandas: Series", SAME, lambda: pd.Series(p, index=_names(keys))
    yield "pandas: extension Series", SAME, lambda: pd.Series(p, index=_names(keys), dtype=dtype)
    yield "pandas: NA", BAD, lambda: pd.Series([pd.NA, *p[1:]], index=_names(keys), dtype=dtype)
    yield (
        "pandas: named twice",
        BAD,
        lambda: pd.Series([*p[:-1], p[-1] / 2, p[-1] / 2], index=_names([*keys, keys[-1]])),
    )
    yield "pandas: NA among the names", BAD, lambda: pd.Series(p, index=_names([np.nan, *keys[1:]]))
    yield "pandas: one column", EITHER, lambda: pd.DataFrame({"p": p}, index=_names(keys))
    yield "pandas: two columns", EITHER, lambda: pd.DataFrame({"x": pd.Series(keys, dtype=object), "p": p})
    yield "pandas: one row", EITHER, lambda: pd.DataFrame([p], columns=_names(keys))
    yield "pandas: categorical", EITHER, lambda: pd.Series(pd.Categorical(p), index=_names(keys))
    if words:
        yield "pandas: categorical index", SAME, lambda: pd.Series(p, index=pd.CategoricalIndex(keys))
        yield "pandas: string index", SAME, lambda: pd.Series(p, index=pd.Index(keys, dtype="string"))
        yield "networkx: degrees", ODD, lambda: nx.Graph([(key, key) for key in keys]).degree
        yield "networkx: weighted graph", ODD, lambda: nx.path_graph(keys)
    if HAS["polars"] and words:
        import polars as pl

        yield "polars: two columns", EITHER, lambda: pl.DataFrame({"x": keys, "p": p})
        yield "polars: nulls", BAD, lambda: pl.DataFrame({"x": keys, "p": [None, *p[1:]]})
        yield "polars: records", EITHER, lambda: pl.DataFrame({"x": keys, "p": p}).to_struct("pairs")
        yield "polars: lazy", EITHER, lambda: pl.DataFrame({"x": keys, "p": p}).lazy()
    if HAS["pyarrow"] and words:
        import pyarrow as pa

        yield "pyarrow: two columns", EITHER, lambda: pa.table({"x": keys, "p": p})
        yield "pyarrow: record batch", EITHER, lambda: pa.record_batch({"x": keys, "p": p})
        yield "pyarrow: structs", EITHER, lambda: pa.array([{"x": key, "p": value} for key, value in values.items()])
        yield (
            "pyarrow: map",
            EITHER,
            lambda: pa.array([list(values.items())], type=pa.map_(pa.string(), pa.float64()))[0],
        )
        yield (
            "pyarrow: in a Series",
            SAME,
            lambda: pd.Series(p, index=keys, dtype="int64[pyarrow]" if whole else "float64[pyarrow]"),
        )
    if HAS["xarray"]:
        import xarray as xr

        yield "xarray: named", EITHER, lambda: xr.DataArray(p, coords={"i": _names(keys)}, dims=["i"])
    if not whole:
        yield from _distributions(keys, p)


def _row(pair: Any) -> list[Any]:
    return list(pair)


# ---------------------------------------------------------------- tables
def _two_axes(x: Any) -> Iterator[tuple[str, str, Callable[[], Any]]]:
    """Yield containers of a table of numbers (N, k) without names of rows."""
    N, k = x.shape
    columns = [f"c{j}" for j in range(k)]
    yield "numpy: subclass", SAME, lambda: x.copy().view(Subclass)
    yield "numpy: memmap", SAME, lambda: _mapped(x)
    yield "numpy: matrix", SAME, lambda: np.asmatrix(x.copy())
    yield (
        "numpy: records",
        EITHER,
        lambda: np.array([tuple(row) for row in x.tolist()], dtype=[(c, float) for c in columns]),
    )
    yield "numpy: rows of objects", EITHER, lambda: _objects(list(x.copy()))
    yield "numpy: dates", BAD, lambda: x.astype("M8[ns]")
    yield "numpy: lengths of time", BAD, lambda: x.astype("m8[ns]")
    yield "numpy: a masked row in a list", BAD, lambda: [np.ma.masked_array(x[0], mask=True), *x[1:]]
    yield "pandas: frame", SAME, lambda: pd.DataFrame(x.copy())
    yield "pandas: named columns", SAME, lambda: pd.DataFrame(x.copy(), columns=columns)
    yield "pandas: extension", SAME, lambda: pd.DataFrame(x.copy()).astype("Float64")
    yield "pandas: objects", SAME, lambda: pd.DataFrame(x.astype(object))
    yield "pandas: NA", BAD, lambda: pd.DataFrame(x.copy()).astype("Float64").mask(pd.DataFrame(np.eye(N, k) > 0))
    yield "pandas: None", BAD, lambda: pd.DataFrame(x.astype(object)).mask(pd.DataFrame(np.eye(N, k) > 0), None)
    yield "pandas: categorical", EITHER, lambda: pd.DataFrame(x.copy()).astype("category")
    yield "pandas: sparse", EITHER, lambda: pd.DataFrame(x.copy()).astype(pd.SparseDtype(float))
    yield "pandas: words", BAD, lambda: pd.DataFrame(x.copy()).astype("string")
    yield (
        "pandas: dates with NaT",
        BAD,
        lambda: pd.DataFrame({c: pd.to_datetime([None] + ["2020-01-01"] * (N - 1)) for c in columns}),
    )
    yield "pandas: list of Series", EITHER, lambda: [pd.Series(row) for row in x.tolist()]
    yield "pandas: list of named Series", EITHER, lambda: [pd.Series(row, index=columns) for row in x.tolist()]
    yield "pandas: list of extension arrays", EITHER, lambda: [pd.array(row) for row in x.tolist()]
    yield "pandas: group", EITHER, lambda: pd.DataFrame(x.copy()).groupby([0] * N)
    if HAS["polars"]:
        import polars as pl

        yield "polars: DataFrame", SAME, lambda: pl.DataFrame(x.copy(), schema=columns)
        yield "polars: float32", SAME, lambda: pl.DataFrame(x.astype(np.float32), schema=columns)
        yield "polars: nulls", BAD, lambda: pl.DataFrame([[None, *x[1:, j].tolist()] for j in range(k)], schema=columns)
        yield "polars: words", BAD, lambda: pl.DataFrame(x.copy(), schema=columns).cast(pl.String)
        yield "polars: lazy", EITHER, lambda: pl.DataFrame(x.copy(), schema=columns).lazy()
        yield "polars: rows as lists", EITHER, lambda: pl.Series("a", x.tolist())
    if HAS["pyarrow"]:
        import pyarrow as pa

        yield "pyarrow: Table", SAME, lambda: pa.table({c: x[:, j] for j, c in enumerate(columns)})
        yield "pyarrow: record batch", EITHER, lambda: pa.record_batch({c: x[:, j] for j, c in enumerate(columns)})
        yield "pyarrow: nulls", BAD, lambda: pa.table({c: [None, *x[1:, j].tolist()] for j, c in enumerate(columns)})
        yield "pyarrow: words", BAD, lambda: pa.table({c: x[:, j].astype(str).tolist() for j, c in enumerate(columns)})
        yield "pyarrow: rows as lists", EITHER, lambda: pa.array(x.tolist())
        yield "pyarrow: tensor", EITHER, lambda: pa.Tensor.from_numpy(x.copy())
        yield "pyarrow: in a frame", SAME, lambda: pd.DataFrame(x.copy()).astype("float64[pyarrow]")
    if HAS["xarray"]:
        import xarray as xr

        yield "xarray: DataArray", SAME, lambda: xr.DataArray(x.copy())
        yield "xarray: Dataset", EITHER, lambda: xr.Dataset({c: ("i", x[:, j]) for j, c in enumerate(columns)})
    double = {"dtype": torch.float64}
    yield "torch: grad", SAME, lambda: torch.tensor(x, requires_grad=True)
    yield "torch: half", SAME, lambda: torch.tensor(x, dtype=torch.float16)
    yield "torch: bfloat16", SAME, lambda: torch.tensor(x, dtype=torch.bfloat16)
    yield "torch: parameter", SAME, lambda: torch.nn.Parameter(torch.tensor(x))
    yield "torch: transposed twice", SAME, lambda: torch.tensor(x.T.copy()).T
    yield "torch: sparse coo", EITHER, lambda: torch.tensor(x).to_sparse()
    yield "torch: sparse csr", EITHER, lambda: torch.tensor(x).to_sparse_csr()
    yield (
        "torch: quantised",
        EITHER,
        lambda: torch.quantize_per_tensor(torch.tensor(x, dtype=torch.float32), 0.25, 0, torch.qint8),
    )
    yield "torch: conjugate", BAD, lambda: torch.tensor(x, dtype=torch.complex64).conj()
    yield "torch: list of tensors", EITHER, lambda: [torch.tensor(row, **double) for row in x.tolist()]
    yield (
        "torch: list of tensors with grad",
        EITHER,
        lambda: [torch.tensor(row, requires_grad=True, **double) for row in x.tolist()],
    )
    yield (
        "torch: list of lists of tensors",
        EITHER,
        lambda: [[torch.tensor(v, **double) for v in row] for row in x.tolist()],
    )
    yield "torch: nested", EITHER, lambda: torch.nested.nested_tensor([torch.tensor(row) for row in x])
    yield "torch: meta", BAD, lambda: torch.empty((N, k), device="meta")
    for form in ("csr", "csc", "coo", "lil", "dok", "bsr", "dia"):
        yield f"scipy: {form}", EITHER, lambda form=form: getattr(sp, f"{form}_array")(x)
    yield "scipy: csr matrix", EITHER, lambda: sp.csr_matrix(x)
    yield "scipy: duplicates", EITHER, lambda: _duplicated(x)
    yield "scipy: explicit zeros", EITHER, lambda: _with_zeros(x)
    yield "scipy: NaN", BAD, lambda: sp.csr_array(np.where(np.eye(N, k) > 0, np.nan, x))
    yield "Python: memoryview", EITHER, lambda: memoryview(x.copy())
    yield "Python: deque of rows", EITHER, lambda: deque(x.tolist())
    yield "Python: UserList of rows", EITHER, lambda: UserList(x.tolist())
    yield "Python: generator of rows", EITHER, lambda: (row for row in x.tolist())
    yield "Python: dict values", EITHER, lambda: dict(enumerate(x.tolist())).values()
    yield "Python: list of array.array", EITHER, lambda: [array.array("d", row) for row in x.tolist()]
    yield "Python: list of ranges", EITHER, lambda: [deque(row) for row in x.tolist()]
    yield "Python: named tuple rows", EITHER, lambda: [namedtuple("Row", columns)(*row) for row in x.tolist()]
    yield "Python: list of dicts", BAD, lambda: [dict(zip(columns, row, strict=True)) for row in x.tolist()]
    yield "Python: list of sets", BAD, lambda: [set(row) if len(set(row)) == k else set(range(k)) for row in x.tolist()]
    yield "Python: list of generators", EITHER, lambda: [(v for v in row) for row in x.tolist()]
    yield "Python: set of rows", BAD, lambda: {(*row, float(i))[:k] for i, row in enumerate(x.tolist())}
    yield "Python: frozenset of rows", BAD, lambda: frozenset((float(i), *row)[:k] for i, row in enumerate(x.tolist()))
    yield "Python: dict of columns", BAD, lambda: {c: x[:, j].tolist() for j, c in enumerate(columns)}
    yield "networkx: graph", BAD, lambda: nx.path_graph(N)
    yield "networkx: edges", BAD, lambda: nx.cycle_graph(max(N, 3)).edges


def _objects(rows: list[Any]) -> Any:
    column = np.empty(len(rows), dtype=object)
    for i, row in enumerate(rows):
        column[i] = row
    return column


def _duplicated(x: Any) -> Any:
    i, j = (at.ravel() for at in np.indices(x.shape))
    return sp.coo_array((np.tile(x.ravel() / 2, 2), (np.tile(i, 2), np.tile(j, 2))), shape=x.shape)


def _with_zeros(x: Any) -> Any:
    i, j = (at.ravel() for at in np.indices(x.shape))
    return sp.csr_array(sp.coo_array((x.ravel(), (i, j)), shape=x.shape))


def table(plain: Any) -> list[Spoiler]:
    """A table of numbers by position."""
    x = np.asarray(plain, dtype=np.float64)
    if x.ndim == 1:
        return vector(x)
    return _spoilers(_two_axes(x))


def embedding(plain: Any, views: Any) -> list[Spoiler]:
    """f: a table whose rows may have the names of the views."""
    x, views = np.asarray(plain, dtype=np.float64), list(views)
    return _spoilers(_two_axes(x)) + _spoilers(_named_rows(x, views))


def _named_rows(x: Any, views: list[Any]) -> Iterator[tuple[str, str, Callable[[], Any]]]:
    N = len(x)
    turned = [*range(1, N), 0]

    def frame(names: Any = None) -> Any:
        return pd.DataFrame(x.copy(), index=_names(views if names is None else names))

    yield "pandas: named", SAME, frame
    yield "pandas: named, another order", SAME, lambda: frame().iloc[turned]
    yield "pandas: named, extension", SAME, lambda: frame().iloc[turned].astype("Float64")
    yield "pandas: named twice", BAD, lambda: pd.concat([frame(), frame().iloc[:1]])
    yield "pandas: one named twice", BAD, lambda: frame([*views[:-1], views[0]])
    yield "pandas: other names", BAD, lambda: frame([f"row {i}" for i in range(N)])
    yield "pandas: NA among the names", BAD, lambda: frame([np.nan, *views[1:]])
    yield "pandas: MultiIndex", BAD, lambda: frame().set_index(pd.MultiIndex.from_product([["u"], range(N)]))
    yield "pandas: columns of one name", EITHER, lambda: frame().set_axis(["c"] * x.shape[1], axis=1)
    yield (
        "pandas: columns of a MultiIndex",
        EITHER,
        lambda: frame().set_axis(pd.MultiIndex.from_product([["c"], range(x.shape[1])]), axis=1),
    )
    yield "Python: OrderedDict", SAME, lambda: OrderedDict(zip(views, x.tolist(), strict=True))
    yield "Python: UserDict", SAME, lambda: UserDict(zip(views, x.tolist(), strict=True))
    yield "Python: ChainMap", SAME, lambda: ChainMap(dict(zip(views[1:], x[1:], strict=True)), {views[0]: x[0]})
    yield "Python: dict of Series", EITHER, lambda: {view: pd.Series(row) for view, row in zip(views, x, strict=True)}
    yield (
        "torch: dict of tensors",
        SAME,
        lambda: {v: torch.tensor(row, requires_grad=True) for v, row in zip(views, x, strict=True)},
    )
    rows = dict(zip(views, x, strict=True))
    yield (
        "torch: callable that returns tensors with grad",
        SAME,
        lambda: lambda view: torch.tensor(rows[view], requires_grad=True),
    )
    yield (
        "torch: callable that returns half",
        SAME,
        lambda: lambda view: torch.tensor(rows[view], dtype=torch.bfloat16),
    )
    yield (
        "pandas: callable that returns a Series",
        EITHER,
        lambda: lambda view: pd.Series(rows[view]),
    )
    yield (
        "numpy: callable that returns a masked row",
        BAD,
        lambda: lambda view: np.ma.masked_array([1.0] * x.shape[1], mask=True),
    )
    yield "Python: callable that returns a set", BAD, lambda: lambda view: set(range(x.shape[1]))
    if HAS["xarray"]:
        import xarray as xr

        yield "xarray: named", EITHER, lambda: xr.DataArray(x, coords={"i": _names(views)}, dims=["i", "j"])[turned]
        yield (
            "xarray: other names",
            BAD,
            lambda: xr.DataArray(x, coords={"i": [f"row {i}" for i in range(N)]}, dims=["i", "j"]),
        )


def kernel(plain: Any, naturals: list[Any], views: list[Any], *, named: bool = True) -> list[Spoiler]:
    """A kernel matrix (n, N), whose rows may have the names of the naturals and whose columns those of the views.

    Where the naturals have no names yet, those of the rows are theirs.
    """
    x = np.asarray(plain, dtype=np.float64)
    rows = _spoilers(
        _two_axes(x),
        pandas_named_columns=EITHER,
        polars_DataFrame=EITHER,
        polars_float32=EITHER,
        pyarrow_Table=EITHER,
        pandas_words=ODD,
        Python_list_of_dicts=ODD,
        Python_dict_of_columns=ODD,
        pandas_list_of_named_Series=EITHER,
        networkx_graph=ODD,
        polars_words=ODD,
        pyarrow_words=ODD,
        **{
            f"scipy_{form}": SAME
            for form in ("csr", "csc", "coo", "lil", "dok", "bsr", "dia", "csr_matrix", "duplicates", "explicit_zeros")
        },
    )
    own = {} if named else {"pandas_rows_in_another_order": ODD, "pandas_other_rows": ODD}
    return rows + _spoilers(_named_kernels(x, naturals, views), **own)


def _named_kernels(x: Any, naturals: list[Any], views: list[Any]) -> Iterator[tuple[str, str, Callable[[], Any]]]:
    def frame(rows: list[Any], columns: list[Any]) -> Any:
        return pd.DataFrame(x.copy(), index=_names(rows), columns=_names(columns))

    yield "pandas: named", SAME, lambda: frame(naturals, views)
    yield "pandas: rows in another order", EITHER, lambda: frame(naturals, views).iloc[::-1]
    yield "pandas: columns in another order", EITHER, lambda: frame(naturals, views).iloc[:, ::-1]
    yield "pandas: one row named twice", BAD, lambda: frame([naturals[0]] * len(naturals), views)
    yield "pandas: one column named twice", BAD, lambda: frame(naturals, [views[0]] * len(views))
    yield "pandas: other rows", BAD, lambda: frame([f"row {i}" for i in range(len(naturals))], views)
    yield "pandas: other columns", BAD, lambda: frame(naturals, [f"column {i}" for i in range(len(views))])
    yield (
        "pandas: dict of Series",
        EITHER,
        lambda: {a: pd.Series(row, index=_names(views)) for a, row in zip(naturals, x.tolist(), strict=True)},
    )
    if HAS["polars"]:
        import polars as pl

        yield "polars: named columns", EITHER, lambda: pl.DataFrame(x.copy(), schema=[str(view) for view in views])
    if HAS["xarray"]:
        import xarray as xr

        yield (
            "xarray: named",
            EITHER,
            lambda: xr.DataArray(x, coords={"i": _names(naturals), "j": _names(views)}, dims=["i", "j"]),
        )
        yield (
            "xarray: columns in another order",
            EITHER,
            lambda: xr.DataArray(x, coords={"i": _names(naturals), "j": _names(views)}, dims=["i", "j"])[:, ::-1],
        )


# ---------------------------------------------------------------- numbers
def number(plain: Any, *, whole: bool = False) -> list[Spoiler]:
    """One number."""
    return _spoilers(_numbers(plain, whole))


def _numbers(plain: Any, whole: bool) -> Iterator[tuple[str, str, Callable[[], Any]]]:
    x = int(plain) if whole else float(Fraction(plain))
    yield "numpy: 0-d", EITHER, lambda: np.array(x)
    yield "numpy: 0-d object", EITHER, lambda: _zero_d(x)
    yield "numpy: 0-d masked", BAD, lambda: np.ma.masked_array(x, mask=True)
    yield "numpy: length of time", BAD, lambda: np.timedelta64(1, "ns")
    yield "numpy: date", BAD, lambda: np.datetime64("2020-01-01", "ns")
    yield "numpy: record", EITHER, lambda: np.array((x,), dtype=[("a", float)])
    yield "pandas: Timestamp", BAD, lambda: pd.Timestamp("2020-01-01")
    yield "pandas: Timedelta", BAD, lambda: pd.Timedelta(1, "ns")
    yield "pandas: NaT", BAD, lambda: pd.NaT
    yield "pandas: Series of one", EITHER, lambda: pd.Series([x])
    yield "pandas: entry of an extension array", SAME, lambda: pd.array([x])[0]
    yield "torch: 0-d", EITHER, lambda: torch.tensor(x)
    yield "torch: 0-d with grad", EITHER, lambda: torch.tensor(float(x), requires_grad=True)
    yield "torch: 0-d half", EITHER, lambda: torch.tensor(float(x), dtype=torch.bfloat16)
    yield "torch: meta", BAD, lambda: torch.empty((), device="meta")
    if HAS["polars"]:
        import polars as pl

        yield "polars: Series of one", EITHER, lambda: pl.Series([x])
        yield "polars: expression", BAD, lambda: pl.lit(x)
    if HAS["pyarrow"]:
        import pyarrow as pa

        yield "pyarrow: scalar", EITHER, lambda: pa.scalar(x)
        yield "pyarrow: null", BAD, lambda: pa.scalar(None)
    if HAS["xarray"]:
        import xarray as xr

        yield "xarray: 0-d", EITHER, lambda: xr.DataArray(x)
    if HAS["sympy"]:
        import sympy

        yield (
            "sympy: number",
            EITHER,
            lambda: sympy.Integer(x) if whole else sympy.Rational(*float(x).as_integer_ratio()),
        )
        yield "sympy: symbol", BAD, lambda: sympy.Symbol("x")
    if HAS["flint"]:
        import flint

        yield "flint: number", EITHER, lambda: flint.fmpz(x) if whole else flint.fmpq(*float(x).as_integer_ratio())
        yield "flint: ball", EITHER, lambda: flint.arb(x)
