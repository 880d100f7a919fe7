"""How components are shared out among the solvers, what is done where one fails, and how what they return is put together."""

import tracemalloc
from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from cases import GRAPHS, PRODUCTS, block_diagonal, many_components, random_stack

import popgraph as pg
from popgraph import zoo
from popgraph.basics.subspace import tolerance
from popgraph.errors import NotConverged, TooLarge
from popgraph.spectrum import assemble, choose_solver, policy, whole_eigenspace
from popgraph.spectrum.certificate import COLUMNS_AT_ONCE
from popgraph.spectrum.components import Stack
from popgraph.spectrum.policy import PREFERRED_DENSE_SIDE, SIDE_PER_PAIR
from popgraph.spectrum.solvers import iterative

SOLVERS = [None, "dense", "iterative", "shift-invert"]


def ring_kernel(n: int) -> sp.csr_array:
    step = np.arange(n)
    columns = np.concatenate([step, (step + 1) % n, (step - 1) % n])
    return sp.csr_array((np.repeat([0.5, 0.25, 0.25], n), (np.tile(step, 3), columns)), shape=(n, n))


def rings(*sizes: int) -> pg.PopulationGraph:
    """Rings, each a component, with w_x uniform on all of them."""
    return pg.build(np.full(sum(sizes), 1 / sum(sizes)), block_diagonal(ring_kernel(n) for n in sizes))


def rings_gamma(*sizes: int) -> np.ndarray:
    """cos⁴(πj/n) for j = 0, ..., n - 1 of each ring, largest first."""
    return np.sort(np.concatenate([np.cos(np.pi * np.arange(n) / n) ** 4 for n in sizes]))[::-1]


# --- what the solvers return, put together


@pytest.mark.parametrize("solver", SOLVERS)
def test_what_is_rounding_in_a_large_component_is_an_eigenvalue_of_a_small_one(solver):
    """γ_2 = Var(t) Σ d²/m = 7e-14 of naturals (1 - t) a + t b beside 3 zeros, and a ring of 60 whose rounding is 1e-13."""
    t, a, b = 2e-7 * np.arange(5), np.array([3, 1, 2, 1, 1]) / 8, np.array([1, 1, 1, 3, 2]) / 8
    second = t.var() * np.sum((b - a) ** 2 / (a + t.mean() * (b - a)))
    assert tolerance(5) < second < tolerance(60)
    A = block_diagonal([a + np.outer(t, b - a), ring_kernel(60)])
    graph = pg.build(np.full(65, 1 / 65), A)
    truth = np.sort(np.concatenate([rings_gamma(60), [1, second, 0, 0, 0]]))[::-1]
    for k in (61, 62, 63, 65):
        spectrum = graph.spectrum(k, solver=solver)
        V = spectrum.eigenvectors
        np.testing.assert_allclose(spectrum.gamma, truth[:k], rtol=0, atol=tolerance(60))
        np.testing.assert_allclose(V.T @ V, np.eye(k), rtol=0, atol=1e-12)


@pytest.mark.parametrize("solver", SOLVERS)
def test_no_eigenvalue_is_known_unless_all_above_it_are(solver):
    """Rings of 30 and 41: what one solver lists of the one may lie below what another left out of the other."""
    graph, truth = rings(30, 41), rings_gamma(30, 41)
    for k in (1, 2, 3, 4, 7, 30, 70, 71):
        spectrum = graph.spectrum(k, solver=solver)
        known = spectrum.gamma_known
        np.testing.assert_allclose(known, truth[: len(known)], rtol=0, atol=1e-12)
        assert k <= len(known) <= 71
        left = truth[len(known)] if len(known) < 71 else 0.0
        assert left <= spectrum.floor + 1e-12
        after = truth[k] if k < 71 else 0.0
        assert spectrum.certificate.remainder - 1e-12 <= after <= spectrum.certificate.remainder_bound + 1e-12


@pytest.mark.parametrize("solver", SOLVERS)
def test_where_all_others_are_0_the_next_one_is_listed(solver):
    """Two components of rank 2 and 5 views: 1, 1, γ, γ and 6 zeros."""
    graph = many_components(2, 5)
    for k in range(2, 11):
        spectrum = graph.spectrum(k, solver=solver)
        if spectrum.complete:
            assert len(spectrum.gamma_known) == max(4, min(10, k + 1))
        assert (spectrum.complete, spectrum.rank) == ((True, 4) if k > 3 else (spectrum.complete, spectrum.rank))


def test_views_that_are_all_components_need_no_solver():
    """And no eigenvalue is left: γ_4 = 0; fewer leave another 1."""
    A = np.zeros((5, 3))
    A[[0, 1, 2, 3, 4], [0, 0, 1, 2, 2]] = 1
    graph = pg.build(np.full(5, 0.2), A)
    whole = graph.spectrum(3, solver="iterative")
    assert [(use.solver, use.components) for use in whole.solvers] == [("closed form", 3)]
    assert whole.certificate.excluded == "3 components have an eigenvalue 1 each"
    assert (whole.certificate.remainder, whole.certificate.remainder_bound, whole.rank) == (0, 0, 3)
    part = graph.spectrum(2)
    assert (part.certificate.remainder, part.certificate.remainder_bound, part.gap) == (1, 1, 0)
    assert part.gamma_known.tolist() == [1, 1]
    assert (
        part.side == many_components(3, 1).spectrum(3).side == GRAPHS["one natural, many views"].spectrum(2).side == 1
    )


def test_components_of_one_shape_are_counted_together_however_they_are_cut(monkeypatch):
    graph = many_components(7, 5)
    uses = graph.spectrum(10).solvers
    assert [(use.components, use.shape) for use in uses] == [(7, (2, 5))]
    monkeypatch.setattr(import_module("popgraph.spectrum.components"), "STACK_BYTES", 3 * 8 * 10)
    assert graph.spectrum(10).solvers == uses


def test_eigenvectors_are_a_choice_that_every_solver_makes_alike():
    """Repeated eigenvalues of a ring, simple ones of clusters; the largest entry, the first of a tie, is positive."""
    for graph, k in ((rings(45), 41), (zoo.clusters(count=4, naturals=60, views=10, cross=0.2), 35)):
        for solver in SOLVERS:
            V = graph.spectrum(k, solver=solver).eigenvectors
            size = np.abs(V)
            first = np.argmax(size >= size.max(axis=0) * (1 - 1e-6), axis=0)
            assert (V[first, np.arange(k)] > 0).all()
            np.testing.assert_allclose(V, graph.spectrum(k).eigenvectors, rtol=0, atol=1e-9)


# --- a run of equal eigenvalues


@pytest.mark.parametrize(
    ("graph", "of", "k", "sought"),
    [
        (zoo.hypercube(6), 8, 2, [7]),  # γ_8 is listed, and another
        (zoo.hypercube(6), 5, 2, [10]),  # the run goes on beyond the list
        (many_components(7, 5), 7, 2, [7]),  # the number of components tells where it ends
    ],
)
def test_a_run_is_followed_from_what_is_listed(graph, of, k, sought):
    asked = []

    def solve(wanted: int) -> pg.Spectrum:
        asked.append(wanted)
        return graph.spectrum(wanted, solver="iterative")

    whole = whole_eigenspace(solve(of).leading(k), solve)
    assert asked == [of, *sought]
    assert whole.k == 7


def test_eigenvalues_apart_by_the_tolerance_itself_count_as_equal():
    """γ = 1, 1/2, 1/2 - 2^-45, of a graph whose tolerance is 128 eps = 2^-45, and zeros."""
    whole = many_components(1, 5).spectrum(5, solver="dense")
    assert whole.tolerance == 2.0**-45
    gamma = np.array([1, 0.5, 0.5 - 2.0**-45, 0, 0])
    whole = replace(whole, gamma=gamma, gamma_known=gamma)
    asked = []

    def solve(wanted: int) -> pg.Spectrum:
        asked.append(wanted)
        assert len(asked) < 3
        return whole.leading(wanted)

    first = whole.leading(2)
    assert first.gap == 0
    assert whole_eigenspace(first, solve).k == 3
    assert asked == [3]


# --- which solver


def test_the_policy_changes_its_mind_where_it_says_so():
    assert choose_solver(2, 10**6, 1)[0] == "dense"
    assert choose_solver(1, 10**6, 1, "iterative")[0] == "closed form"
    assert choose_solver(PREFERRED_DENSE_SIDE, 10**6, 1)[0] == "dense"
    assert choose_solver(10**6, PREFERRED_DENSE_SIDE + 1, 1)[0] == "iterative"
    side = SIDE_PER_PAIR * 500 + 1
    assert choose_solver(side, side, 500)[0] == "iterative"
    assert choose_solver(side, side, 501) == (
        "dense",
        f"k = 501 is more than one in {SIDE_PER_PAIR} of its smaller side, 4,001",
    )
    assert choose_solver(9, 9, 3, "dense", "why not") == ("dense", "why not")


def test_a_product_is_solved_as_one_from_the_number_of_components_on():
    graph = PRODUCTS["a product of several components"]
    count = graph.component_count
    assert count > 1
    for k, solver, expected in ((count, None, "product"), (count - 1, None, "closed form"), (count, "dense", "dense")):
        assert graph.spectrum(k, solver=solver).solvers[0].solver == expected


@pytest.fixture
def iterated(monkeypatch):
    """A graph of one component, of side 40, that the policy gives to the iterative solver."""
    monkeypatch.setattr(policy, "PREFERRED_DENSE_SIDE", 4)
    monkeypatch.setattr(iterative, "DENSE_SECONDS", 1.0)  # so that it does not give up
    return zoo.clusters(count=4, naturals=12, views=10, cross=0.2)


def failing(monkeypatch: pytest.MonkeyPatch, name: str, times: int) -> list[int]:
    """Let what assembles a spectrum fail so many times in what it calls by a name."""
    honest, calls = getattr(assemble, name), [0]

    def fails(*args: Any, **options: Any) -> Any:
        calls[0] += 1
        if calls[0] <= times:
            raise NotConverged("made to fail")
        return honest(*args, **options)

    monkeypatch.setattr(assemble, name, fails)
    return calls


@pytest.mark.parametrize(("limit", "taken_over"), [(41, True), (40, True), (39, False)])
def test_what_is_not_certified_is_solved_densely_if_that_fits(monkeypatch, iterated, limit, taken_over):
    monkeypatch.setattr(policy, "DENSE_SOLVE_SIDE_LIMIT", limit)
    failing(monkeypatch, "certify", 1)
    if taken_over:
        (use,) = iterated.spectrum(3).solvers
        assert (use.solver, use.reason) == ("dense", "what the iterative solver found is wrong (made to fail)")
    else:
        with pytest.raises(NotConverged, match="made to fail"):
            iterated.spectrum(3)


@pytest.mark.parametrize("solver", ["dense", "iterative"])
def test_a_solver_that_was_asked_for_is_not_replaced(monkeypatch, iterated, solver):
    calls = failing(monkeypatch, "certify", 1)
    with pytest.raises(NotConverged, match="made to fail"):
        iterated.spectrum(3, solver=solver)
    assert calls == [1]


def test_what_the_dense_solver_found_is_not_solved_again(monkeypatch):
    calls = failing(monkeypatch, "certify", 1)
    for graph in (zoo.clusters(), many_components(3, 5)):
        calls[0] = 0
        with pytest.raises(NotConverged, match="made to fail"):
            graph.spectrum(3)
        assert calls == [1]


@pytest.mark.parametrize(
    ("limit", "solver", "alone", "taken_over"),
    [(41, None, False, True), (40, None, False, True), (39, None, True, False), (41, "iterative", True, False)],
)
def test_iteration_gives_up_early_where_a_dense_solve_can_follow(
    monkeypatch, iterated, limit, solver, alone, taken_over
):
    asked = []

    def fails(stack: Stack, k: int, alone: bool) -> Any:
        asked.append(alone)
        raise NotConverged("made to fail")

    monkeypatch.setattr(policy, "DENSE_SOLVE_SIDE_LIMIT", limit)
    monkeypatch.setitem(policy.SOLVERS, "iterative", fails)
    if taken_over:
        (use,) = iterated.spectrum(3, solver=solver).solvers
        assert (use.solver, use.reason) == ("dense", "the iterative solver gave up (made to fail)")
    else:
        with pytest.raises(NotConverged, match="made to fail"):
            iterated.spectrum(3, solver=solver)
    assert asked == [alone]


def test_only_a_dense_solve_is_limited_in_its_side(monkeypatch, iterated):
    for limit in (40, 39):
        monkeypatch.setattr(policy, "DENSE_SOLVE_SIDE_LIMIT", limit)
        assert iterated.spectrum(3).solvers[0].solver == "iterative"
        assert many_components(3, 5).spectrum(3).solvers[0].solver == "dense"
        if limit == 40:
            assert iterated.spectrum(3, solver="dense").solvers[0].solver == "dense"
        else:
            with pytest.raises(TooLarge, match=r"a dense solve of side 40 needs 38.4 kB; use a k well below 5"):
                iterated.spectrum(3, solver="dense")


def test_what_is_seen_is_compared_with_the_bound_and_not_with_a_ritz_value(monkeypatch, iterated):
    """A bound of Lanczos' method is above what it has seen; another eye may see more, up to the bound."""
    honest = iterated.spectrum(4).certificate
    assert honest.remainder < honest.remainder_bound - 1e-4
    monkeypatch.setattr(assemble, "witness", lambda *args: (honest.remainder + honest.remainder_bound) / 2)
    assert iterated.spectrum(4).solvers[0].solver == "iterative"
    monkeypatch.setattr(assemble, "witness", lambda *args: honest.remainder_bound + 1e-6)
    with pytest.raises(NotConverged, match="beside the 4 found"):
        iterated.spectrum(4, solver="iterative")


# --- memory


def reserved(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """What is reserved from now on, in bytes."""
    asked = {}
    monkeypatch.setattr(policy, "reserve", lambda what, needed, instead: asked.update({what: needed}))
    return asked


@pytest.mark.parametrize("k", [3, COLUMNS_AT_ONCE, 30])
def test_memory_is_reserved_for_the_eigenvectors_and_a_part_of_them(monkeypatch, k):
    asked, graph = reserved(monkeypatch), zoo.clusters(count=4, naturals=12, views=10, cross=0.2)
    V = graph.spectrum(k).eigenvectors
    assert asked[f"{k} eigenvectors over 40 views"] == V.nbytes + V[:, :COLUMNS_AT_ONCE].nbytes


def test_the_closed_form_takes_no_memory_beside_the_components():
    stack = random_stack(100, 1, 50, 1)
    assert policy._bytes_needed("closed form", stack, 1) == 0
    policy.SOLVERS["closed form"](stack, 1, True)
    tracemalloc.start()
    policy.SOLVERS["closed form"](stack, 1, True)
    taken = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert taken < stack.top.nbytes
