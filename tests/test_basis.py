"""Which eigenvectors are returned where there is a choice: signs, and bases that are orthonormal to the last digits."""

import numpy as np
import pytest

from popgraph.basics import rows
from popgraph.basics.subspace import EPS, tolerance
from popgraph.spectrum.basis import (
    EQUAL_SHARE_OF_ENTRIES,
    groups,
    null_vectors,
    orthonormal,
    reproducible_basis,
    sign,
)


def signed(V):
    """A copy with the signs that `sign` gives."""
    V = V.copy(order="K")
    sign(V)
    return V


def loss_of_orthogonality(Q):
    return np.abs(Q.T @ Q - np.eye(Q.shape[1])).max()


def test_the_largest_entry_of_each_column_is_made_positive():
    V = np.array([[0.1, -0.2, 0.3], [-0.9, 0.9, 0.3], [0.2, 0.1, -0.8]])
    np.testing.assert_array_equal(signed(V), V * [-1.0, 1.0, -1.0])
    np.testing.assert_array_equal(signed(V[:, :1]), -V[:, :1])
    assert signed(V[:, :0]).shape == (3, 0)


@pytest.mark.parametrize("order", ["C", "F"])
def test_signs_do_not_depend_on_how_rows_are_cut_into_blocks(monkeypatch, order):
    """Ties within a block, and between an early block and the one with the largest entry."""
    V = np.random.default_rng(0).standard_normal((200, 6))
    V[3, 0], V[150, 0] = -9.0 * (1 - 0.5 * EQUAL_SHARE_OF_ENTRIES), 9.0
    V[3, 1], V[150, 1] = -9.0 * (1 - 2.0 * EQUAL_SHARE_OF_ENTRIES), 9.0
    V[20, 2], V[21, 2] = 9.0, -9.0
    V[:, 3] = 0.0
    expected = signed(V)
    assert (expected[150, :2] < 0).tolist() == [True, False]
    monkeypatch.setattr(rows, "ROWS_AT_A_TIME", 7)
    monkeypatch.setattr(rows, "LEAST_ROWS_PER_COLUMN", 1)
    monkeypatch.setattr(rows, "SHARED_NUMBERS", 0)
    np.testing.assert_array_equal(signed(np.array(V, order=order)), expected)


@pytest.mark.parametrize("width", range(1, 18))
def test_columns_of_tables_of_any_width_are_flipped_whole(width):
    V = -np.random.default_rng(0).random((50, width))
    np.testing.assert_array_equal(signed(V), -V)


def test_entries_are_tied_up_to_a_millionth_of_the_largest():
    """Then the first one decides, though it is not the largest."""
    within, beyond = 0.8 * (1 - 0.9 * EQUAL_SHARE_OF_ENTRIES), 0.8 * (1 - 1.1 * EQUAL_SHARE_OF_ENTRIES)
    V = np.array([[0.1, 0.1], [-within, -beyond], [0.8, 0.8]])
    np.testing.assert_array_equal(signed(V), V * [-1.0, 1.0])


def test_views_are_tied_up_to_a_millionth_of_the_most_that_the_space_holds_of_one():
    """Then the first one is projected: of a line through a second and a fourth quadrant, the half on its side is returned."""
    for share, first in ((0.9 * EQUAL_SHARE_OF_ENTRIES, 0), (1.1 * EQUAL_SHARE_OF_ENTRIES, 1)):
        line = np.array([[-np.sqrt(1 - share)], [1.0]]) / np.sqrt(2 - share)
        assert reproducible_basis(line)[first, 0] > 0
        beside = np.array([[1.0], [np.sqrt(1 - share)]]) / np.sqrt(2 - share)
        assert null_vectors(beside, 1)[first, 0] > 0


def test_orthonormal_columns_take_the_place_of_columns_that_are_well_apart():
    """No second array of that size, whatever their scale."""
    for scale in (1e-6, 1.0, 1e6):
        X = np.asfortranarray(scale * np.random.default_rng(0).standard_normal((50, 4)))
        Q = orthonormal(X)
        assert np.shares_memory(Q, X)
        assert loss_of_orthogonality(Q) < 1e-14


def test_columns_that_are_all_multiples_of_one_still_get_orthonormal_ones():
    """What is left of the second is rounding along the first, and may pass Cholesky's test for a column."""
    for seed in range(100):
        X = np.outer(np.ones(16), np.random.default_rng(seed).random(2))
        assert loss_of_orthogonality(orthonormal(X)) < 1e-14
    assert loss_of_orthogonality(orthonormal(np.zeros((5, 2)))) < 1e-14


def test_a_basis_of_views_that_lean_on_each_other_is_orthonormal():
    """Kahan's matrix: each view chosen is nearly a combination of those before; one pass of Gram-Schmidt loses 1e-11."""
    m, c = 30, 0.26
    K = np.sqrt(1 - c * c) ** np.arange(m)[:, np.newaxis] * (np.eye(m) - c * np.triu(np.ones((m, m)), 1))
    K *= 0.999 / np.linalg.norm(K, 2)
    spread = np.linalg.qr(np.random.default_rng(0).standard_normal((2000, m)))[0]
    U = np.vstack([K.T, spread @ np.linalg.cholesky(np.eye(m) - K @ K.T).T])
    assert loss_of_orthogonality(U) < 1e-14
    basis = reproducible_basis(U)
    assert loss_of_orthogonality(basis) < 1e-14
    np.testing.assert_allclose(U @ (U.T @ basis), basis, atol=1e-14)


def test_a_null_vector_that_every_view_shares_is_orthogonal_to_the_last_digits():
    """The complement of 1/√N: what is left of a view is short, and made longer its rounding grows √N-fold."""
    N = 400
    w = np.full(N, 1 / np.sqrt(N))
    w[0] -= 1.0
    V = (np.eye(N) - 2 * np.outer(w, w) / (w @ w))[:, 1:]  # a reflection, of which the first column is 1/√N
    (null,) = null_vectors(V, 1).T
    np.testing.assert_allclose(null, 1 / np.sqrt(N), atol=1e-14)
    assert np.abs(V.T @ null).max() < 5 * EPS


def test_eigenvalues_that_are_apart_by_rounding_alone_are_one_run():
    assert groups(np.array([tolerance(16), 0.0]), 16) == [slice(0, 2)]
    assert groups(np.array([np.nextafter(tolerance(16), 1), 0.0]), 16) == [slice(0, 1), slice(1, 2)]


@pytest.mark.parametrize("count", [0, 1, 3])
def test_as_many_vectors_are_returned_as_are_asked_for(count):
    U = np.linalg.qr(np.random.default_rng(0).standard_normal((7, 3)))[0]
    np.testing.assert_array_equal(reproducible_basis(U, count), reproducible_basis(U)[:, :count])
