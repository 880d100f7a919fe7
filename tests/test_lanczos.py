"""Lanczos' method step by step, on diagonal operators: Ritz values, their weights, the bound, and where it stops."""

import numpy as np
import pytest

from popgraph.spectrum.lanczos import Lanczos, largest_left


def on_diagonal(values, *, known=0, seed=0):
    """Run on diag(values) beside its first `known` eigenvectors."""
    values = np.asarray(values, dtype=float)
    return Lanczos(lambda x: values * x, np.eye(len(values))[:, :known], np.random.default_rng(seed))


def bound_of(theta, side, steps):
    """Solve 1.648 √N exp(-√ε (2m - 1)) = 1e-10 for ε, and return θ / (1 - ε)."""
    return theta / (1 - (np.log(1.648e10 * np.sqrt(side)) / (2 * steps - 1)) ** 2)


def test_ritz_values_weigh_the_spectrum_as_the_start_sees_it():
    values = np.array([0.9, 0.9, 0.5, 0.5, 0.5, 0.1])
    lanczos = on_diagonal(values)
    assert not lanczos.finished
    lanczos.advance(3)
    start = np.random.default_rng(0).standard_normal(6)
    share = [np.sum(start[values == value] ** 2) / np.sum(start**2) for value in (0.9, 0.5, 0.1)]
    theta, counts = lanczos.ritz()
    np.testing.assert_allclose(theta, [0.9, 0.5, 0.1], rtol=1e-12)
    np.testing.assert_allclose(counts, 6 * np.array(share), rtol=1e-10)


def test_beside_a_whole_basis_nothing_is_left():
    lanczos = on_diagonal([0.5, 0.4, 0.3], known=3)
    assert lanczos.finished
    for of_nothing in lanczos.ritz():
        assert of_nothing.tolist() == [0.0]
    assert largest_left(lanczos, 1.0) == (0.0, 1e-12)


@pytest.mark.parametrize(
    ("diagonal", "repeats"),
    [
        ([0.5, 0.3, 0.3], True),
        ([0.5, 0.3, 0.29], False),
        ([0.5, 0.01, 0.01], True),  # not small: above a thousandth of the largest
        ([0.5, 0.01, 0.01 - 1e-9], True),  # as close as 1e-8 of the largest
        ([0.5, 0.01, 1e-4, 1e-4], False),  # small ones, which say nothing
    ],
)
def test_repeats_are_coincident_values_among_the_leading(diagonal, repeats):
    lanczos = on_diagonal(np.ones(len(diagonal)))
    lanczos.steps, lanczos.alpha[:] = len(diagonal), diagonal  # the tridiagonal is this diagonal
    assert lanczos.repeats is repeats


@pytest.mark.parametrize("steps", [15, 24, 40])
def test_the_bound_fails_with_the_probability_that_it_says(steps):
    lanczos = on_diagonal(np.linspace(0, 1, 400))
    lanczos.advance(steps)
    np.testing.assert_allclose(lanczos.bound(0.5), bound_of(0.5, 400, steps), rtol=1e-12)


def test_too_few_steps_bound_nothing():
    lanczos = on_diagonal(np.linspace(0, 1, 400))
    lanczos.advance(11)  # the theorem would ask for ε = 1.6
    assert lanczos.bound(0.5) == np.inf


@pytest.mark.parametrize("scale", [1.0, 0.05, 1e-3])
def test_the_basis_stays_orthonormal_where_only_rounding_goes_on(scale):
    lanczos = on_diagonal(np.full(30, scale))  # used up by one step
    lanczos.advance(6)
    basis = lanczos.basis[:, : lanczos.steps]
    np.testing.assert_allclose(basis.T @ basis, np.eye(lanczos.steps), atol=1e-13)


def test_what_lies_in_the_known_span_is_nothing_and_what_is_orthogonal_stays():
    lanczos = on_diagonal(np.ones(5), known=1)
    assert lanczos._unit(3 * np.eye(5)[0]) is None
    assert lanczos._unit(np.eye(5)[1]).tolist() == [0, 1, 0, 0, 0]


def spread(side=2000):
    """One eigenvalue of 0.5, far above all others: it has converged after a few steps."""
    return on_diagonal([0.5, *np.linspace(0, 0.05, side - 1)])


def test_steps_are_taken_up_to_the_last_that_may_help():
    between = (bound_of(0.5, 2000, 88) + bound_of(0.5, 2000, 96)) / 2
    lanczos = spread()
    theta, bound = largest_left(lanczos, between)
    assert theta == pytest.approx(0.5, abs=1e-12)
    assert bound == pytest.approx(bound_of(0.5, 2000, 96), rel=1e-10)
    assert lanczos.steps == 96


@pytest.mark.parametrize("enough", [0.4, 10.0])
def test_the_first_look_is_the_last_where_it_is_hopeless_or_enough(enough):
    lanczos = spread()
    theta, bound = largest_left(lanczos, enough)
    assert (lanczos.steps, bound < enough) == (24, enough > 1)
    assert bound == pytest.approx(bound_of(theta, 2000, 24), rel=1e-12)


def test_an_eigenvalue_left_is_never_below_0():
    lanczos = on_diagonal(np.full(50, -1e-18))  # 0, but for rounding
    assert largest_left(lanczos, 1.0)[0] == 0.0
