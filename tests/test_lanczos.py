"""Lanczos' method beside what was found: its vectors, its Ritz values and their weights, and when it stops."""

import numpy as np
import pytest

from popgraph.spectrum.lanczos import EVERY, FAILURE, LEAST, MOST, Lanczos, largest_left


def lanczos_of(gamma, deflated=0, seed=0):
    """Of a diagonal matrix, beside the first unit vectors."""
    gamma = np.asarray(gamma, dtype=float)
    Q = np.eye(len(gamma))[:, :deflated]
    return Lanczos(lambda x: gamma * x, Q, np.random.default_rng(seed))


def bound_after(theta, side, steps):
    """[Kuczyński and Woźniakowski, Theorem 4.2] solved for the eigenvalue."""
    share = (np.log(1.648 * np.sqrt(side) / FAILURE) / (2 * steps - 1)) ** 2
    return theta / (1 - share)


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


def test_a_next_vector_that_is_rounding_along_what_is_known_is_none():
    lanczos = lanczos_of(np.linspace(1, 0, 20))
    lanczos.advance(5)
    known = lanczos.basis[:, :5]
    assert lanczos._unit(1e-18 * known[:, 2]) is None
    assert lanczos._unit(np.zeros(20)) is None
    new = np.linalg.qr(np.column_stack([known, np.ones(20)]))[0][:, 5]
    found = lanczos._unit(1e-18 * (known[:, 2] + new))
    np.testing.assert_allclose(found, new, atol=1e-14)


def test_beside_vectors_that_fill_the_space_there_is_nothing():
    lanczos = lanczos_of([1.0, 0.5, 0.2], deflated=3)
    lanczos.advance(3)
    assert (lanczos.finished, lanczos.steps) == (True, 0)
    theta, counts = lanczos.ritz()
    assert (theta.tolist(), counts.tolist()) == ([0.0], [0.0])
    assert largest_left(lanczos, 0.5) == (0.0, 1e-12)


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
    ("gamma", "repeats"),
    [
        ([1.0, 0.5, 0.5 - 1e-9, 0.1], True),
        ([1.0, 0.5, 0.5 - 1e-7, 0.1], False),
        ([0.01, 0.005, 0.005 - 1e-11, 0.001], True),  # as close, for their size
        ([0.01, 0.005, 0.005 - 1e-9, 0.001], False),
        ([1.0, 0.01, 0.01 - 1e-9, 0.0], True),
        ([1.0, 0.5, 0.2, 3e-9, 1e-9], False),  # too small to be told from rounding
        ([1.0, 1e-5, 1e-5 - 1e-9], False),
    ],
)
def test_ritz_values_repeat_within_1e_8_of_the_largest_if_they_are_above_a_thousandth_of_it(gamma, repeats):
    lanczos = lanczos_of(gamma)
    lanczos.advance(len(gamma))
    np.testing.assert_allclose(lanczos.ritz()[0], gamma, atol=1e-14)
    assert lanczos.repeats is repeats


def test_a_bound_is_never_below_the_ritz_value():
    lanczos = lanczos_of(np.linspace(1, 0, 90))
    for steps in range(1, 30):
        lanczos.advance(steps)
        assert lanczos.bound(0.5) > 0.5


SLOW = np.concatenate([[0.5], np.linspace(0.25, 0.0, 999)])


@pytest.mark.parametrize("steps", [LEAST, LEAST + EVERY, MOST - EVERY, MOST])
def test_steps_are_taken_until_the_bound_is_enough_and_no_more(steps):
    """θ = 1/2 stands still from the first look on, so the bound is known beforehand."""
    enough = 0.5 * (bound_after(0.5, 1000, steps) + bound_after(0.5, 1000, max(steps - EVERY, 20)))
    lanczos = lanczos_of(SLOW)
    theta, bound = largest_left(lanczos, enough)
    assert lanczos.steps == steps
    assert theta == pytest.approx(0.5, abs=1e-7)
    assert bound == pytest.approx(bound_after(0.5, 1000, steps), rel=1e-6)


def test_where_the_bound_can_never_be_enough_the_first_look_is_the_last():
    lanczos = lanczos_of(SLOW)
    theta, bound = largest_left(lanczos, 0.501)
    assert lanczos.steps == LEAST
    assert theta == pytest.approx(0.5, abs=1e-7)  # rounding may bring it above
    assert bound > 0.501


def test_a_krylov_space_that_is_used_up_is_not_looked_at_again(monkeypatch):
    """Of 30 dimensions 30 steps take all there is, and the bound is as good as it gets."""
    lanczos, looks, look = lanczos_of(np.linspace(0.9, 0.0, 30)), [], Lanczos.ritz
    monkeypatch.setattr(Lanczos, "ritz", lambda self: looks.append(self.steps) or look(self))
    assert largest_left(lanczos, 0.92)[1] == pytest.approx(0.9, abs=1e-11)
    assert looks == [LEAST, 30]
