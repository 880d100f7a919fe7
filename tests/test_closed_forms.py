"""Each closed form is a whole orthonormal eigensystem: residuals vanish and the eigenvalues sum to the trace."""

import numpy as np
import pytest

from tests.closed_forms import circulant, cube_walk, planted, product, transpositions, tree, union, with_hub

RNG = np.random.default_rng(0)
CASES = {
    "cube walk": cube_walk([0.03, 0.1, 0.02, 0.2, 0.03]),
    "circulant": circulant(30, {0: 0.9, 1: 0.06, 7: 0.04}),
    "circulant, odd": circulant(31, {0: 0.5, 1: 0.3, 2: 0.2}),
    "hub": with_hub(circulant(24, {0: 0.7, 1: 0.2, 5: 0.1}), 0.3),
    "union": union([cube_walk([0.1, 0.2]), circulant(9, {0: 0.8, 1: 0.2})], [0.25, 0.75]),
    "product": product(cube_walk([0.1, 0.2]), circulant(9, {0: 0.8, 1: 0.2})),
    "tree": tree([-1, 0, 0, 0, 1, 1, 1, 2, 2], [0.8, 0.5, 0.8, 0, 0, 0, 0, 0, 0], [0.5, 0.1, 0.1, 0.1, 0.1, 0.1]),
    "planted": planted([(0.9, 2), (0.9 - 1e-9, 3), (0.4, 1)], 60, RNG),
    "planted, skew": planted([(0.9, 2), (0.6, 3)], 40, RNG, skew=6.0),
    "planted, skew to 1e-290": planted([(0.9, 1), (0.6, 1)], 30, RNG, skew=290.0),
}


@pytest.mark.parametrize("name", CASES)
def test_is_the_whole_eigensystem(name):
    for known in (CASES[name], CASES[name].shuffled(RNG)):
        V, M = known.V(len(known.gamma)), known.M
        assert np.abs(np.asarray(known.A.sum(axis=1)) - 1).max() < 1e-14
        assert np.abs(V.T @ V - np.eye(len(known.gamma))).max() < 1e-12
        assert np.abs(M.T @ (M @ V) - V * known.gamma).max() < 1e-13
        assert known.gamma.sum() == pytest.approx(float(np.sum(M.data**2)), abs=1e-12)
        assert (np.diff(known.gamma) <= 0).all()


@pytest.mark.parametrize("name", CASES)
def test_the_eigenvectors_are_those_of_the_floats_themselves(name):
    """Residuals at the rounding of extended precision, far below that of p and A: no ideal population is meant instead."""
    known, fine = CASES[name].shuffled(RNG), np.longdouble
    if np.finfo(fine).eps > 1e-18:
        pytest.skip("no extended precision here")
    V = known.V(len(known.gamma), dtype=fine)
    M = np.sqrt(known.p.astype(fine))[:, None] * known.A.toarray().astype(fine) / np.sqrt(known.exact_w_x)
    image = M.T @ (M @ V)
    assert np.abs(V.T @ V - np.eye(len(known.gamma))).max() < 1e-17
    assert np.abs(image - V * np.sum(V * image, axis=0)).max() < 1e-17


def test_permutations_have_the_eigenvalues_of_a_dense_solve():
    known = transpositions(4, 0.6)
    dense = np.linalg.eigvalsh((known.M.T @ known.M).toarray())[::-1]
    assert np.abs(dense[: len(known.gamma)] - known.gamma).max() < 1e-13
    assert np.abs(dense[len(known.gamma) :]).max(initial=0.0) < 1e-13


def test_planted_gaps_are_what_was_asked_for():
    known = planted([(0.9, 2), (0.9 - 1e-12, 1), (0.3, 1)], 200, RNG)
    assert known.gamma[1] == known.gamma[2]
    assert 0.9e-12 < known.gamma[2] - known.gamma[3] < 1.1e-12
    assert known.run(2) == (1, 3)
