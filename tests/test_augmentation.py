"""`Augmentation`: Markov kernels and the laws of their algebra, exactly."""

import dataclasses
import itertools
import re
from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

import popgraph as pg
from popgraph import Augmentation, Distribution, apply, choose, identity, independently
from popgraph.errors import InvalidArgument, InvalidAugmentation, InvalidDistribution, TooLarge

STATES = range(3)


@st.composite
def stochastic(draw, size=3):
    """A (size, size) matrix of fractions whose rows sum to 1, with zeros."""
    rows = []
    for _ in range(size):
        weights = draw(st.lists(st.integers(0, 4), min_size=size, max_size=size).filter(any))
        rows.append([Fraction(weight, sum(weights)) for weight in weights])
    return np.array(rows, dtype=object)


def kernel_of(matrix) -> Augmentation:
    """Declare a matrix as a table, so that nothing here rests on from_matrix."""
    return Augmentation(lambda i: {j: p for j, p in enumerate(matrix[i]) if p}, trusted=True)


def matrix_of(augmentation: Augmentation, states=STATES) -> np.ndarray:
    return np.array([[augmentation(i).fractions.get(j, Fraction(0)) for j in states] for i in states], dtype=object)


matrices = stochastic()
unit = st.fractions(0, 1, max_denominator=12)


# --- the algebra


@given(matrices, matrices)
def test_then_multiplies_matrices(A, B):
    assert (matrix_of(kernel_of(A).then(kernel_of(B))) == A @ B).all()


@given(matrices, matrices, matrices)
def test_then_is_associative(A, B, C):
    a, b, c = map(kernel_of, (A, B, C))
    assert (matrix_of(a.then(b).then(c)) == matrix_of(a.then(b.then(c)))).all()


@given(matrices)
def test_the_identity_is_a_unit_of_then(A):
    a = kernel_of(A)
    assert (matrix_of(identity().then(a)) == A).all()
    assert (matrix_of(a.then(identity())) == A).all()


@given(matrices, st.integers(0, 5))
def test_repeat_is_the_power_of_the_matrix(A, times):
    power = np.array([[Fraction(int(i == j)) for j in STATES] for i in STATES], dtype=object)
    for _ in range(times):
        power = power @ A
    assert (matrix_of(kernel_of(A).repeat(times)) == power).all()


def test_an_augmentation_can_be_repeated_thousands_of_times():
    """Python's stack is about a thousand calls deep."""
    assert apply(lambda i: i + 1).repeat(3000)(0) == Distribution({3000: 1})


@given(matrices, matrices, unit)
def test_choose_mixes_linearly(A, B, q):
    mixed = choose({kernel_of(A): q, kernel_of(B): 1 - q})
    assert (matrix_of(mixed) == q * A + (1 - q) * B).all()


@given(matrices, matrices, matrices, unit)
def test_choose_and_then_distribute(A, B, C, q):
    """(q A + (1-q) B) C = q A C + (1-q) B C."""
    a, b, c = map(kernel_of, (A, B, C))
    left = choose({a: q, b: 1 - q}).then(c)
    right = choose({a.then(c): q, b.then(c): 1 - q})
    assert (matrix_of(left) == matrix_of(right)).all()


@given(matrices, matrices)
def test_independently_multiplies_the_coordinates_probabilities(A, B):
    pairs = independently([kernel_of(A), kernel_of(B)])
    for i, j in itertools.product(STATES, repeat=2):
        law = pairs((i, j)).fractions
        for k, m in itertools.product(STATES, repeat=2):
            assert law.get((k, m), 0) == A[i, k] * B[j, m]


@given(matrices, st.lists(st.sampled_from(STATES), min_size=0, max_size=4).map(tuple))
def test_one_augmentation_serves_every_coordinate(A, natural):
    one = kernel_of(A)
    assert independently(one)(natural) == independently([one] * len(natural))(natural)


@settings(max_examples=20)  # 81 products of fractions each
@given(matrices, matrices)
def test_independently_commutes_with_then(A, B):
    """Kronecker products multiply factor by factor: (A ⊗ A)(B ⊗ B) = AB ⊗ AB."""
    a, b = kernel_of(A), kernel_of(B)
    states = list(itertools.product(STATES, repeat=2))
    left, right = independently(a).then(independently(b)), independently(a.then(b))
    assert (matrix_of(left, states) == matrix_of(right, states)).all()


@given(unit)
def test_apply_leaves_the_natural_with_the_remaining_probability(q):
    law = apply(lambda i: i + 1, q)(0)
    assert law.fractions == {view: p for view, p in {0: 1 - q, 1: q}.items() if p}


@pytest.mark.parametrize("probability", [0, "1/3", 0.25, 1])
def test_apply_of_a_function_that_changes_nothing_is_certain(probability):
    assert apply(lambda i: i, probability)("x") == Distribution({"x": 1})


def test_floats_make_floats_and_mixtures_of_both_do_too():
    step, exact = apply(lambda i: i + 1, 0.25), apply(lambda i: i + 1, "1/4")
    assert not step(0).exact
    assert exact(0).exact
    assert not step.then(exact)(0).exact
    assert not choose({exact: 0.5, identity(): 0.5})(0).exact
    assert dict(step.then(exact)(0)) == pytest.approx({0: 9 / 16, 1: 6 / 16, 2: 1 / 16}, rel=1e-15)
    assert dict(independently([step, exact])((0, 0))) == pytest.approx(
        {(0, 0): 9 / 16, (0, 1): 3 / 16, (1, 0): 3 / 16, (1, 1): 1 / 16}, rel=1e-15
    )


@pytest.mark.parametrize("other", [lambda x: {x + "!": 1}, {"a": {"a!": 1}}, apply(lambda x: x + "!")])
def test_then_takes_whatever_declares_an_augmentation(other):
    assert identity().then(other)("a") == Distribution({"a!": 1})


def test_choose_takes_plain_callables():
    law = choose({(lambda x: {x: 1}): "1/4", apply(str.upper): "3/4"})("a")
    assert law.fractions == {"a": Fraction(1, 4), "A": Fraction(3, 4)}


def test_choose_normalises_weights_exactly_when_asked():
    law = choose({identity(): 1, apply(str.upper): 2}, normalize=True)("a")
    assert law.fractions == {"a": Fraction(1, 3), "A": Fraction(2, 3)}
    with pytest.raises(InvalidDistribution, match="sum to 3, not 1 .*normalize=True"):
        choose({identity(): 1, apply(str.upper): 2})


# --- from_matrix


@given(matrices, matrices)
def test_matrices_compose_as_they_multiply(A, B):
    a, b = (Augmentation.from_matrix(X, STATES) for X in (A, B))
    assert (matrix_of(a.then(b)) == A @ B).all()


@pytest.mark.parametrize(
    "form",
    [np.array, np.ndarray.tolist, sp.csr_array, sp.coo_matrix, lambda A: A.tolist()],
    ids=["array", "list", "csr_array", "coo_matrix", "nested list"],
)
def test_a_float_matrix_is_read_to_the_bit_in_any_form(form):
    A = np.array([[0.1, 0.2, 0.7], [0.0, 1 - 1e-10, 0.0]])
    augmentation = Augmentation.from_matrix(form(A), ["a", "b"], ["x", "y", "z"])
    assert dict(augmentation("a")) == {"x": 0.1, "y": 0.2, "z": 0.7}
    assert dict(augmentation("b")) == {"y": 1 - 1e-10}


@pytest.mark.parametrize("matrix", [[["1/3", "2/3"]], [[Fraction(1, 3), "2/3"]], np.array([["1/3", "2/3"]])], ids=repr)
def test_fractions_and_strings_in_a_matrix_are_exact(matrix):
    law = Augmentation.from_matrix(matrix, ["a"], ["x", "y"])("a")
    assert law.fractions == {"x": Fraction(1, 3), "y": Fraction(2, 3)}


def test_a_float_beside_a_string_is_not_promoted_to_a_fraction():
    assert not Augmentation.from_matrix([["1/2", 0.5]], ["a"], ["x", "y"])("a").exact


def test_whole_weights_in_a_matrix_are_normalised_exactly():
    augmentation = Augmentation.from_matrix([[1, 2], [3, 0]], ["a", "b"], normalize=True)
    assert augmentation("a").fractions == {"a": Fraction(1, 3), "b": Fraction(2, 3)}
    assert augmentation("b").fractions == {"a": 1}


FROM_MATRIX = [
    (([[1, 0]], ["a", "b"], None), "shape (1, 2); 2 naturals and 2 views need (2, 2)"),
    (([[1, 0]], ["a"], None), "shape (1, 2); 1 naturals and 1 views need (1, 1)"),
    (([1, 0], ["a"], ["x", "y"]), "shape (2,); 1 naturals and 2 views need (1, 2)"),
    (([[1, 0], [0.5, 0.4]], ["a", "b"], None), "the row of 'b' is no distribution: probabilities sum to 0.9, not 1"),
    (([[1, 0], [1.5, -0.5]], ["a", "b"], None), "the row of 'b' is no distribution: the probability of 'b' is -0.5"),
    (([[np.nan, 1]], ["a"], ["x", "y"]), "the row of 'a' is no distribution: the probability of 'x' is nan"),
    (([[0.5, 0.5]], ["a"], ["x", "x"]), "views are duplicated: 'x' (2 times); name the columns apart"),
]


@pytest.mark.parametrize(("arguments", "message"), FROM_MATRIX, ids=[message[:50] for _, message in FROM_MATRIX])
def test_bad_matrices_are_named_by_their_row(arguments, message):
    with pytest.raises((InvalidAugmentation, InvalidDistribution), match=re.escape(message)):
        Augmentation.from_matrix(*arguments)


# --- what it refuses


@pytest.mark.parametrize("returned", ["view", 0.5, None, [("view", 1)], ("view",), np.ones(1)], ids=repr)
def test_what_is_no_distribution_is_named_with_its_natural(returned):
    augmentation = Augmentation(lambda natural: returned if natural == "bad" else {natural: 1})
    assert augmentation("good") == Distribution({"good": 1})
    message = (
        f"the augmentation of 'bad' is {returned!r}, a {type(returned).__name__}, not a distribution; return a map"
    )
    with pytest.raises(InvalidAugmentation, match=re.escape(message)):
        augmentation("bad")


def test_an_error_of_the_user_s_own_function_gets_a_note_of_the_natural():
    def rotate(natural):
        return {natural + 1: 1}

    with pytest.raises(TypeError) as caught:
        Augmentation(rotate)("cat")
    assert caught.value.__notes__ == ["raised by the augmentation 'rotate' on the natural 'cat'"]


TWO = independently([identity(), identity()])
TOO_MUCH = "it must be between 0 and"
REFUSED = [  # call, exception, sentence
    (lambda: Augmentation.from_matrix([[1, 0], [0, 1]], ["a", "a"], ["x", "y"]), InvalidArgument, "'a'"),
    (lambda: Augmentation.from_matrix([[1], [0, 1]], ["a", "b"], ["x", "y"]), InvalidAugmentation, "rows of different lengths"),
    (lambda: Augmentation(lambda x: {"dog": -1, x: 2})("cat"), InvalidAugmentation,
     "augmentation of 'cat' is no distribution: .*'dog' is -1"),
    (lambda: Augmentation(lambda x: {"dog": 0.25, x: 0.5})("cat"), InvalidAugmentation,
     r"of 'cat' is no distribution: .* sum to 0.75, not 1"),
    (lambda: Augmentation(None), InvalidAugmentation, "callable natural -> distribution; got None"),
    (lambda: Augmentation(0.5), InvalidAugmentation, "callable natural -> distribution; got 0.5"),
    (lambda: Augmentation("rotate"), InvalidAugmentation, "callable natural -> distribution; got 'rotate'"),
    (lambda: Augmentation([[1, 0]]), InvalidAugmentation, r"callable natural -> distribution; got \[\[1, 0\]\]"),
    (lambda: identity().then({"a": {"a": 1}, "b": {"a": 1}})("c"), InvalidAugmentation,
     "no row for the natural 'c'; it has 'a', 'b'"),
    (lambda: apply(str.upper, 2), InvalidDistribution, f"probability is 2; {TOO_MUCH}"),
    (lambda: apply(str.upper, 1.5), InvalidDistribution, f"probability is 1.5; {TOO_MUCH}"),
    (lambda: apply(str.upper, "4/3"), InvalidDistribution, f"probability is 4/3; {TOO_MUCH}"),
    (lambda: apply(str.upper, Fraction(7, 6)), InvalidDistribution, f"probability is 7/6; {TOO_MUCH}"),
    (lambda: apply(str.upper, -0.5), InvalidDistribution, "-0.5; probabilities must not be negative"),
    (lambda: apply(str.upper, np.nan), InvalidDistribution, "nan; .* finite"),
    (lambda: apply(str.upper, "often"), InvalidDistribution, "'often', not a prob"),
    (lambda: apply(lambda x: {x: 1})("a"), InvalidAugmentation,
     r"fn\('a'\) is the distribution .*use popgraph.Augmentation\(fn\)"),
    (lambda: apply(list)("a"), InvalidAugmentation, r"fn\('a'\) is \['a'\].* wrap it in tuple"),
    (lambda: apply(lambda _: np.eye(2))("a"), InvalidAugmentation, "wrap it in popgraph.images.Image"),
    (lambda: identity().repeat(-1), InvalidArgument, "times is -1"),
    (lambda: identity().repeat(1.5), InvalidArgument, "times is 1.5"),
    (lambda: identity().repeat("2"), InvalidArgument, "times is '2'"),
    (lambda: identity().repeat(None), InvalidArgument, "times is None"),
    (lambda: TWO("ab"), InvalidAugmentation, r"independently\(\) augments tuples; the natural 'ab' is a str"),
    (lambda: TWO([0, 1]), InvalidAugmentation, r"independently\(\) augments tuples; the natural \[0, 1\] is a list"),
    (lambda: TWO((0, 1, 2)), InvalidAugmentation,
     r"the natural \(0, 1, 2\) has 3 coordinates, independently\(\) has 2 augmentations"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("call", "exception", "sentence"), REFUSED, ids=[f"{i} {of[2][:40]}" for i, of in enumerate(REFUSED)]
)
def test_what_is_wrong_is_refused_in_a_sentence(call, exception, sentence):
    with pytest.raises(exception, match=sentence):
        call()


@pytest.mark.parametrize("bits", [23, 20_000])
def test_more_views_than_fit_are_refused_before_they_are_listed(bits):
    """2^20000 has more digits than Python writes."""
    with pytest.raises(TooLarge, match="4,194,304.*use fewer coordinates") as caught:
        independently(apply(lambda bit: 1 - bit, "1/4"))((0,) * bits)
    assert len(str(caught.value)) < 300


# --- a value


def test_its_name_is_how_it_prints():
    def blur(natural):
        return {natural: 1}

    assert repr(Augmentation(blur)) == "Augmentation(blur)"
    assert repr(Augmentation(blur, "soft")) == "Augmentation(soft)"
    assert repr(apply(str.upper, "1/3")) == "Augmentation(apply(upper, 1/3))"
    assert Augmentation(blur).repeat(3).name == "blur.repeat(3)"
    assert Augmentation(blur).then(identity()).name == "blur.then(identity)"


def test_it_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        identity().name = "other"


class Lying:
    """Answer a question about one natural differently the second time."""

    def __init__(self, truthful=(), answer=lambda view: {view: 1}):
        self.asked, self.truthful, self.answer = 0, truthful, answer

    def __call__(self, natural):
        self.asked += 1
        return self.answer(natural if natural in self.truthful else f"{natural}, draw {self.asked}")


@pytest.mark.parametrize(
    "declare",
    [
        lambda lie: lie,
        lambda lie: Augmentation(lie),
        lambda lie: identity().then(lie),
        lambda lie: Augmentation(lie).repeat(1),
        lambda lie: choose({Augmentation(lie): "1/2", identity(): "1/2"}),
    ],
    ids=["callable", "Augmentation", "then", "repeat", "choose"],
)
def test_an_augmentation_that_draws_is_found_out_however_it_is_wrapped(declare):
    message = "gave two answers for the natural 'b': .*draw.*, then .*draw.*; it must return the whole distribution"
    with pytest.raises(InvalidAugmentation, match=message):
        pg.build(["a", "b"], declare(Lying(truthful="a")))


def test_a_function_under_apply_that_draws_is_found_out_too():
    with pytest.raises(InvalidAugmentation, match="two answers for the natural 'a'"):
        pg.build(["a"], apply(Lying(answer=lambda view: view), "1/3"))


def test_a_coordinate_s_augmentation_that_draws_is_found_out_too():
    with pytest.raises(InvalidAugmentation, match=r"two answers for the natural 'a'"):
        pg.build([("a",)], independently(Lying()))
