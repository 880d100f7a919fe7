"""Kinds of arguments that declare something: distributions, kernels, names, steps, paths, losses; see `values`."""

from collections import OrderedDict
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

import popgraph as pg
from fuzz import containers
from fuzz import values as v
from fuzz.spoilers import EITHER, bad, odd, same
from fuzz.values import INF, NAN, strange
from popgraph import losses


def weights(plain: Any) -> list[v.Spoiler]:
    """A mapping outcome -> probability."""
    pairs = list(plain.items())
    first, rest = pairs[0][0], dict(pairs[1:])
    floats = {outcome: float(Fraction(p)) for outcome, p in pairs}
    spoilt = {
        "NaN": NAN, "inf": INF, "negative": -0.5, "a word": "x", "1/0": "1/0", "None": None, "a list": [1], "complex": 1j,
        "a bool": True, "numpy NaN": np.float16(NAN), "decimal NaN": Decimal("NaN"), "decimal inf": Decimal("inf"),
        "NA": pd.NA, "masked": np.ma.masked, "a huge decimal": Decimal("1e99999999"), "a huge exponent": "1e999999999",
        "a tiny exponent": "1e-999999999", "huge": 10**400,
    }  # fmt: skip
    return [
        same("pairs", lambda: list(pairs)),
        same("generator of pairs", lambda: (pair for pair in pairs)),
        same("floats", lambda: dict(floats)),
        same("float32", lambda: {o: np.float32(p) for o, p in floats.items()}),
        same("float16", lambda: {o: np.float16(p) for o, p in floats.items()}),
        same("longdouble", lambda: {o: np.longdouble(p) for o, p in floats.items()}),
        same("fractions", lambda: {o: Fraction(p) for o, p in pairs}),
        same("decimals", lambda: {o: Decimal(p) for o, p in floats.items()}),
        same("ordered", lambda: OrderedDict(pairs)),
        same("proxy", lambda: MappingProxyType(dict(pairs))),
        same("distribution", lambda: pg.Distribution(dict(pairs))),
        same("series", lambda: pd.Series(list(floats.values()), index=pd.Index(list(floats), tupleize_cols=False))),
        *(bad(f"{what} for one", lambda value=value: {first: value} | rest) for what, value in spoilt.items()),
        bad("sum below 1", lambda: rest),
        bad("sum above 1", lambda: dict.fromkeys(floats, 1)),
        bad("all 0", lambda: dict.fromkeys(floats, 0)),
        bad("twice", lambda: [*pairs, pairs[0]]),
        bad("triples", lambda: [(o, p, 1) for o, p in pairs]),
        bad("unhashable", lambda: [([], 1)]),
        bad("NaN for an outcome", lambda: {NAN: 1}),
        odd("negative zero", lambda: dict(pairs) | {first: -0.0}),
        odd("subnormal", lambda: floats | {first: 5e-324}),
        odd("1 + 1e-17", lambda: {first: 1.0, **dict.fromkeys(rest, 1e-17)}),
        *containers.mapping(plain),
        *strange("a dict", "a distribution"),
    ]


def counts(plain: Any) -> list[v.Spoiler]:
    """A mapping outcome -> whole number."""
    return [
        same("numpy ints", lambda: {o: np.int64(n) for o, n in plain.items()}),
        same("bytes of ints", lambda: {o: np.uint8(n) for o, n in plain.items()}),
        same("series", lambda: pd.Series(plain)),
        same("pairs", lambda: list(plain.items())),
        bad("negative", lambda: plain | {"a": -1}),
        bad("a float", lambda: plain | {"a": 1.0}),
        bad("a NaN", lambda: plain | {"a": NAN}),
        bad("a bool", lambda: plain | {"a": True}),
        bad("a word", lambda: plain | {"a": "3"}),
        bad("all 0", lambda: {"a": 0}),
        odd("huge", lambda: plain | {"a": 10**400}),
        *containers.mapping(plain, whole=True),
        *strange("a dict"),
    ]  # fmt: skip


def outcomes(plain: Any, *, repeated: bool = False) -> list[v.Spoiler]:
    """A list of different hashable things."""
    return [
        *containers.outcomes(plain, repeated=repeated),
        same("tuple", lambda: tuple(plain)),
        same("array", lambda: np.array(plain)),
        same("objects", lambda: np.array(plain, dtype=object)),
        same("series", lambda: pd.Series(plain)),
        same("index", lambda: pd.Index(plain)),
        same("generator", lambda: (x for x in plain)),
        same("keys", lambda: dict.fromkeys(plain).keys()),
        bad("twice", lambda: [plain[0], *plain[:-1]]),
        bad("a list inside", lambda: [[], *plain[1:]]),
        bad("a NaN inside", lambda: [NAN, *plain[1:]]),
        bad("a NA inside", lambda: [pd.NA, *plain[1:]]),
        bad("an array inside", lambda: [np.zeros(2), *plain[1:]]),
        bad("endless", v.endless),
        bad("masked", lambda: np.ma.masked_array(plain, mask=[True] + [False] * (len(plain) - 1))),
        odd("NaN array", lambda: np.full(len(plain), NAN)),
        *(Spoiler._replace(verdict=v.ODD) for Spoiler in strange("None") if Spoiler.label in ITERABLE),
        *(each for each in strange() if each.label not in ITERABLE),
    ]


Spoiler = v.Spoiler
ITERABLE = (
    "a dict", "a word", "bytes", "dates", "structured", "a DataFrame", "a distribution", "sparse", "3-d array",
)  # fmt: skip


def samples(plain: Any) -> list[v.Spoiler]:
    """A list of hashable things that may repeat."""
    return [each for each in outcomes(plain, repeated=True) if each.label not in ("twice", "keys")]


def kernels(plain: Any) -> list[v.Spoiler]:
    """A callable natural -> distribution, or an augmentation."""
    return [
        same("augmentation", lambda: pg.Augmentation(plain)),
        same("trusted", lambda: pg.Augmentation(plain, trusted=True)),
        bad("returns None", lambda: lambda x: None),
        bad("returns a word", lambda: lambda x: "x"),
        bad("returns a list", lambda: lambda x: [1.0]),
        bad("returns half", lambda: lambda x: {x: 0.5}),
        bad("returns NaN", lambda: lambda x: {x: NAN}),
        bad("returns what cannot be hashed", lambda: lambda x: [([], 1)]),
        bad("raises", lambda: v.raises),
        bad("takes no argument", lambda: lambda: {0: 1}),
        *strange("a type", "a lambda", "a dict"),
    ]


def options(plain: Any) -> list[v.Spoiler]:
    """A mapping augmentation -> probability."""
    return [each for each in weights(plain) if each.label not in ("series", "distribution")] + [
        bad("a number for an augmentation", lambda: {3: 1}),
        bad("a word for an augmentation", lambda: {"x": 1}),
    ]


def _matrix_forms(plain: Any) -> list[v.Spoiler]:
    x = np.asarray(plain)
    forms = [each for each in v.table_forms(plain) if each.label != "np.matrix-like memory"]
    return [
        *forms,
        *(
            same(f"{form} array", lambda form=form: getattr(sp, form + "_array")(x))
            for form in ("csr", "csc", "coo", "lil", "dok", "bsr", "dia")
        ),
        *(same(f"{form} matrix", lambda form=form: getattr(sp, form + "_matrix")(x)) for form in ("csr", "coo")),
        same(
            "duplicates",
            lambda: sp.coo_array(
                (np.repeat(x.ravel() / 2, 2), (np.repeat([0, 0, 1, 1], 2), np.repeat([0, 1, 0, 1], 2))), shape=(2, 2)
            ),
        ),
        same("float32 csr", lambda: sp.csr_array(x.astype(np.float32))),
        same("words", lambda: [[str(Fraction(p)) for p in row] for row in x.tolist()]),
        same("decimals", lambda: [[Decimal(p) for p in row] for row in x.tolist()]),
        same("stored zeros", lambda: sp.csr_array((x.ravel(), ([0, 0, 1, 1], [0, 1, 0, 1])), shape=(2, 2))),
        bad("indices out of range", lambda: _broken_csr(x)),
        bad("NaN csr", lambda: sp.csr_array([[NAN, 1.0], [0.5, 0.5]])),
        bad("complex csr", lambda: sp.csr_array(x.astype(complex))),
    ]


def _broken_csr(x: Any) -> Any:
    broken = sp.csr_array(x)
    broken.indices = np.array([0, 2**31 - 1, 0, 1], dtype=np.int32)
    return broken


def matrix(plain: Any, naturals: Any = None) -> list[v.Spoiler]:
    """A kernel matrix, (2, 2), with the views "x" and "y"."""
    return [
        *containers.kernel(plain, list(naturals or (0, 1)), ["x", "y"], named=naturals is not None),
        *_matrix_forms(plain),
        *(each for each in v.spoilt_tables(plain) if each.label not in ("words", "bytes")),
        odd("words of floats", lambda: np.asarray(plain).astype(str)),
        bad("bytes", lambda: np.asarray(plain).astype("S8")),
        bad("negative", lambda: [[1.5, -0.5], [0.5, 0.5]]),
        bad("rows that sum to 2", lambda: [[1, 1], [1, 1.0]]),
        bad("no entry", lambda: [[0, 0], [0, 0.0]]),
        bad("a row of zeros", lambda: [[0, 0], [0.5, 0.5]]),
        odd("sparse", lambda: sp.eye_array(2, format="csr")),
        *strange("a lambda", "a DataFrame", "a dict", "a type", "sparse"),
    ]


def tables(plain: Any) -> list[v.Spoiler]:
    """A mapping natural -> (mapping view -> probability)."""
    return [
        same("callable", lambda: lambda x: plain[x]),
        same("distributions", lambda: {x: pg.Distribution(row) for x, row in plain.items()}),
        same("proxy", lambda: MappingProxyType(plain)),
        bad("a row too few", lambda: dict(list(plain.items())[1:])),
        bad("a row None", lambda: plain | {"a": None}),
        bad("a row empty", lambda: plain | {"a": {}}),
        bad("a row of NaN", lambda: plain | {"a": {"a": NAN}}),
        bad("a row of half", lambda: plain | {"a": {"a": 0.5}}),
        bad("a row of words", lambda: plain | {"a": {"a": "x"}}),
        bad("a row a list", lambda: plain | {"a": [0.5, 0.5]}),
        odd("sparse", lambda: sp.eye_array(2, format="csr")),
        *strange("a lambda", "a type", "sparse"),
    ]


def vector(plain: Any) -> list[v.Spoiler]:
    """p: (n,) probabilities."""
    x = np.asarray(plain)
    listed = ("nested lists", "tuple", "list of arrays", "objects", "tensor", "float32 tensor")
    return [
        *(each for each in v.table_forms(plain) if each.label not in listed),
        *(
            each
            for each in v.spoilt_tables(plain)
            if each.label
            not in ("words", "bytes", "dates", "lengths of time", "ragged", "a row too few", "a None", "a word")
        ),
        same("series", lambda: pd.Series(x)),
        same("mapping", lambda: dict(enumerate(x.tolist()))),
        *containers.probabilities(plain),
        bad("a list", lambda: x.tolist()),
        bad("negative", lambda: np.array([1.5, -0.5])),
        bad("sum 2", lambda: 2 * x),
        bad("a zero", lambda: np.array([1.0, 0.0])),
        *strange("a DataFrame"),
    ]


def value_of_the_library(plain: Any) -> list[v.Spoiler]:
    """A Spectrum, Training, Match or Check."""
    return [*strange(), bad("another value", lambda: pg.zoo.hypercube(2)), bad("its class", lambda: type(plain))]


def loss(plain: Any) -> list[v.Spoiler]:
    return [
        (same if plain is losses.spectral else odd)("its name", lambda: "spectral"),
        bad("its class", lambda: type(plain)),
        bad("its method", lambda: plain.value),
        *(
            odd(name, lambda name=name: getattr(losses, name))
            for name in ("infonce", "barlow_twins", "unsquared", "vicreg")
        ),
        *strange(),
    ]


def sampler(plain: Any) -> list[v.Spoiler]:
    return [
        bad("returns None", lambda: lambda size, generator: None),
        bad("returns too few", lambda: lambda size, generator: (list(plain.views), list(plain.views))),
        bad("raises", lambda: v.raises),
        bad("takes no argument", lambda: lambda: None),
        *strange("a type", "a lambda"),
    ]


def progress(plain: Any) -> list[v.Spoiler]:
    return [odd("True", lambda: True), bad("a word", lambda: "yes"), bad("a number", lambda: 3)]


def steps(plain: Any) -> list[v.Spoiler]:
    """Pairs of whole numbers."""
    return [
        same("tuple", lambda: tuple(plain)),
        same("lists", lambda: [list(step) for step in plain]),
        same("array", lambda: np.array(plain)),
        same("int8", lambda: np.array(plain, dtype=np.int8)),
        same("generator", lambda: (step for step in plain)),
        bad("numbers", lambda: [0, 1]),
        bad("triples", lambda: [(0, 1, 2)]),
        bad("floats", lambda: [(0.0, 1.0)]),
        bad("halves", lambda: [(0.5, 1)]),
        bad("NaN", lambda: [(NAN, 1)]),
        bad("words", lambda: ["ab"]),
        bad("bools", lambda: [(True, False)]),
        odd("huge", lambda: [(2**70, 0)]),
        odd("negative", lambda: [(-1, -1)]),
        *(
            each._replace(verdict=v.ODD) if each.label in ("an empty list", "an empty tuple", "a generator") else each
            for each in strange(
                "an empty dict",
                "empty array",
                "empty 2-d array",
                "an empty Series",
                "an empty word",
                "an empty tensor",
                "a lambda",
            )
        ),
    ]


def size(plain: Any) -> list[v.Spoiler]:
    return [
        same("list", lambda: list(plain)),
        same("array of ints", lambda: tuple(np.array(plain))),
        bad("zero", lambda: 0),
        bad("negative", lambda: (1, -1)),
        bad("floats", lambda: (1.0, 2.0)),
        bad("triple", lambda: (1, 1, 1)),
        bad("bools", lambda: (True, True)),
        bad("larger than the image", lambda: (9, 9)),
        bad("huge", lambda: 2**70),
        *strange(),
    ]


def fill(plain: Any) -> list[v.Spoiler]:
    return [
        same("numpy", lambda: np.int64(plain)),
        same("float", lambda: float(plain)),
        bad("inf", lambda: INF),
        bad("-inf", lambda: -INF),
        odd("half", lambda: 0.5),
        odd("large", lambda: 1e300),
        odd("negative", lambda: -1),
        odd("a bool", lambda: True),
        odd("0-d array", lambda: np.array(1)),
        *strange("a float"),
    ]


def share(plain: Any) -> list[v.Spoiler]:
    """A float in [0, 1)."""
    return [*v.real(plain), bad("1.5", lambda: 1.5)]


def names(plain: Any) -> list[v.Spoiler]:
    """Different words."""
    return [
        same("tuple", lambda: tuple(plain)),
        same("array", lambda: np.array(plain)),
        bad("twice", lambda: [plain[0], plain[0]]),
        bad("unhashable", lambda: [[], "x"]),
        bad("NaN", lambda: [NAN, "x"]),
        *strange("a set", "a dict", "structured", "dates", "a distribution", "3-d array", "sparse", "a DataFrame", "bytes"),
        odd("bytes", lambda: b"ab"),
        odd("a dict", lambda: {"a": 1}),
        odd("a set", lambda: {"a"}),
    ]  # fmt: skip


def turns(plain: Any) -> list[v.Spoiler]:
    """A mapping whole number -> probability."""
    return [
        *(
            each
            for each in weights(plain)
            if each.label not in ("pairs", "generator of pairs", "NaN for an outcome", "unhashable", "twice", "triples")
        ),
        bad("a float for a step", lambda: {0.5: 1}),
        bad("a word for a step", lambda: {"x": 1}),
        bad("None for a step", lambda: {None: 1}),
        odd("a huge step", lambda: {2**70: 1}),
        odd("a numpy step", lambda: {np.int64(1): 1}),
    ]


def scales(plain: Any) -> list[v.Spoiler]:
    return [
        same("tuple", lambda: tuple(plain)),
        same("fractions", lambda: [Fraction(s) for s in plain]),
        same("floats", lambda: [float(Fraction(s)) for s in plain]),
        bad("NaN", lambda: [NAN, 1]),
        bad("inf", lambda: [INF, 1]),
        bad("negative", lambda: [-1, 1]),
        bad("a word", lambda: ["x", 1]),
        bad("None", lambda: [None, 1]),
        bad("complex", lambda: [1j, 1]),
        odd("subnormal", lambda: [5e-324, 1]),
        odd("huge", lambda: [1e308, 1]),
        odd("one", lambda: ["1/2"]),
        *strange("a set", "a dict", "a distribution", "a lambda"),
    ]


def sentences(plain: Any) -> list[v.Spoiler]:
    return [
        same("tuple", lambda: tuple(plain)),
        same("array", lambda: np.array(plain)),
        bad("twice", lambda: [plain[0], plain[0]]),
        bad("numbers", lambda: [1, 2]),
        bad("None", lambda: [None]),
        bad("empty", lambda: ["", ""]),
        bad("lists", lambda: [["the", "cat"]]),
        odd("one long word", lambda: [" ".join(["x"] * 40)]),
        *strange("a set", "a dict", "bytes", "a distribution", "a lambda", "a DataFrame"),
    ]


def known(plain: Any) -> list[v.Spoiler]:
    return [
        same("proxy", lambda: MappingProxyType(plain)),
        bad("no natural", lambda: {"x": 0}),
        bad("unhashable label", lambda: {key: [] for key in plain}),
        bad("NaN", lambda: dict.fromkeys(plain, NAN)),
        odd("None", lambda: dict.fromkeys(plain)),
        *strange("dates", "a DataFrame"),
    ]


def path(plain: Any) -> list[v.Spoiler]:
    return [
        same("a word", lambda: str(plain)),
        bad("a folder", lambda: plain.parent),
        bad("no folder", lambda: plain.parent / "no" / "such" / "folder.popgraph"),
        bad("a null byte", lambda: "a\0b"),
        bad("a long name", lambda: plain.parent / ("x" * 5000)),
        bad("a surrogate", lambda: plain.parent / "no folder" / "\udcff"),
        bad("below a file", lambda: Path(__file__) / "x"),
        *strange("a word", "an empty word", "bytes"),
        bad("an empty word", lambda: ""),
        bad("bytes", lambda: b"no/such"),
    ]


def savable(plain: Any) -> list[v.Spoiler]:
    return [
        *strange("a distribution", "an image"),
        bad("a graph of objects", lambda: pg.build([object()], pg.identity())),
    ]


def factor(plain: Any) -> list[v.Spoiler]:
    """M: (n, N), of which an array answers like a sparse one."""
    return [
        odd("dense", lambda: plain.toarray()),
        odd("csc", lambda: plain.tocsc()),
        bad("words", lambda: plain.toarray().astype(str)),
        bad("complex", lambda: plain.astype(complex)),
        bad("masked", lambda: np.ma.masked_array(plain.toarray(), mask=False)),
        odd("coo", lambda: plain.tocoo()),
        bad("transposed", lambda: plain.T),
        bad("a column too few", lambda: plain[:, :-1]),
        *strange(),
    ]


def _low(plain: Any) -> list[v.Spoiler]:
    """An array for the lower layer, which takes float64 arrays and tensors, and answers NaN with NaN."""
    x = np.asarray(plain, dtype=np.float64)
    forms = [
        each
        for each in v.table_forms(x, tensors=False)
        if each.label in ("copy", "Fortran order", "strided", "read-only", "float32", "nothing masked")
    ]
    shapes = [
        each
        for each in v.spoilt_tables(x)
        if each.label
        in (
            "a row too few",
            "a row too many",
            "an axis more",
            "ragged",
            "words",
            "complex",
            "a None",
            "a masked entry",
            "dates",
        )
    ]
    odds = [
        each._replace(verdict=v.ODD)
        for each in v.spoilt_tables(x)
        if each.label in ("a NaN", "an inf", "huge", "subnormal", "negative zero", "all zero", "all huge", "int8")
    ]
    if x.ndim == 1 or x.shape[0] == x.shape[1]:
        forms = [each for each in forms if each.label != "float32"]  # thirds are not exact
    forms = [each._replace(verdict=v.BAD) if each.label == "nothing masked" else each for each in forms]
    return [*forms, *shapes, *odds, *strange()]


low_table = low_batch = low_square = _low


def free_table(plain: Any) -> list[v.Spoiler]:
    """A table of any number of rows."""
    free = ("a row too few", "a row too many")
    return [each._replace(verdict=v.ODD) if each.label in free else each for each in _low(plain)]


LISTS = (
    "a row too few",
    "a row too many",
    "empty array",
    "an empty list",
    "an empty tuple",
    "an empty tensor",
    "an empty Series",
)


def low_vector(plain: Any) -> list[v.Spoiler]:
    """Eigenvalues."""
    return [each for each in v.array(plain) if each.label not in LISTS]


def positive_vector(plain: Any) -> list[v.Spoiler]:
    return _low(plain)


def rational(plain: Any) -> list[v.Spoiler]:
    return [
        same("fraction", lambda: Fraction(plain)),
        same("word", lambda: str(plain)),
        same("numpy", lambda: np.int64(plain)),
        same("float", lambda: float(plain)),
        same("decimal", lambda: Decimal(plain)),
        bad("inf", lambda: INF),
        bad("1/0", lambda: "1/0"),
        bad("decimal inf", lambda: Decimal("inf")),
        bad("a list", lambda: [1]),
        odd("a huge exponent", lambda: "1e9999"),
        *strange("a float", "a huge int"),
    ]


def rational_table(plain: Any) -> list[v.Spoiler]:
    x = np.asarray(plain)
    return [
        *(each for each in v.table_forms(plain, tensors=False) if each.label == "fractions"),
        same("ints", lambda: x.copy()),
        same("int8", lambda: x.astype(np.int8)),
        same("Fortran order", lambda: np.asfortranarray(x)),
        same("objects", lambda: x.astype(object)),
        same("words", lambda: x.astype(str).tolist()),
        same("decimals", lambda: [[Decimal(n) for n in row] for row in plain]),
        bad("floats", lambda: x.astype(float)),
        *(
            each
            for each in v.spoilt_tables(plain)
            if each.label not in ("words", "a huge int", "a bool", "bools", "int8", "uint64", "int64 minimum")
        ),
        *strange(),
    ]


def class_numbers(plain: Any) -> list[v.Spoiler]:
    """One class number for each view."""
    return [
        same("array", lambda: np.array(plain)),
        same("uint8", lambda: np.array(plain, dtype=np.uint8)),
        bad("negative", lambda: [-1, 0, 1, 1]),
        bad("too few", lambda: plain[1:]),
        bad("floats", lambda: [0.0, 0.0, 1.0, 1.0]),
        bad("words", lambda: ["a"] * 4),
        bad("bools", lambda: [True] * 4),
        bad("masked", lambda: np.ma.masked_array(plain, mask=[True, False, False, False])),
        bad("ragged", lambda: [[0], [0, 1], 0, 1]),
        odd("large", lambda: [0, 0, 9, 9]),
        odd("huge", lambda: [0, 0, 10**18, 1]),
        *strange(),
    ]


def dims(plain: Any) -> list[v.Spoiler]:
    """Two different positions."""
    return [
        same("list", lambda: list(plain)),
        bad("alike and far", lambda: (99, 99)),
        bad("floats", lambda: (0.0, 1.0)),
        bad("three", lambda: (0, 1, 2)),
        bad("one", lambda: (0,)),
        bad("a word", lambda: "ab"),
        bad("negative", lambda: (-1, -9)),
        bad("huge", lambda: (0, 2**70)),
        *strange(),
    ]


def ends(plain: Any) -> list[v.Spoiler]:
    """The least and the largest of some whole numbers."""
    return [each for each in dims(plain) if each.label not in ("huge", "alike and far")] + [
        bad("alike", lambda: (3, 3))
    ]


def pixels(plain: Any) -> list[v.Spoiler]:
    """A picture; one row more or less is a picture too, and a table of a DataFrame."""
    fine = ("a row too few", "a row too many", "a DataFrame", "3-d array")
    return [each._replace(verdict=v.ODD) if each.label in fine else each for each in v.array(plain)]


def statement_names(plain: Any) -> list[v.Spoiler]:
    """The name of a statement, or several."""
    listed = ("a list of it", "an array of two")
    return [each._replace(verdict=v.ODD) if each.label in listed else each for each in v.choice(plain)]


def points(plain: Any) -> list[v.Spoiler]:
    """Points on a line; one more or less is as good, and a column of them too."""
    one_point = ("numpy: one row", "numpy: matrix", "pandas: one row")
    fine = (*LISTS[:2], "an axis more", "a DataFrame", "an empty list", "bools", "a bool", *one_point)
    return [
        each._replace(verdict=v.ODD) if each.label in fine and each.label != "an empty list" else each
        for each in v.array(plain)
    ]


def law(plain: Any) -> list[v.Spoiler]:
    """A mapping outcome -> probability where a list of outcomes may stand too: a list of pairs could be either."""
    pairs = ("pairs", "generator of pairs", "Python: dict items")
    return [each._replace(verdict=EITHER) if each.label in pairs else each for each in weights(plain)]


def eigenvalues(plain: Any) -> list[v.Spoiler]:
    """As many as are known; one more or less may serve."""
    return [each._replace(verdict=v.ODD) if each.label == "a row too many" else each for each in v.array(plain)]


def values_of_a_parameter(plain: Any) -> list[v.Spoiler]:
    """Numbers that a user's function takes, whose refusal is its own."""
    return [each for each in v.array(plain) if each.label not in ("huge", "all huge", "subnormal", "all subnormal")]


def increasing(plain: Any) -> list[v.Spoiler]:
    """Increasing numbers of 0 or more, any number of them."""
    fine = (*LISTS[:2], "a row too many", "a row too few", "bools", "subnormal", "an axis more")
    return [each._replace(verdict=v.ODD) if each.label in fine else each for each in v.array(plain)]


def start(plain: Any, views: Any) -> list[v.Spoiler]:
    """A table f, where a number may stand too."""
    return [each._replace(verdict=v.ODD) if each.label == "a float" else each for each in v.embedding(plain, views)]
