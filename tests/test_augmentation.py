"""`Augmentation` and its algebra: laws in exact arithmetic, and what is refused."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import popgraph as pg
from popgraph import Augmentation, Distribution, apply, choose, identity, independently
from popgraph.errors import InvalidArgument, InvalidAugmentation, InvalidDistribution, TooLarge

STATES = 4


@st.composite
def kernels(draw):
    """A random exact Markov kernel on 0..3, as an Augmentation and as its matrix of fractions."""
    row = st.lists(st.integers(0, 5), min_size=STATES, max_size=STATES).filter(any)
    rows = [draw(row) for _ in range(STATES)]
    matrix = np.array([[Fraction(n, sum(r)) for n in r] for r in rows])
    return Augmentation.from_matrix(matrix, range(STATES)), matrix


def as_matrix(augmentation: Augmentation) -> np.ndarray:
    rows = [augmentation(x).fractions for x in range(STATES)]
    return np.array([[row.get(y, Fraction(0)) for y in range(STATES)] for row in rows])


@given(kernels(), kernels())
def test_then_is_the_matrix_product(first, second):
    assert (as_matrix(first[0].then(second[0])) == first[1] @ second[1]).all()


@given(kernels(), kernels(), kernels())
def test_then_is_associative_with_the_identity_as_unit(a, b, c):
    left, right = a[0].then(b[0]).then(c[0]), a[0].then(b[0].then(c[0]))
    assert (as_matrix(left) == as_matrix(right)).all()
    assert (as_matrix(identity().then(a[0])) == a[1]).all()
    assert (as_matrix(a[0].then(identity())) == a[1]).all()


@given(kernels(), st.integers(0, 4))
def test_repeat_is_the_matrix_power(a, times):
    power = np.array([[Fraction(int(i == j)) for j in range(STATES)] for i in range(STATES)])
    for _ in range(times):
        power = power @ a[1]
    assert (as_matrix(a[0].repeat(times)) == power).all()


@given(kernels(), kernels(), st.integers(0, 6))
def test_choose_mixes_linearly(a, b, sixths):
    q = Fraction(sixths, 6)
    assert (as_matrix(choose({a[0]: q, b[0]: 1 - q})) == q * a[1] + (1 - q) * b[1]).all()


@given(kernels(), kernels())
def test_independently_multiplies(a, b):
    joint = independently([a[0], b[0]])
    for x, y in product(range(STATES), repeat=2):
        law = joint((x, y)).fractions
        for u, v in product(range(STATES), repeat=2):
            assert law.get((u, v), 0) == a[1][x, u] * b[1][y, v]


def test_one_augmentation_serves_every_coordinate_of_any_tuple():
    flip = independently(apply(lambda bit: 1 - bit, 0.25))
    assert flip((0,))[(1,)] == 0.25
    assert flip((0, 0, 0))[(1, 0, 1)] == pytest.approx(0.25**2 * 0.75)
    assert flip(())[()] == 1.0


def test_apply_leaves_the_natural_first_and_merges_fixed_points():
    rotate = apply(str.upper, "1/3")
    assert rotate("a").outcomes == ("a", "A")
    assert rotate("A") == {"A": 1.0}
    assert apply(str.upper, 0)("a").outcomes == ("a",)
    assert apply(str.upper)("a").outcomes == ("A",)


def test_the_algebra_stays_exact():
    flip = apply(lambda bit: 1 - bit, "1/4")
    combined = choose({flip.repeat(3): "1/2", identity(): "1/2"}).then(flip)
    assert combined(0).fractions == {0: Fraction(41, 64), 1: Fraction(23, 64)}  # 7/16 after 3 flips, so 7/32 · 3/4 + 25/32 · 1/4
    assert not apply(lambda bit: 1 - bit, 0.25).then(flip)(0).exact


def test_callables_and_tables_are_augmentations_too():
    table = {"a": {"x": 1}, "b": {"x": "1/2", "y": "1/2"}}
    to_table = identity().then(table)
    assert to_table("b").fractions == {"x": Fraction(1, 2), "y": Fraction(1, 2)}
    assert identity().then(lambda x: {x * 2: 1})("a").outcomes == ("aa",)


def test_names_say_how_an_augmentation_was_made():
    assert repr(apply(str.upper, "1/3").then(identity())) == "Augmentation(apply(upper, 1/3).then(identity))"
    assert repr(identity().repeat(2)) == "Augmentation(identity.repeat(2))"
    assert repr(independently(identity())) == "Augmentation(independently(identity))"


def test_only_the_toolkits_own_parts_are_trusted():
    assert identity().then(identity()).trusted
    assert not apply(str.upper, "1/2").trusted
    assert not identity().then(apply(str.upper)).trusted
    assert independently(choose({identity(): 1})).trusted


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda: Augmentation(3),
            InvalidAugmentation,
            "an augmentation is a callable natural -> distribution; got 3, a int",
        ),
        (
            lambda: Augmentation(lambda x: x + "!")("cat"),
            InvalidAugmentation,
            "the augmentation of 'cat' is 'cat!', a str, not a distribution; return a mapping view -> probability, or use popgraph.apply",
        ),
        (
            lambda: Augmentation(lambda x: {x: 0.5})("cat"),
            InvalidAugmentation,
            r"the augmentation of 'cat' is no distribution: probabilities sum to 0.5, not 1 \('cat': 0.5\)",
        ),
        (
            lambda: Augmentation(lambda x: ((i, 1) for i in range(1)))("a"),
            InvalidAugmentation,
            "a generator, not a distribution",
        ),
        (lambda: apply(str.upper, 1.5), InvalidDistribution, "probability is 1.5; it must be between 0 and 1"),
        (lambda: apply(str.upper, "-1/2"), InvalidDistribution, "must not be negative"),
        (
            lambda: apply(lambda x: {x: 1})("a"),
            InvalidAugmentation,
            "popgraph.apply takes a function that returns one view",
        ),
        (
            lambda: apply(lambda x: [x])("a"),
            InvalidAugmentation,
            r"fn\('a'\) is \['a'\], a list, which cannot be hashed",
        ),
        (lambda: choose({}), InvalidDistribution, "at least one outcome"),
        (lambda: choose({identity(): 0.5}), InvalidDistribution, "probabilities sum to 0.5"),
        (
            lambda: identity().repeat(-1),
            InvalidArgument,
            "times is -1; an augmentation is repeated a whole number of times",
        ),
        (lambda: identity().repeat(1.5), InvalidArgument, "times is 1.5"),
        (lambda: independently(identity())("ab"), InvalidAugmentation, "augments tuples; the natural 'ab' is a str"),
        (
            lambda: independently([identity()])((1, 2)),
            InvalidAugmentation,
            r"the natural \(1, 2\) has 2 coordinates, independently\(\) has 1 augmentations",
        ),
        (
            lambda: independently(apply(lambda bit: 1 - bit, "1/2"))((0,) * 23),
            TooLarge,
            "has 8,388,608 views, more than 4,194,304; use fewer coordinates",
        ),
        (
            lambda: Augmentation.from_matrix([[1.0]], ["a", "b"]),
            InvalidAugmentation,
            r"the kernel matrix has shape \(1, 1\); 2 naturals and 2 views need \(2, 2\)",
        ),
        (
            lambda: Augmentation.from_matrix([[0.5, 0.4], [0, 1]], "ab"),
            InvalidAugmentation,
            "the row of 'a' is no distribution: probabilities sum to 0.9",
        ),
        (
            lambda: Augmentation.from_matrix(np.eye(2), "ab")("c"),
            InvalidAugmentation,
            "no row for the natural 'c'; it has 'a', 'b'",
        ),
    ],
)
def test_what_is_no_augmentation_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_an_error_inside_the_users_function_names_the_natural():
    def broken(image):
        raise RuntimeError("no such file")

    with pytest.raises(RuntimeError, match="no such file") as caught:
        apply(broken, "1/2")("cat")
    assert caught.value.__notes__ == ["raised by the augmentation 'apply(broken, 1/2)' on the natural 'cat'"]


def test_a_distribution_goes_through_an_augmentation_to_w_x():
    images = Distribution.uniform(["a", "b"])
    rotate = apply(lambda x: x + "'", "1/3")
    graph = pg.build(images, rotate)
    law = images.through(rotate)
    np.testing.assert_allclose([law[view] for view in graph.views], graph.w_x, rtol=1e-15)
