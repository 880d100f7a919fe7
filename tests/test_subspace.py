"""Ranks, principal angles and linear maps, against scipy and against angles known by construction."""

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given
from hypothesis import strategies as st

from popgraph.basics.subspace import captured, column_space, containment_angles, linear_map, principal_angles, tolerance

seeds = st.integers(0, 2**32 - 1)


def orthonormal(rows: int, columns: int, seed: int) -> np.ndarray:
    return np.linalg.qr(np.random.default_rng(seed).standard_normal((rows, columns)))[0]


@pytest.mark.parametrize("angle", [0.0, 1e-12, 1e-9, 1e-4, 0.5, np.pi / 4, 1.5, np.pi / 2 - 1e-9, np.pi / 2])
def test_angles_of_every_size_are_accurate(angle):
    V = orthonormal(9, 4, 0)
    turned = V[:, :2].copy()
    turned[:, 1] = np.cos(angle) * V[:, 1] + np.sin(angle) * V[:, 2]
    np.testing.assert_allclose(principal_angles(V[:, :2], turned), [0, angle], atol=1e-15 * 8)


@given(seeds, st.integers(1, 5), st.integers(1, 5))
def test_angles_agree_with_scipy_whichever_side_is_wider(seed, a, b):
    U, V = orthonormal(8, a, seed), orthonormal(8, b, seed + 1)
    expected = scipy.linalg.subspace_angles(U, V)[::-1]
    np.testing.assert_allclose(principal_angles(U, V), expected, atol=1e-7)
    np.testing.assert_allclose(principal_angles(V, U), expected, atol=1e-7)


def test_what_cannot_be_contained_counts_as_a_right_angle():
    V = orthonormal(6, 3, 1)
    np.testing.assert_allclose(containment_angles(V, V[:, :2]), [0, 0, np.pi / 2], atol=1e-15)
    np.testing.assert_allclose(containment_angles(V[:, :2], V), [0, 0], atol=1e-15)


@pytest.mark.parametrize("scale", [1.0, 1e-20, 1e-300, 1e200])
def test_the_scale_of_a_column_changes_no_span(scale):
    V = orthonormal(6, 2, 2)
    space = column_space(V * [1.0, scale])
    assert space.rank == 2
    assert containment_angles(V, space.basis).max() < 1e-14


@pytest.mark.parametrize(
    ("F", "rank"),
    [
        (np.zeros((4, 2)), 0),
        (np.ones((4, 3)), 1),
        (np.array([[1.0, 1 + 1e-15], [1.0, 1.0], [1.0, 1.0]]), 1),
        (np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]), 2),
        (np.ones((1, 1)), 1),
    ],
)
def test_the_rank_is_that_of_the_columns(F, rank):
    assert column_space(F).rank == rank


@given(seeds, st.integers(1, 6), st.sampled_from([1e-2, 1e-6, 1e-9]))
def test_the_uncertainty_covers_the_worst_rounding(seed, d, least):
    """F is rounded when it is stored, when √w_x comes to it and when it is scaled: 1.5 eps an entry, of signs that turn it most."""
    F = orthonormal(40, d, seed) @ np.diag(np.geomspace(1, least, d)) @ orthonormal(d, d, seed + 1)
    space = column_space(F)
    out = np.random.default_rng(seed).standard_normal(40)
    out -= space.basis @ (space.basis.T @ out)
    weakest = np.linalg.svd(F)[2][-1]
    moved = F + 1.5 * np.finfo(float).eps * np.abs(F) * np.sign(np.outer(out, weakest))
    assert principal_angles(space.basis, column_space(moved).basis).max() <= space.uncertainty


@given(seeds)
def test_captured_shares_are_squared_cosines(seed):
    V, U = orthonormal(7, 3, seed), orthonormal(7, 2, seed + 1)
    expected = [np.cos(scipy.linalg.subspace_angles(V[:, [i]], U)[0]) ** 2 for i in range(3)]
    np.testing.assert_allclose(captured(V, U), expected, atol=1e-7)


def test_the_linear_map_is_recovered_with_its_condition():
    V = orthonormal(7, 2, 3)
    B = np.array([[3.0, 1.0], [0.0, 2.0]])
    Q, condition, residual = linear_map(V @ B, V)
    np.testing.assert_allclose(Q, B, atol=1e-14)
    assert condition == pytest.approx(np.linalg.cond(B))
    assert residual < 1e-15
    assert linear_map(np.zeros((7, 2)), V)[1:] == (np.inf, 0.0)


def test_the_tolerance_grows_with_size_and_shrinks_with_the_gap():
    assert tolerance(1000) == pytest.approx(8000 * np.finfo(float).eps)
    assert tolerance(1000, gap=0.1) == pytest.approx(10 * tolerance(1000))
    assert tolerance(5) == tolerance(16)
    assert tolerance(5, gap=0.0) == np.inf
