"""The zoo's toys of THEORY 7 and 8: the scaled hypercube and class x domain, against their closed forms."""

from fractions import Fraction

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given
from hypothesis import strategies as st

from popgraph.errors import InvalidArgument, InvalidDistribution, TooLarge
from popgraph.zoo.class_domain import class_domain
from popgraph.zoo.scaled_hypercube import scaled_hypercube

# --- the scaled hypercube


@pytest.mark.parametrize(
    ("d", "kept", "scales"),
    [(4, 2, ("1/2", 1)), (3, 1, (1, 2, 3)), (5, 4, (0.3, 0.7)), (2, 1, ("1/7",)), (3, 2, (Fraction(3, 2), "0.25"))],
)
def test_a_scaled_hypercube_has_one_eigenvalue_1_a_natural_and_the_ritz_values_of_theory_7(d, kept, scales):
    graph = scaled_hypercube(d, kept, scales)
    assert (graph.n, graph.N, graph.component_count) == (2**d, 2**d * len(scales), 2**d)
    expected = np.zeros(graph.N)
    expected[: 2**d] = 1
    np.testing.assert_allclose(np.linalg.eigvalsh(graph.adjacency)[::-1], expected, atol=1e-12)
    tau = np.array([float(Fraction(scale)) for scale in scales])
    Psi = np.array(graph.views, dtype=float)
    ritz = scipy.linalg.eigh(Psi.T @ graph.w @ Psi, Psi.T @ (graph.w_x[:, np.newaxis] * Psi), eigvals_only=True)[::-1]
    linear = np.sort(np.append(np.ones(kept), np.full(d - kept, tau.mean() ** 2 / np.mean(tau**2))))[::-1]
    np.testing.assert_allclose(ritz, linear, atol=1e-12)


def test_scales_stay_as_exact_as_they_were_given():
    graph = scaled_hypercube(3, 1, ("1/3", 2))
    assert graph.is_exact
    assert graph.views[:2] == ((1, Fraction(1, 3), Fraction(1, 3)), (1, 2, 2))
    assert all(type(entry) is int for entry in graph.views[1])
    assert scaled_hypercube(3, 1, (0.1,)).views[0] == (1, 0.1, 0.1)
    assert scaled_hypercube().name == "scaled 4-cube"


def test_the_label_is_the_sign_of_the_first_coordinate_and_any_function_of_the_natural_is_optimal():
    graph = scaled_hypercube(3, 1)
    assert graph.labels.tolist() == [signs[0] for signs in graph.naturals]
    parity = np.sign(np.array(graph.views, dtype=float)).prod(axis=1)
    np.testing.assert_allclose(graph.adjacency @ parity, parity, atol=1e-12)


# --- class x domain


@given(st.lists(st.integers(0, 20), min_size=4, max_size=4).filter(any))
def test_class_and_domain_have_the_characters_for_eigenvectors(weights):
    """THEORY 8: the squares of the sums of ± rho, alpha, beta, gamma."""
    rho, alpha, beta, gamma = (Fraction(weight, sum(weights)) for weight in weights)
    graph = class_domain(rho, alpha, beta, gamma)
    cells = np.array(graph.views)
    by_class, by_domain = 1.0 - 2 * cells[:, 0], 1.0 - 2 * cells[:, 1]
    closed_form = [
        (np.ones(4), 1),
        (by_class, (rho + alpha - beta - gamma) ** 2),
        (by_domain, (rho + beta - alpha - gamma) ** 2),
        (by_class * by_domain, (rho + gamma - alpha - beta) ** 2),
    ]
    for character, value in closed_form:
        np.testing.assert_allclose(graph.adjacency @ character, float(value) * character, atol=1e-12)
    assert graph.is_exact
    np.testing.assert_allclose(graph.w_x, 0.25)
    assert sorted(graph.views) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert graph.labels.tolist() == [cell[0] for cell in graph.naturals]


def test_each_move_has_its_own_probability():
    graph = class_domain("0.4", "0.3", "0.2", "0.1")
    at = {cell: i for i, cell in enumerate(graph.views)}
    row = graph.kernel.toarray()[graph.naturals.index((1, 0))]
    expected = {(1, 0): 0.4, (1, 1): 0.3, (0, 0): 0.2, (0, 1): 0.1}
    assert {cell: row[at[cell]] for cell in expected} == pytest.approx(expected)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (
            lambda: scaled_hypercube(1),
            InvalidArgument,
            "d is 1; a scaled hypercube has a whole number of coordinates, 2 or more",
        ),
        (lambda: scaled_hypercube(2.0), InvalidArgument, "d is 2.0; a scaled hypercube"),
        (
            lambda: scaled_hypercube(4, 4),
            InvalidArgument,
            "label_coordinates is 4; it must be a whole number from 1 to d - 1 = 3",
        ),
        (lambda: scaled_hypercube(4, 0), InvalidArgument, "label_coordinates is 0; it must be"),
        (
            lambda: scaled_hypercube(16),
            TooLarge,
            r"2 scales of 2\^16 sign vectors are 131,072 views; give 65,536 or fewer",
        ),
        (lambda: scaled_hypercube(scales=(1, 0)), InvalidArgument, "a scale is 0; scales are positive finite numbers"),
        (lambda: scaled_hypercube(scales=(1, -2)), InvalidArgument, "a scale is -2; scales are positive"),
        (lambda: scaled_hypercube(scales=(1, "half")), InvalidArgument, "a scale is 'half'; scales are positive"),
        (lambda: scaled_hypercube(scales=(float("inf"),)), InvalidArgument, "a scale is inf; scales are positive"),
        (
            lambda: scaled_hypercube(scales=("1/2", 0.5)),
            InvalidArgument,
            "the scale 0.5 is given twice; give one or more",
        ),
        (lambda: scaled_hypercube(scales=()), InvalidArgument, "there is no scale; give one or more"),
        (
            lambda: scaled_hypercube(scales="1/2"),
            InvalidArgument,
            "scales is '1/2'; give a sequence of positive numbers",
        ),
        (lambda: scaled_hypercube(scales=2), InvalidArgument, "scales is 2; give a sequence of positive numbers"),
        (
            lambda: class_domain(1, 1, 0, 0),
            InvalidDistribution,
            r"rho \+ alpha \+ beta \+ gamma is 2; four probabilities of one",
        ),
        (
            lambda: class_domain(2, -1, 0, 0),
            InvalidDistribution,
            "rho is 2; it must be between 0 and 1",
        ),
        (
            lambda: class_domain(1, 0, 0, "x"),
            InvalidDistribution,
            "the probability of 'gamma' is 'x', not a probability",
        ),
    ],
)
def test_what_is_no_population_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
