"""`Distribution`: exact arithmetic, mapping behaviour, sampling, and what is refused."""

import copy
import pickle
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from itertools import count

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import popgraph as pg
from popgraph import Distribution
from popgraph.errors import InvalidDistribution

weights = st.dictionaries(st.integers(0, 9), st.integers(0, 50), min_size=1).filter(lambda w: sum(w.values()) > 0)


@given(weights)
def test_int_weights_become_exact_fractions(w):
    d = Distribution(w, normalize=True)
    total = sum(w.values())
    assert d.fractions == {x: Fraction(n, total) for x, n in w.items() if n}
    assert sum(d.numerators) == d.denominator
    np.testing.assert_array_equal(d.probabilities, [n / total for n in w.values() if n])
    assert d == Distribution.from_counts(w)


@pytest.mark.parametrize("third", ["1/3", Fraction(1, 3)])
@pytest.mark.parametrize("rest", ["2/3", Fraction(2, 3)])
def test_fractions_and_strings_are_exact(third, rest):
    d = Distribution({"a": third, "b": rest})
    assert (d.numerators, d.denominator) == ((1, 2), 3)
    assert d["a"] == 1 / 3


@pytest.mark.parametrize(
    ("quarter", "rest"), [(Decimal("0.25"), Decimal("0.75")), ("0.25", "3/4"), (Decimal("0.25"), Fraction(3, 4))]
)
def test_decimals_are_exact(quarter, rest):
    assert Distribution({"a": quarter, "b": rest}).fractions == {"a": Fraction(1, 4), "b": Fraction(3, 4)}


def test_one_float_makes_all_of_them_floats():
    d = Distribution({"a": "1/2", "b": 0.5})
    assert not d.exact
    assert d.numerators is None
    with pytest.raises(
        InvalidDistribution, match="declared with floats, which are not promoted to fractions; declare it with"
    ):
        _ = d.fractions


def test_nothing_is_renormalised_silently():
    missing = {"a": 0.5, "b": 0.5 - 1e-10}
    assert Distribution(missing).probabilities.tolist() == [0.5, 0.5 - 1e-10]
    assert Distribution(missing, normalize=True)["a"] == 0.5 / (1 - 1e-10)
    near = Distribution({"a": Decimal("0.3333333333"), "b": Decimal("0.6666666666")})
    assert not near.exact  # its decimals sum to 0.9999999999: accepted, but no exact distribution


def test_a_distribution_is_its_support():
    d = Distribution({"a": 0, "b": 1, "c": 0.0})
    assert d.outcomes == ("b",)
    assert d.get("a", 0.0) == 0.0
    assert "a" not in d


def test_it_is_a_mapping_in_the_order_declared():
    d = Distribution([("b", "1/2"), ("a", "1/3"), ("c", "1/6")])
    assert list(d) == list(d.keys()) == ["b", "a", "c"]
    assert dict(d) == dict(d.items()) == {"b": 1 / 2, "a": 1 / 3, "c": 1 / 6}
    assert len(d) == 3
    with pytest.raises(KeyError):
        d["x"]


@given(weights, weights)
def test_equality_is_that_of_the_laws(v, w):
    one, other = Distribution(v, normalize=True), Distribution(w, normalize=True)
    assert (one == other) == (one.fractions == other.fractions)
    if one == other:
        assert hash(one) == hash(other)
    assert one == dict(reversed(list(one.items())))


@given(weights)
def test_map_merges_exactly(w):
    d = Distribution(w, normalize=True)
    parity = d.map(lambda x: x % 2)
    for bit in parity:
        assert parity.fractions[bit] == sum(p for x, p in d.fractions.items() if x % 2 == bit)


@given(weights, weights, weights)
def test_through_is_the_law_of_total_probability_and_associative(u, v, w):
    d = Distribution(u, normalize=True)
    steps, factors = Distribution(v, normalize=True), Distribution(w, normalize=True)

    def first(x):
        return steps.map(lambda y: (x + y) % 7)

    def second(x):
        return factors.map(lambda y: (x * y) % 7)

    mixed = d.through(first)
    for x in mixed:
        assert mixed.fractions[x] == sum(p * first(o).fractions.get(x, 0) for o, p in d.fractions.items())
    assert d.through(first).through(second) == d.through(lambda x: first(x).through(second))


def test_through_stays_exact_and_turns_float_with_any_float():
    coin = Distribution.uniform([0, 1])
    assert coin.through(lambda x: Distribution({x: "1/3", 2: "2/3"})).exact
    mixed = coin.through(lambda x: Distribution({x: 0.25, 2: 0.75}))
    assert not mixed.exact
    assert mixed[2] == 0.75


def test_samples_have_the_frequencies_of_the_law():
    d = Distribution({"a": 0.5, "b": 0.3, "c": 0.2})
    size = 100_000
    seen = Counter(d.sample(size, rng=1))
    for outcome, p in d.items():
        assert abs(seen[outcome] - size * p) < 5 * np.sqrt(size * p * (1 - p))
    assert d.sample(5, rng=3) == d.sample(5, rng=3)
    assert d.sample(0) == []


def test_samples_and_counts_make_the_empirical_law():
    assert Distribution.from_samples(["b", "a", "b"]).fractions == {"b": Fraction(2, 3), "a": Fraction(1, 3)}
    assert Distribution.from_samples(np.array([3, 3, 1])).outcomes == (3, 1)
    assert Distribution.uniform(np.array(["x", "y"])).outcomes == ("x", "y")


def test_a_pandas_series_is_read_by_its_index():
    import pandas as pd

    assert Distribution(pd.Series({"a": 0.25, "b": 0.75})) == {"a": 0.25, "b": 0.75}
    with pytest.raises(InvalidDistribution, match="outcome 'a' is declared twice"):
        Distribution(pd.Series([0.5, 0.5], index=["a", "a"]))


def test_values_cannot_be_changed():
    d = Distribution.uniform("ab")
    with pytest.raises(ValueError, match="read-only"):
        d.probabilities[0] = 1
    with pytest.raises(AttributeError):
        d.outcomes = ()


def test_copies_are_equal():
    d = Distribution({"a": "1/3", pg.Image([[1, 0]]): "2/3"})
    assert copy.deepcopy(d) == pickle.loads(pickle.dumps(d)) == d


BAD = {
    "negative": ({"a": -0.5, "b": 1.5}, "the probability of 'a' is -0.5; probabilities must not be negative"),
    "nan": ({"a": float("nan"), "b": 1}, "the probability of 'a' is nan; probabilities must be finite"),
    "infinite": ({"a": np.inf}, "the probability of 'a' is inf; probabilities must be finite"),
    "decimal nan": ({"a": Decimal("NaN")}, "the probability of 'a' is NaN; probabilities must be finite"),
    "sum": (
        {"cat": 0.5, "dog": 0.4},
        r"sum to 0.9, not 1 \('cat': 0.5, 'dog': 0.4\); pass normalize=True to rescale",
    ),
    "exact sum": ({"a": "1/3", "b": "1/3"}, r"probabilities sum to 2/3, not 1 \('a': 1/3, 'b': 1/3\)"),
    "many": (dict.fromkeys(range(9), 0.5), r"sum to 4.5, not 1 \(.*4: 0.5 and 4 more\)"),
    "empty": ({}, "a distribution needs at least one outcome; got none"),
    "zero": ({"a": 0}, "weights sum to 0; at least one must be positive"),
    "text": (
        {"a": "half"},
        "the probability of 'a' is 'half', not a probability; give an int, float, Fraction, Decimal",
    ),
    "zero division": ({"a": "1/0"}, "the probability of 'a' is '1/0', not a probability"),
    "none": ({"a": None}, "the probability of 'a' is None, not a probability"),
    "bool": ({"a": True}, "the probability of 'a' is True, not a probability"),
    "complex": ({"a": 1j}, "the probability of 'a' is 1j, not a probability"),
    "twice": ([("a", 0.5), ("a", 0.5)], "outcome 'a' is declared twice; add its probabilities, or name the two apart"),
    "list": ([([1, 2], 1)], r"outcome 0 is \[1, 2\], a list, which cannot be hashed; wrap it in tuple"),
    "set": ([({1, 2}, 1)], r"a set, which cannot be hashed; wrap it in frozenset"),
    "array": ([(np.eye(2), 1)], r"a ndarray, which cannot be hashed; wrap it in popgraph.Image"),
    "nan outcome": ({float("nan"): 1}, "outcome 0 is nan, which does not equal itself"),
    "no pairs": (["a", "b"], "'a' is not a pair .outcome, probability.; use Distribution.uniform"),
    "number": (3, "3 is a int, not outcomes; give a mapping or a sequence"),
    "overflow": ({"a": 1e308, "b": 1e308}, "weights sum to inf"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_distribution_is_refused(name):
    declared, message = BAD[name]
    with pytest.raises(InvalidDistribution, match=message):
        Distribution(declared)


def test_endless_outcomes_are_refused():
    with pytest.raises(InvalidDistribution, match="more than 4,194,304 outcomes: is this iterable endless"):
        Distribution((i, 0.5**i) for i in count(1))
    with pytest.raises(InvalidDistribution, match="is this iterable endless"):
        Distribution.uniform(count())


def test_duplicates_among_equally_likely_outcomes_are_refused():
    with pytest.raises(
        InvalidDistribution, match=r"outcomes are duplicated: 'a' \(3 times\); use Distribution.from_samples"
    ):
        Distribution.uniform("abaa")
    with pytest.raises(InvalidDistribution, match="at least one outcome"):
        Distribution.uniform([])


def test_counts_are_whole():
    with pytest.raises(InvalidDistribution, match=r"the count of 'a' is 1.5; counts are whole numbers"):
        Distribution.from_counts({"a": 1.5})
    with pytest.raises(InvalidDistribution, match="must not be negative"):
        Distribution.from_counts({"a": -1, "b": 3})


def test_long_distributions_print_on_one_screen():
    d = Distribution.uniform(range(5000))
    assert repr(d) == "Distribution of 5,000 outcomes"
    assert str(d).count("\n") <= 22
    assert "and 4,980 more" in str(d)
    assert "and 4,980 more" in d._repr_html_()
    assert "1/2" in Distribution.uniform("ab")._repr_html_()
    assert "<svg" in Distribution.uniform([pg.Image([[1]])])._repr_html_()
    assert "&lt;b&gt;" in Distribution.uniform(["<b>"])._repr_html_()
