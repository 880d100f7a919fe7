"""The bound from filtered Gaussian columns: it holds, it is near, it notices what was missed, and it says where it cannot tell."""

import numpy as np
import pytest
from scipy.stats import chi

from popgraph.spectrum.solvers import gaussian
from popgraph.spectrum.solvers.chebyshev import Filter
from popgraph.spectrum.solvers.deflation import bound_left_by_columns
from popgraph.spectrum.solvers.gaussian import GAUSSIAN_COLUMNS, bound_of_columns, bounding_filter, least_length
from popgraph.spectrum.solvers.lanczos import FAILURE_PROBABILITY

SIDE = 600


class Known:
    """A diagonal matrix rotated at random, of which the eigenvectors of the first `known` eigenvalues are known."""

    def __init__(self, gamma, known, seed=0):
        self.gamma, self.side, self.rng = np.asarray(gamma, dtype=float), len(gamma), np.random.default_rng(seed)
        self.V = np.linalg.qr(self.rng.standard_normal((self.side, self.side)))[0]
        self.U = self.V[:, :known]

    def room(self):
        return self.side - self.U.shape[1]

    def deflated(self, X):
        for _ in range(2):
            X = X - self.U @ (self.U.T @ X)
        return X

    def vector(self, x):
        return self.V @ (self.gamma * (self.V.T @ x))

    def gaussian_beside(self, width, polynomial):
        G = self.deflated(self.rng.standard_normal((self.side, width)))
        return polynomial(lambda Y: self.V @ (self.gamma[:, np.newaxis] * (self.V.T @ Y)), self.deflated, G)


def spectrum(*parts, rest=0.2):
    leading = np.concatenate([np.full(count, value) for value, count in parts])
    return np.concatenate([leading, rest * np.linspace(1, 0, SIDE - len(leading))])


def test_the_least_length_is_one_that_a_gaussian_vector_exceeds_as_often_as_is_said():
    assert chi.cdf(least_length(), GAUSSIAN_COLUMNS) <= FAILURE_PROBABILITY
    assert (
        chi.cdf(1.1 * least_length(), GAUSSIAN_COLUMNS) > FAILURE_PROBABILITY / 2
    )  # and it is no smaller than it need be


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize(
    ("parts", "known"),
    [
        (((0.9, 5),), 5),
        (((0.9, 1), (0.5, 30)), 31),
        (((1 - 1e-9, 3), (0.4, 1)), 4),
        (((0.9, 4), (0.25, 3)), 4),  # what is left is repeated, and lies apart
        (((0.9, 4), (0.2000001, 1)), 4),
    ],
    ids=str,
)
def test_the_bound_holds_and_is_near(parts, known, seed):
    case = Known(spectrum(*parts), known, seed)
    left, floor = case.gamma[known], case.gamma[known - 1]
    found = bound_left_by_columns(case, (0.9 * left, 0.97 * left), floor, 1e-13)
    assert found.largest <= left <= found.bound < floor
    assert found.bound - left < 0.12 * (floor - left)
    assert left - found.largest <= 0.1 * left + 1e-12


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("missed", [1, 2, 30])
def test_a_copy_that_was_missed_is_noticed(missed, seed):
    """Copies of the last eigenvalue that is known, of one between, and of one above all: no bound below any of them."""
    for value in (0.6, 0.6 + 1e-9, 0.9):
        gamma = np.concatenate([np.full(5, 0.6), np.full(missed, value), 0.2 * np.linspace(1, 0, SIDE - 5 - missed)])
        assert bound_left_by_columns(Known(gamma, 5, seed), (0.1, 0.2), 0.6, 1e-13) is None


def test_eigenvalues_of_very_different_size_are_bounded_too():
    gamma = np.concatenate([[1 - 1e-9, 0.5, 1e-4], 1e-6 * np.linspace(1, 0, SIDE - 3)])
    found = bound_left_by_columns(Known(gamma, 3), (9e-7, 1e-6), 1e-4, 1e-15)
    assert 1e-6 <= found.bound < 1e-5


@pytest.mark.parametrize(
    ("edge", "enough", "residual"),
    [
        (0.0, 0.9, 1e-13),  # nothing is known of what is left
        (0.9, 0.9, 1e-13),  # a cut inside a repeated eigenvalue
        (0.8999, 0.9, 1e-13),  # eigenvalues so close would take a degree of many hundreds
        (np.nan, 0.9, 1e-13),
        (0.2, 0.9, 1e-3),  # residuals that add up to more than what is to be seen
    ],
)
def test_where_no_degree_serves_there_is_no_filter(edge, enough, residual):
    assert bounding_filter(SIDE, edge, enough, residual) is None
    assert bound_left_by_columns(Known(spectrum((0.9, 5)), 5), (0.1, edge), enough, residual) is None


def test_columns_that_are_no_numbers_bound_nothing():
    W = np.ones((SIDE, GAUSSIAN_COLUMNS))
    for bad in (np.nan, np.inf):
        W[3, 4] = bad
        assert bound_of_columns(W, Filter(0.2, 5, 9)) == np.inf


def test_a_space_with_less_room_than_columns_is_left_to_others():
    assert bound_left_by_columns(Known(spectrum((0.9, SIDE - 9), rest=0.1), SIDE - 9), (0.1, 0.1), 0.9, 1e-13) is None


def test_a_bound_that_took_the_columns_for_longer_than_they_are_would_be_noticed(monkeypatch):
    """With a least length that is too large, the bound falls below what is left in some of the draws."""
    monkeypatch.setattr(gaussian, "least_length", lambda columns: 8.0)
    cases = [Known(spectrum((0.9, 5), (0.3, 1)), 5, seed) for seed in range(20)]
    found = [bound_left_by_columns(case, (0.1, 0.2), 0.9, 1e-13) for case in cases]
    assert any(each.bound < 0.3 for each in found)
