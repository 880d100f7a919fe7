"""What the iterative solver is made of: products with M and its transpose, and Chebyshev filters."""

from importlib import import_module

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

import popgraph as pg
from popgraph.basics import products
from popgraph.basics.subspace import EPS
from popgraph.errors import NotConverged
from popgraph.spectrum import policy
from popgraph.spectrum.basis import orthonormal
from popgraph.spectrum.solvers import gram as room
from popgraph.spectrum.solvers.chebyshev import HIGHEST_DEGREE, MOST_DRIFT, PLAIN, Filter, choose_filter, of_least_cost
from popgraph.spectrum.solvers.gram import Gram, OperatorProduct

SHAPES = [(5, 9), (9, 5), (7, 7)]


def random_factor(shape, density, seed=0):
    rng = np.random.default_rng(seed)
    return sp.csr_array(rng.random(shape) * (rng.random(shape) < density) + np.eye(*shape))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("density", [0.05, 1.0])
@pytest.mark.parametrize("threaded", [False, True])
def test_gram_multiplies_by_the_smaller_of_both_products(monkeypatch, shape, density, threaded):
    monkeypatch.setattr(room, "THREADED_ENTRIES", 0 if threaded else 10**9)
    M = random_factor(shape, density)
    dense = M.toarray()
    small = dense @ dense.T if shape[0] < shape[1] else dense.T @ dense
    gram, X = Gram(M), np.asfortranarray(np.random.default_rng(1).standard_normal((min(shape), 20)))
    assert gram.by_naturals == (shape[0] < shape[1])
    np.testing.assert_allclose(gram.vector(X[:, 0]), small @ X[:, 0], atol=1e-12)
    np.testing.assert_allclose(gram.compressed(X), X.T @ small @ X, atol=1e-11)
    assert gram.products == 21
    if gram.by_naturals:
        wide = np.empty((shape[1], 20))
        gram.widened(X, wide)
        np.testing.assert_allclose(wide, dense.T @ X, atol=1e-12)


@pytest.mark.parametrize("shape", SHAPES)
def test_projections_are_the_same_in_one_go_and_in_parts(monkeypatch, shape):
    M, X = random_factor(shape, 0.05), np.random.default_rng(1).standard_normal((min(shape), 20))
    at_once = Gram(M).compressed(X)
    np.testing.assert_array_equal(at_once, at_once.T)
    monkeypatch.setattr(room, "SQUARED_NUMBERS", 0)
    np.testing.assert_allclose(at_once, Gram(M).compressed(X), rtol=0, atol=1e-12)


def test_threads_do_not_change_a_bit(monkeypatch):
    M = random_factor((3000, 2000), 0.01)
    x, X = np.random.default_rng(1).standard_normal(2000), np.random.default_rng(2).standard_normal((2000, 3))
    alone, together = Gram(M).vector(x), Gram(M).columns(X)
    monkeypatch.setattr(room, "THREADED_ENTRIES", 0)
    for cores in (1, 2, 5):
        monkeypatch.setattr(products, "core_count", lambda cores=cores: cores)
        assert Gram(M).vector(x).tobytes() == alone.tobytes()
        assert Gram(M).columns(X).tobytes() == together.tobytes()


@pytest.mark.parametrize("cores", [1, 2, 3, 5])
def test_rows_are_shared_out_evenly_among_as_many_threads_as_cores(monkeypatch, cores):
    monkeypatch.setattr(products, "core_count", lambda: cores)
    monkeypatch.setattr(room, "THREADED_ENTRIES", 0)
    M = random_factor((300, 200), 0.1)
    gram, x = Gram(M), np.random.default_rng(1).standard_normal(200)
    np.testing.assert_allclose(gram.vector(x), M.T @ (M @ x), rtol=1e-12)
    assert len(gram._B.team.threads) == cores - 1  # beside the one that asks
    assert gram._B_transposed.team is gram._B.team
    for rows, matrix in ((gram._B_transposed, M), (gram._B, M.T.tocsr())):
        entries = np.array([part.nnz for _, part in rows.parts])
        assert (len(entries), entries.sum()) == (cores, M.nnz)
        assert np.abs(entries - M.nnz / cores).max() <= 2 * np.diff(matrix.indptr).max()


def test_a_small_factor_needs_no_threads(monkeypatch):
    monkeypatch.setattr(products, "core_count", lambda: 4)
    M = random_factor((30, 20), 0.1)
    gram = Gram(M)
    np.testing.assert_allclose(gram.vector(np.ones(20)), M.T @ (M @ np.ones(20)), rtol=1e-12)
    assert gram._B_transposed.team is None


@pytest.mark.parametrize("shape", [(40, 90), (90, 40)])
def test_only_what_is_nearly_full_is_made_dense(shape):
    """A sparse factor's dense form could be many times its size."""
    cells = np.arange(shape[0] * shape[1])
    for share, full in ((0.29, False), (0.31, True)):
        M = sp.csr_array((cells % 100 < 100 * share).astype(float).reshape(shape))
        assert (Gram(M)._dense_B is not None) == full


def test_an_operator_is_multiplied_by_one_vector_at_a_time():
    rng = np.random.default_rng(0)
    matrix, X = rng.standard_normal((7, 7)), np.asfortranarray(rng.standard_normal((7, 3)))
    product = OperatorProduct(sp.linalg.aslinearoperator(matrix), limit=4)
    np.testing.assert_allclose(product.compressed(X), X.T @ matrix @ X, atol=1e-12)
    assert (product.side, product.products) == (7, 3)
    np.testing.assert_allclose(product.vector(X[:, 0]), matrix @ X[:, 0], atol=1e-12)
    with pytest.raises(NotConverged, match="4 products with Ā did not suffice"):
        product.vector(X[:, 0])


def test_products_beyond_the_limit_are_refused():
    gram = Gram(random_factor((5, 9), 0.1), limit=2)
    gram.vector(np.ones(5))
    gram.vector(np.ones(5))
    with pytest.raises(NotConverged, match=r"2 products with M and its transpose did not suffice"):
        gram.vector(np.ones(5))


@given(st.integers(0, 2**32 - 1), st.integers(2, 30))
def test_a_filter_keeps_the_eigenvectors_and_the_order_of_what_is_above_its_edge(seed, ask):
    """T_d(2γ/edge - 1) by numpy's own Chebyshev series; at most 1 in size below the edge, increasing above it."""
    rng = np.random.default_rng(seed)
    gamma = np.sort(rng.random(200))[::-1] ** rng.integers(1, 6)
    chosen = choose_filter(gamma[::4], np.full(50, 4.0), ask)
    if chosen is PLAIN:
        return
    identity = np.eye(200)
    filtered = np.array([chosen(lambda x: gamma * x, lambda x: x, identity[i])[i] for i in range(200)])
    expected = np.polynomial.chebyshev.Chebyshev.basis(chosen.degree)(2 * gamma / chosen.edge - 1)
    np.testing.assert_allclose(filtered, expected, rtol=1e-9, atol=1e-9)
    above = gamma > chosen.edge
    assert above.sum() >= ask
    assert (np.diff(filtered[above]) <= 0).all()
    assert (np.abs(filtered[~above]) <= 1 + 1e-9).all()
    assert filtered[0] <= 3e3 * 1.5


def test_what_was_deflated_does_not_grow_in_a_filter():
    """A deflated eigenvalue 1 beside an edge of 0.059 is magnified by T_37(33), 1e67, unless it is removed on the way."""
    gamma = np.concatenate([[1.0], np.linspace(0.06, 0, 999)])
    chosen = choose_filter(gamma[1:], np.ones(999), 2)
    assert growth(chosen.degree, 2 / chosen.edge - 1) > 1e60
    removed = []

    def remove(x):
        removed.append(abs(x[0]) / np.linalg.norm(x[1:]))
        x = x.copy()
        x[0] = EPS * np.linalg.norm(x)
        return x

    start = np.ones(1000)
    start[0] = EPS * np.linalg.norm(start)
    after = chosen(lambda x: gamma * x, remove, start)
    assert max([*removed, abs(after[0]) / np.linalg.norm(after)]) <= MOST_DRIFT * EPS
    assert len(removed) == 2 * (chosen.degree // chosen.clean_every)  # the last two terms, whenever it is time


def growth(degree, x):
    """T_degree(x) of an x >= 1."""
    return np.cosh(degree * np.arccosh(x))


@pytest.mark.parametrize("top", [1.0, 0.3, 1e-3, 3e-8])
@pytest.mark.parametrize("share", [0.01, 0.04, 0.09, 0.2, 0.3, 0.5, 0.9, 0.99, 0.99999])
@pytest.mark.parametrize("spread", [3e3, 5.0])
def test_the_degree_is_the_highest_that_spreads_no_further(top, share, spread):
    """And what is deflated, of eigenvalue 1 at most, is removed before it has grown by more than 1e8."""
    edge = share * top
    theta = np.array([top, edge * (1 + 1e-9), edge * (1 - 1e-9), 0.0])
    chosen = choose_filter(theta, np.array([1.0, 99.0, 1.0, 1.0]), 10, spread)
    x = 2 / share - 1
    if growth(2, x) > spread:
        assert chosen is PLAIN
        return
    assert chosen.edge == pytest.approx(edge)
    assert growth(chosen.degree, x) <= spread
    assert growth(chosen.degree + 1, x) > spread or chosen.degree == HIGHEST_DEGREE
    assert chosen.clean_every == 1 or 1 < growth(chosen.clean_every, 2 / edge - 1) <= MOST_DRIFT
    assert growth(chosen.clean_every + 1, 2 / edge - 1) > MOST_DRIFT


@pytest.mark.parametrize("top", [1 + 4 * EPS, 1.0, 0.5])
def test_eigenvalues_that_are_all_the_same_are_filtered_too(top):
    """Rounded, they may be 1 or a little more, though none is."""
    chosen = choose_filter(np.full(4, top), np.full(4, 100.0), 3)
    assert (chosen.edge, chosen.degree) == (top, HIGHEST_DEGREE)
    assert chosen.clean_every >= 1


@pytest.mark.parametrize("ask", [10, 20, 40, 60])
@pytest.mark.parametrize("copies", [1, 5])
def test_an_edge_lies_below_two_or_three_times_as_many_eigenvalues_as_are_asked_for(ask, copies):
    theta = np.linspace(1, 0.1, 200) ** 2
    edge = choose_filter(theta, np.full(200, float(copies)), ask).edge
    above = int(np.sum(theta > edge))
    assert 2 * ask <= copies * above <= 3 * ask
    assert theta[above - 1] > edge > theta[above]


def test_an_edge_lies_between_two_ritz_values():
    """Where enough eigenvalues are known only with the last one, there is nothing to put it below."""
    theta = np.array([1.0, 0.5, 0.4, 0.1])
    assert 0.4 < choose_filter(theta, np.array([1.0, 30.0, 1.0, 1.0]), 3).edge < 0.5
    assert 0.1 < choose_filter(theta, np.array([1.0, 1.0, 30.0, 1.0]), 3).edge < 0.4
    assert choose_filter(theta, np.array([1.0, 1.0, 1.0, 30.0]), 3) is PLAIN
    assert choose_filter(theta, np.array([1.0, 1.0, 1.0, 1.0]), 3) is PLAIN


@pytest.mark.parametrize(
    ("theta", "ask"),
    [
        ([1.0], 3),
        ([1.0, 0.5], 300),
        ([0.5, 1e-9, 1e-12, 1e-12], 60),
        ([0.0, 0.0, 0.0], 3),
        ([1.0, 0.5, 0.0, 0.0, 0.0], 100),
        ([1.0, 0.5, 1e-19, -1e-19], 100),  # zeros as Lanczos' method sees them
        ([1e-19, -1e-19, -1e-19], 3),
    ],
)
def test_there_is_no_filter_where_there_is_nothing_to_filter(theta, ask):
    assert choose_filter(np.array(theta), np.full(len(theta), 100.0), ask) is PLAIN


@pytest.mark.parametrize("highest", [2, 3, 30, 120])
def test_the_degree_is_high_where_steps_are_dear_and_low_where_products_are(highest):
    filtered = Filter(0.5, highest, 3)
    degrees = [of_least_cost(filtered, 1.0, step).degree for step in (0.0, 1e-3, 0.1, 1.0, 10.0, 1e2, 1e6)]
    assert degrees[0] == 1
    assert degrees == sorted(degrees)
    assert degrees[-1] == highest
    assert of_least_cost(filtered, 1.0, 0.0) is PLAIN
    assert of_least_cost(filtered, 1.0, 1e6) == filtered
    assert of_least_cost(filtered, 0.0, 1.0) == filtered  # a price that is not known
    assert of_least_cost(PLAIN, 1.0, 1.0) is PLAIN
    middle = of_least_cost(filtered, 1.0, 10.0)
    assert (middle.edge, middle.clean_every) == (filtered.edge, filtered.clean_every) or middle is PLAIN


def test_without_a_filter_the_product_is_what_it_was():
    gamma = np.array([1.0, 0.5, 0.0])
    np.testing.assert_array_equal(PLAIN(lambda x: gamma * x, lambda x: 0 * x, np.ones(3)), gamma)
    assert PLAIN.edge == 0.0  # whatever is positive lies above it


@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.sampled_from([1.0, 1e-3, 1e-9, 0.0]))
def test_orthonormal_columns_span_what_they_did_in_order(seed, m, dependence):
    """Independent, nearly dependent and dependent columns."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((40, m))
    if m > 1:
        X[:, -1] = X[:, 0] + dependence * X[:, -1]
    Q = orthonormal(X.copy())
    np.testing.assert_allclose(Q.T @ Q, np.eye(m), atol=1e-13)
    np.testing.assert_allclose(Q @ (Q.T @ X), X, atol=1e-12)
    np.testing.assert_allclose(np.tril(Q.T @ X, -1), 0, atol=1e-12)


@pytest.mark.parametrize("off", [0.0, 1e-15, 1e-9, 3e-8, 1e-3])
def test_columns_that_are_nearly_orthonormal_become_so(off):
    """Once through Cholesky's factor is enough for those that are within 1e-8, and others go twice."""
    rng = np.random.default_rng(0)
    X = np.linalg.qr(rng.standard_normal((500, 30)))[0] + off * rng.standard_normal((500, 30)) / np.sqrt(500)
    Q = orthonormal(X.copy(order="F"))
    assert np.abs(Q.T @ Q - np.eye(30)).max() < 2e-15
    np.testing.assert_allclose(np.tril(Q.T @ X, -1), 0, atol=2e-15)
    np.testing.assert_allclose(Q @ (Q.T @ X), X, atol=1e-14)


def cube(d):
    """A hypercube's kernel as a plain matrix."""
    A = np.ones((1, 1))
    for _ in range(d):
        A = np.kron(A, [[0.75, 0.25], [0.25, 0.75]])
    return pg.build(np.full(2**d, 0.5**d), A)


def test_many_repeated_eigenvalues_are_handed_to_the_dense_solver():
    spectrum = cube(10).spectrum(60)
    np.testing.assert_allclose(spectrum.gamma, [1] + [0.25] * 10 + [0.0625] * 45 + [0.015625] * 4, atol=1e-12)
    assert spectrum.solvers[0].solver == "dense"
    assert "gave up" in spectrum.solvers[0].reason


@pytest.mark.parametrize("k", [11, 40, 56, 57, 60])
def test_many_repeated_eigenvalues_are_found_without_a_dense_solve_too(k):
    """γ = 1/4 ten times, 1/16 45 times, 1/64 120 times; the cuts are clean, inside an eigenvalue, and just after one."""
    spectrum = cube(10).spectrum(k, solver="iterative")
    gamma = ([1] + [0.25] * 10 + [0.0625] * 45 + [0.015625] * 120)[: k + 1]
    np.testing.assert_allclose(spectrum.gamma, gamma[:k], rtol=0, atol=1e-14)
    assert gamma[k] - 1e-14 <= spectrum.certificate.remainder_bound <= gamma[k - 1] + 1e-11


def test_a_product_is_priced_by_the_way_in_which_it_is_made(monkeypatch):
    monkeypatch.setattr(room, "ENTRY_SECONDS", 1.0)
    monkeypatch.setattr(room, "DENSE_ENTRY_SECONDS", 0.125)
    monkeypatch.setattr(room, "CALL_SECONDS", 0.25)
    assert room.product_seconds(sp.csr_array(np.eye(40, 90))) == 40.25
    assert room.product_seconds(sp.csr_array(np.ones((40, 90)))) == 40 * 90 / 8 + 0.25


def test_iteration_gives_up_when_a_dense_solve_would_have_been_done(monkeypatch):
    monkeypatch.setattr(import_module("popgraph.spectrum.solvers.iterative"), "DENSE_SECONDS", 1e-16)
    graph = pg.zoo.clusters(count=4, naturals=250, views=250, degree=5)
    spectrum = graph.spectrum(6)
    assert spectrum.solvers[0].solver == "dense"
    assert "products with M and its transpose did not suffice" in spectrum.solvers[0].reason
    assert graph.spectrum(6, solver="iterative").solvers[0].solver == "iterative"
    assert set(policy.SOLVERS) == {"closed form", "dense", "iterative", "shift-invert"}


@pytest.mark.parametrize(("every", "times"), [(1, 4), (2, 2), (3, 1), (9, 0)])
def test_a_filter_removes_what_is_deflated_after_so_many_steps(every, times):
    seen = []

    def remove(x):
        seen.append(x)
        return x

    Filter(0.5, 5, every)(lambda x: 0.3 * x, remove, np.ones(3))  # steps 2, 3, 4 and 5
    assert len(seen) == 2 * times


def test_where_all_that_is_left_is_tiny_the_deflated_are_removed_at_every_step():
    filtered = choose_filter(1e-9 * np.linspace(1, 0.1, 40), np.ones(40), 2)  # deflated 1 is 1e9 times the edge
    assert filtered.degree > 1
    assert filtered.clean_every == 1


def test_where_0_and_rounding_are_left_there_is_no_filter():
    assert choose_filter(np.array([0.5, 0.0, 0.0, -1e-17]), np.array([1.0, 50.0, 1.0, 1.0]), 2) == PLAIN
