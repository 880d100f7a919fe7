"""Labels of naturals and of views: one reader for all who take them, by name or by position; and None, which is no class."""

import array
import re
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

import popgraph as pg
from popgraph import plot, selftraining, theory, zoo
from popgraph.basics.arguments.classes import class_numbers, classes_in_order, label_column
from popgraph.basics.arguments.labels import read_labels
from popgraph.downstream import labelling
from popgraph.downstream.clustering import spectral_clusters
from popgraph.downstream.probing import probe, probe_range
from popgraph.errors import InvalidArgument

NAN = float("nan")


def graph_of(naturals=("a", "b", "c"), views=("x", "y", "z", "u"), labels=None):
    """Three naturals of different probability, each with two views, of different names."""
    x, y, z, u = views
    p = dict(zip(naturals, ["1/2", "1/3", "1/6"], strict=True))
    rows = [{x: "3/4", y: "1/4"}, {y: "1/2", z: "1/2"}, {z: "1/8", u: "7/8"}]
    return pg.build(p, dict(zip(naturals, rows, strict=True)), labels=labels)


GRAPH = graph_of(labels=[0, 1, 1])
F = np.array([[1.0, 0.2], [0.1, 1.0], [-1.0, 0.5], [0.3, -1.0]])


def dataframe(names, y):
    return pd.DataFrame(
        {"class": pd.Series(list(y), dtype=object).to_numpy()}, index=pd.Index(list(names), tupleize_cols=False)
    )


def xarray_vector(names, y):
    xr = pytest.importorskip("xarray")
    return xr.DataArray(np.array(y), dims="of", coords={"of": list(names)})


def polars(names, y):
    return pytest.importorskip("polars").Series(y)


def pyarrow(names, y):
    return pytest.importorskip("pyarrow").array(y)


def arrow():
    pytest.importorskip("pyarrow")
    return "int64[pyarrow]"


def tensor(names, y):
    return pytest.importorskip("torch").tensor(y)


def tensors(names, y):
    torch = pytest.importorskip("torch")
    return [torch.tensor(label) for label in y]


def turned(maker):
    """By name, so that the order in which the names stand is of no account."""
    return lambda names, y: maker(list(names)[::-1], list(y)[::-1])


FORMS = {
    "tuple": lambda names, y: tuple(y),
    "iterator": lambda names, y: iter(y),
    "numpy": lambda names, y: np.array(y),
    "objects": lambda names, y: np.array(y, dtype=object),
    "unsigned": lambda names, y: np.array(y, dtype=np.uint8),
    "long double": lambda names, y: np.array(y, dtype=np.longdouble),
    "zero-dimensional arrays": lambda names, y: [np.array(label) for label in y],
    "nothing masked": lambda names, y: np.ma.masked_array(y, mask=False),
    "array.array": lambda names, y: array.array("i", y),
    "memoryview": lambda names, y: memoryview(array.array("i", y)),
    "values of a mapping": lambda names, y: dict(zip(names, y, strict=True)).values(),
    "mapping": turned(lambda names, y: dict(zip(names, y, strict=True))),
    "Series": turned(lambda names, y: pd.Series(y, index=pd.Index(list(names), tupleize_cols=False))),
    "Series by position": lambda names, y: pd.Series(y),
    "nullable": lambda names, y: pd.array(y, dtype="Int64"),
    "nullable Series": turned(lambda names, y: pd.Series(y, index=list(names), dtype="Int64")),
    "arrow Series": turned(lambda names, y: pd.Series(y, index=list(names), dtype=arrow())),
    "categorical": lambda names, y: pd.Categorical(y),
    "categorical Series": turned(lambda names, y: pd.Series(pd.Categorical(y), index=list(names))),
    "sparse pandas": lambda names, y: pd.arrays.SparseArray(y),
    "Index": lambda names, y: pd.Index(y),
    "DataFrame": turned(dataframe),
    "DataFrame by position": lambda names, y: pd.DataFrame({"class": y}),
    "xarray": turned(xarray_vector),
    "xarray of one column": lambda names, y: xarray_vector(names, y).expand_dims("m", axis=1),
    "polars": polars,
    "polars table": lambda names, y: pytest.importorskip("polars").DataFrame({"class": y}),
    "pyarrow": pyarrow,
    "pyarrow chunks": lambda names, y: pytest.importorskip("pyarrow").chunked_array([y[:1], y[1:]]),
    "pyarrow dictionary": lambda names, y: pyarrow(names, y).dictionary_encode(),
    "pyarrow table": lambda names, y: pytest.importorskip("pyarrow").table({"class": y}),
    "tensor": tensor,
    "tensor that requires a gradient": lambda names, y: pytest.importorskip("torch").tensor(
        [float(label) for label in y], requires_grad=True
    ),
    "list of tensors": tensors,
}

# Each: of which names, the argument's name, a graph -> what it answers for labels
OF_NATURALS = {
    "build": ("labels", lambda y: graph_of(labels=y).labels.tolist()),
    "probe": ("labels", lambda y: probe(GRAPH, F, y).B),
    "probe, test": ("test_labels", lambda y: probe(GRAPH, F, [0, 1, None], test_labels=y).test_error),
    "probe_range": ("labels", lambda y: probe_range(GRAPH, 2, y, samples=3).lowest),
    "alpha": ("labels", lambda y: labelling.alpha(GRAPH, y)),
    "disagreement": ("labels", lambda y: labelling.disagreement(GRAPH, [0, 0, 1, 1], y)),
    "spectral_clusters": ("labels", lambda y: spectral_clusters(GRAPH, 2, labels=y, rng=0).natural_accuracy),
    "theory.check": ("labels", lambda y: theory.check(GRAPH, y, k=2, only="φ is at most twice Δ")[0].to_dict()),
    "self_train": ("labels", lambda y: selftraining.self_train(GRAPH, [0, None, None, 1], labels=y).error),
    "which_wins": ("labels", lambda y: selftraining.which_wins(GRAPH, [0, None, None, 1], 2, labels=y).contrastive),
    "expansion": ("labels", lambda y: selftraining.expansion(GRAPH, 0.5, y).c),
    "pseudo_labels": ("known", lambda y: selftraining.pseudo_labels(GRAPH, y).tolist()),
}
CLUSTERING = spectral_clusters(GRAPH, 2, rng=0)
OF_VIEWS = {
    "disagreement": ("view_labels", lambda y: labelling.disagreement(GRAPH, y)),
    "inner_conductance": ("view_labels", lambda y: selftraining.inner_conductance(GRAPH, y).rho),
    "inconsistency": ("view_labels", lambda y: labelling.inconsistency(GRAPH, y)),
    "Clustering.agreement": ("view_labels", CLUSTERING.agreement),
    "theory.check": (
        "view_labels",
        lambda y: theory.check(GRAPH, k=2, only="φ is at most twice Δ", view_labels=y)[0].to_dict(),
    ),
    "which_wins": ("teacher", lambda y: selftraining.which_wins(GRAPH, y, 2).contrastive),
    "self_train": ("teacher", lambda y: selftraining.self_train(GRAPH, y).labels.tolist()),
    "iterate": ("teacher", lambda y: selftraining.iterate(GRAPH, y, steps=0).labels.tolist()),
    "propagate": ("teacher", lambda y: selftraining.propagate(GRAPH, y)[0]),
    "plot.embedding": ("labels", lambda y: colours(plot.embedding(GRAPH, F, labels=y))),
    "plot.graph": ("labels", lambda y: colours(plot.graph(GRAPH, labels=y))),
}
READERS = {
    **{f"naturals: {who}": (GRAPH.naturals, [0, 1, 1], *reader) for who, reader in OF_NATURALS.items()},
    **{f"views: {who}": (GRAPH.views, [0, 1, 1, 0], *reader) for who, reader in OF_VIEWS.items()},
}
PARTLY = ("known", "teacher")  # arguments whose mappings may leave names out


def colours(ax):
    """The colours of the discs in one picture, which is closed."""
    import matplotlib.pyplot as plt

    drawn = [c.get_facecolors().round(6).tolist() for c in ax.collections if len(c.get_facecolors())]
    plt.close("all")
    return drawn


WHOLE = ("views: theory.check",)  # readers of class numbers, which floats are not
FLOATS = ("tensor that requires a gradient", "long double")


@pytest.mark.parametrize(
    ("form", "who"), [(form, who) for form in FORMS for who in READERS if form not in FLOATS or who not in WHOLE]
)
def test_every_reader_reads_every_form(form, who):
    names, y, _, answer = READERS[who]
    np.testing.assert_equal(answer(FORMS[form](names, y)), answer(list(y)))


SPOILT = {
    "one too few": (lambda names, y: y[:-1], "{name} has shape"),
    "one too many": (lambda names, y: [*y, 0], "{name} has shape"),
    "endless": (lambda names, y: iter(int, 1), "{name} has shape"),
    "(n, 1)": (lambda names, y: np.array(y)[:, np.newaxis], "give {name}[:, 0]"),
    "(1, n)": (lambda names, y: np.array([y]), "give {name}[0]"),
    "one-hot": (lambda names, y: np.eye(2)[y], "{name}.argmax(axis=1) of one-hot rows"),
    "rows": (lambda names, y: [[label] for label in y], "give {name}[:, 0]"),
    "scalar": (lambda names, y: 3, "{name} is 3"),
    "word": (lambda names, y: "x" * len(y), "one str"),
    "bytes": (lambda names, y: b"x" * len(y), "one bytes"),
    "set": (lambda names, y: set(range(len(y))), "a set, which has no order"),
    "frozenset": (lambda names, y: frozenset(range(len(y))), "a set, which has no order"),
    "function": (lambda names, y: len, "{name} is <built-in function len>"),
    "masked": (lambda names, y: np.ma.masked_array(y, [True] + [False] * (len(y) - 1)), "{name} has masked entries"),
    "NaT": (lambda names, y: np.array(["NaT"] * len(y), dtype="datetime64[ns]"), "{name}[0] is NaT, a missing date"),
    "a NaT": (lambda names, y: [pd.NaT, *y[1:]], "{name}[0] is NaT, a missing date"),
    "a numpy NaT": (lambda names, y: [*y[1:], np.timedelta64("NaT", "ns")], "is NaT, a missing date"),
    "dates of pandas": (lambda names, y: pd.Series(pd.to_datetime(["2020"] * (len(y) - 1) + [None])), "is NaT"),
    "structured": (lambda names, y: np.zeros(len(y), dtype=[("a", int), ("b", float)]), 'as {name}["a"]'),
    "two columns": (lambda names, y: pd.DataFrame({"a": y, "b": y}), "give one column of it"),
    "a list in it": (lambda names, y: [[0], *y[1:]], "{name} holds [0], which cannot name a class"),
    "an array in it": (lambda names, y: [np.zeros(2), *y[1:]], "an array of shape (2,)"),
    "named twice": (lambda names, y: pd.Series(y, index=[names[0], *names[:-1]]), "twice"),
    "same label twice": (lambda names, y: pd.Series([*y, y[0]], index=[*names, names[0]]), "twice"),
    "other names": (lambda names, y: pd.Series(y, index=[*names[:-1], "nobody"]), "'nobody'"),
    "mapping with more": (lambda names, y: {**dict(zip(names, y, strict=True)), "nobody": 0}, "'nobody'"),
    "keys that count": (lambda names, y: dict(enumerate(y)), "0, 1, 2"),
    "rows chosen elsewhere": (lambda names, y: pd.Series(y, index=range(3, 3 + len(y))), "3, 4, 5"),
}


@pytest.mark.parametrize("who", READERS)
@pytest.mark.parametrize("spoilt", SPOILT)
def test_every_reader_refuses_what_is_no_label_of_each(spoilt, who):
    names, y, name, answer = READERS[who]
    make, message = SPOILT[spoilt]
    with pytest.raises(InvalidArgument, match=re.escape(message.format(name=name))) as refusal:
        answer(make(names, y))
    assert name in str(refusal.value)


@pytest.mark.parametrize("who", READERS)
def test_a_mapping_holds_all_names_but_where_some_are_asked_for(who):
    names, y, name, answer = READERS[who]
    lacking = dict(zip(names[:-1], y[:-1], strict=True))
    if name in PARTLY:
        np.testing.assert_equal(answer(lacking), answer([*y[:-1], None]))
        np.testing.assert_equal(answer(pd.Series(lacking)), answer([*y[:-1], None]))
    else:
        with pytest.raises(InvalidArgument, match=rf"{name} lacks 1 of {len(y)}.*None for one without a label"):
            answer(lacking)


def test_a_name_that_is_nearly_one_is_told():
    with pytest.raises(InvalidArgument, match="did you mean 'cat'"):
        read_labels({"cta": 0, "dog": 1}, ["cat", "dog"])
    with pytest.raises(InvalidArgument, match="names 1 of 1 that are no naturals: 'cta': did you mean 'cat'"):
        read_labels({"cta": 0}, ["cat", "dog"], some=True)


def test_ten_thousand_rows_that_repeat_a_name_are_refused_at_once():
    names = [*range(10_000), 9_999]
    for some in (False, True):
        with pytest.raises(InvalidArgument, match="labels names 9999 twice"):
            read_labels(pd.Series(0, index=names), range(10_000), some=some)


def test_an_index_of_integers_goes_by_name_where_it_holds_the_names():
    assert read_labels(pd.Series(["b", "a"], index=[1, 0]), [0, 1]).tolist() == ["a", "b"]
    assert read_labels(pd.Series(["a", "b"]), [7, 8]).tolist() == ["a", "b"]
    graph = graph_of(views=(3, 2, 1, 0), labels=[0, 1, 1])
    first = pd.Series([0, 1, 1, 1], index=[3, 2, 1, 0])
    assert labelling.disagreement(graph, first) == labelling.disagreement(graph, [0, 1, 1, 1])
    assert labelling.disagreement(graph, first.sort_index()) == labelling.disagreement(graph, [0, 1, 1, 1])
    assert labelling.disagreement(graph, [0, 1, 1, 1]) != labelling.disagreement(graph, [1, 1, 1, 0])


def test_names_that_are_tuples_are_those_of_a_multiindex():
    cube = zoo.hypercube(2)
    y = pd.Series([0, 1, 2, 3], index=pd.MultiIndex.from_tuples(list(cube.naturals)[::-1]))
    assert read_labels(y, cube.naturals).tolist() == [3, 2, 1, 0]


# --- one label


@pytest.mark.parametrize(
    "labels",
    [
        [2**63, -1, 2**63 + 1],
        [10**400, 0, 1],
        ["a\0", "a", "b"],
        [b"a\0", b"a", b"b"],
        [1, "1", 1],
        [True, "a", 0],
        [(0, 1), (1, 0), (0, 1)],
        [(0,), (1, 0), (0,)],
        [Fraction(1, 3), Fraction(2, 3), Fraction(1, 3)],
        [Decimal(1), Decimal(2), Decimal(1)],
        [frozenset({1}), frozenset({2}), frozenset({1})],
        [0.1 + 0.2, 0.3, 0.1],
        [1j, 2j, 1j],
    ],
    ids=repr,
)
def test_labels_are_kept_as_they_are(labels):
    read = read_labels(labels, "abc")
    assert read.tolist() == labels
    assert [type(label) for label in read.tolist()] == [type(label) for label in labels]
    assert read_labels(dict(zip("abc", labels, strict=True)), "abc").tolist() == labels
    assert not read.flags.writeable
    number = list(dict.fromkeys(labels))
    assert classes_in_order(read)[1].tolist() == [number.index(label) for label in labels]


@pytest.mark.parametrize("unit", ["Y", "D", "s", "ns", "as"])
@pytest.mark.parametrize("kind", ["datetime64", "timedelta64"])
def test_dates_stay_dates(unit, kind):
    y = np.array([3, 5, 3], dtype=f"{kind}[{unit}]")
    graph = graph_of(labels=y)
    assert graph.labels.dtype == y.dtype
    assert set(graph.view_labels.tolist()) <= set(y.tolist())
    assert labelling.disagreement(graph, y[[0, 1, 1, 0]]) == labelling.disagreement(
        graph_of(labels=[0, 1, 0]), [0, 1, 1, 0]
    )
    found = probe(graph, F)
    assert found.classes.dtype == y.dtype
    assert found.predicted.dtype == y.dtype
    assert read_labels(list(y), "abc").dtype == y.dtype


def test_dates_of_several_units_are_compared_as_dates():
    years, days = np.array(["2020", "2021"], "M8[Y]"), np.array(["2021-01-01", "2020-01-01", "1999-01-01"], "M8[D]")
    assert class_numbers(days, years).tolist() == [1, 0, -1]
    mixed = read_labels([np.datetime64("2020"), np.datetime64("2020-01-01"), np.datetime64("2021")], "abc")
    assert classes_in_order(mixed)[1].tolist() == [0, 0, 1]


def test_dates_that_no_common_unit_holds_stay_apart():
    dates = [np.datetime64(10**9, "Y"), np.datetime64(0, "as")]
    assert list(label_column(dates)) == dates


def test_labels_are_a_copy():
    y = np.array([0, 1, 1])
    graph = graph_of(labels=y)
    y[:] = 9
    assert graph.labels.tolist() == [0, 1, 1]


@pytest.mark.parametrize("wrong", [(NAN, 1), Decimal("sNaN"), [1], {}], ids=repr)
def test_what_is_no_class_is_named_with_its_place(wrong):
    with pytest.raises(InvalidArgument, match=r"entry 1|labels\[1\]"):
        read_labels([0, wrong, 1], "abc")


def test_a_tensor_in_a_tuple_is_refused_as_its_hash_is_its_identity():
    torch = pytest.importorskip("torch")
    with pytest.raises(InvalidArgument, match=r"labels\[0\] is .*two of these are not equal"):
        read_labels([(torch.tensor(1),), (torch.tensor(1),), (0,)], "abc")


# --- None is no class


UNKNOWN = {
    "None": lambda: [0, None, 1],
    "NaN": lambda: [0, NAN, 1],
    "numpy NaN": lambda: np.array([0, np.nan, 1]),
    "half NaN": lambda: np.array([0, np.nan, 1], dtype=np.float16),
    "Decimal NaN": lambda: [0, Decimal("NaN"), 1],
    "complex NaN": lambda: np.array([0, complex("nan"), 1]),
    "NA": lambda: [0, pd.NA, 1],
    "objects": lambda: np.array([0, None, 1], dtype=object),
    "nullable": lambda: pd.array([0, None, 1], dtype="Int64"),
    "nullable Series": lambda: pd.Series([1, 0, None], index=["c", "a", "b"], dtype="Int64"),
    "Series": lambda: pd.Series({"c": 1, "a": 0, "b": None}),
    "arrow": lambda: pd.Series([0, None, 1], dtype=arrow()),
    "categorical": lambda: pd.Categorical([0, None, 1]),
    "DataFrame": lambda: pd.DataFrame({"y": [0, None, 1]}),
    "polars": lambda: polars(None, [0, None, 1]),
    "polars table": lambda: pytest.importorskip("polars").DataFrame({"y": [0, None, 1]}),
    "pyarrow": lambda: pyarrow(None, [0, None, 1]),
    "pyarrow table": lambda: pytest.importorskip("pyarrow").table({"y": [0, None, 1]}),
    "tensor": lambda: tensor(None, [0.0, NAN, 1.0]),
    "mapping": lambda: {"c": 1, "b": None, "a": 0},
}


@pytest.mark.parametrize("form", UNKNOWN)
def test_every_way_to_say_unknown_is_none(form):
    assert read_labels(UNKNOWN[form](), "abc").tolist() == [0, None, 1]


@pytest.mark.parametrize("kind", ["words", "dates", "booleans", "large integers"])
@pytest.mark.parametrize("library", ["polars", "pyarrow"])
def test_nulls_beside_anything_leave_it_as_it_is(kind, library):
    day = np.datetime64("2020-01-01")
    listed = {
        "words": ["a", None, "b"],
        "dates": [day.item(), None, (day + np.timedelta64(1, "D")).item()],
        "booleans": [True, None, False],
        "large integers": [2**60 + 1, None, 2**60],
    }[kind]
    read = read_labels((polars if library == "polars" else pyarrow)(None, listed), "abc").tolist()
    assert read[1] is None
    assert read == ([day, None, day + np.timedelta64(1, "D")] if kind == "dates" else listed)


def test_a_view_that_no_labelled_natural_reaches_is_unlabelled():
    graph = graph_of(labels=[None, "s", None])
    assert graph.view_labels.tolist() == [None, "s", "s", None]
    assert graph_of(labels=[None] * 3).view_labels.tolist() == [None] * 4
    assert graph_of(labels=[0, 1, None]).view_labels.tolist() == [0, 1, 1, None]  # y: 1/2 · 1/4 < 1/3 · 1/2
