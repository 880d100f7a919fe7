"""The losses' batch form and what they refuse; their laws on populations are in test_laws.py."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import check_grad

import popgraph as pg
from popgraph.errors import InvalidArgument
from popgraph.losses import spectral


def by_definition(f: np.ndarray, f_plus: np.ndarray) -> float:
    """-(2/B) Σ_i f_iᵀf_i⁺ + 1/(B(B-1)) Σ_{i≠j} (f_iᵀf_j⁺)², by loops."""
    B = len(f)
    positive = sum(f[i] @ f_plus[i] for i in range(B))
    negative = sum((f[i] @ f_plus[j]) ** 2 for i in range(B) for j in range(B) if i != j)
    return -2 / B * positive + negative / (B * (B - 1))


@given(st.integers(0, 2**32 - 1), st.integers(2, 6), st.integers(1, 4))
def test_the_batch_loss_and_its_gradients_are_those_of_the_definition(seed, B, k):
    f, f_plus = np.random.default_rng(seed).standard_normal((2, B, k))
    value, g, g_plus = spectral.batch_value_and_gradient(f, f_plus)
    assert value == pytest.approx(by_definition(f, f_plus), rel=1e-12, abs=1e-12)
    assert spectral.batch_value(f, f_plus) == value

    def both(flat):
        return by_definition(*flat.reshape(2, B, k))

    error = check_grad(
        both, lambda _: np.concatenate([g.ravel(), g_plus.ravel()]), np.concatenate([f.ravel(), f_plus.ravel()])
    )
    assert error < 1e-4 * (1 + np.abs(g).max() + np.abs(g_plus).max())


def test_one_pair_has_no_negatives():
    with pytest.raises(InvalidArgument, match="a batch of 1 positive pair has no negatives; give at least 2"):
        spectral.batch_value(np.ones((1, 2)), np.ones((1, 2)))


def test_a_batch_of_two_shapes_is_refused():
    with pytest.raises(InvalidArgument, match=r"one shape \(B, k\); got \(3, 2\) and \(2, 2\)"):
        spectral.batch_value(np.ones((3, 2)), np.ones((2, 2)))


def test_the_population_loss_forms_nothing_of_n_by_n():
    """40,000 views: w alone would be 12.8 GB; the loss comes at once."""
    graph = pg.zoo.clusters(count=10, naturals=2000, views=4000, degree=8)
    value, gradient = spectral.value_and_gradient(graph.factor, graph.w_x, np.ones((graph.N, 2)))
    assert value == pytest.approx(-2 * 2 + 4)  # f = (1, 1): fᵀf = 2 always
    assert gradient.shape == (40_000, 2)
