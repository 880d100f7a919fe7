"""The dense solver and the closed form on hand-made stacks of blocks, against numpy's eigenvalues of Ā."""

import numpy as np
import pytest
import scipy.sparse as sp

from popgraph.basics.subspace import EPS
from popgraph.spectrum.components import Stack
from popgraph.spectrum.pairs import top_pairs
from popgraph.spectrum.solvers import dense


def stacked(blocks):
    """M of joint probabilities of naturals and views, each block of probability 1, with its top vectors."""
    factors, tops = [], []
    for block in blocks:
        joint = np.asarray(block) / np.sum(block)
        p, w_x = joint.sum(axis=1), joint.sum(axis=0)
        factors.append(joint / np.sqrt(np.outer(p, w_x)))
        tops.append(np.sqrt(w_x))
    return Stack(sp.csr_array(np.vstack(factors)), np.array(tops))


def random_stack(count, n, n_views, density=1.0):
    rng = np.random.default_rng(count + n + n_views)
    thinned = rng.random((count, n, n_views)) * (rng.random((count, n, n_views)) < density)
    return stacked(thinned + 0.1 * (np.arange(n_views) % n == np.arange(n)[:, np.newaxis]) + 1e-3 * (density == 1.0))


def banded(n, n_views, count=1):
    """Blocks with three views or more a natural, and three naturals or more a view."""
    i, x = np.indices((n, n_views))
    band = ((x - i * n_views // n) % n_views < 3) + ((i - x * n // n_views) % n < 3.0)
    return stacked([band + c * (x == i) for c in range(count)])


@pytest.mark.parametrize("shape", [(1, 5, 9), (3, 5, 9), (3, 9, 5), (3, 6, 6), (1, 6, 6), (2, 1, 4), (2, 4, 1)])
@pytest.mark.parametrize("k", [1, 3, 99])
def test_every_eigenvalue_of_each_block_is_listed_with_k_eigenvectors(shape, k):
    stack = random_stack(*shape)
    side = min(shape[1:])
    pairs = dense.solve(stack, min(k, side))
    assert pairs.gamma.shape == (shape[0], side)
    assert pairs.vectors.shape == (shape[0], shape[2], min(k, side))
    for M, top, gamma, V in zip(stack.dense(), stack.top, pairs.gamma, pairs.vectors, strict=True):
        exact = np.linalg.eigvalsh(M.T @ M)[::-1][:side]
        np.testing.assert_allclose(gamma, exact, atol=1e-14)
        assert gamma[0] == 1.0
        np.testing.assert_allclose(np.abs(V[:, 0]), top, atol=1e-14)
        np.testing.assert_allclose(V.T @ V, np.eye(V.shape[1]), atol=1e-14)
        np.testing.assert_allclose(M.T @ (M @ V), V * gamma[: V.shape[1]], atol=1e-14)
    assert not pairs.remainder.any()
    assert not pairs.remainder_bound.any()


@pytest.mark.parametrize("shape", [(40, 90), (90, 40), (60, 60)])
@pytest.mark.parametrize("count", [1, 3])
def test_one_sparse_block_is_never_made_dense(monkeypatch, shape, count):
    """Of 500 naturals and 200,000 views that would take 800 MB; several blocks are solved together, as dense arrays."""
    stack = banded(*shape, count)
    blocks = stack.dense()
    monkeypatch.setattr(dense, "SPARSE_SHARE", 0.9)
    if count == 1:
        monkeypatch.setattr(Stack, "dense", lambda self: pytest.fail("made dense"))
    pairs = dense.solve(stack, 7)
    for M, gamma, V in zip(blocks, pairs.gamma, pairs.vectors, strict=True):
        exact = np.linalg.eigvalsh(M @ M.T if shape[0] < shape[1] else M.T @ M)[::-1]
        np.testing.assert_allclose(gamma, exact, atol=1e-13)
        np.testing.assert_allclose(M.T @ (M @ V), V * gamma[: V.shape[1]], atol=1e-13)


def cube_block(d):
    """Bits that flip with probability 1/4."""
    block = np.ones((1, 1))
    for _ in range(d):
        block = np.kron(block, [[0.75, 0.25], [0.25, 0.75]])
    return block


@pytest.mark.parametrize(("k", "end"), [(1, 1), (2, 4), (3, 4), (4, 4), (5, 7), (7, 7), (8, 8)])
def test_the_eigenvectors_go_to_the_end_of_an_eigenspace_and_no_further(k, end):
    """Of a cube, whose eigenvalues 1, 1/4, 1/16, 1/64 come 1, 3, 3 and 1 times."""
    pairs = dense.solve(stacked([cube_block(3)]), k)
    np.testing.assert_allclose(pairs.gamma[0], [1] + [1 / 4] * 3 + [1 / 16] * 3 + [1 / 64], atol=1e-14)
    assert pairs.vectors.shape[2] == end


def test_of_a_stack_the_longest_eigenspace_counts():
    """γ_2 = γ_3 of one block, and not of the other."""
    apart = np.diag([4.0, 1.0, 1.0]) + np.array([[0.0, 1, 0], [1, 0, 1], [0, 1, 0]])
    pairs = dense.solve(stacked([apart, np.eye(3) + 1]), 2)
    assert pairs.vectors.shape[2] == 3
    assert pairs.gamma[0, 1] - pairs.gamma[0, 2] > 0.01
    np.testing.assert_allclose(pairs.gamma[1], [1, 1 / 16, 1 / 16], atol=1e-15)


@pytest.mark.parametrize("tall", [False, True])
def test_what_rounds_to_nothing_is_0_and_all_others_keep_their_eigenvectors(tall):
    """Of rank 3, with γ_3 about 1e-9: its Mᵀu is short, and so are those of the eigenvalues 0."""
    rng = np.random.default_rng(0)
    f, g = rng.standard_normal((2, 8, 2)), rng.standard_normal((2, 30, 2))
    block = 1 + np.array([0.2, 1e-5]) * f[0] @ g[0].T / 16
    stack = stacked([block.T if tall else block])
    pairs = dense.solve(stack, 8)
    M = stack.dense()[0]
    assert 1e-13 < pairs.gamma[0, 2] < 1e-8
    assert (pairs.gamma[0, 3:] == 0).all()
    V = pairs.vectors[0][:, :3]
    np.testing.assert_allclose(V.T @ V, np.eye(3), atol=1e-14)
    np.testing.assert_allclose(M.T @ (M @ V), V * pairs.gamma[0, :3], atol=64 * EPS)


def test_no_eigenvalue_exceeds_1():
    """Blocks that hang together by less than rounding: LAPACK's γ_2 is 1 + eps of some."""
    rng = np.random.default_rng(0)
    blocks = [np.kron(np.eye(2), rng.random((3, 3)) + 0.1) + 1e-17 for _ in range(50)]
    pairs = dense.solve(stacked(blocks), 2)
    assert pairs.gamma.max() == 1.0
    assert (pairs.gamma[:, 1] > 1 - 1e-14).all()


@pytest.mark.parametrize("shape", [(3, 1, 4), (3, 5, 1)])
def test_blocks_of_rank_1_have_their_spectrum_in_closed_form(shape):
    stack = random_stack(*shape)
    pairs, expected = top_pairs(stack, 1), dense.solve(stack, 1)
    assert pairs.gamma.tolist() == expected.gamma.tolist() == [[1.0]] * 3
    np.testing.assert_allclose(pairs.vectors, np.abs(expected.vectors), atol=1e-15)
    for pair in (pairs, expected):
        assert pair.remainder.tolist() == pair.remainder_bound.tolist() == [0.0] * 3
