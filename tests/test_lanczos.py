"""Lanczos' method beside what was found: its vectors, its Ritz values and their weights, and when it stops."""

from importlib import import_module

import numpy as np
import pytest

from popgraph.spectrum.solvers.chebyshev import PLAIN, Filter
from popgraph.spectrum.solvers.lanczos import (
    BRACKET_SHARE,
    FAILURE_PROBABILITY,
    LEAST_STEPS,
    MOST_STEPS,
    STEPS_BETWEEN,
    Lanczos,
    joint_bound,
    largest_left,
)


def lanczos_of(gamma, deflated=0, seed=0):
    """Of a diagonal matrix, beside the first unit vectors."""
    gamma = np.asarray(gamma, dtype=float)
    Q = np.eye(len(gamma))[:, :deflated]
    return Lanczos(lambda x: gamma * x, Q, np.random.default_rng(seed))


def chance_of(lanczos, value):
    """[Van Dorsselaer, Hochstenbach and van der Vorst] √(2N/π) β_1 ... β_m / |p_m(λ)|, p_m from its roots."""
    m = lanczos.steps
    T = np.diag(lanczos.alpha[:m]) + np.diag(lanczos.beta[: m - 1], 1) + np.diag(lanczos.beta[: m - 1], -1)
    roots = np.linalg.eigvalsh(T).astype(np.longdouble)
    return float(
        np.sqrt(2 * lanczos.room / np.pi) * np.prod(lanczos.beta[:m].astype(np.longdouble)) / np.prod(value - roots)
    )


@pytest.mark.parametrize("scale", [100.0, 1.0, 0.05, 1e-4])
@pytest.mark.parametrize("least", [1e-3, 1e-9])
def test_the_basis_is_orthonormal_whatever_the_scale(scale, least):
    """Once two eigenvalues are resolved the next vector is as short as the others are small, and mostly rounding."""
    gamma = scale * np.array([1.0, 1.0, 0.9, 0.4, *least * np.linspace(1, 0, 26) ** 2])
    lanczos = lanczos_of(gamma, deflated=2)
    lanczos.advance(20)
    known = np.column_stack([lanczos.Q, lanczos.basis[:, : lanczos.steps]])
    assert lanczos.steps > 6
    assert np.abs(known.T @ known - np.eye(known.shape[1])).max() < 1e-13


def test_on_a_spectrum_far_from_0_a_second_pass_keeps_the_basis_orthonormal():
    """|y| / β is above 10 in each step: of one pass nothing was left by step 24, and a Ritz value of 84 appeared."""
    gamma = np.linspace(0.96, 1.0, 1500)
    lanczos = lanczos_of(gamma)
    lanczos.advance(MOST_STEPS)
    basis = lanczos.basis[:, : lanczos.steps]
    assert np.abs(basis.T @ basis - np.eye(lanczos.steps)).max() < 1e-13
    assert lanczos.ritz()[0][0] <= 1.0 + 1e-13


SPREAD = np.r_[1.0, 0.9, 0.85, 0.8, np.linspace(0.6, 0.0, 400)]


@pytest.mark.parametrize(("polynomial", "steps"), [(PLAIN, 24), (Filter(0.5, 2, 9), 12), (Filter(0.4, 5, 9), 4)])
@pytest.mark.parametrize("most", [3, 100])
def test_steps_known_without_a_product_are_those_that_a_filtered_run_would_take(polynomial, steps, most):
    """T_d(2γ/edge - 1) by its recurrence, and the same start."""
    lanczos = lanczos_of(SPREAD, deflated=1)
    lanczos.advance(24)
    known = lanczos.with_filter(polynomial, most)
    filtered = polynomial(lambda x: SPREAD * x, lambda x: x, np.ones(len(SPREAD)))
    fresh = Lanczos(lambda x: filtered * x, lanczos.Q, np.random.default_rng(0))
    fresh.advance(min(steps, most) + 1)
    count, size = len(known.alpha), np.abs(filtered[1:]).max()
    assert count == min(steps, most)
    np.testing.assert_allclose(known.vectors, fresh.basis[:, : count + 1], rtol=0, atol=1e-7)
    np.testing.assert_allclose(known.alpha, fresh.alpha[:count], rtol=0, atol=1e-9 * size)
    np.testing.assert_allclose(known.beta, fresh.beta[:count], rtol=0, atol=1e-9 * size)
    V = known.vectors
    assert np.abs(V.T @ V - np.eye(count + 1)).max() < 1e-13
    assert np.abs(V[0]).max() < 1e-14
    # Whatever rounding makes of later vectors, each is what the recurrence says of those before it
    recurred = V[:, :count] * known.alpha
    recurred[:, 1:] += V[:, : count - 1] * known.beta[:-1]
    recurred += V[:, 1:] * known.beta
    assert np.abs(filtered[1:, np.newaxis] * V[1:, :count] - recurred[1:]).max() < 1e-13 * size
    assert known.size <= size * (1 + 1e-12)


@pytest.mark.parametrize("scale", [1.0, 1e-9])
@pytest.mark.parametrize("degree", [1, 2, 7])
def test_a_run_that_goes_on_with_a_filter_bounds_as_one_of_its_own(scale, degree):
    gamma = np.r_[1.0, scale * SPREAD[1:]]
    polynomial = Filter(0.4 * scale, degree, 1) if degree > 1 else PLAIN
    lanczos = lanczos_of(gamma, deflated=1)
    lanczos.advance(24)

    def product(x):
        y = polynomial(lambda x: gamma * x, lambda x: np.r_[0.0, x[1:]], np.r_[0.0, x[1:]])
        return np.r_[0.0, y[1:]]

    run = lanczos.filtered(polynomial, product)
    assert (run is lanczos) == (degree == 1)
    run.make_room(150)
    run.advance(130 // degree)
    assert run.steps == 130 // degree
    basis = run.basis[:, : run.steps]
    assert np.abs(basis.T @ basis - np.eye(run.steps)).max() < 1e-13
    bound = polynomial.inverse(joint_bound([run]))
    assert 0.9 * scale <= bound <= 0.9 * scale * (1 + 1e-9)
    assert lanczos.steps == (24 if degree > 1 else 130)  # the run it began with stays as it was


@pytest.mark.parametrize("count", [0, 3, 10])
def test_where_no_step_is_known_a_run_begins_anew(count):
    """A run that has taken fewer steps than the filter has degrees, and one whose space is used up."""
    lanczos = lanczos_of(np.repeat([1.0, 0.5, 0.2], 10)) if count == 10 else lanczos_of(SPREAD)
    lanczos.advance(count)
    assert lanczos.with_filter(Filter(0.4, 5, 1), 9) is None
    assert lanczos.filtered(Filter(0.4, 5, 1), lambda x: x) is None


def test_where_the_filter_makes_equal_what_is_not_the_filtered_space_may_end_before_the_steps_do():
    """T_2(2γ/0.8 - 1) is 1 at 0 and 0.8, and -1 at 0.4: of five values the filter leaves three, and two steps use them up."""
    lanczos = lanczos_of(np.repeat([0.8, 0.0, 0.4, 0.3, 0.5], 8))
    lanczos.advance(4)
    assert not lanczos.finished
    known = lanczos.with_filter(Filter(0.8, 2, 1), 9)
    assert known is not None
    assert len(known.alpha) == 2


def test_a_next_vector_that_is_rounding_ends_the_run():
    """Three distinct eigenvalues: the fourth vector is nothing but what rounding made of the others."""
    lanczos = lanczos_of(np.repeat([1.0, 0.5, 0.2], 10))
    lanczos.advance(10)
    assert (lanczos.finished, lanczos.steps) == (True, 3)
    np.testing.assert_allclose(lanczos.ritz()[0], [1.0, 0.5, 0.2], atol=1e-14)


def test_beside_vectors_that_fill_the_space_there_is_nothing():
    lanczos = lanczos_of([1.0, 0.5, 0.2], deflated=3)
    lanczos.advance(3)
    assert (lanczos.finished, lanczos.steps) == (True, 0)
    theta, counts = lanczos.ritz()
    assert (theta.tolist(), counts.tolist()) == ([0.0], [0.0])
    assert largest_left(lanczos, 0.5) == (0.0, 0.0)


@pytest.mark.parametrize("factor", [0.0, -1e-17])
def test_of_a_product_that_is_0_to_rounding_nothing_is_left(factor):
    lanczos = Lanczos(lambda x: factor * x, np.eye(30)[:, :3], np.random.default_rng(0))
    theta, bound = largest_left(lanczos, 0.5)
    assert theta == 0.0
    assert 0.0 <= bound <= 1e-12


def test_each_ritz_value_stands_for_as_many_eigenvalues_as_the_start_has_a_share_of():
    """All five distinct eigenvalues resolved: the squared entries of the start in their eigenvectors, of five dimensions."""
    gamma = np.array([1.0, 0.9, 0.7, 0.4, 0.2, 0.1])
    start = np.random.default_rng(3).standard_normal(6)[1:]
    lanczos = lanczos_of(gamma, deflated=1, seed=3)
    lanczos.advance(5)
    theta, counts = lanczos.ritz()
    np.testing.assert_allclose(theta, gamma[1:], atol=1e-12)
    np.testing.assert_allclose(counts, 5 * start**2 / np.sum(start**2), atol=1e-9)


@pytest.mark.parametrize(
    ("gamma", "ask", "edge"),
    [
        ([1.0, *[0.5] * 40, *np.linspace(0.1, 0, 60)], 30, (0.1, 0.5)),  # few values stand for many eigenvalues
        ([*np.linspace(1.0, 0.5, 100)], 30, None),  # as many values as eigenvalues
        ([1.0, *[0.5] * 40, *np.linspace(0.1, 0, 60)], 1, None),  # one is asked for: one value
    ],
)
def test_a_crowd_is_where_few_converged_ritz_values_stand_for_all_that_is_asked(gamma, ask, edge):
    lanczos = lanczos_of(gamma)
    lanczos.advance(LEAST_STEPS)
    found = lanczos.crowd(ask)
    assert found is None if edge is None else edge[0] <= found <= edge[1]


def test_a_bound_is_never_below_the_ritz_value():
    lanczos = lanczos_of(np.linspace(1, 0, 90))
    for steps in range(1, 30):
        lanczos.advance(steps)
        assert lanczos.bound() > lanczos.ritz()[0][0]


@pytest.mark.parametrize("steps", [10, LEAST_STEPS, 40])
def test_at_the_bound_the_chance_to_have_missed_an_eigenvalue_is_that_stated(steps):
    lanczos = lanczos_of(np.linspace(0.7, 0.0, 400))
    lanczos.advance(steps)
    assert chance_of(lanczos, lanczos.bound()) == pytest.approx(FAILURE_PROBABILITY, rel=1e-3)


@pytest.mark.parametrize("failure", [0.3, 0.05])
def test_the_bound_fails_no_more_often_than_stated(monkeypatch, failure):
    """An eigenvalue far above a crowd, which few steps from an unlucky start do not see; 4 standard errors are allowed for."""
    monkeypatch.setattr(import_module("popgraph.spectrum.solvers.lanczos"), "FAILURE_PROBABILITY", failure)
    gamma, runs, failed = np.r_[1.0, np.linspace(0.8, 0.0, 200)], 1000, 0
    for seed in range(runs):
        lanczos = lanczos_of(gamma, seed=seed)
        lanczos.advance(5)
        failed += lanczos.bound() < 1.0
    assert failed / runs <= failure + 4 * np.sqrt(failure * (1 - failure) / runs)
    assert failed or failure < 0.3  # nor is the bound so wide that it never fails


@pytest.mark.parametrize("height", [1e-7, 1e-9, 1e-11])
def test_an_eigenvalue_a_little_above_a_crowd_of_equal_ones_is_bounded_too(height):
    gamma = np.r_[0.6 + height, np.full(250, 0.6), np.linspace(0.5, 0.0, 1500)]
    for seed in range(20):
        lanczos = lanczos_of(gamma, seed=seed)
        for steps in range(4, MOST_STEPS, 4):
            lanczos.advance(steps)
            assert lanczos.bound() >= gamma[0]


def test_a_bound_is_the_same_when_asked_again_and_when_the_vectors_are_given_back():
    run = lanczos_of(np.linspace(0.7, 0.0, 400))
    run.advance(LEAST_STEPS)
    bound, recorded = run.bound(), len(run.history)
    run.release()
    assert (run.bound(), len(run.history), run.basis.size) == (bound, recorded, 0)


def test_runs_with_independent_starts_bound_more_than_each():
    """Of one run rounding hides what is below 1e-16; of three the chances multiply."""
    gamma = np.r_[np.full(50, 0.9), np.linspace(0.5, 0.0, 200)]
    runs = [lanczos_of(gamma, seed=seed) for seed in range(3)]
    for run in runs:
        run.advance(20)
    alone, joint = (joint_bound(some) - 0.9 for some in (runs[:1], runs))
    assert 0 <= joint < 1e-3 * alone


SLOW = np.linspace(0.5, 0.0, 1000)


@pytest.mark.parametrize("steps", [LEAST_STEPS, LEAST_STEPS + STEPS_BETWEEN, MOST_STEPS - STEPS_BETWEEN, MOST_STEPS])
def test_steps_are_taken_until_the_bound_is_enough_and_no_more(steps):
    """Each look's bracket is known from a run of its own; `enough` is put between what this look and the one before ask for."""
    run, asked = lanczos_of(SLOW), []
    for at in range(LEAST_STEPS, steps + 1, STEPS_BETWEEN):
        run.advance(at)
        bound = run.bound()
        asked.append(bound + (bound - float(run.ritz()[0][0])) / BRACKET_SHARE)
    enough = asked[-1] * 1.0001
    assert all(enough < before for before in asked[:-1])
    lanczos = lanczos_of(SLOW)
    assert largest_left(lanczos, enough) == (pytest.approx(float(run.ritz()[0][0])), pytest.approx(bound))
    assert lanczos.steps == steps


def test_where_the_bound_can_never_be_enough_the_first_look_is_the_last():
    lanczos = lanczos_of(SLOW)
    theta, bound = largest_left(lanczos, 0.501)
    assert lanczos.steps == LEAST_STEPS
    assert theta < 0.5 < 0.501 < bound


def test_a_krylov_space_that_is_used_up_is_not_looked_at_again(monkeypatch):
    """Of 30 dimensions 30 steps take all there is, and the bound is as good as it gets."""
    lanczos, looks, look = lanczos_of(np.linspace(0.9, 0.0, 30)), [], Lanczos.ritz
    monkeypatch.setattr(Lanczos, "ritz", lambda self: looks.append(self.steps) or look(self))
    assert largest_left(lanczos, 0.92)[1] == pytest.approx(0.9, abs=1e-11)
    assert looks == [LEAST_STEPS, 30]
