"""`from_chain` and `from_trajectories`: laws, lags, discounts and counts against closed forms, dense sums and fractions."""

from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse as sp
from extras import need
from hypothesis import given, settings
from hypothesis import strategies as st

import popgraph as pg
from popgraph.errors import InvalidArgument, InvalidCall, InvalidDistribution, TooLarge

WALK = [[0, 1, 0], ["1/2", 0, "1/2"], [0, 1, 0]]
ROUND = [[0, 1, 0], [0, 0, 1], [1, 0, 0]]
FLOATS = np.array([[0, 1, 0], [0.5, 0, 0.5], [0, 1, 0]])


def reversible(rng, N, exact=False):
    """A random walk on a connected weighted graph: P, and its stationary law."""
    W = rng.integers(0, 4, (N, N)) + np.eye(N, k=1, dtype=int)
    W = W + W.T
    if not exact:
        return W / W.sum(axis=1, keepdims=True), W.sum(axis=1) / W.sum()
    rows = [[Fraction(int(each), int(row.sum())) for each in row] for row in W]
    return rows, [Fraction(int(row.sum()), int(W.sum())) for row in W]


def irreversible(rng, N):
    """A chain with a positive step all around, and others as they fall."""
    P = rng.integers(0, 3, (N, N)) + np.roll(np.eye(N, dtype=int), 1, axis=1)
    return [[Fraction(int(each), int(row.sum())) for each in row] for row in P]


def weights(graph):
    return np.array([[graph.explain(x, y).value for y in graph.views] for x in graph.views])


def test_the_walk_on_a_path_of_three():
    graph = pg.from_chain(WALK, name="path")
    assert weights(graph).tolist() == [
        [0, Fraction(1, 4), 0],
        [Fraction(1, 4), 0, Fraction(1, 4)],
        [0, Fraction(1, 4), 0],
    ]
    np.testing.assert_allclose(graph.spectrum(3).gamma, [1, 0, -1], atol=1e-12)
    np.testing.assert_allclose(pg.from_chain(WALK, discount="1/2").spectrum(3).gamma, [1, 0, -1 / 3], atol=1e-12)
    np.testing.assert_allclose(
        pg.from_chain(FLOATS, discount=0.5).w, weights(pg.from_chain(WALK, discount="1/2")).astype(float)
    )


def test_build_of_a_chain_has_two_successors_of_one_state():
    law = pg.from_chain(WALK).w_x
    trap, graph = pg.build(law, FLOATS), pg.from_chain(FLOATS)
    np.testing.assert_allclose(trap.w, FLOATS.T @ np.diag(law) @ FLOATS)
    np.testing.assert_allclose(graph.w, np.diag(law) @ FLOATS)
    np.testing.assert_allclose(trap.spectrum(3).gamma, np.sort(graph.spectrum(3).gamma ** 2)[::-1], atol=1e-12)
    np.testing.assert_allclose(pg.from_chain(FLOATS, 2).w, trap.w)  # of a reversible chain


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 9), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_lags_are_powers_exactly_and_in_floats(N, lag, seed):
    rng = np.random.default_rng(seed)
    P, law = reversible(rng, N, exact=True)
    graph = pg.from_chain(P, lag)
    expected = np.array(law, dtype=object)[:, np.newaxis] * np.linalg.matrix_power(np.array(P, dtype=object), lag)
    assert (weights(graph) == expected).all()
    floats = np.array(P, dtype=float)
    for form in (floats, sp.csr_array(floats), sp.coo_array(floats)):
        np.testing.assert_allclose(pg.from_chain(form, lag).w, expected.astype(float), rtol=1e-13)
    mu = np.sort(np.linalg.eigvals(floats).real ** lag)[::-1]
    np.testing.assert_allclose(pg.from_chain(floats, lag).spectrum(N).gamma, mu, atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 9), st.fractions(0, Fraction(9, 10)), st.integers(0, 2**32 - 1))
def test_discounted_successors_are_the_sum_of_all_lags(N, b, seed):
    P, law = reversible(np.random.default_rng(seed), N, exact=True)
    b = b.limit_denominator(20)
    graph = pg.from_chain(P, discount=b)
    exact = weights(graph)
    # w (I - bP) = (1-b) diag(π) P, which determines w
    matrix = np.array(P, dtype=object)
    assert (exact - b * exact.dot(matrix) == (1 - b) * np.array(law, dtype=object)[:, np.newaxis] * matrix).all()
    floats, total = matrix.astype(float), np.zeros((N, N))
    for j in range(400):
        total += (1 - float(b)) * float(b) ** j * np.linalg.matrix_power(floats, j + 1)
    given_floats = pg.from_chain(floats, discount=float(b))
    np.testing.assert_allclose(given_floats.w, np.array(law, dtype=float)[:, np.newaxis] * total, atol=1e-14)
    mu = pg.from_chain(floats).spectrum(N).gamma
    moved = np.sort((1 - float(b)) * mu / (1 - float(b) * mu))[::-1]
    np.testing.assert_allclose(given_floats.spectrum(N).gamma, moved, atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 8), st.integers(0, 2**32 - 1))
def test_the_stationary_law_of_any_irreducible_chain(N, seed):
    P = irreversible(np.random.default_rng(seed), N)
    graph = pg.from_chain(P, symmetrize=True)
    law = [graph.explain(x, graph.views[0]).w_x for x in graph.views]
    assert [sum(law[i] * P[i][j] for i in range(N)) for j in range(N)] == law
    assert sum(law) == 1
    floats = np.array(P, dtype=float)
    np.testing.assert_allclose(pg.from_chain(floats, symmetrize=True).w_x, np.array(law, dtype=float), rtol=1e-13)
    expected = (np.diag(law).astype(float) @ floats + floats.T @ np.diag(law).astype(float)) / 2
    np.testing.assert_allclose(graph.w, expected, rtol=1e-13)


@pytest.mark.parametrize("N", [1_001, 3_000])
def test_large_chains_that_are_not_reversible(N):
    rng = np.random.default_rng(N)
    around = sp.coo_array((np.ones(N), (np.arange(N), np.roll(np.arange(N), 1))), shape=(N, N))
    P = sp.csr_array(around + sp.random_array((N, N), density=3 / N, rng=rng))
    P = sp.csr_array(sp.diags_array(1 / P.sum(axis=1)) @ P)
    graph = pg.from_chain(P, symmetrize=True)
    np.testing.assert_allclose(P.T @ graph.w_x, graph.w_x, rtol=1e-10)


def test_a_law_that_falls_below_the_range_of_float64_is_said_so():
    N = 400
    P = sp.csr_array(sp.diags_array([np.full(N - 1, 0.9), np.full(N - 1, 0.1)], offsets=[-1, 1]))
    P = sp.csr_array(P + sp.diags_array(1 - P.sum(axis=1)))
    with pytest.raises(InvalidDistribution, match="too small for float64"):
        pg.from_chain(P)
    short = pg.from_chain(sp.csr_array(P[:300, :300] + sp.coo_array(([0.1], ([299], [299])), shape=(300, 300))))
    np.testing.assert_allclose(short.w_x[1:] / short.w_x[:-1], 1 / 9, rtol=1e-12)


def test_a_long_walk_is_found_at_once():
    N = 20_000
    edges = np.random.default_rng(0).random(N - 1) + 0.1
    W = sp.csr_array(sp.diags_array([edges, edges], offsets=[-1, 1]))
    degree = W.sum(axis=1)
    graph = pg.from_chain(sp.csr_array(sp.diags_array(1 / degree) @ W))
    np.testing.assert_allclose(graph.w_x, degree / degree.sum(), rtol=1e-10)


def test_states_go_by_their_names():
    pandas = need("pandas")
    by_rows = {"low": {"low": "1/2", "high": "1/2"}, "high": {"low": "1/4", "high": "3/4"}}
    graph = pg.from_chain(by_rows, labels={"high": 1, "low": 0})
    assert graph.views == ("low", "high")
    assert graph.labels.tolist() == [0, 1]
    assert graph.explain("low", "high").value == Fraction(1, 6)
    table = pandas.DataFrame([[0.75, 0.25], [0.5, 0.5]], index=["high", "low"], columns=["high", "low"])
    swapped = table[["low", "high"]]
    for form in (table, swapped, {(x, y): float(Fraction(p)) for x, row in by_rows.items() for y, p in row.items()}):
        np.testing.assert_allclose(pg.from_chain(form, views=["low", "high"]).w, graph.w, rtol=1e-15)
    assert pg.from_chain([[0, 1], [1, 0]], views="ab").explain("a", "b").value == Fraction(1, 2)
    given_law = pg.from_chain(by_rows, p={"high": "2/3", "low": "1/3"})
    np.testing.assert_array_equal(given_law.w, graph.w)
    assert given_law.is_exact
    for p in (np.array([1 / 3, 2 / 3]), [1 / 3, 2 / 3], pandas.Series([2 / 3, 1 / 3], index=["high", "low"])):
        np.testing.assert_allclose(pg.from_chain(by_rows, p=p).w, graph.w, rtol=1e-15)


def test_a_reducible_chain_needs_its_law():
    blocks = np.kron(np.eye(2), np.full((2, 2), 0.5))
    with pytest.raises(InvalidArgument, match="reducible: no steps lead from state 0 to 2; give p="):
        pg.from_chain(blocks)
    graph = pg.from_chain(blocks, p=[0.125, 0.125, 0.375, 0.375])
    assert graph.component_count == 2
    assert pg.from_chain(blocks, p=[0.25] * 4, discount=0.9).component_count == 2
    with pytest.raises(InvalidArgument, match="no steps lead from state 'end' to 'start'"):
        pg.from_chain({"start": {"start": 0.5, "end": 0.5}, "end": {"end": 1}})


@pytest.mark.parametrize(
    ("P", "options", "message"),
    [
        (ROUND, {}, r"w\[0, 1\] is 1/3 and w\[1, 0\] is 0, one of 3 such pairs.*symmetrize=True.*from_bipartite"),
        (ROUND, {"discount": 0.5}, r"w\[0, 1\] is 1/3 and w\[1, 0\] is 0"),
        (
            WALK,
            {"p": ["1/3"] * 3},
            "p is not stationary: a step takes the probability of state 1 from 0.333333 to 0.666667",
        ),
        (FLOATS, {"p": [0.3, 0.4, 0.3]}, "p is not stationary: .* state 1 from 0.4 to 0.6; leave out p="),
        (WALK, {"p": [0.5, 0.5]}, "p has 2 probabilities for 3 states"),
        (WALK, {"p": {0: 0.25, 1: 0.5, 3: 0.25}}, r"p lacks 1 of 3 states \(2\) and names 1 that is no state \(3\)"),
        (WALK, {"p": [0.5, 0.5, 0]}, r"p lacks 1 of 3 states \(2\)"),
        (WALK, {"p": "abc"}, "p"),
        ([[0.5, 0.4], [0.5, 0.5]], {}, "1 of 2 rows of P do not sum to 1: that of 0 to 0.9"),
        ([[1.5, -0.5], [0.5, 0.5]], {}, "must not be negative"),
        ({"a": {"b": 1}}, {}, "that of 'b' to 0"),
        (np.ones((2, 3)) / 3, {}, r"P has shape \(2, 3\)"),
        ([("a", "b"), ("b", "a")], {}, "P|probability"),
        (len, {}, "P is <built-in function len>"),
        ("ab", {}, "P is 'ab'"),
        (WALK, {"lag": 0}, "lag is 0; it must be a whole number, 1 or more"),
        (WALK, {"lag": 1.0}, "lag is 1.0"),
        (WALK, {"discount": 1}, "discount is 1; it is 0 or more and below 1"),
        (WALK, {"discount": -0.5}, "must not be negative"),
        (WALK, {"discount": 1.5}, "discount is 1.5; it must be between 0 and 1"),
        (WALK, {"discount": 0.5, "lag": 2}, "lag is 2 and discount 0.5; give one of them"),
        (WALK, {"views": "ab"}, "views= has 2 names for 3 views"),
    ],
)
def test_what_is_no_chain_is_refused_in_one_sentence(P, options, message):
    with pytest.raises(InvalidArgument, match=message):
        pg.from_chain(P, **options)


def test_what_a_chain_does_not_take_is_answered():
    with pytest.raises(InvalidCall, match="divide each row by its sum"):
        pg.from_chain(WALK, normalize=True)
    N = 12_000
    step = sp.csr_array(sp.diags_array([np.full(N - 1, 0.5), np.full(N - 1, 0.5)], offsets=[-1, 1]))
    step = sp.csr_array(step + sp.diags_array(1 - step.sum(axis=1)))
    with pytest.raises(TooLarge, match="dense matrix"):
        pg.from_chain(step, discount=0.5)


@pytest.mark.parametrize("b", ["0.9989", "0.9991", "0.999999999", "0.99999999999999"])
def test_a_discount_next_to_1_loses_no_digits(b):
    P, law = reversible(np.random.default_rng(1), 5, exact=True)
    exact = pg.from_chain(P, discount=b)
    floats = pg.from_chain(np.array(P, dtype=float), discount=float(b))
    np.testing.assert_allclose(floats.w, exact.w, atol=2e-13)
    np.testing.assert_allclose(floats.w_x, np.array(law, dtype=float), rtol=1e-12)
    blocks = np.kron(np.eye(2), np.full((2, 2), 0.5))
    apart = pg.from_chain(blocks, p=[0.1, 0.1, 0.4, 0.4], discount=float(b))
    np.testing.assert_allclose(apart.w, np.kron(np.diag([0.05, 0.2]), np.ones((2, 2))), rtol=1e-12)


def test_symmetrize_and_lags_of_a_round():
    assert weights(pg.from_chain(ROUND, symmetrize=True))[0].tolist() == [0, Fraction(1, 6), Fraction(1, 6)]
    assert weights(pg.from_chain(ROUND, 3)).tolist() == np.diag([Fraction(1, 3)] * 3).tolist()
    mean = pg.from_chain(ROUND, discount="1/2", symmetrize=True)
    P = np.array(ROUND, dtype=float)
    w = 0.5 * P @ np.linalg.inv(np.eye(3) - P / 2) / 3
    np.testing.assert_allclose(mean.w, (w + w.T) / 2, rtol=1e-14)


# ---------------------------------------------------------------- trajectories


@settings(max_examples=80, deadline=None)
@given(st.lists(st.lists(st.sampled_from("abcd"), max_size=7), min_size=1, max_size=4), st.integers(1, 3))
def test_pairs_are_counted_within_each_sequence(sequences, lag):
    counted = Counter()
    for states in sequences:
        for pair in zip(states, states[lag:], strict=False):
            counted[pair] += 1
            counted[pair[::-1]] += 1
    if not counted:
        with pytest.raises(InvalidDistribution, match="no two states are"):
            pg.from_trajectories(sequences, lag, symmetrize=True)
        return
    graph = pg.from_trajectories(sequences, lag, symmetrize=True)
    total = sum(counted.values())
    assert set(graph.views) == {x for pair in counted for x in pair}
    assert {(x, y): graph.explain(x, y).value for x in graph.views for y in graph.views} == {
        (x, y): Fraction(counted[x, y], total) for x in graph.views for y in graph.views
    }
    numbers = [np.array(["abcd".index(x) for x in states], dtype=np.int64) for states in sequences]
    np.testing.assert_array_equal(pg.from_trajectories(numbers, lag, symmetrize=True).w, graph.w)


def test_what_is_one_sequence_and_what_are_several():
    pandas, torch, polars = need("pandas"), need("torch"), need("polars")
    one = [
        "aba",
        list("aba"),
        iter("aba"),
        np.array(list("aba")),
        pandas.Series(list("aba")),
        polars.Series(list("aba")),
    ]
    for states in one:
        assert pg.from_trajectories(states).views == ("a", "b")
    for states in (torch.tensor([0, 1, 0]), np.array([0, 1, 0]), (0, 1, 0), [[0, 1, 0]], np.array([[0, 1, 0]])):
        assert pg.from_trajectories(states).views == (0, 1)
    assert pg.from_trajectories([(0, 0), (0, 1), (0, 0)]).views == ((0, 0), (0, 1))  # three states, each a tuple
    assert pg.from_trajectories(["up", "down", "up"]).views == ("up", "down")
    assert pg.from_trajectories({1: "aba", 2: "cc"}).component_count == 2
    assert pg.from_trajectories([list("aba"), np.array(["c", "c"])]).component_count == 2
    assert pg.from_trajectories([range(3), [2, 1, 0]]).views == (0, 1, 2)
    ordered = pg.from_trajectories("aba", views="ba", labels=[1, 0], name="ab")
    assert ordered.views == ("b", "a")
    assert ordered.labels.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("sequences", "options", "message"),
    [
        ("abc", {}, r"w\['a', 'b'\] is 1/2 and w\['b', 'a'\] is 0, one of 2.*both directions.*from_bipartite"),
        ("ab", {"lag": 2}, "no two states are 2 steps apart: the longest of 1 sequences has 2 states"),
        ([], {}, "no two states are 1 steps apart"),
        ([list("ab"), 7], {}, r"sequences\[1\] is 7 among sequences"),
        (5, {}, "sequences is 5, a int"),
        ("aba", {"lag": 0}, "lag is 0"),
        ("aba", {"views": "abc"}, r"views= names 1 that is no view \('c'\)"),
        ([[{}, {}]], {}, "cannot be hashed"),
        ({"a", "b"}, {}, "a set"),
    ],
)
def test_what_are_no_trajectories_is_refused_in_one_sentence(sequences, options, message):
    with pytest.raises(InvalidArgument, match=message):
        pg.from_trajectories(sequences, **options)


def test_a_table_is_no_trajectory():
    with pytest.raises(InvalidArgument, match="its column, or that by episode"):
        pg.from_trajectories(need("pandas").DataFrame({"state": [0, 1]}))
