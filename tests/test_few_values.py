"""Eigenspaces of few distinct eigenvalues: which are found, that they are whole, and where the way does not serve."""

from types import SimpleNamespace

import numpy as np
import pytest
from test_restarted import Diagonal

from popgraph.spectrum.solvers.few_values import leading_eigenspaces
from popgraph.spectrum.solvers.iterative import Search
from popgraph.spectrum.solvers.lanczos import LEAST_STEPS, Lanczos


def searched(gamma, ask, seed=0):
    """Leading pairs of diag(gamma) beside the first unit vector, after a few Lanczos steps."""
    search = Search(Diagonal(gamma), np.eye(len(gamma))[:, :1])
    run = Lanczos(search.vector, search.basis, np.random.default_rng(seed))
    run.advance(LEAST_STEPS)
    return leading_eigenspaces(search, run, ask)


def repeated(*parts):
    return np.concatenate([[1.0], *[np.full(count, value) for value, count in parts]])


CUBE = repeated(*[(0.25**j, count) for j, count in enumerate((12, 66, 220, 495, 792, 924), start=1)])


@pytest.mark.parametrize("ask", [8, 12, 40, 79, 120])
@pytest.mark.parametrize("seed", range(3))
def test_whole_eigenspaces_come_first_and_every_vector_is_one_of_them(ask, seed):
    gamma, U = searched(CUBE, ask, seed)
    truth = CUBE[1:]
    np.testing.assert_allclose(gamma, truth[: len(gamma)], rtol=0, atol=1e-14)
    assert 8 <= len(gamma) <= ask
    assert len(gamma) in (ask, 12, 78)
    np.testing.assert_allclose(U.T @ U, np.eye(len(gamma)), rtol=0, atol=1e-13)
    assert np.linalg.norm(CUBE[:, np.newaxis] * U - U * gamma, axis=0).max() <= 1e-14


@pytest.mark.parametrize(
    "gamma",
    [
        repeated((0.9, 20), (0.9 - 1e-7, 20), (0.1, 100)),
        repeated((1 - 1e-9, 10), (0.5, 10), (0.2, 100)),
        repeated((0.5, 3), (0.4, 30), (1e-12, 100)),
        repeated((1e-7, 30), (1e-8, 100)),
    ],
    ids=["close", "near 1", "rounding", "tiny"],
)
def test_close_large_and_tiny_eigenvalues_are_right_or_left_to_others(gamma):
    found = searched(gamma, 15)
    if found is not None:
        np.testing.assert_allclose(found[0], gamma[1 : 1 + len(found[0])], rtol=0, atol=1e-14)
        assert np.linalg.norm(gamma[:, np.newaxis] * found[1] - found[1] * found[0], axis=0).max() <= 1e-13


def test_where_there_are_many_eigenvalues_it_does_not_serve():
    assert searched(np.r_[1.0, np.linspace(0.9, 0, 300)], 10) is None
    assert searched(np.r_[1.0, np.full(30, 0.5), np.linspace(0.3, 0, 300)], 10) is None


def test_where_everything_is_wanted_there_is_nothing_to_filter():
    assert searched(repeated((0.5, 9)), 9) is None


def test_an_estimate_of_copies_that_is_far_off_gives_no_wrong_pairs():
    """66 copies taken for 3 do not fit in the block: what it holds is no eigenspace."""
    search = Search(Diagonal(CUBE), np.eye(len(CUBE))[:, :1])
    wrong = np.array([12.0, 3.0, 283.0, 500.0, 800.0, 900.0])
    run = SimpleNamespace(distinct=lambda: (0.25 ** np.arange(1, 7), wrong), side=len(CUBE))
    found = leading_eigenspaces(search, run, 14)
    assert found is None or np.linalg.norm(CUBE[:, np.newaxis] * found[1] - found[1] * found[0], axis=0).max() <= 1e-12
