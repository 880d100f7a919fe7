"""Small symmetric matrices: what passes for their eigenpairs, and where those come from when LAPACK fails."""

import numpy as np
import pytest
import scipy.linalg

from popgraph.basics.subspace import EPS
from popgraph.errors import NotConverged
from popgraph.spectrum.solvers import symmetric
from popgraph.spectrum.solvers.symmetric import are_eigenpairs, eigenpairs, tridiagonal_eigenpairs

STACKS = [(1,), (6,), (30,), (3, 5), (1, 4), (4, 2), (2, 7)]  # of matrices of the last side


def made(stack, scale=1.0, seed=0):
    """Symmetric matrices with their eigenvalues and eigenvectors, by construction."""
    rng = np.random.default_rng(seed)
    *many, n = stack
    U = np.linalg.qr(rng.standard_normal((*many, n, n)))[0]
    values = scale * np.sort(rng.random((*many, n)), axis=-1)
    return U * values[..., np.newaxis, :] @ np.swapaxes(U, -1, -2), values, U


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_eigenpairs_are_told_from_what_is_nearly_so(stack, scale):
    S, values, U = made(stack, scale)
    assert are_eigenpairs(S, values, U)
    assert are_eigenpairs(0 * S, 0 * values, U)
    for size in (1e-10, 1e-3, 1e3):
        noise = np.random.default_rng(1).standard_normal((2, *S.shape))
        assert not are_eigenpairs(S, values * (1 + size), U)
        assert not are_eigenpairs(S, values, U + size * noise[0])
        assert not are_eigenpairs(S + size * scale * noise[1], values, U)


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("faulty", range(3))
def test_one_faulty_matrix_of_a_stack_is_enough(stack, faulty):
    S, values, U = made(stack)
    values = values.copy()
    values.reshape(-1, stack[-1])[faulty % values[..., 0].size, -1] += 1e-6
    assert not are_eigenpairs(S, values, U)


@pytest.mark.parametrize("stack", STACKS)
def test_vectors_that_are_not_orthogonal_are_no_eigenvectors_even_if_they_make_up_the_matrix(stack):
    """S = (2U) diag(values / 4) (2U)ᵀ."""
    S, values, U = made(stack)
    assert not are_eigenpairs(S, values / 4, 2 * U)


@pytest.mark.parametrize("stack", [stack for stack in STACKS if stack[-1] > 1])
def test_eigenvalues_out_of_order_are_refused(stack):
    S, values, U = made(stack)
    n = stack[-1]
    for first in range(n - 1):
        order = np.arange(n)
        order[[first, first + 1]] = first + 1, first
        assert not are_eigenpairs(S, values[..., order], U[..., order])
    assert are_eigenpairs(np.eye(n), np.ones(n), np.eye(n))  # equal ones have no order


@pytest.mark.parametrize("stack", STACKS)
def test_what_is_no_number_is_no_eigenpair(stack):
    S, values, U = made(stack)
    assert not are_eigenpairs(S, values * np.nan, U)
    assert not are_eigenpairs(S, values, U * np.nan)
    with pytest.raises(
        NotConverged, match=f"no eigenpairs of a symmetric matrix of side {stack[-1]}, by two algorithms"
    ):
        eigenpairs(S * np.nan)


def raising(*args, **options):
    raise np.linalg.LinAlgError("made to fail")


def lying(*args, **options):
    """A pair of each matrix, one eigenvalue off by 1e-6."""
    values, vectors = np.linalg.svd(args[0])[1][..., ::-1], np.linalg.svd(args[0])[0][..., ::-1]
    return values + 1e-6 * (np.arange(values.shape[-1]) == 0), vectors


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("fault", [None, raising, lying])
def test_where_one_algorithm_fails_the_other_finds_the_eigenpairs(stack, fault, monkeypatch):
    S, values, _ = made(stack)
    if fault is not None:
        monkeypatch.setattr(np.linalg, "eigh", fault)
    found, V = eigenpairs(S)
    assert found.shape == values.shape
    np.testing.assert_allclose(found, values, atol=1e-13)
    np.testing.assert_allclose(S @ V, V * found[..., np.newaxis, :], atol=1e-13)
    np.testing.assert_allclose(np.swapaxes(V, -1, -2) @ V, np.broadcast_to(np.eye(stack[-1]), S.shape), atol=1e-13)


@pytest.mark.parametrize("m", [1, 2, 9])
@pytest.mark.parametrize("fault", [None, raising, lambda alpha, beta: (np.sort(alpha), np.eye(len(alpha)))])
def test_tridiagonal_matrices_have_their_eigenpairs_whatever_fails(m, fault, monkeypatch):
    """Of alpha = 0 and beta = 1 they are 2 cos(jπ / (m + 1)); and alpha and beta may be any."""
    rng = np.random.default_rng(m)
    if fault is not None:
        monkeypatch.setattr(scipy.linalg, "eigh_tridiagonal", fault)
    path = tridiagonal_eigenpairs(np.zeros(m), np.ones(m - 1))[0]
    np.testing.assert_allclose(path, 2 * np.cos(np.arange(m, 0, -1) * np.pi / (m + 1)), atol=1e-14)
    alpha, beta = rng.standard_normal(m), rng.standard_normal(m - 1)
    T = np.array(
        [[alpha[i] if i == j else beta[min(i, j)] if abs(i - j) == 1 else 0.0 for j in range(m)] for i in range(m)]
    )
    theta, V = tridiagonal_eigenpairs(alpha, beta)
    np.testing.assert_allclose(T @ V, V * theta, atol=1e-13)
    np.testing.assert_allclose(V.T @ V, np.eye(m), atol=1e-13)
    assert (np.diff(theta) >= 0).all()


def test_a_sound_tridiagonal_solve_is_not_repeated(monkeypatch):
    """numpy's algorithm takes m³ operations, and the tridiagonal one m²."""
    monkeypatch.setattr(symmetric, "eigenpairs", lambda S: pytest.fail("solved again"))
    assert tridiagonal_eigenpairs(np.zeros(40), np.ones(39))[0].shape == (40,)


def test_a_tridiagonal_matrix_of_no_numbers_is_refused():
    with pytest.raises(NotConverged, match="no eigenpairs of a symmetric matrix of side 3"):
        tridiagonal_eigenpairs(np.array([0.0, np.nan, 0.0]), np.ones(2))


@pytest.mark.parametrize("n", [1, 2, 40, 300])
def test_rounding_alone_refuses_nothing(n):
    """With many equal eigenvalues, and eigenvalues of all sizes; numpy's errors are small multiples of eps."""
    for values in (np.round(np.linspace(0, 1, n), 1), np.logspace(-15, 0, n), np.ones(n)):
        Q = np.linalg.qr(np.random.default_rng(n).standard_normal((n, n)))[0]
        S = Q * values @ Q.T
        S = (S + S.T) / 2
        theta, V = np.linalg.eigh(S)
        assert are_eigenpairs(S, theta, V)
        assert not are_eigenpairs(S, theta + 1000 * n * EPS * max(1.0, np.linalg.norm(S)), V)
