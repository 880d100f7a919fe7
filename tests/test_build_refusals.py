"""What is no population is refused by `build`, in one sentence that names the offender and the mend."""

import re
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse as sp
from cases import KERNEL, NATURALS, VIEWS, P
from extras import need

import popgraph as pg
from popgraph import Distribution, build, identity
from popgraph.basics.arguments import outcomes as outcome_readers
from popgraph.errors import InvalidArgument, InvalidAugmentation, InvalidDistribution

pd = need("pandas")

# --- what is refused, and how

DISTRIBUTION_FAULTS = [
    ({"cat": -0.5, "dog": 1.5}, "the probability of 'cat' is -0.5; probabilities must not be negative"),
    ({"cat": np.nan}, "the probability of 'cat' is nan; probabilities must be finite"),
    ({"cat": np.inf}, "the probability of 'cat' is inf; probabilities must be finite"),
    ({"cat": 0.5, "dog": 0.4}, "probabilities sum to 0.9, not 1 ('cat': 0.5, 'dog': 0.4); pass normalize=True"),
    (pd.Series({"cat": 0.5, "dog": 0.25}), "probabilities sum to 0.75, not 1 ('cat': 0.5, 'dog': 0.25); pass norm"),
    (pd.Series([0.5, 0.5], index=["cat", "cat"]), "outcome 'cat' is declared twice"),
    (np.array([0.5, 0.4]), "probabilities sum to 0.9, not 1 (0: 0.5, 1: 0.4); pass normalize=True"),
    (np.array([1.5, -0.5]), "the probability of 1 is -0.5; probabilities must not be negative"),
    (np.array([1j]), "the probability of 0 is 1j, not a probability"),
    (np.array([0.5, np.nan]), "the probability of 1 is nan; probabilities must be finite"),
    (np.array([0.5, 0.0, 0.5]), "the probability of natural 1 is 0; naturals need p > 0: leave out these entries"),
    (np.array([[0.5, 0.5]]), "the distribution is an array of shape (1, 2); a probability vector has shape (n,)"),
    (np.array(1.0), "the distribution is an array of shape (); a probability vector has shape (n,)"),
    (np.array([]), "a distribution needs at least one outcome; got none"),
    ({}, "a distribution needs at least one outcome; got none"),
    ([], "a distribution needs at least one outcome; got none"),
    ([0.5, 0.5], "a list of numbers in [0, 1], which could be outcomes or probabilities; give numpy.array(...)"),
    ((1 / 3, 1 / 3, 1 / 3), "or Distribution.uniform(...) for equally likely outcomes"),
    (["cat", "dog", "cat"], "outcomes are duplicated: 'cat' (2 times)"),
    ([["cat"]], "outcome 0 is ['cat'], a list, which cannot be hashed; wrap it in tuple(...)"),
    ([np.eye(2)], "which cannot be hashed; wrap it in popgraph.images.Image(...)"),
    ([{"cat"}], "outcome 0 is {'cat'}, a set, which cannot be hashed; wrap it in frozenset(...)"),
    ("cat", "'cat' is a str, not a distribution; give a Distribution, a mapping outcome -> probability"),
    (None, "None is a NoneType, not a distribution"),
    (3, "3 is a int, not a distribution"),
]


@pytest.mark.parametrize(
    ("distribution", "message"), DISTRIBUTION_FAULTS, ids=[message[:50] for _, message in DISTRIBUTION_FAULTS]
)
def test_what_is_no_distribution_is_named_with_its_mend(distribution, message):
    with pytest.raises(InvalidDistribution, match=re.escape(message)):
        build(distribution, identity())


def test_the_mends_of_an_ambiguous_list_work():
    assert build(np.array([0.5, 0.5]), identity()).naturals == (0, 1)
    assert build(Distribution.uniform([0.25, 0.75]), identity()).naturals == (0.25, 0.75)


def test_an_endless_iterable_is_refused(monkeypatch):
    monkeypatch.setattr(outcome_readers, "OUTCOME_LIMIT", 100)

    def endless():
        yield from range(1000)
        pytest.fail("read on after the limit")

    with pytest.raises(InvalidDistribution, match="is this iterable endless"):
        build(endless(), identity())


AUGMENTATION_FAULTS = [
    (lambda x: x, "the augmentation of 'a' is 'a', a str, not a distribution; return a mapping view -> probability"),
    (lambda x: {"x": 1} if x == "a" else None, "the augmentation of 'b' is None, a NoneType, not a distribution"),
    (lambda x: {"x": 1} if x == "a" else {}, "the augmentation of 'b' is no distribution: a distribution needs at"),
    (lambda x: {"x": 0.5, "y": 0.4}, "the augmentation of 'a' is no distribution: probabilities sum to 0.9, not 1"),
    (lambda x: {"x": -1, "y": 2}, "the augmentation of 'a' is no distribution: the probability of 'x' is -1"),
    ({"a": {"x": 1}}, "the augmentation has no row for the natural 'b'; it has 'a'"),
    ({"a": {"x": 1}, "b": "x"}, "the augmentation of 'b' is 'x', a str, not a distribution"),
    ({"a": {"x": 1}, "b": {"x": np.inf}}, "the augmentation of 'b' is no distribution: the probability of 'x' is inf"),
    (None, "an augmentation is a callable natural -> distribution; got None, a NoneType"),
    ("rotate", "an augmentation is a callable natural -> distribution; got 'rotate', a str"),
    (np.eye(3), "the kernel matrix has shape (3, 3); 2 naturals need 2 rows, a column for each view"),
    (np.ones(2), "the kernel matrix has shape (2,); 2 naturals need 2 rows, a column for each view"),
    (np.ones((2, 1, 1)), "the kernel matrix has shape (2, 1, 1); 2 naturals need 2 rows"),
    (sp.csr_array((1, 4)), "the kernel matrix has shape (1, 4); 2 naturals need 2 rows"),
    ([[1, 0], [1]], "the kernel matrix has rows of different lengths; every row needs an entry for each view"),
    ([["1/2", "1/2"], ["1"]], "the kernel matrix has rows of different lengths"),
    ([[], []], "2 of 2 kernel rows do not sum to 1: the row of 'a' to 0, the row of 'b' to 0"),
    ([[1, 0], [1.5, -0.5]], "the kernel matrix has negative entries: -0.5 in the row of 'b', column 1"),
    (sp.csc_array([[1, 0], [2, -1]]), "the kernel matrix has negative entries: -1 in the row of 'b', column 1"),
    ([[1, 0], [np.nan, 1]], "the kernel matrix has entries that are not finite: nan in the row of 'b', column 0"),
    ([[np.inf, 0], [0, 1]], "the kernel matrix has entries that are not finite: inf in the row of 'a', column 0"),
    ([[0.5, 0.4], [0, 1]], "1 of 2 kernel rows do not sum to 1: the row of 'a' to 0.9; pass normalize=True to rescale"),
    ([["1/2", "1/3"], [0, 1]], "the row of 'a' is no distribution: probabilities sum to 5/6, not 1"),
    ([["half", "1/2"], [0, 1]], "the row of 'a' is no distribution: the probability of 0 is 'half', not a probability"),
    ([[1j, 0], [0, 1]], "the row of 'a' is no distribution: the probability of 0 is 1j, not a probability"),
    (
        [[0, 1, 0, 0], [0, 1, 0, 0]],
        "3 of 4 columns are reached from no natural, so they are no views: 0, 2, 3; pass drop_unreachable=True",
    ),
    (
        pd.DataFrame([[1, 0], [1, 0]], index=["a", "b"], columns=["x", "y"]),
        "1 of 2 columns are reached from no natural, so they are no views: 1 ('y'); pass drop_unreachable=True",
    ),
    (
        pd.DataFrame(np.eye(2), index=["a", "c"]),
        "the kernel table lacks 1 of 2 naturals ('b') and names 1 that is no natural ('c')",
    ),
]


@pytest.mark.parametrize(
    ("augmentation", "message"), AUGMENTATION_FAULTS, ids=[message[:60] for _, message in AUGMENTATION_FAULTS]
)
def test_what_is_no_augmentation_is_named_with_its_mend(augmentation, message):
    with pytest.raises(InvalidAugmentation, match=re.escape(message)):
        build(["a", "b"], augmentation)


TINY = Fraction(1, 10**400)  # less than the least positive float, 5e-324
HALVES = [[0.5, 0.5]]
TWICE = pd.DataFrame([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]], index=["a", "a", "b"])
NO_FLOAT = "too small|float"  # else a view would have w_x = 0, and the exact kernel more entries than the float one
REFUSED = [  # call, exception, sentence
    (lambda: build([Fraction(1, 3), Fraction(2, 3)], np.eye(2)), InvalidDistribution, "could be outcomes or probabilities"),
    (lambda: build([Decimal("0.3"), Decimal("0.7")], np.eye(2)), InvalidDistribution, "could be outcomes or probabilities"),
    (lambda: build(range(9), np.full((9, 1), 0.5)), InvalidAugmentation,
     "9 of 9 kernel rows .*the row of 4 to 0.5 and 4 more; pass normal"),
    (lambda: build(range(2), np.eye(9)[[0, 0]]), InvalidAugmentation, "8 of 9 columns .*: 1, 2, 3, 4, 5 and 3 more; pass drop"),
    (lambda: build(["a"], np.zeros((1, 2)), normalize=True), InvalidAugmentation, "row of 'a'"),
    (lambda: build(["a"], [[0, 0]], normalize=True), InvalidAugmentation, "row of 'a'"),
    (lambda: build(["a"], [["0", 0]], normalize=True), InvalidAugmentation, "row of 'a'"),
    (lambda: build(["a", "b"], {"a": {"x": 1}, "b": {"x": -1}}, normalize=True), InvalidAugmentation,
     "'b' is no distribution: the probability of 'x' is -1"),
    (lambda: build({"a": 0.5, "b": 0.5}, TWICE), InvalidArgument, "'a'"),
    (lambda: build(["a"], HALVES, views=VIEWS[:1]), InvalidAugmentation, "the kernel matrix has 2 columns; views= names 1"),
    (lambda: build(["a"], HALVES, views=VIEWS[:3]), InvalidAugmentation, "the kernel matrix has 2 columns; views= names 3"),
    (lambda: build(["a"], HALVES, views=[["x"], ["y"]]), InvalidArgument,
     r"\['x'\], a list, which cannot be hashed; wrap it in tuple"),
    (lambda: build(P, KERNEL, views=VIEWS[:-1]), InvalidAugmentation, "views= lacks 1 of 3 views"),
    (lambda: build(P, KERNEL, views=[*VIEWS, "w"]), InvalidAugmentation,
     "views= names 1 that is no view \\('w'\\).*drop_unreachable=True leaves out"),
    (lambda: build(P, identity(), views=VIEWS), InvalidAugmentation,
     "views= lacks 3 of 3 views \\('a', 'b', 'c'\\) and names"),
    (lambda: build(np.array([0.5, 0.5]), pd.DataFrame(np.eye(3), index=NATURALS)), InvalidDistribution,
     "2 probabilities for 3 naturals; give one for each"),
    (lambda: build({"a": 1, "b": 0}, [[1.0], [1.0]]), InvalidAugmentation, "outcomes of probability 0 are not naturals"),
    (lambda: build({"a": TINY, "b": 1 - TINY}, lambda natural: {natural: 1}), InvalidArgument, NO_FLOAT),
    (lambda: build(["a"], {"a": {"x": Fraction(1, 2), "y": TINY, "z": Fraction(1, 2) - TINY}}), InvalidArgument, NO_FLOAT),
    (lambda: build(np.array([1e-200, 1.0]), [[1e-200, 1.0], [0.0, 1.0]]), InvalidArgument, NO_FLOAT),
]  # fmt: skip


@pytest.mark.parametrize(
    ("call", "exception", "sentence"), REFUSED, ids=[f"{i} {of[2][:40]}" for i, of in enumerate(REFUSED)]
)
def test_what_cannot_be_built_is_refused_in_a_sentence(call, exception, sentence):
    with pytest.raises(exception, match=sentence):
        call()


def test_names_of_views_are_different():
    with pytest.raises(InvalidArgument, match=r"duplicated: 'x' \(2 times\)") as caught:
        build(["a"], [[0.5, 0.5]], views=["x", "x"])
    assert "from_samples" not in str(caught.value)  # no mend for names of columns


def test_an_augmentation_that_draws_is_refused():
    generator = np.random.default_rng(0)
    message = "gave two answers for the natural 'a': .*, then .*; it must return the whole distribution of views"
    with pytest.raises(InvalidAugmentation, match=message):
        build(["a"], lambda natural: {natural + str(generator.random()): 1})


def test_each_natural_is_asked_about_twice_and_a_table_is_trusted():
    asked = []
    build(["a", "b"], lambda natural: asked.append(natural) or {natural: 1})
    assert asked == ["a", "a", "b", "b"]


def test_an_error_in_the_user_s_function_names_the_natural():
    with pytest.raises(KeyError) as caught:
        build(["a", "d"], lambda natural: KERNEL[natural])
    assert any("'d'" in note for note in caught.value.__notes__)


def test_populations_can_be_compared():
    first, second = (build(P, KERNEL).population for _ in range(2))
    assert first == first
    assert (first == second) in (True, False)


def test_the_name_and_the_signature_are_the_package_s():
    assert pg.build is build
    assert repr(build(["a", "b"], identity(), name="two")).startswith("PopulationGraph(two: ")
