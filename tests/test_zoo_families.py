"""Cyclic groups and planted sub-classes: their spectra in closed form, and what they refuse."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from popgraph import theory, zoo
from popgraph.errors import InvalidArgument, InvalidDistribution, TooLarge


def subclass_gamma(r, t, size, within, across):
    classes = [(1 - across * r / (r - 1)) ** 2] * (r - 1) if r > 1 else []
    inside = [(1 - across - within * t / (t - 1)) ** 2] * (r * (t - 1)) if t > 1 else []
    return np.sort([1.0, *classes, *inside, *[0.0] * (r * t * (size - 1))])[::-1]


@pytest.mark.parametrize(
    ("r", "t", "size", "within", "across"),
    [
        (3, 2, 2, 0.1, 0.05),
        (2, 3, 1, 0.3, 0.2),
        (4, 1, 2, 0, 0.3),
        (1, 4, 1, 0.5, 0),
        (2, 2, 2, 0, 0),
        (3, 2, 1, 0.4, 0.6),
    ],
)
def test_planted_subclasses_have_their_block_spectrum(r, t, size, within, across):
    graph = zoo.planted_subclasses(r, t, size=size, within=within, across=across)
    np.testing.assert_allclose(graph.spectrum(graph.N).gamma, subclass_gamma(r, t, size, within, across), atol=1e-12)
    assert sorted(set(graph.labels.tolist())) == list(range(r))
    assert graph.component_count == (r * t if not within and not across else r if not across else 1)


def test_the_default_is_exact_and_every_theorem_holds_on_it():
    graph = zoo.planted_subclasses()
    assert graph.is_exact
    for k in (3, 6):
        assert theory.check(graph, k=k)
    theorem = theory.check(graph, k=6)["Theorem 3.7"]
    assert theorem.verdict is theory.Verdict.TRIVIAL  # it applies, and no natural is missed


@given(st.integers(1, 12), st.lists(st.floats(0.01, 1), min_size=1, max_size=5), st.integers(0, 100))
def test_circles_have_the_squared_fourier_coefficients_of_their_steps(n, weights, seed):
    rng = np.random.default_rng(seed)
    steps = rng.choice(np.arange(-8, 9), size=len(weights), replace=False).tolist()
    chances = (np.array(weights) / np.sum(weights)).tolist()
    graph = zoo.cyclic(n, dict(zip(steps, chances, strict=True)))
    law = np.zeros(n)
    for step, chance in zip(steps, chances, strict=True):
        law[step % n] += chance
    expected = np.sort(np.abs(np.fft.fft(law)) ** 2)[::-1]
    np.testing.assert_allclose(graph.spectrum(n).gamma, expected, atol=1e-10)


@pytest.mark.parametrize(("n", "stay"), [(3, "1/2"), (8, 0.3), (12, 1), (7, 0)])
def test_rings_have_their_cosines(n, stay):
    s = 0.5 if stay == "1/2" else float(stay)
    expected = np.sort((s + (1 - s) * np.cos(2 * np.pi * np.arange(n) / n)) ** 2)[::-1]
    np.testing.assert_allclose(zoo.ring(n, stay).spectrum(n).gamma, expected, atol=1e-12)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: zoo.planted_subclasses(0), InvalidArgument, "classes is 0; it must be a whole number, 1 or more"),
        (lambda: zoo.planted_subclasses(2, 2, size=1.0), InvalidArgument, "size is 1.0"),
        (
            lambda: zoo.planted_subclasses(within=0.9, across=0.2),
            InvalidArgument,
            "a natural leaves its sub-graph with prob",
        ),
        (
            lambda: zoo.planted_subclasses(2, 1),
            InvalidArgument,
            "within is 1/10, but there is no other sub-graph to move to; give within=0",
        ),
        (lambda: zoo.planted_subclasses(100, 100), TooLarge, "100 x 100 x 2 views are more than 4,096"),
        (lambda: zoo.cyclic(0, {0: 1}), InvalidArgument, "n is 0; a circle has"),
        (lambda: zoo.cyclic(10**6, {0: 1}), TooLarge, "n is 1,000,000; a circle is listed up to 65,536"),
        (
            lambda: zoo.cyclic(3, {0.5: 1}),
            InvalidArgument,
            "steps has the step 0.5; steps around a circle are whole numbers",
        ),
        (lambda: zoo.cyclic(3, {0: 0.5}), InvalidDistribution, "probabilities sum to 0.5"),
        (lambda: zoo.ring(2), InvalidArgument, "n is 2; a ring has a whole number of naturals, 3 or more"),
    ],
)
def test_bad_parameters_are_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
