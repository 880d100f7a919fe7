"""The iterative solver step by step: on diagonal matrices, whose eigenvectors are unit vectors, and with an ARPACK made to fail."""

from typing import Any

import numpy as np
import pytest
from cases import stack_of
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.linalg import ArpackError, aslinearoperator

import popgraph as pg
from popgraph import zoo
from popgraph.basics.subspace import tolerance
from popgraph.errors import NotConverged
from popgraph.spectrum.solvers import deflation, iterative
from popgraph.spectrum.solvers import gram as gram_room
from popgraph.spectrum.solvers.chebyshev import PLAIN, Filter
from popgraph.spectrum.solvers.deflation import BOUNDED, SEARCHED_AGAIN, SPENT, WHOLE
from popgraph.spectrum.solvers.gram import OperatorProduct
from popgraph.spectrum.solvers.iterative import Search
from popgraph.spectrum.solvers.lanczos import Lanczos
from popgraph.spectrum.solvers.look import second_look


def diagonal(gamma: Any, tops: int = 1, trace: float | None = None, limit: float = np.inf) -> Search:
    """A search in diag(gamma) beside the first `tops` unit vectors."""
    product = OperatorProduct(aslinearoperator(np.diag(gamma)), limit)
    return Search(product, np.eye(len(gamma))[:, :tops], trace)


def unit(side: int, *places: int) -> np.ndarray:
    return np.eye(side, order="F")[:, list(places)]


# --- the search


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1), st.integers(5, 40), st.integers(1, 3), st.integers(0, 12))
def test_the_leading_pairs_of_a_diagonal_matrix_are_found_in_order(seed, side, tops, wanted):
    """With and without repeated eigenvalues, in any order on the diagonal; and what is left is bounded."""
    rng = np.random.default_rng(seed)
    gamma = np.concatenate([np.ones(tops), rng.choice(rng.random(7), size=side - tops)])
    wanted = min(wanted, side - tops)
    search = diagonal(gamma, tops)
    rest, bound, _ = search.leading(wanted)
    truth = np.append(np.sort(gamma[tops:])[::-1], 0.0)
    rounding = tolerance(side)
    np.testing.assert_allclose(search.gamma[:wanted], truth[:wanted], rtol=0, atol=rounding)
    np.testing.assert_array_equal(search.basis[:, :tops], np.eye(side)[:, :tops])
    found = search.basis[:, tops:]
    np.testing.assert_allclose(gamma[:, np.newaxis] * found, found * search.gamma, rtol=0, atol=1e-9)
    np.testing.assert_allclose(search.basis.T @ search.basis, np.eye(search.basis.shape[1]), rtol=0, atol=1e-13)
    assert rest - rounding <= truth[wanted] <= bound + rounding
    assert bound <= (truth[wanted - 1] if wanted else 1.0) + 3 * rounding


def test_eigenvalues_that_use_up_the_trace_end_the_search():
    """1, 0.5, 0.25 and zeros."""
    search = diagonal([1.0, 0.5, 0.25, *[0.0] * 9], trace=0.75)
    assert search.leading(6) == (0.0, 0.0, SPENT)
    np.testing.assert_allclose(search.gamma, [0.5, 0.25], rtol=0, atol=1e-15)


def test_vectors_that_use_up_the_dimensions_end_the_search():
    gamma = [1.0, 0.9, 0.5, 0.4, 0.2]
    search = diagonal(gamma)
    assert search.leading(4) == (0.0, 0.0, WHOLE)
    np.testing.assert_allclose(search.gamma, gamma[1:], rtol=0, atol=1e-14)
    rest, bound, method = diagonal(gamma).leading(3)
    assert rest == pytest.approx(0.2, abs=1e-14)
    assert bound == pytest.approx(0.2, abs=1e-11)
    assert method == BOUNDED


def test_a_bound_is_pursued_before_a_second_search(monkeypatch):
    """Of N = 1000: θ/(1 - ε) is 1.49 θ after 24 steps, above 0.9 for θ = 0.7, and 1.02 θ after 96."""
    monkeypatch.setattr(deflation, "second_look", None)
    rest, bound, method = diagonal([1.0, 0.9, *np.linspace(0.7, 0, 998)]).leading(1)
    assert 0.69 < rest <= 0.7 <= bound < 0.9
    assert method == BOUNDED


@pytest.mark.parametrize(("after", "method"), [(0.8, BOUNDED), (0.899, SEARCHED_AGAIN), (0.9, SEARCHED_AGAIN)])
def test_a_second_look_brackets_what_a_few_steps_cannot_tell_from_the_last_found(after, method):
    search = diagonal([1.0, 0.95, 0.9, *np.linspace(after, 0, 997)])
    rest, bound, found = search.leading(2)
    assert found == method
    assert rest <= after + tolerance(1000)
    assert after <= bound <= 0.9 + 3 * tolerance(1000)


@pytest.mark.parametrize("height", [1e-7, 1e-9, 1e-11])
def test_an_eigenvalue_above_a_crowd_is_found_or_bounded(height):
    """θ + ||r|| of a mixture of the crowd and of what is above it lies between the two; it was taken for a bound."""
    gamma = np.array([1.0, *[0.6 + height] * 2, *[0.6 + height / 2] * 2, *[0.6] * 120, *np.linspace(0.5, 0, 700)])
    for wanted, after in ((1, 0.6 + height), (2, 0.6 + height / 2), (4, 0.6)):
        search = diagonal(gamma)
        rest, bound, _ = search.leading(wanted)
        np.testing.assert_allclose(search.gamma[:wanted], np.sort(gamma)[::-1][1 : wanted + 1], rtol=0, atol=1e-14)
        assert rest <= after + tolerance(len(gamma))
        assert after <= bound


def test_beside_the_tops_alone_the_bound_is_below_1():
    rest, bound, _ = diagonal([1.0, 1.0, 0.999, *np.linspace(0.99, 0, 197)], tops=2).leading(0)
    assert rest <= 0.999 + tolerance(200)  # a Ritz value is at most the eigenvalue, and is rounded
    assert 0.999 <= bound < 1


def test_what_a_second_search_found_beyond_what_was_asked_for_is_what_is_left():
    """0.5 is held already; the eigenvalue 0.9 is found, and 0.5 is the next, whatever bounds those beside both."""
    search = diagonal([1.0, 0.2, 0.5, 0.9, *[0.1] * 20])
    search.keep(np.array([0.5]), unit(24, 2))
    rest, bound, _ = search.leading(1)
    np.testing.assert_allclose(search.gamma, [0.9, 0.5], rtol=0, atol=1e-14)
    assert rest == pytest.approx(0.5, abs=1e-15)
    assert bound == pytest.approx(0.5 + tolerance(24), abs=1e-15)  # each bound is a rounding above what was found


@pytest.mark.parametrize(("above", "searches"), [(1.9, 1), (2.1, 2)])
def test_a_bound_within_the_rounding_of_both_eigenvalues_is_one_of_a_tie(monkeypatch, above, searches):
    """γ_2 and the bound on γ_3 may each be off by a rounding; what is above by more is another eigenvalue, and sought."""
    calls, honest, rounding = [], Search.keep, tolerance(20)

    def keep(self: Search, *found: Any) -> None:
        calls.append(found)
        honest(self, *found)

    monkeypatch.setattr(Search, "keep", keep)
    monkeypatch.setattr(deflation, "largest_left", lambda *args: (0.5, np.inf))
    monkeypatch.setattr(
        deflation, "second_look", lambda *args: (0.5, 0.5 + (above if len(calls) == 1 else 1.0) * rounding, None)
    )
    diagonal([1.0, *[0.5] * 5, *[0.1] * 14]).leading(1)
    assert len(calls) == searches


@pytest.mark.parametrize("wanted", [1, 2])
def test_searches_that_find_nothing_new_come_to_an_end(monkeypatch, wanted):
    monkeypatch.setattr(Search, "find", lambda *args: (np.empty(0), unit(6)))
    with pytest.raises(NotConverged, match=f"after 64 searches only 0 of {wanted} eigenvalues below 1 are found"):
        diagonal([1.0, 0.5, 0.4, 0.3, 0.2, 0.1]).leading(wanted)


@pytest.mark.parametrize("tops", [1, 2])
@pytest.mark.parametrize("places", [[2, 3, 4], [4, 3, 2], [4, 2, 3], [3, 2, 4]])
def test_pairs_are_kept_largest_first_with_their_vectors(tops, places):
    gamma = np.array([1.0, 1.0, 0.9, 0.5, 0.3, 0.1])
    search = diagonal(gamma, tops)
    search.keep(gamma[places[:1]], unit(6, *places[:1]))
    search.keep(gamma[places[1:]], unit(6, *places[1:]))
    np.testing.assert_array_equal(search.gamma, [0.9, 0.5, 0.3])
    np.testing.assert_allclose(search.basis, unit(6, *range(tops), 2, 3, 4), atol=1e-15)


def test_many_repeats_are_found_by_a_block():
    """30 copies of 0.5 among the 25 sought: ARPACK starts from one vector and would meet one of them."""
    gamma = np.concatenate([[1.0], np.full(30, 0.5), np.linspace(1e-3, 0, 269)])
    search = diagonal(gamma)
    found, U = search.find(25)
    np.testing.assert_allclose(found, 0.5, rtol=0, atol=1e-14)
    np.testing.assert_allclose(np.linalg.norm(U[1:31], axis=0), 1.0, rtol=0, atol=1e-13)


# --- a second look

LEFT = np.array([1.0, 0.5, 0.3, 0.2, *np.linspace(0.1, 0.0, 60)])


def looked_at(gamma: np.ndarray, floor: float) -> tuple[float, float, Any]:
    search = diagonal(gamma)
    lanczos = Lanczos(search.gram.vector, search.basis, search.rng)
    return second_look(search.gram.vector, search.deflated_vector, lanczos, search.rng, floor)


def test_a_look_brackets_the_largest_eigenvalue_left():
    seen, bound, above = looked_at(LEFT, 0.6)
    assert 0.5 - 1e-13 <= seen <= 0.5 + 1e-15
    assert 0.5 <= bound <= 0.5 + 0.1
    assert above is None


def test_a_look_at_a_tie_bounds_it_within_rounding():
    seen, bound, above = looked_at(LEFT, 0.5)
    assert seen == pytest.approx(0.5, abs=1e-14)
    assert 0.5 <= bound <= 0.5 + 2 * tolerance(64)
    assert above is None


def test_a_look_hands_over_what_lies_above():
    seen, _, above = looked_at(LEFT, 0.4)
    assert seen == pytest.approx(0.5, abs=1e-14)
    np.testing.assert_allclose(np.abs(above.vector()), unit(64, 1).ravel(), atol=1e-12)


@pytest.mark.parametrize("steps", [0, 24, 40])
@pytest.mark.parametrize("seconds", [1e-9, 3e-4, 1.0])
@pytest.mark.parametrize("after", [0.5, 0.9 - 1e-6, 0.9])
def test_a_look_brackets_whatever_a_product_costs_and_whatever_was_done_before(after, seconds, steps):
    """A filter of the highest degree, of a lower one, and none; begun by a run that has taken so many steps."""
    gamma = np.array([1.0, 0.9, after, *np.linspace(0.999 * after, 0.0, 1200)])
    search = diagonal(gamma, tops=2)
    lanczos = Lanczos(search.gram.vector, search.basis, search.rng)
    lanczos.advance(steps)
    seen, bound, above = second_look(search.gram.vector, search.deflated_vector, lanczos, search.rng, 0.9, seconds)
    assert seen <= after + tolerance(len(gamma))
    assert after <= bound <= 0.9 + 2 * tolerance(len(gamma))
    assert above is None


def test_a_look_begins_with_the_steps_of_the_run_before_it():
    products = []
    for steps in (0, 24, 48):
        search = diagonal(np.array([1.0, 0.9, *np.linspace(0.89, 0.0, 1200)]), tops=2)
        lanczos = Lanczos(search.gram.vector, search.basis, search.rng)
        lanczos.advance(steps)
        before = search.gram.products
        second_look(search.gram.vector, search.deflated_vector, lanczos, search.rng, 0.9, 1.0)  # without a filter
        products.append(search.gram.products - before)
    assert products[1] <= products[0] - 24
    assert products[2] <= products[1] - 24


def test_where_nothing_is_left_a_look_says_so():
    seen, bound, above = looked_at(np.array([1.0, 0.0, 0.0, 0.0]), 0.9)
    assert (seen, above) == (0.0, None)
    assert 0.0 <= bound <= tolerance(4)


# --- searches with a filter, made to return this or that


def searched(monkeypatch: pytest.MonkeyPatch, filtered: np.ndarray, plain: np.ndarray) -> tuple[Any, Any]:
    """A search for three pairs with a filter whose edge is 0.4, and without."""
    chosen = Filter(0.4, 5, 1)
    monkeypatch.setattr(iterative, "choose_filter", lambda *args: chosen)
    monkeypatch.setattr(Lanczos, "nearly_found", lambda *args: False)
    monkeypatch.setattr(Search, "_lanczos", lambda self, ask, polynomial: {chosen: filtered, PLAIN: plain}[polynomial])
    return diagonal([1.0, 0.9, 0.6, 0.3, 0.2]).find(3)


def test_what_is_found_below_a_filters_edge_is_not_believed(monkeypatch):
    turned = unit(5, 3, 1, 2) @ np.linalg.qr(np.random.default_rng(0).standard_normal((3, 3)))[0]
    for filtered, plain in ((turned, unit(5)), (unit(5), unit(5, 1, 2)), (unit(5, 3), unit(5, 2, 1))):
        gamma, U = searched(monkeypatch, filtered, plain)
        np.testing.assert_allclose(gamma, [0.9, 0.6], rtol=0, atol=1e-15)
        np.testing.assert_allclose(np.abs(U), unit(5, 1, 2), rtol=0, atol=1e-14)


def test_a_search_that_finds_nothing_at_all_is_refused(monkeypatch):
    with pytest.raises(
        NotConverged, match="ARPACK found no eigenvector beside those that are known, on a block of side 5"
    ):
        searched(monkeypatch, unit(5), unit(5))


def test_small_eigenvalues_are_found_beside_rounding():
    """Naturals (1 - t) a + t b for t of size 1e-6: γ_2 = Var(t) Σ d²/m, with d = b - a and m the mean of the naturals."""
    t, a, b = 1e-6 * np.arange(5), np.array([3, 1, 2, 1, 1]) / 8, np.array([1, 1, 1, 3, 2]) / 8
    graph = pg.build(np.full(5, 0.2), a + np.outer(t, b - a))
    second = t.var() * np.sum((b - a) ** 2 / (a + t.mean() * (b - a)))
    assert 1e-12 < second < 2e-12
    spectrum = graph.spectrum(5, solver="iterative")
    np.testing.assert_allclose(spectrum.gamma, [1, second, 0, 0, 0], rtol=0, atol=1e-16)


# --- ARPACK


def test_arpack_is_asked_for_no_more_than_there_is():
    search = diagonal([1.0, 1.0, 1.0, 0.5, 0.4, 0.3], tops=3)
    U = search._arpack(10, PLAIN)
    np.testing.assert_allclose(U @ U.T, np.diag([0, 0, 0, 1, 1, 1]), atol=1e-14)


def arpack_returning(monkeypatch: pytest.MonkeyPatch, U: np.ndarray) -> np.ndarray:
    monkeypatch.setattr(iterative, "eigsh", lambda *args, **options: (np.zeros(U.shape[1]), U.copy()))
    return diagonal([1.0, 0.5, 0.3, 0.0])._arpack(U.shape[1], PLAIN)


def test_what_arpack_mixed_with_what_is_held_is_told_apart(monkeypatch):
    """The first unit vector is held; of a vector with a part in it the rest is left, and of itself nothing."""
    whole = np.linalg.qr(unit(4, 1, 2) + 1e-3 * unit(4, 0, 0))[0]
    np.testing.assert_allclose(np.abs(arpack_returning(monkeypatch, whole)), unit(4, 1, 2), atol=2e-6)
    U = arpack_returning(monkeypatch, 0.8 * unit(4, 1, 3) + [0.6, 0.0] * unit(4, 0, 0))
    np.testing.assert_allclose(U, unit(4, 1, 3) * 0.8, atol=1e-15)
    U = arpack_returning(monkeypatch, 0.8 * unit(4, 1, 0) + 0.6 * unit(4, 0, 1) * [1, -1])
    np.testing.assert_allclose(np.abs(U), unit(4, 1), atol=1e-15)
    assert arpack_returning(monkeypatch, unit(4, 0, 0)).shape == (4, 0)


@pytest.mark.parametrize("sound", [0, 1])
def test_what_is_no_number_is_refused(monkeypatch, sound):
    U = np.full((4, 2), np.nan)
    U[:, :sound] = unit(4, *range(1, 1 + sound))
    with pytest.raises(NotConverged, match="ARPACK returned vectors that are not finite, on a block of side 4"):
        arpack_returning(monkeypatch, U)


def test_an_error_of_arpack_is_said(monkeypatch):
    def eigsh(*args: Any, **options: Any) -> Any:
        raise ArpackError(-9, {-9: "a start of zeros"})

    monkeypatch.setattr(iterative, "eigsh", eigsh)
    with pytest.raises(NotConverged, match="ARPACK failed on a block of side 64: .* a start of zeros"):
        diagonal(LEFT)._arpack(1, PLAIN)


@pytest.mark.parametrize(("ask", "room"), [(1, 14), (20, 33), (100, 141)])
def test_arpack_keeps_13_vectors_beyond_those_asked_for_and_a_share_of_many(monkeypatch, ask, room):
    given = {}

    def eigsh(operator: Any, k: int, **options: Any) -> Any:
        given.update(options)
        return np.zeros(k), np.zeros((300, k))

    monkeypatch.setattr(iterative, "eigsh", eigsh)
    search = diagonal(np.linspace(1, 0, 300))
    search._arpack(ask, PLAIN)
    assert given["ncv"] == room
    search._arpack(299, PLAIN)
    assert given["ncv"] == 300


def test_what_is_found_is_removed_from_vectors_and_from_columns_in_place():
    rng = np.random.default_rng(0)
    search, X = diagonal(np.linspace(1, 0, 9)), np.asfortranarray(rng.standard_normal((9, 3)))
    search.keep(np.array([0.5, 0.4]), np.linalg.qr(rng.standard_normal((9, 2)))[0])
    left = X - search.basis @ (search.basis.T @ X)
    np.testing.assert_allclose(search.deflated_vector(X[:, 1]), left[:, 1], atol=1e-15)
    apart = search._remove_known(X)
    np.testing.assert_allclose(apart, left, atol=1e-15)
    assert np.shares_memory(apart, X)


# --- blocks of a graph


def random_blocks(count: int, n: int, n_views: int, rank: int, seed: int = 0) -> pg.PopulationGraph:
    """Components of one shape and of this rank."""
    rng, A = np.random.default_rng(seed), np.zeros((count * n, count * n_views))
    for c in range(count):
        A[c * n : (c + 1) * n, c * n_views : (c + 1) * n_views] = rng.random((n, rank)) @ rng.random((rank, n_views))
    return pg.build(rng.random(count * n) + 0.5, A, normalize=True)


@pytest.mark.parametrize("shape", [(6, 9), (9, 6), (7, 7)])
@pytest.mark.parametrize("rank", [1, 3, 6])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_every_block_gets_its_leading_pairs(shape, rank, count):
    stack = stack_of(random_blocks(count, *shape, rank))
    full = [min(shape), rank][rank < min(shape)]
    for k in (1, 2, 4, 20):
        found = iterative.solve(stack, k)
        k = min(k, min(shape))
        assert found.gamma.shape == (count, k)
        for M, top, gamma, V, rest, bound in zip(
            stack.dense(), stack.top, found.gamma, found.vectors, found.remainder, found.remainder_bound, strict=True
        ):
            truth = np.linalg.svd(M, compute_uv=False) ** 2
            np.testing.assert_allclose(gamma, truth[:k], rtol=0, atol=1e-13)
            assert (gamma[full:] == 0).all()
            np.testing.assert_array_equal(V[:, 0], top)
            V = V[:, gamma > 0]
            np.testing.assert_allclose(V.T @ V, np.eye(V.shape[1]), rtol=0, atol=1e-14)
            np.testing.assert_allclose(M.T @ (M @ V), V * gamma[gamma > 0], rtol=0, atol=1e-13)
            after = truth[k] if k < len(truth) else 0.0
            assert rest - 1e-14 <= after <= bound + 1e-14
            assert (bound == 0) == (k >= full)
        assert found.excluded == SPENT if k >= full else found.excluded != SPENT


def test_the_vectors_of_one_block_are_not_copied(monkeypatch):
    V = np.zeros((9, 3))
    monkeypatch.setattr(iterative, "_below_top", lambda *args: (np.ones(3), V, 0.0, 0.0, WHOLE))
    assert np.shares_memory(iterative.solve(stack_of(random_blocks(1, 6, 9, 3)), 3).vectors, V)


@pytest.mark.parametrize("shape", [(6, 9), (9, 6)])
def test_eigenvalues_are_at_most_1_and_what_rounds_to_0_is_0(monkeypatch, shape):
    def leading(search: Search, wanted: int) -> tuple[float, float, str]:
        U = np.linalg.qr(np.column_stack([search.basis, np.eye(6)[:, :3]]))[0]
        search.keep(np.array([1 + 4e-16, 0.9 * tolerance(6), -1e-17]), U[:, 1:])
        return 0.0, 0.0, WHOLE

    monkeypatch.setattr(Search, "leading", leading)
    found = iterative.solve(stack_of(random_blocks(1, *shape, 6)), 4)
    np.testing.assert_array_equal(found.gamma, [[1, 1, 0, 0]])


def test_as_many_products_are_allowed_as_take_as_long_as_a_dense_solve(monkeypatch):
    """6 x 6 x 6 x 0.5 s = 108 s, and a product with a dense array of 54 entries takes 54 x 0.1 + 0.6 s = 6 s."""
    monkeypatch.setattr(iterative, "DENSE_SECONDS", 0.5)
    for name, seconds in (("ENTRY_SECONDS", 0.4), ("DENSE_ENTRY_SECONDS", 0.1), ("CALL_SECONDS", 0.6)):
        monkeypatch.setattr(gram_room, name, seconds)
    limits, honest = [], iterative.Gram

    def gram(M: Any, limit: float) -> Any:
        limits.append(limit)
        return honest(M, limit)

    monkeypatch.setattr(iterative, "Gram", gram)
    stack = stack_of(random_blocks(1, 6, 9, 2))
    iterative.solve(stack, 2, alone=False)
    iterative.solve(stack, 2, alone=True)
    iterative.solve(stack, 2)
    assert limits == [pytest.approx(18), np.inf, np.inf]


def test_the_bits_do_not_depend_on_what_was_asked_before():
    stack = stack_of(zoo.clusters(count=3, naturals=30, views=20, cross=0.1))
    first = iterative.solve(stack, 5)
    iterative.solve(stack, 2)
    assert iterative.solve(stack, 5).vectors.tobytes() == first.vectors.tobytes()


@pytest.mark.parametrize("k", [14, 15, 20, 40])
def test_pairs_beyond_the_eigenvalues_above_rounding_are_zeros_whatever_their_sum(k):
    """14 clusters of 18 with a few entries of 1e-6 beside: 238 values of 1e-14, of which each is rounding, and their sum is not."""
    rng, count, size = np.random.default_rng(0), 14, 18
    side = count * size
    A = np.kron(np.eye(count), np.ones((size, size))) + 1e-6 * (rng.random((side, side)) < 4 / side)
    graph = pg.build(np.full(side, 1 / side), A, normalize=True)
    dense, found = graph.spectrum(k, solver="dense"), graph.spectrum(k, solver="iterative")
    np.testing.assert_allclose(found.gamma, dense.gamma, rtol=0, atol=tolerance(side))
    assert (found.gamma[count:] == 0).all()
    assert found.eigenvectors.shape == (side, k)
    assert found.certificate.residual <= 10 * tolerance(side)
    assert found.certificate.remainder_bound >= dense.certificate.remainder
