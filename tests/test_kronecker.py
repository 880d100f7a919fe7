"""The search for the leading products of the factors' eigenvalues: brute force over all products, exact where it can be."""

import math
from collections import Counter
from fractions import Fraction
from itertools import groupby
from itertools import product as every

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popgraph.errors import InvalidArgument, TooLarge
from popgraph.spectrum.product import levels as kronecker
from popgraph.spectrum.product.levels import Level, Levels, Product, Short, merge_types

ONE = Fraction(1)


def levels(gamma, counts, error=1e-15, **unlisted):
    return Levels(tuple(map(float, gamma)), tuple(counts), error, **unlisted)


BIT = levels([1, 1 / 4], [1, 1])
FLAT = levels([1, 0], [1, 2])
SHEETS = levels([1, 1 / 2, 1 / 4, 0], [3, 2, 1, 2])  # three components
STEPS = levels([1, 1 / 2, 1 / 4, 1 / 8], [1, 2, 1, 1])
PAIRS = levels([1, 1 / 4], [2, 1])
COPIES = levels([1], [2])

SEARCHES = {
    "one factor": ([SHEETS], [0]),
    "bits": ([BIT], [0] * 6),
    "copies of one view": ([COPIES], [0] * 3),
    "sheets": ([SHEETS], [0] * 3),
    "sheets among others": ([BIT, SHEETS, FLAT], [0, 1, 0, 2]),
    "pairs and bits, in turn": ([PAIRS, BIT], [0, 1, 0, 1, 0]),
    "pairs last": ([STEPS, PAIRS], [0, 0, 1, 1]),
    "pairs first": ([PAIRS, STEPS], [0, 0, 1, 1]),
    "two kinds of several components": ([PAIRS, SHEETS], [0, 1, 0]),
    "many ways to one level": ([STEPS, BIT], [0, 0, 0, 1, 1]),
    "nothing but 0 below": ([FLAT], [0] * 4),
    "0 in the last factor alone": ([BIT, FLAT], [0, 0, 0, 1]),
    "0 in the first factor alone": ([FLAT, BIT], [0, 1, 1, 1]),
    "0 in the middle": ([BIT, FLAT], [0, 1, 0, 1, 0]),
    "all different": ([levels([1, g], [1, 1]) for g in (0.9, 0.7, 0.5, 0.3)], [3, 1, 0, 2]),
}


def lists(types, type_of):
    """Each factor's eigenvalues, one by one."""
    return [np.repeat(types[t].gamma, types[t].counts).tolist() for t in type_of]


def all_products(types, type_of):
    """Every eigenvector as a tuple of numbers, with its eigenvalue as a fraction, largest first."""
    values = [[Fraction(gamma) for gamma in one] for one in lists(types, type_of)]
    found = [
        (math.prod((one[i] for one, i in zip(values, at, strict=True)), start=ONE), at)
        for at in every(*map(range, map(len, values)))
    ]
    return sorted(found, key=lambda pair: -pair[0])


def way(types, type_of, member):
    """How many factors of each type are at which level, but for their top."""
    moved = Counter()
    for j, number in member:
        t = type_of[j]
        level = int(np.repeat(np.arange(len(types[t].counts)), types[t].counts)[number])
        moved[t, level] += level > 0
    return frozenset((*at, count) for at, count in moved.items() if count)


@pytest.fixture(params=SEARCHES)
def case(request):
    types, type_of = SEARCHES[request.param]
    return types, type_of, merge_types(types, type_of)


def test_levels_go_down_to_that_of_the_next_eigenvalue_and_the_floor_bounds_the_rest(case):
    types, type_of, search = case
    exact = all_products(types, type_of)
    assert search.size == len(exact)
    edges = [k for k in range(1, len(exact)) if exact[k - 1][0] > exact[k][0]]
    for k in sorted({1, len(exact), *edges, *(k + 1 for k in edges), *(k - 1 for k in edges if k > 1)}):
        found, floor = search.leading(k)
        positive = [level.multiplicity for level in found if level.keys]  # 0 is known once these are all
        assert sum(positive[:-1]) <= k
        number = sum(level.multiplicity for level in found)
        assert number > k or number == k == len(exact)
        gamma = [level.gamma for level in found for _ in range(level.multiplicity)]
        np.testing.assert_allclose(gamma, [float(value) for value, _ in exact[:number]], rtol=1e-13)
        assert (np.diff([level.gamma for level in found]) < 0).all()
        assert floor == pytest.approx(float(exact[number][0]) if number < len(exact) else 0.0, rel=1e-12)
        assert (floor == 0) == (number == len(exact))
    if exact[-1][0] == 0:
        assert found[-1] == Level(0.0, sum(value == 0 for value, _ in exact), 0.0, ())


def test_members_are_all_eigenvectors_of_a_level_in_the_order_that_is_documented(case):
    """Fewer factors off their vector 0 first, then the ways to reach the level, then by (factor, eigenvector)."""
    types, type_of, search = case
    exact = all_products(types, type_of)
    for value, group in groupby(exact, key=lambda pair: pair[0]):
        expected = {tuple((j, i) for j, i in enumerate(at) if i) for _, at in group}
        (level,) = [level for level in search.leading(len(exact))[0] if level.gamma == pytest.approx(float(value))]
        members = list(search.members(level))
        assert len(members) == len(expected) == level.multiplicity
        assert set(members) == expected
        ways = {frozenset(key): place for place, key in enumerate(level.keys)}
        place = [ways.get(way(types, type_of, member), 0) for member in members]
        order = list(zip(map(len, members), place, members, strict=True))
        assert order == sorted(order)
        for member in members:
            assert search.gamma_of(member) == pytest.approx(float(value), rel=1e-13)
            assert frozenset(search.key_of(member)) == way(types, type_of, member)
            assert search.key_of(member) in level.keys or value == 0


def test_no_eigenvector_is_begun_that_cannot_be_finished(case, monkeypatch):
    """Else the first members of a level among 1000 factors could take as many dead ends as there are subsets of them."""
    types, _, search = case
    several = any(one.counts[0] > 1 for one in types)
    begun: list[tuple[str, int, int]] = []

    def watch(name, place):
        real = getattr(Product, name)

        def watched(self, *at):
            members = list(real(self, *at))
            begun.append((name, at[place], len(members)))
            yield from members

        monkeypatch.setattr(Product, name, watched)

    watch("_members", 2)
    watch("_null_members", 1)
    for level in search.leading(search.size)[0]:
        assert len(list(search.members(level))) == level.multiplicity
    assert begun
    # of several components, which factors are left at their top is not asked before the first of them
    assert all(count for name, first, count in begun if first > 0 or name == "_null_members" or not several)


def test_members_come_one_by_one():
    """comb(1000, 20) = 3.4e41 of them, of which the first two are wanted."""
    level = Level(4.0**-20, math.comb(1000, 20), 0.0, (((0, 1, 20),),))
    members = merge_types([BIT], [0] * 1000).members(level)
    assert next(members) == tuple((j, 1) for j in range(20))
    assert next(members) == tuple((j, 1) for j in (*range(19), 20))


@st.composite
def spectra(draw):
    values = draw(st.lists(st.sampled_from([0.5, 0.25, 0.125, 0.0625, 0.3, 0.09]), max_size=3, unique=True))
    gamma = [1.0, *sorted(values, reverse=True), *([0.0] if draw(st.booleans()) else [])]
    counts = draw(st.lists(st.integers(1, 2), min_size=len(gamma), max_size=len(gamma)))
    return Levels(tuple(gamma), tuple(counts), 1e-15)


@settings(deadline=None)
@given(st.lists(spectra(), min_size=1, max_size=3), st.data())
def test_levels_and_their_members_are_all_products(types, data):
    type_of = data.draw(st.lists(st.integers(0, len(types) - 1), min_size=1, max_size=4))
    search = merge_types(types, type_of)
    factors = lists(types, type_of)
    exact = np.sort([math.prod(values) for values in every(*factors)])[::-1]
    k = data.draw(st.integers(1, len(exact)))
    levels, floor = search.leading(k)
    found = np.repeat([level.gamma for level in levels], [level.multiplicity for level in levels])
    assert len(found) > k or len(found) == len(exact)
    np.testing.assert_allclose(found, exact[: len(found)], atol=1e-14)
    assert (exact[len(found) :] <= floor + 1e-14).all()
    seen = set()
    for level in levels:
        members = list(search.members(level))
        assert len(members) == level.multiplicity
        assert [len(member) for member in members] == sorted(len(member) for member in members)
        for member in members:
            assert math.prod(factors[j][number] for j, number in member) == pytest.approx(level.gamma, abs=1e-14)
        seen |= set(members)
    assert len(seen) == len(found)


# --- what rounding may have moved


def test_products_in_another_order_are_one_level_and_near_ones_are_two():
    """0.1·0.3·0.7 depends on the order in float64; a difference of 1e-12, where factors are known to 1e-15, is one."""
    a, b, c = (Levels((1.0, gamma), (1, 1), 1e-15) for gamma in (0.1, 0.3, 0.7))
    levels, _ = merge_types([a, b, c], [0, 1, 2, 2, 1, 0]).leading(64)
    assert {level.multiplicity for level in levels if math.isclose(level.gamma, 0.021)} == {8}
    near = Levels((1.0, 0.3 + 1e-12), (1, 1), 1e-15)
    levels, _ = merge_types([b, near], [0, 1]).leading(4)
    assert [level.multiplicity for level in levels] == [1, 1, 1, 1]
    levels, _ = merge_types([b, Levels((1.0, 0.3 + 1e-12), (1, 1), 1e-12)], [0, 1]).leading(4)
    assert [level.multiplicity for level in levels] == [1, 2, 1]


def test_a_wide_interval_joins_what_is_apart_within_it():
    """0.5 ± 0.001 may equal either of 0.5 and 0.4995, which are not each other."""
    wide, upper, lower = (levels([1, g], [1, 1], error) for g, error in ((0.5, 1e-3), (0.5, 1e-9), (0.4995, 1e-9)))
    found, _ = merge_types([wide, upper, lower], [0, 1, 2]).leading(1)
    assert [level.multiplicity for level in found] == [1, 3]
    assert found[1].error == pytest.approx(1e-9)
    assert [level.multiplicity for level in merge_types([upper, lower], [0, 1]).leading(1)[0]] == [1, 1]


def off(gamma, counts, error, seed):
    """Eigenvalues known to within an error."""
    moved = np.random.default_rng(seed).uniform(-error, error, len(gamma)) * [0 < g < 1 for g in map(float, gamma)]
    return levels(np.array(gamma, dtype=float) + moved, counts, error)


@pytest.mark.parametrize("seed", range(5))
def test_an_eigenvalue_is_as_near_as_the_most_accurate_way_to_it(seed):
    """Powers of 1/2 by several ways, of factors known to 1e-6, 1e-8 and 1e-9: Π (γ + e) - Π γ of the best of them."""
    exact = [[1, 1 / 2, 1 / 4], [1, 1 / 2], [1, 1 / 8, 0]]
    types = [off(gamma, [1] * len(gamma), e, seed) for gamma, e in zip(exact, (1e-6, 1e-8, 1e-9), strict=True)]
    type_of = [0, 0, 1, 1, 2, 2]
    truth = all_products([levels(gamma, [1] * len(gamma)) for gamma in exact], type_of)
    found, _ = merge_types(types, type_of).leading(len(truth))
    for level, (value, group) in zip(found, groupby(truth, key=lambda pair: pair[0]), strict=True):
        ways = []
        for _, at in group:
            value_of = [types[t].gamma[i] for t, i in zip(type_of, at, strict=True)]
            error_of = [types[t].error * (0 < g < 1) for t, g in zip(type_of, value_of, strict=True)]
            upper = math.prod(g + e for g, e in zip(value_of, error_of, strict=True))
            ways.append((upper - math.prod(value_of), math.prod(value_of)))
        error, gamma = min(ways)
        assert level.multiplicity == len(ways)
        assert level.error == pytest.approx(error, rel=1e-6, abs=1e-16)
        assert level.gamma == pytest.approx(gamma, rel=1e-14)
        assert abs(level.gamma - float(value)) <= level.error + 1e-16


def test_eigenvalues_within_their_error_of_1_or_0_keep_to_their_range():
    """What rounds to 1 is one level with it, and what rounds to 0 with all that is below it."""
    near = levels([1, 1 - 1e-13, 1 / 2], [1, 1, 1], 1e-12)
    found, floor = merge_types([near], [0, 0]).leading(9)
    assert [(level.gamma, level.multiplicity) for level in found] == [(1.0, 4), (0.5, 4), (0.25, 1)]
    assert (found[0].error, floor) == (0.0, 0.0)
    _, floor = merge_types([near], [0, 0]).leading(1)
    assert floor == pytest.approx(0.5 + 1e-12, rel=1e-14, abs=0)  # no eigenvalue is above 1, whatever its error
    faint = levels([1, 1 / 2, 1e-13], [1, 1, 1], 1e-12)
    found, _ = merge_types([faint], [0, 0]).leading(9)
    assert [level.multiplicity for level in found] == [1, 2, 1, 5]


# --- lists that are not whole


def test_what_a_short_list_may_hide_is_asked_for():
    short = levels([1, 1 / 2], [1, 1], unlisted=0.3)
    assert [level.gamma for level in merge_types([short], [0, 0]).leading(1)[0]] == [1.0, 0.5]
    for count, k in ((2, 3), (3, 5), (1, 2)):  # 1/4 of two factors, of three, and the end of the list
        with pytest.raises(Short):
            merge_types([short], [0] * count).leading(k)


def test_the_floor_of_a_short_list_is_what_it_may_hide():
    short = levels([1, 1 / 2], [1, 1], unlisted=0.3)
    found, floor = merge_types([short], [0] * 3).leading(3)
    assert [(level.gamma, level.multiplicity) for level in found] == [(1.0, 1), (0.5, 3)]
    assert floor == pytest.approx(0.3)
    assert merge_types([short], [0] * 3).leading(0)[1] == pytest.approx(0.5)


def test_what_may_equal_the_last_one_listed_is_asked_for():
    """Of the 1/2 there may be more."""
    short = levels([1, 1 / 2], [1, 1], 0.0, unlisted=0.5)
    assert merge_types([short], [0]).leading(0)[0][0].multiplicity == 1
    with pytest.raises(Short):
        merge_types([short], [0]).leading(1)


def test_the_shortest_list_is_named():
    types = [BIT, levels([1, 0.9], [1, 1], unlisted=0.2), levels([1, 0.8], [1, 1], unlisted=0.4)]
    with pytest.raises(Short) as caught:
        merge_types(types, [0, 1, 2]).leading(8)
    assert caught.value.type == 2


def test_more_ways_than_are_looked_at_are_refused(monkeypatch):
    """A factor of five levels has five ways: as many as the limit serve, and one fewer do not."""
    search = merge_types([levels([1, 0.8, 0.6, 0.4, 0.2], [1] * 5)], [0])
    monkeypatch.setattr(kronecker, "MOST_KEYS", 5)
    assert len(search.leading(5)[0]) == 5
    monkeypatch.setattr(kronecker, "MOST_KEYS", 4)
    with pytest.raises(
        TooLarge, match="more than 4 different products .* are among the 5 leading ones, .* use a smaller k"
    ):
        search.leading(5)
    assert len(search.leading(3)[0]) == 4


# --- the values


def test_a_list_says_where_a_level_starts_and_how_many_are_positive():
    assert [SHEETS.start(level) for level in range(5)] == [0, 3, 5, 6, 8]
    assert [one.rank for one in (SHEETS, BIT, FLAT, COPIES)] == [6, 2, 1, 2]
    assert BIT.unlisted == 0


def test_kinds_of_the_same_spectrum_are_one_type():
    search = merge_types([BIT, levels([1, 1 / 4], [1, 1]), FLAT], [0, 1, 2, 1])
    assert search.types == (BIT, FLAT)
    assert search.type_of == (0, 0, 1, 0)
    with pytest.raises(InvalidArgument, match="needs at least one factor"):
        merge_types([BIT], [])
