"""`build`: every form of a population reaches the same graph, and what is no population is refused by name."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import popgraph as pg
from popgraph import Distribution
from popgraph.errors import InvalidArgument, InvalidAugmentation, InvalidDistribution

P = {"a": 0.5, "b": 0.25, "c": 0.25}
TABLE = {"a": {"a": 0.75, "x": 0.25}, "b": {"x": 0.5, "y": 0.5}, "c": {"y": 1.0}}
A = np.array([[0.75, 0.25, 0.0], [0.0, 0.5, 0.5], [0.0, 0.0, 1.0]])
EXACT = [["3/4", Fraction(1, 4), 0], [0, Decimal("0.5"), "1/2"], [0, 0, 1]]


def step(natural):
    return TABLE[natural]


DISTRIBUTIONS = {
    "Distribution": Distribution(P),
    "mapping": P,
    "strings": {"a": "1/2", "b": "1/4", "c": "0.25"},
    "Series": pd.Series(P),
    "vector": np.array([0.5, 0.25, 0.25]),
    "object vector": np.array([Fraction(1, 2), Fraction(1, 4), Decimal("0.25")]),
    "integer weights": np.array([2, 1, 1]),
}
AUGMENTATIONS = {
    "Augmentation": pg.Augmentation(step),
    "callable": step,
    "mapping of mappings": TABLE,
    "mapping of distributions": {x: Distribution(row) for x, row in TABLE.items()},
    "array": A,
    "nested lists": A.tolist(),
    "fractions": EXACT,
    "integer array": np.array([[3, 1, 0], [0, 1, 1], [0, 0, 1]]),
    "csr_array": sp.csr_array(A),
    "csc_array": sp.csc_array(A),
    "coo_matrix": sp.coo_matrix(A),
    "DataFrame": pd.DataFrame(A, index=list("abc"), columns=["a", "x", "y"]),
    "shuffled DataFrame": pd.DataFrame(A, index=list("abc"), columns=["a", "x", "y"]).loc[["c", "a", "b"]],
}
BY_NAME = ("Augmentation", "callable", "mapping of mappings", "mapping of distributions")


# A vector's naturals are 0, 1, 2, or a table's rows in their order; a table by name does not know those.
PAIRS = [
    (distribution, augmentation)
    for distribution in DISTRIBUTIONS
    for augmentation in AUGMENTATIONS
    if not isinstance(DISTRIBUTIONS[distribution], np.ndarray) or augmentation not in (*BY_NAME, "shuffled DataFrame")
]


@pytest.mark.parametrize(("distribution", "augmentation"), PAIRS)
def test_every_form_reaches_the_same_arrays(distribution, augmentation):
    declared = DISTRIBUTIONS[distribution]
    weights = "integer" in distribution + augmentation
    graph = pg.build(declared, AUGMENTATIONS[augmentation], normalize=weights)
    np.testing.assert_array_equal(graph.p, [0.5, 0.25, 0.25])
    np.testing.assert_array_equal(graph.kernel.toarray(), A)
    np.testing.assert_allclose(graph.w_x, graph.p @ A, rtol=1e-15)
    if not isinstance(declared, np.ndarray):
        assert graph.naturals == ("a", "b", "c")
    if augmentation in BY_NAME or "DataFrame" in augmentation:
        assert list(graph.views) == ["a", "x", "y"]
    else:
        assert list(graph.views) == [0, 1, 2]


def test_a_sequence_lists_equally_likely_naturals():
    for naturals in (["a", "b"], ("a", "b"), np.array(["a", "b"]), iter(["a", "b"]), range(2)):
        assert pg.build(naturals, pg.identity()).p.tolist() == [0.5, 0.5]


def test_exact_declarations_stay_exact_and_floats_are_not_promoted():
    exact = pg.build({"a": "1/2", "b": "1/4", "c": "1/4"}, EXACT)
    assert exact.exact
    assert exact.explain(1, 1).value == Fraction(1, 2) * Fraction(1, 4) ** 2 + Fraction(1, 4) * Fraction(1, 2) ** 2
    assert pg.build(np.array([2, 1, 1]), np.array([[3, 1, 0], [0, 1, 1], [0, 0, 1]]), normalize=True).exact
    assert not pg.build(P, EXACT).exact
    assert not pg.build({"a": "1/2", "b": "1/4", "c": "1/4"}, A).exact
    assert not pg.build(range(1), [[0.5, "1/2"]]).exact


def test_huge_integer_weights_are_read_exactly():
    graph = pg.build(range(1), np.array([[2**62, 2**61]]), normalize=True)
    assert graph.explain(0, 0).value == Fraction(4, 9)
    graph = pg.build(range(1), [[10**30, 2 * 10**30]], normalize=True)
    assert graph.explain(1, 1).value == Fraction(4, 9)


def test_views_come_natural_by_natural_with_the_natural_itself_first():
    """THEORY 1; a matrix keeps the order of its columns."""
    rows = {"b": {"y": "1/2", "b": "1/4", "x": "1/4"}, "a": {"x": "1/2", "z": "1/2"}}
    assert list(pg.build(["b", "a"], rows).views) == ["b", "y", "x", "z"]
    assert list(pg.build(["b", "a"], [[0.5, 0.5], [0, 1]], views=["y", "a"]).views) == ["y", "a"]


def test_nothing_is_renormalised_silently():
    p, kernel = np.array([0.5, 0.5 - 1e-10]), np.array([[0.5, 0.5 - 1e-10], [0.0, 1.0]])
    graph = pg.build(p, kernel)
    np.testing.assert_array_equal(graph.p, p)
    np.testing.assert_array_equal(graph.kernel.toarray(), kernel)
    np.testing.assert_allclose(graph.spectrum(2).gamma, np.linalg.eigvalsh(graph.adjacency)[::-1], atol=1e-15)
    assert graph.spectrum(1).gamma[0] == pytest.approx(1, abs=1e-15)  # √w_x is an eigenvector all the same


@pytest.mark.parametrize("form", [np.array, sp.csr_array, sp.csr_matrix, sp.coo_array])
def test_the_users_matrix_is_neither_changed_nor_frozen(form):
    given = form(np.array([[2.0, 0.0], [1.0, 1.0]]))
    pg.build(np.array([0.5, 0.5]), given, normalize=True)
    data = given if form is np.array else given.data
    data *= 1.0
    assert (given if form is np.array else given.toarray()).tolist() == [[2, 0], [1, 1]]


def test_indices_are_32_bit_wherever_they_fit():
    wide = sp.csr_array(A)
    wide.indices, wide.indptr = wide.indices.astype(np.int64), wide.indptr.astype(np.int64)
    graph = pg.build(P, wide)
    for matrix in (graph.kernel, graph.factor, graph.weight_matrix("csr")):
        assert matrix.indices.dtype == matrix.indptr.dtype == np.int32


def test_duplicate_and_zero_entries_of_a_sparse_matrix_are_merged():
    rows, columns, data = [0, 0, 0, 1], [1, 1, 0, 0], [0.25, 0.75, 0.0, 1.0]
    graph = pg.build(range(2), sp.coo_array((data, (rows, columns)), shape=(2, 2)))
    assert graph.kernel.toarray().tolist() == [[0, 1], [1, 0]]
    assert graph.kernel.nnz == 2


def test_unreachable_columns_can_be_dropped():
    kernel = [[0.5, 0, 0.5, 0], [0.5, 0, 0.5, 0]]
    graph = pg.build(range(2), kernel, views=list("wxyz"), drop_unreachable=True)
    assert graph.views == ("w", "y")
    assert graph.kernel.toarray().tolist() == [[0.5, 0.5], [0.5, 0.5]]


def test_labels_may_be_a_sequence_or_a_mapping():
    for labels in ([0, 1, 1], {"c": 1, "b": 1, "a": 0, "unused": 7}, np.array([0, 1, 1])):
        assert pg.build(P, TABLE, labels=labels).labels.tolist() == [0, 1, 1]


def lying():
    answers = iter([{"x": 1}, {"y": 1}] * 4)
    return lambda natural: next(answers)


BAD = {
    "array of probabilities": (
        np.eye(2),
        TABLE,
        {},
        InvalidDistribution,
        r"an array of shape \(2, 2\); a probability vector has",
    ),
    "ambiguous": ([0.5, 0.5], A, {}, InvalidDistribution, "could be outcomes or probabilities; give numpy.array"),
    "string": (
        "abc",
        TABLE,
        {},
        InvalidDistribution,
        "'abc' is a str, not a distribution; give a Distribution, a mapping",
    ),
    "number": (3, TABLE, {}, InvalidDistribution, "3 is a int, not a distribution"),
    "p is 0": (
        np.array([1.0, 0.0]),
        np.eye(2),
        {},
        InvalidDistribution,
        "the probability of natural 1 is 0; naturals need p > 0",
    ),
    "complex": (np.array([1j]), [[1]], {}, InvalidDistribution, "not a probability"),
    "sum": (
        np.array([0.5, 0.4]),
        np.eye(2),
        {},
        InvalidDistribution,
        r"sum to 0.9, not 1 \(0: 0.5, 1: 0.4\); pass normalize=True",
    ),
    "weights": (np.array([2, 1]), np.eye(2), {}, InvalidDistribution, "sum to 3, not 1"),
    "vector and table": (
        np.array([0.5, 0.5]),
        pd.DataFrame(A),
        {},
        InvalidDistribution,
        "there are 2 probabilities for 3 naturals",
    ),
    "unhashable": ([[1], [2]], TABLE, {}, InvalidDistribution, "which cannot be hashed; wrap it in tuple"),
    "duplicated": (["a", "a"], TABLE, {}, InvalidDistribution, r"outcomes are duplicated: 'a' \(2 times\)"),
    "no row": (
        ["a", "q"],
        TABLE,
        {},
        InvalidAugmentation,
        "the augmentation has no row for the natural 'q'; it has 'a', 'b', 'c'",
    ),
    "no distribution": (
        ["a"],
        {"a": 3},
        {},
        InvalidAugmentation,
        "the augmentation of 'a' is 3, a int, not a distribution",
    ),
    "a row's sum": (
        ["a"],
        {"a": {"x": 0.5}},
        {},
        InvalidAugmentation,
        "the augmentation of 'a' is no distribution: probabilities sum",
    ),
    "lying": (["a"], lying(), {}, InvalidAugmentation, "gave two answers for the natural 'a'.*not draw from it"),
    "not callable": (["a"], 3, {}, InvalidAugmentation, "an augmentation is a callable natural -> distribution; got 3"),
    "rows": (["a", "b"], A, {}, InvalidAugmentation, r"the kernel matrix has shape \(3, 3\); 2 naturals need 2 rows"),
    "vector": (["a", "b"], [0.5, 0.5], {}, InvalidAugmentation, r"the kernel matrix has shape \(2,\)"),
    "ragged": (["a", "b"], [[1.0], [0.5, 0.5]], {}, InvalidAugmentation, "rows of different lengths"),
    "row sum": (
        ["a", "b"],
        [[0.5, 0.4], [0, 1]],
        {},
        InvalidAugmentation,
        "1 of 2 kernel rows do not sum to 1: the row of 'a' to 0.9",
    ),
    "empty row": (
        ["a", "b"],
        [[0.0, 0], [0, 1]],
        {"normalize": True},
        InvalidAugmentation,
        "an empty row cannot be rescaled",
    ),
    "negative": (["a"], [[1.5, -0.5]], {}, InvalidAugmentation, "negative entries: -0.5 in the row of 'a', column 1"),
    "nan": (["a"], [[np.nan, 1]], {}, InvalidAugmentation, "not finite: nan in the row of 'a', column 0"),
    "complex matrix": (["a"], [[1 + 0j]], {}, InvalidAugmentation, "the row of 'a' is no distribution"),
    "text matrix": (["a"], [["one"]], {}, InvalidAugmentation, "the probability of 0 is 'one', not a probability"),
    "unreachable": (
        ["a"],
        [[1.0, 0, 0]],
        {"views": "xyz"},
        InvalidAugmentation,
        r"2 of 3 columns are reached from no natural, so they are no views: 1 \('y'\), 2 \('z'\); pass drop_unreachable=True",
    ),
    "view names": (["a"], [[0.5, 0.5]], {"views": ["x"]}, InvalidAugmentation, "has 2 columns; views= names 1"),
    "same view names": (["a"], [[0.5, 0.5]], {"views": "xx"}, InvalidDistribution, "outcomes are duplicated: 'x'"),
    "views of a table": (
        ["a"],
        TABLE,
        {"views": ["x"]},
        InvalidAugmentation,
        "views= names the columns of a kernel matrix",
    ),
    "table row": (["q"], pd.DataFrame(A, index=list("abc")), {}, InvalidAugmentation, "no row for the natural 'q'"),
    "labels": (
        P,
        TABLE,
        {"labels": [0, 1]},
        InvalidArgument,
        r"labels has shape \(2,\); 3 naturals need one label each",
    ),
    "label mapping": (P, TABLE, {"labels": {"a": 0}}, InvalidArgument, "no label for 2 of 3 naturals: 'b', 'c'"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_population_is_refused(name):
    distribution, augmentation, options, error, message = BAD[name]
    with pytest.raises(error, match=message):
        pg.build(distribution, augmentation, **options)


def test_of_many_offenders_five_are_named_and_the_rest_counted():
    with pytest.raises(
        InvalidAugmentation, match=r"9 of 9 kernel rows do not sum to 1: .*the row of 4 to 0.5 and 4 more"
    ):
        pg.build(range(9), np.full((9, 1), 0.5))


def test_a_random_callable_is_found_out():
    """A user's mistake of old: an augmentation that draws a view instead of returning the distribution."""
    generator = np.random.default_rng(0)
    with pytest.raises(InvalidAugmentation, match="gave two answers for the natural"):
        pg.build(range(20), pg.apply(lambda i: i + int(generator.integers(100)), "1/2"))
