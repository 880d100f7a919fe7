"""Which modes a decay leaves on: the closed forms against minimisation on a grid, in exact numbers, and at their ends."""

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from popgraph.spectrum import modes_under_decay

SQUARE = np.array([1.0, 0.5625, 0.25, 0.140625])  # hypercube(2) with flips of probability 1/8 and 1/4
NORM = float(np.sum(SQUARE**2))


def share(s, gamma, decay, head):
    """s⁴ - 2γs² and the penalty of one mode of size s."""
    return s**4 - 2 * gamma * s**2 + (2 * decay * s if head else decay * s**2)


def test_the_numbers_of_the_square():
    table, head = (modes_under_decay(SQUARE[:3], 0.3, each) for each in (False, True))
    assert NORM + table.value == pytest.approx(0.4960253906, abs=1e-10)
    assert NORM + head.value == pytest.approx(0.9741758510, abs=1e-10)
    assert (table.rank, head.rank) == (3, 1)
    assert head.sizes == pytest.approx([0.9142973, 0, 0], abs=1e-7)
    assert modes_under_decay(SQUARE, 0.3, True).thresholds == pytest.approx([0.5443, 0.2296, 0.0680, 0.0287], abs=5e-5)


@given(st.floats(1e-3, 1.0), st.floats(0.0, 1.5), st.booleans())
def test_no_size_on_a_grid_is_below(gamma, decay, head):
    modes = modes_under_decay(np.array([gamma]), decay, head)
    grid = np.linspace(0.0, 1.5, 4001)
    shares = share(grid, gamma, decay, head)
    assert modes.values[0] <= shares.min() + 1e-15
    assert modes.values[0] >= shares.min() - 1e-5 * 3  # a grid of 1.5/4000 misses a curvature of at most 12 by no more
    assert modes.values[0] == pytest.approx(share(modes.sizes[0], gamma, decay, head), abs=1e-15)


@pytest.mark.parametrize("gamma", [1.0, 0.5625, 0.01, 1e-6])
@pytest.mark.parametrize("relative", [1e-9, 0.1, 0.9, 0.999999])
def test_the_head_in_fifty_digits(gamma, relative):
    with mpmath.workdps(50):
        g = mpmath.mpf(gamma)
        decay = float(mpmath.mpf(relative) * (2 * g / 3) ** mpmath.mpf("1.5"))
        roots = mpmath.polyroots([1, 0, -g, mpmath.mpf(decay) / 2], maxsteps=200, extraprec=200)
        s = max(mpmath.re(root) for root in roots)
        value = share(s, g, mpmath.mpf(decay), True)
    modes = modes_under_decay(np.array([gamma]), decay, True)
    assert modes.sizes[0] == pytest.approx(float(s), rel=1e-14)
    assert modes.values[0] == pytest.approx(float(value), abs=1e-15 * gamma**2)


def test_a_head_switches_discontinuously_and_a_table_does_not():
    gamma = np.array([0.5625])
    threshold = (2 * 0.5625 / 3) ** 1.5
    before, after = (modes_under_decay(gamma, threshold * (1 + e), True) for e in (-1e-9, 1e-9))
    assert before.sizes[0] == pytest.approx(np.sqrt(2 * 0.5625 / 3), rel=1e-8)
    assert after.sizes[0] == 0.0
    assert before.value == pytest.approx(after.value, abs=1e-8)
    assert modes_under_decay(gamma, 1.125 * (1 - 1e-9), False).sizes[0] < 1e-4


def test_a_decay_at_a_threshold_is_named():
    exact = modes_under_decay(SQUARE, (2 * 0.25 / 3) ** 1.5, True, rounding=1e-14)
    assert exact.at_threshold.tolist() == [False, False, True, False]
    assert modes_under_decay(SQUARE, 0.5, False, rounding=1e-14).at_threshold.tolist() == [False, False, True, False]
    assert not modes_under_decay(SQUARE, 0.3, True, rounding=1e-14).at_threshold.any()


@pytest.mark.parametrize("head", [False, True])
def test_negative_and_rounded_eigenvalues_are_off_and_no_decay_is_the_spectral_optimum(head):
    modes = modes_under_decay(np.array([1.0, 1e-17, 0.0, -0.5]), 0.0, head, rounding=1e-14)
    assert modes.on.tolist() == [True, False, False, False]
    assert modes.sizes == pytest.approx([1, 0, 0, 0])
    assert modes.value == pytest.approx(-1.0)
    assert not modes.at_threshold.any()


@pytest.mark.parametrize("head", [False, True])
@pytest.mark.parametrize("decay", [2.0, 1e300])
def test_a_large_decay_switches_every_mode_off(head, decay):
    modes = modes_under_decay(SQUARE, decay, head)
    assert (modes.rank, modes.value) == (0, 0.0)
    assert repr(modes).startswith("ModesUnderDecay(0 of 4 on")


def test_the_layer_below_the_head_has_the_roots_of_the_sizes():
    modes = modes_under_decay(SQUARE, 0.02, True)
    assert modes.below_head**2 == pytest.approx(modes.sizes)
    assert modes_under_decay(SQUARE, 0.02, False).below_head is None
