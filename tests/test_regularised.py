"""The closed forms of the spectral loss with weight decay, against one mode at a time, scipy's optimiser and mpmath."""

import mpmath
import numpy as np
import pytest
import scipy.optimize
from hypothesis import given
from hypothesis import strategies as st

from popgraph.errors import InvalidArgument
from popgraph.losses import (
    decay_penalty,
    decay_thresholds,
    read_weight_decay,
    regularised_minimum,
    singular_values_at_minimum,
)

SQUARE = np.array([1.0, 0.5625, 0.25, 0.140625])  # the square with flip probabilities 1/8 and 1/4
HEADS = pytest.mark.parametrize("head", [False, True], ids=["table", "head"])


def share_of_loss(s, gamma, weight_decay, head):
    """What one mode adds to L(f) and the penalty, at a singular value s."""
    return s**4 - 2 * gamma * s**2 + (2 * weight_decay * s if head else weight_decay * s**2)


def test_the_numbers_of_the_square():
    total = np.sum(SQUARE**2)
    assert regularised_minimum(SQUARE[:3], 0.3, False) + total == pytest.approx(0.4960253906, abs=1e-10)
    assert regularised_minimum(SQUARE[:3], 0.3, True) + total == pytest.approx(0.9741758510, abs=1e-10)
    assert singular_values_at_minimum(SQUARE[:3], 0.3, True) == pytest.approx([0.9142973, 0, 0], abs=1e-7)
    assert decay_thresholds(SQUARE, True) == pytest.approx([0.5443, 0.2296, 0.0680, 0.0287], abs=5e-5)
    assert decay_thresholds(SQUARE, False) == pytest.approx(2 * SQUARE)


@HEADS
@given(gamma=st.floats(1e-3, 1), share=st.floats(0, 1.5))
def test_each_mode_is_at_its_minimum(head, gamma, share):
    weight_decay = share * float(decay_thresholds(np.array([gamma]), head)[0])
    found = float(singular_values_at_minimum(np.array([gamma]), weight_decay, head)[0])
    least = float(regularised_minimum(np.array([gamma]), weight_decay, head))
    assert least == pytest.approx(share_of_loss(found, gamma, weight_decay, head), abs=1e-14)
    best = scipy.optimize.minimize_scalar(
        share_of_loss,
        bounds=(np.sqrt(gamma) / 2, np.sqrt(gamma) + 1e-9),
        args=(gamma, weight_decay, head),
        method="bounded",
    )
    assert least <= min(best.fun, 0.0) + 1e-14
    grid = np.linspace(0, 1.1 * np.sqrt(gamma), 2001)
    values = share_of_loss(grid, gamma, weight_decay, head)
    assert least == pytest.approx(values.min(), abs=4 * gamma * (grid[1] - grid[0]) ** 2 + 1e-14)


@pytest.mark.parametrize("exponent", [0, -30, -150, -300])
@pytest.mark.parametrize("share", [1e-12, 0.5, 1 - 1e-13])
def test_the_root_below_a_head_has_all_its_digits_at_any_scale(exponent, share):
    gamma = 10.0**exponent
    weight_decay = share * float(decay_thresholds(np.array([gamma]), True)[0])
    found = float(singular_values_at_minimum(np.array([gamma]), weight_decay, True)[0])
    if weight_decay == 0.0:  # γ^{3/2} has underflowed, and with it the threshold
        assert found == pytest.approx(np.sqrt(gamma), rel=1e-14)
        return
    with mpmath.workdps(60):
        roots = mpmath.polyroots([1, 0, -1, mpmath.mpf(weight_decay) / 2 / mpmath.mpf(gamma) ** 1.5], maxsteps=200)
        assert found == pytest.approx(float(max(map(mpmath.re, roots)) * mpmath.sqrt(gamma)), rel=1e-13)


def test_below_a_head_a_mode_is_switched_off_by_a_jump_and_in_a_table_without_one():
    gamma = np.array([0.5625])
    for head, size in ((True, np.sqrt(2 * 0.5625 / 3)), (False, 0.0)):
        threshold = float(decay_thresholds(gamma, head)[0])
        below, above = (singular_values_at_minimum(gamma, threshold * (1 + e), head)[0] for e in (-1e-12, 1e-12))
        assert (below, above) == pytest.approx((size, 0.0), abs=1e-5)
        assert regularised_minimum(gamma, threshold, head) == pytest.approx(0.0, abs=1e-15)


@HEADS
def test_without_decay_it_is_the_spectral_minimum_and_negative_modes_are_never_on(head):
    gamma = np.array([1.0, 0.3, 0.3, 0.0, -0.5])
    assert singular_values_at_minimum(gamma, 0.0, head) ** 2 == pytest.approx([1, 0.3, 0.3, 0, 0], abs=1e-15)
    assert regularised_minimum(gamma, 0.0, head) == pytest.approx(-1.18)
    assert decay_thresholds(gamma, head)[3:].tolist() == [0, 0]
    assert (
        regularised_minimum(gamma, 9.0, head)
        == 0
        == decay_penalty(singular_values_at_minimum(gamma, 9.0, head), 9.0, head)
    )


@HEADS
def test_no_optimiser_finds_less(head):
    rng, N, k = np.random.default_rng(0), 4, 2
    A = np.diag([0.9, 0.5, 0.2, -0.4])  # in its own eigenvectors; one eigenvalue is negative
    for weight_decay in (0.0, 0.1, 0.3, 1.0):
        # Of a head the unknowns are H and W themselves: the nuclear norm is nowhere assumed
        def objective(x, weight_decay=weight_decay):
            H, W = x[: N * k].reshape(N, k), (x[N * k :].reshape(k, k) if head else np.eye(k))
            F = H @ W.T
            G = 4 * (F @ (F.T @ F) - A @ F)
            value = np.sum((A - F @ F.T) ** 2) - np.sum(A**2) + weight_decay * (np.sum(H**2) + head * np.sum(W**2))
            gradients = (G @ W + 2 * weight_decay * H, G.T @ H + 2 * weight_decay * W)
            return value, np.concatenate([gradients[0].ravel(), *([gradients[1].ravel()] if head else [])])

        starts = [size * rng.standard_normal(N * k + head * k * k) for size in (0.01, 0.5, 1.0) for _ in range(4)]
        values = [scipy.optimize.minimize(objective, x, jac=True, options={"gtol": 1e-9}).fun for x in starts]
        assert min(values) == pytest.approx(regularised_minimum(np.diag(A)[:k], weight_decay, head), abs=1e-9)


@pytest.mark.parametrize("wrong", [-0.1, np.nan, np.inf, "0.1", None, True])
def test_a_decay_that_is_none_is_refused(wrong):
    with pytest.raises(InvalidArgument, match="weight_decay is"):
        read_weight_decay(wrong)
    assert read_weight_decay(np.float32(0.5)) == 0.5
