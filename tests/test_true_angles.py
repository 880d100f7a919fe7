"""The oracle of verdicts: angles of floats against mpmath, on columns of any condition."""

import mpmath
import numpy as np
import pytest

from tests.true_angles import EPS, Extended, angle, products, span_of


def tangent(f, root, above):
    """The largest tangent of span diag(root) f with the first axes, in 400 digits: |F_below F_above^-1|, for two columns."""
    with mpmath.workdps(400):
        F = mpmath.matrix(
            [[mpmath.mpf(float(r)) * mpmath.mpf(float(x)) for x in row] for r, row in zip(root, f, strict=True)]
        )
        rest = F[above:, :] * F[:above, :] ** -1
        gram = rest.T * rest
        trace, determinant = gram[0, 0] + gram[1, 1], gram[0, 0] * gram[1, 1] - gram[0, 1] * gram[1, 0]
        return float(mpmath.sqrt((trace + mpmath.sqrt(trace**2 - 4 * determinant)) / 2))


@pytest.mark.parametrize("condition", [1.0, 1e6, 1e12, 1e14])
@pytest.mark.parametrize("turn", [0.0, 1e-9, 1e-6, 1e-2, 1.0])
def test_the_angle_is_that_of_many_digits(condition, turn):
    rng, N = np.random.default_rng(int(np.log10(condition))), 40
    F = np.zeros((N, 2))
    F[0, 0], F[1, 1], F[2, 1] = 1.0, np.cos(turn), np.sin(turn)
    left, right = (np.linalg.qr(rng.standard_normal((2, 2)))[0] for _ in range(2))
    root = np.exp(rng.standard_normal(N))
    f = F @ ((left * [1, 1 / condition]) @ right) / root[:, np.newaxis] * 10.0 ** rng.integers(-90, 90, 2)
    span = span_of(f, root.astype(Extended))
    true = np.arctan(tangent(f, root, 2))
    assert angle(span, np.eye(N, dtype=Extended), 2, 2, 2) == pytest.approx(true, rel=1e-9, abs=span.error)
    assert 0.1 * condition < span.condition / np.linalg.cond(f / np.linalg.norm(f, axis=0)) * condition < 10 * condition


def test_a_span_that_is_wider_is_judged_by_what_it_contains():
    """Axes 0 and 1 lie within 1e-6 of the span, and 0 and 1 are two of three equally good ones."""
    F = np.eye(6)[:, :4]
    F[5, 0] = 1e-6
    span, V = span_of(F @ np.triu(np.ones((4, 4))), np.ones(6, dtype=Extended)), np.eye(6, dtype=Extended)
    assert angle(span, V, 2, 2, 2) == pytest.approx(np.arctan(1e-6), rel=1e-9)
    assert angle(span, V, 1, 3, 2) == pytest.approx(np.arctan(1e-6), rel=1e-9)
    assert angle(span, V[:, ::-1], 0, 2, 1) == pytest.approx(np.pi / 2 - np.arctan(1e-6), rel=1e-9)
    assert angle(span, V[:, 1:], 2, 3, 3) == pytest.approx(0.0, abs=span.error)


def test_products_lose_nothing_to_cancellation():
    """1 + 1e-25 - 1, of entries whose sums in extended precision are 0."""
    f = np.array([[1.0, 1e-25, -1.0]])
    assert products(f, np.ones((3, 1)))[0, 0] == pytest.approx(1e-25, rel=1e-6)
    third = 1 / 3
    exact = mpmath.mpf(third) ** 2 - mpmath.mpf(third * third)
    assert abs(float(exact)) < EPS
    assert float(products(np.array([[third, 1.0]]), np.array([[third], [-third * third]]))[0, 0]) == pytest.approx(
        float(exact), rel=1e-9
    )
