"""`Distribution`: exact finite probability, its laws, what it refuses, and how it prints."""

import copy
import dataclasses
import pickle
import re
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from math import gcd, nextafter

import numpy as np
import pytest
from extras import need
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from popgraph import Distribution, apply, choose, identity
from popgraph.basics.arguments import outcomes as outcome_readers
from popgraph.declare.images import Image
from popgraph.errors import InvalidArgument, InvalidDistribution

pd = need("pandas")

OUTCOMES = range(4)
weight_lists = st.lists(st.integers(0, 6), min_size=4, max_size=4).filter(any)
laws = weight_lists.map(lambda weights: Distribution(dict(enumerate(weights)), normalize=True))
kernels = st.lists(laws, min_size=4, max_size=4).map(lambda rows: rows.__getitem__)
float_lists = st.lists(st.floats(1e-3, 1.0), min_size=4, max_size=4)
float_laws = float_lists.map(lambda weights: Distribution(dict(enumerate(weights)), normalize=True))


def mixture(law: Distribution, kernel) -> dict:
    """Σ_x̄ p(x̄) A(x|x̄), by plain loops over fractions."""
    mixed: Counter = Counter()
    for natural, p in law.fractions.items():
        for view, q in kernel(natural).fractions.items():
            mixed[view] += p * q
    return dict(mixed)


def point(outcome) -> Distribution:
    return Distribution({outcome: 1})


# --- what is declared is what is held


@pytest.mark.parametrize(
    "third",
    [Fraction(1, 3), "1/3", " 2/6 ", "0.25", Decimal("0.2"), Decimal("1e-3"), 0, 1, np.int64(1), np.uint8(0)],
    ids=repr,
)
def test_exact_probabilities_stay_exact(third):
    value = Fraction(third) if not isinstance(third, np.integer) else Fraction(int(third))
    law = Distribution({"a": third, "b": 1 - value})
    assert law.exact
    assert law.fractions == {outcome: p for outcome, p in {"a": value, "b": 1 - value}.items() if p}


@given(weight_lists)
def test_whole_weights_are_normalised_exactly_and_in_lowest_terms(weights):
    law = Distribution(dict(enumerate(weights)), normalize=True)
    assert law.fractions == {i: Fraction(weight, sum(weights)) for i, weight in enumerate(weights) if weight}
    assert sum(law.numerators) == law.denominator
    assert gcd(law.denominator, *law.numerators) == 1
    assert law.probabilities.tolist() == [float(p) for p in law.fractions.values()]


@given(st.lists(st.fractions(0, 5, max_denominator=50), min_size=1, max_size=5).filter(any))
def test_fractions_are_normalised_exactly(weights):
    law = Distribution(dict(enumerate(weights)), normalize=True)
    assert law.fractions == {i: weight / sum(weights) for i, weight in enumerate(weights) if weight}


@given(float_lists)
def test_floats_are_divided_by_their_sum_only_when_asked(weights):
    law = Distribution(dict(enumerate(weights)), normalize=True)
    np.testing.assert_allclose(law.probabilities, np.array(weights) / sum(weights), rtol=1e-15)
    assert not law.exact


@pytest.mark.parametrize("miss", [0.0, 1e-10, -1e-10, 9e-10])
def test_floats_that_miss_one_by_little_are_kept_to_the_bit(miss):
    given_floats = [0.1 + miss, 0.2, 0.7]
    law = Distribution(dict(enumerate(given_floats)))
    assert law.probabilities.tobytes() == np.array(given_floats).tobytes()


@pytest.mark.parametrize("miss", [1.1e-9, -1.1e-9, 0.5])
def test_floats_that_miss_one_by_more_are_refused(miss):
    with pytest.raises(InvalidDistribution, match="not 1 .*pass normalize=True"):
        Distribution({"a": 0.25 + miss, "b": 0.75})


def test_one_float_makes_the_distribution_one_of_floats():
    law = Distribution({"a": "1/2", "b": 0.5})
    assert not law.exact
    assert law.numerators is None
    with pytest.raises(InvalidDistribution, match=r"declared with floats.*Fraction\(1, 3\)"):
        _ = law.fractions


@pytest.mark.parametrize("zero", [0, 0.0, -0.0, "0", Fraction(0), Decimal(0)], ids=repr)
def test_outcomes_of_probability_zero_are_dropped(zero):
    law = Distribution({"never": zero, "a": 0.5, "not either": zero, "b": 0.5})
    assert law.outcomes == ("a", "b")
    assert "never" not in law
    assert law.probabilities.shape == (2,)


def test_every_form_of_pairs_declares_the_same():
    pairs = [("b", "1/3"), ("a", "2/3")]
    forms = [dict(pairs), pairs, iter(pairs), [list(pair) for pair in pairs], pd.Series(dict(pairs), dtype=object)]
    for form in forms:
        law = Distribution(form)
        assert law.outcomes == ("b", "a")
        assert law.fractions == {"b": Fraction(1, 3), "a": Fraction(2, 3)}


def test_a_distribution_made_from_an_exact_one_is_exact():
    law = Distribution({"a": "1/3", "b": "2/3"})
    assert Distribution(law).fractions == law.fractions
    assert Distribution(law, normalize=True).fractions == law.fractions


def test_choosing_by_an_exact_distribution_is_exact():
    evenly = choose(Distribution.uniform([identity(), apply(str.upper), apply(str.title)]))
    assert evenly("ab").fractions == {view: Fraction(1, 3) for view in ("ab", "AB", "Ab")}


# --- makers


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30))
def test_samples_are_counted_in_the_order_of_their_first_appearance(samples):
    law = Distribution.from_samples(samples)
    assert law.outcomes == tuple(dict.fromkeys(samples))
    assert law.fractions == {x: Fraction(samples.count(x), len(samples)) for x in samples}
    assert law == Distribution.from_counts(Counter(samples))


@given(st.integers(1, 50))
def test_uniform_gives_each_outcome_its_share(n):
    for outcomes in (range(n), list(range(n)), np.arange(n), (i for i in range(n))):
        assert Distribution.uniform(outcomes).fractions == {i: Fraction(1, n) for i in range(n)}


def test_outcomes_of_an_array_are_python_values():
    assert [type(x) for x in Distribution.uniform(np.arange(3)).outcomes] == [int] * 3


# --- the monad laws


@given(laws, kernels)
def test_through_is_the_sum_over_naturals_and_exact(law, kernel):
    mixed = law.through(kernel)
    assert mixed.exact
    assert mixed.fractions == mixture(law, kernel)


@given(laws, kernels, kernels)
def test_through_is_associative(law, first, second):
    assert law.through(first).through(second) == law.through(lambda x: first(x).through(second))


@given(laws, kernels)
def test_a_point_mass_is_a_unit_of_through(law, kernel):
    assert law.through(point) == law
    for outcome in OUTCOMES:
        assert point(outcome).through(kernel) == kernel(outcome)


@given(float_laws, st.lists(float_laws, min_size=4, max_size=4))
def test_through_of_floats_is_the_vector_times_the_matrix(law, rows):
    mixed = law.through(rows.__getitem__)
    expected = law.probabilities @ np.array([row.probabilities for row in rows])
    assert not mixed.exact
    np.testing.assert_allclose([mixed[x] for x in OUTCOMES], expected, rtol=1e-14)


@given(laws, st.lists(st.integers(0, 2), min_size=4, max_size=4))
def test_map_adds_up_what_goes_to_one_place(law, places):
    image = law.map(places.__getitem__)
    for place in set(places):
        total = sum((p for x, p in law.fractions.items() if places[x] == place), Fraction(0))
        assert image.fractions.get(place, 0) == total
    assert sum(image.fractions.values()) == 1


def test_through_refuses_a_kernel_that_returns_no_distribution():
    """The message names the outcome at which the kernel went wrong."""
    with pytest.raises(InvalidArgument, match="'a'"):
        Distribution.uniform(["a", "b"]).through(lambda x: [x])


def test_map_names_the_outcome_whose_image_cannot_be_hashed():
    with pytest.raises(InvalidDistribution, match=r"image of 'a' is \['a'\].*wrap it in tuple"):
        Distribution.uniform(["a"]).map(list)


# --- what it refuses

NAMED = [
    ({"cat": -0.5, "dog": 1.5}, "the probability of 'cat' is -0.5; probabilities must not be negative"),
    ({"cat": "-1/2", "dog": "3/2"}, "the probability of 'cat' is -1/2; probabilities must not be negative"),
    ({"cat": float("nan")}, "the probability of 'cat' is nan; probabilities must be finite"),
    ({"cat": float("inf")}, "the probability of 'cat' is inf; probabilities must be finite"),
    ({"cat": Decimal("Infinity")}, "the probability of 'cat' is Infinity; probabilities must be finite"),
    ({"cat": Decimal("sNaN")}, "the probability of 'cat' is Decimal('sNaN'), not a probability"),
    ({"cat": "one half"}, "the probability of 'cat' is 'one half', not a probability; give an int, float, Fraction"),
    ({"cat": "1/0"}, "the probability of 'cat' is '1/0', not a probability"),
    ({"cat": None}, "the probability of 'cat' is None, not a probability"),
    ({"cat": True}, "the probability of 'cat' is True, not a probability"),
    ({"cat": np.True_}, "the probability of 'cat' is np.True_, not a probability"),
    ({"cat": 1j}, "the probability of 'cat' is 1j, not a probability"),
    ({"cat": 0.5, "dog": 0.4}, "probabilities sum to 0.9, not 1 ('cat': 0.5, 'dog': 0.4); pass normalize=True"),
    ({"cat": "1/2", "dog": "1/3"}, "probabilities sum to 5/6, not 1 ('cat': 1/2, 'dog': 1/3); pass normalize=True"),
    ({"cat": 3, "dog": 1}, "probabilities sum to 4, not 1 ('cat': 3, 'dog': 1); pass normalize=True to rescale"),
    (dict.fromkeys(range(7), 0.5), "(0: 0.5, 1: 0.5, 2: 0.5, 3: 0.5, 4: 0.5 and 2 more)"),
    ({}, "a distribution needs at least one outcome; got none"),
    ([], "a distribution needs at least one outcome; got none"),
    ({"cat": 0, "dog": 0.0}, "weights sum to 0; at least one must be positive"),
    ([("cat", 0.5), ("cat", 0.5)], "outcome 'cat' is declared twice"),
    ([(1, 0.5), (True, 0.5)], "outcome True is declared twice"),
    (["cat", "dogs"], "'cat' is not a pair (outcome, probability); use Distribution.uniform"),
    (0.5, "0.5 is a float, not outcomes; give a mapping or a sequence"),
    ([(float("nan"), 1)], "outcome 0 is nan, which does not equal itself; replace it by a named outcome"),
]


@pytest.mark.parametrize(("declared", "message"), NAMED, ids=[message[:60] for _, message in NAMED])
def test_bad_declarations_are_named_with_their_mend(declared, message):
    with pytest.raises(InvalidDistribution, match=re.escape(message)) as caught:
        Distribution(declared)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("weights", [{"a": 0}, {"a": 0.0, "b": 0}, {"a": "0/5"}])
def test_weights_of_zero_cannot_be_rescaled(weights):
    with pytest.raises(InvalidDistribution, match="weights sum to 0; at least one must be positive"):
        Distribution(weights, normalize=True)


def test_weights_beyond_the_range_of_floats_are_refused_in_a_sentence():
    with pytest.raises(InvalidDistribution, match="weights sum to inf; .* all finite"):
        Distribution({"a": 1e308, "b": 1e308}, normalize=True)


def test_huge_whole_weights_are_no_trouble():
    law = Distribution({"a": 10**400, "b": 3 * 10**400}, normalize=True)
    assert law.fractions == {"a": Fraction(1, 4), "b": Fraction(3, 4)}


UNHASHABLE = [
    ([1, 2], tuple, "tuple(...)"),
    (np.array([1, 2]), tuple, "tuple(...)"),
    ({1, 2}, frozenset, "frozenset(...)"),
    (np.eye(2), Image, "popgraph.images.Image(...)"),
]


@pytest.mark.parametrize(("outcome", "wrap", "mend"), UNHASHABLE, ids=[mend for _, _, mend in UNHASHABLE])
def test_unhashable_outcomes_say_what_to_wrap_them_in_and_that_works(outcome, wrap, mend):
    message = "outcome 0 is .* which cannot be hashed; wrap it in " + re.escape(mend)
    with pytest.raises(InvalidDistribution, match=message):
        Distribution([(outcome, 1)])
    with pytest.raises(InvalidDistribution, match=message):
        Distribution.uniform([outcome])
    with pytest.raises(InvalidDistribution, match="sample" + message.removeprefix("outcome")):
        Distribution.from_samples([outcome])
    assert len(Distribution.uniform([wrap(outcome)])) == 1


def test_of_a_tuple_that_cannot_be_hashed_the_item_is_named():
    with pytest.raises(InvalidDistribution, match=r"^item 0 of outcome 0 is \[1\], a list, which cannot be hashed"):
        Distribution.uniform([([1], 2)])


def test_duplicated_outcomes_are_counted_and_named():
    with pytest.raises(InvalidDistribution, match=r"'a' \(2 times\), 'c' \(3 times\); use Distribution.from_samples"):
        Distribution.uniform(["a", "b", "a", "c", "c", "c"])


@pytest.mark.parametrize(
    "read",
    [
        Distribution.uniform,
        Distribution.from_samples,
        lambda items: Distribution(((item, 1) for item in items), normalize=True),
    ],
    ids=["uniform", "from_samples", "pairs"],
)
def test_endless_iterables_are_refused(read, monkeypatch):
    monkeypatch.setattr(outcome_readers, "OUTCOME_LIMIT", 100)

    def endless():
        yield from range(1000)
        pytest.fail("read on after the limit")

    with pytest.raises(InvalidDistribution, match="more than 100 outcomes: is this iterable endless"):
        read(endless())


@pytest.mark.parametrize("count", [0.5, 1.0, "1", None, True, Fraction(1, 2)], ids=repr)
def test_counts_are_whole_numbers(count):
    with pytest.raises(InvalidDistribution, match=re.escape(f"the count of 'a' is {count!r}; counts are whole")):
        Distribution.from_counts({"a": count})


def test_negative_counts_are_refused():
    with pytest.raises(InvalidDistribution, match="probability of 'a' is -1; .* must not be negative"):
        Distribution.from_counts({"a": -1, "b": 3})


def test_counts_may_come_as_any_iterable_of_pairs():
    """What is read off an iterator once is not lost on the second look."""
    assert Distribution.from_counts(zip("ab", [3, 1], strict=True)) == Distribution.from_counts({"a": 3, "b": 1})


# --- a read-only mapping


@given(laws)
def test_it_is_a_mapping_from_outcome_to_float(law):
    assert dict(law) == {outcome: float(p) for outcome, p in law.fractions.items()}
    assert list(law) == list(law.outcomes) == list(law.keys())
    assert len(law) == len(law.outcomes)
    assert all(type(p) is float for p in law.values())
    assert 99 not in law
    assert law.get(99, 0.0) == 0.0
    with pytest.raises(KeyError):
        law[99]


@given(laws, st.permutations(OUTCOMES))
def test_equality_and_hash_do_not_depend_on_the_order(law, order):
    shuffled = Distribution({x: law.fractions[x] for x in order if x in law})
    assert law == shuffled
    assert hash(law) == hash(shuffled)
    assert law == dict(law)
    assert hash(law) == hash(Distribution(dict(law)))


@given(laws, laws)
def test_exact_distributions_are_equal_iff_their_fractions_are(first, second):
    assert (first == second) == (first.fractions == second.fractions)


def test_exact_distributions_closer_than_a_float_differ():
    nearly = Fraction(1, 3) + Fraction(1, 10**30)
    law, other = (Distribution({"a": p, "b": 1 - p}) for p in (Fraction(1, 3), nearly))
    assert law["a"] == other["a"]
    assert law != other


def test_float_distributions_differ_by_one_bit():
    law, other = (Distribution({"a": p, "b": 0.5}) for p in (0.5, nextafter(0.5, 1)))
    assert law != other


def test_nothing_in_it_can_be_changed():
    law = Distribution({"a": 0.5, "b": 0.5})
    with pytest.raises(dataclasses.FrozenInstanceError):
        law.outcomes = ("c",)
    with pytest.raises(TypeError):
        law["a"] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        law.probabilities[0] = 1.0


def test_later_changes_of_the_declaration_change_nothing():
    declared = {"a": "1/2", "b": "1/2"}
    law = Distribution(declared)
    declared["a"] = "3/4"
    assert law.fractions["a"] == Fraction(1, 2)


COPIES = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{
        f"pickle {protocol}": lambda value, protocol=protocol: pickle.loads(pickle.dumps(value, protocol))
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)
    },
}


@pytest.mark.parametrize("duplicate", COPIES.values(), ids=COPIES)
@pytest.mark.parametrize(
    "law",
    [Distribution({"a": "1/3", "b": "2/3"}), Distribution({"a": 0.3, "b": 0.7}), Distribution.uniform([Image([[1]])])],
    ids=["exact", "float", "image"],
)
def test_copies_are_equal_exact_and_read_only(law, duplicate):
    twin = duplicate(law)
    assert twin == law
    assert hash(twin) == hash(law)
    assert (twin.outcomes, twin.numerators, twin.denominator) == (law.outcomes, law.numerators, law.denominator)
    assert twin.probabilities.tobytes() == law.probabilities.tobytes()
    assert [twin[x] for x in law] == list(law.values())
    assert not twin.probabilities.flags.writeable


# --- sampling


def test_the_same_seed_draws_the_same():
    law = Distribution({"a": "1/3", "b": "2/3"})
    assert law.sample(50, rng=7) == law.sample(50, rng=np.random.default_rng(7))
    assert law.sample(50, rng=7) != law.sample(50, rng=8)


def test_draws_have_the_distribution_s_frequencies():
    """Pearson's χ² stays below its 1 - 1e-6 quantile."""
    law = Distribution({"a": 1, "b": 2, "c": 3, "d": 6}, normalize=True)
    counts = Counter(law.sample(12_000, rng=0))
    statistic = sum((counts[x] - 12_000 * p) ** 2 / (12_000 * p) for x, p in law.items())
    assert statistic < chi2.ppf(1 - 1e-6, df=3)


def test_draws_are_outcomes_even_of_a_distribution_that_misses_one():
    law = Distribution({("a", 1): 0.5 + 5e-10, ("b", 2): 0.5})
    assert set(law.sample(50, rng=0)) == {("a", 1), ("b", 2)}
    assert law.sample(0) == []


@pytest.mark.parametrize("size", [-1, 1.5, "3", None], ids=repr)
def test_a_sample_size_is_a_whole_number(size):
    with pytest.raises(InvalidArgument, match=re.escape(repr(size))):
        Distribution.uniform("ab").sample(size)


# --- how it prints


def test_repr_shows_fractions_and_six_digits_of_floats():
    assert repr(Distribution({"a": "1/3", "b": "2/3"})) == "Distribution({'a': 1/3, 'b': 2/3})"
    assert repr(Distribution({"a": 1 / 3, "b": 2 / 3})) == "Distribution({'a': 0.333333, 'b': 0.666667})"
    assert repr(Distribution.uniform(range(1000))) == "Distribution of 1,000 outcomes"


def walk(steps: int) -> Distribution:
    """Return the law of a long walk, whose exact probabilities have dozens of digits."""
    law = point(0)
    for _ in range(steps):
        law = law.through(lambda bit: Distribution({bit: "6/7", 1 - bit: "1/7"}))
    return law


LONG = {
    "few": Distribution.uniform("ab"),
    "many": Distribution.uniform(range(100_000)),
    "long outcomes": Distribution.uniform([f"{i}" * 500 for i in range(9)]),
    "long fractions": walk(100),
}


@pytest.mark.parametrize("law", LONG.values(), ids=LONG)
def test_it_prints_on_one_line_and_on_one_screen(law):
    lines = str(law).splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 120
    assert "\n" not in repr(law)
    assert len(repr(law)) <= 240
    assert lines[0] == f"Distribution of {len(law):,} outcomes, exact probabilities"


def test_str_counts_the_outcomes_that_it_leaves_out():
    assert str(Distribution.uniform(range(123))).splitlines()[-1].strip() == "... and 103 more"


def test_a_probability_too_long_to_write_can_still_be_printed():
    """Python refuses to write integers of more than 4300 digits."""
    tiny = Fraction(1, 10**5000)
    assert "'b'" in repr(Distribution({"a": tiny, "b": 1 - tiny}))


def test_html_draws_images_and_escapes_words():
    html = Distribution.uniform([Image([[1]]), "<script>"])._repr_html_()
    assert "<svg" in html
    assert "&lt;script&gt;" in html
    assert "<script>" not in html
    assert html.count("1/2") == 2
    assert "and 80 more" in Distribution.uniform(range(100))._repr_html_()
