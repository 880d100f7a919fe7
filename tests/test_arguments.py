"""The readers of arguments: what goes in is what was meant, in containers of every library, or is refused with the mend."""

import array
import collections
import datetime
import math
from decimal import Decimal
from fractions import Fraction

import networkx as nx
import numpy as np
import pytest
import scipy.sparse as sp
import scipy.stats
from extras import need
from hypothesis import given
from hypothesis import strategies as st

import popgraph as pg
from popgraph.basics.arguments.containers import index_of, is_frame, is_vector, positions_by_name
from popgraph.basics.arguments.outcomes import plain_list, plain_scalar, read_outcome
from popgraph.basics.arguments.probabilities import parse_probability
from popgraph.downstream import labelling
from popgraph.errors import InvalidArgument, InvalidAugmentation, InvalidDistribution, InvalidEmbedding, PopgraphError
from popgraph.losses import scaled
from popgraph.losses.critics import positive_pairs

pd = need("pandas")
pl = need("polars")
pa = need("pyarrow")
flint = need("flint")
sympy = need("sympy")

try:
    torch = need("torch")
except pytest.skip.Exception:  # as on the lowest versions, where all else is tested
    torch = None


def with_torch(forms):
    """Forms of torch, where it is installed."""
    return forms() if torch else {}


P = np.array([0.25, 0.25, 0.5])
A = np.array([[0.5, 0.5, 0], [0, 0.5, 0.5], [0.5, 0, 0.5]])
NAMES, VIEWS = list("abc"), list("xyz")


def dense_gamma(p, A, k=3):
    """The eigenvalues of D^-1/2 Aᵀ diag(p) A D^-1/2, by numpy alone."""
    w = A.T @ np.diag(p) @ A
    root = np.sqrt(w.sum(axis=0))
    return np.linalg.eigvalsh(w / np.outer(root, root))[::-1][:k]


GAMMA = dense_gamma(P, A)

# ---------------------------------------------------------------- probabilities
VECTORS = {
    "numpy": P,
    "float16": P.astype(np.float16),
    "longdouble": P.astype(np.longdouble),
    "big-endian": P.astype(">f8"),
    "memory map": P.copy(),
    "array.array": array.array("d", P),
    "memoryview": memoryview(P),
    "objects": P.astype(object),
    "Fractions": np.array([Fraction(1, 4), Fraction(1, 4), Fraction(1, 2)]),
    "Decimals": np.array([Decimal("0.25"), Decimal("0.25"), Decimal("0.5")]),
    "pandas array": pd.array(P),
    "pandas nullable": pd.array(P, dtype="Float64"),
    "pandas sparse": pd.arrays.SparseArray(P),
    "pandas Index": pd.Index(P),
    "Series": pd.Series(P),
    "polars": pl.Series(P),
    "pyarrow": pa.array(P),
    "pyarrow chunked": pa.chunked_array([P[:1], P[1:]]),
}
VECTORS |= with_torch(
    lambda: {
        "tensor": torch.tensor(P),
        "tensor with gradient": torch.tensor(P, requires_grad=True),
        "bfloat16": torch.tensor(P, dtype=torch.bfloat16),
        "sparse tensor": torch.tensor(P).to_sparse(),
    }
)


@pytest.mark.parametrize("p", VECTORS.values(), ids=VECTORS)
def test_a_vector_of_numbers_gives_the_probabilities_of_0_1_2(p):
    graph = pg.build(p, A)
    assert list(graph.naturals) == [0, 1, 2]
    assert graph.p.tolist() == P.tolist()
    assert graph.spectrum(3).gamma == pytest.approx(GAMMA)


@pytest.mark.parametrize("p", [pd.Series(P, index=NAMES), pd.Series(P[::-1], index=NAMES[::-1])])
def test_a_series_names_its_outcomes(p):
    table = pd.DataFrame(A, index=NAMES, columns=VIEWS)
    graph = pg.build(p, table)
    assert dict(zip(graph.naturals, graph.p.tolist(), strict=True)) == dict(zip(NAMES, P.tolist(), strict=True))
    assert graph.spectrum(3).gamma == pytest.approx(GAMMA)


def test_a_series_that_only_counts_goes_by_position_beside_a_table_with_names():
    graph = pg.build(pd.Series(P), pd.DataFrame(A, index=NAMES, columns=VIEWS))
    assert graph.naturals == ("a", "b", "c")
    assert graph.p.tolist() == P.tolist()


class Law:
    """What other libraries' distributions have in common: outcomes to iterate over, and probabilities beside them."""

    outcomes, pmf = ("00", "11"), np.array([0.9, 0.1])

    def __iter__(self):
        return iter(self.outcomes)

    def __len__(self):
        return 2


NO_LAWS = {
    "a set": ({"a", "b"}, "another order in every process; give sorted"),
    "a frozenset": (frozenset("ab"), "another order in every process; give sorted"),
    "a distribution of another library": (Law(), "Law with probabilities of its own"),
    "scipy's": (scipy.stats.rv_discrete(values=([0, 1], [0.5, 0.5])), "probabilities of its own"),
    "a networkx graph": (nx.path_graph(3), r"popgraph\.zoo\.edges\(G\)"),
    "a list of probabilities": ([0.25, 0.25, 0.5], "could be outcomes or probabilities"),
    "a misspelt list of them": ([0.2, 0.7], "could be outcomes or probabilities"),
    "fractions": ([Fraction(1, 2), Fraction(1, 3)], "could be outcomes or probabilities"),
    "strings": (["1/3", "0.5"], "could be outcomes or probabilities"),
    "a generator of them": ((x for x in (0.5, 0.25)), "could be outcomes or probabilities"),
    "a lazy table": (pl.LazyFrame({"x": [1]}), r"call collect\(\)"),
    "nulls": (pl.Series(["a", None]), "1 of [23] entries of the .* are missing"),
    "pyarrow's nulls": (pa.array([0.5, None, 0.5]), "1 of [23] entries of the .* are missing"),
    "NA": (pd.array([0.5, None]), "1 of [23] entries of the .* are missing"),
    "None in pandas": (pd.Series(["a", None], dtype=object).array, "1 of [23] entries of the .* are missing"),
    "a null": (list(pa.array(["a", None])), "outcome 1 is missing"),
    "pairs": ([("a", 0.25), ("b", "3/4")], r"pairs \(outcome, probability\); give dict"),
    "keys of a set": (collections.abc.KeysView({"a", "b"}), "another order"),
    "masked": (np.ma.array(P, mask=[0, 1, 0]), "masked entries"),
    "a matrix": (np.matrix(P), r"shape \(1, 3\)"),
    "sparse": (sp.coo_array(P), "a sparse matrix"),
    "a class": (dict, "give a mapping or a sequence|not a distribution"),
    "bytes": (bytearray(b"ab"), "not a distribution"),
    "a Series that names one twice": (pd.Series([0.5, 0.5], index=["a", "a"]), "'a' is declared twice"),
}
NO_LAWS |= with_torch(
    lambda: {
        "torch's": (torch.distributions.Categorical(torch.tensor([0.5, 0.5])), "probabilities of its own"),
        "no tensor on a device": (torch.empty(3, device="meta"), "cannot be read as numbers"),
        "tensors": ([torch.tensor(0), torch.tensor(1)], r"hashes by identity.*x\.item\(\)"),
    }
)


@pytest.mark.parametrize(("declared", "message"), NO_LAWS.values(), ids=NO_LAWS)
def test_what_has_no_order_or_holds_more_is_no_distribution(declared, message):
    with pytest.raises(InvalidDistribution, match=message):
        pg.build(declared, pg.identity())


@pytest.mark.parametrize(
    "exact",
    [flint.fmpq(1, 3), sympy.Rational(1, 3), Fraction(1, 3), "1/3"],
    ids=["flint", "sympy", "Fraction", "str"],
)
def test_exact_rationals_of_any_library_stay_exact(exact):
    assert parse_probability(exact) == Fraction(1, 3)
    assert isinstance(parse_probability(exact), Fraction)


@pytest.mark.parametrize("whole", [flint.fmpz(1), sympy.Integer(1), np.uint8(1), 1])
def test_whole_numbers_of_any_library_are_exact_weights_and_counts(whole):
    assert pg.Distribution({"a": whole}).exact
    assert pg.Distribution.from_counts({"a": whole, "b": 3}).fractions["a"] == Fraction(1, 4)


@pytest.mark.parametrize(
    "number",
    [pa.scalar(0.25), np.array(0.25), np.float32(0.25), np.longdouble(0.25), *([torch.tensor(0.25)] if torch else [])],
)
def test_an_array_of_one_number_is_a_probability(number):
    assert parse_probability(number) == 0.25


@pytest.mark.parametrize(
    "no",
    [
        np.array([0.25]),
        *([torch.tensor(True)] if torch else []),
        np.True_,
        pd.NA,
        None,
        1j,
        np.timedelta64(0, "s"),
        pa.scalar(True),
        np.ma.masked,
        sympy.sqrt(2),
    ],
)
def test_what_is_no_number_is_no_probability(no):
    with pytest.raises(InvalidDistribution, match="not a probability|must be"):
        parse_probability(no)


TINY = 1e-200


@pytest.mark.parametrize(
    "make",
    [
        lambda: pg.apply(lambda b: b + 1, TINY).then(pg.apply(lambda b: b + 10, TINY))(0),
        lambda: pg.apply(lambda b: b + 1, TINY).repeat(2)(0),
        lambda: pg.independently(pg.apply(lambda b: b + 1, TINY))((0, 0)),
        lambda: pg.choose({pg.apply(lambda b: b + 1, TINY): TINY, pg.identity(): 1 - TINY})(0),
        lambda: pg.Distribution({"a": TINY, "b": 1}).through(lambda x: pg.Distribution({x: TINY, "c": 1})),
        lambda: pg.Distribution({"a": 1e-320, "b": 1e10}, normalize=True),
        lambda: pg.Distribution({"a": Fraction(1, 10**400), "b": 1.0}),
        lambda: pg.build([(0, 0)], pg.independently(pg.apply(lambda b: b + 1, TINY))).N,
        lambda: pg.build([0], pg.apply(lambda b: b + 1, TINY).then(pg.apply(lambda b: b + 10, TINY))).N,
    ],
)
def test_a_view_whose_probability_leaves_float64_is_not_dropped(make):
    with pytest.raises(PopgraphError, match="too small for float64"):
        make()


# ---------------------------------------------------------------- outcomes
@pytest.mark.parametrize("unit", ["D", "s", "ms", "us", "ns", "Y"])
@pytest.mark.parametrize("kind", ["M8", "m8"])
def test_dates_and_spans_keep_their_value_and_unit(kind, unit):
    stamps = np.array([1, 2, 2], dtype=f"{kind}[{unit}]")
    law = pg.Distribution.from_samples(stamps)
    assert [type(x) for x in law] == [type(stamps[0])] * 2
    assert list(law) == [stamps[0], stamps[1]]
    assert law.fractions[stamps[1]] == Fraction(2, 3)
    assert [x.dtype for x in law] == [stamps.dtype] * 2


@pytest.mark.parametrize(
    "missing", [np.datetime64("NaT", "D"), np.timedelta64("NaT", "ns"), pd.NaT, pd.NA, math.nan, np.float32("nan")]
)
@pytest.mark.parametrize("inside", [lambda x: x, lambda x: (1, x), lambda x: ((x,),), lambda x: frozenset([x])])
def test_what_does_not_equal_itself_is_no_outcome_even_deep_inside(missing, inside):
    with pytest.raises(InvalidDistribution, match="does not equal itself"):
        pg.Distribution.from_samples([inside(missing)])


@pytest.mark.parametrize("inside", [lambda x: x, lambda x: (1, x), lambda x: frozenset([x])])
def test_a_tensor_is_no_outcome_even_deep_inside(inside):
    need("torch")
    with pytest.raises(InvalidDistribution, match="hashes by identity"):
        pg.Distribution.from_samples([inside(torch.tensor(1)), inside(torch.tensor(1))])


SAMPLES = {
    "int8": np.array([0, 1, 1], np.int8),
    "list of numpy's": [np.int64(0), np.float32(1), np.uint8(1)],
    "pandas": pd.Series([0, 1, 1], dtype="Int64"),
    "categories": pd.Series(pd.Categorical([0, 1, 1], categories=[0, 1, 2])),
    "polars": pl.Series([0, 1, 1]),
    "pyarrow": pa.array([0, 1, 1]),
    "pyarrow dictionary": pa.array([0, 1, 1]).dictionary_encode(),
    "array.array": array.array("i", [0, 1, 1]),
    "deque": collections.deque([0, 1, 1]),
    "pyarrow's scalars": list(pa.array([0, 1, 1])),
}
SAMPLES |= with_torch(
    lambda: {
        "tensor": torch.tensor([0, 1, 1]),
        "half": torch.tensor([0, 1, 1]).half(),
    }
)


@pytest.mark.parametrize("samples", SAMPLES.values(), ids=SAMPLES)
def test_samples_are_counted_by_value(samples):
    law = pg.Distribution.from_samples(samples)
    assert law.fractions == {0: Fraction(1, 3), 1: Fraction(2, 3)}
    assert "np." not in repr(law)


ROWS = {"x": [1, 1, 2], "y": ["u", "u", "v"]}


@pytest.mark.parametrize(
    "table", [pd.DataFrame(ROWS), pl.DataFrame(ROWS), pa.table(ROWS), pd.DataFrame(ROWS, index=list("abc"))]
)
def test_the_outcomes_of_a_table_are_its_rows(table):
    assert pg.Distribution.from_samples(table).fractions == {(1, "u"): Fraction(2, 3), (2, "v"): Fraction(1, 3)}
    with pytest.raises(InvalidDistribution, match=r"duplicated: \(1, 'u'\) \(2 times\)"):
        pg.Distribution.uniform(table)
    with pytest.raises(InvalidDistribution, match="table with the columns 'x', 'y'"):
        pg.Distribution(table)


def test_points_of_the_plane_are_outcomes():
    assert pg.build([(0.5, 0.25), (0.5, 0.75)], pg.identity()).naturals == ((0.5, 0.25), (0.5, 0.75))
    assert pg.build([(0.5,), (0.25,)], pg.identity()).naturals == ((0.5,), (0.25,))
    with pytest.raises(InvalidDistribution, match="could be outcomes or probabilities"):
        pg.build(pd.DataFrame({"p": [0.5, 0.25]}), pg.identity())


def test_a_mapping_is_no_list_of_outcomes():
    for read in (pg.Distribution.uniform, pg.Distribution.from_samples):
        with pytest.raises(InvalidDistribution, match="whose values would be lost"):
            read(collections.Counter("aab"))
    assert list(pg.Distribution.uniform({"a": 1}.keys())) == ["a"]


@given(
    st.recursive(
        st.integers(0, 5) | st.booleans() | st.text(max_size=2) | st.floats(allow_nan=False),
        lambda s: st.tuples(s, s),
        max_leaves=6,
    )
)
def test_an_outcome_of_python_is_read_as_it_is(outcome):
    read = read_outcome(outcome, "outcome")
    assert read == outcome
    assert hash(read) == hash(outcome)
    assert type(read) is type(outcome)


@given(st.sampled_from("bBhHiIlLqQefdg?"), st.integers(0, 100))
def test_a_scalar_of_numpy_equals_what_it_is_read_as(code, number):
    scalar = np.dtype(code).type(number)
    read = plain_scalar(scalar)
    assert read == scalar
    assert hash(read) == hash(scalar)


@pytest.mark.parametrize(
    "dtype", ["i8", "f4", "g", "M8[ns]", "m8[us]", "U3", "S3", "?", "O", [("a", int), ("d", "M8[ns]")]]
)
def test_a_list_of_an_array_loses_nothing(dtype):
    entries = np.zeros(3, dtype=dtype)
    listed = plain_list(entries)
    assert np.array_equal(np.array(listed, dtype=dtype), entries)
    assert listed == [plain_scalar(x) if isinstance(x, np.generic) else x for x in entries]


def test_a_namedtuple_stays_one():
    Point = collections.namedtuple("Point", "x y")
    read = read_outcome(Point(np.int64(1), 2), "outcome")
    assert type(read) is Point
    assert read == (1, 2)
    assert "np." not in repr(read)


def test_dates_of_two_units_are_never_counted_apart():
    day = np.datetime64("2020-01-01")
    stamps = [day, day.astype("M8[ns]")]
    if hash(stamps[0]) == hash(stamps[1]):  # so from numpy 2.1 on
        assert len(pg.Distribution.from_samples(stamps)) == 1
    else:
        with pytest.raises(InvalidDistribution, match="give all in one unit"):
            pg.Distribution.from_samples(stamps)
    with pytest.raises(InvalidDistribution, match="give all in one unit"):
        pg.build(["a", "b"], {"a": {day: 1}, "b": {np.datetime64("2020-01-02", "ns"): 1}})


class Molecule:
    def __init__(self, formula):
        self.formula = formula

    def __repr__(self):
        return f"Molecule({self.formula})"


class EqualMolecule(Molecule):
    def __eq__(self, other):
        return isinstance(other, Molecule) and self.formula == other.formula

    def __hash__(self):
        return hash(self.formula)


@pytest.mark.parametrize(
    "make",
    [
        lambda M: pg.build([M("C"), M("CC")], pg.apply(lambda m: M(m.formula + "O"), "1/4")),
        lambda M: pg.build(["a", "b"], {"a": {M("x"): 1}, "b": {M("x"): "1/2", "y": "1/2"}}),
        lambda M: pg.Distribution([(M("x"), "1/2"), (M("x"), "1/2")]),
        lambda M: pg.Distribution.from_samples([M("x"), M("x")]),
        lambda M: pg.build([0, 1], pg.Augmentation(lambda i: {M("x"): 1}, trusted=True)),
    ],
)
def test_objects_that_print_alike_and_differ_are_told_from_random_augmentations(make):
    with pytest.raises(PopgraphError, match="__eq__"):
        make(Molecule)


def test_objects_that_are_equal_by_value_are_one_outcome():
    graph = pg.build(["a", "b"], {"a": {EqualMolecule("x"): 1}, "b": {EqualMolecule("x"): "1/2", "y": "1/2"}})
    assert graph.N == 2
    assert graph.component_count == 1


# ---------------------------------------------------------------- views
NUMBERS = pg.build(
    [tuple(row) for row in np.array([[5, 7], [2, 3]])], pg.independently(pg.apply(lambda v: v + 10, "1/4"))
)
LETTERS = pg.build([("a", 1), ("b", 2)], pg.independently([pg.apply(str.upper, "1/4"), pg.identity()]))
FLOATS = pg.build([(0.5, 1.0), (2.0, 3.0)], pg.independently(pg.apply(lambda v: v + 10, "1/4")))


@pytest.mark.parametrize("graph", [NUMBERS, LETTERS, FLOATS, pg.zoo.hypercube(2)], ids=repr)
def test_whatever_equals_a_view_is_that_view(graph):
    pair = collections.namedtuple("Pair", "x y")
    for i, (x, y) in enumerate(graph.views):
        forms = [(x, y), pair(x, y)]
        if isinstance(y, int | float):
            forms += [(x, np.float64(y)), (x, Fraction(y)), (x, np.int64(y))]
        for form in forms:
            assert (form in list(graph.views)) is (form in graph.views) is True
            assert graph.views.index(form) == i
        for other in ([x, y], (x,), (x, y, y), (x, "no"), (x, None), None, "xy", (x, np.array([1, 2])), (x, math.nan)):
            assert other not in graph.views


def test_cards_print_no_scalars_of_numpy():
    assert "np." not in str(NUMBERS) + repr(NUMBERS.views) + NUMBERS._repr_html_() + str(
        NUMBERS.explain((5, 7), (15, 7))
    )


NOTES = ["C", "C#", "D", "D#"]


def up(note):
    return NOTES[(NOTES.index(note) + 2) % 4]


def test_views_that_are_the_naturals_keep_their_order():
    graph = pg.build(NOTES, pg.apply(up, "1/4"))
    assert list(graph.views) == NOTES
    walk = np.zeros((4, 4))
    for i in range(4):
        walk[i, i], walk[i, (i + 2) % 4] = 0.75, 0.25
    assert np.array_equal(graph.kernel.toarray(), walk)
    assert graph.w == pytest.approx(walk.T @ walk / 4)


def test_vectorised_views_that_are_the_naturals_keep_their_order():
    naturals = [(1, 0), (0, 0), (1, 1), (0, 1)]
    graph = pg.build(naturals, pg.independently(pg.apply(lambda b: 1 - b, "1/4")))
    assert list(graph.views) == naturals
    for i, x in enumerate(naturals):
        for j, y in enumerate(naturals):
            flips = sum(a != b for a, b in zip(x, y, strict=True))
            assert graph.kernel.toarray()[i, j] == pytest.approx(0.25**flips * 0.75 ** (2 - flips))


@pytest.mark.parametrize("declare", [lambda: pg.apply(up, "1/4"), lambda: {n: {n: "3/4", up(n): "1/4"} for n in NOTES}])
def test_views_orders_what_a_callable_augmentation_gives(declare):
    order = ["D#", "C", "D", "C#"]
    graph, plain = pg.build(NOTES, declare(), views=order), pg.build(NOTES, declare())
    assert list(graph.views) == order
    at = [plain.views.index(x) for x in order]
    assert np.array_equal(graph.kernel.toarray(), plain.kernel.toarray()[:, at])
    assert graph.is_exact
    assert list(graph.exact().w_x) == [plain.exact().w_x[j] for j in at]
    with pytest.raises(InvalidAugmentation, match=r"views= lacks 1 of 4 views \('C#'\)"):
        pg.build(NOTES, declare(), views=order[:-1])
    with pytest.raises(InvalidAugmentation, match=r"names 1 that is no view \('E'\).*drop_unreachable=True leaves out"):
        pg.build(NOTES, declare(), views=[*order, "E"])
    assert list(pg.build(NOTES, declare(), views=[*order, "E"], drop_unreachable=True).views) == order


# ---------------------------------------------------------------- kernels
TABLES = {
    "pandas": pd.DataFrame(A, index=NAMES, columns=VIEWS),
    "pandas, other order": pd.DataFrame(A, index=NAMES, columns=VIEWS).iloc[[2, 0, 1]],
    "pandas, counting": pd.DataFrame(A, columns=VIEWS),
    "nullable": pd.DataFrame(A, index=NAMES, columns=VIEWS).convert_dtypes(),
    "polars": pl.DataFrame(A, schema=VIEWS),
    "pyarrow": pa.table({view: A[:, j] for j, view in enumerate(VIEWS)}),
    "record batch": pa.record_batch({view: A[:, j] for j, view in enumerate(VIEWS)}),
    "Series in a dict": {name: pd.Series(A[i], index=VIEWS) for i, name in enumerate(NAMES)},
    "Series of Series": pd.Series({name: pd.Series(A[i], index=VIEWS) for i, name in enumerate(NAMES)}),
    "a callable that gives Series": lambda name: pd.Series(A[NAMES.index(name)], index=VIEWS),
}


@pytest.mark.parametrize("kernel", TABLES.values(), ids=TABLES)
def test_a_kernel_with_names_is_read_by_name(kernel):
    graph = pg.build(dict(zip(NAMES, P, strict=True)), kernel)
    assert graph.naturals == tuple(NAMES)
    assert set(graph.views) == set(VIEWS)
    at = [graph.views.index(view) for view in VIEWS]
    assert np.array_equal(graph.kernel.toarray()[:, at], A)


MATRICES = {
    "list of counting Series": [pd.Series(row) for row in A],
    "dok": sp.dok_array(A),
    "coo": sp.coo_array(A),
    "matrix": np.matrix(A),
    "object": A.astype(object),
    "words": [["1/2", "1/2", 0], [0, "0.5", Fraction(1, 2)], [0.5, Decimal(0), "1/2"]],
}
MATRICES |= with_torch(
    lambda: {
        "tensor": torch.tensor(A),
        "tensor with gradient": torch.tensor(A, requires_grad=True),
        "sparse tensor": torch.tensor(A).to_sparse(),
        "bfloat16": torch.tensor(A).bfloat16(),
        "list of tensors": list(torch.tensor(A, requires_grad=True)),
    }
)


@pytest.mark.parametrize("kernel", MATRICES.values(), ids=MATRICES)
def test_a_kernel_without_names_is_read_by_position(kernel):
    graph = pg.build(P, kernel)
    assert np.array_equal(graph.kernel.toarray(), A)
    assert list(pg.Augmentation.from_matrix(kernel, NAMES)("b").items()) == [("b", 0.5), ("c", 0.5)]


NO_KERNELS = {
    "a networkx graph": (nx.path_graph(3), r"popgraph\.zoo\.edges\(G\)"),
    "rows with names": ([pd.Series(row, index=VIEWS) for row in A], "names .*, which a list of rows ignores"),
    "a row twice": (pd.DataFrame(A, index=list("aab")), "names 'a' twice, in rows 0 and 1"),
    "other rows": (
        pd.DataFrame(A, index=list("abd")),
        r"lacks 1 of 3 naturals \('c'\) and names 1 that is no natural \('d'\)",
    ),
    "a column twice": (pd.DataFrame(A, index=NAMES, columns=list("xxy")), r"duplicated: 'x' \(2 times\)"),
    "structured": (np.zeros(3, dtype=[("x", float), ("y", float)]), "dtype"),
    "masked": (np.ma.array(A, mask=A == 0), "masked entries"),
    "NA": (pd.DataFrame(A, index=NAMES).convert_dtypes().mask(A == 0), "<NA>, not a probability"),
    "rows of arrays": ({name: A[i] for i, name in enumerate(NAMES)}, "the augmentation of 'a' is .*not a distribution"),
}
NO_KERNELS |= with_torch(
    lambda: {
        "no tensor on a device": (torch.empty(3, 3, device="meta"), "cannot be read as numbers"),
    }
)


@pytest.mark.parametrize(("kernel", "message"), NO_KERNELS.values(), ids=NO_KERNELS)
def test_what_is_no_kernel_is_refused(kernel, message):
    with pytest.raises(PopgraphError, match=message):
        pg.build(dict(zip(NAMES, P, strict=True)), kernel)


def test_views_puts_the_columns_of_a_table_in_order_by_name():
    table = pd.DataFrame(A, index=NAMES, columns=VIEWS)
    graph = pg.build(NAMES, table, views=["z", "x", "y"])
    assert np.array_equal(graph.kernel.toarray(), A[:, [2, 0, 1]])
    with pytest.raises(InvalidAugmentation, match="lacks 1 of 3 views"):
        pg.build(NAMES, table, views=["z", "x", "w"])


# ---------------------------------------------------------------- name or position
@given(st.permutations(range(5)), st.booleans())
def test_exactly_the_names_go_by_name_whatever_their_order(order, as_words):
    wanted = [f"v{i}" if as_words else i for i in range(5)]
    positions = positions_by_name("f", [wanted[i] for i in order], wanted, "view")
    assert [order[place] for place in positions] == list(range(5))


@pytest.mark.parametrize(
    "names", [[0, 0, 1], [1, 0, 2], ["a", "b"], ["a", "b", "c", "d"], ["a", "b", "d"], ["a", "a", "b"]]
)
def test_other_names_are_refused_and_never_read_by_position(names):
    with pytest.raises(InvalidArgument, match="names|lacks"):
        positions_by_name("labels", names, ["a", "b", "c"], "natural")


INTEGERS = pg.build([3, 1, 2, 0], {0: {0: 0.9, 1: 0.1}, 1: {1: 0.8, 2: 0.2}, 2: {2: 0.7, 3: 0.3}, 3: {3: 0.6, 0: 0.4}})


@pytest.mark.parametrize(
    "arrange", [lambda f: f, lambda f: f.sort_index(), lambda f: f.iloc[::-1], lambda f: f.rename(index=float)]
)
def test_a_named_f_on_integer_views_goes_by_name(arrange):
    f = pd.DataFrame(INTEGERS.spectrum(2).embedding, index=list(INTEGERS.views))
    assert pg.verify(INTEGERS, arrange(f))
    assert pg.verify(INTEGERS, pd.Series(arrange(f).to_numpy().tolist(), index=arrange(f).index))


F = INTEGERS.spectrum(2).embedding
EMBEDDINGS = {
    "polars": pl.DataFrame(F),
    "pyarrow": pa.table({"a": F[:, 0], "b": F[:, 1]}),
    "scipy sparse": sp.csr_array(F),
    "dok": sp.dok_array(F),
    "longdouble": F.astype(np.longdouble),
    "memoryview": memoryview(F),
    "callable that gives Series": lambda v: pd.Series(F[list(INTEGERS.views).index(v)]),
}
EMBEDDINGS |= with_torch(
    lambda: {
        "gradient": torch.tensor(F, requires_grad=True),
        "sparse tensor": torch.tensor(F).to_sparse(),
        "list of tensors": list(torch.tensor(F, requires_grad=True)),
        "mapping of tensors": {
            v: torch.tensor(row, requires_grad=True) for v, row in zip(INTEGERS.views, F, strict=True)
        },
        "callable that gives tensors": lambda v: torch.tensor(F[list(INTEGERS.views).index(v)], requires_grad=True),
    }
)


@pytest.mark.parametrize("f", EMBEDDINGS.values(), ids=EMBEDDINGS)
def test_f_is_read_from_every_container(f):
    assert pg.verify(INTEGERS, f)


NO_EMBEDDINGS = {
    "None at a view": (lambda v: None if v == 1 else [1.0], r"f\(1\) is None"),
    "ragged": (lambda v: [1.0] * (v + 1), r"f has shape \(2,\) at the view 1, and \(4,\) at 3"),
    "a mapping at a view": (lambda v: {"a": 1}, r"f\(3\) is .*a mapping"),
    "entries with names in other orders": (
        {v: pd.Series([1, 2], index=["p", "q"] if v else ["q", "p"]) for v in range(4)},
        "f names the entries of its vectors",
    ),
    "NA": (
        pd.DataFrame({"a": pd.array([1.0, None, 2, 3]), "b": list("abcd")}, index=list(INTEGERS.views)),
        "it holds 'a' in row 0",
    ),
    "a view too many": ({v: [1.0] for v in [*range(4), 7]}, r"names 1 that is no view \(7\)"),
    "dates": (F.astype("M8[ns]"), "dtype datetime64"),
    "masked": (np.ma.array(F, mask=np.eye(4, 2)), "masked entries"),
    "an empty Series": (pd.Series([], dtype=float), "holds 0 vectors"),
    "transposed": (F.T, r"use f\.T"),
    "a vector": (F[:, 0], r"use f\[:, None\]"),
}


@pytest.mark.parametrize(("f", "message"), NO_EMBEDDINGS.values(), ids=NO_EMBEDDINGS)
def test_what_is_no_embedding_is_refused_with_its_first_offender(f, message):
    with pytest.raises(InvalidEmbedding, match=message):
        pg.verify(INTEGERS, f, 1)


HARD_NAMES = [
    "detach",
    "cpu",
    "pmf",
    "probs",
    "nodes",
    "edges",
    "adj",
    "columns",
    "column_names",
    "dims",
    "indexes",
    "isna",
    "index",
]
HARD_NAMES += [
    "items",
    "values",
    "shape",
    "tocoo",
    "toarray",
    "null_count",
    "itertuples",
    "iloc",
    "as_py",
    "to_series",
    "source",
]


@pytest.mark.parametrize("names", [HARD_NAMES, HARD_NAMES[:2], HARD_NAMES[2:4], HARD_NAMES[4:7], HARD_NAMES[9:11]])
def test_no_container_is_taken_for_what_its_labels_say(names):
    n = len(names)
    p, kernel = pd.Series(1 / n, index=names), pd.DataFrame(np.eye(n), index=names, columns=names)
    graph = pg.build(p, kernel, labels=pd.Series(range(n), index=names))
    assert list(graph.naturals) == list(graph.views) == names
    assert graph.labels.tolist() == list(range(n))
    assert np.array_equal(graph.kernel.toarray(), np.eye(n))
    f = pd.DataFrame(np.eye(n), index=names, columns=names)
    assert pg.verify(graph, f.iloc[::-1], n)
    rows = pd.DataFrame([range(n), range(1, n + 1)], columns=names)
    assert list(pg.Distribution.uniform(rows)) == [tuple(range(n)), tuple(range(1, n + 1))]
    assert pg.Distribution.from_counts(pd.Series(1, index=names)).fractions == dict.fromkeys(names, Fraction(1, n))
    column = pd.DataFrame({names[0]: range(n)}, index=names)
    assert pg.build(names, pg.identity(), labels=column).labels.tolist() == list(range(n))


def test_containers_are_known_by_what_they_can_do():
    class Frame:
        """Has columns, two dimensions and an array, as a table of some library; and no index."""

        columns, shape = ["x", "y"], (2, 2)

        def __array__(self, dtype=None, copy=None):
            return np.eye(2)

        def __len__(self):
            return 2

    assert is_frame(Frame())
    assert index_of(Frame()) is None
    assert pg.build(["a", "b"], Frame()).views == ("x", "y")
    assert is_vector(array.array("d", [1.0]))
    assert not is_vector([1.0])
    assert not is_vector({"a": 1})


# ---------------------------------------------------------------- edges
def lazy_gamma(G, k=5):
    """(1 + μ)/2 with networkx' own normalised Laplacian."""
    return (1 + np.sort(1 - nx.normalized_laplacian_spectrum(G, weight="weight"))[::-1][:k]) / 2


def with_loops():
    G = nx.Graph()
    G.add_weighted_edges_from([("a", "b", 2), ("b", "c", 3), ("c", "c", 5), ("a", "a", 1), ("c", "d", 1)])
    return G


def parallel():
    G = nx.MultiGraph()
    G.add_weighted_edges_from([("a", "b", 2), ("b", "a", 3), ("b", "c", 1), ("c", "c", 2)])
    return G


@pytest.mark.parametrize(
    "make", [nx.karate_club_graph, nx.florentine_families_graph, nx.petersen_graph, with_loops, parallel]
)
def test_a_networkx_graph_is_read_as_its_adjacency(make):
    G = make()
    k = min(5, len(G))
    graph = pg.zoo.edges(G, normalize=True)
    assert list(graph.views) == list(G.nodes)
    assert graph.spectrum(k).gamma == pytest.approx(lazy_gamma(G, k))
    W = nx.to_numpy_array(G)
    assert graph.w == pytest.approx((np.diag(W.sum(axis=1)) + W) / 2 / W.sum())
    triples = list(G.edges(data="weight", default=1))
    forms = [
        triples,
        G.edges(data="weight", default=1),
        pl.DataFrame(triples, schema=["u", "v", "weight"], orient="row"),
    ]
    forms += [pd.DataFrame(triples, columns=["source", "target", "weight"])[["weight", "target", "source"]]]
    if not G.is_multigraph():
        forms.append(G.edges)
    for form in forms:
        other = pg.zoo.edges(form, normalize=True)
        assert set(other.views) == set(G.nodes)
        assert other.spectrum(k).gamma == pytest.approx(lazy_gamma(G, k))


def test_an_attribute_of_the_nodes_gives_the_labels():
    G = nx.karate_club_graph()
    graph = pg.zoo.edges(G, labels="club", normalize=True)
    assert graph.labels.tolist() == [G.nodes[u]["club"] for u, _ in graph.naturals]
    with pytest.raises(InvalidArgument, match="'clb', an attribute that no node of the graph has: did you mean 'club'"):
        pg.zoo.edges(G, labels="clb", normalize=True)
    del G.nodes[0]["club"]
    few = pg.zoo.edges(G, labels="club", normalize=True)
    assert [few.labels[i] for i, (u, _) in enumerate(few.naturals) if u == 0] == [None] * G.degree[0]


ALONE = nx.path_graph(3)
ALONE.add_node("alone")
NO_EDGES = {
    "directed": (nx.DiGraph([(0, 1)]), r"directed; give G\.to_undirected\(\)"),
    "alone": (ALONE, r"without an edge of positive weight, 1 of 4: 'alone'"),
    "only an edge of weight 0": (
        nx.Graph([(0, 1, {"weight": 1}), (1, 2, {"weight": 0})]),
        "positive weight, 1 of 3: 2;",
    ),
    "no weight": (nx.Graph([(0, 1)]).edges(data="weight"), r"the weight of the edge \(0, 1\) is None"),
    "negative": ([(0, 1, -1)], r"the weight of the edge \(0, 1\) is -1"),
    "NaN": (
        pd.DataFrame({"source": [0], "target": [1], "weight": [np.nan]}),
        r"the weight of the edge \(0, 1\) is nan",
    ),
    "columns": (pd.DataFrame({"u": [0], "v": [1], "weight": [1], "colour": [1]}), "give source, target and weight"),
    "a set": ({(0, 1, 2)}, "another order"),
    "not 1": (nx.path_graph(3), "sum to 2, not 1"),
}


@pytest.mark.parametrize(("weights", "message"), NO_EDGES.values(), ids=NO_EDGES)
def test_what_holds_no_edges_is_refused(weights, message):
    with pytest.raises(PopgraphError, match=message):
        pg.zoo.edges(weights)


# ---------------------------------------------------------------- equal by value, and hashed apart
DAY, OTHER = datetime.date(2020, 1, 1), datetime.date(2020, 1, 2)
NUMPY_DAYS = np.array([DAY, OTHER], "M8[D]")


def test_numpys_days_and_pythons_are_one_view_one_name_and_one_class():
    graph = pg.build(NUMPY_DAYS, pg.identity(), labels={OTHER: "b", DAY: "a"})
    assert graph.labels.tolist() == ["a", "b"]
    assert [graph.index(day) for day in (DAY, OTHER, *NUMPY_DAYS)] == [0, 1, 0, 1]
    assert pg.verify(graph, {OTHER: [0.0, 1.0], DAY: [1.0, 0.0]})
    pairs = pg.build(list("abcd"), {"a": {"a": 1}, "b": {"a": 1}, "c": {"c": 1}, "d": {"c": 1}})
    probe = pg.probe(
        pairs, np.eye(2), labels=[NUMPY_DAYS[0], None, NUMPY_DAYS[1], None], test_labels=[DAY, DAY, OTHER, OTHER]
    )
    assert (probe.error, probe.test_error, probe.test_count) == (0, 0, 2)
    assert len(pg.probe(pairs, np.eye(2), labels=[NUMPY_DAYS[0], DAY, NUMPY_DAYS[1], OTHER]).classes) == 2
    assert labelling.disagreement(pairs, [DAY, OTHER], labels=NUMPY_DAYS[[0, 0, 1, 1]]) == 0
    with pytest.raises(InvalidDistribution, match="dates of numpy beside others"):
        pg.Distribution.from_samples([NUMPY_DAYS[0], DAY])


@pytest.mark.parametrize("half", [sympy.Rational(1, 2), flint.fmpq(1, 2)])
def test_rationals_of_other_libraries_are_pythons_own(half):
    assert list(pg.Distribution.from_samples([half, Fraction(1, 2)])) == [Fraction(1, 2)]
    graph = pg.build([half, "b"], pg.identity())
    assert graph.index(Fraction(1, 2)) == graph.index(half) == 0
    assert len(pg.probe(graph, np.eye(2), labels=[half, Fraction(1, 2)]).classes) == 1


def test_complex_numbers_that_equal_a_coordinate_are_it():
    cube = pg.zoo.hypercube(3)
    assert (0, 0, 1 + 0j) in cube.views
    assert (0, 0, 1 + 1j) not in cube.views


MULTI = pd.MultiIndex.from_tuples([(1, 2), (2, 3)])


def test_the_entries_of_a_multiindex_are_tuples():
    assert list(pg.Distribution.uniform(MULTI)) == [(1, 2), (2, 3)]
    assert pg.build(["a", "b"], np.eye(2), views=MULTI).views == ((1, 2), (2, 3))


LACKING = {
    "a table of polars": lambda: pg.Distribution.uniform(pl.DataFrame({"a": ["x", None]})),
    "a table of pyarrow": lambda: pg.Distribution.from_samples(pa.table({"a": [1, None]})),
    "edges": lambda: pg.zoo.edges(pa.table({"u": ["a", None], "v": ["b", "c"], "w": [0.5, 0.5]})),
}


@pytest.mark.parametrize("make", LACKING.values(), ids=LACKING)
def test_a_missing_entry_of_a_table_is_no_outcome(make):
    with pytest.raises(InvalidDistribution, match="row 1 of the table is .*None.*with a missing entry"):
        make()


def test_the_first_missing_entry_is_named():
    with pytest.raises(InvalidDistribution, match="2 of 3 entries of the Series are missing, the first at 'b'"):
        pg.build(pd.Series([0.5, None, None], index=NAMES), pg.identity())


def test_columns_of_lists_are_embeddings():
    for f in (pl.Series(F.tolist()), pa.array(F.tolist())):
        assert pg.verify(INTEGERS, f)
    assert pg.verify(INTEGERS, lambda v: sp.csr_array(F[[list(INTEGERS.views).index(v)]]))


def test_an_array_of_edges_is_read_as_its_rows():
    triples = np.array([[0, 1, 2], [1, 2, 3], [2, 2, 1]])
    assert pg.zoo.edges(triples, normalize=True).spectrum(3).gamma == pytest.approx(
        pg.zoo.edges([tuple(row) for row in triples.tolist()], normalize=True).spectrum(3).gamma
    )
    with pytest.raises(InvalidArgument, match=r"weights is a sparse matrix of shape \(3, 3\); give networkx"):
        pg.zoo.edges(sp.eye_array(3))


def test_a_misspelt_view_is_answered_with_the_nearest():
    with pytest.raises(InvalidAugmentation, match="did you mean 'dog'"):
        pg.build(["cat", "dog"], pg.identity(), views=["cat", "dgo"])


def test_w_is_made_once_in_a_training(monkeypatch):
    made = []
    monkeypatch.setattr(scaled, "positive_pairs", lambda *given: made.append(1) or positive_pairs(*given))
    training = pg.train(INTEGERS, 2, loss=pg.losses.infonce, rng=0, steps=30)
    assert len(made) == 1
    assert training.loss[-1] == pytest.approx(pg.losses.infonce.value(INTEGERS.factor, INTEGERS.w_x, training.f))


def test_nan_is_no_perfect_factorisation():
    assert math.isnan(pg.losses.matrix_factorisation(INTEGERS.factor, np.full((4, 1), np.nan)))
