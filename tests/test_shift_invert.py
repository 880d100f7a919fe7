"""Shift-invert and its certificate: elimination, inertia, inverse iteration, against closed forms, dense solves, exact counts."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from cases import block_diagonal, stack_of
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import shortest_path

import popgraph as pg
from popgraph import zoo
from popgraph.basics.subspace import principal_angles
from popgraph.errors import InvalidArgument, NotConverged
from popgraph.spectrum import costs, policy
from popgraph.spectrum.solvers import dense, elimination, inertia, inverse_iteration, shift_invert
from popgraph.spectrum.solvers.elimination import plan_elimination
from popgraph.spectrum.solvers.inertia import ShiftedFactor
from popgraph.spectrum.solvers.shift_invert import COUNTED


def of_edges(n: int, a: Any, b: Any, weight: Any) -> pg.PopulationGraph:
    """Each node stays, with weight 1, or goes to a neighbour with the edge's weight."""
    i = np.arange(n)
    rows, columns = np.concatenate([a, b, i]), np.concatenate([b, a, i])
    w = sp.csr_array(sp.coo_array((np.concatenate([weight, weight, np.ones(n)]), (rows, columns)), shape=(n, n)))
    degree = w.sum(axis=1)
    return pg.build(degree / degree.sum(), sp.csr_array(sp.diags_array(1 / degree) @ w))


def chain(n: int, weakest: float = 1.0) -> pg.PopulationGraph:
    """A chain, whose middle edge has the weakest weight."""
    weight = np.ones(n - 1)
    weight[n // 2] = weakest
    return of_edges(n, np.arange(n - 1), np.arange(1, n), weight)


def random_tree(n: int, seed: int = 0, decades: float = 0.0) -> pg.PopulationGraph:
    rng = np.random.default_rng(seed)
    child = np.arange(1, n)
    parent = (rng.random(n - 1) * child).astype(int)
    return of_edges(n, child, parent, 10.0 ** (-decades * rng.random(n - 1)))


def binary_tree(depth: int) -> pg.PopulationGraph:
    """Eigenvalues repeated up to 2^(depth - 2) times."""
    child = np.arange(1, 2**depth - 1)
    return of_edges(2**depth - 1, child, (child - 1) // 2, np.ones(len(child)))


def star(n: int) -> pg.PopulationGraph:
    rng = np.random.default_rng(0)
    return of_edges(n, np.zeros(n - 1, dtype=int), np.arange(1, n), 0.1 + rng.random(n - 1))


def band(n: int, width: int) -> pg.PopulationGraph:
    rng = np.random.default_rng(0)
    i, step = np.repeat(np.arange(n), 2 * width + 1), np.tile(np.arange(-width, width + 1), n)
    inside = (i + step >= 0) & (i + step < n)
    w = sp.csr_array(
        sp.coo_array((0.01 + rng.random(int(inside.sum())), (i[inside], (i + step)[inside])), shape=(n, n))
    )
    return pg.build(np.full(n, 1 / n), sp.csr_array(sp.diags_array(1 / w.sum(axis=1)) @ w))


def hub_and_ring(n: int) -> pg.PopulationGraph:
    """Each natural of a ring reaches itself, two others, and a view that all share."""
    i = np.arange(n)
    columns = np.concatenate([i, (i + 1) % n, (i + 5) % n, np.full(n, n)])
    A = sp.csr_array(sp.coo_array((np.repeat([0.6, 0.2, 0.15, 0.05], n), (np.tile(i, 4), columns)), shape=(n, n + 1)))
    return pg.build(np.full(n, 1 / n), A)


def ring(n: int, scale: float = 1.0) -> pg.PopulationGraph:
    i = np.arange(n)
    A = sp.coo_array((np.repeat([0.5, 0.25, 0.25], n), (np.tile(i, 3), np.concatenate([i, (i + 1) % n, (i - 1) % n]))))
    return pg.build(np.full(n, scale / n), sp.csr_array(A), normalize=scale != 1)


def ring_gamma(n: int) -> np.ndarray:
    return np.sort(np.cos(np.pi * np.arange(n) / n) ** 4)[::-1]


def spider(legs: int, length: int) -> pg.PopulationGraph:
    """Equal chains from one centre: each eigenvalue near 1 but for the symmetric ones is there legs - 1 times."""
    node = np.arange(1, legs * length + 1)
    inner = np.where((node - 1) % length == 0, 0, node - 1)
    return of_edges(legs * length + 1, inner, node, np.ones(len(node)))


GRAPHS = {
    "chain": lambda: chain(301),
    "spider": lambda: spider(7, 40),
    "chain, nearly in two": lambda: chain(300, 1e-9),
    "chain, in two but for 1e-12": lambda: chain(300, 1e-12),
    "chain, in two but for 1e-14": lambda: chain(300, 1e-14),
    "tree": lambda: random_tree(300),
    "tree over 3 decades": lambda: random_tree(300, 1, 3.0),
    "binary tree": lambda: binary_tree(8),
    "star": lambda: star(200),
    "band": lambda: band(300, 4),
    "hub and ring": lambda: hub_and_ring(300),
    "ring": lambda: ring(300),
    "clusters": lambda: zoo.clusters(count=4, naturals=50, views=40, cross=0.1),
}


@pytest.mark.parametrize("k", [2, 3, 5, 20, 100])
@pytest.mark.parametrize("name", GRAPHS)
def test_the_pairs_are_those_of_a_dense_solve_and_the_bound_holds(name, k):
    """Also where k cuts a cluster or a repeated eigenvalue, beside eigenvalues of 1 - 1e-9 to 1 - 1e-14."""
    stack = stack_of(GRAPHS[name]())
    found, truth = shift_invert.solve(stack, k), dense.solve(stack, k)
    known = found.gamma.shape[1]
    exact = np.concatenate([truth.gamma[0], np.zeros(stack.shape[2])])
    assert known >= k
    np.testing.assert_allclose(found.gamma[0], exact[:known], rtol=0, atol=2e-14)
    assert found.remainder[0] <= exact[known] + 2e-14
    assert exact[known] <= found.remainder_bound[0] + 2e-14
    V, positive = found.vectors[0], int(np.sum(found.gamma[0] > 0))
    np.testing.assert_allclose(V[:, :positive].T @ V[:, :positive], np.eye(positive), rtol=0, atol=1e-13)
    M = next(stack.sparse())
    assert np.abs(M.T @ (M @ V) - V * found.gamma[0]).max() < 1e-12
    gap = exact[k - 1] - exact[k]
    if gap > 1e-9:
        assert principal_angles(V[:, :k], truth.vectors[0][:, :k]).max() < 1e-13 / gap


@pytest.mark.parametrize("k", [5, 60])
def test_a_tree_of_weights_over_12_decades_has_hundreds_of_eigenvalues_at_1_and_is_solved(k):
    graph = random_tree(400, 0, 12.0)
    found, truth = graph.spectrum(k, solver="shift-invert"), graph.spectrum(k, solver="dense")
    np.testing.assert_allclose(found.gamma, truth.gamma, rtol=0, atol=1e-13)
    assert found.certificate.remainder_bound >= truth.certificate.remainder - 1e-13


@pytest.mark.parametrize("k", [1, 2, 6, 7, 20, 21])
def test_a_long_ring_is_factored_and_certified_by_a_count(k):
    spectrum = ring(5000).spectrum(k)
    np.testing.assert_allclose(spectrum.gamma, ring_gamma(5000)[:k], rtol=0, atol=1e-14)
    use = spectrum.solvers[0]
    assert (use.solver, use.components) == ("shift-invert", 1)
    assert "entries in a row" in use.reason
    assert spectrum.certificate.excluded == COUNTED
    assert spectrum.certificate.remainder == pytest.approx(ring_gamma(5000)[k], abs=1e-14)
    assert (spectrum.gap > 0) == (k % 2 == 1)


def test_a_forced_solver_runs_on_every_component_however_small():
    sizes = (2, 3, 17, 60)
    kernel = block_diagonal(
        [ring(n).kernel.toarray() if n > 2 else np.array([[0.75, 0.25], [0.25, 0.75]]) for n in sizes]
    )
    graph = pg.build(np.full(sum(sizes), 1 / sum(sizes)), kernel)
    for k in (1, 4, 5, 30, 81, 82):
        forced, plain = graph.spectrum(k, solver="shift-invert"), graph.spectrum(k, solver="dense")
        assert {use.solver for use in forced.solvers} <= {"shift-invert", "closed form"}
        np.testing.assert_allclose(forced.gamma, plain.gamma, rtol=0, atol=1e-13)
        assert forced.certificate.remainder_bound >= plain.certificate.remainder - 1e-13


def test_an_operator_has_no_entries_to_factor():
    mixture = pg.structure.mixture({"a": 0.5, "b": 0.5}, {"a": [zoo.hypercube(2)], "b": [zoo.hypercube(2)]})
    with pytest.raises(InvalidArgument, match='must be "dense", "iterative" or None'):
        mixture.spectrum(2, solver="shift-invert")


def test_where_shift_invert_fails_another_solver_takes_over_and_says_so(monkeypatch):
    def fails(*args: Any) -> Any:
        raise NotConverged("made to fail")

    monkeypatch.setattr(shift_invert, "solve", fails)
    spectrum = ring(900).spectrum(5)
    np.testing.assert_allclose(spectrum.gamma, ring_gamma(900)[:5], rtol=0, atol=1e-12)
    assert spectrum.solvers[0].solver in ("iterative", "dense")
    assert "shift-invert gave up (made to fail)" in spectrum.solvers[0].reason


def test_pairs_that_are_missing_are_noticed(monkeypatch):
    """An inverse iteration that loses the second copy of each pair of a ring's eigenvalues."""
    honest, calls = shift_invert.nearest_to_zero, [0]

    def forgetful(*args: Any) -> Any:
        calls[0] += 1
        found = honest(*args)
        return type(found)(*(part[..., ::2] for part in found)) if calls[0] <= 2 else found

    monkeypatch.setattr(shift_invert, "nearest_to_zero", forgetful)
    found = shift_invert.solve(stack_of(ring(100)), 9)
    np.testing.assert_allclose(found.gamma[0][:9], ring_gamma(100)[:9], rtol=0, atol=1e-13)
    assert calls[0] > 2


# --- the search


def laplacian_and_truth(graph: pg.PopulationGraph) -> tuple[shift_invert.Laplacian, np.ndarray]:
    """I - Ā as it is factored, and its eigenvalues but for the first."""
    stack = stack_of(graph)
    laplacian = shift_invert.make_laplacian(next(stack.sparse()), stack.top[0], np.inf)
    assert laplacian is not None
    return laplacian, np.linalg.eigvalsh(laplacian.matrix.toarray())[1:]


def inverse_of(laplacian: shift_invert.Laplacian) -> inverse_iteration.Inverse:
    factor = ShiftedFactor(laplacian.matrix, -shift_invert.TAU)
    null = laplacian.null[:, np.newaxis]
    return inverse_iteration.Inverse(laplacian.matrix, factor.solve, null, shift=factor.sigma, trial=False)


@pytest.mark.parametrize("vectors", [0, 5, 160])
@pytest.mark.parametrize("width", [1, 2, 3, 5])
@pytest.mark.parametrize("name", ["chain", "ring", "band", "tree over 3 decades"])
def test_the_search_finds_the_least_also_where_it_restarts(name, width, vectors, monkeypatch):
    """A space of few vectors restarts; what is left over of it by whole blocks is not used."""
    monkeypatch.setattr(inverse_iteration, "MOST_VECTORS", vectors)
    laplacian, truth = laplacian_and_truth(GRAPHS[name]())
    found = inverse_iteration.nearest_to_zero(inverse_of(laplacian), 12, np.random.default_rng(0), width)
    np.testing.assert_allclose(found.values, truth[: len(found.values)], rtol=0, atol=1e-13)
    X = found.vectors
    np.testing.assert_allclose(X.T @ X, np.eye(X.shape[1]), rtol=0, atol=1e-13)
    assert np.abs(X.T @ laplacian.null).max() < 1e-13
    assert found.residuals.max() < 1e-12
    measured = np.linalg.norm(laplacian.matrix @ X - X * found.values, axis=0)
    np.testing.assert_allclose(measured, found.residuals, rtol=0, atol=1e-14)


@pytest.mark.parametrize("copies", [3, 9, 20])
def test_more_copies_than_a_block_has_columns_are_all_found(copies):
    """A block of two meets two of them; the others emerge from rounding, or are sought when the count has missed them."""
    graph = spider(copies + 1, 40)
    for k in (2, copies, copies + 1, copies + 4):
        found, truth = shift_invert.solve(stack_of(graph), k), dense.solve(stack_of(graph), k)
        known = found.gamma.shape[1]
        np.testing.assert_allclose(found.gamma[0], truth.gamma[0][:known], rtol=0, atol=1e-13)
        assert found.excluded == COUNTED
        assert truth.gamma[0][known] <= found.remainder_bound[0] + 2e-14


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_one_pair_that_is_missing_in_a_crowd_is_found(seed):
    """On rings of random weights a single pair is sought at last: one eigenvalue has no spread, by which no search ends."""
    n, rng = 466, np.random.default_rng(seed)
    i = np.arange(n)
    stack = stack_of(of_edges(n, i, (i + 1) % n, 10.0 ** -rng.random(n)))
    found, truth = shift_invert.solve(stack, 60), dense.solve(stack, n)
    known = found.gamma.shape[1]
    np.testing.assert_allclose(found.gamma[0], truth.gamma[0][:known], rtol=0, atol=1e-13)
    assert truth.gamma[0][known] <= found.remainder_bound[0] + 1e-14


def test_a_shift_comes_nearer_to_a_crowd_without_width():
    laplacian, truth = laplacian_and_truth(ring(100))
    search = shift_invert._Search(laplacian, 100, float("inf"), trial=False)
    for _ in range(3):
        before = truth[0] - search.factor.sigma
        search._come_nearer(inverse_iteration.Crowded(float(truth[0]), 0.0))
        assert 0 < truth[0] - search.factor.sigma < before / 2


def test_the_next_look_is_where_the_residuals_fall_leads():
    """At most 1.15 times the vectors; at first no less than two for each factor of ten, and a block at the least."""
    found = inverse_iteration.RESIDUAL
    assert inverse_iteration._next_look(40, 1e5 * found, (0, np.inf), 2) == 46
    assert inverse_iteration._next_look(60, 10.01 * found, (0, np.inf), 2) == 62
    assert inverse_iteration._next_look(100, 1e3 * found, (96, 1e6 * found), 2) == 104
    assert (
        inverse_iteration._next_look(100, 1e3 * found, (96, 1e3 * found), 2) == 106
    )  # no faster where they do not fall
    assert inverse_iteration._next_look(60, 1.01 * found, (50, 1e9 * found), 8) == 68


@pytest.mark.parametrize("share", [1.0, 1e-3, 1e-9, 1e-15, 0.0])
def test_the_next_block_is_orthonormal_also_where_its_columns_are_nearly_dependent(share):
    """Two columns that differ by a share of their length, of which one lies in the basis but for rounding."""
    rng = np.random.default_rng(0)
    basis = np.asfortranarray(np.linalg.qr(rng.standard_normal((400, 30)))[0])
    x, y = rng.standard_normal((2, 400))
    for columns in ([x, x + share * y], [basis @ rng.standard_normal(30) + share * x, y]):
        Y = np.asfortranarray(np.column_stack(columns))
        inverse_iteration._remove(basis, Y)
        length = inverse_iteration.lengths(Y)
        inverse_iteration._remove(basis, Y)
        block = inverse_iteration._next_block(basis, Y, length, rng)
        np.testing.assert_allclose(block.T @ block, np.eye(2), rtol=0, atol=1e-14)
        assert np.abs(basis.T @ block).max() < 1e-14


@pytest.mark.parametrize("columns", [1, 2, 3, 8])
def test_what_is_removed_is_removed_in_place_and_returned(columns):
    rng = np.random.default_rng(0)
    basis = np.asfortranarray(np.linalg.qr(rng.standard_normal((200, 9)))[0])
    X = np.asfortranarray(rng.standard_normal((200, columns)))
    before = X.copy()
    C = inverse_iteration._remove(basis, X)
    np.testing.assert_allclose(C, basis.T @ before, rtol=0, atol=1e-14)
    np.testing.assert_allclose(X, before - basis @ C, rtol=0, atol=1e-14)


# --- the count


@settings(max_examples=40, deadline=None)
@given(n=st.integers(2, 9), seed=st.integers(0, 10**6), shift=st.integers(-30, 30))
def test_the_count_is_that_of_exact_elimination(n, seed, shift):
    """On matrices of small integers, in fractions: where no leading minor vanishes the signs of the exact pivots count."""
    rng = np.random.default_rng(seed)
    S = rng.integers(-3, 4, (n, n))
    S, sigma = S + S.T, shift / 4
    exact = [
        [Fraction(int(x)) - (Fraction(shift, 4) if i == j else 0) for j, x in enumerate(row)] for i, row in enumerate(S)
    ]
    pivots = []
    for j in range(n):
        if exact[j][j] == 0:
            return
        pivots.append(exact[j][j])
        for i in range(j + 1, n):
            ratio = exact[i][j] / exact[j][j]
            exact[i] = [x - ratio * y for x, y in zip(exact[i], exact[j], strict=True)]
    count, error = ShiftedFactor(sp.csc_array(S.astype(float)), sigma).count_below()
    assert count == sum(pivot < 0 for pivot in pivots)
    assert error < 1e-9


@pytest.mark.parametrize("distance", [1e-2, 1e-5, 1e-8, 1e-11, 1e-13, 0.0])
def test_near_an_eigenvalue_the_error_covers_what_the_count_does_not_know(distance):
    """At most c eigenvalues lie below σ - e and at least c below σ + e, also where σ is one of them, repeated."""
    stack = stack_of(ring(60))
    M = next(stack.sparse())
    S = np.eye(60) - (M.T @ M).toarray()
    values = 1 - ring_gamma(60)
    for at in (1, 3, 7, 20):
        for sign in (-1, 1):
            sigma = float(values[at]) + sign * distance
            try:
                count, error = ShiftedFactor(sp.csc_array(S), sigma).count_below()
            except NotConverged:
                continue
            assert np.sum(values < sigma - error - 1e-14) <= count <= np.sum(values < sigma + error + 1e-14)


@pytest.mark.parametrize("long_row", [2, 8, 64])
@pytest.mark.parametrize("name", ["hub and ring", "two long rows", "full"])
def test_the_rows_of_the_residual_are_bounded_rounding_included(name, long_row, monkeypatch):
    """Against fractions, also beside an eigenvalue of a leading block, where pivots are small and entries of L large."""
    monkeypatch.setattr(inertia, "LONG_ROW", long_row)
    n, rng = 40, np.random.default_rng(0)
    S = np.diag(rng.random(n)) + np.diag(rng.random(n - 1), 1) + np.diag(rng.random(n - 1), -1)
    long = {"hub and ring": 1, "two long rows": 2, "full": n}[name]
    rows = rng.random((long, n))
    S[-long:] += rows
    S[:, -long:] += rows.T
    block = np.linalg.eigvalsh(S[:20, :20])
    for sigma in (-3.0, 0.3, float(block[7]) + 1e-9, float(block[3]) - 1e-12):
        factor = ShiftedFactor(sp.csc_array(S), sigma)
        L, D = sp.csr_array(factor._lu.L), factor._lu.U.diagonal()
        bounds = inertia.residual_rows(L, D, factor._shifted)
        exact = [[Fraction(x) for x in row] for row in factor._shifted.toarray()]
        lower = [[(int(k), Fraction(L[i, k])) for k in L.indices[L.indptr[i] : L.indptr[i + 1]]] for i in range(n)]
        pivots = [Fraction(x) for x in D]
        for i in range(n):
            row = dict(lower[i])
            errors = (abs(exact[i][j] - sum(x * row[k] * pivots[k] for k, x in lower[j] if k in row)) for j in range(n))
            assert sum(errors) <= Fraction(float(bounds[i]))


@pytest.mark.parametrize("n", [1291, 22_000])
def test_a_hubs_long_row_does_not_hide_gaps(n):
    """γ = |0.6 + 0.2 ω + 0.15 ω⁵|² / 0.95, ω an n-th root of 1: pairs crowd at 0.95, as those of the ring without its hub do."""
    omega = np.exp(2j * np.pi * np.arange(1, n) / n)
    truth = np.sort(np.concatenate([[1.0], np.abs(0.6 + 0.2 * omega + 0.15 * omega**5) ** 2 / 0.95]))[::-1]
    spectrum = hub_and_ring(n).spectrum(3)
    assert (spectrum.solvers[0].solver, spectrum.certificate.excluded) == ("shift-invert", COUNTED)
    np.testing.assert_allclose(spectrum.gamma, truth[:3], rtol=0, atol=1e-13)
    assert truth[len(spectrum.gamma_known)] <= spectrum.floor + 1e-14
    assert spectrum.gap == pytest.approx(truth[2] - truth[3], rel=1e-6)


def test_a_pivot_of_0_is_refused():
    with pytest.raises(NotConverged, match="without exchanges"):
        ShiftedFactor(sp.csc_array(np.array([[0.0, 1.0], [1.0, 0.0]])), 0.0)
    with pytest.raises(NotConverged, match="without exchanges"):
        ShiftedFactor(sp.csc_array(np.ones((2, 2))), 0.0)


# --- the order of elimination


def counted(pattern: np.ndarray, order: np.ndarray) -> int:
    """Eliminate node by node, and count the entries of L."""
    neighbours = {i: set(np.flatnonzero(pattern[i])) - {i} for i in range(len(pattern))}
    entries = 0
    for i in order:
        around = neighbours.pop(int(i))
        entries += 1 + len(around)
        for j in around:
            neighbours[j] |= around - {j}
            neighbours[j] -= {i, j}
    return entries


@pytest.mark.parametrize("name", GRAPHS)
def test_no_more_entries_than_were_promised(name):
    M = next(stack_of(GRAPHS[name]()).sparse())
    gram = sp.csr_array(M.T @ M)
    plan = plan_elimination(gram, np.inf)
    assert sorted(plan.order) == list(range(gram.shape[0]))
    assert counted(gram.toarray() != 0, plan.order) <= plan.entries
    assert plan_elimination(gram, 0.5 * counted(gram.toarray() != 0, plan.order)) is None


def test_a_tree_is_eliminated_from_its_leaves():
    """Without fill: an entry for each node and for each edge, but for the last 48 nodes, which count as full."""
    rng = np.random.default_rng(0)
    child = np.arange(1, 2000)
    parent = (rng.random(1999) * child).astype(int)
    entries = sp.coo_array((np.ones(3998), (np.concatenate([child, parent]), np.concatenate([parent, child]))))
    plan = plan_elimination(sp.csr_array(entries + sp.eye_array(2000)), 8 * 2000)
    assert plan is not None
    assert plan.entries <= 2 * 2000 + 48 * 49 / 2


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("n", [2, 3, 50, 400])
def test_the_square_of_a_tree_is_eliminated_without_any_fill(n, seed):
    rng = np.random.default_rng(seed)
    child = np.arange(1, n)
    parent = (rng.random(n - 1) ** (1 + seed) * child).astype(int)
    shuffle = rng.permutation(n)
    edges = sp.coo_array((np.ones(n - 1), (shuffle[child], shuffle[parent])), shape=(n, n))
    once = sp.csr_array(edges + edges.T + sp.eye_array(n))
    square = sp.csr_array(once @ once)
    plan = elimination._farthest_first(square)
    assert plan is not None
    assert sorted(plan.order) == list(range(n))
    assert plan.entries == (square.nnz + n) / 2 == counted(square.toarray() != 0, plan.order)


def test_where_there_is_fill_the_order_is_another():
    for graph in (ring(30), hub_and_ring(60), GRAPHS["clusters"]()):
        gram = sp.csr_array(next(stack_of(graph).sparse()))
        gram = sp.csr_array(gram.T @ gram)
        assert elimination._farthest_first(gram) is None


@pytest.mark.parametrize("name", GRAPHS)
def test_steps_from_a_node_are_those_of_the_shortest_paths(name):
    M = next(stack_of(GRAPHS[name]()).sparse())
    gram = sp.csr_array(M.T @ M)
    for node in (0, gram.shape[0] // 2):
        expected = shortest_path(gram, unweighted=True, indices=node)
        np.testing.assert_array_equal(elimination._steps_from(gram, node), expected)


@pytest.mark.parametrize("n", [61, 200, 1001])
def test_a_ring_is_eliminated_along_itself_whatever_the_order_of_its_views(n):
    """From one view both ways at once, two steps of each: 5 entries in a row, but for the last rows."""
    i, shuffle = np.arange(n), np.random.default_rng(0).permutation(n)
    pattern = sp.csr_array(
        sp.coo_array((np.ones(5 * n), (np.repeat(i, 5), (i[:, None] + np.arange(-2, 3)).ravel() % n)))
    )
    for gram in (pattern, sp.csr_array(pattern[shuffle][:, shuffle])):
        plan = plan_elimination(gram, np.inf)
        assert plan.entries <= 5 * n
        assert counted(gram.toarray() != 0, plan.order) <= plan.entries


# --- the choice


def test_what_spreads_quickly_is_never_formed(monkeypatch):
    def fails(*args: Any) -> Any:
        raise AssertionError("Ā is formed")

    monkeypatch.setattr(shift_invert, "make_laplacian", fails)
    for graph in (
        zoo.clusters(count=5, naturals=1000, views=1000, degree=12, cross=0.05),
        star(1500),
    ):
        assert shift_invert.plan(stack_of(graph)) is None


@pytest.mark.parametrize(
    ("make", "factored"),
    [
        (lambda: chain(2000), True),
        (lambda: random_tree(2000), True),
        (lambda: band(2000, 5), True),
        (
            lambda: hub_and_ring(1291),
            True,
        ),  # eliminated last, the hub fills one row; eigenvalues crowd at 0.95, far from 1
        (lambda: band(200, 5), False),
        (lambda: zoo.clusters(count=5, naturals=400, views=400, degree=12), False),
    ],
)
def test_the_cheaper_solver_is_chosen(make, factored):
    graph = make()
    spectrum = graph.spectrum(5)
    assert (spectrum.solvers[0].solver == "shift-invert") == factored


def test_a_hundred_pairs_of_a_long_path_are_factored_too():
    """At an end it stays in its place: γ = cos⁴(πj / 2n). In 0.35 s of CPU time, where a Krylov search takes 1.3."""
    n = 10_000
    i = np.arange(n)
    columns = np.concatenate([i, np.minimum(i + 1, n - 1), np.maximum(i - 1, 0)])
    A = sp.csr_array(sp.coo_array((np.repeat([0.5, 0.25, 0.25], n), (np.tile(i, 3), columns)), shape=(n, n)))
    spectrum = pg.build(np.full(n, 1 / n), A).spectrum(100)
    assert (spectrum.solvers[0].solver, spectrum.certificate.excluded) == ("shift-invert", COUNTED)
    np.testing.assert_allclose(spectrum.gamma, np.cos(np.pi * i[:100] / (2 * n)) ** 4, rtol=0, atol=1e-14)


def two_hubs_and_rings(n: int, joined: float) -> pg.PopulationGraph:
    """Two of `hub_and_ring`, and a natural of each that reaches the other's hub with this probability."""
    i = np.arange(n)
    one = np.concatenate([i, (i + 1) % n, (i + 5) % n, np.full(n, n)])
    columns = np.concatenate([one, one + n + 1, [2 * n + 1, n]])
    rows = np.concatenate([np.tile(i, 4), n + np.tile(i, 4), [0, n]])
    share = np.repeat([0.6, 0.2, 0.15, 0.05], n)
    weight = np.concatenate([share, share, [joined, joined]])
    weight[[0, 4 * n]] -= joined
    A = sp.csr_array(sp.coo_array((weight, (rows, columns)), shape=(2 * n, 2 * n + 2)))
    return pg.build(np.full(2 * n, 0.5 / n), A)


@pytest.mark.parametrize("n", [1291, 3000])
def test_where_the_top_stands_alone_a_few_products_bound_what_is_beside_it(n):
    graph = hub_and_ring(n)
    spectrum, factored = graph.spectrum(1), graph.spectrum(2, solver="shift-invert")
    use = spectrum.solvers[0]
    assert (use.solver, use.reason) == ("iterative", policy.ALONE)
    assert factored.gamma[1] <= spectrum.certificate.remainder_bound < 1
    assert spectrum.certificate.remainder <= factored.gamma[1] + 1e-12
    assert ring(1291).spectrum(1).solvers[0].solver == "shift-invert"


@pytest.mark.parametrize("joined", [1e-2, 1e-4, 1e-6, 1e-9, 1e-11])
def test_an_eigenvalue_near_1_that_ten_steps_do_not_see_is_in_the_bound(joined):
    graph = two_hubs_and_rings(700, joined)
    spectrum, truth = graph.spectrum(1), graph.spectrum(2, solver="dense")
    assert truth.gamma[1] <= spectrum.certificate.remainder_bound + 1e-13
    assert spectrum.certificate.remainder <= truth.gamma[1] + 1e-13
    assert spectrum.gap <= 1 - truth.gamma[1] + 1e-13


def test_where_a_few_products_do_not_suffice_the_factor_is_used_and_the_reason_says_so(monkeypatch):
    monkeypatch.setattr(policy, "_stands_alone", lambda stack: True)
    spectrum = ring(1291).spectrum(1)
    use = spectrum.solvers[0]
    assert use.solver == "shift-invert"
    assert "did not bound what is beside the top" in use.reason
    assert spectrum.certificate.remainder == pytest.approx(ring_gamma(1291)[1], abs=1e-14)


def test_costs_grow_with_what_they_are_of():
    assert costs.shift_invert_seconds(1000, 5000, 20) < costs.shift_invert_seconds(1000, 50000, 20)
    assert costs.shift_invert_seconds(1000, 5000, 20) < costs.shift_invert_seconds(1000, 5000, 40)
    sparse, denser = (next(stack_of(band(300, width)).sparse()) for width in (2, 4))
    assert costs.krylov_seconds(sparse, 5) < costs.krylov_seconds(denser, 5) < costs.krylov_seconds(denser, 50)
    assert 7 < costs.dense_seconds(2000) / costs.dense_seconds(1000) < 9
    assert policy.choose_solver(900, 900, 5)[0] == "iterative"


def test_the_bits_are_the_same_each_time():
    stack = stack_of(random_tree(500))
    first = shift_invert.solve(stack, 10)
    shift_invert.solve(stack, 3)
    assert shift_invert.solve(stack, 10).vectors.tobytes() == first.vectors.tobytes()
