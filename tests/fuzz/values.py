"""Kinds of arguments: for each, forms that must give the same answer, values that must be refused, and odd ones that may do either.

A kind is a function from a good value to its spoilers. Values are made anew for every call.
"""

import copy
import pickle
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
import torch

import popgraph as pg
from fuzz import containers
from fuzz.judge import Boom
from fuzz.spoilers import BAD, ODD, Spoiler, bad, either, odd, same

NAN, INF = float("nan"), float("inf")


def raises(*_: Any, **__: Any) -> Any:
    raise Boom("a callable of the user's")


def _of_any_arguments(*_: Any) -> None:
    """Return nothing."""


def endless() -> Iterator[int]:
    while True:
        yield 0


def strange(*but: str) -> list[Spoiler]:
    """Values of types that hardly any argument takes, but those named."""
    values: dict[str, Callable[[], Any]] = {
        "None": lambda: None,
        "object": object,
        "a type": lambda: int,
        "Ellipsis": lambda: Ellipsis,
        "bytes": lambda: b"bytes",
        "a word": lambda: "nonsense",
        "an empty word": lambda: "",
        "an empty list": list,
        "an empty dict": dict,
        "an empty tuple": tuple,
        "a set": lambda: {1, 2},
        "a dict": lambda: {"a": 1},
        "a list of lists": lambda: [[], [[]]],
        "a lambda": lambda: lambda *a, **b: None,
        "a generator": lambda: (i for i in ()),
        "NaN": lambda: NAN,
        "a float": lambda: 1.5,
        "a complex": lambda: 1 + 2j,
        "pd.NA": lambda: pd.NA,
        "NaT": lambda: np.datetime64("NaT", "ns"),
        "masked": lambda: np.ma.masked,
        "0-d array": lambda: np.array(NAN),
        "empty array": lambda: np.zeros((0,)),
        "empty 2-d array": lambda: np.zeros((0, 0)),
        "3-d array": lambda: np.zeros((2, 2, 2)),
        "structured": lambda: np.zeros(2, dtype=[("a", int), ("b", float)]),
        "dates": lambda: np.array(["2020-01-01"] * 2, dtype="M8[D]"),
        "a module": lambda: np,
        "a DataFrame": lambda: pd.DataFrame({"a": [1, 2]}),
        "an empty Series": lambda: pd.Series([], dtype=float),
        "sparse": lambda: sp.eye_array(2, format="csr"),
        "an empty tensor": lambda: torch.zeros(0),
        "a huge int": lambda: 10**400,
        "a distribution": lambda: pg.Distribution({"a": 1}),
        "an image": lambda: pg.images.Image([[1]]),
    }
    return [bad(label, make) for label, make in values.items() if label not in but]


def unchanged(plain: Any) -> list[Spoiler]:
    """An argument that is given as it is."""
    return []


def graph(plain: Any) -> list[Spoiler]:
    return [
        same("pickled", lambda: pickle.loads(pickle.dumps(plain))),
        same("deep copy", lambda: copy.deepcopy(plain)),
        bad("the class", lambda: pg.PopulationGraph),
        bad("its spectrum", lambda: plain.spectrum(1)),
        bad("its matrix", lambda: plain.w),
        bad("its parts", lambda: (plain.p, plain.kernel)),
        *strange(),
    ]


def table_forms(plain: Any, *, tensors: bool = True) -> list[Spoiler]:
    """Forms of one and the same table of numbers, all exact in half precision."""
    x = np.asarray(plain, dtype=np.float64)

    def strided() -> Any:
        wide = np.zeros((2 * len(x), *(3 * n for n in x.shape[1:])))
        view = wide[::2, ::3] if x.ndim > 1 else wide[::2]
        view[...] = x
        return view

    def read_only() -> Any:
        y = x.copy()
        y.flags.writeable = False
        return y

    forms: list[Spoiler] = [
        same("copy", lambda: x.copy()),
        same("Fortran order", lambda: np.asfortranarray(x)),
        same("strided", strided),
        same("reversed twice", lambda: x[::-1].copy()[::-1]),
        same("read-only", read_only),
        same("float32", lambda: x.astype(np.float32)),
        same("float16", lambda: x.astype(np.float16)),
        same("longdouble", lambda: x.astype(np.longdouble)),
        same("big-endian", lambda: x.astype(">f8")),
        same("nothing masked", lambda: np.ma.masked_array(x.copy(), mask=False)),
        same("nested lists", lambda: x.tolist()),
        same("tuple", lambda: tuple(x.tolist())),
        same("list of arrays", lambda: list(x.copy())),
        same("objects", lambda: x.astype(object)),
        same("fractions", lambda: np.vectorize(Fraction, otypes=[object])(x)),
        same("np.matrix-like memory", lambda: np.frombuffer(x.tobytes()).reshape(x.shape)),
    ]
    if tensors:
        forms += [
            same("tensor", lambda: torch.tensor(x)),
            same("float32 tensor", lambda: torch.tensor(x, dtype=torch.float32)),
            odd("tensor with gradient", lambda: torch.tensor(x, requires_grad=True)),
            odd("bfloat16 tensor", lambda: torch.tensor(x).to(torch.bfloat16)),
            odd("sparse tensor", lambda: torch.tensor(x).to_sparse()),
            odd("conjugate tensor", lambda: torch.tensor(x)[..., ::1].neg().neg()),
        ]
    if x.ndim == 2:
        forms.append(same("transposed twice", lambda: x.T.copy().T))
    return forms


def spoilt_tables(plain: Any) -> list[Spoiler]:
    """Tables with one entry, or the whole, made into nonsense."""
    x = np.asarray(plain, dtype=np.float64)

    def with_entry(value: Any, dtype: Any = np.float64) -> Callable[[Random], Any]:
        def make(random: Random) -> Any:
            y = x.astype(dtype)
            y[tuple(random.randrange(n) for n in y.shape)] = value
            return y

        return make

    def masked(random: Random) -> Any:
        mask = np.zeros(x.shape, dtype=bool)
        mask[tuple(random.randrange(n) for n in x.shape)] = True
        return np.ma.masked_array(x.copy(), mask=mask)

    def frame(random: Random) -> Any:
        y = pd.DataFrame(x.copy())
        y.iloc[random.randrange(len(x)), 0] = NAN
        return y

    listed = [
        Spoiler("a NaN", BAD, with_entry(NAN)),
        Spoiler("an inf", BAD, with_entry(INF)),
        Spoiler("a -inf", BAD, with_entry(-INF)),
        Spoiler("a NaN in float32", BAD, with_entry(NAN, np.float32)),
        Spoiler("an inf in longdouble", BAD, with_entry(np.longdouble("inf"), np.longdouble)),
        Spoiler("beyond float64", BAD, with_entry(np.longdouble("1e400"), np.longdouble)),
        Spoiler("a None", BAD, with_entry(None, object)),
        Spoiler("a word", BAD, with_entry("x", object)),
        Spoiler("a huge int", BAD, with_entry(10**400, object)),
        Spoiler("a list inside", BAD, with_entry([1], object)),
        Spoiler("a NaN object", BAD, with_entry(NAN, object)),
        Spoiler("a complex object", BAD, with_entry(1j, object)),
        Spoiler("a masked entry", BAD, masked),
        bad("complex", lambda: x.astype(complex)),
        bad("words", lambda: x.astype(str)),
        bad("bytes", lambda: x.astype("S8")),
        bad("dates", lambda: x.astype("M8[D]")),
        bad("lengths of time", lambda: x.astype("m8[D]")),
        bad("all masked", lambda: np.ma.masked_all(x.shape)),
        bad("a row too few", lambda: x[:-1].copy()),
        bad("a row too many", lambda: np.concatenate([x, x[-1:]])),
        bad("an axis more", lambda: x[..., np.newaxis]),
        bad("ragged", lambda: [*x[:-1].tolist(), []] if x.ndim > 1 else [*x[:-1].tolist(), [1.0]]),
        bad("complex tensor", lambda: torch.tensor(x).to(torch.complex128)),
        bad("tensor elsewhere", lambda: torch.zeros(x.shape, device="meta")),
        Spoiler("subnormal", ODD, with_entry(5e-324)),
        Spoiler("negative zero", ODD, with_entry(-0.0)),
        Spoiler("huge", ODD, with_entry(1e300)),
        Spoiler("huge and negative", ODD, with_entry(-1.7e308)),
        Spoiler("a bool", ODD, with_entry(True, object)),
        odd("bools", lambda: x.astype(bool)),
        odd("all huge", lambda: np.full(x.shape, 1e308)),
        odd("all subnormal", lambda: np.full(x.shape, 5e-324)),
        odd("all zero", lambda: np.zeros(x.shape)),
        odd("int8", lambda: x.astype(np.int8)),
        odd("uint64", lambda: np.full(x.shape, 2**64 - 1, dtype=np.uint64)),
        odd("int64 minimum", lambda: np.full(x.shape, -(2**63), dtype=np.int64)),
    ]
    if x.ndim == 2:
        listed += [
            bad("one axis", lambda: x.ravel()),
            bad("no columns", lambda: np.zeros((len(x), 0))),
            Spoiler("frame with NaN", BAD, frame),
        ]
    return listed


def embedding(plain: Any, views: Any) -> list[Spoiler]:
    """f: (N, k), in any form that `verify` takes."""
    x = np.asarray(plain, dtype=np.float64)
    rows = dict(zip(views, x.tolist(), strict=True))
    order = list(range(len(x)))[::-1]
    return [
        *table_forms(plain),
        *spoilt_tables(plain),
        *containers.embedding(plain, views),
        *strange("a lambda", "a DataFrame"),
        same("mapping", lambda: dict(rows)),
        same("mapping of arrays", lambda: {view: np.array(row) for view, row in rows.items()}),
        same("mapping in another order", lambda: {views[i]: rows[views[i]] for i in order}),
        same("callable", lambda: lambda view: rows[view]),
        same("frame", lambda: pd.DataFrame(x, index=pd.Index(list(views), tupleize_cols=False))),
        same(
            "frame in another order",
            lambda: pd.DataFrame(x, index=pd.Index(list(views), tupleize_cols=False)).iloc[order],
        ),
        bad("mapping that lacks a view", lambda: dict(list(rows.items())[1:])),
        bad("mapping with another view", lambda: rows | {"no such view": [0.0] * x.shape[1]}),
        bad("mapping to None", lambda: dict.fromkeys(views)),
        bad("mapping to words", lambda: dict.fromkeys(views, "x")),
        bad("frame without names", lambda: pd.DataFrame(x, index=[f"row {i}" for i in range(len(x))])),
        bad("frame of words", lambda: pd.DataFrame(x.astype(str), index=list(views))),
        bad("frame twice", lambda: pd.concat([pd.DataFrame(x, index=pd.Index(list(views), tupleize_cols=False))] * 2)),
        bad("callable that returns None", lambda: lambda view: None),
        bad("callable that returns NaN", lambda: lambda view: [NAN, NAN]),
        bad("callable that returns words", lambda: lambda view: ["a", "b"]),
        bad("callable that raises", lambda: raises),
        bad("callable of no argument", lambda: lambda: [1.0, 2.0]),
    ]


def array(plain: Any) -> list[Spoiler]:
    """A table of numbers that goes by position alone."""
    return [*table_forms(plain), *spoilt_tables(plain), *containers.table(plain), *strange()]


def optional(kind: Callable[[Any], list[Spoiler]]) -> Callable[[Any], list[Spoiler]]:
    """The kind, with None for a value that may be given."""

    def spoilers(plain: Any) -> list[Spoiler]:
        return [odd("None", lambda: None), *(each for each in kind(plain) if each.label != "None")]

    return spoilers


def one_or_several(kind: Callable[[Any], list[Spoiler]]) -> Callable[[Any], list[Spoiler]]:
    """The kind, or several of it, or None for all there are."""
    listed = ("a list of it", "an array of it")

    def spoilers(plain: Any) -> list[Spoiler]:
        return [each._replace(verdict=ODD) if each.label in listed else each for each in optional(kind)(plain)]

    return spoilers


def whole(plain: Any) -> list[Spoiler]:
    """A whole number of 1 or more, with an upper end."""
    return [*at_least(plain, 1), bad("too large", lambda: 10**9), bad("beyond 64 bits", lambda: 2**64 + plain)]


def at_least(plain: Any, least: int = 1) -> list[Spoiler]:
    """A whole number from `least` on."""
    return [
        *(
            same(t.__name__, lambda t=t: t(plain))
            for t in (np.int64, np.int32, np.int8, np.uint8, np.uint64, np.intp)
            if plain <= np.iinfo(t).max
        ),
        *(bad(f"{n}", lambda n=n: n) for n in (least - 1, -1, -(2**63), -(2**64)) if n < least),
        bad("a bool", lambda: True),
        bad("a numpy bool", lambda: np.True_),
        bad("as a word", lambda: str(plain)),
        bad("as a float", lambda: float(plain)),
        bad("as a numpy float", lambda: np.float64(plain)),
        bad("inf", lambda: INF),
        bad("a list of it", lambda: [plain]),
        bad("a decimal", lambda: Decimal(plain)),
        either("a fraction", lambda: Fraction(plain)),
        *containers.number(plain, whole=True),
        *strange("a huge int"),
    ]


def natural_number(plain: Any) -> list[Spoiler]:
    return at_least(plain, 0)


def any_integer(plain: Any) -> list[Spoiler]:
    return at_least(plain, -(10**9))


def real(plain: Any) -> list[Spoiler]:
    """A positive number."""
    return [
        same("numpy float", lambda: np.float64(plain)),
        same("numpy longdouble", lambda: np.longdouble(plain)),
        bad("negative", lambda: -plain),
        bad("inf", lambda: INF),
        bad("-inf", lambda: -INF),
        bad("as a word", lambda: str(plain)),
        bad("a list of it", lambda: [plain]),
        bad("an array of it", lambda: np.array([plain, plain])),
        bad("a bool", lambda: True),
        bad("numpy NaN", lambda: np.float32(NAN)),
        bad("numpy complex", lambda: np.complex128(plain)),
        odd("0", lambda: 0),
        odd("negative zero", lambda: -0.0),
        odd("subnormal", lambda: 5e-324),
        odd("huge", lambda: 1e308),
        either("fraction", lambda: Fraction(plain)),
        either("decimal", lambda: Decimal(plain)),
        odd("numpy half", lambda: np.float16(plain)),
        *containers.number(plain),
        *strange("a float", "a huge int"),
    ]


def probability(plain: Any) -> list[Spoiler]:
    """A probability, of which the plain one is exact in half precision."""
    p = Fraction(plain)
    return [
        *(
            same(t.__name__, lambda t=t: t(float(p)))
            for t in (float, np.float64, np.float32, np.float16, np.longdouble)
        ),
        same("fraction", lambda: p),
        same("words", lambda: str(p)),
        same("decimal", lambda: Decimal(float(p))),
        same("decimal in words", lambda: str(float(p))),
        bad("negative", lambda: -0.25),
        bad("above 1", lambda: 1.5),
        bad("a fraction above 1", lambda: Fraction(3, 2)),
        bad("-5e-324", lambda: -5e-324),
        bad("inf", lambda: INF),
        bad("numpy NaN", lambda: np.float32(NAN)),
        bad("decimal NaN", lambda: Decimal("NaN")),
        bad("decimal sNaN", lambda: Decimal("sNaN")),
        bad("decimal inf", lambda: Decimal("Infinity")),
        bad("NaN in words", lambda: "nan"),
        bad("1/0", lambda: "1/0"),
        bad("-1/2", lambda: "-1/2"),
        bad("a list of it", lambda: [plain]),
        bad("a bool", lambda: True),
        bad("a numpy bool", lambda: np.False_),
        odd("0", lambda: 0),
        odd("1", lambda: 1),
        odd("numpy 1", lambda: np.int64(1)),
        odd("negative zero", lambda: -0.0),
        odd("subnormal", lambda: 5e-324),
        odd("almost 1", lambda: 1 - 2**-53),
        odd("a decimal far below float64", lambda: Decimal("1e-400")),
        odd("a fraction far below float64", lambda: Fraction(1, 10**400)),
        *containers.number(plain),
        *strange("a float"),
        bad("a huge decimal", lambda: Decimal("1e999999")),
        bad("a huge exponent", lambda: "1e999999999"),
        bad("a tiny exponent", lambda: "1e-999999999"),
    ]


def rng(plain: Any) -> list[Spoiler]:
    return [
        same("generator", lambda: np.random.default_rng(plain)),
        same("numpy int", lambda: np.int64(plain)),
        same("uint8", lambda: np.uint8(plain)),
        bad("negative", lambda: -1),
        bad("inf", lambda: INF),
        bad("list of words", lambda: ["a"]),
        bad("old generator", lambda: np.random),
        odd("None", lambda: None),
        odd("bool", lambda: True),
        odd("seed sequence", lambda: np.random.SeedSequence(1)),
        odd("bit generator", lambda: np.random.PCG64(1)),
        odd("RandomState", lambda: np.random.RandomState(1)),
        odd("list of ints", lambda: [1, 2]),
        odd("huge", lambda: 2**200),
        *strange("None", "a huge int", "an empty list", "an empty tuple", "empty array"),
    ]


def seed(plain: Any) -> list[Spoiler]:
    """An int that seeds."""
    return [each for each in rng(plain) if each.label not in ("generator", "None")]


def labels(plain: Any, keys: Any, *, partly: bool = False) -> list[Spoiler]:
    """One label for each natural."""
    y = list(plain)
    column = np.empty(len(y), dtype=object)
    column[:] = y

    def with_label(value: Any) -> Callable[[Random], Any]:
        def make(random: Random) -> Any:
            z = list(y)
            z[random.randrange(len(z))] = value
            return z

        return make

    return [
        same("tuple", lambda: tuple(y)),
        same("array", lambda: np.array(y)),
        same("objects", lambda: column.copy()),
        same("read-only", lambda: np.frombuffer(np.array(y).tobytes(), dtype=np.array(y).dtype)),
        same("strided", lambda: np.repeat(np.array(y), 2)[::2]),
        same("nothing masked", lambda: np.ma.masked_array(np.array(y), mask=False)),
        same("series", lambda: pd.Series(y, index=pd.Index(list(keys), tupleize_cols=False))),
        same("mapping", lambda: dict(zip(keys, y, strict=True))),
        same("categorical", lambda: pd.Categorical(y)),
        bad("one too few", lambda: y[:-1]),
        bad("one too many", lambda: [*y, y[0]]),
        bad("two axes", lambda: np.array([y])),
        Spoiler("a NaN", ODD, with_label(NAN)),
        Spoiler("a numpy NaN", ODD, with_label(np.float64(NAN))),
        Spoiler("a NaT", BAD, with_label(pd.NaT)),
        Spoiler("a NA", ODD, with_label(pd.NA)),
        Spoiler("a list", BAD, with_label([1])),
        Spoiler("a dict", BAD, with_label({})),
        Spoiler("an array", BAD, with_label(np.zeros(2))),
        odd("NaN throughout", lambda: np.full(len(y), NAN)),
        bad("a masked entry", lambda: np.ma.masked_array(np.array(y), mask=[True] + [False] * (len(y) - 1))),
        (odd if partly else bad)("mapping that lacks one", lambda: dict(list(zip(keys, y, strict=True))[1:])),
        bad("a word as long", lambda: "x" * len(y)),
        bad("bytes as long", lambda: b"x" * len(y)),
        Spoiler("a None", ODD, with_label(None)),
        Spoiler("another type", ODD, with_label(2.5)),
        odd("bools", lambda: [i % 2 == 0 for i in range(len(y))]),
        odd("all alike", lambda: ["c"] * len(y)),
        odd("all different", lambda: list(range(len(y)))),
        odd("mixed", lambda: [1 if i % 2 else "1" for i in range(len(y))]),
        odd("huge ints", lambda: [10**400 + i for i in range(len(y))]),
        odd("complex numbers", lambda: [1j * i for i in range(len(y))]),
        odd("tensor", lambda: torch.arange(len(y))),
        odd("generator", lambda: (label for label in y)),
        odd("dates", lambda: np.array(["2020-01-01"] * len(y), dtype="M8[D]")),
        bad("structured", lambda: np.zeros(len(y), dtype=[("a", int), ("b", float)])),
        *containers.labels(y, keys),
        *strange("dates", "a DataFrame"),  # one of two rows and one column is one of labels
    ]


def choice(plain: Any) -> list[Spoiler]:
    """One of a few words."""
    return [
        same("numpy word", lambda: np.str_(plain)),
        bad("in capitals", lambda: plain.upper() + "!"),
        bad("a list of it", lambda: [plain]),
        bad("an array of two", lambda: np.array([plain, plain])),
        bad("as bytes", lambda: plain.encode()),
        bad("a number", lambda: 3),
        *strange(),
    ]


def flag(plain: Any) -> list[Spoiler]:
    """True or False."""
    return [
        same("numpy bool", lambda: np.bool_(plain)),
        bad("no", lambda: "no"),
        bad("2", lambda: 2),
        bad("two", lambda: np.array([True, False])),
        *strange(),
    ]


def word(plain: Any) -> list[Spoiler]:
    """A name to print."""
    return [same("numpy word", lambda: np.str_(plain)), bad("a number", lambda: 3), *strange("a word", "an empty word")]


def callables(plain: Any) -> list[Spoiler]:
    """A function of one argument that answers what `plain` does."""
    return [
        same("another function", lambda: lambda *a, **b: plain(*a, **b)),
        bad("one that raises", lambda: raises),
        odd("one that returns None", lambda: lambda *a, **b: None),
        odd("one that returns an object", lambda: lambda *a, **b: object()),
        odd("one of no argument", lambda: _of_any_arguments),
        *strange("a type", "a lambda"),
    ]


def anything(*but: str) -> Callable[[Any], list[Spoiler]]:
    """An argument with a form of its own, for which only values of strange types are listed."""
    return lambda plain: strange(*but)
